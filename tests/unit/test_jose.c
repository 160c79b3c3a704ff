/* SPDX-License-Identifier: EUPL-1.2 */
/* Suite OS1: what is sealed opens for its receiver only, and nothing that was
 * changed opens at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/jose.h"
#include "protocol/b64.h"

#define OIN_A "00000099000000001000"
#define OIN_B "00000099000000002000"

static struct ov_crypto *crypto;

/* A message as its receiver gets it, taken apart by hand. */
struct message {
	struct ov_buf token;
	struct ov_os1_sealed s;
	struct ov_secret32 sk;
	uint8_t ct[700];
};

static void
part(const char **at, const char **p, size_t *n)
{
	const char *dot = strchr(*at, '.');

	*p = *at;
	*n = dot != NULL ? (size_t)(dot - *at) : strlen(*at);
	*at += *n + (dot != NULL ? 1 : 0);
}

static void
take_apart(struct message *m)
{
	const char *at = ov_buf_text(&m->token);
	char header[700], x[OV_B64U_SIZE(32)];
	const char *p, *epk;
	size_t n, len;

	assert_non_null(at);
	part(&at, &p, &n);
	m->s.aad = (const uint8_t *)p;
	m->s.naad = n;
	assert_int_equal(ov_b64u_dec(p, n, (uint8_t *)header,
	                     sizeof(header) - 1, &len),
	    OV_OK);
	header[len] = '\0';
	assert_non_null(epk = strstr(header, "\"x\":\""));
	memcpy(x, epk + 5, OV_KID);
	assert_int_equal(ov_b64u_dec(x, OV_KID, m->s.epk, sizeof(m->s.epk),
	                     &len),
	    OV_OK);
	part(&at, &p, &n);
	assert_int_equal(n, 0);
	part(&at, &p, &n);
	assert_int_equal(ov_b64u_dec(p, n, m->s.iv, 12, &len), OV_OK);
	assert_int_equal(len, 12);
	part(&at, &p, &n);
	assert_int_equal(ov_b64u_dec(p, n, m->ct, sizeof(m->ct), &m->s.n),
	    OV_OK);
	m->s.ct = m->ct;
	part(&at, &p, &n);
	assert_int_equal(ov_b64u_dec(p, n, m->s.tag, 16, &len), OV_OK);
	assert_int_equal(len, 16);
	assert_int_equal(*at, '\0');
}

static void
message_to(struct message *m, const void *plain, size_t n)
{
	uint8_t pk[32];

	memset(m, 0, sizeof(*m));
	ov_random(m->sk.b, sizeof(m->sk.b));
	assert_int_equal(ov_x25519_public(&m->sk, pk, NULL), OV_OK);
	assert_int_equal(ov_os1_seal(crypto, pk, OIN_A, OIN_B, plain, n,
	                     &m->token, NULL),
	    OV_OK);
	memcpy(m->s.from, OIN_A, 20);
	memcpy(m->s.to, OIN_B, 20);
	take_apart(m);
}

/* Every length, also zero, opens; also in place. */
static void
test_jose_seal_and_open(void **state)
{
	uint8_t plain[600], out[600];
	struct message m;
	size_t n;

	(void)state;
	randombytes_buf(plain, sizeof(plain));
	for (n = 0; n <= sizeof(plain); n += n < 40 ? 1 : 37) {
		message_to(&m, plain, n);
		assert_int_equal(m.s.n, n);
		assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, NULL),
		    OV_OK);
		assert_memory_equal(out, plain, n);
		assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, m.ct, NULL),
		    OV_OK);
		assert_memory_equal(m.ct, plain, n);
		ov_buf_free(&m.token);
	}
}

/* Each field of a message, changed in one bit, is one and the same refusal
 * that leaves nothing of the text. */
