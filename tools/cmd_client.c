/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_client.c - frames over the control socket. */
#include "tools/cmd_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"
#include "protocol/fout.h"
#include "protocol/json.h"
#include "tools/cmd_out.h"

#define QUEUE_HIGH ((size_t)4 << 20) /* stop feeding above this */

struct ov_client {
	int fd;
	struct ov_buf out;
	size_t sent; /* of out */
	struct ov_buf in;
	size_t taken; /* of in */
	bool eof;
};

/* A socket's path must fit 108 bytes; a longer one is reached through its
 * directory. */
static enum ov_rc
address(const char *path, int *dirfd, struct sockaddr_un *sa, struct ov_err *e)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	size_t n = strlen(path);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (n < sizeof(sa->sun_path)) {
		memcpy(sa->sun_path, path, n);
		return OV_OK;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(dir))
		return ov_fail(e, OV_TOOBIG, "the socket's path is too long");
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	*dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd < 0)
		return ov_fail(e, OV_AGAIN, "%s: %s", dir, strerror(errno));
	if (snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d%s",
	        *dirfd, slash) >= (int)sizeof(sa->sun_path))
		return ov_fail(e, OV_TOOBIG, "the socket's name is too long");
	return OV_OK;
}

enum ov_rc
ov_client_open(const char *path, struct ov_client **out, struct ov_err *e)
{
	OV_CLOSE int fd = -1, dirfd = -1;
	struct sockaddr_un sa;
	struct ov_client *c;
	enum ov_rc rc;
	int saved;

	*out = NULL;
	if ((rc = address(path, &dirfd, &sa, e)) != OV_OK)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ov_fail_sys(e, "socket");
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0) {
		saved = errno;
		if (saved == EACCES || saved == EPERM)
			return ov_fail(e, OV_DENIED,
			    "%s: this account may not use it", path);
		return ov_fail(e, OV_AGAIN,
		    "overstapd does not answer at %s (%s): is it running?",
		    path, strerror(saved));
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return ov_fail_sys(e, "fcntl");
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	c->fd = ov_take_fd(&fd);
	*out = c;
	return OV_OK;
}

void
ov_client_free(struct ov_client *c)
{
	if (c == NULL)
		return;
	(void)close(c->fd);
	ov_buf_free(&c->out);
	ov_buf_free(&c->in);
	free(c);
}

size_t
ov_client_queued(const struct ov_client *c)
{
	return c->out.n - c->sent;
}

/* Write what the socket takes now.  A broken pipe is left for the reader to
 * find, because the daemon's refusal may still be there to read. */
static enum ov_rc
push(struct ov_client *c, struct ov_err *e)
{
	ssize_t k;

	while (c->sent < c->out.n) {
		k = send(c->fd, c->out.p + c->sent, c->out.n - c->sent,
		    MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN) {
			/* A file longer than the daemon reads at once never
			 * drains: what was written is not kept. */
			if (c->sent >= QUEUE_HIGH) {
				ov_buf_drop(&c->out, c->sent);
				c->sent = 0;
			}
			return OV_OK;
		}
		if (k < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			c->sent = c->out.n;
			break;
		}
		if (k < 0)
			return ov_fail_sys(e, "write to overstapd");
		c->sent += (size_t)k;
	}
	ov_buf_reset(&c->out);
	c->sent = 0;
	return OV_OK;
}

static enum ov_rc
send_text(struct ov_client *c, const struct ov_buf *text, struct ov_err *e)
{
	uint8_t head[4];
	enum ov_rc rc;

	if (text->bad)
		return ov_fail(e, OV_TOOBIG, "one row is larger than a frame");
	head[0] = (uint8_t)(text->n >> 24);
	head[1] = (uint8_t)(text->n >> 16);
	head[2] = (uint8_t)(text->n >> 8);
	head[3] = (uint8_t)text->n;
	ov_buf_add(&c->out, head, sizeof(head));
	ov_buf_add(&c->out, text->p, text->n);
	if ((rc = ov_buf_ok(&c->out, e)) != OV_OK)
		return rc;
	return push(c, e);
}

enum ov_rc
ov_client_send(struct ov_client *c, const json_t *j, struct ov_err *e)
{
	OV_BUF text = {.max = OV_FRAME_MAX};

	ov_json_dump(&text, j);
	return send_text(c, &text, e);
}

