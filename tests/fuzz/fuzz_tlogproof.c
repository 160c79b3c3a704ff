/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_tlogproof.c - tlog-proofs. */
#include "protocol/tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_digest leaf = {{0}};
	struct ov_tlog_proof pr;
	struct ov_checkpoint c;
	struct ov_note note;

	if (ov_tlog_proof_parse(p, n, &pr, NULL) != OV_OK ||
	    ov_note_parse(pr.note.p, pr.note.n, &note, NULL) != OV_OK ||
	    ov_checkpoint_parse(note.text, &c, NULL) != OV_OK)
		return 0;
	(void)!ov_tlog_proof_verify(&pr, &leaf, &c, NULL);
	return 0;
}
