/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/tijd.c - the calendar by arithmetic: no tables of zones, no libc
 * time functions, no clock.
 */
#include "protocol/tijd.h"

#include <string.h>

#define DAY_S 86400

/* ---- text ------------------------------------------------------------ */

/* The number in n digits at p, or -1. */
static int
number(const uint8_t *p, size_t n)
{
	int v = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

static void
digits(char *out, size_t n, int v)
{
	while (n-- > 0) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

static bool
leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
month_days(int y, int m)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31};

	return m == 2 && leap(y) ? 29 : days[m - 1];
}

static enum ov_rc
make(int y, int m, int d, struct ov_date *out)
{
	if (y < OV_JAAR_MIN || y > OV_JAAR_MAX || m < 1 || m > 12 || d < 1 ||
	    d > month_days(y, m))
		return OV_BADMSG;
	*out = (struct ov_date){(int16_t)y, (uint8_t)m, (uint8_t)d};
	return OV_OK;
}

enum ov_rc
ov_date_parse(struct ov_view v, struct ov_date *out)
{
	memset(out, 0, sizeof(*out));
	if (v.n != OV_DATE_LEN || v.p[4] != '-' || v.p[7] != '-')
		return OV_BADMSG;
	return make(number(v.p, 4), number(v.p + 5, 2), number(v.p + 8, 2),
	    out);
}

enum ov_rc
ov_date_parse_nl(struct ov_view v, struct ov_date *out)
{
	memset(out, 0, sizeof(*out));
	if (v.n != OV_DATE_LEN || v.p[2] != '-' || v.p[5] != '-')
		return OV_BADMSG;
	return make(number(v.p + 6, 4), number(v.p + 3, 2), number(v.p, 2),
	    out);
}

void
ov_date_fmt(char out[OV_DATE_SIZE], struct ov_date d)
{
	digits(out, 4, d.y);
	out[4] = '-';
	digits(out + 5, 2, d.m);
	out[7] = '-';
	digits(out + 8, 2, d.d);
	out[OV_DATE_LEN] = '\0';
}

void
ov_date_fmt_nl(char out[OV_DATE_SIZE], struct ov_date d)
{
	digits(out, 2, d.d);
	out[2] = '-';
	digits(out + 3, 2, d.m);
	out[5] = '-';
	digits(out + 6, 4, d.y);
	out[OV_DATE_LEN] = '\0';
}

enum ov_rc
ov_moment_parse(struct ov_view v, int64_t *out)
{
	struct ov_date d;
	int h, mi, s;

	*out = 0;
	if (v.n != OV_MOMENT_LEN || v.p[10] != 'T' || v.p[13] != ':' ||
	    v.p[16] != ':' || v.p[19] != 'Z')
		return OV_BADMSG;
	h = number(v.p + 11, 2);
	mi = number(v.p + 14, 2);
	s = number(v.p + 17, 2);
	if (h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59)
		return OV_BADMSG;
	if (ov_date_parse((struct ov_view){v.p, OV_DATE_LEN}, &d) != OV_OK)
		return OV_BADMSG;
	*out = (int64_t)ov_date_days(d) * DAY_S + h * 3600 + mi * 60 + s;
	return OV_OK;
}

/* The moments that have a text. */
static int64_t
clamp(int64_t t)
{
	int64_t first = (int64_t)ov_date_days(
	                    (struct ov_date){OV_JAAR_MIN, 1, 1}) *
	                DAY_S;
	int64_t last = ((int64_t)ov_date_days(
	                    (struct ov_date){OV_JAAR_MAX, 12, 31}) +
	                   1) *
	                   DAY_S -
	               1;

	if (t < first)
		return first;
	return t > last ? last : t;
}

/* Second of the UTC day. */
static int
second_of_day(int64_t t)
{
	return (int)(t - ov_utc_day(t) * DAY_S);
}

void
ov_moment_fmt(char out[OV_MOMENT_SIZE], int64_t t)
{
	int s;

	t = clamp(t);
	s = second_of_day(t);
	ov_date_fmt(out, ov_date_from_days(ov_utc_day(t)));
	out[10] = 'T';
	digits(out + 11, 2, s / 3600);
	out[13] = ':';
	digits(out + 14, 2, s / 60 % 60);
	out[16] = ':';
	digits(out + 17, 2, s % 60);
	out[19] = 'Z';
	out[OV_MOMENT_LEN] = '\0';
}

/* ---- calendar -------------------------------------------------------- */

bool
ov_date_ok(struct ov_date d)
{
	struct ov_date same;

	return make(d.y, d.m, d.d, &same) == OV_OK;
}

int
ov_date_cmp(struct ov_date a, struct ov_date b)
{
	int ka = a.y * 512 + a.m * 32 + a.d;
	int kb = b.y * 512 + b.m * 32 + b.d;

	return (ka > kb) - (ka < kb);
}

