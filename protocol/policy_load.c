/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads the authorisation matrix and the region's decisions, and refuses what
 * contradicts itself. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/policy_int.h"

#define TABLE_MAX ((size_t)1 << 20)
#define BESLUITEN_MAX 100
#define ONDERWERP_MAX 40

static bool
spans_meet(struct ov_span a, struct ov_span b)
{
	return a.van <= b.tot && b.van <= a.tot;
}

static void
read_span(struct ov_jobj *o, struct ov_span *s)
{
	struct ov_date d;

	s->tot = OV_SPAN_OPEN;
	ov_jo_date(o, "geldigVan", &d);
	s->van = o->rc == OV_OK ? ov_date_days(d) : 0;
	if (ov_jo_has(o, "geldigTot")) {
		ov_jo_date(o, "geldigTot", &d);
		if (o->rc == OV_OK && (s->tot = ov_date_days(d)) < s->van)
			ov_jo_fail(o, "geldigTot", OV_REDEN_PATROON);
	}
}

static enum ov_rc
load_limits(struct ov_policy *p, const json_t *arr, struct ov_err *e)
{
	size_t i, j;
	enum ov_rc rc;

	p->nlimit = json_array_size(arr);
	p->limit = calloc(p->nlimit + 1, sizeof(*p->limit));
	if (p->limit == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (i = 0; i < p->nlimit; i++) {
		struct limit *l = &p->limit[i];
		struct ov_jobj o;

		ov_jo_init(&o, json_array_get(arr, i), "leeftijd");
		l->naam = ov_jo_str(&o, "naam", 40);
		l->jaren = (unsigned)ov_jo_range(&o, "jaren", 1, 120);
		l->bron = ov_jo_str(&o, "bron", 200);
		read_span(&o, &l->geldig);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return ov_while(e, rc, "leeftijden %zu", i);
		for (j = 0; j < i; j++)
			if (strcmp(p->limit[j].naam, l->naam) == 0 &&
			    spans_meet(p->limit[j].geldig, l->geldig))
				return ov_fail(e, OV_BADMSG,
				    "leeftijden %zu: %s twice at one time", i,
				    l->naam);
	}
	return OV_OK;
}

static unsigned
read_roles(struct ov_jobj *o, const char *name)
{
	const json_t *arr = ov_jo_arr(o, name, OV_ROL_N);
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < json_array_size(arr); i++) {
		const char *s = json_string_value(json_array_get(arr, i));
		enum ov_rol r;

		if (s == NULL || !ov_rol_parse(s, &r) ||
		    (bits & OV_ROL_BIT(r)) != 0) {
			ov_jo_fail(o, name, OV_REDEN_CODE);
			return 0;
		}
		bits |= OV_ROL_BIT(r);
	}
	if (bits == 0)
		ov_jo_fail(o, name, OV_REDEN_ONTBREEKT);
	return bits;
}

/* Every version of the type has this member. */
static const struct ov_field *
member(const struct ov_policy *p, const char *srt, const char *pad)
{
	const struct ov_field *f = NULL;
	size_t i;

	for (i = 0; i < p->types->ntype; i++) {
		if (strcmp(p->types->type[i].srt, srt) != 0)
			continue;
		f = ov_type_field(p->types, &p->types->type[i], pad);
		if (f == NULL)
			return NULL;
	}
	return f;
}

static const char *
read_pointer(const struct ov_policy *p, struct ov_jobj *o, const char *name,
    const char *srt, bool date)
{
	const char *s = ov_jo_str(o, name, 80);
	const struct ov_field *f = member(p, srt, s);

	if (f == NULL || (date && f->soort != OV_S_DATUM))
		ov_jo_fail(o, name, OV_REDEN_CODE);
	return s;
}