static void
test_jose_every_change_is_refused(void **state)
{
	static const uint8_t zero[8];
	struct message good, m;
	struct ov_err e1 = {0}, e2 = {0};
	uint8_t aad[700], out[8];
	size_t i;

	(void)state;
	message_to(&good, "overstap", 8);
	assert_true(good.s.naad <= sizeof(aad));
#define REFUSED(bytes, n, change)                                              \
	for (i = 0; i < 8 * (n); i++) {                                        \
		m = good;                                                      \
		m.s.ct = m.ct;                                                 \
		(bytes)[i / 8] ^= (change)(1U << (i % 8));                     \
		memset(out, 0xee, sizeof(out));                                \
		assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, &e1),   \
		    OV_BADSIG);                                                \
		assert_memory_equal(out, zero, sizeof(out));                   \
	}
	REFUSED(m.s.iv, sizeof(m.s.iv), uint8_t)
	REFUSED(m.s.tag, sizeof(m.s.tag), uint8_t)
	REFUSED(m.ct, (size_t)8, uint8_t)
	REFUSED(m.s.from, sizeof(m.s.from), char)
	REFUSED(m.s.to, sizeof(m.s.to), char)
#undef REFUSED
	/* The top bit of a coordinate is not part of it (RFC 7748 5), but the
	 * header that carries it is authenticated. */
	for (i = 0; i < 255; i++) {
		m = good;
		m.s.ct = m.ct;
		m.s.epk[i / 8] ^= (uint8_t)(1U << (i % 8));
		assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, &e1),
		    OV_BADSIG);
	}
	for (i = 0; i < good.s.naad; i++) {
		m = good;
		m.s.ct = m.ct;
		memcpy(aad, good.s.aad, good.s.naad);
		aad[i] ^= 1;
		m.s.aad = aad;
		assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, &e1),
		    OV_BADSIG);
	}
	/* A key of small order reads no different from a bad tag. */
	m = good;
	m.s.ct = m.ct;
	memset(m.s.epk, 0, sizeof(m.s.epk));
	assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, &e2), OV_BADSIG);
	assert_string_equal(e1.msg, e2.msg);
	m = good;
	m.s.ct = m.ct;
	m.s.n = 7;
	assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, NULL),
	    OV_BADSIG);
	/* And the context is as good as new. */
	m = good;
	m.s.ct = m.ct;
	assert_int_equal(ov_os1_open(crypto, &m.sk, &m.s, out, NULL), OV_OK);
	assert_memory_equal(out, "overstap", 8);
	ov_buf_free(&good.token);
}

/* Two messages have neither key nor iv in common. */
static void
test_jose_fresh_each_time(void **state)
{
	struct message a, b;

	(void)state;
	message_to(&a, "overstap", 8);
	message_to(&b, "overstap", 8);
	assert_memory_not_equal(a.s.epk, b.s.epk, 32);
	assert_memory_not_equal(a.s.iv, b.s.iv, 12);
	ov_buf_free(&a.token);
	ov_buf_free(&b.token);
}

/* A receiver's key of small order gives no message, and the buffer keeps what
 * was in it. */
static void
test_jose_seal_refuses(void **state)
{
	OV_BUF out = {0};
	uint8_t zero[32] = {0};
	OV_BUF small = {.max = 300};
	struct ov_secret32 sk;
	uint8_t pk[32];

	(void)state;
	ov_buf_str(&out, "voor");
	assert_int_equal(ov_os1_seal(crypto, zero, OIN_A, OIN_B, "x", 1, &out,
	                     NULL),
	    OV_BADMSG);
	assert_int_equal(out.n, 4);
	memset(sk.b, 1, 32);
	assert_int_equal(ov_x25519_public(&sk, pk, NULL), OV_OK);
	assert_int_not_equal(ov_os1_seal(crypto, pk, OIN_A, OIN_B, "x", 1,
	                         &small, NULL),
	    OV_OK);
}

static const char *const kinds[] = {"overstap-bericht+jws",
    "overstap-ontvangst+jws", "overstap-sleutels+jws", "overstap-contacten+jws",
    "overstap-afstemming+jws", "overstap-oprf-sleutels+jws",
    "overstap-oprf-vraag+jws"};

