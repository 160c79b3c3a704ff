/* SPDX-License-Identifier: EUPL-1.2 */
/* base/fs.c - durable file operations. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fs.h"

void
ov_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int
ov_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

enum ov_rc
ov_write_all(int fd, const void *buf, size_t n, struct ov_err *e)
{
	const uint8_t *p = buf;
	ssize_t w;

	while (n > 0) {
		w = write(fd, p, n);
		if (w < 0) {
			if (errno == EINTR)
				continue;
			return ov_fail_sys(e, "write");
		}
		p += w;
		n -= (size_t)w;
	}
	return OV_OK;
}

/* A complete, synced temporary file beside "name"; its name in tmp.  On
 * failure it is gone again. */
static enum ov_rc
write_tmp(int dirfd, const char *name, char *tmp, size_t cap, const void *buf,
    size_t n, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	enum ov_rc rc;

	if (strlen(name) > OV_NAME_MAX)
		return ov_fail(e, OV_TOOBIG, "file name too long");
	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return ov_fail(e, OV_BADMSG, "not a file name: %s", name);
	(void)snprintf(tmp, cap, ".tmp.%s", name);

	/* What a crash left behind is nobody's: there is one writer. */
	if (unlinkat(dirfd, tmp, 0) < 0 && errno != ENOENT)
		return ov_fail_sys(e, "remove stale %s", tmp);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ov_fail_sys(e, "create %s", tmp);
	if ((rc = ov_write_all(fd, buf, n, e)) != OV_OK)
		rc = ov_while(e, rc, "%s", tmp);
	else if (fsync(fd) < 0)
		rc = ov_fail_sys(e, "fsync %s", tmp);
	if (rc != OV_OK)
		(void)unlinkat(dirfd, tmp, 0);
	return rc;
}

static enum ov_rc
sync_dir(int dirfd, const char *what, struct ov_err *e)
{
	OV_CLOSE int cwd = -1;

	if (dirfd == AT_FDCWD) {
		cwd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cwd < 0)
			return ov_fail_sys(e, "open directory of %s", what);
		dirfd = cwd;
	}
	if (fsync(dirfd) < 0)
		return ov_fail_sys(e, "fsync directory of %s", what);
	return OV_OK;
}

enum ov_rc
ov_fs_put(int dirfd, const char *name, const void *buf, size_t n,
    struct ov_err *e)
{
	char tmp[OV_NAME_MAX + sizeof(".tmp.")];
	enum ov_rc rc;

	if ((rc = write_tmp(dirfd, name, tmp, sizeof(tmp), buf, n, e)) != OV_OK)
		return rc;
	/* link, because rename would replace an existing name. */
	if (linkat(dirfd, tmp, dirfd, name, 0) < 0) {
		rc = ov_fail_sys(e, "link %s", name);
		(void)unlinkat(dirfd, tmp, 0);
		return rc;
	}
	(void)unlinkat(dirfd, tmp, 0);
	return sync_dir(dirfd, name, e);
}

enum ov_rc
ov_fs_replace(int dirfd, const char *name, const void *buf, size_t n,
    struct ov_err *e)
{
	char tmp[OV_NAME_MAX + sizeof(".tmp.")];
	enum ov_rc rc;

	if ((rc = write_tmp(dirfd, name, tmp, sizeof(tmp), buf, n, e)) != OV_OK)
		return rc;
	if (renameat(dirfd, tmp, dirfd, name) < 0) {
		rc = ov_fail_sys(e, "rename to %s", name);
		(void)unlinkat(dirfd, tmp, 0);
		return rc;
	}
	return sync_dir(dirfd, name, e);
}

enum ov_rc
ov_fs_remove(int dirfd, const char *name, struct ov_err *e)
{
	if (unlinkat(dirfd, name, 0) < 0)
		return ov_fail_sys(e, "remove %s", name);
	return sync_dir(dirfd, name, e);
}

/* Append what fd still has, at most max bytes. */
static enum ov_rc
read_rest(int fd, const char *name, size_t max, struct ov_buf *b,
    struct ov_err *e)
{
	uint8_t chunk[8192];
	size_t total = 0;
	enum ov_rc rc = OV_OK;
	ssize_t r;

