/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of crypto/vault.h: messages opened and made, signatures of every kind,
 * generations, named keys, tags, and reading the credentials.
 */
#include "tests/unit/vault_fixture.h"

/* ---- messages ------------------------------------------------------ */

/* A compact token taken apart at its dots. */
static size_t
parts(const char *token, struct ov_view out[5])
{
	size_t n = 0;

	for (const char *p = token; n < 5; p++) {
		size_t len = strcspn(p, ".");

		out[n++] = (struct ov_view){(const uint8_t *)p, len};
		p += len;
		if (*p == '\0')
			break;
	}
	return n;
}

static size_t
b64u(struct ov_view v, uint8_t *out, size_t cap)
{
	size_t n;

	assert_int_equal(ov_b64u_dec((const char *)v.p, v.n, out, cap, &n),
	    OV_OK);
	return n;
}

/* The fields of a JWE for the encryption key 32 x 52 of B.  The ephemeral key
 * is the one member of the header that the test looks up. */
static struct ov_v_open
open_fields(const char *jwe, uint8_t *ct, size_t cap)
{
	struct ov_v_open q = {0};
	struct ov_view p[5], x;
	uint8_t header[512];
	const char *at;
	struct ov_secret32 sk;
	uint8_t pk[32];
	char kid[OV_KID + 1];
	size_t n;

	assert_int_equal(parts(jwe, p), 5);
	n = b64u(p[0], header, sizeof(header) - 1);
	header[n] = '\0';
	at = strstr((const char *)header, "\"x\":\"");
	assert_non_null(at);
	x = (struct ov_view){(const uint8_t *)at + 5, 43};
	assert_int_equal(b64u(x, q.epk, 32), 32);
	assert_int_equal(b64u(p[2], q.iv, 12), 12);
	assert_int_equal(b64u(p[4], q.tag, 16), 16);
	fill(&sk, 0x52, 32);
	assert_int_equal(ov_x25519_public(&sk, pk, NULL), OV_OK);
	assert_int_equal(ov_kid_x25519(pk, kid, NULL), OV_OK);
	assert_int_equal(b64u(ov_view_str(kid), q.kid, 32), 32);
	memcpy(q.from, A, 20);
	q.aad = p[0];
	q.ct = (struct ov_view){ct, b64u(p[3], ct, cap)};
	return q;
}

/* A.2 opens to its JWS; whatever is changed, there is one answer. */
static void
test_open(void **state)
{
	struct ov_vault *v = ready(B), *other = ready(A);
	uint8_t ct[2048];
	struct ov_v_open q = open_fields(figure("A.2 jwe"), ct, sizeof(ct)),
	                 bad;
	struct ov_v_text t;

	(void)state;
	assert_int_equal(ONE(v, OV_V_OPEN, open, &q, text, &t), OV_AGAIN);
	load_key(v, OV_KEY_ENC, 1788249600, 0x52);
	load_key(other, OV_KEY_ENC, 1788249600, 0x52);
	assert_int_equal(ONE(v, OV_V_OPEN, open, &q, text, &t), OV_OK);
	assert_true(ov_view_eq(t.text, figure("A.2 jws")));

#define NOT_OPEN(change, want)                                                 \
	do {                                                                   \
		bad = q;                                                       \
		change;                                                        \
		assert_int_equal(ONE(v, OV_V_OPEN, open, &bad, text, &t),      \
		    want);                                                     \
		assert_int_equal(t.text.n, 0);                                 \
	} while (0)
	NOT_OPEN(bad.kid[0] ^= 1, OV_AGAIN);
	NOT_OPEN(bad.epk[0] ^= 1, OV_BADSIG);
	NOT_OPEN(fill(bad.epk, 0, 32), OV_BADSIG);
	NOT_OPEN(bad.iv[11] ^= 1, OV_BADSIG);
	NOT_OPEN(bad.tag[15] ^= 1, OV_BADSIG);
	NOT_OPEN(bad.from[19] = '9', OV_BADSIG);
	NOT_OPEN(bad.from[19] = '\n', OV_BADMSG);
	NOT_OPEN(bad.aad.n--, OV_BADSIG);
	NOT_OPEN(bad.aad.n = 0, OV_BADSIG);
	NOT_OPEN(bad.ct.n--, OV_BADSIG);
	NOT_OPEN(bad.ct.n = 0, OV_BADSIG);
	NOT_OPEN(ct[7] ^= 1, OV_BADSIG);
	ct[7] ^= 1;
	/* The same key at another organisation: not for him. */
	assert_int_equal(ONE(other, OV_V_OPEN, open, &q, text, &t), OV_BADSIG);
	ov_vault_free(v);
	ov_vault_free(other);
}

