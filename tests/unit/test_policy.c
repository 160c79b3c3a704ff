/* SPDX-License-Identifier: EUPL-1.2 */
/* Every cell of the authorisation matrix, every birthday, every changeover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/policy.h"

#define VO OV_ROL_BIT(OV_ROL_VO)
#define VSO OV_ROL_BIT(OV_ROL_VSO)
#define PRO OV_ROL_BIT(OV_ROL_PRO)
#define VAVO OV_ROL_BIT(OV_ROL_VAVO)
#define MBO OV_ROL_BIT(OV_ROL_MBO)
#define LP OV_ROL_BIT(OV_ROL_LEERPLICHT)
#define DP OV_ROL_BIT(OV_ROL_DOORSTROOMPUNT)
#define SCHOOL (VO | VSO | PRO | VAVO)
#define ALL (SCHOOL | MBO | LP | DP)

static struct ov_types *types;
static struct ov_policy *policy; /* of a region that opened everything */
static struct ov_policy *closed; /* as shipped */

#define BESLUIT(o)                                                             \
	"{\"onderwerp\":\"" o "\",\"besluit\":\"RB 2024-1\",\"datum\":"        \
	"\"2024-09-01\",\"naam\":\"Voorzitter\"}"
#define REGIO(b) "{\"versie\":1,\"besluiten\":[" b "]}"
#define OPEN                                                                   \
	REGIO(BESLUIT("terugkoppeling-individueel") "," BESLUIT(               \
	    "uitschrijving-gewoon") "," BESLUIT("doorstroom-27"))

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
	struct ov_policy_src shipped = {data("matrix.json"),
	    data("regio.json")};
	struct ov_policy_src rules = {data("matrix.json"), ov_view_str(OPEN)};
	struct ov_err e = {0};

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK ||
	    ov_policy_load(types, &rules, &policy, &e) != OV_OK ||
	    ov_policy_load(types, &shipped, &closed, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ov_policy_free(policy);
	ov_policy_free(closed);
	ov_types_free(types);
	return 0;
}

static struct ov_verdict
may_by(const struct ov_policy *p, const char *srt, unsigned van, unsigned naar,
    const char *inhoud)
{
	struct ov_lid_brin brin = {.brin = "25LH"};
	struct ov_lid a = {.rol = van};
	struct ov_lid b = {.rol = naar, .brin = &brin, .nbrin = 1};
	json_t *js = json_loads(inhoud, 0, NULL);
	struct ov_verdict v;

	assert_non_null(js);
	v = ov_policy_may_json(p, srt, NULL, &a, &b, js, "2025-04-01");
	json_decref(js);
	return v;
}

static struct ov_verdict
may(const char *srt, unsigned van, unsigned naar, const char *inhoud)
{
	return may_by(policy, srt, van, naar, inhoud);
}

#define G(g) "\"grondslag\":\"" g "\""
#define STATUS(s, l)                                                           \
	"{" G("AANMELDING-MBO") ",\"status\":\"" s                             \
	                        "\",\"datumStatus\":\"2025-03-01\","           \
	                        "\"leeftijdsgroep\":\"" l                      \
	                        "\",\"heeftStartkwalificatie\":false}"

