/* SPDX-License-Identifier: EUPL-1.2 */
/* test_http1.c - the strict HTTP/1.1 parser: all splits and prefixes of good
 * requests, and a table of bad ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/http1.h"

/* What a series of pushes gave, written down so that two can be compared. */
struct trace {
	struct ov_buf log, body;
	enum ov_h1_event last;
	int done;
};

static void
show(struct ov_buf *b, const char *name, struct ov_view v)
{
	ov_buf_fmt(b, "%s=%.*s;", name, (int)v.n,
	    v.p != NULL ? (const char *)v.p : "");
}

static void
tell(struct trace *t, const struct ov_h1 *h, enum ov_h1_event ev)
{
	const struct ov_h1_req *q = &h->req;

	t->last = ev;
	switch (ev) {
	case OV_H1_MORE:
		break;
	case OV_H1_HEAD:
		show(&t->log, "method", q->method);
		show(&t->log, "target", q->target);
		show(&t->log, "host", q->host);
		show(&t->log, "type", q->type);
		show(&t->log, "encoding", q->encoding);
		show(&t->log, "adresboek", q->adresboek);
		show(&t->log, "trace", q->trace);
		ov_buf_fmt(&t->log, "%d %d %d %d\n", q->has_length,
		    (int)q->length, q->expect, q->close);
		break;
	case OV_H1_BODY:
		ov_buf_add(&t->body, h->body.p, h->body.n);
		break;
	case OV_H1_DONE:
		t->done++;
		ov_buf_str(&t->log, "body ");
		ov_buf_add(&t->log, t->body.p, t->body.n);
		ov_buf_str(&t->log, " done\n");
		ov_buf_reset(&t->body);
		break;
	case OV_H1_BAD:
		ov_buf_fmt(&t->log, "bad %d %s\n", h->status, h->why);
		break;
	}
}

static void
push(struct trace *t, struct ov_h1 *h, const uint8_t *p, size_t n)
{
	enum ov_h1_event ev;
	size_t used;

	do {
		ev = ov_h1_push(h, p, n, &used);
		assert_true(used <= n);
		p += used;
		n -= used;
		tell(t, h, ev);
		if (ev == OV_H1_DONE)
			ov_h1_next(h);
	} while (ev != OV_H1_MORE && ev != OV_H1_BAD);
	if (ev == OV_H1_MORE)
		assert_int_equal(n, 0);
}

static void
clear(struct trace *t)
{
	ov_buf_free(&t->log);
	ov_buf_free(&t->body);
	memset(t, 0, sizeof(*t));
}

/* In pieces of `step` bytes, or split once at `at` when step is 0. */
static void
run(struct trace *t, const void *msg, size_t n, size_t step, size_t at)
{
	const uint8_t *p = msg;
	struct ov_h1 h;
	size_t i, k;

	ov_h1_init(&h);
	if (step == 0) {
		push(t, &h, p, at);
		if (t->last != OV_H1_BAD)
			push(t, &h, p + at, n - at);
	}
	for (i = 0; step > 0 && i < n && t->last != OV_H1_BAD; i += k) {
		k = n - i < step ? n - i : step;
		push(t, &h, p + i, k);
	}
	ov_h1_free(&h);
}

static const char *const good[] = {
    "GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /v1/afstemming?van=1&tot=9 HTTP/1.1\r\nhost:a.example:8443\r\n"
    "Overstap-Adresboek: 42\r\ntraceparent: \t00-abc \t \r\n"
    "X-Empty:\r\nAccept: */*\r\nX-Latin: \xe9\r\nConnection: "
    "keep-alive, Close\r\n\r\n",
    "POST /v1/berichten HTTP/1.1\r\nHost: [::1]:1\r\nContent-Type: "
    "application/jose\r\nContent-Length: 5\r\nExpect: "
    "100-Continue\r\nContent-Encoding: identity\r\n\r\nabc\r\n",
    "POST /v1/berichten HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    /* Pipelined. */
    ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b "
     "HTTP/1.1\r\nHost: b\r\n\r\nGET /c HTTP/1.1\r\nHost: c\r\n\r\n"),
};
#define GOOD (sizeof(good) / sizeof(good[0]))

