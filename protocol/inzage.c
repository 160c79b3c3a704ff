/* SPDX-License-Identifier: EUPL-1.2 */
/* The page for inspection: content to lines of words. */
#include "protocol/inzage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/types_int.h"

#define TABLE_MAX ((size_t)1 << 20)
#define AGES_MAX 20

struct ov_inzage {
	const struct ov_types *types;
	json_t *doc;
	const json_t *stem, *koppen, *verzwegen, *velden;
};

/* Every member is a text. */
static bool
texts(const json_t *o)
{
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, k, v)
	{
		if (!json_is_string(v) || json_string_length(v) == 0)
			return false;
	}
	return true;
}

/* Row i of a list in which the rows before are good. */
static enum ov_rc
load_age(const json_t *list, size_t i, struct ov_err *e)
{
	const json_t *js = json_array_get(list, i);
	struct ov_jobj o;
	struct ov_date van, tot;
	const char *a, *b;

	ov_jo_init(&o, js, "eigenStem");
	(void)ov_jo_range(&o, "leeftijd", 12, 21);
	ov_jo_date(&o, "geldigVan", &van);
	if (ov_jo_has(&o, "geldigTot")) {
		ov_jo_date(&o, "geldigTot", &tot);
		if (o.bad == NULL && ov_date_days(tot) < ov_date_days(van))
			ov_jo_fail(&o, "geldigTot", OV_REDEN_VERBODEN);
	}
	/* Dates in their text sort as dates. */
	b = json_string_value(json_object_get(js, "geldigTot"));
	for (size_t k = 0; k < i && o.bad == NULL; k++) {
		const json_t *was = json_array_get(list, k);
		const char *van_was = json_string_value(
		    json_object_get(was, "geldigVan"));

		a = json_string_value(json_object_get(was, "geldigTot"));
		if ((a == NULL ||
		        strcmp(a, json_string_value(json_object_get(js,
		                      "geldigVan"))) >= 0) &&
		    (b == NULL || strcmp(b, van_was) >= 0))
			ov_jo_fail(&o, "geldigVan", OV_REDEN_VERBODEN);
	}
	(void)ov_jo_str(&o, "bron", 200);
	return ov_jo_end(&o, e);
}

enum ov_rc
ov_inzage_load(const struct ov_types *types, struct ov_view text,
    struct ov_inzage **out, struct ov_err *e)
{
	struct ov_inzage *z = calloc(1, sizeof(*z));
	struct ov_jobj o;
	enum ov_rc rc;

	*out = NULL;
	if (z == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	z->types = types;
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &z->doc, e);
	if (rc == OV_OK) {
		ov_jo_init(&o, z->doc, "inzage");
		(void)ov_jo_range(&o, "versie", 1, 1);
		z->stem = ov_jo_arr(&o, "eigenStem", AGES_MAX);
		z->koppen = ov_jo_obj(&o, "koppen");
		z->verzwegen = ov_jo_arr(&o, "verzwegen", 40);
		z->velden = ov_jo_obj(&o, "velden");
		if (o.bad == NULL && !texts(z->koppen))
			ov_jo_fail(&o, "koppen", OV_REDEN_TYPE);
		if (o.bad == NULL && !texts(z->velden))
			ov_jo_fail(&o, "velden", OV_REDEN_TYPE);
		for (size_t i = 0; o.bad == NULL && ov_deel_names[i] != NULL;
		     i++)
			if (json_object_get(z->koppen, ov_deel_names[i]) ==
			    NULL)
				ov_jo_fail(&o, "koppen", OV_REDEN_ONTBREEKT);
		rc = ov_jo_end(&o, e);
	}
	for (size_t i = 0; rc == OV_OK && i < json_array_size(z->stem); i++)
		if ((rc = load_age(z->stem, i, e)) != OV_OK)
			rc = ov_while(e, rc, "eigenStem[%zu]", i);
	if (rc != OV_OK) {
		ov_inzage_free(z);
		return ov_while(e, rc, "inzage.json");
	}
	*out = z;
	return OV_OK;
}

void
ov_inzage_free(struct ov_inzage *z)
{
	if (z == NULL)
		return;
	json_decref(z->doc);
	free(z);
}

const char *
ov_inzage_kop(const struct ov_inzage *z, const char *veld)
{
	return json_string_value(json_object_get(z->velden, veld));
}

static bool
silent(const struct ov_inzage *z, const char *veld)
{
	const json_t *v;
	size_t i;

	json_array_foreach(z->verzwegen, i, v)
	{
		const char *s = json_string_value(v);

		if (s != NULL && strcmp(s, veld) == 0)
			return true;
	}
	return false;
}

unsigned
ov_inzage_leeftijd(const struct ov_inzage *z, const char *datum)
{
	const json_t *r;
	unsigned out = 0;
	size_t i;

	json_array_foreach(z->stem, i, r)
	{
		const char *van = json_string_value(
		    json_object_get(r, "geldigVan"));
		const char *tot = json_string_value(
		    json_object_get(r, "geldigTot"));

		if (strcmp(van, datum) <= 0 &&
		    (tot == NULL || strcmp(datum, tot) <= 0))
			out = (unsigned)json_integer_value(
			    json_object_get(r, "leeftijd"));
	}
	return out;
}

/* ---- lines ---- */

struct page {
	const struct ov_inzage *z;
	json_t *out;
	int32_t dag;
};

