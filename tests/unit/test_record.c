/* SPDX-License-Identifier: EUPL-1.2 */
/* Sealed columns and wrapped keys open only where they belong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/record.h"

static const uint8_t id_a[16] = "aaaaaaaaaaaaaaaa";
static const uint8_t id_b[16] = "aaaaaaaaaaaaaaab";
static const struct ov_rec_at here = {"dossier", id_a, 1, 1};

static struct ov_secret32
key_of(uint8_t byte)
{
	struct ov_secret32 k;

	memset(k.b, byte, sizeof(k.b));
	return k;
}

/* Every length opens again, under a nonce that was never used before. */
static void
test_record_round_trip(void **state)
{
	const struct ov_secret32 key = key_of(1);
	uint8_t plain[300], blob[300 + OV_SEAL_MORE], last[OV_NONCE] = {0};
	uint8_t again[300];
	size_t n;

	(void)state;
	randombytes_buf(plain, sizeof(plain));
	for (n = 0; n <= sizeof(plain); n++) {
		assert_int_equal(ov_rec_seal(&key, &here, plain, n, blob, NULL),
		    OV_OK);
		assert_memory_not_equal(blob + 1, last, OV_NONCE);
		memcpy(last, blob + 1, OV_NONCE);
		memset(again, 0xee, sizeof(again));
		assert_int_equal(ov_rec_open(&key, &here, blob,
		                     n + OV_SEAL_MORE, again, NULL),
		    OV_OK);
		assert_memory_equal(again, plain, n);
		if (n < sizeof(again))
			assert_int_equal(again[n], 0xee);
	}
}

/* No bit of a blob may change, and no prefix of it opens; what was written to
 * the output is gone. */
static void
test_record_every_change_is_refused(void **state)
{
	const struct ov_secret32 key = key_of(1);
	static const uint8_t zero[8];
	uint8_t blob[8 + OV_SEAL_MORE], bad[sizeof(blob)], out[8];
	size_t i;

	(void)state;
	assert_int_equal(ov_rec_seal(&key, &here, "overstap", 8, blob, NULL),
	    OV_OK);
	for (i = 0; i < 8 * sizeof(blob); i++) {
		memcpy(bad, blob, sizeof(blob));
		bad[i / 8] ^= (uint8_t)(1U << (i % 8));
		memset(out, 0xee, sizeof(out));
		assert_int_equal(ov_rec_open(&key, &here, bad, sizeof(bad), out,
		                     NULL),
		    OV_BADSIG);
		assert_memory_equal(out, zero, sizeof(out));
	}
	for (i = 0; i < sizeof(blob); i++)
		assert_int_equal(ov_rec_open(&key, &here, blob, i, out, NULL),
		    OV_BADSIG);
}

/* Another table, row, column, version or key. */
static void
test_record_opens_only_at_its_place(void **state)
{
	const struct ov_secret32 key = key_of(1), other = key_of(2);
	const struct ov_rec_at elsewhere[] = {
	    {"dossie", id_a, 1, 1},
	    {"dossiers", id_a, 1, 1},
	    {"dossier", id_b, 1, 1},
	    {"dossier", id_a, 2, 1},
	    {"dossier", id_a, 0x0101, 1},
	    {"dossier", id_a, 1, 2},
	    {"dossier", id_a, 1, (uint64_t)1 << 56},
	};
	uint8_t blob[8 + OV_SEAL_MORE], out[8];
	size_t i;

	(void)state;
	assert_int_equal(ov_rec_seal(&key, &here, "overstap", 8, blob, NULL),
	    OV_OK);
	for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		assert_int_equal(ov_rec_open(&key, &elsewhere[i], blob,
		                     sizeof(blob), out, NULL),
		    OV_BADSIG);
	assert_int_equal(ov_rec_open(&other, &here, blob, sizeof(blob), out,
	                     NULL),
	    OV_BADSIG);
	assert_int_equal(ov_rec_open(&key, &here, blob, sizeof(blob), out,
	                     NULL),
	    OV_OK);
}

