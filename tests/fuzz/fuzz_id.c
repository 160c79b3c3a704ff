/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_id.c - identifiers and OINs: what is taken has one text. */
#include "tests/fuzz/fuzz.h"

#include "protocol/id.h"
#include "protocol/oin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t zero[OV_ID_LEN];
	struct ov_view v = {p, n};
	uint8_t id[OV_ID_LEN];
	char text[OV_ID_SIZE];
	struct ov_oin oin;

	if (ov_id_parse(v, id) == OV_OK) {
		ov_id_text(text, id);
		must(ov_view_eq(v, text), "the same id");
	} else {
		must(memcmp(id, zero, sizeof(id)) == 0, "nothing is left");
	}
	if (ov_oin_parse(v, &oin) == OV_OK)
		must(ov_view_eq(v, oin.s), "the same OIN");
	else
		must(ov_oin_none(&oin), "no OIN is left");
	return 0;
}
