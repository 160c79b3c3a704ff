/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_worklist.c - what is to be done, by when, on any day: each
 * kind of row for an mbo, a municipality and a school, with its boundaries;
 * the follow-up of a case.
 */
#include "tests/unit/worklist_fixture.h"

static void
dossiers(void **state)
{
	int64_t nr, reads;
	json_t *row, *end, *rows;
	char day[OV_DATE_SIZE];

	(void)state;
	role(OV_ROL_MBO);
	nr = linked("jan", "999990007", 1);
	age(nr, 30);
	reads = number("SELECT count(*) FROM gelezen");
	assert_int_equal(kind_at("beoordelen", 0, &row), 1);
	has(row, "eigenReferentie", "jan");
	has(row, "sinds", on(-30, day));
	assert_int_equal(json_integer_value(json_object_get(row, "dagen")), 30);
	assert_true(json_is_true(json_object_get(row, "telaat")));
	assert_null(json_object_get(row, "geslachtsnaam"));
	json_decref(row);
	/* Fourteen calendar days are ten working days: not late then, but on
	 * the day after. */
	assert_int_equal(kind_at("beoordelen", -30, &row), 1);
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("beoordelen", -16, &row), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "dagen")), 14);
	json_decref(row);
	assert_int_equal(kind_at("beoordelen", -31, NULL), 0);
	assert_int_equal(number("SELECT count(*) FROM gelezen"), reads);

	/* Handled: gone today, there yesterday, a status is due. */
	json_decref(ask("inbox.accept", nr_arg(nr), NULL, NULL));
	is(nr, "GEACCEPTEERD");
	assert_int_equal(kind_at("beoordelen", 0, NULL), 0);
	assert_int_equal(kind_at("beoordelen", -1, NULL), 1);
	assert_int_equal(kind_at("status", 0, &row), 1);
	has(row, "sinds", on(0, day));
	json_decref(row);
	rows = list_at(0, false, &end);
	assert_int_equal(end_int(end, "behandeld"), 1);
	assert_int_equal(end_int(end, "doorlooptijd_dagen"), 30);
	json_decref(rows);
	json_decref(end);
	/* Another role sees nothing of it. */
	role(OV_ROL_VO);
	rows = list_at(0, false, NULL);
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);
}

static void
doubts(void **state)
{
	int64_t nr = message("999990019", 2);
	json_t *row, *rows, *end, *r;
	size_t i;

	(void)state;
	role(OV_ROL_MBO);
	applicant("piet", "999990019", "2008-02-28");
	ov_link_kick(w.st);
	world_turn(50);
	is(nr, "TWIJFEL");
	assert_int_equal(kind_at("twijfel", 0, &row), 1);
	has(row, "geboortedatumBericht", "2008-02-29");
	has(row, "geboortedatumEigen", "2008-02-28");
	has(row, "eigenReferentie", "piet");
	assert_int_equal(json_object_size(row), 15);
	json_decref(row);
	assert_int_equal(number("SELECT count(*) FROM gelezen WHERE"
	                        " handeling='show' AND record>0"),
	    1);
	/* The overview has references and counts, and one read line. */
	rows = list_at(0, true, &end);
	assert_int_equal(json_array_size(rows), 1);
	json_array_foreach(rows, i, r)
	{
		assert_int_equal(json_object_size(r), 5);
		has(r, "eigenReferentie", "piet");
	}
	assert_int_equal(end_int(end, "aantal"), 1);
	assert_int_equal(number("SELECT count(*) FROM gelezen WHERE"
	                        " handeling='count' AND record=0"),
	    1);
	json_decref(rows);
	json_decref(end);
	/* The enrolment is mended. */
	json_decref(ask("pupils.load", NULL,
	    json_pack("[{s:s,s:s,s:s,s:s}]", "eigenReferentie", "piet", "pgn",
	        "999990019", "geboortedatum", "2008-02-29", "schoolVerlaten",
	        ""),
	    NULL));
	world_turn(50);
	is(nr, "GEKOPPELD");
	assert_int_equal(kind_at("twijfel", 0, NULL), 0);
}

