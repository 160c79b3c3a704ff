/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_link_run.c - the daily run of link results: `gekoppeld` only
 * to the school that our own applicant names, `niet-gekoppeld` after fourteen
 * days, once, and nothing as a reaction to an arrival.
 */
#include "tests/unit/link_fixture.h"

#include "daemon/store/earlier.h"

#define DAY INT64_C(86400)

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

static void
link_all(void)
{
	ov_link_kick(w.st);
	world_turn(50);
}

/* What went out about message nr: 0 nothing, 1 gekoppeld, 2 niet-gekoppeld,
 * 3 both. */
static int
told(int64_t nr)
{
	struct ov_err e = {0};
	sqlite3_stmt *q;
	int64_t out[8];
	size_t n = 0;
	int mask = 0;
	bool row;

	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT u.nr FROM uitgaand u JOIN gezien g ON"
	                     " g.jti=u.betreft WHERE g.bericht=?1 AND"
	                     " u.srt='ontvangst' ORDER BY u.nr",
	                     "i", nr),
	    OV_OK);
	while (ov_db_next(w.st->db, q, &row, &e) == OV_OK && row && n < 8)
		out[n++] = ov_db_i64(q, 0);
	ov_db_done(w.st->db, q);
	for (size_t i = 0; i < n; i++) {
		uint8_t id[16], wrap[OV_WRAP];
		OV_BUF blob = {0}, text = {0};
		OV_JSON *j = NULL;
		const char *k;
		int bit;

		assert_int_equal(ov_db_q(w.st->db, &q, &e,
		                     "SELECT id,inhoud FROM uitgaand WHERE"
		                     " nr=?1",
		                     "i", out[i]),
		    OV_OK);
		assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
		assert_int_equal(ov_db_fix(q, 0, id, 16, &e), OV_OK);
		ov_buf_add(&blob, ov_db_blob(q, 1).p, ov_db_blob(q, 1).n);
		ov_db_done(w.st->db, q);
		assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_OK);
		assert_int_equal(ov_open_one(w.st, id, wrap, OV_T_UITGAAND, 1,
		                     1, (struct ov_view){blob.p, blob.n}, &text,
		                     &e),
		    OV_OK);
		assert_int_equal(ov_json_parse(text.p, text.n, text.n, &j, &e),
		    OV_OK);
		k = json_string_value(json_object_get(j, "koppeling"));
		assert_non_null(k);
		bit = strcmp(k, "gekoppeld") == 0 ? 1 : 2;
		assert_false(mask & bit); /* never twice */
		mask |= bit;
	}
	return mask;
}

static int64_t
outbox(void)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL,
	                     "SELECT count(*) FROM uitgaand", ""),
	    OV_OK);
	return n;
}

static int64_t
today(void)
{
	return ov_date_days(ov_date_nl(ov_now(w.st)));
}

/* The run of a day: the last one was `last`, the hour is `hour`. */
static void
run(int64_t last, int hour)
{
	struct ov_err e = {0};

	assert_int_equal(ov_db_set(w.st->db, "koppelrun", last, &e), OV_OK);
	assert_int_equal(ov_db_set(w.st->db, "koppelrun_uur", hour, &e), OV_OK);
	for (int i = 0; i < 4; i++)
		ov_link_tick(w.st);
}

static void
age(int64_t nr, int64_t seconds)
{
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE bericht SET ontvangen=ontvangen-?2 WHERE"
	                     " nr=?1",
	                     "ii", nr, seconds),
	    OV_OK);
}

