/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_packet.c - the packets between the roles: every shape there
 * and back, and every way in which one can be broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/packet.h"

#define RECORD_MAX 512 /* bytes of the largest struct */
#define VIEWS_MAX 8

static const struct shape {
	const char *name;
	const struct ov_rec *rec;
} shapes[] = {
    {"n_peer", &ov_n_peer_rec},
    {"n_request", &ov_n_request_rec},
    {"n_answer", &ov_n_answer_rec},
    {"n_fetch", &ov_n_fetch_rec},
    {"n_result", &ov_n_result_rec},
    {"n_trust", &ov_n_trust_rec},
    {"n_drop", &ov_n_drop_rec},
    {"n_state", &ov_n_state_rec},
    {"n_gone", &ov_n_gone_rec},
    {"v_open", &ov_v_open_rec},
    {"v_text", &ov_v_text_rec},
    {"v_seal", &ov_v_seal_rec},
    {"v_sealed", &ov_v_sealed_rec},
    {"v_head", &ov_v_head_rec},
    {"v_sig", &ov_v_sig_rec},
    {"v_receipt", &ov_v_receipt_rec},
    {"v_receipted", &ov_v_receipted_rec},
    {"v_read", &ov_v_read_rec},
    {"v_make", &ov_v_make_rec},
    {"v_made", &ov_v_made_rec},
    {"v_blind", &ov_v_blind_rec},
    {"v_blinded", &ov_v_blinded_rec},
    {"v_finish", &ov_v_finish_rec},
    {"v_finished", &ov_v_finished_rec},
    {"v_pid", &ov_v_pid_rec},
    {"v_pidded", &ov_v_pidded_rec},
    {"v_rewrap", &ov_v_rewrap_rec},
    {"v_wrapped", &ov_v_wrapped_rec},
    {"v_link", &ov_v_link_rec},
    {"v_rc", &ov_v_rc_rec},
    {"v_cosign", &ov_v_cosign_rec},
    {"v_statement", &ov_v_statement_rec},
    {"v_kek", &ov_v_kek_rec},
    {"v_key", &ov_v_key_rec},
    {"v_keyed", &ov_v_keyed_rec},
    {"v_tag", &ov_v_tag_rec},
    {"v_tagged", &ov_v_tagged_rec},
    {"v_hello", &ov_v_hello_rec},
    {"v_self", &ov_v_self_rec},
    {"h_budget", &ov_h_budget_rec},
    {"h_evaluate", &ov_h_evaluate_rec},
    {"h_evaluated", &ov_h_evaluated_rec},
    {"h_keys", &ov_h_keys_rec},
    {"h_keyed", &ov_h_keyed_rec},
    {"h_usage", &ov_h_usage_rec},
    {"h_used", &ov_h_used_rec},
};
#define NSHAPES (sizeof(shapes) / sizeof(shapes[0]))

static uint32_t state = 1;

static uint8_t
some(void)
{
	state = state * 1664525 + 1013904223;
	return (uint8_t)(state >> 24);
}

static size_t
width(const struct ov_pk_field *f)
{
	switch (f->kind) {
	case OV_FK_U8:
		return 1;
	case OV_FK_U16:
		return 2;
	case OV_FK_U32:
		return 4;
	case OV_FK_U64:
	case OV_FK_VIEW:
		return 8;
	case OV_FK_FIX:
		return f->len;
	case OV_FK_END:
		break;
	}
	return 0;
}

/* A record of random bytes; its views show `bulk`. */
static void
fill(const struct ov_rec *rec, uint8_t *base, const uint8_t *bulk)
{
	struct ov_view v;

	memset(base, 0, rec->csize);
	for (const struct ov_pk_field *f = rec->f; f->kind != OV_FK_END; f++) {
		if (f->kind == OV_FK_VIEW) {
			v = (struct ov_view){bulk + some() % 32, some() % 64};
			memcpy(base + f->off, &v, sizeof(v));
		} else {
			for (size_t i = 0; i < width(f); i++)
				base[f->off + i] = some();
		}
	}
}

static bool
same(const struct ov_rec *rec, const uint8_t *a, const uint8_t *b)
{
	struct ov_view x, y;

	for (const struct ov_pk_field *f = rec->f; f->kind != OV_FK_END; f++) {
		if (f->kind != OV_FK_VIEW) {
			if (memcmp(a + f->off, b + f->off, width(f)) != 0)
				return false;
			continue;
		}
		memcpy(&x, a + f->off, sizeof(x));
		memcpy(&y, b + f->off, sizeof(y));
		if (x.n != y.n || (x.n > 0 && memcmp(x.p, y.p, x.n) != 0))
			return false;
	}
	return true;
}

