/* SPDX-License-Identifier: EUPL-1.2 */
/* test_tijd.c - dates, moments and the Dutch civil calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "protocol/tijd.h"

static struct ov_date
date(const char *s)
{
	struct ov_date d;

	assert_int_equal(ov_date_parse(ov_view_str(s), &d), OV_OK);
	return d;
}

static int64_t
moment(const char *s)
{
	int64_t t;

	assert_int_equal(ov_moment_parse(ov_view_str(s), &t), OV_OK);
	return t;
}

/* Every day from 1900 to 9999 is one after the last, has a text that reads
 * back, and is libc's day too (each 97th is asked). */
static void
test_every_day(void **state)
{
	struct ov_date d = {1900, 1, 1}, back, last = {9999, 12, 31};
	int32_t n = ov_date_days(d);
	char s[OV_DATE_SIZE];
	struct tm tm;
	time_t t;

	(void)state;
	assert_int_equal(n, -25567);
	for (;; n++) {
		d = ov_date_from_days(n);
		assert_int_equal(ov_date_days(d), n);
		assert_true(ov_date_ok(d));
		if (n % 97 == 0) {
			t = (time_t)n * 86400;
			assert_non_null(gmtime_r(&t, &tm));
			assert_int_equal(d.y, tm.tm_year + 1900);
			assert_int_equal(d.m, tm.tm_mon + 1);
			assert_int_equal(d.d, tm.tm_mday);
			assert_int_equal(ov_date_weekday(d), tm.tm_wday);
			ov_date_fmt(s, d);
			assert_int_equal(ov_date_parse(ov_view_str(s), &back),
			    OV_OK);
			assert_int_equal(ov_date_cmp(d, back), 0);
			ov_date_fmt_nl(s, d);
			assert_int_equal(ov_date_parse_nl(ov_view_str(s),
			                     &back),
			    OV_OK);
			assert_int_equal(ov_date_cmp(d, back), 0);
		}
		if (ov_date_cmp(d, last) == 0)
			break;
	}
	assert_int_equal(ov_date_cmp(ov_date_from_days((int64_t)n + 1), last),
	    0);
	assert_int_equal(ov_date_from_days(INT64_MIN).y, 1900);
}

static void
test_texts_refused(void **state)
{
	static const char *const dates[] = {"", "2026-02-29", "2100-02-29",
	    "2026-00-01", "2026-13-01", "2026-01-00", "2026-04-31", "2026-1-01",
	    "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01",
	    "2026-01-0a", "1899-12-31", "01-01-2026", "2026-01-01T",
	    "+026-01-01"};
	static const char *const nl[] = {"", "29-02-2026", "31-04-2026",
	    "1-1-2026", "01/01/2026", "2026-01-01", "01-01-26", "00-01-2026",
	    "01-00-2026", "01-01-2026x"};
	static const char *const moments[] = {"", "2026-01-01",
	    "2026-01-01T00:00:00", "2026-01-01T00:00:00z",
	    "2026-01-01t00:00:00Z", "2026-01-01 00:00:00Z",
	    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
	    "2026-01-01T00:00:60Z", "2026-02-29T00:00:00Z",
	    "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.0Z",
	    "2026-01-01T0a:00:00Z"};
	struct ov_date d;
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		assert_int_equal(ov_date_parse(ov_view_str(dates[i]), &d),
		    OV_BADMSG);
		assert_int_equal(d.y, 0);
	}
	for (i = 0; i < sizeof(nl) / sizeof(nl[0]); i++)
		assert_int_equal(ov_date_parse_nl(ov_view_str(nl[i]), &d),
		    OV_BADMSG);
	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		assert_int_equal(ov_moment_parse(ov_view_str(moments[i]), &t),
		    OV_BADMSG);
	/* Every prefix of a good one. */
	for (i = 0; i < OV_MOMENT_LEN; i++) {
		struct ov_view v = ov_view_str("2026-01-01T00:00:00Z");

		v.n = i;
		assert_int_equal(ov_moment_parse(v, &t), OV_BADMSG);
	}
	assert_int_equal(date("2024-02-29").d, 29);
	assert_int_equal(date("2000-02-29").d, 29);
}