static void
daily_run(void **state)
{
	int64_t named = message("999990007", 1), silent, other, unknown;
	int64_t last;

	(void)state;
	silent = message("999990019", 2);
	other = message("999990020", 3);
	unknown = message("999990032", 4);
	applicant_of("named", "999990007", "2008-02-29", "25LH");
	applicant_of("silent", "999990019", "2008-02-29", "");
	applicant_of("other", "999990020", "2008-02-29", "25PU/00");
	link_all();
	is(named, "GEKOPPELD");
	is(silent, "GEKOPPELD");
	is(other, "GEKOPPELD");
	is(unknown, "ONBEKEND");

	/* A new instance waits for its first night; so does an arrival. */
	for (int i = 0; i < 4; i++)
		ov_link_tick(w.st);
	assert_int_equal(outbox(), 0);
	assert_int_equal(ov_db_get(w.st->db, "koppelrun", &last, 0, NULL),
	    OV_OK);
	assert_int_equal(last, today());
	run(today() - 1, 24); /* the hour has not come */
	assert_int_equal(outbox(), 0);
	run(today(), 0); /* it was done today */
	assert_int_equal(outbox(), 0);

	run(today() - 1, 0);
	assert_int_equal(told(named), 1);
	assert_int_equal(outbox(), 1);
	assert_int_equal(ov_db_get(w.st->db, "koppelrun", &last, 0, NULL),
	    OV_OK);
	assert_int_equal(last, today());
	run(today() - 1, 0); /* the next day: nothing is repeated */
	assert_int_equal(outbox(), 1);

	/* Fourteen days: whoever was not named, linked here or not. */
	age(silent, 14 * DAY);
	age(unknown, 15 * DAY);
	age(other, 14 * DAY - 3600);
	for (int i = 0; i < 4; i++)
		ov_link_tick(w.st);
	assert_int_equal(outbox(), 1);
	run(today() - 1, 0);
	assert_int_equal(told(silent), 2);
	assert_int_equal(told(unknown), 2);
	assert_int_equal(told(other), 0);
	assert_int_equal(told(named), 1);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 3);

	/* It comes after all: linked at once, told in the next run. */
	applicant_of("late", "999990032", "2008-02-29", "25LH");
	link_all();
	is(unknown, "GEKOPPELD");
	for (int i = 0; i < 4; i++)
		ov_link_tick(w.st);
	assert_int_equal(told(unknown), 2);
	run(today() - 1, 0);
	assert_int_equal(told(unknown), 3);
	assert_int_equal(outbox(), 4);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 4);
}

/* More than one batch of 64: each once, in the order of seq. */
static void
many(void **state)
{
	int64_t n, sorted;

	(void)state;
	for (int i = 0; i < 70; i++)
		age(message("999990007", i + 1), 14 * DAY);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 70);
	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL,
	                     "SELECT count(DISTINCT betreft) FROM uitgaand",
	                     ""),
	    OV_OK);
	assert_int_equal(n, 70);
	assert_int_equal(ov_db_int(w.st->db, &sorted, -1, NULL,
	                     "SELECT count(*) FROM uitgaand u JOIN gezien g ON"
	                     " g.jti=u.betreft JOIN bericht b ON b.nr=g.bericht"
	                     " WHERE b.seq=u.nr",
	                     ""),
	    OV_OK);
	assert_int_equal(sorted, 70);
}

/* A book that is expired sends nothing; the run of that day is not lost. */
static void
expired_book(void **state)
{
	int64_t tot = w.st->boek->geldig_tot;

	(void)state;
	age(message("999990007", 1), 14 * DAY);
	w.st->boek->geldig_tot = ov_now(w.st) - DAY;
	run(today() - 1, 0);
	assert_int_equal(outbox(), 0);
	w.st->boek->geldig_tot = tot;
	for (int i = 0; i < 4; i++)
		ov_link_tick(w.st);
	assert_int_equal(outbox(), 1);
}

/* The answers about message nr as one text each, without the numbers that tie
 * them to it. */
static void
answers(int64_t nr, struct ov_buf *all)
{
	struct ov_err e = {0};
	sqlite3_stmt *q;
	int64_t out[8];
	size_t n = 0;
	bool row;

	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT u.nr FROM uitgaand u JOIN gezien g ON"
	                     " g.jti=u.betreft WHERE g.bericht=?1 ORDER BY"
	                     " u.nr",
	                     "i", nr),
	    OV_OK);
	while (ov_db_next(w.st->db, q, &row, &e) == OV_OK && row && n < 8)
		out[n++] = ov_db_i64(q, 0);
	ov_db_done(w.st->db, q);
	for (size_t i = 0; i < n; i++) {
		OV_JDOC d = {0};
		OV_JSON *j = NULL;

		assert_int_equal(ov_uitgaand_open(w.st, out[i], &d, &e), OV_OK);
		j = ov_jn_json(d.root);
		assert_int_equal(json_object_del(j, "betreftBericht"), 0);
		ov_json_dump(all, j);
	}
}

