/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/netc.c - requests that net makes for us, and what we remember
 * about each partner: reachable, clock, address book version.
 */
#include "daemon/store/netc.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/hash.h"

#define FETCH_MAX 1024 /* under way at once, over all partners */
#define BREAKER_AFTER 5
#define BREAKER_MIN 30
#define BREAKER_MAX 3600

struct pending {
	struct pending *next;
	uint64_t ref;
	struct ov_oin oin;
	int64_t partner;
	ov_fetched_fn *done;
	void *arg;
};

struct ov_netc {
	struct pending *hash[256];
	size_t n;
	uint64_t ref;
	bool up;
	struct ov_pkw w;
	struct ov_peer_seen seen[OV_SEEN_MAX];
	size_t nseen;
};

enum ov_rc
ov_netc_new(struct ov_store *st, struct ov_err *e)
{
	st->netc = calloc(1, sizeof(*st->netc));
	if (st->netc == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

void
ov_netc_free(struct ov_store *st)
{
	struct pending *p;

	if (st->netc == NULL)
		return;
	for (size_t i = 0; i < 256; i++) {
		while ((p = st->netc->hash[i]) != NULL) {
			st->netc->hash[i] = p->next;
			free(p);
		}
	}
	ov_buf_free(&st->netc->w.b);
	free(st->netc);
	st->netc = NULL;
}

/* ---- partners ---- */

enum ov_rc
ov_partner_id(struct ov_store *st, const struct ov_oin *oin, int64_t *id,
    struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_int(st->db, id, 0, e, "SELECT id FROM partner WHERE oin=?1",
	    "t", oin->s);
	if (rc != OV_OK || *id != 0)
		return rc;
	rc = ov_db_run(st->db, e, "INSERT INTO partner(oin) VALUES(?1)", "t",
	    oin->s);
	if (rc == OV_OK)
		*id = ov_db_last(st->db);
	return rc;
}

enum ov_rc
ov_partner_oin(struct ov_store *st, int64_t id, struct ov_oin *out,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	const char *t;
	enum ov_rc rc;
	bool row;

	memset(out, 0, sizeof(*out));
	rc = ov_db_q(st->db, &q, e, "SELECT oin FROM partner WHERE id=?1", "i",
	    id);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK) {
		t = row ? ov_db_text(q, 0) : "";
		rc = ov_oin_parse(ov_view_str(t), out);
		if (rc != OV_OK)
			rc = ov_fail(e, OV_DAMAGED,
			    "no partner of this number");
	}
	ov_db_done(st->db, q);
	return rc;
}

int64_t
ov_partner_wait(struct ov_store *st, int64_t id)
{
	int64_t t;

	if (ov_db_int(st->db, &t, 0, NULL,
	        "SELECT volgende FROM partner WHERE id=?1 AND fouten>=5", "i",
	        id) != OV_OK)
		return 0;
	return t > ov_now(st) ? t : 0;
}

/* What a result says about the partner itself. */
static void
partner_result(struct ov_store *st, const struct pending *p,
    const struct ov_n_result *r)
{
	int64_t fouten = 0, wait, now = ov_now(st);
	uint32_t rnd;
	struct ov_err e = {0};
	enum ov_rc rc;

	rc = ov_db_int(st->db, &fouten, 0, &e,
	    "SELECT fouten FROM partner WHERE id=?1", "i", p->partner);
	if (r->status != 0)
		ov_pseudo_holder_up(st, &p->oin);
	if (rc == OV_OK && r->status != 0) {
		/* Answered: one write an hour, or when it was failing. */
		rc = ov_db_run(st->db, &e,
		    "UPDATE partner SET fouten=0,volgende=0,gezien=?2"
		    " WHERE id=?1 AND (fouten>0 OR gezien<?2-60)",
		    "ii", p->partner, now);
		if (rc == OV_OK && fouten >= BREAKER_AFTER)
			ov_deliver_partner_up(st, p->partner);
	} else if (rc == OV_OK && fouten >= BREAKER_AFTER &&
	           ov_partner_wait(st, p->partner) != 0) {
		/* One broken connection fails all that was in flight on it;
		 * what comes in while the breaker is open says nothing new. */
		return;
	} else if (rc == OV_OK) {
		fouten++;
		wait = fouten < BREAKER_AFTER
		           ? 0
		           : (int64_t)BREAKER_MIN
		                 << (fouten - BREAKER_AFTER > 7
		                            ? 7
		                            : fouten - BREAKER_AFTER);
		if (wait > BREAKER_MAX)
			wait = BREAKER_MAX;
		if (wait > 0) { /* full jitter over the upper half */
			st->env.random(&rnd, sizeof(rnd));
			wait = wait / 2 +
			       (int64_t)(rnd % (uint32_t)(wait / 2 + 1));
		}
		rc = ov_db_run(st->db, &e,
		    "UPDATE partner SET fouten=?2,volgende=?3 WHERE id=?1",
		    "iii", p->partner, fouten, now + wait);
	}
	if (rc != OV_OK) {
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(st, &e);
		ov_log(OV_LOG_WARN, "event=partner-state fault=\"%s\"", e.msg);
	}
}

static void
remember(struct ov_store *st, const struct pending *p,
    const struct ov_n_result *r)
{
	struct ov_peer_seen *s = NULL;

	for (size_t i = 0; i < st->netc->nseen && s == NULL; i++)
		if (ov_oin_eq(&st->netc->seen[i].oin, &p->oin))
			s = &st->netc->seen[i];
	if (s == NULL) {
		if (st->netc->nseen == OV_SEEN_MAX)
			return;
		s = &st->netc->seen[st->netc->nseen++];
		s->oin = p->oin;
	}
	s->at = ov_now(st);
	s->status = r->status;
	s->rtt_us = r->rtt_us;
	if (r->status != 0) {
		s->adresboek = r->adresboek;
		s->skew = r->date != 0 ? (int64_t)r->date - ov_now(st) : 0;
		s->fault[0] = '\0';
	} else {
		size_t n = r->fault.n < sizeof(s->fault) ? r->fault.n
		                                         : sizeof(s->fault) - 1;

		for (size_t i = 0; i < n; i++) /* shown, never logged */
			s->fault[i] = r->fault.p[i] >= 0x20 &&
			                      r->fault.p[i] < 0x7f
			                  ? (char)r->fault.p[i]
			                  : '?';
		s->fault[n] = '\0';
	}
}

const struct ov_peer_seen *
ov_peer_seen(const struct ov_store *st, const struct ov_oin *oin)
{
	for (size_t i = 0; i < st->netc->nseen; i++)
		if (ov_oin_eq(&st->netc->seen[i].oin, oin))
			return &st->netc->seen[i];
	return NULL;
}

/* ---- fetches ---- */

static void
finish(struct ov_store *st, struct pending *p, const struct ov_n_result *r)
{
	const struct ov_lid *lid;

	partner_result(st, p, r);
	remember(st, p, r);
	if (r->adresboek != 0 && st->boek != NULL &&
	    (lid = ov_book_oin(st->boek, &p->oin)) != NULL)
		ov_boek_hint(st, lid, r->adresboek);
	p->done(st, p->arg, r);
	free(p);
}

static enum ov_rc
send_fetch(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_fetch *f, const struct pending *p, struct ov_err *e)
{
	struct ov_n_fetch q = {
	    .partner = (uint32_t)p->partner,
	    .method = f->post,
	    .pki = lid->pki == OV_PKI_REGIO,
	    .ctype = (uint8_t)f->ctype,
	    .timeout_ms = f->timeout_ms != 0 ? f->timeout_ms : 30000,
	    .max = (uint32_t)(f->max != 0 ? f->max : 512U << 10),
	    .url = ov_view_str(lid->url),
	    .path = ov_view_str(f->path),
	    .pins = {&lid->server[0][0], 32 * lid->nserver},
	    .body = f->body,
	};
	enum ov_rc rc;

	ov_pkw_begin(&st->netc->w, OV_N_FETCH, p->ref, &ov_n_fetch_rec, 1);
	ov_pkw_put(&st->netc->w, &q);
	if ((rc = ov_pkw_end(&st->netc->w, e)) == OV_OK)
		rc = st->env.net(st->env.net_ctx, st->netc->w.b.p,
		    st->netc->w.b.n, e);
	ov_buf_reset(&st->netc->w.b);
	return rc;
}

enum ov_rc
ov_fetch(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_fetch *f, bool probe, ov_fetched_fn *done, void *arg,
    struct ov_err *e)
{
	struct pending *p;
	int64_t id;
	enum ov_rc rc;

	if (!st->netc->up)
		return ov_fail(e, OV_AGAIN, "net is not there");
	if (st->netc->n >= FETCH_MAX)
		return ov_fail(e, OV_AGAIN, "too many requests under way");
	if ((rc = ov_partner_id(st, &lid->oin, &id, e)) != OV_OK)
		return rc;
	if (!probe && ov_partner_wait(st, id) != 0)
		return ov_fail(e, OV_AGAIN, "partner does not answer");
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	p->ref = ++st->netc->ref;
	p->oin = lid->oin;
	p->partner = id;
	p->done = done;
	p->arg = arg;
	if ((rc = send_fetch(st, lid, f, p, e)) != OV_OK) {
		free(p);
		return rc;
	}
	p->next = st->netc->hash[p->ref % 256];
	st->netc->hash[p->ref % 256] = p;
	st->netc->n++;
	return OV_OK;
}

enum ov_rc
ov_netc_result(struct ov_store *st, struct ov_view pkt, struct ov_err *e)
{
	struct ov_n_result r;
	struct pending **at, *p;
	struct ov_pkr k;
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_RESULT, &ov_n_result_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &r, e)) != OV_OK)
		return rc;
	for (at = &st->netc->hash[k.ref % 256]; (p = *at) != NULL;
	     at = &p->next)
		if (p->ref == k.ref)
			break;
	if (p == NULL)
		return ov_fail(e, OV_BADMSG, "result of no request");
	*at = p->next;
	st->netc->n--;
	finish(st, p, &r);
	return OV_OK;
}

