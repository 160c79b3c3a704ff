/* SPDX-License-Identifier: EUPL-1.2 */
/* Suite OS1: making compact JWS and JWE, and opening what was taken apart. */
#include "crypto/jose.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "protocol/b64.h"

#define OIN 20
#define B64U_OIN 27 /* 20 bytes in base64url */
#define PARTY_MAX 512
#define HEADER_MAX 640

_Static_assert(crypto_sign_SECRETKEYBYTES == 64, "Ed25519 key");

static const char *const typs[] = {
    [OV_SIGN_BERICHT] = "overstap-bericht+jws",
    [OV_SIGN_ONTVANGST] = "overstap-ontvangst+jws",
    [OV_SIGN_SLEUTELS] = "overstap-sleutels+jws",
    [OV_SIGN_CONTACTEN] = "overstap-contacten+jws",
    [OV_SIGN_AFSTEMMING] = "overstap-afstemming+jws",
    [OV_SIGN_OPRF_SLEUTELS] = "overstap-oprf-sleutels+jws",
    [OV_SIGN_OPRF_VRAAG] = "overstap-oprf-vraag+jws",
};

const char *
ov_sign_typ(enum ov_sign_kind typ)
{
	size_t i = (size_t)typ;

	return i < sizeof(typs) / sizeof(typs[0]) ? typs[i] : NULL;
}

enum ov_rc
ov_ed25519_keys(const struct ov_secret32 *seed, struct ov_secret64 *sk,
    uint8_t pk[32], struct ov_err *e)
{
	if (crypto_sign_seed_keypair(pk, sk->b, seed->b) != 0)
		return ov_fail(e, OV_SYS, "Ed25519 key pair");
	return OV_OK;
}

enum ov_rc
ov_ed25519_sign(const struct ov_secret64 *sk, const void *msg, size_t n,
    uint8_t sig[64], struct ov_err *e)
{
	if (crypto_sign_detached(sig, NULL, msg, n, sk->b) != 0) {
		memset(sig, 0, 64);
		return ov_fail(e, OV_SYS, "Ed25519 signature");
	}
	return OV_OK;
}

enum ov_rc
ov_x25519_public(const struct ov_secret32 *sk, uint8_t pk[32], struct ov_err *e)
{
	if (crypto_scalarmult_base(pk, sk->b) != 0)
		return ov_fail(e, OV_SYS, "X25519 key pair");
	return OV_OK;
}

enum ov_rc
ov_x25519(const struct ov_secret32 *sk, const uint8_t pk[32],
    struct ov_secret32 *z, struct ov_err *e)
{
	if (crypto_scalarmult(z->b, sk->b, pk) != 0) {
		ov_secret32_wipe(z);
		return ov_fail(e, OV_BADMSG, "X25519 key of small order");
	}
	return OV_OK;
}

/* RFC 7638 3: the members in order, without white space. */
static enum ov_rc
thumbprint(const char *crv, const uint8_t pk[32], char kid[OV_KID + 1],
    struct ov_err *e)
{
	char x[OV_KID + 1];
	char text[128];
	uint8_t h[crypto_hash_sha256_BYTES];
	int n;

	(void)ov_b64u_enc(x, pk, 32);
	n = snprintf(text, sizeof(text),
	    "{\"crv\":\"%s\",\"kty\":\"OKP\",\"x\":\"%s\"}", crv, x);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    crypto_hash_sha256(h, (const uint8_t *)text, strlen(text)) != 0)
		return ov_fail(e, OV_SYS, "thumbprint");
	(void)ov_b64u_enc(kid, h, sizeof(h));
	return OV_OK;
}

enum ov_rc
ov_kid_ed25519(const uint8_t pk[32], char kid[OV_KID + 1], struct ov_err *e)
{
	return thumbprint("Ed25519", pk, kid, e);
}

enum ov_rc
ov_kid_x25519(const uint8_t pk[32], char kid[OV_KID + 1], struct ov_err *e)
{
	return thumbprint("X25519", pk, kid, e);
}

enum ov_rc
ov_gcm_seal(struct ov_crypto *c, const struct ov_secret32 *key,
    const uint8_t iv[12], const void *aad, size_t naad, const void *plain,
    size_t n, uint8_t *out, uint8_t tag[16], struct ov_err *e)
{
	EVP_CIPHER_CTX *ctx = ov_crypto_gcm(c);
	int len = 0, rest = 0;

	memset(tag, 0, 16);
	if (n > INT_MAX || naad > INT_MAX)
		return ov_fail(e, OV_TOOBIG, "AES-GCM of %zu bytes", n);
	if (EVP_EncryptInit_ex2(ctx, NULL, key->b, iv, NULL) != 1 ||
	    (naad > 0 &&
	        EVP_EncryptUpdate(ctx, NULL, &len, aad, (int)naad) != 1) ||
	    (n > 0 && EVP_EncryptUpdate(ctx, out, &len, plain, (int)n) != 1) ||
	    (n > 0 && (size_t)len != n) ||
	    EVP_EncryptFinal_ex(ctx, NULL, &rest) != 1 || rest != 0 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) != 1) {
		if (n > 0)
			sodium_memzero(out, n);
		memset(tag, 0, 16);
		return ov_fail(e, OV_SYS, "AES-GCM failed");
	}
	return OV_OK;
}

