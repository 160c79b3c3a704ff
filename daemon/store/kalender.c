/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/kalender.c - what comes due goes to the journal, once. */
#include <string.h>

#include "daemon/store/ctl.h"

static unsigned
own_roles(const struct ov_store *st)
{
	const struct ov_lid *own = st->boek != NULL
	                               ? ov_book_oin(st->boek, &st->self)
	                               : NULL;

	return own != NULL ? own->rol : 0;
}

/* True the first time. */
static enum ov_rc
first_time(struct ov_store *st, const char *naam, const char *datum,
    bool *first, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO herinnerd(naam,datum) VALUES(?1,?2)"
	    " ON CONFLICT DO NOTHING",
	    "tt", naam, datum);
	*first = rc == OV_OK && ov_db_changes(st->db) == 1;
	return rc;
}

static enum ov_rc
moments(struct ov_store *st, struct ov_date today, struct ov_err *e)
{
	struct ov_kal_moment m[OV_KAL_MOMENTEN_MAX];
	size_t n = ov_kal_komend(st->kalender, own_roles(st), today, m);
	char van[OV_DATE_SIZE];
	enum ov_rc rc = OV_OK;
	bool first;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		int32_t days = ov_date_days(m[i].van) - ov_date_days(today);

		if (days > m[i].vooraf)
			continue;
		ov_date_fmt(van, m[i].van);
		rc = first_time(st, m[i].naam, van, &first, e);
		if (rc == OV_OK && first)
			ov_log(OV_LOG_INFO, "event=due what=%s date=%s days=%d",
			    m[i].naam, van, (int)days);
	}
	return rc;
}

/* Drafts of absence that are not sent, counted. */
static enum ov_rc
absence(struct ov_store *st, struct ov_date today, struct ov_err *e)
{
	char dag[OV_DATE_SIZE];
	int64_t open, late;
	enum ov_rc rc;
	bool first;

	ov_date_fmt(dag, today);
	rc = ov_db_int(st->db, &open, 0, e,
	    "SELECT count(*) FROM verzuim_signaal s JOIN concept c"
	    " ON c.nr=s.concept WHERE c.stand IN ('ONVOLLEDIG','VOLLEDIG')",
	    "");
	if (rc == OV_OK)
		rc = ov_db_int(st->db, &late, 0, e,
		    "SELECT count(*) FROM verzuim_signaal s JOIN concept c"
		    " ON c.nr=s.concept WHERE s.uiterlijk<>''"
		    " AND s.uiterlijk<?1"
		    " AND c.stand IN ('ONVOLLEDIG','VOLLEDIG')",
		    "t", dag);
	if (rc != OV_OK || open == 0)
		return rc;
	rc = first_time(st, "verzuimmeldingen", dag, &first, e);
	if (rc == OV_OK && first)
		ov_log(OV_LOG_INFO,
		    "event=due what=verzuimmeldingen open=%lld late=%lld",
		    (long long)open, (long long)late);
	return rc;
}

void
ov_kalender_remind(struct ov_store *st)
{
	struct ov_date today = ov_date_nl(ov_now(st));
	struct ov_err e = {0};
	enum ov_rc rc;

	rc = moments(st, today, &e);
	if (rc == OV_OK)
		rc = absence(st, today, &e);
	if (rc == OV_OK)
		return;
	ov_log(OV_LOG_WARN, "event=remind fault=\"%s\"", e.msg);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, &e);
}
