/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/holder.c - the holder of a share, as its partners see it:
 * evaluation, manifests, counters (docs/protocol.md, "Holders").
 *
 * What is judged here is who asks and in what form; budgets, keys and time are
 * the houder's own (daemon/houder/houder.h).
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/pseudo.h"
#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/json.h"

#define BUDGETS 1024                /* lines in one packet */
#define OLD_S ((int64_t)30 * 86400) /* a replaced manifest is still given */
#define LEAVES_BACK 16384 /* looked through for a repetition after a start */

/* ---- budgets ---- */

static uint32_t
u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static enum ov_rc
budgets_send(struct ov_store *st, const struct ov_h_budget *q, size_t n,
    struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_rc *a = calloc(n, sizeof(*a));
	size_t got;
	enum ov_rc rc;

	if (a == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_houder(st, OV_H_BUDGET, &ov_h_budget_rec, q, n, &ov_v_rc_rec, a,
	    n, &got, &r, e);
	for (size_t i = 0; rc == OV_OK && i < got; i++)
		if (a[i].rc != OV_OK)
			rc = ov_fail(e, OV_BADMSG, "houder refuses a budget");
	free(a);
	return rc;
}

static enum ov_rc
budgets_all(struct ov_store *st, struct ov_err *e)
{
	struct ov_h_budget *q = calloc(BUDGETS, sizeof(*q));
	const struct ov_book_epoch *ep;
	const struct ov_book_budget *b;
	size_t n = 1; /* the first is all zero: the old lines go */
	enum ov_rc rc = OV_OK;

	if (q == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	for (size_t i = 0; rc == OV_OK && i < st->boek->nepoch; i++) {
		ep = &st->boek->epoch[i];
		if (ep->status == OV_EPOCH_VERNIETIGD)
			continue;
		for (size_t k = 0; rc == OV_OK && k < st->boek->nbudget; k++) {
			b = &st->boek->budget[k];
			memcpy(q[n].client, b->client.s, 20);
			memcpy(q[n].domain, b->domein.s, 20);
			q[n].ep = ep->ep;
			q[n].jaar = u32(b->jaar);
			q[n].dag = u32(b->dag);
			q[n].dag_na = u32(b->dag_na);
			q[n].dag_tot = b->dag_tot <= 0
			                   ? 0
			                   : (uint64_t)b->dag_tot * 86400;
			if (++n == BUDGETS) {
				rc = budgets_send(st, q, n, e);
				n = 0;
			}
		}
	}
	if (rc == OV_OK && n > 0)
		rc = budgets_send(st, q, n, e);
	free(q);
	return rc;
}

void
ov_holder_book(struct ov_store *st)
{
	struct ov_err e = {0};
	enum ov_rc rc;

	if (st->env.houder == NULL || st->boek == NULL)
		return;
	if ((rc = budgets_all(st, &e)) != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=holder-budgets fault=\"%s\"",
		    e.msg);
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(st, &e);
	}
}

/* ---- repetitions ---- */

/* Is this a repetition within the time that the debit of the first counts?
 * Of what was logged before we started only the hour is known; a debit of it
 * can count while "off", the seconds since its iat, is below `before`. */
static bool
held_recent(const struct ov_store *st, const uint8_t sha[32], int64_t off,
    int64_t before)
{
	const struct ov_pseudo *p = st->pseudo;

	for (size_t i = 0; i < OV_HELD_RECENT && i < p->nheld; i++)
		if (memcmp(p->held[i].sha, sha, 32) == 0)
			return p->held[i].at == 0 ? off <= before
			                          : ov_now(st) - p->held[i].at <
			                                OV_OPRF_REPEAT_S;
	return false;
}

static void
held_note(struct ov_store *st, const uint8_t sha[32], int64_t at)
{
	struct ov_pseudo *p = st->pseudo;
	size_t i = p->nheld++ % OV_HELD_RECENT;

	memcpy(p->held[i].sha, sha, 32);
	p->held[i].at = at;
}

/* Once after a start: the requests that were logged before it, of which a
 * debit can still count.  A leaf tells the hour. */
static enum ov_rc
held_load(struct ov_store *st, struct ov_err *e)
{
	int64_t size = (int64_t)st->log.was.size, now = ov_now(st);
	struct ov_leaf leaf;
	struct ov_view v;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	if (st->pseudo->held_loaded)
		return OV_OK;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT tekst FROM blad WHERE idx>=?1 ORDER BY idx", "i",
	    size > LEAVES_BACK ? size - LEAVES_BACK : 0);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		v = ov_db_blob(q, 0);
		if (ov_leaf_parse(v.p, v.n, &leaf, NULL) == OV_OK &&
		    leaf.soort == OV_LEAF_OPRF &&
		    now - leaf.tijd < 3600 + OV_OPRF_REPEAT_S)
			held_note(st, leaf.ref, 0);
	}
	ov_db_done(st->db, q);
	st->pseudo->held_loaded = rc == OV_OK;
	return rc;
}

