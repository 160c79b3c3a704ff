/* SPDX-License-Identifier: EUPL-1.2 */
/* One notice per 7 days of one absence: the whole table, in both orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/herhaling.h"

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
};

static void
rule_8_one_notice_in_7_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_verzuim a = notice(t[i].b1, t[i].e1);
		struct ov_verzuim b = notice(t[i].b2, t[i].e2);

		if (ov_verzuim_binnen_7(&a, &b) != t[i].binnen ||
		    ov_verzuim_binnen_7(&b, &a) != t[i].binnen)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rule_8_one_notice_in_7_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
