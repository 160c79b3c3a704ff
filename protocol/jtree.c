/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/jtree.c - one pass over the text; nodes in the order of the text, so
 * that the first child of a node is the one behind it.
 */
#include "protocol/jtree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/b64.h"
#include "protocol/utf8.h"

/* Up to here names are compared in pairs, above they are sorted. */
#define PAIRS_MAX 16

struct scan {
	const uint8_t *p, *start, *end;
	struct ov_jdoc *d;
	unsigned depth;
	enum ov_rc rc; /* OV_BADMSG, or OV_NOSPACE */
};

static bool
no_memory(struct scan *s)
{
	s->rc = OV_NOSPACE;
	return false;
}

/* The next byte, 0 at the end: a NUL is valid nowhere. */
static uint8_t
peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : 0;
}

static uint8_t
token(struct scan *s)
{
	uint8_t c;

	while ((c = peek(s)) == ' ' || c == '\n' || c == '\t' || c == '\r')
		s->p++;
	return c;
}

/* ---- memory ---------------------------------------------------------- */

static bool
more_nodes(struct scan *s)
{
	struct ov_jdoc *d = s->d;
	size_t cap = d->cap != 0 ? d->cap * 2 : 64 + d->size / 16;
	struct ov_jn *node;

	/* next and n count in 32 bits. */
	if (cap > UINT32_MAX || cap > SIZE_MAX / sizeof(*node) ||
	    (node = malloc(cap * sizeof(*node))) == NULL)
		return no_memory(s);
	if (d->nodes > 0) {
		memcpy(node, d->node, d->nodes * sizeof(*node));
		explicit_bzero(d->node, d->nodes * sizeof(*node));
	}
	free(d->node);
	d->node = node;
	d->cap = cap;
	return true;
}

/* A new, zeroed node; its place, because nodes may move. */
static bool
new_node(struct scan *s, size_t *at)
{
	struct ov_jdoc *d = s->d;

	if (d->nodes == d->cap && !more_nodes(s))
		return false;
	*at = d->nodes++;
	memset(&d->node[*at], 0, sizeof(d->node[*at]));
	return true;
}

void
ov_jdoc_free(struct ov_jdoc *d)
{
	if (d->node != NULL)
		explicit_bzero(d->node, d->nodes * sizeof(*d->node));
	if (d->text != NULL)
		explicit_bzero(d->text, d->used);
	free(d->node);
	free(d->text);
	memset(d, 0, sizeof(*d));
}

/* ---- texts ----------------------------------------------------------- */

