/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_outbox.c - the outbox: its states, due times, what a person
 * may ask of it, and in which order and number messages leave.
 */
#include "tests/unit/outbox_fixture.h"

/* ---- due times ---- */

static void
test_backoff(void **state)
{
	int64_t now, top;

	(void)state;
	for (int64_t tries = -1; tries < 70; tries++) {
		top = tries >= 7 ? 3600
		                 : (int64_t)30 << (tries < 0 ? 0 : tries);
		if (top > 3600)
			top = 3600;
		for (int v = 0; v < 256; v += 17) {
			W.random = (uint8_t)v;
			now = ov_now(W.st);
			assert_in_range(ov_backoff(W.st, tries), now + 1,
			    now + top + 1);
		}
	}
	/* jitter is full: the smallest and the widest really happen */
	W.random = 0;
	assert_in_range(ov_backoff(W.st, 3), ov_now(W.st), ov_now(W.st) + 1);
	W.random = 0xff;
	now = ov_now(W.st);
	assert_true(ov_backoff(W.st, 20) > now + OV_RETRY_MIN);
}

/* ---- states ---- */

/* Every state against every state: only what it was may be moved. */
static void
test_move(void **state)
{
	int64_t nr = submit(0);

	(void)state;
	for (size_t is_i = 0; is_i < COUNT(states); is_i++) {
		for (size_t from = 0; from < COUNT(states); from++) {
			force(nr, states[is_i]);
			assert_int_equal(ov_uit_move(W.st, nr, states[from],
			                     "GEWEIGERD", NULL),
			    from == is_i ? OV_OK : OV_DAMAGED);
			assert_int_equal(ask("SELECT stand='GEWEIGERD' FROM "
			                     "uitgaand"
			                     " WHERE nr=?1",
			                     nr),
			    from == is_i || is_i == 5);
		}
	}
	assert_int_equal(ov_uit_move(W.st, nr + 1, "KLAAR", "ONDERWEG", NULL),
	    OV_DAMAGED);
}

static void
test_commands_by_state(void **state)
{
	static const struct {
		bool withdraw, retry, renew;
	} may[] = {{1, 1, 0}, {1, 1, 0}, {1, 1, 0}, {0, 1, 0}, {0, 0, 0},
	    {0, 0, 0}, {1, 0, 1}, {0, 0, 0}, {1, 0, 0}};
	int64_t nr, n;

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		nr = submit(0);
		force(nr, states[i]);
		assert_int_equal(ov_outbox_renew(W.st, nr, &n, NULL),
		    may[i].renew ? OV_OK : OV_DENIED);
		assert_int_equal(n, may[i].renew);
		force(nr, states[i]);
		assert_int_equal(ov_outbox_retry(W.st, nr, &n, NULL), OV_OK);
		assert_int_equal(n, may[i].retry);
		assert_int_equal(ov_outbox_withdraw(W.st, nr, NULL),
		    may[i].withdraw ? OV_OK : OV_DENIED);
		is(nr, may[i].withdraw ? "INGETROKKEN" : states[i],
		    i == 4 ? "vernietigd" : "");
	}
}

/* A number that was given out and will not arrive is declared void; one that
 * was not given out is not. */
static void
test_withdraw_seq(void **state)
{
	int64_t a = submit(0), b = submit(0);

	(void)state;
	assert_int_equal(ov_outbox_withdraw(W.st, a, NULL), OV_OK);
	assert_int_equal(make(0), OV_OK);
	is(b, "KLAAR", "");
	assert_int_equal(ov_outbox_withdraw(W.st, b, NULL), OV_OK);
	assert_int_equal(ask("SELECT seq_vrij FROM uitgaand WHERE nr=?1", a),
	    0);
	assert_int_equal(ask("SELECT seq_vrij FROM uitgaand WHERE nr=?1", b),
	    1);
	assert_int_equal(ask("SELECT jwe IS NULL FROM uitgaand WHERE nr=?1", b),
	    1);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, 0);
}

