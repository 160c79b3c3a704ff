/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_afstemming.c - payloads of the reconciliation. */
#include "tests/fuzz/fuzz.h"

#include "protocol/afstemming.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct ov_afstemming, ov_afstemming_parse, ov_afstemming_compose,
	    ov_afstemming_free, p, n);
	return 0;
}
