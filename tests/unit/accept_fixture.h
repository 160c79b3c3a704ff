/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/accept_fixture.h - store_world.h with a partner whose messages
 * come as packets into the real store role with a real vault: sealed with its
 * own identity, whatever stands in them, and what net was told.
 */
#ifndef OV_TESTS_ACCEPT_FIXTURE_H
#define OV_TESTS_ACCEPT_FIXTURE_H

#include "tests/unit/store_world.h"

#include "crypto/jose.h"
#include "daemon/store/netc.h"
#include "protocol/claims.h"
#include "protocol/json.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif
#define ANSWERS 64

/* What net was told. */
static struct {
	uint64_t conn, stream;
	uint16_t status;
	char code[48];
	uint8_t body[32];         /* SHA-256 */
	char pad[200], reden[24]; /* the first of "fouten" */
} got[ANSWERS];
static size_t ngot;

static void
keep(char *out, size_t size, const json_t *fout, const char *lid)
{
	const char *s = json_string_value(json_object_get(fout, lid));

	(void)snprintf(out, size, "%s", s != NULL ? s : "");
}

static inline enum ov_rc
answer_net(void *ctx, const void *p, size_t n, struct ov_err *e)
{
	struct ov_view pkt = {p, n};
	struct ov_n_answer a;
	struct ov_pkr k;
	uint16_t type;
	uint64_t ref;
	json_t *j, *f;

	(void)ctx;
	assert_int_equal(ov_pk_peek(pkt, &type, &ref, e), OV_OK);
	if (type != OV_N_ANSWER)
		return OV_OK;
	assert_true(ngot < ANSWERS);
	assert_int_equal(ov_pkr_begin(&k, pkt, type, &ov_n_answer_rec, e),
	    OV_OK);
	assert_int_equal(ov_pkr_next(&k, &a, e), OV_OK);
	got[ngot].conn = a.conn;
	got[ngot].stream = a.stream;
	got[ngot].status = a.status;
	assert_int_equal(ov_sha256(got[ngot].body, a.body.p, a.body.n), OV_OK);
	got[ngot].code[0] = '\0';
	got[ngot].pad[0] = got[ngot].reden[0] = '\0';
	if (a.status >= 400) {
		j = json_loadb((const char *)a.body.p, a.body.n, 0, NULL);
		assert_non_null(j);
		(void)snprintf(got[ngot].code, sizeof(got[ngot].code), "%s",
		    json_string_value(json_object_get(j, "type")) +
		        sizeof("urn:overstap:fout:") - 1);
		f = json_array_get(json_object_get(j, "fouten"), 0);
		keep(got[ngot].pad, sizeof(got[ngot].pad), f, "pad");
		keep(got[ngot].reden, sizeof(got[ngot].reden), f, "reden");
		json_decref(j);
	}
	ngot++;
	return OV_OK;
}

/* ---- the partner ---- */

static inline void
packet(uint16_t type, const struct ov_rec *rec, const void *record)
{
	struct ov_pkw o = {0};

	ov_pkw_begin(&o, type, 1, rec, 1);
	ov_pkw_put(&o, record);
	assert_int_equal(ov_pkw_end(&o, NULL), OV_OK);
	assert_int_equal(ov_store_net_packet(w.st,
	                     (struct ov_view){o.b.p, o.b.n}, NULL),
	    OV_OK);
	ov_buf_free(&o.b);
}

static inline void
connected(uint64_t conn)
{
	struct ov_n_peer p = {.conn = conn,
	    .roots = 1,
	    .nbf = 1,
	    .naf = (uint64_t)ov_now(w.st) + 86400};
	const struct ov_lid *lid;
	struct ov_oin oin;

	assert_int_equal(ov_oin_parse(ov_view_str(PEER), &oin), OV_OK);
	lid = ov_book_oin(w.st->boek, &oin);
	assert_non_null(lid);
	memcpy(p.spki, lid->client[0], 32);
	memcpy(p.serial, PEER, 20);
	packet(OV_N_PEER, &ov_n_peer_rec, &p);
}

/* A message of the partner, sealed for us: c->srt, c->has_pid and what else is
 * not zero are as given; content is the text of `inhoud`. */
static inline void
message_of(struct ov_claims *c, struct ov_view content, struct ov_buf *jwe)
{
	OV_BUF payload = {0}, jws = {0};
	struct ov_secret64 sk;
	struct ov_crypto *cr;
	uint8_t pk[32], enc[32];
	sqlite3_stmt *q;
	bool row;

	if (c->iss.s[0] == '\0')
		assert_int_equal(ov_oin_parse(ov_view_str(PEER), &c->iss),
		    OV_OK);
	c->aud = w.st->self;
	c->iat = ov_now(w.st);
	c->exp = c->iat + 86400;
	c->ep = c->ep == 0 ? 1 : c->ep;
	assert_int_equal(ov_claims_compose(&payload, c, content, NULL), OV_OK);
	world_peer(pk, sk.b);
	assert_int_equal(ov_os1_sign(&sk, OV_SIGN_BERICHT, payload.p, payload.n,
	                     &jws, NULL),
	    OV_OK);
	assert_int_equal(ov_db_q(w.st->db, &q, NULL,
	                     "SELECT pk FROM sleutel_naam WHERE soort=?1"
	                     " ORDER BY nummer DESC",
	                     "i", (int64_t)OV_KEY_ENC),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, NULL), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_fix(q, 0, enc, 32, NULL), OV_OK);
	ov_db_done(w.st->db, q);
	assert_int_equal(ov_crypto_new(&cr, NULL), OV_OK);
	assert_int_equal(ov_os1_seal(cr, enc, PEER, SELF, jws.p, jws.n, jwe,
	                     NULL),
	    OV_OK);
	ov_crypto_free(cr);
}

static inline void
post_claims(uint64_t conn, uint64_t stream, struct ov_claims *c,
    struct ov_view content)
{
	struct ov_n_request r = {.conn = conn,
	    .stream = stream,
	    .route = OV_R_BERICHT};
	OV_BUF jwe = {0};

	message_of(c, content, &jwe);
	r.body = (struct ov_view){jwe.p, jwe.n};
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
}

static inline void
is(uint64_t stream, uint16_t status, const char *code)
{
	for (size_t i = 0; i < ngot; i++) {
		if (got[i].stream != stream)
			continue;
		assert_string_equal(got[i].code, code);
		assert_int_equal(got[i].status, status);
		return;
	}
	fail_msg("no answer to stream %llu", (unsigned long long)stream);
}

static inline int64_t
stored(void)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL,
	                     "SELECT count(*) FROM bericht", ""),
	    OV_OK);
	return n;
}

#endif
