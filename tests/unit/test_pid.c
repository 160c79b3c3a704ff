/* SPDX-License-Identifier: EUPL-1.2 */
/* Pseudonyms, tags and derived keys: symmetry, and that every input counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/jose.h"
#include "crypto/pid.h"

#define OIN_A "00000099000000001000"
#define OIN_B "00000099000000002000"

static struct ov_crypto *crypto;

static void
assert_hex(const void *p, size_t n, const char *want)
{
	char text[2 * 64 + 1];

	assert_true(n <= 64);
	assert_string_equal(sodium_bin2hex(text, sizeof(text), p, n), want);
}

static void
fill(struct ov_secret32 *s, uint8_t byte)
{
	memset(s->b, byte, sizeof(s->b));
}

static struct ov_secret32
link_key(uint8_t sk_byte, const char *own, uint8_t peer_byte, const char *peer,
    uint32_t ep)
{
	struct ov_secret32 sk, peer_sk, k;
	uint8_t pk[32], peer_pk[32];
	const struct ov_link_party us = {own, pk}, them = {peer, peer_pk};

	fill(&sk, sk_byte);
	fill(&peer_sk, peer_byte);
	assert_int_equal(ov_x25519_public(&sk, pk, NULL), OV_OK);
	assert_int_equal(ov_x25519_public(&peer_sk, peer_pk, NULL), OV_OK);
	assert_int_equal(ov_link_key(crypto, &sk, us, them, ep, &k, NULL),
	    OV_OK);
	return k;
}

/* Both ends compute one key; every other pair and epoch has another. */
static void
test_pid_link_key_is_the_pairs_own(void **state)
{
	const struct ov_secret32 at_a = link_key(0x31, OIN_A, 0x32, OIN_B, 1);
	const struct ov_secret32 at_b = link_key(0x32, OIN_B, 0x31, OIN_A, 1);
	struct ov_secret32 k;

	(void)state;
	assert_hex(at_a.b, 32,
	    "88edee94a1b4d73f52209f7c518ee9cde1f4f688032e8b7d20eaf3c7c4a9ab68");
	assert_memory_equal(at_a.b, at_b.b, 32);
	k = link_key(0x31, OIN_A, 0x32, OIN_B, 2);
	assert_memory_not_equal(k.b, at_a.b, 32);
	k = link_key(0x31, OIN_A, 0x32, "00000099000000003000", 1);
	assert_memory_not_equal(k.b, at_a.b, 32);
	/* The keys of A and B changed places: other key, other pair. */
	k = link_key(0x32, OIN_A, 0x31, OIN_B, 1);
	assert_memory_not_equal(k.b, at_a.b, 32);
}

static void
test_pid_link_key_refuses(void **state)
{
	struct ov_secret32 sk, k;
	uint8_t pk[32], zero[32] = {0};
	const struct ov_link_party own = {OIN_A, pk}, same = {OIN_A, pk};
	const struct ov_link_party weak = {OIN_B, zero};

	(void)state;
	fill(&sk, 0x31);
	fill(&k, 0xee);
	assert_int_equal(ov_x25519_public(&sk, pk, NULL), OV_OK);
	assert_int_equal(ov_link_key(crypto, &sk, own, weak, 1, &k, NULL),
	    OV_BADMSG);
	assert_memory_equal(k.b, zero, 32);
	assert_int_equal(ov_link_key(crypto, &sk, own, same, 1, &k, NULL),
	    OV_BADMSG);
}

/* Each of key, sender, receiver, epoch and Y changes the pid. */
static void
test_pid_every_input_counts(void **state)
{
	struct ov_secret32 k, k2;
	uint8_t y[64], y2[64], pid[6][32];
	size_t i, j;

	(void)state;
	fill(&k, 1);
	fill(&k2, 2);
	memset(y, 3, sizeof(y));
	memcpy(y2, y, sizeof(y));
	y2[63] ^= 1;
#define PID(n, key, from, to, ep, yy)                                          \
	assert_int_equal(ov_pid(key, from, to, ep, yy, pid[n], NULL), OV_OK)
	PID(0, &k, OIN_A, OIN_B, 1, y);
	PID(1, &k2, OIN_A, OIN_B, 1, y);
	PID(2, &k, OIN_B, OIN_A, 1, y);
	PID(3, &k, OIN_A, OIN_A, 1, y);
	PID(4, &k, OIN_A, OIN_B, 0x01000000, y);
	PID(5, &k, OIN_A, OIN_B, 1, y2);
#undef PID
	for (i = 0; i < 6; i++) {
		for (j = 0; j < i; j++)
			assert_memory_not_equal(pid[i], pid[j], 32);
	}
}

