/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_inbox.c - what a person does with what came in, over the
 * control socket: accept, reject, process; a new status for a case; the
 * outbox of what that queued; and who may do any of it.
 */
#include "tests/unit/link_fixture.h"

#include <grp.h>
#include <sys/wait.h>

static int
up(void **state)
{
	int rc = world_up(state);

	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	return rc;
}

static int
down(void **state)
{
	ov_vault_free(peer);
	return world_down(state);
}

static int64_t
number(const char *sql, int64_t nr)
{
	struct ov_err e = {0};
	int64_t n;

	if (ov_db_int(w.st->db, &n, -1, &e, sql, "i", nr) != OV_OK)
		fail_msg("%s: %s", sql, e.msg);
	return n;
}

static int64_t
outbox(void)
{
	return number("SELECT count(*) FROM uitgaand WHERE ?1=0", 0);
}

/* A dossier, linked. */
static int64_t
linked(const char *ref, const char *pgn, int seq)
{
	int64_t nr = message(pgn, seq);

	applicant(ref, pgn, "2008-02-29");
	ov_link_kick(w.st);
	world_turn(50);
	is(nr, "GEKOPPELD");
	return nr;
}

/* Content of the queued message `out`. */
static json_t *
queued(int64_t out)
{
	uint8_t id[16], wrap[OV_WRAP];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	struct ov_view v;
	OV_BUF blob = {0}, text = {0};
	bool row;
	json_t *j;

	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT id,inhoud FROM uitgaand WHERE nr=?1", "i",
	                     out),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_fix(q, 0, id, 16, &e), OV_OK);
	v = ov_db_blob(q, 1);
	ov_buf_add(&blob, v.p, v.n);
	ov_db_done(w.st->db, q);
	assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_OK);
	assert_int_equal(ov_open_one(w.st, id, wrap, OV_T_UITGAAND, 1, 1,
	                     (struct ov_view){blob.p, blob.n}, &text, &e),
	    OV_OK);
	assert_int_equal(ov_json_parse(text.p, text.n, text.n, &j, &e), OV_OK);
	return j;
}

static void
says(int64_t out, const char *member, const char *value)
{
	json_t *j = queued(out);
	const char *got = json_string_value(json_object_get(j, member));

	assert_non_null(got);
	assert_string_equal(got, value);
	json_decref(j);
}

static void
lacks(int64_t out, const char *name)
{
	json_t *j = queued(out);

	assert_null(json_object_get(j, name));
	json_decref(j);
}

/* The newest row of the outbox is an ontvangst about message nr. */
static int64_t
answer_to(int64_t nr)
{
	int64_t out = number("SELECT max(nr) FROM uitgaand WHERE ?1=0", 0);

	assert_int_equal(number("SELECT count(*) FROM uitgaand u JOIN bericht b"
	                        " ON b.nr=?1 JOIN gezien g ON g.bericht=b.nr"
	                        " WHERE u.nr=(SELECT max(nr) FROM uitgaand)"
	                        " AND u.srt='ontvangst' AND u.betreft=g.jti"
	                        " AND u.zaak=b.zaak AND u.partner=b.partner",
	                     nr),
	    1);
	return out;
}

static void
does(json_t *j, const char *stand)
{
	const char *got = json_string_value(
	    json_object_get(json_object_get(j, "end"), "stand"));

	assert_non_null(got);
	assert_string_equal(got, stand);
	json_decref(j);
}

static json_t *
with(int64_t nr, const char *name, const char *value)
{
	return json_pack("{s:I,s:s}", "nr", (json_int_t)nr, name, value);
}

