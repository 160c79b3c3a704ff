/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_jsonreeks.c - a long JSON text object by object: what is
 * handed over, however the text is cut, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/json.h"
#include "protocol/jsonreeks.h"

static enum ov_rc
on_object(void *arg, uint64_t nr, json_t *v, struct ov_err *e)
{
	struct ov_buf *out = arg;

	(void)e;
	ov_buf_fmt(out, "%d", (int)nr);
	ov_json_dump(out, v);
	return OV_OK;
}

/* Read in pieces of `step` bytes; *out is what came, one after another. */
static enum ov_rc
run(const char *text, size_t n, size_t step, struct ov_buf *out)
{
	struct ov_jsonreeks *r = ov_jsonreeks_new(on_object, out);
	enum ov_rc rc = OV_OK;

	assert_non_null(r);
	for (size_t i = 0; i < n && rc == OV_OK; i += step)
		rc = ov_jsonreeks_push(r, text + i, n - i < step ? n - i : step,
		    NULL);
	if (rc == OV_OK)
		rc = ov_jsonreeks_end(r, NULL);
	else /* refused is refused for good */
		assert_int_not_equal(ov_jsonreeks_push(r, " ", 1, NULL), OV_OK);
	ov_jsonreeks_free(r);
	return rc;
}

static const struct {
	const char *text, *want; /* NULL: refused */
} cases[] = {
    {"{}", "1{}"},
    {"[]", ""},
    {" [ ] \n", ""},
    {"[{},{}]", "1{}2{}"},
    {"[{\"a\":1}\n,\r\n{\"b\":[{},[]]}]", "1{\"a\":1}2{\"b\":[{},[]]}"},
    {"{\"a\":1}\n{\"a\":2}\n", "1{\"a\":1}2{\"a\":2}"},
    {"\xef\xbb\xbf[{}]", "1{}"},
    {"{\"a\":\"}]{[,\"}", "1{\"a\":\"}]{[,\"}"},
    {"{\"a\":\"\\\"}\"}", "1{\"a\":\"\\\"}\"}"},
    {"{\"a\":\"\\\\\"}", "1{\"a\":\"\\\\\"}"},
    {"", NULL},
    {"  ", NULL},
    {"\xef\xbb", NULL},
    {"\xef{}", NULL},
    {"[", NULL},
    {"[{}", NULL},
    {"[{},", NULL},
    {"[{},]", NULL},
    {"[,{}]", NULL},
    {"[{}{}]", NULL},
    {"[{}]]", NULL},
    {"[{}]{}", NULL},
    {"{},{}", NULL},
    {"{}[{}]", NULL},
    {"[[{}]]", NULL},
    {"[1]", NULL},
    {"[{}, null]", NULL},
    {"{]", NULL},
    {"{\"a\":1", NULL},
    {"{\"a\":1,\"a\":2}", NULL},
    {"{'a':1}", NULL},
    {"x", NULL},
};

static void
test_cases_however_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step < 8; step++) {
			OV_BUF b = {0};
			enum ov_rc rc = run(cases[i].text,
			    strlen(cases[i].text), step, &b);

			if ((rc == OV_OK) != (cases[i].want != NULL))
				fail_msg("%s: %s", cases[i].text,
				    ov_rc_name(rc));
			if (rc == OV_OK)
				assert_string_equal(ov_buf_text(&b),
				    cases[i].want);
		}
}

/* The longest object is taken, one byte more is not. */
static void
test_too_long(void **state)
{
	size_t n = OV_JSONREEKS_MAX;
	OV_BUF b = {0};
	char *t = malloc(n + 2);

	(void)state;
	assert_non_null(t);
	memset(t, ' ', n + 1);
	t[0] = '{';
	t[n - 1] = '}';
	assert_int_equal(run(t, n, 1000, &b), OV_OK);
	t[n - 1] = ' ';
	t[n] = '}';
	assert_int_equal(run(t, n + 1, 1000, &b), OV_TOOBIG);
	free(t);
}

static enum ov_rc
stop(void *arg, uint64_t nr, json_t *v, struct ov_err *e)
{
	(void)arg;
	(void)v;
	return nr == 2 ? ov_fail(e, OV_AGAIN, "enough") : OV_OK;
}

static void
test_the_callback_can_stop_it(void **state)
{
	struct ov_jsonreeks *r = ov_jsonreeks_new(stop, NULL);

	(void)state;
	assert_non_null(r);
	assert_int_equal(ov_jsonreeks_push(r, "{}{}{}", 6, NULL), OV_AGAIN);
	assert_int_equal(ov_jsonreeks_count(r), 2);
	ov_jsonreeks_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
	                                       test_cases_however_cut),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_the_callback_can_stop_it)};

	ov_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
