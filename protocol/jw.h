/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/jw.h - small writers for JSON of our own shape, without a JSON
 * library: the program that holds the keys composes with them.
 *
 * Each writes its name and value, with a comma in front unless the buffer's
 * last byte opens an object or array.
 */
#ifndef OV_PROTOCOL_JW_H
#define OV_PROTOCOL_JW_H

#include "protocol/rd.h"

/* A quoted string; quotes, backslashes and control characters are escaped.
 * The text must be UTF-8. */
void ov_jw_quote(struct ov_buf *, struct ov_view);
/* "name": and nothing more; name NULL: only the comma, for array elements. */
void ov_jw_name(struct ov_buf *, const char *name);
void ov_jw_str(struct ov_buf *, const char *name, const char *value);
void ov_jw_view(struct ov_buf *, const char *name, struct ov_view value);
void ov_jw_int(struct ov_buf *, const char *name, uint64_t value);
/* Seconds since 1970; before that the buffer becomes bad. */
void ov_jw_time(struct ov_buf *, const char *name, int64_t value);
void ov_jw_b64u(struct ov_buf *, const char *name, const void *p, size_t n);

#endif
