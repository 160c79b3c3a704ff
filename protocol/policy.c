/* SPDX-License-Identifier: EUPL-1.2 */
/* Asks the authorisation matrix. */
#include <string.h>

#include "protocol/json.h"
#include "protocol/policy_int.h"

#define ROLES_ALL (OV_ROL_BIT(OV_ROL_N) - 1U)

const char *
ov_why_code(enum ov_why w)
{
	static const char *const code[OV_WHY_N] = {NULL, "beleid-rol",
	    "beleid-voorwaarde", "beleid-leeftijd", "beleid-grondslag",
	    "beleid-besluit", "beleid-woongemeente", "beleid-ondersteuning"};

	return (unsigned)w < OV_WHY_N ? code[w] : NULL;
}

struct question {
	const struct ov_policy *p;
	const struct ov_jn *inhoud;
	const struct ov_adresboek *boek; /* NULL: gemeenten are not judged */
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

/* NULL: no such limit on that day. */
static const struct limit *
limit_on(const struct ov_policy *p, const char *naam, int32_t dag)
{
	size_t i;

	for (i = 0; i < p->nlimit; i++)
		if (strcmp(p->limit[i].naam, naam) == 0 &&
		    ov_span_has(p->limit[i].geldig, dag))
			return &p->limit[i];
	return NULL;
}

static struct ov_verdict
no(enum ov_why why)
{
	return (struct ov_verdict){.may = OV_MAY_NO, .why = why};
}

static struct ov_verdict
no_at(enum ov_why why, const char *lid)
{
	return (struct ov_verdict){.may = OV_MAY_NO, .why = why, .lid = lid};
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
	struct ov_verdict v = no_at(OV_WHY_LEEFTIJD, r->geboren);
	const char *const names[] = {r->vanaf, r->tot};
	const struct limit *l;
	struct ov_date born;
	int age;

	if (!date_of(q->inhoud, r->geboren, &born))
		return unreadable();
	age = ov_age_on(born, event);
	if (age < 0)
		return v;
	for (int i = 0; i < 2; i++) {
		if (names[i] == NULL)
			continue;
		l = limit_on(q->p, names[i], dag);
		v.grens = l != NULL ? l->jaren : 0;
		v.bron = l != NULL ? l->bron : NULL;
		if (l == NULL || (i == 0 ? (unsigned)age < l->jaren
		                         : (unsigned)age >= l->jaren))
			return v;
	}
	v.may = OV_MAY_YES;
	return v;
}

static struct ov_verdict
judge_ground(const struct question *q, const struct row *r, int32_t dag,
    bool any)
{
	struct ov_verdict v = no_at(OV_WHY_GRONDSLAG, "/grondslag");
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
			return no_at(OV_WHY_VOORWAARDE, r->cond[i].lid);
	}
	for (i = 0; i < r->nzonder; i++)
		if (at(q->inhoud, r->zonder[i]) != NULL)
			return no_at(OV_WHY_VOORWAARDE, r->zonder[i]);
	return (struct ov_verdict){.may = OV_MAY_YES};
}

/* Does the receiver serve where the person lives? */
static struct ov_verdict
judge_home(const struct question *q, const struct row *r, int32_t dag)
{
	const struct ov_lid *l;
	const char *g;
	unsigned rol;

	if (r->gemeente == NULL || q->naar == NULL || q->boek == NULL)
		return (struct ov_verdict){.may = OV_MAY_YES};
	g = ov_jn_text(at(q->inhoud, r->gemeente));
	if (g == NULL)
		return unreadable();
	for (rol = 0; rol < OV_ROL_N; rol++) {
		if ((r->naar & q->naar->rol & (1U << rol)) == 0)
			continue;
		l = ov_book_route(q->boek, g, (enum ov_rol)rol, r->srt, dag);
		if (l != NULL && ov_oin_eq(&l->oin, &q->naar->oin))
			return (struct ov_verdict){.may = OV_MAY_YES};
	}
	return no_at(OV_WHY_WOONGEMEENTE, r->gemeente);
}

static bool
decided(const struct ov_policy *p, const char *onderwerp, int32_t dag)
{
	for (size_t i = 0; i < p->nbesluit; i++)
		if (strcmp(p->besluit[i].onderwerp, onderwerp) == 0 &&
		    p->besluit[i].van <= dag)
			return true;
	return false;
}

