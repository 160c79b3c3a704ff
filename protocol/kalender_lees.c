/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/kalender_lees.c - reads data/kalender.json, and refuses one that
 * contradicts itself.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/kalender_in.h"

#define TABLE_MAX ((size_t)1 << 20)
#define NAAM_MAX 60
#define TEKST_MAX 300

struct in { /* what is being read */
	const struct ov_types *types;
	struct ov_kalender *k;
};

/* ---- parts of a row ---- */

static void
read_span(struct ov_jobj *o, struct ov_kal_span *s)
{
	struct ov_date d;

	*s = (struct ov_kal_span){0, INT32_MAX};
	ov_jo_date(o, "geldigVan", &d);
	if (o->rc == OV_OK)
		s->van = ov_date_days(d);
	if (ov_jo_has(o, "geldigTot")) {
		ov_jo_date(o, "geldigTot", &d);
		if (o->rc == OV_OK && (s->tot = ov_date_days(d)) < s->van)
			ov_jo_fail(o, "geldigTot", OV_REDEN_PATROON);
	}
}

static bool
meet(const struct ov_kal_span *a, const struct ov_kal_span *b)
{
	return a->van <= b->tot && b->van <= a->tot;
}

static unsigned
read_roles(struct ov_jobj *o, const char *name)
{
	const json_t *arr = ov_jo_arr(o, name, OV_ROL_N);
	unsigned bits = 0;
	enum ov_rol r;

	for (size_t i = 0; i < json_array_size(arr); i++) {
		const char *s = json_string_value(json_array_get(arr, i));

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

static size_t
read_words(struct ov_jobj *o, const char *name, const char **out)
{
	const json_t *arr = ov_jo_arr(o, name, OV_KAL_LIST_MAX);
	size_t n = 0;

	for (; n < json_array_size(arr); n++) {
		out[n] = json_string_value(json_array_get(arr, n));
		if (out[n] == NULL || out[n][0] == '\0') {
			ov_jo_fail(o, name, OV_REDEN_TYPE);
			return 0;
		}
	}
	if (n == 0)
		ov_jo_fail(o, name, OV_REDEN_ONTBREEKT);
	return n;
}

/* A day that exists every year: no 29 February. */
static void
read_day(struct ov_jobj *o, const char *maand, const char *dag, uint8_t *m,
    uint8_t *d)
{
	*m = (uint8_t)ov_jo_range(o, maand, 1, 12);
	*d = (uint8_t)ov_jo_range(o, dag, 1, 31);
	if (o->rc == OV_OK && !ov_date_ok((struct ov_date){2001, *m, *d}))
		ov_jo_fail(o, dag, OV_REDEN_PATROON);
}

/* A small whole number of either sign. */
static int
read_signed(struct ov_jobj *o, const char *name, int max)
{
	const json_t *v = ov_jo_any(o, name);
	json_int_t n = json_integer_value(v);

	if (o->rc == OV_OK && (!json_is_integer(v) || n < -max || n > max))
		ov_jo_fail(o, name, OV_REDEN_PATROON);
	return o->rc == OV_OK ? (int)n : 0;
}

static bool
is_member(const struct ov_types *t, const char *srt, const char *naam,
    enum ov_soort soort)
{
	char pad[NAAM_MAX + 2];
	const struct ov_type *y = ov_types_latest(t, srt);
	const struct ov_field *f;

	(void)snprintf(pad, sizeof(pad), "/%s", naam);
	f = y != NULL ? ov_type_field(t, y, pad) : NULL;
	return f != NULL && ov_field_soort(f) == soort;
}

/* ---- rows ---- */

static enum ov_rc
feest(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kal_feest *f = &in->k->feest[in->k->nfeest++];
	struct ov_jobj o;

	ov_jo_init(&o, js, "feestdag");
	f->naam = ov_jo_str(&o, "naam", NAAM_MAX);
	if (ov_jo_has(&o, "pasen"))
		f->pasen = (int16_t)read_signed(&o, "pasen", 100);
	else
		read_day(&o, "maand", "dag", &f->maand, &f->dag);
	if (ov_jo_has(&o, "zondag"))
		f->zondag = (int8_t)read_signed(&o, "zondag", 1);
	(void)ov_jo_str(&o, "bron", TEKST_MAX);
	read_span(&o, &f->geldig);
	return ov_jo_end(&o, e);
}

static enum ov_rc
moment(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kalender *k = in->k;
	struct ov_kal_rij *r = &k->rij[k->nrij];
	struct ov_jobj o;

	ov_jo_init(&o, js, "moment");
	r->naam = ov_jo_str(&o, "naam", NAAM_MAX);
	r->wat = ov_jo_str(&o, "wat", TEKST_MAX);
	r->bron = ov_jo_str(&o, "bron", TEKST_MAX);
	r->rollen = read_roles(&o, "rollen");
	read_day(&o, "maand", "dag", &r->maand, &r->dag);
	r->tot_maand = r->maand;
	r->tot_dag = r->dag;
	if (ov_jo_has(&o, "totMaand"))
		read_day(&o, "totMaand", "totDag", &r->tot_maand, &r->tot_dag);
	r->vooraf = (int32_t)ov_jo_range(&o, "vooraf", 0, 180);
	read_span(&o, &r->geldig);
	for (size_t i = 0; i < k->nrij && o.rc == OV_OK; i++)
		if (strcmp(k->rij[i].naam, r->naam) == 0 &&
		    meet(&k->rij[i].geldig, &r->geldig))
			ov_jo_fail(&o, "naam", OV_REDEN_PATROON);
	k->nrij++;
	return ov_jo_end(&o, e);
}

/* Two rows would judge the same message. */
static bool
both(const struct ov_kal_grens *a, const struct ov_kal_grens *b)
{
	if (strcmp(a->srt, b->srt) != 0 || (a->van & b->van) == 0 ||
	    !meet(&a->geldig, &b->geldig))
		return false;
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (strcmp(a->in[i], b->in[j]) == 0)
				return true;
	return false;
}

static enum ov_rc
grens(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kalender *k = in->k;
	struct ov_kal_grens *g = &k->grens[k->ngrens];
	struct ov_jobj o;

	ov_jo_init(&o, js, "termijn");
	g->naam = ov_jo_str(&o, "naam", NAAM_MAX);
	g->bron = ov_jo_str(&o, "bron", TEKST_MAX);
	g->srt = ov_jo_str(&o, "srt", OV_SRT_MAX);
	g->lid = ov_jo_str(&o, "lid", NAAM_MAX);
	g->n = read_words(&o, "in", g->in);
	g->peildatum = ov_jo_str(&o, "peildatum", NAAM_MAX);
	g->van = read_roles(&o, "van");
	if (ov_jo_has(&o, "werkdagen"))
		g->werkdagen = (unsigned)ov_jo_range(&o, "werkdagen", 1, 60);
	else
		g->dagen = (int32_t)ov_jo_range(&o, "dagen", 1, 400);
	read_span(&o, &g->geldig);
	if (o.rc == OV_OK && !is_member(in->types, g->srt, g->lid, OV_S_CODE))
		ov_jo_fail(&o, "lid", OV_REDEN_CODE);
	if (o.rc == OV_OK &&
	    !is_member(in->types, g->srt, g->peildatum, OV_S_DATUM))
		ov_jo_fail(&o, "peildatum", OV_REDEN_CODE);
	for (size_t i = 0; i < k->ngrens && o.rc == OV_OK; i++)
		if (both(&k->grens[i], g))
			ov_jo_fail(&o, "in", OV_REDEN_PATROON);
	k->ngrens++;
	return ov_jo_end(&o, e);
}

static enum ov_rc
eigen(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kal_eigen *t = &in->k->eigen[in->k->neigen++];
	struct ov_jobj o;

	ov_jo_init(&o, js, "eigenTermijn");
	t->naam = ov_jo_str(&o, "naam", NAAM_MAX);
	t->wat = ov_jo_str(&o, "wat", TEKST_MAX);
	t->bron = ov_jo_str(&o, "bron", TEKST_MAX);
	t->rollen = read_roles(&o, "rollen");
	t->n = read_words(&o, "srt", t->srt);
	t->dagen = (int32_t)ov_jo_range(&o, "dagen", 1, 400);
	read_span(&o, &t->geldig);
	for (size_t i = 0; i < t->n && o.rc == OV_OK; i++)
		if (!ov_types_known(in->types, t->srt[i]))
			ov_jo_fail(&o, "srt", OV_REDEN_CODE);
	return ov_jo_end(&o, e);
}

/* Ascending; only the last has no end. */
static enum ov_rc
duur(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kalender *k = in->k;
	struct ov_kal_duur *d = &k->duur[k->nduur];
	struct ov_jobj o;

	ov_jo_init(&o, js, "doorlooptijd");
	d->code = ov_jo_str(&o, "code", NAAM_MAX);
	d->tekst = ov_jo_str(&o, "tekst", TEKST_MAX);
	(void)ov_jo_str(&o, "bron", TEKST_MAX);
	d->tot = INT32_MAX;
	if (ov_jo_has(&o, "totDagen"))
		d->tot = (int32_t)ov_jo_range(&o, "totDagen", 1, 4000);
	if (o.rc == OV_OK && k->nduur > 0 && d->tot <= d[-1].tot)
		ov_jo_fail(&o, "totDagen", OV_REDEN_PATROON);
	k->nduur++;
	return ov_jo_end(&o, e);
}

static enum ov_rc
verzuim(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kalender *k = in->k;
	struct ov_kal_regel *r = &k->verzuim[k->nverzuim];
	struct ov_jobj o;

	ov_jo_init(&o, js, "verzuim");
	r->v.honderdsten = (int32_t)ov_jo_range(&o, "uren", 1, 1000) * 100;
	r->v.lesweken = (int32_t)ov_jo_range(&o, "lesweken", 1, 52);
	r->v.lang_weken = (int32_t)ov_jo_range(&o, "langWeken", 1, 52);
	r->v.tussen_dagen = (int32_t)ov_jo_range(&o, "tussenDagen", 1, 60);
	r->v.meerderjarig = (int32_t)ov_jo_range(&o, "meerderjarig", 1, 100);
	(void)ov_jo_str(&o, "bron", TEKST_MAX);
	read_span(&o, &r->geldig);
	for (size_t i = 0; i < k->nverzuim && o.rc == OV_OK; i++)
		if (meet(&k->verzuim[i].geldig, &r->geldig))
			ov_jo_fail(&o, "geldigVan", OV_REDEN_PATROON);
	k->nverzuim++;
	return ov_jo_end(&o, e);
}

/* ---- the file ---- */

static enum ov_rc
nieuw(struct in *in, const json_t *js, struct ov_err *e)
{
	struct ov_kalender *k = in->k;
	struct ov_kal_nieuw *r = &k->nieuw[k->nnieuw];
	struct ov_jobj o;

	ov_jo_init(&o, js, "inschrijving");
	r->rollen = read_roles(&o, "rollen");
	r->weken = (int32_t)ov_jo_range(&o, "weken", 1, 52);
	(void)ov_jo_str(&o, "bron", TEKST_MAX);
	read_span(&o, &r->geldig);
	for (size_t i = 0; i < k->nnieuw && o.rc == OV_OK; i++)
		if ((k->nieuw[i].rollen & r->rollen) != 0 &&
		    meet(&k->nieuw[i].geldig, &r->geldig))
			ov_jo_fail(&o, "rollen", OV_REDEN_PATROON);
	k->nnieuw++;
	return ov_jo_end(&o, e);
}

static enum ov_rc
rows(struct in *in, struct ov_err *e)
{
	const struct {
		const char *naam;
		size_t max;
		enum ov_rc (
		    *read)(struct in *, const json_t *, struct ov_err *);
	} part[] = {
	    {"feestdagen", sizeof(in->k->feest) / sizeof(*in->k->feest), feest},
	    {"momenten", OV_KAL_MOMENTEN_MAX, moment},
	    {"termijnen", sizeof(in->k->grens) / sizeof(*in->k->grens), grens},
	    {"eigenTermijnen", sizeof(in->k->eigen) / sizeof(*in->k->eigen),
	        eigen},
	    {"doorlooptijden", sizeof(in->k->duur) / sizeof(*in->k->duur),
	        duur},
	    {"verzuim", sizeof(in->k->verzuim) / sizeof(*in->k->verzuim),
	        verzuim},
	    {"inschrijvingen", sizeof(in->k->nieuw) / sizeof(*in->k->nieuw),
	        nieuw},
	};
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, in->k->doc, "kalender");
	(void)ov_jo_range(&o, "versie", 1, 1000000);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		const json_t *a;

		/* A region's file from before this part existed. */
		if (part[i].read == nieuw && !ov_jo_has(&o, part[i].naam))
			continue;
		a = ov_jo_arr(&o, part[i].naam, part[i].max);
		for (size_t j = 0; j < json_array_size(a); j++)
			if ((rc = part[i].read(in, json_array_get(a, j), e)) !=
			    OV_OK)
				return ov_while(e, rc, "%s %zu", part[i].naam,
				    j);
	}
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (in->k->nduur == 0 || in->k->duur[in->k->nduur - 1].tot != INT32_MAX)
		return ov_fail(e, OV_BADMSG,
		    "doorlooptijden: the last row has no totDagen");
	return OV_OK;
}

enum ov_rc
ov_kalender_load(const struct ov_types *types, struct ov_view text,
    struct ov_kalender **out, struct ov_err *e)
{
	struct in in = {.types = types};
	enum ov_rc rc;

	*out = NULL;
	if ((in.k = calloc(1, sizeof(*in.k))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &in.k->doc, e);
	if (rc == OV_OK)
		rc = rows(&in, e);
	if (rc != OV_OK) {
		ov_kalender_free(in.k);
		return ov_while(e, rc, "kalender.json");
	}
	*out = in.k;
	return OV_OK;
}

void
ov_kalender_free(struct ov_kalender *k)
{
	if (k == NULL)
		return;
	json_decref(k->doc);
	free(k);
}