enum ov_rc
ov_gcm_open(struct ov_crypto *c, const struct ov_secret32 *key,
    const uint8_t iv[12], const void *aad, size_t naad, const void *ct,
    size_t n, const uint8_t tag[16], uint8_t *out, struct ov_err *e)
{
	EVP_CIPHER_CTX *ctx = ov_crypto_gcm(c);
	uint8_t want[16]; /* the call below takes a writable tag */
	int len = 0, rest = 0;

	if (n > INT_MAX || naad > INT_MAX)
		return ov_fail(e, OV_TOOBIG, "AES-GCM of %zu bytes", n);
	memcpy(want, tag, sizeof(want));
	if (EVP_DecryptInit_ex2(ctx, NULL, key->b, iv, NULL) != 1 ||
	    (naad > 0 &&
	        EVP_DecryptUpdate(ctx, NULL, &len, aad, (int)naad) != 1) ||
	    (n > 0 && EVP_DecryptUpdate(ctx, out, &len, ct, (int)n) != 1) ||
	    (n > 0 && (size_t)len != n) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, want) != 1 ||
	    EVP_DecryptFinal_ex(ctx, NULL, &rest) != 1 || rest != 0) {
		if (n > 0)
			sodium_memzero(out, n);
		return ov_fail(e, OV_BADSIG, "message does not open");
	}
	return OV_OK;
}