static void
warm(void **state)
{
	char d[OV_DATE_SIZE], m[OV_DATE_SIZE];
	json_t *row;
	int64_t nr;

	(void)state;
	role(OV_ROL_MBO);
	nr = opened("overstapdossier", "mbo", 1,
	    json_pack("{s:s,s:s,s:[s]}", "grondslag", "OVERSTAP-ONDERWIJS",
	        "soortOverstap", "WECMBO", "risicocategorie", "R1"));
	sql("UPDATE bericht SET stand='GEKOPPELD' WHERE nr=?1 AND ?2=0", nr, 0);
	assert_int_equal(kind_at("warme-overdracht", 0, &row), 1);
	has(row, "risico", "R1 R2");
	json_decref(row);
	nr = opened("overstapdossier", "mbo", 2,
	    json_pack("{s:s}", "soortOverstap", "VOMBO"));
	sql("UPDATE bericht SET stand='GEKOPPELD' WHERE nr=?1 AND ?2=0", nr, 0);
	assert_int_equal(kind_at("warme-overdracht", 0, NULL), 1);
	/* An agreement shows two weeks ahead, monitoring thirty days. */
	nr = opened("warme-overdracht", "mbo", 3,
	    json_pack("{s:[{s:s,s:s},{s:s,s:s}],s:s}", "afspraken", "status",
	        "open", "uitersteDatum", on(20, d), "status", "gedaan",
	        "uitersteDatum", "2020-01-01", "monitoringTot", on(60, m)));
	sql("UPDATE bericht SET stand='GEKOPPELD' WHERE nr=?1 AND ?2=0", nr, 0);
	assert_int_equal(kind_at("afspraak", 5, NULL), 0);
	assert_int_equal(kind_at("afspraak", 6, &row), 1);
	has(row, "uiterlijk", d);
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("afspraak", 21, &row), 1);
	assert_true(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("monitoring", 29, NULL), 0);
	assert_int_equal(kind_at("monitoring", 30, &row), 1);
	has(row, "uiterlijk", m);
	json_decref(row);
}

/* A no lasts; an undone link shows who read it and stands in the list until it
 * was judged. */
static void
decisions(void **state)
{
	json_t *row, *rows = json_array(), *arg;
	int64_t nr = message("999990019", 2), other;

	(void)state;
	role(OV_ROL_MBO);
	applicant("piet", "999990019", "2008-02-28");
	ov_link_kick(w.st);
	world_turn(50);
	is(nr, "TWIJFEL");
	arg = json_pack("{s:I,s:I,s:b}", "nr", (json_int_t)nr, "leerling",
	    (json_int_t)1, "nee", 1);
	refused(ask("inbox.link", arg, NULL, NULL), "opdracht-ongeldig");
	arg = json_pack("{s:I,s:b}", "nr", (json_int_t)nr, "nee", 1);
	json_decref(ask("inbox.link", json_incref(arg), NULL, NULL));
	is(nr, "ONBEKEND");
	ov_link_again(w.st);
	world_turn(50);
	is(nr, "ONBEKEND");
	refused(ask("inbox.link", arg, NULL, NULL), "stand-past-niet");
	assert_int_equal(kind_at("twijfel", 0, NULL), 0);

	other = linked("jan", "999990007", 3);
	json_decref(ask("inbox.show", nr_arg(other), NULL, NULL));
	json_decref(ask("inbox.unlink", nr_arg(other), NULL, rows));
	is(other, "TWIJFEL");
	assert_int_equal(json_array_size(rows), 1);
	has(json_array_get(rows, 0), "handeling", "show");
	json_decref(rows);
	refused(ask("inbox.show", nr_arg(other), NULL, NULL), "twijfel");
	assert_int_equal(kind_at("datalek", 0, &row), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "gelezen")),
	    1);
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("datalek", 3, &row), 1);
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("datalek", 4, &row), 1);
	assert_true(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(number("SELECT count(*) FROM melding WHERE"
	                        " soort='koppeling-ongedaan'"),
	    1);
	json_decref(ask("inbox.breach", nr_arg(other), NULL, NULL));
	assert_int_equal(kind_at("datalek", 0, NULL), 0);
	refused(ask("inbox.breach", nr_arg(other), NULL, NULL),
	    "stand-past-niet");
}

/* A linked dossier that cannot be read any more is nobody's work, from then
 * on. */
static void
unreadable(void **state)
{
	int64_t nr;

	(void)state;
	role(OV_ROL_MBO);
	nr = linked("jan", "999990007", 1);
	age(nr, 3);
	sql("UPDATE bericht SET inhoud=zeroblob(80) WHERE nr=?1 AND ?2=0", nr,
	    0);
	refused(ask("inbox.show", nr_arg(nr), NULL, NULL), "onleesbaar");
	assert_int_equal(kind_at("beoordelen", 0, NULL), 0);
	assert_int_equal(kind_at("beoordelen", -1, NULL), 1);
}

