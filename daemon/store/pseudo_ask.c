/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo_ask.c - one batch of pseudonyms on its way out: its
 * rows, their blinded elements, and a signed request to the holder of every
 * share (docs/protocol.md, "Pseudonyms").
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/store/netc.h"
#include "daemon/store/pseudo.h"
#include "protocol/json.h"

#define READ_MAX 64
#define BLIND_MAX 16
#define DAY 86400
#define SOON 5 /* seconds: net or a place in its queue is missing */

/* ---- may we, and from whom ---- */

/* The shares with their holders and public keys; *ready false: wait. */
static enum ov_rc
shares(struct ov_store *st, const struct ov_book_epoch *ep, struct ov_job *j,
    bool *ready, struct ov_err *e)
{
	struct ov_share *s;
	const struct ov_lid *lid;
	int64_t id;
	bool found, self;
	enum ov_rc rc;

	*ready = ep->ndeel > 0 && ep->ndeel <= OV_PSEUDO_SHARES;
	for (size_t i = 0; *ready && i < ep->ndeel; i++) {
		s = &j->share[j->nshare++];
		s->deel = ep->deel[i].deel;
		s->houder = ep->deel[i].houder[0];
		self = ov_oin_eq(&s->houder, &st->self);
		lid = ov_book_oin(st->boek, &s->houder);
		rc = ov_manifest_key_get(st, ep, &s->houder, &j->domein,
		    s->deel, s->pk, &found, e);
		if (rc != OV_OK)
			return rc;
		/* Every share or none: what one holder debits is lost when
		 * another cannot be asked. */
		if (!found || lid == NULL || lid->status != OV_LID_ACTIEF ||
		    (self ? st->env.houder == NULL : !ov_netc_is_up(st)))
			*ready = false;
		if (*ready && !self) {
			if ((rc = ov_partner_id(st, &s->houder, &id, e)) !=
			    OV_OK)
				return rc;
			*ready = ov_partner_wait(st, id) == 0;
		}
	}
	return OV_OK;
}

/* How many this domain may have now; 0: its rows were told to wait. */
static enum ov_rc
allowance(struct ov_store *st, const struct ov_oin *domein, uint32_t ep,
    size_t *n, struct ov_err *e)
{
	const struct ov_book_budget *b;
	const struct ov_book_epoch *p = ov_book_epoch_of(st->boek, ep);
	uint64_t today, year;
	int64_t due, now = ov_now(st);
	bool full;
	enum ov_rc rc;

	*n = 0;
	full = p != NULL && p->status == OV_EPOCH_ACTIEF && p->van <= now;
	if (p == NULL || p->status == OV_EPOCH_VERNIETIGD ||
	    (!full && !ov_oin_eq(domein, &st->self)))
		return ov_pseudo_block(st, domein, ep, "epoch-gesloten", e);
	b = ov_book_budget_of(st->boek, &st->self, domein);
	if (b == NULL)
		return ov_pseudo_block(st, domein, ep, "domein-niet-toegestaan",
		    e);
	if ((rc = ov_budget_room(st, b, ep, &today, &year, e)) != OV_OK)
		return rc;
	*n = today < OV_OPRF_BATCH ? (size_t)today : OV_OPRF_BATCH;
	if (*n > 0)
		return OV_OK;
	rc = ov_db_int(st->db, &due, 0, e,
	    "SELECT max(niet_voor) FROM oprf_rest WHERE domein=?1 AND ep=?2",
	    "ti", domein->s, (int64_t)ep);
	if (due <= now) /* a little after midnight UTC: clocks differ */
		due = (ov_utc_day(now) + 1) * DAY + OV_PSEUDO_BACK_MIN;
	return rc != OV_OK
	           ? rc
	           : ov_pseudo_later(st, domein, ep, due, "budget-op", e);
}

/* ---- rows ---- */

static bool
in_job(const struct ov_job *j, int64_t nr)
{
	for (size_t k = 0; k < j->n; k++)
		if (j->row[k].nr == nr)
			return true;
	return false;
}