/* Signing is deterministic: the JWS of A.2 comes out, the receiver opens the
 * JWE, and a second encryption has the same JWS and no new reference. */
static void
test_make(void **state)
{
	struct ov_vault *a = ready(A), *b = ready(B);
	struct ov_v_make q = {.mode = OV_MAKE_SIGN, .col = 2, .ver = 1};
	struct ov_v_made m, again;
	struct ov_v_open o;
	struct ov_v_text t;
	struct ov_view p[5];
	struct ov_secret32 sk, dek;
	struct ov_crypto *cr;
	uint8_t payload[1024], ct[2048], sha[32], salt[32], ref[32];
	OV_BUF blob = {0}, jwe = {0};
	char kid[OV_KID + 1];

	(void)state;
	assert_int_equal(parts(figure("A.2 jws"), p), 3);
	q.payload = (struct ov_view){payload,
	    b64u(p[1], payload, sizeof(payload))};
	fill(q.id, 0x95, 16);
	fill(q.jti, 0x71, 16);
	wrap_of(0x91, q.id, q.wrap);
	memcpy(q.to, B, 20);
	fill(&sk, 0x52, 32);
	assert_int_equal(ov_x25519_public(&sk, q.pk, NULL), OV_OK);
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &m), OV_BADMSG);
	assert_int_equal(ov_kid_x25519(q.pk, kid, NULL), OV_OK);
	assert_int_equal(b64u(ov_view_str(kid), q.kid, 32), 32);
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &m), OV_OK);
	assert_int_equal(b64u(ov_view_str(figure("A.2 sha256_jws")), sha, 32),
	    32);
	assert_memory_equal(m.sha_jws, sha, 32);
	assert_int_equal(ov_sha256(sha, m.jwe.p, m.jwe.n), OV_OK);
	assert_memory_equal(m.sha_jwe, sha, 32);
	fill(&dek, 0x91, 32);
	assert_int_equal(ov_crypto_new(&cr, NULL), OV_OK);
	assert_int_equal(ov_log_salt(cr, &dek, salt, NULL), OV_OK);
	ov_crypto_free(cr);
	assert_int_equal(ov_log_ref(salt, m.sha_jwe, q.jti, ref, NULL), OV_OK);
	assert_memory_equal(m.ref, ref, 32);
	ov_buf_add(&blob, m.blob.p, m.blob.n);
	ov_buf_add(&jwe, m.jwe.p, m.jwe.n);

	load_key(b, OV_KEY_ENC, 1, 0x52);
	o = open_fields(ov_buf_text(&jwe), ct, sizeof(ct));
	assert_int_equal(ONE(b, OV_V_OPEN, open, &o, text, &t), OV_OK);
	assert_true(ov_view_eq(t.text, figure("A.2 jws")));

	q.mode = OV_MAKE_AGAIN;
	q.payload = (struct ov_view){blob.p, blob.n};
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &again), OV_OK);
	assert_memory_equal(again.sha_jws, m.sha_jws, 32);
	assert_memory_not_equal(again.sha_jwe, m.sha_jwe, 32);
	assert_memory_equal(again.wrap, q.wrap, OV_WRAP);
	assert_true(sodium_is_zero(again.ref, 32));
	assert_int_equal(again.blob.n, 0);
	q.ver = 2;
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &again), OV_BADSIG);
	q.ver = 1;
	fill(q.wrap, 0, OV_WRAP);
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &again), OV_BADSIG);
	q.mode = 2;
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &again), OV_BADMSG);
	q.mode = OV_MAKE_SIGN;
	q.to[0] = 'a';
	assert_int_equal(ONE(a, OV_V_MAKE, make, &q, made, &again), OV_BADMSG);
	q.to[0] = '0';
	fill(q.pk, 0, 32); /* small order */
	assert_int_equal(ov_kid_x25519(q.pk, kid, NULL), OV_OK);
	assert_int_equal(b64u(ov_view_str(kid), q.kid, 32), 32);
	assert_int_not_equal(ONE(a, OV_V_MAKE, make, &q, made, &again), OV_OK);
	ov_vault_free(a);
	ov_vault_free(b);
}

