/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_outbox_turn.c - what a turn of the outbox costs: every
 * statement goes by an index, and waiting rows make no turn dearer.  Counted
 * in steps of SQLite's machine, which no busy neighbour changes.
 */
#include "tests/unit/outbox_fixture.h"

#include <sqlite3.h>

#define SQL_MAX 64

static struct {
	int64_t steps, scans, sorts;
	char *sql[SQL_MAX];
	size_t n;
} C;

/* ---- counting ---- */

static int
seen(unsigned int type, void *ctx, void *p, void *x)
{
	sqlite3_stmt *q = p;
	const char *sql = sqlite3_sql(q);
	size_t i = 0;

	(void)type;
	(void)ctx;
	(void)x;
	/* Other work of the same loop: other tables, and the pseudonyms' look
	 * at which domain is most urgent. */
	if (strstr(sql, "uitgaand") == NULL ||
	    strstr(sql, "CROSS JOIN leerling") != NULL)
		return 0;
	C.steps += sqlite3_stmt_status(q, SQLITE_STMTSTATUS_VM_STEP, 1);
	C.scans += sqlite3_stmt_status(q, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	C.sorts += sqlite3_stmt_status(q, SQLITE_STMTSTATUS_SORT, 1);
	while (i < C.n && strcmp(C.sql[i], sql) != 0)
		i++;
	if (i == C.n) {
		assert_in_range(C.n, 0, SQL_MAX - 1);
		C.sql[C.n++] = strdup(sql);
	}
	return 0;
}

static sqlite3 *
handle(void)
{
	sqlite3_stmt *q;
	sqlite3 *h;

	assert_int_equal(ov_db_q(W.st->db, &q, NULL, "SELECT 1", ""), OV_OK);
	h = sqlite3_db_handle(q);
	ov_db_done(W.st->db, q);
	return h;
}

/* One turn of the role, with the look at deadlines; the steps it took. */
static int64_t
turn_steps(void)
{
	turns(1); /* what was prepared before has its old counts taken off */
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET due=0 WHERE " OV_UIT_ZEND
	                     " AND due<?1",
	                     "i", ov_now(W.st) + 60),
	    OV_OK);
	C.steps = C.scans = C.sorts = 0;
	W.st->deliver->expired = 0;
	assert_int_equal(sqlite3_trace_v2(handle(), SQLITE_TRACE_PROFILE, seen,
	                     NULL),
	    SQLITE_OK);
	turns(1);
	assert_int_equal(sqlite3_trace_v2(handle(), 0, NULL, NULL), SQLITE_OK);
	assert_int_equal(C.scans, 0);
	assert_int_equal(C.sorts, 0);
	return C.steps;
}

/* ---- rows ---- */

enum kind { PSEUDONYM, LATER, DUE };

static int64_t
pupil(void)
{
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "INSERT INTO leerling(id,eigen,domein,ep,stand,"
	                     "pgn,geladen) VALUES(zeroblob(16),1,?1,1,'wacht',"
	                     "x'00',0)",
	                     "t", A),
	    OV_OK);
	return ov_db_last(W.st->db);
}

/* Copies of a signed message, n of them, that wait for what `kind` says. */
static void
copies(int64_t nr, enum kind kind, int64_t n)
{
	static const char *const sql[] =
	    {[PSEUDONYM] =
	            "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT"
	            " i+1 FROM k WHERE i<?2) INSERT INTO uitgaand(id,jti,"
	            "partner,srt,rol,stand,leerling,opgesteld,exp,due,"
	            "inhoud) SELECT id,randomblob(16),partner,srt,rol,"
	            "'WACHT-OP-PSEUDONIEM',?3,opgesteld,exp,exp,inhoud"
	            " FROM k,uitgaand WHERE nr=?1",
	        [LATER] =
	            "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i+1"
	            " FROM k WHERE i<?2) INSERT INTO uitgaand(id,jti,partner,"
	            "srt,rol,stand,seq,opgesteld,exp,due) SELECT id,"
	            "randomblob(16),partner,srt,rol,'KLAAR',1000+i+?3*0,"
	            "opgesteld,exp,due+3600 FROM k,uitgaand WHERE nr=?1",
	        [DUE] =
	            "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i+1"
	            " FROM k WHERE i<?2) INSERT INTO uitgaand(id,jti,partner,"
	            "srt,rol,stand,seq,opgesteld,exp,due,jwe) SELECT id,"
	            "randomblob(16),partner,srt,rol,'ONDERWEG',1000+i+?3*0,"
	            "opgesteld,exp,0,jwe FROM k,uitgaand WHERE nr=?1"};

	assert_int_equal(ov_db_run(W.st->db, NULL, sql[kind], "iii", nr, n,
	                     kind == PSEUDONYM ? pupil() : 0),
	    OV_OK);
	assert_int_equal(ov_db_changes(W.st->db), n);
}

/* ---- tests ---- */

