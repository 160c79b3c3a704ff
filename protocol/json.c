/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/json.c - jansson's values with memory that is wiped when freed, made
 * of texts by the reader of protocol/jtree.h, written, and the strict reader of
 * objects.
 */
#include "protocol/json.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/b64.h"

/* ---- memory ---------------------------------------------------------- */

/* Values of ours that are nested deeper are not written. */
#define WRITE_DEPTH (8 * OV_JSON_DEPTH_MAX)

/* The size stands in front of what jansson gets. */
#define FRONT alignof(max_align_t)
_Static_assert(FRONT >= sizeof(size_t), "room for the size");

static void *
wiping_malloc(size_t n)
{
	uint8_t *p;

	if (n > SIZE_MAX - FRONT || (p = malloc(n + FRONT)) == NULL)
		return NULL;
	memcpy(p, &n, sizeof(n));
	return p + FRONT;
}

static void
wiping_free(void *v)
{
	uint8_t *p = v;
	size_t n;

	if (p == NULL)
		return;
	p -= FRONT;
	memcpy(&n, p, sizeof(n));
	explicit_bzero(p, n + FRONT);
	free(p);
}

static void
install(void)
{
	json_set_alloc_funcs(wiping_malloc, wiping_free);
}

void
ov_json_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	/* Only a wrong argument can make it fail. */
	(void)pthread_once(&once, install);
}

/* ---- texts ----------------------------------------------------------- */

enum ov_rc
ov_json_parse(const void *p, size_t n, size_t max, json_t **out,
    struct ov_err *e)
{
	OV_JDOC d = {0};
	enum ov_rc rc;

	*out = NULL;
	ov_json_init();
	if ((rc = ov_jdoc_parse(p, n, max, &d, e)) != OV_OK)
		return rc;
	*out = ov_jn_json(d.root);
	return *out != NULL ? OV_OK : ov_fail(e, OV_NOSPACE, "JSON: no memory");
}

void
ov_json_free(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* ---- writing --------------------------------------------------------- */

/* A text in quotes: as it is, but for what RFC 8259 section 7 wants escaped. */
static void
put_text(struct ov_buf *b, const char *s, size_t n)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *end = s + n, *run;
	uint8_t two[2] = {'\\', 0};

	ov_buf_add(b, "\"", 1);
	while (s < end) {
		for (run = s; s < end && (unsigned char)*s >= 0x20 &&
		              *s != '"' && *s != '\\';
		     s++)
			;
		ov_buf_add(b, run, (size_t)(s - run));
		if (s == end)
			break;
		run = *s != '\0' ? strchr(from, *s) : NULL;
		if (run != NULL) {
			two[1] = (uint8_t)to[run - from];
			ov_buf_add(b, two, 2);
		} else {
			ov_buf_fmt(b, "\\u%04X", (unsigned)(unsigned char)*s);
		}
		s++;
	}
	ov_buf_add(b, "\"", 1);
}

static void put(struct ov_buf *, const json_t *, unsigned depth);

static void
put_members(struct ov_buf *b, const json_t *o, unsigned depth)
{
	/* jansson's iterator wants a changeable object; nothing is changed. */
	json_t *j = (json_t *)(uintptr_t)o;
	const char *comma = "{";

	for (void *it = json_object_iter(j); it != NULL;
	     it = json_object_iter_next(j, it)) {
		ov_buf_add(b, comma, 1);
		put_text(b, json_object_iter_key(it),
		    json_object_iter_key_len(it));
		ov_buf_add(b, ":", 1);
		put(b, json_object_iter_value(it), depth);
		comma = ",";
	}
	if (*comma == '{')
		ov_buf_add(b, comma, 1);
	ov_buf_add(b, "}", 1);
}

static void
put_elements(struct ov_buf *b, const json_t *a, unsigned depth)
{
	size_t n = json_array_size(a);

	ov_buf_add(b, "[", 1);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			ov_buf_add(b, ",", 1);
		put(b, json_array_get(a, i), depth);
	}
	ov_buf_add(b, "]", 1);
}

