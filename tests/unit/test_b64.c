/* SPDX-License-Identifier: EUPL-1.2 */
/* test_b64.c - both base64 forms against a naive coder, and all that a strict
 * decoder refuses; ids and hexadecimal, which are built the same way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/id.h"

static const char std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* Bit by bit. */
static size_t
naive(char *out, const uint8_t *p, size_t n, const char *alphabet)
{
	size_t bits = n * 8, i, k, len = 0;

	for (i = 0; i < bits; i += 6) {
		unsigned int v = 0;

		for (k = i; k < i + 6; k++)
			v = v << 1 |
			    (k < bits
			            ? (unsigned int)p[k / 8] >> (7 - k % 8) & 1U
			            : 0);
		out[len++] = alphabet[v];
	}
	out[len] = '\0';
	return len;
}

/* RFC 4648 section 10. */
static void
test_rfc4648(void **state)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	char text[16];
	uint8_t back[16];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i][0]);

		assert_int_equal(ov_b64_enc(text, rows[i][0], len),
		    strlen(rows[i][1]));
		assert_string_equal(text, rows[i][1]);
		assert_int_equal(ov_b64_dec(text, strlen(text), back,
		                     sizeof(back), &n),
		    OV_OK);
		assert_int_equal(n, len);
		assert_memory_equal(back, rows[i][0], len);
	}
}

/* Every length to 200 with bytes that visit all values. */
static void
test_same_as_naive(void **state)
{
	uint8_t in[200], back[200];
	char want[OV_B64_SIZE(200)], got[OV_B64_SIZE(200)];
	unsigned int seed = 12345;
	size_t n, i, outn;

	(void)state;
	for (n = 0; n <= sizeof(in); n++) {
		for (i = 0; i < n; i++) {
			seed = seed * 1103515245U + 12345U;
			in[i] = (uint8_t)(seed >> 16);
		}
		assert_int_equal(naive(want, in, n, url), OV_B64U_LEN(n));
		assert_int_equal(ov_b64u_enc(got, in, n), OV_B64U_LEN(n));
		assert_string_equal(got, want);
		assert_int_equal(ov_b64u_dec(got, OV_B64U_LEN(n), back, n,
		                     &outn),
		    OV_OK);
		assert_int_equal(outn, n);
		assert_memory_equal(back, in, n);
		/* In place. */
		assert_int_equal(ov_b64u_dec(got, OV_B64U_LEN(n),
		                     (uint8_t *)got, n, &outn),
		    OV_OK);
		assert_memory_equal(got, in, n);

		(void)naive(want, in, n, std);
		assert_int_equal(ov_b64_enc(got, in, n), OV_B64_LEN(n));
		assert_memory_equal(got, want, OV_B64U_LEN(n));
		assert_int_equal(ov_b64_exact(ov_view_str(got), back, n),
		    OV_OK);
		assert_memory_equal(back, in, n);
	}
}

/* Every byte value at every place of a block and of a tail is either the
 * digit that it is or refused. */
static void
test_every_character(void **state)
{
	char text[12];
	uint8_t out[9];
	size_t at, n;
	int c;

	(void)state;
	for (at = 0; at < sizeof(text); at++) {
		for (c = 0; c < 256; c++) {
			bool u = c != 0 && strchr(url, c) != NULL;
			bool s = c != 0 && strchr(std, c) != NULL;

			memset(text, 'A', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(ov_b64u_dec(text, sizeof(text), out,
			                     sizeof(out), &n),
			    u ? OV_OK : OV_BADMSG);
			assert_int_equal(n, u ? 9 : 0);
			if (c == '=' && at == 11)
				s = true;
			assert_int_equal(ov_b64_dec(text, sizeof(text), out,
			                     sizeof(out), &n),
			    s ? OV_OK : OV_BADMSG);
		}
	}
}

/* Spare bits must be zero: of 64 last characters 4 are right after two bytes'
 * worth and 16 after one. */
static void
test_spare_bits(void **state)
{
	uint8_t out[8];
	size_t n, i, two = 0, three = 0;
	char a[] = "A?", b[] = "AA?";

	(void)state;
	for (i = 0; i < 64; i++) {
		a[1] = url[i];
		two += ov_b64u_dec(a, 2, out, sizeof(out), &n) == OV_OK;
		b[2] = url[i];
		three += ov_b64u_dec(b, 3, out, sizeof(out), &n) == OV_OK;
	}
	assert_int_equal(two, 4);
	assert_int_equal(three, 16);
}

static void
test_refused(void **state)
{
	static const char *const b64[] = {"=", "==", "====", "A===", "AA=A",
	    "AAA", "AA", "AAAA=", "AA==AAAA", "AB==", "AAB=", "AA A", "AAAA\n",
	    "A-AA", "A_AA"};
	static const char *const b64u[] = {"A", "AAAAA", "AA==", "AAA=", "A+AA",
	    "A/AA", " AAA", "AAA ", "AA\nA", "AAAAAAAAA", "AAAA AAAA"};
	uint8_t out[16];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(b64) / sizeof(b64[0]); i++)
		assert_int_equal(ov_b64_dec(b64[i], strlen(b64[i]), out,
		                     sizeof(out), &n),
		    OV_BADMSG);
	for (i = 0; i < sizeof(b64u) / sizeof(b64u[0]); i++)
		assert_int_equal(ov_b64u_dec(b64u[i], strlen(b64u[i]), out,
		                     sizeof(out), &n),
		    OV_BADMSG);
}

