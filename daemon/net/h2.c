/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/h2.c - HTTP/2 on a connection: nghttp2 between bytes and
 * requests, with the same limits as HTTP/1.1.
 *
 * nghttp2 bounds settings, pings, acknowledgements and CONTINUATION frames by
 * itself and refuses malformed messages.  Counted here: streams that end in a
 * reset, whoever sent it (a client can make the server reset them), and the
 * size of header blocks after decompression.
 */
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/role.h"

#define CONN_WINDOW ((int32_t)OV_MIB)
#define SETTINGS_ENTRIES_MAX 32
#define OUTBOUND_ACKS_MAX 100
#define CONTINUATIONS_MAX 8
/* A header block beyond this is an attack, not a mistake. */
#define HEAD_ATTACK (4 * OV_HEAD_MAX)

/* The fields we read; the others are counted and passed over. */
enum slot {
	S_METHOD,
	S_PATH,
	S_TYPE,
	S_ENCODING,
	S_LENGTH,
	S_ADRESBOEK,
	S_TRACE,
	S_EXPECT,
	S_N
};

static const char *const slot_names[S_N] = {":method", ":path", "content-type",
    "content-encoding", "content-length", "overstap-adresboek", "traceparent",
    "expect"};

struct stream {
	struct stream *prev, *next;
	int32_t id;
	bool headed; /* the head is complete */
	struct ov_net_req *req;
	/* the head */
	struct ov_buf text; /* values of the slots */
	struct {
		size_t at, n;
		bool set;
	} slot[S_N];
	size_t size; /* as HTTP/1.1 would count it */
	size_t nfields;
	bool twice; /* a field that may come once */
	/* the answer */
	struct ov_buf body;
	size_t sent;
};

struct ov_net_h2 {
	nghttp2_session *s;
	struct stream *streams;
	size_t held;     /* bytes of answers that are not in frames yet */
	int32_t heading; /* stream whose head is coming in, or 0 */
	bool leaving;    /* no new streams: close when the last is done */
	uint64_t resets_at;
	unsigned resets;
};

size_t
ov_net_h2_held(const struct ov_net_h2 *h)
{
	return h != NULL ? h->held : 0;
}

/* --- streams ---------------------------------------------------------------- */

static struct stream *
stream_of(nghttp2_session *s, int32_t id)
{
	return nghttp2_session_get_stream_user_data(s, id);
}

static void
stream_free(struct ov_net_h2 *h, struct stream *st)
{
	if (st->req != NULL)
		ov_net_req_forget(st->req);
	h->held -= st->body.n - st->sent;
	if (st->prev != NULL)
		st->prev->next = st->next;
	else
		h->streams = st->next;
	if (st->next != NULL)
		st->next->prev = st->prev;
	ov_buf_free(&st->body);
	ov_buf_free(&st->text);
	free(st);
}

/* One that is leaving has its last deadline. */
static void
deadline(struct ov_net_conn *c, uint64_t ms)
{
	if (!c->h2->leaving)
		ov_net_conn_deadline(c, ms);
}

/* Say GOAWAY; streams that are there are finished. */
static void
leave(struct ov_net_conn *c)
{
	struct ov_net_h2 *h = c->h2;

	if (h->leaving)
		return;
	deadline(c, OV_HEADERS_MS);
	h->leaving = true;
	if (nghttp2_submit_goaway(h->s, NGHTTP2_FLAG_NONE,
	        nghttp2_session_get_last_proc_stream_id(h->s), NGHTTP2_NO_ERROR,
	        NULL, 0) != 0)
		ov_net_conn_kill(c);
}

static void
calm_down(struct ov_net_conn *c, const char *why)
{
	ov_log(OV_LOG_DEBUG, "event=calm-down conn=%llu reason=\"%s\"",
	    (unsigned long long)c->id, why);
	if (nghttp2_session_terminate_session(c->h2->s,
	        NGHTTP2_ENHANCE_YOUR_CALM) != 0)
		ov_net_conn_kill(c);
}

static void
count_reset(struct ov_net_conn *c)
{
	struct ov_net_h2 *h = c->h2;
	uint64_t now = ov_loop_now_ms(c->net->loop);

	if (now - h->resets_at > OV_NET_RESETS_MS) {
		h->resets_at = now;
		h->resets = 0;
	}
	if (++h->resets == OV_NET_RESETS_MAX + 1)
		calm_down(c, "resets");
}

/* --- the head --------------------------------------------------------------- */