/* jansson knows how to write a number that is not whole. */
static void
put_real(struct ov_buf *b, const json_t *j)
{
	char t[64];
	size_t n = json_dumpb(j, t, sizeof(t), JSON_ENCODE_ANY);

	if (n == 0 || n > sizeof(t))
		b->bad = true;
	else
		ov_buf_add(b, t, n);
}

static void
put(struct ov_buf *b, const json_t *j, unsigned depth)
{
	if (j == NULL || depth > WRITE_DEPTH) { /* or it contains itself */
		b->bad = true;
		return;
	}
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		put_members(b, j, depth + 1);
		break;
	case JSON_ARRAY:
		put_elements(b, j, depth + 1);
		break;
	case JSON_STRING:
		put_text(b, json_string_value(j), json_string_length(j));
		break;
	case JSON_INTEGER:
		ov_buf_fmt(b, "%lld", (long long)json_integer_value(j));
		break;
	case JSON_REAL:
		put_real(b, j);
		break;
	case JSON_TRUE:
		ov_buf_add(b, "true", 4);
		break;
	case JSON_FALSE:
		ov_buf_add(b, "false", 5);
		break;
	case JSON_NULL:
		ov_buf_add(b, "null", 4);
		break;
	}
}

void
ov_json_dump(struct ov_buf *b, const json_t *j)
{
	put(b, j, 0);
}

/* ---- trees ----------------------------------------------------------- */

enum ov_rc
ov_jdoc_of(const json_t *j, struct ov_jdoc *d, struct ov_err *e)
{
	OV_BUF text = {0};
	enum ov_rc rc;

	memset(d, 0, sizeof(*d));
	ov_json_dump(&text, j);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	return ov_jdoc_parse(text.p, text.n, text.n, d, e);
}

static json_t *
children_json(const struct ov_jn *v, json_t *to)
{
	const struct ov_jn *m;
	json_t *j;
	int failed = to == NULL;

	for (m = ov_jn_first(v); m != NULL && failed == 0; m = ov_jn_next(m)) {
		j = ov_jn_json(m);
		/* Both take the reference, also where they fail.  That names
		 * and texts are UTF-8 is what jtree.c has seen to. */
		failed = m->name != NULL ? json_object_setn_new_nocheck(to,
		                               m->name, m->name_n, j)
		                         : json_array_append_new(to, j);
	}
	if (failed == 0)
		return to;
	json_decref(to);
	return NULL;
}

json_t *
ov_jn_json(const struct ov_jn *v)
{
	if (v == NULL)
		return NULL;
	switch (v->type) {
	case OV_J_OBJECT:
		return children_json(v, json_object());
	case OV_J_ARRAY:
		return children_json(v, json_array());
	case OV_J_TEXT:
		return json_stringn_nocheck(v->u.s, v->n);
	case OV_J_INT:
		return json_integer(v->u.i);
	case OV_J_REAL:
		return json_real(v->u.r);
	case OV_J_TRUE:
		return json_true();
	case OV_J_FALSE:
		return json_false();
	case OV_J_NULL:
		break;
	}
	return json_null();
}

bool
ov_jn_same(const struct ov_jn *v, const json_t *j)
{
	if (json_is_boolean(j))
		return ov_jn_is(v, json_is_true(j) ? OV_J_TRUE : OV_J_FALSE);
	return json_is_string(j) && ov_jn_eq(v, json_string_value(j));
}

struct ov_view
ov_json_view(const json_t *j)
{
	if (!json_is_string(j))
		return (struct ov_view){NULL, 0};
	return (struct ov_view){(const uint8_t *)json_string_value(j),
	    json_string_length(j)};
}

enum ov_rc
ov_json_b64u(const json_t *j, void *out, size_t n)
{
	return ov_b64u_exact(ov_json_view(j), out, n);
}

enum ov_rc
ov_json_int(const json_t *j, uint64_t max, uint64_t *out)
{
	json_int_t v;

	*out = 0;
	if (!json_is_integer(j))
		return OV_BADMSG;
	v = json_integer_value(j);
	if (v < 0 || (uint64_t)v > max || (uint64_t)v > OV_JSON_INT_MAX)
		return OV_BADMSG;
	*out = (uint64_t)v;
	return OV_OK;
}

