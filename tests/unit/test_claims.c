/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_claims.c - the payload of a message. */
#include "tests/unit/docs_help.h"

#include "protocol/claims.h"
#include "protocol/envelope.h"

/* The claims of appendix A.2, composed again, are the same bytes; every
 * prefix of them is refused. */
static void
test_appendix_a2(void **state)
{
	static const char inhoud[] = "{\"geboortedatum\":\"2009-04-17\"}";
	json_t *v = vectors("bijlage-a.json");
	const char *jws = text_of(v, "A.2 jws");
	OV_BUF p = {0}, again = {0};
	struct ov_claims c, none;
	struct ov_jws s;
	size_t n;

	(void)state;
	assert_int_equal(ov_jws_split(jws, strlen(jws), OV_TYP_BERICHT, &s, &p,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_claims_parse(p.p, p.n, &c, NULL, NULL), OV_OK);
	assert_string_equal(c.iss.s, "00000099000000001000");
	assert_string_equal(c.srt, "overstapdossier");
	assert_true(c.has_pid && !c.has_zaak && c.seq == 1 && c.ep == 1);
	assert_true(c.iat == 1788249600 && c.exp == 1788854400);
	assert_int_equal(ov_claims_compose(&again, &c, ov_view_str(inhoud),
	                     NULL),
	    OV_OK);
	assert_int_equal(again.n, p.n);
	assert_memory_equal(again.p, p.p, p.n);
	ov_claims_free(&c);
	for (n = 0; n < p.n; n++)
		assert_int_equal(ov_claims_parse(p.p, n, &none, NULL, NULL),
		    OV_BADMSG);
	json_decref(v);
}

struct wrong {
	const char *name;
	const char *value; /* JSON; NULL: leave it out */
	const char *pad;
	const char *reden;
};

/* One member wrong at a time: the fault names it. */
static void
test_each_member(void **state)
{
	static const struct wrong table[] = {
	    {"v", "2", "/v", "patroon"},
	    {"v", "1.0", "/v", "type"},
	    {"v", NULL, "/v", "ontbreekt"},
	    {"iss", "\"0000009900000000100\"", "/iss", "patroon"},
	    {"aud", "7", "/aud", "type"},
	    {"jti", "\"cXFxcXFxcXFxcXFxcXFxcR\"", "/jti", "patroon"},
	    {"iat", "-1", "/iat", "patroon"},
	    {"exp", "9007199254740992", "/exp", "patroon"},
	    {"exp", "1e3", "/exp", "type"},
	    {"seq", "0", "/seq", "patroon"},
	    {"ep", "4294967296", "/ep", "patroon"},
	    {"pid", "\"JSNp\"", "/pid", "patroon"},
	    {"pid", "null", "/pid", "type"},
	    {"srt", "\"Dossier\"", "/srt", "patroon"},
	    {"srt", "\"aaaaaaaaaabbbbbbbbbbccccccccccddd\"", "/srt", "te-lang"},
	    {"zaak", "\"\"", "/zaak", "patroon"},
	    {"inhoud", "[]", "/inhoud", "type"},
	    {"inhoud", NULL, "/inhoud", "ontbreekt"},
	    {"bijlagen", "[{}]", "/bijlagen", "verboden"},
	    {"bijlagen", NULL, "/bijlagen", "ontbreekt"},
	    {"vreemd", "1", "/vreemd", "onbekend-lid"},
	    {"a/b~c", "1", "/a~1b~0c", "onbekend-lid"},
	};
	static const char good[] =
	    "{\"v\":1,\"iss\":\"00000099000000001000\","
	    "\"aud\":\"00000099000000002000\","
	    "\"jti\":\"cXFxcXFxcXFxcXFxcXFxcQ\",\"iat\":10,\"exp\":20,"
	    "\"seq\":1,\"ep\":1,\"pid\":\"\",\"srt\":\"ontvangst\","
	    "\"zaak\":\"cXFxcXFxcXFxcXFxcXFxcQ\",\"inhoud\":{},"
	    "\"bijlagen\":[]}";
	struct ov_claims_faults f;
	struct ov_claims c;
	json_t *j, *val;
	char *t;
	size_t i;

	(void)state;
	ov_json_init();
	assert_int_equal(ov_claims_parse(good, strlen(good), &c, &f, NULL),
	    OV_OK);
	assert_true(f.n == 0 && c.has_zaak && !c.has_pid);
	ov_claims_free(&c);
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		j = json_loads(good, 0, NULL);
		assert_non_null(j);
		if (table[i].value == NULL) {
			assert_int_equal(json_object_del(j, table[i].name), 0);
		} else {
			val = json_loads(table[i].value, JSON_DECODE_ANY, NULL);
			assert_non_null(val);
			assert_int_equal(json_object_set_new(j, table[i].name,
			                     val),
			    0);
		}
		t = json_dumps(j, JSON_COMPACT);
		assert_int_equal(ov_claims_parse(t, strlen(t), &c, &f, NULL),
		    OV_BADMSG);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.f[0].pad, table[i].pad);
		assert_string_equal(f.f[0].reden, table[i].reden);
		memset(t, 0, strlen(t));
		{
			json_malloc_t m;
			json_free_t fr;
			json_get_alloc_funcs(&m, &fr);
			fr(t);
		}
		json_decref(j);
	}
}

/* The four time rules at their edges. */
static void
test_time(void **state)
{
	struct ov_claims c = {.iat = 1000000, .exp = 1000000 + 14 * 86400};

	(void)state;
	assert_false(ov_claims_timely(&c, 1000000 - 301));
	assert_true(ov_claims_timely(&c, 1000000 - 300));
	assert_true(ov_claims_timely(&c, c.exp - 1));
	assert_false(ov_claims_timely(&c, c.exp));
	c.exp++;
	assert_false(ov_claims_timely(&c, 1000000));
	c.exp = c.iat;
	assert_false(ov_claims_timely(&c, c.iat - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appendix_a2),
	    cmocka_unit_test(test_each_member),
	    cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