/* Widths add up, no field lies outside its struct, none is read twice. */
static void
test_tables(void **st)
{
	(void)st;
	for (size_t i = 0; i < NSHAPES; i++) {
		const struct ov_rec *r = shapes[i].rec;
		uint8_t used[RECORD_MAX] = {0};
		size_t sum = 0;

		assert_true(r->csize <= RECORD_MAX);
		assert_true(r->max > 0);
		for (const struct ov_pk_field *f = r->f; f->kind != OV_FK_END;
		     f++) {
			size_t n = f->kind == OV_FK_VIEW
			               ? sizeof(struct ov_view)
			               : width(f);

			assert_true(f->off + n <= r->csize);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(used[f->off + k]++, 0);
			sum += width(f);
			assert_non_null(f->name);
		}
		assert_int_equal(sum, r->size);
	}
}

static void
compose(struct ov_pkw *w, const struct ov_rec *rec, uint32_t n, uint8_t *in,
    const uint8_t *bulk)
{
	ov_pkw_begin(w, 0x0707, UINT64_C(0x1122334455667788), rec, n);
	for (uint32_t k = 0; k < n; k++) {
		fill(rec, in + k * RECORD_MAX, bulk);
		ov_pkw_put(w, in + k * RECORD_MAX);
	}
	assert_int_equal(ov_pkw_end(w, NULL), OV_OK);
}

static void
test_there_and_back(void **st)
{
	static uint8_t in[4 * RECORD_MAX], out[RECORD_MAX];
	uint8_t bulk[96];
	struct ov_pkw w = {0};

	(void)st;
	for (size_t i = 0; i < sizeof(bulk); i++)
		bulk[i] = some();
	for (size_t i = 0; i < NSHAPES * 8; i++) {
		const struct ov_rec *r = shapes[i % NSHAPES].rec;
		uint32_t n = r->max < 4 ? 1 : 4;
		struct ov_view all;
		struct ov_pkr k;

		compose(&w, r, n, in, bulk);
		all = (struct ov_view){w.b.p, w.b.n};
		assert_int_equal(ov_pkr_begin(&k, all, 0x0707, r, NULL), OV_OK);
		assert_int_equal(k.count, n);
		assert_int_equal(k.ref, UINT64_C(0x1122334455667788));
		for (uint32_t j = 0; j < n; j++) {
			assert_int_equal(ov_pkr_next(&k, out, NULL), OV_OK);
			assert_true(same(r, in + j * RECORD_MAX, out));
		}
		assert_int_equal(ov_pkr_next(&k, out, NULL), OV_BADMSG);
	}
	ov_buf_free(&w.b);
}

/* Reads every record of what is left; true when all of it was good. */
static bool
reads(struct ov_view v, const struct ov_rec *r)
{
	static uint8_t out[RECORD_MAX];
	struct ov_pkr k;
	struct ov_view view;

	if (ov_pkr_begin(&k, v, 0x0707, r, NULL) != OV_OK)
		return false;
	for (uint32_t i = 0; i < k.count; i++) {
		if (ov_pkr_next(&k, out, NULL) != OV_OK) {
			for (size_t b = 0; b < r->csize; b++)
				assert_int_equal(out[b], 0);
			return false;
		}
		for (const struct ov_pk_field *f = r->f; f->kind != OV_FK_END;
		     f++) {
			if (f->kind != OV_FK_VIEW)
				continue;
			memcpy(&view, out + f->off, sizeof(view));
			assert_true(
			    view.n == 0 || (view.p >= v.p + OV_PK_HDR &&
			                       view.p + view.n <= v.p + v.n));
		}
	}
	return true;
}

/* No prefix of a packet whose bulk is all used is a packet. */
static void
test_prefixes(void **st)
{
	static uint8_t in[4 * RECORD_MAX];
	uint8_t bulk[96] = {7};
	struct ov_pkw w = {0};

	(void)st;
	for (size_t i = 0; i < NSHAPES; i++) {
		const struct ov_rec *r = shapes[i].rec;

		compose(&w, r, r->max < 3 ? 1 : 3, in, bulk);
		for (size_t n = 0; n <= w.b.n; n++) {
			uint8_t *p = malloc(n + 1);

			assert_non_null(p);
			memcpy(p, w.b.p, n);
			assert_int_equal(reads((struct ov_view){p, n}, r),
			    n == w.b.n);
			free(p);
		}
	}
	ov_buf_free(&w.b);
}

