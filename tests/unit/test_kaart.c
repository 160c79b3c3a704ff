/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_kaart.c - the enrolment card and its vector. */
#include "tests/unit/docs_help.h"

#include "protocol/hash.h"
#include "protocol/kaart.h"

/* The card of the vector file: identity key 32 x 41, log 32 x a1, witness
 * 32 x b1, one pin of 32 x 05. */
static void
make(struct ov_kaart *k, struct ov_lid_brin *brin, char (*vest)[3],
    char (*gemeente)[5])
{
	memset(k, 0, sizeof(*k));
	(void)snprintf(k->regio, sizeof(k->regio), "voorbeeld");
	k->logdomein = "overstap.example";
	assert_int_equal(ov_oin_parse(ov_view_str("00000099000000001000"),
	                     &k->lid.oin),
	    OV_OK);
	k->lid.naam = "Scholengemeenschap \"De Overkant\"";
	k->lid.rol = OV_ROL_BIT(OV_ROL_VO) | OV_ROL_BIT(OV_ROL_LEERPLICHT);
	k->lid.url = "https://school.overstap.example:8443";
	memcpy(k->lid.id, key_of(0x41).pk, 32);
	memcpy(k->lid.log, key_of(0xa1).pk, 32);
	memcpy(k->lid.getuige, key_of(0xb1).pk, 32);
	k->lid.nserver = k->lid.nclient = 1;
	memset(k->lid.server[0], 5, 32);
	memset(k->lid.client[0], 5, 32);
	memcpy(brin->brin, "00AA", 5);
	memcpy(vest[0], "00", 3);
	memcpy(gemeente[0], "0344", 5);
	brin->n = 1;
	brin->vestiging = vest;
	k->lid.nbrin = k->lid.ngemeente = 1;
	k->lid.brin = brin;
	k->lid.gemeente = gemeente;
}

static void
sign_card(struct ov_buf *b, const struct ov_kaart *k, const char *logdomein,
    uint8_t seed)
{
	struct key key = key_of(seed);
	char name[OV_NOTE_NAME_MAX + 1];
	struct ov_vkey v;

	assert_int_equal(ov_kaart_compose(b, k, NULL), OV_OK);
	assert_int_equal(ov_kaart_key_name(name, logdomein, k->regio,
	                     &k->lid.oin, NULL),
	    OV_OK);
	assert_int_equal(ov_vkey_make(&v, name, OV_VKEY_ED25519, key.pk, NULL),
	    OV_OK);
	sign_note(b, b->n, &v, &key);
}

/* Composed and signed it is the vector, with its fingerprint; it reads back,
 * and every prefix of it is refused. */
static void
test_vector(void **state)
{
	json_t *v = vectors("kaart.json");
	char vest[1][3], gemeente[1][5], fp[OV_VINGER_TEXT];
	struct ov_lid_brin brin;
	struct ov_kaart k, *got = NULL;
	OV_BUF b = {0}, again = {0};
	size_t n;

	(void)state;
	make(&k, &brin, vest, gemeente);
	sign_card(&b, &k, k.logdomein, 0x41);
	assert_string_equal(ov_buf_text(&b), text_of(v, "kaart"));
	assert_int_equal(ov_kaart_open(b.p, b.n, &got, NULL), OV_OK);
	ov_vinger(fp, got->sha256);
	assert_string_equal(fp, text_of(v, "vingerafdruk"));
	assert_true(ov_vinger_match(text_of(v, "getypt"), got->sha256));
	assert_string_equal(got->lid.naam, k.lid.naam);
	assert_int_equal(got->lid.rol, k.lid.rol);
	assert_int_equal(got->lid.port, 8443);
	assert_int_equal(ov_kaart_compose(&again, got, NULL), OV_OK);
	assert_memory_equal(again.p, b.p, again.n);
	ov_kaart_free(got);
	for (n = 0; n < b.n; n++) {
		assert_int_not_equal(ov_kaart_open(b.p, n, &got, NULL), OV_OK);
		assert_null(got);
	}
	json_decref(v);
}

/* Signed by another key, or under the name of another domain. */
static void
test_signature(void **state)
{
	char vest[1][3], gemeente[1][5];
	struct ov_lid_brin brin;
	struct ov_kaart k, *got = NULL;
	OV_BUF a = {0}, b = {0};

	(void)state;
	make(&k, &brin, vest, gemeente);
	sign_card(&a, &k, k.logdomein, 0x42);
	assert_int_equal(ov_kaart_open(a.p, a.n, &got, NULL), OV_BADSIG);
	sign_card(&b, &k, "elders.example", 0x41);
	assert_int_equal(ov_kaart_open(b.p, b.n, &got, NULL), OV_BADSIG);
}

/* A card gives the member that the book wants. */
static void
test_member(void **state)
{
	char vest[1][3], gemeente[1][5];
	struct ov_lid_brin brin;
	struct ov_kaart k, *got = NULL;
	OV_BUF b = {0};
	json_t *l;

	(void)state;
	make(&k, &brin, vest, gemeente);
	sign_card(&b, &k, k.logdomein, 0x41);
	assert_int_equal(ov_kaart_open(b.p, b.n, &got, NULL), OV_OK);
	l = ov_kaart_lid(got);
	assert_non_null(l);
	assert_int_equal(json_object_size(l), 16);
	assert_string_equal(text_of(l, "status"), "actief");
	assert_string_equal(text_of(l, "oin"), "00000099000000001000");
	json_decref(l);
	ov_kaart_free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vector),
	    cmocka_unit_test(test_signature),
	    cmocka_unit_test(test_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
