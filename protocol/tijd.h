/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/tijd.h - dates, moments, and the Dutch civil calendar.
 *
 * A moment is UTC, written as exactly 20 characters YYYY-MM-DDThh:mm:ssZ, and
 * in code an int64_t of seconds since 1970.  A date is a day of the civil
 * calendar, YYYY-MM-DD, without a time zone.  Deadlines, ages, school years
 * and terms are judged on Dutch civil dates; ov_civil_nl() gives the one on
 * which a moment falls, by the rule of the European Union (summer time from
 * the last Sunday of March 01:00 UTC to the last Sunday of October 01:00 UTC),
 * which holds for the Netherlands since 1996; no time zone files are read.
 *
 * Years run from 1900 to 9999, so every date has four digits and any age can
 * be computed.  There is no clock here: the caller says what time it is.
 */
#ifndef OV_PROTOCOL_TIJD_H
#define OV_PROTOCOL_TIJD_H

#include "protocol/rd.h"

#define OV_DATE_LEN 10
#define OV_DATE_SIZE (OV_DATE_LEN + 1)
#define OV_MOMENT_LEN 20
#define OV_MOMENT_SIZE (OV_MOMENT_LEN + 1)
#define OV_JAAR_MIN 1900
#define OV_JAAR_MAX 9999

struct ov_date {
	int16_t y;
	uint8_t m; /* 1-12 */
	uint8_t d; /* 1-31 */
};

/* ---- text ------------------------------------------------------------ */

/* OV_BADMSG and *out zeroed unless it is an existing day, exactly as said. */
OV_MUST_CHECK enum ov_rc ov_date_parse(struct ov_view, struct ov_date *out);
/* dd-mm-jjjj, two digits, two digits and four. */
OV_MUST_CHECK enum ov_rc ov_date_parse_nl(struct ov_view, struct ov_date *out);
void ov_date_fmt(char out[OV_DATE_SIZE], struct ov_date);
void ov_date_fmt_nl(char out[OV_DATE_SIZE], struct ov_date);
/* No leap seconds: :60 is refused.  *out is 0 on failure. */
OV_MUST_CHECK enum ov_rc ov_moment_parse(struct ov_view, int64_t *out);
/* A moment outside the years is clamped to the nearest that has a text. */
void ov_moment_fmt(char out[OV_MOMENT_SIZE], int64_t t);

/* ---- calendar -------------------------------------------------------- */

bool ov_date_ok(struct ov_date);
/* <0, 0, >0 as a is before, on, after b. */
int ov_date_cmp(struct ov_date a, struct ov_date b);
/* Days since 1970-01-01, and back (clamped to the years). */
int32_t ov_date_days(struct ov_date);
struct ov_date ov_date_from_days(int64_t days);
/* n days later, or earlier if negative. */
struct ov_date ov_date_add_days(struct ov_date, int32_t n);
/* n months later or earlier; a day that does not exist becomes the last of
 * its month. */
struct ov_date ov_date_add_months(struct ov_date, int32_t n);
/* 0 Sunday .. 6 Saturday. */
int ov_date_weekday(struct ov_date);

/* Whole years on the day `on`; negative before birth.  Born on 29 February
 * counts a year older on 1 March of a year that has no 29th. */
int ov_age_on(struct ov_date birth, struct ov_date on);
/* The year in which the school year (from 1 August) of a date began. */
int ov_schooljaar(struct ov_date);
/* The same for the convenant year, from 1 October. */
int ov_convenantjaar(struct ov_date);

/* ---- moments --------------------------------------------------------- */

/* Days since 1970-01-01 in UTC: the day of a budget. */
int64_t ov_utc_day(int64_t t);
/* School year of budgets: from 1 August 00:00 UTC. */
int ov_utc_schooljaar(int64_t t);

struct ov_civil {
	struct ov_date date;
	uint8_t h, mi, s;
	bool zomertijd; /* UTC+2; else UTC+1 */
};
/* What a Dutch clock on the wall shows at t. */
struct ov_civil ov_civil_nl(int64_t t);
/* The Dutch civil date at t. */
struct ov_date ov_date_nl(int64_t t);
/* The moment at which a Dutch civil date begins: what is at or after
 * ov_nl_midnight(d + 1) is too late for d. */
int64_t ov_nl_midnight(struct ov_date);

#endif