static void
accept_process(void **state)
{
	int64_t nr = linked("jan", "999990007", 1), out;

	(void)state;
	assert_int_equal(outbox(), 0);
	does(ask("inbox.accept", with(nr, "reden", "blijft hier"), NULL, NULL),
	    "GEACCEPTEERD");
	is(nr, "GEACCEPTEERD");
	out = answer_to(nr);
	says(out, "functioneel", "geaccepteerd");
	lacks(out, "reden"); /* it stays here */
	refused(ask("inbox.accept", nr_arg(nr), NULL, NULL), "stand-past-niet");
	refused(ask("inbox.reject", with(nr, "reden", "dubbel"), NULL, NULL),
	    "stand-past-niet");
	assert_int_equal(outbox(), 1);

	/* A moment that is no code changes nothing. */
	refused(ask("inbox.process", with(nr, "moment", "ooit"), NULL, NULL),
	    "code-onbekend");
	is(nr, "GEACCEPTEERD");
	assert_int_equal(outbox(), 1);
	does(ask("inbox.process", with(nr, "moment", "plaatsing"), NULL, NULL),
	    "VERWERKT");
	out = answer_to(nr);
	says(out, "functioneel", "verwerkt");
	says(out, "moment", "plaatsing");
	assert_int_equal(number("SELECT verwerkt='plaatsing' FROM bericht"
	                        " WHERE nr=?1",
	                     nr),
	    1);
	assert_int_equal(outbox(), 2);
	refused(ask("inbox.process", nr_arg(nr), NULL, NULL),
	    "stand-past-niet");
}

static void
reject(void **state)
{
	int64_t nr = linked("piet", "999990019", 1), out;

	(void)state;
	/* A reason is required, and must be a code. */
	refused(ask("inbox.reject", nr_arg(nr), NULL, NULL), "code-onbekend");
	refused(ask("inbox.reject", with(nr, "reden", "geen-zin"), NULL, NULL),
	    "code-onbekend");
	is(nr, "GEKOPPELD");
	assert_int_equal(outbox(), 0);
	does(ask("inbox.reject", with(nr, "reden", "dubbel"), NULL, NULL),
	    "AFGEWEZEN");
	out = answer_to(nr);
	says(out, "functioneel", "afgewezen");
	says(out, "reden", "dubbel");
	refused(ask("inbox.process", nr_arg(nr), NULL, NULL),
	    "stand-past-niet");
	refused(ask("inbox.accept", nr_arg(nr), NULL, NULL), "stand-past-niet");
	assert_int_equal(outbox(), 1);
}

/* What is not linked is not judged, and nothing is told. */
static void
not_linked(void **state)
{
	static const char *const cmds[] = {"inbox.accept", "inbox.process"};
	int64_t unknown = message("999990020", 1);
	int64_t doubt = message("999990019", 2);

	(void)state;
	applicant("piet", "999990019", "2008-02-28");
	ov_link_kick(w.st);
	world_turn(50);
	is(doubt, "TWIJFEL");
	for (size_t i = 0; i < 2; i++) {
		refused(ask(cmds[i], nr_arg(unknown), NULL, NULL),
		    "niet-gekoppeld");
		refused(ask(cmds[i], nr_arg(doubt), NULL, NULL), "twijfel");
		refused(ask(cmds[i], nr_arg(999), NULL, NULL),
		    "nummer-onbekend");
	}
	refused(ask("inbox.reject", with(unknown, "reden", "dubbel"), NULL,
	            NULL),
	    "niet-gekoppeld");
	is(unknown, "ONBEKEND");
	is(doubt, "TWIJFEL");
	assert_int_equal(outbox(), 0);
}

/* Whom we may not answer, we do not judge either: it is one step. */
static void
not_allowed(void **state)
{
	int64_t nr = linked("jan", "999990007", 1);
	struct ov_adresboek *b = w.st->boek;

	(void)state;
	w.st->boek = NULL;
	refused(ask("inbox.accept", nr_arg(nr), NULL, NULL), "niet-toegestaan");
	w.st->boek = b;
	is(nr, "GEKOPPELD");
	assert_int_equal(outbox(), 0);
}

/* ---- cases ---- */

static json_t *
zaak_of(int64_t nr)
{
	json_t *rows = json_array(), *z;

	json_decref(ask("inbox.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal(json_integer_value(
	                     json_object_get(json_array_get(rows, 0), "nr")),
	    nr);
	z = json_incref(json_object_get(json_array_get(rows, 0), "zaak"));
	json_decref(rows);
	return z;
}

static json_t *
set(const json_t *zaak, const char *status, const char *datum, const char *pgn)
{
	json_t *j = json_pack("{s:s,s:s}", "zaak", json_string_value(zaak),
	    "status", status);

	if (datum != NULL)
		json_object_set_new(j, "datum", json_string(datum));
	if (pgn != NULL)
		json_object_set_new(j, "pgn", json_string(pgn));
	return ask("case.set", j, NULL, NULL);
}

