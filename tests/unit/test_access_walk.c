/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_access_walk.c - every control command as each function, on a
 * store that has something of everything: what is refused, and of what is
 * answered, whose content can be read in it.
 */
#include "tests/unit/link_fixture.h"

#include "daemon/store/toegang.h"

#define F(naam) "{\"functie\":\"" naam "\"}"

static const char *const functie[] = {"mentor", "decaan", "zorgcoördinator",
    "intaker", "verzuimcoördinator", "leerplichtambtenaar", "consulent", "fg",
    "beheerder"};
#define FUNCTIES (sizeof(functie) / sizeof(functie[0]))

/* Texts that stand in one kind of content only.  In an answer they are told
 * by their letter. */
static const struct {
	char letter;
	const char *text;
} mark[] = {
    {'n', "Zeldzaamheid"},       /* name in a dossier */
    {'a', "Kaas maken is leuk"}, /* part A */
    {'b', "Vogelkunde"},         /* part B */
    {'c', "Woont bij oma"},      /* part C */
    {'r', "eigen-ref-"},         /* an own reference */
    {'k', "KLAS9"},              /* a class */
    {'v', "Verzuimende"},        /* name in a notice of absence */
    {'p', "9999900"},            /* the number of a person */
    {'d', "2008-02-29"},         /* a birth date */
};
#define MARKS (sizeof(mark) / sizeof(mark[0]))
#define SEEN (MARKS + 2)

/* The command, its argument, and for each function in the order above: "-"
 * refused, "." answered without content, letters: what was in it.  Those that
 * change something are last. */
