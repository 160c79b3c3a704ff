/* SPDX-License-Identifier: EUPL-1.2 */
/* The validation rules of the field by their number, as far as they look at
 * content, roles, dates and age, and the boundary cases that are listed with
 * them.  1, 7 and 11 are in test_bad_input.c, 8 in test_herhaling.c and
 * test_earlier.c, 14 and 15 in test_accept.c; 5 is also in test_overgang.c and
 * test_earlier.c, 9 in test_report.c, 10 in test_about.c. */
#include "tests/unit/types_fixture.h"

#include "protocol/kalender.h"
#include "protocol/policy.h"
#include "protocol/verzuim.h"

#define D(x) "\"" x "\""

static struct ov_policy *policy, *open27; /* as shipped; all opened */
static struct ov_kalender *kalender;

static int
load_rules(void **state)
{
	struct ov_policy_src src;
	struct ov_err e = {0};

	(void)setup(state);
	src = (struct ov_policy_src){data("matrix.json"), data("regio.json")};
	if (ov_policy_load(types, &src, &policy, &e) != OV_OK)
		fail_msg("%s", e.msg);
	src.regio = ov_view_str("{\"versie\":1,\"besluiten\":[{\"onderwerp\":"
	                        "\"doorstroom-27\",\"besluit\":\"B1\","
	                        "\"datum\":\"2026-01-01\",\"naam\":\"V\"}]}");
	if (ov_policy_load(types, &src, &open27, &e) != OV_OK ||
	    ov_kalender_load(types, data("kalender.json"), &kalender, &e) !=
	        OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
free_rules(void **state)
{
	ov_policy_free(policy);
	ov_policy_free(open27);
	ov_kalender_free(kalender);
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

/* A new enrolment within 4 weeks: the day of leaving is the day before. */
static void
rule_10_enrolled_elsewhere_within_4_weeks(void **state)
{
	static const struct {
		const char *uit, *in, *nieuw; /* NULL: it stays */
		enum ov_rol rol;
	} t[] = {
	    {"2025-03-03", "2025-03-17", "2025-03-16", OV_ROL_VO},
	    {"2025-03-03", "2025-03-31", "2025-03-30", OV_ROL_VO}, /* 28 days */
	    {"2025-03-03", "2025-04-01", NULL, OV_ROL_VO},
	    {"2025-03-03", "2025-03-04", NULL, OV_ROL_VO}, /* it is that day */
	    {"2025-03-03", "2025-03-03", NULL, OV_ROL_VO},
	    {"2025-03-03", "2025-02-03", NULL, OV_ROL_VO},
	    {"2025-03-03", "2025-03-17", "2025-03-16", OV_ROL_PRO},
	    {"2025-03-03", "2025-03-17", NULL, OV_ROL_MBO},
	    {"2025-03-03", "2025-03-17", NULL, OV_ROL_VSO},
	    /* 29 February, the change of year and of school year, the clock */
	    {"2024-02-01", "2024-02-29", "2024-02-28", OV_ROL_VO},
	    {"2024-02-01", "2024-03-01", NULL, OV_ROL_VO},
	    {"2025-12-10", "2026-01-01", "2025-12-31", OV_ROL_VO},
	    {"2025-07-31", "2025-08-28", "2025-08-27", OV_ROL_VO},
	    {"2025-03-20", "2025-04-17", "2025-04-16", OV_ROL_VO},
	    {"2011-12-31", "2012-01-05", NULL, OV_ROL_VO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_date uit, in, got;
		char text[OV_DATE_SIZE];
		bool moves;

		assert_int_equal(ov_date_parse(ov_view_str(t[i].uit), &uit),
		    OV_OK);
		assert_int_equal(ov_date_parse(ov_view_str(t[i].in), &in),
		    OV_OK);
		moves = ov_kal_uitschrijfdatum(kalender, OV_ROL_BIT(t[i].rol),
		    uit, in, &got);
		assert_int_equal(moves, t[i].nieuw != NULL);
		if (!moves)
			continue;
		ov_date_fmt(text, got);
		assert_string_equal(text, t[i].nieuw);
	}
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
		struct ov_verdict v = ov_policy_route_json(policy,
		    "verzuimmelding", OV_ROL_BIT(OV_ROL_VO), j, "2026-02-01");

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

/* ---- boundary cases ---- */

struct edge {
	const char *born, *day;
	enum ov_rol naar; /* OV_ROL_N: to nobody */
	bool open;        /* the region opened 27 */
};

/* To which role does a notice about this person on this day go? */
static void
goes(const char *srt, const char *dag, const struct edge *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *j = json_pack("{s:s,s:s,s:s}", "geboortedatum",
		    t[i].born, dag, t[i].day, "soort", "verwijdering");
		struct ov_lid van = {.rol = OV_ROL_BIT(OV_ROL_VO)};
		struct ov_lid naar = {.rol = OV_ROL_BIT(OV_ROL_LEERPLICHT) |
		                             OV_ROL_BIT(OV_ROL_DOORSTROOMPUNT)};
		static const char *const grond[] = {"VERZUIM-LPW",
		    "VERZUIM-NIET-LEERPLICHTIG", "UITSCHRIJVING-LPW",
		    "VERWIJDERING-18PLUS"};
		enum ov_rol got = OV_ROL_N;

		(void)json_object_set_new(j, "adres",
		    json_pack("{s:s}", "gemeentecode", "0193"));
		for (size_t g = 0; g < 4 && got == OV_ROL_N; g++) {
			struct ov_verdict v;

			(void)json_object_set_new(j, "grondslag",
			    json_string(grond[g]));
			v = ov_policy_may_json(t[i].open ? open27 : policy, srt,
			    NULL, &van, &naar, j, "2026-02-01");
			if (v.may == OV_MAY_YES)
				got = v.naar;
		}
		if (got != t[i].naar)
			fail_msg("%s: born %s, %s", srt, t[i].born, t[i].day);
		json_decref(j);
	}
}

#define LP OV_ROL_LEERPLICHT
#define DP OV_ROL_DOORSTROOMPUNT
#define GOES(srt, dag, t) goes(srt, dag, t, sizeof(t) / sizeof(t[0]))

static void
boundary_18_on_begindatum(void **state)
{
	static const struct edge t[] = {{"2007-03-03", "2025-03-02", LP, false},
	    {"2007-03-03", "2025-03-03", DP, false},
	    {"2007-12-31", "2025-12-30", LP, false},
	    {"2007-12-31", "2025-12-31", DP, false},
	    {"2008-01-01", "2025-12-31", LP, false},
	    {"2008-01-01", "2026-01-01", DP, false}};

	(void)state;
	GOES("verzuimmelding", "begindatum", t);
	GOES("uitschrijving", "datumUitschrijving", t);
}

static void
boundary_29_february(void **state)
{
	static const struct edge t[] = {{"2004-02-29", "2022-02-28", LP, false},
	    {"2004-02-29", "2022-03-01", DP, false},
	    {"2004-02-28", "2022-02-28", DP, false},
	    {"2006-02-28", "2024-02-28", DP, false},
	    {"2006-03-01", "2024-02-29", LP, false}};

	(void)state;
	GOES("verzuimmelding", "begindatum", t);
	GOES("uitschrijving", "datumUitschrijving", t);
	judged(DOSSIER, with(docs[DOSSIER], "dossierdatum", D("2025-02-29")),
	    "/inhoud/dossierdatum", OV_REDEN_PATROON);
}

/* Absence: 23 until the last day of 2025, 27 from 2026. */
static void
boundary_23_and_27_around_new_year(void **state)
{
	static const struct edge verzuim[] = {
	    {"2003-01-01", "2025-12-31", DP, false},
	    {"2002-12-31", "2025-12-31", OV_ROL_N, false},
	    {"2002-12-31", "2026-01-01", DP, false},
	    {"1999-01-02", "2026-01-01", DP, false},
	    {"1999-01-01", "2026-01-01", OV_ROL_N, false},
	    {"1999-01-01", "2025-12-31", OV_ROL_N, false},
	};
	/* Leaving: 23 stays until the region opens 27, and then from 2026. */
	static const struct edge uit[] = {
	    {"2003-01-01", "2025-12-31", DP, false},
	    {"2002-12-31", "2025-12-31", OV_ROL_N, false},
	    {"2003-01-01", "2026-01-01", OV_ROL_N, false},
	    {"2003-01-02", "2026-01-01", DP, false},
	    {"2002-12-31", "2025-12-31", OV_ROL_N, true},
	    {"2003-01-01", "2026-01-01", DP, true},
	    {"1999-01-02", "2026-01-01", DP, true},
	    {"1999-01-01", "2026-01-01", OV_ROL_N, true},
	};

	(void)state;
	GOES("verzuimmelding", "begindatum", verzuim);
	GOES("uitschrijving", "datumUitschrijving", uit);
}

static void
boundary_15_9_and_16_0_hours(void **state)
{
	static const struct {
		const char *uren;
		enum ov_reden reden;
	} t[] = {{D("15.9"), OV_REDEN_PATROON}, {D("15.99"), OV_REDEN_PATROON},
	    {D("16.0"), OV_REDEN_GEEN}, {D("16"), OV_REDEN_GEEN}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		judged(VERZUIM,
		    with(docs[VERZUIM], "verzuim/urenTotaal", t[i].uren),
		    "/inhoud/verzuim/urenTotaal", t[i].reden);
}

static enum ov_rc
one_more(void *arg, const struct ov_signaal *s, struct ov_err *e)
{
	(void)s;
	(void)e;
	++*(int *)arg;
	return OV_OK;
}

/* Eight hours on each of two days: enough if they lie in four lesson weeks,
 * whatever holiday is between. */
static void
boundary_four_lesson_weeks_across_a_holiday(void **state)
{
	static const int16_t jaren[] = {2025, 2026};
	/* Autumn, Christmas, summer. */
	static const char *const vrij[][2] = {{"2025-10-20", "2025-10-24"},
	    {"2025-12-22", "2026-01-02"}, {"2026-07-20", "2026-08-28"}};
	static const struct {
		const char *een, *twee;
		int n;
	} t[] = {
	    {"2025-10-06", "2025-11-07", 1}, /* 41, 42, 44 and 45 */
	    {"2025-10-03", "2025-11-07", 0}, /* and 40 */
	    {"2025-12-08", "2026-01-16", 1}, /* over 31-12-2025 */
	    {"2025-12-05", "2026-01-16", 0},
	    {"2026-07-06", "2026-09-11", 1}, /* over 1 August */
	    {"2026-07-03", "2026-09-11", 0},
	};
	struct ov_vakantie v[3];
	struct ov_rooster *r;
	struct ov_err e = {0};
	struct ov_date d;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ov_date_parse(ov_view_str(vrij[i][0]), &d),
		    OV_OK);
		v[i].van = ov_date_days(d);
		assert_int_equal(ov_date_parse(ov_view_str(vrij[i][1]), &d),
		    OV_OK);
		v[i].tot = ov_date_days(d);
	}
	assert_int_equal(ov_rooster_new(kalender, jaren, 2, v, 3, &r, &e),
	    OV_OK);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_verzuimdag dag[2] = {{0}, {0}};
		int n = 0, jaar;

		assert_int_equal(ov_date_parse(ov_view_str(t[i].een), &d),
		    OV_OK);
		dag[0].dag = ov_date_days(d);
		assert_int_equal(ov_date_parse(ov_view_str(t[i].twee), &d),
		    OV_OK);
		dag[1].dag = ov_date_days(d);
		dag[0].gemist = dag[1].gemist = 800;
		assert_int_equal(ov_verzuim_oordeel(kalender, r, dag, 2, NULL,
		                     one_more, &n, &jaar, &e),
		    OV_OK);
		if (n != t[i].n)
			fail_msg("%s and %s: %d", t[i].een, t[i].twee, n);
	}
	ov_rooster_free(r);
}

static void
boundary_school_year_at_1_august(void **state)
{
	(void)state;
	assert_int_equal(ov_schooljaar((struct ov_date){2026, 7, 31}), 2025);
	assert_int_equal(ov_schooljaar((struct ov_date){2026, 8, 1}), 2026);
	/* A Dutch date: 22:00 UTC on 31 July is 1 August in summer time. */
	assert_int_equal(ov_schooljaar(ov_date_nl(1785535200)), 2026);
	assert_int_equal(ov_schooljaar(ov_date_nl(1785535199)), 2025);
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
	    cmocka_unit_test(rule_10_enrolled_elsewhere_within_4_weeks),
	    cmocka_unit_test(rule_12_age_on_the_day_of_the_event),
	    cmocka_unit_test(boundary_18_on_begindatum),
	    cmocka_unit_test(boundary_29_february),
	    cmocka_unit_test(boundary_23_and_27_around_new_year),
	    cmocka_unit_test(boundary_15_9_and_16_0_hours),
	    cmocka_unit_test(boundary_four_lesson_weeks_across_a_holiday),
	    cmocka_unit_test(boundary_school_year_at_1_august),
	    cmocka_unit_test(rule_13_nothing_that_is_not_described),
	    cmocka_unit_test(rule_16_a_secret_address_stays_out),
	};

	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