/* The receipt of the figures, byte for byte, and its sealed copy. */
static void
test_receipt(void **state)
{
	struct ov_vault *v = ready(B);
	struct ov_v_receipt q = {.table = OV_T_BERICHT, .col = 3, .ver = 1};
	struct ov_v_receipted a;
	struct ov_v_read r = {.table = OV_T_BERICHT, .col = 3, .ver = 1};
	struct ov_v_text t;
	struct ov_view p[5];
	uint8_t payload[2048];
	OV_BUF blob = {0};

	(void)state;
	assert_int_equal(parts(figure("A.4 bon"), p), 3);
	q.payload = (struct ov_view){payload,
	    b64u(p[1], payload, sizeof(payload))};
	fill(q.id, 0x95, 16);
	wrap_of(0x91, q.id, q.wrap);
	assert_int_equal(ONE(v, OV_V_RECEIPT, receipt, &q, receipted, &a),
	    OV_OK);
	assert_true(ov_view_eq(a.jws, figure("A.4 bon")));
	ov_buf_add(&blob, a.blob.p, a.blob.n);
	memcpy(r.id, q.id, 16);
	memcpy(r.wrap, q.wrap, OV_WRAP);
	r.blob = (struct ov_view){blob.p, blob.n};
	assert_int_equal(ONE(v, OV_V_READ, read, &r, text, &t), OV_OK);
	assert_true(ov_view_eq(t.text, figure("A.4 bon")));
	q.id[0] ^= 1;
	assert_int_equal(ONE(v, OV_V_RECEIPT, receipt, &q, receipted, &a),
	    OV_BADSIG);
	assert_int_equal(a.jws.n, 0);
	q.table = OV_T_LEERLING;
	q.col = 0xffff;
	assert_int_equal(ONE(v, OV_V_RECEIPT, receipt, &q, receipted, &a),
	    OV_DENIED);
	ov_vault_free(v);
}

/* ---- log ----------------------------------------------------------- */

/* The bytes of signature line n of the figures' proof, key id included. */
static size_t
proof_signature(int n, uint8_t out[80])
{
	const char *p = figure("A.4 bewijs"), *end;
	size_t len;

	while (n-- >= 0)
		assert_non_null(p = strstr(p + 1, "\xe2\x80\x94 "));
	end = strchr(p, '\n');
	assert_non_null(end);
	for (p = end; p[-1] != ' '; p--)
		continue;
	assert_int_equal(ov_b64_dec(p, (size_t)(end - p), out, 80, &len),
	    OV_OK);
	return len;
}

static struct ov_v_head
head_a4(void)
{
	struct ov_v_head q = {.suffix = 1, .size = 2};

	assert_int_equal(ov_b64_exact(ov_view_str(figure("A.4 root2")), q.root,
	                     32),
	    OV_OK);
	return q;
}

