/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/hash.h - SHA-256, hexadecimal, and the one Ed25519 verifier.
 *
 * SHA-256 is OpenSSL's, because on 12 KB it is four times as fast as
 * libsodium's.  Ed25519 is verified by libsodium only: it refuses small-order
 * and non-canonical keys and points, which OpenSSL does not.
 */
#ifndef OV_PROTOCOL_HASH_H
#define OV_PROTOCOL_HASH_H

#include "protocol/rd.h"

#define OV_SHA256_LEN 32
#define OV_ED25519_PK_LEN 32
#define OV_ED25519_SIG_LEN 64

/* OV_SYS if OpenSSL fails (no memory, no provider); out is then zeroed. */
OV_MUST_CHECK enum ov_rc ov_sha256(uint8_t out[OV_SHA256_LEN], const void *p,
    size_t n);

/* Piecewise.  The first failure sticks and comes out of ov_hash_end(), which
 * may be called once per init; ov_hash_free() is always allowed. */
struct ov_hash {
	void *md;
	bool bad;
};
void ov_hash_init(struct ov_hash *);
void ov_hash_add(struct ov_hash *, const void *p, size_t n);
OV_MUST_CHECK enum ov_rc ov_hash_end(struct ov_hash *,
    uint8_t out[OV_SHA256_LEN]);
void ov_hash_free(struct ov_hash *);
#define OV_HASH __attribute__((cleanup(ov_hash_free))) struct ov_hash

/* Lower-case hexadecimal; out has 2n + 1 bytes. */
void ov_hex_enc(char *out, const void *p, size_t n);
/* Exactly 2*len characters [0-9a-f], or OV_BADMSG and out zeroed. */
OV_MUST_CHECK enum ov_rc ov_hex_exact(struct ov_view, void *out, size_t len);

/* OV_OK or OV_BADSIG. */
OV_MUST_CHECK enum ov_rc ov_ed25519_verify(const uint8_t pk[OV_ED25519_PK_LEN],
    const void *msg, size_t n, const uint8_t sig[OV_ED25519_SIG_LEN]);

#endif
