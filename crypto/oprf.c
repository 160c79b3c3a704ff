/* SPDX-License-Identifier: EUPL-1.2 */
/* RFC 9497, ristretto255-SHA512, over libsodium.
 *
 * libsodium gives the group, its one-way map and the scalars; hashing to both
 * (RFC 9380 5.3.1), the proof and the canonical checks are ours.
 */
#include "crypto/oprf.h"

#include <string.h>

#include <sodium.h>

#define CTX_LEN 28 /* "OPRFV1-", mode, "-ristretto255-SHA512" */
#define DST_MAX 64

_Static_assert(OV_OPRF_ELEMENT == crypto_core_ristretto255_BYTES, "element");
_Static_assert(crypto_core_ristretto255_SCALARBYTES == 32, "scalar");
_Static_assert(crypto_core_ristretto255_HASHBYTES == 64, "hash");

/* The group order L, little-endian. */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12,
    0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0x10};

struct dst {
	uint8_t b[DST_MAX];
	uint8_t n;
};

/* prefix, then the context string of the mode. */
static struct dst
dst_of(const char *prefix, enum ov_oprf_mode mode)
{
	static const char suite[] = "-ristretto255-SHA512";
	struct dst d = {{0}, 0};
	size_t n = strlen(prefix);

	memcpy(d.b, prefix, n);
	memcpy(d.b + n, "OPRFV1-", 7);
	d.b[n + 7] = (uint8_t)mode;
	memcpy(d.b + n + 8, suite, sizeof(suite) - 1);
	d.n = (uint8_t)(n + CTX_LEN);
	return d;
}

/* A SHA-512 that remembers whether any step failed. */
struct hash {
	crypto_hash_sha512_state st;
	bool bad;
};

static void
hash_wipe(struct hash *h)
{
	sodium_memzero(h, sizeof(*h));
}
#define HASH __attribute__((cleanup(hash_wipe))) struct hash

static void
hash_begin(struct hash *h)
{
	h->bad = crypto_hash_sha512_init(&h->st) != 0;
}

static void
hash_put(struct hash *h, const void *p, size_t n)
{
	if (crypto_hash_sha512_update(&h->st, p, n) != 0)
		h->bad = true;
}

/* I2OSP(n, 2) and the bytes: how RFC 9497 writes everything it hashes. */
static void
hash_field(struct hash *h, const void *p, size_t n)
{
	const uint8_t len[2] = {(uint8_t)(n >> 8), (uint8_t)n};

	hash_put(h, len, sizeof(len));
	hash_put(h, p, n);
}

static enum ov_rc
hash_end(struct hash *h, uint8_t out[64], struct ov_err *e)
{
	if (crypto_hash_sha512_final(&h->st, out) != 0 || h->bad) {
		sodium_memzero(out, 64);
		return ov_fail(e, OV_SYS, "SHA-512 failed");
	}
	return OV_OK;
}

/* expand_message_xmd to 64 bytes, RFC 9380 5.3.1.  The message is fed by the
 * caller between xmd_begin() and xmd_end(). */
static void
xmd_begin(struct hash *h)
{
	static const uint8_t pad[128];

	hash_begin(h);
	hash_put(h, pad, sizeof(pad));
}

static enum ov_rc
xmd_end(struct hash *h, const struct dst *d, uint8_t out[64], struct ov_err *e)
{
	static const uint8_t len[3] = {0, 64, 0};
	static const uint8_t one[1] = {1};
	uint8_t b0[64];
	enum ov_rc rc;

	hash_put(h, len, sizeof(len));
	hash_put(h, d->b, d->n);
	hash_put(h, &d->n, 1);
	if ((rc = hash_end(h, b0, e)) == OV_OK) {
		hash_begin(h);
		hash_put(h, b0, sizeof(b0));
		hash_put(h, one, sizeof(one));
		hash_put(h, d->b, d->n);
		hash_put(h, &d->n, 1);
		rc = hash_end(h, out, e);
	}
	sodium_memzero(b0, sizeof(b0));
	return rc;
}

/* HashToScalar of what was fed since xmd_begin(). */
static enum ov_rc
scalar_end(struct hash *h, const char *prefix, enum ov_oprf_mode mode,
    uint8_t out[32], struct ov_err *e)
{
	struct dst d = dst_of(prefix, mode);
	uint8_t w[64];
	enum ov_rc rc;

	if ((rc = xmd_end(h, &d, w, e)) == OV_OK)
		crypto_core_ristretto255_scalar_reduce(out, w);
	sodium_memzero(w, sizeof(w));
	return rc;
}