/* Nothing of a failed text stays behind, and the room is respected. */
static void
test_wiped_and_bounded(void **state)
{
	static const char text[] = "__________________*_";
	uint8_t out[16], zero[16] = {0};
	size_t n = 9;

	(void)state;
	memset(out, 0, sizeof(out));
	assert_int_equal(ov_b64u_dec(text, 20, out, sizeof(out), &n),
	    OV_BADMSG);
	assert_int_equal(n, 0);
	assert_memory_equal(out, zero, sizeof(out));
	assert_int_equal(ov_b64u_dec("AAAAAAAA", 8, out, 5, &n), OV_TOOBIG);
	assert_int_equal(ov_b64u_dec("AAAAAAAA", 8, out, 6, &n), OV_OK);
	memset(out, 1, sizeof(out));
	assert_int_equal(ov_b64u_exact(ov_view_str("AAAA"), out, 4), OV_BADMSG);
	assert_int_equal(out[0] | out[3], 0);
	assert_int_equal(ov_b64_exact(ov_view_str("AAAA"), out, 2), OV_BADMSG);
	assert_int_equal(ov_b64_exact(ov_view_str("AAA="), out, 3), OV_BADMSG);
}

static void
test_append(void **state)
{
	OV_BUF b = {0};
	OV_BUF small = {.max = 4};

	(void)state;
	ov_buf_str(&b, "a.");
	ov_b64u_add(&b, "fooba", 5);
	ov_buf_str(&b, ".");
	ov_b64_add(&b, "fooba", 5);
	assert_string_equal(ov_buf_text(&b), "a.Zm9vYmE.Zm9vYmE=");
	ov_b64u_add(&small, "fooba", 5);
	assert_true(small.bad);
}

