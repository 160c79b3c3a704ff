/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/bewaring_lees.c - loads data/bewaring.json and the organisation's
 * own terms, and refuses what contradicts itself. */
#include <stdlib.h>
#include <string.h>

#include "protocol/bewaring_int.h"
#include "protocol/json.h"
#include "protocol/policy_int.h"

#define TABLE_MAX ((size_t)1 << 18)
#define TERM_MAX 100
#define LEEFTIJD_MAX 30
#define SOORTEN_MAX 20

static const char *const staten[] = {"elke", "niet-gekoppeld",
    "niet-ingeschreven", "ingeschreven", NULL};
static const char *const anders[] = {OV_BW_CONCEPT, OV_BW_LEERLING,
    OV_BW_PSEUDONIEM, OV_BW_VERZUIMREGELS, OV_BW_BESTAND, OV_BW_SPOOL,
    OV_BW_LEESLOG, OV_BW_VERZOEK, NULL};

static bool
is_word(const char *const *words, const char *s)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, s) == 0)
			return true;
	return false;
}

/* ---- terms ---- */

static int16_t
number(struct ov_jobj *o, const char *lid)
{
	return ov_jo_has(o, lid) ? (int16_t)ov_jo_range(o, lid, 1, TERM_MAX)
	                         : 0;
}

static struct ov_bw_termijn
read_term(struct ov_jobj *o)
{
	struct ov_bw_termijn t;

	t.maanden = (int16_t)(12 * number(o, "jaren") +
	                      12 * number(o, "schooljaren") +
	                      number(o, "maanden"));
	t.dagen = (int16_t)(7 * number(o, "weken") + number(o, "dagen"));
	return t;
}

static enum ov_rc
read_sub(struct ov_jobj *o, const char *lid, struct ov_bw_termijn *t,
    struct ov_err *e)
{
	struct ov_jobj s;

	ov_jo_init(&s, ov_jo_obj(o, lid), lid);
	if (o->rc != OV_OK) /* an earlier fault is the one to name */
		return ov_jo_end(o, e);
	*t = read_term(&s);
	if (s.rc == OV_OK && t->maanden == 0 && t->dagen == 0)
		ov_jo_fail(&s, "jaren", OV_REDEN_ONTBREEKT);
	return ov_jo_end(&s, e);
}