void
ov_store_net_down(struct ov_store *st)
{
	static const struct ov_n_result none = {0};
	struct pending *p, *all = NULL;

	st->netc->up = false;
	ov_store_conns_clear(st);
	ov_accept_drop(st);
	for (size_t i = 0; i < 256; i++) {
		while ((p = st->netc->hash[i]) != NULL) {
			st->netc->hash[i] = p->next;
			p->next = all;
			all = p;
		}
	}
	st->netc->n = 0;
	while ((p = all) != NULL) { /* no judgement of the partner: it is us */
		all = p->next;
		p->done(st, p->arg, &none);
		free(p);
	}
}

/* ---- what net must know ---- */

static void
tell(struct ov_store *st, uint16_t type, const struct ov_rec *rec,
    const void *records, uint32_t n)
{
	const uint8_t *p = records;
	struct ov_err e = {0};
	enum ov_rc rc;

	ov_pkw_begin(&st->netc->w, type, 0, rec, n);
	for (uint32_t i = 0; i < n; i++)
		ov_pkw_put(&st->netc->w, p + (size_t)i * rec->csize);
	if ((rc = ov_pkw_end(&st->netc->w, &e)) == OV_OK)
		rc = st->env.net(st->env.net_ctx, st->netc->w.b.p,
		    st->netc->w.b.n, &e);
	if (rc != OV_OK)
		ov_log(OV_LOG_ERROR, "event=net-packet fault=\"%s\"", e.msg);
	ov_buf_reset(&st->netc->w.b);
}

