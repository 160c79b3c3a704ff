/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo.c - pseudonyms as a client: which pupils wait, and whose
 * turn it is (docs/protocol.md, "Pseudonyms").
 *
 * A row is `gecachet` (its Y is there, sealed), `wacht` (its PGN is there,
 * sealed, and due is when to try) or `geblokkeerd`.  Nothing of a batch under
 * way is stored but the count of what was asked: a restart begins again.
 */
#include "daemon/store/pseudo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define GROUPS 64
#define KEEP_DAYS 800
#define LOOK_S 10

static void run(struct ov_loop *, void *);

enum ov_rc
ov_pseudo_new(struct ov_store *st, struct ov_err *e)
{
	st->pseudo = calloc(1, sizeof(*st->pseudo));
	if (st->pseudo == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->pseudo->st = st;
	return OV_OK;
}

void
ov_pseudo_free(struct ov_store *st)
{
	if (st->pseudo == NULL)
		return;
	ov_loop_undefer(st->env.loop, st->pseudo);
	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++)
		ov_job_end(&st->pseudo->job[i]);
	free(st->pseudo);
	st->pseudo = NULL;
}

void
ov_pseudo_kick(struct ov_store *st)
{
	if (st->pseudo == NULL || st->pseudo->queued)
		return;
	if (ov_loop_defer(st->env.loop, run, st->pseudo, NULL) == OV_OK)
		st->pseudo->queued = true;
}

/* ---- jobs and rows ---- */

void
ov_job_end(struct ov_job *j)
{
	for (size_t i = 0; i < OV_PSEUDO_SHARES; i++)
		ov_buf_free(&j->share[i].jws);
	sodium_memzero(j, sizeof(*j));
}

uint32_t
ov_job_slot(const struct ov_store *st, const struct ov_job *j)
{
	return (uint32_t)(j - st->pseudo->job) * OV_OPRF_BATCH;
}

int64_t
ov_pseudo_backoff(struct ov_store *st, int64_t tries)
{
	int64_t top = (int64_t)OV_PSEUDO_BACK_MIN << (tries > 6   ? 6
	                                              : tries < 0 ? 0
	                                                          : tries);
	uint32_t rnd;

	if (top > OV_PSEUDO_BACK_MAX)
		top = OV_PSEUDO_BACK_MAX;
	st->env.random(&rnd, sizeof(rnd));
	return ov_now(st) + top / 2 + (int64_t)(rnd % (uint32_t)(top / 2 + 1));
}

enum ov_rc
ov_pseudo_later(struct ov_store *st, const struct ov_oin *domein, uint32_t ep,
    int64_t due, const char *reden, struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "UPDATE leerling SET due=?3,reden=?4 WHERE stand='wacht'"
	    " AND domein=?1 AND ep=?2 AND due<?3",
	    "tiit", domein->s, (int64_t)ep, due, reden);
}

enum ov_rc
ov_pseudo_block(struct ov_store *st, const struct ov_oin *domein, uint32_t ep,
    const char *reden, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE leerling SET stand='geblokkeerd',reden=?3"
	    " WHERE stand='wacht' AND domein=?1 AND ep=?2",
	    "tit", domein->s, (int64_t)ep, reden);
	if (rc == OV_OK && ov_db_changes(st->db) > 0)
		ov_log(OV_LOG_WARN,
		    "event=pseudonyms-blocked domain=%s rows=%" PRId64
		    " why=%s",
		    domein->s, ov_db_changes(st->db), reden);
	return rc;
}

enum ov_rc
ov_job_later(struct ov_store *st, struct ov_job *j, const char *reden,
    struct ov_err *e)
{
	int64_t due = ov_pseudo_backoff(st, j->tries);
	enum ov_rc rc;