static bool
hex4(struct scan *s, uint32_t *out)
{
	*out = 0;
	if (s->end - s->p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		uint8_t c = *s->p++;

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*out = *out << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* Behind "\u": no NUL, no half of a pair. */
static bool
escaped_char(struct scan *s, uint32_t *c)
{
	uint32_t low;

	if (!hex4(s, c) || *c == 0 || (*c >= 0xdc00 && *c <= 0xdfff))
		return false;
	if (*c < 0xd800 || *c > 0xdbff)
		return true;
	if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
		return false;
	s->p += 2;
	if (!hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Behind a backslash.  What is written is never longer than what stood. */
static bool
escape(struct scan *s, char **to)
{
	static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
	uint8_t c = peek(s);
	const char *k;
	uint32_t u;

	if (c == 0)
		return false;
	s->p++;
	if (c == 'u') {
		if (!escaped_char(s, &u))
			return false;
		*to += ov_utf8_put(*to, u);
		return true;
	}
	if ((k = strchr(from, c)) == NULL)
		return false;
	*(*to)++ = is[k - from];
	return true;
}

/* How many bytes from here on stand for themselves in a text: ASCII without
 * quote, backslash and control characters.  Eight at a time: a high bit comes
 * up in "odd" where a byte has its own, is below 0x20, or equals one of the
 * two (for a later byte perhaps without cause, which costs a second look). */
static size_t
plain(const struct scan *s)
{
	const uint64_t ones = UINT64_MAX / 255;
	const uint8_t *p = s->p;
	uint64_t w, quote, back, odd;

	for (; s->end - p >= 8; p += 8) {
		memcpy(&w, p, 8);
		quote = w ^ ones * '"';
		back = w ^ ones * '\\';
		odd = w | ((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) |
		      ((back - ones) & ~back);
		if ((odd & ones * 0x80) != 0)
			break;
	}
	while (p < s->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return (size_t)(p - s->p);
}

/* A text from its quote on, unescaped to the end of the block of text, which
 * is as long as the whole document: two quotes make room for the NUL. */
static bool
text(struct scan *s, const char **out, uint32_t *n)
{
	char *first = s->d->text + s->d->used, *to = first;
	bool ok = peek(s) == '"';
	size_t len;
	uint8_t c;

	if (ok)
		s->p++;
	while (ok && (c = peek(s)) != '"') {
		if (c >= 0x80) {
			len = ov_utf8_len(s->p, (size_t)(s->end - s->p));
			memcpy(to, s->p, len);
			to += len;
			s->p += len;
			ok = len > 0;
		} else if (c == '\\') {
			s->p++;
			ok = escape(s, &to);
		} else { /* none: a control character, or the end */
			len = plain(s);
			memcpy(to, s->p, len);
			to += len;
			s->p += len;
			ok = len > 0;
		}
	}
	s->d->used = (size_t)(to - s->d->text); /* wiped in any case */
	if (!ok)
		return false;
	s->p++;
	*to = '\0';
	s->d->used++;
	*out = first;
	*n = (uint32_t)(to - first);
	return true;
}

/* ---- numbers --------------------------------------------------------- */

static size_t
digits(struct scan *s)
{
	const uint8_t *from = s->p;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

static bool
whole(struct scan *s, const uint8_t *from, struct ov_jn *v)
{
	bool minus = *from == '-';
	uint64_t max = (uint64_t)INT64_MAX + minus, u = 0;

	for (from += minus; from < s->p; from++) {
		uint64_t d = (uint64_t)(*from - '0');

		if (u > (max - d) / 10)
			return false;
		u = u * 10 + d;
	}
	v->type = OV_J_INT;
	v->u.i = minus ? (int64_t)(0 - u) : (int64_t)u;
	return true;
}

/* Something stands behind the number (the outermost value is none), which is
 * room for the NUL in the block of text. */
static bool
broken(struct scan *s, const uint8_t *from, struct ov_jn *v)
{
	size_t n = (size_t)(s->p - from);
	char *copy = s->d->text + s->d->used, *end;

	memcpy(copy, from, n);
	copy[n] = '\0';
	s->d->used += n + 1;
	v->type = OV_J_REAL;
	v->u.r = strtod(copy, &end);
	return end == copy + n && isfinite(v->u.r);
}

static bool
number(struct scan *s, size_t at)
{
	const uint8_t *from = s->p;
	struct ov_jn *v = &s->d->node[at];
	bool is_whole = true;

	if (peek(s) == '-')
		s->p++;
	if (peek(s) == '0')
		s->p++;
	else if (digits(s) == 0)
		return false;
	if (peek(s) == '.') {
		is_whole = false;
		s->p++;
		if (digits(s) == 0)
			return false;
	}
	if ((peek(s) | 0x20) == 'e') {
		is_whole = false;
		s->p++;
		if (peek(s) == '+' || peek(s) == '-')
			s->p++;
		if (digits(s) == 0)
			return false;
	}
	if (s->p == s->end)
		return false;
	return is_whole ? whole(s, from, v) : broken(s, from, v);
}

/* ---- values ---------------------------------------------------------- */

static bool
word(struct scan *s, size_t at, const char *w, enum ov_jtype type)
{
	size_t n = strlen(w);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
		return false;
	s->p += n;
	s->d->node[at].type = type;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct ov_jn *x = *(const struct ov_jn *const *)a;
	const struct ov_jn *y = *(const struct ov_jn *const *)b;

	if (x->name_n != y->name_n)
		return x->name_n < y->name_n ? -1 : 1;
	return memcmp(x->name, y->name, x->name_n);
}

/* Is no name of a large object there twice? */
static bool
distinct_sorted(struct scan *s, const struct ov_jn *o)
{
	const struct ov_jn **list = calloc(o->n, sizeof(const struct ov_jn *));
	const struct ov_jn *m;
	size_t n = 0, i = 1;

	if (list == NULL)
		return no_memory(s);
	for (m = ov_jn_first(o); m != NULL; m = ov_jn_next(m))
		list[n++] = m;
	qsort(list, n, sizeof(*list), by_name);
	while (i < n && by_name(&list[i - 1], &list[i]) != 0)
		i++;
	free(list);
	return i >= n;
}

static bool
distinct(struct scan *s, const struct ov_jn *o)
{
	const struct ov_jn *a, *b;

	if (o->n > PAIRS_MAX)
		return distinct_sorted(s, o);
	for (a = ov_jn_first(o); a != NULL; a = ov_jn_next(a))
		for (b = ov_jn_first(o); b != a; b = ov_jn_next(b))
			if (by_name(&a, &b) == 0)
				return false;
	return true;
}

static bool value(struct scan *, size_t at);

/* One member or element, in a new node. */
static bool
child(struct scan *s, bool named, size_t *at)
{
	struct ov_jn *v;

	if (!new_node(s, at))
		return false;
	v = &s->d->node[*at];
	if (named) {
		if (!text(s, &v->name, &v->name_n) || token(s) != ':')
			return false;
		s->p++;
		(void)token(s);
	}
	return value(s, *at);
}

/* An object or array, from its bracket on. */
static bool
children(struct scan *s, size_t at, enum ov_jtype type)
{
	bool named = type == OV_J_OBJECT;
	uint8_t close = named ? '}' : ']';
	size_t last = at, here;

	if (++s->depth > OV_JSON_DEPTH_MAX)
		return false;
	s->d->node[at].type = type;
	s->p++;
	if (token(s) != close) {
		for (;;) {
			if (!child(s, named, &here))
				return false;
			if (last != at)
				s->d->node[last].next = (uint32_t)(here - last);
			last = here;
			s->d->node[at].n++;
			if (token(s) != ',')
				break;
			s->p++;
			(void)token(s);
		}
	}
	if (peek(s) != close)
		return false;
	s->p++;
	s->depth--;
	return !named || distinct(s, &s->d->node[at]);
}

static bool
value(struct scan *s, size_t at)
{
	struct ov_jn *v = &s->d->node[at];

	switch (peek(s)) {
	case '{':
		return children(s, at, OV_J_OBJECT);
	case '[':
		return children(s, at, OV_J_ARRAY);
	case '"':
		v->type = OV_J_TEXT;
		return text(s, &v->u.s, &v->n);
	case 't':
		return word(s, at, "true", OV_J_TRUE);
	case 'f':
		return word(s, at, "false", OV_J_FALSE);
	case 'n':
		return word(s, at, "null", OV_J_NULL);
	default:
		return number(s, at);
	}
}

static bool
document(struct scan *s)
{
	uint8_t c = token(s);
	size_t root;

	return (c == '{' || c == '[') && new_node(s, &root) && value(s, root) &&
	       token(s) == 0 && s->p == s->end;
}

enum ov_rc
ov_jdoc_parse(const void *p, size_t n, size_t max, struct ov_jdoc *d,
    struct ov_err *e)
{
	struct scan s = {.p = p, .start = p, .d = d, .rc = OV_BADMSG};
	bool ok;

	memset(d, 0, sizeof(*d));
	if (n > max || n > UINT32_MAX)
		return ov_fail(e, OV_TOOBIG, "JSON: %zu bytes, at most %zu", n,
		    max);
	if (n == 0)
		return ov_fail(e, OV_BADMSG, "JSON: empty");
	if ((d->text = malloc(n)) == NULL)
		return ov_fail(e, OV_NOSPACE, "JSON: no memory");
	d->size = n;
	s.end = s.start + n;
	ok = document(&s);
	if (ok) {
		d->root = d->node;
		return OV_OK;
	}
	ov_jdoc_free(d);
	if (s.rc == OV_NOSPACE)
		return ov_fail(e, OV_NOSPACE, "JSON: no memory");
	return ov_fail(e, OV_BADMSG, "JSON: not valid at byte %zu",
	    (size_t)(s.p - s.start));
}

/* ---- reading --------------------------------------------------------- */

size_t
ov_jn_count(const struct ov_jn *v)
{
	return ov_jn_is(v, OV_J_OBJECT) || ov_jn_is(v, OV_J_ARRAY) ? v->n : 0;
}

static const struct ov_jn *
get(const struct ov_jn *o, const char *name, size_t n)
{
	const struct ov_jn *m;

	if (!ov_jn_is(o, OV_J_OBJECT))
		return NULL;
	for (m = ov_jn_first(o); m != NULL; m = ov_jn_next(m))
		if (m->name_n == n && memcmp(m->name, name, n) == 0)
			return m;
	return NULL;
}

const struct ov_jn *
ov_jn_get(const struct ov_jn *o, const char *name)
{
	return get(o, name, strlen(name));
}

const struct ov_jn *
ov_jn_at(const struct ov_jn *o, const char *path)
{
	size_t n;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		o = get(o, path, n);
		if (o == NULL || path[n] == '\0')
			return o;
	}
}

struct ov_view
ov_jn_view(const struct ov_jn *v)
{
	if (!ov_jn_is(v, OV_J_TEXT))
		return (struct ov_view){NULL, 0};
	return (struct ov_view){(const uint8_t *)v->u.s, v->n};
}

const char *
ov_jn_text(const struct ov_jn *v)
{
	return ov_jn_is(v, OV_J_TEXT) ? v->u.s : NULL;
}

bool
ov_jn_eq(const struct ov_jn *v, const char *t)
{
	return ov_jn_is(v, OV_J_TEXT) && ov_view_eq(ov_jn_view(v), t);
}

enum ov_rc
ov_jn_b64u(const struct ov_jn *v, void *out, size_t n)
{
	return ov_b64u_exact(ov_jn_view(v), out, n);
}

enum ov_rc
ov_jn_int(const struct ov_jn *v, uint64_t max, uint64_t *out)
{
	*out = 0;
	if (!ov_jn_is(v, OV_J_INT) || v->u.i < 0 || (uint64_t)v->u.i > max ||
	    (uint64_t)v->u.i > OV_JSON_INT_MAX)
		return OV_BADMSG;
	*out = (uint64_t)v->u.i;
	return OV_OK;
}
