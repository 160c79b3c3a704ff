/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_access.c - who may see what, over the control socket of a
 * store with an accounts file: every command that gives content, with a
 * function that may, one that may a part, and one that may not; the folders;
 * and an accounts file that contradicts itself.
 */
#include "tests/unit/link_fixture.h"

#include "base/fs.h"
#include "daemon/store/toegang.h"

#define F(naam, more) "{\"functie\":\"" naam "\"" more "}"

/* The accounts file: this process, and the folders. */
static void
accounts(const char *mine, const char *folder)
{
	static unsigned turn;
	char path[96];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fprintf(f,
	    "{\"versie\":1,\"accounts\":[{\"account\":\"%u\",\"functies\":"
	    "[%s]},{\"account\":\"@spool\",\"functies\":[%s]}]}%*s\n",
	    (unsigned)geteuid(), mine, folder, (int)(turn++ % 50), "");
	assert_int_equal(fclose(f), 0);
}

static int
up(void **state)
{
	int rc = world_up(state);
	char path[96];

	world_stop();
	(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
	w.conf.accounts = strdup(path);
	accounts(F("fg", ""), F("fg", ""));
	world_start();
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	return rc;
}

static int
down(void **state)
{
	ov_vault_free(peer);
	peer = NULL;
	return world_down(state);
}

/* Refused, with this reason. */
static void
no_access(json_t *j, const char *why)
{
	const json_t *f = json_object_get(j, "fout");
	const json_t *list = json_object_get(f, "fouten");
	const char *got = json_string_value(
	    json_object_get(json_array_get(list, 0), "reden"));

	if (got == NULL || strcmp(got, why) != 0)
		fail_msg("%s, not %s", got != NULL ? got : "not refused", why);
	refused(j, "geen-toegang");
}

static json_t *
content(void)
{
	json_t *j = json_load_file(OV_TEST_DATA "/dossier-minimaal.json", 0,
	    NULL);

	assert_non_null(j);
	return j;
}

/* A dossier with part C, for programme 25656. */
static json_t *
content_c(void)
{
	json_t *j = content();

	(void)json_object_set_new(j, "heeftOndersteuningsbehoefte",
	    json_true());
	(void)json_object_set_new(j, "ondersteuning",
	    json_pack("{s:s}", "thuissituatie", "Woont bij oma."));
	(void)json_object_set_new(j, "toelatingsrecht",
	    json_pack("{s:s,s:s}", "aanmelddatum", "2025-02-20", "instelling",
	        "25LH"));
	return j;
}

static json_t *
import(const char *ref, const char *klas, json_t *inhoud, json_t *faults)
{
	return ask("import",
	    json_pack("{s:s,s:s}", "profiel", "overstapdossier", "bestand", ""),
	    json_pack("[{s:i,s:s,s:s,s:s,s:s,s:o}]", "rij", 2,
	        "eigenReferentie", ref, "pgn", "999990007", "klas", klas,
	        "ontvanger", "Beroepscollege", "inhoud", inhoud),
	    faults);
}

/* "reden" of the only fault of an import. */
static void
row_refused(json_t *j, json_t *faults, const char *why)
{
	assert_int_equal(end_int(j, "fout"), 1);
	assert_int_equal(json_array_size(faults), 1);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(faults, 0),
	                            "reden")),
	    why);
	json_decref(j);
	json_array_clear(faults);
}

static const char *
member(const json_t *rows, size_t i, const char *name)
{
	const char *s = json_string_value(
	    json_object_get(json_array_get(rows, i), name));

	return s != NULL ? s : "(none)";
}