static const char *
read_limit(const struct ov_policy *p, struct ov_jobj *o, const char *name)
{
	const char *s;
	size_t i;

	if (!ov_jo_has(o, name))
		return NULL;
	s = ov_jo_str(o, name, 40);
	for (i = 0; i < p->nlimit; i++)
		if (strcmp(p->limit[i].naam, s) == 0)
			return s;
	ov_jo_fail(o, name, OV_REDEN_CODE);
	return NULL;
}

static enum ov_rc
load_conds(struct ov_policy *p, struct row *r, const json_t *arr,
    struct ov_err *e)
{
	size_t i, j;
	enum ov_rc rc;

	for (i = 0; i < json_array_size(arr); i++) {
		struct cond *c = &r->cond[r->ncond++];
		const struct ov_field *f;
		struct ov_jobj o;

		ov_jo_init(&o, json_array_get(arr, i), "voorwaarde");
		c->lid = read_pointer(p, &o, "lid", r->srt, false);
		c->in = ov_jo_arr(&o, "in", 20);
		if (o.rc == OV_OK && (f = member(p, r->srt, c->lid)) != NULL)
			for (j = 0; j < json_array_size(c->in); j++) {
				const json_t *v = json_array_get(c->in, j);

				if (f->soort == OV_S_JANEE &&
				    json_is_boolean(v))
					continue;
				if (f->soort != OV_S_CODE ||
				    !json_is_string(v) ||
				    ov_lijst_code(f->lijst,
				        json_string_value(v),
				        json_string_length(v),
				        r->geldig.van) == NULL)
					ov_jo_fail(&o, "in", OV_REDEN_CODE);
			}
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return ov_while(e, rc, "voorwaarden %zu", i);
	}
	return OV_OK;
}

/* A row names grounds, each of which serves the type on some day of the row. */
static enum ov_rc
load_grounds(struct ov_policy *p, struct row *r, const json_t *arr,
    struct ov_err *e)
{
	size_t i, j;
	bool ok;

	if (json_array_size(arr) == 0)
		return ov_fail(e, OV_BADMSG, "a row without a ground");
	for (i = 0; i < json_array_size(arr); i++) {
		const char *s = json_string_value(json_array_get(arr, i));

		ok = false;
		for (j = 0; s != NULL && j < p->types->ngrond; j++) {
			const struct ov_grond *g = &p->types->grond[j];

			if (strcmp(g->code, s) == 0 &&
			    spans_meet(g->geldig, r->geldig) &&
			    ov_grond_type(g, r->srt) != NULL)
				ok = true;
		}
		if (!ok)
			return ov_fail(e, OV_BADMSG,
			    "grondslagen %zu does not serve %s", i, r->srt);
		r->grond[r->ngrond++] = s;
	}
	return OV_OK;
}

static enum ov_rc
load_nested(struct ov_policy *p, struct row *r, const json_t *leeftijd,
    const json_t *benoemd, struct ov_err *e)
{
	struct ov_jobj o;
	enum ov_rc rc;

	if (leeftijd != NULL) {
		ov_jo_init(&o, leeftijd, "leeftijd");
		r->geboren = read_pointer(p, &o, "geboren", r->srt, true);
		r->vanaf = read_limit(p, &o, "vanaf");
		r->tot = read_limit(p, &o, "tot");
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return rc;
		if (r->vanaf == NULL && r->tot == NULL)
			return ov_fail(e, OV_BADMSG, "leeftijd: no limit");
		if (r->peildatum == NULL)
			return ov_fail(e, OV_BADMSG, "leeftijd: no peildatum");
	}
	if (benoemd != NULL) {
		ov_jo_init(&o, benoemd, "benoemd");
		r->deel_c = read_pointer(p, &o, "als", r->srt, false);
		r->benoemd = read_pointer(p, &o, "lid", r->srt, false);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return rc;
	}
	return OV_OK;
}

static bool
subject(const struct ov_policy *p, const char *naam)
{
	return json_object_get(p->onderwerpen, naam) != NULL;
}

