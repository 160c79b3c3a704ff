/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_vkey.c - verifier keys: what is taken has one text. */
#include "tests/fuzz/fuzz.h"

#include "protocol/note.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_vkey k, again;
	OV_BUF b = {0};

	if (ov_vkey_parse(&k, p, n, NULL) != OV_OK)
		return 0;
	must(k.type == OV_VKEY_ED25519 || k.type == OV_VKEY_COSIG, "type");
	ov_vkey_text(&b, &k);
	must(!b.bad && b.n == n && memcmp(b.p, p, n) == 0, "the same text");
	must(ov_vkey_make(&again, k.name, (enum ov_vkey_type)k.type, k.pk,
	         NULL) == OV_OK &&
	         memcmp(again.id, k.id, sizeof(k.id)) == 0,
	    "the computed id");
	return 0;
}
