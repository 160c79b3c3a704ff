/* SPDX-License-Identifier: EUPL-1.2 */
/* The worklist of a summer: who is nowhere, who is seen by nobody, and what a
 * case was on an earlier day. */
#include "tests/unit/worklist_fixture.h"

static int64_t
unknown_at(int days)
{
	json_t *end, *rows = list_at(days, false, &end);
	int64_t n = json_integer_value(
	    json_object_get(json_object_get(json_object_get(end, "end"),
	                        "onbekend"),
	        "overstapstatus"));

	json_decref(rows);
	json_decref(end);
	return n;
}

/* A list of an earlier day knows what was known then: a status linked later
 * was about nobody, and a link undone since still held. */
static void
links_then(void **state)
{
	int64_t notice, status, jan, piet;
	json_t *row;

	(void)state;
	role(OV_ROL_DOORSTROOMPUNT);
	applicant("jan", "999990007", "2008-02-29");
	applicant("piet", "999990019", "2008-02-28");
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	assert_int_equal(ov_pupil_by_ref(w.st, "piet", &piet, NULL), OV_OK);
	notice = opened("uitschrijving", "doorstroompunt", 1,
	    json_pack("{s:s}", "soort", "uitschrijving"));
	status = opened("overstapstatus", "doorstroompunt", 2,
	    json_pack("{s:s}", "status", "gestart"));
	sql("UPDATE bericht SET stand='ONBEKEND' WHERE nr=?1 AND ?2=0", status,
	    0);
	sql("UPDATE bericht SET ontvangen=ontvangen-?2 WHERE nr>=?1", notice,
	    20 * DAY);
	assert_int_equal(unknown_at(0), 1);
	link_to(notice, jan);
	link_to(status, jan);
	sql("UPDATE bericht_stand SET tijd=tijd+?2 WHERE bericht>=?1", notice,
	    8 * DAY);
	/* On day -12 both were linked; on day -13 neither. */
	assert_int_equal(kind_at("signaal", -12, NULL), 1);
	assert_int_equal(kind_at("signaal", -13, NULL), 0);
	assert_int_equal(unknown_at(-12), 0);
	assert_int_equal(unknown_at(-13), 1);
	assert_int_equal(unknown_at(-21), 0);
	assert_int_equal(kind_at("eerste-contact", -13, &row), 1);
	has(row, "eigenReferentie", "");
	json_decref(row);
	/* On day -5 it turned out to be somebody else. */
	sql("INSERT INTO bericht_stand(bericht,tijd,stand,leerling) SELECT nr,"
	    "ontvangen+15*86400,stand,?2 FROM bericht WHERE nr=?1",
	    notice, piet);
	sql("UPDATE bericht SET leerling=?2 WHERE nr=?1", notice, piet);
	assert_int_equal(kind_at("eerste-contact", -4, &row), 1);
	has(row, "eigenReferentie", "piet");
	json_decref(row);
	assert_int_equal(kind_at("eerste-contact", -6, &row), 1);
	has(row, "eigenReferentie", "jan");
	json_decref(row);
	assert_int_equal(kind_at("signaal", -6, NULL), 1);
	assert_int_equal(kind_at("signaal", -4, NULL), 0);
}