/* One row whose roles fit. */
static struct ov_verdict
judge_row(const struct question *q, const struct row *r, int32_t *event_dag)
{
	struct ov_verdict v, ground;
	struct ov_date event;
	int32_t dag = q->dag;
	size_t i;

	*event_dag = dag;
	if (r->peildatum != NULL) {
		if (!date_of(q->inhoud, r->peildatum, &event))
			return unreadable();
		dag = ov_date_days(event);
	}
	*event_dag = dag;
	if (!ov_span_has(r->geldig, dag))
		return no(OV_WHY_ROL);
	v = judge_conds(q, r);
	if (v.may == OV_MAY_YES && r->geboren != NULL)
		v = judge_age(q, r, dag, event);
	/* A region decides for what is sent from then on. */
	for (i = 0; v.may == OV_MAY_YES && q->naar != NULL && i < r->nonder;
	     i++)
		if (!decided(q->p, r->onder[i], q->dag))
			v = no(OV_WHY_BESLUIT);
	if (v.may == OV_MAY_YES)
		v = judge_home(q, r, dag);
	if (v.may != OV_MAY_YES)
		return v;
	ground = judge_ground(q, r, dag, q->naar == NULL);
	if (ground.may == OV_MAY_YES && !named(q, r))
		return no_at(OV_WHY_ONDERSTEUNING, r->benoemd);
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
	int32_t dag;
	size_t i;

	best.van = best.naar = OV_ROL_N;
	for (i = 0; i < q->p->nrow; i++) {
		const struct row *r = &q->p->row[i];

		if ((r->van & van) == 0 || (r->naar & naar) == 0 ||
		    strcmp(r->srt, srt) != 0)
			continue;
		v = judge_row(q, r, &dag);
		v.dag = dag;
		v.van = first_role(r->van & van);
		v.naar = first_role(r->naar & naar);
		if (v.may == OV_MAY_YES) {
			v.why = OV_WHY_NONE;
			v.grens = 0;
			v.lid = v.bron = NULL;
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
    const struct ov_adresboek *boek, const struct ov_lid *van,
    const struct ov_lid *naar, const struct ov_jn *inhoud, const char *datum)
{
	struct question q = {.p = p,
	    .inhoud = inhoud,
	    .boek = boek,
	    .naar = naar};

	if (!ov_dag(datum, strlen(datum), &q.dag))
		return no(OV_WHY_ROL);
	return ask(&q, srt, van->rol, naar->rol);
}

struct ov_verdict
ov_policy_may_json(const struct ov_policy *p, const char *srt,
    const struct ov_adresboek *boek, const struct ov_lid *van,
    const struct ov_lid *naar, const json_t *inhoud, const char *datum)
{
	OV_JDOC d = {0};

	if (json_is_object(inhoud) && ov_jdoc_of(inhoud, &d, NULL) != OV_OK)
		return unreadable();
	return ov_policy_may(p, srt, boek, van, naar, d.root, datum);
}

struct ov_verdict
ov_policy_route(const struct ov_policy *p, const char *srt, unsigned van_rollen,
    const struct ov_jn *inhoud, const char *datum)
{
	return ov_policy_route_to(p, srt, van_rollen, ROLES_ALL, inhoud, datum);
}

struct ov_verdict
ov_policy_route_to(const struct ov_policy *p, const char *srt,
    unsigned van_rollen, unsigned naar_rollen, const struct ov_jn *inhoud,
    const char *datum)
{
	struct question q = {.p = p, .inhoud = inhoud};

	if (!ov_dag(datum, strlen(datum), &q.dag))
		return no(OV_WHY_ROL);
	return ask(&q, srt, van_rollen, naar_rollen);
}

struct ov_verdict
ov_policy_route_json(const struct ov_policy *p, const char *srt,
    unsigned van_rollen, const json_t *inhoud, const char *datum)
{
	OV_JDOC d = {0};

	if (json_is_object(inhoud) && ov_jdoc_of(inhoud, &d, NULL) != OV_OK)
		return unreadable();
	return ov_policy_route(p, srt, van_rollen, d.root, datum);
}
