/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base/ipc.h and base/msg.h. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ipc.h"
#include "base/msg.h"

struct pair {
	int s[2];
	struct ov_ipc_in in;
};

static int
setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (p == NULL || ov_ipc_socketpair(p->s, NULL) != OV_OK ||
	    ov_ipc_nonblock(p->s[1], NULL) != OV_OK)
		return -1;
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	ov_ipc_in_free(&p->in);
	(void)close(p->s[0]);
	(void)close(p->s[1]);
	free(p);
	return 0;
}

static uint8_t *
make_packet(size_t n, uint64_t ref)
{
	const struct ov_msg_head h = {7, OV_MSG_VERSION, 0, ref};
	uint8_t *p = malloc(n), head[16];
	size_t i;

	assert_non_null(p);
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + 7);
	ov_msg_put_head(head, &h);
	memcpy(p, head, n < 16 ? n : 16);
	return p;
}

static int
open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Packets of every interesting size arrive whole, and nothing stays open. */
static void
test_packets_arrive_whole(void **state)
{
	static const size_t sizes[] = {16, 17, 4096, OV_IPC_INLINE - 1,
	    OV_IPC_INLINE, OV_IPC_INLINE + 1, (size_t)4 << 20, OV_IPC_MAX};
	struct pair *p = *state;
	int before = open_fds();
	uint8_t *pkt;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pkt = make_packet(sizes[i], i);
		assert_int_equal(ov_ipc_send(p->s[0], pkt, sizes[i], NULL),
		    OV_OK);
		assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_OK);
		assert_false(p->in.eof);
		assert_int_equal(p->in.view.n, sizes[i]);
		assert_memory_equal(p->in.view.p, pkt, sizes[i]);
		ov_ipc_in_done(&p->in);
		assert_null(p->in.view.p);
		free(pkt);
	}
	assert_int_equal(open_fds(), before);
}

static void
test_sizes_out_of_range_are_not_sent(void **state)
{
	struct pair *p = *state;
	uint8_t *pkt = make_packet(OV_IPC_MAX + 1, 0);
	size_t n;

	for (n = 0; n < OV_IPC_HEADER; n++)
		assert_int_equal(ov_ipc_send(p->s[0], pkt, n, NULL), OV_BADMSG);
	assert_int_equal(ov_ipc_send(p->s[0], pkt, OV_IPC_MAX + 1, NULL),
	    OV_TOOBIG);
	assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_AGAIN);
	free(pkt);
}

/* Send n bytes and these descriptors, past ov_ipc_send(). */
static void
send_raw(int sock, const void *data, size_t n, const int *fds, size_t nfd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(16 * sizeof(int))];
	} ctl;
	uint8_t copy[64];
	struct iovec iov = {.iov_base = copy, .iov_len = n};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	memset(&ctl, 0, sizeof(ctl));
	assert_true(n <= sizeof(copy));
	memcpy(copy, data, n);
	if (nfd > 0) {
		m.msg_control = ctl.buf;
		m.msg_controllen = CMSG_SPACE(nfd * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfd * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfd * sizeof(int));
	}
	assert_int_equal(sendmsg(sock, &m, MSG_NOSIGNAL), (ssize_t)n);
}

static int
memfd_with(const void *p, size_t n, int seals)
{
	int fd = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* Each proper subset of the four seals is refused; the four are accepted. */
static void
test_every_missing_seal_is_refused(void **state)
{
	static const int seal[] = {F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW,
	    F_SEAL_SEAL};
	struct pair *p = *state;
	uint8_t *pkt = make_packet(64, 1);
	int before = open_fds(), set, i, seals, fd;

	for (set = 0; set < 16; set++) {
		for (i = 0, seals = 0; i < 4; i++)
			if ((set >> i & 1) != 0)
				seals |= seal[i];
		fd = memfd_with(pkt, 64, seals);
		send_raw(p->s[0], pkt, 16, &fd, 1);
		(void)close(fd);
		assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL),
		    set == 15 ? OV_OK : OV_BADMSG);
		assert_int_equal(p->in.view.n, set == 15 ? 64 : 0);
		ov_ipc_in_done(&p->in);
	}
	assert_int_equal(open_fds(), before);
	free(pkt);
}

