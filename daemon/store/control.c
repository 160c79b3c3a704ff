/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/control.c - the control socket: clients, frames, the command
 * table (docs/control.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/store/toegang.h"

#define CLIENTS_MAX 32
#define IDLE_MS 60000
#define HIGH ((size_t)512 << 10) /* no step above this */
#define ROWS_FLUSH ((size_t)128 << 10)
#define READ_MAX ((size_t)64 << 10)

struct ov_control {
	struct ov_store *st;
	int fd;
	bool kept; /* by the supervisor: it stays where it is */
	size_t n;
	uint64_t serial;
	struct ov_ctl *head;
	struct ov_timer idle;
	char *path;
};

static const struct ov_ctl_cmd *const tables[] = {ov_ctl_basis, ov_ctl_partners,
    ov_ctl_pupils, ov_ctl_drafts, ov_ctl_outbox, ov_ctl_inbox, ov_ctl_about,
    ov_ctl_cases, ov_ctl_count, ov_ctl_export, ov_ctl_log, ov_ctl_check,
    ov_ctl_kalender, ov_ctl_startpop, ov_ctl_report, ov_ctl_worklist,
    ov_ctl_access, ov_ctl_stand, ov_ctl_inzage, ov_ctl_geen, ov_ctl_leavers,
    ov_ctl_voortgang, ov_ctl_contact};

static void client_ready(struct ov_loop *, int, unsigned int, void *);

/* ---- frames out ---- */

static void
frame_put(struct ov_ctl *c, const void *p, size_t n)
{
	uint8_t len[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n};

	ov_buf_add(&c->obuf, len, sizeof(len));
	ov_buf_add(&c->obuf, p, n);
}

static void
frame_json(struct ov_ctl *c, json_t *j)
{
	OV_BUF text = {.max = OV_CTL_FRAME};

	if (j == NULL)
		text.bad = true;
	else
		ov_json_dump(&text, j);
	json_decref(j);
	if (text.bad)
		c->obuf.bad = true;
	else
		frame_put(c, text.p, text.n);
}

static void
rows_flush(struct ov_ctl *c)
{
	if (c->rowbuf.n == 0)
		return;
	ov_buf_str(&c->rowbuf, "]}");
	if (c->rowbuf.bad)
		c->obuf.bad = true;
	else
		frame_put(c, c->rowbuf.p, c->rowbuf.n);
	ov_buf_reset(&c->rowbuf);
}

void
ov_ctl_row(struct ov_ctl *c, json_t *row)
{
	OV_BUF text = {.max = OV_CTL_FRAME - 64};

	if (row == NULL)
		text.bad = true;
	else
		ov_json_dump(&text, row);
	json_decref(row);
	if (text.bad) {
		c->obuf.bad = true;
		return;
	}
	if (c->rowbuf.n + text.n + 64 > OV_CTL_FRAME)
		rows_flush(c);
	ov_buf_str(&c->rowbuf, c->rowbuf.n == 0 ? "{\"rows\":[" : ",");
	ov_buf_add(&c->rowbuf, text.p, text.n);
	if (c->rowbuf.n > ROWS_FLUSH)
		rows_flush(c);
}

void
ov_ctl_progress(struct ov_ctl *c, int64_t done, int64_t total)
{
	uint64_t now = ov_loop_now_ms(c->st->env.loop);

	if (now < c->progress_ms + 1000)
		return;
	c->progress_ms = now;
	rows_flush(c);
	frame_json(c, json_pack("{s:{s:I,s:I}}", "progress", "done",
	                  (json_int_t)done, "total", (json_int_t)total));
}

void
ov_ctl_end(struct ov_ctl *c, json_t *end)
{
	rows_flush(c);
	frame_json(c,
	    json_pack("{s:o}", "end", end != NULL ? end : json_object()));
	c->done = true;
}

void
ov_ctl_fout(struct ov_ctl *c, const char *code, json_t *fouten)
{
	json_t *f;

	rows_flush(c);
	f = json_pack("{s:s,s:o}", "code", code, "tekst", ov_j_sentence(code));
	if (fouten != NULL)
		(void)ov_j_set(f, "fouten", fouten);
	frame_json(c, json_pack("{s:o}", "fout", f));
	c->done = true;
}

void
ov_ctl_fail(struct ov_ctl *c, const struct ov_err *e)
{
	if (c->done)
		return;
	ov_log(OV_LOG_WARN, "event=command name=%s uid=%u fault=\"%s\"",
	    c->cmd != NULL ? c->cmd->name : "-", (unsigned)c->uid, e->msg);
	ov_ctl_fout(c, ov_ctl_code_of(e->rc), NULL);
	if (ov_rc_class(e->rc) == OV_CL_STOP)
		ov_store_fatal(c->st, e);
}

bool
ov_ctl_ok(struct ov_ctl *c, enum ov_rc rc, const struct ov_err *e)
{
	struct ov_err why = *e;

	if (rc == OV_OK)
		return true;
	why.rc = rc;
	ov_ctl_fail(c, &why);
	return false;
}

/* ---- clients ---- */

static void
client_close(struct ov_ctl *c)
{
	struct ov_control *k = c->st->control;
	struct ov_ctl **at;

	for (at = &k->head; *at != NULL && *at != c; at = &(*at)->next)
		;
	if (*at != NULL) {
		*at = c->next;
		k->n--;
	}
	ov_loop_fd_del(c->st->env.loop, c->fd);
	(void)close(c->fd);
	if (c->cmd != NULL && c->cmd->drop != NULL && c->begun)
		c->cmd->drop(c);
	if (c->state != NULL && c->cmd != NULL)
		explicit_bzero(c->state, c->cmd->size);
	free(c->state);
	json_decref(c->query);
	ov_buf_free(&c->ibuf);
	ov_buf_free(&c->obuf);
	ov_buf_free(&c->rowbuf);
	free(c);
}

struct ov_ctl *
ov_ctl_find(struct ov_store *st, uint64_t serial)
{
	if (st->control == NULL)
		return NULL;
	for (struct ov_ctl *c = st->control->head; c != NULL; c = c->next)
		if (c->serial == serial && !c->done)
			return c;
	return NULL;
}

/* What the loop should tell us about this client. */
static void
interest(struct ov_ctl *c)
{
	struct ov_err e = {0};
	unsigned int ev = OV_LOOP_IN;

	if (c->obuf.n > c->sent || (c->begun && !c->done && !c->waiting &&
	                               !c->feeding && c->cmd->step != NULL))
		ev |= OV_LOOP_OUT;
	if (ov_loop_fd_mod(c->st->env.loop, c->fd, ev, &e) != OV_OK)
		c->gone = true;
}

void
ov_ctl_wake(struct ov_ctl *c)
{
	c->waiting = false;
	interest(c);
}

const struct ov_ctl_cmd *
ov_ctl_command(size_t i)
{
	for (size_t k = 0; k < sizeof(tables) / sizeof(tables[0]); k++)
		for (const struct ov_ctl_cmd *p = tables[k]; p->name != NULL;
		     p++)
			if (i-- == 0)
				return p;
	return NULL;
}

static void
command_find(struct ov_ctl *c, const char *name)
{
	const struct ov_ctl_cmd *p;

	for (size_t i = 0; (p = ov_ctl_command(i)) != NULL; i++)
		if (strcmp(p->name, name) == 0)
			c->cmd = p;
}

/* The first frame: {"v":1,"cmd":..,"arg":{..}}. */
static void
command_begin(struct ov_ctl *c, json_t *q)
{
	struct ov_jobj o;
	struct ov_err e = {0};
	const char *name;
	const json_t *arg;

	c->query = json_incref(q);
	ov_jo_init(&o, q, "command");
	(void)ov_jo_range(&o, "v", 1, 1);
	name = ov_jo_str(&o, "cmd", 64);
	arg = ov_jo_obj(&o, "arg");
	if (ov_jo_end(&o, &e) != OV_OK) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return;
	}
	command_find(c, name);
	if (c->cmd == NULL) {
		ov_ctl_fout(c, "opdracht-onbekend", NULL);
		return;
	}
	ov_toegang_fresh(c->st);
	if (c->cmd->mag != OV_CTL_ELK && !ov_ctl_ooit(c, c->cmd->mag, NULL))
		return;
	if (c->cmd->size > 0 && (c->state = calloc(1, c->cmd->size)) == NULL) {
		c->gone = true;
		return;
	}
	c->begun = true;
	ov_jo_init(&c->in, arg, "arg");
	c->cmd->start(c);
	if (!c->done && c->cmd->rows != NULL) {
		c->feeding = true;
		frame_json(c, json_pack("{s:b}", "go", 1));
	}
}

