/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_jtree.c - the reader of messages.  That it takes what
 * jansson takes is shown by test_json_cases and fuzz_json; here are its shape,
 * its limits and what it costs.
 */
#include "tests/unit/docs_help.h"

#include <stdlib.h>
#include <time.h>

#include "protocol/jtree.h"

#define TEXT                                                                   \
	"{\"a\":{\"b\":[1,-2,\"drie\",true,null,1.5],\"leeg\":{}},"            \
	"\"n\":9007199254740991,\"m\":9007199254740992,\"t\":\"\\u20ac\\/\"}"

static void
test_shape(void **state)
{
	OV_JDOC d = {0};
	const struct ov_jn *b;
	uint64_t u;

	(void)state;
	assert_int_equal(ov_jdoc_parse(TEXT, sizeof(TEXT) - 1, 1000, &d, NULL),
	    OV_OK);
	assert_int_equal(ov_jn_count(d.root), 4);
	b = ov_jn_at(d.root, "a/b");
	assert_int_equal(ov_jn_count(b), 6);
	assert_int_equal(ov_jn_int(ov_jn_first(b), 1, &u), OV_OK);
	assert_int_equal(u, 1);
	assert_int_equal(ov_jn_int(ov_jn_first(b), 0, &u), OV_BADMSG);
	b = ov_jn_next(ov_jn_first(b));
	assert_int_equal(ov_jn_int(b, 10, &u), OV_BADMSG);
	b = ov_jn_next(b);
	assert_true(ov_jn_eq(b, "drie") && !ov_jn_eq(b, "drieh"));
	assert_true(ov_jn_is_bool(ov_jn_next(b)));
	assert_null(ov_jn_first(ov_jn_at(d.root, "a/leeg")));
	assert_int_equal(ov_jn_int(ov_jn_get(d.root, "n"), OV_JSON_INT_MAX, &u),
	    OV_OK);
	assert_int_equal(ov_jn_int(ov_jn_get(d.root, "m"), UINT64_MAX, &u),
	    OV_BADMSG);
	assert_string_equal(ov_jn_text(ov_jn_get(d.root, "t")),
	    "\xe2\x82\xac/");
	/* "no such value" is an answer everywhere */
	assert_null(ov_jn_at(d.root, "a/b/c"));
	assert_null(ov_jn_get(NULL, "a"));
	assert_null(ov_jn_text(ov_jn_get(d.root, "a")));
	assert_null(ov_jn_first(NULL));
	assert_int_equal(ov_jn_count(NULL), 0);
	assert_int_equal(ov_jn_view(NULL).n, 0);
}

/* Every prefix, and every text with one byte gone, in memory of its size. */
static void
test_prefixes(void **state)
{
	size_t n, whole = sizeof(TEXT) - 1;

	(void)state;
	for (n = 0; n < whole; n++) {
		char *copy = malloc(n > 0 ? n : 1);
		OV_JDOC d = {0};

		assert_non_null(copy);
		memcpy(copy, TEXT, n);
		assert_int_equal(ov_jdoc_parse(copy, n, whole, &d, NULL),
		    OV_BADMSG);
		assert_null(d.root);
		free(copy);
	}
}

static void
test_limits(void **state)
{
	OV_JDOC d = {0};

	(void)state;
	assert_int_equal(ov_jdoc_parse("{}", 2, 1, &d, NULL), OV_TOOBIG);
	assert_int_equal(ov_jdoc_parse("[[[[[[[[]]]]]]]]", 16, 16, &d, NULL),
	    OV_OK);
	ov_jdoc_free(&d);
	assert_int_equal(ov_jdoc_parse("[[[[[[[[[]]]]]]]]]", 18, 18, &d, NULL),
	    OV_BADMSG);
}

/* An object of n names, of which the last is that of `twin` (n: none). */
static enum ov_rc
many(size_t n, size_t twin, double *ms)
{
	OV_BUF b = {0};
	OV_JDOC d = {0};
	struct timespec t0, t1;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++)
		ov_buf_fmt(&b, "%c\"%06zx\":%zu", i == 0 ? '{' : ',',
		    i == n - 1 ? twin < n ? twin : i : i, i);
	ov_buf_str(&b, "}");
	assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
	rc = ov_jdoc_parse(b.p, b.n, b.n, &d, NULL);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
	*ms = (double)(t1.tv_sec - t0.tv_sec) * 1e3 +
	      (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
	if (rc == OV_OK)
		assert_int_equal(ov_jn_count(d.root), n);
	return rc;
}

/* Both ways of comparing names, at the border and far from it; a message full
 * of names costs milliseconds, whatever the names are. */
static void
test_names(void **state)
{
	double small, large;

	(void)state;
	for (size_t n = 2; n < 40; n++) {
		assert_int_equal(many(n, n, &small), OV_OK);
		for (size_t i = 0; i + 1 < n; i++)
			assert_int_equal(many(n, i, &small), OV_BADMSG);
	}
	assert_int_equal(many(20000, 7, &small), OV_BADMSG);
	assert_int_equal(many(2000, 2000, &small), OV_OK);
	assert_int_equal(many(32000, 32000, &large), OV_OK);
	print_message("2,000 names %.2f ms, 32,000 names %.2f ms\n", small,
	    large);
	assert_true(large < 16 * 16 * (small + 0.1) / 4); /* quadratic: 256 */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shape),
	    cmocka_unit_test(test_prefixes),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
