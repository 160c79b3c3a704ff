/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of crypto/houder.h and daemon/houder/: budgets, debits that survive,
 * and evaluation whose proof holds.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "daemon/houder/houder.h"
#include "protocol/hash.h"
#include "protocol/packet.h"

#define A "00000099000000001000"
#define B "00000099000000002000"
#define C "00000099000000003000"
#define DAY INT64_C(86400)
/* 2026-09-01 08:00:00 UTC */
#define NOW INT64_C(1788249600)

struct world {
	char dir[32];
	struct ov_houder_keys *keys;
	struct ov_debits *debits;
	struct ov_houder *h;
	struct ov_now now;
	struct ov_buf reply;
	uint8_t elements[256 * 32];
};

static const struct ov_houder_conf roomy = {1000000, 1000000, 1000, 1000};

static void
role(struct world *w, const struct ov_houder_conf *conf)
{
	ov_houder_free(w->h);
	assert_int_equal(ov_houder_new(conf, w->keys, w->debits, &w->h, NULL),
	    OV_OK);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ov_secret32 seed;

	if (w == NULL)
		return -1;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/ov-houder-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	assert_int_equal(ov_houder_keys_new("voorbeeld", &w->keys, NULL),
	    OV_OK);
	memset(&seed, 0x11, sizeof(seed));
	assert_int_equal(ov_houder_keys_seed(w->keys, 1, 1, &seed, NULL),
	    OV_OK);
	assert_int_equal(ov_debits_open(w->dir, &w->debits, NULL), OV_OK);
	w->now = (struct ov_now){NOW, 1};
	for (size_t i = 0; i < 256; i++)
		crypto_core_ristretto255_random(w->elements + 32 * i);
	role(w, &roomy);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {"houder.db", "houder.db-journal"};
	struct world *w = *state;
	char path[64];

	ov_houder_free(w->h);
	ov_debits_close(w->debits);
	ov_houder_keys_free(w->keys);
	ov_buf_free(&w->reply);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(w->dir);
	free(w);
	return 0;
}

/* Close and open the database and the role, as a restart does. */
static void
restart(struct world *w, const struct ov_houder_conf *conf)
{
	ov_houder_free(w->h);
	w->h = NULL;
	ov_debits_close(w->debits);
	assert_int_equal(ov_debits_open(w->dir, &w->debits, NULL), OV_OK);
	role(w, conf);
}