/* Tags are the first 16 bytes of HMAC-SHA-256 over label and inputs. */
static void
test_pid_tags(void **state)
{
	static const char cache[] = "overstapd/cache/v1\0" OIN_B "123456782";
	struct ov_secret32 k;
	uint8_t mac[32], tag[16], pid[32], msg[19 + 20 + 4 + 32];

	(void)state;
	fill(&k, 7);
	assert_int_equal(ov_hmac256(k.b, 32, cache, sizeof(cache) - 1, mac,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_cache_tag(&k, OIN_B, "123456782", tag, NULL),
	    OV_OK);
	assert_memory_equal(tag, mac, 16);

	memset(pid, 9, sizeof(pid));
	memcpy(msg, "overstapd/index/v1\0" OIN_A "\1\2\3\4", 43);
	memcpy(msg + 43, pid, 32);
	assert_int_equal(ov_hmac256(k.b, 32, msg, sizeof(msg), mac, NULL),
	    OV_OK);
	assert_int_equal(ov_index_tag(&k, OIN_A, 0x01020304, pid, tag, NULL),
	    OV_OK);
	assert_memory_equal(tag, mac, 16);
}

/* Content, log salt and commitment as docs/protocol.md has them. */
static void
test_pid_record_keys(void **state)
{
	static const char pid_hex[] =
	    "252369908931c417ef4333d13b9a6bdd9678039a2338cf232666ae459d9917b2";
	struct ov_secret32 dek, k;
	uint8_t pid[32], salt[32], ref[32], ref2[32], jwe[32], jti[16];
	size_t n;

	(void)state;
	fill(&dek, 0x91);
	assert_int_equal(sodium_hex2bin(pid, 32, pid_hex, 64, NULL, &n, NULL),
	    0);
	assert_int_equal(ov_inhoud_key(crypto, &dek, pid, &k, NULL), OV_OK);
	assert_hex(k.b, 32,
	    "87562c2da56ba0016c66be493ab450f7eadf9a0d861409c19c880457962cdc57");
	pid[31] ^= 1;
	assert_int_equal(ov_inhoud_key(crypto, &dek, pid, &dek, NULL), OV_OK);
	assert_memory_not_equal(k.b, dek.b, 32);

	fill(&dek, 0x91);
	assert_int_equal(ov_log_salt(crypto, &dek, salt, NULL), OV_OK);
	assert_hex(salt, 32,
	    "d7cec85fd9eedabec0af224e4a992af3e41569c1f29f962e2e4d67a5426a5546");
	memset(jwe, 1, sizeof(jwe));
	memset(jti, 2, sizeof(jti));
	assert_int_equal(ov_log_ref(salt, jwe, jti, ref, NULL), OV_OK);
	jti[15] ^= 1;
	assert_int_equal(ov_log_ref(salt, jwe, jti, ref2, NULL), OV_OK);
	assert_memory_not_equal(ref, ref2, 32);
	salt[0] ^= 1;
	jti[15] ^= 1;
	assert_int_equal(ov_log_ref(salt, jwe, jti, ref2, NULL), OV_OK);
	assert_memory_not_equal(ref, ref2, 32);
}

/* Empty key, message, salt and info are values like any other (figures from
 * Python's hmac). */
static void
test_pid_empty_inputs(void **state)
{
	uint8_t out[32];

	(void)state;
	assert_int_equal(ov_hmac256(NULL, 0, NULL, 0, out, NULL), OV_OK);
	assert_hex(out, 32,
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	assert_int_equal(ov_hkdf(crypto, NULL, 0, NULL, 0, NULL, 0, out, 32,
	                     NULL),
	    OV_OK);
	assert_hex(out, 32,
	    "eb70f01dede9afafa449eee1b1286504e1f62388b3f7dd4f956697b0e828fe18");
	assert_int_equal(ov_hkdf(crypto, NULL, 0, "x", 1, NULL, 0, out, 0,
	                     NULL),
	    OV_TOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pid_link_key_is_the_pairs_own),
	    cmocka_unit_test(test_pid_link_key_refuses),
	    cmocka_unit_test(test_pid_every_input_counts),
	    cmocka_unit_test(test_pid_tags),
	    cmocka_unit_test(test_pid_record_keys),
	    cmocka_unit_test(test_pid_empty_inputs),
	};
	int failed;

	if (ov_crypto_new(&crypto, NULL) != OV_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	ov_crypto_free(crypto);
	return failed;
}
