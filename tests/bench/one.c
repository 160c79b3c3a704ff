/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/bench/one.c - the roles net, store and vault of one instance in one
 * process and one thread: what the star of processes is measured against.
 *
 * The code is that of the roles.  The vault is a function call; net and store
 * share one loop and still talk over a socket pair, because that is net's only
 * way to speak.  A holder's share keys are not here.  It ends with SIGTERM.
 *
 * usage: bench-one INSTANCE/overstap.conf
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "crypto/vault.h"
#include "daemon/net/net.h"
#include "daemon/store/role.h"

#define PEM_MAX ((size_t)1 << 20)

struct packet {
	struct packet *next;
	size_t n;
	uint8_t p[];
};

struct one {
	struct ov_daemon_conf conf;
	struct ov_loop *loop;
	struct ov_vault *vault;
	struct ov_store *st;
	struct ov_net *net;
	int fd[2]; /* store's end, net's end */
	struct ov_ipc_in in;
	struct packet *head, **tail; /* what the pair had no room for */
};

static enum ov_rc
call_vault(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	struct one *o = ctx;
	enum ov_rc rc = ov_vault_call(o->vault, req, &r->buf, e);

	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

static enum ov_rc
net_send(void *ctx, const void *pkt, size_t n, struct ov_err *e)
{
	struct one *o = ctx;
	struct packet *q;
	enum ov_rc rc;

	if (o->head == NULL &&
	    (rc = ov_ipc_send(o->fd[0], pkt, n, e)) != OV_AGAIN)
		return rc;
	if ((q = malloc(sizeof(*q) + n)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	q->next = NULL;
	q->n = n;
	memcpy(q->p, pkt, n);
	*o->tail = q;
	o->tail = &q->next;
	return ov_loop_fd_mod(o->loop, o->fd[0], OV_LOOP_IN | OV_LOOP_OUT, e);
}

static void
give_up(struct one *o, const struct ov_err *e)
{
	ov_log(OV_LOG_ERROR, "event=failed fault=\"%s\"", e->msg);
	ov_loop_stop(o->loop);
}

static void
net_flush(struct one *o)
{
	struct ov_err e = {0};
	struct packet *q;
	enum ov_rc rc;

	while ((q = o->head) != NULL) {
		if ((rc = ov_ipc_send(o->fd[0], q->p, q->n, &e)) == OV_AGAIN)
			return;
		o->head = q->next;
		free(q);
		if (rc != OV_OK) {
			give_up(o, &e);
			break;
		}
	}
	if (o->head == NULL)
		o->tail = &o->head;
	if (ov_loop_fd_mod(o->loop, o->fd[0], OV_LOOP_IN, &e) != OV_OK)
		give_up(o, &e);
}

static void
net_ready(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct one *o = arg;
	struct ov_err e = {0};
	enum ov_rc rc = OV_OK;

	(void)loop;
	if (events & OV_LOOP_OUT)
		net_flush(o);
	for (int i = 0; i < 512 && rc == OV_OK; i++) {
		if ((rc = ov_ipc_recv(fd, &o->in, &e)) == OV_AGAIN)
			return;
		if (rc == OV_OK && o->in.eof)
			rc = ov_fail(&e, OV_SYS, "net is gone");
		if (rc == OV_OK)
			rc = ov_store_net_packet(o->st,
			    (struct ov_view){o->in.view.p, o->in.view.n}, &e);
		ov_ipc_in_done(&o->in);
	}
	if (rc != OV_OK)
		give_up(o, &e);
}

static void
on_term(struct ov_loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	ov_loop_stop(loop);
}

static enum ov_rc
start_vault(struct one *o, struct ov_err *e)
{
	const struct ov_vault_conf who = {o->conf.oin, o->conf.regio,
	    o->conf.logdomein};
	OV_CLOSE int dir = -1;
	enum ov_rc rc = ov_daemon_credentials(&o->conf, "vault", &dir, e);

	return rc == OV_OK ? ov_vault_load(dir, &who, &o->vault, e) : rc;
}

static enum ov_rc
start_net(struct one *o, struct ov_err *e)
{
	OV_BUF cert = {0}, key = {0};
	struct ov_net_conf nc = {.store = o->fd[1]};
	char host[256], port[6];
	OV_CLOSE int dir = -1;
	enum ov_rc rc;

	if ((rc = ov_fs_read(AT_FDCWD, o->conf.tls_cert, PEM_MAX, &cert, e)) !=
	        OV_OK ||
	    (rc = ov_daemon_credentials(&o->conf, "net", &dir, e)) != OV_OK ||
	    (rc = ov_fs_read(dir, "tls.key", PEM_MAX, &key, e)) != OV_OK)
		return rc;
	nc.cert = (struct ov_view){cert.p, cert.n};
	nc.key = (struct ov_view){key.p, key.n};
	rc = ov_net_new(o->loop, &nc, &o->net, e);
	for (size_t i = 0; rc == OV_OK && i < o->conf.listen.n; i++) {
		rc = ov_daemon_listen_split(o->conf.listen.v[i], host,
		    sizeof(host), port, e);
		if (rc == OV_OK)
			rc = ov_net_listen(o->net, host, port, NULL, e);
	}
	return rc;
}

static enum ov_rc
start(struct one *o, struct ov_err *e)
{
	struct ov_store_env env = {.conf = &o->conf,
	    .state = o->conf.state,
	    .vault = call_vault,
	    .vault_ctx = o,
	    .net = net_send,
	    .net_ctx = o,
	    .random = randombytes_buf};
	enum ov_rc rc;

	if ((rc = ov_loop_new(&o->loop, e)) != OV_OK ||
	    (rc = start_vault(o, e)) != OV_OK ||
	    (rc = ov_ipc_socketpair(o->fd, e)) != OV_OK ||
	    (rc = ov_ipc_nonblock(o->fd[0], e)) != OV_OK)
		return rc;
	env.loop = o->loop;
	if ((rc = ov_store_new(&env, &o->st, e)) != OV_OK ||
	    (rc = ov_loop_fd(o->loop, o->fd[0], OV_LOOP_IN, net_ready, o, e)) !=
	        OV_OK ||
	    (rc = start_net(o, e)) != OV_OK ||
	    (rc = ov_loop_signal(o->loop, SIGTERM, on_term, o, e)) != OV_OK)
		return rc;
	ov_store_net_up(o->st);
	return OV_OK;
}

int
main(int argc, char **argv)
{
	static struct one o = {.fd = {-1, -1}};
	struct ov_err e = {0};
	enum ov_rc rc;

	if (argc != 2) {
		(void)fputs("usage: bench-one OVERSTAP.CONF\n", stderr);
		return 2;
	}
	ov_log_init("one");
	o.tail = &o.head;
	if (sodium_init() < 0 ||
	    curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return 1;
	rc = ov_daemon_conf_load(argv[1], &o.conf, &e);
	if (rc == OV_OK) {
		o.conf.houder = false;
		ov_log_level(o.conf.log_level);
		rc = start(&o, &e);
	}
	if (rc == OV_OK)
		rc = ov_loop_run(o.loop, &e);
	if (rc != OV_OK)
		(void)fprintf(stderr, "bench-one: %s\n", e.msg);
	ov_net_free(o.net);
	ov_store_free(o.st);
	ov_vault_free(o.vault);
	if (o.loop != NULL && o.fd[0] >= 0)
		ov_loop_fd_del(o.loop, o.fd[0]);
	ov_loop_free(o.loop);
	ov_ipc_in_free(&o.in);
	ov_close(&o.fd[0]);
	ov_daemon_conf_free(&o.conf);
	curl_global_cleanup();
	return rc == OV_OK ? 0 : 1;
}
