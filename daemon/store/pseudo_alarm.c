/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo_alarm.c - who asks more pseudonyms than was foreseen,
 * and whether all that was asked in our name was asked by us
 * (docs/protocol.md, "Budgets").
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/netc.h"
#include "daemon/store/pseudo.h"
#include "protocol/manifest.h"

#define DAY 86400
#define BEFORE 28 /* days; OV_DEBIT_BEFORE of the houder */
#define WEEK ((int64_t)7 * DAY)
#define SOONER ((int64_t)6 * 3600) /* a holder did not answer */
#define DUE "gebruik_vergelijken"  /* row of `waarde` */

/* ---- more than foreseen ---- */

static bool
most(uint64_t used, uint64_t cap)
{
	return cap > 0 && used >= cap - cap / 5;
}

unsigned
ov_use_judge(const struct ov_book_budget *b, int64_t day,
    const struct ov_use *u)
{
	uint64_t earlier = u->year - (u->day < u->year ? u->day : u->year);
	unsigned f = 0;

	if (day >= b->dag_tot && u->day > OV_USE_FEW &&
	    u->day * BEFORE > 3 * u->before)
		f |= OV_USE_MUCH;
	if (most(u->day, ov_budget_day(b, day)))
		f |= OV_USE_DAY;
	if (most(u->year, b->jaar) && !most(earlier, b->jaar))
		f |= OV_USE_YEAR;
	return f;
}

static const struct {
	unsigned flag;
	const char *held, *own;
} kinds[] = {
    {OV_USE_MUCH, "evaluaties-boven-verwachting",
        "eigen-evaluaties-boven-verwachting"},
    {OV_USE_DAY, "budget-dag-bijna-op", "eigen-budget-dag-bijna-op"},
    {OV_USE_YEAR, "budget-jaar-bijna-op", "eigen-budget-jaar-bijna-op"},
};

static void
raise_all(struct ov_store *st, unsigned flags, bool own,
    const struct ov_oin *who)
{
	struct ov_err e = {0};
	int64_t id = 0;

	if (flags == 0)
		return;
	if (!ov_oin_eq(who, &st->self) &&
	    ov_partner_id(st, who, &id, &e) != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=alarm fault=\"%s\"", e.msg);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (flags & kinds[i].flag)
			ov_alarm_daily(st, own ? kinds[i].own : kinds[i].held,
			    id);
}

void
ov_use_held(struct ov_store *st, const struct ov_oin *client,
    const struct ov_oin *domein, const struct ov_use *u)
{
	const struct ov_book_budget *b;

	/* Of ourselves the client's half of this program tells. */
	if (ov_oin_eq(client, &st->self) ||
	    (b = ov_book_budget_of(st->boek, client, domein)) == NULL)
		return;
	raise_all(st, ov_use_judge(b, ov_utc_day(ov_now(st)), u), false,
	    client);
}

/* What we asked the holder that we asked most. */
static enum ov_rc
own_use(struct ov_store *st, const struct ov_oin *domein, uint32_t ep,
    struct ov_use *u, struct ov_err *e)
{
	int64_t day = ov_utc_day(ov_now(st)),
	        first = ov_utc_year_day(ov_now(st));
	sqlite3_stmt *q;
	bool row;
	enum ov_rc rc;

	memset(u, 0, sizeof(*u));
	rc = ov_db_q(st->db, &q, e,
	    "SELECT max(d),max(y),max(b) FROM (SELECT"
	    " sum(CASE WHEN dag=?3 THEN aantal ELSE 0 END) AS d,"
	    " sum(CASE WHEN dag>=?4 THEN aantal ELSE 0 END) AS y,"
	    " sum(CASE WHEN dag<?3 AND dag>=?3-28 THEN aantal ELSE 0 END) AS b"
	    " FROM oprf_vraag WHERE domein=?1 AND ep=?2 GROUP BY houder)",
	    "tiii", domein->s, (int64_t)ep, day, first);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		u->day = (uint64_t)ov_db_i64(q, 0);
		u->year = (uint64_t)ov_db_i64(q, 1);
		u->before = (uint64_t)ov_db_i64(q, 2);
	}
	ov_db_done(st->db, q);
	return rc;
}

void
ov_use_own(struct ov_store *st, const struct ov_oin *domein, uint32_t ep)
{
	const struct ov_book_budget *b;
	struct ov_err e = {0};
	struct ov_use u;

	b = ov_book_budget_of(st->boek, &st->self, domein);
	if (b == NULL)
		return;
	if (own_use(st, domein, ep, &u, &e) != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=alarm fault=\"%s\"", e.msg);
		return;
	}
	raise_all(st, ov_use_judge(b, ov_utc_day(ov_now(st)), &u), true,
	    domein);
}

/* ---- what was asked in our name ---- */

/* A day more at both ends than the holder's: his midnight is not ours. */
static enum ov_rc
own_asked(struct ov_store *st, const struct ov_oin *houder, uint32_t ep,
    const struct ov_oin *domein, int64_t day, int64_t *n, struct ov_err *e)
{
	return ov_db_int(st->db, n, 0, e,
	    "SELECT sum(aantal+dubbel) FROM oprf_vraag WHERE houder=?1"
	    " AND ep=?2 AND domein=?3 AND dag>=?4",
	    "titi", houder->s, (int64_t)ep, domein->s, day - BEFORE - 1);
}