bool
ov_oprf_element_ok(const uint8_t p[32])
{
	return crypto_core_ristretto255_is_valid_point(p) == 1 &&
	       !sodium_is_zero(p, 32);
}

bool
ov_oprf_scalar_ok(const uint8_t s[32])
{
	return sodium_compare(s, order, 32) < 0;
}

/* A key, blind or nonce: canonical and not zero. */
static bool
scalar_usable(const struct ov_secret32 *s)
{
	return ov_oprf_scalar_ok(s->b) && !sodium_is_zero(s->b, 32);
}

enum ov_rc
ov_oprf_derive(enum ov_oprf_mode mode, const struct ov_secret32 *seed,
    const void *info, size_t ninfo, struct ov_secret32 *k, uint8_t pk[32],
    struct ov_err *e)
{
	HASH h;
	unsigned int i;
	enum ov_rc rc;

	sodium_memzero(k->b, sizeof(k->b));
	memset(pk, 0, 32);
	if (ninfo > UINT16_MAX)
		return ov_fail(e, OV_TOOBIG, "info of a key derivation");
	for (i = 0; i < 256; i++) {
		const uint8_t counter = (uint8_t)i;

		xmd_begin(&h);
		hash_put(&h, seed->b, sizeof(seed->b));
		hash_field(&h, info, ninfo);
		hash_put(&h, &counter, 1);
		rc = scalar_end(&h, "DeriveKeyPair", mode, k->b, e);
		if (rc != OV_OK)
			return rc;
		if (sodium_is_zero(k->b, sizeof(k->b)))
			continue;
		if (crypto_scalarmult_ristretto255_base(pk, k->b) == 0)
			return OV_OK;
		break;
	}
	sodium_memzero(k->b, sizeof(k->b));
	memset(pk, 0, 32);
	return ov_fail(e, OV_SYS, "key derivation failed");
}

enum ov_rc
ov_oprf_share(const struct ov_secret32 *seed, const char *region,
    const char domain[20], uint32_t ep, unsigned int share,
    struct ov_secret32 *k, uint8_t pk[32], struct ov_err *e)
{
	static const char label[] = "overstapd/oprf-share/v1";
	uint8_t info[sizeof(label) + 1 + OV_OPRF_REGION + 20 + 4 + 1];
	size_t nregion = strlen(region);
	uint8_t *p = info;

	if (nregion == 0 || nregion > OV_OPRF_REGION)
		return ov_fail(e, OV_BADMSG, "name of the region");
	if (share == 0 || share > 255)
		return ov_fail(e, OV_BADMSG, "share number");
	memcpy(p, label, sizeof(label));
	p += sizeof(label);
	*p++ = (uint8_t)nregion;
	memcpy(p, region, nregion);
	p += nregion;
	memcpy(p, domain, 20);
	p += 20;
	*p++ = (uint8_t)(ep >> 24);
	*p++ = (uint8_t)(ep >> 16);
	*p++ = (uint8_t)(ep >> 8);
	*p++ = (uint8_t)ep;
	*p++ = (uint8_t)share;
	return ov_oprf_derive(OV_OPRF_VERIFIABLE, seed, info,
	    (size_t)(p - info), k, pk, e);
}

void
ov_oprf_input_pgn(uint8_t x[OV_OPRF_INPUT_PGN], const char pgn[9])
{
	static const char label[] = "overstapd/pgn/v1";

	memcpy(x, label, sizeof(label));
	memcpy(x + sizeof(label), pgn, 9);
}

void
ov_oprf_random(struct ov_secret32 *r)
{
	crypto_core_ristretto255_scalar_random(r->b);
}

enum ov_rc
ov_oprf_blind(enum ov_oprf_mode mode, const void *x, size_t n,
    const struct ov_secret32 *r, uint8_t b[32], struct ov_err *e)
{
	struct dst d = dst_of("HashToGroup-", mode);
	HASH h;
	OV_SECRET64 w;
	OV_SECRET32 p;
	enum ov_rc rc;

	memset(b, 0, 32);
	if (n > OV_OPRF_INPUT_MAX)
		return ov_fail(e, OV_TOOBIG, "pseudonym input");
	if (!scalar_usable(r))
		return ov_fail(e, OV_BADMSG, "blind is not a scalar");
	xmd_begin(&h);
	hash_put(&h, x, n);
	if ((rc = xmd_end(&h, &d, w.b, e)) != OV_OK)
		return rc;
	if (crypto_core_ristretto255_from_hash(p.b, w.b) != 0 ||
	    crypto_scalarmult_ristretto255(b, r->b, p.b) != 0) {
		memset(b, 0, 32);
		return ov_fail(e, OV_SYS, "input maps to the identity");
	}
	return OV_OK;
}

