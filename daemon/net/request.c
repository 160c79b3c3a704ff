/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/request.c - one request from its head to its answer.
 *
 * A head is judged before a byte of the body is taken: a stranger is told so
 * whatever he asks, then come path, rate, body and room.  What passes is one
 * packet N2.  A request that store has counts against its partner until store
 * answers, also when the client has gone: otherwise a flood of cancelled
 * requests would be free.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/net/role.h"

#define RETRY_SOON 1

static struct ov_net_req **
bucket(struct ov_net *net, uint64_t conn, uint64_t stream)
{
	return &net->req[(conn * 31 + stream) % OV_NET_BUCKETS];
}

static struct ov_net_req *
find(struct ov_net *net, uint64_t conn, uint64_t stream)
{
	struct ov_net_req *r;

	for (r = *bucket(net, conn, stream); r != NULL; r = r->hash)
		if (r->conn == conn && r->stream == stream)
			return r;
	return NULL;
}

uint64_t
ov_net_body_ms(uint64_t n)
{
	return OV_BODY_MS + n / (64 * OV_KIB) * OV_BODY_MS_PER_64K;
}

/* --- life ------------------------------------------------------------------- */

/* Nobody waits for it any more. */
static void
detach(struct ov_net_req *r)
{
	struct ov_net_conn *c = r->c;

	if (c == NULL)
		return;
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		c->reqs = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	r->prev = r->next = NULL;
	r->c = NULL;
	c->nreqs--;
}

static void
req_free(struct ov_net_req *r)
{
	struct ov_net *net = r->net;
	struct ov_net_req **at;

	detach(r);
	ov_loop_disarm(net->loop, &r->timer);
	for (at = bucket(net, r->conn, r->stream); *at != r; at = &(*at)->hash)
		;
	*at = r->hash;
	net->nreqs--;
	net->bodies -= r->length;
	r->peer->bytes -= r->length;
	r->peer->inflight--;
	ov_net_peer_release(net, r->peer);
	ov_buf_free(&r->body);
	free(r);
}

void
ov_net_req_forget(struct ov_net_req *r)
{
	detach(r);
	if (!r->sent)
		req_free(r);
}

void
ov_net_reqs_free(struct ov_net *net)
{
	for (size_t i = 0; i < OV_NET_BUCKETS; i++)
		while (net->req[i] != NULL)
			req_free(net->req[i]);
}

/* The client was too slow with its body, or store with its answer. */
static void
on_timer(struct ov_loop *loop, void *arg)
{
	struct ov_net_req *r = arg;
	struct ov_net_conn *c = r->c;
	struct ov_net_answer how = {.status = 408};
	enum ov_fout fout = OV_FOUT_GEEN;
	uint64_t stream = r->stream;

	(void)loop;
	if (r->sent) {
		ov_log(OV_LOG_ERROR, "event=no-answer route=%d",
		    (int)r->par.route);
		fout = OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
		how.retry = RETRY_SOON;
	} else if (c != NULL) {
		/* Where its next request would begin is not known. */
		how.close = c->h1 != NULL;
	}
	req_free(r);
	if (c == NULL)
		return;
	ov_net_refuse(c, stream, fout, &how);
	ov_net_conn_settle(c);
}

/* --- the head --------------------------------------------------------------- */

/* What refuses it, or OV_FOUT_GEEN. */
static enum ov_fout
judge(struct ov_net_conn *c, const struct ov_net_head *h,
    struct ov_route_par *par, struct ov_net_answer *how)
{
	struct ov_net *net = c->net;
	struct ov_net_peer *p = c->peer;
	enum ov_fout fout;

	if (!c->known) {
		how->close = true;
		return OV_FOUT_PARTIJ_ONBEKEND;
	}
	if (!ov_net_peer_token(net, p, &how->retry))
		return OV_FOUT_TE_VEEL;
	if ((fout = ov_route_find(h->method, h->target, par)) != OV_FOUT_GEEN) {
		if (fout == OV_FOUT_METHODE)
			how->allow = par->allow;
		return fout;
	}
	fout = ov_route_body(ov_route_info(par->route), h->has_length,
	    h->length, h->type, h->encoding);
	if (fout != OV_FOUT_GEEN)
		return fout;
	how->retry = RETRY_SOON;
	if (p->inflight >= OV_PEER_CONCURRENT)
		return OV_FOUT_TE_VEEL;
	if (net->draining || net->bodies + h->length > OV_NET_BODIES_MAX ||
	    p->bytes + h->length > OV_NET_PEER_BODIES_MAX)
		return OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
	return OV_FOUT_GEEN;
}

/* Only what may stand in a log line unescaped. */
static bool
is_trace(struct ov_view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!(v.p[i] >= '0' && v.p[i] <= '9') &&
		    !(v.p[i] >= 'a' && v.p[i] <= 'f') && v.p[i] != '-')
			return false;
	return v.n <= OV_TRACE_MAX;
}