/* ---- reading an object ----------------------------------------------- */

void
ov_jo_init(struct ov_jobj *r, const json_t *o, const char *path)
{
	memset(r, 0, sizeof(*r));
	r->o = o;
	r->path = path;
	if (!json_is_object(o))
		ov_jo_fail(r, "",
		    o == NULL ? OV_REDEN_ONTBREEKT : OV_REDEN_TYPE);
}

void
ov_jo_fail(struct ov_jobj *r, const char *name, enum ov_reden reden)
{
	if (r->bad != NULL)
		return;
	r->bad = name;
	r->reden = reden;
	r->rc = reden == OV_REDEN_TE_LANG ? OV_TOOBIG : OV_BADMSG;
}

/* Remember that the member was asked for. */
static json_t *
mark(struct ov_jobj *r, const char *name, json_t *v)
{
	uint16_t i;

	for (i = 0; i < r->ntaken; i++)
		if (strcmp(r->taken[i], name) == 0)
			return v;
	if (r->ntaken == OV_JOBJ_MEMBERS_MAX) {
		ov_jo_fail(r, name, OV_REDEN_ONBEKEND_LID);
		return NULL;
	}
	r->taken[r->ntaken++] = name;
	return v;
}

static json_t *
take(struct ov_jobj *r, const char *name)
{
	json_t *v;

	if (r->bad != NULL)
		return NULL;
	v = json_object_get(r->o, name);
	if (v == NULL) {
		ov_jo_fail(r, name, OV_REDEN_ONTBREEKT);
		return NULL;
	}
	return mark(r, name, v);
}

/* The same, of one JSON type. */
static json_t *
take_type(struct ov_jobj *r, const char *name, json_type type)
{
	json_t *v = take(r, name);

	if (v == NULL)
		return NULL;
	if (json_typeof(v) != type) {
		ov_jo_fail(r, name, OV_REDEN_TYPE);
		return NULL;
	}
	return v;
}

bool
ov_jo_has(const struct ov_jobj *r, const char *name)
{
	return r->bad == NULL && json_object_get(r->o, name) != NULL;
}

bool
ov_jo_null(struct ov_jobj *r, const char *name)
{
	json_t *v;

	if (r->bad != NULL)
		return false;
	v = json_object_get(r->o, name);
	return json_is_null(v) && mark(r, name, v) != NULL;
}

struct ov_view
ov_jo_view(struct ov_jobj *r, const char *name, size_t min, size_t max)
{
	json_t *j = take_type(r, name, JSON_STRING);
	struct ov_view v = ov_json_view(j);

	if (j == NULL)
		return v;
	if (v.n >= min && v.n <= max)
		return v;
	ov_jo_fail(r, name, v.n > max ? OV_REDEN_TE_LANG : OV_REDEN_PATROON);
	return (struct ov_view){NULL, 0};
}

static const char *
text(struct ov_view v)
{
	/* jansson ends its strings with a NUL and admits none inside. */
	return v.p != NULL ? (const char *)v.p : "";
}

const char *
ov_jo_str(struct ov_jobj *r, const char *name, size_t max)
{
	return text(ov_jo_view(r, name, 1, max));
}

const char *
ov_jo_str0(struct ov_jobj *r, const char *name, size_t max)
{
	return text(ov_jo_view(r, name, 0, max));
}

const char *
ov_jo_str_opt(struct ov_jobj *r, const char *name, size_t max)
{
	return ov_jo_has(r, name) ? ov_jo_str(r, name, max) : NULL;
}

void
ov_jo_lit(struct ov_jobj *r, const char *name, const char *value)
{
	const char *const words[] = {value, NULL};

	(void)ov_jo_word(r, name, words);
}

int
ov_jo_word(struct ov_jobj *r, const char *name, const char *const *words)
{
	json_t *j = take_type(r, name, JSON_STRING);
	int i;

	if (j == NULL)
		return -1;
	for (i = 0; words[i] != NULL; i++)
		if (ov_view_eq(ov_json_view(j), words[i]))
			return i;
	ov_jo_fail(r, name, OV_REDEN_CODE);
	return -1;
}

