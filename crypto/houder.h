/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/houder.h - the share keys of a holder: derived from seeds, kept in
 * locked memory, used for evaluation and nothing else.
 *
 * Pure computation: budgets and what was debited are the role's
 * (daemon/houder).  A key is named by domain (the receiver's OIN), epoch and
 * share; it is derived on first use (docs/protocol.md, "Pseudonyms") and kept
 * until the set is freed.  OV_DAMAGED means that there is no seed for this
 * epoch and share.
 */
#ifndef OV_CRYPTO_HOUDER_H
#define OV_CRYPTO_HOUDER_H

#include "crypto/oprf.h"

/* Seeds: epochs times shares of one holder. */
#define OV_HOUDER_SEEDS 64
/* Derived keys that are kept; beyond that the set is derived anew. */
#define OV_HOUDER_KEYS 8192

struct ov_houder_keys;

struct ov_houder_name {
	char domain[20];
	uint32_t ep;
	uint8_t share; /* 1..255 */
};

/* An empty set for a region.  *out is given: ov_houder_keys_free(). */
OV_MUST_CHECK enum ov_rc ov_houder_keys_new(const char *regio,
    struct ov_houder_keys **out, struct ov_err *e);
void ov_houder_keys_free(struct ov_houder_keys *);

/* Add a seed; the caller wipes his copy.  OV_DENIED if this epoch and share
 * has one, OV_BADMSG for share 0, OV_NOSPACE. */
OV_MUST_CHECK enum ov_rc ov_houder_keys_seed(struct ov_houder_keys *,
    uint32_t ep, uint8_t share, const struct ov_secret32 *seed,
    struct ov_err *e);

/* The public key that the manifest carries. */
OV_MUST_CHECK enum ov_rc ov_houder_keys_public(struct ov_houder_keys *,
    const struct ov_houder_name *, uint8_t pk[32], struct ov_err *e);

/* True if all n elements of 32 bytes are canonical and none is the identity;
 * otherwise *bad is the first that is not. */
bool ov_houder_elements_ok(const uint8_t *b, size_t n, size_t *bad);

/* Evaluate n (1..256) elements, 32 bytes each, into out, with one proof over
 * all of them.  OV_BADMSG for a bad element. */
OV_MUST_CHECK enum ov_rc ov_houder_keys_evaluate(struct ov_houder_keys *,
    const struct ov_houder_name *, const uint8_t *b, size_t n, uint8_t *out,
    uint8_t pk[32], uint8_t proof[64], struct ov_err *e);

#endif
