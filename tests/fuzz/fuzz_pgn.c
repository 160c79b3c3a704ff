/* SPDX-License-Identifier: EUPL-1.2 */
/* fuzz_pgn.c - a number that is taken is nine digits that are taken again as
 * the same; one that is not leaves nothing behind.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/pgn.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct ov_pgn none;
	struct ov_pgn a, b;
	enum ov_pgn_kind kind = ov_pgn_parse((struct ov_view){p, n}, &a);

	if (kind == OV_PGN_NONE) {
		if (memcmp(&a, &none, sizeof(a)) != 0)
			abort();
		return 0;
	}
	if (strlen(a.s) != OV_PGN_LEN || ov_pgn_kind(a.s) != kind ||
	    ov_pgn_parse(ov_view_str(a.s), &b) != kind || strcmp(a.s, b.s) != 0)
		abort();
	return 0;
}
