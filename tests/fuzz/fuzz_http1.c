/* SPDX-License-Identifier: EUPL-1.2 */
/* fuzz_http1.c - any bytes, pushed whole and pushed in small pieces, give the
 * same requests; every target that passes is routed.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/http1.h"
#include "protocol/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
add(struct ov_buf *b, struct ov_view v)
{
	ov_buf_add(b, v.p, v.n);
	ov_buf_str(b, "\n");
}

static void
head(struct ov_buf *log, const struct ov_h1_req *q)
{
	struct ov_route_par par;
	enum ov_fout f = ov_route_find(q->method, q->target, &par);

	if ((f == OV_FOUT_GEEN) != (ov_route_info(par.route) != NULL) ||
	    (f == OV_FOUT_METHODE) != (par.allow != NULL))
		abort();
	if (f == OV_FOUT_GEEN)
		f = ov_route_body(ov_route_info(par.route), q->has_length,
		    q->length, q->type, q->encoding);
	add(log, q->method);
	add(log, q->target);
	add(log, q->host);
	add(log, q->type);
	add(log, q->encoding);
	add(log, q->adresboek);
	add(log, q->trace);
	ov_buf_fmt(log, "%d %llu %d %d %d\n", q->has_length,
	    (unsigned long long)q->length, q->expect, q->close, (int)f);
}

/* Push in pieces of `step`; what happened goes to log, the body too. */
static void
run(struct ov_buf *log, const uint8_t *p, size_t n, size_t step)
{
	enum ov_h1_event ev = OV_H1_MORE;
	struct ov_h1 h;
	size_t used, k;

	ov_h1_init(&h);
	while (n > 0 && ev != OV_H1_BAD) {
		k = n < step ? n : step;
		n -= k;
		do {
			ev = ov_h1_push(&h, p, k, &used);
			if (used > k)
				abort();
			p += used;
			k -= used;
			if (ev == OV_H1_HEAD)
				head(log, &h.req);
			if (ev == OV_H1_BODY)
				ov_buf_add(log, h.body.p, h.body.n);
			if (ev == OV_H1_DONE) {
				ov_buf_str(log, "\ndone\n");
				ov_h1_next(&h);
			}
		} while (ev != OV_H1_MORE && ev != OV_H1_BAD);
		if (ev == OV_H1_MORE && k != 0)
			abort();
	}
	if (ev == OV_H1_BAD)
		ov_buf_fmt(log, "bad %d %s\n", h.status, h.why);
	ov_h1_free(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF whole = {0}, pieces = {0};

	if (n == 0)
		return 0;
	run(&whole, p, n, n);
	run(&pieces, p, n, 1 + p[n - 1] % 7U);
	if (whole.n != pieces.n ||
	    (whole.n > 0 && memcmp(whole.p, pieces.p, whole.n) != 0))
		abort();
	return 0;
}
