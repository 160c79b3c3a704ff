/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_bundle.c - key bundles. */
#include "tests/fuzz/fuzz.h"

#include "protocol/bundle.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct ov_bundle, ov_bundle_parse, ov_bundle_compose,
	    OWNS_NOTHING, p, n);
	return 0;
}
