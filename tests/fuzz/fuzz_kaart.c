/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_kaart.c - the text of an enrolment card, signed here by the
 * key that it names, so that what follows the signature is reached: what is
 * taken is composed to a card that is taken too.
 */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "protocol/json.h"
#include "protocol/kaart.h"

static const uint8_t seed[32] = {0x41, 0x41};

/* The name of the key that signs a card with this text; false if it has
 * none. */
static bool
key_name(const uint8_t *p, size_t n, char name[OV_NOTE_NAME_MAX + 1])
{
	OV_JSON *j = NULL;
	const char *domain, *regio, *text;
	struct ov_oin oin;

	if (ov_json_parse(p, n, OV_KAART_MAX, &j, NULL) != OV_OK)
		return false;
	domain = json_string_value(json_object_get(j, "logdomein"));
	regio = json_string_value(json_object_get(j, "regio"));
	text = json_string_value(json_object_get(j, "oin"));
	return domain != NULL && regio != NULL && text != NULL &&
	       ov_oin_parse(ov_view_str(text), &oin) == OV_OK &&
	       ov_kaart_key_name(name, domain, regio, &oin, NULL) == OV_OK;
}

static bool
sign(struct ov_buf *b, const void *text, size_t n)
{
	char name[OV_NOTE_NAME_MAX + 1];
	uint8_t pk[32], sk[64], sig[64];
	struct ov_vkey v;

	must(crypto_sign_seed_keypair(pk, sk, seed) == 0, "key");
	if (!key_name(text, n, name) ||
	    ov_vkey_make(&v, name, OV_VKEY_ED25519, pk, NULL) != OV_OK)
		return false;
	must(crypto_sign_detached(sig, NULL, text, n, sk) == 0, "sign");
	ov_buf_add(b, text, n);
	ov_buf_str(b, "\n");
	ov_note_line(b, &v, sig, sizeof(sig));
	return !b->bad;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF note = {0}, text = {0}, again = {0}, last = {0};
	struct ov_kaart *k = NULL, *k2 = NULL;

	must(sodium_init() >= 0, "libsodium");
	if (ov_kaart_open(p, n, &k, NULL) == OV_OK) /* a whole card */
		ov_kaart_free(k);
	k = NULL;
	if (!sign(&note, p, n) ||
	    ov_kaart_open(note.p, note.n, &k, NULL) != OV_OK) {
		must(k == NULL, "nothing is given");
		return 0;
	}
	json_decref(ov_kaart_lid(k));
	must(ov_kaart_compose(&text, k, NULL) == OV_OK, "composed");
	must(sign(&again, text.p, text.n), "signed");
	must(ov_kaart_open(again.p, again.n, &k2, NULL) == OV_OK, "reads back");
	must(ov_kaart_compose(&last, k2, NULL) == OV_OK, "composed again");
	must(same(&text, &last), "the same text");
	ov_kaart_free(k);
	ov_kaart_free(k2);
	return 0;
}
