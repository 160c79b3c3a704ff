/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/vault_fixture.h - vaults with the keys of the published figures,
 * and calls into them.  After each call the reply is searched for every secret
 * that the tests know.
 */
#ifndef OV_TESTS_VAULT_FIXTURE_H
#define OV_TESTS_VAULT_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "crypto/vault.h"
#include "protocol/packet.h"
#include "crypto/jose.h"
#include "crypto/oprf.h"
#include "crypto/pid.h"
#include "crypto/record.h"
#include "protocol/b64.h"
#include "protocol/hash.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

#define A "00000099000000001000"
#define B "00000099000000002000"
#define GEN 7

static json_t *figures;
static struct ov_buf reply;

/* Secrets that may never be in a reply: 32 equal bytes, or the figure. */
static const uint8_t fills[] = {0x11, 0x22, 0x31, 0x32, 0x41, 0x42, 0x52, 0x91,
    0x92, 0x93, 0xa2, 0xa3, 0xb1, 0xb2};
static const char *const named_secrets[] = {
    /* K_AB, both halves of Y, K_inhoud */
    "88edee94a1b4d73f52209f7c518ee9cde1f4f688032e8b7d20eaf3c7c4a9ab68",
    "78bdfd3075b7b80a9c1efedd0ce7351ba101a2ba9016b72b464659bd2ed3a7e3",
    "53a53ad3f8396e3faeaac39cab9b437a6c266be9bc3d674738706b71f2775d21",
    "87562c2da56ba0016c66be493ab450f7eadf9a0d861409c19c880457962cdc57",
};

static inline void
hex(void *out, const char *s)
{
	assert_int_equal(ov_hex_exact(ov_view_str(s), out, strlen(s) / 2),
	    OV_OK);
}

static inline const char *
figure(const char *name)
{
	const char *s = json_string_value(json_object_get(figures, name));

	assert_non_null(s);
	return s;
}

static inline void
no_secret_in_reply(void)
{
	uint8_t s[32];

	for (size_t i = 0; i < sizeof(fills); i++) {
		memset(s, fills[i], sizeof(s));
		assert_null(memmem(reply.p, reply.n, s, sizeof(s)));
	}
	for (size_t i = 0; i < sizeof(named_secrets) / sizeof(char *); i++) {
		hex(s, named_secrets[i]);
		assert_null(memmem(reply.p, reply.n, s, sizeof(s)));
	}
}

/* A call of n records; the replies' views point into "reply". */
static inline enum ov_rc
call(struct ov_vault *v, uint16_t type, const struct ov_rec *in,
    const void *req, size_t n, const struct ov_rec *out, void *rep)
{
	struct ov_pkw w = {0};
	struct ov_pkr k;
	enum ov_rc rc;

	ov_pkw_begin(&w, type, 99, in, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		ov_pkw_put(&w, (const uint8_t *)req + i * in->csize);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	rc = ov_vault_call(v, (struct ov_view){w.b.p, w.b.n}, &reply, NULL);
	ov_buf_free(&w.b);
	if (rc != OV_OK) {
		assert_int_equal(reply.n, 0);
		return rc;
	}
	no_secret_in_reply();
	assert_int_equal(ov_pkr_begin(&k, (struct ov_view){reply.p, reply.n},
	                     type | OV_PK_REPLY, out, NULL),
	    OV_OK);
	assert_int_equal(k.count, n);
	assert_int_equal(k.ref, 99);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ov_pkr_next(&k,
		                     (uint8_t *)rep + i * out->csize, NULL),
		    OV_OK);
	return OV_OK;
}

