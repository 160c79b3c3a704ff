/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/listener.c - accepts connections and counts them by source
 * address: handshakes in flight, those that wait for one, and all.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/net/role.h"

#define ACCEPTS_A_TURN 64
/* Without descriptors: wait for one. */
#define REST_MS 200
/* Lines a minute about refused handshakes. */
#define REFUSED_LINES 20

/* --- sources ---------------------------------------------------------------- */

static struct ov_net_source **
bucket(struct ov_net *net, const uint8_t addr[16])
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < 16; i++)
		h = (h ^ addr[i]) * 16777619U;
	return &net->sources[h % OV_NET_BUCKETS];
}

static struct ov_net_source *
source_of(struct ov_net *net, const uint8_t addr[16])
{
	struct ov_net_source **at = bucket(net, addr), *s;

	for (s = *at; s != NULL; s = s->next)
		if (memcmp(s->addr, addr, 16) == 0)
			return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	memcpy(s->addr, addr, 16);
	s->tail = &s->waiting;
	s->next = *at;
	*at = s;
	return s;
}

static void
source_drop(struct ov_net *net, struct ov_net_source *s)
{
	struct ov_net_source **at;

	if (s->conns > 0)
		return;
	for (at = bucket(net, s->addr); *at != s; at = &(*at)->next)
		;
	*at = s->next;
	free(s);
}

void
ov_net_source_leave(struct ov_net *net, struct ov_net_source *s)
{
	s->conns--;
	source_drop(net, s);
}

void
ov_net_source_unwait(struct ov_net_source *s, struct ov_net_conn *c)
{
	struct ov_net_conn **at;

	for (at = &s->waiting; *at != NULL; at = &(*at)->wait)
		if (*at == c) {
			if ((*at = c->wait) == NULL)
				s->tail = at;
			c->wait = NULL;
			s->nwaiting--;
			return;
		}
}

void
ov_net_source_next(struct ov_net *net, struct ov_net_source *s)
{
	struct ov_net_conn *c;

	(void)net;
	s->handshakes--;
	if ((c = s->waiting) == NULL)
		return;
	ov_net_source_unwait(s, c);
	s->handshakes++;
	ov_net_conn_start(c);
}

/* One line that names the source, unless there are too many. */
static void
note_source(struct ov_net *net, const uint8_t addr[16], const char *why)
{
	char host[OV_ADDR_TEXT];
	uint32_t missed;

	if (!ov_log_ratelimit(&net->refused_log, REFUSED_LINES,
	        ov_loop_now_ms(net->loop), &missed))
		return;
	ov_addr_fmt(host, addr);
	ov_log(OV_LOG_WARN,
	    "event=handshake-refused source=%s reason=\"%s\" missed=%u", host,
	    why, missed);
}

void
ov_net_refused(struct ov_net *net, const struct ov_net_source *s,
    const char *why)
{
	struct ov_n_gone *r;
	size_t i;

	note_source(net, s->addr, why);
	for (i = 0; i < net->nrefused; i++)
		if (memcmp(net->refused[i].source, s->addr, 16) == 0)
			break;
	/* The last row is the others'. */
	r = &net->refused[i < OV_STRANGERS_PER_REPORT
	                      ? i
	                      : OV_STRANGERS_PER_REPORT];
	if (i == net->nrefused && i < OV_STRANGERS_PER_REPORT) {
		memcpy(r->source, s->addr, 16);
		net->nrefused++;
	}
	r->handshakes_refused++;
}

void
ov_net_report(struct ov_net *net)
{
	struct ov_n_gone *rest = &net->refused[OV_STRANGERS_PER_REPORT];

	ov_addr_others(rest->source);
	for (size_t i = 0; i < net->nrefused; i++)
		ov_net_send(net, OV_N_GONE, 0, &ov_n_gone_rec,
		    &net->refused[i]);
	if (rest->handshakes_refused > 0)
		ov_net_send(net, OV_N_GONE, 0, &ov_n_gone_rec, rest);
	memset(net->refused, 0, sizeof(net->refused));
	net->nrefused = 0;
}

/* --- accepting -------------------------------------------------------------- */

static void
listeners_watch(struct ov_net *net, unsigned int events)
{
	struct ov_net_listener *l;
	struct ov_err e = {0};

	for (l = net->listeners; l != NULL; l = l->next)
		if (ov_loop_fd_mod(net->loop, l->fd, events, &e) != OV_OK) {
			ov_net_fail(net, &e);
			return;
		}
}

static void
rest(struct ov_net *net)
{
	if (!net->full)
		listeners_watch(net, 0);
	net->full = true;
}

void
ov_net_listeners_resume(struct ov_net *net)
{
	if (!net->full || net->nconns >= OV_NET_CONNS_MAX)
		return;
	net->full = false;
	listeners_watch(net, OV_LOOP_IN);
}

