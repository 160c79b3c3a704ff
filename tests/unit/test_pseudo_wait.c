/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_pseudo_wait.c - a share of pseudonym work that waits in
 * back-off: what ends the wait, and what does not. */
#include "tests/unit/outbox_fixture.h"

#include "daemon/store/pseudo.h"

#define HOUR INT64_C(3600)

/* A batch of one, asked of B (share 1) and C (share 2) a while ago; neither
 * answered, and both are asked again in an hour. */
static struct ov_job *
waiting(void)
{
	struct ov_job *j = &W.st->pseudo->job[0];

	j->used = true;
	j->domein = W.lid[0].oin;
	j->ep = 1;
	j->n = 1;
	j->nshare = 2;
	for (size_t i = 0; i < 2; i++) {
		j->share[i].houder = W.lid[i].oin;
		j->share[i].state = OV_SHARE_DUE;
		j->share[i].asked = ov_now(W.st) - HOUR;
		j->share[i].due = ov_now(W.st) + HOUR;
	}
	return j;
}

static bool
soon(const struct ov_share *s, int64_t seconds)
{
	int64_t wait = s->due - ov_now(W.st);

	return wait >= seconds - 2 && wait <= seconds;
}

/* Whatever B answers, to whatever it was: it is there. */
static void
test_answer_wakes(void **state)
{
	struct ov_job *j = waiting();
	int64_t nr;

	(void)state;
	nr = under_way();
	land(0, 0, (struct ov_view){0});
	assert_true(soon(&j->share[0], HOUR)); /* that was no answer */
	judge();
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET due=0 WHERE nr=?1", "i", nr),
	    OV_OK);
	assert_int_equal(send(0), OV_OK);
	land_code(1, OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR, "");
	assert_true(soon(&j->share[0], 0));
	assert_true(soon(&j->share[1], HOUR)); /* C said nothing */
}

/* Not more often than every five seconds, not against what the holder itself
 * named, and only what waits. */
static void
test_wake_is_bounded(void **state)
{
	struct ov_job *j = waiting();
	struct ov_share *s = &j->share[0];

	(void)state;
	s->asked = ov_now(W.st);
	ov_pseudo_holder_up(W.st, &s->houder);
	assert_true(soon(s, OV_PSEUDO_AGAIN));
	s->due = ov_now(W.st) + 1;
	ov_pseudo_holder_up(W.st, &s->houder);
	assert_true(s->due <= ov_now(W.st) + 1); /* never later */
	s->asked = 0;
	s->told = true;
	s->due = ov_now(W.st) + HOUR;
	ov_pseudo_holder_up(W.st, &s->houder);
	assert_true(soon(s, HOUR));
	s->told = false;
	s->state = OV_SHARE_ASKED;
	ov_pseudo_holder_up(W.st, &s->houder);
	assert_true(soon(s, HOUR));
	/* a clock that was put back */
	s->state = OV_SHARE_DUE;
	s->asked = ov_now(W.st) + 9 * HOUR;
	ov_pseudo_holder_up(W.st, &s->houder);
	assert_true(soon(s, 0));
}

static void
row(int64_t nr, const char *reden)
{
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "INSERT INTO "
	                     "leerling(nr,id,eigen,domein,ep,tag,stand,pgn,due,"
	                     "reden,geladen) VALUES(?1,randomblob(16),0,?2,1,"
	                     "randomblob(16),'wacht',x'00',?3,?4,1)",
	                     "itit", nr, B, ov_now(W.st) + HOUR, reden),
	    OV_OK);
}

#define ROW_DUE "SELECT due FROM leerling WHERE nr=?1"
#define ROW_FOUTEN "SELECT fouten FROM partner WHERE id=?1"

/* `outbox retry` hurries the pseudonyms that messages wait for. */
static void
test_retry_hurries(void **state)
{
	struct ov_job *j = waiting();
	int64_t n, nr = submit(0);

	(void)state;
	row(1, "");
	row(2, "");
	row(3, "budget-op");
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET leerling=1,"
	                     "stand='WACHT-OP-PSEUDONIEM' WHERE nr=?1",
	                     "i", nr),
	    OV_OK);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE partner SET fouten=9,volgende=?1", "i",
	                     ov_now(W.st) + HOUR),
	    OV_OK);
	j->share[1].told = true;
	assert_int_equal(ov_outbox_retry(W.st, nr, &n, NULL), OV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(ask(ROW_DUE, 1), 0);
	assert_true(ask(ROW_DUE, 2) > ov_now(W.st));
	assert_true(soon(&j->share[0], 0));
	assert_true(soon(&j->share[1], HOUR));
	assert_int_equal(ask(ROW_FOUTEN, W.id[0]), 0);
	assert_int_equal(ask(ROW_FOUTEN, W.id[1]), 9);
	assert_int_equal(ov_outbox_retry(W.st, 0, &n, NULL), OV_OK);
	assert_int_equal(ask(ROW_DUE, 2), 0);
	assert_true(ask(ROW_DUE, 3) > ov_now(W.st));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_answer_wakes),
	    T(test_wake_is_bounded), T(test_retry_hurries)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
