/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_client.h - one command to overstapd-store over its control socket
 * (docs/control.md).
 *
 * ov_ask() does all of it: connect, send, hand each row over, show progress,
 * tell a refusal.  Rows to the daemon (import, pupils load) are sent while its
 * own are read, so neither side can block the other.
 */
#ifndef OV_TOOLS_CMD_CLIENT_H
#define OV_TOOLS_CMD_CLIENT_H

#include "tools/cmd_cli.h"

#define OV_FRAME_MAX ((size_t)1 << 20)

struct ov_client;

/* OV_AGAIN when nobody listens there, OV_DENIED when the socket may not be
 * used.  *out is given. */
OV_MUST_CHECK enum ov_rc ov_client_open(const char *path,
    struct ov_client **out, struct ov_err *e);
void ov_client_free(struct ov_client *);
/* Queue one frame and write what the socket takes; borrowed.  OV_TOOBIG over
 * OV_FRAME_MAX. */
OV_MUST_CHECK enum ov_rc ov_client_send(struct ov_client *, const json_t *,
    struct ov_err *e);
/* Bytes that are still queued. */
size_t ov_client_queued(const struct ov_client *);
/* The next frame, given.  With no frame there it waits, but returns with *out
 * NULL once fewer than room bytes are queued to be sent: 0 waits for a frame,
 * SIZE_MAX does not wait.  OV_AGAIN: the daemon closed the connection.
 * OV_BADMSG: not a frame. */
OV_MUST_CHECK enum ov_rc ov_client_recv(struct ov_client *, size_t room,
    json_t **out, struct ov_err *e);

struct ov_ask {
	const char *cmd;
	json_t *arg; /* taken; NULL: none */
	/* Each row, borrowed; NULL: rows are ignored.  False stops. */
	bool (*row)(void *ctx, json_t *row);
	/* The next rows for the daemon, appended to *text as a JSON array, and
	 * their number; 0 after the last.  False stops: the connection is
	 * closed and the daemon keeps nothing.  NULL: none. */
	bool (*feed)(void *ctx, struct ov_buf *text, size_t *n);
	void *ctx;
	const char *what; /* word for the progress line */
	uint64_t total;   /* of the rows fed; 0: unknown */
	json_t *end;      /* out: totals, given, when the result is OV_X_OK */
	json_t *fout;     /* out, with quiet: the refusal, given, else NULL */
	bool quiet;       /* do not tell a refusal: the caller does */
	bool optional;    /* nor that no daemon answers, or goes away */
};

/* An exit code; failures have been told. */
int ov_ask(struct ov_cli *, struct ov_ask *);

#endif
