/* SPDX-License-Identifier: EUPL-1.2 */
/* test_json.c - foreign JSON: what is refused as a text, and the strict reader
 * of objects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/json.h"

#define MAX 100000

static json_t *
parse(const char *s)
{
	struct ov_err e = {0};
	json_t *j;

	if (ov_json_parse(s, strlen(s), MAX, &j, &e) != OV_OK)
		fail_msg("%s: %s", s, e.msg);
	return j;
}

static void
refused(const char *p, size_t n, enum ov_rc rc)
{
	json_t *j = (json_t *)-1;

	assert_int_equal(ov_json_parse(p, n, MAX, &j, NULL), rc);
	assert_null(j);
}

static void
test_texts_refused(void **state)
{
	static const char *const bad[] = {"", " ", "1", "\"a\"", "null", "true",
	    "{", "}", "{]", "[}", "]", "{}}", "{} {}", "{}x", "[],",
	    "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
	    "{\"a\":{\"b\":1,\"b\":2}}", "{\"a\":1,}", "[1,]", "{a:1}",
	    "{'a':1}", "[01]", "[+1]", "[.5]", "[1.]", "[0x1]", "[NaN]",
	    "[Infinity]", "[\"\\u0000\"]", "{\"\\u0000\":1}", "[\"\\ud800\"]",
	    "[\"\\udc00\\ud800\"]", "[\"\\x\"]", "[\"a\nb\"]", "[\"\x80\"]",
	    "[\"\xc0\xaf\"]", "[\"\xed\xa0\x80\"]", "[\"\xf4\x90\x80\x80\"]",
	    "\xef\xbb\xbf{}", "[1] // c", "/**/{}", "[9223372036854775808]",
	    "[1e400]", "[\"a]", "[\"\\"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i], strlen(bad[i]), OV_BADMSG);
	refused("{\"a\0\":1}", 8, OV_BADMSG);
	refused("{}\0", 3, OV_BADMSG);
}

/* Every prefix of a valid text is refused. */
static void
test_every_prefix_is_refused(void **state)
{
	static const char text[] =
	    "{\"v\":1,\"s\":\"\\u00e9\\\"]\",\"l\":[true,null,-2,{}]}";
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(text) - 1; n++)
		refused(text, n, OV_BADMSG);
	json_decref(parse(text));
}

/* Eight deep is taken, nine is not, whatever the mix; brackets in strings do
 * not count. */
static void
test_depth(void **state)
{
	char text[64];
	size_t depth, i, n;

	(void)state;
	for (depth = 1; depth <= 20; depth++) {
		json_t *j;

		n = 0;
		for (i = 0; i < depth - 1; i++)
			text[n++] = '[';
		n += (size_t)(stpcpy(text + n,
		                  "{\"[[[[[[[[[[\":\"{{\\\"{{\"}") -
		              (text + n));
		for (i = 0; i < depth - 1; i++)
			text[n++] = ']';
		assert_int_equal(ov_json_parse(text, n, MAX, &j, NULL),
		    depth <= OV_JSON_DEPTH_MAX ? OV_OK : OV_BADMSG);
		json_decref(j);
	}
}

static void
test_size(void **state)
{
	struct ov_err e = {0};
	json_t *j;

	(void)state;
	assert_int_equal(ov_json_parse("[1,2]", 5, 4, &j, &e), OV_TOOBIG);
	assert_int_equal(ov_json_parse("[1,2]", 5, 5, &j, &e), OV_OK);
	json_decref(j);
	/* What surrounds the value may be white space, and nothing else. */
	json_decref(parse(" \t\r\n{} \t\r\n"));
}

/* The text of an error holds nothing of the document. */
static void
test_error_is_silent(void **state)
{
	static const char *const bad[] = {"{\"geheim\":geheim}",
	    "{\"geheim\":1,\"geheim\":2}", "[\"geheim"};
	struct ov_err e;
	struct ov_jobj o;
	json_t *j;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(ov_json_parse(bad[i], strlen(bad[i]), MAX, &j,
		                     &e),
		    OV_BADMSG);
		assert_null(strstr(e.msg, "geheim"));
	}
	j = parse("{\"geheim\":\"geheim\"}");
	ov_jo_init(&o, j, "document");
	assert_int_equal(ov_jo_end(&o, &e), OV_BADMSG);
	assert_string_equal(e.msg, "document: onbekend-lid");
	json_decref(j);
}

