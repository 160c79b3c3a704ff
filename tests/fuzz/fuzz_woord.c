/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_woord.c - what people type and what stands in one word: a
 * fingerprint, a role, a school year, the status of an epoch, a code.  What is
 * taken has one text. */
#include "tests/fuzz/fuzz.h"

#include "protocol/adresboek.h"
#include "protocol/fout.h"
#include "protocol/manifest.h"
#include "protocol/rapport.h"

static void
vinger(const char *typed)
{
	char one[OV_VINGER_TEXT], two[OV_VINGER_TEXT];
	uint8_t sha256[32] = {0};

	if (!ov_vinger_parse(typed, one)) {
		must(!ov_vinger_match(typed, sha256), "it fits nothing");
		return;
	}
	must(strlen(one) == OV_VINGER_TEXT - 1, "all its letters");
	must(ov_vinger_parse(one, two) && strcmp(one, two) == 0,
	    "the same fingerprint");
	ov_vinger(two, sha256);
	must(ov_vinger_match(typed, sha256) == (strcmp(one, two) == 0),
	    "it fits what it says");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	enum ov_epoch_status status;
	enum ov_fout fout;
	enum ov_rol rol;
	char text[4096], jaar[10];
	int year;

	if (n >= sizeof(text))
		return 0;
	if (n > 0)
		memcpy(text, p, n);
	text[n] = '\0';
	vinger(text);
	if (ov_rol_parse(text, &rol))
		must(strcmp(ov_rol_name(rol), text) == 0, "the same role");
	if (ov_schooljaar_parse(text, &year)) {
		ov_schooljaar_fmt(year, jaar);
		must(strcmp(jaar, text) == 0, "the same school year");
	}
	if (ov_epoch_status_parse(text, &status))
		must(strcmp(ov_epoch_status_name(status), text) == 0,
		    "the same status");
	fout = ov_fout_from((struct ov_view){p, n});
	if (fout != OV_FOUT_GEEN)
		must(ov_view_eq((struct ov_view){p, n}, ov_fout_code(fout)),
		    "the same code");
	return 0;
}
