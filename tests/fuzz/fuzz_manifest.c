/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_manifest.c - key manifests of holders. */
#include "tests/fuzz/fuzz.h"

#include "protocol/manifest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct ov_manifest, ov_manifest_parse, ov_manifest_compose,
	    ov_manifest_free, p, n);
	return 0;
}