static void
fill(struct ov_net_req *r, const struct ov_net_head *h,
    const struct ov_route_par *par)
{
	uint64_t n;

	r->par = *par;
	if (par->tile.n > 0 && par->tile.n <= sizeof(r->tile)) {
		memcpy(r->tile, par->tile.p, par->tile.n);
		r->par.tile.p = r->tile;
	} else {
		r->par.tile = (struct ov_view){0};
	}
	if (h->trace.n > 0 && is_trace(h->trace)) {
		memcpy(r->trace, h->trace.p, h->trace.n);
		r->ntrace = h->trace.n;
	}
	/* A hint; what is no number is none. */
	if (ov_http_decimal(h->adresboek, UINT32_MAX, &n))
		r->adresboek = (uint32_t)n;
	r->length = (size_t)h->length;
	r->body.max = r->length;
}

struct ov_net_req *
ov_net_req_begin(struct ov_net_conn *c, uint64_t stream,
    const struct ov_net_head *h)
{
	struct ov_net *net = c->net;
	struct ov_net_answer how = {.head = ov_view_eq(h->method, "HEAD")};
	struct ov_route_par par = {0};
	struct ov_net_req *r = NULL, **at;
	enum ov_fout fout = judge(c, h, &par, &how);

	if (fout == OV_FOUT_GEEN && (r = calloc(1, sizeof(*r))) == NULL)
		fout = OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR;
	if (fout != OV_FOUT_GEEN) {
		ov_net_refuse(c, stream, fout, &how);
		return NULL;
	}
	r->net = net;
	r->c = c;
	r->peer = c->peer;
	r->conn = c->id;
	r->stream = stream;
	fill(r, h, &par);
	r->next = c->reqs;
	if (r->next != NULL)
		r->next->prev = r;
	c->reqs = r;
	c->nreqs++;
	at = bucket(net, r->conn, r->stream);
	r->hash = *at;
	*at = r;
	net->nreqs++;
	net->bodies += r->length;
	r->peer->bytes += r->length;
	r->peer->inflight++;
	r->timer.fn = on_timer;
	r->timer.arg = r;
	ov_loop_arm(net->loop, &r->timer,
	    ov_loop_now_ms(net->loop) + ov_net_body_ms(r->length));
	return r;
}

/* --- the body --------------------------------------------------------------- */

bool
ov_net_req_body(struct ov_net_req *r, const void *p, size_t n)
{
	if (n > r->length - r->body.n)
		return false;
	ov_buf_add(&r->body, p, n);
	return !r->body.bad;
}

bool
ov_net_req_done(struct ov_net_req *r)
{
	struct ov_n_request n = {
	    .conn = r->conn,
	    .stream = r->stream,
	    .route = (uint16_t)r->par.route,
	    .num1 = r->par.num1,
	    .num2 = r->par.num2,
	    .has = r->par.has,
	    .adresboek = r->adresboek,
	    .tile = r->par.tile,
	    .trace = {r->trace, r->ntrace},
	    .body = {r->body.p, r->body.n},
	};

	if (r->body.n != r->length)
		return false;
	memcpy(n.jti, r->par.jti, sizeof(n.jti));
	memcpy(n.digest, r->par.digest, sizeof(n.digest));
	ov_net_send(r->net, OV_N_REQUEST, r->conn, &ov_n_request_rec, &n);
	r->sent = true;
	/* Store has the bytes now; the room stays taken until it answers. */
	ov_buf_free(&r->body);
	ov_loop_arm(r->net->loop, &r->timer,
	    ov_loop_now_ms(r->net->loop) + OV_NET_ANSWER_MS);
	return true;
}

/* --- the answer ------------------------------------------------------------- */

enum ov_rc
ov_net_req_packet(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	struct ov_net_answer a = {0};
	struct ov_net_conn *c;
	struct ov_net_req *r;
	struct ov_n_answer n;
	struct ov_pkr k;
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_ANSWER, &ov_n_answer_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &n, e)) != OV_OK)
		return rc;
	if (n.status < 200 || n.status > 599 || n.ctype > OV_CT_TEXT)
		return ov_fail(e, OV_BADMSG, "answer with status %u, type %u",
		    n.status, n.ctype);
	/* One that came too late, or twice, has nobody to go to. */
	if ((r = find(net, n.conn, n.stream)) == NULL || !r->sent)
		return OV_OK;
	c = r->c;
	req_free(r);
	if (c == NULL)
		return OV_OK;
	a.status = n.status;
	a.ctype = (enum ov_ctype)n.ctype;
	a.retry = n.retry;
	a.close = n.close != 0;
	a.body = n.body;
	ov_net_answer(c, n.stream, &a);
	ov_net_conn_settle(c);
	return OV_OK;
}