/* For each type and content: from which role to which role it may go. */
static const struct {
	const char *srt, *inhoud;
	unsigned van, naar;
} cells[] = {
    {"overstapdossier", "{" G("OVERSTAP-ONDERWIJS") "}", SCHOOL | MBO, MBO},
    {"overstapstatus", STATUS("ingeschreven", "vanaf-27"), MBO, SCHOOL | MBO},
    {"overstapstatus", STATUS("ingeschreven", "tot-18"), MBO,
        SCHOOL | MBO | LP},
    {"overstapstatus", STATUS("ingeschreven", "18-tot-23"), MBO,
        SCHOOL | MBO | DP},
    {"overstapstatus", STATUS("ingeschreven", "23-tot-27"), MBO, SCHOOL | MBO},
    {"overstapstatus", STATUS("keuze", "tot-18"), SCHOOL, MBO | LP},
    {"overstapstatus", STATUS("keuze", "18-tot-23"), SCHOOL, MBO | DP},
    {"overstapstatus", STATUS("gestart", "tot-18"), SCHOOL, 0},
    {"uitschrijving",
        "{" G("UITSCHRIJVING-LPW") ",\"soort\":\"uitschrijving\","
                                   "\"geboortedatum\":\"2008-01-01\","
                                   "\"datumUitschrijving\":\"2025-01-01\"}",
        SCHOOL | MBO, LP},
    {"uitschrijving",
        "{" G("VERWIJDERING-18PLUS") ",\"soort\":\"verwijdering\","
                                     "\"geboortedatum\":\"2006-01-01\","
                                     "\"datumUitschrijving\":\"2025-01-01\"}",
        SCHOOL | MBO, DP},
    {"uitschrijving",
        "{" G("RMC-VERZOEK") ",\"soort\":\"verzuim-4-weken\","
                             "\"geboortedatum\":\"2006-01-01\","
                             "\"datumUitschrijving\":\"2025-01-01\"}",
        SCHOOL | MBO, DP},
    {"ontvangst", "{" G("OVERSTAP-ONDERWIJS") "}", ALL, ALL},
    {"verzuimmelding",
        "{" G("VERZUIM-LPW") ",\"geboortedatum\":\"2008-01-01\","
                             "\"begindatum\":\"2025-01-01\"}",
        SCHOOL | MBO, LP},
    {"verzuimmelding",
        "{" G("VERZUIM-NIET-LEERPLICHTIG") ",\"geboortedatum\":"
                                           "\"2006-01-01\","
                                           "\"begindatum\":\"2025-01-01\"}",
        SCHOOL | MBO, DP},
    {"verzuimstatus", "{" G("VERZUIM-LPW") ",\"status\":\"in-behandeling\"}",
        LP, SCHOOL | MBO},
    {"verzuimstatus",
        "{" G("VERZUIM-NIET-LEERPLICHTIG") ",\"status\":\"afgesloten\"}", DP,
        SCHOOL | MBO},
    {"verzuimstatus", "{" G("VERZUIM-LPW") ",\"status\":\"ingetrokken\"}", 0,
        0},
    {"terugkoppeling", "{" G("AGGREGAAT") ",\"soort\":\"geaggregeerd\"}", MBO,
        SCHOOL},
    {"terugkoppeling", "{" G("AANMELDING-MBO") ",\"soort\":\"individueel\"}",
        MBO, SCHOOL},
    {"terugkoppeling", "{" G("AGGREGAAT") ",\"soort\":\"individueel\"}", 0, 0},
    {"warme-overdracht", "{" G("OVERSTAP-ONDERWIJS") "}", SCHOOL | MBO,
        SCHOOL | MBO},
    {"warme-overdracht", "{" G("RMC-REGISTRATIE") "}", LP | DP, LP | DP},
    {"overdracht", "{" G("RMC-REGISTRATIE") "}", LP | DP, LP | DP},
    {"correctie", "{" G("VERZUIM-LPW") "}", ALL, ALL},
    {"intrekking", "{" G("VERZUIM-LPW") "}", ALL, ALL},
    {"wissing", "{" G("OVERSTAP-ONDERWIJS") "}", ALL, ALL},
    {"afsluitverklaring", "{" G("OVERSTAP-ONDERWIJS") "}", ALL, ALL},
    {"pgn-wijziging", "{" G("AANMELDING-MBO") "}", ALL, ALL},
    {"onbekend", "{" G("OVERSTAP-ONDERWIJS") "}", 0, 0},
};

static void
test_every_cell(void **state)
{
	size_t i;
	unsigned a, b;

	(void)state;
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		for (a = 0; a < OV_ROL_N; a++)
			for (b = 0; b < OV_ROL_N; b++) {
				unsigned va = 1U << a, vb = 1U << b;
				struct ov_verdict v;
				bool yes;

				/* The status row of a sender is its own. */
				if (i >= 1 && i <= 7 &&
				    (cells[i].van & va) == 0)
					continue;
				yes = (cells[i].van & va) != 0 &&
				      (cells[i].naar & vb) != 0;
				v = may(cells[i].srt, va, vb, cells[i].inhoud);
				if ((v.may == OV_MAY_YES) != yes)
					fail_msg("cell %zu, %s to %s", i,
					    ov_rol_name((enum ov_rol)a),
					    ov_rol_name((enum ov_rol)b));
				if (yes) {
					assert_int_equal(v.van, a);
					assert_int_equal(v.naar, b);
				} else {
					assert_int_not_equal(v.why,
					    OV_WHY_NONE);
				}
			}
}

