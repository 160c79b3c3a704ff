/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_verzuim.c - signals of absence: 15.99 and 16 hours, four
 * lesson weeks with and without a holiday in them, begin and end, counting
 * anew, one notice in seven days, four whole weeks, coming of age; and random
 * series against a second implementation that looks at every day from scratch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/verzuim.h"

static struct ov_types *types;
static struct ov_kalender *kal;
static struct ov_rooster *rooster; /* 2026-2027 and 2027-2028 */

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static int32_t
N(const char *s)
{
	struct ov_date d;

	if (ov_date_parse(ov_view_str(s), &d) != OV_OK)
		fail_msg("%s is no date", s);
	return ov_date_days(d);
}

#define VAKANTIES 7
static struct ov_vakantie vrij[VAKANTIES];

static int
up(void **state)
{
	static const char *const v[VAKANTIES][2] = {{"2026-08-01",
	                                                "2026-08-30"},
	    {"2026-10-17", "2026-10-25"}, {"2026-12-19", "2027-01-03"},
	    {"2027-02-20", "2027-02-28"}, {"2027-04-24", "2027-05-09"},
	    {"2027-07-10", "2027-08-22"}, {"2027-10-16", "2027-10-24"}};
	static const int16_t jaren[] = {2026, 2027};
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_err e = {0};

	(void)state;
	ov_json_init();
	for (size_t i = 0; i < VAKANTIES; i++)
		vrij[i] = (struct ov_vakantie){N(v[i][0]), N(v[i][1])};
	assert_int_equal(ov_types_load(&src, &types, &e), OV_OK);
	assert_int_equal(ov_kalender_load(types, data("kalender.json"), &kal,
	                     &e),
	    OV_OK);
	assert_int_equal(ov_rooster_new(kal, jaren, 2, vrij, VAKANTIES,
	                     &rooster, &e),
	    OV_OK);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	ov_rooster_free(rooster);
	ov_kalender_free(kal);
	ov_types_free(types);
	return 0;
}

/* ---- the timetable ---- */

static void
lessons(void **state)
{
	static const struct {
		const char *dag;
		bool kent, les;
	} t[] = {{"2026-07-31", false, false}, {"2026-08-01", true, false},
	    {"2026-08-31", true, true}, {"2026-09-05", true, false},
	    {"2026-10-16", true, true}, {"2026-10-19", true, false},
	    {"2026-10-26", true, true}, {"2026-12-25", true, false},
	    {"2027-01-04", true, true}, {"2027-03-26", true, false},
	    {"2027-03-29", true, false}, {"2027-03-30", true, true},
	    {"2027-05-06", true, false}, {"2027-05-17", true, false},
	    {"2028-02-29", true, true}, {"2028-07-31", true, true},
	    {"2028-08-01", false, false}, {"1990-01-01", false, false}};
	static const int16_t order[] = {2027, 2026}, far[] = {2010, 2026};
	struct ov_rooster *r;
	struct ov_err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (ov_rooster_kent(rooster, N(t[i].dag)) != t[i].kent ||
		    ov_rooster_les(rooster, N(t[i].dag)) != t[i].les)
			fail_msg("%s", t[i].dag);
	assert_int_equal(ov_rooster_new(kal, order, 0, NULL, 0, &r, &e),
	    OV_BADMSG);
	assert_int_equal(ov_rooster_new(kal, order, 2, NULL, 0, &r, &e),
	    OV_BADMSG);
	assert_int_equal(ov_rooster_new(kal, far, 2, NULL, 0, &r, &e),
	    OV_TOOBIG);
	assert_null(r);
}

/* ---- series ---- */

#define DAYS_MAX 700
#define OUT_MAX 200

struct got {
	size_t n;
	struct ov_signaal s[OUT_MAX];
};

static enum ov_rc
take(void *arg, const struct ov_signaal *s, struct ov_err *e)
{
	struct got *g = arg;

	(void)e;
	assert_true(g->n < OUT_MAX);
	g->s[g->n++] = *s;
	return OV_OK;
}

/* A series as text: "2026-09-01 350/700, ..." ; without "/" the day is not
 * whole.  A "*" behind it repeats it on so many lesson days in a row. */
static int32_t
whole_number(const char **text)
{
	char *end;
	long v = strtol(*text, &end, 10);

	assert_true(end != *text);
	*text = end;
	return (int32_t)v;
}

