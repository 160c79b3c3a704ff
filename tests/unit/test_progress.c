/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_progress.c - leavers of a vo school: the list comes in, the
 * choices go out before 1 April, and how far everybody is on a day.
 */
#include "tests/unit/report_fixture.h"

static int
up_gemeente(void **state)
{
	int rc = up(state);

	world_book_gemeente();
	return rc;
}

/* ---- the list ---- */

static json_t *
leaver(int rij, const char *ref, const char *klas, const char *vervolg,
    const char *crebo, const char *pgn)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "rij", rij,
	    "eigenReferentie", ref, "klas", klas, "mentor", "P. Visser",
	    "geboortedatum", "2010-02-28", "vervolg", vervolg, "gemeentecode",
	    "0193", "keuzeCrebo", crebo, "pgn", pgn);
}

static json_t *
four(void)
{
	return json_pack("[o,o,o,o]",
	    leaver(2, "a", "4A", "mbo", "25656", "999990007"),
	    leaver(3, "b", "4A", "mbo", "", ""),
	    leaver(4, "c", "4B", "mbo", "25655", "100000009"),
	    leaver(5, "d", "4B", "anders", "", ""));
}

static json_t *
load(json_t *feed, json_t *faults)
{
	return ask("leavers.load", NULL, feed, faults);
}

static void
loaded(void **state)
{
	json_t *j;

	(void)state;
	j = load(four(), NULL);
	assert_int_equal(end_int(j, "fout"), 0);
	assert_int_equal(end_int(j, "geladen"), 4);
	assert_int_equal(end_int(j, "keuzes"), 2);
	assert_int_equal(end_int(j, "zonder_keuze"), 1);
	json_decref(j);
	assert_int_equal(sql("SELECT count(*) FROM schoolverlater"), 4);
	assert_int_equal(sql("SELECT count(*) FROM concept WHERE srt="
	                     "'overstapstatus' AND stand='VOLLEDIG' AND"
	                     " partner='" GEMEENTE "'"),
	    2);
	/* The same file again changes nothing. */
	j = load(four(), NULL);
	assert_int_equal(end_int(j, "geladen"), 4);
	assert_int_equal(end_int(j, "gewijzigd"), 0);
	json_decref(j);
	assert_int_equal(sql("SELECT count(*) FROM concept"), 2);
	assert_int_equal(sql("SELECT max(versie) FROM schoolverlater"), 1);
	/* A choice that came later, and one that changed before it was sent. */
	j = load(json_pack("[o,o]",
	             leaver(2, "b", "4A", "mbo", "25655", "999990019"),
	             leaver(3, "a", "4A", "mbo", "25655", "999990007")),
	    NULL);
	assert_int_equal(end_int(j, "fout"), 0);
	assert_int_equal(end_int(j, "gewijzigd"), 2);
	json_decref(j);
	assert_int_equal(sql("SELECT count(*) FROM concept"), 3);
	/* Nothing of it stands there in plain text. */
	assert_int_equal(sql("SELECT count(*) FROM schoolverlater WHERE"
	                     " instr(inhoud,'4A')>0 OR"
	                     " instr(inhoud,'Visser')>0"),
	    0);
}

