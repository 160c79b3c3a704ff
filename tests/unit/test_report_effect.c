/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_report_effect.c - the lists of the RMC-effectrapportage: from
 * notices and what was recorded in their cases, class by class.
 */
#include "tests/unit/report_fixture.h"

#include "daemon/store/worklist.h"

static int64_t
moment(int y, unsigned m, unsigned d)
{
	return ov_nl_midnight(
	           (struct ov_date){(int16_t)y, (uint8_t)m, (uint8_t)d}) +
	       3600;
}

/* A notice with a case of its own; verloop (taken) is what was recorded. */
static void
a_case(uint32_t mens, int64_t when, const char *born, const char *uit,
    json_t *verloop)
{
	json_t *in = notice("MBO_2", "0193", uit);
	struct ov_err e = {0};
	uint8_t zaak[16];
	const char *code;
	int64_t nr;

	if (born != NULL)
		(void)json_object_set_new(in, "geboortedatum",
		    json_string(born));
	else
		(void)json_object_del(in, "geboortedatum");
	nr = received((struct in){.srt = "uitschrijving",
	    .inhoud = in,
	    .mens = mens,
	    .ontvangen = when});
	randombytes_buf(zaak, sizeof(zaak));
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE bericht SET zaak=?2 WHERE nr=?1", "ib", nr,
	                     (const void *)zaak, sizeof(zaak)),
	    OV_OK);
	if (verloop == NULL)
		return;
	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	assert_int_equal(ov_verloop_add(w.st, 0, zaak, verloop, &code, &e),
	    OV_OK);
	if (code != NULL)
		fail_msg("%s", code);
	assert_int_equal(ov_tx_commit(w.st, &e), OV_OK);
	json_decref(verloop);
}

static json_t *
of(const json_t *rows, const char *lijst, const char *onderdeel)
{
	json_t *r;
	size_t i;

	json_array_foreach(rows, i, r)
	{
		if (strcmp(text(r, "lijst"), lijst) == 0 &&
		    strcmp(text(r, "onderdeel"), onderdeel) == 0)
			return r;
	}
	fail_msg("no row %s %s", lijst, onderdeel);
	return NULL;
}

static void
is(const json_t *rows, const char *lijst, const char *onderdeel, int duo,
    int ander, int onbekend, int w17)
{
	const json_t *r = of(rows, lijst, onderdeel);

	if (number(r, "duo") != duo || number(r, "ander") != ander ||
	    number(r, "onbekend") != onbekend || number(r, "w17") != w17)
		fail_msg("%s %s: %d %d %d %d", lijst, onderdeel,
		    (int)number(r, "duo"), (int)number(r, "ander"),
		    (int)number(r, "onbekend"), (int)number(r, "w17"));
	assert_int_equal(number(r, "totaal"), duo + ander + onbekend);
}