static void
test_moments(void **state)
{
	char s[OV_MOMENT_SIZE];

	(void)state;
	assert_int_equal(moment("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(moment("2026-09-01T08:00:00Z"), 1788249600);
	assert_int_equal(moment("1969-12-31T23:59:59Z"), -1);
	ov_moment_fmt(s, -1);
	assert_string_equal(s, "1969-12-31T23:59:59Z");
	ov_moment_fmt(s, 1788249600);
	assert_string_equal(s, "2026-09-01T08:00:00Z");
	ov_moment_fmt(s, INT64_MAX);
	assert_string_equal(s, "9999-12-31T23:59:59Z");
	ov_moment_fmt(s, INT64_MIN);
	assert_string_equal(s, "1900-01-01T00:00:00Z");
	assert_int_equal(ov_utc_day(-1), -1);
	assert_int_equal(ov_utc_day(-86400), -1);
	assert_int_equal(ov_utc_day(-86401), -2);
	assert_int_equal(ov_utc_day(86399), 0);
	assert_int_equal(ov_utc_day(86400), 1);
}

static void
civil(const char *utc, const char *day, int h, int mi, bool summer)
{
	struct ov_civil c = ov_civil_nl(moment(utc));
	char s[OV_DATE_SIZE];

	ov_date_fmt(s, c.date);
	assert_string_equal(s, day);
	assert_int_equal(c.h, h);
	assert_int_equal(c.mi, mi);
	assert_int_equal(c.zomertijd, summer);
}

static void
test_dutch_clock(void **state)
{
	(void)state;
	/* 1 April 00:30 summer time is late, though it is 31 March in UTC. */
	civil("2026-03-31T22:30:00Z", "2026-04-01", 0, 30, true);
	civil("2026-03-31T21:59:59Z", "2026-03-31", 23, 59, true);
	/* The last Sundays of March and October 2026: 29 and 25. */
	civil("2026-03-29T00:59:59Z", "2026-03-29", 1, 59, false);
	civil("2026-03-29T01:00:00Z", "2026-03-29", 3, 0, true);
	civil("2026-10-25T00:59:59Z", "2026-10-25", 2, 59, true);
	civil("2026-10-25T01:00:00Z", "2026-10-25", 2, 0, false);
	/* The 31st itself may be that Sunday. */
	civil("2024-03-31T00:59:59Z", "2024-03-31", 1, 59, false);
	civil("2024-03-31T01:00:00Z", "2024-03-31", 3, 0, true);
	civil("2027-10-31T00:59:59Z", "2027-10-31", 2, 59, true);
	civil("2027-10-31T01:00:00Z", "2027-10-31", 2, 0, false);
	/* New Year begins an hour before UTC's. */
	civil("2025-12-31T23:00:00Z", "2026-01-01", 0, 0, false);
	civil("2026-07-31T22:00:00Z", "2026-08-01", 0, 0, true);
}

/* Midnight of every day of forty years is where the date changes, and days
 * last 23, 24 or 25 hours, two of them not 24 in each year. */
static void
test_midnights(void **state)
{
	struct ov_date d = date("2000-01-01"), next;
	int odd = 0, i;
	int64_t t, n;

	(void)state;
	for (i = 0; i < 14610; i++, d = next) {
		next = ov_date_add_days(d, 1);
		t = ov_nl_midnight(d);
		n = ov_nl_midnight(next);
		assert_int_equal(ov_date_cmp(ov_date_nl(t), d), 0);
		assert_true(ov_date_cmp(ov_date_nl(t - 1), d) < 0);
		assert_int_equal(ov_date_cmp(ov_date_nl(n - 1), d), 0);
		if (n - t != 86400) {
			odd++;
			assert_int_equal(n - t, d.m == 3 ? 82800 : 90000);
			assert_int_equal(ov_date_weekday(d), 0);
			assert_true(d.d >= 25);
		}
	}
	assert_int_equal(odd, 80);
}

static void
test_age(void **state)
{
	static const struct {
		const char *birth, *on;
		int age;
	} rows[] = {
	    {"2008-09-01", "2026-08-31", 17},
	    {"2008-09-01", "2026-09-01", 18},
	    {"2008-02-29", "2026-02-28", 17},
	    {"2008-02-29", "2026-03-01", 18},
	    {"2008-02-29", "2028-02-28", 19},
	    {"2008-02-29", "2028-02-29", 20},
	    {"2026-01-01", "2025-12-31", -1},
	    {"2003-01-01", "2025-12-31", 22},
	    {"2003-01-01", "2026-01-01", 23},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ov_age_on(date(rows[i].birth),
		                     date(rows[i].on)),
		    rows[i].age);
}

static void
test_years(void **state)
{
	(void)state;
	assert_int_equal(ov_schooljaar(date("2026-07-31")), 2025);
	assert_int_equal(ov_schooljaar(date("2026-08-01")), 2026);
	assert_int_equal(ov_convenantjaar(date("2026-09-30")), 2025);
	assert_int_equal(ov_convenantjaar(date("2026-10-01")), 2026);
	assert_int_equal(ov_utc_schooljaar(moment("2026-07-31T23:59:59Z")),
	    2025);
	assert_int_equal(ov_utc_schooljaar(moment("2026-08-01T00:00:00Z")),
	    2026);
}

static void
test_months(void **state)
{
	static const struct {
		const char *from;
		int n;
		const char *to;
	} rows[] = {
	    {"2026-01-31", 1, "2026-02-28"},
	    {"2024-01-31", 1, "2024-02-29"},
	    {"2026-12-15", 1, "2027-01-15"},
	    {"2026-01-15", -1, "2025-12-15"},
	    {"2026-03-31", -1, "2026-02-28"},
	    {"2026-05-05", 12, "2027-05-05"},
	    {"2024-02-29", 12, "2025-02-28"},
	    {"2026-05-05", 0, "2026-05-05"},
	    {"1900-01-15", -1, "1900-01-01"},
	    {"9999-12-01", 1, "9999-12-31"},
	};
	char s[OV_DATE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ov_date_fmt(s,
		    ov_date_add_months(date(rows[i].from), rows[i].n));
		assert_string_equal(s, rows[i].to);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_day),
	    cmocka_unit_test(test_texts_refused),
	    cmocka_unit_test(test_moments),
	    cmocka_unit_test(test_dutch_clock),
	    cmocka_unit_test(test_midnights),
	    cmocka_unit_test(test_age),
	    cmocka_unit_test(test_years),
	    cmocka_unit_test(test_months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
