/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/vectors.h - what the operations of the vector adapter share: reading
 * the members of a request and writing those of an answer.
 *
 * Readers return false when the member is missing or has the wrong form; the
 * operation then returns false too, which is the answer {"ok":false}.
 */
#ifndef OV_TOOLS_VECTORS_H
#define OV_TOOLS_VECTORS_H

#include <jansson.h>

#include "crypto/kdf.h"
#include "protocol/rd.h"

/* One request.  Members set in out are part of the answer if it is true. */
typedef bool vx_fn(struct ov_crypto *, const json_t *in, json_t *out);

struct vx_op {
	const char *name;
	vx_fn *fn;
};

/* The operations of docs/vectors.md, and those of our own figures; both end
 * with a row without a name. */
extern const struct vx_op vx_public[];
extern const struct vx_op vx_own[];

/* Hexadecimal of exactly n bytes, or of any length (appended to out). */
bool vx_fixed(const json_t *in, const char *name, void *out, size_t n);
bool vx_bytes(const json_t *in, const char *name, struct ov_buf *out);
/* The same for the text of a value that stands alone. */
bool vx_hex(struct ov_view text, struct ov_buf *out);
/* A string without NUL; p is NULL when there is none. */
struct ov_view vx_text(const json_t *in, const char *name);
/* The same as a C string, or NULL. */
const char *vx_str(const json_t *in, const char *name);
/* 20 characters, borrowed; NULL if it is no OIN. */
const char *vx_oin(const json_t *in, const char *name);
/* A number, or decimal text, 0 .. 2^64-1. */
bool vx_u64(const json_t *in, const char *name, uint64_t *out);
bool vx_u32(const json_t *in, const char *name, uint32_t *out);

bool vx_put_hex(json_t *out, const char *name, const void *p, size_t n);
bool vx_put_text(json_t *out, const char *name, const void *p, size_t n);

#endif