/* A frame while the client feeds: rows, or the end of them. */
static void
command_feed(struct ov_ctl *c, const json_t *q)
{
	const json_t *rows = json_object_get(q, "rows");

	if (json_object_size(q) == 1 && json_is_array(rows)) {
		c->cmd->rows(c, rows);
	} else if (json_object_size(q) == 1 &&
	           json_is_true(json_object_get(q, "end"))) {
		c->feeding = false;
		if (c->cmd->fed != NULL)
			c->cmd->fed(c);
	} else {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
	}
	if (c->done)
		c->feeding = false;
}

/* One complete frame, if there is one; true when there was. */
static bool
frame_take(struct ov_ctl *c)
{
	const uint8_t *p = c->ibuf.p + c->taken;
	size_t have = c->ibuf.n - c->taken, n;
	OV_JSON *q = NULL;
	struct ov_err e = {0};

	if (c->done || (c->begun && !c->feeding) || have < 4)
		return false;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n > OV_CTL_FRAME) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return false;
	}
	if (have - 4 < n)
		return false;
	if (ov_json_parse(p + 4, n, OV_CTL_FRAME, &q, &e) != OV_OK ||
	    !json_is_object(q))
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
	else if (!c->begun)
		command_begin(c, q);
	else
		command_feed(c, q);
	c->taken += 4 + n;
	if (c->taken == c->ibuf.n) {
		ov_buf_reset(&c->ibuf);
		c->taken = 0;
	}
	return true;
}