#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static void
test_memfd_of_wrong_size_or_header_is_refused(void **state)
{
	struct pair *p = *state;
	uint8_t *pkt = make_packet(OV_IPC_MAX + 1, 1), other[16];
	int before = open_fds(), fd;
	size_t n, i;

	/* Too short, at every length, and one byte too long. */
	for (i = 0; i <= OV_IPC_HEADER; i++) {
		n = i < OV_IPC_HEADER ? i : OV_IPC_MAX + 1;
		fd = memfd_with(pkt, n, ALL_SEALS);
		send_raw(p->s[0], pkt, 16, &fd, 1);
		(void)close(fd);
		assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
	}
	/* Each byte of the header counts. */
	for (i = 0; i < 16; i++) {
		memcpy(other, pkt, 16);
		other[i] ^= 1;
		fd = memfd_with(pkt, 64, ALL_SEALS);
		send_raw(p->s[0], other, 16, &fd, 1);
		(void)close(fd);
		assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
		assert_int_equal(p->in.view.n, 0);
	}
	/* More than a header beside a memfd. */
	fd = memfd_with(pkt, 64, ALL_SEALS);
	send_raw(p->s[0], pkt, 17, &fd, 1);
	(void)close(fd);
	assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
	assert_int_equal(open_fds(), before);
	free(pkt);
}

static void
test_wrong_descriptors_are_refused_and_closed(void **state)
{
	struct pair *p = *state;
	uint8_t *pkt = make_packet(64, 1);
	int fds[16], before = open_fds();
	size_t i, n;

	for (n = 2; n <= 16; n++) {
		for (i = 0; i < n; i++)
			fds[i] = memfd_with(pkt, 64, ALL_SEALS);
		send_raw(p->s[0], pkt, 16, fds, n);
		for (i = 0; i < n; i++)
			(void)close(fds[i]);
		assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
		assert_int_equal(open_fds(), before);
	}
	/* Something that is not a memfd. */
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	send_raw(p->s[0], pkt, 16, fds, 1);
	(void)close(fds[0]);
	assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
	assert_int_equal(open_fds(), before);
	free(pkt);
}

static void
test_short_and_long_datagrams_are_refused(void **state)
{
	struct pair *p = *state;
	uint8_t *pkt = make_packet(OV_IPC_INLINE + 1, 1);
	size_t n;

	for (n = 1; n < OV_IPC_HEADER; n++) {
		send_raw(p->s[0], pkt, n, NULL, 0);
		assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
		assert_int_equal(p->in.view.n, 0);
	}
	assert_int_equal(send(p->s[0], pkt, OV_IPC_INLINE + 1, 0),
	    (ssize_t)OV_IPC_INLINE + 1);
	assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_BADMSG);
	free(pkt);
}

static void
test_full_socket_and_end_of_connection(void **state)
{
	struct pair *p = *state;
	uint8_t *pkt = make_packet(100000, 1);
	struct ov_err e = {0};
	size_t sent = 0, got = 0;
	enum ov_rc rc;

	assert_int_equal(ov_ipc_nonblock(p->s[0], NULL), OV_OK);
	while ((rc = ov_ipc_send(p->s[0], pkt, 100000, &e)) == OV_OK)
		sent++;
	assert_int_equal(rc, OV_AGAIN);
	assert_true(sent > 0);
	while (ov_ipc_recv(p->s[1], &p->in, NULL) == OV_OK)
		got++;
	assert_int_equal(got, sent);

	assert_int_equal(shutdown(p->s[0], SHUT_WR), 0);
	assert_int_equal(ov_ipc_recv(p->s[1], &p->in, NULL), OV_OK);
	assert_true(p->in.eof);
	assert_int_equal(p->in.view.n, 0);
	assert_int_equal(shutdown(p->s[1], SHUT_RDWR), 0);
	assert_int_equal(ov_ipc_send(p->s[0], pkt, 100, &e), OV_SYS);
	assert_int_equal(e.sys, EPIPE);
	free(pkt);
}

/* A child that answers each packet with itself, n times, and goes away; with
 * "change" it answers with another ref. */
static pid_t
echo_child(struct pair *p, int n, bool change)
{
	struct ov_ipc_in in = {0};
	uint8_t *copy;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)close(p->s[1]);
	while (n-- > 0 && ov_ipc_recv(p->s[0], &in, NULL) == OV_OK && !in.eof &&
	       (copy = malloc(in.view.n)) != NULL) {
		memcpy(copy, in.view.p, in.view.n);
		if (change)
			copy[15] ^= 1;
		if (ov_ipc_send(p->s[0], copy, in.view.n, NULL) != OV_OK)
			_exit(1);
		free(copy);
	}
	_exit(0);
}

