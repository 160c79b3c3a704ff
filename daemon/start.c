/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/start.c - options of a role, and its way to store. */
#include "daemon/start.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "base/ipc.h"
#include "base/version.h"

#define USAGE 2
#define HEAP_KEEP (2 << 20)
#define CONNECT_TRIES 200
#define CONNECT_PAUSE_MS 50

static void
usage(FILE *to, const char *program, const char *what)
{
	(void)fprintf(to,
	    "usage: %s -c FILE\n"
	    "%s\n"
	    "  -c, --config FILE   overstap.conf\n"
	    "  -h, --help          this text\n"
	    "  -V, --version       version\n",
	    program, what);
}

/* What one batch freed is what the next one needs: glibc would give the top of
 * the heap back and have the kernel clear every page anew. */
static void
keep_heap(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_KEEP);
}

int
ov_daemon_options(int argc, char **argv, const char *program, const char *what,
    const char **conf)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*conf = NULL;
	while ((c = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			*conf = optarg;
			break;
		case 'h':
			usage(stdout, program, what);
			return 0;
		case 'V':
			(void)printf("%s " OV_VERSION "\n", program);
			return 0;
		default:
			usage(stderr, program, what);
			return USAGE;
		}
	}
	if (*conf == NULL || optind != argc) {
		usage(stderr, program, what);
		return USAGE;
	}
	keep_heap();
	return -1;
}

enum ov_rc
ov_daemon_connect(const struct ov_daemon_conf *conf, const char *role, int *fd,
    struct ov_err *e)
{
	static const struct timespec pause = {
	    .tv_nsec = CONNECT_PAUSE_MS * 1000000L};
	char path[512];
	enum ov_rc rc;

	rc = ov_daemon_socket(conf, role, path, sizeof(path), e);
	if (rc != OV_OK)
		return rc;
	for (int i = 0;; i++) {
		rc = ov_ipc_connect(path, fd, e);
		if (rc != OV_SYS || i == CONNECT_TRIES ||
		    (e->sys != ENOENT && e->sys != ECONNREFUSED))
			return rc;
		(void)nanosleep(&pause, NULL);
	}
}
