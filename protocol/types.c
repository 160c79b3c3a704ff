/* SPDX-License-Identifier: EUPL-1.2 */
/* Walks the content of a message along its type's fields, and answers
 * questions about the tables. */
#include <stdlib.h>
#include <string.h>

#include "protocol/types_int.h"
#include "protocol/vorm.h"

/* ---- looking things up ---- */

const struct ov_codelist *
ov_lijst_find(const struct ov_types *t, const char *naam)
{
	size_t i;

	for (i = 0; i < t->nlijst; i++)
		if (strcmp(t->lijst[i].naam, naam) == 0)
			return &t->lijst[i];
	return NULL;
}

bool
ov_lijst_has(const struct ov_codelist *l, const char *code)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->code[i].code, code) == 0)
			return true;
	return false;
}

const struct ov_code *
ov_lijst_code(const struct ov_codelist *l, const char *code, size_t n,
    int32_t dag)
{
	size_t lo = 0, hi = l->n, mid;

	if (strlen(code) != n)
		return NULL;
	while (lo < hi) { /* the first that is not less */
		mid = lo + (hi - lo) / 2;
		if (strcmp(l->sorted[mid]->code, code) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->n && strcmp(l->sorted[lo]->code, code) == 0; lo++)
		if (ov_span_has(l->sorted[lo]->geldig, dag))
			return l->sorted[lo];
	return NULL;
}

const struct ov_field *
ov_groep_field(const struct ov_groep *g, const char *naam, size_t n)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ov_field *f = &g->f[g->sorted[mid]];
		int c = memcmp(f->naam, naam, f->len < n ? f->len : n);

		if (c == 0 && f->len == n)
			return f;
		if (c < 0 || (c == 0 && f->len < n))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct ov_grond *
ov_grond_find(const struct ov_types *t, const char *code, int32_t dag)
{
	size_t i;

	for (i = 0; i < t->ngrond; i++)
		if (strcmp(t->grond[i].code, code) == 0 &&
		    ov_span_has(t->grond[i].geldig, dag))
			return &t->grond[i];
	return NULL;
}

const struct ov_toestaat *
ov_grond_type(const struct ov_grond *g, const char *srt)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (strcmp(g->typen[i].srt, srt) == 0)
			return &g->typen[i];
	return NULL;
}

bool
ov_ground_known(const struct ov_types *t, const char *code)
{
	size_t i;

	for (i = 0; i < t->ngrond; i++)
		if (strcmp(t->grond[i].code, code) == 0)
			return true;
	return false;
}

bool
ov_ground_serves(const struct ov_types *t, const char *code, const char *srt,
    const char *datum)
{
	const struct ov_grond *g;
	int32_t dag;

	if (!ov_dag(datum, strlen(datum), &dag))
		return false;
	g = ov_grond_find(t, code, dag);
	return g != NULL && ov_grond_type(g, srt) != NULL;
}

static const struct ov_type *
find_type(const struct ov_types *t, const char *srt, int32_t dag)
{
	size_t i;

	for (i = 0; i < t->ntype; i++)
		if (strcmp(t->type[i].srt, srt) == 0 &&
		    ov_span_has(t->type[i].geldig, dag))
			return &t->type[i];
	return NULL;
}

const struct ov_type *
ov_types_find(const struct ov_types *t, const char *srt, const char *datum)
{
	int32_t dag;

	if (!ov_dag(datum, strlen(datum), &dag))
		return NULL;
	return find_type(t, srt, dag);
}

const struct ov_type *
ov_types_latest(const struct ov_types *t, const char *srt)
{
	const struct ov_type *y = NULL;
	size_t i;

	for (i = 0; i < t->ntype; i++)
		if (strcmp(t->type[i].srt, srt) == 0 &&
		    (y == NULL || t->type[i].geldig.van > y->geldig.van))
			y = &t->type[i];
	return y;
}

bool
ov_types_known(const struct ov_types *t, const char *srt)
{
	size_t i;

	for (i = 0; i < t->ntype; i++)
		if (strcmp(t->type[i].srt, srt) == 0)
			return true;
	return false;
}

const char *
ov_type_srt(const struct ov_type *y)
{
	return y->srt;
}

const char *
ov_type_schema(const struct ov_type *y)
{
	return y->schema;
}

/* Is this one of the words that go with a pid? */
static bool
pid_word(const struct ov_type *y, const char *v)
{
	for (size_t i = 0; i < json_array_size(y->pid_is); i++) {
		const char *s = json_string_value(json_array_get(y->pid_is, i));

		if (s != NULL && strcmp(s, v) == 0)
			return true;
	}
	return false;
}

bool
ov_type_has_pid(const struct ov_type *y, const struct ov_jn *inhoud)
{
	const char *v;

	if (y->pid_als == NULL || inhoud == NULL)
		return y->pid || y->pid_als != NULL;
	v = ov_jn_text(ov_jn_get(inhoud, y->pid_als + 1));
	return v != NULL && pid_word(y, v);
}

