/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_note.c - signed notes and verifier keys. */
#include "protocol/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_vkey k;
	struct ov_note note;
	struct ov_note_seen seen;
	static const uint8_t pk[32] = {1};

	(void)!ov_vkey_parse(&k, p, n, NULL);
	if (ov_note_parse(p, n, &note, NULL) != OV_OK ||
	    ov_vkey_make(&k, "a.example", OV_VKEY_COSIG, pk, NULL) != OV_OK)
		return 0;
	(void)!ov_note_verify(&note, &k, 1, &seen, NULL);
	return 0;
}
