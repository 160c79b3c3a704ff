/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc.c - packets over SOCK_SEQPACKET, large ones in sealed memfds. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/ipc.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
/* Room for more descriptors than allowed, so that a surplus is seen and
 * closed instead of cut off. */
#define FDS_SEEN 8
#define QUEUE_BYTES (1 << 20)

/* --- sending ---------------------------------------------------------------- */

/* One datagram, with a descriptor unless fd is -1. */
static enum ov_rc
send_datagram(int sock, const void *p, size_t n, int fd, int flags,
    struct ov_err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	/* sendmsg() reads only, but iov_base is not const. */
	union {
		const void *in;
		void *out;
	} base = {.in = p};
	struct iovec iov = {.iov_base = base.out, .iov_len = n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;
	ssize_t r;

	if (fd >= 0) {
		memset(&ctl, 0, sizeof(ctl));
		m.msg_control = ctl.buf;
		m.msg_controllen = sizeof(ctl.buf);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		r = sendmsg(sock, &m, MSG_NOSIGNAL | flags);
	while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ov_fail(e, OV_AGAIN, "ipc: socket full");
	if (r < 0)
		return ov_fail_sys(e, "ipc send");
	/* A SEQPACKET socket sends all or nothing. */
	if ((size_t)r != n)
		return ov_fail(e, OV_BADMSG, "ipc: packet sent in part");
	return OV_OK;
}

static enum ov_rc
make_memfd(const void *p, size_t n, int *out, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	enum ov_rc rc;

	fd = memfd_create("ov-packet", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return ov_fail_sys(e, "memfd_create");
	if ((rc = ov_write_all(fd, p, n, e)) != OV_OK)
		return ov_while(e, rc, "memfd");
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return ov_fail_sys(e, "seal memfd");
	*out = ov_take_fd(&fd);
	return OV_OK;
}

static enum ov_rc
send_packet(int sock, const void *p, size_t n, int flags, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	enum ov_rc rc;

	if (n < OV_IPC_HEADER)
		return ov_fail(e, OV_BADMSG, "ipc: packet without a header");
	if (n > OV_IPC_MAX)
		return ov_fail(e, OV_TOOBIG, "ipc: packet of %zu bytes", n);
	if (n <= OV_IPC_INLINE)
		return send_datagram(sock, p, n, -1, flags, e);
	if ((rc = make_memfd(p, n, &fd, e)) != OV_OK)
		return rc;
	return send_datagram(sock, p, OV_IPC_HEADER, fd, flags, e);
}

enum ov_rc
ov_ipc_send(int fd, const void *pkt, size_t n, struct ov_err *e)
{
	return send_packet(fd, pkt, n, 0, e);
}

/* --- receiving -------------------------------------------------------------- */

/* Take the descriptors out of the control data.  *nfd counts all, of which
 * the first FDS_SEEN are in fds. */
static void
take_fds(struct msghdr *m, int *fds, size_t *nfd)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	*nfd = 0;
	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (*nfd < FDS_SEEN)
				fds[*nfd] = fd;
			else
				(void)close(fd);
			(*nfd)++;
		}
	}
}

