/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/main.c - overstapd-store: sockets, the loop, start and stop.
 *
 * It listens on RUN/{vault,houder,net,control}.sock, or takes the listening
 * sockets from systemd under those names, and waits for vault and houder
 * before it says READY=1.  A vault or houder that goes away ends the process:
 * the supervisor starts all of them anew.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/fs.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "base/version.h"
#include "base/watchdog.h"
#include "daemon/start.h"
#include "daemon/store/role.h"

#define WAIT_MS 30000 /* for vault and houder to connect */
#define CALL_MS 2000  /* a vault call (docs/processes.md) */
#define NET_QUEUE ((size_t)32 << 20)

enum { S_VAULT, S_HOUDER, S_NET, S_CONTROL, S_N };
static const char *const names[S_N] = {"vault", "houder", "net", "control"};

struct out { /* a packet that net's socket had no room for */
	struct out *next;
	size_t n;
	uint8_t p[];
};

struct proc {
	struct ov_loop *loop;
	struct ov_daemon_conf conf;
	struct ov_store *st;
	int lis[S_N];
	int vault, houder, net;
	struct ov_ipc_in in;
	struct out *head, **tail;
	size_t queued;
	bool failed;
};

/* ---- calls ---- */

static enum ov_rc
call_fd(int fd, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	enum ov_rc rc = ov_ipc_call(fd, req.p, req.n, &r->in, CALL_MS, e);

	if (rc == OV_OK)
		r->v = (struct ov_view){r->in.view.p, r->in.view.n};
	else if (rc != OV_TOOBIG) /* the connection is of no more use */
		rc = ov_fail(e, OV_SYS, "no answer in time");
	return rc;
}

static enum ov_rc
call_vault(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	return call_fd(((struct proc *)ctx)->vault, req, r, e);
}

static enum ov_rc
call_houder(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	return call_fd(((struct proc *)ctx)->houder, req, r, e);
}

/* ---- net ---- */

static void
net_close(struct proc *p)
{
	struct out *o;

	if (p->net < 0)
		return;
	ov_loop_fd_del(p->loop, p->net);
	(void)close(p->net);
	p->net = -1;
	while ((o = p->head) != NULL) {
		p->head = o->next;
		free(o);
	}
	p->tail = &p->head;
	p->queued = 0;
	ov_log(OV_LOG_WARN, "event=net-gone");
	ov_store_net_down(p->st);
}

