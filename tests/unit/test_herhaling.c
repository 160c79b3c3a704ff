/* SPDX-License-Identifier: EUPL-1.2 */
/* One notice per 7 days of one absence: the whole table, in both orders. */
#include "tests/unit/types_fixture.h"

#include "protocol/herhaling.h"

static struct ov_kalender *kalender;

static int
load_days(void **state)
{
	struct ov_err e = {0};

	(void)setup(state);
	if (ov_kalender_load(types, data("kalender.json"), &kalender, &e) !=
	    OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
free_days(void **state)
{
	ov_kalender_free(kalender);
	return teardown(state);
}

static struct ov_verzuim
notice(const char *begin, const char *eind)
{
	struct ov_verzuim v = {.beeindigd = eind != NULL};

	assert_int_equal(ov_date_parse(ov_view_str(begin), &v.begin), OV_OK);
	if (eind != NULL)
		assert_int_equal(ov_date_parse(ov_view_str(eind), &v.eind),
		    OV_OK);
	return v;
}

/* 3 March 2025 is a Monday. */
static const struct {
	const char *b1, *e1, *b2, *e2;
	bool binnen;
} t[] = {
    /* The same once more. */
    {"2025-03-03", "2025-03-21", "2025-03-03", "2025-03-21", true},
    /* It goes on: 6 days later, 7 days later. */
    {"2025-03-03", "2025-03-07", "2025-03-03", "2025-03-13", true},
    {"2025-03-03", "2025-03-07", "2025-03-03", "2025-03-14", false},
    /* A following notice counts anew from the next day. */
    {"2025-03-03", "2025-03-05", "2025-03-06", "2025-03-11", true},
    {"2025-03-03", "2025-03-05", "2025-03-06", "2025-03-12", false},
    /* Over a weekend it is one absence, over a Monday at school it is not. */
    {"2025-03-03", "2025-03-07", "2025-03-10", "2025-03-11", true},
    {"2025-03-03", "2025-03-07", "2025-03-11", "2025-03-12", false},
    {"2025-03-03", "2025-03-08", "2025-03-10", "2025-03-10", true},
    /* Not ended: its first day counts, and it still goes on. */
    {"2025-03-03", NULL, "2025-03-03", NULL, true},
    {"2025-03-03", NULL, "2025-03-07", "2025-03-09", true},
    {"2025-03-03", NULL, "2025-03-07", "2025-03-10", false},
    /* Over the end of February, in a year with a 29th and without. */
    {"2024-02-26", "2024-02-28", "2024-02-29", "2024-03-01", true},
    {"2024-02-26", "2024-02-28", "2024-03-01", "2024-03-01", false},
    {"2025-02-26", "2025-02-28", "2025-03-03", "2025-03-06", true},
    /* Over 31 December 2025 and 31 July. */
    {"2025-12-29", "2025-12-31", "2026-01-01", "2026-01-06", true},
    {"2025-12-29", "2025-12-31", "2026-01-01", "2026-01-07", false},
    {"2025-07-28", "2025-07-31", "2025-08-01", "2025-08-01", true},
    /* Over New Year's Day, a Thursday; the Friday after it is a school day. */
    {"2025-12-29", "2025-12-31", "2026-01-02", "2026-01-02", true},
    {"2025-12-29", "2025-12-31", "2026-01-05", "2026-01-05", false},
    /* From Maundy Thursday to the Tuesday after Easter, 17 to 22 April. */
    {"2025-04-14", "2025-04-17", "2025-04-22", "2025-04-22", true},
    {"2025-04-14", "2025-04-17", "2025-04-23", "2025-04-23", false},
    /* Ascension Day is free, the Friday after it is not of the law. */
    {"2025-05-26", "2025-05-28", "2025-05-30", "2025-05-30", true},
    {"2025-05-26", "2025-05-28", "2025-06-02", "2025-06-02", false},
    /* Queen's Day was one until 2013. */
    {"2013-04-29", "2013-04-29", "2013-05-01", "2013-05-01", true},
    {"2014-04-29", "2014-04-29", "2014-05-01", "2014-05-01", false},
};

static void
rule_8_one_notice_in_7_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_verzuim a = notice(t[i].b1, t[i].e1);
		struct ov_verzuim b = notice(t[i].b2, t[i].e2);

		if (ov_verzuim_binnen_7(kalender, &a, &b) != t[i].binnen ||
		    ov_verzuim_binnen_7(kalender, &b, &a) != t[i].binnen)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rule_8_one_notice_in_7_days),
	};

	return cmocka_run_group_tests(tests, load_days, free_days);
}