enum ov_rc
ov_oprf_evaluate(const struct ov_secret32 *k, const uint8_t *b, size_t m,
    uint8_t *e_out, size_t *bad, struct ov_err *e)
{
	size_t i;

	if (!scalar_usable(k))
		return ov_fail(e, OV_BADMSG, "key is not a scalar");
	for (i = 0; i < m; i++) {
		/* Refuses what is not an element, and the identity. */
		if (crypto_scalarmult_ristretto255(e_out + 32 * i, k->b,
		        b + 32 * i) != 0) {
			memset(e_out, 0, 32 * m);
			if (bad != NULL)
				*bad = i;
			return ov_fail(e, OV_BADMSG, "element %zu", i);
		}
	}
	return OV_OK;
}

/* The seed of the composites, which depends on the public key only. */
static enum ov_rc
composite_seed(const uint8_t pk[32], uint8_t seed[64], struct ov_err *e)
{
	struct dst d = dst_of("Seed-", OV_OPRF_VERIFIABLE);
	HASH h;

	hash_begin(&h);
	hash_field(&h, pk, 32);
	hash_field(&h, d.b, d.n);
	return hash_end(&h, seed, e);
}

/* d_i of one pair. */
static enum ov_rc
composite_scalar(const uint8_t seed[64], size_t i, const uint8_t b[32],
    const uint8_t e_in[32], uint8_t di[32], struct ov_err *e)
{
	const uint8_t index[2] = {(uint8_t)(i >> 8), (uint8_t)i};
	HASH h;

	xmd_begin(&h);
	hash_field(&h, seed, 64);
	hash_put(&h, index, sizeof(index));
	hash_field(&h, b, 32);
	hash_field(&h, e_in, 32);
	hash_put(&h, "Composite", 9);
	return scalar_end(&h, "HashToScalar-", OV_OPRF_VERIFIABLE, di, e);
}

/* sum += d * p; false when p is not an element, or the product is the
 * identity: multiplication decodes p, so nobody need do that before. */
static bool
add_product(uint8_t sum[32], const uint8_t d[32], const uint8_t p[32])
{
	uint8_t t[32];

	return crypto_scalarmult_ristretto255(t, d, p) == 0 &&
	       crypto_core_ristretto255_add(sum, sum, t) == 0;
}

struct commitment {
	const uint8_t *pk, *m, *z, *t2, *t3;
};

static enum ov_rc
challenge(const struct commitment *q, uint8_t c[32], struct ov_err *e)
{
	HASH h;

	xmd_begin(&h);
	hash_field(&h, q->pk, 32);
	hash_field(&h, q->m, 32);
	hash_field(&h, q->z, 32);
	hash_field(&h, q->t2, 32);
	hash_field(&h, q->t3, 32);
	hash_put(&h, "Challenge", 9);
	return scalar_end(&h, "HashToScalar-", OV_OPRF_VERIFIABLE, c, e);
}

/* M of ComputeCompositesFast, RFC 9497 2.2.1. */
static enum ov_rc
composite_m(const uint8_t pk[32], const uint8_t *b, const uint8_t *e_in,
    size_t count, uint8_t m[32], struct ov_err *e)
{
	uint8_t seed[64];
	uint8_t di[32];
	size_t i;
	enum ov_rc rc;

	memset(m, 0, 32);
	if ((rc = composite_seed(pk, seed, e)) != OV_OK)
		return rc;
	for (i = 0; i < count; i++) {
		const uint8_t *bi = b + 32 * i, *ei = e_in + 32 * i;

		if ((rc = composite_scalar(seed, i, bi, ei, di, e)) != OV_OK)
			return rc;
		if (!add_product(m, di, bi))
			return ov_fail(e, OV_BADMSG, "element %zu", i);
	}
	return OV_OK;
}

