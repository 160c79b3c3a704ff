/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/conn.c - one TLS connection: its states, deadlines, and the
 * bytes in and out of it.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/net/role.h"

/* --- life ------------------------------------------------------------------- */

static void
on_timer(struct ov_loop *loop, void *arg)
{
	struct ov_net_conn *c = arg;

	(void)loop;
	switch (c->state) {
	case OV_NET_WAITING:
	case OV_NET_HANDSHAKE:
		ov_net_refused(c->net, c->source, "too slow");
		ov_net_conn_kill(c);
		break;
	case OV_NET_VERDICT:
	case OV_NET_LINGER:
		ov_net_conn_kill(c);
		break;
	case OV_NET_OPEN:
		if (c->h2 != NULL)
			ov_net_h2_late(c);
		else
			ov_net_h1_late(c);
		break;
	case OV_NET_DEAD:
		break;
	}
	ov_net_conn_settle(c);
}

static void
on_stall(struct ov_loop *loop, void *arg)
{
	struct ov_net_conn *c = arg;

	(void)loop;
	ov_net_conn_kill(c);
	ov_net_conn_settle(c);
}

struct ov_net_conn *
ov_net_conn_new(struct ov_net *net, int fd, struct ov_net_source *s)
{
	struct ov_net_conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		ov_close(&fd);
		return NULL;
	}
	c->net = net;
	c->id = ++net->last_conn;
	c->fd = fd;
	c->source = s;
	c->timer.fn = on_timer;
	c->timer.arg = c;
	c->stall.fn = on_stall;
	c->stall.arg = c;
	c->next = net->conns;
	if (c->next != NULL)
		c->next->prev = c;
	net->conns = c;
	c->hash = net->conn[c->id % OV_NET_BUCKETS];
	net->conn[c->id % OV_NET_BUCKETS] = c;
	net->nconns++;
	ov_net_conn_deadline(c, OV_HANDSHAKE_MS);
	return c;
}

struct ov_net_conn *
ov_net_conn_find(struct ov_net *net, uint64_t id)
{
	struct ov_net_conn *c;

	for (c = net->conn[id % OV_NET_BUCKETS]; c != NULL; c = c->hash)
		if (c->id == id)
			return c;
	return NULL;
}

static void
unlist(struct ov_net_conn *c)
{
	struct ov_net *net = c->net;
	struct ov_net_conn **at;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		net->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	for (at = &net->conn[c->id % OV_NET_BUCKETS]; *at != c;
	     at = &(*at)->hash)
		;
	*at = c->hash;
	if (c->is_held) {
		for (at = &net->held; *at != c; at = &(*at)->held)
			;
		*at = c->held;
	}
	net->nconns--;
}

static void
conn_free(struct ov_net_conn *c)
{
	struct ov_net *net = c->net;
	struct ov_n_gone gone = {.conn = c->id};

	unlist(c);
	ov_net_h2_free(c->h2);
	ov_net_h1_free(c->h1);
	while (c->reqs != NULL)
		ov_net_req_forget(c->reqs);
	ov_loop_disarm(net->loop, &c->timer);
	ov_loop_disarm(net->loop, &c->stall);
	net->answers -= c->charged;
	ov_buf_free(&c->out);
	ov_loop_fd_del(net->loop, c->fd);
	SSL_free(c->ssl);
	ov_close(&c->fd);
	if (c->told)
		ov_net_send(net, OV_N_GONE, 0, &ov_n_gone_rec, &gone);
	if (c->peer != NULL) {
		c->peer->conns--;
		ov_net_peer_release(net, c->peer);
	}
	if (c->died == OV_NET_WAITING)
		ov_net_source_unwait(c->source, c);
	else if (c->died == OV_NET_HANDSHAKE)
		ov_net_source_next(net, c->source);
	ov_net_source_leave(net, c->source);
	free(c);
	ov_net_listeners_resume(net);
	ov_net_drained(net);
}

