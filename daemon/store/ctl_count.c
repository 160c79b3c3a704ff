/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_count.c - how much there is of everything, for scripts. */
#include <string.h>

#include "daemon/store/ctl.h"

struct count {
	json_t *norm; /* category -> number */
	int64_t at;
	bool logged;
};

static void
count_start(struct ov_ctl *c)
{
	struct count *s = c->state;

	s->norm = json_object();
	(void)ov_ctl_args(c);
}

static void
count_drop(struct ov_ctl *c)
{
	struct count *s = c->state;

	json_decref(s->norm);
}

/* The category stands in the content: it is read here, counted, and not
 * shown.  One line in the log for the whole of it. */
static enum ov_rc
norm_one(struct ov_store *st, struct count *s, int64_t nr, struct ov_err *e)
{
	struct ov_claims cl = {0};
	const char *cat;
	enum ov_rc rc;

	rc = ov_bericht_open(st, nr, &cl, e);
	if (rc == OV_OK) {
		cat = ov_jn_text(
		    ov_jn_at(cl.inhoud, "opleiding/normcategorie"));
		if (cat != NULL &&
		    !ov_j_set(s->norm, cat,
		        json_integer(
		            json_integer_value(json_object_get(s->norm, cat)) +
		            1)))
			rc = ov_fail(e, OV_NOSPACE, "out of memory");
	}
	ov_claims_free(&cl);
	if (ov_unreadable(rc)) {
		struct ov_err why = *e;

		rc = ov_aside_now(st, "bericht", nr, &why, e);
	}
	return rc;
}

static enum ov_rc
norm_page(struct ov_ctl *c, int64_t *nr, size_t *n, struct ov_err *e)
{
	struct count *s = c->state;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(c->st->db, &q, e,
	    "SELECT nr FROM bericht WHERE nr>?1 AND srt='uitschrijving'"
	    " AND gesloten=0 AND inhoud IS NOT NULL AND stand NOT IN"
	    " ('ONBEKEND','TWIJFEL','TERZIJDE','VERNIETIGD',"
	    "'INGETROKKEN') ORDER BY nr LIMIT 64",
	    "i", s->at);
	while (rc == OV_OK && *n < OV_CTL_PAGE &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row)
		nr[(*n)++] = ov_db_i64(q, 0);
	ov_db_done(c->st->db, q);
	return rc;
}

/* {"VALUE":n,...} of a query with two columns. */
static json_t *
grouped(struct ov_store *st, const char *sql, enum ov_rc *rc, struct ov_err *e)
{
	json_t *j = json_object();
	sqlite3_stmt *q = NULL;
	int64_t total = 0;
	bool row;

	if (*rc == OV_OK)
		*rc = ov_db_q(st->db, &q, e, sql, "");
	while (*rc == OV_OK &&
	       (*rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		total += ov_db_i64(q, 1);
		(void)ov_j_set(j, ov_db_text(q, 0),
		    json_integer(ov_db_i64(q, 1)));
	}
	ov_db_done(st->db, q);
	(void)ov_j_set(j, "aantal", json_integer(total));
	return j;
}

/* The same per type of message: {"srt":{"STAND":n}}. */
static json_t *
grouped_srt(struct ov_store *st, const char *sql, enum ov_rc *rc,
    struct ov_err *e)
{
	json_t *j = json_object(), *o;
	sqlite3_stmt *q = NULL;
	bool row;

	if (*rc == OV_OK)
		*rc = ov_db_q(st->db, &q, e, sql, "");
	while (*rc == OV_OK &&
	       (*rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		o = json_object_get(j, ov_db_text(q, 0));
		if (o == NULL) {
			o = json_object();
			(void)ov_j_set(j, ov_db_text(q, 0), o);
		}
		(void)ov_j_set(o, ov_db_text(q, 1),
		    json_integer(ov_db_i64(q, 2)));
	}
	ov_db_done(st->db, q);
	return j;
}

static json_t *
since_start(const struct ov_store *st)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "aangenomen",
	    (json_int_t)st->n.accepted, "herhaald", (json_int_t)st->n.repeated,
	    "geweigerd", (json_int_t)st->n.refused, "batches",
	    (json_int_t)st->n.batches, "commits", (json_int_t)st->n.commits,
	    "handdrukken_geweigerd", (json_int_t)st->n.handshakes_refused,
	    "vreemden", (json_int_t)st->n.strangers);
}

