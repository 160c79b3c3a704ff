/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_vraag.c - evaluation requests. */
#include "tests/fuzz/fuzz.h"

#include "protocol/manifest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct ov_oprf_vraag, ov_oprf_vraag_parse, ov_oprf_vraag_compose,
	    OWNS_NOTHING, p, n);
	return 0;
}