/* Birth date, day of leaving, the role it goes to (OV_ROL_N: nobody). */
static const struct {
	const char *born, *left;
	enum ov_rol rol;
	unsigned grens;
} ages[] = {
    {"2007-02-03", "2025-02-02", OV_ROL_LEERPLICHT, 0},
    {"2007-02-03", "2025-02-03", OV_ROL_DOORSTROOMPUNT, 0},
    /* Born on 29 February: 18 on 1 March, also 23 and 27. */
    {"2008-02-29", "2026-02-28", OV_ROL_LEERPLICHT, 0},
    {"2008-02-29", "2026-03-01", OV_ROL_DOORSTROOMPUNT, 0},
    /* The limit is 23 on the last day of 2025, and 27 the day after. */
    {"2002-12-31", "2025-12-30", OV_ROL_DOORSTROOMPUNT, 0},
    {"2002-12-31", "2025-12-31", OV_ROL_N, 23},
    {"2002-12-31", "2026-01-01", OV_ROL_DOORSTROOMPUNT, 0},
    {"1999-01-02", "2026-01-01", OV_ROL_DOORSTROOMPUNT, 0},
    {"1999-01-01", "2025-12-31", OV_ROL_N, 23},
    {"1999-01-01", "2026-01-01", OV_ROL_N, 27},
    {"2012-06-01", "2025-02-01", OV_ROL_LEERPLICHT, 0},
    /* Leaving before birth is nobody's. */
    {"2025-02-02", "2025-02-01", OV_ROL_N, 0},
};

static void
test_birthdays_and_the_changeover(void **state)
{
	struct ov_lid school = {.rol = VO}, gemeente = {.rol = LP | DP};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		json_t *js = json_pack("{s:s,s:s,s:s}", "geboortedatum",
		    ages[i].born, "datumUitschrijving", ages[i].left, "soort",
		    "verwijdering");
		struct ov_verdict v = ov_policy_route_json(policy,
		    "uitschrijving", VO, js, "2026-02-01");

		if (ages[i].rol == OV_ROL_N) {
			assert_int_equal(v.may, OV_MAY_NO);
			assert_int_equal(v.why, OV_WHY_LEEFTIJD);
			if (ages[i].grens != 0)
				assert_int_equal(v.grens, ages[i].grens);
			json_decref(js);
			continue;
		}
		assert_int_equal(v.may, OV_MAY_YES);
		assert_int_equal(v.naar, ages[i].rol);
		assert_string_equal(v.grondslag,
		    ages[i].rol == OV_ROL_LEERPLICHT ? "UITSCHRIJVING-LPW"
		                                     : "VERWIJDERING-18PLUS");
		/* One OIN with both roles: the role is chosen by age. */
		json_object_set_new(js, "grondslag", json_string(v.grondslag));
		v = ov_policy_may_json(policy, "uitschrijving", NULL, &school,
		    &gemeente, js, "2026-02-01");
		assert_int_equal(v.may, OV_MAY_YES);
		assert_int_equal(v.naar, ages[i].rol);
		json_decref(js);
	}
}

static void
test_status_limits_change_with_the_year(void **state)
{
#define EVENT_ON(datum)                                                        \
	"{" G("AANMELDING-MBO") ",\"status\":\"gestart\",\"datumStatus\":"     \
	                        "\"" datum                                     \
	                        "\",\"leeftijdsgroep\":\"23-tot-27\","         \
	                        "\"heeftStartkwalificatie\":false}"
	(void)state;
	assert_int_equal(may("overstapstatus", MBO, DP, EVENT_ON("2025-12-31"))
	                     .may,
	    OV_MAY_NO);
	assert_int_equal(may("overstapstatus", MBO, DP, EVENT_ON("2026-01-01"))
	                     .may,
	    OV_MAY_YES);
#undef EVENT_ON
}

#define LEFT(soort, born)                                                      \
	"{" G("VERWIJDERING-18PLUS") ",\"soort\":\"" soort                     \
	                             "\",\"geboortedatum\":\"" born            \
	                             "\",\"datumUitschrijving\":"              \
	                             "\"2026-02-01\"}"