static void
test_renew(void **state)
{
	int64_t nr = submit(0), gone = submit(1), n, new;

	(void)state;
	assert_int_equal(make(0), OV_OK);
	force(nr, "VERLOPEN");
	force(gone, "VERLOPEN");
	/* One receiver that left does not keep the others from being renewed,
	 * whichever comes first. */
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET nr=nr+100 WHERE nr=?1", "i",
	                     nr),
	    OV_OK);
	nr += 100;
	W.book.nlid = 1;
	assert_int_equal(ov_outbox_renew(W.st, 0, &n, NULL), OV_OK);
	assert_int_equal(n, 1);
	is(gone, "VERLOPEN", "");
	is(nr, "INGETROKKEN", "vernieuwd");
	assert_int_equal(ask("SELECT seq_vrij FROM uitgaand WHERE nr=?1", nr),
	    1);
	new = ask("SELECT n.nr FROM uitgaand n JOIN uitgaand o ON"
	          " n.vervangt=o.jti AND n.jti<>o.jti WHERE o.nr=?1",
	    nr);
	is(new, "OPGESTELD", "");
}

/* What is under way is neither renewed nor withdrawn: its receipt may come. */
static void
test_not_while_flying(void **state)
{
	int64_t nr = under_way(), n;

	(void)state;
	force(nr, "VERLOPEN");
	assert_int_equal(ov_outbox_renew(W.st, nr, &n, NULL), OV_AGAIN);
	assert_int_equal(ov_outbox_withdraw(W.st, nr, NULL), OV_AGAIN);
	assert_int_equal(ov_outbox_renew(W.st, 0, &n, NULL), OV_OK);
	assert_int_equal(n, 0);
	is(nr, "VERLOPEN", "");
	land_code(0, OV_FOUT_VERNIETIGD, "");
	judge();
	is(nr, "AFGELEVERD", "vernietigd"); /* late, and it wins */
}

static void
test_expiry(void **state)
{
	int64_t nr[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		nr[i] = submit(1);
		force(nr[i], states[i]);
		assert_int_equal(ov_db_run(W.st->db, NULL,
		                     "UPDATE uitgaand SET exp=?2,due=?2+999"
		                     " WHERE nr=?1",
		                     "ii", nr[i], ov_now(W.st)),
		    OV_OK);
	}
	turns(1);
	for (size_t i = 0; i < 4; i++)
		is(nr[i], "VERLOPEN", "");
	assert_int_equal(ask("SELECT count(*) FROM melding WHERE "
	                     "soort='verlopen' AND ?1",
	                     1),
	    1);
}

/* ---- making and sending ---- */

static void
test_make(void **state)
{
	int64_t a = submit(0), b = submit(0);

	(void)state;
	assert_int_equal(make(0), OV_OK);
	is(a, "KLAAR", "");
	is(b, "KLAAR", "");
	assert_int_equal(ask("SELECT seq FROM uitgaand WHERE nr=?1", a), 1);
	assert_int_equal(ask("SELECT seq FROM uitgaand WHERE nr=?1", b), 2);
	assert_int_equal(ask("SELECT exp-iat FROM uitgaand WHERE nr=?1", a),
	    7 * 86400);
	assert_int_equal(ask("SELECT count(*) FROM blad WHERE CAST(tekst AS "
	                     "TEXT) LIKE"
	                     " '%verzending%' AND ?1",
	                     1),
	    2);
	assert_int_equal(
	    ask("SELECT count(*) FROM uitgaand_jwe WHERE uitgaand=?1", a), 1);
	/* no bundle: asked for once, nothing given out */
	a = submit(1);
	assert_int_equal(make(1), OV_OK);
	assert_int_equal(make(1), OV_OK);
	is(a, "OPGESTELD", "");
	assert_int_equal(W.nsent, 1);
	assert_false(W.sent[0].post);
}

/* In order of seq, 64 under way, one more for each that comes back; what is
 * sent is a JWE whose hash was stored before. */
static void
test_send_order(void **state)
{
	int64_t nr[70];

	(void)state;
	for (size_t i = 0; i < 70; i++)
		nr[i] = submit(0);
	assert_int_equal(make(0), OV_OK);
	assert_int_equal(make(0), OV_OK);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, OV_FLIGHT_MAX);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, OV_FLIGHT_MAX);
	is(nr[63], "ONDERWEG", "");
	is(nr[64], "KLAAR", "");
	for (size_t i = 0; i < W.nsent; i++) {
		sqlite3_stmt *q;
		bool row;

		assert_int_equal(
		    ov_db_q(W.st->db, &q, NULL,
		        "SELECT seq FROM uitgaand JOIN uitgaand_jwe ON"
		        " uitgaand=nr WHERE sha_jwe=?1",
		        "b", (const void *)W.sent[i].sha, (size_t)32),
		    OV_OK);
		assert_int_equal(ov_db_next(W.st->db, q, &row, NULL), OV_OK);
		assert_true(row);
		assert_int_equal(ov_db_i64(q, 0), i + 1);
		ov_db_done(W.st->db, q);
	}
	land_code(10, OV_FOUT_VERNIETIGD, "");
	judge();
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, OV_FLIGHT_MAX + 1);
	is(nr[64], "ONDERWEG", "");
}