/* Whom nobody enrolled, in August and September of any year. */
static void
summer(void **state)
{
	struct ov_date today = ov_date_nl(ov_now(w.st)),
	               aug = {(int16_t)(today.y + 1), 8, 1};
	int days = (int)(ov_date_days(aug) - ov_date_days(today));
	int64_t status, jan;
	json_t *row, *rows, *end;

	(void)state;
	role(OV_ROL_LEERPLICHT);
	applicant("jan", "999990007", "2008-02-29");
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	status = opened("overstapstatus", "leerplicht", 1,
	    json_pack("{s:s}", "status", "keuze"));
	sql("UPDATE bericht SET stand='ONBEKEND' WHERE nr=?1 AND ?2=0", status,
	    0);
	rows = list_at(days, false, &end);
	assert_int_equal(json_array_size(rows), 0);
	assert_int_equal(json_integer_value(json_object_get(
	                     json_object_get(json_object_get(end, "end"),
	                         "onbekend"),
	                     "overstapstatus")),
	    1);
	/* The calendar reminds of the summer and of the measuring date. */
	assert_true(reminders >= 2);
	json_decref(rows);
	json_decref(end);
	link_to(status, jan);
	assert_int_equal(kind_at("zomerlek", days - 1, NULL), 0);
	assert_int_equal(kind_at("zomerlek", days, &row), 1);
	has(row, "status", "keuze");
	has(row, "eigenReferentie", "jan");
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("zomerlek", days + 15, &row), 1);
	assert_true(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("zomerlek", days + 61, NULL), 0);
	status = opened("overstapstatus", "leerplicht", 2,
	    json_pack("{s:s}", "status", "ingeschreven"));
	link_to(status, jan);
	assert_int_equal(kind_at("zomerlek", days, NULL), 0);
}

static void
youth(const char *ref, const char *pgn, const char *instroom, const char *sk)
{
	json_t *j = ask("pupils.load", NULL,
	    json_pack("[{s:s,s:s,s:s,s:s,s:s,s:s}]", "eigenReferentie", ref,
	        "pgn", pgn, "geboortedatum", "2008-02-29", "woongemeente",
	        "0193", "instroom", instroom, "startkwalificatieDatum", sk),
	    NULL);

	if (end_int(j, "fout") != 0)
		fail_msg("not loaded");
	json_decref(j);
}

/* Who should begin this year, and of whom no school said anything: from 1
 * August until a status comes, somebody here saw him, or he turns out to be
 * qualified.  Another year's pupil is nobody's work. */
static void
unseen(void **state)
{
	struct ov_date today = ov_date_nl(ov_now(w.st)),
	               aug = {(int16_t)(today.y + 1), 8, 1};
	int days = (int)(ov_date_days(aug) - ov_date_days(today));
	char year[8], zaak[OV_ID_SIZE], d[OV_DATE_SIZE], later[OV_DATE_SIZE];
	int64_t jan, nr;
	json_t *row;

	(void)state;
	role(OV_ROL_LEERPLICHT);
	(void)snprintf(year, sizeof(year), "%d", aug.y);
	youth("jan", "999990007", year, "");
	youth("piet", "999990019", "2019", "");
	assert_int_equal(kind_at("geen-status", days - 1, NULL), 0);
	assert_int_equal(kind_at("geen-status", days + 61, NULL), 0);
	sql("DELETE FROM gelezen WHERE nr>?1 AND ?2=0", 0, 0);
	assert_int_equal(kind_at("geen-status", days, &row), 1);
	has(row, "richting", "eigen");
	has(row, "eigenReferentie", "jan");
	has(row, "sinds", on(days, d));
	has(row, "uiterlijk", on(days + 14, d));
	json_decref(row);
	assert_int_equal(number("SELECT count(*) FROM gelezen WHERE"
	                        " tabel='leerling' AND handeling='show'"),
	    1);
	/* Qualified on a day: not any more from then on. */
	youth("jan", "999990007", year, on(days + 3, later));
	assert_int_equal(kind_at("geen-status", days + 2, NULL), 1);
	assert_int_equal(kind_at("geen-status", days + 3, NULL), 0);
	youth("jan", "999990007", year, "");
	/* A status: the kind zomerlek takes over. */
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	nr = opened("overstapstatus", "leerplicht", 1,
	    json_pack("{s:s}", "status", "keuze"));
	link_to(nr, jan);
	assert_int_equal(kind_at("geen-status", days, NULL), 0);
	assert_int_equal(kind_at("zomerlek", days, NULL), 1);
	/* Guidance that began ends it, until it ends itself. */
	zaak_text(nr, zaak);
	json_decref(ask("case.set",
	    json_pack("{s:s,s:s}", "zaak", zaak, "eersteContact", on(0, d)),
	    NULL, NULL));
	assert_int_equal(kind_at("zomerlek", days, NULL), 1); /* too long ago */
	json_decref(ask("case.set",
	    json_pack("{s:s,s:s}", "zaak", zaak, "trajectStart", on(0, d)),
	    NULL, NULL));
	assert_int_equal(kind_at("zomerlek", days, NULL), 0);
	json_decref(ask("case.set",
	    json_pack("{s:s,s:s}", "zaak", zaak, "trajectEinde", on(0, d)),
	    NULL, NULL));
	assert_int_equal(kind_at("zomerlek", days, NULL), 1);
}

