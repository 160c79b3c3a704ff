/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_adresboek.c - address books and enrolment cards. */
#include "protocol/kaart.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_accept_in in = {NULL, NULL, NULL, 1788249600};
	struct ov_adresboek *k = NULL;
	struct ov_kaart *card = NULL;

	(void)ov_adresboek_accept(&in, p, n, &k, NULL);
	ov_adresboek_free(k);
	k = NULL;
	(void)!ov_adresboek_parse(p, n, &k, NULL);
	ov_adresboek_free(k);
	(void)!ov_kaart_open(p, n, &card, NULL);
	ov_kaart_free(card);
	return 0;
}
