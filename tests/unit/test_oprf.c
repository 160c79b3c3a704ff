/* SPDX-License-Identifier: EUPL-1.2 */
/* The pseudonym function: properties that single figures do not show.  The
 * figures themselves run through tests/vectors/run.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/oprf.h"

#define DOMAIN "00000099000000002000"
#define BATCH 5

struct share {
	struct ov_secret32 k;
	uint8_t pk[32];
};

static struct share
share_of(uint8_t seed_byte, unsigned int number)
{
	struct share s;
	struct ov_secret32 seed;

	memset(seed.b, seed_byte, sizeof(seed.b));
	assert_int_equal(ov_oprf_share(&seed, "voorbeeld", DOMAIN, 1, number,
	                     &s.k, s.pk, NULL),
	    OV_OK);
	return s;
}

static void
hex(const char *text, void *out, size_t n)
{
	size_t got = 0;

	assert_int_equal(sodium_hex2bin(out, n, text, strlen(text), NULL, &got,
	                     NULL),
	    0);
	assert_int_equal(got, n);
}

/* A batch of one holder with its proof. */
struct batch {
	struct share share;
	uint8_t b[BATCH][32];
	uint8_t e[BATCH][32];
	uint8_t proof[64];
};

static struct batch
batch_of(uint8_t seed_byte)
{
	struct batch t;
	size_t i;

	t.share = share_of(seed_byte, 1);
	for (i = 0; i < BATCH; i++) {
		struct ov_secret32 r;
		const uint8_t x = (uint8_t)i;

		ov_oprf_random(&r);
		assert_int_equal(ov_oprf_blind(OV_OPRF_VERIFIABLE, &x, 1, &r,
		                     t.b[i], NULL),
		    OV_OK);
	}
	assert_int_equal(ov_oprf_evaluate(&t.share.k, t.b[0], BATCH, t.e[0],
	                     NULL, NULL),
	    OV_OK);
	assert_int_equal(ov_oprf_prove(&t.share.k, t.share.pk, t.b[0], t.e[0],
	                     BATCH, t.proof, NULL),
	    OV_OK);
	return t;
}

static enum ov_rc
verify(const struct batch *t)
{
	return ov_oprf_verify(t->share.pk, t->b[0], t->e[0], BATCH, t->proof,
	    NULL);
}