static size_t
series(const char *text, struct ov_verzuimdag *d)
{
	size_t n = 0;
	char day[OV_DATE_SIZE];

	while (*text != '\0') {
		int32_t missed, total = 0, times = 1, dag;

		assert_true(strlen(text) > OV_DATE_LEN);
		memcpy(day, text, OV_DATE_LEN);
		day[OV_DATE_LEN] = '\0';
		text += OV_DATE_LEN;
		missed = whole_number(&text);
		if (*text == '/') {
			text++;
			total = whole_number(&text);
		}
		if (*text == '*') {
			text++;
			times = whole_number(&text);
		}
		for (dag = N(day); times > 0; dag++) {
			if (!ov_rooster_les(rooster, dag) && times > 1)
				continue;
			assert_true(n < DAYS_MAX);
			d[n++] = (struct ov_verzuimdag){dag, 0, missed, total};
			times--;
		}
		text += strspn(text, ", ");
	}
	return n;
}

/* Signals as text: "U 2026-09-01 2026-09-03 1600;" */
static void
shown(const struct got *g, char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < g->n; i++) {
		char a[OV_DATE_SIZE], b[OV_DATE_SIZE];

		ov_date_fmt(a, ov_date_from_days(g->s[i].begin));
		ov_date_fmt(b, ov_date_from_days(g->s[i].eind));
		at += (size_t)snprintf(out + at, cap - at, "%s%c %s %s %d",
		    i > 0 ? "; " : "",
		    g->s[i].soort == OV_SIGNAAL_UREN ? 'U' : 'L', a, b,
		    (int)g->s[i].gemist);
		assert_true(at < cap);
	}
}