/* A direct copy and the same with the number of DUO, in one case: one row, of
 * the last, since the first.  Taken back, the first one stands again. */
static void
one_case(void **state)
{
	int64_t first, second;
	char d[OV_DATE_SIZE];
	json_t *row;

	(void)state;
	role(OV_ROL_LEERPLICHT);
	first = opened("verzuimmelding", "leerplicht", 1,
	    json_pack("{s:s}", "soortVerzuim", "luxe"));
	age(first, 9);
	second = opened("verzuimmelding", "leerplicht", 2,
	    json_pack("{s:s,s:s}", "soortVerzuim", "luxe", "duoMeldingsnummer",
	        "2026123"));
	age(second, 4);
	assert_int_equal(kind_at("eerste-contact", 0, NULL), 2);
	sql("UPDATE bericht SET zaak=(SELECT zaak FROM bericht WHERE nr=?2)"
	    " WHERE nr=?1",
	    second, first);
	assert_int_equal(kind_at("eerste-contact", 0, &row), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "nr")),
	    second);
	has(row, "sinds", on(-9, d));
	has(row, "uiterlijk", on(5, d));
	json_decref(row);
	assert_int_equal(kind_at("eerste-contact", -5, &row), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "nr")), first);
	json_decref(row);
	sql("UPDATE bericht SET stand='INGETROKKEN' WHERE nr=?1 AND ?2=0",
	    second, 0);
	assert_int_equal(kind_at("eerste-contact", 0, &row), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "nr")), first);
	json_decref(row);
}

/* What the administration says of a startkwalificatie is a signal in the case
 * of a notice, from that day. */
static void
qualified_later(void **state)
{
	char d[OV_DATE_SIZE];
	int64_t notice, jan;
	json_t *row, *j;

	(void)state;
	role(OV_ROL_DOORSTROOMPUNT);
	youth("jan", "999990007", "", on(-4, d));
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	notice = opened("uitschrijving", "doorstroompunt", 1,
	    json_pack("{s:s}", "soort", "uitschrijving"));
	age(notice, 20);
	link_to(notice, jan);
	assert_int_equal(kind_at("signaal", -5, NULL), 0);
	assert_int_equal(kind_at("signaal", -4, &row), 1);
	has(row, "signaal", "startkwalificatie");
	has(row, "sinds", on(-4, d));
	json_decref(row);
	/* One from before the notice says nothing new. */
	youth("jan", "999990007", "", on(-21, d));
	assert_int_equal(kind_at("signaal", 0, NULL), 0);
	/* A row that is no row of a population. */
	j = ask("pupils.load", NULL,
	    json_pack("[{s:s,s:s,s:s}]", "eigenReferentie", "x",
	        "geboortedatum", "2008-02-29", "woongemeente", "Zwolle"),
	    NULL);
	assert_int_equal(end_int(j, "fout"), 1);
	json_decref(j);
	j = ask("pupils.load", NULL,
	    json_pack("[{s:s,s:s,s:s}]", "eigenReferentie", "x",
	        "geboortedatum", "2008-02-29", "startkwalificatieDatum", "ja"),
	    NULL);
	assert_int_equal(end_int(j, "fout"), 1);
	json_decref(j);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(links_then), T(summer), T(unseen),
	    T(qualified_later), T(one_case)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