/* b begins at the age at which a ends. */
static bool
follows(const struct row *a, const struct row *b)
{
	return a->tot != NULL && b->vanaf != NULL &&
	       strcmp(a->tot, b->vanaf) == 0;
}

/* Two rows for the same roles at one time are told apart by a member that both
 * look at and whose values they do not share, or by age. */
static bool
apart(const struct row *a, const struct row *b)
{
	size_t i, j, k, m;

	for (i = 0; i < a->ncond; i++)
		for (j = 0; j < b->ncond; j++) {
			bool shared = false;

			if (strcmp(a->cond[i].lid, b->cond[j].lid) != 0)
				continue;
			for (k = 0; k < json_array_size(a->cond[i].in); k++)
				for (m = 0; m < json_array_size(b->cond[j].in);
				     m++)
					shared |=
					    json_equal(json_array_get(a->cond[i]
					                                  .in,
					                   k),
					        json_array_get(b->cond[j].in,
					            m));
			if (!shared)
				return true;
		}
	return follows(a, b) || follows(b, a);
}

static enum ov_rc
load_row(struct ov_policy *p, struct row *r, const json_t *js, struct ov_err *e)
{
	const json_t *gronden, *conds = NULL, *zonder = NULL, *age = NULL;
	const json_t *benoemd = NULL, *onder = NULL;
	struct ov_jobj o;
	size_t i;
	enum ov_rc rc;

	ov_jo_init(&o, js, "rij");
	r->srt = ov_jo_str(&o, "srt", 32);
	if (o.rc == OV_OK && !ov_types_known(p->types, r->srt))
		ov_jo_fail(&o, "srt", OV_REDEN_CODE);
	r->van = read_roles(&o, "van");
	r->naar = read_roles(&o, "naar");
	read_span(&o, &r->geldig);
	gronden = ov_jo_arr(&o, "grondslagen", GROUNDS_MAX);
	if (ov_jo_has(&o, "peildatum"))
		r->peildatum = read_pointer(p, &o, "peildatum", r->srt, true);
	if (ov_jo_has(&o, "voorwaarden"))
		conds = ov_jo_arr(&o, "voorwaarden", CONDS_MAX);
	if (ov_jo_has(&o, "zonder"))
		zonder = ov_jo_arr(&o, "zonder", CONDS_MAX);
	if (ov_jo_has(&o, "leeftijd"))
		age = ov_jo_obj(&o, "leeftijd");
	if (ov_jo_has(&o, "benoemd"))
		benoemd = ov_jo_obj(&o, "benoemd");
	if (ov_jo_has(&o, "woongemeente"))
		r->gemeente = read_pointer(p, &o, "woongemeente", r->srt,
		    false);
	if (ov_jo_has(&o, "onder"))
		onder = ov_jo_arr(&o, "onder", ONDER_MAX);
	for (i = 0; i < json_array_size(onder); i++) {
		const char *s = json_string_value(json_array_get(onder, i));

		if (s == NULL || !subject(p, s))
			ov_jo_fail(&o, "onder", OV_REDEN_CODE);
		r->onder[r->nonder++] = s;
	}
	for (i = 0; i < json_array_size(zonder); i++) {
		const char *s = json_string_value(json_array_get(zonder, i));

		if (s == NULL || member(p, r->srt, s) == NULL)
			ov_jo_fail(&o, "zonder", OV_REDEN_CODE);
		r->zonder[r->nzonder++] = s;
	}
	if ((rc = ov_jo_end(&o, e)) != OV_OK ||
	    (rc = load_grounds(p, r, gronden, e)) != OV_OK ||
	    (rc = load_conds(p, r, conds, e)) != OV_OK)
		return rc;
	return load_nested(p, r, age, benoemd, e);
}