uint64_t
ov_jo_range(struct ov_jobj *r, const char *name, uint64_t min, uint64_t max)
{
	json_t *j = take_type(r, name, JSON_INTEGER);
	uint64_t v;

	if (j == NULL)
		return 0;
	if (ov_json_int(j, max, &v) == OV_OK && v >= min)
		return v;
	ov_jo_fail(r, name, OV_REDEN_PATROON);
	return 0;
}

uint64_t
ov_jo_int(struct ov_jobj *r, const char *name, uint64_t max)
{
	return ov_jo_range(r, name, 0, max);
}

bool
ov_jo_bool(struct ov_jobj *r, const char *name)
{
	json_t *v = take(r, name);

	if (v != NULL && !json_is_boolean(v))
		ov_jo_fail(r, name, OV_REDEN_TYPE);
	return json_is_true(v);
}

json_t *
ov_jo_obj(struct ov_jobj *r, const char *name)
{
	return take_type(r, name, JSON_OBJECT);
}

json_t *
ov_jo_arr(struct ov_jobj *r, const char *name, size_t max)
{
	json_t *v = take_type(r, name, JSON_ARRAY);

	if (v != NULL && json_array_size(v) > max) {
		ov_jo_fail(r, name, OV_REDEN_TE_LANG);
		return NULL;
	}
	return v;
}

json_t *
ov_jo_any(struct ov_jobj *r, const char *name)
{
	return take(r, name);
}

void
ov_jo_b64u(struct ov_jobj *r, const char *name, void *out, size_t n)
{
	json_t *j = take_type(r, name, JSON_STRING);

	/* No text: the decoder zeroes out. */
	if (ov_b64u_exact(ov_json_view(j), out, n) != OV_OK || j == NULL)
		ov_jo_fail(r, name, OV_REDEN_PATROON);
}

void
ov_jo_b64(struct ov_jobj *r, const char *name, void *out, size_t n)
{
	json_t *j = take_type(r, name, JSON_STRING);

	if (ov_b64_exact(ov_json_view(j), out, n) != OV_OK || j == NULL)
		ov_jo_fail(r, name, OV_REDEN_PATROON);
}

void
ov_jo_oin(struct ov_jobj *r, const char *name, struct ov_oin *out)
{
	json_t *j = take_type(r, name, JSON_STRING);

	if (ov_oin_parse(ov_json_view(j), out) != OV_OK)
		ov_jo_fail(r, name, OV_REDEN_PATROON);
}

void
ov_jo_date(struct ov_jobj *r, const char *name, struct ov_date *out)
{
	json_t *j = take_type(r, name, JSON_STRING);

	if (ov_date_parse(ov_json_view(j), out) != OV_OK)
		ov_jo_fail(r, name, OV_REDEN_PATROON);
}

void
ov_jo_moment(struct ov_jobj *r, const char *name, int64_t *out)
{
	json_t *j = take_type(r, name, JSON_STRING);

	if (ov_moment_parse(ov_json_view(j), out) != OV_OK)
		ov_jo_fail(r, name, OV_REDEN_PATROON);
}

enum ov_rc
ov_jo_end(struct ov_jobj *r, struct ov_err *e)
{
	if (r->bad == NULL && json_object_size(r->o) != r->ntaken)
		ov_jo_fail(r, "", OV_REDEN_ONBEKEND_LID);
	if (r->bad == NULL)
		return OV_OK;
	return ov_fail(e, r->rc, "%s%s%s: %s", r->path,
	    r->bad[0] != '\0' ? "." : "", r->bad, ov_reden_code(r->reden));
}

/* ---- problem documents ------------------------------------------------ */

void
ov_fout_problem(struct ov_buf *b, enum ov_fout f, const json_t *extra)
{
	OV_BUF text = {0};
	struct ov_view members = {NULL, 0};

	if (json_object_size(extra) > 0) {
		ov_json_dump(&text, extra);
		if (text.bad) {
			b->bad = true;
			return;
		}
		/* Without its braces. */
		members = (struct ov_view){text.p + 1, text.n - 2};
	}
	ov_fout_problem_raw(b, f, members);
}
