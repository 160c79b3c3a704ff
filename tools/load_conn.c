/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/load_conn.c - the load generator's HTTP/2 connection: one thread, one
 * socket, many requests in flight.
 *
 * The answer's time is that of its last frame.  In the open loop a message's
 * time begins when it was due, not when there was room to send it, so that a
 * receiver that stalls cannot hide it (coordinated omission).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "protocol/hash.h"
#include "tools/load.h"

#define OUT_MAX ((size_t)128 << 10)
#define FRAME_MAX ((size_t)17 << 10) /* what mem_send gives at most */
#define RETRY_NS 2000000ULL
#define SILENCE_NS 60000000000ULL /* without an answer: give up */
#define HANDSHAKE_S 5

/* One request and what comes back. */
struct exch {
	struct ov_view body;
	size_t sent;
	struct load_msg *m; /* or NULL: a GET */
	struct ov_buf *answer;
	int status;
	bool closed;
	struct exch *next; /* free list */
};

struct load_conn {
	const struct load_world *w;
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	nghttp2_session *s;
	char authority[OV_HOST_MAX + 8];
	char versie[16];
	uint8_t out[OUT_MAX];
	size_t out_at, out_n;
	size_t active;
	size_t answered;
	struct exch *free;
	uint64_t heard; /* ns */
};

uint64_t
load_now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static enum ov_rc
tls_fail(struct ov_err *e, enum ov_rc rc, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return ov_fail(e, rc, "%s%s%s", what, why != NULL ? ": " : "",
	    why != NULL ? why : "");
}

/* ---- nghttp2 ---- */

static int
on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name,
    size_t nname, const uint8_t *value, size_t n, uint8_t flags, void *arg)
{
	struct exch *x = nghttp2_session_get_stream_user_data(s,
	    f->hd.stream_id);

	(void)flags;
	(void)arg;
	if (x != NULL && nname == 7 && memcmp(name, ":status", 7) == 0 &&
	    n == 3)
		x->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 +
		            (value[2] - '0');
	return 0;
}

static int
on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *p,
    size_t n, void *arg)
{
	struct exch *x = nghttp2_session_get_stream_user_data(s, id);

	(void)flags;
	(void)arg;
	if (x == NULL)
		return 0;
	if (x->m == NULL || x->m->keep || x->status != 201)
		ov_buf_add(x->answer, p, n);
	if (x->m != NULL)
		x->m->got += n;
	return 0;
}

static int
on_close(nghttp2_session *s, int32_t id, uint32_t code, void *arg)
{
	struct exch *x = nghttp2_session_get_stream_user_data(s, id);
	struct load_conn *c = arg;

	if (x == NULL)
		return 0;
	if (code != 0)
		x->status = 0;
	x->closed = true;
	c->heard = load_now_ns();
	if (x->m == NULL)
		return 0;
	x->m->status = x->status;
	x->m->done = c->heard;
	c->active--;
	c->answered++;
	x->next = c->free;
	c->free = x;
	return 0;
}

