/* SPDX-License-Identifier: EUPL-1.2 */
/* All statuses against all statuses, and tables that contradict themselves. */
#include "tests/unit/types_fixture.h"

#include "protocol/overgang.h"

static struct ov_overgangen *steps;

static int
load_steps(void **state)
{
	struct ov_err e = {0};

	(void)setup(state);
	if (ov_overgangen_load(types, data("overgangen.json"), &steps, &e) !=
	    OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
free_steps(void **state)
{
	ov_overgangen_free(steps);
	return teardown(state);
}

/* Row: what was; column: what comes.  K keuze, O aanmelding-ontvangen, A
 * aangemeld, V ovk-aangeboden, N niet-ingeschreven, I ingetrokken, S
 * ingeschreven, G gestart, g niet-gestart, U uitgevallen, W geswitcht. */
static const char *const status[] = {"keuze", "aanmelding-ontvangen",
    "aangemeld", "ovk-aangeboden", "niet-ingeschreven", "ingetrokken",
    "ingeschreven", "gestart", "niet-gestart", "uitgevallen", "geswitcht"};
static const char *const table[] = {
    /*   KOAVNISGgUW */
    /* K */ "11111111111",
    /* O */ "01111111111",
    /* A */ "00111111111",
    /* V */ "00011111111",
    /* N */ "00001000000",
    /* I */ "00000100000",
    /* S */ "00000011111",
    /* G */ "00000001011",
    /* g */ "00000000100",
    /* U */ "00000000010",
    /* W */ "00000000001",
};
#define N (sizeof(status) / sizeof(status[0]))

static void
test_every_status_after_every_status(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < N; i++)
		for (j = 0; j < N; j++)
			if (ov_overgang_mag(steps, status[i], status[j],
			        VANDAAG) != (table[i][j] == '1'))
				fail_msg("%s after %s", status[j], status[i]);
	/* The table has every code of the list. */
	for (i = 0; ov_code_nth(types, "overstapstatus", i) != NULL; i++)
		;
	assert_int_equal(i, N);
}

static void
test_days_and_strangers(void **state)
{
	(void)state;
	assert_true(ov_overgang_mag(steps, "keuze", "aangemeld", "2020-08-01"));
	assert_false(
	    ov_overgang_mag(steps, "keuze", "aangemeld", "2020-07-31"));
	assert_false(ov_overgang_mag(steps, "keuze", "aangemeld", "vandaag"));
	assert_false(ov_overgang_mag(steps, "keuze", "onbekend", VANDAAG));
	assert_false(ov_overgang_mag(steps, "onbekend", "keuze", VANDAAG));
}

#define STEP(a, b, more)                                                       \
	"{\"van\":\"" a "\",\"naar\":\"" b                                     \
	"\",\"geldigVan\":\"2020-08-01\",\"bron\":\"x\"" more "}"
#define STEPS(x) "{\"versie\":1,\"overgangen\":[" x "]}"

static void
test_tables_that_contradict_themselves(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
	    {STEPS(STEP("keuze", "gekozen", "")), "overgangen 0"},
	    {STEPS(STEP("keuze", "aangemeld", "") "," STEP("keuze", "aangemeld",
	         "")),
	        "overgangen 1: twice"},
	    {STEPS(STEP("keuze", "keuze", "")), "a way back"},
	    {STEPS(STEP("keuze", "aangemeld", "") "," STEP("aangemeld", "keuze",
	         "")),
	        "a way back"},
	    {STEPS(STEP("keuze", "aangemeld", ",\"geldigTot\":\"2020-07-31\"")),
	        "geldigTot"},
	    {STEPS(STEP("keuze", "aangemeld", ",\"reden\":1")), "overgangen 0"},
	    {"{\"versie\":2,\"overgangen\":[]}", "versie"},
	    {"{\"versie\":1}", "overgangen"},
	    {"x", "overgangen.json"},
	};
	struct ov_overgangen *o;
	struct ov_err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(ov_overgangen_load(types,
		                     ov_view_str(t[i].text), &o, &e),
		    OV_BADMSG);
		assert_null(o);
		if (strstr(e.msg, t[i].says) == NULL)
			fail_msg("%s: %s", t[i].says, e.msg);
	}
	/* One step in two periods is none twice. */
	assert_int_equal(
	    ov_overgangen_load(types,
	        ov_view_str(STEPS(STEP("keuze", "aangemeld",
	            ",\"geldigTot\":\"2021-07-31\"") ",{\"van\":"
	                                             "\"keuze\",\"naar\":"
	                                             "\"aangemeld\","
	                                             "\"geldigVan\":\"2021-08-"
	                                             "01\",\"bron\":"
	                                             "\"y\"}")),
	        &o, &e),
	    OV_OK);
	assert_true(ov_overgang_mag(o, "keuze", "aangemeld", "2021-08-01"));
	assert_true(ov_overgang_mag(o, "keuze", "aangemeld", "2021-07-31"));
	ov_overgangen_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_status_after_every_status),
	    cmocka_unit_test(test_days_and_strangers),
	    cmocka_unit_test(test_tables_that_contradict_themselves),
	};

	return cmocka_run_group_tests(tests, load_steps, free_steps);
}
