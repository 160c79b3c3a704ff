/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/launcher/main.c - overstapd: runs the roles of one instance where no
 * systemd does.  It has no privileges and holds nothing. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/version.h"
#include "base/instance.h"
#include "daemon/launcher/children.h"

#define ETC "/etc/overstap"

static void
usage(FILE *f)
{
	(void)fputs("usage: overstapd [--once] -c FILE | -i DIR|NAME\n\n"
	            "  -c, --config FILE    overstap.conf\n"
	            "  -i, --instance DIR   directory with a '/' in it, or a "
	            "name under " ETC "\n"
	            "      --once           end when a role ends, do not "
	            "restart\n"
	            "  -h, --help\n"
	            "      --version\n",
	    f);
}

struct asked {
	char file[4096];
	bool once;
};

/* -1: go on; else the exit code. */
static int
options(int argc, char **argv, struct asked *a)
{
	static const struct option longs[] = {{"config", required_argument,
	                                          NULL, 'c'},
	    {"instance", required_argument, NULL, 'i'},
	    {"once", no_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c, n = 0;

	while ((c = getopt_long(argc, argv, "c:i:h", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			n = snprintf(a->file, sizeof(a->file), "%s", optarg);
			break;
		case 'i':
			n = snprintf(a->file, sizeof(a->file),
			    "%s%s/overstap.conf",
			    strchr(optarg, '/') != NULL ? "" : ETC "/", optarg);
			break;
		case 'o':
			a->once = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			(void)puts("overstapd " OV_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
		if (n < 0 || (size_t)n >= sizeof(a->file)) {
			(void)fputs("overstapd: path too long\n", stderr);
			return 2;
		}
	}
	if (a->file[0] == '\0' || optind != argc) {
		usage(stderr);
		return 2;
	}
	return -1;
}

/* The directory this program lies in: the roles lie beside it. */
static enum ov_rc
own_directory(char *out, size_t cap, struct ov_err *e)
{
	ssize_t n = readlink("/proc/self/exe", out, cap - 1);
	char *slash;

	if (n < 0)
		return ov_fail_sys(e, "/proc/self/exe");
	out[n] = '\0';
	if ((slash = strrchr(out, '/')) == NULL)
		return ov_fail(e, OV_SYS, "/proc/self/exe");
	*slash = '\0';
	return OV_OK;
}

/* One launcher for an instance: RUN/overstapd.pid is locked as long as this
 * process lives.  *fd is given. */
static enum ov_rc
lock(const char *run, int *fd, struct ov_err *e)
{
	OV_CLOSE int dir = -1, f = -1;
	char text[24];
	enum ov_rc rc;
	int n;

	if ((rc = ov_fs_mkdir_p(AT_FDCWD, run, e)) != OV_OK ||
	    (rc = ov_fs_opendir(AT_FDCWD, run, &dir, e)) != OV_OK)
		return rc;
	f = openat(dir, "overstapd.pid", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (f < 0)
		return ov_fail_sys(e, "overstapd.pid");
	if (flock(f, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
		           ? ov_fail(e, OV_DENIED, "this instance runs already")
		           : ov_fail_sys(e, "lock overstapd.pid");
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(f, 0) < 0 || write(f, text, (size_t)n) != n)
		return ov_fail_sys(e, "overstapd.pid");
	*fd = ov_take_fd(&f);
	return OV_OK;
}

static void
on_child(struct ov_loop *loop, int signo, void *arg)
{
	(void)loop;
	(void)signo;
	ov_children_reap(arg);
}

static void
on_stop(struct ov_loop *loop, int signo, void *arg)
{
	(void)loop;
	ov_log(OV_LOG_INFO, "event=stop signal=%d", signo);
	ov_children_stop(arg);
}

static enum ov_rc
run(struct ov_loop *loop, struct ov_children *c, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_loop_signal(loop, SIGCHLD, on_child, c, e)) != OV_OK ||
	    (rc = ov_loop_signal(loop, SIGTERM, on_stop, c, e)) != OV_OK ||
	    (rc = ov_loop_signal(loop, SIGINT, on_stop, c, e)) != OV_OK)
		return rc;
	return ov_loop_run(loop, e);
}

static int
serve(const struct asked *a, const struct ov_daemon_conf *conf)
{
	struct ov_children_conf cc = {.file = a->file,
	    .run = conf->run,
	    .houder = conf->houder,
	    .once = a->once};
	struct ov_children *c = NULL;
	struct ov_loop *loop = NULL;
	OV_CLOSE int held = -1;
	struct ov_err e = {0};
	char bin[4096];
	enum ov_rc rc;
	int code = 1;

	cc.bin = bin;
	if ((rc = own_directory(bin, sizeof(bin), &e)) == OV_OK &&
	    (rc = lock(conf->run, &held, &e)) == OV_OK &&
	    (rc = ov_loop_new(&loop, &e)) == OV_OK &&
	    (rc = ov_children_new(loop, &cc, &c, &e)) == OV_OK)
		rc = run(loop, c, &e);
	if (rc != OV_OK)
		ov_log(OV_LOG_ERROR, "event=failed fault=\"%s\"", e.msg);
	else
		code = ov_children_failed(c) ? 1 : 0;
	ov_children_free(c);
	ov_loop_free(loop);
	return code;
}

int
main(int argc, char **argv)
{
	struct asked a = {.once = false};
	struct ov_daemon_conf conf = {0};
	struct ov_err e = {0};
	int code = options(argc, argv, &a);

	if (code >= 0)
		return code;
	ov_log_init("launcher");
	(void)umask(077);
	if (ov_daemon_conf_load(a.file, &conf, &e) != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=conf fault=\"%s\"", e.msg);
		return 1;
	}
	ov_log_level(conf.log_level);
	code = serve(&a, &conf);
	ov_daemon_conf_free(&conf);
	return code;
}