enum ov_rc
ov_oprf_prove_nonce(const struct ov_secret32 *k, const uint8_t pk[32],
    const uint8_t *b, const uint8_t *e_in, size_t m,
    const struct ov_secret32 *nonce, uint8_t proof[64], struct ov_err *e)
{
	uint8_t sum[32], z[32], t2[32], t3[32];
	const struct commitment q = {pk, sum, z, t2, t3};
	OV_SECRET32 ck;
	enum ov_rc rc;

	memset(proof, 0, OV_OPRF_PROOF);
	if (m == 0 || m > OV_OPRF_ELEMENTS)
		return ov_fail(e, OV_TOOBIG, "proof over %zu elements", m);
	if (!scalar_usable(k) || !scalar_usable(nonce))
		return ov_fail(e, OV_BADMSG, "key or nonce is not a scalar");
	if ((rc = composite_m(pk, b, e_in, m, sum, e)) != OV_OK)
		return rc;
	if (crypto_scalarmult_ristretto255(z, k->b, sum) != 0 ||
	    crypto_scalarmult_ristretto255_base(t2, nonce->b) != 0 ||
	    crypto_scalarmult_ristretto255(t3, nonce->b, sum) != 0)
		return ov_fail(e, OV_SYS, "proof");
	if ((rc = challenge(&q, proof, e)) != OV_OK)
		return rc;
	/* s = r - c * k */
	crypto_core_ristretto255_scalar_mul(ck.b, proof, k->b);
	crypto_core_ristretto255_scalar_sub(proof + 32, nonce->b, ck.b);
	return OV_OK;
}

enum ov_rc
ov_oprf_prove(const struct ov_secret32 *k, const uint8_t pk[32],
    const uint8_t *b, const uint8_t *e_in, size_t m, uint8_t proof[64],
    struct ov_err *e)
{
	OV_SECRET32 nonce;

	ov_oprf_random(&nonce);
	return ov_oprf_prove_nonce(k, pk, b, e_in, m, &nonce, proof, e);
}

static enum ov_rc
verify_fail(struct ov_oprf_verify *v, enum ov_rc rc)
{
	v->rc = rc;
	return rc;
}

enum ov_rc
ov_oprf_verify_init(struct ov_oprf_verify *v, const uint8_t pk[32],
    size_t total, const uint8_t proof[64], struct ov_err *e)
{
	memset(v, 0, sizeof(*v));
	if (total == 0 || total > OV_OPRF_ELEMENTS)
		return verify_fail(v,
		    ov_fail(e, OV_TOOBIG, "proof over %zu elements", total));
	if (!ov_oprf_element_ok(pk))
		return verify_fail(v,
		    ov_fail(e, OV_BADMSG, "public key of a share"));
	if (!ov_oprf_scalar_ok(proof) || !ov_oprf_scalar_ok(proof + 32))
		return verify_fail(v,
		    ov_fail(e, OV_BADMSG, "proof is not two scalars"));
	memcpy(v->pk, pk, sizeof(v->pk));
	memcpy(v->proof, proof, sizeof(v->proof));
	v->total = total;
	return verify_fail(v, composite_seed(pk, v->seed, e));
}

enum ov_rc
ov_oprf_verify_add(struct ov_oprf_verify *v, const uint8_t *b,
    const uint8_t *e_in, size_t n, struct ov_err *e)
{
	uint8_t di[32];
	size_t i;

	if (v->rc != OV_OK)
		return ov_fail(e, v->rc, "proof was refused before");
	if (n > v->total - v->done)
		return verify_fail(v,
		    ov_fail(e, OV_BADMSG, "more elements than the proof"));
	for (i = 0; i < n; i++) {
		const uint8_t *bi = b + 32 * i, *ei = e_in + 32 * i;

		v->rc = composite_scalar(v->seed, v->done, bi, ei, di, e);
		if (v->rc != OV_OK)
			return v->rc;
		if (!add_product(v->m, di, bi) || !add_product(v->z, di, ei))
			return verify_fail(v,
			    ov_fail(e, OV_BADMSG, "element %zu", v->done));
		v->done++;
	}
	return OV_OK;
}

/* VerifyProof, RFC 9497 2.2.2. */
enum ov_rc
ov_oprf_verify_final(struct ov_oprf_verify *v, struct ov_err *e)
{
	const uint8_t *c = v->proof, *s = v->proof + 32;
	uint8_t t2[32], t3[32] = {0}, again[32];
	const struct commitment q = {v->pk, v->m, v->z, t2, t3};

	if (v->rc != OV_OK)
		return ov_fail(e, v->rc, "proof was refused before");
	if (v->done != v->total)
		return verify_fail(v,
		    ov_fail(e, OV_BADMSG, "fewer elements than the proof"));
	/* t2 = s*G + c*pk, t3 = s*M + c*Z.  A scalar of zero, which no honest
	 * proof has, fails here as the identity. */
	if (crypto_scalarmult_ristretto255_base(t2, s) != 0 ||
	    !add_product(t2, c, v->pk) || !add_product(t3, s, v->m) ||
	    !add_product(t3, c, v->z))
		return verify_fail(v, ov_fail(e, OV_BADSIG, "proof"));
	v->rc = challenge(&q, again, e);
	if (v->rc == OV_OK && sodium_memcmp(again, c, 32) != 0)
		v->rc = ov_fail(e, OV_BADSIG, "proof");
	return v->rc;
}

