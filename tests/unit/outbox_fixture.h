/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/outbox_fixture.h - a real store role with a real vault, two
 * partners and a net that is this file: what is sent is kept, and the tests
 * decide what comes back.
 */
#ifndef OV_TESTS_OUTBOX_FIXTURE_H
#define OV_TESTS_OUTBOX_FIXTURE_H

#include "tests/unit/vault_fixture.h"

/* crypto/oprf.h and protocol/manifest.h each bring this name. */

#include "daemon/store/deliver.h"
#include "protocol/bundle.h"
#include "protocol/receipt.h"

#define C_OIN "00000099000000003000"
#define PARTNERS 2 /* B answers with real keys, C never gave a bundle */
#define SENT_MAX 256
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const states[] = {"OPGESTELD", "WACHT-OP-PSEUDONIEM",
    "KLAAR", "ONDERWEG", "AFGELEVERD", "GEWEIGERD", "VERLOPEN", "INGETROKKEN",
    "GEEN-ONTVANGER"};

static struct {
	char dir[64];
	struct ov_daemon_conf conf;
	struct ov_loop *loop;
	struct ov_vault *a, *b;
	struct ov_store *st;
	struct ov_adresboek book;
	struct ov_lid lid[PARTNERS];
	struct ov_book_epoch epoch;
	int64_t id[PARTNERS]; /* rows of table partner */
	uint8_t random;       /* what the next random bytes are made of */
	struct {
		uint64_t ref;
		uint32_t partner;
		bool post;
		uint8_t sha[32]; /* of the body */
	} sent[SENT_MAX];
	size_t nsent;
	bool full; /* net takes nothing more */
} W;

/* ---- the world ---- */