static bool
under_way(const struct ov_store *st, int64_t nr)
{
	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++)
		if (st->pseudo->job[i].used && in_job(&st->pseudo->job[i], nr))
			return true;
	return false;
}

/* Take the rows that a query gives, up to max of the batch. */
static enum ov_rc
rows_take(struct ov_store *st, struct ov_job *j, size_t max, sqlite3_stmt *q,
    struct ov_err *e)
{
	struct ov_pseudo_row *r;
	int64_t tries;
	bool row = true;
	enum ov_rc rc = OV_OK;

	while (j->n < max && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		r = &j->row[j->n];
		r->nr = ov_db_i64(q, 0);
		if (under_way(st, r->nr) || in_job(j, r->nr))
			continue;
		if ((rc = ov_db_fix(q, 1, r->id, 16, e)) != OV_OK)
			break;
		tries = ov_db_i64(q, 2);
		if (tries > j->tries)
			j->tries = tries;
		j->n++;
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Numbers of the rows to take, those of a message that expires first in
 * front.  Both queries look at what they give and at little else: a domain
 * has as many rows as pupils, and a batch is 256. */
static enum ov_rc
rows_find(struct ov_store *st, struct ov_job *j, size_t max, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT l.nr,l.id,l.pogingen FROM uitgaand u CROSS JOIN leerling l"
	    " ON l.nr=u.leerling WHERE u.stand='WACHT-OP-PSEUDONIEM'"
	    " AND l.stand='wacht' AND l.due<=?3 AND l.domein=?1 AND l.ep=?2"
	    " GROUP BY l.nr ORDER BY min(u.exp),l.nr LIMIT 1280",
	    "tii", j->domein.s, (int64_t)j->ep, ov_now(st));
	if (rc == OV_OK)
		rc = rows_take(st, j, max, q, e);
	if (rc != OV_OK || j->n == max)
		return rc;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,id,pogingen FROM leerling WHERE stand='wacht'"
	    " AND domein=?1 AND ep=?2 AND due<=?3 ORDER BY due,nr LIMIT 1536",
	    "tii", j->domein.s, (int64_t)j->ep, ov_now(st));
	return rc == OV_OK ? rows_take(st, j, max, q, e) : rc;
}

