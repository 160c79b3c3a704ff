/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_oprf.c - what a holder answers: public key, proof, then
 * pairs of a blinded and an evaluated element.  Whatever the slices, the proof
 * holds or does not; and a blind of ours finishes with good elements only.
 */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "crypto/oprf.h"

#define HEAD 96

/* The verdict in slices of `step` elements. */
static bool
slices(const uint8_t *p, const uint8_t *b, const uint8_t *e, size_t m,
    size_t step)
{
	struct ov_oprf_verify v;
	size_t at, k;

	if (ov_oprf_verify_init(&v, p, m, p + 32, NULL) != OV_OK)
		return false;
	for (at = 0; at < m; at += k) {
		k = m - at < step ? m - at : step;
		if (ov_oprf_verify_add(&v, b + 32 * at, e + 32 * at, k, NULL) !=
		    OV_OK)
			return false;
	}
	return ov_oprf_verify_final(&v, NULL) == OV_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static uint8_t b[16 * 32], e[16 * 32];
	static const uint8_t zero[64];
	struct ov_secret32 r;
	uint8_t y[64], x[OV_OPRF_INPUT_PGN];
	size_t m = n > HEAD ? (n - HEAD) / 64 : 0, bad = 0;
	bool good;

	must(sodium_init() >= 0, "libsodium");
	if (m == 0 || m > 16)
		return 0;
	for (size_t i = 0; i < m; i++) {
		memcpy(b + 32 * i, p + HEAD + 64 * i, 32);
		memcpy(e + 32 * i, p + HEAD + 64 * i + 32, 32);
		bad += !ov_oprf_element_ok(b + 32 * i) ||
		       !ov_oprf_element_ok(e + 32 * i);
	}
	good = ov_oprf_verify(p, b, e, m, p + 32, NULL) == OV_OK;
	must(!good ||
	         (bad == 0 && ov_oprf_element_ok(p) &&
	             ov_oprf_scalar_ok(p + 32) && ov_oprf_scalar_ok(p + 64)),
	    "a proof over good elements and scalars");
	must(slices(p, b, e, m, 1) == good && slices(p, b, e, m, 3) == good,
	    "the same verdict in slices");
	memset(&r, 7, sizeof(r));
	r.b[31] = 0;
	ov_oprf_input_pgn(x, "999990007");
	if (ov_oprf_finish(x, sizeof(x), &r, e, m <= 8 ? m : 8, y, NULL) !=
	    OV_OK)
		must(memcmp(y, zero, sizeof(y)) == 0, "no output");
	else
		must(memcmp(y, zero, sizeof(y)) != 0, "an output");
	return 0;
}