/* Map a packet that came as a memfd; "head" is its datagram. */
static enum ov_rc
map_memfd(struct ov_ipc_in *in, int fd, const uint8_t *head, struct ov_err *e)
{
	struct stat st;
	void *map;
	int seals;

	/* EINVAL for anything that is not a memfd. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return ov_fail(e, OV_BADMSG, "ipc: memfd is not sealed");
	if (fstat(fd, &st) < 0)
		return ov_fail_sys(e, "stat memfd");
	if (st.st_size < (off_t)OV_IPC_HEADER || st.st_size > (off_t)OV_IPC_MAX)
		return ov_fail(e, OV_BADMSG, "ipc: memfd of %lld bytes",
		    (long long)st.st_size);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ,
	    MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return ov_fail_sys(e, "map memfd");
	in->map = map;
	in->maplen = (size_t)st.st_size;
	if (memcmp(map, head, OV_IPC_HEADER) != 0) {
		ov_ipc_in_done(in);
		return ov_fail(e, OV_BADMSG, "ipc: two different headers");
	}
	in->view.p = map;
	in->view.n = in->maplen;
	return OV_OK;
}

/* Judge one datagram of n bytes that came with nfd descriptors. */
static enum ov_rc
judge(struct ov_ipc_in *in, size_t n, int flags, const int *fds, size_t nfd,
    struct ov_err *e)
{
	/* What done() has to wipe. */
	in->view.p = in->buf;
	in->view.n = n < OV_IPC_INLINE ? n : OV_IPC_INLINE;
	if ((flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return ov_fail(e, OV_BADMSG, "ipc: packet too large");
	if (nfd > 1)
		return ov_fail(e, OV_BADMSG, "ipc: %zu descriptors", nfd);
	if (n < OV_IPC_HEADER)
		return ov_fail(e, OV_BADMSG, "ipc: packet of %zu bytes", n);
	if (nfd == 0)
		return OV_OK;
	if (n != OV_IPC_HEADER)
		return ov_fail(e, OV_BADMSG,
		    "ipc: memfd with more than a header");
	return map_memfd(in, fds[0], in->buf, e);
}

static enum ov_rc
recv_packet(int sock, struct ov_ipc_in *in, int flags, struct ov_err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(FDS_SEEN * sizeof(int))];
	} ctl;
	int fds[FDS_SEEN];
	struct iovec iov = {.iov_len = OV_IPC_INLINE};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	size_t nfd, i;
	enum ov_rc rc;
	ssize_t r;

	ov_ipc_in_done(in);
	if (in->buf == NULL && (in->buf = malloc(OV_IPC_INLINE)) == NULL)
		return ov_fail(e, OV_NOSPACE, "ipc buffer");
	iov.iov_base = in->buf;
	m.msg_control = ctl.buf;
	m.msg_controllen = sizeof(ctl.buf);
	do
		r = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | flags);
	while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ov_fail(e, OV_AGAIN, "ipc: nothing to read");
	if (r == 0 || (r < 0 && errno == ECONNRESET)) {
		/* Our packets are never empty, so this is the end.  A hostile
		 * empty one might still carry descriptors. */
		if (r == 0) {
			take_fds(&m, fds, &nfd);
			for (i = 0; i < nfd && i < FDS_SEEN; i++)
				(void)close(fds[i]);
		}
		in->eof = true;
		return OV_OK;
	}
	if (r < 0)
		return ov_fail_sys(e, "ipc receive");
	take_fds(&m, fds, &nfd);
	rc = judge(in, (size_t)r, m.msg_flags, fds, nfd, e);
	/* A mapping outlives its descriptor. */
	for (i = 0; i < nfd && i < FDS_SEEN; i++)
		(void)close(fds[i]);
	if (rc != OV_OK)
		ov_ipc_in_done(in);
	return rc;
}

enum ov_rc
ov_ipc_recv(int fd, struct ov_ipc_in *in, struct ov_err *e)
{
	return recv_packet(fd, in, 0, e);
}

void
ov_ipc_in_done(struct ov_ipc_in *in)
{
	if (in->map != NULL) {
		/* Sealed pages cannot be wiped from here; the kernel clears
		 * them before anybody else sees them.  The header's copy in
		 * the buffer holds no content. */
		(void)munmap(in->map, in->maplen);
	} else if (in->view.n > 0) {
		explicit_bzero(in->buf, in->view.n);
	}
	in->map = NULL;
	in->maplen = 0;
	in->view.p = NULL;
	in->view.n = 0;
	in->eof = false;
}

void
ov_ipc_in_free(struct ov_ipc_in *in)
{
	ov_ipc_in_done(in);
	free(in->buf);
	in->buf = NULL;
}

/* --- asking ----------------------------------------------------------------- */

static int64_t
now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		abort(); /* only for a clock that does not exist */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum ov_rc
wait_for(int fd, short events, int64_t deadline, struct ov_err *e)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left;
	int r;

	for (;;) {
		left = deadline - now_ms();
		r = poll(&p, 1, left > 0 ? (int)left : 0);
		if (r > 0)
			return OV_OK;
		if (r < 0 && errno != EINTR)
			return ov_fail_sys(e, "ipc poll");
		if (r == 0) {
			errno = ETIMEDOUT;
			(void)ov_fail_sys(e, "ipc call");
			if (e != NULL)
				e->rc = OV_AGAIN;
			return OV_AGAIN;
		}
	}
}

