/* SPDX-License-Identifier: EUPL-1.2 */
/* Every rule of data/bewaring.json to the day, and tables that contradict
 * themselves. */
#include "tests/unit/types_fixture.h"

#include "protocol/bewaring.h"

#define ROL(r) OV_ROL_BIT(OV_ROL_##r)

static struct ov_policy *policy;
static struct ov_bewaring *regels;

static int
load_rules(void **state)
{
	struct ov_policy_src src = {data("matrix.json"), data("regio.json")};
	struct ov_err e = {0};

	(void)setup(state);
	if (ov_policy_load(types, &src, &policy, &e) != OV_OK ||
	    ov_bewaring_load(types, policy, data("bewaring.json"),
	        (struct ov_view){0}, &regels, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
free_rules(void **state)
{
	ov_bewaring_free(regels);
	ov_policy_free(policy);
	return teardown(state);
}

static int32_t
dag(const char *s)
{
	struct ov_date d;

	if (s == NULL)
		return OV_BW_GEEN;
	assert_int_equal(ov_date_parse(ov_view_str(s), &d), OV_OK);
	return ov_date_days(d);
}

static struct ov_bw_feiten
feiten(const char *soort, unsigned rollen, bool uit, const char *sinds)
{
	struct ov_bw_feiten f = {.soort = soort,
	    .rollen = rollen,
	    .uit = uit,
	    .sinds = dag(sinds),
	    .geboren = OV_BW_GEEN};

	for (int i = 0; i < OV_BW_N; i++)
		f.dag[i] = OV_BW_GEEN;
	return f;
}

struct rij {
	const char *soort;
	unsigned rol;
	bool uit;
	enum ov_bw_staat staat;
	const char *sinds;
	enum ov_bw_start wat;
	const char *op, *geboren; /* the event, the date of birth */
	const char *weg;
	bool uiterlijk;
};

#define IN false
#define UIT true
#define D "2026-03-15"
/* The table of retention terms, a line for each rule, an event that came and
 * one that did not. */
static const struct rij tabel[] = {
    {"overstapdossier", ROL(MBO), IN, OV_BW_NIET_GEKOPPELD, D, OV_BW_ONTVANGST,
        NULL, NULL, "2027-03-15", false},
    {"overstapdossier", ROL(MBO), IN, OV_BW_NIET_INGESCHREVEN, D,
        OV_BW_LAATSTE_STATUS, "2026-07-01", NULL, "2027-07-01", false},
    {"overstapdossier", ROL(MBO), IN, OV_BW_NIET_INGESCHREVEN, D,
        OV_BW_LAATSTE_STATUS, NULL, NULL, "2028-03-15", true},
    {"overstapdossier", ROL(MBO), IN, OV_BW_INGESCHREVEN, D,
        OV_BW_UITSCHRIJVING, "2028-02-29", NULL, "2030-02-28", false},
    {"overstapdossier", ROL(MBO), IN, OV_BW_INGESCHREVEN, D,
        OV_BW_UITSCHRIJVING, NULL, NULL, "2038-03-15", true},
    {"overstapdossier", ROL(VO), UIT, OV_BW_ELKE, D, OV_BW_UITSCHRIJVING,
        "2026-07-31", NULL, "2028-07-31", false},
    {"overstapdossier", ROL(MBO), UIT, OV_BW_ELKE, D, OV_BW_UITSCHRIJVING, NULL,
        NULL, "2031-03-15", true},
    {"overstapstatus", ROL(VO), IN, OV_BW_ELKE, "2026-07-31",
        OV_BW_EINDE_SCHOOLJAAR, NULL, NULL, "2028-08-01", false},
    {"overstapstatus", ROL(MBO), UIT, OV_BW_ELKE, "2026-08-01",
        OV_BW_EINDE_SCHOOLJAAR, NULL, NULL, "2029-08-01", false},
    {"overstapstatus", ROL(LEERPLICHT), IN, OV_BW_ELKE, D,
        OV_BW_EINDE_SCHOOLJAAR, NULL, NULL, "2027-08-01", false},
    {"terugkoppeling", ROL(PRO), IN, OV_BW_ELKE, D, OV_BW_ONTVANGST, NULL, NULL,
        "2027-03-15", false},
    {"terugkoppeling", ROL(MBO), UIT, OV_BW_ELKE, D, OV_BW_VERZENDING,
        "2026-03-16", NULL, "2027-03-15", true},
    {"uitschrijving", ROL(VSO), UIT, OV_BW_ELKE, D, OV_BW_UITSCHRIJVING,
        "2026-03-01", NULL, "2031-03-01", false},
    {"uitschrijving", ROL(MBO), UIT, OV_BW_ELKE, D, OV_BW_UITSCHRIJVING,
        "2026-03-01", NULL, "2033-03-01", false},
    {"uitschrijving", ROL(LEERPLICHT), IN, OV_BW_ELKE, D, OV_BW_GEBOORTEDATUM,
        NULL, "2012-02-29", "2031-03-01", false},
    {"uitschrijving", ROL(LEERPLICHT), IN, OV_BW_ELKE, D, OV_BW_GEBOORTEDATUM,
        NULL, NULL, "2027-03-15", false},
    {"uitschrijving", ROL(DOORSTROOMPUNT), IN, OV_BW_ELKE, D,
        OV_BW_GEBOORTEDATUM, NULL, "2006-05-10", "2035-05-10", false},
    {"uitschrijving", ROL(DOORSTROOMPUNT), IN, OV_BW_ELKE, D,
        OV_BW_STARTKWALIFICATIE, "2027-06-30", "2006-05-10", "2029-06-30",
        false},
    {"verzuimmelding", ROL(VO), UIT, OV_BW_ELKE, D, OV_BW_UITSCHRIJVING,
        "2027-07-31", NULL, "2032-07-31", false},
    {"verzuimmelding", ROL(DOORSTROOMPUNT), IN, OV_BW_ELKE, D,
        OV_BW_EINDE_SCHOOLJAAR, NULL, NULL, "2027-08-01", false},
    {"warme-overdracht", ROL(MBO), IN, OV_BW_ELKE, D, OV_BW_EINDE_TRAJECT,
        "2027-04-01", NULL, "2029-04-01", false},
    {"warme-overdracht", ROL(LEERPLICHT), UIT, OV_BW_ELKE, D, OV_BW_AFSLUITING,
        "2027-04-01", NULL, "2029-04-01", false},
    {"overdracht", ROL(DOORSTROOMPUNT), IN, OV_BW_ELKE, D, OV_BW_AFSLUITING,
        NULL, NULL, "2032-03-15", true},
    {"concept", ROL(VO), IN, OV_BW_ELKE, D, OV_BW_EINDE_SCHOOLJAAR, NULL, NULL,
        "2026-08-01", false},
    {"leerling", ROL(MBO), IN, OV_BW_ELKE, D, OV_BW_UIT_LADING, "2027-01-01",
        NULL, "2028-01-01", false},
    {"pseudoniem", ROL(MBO), IN, OV_BW_ELKE, D, OV_BW_UIT_LADING, NULL, NULL,
        "2041-03-15", true},
    {"verzuimregels", ROL(VO), IN, OV_BW_ELKE, D, OV_BW_ONTVANGST, NULL, NULL,
        "2026-05-10", false},
    {"bestand", ROL(LEERPLICHT), IN, OV_BW_ELKE, D, OV_BW_VERVANGING,
        "2026-04-01", NULL, "2026-04-01", false},
    {"spool", ROL(MBO), IN, OV_BW_ELKE, D, OV_BW_ONTVANGST, NULL, NULL,
        "2026-04-14", false},
    {"verzoek", ROL(VO), IN, OV_BW_ELKE, D, OV_BW_AFHANDELING, "2026-04-01",
        NULL, "2031-04-01", false},
};

static void
test_every_rule_to_the_day(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tabel) / sizeof(tabel[0]); i++) {
		const struct rij *r = &tabel[i];
		struct ov_bw_feiten f = feiten(r->soort, r->rol, r->uit,
		    r->sinds);
		struct ov_bw_einde e;
		char was[OV_DATE_SIZE];

		f.staat = r->staat;
		f.dag[r->wat] = dag(r->op);
		f.geboren = dag(r->geboren);
		if (!ov_bewaring_einde(regels, &f, dag("2026-09-01"), &e))
			fail_msg("line %zu: no rule for %s", i, r->soort);
		ov_date_fmt(was, ov_date_from_days(e.weg));
		if (strcmp(was, r->weg) != 0)
			fail_msg("line %zu, %s: %s, not %s", i, e.regel, was,
			    r->weg);
		if (e.uiterlijk != r->uiterlijk)
			fail_msg("line %zu, %s: outer limit", i, e.regel);
		assert_int_equal(e.open, r->op == NULL && r->uiterlijk);
	}
}

/* The limit that the law moved: before 2026 it is 23. */
static void
test_age_limit_by_date(void **state)
{
	struct ov_bw_feiten f = feiten("uitschrijving", ROL(DOORSTROOMPUNT), IN,
	    "2025-03-15");
	struct ov_bw_einde e;

	(void)state;
	f.geboren = dag("2006-05-10");
	assert_true(ov_bewaring_einde(regels, &f, dag("2025-12-31"), &e));
	assert_int_equal(e.weg, dag("2031-05-10"));
	assert_true(ov_bewaring_einde(regels, &f, dag("2026-01-01"), &e));
	assert_int_equal(e.weg, dag("2035-05-10"));
	assert_false(ov_bewaring_einde(regels, &f, dag("2011-12-31"), &e));
}

/* What is about another message goes with it; who read it is kept a year. */
static void
test_as_what_it_is_about(void **state)
{
	struct ov_bw_feiten f = feiten("ontvangst", ROL(VO), IN, D);
	struct ov_bw_einde e;

	(void)state;
	assert_true(ov_bewaring_einde(regels, &f, dag(D), &e));
	assert_true(e.als_betreft);
	assert_int_equal(e.niet_voor, f.sinds);
	f = feiten("leeslog", ROL(VO), IN, D);
	assert_true(ov_bewaring_einde(regels, &f, dag(D), &e));
	assert_true(e.als_betreft);
	assert_int_equal(e.niet_voor, dag("2027-03-15"));
	assert_int_equal(e.weg, dag("2041-03-15"));
}

/* ---- tables somebody changed ---- */

static json_t *
shipped(void)
{
	struct ov_view v = data("bewaring.json");
	json_t *j = json_loadb((const char *)v.p, v.n, 0, NULL);

	assert_non_null(j);
	return j;
}

static json_t *
rule(json_t *doc, const char *naam)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(doc, "regels"), i,
	    r) if (strcmp(json_string_value(json_object_get(r, "naam")),
	               naam) == 0) return r;
	fail_msg("no rule %s", naam);
	return NULL;
}