static void
lists(void **state)
{
	json_t *rows = json_array(), *j;

	(void)state;
	/* The whole way, placed again after a month and followed for two. */
	a_case(1, moment(2025, 9, 1), "2005-01-01", "2025-08-25",
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "signaalbron", "duo",
	        "eersteContact", "2025-09-05", "intakeDatum", "2025-09-14",
	        "trajectStart", "2025-09-20", "trajectEinde", "2025-12-20",
	        "bestemming", "voltijd-opleiding"));
	(void)received((struct in){.srt = "overstapstatus",
	    .inhoud = json_pack("{s:s,s:s,s:s}", "grondslag", "AANMELDING-MBO",
	        "status", "gestart", "datumStatus", "2025-10-20"),
	    .mens = 1,
	    .ontvangen = moment(2025, 10, 21)});
	/* Another signal; 14 days are the second class; no source of it. */
	a_case(2, moment(2025, 9, 1), "2005-01-01", "2023-08-25",
	    json_pack("{s:s,s:s}", "signaalbron", "school", "intakeDatum",
	        "2025-09-15"));
	a_case(3, moment(2025, 9, 1), "2005-01-01", "2025-08-25",
	    json_pack("{s:s}", "eersteContact", "2025-09-30"));
	/* 17 that day, beside them; younger and unknown in rows of their own. */
	a_case(4, moment(2025, 9, 1), "2007-09-02", "2025-08-25",
	    json_pack("{s:s}", "eersteContact", "2025-09-30"));
	a_case(5, moment(2025, 9, 1), "2010-01-01", "2025-08-25", NULL);
	a_case(6, moment(2025, 9, 1), NULL, "2025-08-25", NULL);
	/* From the year before: still open, and ended before it. */
	a_case(7, moment(2025, 3, 1), "2005-01-01", "2025-02-25",
	    json_pack("{s:s,s:s,s:s,s:s}", "signaalbron", "duo",
	        "eersteContact", "2025-03-10", "trajectStart", "2025-03-20",
	        "trajectEinde", "2025-10-01"));
	a_case(8, moment(2025, 3, 1), "2005-01-01", "2025-02-25",
	    json_pack("{s:s,s:s}", "eersteContact", "2025-03-10",
	        "trajectEinde", "2025-06-01"));
	/* The same person again, after that. */
	a_case(8, moment(2026, 2, 1), "2005-01-01", "2026-01-25", NULL);
	/* The year after is no part of it. */
	a_case(9, moment(2026, 8, 1), "2005-01-01", "2026-07-30", NULL);

	j = report(json_pack("{s:s,s:s,s:s}", "lijst", "effectrapportage", "op",
	               "2026-11-28", "schooljaar", "2025-2026"),
	    rows);
	is(rows, "3A", "nieuw", 1, 1, 1, 1);
	is(rows, "3A", "recidiverend", 0, 0, 1, 0);
	is(rows, "3A", "continuerend", 1, 0, 0, 0);
	is(rows, "3A", "eerste contact", 1, 0, 1, 1);
	is(rows, "3A", "intake", 1, 1, 0, 0);
	is(rows, "3A", "traject gestart", 1, 0, 0, 0);
	is(rows, "3A", "traject beëindigd", 2, 0, 0, 0);
	is(rows, "3A", "minder dan 2 weken", 1, 0, 0, 0);
	is(rows, "3A", "2 tot en met 4 weken", 0, 1, 0, 0);
	is(rows, "3A", "geen intake", 0, 0, 2, 1);
	is(rows, "3A.2", "korter dan 1 schooljaar", 1, 0, 2, 1);
	is(rows, "3A.2", "2 tot 3 schooljaren", 0, 1, 0, 0);
	is(rows, "3E", "1 tot en met 6 maanden", 1, 0, 0, 0);
	is(rows, "3E", "langer dan 6 maanden", 1, 0, 0, 0);
	is(rows, "3E", "1 tot en met 3 maanden", 1, 0, 0, 0);
	is(rows, "3F", "voltijd opleiding", 1, 0, 0, 0);
	is(rows, "3F", "onbekend", 1, 0, 0, 0);
	is(rows, "buiten", "jonger dan 17", 0, 0, 1, 0);
	is(rows, "buiten", "leeftijd onbekend", 0, 0, 1, 0);
	/* Verwijdering: the next working day (WEB 8.1.8). */
	is(rows, "tijdigheid", "uitschrijving: te laat", 0, 4, 0, 0);
	assert_true(json_array_size(json_object_get(json_object_get(j, "end"),
	                "let_op")) >= 3);
	json_decref(j);
	/* Without a year: the school year before this one (due 15 December). */
	json_array_clear(rows);
	j = report(json_pack("{s:s,s:s}", "lijst", "effectrapportage", "op",
	               "2026-12-15"),
	    rows);
	assert_string_equal(text(json_object_get(j, "end"), "periode"),
	    "2025-2026");
	json_decref(j);
	/* What was received later was not known on that day. */
	json_array_clear(rows);
	json_decref(
	    report(json_pack("{s:s,s:s,s:s}", "lijst", "effectrapportage", "op",
	               "2026-01-31", "schooljaar", "2025-2026"),
	        rows));
	is(rows, "3A", "recidiverend", 0, 0, 0, 0);
	is(rows, "3A", "nieuw", 0, 0, 3, 1); /* recorded later, too */
	json_decref(rows);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, world_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {T(lists)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
