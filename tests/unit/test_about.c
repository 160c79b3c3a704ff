/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_about.c - a person makes a message about a message: every
 * refusal by its name, and what goes out where there is none.
 */
#include "tests/unit/accept_fixture.h"

static char *accounts_path;

/* This process has these functions. */
static void
account(const char *functies)
{
	static unsigned turn;
	FILE *f = fopen(accounts_path, "w");

	assert_non_null(f);
	(void)fprintf(f,
	    "{\"versie\":1,\"accounts\":[{\"account\":\"%u\",\"functies\":"
	    "[%s]}]}%*s\n",
	    (unsigned)geteuid(), functies, (int)(turn++ % 50), "");
	assert_int_equal(fclose(f), 0);
}

#define F(naam) "{\"functie\":\"" naam "\"}"
#define ALLE                                                                   \
	F("zorgcoördinator")                                                   \
	"," F("verzuimcoördinator") "," F("leerplichtambtenaar")

static void
roles(const char *oin, unsigned rol)
{
	static char served[1][5] = {"0193"};

	for (size_t i = 0; i < w.st->boek->nlid; i++)
		if (strcmp(w.st->boek->lid[i].oin.s, oin) == 0) {
			w.st->boek->lid[i].rol = rol;
			w.st->boek->lid[i].gemeente = served;
			w.st->boek->lid[i].ngemeente = 1;
		}
}

static json_t *
load(const char *name)
{
	char path[256];
	json_t *j;

	(void)snprintf(path, sizeof(path), "%s/%s", OV_TEST_DATA, name);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_del(j, "vervolgVan");
	return j;
}

/* One of ours, as it is once its receipt came; its number. */
static int64_t
delivered(const char *srt, const char *ref, json_t *inhoud)
{
	json_t *j, *rows = json_array();
	struct ov_err e = {0};
	int64_t nr;

	j = ask("import", json_pack("{s:s,s:s}", "profiel", srt, "bestand", ""),
	    json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	        ref, "pgn", "999990007", "ontvanger", "Beroepscollege",
	        "inhoud", inhoud),
	    rows);
	if (end_int(j, "goed") != 1)
		fail_msg("%s", json_dumps(rows, 0));
	json_decref(j);
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "opgesteld"), 1);
	json_decref(j);
	json_decref(rows);
	assert_int_equal(ov_db_int(w.st->db, &nr, 0, &e,
	                     "SELECT max(nr) FROM uitgaand", ""),
	    OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE uitgaand SET stand='AFGELEVERD',"
	                     "fout='vernietigd',seq=nr"
	                     " WHERE nr=?1",
	                     "i", nr),
	    OV_OK);
	return nr;
}

static json_t *
leaver(void)
{
	json_t *j = load("uitschrijving.json");

	(void)json_object_set_new(j, "soort", json_string("verwijdering"));
	return j;
}

/* One of theirs; its number. */
static int64_t
arrived(const char *srt, uint64_t seq, bool pid, json_t *inhoud)
{
	struct ov_claims c = {.seq = seq, .has_pid = pid};
	OV_BUF text = {0};
	int64_t nr;

	ngot = 0;
	memset(c.jti, (int)seq, sizeof(c.jti));
	memset(c.pid, pid ? (int)seq : 0, sizeof(c.pid));
	(void)snprintf(c.srt, sizeof(c.srt), "%s", srt);
	ov_json_dump(&text, inhoud);
	json_decref(inhoud);
	post_claims(1, 1, &c, (struct ov_view){text.p, text.n});
	world_turn(20);
	is(1, 201, "");
	assert_int_equal(ov_db_int(w.st->db, &nr, 0, NULL,
	                     "SELECT max(nr) FROM bericht", ""),
	    OV_OK);
	return nr;
}

static int64_t
queued(const char *srt)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, 0, NULL,
	                     "SELECT count(*) FROM uitgaand WHERE srt=?1", "t",
	                     srt),
	    OV_OK);
	return n;
}

