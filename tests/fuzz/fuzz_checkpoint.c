/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_checkpoint.c - checkpoints and log leaves. */
#include "protocol/tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t pk[32] = {1};
	struct ov_checkpoint c;
	struct ov_leaf l;

	(void)!ov_checkpoint_open(p, n, pk, &c, NULL, NULL);
	(void)!ov_checkpoint_parse((struct ov_view){p, n}, &c, NULL);
	(void)!ov_leaf_parse(p, n, &l, NULL);
	return 0;
}
