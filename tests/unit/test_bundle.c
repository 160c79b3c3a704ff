/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_bundle.c - key bundles, holder texts, reconciliation and
 * contacts: what is composed reads back, and what is off is refused.
 */
#include "tests/unit/docs_help.h"

#include "protocol/afstemming.h"
#include "protocol/bundle.h"
#include "protocol/manifest.h"

#define NOW ((int64_t)1788249600)

static const struct ov_oin oin_a = {"00000099000000001000"};
static const struct ov_oin oin_b = {"00000099000000002000"};

static void
bundle_make(struct ov_bundle *u)
{
	size_t i;

	memset(u, 0, sizeof(*u));
	u->iss = oin_b;
	u->versie = (uint64_t)NOW;
	u->iat = NOW;
	u->exp = NOW + OV_BUNDLE_LIFE;
	u->nenc = 3;
	for (i = 0; i < 3; i++) {
		memset(u->enc[i].x, (int)i + 9, 32);
		assert_int_equal(ov_thumb_x25519(u->enc[i].kid, u->enc[i].x,
		                     NULL),
		    OV_OK);
		u->enc[i].nbf = NOW + (int64_t)(i / 2) * 86400;
		u->enc[i].exp = u->enc[i].nbf + 7 * 86400;
	}
	u->nlink = 2;
	u->link[0].ep = 1;
	u->link[1].ep = 2;
	u->oorsprong = 1;
	u->adresboek = 42;
}

static enum ov_rc
bundle_round(const struct ov_bundle *u, struct ov_bundle *out)
{
	OV_BUF b = {0};

	assert_int_equal(ov_bundle_compose(&b, u, NULL), OV_OK);
	return ov_bundle_parse(b.p, b.n, out, NULL);
}

static void
test_bundle(void **state)
{
	struct ov_bundle u, v, w;
	OV_BUF b = {0};
	size_t n;

	(void)state;
	bundle_make(&u);
	assert_int_equal(bundle_round(&u, &v), OV_OK);
	assert_memory_equal(&u, &v, sizeof(u));
	/* Equal nbf: the first listed; later the newer one; then none. */
	assert_null(ov_bundle_enc_at(&u, NOW - 1));
	assert_ptr_equal(ov_bundle_enc_at(&u, NOW), &u.enc[0]);
	assert_ptr_equal(ov_bundle_enc_at(&u, NOW + 86400), &u.enc[2]);
	assert_null(ov_bundle_enc_at(&u, NOW + 8 * 86400));
	assert_int_equal(ov_bundle_follows(&u, &v, NULL), OV_OK);
	v.versie--;
	assert_int_equal(ov_bundle_follows(&u, &v, NULL), OV_DENIED);
	v = u;
	v.link[1].x[0] = 1;
	assert_int_equal(ov_bundle_follows(&u, &v, NULL), OV_DENIED);
	v = u;
	v.enc[1].kid[0] ^= 1;
	assert_int_equal(bundle_round(&v, &w), OV_BADMSG);
	v = u;
	v.link[1].ep = 1;
	assert_int_equal(bundle_round(&v, &w), OV_BADMSG);
	v = u;
	v.exp++;
	assert_int_equal(ov_bundle_compose(&b, &v, NULL), OV_DAMAGED);
	ov_buf_reset(&b);
	assert_int_equal(ov_bundle_compose(&b, &u, NULL), OV_OK);
	for (n = 0; n < b.n; n++)
		assert_int_equal(ov_bundle_parse(b.p, n, &w, NULL), OV_BADMSG);
}

static void
test_manifest(void **state)
{
	struct ov_manifest_key key[2] = {{oin_b, 1, {1}}, {oin_a, 1, {2}}};
	struct ov_manifest m = {.regio = "voorbeeld",
	    .ep = 1,
	    .houder = oin_a,
	    .delen = {1},
	    .ndelen = 1,
	    .iat = NOW,
	    .status = OV_EPOCH_ACTIEF,
	    .n = 2,
	    .key = key};
	struct ov_manifest got;
	OV_BUF b = {0}, c = {0};

	(void)state;
	assert_int_equal(ov_manifest_compose(&b, &m, NULL), OV_OK);
	assert_int_equal(ov_manifest_parse(b.p, b.n, &got, NULL), OV_OK);
	assert_int_equal(got.n, 2);
	assert_memory_equal(ov_manifest_pk(&got, &oin_b, 1), key[0].pk, 32);
	assert_memory_equal(ov_manifest_pk(&got, &oin_a, 1), key[1].pk, 32);
	assert_null(ov_manifest_pk(&got, &oin_a, 2));
	ov_manifest_free(&got);
	key[0].deel = 2; /* a share that this holder does not have */
	assert_int_equal(ov_manifest_compose(&c, &m, NULL), OV_OK);
	assert_int_equal(ov_manifest_parse(c.p, c.n, &got, NULL), OV_BADMSG);
}

