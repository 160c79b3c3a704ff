/* SPDX-License-Identifier: EUPL-1.2 */
/* Sealed columns and wrapped keys. */
#include "crypto/record.h"

#include <string.h>

#include <sodium.h>

#define FORMAT 0x01
#define HEAD (1 + OV_NONCE)
#define TAG 16

_Static_assert(OV_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    "nonce length");
_Static_assert(OV_WRAP == OV_SEAL_MORE + 32, "length of a wrapped key");
_Static_assert(TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag length");

static uint8_t *
put(uint8_t *at, const void *p, size_t n)
{
	memcpy(at, p, n);
	return at + n;
}

static uint8_t *
put_be(uint8_t *at, uint64_t v, size_t n)
{
	while (n-- > 0)
		*at++ = (uint8_t)(v >> (8 * n));
	return at;
}

size_t
ov_rec_aad(const struct ov_rec_at *at, uint8_t out[OV_REC_AAD])
{
	static const char label[] = "overstapd/rec/v1";
	size_t n = strlen(at->table);
	uint8_t *p = out;

	if (n == 0 || n > OV_TABLE_MAX)
		return 0;
	p = put(p, label, sizeof(label));
	p = put(p, at->table, n + 1);
	p = put(p, at->id, 16);
	p = put_be(p, at->column, 2);
	p = put_be(p, at->version, 8);
	return (size_t)(p - out);
}

static size_t
dek_aad(const uint8_t id[16], uint32_t gen, uint8_t out[OV_REC_AAD])
{
	static const char label[] = "overstapd/dek/v1";
	uint8_t *p = put(out, label, sizeof(label));

	p = put(p, id, 16);
	p = put_be(p, gen, 4);
	return (size_t)(p - out);
}

static size_t
kek_aad(uint32_t gen, uint8_t out[OV_REC_AAD])
{
	static const char label[] = "overstapd/kek/v1";
	uint8_t *p = put(out, label, sizeof(label));

	p = put_be(p, gen, 4);
	return (size_t)(p - out);
}

/* 01, nonce, ciphertext and tag. */
static enum ov_rc
seal(const struct ov_secret32 *key, const uint8_t nonce[24], const void *aad,
    size_t naad, const void *plain, size_t n, uint8_t *out, struct ov_err *e)
{
	unsigned long long len = 0;

	out[0] = FORMAT;
	memcpy(out + 1, nonce, OV_NONCE);
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(out + HEAD, &len, plain,
	        n, aad, naad, NULL, nonce, key->b) != 0 ||
	    len != n + TAG) {
		sodium_memzero(out, n + OV_SEAL_MORE);
		return ov_fail(e, OV_SYS, "sealing failed");
	}
	return OV_OK;
}

enum ov_rc
ov_xchacha_open(const struct ov_secret32 *key, const uint8_t nonce[24],
    const void *aad, size_t naad, const void *ct, size_t n, uint8_t *out,
    struct ov_err *e)
{
	unsigned long long len = 0;

	if (n < TAG)
		return ov_fail(e, OV_BADSIG, "sealed bytes do not open");
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &len, NULL, ct, n,
	        aad, naad, nonce, key->b) != 0 ||
	    len != n - TAG) {
		/* out may be NULL where nothing is expected. */
		if (n > TAG)
			sodium_memzero(out, n - TAG);
		return ov_fail(e, OV_BADSIG, "sealed bytes do not open");
	}
	return OV_OK;
}

static enum ov_rc
open_blob(const struct ov_secret32 *key, const void *aad, size_t naad,
    const uint8_t *blob, size_t n, uint8_t *out, struct ov_err *e)
{
	if (n < OV_SEAL_MORE)
		return ov_fail(e, OV_BADSIG, "sealed bytes do not open");
	if (blob[0] != FORMAT) {
		if (n > OV_SEAL_MORE)
			sodium_memzero(out, n - OV_SEAL_MORE);
		return ov_fail(e, OV_BADSIG, "sealed bytes do not open");
	}
	return ov_xchacha_open(key, blob + 1, aad, naad, blob + HEAD, n - HEAD,
	    out, e);
}

