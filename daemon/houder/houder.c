/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/houder/houder.c - the holder's role: who may have how much, then the
 * debit, then the computation.
 */
#include "daemon/houder/houder.h"

#include <stdlib.h>
#include <string.h>

#include "base/ipc.h"
#include "base/log.h"
#include "protocol/hash.h"
#include "protocol/packet.h"

struct line {
	struct ov_oin client, domain;
	uint32_t ep, jaar, dag, dag_na;
	uint64_t dag_tot;
	uint32_t seq; /* among equals the last one counts */
};

struct bucket {
	struct ov_oin client;
	uint64_t milli; /* thousandths of a request */
	uint64_t at_ms;
};

struct ov_houder {
	struct ov_houder_conf conf;
	struct ov_houder_keys *keys;
	struct ov_debits *debits;
	struct line *line; /* sorted by client, domain, ep */
	size_t nline, capline;
	uint32_t seq;
	struct bucket bucket[OV_HOUDER_CLIENTS];
	size_t nbucket;
	uint8_t elements[OV_OPRF_ELEMENTS * OV_OPRF_ELEMENT];
};

enum ov_rc
ov_houder_new(const struct ov_houder_conf *conf, struct ov_houder_keys *keys,
    struct ov_debits *debits, struct ov_houder **out, struct ov_err *e)
{
	struct ov_houder *h;

	*out = NULL;
	if (conf->rate == 0 || conf->burst == 0)
		return ov_fail(e, OV_BADMSG, "rate or burst is 0");
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return ov_fail_sys(e, "memory for the role");
	h->conf = *conf;
	h->keys = keys;
	h->debits = debits;
	*out = h;
	return OV_OK;
}

void
ov_houder_free(struct ov_houder *h)
{
	if (h == NULL)
		return;
	free(h->line);
	free(h);
}

/* ---- budgets ------------------------------------------------------- */

static int
line_cmp(const struct line *a, const struct line *b)
{
	int c = ov_oin_cmp(&a->client, &b->client);

	if (c == 0)
		c = ov_oin_cmp(&a->domain, &b->domain);
	if (c == 0 && a->ep != b->ep)
		c = a->ep < b->ep ? -1 : 1;
	return c;
}

static int
line_sort(const void *pa, const void *pb)
{
	const struct line *a = pa, *b = pb;
	int c = line_cmp(a, b);

	return c != 0 ? c : (a->seq > b->seq) - (a->seq < b->seq);
}