static void
test_reader(void **state)
{
	static const char *const words[] = {"actief", "geschorst", NULL};
	OV_JSON *j = parse("{\"v\":1,\"naam\":\"B\",\"leeg\":\"\",\"oin\":"
	                   "\"00000099000000001000\",\"id\":\"AQID\","
	                   "\"p\":\"AQI=\",\"o\":{},\"l\":[1,2],\"ja\":true,"
	                   "\"n\":null,\"status\":\"geschorst\","
	                   "\"dag\":\"2026-09-01\","
	                   "\"tijd\":\"1970-01-01T00:00:07Z\","
	                   "\"groot\":9007199254740991,\"x\":{\"y\":1}}");
	struct ov_jobj o;
	struct ov_oin oin;
	struct ov_date d;
	uint8_t id[3], p[2];
	int64_t t;

	(void)state;
	ov_jo_init(&o, j, "proef");
	assert_true(ov_jo_range(&o, "v", 1, 1) == 1);
	assert_string_equal(ov_jo_str(&o, "naam", 1), "B");
	assert_string_equal(ov_jo_str0(&o, "leeg", 1), "");
	assert_null(ov_jo_str_opt(&o, "afwezig", 1));
	ov_jo_oin(&o, "oin", &oin);
	assert_string_equal(oin.s, "00000099000000001000");
	ov_jo_b64u(&o, "id", id, 3);
	assert_memory_equal(id, "\1\2\3", 3);
	ov_jo_b64(&o, "p", p, 2);
	assert_memory_equal(p, "\1\2", 2);
	assert_non_null(ov_jo_obj(&o, "o"));
	assert_int_equal(json_array_size(ov_jo_arr(&o, "l", 2)), 2);
	assert_true(ov_jo_bool(&o, "ja"));
	assert_false(ov_jo_null(&o, "naam"));
	assert_true(ov_jo_null(&o, "n"));
	assert_int_equal(ov_jo_word(&o, "status", words), 1);
	ov_jo_date(&o, "dag", &d);
	assert_int_equal(d.y * 10000 + d.m * 100 + d.d, 20260901);
	ov_jo_moment(&o, "tijd", &t);
	assert_int_equal(t, 7);
	assert_true(ov_jo_int(&o, "groot", OV_JSON_INT_MAX) == OV_JSON_INT_MAX);
	assert_true(ov_jo_has(&o, "x"));
	/* One member was not asked for. */
	assert_int_equal(ov_jo_end(&o, NULL), OV_BADMSG);
	assert_int_equal(o.reden, OV_REDEN_ONBEKEND_LID);
}

/* Asking twice for one member does not make up for one that nobody asked
 * for. */
static void
test_asking_twice(void **state)
{
	OV_JSON *j = parse("{\"a\":1,\"b\":2}");
	struct ov_jobj o;

	(void)state;
	ov_jo_init(&o, j, "proef");
	(void)ov_jo_int(&o, "a", 9);
	(void)ov_jo_int(&o, "a", 9);
	assert_int_equal(ov_jo_end(&o, NULL), OV_BADMSG);
	ov_jo_init(&o, j, "proef");
	(void)ov_jo_int(&o, "a", 9);
	ov_jo_lit(&o, "b", "2");
	assert_int_equal(ov_jo_end(&o, NULL), OV_BADMSG);
	assert_string_equal(o.bad, "b");
	ov_jo_init(&o, j, "proef");
	(void)ov_jo_int(&o, "a", 9);
	(void)ov_jo_int(&o, "b", 9);
	assert_int_equal(ov_jo_end(&o, NULL), OV_OK);
}