/* nr and one or two more members (name NULL: none). */
static json_t *
arg(int64_t nr, const char *a, const char *va, const char *b, const char *vb)
{
	json_t *j = json_pack("{s:I}", "nr", (json_int_t)nr);

	if (a != NULL)
		(void)json_object_set_new(j, a, json_string(va));
	if (b != NULL)
		(void)json_object_set_new(j, b, json_string(vb));
	return j;
}

static void
no_access(json_t *j, const char *why)
{
	const json_t *list = json_object_get(json_object_get(j, "fout"),
	    "fouten");

	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(list, 0),
	                            "reden")),
	    why);
	refused(j, "geen-toegang");
}

/* ---- of our own ---- */

static void
correct_and_erase_refused(void **state)
{
	int64_t nr, tot = w.st->boek->geldig_tot;

	(void)state;
	roles(PEER, OV_ROL_BIT(OV_ROL_LEERPLICHT));
	nr = delivered("uitschrijving", "a", leaver());
	/* What is asked. */
	refused(ask("outbox.correct", arg(nr, NULL, NULL, NULL, NULL), NULL,
	            NULL),
	    "opdracht-ongeldig");
	refused(ask("outbox.correct",
	            arg(nr, "pad", "/roepnaam", "inschrijving", "2025-02-10"),
	            NULL, NULL),
	    "opdracht-ongeldig");
	refused(ask("outbox.correct",
	            arg(nr, "inschrijving", "2025-02-30", NULL, NULL), NULL,
	            NULL),
	    "datum-ongeldig");
	/* What no field is, is nobody's to change. */
	no_access(ask("outbox.correct",
	              arg(nr, "pad", "/bestaatniet", "waarde", "x"), NULL,
	              NULL),
	    "toegang-functie");
	refused(ask("outbox.erase", arg(nr, "reden", "zomaar", NULL, NULL),
	            NULL, NULL),
	    "inhoud-ongeldig");
	refused(ask("outbox.erase",
	            arg(nr, "reden", "niet-langer-nodig", "voor", "morgen"),
	            NULL, NULL),
	    "inhoud-ongeldig");
	/* Of what. */
	refused(ask("outbox.erase",
	            arg(999, "reden", "niet-langer-nodig", NULL, NULL), NULL,
	            NULL),
	    "stand-past-niet");
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE uitgaand SET stand='ONDERWEG'", ""),
	    OV_OK);
	refused(ask("outbox.correct",
	            arg(nr, "pad", "/roepnaam", "waarde", "Eva"), NULL, NULL),
	    "stand-past-niet");
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE uitgaand SET stand='AFGELEVERD',"
	                     "fout='vernietigd',seq=nr",
	                     ""),
	    OV_OK);
	/* To whom. */
	w.st->boek->geldig_tot = ov_now(w.st) - 1;
	refused(ask("outbox.correct",
	            arg(nr, "pad", "/roepnaam", "waarde", "Eva"), NULL, NULL),
	    "adresboek-verlopen");
	w.st->boek->geldig_tot = tot;
	w.st->boek->lid[0].nmag = 0;
	refused(ask("outbox.correct",
	            arg(nr, "pad", "/roepnaam", "waarde", "Eva"), NULL, NULL),
	    "niet-toegestaan");
	w.st->boek->lid[0].nmag = 1;
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE partner SET oin='00000099000000007000'",
	                     ""),
	    OV_OK);
	refused(ask("outbox.correct",
	            arg(nr, "pad", "/roepnaam", "waarde", "Eva"), NULL, NULL),
	    "ontvanger-onbekend");
	assert_int_equal(ov_db_run(w.st->db, NULL, "UPDATE partner SET oin=?1",
	                     "t", PEER),
	    OV_OK);
	assert_int_equal(queued("correctie") + queued("wissing"), 0);
	/* And then it goes. */
	json_decref(ask("outbox.correct",
	    arg(nr, "pad", "/roepnaam", "waarde", "Eva"), NULL, NULL));
	json_decref(ask("outbox.erase",
	    arg(nr, "reden", "niet-langer-nodig", NULL, NULL), NULL, NULL));
	assert_int_equal(queued("correctie"), 1);
	assert_int_equal(queued("wissing"), 1);
}

