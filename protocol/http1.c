/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/http1.c - the push parser and the composer of protocol/http1.h.
 *
 * The bytes of the header block are collected until its empty line and then
 * read at once; line ends and control characters are judged byte by byte as
 * they come, so that rubbish is refused at its first wrong byte.
 */
#include "protocol/http1.h"

#include <stdio.h>
#include <string.h>

#include "protocol/tijd.h"

/* ---- characters ------------------------------------------------------- */

/* RFC 9110 5.6.2 */
static bool
is_token_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(struct ov_view v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (!is_token_char(v.p[i]))
			return false;
	return v.n > 0;
}

/* RFC 3986: what may stand in a path and a query. */
static bool
is_target(struct ov_view v)
{
	size_t i;

	if (v.n == 0 || v.n > OV_TARGET_MAX || v.p[0] != '/')
		return false;
	for (i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];

		if (!is_token_char(c) && strchr("/?:@()=,;", c) == NULL)
			return false;
		if (c == '\0' || c == '#' || c == '^' || c == '`' || c == '|')
			return false;
	}
	return true;
}

/* A host name or literal, and perhaps a port. */
static bool
is_host(struct ov_view v)
{
	size_t i;

	for (i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && c != '.' && c != '-' &&
		    c != ':' && c != '[' && c != ']' && c != '_')
			return false;
	}
	return v.n > 0 && v.n <= OV_HOST_MAX + sizeof(":65535") - 1;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool
ov_http_ieq(struct ov_view v, const char *s)
{
	size_t i;

	if (v.n != strlen(s))
		return false;
	for (i = 0; i < v.n; i++)
		if (lower(v.p[i]) != lower((uint8_t)s[i]))
			return false;
	return true;
}

bool
ov_http_decimal(struct ov_view v, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;

	*out = 0;
	if (v.n == 0 || (v.n > 1 && v.p[0] == '0'))
		return false;
	for (i = 0; i < v.n; i++) {
		unsigned int d = (unsigned int)v.p[i] - '0';

		if (d > 9 || n > max / 10 || n * 10 > max - d || d > max)
			return false;
		n = n * 10 + d;
	}
	*out = n;
	return true;
}

/* ---- the header block ------------------------------------------------- */

static enum ov_h1_event
refuse(struct ov_h1 *h, int status, const char *why)
{
	h->state = OV_H1_REFUSED;
	h->status = status;
	h->why = why;
	return OV_H1_BAD;
}

static struct ov_view
sub(struct ov_view v, size_t from, size_t to)
{
	/* An empty view may have no address to add to. */
	return (struct ov_view){from > 0 ? v.p + from : v.p, to - from};
}

/* Cut a line off the block, without its CR LF; the block ends in one. */
static struct ov_view
line(struct ov_view *block)
{
	const uint8_t *lf = memchr(block->p, '\n', block->n);
	size_t n = lf != NULL ? (size_t)(lf - block->p) : block->n;
	struct ov_view v = sub(*block, 0, n > 0 ? n - 1 : 0);

	*block = sub(*block, n < block->n ? n + 1 : n, block->n);
	return v;
}

static size_t
find(struct ov_view v, uint8_t c)
{
	size_t i = 0;

	while (i < v.n && v.p[i] != c)
		i++;
	return i;
}

/* "method SP target SP HTTP/1.1"; false if refused. */
static bool
request_line(struct ov_h1 *h, struct ov_view v)
{
	size_t a = find(v, ' '), b;
	struct ov_view rest, version;

	if (a == v.n)
		goto bad;
	rest = sub(v, a + 1, v.n);
	b = find(rest, ' ');
	if (b == rest.n)
		goto bad;
	version = sub(rest, b + 1, rest.n);
	h->req.method = sub(v, 0, a);
	h->req.target = sub(rest, 0, b);
	if (!is_token(h->req.method) || h->req.method.n > OV_METHOD_MAX)
		goto bad;
	if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0)
		goto bad;
	if (!ov_view_eq(version, "HTTP/1.1")) {
		(void)refuse(h, 505, "version");
		return false;
	}
	if (is_target(h->req.target))
		return true;
bad:
	(void)refuse(h, 400, "request line");
	return false;
}

/* Is `word` in a comma-separated list? */
static bool
listed(struct ov_view v, const char *word)
{
	while (v.n > 0) {
		size_t end = find(v, ','), a = 0, b = end;

		while (a < b && (v.p[a] == ' ' || v.p[a] == '\t'))
			a++;
		while (b > a && (v.p[b - 1] == ' ' || v.p[b - 1] == '\t'))
			b--;
		if (ov_http_ieq(sub(v, a, b), word))
			return true;
		v = sub(v, end < v.n ? end + 1 : end, v.n);
	}
	return false;
}