/* ---- municipality ---- */

static void
notices(void **state)
{
	char zaak[OV_ID_SIZE], d[OV_DATE_SIZE];
	json_t *row, *j;
	int64_t nr;

	(void)state;
	role(OV_ROL_DOORSTROOMPUNT);
	nr = opened("uitschrijving", "doorstroompunt", 1,
	    json_pack("{s:s,s:s,s:s}", "grondslag", "VERWIJDERING-18PLUS",
	        "soort", "verwijdering", "datumUitschrijving", on(-40, d)));
	age(nr, 20);
	assert_int_equal(kind_at("eerste-contact", 0, &row), 1);
	has(row, "uiterlijk", on(-6, d));
	assert_true(json_is_true(json_object_get(row, "telaat")));
	assert_true(json_is_false(json_object_get(row, "bekend")));
	assert_true(json_integer_value(
	                json_object_get(row, "schoolDagenTeLaat")) >= 17);
	json_decref(row);
	assert_int_equal(kind_at("eerste-contact", -6, &row), 1);
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(kind_at("eerste-contact", -21, NULL), 0);

	/* Follow-up: refused when it is no code or no date, or to come. */
	zaak_text(nr, zaak);
	refused(ask("case.set", json_pack("{s:s}", "zaak", zaak), NULL, NULL),
	    "opdracht-ongeldig");
	refused(ask("case.set",
	            json_pack("{s:s,s:s,s:s}", "zaak", zaak, "status",
	                "aangemeld", "bestemming", "overig"),
	            NULL, NULL),
	    "opdracht-ongeldig");
	refused(ask("case.set",
	            json_pack("{s:s,s:s}", "zaak", zaak, "bestemming", "maan"),
	            NULL, NULL),
	    "code-onbekend");
	refused(ask("case.set",
	            json_pack("{s:s,s:s}", "zaak", zaak, "eersteContact",
	                on(1, d)),
	            NULL, NULL),
	    "datum-ongeldig");
	assert_int_equal(number("SELECT count(*) FROM zaak_verloop"), 0);
	j = ask("case.set",
	    json_pack("{s:s,s:s,s:s}", "zaak", zaak, "eersteContact", on(0, d),
	        "signaalbron", "school"),
	    NULL, NULL);
	has(json_object_get(json_object_get(j, "end"), "verloop"),
	    "signaalbron", "school");
	json_decref(j);
	assert_int_equal(kind_at("eerste-contact", 0, NULL), 0);
	assert_int_equal(kind_at("eerste-contact", -1, NULL), 1);
	/* The last word counts; nothing of it is readable in the file. */
	json_decref(ask("case.set",
	    json_pack("{s:s,s:s}", "zaak", zaak, "signaalbron", "duo"), NULL,
	    NULL));
	j = ask("case.show", json_pack("{s:s}", "zaak", zaak), NULL, NULL);
	has(json_object_get(json_object_get(j, "end"), "verloop"),
	    "signaalbron", "duo");
	has(json_object_get(json_object_get(j, "end"), "verloop"),
	    "eersteContact", d);
	json_decref(j);
	assert_int_equal(number("SELECT count(*) FROM zaak_verloop WHERE"
	                        " instr(inhoud,'signaalbron')>0"),
	    0);
	assert_int_equal(number("SELECT count(*) FROM gelezen WHERE"
	                        " tabel='zaak'"),
	    3);
	assert_int_equal(number("SELECT count(*) FROM uitgaand"), 0);
}

/* What a status changes in a case, until the case is closed; one that says
 * nothing new is no signal. */
