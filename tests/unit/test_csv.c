/* SPDX-License-Identifier: EUPL-1.2 */
/* CSV: what other systems write, what is refused, and every dangerous cell out
 * and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/csv.h"

/* All rows as one text: cells in [], rows ended by | with number and line. */
static enum ov_rc
on_row(void *arg, const struct ov_csv_row *r, struct ov_err *e)
{
	struct ov_buf *b = arg;
	size_t i;

	(void)e;
	for (i = 0; i < r->n; i++)
		ov_buf_fmt(b, "[%s]", r->cell[i]);
	ov_buf_fmt(b, "%llu:%llu|", (unsigned long long)r->nr,
	    (unsigned long long)r->line);
	return OV_OK;
}

/* Read text in two pushes, cut at "at". */
static enum ov_rc
parse(const char *text, size_t n, size_t at, struct ov_buf *out,
    struct ov_err *e)
{
	struct ov_csv *c = ov_csv_new(on_row, out);
	enum ov_rc rc;

	assert_non_null(c);
	rc = ov_csv_push(c, text, at, e);
	if (rc == OV_OK)
		rc = ov_csv_push(c, text + at, n - at, e);
	if (rc == OV_OK)
		rc = ov_csv_end(c, e);
	else
		assert_int_equal(ov_csv_end(c, NULL), OV_BADMSG);
	ov_csv_free(c);
	return rc;
}

static const struct {
	const char *in, *out;
} good[] = {
    {"a;b\r\n1;2\r\n", "[a][b]1:1|[1][2]2:2|"},
    {"a,b\n1,2", "[a][b]1:1|[1][2]2:2|"},
    {"a\tb\r1\t2\r", "[a][b]1:1|[1][2]2:2|"},
    {"\xef\xbb\xbf"
     "a;b\n\xc3\xa9;\xe2\x82\xac\n",
        "[a][b]1:1|[\xc3\xa9][\xe2\x82\xac]2:2|"},
    /* Windows-1252: e acute, euro, y with dots */
    {"a;b\n\xe9;\x80\xff\n", "[a][b]1:1|[\xc3\xa9][\xe2\x82\xac\xc3\xbf]2:2|"},
    {"a;b\nx;\xe9", "[a][b]1:1|[x][\xc3\xa9]2:2|"},
    {"a;b\n\"x;y\";\"l1\r\nl2\"\nc;d\n",
        "[a][b]1:1|[x;y][l1\r\nl2]2:2|[c][d]3:4|"},
    {"\"a\"\"b\";\"\"\n", "[a\"b][]1:1|"},
    {"a;b\n\n\r\n1;2\n", "[a][b]1:1|[1][2]2:4|"},
    {"\r\n\r\na,b\n", "[a][b]1:3|"},
    {"a;b;\n;;\n", "[a][b][]1:1|[][][]2:2|"},
    {"a\"b;c\n", "[a\"b][c]1:1|"},
    {"\"a,b,c\";d\n", "[a,b,c][d]1:1|"},
    {"a;b\n'=1+1;'+31\n", "[a][b]1:1|[=1+1][+31]2:2|"},
    {"a;b\n''=1;'x\n", "[a][b]1:1|['=1]['x]2:2|"},
    {"a;b\n\"=\"\"0344\"\"\";=\"x\"\n", "[a][b]1:1|[0344][=\"x\"]2:2|"},
    {"a", "[a]1:1|"},
    {"a\n\"\"\n", "[a]1:1|[]2:2|"},
    {"", ""},
    {"\xef\xbb\xbf", ""},
};

static void
test_reads_what_systems_write_however_it_is_cut(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (at = 0; at <= strlen(good[i].in); at++) {
			OV_BUF b = {0};
			struct ov_err e = {0};

			if (parse(good[i].in, strlen(good[i].in), at, &b, &e) !=
			    OV_OK)
				fail_msg("%zu: %s", i, e.msg);
			assert_string_equal(b.n > 0 ? ov_buf_text(&b) : "",
			    good[i].out);
		}
}

static const struct {
	const char *in;
	size_t n;
	const char *says;
} bad[] = {
    {"a;b\n\"x", 6, "never closed"},
    {"a;b\n\"x\"y;\n", 10, "line 2, column 1: text after"},
    {"a;b\nx;\"y\" \n", 11, "line 2, column 2: text after"},
    {"a;b\n\0;x\n", 8, "zero byte"},
    {"\xff\xfe"
     "a\0;\0",
        6, "UTF-16"},
    {"\xfe\xff\0a", 4, "UTF-16"},
    {"\xef\xbb\xbf"
     "a\n\xe9;\n",
        8, "not UTF-8"},
    {"a;\xc3\xa9\nb;\xe9;\n", 10, "line 2, column 2: not UTF-8"},
    {"\xef\xbb\xbf\xed\xa0\x80\n", 7, "not UTF-8"}, /* a surrogate */
    {"\xef\xbb\xbf\xc0\xaf\n", 6, "not UTF-8"},     /* overlong */
    {"a;b\n\xe9;\x81\n", 8, "Windows-1252 does not have"},
};

static void
test_refuses_with_line_and_column(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (at = 0; at <= bad[i].n; at++) {
			OV_BUF b = {0};
			struct ov_err e = {0};

			assert_int_equal(parse(bad[i].in, bad[i].n, at, &b, &e),
			    OV_BADMSG);
			if (strstr(e.msg, bad[i].says) == NULL)
				fail_msg("%zu: %s", i, e.msg);
		}
}

