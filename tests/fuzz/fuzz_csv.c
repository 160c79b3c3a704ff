/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as CSV: read whole and in two pieces gives the same rows, and what
 * was read survives being written and read again. */
#include <stdlib.h>
#include <string.h>

#include "protocol/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static enum ov_rc
on_row(void *arg, const struct ov_csv_row *r, struct ov_err *e)
{
	(void)e;
	ov_csv_out_row(arg, r->cell, r->n);
	return OV_OK;
}

static enum ov_rc
parse(const uint8_t *p, size_t n, size_t at, struct ov_buf *out)
{
	struct ov_csv *c = ov_csv_new(on_row, out);
	enum ov_rc rc;

	if (c == NULL)
		abort();
	ov_csv_out_begin(out);
	rc = ov_csv_push(c, p, at, NULL);
	if (rc == OV_OK && at < n)
		rc = ov_csv_push(c, p + at, n - at, NULL);
	if (rc == OV_OK)
		rc = ov_csv_end(c, NULL);
	ov_csv_free(c);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF a = {0}, b = {0}, c = {0};
	enum ov_rc rc = parse(p, n, n, &a);

	if (parse(p, n, n > 0 ? p[0] % n : 0, &b) != rc || a.n != b.n ||
	    memcmp(a.p, b.p, a.n) != 0)
		abort();
	if (rc != OV_OK || a.bad)
		return 0;
	if (parse(a.p, a.n, a.n, &c) == OV_OK &&
	    (a.n != c.n || memcmp(a.p, c.p, a.n) != 0))
		abort();
	return 0;
}
