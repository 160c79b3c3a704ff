/* SPDX-License-Identifier: EUPL-1.2 */
/* The page for inspection: every field has a word, every code its text; the
 * age of the pupil's own say; bad tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/inzage.h"
#include "protocol/json.h"

static struct ov_types *types;
static struct ov_inzage *table;

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
	    ov_inzage_load(types, data("inzage.json"), &table, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ov_inzage_free(table);
	ov_types_free(types);
	return 0;
}

static void
words(const struct ov_type *y, const struct ov_field *groep)
{
	static const char *const silent[] = {"schema", "vervangt",
	    "aanmeldingId", "documentHash"};
	const struct ov_field *f;

	for (size_t i = 0; (f = ov_type_nth(types, y, groep, i)) != NULL; i++) {
		bool quiet = false;

		for (size_t k = 0; k < 4; k++)
			quiet |= strcmp(silent[k], ov_field_name(f)) == 0;
		if (!quiet && ov_inzage_kop(table, ov_field_name(f)) == NULL)
			fail_msg("no word for %s", ov_field_name(f));
		if (ov_field_soort(f) == OV_S_GROEP)
			words(y, f);
	}
}

static void
every_field_has_a_word(void **state)
{
	(void)state;
	words(ov_types_latest(types, "overstapdossier"), NULL);
}

static const char *
value_of(const json_t *regels, const char *kop)
{
	const json_t *r;
	size_t i;

	json_array_foreach(regels, i, r)
	{
		if (strcmp(json_string_value(json_object_get(r, "kop")), kop) ==
		    0)
			return json_string_value(json_object_get(r, "waarde"));
	}
	return NULL;
}

static void
is(const json_t *regels, const char *kop, const char *waarde)
{
	const char *s = value_of(regels, kop);

	if (s == NULL || strcmp(s, waarde) != 0)
		fail_msg("%s: %s, not %s", kop, s != NULL ? s : "(none)",
		    waarde);
}

static void
a_page(void **state)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:[{s:s,s:s},{s:s}],"
	                      "s:[{s:s,s:s}],s:[s,s],s:{s:s},s:{s:s}}",
	    "schema", "overstapdossier/1", "grondslag", "OVERSTAP-ONDERWIJS",
	    "soortOverstap", "VOMBO", "geslachtsnaam", "Jansen",
	    "geboortedatum", "2008-02-29", "heeftOndersteuningsbehoefte", 1,
	    "keuzevervolgopleiding", "crebo", "25656", "leerweg", "BBL",
	    "crebo", "25655", "resultaten", "vak", "Rekenen", "cijfer", "7.5",
	    "risicocategorie", "R2", "R6", "uitlevering", "leerling",
	    "VERPLICHT", "ondersteuning", "thuissituatie", "Oma.");
	json_t *r;

	(void)state;
	assert_non_null(j);
	r = ov_inzage_regels(table, "overstapdossier", j, "2026-09-01");
	assert_non_null(r);
	is(r, "Achternaam", "Jansen");
	is(r, "Geboortedatum", "29-02-2008");
	is(r, "Heeft extra ondersteuning nodig", "ja");
	is(r, "Gekozen opleiding 2", "");
	is(r, "Cijfer", "7,5");
	is(r, "Thuissituatie", "Oma.");
	is(r, "Deel C: ondersteuning", "");
	is(r, "Soort overstap",
	    ov_code_text(types, "soortOverstap", "VOMBO", "2026-09-01"));
	is(r, "Leerweg", ov_code_text(types, "leerweg", "BBL", "2026-09-01"));
	is(r, "Op grond van",
	    ov_code_text(types, "grondslag", "OVERSTAP-ONDERWIJS",
	        "2026-09-01"));
	assert_string_not_equal(value_of(r, "Op grond van"),
	    "OVERSTAP-ONDERWIJS");
	assert_string_not_equal(value_of(r, "Reden voor een warme overdracht"),
	    "R2; R6");
	assert_null(value_of(r, "schema"));
	json_decref(r);
	/* A part without fields has no heading. */
	(void)json_object_del(j, "ondersteuning");
	r = ov_inzage_regels(table, "overstapdossier", j, "2026-09-01");
	assert_null(value_of(r, "Deel C: ondersteuning"));
	assert_non_null(value_of(r, "Deel B: resultaten en begeleiding, door "
	                            "de school"));
	json_decref(r);
	json_decref(j);
}

static void
own_say(void **state)
{
	(void)state;
	assert_int_equal(ov_inzage_leeftijd(table, "2026-09-01"), 16);
	assert_int_equal(ov_inzage_leeftijd(table, "2012-07-31"), 0);
}

#define KOP                                                                    \
	"\"koppen\":{\"algemeen\":\"a\",\"A\":\"a\",\"B\":\"b\",\"C\":\"c\"},"

static void
bad(void **state)
{
	static const char *const t[] = {"[]",
	    "{\"versie\":1,\"eigenStem\":[],\"koppen\":{\"A\":\"a\"},"
	    "\"verzwegen\":[],\"velden\":{}}",
	    "{\"versie\":1,\"eigenStem\":[]," KOP
	    "\"verzwegen\":[],\"velden\":{\"x\":1}}",
	    "{\"versie\":1,\"eigenStem\":[{\"leeftijd\":99,\"geldigVan\":"
	    "\"2020-01-01\",\"bron\":\"b\"}]," KOP
	    "\"verzwegen\":[],\"velden\":{}}"};
	struct ov_inzage *z;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_err e = {0};

		assert_int_equal(ov_inzage_load(types, ov_view_str(t[i]), &z,
		                     &e),
		    OV_BADMSG);
		assert_non_null(strstr(e.msg, "inzage.json"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_field_has_a_word),
	    cmocka_unit_test(a_page),
	    cmocka_unit_test(own_say),
	    cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
