/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_receipt.c - the receipt of appendix A.4, and the nine
 * checks, each made to fail alone.
 */
#include "tests/unit/docs_help.h"

#include "protocol/receipt.h"

struct world {
	json_t *v;
	const char *jws;
	struct ov_receipt r;
	struct ov_receipt_asked q;
	uint8_t jwe[2][32];
	struct key id; /* identity of B */
};

static void
world_make(struct world *w)
{
	struct key log = key_of(0xa2);
	OV_BUF p = {0};
	struct ov_jws s;

	memset(w, 0, sizeof(*w));
	w->v = vectors("bijlage-a.json");
	w->id = key_of(0x42);
	w->jws = text_of(w->v, "A.4 bon");
	assert_int_equal(ov_jws_split(w->jws, strlen(w->jws), OV_TYP_ONTVANGST,
	                     &s, &p, NULL),
	    OV_OK);
	assert_int_equal(ov_receipt_parse(p.p, p.n, &w->r, NULL), OV_OK);
	memset(w->jwe[0], 7, 32);
	memcpy(w->jwe[1], w->r.sha256_jwe, 32);
	w->q.self = w->r.aud;
	w->q.partner = w->r.iss;
	memset(w->q.jti, 0x71, 16);
	assert_int_equal(ov_b64u_exact(ov_view_str(
	                                   text_of(w->v, "A.2 sha256_jws")),
	                     w->q.sha256_jws, 32),
	    OV_OK);
	w->q.sha256_jwe = w->jwe[0];
	w->q.njwe = 2;
	memcpy(w->q.id[0].pk, w->id.pk, 32);
	assert_int_equal(ov_thumb_ed25519(w->q.id[0].thumb, w->id.pk, NULL),
	    OV_OK);
	w->q.nid = 1;
	memcpy(w->q.log, log.pk, 32);
	w->q.logdomein = "overstap.nl";
	w->q.regio = "voorbeeld";
}

static void
world_free(struct world *w)
{
	ov_receipt_free(&w->r);
	json_decref(w->v);
}

/* Composed again from its fields, it is the same token. */
static void
test_appendix_a4(void **state)
{
	OV_BUF p = {0}, jws = {0};
	struct ov_receipt_verdict v;
	struct ov_receipt got = {0};
	uint8_t sig[64];
	struct world w;

	(void)state;
	world_make(&w);
	assert_int_equal(ov_receipt_compose(&p, &w.r, NULL), OV_OK);
	assert_int_equal(ov_jws_input(&jws, OV_TYP_ONTVANGST, w.q.id[0].thumb,
	                     p.p, p.n, NULL),
	    OV_OK);
	sign(&w.id, jws.p, jws.n, sig);
	ov_jws_finish(&jws, sig);
	assert_string_equal(ov_buf_text(&jws), w.jws);
	assert_int_equal(ov_receipt_judge(w.jws, strlen(w.jws), &w.q, &v, &got,
	                     NULL),
	    OV_RECEIPT_GOOD);
	assert_int_equal(v.step, 0);
	assert_true(v.origin == 1 && v.index == 1 && v.checkpoint.size == 2);
	assert_memory_equal(got.zout, w.r.zout, 32);
	ov_receipt_free(&got);
	world_free(&w);
}

/* Judge r signed by B, and expect this step to fail. */
static void
expect(struct world *w, const struct ov_receipt *r, int step)
{
	OV_BUF p = {0}, jws = {0};
	struct ov_receipt_verdict v;
	uint8_t sig[64];

	assert_int_equal(ov_receipt_compose(&p, r, NULL), OV_OK);
	assert_int_equal(ov_jws_input(&jws, OV_TYP_ONTVANGST, w->q.id[0].thumb,
	                     p.p, p.n, NULL),
	    OV_OK);
	sign(&w->id, jws.p, jws.n, sig);
	ov_jws_finish(&jws, sig);
	assert_int_equal(ov_receipt_judge(jws.p, jws.n, &w->q, &v, NULL, NULL),
	    step == 0   ? OV_RECEIPT_GOOD
	    : step <= 5 ? OV_RECEIPT_BAD
	                : OV_RECEIPT_ALARM);
	assert_int_equal(v.step, step);
}

static void
test_each_check(void **state)
{
	struct ov_receipt_verdict v;
	struct ov_receipt r;
	struct world w;
	char *t;
	size_t n;

	(void)state;
	world_make(&w);
	expect(&w, &w.r, 0);
	/* 1: a token of another kind. */
	t = strdup(text_of(w.v, "A.2 jws"));
	assert_int_equal(ov_receipt_judge(t, strlen(t), &w.q, &v, NULL, NULL),
	    OV_RECEIPT_BAD);
	assert_int_equal(v.step, 1);
	free(t);
	/* 2, 3: another key; the right kid and a wrong key. */
	w.q.id[0].thumb[0] ^= 1;
	assert_int_equal(ov_receipt_judge(w.jws, strlen(w.jws), &w.q, &v, NULL,
	                     NULL),
	    OV_RECEIPT_BAD);
	assert_int_equal(v.step, 2);
	w.q.id[0].thumb[0] ^= 1;
	w.q.id[0].pk[1] ^= 1;
	assert_int_equal(ov_receipt_judge(w.jws, strlen(w.jws), &w.q, &v, NULL,
	                     NULL),
	    OV_RECEIPT_BAD);
	assert_int_equal(v.step, 3);
	w.q.id[0].pk[1] ^= 1;
	/* 4 and 5. */
	r = w.r;
	r.aud.s[19] = '9';
	expect(&w, &r, 4);
	r = w.r;
	r.ref[0] ^= 1;
	expect(&w, &r, 4);
	r = w.r;
	r.sha256_jws[0] ^= 1;
	expect(&w, &r, 5);
	w.q.njwe = 1;
	expect(&w, &w.r, 5);
	w.q.njwe = 2;
	/* 6: the salt does not give the leaf's ref. */
	r = w.r;
	r.zout[0] ^= 1;
	expect(&w, &r, 6);
	/* 7: a log of another member or region. */
	w.q.regio = "elders";
	expect(&w, &w.r, 7);
	w.q.regio = "voorbeeld";
	/* 8: a proof of another place. */
	t = strndup((const char *)w.r.bewijs.p, w.r.bewijs.n);
	assert_non_null(t);
	strstr(t, "index 1")[6] = '0';
	r = w.r;
	r.bewijs = ov_view_str(t);
	expect(&w, &r, 8);
	free(t);
	/* 9: another log key. */
	w.q.log[0] ^= 1;
	expect(&w, &w.r, 9);
	w.q.log[0] ^= 1;
	/* Every prefix. */
	for (n = 0; n < strlen(w.jws); n++)
		assert_int_equal(ov_receipt_judge(w.jws, n, &w.q, &v, NULL,
		                     NULL),
		    OV_RECEIPT_BAD);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appendix_a4),
	    cmocka_unit_test(test_each_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