/* The case as case.show ends, and how many messages it lists. */
static json_t *
shown(const json_t *zaak, size_t messages)
{
	json_t *rows = json_array(), *j;

	j = ask("case.show",
	    json_pack("{s:s}", "zaak", json_string_value(zaak)), NULL, rows);
	assert_int_equal(json_array_size(rows), messages);
	json_decref(rows);
	return j;
}

static const char *
member(const json_t *j, const char *name)
{
	const char *s = json_string_value(
	    json_object_get(json_object_get(j, "end"), name));

	assert_non_null(s);
	return s;
}

static void
case_set(void **state)
{
	json_t *z = zaak_of(linked("jan", "999990007", 1)), *j;
	json_t *other = json_string("cXFxcXFxcXFxcXFxcXFxcQ");
	json_int_t out;

	(void)state;
	refused(set(other, "keuze", NULL, NULL), "zaak-onbekend");
	refused(set(z, "keuze", NULL, NULL), "pgn-nodig");
	refused(set(z, "keuze", NULL, "999990008"), "pgn-ongeldig");
	refused(set(z, "verdwenen", NULL, "999990007"), "code-onbekend");
	refused(set(z, "keuze", "2999-01-01", "999990007"), "code-onbekend");
	/* The matrix: a school may tell its choice, not a placement. */
	refused(set(z, "ingeschreven", NULL, "999990007"), "niet-toegestaan");
	assert_int_equal(outbox(), 0);
	assert_int_equal(number("SELECT count(*) FROM leerling WHERE eigen=?1",
	                     0),
	    0);

	j = ask("contacts.add",
	    json_pack("{s:s,s:s}", "naam", "Eva Intake", "email",
	        "intake@mbo.example"),
	    NULL, NULL);
	assert_int_equal(end_int(j, "nr"), 1);
	json_decref(j);
	j = set(z, "keuze", "2026-09-01", "999990007");
	out = end_int(j, "nr");
	json_decref(j);
	assert_int_equal(outbox(), 1);
	says(out, "status", "keuze");
	says(out, "datumStatus", "2026-09-01");
	says(out, "schema", "overstapstatus/1");
	j = queued(out);
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(j,
	                                            "contactpersoon"),
	                            "naam")),
	    "Eva Intake");
	json_decref(j);
	/* Its pseudonym is asked for; the number lies sealed meanwhile. */
	assert_int_equal(number("SELECT length(pgn)>9 FROM leerling WHERE"
	                        " eigen=?1 AND stand='wacht'",
	                     0),
	    1);
	j = shown(z, 2);
	assert_string_equal(member(j, "status"), "keuze");
	assert_string_equal(member(j, "datum"), "2026-09-01");
	assert_string_equal(member(j, "eigenReferentie"), "jan");
	json_decref(j);

	/* Now without the number; an older date does not turn it back. */
	j = set(z, "keuze", "2026-08-01", NULL);
	assert_true(end_int(j, "nr") > out);
	json_decref(j);
	j = shown(z, 3);
	assert_string_equal(member(j, "datum"), "2026-09-01");
	json_decref(j);
	json_decref(z);
	json_decref(other);
}

/* ---- the outbox ---- */

static json_int_t
count(json_t *j, const char *name)
{
	json_int_t n = end_int(j, name);

	json_decref(j);
	return n;
}

static void
sql(const char *text, int64_t nr)
{
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e, text, "i", nr) != OV_OK)
		fail_msg("%s: %s", text, e.msg);
}