/* One getter, one document, one reason. */
static void
test_reasons(void **state)
{
	static const struct {
		const char *text;
		char getter;
		enum ov_reden reden;
	} rows[] = {
	    {"{}", 's', OV_REDEN_ONTBREEKT},
	    {"{\"x\":1}", 's', OV_REDEN_TYPE},
	    {"{\"x\":null}", 's', OV_REDEN_TYPE},
	    {"{\"x\":\"\"}", 's', OV_REDEN_PATROON},
	    {"{\"x\":\"abcd\"}", 's', OV_REDEN_TE_LANG},
	    {"{\"x\":\"abc\",\"y\":1}", 's', OV_REDEN_ONBEKEND_LID},
	    {"{\"x\":\"1\"}", 'i', OV_REDEN_TYPE},
	    {"{\"x\":1.0}", 'i', OV_REDEN_TYPE},
	    {"{\"x\":1e0}", 'i', OV_REDEN_TYPE},
	    {"{\"x\":-1}", 'i', OV_REDEN_PATROON},
	    {"{\"x\":10}", 'i', OV_REDEN_PATROON},
	    {"{\"x\":9007199254740992}", 'I', OV_REDEN_PATROON},
	    {"{\"x\":1}", 'b', OV_REDEN_TYPE},
	    {"{\"x\":[]}", 'o', OV_REDEN_TYPE},
	    {"{\"x\":{}}", 'a', OV_REDEN_TYPE},
	    {"{\"x\":[1,2,3]}", 'a', OV_REDEN_TE_LANG},
	    {"{\"x\":\"AQIE\"}", 'u', OV_REDEN_GEEN},
	    {"{\"x\":\"AQIEBQ\"}", 'u', OV_REDEN_PATROON},
	    {"{\"x\":\"AQI=\"}", 'u', OV_REDEN_PATROON},
	    {"{\"x\":7}", 'u', OV_REDEN_TYPE},
	    {"{\"x\":\"00000099\"}", 'O', OV_REDEN_PATROON},
	    {"{\"x\":\"2026-02-30\"}", 'd', OV_REDEN_PATROON},
	    {"{\"x\":\"2026-02-28\"}", 't', OV_REDEN_PATROON},
	    {"{\"x\":\"ja\"}", 'w', OV_REDEN_CODE},
	    {"[1]", 's', OV_REDEN_TYPE},
	};
	static const char *const words[] = {"nee", NULL};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OV_JSON *j = parse(rows[i].text);
		struct ov_jobj o;
		struct ov_oin oin;
		struct ov_date d;
		int64_t t;
		uint8_t u[3];

		ov_jo_init(&o, j, "proef");
		switch (rows[i].getter) {
		case 's':
			(void)ov_jo_str(&o, "x", 3);
			break;
		case 'i':
			(void)ov_jo_int(&o, "x", 9);
			break;
		case 'I':
			(void)ov_jo_int(&o, "x", UINT64_MAX);
			break;
		case 'b':
			(void)ov_jo_bool(&o, "x");
			break;
		case 'o':
			(void)ov_jo_obj(&o, "x");
			break;
		case 'a':
			(void)ov_jo_arr(&o, "x", 2);
			break;
		case 'u':
			ov_jo_b64u(&o, "x", u, 3);
			break;
		case 'O':
			ov_jo_oin(&o, "x", &oin);
			break;
		case 'd':
			ov_jo_date(&o, "x", &d);
			break;
		case 't':
			ov_jo_moment(&o, "x", &t);
			break;
		default:
			(void)ov_jo_word(&o, "x", words);
			break;
		}
		assert_int_equal(ov_jo_end(&o, NULL),
		    rows[i].reden == OV_REDEN_GEEN      ? OV_OK
		    : rows[i].reden == OV_REDEN_TE_LANG ? OV_TOOBIG
		                                        : OV_BADMSG);
		assert_int_equal(o.reden, rows[i].reden);
		/* It sticks. */
		if (o.bad != NULL) {
			assert_string_equal(ov_jo_str(&o, "z", 3), "");
			assert_false(ov_jo_has(&o, "x"));
			assert_int_equal(o.reden, rows[i].reden);
		}
	}
}

static void
test_no_object(void **state)
{
	struct ov_jobj o;

	(void)state;
	ov_jo_init(&o, NULL, "proef");
	assert_null(ov_jo_any(&o, "x"));
	assert_int_equal(ov_jo_end(&o, NULL), OV_BADMSG);
	assert_int_equal(o.reden, OV_REDEN_ONTBREEKT);
}

/* What was read is written as it was, but for white space. */
static void
test_dump(void **state)
{
	static const char text[] = "{\"z\":1,\"a\":[\"\\\"\\n/\",true,null],"
	                           "\"m\":{\"b\":\"\xc3\xa9\"}}";
	OV_JSON *j = parse(text);
	OV_JSON *s = json_string("x");
	OV_BUF b = {0};
	OV_BUF small = {.max = 8};

	(void)state;
	ov_json_dump(&b, j);
	assert_string_equal(ov_buf_text(&b), text);
	ov_json_dump(&small, j);
	assert_true(small.bad);
	ov_buf_reset(&b);
	ov_json_dump(&b, s);
	assert_string_equal(ov_buf_text(&b), "\"x\"");
}

static void
test_problem(void **state)
{
	OV_BUF b = {0}, none = {0};
	OV_JSON *extra = parse("{\"hoogste\":7,\"l\":[]}");
	OV_JSON *back = NULL;
	json_t *j;

	(void)state;
	ov_fout_problem(&b, OV_FOUT_VOLGNUMMER_HERGEBRUIKT, extra);
	assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
	back = parse(ov_buf_text(&b));
	assert_string_equal(json_string_value(json_object_get(back, "type")),
	    "urn:overstap:fout:volgnummer-hergebruikt");
	assert_int_equal(json_integer_value(json_object_get(back, "status")),
	    409);
	assert_int_equal(json_integer_value(json_object_get(back, "hoogste")),
	    7);
	assert_int_equal(json_object_size(back), 6);
	ov_fout_problem(&none, OV_FOUT_TE_VEEL, NULL);
	j = parse(ov_buf_text(&none));
	assert_int_equal(json_object_size(j), 4);
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts_refused),
	    cmocka_unit_test(test_every_prefix_is_refused),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_error_is_silent),
	    cmocka_unit_test(test_reader),
	    cmocka_unit_test(test_asking_twice),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_no_object),
	    cmocka_unit_test(test_dump),
	    cmocka_unit_test(test_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