/* The content of the newest message in the outbox. */
static json_t *
newest(void)
{
	uint8_t id[16], wrap[OV_WRAP];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	OV_BUF blob = {0}, text = {0};
	json_t *j;
	bool row;

	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT id,inhoud FROM uitgaand"
	                     " ORDER BY nr DESC LIMIT 1",
	                     ""),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_fix(q, 0, id, 16, &e), OV_OK);
	ov_buf_add(&blob, ov_db_blob(q, 1).p, ov_db_blob(q, 1).n);
	ov_db_done(w.st->db, q);
	assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_OK);
	assert_int_equal(ov_open_one(w.st, id, wrap, OV_T_UITGAAND, 1, 1,
	                     (struct ov_view){blob.p, blob.n}, &text, &e),
	    OV_OK);
	assert_int_equal(ov_json_parse(text.p, text.n, text.n, &j, &e), OV_OK);
	return j;
}

/* The new day is worked out and told to who received the notice. */
static void
rule_10_a_new_enrolment_is_a_correctie(void **state)
{
	int64_t nr;
	json_t *j, *v;

	(void)state;
	roles(PEER, OV_ROL_BIT(OV_ROL_LEERPLICHT));
	nr = delivered("uitschrijving", "a", leaver()); /* 3 February 2025 */
	refused(ask("outbox.correct",
	            arg(nr, "inschrijving", "2025-03-04", NULL, NULL), NULL,
	            NULL),
	    "uitschrijfdatum-blijft");
	roles(SELF, OV_ROL_BIT(OV_ROL_MBO));
	refused(ask("outbox.correct",
	            arg(nr, "inschrijving", "2025-03-03", NULL, NULL), NULL,
	            NULL),
	    "uitschrijfdatum-blijft");
	roles(SELF, OV_ROL_BIT(OV_ROL_VO));
	assert_int_equal(queued("correctie"), 0);
	account(ALLE "," F("beheerder"));
	j = ask("contacts.add",
	    json_pack("{s:s,s:s,s:s}", "srt", "correctie", "naam", "B. Balie",
	        "email", "balie@school.example"),
	    NULL, NULL);
	assert_int_equal(end_int(j, "nr"), 1);
	json_decref(j);
	json_decref(ask("outbox.correct",
	    arg(nr, "inschrijving", "2025-03-03", NULL, NULL), NULL, NULL));
	assert_int_equal(queued("correctie"), 1);
	j = newest();
	v = json_array_get(json_object_get(j, "velden"), 0);
	assert_string_equal(json_string_value(json_object_get(v, "pad")),
	    "/datumUitschrijving");
	assert_string_equal(json_string_value(json_object_get(v, "waarde")),
	    "2025-03-02");
	/* And whom to ask about it. */
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(j,
	                                            "contactpersoon"),
	                            "naam")),
	    "B. Balie");
	json_decref(j);
}

/* ---- of a partner ---- */

static void
status_and_answer_refused(void **state)
{
	int64_t nr, wis;
	json_t *j;

	(void)state;
	roles(PEER, OV_ROL_BIT(OV_ROL_VO));
	roles(SELF, OV_ROL_BIT(OV_ROL_LEERPLICHT));
	nr = arrived("verzuimmelding", 1, true, load("verzuimmelding.json"));
	refused(ask("inbox.status",
	            arg(999, "status", "afgesloten", NULL, NULL), NULL, NULL),
	    "stand-past-niet");
	refused(ask("inbox.status",
	            arg(nr, "status", "overgedragen", NULL, NULL), NULL, NULL),
	    "inhoud-ongeldig");
	refused(ask("inbox.status", arg(nr, "status", "afgesloten", NULL, NULL),
	            NULL, NULL),
	    "inhoud-ongeldig"); /* why? */
	refused(ask("inbox.answer", arg(nr, NULL, NULL, NULL, NULL), NULL,
	            NULL),
	    "stand-past-niet"); /* a notice is no request */
	json_decref(ask("inbox.status",
	    arg(nr, "status", "in-behandeling", NULL, NULL), NULL, NULL));
	assert_int_equal(queued("verzuimstatus"), 1);
	j = load("wissing.json");
	{
		char jti[32];
		uint8_t raw[16];

		memset(raw, 1, sizeof(raw));
		(void)ov_b64u_enc(jti, raw, sizeof(raw));
		(void)json_object_set_new(j, "betreftBericht",
		    json_string(jti));
		(void)json_object_set_new(j, "grondslag",
		    json_string("VERZUIM-LPW"));
	}
	wis = arrived("wissing", 2, false, j);
	refused(ask("inbox.answer", arg(wis, "grond", "zomaar", NULL, NULL),
	            NULL, NULL),
	    "inhoud-ongeldig");
	refused(ask("inbox.status",
	            arg(wis, "status", "in-behandeling", NULL, NULL), NULL,
	            NULL),
	    "stand-past-niet");
	assert_int_equal(queued("afsluitverklaring"), 0);
	j = json_pack("{s:I,s:i}", "nr", (json_int_t)wis, "aantal", 1);
	json_decref(ask("inbox.answer", j, NULL, NULL));
	assert_int_equal(queued("afsluitverklaring"), 1);
}

