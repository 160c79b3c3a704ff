/* SPDX-License-Identifier: EUPL-1.2 */
/* base/buf.h - a byte string that grows up to a named limit.
 *
 * Zeroed means empty.  An append that fails (no memory, over max) sticks:
 * "bad" stays set, later appends do nothing, and the caller checks once at
 * the end with ov_buf_ok().  Freed and outgrown memory is wiped, because
 * payloads pass through here.
 */
#ifndef OV_BASE_BUF_H
#define OV_BASE_BUF_H

#include "base/err.h"

struct ov_buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max; /* 0: OV_BUF_MAX */
	bool bad;
};

#define OV_BUF_MAX ((size_t)64 << 20)

void ov_buf_add(struct ov_buf *, const void *p, size_t n);
void ov_buf_str(struct ov_buf *, const char *s);
void ov_buf_fmt(struct ov_buf *, const char *fmt, ...) OV_PRINTF(2, 3);
/* Room for n more bytes, counted as used; NULL when it failed. */
uint8_t *ov_buf_room(struct ov_buf *, size_t n);
/* A NUL after the last byte, not counted in n; the text, or NULL if bad. */
const char *ov_buf_text(struct ov_buf *);
OV_MUST_CHECK enum ov_rc ov_buf_ok(const struct ov_buf *, struct ov_err *);
/* Empty it and keep the memory (wiped). */
void ov_buf_reset(struct ov_buf *);
/* Take the first n bytes (at most all) away and wipe what that frees: for a
 * queue that is written in front while it is filled behind. */
void ov_buf_drop(struct ov_buf *, size_t n);
void ov_buf_free(struct ov_buf *);

#define OV_BUF __attribute__((cleanup(ov_buf_free))) struct ov_buf

#endif