static enum ov_rc
read_slot(const json_t *j, struct ov_bw_slot *s, struct ov_err *e)
{
	const char *start;
	struct ov_jobj o;
	enum ov_rc rc;
	size_t i;

	ov_jo_init(&o, j, "einden");
	start = ov_jo_str(&o, "start", 30);
	for (i = 0; i < OV_BW_N; i++)
		if (strcmp(start, ov_bw_start_name((enum ov_bw_start)i)) == 0)
			break;
	if (o.rc == OV_OK && i == OV_BW_N)
		ov_jo_fail(&o, "start", OV_REDEN_CODE);
	s->start = (enum ov_bw_start)i;
	s->term = read_term(&o);
	if (o.rc == OV_OK && s->start == OV_BW_GEBOORTEDATUM) {
		s->leeftijd = (int16_t)ov_jo_range(&o, "leeftijd", 1,
		    LEEFTIJD_MAX);
		if ((rc = read_sub(&o, "zonder", &s->zonder, e)) != OV_OK)
			return rc;
	}
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_slots(struct ov_jobj *o, struct ov_bw_rij *r, struct ov_err *e)
{
	const json_t *a = ov_jo_arr(o, "einden", OV_BW_EINDEN_MAX), *v;
	enum ov_rc rc;
	size_t i;

	r->nslot = json_array_size(a);
	if (o->rc == OV_OK && r->nslot == 0)
		ov_jo_fail(o, "einden", OV_REDEN_ONTBREEKT);
	if (o->rc != OV_OK)
		return ov_jo_end(o, e);
	json_array_foreach(a, i, v) if ((rc = read_slot(v, &r->slot[i], e)) !=
	                                OV_OK) return ov_while(e, rc,
	    "einden %zu", i);
	return OV_OK;
}

/* ---- a rule ---- */

static void
read_rollen(struct ov_jobj *o, unsigned *out)
{
	const json_t *a = ov_jo_arr(o, "rollen", OV_ROL_N), *v;
	enum ov_rol r;
	size_t i;

	json_array_foreach(a, i, v)
	{
		if (!json_is_string(v) ||
		    !ov_rol_parse(json_string_value(v), &r))
			ov_jo_fail(o, "rollen", OV_REDEN_CODE);
		else
			*out |= OV_ROL_BIT(r);
	}
	if (o->rc == OV_OK && *out == 0)
		ov_jo_fail(o, "rollen", OV_REDEN_ONTBREEKT);
}

static void
read_richting(struct ov_jobj *o, struct ov_bw_rij *r)
{
	static const char *const woorden[] = {"in", "uit", "beide", NULL};
	int w = ov_jo_word(o, "richting", woorden);

	r->in = w != 1;
	r->uit = w != 0;
}

static void
read_gronden(struct ov_jobj *o, const struct ov_types *t, struct ov_bw_rij *r)
{
	const json_t *a, *v;
	size_t i;

	if (!ov_jo_has(o, "gronden"))
		return;
	a = ov_jo_arr(o, "gronden", OV_BW_GRONDEN_MAX);
	json_array_foreach(a, i, v)
	{
		const char *s = json_string_value(v);

		if (s == NULL || !ov_ground_known(t, s))
			ov_jo_fail(o, "gronden", OV_REDEN_CODE);
		else
			r->grond[r->ngrond++] = s;
	}
	if (o->rc == OV_OK && r->ngrond == 0)
		ov_jo_fail(o, "gronden", OV_REDEN_ONTBREEKT);
}

static void
read_days(struct ov_jobj *o, struct ov_span *s)
{
	struct ov_date d = {0};

	ov_jo_date(o, "geldigVan", &d);
	s->van = o->rc == OV_OK ? ov_date_days(d) : 0;
	s->tot = OV_SPAN_OPEN;
	if (!ov_jo_has(o, "geldigTot"))
		return;
	ov_jo_date(o, "geldigTot", &d);
	if (o->rc == OV_OK && (s->tot = ov_date_days(d)) < s->van)
		ov_jo_fail(o, "geldigTot", OV_REDEN_PATROON);
}

static bool
grounds_meet(const struct ov_bw_rij *a, const struct ov_bw_rij *b)
{
	if (a->ngrond == 0 || b->ngrond == 0) /* all, beside some: two rules */
		return a->ngrond == b->ngrond;
	for (size_t i = 0; i < a->ngrond; i++)
		for (size_t k = 0; k < b->ngrond; k++)
			if (strcmp(a->grond[i], b->grond[k]) == 0)
				return true;
	return false;
}

/* Two rules of one kind, role, direction, state and ground on one day. */
static bool
clash(const struct ov_bw_rij *a, const struct ov_bw_rij *b)
{
	return strcmp(a->soort, b->soort) == 0 &&
	       (a->rollen & b->rollen) != 0 &&
	       ((a->in && b->in) || (a->uit && b->uit)) &&
	       a->staat == b->staat && a->geldig.van <= b->geldig.tot &&
	       b->geldig.van <= a->geldig.tot && grounds_meet(a, b);
}

static enum ov_rc
add(struct ov_bewaring *b, const struct ov_bw_rij *r, struct ov_err *e)
{
	if (b->n == OV_BW_REGELS_MAX)
		return ov_fail(e, OV_BADMSG, "more than %d rules",
		    OV_BW_REGELS_MAX);
	for (size_t i = 0; i < b->n; i++)
		if (clash(&b->rij[i], r))
			return ov_fail(e, OV_BADMSG,
			    "the same is ruled on one day by %s",
			    b->rij[i].naam);
	b->rij[b->n++] = *r;
	return OV_OK;
}

static enum ov_rc
read_rij(struct ov_bewaring *b, const struct ov_types *t, const json_t *j,
    struct ov_err *e)
{
	struct ov_bw_rij r = {0};
	const json_t *soorten, *v;
	struct ov_jobj o;
	enum ov_rc rc;
	size_t i;

	ov_jo_init(&o, j, "regels");
	r.naam = ov_jo_str(&o, "naam", 60);
	soorten = ov_jo_arr(&o, "soorten", SOORTEN_MAX);
	read_rollen(&o, &r.rollen);
	read_richting(&o, &r);
	if (ov_jo_has(&o, "staat"))
		r.staat = (enum ov_bw_staat)ov_jo_word(&o, "staat", staten);
	read_gronden(&o, t, &r);
	if (ov_jo_has(&o, "alsBetreft")) {
		if (!(r.als_betreft = ov_jo_bool(&o, "alsBetreft")))
			ov_jo_fail(&o, "alsBetreft", OV_REDEN_PATROON);
		if (ov_jo_has(&o, "tenminste") &&
		    (rc = read_sub(&o, "tenminste", &r.tenminste, e)) != OV_OK)
			return rc;
	} else if ((rc = read_slots(&o, &r, e)) != OV_OK)
		return rc;
	if ((rc = read_sub(&o, "uiterlijk", &r.uiterlijk, e)) != OV_OK)
		return rc;
	if (ov_jo_has(&o, "plicht"))
		r.plicht = ov_jo_bool(&o, "plicht");
	if (ov_jo_has(&o, "voorstel")) {
		r.reden = ov_jo_str(&o, "voorstel", 300);
		r.voorstel = true;
	}
	read_days(&o, &r.geldig);
	r.bron = ov_jo_str(&o, "bron", 300);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (json_array_size(soorten) == 0)
		return ov_fail(e, OV_BADMSG, "soorten: empty");
	json_array_foreach(soorten, i, v)
	{
		r.soort = json_string_value(v);
		if (r.soort == NULL ||
		    (!ov_types_known(t, r.soort) && !is_word(anders, r.soort)))
			return ov_fail(e, OV_BADMSG, "soorten %zu: code", i);
		if ((rc = add(b, &r, e)) != OV_OK)
			return rc;
	}
	return OV_OK;
}

/* ---- nothing without an end ---- */

/* Is there a rule, on some day, for every state and this ground? */
static bool
ruled(const struct ov_bewaring *b, const char *soort, unsigned rol, bool uit,
    const char *grond)
{
	unsigned seen = 0, want = 0;

	for (int s = OV_BW_NIET_GEKOPPELD; s < OV_BW_STAAT_N; s++)
		want |= 1U << (unsigned)s;
	for (size_t i = 0; i < b->n; i++) {
		const struct ov_bw_rij *r = &b->rij[i];
		bool g = r->ngrond == 0;

		for (size_t k = 0; k < r->ngrond && !g; k++)
			g = grond == NULL || strcmp(r->grond[k], grond) == 0;
		if (!g || strcmp(r->soort, soort) != 0 ||
		    (r->rollen & rol) == 0 || !(uit ? r->uit : r->in))
			continue;
		seen |= r->staat == OV_BW_ELKE ? want
		                               : 1U << (unsigned)r->staat;
	}
	return seen == want;
}

static enum ov_rc
side(const struct ov_bewaring *b, const struct row *m, bool uit,
    struct ov_err *e)
{
	unsigned rollen = uit ? m->van : m->naar;

	for (unsigned r = 0; r < OV_ROL_N; r++) {
		if ((rollen & OV_ROL_BIT(r)) == 0)
			continue;
		for (size_t g = 0; g < m->ngrond; g++)
			if (!ruled(b, m->srt, OV_ROL_BIT(r), uit, m->grond[g]))
				return ov_fail(e, OV_BADMSG,
				    "no rule for %s, %s by %s, ground %s",
				    m->srt, uit ? "sent" : "received",
				    ov_rol_name((enum ov_rol)r), m->grond[g]);
	}
	return OV_OK;
}

static enum ov_rc
complete(const struct ov_bewaring *b, const struct ov_policy *p,
    struct ov_err *e)
{
	enum ov_rc rc;

	for (size_t i = 0; i < p->nrow; i++)
		if ((rc = side(b, &p->row[i], false, e)) != OV_OK ||
		    (rc = side(b, &p->row[i], true, e)) != OV_OK)
			return rc;
	for (size_t i = 0; anders[i] != NULL; i++)
		for (unsigned r = 0; r < OV_ROL_N; r++)
			if (!ruled(b, anders[i], OV_ROL_BIT(r), false, NULL))
				return ov_fail(e, OV_BADMSG,
				    "no rule for %s, kept by %s", anders[i],
				    ov_rol_name((enum ov_rol)r));
	return OV_OK;
}

/* ---- the organisation's own terms ---- */

/* Is there a day on which b ends later than a?  Months and days mix, so every
 * day of four years is looked at. */
static bool
later(struct ov_bw_termijn a, struct ov_bw_termijn b)
{
	const int32_t van = ov_date_days((struct ov_date){2024, 1, 1});

	for (int32_t d = van; d < van + 4 * 366; d++)
		if (ov_bw_plus(d, b) > ov_bw_plus(d, a))
			return true;
	return false;
}

static bool
same_term(struct ov_bw_termijn a, struct ov_bw_termijn b)
{
	return a.maanden == b.maanden && a.dagen == b.dagen;
}

/* 1 longer somewhere, -1 only shorter, 0 as it was; another event is longer,
 * for nobody can say that it comes sooner. */
static int
compare(const struct ov_bw_rij *was, const struct ov_bw_rij *is)
{
	bool diff = !same_term(was->uiterlijk, is->uiterlijk);

	if (later(was->uiterlijk, is->uiterlijk) || was->nslot != is->nslot)
		return 1;
	for (size_t i = 0; i < was->nslot; i++) {
		const struct ov_bw_slot *a = &was->slot[i], *b = &is->slot[i];

		if (a->start != b->start || later(a->term, b->term) ||
		    later(a->zonder, b->zonder) || b->leeftijd > a->leeftijd)
			return 1;
		diff = diff || !same_term(a->term, b->term) ||
		       !same_term(a->zonder, b->zonder) ||
		       a->leeftijd != b->leeftijd;
	}
	return diff ? -1 : 0;
}

static enum ov_rc
own_term(struct ov_bewaring *b, const json_t *j, struct ov_err *e)
{
	struct ov_bw_rij nieuw = {0};
	const char *naam, *reden, *bron;
	bool any = false;
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "termijnen");
	naam = ov_jo_str(&o, "regel", 60);
	if (ov_jo_has(&o, "einden") &&
	    (rc = read_slots(&o, &nieuw, e)) != OV_OK)
		return rc;
	if (ov_jo_has(&o, "uiterlijk") &&
	    (rc = read_sub(&o, "uiterlijk", &nieuw.uiterlijk, e)) != OV_OK)
		return rc;
	reden = ov_jo_str_opt(&o, "reden", 300);
	bron = ov_jo_str_opt(&o, "bron", 300);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < b->n; i++) {
		struct ov_bw_rij *r = &b->rij[i], was = *r;

		if (strcmp(r->naam, naam) != 0)
			continue;
		if (r->eigen != 0)
			return ov_fail(e, OV_BADMSG, "this rule twice");
		any = true;
		if (nieuw.nslot != 0 && !r->als_betreft) {
			r->nslot = nieuw.nslot;
			memcpy(r->slot, nieuw.slot, sizeof(r->slot));
		}
		if (nieuw.uiterlijk.maanden != 0 || nieuw.uiterlijk.dagen != 0)
			r->uiterlijk = nieuw.uiterlijk;
		r->eigen = compare(&was, r);
		if (r->eigen > 0 && (reden == NULL || bron == NULL))
			return ov_fail(e, OV_BADMSG,
			    "longer than %s: give reden and bron", naam);
		if (reden != NULL)
			r->reden = reden;
		if (bron != NULL)
			r->bron = bron;
	}
	return any ? OV_OK : ov_fail(e, OV_BADMSG, "regel: no such rule");
}