/* Each document says what it is; a number outside the list signs nothing. */
static void
test_jose_sign_is_a_closed_list(void **state)
{
	struct ov_secret32 seed;
	struct ov_secret64 sk;
	uint8_t pk[32], sig[64], header[200];
	char kid[OV_KID + 1], want[200];
	size_t i, len, n;

	(void)state;
	memset(seed.b, 0x41, 32);
	assert_int_equal(ov_ed25519_keys(&seed, &sk, pk, NULL), OV_OK);
	assert_int_equal(ov_kid_ed25519(pk, kid, NULL), OV_OK);
	assert_string_equal(kid, "E0CSb-w15cUHJPSFMINrp2eDqDH0QLz9ijj-sqUNsSU");
	for (i = 0; i < 10; i++) {
		OV_BUF out = {0};
		enum ov_rc rc = ov_os1_sign(&sk, (enum ov_sign_kind)i, "{}", 2,
		    &out, NULL);
		const char *text, *at, *p;

		if (i == 0 || i > 7) {
			assert_int_equal(rc, OV_BADMSG);
			assert_int_equal(out.n, 0);
			continue;
		}
		assert_int_equal(rc, OV_OK);
		assert_non_null(text = at = ov_buf_text(&out));
		part(&at, &p, &n);
		assert_int_equal(ov_b64u_dec(p, n, header, sizeof(header) - 1,
		                     &len),
		    OV_OK);
		header[len] = '\0';
		(void)snprintf(want, sizeof(want),
		    "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"%s\"}", kid,
		    kinds[i - 1]);
		assert_string_equal((char *)header, want);
		part(&at, &p, &n);
		assert_int_equal(n, 3);
		assert_memory_equal(p, "e30", 3);
		len = (size_t)(p + n - text);
		part(&at, &p, &n);
		assert_int_equal(ov_b64u_dec(p, n, sig, 64, &n), OV_OK);
		assert_int_equal(crypto_sign_verify_detached(sig,
		                     (const uint8_t *)text, len, pk),
		    0);
	}
}

/* Concat KDF: the party infos are length-prefixed, so moving a byte from one
 * to the other gives another key; 512 bytes each is the limit. */
static void
test_jose_concat_kdf(void **state)
{
	static const uint8_t big[513];
	struct ov_secret32 z, k1, k2;

	(void)state;
	memset(z.b, 9, 32);
	assert_int_equal(ov_os1_cek(&z, "ab", 2, "c", 1, &k1, NULL), OV_OK);
	assert_int_equal(ov_os1_cek(&z, "a", 1, "bc", 2, &k2, NULL), OV_OK);
	assert_memory_not_equal(k1.b, k2.b, 32);
	assert_int_equal(ov_os1_cek(&z, NULL, 0, NULL, 0, &k1, NULL), OV_OK);
	assert_memory_not_equal(k1.b, k2.b, 32);
	assert_int_equal(ov_os1_cek(&z, big, 512, big, 512, &k1, NULL), OV_OK);
	assert_int_equal(ov_os1_cek(&z, big, 513, big, 1, &k1, NULL),
	    OV_TOOBIG);
	assert_int_equal(ov_os1_cek(&z, big, 1, big, 513, &k1, NULL),
	    OV_TOOBIG);
	assert_true(sodium_is_zero(k1.b, 32));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_jose_seal_and_open),
	    cmocka_unit_test(test_jose_every_change_is_refused),
	    cmocka_unit_test(test_jose_fresh_each_time),
	    cmocka_unit_test(test_jose_seal_refuses),
	    cmocka_unit_test(test_jose_sign_is_a_closed_list),
	    cmocka_unit_test(test_jose_concat_kdf),
	};
	int failed;

	if (ov_crypto_new(&crypto, NULL) != OV_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	ov_crypto_free(crypto);
	return failed;
}