/* Keep a field that may come once and not be empty. */
static bool
once(struct ov_h1 *h, struct ov_view *slot, struct ov_view value,
    const char *name)
{
	if (slot->p != NULL || value.n == 0) {
		(void)refuse(h, 400, name);
		return false;
	}
	*slot = value;
	return true;
}

/* The fields we use; all others are passed over. */
static bool
field(struct ov_h1 *h, struct ov_view name, struct ov_view value)
{
	struct ov_h1_req *q = &h->req;

	if (ov_http_ieq(name, "content-length")) {
		if (q->has_length ||
		    !ov_http_decimal(value, OV_JSON_INT_MAX, &q->length)) {
			(void)refuse(h, 400, "content-length");
			return false;
		}
		q->has_length = true;
	} else if (ov_http_ieq(name, "transfer-encoding")) {
		(void)refuse(h, 411, "transfer-encoding");
		return false;
	} else if (ov_http_ieq(name, "host")) {
		if (!once(h, &q->host, value, "host"))
			return false;
		if (!is_host(value)) {
			(void)refuse(h, 400, "host");
			return false;
		}
	} else if (ov_http_ieq(name, "content-type")) {
		return once(h, &q->type, value, "content-type");
	} else if (ov_http_ieq(name, "content-encoding")) {
		return once(h, &q->encoding, value, "content-encoding");
	} else if (ov_http_ieq(name, "overstap-adresboek")) {
		return once(h, &q->adresboek, value, "overstap-adresboek");
	} else if (ov_http_ieq(name, "traceparent")) {
		return once(h, &q->trace, value, "traceparent");
	} else if (ov_http_ieq(name, "connection")) {
		q->close |= listed(value, "close");
	} else if (ov_http_ieq(name, "expect")) {
		if (!ov_http_ieq(value, "100-continue")) {
			(void)refuse(h, 417, "expect");
			return false;
		}
		q->expect = true;
	}
	return true;
}

static bool
field_line(struct ov_h1 *h, struct ov_view v)
{
	size_t colon = find(v, ':'), a, b = v.n;

	/* Folding begins with a space, which is no token either. */
	if (colon == v.n || !is_token(sub(v, 0, colon))) {
		(void)refuse(h, 400, "field name");
		return false;
	}
	a = colon + 1;
	while (a < b && (v.p[a] == ' ' || v.p[a] == '\t'))
		a++;
	while (b > a && (v.p[b - 1] == ' ' || v.p[b - 1] == '\t'))
		b--;
	return field(h, sub(v, 0, colon), sub(v, a, b));
}

/* The whole block is there. */
static enum ov_h1_event
read_head(struct ov_h1 *h)
{
	struct ov_view block = {h->head.p, h->head.n - 2};
	size_t fields = 0;

	if (!request_line(h, line(&block)))
		return OV_H1_BAD;
	while (block.n > 0) {
		if (++fields > OV_HEAD_FIELDS_MAX)
			return refuse(h, 431, "too many fields");
		if (!field_line(h, line(&block)))
			return OV_H1_BAD;
	}
	if (h->req.host.p == NULL)
		return refuse(h, 400, "no host");
	h->left = h->req.length;
	h->state = h->left > 0 ? OV_H1_IN_BODY : OV_H1_AT_END;
	return OV_H1_HEAD;
}

/* Why a byte may not follow what is in the block, or NULL. */
static const char *
misplaced(const struct ov_h1 *h, uint8_t c)
{
	size_t n = h->head.n;
	uint8_t last = n > 0 ? h->head.p[n - 1] : '\0';

	if (last == '\r' && c != '\n')
		return "bare CR";
	if (c == '\n' && last != '\r')
		return "bare LF";
	if (c == '\r' && n == 0)
		return "empty line";
	if (c != '\r' && c != '\n' && c != '\t' && (c < ' ' || c == 0x7f))
		return "control character";
	return NULL;
}

static bool
complete(const struct ov_buf *b)
{
	return b->n >= 4 && memcmp(b->p + b->n - 4, "\r\n\r\n", 4) == 0;
}

/* How many bytes at p are plain text, to be taken together. */
static size_t
plain(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= ' ' && p[i] != 0x7f)
		i++;
	return i;
}

