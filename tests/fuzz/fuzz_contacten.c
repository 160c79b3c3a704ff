/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_contacten.c - directories of contact persons. */
#include "tests/fuzz/fuzz.h"

#include "protocol/afstemming.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct ov_contacten, ov_contacten_parse, ov_contacten_compose,
	    ov_contacten_free, p, n);
	return 0;
}
