/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo_answer.c - one batch of pseudonyms on its way back: what
 * each holder said, the proof of each share, and the pseudonyms kept
 * (docs/protocol.md, "Pseudonyms").
 */
#include <string.h>

#include <sodium.h>

#include "daemon/store/pseudo.h"

#define FINISH_MAX 16
#define DAY 86400

/* ---- what a holder says is left ---- */

static enum ov_rc
rest_keep(struct ov_store *st, const struct ov_job *j, const struct ov_share *s,
    uint64_t rest, int64_t niet_voor, struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO oprf_rest(domein,deel,ep,rest,tijd,niet_voor)"
	    " VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT DO UPDATE SET"
	    " rest=excluded.rest,tijd=excluded.tijd,"
	    "niet_voor=excluded.niet_voor",
	    "tiiiii", j->domein.s, (int64_t)s->deel, (int64_t)j->ep,
	    (int64_t)rest, ov_now(st), niet_voor);
}

enum ov_rc
ov_vraag_drop(struct ov_store *st, int64_t vraag, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "DELETE FROM oprf_vraag WHERE nr=?1 AND dubbel=0", "i", vraag);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE oprf_vraag SET aantal=0 WHERE nr=?1", "i", vraag);
	return rc;
}

/* The holder did not debit this request. */
static enum ov_rc
not_debited(struct ov_store *st, struct ov_share *s, struct ov_err *e)
{
	int64_t nr = s->vraag;

	s->vraag = 0;
	ov_buf_reset(&s->jws);
	return nr == 0 ? OV_OK : ov_vraag_drop(st, nr, e);
}

static enum ov_rc
budget_op(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    const struct ov_held *h, struct ov_err *e)
{
	int64_t now = ov_now(st), due;
	uint64_t rest = h->rest < j->n ? h->rest : 0;
	enum ov_rc rc;

	/* Tomorrow at the latest, also where the year's budget is gone: the
	 * holder may not have had the book yet that raised it. */
	due = (ov_utc_day(now) + 1) * DAY;
	if (h->retry != 0 && now + (int64_t)h->retry < due)
		due = now + (int64_t)h->retry;
	if ((rc = not_debited(st, s, e)) != OV_OK ||
	    (rc = rest_keep(st, j, s, rest, rest > 0 ? 0 : due, e)) != OV_OK)
		return rc;
	/* A smaller batch now, or the rest of them then. */
	if (rest == 0)
		rc = ov_pseudo_later(st, &j->domein, j->ep, due, "budget-op",
		    e);
	ov_log(OV_LOG_INFO, "event=budget-used domain=%s share=%u", j->domein.s,
	    (unsigned)s->deel);
	ov_job_end(j);
	return rc;
}

/* ---- a holder that is wrong ---- */

/* Nothing that this holder said is used, and its domains wait for a person. */
static enum ov_rc
proof_bad(struct ov_store *st, const struct ov_oin *houder, struct ov_err *e)
{
	struct ov_oin who = *houder; /* lies in a job */
	struct ov_job *j;
	int64_t id = 0;
	bool his;
	enum ov_rc rc;

	if ((rc = ov_partner_id(st, &who, &id, e)) != OV_OK)
		return rc;
	ov_alarm(st, "oprf-bewijs-ongeldig", id);
	for (size_t i = 0; i < OV_PSEUDO_JOBS; i++) {
		j = &st->pseudo->job[i];
		his = false;
		for (size_t k = 0; j->used && k < j->nshare; k++)
			his = his || ov_oin_eq(&j->share[k].houder, &who);
		if (!his)
			continue;
		rc = ov_pseudo_block(st, &j->domein, j->ep,
		    "oprf-bewijs-ongeldig", e);
		ov_job_end(j);
		if (rc != OV_OK)
			return rc;
	}
	return OV_OK;
}

/* ---- answers ---- */

static enum ov_rc
good(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    const struct ov_oprf_antwoord *a, struct ov_err *e)
{
	if (a->n != j->n || a->ep != j->ep || a->deel != s->deel ||
	    strcmp(a->regio, st->boek->regio) != 0 ||
	    !ov_oin_eq(&a->domein, &j->domein) ||
	    memcmp(a->pk, s->pk, 32) != 0 ||
	    ov_oprf_verify_init(&s->v, s->pk, j->n, a->bewijs, NULL) != OV_OK)
		return proof_bad(st, &s->houder, e);
	memcpy(s->e, a->e, 32 * j->n);
	s->left = a->resterend;
	s->state = OV_SHARE_VERIFY;
	return OV_OK;
}