static enum ov_rc
load_all(struct ov_policy *p, struct ov_view matrix, struct ov_err *e)
{
	const json_t *limits, *rows;
	struct ov_jobj o;
	size_t i, j;
	enum ov_rc rc;

	rc = ov_json_parse(matrix.p, matrix.n, TABLE_MAX, &p->doc, e);
	if (rc != OV_OK)
		return rc;
	ov_jo_init(&o, p->doc, "matrix");
	(void)ov_jo_range(&o, "versie", 1, 1);
	limits = ov_jo_arr(&o, "leeftijden", 50);
	p->onderwerpen = ov_jo_obj(&o, "onderwerpen");
	rows = ov_jo_arr(&o, "rijen", 500);
	if ((rc = ov_jo_end(&o, e)) != OV_OK ||
	    (rc = load_limits(p, limits, e)) != OV_OK)
		return rc;
	p->nrow = json_array_size(rows);
	p->row = calloc(p->nrow + 1, sizeof(*p->row));
	if (p->row == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (i = 0; i < p->nrow; i++) {
		rc = load_row(p, &p->row[i], json_array_get(rows, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "rijen %zu", i);
		/* Two rows may not answer one question. */
		for (j = 0; j < i; j++)
			if (strcmp(p->row[j].srt, p->row[i].srt) == 0 &&
			    (p->row[j].van & p->row[i].van) != 0 &&
			    (p->row[j].naar & p->row[i].naar) != 0 &&
			    spans_meet(p->row[j].geldig, p->row[i].geldig) &&
			    !apart(&p->row[j], &p->row[i]))
				return ov_fail(e, OV_BADMSG,
				    "rijen %zu: same roles at one time as "
				    "rijen %zu",
				    i, j);
	}
	return OV_OK;
}

/* The region's own decisions: regio.json. */
static enum ov_rc
load_regio(struct ov_policy *p, struct ov_view regio, struct ov_err *e)
{
	const json_t *arr;
	struct ov_jobj o;
	struct ov_date d;
	size_t i;
	enum ov_rc rc;

	rc = ov_json_parse(regio.p, regio.n, TABLE_MAX, &p->regio, e);
	if (rc != OV_OK)
		return rc;
	ov_jo_init(&o, p->regio, "regio");
	(void)ov_jo_range(&o, "versie", 1, 1);
	arr = ov_jo_arr(&o, "besluiten", BESLUITEN_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	p->besluit = calloc(json_array_size(arr) + 1, sizeof(*p->besluit));
	if (p->besluit == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (i = 0; i < json_array_size(arr); i++) {
		struct besluit *b = &p->besluit[i];

		ov_jo_init(&o, json_array_get(arr, i), "besluit");
		b->onderwerp = ov_jo_str(&o, "onderwerp", ONDERWERP_MAX);
		(void)ov_jo_str(&o, "besluit", 200);
		ov_jo_date(&o, "datum", &d);
		(void)ov_jo_str(&o, "naam", 100);
		if (o.rc == OV_OK && !subject(p, b->onderwerp))
			ov_jo_fail(&o, "onderwerp", OV_REDEN_CODE);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return ov_while(e, rc, "besluiten %zu", i);
		b->van = ov_date_days(d);
	}
	p->nbesluit = i;
	return OV_OK;
}

enum ov_rc
ov_policy_load(const struct ov_types *types, const struct ov_policy_src *src,
    struct ov_policy **out, struct ov_err *e)
{
	struct ov_policy *p;
	enum ov_rc rc;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	p->types = types;
	if ((rc = load_all(p, src->matrix, e)) != OV_OK)
		rc = ov_while(e, rc, "matrix.json");
	else if ((rc = load_regio(p, src->regio, e)) != OV_OK)
		rc = ov_while(e, rc, "regio.json");
	if (rc != OV_OK) {
		ov_policy_free(p);
		return rc;
	}
	*out = p;
	return OV_OK;
}

void
ov_policy_free(struct ov_policy *p)
{
	if (p == NULL)
		return;
	free(p->limit);
	free(p->row);
	free(p->besluit);
	json_decref(p->doc);
	json_decref(p->regio);
	free(p);
}
