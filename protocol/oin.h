/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/oin.h - the names of organisations: OIN, BRIN with vestiging,
 * gemeente code.
 *
 * An OIN is 20 characters [0-9A-Z], compared bytewise and never taken apart:
 * the OIN of a school holds its BRIN and so has letters.
 */
#ifndef OV_PROTOCOL_OIN_H
#define OV_PROTOCOL_OIN_H

#include "protocol/limits.h"
#include "protocol/rd.h"

struct ov_oin {
	char s[OV_OIN_LEN + 1]; /* NUL-terminated; all zero: none */
};

/* OV_BADMSG (and *out zeroed) unless exactly 20 characters [0-9A-Z]. */
OV_MUST_CHECK enum ov_rc ov_oin_parse(struct ov_view, struct ov_oin *out);
/* The same from 20 bytes of a fixed record. */
OV_MUST_CHECK enum ov_rc ov_oin_from(const uint8_t p[OV_OIN_LEN],
    struct ov_oin *out);
bool ov_oin_eq(const struct ov_oin *, const struct ov_oin *);
/* Bytewise order, for sorting. */
int ov_oin_cmp(const struct ov_oin *, const struct ov_oin *);
bool ov_oin_none(const struct ov_oin *);

/* Two digits and two capitals, as "00AA". */
bool ov_is_brin(struct ov_view);
/* Two digits. */
bool ov_is_vestiging(struct ov_view);
/* Four digits (CBS). */
bool ov_is_gemeente(struct ov_view);
/* [a-z0-9-]{1,32}: a region, an administrator, a message type. */
bool ov_is_slug(struct ov_view);

#endif