/* Later, with the same request for as long as it is free. */
static void
again(struct ov_store *st, struct ov_share *s, uint32_t retry)
{
	int64_t due = ov_pseudo_backoff(st, s->tries);

	if (s->tries < 16)
		s->tries++;
	/* What the holder says, where that is no longer than an hour. */
	s->told = retry > 0 && retry < OV_PSEUDO_BACK_MAX;
	if (s->told)
		due = ov_now(st) + (int64_t)retry;
	s->due = due;
	s->state = OV_SHARE_DUE;
}

/* Our clock or his: a new request, at once when the old one was only old. */
static enum ov_rc
late(struct ov_store *st, struct ov_share *s, struct ov_err *e)
{
	bool old = ov_now(st) - s->iat >= OV_KLOK_SPELING_S;
	int64_t id;
	enum ov_rc rc;

	if ((rc = not_debited(st, s, e)) != OV_OK)
		return rc;
	again(st, s, 0);
	if (old) {
		s->due = ov_now(st);
		return OV_OK;
	}
	if ((rc = ov_partner_id(st, &s->houder, &id, e)) == OV_OK)
		ov_alarm(st, "tijd-afwijkend", id);
	return rc;
}

/* Refused for a reason that a repetition does not change. */
static enum ov_rc
refused(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    enum ov_fout f, bool lasting, struct ov_err *e)
{
	const char *code = f != OV_FOUT_GEEN ? ov_fout_code(f) : "geweigerd";
	int64_t id;
	enum ov_rc rc;

	if ((rc = not_debited(st, s, e)) != OV_OK ||
	    (rc = ov_partner_id(st, &s->houder, &id, e)) != OV_OK)
		return rc;
	ov_alarm(st, code, id);
	if (!lasting)
		return ov_job_later(st, j, code, e);
	rc = ov_pseudo_block(st, &j->domein, j->ep, code, e);
	ov_job_end(j);
	return rc;
}

static enum ov_rc
answer(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    uint16_t status, const struct ov_held *h, struct ov_err *e)
{
	if (status == 200 && h->fout == OV_FOUT_GEEN)
		return good(st, j, s, &h->a, e);
	if (h->fout == OV_FOUT_BUDGET_OP)
		return budget_op(st, j, s, h, e);
	if (h->fout == OV_FOUT_TIJD_AFWIJKEND)
		return late(st, s, e);
	if (h->fout == OV_FOUT_DOMEIN_NIET_TOEGESTAAN ||
	    h->fout == OV_FOUT_EPOCH_GESLOTEN ||
	    h->fout == OV_FOUT_PARTIJ_KOMT_NIET_OVEREEN)
		return refused(st, j, s, h->fout, true, e);
	/* 400 is also what a holder says that does not know our new key. */
	if (ov_fout_after(status, h->fout) == OV_AFTER_REFUSED)
		return refused(st, j, s, h->fout, false, e);
	again(st, s, h->retry);
	return OV_OK;
}

enum ov_rc
ov_job_answer(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    uint16_t status, const struct ov_held *h, struct ov_err *e)
{
	enum ov_rc rc = answer(st, j, s, status, h, e);

	if (rc != OV_OK && j->used)
		ov_job_end(j); /* its rows are due, and begin again */
	return rc;
}

/* ---- proofs ---- */

static enum ov_rc
verify_slice(struct ov_store *st, struct ov_job *j, struct ov_share *s,
    struct ov_err *e)
{
	size_t at = s->v.done, n = j->n - at;
	enum ov_rc rc;

	if (n > OV_PSEUDO_SLICE)
		n = OV_PSEUDO_SLICE;
	rc = ov_oprf_verify_add(&s->v, j->b[at], s->e[at], n, NULL);
	if (rc == OV_OK && s->v.done < j->n)
		return OV_OK;
	if (rc == OV_OK)
		rc = ov_oprf_verify_final(&s->v, NULL);
	if (rc != OV_OK)
		return proof_bad(st, &s->houder, e);
	s->state = OV_SHARE_GOOD;
	return OV_OK;
}