static enum ov_rc
load(json_t *doc, const char *eigen, struct ov_bewaring **out, struct ov_err *e)
{
	OV_BUF text = {0};
	enum ov_rc rc;

	ov_json_dump(&text, doc);
	rc = ov_bewaring_load(types, policy, (struct ov_view){text.p, text.n},
	    ov_view_str(eigen), out, e);
	json_decref(doc);
	return rc;
}

static void
refused(json_t *doc, const char *eigen, const char *says)
{
	struct ov_bewaring *b;
	struct ov_err e = {0};

	if (load(doc, eigen, &b, &e) != OV_BADMSG)
		fail_msg("%s: %s", says, e.msg);
	assert_null(b);
	if (strstr(e.msg, says) == NULL)
		fail_msg("%s: %s", says, e.msg);
}

static void
test_an_unknown_event_type_role_ground(void **state)
{
	json_t *d;

	(void)state;
	d = shipped();
	json_object_set_new(json_array_get(json_object_get(rule(d, "concept"),
	                                       "einden"),
	                        0),
	    "start", json_string("nooit"));
	refused(d, "", "einden 0");
	d = shipped();
	json_array_append_new(json_object_get(rule(d, "concept"), "soorten"),
	    json_string("dossier"));
	refused(d, "", "soorten 1");
	d = shipped();
	json_array_append_new(json_object_get(rule(d, "terugkoppeling"),
	                          "rollen"),
	    json_string("hbo"));
	refused(d, "", "rollen");
	d = shipped();
	json_object_set_new(rule(d, "terugkoppeling"), "gronden",
	    json_pack("[s]", "GEEN"));
	refused(d, "", "gronden");
	d = shipped();
	json_object_del(rule(d, "concept"), "uiterlijk");
	refused(d, "", "uiterlijk");
	d = shipped();
	json_object_set_new(rule(d, "concept"), "altijd", json_true());
	refused(d, "", "onbekend-lid");
}