static void
line(struct page *p, unsigned diepte, const char *kop, const char *waarde)
{
	json_t *r = json_pack("{s:i,s:s,s:s}", "diepte", (int)diepte, "kop",
	    kop, "waarde", waarde);

	if (p->out == NULL || r == NULL ||
	    json_array_append_new(p->out, r) != 0) {
		json_decref(p->out);
		p->out = NULL;
	}
}

/* A code is shown by its text; one without text on that day by the text of any
 * day. */
static const char *
code_text(const struct page *p, const struct ov_codelist *l, const char *code)
{
	const struct ov_code *c = ov_lijst_code(l, code, strlen(code), p->dag);

	if (c != NULL)
		return c->tekst;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->code[i].code, code) == 0)
			return l->code[i].tekst;
	return code;
}

static void
date_text(const char *s, struct ov_buf *b)
{
	struct ov_date d;
	char t[OV_DATE_SIZE];

	if (ov_date_parse(ov_view_str(s), &d) != OV_OK) {
		ov_buf_str(b, s);
		return;
	}
	ov_date_fmt_nl(t, d);
	ov_buf_str(b, t);
}

static void
value(const struct page *p, const struct ov_field *f, const json_t *v,
    struct ov_buf *b)
{
	const char *s = json_string_value(v);

	if (json_is_boolean(v)) {
		ov_buf_str(b, json_is_true(v) ? "ja" : "nee");
	} else if (json_is_integer(v)) {
		ov_buf_fmt(b, "%lld", (long long)json_integer_value(v));
	} else if (s == NULL) {
		return;
	} else if (f->soort == OV_S_CODE && f->lijst != NULL) {
		ov_buf_str(b, code_text(p, f->lijst, s));
	} else if (f->soort == OV_S_DATUM) {
		date_text(s, b);
	} else if (f->soort == OV_S_DECIMAAL) {
		for (; *s != '\0'; s++)
			ov_buf_add(b, *s == '.' ? "," : s, 1);
	} else {
		ov_buf_str(b, s);
	}
}

static void groep(struct page *, const struct ov_groep *, const json_t *,
    unsigned diepte, uint8_t deel, uint8_t want);

/* A map: which code has which code. */
static void
kaart(struct page *p, const struct ov_field *f, const json_t *v,
    unsigned diepte)
{
	const char *k;
	json_t *w;

	json_object_foreach((json_t *)(uintptr_t)v, k, w)
	{
		const char *s = json_string_value(w);

		if (s != NULL)
			line(p, diepte, code_text(p, f->sleutels, k),
			    code_text(p, f->lijst, s));
	}
}

static void
field(struct page *p, const struct ov_field *f, const json_t *v,
    const char *kop, unsigned diepte, uint8_t own, uint8_t want)
{
	OV_BUF b = {0}, name = {0};
	const json_t *el;
	size_t i;

	if (f->groep != NULL && json_is_array(v)) {
		json_array_foreach(v, i, el)
		{
			ov_buf_reset(&name);
			ov_buf_fmt(&name, "%s %zu", kop, i + 1);
			line(p, diepte,
			    json_array_size(v) > 1 && ov_buf_text(&name) != NULL
			        ? ov_buf_text(&name)
			        : kop,
			    "");
			groep(p, f->groep, el, diepte + 1, own, want);
		}
	} else if (f->groep != NULL) {
		line(p, diepte, kop, "");
		groep(p, f->groep, v, diepte + 1, own, want);
	} else if (f->soort == OV_S_KAART) {
		line(p, diepte, kop, "");
		kaart(p, f, v, diepte + 1);
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, el)
		{
			if (i > 0)
				ov_buf_str(&b, "; ");
			value(p, f, el, &b);
		}
		line(p, diepte, kop,
		    ov_buf_text(&b) != NULL ? ov_buf_text(&b) : "");
	} else {
		value(p, f, v, &b);
		line(p, diepte, kop,
		    ov_buf_text(&b) != NULL ? ov_buf_text(&b) : "");
	}
}

static void
groep(struct page *p, const struct ov_groep *g, const json_t *o,
    unsigned diepte, uint8_t deel, uint8_t want)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct ov_field *f = &g->f[i];
		uint8_t own = f->deel != 0 ? f->deel : deel;
		const json_t *v = json_object_get(o, f->naam);
		const char *kop = ov_inzage_kop(p->z, f->naam);

		if (v != NULL && own == want && !silent(p->z, f->naam))
			field(p, f, v, kop != NULL ? kop : f->naam, diepte, own,
			    want);
	}
}

json_t *
ov_inzage_regels(const struct ov_inzage *z, const char *srt,
    const json_t *inhoud, const char *datum)
{
	const struct ov_type *y = ov_types_latest(z->types, srt);
	struct page p = {.z = z, .out = json_array()};
	size_t before;

	if (y == NULL || !ov_dag(datum, strlen(datum), &p.dag))
		return p.out;
	for (size_t i = 0; ov_deel_names[i] != NULL; i++) {
		line(&p, 0,
		    json_string_value(
		        json_object_get(z->koppen, ov_deel_names[i])),
		    "");
		before = json_array_size(p.out);
		groep(&p, &y->groep, inhoud, 1, OV_D_ALGEMEEN,
		    (uint8_t)(1u << i));
		if (json_array_size(p.out) == before && before > 0)
			(void)json_array_remove(p.out, before - 1);
	}
	return p.out;
}
