/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/jsonreeks.h - the objects of a long JSON text one by one, so that a
 * file of any size costs the memory and the time of one object at once.
 *
 * The text is an array of objects, or objects one after another with white
 * space between them (one object is the short case of it), with or without a
 * BOM.  The splitter only counts brackets outside strings; each object goes
 * through ov_json_parse(), which judges the rest.
 */
#ifndef OV_PROTOCOL_JSONREEKS_H
#define OV_PROTOCOL_JSONREEKS_H

#include <jansson.h>

#include "base/buf.h"

/* Longest object. */
#define OV_JSONREEKS_MAX ((size_t)256 << 10)

/* nr counts from 1; v is borrowed (json_incref() keeps it).  Anything but
 * OV_OK stops the reading and comes back from the push. */
typedef enum ov_rc ov_jsonreeks_fn(void *arg, uint64_t nr, json_t *v,
    struct ov_err *);

struct ov_jsonreeks;

/* NULL when there is no memory. */
struct ov_jsonreeks *ov_jsonreeks_new(ov_jsonreeks_fn *, void *arg);
/* Memory is wiped. */
void ov_jsonreeks_free(struct ov_jsonreeks *);
/* Bytes in pieces of any size.  OV_BADMSG, OV_TOOBIG: the text is refused from
 * here on; err names the object, not its content. */
OV_MUST_CHECK enum ov_rc ov_jsonreeks_push(struct ov_jsonreeks *, const void *p,
    size_t n, struct ov_err *);
/* The text is complete; OV_BADMSG when it is not, or when it is empty. */
OV_MUST_CHECK enum ov_rc ov_jsonreeks_end(struct ov_jsonreeks *,
    struct ov_err *);
/* How many objects were handed over. */
uint64_t ov_jsonreeks_count(const struct ov_jsonreeks *);

#endif
