/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_cmd_out.c - what the command line prints: tables, numbers,
 * labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/json.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_out.h"
#include "tools/cmd_tree.h"

#define VO "00000099000000001000"

static char *
drawn(const json_t *rows, const struct ov_col *cols)
{
	struct ov_table t;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	ov_table_begin(&t, f, cols);
	for (size_t i = 0; i < json_array_size(rows); i++)
		ov_table_row(&t, json_array_get(rows, i));
	ov_table_end(&t);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* No line is wider than 80 cells, whatever stands in it; no control
 * character gets through. */
static void
test_table_fits(void **state)
{
	static const struct ov_col cols[] = {{"nr", "Nr", true},
	    {"a", "Naam", false}, {"b", "Een lange kop", false},
	    {"c", "C", false}, {NULL, NULL, false}};
	static const char *const pieces[] = {"x", "\xc3\xa9", "e\xcc\x81",
	    "\xe6\xbc\xa2", "\xf0\x9f\x98\x80", "\x1b[2J",
	    ("\xc2\x9b"
	     "31m"),
	    "\n", " "};
	json_t *rows = json_array(), *row;
	char cell[2000], *text, *line, *rest;

	(void)state;
	for (size_t n = 0; n < 120; n++) {
		cell[0] = '\0';
		for (size_t k = 0; k < n; k++)
			memcpy(cell + strlen(cell), pieces[(n * 7 + k) % 9],
			    strlen(pieces[(n * 7 + k) % 9]) + 1);
		row = json_pack("{s:I,s:s,s:s,s:s}", "nr", (json_int_t)n, "a",
		    cell, "b", cell, "c", n % 2 ? "kort" : cell);
		assert_non_null(row);
		assert_int_equal(json_array_append_new(rows, row), 0);
	}
	text = rest = drawn(rows, cols);
	for (size_t n = 0; (line = strsep(&rest, "\n")) != NULL; n++) {
		assert_true(ov_text_width(line, strlen(line)) <= 80);
		assert_null(strchr(line, '\x1b'));
		assert_null(strstr(line, "\xc2\x9b"));
		assert_true(n <= 121);
	}
	free(text);
	json_decref(rows);
}

/* An OIN is never cut, however little room is left. */
static void
test_table_keeps_ids(void **state)
{
	static const struct ov_col cols[] = {{"oin", "OIN", false},
	    {"a", "A", false}, {"b", "B", false}, {NULL, NULL, false}};
	json_t *rows = json_pack("[{s:s,s:s,s:s}]", "oin", VO, "a",
	    "een heel lange naam van een school met nog een locatie erbij", "b",
	    "https://een.heel.lange.naam.van.een.computer.example:8443");
	char *text = drawn(rows, cols);

	(void)state;
	assert_non_null(strstr(text, VO));
	assert_non_null(strstr(text, "\xe2\x80\xa6"));
	free(text);
	json_decref(rows);
}

static void
test_progress_text(void **state)
{
	char t[160];

	(void)state;
	ov_progress_text(t, sizeof(t), "import", 500, 2000, 5000);
	assert_string_equal(t, "import: 500 of 2000 (25%), 100/s, 15 s left");
	ov_progress_text(t, sizeof(t), "import", 7, 0, 1000);
	assert_string_equal(t, "import: 7, 7/s");
	ov_progress_text(t, sizeof(t), "x", 1, 1000, 10000);
	assert_string_equal(t, "x: 1 of 1000 (0%), 0/s, 2 h 46 min left");
	ov_progress_text(t, sizeof(t), "x", 0, 1000, 10000);
	assert_string_equal(t, "x: 0 of 1000 (0%), 0/s");
}

static void
test_numbers(void **state)
{
	int64_t v;

	(void)state;
	assert_true(ov_number("0", &v) && v == 0);
	assert_true(ov_number("9007199254740991", &v));
	assert_int_equal(v, INT64_C(9007199254740991));
	assert_false(ov_number("9007199254740992", &v));
	assert_false(ov_number("", &v));
	assert_false(ov_number("-1", &v));
	assert_false(ov_number("1 ", &v));
	assert_false(ov_number("99999999999999999999", &v));
}

static void
test_labels(void **state)
{
	static const char *const t[][2] = {{"eersteVoornaam",
	                                       "Eerste voornaam"},
	    {"laatste_datum", "Laatste datum"}, {"pgn", "Pgn"},
	    {"redenBSN", "Reden BSN"}, {"e-mail", "E mail"},
	    {"meerDan25Procent", "Meer dan 25 procent"}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		OV_BUF b = {0};

		ov_tree_label(&b, t[i][0]);
		assert_string_equal(ov_buf_text(&b), t[i][1]);
	}
}

/* A mark with a comma, a date as it is written here; a text stays. */
static void
test_values_in_dutch(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "cijfer", "6.4", "dag",
	    "2026-02-01", "versie", "1.2.3", "plaats", "nr. 4.5");

	(void)state;
	assert_non_null(f);
	assert_non_null(j);
	ov_tree(f, j, 0);
	json_decref(j);
	assert_int_equal(fclose(f), 0);
	assert_non_null(strstr(text, " 6,4\n"));
	assert_non_null(strstr(text, " 01-02-2026\n"));
	assert_non_null(strstr(text, " 1.2.3\n"));
	assert_non_null(strstr(text, " nr. 4.5\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_fits),
	    cmocka_unit_test(test_table_keeps_ids),
	    cmocka_unit_test(test_progress_text),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_values_in_dutch),
	};

	ov_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
