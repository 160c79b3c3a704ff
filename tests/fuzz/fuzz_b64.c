/* SPDX-License-Identifier: EUPL-1.2 */
/* fuzz_b64.c - what decodes encodes back to the same text, in both forms. */
#include <stdlib.h>
#include <string.h>

#include "protocol/b64.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
form(const char *s, size_t n,
    enum ov_rc (*dec)(const char *, size_t, uint8_t *, size_t, size_t *),
    size_t (*enc)(char *, const void *, size_t))
{
	uint8_t *out = malloc(OV_B64_MAXDEC(n));
	char *text = malloc(OV_B64_SIZE(OV_B64_MAXDEC(n)));
	size_t outn = 0;

	if (out == NULL || text == NULL)
		abort();
	if (dec(s, n, out, OV_B64_MAXDEC(n), &outn) == OV_OK) {
		if (enc(text, out, outn) != n || memcmp(text, s, n) != 0)
			abort();
	} else if (outn != 0) {
		abort();
	}
	free(out);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	form((const char *)p, n, ov_b64u_dec, ov_b64u_enc);
	form((const char *)p, n, ov_b64_dec, ov_b64_enc);
	return 0;
}