/* ---- both files ---- */

static enum ov_rc
open_doc(struct ov_view text, const char *lijst, size_t max, json_t **doc,
    const json_t **arr, struct ov_err *e)
{
	struct ov_jobj o;
	enum ov_rc rc;

	rc = ov_json_parse(text.p, text.n, TABLE_MAX, doc, e);
	if (rc != OV_OK)
		return rc;
	ov_jo_init(&o, *doc, lijst);
	(void)ov_jo_range(&o, "versie", 1, 1);
	*arr = ov_jo_arr(&o, lijst, max);
	return ov_jo_end(&o, e);
}

static enum ov_rc
load_rules(struct ov_bewaring *b, const struct ov_types *t,
    const struct ov_policy *p, struct ov_view text, struct ov_err *e)
{
	const json_t *arr;
	enum ov_rc rc;

	rc = open_doc(text, "regels", OV_BW_REGELS_MAX, &b->doc, &arr, e);
	for (size_t i = 0; rc == OV_OK && i < json_array_size(arr); i++) {
		rc = read_rij(b, t, json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "regels %zu", i);
	}
	return rc == OV_OK ? complete(b, p, e) : rc;
}

static enum ov_rc
load_own(struct ov_bewaring *b, struct ov_view text, struct ov_err *e)
{
	const json_t *arr;
	enum ov_rc rc;

	if (text.n == 0)
		return OV_OK;
	rc = open_doc(text, "termijnen", OV_BW_REGELS_MAX, &b->eigen, &arr, e);
	for (size_t i = 0; rc == OV_OK && i < json_array_size(arr); i++) {
		rc = own_term(b, json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "termijnen %zu", i);
	}
	return rc;
}

enum ov_rc
ov_bewaring_load(const struct ov_types *t, const struct ov_policy *p,
    struct ov_view regels, struct ov_view eigen, struct ov_bewaring **out,
    struct ov_err *e)
{
	struct ov_bewaring *b;
	enum ov_rc rc;

	*out = NULL;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if ((rc = load_rules(b, t, p, regels, e)) != OV_OK)
		rc = ov_while(e, rc, "bewaring.json");
	else if ((rc = load_own(b, eigen, e)) != OV_OK)
		rc = ov_while(e, rc, "bewaring-eigen.json");
	if (rc != OV_OK) {
		ov_bewaring_free(b);
		return rc;
	}
	*out = b;
	return OV_OK;
}

void
ov_bewaring_free(struct ov_bewaring *b)
{
	if (b == NULL)
		return;
	json_decref(b->doc);
	json_decref(b->eigen);
	free(b);
}