/* What has no certain ground is closed as shipped, and opens with a decision. */
static void
test_closed_until_the_region_decides(void **state)
{
	static const struct {
		const char *srt, *inhoud;
		unsigned van, naar;
		bool shipped;
	} t[] = {
	    {"uitschrijving", LEFT("uitschrijving", "2006-01-01"), VO, DP,
	        false},
	    {"uitschrijving", LEFT("verwijdering", "2006-01-01"), VO, DP, true},
	    {"uitschrijving", LEFT("verzuim-4-weken", "2006-01-01"), VO, DP,
	        true},
	    /* 24 years old. */
	    {"uitschrijving", LEFT("verwijdering", "2002-01-01"), VO, DP,
	        false},
	    {"uitschrijving", LEFT("uitschrijving", "2002-01-01"), VO, DP,
	        false},
	    {"terugkoppeling",
	        "{" G("AANMELDING-MBO") ",\"soort\":\"individueel\"}", MBO, VO,
	        false},
	    {"terugkoppeling",
	        "{" G("AGGREGAAT") ",\"soort\":\"geaggregeerd\"}", MBO, VO,
	        true},
	    /* Absence: 27 has a source, and is open. */
	    {"verzuimmelding",
	        "{" G("VERZUIM-NIET-LEERPLICHTIG") ",\"geboortedatum\":"
	                                           "\"2002-01-01\","
	                                           "\"begindatum\":"
	                                           "\"2026-02-01\"}",
	        MBO, DP, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_verdict v = may_by(closed, t[i].srt, t[i].van,
		    t[i].naar, t[i].inhoud);

		assert_int_equal(v.may == OV_MAY_YES, t[i].shipped);
		if (!t[i].shipped)
			assert_int_equal(v.why, OV_WHY_BESLUIT);
		assert_int_equal(may(t[i].srt, t[i].van, t[i].naar, t[i].inhoud)
		                     .may,
		    OV_MAY_YES);
	}
}

/* A decision counts from its date; its subject is one of the matrix. */
static void
test_decisions(void **state)
{
	struct ov_policy_src src = {data("matrix.json"),
	    ov_view_str("{\"versie\":1,\"besluiten\":[{\"onderwerp\":"
	                "\"uitschrijving-gewoon\",\"besluit\":\"B1\",\"datum\":"
	                "\"2025-04-02\",\"naam\":\"V\"}]}")};
	static const char *const bad[] = {
	    REGIO(BESLUIT("alles")),
	    REGIO("{\"onderwerp\":\"uitschrijving-gewoon\",\"datum\":"
	          "\"2025-04-02\"}"),
	    "{\"versie\":1}",
	};
	struct ov_policy *p;
	struct ov_err e = {0};

	(void)state;
	assert_int_equal(ov_policy_load(types, &src, &p, &e), OV_OK);
	/* Judged on 1 April: the day before. */
	assert_int_equal(may_by(p, "uitschrijving", VO, DP,
	                     LEFT("uitschrijving", "2006-01-01"))
	                     .why,
	    OV_WHY_BESLUIT);
	ov_policy_free(p);
	for (size_t i = 0; i < 3; i++) {
		src.regio = ov_view_str(bad[i]);
		assert_int_equal(ov_policy_load(types, &src, &p, &e),
		    OV_BADMSG);
		assert_non_null(strstr(e.msg, "regio.json"));
	}
}

static void
test_conditions_on_the_content(void **state)
{
	struct ov_verdict v;

	(void)state;
	/* The reference of an application never goes to a municipality. */
	v = may("overstapstatus", MBO, LP,
	    "{" G("AANMELDING-MBO") ",\"datumStatus\":\"2025-03-01\","
	                            "\"leeftijdsgroep\":\"tot-18\","
	                            "\"heeftStartkwalificatie\":false,"
	                            "\"aanmeldingId\":\"x\"}");
	assert_int_equal(v.may, OV_MAY_NO);
	assert_int_equal(v.why, OV_WHY_VOORWAARDE);
	v = may("overstapstatus", MBO, LP,
	    "{" G("AANMELDING-MBO") ",\"datumStatus\":\"2025-03-01\","
	                            "\"leeftijdsgroep\":\"tot-18\","
	                            "\"heeftStartkwalificatie\":true}");
	assert_int_equal(v.why, OV_WHY_VOORWAARDE);
	/* What cannot be read is not a yes, and not yet a no. */
	assert_int_equal(may("overstapstatus", MBO, LP, "{}").may,
	    OV_MAY_UNREADABLE);
	assert_int_equal(may("uitschrijving", VO, LP, "{}").may,
	    OV_MAY_UNREADABLE);
	assert_int_equal(may("overstapdossier", VO, MBO, "{}").may,
	    OV_MAY_UNREADABLE);
}

static void
test_grounds(void **state)
{
	struct ov_verdict v;

	(void)state;
	v = may("overstapdossier", VO, MBO, "{" G("AANMELDING-MBO") "}");
	assert_int_equal(v.why, OV_WHY_GRONDSLAG);
	v = may("overstapdossier", VO, MBO, "{" G("TOESTEMMING") "}");
	assert_int_equal(v.why, OV_WHY_GRONDSLAG);
	/* In force only from 2026. */
	v = may("ontvangst", VO, MBO, "{" G("CASUS-2026") "}");
	assert_int_equal(v.why, OV_WHY_GRONDSLAG);
	v = may("ontvangst", VO, MBO, "{" G("VERZUIM-NIET-LEERPLICHTIG") "}");
	assert_int_equal(v.may, OV_MAY_YES);
}

static void
test_part_c_goes_to_the_named_receiver_only(void **state)
{
	struct ov_verdict v;

	(void)state;
	v = may("overstapdossier", VO, MBO,
	    "{" G("OVERSTAP-ONDERWIJS") ",\"ondersteuning\":{},"
	                                "\"toelatingsrecht\":{"
	                                "\"instelling\":\"25LH\"}}");
	assert_int_equal(v.may, OV_MAY_YES);
	v = may("overstapdossier", VO, MBO,
	    "{" G("OVERSTAP-ONDERWIJS") ",\"ondersteuning\":{},"
	                                "\"toelatingsrecht\":{"
	                                "\"instelling\":\"25PU\"}}");
	assert_int_equal(v.may, OV_MAY_NO);
	assert_int_equal(v.why, OV_WHY_ONDERSTEUNING);
	v = may("overstapdossier", VO, MBO,
	    "{" G("OVERSTAP-ONDERWIJS") ",\"ondersteuning\":{}}");
	assert_int_equal(v.why, OV_WHY_ONDERSTEUNING);
	/* Without part C nobody has to be named. */
	v = may("overstapdossier", VO, MBO,
	    "{" G("OVERSTAP-ONDERWIJS") ",\"toelatingsrecht\":{"
	                                "\"instelling\":\"25PU\"}}");
	assert_int_equal(v.may, OV_MAY_YES);
}

static void
refused(const char *from, const char *to, const char *says)
{
	struct ov_view v = data("matrix.json");
	struct ov_policy_src src = {.regio = data("regio.json")};
	struct ov_policy *p;
	struct ov_err e = {0};
	char *text = malloc(v.n + strlen(to) + 1), *at;
	size_t n;

	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	at = strstr(text, from);
	assert_non_null(at);
	n = strlen(at + strlen(from)) + 1;
	memmove(at + strlen(to), at + strlen(from), n);
	memcpy(at, to, strlen(to));
	src.matrix = ov_view_str(text);
	assert_int_equal(ov_policy_load(types, &src, &p, &e), OV_BADMSG);
	assert_null(p);
	if (strstr(e.msg, says) == NULL)
		fail_msg("%s: %s", says, e.msg);
	free(text);
}

static void
test_a_table_that_contradicts_itself_is_refused(void **state)
{
	(void)state;
	refused("\"grondslagen\": [\"OVERSTAP-ONDERWIJS\"]",
	    "\"grondslagen\": []", "rijen 0");
	refused("\"grondslagen\": [\"OVERSTAP-ONDERWIJS\"]",
	    "\"grondslagen\": [\"AANMELDING-MBO\"]", "rijen 0");
	refused("\"geldigTot\": \"2025-12-31\", \"bron\"",
	    "\"geldigTot\": \"2026-01-01\", \"bron\"", "doorstroom twice");
	refused("\"geldigTot\": \"2025-12-31\", \"peildatum\"",
	    "\"geldigTot\": \"2026-01-01\", \"peildatum\"", "same roles");
	refused("\"in\": [\"keuze\"]", "\"in\": [\"keus\"]", "rijen 2");
	refused("\"lid\": \"/status\"", "\"lid\": \"/stand\"", "rijen 2");
	refused("\"naar\": [\"mbo\"]", "\"naar\": [\"hbo\"]", "rijen 0");
	refused("\"srt\": \"overstapdossier\"", "\"srt\": \"dossier\"",
	    "rijen 0");
	refused("\"tot\": \"volwassen\"", "\"tot\": \"oud\"", "rijen 11");
	refused("\"onder\": [\"doorstroom-27\"]", "\"onder\": [\"alles\"]",
	    "rijen");
	refused("\"woongemeente\": \"/adres/gemeentecode\"",
	    "\"woongemeente\": \"/adres/stad\"", "rijen");
	refused("\"vanaf\": \"vsv\"", "\"vanaf\": \"volwassen\"", "same roles");
	refused("\"versie\": 1", "\"versie\": 2", "matrix.json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_cell),
	    cmocka_unit_test(test_birthdays_and_the_changeover),
	    cmocka_unit_test(test_status_limits_change_with_the_year),
	    cmocka_unit_test(test_closed_until_the_region_decides),
	    cmocka_unit_test(test_decisions),
	    cmocka_unit_test(test_conditions_on_the_content),
	    cmocka_unit_test(test_grounds),
	    cmocka_unit_test(test_part_c_goes_to_the_named_receiver_only),
	    cmocka_unit_test(test_a_table_that_contradicts_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
