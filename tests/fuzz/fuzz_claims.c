/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_claims.c - payloads of messages. */
#include "protocol/claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_claims_faults f;
	struct ov_claims c;

	if (ov_claims_parse(p, n, &c, &f, NULL) == OV_OK)
		ov_claims_free(&c);
	else if (f.n == 0)
		__builtin_trap(); /* a refusal always says where */
	return 0;
}