static int
on_begin_headers(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	struct ov_net_conn *c = arg;
	struct ov_net_h2 *h = c->h2;
	struct stream *st;

	h->heading = f->hd.stream_id;
	deadline(c, OV_HEADERS_MS);
	if (f->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	if ((st = calloc(1, sizeof(*st))) == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	st->id = f->hd.stream_id;
	st->text.max = OV_HEAD_MAX;
	if (nghttp2_session_set_stream_user_data(s, st->id, st) != 0) {
		free(st);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	if ((st->next = h->streams) != NULL)
		st->next->prev = st;
	h->streams = st;
	return 0;
}

static void
take_field(struct stream *st, const uint8_t *name, size_t nname,
    const uint8_t *value, size_t n)
{
	for (size_t i = 0; i < S_N; i++) {
		if (nname != strlen(slot_names[i]) ||
		    memcmp(name, slot_names[i], nname) != 0)
			continue;
		if (st->slot[i].set || n == 0) {
			st->twice = true;
			return;
		}
		st->slot[i].set = true;
		st->slot[i].at = st->text.n;
		st->slot[i].n = n;
		ov_buf_add(&st->text, value, n);
		return;
	}
}

static int
on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name,
    size_t nname, const uint8_t *value, size_t n, uint8_t flags, void *arg)
{
	struct stream *st = stream_of(s, f->hd.stream_id);

	(void)flags;
	if (st == NULL)
		return 0;
	st->size += nname + n + 4; /* ": " and the line's end */
	st->nfields++;
	if (st->size > HEAD_ATTACK) {
		calm_down(arg, "header block");
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	/* A trailer says nothing that we use. */
	if (!st->headed && st->size <= OV_HEAD_MAX)
		take_field(st, name, nname, value, n);
	return 0;
}

static struct ov_view
slot(const struct stream *st, enum slot i)
{
	if (!st->slot[i].set)
		return (struct ov_view){0};
	return (struct ov_view){st->text.p + st->slot[i].at, st->slot[i].n};
}

/* The status that refuses this head for its form, or 0. */
static int
form(const struct stream *st, struct ov_net_head *h)
{
	if (st->size > OV_HEAD_MAX || st->nfields > OV_HEAD_FIELDS_MAX)
		return 431;
	if (st->twice || st->text.bad)
		return 400;
	if (st->slot[S_EXPECT].set &&
	    !ov_http_ieq(slot(st, S_EXPECT), "100-continue"))
		return 417;
	h->method = slot(st, S_METHOD);
	h->target = slot(st, S_PATH);
	h->type = slot(st, S_TYPE);
	h->encoding = slot(st, S_ENCODING);
	h->adresboek = slot(st, S_ADRESBOEK);
	h->trace = slot(st, S_TRACE);
	h->has_length = st->slot[S_LENGTH].set;
	if (h->has_length &&
	    !ov_http_decimal(slot(st, S_LENGTH), OV_JSON_INT_MAX, &h->length))
		return 400;
	if (h->target.n > OV_TARGET_MAX || h->method.n > OV_METHOD_MAX)
		return 400;
	return 0;
}

static void
head_complete(struct ov_net_conn *c, struct stream *st)
{
	static const nghttp2_nv go_on = {(uint8_t *)(uintptr_t) ":status",
	    (uint8_t *)(uintptr_t) "100", 7, 3, NGHTTP2_NV_FLAG_NONE};
	struct ov_net_head head = {0};
	struct ov_net_answer how = {0};

	st->headed = true;
	how.status = form(st, &head);
	if (how.status != 0) {
		how.close = !c->known;
		ov_net_refuse(c, (uint64_t)st->id,
		    c->known ? OV_FOUT_GEEN : OV_FOUT_PARTIJ_ONBEKEND, &how);
		return;
	}
	st->req = ov_net_req_begin(c, (uint64_t)st->id, &head);
	ov_buf_free(&st->text);
	if (st->req != NULL && st->slot[S_EXPECT].set && head.length > 0 &&
	    nghttp2_submit_headers(c->h2->s, NGHTTP2_FLAG_NONE, st->id, NULL,
	        &go_on, 1, NULL) != 0)
		ov_net_conn_kill(c);
}

/* --- frames ----------------------------------------------------------------- */

static int
on_frame_recv(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	struct ov_net_conn *c = arg;
	struct stream *st;

	if (f->hd.type == NGHTTP2_RST_STREAM) {
		count_reset(c);
		return 0;
	}
	if (f->hd.type != NGHTTP2_HEADERS && f->hd.type != NGHTTP2_DATA)
		return 0;
	if (f->hd.type == NGHTTP2_HEADERS) {
		c->h2->heading = 0;
		deadline(c, OV_IDLE_MS);
	}
	if ((st = stream_of(s, f->hd.stream_id)) == NULL)
		return 0;
	if (f->hd.type == NGHTTP2_HEADERS && !st->headed)
		head_complete(c, st);
	if ((f->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && st->req != NULL &&
	    !st->req->sent && !ov_net_req_done(st->req))
		(void)nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, st->id,
		    NGHTTP2_PROTOCOL_ERROR);
	return 0;
}

static int
on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *p,
    size_t n, void *arg)
{
	struct stream *st = stream_of(s, id);

	(void)flags;
	(void)arg;
	/* Of an answered stream: dropped, and soon reset. */
	if (st == NULL || st->req == NULL)
		return 0;
	if (!ov_net_req_body(st->req, p, n))
		(void)nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, id,
		    NGHTTP2_PROTOCOL_ERROR);
	return 0;
}

static int
on_frame_send(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	if (f->hd.type == NGHTTP2_RST_STREAM) {
		if (f->rst_stream.error_code != NGHTTP2_NO_ERROR)
			count_reset(arg);
		return 0;
	}
	if ((f->hd.type != NGHTTP2_HEADERS && f->hd.type != NGHTTP2_DATA) ||
	    (f->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	/* Answered before all was read: RFC 9113, 8.1. */
	if (nghttp2_session_get_stream_remote_close(s, f->hd.stream_id) == 0)
		(void)nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE,
		    f->hd.stream_id, NGHTTP2_NO_ERROR);
	return 0;
}

static int
on_stream_close(nghttp2_session *s, int32_t id, uint32_t error, void *arg)
{
	struct ov_net_conn *c = arg;
	struct stream *st = stream_of(s, id);

	(void)error;
	if (st == NULL)
		return 0;
	(void)nghttp2_session_set_stream_user_data(s, id, NULL);
	stream_free(c->h2, st);
	/* A head that was malformed is never told to be complete. */
	if (c->h2->heading == id)
		c->h2->heading = 0;
	if (c->h2->heading == 0)
		deadline(c, OV_IDLE_MS);
	return 0;
}

/* --- bytes ------------------------------------------------------------------ */

void
ov_net_h2_input(struct ov_net_conn *c, const uint8_t *p, size_t n)
{
	ssize_t r = nghttp2_session_mem_recv(c->h2->s, p, n);

	if (r < 0) {
		ov_log(OV_LOG_DEBUG, "event=bad-http2 conn=%llu reason=\"%s\"",
		    (unsigned long long)c->id, nghttp2_strerror((int)r));
		ov_net_conn_kill(c);
	}
}

void
ov_net_h2_output(struct ov_net_conn *c)
{
	struct ov_net_h2 *h = c->h2;
	const uint8_t *p;
	ssize_t n;

	while (c->out.n < OV_NET_OUT_LOW) {
		n = nghttp2_session_mem_send(h->s, &p);
		if (n < 0) {
			ov_net_conn_kill(c);
			return;
		}
		if (n == 0)
			break;
		ov_buf_add(&c->out, p, (size_t)n);
	}
	if (nghttp2_session_want_write(h->s) != 0)
		return;
	if (nghttp2_session_want_read(h->s) == 0 ||
	    (h->leaving && h->streams == NULL))
		ov_net_conn_close(c);
}

/* --- answers ---------------------------------------------------------------- */

static ssize_t
read_body(nghttp2_session *s, int32_t id, uint8_t *buf, size_t room,
    uint32_t *flags, nghttp2_data_source *src, void *arg)
{
	struct ov_net_conn *c = arg;
	struct stream *st = src->ptr;
	size_t n = st->body.n - st->sent;

	(void)s;
	(void)id;
	if (n > room)
		n = room;
	memcpy(buf, st->body.p + st->sent, n);
	st->sent += n;
	c->h2->held -= n;
	if (st->sent == st->body.n)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* One name and value; nghttp2 copies both. */
static nghttp2_nv
pair(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name,
	    (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
	    NGHTTP2_NV_FLAG_NONE};
}

/* HTTP/2 has no upper case in names. */
static void
lower(char *out, size_t cap, const char *name)
{
	size_t i;

	for (i = 0; i + 1 < cap && name[i] != '\0'; i++)
		out[i] = name[i] >= 'A' && name[i] <= 'Z'
		             ? (char)(name[i] - 'A' + 'a')
		             : name[i];
	out[i] = '\0';
}

static int
submit(struct ov_net_conn *c, struct stream *st, const struct ov_net_answer *a)
{
	nghttp2_nv nv[OV_NET_FIELDS_MAX + 3];
	char names[OV_NET_FIELDS_MAX][32];
	char status[12], length[24], date[OV_HTTP_DATE_SIZE];
	nghttp2_data_provider from = {.source.ptr = st,
	    .read_callback = read_body};
	struct ov_net_fields f;
	size_t n = 0;

	ov_net_fields(c->net, a, &f);
	ov_http_date(date, ov_loop_wall(c->net->loop));
	(void)snprintf(status, sizeof(status), "%d", a->status);
	(void)snprintf(length, sizeof(length), "%zu", a->body.n);
	nv[n++] = pair(":status", status);
	nv[n++] = pair("date", date);
	for (size_t i = 0; i < f.n; i++) {
		lower(names[i], sizeof(names[i]), f.f[i].name);
		nv[n++] = pair(names[i], f.f[i].value);
	}
	if (a->status != 204)
		nv[n++] = pair("content-length", length);
	return nghttp2_submit_response(c->h2->s, st->id, nv, n,
	    st->body.n > 0 ? &from : NULL);
}

void
ov_net_h2_answer(struct ov_net_conn *c, uint64_t stream,
    const struct ov_net_answer *a)
{
	struct ov_net_h2 *h = c->h2;
	struct stream *st = stream_of(h->s, (int32_t)stream);

	/* It was reset in the meantime. */
	if (st == NULL)
		return;
	st->req = NULL;
	if (!a->head)
		ov_buf_add(&st->body, a->body.p, a->body.n);
	h->held += st->body.n;
	if (st->body.bad || submit(c, st, a) != 0) {
		ov_net_conn_kill(c);
		return;
	}
	if (a->close)
		leave(c);
}

/* --- life ------------------------------------------------------------------- */

static bool
set_callbacks(nghttp2_session_callbacks **out)
{
	nghttp2_session_callbacks *cb;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		return false;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb,
	    on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_send);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb,
	    on_stream_close);
	*out = cb;
	return true;
}

static int
start_session(struct ov_net_conn *c, const nghttp2_session_callbacks *cb)
{
	static const nghttp2_settings_entry settings[] = {
	    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, OV_STREAMS_MAX},
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, OV_STREAM_WINDOW},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, OV_HEAD_MAX},
	};
	struct ov_net_h2 *h = c->h2;
	nghttp2_option *opt;
	int r;

	if ((r = nghttp2_option_new(&opt)) != 0)
		return r;
	nghttp2_option_set_max_outbound_ack(opt, OUTBOUND_ACKS_MAX);
	nghttp2_option_set_max_settings(opt, SETTINGS_ENTRIES_MAX);
	nghttp2_option_set_max_continuations(opt, CONTINUATIONS_MAX);
	/* A closed stream kept for its priority is memory for nothing. */
	nghttp2_option_set_no_closed_streams(opt, 1);
	r = nghttp2_session_server_new2(&h->s, cb, c, opt);
	nghttp2_option_del(opt);
	if (r == 0)
		r = nghttp2_submit_settings(h->s, NGHTTP2_FLAG_NONE, settings,
		    sizeof(settings) / sizeof(settings[0]));
	if (r == 0)
		r = nghttp2_session_set_local_window_size(h->s,
		    NGHTTP2_FLAG_NONE, 0, CONN_WINDOW);
	return r;
}