static enum ov_rc
pull(struct ov_client *c, struct ov_err *e)
{
	uint8_t piece[65536];
	ssize_t k;

	for (;;) {
		k = recv(c->fd, piece, sizeof(piece), 0);
		if (k < 0 && errno == EINTR)
			continue;
		break;
	}
	if (k < 0 && errno == EAGAIN)
		return OV_OK;
	if (k == 0 || (k < 0 && errno == ECONNRESET)) {
		c->eof = true;
		return OV_OK;
	}
	if (k < 0)
		return ov_fail_sys(e, "read from overstapd");
	if (c->taken > 0 && c->taken == c->in.n) {
		ov_buf_reset(&c->in);
		c->taken = 0;
	}
	ov_buf_add(&c->in, piece, (size_t)k);
	explicit_bzero(piece, (size_t)k);
	return ov_buf_ok(&c->in, e);
}

/* Move what is not yet taken to the front. */
static void
compact(struct ov_client *c)
{
	if (c->taken < ((size_t)1 << 20))
		return;
	ov_buf_drop(&c->in, c->taken);
	c->taken = 0;
}

/* A complete frame, if there is one. */
static enum ov_rc
frame(struct ov_client *c, json_t **out, struct ov_err *e)
{
	size_t have = c->in.n - c->taken, n;
	const uint8_t *p = c->in.p + c->taken;
	enum ov_rc rc;

	*out = NULL;
	if (have < 4)
		return OV_OK;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n > OV_FRAME_MAX)
		return ov_fail(e, OV_BADMSG, "overstapd: frame too large");
	if (have - 4 < n)
		return OV_OK;
	if ((rc = ov_json_parse(p + 4, n, OV_FRAME_MAX, out, e)) != OV_OK)
		return ov_while(e, rc, "overstapd");
	c->taken += 4 + n;
	compact(c);
	return OV_OK;
}

enum ov_rc
ov_client_recv(struct ov_client *c, size_t room, json_t **out, struct ov_err *e)
{
	struct pollfd p;
	enum ov_rc rc;
	bool wait;

	for (;;) {
		if ((rc = frame(c, out, e)) != OV_OK || *out != NULL)
			return rc;
		if (c->eof)
			return ov_fail(e, OV_AGAIN,
			    "overstapd closed the connection");
		if ((rc = push(c, e)) != OV_OK)
			return rc;
		p = (struct pollfd){c->fd, POLLIN, 0};
		if (ov_client_queued(c) > 0)
			p.events |= POLLOUT;
		wait = ov_client_queued(c) >= room;
		if (poll(&p, 1, wait ? -1 : 0) < 0 && errno != EINTR)
			return ov_fail_sys(e, "poll");
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
			if ((rc = pull(c, e)) != OV_OK)
				return rc;
		} else if (!wait) {
			return OV_OK;
		}
	}
}

/* ---- a whole command ---- */

struct talk {
	struct ov_cli *cli;
	struct ov_ask *a;
	struct ov_client *c;
	struct ov_progress bar;
	uint64_t fed;
	bool feeding;
	bool stop;
};

/* {"pad","reden"} of docs/protocol.md as "pad: what is wrong, what to do". */
static void
fault_text(struct ov_buf *b, const json_t *f)
{
	const char *pad = json_string_value(json_object_get(f, "pad")),
	           *reden = json_string_value(json_object_get(f, "reden"));
	struct ov_fout_text t;
	char key[64];

	(void)snprintf(key, sizeof(key), "reden/%.40s",
	    reden != NULL ? reden : "");
	if (pad == NULL || !ov_fout_find(key, &t)) {
		ov_cell(b, f);
		return;
	}
	ov_buf_fmt(b, "%s: %.*s. %.*s", pad, (int)t.title.n,
	    (const char *)t.title.p, (int)t.detail.n, (const char *)t.detail.p);
}

static int
refused(struct talk *t, json_t *fout)
{
	const json_t *code = json_object_get(fout, "code"),
	             *text = json_object_get(fout, "tekst"), *list, *f;
	const char *c = json_is_string(code) ? json_string_value(code) : "?";
	OV_BUF b = {0};
	size_t i;

	ov_progress_end(t->cli, &t->bar);
	if (t->a->quiet) {
		t->a->fout = json_incref(fout);
		return OV_X_REFUSED;
	}
	if (t->cli->json) {
		(void)ov_cli_json(t->cli, json_pack("{s:O}", "fout", fout));
		return OV_X_REFUSED;
	}
	(void)fprintf(t->cli->err, "overstap: %s (%s)\n",
	    json_is_string(text) ? json_string_value(text) : "geweigerd", c);
	list = json_object_get(fout, "fouten");
	for (i = 0; i < json_array_size(list); i++) {
		f = json_array_get(list, i);
		ov_buf_reset(&b);
		fault_text(&b, f);
		(void)fprintf(t->cli->err, "  %s\n",
		    ov_buf_text(&b) != NULL ? ov_buf_text(&b) : "?");
	}
	return OV_X_REFUSED;
}