enum ov_rc
ov_gebruik_judge(struct ov_store *st, const struct ov_oin *houder, uint32_t ep,
    const struct ov_oprf_dag *d, size_t n, struct ov_err *e)
{
	int64_t day = ov_utc_day(ov_now(st)), theirs, ours, id = 0;
	bool bad = false;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; rc == OV_OK && i < n; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first = first && !ov_oin_eq(&d[k].domein, &d[i].domein);
		if (!first)
			continue;
		theirs = 0;
		for (size_t k = i; k < n; k++)
			if (ov_oin_eq(&d[k].domein, &d[i].domein) &&
			    d[k].dag < day && d[k].dag >= day - BEFORE)
				theirs += (int64_t)d[k].aantal;
		rc = own_asked(st, houder, ep, &d[i].domein, day, &ours, e);
		if (rc != OV_OK || theirs <= ours)
			continue;
		bad = true;
		ov_log(OV_LOG_WARN,
		    "event=usage-differs holder=%s domain=%s epoch=%" PRIu32
		    " holder-counted=%" PRId64 " we-asked=%" PRId64,
		    houder->s, d[i].domein.s, ep, theirs, ours);
	}
	if (rc != OV_OK || !bad)
		return rc;
	if (!ov_oin_eq(houder, &st->self) &&
	    (rc = ov_partner_id(st, houder, &id, e)) != OV_OK)
		return rc;
	ov_alarm_daily(st, "gebruik-verschilt", id);
	return OV_OK;
}

struct compare {
	struct ov_oin houder;
	uint32_t ep;
};

static enum ov_rc
due_set(struct ov_store *st, int64_t t, struct ov_err *e)
{
	return ov_db_set(st->db, DUE, t, e);
}

static void
told(struct ov_store *st, const struct compare *c, enum ov_rc rc,
    struct ov_err *e)
{
	if (rc == OV_OK)
		return;
	ov_log(OV_LOG_WARN, "event=usage holder=%s fault=\"%s\"", c->houder.s,
	    e->msg);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, e);
	else if (due_set(st, ov_now(st) + SOONER, e) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=usage fault=\"%s\"", e->msg);
}

static void
fetched(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct compare *c = arg;
	struct ov_oprf_dag *d = NULL;
	struct ov_err e = {0};
	uint32_t ep = 0;
	size_t n = 0;
	enum ov_rc rc;

	if (r->status != 200 || r->ctype != OV_CT_JSON)
		rc = ov_fail(&e, OV_AGAIN, "no counters, status %u", r->status);
	else
		rc = ov_oprf_gebruik_parse(r->body.p, r->body.n, &ep, &d, &n,
		    &e);
	if (rc == OV_OK && ep != c->ep)
		rc = ov_fail(&e, OV_BADMSG, "counters of another epoch");
	if (rc == OV_OK)
		rc = ov_gebruik_judge(st, &c->houder, ep, d, n, &e);
	told(st, c, rc, &e);
	free(d);
	free(c);
}

static enum ov_rc
compare_self(struct ov_store *st, uint32_t ep, struct ov_err *e)
{
	struct ov_oprf_dag *d;
	size_t n;
	enum ov_rc rc;

	if (st->env.houder == NULL)
		return OV_OK;
	if ((d = calloc(OV_USAGE_MAX, sizeof(*d))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_holder_usage(st, &st->self, ep, d, &n, e);
	if (rc == OV_OK)
		rc = ov_gebruik_judge(st, &st->self, ep, d, n, e);
	free(d);
	return rc;
}

static enum ov_rc
compare_other(struct ov_store *st, const struct compare *want, struct ov_err *e)
{
	const struct ov_lid *lid = ov_book_oin(st->boek, &want->houder);
	struct ov_fetch f = {.max = OV_ANSWER_BIG_MAX};
	struct compare *c;
	char path[64];
	enum ov_rc rc;

	if (lid == NULL || lid->status != OV_LID_ACTIEF)
		return OV_OK;
	if ((c = malloc(sizeof(*c))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	*c = *want;
	(void)snprintf(path, sizeof(path), "/v1/oprf/gebruik?ep=%" PRIu32,
	    c->ep);
	f.path = path;
	if ((rc = ov_fetch(st, lid, &f, false, fetched, c, e)) != OV_OK)
		free(c);
	return rc;
}

static void
compare_epoch(struct ov_store *st, const struct ov_book_epoch *ep)
{
	struct compare c = {.ep = ep->ep};
	struct ov_err e = {0};
	bool again;

	for (size_t i = 0; i < ep->ndeel; i++) {
		c.houder = ep->deel[i].houder[0];
		again = false;
		for (size_t k = 0; k < i; k++)
			again = again ||
			        ov_oin_eq(&ep->deel[k].houder[0], &c.houder);
		if (again)
			continue;
		told(st, &c,
		    ov_oin_eq(&c.houder, &st->self) ? compare_self(st, c.ep, &e)
		                                    : compare_other(st, &c, &e),
		    &e);
	}
}

void
ov_gebruik_tick(struct ov_store *st)
{
	struct ov_err e = {0};
	int64_t due = 0, now = ov_now(st);
	enum ov_rc rc;

	if (st->boek == NULL || !ov_netc_is_up(st))
		return;
	if ((rc = ov_db_get(st->db, DUE, &due, 0, &e)) == OV_OK) {
		if (now < due && due <= now + WEEK)
			return;
		rc = due_set(st, now + WEEK, &e);
	}
	if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=usage fault=\"%s\"", e.msg);
		return;
	}
	for (size_t i = 0; i < st->boek->nepoch; i++)
		if (st->boek->epoch[i].status != OV_EPOCH_VERNIETIGD)
			compare_epoch(st, &st->boek->epoch[i]);
}