/* Unknown, doubtful, and known but not from you: one answer, with no reason. */
static void
one_answer(void **state)
{
	int64_t nr[3] = {message("999990007", 1), message("999990019", 2),
	    message("999990020", 3)};
	struct ov_buf text[3] = {{0}, {0}, {0}};

	(void)state;
	applicant_of("doubt", "999990019", "2008-02-28", "25LH");
	applicant_of("other", "999990020", "2008-02-29", "25PU/00");
	link_all();
	is(nr[0], "ONBEKEND");
	is(nr[1], "TWIJFEL");
	is(nr[2], "GEKOPPELD");
	for (size_t i = 0; i < 3; i++)
		age(nr[i], 14 * DAY);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 3);
	for (size_t i = 0; i < 3; i++) {
		answers(nr[i], &text[i]);
		assert_string_equal(ov_buf_text(&text[i]),
		    ov_buf_text(&text[0]));
	}
	assert_non_null(strstr(ov_buf_text(&text[0]), "niet-gekoppeld"));
	assert_null(strstr(ov_buf_text(&text[0]), "reden"));
	for (size_t i = 0; i < 3; i++)
		ov_buf_free(&text[i]);
}

/* Of a link that is undone nothing is told but that the earlier answer was
 * wrong, in the next run and once; before it was told, nothing at all. */
static void
undone(void **state)
{
	int64_t nr = message("999990007", 1), early = message("999990019", 2);
	OV_BUF text = {0};
	int64_t n;

	(void)state;
	applicant_of("jan", "999990007", "2008-02-29", "25LH");
	applicant_of("piet", "999990019", "2008-02-29", "25LH");
	link_all();
	json_decref(ask("inbox.unlink", nr_arg(early), NULL, NULL));
	run(today() - 1, 0);
	assert_int_equal(told(nr), 1);
	assert_int_equal(outbox(), 1);
	json_decref(ask("inbox.unlink", nr_arg(nr), NULL, NULL));
	for (int i = 0; i < 4; i++)
		ov_link_tick(w.st);
	assert_int_equal(outbox(), 1);
	run(today() - 1, 0);
	assert_int_equal(told(nr), 3);
	assert_int_equal(outbox(), 2);
	answers(nr, &text);
	assert_non_null(strstr(ov_buf_text(&text), "\"vervangt\""));
	assert_null(strstr(ov_buf_text(&text), "reden"));
	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL,
	                     "SELECT count(*) FROM uitgaand v JOIN uitgaand u"
	                     " ON u.jti=v.vervangt AND u.nr<v.nr",
	                     ""),
	    OV_OK);
	assert_int_equal(n, 1);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 2);
}

static int64_t
alarms(void)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL,
	                     "SELECT ifnull(sum(aantal),0) FROM melding WHERE"
	                     " soort='koppelingen-boven-verwachting'",
	                     ""),
	    OV_OK);
	return n;
}

/* More results than the budget expects transfers from this sender. */
static void
above_expectation(void **state)
{
	struct ov_book_budget *b;

	(void)state;
	assert_int_equal(w.st->boek->nbudget, 1);
	b = &w.st->boek->budget[0];
	assert_string_equal(b->client.s, SELF);
	memcpy(b->client.s, PEER, 20); /* theirs to us */
	memcpy(b->domein.s, SELF, 20);
	b->jaar = 3;
	for (int i = 0; i < 3; i++)
		age(message("999990007", i + 1), 14 * DAY);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 3);
	assert_int_equal(alarms(), 0);
	age(message("999990007", 4), 14 * DAY);
	run(today() - 1, 0);
	assert_int_equal(outbox(), 4);
	assert_int_equal(alarms(), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(daily_run), T(many),
	    T(expired_book), T(one_answer), T(undone), T(above_expectation)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