static void
test_header(void **st)
{
	uint8_t in[RECORD_MAX] = {0}, bulk[96] = {0};
	const struct ov_rec *r = &ov_n_drop_rec;
	struct ov_pkw w = {0};
	struct ov_view all;
	uint16_t type;
	uint64_t ref;

	(void)st;
	compose(&w, r, 1, in, bulk);
	all = (struct ov_view){w.b.p, w.b.n};
	assert_true(reads(all, r));
	assert_int_equal(ov_pk_peek(all, &type, &ref, NULL), OV_OK);
	assert_int_equal(type, 0x0707);
	assert_int_equal(ref, UINT64_C(0x1122334455667788));
	w.b.p[1]++; /* another type */
	assert_false(reads(all, r));
	w.b.p[1]--;
	w.b.p[3]++; /* another version */
	assert_false(reads(all, r));
	assert_int_equal(ov_pk_peek(all, &type, &ref, NULL), OV_BADMSG);
	w.b.p[3]--;
	w.b.p[7] = 0; /* no record */
	assert_false(reads(all, r));
	w.b.p[7] = 2; /* more than there are */
	assert_false(reads(all, r));
	w.b.p[4] = 0xff; /* more than the shape allows */
	w.b.p[7] = 1;
	assert_false(reads(all, r));
	ov_buf_free(&w.b);
}

/* A view must lie behind the records and inside the packet. */
static void
test_views(void **st)
{
	static const struct {
		uint32_t off, n;
		bool good;
	} rows[] = {{24, 4, true}, {24, 8, true}, {31, 1, true}, {0, 0, true},
	    {24, 9, false}, {23, 1, false}, {0, 1, false}, {16, 8, false},
	    {32, 1, false}, {31, 2, false}, {0xffffffff, 2, false},
	    {24, 0xffffffff, false}, {0xfffffff0, 0x20, false}};
	struct ov_n_trust t = {.der = {(const uint8_t *)"abcdefgh", 8}};
	struct ov_pkw w = {0};

	(void)st;
	ov_pkw_begin(&w, 0x0707, 1, &ov_n_trust_rec, 1);
	ov_pkw_put(&w, &t);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	assert_int_equal(w.b.n, 32);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t k = 0; k < 4; k++) {
			w.b.p[16 + k] = (uint8_t)(rows[i].off >> (24 - 8 * k));
			w.b.p[20 + k] = (uint8_t)(rows[i].n >> (24 - 8 * k));
		}
		assert_int_equal(reads((struct ov_view){w.b.p, w.b.n},
		                     &ov_n_trust_rec),
		    rows[i].good);
	}
	ov_buf_free(&w.b);
}

/* Too few or too many records put is no packet. */
static void
test_writer(void **st)
{
	struct ov_n_drop d = {.partner = 1};
	struct ov_pkw w = {0};

	(void)st;
	ov_pkw_begin(&w, 1, 1, &ov_n_drop_rec, 2);
	ov_pkw_put(&w, &d);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_TOOBIG);
	ov_pkw_put(&w, &d);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	ov_pkw_put(&w, &d);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_TOOBIG);
	ov_pkw_begin(&w, 1, 1, &ov_n_drop_rec, 1); /* and it can go on */
	ov_pkw_put(&w, &d);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	ov_buf_free(&w.b);
}

/* One flipped bit never makes a view point outside (reads() looks). */
static void
test_bits(void **st)
{
	static uint8_t in[4 * RECORD_MAX];
	uint8_t bulk[96] = {9};
	struct ov_pkw w = {0};
	size_t good = 0;

	(void)st;
	for (size_t i = 0; i < NSHAPES; i++) {
		compose(&w, shapes[i].rec, 1, in, bulk);
		for (size_t bit = 0; bit < w.b.n * 8; bit++) {
			w.b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			good += reads((struct ov_view){w.b.p, w.b.n},
			    shapes[i].rec);
			w.b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_true(
		    reads((struct ov_view){w.b.p, w.b.n}, shapes[i].rec));
	}
	assert_true(good > 0); /* a bit of plain data is only other data */
	ov_buf_free(&w.b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_views),
	    cmocka_unit_test(test_writer),
	    cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
