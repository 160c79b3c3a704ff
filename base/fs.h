/* SPDX-License-Identifier: EUPL-1.2 */
/* base/fs.h - files that are whole or absent after a power cut.
 *
 * Paths are relative to a directory descriptor (AT_FDCWD where a person named
 * the path).  New files are 0600, new directories 0700, descriptors are
 * close-on-exec.  A function that returned OV_OK has its effect on disk, the
 * directory entry included.  Failures are OV_SYS with the errno (ENOENT and
 * EEXIST are found in e->sys) or OV_NOSPACE, unless said otherwise.
 */
#ifndef OV_BASE_FS_H
#define OV_BASE_FS_H

#include <sys/types.h>

#include "base/buf.h"

/* Longest file name that ov_fs_put and ov_fs_replace take. */
#define OV_NAME_MAX 240

/* Descriptors closed at the end of their scope: OV_CLOSE int fd = -1; */
void ov_close(int *fd);
#define OV_CLOSE __attribute__((cleanup(ov_close)))
/* Hand a descriptor over: returns it and leaves -1 behind. */
int ov_take_fd(int *fd);

/* All n bytes, over short writes and EINTR. */
OV_MUST_CHECK enum ov_rc ov_write_all(int fd, const void *buf, size_t n,
    struct ov_err *e);

/* Create dirfd/name with these bytes; OV_SYS with EEXIST if it is taken. */
OV_MUST_CHECK enum ov_rc ov_fs_put(int dirfd, const char *name, const void *buf,
    size_t n, struct ov_err *e);
/* The same, but an existing file is replaced: a reader sees the old or the
 * new bytes, never a mixture. */
OV_MUST_CHECK enum ov_rc ov_fs_replace(int dirfd, const char *name,
    const void *buf, size_t n, struct ov_err *e);
/* Unlink and make it last.  ENOENT is a failure. */
OV_MUST_CHECK enum ov_rc ov_fs_remove(int dirfd, const char *name,
    struct ov_err *e);

/* Append the whole regular file to *out; OV_TOOBIG over max bytes, OV_DENIED
 * when it is not a regular file.  A symbolic link is refused (ELOOP).  On
 * failure *out is as it was. */
OV_MUST_CHECK enum ov_rc ov_fs_read(int dirfd, const char *name, size_t max,
    struct ov_buf *out, struct ov_err *e);
/* OV_DENIED unless it is a regular file (or a directory) that belongs to us
 * or to root and that group and others cannot read or write.  The group may
 * read a file of root's, because that is how systemd hands out credentials. */
OV_MUST_CHECK enum ov_rc ov_fs_private(int dirfd, const char *name,
    struct ov_err *e);

/* Make the directory and its missing ancestors, each 0700, and fsync every
 * directory that got a new entry. */
OV_MUST_CHECK enum ov_rc ov_fs_mkdir_p(int dirfd, const char *path,
    struct ov_err *e);
/* Open a directory; *out is given (close it), -1 on failure. */
OV_MUST_CHECK enum ov_rc ov_fs_opendir(int dirfd, const char *path, int *out,
    struct ov_err *e);
/* Bytes that an unprivileged process may still write where fd lives. */
OV_MUST_CHECK enum ov_rc ov_fs_space(int fd, uint64_t *bytes, struct ov_err *e);

#endif