static ssize_t
on_body(nghttp2_session *s, int32_t id, uint8_t *buf, size_t max,
    uint32_t *flags, nghttp2_data_source *src, void *arg)
{
	struct exch *x = src->ptr;
	size_t n = x->body.n - x->sent;

	(void)s;
	(void)id;
	(void)arg;
	if (n > max)
		n = max;
	memcpy(buf, x->body.p + x->sent, n);
	x->sent += n;
	if (x->sent == x->body.n)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static enum ov_rc
h2_start(struct load_conn *c, struct ov_err *e)
{
	nghttp2_session_callbacks *cb;
	int r;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		return ov_fail(e, OV_NOSPACE, "HTTP/2");
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	r = nghttp2_session_client_new(&c->s, cb, c);
	nghttp2_session_callbacks_del(cb);
	if (r != 0 ||
	    nghttp2_submit_settings(c->s, NGHTTP2_FLAG_NONE, NULL, 0) != 0)
		return ov_fail(e, OV_NOSPACE, "HTTP/2");
	return OV_OK;
}

/* ---- bytes ---- */

/* Everything nghttp2 wants to say, as far as the socket takes it. */
static enum ov_rc
flush(struct load_conn *c, struct ov_err *e)
{
	const uint8_t *p;
	ssize_t n;
	int r;

	for (;;) {
		while (c->out_n < OUT_MAX - FRAME_MAX) {
			if ((n = nghttp2_session_mem_send(c->s, &p)) < 0)
				return ov_fail(e, OV_AGAIN, "HTTP/2 session");
			if (n == 0)
				break;
			if ((size_t)n > OUT_MAX - c->out_n)
				return ov_fail(e, OV_DAMAGED, "HTTP/2 frame");
			memcpy(c->out + c->out_n, p, (size_t)n);
			c->out_n += (size_t)n;
		}
		if (c->out_at == c->out_n) {
			c->out_at = c->out_n = 0;
			return OV_OK;
		}
		r = SSL_write(c->ssl, c->out + c->out_at,
		    (int)(c->out_n - c->out_at));
		if (r <= 0) {
			r = SSL_get_error(c->ssl, r);
			if (r == SSL_ERROR_WANT_WRITE ||
			    r == SSL_ERROR_WANT_READ)
				return OV_OK;
			return tls_fail(e, OV_AGAIN, "the connection broke");
		}
		c->out_at += (size_t)r;
		if (c->out_at == c->out_n)
			c->out_at = c->out_n = 0;
	}
}

static enum ov_rc
receive(struct load_conn *c, struct ov_err *e)
{
	uint8_t buf[16384];
	int r;

	for (;;) {
		r = SSL_read(c->ssl, buf, sizeof(buf));
		if (r <= 0) {
			r = SSL_get_error(c->ssl, r);
			if (r == SSL_ERROR_WANT_READ ||
			    r == SSL_ERROR_WANT_WRITE)
				return OV_OK;
			return tls_fail(e, OV_AGAIN, "the connection broke");
		}
		if (nghttp2_session_mem_recv(c->s, buf, (size_t)r) != r)
			return ov_fail(e, OV_BADMSG,
			    "HTTP/2 from the receiver");
	}
}

/* Send what there is, wait (until `until`, in ns) and read what comes. */
static enum ov_rc
turn(struct load_conn *c, uint64_t until, struct ov_err *e)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	struct timespec t = {0};
	uint64_t now, end = c->heard + SILENCE_NS;
	enum ov_rc rc;

	if ((rc = flush(c, e)) != OV_OK)
		return rc;
	if (c->out_n > 0)
		p.events |= POLLOUT;
	now = load_now_ns();
	if (now >= end)
		return ov_fail(e, OV_AGAIN, "no answer for a minute");
	if (until < end)
		end = until;
	if (end > now) {
		t.tv_sec = (time_t)((end - now) / 1000000000);
		t.tv_nsec = (long)((end - now) % 1000000000);
	}
	if (ppoll(&p, 1, &t, NULL) < 0 && errno != EINTR)
		return ov_fail_sys(e, "poll");
	if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		return receive(c, e);
	return OV_OK;
}

/* ---- connecting ---- */

static enum ov_rc
tcp_connect(struct load_conn *c, struct ov_err *e)
{
	const struct ov_lid *to = c->w->to;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
	struct timeval limit = {.tv_sec = HANDSHAKE_S};
	char port[8];
	int one = 1;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)to->port);
	if (getaddrinfo(to->host, port, &hints, &list) != 0)
		return ov_fail(e, OV_AGAIN, "%s: no such host", to->host);
	for (a = list; a != NULL && c->fd < 0; a = a->ai_next) {
		c->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC,
		    a->ai_protocol);
		if (c->fd >= 0 &&
		    connect(c->fd, a->ai_addr, a->ai_addrlen) < 0) {
			(void)close(c->fd);
			c->fd = -1;
		}
	}
	freeaddrinfo(list);
	if (c->fd < 0)
		return ov_fail(e, OV_AGAIN, "%s: does not answer", to->url);
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) <
	        0 ||
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) <
	        0)
		return ov_fail_sys(e, "socket");
	return OV_OK;
}