/* One sealed number, to be opened; false: it cannot be. */
static enum ov_rc
row_sealed(struct ov_store *st, struct ov_pseudo_row *r, struct ov_buf *blob,
    bool *good, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;

	*good = false;
	rc = ov_key_get(st, r->id, r->wrap, e);
	if (rc == OV_BADMSG)
		return OV_OK; /* its key is gone */
	if (rc != OV_OK)
		return rc;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT pgn FROM leerling WHERE nr=?1 AND stand='wacht'", "i",
	    r->nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, good, e);
	if (rc == OV_OK && *good) {
		v = ov_db_blob(q, 0);
		ov_buf_add(blob, v.p, v.n);
		rc = ov_buf_ok(blob, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Open and blind up to 16 rows from `from`; good[i] false: set aside. */
static enum ov_rc
blind(struct ov_store *st, struct ov_job *j, size_t from, size_t n, bool *good,
    struct ov_err *e)
{
	OV_REPLY r = {0}, r2 = {0};
	struct ov_buf blob[BLIND_MAX] = {0};
	struct ov_v_read rq[BLIND_MAX] = {0};
	struct ov_v_text ra[BLIND_MAX];
	struct ov_v_blind bq[BLIND_MAX] = {0};
	struct ov_v_blinded ba[BLIND_MAX];
	size_t at[BLIND_MAX], m = 0, k = 0;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; rc == OV_OK && i < n; i++) {
		rc = row_sealed(st, &j->row[from + i], &blob[m], &good[i], e);
		if (rc != OV_OK || !good[i])
			continue;
		rq[m].table = OV_T_LEERLING;
		rq[m].col = 1;
		rq[m].ver = 1;
		memcpy(rq[m].id, j->row[from + i].id, 16);
		memcpy(rq[m].wrap, j->row[from + i].wrap, OV_WRAP);
		rq[m].blob = (struct ov_view){blob[m].p, blob[m].n};
		at[m++] = i;
	}
	if (rc == OV_OK && m > 0)
		rc = ov_vault(st, OV_V_READ, &ov_v_read_rec, rq, m,
		    &ov_v_text_rec, ra, &r, e);
	for (size_t i = 0; rc == OV_OK && i < m; i++) {
		if (ra[i].rc == OV_AGAIN || ra[i].rc == OV_SYS) {
			rc = ov_fail(e, OV_AGAIN, "vault: not ready");
			break;
		}
		if (ra[i].rc != OV_OK || ra[i].text.n != sizeof(bq[k].pgn)) {
			good[at[i]] = false;
			continue;
		}
		bq[k].slot = ov_job_slot(st, j) + (uint32_t)(from + at[i]);
		memcpy(bq[k].pgn, ra[i].text.p, sizeof(bq[k].pgn));
		at[k++] = at[i];
	}
	if (rc == OV_OK && k > 0)
		rc = ov_vault(st, OV_V_BLIND, &ov_v_blind_rec, bq, k,
		    &ov_v_blinded_rec, ba, &r2, e);
	sodium_memzero(bq, sizeof(bq));
	for (size_t i = 0; rc == OV_OK && i < k; i++) {
		if (ba[i].rc == OV_NOSPACE)
			rc = ov_fail(e, OV_NOSPACE, "vault: no slot");
		else if (ba[i].rc != OV_OK)
			good[at[i]] = false;
		else
			memcpy(j->b[from + at[i]], ba[i].b, 32);
	}
	for (size_t i = 0; i < BLIND_MAX; i++)
		ov_buf_free(&blob[i]);
	return rc;
}

/* Every row opened and blinded.  With one that cannot be read the batch is
 * begun again without it: slots and rows have the same numbers. */
static enum ov_rc
rows_blind(struct ov_store *st, struct ov_job *j, bool *ready, struct ov_err *e)
{
	bool good[BLIND_MAX];
	size_t n;
	enum ov_rc rc;

	*ready = true;
	for (size_t at = 0; at < j->n; at += n) {
		n = j->n - at < BLIND_MAX ? j->n - at : BLIND_MAX;
		if ((rc = blind(st, j, at, n, good, e)) != OV_OK)
			return rc;
		for (size_t i = 0; i < n; i++) {
			if (good[i])
				continue;
			*ready = false;
			rc = ov_pseudo_aside(st, j->row[at + i].nr, e);
			if (rc != OV_OK)
				return rc;
		}
	}
	return OV_OK;
}

/* ---- asking ---- */

static enum ov_rc
compose(struct ov_store *st, const struct ov_job *j, struct ov_share *s,
    struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_oprf_vraag *q = calloc(1, sizeof(*q));
	enum ov_rc rc;

	if (q == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	q->iss = st->self;
	q->aud = s->houder;
	q->iat = s->iat = ov_now(st);
	memcpy(q->regio, st->boek->regio, sizeof(q->regio));
	q->ep = j->ep;
	q->domein = j->domein;
	q->deel = s->deel;
	q->n = j->n;
	memcpy(q->b, j->b, 32 * j->n);
	rc = ov_oprf_vraag_compose(&payload, q, e);
	free(q);
	ov_buf_reset(&s->jws);
	if (rc == OV_OK)
		rc = ov_sign(st, OV_ST_OPRF,
		    (struct ov_view){payload.p, payload.n}, &s->jws, e);
	if (rc != OV_OK) /* counted before it is sent: it may be debited */
		return rc;
	/* Of requests that were not answered one counts: the holder's own
	 * count decides, and may be that of all of them. */
	if (s->vraag != 0)
		return ov_db_run(st->db, e,
		    "UPDATE oprf_vraag SET dag=?2,dubbel=dubbel+aantal"
		    " WHERE nr=?1",
		    "ii", s->vraag, ov_utc_day(s->iat));
	rc = ov_db_run(st->db, e,
	    "INSERT INTO oprf_vraag(domein,houder,ep,dag,aantal)"
	    " VALUES(?1,?2,?3,?4,?5)",
	    "ttiii", j->domein.s, s->houder.s, (int64_t)j->ep,
	    ov_utc_day(s->iat), (int64_t)j->n);
	if (rc == OV_OK)
		s->vraag = ov_db_last(st->db);
	return rc;
}

struct asked {
	uint64_t serial;
	size_t share;
	int64_t vraag;
};

/* A problem document: its code, and what a 429 and a 422 add. */
static void
problem_read(struct ov_view body, struct ov_held *h)
{
	static const char urn[] = "urn:overstap:fout:";
	OV_JSON *j = NULL;
	struct ov_view v;
	json_t *x;

	if (ov_json_parse(body.p, body.n, OV_ANSWER_MAX, &j, NULL) != OV_OK)
		return;
	v = ov_json_view(json_object_get(j, "type"));
	if (v.n > sizeof(urn) - 1 && memcmp(v.p, urn, sizeof(urn) - 1) == 0)
		h->fout = ov_fout_from((struct ov_view){v.p + sizeof(urn) - 1,
		    v.n - (sizeof(urn) - 1)});
	x = json_object_get(j, "resterend");
	if (ov_json_int(x, OV_JSON_INT_MAX, &h->rest) != OV_OK)
		h->rest = 0;
}

/* Refusals that a holder may take back once he has the book that we have. */
static bool
by_old_book(const struct ov_store *st, const struct ov_n_result *r,
    enum ov_fout f)
{
	if (r->adresboek == 0 || r->adresboek >= st->boek->versie)
		return false;
	return f == OV_FOUT_BUDGET_OP || f == OV_FOUT_DOMEIN_NIET_TOEGESTAAN ||
	       f == OV_FOUT_EPOCH_GESLOTEN || f == OV_FOUT_INVOER_ONGELDIG;
}

static void
fetched(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct asked *a = arg;
	struct ov_held *h = calloc(1, sizeof(*h));
	struct ov_err e = {0};
	struct ov_job *j;
	uint16_t status = r->status;
	bool known = false;
	enum ov_rc rc;

	if (h == NULL) {
		status = 0;
	} else if (status == 200) {
		if (r->ctype != OV_CT_JSON ||
		    ov_oprf_antwoord_parse(r->body.p, r->body.n, &h->a, NULL) !=
		        OV_OK)
			h->a.n = 0; /* does not answer what was asked */
	} else if (status != 0) {
		problem_read(r->body, h);
		h->retry = r->retry;
		if (by_old_book(st, r, h->fout)) {
			h->fout = OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
			h->retry = 0;
			status = 503;
		}
	}
	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++) {
		static const struct ov_held none;

		j = &st->pseudo->job[i];
		if (!j->used || j->serial != a->serial)
			continue;
		known = true;
		rc = ov_job_answer(st, j, &j->share[a->share], status,
		    h != NULL ? h : &none, &e);
		if (rc != OV_OK) {
			ov_log(OV_LOG_ERROR,
			    "event=pseudonym-answer fault=\"%s\"", e.msg);
			if (ov_rc_class(rc) == OV_CL_STOP)
				ov_store_fatal(st, &e);
		}
	}
	/* Refused, and its job is over: it does not count as asked. */
	if (!known && h != NULL && h->fout != OV_FOUT_GEEN &&
	    ov_vraag_drop(st, a->vraag, &e) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=pseudonym-count fault=\"%s\"",
		    e.msg);
	free(h);
	free(a);
	ov_pseudo_kick(st);
}

/* The share is ours: no network to oneself, the same checks and debit. */
static enum ov_rc
ask_self(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    const struct ov_lid *lid, struct ov_err *e)
{
	struct ov_held *h = calloc(1, sizeof(*h));
	enum ov_rc rc;

	if (h == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_holder_evaluate(st, lid, (struct ov_view){s->jws.p, s->jws.n},
	    h, e);
	if (rc == OV_OK)
		rc = ov_job_answer(st, j, s,
		    h->fout == OV_FOUT_GEEN ? 200
		                            : (uint16_t)ov_fout_status(h->fout),
		    h, e);
	free(h);
	return rc;
}

static void
ask_other(struct ov_store *st, const struct ov_job *j, struct ov_share *s,
    const struct ov_lid *lid)
{
	struct ov_fetch f = {.post = true,
	    .ctype = OV_CT_JOSE,
	    .path = "/v1/oprf/evalueer",
	    .body = {s->jws.p, s->jws.n},
	    .max = OV_ANSWER_MAX};
	struct asked *a = malloc(sizeof(*a));

	s->asked = ov_now(st);
	s->due = s->asked + SOON;
	if (a == NULL)
		return;
	a->serial = j->serial;
	a->share = (size_t)(s - j->share);
	a->vraag = s->vraag;
	if (ov_fetch(st, lid, &f, false, fetched, a, NULL) != OV_OK)
		free(a);
	else
		s->state = OV_SHARE_ASKED;
}

enum ov_rc
ov_job_ask(struct ov_store *st, struct ov_job *j, struct ov_err *e)
{
	const struct ov_lid *lid;
	struct ov_share *s;
	enum ov_rc rc;

	for (size_t i = 0; j->used && i < j->nshare; i++) {
		s = &j->share[i];
		if (s->state != OV_SHARE_DUE || s->due > ov_now(st))
			continue;
		lid = ov_book_oin(st->boek, &s->houder);
		if (lid == NULL || lid->status != OV_LID_ACTIEF)
			return ov_job_later(st, j, "houder-weg", e);
		/* The same request for as long as it is free. */
		if ((s->jws.n == 0 ||
		        ov_now(st) - s->iat >= OV_OPRF_REPEAT_S) &&
		    (rc = compose(st, j, s, e)) != OV_OK)
			return rc;
		if (!ov_oin_eq(&s->houder, &st->self))
			ask_other(st, j, s, lid);
		else if ((rc = ask_self(st, j, s, lid, e)) != OV_OK)
			return rc;
	}
	return OV_OK;
}

/* ---- starting ---- */

static enum ov_rc
start(struct ov_store *st, struct ov_job *j, bool *started, struct ov_err *e)
{
	const struct ov_book_epoch *ep;
	size_t max;
	bool ready = false;
	enum ov_rc rc;

	if ((rc = allowance(st, &j->domein, j->ep, &max, e)) != OV_OK ||
	    max == 0)
		return rc;
	ep = ov_book_epoch_of(st->boek, j->ep);
	rc = shares(st, ep, j, &ready, e);
	if (rc == OV_DENIED) /* the manifest is older than the member */
		return ov_pseudo_later(st, &j->domein, j->ep,
		    ov_now(st) + OV_PSEUDO_BACK_MAX, "sleutel-ontbreekt", e);
	if (rc != OV_OK || !ready)
		return rc;
	if ((rc = rows_find(st, j, max, e)) != OV_OK || j->n == 0 ||
	    (rc = rows_blind(st, j, &ready, e)) != OV_OK)
		return rc;
	*started = ready;
	return OV_OK;
}

enum ov_rc
ov_job_start(struct ov_store *st, const struct ov_oin *domein, uint32_t ep,
    bool *started, struct ov_err *e)
{
	struct ov_job *j = NULL;
	enum ov_rc rc;

	*started = false;
	for (size_t i = 0; i < OV_PSEUDO_JOBS && j == NULL; i++)
		if (!st->pseudo->job[i].used)
			j = &st->pseudo->job[i];
	if (j == NULL)
		return OV_OK;
	j->domein = *domein;
	j->ep = ep;
	rc = start(st, j, started, e);
	if (rc != OV_OK || !*started) {
		ov_job_end(j);
		return rc;
	}
	j->serial = ++st->pseudo->serial;
	j->used = true;
	return ov_job_ask(st, j, e);
}
