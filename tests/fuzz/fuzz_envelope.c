/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_envelope.c - compact JWE and JWS. */
#include "protocol/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF ct = {0}, bare = {0}, payload = {0};
	struct ov_jwe_bare b;
	struct ov_jwe w;
	struct ov_jws s;

	(void)!ov_jwe_split(p, n, &w, &ct, NULL);
	(void)!ov_jwe_split_bare(p, n, &b, &bare, NULL);
	(void)!ov_jws_split(p, n, OV_TYP_BERICHT, &s, &payload, NULL);
	(void)!ov_jws_split(p, n, NULL, &s, &payload, NULL);
	return 0;
}