/* The checkpoint of A.4; a lower size of the same log is never signed. */
static void
test_head(void **state)
{
	struct ov_vault *v = ready(B);
	struct ov_v_head q = head_a4();
	struct ov_v_sig a;
	uint8_t sig[80];

	(void)state;
	assert_int_equal(proof_signature(0, sig), 4 + 64);
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_OK);
	assert_memory_equal(a.sig, sig + 4, 64);
	q.root[0] ^= 1; /* a rolled-back commit: the size is used again */
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_OK);
	assert_memory_not_equal(a.sig, sig + 4, 64);
	q.size = 1;
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_DENIED);
	assert_true(sodium_is_zero(a.sig, 64));
	q.suffix = 2;
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_OK);
	q.suffix = 1;
	q.size = 3;
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_OK);
	q.size = 2;
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_DENIED);
	q.size = 0;
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_BADMSG);
	q.size = 9;
	q.suffix = 0;
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_BADMSG);
	for (q.suffix = 3; q.suffix <= 16; q.suffix++)
		assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_OK);
	assert_int_equal(ONE(v, OV_V_HEAD, head, &q, sig, &a), OV_NOSPACE);
	ov_vault_free(v);
}

/* The cosignature of A.4; never of one's own log, never of a name that is
 * not an OIN. */
static void
test_cosign(void **state)
{
	struct ov_vault *v = ready(A);
	struct ov_v_head h = head_a4();
	struct ov_v_cosign q = {.suffix = 1, .size = 2, .time = 1788249660};
	struct ov_v_sig a;
	uint8_t sig[80];

	(void)state;
	assert_int_equal(proof_signature(1, sig), 4 + 8 + 64);
	memcpy(q.oin, B, 20);
	memcpy(q.root, h.root, 32);
	assert_int_equal(ONE(v, OV_V_COSIGN, cosign, &q, sig, &a), OV_OK);
	assert_memory_equal(a.sig, sig + 12, 64);
	q.oin[5] = '\n';
	assert_int_equal(ONE(v, OV_V_COSIGN, cosign, &q, sig, &a), OV_BADMSG);
	memcpy(q.oin, A, 20);
	assert_int_equal(ONE(v, OV_V_COSIGN, cosign, &q, sig, &a), OV_DENIED);
	memcpy(q.oin, B, 20);
	q.time = UINT64_MAX;
	assert_int_equal(ONE(v, OV_V_COSIGN, cosign, &q, sig, &a), OV_BADMSG);
	ov_vault_free(v);
}

/* Each kind has its own typ; a message or a receipt is not among them. */
static void
test_statement(void **state)
{
	static const char *const typ[] = {NULL, "overstap-sleutels+jws",
	    "overstap-afstemming+jws", "overstap-oprf-vraag+jws",
	    "overstap-oprf-sleutels+jws", "overstap-contacten+jws"};
	struct ov_vault *v = ready(B);
	struct ov_v_statement q = {.payload = ov_view_str("{\"v\":1}")};
	struct ov_v_text a;
	struct ov_view p[5];
	uint8_t header[256], sig[64], pk[32];
	struct ov_secret32 seed;
	struct ov_secret64 sk;
	char want[256];
	size_t n;

	(void)state;
	fill(&seed, 0x42, 32);
	assert_int_equal(ov_ed25519_keys(&seed, &sk, pk, NULL), OV_OK);
	for (int kind = 0; kind < 256; kind++) {
		OV_BUF jws = {0};

		q.kind = (uint8_t)kind;
		if (kind < 1 || kind > 5) {
			assert_int_equal(ONE(v, OV_V_STATEMENT, statement, &q,
			                     text, &a),
			    OV_BADMSG);
			continue;
		}
		assert_int_equal(ONE(v, OV_V_STATEMENT, statement, &q, text,
		                     &a),
		    OV_OK);
		ov_buf_add(&jws, a.text.p, a.text.n);
		assert_int_equal(parts(ov_buf_text(&jws), p), 3);
		n = b64u(p[0], header, sizeof(header) - 1);
		header[n] = '\0';
		(void)snprintf(want, sizeof(want),
		    "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"%s\"}",
		    figure("kid_B"), typ[kind]);
		assert_string_equal((char *)header, want);
		assert_int_equal(b64u(p[2], sig, 64), 64);
		assert_int_equal(ov_ed25519_verify(pk, p[0].p,
		                     p[0].n + 1 + p[1].n, sig),
		    OV_OK);
	}
	ov_vault_free(v);
}

