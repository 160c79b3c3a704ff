/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/json.h - JSON as jansson's values, read and written.
 *
 * Every text is read by protocol/jtree.h; messages (JOSE headers, claims,
 * content) stay as it made them, of what is looked up and changed more often
 * ov_json_parse() makes jansson's values.
 *
 * ov_json_parse() takes a whole text: UTF-8 without NUL, an object or an array
 * outermost, nothing after it, no name twice in an object, at most
 * OV_JSON_DEPTH_MAX deep (outermost = 1).
 *
 * struct ov_jobj then reads the members of one object by name.  The first
 * failure sticks, as in protocol/rd.h; ov_jo_end() refuses a member that
 * nobody asked for.  Nothing read may be used before it returned OV_OK.
 * Strings and values are borrowed from the document.  Error texts name our
 * own words, never a name or a value out of the document.
 */
#ifndef OV_PROTOCOL_JSON_H
#define OV_PROTOCOL_JSON_H

#include <jansson.h>

#include "protocol/fout.h"
#include "protocol/jtree.h"
#include "protocol/limits.h"
#include "protocol/oin.h"
#include "protocol/rd.h"
#include "protocol/tijd.h"

/* Make jansson wipe all that it frees.  ov_json_parse() does it by itself; a
 * program that builds JSON first calls it at start, before any other use of
 * jansson.  Again is harmless. */
void ov_json_init(void);

/* OV_TOOBIG if n > max, else OV_BADMSG; *out is given: json_decref(). */
OV_MUST_CHECK enum ov_rc ov_json_parse(const void *p, size_t n, size_t max,
    json_t **out, struct ov_err *e);
void ov_json_free(json_t **);
#define OV_JSON __attribute__((cleanup(ov_json_free))) json_t

/* Compact, members in the order in which they were set.  A failure makes the
 * buffer bad. */
void ov_json_dump(struct ov_buf *, const json_t *);

/* The same value as a tree of protocol/jtree.h.  Only an object or array; one
 * that no text of ours could be (too deep) is OV_BADMSG. */
OV_MUST_CHECK enum ov_rc ov_jdoc_of(const json_t *, struct ov_jdoc *,
    struct ov_err *);
/* The other way, given; NULL when out of memory or of NULL. */
json_t *ov_jn_json(const struct ov_jn *);
/* Is it this text or truth value?  Any other type equals nothing. */
bool ov_jn_same(const struct ov_jn *, const json_t *);

/* The bytes of a JSON string value (empty view if it is none). */
struct ov_view ov_json_view(const json_t *);
/* A value that is b64u text of exactly n bytes; else OV_BADMSG, out zeroed. */
OV_MUST_CHECK enum ov_rc ov_json_b64u(const json_t *, void *out, size_t n);
/* An integer 0..max (max <= OV_JSON_INT_MAX); else OV_BADMSG, *out 0. */
OV_MUST_CHECK enum ov_rc ov_json_int(const json_t *, uint64_t max,
    uint64_t *out);

/* ---- reading an object ----------------------------------------------- */

struct ov_jobj {
	const json_t *o;
	const char *path; /* our word for the object, in error texts */
	const char *bad;  /* member that failed, or NULL; "" the object */
	enum ov_reden reden;
	enum ov_rc rc;
	uint16_t ntaken;
	const char *taken[OV_JOBJ_MEMBERS_MAX];
};

/* o may be NULL or no object: that is the first failure. */
void ov_jo_init(struct ov_jobj *, const json_t *o, const char *path);
/* Is there such a member?  Does not take it: `if (ov_jo_has(&o, "zaak"))
 * ov_jo_b64u(&o, "zaak", zaak, 16);`.  False once something failed. */
bool ov_jo_has(const struct ov_jobj *, const char *name);
/* True, and the member is taken, if it is there and null. */
bool ov_jo_null(struct ov_jobj *, const char *name);

/* Strings of 1..max bytes; "" on failure. */
const char *ov_jo_str(struct ov_jobj *, const char *name, size_t max);
/* The same, which may be empty. */
const char *ov_jo_str0(struct ov_jobj *, const char *name, size_t max);
/* NULL if the member is absent. */
const char *ov_jo_str_opt(struct ov_jobj *, const char *name, size_t max);
/* The same as a view; min bytes at least. */
struct ov_view ov_jo_view(struct ov_jobj *, const char *name, size_t min,
    size_t max);
/* Must be this text. */
void ov_jo_lit(struct ov_jobj *, const char *name, const char *value);
/* One of a NULL-terminated list: its index, or -1. */
int ov_jo_word(struct ov_jobj *, const char *name, const char *const *words);
/* 0..max; real numbers (1.0, 1e3) are refused. */
uint64_t ov_jo_int(struct ov_jobj *, const char *name, uint64_t max);
/* min..max. */
uint64_t ov_jo_range(struct ov_jobj *, const char *name, uint64_t min,
    uint64_t max);
bool ov_jo_bool(struct ov_jobj *, const char *name);
/* NULL on failure.  An array has at most max elements. */
json_t *ov_jo_obj(struct ov_jobj *, const char *name);
json_t *ov_jo_arr(struct ov_jobj *, const char *name, size_t max);
/* Any value. */
json_t *ov_jo_any(struct ov_jobj *, const char *name);
/* b64u / b64 text of exactly n bytes; out zeroed on failure. */
void ov_jo_b64u(struct ov_jobj *, const char *name, void *out, size_t n);
void ov_jo_b64(struct ov_jobj *, const char *name, void *out, size_t n);
void ov_jo_oin(struct ov_jobj *, const char *name, struct ov_oin *out);
void ov_jo_date(struct ov_jobj *, const char *name, struct ov_date *out);
void ov_jo_moment(struct ov_jobj *, const char *name, int64_t *out);
/* Record a failure found by the caller; the first stays. */
void ov_jo_fail(struct ov_jobj *, const char *name, enum ov_reden);
/* OV_OK if all went well and every member was taken. */
OV_MUST_CHECK enum ov_rc ov_jo_end(struct ov_jobj *, struct ov_err *e);

/* ---- a problem document with members of its own ---------------------- */

/* ov_fout_problem_raw() with the members of `extra` (an object, borrowed, or
 * NULL) after `detail`. */
void ov_fout_problem(struct ov_buf *, enum ov_fout, const json_t *extra);

#endif