static const struct {
	const char *naam, *dagen, *geboren, *want;
} cases[] = {
    {"nothing", "", NULL, ""},
    {"15.99 hours", "2026-09-01 800/800, 2026-09-02 799/800", NULL, ""},
    {"16.00 hours", "2026-09-01 800/800, 2026-09-02 800/800", NULL,
        "U 2026-09-01 2026-09-02 1600"},
    {"15.9 and then a tenth", "2026-09-01 795, 2026-09-02 795, 2026-09-21 10",
        NULL, "U 2026-09-01 2026-09-21 1600"},
    {"one day of sixteen", "2026-09-01 1600", NULL,
        "U 2026-09-01 2026-09-01 1600"},
    /* weeks 36, 37, 38, 39 and 40 of 2026 */
    {"first and last of four weeks", "2026-08-31 800, 2026-09-25 800", NULL,
        "U 2026-08-31 2026-09-25 1600"},
    {"Friday to the fourth Monday", "2026-09-04 800, 2026-09-21 800", NULL,
        "U 2026-09-04 2026-09-21 1600"},
    {"the fifth week is too late", "2026-09-04 800, 2026-09-28 800", NULL, ""},
    {"the first falls out, the rest is enough",
        "2026-08-31 700, 2026-09-09 800, 2026-09-29 800", NULL,
        "U 2026-09-09 2026-09-29 1600"},
    /* autumn holiday in week 43: weeks 41, 42, 44, 45 are four */
    {"four lesson weeks across a holiday", "2026-10-05 800, 2026-11-06 800",
        NULL, "U 2026-10-05 2026-11-06 1600"},
    {"five lesson weeks across a holiday", "2026-10-02 800, 2026-11-06 800",
        NULL, ""},
    {"across Christmas and the year", "2026-12-07 800, 2027-01-15 800", NULL,
        "U 2026-12-07 2027-01-15 1600"},
    {"Christmas, one week more", "2026-12-04 800, 2027-01-15 800", NULL, ""},
    {"across the summer", "2027-06-28 800, 2027-09-03 800", NULL,
        "U 2027-06-28 2027-09-03 1600"},
    {"29 February", "2028-02-28 800, 2028-02-29 800", NULL,
        "U 2028-02-28 2028-02-29 1600"},
    {"the clock changes", "2026-10-16 800, 2026-10-26 800", NULL,
        "U 2026-10-16 2026-10-26 1600"},
    {"a holiday is no absence", "2026-10-16 800, 2026-10-19 800", NULL, ""},
    {"counts anew after the day", "2026-09-01 1600, 2026-09-03 1599", NULL,
        "U 2026-09-01 2026-09-01 1600"},
    {"what is over that day does not stay",
        "2026-09-01 900, 2026-09-02 1500, 2026-09-04 1590", NULL,
        "U 2026-09-01 2026-09-02 2400"},
    {"back for a day: a second one at once",
        "2026-09-01 800, 2026-09-02 800, 2026-09-04 800, 2026-09-07 800", NULL,
        "U 2026-09-01 2026-09-02 1600; U 2026-09-04 2026-09-07 1600"},
    {"not back: seven days later", "2026-08-31 800*8", NULL,
        "U 2026-08-31 2026-09-01 1600; U 2026-09-02 2026-09-08 4000"},
    {"six days later is not seven", "2026-08-31 800*6", NULL,
        "U 2026-08-31 2026-09-01 1600"},
    {"a weekend is no return",
        "2026-09-03 800, 2026-09-04 800, "
        "2026-09-07 800, 2026-09-08 800",
        NULL, "U 2026-09-03 2026-09-04 1600"},
    {"a holiday is no return",
        "2026-10-15 800, 2026-10-16 800, "
        "2026-10-26 800, 2026-10-27 800",
        NULL, "U 2026-10-15 2026-10-16 1600; U 2026-10-26 2026-10-27 1600"},
    /* four whole weeks: one lesson a day, so that hours play no part */
    {"four whole weeks", "2026-08-31 50/50*20", NULL,
        "L 2026-08-31 2026-09-25 1000"},
    {"a day less", "2026-08-31 50/50*19", NULL, ""},
    {"one lesson attended",
        "2026-08-31 50/50*10, 2026-09-14 50/60, "
        "2026-09-15 50/50*9",
        NULL, ""},
    {"total not known", "2026-08-31 50*20", NULL, ""},
    {"from Wednesday to Tuesday", "2026-09-02 50/50*20", NULL,
        "L 2026-09-02 2026-09-29 1000"},
    {"whole weeks over a holiday", "2026-09-28 50/50*20", NULL,
        "L 2026-09-28 2026-10-30 1000"},
    {"over Good Friday and Easter", "2027-03-08 50/50*18", NULL,
        "L 2027-03-08 2027-04-02 900"},
    {"eight weeks are two", "2026-08-31 50/50*35", NULL,
        "L 2026-08-31 2026-09-25 1000"},
    {"and two it is", "2026-10-26 50/50*40", NULL,
        "L 2026-10-26 2026-11-20 1000; L 2026-11-23 2026-12-18 1000"},
    /* of age */
    {"18 on the day", "2026-09-01 800/800, 2026-09-02 800/800", "2008-09-02",
        ""},
    {"18 the day after", "2026-09-01 800/800, 2026-09-02 800/800", "2008-09-03",
        "U 2026-09-01 2026-09-02 1600"},
    {"18 on the first day only counts on the last",
        "2026-09-01 800/800, 2026-09-02 800/800", "2008-09-01", ""},
    {"18 behind the year change", "2026-12-18 800, 2027-01-04 800",
        "2009-01-05", "U 2026-12-18 2027-01-04 1600"},
    {"of age: only the four weeks", "2026-08-31 800/800*20", "2000-01-01",
        "L 2026-08-31 2026-09-25 16000"},
};