/* ---- one request ---- */

static enum ov_fout
ask_parse(const struct ov_store *st, const struct ov_lid *lid,
    struct ov_view jws, struct ov_oprf_vraag *q)
{
	OV_BUF payload = {0};
	struct ov_jws j;
	const uint8_t *pk;

	if (ov_jws_split(jws.p, jws.n, OV_TYP_OPRF_VRAAG, &j, &payload, NULL) !=
	        OV_OK ||
	    (pk = ov_lid_key(st->boek, lid, j.kid, ov_now(st))) == NULL ||
	    ov_jws_verify(&j, pk, NULL) != OV_OK ||
	    ov_oprf_vraag_parse(payload.p, payload.n, q, NULL) != OV_OK ||
	    strcmp(q->regio, st->boek->regio) != 0)
		return OV_FOUT_INVOER_ONGELDIG;
	if (!ov_oin_eq(&q->iss, &lid->oin) || !ov_oin_eq(&q->aud, &st->self))
		return OV_FOUT_PARTIJ_KOMT_NIET_OVEREEN;
	return OV_FOUT_GEEN;
}

static bool
share_ours(const struct ov_store *st, const struct ov_book_epoch *ep,
    uint8_t deel)
{
	for (size_t i = 0; i < ep->ndeel; i++)
		for (size_t k = 0; k < ep->deel[i].n; k++)
			if (ep->deel[i].deel == deel &&
			    ov_oin_eq(&ep->deel[i].houder[k], &st->self))
				return true;
	return false;
}

/* Domain, epoch, share, elements: by the book. */
static enum ov_fout
ask_judge(const struct ov_store *st, const struct ov_lid *lid,
    const struct ov_oprf_vraag *q, uint32_t *index)
{
	const struct ov_book_epoch *ep;
	bool own = ov_oin_eq(&q->domein, &lid->oin), full;

	if (ov_book_budget_of(st->boek, &lid->oin, &q->domein) == NULL)
		return OV_FOUT_DOMEIN_NIET_TOEGESTAAN;
	if ((ep = ov_book_epoch_of(st->boek, q->ep)) == NULL)
		return OV_FOUT_EPOCH_ONBEKEND;
	if (!share_ours(st, ep, q->deel))
		return OV_FOUT_DEEL_ONBEKEND;
	full = ep->status == OV_EPOCH_ACTIEF && ep->van <= ov_now(st);
	if (ep->status == OV_EPOCH_VERNIETIGD || (!full && !own))
		return OV_FOUT_EPOCH_GESLOTEN;
	for (size_t i = 0; i < q->n; i++) {
		if (!ov_oprf_element_ok(q->b[i])) {
			*index = (uint32_t)i;
			return OV_FOUT_ELEMENT_ONGELDIG;
		}
	}
	return OV_FOUT_GEEN;
}

