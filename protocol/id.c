/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/id.c - identifiers of 16 bytes. */
#include "protocol/id.h"

#include <string.h>

void
ov_jti_make(uint8_t out[OV_ID_LEN], uint64_t unix_ms,
    const uint8_t rnd[OV_ID_RANDOM])
{
	int i;

	for (i = 5; i >= 0; i--, unix_ms >>= 8)
		out[i] = (uint8_t)(unix_ms & 0xff);
	memcpy(out + 6, rnd, OV_ID_RANDOM);
}

void
ov_id_text(char out[OV_ID_SIZE], const uint8_t id[OV_ID_LEN])
{
	(void)ov_b64u_enc(out, id, OV_ID_LEN);
}

enum ov_rc
ov_id_parse(struct ov_view v, uint8_t out[OV_ID_LEN])
{
	return ov_b64u_exact(v, out, OV_ID_LEN);
}