static void
signals(void **state)
{
	char zaak[OV_ID_SIZE], d[OV_DATE_SIZE];
	int64_t notice, status, jan;
	json_t *row;

	(void)state;
	role(OV_ROL_DOORSTROOMPUNT);
	applicant("jan", "999990007", "2008-02-29");
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	notice = opened("uitschrijving", "doorstroompunt", 1,
	    json_pack("{s:s}", "soort", "uitschrijving"));
	age(notice, 20);
	status = opened("overstapstatus", "doorstroompunt", 2,
	    json_pack("{s:s}", "status", "aangemeld"));
	link_to(notice, jan);
	link_to(status, jan);
	age(status, 10);
	assert_int_equal(kind_at("signaal", 0, NULL), 0);
	status = opened("overstapstatus", "doorstroompunt", 3,
	    json_pack("{s:s}", "status", "gestart"));
	link_to(status, jan);
	age(status, 5);
	assert_int_equal(kind_at("signaal", 0, &row), 1);
	has(row, "signaal", "terug-naar-school");
	has(row, "sinds", on(-5, d));
	has(row, "eigenReferentie", "jan");
	json_decref(row);
	assert_int_equal(kind_at("signaal", -6, NULL), 0);
	/* The row shows what stands in two messages: two read lines. */
	sql("DELETE FROM gelezen WHERE nr>?1 AND ?2=0", 0, 0);
	assert_int_equal(kind_at("signaal", -5, NULL), 1);
	assert_int_equal(number("SELECT count(DISTINCT record) FROM gelezen"
	                        " WHERE tabel='bericht' AND handeling='show'"),
	    2);
	/* Taken back three days later: it was so until then. */
	sql("UPDATE bericht SET stand='INGETROKKEN' WHERE nr=?1 AND ?2=0",
	    status, 0);
	sql("INSERT INTO bericht_stand(bericht,tijd,stand,leerling) SELECT nr,"
	    "ontvangen+3*86400,stand,leerling FROM bericht WHERE nr=?1 AND"
	    " ?2=0",
	    status, 0);
	assert_int_equal(kind_at("signaal", -3, NULL), 1);
	assert_int_equal(kind_at("signaal", -2, NULL), 0);
	sql("DELETE FROM bericht_stand WHERE bericht=?1 AND stand=iif(?2=0,"
	    "'INGETROKKEN','')",
	    status, 0);
	link_to(status, jan);
	status = opened("overstapstatus", "doorstroompunt", 4,
	    json_pack("{s:s,s:b}", "status", "uitgevallen",
	        "heeftStartkwalificatie", 1));
	link_to(status, jan);
	assert_int_equal(kind_at("signaal", 0, &row), 1);
	has(row, "signaal", "startkwalificatie");
	json_decref(row);
	zaak_text(notice, zaak);
	json_decref(ask("case.set",
	    json_pack("{s:s,s:s}", "zaak", zaak, "trajectEinde", on(0, d)),
	    NULL, NULL));
	assert_int_equal(kind_at("signaal", 0, NULL), 0);
	assert_int_equal(kind_at("signaal", -1, NULL), 1);
}

static void
absence_draft(const char *duo)
{
	json_t *in = json_pack("{s:s,s:s,s:s,s:s}", "soortVerzuim", "16-uur",
	           "begindatum", "2026-03-02", "einddatum", "2026-03-06",
	           "geslachtsnaam", "Jansen"),
	       *j;

	if (duo != NULL)
		assert_true(
		    ov_j_set(in, "duoMeldingsnummer", json_string(duo)));
	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", "verzuimmelding", "bestand",
	        "school.json"),
	    json_pack("[{s:i,s:s,s:o}]", "rij", 1, "eigenReferentie", "L1",
	        "inhoud", in),
	    NULL);
	assert_int_equal(end_int(j, "goed"), 1);
	json_decref(j);
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
}

/* The direct copy is not the notice: without the number that DUO gave it
 * stands in the list after a working day. */
static void
direct_copy(void **state)
{
	struct ov_err e = {0};
	struct ov_date due;
	int last;
	char d[OV_DATE_SIZE];
	json_t *row;

	(void)state;
	role(OV_ROL_VO);
	absence_draft(NULL);
	if (ov_db_run(w.st->db, &e,
	        "INSERT INTO uitgaand(id,jti,partner,srt,rol,stand,concept,"
	        "opgesteld,exp,due) SELECT zeroblob(16),zeroblob(16),?1,"
	        "'verzuimmelding','leerplicht','OPGESTELD',max(nr),?2,?2,?2"
	        " FROM concept",
	        "ii", partner, ov_now(w.st)) != OV_OK)
		fail_msg("%s", e.msg);
	due = ov_kal_werkdagen_na(w.st->kalender, ov_date_nl(ov_now(w.st)), 1);
	last = (int)(ov_date_days(due) -
	             ov_date_days(ov_date_nl(ov_now(w.st))));
	assert_int_equal(kind_at("duo-nummer", last - 1, NULL), 0);
	assert_int_equal(kind_at("duo-nummer", last, &row), 1);
	has(row, "uiterlijk", on(last, d));
	has(row, "eigenReferentie", "L1");
	assert_false(json_is_true(json_object_get(row, "telaat")));
	json_decref(row);
	assert_int_equal(number("SELECT count(*) FROM gelezen WHERE"
	                        " tabel='concept' AND handeling='show'"),
	    1);
	absence_draft("20261234");
	assert_int_equal(kind_at("duo-nummer", last, NULL), 0);
}