/* ---- keys ---------------------------------------------------------- */

/* A rotation: new generation, rewrap, switch, drop; then the old wrap is
 * nothing any more. */
static void
test_rotation(void **state)
{
	struct ov_vault *v = ready(B), *next;
	struct ov_v_wrapped a, b, x;
	struct ov_v_rewrap q = {.from = GEN, .to = 8};
	struct ov_v_receipt r = {.table = OV_T_BERICHT};
	struct ov_v_receipted d;

	(void)state;
	wrap_of(0x91, q.id, q.wrap);
	assert_int_equal(ONE(v, OV_V_REWRAP, rewrap, &q, wrapped, &b),
	    OV_AGAIN);
	assert_int_equal(kek(v, OV_KEK_USE, 8, NULL, &a), OV_AGAIN);
	assert_int_equal(kek(v, OV_KEK_NEW, GEN, NULL, &a), OV_DENIED);
	assert_int_equal(kek(v, OV_KEK_NEW, 8, NULL, &a), OV_OK);
	assert_int_equal(ONE(v, OV_V_REWRAP, rewrap, &q, wrapped, &b), OV_OK);
	q.from = 8;
	assert_int_equal(ONE(v, OV_V_REWRAP, rewrap, &q, wrapped, &x),
	    OV_BADSIG);
	assert_int_equal(kek(v, OV_KEK_DROP, GEN, NULL, &x), OV_DENIED);
	/* Both generations open until the old one goes. */
	memcpy(r.wrap, b.wrap, OV_WRAP);
	assert_int_equal(ONE(v, OV_V_RECEIPT, receipt, &r, receipted, &d),
	    OV_OK);
	assert_int_equal(kek(v, OV_KEK_USE, 8, NULL, &x), OV_OK);
	memcpy(r.wrap, q.wrap, OV_WRAP);
	assert_int_equal(ONE(v, OV_V_RECEIPT, receipt, &r, receipted, &d),
	    OV_OK);
	assert_int_equal(kek(v, OV_KEK_DROP, GEN, NULL, &x), OV_OK);
	assert_int_equal(ONE(v, OV_V_RECEIPT, receipt, &r, receipted, &d),
	    OV_BADSIG);
	assert_int_equal(kek(v, 9, 8, NULL, &x), OV_BADMSG);
	/* After a restart the blob is what brings the generation back, under
	 * its own number only. */
	next = fresh(B);
	hello(next, B);
	assert_int_equal(kek(next, OV_KEK_LOAD, 9, a.wrap, &x), OV_BADSIG);
	assert_int_equal(kek(next, OV_KEK_LOAD, 8, a.wrap, &x), OV_OK);
	assert_int_equal(kek(next, OV_KEK_USE, 8, NULL, &x), OV_OK);
	memcpy(r.wrap, b.wrap, OV_WRAP);
	assert_int_equal(ONE(next, OV_V_RECEIPT, receipt, &r, receipted, &d),
	    OV_OK);
	for (uint32_t gen = 20; gen < 23; gen++)
		assert_int_equal(kek(next, OV_KEK_NEW, gen, NULL, &a), OV_OK);
	assert_int_equal(kek(next, OV_KEK_NEW, 23, NULL, &a), OV_NOSPACE);
	ov_vault_free(v);
	ov_vault_free(next);
}