static void
bad_rows(void **state)
{
	static const struct {
		const char *member, *value, *kolom, *reden;
	} v[] = {{"vervolg", "wo", "vervolg", "reden/code"},
	    {"geboortedatum", "2010-02-30", "geboortedatum", "datum-ongeldig"},
	    {"keuzeDatum", "2199-01-01", "keuzeDatum", "datum-in-toekomst"},
	    {"pgn", "123456789", "pgn", "pgn-ongeldig"},
	    {"gemeentecode", "193", "gemeentecode", "reden/patroon"},
	    {"startkwalificatie", "j", "startkwalificatie", "reden/code"},
	    {"eigenReferentie", "a", "eigenReferentie", "referentie-dubbel"},
	    {"vervolg", NULL, "vervolg", "reden/ontbreekt"},
	    {"klas",
	        "-----------------------------------------------------------"
	        "----------",
	        "klas", "reden/te-lang"},
	    /* What the message would be refused for. */
	    {"keuzeCrebo", "2565", "keuzeCrebo", "reden/patroon"},
	    {"keuzeNiveau", "7", "keuzeNiveau", "reden/patroon"}};
	json_t *faults = json_array(), *row, *j, *f;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		json_array_clear(faults);
		row = leaver(3, "x", "4A", "mbo", "25656", "100000009");
		if (v[i].value == NULL)
			(void)json_object_del(row, v[i].member);
		else
			(void)json_object_set_new(row, v[i].member,
			    json_string(v[i].value));
		j = load(json_pack("[o,o]",
		             leaver(2, "a", "4A", "mbo", "25656", "999990007"),
		             row),
		    faults);
		assert_int_equal(end_int(j, "fout"), 1);
		assert_int_equal(end_int(j, "geladen"), 0);
		json_decref(j);
		assert_int_equal(json_array_size(faults), 1);
		f = json_array_get(faults, 0);
		assert_int_equal(number(f, "rij"), 3);
		assert_string_equal(text(f, "kolom"), v[i].kolom);
		assert_string_equal(text(f, "reden"), v[i].reden);
	}
	json_decref(faults);
	assert_int_equal(sql("SELECT count(*) FROM schoolverlater"), 0);
	assert_int_equal(sql("SELECT count(*) FROM concept"), 0);
	refused(ask("leavers.load", json_pack("{s:s}", "schooljaar", "2026"),
	            NULL, NULL),
	    "schooljaar-ongeldig");
}

/* Who has a startkwalificatie, is too old or goes elsewhere: no notice. */
static void
no_keuze(void **state)
{
	json_t *j, *rows = json_pack("[o,o]",
	               leaver(2, "a", "4A", "mbo", "25656", "999990007"),
	               leaver(3, "b", "4A", "mbo", "25656", "100000009"));

	(void)state;
	(void)json_object_set_new(json_array_get(rows, 0), "startkwalificatie",
	    json_string("ja"));
	(void)json_object_set_new(json_array_get(rows, 1), "geboortedatum",
	    json_string("1990-01-01"));
	j = load(rows, NULL);
	assert_int_equal(end_int(j, "fout"), 0);
	assert_int_equal(end_int(j, "geladen"), 2);
	assert_int_equal(end_int(j, "keuzes"), 0);
	json_decref(j);
	assert_int_equal(sql("SELECT count(*) FROM concept"), 0);
}

/* ---- one send before 1 April ---- */

static void
one_send(void **state)
{
	json_t *rows = json_array(), *j;

	(void)state;
	json_decref(load(four(), NULL));
	/* A status that somebody imported by himself is not of the list. */
	json_decref(ask("import",
	    json_pack("{s:s,s:s}", "profiel", "overstapstatus", "bestand",
	        "x.csv"),
	    json_pack("[{s:i,s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s}}]", "rij", 2,
	        "eigenReferentie", "z", "pgn", "999990019", "ontvanger",
	        "Beroepscollege", "inhoud", "status", "keuze", "datumStatus",
	        "2026-11-01", "doel", "aanmelding", "bewaarregel", "status"),
	    NULL));
	assert_int_equal(sql("SELECT count(*) FROM concept WHERE"
	                     " stand='VOLLEDIG'"),
	    3);
	refused(ask("send", json_pack("{s:b,s:b}", "keuze", 1, "alles", 1),
	            NULL, NULL),
	    "opdracht-ongeldig");
	j = ask("send", json_pack("{s:b}", "keuze", 1), NULL, rows);
	assert_int_equal(end_int(j, "opgesteld"), 2);
	assert_int_equal(end_int(j, "zonder_keuze"), 1);
	assert_int_equal(end_int(j, "geweigerd"), 0);
	json_decref(j);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(text(json_array_get(rows, 0), "eigenReferentie"),
	    "b");
	assert_string_equal(text(json_array_get(rows, 0), "reden"),
	    "keuze-ontbreekt");
	assert_int_equal(sql("SELECT count(*) FROM uitgaand u JOIN partner p ON"
	                     " p.id=u.partner WHERE u.srt='overstapstatus' AND"
	                     " u.rol='leerplicht' AND p.oin='" GEMEENTE "'"),
	    2);
	json_decref(rows);
}

/* ---- how far ---- */

