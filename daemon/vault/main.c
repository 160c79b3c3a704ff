/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/vault/main.c - overstapd-vault: a loop around ov_vault_call().
 *
 * Reads its keys once, connects to store, and from then on has no path, no
 * clock and one descriptor.  It ends when store does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fs.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "crypto/vault.h"
#include "daemon/start.h"

enum { EXIT_FAILED = 1, EXIT_CONFIG = 78 };

/* What a busy vault locks at most, with its buffers. */
#define LOCK_ROOM ((size_t)96 << 20)
/* A reply buffer above this is given back after use; the answer to 64 messages
 * of 9 KiB stays. */
#define REPLY_KEEP ((size_t)1 << 20)

/* Keep all memory out of swap, if the kernel allows as much as we may need;
 * otherwise a later allocation would fail instead.  Keys themselves lie in
 * memory that is locked by itself. */
static bool
lock_memory(void)
{
	void *p = mmap(NULL, LOCK_ROOM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool room;

	if (p == MAP_FAILED)
		return false;
	room = mlock2(p, LOCK_ROOM, MLOCK_ONFAULT) == 0;
	(void)munmap(p, LOCK_ROOM);
	return room && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

static enum ov_rc
start(const char *file, struct ov_vault **v, int *fd, struct ov_err *e)
{
	struct ov_daemon_conf conf;
	OV_CLOSE int dir = -1;
	enum ov_rc rc;

	if ((rc = ov_daemon_conf_load(file, &conf, e)) != OV_OK)
		return rc;
	ov_log_level(conf.log_level);
	if ((rc = ov_daemon_credentials(&conf, "vault", &dir, e)) == OV_OK) {
		const struct ov_vault_conf who = {.oin = conf.oin,
		    .regio = conf.regio,
		    .logdomein = conf.logdomein};

		rc = ov_vault_load(dir, &who, v, e);
	}
	if (rc == OV_OK)
		rc = ov_daemon_connect(&conf, "vault", fd, e);
	ov_daemon_conf_free(&conf);
	return rc;
}

/* Until store closes the connection. */
static enum ov_rc
serve(struct ov_vault *v, int fd, struct ov_err *e)
{
	struct ov_ipc_in in = {0};
	OV_BUF reply = {0};
	enum ov_rc rc;

	for (;;) {
		rc = ov_ipc_recv(fd, &in, e);
		if (rc != OV_OK || in.eof)
			break;
		rc = ov_vault_call(v, (struct ov_view){in.view.p, in.view.n},
		    &reply, e);
		ov_ipc_in_done(&in);
		if (rc == OV_OK)
			rc = ov_ipc_send(fd, reply.p, reply.n, e);
		if (rc != OV_OK)
			break;
		if (reply.cap > REPLY_KEEP)
			ov_buf_free(&reply);
		else
			ov_buf_reset(&reply);
	}
	ov_ipc_in_free(&in);
	return rc;
}

static int
run(const char *file)
{
	struct ov_vault *v = NULL;
	OV_CLOSE int fd = -1;
	struct ov_err e = {0};
	enum ov_rc rc;

	ov_log_init("vault");
	if ((rc = ov_sandbox(&e)) == OV_OK)
		rc = start(file, &v, &fd, &e);
	if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=start-failed why=\"%s\"", e.msg);
		ov_vault_free(v);
		return EXIT_CONFIG;
	}
	if (!lock_memory() || !ov_vault_locked(v))
		ov_log(OV_LOG_WARN,
		    "event=memory-not-locked hint=\"LimitMEMLOCK=infinity\"");
	if (ov_notify("READY=1", &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=notify why=\"%s\"", e.msg);
	ov_log(OV_LOG_INFO, "event=ready");
	rc = serve(v, fd, &e);
	ov_vault_free(v);
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
	int code = ov_daemon_options(argc, argv, "overstapd-vault",
	    "Keeps the keys of an instance and serves overstapd-store.", &file);

	return code >= 0 ? code : run(file);
}