static enum ov_rc
net_send(void *ctx, const void *pkt, size_t n, struct ov_err *e)
{
	struct proc *p = ctx;
	struct out *o;
	enum ov_rc rc;

	if (p->net < 0)
		return ov_fail(e, OV_AGAIN, "net is not there");
	if (p->head == NULL) {
		rc = ov_ipc_send(p->net, pkt, n, e);
		if (rc != OV_AGAIN)
			return rc == OV_SYS ? ov_fail(e, OV_AGAIN, "net went")
			                    : rc;
	}
	if (p->queued + n > NET_QUEUE)
		return ov_fail(e, OV_AGAIN, "net does not keep up");
	if ((o = malloc(sizeof(*o) + n)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	o->next = NULL;
	o->n = n;
	memcpy(o->p, pkt, n);
	*p->tail = o;
	p->tail = &o->next;
	p->queued += n;
	return ov_loop_fd_mod(p->loop, p->net, OV_LOOP_IN | OV_LOOP_OUT, e);
}

static void
net_flush(struct proc *p)
{
	struct ov_err e = {0};
	struct out *o;
	enum ov_rc rc;

	while ((o = p->head) != NULL) {
		rc = ov_ipc_send(p->net, o->p, o->n, &e);
		if (rc == OV_AGAIN)
			return;
		if (rc != OV_OK) {
			net_close(p);
			return;
		}
		p->head = o->next;
		if (p->head == NULL)
			p->tail = &p->head;
		p->queued -= o->n;
		free(o);
	}
	if (ov_loop_fd_mod(p->loop, p->net, OV_LOOP_IN, &e) != OV_OK)
		net_close(p);
}

/* At most this many packets a turn, so that timers get their turn. */
#define PACKETS 512

static void
net_ready(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct proc *p = arg;
	struct ov_err e = {0};
	enum ov_rc rc;

	(void)loop;
	if (events & OV_LOOP_OUT)
		net_flush(p);
	for (int i = 0; i < PACKETS && p->net == fd; i++) {
		rc = ov_ipc_recv(fd, &p->in, &e);
		if (rc == OV_AGAIN)
			return;
		if (rc == OV_OK && p->in.eof) {
			net_close(p);
			return;
		}
		if (rc == OV_OK)
			rc = ov_store_net_packet(p->st,
			    (struct ov_view){p->in.view.p, p->in.view.n}, &e);
		ov_ipc_in_done(&p->in);
		if (rc != OV_OK) {
			ov_log(OV_LOG_ERROR, "event=net-packet fault=\"%s\"",
			    e.msg);
			net_close(p);
		}
	}
}

static void
net_accept(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct proc *p = arg;
	struct ov_err e = {0};
	int c;

	(void)events;
	if (ov_ipc_accept(fd, &c, NULL, NULL, &e) != OV_OK)
		return;
	if (p->net >= 0) { /* one net; a second is a mistake */
		ov_log(OV_LOG_WARN, "event=second-net");
		(void)close(c);
		return;
	}
	if (ov_ipc_nonblock(c, &e) != OV_OK ||
	    ov_loop_fd(loop, c, OV_LOOP_IN, net_ready, p, &e) != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=net-connect fault=\"%s\"", e.msg);
		(void)close(c);
		return;
	}
	p->net = c;
	ov_log(OV_LOG_INFO, "event=net-connected");
	ov_store_net_up(p->st);
}

/* ---- start and stop ---- */

static void
stop(struct ov_loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	ov_loop_stop(loop);
}

/* A commit failed with an I/O error, or what is stored is damaged: nothing is
 * written any more, the supervisor starts us anew. */
static void
fatal(void *ctx)
{
	(void)ctx;
	_exit(70);
}

static enum ov_rc
listeners(struct proc *p, struct ov_err *e)
{
	char path[4096];
	enum ov_rc rc;

	if ((rc = ov_listen_fds(names, p->lis, S_N, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < S_CONTROL; i++) {
		if (p->lis[i] >= 0 || (i == S_HOUDER && !p->conf.houder))
			continue;
		if ((rc = ov_daemon_socket(&p->conf, names[i], path,
		         sizeof(path), e)) != OV_OK ||
		    (rc = ov_ipc_listen(path, 0600, &p->lis[i], e)) != OV_OK)
			return rc;
	}
	return OV_OK;
}

static enum ov_rc
wait_for(struct proc *p, int which, int *out, struct ov_err *e)
{
	struct pollfd f = {.fd = p->lis[which], .events = POLLIN};
	int n;

	do {
		n = poll(&f, 1, WAIT_MS);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return ov_fail(e, OV_AGAIN, "%s did not connect", names[which]);
	return ov_ipc_accept(f.fd, out, NULL, NULL, e);
}

/* vault and houder only answer: what can be read between two calls is the end
 * of the connection.  Better to go now than at the next message. */
static void
answerer_gone(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct proc *p = arg;

	(void)events;
	ov_log(OV_LOG_ERROR, "event=gone role=%s",
	    names[fd == p->vault ? S_VAULT : S_HOUDER]);
	p->failed = true;
	ov_loop_fd_del(loop, fd);
	ov_loop_stop(loop);
}

static enum ov_rc
watch_answerers(struct proc *p, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_loop_fd(p->loop, p->vault, OV_LOOP_IN, answerer_gone, p, e);
	if (rc == OV_OK && p->houder >= 0)
		rc = ov_loop_fd(p->loop, p->houder, OV_LOOP_IN, answerer_gone,
		    p, e);
	return rc;
}

static enum ov_rc
begin(struct proc *p, struct ov_err *e)
{
	struct ov_store_env env = {.conf = &p->conf,
	    .state = p->conf.state,
	    .vault = call_vault,
	    .vault_ctx = p,
	    .net = net_send,
	    .net_ctx = p,
	    .random = randombytes_buf,
	    .fatal = fatal};
	char path[4096];
	enum ov_rc rc;

	if ((rc = ov_loop_new(&p->loop, e)) != OV_OK ||
	    (rc = listeners(p, e)) != OV_OK ||
	    (rc = wait_for(p, S_VAULT, &p->vault, e)) != OV_OK)
		return rc;
	if (p->conf.houder) {
		if ((rc = wait_for(p, S_HOUDER, &p->houder, e)) != OV_OK)
			return rc;
		env.houder = call_houder;
		env.houder_ctx = p;
	}
	env.loop = p->loop;
	if ((rc = ov_store_new(&env, &p->st, e)) != OV_OK ||
	    (rc = ov_daemon_socket(&p->conf, "control", path, sizeof(path),
	         e)) != OV_OK ||
	    (rc = ov_control_new(p->st, path, ov_take_fd(&p->lis[S_CONTROL]),
	         e)) != OV_OK)
		return rc;
	if ((rc = watch_answerers(p, e)) != OV_OK ||
	    (rc = ov_loop_signal(p->loop, SIGTERM, stop, p, e)) != OV_OK ||
	    (rc = ov_loop_signal(p->loop, SIGINT, stop, p, e)) != OV_OK)
		return rc;
	return ov_loop_fd(p->loop, p->lis[S_NET], OV_LOOP_IN, net_accept, p, e);
}

static int
work(struct proc *p)
{
	struct ov_watchdog w;
	struct ov_err e = {0};
	enum ov_rc rc;

	rc = begin(p, &e);
	if (rc == OV_OK)
		rc = ov_notify("READY=1", &e);
	if (rc == OV_OK) {
		ov_watchdog_start(&w, p->loop);
		ov_log(OV_LOG_INFO, "event=ready version=%s oin=%s", OV_VERSION,
		    p->conf.oin);
		rc = ov_loop_run(p->loop, &e);
		ov_watchdog_stop(&w, p->loop);
	}
	if (rc != OV_OK)
		ov_log(OV_LOG_ERROR, "event=failed fault=\"%s\"", e.msg);
	if (p->net >= 0) {
		ov_loop_fd_del(p->loop, p->net);
		(void)close(p->net);
		p->net = -1;
	}
	ov_store_free(p->st);
	ov_loop_free(p->loop);
	ov_ipc_in_free(&p->in);
	ov_daemon_conf_free(&p->conf);
	return rc == OV_OK && !p->failed ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static struct proc p = {.vault = -1, .houder = -1, .net = -1};
	const char *conf;
	struct ov_err e = {0};
	int code = ov_daemon_options(argc, argv, "overstapd-store",
	    "Decides and remembers: overstapd-store(8).", &conf);

	if (code >= 0)
		return code;
	ov_log_init("store");
	p.tail = &p.head;
	for (size_t i = 0; i < S_N; i++)
		p.lis[i] = -1;
	if (ov_sandbox(&e) != OV_OK || sodium_init() < 0 ||
	    ov_daemon_conf_load(conf, &p.conf, &e) != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=start fault=\"%s\"", e.msg);
		return 1;
	}
	ov_log_level(p.conf.log_level);
	return work(&p);
}