static void
table(void **state)
{
	struct ov_verzuimdag d[DAYS_MAX];
	char text[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ov_date born = {0};
		struct got g = {0};
		size_t n;
		int jaar;
		enum ov_rc rc;

		n = series(cases[i].dagen, d);
		if (cases[i].geboren != NULL)
			assert_int_equal(ov_date_parse(ov_view_str(
			                                   cases[i].geboren),
			                     &born),
			    OV_OK);
		rc = ov_verzuim_oordeel(kal, rooster, d, n,
		    cases[i].geboren != NULL ? &born : NULL, take, &g, &jaar,
		    NULL);
		assert_int_equal(rc, OV_OK);
		shown(&g, text, sizeof(text));
		if (strcmp(text, cases[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].naam, text,
			    cases[i].want);
	}
}

static void
refused(void **state)
{
	struct ov_verzuimdag d[4] = {{N("2026-09-05"), 0, 1600, 0},
	    {N("2026-09-06"), 0, 1600, 0}, {N("2027-03-26"), 0, 1600, 0},
	    {N("2028-09-01"), 0, 1600, 0}};
	struct got g = {0};
	struct ov_err e = {0};
	int jaar;

	(void)state;
	/* Saturday, Sunday, Good Friday */
	assert_int_equal(ov_verzuim_oordeel(kal, rooster, d, 3, NULL, take, &g,
	                     &jaar, &e),
	    OV_OK);
	assert_int_equal(g.n, 0);
	/* A year that was not loaded: nothing is said of the others either. */
	d[0] = (struct ov_verzuimdag){N("2026-09-01"), 0, 1600, 0};
	assert_int_equal(ov_verzuim_oordeel(kal, rooster, d, 4, NULL, take, &g,
	                     &jaar, &e),
	    OV_DENIED);
	assert_int_equal(jaar, 2028);
	assert_int_equal(ov_verzuim_oordeel(kal, NULL, d, 1, NULL, take, &g,
	                     &jaar, &e),
	    OV_DENIED);
	assert_int_equal(jaar, 2026);
	assert_int_equal(g.n, 0);
	d[1].dag = d[0].dag;
	assert_int_equal(ov_verzuim_oordeel(kal, rooster, d, 2, NULL, take, &g,
	                     &jaar, &e),
	    OV_BADMSG);
}

static void
details(void **state)
{
	struct ov_verzuimdag d[DAYS_MAX];
	struct got g = {0};
	size_t n = series("2026-09-01 700/700, 2026-09-02 0/700, "
	                  "2026-09-03 900/900",
	    d);
	int jaar;

	(void)state;
	assert_int_equal(ov_verzuim_oordeel(kal, rooster, d, n, NULL, take, &g,
	                     &jaar, NULL),
	    OV_OK);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.s[0].van, 0);
	assert_int_equal(g.s[0].tot, 3);
	assert_true(g.s[0].heel); /* of the days with absence */
	d[0].totaal = 701;
	g.n = 0;
	assert_int_equal(ov_verzuim_oordeel(kal, rooster, d, n, NULL, take, &g,
	                     &jaar, NULL),
	    OV_OK);
	assert_false(g.s[0].heel);
}

/* ---- a second implementation: every day from scratch ---- */

#define FROM "2026-06-01" /* the days it looks at */
#define SPAN 900

static bool is_free[SPAN];
static const struct ov_verzuimdag *is_missed[SPAN];

static bool
free_day(int32_t dag)
{
	assert_true(dag >= N(FROM) && dag < N(FROM) + SPAN);
	return is_free[dag - N(FROM)];
}

static void
free_days(void)
{
	for (int32_t k = 0; k < SPAN; k++) {
		int32_t dag = N(FROM) + k;

		is_free[k] = !ov_kal_werkdag(kal, ov_date_from_days(dag));
		for (size_t i = 0; i < VAKANTIES; i++)
			if (dag >= vrij[i].van && dag <= vrij[i].tot)
				is_free[k] = true;
	}
}

static bool
lesson_week(int32_t monday)
{
	for (int32_t k = 0; k < 7; k++)
		if (!free_day(monday + k))
			return true;
	return false;
}

static int32_t
monday_of(int32_t dag)
{
	while (ov_date_weekday(ov_date_from_days(dag)) != 1)
		dag--;
	return dag;
}

struct naive {
	const struct ov_verzuimdag *d;
	size_t n;
};

static const struct ov_verzuimdag *
missed(const struct naive *v, int32_t dag)
{
	(void)v;
	return free_day(dag) ? NULL : is_missed[dag - N(FROM)];
}

/* Monday of the first of the four lesson weeks that end with this day's. */
static int32_t
window(int32_t dag)
{
	int32_t m = monday_of(dag);

	for (int n = 1; n < 4;) {
		m -= 7;
		if (m < N(FROM))
			return m;
		if (lesson_week(m))
			n++;
	}
	return m;
}

static bool
absent_between(const struct naive *v, int32_t after, int32_t dag)
{
	for (int32_t k = after + 1; k < dag; k++)
		if (!free_day(k) && missed(v, k) == NULL)
			return false;
	return true;
}

