/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/jtree.h - JSON read strictly into one tree.
 *
 * The one reader of JSON: RFC 8259 in UTF-8 (RFC 3629), an object or an array outermost and nothing
 * after it, at most OV_JSON_DEPTH_MAX deep (outermost = 1), no name twice in an
 * object, no NUL in a text or name, not even as \u0000, no lone surrogate, no
 * whole number outside int64_t and no other number outside double.  tests/fuzz/
 * fuzz_json.c holds it against jansson's: one takes what the other takes, and
 * reads the same from it.
 *
 * Why not jansson's: a message is read once for its claims and content, and
 * jansson made an allocation (and a wipe) of each name and value of it.  Here a
 * document is two blocks, one of nodes and one of text, wiped once.  Time and
 * memory are bounded by the length of the text: n log n for the names of one
 * object, 40 bytes for each value.  protocol/json.h makes jansson's values of
 * a tree where they are wanted.
 *
 * Nodes and texts are borrowed from the document and end with it.  Every
 * function takes NULL for "no such value" and answers as for a value of
 * another type, so that lookups can be chained.
 */
#ifndef OV_PROTOCOL_JTREE_H
#define OV_PROTOCOL_JTREE_H

#include "protocol/limits.h"
#include "protocol/rd.h"

enum ov_jtype {
	OV_J_NULL,
	OV_J_FALSE,
	OV_J_TRUE,
	OV_J_INT,  /* without fraction and exponent */
	OV_J_REAL, /* any other number; nothing on the wire is one */
	OV_J_TEXT,
	OV_J_ARRAY,
	OV_J_OBJECT,
};

/* One value.  The fields are jtree.c's; read them through the functions. */
struct ov_jn {
	const char *name; /* of a member, NUL behind it; else NULL */
	union {
		const char *s;
		int64_t i;
		double r;
	} u;
	uint32_t name_n;
	uint32_t n;    /* bytes of a text, elements, members */
	uint32_t next; /* nodes from here to the next sibling, 0: the last */
	enum ov_jtype type;
};

/* Zeroed means empty. */
struct ov_jdoc {
	const struct ov_jn *root;
	/* jtree.c's own */
	struct ov_jn *node;
	char *text;
	size_t nodes, cap, used, size;
};

/* OV_TOOBIG if n > max, OV_BADMSG, OV_NOSPACE.  The document is emptied first
 * and, on OV_OK, given: ov_jdoc_free(), which wipes it. */
OV_MUST_CHECK enum ov_rc ov_jdoc_parse(const void *p, size_t n, size_t max,
    struct ov_jdoc *, struct ov_err *);
void ov_jdoc_free(struct ov_jdoc *);
#define OV_JDOC __attribute__((cleanup(ov_jdoc_free))) struct ov_jdoc

static inline bool
ov_jn_is(const struct ov_jn *v, enum ov_jtype type)
{
	return v != NULL && v->type == type;
}

static inline bool
ov_jn_is_bool(const struct ov_jn *v)
{
	return ov_jn_is(v, OV_J_FALSE) || ov_jn_is(v, OV_J_TRUE);
}

/* Members or elements, in the order of the text: for (m = ov_jn_first(o); m !=
 * NULL; m = ov_jn_next(m)). */
static inline const struct ov_jn *
ov_jn_first(const struct ov_jn *v)
{
	return (ov_jn_is(v, OV_J_OBJECT) || ov_jn_is(v, OV_J_ARRAY)) && v->n > 0
	           ? v + 1
	           : NULL;
}

static inline const struct ov_jn *
ov_jn_next(const struct ov_jn *v)
{
	return v->next != 0 ? v + v->next : NULL;
}

/* How many members or elements; 0 of anything else. */
size_t ov_jn_count(const struct ov_jn *);
const struct ov_jn *ov_jn_get(const struct ov_jn *o, const char *name);
/* Through objects: "adres/postcode". */
const struct ov_jn *ov_jn_at(const struct ov_jn *o, const char *path);

/* A text: its bytes (empty view: none), its characters up to a NUL (NULL:
 * none), and whether it is this one. */
struct ov_view ov_jn_view(const struct ov_jn *);
const char *ov_jn_text(const struct ov_jn *);
bool ov_jn_eq(const struct ov_jn *, const char *text);
/* A text that is b64u of exactly n bytes; else OV_BADMSG, out zeroed. */
OV_MUST_CHECK enum ov_rc ov_jn_b64u(const struct ov_jn *, void *out, size_t n);
/* A whole number 0..max (max <= OV_JSON_INT_MAX); else OV_BADMSG, *out 0. */
OV_MUST_CHECK enum ov_rc ov_jn_int(const struct ov_jn *, uint64_t max,
    uint64_t *out);

#endif