static void
outbox_commands(void **state)
{
	int64_t nr = linked("jan", "999990007", 1), out, new;

	(void)state;
	does(ask("inbox.accept", nr_arg(nr), NULL, NULL), "GEACCEPTEERD");
	out = answer_to(nr);
	refused(ask("outbox.renew", nr_arg(out), NULL, NULL),
	    "stand-past-niet");
	assert_int_equal(count(ask("outbox.renew",
	                           json_pack("{s:b}", "alles", 1), NULL, NULL),
	                     "vernieuwd"),
	    0);

	/* Retried: due now, and the breaker is closed. */
	sql("UPDATE uitgaand SET due=9999999999 WHERE nr=?1", out);
	sql("UPDATE partner SET fouten=7,volgende=9999999999 WHERE ?1=?1", 1);
	assert_int_equal(count(ask("outbox.retry", nr_arg(out), NULL, NULL),
	                     "aantal"),
	    1);
	assert_true(
	    number("SELECT due<9999999999 FROM uitgaand WHERE nr=?1", out));
	assert_int_equal(number("SELECT fouten+volgende FROM partner WHERE"
	                        " id=?1",
	                     partner),
	    0);
	refused(ask("outbox.retry", nr_arg(999), NULL, NULL),
	    "nummer-onbekend");

	/* Renewed: another jti, the same case and content. */
	sql("UPDATE uitgaand SET stand='VERLOPEN' WHERE nr=?1", out);
	assert_int_equal(count(ask("outbox.renew", nr_arg(out), NULL, NULL),
	                     "vernieuwd"),
	    1);
	new = answer_to(nr);
	assert_true(new > out);
	assert_int_equal(number("SELECT u.vervangt=o.jti AND u.jti<>o.jti AND"
	                        " u.zaak=o.zaak AND o.stand='INGETROKKEN' FROM"
	                        " uitgaand u, uitgaand o WHERE o.nr=?1 AND"
	                        " u.nr=(SELECT max(nr) FROM uitgaand)",
	                     out),
	    1);
	says(new, "functioneel", "geaccepteerd");
	refused(ask("outbox.renew", nr_arg(out), NULL, NULL),
	    "stand-past-niet");

	/* Withdrawn, once. */
	assert_int_equal(count(ask("outbox.withdraw", nr_arg(new), NULL, NULL),
	                     "ingetrokken"),
	    1);
	refused(ask("outbox.withdraw", nr_arg(new), NULL, NULL),
	    "stand-past-niet");
	refused(ask("outbox.withdraw", nr_arg(999), NULL, NULL),
	    "nummer-onbekend");
	assert_int_equal(count(ask("outbox.retry",
	                           json_pack("{s:b}", "alles", 1), NULL, NULL),
	                     "aantal"),
	    0);
}

/* ---- who may ---- */

#define STRANGER 65534

/* A whole command as another user; its exit status: 0 it was answered with
 * `want`, 1 with something else. */
static pid_t
as_user(uid_t uid, const char *want)
{
	static const char q[] = "{\"v\":1,\"cmd\":\"status\",\"arg\":{}}";
	static const uint8_t len[4] = {0, 0, 0, sizeof(q) - 1};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char got[4096];
	size_t n = 0;
	ssize_t k;
	int fd;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	if (uid != geteuid() &&
	    (setgroups(0, NULL) < 0 || setgid(STRANGER) < 0 || setuid(uid) < 0))
		_exit(2);
	memcpy(sa.sun_path, w.path, strlen(w.path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		_exit(3);
	/* It may be closed already. */
	if (send(fd, len, 4, MSG_NOSIGNAL) == 4)
		(void)!send(fd, q, sizeof(q) - 1, MSG_NOSIGNAL);
	while (
	    n < sizeof(got) && (k = recv(fd, got + n, sizeof(got) - n, 0)) > 0)
		n += (size_t)k;
	_exit(memmem(got, n, want, strlen(want)) != NULL ? 0 : 1);
}

static void
answered(pid_t pid)
{
	int status = 0;

	for (int i = 0; waitpid(pid, &status, WNOHANG) == 0; i++) {
		assert_true(i < 5000);
		world_turn(1);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
access_refused(void **state)
{
	struct ov_words *u = &w.conf.users;

	(void)state;
	assert_int_equal(u->n, 0);
	assert_true(ov_daemon_user_ok(&w.conf, 0));
	assert_true(ov_daemon_user_ok(&w.conf, geteuid()));
	assert_false(ov_daemon_user_ok(&w.conf, geteuid() + 4242));
	answered(as_user(geteuid(), "\"end\""));
	if (geteuid() != 0)
		return; /* only root can be somebody else */
	/* Even where the file modes would let them in. */
	assert_int_equal(chmod(w.dir, 0711), 0);
	assert_int_equal(chmod(w.path, 0666), 0);
	answered(as_user(STRANGER, "\"geen-toegang\""));
	answered(as_user(1, "\"geen-toegang\""));
	assert_non_null(u->v); /* has room */
	assert_non_null(u->v[0] = strdup("65534"));
	u->n = 1;
	answered(as_user(STRANGER, "\"end\""));
	answered(as_user(1, "\"geen-toegang\""));
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(accept_process), T(reject),
	    T(not_linked), T(not_allowed), T(case_set), T(outbox_commands),
	    T(access_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
