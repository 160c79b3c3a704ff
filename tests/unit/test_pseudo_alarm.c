/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_pseudo_alarm.c - alarms about budgets, and what a holder
 * counted beside what we asked. */
#include "tests/unit/outbox_fixture.h"

#include "daemon/store/pseudo.h"

#define DAY INT64_C(86400)

static struct ov_book_budget line = {.dag = 100, .dag_na = 100, .jaar = 1000};

static void
budget(void)
{
	assert_int_equal(ov_oin_parse(ov_view_str(C_OIN), &line.client), OV_OK);
	assert_int_equal(ov_oin_parse(ov_view_str(B), &line.domein), OV_OK);
	W.book.budget = &line;
	W.book.nbudget = 1;
}

static int64_t
times(const char *soort, int64_t partner)
{
	sqlite3_stmt *q;
	int64_t v = 0;
	bool row;

	assert_int_equal(ov_db_q(W.st->db, &q, NULL,
	                     "SELECT aantal FROM melding WHERE soort=?1 AND "
	                     "partner=?2",
	                     "ti", soort, partner),
	    OV_OK);
	assert_int_equal(ov_db_next(W.st->db, q, &row, NULL), OV_OK);
	if (row)
		v = ov_db_i64(q, 0);
	ov_db_done(W.st->db, q);
	return v;
}

/* All that was written down was written a day earlier. */
static void
next_day(void)
{
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE melding SET tijd=tijd-86400", ""),
	    OV_OK);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE oprf_vraag SET dag=dag-1", ""),
	    OV_OK);
}

/* As a holder: once a day whatever the number of requests, and by client. */
static void
test_held(void **state)
{
	const struct ov_use few = {26, 26, 28 * 9}, much = {80, 800, 28};

	(void)state;
	budget();
	ov_use_held(W.st, &line.client, &line.domein, &few);
	assert_int_equal(ask("SELECT count(*) FROM melding WHERE ?1=0", 0), 0);
	for (int i = 0; i < 3; i++)
		ov_use_held(W.st, &line.client, &line.domein, &much);
	assert_int_equal(times("evaluaties-boven-verwachting", W.id[1]), 1);
	assert_int_equal(times("budget-dag-bijna-op", W.id[1]), 1);
	assert_int_equal(times("budget-jaar-bijna-op", W.id[1]), 1);
	next_day();
	for (int i = 0; i < 3; i++)
		ov_use_held(W.st, &line.client, &line.domein,
		    &(struct ov_use){80, 880, 108});
	assert_int_equal(times("evaluaties-boven-verwachting", W.id[1]), 2);
	assert_int_equal(times("budget-dag-bijna-op", W.id[1]), 2);
	/* it was over 80 % before */
	assert_int_equal(times("budget-jaar-bijna-op", W.id[1]), 1);
	/* a client without a line in the book, and ourselves */
	ov_use_held(W.st, &line.domein, &line.domein, &much);
	ov_use_held(W.st, &W.st->self, &line.domein, &much);
	assert_int_equal(ask("SELECT count(*) FROM melding WHERE ?1=0", 0), 3);
}

static void
asked(const struct ov_oin *houder, int64_t ago, int64_t n, int64_t dubbel)
{
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "INSERT INTO "
	                     "oprf_vraag(domein,houder,ep,dag,aantal,dubbel)"
	                     " VALUES(?1,?2,1,?3,?4,?5)",
	                     "ttiii", B, houder->s,
	                     ov_utc_day(ov_now(W.st)) - ago, n, dubbel),
	    OV_OK);
}

/* As a client: of what we asked one holder, not of all together. */
static void
test_own(void **state)
{
	(void)state;
	budget();
	line.client = W.st->self;
	asked(&W.lid[0].oin, 0, 70, 0);
	asked(&W.lid[1].oin, 0, 70, 0);
	asked(&W.lid[0].oin, 3, 10, 0);
	asked(&W.lid[0].oin, 29, 500, 0); /* too long ago for the mean */
	ov_use_own(W.st, &line.domein, 1);
	ov_use_own(W.st, &line.domein, 1);
	assert_int_equal(times("eigen-evaluaties-boven-verwachting", W.id[0]),
	    1);
	assert_int_equal(times("eigen-budget-dag-bijna-op", W.id[0]), 0);
	asked(&W.lid[1].oin, 0, 10, 0);
	ov_use_own(W.st, &line.domein, 1);
	assert_int_equal(times("eigen-budget-dag-bijna-op", W.id[0]), 1);
	next_day();
	asked(&W.lid[0].oin, 0, 79, 0);
	ov_use_own(W.st, &line.domein, 1);
	assert_int_equal(times("eigen-evaluaties-boven-verwachting", W.id[0]),
	    2); /* another day */
	assert_int_equal(times("eigen-budget-dag-bijna-op", W.id[0]), 1);
}

static void
judged(int64_t ago, uint64_t n)
{
	struct ov_oprf_dag d[2] = {{.dag = ov_utc_day(ov_now(W.st)) - ago,
	                               .deel = 1,
	                               .aantal = n},
	    {.dag = ov_utc_day(ov_now(W.st)), .deel = 1, .aantal = 9999}};

	d[0].domein = d[1].domein = W.lid[0].oin;
	assert_int_equal(ov_gebruik_judge(W.st, &W.lid[1].oin, 1, d, 2, NULL),
	    OV_OK);
}

/* More at the holder than was asked of it is somebody else; less is a request
 * that did not arrive.  Today is not over, and 29 days ago is long ago. */
static void
test_compared(void **state)
{
	(void)state;
	asked(&W.lid[1].oin, 3, 100, 20);
	asked(&W.lid[0].oin, 3, 1000, 0); /* of another holder */
	judged(3, 0);
	judged(4, 120); /* the dates may differ, and some were asked twice */
	judged(29, 5000);
	assert_int_equal(times("gebruik-verschilt", W.id[1]), 0);
	judged(1, 121);
	judged(1, 121);
	assert_int_equal(times("gebruik-verschilt", W.id[1]), 1);
	/* a request refused later was perhaps debited before */
	assert_int_equal(ov_vraag_drop(W.st, 1, NULL), OV_OK);
	assert_int_equal(ov_vraag_drop(W.st, 2, NULL), OV_OK);
	assert_int_equal(ask("SELECT count(*) FROM oprf_vraag WHERE ?1=0", 0),
	    1);
	assert_int_equal(ask("SELECT aantal+dubbel FROM oprf_vraag WHERE nr=?1",
	                     1),
	    20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_held), T(test_own),
	    T(test_compared)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