static void
run_sql(const char *q)
{
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e, q, "") != OV_OK)
		fail_msg("%s", e.msg);
}

static void
deliver(const char *srt)
{
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e,
	        "UPDATE uitgaand SET stand='AFGELEVERD',afgeleverd=?2,"
	        "fout='vernietigd' WHERE srt=?1 AND stand<>'AFGELEVERD'",
	        "ti", srt, ov_now(w.st)) != OV_OK)
		fail_msg("%s", e.msg);
}

/* A dossier about him is imported, sent and delivered. */
static void
dossier(const char *ref, const char *pgn, bool full)
{
	json_t *in = json_load_file(full ? OV_TEST_DATA "/dossier-volledig.json"
	                                 : OV_TEST_DATA
	                                "/dossier-minimaal.json",
	           0, NULL),
	       *j;

	assert_non_null(in);
	if (full) /* part C only for whom the application names */
		(void)json_object_set_new(json_object_get(in,
		                              "toelatingsrecht"),
		    "instelling", json_string("25LH"));
	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", "overstapdossier", "bestand",
	        "d.json"),
	    json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	        ref, "pgn", pgn, "ontvanger", "Beroepscollege", "inhoud", in),
	    NULL);
	assert_int_equal(end_int(j, "goed"), 1);
	json_decref(j);
}

static void
send_dossiers(int n)
{
	json_t *j = ask("send",
	    json_pack("{s:b,s:s}", "alles", 1, "srt", "overstapdossier"), NULL,
	    NULL);

	assert_int_equal(end_int(j, "opgesteld"), n);
	json_decref(j);
	deliver("overstapdossier");
}

/* The mbo answers about the i-th dossier: a status in its case, or a word. */
static void
status(int64_t uitgaand, const char *code, int64_t when)
{
	int64_t nr = received((struct in){.srt = "overstapstatus",
	    .inhoud = json_pack("{s:s,s:s,s:s}", "grondslag", "AANMELDING-MBO",
	        "status", code, "datumStatus", "2026-11-28"),
	    .ontvangen = when});
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e,
	        "UPDATE bericht SET zaak=(SELECT zaak FROM uitgaand WHERE"
	        " nr=?2) WHERE nr=?1",
	        "ii", nr, uitgaand) != OV_OK ||
	    ov_db_run(w.st->db, &e,
	        "INSERT INTO stap(zaak,partner,uit,volg,record,jti,status)"
	        " SELECT zaak,partner,0,seq,nr,randomblob(16),?2 FROM bericht"
	        " WHERE nr=?1",
	        "it", nr, code) != OV_OK)
		fail_msg("%s", e.msg);
}

static void
answer(int64_t uitgaand, const char *woord)
{
	int64_t nr = received((struct in){.srt = "ontvangst",
	    .inhoud = json_pack("{s:s}", "grondslag", "OVERSTAP-ONDERWIJS")});
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e,
	        "INSERT INTO terugmelding(bericht,uitgaand,woord,reden,datum)"
	        " VALUES(?1,?2,?3,'','2026-11-28')",
	        "iit", nr, uitgaand, woord) != OV_OK)
		fail_msg("%s", e.msg);
}

static json_t *
of(const json_t *rows, const char *soort, const char *member, const char *value)
{
	json_t *r, *found = NULL;
	size_t i;

	json_array_foreach(rows, i, r)
	{
		const char *s = json_string_value(json_object_get(r, "soort"));
		const char *v = json_string_value(json_object_get(r, member));

		if (s != NULL && strcmp(s, soort) == 0 && v != NULL &&
		    strcmp(v, value) == 0)
			found = r;
	}
	return found;
}

static json_t *
progress(const char *op, json_t *rows)
{
	json_t *j;

	json_array_clear(rows);
	j = ask("progress",
	    op != NULL ? json_pack("{s:s}", "op", op) : json_object(), NULL,
	    rows);
	if (json_object_get(j, "end") == NULL)
		fail_msg("refused");
	return j;
}