static enum ov_rc
repeat(char unit, size_t n, const char *head)
{
	OV_BUF b = {0}, out = {0};

	ov_buf_str(&b, head);
	memset(ov_buf_room(&b, n), unit, n);
	return parse((char *)b.p, b.n, b.n / 2, &out, NULL);
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(repeat('x', OV_CSV_ROW_MAX - 10, "a;b\n"), OV_OK);
	assert_int_equal(repeat('x', 4 * OV_CSV_ROW_MAX, "a;b\n"), OV_TOOBIG);
	assert_int_equal(repeat('x', OV_CSV_ROW_MAX + 10, ""), OV_TOOBIG);
	assert_int_equal(repeat(';', OV_CSV_COLS_MAX - 1, "a;b\n"), OV_OK);
	assert_int_equal(repeat(';', OV_CSV_COLS_MAX, "a;b\n"), OV_TOOBIG);
}

static enum ov_rc
stop(void *arg, const struct ov_csv_row *r, struct ov_err *e)
{
	(void)r;
	(*(int *)arg)++;
	return ov_fail(e, OV_DENIED, "enough");
}

static void
test_the_callback_can_stop_it(void **state)
{
	int calls = 0;
	struct ov_csv *c = ov_csv_new(stop, &calls);

	(void)state;
	assert_int_equal(ov_csv_push(c, "a\nb\nc\n", 6, NULL), OV_DENIED);
	assert_int_equal(ov_csv_push(c, "d\n", 2, NULL), OV_BADMSG);
	assert_int_equal(calls, 1);
	ov_csv_free(c);
}

static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r", "'", "''",
    "'=", "''@", "0", "00", "007", "1", "\"", ";", ",", " ", "\n", "=\"12\"",
    "=\"\"", "12345678901234567", "1234567890123456", "999999999", "'-",
    "\xc3\xa9"};
static const char *const ends[] = {"", "1", "cmd|' /C calc'!A0", "\"", ";",
    "\r\n", "=1", "0344", "'", "\t"};

static void
test_every_dangerous_cell_survives_out_and_back(void **state)
{
	size_t i, j, k, n = 0;

	(void)state;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		for (j = 0; j < sizeof(ends) / sizeof(ends[0]); j++) {
			OV_BUF file = {0}, want = {0}, got = {0};
			char cell[100];
			const char *row[3] = {"x", cell, NULL};
			const char *raw;

			(void)snprintf(cell, sizeof(cell), "%s%s", starts[i],
			    ends[j]);
			ov_csv_out_begin(&file);
			ov_csv_out_row(&file, row, 3);
			ov_buf_fmt(&want, "[x][%s][]1:1|", cell);
			for (k = 0; k <= file.n; k += 3) {
				ov_buf_reset(&got);
				assert_int_equal(parse((char *)file.p, file.n,
				                     k, &got, NULL),
				    OV_OK);
				assert_string_equal(ov_buf_text(&got),
				    ov_buf_text(&want));
			}
			/* Nothing a spreadsheet runs, but our own ="digits". */
			raw = ov_buf_text(&file) + 3 + strlen("x;");
			if (*raw == '"')
				raw++;
			assert_null(strchr("+-@\t\r", *raw));
			if (*raw == '=')
				assert_int_equal(strspn(raw + 3, "0123456789"),
				    strlen(cell));
			n++;
		}
	assert_int_equal(n, sizeof(starts) / sizeof(starts[0]) *
	                        (sizeof(ends) / sizeof(ends[0])));
}

static void
test_the_bytes_a_dutch_excel_wants(void **state)
{
	const char *row[] = {"naam", "0344", "7,5", "01-02-2025", "a;b", "=1",
	    NULL, "10", "0"};
	const char *one[] = {NULL};
	OV_BUF b = {0};

	(void)state;
	ov_csv_out_begin(&b);
	ov_csv_out_row(&b, row, 9);
	ov_csv_out_row(&b, one, 1);
	assert_string_equal(ov_buf_text(&b),
	    "\xef\xbb\xbfnaam;\"=\"\"0344\"\"\";\"7,5\";01-02-2025;\"a;b\";"
	    "\"'=1\";;10;0\r\n\"\"\r\n");
}

static void
test_dates(void **state)
{
	static const char *const ok[][2] = {{"01-02-2025", "2025-02-01"},
	    {"1-2-2025", "2025-02-01"}, {"2025-02-01", "2025-02-01"},
	    {"29-02-2024", "2024-02-29"}, {"1/2/2025", "2025-02-01"},
	    {"1.2.2025", "2025-02-01"}, {"01-02-2025 00:00", "2025-02-01"},
	    {"2025-02-01T00:00:00", "2025-02-01"}};
	static const char *const no[] = {"29-02-2025", "32-01-2025",
	    "01-13-2025", "2025-2-1", "01-02-25", "1-2/2025", "", "-", "x",
	    "01-02-2025 12:00", "2025/02/01", "0-1-2025", "01-02-20255",
	    "00001-2-2025", "01-02-0000"};
	char out[11];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		assert_true(ov_csv_date_in(ok[i][0], out));
		assert_string_equal(out, ok[i][1]);
	}
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (ov_csv_date_in(no[i], out))
			fail_msg("%s is taken for %s", no[i], out);
	ov_csv_date_out("2025-02-01", out);
	assert_string_equal(out, "01-02-2025");
	ov_csv_date_out("geen", out);
	assert_string_equal(out, "geen");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads_what_systems_write_however_it_is_cut),
	    cmocka_unit_test(test_refuses_with_line_and_column),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_the_callback_can_stop_it),
	    cmocka_unit_test(test_every_dangerous_cell_survives_out_and_back),
	    cmocka_unit_test(test_the_bytes_a_dutch_excel_wants),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