static void
drafts_by_function(void **state)
{
	json_t *rows = json_array(), *j, *in;

	(void)state;
	/* Who may write part C, of which class. */
	accounts(F("mentor", ",\"klas\":[\"4KB1\"]"), "");
	row_refused(import("a", "4KB1", content_c(), rows), rows,
	    "toegang-functie");
	row_refused(import("a", "4KB2", content(), rows), rows,
	    "toegang-bereik");
	json_decref(import("a", "4KB1", content(), NULL));
	accounts(F("zorgcoördinator", ""), "");
	json_decref(import("b", "4KB1", content_c(), NULL));
	json_decref(import("c", "4KB2", content_c(), NULL));

	/* Lists: the scope, and states without references. */
	accounts(F("mentor", ",\"klas\":[\"4KB1\"]"), "");
	j = ask("drafts.list", NULL, NULL, rows);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(member(rows, 0, "eigenReferentie"), "a");
	assert_int_equal(end_int(j, "verborgen"), 1);
	json_decref(j);
	json_array_clear(rows);
	accounts(F("beheerder", ""), "");
	j = ask("drafts.list", NULL, NULL, rows);
	assert_int_equal(json_array_size(rows), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(member(rows, i, "eigenReferentie"), "");
		assert_string_equal(member(rows, i, "klas"), "");
		assert_string_not_equal(member(rows, i, "stand"), "(none)");
	}
	json_decref(j);
	json_array_clear(rows);
	no_access(ask("drafts.show", nr_arg(1), NULL, NULL), "toegang-functie");
	no_access(ask("drafts.print", nr_arg(1), NULL, NULL),
	    "toegang-functie");
	no_access(ask("drafts.remove", nr_arg(1), NULL, NULL),
	    "toegang-functie");

	/* One: a part left out, and said so. */
	accounts(F("mentor", ",\"klas\":[\"4KB1\"]"), "");
	json_decref(ask("drafts.show", nr_arg(2), NULL, rows));
	in = json_object_get(json_array_get(rows, 0), "inhoud");
	assert_null(json_object_get(in, "ondersteuning"));
	assert_non_null(json_object_get(in, "geslachtsnaam"));
	j = json_object_get(json_array_get(rows, 0), "weggelaten");
	assert_int_equal(json_array_size(j), 1);
	assert_string_equal(json_string_value(json_array_get(j, 0)),
	    "ondersteuning");
	assert_string_not_equal(member(rows, 0, "weggelatenOm"), "(none)");
	json_array_clear(rows);
	no_access(ask("drafts.show", nr_arg(3), NULL, NULL), "toegang-bereik");
	no_access(ask("drafts.remove", nr_arg(3), NULL, NULL),
	    "toegang-bereik");
	no_access(ask("drafts.inzage",
	              json_pack("{s:i,s:s}", "nr", 3, "akkoord", "ja"), NULL,
	              NULL),
	    "toegang-bereik");
	accounts(F("zorgcoördinator", ""), "");
	json_decref(ask("drafts.print", nr_arg(2), NULL, rows));
	in = json_object_get(json_array_get(rows, 0), "inhoud");
	assert_non_null(json_object_get(in, "ondersteuning"));
	assert_null(json_object_get(json_array_get(rows, 0), "weggelaten"));
	json_decref(rows);
}

static void
sending_by_function(void **state)
{
	json_t *rows = json_array(), *j;

	(void)state;
	accounts(F("zorgcoördinator", ""), "");
	json_decref(import("a", "4KB1", content(), NULL));
	accounts(F("mentor", ""), "");
	no_access(ask("send", json_pack("{s:[i]}", "nr", 1), NULL, NULL),
	    "toegang-functie");
	accounts(F("decaan", ",\"klas\":[\"4KB2\"]"), "");
	j = ask("send", json_pack("{s:[i]}", "nr", 1), NULL, rows);
	assert_int_equal(end_int(j, "geweigerd"), 1);
	assert_string_equal(member(rows, 0, "reden"), "geen-toegang");
	json_decref(j);
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "geweigerd"), 0);
	assert_int_equal(end_int(j, "verborgen"), 1);
	json_decref(j);
	accounts(F("decaan", ",\"klas\":[\"4KB1\"]"), "");
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "opgesteld"), 1);
	json_decref(j);

	/* The outbox, and its case. */
	json_array_clear(rows);
	json_decref(ask("outbox.list", NULL, NULL, rows));
	assert_string_equal(member(rows, 0, "eigenReferentie"), "a");
	json_array_clear(rows);
	json_decref(ask("case.list", NULL, NULL, rows));
	assert_string_equal(member(rows, 0, "eigenReferentie"), "a");
	json_array_clear(rows);
	accounts(F("beheerder", ""), "");
	json_decref(ask("outbox.list", NULL, NULL, rows));
	assert_string_equal(member(rows, 0, "eigenReferentie"), "");
	json_array_clear(rows);
	json_decref(ask("case.list", NULL, NULL, rows));
	assert_string_equal(member(rows, 0, "eigenReferentie"), "");
	json_array_clear(rows);
	no_access(ask("outbox.withdraw", nr_arg(1), NULL, NULL),
	    "toegang-functie");
	accounts(F("decaan", ",\"klas\":[\"4KB2\"]"), "");
	j = ask("outbox.list", NULL, NULL, rows);
	assert_int_equal(json_array_size(rows), 0);
	assert_int_equal(end_int(j, "verborgen"), 1);
	json_decref(j);
	j = ask("case.list", NULL, NULL, rows);
	assert_int_equal(json_array_size(rows), 0);
	json_decref(j);
	no_access(ask("outbox.show", nr_arg(1), NULL, NULL), "toegang-bereik");
	no_access(ask("outbox.withdraw", nr_arg(1), NULL, NULL),
	    "toegang-bereik");
	json_decref(rows);
}