/* Net is gone or full: nothing is lost, nothing counts as a failure. */
static void
test_net_full(void **state)
{
	int64_t nr = submit(0);

	(void)state;
	assert_int_equal(make(0), OV_OK);
	W.full = true;
	assert_int_equal(send(0), OV_OK);
	W.full = false;
	is(nr, "ONDERWEG", "");
	assert_in_range(due(nr), ov_now(W.st), ov_now(W.st) + 5);
	assert_int_equal(ask("SELECT pogingen FROM uitgaand WHERE nr=?1", nr),
	    0);
	assert_false(ov_deliver_is_flying(W.st, nr));
}

/* A start sends again what was under way. */
static void
test_resume(void **state)
{
	int64_t nr = under_way();

	(void)state;
	assert_true(due(nr) > ov_now(W.st));
	ov_store_net_down(W.st);
	ov_deliver_free(W.st);
	assert_int_equal(ov_deliver_new(W.st, NULL), OV_OK);
	ov_store_net_up(W.st);
	assert_int_equal(due(nr), 0);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, 3); /* and in between: "we are there again" */
	assert_memory_equal(W.sent[0].sha, W.sent[2].sha, 32);
}

/* Sixty-four at once that get no answer open the breaker once, for one
 * interval; then one probe goes, and an answer brings the backlog at once. */
static void
test_breaker(void **state)
{
	int64_t now;

	(void)state;
	W.random = 0xff;
	for (size_t i = 0; i < 64; i++)
		(void)submit(0);
	assert_int_equal(make(0), OV_OK);
	assert_int_equal(send(0), OV_OK);
	now = ov_now(W.st);
	for (size_t i = 0; i < 64; i++)
		land(i, 0, (struct ov_view){0});
	judge();
	assert_in_range(ov_partner_wait(W.st, W.id[0]), now + 1, now + 31);
	assert_int_equal(ov_db_run(W.st->db, NULL, "UPDATE uitgaand SET due=0",
	                     ""),
	    OV_OK);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, 64);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE partner SET volgende=?1", "i",
	                     ov_now(W.st)),
	    OV_OK);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, 65);
	assert_int_equal(ov_db_run(W.st->db, NULL, "UPDATE uitgaand SET due=?1",
	                     "i", ov_now(W.st) + 3600),
	    OV_OK);
	land_code(64, OV_FOUT_VERNIETIGD, "");
	judge();
	assert_int_equal(ask("SELECT count(*) FROM uitgaand WHERE due=0 AND ?1",
	                     1),
	    64);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, 65 + 63);
}

/* Large messages go in as many calls as the vault takes. */
static void
test_large(void **state)
{
	static char text[400 << 10];
	struct ov_submit s = {.to = &W.lid[0],
	    .srt = "overstapdossier",
	    .rol = "mbo",
	    .inhoud = {(const uint8_t *)text, sizeof(text)}};
	int64_t nr[40];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + sizeof(text) - 2, "\"}", 2);
	assert_int_equal(ov_tx_begin(W.st, NULL), OV_OK);
	for (size_t i = 0; i < COUNT(nr); i++)
		assert_int_equal(ov_submit(W.st, &s, &nr[i], NULL), OV_OK);
	assert_int_equal(ov_tx_commit(W.st, NULL), OV_OK);
	for (int i = 0; i < 6; i++)
		assert_int_equal(make(0), OV_OK);
	for (int i = 0; i < 12; i++)
		assert_int_equal(send(0), OV_OK);
	for (size_t i = 0; i < COUNT(nr); i++)
		is(nr[i], "ONDERWEG", "");
	assert_int_equal(W.nsent, COUNT(nr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_backoff), T(test_move),
	    T(test_commands_by_state), T(test_withdraw_seq), T(test_renew),
	    T(test_not_while_flying), T(test_expiry), T(test_make),
	    T(test_send_order), T(test_net_full), T(test_resume),
	    T(test_breaker), T(test_large)};

	return cmocka_run_group_tests(tests, NULL, reply_free);
}