enum ov_rc
ov_net_h2_new(struct ov_net_conn *c, struct ov_err *e)
{
	nghttp2_session_callbacks *cb;
	int r;

	if ((c->h2 = calloc(1, sizeof(*c->h2))) == NULL || !set_callbacks(&cb))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	r = start_session(c, cb);
	nghttp2_session_callbacks_del(cb);
	if (r != 0)
		return ov_fail(e, OV_NOSPACE, "HTTP/2: %s",
		    nghttp2_strerror(r));
	return OV_OK;
}

void
ov_net_h2_free(struct ov_net_h2 *h)
{
	if (h == NULL)
		return;
	while (h->streams != NULL)
		stream_free(h, h->streams);
	nghttp2_session_del(h->s);
	free(h);
}

void
ov_net_h2_drain(struct ov_net_conn *c)
{
	leave(c);
}

void
ov_net_h2_late(struct ov_net_conn *c)
{
	struct ov_net_h2 *h = c->h2;

	if (h->heading != 0 || h->leaving)
		ov_net_conn_kill(c);
	else if (h->streams != NULL)
		/* Each request has its own deadline. */
		deadline(c, OV_IDLE_MS);
	else if (nghttp2_session_terminate_session(h->s, NGHTTP2_NO_ERROR) != 0)
		ov_net_conn_kill(c);
}