static void
test_overlap_and_gaps(void **state)
{
	json_t *d;

	(void)state;
	d = shipped();
	json_object_del(rule(d, "uitschrijving-doorstroompunt-23"),
	    "geldigTot");
	refused(d, "", "ruled on one day by uitschrijving-doorstroompunt-23");
	d = shipped();
	json_object_set_new(rule(d, "dossier-ingeschreven"), "staat",
	    json_string("niet-gekoppeld"));
	refused(d, "", "the same is ruled");
	d = shipped();
	json_array_remove(json_object_get(d, "regels"), 0);
	refused(d, "", "no rule for overstapdossier, received by mbo");
	d = shipped();
	json_array_remove(json_object_get(rule(d, "hoort-bij"), "soorten"), 1);
	refused(d, "", "no rule for ontvangst");
	d = shipped();
	json_array_clear(json_object_get(rule(d, "spool"), "rollen"));
	refused(d, "", "rollen");
}

#define EIGEN(x) "{\"versie\":1,\"termijnen\":[" x "]}"

static void
test_own_terms(void **state)
{
	struct ov_bw_feiten f = feiten("terugkoppeling", ROL(VO), IN, D);
	struct ov_bw_einde end;
	struct ov_bw_regel r;
	struct ov_bewaring *b;
	struct ov_err e = {0};
	bool seen = false;

	(void)state;
	/* Shorter: nobody needs to say why. */
	assert_int_equal(load(shipped(),
	                     EIGEN("{\"regel\":\"terugkoppeling\",\"einden\":[{"
	                           "\"start\":"
	                           "\"ontvangst\",\"maanden\":6}]}"),
	                     &b, &e),
	    OV_OK);
	assert_true(ov_bewaring_einde(b, &f, dag(D), &end));
	assert_int_equal(end.weg, dag("2026-09-15"));
	for (size_t i = 0; ov_bewaring_regel(b, i, &r); i++)
		if (strcmp(r.naam, "terugkoppeling") == 0) {
			seen = true;
			assert_int_equal(r.eigen, -1);
			assert_string_equal(r.term,
			    "ontvangst + 6 maanden; uiterlijk + 1 jaar");
		}
	assert_true(seen);
	ov_bewaring_free(b);
	/* Longer: with reason and source, or not. */
#define LANG                                                                   \
	"{\"regel\":\"terugkoppeling\",\"einden\":[{\"start\":\"ontvangst\","  \
	"\"jaren\":2}],\"uiterlijk\":{\"jaren\":2}"
	refused(shipped(), EIGEN(LANG "}"), "give reden and bron");
	refused(shipped(), EIGEN(LANG ",\"reden\":\"onderzoek\"}"),
	    "give reden and bron");
	assert_int_equal(load(shipped(),
	                     EIGEN(LANG ",\"reden\":\"onderzoek\",\"bron\":"
	                                "\"besluit 7\"}"),
	                     &b, &e),
	    OV_OK);
	assert_true(ov_bewaring_einde(b, &f, dag(D), &end));
	assert_int_equal(end.weg, dag("2028-03-15"));
	assert_string_equal(end.bron, "besluit 7");
	ov_bewaring_free(b);
	/* Another event is no shorter term. */
	refused(shipped(),
	    EIGEN("{\"regel\":\"terugkoppeling\",\"einden\":[{\"start\":"
	          "\"uitschrijving\",\"dagen\":1}]}"),
	    "give reden and bron");
	refused(shipped(),
	    EIGEN("{\"regel\":\"geen\",\"uiterlijk\":{\"dagen\":1}}"),
	    "no such rule");
	refused(shipped(),
	    EIGEN("{\"regel\":\"spool\",\"uiterlijk\":{\"dagen\":9}},"
	          "{\"regel\":\"spool\",\"uiterlijk\":{\"dagen\":8}}"),
	    "termijnen 1: this rule twice");
	refused(shipped(), "[]", "bewaring-eigen.json");
}