/* Everything that happens to the four. */
static void
a_year(void)
{
	int64_t first;

	json_decref(load(four(), NULL));
	json_decref(ask("send", json_pack("{s:b}", "keuze", 1), NULL, NULL));
	deliver("overstapstatus");
	dossier("a", "999990007", true);
	dossier("c", "100000009", false);
	dossier("elders", "999990019", false); /* not in the list */
	send_dossiers(3);
	first = sql("SELECT min(nr) FROM uitgaand WHERE srt='overstapdossier'");
	answer(first, "gekoppeld");
	answer(first + 1, "niet-gekoppeld");
	status(first, "aangemeld", 0);
	status(first, "ingeschreven", 0);
}

static void
how_far(void **state)
{
	json_t *rows = json_array(), *j, *r;

	(void)state;
	a_year();
	j = progress(NULL, rows);
	assert_int_equal(end_int(j, "verlaters"), 4);
	assert_int_equal(end_int(j, "naarMbo"), 3);
	assert_int_equal(end_int(j, "buiten_lijst"), 1);
	assert_int_equal(end_int(j, "zonder-keuze"), 1);
	assert_int_equal(end_int(j, "niet-gekoppeld"), 1);
	assert_int_equal(end_int(j, "nergens"), 0); /* not August yet */
	json_decref(j);
	r = of(rows, "klas", "klas", "4A");
	assert_non_null(r);
	assert_string_equal(text(r, "mentor"), "P. Visser");
	assert_int_equal(number(r, "verlaters"), 2);
	assert_int_equal(number(r, "keuze"), 1);
	assert_int_equal(number(r, "gemeld"), 1);
	assert_int_equal(number(r, "dossier"), 1);
	assert_int_equal(number(r, "A"), 1);
	assert_int_equal(number(r, "B"), 1);
	assert_int_equal(number(r, "AenB"), 1);
	assert_int_equal(number(r, "afgeleverd"), 1);
	assert_int_equal(number(r, "gekoppeld"), 1);
	assert_int_equal(number(r, "ingeschreven"), 1);
	assert_int_equal(number(r, "gestart"), 0);
	r = of(rows, "klas", "klas", "4B");
	assert_int_equal(number(r, "naarMbo"), 1);
	assert_int_equal(number(r, "A"), 0);
	assert_int_equal(number(r, "afgeleverd"), 1);
	assert_int_equal(number(r, "gekoppeld"), 0);
	/* For whom somebody must do something. */
	assert_non_null(of(rows, "zonder-keuze", "eigenReferentie", "b"));
	r = of(rows, "niet-gekoppeld", "eigenReferentie", "c");
	assert_non_null(r);
	assert_string_equal(text(r, "ontvanger"), "Beroepscollege");
	assert_string_equal(text(r, "mentor"), "P. Visser");
	/* Goals: a is in beeld of three, and has his dossier. */
	r = of(rows, "doel", "maat", "in-beeld");
	assert_int_equal(number(r, "teller"), 1);
	assert_int_equal(number(r, "noemer"), 3);
	assert_string_equal(text(r, "uitkomst"), "33.3");
	assert_true(strlen(text(r, "formule")) > 20);
	r = of(rows, "doel", "maat", "ddd");
	assert_int_equal(number(r, "teller"), 1);
	assert_int_equal(number(r, "noemer"), 1);
	json_decref(rows);
}

/* From 1 August; an enrolment that came to nothing is none. */
static void
nowhere_in_august(void **state)
{
	int64_t first;
	json_t *rows = json_array(), *j;

	(void)state;
	a_year();
	json_decref(progress("2027-07-31", rows));
	assert_null(of(rows, "nergens", "eigenReferentie", "b"));
	j = progress("2027-08-01", rows);
	assert_int_equal(end_int(j, "nergens"), 2);
	json_decref(j);
	assert_non_null(of(rows, "nergens", "eigenReferentie", "b"));
	assert_non_null(of(rows, "nergens", "eigenReferentie", "c"));
	assert_null(of(rows, "nergens", "eigenReferentie", "d"));
	first = sql("SELECT min(nr) FROM uitgaand WHERE srt='overstapdossier'");
	status(first, "gestart", 0);
	j = progress("2027-09-30", rows);
	assert_int_equal(end_int(j, "gestart"), 1);
	json_decref(j);
	status(first, "uitgevallen", 0);
	j = progress("2027-09-30", rows);
	assert_int_equal(end_int(j, "nergens"), 3);
	json_decref(j);
	/* On 1 October the next year begins. */
	j = progress("2027-10-01", rows);
	assert_int_equal(end_int(j, "verlaters"), 0);
	assert_int_equal(json_array_size(
	                     json_object_get(json_object_get(j, "end"),
	                         "let_op")),
	    1);
	json_decref(j);
	json_decref(rows);
}

