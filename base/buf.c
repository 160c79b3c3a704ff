/* SPDX-License-Identifier: EUPL-1.2 */
/* base/buf.c - the growing byte string of base/buf.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static size_t
limit(const struct ov_buf *b)
{
	if (b->max == 0)
		return OV_BUF_MAX;
	/* So that doubling a capacity below it cannot overflow. */
	return b->max < SIZE_MAX / 4 ? b->max : SIZE_MAX / 4;
}

/* Make the allocation hold "need" bytes.  Never realloc(): it would leave
 * the old bytes behind unwiped. */
static bool
grow(struct ov_buf *b, size_t need)
{
	size_t max = limit(b);
	size_t cap = b->cap != 0 ? b->cap : 256;
	uint8_t *p;

	if (b->bad)
		return false;
	if (need <= b->cap)
		return true;
	/* One byte over max is for the NUL of ov_buf_text(). */
	while (cap < need && cap <= max)
		cap *= 2;
	if (cap - 1 > max)
		cap = max + 1;
	if (need > cap || (p = malloc(cap)) == NULL) {
		b->bad = true;
		return false;
	}
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	if (b->p != NULL) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *
ov_buf_room(struct ov_buf *b, size_t n)
{
	size_t max = limit(b);
	uint8_t *p;

	if (b->bad || b->n > max || n > max - b->n) {
		b->bad = true;
		return NULL;
	}
	/* An empty request still gets an address. */
	if (!grow(b, b->n + (n != 0 ? n : 1)))
		return NULL;
	p = b->p + b->n;
	b->n += n;
	return p;
}

void
ov_buf_add(struct ov_buf *b, const void *p, size_t n)
{
	uint8_t *to;

	if (n == 0)
		return;
	/* There is room, and cap is at most one over the limit. */
	if (!b->bad && b->cap - b->n > n) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
		return;
	}
	if ((to = ov_buf_room(b, n)) != NULL)
		memcpy(to, p, n);
}

void
ov_buf_str(struct ov_buf *b, const char *s)
{
	ov_buf_add(b, s, strlen(s));
}

void
ov_buf_fmt(struct ov_buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *to;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->bad = true;
		return;
	}
	/* vsnprintf also writes a NUL, which is taken back. */
	if ((to = ov_buf_room(b, (size_t)len)) == NULL || !grow(b, b->n + 1))
		return;
	to = b->p + b->n - (size_t)len;
	va_start(ap, fmt);
	if (vsnprintf((char *)to, (size_t)len + 1, fmt, ap) != len)
		b->bad = true;
	va_end(ap);
}

const char *
ov_buf_text(struct ov_buf *b)
{
	if (!grow(b, b->n + 1))
		return NULL;
	b->p[b->n] = '\0';
	return (const char *)b->p;
}

enum ov_rc
ov_buf_ok(const struct ov_buf *b, struct ov_err *e)
{
	if (b->bad)
		return ov_fail(e, OV_NOSPACE, "no memory, or over its limit");
	return OV_OK;
}

void
ov_buf_reset(struct ov_buf *b)
{
	if (b->p != NULL) /* with the NUL that ov_buf_text() may have put */
		explicit_bzero(b->p, b->n < b->cap ? b->n + 1 : b->cap);
	b->n = 0;
	b->bad = false;
}

void
ov_buf_drop(struct ov_buf *b, size_t n)
{
	size_t left = n < b->n ? b->n - n : 0;

	if (n == 0 || b->n == 0)
		return;
	memmove(b->p, b->p + (b->n - left), left);
	explicit_bzero(b->p + left, b->n - left);
	b->n = left;
}

void
ov_buf_free(struct ov_buf *b)
{
	if (b == NULL)
		return;
	if (b->p != NULL) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	b->p = NULL;
	b->n = 0;
	b->cap = 0;
	b->bad = false;
}