	rc = ov_tx_begin(st, e);
	for (size_t i = 0; rc == OV_OK && i < j->n; i++)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET due=?2,reden=?3,pogingen=pogingen+1"
		    " WHERE nr=?1 AND stand='wacht'",
		    "iit", j->row[i].nr, due, reden);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	ov_job_end(j);
	return rc;
}

enum ov_rc
ov_pseudo_aside(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE leerling SET stand='geblokkeerd',reden='onleesbaar'"
	    " WHERE nr=?1 AND stand='wacht'",
	    "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO terzijde(tijd,tabel,record,reden)"
		    " VALUES(?1,'leerling',?2,'onleesbaar')",
		    "ii", ov_now(st), nr);
	return rc;
}

/* ---- not waiting any longer ---- */

/* Ask the share again now, or a little later when that was just done. */
static bool
share_wake(struct ov_store *st, struct ov_share *s)
{
	int64_t now = ov_now(st), due = s->asked + OV_PSEUDO_AGAIN;

	if (s->state != OV_SHARE_DUE || s->told || s->due <= now)
		return false;
	if (due < now || due > now + OV_PSEUDO_AGAIN)
		due = now;
	if (due < s->due)
		s->due = due;
	return true;
}

void
ov_pseudo_holder_up(struct ov_store *st, const struct ov_oin *houder)
{
	bool any = false;
	struct ov_job *j;

	for (size_t i = 0; st->pseudo != NULL && i < OV_PSEUDO_JOBS; i++) {
		j = &st->pseudo->job[i];
		for (size_t k = 0; j->used && k < j->nshare; k++)
			if (ov_oin_eq(&j->share[k].houder, houder))
				any = share_wake(st, &j->share[k]) || any;
	}
	if (any)
		ov_pseudo_kick(st);
}

/* Shares under way of these jobs, and the breaker of who holds them. */
static enum ov_rc
hurry_jobs(struct ov_store *st, struct ov_err *e)
{
	struct ov_job *j;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++) {
		j = &st->pseudo->job[i];
		for (size_t k = 0; rc == OV_OK && j->used && k < j->nshare; k++)
			if (share_wake(st, &j->share[k]))
				rc = ov_db_run(st->db, e,
				    "UPDATE partner SET fouten=0,volgende=0"
				    " WHERE oin=?1",
				    "t", j->share[k].houder.s);
	}
	return rc;
}

enum ov_rc
ov_pseudo_hurry(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE leerling SET due=0 WHERE stand='wacht' AND due>?2"
	    " AND ifnull(reden,'')<>'budget-op' AND (?1=0 OR"
	    " nr=(SELECT leerling FROM uitgaand WHERE nr=?1))",
	    "ii", nr, ov_now(st));
	if (rc == OV_OK)
		rc = hurry_jobs(st, e);
	st->pseudo->look = 0;
	ov_pseudo_kick(st);
	return rc;
}

/* ---- wanting one ---- */

/* Rows for those of w that have none; their numbers are sealed in one call. */
static enum ov_rc
want_new(struct ov_store *st, uint32_t ep, struct ov_want *w, size_t n,
    struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_seal q[OV_WANT_MAX] = {0};
	struct ov_v_sealed a[OV_WANT_MAX];
	struct ov_want *of[OV_WANT_MAX];
	size_t k = 0;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n; i++) {
		if (w[i].nr != 0)
			continue;
		ov_new_id(st, q[k].id);
		q[k].table = OV_T_LEERLING;
		q[k].col = 1;
		q[k].ver = 1;
		q[k].text = (struct ov_view){(const uint8_t *)w[i].pgn,
		    sizeof(w[i].pgn)};
		of[k++] = &w[i];
	}
	if (k > 0)
		rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, q, k,
		    &ov_v_sealed_rec, a, &r, e);
	for (size_t i = 0; rc == OV_OK && i < k; i++) {
		if ((rc = ov_sealed_rc(&a[i], e)) != OV_OK ||
		    (rc = ov_key_put(st, q[i].id, a[i].wrap, e)) != OV_OK)
			break;
		rc = ov_db_run(st->db, e,
		    "INSERT INTO leerling(id,eigen,domein,ep,tag,stand,pgn,"
		    "geladen) VALUES(?1,?2,?3,?4,?5,'wacht',?6,?7)",
		    "bitibvi", (const void *)q[i].id, (size_t)16,
		    (int64_t)of[i]->eigen, of[i]->domein.s, (int64_t)ep,
		    (const void *)of[i]->tag, (size_t)16, a[i].blob,
		    ov_now(st));
		if (rc == OV_OK)
			of[i]->nr = ov_db_last(st->db);
	}
	return rc;
}

