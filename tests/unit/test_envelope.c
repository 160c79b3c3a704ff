/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_envelope.c - JWE and JWS compact, apart and together. */
#include "tests/unit/docs_help.h"

#include "protocol/envelope.h"
#include "protocol/hash.h"

static void
check_thumb(const char *want, const uint8_t thumb[32])
{
	char t[OV_B64U_SIZE(32)];

	(void)ov_b64u_enc(t, thumb, 32);
	assert_string_equal(t, want);
}

/* Appendix A.2: fields, key ids, and the JWS's signature. */
static void
test_appendix_a2(void **state)
{
	json_t *v = vectors("bijlage-a.json");
	const char *jwe = text_of(v, "A.2 jwe"), *jws = text_of(v, "A.2 jws");
	struct key a = key_of(0x41), b = key_of(0x42);
	uint8_t enc[32], seed[32], eph[32], thumb[32], byte[16];
	OV_BUF ct = {0}, payload = {0}, head = {0}, again = {0};
	struct ov_jwe w;
	struct ov_jws s;

	(void)state;
	assert_int_equal(ov_jwe_split(jwe, strlen(jwe), &w, &ct, NULL), OV_OK);
	assert_string_equal(w.apu.s, "00000099000000001000");
	assert_string_equal(w.apv.s, "00000099000000002000");
	memset(seed, 0x61, 32);
	assert_int_equal(crypto_scalarmult_base(eph, seed), 0);
	assert_memory_equal(w.epk, eph, 32);
	memset(seed, 0x52, 32);
	assert_int_equal(crypto_scalarmult_base(enc, seed), 0);
	assert_int_equal(ov_thumb_x25519(thumb, enc, NULL), OV_OK);
	check_thumb(text_of(v, "kid_encB"), thumb);
	assert_memory_equal(w.kid, thumb, 32);
	memset(byte, 0x81, 16);
	assert_memory_equal(w.iv, byte, 12);
	assert_int_equal(ct.n, strlen(jws));
	assert_int_equal(ov_jwe_header(&head, &w.apu, &w.apv, eph, thumb, NULL),
	    OV_OK);
	assert_int_equal(head.n, w.aad.n);
	assert_memory_equal(head.p, w.aad.p, head.n);
	ov_jwe_rest(&head, w.iv, ct.p, ct.n, w.tag);
	assert_string_equal(ov_buf_text(&head), jwe);

	assert_int_equal(ov_jws_split(jws, strlen(jws), OV_TYP_BERICHT, &s,
	                     &payload, NULL),
	    OV_OK);
	assert_int_equal(ov_thumb_ed25519(thumb, b.pk, NULL), OV_OK);
	check_thumb(text_of(v, "kid_B"), thumb);
	assert_int_equal(ov_jws_check(&s, b.pk, thumb, NULL), OV_BADSIG);
	assert_int_equal(ov_thumb_ed25519(thumb, a.pk, NULL), OV_OK);
	check_thumb(text_of(v, "kid_A"), thumb);
	assert_int_equal(ov_jws_check(&s, a.pk, thumb, NULL), OV_OK);
	assert_int_equal(ov_jws_input(&again, OV_TYP_BERICHT, thumb, payload.p,
	                     payload.n, NULL),
	    OV_OK);
	ov_jws_finish(&again, s.sig);
	assert_string_equal(ov_buf_text(&again), jws);
	/* Another typ, or one changed bit, is refused. */
	assert_int_equal(ov_jws_split(jws, strlen(jws), OV_TYP_ONTVANGST, &s,
	                     &payload, NULL),
	    OV_BADMSG);
	json_decref(v);
}

/* Every prefix of a token is refused, and every byte that is added. */
static void
test_prefixes(void **state)
{
	json_t *v = vectors("bijlage-a.json");
	const char *jwe = text_of(v, "A.2 jwe"), *jws = text_of(v, "A.2 jws");
	struct ov_jwe w;
	struct ov_jws s;
	size_t n;

	(void)state;
	for (n = 0; n < strlen(jwe); n++) {
		OV_BUF ct = {0};
		assert_int_equal(ov_jwe_split(jwe, n, &w, &ct, NULL),
		    OV_BADMSG);
		assert_int_equal(ct.n, 0);
	}
	for (n = 0; n < strlen(jws); n++) {
		OV_BUF p = {0};
		assert_int_equal(ov_jws_split(jws, n, OV_TYP_BERICHT, &s, &p,
		                     NULL),
		    OV_BADMSG);
	}
	json_decref(v);
}