/* One frame of the daemon.  -1: go on; else the exit code. */
static int
take_frame(struct talk *t, json_t *j)
{
	json_t *v;
	size_t i;

	if ((v = json_object_get(j, "rows")) != NULL) {
		for (i = 0; i < json_array_size(v) && !t->stop; i++)
			if (t->a->row != NULL &&
			    !t->a->row(t->a->ctx, json_array_get(v, i)))
				t->stop = true;
		return -1;
	}
	if ((v = json_object_get(j, "progress")) != NULL) {
		ov_progress(t->cli, &t->bar, t->a->what,
		    (uint64_t)json_integer_value(json_object_get(v, "done")),
		    (uint64_t)json_integer_value(json_object_get(v, "total")));
		return -1;
	}
	if (json_object_get(j, "go") != NULL) {
		t->feeding = t->a->feed != NULL;
		return -1;
	}
	if ((v = json_object_get(j, "fout")) != NULL)
		return refused(t, v);
	if ((v = json_object_get(j, "end")) != NULL) {
		t->a->end = json_incref(v);
		return OV_X_OK;
	}
	return -1;
}

/* Send rows until enough is queued. */
static enum ov_rc
feed(struct talk *t, struct ov_err *e)
{
	OV_BUF text = {.max = OV_FRAME_MAX};
	enum ov_rc rc = OV_OK;
	size_t n;

	while (rc == OV_OK && t->feeding &&
	       ov_client_queued(t->c) < QUEUE_HIGH / 2) {
		ov_buf_reset(&text);
		ov_buf_str(&text, "{\"rows\":");
		if (!t->a->feed(t->a->ctx, &text, &n)) {
			t->feeding = false;
			t->stop = true;
			return OV_OK;
		}
		t->fed += n;
		if (n == 0) {
			t->feeding = false;
			ov_buf_reset(&text);
			ov_buf_str(&text, "{\"end\":true");
		}
		ov_buf_str(&text, "}");
		rc = send_text(t->c, &text, e);
		ov_progress(t->cli, &t->bar, t->a->what, t->fed, t->a->total);
	}
	return rc;
}

static int
converse(struct talk *t)
{
	struct ov_err e = {0};
	json_t *j;
	int x = -1;

	while (x < 0 && !t->stop) {
		if (feed(t, &e) != OV_OK || t->stop ||
		    ov_client_recv(t->c, t->feeding ? QUEUE_HIGH / 2 : 0, &j,
		        &e) != OV_OK)
			break;
		if (j != NULL)
			x = take_frame(t, j);
		json_decref(j);
	}
	ov_progress_end(t->cli, &t->bar);
	if (x >= 0)
		return x;
	if (t->stop)
		return OV_X_INTERNAL;
	if (t->a->optional)
		return OV_X_DAEMON;
	if (e.rc == OV_AGAIN || e.rc == OV_BADMSG)
		return ov_cli_fail(t->cli, OV_X_DAEMON, "%s", e.msg);
	return ov_cli_err(t->cli, &e);
}

int
ov_ask(struct ov_cli *cli, struct ov_ask *a)
{
	struct talk t = {.cli = cli, .a = a};
	struct ov_err e = {0};
	char dir[2048], path[4096];
	json_t *q;
	int x;

	a->end = NULL;
	a->fout = NULL;
	if (a->what == NULL)
		a->what = a->cmd;
	q = json_pack("{s:i,s:s,s:o}", "v", 1, "cmd", a->cmd, "arg",
	    a->arg != NULL ? a->arg : json_object());
	a->arg = NULL;
	if (q == NULL)
		return ov_cli_fail(cli, OV_X_INTERNAL, "no memory");
	if (ov_cli_dir(cli, dir, sizeof(dir), &e) != OV_OK) {
		json_decref(q);
		return ov_cli_fail(cli, OV_X_USAGE, "%s", e.msg);
	}
	if (ov_cli_conf_path(dir, "run", "run", path, sizeof(path) - 16, &e) !=
	    OV_OK) {
		json_decref(q);
		return ov_cli_err(cli, &e);
	}
	memcpy(path + strlen(path), "/control.sock", sizeof("/control.sock"));
	if (ov_client_open(path, &t.c, &e) != OV_OK ||
	    ov_client_send(t.c, q, &e) != OV_OK)
		x = a->optional ? OV_X_DAEMON : ov_cli_err(cli, &e);
	else
		x = converse(&t);
	json_decref(q);
	ov_client_free(t.c);
	return x;
}
