/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/kdf.h - the OpenSSL algorithms we use, fetched once, and HKDF.
 *
 * Fetching an algorithm by name costs more than using it, so a role makes one
 * struct ov_crypto at start and passes it to whatever needs AES-GCM (jose.h)
 * or HKDF (here, pid.h).  Everything else in crypto/ is libsodium and needs no
 * context.  One thread at a time.
 */
#ifndef OV_CRYPTO_KDF_H
#define OV_CRYPTO_KDF_H

#include "crypto/secret.h"

struct ov_crypto;

/* Starts libsodium too.  *out is given: ov_crypto_free(). */
OV_MUST_CHECK enum ov_rc ov_crypto_new(struct ov_crypto **out, struct ov_err *);
void ov_crypto_free(struct ov_crypto *);

/* HKDF-SHA-256, RFC 5869: n bytes (1..8160) in out.  An empty salt is
 * nsalt = 0.  out is zeroed on failure. */
OV_MUST_CHECK enum ov_rc ov_hkdf(struct ov_crypto *, const void *salt,
    size_t nsalt, const void *ikm, size_t nikm, const void *info, size_t ninfo,
    uint8_t *out, size_t n, struct ov_err *);

/* HMAC-SHA-256 with a key of any length, RFC 2104. */
OV_MUST_CHECK enum ov_rc ov_hmac256(const void *key, size_t nkey,
    const void *msg, size_t n, uint8_t out[32], struct ov_err *);

/* For crypto/jose.c only: the AES-256-GCM context, keyless. */
struct evp_cipher_ctx_st;
struct evp_cipher_ctx_st *ov_crypto_gcm(struct ov_crypto *);

#endif