static const struct line *
find_line(const struct ov_houder *h, const struct line *want)
{
	size_t lo = 0, hi = h->nline, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = line_cmp(&h->line[mid], want);
		if (c == 0)
			return &h->line[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool
line_room(struct ov_houder *h)
{
	size_t cap = h->capline == 0 ? 256 : h->capline * 2;
	struct line *p;

	if (h->nline < h->capline)
		return true;
	if (h->nline >= OV_HOUDER_LINES)
		return false;
	if ((p = reallocarray(h->line, cap, sizeof(*p))) == NULL)
		return false;
	h->line = p;
	h->capline = cap;
	return true;
}

static enum ov_rc
add_line(struct ov_houder *h, const struct ov_h_budget *q)
{
	static const uint8_t nobody[20];
	struct line l = {.ep = q->ep,
	    .jaar = q->jaar,
	    .dag = q->dag,
	    .dag_na = q->dag_na,
	    .dag_tot = q->dag_tot};

	if (memcmp(q->client, nobody, sizeof(nobody)) == 0) {
		h->nline = 0;
		return OV_OK;
	}
	if (ov_oin_from(q->client, &l.client) != OV_OK ||
	    ov_oin_from(q->domain, &l.domain) != OV_OK)
		return OV_BADMSG;
	if (!line_room(h))
		return OV_NOSPACE;
	l.seq = h->seq++;
	h->line[h->nline++] = l;
	return OV_OK;
}

/* Sort; of equal lines the last one stays, and none that allows nothing. */
static void
settle_lines(struct ov_houder *h)
{
	size_t n = 0;

	if (h->nline == 0)
		return;
	qsort(h->line, h->nline, sizeof(h->line[0]), line_sort);
	for (size_t i = 0; i < h->nline; i++) {
		if (i + 1 < h->nline &&
		    line_cmp(&h->line[i], &h->line[i + 1]) == 0)
			continue;
		if (h->line[i].jaar == 0)
			continue;
		h->line[n] = h->line[i];
		h->line[n++].seq = 0;
	}
	h->nline = n;
	h->seq = 1;
}

static enum ov_rc
budget(struct ov_houder *h, struct ov_pkr *k, struct ov_pkw *w,
    struct ov_err *e)
{
	struct ov_h_budget q;
	struct ov_v_rc a;
	enum ov_rc rc = OV_OK;

	ov_pkw_begin(w, k->type | OV_PK_REPLY, k->ref, &ov_v_rc_rec, k->count);
	for (uint32_t i = 0; rc == OV_OK && i < k->count; i++) {
		if ((rc = ov_pkr_next(k, &q, e)) != OV_OK)
			break;
		a.rc = (uint32_t)add_line(h, &q);
		ov_pkw_put(w, &a);
	}
	settle_lines(h);
	return rc;
}

/* ---- how often ----------------------------------------------------- */

static struct bucket *
find_bucket(struct ov_houder *h, const struct ov_oin *client, uint64_t now)
{
	struct bucket *b, *oldest = &h->bucket[0];

	for (size_t i = 0; i < h->nbucket; i++) {
		b = &h->bucket[i];
		if (ov_oin_eq(&b->client, client))
			return b;
		if (b->at_ms < oldest->at_ms)
			oldest = b;
	}
	b = h->nbucket < OV_HOUDER_CLIENTS ? &h->bucket[h->nbucket++] : oldest;
	b->client = *client;
	b->milli = (uint64_t)h->conf.burst * 1000;
	b->at_ms = now;
	return b;
}

/* Take one request, or say in how many seconds there will be one. */
static bool
take_token(struct ov_houder *h, const struct ov_oin *client, uint64_t now,
    uint32_t *retry)
{
	struct bucket *b = find_bucket(h, client, now);
	uint64_t full = (uint64_t)h->conf.burst * 1000, ms;

	ms = now > b->at_ms ? now - b->at_ms : 0;
	if (ms > full / h->conf.rate)
		b->milli = full;
	else
		b->milli += ms * h->conf.rate;
	if (b->milli > full)
		b->milli = full;
	b->at_ms = now;
	if (b->milli >= 1000) {
		b->milli -= 1000;
		return true;
	}
	*retry = (uint32_t)((1000 - b->milli) / h->conf.rate / 1000 + 1);
	return false;
}

/* ---- evaluation ---------------------------------------------------- */

/* What makes a request the same one: everything that is computed from, not
 * only the hash that store reports. */
static enum ov_rc
request_hash(const struct ov_h_evaluate *q, uint8_t out[32])
{
	uint8_t ep[5] = {(uint8_t)(q->ep >> 24), (uint8_t)(q->ep >> 16),
	    (uint8_t)(q->ep >> 8), (uint8_t)q->ep, q->share};
	OV_HASH h = {0};

	ov_hash_init(&h);
	ov_hash_add(&h, q->sha_jws, sizeof(q->sha_jws));
	ov_hash_add(&h, q->client, sizeof(q->client));
	ov_hash_add(&h, q->domain, sizeof(q->domain));
	ov_hash_add(&h, ep, sizeof(ep));
	ov_hash_add(&h, q->elements.p, q->elements.n);
	return ov_hash_end(&h, out);
}

static enum ov_rc
debit(struct ov_houder *h, const struct ov_h_evaluate *q, const struct line *l,
    int64_t now, struct ov_h_evaluated *a, struct ov_err *e)
{
	struct ov_debit d = {.client = l->client,
	    .domain = l->domain,
	    .ep = q->ep,
	    .share = q->share,
	    .n = q->n,
	    .now = now};
	struct ov_debit_caps caps = {.year = l->jaar,
	    .day = (uint64_t)now < l->dag_tot ? l->dag : l->dag_na,
	    .all_day = h->conf.plafond_dag,
	    .all_year = h->conf.plafond_jaar};
	struct ov_debit_result r;
	enum ov_rc rc;

	if ((rc = request_hash(q, d.hash)) != OV_OK ||
	    (rc = ov_debits_take(h->debits, &d, &caps, &r, e)) != OV_OK)
		return rc;
	a->left = r.left;
	a->retry = r.retry;
	a->day = r.day;
	a->year = r.year;
	a->before = r.before;
	return r.taken ? OV_OK : OV_NOSPACE;
}

static bool
skewed(uint64_t theirs, int64_t ours)
{
	uint64_t us = (uint64_t)ours;

	return (theirs > us ? theirs - us : us - theirs) > OV_HOUDER_SKEW;
}

/* The checks in their order; OV_OK when elements and proof are in *a. */
static enum ov_rc
evaluate_one(struct ov_houder *h, const struct ov_h_evaluate *q,
    struct ov_now now, struct ov_h_evaluated *a, struct ov_err *e)
{
	struct ov_houder_name name = {.ep = q->ep, .share = q->share};
	struct line want = {.ep = q->ep};
	const struct line *l;
	uint8_t pk[32];
	size_t bad = 0;
	enum ov_rc rc;

	if (ov_oin_from(q->client, &want.client) != OV_OK ||
	    ov_oin_from(q->domain, &want.domain) != OV_OK ||
	    (l = find_line(h, &want)) == NULL)
		return OV_DENIED;
	if (now.wall < 0 || skewed(q->now, now.wall))
		return OV_SYS;
	if (!take_token(h, &want.client, now.mono_ms, &a->retry))
		return OV_AGAIN;
	memcpy(name.domain, want.domain.s, sizeof(name.domain));
	if ((rc = ov_houder_keys_public(h->keys, &name, pk, NULL)) != OV_OK)
		return rc;
	if (!ov_houder_elements_ok(q->elements.p, q->n, &bad)) {
		a->index = (uint32_t)bad;
		return OV_BADMSG;
	}
	if ((rc = debit(h, q, l, now.wall, a, e)) != OV_OK)
		return rc;
	rc = ov_houder_keys_evaluate(h->keys, &name, q->elements.p, q->n,
	    h->elements, a->pk, a->proof, e);
	if (rc == OV_OK)
		a->elements = (struct ov_view){h->elements, q->elements.n};
	return rc;
}

static enum ov_rc
evaluate(struct ov_houder *h, struct ov_pkr *k, struct ov_now now,
    struct ov_pkw *w, struct ov_err *e)
{
	struct ov_err why = {0};
	struct ov_h_evaluate q;
	struct ov_h_evaluated a;
	enum ov_rc rc;

	if ((rc = ov_pkr_next(k, &q, e)) != OV_OK)
		return rc;
	if (q.n == 0 || q.n > OV_OPRF_ELEMENTS ||
	    q.elements.n != (size_t)q.n * OV_OPRF_ELEMENT)
		return ov_fail(e, OV_BADMSG, "houder: number of elements");
	memset(&a, 0, sizeof(a));
	rc = evaluate_one(h, &q, now, &a, &why);
	/* A database that contradicts itself is no answer to a client; a
	 * missing seed has left no text. */
	if (rc == OV_DAMAGED && why.rc == OV_DAMAGED)
		return ov_fail(e, rc, "%s", why.msg);
	if (rc == OV_SYS)
		ov_log(OV_LOG_ERROR, "event=not-evaluated why=\"%s\"",
		    why.rc == OV_OK ? "clocks differ" : why.msg);
	a.rc = (uint32_t)rc;
	ov_pkw_begin(w, k->type | OV_PK_REPLY, k->ref, &ov_h_evaluated_rec, 1);
	ov_pkw_put(w, &a);
	return OV_OK;
}

/* ---- keys and counters --------------------------------------------- */

static enum ov_rc
keys(struct ov_houder *h, struct ov_pkr *k, struct ov_pkw *w, struct ov_err *e)
{
	struct ov_houder_name name;
	struct ov_h_keys q;
	struct ov_h_keyed a;
	struct ov_oin domain;
	enum ov_rc rc = OV_OK;

	ov_pkw_begin(w, k->type | OV_PK_REPLY, k->ref, &ov_h_keyed_rec,
	    k->count);
	for (uint32_t i = 0; rc == OV_OK && i < k->count; i++) {
		if ((rc = ov_pkr_next(k, &q, e)) != OV_OK)
			break;
		memset(&a, 0, sizeof(a));
		name = (struct ov_houder_name){.ep = q.ep, .share = q.share};
		memcpy(name.domain, q.domain, sizeof(name.domain));
		a.rc = OV_BADMSG;
		if (ov_oin_from(q.domain, &domain) == OV_OK)
			a.rc = (uint32_t)ov_houder_keys_public(h->keys, &name,
			    a.pk, NULL);
		ov_pkw_put(w, &a);
	}
	return rc;
}

static enum ov_rc
usage(struct ov_houder *h, struct ov_pkr *k, struct ov_pkw *w, struct ov_err *e)
{
	struct ov_debit_row rows[OV_DEBIT_ROWS_MAX];
	struct ov_h_usage q;
	struct ov_h_used a;
	struct ov_oin client;
	size_t n = 0;
	enum ov_rc rc;

	if ((rc = ov_pkr_next(k, &q, e)) != OV_OK)
		return rc;
	if ((rc = ov_oin_from(q.client, &client)) != OV_OK)
		return ov_fail(e, rc, "houder: client");
	rc = ov_debits_usage(h->debits, &client, q.ep, rows, OV_DEBIT_ROWS_MAX,
	    &n, e);
	if (rc != OV_OK)
		return rc;
	ov_pkw_begin(w, k->type | OV_PK_REPLY, k->ref, &ov_h_used_rec,
	    n == 0 ? 1 : (uint32_t)n);
	memset(&a, 0, sizeof(a));
	if (n == 0)
		ov_pkw_put(w, &a);
	for (size_t i = 0; i < n; i++) {
		a.day = (uint64_t)rows[i].day * 86400;
		memcpy(a.domain, rows[i].domain.s, sizeof(a.domain));
		a.share = rows[i].share;
		a.count = rows[i].count;
		ov_pkw_put(w, &a);
	}
	return OV_OK;
}

static enum ov_rc
dispatch(struct ov_houder *h, struct ov_view req, struct ov_now now,
    struct ov_pkw *w, struct ov_err *e)
{
	struct ov_pkr k;
	uint16_t type;
	uint64_t ref;
	enum ov_rc rc;

	if ((rc = ov_pk_peek(req, &type, &ref, e)) != OV_OK)
		return rc;
	switch (type) {
	case OV_H_BUDGET:
		rc = ov_pkr_begin(&k, req, type, &ov_h_budget_rec, e);
		return rc != OV_OK ? rc : budget(h, &k, w, e);
	case OV_H_EVALUATE:
		rc = ov_pkr_begin(&k, req, type, &ov_h_evaluate_rec, e);
		return rc != OV_OK ? rc : evaluate(h, &k, now, w, e);
	case OV_H_KEYS:
		rc = ov_pkr_begin(&k, req, type, &ov_h_keys_rec, e);
		return rc != OV_OK ? rc : keys(h, &k, w, e);
	case OV_H_USAGE:
		rc = ov_pkr_begin(&k, req, type, &ov_h_usage_rec, e);
		return rc != OV_OK ? rc : usage(h, &k, w, e);
	default:
		return ov_fail(e, OV_BADMSG, "houder: packet type %#x", type);
	}
}

enum ov_rc
ov_houder_call(struct ov_houder *h, struct ov_view req, struct ov_now now,
    struct ov_buf *reply, struct ov_err *e)
{
	struct ov_pkw w = {.b = *reply};
	enum ov_rc rc;

	w.b.max = OV_IPC_MAX;
	rc = dispatch(h, req, now, &w, e);
	if (rc == OV_OK)
		rc = ov_pkw_end(&w, e);
	*reply = w.b;
	if (rc != OV_OK)
		ov_buf_reset(reply);
	return rc;
}