/* What was not there yet on that day does not count. */
static void
as_of(void **state)
{
	char gisteren[OV_DATE_SIZE];
	json_t *rows = json_array(), *j;

	(void)state;
	ov_date_fmt(gisteren, ov_date_add_days(ov_date_nl(ov_now(w.st)), -1));
	a_year();
	j = progress(gisteren, rows);
	assert_int_equal(end_int(j, "verlaters"), 0);
	json_decref(j);
	run_sql("UPDATE schoolverlater SET geladen=geladen-2*86400");
	j = progress(gisteren, rows);
	assert_int_equal(end_int(j, "verlaters"), 4);
	assert_int_equal(end_int(j, "keuze"), 0); /* named today */
	assert_int_equal(end_int(j, "dossier"), 0);
	assert_int_equal(end_int(j, "afgeleverd"), 0);
	json_decref(j);
	run_sql("UPDATE import SET tijd=tijd-2*86400");
	run_sql("UPDATE uitgaand SET opgesteld=opgesteld-2*86400");
	j = progress(gisteren, rows);
	assert_int_equal(end_int(j, "dossier"), 2);
	assert_int_equal(end_int(j, "afgeleverd"), 0);
	assert_int_equal(end_int(j, "ingeschreven"), 0);
	json_decref(j);
	run_sql("UPDATE uitgaand SET afgeleverd=afgeleverd-2*86400");
	j = progress(gisteren, rows);
	assert_int_equal(end_int(j, "afgeleverd"), 2);
	assert_int_equal(end_int(j, "gekoppeld"), 0);
	assert_int_equal(end_int(j, "niet-gekoppeld"), 0);
	json_decref(j);
	refused(ask("progress", json_pack("{s:s}", "op", "2026-02-30"), NULL,
	            NULL),
	    "datum-ongeldig");
	refused(ask("progress", json_pack("{s:s}", "schooljaar", "2026"), NULL,
	            NULL),
	    "schooljaar-ongeldig");
	json_decref(rows);
}

/* Of the year, with what was kept back as such; reading it is a line. */
static void
came_back(void **state)
{
	static const char *const jaar[] = {"2026-2027", "2025-2026"};
	json_t *rows = json_array(), *j, *r, *in;
	int64_t lines = sql("SELECT count(*) FROM gelezen");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		in = json_load_file(OV_TEST_DATA "/terugkoppeling.json", 0,
		    NULL);
		(void)json_object_set_new(in, "schooljaar",
		    json_string(jaar[i]));
		(void)json_object_set_new(in, "peildatum",
		    json_string("2026-11-01"));
		(void)received(
		    (struct in){.srt = "terugkoppeling", .inhoud = in});
	}
	j = progress(NULL, rows);
	json_decref(j);
	r = of(rows, "terugkoppeling", "peildatum", "2026-11-01");
	assert_non_null(r);
	assert_string_equal(text(r, "partner"), "Beroepscollege");
	assert_int_equal(number(r, "gestart"), 17);
	assert_string_equal(text(r, "uitgevallen"), "x");
	assert_int_equal(sql("SELECT count(*) FROM gelezen"), lines + 1);
	json_decref(rows);
}

/* ---- the published goals ---- */