/* Move what is left of a frame to the front. */
static void
compact(struct ov_ctl *c)
{
	ov_buf_drop(&c->ibuf, c->taken);
	c->taken = 0;
}

static void
client_read(struct ov_ctl *c)
{
	static uint8_t piece[READ_MAX];
	ssize_t k;

	do {
		k = recv(c->fd, piece, sizeof(piece), 0);
	} while (k < 0 && errno == EINTR);
	if (k < 0 && errno == EAGAIN)
		return;
	if (k <= 0) { /* gone: what was not committed is cancelled */
		c->gone = true;
		return;
	}
	c->idle_ms = ov_loop_now_ms(c->st->env.loop);
	if (!c->done) {
		compact(c);
		ov_buf_add(&c->ibuf, piece, (size_t)k);
	}
	explicit_bzero(piece, (size_t)k);
	if (c->ibuf.bad || c->ibuf.n > OV_CTL_FRAME + 4 + READ_MAX)
		c->gone = true;
}

static void
client_write(struct ov_ctl *c)
{
	ssize_t k;

	while (c->sent < c->obuf.n) {
		k = send(c->fd, c->obuf.p + c->sent, c->obuf.n - c->sent,
		    MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN) {
			/* A long answer to a slow reader never drains: what
			 * was written must not count towards the limit. */
			if (c->sent >= HIGH) {
				ov_buf_drop(&c->obuf, c->sent);
				c->sent = 0;
			}
			return;
		}
		if (k <= 0) {
			c->gone = true;
			return;
		}
		c->sent += (size_t)k;
		c->idle_ms = ov_loop_now_ms(c->st->env.loop);
	}
	ov_buf_reset(&c->obuf);
	c->sent = 0;
	if (c->done)
		c->gone = true;
}

static void
client_ready(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct ov_ctl *c = arg;

	(void)loop;
	(void)fd;
	if (events & OV_LOOP_IN)
		client_read(c);
	/* Everything that is complete: at most a frame and a read. */
	while (!c->gone && frame_take(c))
		;
	if (!c->gone && c->begun && !c->done && !c->waiting && !c->feeding &&
	    c->cmd->step != NULL && c->obuf.n - c->sent < HIGH)
		c->cmd->step(c);
	if (!c->gone)
		rows_flush(c);
	if (c->obuf.bad) {
		ov_log(OV_LOG_ERROR, "event=command fault=\"no memory\"");
		c->gone = true;
	}
	if (!c->gone)
		client_write(c);
	if (!c->gone)
		interest(c);
	if (c->gone)
		client_close(c);
}

/* ---- the listener ---- */

static void
idle_check(struct ov_loop *loop, void *arg)
{
	struct ov_control *k = arg;
	struct ov_ctl *c, *next;
	uint64_t now = ov_loop_now_ms(loop);

	for (c = k->head; c != NULL; c = next) {
		next = c->next;
		if (c->waiting)
			continue; /* it waits for us */
		if (now > c->idle_ms + IDLE_MS)
			client_close(c);
	}
	ov_loop_arm(loop, &k->idle, now + 5000);
}

