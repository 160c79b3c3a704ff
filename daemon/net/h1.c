/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/h1.c - HTTP/1.1 on a connection: one request at a time.
 *
 * What a client sends ahead of its answer waits, at most one read of it; then
 * the connection is not read until the answer is out.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/net/role.h"

struct ov_net_h1 {
	struct ov_h1 p;
	struct ov_net_req *req; /* whose body is being read */
	uint64_t seq;           /* of the request on this connection */
	bool working;           /* in work() */
	bool busy;              /* the request is with store */
	bool discard;           /* answered; the body is dropped */
	bool close;             /* after the next answer */
	bool timed;             /* the deadline is that of a head */
	struct ov_buf ahead;
};

enum ov_rc
ov_net_h1_new(struct ov_net_conn *c, struct ov_err *e)
{
	if ((c->h1 = calloc(1, sizeof(*c->h1))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_h1_init(&c->h1->p);
	return OV_OK;
}

void
ov_net_h1_free(struct ov_net_h1 *h)
{
	if (h == NULL)
		return;
	ov_h1_free(&h->p);
	ov_buf_free(&h->ahead);
	free(h);
}

bool
ov_net_h1_reads(const struct ov_net_conn *c)
{
	return !c->h1->busy && c->h1->ahead.n == 0;
}

/* The request and its answer are over. */
static void
next_request(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;

	ov_h1_next(&h->p);
	h->req = NULL;
	h->busy = h->discard = h->timed = false;
	if (h->close)
		ov_net_conn_close(c);
	else
		ov_net_conn_deadline(c, OV_IDLE_MS);
}

/* --- reading ---------------------------------------------------------------- */

static void
on_head(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;
	const struct ov_h1_req *q = &h->p.req;
	const struct ov_net_head head = {
	    .method = q->method,
	    .target = q->target,
	    .type = q->type,
	    .encoding = q->encoding,
	    .adresboek = q->adresboek,
	    .trace = q->trace,
	    .has_length = q->has_length,
	    .length = q->length,
	};
	bool expect = q->expect && q->length > 0;

	if (q->close)
		h->close = true;
	h->timed = false;
	/* From here on the request has a deadline of its own. */
	ov_loop_disarm(c->net->loop, &c->timer);
	h->req = ov_net_req_begin(c, ++h->seq, &head);
	if (h->req != NULL && expect)
		ov_h1_continue(&c->out);
}

static void
on_done(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;

	if (h->req == NULL) {
		next_request(c);
		return;
	}
	h->busy = true;
	/* The parser has counted its bytes. */
	if (!ov_net_req_done(h->req))
		ov_net_conn_kill(c);
	h->req = NULL;
}

static void
on_bad(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;
	const struct ov_net_answer how = {.status = h->p.status, .close = true};
	enum ov_fout fout = ov_h1_fout(&h->p);

	ov_log(OV_LOG_DEBUG, "event=bad-request conn=%llu reason=\"%s\"",
	    (unsigned long long)c->id, h->p.why);
	if (!c->known)
		fout = OV_FOUT_PARTIJ_ONBEKEND;
	ov_net_refuse(c, h->seq, fout, &how);
}

/* Everything is used: how long may the rest take? */
static void
on_more(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;

	if (h->p.state != OV_H1_IN_HEAD || !ov_h1_busy(&h->p) || h->timed)
		return;
	h->timed = true;
	ov_net_conn_deadline(c, OV_HEADERS_MS);
}

/* Returns how many bytes it used: all, unless the request in them must be
 * answered first. */
static size_t
work(struct ov_net_conn *c, const uint8_t *p, size_t n)
{
	struct ov_net_h1 *h = c->h1;
	size_t at = 0, used;

	h->working = true;
	while (!h->busy && !c->closing && c->state == OV_NET_OPEN) {
		enum ov_h1_event ev = ov_h1_push(&h->p, p + at, n - at, &used);

		at += used;
		if (ev == OV_H1_MORE) {
			on_more(c);
			break;
		}
		switch (ev) {
		case OV_H1_HEAD:
			on_head(c);
			break;
		case OV_H1_BODY:
			if (h->req != NULL &&
			    !ov_net_req_body(h->req, h->p.body.p, h->p.body.n))
				ov_net_conn_kill(c);
			break;
		case OV_H1_DONE:
			on_done(c);
			break;
		case OV_H1_BAD:
			on_bad(c);
			break;
		case OV_H1_MORE:
			break;
		}
	}
	h->working = false;
	return at;
}

void
ov_net_h1_input(struct ov_net_conn *c, const uint8_t *p, size_t n)
{
	size_t used = work(c, p, n);

	if (used < n && !c->closing && c->state == OV_NET_OPEN) {
		ov_buf_add(&c->h1->ahead, p + used, n - used);
		if (c->h1->ahead.bad)
			ov_net_conn_kill(c);
	}
}

/* Go on with what came ahead. */
static void
resume(struct ov_net_conn *c)
{
	OV_BUF b = c->h1->ahead;

	memset(&c->h1->ahead, 0, sizeof(c->h1->ahead));
	if (b.n > 0)
		ov_net_h1_input(c, b.p, b.n);
}

/* --- answering -------------------------------------------------------------- */

/* Nothing more is expected on this connection but an answer. */
static bool
must_close(const struct ov_net_conn *c, const struct ov_net_answer *a)
{
	const struct ov_net_h1 *h = c->h1;

	if (a->close || h->close || c->net->draining)
		return true;
	if (h->p.state == OV_H1_REFUSED)
		return true;
	/* A client that waits for 100 may or may not send its body now. */
	return h->p.state == OV_H1_IN_BODY &&
	       (h->p.req.expect || h->p.left > OV_DRAIN_MAX);
}

void
ov_net_h1_answer(struct ov_net_conn *c, const struct ov_net_answer *a)
{
	struct ov_net_h1 *h = c->h1;
	bool close = must_close(c, a);
	struct ov_net_fields f;

	ov_net_fields(c->net, a, &f);
	ov_h1_answer(&c->out, a->status, ov_loop_wall(c->net->loop), f.f, f.n,
	    a->head ? (struct ov_view){0} : a->body, close);
	h->req = NULL;
	if (close) {
		ov_net_conn_close(c);
		return;
	}
	if (h->p.state == OV_H1_IN_BODY) {
		h->discard = true;
		ov_net_conn_deadline(c, ov_net_body_ms(h->p.left));
		return;
	}
	next_request(c);
	if (!h->working)
		resume(c);
}

void
ov_net_h1_late(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;

	/* Idle: a clean end.  A head or a body that does not come: a plain
	 * one. */
	if (ov_h1_busy(&h->p) || h->discard)
		ov_net_conn_kill(c);
	else
		ov_net_conn_close(c);
}

void
ov_net_h1_drain(struct ov_net_conn *c)
{
	struct ov_net_h1 *h = c->h1;

	if (!h->busy && !ov_h1_busy(&h->p))
		ov_net_conn_close(c);
	h->close = true;
}