static enum ov_rc
send_packet(struct world *w, uint16_t type, const struct ov_rec *in,
    const void *q, size_t n, const struct ov_rec *out, void *rep, size_t max,
    size_t *got)
{
	struct ov_pkw pw = {0};
	struct ov_pkr k;
	enum ov_rc rc;

	ov_pkw_begin(&pw, type, 7, in, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		ov_pkw_put(&pw, (const uint8_t *)q + i * in->csize);
	assert_int_equal(ov_pkw_end(&pw, NULL), OV_OK);
	rc = ov_houder_call(w->h, (struct ov_view){pw.b.p, pw.b.n}, w->now,
	    &w->reply, NULL);
	ov_buf_free(&pw.b);
	if (rc != OV_OK)
		return rc;
	assert_int_equal(ov_pkr_begin(&k,
	                     (struct ov_view){w->reply.p, w->reply.n},
	                     type | OV_PK_REPLY, out, NULL),
	    OV_OK);
	assert_int_equal(k.ref, 7);
	assert_true(k.count <= max);
	*got = k.count;
	for (size_t i = 0; i < k.count; i++)
		assert_int_equal(ov_pkr_next(&k,
		                     (uint8_t *)rep + i * out->csize, NULL),
		    OV_OK);
	return OV_OK;
}

static enum ov_rc
give(struct world *w, const char *client, const char *domain, uint32_t jaar,
    uint32_t dag)
{
	struct ov_h_budget q = {.ep = 1,
	    .jaar = jaar,
	    .dag = dag,
	    .dag_na = dag / 2,
	    .dag_tot = (uint64_t)(NOW + 30 * DAY)};
	struct ov_v_rc a;
	size_t n;

	memcpy(q.client, client, 20);
	memcpy(q.domain, domain, 20);
	assert_int_equal(send_packet(w, OV_H_BUDGET, &ov_h_budget_rec, &q, 1,
	                     &ov_v_rc_rec, &a, 1, &n),
	    OV_OK);
	return (enum ov_rc)a.rc;
}

static struct ov_h_evaluate
ask_for(struct world *w, const char *client, const char *domain, uint16_t n,
    uint8_t jws)
{
	struct ov_h_evaluate q = {.ep = 1,
	    .share = 1,
	    .n = n,
	    .now = (uint64_t)w->now.wall,
	    .elements = {w->elements, (size_t)n * 32}};

	memcpy(q.client, client, 20);
	memcpy(q.domain, domain, 20);
	memset(q.sha_jws, jws, sizeof(q.sha_jws));
	return q;
}

static enum ov_rc
evaluate(struct world *w, const struct ov_h_evaluate *q,
    struct ov_h_evaluated *a)
{
	uint8_t seed[32];
	size_t n;

	assert_int_equal(send_packet(w, OV_H_EVALUATE, &ov_h_evaluate_rec, q, 1,
	                     &ov_h_evaluated_rec, a, 1, &n),
	    OV_OK);
	memset(seed, 0x11, sizeof(seed));
	assert_null(memmem(w->reply.p, w->reply.n, seed, sizeof(seed)));
	if (a->rc != OV_OK)
		assert_int_equal(a->elements.n, 0);
	return (enum ov_rc)a->rc;
}

static enum ov_rc
simple(struct world *w, const char *client, uint16_t n, uint8_t jws,
    struct ov_h_evaluated *a)
{
	struct ov_h_evaluate q = ask_for(w, client, B, n, jws);

	return evaluate(w, &q, a);
}

/* What was counted of a client, over all days. */
static uint32_t
counted(struct world *w, const char *client)
{
	struct ov_h_usage q = {.ep = 1};
	struct ov_h_used a[400];
	uint32_t sum = 0;
	size_t n;

	memcpy(q.client, client, 20);
	assert_int_equal(send_packet(w, OV_H_USAGE, &ov_h_usage_rec, &q, 1,
	                     &ov_h_used_rec, a, 400, &n),
	    OV_OK);
	for (size_t i = 0; i < n; i++)
		sum += a[i].count;
	return sum;
}

/* The evaluation is the published one, its proof holds, and the public key is
 * that of the manifest. */
static void
test_evaluate(void **state)
{
	static const char b_hex[] =
	    "a064fa17325877aca8d97f94a5b0a6812824e8db2955d9cb058005dfd0c81a66";
	static const char e_hex[] =
	    "50000415ba49670aa040368c646c86996393efea473eec2b33937b472bd75535";
	static const char pk_hex[] =
	    "087a69e301cf5737d477d63a084a719c90fdcbe4af5d98eb9a9bec5471239042";
	struct world *w = *state;
	struct ov_h_evaluate q = ask_for(w, A, B, 3, 1);
	struct ov_h_evaluated a;
	struct ov_h_keys k = {.ep = 1, .share = 1};
	struct ov_h_keyed ka;
	uint8_t want[32];
	size_t n;

	assert_int_equal(ov_hex_exact(ov_view_str(b_hex), w->elements, 32),
	    OV_OK);
	assert_int_equal(evaluate(w, &q, &a), OV_DENIED);
	assert_int_equal(a.left, 0);
	assert_int_equal(a.retry, 0);
	assert_int_equal(give(w, A, B, 100, 50), OV_OK);
	assert_int_equal(evaluate(w, &q, &a), OV_OK);
	assert_int_equal(a.left, 47);
	assert_int_equal(a.day, 3);
	assert_int_equal(a.year, 3);
	assert_int_equal(a.before, 0);
	assert_int_equal(a.elements.n, 96);
	assert_int_equal(ov_hex_exact(ov_view_str(e_hex), want, 32), OV_OK);
	assert_memory_equal(a.elements.p, want, 32);
	assert_int_equal(ov_hex_exact(ov_view_str(pk_hex), want, 32), OV_OK);
	assert_memory_equal(a.pk, want, 32);
	assert_int_equal(ov_oprf_verify(a.pk, w->elements, a.elements.p, 3,
	                     a.proof, NULL),
	    OV_OK);
	memcpy(k.domain, B, 20);
	assert_int_equal(send_packet(w, OV_H_KEYS, &ov_h_keys_rec, &k, 1,
	                     &ov_h_keyed_rec, &ka, 1, &n),
	    OV_OK);
	assert_int_equal(ka.rc, OV_OK);
	assert_memory_equal(ka.pk, want, 32);
	k.share = 2;
	assert_int_equal(send_packet(w, OV_H_KEYS, &ov_h_keys_rec, &k, 1,
	                     &ov_h_keyed_rec, &ka, 1, &n),
	    OV_OK);
	assert_int_equal(ka.rc, OV_DAMAGED);
	assert_true(sodium_is_zero(ka.pk, 32));
}

/* Each refusal has its code, and none is a debit. */
static void
test_refusals_cost_nothing(void **state)
{
	struct world *w = *state;
	struct ov_h_evaluate q;
	struct ov_h_evaluated a;

	assert_int_equal(give(w, A, B, 100, 50), OV_OK);
	q = ask_for(w, A, C, 3, 1); /* another domain */
	assert_int_equal(evaluate(w, &q, &a), OV_DENIED);
	q = ask_for(w, C, B, 3, 1); /* another client */
	assert_int_equal(evaluate(w, &q, &a), OV_DENIED);
	q = ask_for(w, A, B, 3, 1);
	q.ep = 2;
	assert_int_equal(evaluate(w, &q, &a), OV_DENIED);
	q.ep = 1;
	q.share = 2;
	assert_int_equal(evaluate(w, &q, &a), OV_DAMAGED);
	q.share = 1;
	q.now = (uint64_t)(NOW + 301);
	assert_int_equal(evaluate(w, &q, &a), OV_SYS);
	q.now = (uint64_t)(NOW - 301);
	assert_int_equal(evaluate(w, &q, &a), OV_SYS);
	q.now = UINT64_MAX;
	assert_int_equal(evaluate(w, &q, &a), OV_SYS);
	q.now = (uint64_t)NOW;
	memset(w->elements + 64, 0, 32); /* the identity */
	assert_int_equal(evaluate(w, &q, &a), OV_BADMSG);
	assert_int_equal(a.index, 2);
	memset(w->elements + 32, 0xff, 32); /* not canonical */
	assert_int_equal(evaluate(w, &q, &a), OV_BADMSG);
	assert_int_equal(a.index, 1);
	q = ask_for(w, A, B, 51, 1); /* more than a day */
	crypto_core_ristretto255_random(w->elements + 32);
	crypto_core_ristretto255_random(w->elements + 64);
	assert_int_equal(evaluate(w, &q, &a), OV_NOSPACE);
	assert_int_equal(a.left, 50);
	assert_int_equal(a.retry, DAY - NOW % DAY);
	assert_int_equal(counted(w, A), 0);
	assert_int_equal(give(w, "0000009900000000200\n", B, 1, 1), OV_BADMSG);
}

/* Numbers that contradict the bytes end the connection. */
static void
test_malformed_packets(void **state)
{
	struct world *w = *state;
	struct ov_h_evaluate q = ask_for(w, A, B, 3, 1);
	struct ov_h_evaluated a;
	struct ov_pkw pw = {0};
	size_t got;
	static const uint16_t bad_n[] = {0, 2, 4, 257, 65535};

	assert_int_equal(give(w, A, B, 100, 50), OV_OK);
	for (size_t i = 0; i < sizeof(bad_n) / sizeof(bad_n[0]); i++) {
		q.n = bad_n[i];
		assert_int_equal(send_packet(w, OV_H_EVALUATE,
		                     &ov_h_evaluate_rec, &q, 1,
		                     &ov_h_evaluated_rec, &a, 1, &got),
		    OV_BADMSG);
	}
	q.n = 3;
	assert_int_equal(send_packet(w, OV_V_SEAL, &ov_h_evaluate_rec, &q, 1,
	                     &ov_h_evaluated_rec, &a, 1, &got),
	    OV_BADMSG);
	ov_pkw_begin(&pw, OV_H_EVALUATE, 7, &ov_h_evaluate_rec, 1);
	ov_pkw_put(&pw, &q);
	for (size_t n = 0; n < pw.b.n; n++)
		assert_int_equal(ov_houder_call(w->h,
		                     (struct ov_view){pw.b.p, n}, w->now,
		                     &w->reply, NULL),
		    OV_BADMSG);
	ov_buf_free(&pw.b);
	assert_int_equal(counted(w, A), 0);
}

/* Two requests that do not fit together: one is served, whichever is first. */
static void
test_budget_race(void **state)
{
	struct world *w = *state;
	struct ov_h_evaluated a;

	assert_int_equal(give(w, A, B, 100, 10), OV_OK);
	assert_int_equal(simple(w, A, 6, 1, &a), OV_OK);
	assert_int_equal(a.left, 4);
	assert_int_equal(simple(w, A, 6, 2, &a), OV_NOSPACE);
	assert_int_equal(a.left, 4);
	assert_int_equal(simple(w, A, 4, 3, &a), OV_OK);
	assert_int_equal(a.left, 0);
	assert_int_equal(simple(w, A, 1, 4, &a), OV_NOSPACE);
	assert_int_equal(counted(w, A), 10);
	/* The same after a restart; the lines come again from the book. */
	restart(w, &roomy);
	assert_int_equal(simple(w, A, 1, 4, &a), OV_DENIED);
	assert_int_equal(give(w, A, B, 100, 10), OV_OK);
	assert_int_equal(simple(w, A, 1, 4, &a), OV_NOSPACE);
	/* The next UTC day; and after dag_tot the second cap holds. */
	w->now.wall += a.retry - 1;
	assert_int_equal(simple(w, A, 1, 4, &a), OV_NOSPACE);
	assert_int_equal(a.retry, 1);
	w->now.wall += 1;
	assert_int_equal(simple(w, A, 10, 4, &a), OV_OK);
	w->now.wall = NOW + 30 * DAY;
	assert_int_equal(simple(w, A, 6, 5, &a), OV_NOSPACE);
	assert_int_equal(a.left, 5);
	assert_int_equal(simple(w, A, 5, 5, &a), OV_OK);
	assert_int_equal(counted(w, A), 25);
}

/* The year's budget ends on 1 August 00:00 UTC and not before. */
static void
test_school_year(void **state)
{
	struct world *w = *state;
	struct ov_h_evaluated a;
	int64_t from, to;

	ov_school_year(NOW, &from, &to);
	assert_int_equal(from, 1785542400); /* 2026-08-01 */
	assert_int_equal(to, 1817078400);   /* 2027-08-01 */
	ov_school_year(from - 1, &from, &to);
	assert_int_equal(to, 1785542400);
	assert_int_equal(give(w, A, B, 12, 10), OV_OK);
	assert_int_equal(simple(w, A, 10, 1, &a), OV_OK);
	assert_int_equal(a.left, 0);
	w->now.wall += DAY;
	assert_int_equal(simple(w, A, 3, 2, &a), OV_NOSPACE);
	assert_int_equal(a.left, 2);
	assert_int_equal(a.day, 0);
	assert_int_equal(a.year, 10);
	assert_int_equal(a.before, 10);
	assert_int_equal(a.retry, 1817078400 - w->now.wall);
	w->now.wall = 1817078399;
	assert_int_equal(simple(w, A, 3, 2, &a), OV_NOSPACE);
	assert_int_equal(a.retry, 1);
	w->now.wall++;
	assert_int_equal(simple(w, A, 3, 2, &a), OV_OK);
	assert_int_equal(a.year, 3);
	assert_int_equal(a.before, 0); /* it is longer ago */
	w->now.wall += 28 * DAY;
	assert_int_equal(simple(w, A, 2, 3, &a), OV_OK);
	assert_int_equal(a.day, 2);
	assert_int_equal(a.year, 5);
	assert_int_equal(a.before, 3);
	w->now.wall += DAY;
	assert_int_equal(simple(w, A, 2, 4, &a), OV_OK);
	assert_int_equal(a.before, 2);
}

/* The same request is evaluated again without a debit, for ten minutes, also
 * after the database was opened anew, also when nothing is left; the same
 * hash over other elements is another request. */
static void
test_repetition(void **state)
{
	struct world *w = *state;
	struct ov_h_evaluated a;
	struct ov_h_evaluate q;
	uint8_t first[5 * 32];

	assert_int_equal(give(w, A, B, 100, 5), OV_OK);
	assert_int_equal(simple(w, A, 5, 1, &a), OV_OK);
	memcpy(first, a.elements.p, sizeof(first));
	assert_int_equal(simple(w, A, 5, 1, &a), OV_OK);
	assert_memory_equal(a.elements.p, first, sizeof(first));
	assert_int_equal(a.left, 0);
	restart(w, &roomy);
	assert_int_equal(give(w, A, B, 100, 5), OV_OK);
	w->now.wall += 599;
	assert_int_equal(simple(w, A, 5, 1, &a), OV_OK);
	assert_int_equal(counted(w, A), 5);
	q = ask_for(w, A, B, 5, 1);
	q.elements.p += 32; /* others */
	assert_int_equal(evaluate(w, &q, &a), OV_NOSPACE);
	assert_int_equal(simple(w, A, 4, 1, &a), OV_NOSPACE);
	w->now.wall += 1;
	assert_int_equal(simple(w, A, 5, 1, &a), OV_NOSPACE);
	assert_int_equal(counted(w, A), 5);
}

/* The holder's own ceiling counts all clients together, whatever the lines
 * say. */
static void
test_ceiling(void **state)
{
	static const struct ov_houder_conf low = {8, 12, 1000, 1000};
	struct world *w = *state;
	struct ov_h_evaluated a;

	role(w, &low);
	assert_int_equal(give(w, A, B, 1000000, 1000000), OV_OK);
	assert_int_equal(give(w, C, B, 1000000, 1000000), OV_OK);
	assert_int_equal(simple(w, A, 9, 1, &a), OV_NOSPACE);
	assert_int_equal(a.left, 8);
	assert_int_equal(simple(w, A, 6, 1, &a), OV_OK);
	assert_int_equal(a.left, 2);
	assert_int_equal(simple(w, C, 3, 1, &a), OV_NOSPACE);
	assert_int_equal(simple(w, C, 2, 1, &a), OV_OK);
	w->now.wall += DAY;
	assert_int_equal(simple(w, C, 4, 2, &a), OV_OK);
	assert_int_equal(a.left, 0);
	w->now.wall += DAY;
	assert_int_equal(simple(w, C, 1, 3, &a), OV_NOSPACE);
	assert_true(a.retry > DAY);
}

/* Lines: the last of equals counts, jaar 0 removes, nobody removes all. */
static void
test_lines(void **state)
{
	static const char nobody[20];
	struct world *w = *state;
	struct ov_h_evaluated a;
	struct ov_h_budget many[4] = {
	    {.ep = 1, .jaar = 5, .dag = 5, .dag_tot = UINT64_MAX}};
	struct ov_v_rc rcs[4];
	size_t n;

	memcpy(many[0].client, A, 20);
	memcpy(many[0].domain, B, 20);
	many[1] = many[2] = many[3] = many[0];
	many[2].jaar = many[2].dag = 7;
	memcpy(many[1].client, C, 20);
	memcpy(many[3].domain, C, 20);
	assert_int_equal(send_packet(w, OV_H_BUDGET, &ov_h_budget_rec, many, 4,
	                     &ov_v_rc_rec, rcs, 4, &n),
	    OV_OK);
	assert_int_equal(simple(w, A, 7, 1, &a), OV_OK);
	assert_int_equal(simple(w, C, 6, 1, &a), OV_NOSPACE);
	assert_int_equal(give(w, C, B, 0, 10), OV_OK);
	assert_int_equal(simple(w, C, 5, 1, &a), OV_DENIED);
	assert_int_equal(give(w, nobody, B, 0, 0), OV_OK);
	assert_int_equal(simple(w, A, 1, 1, &a), OV_DENIED);
}

/* A client that asks too often waits; another does not; nothing is computed
 * for him meanwhile. */
static void
test_rate(void **state)
{
	static const struct ov_houder_conf slow = {1000, 1000, 2, 3};
	struct world *w = *state;
	struct ov_h_evaluated a;

	role(w, &slow);
	assert_int_equal(give(w, A, B, 1000, 1000), OV_OK);
	assert_int_equal(give(w, C, B, 1000, 1000), OV_OK);
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(simple(w, A, 1, i, &a), OV_OK);
	assert_int_equal(simple(w, A, 1, 9, &a), OV_AGAIN);
	assert_int_equal(a.retry, 1);
	assert_int_equal(counted(w, A), 3);
	assert_int_equal(simple(w, C, 1, 9, &a), OV_OK);
	w->now.mono_ms += 499;
	assert_int_equal(simple(w, A, 1, 9, &a), OV_AGAIN);
	w->now.mono_ms += 1;
	assert_int_equal(simple(w, A, 1, 9, &a), OV_OK);
	w->now.mono_ms = UINT64_MAX;
	for (uint8_t i = 10; i < 13; i++)
		assert_int_equal(simple(w, A, 1, i, &a), OV_OK);
	assert_int_equal(simple(w, A, 1, 13, &a), OV_AGAIN);
}

/* A newer or foreign file is refused with its reason. */
static void
test_database_refused(void **state)
{
	struct world *w = *state;
	struct ov_debits *d;
	struct ov_err e = {0};
	char path[64];
	sqlite3 *db;
	FILE *f;

	ov_houder_free(w->h);
	w->h = NULL;
	ov_debits_close(w->debits);
	w->debits = NULL;
	(void)snprintf(path, sizeof(path), "%s/houder.db", w->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL,
	                     NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(ov_debits_open(w->dir, &d, &e), OV_DAMAGED);
	assert_null(d);
	assert_non_null(strstr(e.msg, "version 2"));
	assert_non_null(strstr(e.msg, "knows 1"));
	f = fopen(path, "wb");
	assert_non_null(f);
	for (int i = 0; i < 4096; i++)
		assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fclose(f), 0);
	assert_int_equal(ov_debits_open(w->dir, &d, &e), OV_DAMAGED);
	assert_null(d);
}

/* oprf.<epoch>.<share>, 32 bytes, ours alone. */
static void
test_seeds(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		mode_t mode;
		enum ov_rc rc;
	} cases[] = {{"oprf.1.1", 32, 0600, OV_OK},
	    {"oprf.1.2", 31, 0600, OV_BADMSG},
	    {"oprf.1.2", 33, 0600, OV_BADMSG},
	    {"oprf.1.2", 32, 0640 | 04, OV_DENIED},
	    {"oprf.1.0", 32, 0600, OV_BADMSG},
	    {"oprf.0.1", 32, 0600, OV_BADMSG},
	    {"oprf.01.1", 32, 0600, OV_BADMSG},
	    {"oprf.1.256", 32, 0600, OV_BADMSG},
	    {"oprf.4294967296.1", 32, 0600, OV_BADMSG},
	    {"oprf.1.1x", 32, 0600, OV_BADMSG}, {"oprf.1", 32, 0600, OV_BADMSG},
	    /* A file of a folder of credentials, as systemd names it. */
	    {"houder_oprf.1.1", 32, 0600, OV_OK},
	    {"houder_oprf.1.1", 31, 0600, OV_BADMSG},
	    {"houder_oprf.1.0", 32, 0600, OV_BADMSG},
	    {"tls.key", 5, 0600, OV_OK}};
	struct world *w = *state;
	struct ov_houder_keys *k;
	uint8_t bytes[33];
	int dir = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	size_t n;

	assert_true(dir >= 0);
	memset(bytes, 0x33, sizeof(bytes));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = openat(dir, cases[i].name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, bytes, cases[i].size),
		    (ssize_t)cases[i].size);
		assert_int_equal(fchmod(fd, cases[i].mode), 0);
		assert_int_equal(close(fd), 0);
		assert_int_equal(ov_houder_keys_new("voorbeeld", &k, NULL),
		    OV_OK);
		assert_int_equal(ov_houder_seeds(dir, k, &n, NULL),
		    cases[i].rc);
		if (cases[i].rc == OV_OK)
			assert_int_equal(n, cases[i].size == 32 ? 1 : 0);
		ov_houder_keys_free(k);
		assert_int_equal(unlinkat(dir, cases[i].name, 0), 0);
	}
	(void)close(dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_evaluate),
	    T(test_refusals_cost_nothing),
	    T(test_malformed_packets),
	    T(test_budget_race),
	    T(test_school_year),
	    T(test_repetition),
	    T(test_ceiling),
	    T(test_lines),
	    T(test_rate),
	    T(test_database_refused),
	    T(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