static void
same_cost(enum kind kind)
{
	int64_t nr = submit(0), few, many;

	assert_int_equal(make(0), OV_OK);
	is(nr, "KLAAR", "");
	W.full = true; /* what is sent comes back as not sent */
	copies(nr, kind, 100);
	few = turn_steps();
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "DELETE FROM uitgaand WHERE nr>?1", "i", nr),
	    OV_OK);
	copies(nr, kind, 100000);
	many = turn_steps();
	assert_true(few > 0);
	if (many > few + few / 10)
		fail_msg("a turn takes %lld steps with 100 rows, %lld with "
		         "100,000",
		    (long long)few, (long long)many);
	assert_int_equal(ask("SELECT count(*) FROM uitgaand WHERE nr<>?1 AND"
	                     " fout IS NOT NULL",
	                     nr),
	    0);
}

static void
test_many_without_pseudonym(void **state)
{
	(void)state;
	same_cost(PSEUDONYM);
}

static void
test_many_later(void **state)
{
	(void)state;
	same_cost(LATER);
}

static void
test_many_due(void **state)
{
	(void)state;
	same_cost(DUE);
}

/* The plan of every statement that the turns of these tests really ran. */
static void
test_plans(void **state)
{
	sqlite3 *h = handle();
	sqlite3_stmt *q;
	static const char *const index[] = {"uitgaand_open", "uitgaand_maak",
	    "uitgaand_zend"};
	bool used[COUNT(index)] = {false};
	int64_t nr = submit(0);

	(void)state;
	assert_int_equal(make(0), OV_OK);
	W.full = true;
	copies(nr, DUE, 10);
	(void)submit(0); /* to be signed */
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET leerling=?2 WHERE nr="
	                     "(SELECT max(nr) FROM uitgaand) AND nr<>?1",
	                     "ii", nr, pupil()),
	    OV_OK);
	(void)submit(0);
	(void)submit(0); /* too late */
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET exp=1 WHERE nr="
	                     "(SELECT max(nr) FROM uitgaand)",
	                     ""),
	    OV_OK);
	W.st->deliver->expired = 0;
	assert_int_equal(sqlite3_trace_v2(h, SQLITE_TRACE_PROFILE, seen, NULL),
	    SQLITE_OK);
	turns(3);
	assert_int_equal(sqlite3_trace_v2(h, 0, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < C.n; i++) {
		OV_BUF text = {0};

		ov_buf_str(&text, "EXPLAIN QUERY PLAN ");
		ov_buf_str(&text, C.sql[i]);
		assert_int_equal(sqlite3_prepare_v2(h, ov_buf_text(&text), -1,
		                     &q, NULL),
		    SQLITE_OK);
		while (sqlite3_step(q) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(q,
			    3);

			for (size_t k = 0; k < COUNT(index); k++)
				used[k] = used[k] ||
				          strstr(plan, index[k]) != NULL;
			if (strncmp(plan, "SCAN", 4) == 0 ||
			    strstr(plan, "TEMP B-TREE") != NULL)
				fail_msg("%s: %s", C.sql[i], plan);
		}
		assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
	}
	for (size_t k = 0; k < COUNT(index); k++)
		assert_true(used[k]);
	assert_int_equal(ask("SELECT count(*) FROM uitgaand WHERE stand IN"
	                     " ('VERLOPEN','WACHT-OP-PSEUDONIEM') AND nr>?1",
	                     0),
	    2);
}

/* Waiting rows leave the queue 64 a turn, and come back with the pseudonym,
 * not before. */
static void
test_wait_and_wake(void **state)
{
	int64_t who = pupil(), first = submit(0), other;

	(void)state;
	for (int i = 0; i < 99; i++)
		(void)submit(0);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET leerling=?1", "i", who),
	    OV_OK);
	other = submit(0); /* behind them, and nobody's */
	turns(1);
	assert_int_equal(ask("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='WACHT-OP-PSEUDONIEM' AND due=exp AND"
	                     " nr>=?1",
	                     first),
	    64);
	turns(4);
	assert_int_equal(ask("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='WACHT-OP-PSEUDONIEM' AND due=exp AND"
	                     " nr>=?1",
	                     first),
	    100);
	is(other, "ONDERWEG", "");
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE leerling SET stand='gecachet',pgn=NULL,"
	                     "y=zeroblob(105) WHERE nr=?1",
	                     "i", who),
	    OV_OK);
	assert_int_equal(ask("SELECT count(*) FROM uitgaand WHERE due=0 AND"
	                     " leerling=?1",
	                     who),
	    100);
}

/* What failed and is due again goes before what was signed after that, so a
 * stream of new messages cannot keep it back. */
static void
test_fair(void **state)
{
	int64_t old = submit(0), new;

	(void)state;
	assert_int_equal(make(0), OV_OK);
	new = submit(0);
	assert_int_equal(make(0), OV_OK);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET seq=seq+10,due=?2 WHERE"
	                     " nr=?1",
	                     "ii", old, ov_now(W.st) - 5),
	    OV_OK);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE partner SET fouten=5", ""),
	    OV_OK); /* one probe at a time */
	assert_int_equal(send(0), OV_OK);
	is(old, "ONDERWEG", "");
	is(new, "KLAAR", "");
}

static int
end(void **state)
{
	(void)state;
	while (C.n > 0)
		free(C.sql[--C.n]);
	ov_buf_free(&reply);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_plans),
	    T(test_many_without_pseudonym), T(test_many_later),
	    T(test_many_due), T(test_wait_and_wake), T(test_fair)};

	return cmocka_run_group_tests(tests, NULL, end);
}
