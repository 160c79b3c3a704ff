/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_pseudo.c - the arithmetic of budgets: the day's cap, and the
 * day on which the last pseudonym is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/store/pseudo.h"

#define SEP1 INT64_C(20697)  /* 2026-09-01 */
#define JUL31 INT64_C(21030) /* 2027-07-31 */

static const struct ov_book_budget line = {.dag = 100,
    .dag_na = 10,
    .dag_tot = SEP1 + 30,
    .jaar = 500};

static void
day_cap(void **state)
{
	(void)state;
	assert_int_equal(ov_budget_day(&line, SEP1), 100);
	assert_int_equal(ov_budget_day(&line, SEP1 + 29), 100);
	assert_int_equal(ov_budget_day(&line, SEP1 + 30), 10);
}

static void
last_day(void **state)
{
	(void)state;
	/* all of it today, and the first one too many */
	assert_int_equal(ov_budget_last(&line, SEP1, 100, 500, 100), SEP1);
	assert_int_equal(ov_budget_last(&line, SEP1, 100, 500, 101), SEP1 + 1);
	/* nothing left today */
	assert_int_equal(ov_budget_last(&line, SEP1, 0, 500, 1), SEP1 + 1);
	/* the cap falls on the 30th day: 100, 100, 10, ... */
	assert_int_equal(ov_budget_last(&line, SEP1 + 28, 100, 500, 221),
	    SEP1 + 32);
	assert_int_equal(ov_budget_last(&line, SEP1, 0, 500, 0), SEP1);
}

static void
school_year(void **state)
{
	(void)state;
	/* the year is used up: what is over waits for 1 August */
	assert_int_equal(ov_budget_last(&line, SEP1, 100, 500, 500), SEP1 + 4);
	assert_int_equal(ov_budget_last(&line, SEP1, 100, 500, 501), JUL31 + 1);
	assert_int_equal(ov_budget_last(&line, JUL31, 3, 3, 14), JUL31 + 2);
}

static void
never(void **state)
{
	struct ov_book_budget none = {.dag = 100, .dag_na = 0, .jaar = 0};

	(void)state;
	assert_int_equal(ov_budget_last(&none, SEP1, 0, 0, 1), -1);
	none.jaar = 500;
	assert_int_equal(ov_budget_last(&none, SEP1, 0, 500, 1), -1);
}

/* 28 days of ten, then a day of ever more: the alarm is at three times the
 * mean, and there is none while the book has its larger cap. */
static void
much(void **state)
{
	struct ov_use u = {.day = 30, .year = 310, .before = 280};

	(void)state;
	assert_int_equal(ov_use_judge(&line, SEP1 + 40, &u) & OV_USE_MUCH, 0);
	u.day = 31;
	assert_int_equal(ov_use_judge(&line, SEP1 + 40, &u) & OV_USE_MUCH,
	    OV_USE_MUCH);
	assert_int_equal(ov_use_judge(&line, SEP1 + 29, &u) & OV_USE_MUCH, 0);
	/* after a silent month: not for a handful */
	u = (struct ov_use){.day = OV_USE_FEW, .year = OV_USE_FEW};
	assert_int_equal(ov_use_judge(&line, SEP1 + 40, &u) & OV_USE_MUCH, 0);
	u.day++;
	assert_int_equal(ov_use_judge(&line, SEP1 + 40, &u) & OV_USE_MUCH,
	    OV_USE_MUCH);
}

/* 60 a day of 500 a year: 80 % of the year is passed on one day only. */
static void
most_of_it(void **state)
{
	struct ov_use u = {.before = 280};
	int days = 0;

	(void)state;
	for (int64_t d = 0; d < 8; d++) {
		u.day = 60;
		u.year += 60;
		days += (ov_use_judge(&line, SEP1 + d, &u) & OV_USE_YEAR) != 0;
		assert_int_equal(days, d >= 6);
		assert_int_equal(ov_use_judge(&line, SEP1 + d, &u) & OV_USE_DAY,
		    0);
	}
	u = (struct ov_use){.day = 79, .year = 79};
	assert_int_equal(ov_use_judge(&line, SEP1, &u), 0);
	u.day = 80;
	assert_int_equal(ov_use_judge(&line, SEP1, &u), OV_USE_DAY);
	u = (struct ov_use){.day = 8, .year = 8}; /* of the smaller cap */
	assert_int_equal(ov_use_judge(&line, SEP1 + 30, &u), OV_USE_DAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(day_cap),
	    cmocka_unit_test(last_day),
	    cmocka_unit_test(school_year),
	    cmocka_unit_test(never),
	    cmocka_unit_test(much),
	    cmocka_unit_test(most_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