enum ov_rc
ov_rec_seal_nonce(const struct ov_secret32 *key, const struct ov_rec_at *at,
    const uint8_t nonce[24], const void *plain, size_t n, uint8_t *out,
    struct ov_err *e)
{
	uint8_t aad[OV_REC_AAD];
	size_t naad = ov_rec_aad(at, aad);

	if (naad == 0)
		return ov_fail(e, OV_TOOBIG, "name of a table");
	return seal(key, nonce, aad, naad, plain, n, out, e);
}

enum ov_rc
ov_rec_seal(const struct ov_secret32 *key, const struct ov_rec_at *at,
    const void *plain, size_t n, uint8_t *out, struct ov_err *e)
{
	uint8_t nonce[OV_NONCE];

	randombytes_buf(nonce, sizeof(nonce));
	return ov_rec_seal_nonce(key, at, nonce, plain, n, out, e);
}

enum ov_rc
ov_rec_open(const struct ov_secret32 *key, const struct ov_rec_at *at,
    const void *blob, size_t n, uint8_t *out, struct ov_err *e)
{
	uint8_t aad[OV_REC_AAD];
	size_t naad = ov_rec_aad(at, aad);

	if (naad == 0)
		return ov_fail(e, OV_TOOBIG, "name of a table");
	return open_blob(key, aad, naad, blob, n, out, e);
}

enum ov_rc
ov_dek_wrap_nonce(const struct ov_secret32 *kek, const uint8_t id[16],
    uint32_t gen, const uint8_t nonce[24], const struct ov_secret32 *dek,
    uint8_t wrap[OV_WRAP], struct ov_err *e)
{
	uint8_t aad[OV_REC_AAD];
	size_t naad = dek_aad(id, gen, aad);

	return seal(kek, nonce, aad, naad, dek->b, 32, wrap, e);
}

enum ov_rc
ov_dek_wrap(const struct ov_secret32 *kek, const uint8_t id[16], uint32_t gen,
    const struct ov_secret32 *dek, uint8_t wrap[OV_WRAP], struct ov_err *e)
{
	uint8_t nonce[OV_NONCE];

	randombytes_buf(nonce, sizeof(nonce));
	return ov_dek_wrap_nonce(kek, id, gen, nonce, dek, wrap, e);
}

enum ov_rc
ov_dek_unwrap(const struct ov_secret32 *kek, const uint8_t id[16], uint32_t gen,
    const uint8_t wrap[OV_WRAP], struct ov_secret32 *dek, struct ov_err *e)
{
	uint8_t aad[OV_REC_AAD];
	size_t naad = dek_aad(id, gen, aad);

	return open_blob(kek, aad, naad, wrap, OV_WRAP, dek->b, e);
}

enum ov_rc
ov_named_key_id(const char *name, uint8_t id[16], struct ov_err *e)
{
	uint8_t h[crypto_hash_sha256_BYTES];

	if (crypto_hash_sha256(h, (const uint8_t *)name, strlen(name)) != 0)
		return ov_fail(e, OV_SYS, "SHA-256 failed");
	memcpy(id, h, 16);
	return OV_OK;
}

enum ov_rc
ov_kek_seal(const struct ov_secret32 *root, uint32_t gen,
    const struct ov_secret32 *kek, uint8_t out[OV_WRAP], struct ov_err *e)
{
	uint8_t aad[OV_REC_AAD];
	uint8_t nonce[OV_NONCE];
	size_t naad = kek_aad(gen, aad);

	randombytes_buf(nonce, sizeof(nonce));
	return seal(root, nonce, aad, naad, kek->b, 32, out, e);
}

enum ov_rc
ov_kek_open(const struct ov_secret32 *root, uint32_t gen,
    const uint8_t sealed[OV_WRAP], struct ov_secret32 *kek, struct ov_err *e)
{
	uint8_t aad[OV_REC_AAD];
	size_t naad = kek_aad(gen, aad);

	return open_blob(root, aad, naad, sealed, OV_WRAP, kek->b, e);
}