static enum ov_rc
split_header(const char *json)
{
	OV_BUF t = {0}, ct = {0};
	uint8_t zero[16] = {0};
	struct ov_jwe w;

	ov_b64u_add(&t, json, strlen(json));
	ov_jwe_rest(&t, zero, "x", 1, zero);
	return ov_jwe_split(t.p, t.n, &w, &ct, NULL);
}

#define APU "\"apu\":\"MDAwMDAwOTkwMDAwMDAwMDEwMDA\","
#define APV "\"apv\":\"MDAwMDAwOTkwMDAwMDAwMDIwMDA\","
#define X43 "QElQLbksojQsP5LaxdbefIXbXfVAeltJls458u-36Cc"
#define EPK "\"epk\":{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"" X43 "\"},"
#define REST "\"kid\":\"" X43 "\",\"typ\":\"overstap-bericht+jwe\""
#define CTY "\"cty\":\"overstap-bericht+jws\",\"enc\":\"A256GCM\","

/* Members in any order; one more, one fewer or another value is refused. */
static void
test_jwe_header_members(void **state)
{
	static const char *const bad[] = {
	    "{" APU APV CTY EPK REST "}",
	    "{\"alg\":\"ECDH-ES\"," APV CTY EPK REST "}",
	    "{\"alg\":\"ECDH-ES\"," APU CTY EPK REST "}",
	    "{\"alg\":\"ECDH-ES\"," APU APV EPK REST "}",
	    "{\"alg\":\"ECDH-ES\"," APU APV CTY REST "}",
	    "{\"alg\":\"dir\"," APU APV CTY EPK REST "}",
	    "{\"alg\":\"ECDH-ES\"," APU APV CTY EPK REST ",\"zip\":\"DEF\"}",
	    "{\"alg\":\"ECDH-ES\"," APU APV CTY EPK REST ",\"crit\":[]}",
	    "{\"alg\":\"ECDH-ES\"," APU APV CTY EPK REST ",\"jwk\":{}}",
	    "{\"alg\":\"ECDH-ES\",\"alg\":\"ECDH-ES\"," APU APV CTY EPK REST
	    "}",
	    "{\"alg\":\"ECDH-ES\"," APU APV CTY
	    "\"epk\":{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"" X43
	    "\",\"d\":\"\"}," REST "}",
	    "{\"alg\":\"ECDH-ES\"," APU APV CTY
	    "\"epk\":{\"crv\":\"P-256\",\"kty\":\"OKP\",\"x\":\"" X43
	    "\"}," REST "}",
	    "[]",
	};
	size_t i;

	(void)state;
	assert_int_equal(split_header(
	                     "{\"alg\":\"ECDH-ES\"," APU APV CTY EPK REST "}"),
	    OV_OK);
	assert_int_equal(split_header(
	                     "{" EPK CTY APV APU REST ",\"alg\":\"ECDH-ES\"}"),
	    OV_OK);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(split_header(bad[i]), OV_BADMSG);
}

/* Small-order and non-canonical encodings never verify, for any text. */
static void
test_ed25519_negative(void **state)
{
	json_t *v = vectors("ed25519-negatief.json"), *c;
	uint8_t pk[32], sig[64];
	struct ov_view hex;
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(v, "coderingen")) >= 14);
	json_array_foreach(json_object_get(v, "coderingen"), i, c)
	{
		hex = ov_view_str(json_string_value(c));
		assert_int_equal(ov_hex_exact(hex, pk, 32), OV_OK);
		memset(sig, 0, sizeof(sig));
		memcpy(sig, pk, 32);
		assert_int_equal(ov_ed25519_verify(pk, "x", 1, sig), OV_BADSIG);
	}
	assert_int_equal(json_array_size(json_object_get(v, "gevallen")), 6);
	json_array_foreach(json_object_get(v, "gevallen"), i, c)
	{
		hex = ov_view_str(text_of(c, "pk"));
		assert_int_equal(ov_hex_exact(hex, pk, 32), OV_OK);
		hex = ov_view_str(text_of(c, "sig"));
		assert_int_equal(ov_hex_exact(hex, sig, 64), OV_OK);
		assert_int_equal(ov_ed25519_verify(pk, text_of(c, "tekst"),
		                     strlen(text_of(c, "tekst")), sig),
		    OV_BADSIG);
	}
	json_decref(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appendix_a2),
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_jwe_header_members),
	    cmocka_unit_test(test_ed25519_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