/* Named keys: made, loaded, not loaded as another, dropped with what was
 * derived from them. */
static void
test_named_keys(void **state)
{
	struct ov_vault *v = ready(A);
	struct ov_v_keyed a, b;
	struct ov_v_key q = {.op = OV_KEY_LOAD,
	    .kind = OV_KEY_LINK,
	    .number = 4};

	(void)state;
	assert_int_equal(key(v, OV_KEY_NEW, OV_KEY_ENC, 10, 0, &a), OV_OK);
	assert_false(sodium_is_zero(a.kid, 32));
	assert_int_equal(key(v, OV_KEY_NEW, OV_KEY_ENC, 10, 0, &b), OV_DENIED);
	assert_int_equal(key(v, OV_KEY_LOAD, OV_KEY_ENC, 10, 0x52, &b),
	    OV_DENIED);
	assert_int_equal(key(v, OV_KEY_DROP, OV_KEY_ENC, 10, 0, &b), OV_OK);
	assert_int_equal(key(v, OV_KEY_LOAD, OV_KEY_ENC, 10, 0x52, &b), OV_OK);
	assert_int_equal(key(v, OV_KEY_LOAD, OV_KEY_ENC, 10, 0x52, &b), OV_OK);
	assert_memory_not_equal(a.pk, b.pk, 32);
	assert_int_equal(key(v, OV_KEY_NEW, OV_KEY_INDEX, 10, 0, &a), OV_OK);
	assert_true(sodium_is_zero(a.pk, 32));
	assert_false(sodium_is_zero(a.wrap, OV_WRAP));
	/* A record's wrap is not a key, whatever it is called. */
	fill(q.id, 0x95, 16);
	wrap_of(0x91, q.id, q.wrap);
	assert_int_equal(ONE(v, OV_V_KEY, key, &q, keyed, &a), OV_DENIED);
	q.kind = 6;
	assert_int_equal(ONE(v, OV_V_KEY, key, &q, keyed, &a), OV_BADMSG);
	q.kind = 0;
	assert_int_equal(ONE(v, OV_V_KEY, key, &q, keyed, &a), OV_BADMSG);
	assert_int_equal(key(v, 4, OV_KEY_REF, 0, 0, &a), OV_BADMSG);
	/* The table has an end. */
	for (uint64_t n = 100; n < 100 + 254; n++)
		assert_int_equal(key(v, OV_KEY_NEW, OV_KEY_CACHE, n, 0, &a),
		    OV_OK);
	assert_int_equal(key(v, OV_KEY_NEW, OV_KEY_CACHE, 99, 0, &a),
	    OV_NOSPACE);
	ov_vault_free(v);
}

/* K_AB goes with the link key of its epoch, and the table has an end. */
static void
test_links(void **state)
{
	struct ov_vault *v = ready(A);
	struct ov_v_pid p = {.partner = 5, .ep = 1};
	struct ov_v_pidded a;
	struct ov_v_keyed k;

	(void)state;
	load_key(v, OV_KEY_LINK, 1, 0x31);
	assert_int_equal(link_with(v, 5, B, 0x32), OV_OK);
	assert_int_equal(ONE(v, OV_V_PID, pid, &p, pidded, &a), OV_BADSIG);
	assert_int_equal(key(v, OV_KEY_DROP, OV_KEY_LINK, 1, 0, &k), OV_OK);
	assert_int_equal(ONE(v, OV_V_PID, pid, &p, pidded, &a), OV_AGAIN);
	load_key(v, OV_KEY_LINK, 1, 0x31);
	for (uint32_t n = 3072; n > 0; n--)
		assert_int_equal(link_with(v, n, B, 0x32), OV_OK);
	assert_int_equal(link_with(v, 3073, B, 0x32), OV_NOSPACE);
	assert_int_equal(link_with(v, 17, B, 0x31), OV_OK);
	ov_vault_free(v);
}