static void
on_rested(struct ov_loop *loop, void *arg)
{
	(void)loop;
	ov_net_listeners_resume(arg);
}

static void
admit(struct ov_net *net, int fd, const struct sockaddr_storage *sa)
{
	struct ov_net_source *s;
	struct ov_net_conn *c;
	uint8_t addr[16];
	const int one = 1;

	if (!ov_addr_of(sa, addr) || (s = source_of(net, addr)) == NULL) {
		ov_close(&fd);
		return;
	}
	if (s->conns >= OV_NET_CONNS_PER_SOURCE ||
	    (s->handshakes >= OV_HANDSHAKES_PER_SOURCE &&
	        s->nwaiting >= OV_NET_WAITING_PER_SOURCE)) {
		ov_net_refused(net, s, "too many connections");
		source_drop(net, s);
		ov_close(&fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->conns++;
	if ((c = ov_net_conn_new(net, fd, s)) == NULL) {
		ov_net_source_leave(net, s);
		return;
	}
	if (s->handshakes < OV_HANDSHAKES_PER_SOURCE) {
		s->handshakes++;
		ov_net_conn_start(c);
		return;
	}
	*s->tail = c;
	s->tail = &c->wait;
	s->nwaiting++;
}

static void
on_accept(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct ov_net_listener *l = arg;
	struct ov_net *net = l->net;
	struct sockaddr_storage sa;
	socklen_t len;
	int c;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		if (net->nconns >= OV_NET_CONNS_MAX) {
			rest(net);
			return;
		}
		len = sizeof(sa);
		memset(&sa, 0, sizeof(sa));
		c = accept4(fd, (struct sockaddr *)&sa, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (c >= 0) {
			admit(net, c, &sa);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK) {
			/* No descriptors or no memory: those we have end. */
			rest(net);
			ov_loop_arm(loop, &net->rest,
			    ov_loop_now_ms(loop) + REST_MS);
		}
		return;
	}
}

/* --- listening -------------------------------------------------------------- */

static enum ov_rc
open_one(const struct addrinfo *a, int *out, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	const int one = 1;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0)
		return ov_fail_sys(e, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return ov_fail_sys(e, "SO_REUSEADDR");
	if (a->ai_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0)
		return ov_fail_sys(e, "IPV6_V6ONLY");
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0)
		return ov_fail_sys(e, "bind");
	if (listen(fd, SOMAXCONN) < 0)
		return ov_fail_sys(e, "listen");
	*out = ov_take_fd(&fd);
	return OV_OK;
}

static enum ov_rc
add_listener(struct ov_net *net, int fd, struct ov_err *e)
{
	struct ov_net_listener *l = calloc(1, sizeof(*l));
	enum ov_rc rc;

	if (l == NULL) {
		ov_close(&fd);
		return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	l->net = net;
	l->fd = fd;
	rc = ov_loop_fd(net->loop, fd, OV_LOOP_IN, on_accept, l, e);
	if (rc != OV_OK) {
		ov_close(&l->fd);
		free(l);
		return rc;
	}
	l->next = net->listeners;
	net->listeners = l;
	net->rest.fn = on_rested;
	net->rest.arg = net;
	return OV_OK;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	if (sa.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)&sa)
		                 ->sin6_port);
	return ntohs(((const struct sockaddr_in *)(const void *)&sa)->sin_port);
}

enum ov_rc
ov_net_listen(struct ov_net *net, const char *host, const char *port,
    uint16_t *bound, struct ov_err *e)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE,
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM};
	struct addrinfo *all = NULL, *a;
	enum ov_rc rc = OV_OK;
	uint16_t first = 0;
	int r, fd = -1;

	if ((r = getaddrinfo(host, port, &hints, &all)) != 0)
		return ov_fail(e, OV_BADMSG, "listen at %s port %s: %s", host,
		    port, gai_strerror(r));
	for (a = all; rc == OV_OK && a != NULL; a = a->ai_next) {
		if ((rc = open_one(a, &fd, e)) != OV_OK)
			break;
		if (first == 0)
			first = port_of(fd);
		rc = add_listener(net, fd, e);
	}
	freeaddrinfo(all);
	if (rc != OV_OK)
		return ov_while(e, rc, "listen at %s port %s", host, port);
	if (bound != NULL)
		*bound = first;
	return OV_OK;
}

void
ov_net_listeners_close(struct ov_net *net)
{
	struct ov_net_listener *l;

	while ((l = net->listeners) != NULL) {
		net->listeners = l->next;
		ov_loop_fd_del(net->loop, l->fd);
		ov_close(&l->fd);
		free(l);
	}
}