/* One record; its rc. */
#define ONE(v, T, in, q, out, a)                                               \
	(assert_int_equal(call(v, T, &ov_v_##in##_rec, q, 1,                   \
	                      &ov_v_##out##_rec, a),                           \
	     OV_OK),                                                           \
	    (enum ov_rc)(a)->rc)

static inline void
fill(void *p, uint8_t c, size_t n)
{
	memset(p, c, n);
}

static inline struct ov_vault *
fresh(const char *oin)
{
	bool a = strcmp(oin, A) == 0;
	struct ov_vault_conf conf = {oin, "voorbeeld", "overstap.nl"};
	struct ov_vault_keys k;
	struct ov_vault *v;

	fill(&k.identity, a ? 0x41 : 0x42, 32);
	fill(&k.log, a ? 0xa3 : 0xa2, 32);
	fill(&k.witness, a ? 0xb1 : 0xb2, 32);
	fill(&k.kek_root, 0x93, 32);
	assert_int_equal(ov_vault_load_keys(&k, &conf, &v, NULL), OV_OK);
	return v;
}

static inline void
hello(struct ov_vault *v, const char *oin)
{
	struct ov_v_hello q;
	struct ov_v_self a;

	memcpy(q.oin, oin, 20);
	assert_int_equal(ONE(v, OV_V_HELLO, hello, &q, self, &a), OV_OK);
}

static inline enum ov_rc
kek(struct ov_vault *v, uint8_t op, uint32_t gen, const uint8_t *blob,
    struct ov_v_wrapped *a)
{
	struct ov_v_kek q = {.op = op, .gen = gen};

	if (blob != NULL)
		memcpy(q.blob, blob, OV_WRAP);
	return ONE(v, OV_V_KEK, kek, &q, wrapped, a);
}

/* A vault with the generation of the figures in use. */
static inline struct ov_vault *
ready(const char *oin)
{
	struct ov_vault *v = fresh(oin);
	struct ov_secret32 root, k;
	struct ov_v_wrapped a;
	uint8_t blob[OV_WRAP];

	hello(v, oin);
	fill(&root, 0x93, 32);
	fill(&k, 0x92, 32);
	assert_int_equal(ov_kek_seal(&root, GEN, &k, blob, NULL), OV_OK);
	assert_int_equal(kek(v, OV_KEK_LOAD, GEN, blob, &a), OV_OK);
	assert_int_equal(kek(v, OV_KEK_USE, GEN, NULL, &a), OV_OK);
	return v;
}

/* The wrap of 32 equal bytes for a record. */
static inline void
wrap_of(uint8_t c, const uint8_t id[16], uint8_t wrap[OV_WRAP])
{
	struct ov_secret32 k, dek;

	fill(&k, 0x92, 32);
	fill(&dek, c, 32);
	assert_int_equal(ov_dek_wrap(&k, id, GEN, &dek, wrap, NULL), OV_OK);
}

static inline enum ov_rc
key(struct ov_vault *v, uint8_t op, uint8_t kind, uint64_t number,
    uint8_t secret, struct ov_v_keyed *a)
{
	static const char *const word[] = {"", "enc", "link", "cache", "index",
	    "ref"};
	struct ov_v_key q = {.op = op, .kind = kind, .number = number};
	char name[40];

	(void)snprintf(name, sizeof(name), "%s/%llu", word[kind],
	    (unsigned long long)number);
	assert_int_equal(ov_named_key_id(name, q.id, NULL), OV_OK);
	if (op == OV_KEY_LOAD)
		wrap_of(secret, q.id, q.wrap);
	return ONE(v, OV_V_KEY, key, &q, keyed, a);
}

static inline void
load_key(struct ov_vault *v, uint8_t kind, uint64_t number, uint8_t secret)
{
	struct ov_v_keyed a;

	assert_int_equal(key(v, OV_KEY_LOAD, kind, number, secret, &a), OV_OK);
}

static inline enum ov_rc
link_with(struct ov_vault *v, uint32_t partner, const char *oin, uint8_t secret)
{
	struct ov_v_link q = {.partner = partner, .ep = 1};
	struct ov_secret32 sk;
	struct ov_v_rc a;

	memcpy(q.oin, oin, 20);
	fill(&sk, secret, 32);
	assert_int_equal(ov_x25519_public(&sk, q.pk, NULL), OV_OK);
	return ONE(v, OV_V_LINK, link, &q, rc, &a);
}

static inline int
setup(void **state)
{
	(void)state;
	figures = json_load_file(OV_TEST_DATA "/bijlage-a.json", 0, NULL);
	return figures == NULL ? -1 : 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	json_decref(figures);
	ov_buf_free(&reply);
	return 0;
}

#endif