static uint8_t *
put_u32(uint8_t *p, size_t v)
{
	*p++ = (uint8_t)(v >> 24);
	*p++ = (uint8_t)(v >> 16);
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *
put_field(uint8_t *p, const void *b, size_t n)
{
	p = put_u32(p, n);
	if (n > 0)
		memcpy(p, b, n);
	return p + n;
}

/* RFC 7518 4.6.2: one round of SHA-256 gives the 256 bits. */
enum ov_rc
ov_os1_cek(const struct ov_secret32 *z, const void *apu, size_t napu,
    const void *apv, size_t napv, struct ov_secret32 *cek, struct ov_err *e)
{
	uint8_t in[4 + 32 + 4 + 7 + 4 + PARTY_MAX + 4 + PARTY_MAX + 4];
	uint8_t *p = in;
	int bad;

	ov_secret32_wipe(cek);
	if (napu > PARTY_MAX || napv > PARTY_MAX)
		return ov_fail(e, OV_TOOBIG, "party info");
	p = put_u32(p, 1);
	memcpy(p, z->b, 32);
	p = put_field(p + 32, "A256GCM", 7);
	p = put_field(p, apu, napu);
	p = put_field(p, apv, napv);
	p = put_u32(p, 256);
	bad = crypto_hash_sha256(cek->b, in, (size_t)(p - in));
	sodium_memzero(in, sizeof(in));
	if (bad != 0)
		return ov_fail(e, OV_SYS, "key derivation failed");
	return OV_OK;
}

enum ov_rc
ov_os1_open(struct ov_crypto *c, const struct ov_secret32 *sk,
    const struct ov_os1_sealed *s, uint8_t *out, struct ov_err *e)
{
	OV_SECRET32 z;
	OV_SECRET32 cek;

	if (ov_x25519(sk, s->epk, &z, NULL) != OV_OK ||
	    ov_os1_cek(&z, s->from, OIN, s->to, OIN, &cek, NULL) != OV_OK) {
		if (s->n > 0)
			sodium_memzero(out, s->n);
		return ov_fail(e, OV_BADSIG, "message does not open");
	}
	return ov_gcm_open(c, &cek, s->iv, s->aad, s->naad, s->ct, s->n, s->tag,
	    out, e);
}

enum ov_rc
ov_os1_seal_header(struct ov_crypto *c, const struct ov_secret32 *cek,
    const uint8_t iv[12], const char *header, const void *plain, size_t n,
    struct ov_buf *out, struct ov_err *e)
{
	OV_BUF ct = {0};
	uint8_t tag[16];
	size_t start = out->n;
	size_t aad;
	enum ov_rc rc;

	ov_b64u_add(out, header, strlen(header));
	if ((rc = ov_buf_ok(out, e)) != OV_OK)
		return rc;
	aad = out->n - start;
	/* One byte more, so that an empty message has a place too. */
	if (ov_buf_room(&ct, n + 1) == NULL)
		return ov_buf_ok(&ct, e);
	rc = ov_gcm_seal(c, cek, iv, out->p + start, aad, plain, n, ct.p, tag,
	    e);
	if (rc != OV_OK) {
		out->n = start;
		return rc;
	}
	ov_buf_str(out, "..");
	ov_b64u_add(out, iv, 12);
	ov_buf_str(out, ".");
	ov_b64u_add(out, ct.p, n);
	ov_buf_str(out, ".");
	ov_b64u_add(out, tag, sizeof(tag));
	return ov_buf_ok(out, e);
}

/* The header of docs/protocol.md "Messages", in its order. */
static enum ov_rc
jwe_header(const uint8_t epk[32], const uint8_t to_pk[32], const char from[20],
    const char to[20], char out[HEADER_MAX], struct ov_err *e)
{
	char apu[B64U_OIN + 1], apv[B64U_OIN + 1];
	char x[OV_KID + 1], kid[OV_KID + 1];
	enum ov_rc rc;
	int n;

	if ((rc = ov_kid_x25519(to_pk, kid, e)) != OV_OK)
		return rc;
	(void)ov_b64u_enc(apu, from, OIN);
	(void)ov_b64u_enc(apv, to, OIN);
	(void)ov_b64u_enc(x, epk, 32);
	n = snprintf(out, HEADER_MAX,
	    "{\"alg\":\"ECDH-ES\",\"apu\":\"%s\",\"apv\":\"%s\","
	    "\"cty\":\"overstap-bericht+jws\",\"enc\":\"A256GCM\","
	    "\"epk\":{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"%s\"},"
	    "\"kid\":\"%s\",\"typ\":\"overstap-bericht+jwe\"}",
	    apu, apv, x, kid);
	if (n < 0 || n >= HEADER_MAX)
		return ov_fail(e, OV_SYS, "header of a message");
	return OV_OK;
}

enum ov_rc
ov_os1_seal_with(struct ov_crypto *c, const struct ov_secret32 *epk_sk,
    const uint8_t iv[12], const uint8_t to_pk[32], const char from[20],
    const char to[20], const void *jws, size_t n, struct ov_buf *out,
    struct ov_err *e)
{
	OV_SECRET32 z;
	OV_SECRET32 cek;
	uint8_t epk[32];
	char header[HEADER_MAX];
	enum ov_rc rc;

	if ((rc = ov_x25519_public(epk_sk, epk, e)) != OV_OK ||
	    (rc = ov_x25519(epk_sk, to_pk, &z, e)) != OV_OK ||
	    (rc = ov_os1_cek(&z, from, OIN, to, OIN, &cek, e)) != OV_OK ||
	    (rc = jwe_header(epk, to_pk, from, to, header, e)) != OV_OK)
		return rc;
	return ov_os1_seal_header(c, &cek, iv, header, jws, n, out, e);
}

enum ov_rc
ov_os1_seal(struct ov_crypto *c, const uint8_t to_pk[32], const char from[20],
    const char to[20], const void *jws, size_t n, struct ov_buf *out,
    struct ov_err *e)
{
	OV_SECRET32 epk_sk;
	uint8_t iv[12];

	ov_random(epk_sk.b, sizeof(epk_sk.b));
	ov_random(iv, sizeof(iv));
	return ov_os1_seal_with(c, &epk_sk, iv, to_pk, from, to, jws, n, out,
	    e);
}

enum ov_rc
ov_os1_sign_header(const struct ov_secret64 *sk, const char *header,
    const void *payload, size_t n, struct ov_buf *out, struct ov_err *e)
{
	size_t start = out->n;
	uint8_t sig[64];
	enum ov_rc rc;

	ov_b64u_add(out, header, strlen(header));
	ov_buf_str(out, ".");
	ov_b64u_add(out, payload, n);
	if ((rc = ov_buf_ok(out, e)) != OV_OK)
		return rc;
	rc = ov_ed25519_sign(sk, out->p + start, out->n - start, sig, e);
	if (rc != OV_OK) {
		out->n = start;
		return rc;
	}
	ov_buf_str(out, ".");
	ov_b64u_add(out, sig, sizeof(sig));
	return ov_buf_ok(out, e);
}

enum ov_rc
ov_os1_sign(const struct ov_secret64 *sk, enum ov_sign_kind typ,
    const void *payload, size_t n, struct ov_buf *out, struct ov_err *e)
{
	const char *text = ov_sign_typ(typ);
	char kid[OV_KID + 1];
	char header[160];
	enum ov_rc rc;
	int len;

	if (text == NULL)
		return ov_fail(e, OV_BADMSG, "kind of signed document");
	/* libsodium keeps the public key behind the seed. */
	if ((rc = ov_kid_ed25519(sk->b + 32, kid, e)) != OV_OK)
		return rc;
	len = snprintf(header, sizeof(header),
	    "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid, text);
	if (len < 0 || (size_t)len >= sizeof(header))
		return ov_fail(e, OV_SYS, "header of a signed document");
	return ov_os1_sign_header(sk, header, payload, n, out, e);
}