void
ov_netc_trust(struct ov_store *st)
{
	struct ov_n_trust t[16] = {0};
	struct ov_n_state s = {
	    .adresboek = st->boek != NULL ? st->boek->versie : 0,
	    .rate = (uint32_t)st->env.conf->rate,
	    .burst = (uint32_t)st->env.conf->burst,
	};
	size_t n = 0;

	if (!st->netc->up)
		return;
	if (st->boek != NULL)
		for (; n < st->boek->nca && n < 16; n++)
			t[n].der = st->boek->ca[n];
	tell(st, OV_N_TRUST, &ov_n_trust_rec, t, n == 0 ? 1 : (uint32_t)n);
	tell(st, OV_N_STATE, &ov_n_state_rec, &s, 1);
}

void
ov_netc_drop(struct ov_store *st, const uint8_t spki[32], int64_t partner)
{
	struct ov_n_drop d = {.partner = (uint32_t)partner};

	if (!st->netc->up)
		return;
	memcpy(d.spki, spki, sizeof(d.spki));
	tell(st, OV_N_DROP, &ov_n_drop_rec, &d, 1);
}

void
ov_store_net_up(struct ov_store *st)
{
	st->netc->up = true;
	ov_netc_trust(st);
	ov_boek_greet(st);
	ov_deliver_kick(st);
	ov_pseudo_kick(st);
}

bool
ov_netc_is_up(const struct ov_store *st)
{
	return st->netc->up;
}