static inline enum ov_rc
call_vault(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	enum ov_rc rc = ov_vault_call(ctx, req, &r->buf, e);

	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

static inline enum ov_rc
net(void *ctx, const void *p, size_t n, struct ov_err *e)
{
	struct ov_view pkt = {p, n};
	struct ov_n_fetch f;
	struct ov_pkr k;
	uint16_t type;
	uint64_t ref;

	(void)ctx;
	assert_int_equal(ov_pk_peek(pkt, &type, &ref, NULL), OV_OK);
	if (type != OV_N_FETCH)
		return OV_OK;
	if (W.full)
		return ov_fail(e, OV_AGAIN, "queue full");
	assert_in_range(W.nsent, 0, SENT_MAX - 1);
	assert_int_equal(ov_pkr_begin(&k, pkt, OV_N_FETCH, &ov_n_fetch_rec,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_pkr_next(&k, &f, NULL), OV_OK);
	W.sent[W.nsent].ref = ref;
	W.sent[W.nsent].partner = f.partner;
	W.sent[W.nsent].post = f.method == 1;
	assert_int_equal(ov_sha256(W.sent[W.nsent].sha, f.body.p, f.body.n),
	    OV_OK);
	W.nsent++;
	return OV_OK;
}

static inline void
random_bytes(void *p, size_t n)
{
	static uint64_t count;
	uint8_t *b = p;

	count++;
	memset(b, W.random, n);
	/* ids differ, also where a test holds the dice */
	for (size_t i = 8; i < n && i < 16; i++)
		b[i] = (uint8_t)(count >> (8 * (i - 8)));
}

static inline void
fatal(void *ctx)
{
	(void)ctx;
	fail_msg("the role wants to stop");
}

static inline void
member(size_t i, const char *oin, const char *url)
{
	struct ov_lid *l = &W.lid[i];

	assert_int_equal(ov_oin_parse(ov_view_str(oin), &l->oin), OV_OK);
	l->naam = "Organisatie";
	l->status = OV_LID_ACTIEF;
	l->url = url;
	l->host = "overstap.example";
	l->port = 443;
	l->nserver = 1;
}

static inline void
book(void)
{
	struct ov_v_hello q;
	struct ov_v_self s;

	member(0, B, "https://b.overstap.example");
	member(1, C_OIN, "https://c.overstap.example");
	memcpy(q.oin, B, 20);
	assert_int_equal(ONE(W.b, OV_V_HELLO, hello, &q, self, &s), OV_OK);
	memcpy(W.lid[0].id, s.id_pk, 32);
	memcpy(W.lid[0].id_thumb, s.id_kid, 32);
	memcpy(W.lid[0].log, s.log_pk, 32);
	W.epoch = (struct ov_book_epoch){.ep = 1,
	    .status = OV_EPOCH_ACTIEF,
	    .van = 1};
	(void)snprintf(W.book.regio, sizeof(W.book.regio), "voorbeeld");
	W.book.versie = 1;
	W.book.geldig_tot = ov_now(W.st) + (int64_t)30 * 86400;
	W.book.logdomein = "overstap.nl";
	W.book.nlid = PARTNERS;
	W.book.lid = W.lid;
	W.book.nepoch = 1;
	W.book.epoch = &W.epoch;
	W.st->boek = &W.book;
	for (size_t i = 0; i < PARTNERS; i++)
		assert_int_equal(ov_partner_id(W.st, &W.lid[i].oin, &W.id[i],
		                     NULL),
		    OV_OK);
}

static inline void
sign(enum ov_statement kind, const struct ov_buf *payload, struct ov_buf *jws)
{
	struct ov_v_statement q = {.kind = (uint8_t)kind,
	    .payload = {payload->p, payload->n}};
	struct ov_v_text a;

	assert_int_equal(ONE(W.b, OV_V_STATEMENT, statement, &q, text, &a),
	    OV_OK);
	ov_buf_add(jws, a.text.p, a.text.n);
}

/* B's bundle with a new encryption key, as its JWS. */
static inline void
bundle(uint64_t versie, struct ov_buf *jws)
{
	OV_BUF payload = {0};
	struct ov_bundle u = {.versie = versie,
	    .iat = ov_now(W.st),
	    .exp = ov_now(W.st) + 6 * 86400,
	    .nenc = 1,
	    .nlink = 1,
	    .oorsprong = 1,
	    .adresboek = 1};
	static struct ov_v_keyed link;
	struct ov_v_keyed enc;

	u.iss = W.lid[0].oin;
	u.enc[0].nbf = u.iat - 3600 + (int64_t)versie;
	u.enc[0].exp = u.exp;
	assert_int_equal(key(W.b, OV_KEY_NEW, OV_KEY_ENC,
	                     (uint64_t)u.enc[0].nbf, 0, &enc),
	    OV_OK);
	memcpy(u.enc[0].x, enc.pk, 32);
	memcpy(u.enc[0].kid, enc.kid, 32);
	if (versie == 1)
		assert_int_equal(key(W.b, OV_KEY_NEW, OV_KEY_LINK, 1, 0, &link),
		    OV_OK);
	u.link[0].ep = 1;
	memcpy(u.link[0].x, link.pk, 32);
	assert_int_equal(ov_bundle_compose(&payload, &u, NULL), OV_OK);
	sign(OV_ST_BUNDLE, &payload, jws);
}

static inline int
world(void **state)
{
	struct ov_store_env env = {.conf = &W.conf,
	    .vault = call_vault,
	    .net = net,
	    .random = random_bytes,
	    .fatal = fatal};
	struct ov_err e = {0};
	OV_BUF jws = {0};

	(void)state;
	memset(&W, 0, sizeof(W));
	ov_log_level(OV_LOG_ERROR);
	(void)snprintf(W.dir, sizeof(W.dir), "/tmp/ov-outbox-XXXXXX");
	assert_non_null(mkdtemp(W.dir));
	(void)snprintf(W.conf.oin, sizeof(W.conf.oin), "%s", A);
	W.conf.regio = strdup("voorbeeld");
	W.conf.logdomein = strdup("overstap.nl");
	W.conf.rate = 100;
	W.conf.burst = 100;
	assert_int_equal(ov_loop_new(&W.loop, NULL), OV_OK);
	W.a = fresh(A);
	W.b = ready(B);
	env.loop = W.loop;
	env.state = W.dir;
	env.vault_ctx = W.a;
	if (ov_store_new(&env, &W.st, &e) != OV_OK)
		fail_msg("%s", e.msg);
	ov_store_net_up(W.st);
	book();
	bundle(1, &jws);
	assert_int_equal(ov_bundel_take(W.st, &W.lid[0],
	                     (struct ov_view){jws.p, jws.n}, &e),
	    OV_OK);
	W.nsent = 0;
	return 0;
}

static inline int
world_end(void **state)
{
	static const char *const names[] = {"main.db", "main.db-wal",
	    "main.db-shm", "sleutels/kek.1", "sleutels/CACHEDIR.TAG",
	    "sleutels"};
	char path[160];

	(void)state;
	W.st->boek = NULL; /* it is ours */
	ov_store_net_down(W.st);
	ov_store_free(W.st);
	ov_loop_free(W.loop);
	ov_vault_free(W.a);
	ov_vault_free(W.b);
	ov_daemon_conf_free(&W.conf);
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", W.dir, names[i]);
		(void)remove(path);
	}
	assert_int_equal(rmdir(W.dir), 0);
	return 0;
}

/* ---- looking and acting ---- */

static inline int64_t
ask(const char *sql, int64_t nr)
{
	sqlite3_stmt *q;
	int64_t v = -1;
	bool row;

	assert_int_equal(ov_db_q(W.st->db, &q, NULL, sql, "i", nr), OV_OK);
	assert_int_equal(ov_db_next(W.st->db, q, &row, NULL), OV_OK);
	if (row && !ov_db_null(q, 0))
		v = ov_db_i64(q, 0);
	ov_db_done(W.st->db, q);
	return v;
}

static inline void
word(const char *sql, int64_t nr, char out[64])
{
	sqlite3_stmt *q;
	bool row;

	assert_int_equal(ov_db_q(W.st->db, &q, NULL, sql, "i", nr), OV_OK);
	assert_int_equal(ov_db_next(W.st->db, q, &row, NULL), OV_OK);
	assert_true(row);
	(void)snprintf(out, 64, "%s", ov_db_text(q, 0));
	ov_db_done(W.st->db, q);
}

static inline void
is(int64_t nr, const char *stand, const char *fout)
{
	char s[64], f[64];

	word("SELECT stand FROM uitgaand WHERE nr=?1", nr, s);
	word("SELECT ifnull(fout,'') FROM uitgaand WHERE nr=?1", nr, f);
	assert_string_equal(s, stand);
	assert_string_equal(f, fout);
}

static inline int64_t
due(int64_t nr)
{
	return ask("SELECT due FROM uitgaand WHERE nr=?1", nr);
}

/* A row of this state, without pupil, as the table's rules want it. */
static inline void
force(int64_t nr, const char *stand)
{
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE uitgaand SET stand=?2,fout=CASE WHEN"
	                     " ?2='AFGELEVERD' THEN 'vernietigd' END,due=0,"
	                     "seq=coalesce(seq,1000+nr) WHERE nr=?1",
	                     "it", nr, stand),
	    OV_OK);
}