static void
test_record_table_names(void **state)
{
	const struct ov_secret32 key = key_of(1);
	const struct ov_rec_at none = {"", id_a, 1, 1};
	const struct ov_rec_at most = {"a123456789b123456789c123456789d1", id_a,
	    1, 1};
	const struct ov_rec_at more = {"a123456789b123456789c123456789d12",
	    id_a, 1, 1};
	uint8_t blob[OV_SEAL_MORE + 1], aad[OV_REC_AAD];

	(void)state;
	assert_int_equal(ov_rec_aad(&most, aad), OV_REC_AAD);
	assert_int_equal(ov_rec_seal(&key, &most, "x", 1, blob, NULL), OV_OK);
	assert_int_equal(ov_rec_seal(&key, &more, "x", 1, blob, NULL),
	    OV_TOOBIG);
	assert_int_equal(ov_rec_seal(&key, &none, "x", 1, blob, NULL),
	    OV_TOOBIG);
	assert_int_equal(ov_rec_open(&key, &more, blob, sizeof(blob), aad,
	                     NULL),
	    OV_TOOBIG);
}

/* A wrap belongs to its id, its generation and its KEK. */
static void
test_record_wraps(void **state)
{
	const struct ov_secret32 kek = key_of(3), other = key_of(4);
	const struct ov_secret32 dek = key_of(5), zero = key_of(0);
	struct ov_secret32 out;
	uint8_t wrap[OV_WRAP], bad[OV_WRAP];
	size_t i;

	(void)state;
	assert_int_equal(OV_WRAP, 73);
	assert_int_equal(ov_dek_wrap(&kek, id_a, 7, &dek, wrap, NULL), OV_OK);
	assert_int_equal(ov_dek_unwrap(&kek, id_a, 7, wrap, &out, NULL), OV_OK);
	assert_memory_equal(out.b, dek.b, 32);
	assert_int_equal(ov_dek_unwrap(&kek, id_b, 7, wrap, &out, NULL),
	    OV_BADSIG);
	assert_memory_equal(out.b, zero.b, 32);
	assert_int_equal(ov_dek_unwrap(&kek, id_a, 8, wrap, &out, NULL),
	    OV_BADSIG);
	assert_int_equal(ov_dek_unwrap(&other, id_a, 7, wrap, &out, NULL),
	    OV_BADSIG);
	for (i = 0; i < sizeof(wrap); i++) {
		memcpy(bad, wrap, sizeof(wrap));
		bad[i] ^= 0x80;
		assert_int_equal(ov_dek_unwrap(&kek, id_a, 7, bad, &out, NULL),
		    OV_BADSIG);
	}
	/* A sealed KEK is not a wrapped DEK, nor the reverse. */
	assert_int_equal(ov_kek_seal(&kek, 7, &dek, wrap, NULL), OV_OK);
	assert_int_equal(ov_kek_open(&kek, 7, wrap, &out, NULL), OV_OK);
	assert_memory_equal(out.b, dek.b, 32);
	assert_int_equal(ov_kek_open(&kek, 6, wrap, &out, NULL), OV_BADSIG);
	assert_int_equal(ov_kek_open(&other, 7, wrap, &out, NULL), OV_BADSIG);
	assert_int_equal(ov_dek_unwrap(&kek, id_a, 7, wrap, &out, NULL),
	    OV_BADSIG);
}

static void
test_record_named_keys(void **state)
{
	static const uint8_t abc[16] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
	    0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23};
	uint8_t id[16];

	(void)state;
	assert_int_equal(ov_named_key_id("abc", id, NULL), OV_OK);
	assert_memory_equal(id, abc, sizeof(abc));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record_round_trip),
	    cmocka_unit_test(test_record_every_change_is_refused),
	    cmocka_unit_test(test_record_opens_only_at_its_place),
	    cmocka_unit_test(test_record_table_names),
	    cmocka_unit_test(test_record_wraps),
	    cmocka_unit_test(test_record_named_keys),
	};

	if (ov_secret_init(NULL) != OV_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