static enum ov_h1_event
push_head(struct ov_h1 *h, const uint8_t *p, size_t n, size_t *used)
{
	size_t i = 0, room, k;
	const char *why;

	while (i < n) {
		room = OV_HEAD_MAX - h->head.n;
		if (room == 0)
			return refuse(h, 431, "header block too long");
		if ((why = misplaced(h, p[i])) != NULL)
			return refuse(h, 400, why);
		k = plain(p + i, n - i < room ? n - i : room);
		if (k == 0)
			k = 1;
		ov_buf_add(&h->head, p + i, k);
		if (h->head.bad)
			return refuse(h, 503, "no memory");
		i += k;
		*used = i;
		if (p[i - 1] == '\n' && complete(&h->head))
			return read_head(h);
	}
	return OV_H1_MORE;
}

/* ---- pushing ---------------------------------------------------------- */

void
ov_h1_init(struct ov_h1 *h)
{
	memset(h, 0, sizeof(*h));
	h->head.max = OV_HEAD_MAX;
}

void
ov_h1_free(struct ov_h1 *h)
{
	ov_buf_free(&h->head);
	ov_h1_init(h);
}

void
ov_h1_next(struct ov_h1 *h)
{
	struct ov_buf head = h->head;

	ov_buf_reset(&head);
	memset(h, 0, sizeof(*h));
	h->head = head;
}

bool
ov_h1_busy(const struct ov_h1 *h)
{
	return h->head.n > 0;
}

enum ov_fout
ov_h1_fout(const struct ov_h1 *h)
{
	return h->status == 411 ? OV_FOUT_LENGTE_NODIG : OV_FOUT_GEEN;
}

enum ov_h1_event
ov_h1_push(struct ov_h1 *h, const void *p, size_t n, size_t *used)
{
	*used = 0;
	switch (h->state) {
	case OV_H1_IN_HEAD:
		return push_head(h, p, n, used);
	case OV_H1_IN_BODY:
		if (n == 0)
			return OV_H1_MORE;
		if (n > h->left)
			n = (size_t)h->left;
		h->left -= n;
		if (h->left == 0)
			h->state = OV_H1_AT_END;
		h->body = (struct ov_view){p, n};
		*used = n;
		return OV_H1_BODY;
	case OV_H1_AT_END:
		return OV_H1_DONE;
	case OV_H1_REFUSED:
		return OV_H1_BAD;
	}
	return OV_H1_BAD;
}

/* ---- answers ---------------------------------------------------------- */

const char *
ov_http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {{100, "Continue"}, {200, "OK"}, {201, "Created"},
	    {204, "No Content"}, {400, "Bad Request"}, {403, "Forbidden"},
	    {404, "Not Found"}, {405, "Method Not Allowed"},
	    {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
	    {411, "Length Required"}, {413, "Content Too Large"},
	    {415, "Unsupported Media Type"}, {417, "Expectation Failed"},
	    {422, "Unprocessable Content"}, {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"}, {503, "Service Unavailable"},
	    {505, "HTTP Version Not Supported"}, {507, "Insufficient Storage"}};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

void
ov_http_date(char out[OV_HTTP_DATE_SIZE], int64_t now)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct ov_date d = ov_date_from_days(ov_utc_day(now));
	char iso[OV_MOMENT_SIZE];

	ov_moment_fmt(iso, now);
	(void)snprintf(out, OV_HTTP_DATE_SIZE, "%.3s, %.2s %.3s %.4s %.8s GMT",
	    days + 3 * ov_date_weekday(d), iso + 8, months + 3 * (d.m - 1), iso,
	    iso + 11);
}

void
ov_h1_answer(struct ov_buf *b, int status, int64_t now,
    const struct ov_h1_field *fields, size_t nfields, struct ov_view body,
    bool close)
{
	char date[OV_HTTP_DATE_SIZE];
	size_t i;

	ov_http_date(date, now);
	ov_buf_fmt(b, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status,
	    ov_http_reason(status), date);
	for (i = 0; i < nfields; i++) {
		if (fields[i].value == NULL)
			continue;
		if (strpbrk(fields[i].value, "\r\n") != NULL) {
			b->bad = true;
			return;
		}
		ov_buf_fmt(b, "%s: %s\r\n", fields[i].name, fields[i].value);
	}
	if (status >= 200 && status != 204)
		ov_buf_fmt(b, "Content-Length: %zu\r\n", body.n);
	ov_buf_str(b, close ? "Connection: close\r\n\r\n" : "\r\n");
	if (body.n > 0)
		ov_buf_add(b, body.p, body.n);
}

void
ov_h1_continue(struct ov_buf *b)
{
	ov_buf_str(b, "HTTP/1.1 100 Continue\r\n\r\n");
}
