/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/system/killat.c - a library for LD_PRELOAD that ends a role, or the
 * command line, with SIGKILL at the n-th thing it does to a file or a socket.
 *
 * The file named in KILLAT is one page for each program, shared with
 * tests/system/kill_shim.py, which arms it while the role runs and reads what
 * the role did:
 *
 *	char name[16]; u32 left, only, full, fired, n; u8 trace[4060];
 *
 * left counts down with every step (of the kind only, where that is not 0)
 * and the role ends when it reaches zero, or
 * with full not 0 finds the disk full from then on, until full is 0 again;
 * fired is the kind of that step; trace holds the kinds of the first n steps.
 *
 *	p  write into a file: half of it is written first, and then the end
 *	f  fsync, fdatasync    t  ftruncate    u  unlink
 *	d  a directory changes, or a mode: mkdir, link, rename, unlinkat, chmod
 *	s  something is sent: the end comes before it is
 *	r  something arrived: the end comes before it is looked at
 *
 * System calls are made directly, so that nothing has to be looked up while
 * the program starts.  What arrives empty, on stderr or without a slot is no
 * step.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define SLOTS 5

struct slot {
	char name[16];
	_Atomic uint32_t left, only, full, fired, n;
	uint8_t trace[PAGE - 36];
};
_Static_assert(sizeof(struct slot) == PAGE, "one page");

static struct slot *mine;

__attribute__((constructor)) static void
find_slot(void)
{
	const char *path = getenv("KILLAT");
	struct slot *all;
	int fd;

	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	all = mmap(NULL, SLOTS * sizeof(*all), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	(void)close(fd);
	if (all == MAP_FAILED)
		return;
	for (int i = 0; i < SLOTS; i++)
		if (strncmp(program_invocation_short_name, all[i].name,
		        sizeof(all[i].name)) == 0)
			mine = &all[i];
}

/* Does this step end it?  Only asked once a step. */
static int
last(uint8_t kind)
{
	uint32_t left;

	if (mine == NULL)
		return 0;
	if (mine->n < sizeof(mine->trace))
		mine->trace[mine->n++] = kind;
	left = mine->left;
	if (left == 0 || (mine->only != 0 && mine->only != kind))
		return 0;
	mine->left = left - 1;
	if (left != 1)
		return 0;
	mine->fired = kind;
	return mine->full == 0;
}

static void
end(void)
{
	(void)syscall(SYS_kill, (long)getpid(), (long)SIGKILL);
	for (;;)
		(void)syscall(SYS_pause);
}

static void
step(uint8_t kind)
{
	if (last(kind))
		end();
}

static int
is_kind(int fd, mode_t kind)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

/* ---- files ---- */

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	if (last('p')) {
		(void)syscall(SYS_pwrite64, fd, p, n / 2, at);
		end();
	}
	if (mine != NULL && mine->full != 0 && mine->fired != 0) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int
fsync(int fd)
{
	step('f');
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	step('f');
	return (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate64(int fd, off64_t n)
{
	step('t');
	return (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

int
unlink(const char *path)
{
	step('u');
	return (int)syscall(SYS_unlink, path);
}

/* ---- directories ---- */

int
mkdirat(int dir, const char *path, mode_t mode)
{
	step('d');
	return (int)syscall(SYS_mkdirat, dir, path, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	step('d');
	return (int)syscall(SYS_linkat, from, old, to, new, flags);
}

int
renameat(int from, const char *old, int to, const char *new)
{
	step('d');
	return (int)syscall(SYS_renameat, from, old, to, new);
}

int
unlinkat(int dir, const char *path, int flags)
{
	step('d');
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

int
fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	step('d');
	if (flags != 0) { /* the system call has none */
		errno = ENOTSUP;
		return -1;
	}
	return (int)syscall(SYS_fchmodat, dir, path, mode);
}

/* ---- sockets ---- */

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	step('s');
	return syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	step('s');
	return syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	if (mine != NULL && fd != STDERR_FILENO && is_kind(fd, S_IFSOCK))
		step('s');
	if (mine != NULL && fd != STDERR_FILENO && is_kind(fd, S_IFREG) &&
	    last('p')) {
		(void)syscall(SYS_write, fd, p, n / 2);
		end();
	}
	return syscall(SYS_write, fd, p, n);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	ssize_t r = syscall(SYS_recvmsg, fd, m, flags);

	if (r > 0)
		step('r');
	return r;
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	ssize_t r = syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);

	if (r > 0)
		step('r');
	return r;
}

ssize_t
read(int fd, void *p, size_t n)
{
	ssize_t r = syscall(SYS_read, fd, p, n);
	int was = errno;

	if (r > 0 && mine != NULL && is_kind(fd, S_IFSOCK))
		step('r');
	errno = was;
	return r;
}