enum ov_rc
ov_ipc_call(int fd, const void *req, size_t n, struct ov_ipc_in *reply,
    int timeout_ms, struct ov_err *e)
{
	const uint8_t *head = req;
	int64_t deadline = now_ms() + timeout_ms;
	enum ov_rc rc;

	while ((rc = send_packet(fd, req, n, MSG_DONTWAIT, e)) == OV_AGAIN)
		if ((rc = wait_for(fd, POLLOUT, deadline, e)) != OV_OK)
			break;
	if (rc != OV_OK)
		return rc;
	while ((rc = recv_packet(fd, reply, MSG_DONTWAIT, e)) == OV_AGAIN)
		if ((rc = wait_for(fd, POLLIN, deadline, e)) != OV_OK)
			break;
	if (rc != OV_OK)
		return rc;
	if (reply->eof) {
		ov_ipc_in_done(reply);
		errno = ECONNRESET;
		return ov_fail_sys(e, "ipc call");
	}
	if (memcmp(reply->view.p + 8, head + 8, 8) != 0) {
		ov_ipc_in_done(reply);
		return ov_fail(e, OV_BADMSG, "ipc: answer to another question");
	}
	return OV_OK;
}

/* --- sockets ---------------------------------------------------------------- */

/* More than the default where the system allows it; enough where not. */
static void
widen(int fd)
{
	const int want = QUEUE_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
}

enum ov_rc
ov_ipc_socketpair(int out[2], struct ov_err *e)
{
	out[0] = out[1] = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) < 0)
		return ov_fail_sys(e, "socketpair");
	widen(out[0]);
	widen(out[1]);
	return OV_OK;
}

static enum ov_rc
unix_socket(const char *path, struct sockaddr_un *sa, int *out,
    struct ov_err *e)
{
	if (strlen(path) >= sizeof(sa->sun_path))
		return ov_fail(e, OV_TOOBIG, "%s: socket path too long", path);
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	memcpy(sa->sun_path, path, strlen(path) + 1);
	*out = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return ov_fail_sys(e, "socket");
	widen(*out);
	return OV_OK;
}

enum ov_rc
ov_ipc_connect(const char *path, int *out, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	struct sockaddr_un sa;
	enum ov_rc rc;

	*out = -1;
	if ((rc = unix_socket(path, &sa, &fd, e)) != OV_OK)
		return rc;
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		return ov_fail_sys(e, "connect to %s", path);
	*out = ov_take_fd(&fd);
	return OV_OK;
}

/* Remove a socket file that nobody serves. */
static enum ov_rc
clear_stale(const char *path, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	struct ov_err why = {0};
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? OV_OK : ov_fail_sys(e, "%s", path);
	if (S_ISSOCK(st.st_mode) && ov_ipc_connect(path, &fd, &why) == OV_SYS &&
	    why.sys == ECONNREFUSED) {
		if (unlink(path) < 0)
			return ov_fail_sys(e, "remove stale %s", path);
		return OV_OK;
	}
	errno = EADDRINUSE;
	return ov_fail_sys(e, "listen at %s", path);
}

enum ov_rc
ov_ipc_listen(const char *path, mode_t mode, int *out, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	struct sockaddr_un sa;
	mode_t mask;
	enum ov_rc rc;
	int r;

	*out = -1;
	if ((rc = unix_socket(path, &sa, &fd, e)) != OV_OK)
		return rc;
	if ((rc = clear_stale(path, e)) != OV_OK)
		return rc;
	/* Closed at first, then opened as far as asked. */
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)&sa, sizeof(sa));
	(void)umask(mask);
	if (r < 0)
		return ov_fail_sys(e, "bind %s", path);
	if (chmod(path, mode) < 0 || listen(fd, 64) < 0) {
		rc = ov_fail_sys(e, "listen at %s", path);
		(void)unlink(path);
		return rc;
	}
	*out = ov_take_fd(&fd);
	return OV_OK;
}

enum ov_rc
ov_ipc_accept(int fd, int *out, uid_t *uid, pid_t *pid, struct ov_err *e)
{
	OV_CLOSE int c = -1;
	struct ucred who;
	socklen_t len = sizeof(who);

	*out = -1;
	do
		c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	while (c < 0 && errno == EINTR);
	if (c < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNABORTED))
		return ov_fail(e, OV_AGAIN, "ipc: nobody waits");
	if (c < 0)
		return ov_fail_sys(e, "ipc accept");
	if (getsockopt(c, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return ov_fail_sys(e, "SO_PEERCRED");
	widen(c);
	if (uid != NULL)
		*uid = who.uid;
	if (pid != NULL)
		*pid = who.pid;
	*out = ov_take_fd(&c);
	return OV_OK;
}

enum ov_rc
ov_ipc_nonblock(int fd, struct ov_err *e)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ov_fail_sys(e, "O_NONBLOCK");
	return OV_OK;
}
