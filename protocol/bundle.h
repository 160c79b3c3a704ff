/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/bundle.h - a member's current encryption and link keys, signed by
 * its identity key: payload of typ overstap-sleutels+jws.
 */
#ifndef OV_PROTOCOL_BUNDLE_H
#define OV_PROTOCOL_BUNDLE_H

#include "protocol/envelope.h"

#define OV_BUNDLE_ENC_MAX 8
#define OV_BUNDLE_LINK_MAX 8
#define OV_BUNDLE_LIFE ((int64_t)8 * 86400) /* exp - iat at most */

struct ov_bundle_enc {
	uint8_t kid[OV_THUMB_LEN]; /* thumbprint of x */
	uint8_t x[OV_KEY_LEN];
	int64_t nbf;
	int64_t exp;
};

struct ov_bundle_link {
	uint32_t ep;
	uint8_t x[OV_KEY_LEN];
};

struct ov_bundle {
	struct ov_oin iss;
	uint64_t versie;
	int64_t iat;
	int64_t exp;
	size_t nenc;
	struct ov_bundle_enc enc[OV_BUNDLE_ENC_MAX];
	size_t nlink;
	struct ov_bundle_link link[OV_BUNDLE_LINK_MAX];
	uint32_t oorsprong; /* number of the current log origin, from 1 */
	uint32_t adresboek; /* version of the address book it was made under */
};

OV_MUST_CHECK enum ov_rc ov_bundle_compose(struct ov_buf *,
    const struct ov_bundle *, struct ov_err *e);
/* Every kid is recomputed and must agree; epochs in link are distinct. */
OV_MUST_CHECK enum ov_rc ov_bundle_parse(const void *p, size_t n,
    struct ov_bundle *out, struct ov_err *e);

/* Newest encryption key with nbf <= now < exp (highest nbf, then first
 * listed), or NULL. */
const struct ov_bundle_enc *ov_bundle_enc_at(const struct ov_bundle *,
    int64_t now);
const struct ov_bundle_link *ov_bundle_link_of(const struct ov_bundle *,
    uint32_t ep);
/* May "next" take the place of "have"?  OV_DENIED for another iss, a lower
 * versie, or another link key of an epoch that have knows. */
OV_MUST_CHECK enum ov_rc ov_bundle_follows(const struct ov_bundle *have,
    const struct ov_bundle *next, struct ov_err *e);

#endif