/* ---- a page and its edge; arguments ---- */

static void
pages(void **state)
{
	json_t *rows, *end;
	int64_t nr;

	(void)state;
	role(OV_ROL_LEERPLICHT);
	for (int i = 0; i < 130; i++) {
		nr = opened("verzuimmelding", "leerplicht", i + 1,
		    json_pack("{s:s}", "soortVerzuim", "luxe"));
		if (i == 7) /* one that cannot be read */
			sql("UPDATE bericht SET inhoud=zeroblob(80) WHERE nr=?1"
			    " AND ?2=0",
			    nr, 0);
	}
	rows = list_at(0, false, &end);
	assert_int_equal(json_array_size(rows), 129);
	assert_int_equal(end_int(end, "aantal"), 129);
	assert_int_equal(number("SELECT count(*) FROM terzijde"), 1);
	json_decref(rows);
	json_decref(end);
	refused(ask("worklist", json_pack("{s:s}", "op", "morgen"), NULL, NULL),
	    "datum-ongeldig");
	refused(ask("worklist", json_pack("{s:s}", "wie", "ik"), NULL, NULL),
	    "opdracht-ongeldig");
}

/* ---- contacts ---- */

/* Ours, from 30 days before its last day, until somebody follows. */
static void
contact_ends(void **state)
{
	json_t *t, *end;
	char tot[OV_DATE_SIZE];

	(void)state;
	role(OV_ROL_VO);
	json_decref(ask("contacts.add",
	    json_pack("{s:s,s:s,s:s,s:s}", "srt", "uitschrijving", "naam",
	        "Anna Zorg", "email", "a@school.example", "tot", on(40, tot)),
	    NULL, NULL));
	assert_int_equal(kind_at("contact-opvolger", 0, NULL), 0);
	assert_int_equal(kind_at("contact-opvolger", 9, NULL), 0);
	assert_int_equal(kind_at("contact-opvolger", 10, &t), 1);
	has(t, "srt", "uitschrijving");
	has(t, "uiterlijk", on(40, tot));
	has(t, "partner", "");
	has(t, "richting", "");
	assert_false(json_is_true(json_object_get(t, "telaat")));
	json_decref(t);
	assert_int_equal(kind_at("contact-opvolger", 41, &t), 1);
	assert_true(json_is_true(json_object_get(t, "telaat")));
	json_decref(t);
	/* No name in what may be mailed. */
	t = list_at(10, true, &end);
	assert_int_equal(json_array_size(t), 1);
	has(json_array_get(t, 0), "eigenReferentie", "");
	assert_null(json_object_get(json_array_get(t, 0), "naam"));
	json_decref(end);
	json_decref(t);
	/* One that begins too late leaves a hole; one in time does not. */
	t = json_pack("{s:s,s:s,s:s,s:s}", "srt", "*", "naam", "Bram", "email",
	    "b@school.example", "van", on(42, tot));
	json_decref(ask("contacts.add", t, NULL, NULL));
	assert_int_equal(kind_at("contact-opvolger", 10, NULL), 1);
	sql("UPDATE contact SET van=date(van,'-1 day') WHERE nr=?1+?2", 2, 0);
	assert_int_equal(kind_at("contact-opvolger", 10, NULL), 0);
}

/* A partner's that did not answer: at once, for every role. */
static void
contact_bounced(void **state)
{
	json_t *t;

	(void)state;
	role(OV_ROL_DOORSTROOMPUNT);
	assert_int_equal(kind_at("contact-gestuit", 0, NULL), 0);
	sql("INSERT INTO contact_gestuit(partner,tag,srt,tijd) SELECT id,"
	    "zeroblob(16),'*',?2 FROM partner WHERE id=?1",
	    1, ov_now(w.st));
	assert_int_equal(number("SELECT count(*) FROM contact_gestuit"), 1);
	assert_int_equal(kind_at("contact-gestuit", 0, &t), 1);
	has(t, "partner", "Beroepscollege");
	has(t, "srt", "*");
	json_decref(t);
	assert_int_equal(kind_at("contact-gestuit", -1, NULL), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(contact_ends), T(contact_bounced),
	    T(dossiers), T(doubts), T(warm), T(decisions), T(unreadable),
	    T(notices), T(signals), T(direct_copy), T(pages)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