static void
count_end(struct ov_ctl *c)
{
	struct ov_store *st = c->st;
	struct count *s = c->state;
	struct ov_err e = {0};
	enum ov_rc rc = OV_OK;
	json_t *j = json_object();

	(void)ov_j_set(j, "inbox",
	    grouped(st, "SELECT stand,count(*) FROM bericht GROUP BY stand",
	        &rc, &e));
	(void)ov_j_set(j, "inbox_srt",
	    grouped_srt(st,
	        "SELECT srt,stand,count(*) FROM bericht GROUP BY srt,stand",
	        &rc, &e));
	(void)ov_j_set(j, "inbox_rol",
	    grouped_srt(st,
	        "SELECT srt,rol,count(*) FROM bericht GROUP BY srt,rol", &rc,
	        &e));
	(void)ov_j_set(j, "outbox",
	    grouped(st, "SELECT stand,count(*) FROM uitgaand GROUP BY stand",
	        &rc, &e));
	(void)ov_j_set(j, "outbox_srt",
	    grouped_srt(st,
	        "SELECT srt,stand,count(*) FROM uitgaand GROUP BY srt,stand",
	        &rc, &e));
	(void)ov_j_set(j, "concepten",
	    grouped(st,
	        "SELECT c.stand,count(*) FROM concept c JOIN import i"
	        " ON i.nr=c.import WHERE i.compleet=1 GROUP BY c.stand",
	        &rc, &e));
	(void)ov_j_set(j, "leerlingen",
	    grouped(st,
	        "SELECT stand,count(*) FROM leerling WHERE eigen=1"
	        " GROUP BY stand",
	        &rc, &e));
	(void)ov_j_set(j, "pseudoniemen",
	    grouped(st, "SELECT stand,count(*) FROM leerling GROUP BY stand",
	        &rc, &e));
	(void)ov_j_set(j, "zaken",
	    grouped(st,
	        "SELECT ifnull(status,''),count(*) FROM zaak GROUP BY 1", &rc,
	        &e));
	(void)ov_j_set(j, "gelezen",
	    grouped(st,
	        "SELECT handeling,count(*) FROM gelezen GROUP BY handeling",
	        &rc, &e));
	(void)ov_j_set(j, "normcategorie", json_incref(s->norm));
	(void)ov_j_set(j, "log",
	    json_pack("{s:I}", "omvang", (json_int_t)st->log.was.size));
	(void)ov_j_set(j, "sinds_start", since_start(st));
	if (!ov_ctl_ok(c, rc, &e)) {
		json_decref(j);
		return;
	}
	ov_ctl_end(c, j);
}

static void
count_step(struct ov_ctl *c)
{
	static const struct ov_gelezen g = {.tabel = "bericht",
	    .record = 0,
	    .grond = "AGGREGAAT"};
	struct count *s = c->state;
	int64_t nr[OV_CTL_PAGE];
	struct ov_err e = {0};
	size_t n;
	enum ov_rc rc;

	rc = norm_page(c, nr, &n, &e);
	if (rc == OV_OK && n > 0 && !s->logged) {
		if (!ov_ctl_read_log(c, "count", &g, 1))
			return;
		s->logged = true;
	}
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = norm_one(c->st, s, nr[i], &e);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	if (n > 0)
		s->at = nr[n - 1];
	if (n < OV_CTL_PAGE)
		count_end(c);
}

const struct ov_ctl_cmd ov_ctl_count[] = {
    {.name = "count",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct count),
        .start = count_start,
        .step = count_step,
        .drop = count_drop},
    {0},
};