/* Days before the first of month m of a year that starts in March. */
static int
march_days(int m)
{
	return (153 * m + 2) / 5;
}

#define DAYS_400Y 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

int32_t
ov_date_days(struct ov_date d)
{
	/* The year starts in March, so that the leap day is its last. */
	int y = d.m > 2 ? d.y : d.y - 1;
	int m = d.m > 2 ? d.m - 3 : d.m + 9;

	return (int32_t)(365 * y + y / 4 - y / 100 + y / 400 + march_days(m) +
	                 d.d - 1 - DAYS_TO_1970);
}

struct ov_date
ov_date_from_days(int64_t days)
{
	int64_t first = ov_date_days((struct ov_date){OV_JAAR_MIN, 1, 1});
	int64_t last = ov_date_days((struct ov_date){OV_JAAR_MAX, 12, 31});
	int z, era, of, y, day, m;

	if (days < first)
		days = first;
	if (days > last)
		days = last;
	z = (int)days + DAYS_TO_1970;
	era = z / DAYS_400Y;
	of = z % DAYS_400Y;
	/* Year of the era: take the leap days that have passed out. */
	y = (of - of / 1460 + of / 36524 - of / 146096) / 365;
	day = of - (365 * y + y / 4 - y / 100);
	m = (5 * day + 2) / 153;
	y += era * 400;
	day -= march_days(m);
	return (struct ov_date){(int16_t)(m < 10 ? y : y + 1),
	    (uint8_t)(m < 10 ? m + 3 : m - 9), (uint8_t)(day + 1)};
}

struct ov_date
ov_date_add_days(struct ov_date d, int32_t n)
{
	return ov_date_from_days((int64_t)ov_date_days(d) + n);
}

struct ov_date
ov_date_add_months(struct ov_date d, int32_t n)
{
	int64_t k = (int64_t)d.y * 12 + d.m - 1 + n;
	int y, m, max;

	if (k < OV_JAAR_MIN * 12)
		return (struct ov_date){OV_JAAR_MIN, 1, 1};
	if (k >= (OV_JAAR_MAX + 1) * 12)
		return (struct ov_date){OV_JAAR_MAX, 12, 31};
	y = (int)(k / 12);
	m = (int)(k % 12) + 1;
	max = month_days(y, m);
	return (struct ov_date){(int16_t)y, (uint8_t)m,
	    d.d > max ? (uint8_t)max : d.d};
}

int
ov_date_weekday(struct ov_date d)
{
	/* 1970-01-01 was a Thursday; 1900 is over 3,600 weeks before. */
	return (ov_date_days(d) + 4 + 7 * 10000) % 7;
}

int
ov_age_on(struct ov_date birth, struct ov_date on)
{
	int years = on.y - birth.y;

	/* On 28 February who was born on the 29th has not had the day. */
	if (on.m < birth.m || (on.m == birth.m && on.d < birth.d))
		years--;
	return years;
}

int
ov_schooljaar(struct ov_date d)
{
	return d.m >= 8 ? d.y : d.y - 1;
}

int
ov_convenantjaar(struct ov_date d)
{
	return d.m >= 10 ? d.y : d.y - 1;
}

/* ---- moments --------------------------------------------------------- */

int64_t
ov_utc_day(int64_t t)
{
	return t >= 0 ? t / DAY_S : -((-(t + 1)) / DAY_S) - 1;
}

int
ov_utc_schooljaar(int64_t t)
{
	return ov_schooljaar(ov_date_from_days(ov_utc_day(t)));
}

/* 01:00 UTC on the last Sunday of a month of 31 days. */
static int64_t
last_sunday(int y, int m)
{
	struct ov_date d = {(int16_t)y, (uint8_t)m, 31};

	return (int64_t)(ov_date_days(d) - ov_date_weekday(d)) * DAY_S + 3600;
}

static bool
summer(int64_t t)
{
	int y = ov_date_from_days(ov_utc_day(t)).y;

	return t >= last_sunday(y, 3) && t < last_sunday(y, 10);
}

struct ov_civil
ov_civil_nl(int64_t t)
{
	struct ov_civil c = {0};
	int64_t wall;
	int s;

	t = clamp(t);
	c.zomertijd = summer(t);
	wall = clamp(t + (c.zomertijd ? 7200 : 3600));
	s = second_of_day(wall);
	c.date = ov_date_from_days(ov_utc_day(wall));
	c.h = (uint8_t)(s / 3600);
	c.mi = (uint8_t)(s / 60 % 60);
	c.s = (uint8_t)(s % 60);
	return c;
}

struct ov_date
ov_date_nl(int64_t t)
{
	return ov_civil_nl(t).date;
}

int64_t
ov_nl_midnight(struct ov_date d)
{
	/* The clock never changes at midnight, so one guess decides. */
	int64_t t = (int64_t)ov_date_days(d) * DAY_S - 3600;

	return summer(t - 3600) ? t - 3600 : t;
}