	for (;;) {
		r = read(fd, chunk, sizeof(chunk));
		if (r == 0)
			break;
		if (r < 0) {
			if (errno == EINTR)
				continue;
			rc = ov_fail_sys(e, "read %s", name);
			break;
		}
		if ((size_t)r > max - total) {
			rc = ov_fail(e, OV_TOOBIG, "%s: over %zu bytes", name,
			    max);
			break;
		}
		total += (size_t)r;
		ov_buf_add(b, chunk, (size_t)r);
		if ((rc = ov_buf_ok(b, e)) != OV_OK)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return rc;
}

enum ov_rc
ov_fs_read(int dirfd, const char *name, size_t max, struct ov_buf *out,
    struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	OV_BUF b = {0};
	struct stat st;
	enum ov_rc rc;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return ov_fail_sys(e, "open %s", name);
	if (fstat(fd, &st) < 0)
		return ov_fail_sys(e, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return ov_fail(e, OV_DENIED, "%s: not a regular file", name);
	b.max = max < SIZE_MAX / 4 ? max + 1 : 0;
	if ((rc = read_rest(fd, name, max, &b, e)) != OV_OK)
		return rc;
	if (b.n == 0)
		return OV_OK;
	/* One append, so that a failure leaves *out as it was. */
	if ((rc = ov_buf_ok(out, e)) != OV_OK)
		return rc;
	ov_buf_add(out, b.p, b.n);
	if ((rc = ov_buf_ok(out, e)) != OV_OK) {
		out->bad = false;
		return ov_while(e, rc, "%s", name);
	}
	return OV_OK;
}

enum ov_rc
ov_fs_private(int dirfd, const char *name, struct ov_err *e)
{
	struct stat st;
	mode_t others = S_IRWXO | S_IRWXG;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ov_fail_sys(e, "stat %s", name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return ov_fail(e, OV_DENIED, "%s: neither file nor directory",
		    name);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return ov_fail(e, OV_DENIED, "%s: belongs to another user",
		    name);
	if (st.st_uid == 0 && geteuid() != 0)
		others = S_IRWXO | S_IWGRP;
	if ((st.st_mode & others) != 0)
		return ov_fail(e, OV_DENIED,
		    "%s: other users have access (mode %04o)", name,
		    (unsigned int)(st.st_mode & 07777));
	return OV_OK;
}

/* One step of ov_fs_mkdir_p(): make "part" in *dir and go into it. */
static enum ov_rc
step_into(int *dir, const char *part, struct ov_err *e)
{
	OV_CLOSE int next = -1;

	if (mkdirat(*dir, part, 0700) == 0) {
		if (fsync(*dir) < 0)
			return ov_fail_sys(e, "fsync above %s", part);
	} else if (errno != EEXIST && errno != EROFS && errno != EACCES) {
		return ov_fail_sys(e, "mkdir %s", part);
	}
	/* O_PATH would do for going on, but not for fsync. */
	next = openat(*dir, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (next < 0)
		return ov_fail_sys(e, "open directory %s", part);
	ov_close(dir);
	*dir = ov_take_fd(&next);
	return OV_OK;
}

enum ov_rc
ov_fs_mkdir_p(int dirfd, const char *path, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	char part[NAME_MAX + 1];
	enum ov_rc rc;
	size_t n;

	if (path[0] == '/')
		dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else
		dir = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ov_fail_sys(e, "open start of %s", path);
	for (;;) {
		path += strspn(path, "/");
		if (*path == '\0')
			return OV_OK;
		n = strcspn(path, "/");
		if (n >= sizeof(part))
			return ov_fail(e, OV_TOOBIG, "directory name too long");
		memcpy(part, path, n);
		part[n] = '\0';
		path += n;
		if ((rc = step_into(&dir, part, e)) != OV_OK)
			return rc;
	}
}

enum ov_rc
ov_fs_opendir(int dirfd, const char *path, int *out, struct ov_err *e)
{
	*out = -1;
	if ((*out = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) <
	    0)
		return ov_fail_sys(e, "open directory %s", path);
	return OV_OK;
}

enum ov_rc
ov_fs_space(int fd, uint64_t *bytes, struct ov_err *e)
{
	struct statvfs v;

	if (fstatvfs(fd, &v) < 0)
		return ov_fail_sys(e, "free space");
	*bytes = (uint64_t)v.f_bavail * (uint64_t)v.f_frsize;
	return OV_OK;
}
