/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/rd.h - bounded reader over bytes somebody else chose, and its
 * writer.
 *
 * The first failure sticks: every later read returns zero or an empty view
 * and changes nothing.  Read all the fields, then call ov_rd_end(); nothing
 * that was read may be used before it has returned OV_OK.
 *
 * A view points into the caller's bytes and lives as long as they do.
 * Integers are big-endian.
 */
#ifndef OV_PROTOCOL_RD_H
#define OV_PROTOCOL_RD_H

#include "base/buf.h"

struct ov_view {
	const uint8_t *p;
	size_t n;
};

struct ov_rd {
	const uint8_t *p;
	const uint8_t *end;
	const char *bad; /* name of the field that failed, or NULL */
	enum ov_rc rc;
};

void ov_rd_init(struct ov_rd *, const void *buf, size_t n);
uint8_t ov_rd_u8(struct ov_rd *, const char *field);
uint16_t ov_rd_u16(struct ov_rd *, const char *field);
uint32_t ov_rd_u32(struct ov_rd *, const char *field);
uint64_t ov_rd_u64(struct ov_rd *, const char *field);
/* Exactly n bytes, copied into out (zeroed on failure). */
void ov_rd_fixed(struct ov_rd *, const char *field, void *out, size_t n);
/* Exactly n bytes as a view. */
struct ov_view ov_rd_take(struct ov_rd *, const char *field, size_t n);
/* u32 length, then that many bytes; OV_TOOBIG beyond max. */
struct ov_view ov_rd_bytes(struct ov_rd *, const char *field, size_t max);
/* OV_OK if every read succeeded and nothing is left over. */
OV_MUST_CHECK enum ov_rc ov_rd_end(struct ov_rd *, struct ov_err *);

void ov_wr_u8(struct ov_buf *, uint8_t);
void ov_wr_u16(struct ov_buf *, uint16_t);
void ov_wr_u32(struct ov_buf *, uint32_t);
void ov_wr_u64(struct ov_buf *, uint64_t);
void ov_wr_bytes(struct ov_buf *, const void *p, size_t n); /* u32 + bytes */

/* A view over a C string, without its NUL. */
struct ov_view ov_view_str(const char *s);
bool ov_view_eq(struct ov_view, const char *s);

#endif