/* ---- the end ---- */

/* The vault adds the shares up and seals; 16 a call. */
static enum ov_rc
finish_some(struct ov_store *st, struct ov_job *j, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_finish q[FINISH_MAX] = {0};
	size_t n = j->n - j->nfin, at;
	enum ov_rc rc;

	if (n > FINISH_MAX)
		n = FINISH_MAX;
	for (size_t i = 0; i < n; i++) {
		at = j->nfin + i;
		q[i].slot = ov_job_slot(st, j) + (uint32_t)at;
		q[i].shares = (uint8_t)j->nshare;
		for (size_t k = 0; k < j->nshare; k++)
			memcpy(q[i].e + 32 * k, j->share[k].e[at], 32);
		memcpy(q[i].pupil, j->row[at].id, 16);
		/* The KEK may have been rotated since it was asked.  One that
		 * is gone meanwhile is refused by the vault. */
		memcpy(q[i].wrap, j->row[at].wrap, OV_WRAP);
		rc = ov_key_get(st, j->row[at].id, q[i].wrap, e);
		if (rc != OV_OK && rc != OV_BADMSG)
			return rc;
	}
	rc = ov_vault(st, OV_V_FINISH, &ov_v_finish_rec, q, n,
	    &ov_v_finished_rec, &j->fin[j->nfin], &r, e);
	if (rc == OV_OK)
		j->nfin += n;
	return rc;
}

static enum ov_rc
row_write(struct ov_store *st, const struct ov_job *j, size_t i, int64_t due,
    struct ov_err *e)
{
	const struct ov_v_finished *f = &j->fin[i];

	switch (f->rc) {
	case OV_OK: /* the number goes with the same commit */
		return ov_db_run(st->db, e,
		    "UPDATE leerling SET stand='gecachet',y=?2,pgn=NULL,due=0,"
		    "pogingen=0,reden=NULL WHERE nr=?1 AND stand='wacht'",
		    "ib", j->row[i].nr, (const void *)f->y, sizeof(f->y));
	case OV_AGAIN: /* the vault has started anew */
	case OV_NOSPACE:
	case OV_SYS:
		return ov_db_run(st->db, e,
		    "UPDATE leerling SET due=?2,pogingen=pogingen+1"
		    " WHERE nr=?1 AND stand='wacht'",
		    "ii", j->row[i].nr, due);
	default:
		return ov_pseudo_aside(st, j->row[i].nr, e);
	}
}

static enum ov_rc
job_write(struct ov_store *st, struct ov_job *j, struct ov_err *e)
{
	int64_t due = ov_pseudo_backoff(st, j->tries);
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; rc == OV_OK && i < j->n; i++)
		rc = row_write(st, j, i, due, e);
	for (size_t i = 0; rc == OV_OK && i < j->nshare; i++)
		rc = rest_keep(st, j, &j->share[i], j->share[i].left, 0, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK) {
		ov_tx_abort(st);
		return rc; /* the job stays; it is written in a later turn */
	}
	ov_log(OV_LOG_INFO, "event=pseudonyms domain=%s epoch=%u rows=%zu",
	    j->domein.s, (unsigned)j->ep, j->n);
	ov_use_own(st, &j->domein, j->ep);
	ov_job_end(j);
	ov_deliver_kick(st);
	ov_link_kick(st);
	return OV_OK;
}

enum ov_rc
ov_job_turn(struct ov_store *st, struct ov_job *j, bool *more, struct ov_err *e)
{
	size_t good_n = 0;
	enum ov_rc rc;

	for (size_t i = 0; j->used && i < j->nshare; i++) {
		if (j->share[i].state == OV_SHARE_VERIFY) {
			*more = true;
			return verify_slice(st, j, &j->share[i], e);
		}
		good_n += j->share[i].state == OV_SHARE_GOOD;
	}
	if (!j->used || good_n < j->nshare)
		return OV_OK;
	if (j->nfin < j->n) {
		*more = true;
		if ((rc = finish_some(st, j, e)) != OV_OK || j->nfin < j->n)
			return rc;
	}
	*more = true;
	return job_write(st, j, e);
}