static void
test_call_answers_or_says_why_not(void **state)
{
	struct pair *p = *state;
	uint8_t *pkt = make_packet(300000, 5);
	struct ov_err e = {0};
	pid_t pid;

	/* Nobody answers. */
	assert_int_equal(ov_ipc_call(p->s[1], pkt, 16, &p->in, 20, &e),
	    OV_AGAIN);
	assert_int_equal(e.sys, ETIMEDOUT);
	assert_int_equal(e.rc, OV_AGAIN);
	assert_int_equal(ov_ipc_recv(p->s[0], &p->in, NULL), OV_OK);

	assert_true((pid = echo_child(p, 2, false)) > 0);
	assert_int_equal(ov_ipc_call(p->s[1], pkt, 64, &p->in, 5000, &e),
	    OV_OK);
	assert_int_equal(p->in.view.n, 64);
	assert_int_equal(ov_ipc_call(p->s[1], pkt, 300000, &p->in, 5000, &e),
	    OV_OK);
	assert_int_equal(p->in.view.n, 300000);
	assert_memory_equal(p->in.view.p, pkt, 300000);
	assert_int_equal(waitpid(pid, NULL, 0), pid);

	assert_true((pid = echo_child(p, 1, true)) > 0);
	assert_int_equal(ov_ipc_call(p->s[1], pkt, 64, &p->in, 5000, &e),
	    OV_BADMSG);
	assert_int_equal(p->in.view.n, 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);

	assert_int_equal(shutdown(p->s[0], SHUT_WR), 0);
	assert_int_equal(ov_ipc_call(p->s[1], pkt, 64, &p->in, 5000, &e),
	    OV_SYS);
	assert_int_equal(e.sys, ECONNRESET);
	free(pkt);
}

