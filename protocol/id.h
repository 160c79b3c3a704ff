/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/id.h - 16-byte identifiers: jti of a message, zaak of a case.
 *
 * A jti of ours is time-ordered: 48 bits of milliseconds since 1970, then 80
 * random bits.  A receiver checks 16 bytes and nothing more.  The text is b64u,
 * 22 characters.
 */
#ifndef OV_PROTOCOL_ID_H
#define OV_PROTOCOL_ID_H

#include "protocol/b64.h"

#define OV_ID_LEN 16
#define OV_ID_TEXT 22
#define OV_ID_SIZE (OV_ID_TEXT + 1)
#define OV_ID_RANDOM 10

void ov_jti_make(uint8_t out[OV_ID_LEN], uint64_t unix_ms,
    const uint8_t rnd[OV_ID_RANDOM]);
void ov_id_text(char out[OV_ID_SIZE], const uint8_t id[OV_ID_LEN]);
/* OV_BADMSG and out zeroed unless 22 characters of canonical b64u. */
OV_MUST_CHECK enum ov_rc ov_id_parse(struct ov_view, uint8_t out[OV_ID_LEN]);

#endif