enum ov_rc
ov_oprf_verify(const uint8_t pk[32], const uint8_t *b, const uint8_t *e_in,
    size_t m, const uint8_t proof[64], struct ov_err *e)
{
	struct ov_oprf_verify v;
	enum ov_rc rc;

	if ((rc = ov_oprf_verify_init(&v, pk, m, proof, e)) != OV_OK ||
	    (rc = ov_oprf_verify_add(&v, b, e_in, m, e)) != OV_OK)
		return rc;
	return ov_oprf_verify_final(&v, e);
}

/* S, the sum over the shares. */
static enum ov_rc
sum_shares(const uint8_t *e_in, size_t shares, uint8_t sum[32],
    struct ov_err *e)
{
	size_t j;

	memset(sum, 0, 32);
	if (shares == 0 || shares > OV_OPRF_SHARES)
		return ov_fail(e, OV_TOOBIG, "%zu shares", shares);
	for (j = 0; j < shares; j++) {
		const uint8_t *ej = e_in + 32 * j;

		if (sodium_is_zero(ej, 32))
			return ov_fail(e, OV_BADMSG,
			    "evaluated element of share %zu", j);
		if (j == 0) /* decoded by what is done with the sum */
			memcpy(sum, ej, 32);
		else if (crypto_core_ristretto255_add(sum, sum, ej) != 0)
			return ov_fail(e, OV_BADMSG,
			    "evaluated element of share %zu", j);
	}
	return OV_OK;
}

enum ov_rc
ov_oprf_invert(struct ov_secret32 *const *r, size_t n, struct ov_err *e)
{
	struct ov_secret32 part[OV_OPRF_INVERT];
	OV_SECRET32 inv, t;
	size_t i;
	enum ov_rc rc = OV_OK;

	if (n == 0 || n > OV_OPRF_INVERT)
		return ov_fail(e, OV_TOOBIG, "%zu inversions", n);
	for (i = 0; i < n; i++)
		if (!scalar_usable(r[i]))
			return ov_fail(e, OV_BADMSG, "blind is not a scalar");
	/* part[i] = r[0] * .. * r[i] */
	part[0] = *r[0];
	for (i = 1; i < n; i++)
		crypto_core_ristretto255_scalar_mul(part[i].b, part[i - 1].b,
		    r[i]->b);
	if (crypto_core_ristretto255_scalar_invert(inv.b, part[n - 1].b) != 0)
		rc = ov_fail(e, OV_SYS, "inversion failed");
	/* inv = 1 / part[i], from the last to the first */
	for (i = n - 1; rc == OV_OK && i > 0; i--) {
		crypto_core_ristretto255_scalar_mul(t.b, inv.b, r[i]->b);
		crypto_core_ristretto255_scalar_mul(r[i]->b, inv.b,
		    part[i - 1].b);
		inv = t;
	}
	if (rc == OV_OK)
		*r[0] = inv;
	sodium_memzero(part, sizeof(part));
	return rc;
}

enum ov_rc
ov_oprf_unblind(const void *x, size_t n, const struct ov_secret32 *inv,
    const uint8_t *e_in, size_t shares, uint8_t y[64], struct ov_err *e)
{
	OV_SECRET32 sum, unblinded;
	HASH h;
	enum ov_rc rc;

	memset(y, 0, 64);
	if (n > OV_OPRF_INPUT_MAX)
		return ov_fail(e, OV_TOOBIG, "pseudonym input");
	if (!scalar_usable(inv))
		return ov_fail(e, OV_BADMSG, "blind is not a scalar");
	if ((rc = sum_shares(e_in, shares, sum.b, e)) != OV_OK)
		return rc;
	if (crypto_scalarmult_ristretto255(unblinded.b, inv->b, sum.b) != 0)
		return ov_fail(e, OV_BADMSG,
		    "shares add up to the identity, or are no elements");
	hash_begin(&h);
	hash_field(&h, x, n);
	hash_field(&h, unblinded.b, 32);
	hash_put(&h, "Finalize", 8);
	return hash_end(&h, y, e);
}

enum ov_rc
ov_oprf_finish(const void *x, size_t n, const struct ov_secret32 *r,
    const uint8_t *e_in, size_t shares, uint8_t y[64], struct ov_err *e)
{
	OV_SECRET32 inv = *r;
	struct ov_secret32 *one = &inv;
	enum ov_rc rc;

	memset(y, 0, 64);
	if ((rc = ov_oprf_invert(&one, 1, e)) != OV_OK)
		return rc;
	return ov_oprf_unblind(x, n, &inv, e_in, shares, y, e);
}
