/* SPDX-License-Identifier: EUPL-1.2 */
/* How complete each part is, field by field; and bad tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/compleet.h"
#include "protocol/data.h"
#include "protocol/json.h"

static struct ov_types *types;
static struct ov_compleet *table;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static int
setup(void **state)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_err e = {0};

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK ||
	    ov_compleet_load(types, data("compleet.json"), &table, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ov_compleet_free(table);
	ov_types_free(types);
	return 0;
}

static void
parts(void **state)
{
	static const struct {
		const char *inhoud;
		unsigned er[OV_DELEN_N];
		bool c; /* part C counts */
	} t[] = {{"{}", {0, 0, 0, 0}, false},
	    {"{\"geslachtsnaam\":\"x\",\"school\":{}}", {1, 0, 0, 0}, false},
	    {"{\"motivatie\":\"\",\"lob\":{\"netwerken\":{}}}", {0, 1, 0, 0},
	        false},
	    {"{\"resultaten\":[],\"verzuim\":{\"x\":1}}", {0, 0, 1, 0}, false},
	    {"{\"heeftOndersteuningsbehoefte\":false}", {1, 0, 0, 0}, false},
	    {"{\"heeftOndersteuningsbehoefte\":true}", {1, 0, 0, 0}, true},
	    {"{\"heeftOndersteuningsbehoefte\":true,"
	     "\"toelatingsrecht\":{\"instelling\":\"25LH\"},"
	     "\"ondersteuning\":{\"thuissituatie\":\"x\"}}",
	        {1, 0, 0, 2}, true}};
	static const unsigned nodig[OV_DELEN_N] = {8, 4, 5, 2};
	struct ov_deel_stand s[OV_DELEN_N];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *j = json_loads(t[i].inhoud, 0, NULL);

		ov_compleet_of(table, "overstapdossier", j, "2026-09-01", s);
		for (size_t d = 0; d < OV_DELEN_N; d++) {
			if (s[d].er != t[i].er[d])
				fail_msg("%zu, part %zu: %u", i, d, s[d].er);
			if (d < 3 || t[i].c)
				assert_int_equal(s[d].nodig, nodig[d]);
			assert_int_equal(s[d].n, s[d].nodig - s[d].er);
		}
		assert_int_equal(s[3].telt, t[i].c);
		json_decref(j);
	}
	/* Another type, and before the table begins. */
	ov_compleet_of(table, "uitschrijving", NULL, "2026-09-01", s);
	assert_false(s[0].telt);
	ov_compleet_of(table, "overstapdossier", NULL, "2020-07-31", s);
	assert_false(s[0].telt);
	ov_compleet_of(table, "overstapdossier", NULL, "2020-08-01", s);
	assert_true(s[0].telt);
}

#define DEEL(deel, velden)                                                     \
	"{\"srt\":\"overstapdossier\",\"deel\":\"" deel "\",\"geldigVan\":"    \
	"\"2020-08-01\",\"bron\":\"b\",\"velden\":[" velden "]}"

static void
bad(void **state)
{
	static const char *const t[] = {"{\"versie\":1,\"delen\":[" DEEL("A",
	                                    "\"/nergens\"") "]}",
	    "{\"versie\":1,\"delen\":[" DEEL("A", "\"/resultaten\"") "]}",
	    "{\"versie\":1,\"delen\":[" DEEL("D", "") "]}",
	    "{\"versie\":1,\"delen\":[" DEEL("A", "") "," DEEL("A", "") "]}",
	    "{\"versie\":1}", "[]"};
	struct ov_compleet *c;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_err e = {0};

		assert_int_equal(ov_compleet_load(types, ov_view_str(t[i]), &c,
		                     &e),
		    OV_BADMSG);
		assert_non_null(strstr(e.msg, "compleet.json"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts),
	    cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