static void
test_oprf(void **state)
{
	struct ov_oprf_vraag q = {.iss = oin_a,
	    .aud = oin_b,
	    .iat = NOW,
	    .regio = "voorbeeld",
	    .ep = 1,
	    .domein = oin_b,
	    .deel = 2,
	    .n = 256};
	struct ov_oprf_antwoord a = {.regio = "voorbeeld",
	    .ep = 1,
	    .domein = oin_b,
	    .deel = 1,
	    .n = 1,
	    .resterend = 24817};
	struct ov_oprf_dag d = {20697, oin_b, 1, 12}, *days;
	struct ov_oprf_vraag q2;
	struct ov_oprf_antwoord a2;
	OV_BUF b = {0}, c = {0}, g = {0};
	uint32_t ep;
	size_t i, n;

	(void)state;
	for (i = 0; i < q.n; i++)
		memset(q.b[i], (int)i, 32);
	assert_int_equal(ov_oprf_vraag_compose(&b, &q, NULL), OV_OK);
	/* The greatest batch fits the limit of a request as a JWS. */
	assert_true(OV_B64U_LEN(b.n) + 300 <= OV_REQ_MAX);
	assert_int_equal(ov_oprf_vraag_parse(b.p, b.n, &q2, NULL), OV_OK);
	assert_memory_equal(&q, &q2, sizeof(q));
	q.n = 0;
	assert_int_equal(ov_oprf_vraag_compose(&c, &q, NULL), OV_DAMAGED);
	assert_int_equal(ov_oprf_antwoord_compose(&c, &a, NULL), OV_OK);
	assert_int_equal(ov_oprf_antwoord_parse(c.p, c.n, &a2, NULL), OV_OK);
	assert_memory_equal(&a, &a2, sizeof(a));
	assert_int_equal(ov_oprf_antwoord_parse(c.p, c.n - 1, &a2, NULL),
	    OV_BADMSG);
	assert_int_equal(ov_oprf_gebruik_compose(&g, 1, &d, 1, NULL), OV_OK);
	assert_string_equal(ov_buf_text(&g),
	    "{\"v\":1,\"ep\":1,\"dagen\":[{\"dag\":\"2026-09-01\","
	    "\"domein\":\"00000099000000002000\",\"deel\":1,\"aantal\":12}]}");
	assert_int_equal(ov_oprf_gebruik_parse(g.p, g.n, &ep, &days, &n, NULL),
	    OV_OK);
	assert_true(ep == 1 && n == 1 && days[0].dag == d.dag);
	free(days);
}

static void
test_afstemming(void **state)
{
	static const char text[] =
	    "{\"v\":1,\"iss\":\"00000099000000002000\","
	    "\"aud\":\"00000099000000001000\",\"iat\":5,\"van\":1,\"tot\":500,"
	    "\"hoogste\":512,\"ontvangen\":[{\"seq\":1,"
	    "\"jti\":\"cXFxcXFxcXFxcXFxcXFxcQ\",\"sha256_jws\":"
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	    "\"status\":\"ontvangen\"},{\"seq\":3,"
	    "\"jti\":\"cXFxcXFxcXFxcXFxcXFxcQ\",\"status\":\"vernietigd\"}],"
	    "\"verzonden\":{\"hoogste\":88,\"vervallen\":[[17,17],[40,42]]},"
	    "\"checkpoint\":\"a\\nb\"}";
	static const char *const wrong[][2] = {{"\"tot\":500", "\"tot\":1001"},
	    {"\"seq\":3", "\"seq\":1"}, {"[40,42]", "[17,42]"},
	    {"[40,42]", "[40,89]"}, {"\"van\":1,", "\"van\":2,"},
	    {"\"ontvangen\"}", "\"vernietigd\"}"}};
	struct ov_afstemming a;
	OV_BUF b = {0};
	const char *at;
	size_t i, n;

	(void)state;
	assert_int_equal(ov_afstemming_parse(text, strlen(text), &a, NULL),
	    OV_OK);
	assert_true(a.n == 2 && a.ngap == 2 && a.gap[1].tot == 42);
	assert_true(ov_view_eq(a.checkpoint, "a\nb"));
	assert_int_equal(ov_afstemming_compose(&b, &a, NULL), OV_OK);
	assert_string_equal(ov_buf_text(&b), text);
	ov_afstemming_free(&a);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		OV_BUF w = {0};
		at = strstr(text, wrong[i][0]);
		assert_non_null(at);
		ov_buf_add(&w, text, (size_t)(at - text));
		ov_buf_str(&w, wrong[i][1]);
		ov_buf_str(&w, at + strlen(wrong[i][0]));
		assert_int_equal(ov_afstemming_parse(w.p, w.n, &a, NULL),
		    OV_BADMSG);
	}
	for (n = 0; n < strlen(text); n++)
		assert_int_equal(ov_afstemming_parse(text, n, &a, NULL),
		    OV_BADMSG);
}

static void
test_contacten(void **state)
{
	struct ov_contact row[2] = {{"*", "A \"B\" \xc3\xa9", "", "030", "a@b",
	                                "2026-01-01", ""},
	    {"uitschrijving", "C", "", "", "", "2026-01-01", "2026-12-31"}};
	struct ov_contacten c = {.iss = oin_a,
	    .versie = 3,
	    .iat = NOW,
	    .n = 2,
	    .row = row};
	struct ov_contacten got;
	OV_BUF b = {0}, d = {0};

	(void)state;
	assert_int_equal(ov_contacten_compose(&b, &c, NULL), OV_OK);
	assert_int_equal(ov_contacten_parse(b.p, b.n, &got, NULL), OV_OK);
	assert_int_equal(got.n, 2);
	assert_memory_equal(got.row, row, sizeof(row));
	ov_contacten_free(&got);
	row[1].van[5] = '3';
	assert_int_equal(ov_contacten_compose(&d, &c, NULL), OV_OK);
	assert_int_equal(ov_contacten_parse(d.p, d.n, &got, NULL), OV_BADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bundle),
	    cmocka_unit_test(test_manifest),
	    cmocka_unit_test(test_oprf),
	    cmocka_unit_test(test_afstemming),
	    cmocka_unit_test(test_contacten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
