/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pid.h - what is derived from an OPRF output, a link key or a record
 * key: pseudonyms, lookup tags, content keys and log commitments.
 *
 * OINs are 20 characters without NUL, a PGN is nine digits.  Every computation
 * begins with its own label (docs/protocol.md, "Labels").  Outputs are zeroed
 * on failure.
 */
#ifndef OV_CRYPTO_PID_H
#define OV_CRYPTO_PID_H

#include "crypto/kdf.h"

#define OV_PID 32
#define OV_TAG 16

struct ov_link_party {
	const char *oin;   /* 20 characters */
	const uint8_t *pk; /* X25519 link key of the epoch, 32 bytes */
};

/* K_AB of one epoch; the same at both ends.  OV_BADMSG if the peer's key is of
 * small order or the two OINs are equal. */
OV_MUST_CHECK enum ov_rc ov_link_key(struct ov_crypto *,
    const struct ov_secret32 *own_sk, struct ov_link_party own,
    struct ov_link_party peer, uint32_t ep, struct ov_secret32 *k_ab,
    struct ov_err *);

/* The pseudonym on the wire, from sender "from" to receiver "to"; y is the
 * OPRF output in the receiver's domain. */
OV_MUST_CHECK enum ov_rc ov_pid(const struct ov_secret32 *k_ab,
    const char from[20], const char to[20], uint32_t ep, const uint8_t y[64],
    uint8_t pid[32], struct ov_err *);

/* Where the cached Y of (domain, pgn) is found; k_cache is one per epoch. */
OV_MUST_CHECK enum ov_rc ov_cache_tag(const struct ov_secret32 *k_cache,
    const char domain[20], const char pgn[9], uint8_t tag[16], struct ov_err *);
/* Where a pid from partner "from" is found; k_idx is one per epoch. */
OV_MUST_CHECK enum ov_rc ov_index_tag(const struct ov_secret32 *k_idx,
    const char from[20], uint32_t ep, const uint8_t pid[32], uint8_t tag[16],
    struct ov_err *);

/* The key of content that waits for its link: DEK and pid together. */
OV_MUST_CHECK enum ov_rc ov_inhoud_key(struct ov_crypto *,
    const struct ov_secret32 *dek, const uint8_t pid[32], struct ov_secret32 *k,
    struct ov_err *);

/* The log salt of a record, and the commitment of a leaf about a message. */
OV_MUST_CHECK enum ov_rc ov_log_salt(struct ov_crypto *,
    const struct ov_secret32 *dek, uint8_t salt[32], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_log_ref(const uint8_t salt[32],
    const uint8_t sha256_jwe[32], const uint8_t jti[16], uint8_t ref[32],
    struct ov_err *);

#endif