static const struct walk {
	const char *cmd, *arg, *ziet[FUNCTIES];
} walks[] = {
    /* M  D  Z  I  V  L  C  F  B: mentor, decaan, zorgcoördinator, intaker,
     * verzuimcoördinator, leerplichtambtenaar, consulent, fg, beheerder */
    {"status", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"card", "{}", {"-", "-", "-", "-", "-", "-", "-", "-", "."}},
    {"check", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"partners.list", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"partners.show", "{\"partner\":\"Beroepscollege\"}",
        {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"partners.strangers", "{}", {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"count", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"drafts.list", "{}", {"rk", "rk", "rk", ".", ".", ".", ".", "rk", "."}},
    {"drafts.totals", "{}", {"k", "k", "k", ".", ".", ".", ".", "k", "."}},
    {"drafts.show", "{\"nr\":1}",
        {"nabrkd", "nabrkd", "nabcrkd", "-", "-", "-", "-", "nabcrkd", "-"}},
    {"drafts.print", "{\"nr\":1}",
        {"nabrkd", "nabrkd", "nabcrkd", "-", "-", "-", "-", "nabcrkd", "-"}},
    {"pupils.list", "{}", {"-", "-", "-", "r", "-", "r", "r", "r", "."}},
    {"outbox.list", "{}", {"r", "r", "r", ".", ".", ".", ".", "r", "."}},
    {"outbox.show", "{\"nr\":1}",
        {"r", "r", "r", "-", "-", "-", "-", "r", "."}},
    {"way", "{\"nr\":1}", {"r", "r", "r", "-", "-", "-", "-", "r", "."}},
    {"export.receipt", "{\"nr\":1}",
        {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"inbox.list", "{}", {".", ".", "r", "r", ".", ".", ".", "r", "."}},
    {"inbox.show", "{\"nr\":1}",
        {"-", "-", "nabrd", "nabrd", "-", "-", "-", "nabcrd", "-"}},
    {"inbox.show", "{\"nr\":2}", {"-", "-", ".", ".", "-", "-", "-", ".", "-"}},
    {"inbox.show", "{\"nr\":3}",
        {"-", "-", "-", "-", "-", "vd", "vd", "vd", "-"}},
    {"case.list", "{}", {"r", "r", "r", "r", ".", ".", ".", "r", "."}},
    {"case.show", "{\"zaak\":\"in\"}",
        {"-", "-", "r", "r", "-", "-", "-", "r", "."}},
    {"case.show", "{\"zaak\":\"uit\"}",
        {"r", "r", "r", "-", "-", "-", "-", "r", "."}},
    {"export", "{\"profiel\":\"overstapdossier\"}",
        {"-", "-", "-", "nabrd", "-", "-", "-", "-", "-"}},
    {"export", "{\"profiel\":\"verzuimmelding\"}",
        {"-", "-", "-", "-", ".", "vd", "vd", "-", "-"}},
    {"export.geen-ontvanger", "{\"profiel\":\"uitschrijving\"}",
        {"-", "-", "-", "-", ".", ".", ".", "-", "-"}},
    {"log.show", "{}", {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"log.verify", "{}", {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"log.export", "{}", {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"calendar.list", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"absence.list", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "-"}},
    {"population.list", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"report", "{\"lijst\":\"vsv\"}",
        {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"report", "{\"lijst\":\"duo\",\"maand\":\"2026-03\"}",
        {"-", "-", "-", "-", ".", ".", ".", "-", "-"}},
    {"report", "{\"lijst\":\"in-beeld\"}",
        {".", ".", ".", ".", "-", "-", "-", ".", "."}},
    {"report", "{\"lijst\":\"effectrapportage\"}",
        {".", "-", "-", "-", ".", ".", ".", ".", "."}},
    {"report", "{\"lijst\":\"terugkoppeling\",\"verzend\":true}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"progress", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"leavers.load", "{}", {"-", ".", "-", ".", "-", "-", "-", "-", "-"}},
    {"send", "{\"keuze\":true}", {"-", ".", ".", ".", ".", ".", ".", "-", "-"}},
    {"worklist", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "-"}},
    {"worklist", "{\"overzicht\":true}",
        {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"contacts.list", "{}", {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"contacts.add", "{\"naam\":\"x\",\"email\":\"x@school.example\"}",
        {"-", "-", "-", "-", "-", "-", "-", "-", "."}},
    {"contacts.remove", "{\"nr\":9}",
        {"-", "-", "-", "-", "-", "-", "-", "-", "."}},
    {"contacts.bounce", "{\"partner\":\"Beroepscollege\",\"nr\":1}",
        {".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"access.list", "{}", {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"access.show", "{\"account\":\"@spool\"}",
        {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"access.test", "{\"account\":\"@spool\",\"concept\":1}",
        {"-", "-", "-", "-", "-", "-", "-", ".", "."}},
    {"join", "{}", {"-", "-", "-", "-", "-", "-", "-", "-", "."}},
    {"holder.publish", "{\"ep\":1,\"deel\":1}",
        {"-", "-", "-", "-", "-", "-", "-", "-", "."}},
    {"holder.test", "{}", {"-", "-", "-", "-", "-", "-", "-", "-", "."}},
    {"import", "{\"profiel\":\"overstapdossier\",\"bestand\":\"\"}",
        {".", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"pupils.load", "{}", {"-", "-", "-", ".", "-", ".", ".", "-", "-"}},
    {"calendar.load", "{}", {".", ".", ".", ".", ".", ".", ".", "-", "."}},
    {"absence.load", "{}", {"-", "-", "-", "-", ".", "-", "-", "-", "-"}},
    {"population.load",
        "{\"bron\":\"x\",\"datum\":\"2026-01-01\",\"bestand\":\"\"}",
        {".", ".", ".", ".", ".", ".", ".", "-", "."}},
    {"drafts.inzage", "{\"nr\":1,\"akkoord\":\"ja\"}",
        {".", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"case.set",
        "{\"zaak\":\"in\",\"status\":\"gestart\",\"datum\":\"2026-01-01\"}",
        {"-", ".", "-", ".", "-", "-", "-", "-", "-"}},
    {"case.set", "{\"zaak\":\"in\",\"eersteContact\":\"2026-01-01\"}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"case.set", "{\"zaak\":\"melding\",\"eersteContact\":\"2026-01-01\"}",
        {"-", "-", "-", "-", "-", ".", ".", "-", "-"}},
    {"send", "{\"nr\":[1]}", {"-", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"send", "{\"alles\":true}", {"-", ".", ".", ".", ".", ".", ".", "-", "-"}},
    {"outbox.retry", "{\"nr\":[1]}",
        {"-", ".", ".", ".", ".", ".", ".", "-", "."}},
    {"outbox.renew", "{\"nr\":[1]}",
        {"-", ".", ".", ".", ".", ".", ".", "-", "-"}},
    {"outbox.withdraw", "{\"nr\":1}",
        {"-", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"outbox.correct", "{\"nr\":1,\"pad\":\"/roepnaam\",\"waarde\":\"x\"}",
        {"-", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"outbox.erase", "{\"nr\":1,\"reden\":\"niet-langer-nodig\"}",
        {"-", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"inbox.status", "{\"nr\":3,\"status\":\"in-behandeling\"}",
        {"-", "-", "-", "-", "-", ".", ".", "-", "-"}},
    {"inbox.answer", "{\"nr\":3}",
        {"-", "-", "-", "-", "-", ".", ".", "-", "-"}},
    {"inbox.accept", "{\"nr\":1}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"inbox.process", "{\"nr\":1}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"inbox.reject", "{\"nr\":1,\"reden\":\"verkeerde-ontvanger\"}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"inbox.breach", "{\"nr\":1}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"inbox.link", "{\"nr\":2}", {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"inbox.unlink", "{\"nr\":1,\"reden\":\"x\"}",
        {"-", "-", "-", ".", "-", "-", "-", "-", "-"}},
    {"drafts.remove", "{\"nr\":1}",
        {".", ".", ".", "-", "-", "-", "-", "-", "-"}},
    {"pupils.remove", "{\"eigenReferentie\":\"eigen-ref-3\"}",
        {"-", "-", "-", ".", "-", ".", ".", "-", "-"}},
};
#define WALKS (sizeof(walks) / sizeof(walks[0]))

static void
account(const char *functies)
{
	static unsigned turn;
	FILE *f = fopen(w.conf.accounts, "w");

	assert_non_null(f);
	(void)fprintf(f,
	    "{\"versie\":1,\"accounts\":[{\"account\":\"%u\",\"functies\":"
	    "[%s]}]}%*s\n",
	    (unsigned)geteuid(), functies, (int)(turn++ % 50), "");
	assert_int_equal(fclose(f), 0);
}

/* ---- something of everything ---- */

static json_t *
dossier(void)
{
	json_t *j = json_load_file(OV_TEST_DATA "/dossier-volledig.json", 0,
	    NULL);

	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_set_new(j, "geslachtsnaam",
	    json_string("Zeldzaamheid"));
	(void)json_object_set_new(j, "motivatie",
	    json_string("Kaas maken is leuk"));
	(void)json_object_set_new(json_array_get(json_object_get(j,
	                                             "resultaten"),
	                              0),
	    "vak", json_string("Vogelkunde"));
	(void)json_object_set_new(json_object_get(j, "ondersteuning"),
	    "thuissituatie", json_string("Woont bij oma"));
	(void)json_object_set_new(json_object_get(j, "toelatingsrecht"),
	    "instelling", json_string("25LH"));
	return j;
}

static json_t *
notice(void)
{
	json_t *j = json_load_file(OV_TEST_DATA "/verzuimmelding.json", 0,
	    NULL);

	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_del(j, "vervolgVan");
	(void)json_object_set_new(j, "geslachtsnaam",
	    json_string("Verzuimende"));
	return j;
}

static void
draft(const char *ref)
{
	json_t *j, *faults = json_array();

	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", "overstapdossier", "bestand", ""),
	    json_pack("[{s:i,s:s,s:s,s:s,s:s,s:o}]", "rij", 2,
	        "eigenReferentie", ref, "pgn", "999990007", "klas", "KLAS9",
	        "ontvanger", "Beroepscollege", "inhoud", dossier()),
	    faults);
	if (end_int(j, "goed") != 1)
		fail_msg("%s", json_dumps(faults, 0));
	json_decref(j);
	json_decref(faults);
}

/* Drafts 1 and 2, of which 2 was sent (outbox 1); in the inbox a dossier that
 * is linked (1), one that waits (2) and a notice of absence (3); an applicant.
 */
static void
fill(void)
{
	struct ov_err e = {0};

	draft("eigen-ref-1");
	draft("eigen-ref-2");
	json_decref(ask("send", json_pack("{s:[i]}", "nr", 2), NULL, NULL));
	(void)message_of("overstapdossier", "999990007", 1, dossier());
	applicant("eigen-ref-3", "999990007", "2008-02-29");
	ov_link_kick(w.st);
	world_turn(50);
	is(1, "GEKOPPELD");
	(void)message_of("overstapdossier", "100000009", 2, dossier());
	(void)message_of("verzuimmelding", "100000009", 3, notice());
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE bericht SET rol='leerplicht' WHERE nr=3",
	                     ""),
	    OV_OK);
}

/* ---- asking ---- */

/* The case of the first message in or out, or of the notice. */
static json_t *
case_of(const char *which)
{
	const char *sql = strcmp(which, "in") == 0
	                      ? "SELECT zaak FROM bericht WHERE nr=1"
	                  : strcmp(which, "uit") == 0
	                      ? "SELECT zaak FROM uitgaand WHERE nr=1"
	                      : "SELECT zaak FROM bericht WHERE nr=3";

	struct ov_err e = {0};
	sqlite3_stmt *q;
	json_t *j;
	bool row;

	assert_int_equal(ov_db_q(w.st->db, &q, &e, sql, ""), OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_true(row);
	j = ov_j_id(ov_db_blob(q, 0).p, ov_db_blob(q, 0).n);
	ov_db_done(w.st->db, q);
	return j;
}

/* All frames of the answer as one text, until the role says no more or wants
 * rows. */
static void
answer(const char *cmd, const char *arg, struct ov_buf *text)
{
	json_t *j, *a = json_loads(arg, 0, NULL);
	const char *zaak = json_string_value(json_object_get(a, "zaak"));
	int fd = client_open();
	bool more = true;

	assert_non_null(a);
	if (zaak != NULL)
		(void)json_object_set_new(a, "zaak", case_of(zaak));
	client_json(fd,
	    json_pack("{s:i,s:s,s:o}", "v", 1, "cmd", cmd, "arg", a));
	while (more && (j = client_frame(fd)) != NULL) {
		ov_json_dump(text, j);
		more = json_object_get(j, "go") == NULL &&
		       json_object_get(j, "end") == NULL &&
		       json_object_get(j, "fout") == NULL;
		json_decref(j);
	}
	(void)close(fd);
	world_turn(1);
	assert_non_null(ov_buf_text(text));
}

static void
seen(const char *cmd, const char *arg, char out[SEEN])
{
	OV_BUF text = {0};
	const char *s;
	size_t n = 0;

	answer(cmd, arg, &text);
	s = ov_buf_text(&text);
	if (strstr(s, "\"geen-toegang\"") != NULL) {
		(void)snprintf(out, SEEN, "-");
		return;
	}
	for (size_t i = 0; i < MARKS; i++)
		if (strstr(s, mark[i].text) != NULL)
			out[n++] = mark[i].letter;
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
}

/* A store of its own for each: some commands change it. */
static void
every_command_as_each_function(void **state)
{
	char f[64], got[SEEN], path[96];
	size_t bad = 0;

	for (size_t i = 0; i < FUNCTIES; i++) {
		(void)world_up(state);
		world_stop();
		(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
		w.conf.accounts = strdup(path);
		account(F("zorgcoördinator") "," F("intaker"));
		world_start();
		crypto_core_ristretto255_scalar_random(scalar);
		world_book();
		introduce();
		fill();
		(void)snprintf(f, sizeof(f), F("%s"), functie[i]);
		account(f);
		for (size_t k = 0; k < WALKS; k++) {
			seen(walks[k].cmd, walks[k].arg, got);
			if (strcmp(got, walks[k].ziet[i]) == 0)
				continue;
			bad++;
			print_error("%s as %s: %s, not %s\n", walks[k].cmd,
			    functie[i], got, walks[k].ziet[i]);
		}
		ov_vault_free(peer);
		peer = NULL;
		(void)world_down(state);
	}
	assert_int_equal(bad, 0);
}

static bool
walked(const char *cmd)
{
	for (size_t i = 0; i < WALKS; i++)
		if (strcmp(walks[i].cmd, cmd) == 0)
			return true;
	return false;
}

/* The table above has every command there is, and no command is open because
 * it forgot to say who may. */
static void
no_command_is_forgotten(void **state)
{
	const struct ov_ctl_cmd *p;
	size_t n;

	(void)state;
	for (size_t i = 0; i < WALKS; i++) /* a beheerder sees no content */
		assert_true(walks[i].ziet[FUNCTIES - 1][0] == '.' ||
		            walks[i].ziet[FUNCTIES - 1][0] == '-');
	for (n = 0; (p = ov_ctl_command(n)) != NULL; n++)
		if (p->mag == 0 || !walked(p->name))
			fail_msg("%s: who may?", p->name);
	assert_true(n > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
	                                       every_command_as_each_function),
	    cmocka_unit_test(no_command_is_forgotten)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
