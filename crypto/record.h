/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/record.h - sealed columns and wrapped keys, as they lie on disk.
 *
 * XChaCha20-Poly1305-IETF.  Every sealed thing is 01, a random nonce of 24
 * bytes, ciphertext and tag; its associated data names where it belongs, so
 * that a blob moved to another row, column, version or generation does not
 * open:
 *
 *   column  "overstapd/rec/v1" 0 table 0 id(16) column(2) version(8)
 *   wrap    "overstapd/dek/v1" 0 id(16) generation(4)
 *   kek     "overstapd/kek/v1" 0 generation(4)
 *
 * Opening fails with OV_BADSIG whatever the reason and leaves zeroes.
 * The _nonce functions exist for published vectors only.
 */
#ifndef OV_CRYPTO_RECORD_H
#define OV_CRYPTO_RECORD_H

#include "crypto/secret.h"

#define OV_NONCE 24
#define OV_SEAL_MORE (1 + 24 + 16)        /* sealed length minus plain length */
#define OV_WRAP 73                        /* a wrapped key: OV_SEAL_MORE + 32 */
#define OV_TABLE_MAX 32                   /* length of a table's name */
#define OV_REC_AAD (17 + 33 + 16 + 2 + 8) /* at most */

struct ov_rec_at {
	const char *table; /* 1..32 characters, no NUL inside */
	const uint8_t *id; /* 16 bytes */
	uint16_t column;
	uint64_t version;
};

/* The associated data of a column; its length, or 0 if table is too long. */
size_t ov_rec_aad(const struct ov_rec_at *, uint8_t out[OV_REC_AAD]);

/* out has room for n + OV_SEAL_MORE bytes and may not overlap plain. */
OV_MUST_CHECK enum ov_rc ov_rec_seal(const struct ov_secret32 *key,
    const struct ov_rec_at *, const void *plain, size_t n, uint8_t *out,
    struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_rec_seal_nonce(const struct ov_secret32 *key,
    const struct ov_rec_at *, const uint8_t nonce[24], const void *plain,
    size_t n, uint8_t *out, struct ov_err *);
/* out has room for n - OV_SEAL_MORE bytes, which is what it gets; a blob
 * shorter than OV_SEAL_MORE is OV_BADSIG. */
OV_MUST_CHECK enum ov_rc ov_rec_open(const struct ov_secret32 *key,
    const struct ov_rec_at *, const void *blob, size_t n, uint8_t *out,
    struct ov_err *);

OV_MUST_CHECK enum ov_rc ov_dek_wrap(const struct ov_secret32 *kek,
    const uint8_t id[16], uint32_t gen, const struct ov_secret32 *dek,
    uint8_t wrap[OV_WRAP], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_dek_wrap_nonce(const struct ov_secret32 *kek,
    const uint8_t id[16], uint32_t gen, const uint8_t nonce[24],
    const struct ov_secret32 *dek, uint8_t wrap[OV_WRAP], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_dek_unwrap(const struct ov_secret32 *kek,
    const uint8_t id[16], uint32_t gen, const uint8_t wrap[OV_WRAP],
    struct ov_secret32 *dek, struct ov_err *);
/* The AAD id of a named key: the first 16 bytes of SHA-256 of its name. */
OV_MUST_CHECK enum ov_rc ov_named_key_id(const char *name, uint8_t id[16],
    struct ov_err *);

OV_MUST_CHECK enum ov_rc ov_kek_seal(const struct ov_secret32 *root,
    uint32_t gen, const struct ov_secret32 *kek, uint8_t out[OV_WRAP],
    struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_kek_open(const struct ov_secret32 *root,
    uint32_t gen, const uint8_t sealed[OV_WRAP], struct ov_secret32 *kek,
    struct ov_err *);

/* What the above are made of: ciphertext and tag (n bytes together, at least
 * 16) under a key, nonce and associated data. */
OV_MUST_CHECK enum ov_rc ov_xchacha_open(const struct ov_secret32 *key,
    const uint8_t nonce[24], const void *aad, size_t naad, const void *ct,
    size_t n, uint8_t *out, struct ov_err *);

#endif
