/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_cmd_duo.c - DUO's monthly file: read strictly, and compared
 * with the same month of what was exchanged.  All people are made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cmd_duo.h"

#define HEAD                                                                   \
	"BRIN_NR;RAPPORTAGEMAAND;PERSOONSGEBONDENNUMMER;ACHTERNAAM;"           \
	"GEBOORTEDATUM;DATUM_UITSCHRIJVING;REDEN_UITSTROOM;GEMEENTECODE"

static json_t *
kolommen(void)
{
	static const char *const k[] = {"BRIN_NR", "RAPPORTAGEMAAND",
	    "PERSOONSGEBONDENNUMMER", "ACHTERNAAM", "GEBOORTEDATUM",
	    "DATUM_UITSCHRIJVING", "REDEN_UITSTROOM", "GEMEENTECODE", "NIVEAU"};
	json_t *a = json_array();

	for (size_t i = 0; i < sizeof(k) / sizeof(k[0]); i++)
		assert_int_equal(json_array_append_new(a,
		                     json_pack("{s:s}", "naam", k[i])),
		    0);
	return a;
}

static enum ov_rc
read_text(const char *s, json_t **out)
{
	json_t *k = kolommen();
	struct ov_err e = {0};
	enum ov_rc rc = ov_duo_read(s, strlen(s), k, out, &e);

	json_decref(k);
	return rc;
}

static void
strictly(void **state)
{
	static const char *const bad[] = {"",
	    /* a column that is none of DUO's, twice, missing, short, long */
	    HEAD ";BSN\n25LH;202602;;A;01-01-2005;01-02-2026;4;0193;1\n",
	    HEAD ";BRIN_NR\n25LH;202602;;A;01-01-2005;01-02-2026;4;0193;25LH\n",
	    "BRIN_NR;RAPPORTAGEMAAND\n25LH;202602\n",
	    HEAD "\n25LH;202602;;A;01-01-2005;01-02-2026;4\n",
	    HEAD "\n25LH;202602;;A;01-01-2005;01-02-2026;4;0193;x\n"};
	json_t *rows = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_text(bad[i], &rows), OV_BADMSG);
	assert_int_equal(read_text(HEAD
	                     "\n25LH;202602;;A;01-01-2005;01-02-2026;4;0193\n",
	                     &rows),
	    OV_OK);
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal(json_integer_value(
	                     json_object_get(json_array_get(rows, 0), "regel")),
	    2);
	json_decref(rows);
}

static json_t *
ours(int nr, const char *ref, const char *pgn, const char *naam,
    const char *born, const char *uit, const char *reden)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "nr", nr,
	    "eigenReferentie", ref, "BRIN_NR", "25LH", "GEMEENTECODE", "0193",
	    "PERSOONSGEBONDENNUMMER", pgn, "ACHTERNAAM", naam, "GEBOORTEDATUM",
	    born, "DATUM_UITSCHRIJVING", uit, "REDEN_UITSTROOM", reden);
}

static const json_t *
of(const json_t *rows, const char *uitkomst, int regel, int nr)
{
	const json_t *r;
	size_t i;

	json_array_foreach(rows, i, r)
	{
		const json_t *a = json_object_get(r, "regel"),
		             *b = json_object_get(r, "nr");

		if (strcmp(json_string_value(json_object_get(r, "uitkomst")),
		        uitkomst) == 0 &&
		    json_integer_value(a) == regel &&
		    json_integer_value(b) == nr)
			return r;
	}
	fail_msg("no row %s %d %d", uitkomst, regel, nr);
	return NULL;
}

static void
beside_each_other(void **state)
{
	static const char file[] = HEAD
	    "\n"
	    "25LH;202602;999990007;Anders;01-01-2005;01-02-2026;4;0193\n"
	    "25LH;2026-02;;JANSEN;02-02-2005;03-02-2026;5;0193\n"
	    "25LH;202602;;Jansen;02-02-2005;02-02-2026;4;0193\n"
	    "25LH;202602;;Peters;03-03-2005;01-02-2026;4;0193\n"
	    "25LH;202603;;Later;03-03-2005;01-03-2026;4;0193\n";
	json_t *duo = NULL, *rows = NULL, *end = json_object(),
	       *hier = json_pack("[o,o,o,o]",
	           /* by number, though another name */
	           ours(1, "a", "999990007", "Jansen", "01-01-2005",
	               "01-02-2026", "4"),
	           /* twins in name: the same day first */
	           ours(2, "b", "", "jansen", "02-02-2005", "02-02-2026", "4"),
	           ours(3, "c", "", "Jansen", "02-02-2005", "03-02-2026", "4"),
	           ours(4, "d", "", "Bakker", "04-04-2005", "01-02-2026", "4"));
	struct ov_err e = {0};
	const json_t *r;
	char *text;

	(void)state;
	assert_int_equal(read_text(file, &duo), OV_OK);
	assert_int_equal(ov_duo_compare(duo, hier, "2026-02", end, &rows, &e),
	    OV_OK);
	assert_int_equal(json_array_size(rows), 5);
	(void)of(rows, "beide", 2, 1);
	r = of(rows, "verschil", 3, 3);
	assert_string_equal(json_string_value(json_object_get(r, "verschil")),
	    "REDEN_UITSTROOM: DUO 5, hier 4");
	(void)of(rows, "beide", 4, 2);
	(void)of(rows, "alleen-duo", 5, 0);
	r = of(rows, "alleen-hier", 0, 4);
	assert_string_equal(json_string_value(
	                        json_object_get(r, "eigenReferentie")),
	    "d");
	assert_int_equal(json_integer_value(json_object_get(end, "beide")), 2);
	assert_int_equal(json_integer_value(json_object_get(end, "verschil")),
	    1);
	assert_int_equal(json_integer_value(json_object_get(end, "alleen_duo")),
	    1);
	assert_int_equal(json_integer_value(
	                     json_object_get(end, "alleen_hier")),
	    1);
	assert_int_equal(json_integer_value(
	                     json_object_get(end, "andere_maand")),
	    1);
	/* Nobody by name or number. */
	text = json_dumps(rows, 0);
	assert_non_null(text);
	assert_null(strstr(text, "999990007"));
	assert_null(strstr(text, "eters"));
	assert_null(strstr(text, "akker"));
	free(text);
	json_decref(duo);
	json_decref(hier);
	json_decref(rows);
	json_decref(end);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(strictly),
	    cmocka_unit_test(beside_each_other)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