/* Is he away for four lesson weeks, whole days, from `from` to `dag`? */
static bool
four_weeks(const struct naive *v, int32_t from, int32_t dag)
{
	int32_t next = dag + 1, days = 0;

	for (int32_t k = from; k <= dag; k++) {
		const struct ov_verzuimdag *d = missed(v, k);

		if (!free_day(k) &&
		    (d == NULL || d->totaal == 0 || d->gemist < d->totaal))
			return false;
	}
	while (free_day(next))
		next++;
	for (int32_t k = from; k < next; k++)
		days += lesson_week(monday_of(k)) ? 1 : 0;
	return days >= 28;
}

static void
naive_judge(const struct naive *v, const struct ov_date *born, struct got *g)
{
	int32_t last = -1, fresh = 0, fresh_long = N("2026-08-01");

	memset(is_missed, 0, sizeof(is_missed));
	for (size_t i = 0; i < v->n; i++)
		if (v->d[i].gemist > 0)
			is_missed[v->d[i].dag - N(FROM)] = &v->d[i];
	for (int32_t dag = N("2026-08-01"); dag < N("2028-07-01"); dag++) {
		int32_t sum = 0, first = 0, all = 0;
		bool age = born != NULL &&
		           ov_age_on(*born, ov_date_from_days(dag)) >= 18;
		struct ov_signaal s = {.eind = dag};

		if (missed(v, dag) == NULL || (last >= 0 && dag < last + 7 &&
		                                  absent_between(v, last, dag)))
			continue;
		for (int32_t from = fresh_long; from <= dag; from++)
			if (missed(v, from) && four_weeks(v, from, dag)) {
				s.soort = OV_SIGNAAL_LANG;
				s.begin = from;
				break;
			}
		for (int32_t k = window(dag); k <= dag; k++)
			if (k >= fresh && missed(v, k) != NULL) {
				first = first == 0 ? k : first;
				sum += missed(v, k)->gemist;
			}
		if (s.begin == 0 && (sum < 1600 || age))
			continue;
		if (s.begin == 0)
			s.begin = first;
		else
			fresh_long = dag + 1;
		for (int32_t k = s.begin; k <= dag; k++)
			all += missed(v, k) != NULL ? missed(v, k)->gemist : 0;
		s.gemist = all;
		fresh = dag + 1;
		last = dag;
		g->s[g->n++] = s;
	}
}

static uint32_t seed = 1;

static uint32_t
random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void
random_series(void **state)
{
	static struct ov_verzuimdag d[DAYS_MAX];
	static struct got a, b;
	unsigned lang = 0, uren = 0;

	(void)state;
	free_days();
	for (int run = 0; run < 400; run++) {
		uint32_t often = 1 + random_below(20);
		bool heavy = random_below(3) == 0;
		struct ov_date born = {2008, 11, 3};
		const struct ov_date *who = random_below(2) ? &born : NULL;
		int32_t dag = N("2026-08-20") + (int32_t)random_below(300);
		struct naive v = {d, 0};
		int jaar;

		for (int k = 0; k < 150; k++, dag++) {
			int32_t total = 100 * (int32_t)(1 + random_below(8));

			if (heavy ? random_below(30) == 0
			          : random_below(20) >= often)
				continue;
			d[v.n++] = (struct ov_verzuimdag){dag, 0,
			    heavy && random_below(40) != 0
			        ? total
			        : (int32_t)random_below((uint32_t)total + 1),
			    random_below(25) == 0 ? 0 : total};
		}
		a.n = b.n = 0;
		assert_int_equal(ov_verzuim_oordeel(kal, rooster, d, v.n, who,
		                     take, &a, &jaar, NULL),
		    OV_OK);
		naive_judge(&v, who, &b);
		if (a.n != b.n)
			fail_msg("run %d: %zu and %zu signals", run, a.n, b.n);
		for (size_t i = 0; i < a.n; i++) {
			if (a.s[i].soort != b.s[i].soort ||
			    a.s[i].begin != b.s[i].begin ||
			    a.s[i].eind != b.s[i].eind ||
			    a.s[i].gemist != b.s[i].gemist)
				fail_msg("run %d: signal %zu", run, i);
			lang += a.s[i].soort == OV_SIGNAAL_LANG ? 1 : 0;
			uren += a.s[i].soort == OV_SIGNAAL_UREN ? 1 : 0;
		}
	}
	/* The series reached both. */
	assert_true(lang > 20);
	assert_true(uren > 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lessons),
	    cmocka_unit_test(table),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(details),
	    cmocka_unit_test(random_series),
	};

	return cmocka_run_group_tests(tests, up, down);
}
