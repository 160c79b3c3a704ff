/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/rd.c - the bounded reader and the writer of protocol/rd.h. */
#include "protocol/rd.h"

#include <string.h>

void
ov_rd_init(struct ov_rd *r, const void *buf, size_t n)
{
	static const uint8_t none[1];

	/* A null pointer with n = 0 is allowed; arithmetic on it is not. */
	r->p = n > 0 ? (const uint8_t *)buf : none;
	r->end = r->p + n;
	r->bad = NULL;
	r->rc = OV_OK;
}

/* n bytes, or NULL and the failure recorded. */
static const uint8_t *
take(struct ov_rd *r, const char *field, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad != NULL)
		return NULL;
	if (n > (size_t)(r->end - r->p)) {
		r->bad = field;
		r->rc = OV_BADMSG;
		return NULL;
	}
	r->p += n;
	return p;
}

/* Big-endian integer of n bytes. */
static uint64_t
integer(struct ov_rd *r, const char *field, size_t n)
{
	const uint8_t *p = take(r, field, n);
	uint64_t v = 0;
	size_t i;

	if (p == NULL)
		return 0;
	for (i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
ov_rd_u8(struct ov_rd *r, const char *field)
{
	return (uint8_t)integer(r, field, 1);
}

uint16_t
ov_rd_u16(struct ov_rd *r, const char *field)
{
	return (uint16_t)integer(r, field, 2);
}

uint32_t
ov_rd_u32(struct ov_rd *r, const char *field)
{
	return (uint32_t)integer(r, field, 4);
}

uint64_t
ov_rd_u64(struct ov_rd *r, const char *field)
{
	return integer(r, field, 8);
}

void
ov_rd_fixed(struct ov_rd *r, const char *field, void *out, size_t n)
{
	const uint8_t *p = take(r, field, n);

	if (n == 0)
		return;
	if (p == NULL)
		memset(out, 0, n);
	else
		memcpy(out, p, n);
}

struct ov_view
ov_rd_take(struct ov_rd *r, const char *field, size_t n)
{
	const uint8_t *p = take(r, field, n);

	return (struct ov_view){p, p != NULL ? n : 0};
}

struct ov_view
ov_rd_bytes(struct ov_rd *r, const char *field, size_t max)
{
	uint32_t n = ov_rd_u32(r, field);

	if (r->bad == NULL && n > max) {
		r->bad = field;
		r->rc = OV_TOOBIG;
	}
	return ov_rd_take(r, field, n);
}

enum ov_rc
ov_rd_end(struct ov_rd *r, struct ov_err *e)
{
	if (r->bad == NULL && r->p != r->end) {
		r->bad = "end";
		r->rc = OV_BADMSG;
		return ov_fail(e, r->rc, "%zu bytes left over",
		    (size_t)(r->end - r->p));
	}
	if (r->bad != NULL)
		return ov_fail(e, r->rc, "%s: %s", r->bad,
		    r->rc == OV_TOOBIG ? "too long" : "cut short");
	return OV_OK;
}

static void
put(struct ov_buf *b, uint64_t v, size_t n)
{
	uint8_t *p = ov_buf_room(b, n);
	size_t i;

	if (p == NULL)
		return;
	for (i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)(v & 0xff);
}

void
ov_wr_u8(struct ov_buf *b, uint8_t v)
{
	put(b, v, 1);
}

void
ov_wr_u16(struct ov_buf *b, uint16_t v)
{
	put(b, v, 2);
}

void
ov_wr_u32(struct ov_buf *b, uint32_t v)
{
	put(b, v, 4);
}

void
ov_wr_u64(struct ov_buf *b, uint64_t v)
{
	put(b, v, 8);
}

void
ov_wr_bytes(struct ov_buf *b, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		b->bad = true;
		return;
	}
	ov_wr_u32(b, (uint32_t)n);
	ov_buf_add(b, p, n);
}

struct ov_view
ov_view_str(const char *s)
{
	return (struct ov_view){(const uint8_t *)s, strlen(s)};
}

bool
ov_view_eq(struct ov_view v, const char *s)
{
	size_t n = strlen(s);

	return v.n == n && (n == 0 || memcmp(v.p, s, n) == 0);
}
