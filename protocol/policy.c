/* SPDX-License-Identifier: EUPL-1.2 */
/* The authorisation matrix: loading it, and asking it. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/policy.h"
#include "protocol/types_int.h"

#define TABLE_MAX ((size_t)1 << 20)
#define CONDS_MAX 8
#define GROUNDS_MAX 16
#define ROLES_ALL (OV_ROL_BIT(OV_ROL_N) - 1U)

struct limit {
	const char *naam;
	unsigned jaren;
	struct ov_span geldig;
};

struct cond {
	const char *lid;
	const json_t *in;
};

struct row {
	const char *srt;
	unsigned van, naar;
	struct ov_span geldig;
	const char *peildatum; /* pointer, or NULL */
	size_t ngrond;
	const char *grond[GROUNDS_MAX];
	size_t ncond;
	struct cond cond[CONDS_MAX];
	size_t nzonder;
	const char *zonder[CONDS_MAX];
	const char *geboren; /* NULL: no age */
	const char *vanaf;   /* names of limits, or NULL */
	const char *tot;
	const char
	    *deel_c; /* pointer of the part that needs a named receiver */
	const char *benoemd;
};

struct ov_policy {
	const struct ov_types *types;
	json_t *doc;
	size_t nlimit;
	struct limit *limit;
	size_t nrow;
	struct row *row;
};

/* ---- loading ---- */

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
		(void)ov_jo_str(&o, "bron", 200);
		read_span(&o, &l->geldig);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return ov_while(e, rc, "leeftijden %zu", i);
		for (j = 0; j < i; j++)
			if (strcmp(p->limit[j].naam, l->naam) == 0 &&
			    spans_meet(p->limit[j].geldig, l->geldig))
				return ov_fail(e, OV_BADMSG,
				    "leeftijden: %s twice at one time",
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

static enum ov_rc
load_row(struct ov_policy *p, struct row *r, const json_t *js, struct ov_err *e)
{
	const json_t *gronden, *conds = NULL, *zonder = NULL, *age = NULL;
	const json_t *benoemd = NULL;
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
			    spans_meet(p->row[j].geldig, p->row[i].geldig))
				return ov_fail(e, OV_BADMSG,
				    "rijen %zu and %zu: same roles at one time",
				    j, i);
	}
	return OV_OK;
}

enum ov_rc
ov_policy_load(const struct ov_types *types, struct ov_view matrix,
    struct ov_policy **out, struct ov_err *e)
{
	struct ov_policy *p;
	enum ov_rc rc;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	p->types = types;
	if ((rc = load_all(p, matrix, e)) != OV_OK) {
		ov_policy_free(p);
		return ov_while(e, rc, "matrix.json");
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
	json_decref(p->doc);
	free(p);
}

/* ---- asking ---- */

struct question {
	const struct ov_policy *p;
	const struct ov_jn *inhoud;
	const struct ov_lid *naar; /* NULL: any, when looking for a role */
	int32_t dag;
};

/* The member a pointer without lists leads to. */
static const struct ov_jn *
at(const struct ov_jn *o, const char *pad)
{
	return ov_jn_at(o, pad + 1);
}

static bool
date_of(const struct ov_jn *inhoud, const char *pad, struct ov_date *d)
{
	/* No text is no date. */
	return ov_date_parse(ov_jn_view(at(inhoud, pad)), d) == OV_OK;
}

/* 0: no such limit on that day. */
static unsigned
limit_on(const struct ov_policy *p, const char *naam, int32_t dag)
{
	size_t i;

	for (i = 0; i < p->nlimit; i++)
		if (strcmp(p->limit[i].naam, naam) == 0 &&
		    ov_span_has(p->limit[i].geldig, dag))
			return p->limit[i].jaren;
	return 0;
}

static struct ov_verdict
no(enum ov_why why)
{
	return (struct ov_verdict){.may = OV_MAY_NO, .why = why};
}

static struct ov_verdict
unreadable(void)
{
	return (struct ov_verdict){.may = OV_MAY_UNREADABLE};
}

static struct ov_verdict
judge_age(const struct question *q, const struct row *r, int32_t dag,
    struct ov_date event)
{
	struct ov_verdict v = no(OV_WHY_LEEFTIJD);
	struct ov_date born;
	int age;