static void
test_what_is_read(void **state)
{
	struct trace t = {0};

	(void)state;
	run(&t, good[1], strlen(good[1]), 0, 0);
	assert_string_equal(ov_buf_text(&t.log),
	    "method=GET;target=/v1/afstemming?van=1&tot=9;host=a.example:8443;"
	    "type=;encoding=;adresboek=42;trace=00-abc;0 0 0 1\nbody  done\n");
	clear(&t);
	run(&t, good[2], strlen(good[2]), 0, 0);
	assert_string_equal(ov_buf_text(&t.log),
	    "method=POST;target=/v1/berichten;host=[::1]:1;"
	    "type=application/jose;encoding=identity;adresboek=;trace=;"
	    "1 5 1 0\nbody abc\r\n done\n");
	clear(&t);
	run(&t, good[4], strlen(good[4]), 0, 0);
	assert_int_equal(t.done, 3);
	clear(&t);
}

/* Any split into two pushes, and one byte at a time, gives the same. */
static void
test_every_split(void **state)
{
	struct trace whole = {0}, split = {0};
	size_t i, at, n;

	(void)state;
	for (i = 0; i < GOOD; i++) {
		n = strlen(good[i]);
		run(&whole, good[i], n, 0, 0);
		for (at = 0; at <= n + 2; at++) {
			if (at <= n)
				run(&split, good[i], n, 0, at);
			else
				run(&split, good[i], n, at - n, 0);
			assert_string_equal(ov_buf_text(&split.log),
			    ov_buf_text(&whole.log));
			assert_int_equal(split.done, whole.done);
			clear(&split);
		}
		clear(&whole);
	}
}

/* No prefix of a single request is refused, nor complete. */
static void
test_every_prefix(void **state)
{
	struct trace t = {0};
	struct ov_h1 h;
	size_t i, n;

	(void)state;
	for (i = 0; i < 4; i++) {
		for (n = 0; n < strlen(good[i]); n++) {
			ov_h1_init(&h);
			push(&t, &h, (const uint8_t *)good[i], n);
			assert_int_equal(t.last, OV_H1_MORE);
			assert_int_equal(t.done, 0);
			assert_int_equal(ov_h1_busy(&h), n > 0);
			ov_h1_free(&h);
			clear(&t);
		}
	}
}

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