static void
inbox_by_function(void **state)
{
	json_t *rows = json_array(), *j;
	const json_t *in;
	int64_t nr, closed;

	(void)state;
	accounts(F("intaker", ",\"opleiding\":[\"25656\"]"), "");
	nr = message("999990007", 1);
	applicant("x", "999990007", "2008-02-29");
	ov_link_kick(w.st);
	world_turn(50);
	is(nr, "GEKOPPELD");
	closed = message("100000009", 2);
	json_decref(ask("inbox.show", nr_arg(nr), NULL, rows));
	in = json_object_get(json_array_get(rows, 0), "inhoud");
	assert_non_null(json_object_get(in, "geslachtsnaam"));
	json_array_clear(rows);
	/* What is closed is listed without anything of its content. */
	json_decref(ask("inbox.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(member(rows, 0, "eigenReferentie"), "x");
	assert_string_equal(member(rows, 1, "eigenReferentie"), "");
	json_array_clear(rows);
	refused(ask("inbox.show", nr_arg(closed), NULL, NULL),
	    "niet-gekoppeld");

	accounts(F("intaker", ",\"opleiding\":[\"25655\"]"), "");
	no_access(ask("inbox.show", nr_arg(nr), NULL, NULL), "toegang-bereik");
	no_access(ask("inbox.accept", nr_arg(nr), NULL, NULL),
	    "toegang-bereik");
	no_access(ask("inbox.reject",
	              json_pack("{s:I,s:s}", "nr", (json_int_t)nr, "reden",
	                  "verkeerde-ontvanger"),
	              NULL, NULL),
	    "toegang-bereik");
	no_access(ask("inbox.process", nr_arg(nr), NULL, NULL),
	    "toegang-bereik");
	no_access(ask("inbox.link", nr_arg(nr), NULL, NULL), "toegang-bereik");
	no_access(ask("inbox.unlink", nr_arg(nr), NULL, NULL),
	    "toegang-bereik");
	j = ask("inbox.list", NULL, NULL, rows);
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal(end_int(j, "verborgen"), 1);
	json_decref(j);
	json_array_clear(rows);
	j = ask("export", json_pack("{s:s}", "profiel", "overstapdossier"),
	    NULL, rows);
	assert_int_equal(json_array_size(rows), 0);
	assert_int_equal(end_int(j, "verborgen"), 1);
	json_decref(j);

	/* Cases: what is closed has no facts, what is open has its own. */
	json_array_clear(rows);
	accounts(F("intaker", ""), "");
	json_decref(ask("case.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 2);
	json_array_clear(rows);
	accounts(F("intaker", ",\"opleiding\":[\"25655\"]"), "");
	json_decref(ask("case.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 1);
	json_array_clear(rows);
	accounts(F("fg", ""), "");
	no_access(ask("export",
	              json_pack("{s:s}", "profiel", "overstapdossier"), NULL,
	              NULL),
	    "toegang-functie");
	accounts(F("consulent", ""), "");
	no_access(ask("export",
	              json_pack("{s:s}", "profiel", "overstapdossier"), NULL,
	              NULL),
	    "toegang-functie");
	no_access(ask("inbox.show", nr_arg(nr), NULL, NULL), "toegang-functie");
	accounts(F("beheerder", ""), "");
	json_decref(ask("inbox.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(member(rows, 0, "eigenReferentie"), "");
	json_array_clear(rows);
	json_decref(ask("pupils.list", NULL, NULL, rows));
	assert_string_equal(member(rows, 0, "eigenReferentie"), "");
	json_array_clear(rows);
	no_access(ask("pupils.remove",
	              json_pack("{s:s}", "eigenReferentie", "x"), NULL, NULL),
	    "toegang-functie");
	accounts(F("intaker", ",\"opleiding\":[\"25656\"]"), "");
	json_decref(ask("inbox.accept", nr_arg(nr), NULL, NULL));
	is(nr, "GEACCEPTEERD");
	j = ask("export", json_pack("{s:s}", "profiel", "overstapdossier"),
	    NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 1);
	json_decref(j);
	json_decref(rows);
}

static void
nobody_and_not_now(void **state)
{
	json_t *j, *rows = json_array();

	(void)state;
	accounts("", "");
	no_access(ask("drafts.print", nr_arg(1), NULL, NULL), "toegang-datum");
	accounts(F("fg", ",\"tot\":\"2020-12-31\""), "");
	no_access(ask("inbox.show", nr_arg(1), NULL, NULL), "toegang-datum");
	no_access(ask("access.list", NULL, NULL, NULL), "toegang-datum");
	assert_false(ov_wie_mag_binnen(w.st, geteuid() + 4242));
	/* A function that reads does not run the machine. */
	accounts(F("fg", ""), "");
	no_access(ask("join", json_object(), NULL, NULL), "toegang-functie");
	no_access(ask("card", NULL, NULL, NULL), "toegang-functie");
	accounts(F("intaker", ""), "");
	no_access(ask("log.show", NULL, NULL, NULL), "toegang-functie");
	j = ask("status", NULL, NULL, NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	json_decref(rows);
}

/* The file that was good stays; the reason is an alarm. */
static void
bad_file(void **state)
{
	int64_t n;
	struct ov_err e = {0};

	(void)state;
	accounts(F("koning", ""), "");
	json_decref(ask("access.list", NULL, NULL, NULL)); /* still the fg */
	assert_int_equal(ov_db_int(w.st->db, &n, 0, &e,
	                     "SELECT count(*) FROM melding"
	                     " WHERE soort='accounts-ongeldig'",
	                     ""),
	    OV_OK);
	assert_int_equal(n, 1);
	/* Also after a new start. */
	world_stop();
	world_start();
	json_decref(ask("access.list", NULL, NULL, NULL));
	no_access(ask("card", NULL, NULL, NULL), "toegang-functie");
}

static void
explained(void **state)
{
	json_t *rows = json_array(), *j;
	char me[16];
	int64_t before, after;
	struct ov_err e = {0};

	(void)state;
	(void)snprintf(me, sizeof(me), "%u", (unsigned)geteuid());
	accounts(F("zorgcoördinator", ""), "");
	json_decref(import("a", "4KB1", content_c(), NULL));
	accounts(F("fg", ""), F("mentor", ",\"klas\":[\"4KB1\"]"));
	j = ask("access.list", NULL, NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 2);
	assert_string_equal(member(rows, 0, "account"), me);
	assert_string_equal(member(rows, 0, "functie"), "fg");
	json_decref(j);
	json_array_clear(rows);
	json_decref(ask("access.show", json_pack("{s:s}", "account", "@spool"),
	    NULL, rows));
	assert_true(json_array_size(json_object_get(json_array_get(rows, 0),
	                "rechten")) >= 3);
	json_array_clear(rows);
	refused(ask("access.show", json_pack("{s:s}", "account", "niemand"),
	            NULL, NULL),
	    "account-onbekend");

	assert_int_equal(ov_db_int(w.st->db, &before, 0, &e,
	                     "SELECT count(*) FROM gelezen", ""),
	    OV_OK);
	json_decref(ask("access.test",
	    json_pack("{s:s,s:i}", "account", "@spool", "concept", 1), NULL,
	    rows));
	assert_string_equal(member(rows, 1, "mag"), "inzien");
	j = json_array_get(rows, 1);
	assert_true(json_is_true(json_object_get(j, "ja")));
	assert_int_equal(json_array_size(json_object_get(j, "delen")), 3);
	assert_int_equal(json_array_size(json_object_get(j, "nietDelen")), 1);
	assert_string_equal(member(rows, 1, "reden"), "toegang-functie");
	assert_string_equal(member(rows, 4, "mag"), "verzenden");
	assert_true(
	    json_is_false(json_object_get(json_array_get(rows, 4), "ja")));
	assert_int_equal(ov_db_int(w.st->db, &after, 0, &e,
	                     "SELECT count(*) FROM gelezen", ""),
	    OV_OK);
	assert_int_equal(before, after);
	refused(ask("access.test",
	            json_pack("{s:s,s:i}", "account", "@spool", "concept", 99),
	            NULL, NULL),
	    "nummer-onbekend");
	refused(ask("access.test", json_pack("{s:s}", "account", "@spool"),
	            NULL, NULL),
	    "opdracht-ongeldig");
	accounts(F("intaker", ""), "");
	no_access(ask("access.test",
	              json_pack("{s:s,s:i}", "account", "@spool", "concept", 1),
	              NULL, NULL),
	    "toegang-functie");
	json_decref(rows);
}

/* ---- the folders ---- */

static void
spool_turns(void)
{
	struct ov_spool *sp;
	struct ov_err e = {0};

	assert_int_equal(ov_spool_new(w.st, &sp, &e), OV_OK);
	ov_spool_tick(sp);
	world_turn(100);
	ov_spool_free(sp);
}

/* A file in the folder, or NULL; free() it. */
static char *
spool_text(const char *name)
{
	char path[192];
	OV_BUF b = {0};
	struct ov_err e = {0};

	(void)snprintf(path, sizeof(path), "%s/%s", w.conf.spool, name);
	if (ov_fs_read(AT_FDCWD, path, 1 << 20, &b, &e) != OV_OK)
		return NULL;
	return strdup(ov_buf_text(&b));
}

/* out/ holds what @spool may export, in/ takes what it may write. */
static void
folders(void **state)
{
	char path[192], *text;
	int64_t a, b, n;
	struct ov_err e = {0};
	FILE *f;

	(void)state;
	accounts(F("fg", "") "," F("intaker", ""), F("fg", ""));
	assert_int_equal(mkdir(w.conf.spool, 0700), 0);
	a = message("999990007", 1);
	applicant("x", "999990007", "2008-02-29");
	ov_link_kick(w.st);
	world_turn(50);
	is(a, "GEKOPPELD");
	spool_turns();
	assert_null(spool_text("out/overstapdossier/1.json"));
	accounts(F("fg", "") "," F("intaker", ""),
	    F("intaker", ",\"opleiding\":[\"25656\"]"));
	spool_turns(); /* what was not given is not given later */
	assert_null(spool_text("out/overstapdossier/1.json"));
	b = message("999990007", 2);
	ov_link_kick(w.st);
	world_turn(50);
	is(b, "GEKOPPELD");
	spool_turns();
	text = spool_text("out/overstapdossier/2.json");
	assert_non_null(text);
	assert_non_null(strstr(text, "geslachtsnaam"));
	free(text);

	/* An intaker writes no dossiers. */
	(void)snprintf(path, sizeof(path), "%s/in", w.conf.spool);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/in/overstapdossier",
	    w.conf.spool);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/in/overstapdossier/a.json",
	    w.conf.spool);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("[]", f);
	assert_int_equal(fclose(f), 0);
	spool_turns();
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(ov_db_int(w.st->db, &n, 0, &e,
	                     "SELECT count(*) FROM import", ""),
	    OV_OK);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(drafts_by_function, up, down),
	    cmocka_unit_test_setup_teardown(sending_by_function, up, down),
	    cmocka_unit_test_setup_teardown(inbox_by_function, up, down),
	    cmocka_unit_test_setup_teardown(nobody_and_not_now, up, down),
	    cmocka_unit_test_setup_teardown(bad_file, up, down),
	    cmocka_unit_test_setup_teardown(explained, up, down),
	    cmocka_unit_test_setup_teardown(folders, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