/* Wanted again: a blocked one gets another chance. */
static enum ov_rc
want_again(struct ov_store *st, int64_t nr, bool eigen, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE leerling SET stand='wacht',due=0,pogingen=0,reden=NULL"
	    " WHERE nr=?1 AND stand='geblokkeerd'",
	    "i", nr);
	if (rc == OV_OK && eigen)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET eigen=1 WHERE nr=?1 AND eigen=0", "i",
		    nr);
	return rc;
}

static enum ov_rc
want_epoch(const struct ov_store *st, uint32_t *ep, struct ov_err *e)
{
	const struct ov_book_epoch *p = NULL;

	if (st->boek != NULL)
		p = ov_book_epoch_active(st->boek, ov_now(st));
	if (p == NULL)
		return ov_fail(e, OV_AGAIN, "no epoch is active");
	*ep = p->ep;
	return OV_OK;
}

static enum ov_rc
want_look(struct ov_store *st, uint32_t ep, struct ov_want *w, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	w->nr = 0;
	w->ready = false;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,stand='gecachet' FROM leerling WHERE ep=?1 AND tag=?2",
	    "ib", (int64_t)ep, (const void *)w->tag, (size_t)16);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		w->nr = ov_db_i64(q, 0);
		w->ready = ov_db_i64(q, 1) != 0;
	}
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_pseudo_find(struct ov_store *st, struct ov_want *w, size_t n,
    struct ov_err *e)
{
	struct ov_v_tag q[OV_WANT_MAX] = {0};
	uint8_t tag[OV_WANT_MAX][16];
	uint32_t ep;
	enum ov_rc rc;