/* Who may not send, or not this part, may not make one about it either. */
static void
about_by_function(void **state)
{
	static const char *const outs[] = {"outbox.correct", "outbox.erase"};
	json_t *c = load("dossier-volledig.json");
	int64_t nr, in;

	(void)state;
	(void)json_object_set_new(json_object_get(c, "toelatingsrecht"),
	    "instelling", json_string("25LH"));
	nr = delivered("overstapdossier", "a", c);
	account(F("beheerder"));
	for (size_t i = 0; i < 2; i++)
		no_access(ask(outs[i],
		              i == 0 ? arg(nr, "pad", "/roepnaam", NULL, NULL)
		                     : arg(nr, "reden", "niet-langer-nodig",
		                           NULL, NULL),
		              NULL, NULL),
		    "toegang-functie");
	account("{\"functie\":\"decaan\",\"klas\":[\"9Z\"]}");
	no_access(ask("outbox.erase",
	              arg(nr, "reden", "niet-langer-nodig", NULL, NULL), NULL,
	              NULL),
	    "toegang-bereik");
	account(F("verzuimcoördinator"));
	no_access(ask("outbox.correct",
	              arg(nr, "pad", "/ondersteuning/thuissituatie", "waarde",
	                  "x"),
	              NULL, NULL),
	    "toegang-functie");
	account(ALLE);
	roles(PEER, OV_ROL_BIT(OV_ROL_VO));
	roles(SELF, OV_ROL_BIT(OV_ROL_LEERPLICHT));
	in = arrived("verzuimmelding", 1, true, load("verzuimmelding.json"));
	account(F("intaker"));
	no_access(ask("inbox.status",
	              arg(in, "status", "in-behandeling", NULL, NULL), NULL,
	              NULL),
	    "toegang-functie");
	account("{\"functie\":\"leerplichtambtenaar\",\"woongemeente\":"
	        "[\"0794\"]}");
	no_access(ask("inbox.status",
	              arg(in, "status", "in-behandeling", NULL, NULL), NULL,
	              NULL),
	    "toegang-bereik");
	no_access(ask("inbox.answer", arg(in, NULL, NULL, NULL, NULL), NULL,
	              NULL),
	    "toegang-bereik");
	assert_int_equal(queued("correctie") + queued("wissing") +
	                     queued("verzuimstatus"),
	    0);
}

static int
up(void **state)
{
	int r = world_up(state);
	char path[96];

	world_stop();
	(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
	w.conf.accounts = accounts_path = strdup(path);
	account(ALLE);
	world_start();
	memset(got, 0, sizeof(got));
	ngot = 0;
	w.st->env.net = answer_net;
	world_book();
	ov_store_net_up(w.st);
	connected(1);
	return r;
}

static int
down(void **state)
{
	for (size_t i = 0; i < w.st->boek->nlid; i++) {
		w.st->boek->lid[i].gemeente = NULL;
		w.st->boek->lid[i].ngemeente = 0;
	}
	ov_store_net_down(w.st);
	return world_down(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(correct_and_erase_refused),
	    T(rule_10_a_new_enrolment_is_a_correctie),
	    T(status_and_answer_refused), T(about_by_function)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests_name("about", tests, NULL, NULL);
}