/* Of two rules with a duty the longest, without one the shortest. */
static void
test_several_rules(void **state)
{
	struct ov_bw_feiten f = feiten("terugkoppeling", ROL(VO), IN, D);
	struct ov_bw_einde end;
	struct ov_bewaring *b;
	struct ov_err e = {0};
	static const struct {
		bool een, twee; /* is it a duty */
		int jaren;      /* of the second, the first has 1 */
		const char *weg;
	} t[] = {
	    {false, false, 3, "2027-03-15"},
	    {true, false, 3, "2027-03-15"},
	    {false, true, 3, "2029-03-15"},
	    {true, true, 3, "2029-03-15"},
	};

	(void)state;
	f.grond = "AGGREGAAT";
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *d = shipped(), *r = rule(d, "terugkoppeling"),
		       *two = json_deep_copy(r);

		json_object_set_new(r, "plicht", json_boolean(t[i].een));
		json_object_set_new(two, "plicht", json_boolean(t[i].twee));
		json_object_set_new(two, "naam", json_string("tweede"));
		json_object_set_new(two, "gronden",
		    json_pack("[s]", "AGGREGAAT"));
		json_object_set_new(two, "uiterlijk",
		    json_pack("{s:i}", "jaren", t[i].jaren));
		json_object_set_new(two, "einden",
		    json_pack("[{s:s,s:i}]", "start", "ontvangst", "jaren",
		        t[i].jaren));
		json_array_append_new(json_object_get(d, "regels"), two);
		if (load(d, "", &b, &e) != OV_OK)
			fail_msg("%s", e.msg);
		assert_true(ov_bewaring_einde(b, &f, dag(D), &end));
		assert_int_equal(end.weg, dag(t[i].weg));
		ov_bewaring_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_rule_to_the_day),
	    cmocka_unit_test(test_age_limit_by_date),
	    cmocka_unit_test(test_as_what_it_is_about),
	    cmocka_unit_test(test_an_unknown_event_type_role_ground),
	    cmocka_unit_test(test_overlap_and_gaps),
	    cmocka_unit_test(test_own_terms),
	    cmocka_unit_test(test_several_rules),
	};

	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
