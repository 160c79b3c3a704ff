/* SPDX-License-Identifier: EUPL-1.2 */
/* test_rd.c - the bounded reader and its writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/rd.h"

struct all {
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;
	uint8_t f[3];
	struct ov_view t, v;
};

static enum ov_rc
read_all(const uint8_t *p, size_t n, struct all *x, struct ov_rd *r,
    struct ov_err *e)
{
	ov_rd_init(r, p, n);
	x->a = ov_rd_u8(r, "a");
	x->b = ov_rd_u16(r, "b");
	x->c = ov_rd_u32(r, "c");
	x->d = ov_rd_u64(r, "d");
	ov_rd_fixed(r, "f", x->f, sizeof(x->f));
	x->t = ov_rd_take(r, "t", 2);
	x->v = ov_rd_bytes(r, "v", 4);
	return ov_rd_end(r, e);
}

static const uint8_t msg[] = {0x81, 0x82, 0x83, 1, 2, 3, 4, 0xff, 0, 0, 0, 0, 0,
    0, 9, 'x', 'y', 'z', 'p', 'q', 0, 0, 0, 4, 'a', 'b', 'c', 'd'};

/* What the writer writes, the reader reads. */
static void
test_round_trip(void **state)
{
	OV_BUF b = {0};
	struct all x;
	struct ov_rd r;

	(void)state;
	ov_wr_u8(&b, 0x81);
	ov_wr_u16(&b, 0x8283);
	ov_wr_u32(&b, 0x01020304);
	ov_wr_u64(&b, UINT64_C(0xff00000000000009));
	ov_buf_add(&b, "xyzpq", 5);
	ov_wr_bytes(&b, "abcd", 4);
	assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
	assert_int_equal(b.n, sizeof(msg));
	assert_memory_equal(b.p, msg, sizeof(msg));

	assert_int_equal(read_all(msg, sizeof(msg), &x, &r, NULL), OV_OK);
	assert_int_equal(x.a, 0x81);
	assert_int_equal(x.b, 0x8283);
	assert_int_equal(x.c, 0x01020304);
	assert_true(x.d == UINT64_C(0xff00000000000009));
	assert_memory_equal(x.f, "xyz", 3);
	assert_true(ov_view_eq(x.t, "pq"));
	assert_true(ov_view_eq(x.v, "abcd"));
	assert_null(r.bad);
}

/* Every truncation of a valid message is refused, and names a field. */
static void
test_every_prefix_is_refused(void **state)
{
	struct all x;
	struct ov_rd r;
	struct ov_err e;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(msg); n++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(read_all(msg, n, &x, &r, &e), OV_BADMSG);
		assert_non_null(r.bad);
		assert_non_null(strstr(e.msg, "cut short"));
		assert_int_equal(x.v.n, 0);
	}
}

/* After a failure every read gives zero and moves nothing. */
static void
test_first_failure_sticks(void **state)
{
	struct ov_rd r;
	uint8_t f[2] = {7, 7};

	(void)state;
	ov_rd_init(&r, msg, sizeof(msg));
	(void)ov_rd_take(&r, "first", sizeof(msg) + 1);
	assert_string_equal(r.bad, "first");
	assert_int_equal(ov_rd_u8(&r, "second"), 0);
	assert_true(ov_rd_u64(&r, "second") == 0);
	ov_rd_fixed(&r, "second", f, sizeof(f));
	assert_int_equal(f[0] | f[1], 0);
	assert_int_equal(ov_rd_bytes(&r, "second", 9).n, 0);
	assert_null(ov_rd_take(&r, "second", 0).p);
	assert_ptr_equal(r.p, msg);
	assert_string_equal(r.bad, "first");
	assert_int_equal(ov_rd_end(&r, NULL), OV_BADMSG);
}

static void
test_lengths(void **state)
{
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 1};
	struct ov_rd r;
	struct all x;
	uint8_t more[sizeof(msg) + 1];

	(void)state;
	/* Over the maximum, whether or not the bytes are there. */
	ov_rd_init(&r, huge, sizeof(huge));
	(void)ov_rd_bytes(&r, "v", 3);
	assert_int_equal(ov_rd_end(&r, NULL), OV_TOOBIG);
	/* Under the maximum and not there. */
	ov_rd_init(&r, huge, sizeof(huge));
	(void)ov_rd_bytes(&r, "v", SIZE_MAX);
	assert_int_equal(ov_rd_end(&r, NULL), OV_BADMSG);
	/* One byte too many. */
	memcpy(more, msg, sizeof(msg));
	more[sizeof(msg)] = 0;
	assert_int_equal(read_all(more, sizeof(more), &x, &r, NULL), OV_BADMSG);
	assert_string_equal(r.bad, "end");
	/* Nothing at all is a valid nothing. */
	ov_rd_init(&r, NULL, 0);
	assert_int_equal(ov_rd_end(&r, NULL), OV_OK);
}

static void
test_views(void **state)
{
	(void)state;
	assert_true(ov_view_eq(ov_view_str("abc"), "abc"));
	assert_false(ov_view_eq(ov_view_str("abc"), "abd"));
	assert_false(ov_view_eq(ov_view_str("abc"), "ab"));
	assert_false(ov_view_eq(ov_view_str("abc"), "abcd"));
	assert_true(ov_view_eq((struct ov_view){NULL, 0}, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_every_prefix_is_refused),
	    cmocka_unit_test(test_first_failure_sticks),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
