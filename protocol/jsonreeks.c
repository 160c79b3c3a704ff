/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/jsonreeks.c - a machine of one byte at a time that finds where an
 * object ends.
 */
#include "protocol/jsonreeks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"

enum state {
	ST_BOM,   /* nothing read yet, or part of a BOM */
	ST_START, /* before the first object or the bracket */
	ST_FIRST, /* behind the bracket */
	ST_ELEM,  /* behind a comma */
	ST_NEXT,  /* behind an object of an array */
	ST_LINES, /* behind an object that stands by itself */
	ST_DONE,  /* behind the closing bracket */
	ST_OBJECT,
	ST_FAILED,
};

struct ov_jsonreeks {
	ov_jsonreeks_fn *fn;
	void *arg;
	enum state st;
	bool array, string, escape;
	size_t bom, depth;
	uint64_t nr;
	struct ov_buf obj;
};

struct ov_jsonreeks *
ov_jsonreeks_new(ov_jsonreeks_fn *fn, void *arg)
{
	struct ov_jsonreeks *r = calloc(1, sizeof(*r));

	if (r != NULL) {
		r->fn = fn;
		r->arg = arg;
	}
	return r;
}

void
ov_jsonreeks_free(struct ov_jsonreeks *r)
{
	if (r == NULL)
		return;
	ov_buf_free(&r->obj);
	free(r);
}

uint64_t
ov_jsonreeks_count(const struct ov_jsonreeks *r)
{
	return r->nr;
}

static enum ov_rc
bad(const struct ov_jsonreeks *r, struct ov_err *e)
{
	return ov_fail(e, OV_BADMSG, "no JSON behind object %" PRIu64, r->nr);
}

static enum ov_rc
object_done(struct ov_jsonreeks *r, struct ov_err *e)
{
	OV_JSON *v = NULL;
	enum ov_rc rc;

	r->nr++;
	rc = ov_buf_ok(&r->obj, e);
	if (rc == OV_OK)
		rc = ov_json_parse(r->obj.p, r->obj.n, OV_JSONREEKS_MAX, &v, e);
	if (rc != OV_OK)
		return ov_while(e, rc, "object %" PRIu64, r->nr);
	r->st = r->array ? ST_NEXT : ST_LINES;
	rc = r->fn(r->arg, r->nr, v, e);
	ov_buf_reset(&r->obj);
	return rc;
}

/* A byte of an object; true at its last. */
static bool
object_byte(struct ov_jsonreeks *r, char c)
{
	if (r->string) {
		if (r->escape)
			r->escape = false;
		else if (c == '\\')
			r->escape = true;
		else if (c == '"')
			r->string = false;
	} else if (c == '"') {
		r->string = true;
	} else if (c == '{' || c == '[') {
		r->depth++;
	} else if (c == '}' || c == ']') {
		r->depth--;
	}
	return r->depth == 0;
}

/* A byte between objects. */
static enum ov_rc
between(struct ov_jsonreeks *r, char c, struct ov_err *e)
{
	bool open = r->st == ST_START || r->st == ST_FIRST ||
	            r->st == ST_ELEM || r->st == ST_LINES;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		return OV_OK;
	if (c == '{' && open) {
		r->st = ST_OBJECT;
		r->depth = 1;
		ov_buf_add(&r->obj, &c, 1);
	} else if (c == '[' && r->st == ST_START) {
		r->st = ST_FIRST;
		r->array = true;
	} else if (c == ',' && r->st == ST_NEXT) {
		r->st = ST_ELEM;
	} else if (c == ']' && (r->st == ST_FIRST || r->st == ST_NEXT)) {
		r->st = ST_DONE;
	} else {
		return bad(r, e);
	}
	return OV_OK;
}

static enum ov_rc
one_byte(struct ov_jsonreeks *r, char c, struct ov_err *e)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (r->st == ST_BOM) {
		if (c == bom[r->bom]) {
			if (++r->bom == 3)
				r->st = ST_START;
			return OV_OK;
		}
		if (r->bom > 0)
			return bad(r, e);
		r->st = ST_START;
	}
	if (r->st != ST_OBJECT)
		return between(r, c, e);
	if (r->obj.n == OV_JSONREEKS_MAX)
		return ov_fail(e, OV_TOOBIG, "object %" PRIu64 " is too long",
		    r->nr + 1);
	ov_buf_add(&r->obj, &c, 1);
	return object_byte(r, c) ? object_done(r, e) : OV_OK;
}

enum ov_rc
ov_jsonreeks_push(struct ov_jsonreeks *r, const void *p, size_t n,
    struct ov_err *e)
{
	const char *s = p;
	enum ov_rc rc;

	if (r->st == ST_FAILED)
		return bad(r, e);
	for (size_t i = 0; i < n; i++)
		if ((rc = one_byte(r, s[i], e)) != OV_OK) {
			r->st = ST_FAILED;
			return rc;
		}
	return OV_OK;
}

enum ov_rc
ov_jsonreeks_end(struct ov_jsonreeks *r, struct ov_err *e)
{
	return r->st == ST_DONE || r->st == ST_LINES ? OV_OK : bad(r, e);
}