void
ov_net_conn_kill(struct ov_net_conn *c)
{
	if (c->state == OV_NET_DEAD)
		return;
	c->died = c->state;
	c->state = OV_NET_DEAD;
}

void
ov_net_conn_close(struct ov_net_conn *c)
{
	c->closing = true;
}

void
ov_net_conn_deadline(struct ov_net_conn *c, uint64_t ms)
{
	ov_loop_arm(c->net->loop, &c->timer, ov_loop_now_ms(c->net->loop) + ms);
}

void
ov_net_conns_free(struct ov_net *net)
{
	while (net->conns != NULL) {
		ov_net_conn_kill(net->conns);
		ov_net_conn_settle(net->conns);
	}
}

/* --- writing ---------------------------------------------------------------- */

static size_t
unwritten(const struct ov_net_conn *c)
{
	return c->out.n - c->out_at;
}

/* Forget what is written, so that a busy connection does not grow. */
static void
compact(struct ov_net_conn *c)
{
	if (c->out_at == 0)
		return;
	memmove(c->out.p, c->out.p + c->out_at, unwritten(c));
	c->out.n -= c->out_at;
	c->out_at = 0;
}

/* One SSL_write; false: not now, or dead. */
static bool
write_some(struct ov_net_conn *c)
{
	size_t n;
	int r;

	ERR_clear_error();
	r = SSL_write_ex(c->ssl, c->out.p + c->out_at, unwritten(c), &n);
	if (r == 1) {
		c->out_at += n;
		c->write_on_read = false;
		ov_loop_arm(c->net->loop, &c->stall,
		    ov_loop_now_ms(c->net->loop) + OV_NET_STALL_MS);
		return true;
	}
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_WANT_READ:
		c->write_on_read = true;
		break;
	default:
		ov_net_conn_kill(c);
		break;
	}
	return false;
}

static void
write_out(struct ov_net_conn *c)
{
	for (;;) {
		if (c->out.bad) {
			ov_net_conn_kill(c);
			return;
		}
		if (c->h2 != NULL && unwritten(c) < OV_NET_OUT_LOW) {
			compact(c);
			ov_net_h2_output(c);
		}
		if (c->state == OV_NET_DEAD || unwritten(c) == 0)
			break;
		if (!c->stall.armed)
			ov_loop_arm(c->net->loop, &c->stall,
			    ov_loop_now_ms(c->net->loop) + OV_NET_STALL_MS);
		if (!write_some(c))
			return;
	}
	if (c->state == OV_NET_DEAD)
		return;
	/* An answer may wait for the client to open its window. */
	if (ov_net_h2_held(c->h2) == 0)
		ov_loop_disarm(c->net->loop, &c->stall);
	else if (!c->stall.armed)
		ov_loop_arm(c->net->loop, &c->stall,
		    ov_loop_now_ms(c->net->loop) + OV_NET_STALL_MS);
	/* A connection that waits costs no buffer. */
	ov_buf_free(&c->out);
	c->out_at = 0;
}

/* All is written: say so, then read off what the client still sends, so that
 * no reset overtakes the answer. */
static void
linger(struct ov_net_conn *c)
{
	ERR_clear_error();
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	if (shutdown(c->fd, SHUT_WR) < 0) {
		ov_net_conn_kill(c);
		return;
	}
	c->state = OV_NET_LINGER;
	ov_net_conn_deadline(c,
	    c->net->draining ? OV_NET_LINGER_DRAIN_MS : OV_NET_LINGER_MS);
}

/* --- reading ---------------------------------------------------------------- */

/* Does HTTP want bytes now? */
static bool
reads(const struct ov_net_conn *c)
{
	if (c->closing || unwritten(c) > OV_NET_OUT_MAX)
		return false;
	return c->h2 != NULL || ov_net_h1_reads(c);
}