static void
test_id(void **state)
{
	static const uint8_t rnd[OV_ID_RANDOM] = {1, 2, 3, 4, 5, 6, 7, 8, 9,
	    10};
	static const uint8_t zero[OV_ID_RANDOM] = {0};
	static const uint8_t want[OV_ID_LEN] = {0x01, 0x9a, 0xbc, 0xde, 0xf0,
	    0x12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	uint8_t id[OV_ID_LEN], later[OV_ID_LEN], back[OV_ID_LEN];
	char text[OV_ID_SIZE];

	(void)state;
	ov_jti_make(id, UINT64_C(0x019abcdef012), rnd);
	assert_memory_equal(id, want, sizeof(id));
	ov_jti_make(later, UINT64_C(0x019abcdef013), zero);
	assert_true(memcmp(id, later, sizeof(id)) < 0);
	ov_id_text(text, id);
	assert_int_equal(strlen(text), OV_ID_TEXT);
	assert_int_equal(ov_id_parse(ov_view_str(text), back), OV_OK);
	assert_memory_equal(back, id, sizeof(id));
	/* docs/protocol.md: 16 bytes of 0x71 are a jti like any other. */
	assert_int_equal(ov_id_parse(ov_view_str("cXFxcXFxcXFxcXFxcXFxcQ"),
	                     back),
	    OV_OK);
	assert_int_equal(back[0], 0x71);
	assert_int_equal(ov_id_parse(ov_view_str("cXFxcXFxcXFxcXFxcXFxcR"),
	                     back),
	    OV_BADMSG);
	assert_int_equal(ov_id_parse(ov_view_str("cXFxcXFxcXFxcXFxcXFx"), back),
	    OV_BADMSG);
}

static void
test_hex_and_hash(void **state)
{
	uint8_t d[32], e[32];
	char text[65];
	struct ov_hash h;

	(void)state;
	/* FIPS 180-4, "abc" and the empty text. */
	assert_int_equal(ov_sha256(d, "abc", 3), OV_OK);
	ov_hex_enc(text, d, sizeof(d));
	assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223"
	                          "b00361a396177a9cb410ff61f20015ad");
	ov_hash_init(&h);
	ov_hash_add(&h, "a", 1);
	ov_hash_add(&h, NULL, 0);
	ov_hash_add(&h, "bc", 2);
	assert_int_equal(ov_hash_end(&h, e), OV_OK);
	assert_memory_equal(d, e, 32);
	assert_int_equal(ov_hash_end(&h, e), OV_SYS);
	ov_hash_free(&h);
	assert_int_equal(ov_sha256(d, NULL, 0), OV_OK);
	ov_hex_enc(text, d, sizeof(d));
	assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb924"
	                          "27ae41e4649b934ca495991b7852b855");
	assert_int_equal(ov_hex_exact(ov_view_str(text), e, 32), OV_OK);
	assert_memory_equal(d, e, 32);
	text[0] = 'E';
	assert_int_equal(ov_hex_exact(ov_view_str(text), e, 32), OV_BADMSG);
	assert_int_equal(e[5], 0);
	assert_int_equal(ov_hex_exact(ov_view_str("0"), e, 1), OV_BADMSG);
	assert_int_equal(ov_hex_exact(ov_view_str("0g"), e, 1), OV_BADMSG);
	assert_int_equal(ov_hex_exact(ov_view_str("001"), e, 1), OV_BADMSG);
}

/* RFC 8032 7.1, TEST 2, and one bit of each part changed. */
static void
test_ed25519(void **state)
{
	uint8_t pk[32], sig[64], msg[1] = {0x72};

	(void)state;
	assert_int_equal(ov_hex_exact(ov_view_str("3d4017c3e843895a92b70aa74d1b"
	                                          "7ebc9c982ccf2ec4968cc0cd55f1"
	                                          "2af4660c"),
	                     pk, 32),
	    OV_OK);
	assert_int_equal(
	    ov_hex_exact(ov_view_str(
	                     "92a009a9f0d4cab8720e820b5f642540a2b27b54"
	                     "16503f8fb3762223ebdb69da085ac1e43e15996e"
	                     "458f3613d0f11d8c387b2eaeb4302aeeb00d291612"
	                     "bb0c00"),
	        sig, 64),
	    OV_OK);
	assert_int_equal(ov_ed25519_verify(pk, msg, 1, sig), OV_OK);
	msg[0] ^= 1;
	assert_int_equal(ov_ed25519_verify(pk, msg, 1, sig), OV_BADSIG);
	msg[0] ^= 1;
	assert_int_equal(ov_ed25519_verify(pk, msg, 0, sig), OV_BADSIG);
	sig[63] |= 0x20;
	assert_int_equal(ov_ed25519_verify(pk, msg, 1, sig), OV_BADSIG);
	/* The small-order key 01 00 ..., R the same, S = 0: true for any text
	 * to a verifier that does not refuse the key. */
	memset(pk, 0, sizeof(pk));
	memset(sig, 0, sizeof(sig));
	pk[0] = sig[0] = 1;
	assert_int_equal(ov_ed25519_verify(pk, msg, 1, sig), OV_BADSIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc4648),
	    cmocka_unit_test(test_same_as_naive),
	    cmocka_unit_test(test_every_character),
	    cmocka_unit_test(test_spare_bits),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_wiped_and_bounded),
	    cmocka_unit_test(test_append),
	    cmocka_unit_test(test_id),
	    cmocka_unit_test(test_hex_and_hash),
	    cmocka_unit_test(test_ed25519),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
