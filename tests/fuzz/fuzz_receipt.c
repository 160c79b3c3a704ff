/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_receipt.c - receipts and every other signed payload. */
#include "protocol/afstemming.h"
#include "protocol/bundle.h"
#include "protocol/manifest.h"
#include "protocol/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_receipt_asked q = {.logdomein = "a.example", .regio = "r"};
	static struct ov_oprf_antwoord a;
	static struct ov_oprf_vraag v;
	struct ov_receipt_verdict verdict;
	struct ov_receipt r = {0};
	struct ov_afstemming af;
	struct ov_contacten c;
	struct ov_manifest m;
	struct ov_bundle u;

	(void)ov_receipt_judge(p, n, &q, &verdict, NULL, NULL);
	(void)!ov_receipt_parse(p, n, &r, NULL);
	ov_receipt_free(&r);
	(void)!ov_bundle_parse(p, n, &u, NULL);
	if (ov_manifest_parse(p, n, &m, NULL) == OV_OK)
		ov_manifest_free(&m);
	if (ov_afstemming_parse(p, n, &af, NULL) == OV_OK)
		ov_afstemming_free(&af);
	if (ov_contacten_parse(p, n, &c, NULL) == OV_OK)
		ov_contacten_free(&c);
	(void)!ov_oprf_vraag_parse(p, n, &v, NULL);
	(void)!ov_oprf_antwoord_parse(p, n, &a, NULL);
	return 0;
}