static void
hold(struct ov_net_conn *c)
{
	if (c->is_held)
		return;
	c->is_held = true;
	c->held = c->net->held;
	c->net->held = c;
}

static void
read_in(struct ov_net_conn *c)
{
	struct ov_net *net = c->net;
	size_t n;
	int r;

	c->read_on_write = false;
	for (int i = 0; i < OV_NET_TURN_READS && reads(c); i++) {
		if (ov_net_link_behind(net)) {
			hold(c);
			return;
		}
		ERR_clear_error();
		r = SSL_read_ex(c->ssl, net->read, sizeof(net->read), &n);
		if (r != 1) {
			switch (SSL_get_error(c->ssl, r)) {
			case SSL_ERROR_WANT_READ:
				break;
			case SSL_ERROR_WANT_WRITE:
				c->read_on_write = true;
				break;
			default: /* the end, clean or not */
				ov_net_conn_kill(c);
				break;
			}
			return;
		}
		if (c->h2 != NULL)
			ov_net_h2_input(c, net->read, n);
		else
			ov_net_h1_input(c, net->read, n);
		if (c->state != OV_NET_OPEN)
			return;
	}
}

static void
read_off(struct ov_net_conn *c)
{
	ssize_t r;

	for (int i = 0; i < OV_NET_TURN_READS; i++) {
		r = read(c->fd, c->net->read, sizeof(c->net->read));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (r > 0)
			c->lingered += (size_t)r;
		if (r <= 0 || c->lingered > OV_DRAIN_MAX) {
			ov_net_conn_kill(c);
			return;
		}
	}
}

/* --- handshake -------------------------------------------------------------- */

static void
handshake_done(struct ov_net_conn *c)
{
	struct ov_n_peer n = {.conn = c->id};
	struct ov_net *net = c->net;
	struct ov_err e = {0};

	if (ov_net_trust_peer(&net->trust, c->ssl, &n, &e) != OV_OK ||
	    (c->peer = ov_net_peer_hold(net, n.spki)) == NULL ||
	    c->peer->conns > OV_NET_CONNS_PER_PEER) {
		ov_net_refused(net, c->source,
		    c->peer != NULL ? "too many connections of one key"
		                    : e.msg);
		ov_net_conn_kill(c);
		return;
	}
	memcpy(n.source, c->source->addr, sizeof(n.source));
	c->state = OV_NET_VERDICT;
	ov_net_conn_deadline(c, OV_HEADERS_MS);
	c->told = true;
	ov_net_send(net, OV_N_PEER, c->id, &ov_n_peer_rec, &n);
	ov_net_source_next(net, c->source);
}

static void
handshake(struct ov_net_conn *c)
{
	const char *why;
	int r;

	ERR_clear_error();
	r = SSL_accept(c->ssl);
	if (r == 1) {
		handshake_done(c);
		return;
	}
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		c->read_on_write = false;
		return;
	case SSL_ERROR_WANT_WRITE:
		c->read_on_write = true;
		return;
	default:
		why = ERR_reason_error_string(ERR_peek_error());
		ov_net_refused(c->net, c->source, why != NULL ? why : "closed");
		ov_net_conn_kill(c);
	}
}

void
ov_net_conn_verdict(struct ov_net_conn *c, bool known)
{
	const unsigned char *alpn;
	struct ov_err e = {0};
	unsigned int n;
	enum ov_rc rc;

	if (c->state != OV_NET_VERDICT)
		return;
	c->known = known;
	c->peer->known = known;
	c->state = OV_NET_OPEN;
	/* A stranger gets one answer, and no time to think about it. */
	ov_net_conn_deadline(c, known ? OV_IDLE_MS : OV_HEADERS_MS);
	SSL_get0_alpn_selected(c->ssl, &alpn, &n);
	if (n == 2 && memcmp(alpn, "h2", 2) == 0)
		rc = ov_net_h2_new(c, &e);
	else
		rc = ov_net_h1_new(c, &e);
	if (rc != OV_OK)
		ov_net_conn_kill(c);
	else if (c->net->draining)
		ov_net_conn_drain(c);
	else
		read_in(c); /* the request is often here already */
	ov_net_conn_settle(c);
}