static void
test_listen_connect_accept(void **state)
{
	char dir[] = "/tmp/ov-ipc-XXXXXX", path[64], longpath[300];
	struct ov_err e = {0};
	struct stat st;
	uid_t uid = (uid_t)-1;
	pid_t pid = 0;
	int l, c, a, again;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(ov_ipc_listen(path, 0660, &l, &e), OV_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(ov_ipc_nonblock(l, NULL), OV_OK);
	assert_int_equal(ov_ipc_accept(l, &a, &uid, &pid, &e), OV_AGAIN);
	assert_int_equal(ov_ipc_connect(path, &c, &e), OV_OK);
	assert_int_equal(ov_ipc_accept(l, &a, &uid, &pid, &e), OV_OK);
	assert_int_equal(uid, getuid());
	assert_int_equal(pid, getpid());
	(void)close(a);
	(void)close(c);

	/* Served: taken.  Not served: replaced.  Something else: left. */
	assert_int_equal(ov_ipc_listen(path, 0600, &again, &e), OV_SYS);
	assert_int_equal(e.sys, EADDRINUSE);
	(void)close(l);
	assert_int_equal(ov_ipc_listen(path, 0600, &l, &e), OV_OK);
	(void)close(l);
	assert_int_equal(unlink(path), 0);
	assert_true((c = open(path, O_CREAT | O_WRONLY, 0600)) >= 0);
	(void)close(c);
	assert_int_equal(ov_ipc_listen(path, 0600, &l, &e), OV_SYS);
	assert_int_equal(l, -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ov_ipc_connect(path, &c, &e), OV_SYS);
	assert_int_equal(e.sys, ENOENT);
	memset(longpath, 'a', sizeof(longpath));
	longpath[sizeof(longpath) - 1] = '\0';
	assert_int_equal(ov_ipc_connect(longpath, &c, &e), OV_TOOBIG);
	assert_int_equal(rmdir(dir), 0);
}

/* --- base/msg.h ------------------------------------------------------------- */

static int called;

static enum ov_rc
handle(void *role, const struct ov_msg *m, struct ov_err *e)
{
	(void)e;
	assert_ptr_equal(role, &called);
	assert_int_equal(m->h.ref, 0x0102030405060708);
	called++;
	return OV_DENIED;
}

static const struct ov_msg_rule rules[] = {
    {1, 10, 3, 1u << 0 | 1u << 2, handle},
    {2, 0, 1, 1u << 31, handle},
    {3, 65535, UINT32_MAX, 1u << 0, handle},
};

static enum ov_rc
dispatch(unsigned int state, uint16_t type, uint16_t version, uint32_t count,
    size_t n)
{
	const struct ov_msg_head h = {type, version, count, 0x0102030405060708};
	uint8_t buf[128] = {0};
	uint8_t *exact;
	enum ov_rc rc;

	ov_msg_put_head(buf, &h);
	exact = malloc(n != 0 ? n : 1);
	assert_non_null(exact);
	memcpy(exact, buf, n);
	rc = ov_msg_dispatch(rules, 3, state, &called, exact, n, NULL);
	free(exact);
	return rc;
}

/* Every type, state, version, count and length against the table. */
static void
test_msg_table(void **state)
{
	unsigned int st, type;
	uint32_t count;
	size_t n;
	bool ok;

	(void)state;
	for (st = 0; st < 34; st++)
		for (type = 0; type < 5; type++) {
			ok = (type == 1 && (st == 0 || st == 2)) ||
			     (type == 2 && st == 31) || (type == 3 && st == 0);
			called = 0;
			assert_int_equal(dispatch(st, (uint16_t)type, 1, 0, 16),
			    ok ? OV_DENIED : OV_BADMSG);
			assert_int_equal(called, ok);
		}
	assert_int_equal(dispatch(0, 1, 0, 0, 16), OV_BADMSG);
	assert_int_equal(dispatch(0, 1, 2, 0, 16), OV_BADMSG);
	assert_int_equal(dispatch(0, 1, 0x0100, 0, 16), OV_BADMSG);
	for (count = 0; count < 6; count++)
		for (n = 0; n < 70; n++)
			assert_int_equal(dispatch(0, 1, 1, count, n),
			    n >= 16 + 10 * count && count <= 3 ? OV_DENIED
			                                       : OV_BADMSG);
	assert_int_equal(dispatch(0, 3, 1, UINT32_MAX, 128), OV_BADMSG);
	assert_int_equal(dispatch(31, 2, 1, 1, 16), OV_DENIED);
	assert_int_equal(dispatch(31, 2, 1, 2, 128), OV_BADMSG);
}

/* A bulk view lies behind the records and inside the packet, for every
 * offset and length. */
static void
test_msg_bulk_bounds(void **state)
{
	const struct ov_msg_head h = {1, 1, 2, 9};
	const struct ov_msg_rule *rule;
	uint8_t buf[50] = {0};
	struct ov_msg m;
	const uint8_t *p;
	uint32_t off, len;
	bool ok;

	(void)state;
	ov_msg_put_head(buf, &h);
	assert_int_equal(ov_msg_check(rules, 3, 0, buf, sizeof(buf), &m, &rule,
	                     NULL),
	    OV_OK);
	assert_ptr_equal(rule, &rules[0]);
	assert_int_equal(m.h.ref, 9);
	assert_ptr_equal(ov_msg_rec(&m, 1), buf + 26);
	for (off = 0; off < 60; off++)
		for (len = 0; len < 60; len++) {
			ok = off >= 36 && off + len <= 50;
			p = buf;
			assert_int_equal(ov_msg_bulk(&m, off, len, &p, NULL),
			    ok || (off == 0 && len == 0) ? OV_OK : OV_BADMSG);
			assert_ptr_equal(p, ok ? buf + off : NULL);
		}
	assert_int_equal(ov_msg_bulk(&m, 40, UINT32_MAX, &p, NULL), OV_BADMSG);
	assert_int_equal(ov_msg_bulk(&m, UINT32_MAX, 40, &p, NULL), OV_BADMSG);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_packets_arrive_whole),
	    T(test_sizes_out_of_range_are_not_sent),
	    T(test_every_missing_seal_is_refused),
	    T(test_memfd_of_wrong_size_or_header_is_refused),
	    T(test_wrong_descriptors_are_refused_and_closed),
	    T(test_short_and_long_datagrams_are_refused),
	    T(test_full_socket_and_end_of_connection),
	    T(test_call_answers_or_says_why_not),
	    cmocka_unit_test(test_listen_connect_accept),
	    cmocka_unit_test(test_msg_table),
	    cmocka_unit_test(test_msg_bulk_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