bool
ov_type_has_pid_json(const struct ov_type *y, const json_t *inhoud)
{
	const char *v;

	if (y->pid_als == NULL || inhoud == NULL)
		return y->pid || y->pid_als != NULL;
	v = json_string_value(json_object_get(inhoud, y->pid_als + 1));
	return v != NULL && pid_word(y, v);
}

size_t
ov_type_betreft(const struct ov_type *y, const struct ov_betreft *out[2])
{
	size_t n = 0;

	if (y->betreft.lid != NULL)
		out[n++] = &y->betreft;
	if (y->vervolg.lid != NULL)
		out[n++] = &y->vervolg;
	return n;
}

bool
ov_betreft_mag(const struct ov_betreft *b, const char *srt)
{
	for (size_t i = 0; i < json_array_size(b->typen); i++) {
		const char *s = json_string_value(json_array_get(b->typen, i));

		if (s != NULL && strcmp(s, srt) == 0)
			return true;
	}
	return false;
}

bool
ov_type_linked_only(const struct ov_type *y)
{
	return y->koppeling;
}

const struct ov_field *
ov_type_nth(const struct ov_types *t, const struct ov_type *y,
    const struct ov_field *groep, size_t i)
{
	const struct ov_groep *g = groep != NULL ? groep->groep : &y->groep;

	(void)t;
	return g != NULL && i < g->n ? &g->f[i] : NULL;
}

/* One step of a pointer below a list: an index. */
static bool
is_index(const char *p, size_t n, uint32_t max)
{
	uint32_t v = 0;
	size_t i;

	if (n == 0 || n > 4 || (n > 1 && p[0] == '0'))
		return false;
	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(p[i] - '0');
	}
	return v < max;
}

const struct ov_field *
ov_type_field(const struct ov_types *t, const struct ov_type *y,
    const char *pad)
{
	const struct ov_groep *g = &y->groep;
	const struct ov_field *f = NULL;
	size_t n;

	(void)t;
	while (*pad == '/') {
		n = strcspn(++pad, "/");
		if (f != NULL && f->list && is_index(pad, n, f->lmax)) {
			pad += n;
			if (*pad == '\0')
				return f;
			if (f->groep == NULL)
				return NULL;
			n = strcspn(++pad, "/");
		}
		if (f != NULL && f->soort == OV_S_KAART && pad[n] == '\0')
			return ov_lijst_code(f->sleutels, pad, n,
			           f->sleutels->code[0].geldig.van) != NULL
			           ? f
			           : NULL;
		if (g == NULL || (f = ov_groep_field(g, pad, n)) == NULL)
			return NULL;
		g = f->groep;
		pad += n;
	}
	return f;
}

enum ov_soort
ov_field_soort(const struct ov_field *f)
{
	return f->soort;
}

const char *
ov_field_name(const struct ov_field *f)
{
	return f->naam;
}

const char *
ov_field_shape(const struct ov_field *f)
{
	return f->soort == OV_S_PATROON ? ov_vorm_names[f->vorm] : NULL;
}

bool
ov_field_is_list(const struct ov_field *f)
{
	return f->list;
}

size_t
ov_field_list_max(const struct ov_field *f)
{
	return f->lmax;
}

size_t
ov_field_max(const struct ov_field *f)
{
	return f->soort == OV_S_TEKST || f->soort == OV_S_DECIMAAL ? f->max : 0;
}

bool
ov_field_required(const struct ov_field *f)
{
	return f->lmin > 0;
}

const char *
ov_field_code(const struct ov_types *t, const struct ov_field *f,
    const char *code, const char *datum)
{
	int32_t dag;
	size_t i;

	(void)t;
	if (f->lijst == NULL || !ov_dag(datum, strlen(datum), &dag))
		return NULL;
	for (i = 0; i < f->lijst->n; i++)
		if (strcasecmp(f->lijst->code[i].code, code) == 0 &&
		    ov_span_has(f->lijst->code[i].geldig, dag))
			return f->lijst->code[i].code;
	return NULL;
}

const char *
ov_code_text(const struct ov_types *t, const char *lijst, const char *code,
    const char *datum)
{
	const struct ov_codelist *l = ov_lijst_find(t, lijst);
	const struct ov_code *c;
	int32_t dag;

	if (l == NULL || !ov_dag(datum, strlen(datum), &dag))
		return NULL;
	c = ov_lijst_code(l, code, strlen(code), dag);
	return c != NULL ? c->tekst : NULL;
}

const char *
ov_code_nth(const struct ov_types *t, const char *lijst, size_t i)
{
	const struct ov_codelist *l = ov_lijst_find(t, lijst);

	return l != NULL && i < l->n ? l->code[i].code : NULL;
}

uint8_t
ov_field_deel(const struct ov_field *f)
{
	return f->deel;
}

/* ---- faults ---- */

json_t *
ov_fouten_json(const struct ov_fouten *w)
{
	json_t *arr = json_array(), *o;
	size_t i;

	for (i = 0; arr != NULL && i < w->n; i++) {
		o = json_pack("{s:s,s:s}", "pad", w->f[i].pad, "reden",
		    ov_reden_code(w->f[i].reden));
		if (o == NULL || json_array_append_new(arr, o) != 0) {
			json_decref(arr);
			return NULL;
		}
	}
	return arr;
}