/* Tags are functions of all they are about. */
static void
test_tags(void **state)
{
	struct ov_vault *v = ready(A);
	struct ov_v_tag q = {.kind = OV_TAG_CACHE,
	    .ep = 1,
	    .data = ov_view_str("123456782")};
	struct ov_v_tagged a, b;
	struct ov_secret32 k;
	uint8_t want[16], mac[32];

	(void)state;
	memcpy(q.domain, B, 20);
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &a), OV_AGAIN);
	load_key(v, OV_KEY_CACHE, 1, 0x97);
	load_key(v, OV_KEY_REF, 0, 0x98);
	fill(&k, 0x97, 32);
	assert_int_equal(ov_cache_tag(&k, B, "123456782", want, NULL), OV_OK);
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &a), OV_OK);
	assert_memory_equal(a.tag, want, 16);
	q.data.n = 8;
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &b), OV_BADMSG);
	q.data = ov_view_str("12345678x");
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &b), OV_BADMSG);
	q.kind = OV_TAG_REF;
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &b), OV_OK);
	fill(&k, 0x98, 32);
	assert_int_equal(ov_hmac256(k.b, 32,
	                     "overstapd/ref/v1\0"
	                     "12345678x",
	                     26, mac, NULL),
	    OV_OK);
	assert_memory_equal(b.tag, mac, 16);
	q.data.n = 0;
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &b), OV_BADMSG);
	q.data = ov_view_str("0123456789012345678901234567890123456789"
	                     "0123456789012345678901234");
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &b), OV_BADMSG);
	q.kind = 2;
	assert_int_equal(ONE(v, OV_V_TAG, tag, &q, tagged, &b), OV_BADMSG);
	ov_vault_free(v);
}

/* ---- credentials --------------------------------------------------- */

static void
put(int dir, const char *name, uint8_t c, size_t n, mode_t mode)
{
	uint8_t seed[33];
	int fd;

	memset(seed, c, sizeof(seed));
	(void)unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, seed, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

/* Four files of 32 bytes that are ours alone, or no vault. */
static void
test_load(void **state)
{
	static const char *const names[] = {"identity", "log", "witness",
	    "kek-root"};
	const struct ov_vault_conf conf = {B, "voorbeeld", "overstap.nl"};
	struct ov_vault *v;
	char path[] = "/tmp/ov-vault-XXXXXX";
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(ov_vault_load(dir, &conf, &v, NULL), OV_SYS);
	assert_null(v);
	for (uint8_t i = 0; i < 4; i++)
		put(dir, names[i], i, 32, 0600);
	assert_int_equal(ov_vault_load(dir, &conf, &v, NULL), OV_OK);
	hello(v, B);
	ov_vault_free(v);
	for (uint8_t i = 0; i < 4; i++) {
		put(dir, names[i], i, 31, 0600);
		assert_int_equal(ov_vault_load(dir, &conf, &v, NULL),
		    OV_BADMSG);
		put(dir, names[i], i, 33, 0600);
		assert_int_equal(ov_vault_load(dir, &conf, &v, NULL),
		    OV_BADMSG);
		put(dir, names[i], i, 32, 0604);
		assert_int_equal(ov_vault_load(dir, &conf, &v, NULL),
		    OV_DENIED);
		assert_null(v);
		put(dir, names[i], i, 32, 0600);
	}
	put(dir, "log", 0, 32, 0600); /* the identity key again */
	assert_int_equal(ov_vault_load(dir, &conf, &v, NULL), OV_BADMSG);
	for (uint8_t i = 0; i < 4; i++)
		(void)unlinkat(dir, names[i], 0);
	(void)close(dir);
	(void)rmdir(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_make),
	    cmocka_unit_test(test_receipt),
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_cosign),
	    cmocka_unit_test(test_statement),
	    cmocka_unit_test(test_rotation),
	    cmocka_unit_test(test_named_keys),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
