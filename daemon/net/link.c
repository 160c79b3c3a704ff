/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/link.c - packets to and from store.
 *
 * What the socket has no room for waits here in order.  The queue is bounded
 * by what may be in flight (bodies, connections, fetches); while it is not
 * empty, clients are not read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "daemon/net/role.h"

/* Packets handled in one turn before clients get theirs. */
#define TURN_PACKETS 64

bool
ov_net_link_behind(const struct ov_net *net)
{
	return net->link.head != NULL;
}

/* --- to store --------------------------------------------------------------- */

static void
want(struct ov_net *net)
{
	struct ov_err e = {0};
	unsigned int events = OV_LOOP_IN;

	if (net->link.head != NULL)
		events |= OV_LOOP_OUT;
	if (ov_loop_fd_mod(net->loop, net->link.fd, events, &e) != OV_OK)
		ov_net_fail(net, &e);
}

/* Store is the boss: without it there is no work, and no fault of ours. */
static void
store_gone(struct ov_net *net)
{
	if (!net->gone)
		ov_log(OV_LOG_INFO, "event=store-gone");
	net->gone = true;
	ov_loop_stop(net->loop);
}

static void
send_failed(struct ov_net *net, const struct ov_err *e)
{
	if (e->sys == EPIPE || e->sys == ECONNRESET)
		store_gone(net);
	else
		ov_net_fail(net, e);
}

static void
enqueue(struct ov_net *net, const struct ov_buf *b)
{
	struct ov_net_link *l = &net->link;
	struct ov_net_packet *p = NULL;
	struct ov_err e = {0};

	if (l->queued + b->n <= OV_NET_QUEUE_MAX + OV_IPC_MAX)
		p = malloc(sizeof(*p) + b->n);
	if (p == NULL) {
		(void)ov_fail(&e, OV_NOSPACE, "queue to store is full");
		ov_net_fail(net, &e);
		return;
	}
	p->next = NULL;
	p->n = b->n;
	memcpy(p->p, b->p, b->n);
	*l->tail = p;
	l->tail = &p->next;
	l->queued += p->n;
	want(net);
}

void
ov_net_send(struct ov_net *net, uint16_t type, uint64_t ref,
    const struct ov_rec *rec, const void *record)
{
	struct ov_net_link *l = &net->link;
	struct ov_err e = {0};
	enum ov_rc rc;

	if (net->failed || net->gone)
		return;
	ov_pkw_begin(&l->w, type, ref, rec, 1);
	ov_pkw_put(&l->w, record);
	if ((rc = ov_pkw_end(&l->w, &e)) == OV_OK) {
		if (l->head != NULL)
			rc = OV_AGAIN;
		else
			rc = ov_ipc_send(l->fd, l->w.b.p, l->w.b.n, &e);
	}
	if (rc == OV_AGAIN)
		enqueue(net, &l->w.b);
	else if (rc != OV_OK)
		send_failed(net, &e);
	ov_buf_reset(&l->w.b);
}

static void
flush(struct ov_net *net)
{
	struct ov_net_link *l = &net->link;
	struct ov_net_packet *p;
	struct ov_err e = {0};
	enum ov_rc rc;

	while ((p = l->head) != NULL) {
		rc = ov_ipc_send(l->fd, p->p, p->n, &e);
		if (rc == OV_AGAIN)
			return;
		if (rc != OV_OK) {
			send_failed(net, &e);
			return;
		}
		if ((l->head = p->next) == NULL)
			l->tail = &l->head;
		l->queued -= p->n;
		free(p);
	}
	want(net);
	ov_net_conns_resume(net);
	ov_net_drained(net);
}

/* --- from store ------------------------------------------------------------- */

/* N8; after the first one, which follows the trust, we are up. */
static enum ov_rc
on_state(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	void (*up)(struct ov_net *, void *) = net->up;
	struct ov_n_state s;
	struct ov_pkr k;
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_STATE, &ov_n_state_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &s, e)) != OV_OK)
		return rc;
	net->adresboek = s.adresboek;
	net->rate = s.rate != 0 ? s.rate : OV_PEER_RATE;
	net->burst = s.burst != 0 ? s.burst : OV_PEER_BURST;
	net->up = NULL;
	if (up != NULL)
		up(net, net->up_arg);
	return OV_OK;
}

