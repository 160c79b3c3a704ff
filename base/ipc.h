/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc.h - one packet, whole, between two of our own processes.
 *
 * A packet is one contiguous byte string: a 16-byte header (type u16, version
 * u16, count u32, ref u64, big-endian), fixed records, then bulk bytes; see
 * docs/processes.md and base/msg.h for what is inside.  SOCK_SEQPACKET keeps
 * the boundaries, so there is no framing to get wrong.  A packet of up to
 * OV_IPC_INLINE bytes is one datagram.  A larger one lies whole in a memfd
 * that its maker sealed (WRITE, SHRINK, GROW, SEAL), and the datagram is the
 * header alone with that one descriptor; without the seals the maker could
 * change or truncate it under the reader.
 *
 * OV_BADMSG means that the other side broke these rules: close it.  OV_AGAIN
 * is the non-blocking socket's "not now".  Sockets made here block until
 * ov_ipc_nonblock().
 */
#ifndef OV_BASE_IPC_H
#define OV_BASE_IPC_H

#include <sys/types.h>

#include "base/err.h"

#define OV_IPC_HEADER ((size_t)16)
/* Default socket buffers carry 208 KiB. */
#define OV_IPC_INLINE ((size_t)192 << 10)
/* A batch is 4 MiB of messages; its answers with Base64 and JSON around them
 * stay well below this. */
#define OV_IPC_MAX ((size_t)16 << 20)

/* A received packet.  Zeroed means empty.  The view is valid until
 * ov_ipc_in_done() or the next ov_ipc_recv() into the same struct. */
struct ov_ipc_in {
	struct {
		const uint8_t *p;
		size_t n;
	} view;
	bool eof; /* the other side is gone; the view is empty */
	/* private */
	uint8_t *buf; /* OV_IPC_INLINE bytes, made on first use and kept */
	void *map;
	size_t maplen;
};

/* Send one packet.  OV_BADMSG under 16 bytes, OV_TOOBIG over OV_IPC_MAX,
 * OV_AGAIN when the socket is full (nothing was sent), OV_SYS with EPIPE or
 * ECONNRESET when the other side is gone; never a SIGPIPE. */
OV_MUST_CHECK enum ov_rc ov_ipc_send(int fd, const void *pkt, size_t n,
    struct ov_err *e);
/* Receive one packet.  OV_OK with in->eof set is the end of the connection. */
OV_MUST_CHECK enum ov_rc ov_ipc_recv(int fd, struct ov_ipc_in *in,
    struct ov_err *e);
/* Forget the packet: wipe what the buffer held, unmap the memfd. */
void ov_ipc_in_done(struct ov_ipc_in *);
/* The same and free the buffer. */
void ov_ipc_in_free(struct ov_ipc_in *);

/* Send a request and wait for the next packet, whatever the socket's mode,
 * at most timeout_ms in all: OV_AGAIN with e->sys ETIMEDOUT after that.  The
 * reply must echo the request's ref, otherwise OV_BADMSG; the end of the
 * connection is OV_SYS with ECONNRESET.  After any failure the connection is
 * of no more use, because a late answer may still come. */
OV_MUST_CHECK enum ov_rc ov_ipc_call(int fd, const void *req, size_t n,
    struct ov_ipc_in *reply, int timeout_ms, struct ov_err *e);

/* The descriptors are given to the caller, close-on-exec. */
OV_MUST_CHECK enum ov_rc ov_ipc_socketpair(int out[2], struct ov_err *e);
/* Listen at path with exactly these permission bits.  A socket that nobody
 * serves is replaced; one that is served is EADDRINUSE. */
OV_MUST_CHECK enum ov_rc ov_ipc_listen(const char *path, mode_t mode, int *out,
    struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_ipc_connect(const char *path, int *out,
    struct ov_err *e);
/* Accept one connection and say who is there, as the kernel knows it
 * (SO_PEERCRED); uid and pid may be NULL. */
OV_MUST_CHECK enum ov_rc ov_ipc_accept(int fd, int *out, uid_t *uid, pid_t *pid,
    struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_ipc_nonblock(int fd, struct ov_err *e);

#endif