static inline int64_t
submit(size_t to)
{
	static const char text[] = "{\"opmerking\":\"test\"}";
	struct ov_submit s = {.to = &W.lid[to],
	    .srt = "ontvangst",
	    .rol = "mbo",
	    .inhoud = {(const uint8_t *)text, sizeof(text) - 1}};
	int64_t nr;

	assert_int_equal(ov_tx_begin(W.st, NULL), OV_OK);
	assert_int_equal(ov_submit(W.st, &s, &nr, NULL), OV_OK);
	assert_int_equal(ov_tx_commit(W.st, NULL), OV_OK);
	return nr;
}

static inline void
stop(struct ov_loop *loop, void *arg)
{
	(void)arg;
	ov_loop_stop(loop);
}

/* The role's own turns, until nothing more is asked of the loop at once. */
static inline void
turns(int n)
{
	while (n-- > 0) {
		ov_deliver_kick(W.st);
		assert_int_equal(ov_loop_defer(W.loop, stop, &W, NULL), OV_OK);
		assert_int_equal(ov_loop_run(W.loop, NULL), OV_OK);
	}
}

static inline enum ov_rc
make(size_t to)
{
	size_t made;

	return ov_deliver_make(W.st, &W.lid[to], W.id[to], &made, NULL);
}

static inline enum ov_rc
send(size_t to)
{
	return ov_deliver_send(W.st, &W.lid[to], W.id[to], NULL);
}

/* Submitted, signed and sent; under way. */
static inline int64_t
under_way(void)
{
	int64_t nr = submit(0);

	assert_int_equal(make(0), OV_OK);
	assert_int_equal(send(0), OV_OK);
	is(nr, "ONDERWEG", "");
	assert_true(ov_deliver_is_flying(W.st, nr));
	return nr;
}

/* The answer to the i-th request; not judged yet. */
static inline void
land(size_t i, uint16_t status, struct ov_view body)
{
	struct ov_n_result r = {.status = status, .body = body};
	struct ov_pkw w = {0};

	assert_true(i < W.nsent);
	ov_pkw_begin(&w, OV_N_RESULT, W.sent[i].ref, &ov_n_result_rec, 1);
	ov_pkw_put(&w, &r);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	assert_int_equal(ov_store_net_packet(W.st,
	                     (struct ov_view){w.b.p, w.b.n}, NULL),
	    OV_OK);
	ov_buf_free(&w.b);
}

static inline void
land_code(size_t i, enum ov_fout f, const char *members)
{
	OV_BUF b = {0};

	ov_fout_problem_raw(&b, f, ov_view_str(members));
	assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
	land(i, (uint16_t)ov_fout_status(f), (struct ov_view){b.p, b.n});
}

static inline void
judge(void)
{
	assert_int_equal(ov_deliver_judge(W.st, NULL), OV_OK);
}

static inline int
reply_free(void **state)
{
	(void)state;
	ov_buf_free(&reply);
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, world, world_end)

#endif