static enum ov_rc
leaf_put(struct ov_store *st, enum ov_leaf_soort soort,
    const struct ov_oprf_vraag *q, const uint8_t sha[32], struct ov_err *e)
{
	struct ov_leaf leaf = {.tijd = ov_now(st),
	    .soort = soort,
	    .partij = q->iss,
	    .domein = q->domein,
	    .epoch = q->ep,
	    .deel = q->deel,
	    .aantal = (uint32_t)q->n};
	uint64_t idx;
	enum ov_rc rc;

	memcpy(leaf.ref, sha, 32);
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	st->leaves = true;
	rc = ov_slog_add(&st->log, &leaf, &idx, NULL, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static enum ov_rc
houder_ask(struct ov_store *st, const struct ov_oprf_vraag *q,
    const uint8_t sha[32], struct ov_reply *r, struct ov_h_evaluated *a,
    struct ov_err *e)
{
	struct ov_h_evaluate h = {.ep = q->ep,
	    .share = q->deel,
	    .n = (uint16_t)q->n,
	    .now = (uint64_t)ov_now(st),
	    .elements = {&q->b[0][0], 32 * q->n}};
	size_t got;
	enum ov_rc rc;

	memcpy(h.client, q->iss.s, 20);
	memcpy(h.domain, q->domein.s, 20);
	memcpy(h.sha_jws, sha, 32);
	rc = ov_houder(st, OV_H_EVALUATE, &ov_h_evaluate_rec, &h, 1,
	    &ov_h_evaluated_rec, a, 1, &got, r, e);
	if (rc == OV_OK && got != 1)
		rc = ov_fail(e, OV_BADMSG, "houder: no answer");
	if (rc == OV_OK && a->rc == OV_OK && a->elements.n != h.elements.n)
		rc = ov_fail(e, OV_BADMSG, "houder: elements");
	return rc;
}

static enum ov_rc
houder_answer(struct ov_store *st, const struct ov_oprf_vraag *q,
    const uint8_t sha[32], const struct ov_h_evaluated *a, struct ov_held *out,
    struct ov_err *e)
{
	enum ov_rc rc;

	switch (a->rc) {
	case OV_OK:
		memcpy(out->a.regio, q->regio, sizeof(out->a.regio));
		out->a.ep = q->ep;
		out->a.domein = q->domein;
		out->a.deel = q->deel;
		memcpy(out->a.pk, a->pk, 32);
		out->a.n = q->n;
		memcpy(out->a.e, a->elements.p, a->elements.n);
		memcpy(out->a.bewijs, a->proof, 64);
		out->a.resterend = a->left;
		ov_use_held(st, &q->iss, &q->domein,
		    &(struct ov_use){a->day, a->year, a->before});
		return OV_OK;
	case OV_NOSPACE: {
		int64_t partner = 0;

		out->fout = OV_FOUT_BUDGET_OP;
		out->retry = a->retry;
		out->rest = a->left;
		rc = leaf_put(st, OV_LEAF_WEIGERING, q, sha, e);
		if (rc == OV_OK)
			rc = ov_partner_id(st, &q->iss, &partner, e);
		if (rc == OV_OK)
			ov_alarm(st, "budget-op", partner);
		return rc;
	}
	case OV_AGAIN:
		out->fout = OV_FOUT_TE_VEEL;
		out->retry = a->retry;
		return OV_OK;
	case OV_BADMSG:
		out->fout = OV_FOUT_ELEMENT_ONGELDIG;
		out->index = a->index;
		return OV_OK;
	case OV_DENIED:
		out->fout = OV_FOUT_DOMEIN_NIET_TOEGESTAAN;
		return OV_OK;
	case OV_DAMAGED: /* the book says it is ours, and there is no seed */
		ov_alarm(st, "houder-zonder-deel", 0);
		out->fout = OV_FOUT_DEEL_ONBEKEND;
		return OV_OK;
	default:
		out->fout = OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
		return OV_OK;
	}
}

/* A request that passed: leaf, debit, computation. */
static enum ov_rc
evaluate(struct ov_store *st, const struct ov_oprf_vraag *q,
    const uint8_t sha[32], struct ov_held *out, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_h_evaluated a = {0};
	enum ov_rc rc;

	/* One leaf per debit, whatever became of the first request.  One that is
	 * as fresh as a new one was first accepted at most twice the clocks' play
	 * ago, which is not longer than its debit counts. */
	_Static_assert(2 * OV_KLOK_SPELING_S <= OV_OPRF_REPEAT_S,
	    "a repetition");
	if (!held_recent(st, sha, ov_now(st) - q->iat, OV_KLOK_SPELING_S)) {
		if ((rc = leaf_put(st, OV_LEAF_OPRF, q, sha, e)) != OV_OK)
			return rc;
		held_note(st, sha, ov_now(st));
	}
	rc = houder_ask(st, q, sha, &r, &a, e);
	if (rc == OV_OK && a.rc == OV_DENIED) {
		/* It has started anew and forgot the book. */
		rc = budgets_all(st, e);
		if (rc == OV_OK)
			rc = houder_ask(st, q, sha, &r, &a, e);
	}
	return rc != OV_OK ? rc : houder_answer(st, q, sha, &a, out, e);
}

enum ov_rc
ov_holder_evaluate(struct ov_store *st, const struct ov_lid *lid,
    struct ov_view jws, struct ov_held *out, struct ov_err *e)
{
	struct ov_oprf_vraag q;
	uint8_t sha[32];
	int64_t off;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((out->fout = ask_parse(st, lid, jws, &q)) != OV_FOUT_GEEN)
		return OV_OK;
	if (ov_sha256(sha, jws.p, jws.n) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	if ((rc = held_load(st, e)) != OV_OK)
		return rc;
	off = ov_now(st) - q.iat;
	if ((off > OV_KLOK_SPELING_S || off < -OV_KLOK_SPELING_S) &&
	    !held_recent(st, sha, off,
	        off < 0 ? -1 : OV_OPRF_REPEAT_S + OV_KLOK_SPELING_S)) {
		out->fout = OV_FOUT_TIJD_AFWIJKEND;
		return OV_OK;
	}
	if ((out->fout = ask_judge(st, lid, &q, &out->index)) != OV_FOUT_GEEN)
		return OV_OK;
	if (!ov_boek_sends(st) || st->stop_signing) {
		out->fout = OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
		return OV_OK;
	}
	return evaluate(st, &q, sha, out, e);
}

/* ---- over the wire ---- */

static void
failed(struct ov_store *st, const struct ov_n_request *r, enum ov_rc rc,
    const struct ov_err *e)
{
	ov_log(OV_LOG_ERROR, "event=holder route=%u fault=\"%s\"", r->route,
	    e->msg);
	ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, e);
}

static void
refuse(struct ov_store *st, const struct ov_n_request *r,
    const struct ov_held *h)
{
	OV_BUF b = {0};
	OV_JSON *extra = NULL;
	char tijd[OV_MOMENT_SIZE];
	uint32_t retry = h->retry;

	if (h->fout == OV_FOUT_ELEMENT_ONGELDIG) {
		extra = json_pack("{s:I}", "index", (json_int_t)h->index);
	} else if (h->fout == OV_FOUT_BUDGET_OP) {
		extra = json_pack("{s:I}", "resterend", (json_int_t)h->rest);
	} else if (h->fout == OV_FOUT_TIJD_AFWIJKEND) {
		ov_moment_fmt(tijd, ov_now(st));
		extra = json_pack("{s:s}", "tijd", tijd);
	}
	if (retry == 0 && ov_fout_status(h->fout) == 503)
		retry = 5;
	ov_fout_problem(&b, h->fout, extra);
	ov_answer(st, r, (uint16_t)ov_fout_status(h->fout), OV_CT_PROBLEM,
	    retry, (struct ov_view){b.p, b.n});
}

static void
serve_evaluate(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	OV_BUF b = {0};
	struct ov_held *h = malloc(sizeof(*h));
	struct ov_err e = {0};
	enum ov_rc rc;

	if (h == NULL) {
		ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
		return;
	}
	rc = ov_holder_evaluate(st, lid, r->body, h, &e);
	/* What its newer book allows ours does not know yet: it is on its way
	 * (role.c asked for it), so this is no lasting refusal. */
	if (rc == OV_OK && r->adresboek > st->boek->versie &&
	    (h->fout == OV_FOUT_BUDGET_OP ||
	        h->fout == OV_FOUT_DOMEIN_NIET_TOEGESTAAN ||
	        h->fout == OV_FOUT_EPOCH_GESLOTEN ||
	        h->fout == OV_FOUT_EPOCH_ONBEKEND))
		h->fout = OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
	if (rc == OV_OK && h->fout == OV_FOUT_GEEN)
		rc = ov_oprf_antwoord_compose(&b, &h->a, &e);
	if (rc != OV_OK)
		failed(st, r, rc, &e);
	else if (h->fout != OV_FOUT_GEEN)
		refuse(st, r, h);
	else
		ov_answer(st, r, 200, OV_CT_JSON, 0,
		    (struct ov_view){b.p, b.n});
	free(h);
}

static void
serve_manifest(struct ov_store *st, const struct ov_n_request *r)
{
	struct ov_err e = {0};
	sqlite3_stmt *q;
	bool row = false, any = (r->has & OV_HAS_DIGEST) == 0;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, &e,
	    "SELECT CAST(jws AS BLOB) FROM manifest WHERE houder=?1 AND ep=?2"
	    " AND (sha256=?3 OR (?4 AND vervangen=0))"
	    " AND (vervangen=0 OR vervangen>?5) ORDER BY gemaakt DESC LIMIT 1",
	    "tibii", st->self.s, (int64_t)r->num1, (const void *)r->digest,
	    sizeof(r->digest), (int64_t)any, ov_now(st) - OLD_S);
	if (rc == OV_OK)
		rc = ov_db_next(st->db, q, &row, &e);
	if (rc != OV_OK)
		failed(st, r, rc, &e);
	else if (row)
		ov_answer(st, r, 200, OV_CT_JOSE, 0, ov_db_blob(q, 0));
	else
		ov_answer_fout(st, r, "epoch-onbekend", NULL);
	ov_db_done(st->db, q);
}

enum ov_rc
ov_holder_usage(struct ov_store *st, const struct ov_oin *client, uint32_t ep,
    struct ov_oprf_dag *out, size_t *n, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_h_usage q = {.ep = ep};
	struct ov_h_used *a = calloc(OV_USAGE_MAX, sizeof(*a));
	size_t got = 0;
	enum ov_rc rc;

	*n = 0;
	if (a == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	memcpy(q.client, client->s, 20);
	rc = ov_houder(st, OV_H_USAGE, &ov_h_usage_rec, &q, 1, &ov_h_used_rec,
	    a, OV_USAGE_MAX, &got, &r, e);
	for (size_t i = 0; rc == OV_OK && i < got; i++) {
		if (a[i].rc != OV_OK) {
			rc = ov_fail(e, OV_BADMSG, "houder: counters");
		} else if (a[i].count > 0) {
			out[*n].dag = (int64_t)(a[i].day / 86400);
			rc = ov_oin_from(a[i].domain, &out[*n].domein);
			out[*n].deel = a[i].share;
			out[*n].aantal = a[i].count;
			(*n)++;
		}
	}
	free(a);
	return rc;
}

static void
serve_usage(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	OV_BUF b = {0};
	struct ov_oprf_dag *d;
	struct ov_err e = {0};
	uint32_t ep = (uint32_t)r->num1;
	size_t n;
	enum ov_rc rc;

	if (r->num1 > UINT32_MAX || ov_book_epoch_of(st->boek, ep) == NULL) {
		ov_answer_fout(st, r, "epoch-onbekend", NULL);
		return;
	}
	if ((d = calloc(OV_USAGE_MAX, sizeof(*d))) == NULL) {
		ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
		return;
	}
	rc = ov_holder_usage(st, &lid->oin, ep, d, &n, &e);
	if (rc == OV_OK)
		rc = ov_oprf_gebruik_compose(&b, ep, d, n, &e);
	if (rc == OV_OK)
		ov_answer(st, r, 200, OV_CT_JSON, 0,
		    (struct ov_view){b.p, b.n});
	else
		failed(st, r, rc, &e);
	free(d);
}

void
ov_holder_request(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	if (st->env.houder == NULL)
		ov_answer_fout(st, r, "niet-gevonden", NULL);
	else if (r->route == OV_R_OPRF_EVALUEER)
		serve_evaluate(st, lid, r);
	else if (r->route == OV_R_OPRF_SLEUTELS)
		serve_manifest(st, r);
	else
		serve_usage(st, lid, r);
}
