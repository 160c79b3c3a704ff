/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_antwoord.c - a holder's answers. */
#include "tests/fuzz/fuzz.h"

#include "protocol/manifest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct ov_oprf_antwoord, ov_oprf_antwoord_parse,
	    ov_oprf_antwoord_compose, OWNS_NOTHING, p, n);
	return 0;
}