static const struct {
	const char *text;
	int status;
} bad[] = {
    {"\r\n" LINE HOST "\r\n", 400},
    {"GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {LINE "Host: a\n\r\n", 400},
    {LINE HOST "\n", 400},
    {LINE "Host: a\rX: b\r\n\r\n", 400},
    {LINE HOST "\rX", 400},
    {LINE HOST "X: a\r\r\n\r\n", 400},
    {LINE HOST "X: a\x01\r\n\r\n", 400},
    {LINE HOST "X: a\x7f\r\n\r\n", 400},
    {"GET /\t HTTP/1.1\r\n" HOST "\r\n", 400},
    /* folding, space before the colon, names that are no tokens */
    {LINE HOST "X: a\r\n b\r\n\r\n", 400},
    {LINE HOST "X: a\r\n\tb\r\n\r\n", 400},
    {LINE " Host: a\r\n\r\n", 400},
    {LINE "Host : a\r\n\r\n", 400},
    {LINE HOST "X\t: a\r\n\r\n", 400},
    {LINE HOST "X y: a\r\n\r\n", 400},
    {LINE HOST ": a\r\n\r\n", 400},
    {LINE HOST "nothing\r\n\r\n", 400},
    {LINE HOST "X(: a\r\n\r\n", 400},
    {LINE HOST "\xc3\xa9: a\r\n\r\n", 400},
    /* the request line */
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /  HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
    {" GET / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /\r\n" HOST "\r\n", 400},
    {"GET\r\n" HOST "\r\n", 400},
    {"G@T / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / http/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1x\r\n" HOST "\r\n", 400},
    {"GET / HTTPS/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.0\r\n" HOST "\r\n", 505},
    {"GET / HTTP/1.2\r\n" HOST "\r\n", 505},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"GET / HTTP/0.9\r\n" HOST "\r\n", 505},
    /* targets */
    {"GET https://a/ HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400},
    {"CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /#a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /\\a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /\"a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /<a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /{a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 400},
    /* Host */
    {LINE "\r\n", 400},
    {LINE HOST HOST "\r\n", 400},
    {LINE "Host:\r\n\r\n", 400},
    {LINE "Host: a b\r\n\r\n", 400},
    {LINE "Host: a/b\r\n\r\n", 400},
    {LINE "Host: a,b\r\n\r\n", 400},
    {LINE "Host: u@a\r\n\r\n", 400},
    /* lengths */
    {LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {LINE HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
    {LINE HOST "Content-Length: 1, 1\r\n\r\n", 400},
    {LINE HOST "Content-Length: +1\r\n\r\n", 400},
    {LINE HOST "Content-Length: -1\r\n\r\n", 400},
    {LINE HOST "Content-Length: 01\r\n\r\n", 400},
    {LINE HOST "Content-Length: 0x1\r\n\r\n", 400},
    {LINE HOST "Content-Length: 1 1\r\n\r\n", 400},
    {LINE HOST "Content-Length:\r\n\r\n", 400},
    {LINE HOST "Content-Length: 9007199254740992\r\n\r\n", 400},
    {LINE HOST "Content-Length: 18446744073709551616\r\n\r\n", 400},
    {LINE HOST "Transfer-Encoding: chunked\r\n\r\n", 411},
    {LINE HOST "Transfer-Encoding: identity\r\n\r\n", 411},
    {LINE HOST "transfer-encoding:\r\n\r\n", 411},
    {LINE HOST "Content-Length: 1\r\nTransfer-Encoding: x\r\n\r\n", 411},
    /* fields that may come once */
    {LINE HOST "Content-Type: a\r\nContent-Type: a\r\n\r\n", 400},
    {LINE HOST "Overstap-Adresboek: 1\r\noverstap-adresboek: 1\r\n\r\n", 400},
    {LINE HOST "Expect: 200-maybe\r\n\r\n", 417},
    /* the preface of HTTP/2 on a connection that did not agree on it */
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    /* TLS and SSH knocking */
    {"\x16\x03\x01\x02", 400},
    {"SSH-2.0-x\r\n", 0},
};

/* Each is refused with its status at whatever split, and stays refused. */
static void
test_refused(void **state)
{
	struct trace t = {0};
	char want[16];
	size_t i, at, n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = strlen(bad[i].text);
		(void)snprintf(want, sizeof(want), "bad %d ", bad[i].status);
		for (at = 0; at <= n; at++) {
			run(&t, bad[i].text, n, 0, at);
			if (bad[i].status == 0)
				assert_int_equal(t.last, OV_H1_MORE);
			else if (t.last != OV_H1_BAD ||
			         strncmp(ov_buf_text(&t.log), want,
			             strlen(want)) != 0)
				fail_msg("%s: %s", bad[i].text,
				    ov_buf_text(&t.log));
			clear(&t);
		}
	}
}

static void
test_nul_and_afterwards(void **state)
{
	static const char nul[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
	struct trace t = {0};
	struct ov_h1 h;
	size_t used;

	(void)state;
	run(&t, nul, sizeof(nul) - 1, 0, 0);
	assert_int_equal(t.last, OV_H1_BAD);
	clear(&t);

	ov_h1_init(&h);
	assert_int_equal(ov_h1_push(&h, "\n", 1, &used), OV_H1_BAD);
	assert_int_equal(ov_h1_push(&h, good[0], strlen(good[0]), &used),
	    OV_H1_BAD);
	assert_int_equal(used, 0);
	assert_int_equal(ov_h1_fout(&h), OV_FOUT_GEEN);
	ov_h1_free(&h);
	ov_h1_init(&h);
	run(&t, LINE HOST "Transfer-Encoding: x\r\n\r\n",
	    sizeof(LINE HOST "Transfer-Encoding: x\r\n\r\n") - 1, 1, 0);
	assert_non_null(strstr(ov_buf_text(&t.log), "bad 411"));
	assert_int_equal(ov_h1_push(&h,
	                     LINE HOST "Transfer-Encoding: x\r\n\r\n",
	                     sizeof(LINE HOST "Transfer-Encoding: x\r\n\r\n") -
	                         1,
	                     &used),
	    OV_H1_BAD);
	assert_int_equal(ov_h1_fout(&h), OV_FOUT_LENGTE_NODIG);
	clear(&t);
	ov_h1_free(&h);
}

/* A block of just the limit is taken and one byte more is 431; so are 100
 * fields and 101; 10,000 fields end there too. */
static void
test_limits(void **state)
{
	struct trace t = {0};
	OV_BUF b = {0};
	size_t extra, fields, i, step;

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		for (step = 1; step < 40000; step += 4095) {
			ov_buf_reset(&b);
			ov_buf_str(&b, LINE HOST "X: ");
			while (b.n < OV_HEAD_MAX - 4 + extra)
				ov_buf_str(&b, "a");
			ov_buf_str(&b, "\r\n\r\n");
			run(&t, b.p, b.n, step, 0);
			assert_int_equal(t.done, extra == 0);
			if (extra > 0)
				assert_string_equal(ov_buf_text(&t.log),
				    "bad 431 header block too long\n");
			clear(&t);
		}
	}
	for (fields = 100; fields <= 10000; fields += 99 * 50) {
		ov_buf_reset(&b);
		ov_buf_str(&b, LINE HOST);
		for (i = 1; i < fields; i++)
			ov_buf_str(&b, "A:\r\n");
		ov_buf_str(&b, "\r\n");
		run(&t, b.p, b.n, 0, 0);
		assert_int_equal(t.last,
		    fields == 100 ? OV_H1_MORE : OV_H1_BAD);
		clear(&t);
	}
	/* 101 */
	ov_buf_reset(&b);
	ov_buf_str(&b, LINE HOST);
	for (i = 1; i < 101; i++)
		ov_buf_str(&b, "A:\r\n");
	ov_buf_str(&b, "\r\n");
	run(&t, b.p, b.n, 0, 0);
	assert_string_equal(ov_buf_text(&t.log), "bad 431 too many fields\n");
	clear(&t);
	/* The target. */
	for (extra = 0; extra < 2; extra++) {
		ov_buf_reset(&b);
		ov_buf_str(&b, "GET /");
		for (i = 1; i < OV_TARGET_MAX + extra; i++)
			ov_buf_str(&b, "a");
		ov_buf_str(&b, " HTTP/1.1\r\n" HOST "\r\n");
		run(&t, b.p, b.n, 0, 0);
		assert_int_equal(t.done, extra == 0);
		clear(&t);
	}
}

static void
test_decimal(void **state)
{
	static const struct {
		const char *s;
		uint64_t max;
		bool ok;
	} rows[] = {
	    {"0", 0, true},
	    {"1", 0, false},
	    {"9", 9, true},
	    {"10", 9, false},
	    {"18446744073709551615", UINT64_MAX, true},
	    {"18446744073709551616", UINT64_MAX, false},
	    {"99999999999999999999", UINT64_MAX, false},
	    {"255", 255, true},
	    {"256", 255, false},
	    {"260", 255, false},
	    {"", 9, false},
	    {"00", 9, false},
	    {"07", 9, false},
	    {"1a", 99, false},
	    {" 1", 9, false},
	    {"-0", 9, false},
	};
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ov_http_decimal(ov_view_str(rows[i].s),
		                     rows[i].max, &n),
		    rows[i].ok);
		if (!rows[i].ok)
			assert_true(n == 0);
		else
			assert_true(n == strtoull(rows[i].s, NULL, 10));
	}
}

static void
test_answers(void **state)
{
	static const struct ov_h1_field fields[] = {{"API-Version", "1.0.0"},
	    {"Retry-After", NULL}, {"Content-Type", "application/jose"}};
	static const struct ov_h1_field split[] = {{"A", "b\r\nC: d"}};
	OV_BUF b = {0}, c = {0}, d = {0}, x = {0};

	(void)state;
	ov_h1_answer(&b, 201, 784111777, fields, 3, ov_view_str("abc"), false);
	/* The date is RFC 9110's own example. */
	assert_string_equal(ov_buf_text(&b),
	    "HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "API-Version: 1.0.0\r\nContent-Type: application/jose\r\n"
	    "Content-Length: 3\r\n\r\nabc");
	ov_h1_answer(&c, 204, 784111777, NULL, 0, ov_view_str(""), true);
	assert_string_equal(ov_buf_text(&c),
	    "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT"
	    "\r\nConnection: close\r\n\r\n");
	ov_h1_answer(&d, 404, 784111777, NULL, 0, ov_view_str(""), false);
	assert_non_null(strstr(ov_buf_text(&d), "Content-Length: 0\r\n\r\n"));
	ov_h1_answer(&x, 200, 0, split, 1, ov_view_str(""), false);
	assert_true(x.bad);
	ov_buf_reset(&c);
	ov_h1_continue(&c);
	assert_string_equal(ov_buf_text(&c), "HTTP/1.1 100 Continue\r\n\r\n");
}

/* Every status of the problem table has its phrase. */
static void
test_reasons(void **state)
{
	int f;

	(void)state;
	for (f = OV_FOUT_GEEN + 1; f < (int)OV_FOUT_N; f++)
		assert_string_not_equal(ov_http_reason(
		                            ov_fout_status((enum ov_fout)f)),
		    "");
	assert_string_equal(ov_http_reason(299), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_read),
	    cmocka_unit_test(test_every_split),
	    cmocka_unit_test(test_every_prefix),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_nul_and_afterwards),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_decimal),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