	if (!date_of(q->inhoud, r->geboren, &born))
		return unreadable();
	age = ov_age_on(born, event);
	if (age < 0)
		return v;
	if (r->vanaf != NULL) {
		v.grens = limit_on(q->p, r->vanaf, dag);
		if (v.grens == 0 || (unsigned)age < v.grens)
			return v;
	}
	if (r->tot != NULL) {
		v.grens = limit_on(q->p, r->tot, dag);
		if (v.grens == 0 || (unsigned)age >= v.grens)
			return v;
	}
	v.may = OV_MAY_YES;
	return v;
}

static struct ov_verdict
judge_ground(const struct question *q, const struct row *r, int32_t dag,
    bool any)
{
	struct ov_verdict v = no(OV_WHY_GRONDSLAG);
	const char *said = ov_jn_text(ov_jn_get(q->inhoud, "grondslag"));
	size_t i;

	if (!any && (said == NULL || !ov_ground_known(q->p->types, said)))
		return unreadable();
	for (i = 0; i < r->ngrond; i++) {
		const struct ov_grond *g = ov_grond_find(q->p->types,
		    r->grond[i], dag);

		if (g == NULL || ov_grond_type(g, r->srt) == NULL ||
		    (!any && strcmp(said, r->grond[i]) != 0))
			continue;
		v.may = OV_MAY_YES;
		v.grondslag = r->grond[i];
		break;
	}
	return v;
}

/* Part C goes only to the institution of the application. */
static bool
named(const struct question *q, const struct row *r)
{
	const char *brin;
	size_t i;

	if (r->deel_c == NULL || q->naar == NULL ||
	    at(q->inhoud, r->deel_c) == NULL)
		return true;
	brin = ov_jn_text(at(q->inhoud, r->benoemd));
	for (i = 0; brin != NULL && i < q->naar->nbrin; i++)
		if (strcmp(q->naar->brin[i].brin, brin) == 0)
			return true;
	return false;
}

static struct ov_verdict
judge_conds(const struct question *q, const struct row *r)
{
	size_t i, j;

	for (i = 0; i < r->ncond; i++) {
		const struct ov_jn *v = at(q->inhoud, r->cond[i].lid);

		if (v == NULL)
			return unreadable();
		for (j = 0; j < json_array_size(r->cond[i].in); j++)
			if (ov_jn_same(v, json_array_get(r->cond[i].in, j)))
				break;
		if (j == json_array_size(r->cond[i].in))
			return no(OV_WHY_VOORWAARDE);
	}
	for (i = 0; i < r->nzonder; i++)
		if (at(q->inhoud, r->zonder[i]) != NULL)
			return no(OV_WHY_VOORWAARDE);
	return (struct ov_verdict){.may = OV_MAY_YES};
}

/* One row whose roles fit. */
static struct ov_verdict
judge_row(const struct question *q, const struct row *r)
{
	struct ov_verdict v, ground;
	struct ov_date event;
	int32_t dag = q->dag;

	if (r->peildatum != NULL) {
		if (!date_of(q->inhoud, r->peildatum, &event))
			return unreadable();
		dag = ov_date_days(event);
	}
	if (!ov_span_has(r->geldig, dag))
		return no(OV_WHY_ROL);
	v = judge_conds(q, r);
	if (v.may == OV_MAY_YES && r->geboren != NULL)
		v = judge_age(q, r, dag, event);
	if (v.may != OV_MAY_YES)
		return v;
	ground = judge_ground(q, r, dag, q->naar == NULL);
	if (ground.may == OV_MAY_YES && !named(q, r))
		return no(OV_WHY_ONDERSTEUNING);
	return ground;
}

static enum ov_rol
first_role(unsigned bits)
{
	unsigned r;

	for (r = 0; r < OV_ROL_N; r++)
		if ((bits & (1U << r)) != 0)
			return (enum ov_rol)r;
	return OV_ROL_N;
}

/* The first row that says yes; otherwise the most telling no: one about the
 * content before one about the roles. */
static struct ov_verdict
ask(const struct question *q, const char *srt, unsigned van, unsigned naar)
{
	struct ov_verdict best = no(OV_WHY_ROL), v;
	size_t i;

	best.van = best.naar = OV_ROL_N;
	for (i = 0; i < q->p->nrow; i++) {
		const struct row *r = &q->p->row[i];

		if ((r->van & van) == 0 || (r->naar & naar) == 0 ||
		    strcmp(r->srt, srt) != 0)
			continue;
		v = judge_row(q, r);
		v.van = first_role(r->van & van);
		v.naar = first_role(r->naar & naar);
		if (v.may == OV_MAY_YES) {
			v.why = OV_WHY_NONE;
			v.grens = 0;
			return v;
		}
		if (best.may == OV_MAY_UNREADABLE)
			continue;
		if (v.may == OV_MAY_UNREADABLE || v.why > best.why ||
		    (v.why == best.why && v.grens > best.grens))
			best = v;
	}
	return best;
}

struct ov_verdict
ov_policy_may(const struct ov_policy *p, const char *srt,
    const struct ov_lid *van, const struct ov_lid *naar,
    const struct ov_jn *inhoud, const char *datum)
{
	struct question q = {.p = p, .inhoud = inhoud, .naar = naar};

	if (!ov_dag(datum, strlen(datum), &q.dag))
		return no(OV_WHY_ROL);
	return ask(&q, srt, van->rol, naar->rol);
}

struct ov_verdict
ov_policy_may_json(const struct ov_policy *p, const char *srt,
    const struct ov_lid *van, const struct ov_lid *naar, const json_t *inhoud,
    const char *datum)
{
	OV_JDOC d = {0};

	if (json_is_object(inhoud) && ov_jdoc_of(inhoud, &d, NULL) != OV_OK)
		return unreadable();
	return ov_policy_may(p, srt, van, naar, d.root, datum);
}

struct ov_verdict
ov_policy_route(const struct ov_policy *p, const char *srt, unsigned van_rollen,
    const json_t *inhoud, const char *datum)
{
	struct question q = {.p = p};
	OV_JDOC d = {0};

	if (json_is_object(inhoud) && ov_jdoc_of(inhoud, &d, NULL) != OV_OK)
		return unreadable();
	q.inhoud = d.root;
	if (!ov_dag(datum, strlen(datum), &q.dag))
		return no(OV_WHY_ROL);
	return ask(&q, srt, van_rollen, ROLES_ALL);
}
