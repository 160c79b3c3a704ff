/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo_budget.c - how many pseudonyms may still be asked for,
 * and when the last of those that wait will be there (docs/protocol.md,
 * "Budgets").
 *
 * Holders debit by UTC day and by school year from 1 August 00:00 UTC; what
 * we asked is in oprf_vraag, what they said is left in oprf_rest.
 */
#include <string.h>

#include "daemon/store/pseudo.h"
#include "protocol/tijd.h"

#define DAY 86400
#define TEN_YEARS 3653

uint64_t
ov_budget_day(const struct ov_book_budget *b, int64_t day)
{
	return day < b->dag_tot ? b->dag : b->dag_na;
}

int64_t
ov_budget_last(const struct ov_book_budget *b, int64_t day, uint64_t today,
    uint64_t year, uint64_t n)
{
	int sy = ov_utc_schooljaar(day * DAY), now;
	uint64_t room = today;

	for (int64_t d = day; d < day + TEN_YEARS; d++) {
		now = ov_utc_schooljaar(d * DAY);
		if (now != sy)
			year = b->jaar;
		sy = now;
		if (d > day)
			room = ov_budget_day(b, d);
		if (room > year)
			room = year;
		if (room >= n)
			return d;
		n -= room;
		year -= room;
	}
	return -1;
}

int64_t
ov_utc_year_day(int64_t now)
{
	struct ov_date d = {.y = (int16_t)ov_utc_schooljaar(now),
	    .m = 8,
	    .d = 1};

	return ov_date_days(d);
}

static uint64_t
less(uint64_t a, int64_t b)
{
	return b <= 0 ? a : (uint64_t)b >= a ? 0 : a - (uint64_t)b;
}

/* Elements of this domain for which a holder has not answered yet. */
static int64_t
under_way(const struct ov_store *st, const struct ov_oin *domein, uint32_t ep)
{
	const struct ov_job *j;
	int64_t n = 0;

	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++) {
		j = &st->pseudo->job[i];
		if (j->used && j->ep == ep && ov_oin_eq(&j->domein, domein))
			n += (int64_t)j->n;
	}
	return n;
}

enum ov_rc
ov_budget_room(struct ov_store *st, const struct ov_book_budget *b, uint32_t ep,
    uint64_t *today, uint64_t *year, struct ov_err *e)
{
	int64_t now = ov_now(st), day = ov_utc_day(now);
	int64_t of_day = 0, of_year = 0, rest;
	enum ov_rc rc;

	*today = *year = 0;
	rc = ov_db_int(st->db, &of_day, 0, e,
	    "SELECT max(n) FROM (SELECT sum(aantal) AS n FROM oprf_vraag"
	    " WHERE domein=?1 AND ep=?2 AND dag=?3 GROUP BY houder)",
	    "tii", b->domein.s, (int64_t)ep, day);
	if (rc == OV_OK)
		rc = ov_db_int(st->db, &of_year, 0, e,
		    "SELECT max(n) FROM (SELECT sum(aantal) AS n"
		    " FROM oprf_vraag WHERE domein=?1 AND ep=?2 AND dag>=?3"
		    " GROUP BY houder)",
		    "tii", b->domein.s, (int64_t)ep, ov_utc_year_day(now));
	if (rc == OV_OK) /* of today, or a refusal that still holds */
		rc = ov_db_int(st->db, &rest, -1, e,
		    "SELECT min(CASE WHEN niet_voor>?3 THEN 0 ELSE rest END)"
		    " FROM oprf_rest WHERE domein=?1 AND ep=?2"
		    " AND (tijd>=?4 OR niet_voor>?3)",
		    "tiii", b->domein.s, (int64_t)ep, now, day * DAY);
	if (rc != OV_OK)
		return rc;
	*year = less(b->jaar, of_year);
	*today = less(ov_budget_day(b, day), of_day);
	if (*today > *year)
		*today = *year;
	if (rest >= 0 &&
	    *today > less((uint64_t)rest, under_way(st, &b->domein, ep)))
		*today = less((uint64_t)rest, under_way(st, &b->domein, ep));
	return OV_OK;
}

/* Later of *last and the day on which n of a domain will be had; *never when
 * that day does not come by itself. */
static enum ov_rc
outlook_of(struct ov_store *st, const struct ov_oin *domein, uint32_t ep,
    int64_t n, int64_t *last, bool *never, struct ov_err *e)
{
	const struct ov_book_budget *b;
	uint64_t today, year;
	int64_t day;
	enum ov_rc rc;

	b = ov_book_budget_of(st->boek, &st->self, domein);
	if (b == NULL) { /* becomes `geblokkeerd` in its turn */
		*never = true;
		return OV_OK;
	}
	if ((rc = ov_budget_room(st, b, ep, &today, &year, e)) != OV_OK)
		return rc;
	day = ov_budget_last(b, ov_utc_day(ov_now(st)), today, year,
	    less((uint64_t)n, under_way(st, domein, ep)));
	if (day < 0)
		*never = true;
	if (day > *last)
		*last = day;
	return OV_OK;
}

static void
outlook_say(const struct ov_store *st, int64_t day, bool never,
    struct ov_outlook *o)
{
	int64_t now = ov_now(st), today = ov_utc_day(now);

	if (never) {
		o->reden = "geen-budget";
		return;
	}
	if (day < 0)
		return;
	if (day == today) {
		ov_store_today(st, o->last);
		return;
	}
	ov_date_fmt(o->last, ov_date_from_days(day));
	o->reden = ov_utc_schooljaar(day * DAY) != ov_utc_schooljaar(now)
	               ? "jaarbudget"
	               : "dagbudget";
}

enum ov_rc
ov_pseudo_outlook(struct ov_store *st, struct ov_outlook *o, struct ov_err *e)
{
	sqlite3_stmt *q = NULL;
	struct ov_oin domein;
	int64_t day = -1;
	bool row = true, never = false;
	enum ov_rc rc;

	memset(o, 0, sizeof(*o));
	o->reden = "";
	rc = ov_db_int(st->db, &o->ready, 0, e,
	    "SELECT count(*) FROM leerling WHERE stand='gecachet'", "");
	if (rc != OV_OK || st->boek == NULL)
		return rc;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT domein,ep,count(*) FROM leerling WHERE stand='wacht'"
	    " GROUP BY domein,ep",
	    "");
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		o->waiting += ov_db_i64(q, 2);
		rc = ov_oin_parse(ov_view_str(ov_db_text(q, 0)), &domein);
		if (rc == OV_OK)
			rc = outlook_of(st, &domein, (uint32_t)ov_db_i64(q, 1),
			    ov_db_i64(q, 2), &day, &never, e);
	}
	ov_db_done(st->db, q);
	if (rc == OV_OK)
		outlook_say(st, day, never, o);
	return rc;
}