/* N7 */
static enum ov_rc
on_drop(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	struct ov_net_conn *c, *next;
	struct ov_n_drop d;
	struct ov_pkr k;
	enum ov_rc rc;

	rc = ov_pkr_begin(&k, pkt, OV_N_DROP, &ov_n_drop_rec, e);
	for (uint32_t i = 0; rc == OV_OK && i < k.count; i++) {
		if ((rc = ov_pkr_next(&k, &d, e)) != OV_OK)
			break;
		for (c = net->conns; c != NULL; c = next) {
			next = c->next;
			if (c->peer == NULL ||
			    memcmp(c->peer->spki, d.spki, 32) != 0)
				continue;
			ov_net_conn_kill(c);
			ov_net_conn_settle(c);
		}
		ov_net_peer_unknown(net, d.spki);
		ov_net_fetch_drop(net, d.partner);
	}
	return rc;
}

/* The answer to N1; its ref is the connection. */
static enum ov_rc
on_verdict(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	struct ov_net_conn *c;
	struct ov_v_rc v;
	struct ov_pkr k;
	enum ov_rc rc;

	rc = ov_pkr_begin(&k, pkt, OV_N_PEER | OV_PK_REPLY, &ov_v_rc_rec, e);
	if (rc != OV_OK || (rc = ov_pkr_next(&k, &v, e)) != OV_OK)
		return rc;
	/* It may have closed in the meantime. */
	if ((c = ov_net_conn_find(net, k.ref)) != NULL)
		ov_net_conn_verdict(c, v.rc == OV_OK);
	return OV_OK;
}

static enum ov_rc
dispatch(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	static const struct {
		uint16_t type;
		enum ov_rc (
		    *handle)(struct ov_net *, struct ov_view, struct ov_err *);
	} table[] = {
	    {OV_N_ANSWER, ov_net_req_packet},
	    {OV_N_PEER | OV_PK_REPLY, on_verdict},
	    {OV_N_FETCH, ov_net_fetch_packet},
	    {OV_N_STATE, on_state},
	    {OV_N_TRUST, ov_net_trust_packet},
	    {OV_N_DROP, on_drop},
	};
	uint64_t ref;
	uint16_t type;
	enum ov_rc rc;

	if ((rc = ov_pk_peek(pkt, &type, &ref, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == type)
			return table[i].handle(net, pkt, e);
	return ov_fail(e, OV_BADMSG, "packet of type %#x", type);
}

static void
on_link(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct ov_net *net = arg;
	struct ov_net_link *l = &net->link;
	struct ov_err e = {0};
	enum ov_rc rc = OV_OK;

	if ((events & OV_LOOP_OUT) != 0)
		flush(net);
	for (int i = 0; i < TURN_PACKETS && !net->failed && !net->gone; i++) {
		rc = ov_ipc_recv(fd, &l->in, &e);
		if (rc == OV_OK && l->in.eof) {
			ov_loop_fd_del(loop, fd);
			store_gone(net);
			return;
		}
		if (rc == OV_OK)
			rc = dispatch(net,
			    (struct ov_view){l->in.view.p, l->in.view.n}, &e);
		ov_ipc_in_done(&l->in);
		if (rc != OV_OK)
			break;
	}
	if (rc != OV_OK && rc != OV_AGAIN) {
		(void)ov_while(&e, rc, "store");
		ov_net_fail(net, &e);
	}
}

enum ov_rc
ov_net_link_open(struct ov_net *net, int fd, struct ov_err *e)
{
	enum ov_rc rc;

	net->link.fd = fd;
	net->link.tail = &net->link.head;
	if ((rc = ov_ipc_nonblock(fd, e)) != OV_OK)
		return rc;
	return ov_loop_fd(net->loop, fd, OV_LOOP_IN, on_link, net, e);
}

void
ov_net_link_close(struct ov_net *net)
{
	struct ov_net_link *l = &net->link;
	struct ov_net_packet *p;

	while ((p = l->head) != NULL) {
		l->head = p->next;
		free(p);
	}
	l->tail = &l->head;
	ov_buf_free(&l->w.b);
	ov_ipc_in_free(&l->in);
	if (l->fd >= 0) {
		ov_loop_fd_del(net->loop, l->fd);
		ov_close(&l->fd);
	}
}
