/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_gebruik.c - a holder's counters. */
#include "tests/fuzz/fuzz.h"

#include "protocol/manifest.h"

struct usage {
	uint32_t ep;
	struct ov_oprf_dag *row;
	size_t n;
};

static enum ov_rc
parse(const void *p, size_t n, struct usage *u, struct ov_err *e)
{
	return ov_oprf_gebruik_parse(p, n, &u->ep, &u->row, &u->n, e);
}

static enum ov_rc
compose(struct ov_buf *b, const struct usage *u, struct ov_err *e)
{
	return ov_oprf_gebruik_compose(b, u->ep, u->row, u->n, e);
}

static void
release(struct usage *u)
{
	free(u->row);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	ROUND(struct usage, parse, compose, release, p, n);
	return 0;
}