	if (n > OV_WANT_MAX)
		return ov_fail(e, OV_TOOBIG, "%zu pseudonyms", n);
	if (n == 0)
		return OV_OK;
	if ((rc = want_epoch(st, &ep, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		q[i].kind = OV_TAG_CACHE;
		q[i].ep = ep;
		memcpy(q[i].domain, w[i].domein.s, sizeof(q[i].domain));
		q[i].data = (struct ov_view){(const uint8_t *)w[i].pgn,
		    sizeof(w[i].pgn)};
	}
	rc = ov_tags(st, q, n, tag, e);
	for (size_t i = 0; rc == OV_OK && i < n; i++) {
		memcpy(w[i].tag, tag[i], 16);
		rc = want_look(st, ep, &w[i], e);
	}
	return rc;
}

enum ov_rc
ov_pseudo_make(struct ov_store *st, struct ov_want *w, size_t n,
    struct ov_err *e)
{
	uint32_t ep;
	enum ov_rc rc;

	if (n == 0)
		return OV_OK;
	if ((rc = want_epoch(st, &ep, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		if (w[i].nr != 0)
			rc = want_again(st, w[i].nr, w[i].eigen, e);
	return rc == OV_OK ? want_new(st, ep, w, n, e) : rc;
}

enum ov_rc
ov_pseudo_want(struct ov_store *st, const struct ov_oin *domein,
    const char pgn[9], bool eigen, int64_t *leerling, bool *ready,
    struct ov_err *e)
{
	struct ov_want w = {.domein = *domein, .eigen = eigen};
	enum ov_rc rc;

	memcpy(w.pgn, pgn, sizeof(w.pgn));
	if ((rc = ov_pseudo_find(st, &w, 1, e)) == OV_OK)
		rc = ov_pseudo_make(st, &w, 1, e);
	sodium_memzero(w.pgn, sizeof(w.pgn));
	*leerling = rc == OV_OK ? w.nr : 0;
	*ready = rc == OV_OK && w.ready;
	return rc;
}

/* ---- turns ---- */

/* What a new book can change: who may ask what, and how much. */
static enum ov_rc
book_news(struct ov_store *st, struct ov_err *e)
{
	enum ov_rc rc;

	if (st->pseudo->boek == st->boek->versie)
		return OV_OK;
	rc = ov_db_run(st->db, e,
	    "UPDATE leerling SET stand='wacht',due=0,pogingen=0,reden=NULL"
	    " WHERE stand='geblokkeerd' AND reden IN"
	    " ('domein-niet-toegestaan','epoch-gesloten')",
	    "");
	if (rc == OV_OK && st->pseudo->boek != 0) {
		rc = ov_db_run(st->db, e,
		    "DELETE FROM oprf_rest WHERE niet_voor>0", "");
		if (rc == OV_OK)
			rc = ov_db_run(st->db, e,
			    "UPDATE leerling SET due=0,reden=NULL WHERE"
			    " stand='wacht' AND reden='budget-op'",
			    "");
	}
	if (rc == OV_OK) {
		st->pseudo->boek = st->boek->versie;
		st->pseudo->look = 0;
	}
	return rc;
}

static enum ov_rc
prune(struct ov_store *st, struct ov_err *e)
{
	int64_t day = ov_utc_day(ov_now(st));

	if (st->pseudo->prune == day)
		return OV_OK;
	st->pseudo->prune = day;
	return ov_db_run(st->db, e, "DELETE FROM oprf_vraag WHERE dag<?1", "i",
	    day - KEEP_DAYS);
}

static bool
place(const struct ov_pseudo *p)
{
	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++)
		if (!p->job[i].used)
			return true;
	return false;
}

struct group {
	struct ov_oin domein;
	uint32_t ep;
};

/* Domains for which messages wait, the one that expires first in front. */
static enum ov_rc
groups_urgent(struct ov_store *st, struct group *g, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	bool row = true;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT l.domein,l.ep FROM uitgaand u CROSS JOIN leerling l"
	    " ON l.nr=u.leerling WHERE u.stand='WACHT-OP-PSEUDONIEM'"
	    " AND l.stand='wacht' AND l.due<=?1"
	    " GROUP BY l.domein,l.ep ORDER BY min(u.exp) LIMIT 64",
	    "i", ov_now(st));
	if (rc != OV_OK)
		return rc;
	while (*n < GROUPS && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		rc = ov_oin_parse(ov_view_str(ov_db_text(q, 0)), &g[*n].domein);
		if (rc != OV_OK)
			break;
		g[(*n)++].ep = (uint32_t)ov_db_i64(q, 1);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* The next domain and epoch in the order of the index, and when its first row
 * is due; *any false: that was the last.  A step to each and none over rows,
 * of which there are as many as pupils. */
static enum ov_rc
group_next(struct ov_store *st, struct group *g, int64_t *due, bool *any,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT domein,ep,due FROM leerling WHERE stand='wacht'"
	    " AND (domein,ep)>(?1,?2) ORDER BY domein,ep,due LIMIT 1",
	    "ti", g->domein.s, (int64_t)g->ep);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_db_next(st->db, q, any, e)) == OV_OK && *any) {
		rc = ov_oin_parse(ov_view_str(ov_db_text(q, 0)), &g->domein);
		g->ep = (uint32_t)ov_db_i64(q, 1);
		*due = ov_db_i64(q, 2);
	}
	ov_db_done(st->db, q);
	return rc;
}

static bool
group_in(const struct group *g, size_t n, const struct group *x)
{
	for (size_t i = 0; i < n; i++)
		if (g[i].ep == x->ep && ov_oin_eq(&g[i].domein, &x->domein))
			return true;
	return false;
}

/* Domains with rows that are due. */
static enum ov_rc
groups_find(struct ov_store *st, struct group *g, size_t *n, struct ov_err *e)
{
	struct group at = {0};
	int64_t due = 0;
	bool any = true;
	enum ov_rc rc;

	*n = 0;
	rc = groups_urgent(st, g, n, e);
	while (rc == OV_OK && *n < GROUPS &&
	       (rc = group_next(st, &at, &due, &any, e)) == OV_OK && any)
		if (due <= ov_now(st) && !group_in(g, *n, &at))
			g[(*n)++] = at;
	return rc;
}

static enum ov_rc
start_new(struct ov_store *st, bool *more, struct ov_err *e)
{
	struct group g[GROUPS];
	size_t n = 0;
	bool started, any = false;
	enum ov_rc rc;

	if (ov_now(st) < st->pseudo->look || !place(st->pseudo))
		return OV_OK;
	rc = groups_find(st, g, &n, e);
	for (size_t i = 0; i < n && rc == OV_OK && place(st->pseudo); i++) {
		rc = ov_job_start(st, &g[i].domein, g[i].ep, &started, e);
		any = any || started;
		if (ov_rc_class(rc) == OV_CL_REFUSE) { /* not the others */
			ov_log(OV_LOG_ERROR,
			    "event=pseudonyms domain=%s fault=\"%s\"",
			    g[i].domein.s, e->msg);
			rc = ov_pseudo_later(st, &g[i].domein, g[i].ep,
			    ov_now(st) + OV_PSEUDO_BACK_MAX, "fout", e);
		}
	}
	if (rc == OV_OK && n > 0 && !any)
		st->pseudo->look = ov_now(st) + LOOK_S;
	*more = *more || any;
	return rc;
}

/* What there is to do for one job.  A failure that repeating does not mend
 * ends it; of the others what the holders answered is kept. */
static enum ov_rc
job_turn(struct ov_store *st, struct ov_job *j, bool *more, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_job_turn(st, j, more, e);
	if (rc == OV_OK && j->used)
		rc = ov_job_ask(st, j, e);
	if (ov_rc_class(rc) != OV_CL_REFUSE)
		return rc;
	ov_log(OV_LOG_ERROR, "event=pseudonyms fault=\"%s\"", e->msg);
	return j->used ? ov_job_later(st, j, "fout", e) : OV_OK;
}

static enum ov_rc
turn(struct ov_store *st, bool *more, struct ov_err *e)
{
	struct ov_job *j;
	enum ov_rc rc;

	if ((rc = book_news(st, e)) != OV_OK || (rc = prune(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++) {
		j = &st->pseudo->job[i];
		if (j->used && (rc = job_turn(st, j, more, e)) != OV_OK)
			return rc;
	}
	return start_new(st, more, e);
}

static void
run(struct ov_loop *loop, void *arg)
{
	struct ov_pseudo *p = arg;
	struct ov_store *st = p->st;
	struct ov_err e = {0};
	bool more = false;
	enum ov_rc rc;

	(void)loop;
	p->queued = false;
	if (st->boek == NULL || !ov_boek_sends(st))
		return;
	if ((rc = turn(st, &more, &e)) != OV_OK) {
		more = false; /* again at the next tick */
		ov_log(OV_LOG_ERROR, "event=pseudonyms fault=\"%s\"", e.msg);
		if (ov_rc_class(rc) == OV_CL_STOP) {
			ov_store_fatal(st, &e);
			return;
		}
		p->look = ov_now(st) + LOOK_S;
	}
	if (more)
		ov_pseudo_kick(st);
}
