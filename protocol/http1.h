/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/http1.h - a strict parser for HTTP/1.1 requests, fed by push, and
 * the composer of answers.
 *
 * Strict means that nothing is repaired (RFC 9112 where it says MAY): lines end
 * in CR LF and a lone CR or LF is refused; no line folding; no space before a
 * colon; tokens are tokens; one Content-Length, even if a second is equal; no
 * Transfer-Encoding of any kind; exactly one Host; origin-form targets only;
 * HTTP/1.1 only; no empty line before the request; no control characters.
 * After a refusal the connection is closed: where the next request would begin
 * is no longer known.
 *
 * No I/O and no clock: the caller sets deadlines by the events.  Any split of
 * the same bytes over pushes gives the same events, except that body bytes
 * come in the pieces in which they were pushed.
 */
#ifndef OV_PROTOCOL_HTTP1_H
#define OV_PROTOCOL_HTTP1_H

#include "protocol/fout.h"
#include "protocol/limits.h"
#include "protocol/rd.h"

enum ov_h1_event {
	OV_H1_MORE, /* all was used; push more when it comes */
	OV_H1_HEAD, /* the header block is complete: see req */
	OV_H1_BODY, /* `body` holds the next bytes of the body */
	OV_H1_DONE, /* the request is complete; ov_h1_next() for another */
	OV_H1_BAD,  /* refused: answer `status`, close */
};

/* Views point into the parser and live until ov_h1_next() or ov_h1_free().
 * A field that was absent is an empty view. */
struct ov_h1_req {
	struct ov_view method, target, host;
	struct ov_view type;      /* Content-Type */
	struct ov_view encoding;  /* Content-Encoding */
	struct ov_view adresboek; /* Overstap-Adresboek */
	struct ov_view trace;     /* traceparent */
	bool has_length;          /* Content-Length was there */
	uint64_t length;
	bool expect; /* Expect: 100-continue */
	bool close;  /* Connection: close */
};

enum ov_h1_state { OV_H1_IN_HEAD, OV_H1_IN_BODY, OV_H1_AT_END, OV_H1_REFUSED };

struct ov_h1 {
	enum ov_h1_state state;
	struct ov_buf head;
	struct ov_h1_req req;
	uint64_t left;       /* bytes of the body still to come */
	struct ov_view body; /* with OV_H1_BODY; borrowed from the push */
	int status;          /* with OV_H1_BAD: 400, 411, 417, 431, 503, 505 */
	const char *why;     /* with OV_H1_BAD: a constant, for the log */
};

void ov_h1_init(struct ov_h1 *);
void ov_h1_free(struct ov_h1 *);
/* Take some of p[0..n): at most one event per call; *used says how many bytes
 * it took.  Call again with the rest until OV_H1_MORE or OV_H1_BAD.  After
 * OV_H1_DONE the rest belongs to the next request. */
enum ov_h1_event ov_h1_push(struct ov_h1 *, const void *p, size_t n,
    size_t *used);
/* Ready for the next request on the same connection. */
void ov_h1_next(struct ov_h1 *);
/* Has any byte of a request arrived that is not complete yet?  (Idle and
 * header deadlines differ.) */
bool ov_h1_busy(const struct ov_h1 *);
/* OV_FOUT_LENGTE_NODIG for 411, else OV_FOUT_GEEN (an answer without body). */
enum ov_fout ov_h1_fout(const struct ov_h1 *);

/* ---- field values ----------------------------------------------------- */

/* Equal, without regard to ASCII case. */
bool ov_http_ieq(struct ov_view, const char *);
/* Decimal without sign or leading zero, up to max; false otherwise. */
bool ov_http_decimal(struct ov_view, uint64_t max, uint64_t *out);

/* ---- answers ---------------------------------------------------------- */

struct ov_h1_field {
	const char *name;
	const char *value;
};

/* Append a whole answer: status line, Date (unix seconds), the fields in order
 * (one with value NULL is left out; CR or LF in a value makes the buffer
 * bad), Content-Length (not with 1xx and 204), Connection: close if asked, and
 * the body. */
void ov_h1_answer(struct ov_buf *, int status, int64_t now,
    const struct ov_h1_field *fields, size_t nfields, struct ov_view body,
    bool close);
/* "HTTP/1.1 100 Continue" and an empty line. */
void ov_h1_continue(struct ov_buf *);
/* Reason phrase; "" for a status we never send. */
const char *ov_http_reason(int status);
/* The 29 characters of an IMF-fixdate and a NUL. */
#define OV_HTTP_DATE_SIZE 30
void ov_http_date(char out[OV_HTTP_DATE_SIZE], int64_t now);

#endif