/* Dossiers about leavers [from, to), a few hundred a frame. */
static void
dossiers(int from, int to, bool full)
{
	json_t *in = json_load_file(full ? OV_TEST_DATA "/dossier-volledig.json"
	                                 : OV_TEST_DATA
	                                "/dossier-minimaal.json",
	           0, NULL),
	       *feed, *j;
	char ref[16];

	(void)json_object_del(in, "toelatingsrecht");
	(void)json_object_del(in, "ondersteuning");
	(void)json_object_set_new(in, "heeftOndersteuningsbehoefte",
	    json_false());
	for (int i = from; i < to; i += 150) {
		feed = json_array();
		for (int k = i; k < to && k < i + 150; k++) {
			(void)snprintf(ref, sizeof(ref), "L%04d", k);
			(void)json_array_append_new(feed,
			    json_pack("{s:i,s:s,s:s,s:s,s:O}", "rij", k,
			        "eigenReferentie", ref, "pgn", "999990007",
			        "ontvanger", "Beroepscollege", "inhoud", in));
		}
		j = ask("import",
		    json_pack("{s:s,s:s}", "profiel", "overstapdossier",
		        "bestand", "d.json"),
		    feed, NULL);
		assert_int_equal(end_int(j, "fout"), 0);
		json_decref(j);
	}
	json_decref(in);
}

/* 3,100 leavers a year (Zuid-Limburg), as many of them in beeld and with a
 * dossier as the goal of 2016-2017 says: the report gives the figures back as
 * they were printed. */
static void
published_goals(void **state)
{
	enum { ALL = 3100, BEELD = 3007, DDD = 2706 };
	json_t *feed, *rows = json_array(), *j, *r, *row;
	size_t at;
	char ref[16];

	(void)state;
	for (int i = 0; i < ALL; i += 500) {
		feed = json_array();
		for (int k = i; k < ALL && k < i + 500; k++) {
			(void)snprintf(ref, sizeof(ref), "L%04d", k);
			row = leaver(k, ref, "4A", "mbo", "", "");
			(void)json_object_set_new(row, "vestiging",
			    json_string(k < 1000 ? "00" : ""));
			(void)json_array_append_new(feed, row);
		}
		j = load(feed, NULL);
		assert_int_equal(end_int(j, "fout"), 0);
		json_decref(j);
	}
	dossiers(0, DDD, true);
	dossiers(DDD, BEELD, false);
	send_dossiers(BEELD);
	run_sql("INSERT INTO bericht(id,partner,seq,ep,srt,rol,zaak,ontvangen,"
	        "stand,gesloten,versie) SELECT randomblob(16),partner,nr,1,"
	        "'overstapstatus','vo',zaak,opgesteld,'ONTVANGEN',0,1 FROM"
	        " uitgaand");
	run_sql("INSERT INTO stap(zaak,partner,uit,volg,record,jti,status)"
	        " SELECT zaak,partner,0,seq,nr,randomblob(16),'ingeschreven'"
	        " FROM bericht");
	run_sql("UPDATE schoolverlater SET schooljaar=2026");
	json_decref(report(json_pack("{s:s}", "lijst", "in-beeld"), rows));
	json_array_foreach(rows, at, r)
	{
		if (strcmp(text(r, "vestiging"), "TOTAAL") != 0)
			continue;
		if (strcmp(text(r, "maat"), "in-beeld") == 0) {
			assert_int_equal(number(r, "teller"), BEELD);
			assert_int_equal(number(r, "noemer"), ALL);
			assert_string_equal(text(r, "uitkomst"), "97.0");
		} else {
			assert_int_equal(number(r, "teller"), DDD);
			assert_string_equal(text(r, "uitkomst"), "90.0");
		}
	}
	/* Who has no vestiging keeps a row. */
	r = find(rows, "vestiging", "onbekend");
	assert_int_equal(number(r, "noemer"), ALL - 1000);
	json_array_clear(rows);
	/* Beside the goal of the year, with its source. */
	run_sql("UPDATE schoolverlater SET schooljaar=2016");
	j = report(json_pack("{s:s,s:s}", "lijst", "in-beeld", "schooljaar",
	               "2016-2017"),
	    rows);
	r = json_array_get(rows, 2);
	assert_string_equal(text(r, "norm"), "97.00");
	assert_string_equal(text(r, "normbron"), "zuid-limburg");
	assert_int_equal(number(r, "noemer"), ALL);
	assert_int_equal(json_array_size(
	                     json_object_get(json_object_get(j, "end"),
	                         "formules")),
	    2);
	json_decref(j);
	json_decref(rows);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up_gemeente, world_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {T(loaded), T(bad_rows),
	    T(no_keuze), T(one_send), T(how_far), T(nowhere_in_august),
	    T(as_of), T(came_back), T(published_goals)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
