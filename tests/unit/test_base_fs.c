/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base/fs.h, base/notify.h and base/sandbox.h. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/notify.h"
#include "base/sandbox.h"

struct dir {
	char path[32];
	int fd;
};

static int
setup(void **state)
{
	struct dir *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -1;
	(void)snprintf(d->path, sizeof(d->path), "/tmp/ov-fs-XXXXXX");
	if (mkdtemp(d->path) == NULL ||
	    ov_fs_opendir(AT_FDCWD, d->path, &d->fd, NULL) != OV_OK)
		return -1;
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {"a", "b", "fifo", "link", "s"};
	struct dir *d = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(d->fd, names[i], 0);
	(void)unlinkat(d->fd, "x/y/z", AT_REMOVEDIR);
	(void)unlinkat(d->fd, "x/y", AT_REMOVEDIR);
	(void)unlinkat(d->fd, "x", AT_REMOVEDIR);
	(void)close(d->fd);
	/* Fails if a test left a temporary file behind. */
	if (rmdir(d->path) < 0)
		return -1;
	free(d);
	return 0;
}

static void
expect_file(int dirfd, const char *name, const char *want)
{
	OV_BUF b = {0};
	struct stat st;

	assert_int_equal(ov_fs_read(dirfd, name, 100, &b, NULL), OV_OK);
	assert_string_equal(ov_buf_text(&b), want);
	assert_int_equal(fstatat(dirfd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
}

static void
test_put_and_replace(void **state)
{
	struct dir *d = *state;
	char longname[OV_NAME_MAX + 2];
	struct ov_err e = {0};

	assert_int_equal(ov_fs_put(d->fd, "a", "one", 3, &e), OV_OK);
	expect_file(d->fd, "a", "one");
	assert_int_equal(ov_fs_put(d->fd, "a", "two", 3, &e), OV_SYS);
	assert_int_equal(e.sys, EEXIST);
	expect_file(d->fd, "a", "one");
	assert_int_equal(ov_fs_replace(d->fd, "a", "three", 5, &e), OV_OK);
	expect_file(d->fd, "a", "three");
	assert_int_equal(ov_fs_replace(d->fd, "b", "", 0, &e), OV_OK);
	expect_file(d->fd, "b", "");
	/* What a crash left behind does not stand in the way. */
	assert_int_equal(ov_fs_put(d->fd, ".tmp.a", "x", 1, &e), OV_OK);
	assert_int_equal(ov_fs_replace(d->fd, "a", "four", 4, &e), OV_OK);
	expect_file(d->fd, "a", "four");
	assert_int_equal(ov_fs_remove(d->fd, "a", &e), OV_OK);
	assert_int_equal(ov_fs_remove(d->fd, "a", &e), OV_SYS);
	assert_int_equal(e.sys, ENOENT);

	memset(longname, 'n', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	assert_int_equal(ov_fs_put(d->fd, longname, "", 0, &e), OV_TOOBIG);
	assert_int_equal(ov_fs_put(d->fd, "", "", 0, &e), OV_BADMSG);
	assert_int_equal(ov_fs_put(d->fd, "../a", "", 0, &e), OV_BADMSG);
}

static void
test_a_full_disk_leaves_nothing(void **state)
{
	struct dir *d = *state;
	struct rlimit old, small;
	struct ov_err e = {0};
	char text[64];
	OV_CLOSE int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	memset(text, 'x', sizeof(text));
	if (full >= 0)
		assert_int_equal(ov_write_all(full, text, sizeof(text), &e),
		    OV_NOSPACE);
	assert_int_equal(ov_fs_put(d->fd, "a", "old", 3, NULL), OV_OK);
	/* A file size limit stops the write half-way, like a full disk. */
	assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(ov_fs_replace(d->fd, "a", text, sizeof(text), &e),
	    OV_SYS);
	assert_int_equal(e.sys, EFBIG);
	assert_int_equal(ov_fs_put(d->fd, "b", text, sizeof(text), &e), OV_SYS);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	expect_file(d->fd, "a", "old");
	assert_int_equal(faccessat(d->fd, "b", F_OK, 0), -1);
}

/* Every maximum below the size is refused and leaves the buffer as it was. */
static void
test_read_limits(void **state)
{
	struct dir *d = *state;
	struct ov_err e = {0};
	size_t max;

	assert_int_equal(ov_fs_put(d->fd, "a", "0123456789", 10, &e), OV_OK);
	for (max = 0; max < 13; max++) {
		OV_BUF b = {0};

		ov_buf_str(&b, "#");
		assert_int_equal(ov_fs_read(d->fd, "a", max, &b, &e),
		    max < 10 ? OV_TOOBIG : OV_OK);
		assert_string_equal(ov_buf_text(&b),
		    max < 10 ? "#" : "#0123456789");
	}
	for (max = 1; max < 11; max++) {
		OV_BUF b = {.max = max};

		ov_buf_str(&b, "#");
		assert_int_equal(ov_fs_read(d->fd, "a", 10, &b, &e),
		    OV_NOSPACE);
		assert_int_equal(b.n, 1);
		assert_false(b.bad);
	}
}

static void
test_only_regular_files_are_read(void **state)
{
	struct dir *d = *state;
	OV_BUF b = {0};
	struct ov_err e = {0};

	assert_int_equal(mkfifoat(d->fd, "fifo", 0600), 0);
	assert_int_equal(symlinkat("/etc/passwd", d->fd, "link"), 0);
	assert_int_equal(ov_fs_read(d->fd, "fifo", 9, &b, &e), OV_DENIED);
	assert_int_equal(ov_fs_read(d->fd, ".", 9, &b, &e), OV_DENIED);
	assert_int_equal(ov_fs_read(d->fd, "link", 9, &b, &e), OV_SYS);
	assert_int_equal(e.sys, ELOOP);
	assert_int_equal(ov_fs_read(d->fd, "none", 9, &b, &e), OV_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_int_equal(b.n, 0);
}

/* Any bit for group or others makes a file of ours not private. */
static void
test_private_looks_at_every_bit(void **state)
{
	struct dir *d = *state;
	struct ov_err e = {0};
	mode_t mode;

	assert_int_equal(ov_fs_put(d->fd, "a", "", 0, &e), OV_OK);
	for (mode = 0; mode < 01000; mode++) {
		assert_int_equal(fchmodat(d->fd, "a", mode, 0), 0);
		assert_int_equal(ov_fs_private(d->fd, "a", &e),
		    (mode & 077) == 0 ? OV_OK : OV_DENIED);
	}
	assert_int_equal(fchmodat(d->fd, "a", 0600, 0), 0);
	assert_int_equal(symlinkat("a", d->fd, "link"), 0);
	assert_int_equal(ov_fs_private(d->fd, "link", &e), OV_DENIED);
	assert_int_equal(ov_fs_private(d->fd, ".", &e), OV_OK);
	assert_int_equal(ov_fs_private(d->fd, "none", &e), OV_SYS);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(d->fd, "a", 65534, 65534, 0), 0);
		assert_int_equal(ov_fs_private(d->fd, "a", &e), OV_DENIED);
	}
}

static void
test_mkdir_p(void **state)
{
	struct dir *d = *state;
	char path[64];
	struct ov_err e = {0};
	struct stat st;
	uint64_t bytes = 0;
	int fd;

	assert_int_equal(ov_fs_mkdir_p(d->fd, "x/y//z/", &e), OV_OK);
	assert_int_equal(ov_fs_mkdir_p(d->fd, "x/y/z", &e), OV_OK);
	assert_int_equal(fstatat(d->fd, "x/y/z", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(ov_fs_put(d->fd, "a", "", 0, &e), OV_OK);
	assert_int_equal(ov_fs_mkdir_p(d->fd, "a/b", &e), OV_SYS);
	assert_int_equal(e.sys, ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/x/y", d->path);
	assert_int_equal(ov_fs_mkdir_p(-1, path, &e), OV_OK);
	assert_int_equal(ov_fs_opendir(d->fd, "a", &fd, &e), OV_SYS);
	assert_int_equal(fd, -1);
	assert_int_equal(ov_fs_space(d->fd, &bytes, &e), OV_OK);
	assert_true(bytes > 0);
}

static void
test_notify(void **state)
{
	struct dir *d = *state;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	OV_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char got[600];
	ssize_t n;

	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(ov_notify("READY=1", NULL), OV_OK);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/s", d->path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", sa.sun_path, 1), 0);
	assert_int_equal(ov_notify("READY=1", NULL), OV_OK);
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	assert_int_equal(n, 7);
	assert_memory_equal(got, "READY=1", 7);
	assert_int_equal(ov_notify_status(NULL, "%d left\nREADY=1", 3), OV_OK);
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	assert_int_equal(n, 21);
	assert_memory_equal(got, "STATUS=3 left READY=1", 21);
	assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	assert_int_equal(ov_notify("READY=1", NULL), OV_BADMSG);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void
test_watchdog(void **state)
{
	char pid[24];

	(void)state;
	(void)unsetenv("WATCHDOG_USEC");
	assert_int_equal(ov_notify_watchdog_ms(), 0);
	(void)setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(ov_notify_watchdog_ms(), 15000);
	(void)setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(ov_notify_watchdog_ms(), 0);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(ov_notify_watchdog_ms(), 15000);
	(void)setenv("WATCHDOG_USEC", "99999999999999999999", 1);
	assert_int_equal(ov_notify_watchdog_ms(), 0);
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

/* Run ov_listen_fds() in a child that holds descriptors 3 and 4; its exit
 * status says what came of it. */
static int
listen_child(const char *count, const char *list, bool ours)
{
	static const char *const names[] = {"net", "control"};
	char pid[24];
	int fds[2], status;
	enum ov_rc rc;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0) {
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		return WEXITSTATUS(status);
	}
	if (dup2(0, 3) < 0 || dup2(0, 4) < 0)
		_exit(100);
	(void)snprintf(pid, sizeof(pid), "%d",
	    (int)(ours ? getpid() : getppid()));
	(void)setenv("LISTEN_PID", pid, 1);
	if (count != NULL)
		(void)setenv("LISTEN_FDS", count, 1);
	if (list != NULL)
		(void)setenv("LISTEN_FDNAMES", list, 1);
	rc = ov_listen_fds(names, fds, 2, NULL);
	if (getenv("LISTEN_FDS") != NULL || getenv("LISTEN_PID") != NULL)
		_exit(101);
	if (rc != OV_OK)
		_exit(50 + (int)rc);
	if (fds[0] >= 0 && fcntl(fds[0], F_GETFD) != FD_CLOEXEC)
		_exit(102);
	_exit((fds[0] < 0 ? 0 : fds[0]) * 10 + (fds[1] < 0 ? 0 : fds[1]));
}

static void
test_listen_fds(void **state)
{
	const int bad = 50 + OV_BADMSG;

	(void)state;
	assert_int_equal(listen_child(NULL, NULL, true), 0);
	assert_int_equal(listen_child("0", "", true), 0);
	assert_int_equal(listen_child("1", "net", true), 30);
	assert_int_equal(listen_child("1", "control", true), 3);
	assert_int_equal(listen_child("2", "net:control", true), 34);
	assert_int_equal(listen_child("2", "control:net", true), 43);
	assert_int_equal(listen_child("2", "net:control", false), 0);
	assert_int_equal(listen_child("1", NULL, true), bad);
	assert_int_equal(listen_child("1", "", true), bad);
	assert_int_equal(listen_child("1", "ne", true), bad);
	assert_int_equal(listen_child("1", "nets", true), bad);
	assert_int_equal(listen_child("2", "net", true), bad);
	assert_int_equal(listen_child("1", "net:control", true), bad);
	assert_int_equal(listen_child("2", "net:net", true), bad);
	assert_int_equal(listen_child("x", "net", true), bad);
	assert_int_equal(listen_child("-1", "net", true), bad);
	assert_int_equal(listen_child("17", "net", true), bad);
}

static void
test_sandbox(void **state)
{
	struct rlimit r;
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		if (ov_sandbox(NULL) != OV_OK)
			_exit(1);
		if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ||
		    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
			_exit(2);
		if (getrlimit(RLIMIT_CORE, &r) < 0 || r.rlim_cur != 0 ||
		    r.rlim_max != 0)
			_exit(3);
		_exit(umask(0) == 077 ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_put_and_replace),
	    T(test_a_full_disk_leaves_nothing),
	    T(test_read_limits),
	    T(test_only_regular_files_are_read),
	    T(test_private_looks_at_every_bit),
	    T(test_mkdir_p),
	    T(test_notify),
	    cmocka_unit_test(test_watchdog),
	    cmocka_unit_test(test_listen_fds),
	    cmocka_unit_test(test_sandbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