void
ov_net_conn_drain(struct ov_net_conn *c)
{
	if (c->state == OV_NET_OPEN && c->h2 != NULL)
		ov_net_h2_drain(c);
	else if (c->state == OV_NET_OPEN)
		ov_net_h1_drain(c);
	else if (c->state != OV_NET_LINGER)
		ov_net_conn_kill(c);
}

/* --- the loop --------------------------------------------------------------- */

static void
on_fd(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct ov_net_conn *c = arg;

	(void)loop;
	(void)fd;
	switch (c->state) {
	case OV_NET_HANDSHAKE:
		handshake(c);
		break;
	case OV_NET_OPEN:
		if ((events & OV_LOOP_IN) != 0 || c->read_on_write)
			read_in(c);
		break;
	case OV_NET_LINGER:
		read_off(c);
		break;
	case OV_NET_WAITING:
	case OV_NET_VERDICT:
	case OV_NET_DEAD:
		break;
	}
	ov_net_conn_settle(c);
}

void
ov_net_conn_start(struct ov_net_conn *c)
{
	struct ov_net *net = c->net;

	c->state = OV_NET_HANDSHAKE;
	c->ssl = SSL_new(net->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    ov_loop_fd(net->loop, c->fd, OV_LOOP_IN, on_fd, c, NULL) != OV_OK) {
		ERR_clear_error();
		/* Not freed here: the caller may be walking a list. */
		ov_net_conn_kill(c);
		ov_net_conn_deadline(c, 0);
		return;
	}
	c->events = OV_LOOP_IN;
}

/* What the loop should watch for. */
static unsigned int
wanted(const struct ov_net_conn *c)
{
	unsigned int events = 0;

	switch (c->state) {
	case OV_NET_HANDSHAKE:
		return c->read_on_write ? OV_LOOP_OUT : OV_LOOP_IN;
	case OV_NET_LINGER:
		return OV_LOOP_IN;
	case OV_NET_OPEN:
		if (unwritten(c) > 0 && !c->write_on_read)
			events |= OV_LOOP_OUT;
		if (c->read_on_write)
			events |= OV_LOOP_OUT;
		else if (!c->is_held && (reads(c) || c->write_on_read))
			events |= OV_LOOP_IN;
		return events;
	case OV_NET_WAITING:
	case OV_NET_VERDICT:
	case OV_NET_DEAD:
		break;
	}
	return 0;
}

void
ov_net_conn_settle(struct ov_net_conn *c)
{
	struct ov_net *net = c->net;
	unsigned int events;
	size_t held;

	if (c->state == OV_NET_OPEN)
		write_out(c);
	if (c->state == OV_NET_OPEN && c->closing && unwritten(c) == 0)
		linger(c);
	if (c->state == OV_NET_DEAD) {
		conn_free(c);
		return;
	}
	/* What its client did not take yet. */
	held = unwritten(c) + ov_net_h2_held(c->h2);
	net->answers = net->answers - c->charged + held;
	c->charged = held;
	events = wanted(c);
	if (c->state == OV_NET_WAITING || events == c->events)
		return;
	c->events = events;
	if (ov_loop_fd_mod(net->loop, c->fd, events, NULL) == OV_OK)
		return;
	ov_net_conn_kill(c);
	conn_free(c);
}

void
ov_net_conns_resume(struct ov_net *net)
{
	struct ov_net_conn *c;

	while (!ov_net_link_behind(net) && (c = net->held) != NULL) {
		net->held = c->held;
		c->held = NULL;
		c->is_held = false;
		if (c->state == OV_NET_OPEN)
			read_in(c);
		ov_net_conn_settle(c);
	}
}
