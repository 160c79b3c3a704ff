/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/houder/main.c - overstapd-houder: a loop around ov_houder_call().
 *
 * Reads its seeds once, opens houder.db, connects to store, and ends when
 * store does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "crypto/selftest.h"
#include "daemon/houder/houder.h"
#include "daemon/start.h"

enum { EXIT_FAILED = 1, EXIT_CONFIG = 78 };

/* Everything the role owns. */
struct parts {
	struct ov_houder_keys *keys;
	struct ov_debits *debits;
	struct ov_houder *role;
	size_t seeds;
	int fd;
};

static void
parts_free(struct parts *p)
{
	ov_houder_free(p->role);
	ov_debits_close(p->debits);
	ov_houder_keys_free(p->keys);
	ov_close(&p->fd);
}

static enum ov_rc
now(struct ov_now *out, struct ov_err *e)
{
	struct timespec wall, mono;

	if (clock_gettime(CLOCK_REALTIME, &wall) < 0 ||
	    clock_gettime(CLOCK_MONOTONIC, &mono) < 0)
		return ov_fail_sys(e, "clock");
	out->wall = (int64_t)wall.tv_sec;
	out->mono_ms = (uint64_t)mono.tv_sec * 1000 +
	               (uint64_t)mono.tv_nsec / 1000000;
	return OV_OK;
}

static enum ov_rc
build(const struct ov_daemon_conf *conf, struct parts *p, struct ov_err *e)
{
	const struct ov_houder_conf hc = {.plafond_dag = (uint64_t)
	                                                     conf->plafond_dag,
	    .plafond_jaar = (uint64_t)conf->plafond_jaar,
	    .rate = (uint32_t)conf->rate,
	    .burst = (uint32_t)conf->burst};
	OV_CLOSE int dir = -1;
	enum ov_rc rc;

	if (!conf->houder)
		return ov_fail(e, OV_BADMSG, "houder is not yes");
	if ((rc = ov_secret_init(e)) != OV_OK ||
	    (rc = ov_crypto_selftest(e)) != OV_OK ||
	    (rc = ov_houder_keys_new(conf->regio, &p->keys, e)) != OV_OK ||
	    (rc = ov_daemon_credentials(conf, "houder", &dir, e)) != OV_OK ||
	    (rc = ov_houder_seeds(dir, p->keys, &p->seeds, e)) != OV_OK ||
	    (rc = ov_fs_mkdir_p(AT_FDCWD, conf->state, e)) != OV_OK ||
	    (rc = ov_fs_private(AT_FDCWD, conf->state, e)) != OV_OK ||
	    (rc = ov_debits_open(conf->state, &p->debits, e)) != OV_OK)
		return rc;
	return ov_houder_new(&hc, p->keys, p->debits, &p->role, e);
}

static enum ov_rc
start(const char *file, struct parts *p, struct ov_err *e)
{
	struct ov_daemon_conf conf;
	enum ov_rc rc;

	if ((rc = ov_daemon_conf_load(file, &conf, e)) != OV_OK)
		return rc;
	ov_log_level(conf.log_level);
	if ((rc = build(&conf, p, e)) == OV_OK)
		rc = ov_daemon_connect(&conf, "houder", &p->fd, e);
	ov_daemon_conf_free(&conf);
	return rc;
}

/* Until store closes the connection. */
static enum ov_rc
serve(struct parts *p, struct ov_err *e)
{
	struct ov_ipc_in in = {0};
	OV_BUF reply = {0};
	struct ov_now t;
	enum ov_rc rc;

	for (;;) {
		rc = ov_ipc_recv(p->fd, &in, e);
		if (rc != OV_OK || in.eof)
			break;
		if ((rc = now(&t, e)) == OV_OK)
			rc = ov_houder_call(p->role,
			    (struct ov_view){in.view.p, in.view.n}, t, &reply,
			    e);
		ov_ipc_in_done(&in);
		if (rc == OV_OK)
			rc = ov_ipc_send(p->fd, reply.p, reply.n, e);
		if (rc != OV_OK)
			break;
	}
	ov_ipc_in_free(&in);
	return rc;
}

static int
run(const char *file)
{
	struct parts p = {.fd = -1};
	struct ov_err e = {0};
	enum ov_rc rc;

	ov_log_init("houder");
	if ((rc = ov_sandbox(&e)) == OV_OK)
		rc = start(file, &p, &e);
	if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=start-failed why=\"%s\"", e.msg);
		parts_free(&p);
		return EXIT_CONFIG;
	}
	if (ov_notify("READY=1", &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=notify why=\"%s\"", e.msg);
	ov_log(OV_LOG_INFO, "event=ready seeds=%zu", p.seeds);
	rc = serve(&p, &e);
	parts_free(&p);
	/* The end of the connection is the end of store, reset or not. */
	if (rc == OV_SYS && (e.sys == ECONNRESET || e.sys == EPIPE))
		rc = OV_OK;
	if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=stopped why=\"%s\"", e.msg);
		return EXIT_FAILED;
	}
	ov_log(OV_LOG_INFO, "event=stopped why=\"store is gone\"");
	return 0;
}

int
main(int argc, char **argv)
{
	const char *file;
	int code = ov_daemon_options(argc, argv, "overstapd-houder",
	    "Holds share keys of a region and evaluates pseudonyms for its "
	    "members.",
	    &file);

	return code >= 0 ? code : run(file);
}