/* Any blind and any split of the key gives the same output. */
static void
test_oprf_split_equals_the_whole_key(void **state)
{
	static const char want[] =
	    "7ffa7df10ac702549016ed7d47343168dd2e69efa6dd029c8e5efb0d9e57d7bd"
	    "c1ef857c162407c41431e9bdae79eef25e53a7bd7510371ce91d80bba13a8dc6";
	const struct share s1 = share_of(0x11, 1), s2 = share_of(0x22, 2);
	struct ov_secret32 whole, three[3], r;
	uint8_t x[OV_OPRF_INPUT_PGN], b[32], e[3][32], y[64], expect[64];
	int turn;

	(void)state;
	hex(want, expect, sizeof(expect));
	ov_oprf_input_pgn(x, "101222331");
	crypto_core_ristretto255_scalar_add(whole.b, s1.k.b, s2.k.b);
	/* A third share: k2 = a + b with a random a. */
	three[0] = s1.k;
	ov_oprf_random(&three[1]);
	crypto_core_ristretto255_scalar_sub(three[2].b, s2.k.b, three[1].b);
	for (turn = 0; turn < 8; turn++) {
		size_t j;

		ov_oprf_random(&r);
		assert_int_equal(ov_oprf_blind(OV_OPRF_VERIFIABLE, x, sizeof(x),
		                     &r, b, NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_evaluate(&whole, b, 1, e[0], NULL,
		                     NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_finish(x, sizeof(x), &r, e[0], 1, y,
		                     NULL),
		    OV_OK);
		assert_memory_equal(y, expect, 64);

		assert_int_equal(ov_oprf_evaluate(&s1.k, b, 1, e[0], NULL,
		                     NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_evaluate(&s2.k, b, 1, e[1], NULL,
		                     NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_finish(x, sizeof(x), &r, e[0], 2, y,
		                     NULL),
		    OV_OK);
		assert_memory_equal(y, expect, 64);

		for (j = 0; j < 3; j++)
			assert_int_equal(ov_oprf_evaluate(&three[j], b, 1, e[j],
			                     NULL, NULL),
			    OV_OK);
		assert_int_equal(ov_oprf_finish(x, sizeof(x), &r, e[0], 3, y,
		                     NULL),
		    OV_OK);
		assert_memory_equal(y, expect, 64);
	}
}

/* Every way of cutting a batch into slices gives the same verdict. */
static void
test_oprf_verify_in_slices(void **state)
{
	struct batch t = batch_of(0x33);
	struct ov_oprf_verify v;
	size_t first, second;

	(void)state;
	for (first = 0; first <= BATCH; first++) {
		for (second = 0; first + second <= BATCH; second++) {
			size_t at = first + second;

			assert_int_equal(ov_oprf_verify_init(&v, t.share.pk,
			                     BATCH, t.proof, NULL),
			    OV_OK);
			assert_int_equal(ov_oprf_verify_add(&v, t.b[0], t.e[0],
			                     first, NULL),
			    OV_OK);
			assert_int_equal(ov_oprf_verify_add(&v,
			                     t.b[0] + 32 * first,
			                     t.e[0] + 32 * first, second, NULL),
			    OV_OK);
			if (at < BATCH)
				assert_int_equal(ov_oprf_verify_add(&v, t.b[at],
				                     t.e[at], BATCH - at, NULL),
				    OV_OK);
			assert_int_equal(ov_oprf_verify_final(&v, NULL), OV_OK);
		}
	}
}

/* Too few and too many elements are refused, and a refusal stays. */
static void
test_oprf_verify_counts(void **state)
{
	struct batch t = batch_of(0x33);
	struct ov_oprf_verify v;
	size_t n;

	(void)state;
	for (n = 0; n < BATCH; n++) {
		assert_int_equal(ov_oprf_verify_init(&v, t.share.pk, BATCH,
		                     t.proof, NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_verify_add(&v, t.b[0], t.e[0], n,
		                     NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_verify_final(&v, NULL), OV_BADMSG);
		assert_int_equal(ov_oprf_verify_add(&v, t.b[n], t.e[n],
		                     BATCH - n, NULL),
		    OV_BADMSG);
		assert_int_equal(ov_oprf_verify_final(&v, NULL), OV_BADMSG);
	}
	assert_int_equal(ov_oprf_verify_init(&v, t.share.pk, BATCH - 1, t.proof,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_oprf_verify_add(&v, t.b[0], t.e[0], BATCH, NULL),
	    OV_BADMSG);
	assert_int_equal(ov_oprf_verify_final(&v, NULL), OV_BADMSG);
	assert_int_equal(ov_oprf_verify_init(&v, t.share.pk, 0, t.proof, NULL),
	    OV_TOOBIG);
	assert_int_equal(ov_oprf_verify_init(&v, t.share.pk, 257, t.proof,
	                     NULL),
	    OV_TOOBIG);
	assert_int_equal(ov_oprf_verify(t.share.pk, t.b[0], t.e[0], 2, t.proof,
	                     NULL),
	    OV_BADSIG);
}

/* Anything that differs from what was proven does not verify. */
static void
test_oprf_verify_refuses_every_change(void **state)
{
	const struct batch good = batch_of(0x33);
	const struct batch other = batch_of(0x34);
	struct batch t;
	size_t i;

	(void)state;
	assert_int_equal(verify(&good), OV_OK);
	for (i = 0; i < 64 * 8; i++) {
		t = good;
		t.proof[i / 8] ^= (uint8_t)(1U << (i % 8));
		assert_int_not_equal(verify(&t), OV_OK);
	}
	for (i = 0; i + 1 < BATCH; i++) {
		t = good;
		memcpy(t.e[i], good.e[i + 1], 32);
		memcpy(t.e[i + 1], good.e[i], 32);
		assert_int_equal(verify(&t), OV_BADSIG);
		memcpy(t.b[i], good.b[i + 1], 32);
		memcpy(t.b[i + 1], good.b[i], 32);
		assert_int_equal(verify(&t), OV_BADSIG);
	}
	for (i = 0; i < BATCH; i++) {
		t = good;
		memcpy(t.e[i], other.e[i], 32);
		assert_int_equal(verify(&t), OV_BADSIG);
		t = good;
		memset(t.e[i], 0, 32);
		assert_int_equal(verify(&t), OV_BADMSG);
		t = good;
		memset(t.b[i], 0, 32);
		assert_int_equal(verify(&t), OV_BADMSG);
		t = good;
		memset(t.b[i], 0xff, 32);
		assert_int_equal(verify(&t), OV_BADMSG);
	}
	t = good;
	memcpy(t.share.pk, other.share.pk, 32);
	assert_int_equal(verify(&t), OV_BADSIG);
	memset(t.share.pk, 0, 32);
	assert_int_equal(verify(&t), OV_BADMSG);
}

/* c + L and s + L, which libsodium alone would take. */
static void
test_oprf_scalars_are_canonical(void **state)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
	const struct batch good = batch_of(0x33);
	struct ov_secret32 bad;
	uint8_t one[32] = {1}, below[32], out[64];
	size_t i;

	(void)state;
	for (i = 0; i < 64; i += 32) {
		struct batch t = good;

		sodium_add(t.proof + i, order, 32);
		assert_int_equal(verify(&t), OV_BADMSG);
	}
	memcpy(below, order, 32);
	sodium_sub(below, one, 32);
	assert_true(ov_oprf_scalar_ok(below));
	assert_false(ov_oprf_scalar_ok(order));
	assert_true(ov_oprf_scalar_ok(one));
	memset(bad.b, 0xff, 32);
	assert_false(ov_oprf_scalar_ok(bad.b));

	/* As key, blind and nonce neither L nor zero is taken. */
	for (i = 0; i < 2; i++) {
		memcpy(bad.b, order, 32);
		if (i == 1)
			memset(bad.b, 0, 32);
		assert_int_equal(ov_oprf_evaluate(&bad, good.b[0], 1, out, NULL,
		                     NULL),
		    OV_BADMSG);
		assert_int_equal(ov_oprf_blind(OV_OPRF_VERIFIABLE, "x", 1, &bad,
		                     out, NULL),
		    OV_BADMSG);
		assert_int_equal(ov_oprf_finish("x", 1, &bad, good.e[0], 1, out,
		                     NULL),
		    OV_BADMSG);
		assert_int_equal(ov_oprf_prove_nonce(&good.share.k,
		                     good.share.pk, good.b[0], good.e[0], 1,
		                     &bad, out, NULL),
		    OV_BADMSG);
	}
}

/* A bad element is named, and nothing is evaluated. */
static void
test_oprf_evaluate_names_the_bad_element(void **state)
{
	const struct batch good = batch_of(0x33);
	static const uint8_t none[BATCH * 32];
	uint8_t b[BATCH][32], e[BATCH][32];
	size_t i, bad;

	(void)state;
	for (i = 0; i < BATCH; i++) {
		memcpy(b, good.b, sizeof(b));
		memset(b[i], 0, 32);
		memset(e, 0xee, sizeof(e));
		bad = 99;
		assert_int_equal(ov_oprf_evaluate(&good.share.k, b[0], BATCH,
		                     e[0], &bad, NULL),
		    OV_BADMSG);
		assert_int_equal(bad, i);
		assert_memory_equal(e, none, sizeof(e));
	}
}

/* Shares that cancel out, none, and too many are refused. */
static void
test_oprf_finish_refuses(void **state)
{
	const struct batch good = batch_of(0x33);
	static const uint8_t none[64];
	uint8_t e[OV_OPRF_SHARES + 1][32], y[64];
	struct ov_secret32 r;
	static const uint8_t identity[32];
	size_t i;

	(void)state;
	ov_oprf_random(&r);
	for (i = 0; i <= OV_OPRF_SHARES; i++)
		memcpy(e[i], good.e[0], 32);
	memset(y, 0xee, sizeof(y));
	assert_int_equal(ov_oprf_finish("x", 1, &r, e[0], 0, y, NULL),
	    OV_TOOBIG);
	assert_memory_equal(y, none, sizeof(y));
	assert_int_equal(ov_oprf_finish("x", 1, &r, e[0], OV_OPRF_SHARES, y,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_oprf_finish("x", 1, &r, e[0], OV_OPRF_SHARES + 1, y,
	                     NULL),
	    OV_TOOBIG);
	assert_int_equal(crypto_core_ristretto255_sub(e[1], identity, e[0]), 0);
	assert_int_equal(ov_oprf_finish("x", 1, &r, e[0], 2, y, NULL),
	    OV_BADMSG);
	assert_memory_equal(y, none, sizeof(y));
}

/* Inverted together blinds give the Y that each gives alone; with one that is
 * no scalar among them none is touched. */
static void
test_oprf_inverts_together(void **state)
{
	const struct batch good = batch_of(0x33);
	struct ov_secret32 r[OV_OPRF_INVERT], was[OV_OPRF_INVERT];
	struct ov_secret32 *p[OV_OPRF_INVERT + 1] = {NULL};
	uint8_t a[64], b[64];

	(void)state;
	for (size_t n = 1; n <= OV_OPRF_INVERT; n += n < 3 ? 1 : 13) {
		for (size_t i = 0; i < n; i++) {
			ov_oprf_random(&r[i]);
			p[i] = &r[i];
		}
		memcpy(was, r, sizeof(was));
		assert_int_equal(ov_oprf_invert(p, n, NULL), OV_OK);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(ov_oprf_finish("x", 1, &was[i],
			                     good.e[0], 1, a, NULL),
			    OV_OK);
			assert_int_equal(ov_oprf_unblind("x", 1, &r[i],
			                     good.e[0], 1, b, NULL),
			    OV_OK);
			assert_memory_equal(a, b, 64);
		}
	}
	memset(&r[OV_OPRF_INVERT - 1], 0, sizeof(r[0]));
	memcpy(was, r, sizeof(was));
	assert_int_equal(ov_oprf_invert(p, OV_OPRF_INVERT, NULL), OV_BADMSG);
	assert_memory_equal(r, was, sizeof(r));
	assert_int_equal(ov_oprf_invert(p, 0, NULL), OV_TOOBIG);
	assert_int_equal(ov_oprf_invert(p, OV_OPRF_INVERT + 1, NULL),
	    OV_TOOBIG);
}

/* What is no element is no share: alone, first or last. */
static void
test_oprf_finish_refuses_elements(void **state)
{
	const struct batch good = batch_of(0x33);
	uint8_t e[3][32], y[64];
	struct ov_secret32 r;

	(void)state;
	ov_oprf_random(&r);
	for (size_t i = 0; i < 3; i++) {
		for (int zero = 0; zero < 2; zero++) {
			for (size_t k = 0; k < 3; k++)
				memcpy(e[k], good.e[k], 32);
			memset(e[i], zero ? 0 : 0xff, 32);
			assert_int_equal(ov_oprf_finish("x", 1, &r, e[0],
			                     i == 0 && zero ? 1 : 3, y, NULL),
			    OV_BADMSG);
		}
	}
}

/* Keys of another region, domain, epoch or share have nothing in common. */
static void
test_oprf_share_keys_differ(void **state)
{
	struct ov_secret32 seed, k[6];
	uint8_t pk[6][32];
	size_t i, j;

	(void)state;
	memset(seed.b, 0x11, 32);
#define SHARE(n, region, domain, ep, number)                                   \
	assert_int_equal(ov_oprf_share(&seed, region, domain, ep, number,      \
	                     &k[n], pk[n], NULL),                              \
	    OV_OK)
	SHARE(0, "voorbeeld", DOMAIN, 1, 1);
	SHARE(1, "voorbeelx", DOMAIN, 1, 1);
	SHARE(2, "voorbeeld", "00000099000000001000", 1, 1);
	SHARE(3, "voorbeeld", DOMAIN, 2, 1);
	SHARE(4, "voorbeeld", DOMAIN, 1, 2);
	SHARE(5, "v", DOMAIN, 0xffffffff, 255);
#undef SHARE
	for (i = 0; i < 6; i++) {
		assert_true(ov_oprf_element_ok(pk[i]));
		for (j = 0; j < i; j++)
			assert_memory_not_equal(pk[i], pk[j], 32);
	}
	assert_int_equal(ov_oprf_share(&seed, "", DOMAIN, 1, 1, &k[0], pk[0],
	                     NULL),
	    OV_BADMSG);
	assert_int_equal(ov_oprf_share(&seed,
	                     "a-name-of-thirty-three-characters", DOMAIN, 1, 1,
	                     &k[0], pk[0], NULL),
	    OV_BADMSG);
	assert_int_equal(ov_oprf_share(&seed, "voorbeeld", DOMAIN, 1, 0, &k[0],
	                     pk[0], NULL),
	    OV_BADMSG);
	assert_int_equal(ov_oprf_share(&seed, "voorbeeld", DOMAIN, 1, 256,
	                     &k[0], pk[0], NULL),
	    OV_BADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_oprf_split_equals_the_whole_key),
	    cmocka_unit_test(test_oprf_verify_in_slices),
	    cmocka_unit_test(test_oprf_verify_counts),
	    cmocka_unit_test(test_oprf_verify_refuses_every_change),
	    cmocka_unit_test(test_oprf_scalars_are_canonical),
	    cmocka_unit_test(test_oprf_evaluate_names_the_bad_element),
	    cmocka_unit_test(test_oprf_finish_refuses),
	    cmocka_unit_test(test_oprf_inverts_together),
	    cmocka_unit_test(test_oprf_finish_refuses_elements),
	    cmocka_unit_test(test_oprf_share_keys_differ),
	};

	if (ov_secret_init(NULL) != OV_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
