/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz.h - what the harnesses share: an assertion that stays in
 * every build, and the round trip of a payload.
 */
#ifndef OV_TESTS_FUZZ_H
#define OV_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static inline void
must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "fuzz: not so: %s\n", what);
	abort();
}

static inline bool
same(const struct ov_buf *a, const struct ov_buf *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/* What parses is composed to a text that parses again, to the same: T is the
 * type, which is large in some cases and therefore not on the stack. */
#define ROUND(T, parse, compose, release, p, n)                                \
	do {                                                                   \
		static T one, two;                                             \
		OV_BUF a = {0}, b = {0};                                       \
                                                                               \
		memset(&one, 0, sizeof(one));                                  \
		memset(&two, 0, sizeof(two));                                  \
		if (parse(p, n, &one, NULL) != OV_OK)                          \
			break;                                                 \
		must(compose(&a, &one, NULL) == OV_OK, #compose);              \
		must(parse(a.p, a.n, &two, NULL) == OV_OK, #parse);            \
		must(compose(&b, &two, NULL) == OV_OK, #compose " again");     \
		must(same(&a, &b), "the same text");                           \
		release(&one);                                                 \
		release(&two);                                                 \
	} while (0)

/* For types that own nothing. */
#define OWNS_NOTHING(v) (void)(v)

#endif