static enum ov_rc
tls_settings(struct load_conn *c, struct ov_err *e)
{
	static const unsigned char alpn[] = "\x02h2";
	const struct load_world *w = c->w;
	BIO *cert = BIO_new_mem_buf(w->cert.p, (int)w->cert.n);
	BIO *key = BIO_new_mem_buf(w->key.p, (int)w->key.n);
	EVP_PKEY *pk = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	X509 *x = PEM_read_bio_X509(cert, NULL, NULL, NULL);
	bool ok;

	c->ctx = SSL_CTX_new(TLS_client_method());
	ok = c->ctx != NULL && pk != NULL && x != NULL &&
	     SSL_CTX_set_min_proto_version(c->ctx, TLS1_3_VERSION) == 1 &&
	     SSL_CTX_use_certificate(c->ctx, x) == 1 &&
	     SSL_CTX_use_PrivateKey(c->ctx, pk) == 1 &&
	     SSL_CTX_set_alpn_protos(c->ctx, alpn, sizeof(alpn) - 1) == 0 &&
	     (c->ssl = SSL_new(c->ctx)) != NULL &&
	     SSL_set_fd(c->ssl, c->fd) == 1 &&
	     SSL_ctrl(c->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
	         TLSEXT_NAMETYPE_host_name,
	         (void *)(uintptr_t)w->to->host) == 1;
	EVP_PKEY_free(pk);
	X509_free(x);
	BIO_free(cert);
	BIO_free(key);
	if (!ok)
		return tls_fail(e, OV_BADMSG, "TLS key or certificate");
	SSL_set_mode(c->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return OV_OK;
}

static enum ov_rc
check_pin(struct load_conn *c, struct ov_err *e)
{
	X509 *x = SSL_get1_peer_certificate(c->ssl);
	const struct ov_lid *to = c->w->to;
	unsigned char *der = NULL;
	uint8_t pin[32] = {0};
	int n;

	n = x != NULL ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : -1;
	X509_free(x);
	if (n <= 0 || ov_sha256(pin, der, (size_t)n) != OV_OK) {
		OPENSSL_free(der);
		return ov_fail(e, OV_BADSIG, "no certificate");
	}
	OPENSSL_free(der);
	for (size_t i = 0; i < to->nserver; i++)
		if (memcmp(to->server[i], pin, sizeof(pin)) == 0)
			return OV_OK;
	return ov_fail(e, OV_BADSIG, "the receiver's TLS key is not pinned");
}

static enum ov_rc
dial(struct load_conn *c, struct ov_err *e)
{
	enum ov_rc rc;
	int flags;

	if ((rc = tcp_connect(c, e)) != OV_OK ||
	    (rc = tls_settings(c, e)) != OV_OK)
		return rc;
	if (SSL_connect(c->ssl) != 1)
		return tls_fail(e, OV_AGAIN, "TLS handshake");
	if ((rc = check_pin(c, e)) != OV_OK)
		return rc;
	flags = fcntl(c->fd, F_GETFL);
	if (flags < 0 || fcntl(c->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ov_fail_sys(e, "socket");
	return h2_start(c, e);
}

enum ov_rc
load_conn_open(const struct load_world *w, uint64_t wait_ms,
    struct load_conn **out, struct ov_err *e)
{
	uint64_t end = load_now_ns() + wait_ms * 1000000;
	struct timespec pause = {.tv_nsec = (long)RETRY_NS};
	struct load_conn *c;
	enum ov_rc rc;

	for (;;) {
		if ((c = calloc(1, sizeof(*c))) == NULL)
			return ov_fail(e, OV_NOSPACE, "out of memory");
		c->w = w;
		c->fd = -1;
		c->heard = load_now_ns();
		(void)snprintf(c->authority, sizeof(c->authority), "%s:%u",
		    w->to->host, (unsigned)w->to->port);
		(void)snprintf(c->versie, sizeof(c->versie), "%" PRIu32,
		    w->book->versie);
		if ((rc = dial(c, e)) == OV_OK) {
			*out = c;
			return OV_OK;
		}
		load_conn_free(c);
		if (rc != OV_AGAIN || load_now_ns() + RETRY_NS > end)
			return rc;
		(void)nanosleep(&pause, NULL);
	}
}

void
load_conn_free(struct load_conn *c)
{
	if (c == NULL)
		return;
	nghttp2_session_del(c->s);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	if (c->fd >= 0)
		(void)close(c->fd);
	free(c);
}

/* ---- requests ---- */

static nghttp2_nv
field(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name,
	    (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
	    NGHTTP2_NV_FLAG_NONE};
}

static enum ov_rc
submit(struct load_conn *c, struct exch *x, const char *path, struct ov_err *e)
{
	nghttp2_data_provider body = {.source = {.ptr = x},
	    .read_callback = on_body};
	bool post = x->body.n > 0;
	char length[24] = "";
	nghttp2_nv nv[] = {field(":method", post ? "POST" : "GET"),
	    field(":scheme", "https"), field(":authority", c->authority),
	    field(":path", path), field("overstap-adresboek", c->versie),
	    field("content-type", "application/jose"),
	    field("content-length", length)};

	(void)snprintf(length, sizeof(length), "%zu", x->body.n);
	nv[6].valuelen = strlen(length);
	if (nghttp2_submit_request(c->s, NULL, nv, post ? 7 : 5,
	        post ? &body : NULL, x) < 0)
		return ov_fail(e, OV_AGAIN, "HTTP/2 request");
	return OV_OK;
}

enum ov_rc
load_conn_get(struct load_conn *c, const char *path, struct ov_buf *body,
    struct ov_err *e)
{
	struct exch x = {.answer = body};
	enum ov_rc rc;

	c->heard = load_now_ns();
	if ((rc = submit(c, &x, path, e)) != OV_OK)
		return rc;
	while (!x.closed)
		if ((rc = turn(c, UINT64_MAX, e)) != OV_OK)
			return rc;
	if (x.status != 200)
		return ov_fail(e, x.status == 503 ? OV_AGAIN : OV_DENIED,
		    "GET %s: status %d", path, x.status);
	return ov_buf_ok(body, e);
}

static enum ov_rc
fire_one(struct load_conn *c, struct load_msg *m, struct ov_err *e)
{
	struct exch *x = c->free;

	c->free = x->next;
	*x = (struct exch){.m = m,
	    .answer = &m->answer,
	    .body = {m->jwe, m->n}};
	c->active++;
	return submit(c, x, "/v1/berichten", e);
}

enum ov_rc
load_conn_fire(struct load_conn *c, const struct load_plan *q, struct ov_err *e)
{
	struct exch *all = calloc(q->in_flight, sizeof(*all));
	uint64_t start = load_now_ns(), now;
	double gap = q->rate > 0 ? 1e9 / q->rate : 0;
	enum ov_rc rc = OV_OK;
	size_t next = 0;

	if (all == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	c->free = NULL;
	for (size_t i = 0; i < q->in_flight; i++) {
		all[i].next = c->free;
		c->free = &all[i];
	}
	c->active = c->answered = 0;
	c->heard = start;
	for (size_t i = 0; i < q->n; i++)
		q->m[i].due = start + (uint64_t)(gap * (double)i);
	while (rc == OV_OK && c->answered < q->n) {
		now = load_now_ns();
		while (rc == OV_OK && next < q->n && c->free != NULL &&
		       q->m[next].due <= now) {
			if (q->rate <= 0)
				q->m[next].due = now;
			rc = fire_one(c, &q->m[next++], e);
		}
		if (rc == OV_OK)
			rc = turn(c,
			    next < q->n && c->free != NULL ? q->m[next].due
			                                   : UINT64_MAX,
			    e);
	}
	/* nothing may point into the slots any more */
	if (rc != OV_OK) {
		nghttp2_session_del(c->s);
		c->s = NULL;
	}
	c->free = NULL;
	free(all);
	return rc;
}