/* Too many, or not allowed: say so as far as the socket takes it. */
static void
turn_away(int fd, const char *code)
{
	OV_BUF b = {0};
	OV_BUF out = {0};
	uint8_t len[4];
	json_t *j;

	j = json_pack("{s:{s:s,s:o}}", "fout", "code", code, "tekst",
	    ov_j_sentence(code));
	if (j != NULL)
		ov_json_dump(&b, j);
	json_decref(j);
	len[0] = len[1] = 0;
	len[2] = (uint8_t)(b.n >> 8);
	len[3] = (uint8_t)b.n;
	ov_buf_add(&out, len, 4);
	ov_buf_add(&out, b.p, b.n);
	if (!out.bad && b.n > 0 &&
	    send(fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		ov_log(OV_LOG_DEBUG, "event=control-refused");
	(void)close(fd);
}

static void
on_accept(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct ov_control *k = arg;
	struct ov_err e = {0};
	struct ov_ctl *c;
	struct ucred who;
	socklen_t len = sizeof(who);
	int s;

	(void)events;
	s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (s < 0)
		return;
	ov_toegang_fresh(k->st);
	if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 ||
	    !ov_wie_mag_binnen(k->st, who.uid)) {
		ov_log(OV_LOG_WARN, "event=control-refused uid=%u",
		    (unsigned)who.uid);
		turn_away(s, "geen-toegang");
		return;
	}
	if (k->n >= CLIENTS_MAX || (c = calloc(1, sizeof(*c))) == NULL) {
		turn_away(s, "nu-niet");
		return;
	}
	c->st = k->st;
	c->uid = who.uid;
	c->serial = ++k->serial;
	c->fd = s;
	c->idle_ms = ov_loop_now_ms(loop);
	c->next = k->head;
	k->head = c;
	k->n++;
	if (ov_loop_fd(loop, s, OV_LOOP_IN, client_ready, c, &e) != OV_OK)
		client_close(c);
}

/* A path of any length: long ones through their directory. */
static enum ov_rc
address(const char *path, int *dirfd, struct sockaddr_un *sa, struct ov_err *e)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (strlen(path) < sizeof(sa->sun_path)) {
		memcpy(sa->sun_path, path, strlen(path));
		return OV_OK;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(dir))
		return ov_fail(e, OV_TOOBIG, "%s: path too long", path);
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	*dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd < 0)
		return ov_fail_sys(e, "open %s", dir);
	if (snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d%s",
	        *dirfd, slash) >= (int)sizeof(sa->sun_path))
		return ov_fail(e, OV_TOOBIG, "%s: name too long", path);
	return OV_OK;
}

static enum ov_rc
listen_at(const char *path, int *out, struct ov_err *e)
{
	OV_CLOSE int fd = -1, probe = -1, dirfd = -1;
	struct sockaddr_un sa;
	enum ov_rc rc;

	if ((rc = address(path, &dirfd, &sa, e)) != OV_OK)
		return rc;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return ov_fail_sys(e, "socket");
	if (connect(probe, (const struct sockaddr *)&sa, sizeof(sa)) == 0) {
		errno = EADDRINUSE;
		return ov_fail_sys(e, "listen at %s", path);
	}
	if (errno == ECONNREFUSED && unlink(path) < 0 && errno != ENOENT)
		return ov_fail_sys(e, "remove stale %s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ov_fail_sys(e, "socket");
	/* Nobody can connect between bind and chmod: it does not listen. */
	if (bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		return ov_fail_sys(e, "bind %s", path);
	if (chmod(path, 0660) < 0)
		return ov_fail_sys(e, "chmod %s", path);
	if (listen(fd, 64) < 0)
		return ov_fail_sys(e, "listen at %s", path);
	*out = ov_take_fd(&fd);
	return OV_OK;
}

enum ov_rc
ov_control_new(struct ov_store *st, const char *path, int fd, struct ov_err *e)
{
	OV_CLOSE int given = fd;
	struct ov_control *k;
	enum ov_rc rc;

	if ((rc = ov_intake_clean(st, e)) != OV_OK ||
	    (given >= 0 && (rc = ov_ipc_nonblock(given, e)) != OV_OK))
		return rc;
	k = calloc(1, sizeof(*k));
	if (k == NULL || (k->path = strdup(path)) == NULL) {
		free(k);
		return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	k->st = st;
	k->kept = given >= 0;
	k->fd = ov_take_fd(&given);
	st->control = k;
	if ((!k->kept && (rc = listen_at(path, &k->fd, e)) != OV_OK) ||
	    (rc = ov_loop_fd(st->env.loop, k->fd, OV_LOOP_IN, on_accept, k,
	         e)) != OV_OK) {
		ov_control_free(st);
		return rc;
	}
	k->idle.fn = idle_check;
	k->idle.arg = k;
	ov_loop_arm(st->env.loop, &k->idle,
	    ov_loop_now_ms(st->env.loop) + 5000);
	return OV_OK;
}

void
ov_control_free(struct ov_store *st)
{
	struct ov_control *k = st->control;

	if (k == NULL)
		return;
	while (k->head != NULL)
		client_close(k->head);
	ov_loop_disarm(st->env.loop, &k->idle);
	if (k->fd >= 0) {
		ov_loop_fd_del(st->env.loop, k->fd);
		(void)close(k->fd);
		if (!k->kept)
			(void)unlink(k->path);
	}
	free(k->path);
	free(k);
	st->control = NULL;
}
