/* SPDX-License-Identifier: EUPL-1.2 */
/* The validation rules of the field by their number, as far as they look at
 * content, roles and age; 8 is in test_verzuim.c and test_earlier.c, 5 also in
 * test_overgang.c, 14 and 15 are tested where messages are stored. */
#include "tests/unit/types_fixture.h"

#include "protocol/policy.h"

#define D(x) "\"" x "\""

static struct ov_policy *policy;

static int
load_rules(void **state)
{
	struct ov_policy_src src;
	struct ov_err e = {0};

	(void)setup(state);
	src = (struct ov_policy_src){data("matrix.json"), data("regio.json")};
	if (ov_policy_load(types, &src, &policy, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
free_rules(void **state)
{
	ov_policy_free(policy);
	return teardown(state);
}

/* Put a member ("a" or "a/b") in a copy; the JSON text NULL takes it away. */
static json_t *
with(json_t *doc, const char *lid, const char *text)
{
	json_t *d = json_deep_copy(doc), *o = d;
	const char *slash = strchr(lid, '/');
	char groep[40] = "";

	if (slash != NULL) {
		memcpy(groep, lid, (size_t)(slash - lid));
		o = json_object_get(d, groep);
		lid = slash + 1;
	}
	assert_non_null(o);
	if (text == NULL)
		assert_int_equal(json_object_del(o, lid), 0);
	else
		assert_int_equal(json_object_set_new(o, lid,
		                     json_loads(text, JSON_DECODE_ANY, NULL)),
		    0);
	return d;
}

/* Taken, or refused at pad for reden. */
static void
judged(enum file file, json_t *d, const char *pad, enum ov_reden reden)
{
	if (reden != OV_REDEN_GEEN)
		expect(file, d, pad, reden);
	else if (ov_types_check_json(types, files[file].srt, d, files[file].pid,
	             VANDAAG, &fouten) != OV_OK)
		fail_msg("%s %s", fouten.f[0].pad,
		    ov_reden_code(fouten.f[0].reden));
	json_decref(d);
}

static void
rule_2_no_type_has_a_member_pgn(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < FILES; i++) {
		judged((enum file)i, with(docs[i], "pgn", D("123456782")),
		    "/inhoud/pgn", OV_REDEN_ONBEKEND_LID);
		judged((enum file)i, with(docs[i], "bsn", D("123456782")),
		    "/inhoud/bsn", OV_REDEN_ONBEKEND_LID);
	}
}

/* At most the 12 months before the date of the dossier. */
static void
rule_3_absence_in_a_dossier(void **state)
{
	static const struct {
		const char *dossier, *van, *tot, *pad;
	} t[] = {
	    {D("2025-03-14"), D("2024-03-14"), D("2025-03-14"), NULL},
	    {D("2025-03-14"), D("2024-03-13"), D("2025-03-14"),
	        "/inhoud/verzuim/periodeVan"},
	    {D("2025-03-14"), D("2024-03-14"), D("2025-03-15"),
	        "/inhoud/verzuim/periodeTot"},
	    /* 29 February. */
	    {D("2024-02-29"), D("2023-02-28"), D("2024-02-29"), NULL},
	    {D("2024-02-29"), D("2023-02-27"), D("2024-02-29"),
	        "/inhoud/verzuim/periodeVan"},
	    /* Over the change of school year: the year is no school year. */
	    {D("2024-08-01"), D("2023-08-01"), D("2024-07-31"), NULL},
	    {D("2024-08-01"), D("2023-07-31"), D("2024-07-31"),
	        "/inhoud/verzuim/periodeVan"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *a = with(docs[DOSSIER], "dossierdatum", t[i].dossier);
		json_t *b = with(a, "verzuim/periodeVan", t[i].van);

		judged(DOSSIER, with(b, "verzuim/periodeTot", t[i].tot),
		    t[i].pad,
		    t[i].pad != NULL ? OV_REDEN_PATROON : OV_REDEN_GEEN);
		json_decref(a);
		json_decref(b);
	}
}

static void
rule_4_no_value_in_a_forbidden_category(void **state)
{
	static const char *const nee[] = {D("VERBODEN"), D("OPT-UIT")};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		judged(DOSSIER,
		    with(docs[DOSSIER], "uitlevering/verzuim", nee[i]),
		    "/inhoud/verzuim", OV_REDEN_VERBODEN);
		judged(VERZUIM,
		    with(docs[VERZUIM], "uitlevering/verzuim", nee[i]),
		    "/inhoud/begindatum", OV_REDEN_VERBODEN);
	}
	judged(DOSSIER,
	    with(docs[DOSSIER], "uitlevering/verzuim", D("OPTIONEEL")), NULL,
	    OV_REDEN_GEEN);
}

static void
rule_5_a_reason_where_it_ends(void **state)
{
	static const char *const end[] = {D("niet-ingeschreven"),
	    D("ingetrokken")};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		json_t *d = with(docs[STATUS], "status", end[i]);

		if (json_object_get(d, "reden") != NULL)
			(void)json_object_del(d, "reden");
		judged(STATUS, d, "/inhoud/reden", OV_REDEN_ONTBREEKT);
	}
}

static void
rule_6_an_end_of_16_hours_and_long_absence(void **state)
{
	static const struct {
		const char *soort;
		bool nodig;
	} t[] = {{D("16-uur"), true}, {D("langdurig"), true},
	    {D("doorstroompunt"), true}, {D("luxe"), false},
	    {D("beginnend"), false}, {D("signaal"), false},
	    {D("overig"), false}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *d = with(docs[VERZUIM], "soortVerzuim", t[i].soort);

		(void)json_object_del(d, "einddatum");
		judged(VERZUIM, d, "/inhoud/einddatum",
		    t[i].nodig ? OV_REDEN_ONTBREEKT : OV_REDEN_GEEN);
	}
}

static void
rule_9_kind_and_reason_of_leaving(void **state)
{
	(void)state;
	judged(UITSCHRIJVING, with(docs[UITSCHRIJVING], "soort", NULL),
	    "/inhoud/soort", OV_REDEN_ONTBREEKT);
	judged(UITSCHRIJVING, with(docs[UITSCHRIJVING], "redenUitval", NULL),
	    "/inhoud/redenUitval", OV_REDEN_ONTBREEKT);
	/* "Private reasons" is no reason. */
	judged(UITSCHRIJVING,
	    with(docs[UITSCHRIJVING], "redenUitval", D("privéredenen")),
	    "/inhoud/redenUitval", OV_REDEN_CODE);
}

static void
rule_12_age_on_the_day_of_the_event(void **state)
{
	static const struct {
		const char *born, *day;
		enum ov_rol rol; /* OV_ROL_N: to nobody */
	} t[] = {
	    /* The 18th birthday on the first day of absence. */
	    {"2007-03-03", "2025-03-02", OV_ROL_LEERPLICHT},
	    {"2007-03-03", "2025-03-03", OV_ROL_DOORSTROOMPUNT},
	    /* Born on 29 February: a year older on 1 March. */
	    {"2004-02-29", "2022-02-28", OV_ROL_LEERPLICHT},
	    {"2004-02-29", "2022-03-01", OV_ROL_DOORSTROOMPUNT},
	    /* 23 was the limit until the last day of 2025, 27 is from 2026. */
	    {"2002-12-31", "2025-12-30", OV_ROL_DOORSTROOMPUNT},
	    {"2002-12-31", "2025-12-31", OV_ROL_N},
	    {"2002-12-31", "2026-01-01", OV_ROL_DOORSTROOMPUNT},
	    {"1999-01-01", "2025-12-31", OV_ROL_N},
	    {"1999-01-02", "2026-01-01", OV_ROL_DOORSTROOMPUNT},
	    {"1999-01-01", "2026-01-01", OV_ROL_N},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *j = json_pack("{s:s,s:s}", "geboortedatum", t[i].born,
		    "begindatum", t[i].day);
		struct ov_verdict v = ov_policy_route(policy, "verzuimmelding",
		    OV_ROL_BIT(OV_ROL_VO), j, "2026-02-01");

		if ((v.may == OV_MAY_YES ? v.naar : OV_ROL_N) != t[i].rol)
			fail_msg("born %s, %s", t[i].born, t[i].day);
		if (t[i].rol == OV_ROL_N)
			assert_int_equal(v.why, OV_WHY_LEEFTIJD);
		json_decref(j);
	}
}

static void
rule_13_nothing_that_is_not_described(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = text[202] = '"';
	text[203] = '\0';
	judged(VERZUIM, with(docs[VERZUIM], "vermoedelijkeReden", text),
	    "/inhoud/vermoedelijkeReden", OV_REDEN_TE_LANG);
	text[201] = '"';
	text[202] = '\0';
	judged(VERZUIM, with(docs[VERZUIM], "vermoedelijkeReden", text), NULL,
	    OV_REDEN_GEEN);
	judged(VERZUIM, with(docs[VERZUIM], "soortVerzuim", D("V3")),
	    "/inhoud/soortVerzuim", OV_REDEN_CODE);
	judged(VERZUIM, with(docs[VERZUIM], "adres/land", D("NL")),
	    "/inhoud/adres/land", OV_REDEN_ONBEKEND_LID);
}

/* A secret address stays out; the notice goes, with the gemeente it is for. */
static void
rule_16_a_secret_address_stays_out(void **state)
{
	static const enum file who[] = {UITSCHRIJVING, VERZUIM, OVERDRACHT};
	static const char
	    *const secret = "{\"geheim\":true,\"gemeentecode\":\"0193\"}";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		judged(who[i], with(docs[who[i]], "adres/geheim", "true"),
		    "/inhoud/adres/straat", OV_REDEN_VERBODEN);
		judged(who[i], with(docs[who[i]], "adres", secret), NULL,
		    OV_REDEN_GEEN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rule_2_no_type_has_a_member_pgn),
	    cmocka_unit_test(rule_3_absence_in_a_dossier),
	    cmocka_unit_test(rule_4_no_value_in_a_forbidden_category),
	    cmocka_unit_test(rule_5_a_reason_where_it_ends),
	    cmocka_unit_test(rule_6_an_end_of_16_hours_and_long_absence),
	    cmocka_unit_test(rule_9_kind_and_reason_of_leaving),
	    cmocka_unit_test(rule_12_age_on_the_day_of_the_event),
	    cmocka_unit_test(rule_13_nothing_that_is_not_described),
	    cmocka_unit_test(rule_16_a_secret_address_stays_out),
	};

	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
