/* SPDX-License-Identifier: EUPL-1.2 */
/* The rule: which parts an account may see, and why not. */
#include <string.h>

#include "protocol/json.h"
#include "protocol/toegang_in.h"

const char *const ov_mag_names[OV_MAG_N + 1] = {"standen", "inzien", "invullen",
    "beslissen", "verzenden", "exporteren", "beheren", "toezien", NULL};
const char *const ov_bereik_names[OV_BEREIK_N + 1] = {"opleiding", "locatie",
    "klas", "woongemeente", NULL};

const char *
ov_waarom_code(enum ov_waarom w)
{
	static const char *const code[OV_WAAROM_N] = {NULL, "toegang-account",
	    "toegang-datum", "toegang-functie", "toegang-bereik",
	    "toegang-opleiding"};

	return code[w];
}

const struct ov_account *
ov_account_find(const struct ov_accounts *s, const char *naam)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->a[i].naam, naam) == 0)
			return &s->a[i];
	return NULL;
}

const struct ov_account *
ov_account_nth(const struct ov_accounts *s, size_t i)
{
	return i < s->n ? &s->a[i] : NULL;
}

const struct ov_account *
ov_account_machine(const struct ov_accounts *s)
{
	return &s->machine;
}

const char *
ov_account_naam(const struct ov_account *a)
{
	return a->naam;
}

/* ---- what a record is about ---- */

void
ov_feiten_add(struct ov_feiten *f, enum ov_bereik soort, const char *waarde)
{
	if (waarde == NULL || *waarde == '\0' || f->n == OV_FEITEN_MAX)
		return;
	f->f[f->n].soort = soort;
	f->f[f->n++].waarde = waarde;
}

void
ov_feiten_srt(struct ov_feiten *f, const char *srt)
{
	memset(f->srt, 0, sizeof(f->srt));
	(void)strncpy(f->srt, srt, sizeof(f->srt) - 1);
}

static void
collect(struct ov_feiten *f, enum ov_bereik soort, const json_t *v,
    const char *pad)
{
	char step[64];
	size_t n, i;
	const json_t *el;

	while (v != NULL && *pad == '/') {
		n = strcspn(++pad, "/");
		if (n >= sizeof(step))
			return;
		if (n == 1 && *pad == '*') {
			json_array_foreach(v, i, el)
			{
				collect(f, soort, el, pad + 1);
			}
			return;
		}
		memcpy(step, pad, n);
		step[n] = '\0';
		v = json_object_get(v, step);
		pad += n;
	}
	ov_feiten_add(f, soort, json_string_value(v));
}

void
ov_feiten_of(const struct ov_toegang *t, struct ov_feiten *f, const char *srt,
    bool in, const json_t *inhoud, const char *klas)
{
	unsigned way = in ? OV_RICHTING_IN : OV_RICHTING_UIT;

	memset(f, 0, sizeof(*f));
	ov_feiten_srt(f, srt);
	f->in = in;
	f->bekend = inhoud != NULL;
	for (size_t i = 0; inhoud != NULL && i < t->npad; i++)
		if ((t->pad[i].richting & way) != 0)
			collect(f, t->pad[i].soort, inhoud, t->pad[i].pad);
	ov_feiten_add(f, OV_BEREIK_KLAS, klas);
}

/* ---- the rule ---- */

static bool
recht_type(const struct ov_recht *r, const char *srt)
{
	const json_t *v;
	size_t i;

	if (r->alles || srt == NULL)
		return true;
	json_array_foreach(r->typen, i, v)
	{
		if (strcmp(json_string_value(v), srt) == 0)
			return true;
	}
	return false;
}

static bool
names(const json_t *bereik, const char *waarde)
{
	const json_t *v;
	size_t i;

	json_array_foreach(bereik, i, v)
	{
		if (strcmp(json_string_value(v), waarde) == 0)
			return true;
	}
	return false;
}

/* Some value of this kind is named. */
static bool
named(const struct ov_functie *a, enum ov_bereik soort,
    const struct ov_feiten *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->f[i].soort == soort &&
		    names(a->bereik[soort], f->f[i].waarde))
			return true;
	return false;
}

static bool
in_scope(const struct ov_functie *a, const struct ov_feiten *f)
{
	for (int b = 0; b < OV_BEREIK_N; b++)
		if (a->bereik[b] != NULL && !named(a, (enum ov_bereik)b, f))
			return false;
	return true;
}

static void
why(struct ov_oordeel *o, enum ov_waarom w)
{
	if (w > o->waarom)
		o->waarom = w;
}

/* One right of one function in force. */
static void
apply(struct ov_oordeel *o, const struct ov_recht *r,
    const struct ov_functie *a, const struct ov_feiten *f)
{
	if (!f->bekend) {
		/* Closed: there is nothing to see but that it is there, and
		 * nobody knows whose it is. */
		o->mag = true;
	} else if (!in_scope(a, f)) {
		why(o, OV_WAAROM_BEREIK);
	} else if (r->genoemd && !named(a, OV_BEREIK_OPLEIDING, f)) {
		why(o, OV_WAAROM_OPLEIDING);
	} else {
		o->mag = true;
		o->delen |= r->delen;
	}
}

struct ov_oordeel
ov_toegang_oordeel(const struct ov_toegang *t, const struct ov_account *a,
    unsigned mag, const struct ov_feiten *f, const char *datum)
{
	unsigned way = f->in ? OV_RICHTING_IN : OV_RICHTING_UIT;
	struct ov_oordeel o = {.waarom = OV_WAAROM_ACCOUNT};
	int32_t dag;

	if (a == NULL || !ov_dag(datum, strlen(datum), &dag))
		return o;
	why(&o, OV_WAAROM_DATUM);
	for (size_t i = 0; i < a->n; i++) {
		if (!ov_span_has(a->f[i].geldig, dag))
			continue;
		why(&o, OV_WAAROM_FUNCTIE);
		for (size_t k = 0; k < t->nrecht; k++) {
			const struct ov_recht *r = &t->recht[k];

			if (r->functie == a->f[i].functie &&
			    (r->mag & mag) != 0 && (r->richting & way) != 0 &&
			    ov_span_has(r->geldig, dag) &&
			    recht_type(r, f->srt))
				apply(&o, r, &a->f[i], f);
		}
	}
	if (o.mag && o.delen == OV_D_ALLE)
		o.waarom = OV_WAAROM_NIET;
	return o;
}

struct ov_oordeel
ov_toegang_ooit(const struct ov_toegang *t, const struct ov_account *a,
    unsigned mag, const char *srt, const char *datum)
{
	struct ov_oordeel o = {.waarom = OV_WAAROM_ACCOUNT};
	int32_t dag;

	if (a == NULL || !ov_dag(datum, strlen(datum), &dag))
		return o;
	why(&o, OV_WAAROM_DATUM);
	for (size_t i = 0; i < a->n; i++) {
		if (!ov_span_has(a->f[i].geldig, dag))
			continue;
		why(&o, OV_WAAROM_FUNCTIE);
		for (size_t k = 0; k < t->nrecht; k++) {
			const struct ov_recht *r = &t->recht[k];

			if (r->functie == a->f[i].functie &&
			    (r->mag & mag) != 0 &&
			    ov_span_has(r->geldig, dag) && recht_type(r, srt)) {
				o.mag = true;
				o.delen |= r->delen;
			}
		}
	}
	if (o.mag)
		o.waarom = OV_WAAROM_NIET;
	return o;
}

/* ---- parts of content ---- */

/* A correctie names a field of another message: its part. */
static uint8_t
deel_of_pad(const struct ov_types *t, const char *pad)
{
	uint8_t out = 0;

	if (strncmp(pad, "/inhoud/", 8) == 0)
		pad += 7;
	for (size_t i = 0; i < t->ntype; i++) {
		const struct ov_type *y = &t->type[i];
		size_t n = strcspn(pad + (*pad == '/'), "/");
		const struct ov_field *f;

		if (*pad != '/')
			return OV_D_C; /* nobody can tell: the narrowest */
		f = ov_groep_field(&y->groep, pad + 1, n);
		if (f != NULL)
			out |= f->deel != 0 ? f->deel : OV_D_ALGEMEEN;
	}
	return out != 0 ? out : OV_D_C;
}

static void
clean_velden(const struct ov_types *t, json_t *velden, uint8_t delen,
    json_t *weg)
{
	for (size_t i = json_array_size(velden); i-- > 0;) {
		const char *pad = json_string_value(
		    json_object_get(json_array_get(velden, i), "pad"));

		if (pad == NULL || (deel_of_pad(t, pad) & ~delen) == 0)
			continue;
		(void)json_array_append_new(weg, json_string(pad));
		(void)json_array_remove(velden, i);
	}
}

/* Of fields of a group that have another part than the whole. */
static void
clean_groep(const struct ov_groep *g, json_t *o, uint8_t deel, uint8_t delen,
    json_t *weg)
{
	json_t *v, *el;
	size_t k;

	for (size_t i = 0; i < g->n; i++) {
		const struct ov_field *f = &g->f[i];
		uint8_t own = f->deel != 0 ? f->deel : deel;

		if ((v = json_object_get(o, f->naam)) == NULL)
			continue;
		if ((own & delen) == 0) {
			(void)json_array_append_new(weg, json_string(f->naam));
			(void)json_object_del(o, f->naam);
		} else if (f->groep != NULL && json_is_array(v)) {
			json_array_foreach(v, k, el)
			{
				clean_groep(f->groep, el, own, delen, weg);
			}
		} else if (f->groep != NULL) {
			clean_groep(f->groep, v, own, delen, weg);
		}
	}
}

void
ov_toegang_schoon(const struct ov_types *t, const char *srt, json_t *inhoud,
    uint8_t delen, json_t *weg)
{
	const struct ov_type *y = ov_types_latest(t, srt);

	if (y == NULL || delen == 0) {
		(void)json_array_append_new(weg, json_string("*"));
		(void)json_object_clear(inhoud);
		return;
	}
	clean_groep(&y->groep, inhoud, OV_D_ALGEMEEN, delen, weg);
	if (strcmp(srt, "correctie") == 0)
		clean_velden(t, json_object_get(inhoud, "velden"), delen, weg);
}

uint8_t
ov_toegang_delen(const struct ov_types *t, const char *srt,
    const json_t *inhoud)
{
	const struct ov_type *y = ov_types_latest(t, srt);
	uint8_t out = 0;

	for (size_t i = 0; y != NULL && i < y->groep.n; i++)
		if (json_object_get(inhoud, y->groep.f[i].naam) != NULL)
			out |= y->groep.f[i].deel != 0 ? y->groep.f[i].deel
			                               : OV_D_ALGEMEEN;
	return out;
}

json_t *
ov_delen_json(uint8_t delen)
{
	json_t *a = json_array();

	for (size_t i = 0; ov_deel_names[i] != NULL; i++)
		if ((delen & 1u << i) != 0)
			(void)json_array_append_new(a,
			    json_string(ov_deel_names[i]));
	return a;
}

/* ---- for people ---- */

static json_t *
j_day(int32_t dag)
{
	char s[OV_DATE_SIZE] = "";

	if (dag != INT32_MIN && dag != OV_SPAN_OPEN)
		ov_date_fmt(s, ov_date_from_days(dag));
	return json_string(s);
}

static json_t *
j_scope(const struct ov_functie *f)
{
	json_t *o = json_object();

	for (int b = 0; b < OV_BEREIK_N; b++)
		if (f->bereik[b] != NULL)
			(void)json_object_set_new(o, ov_bereik_names[b],
			    json_deep_copy(f->bereik[b]));
	return o;
}

json_t *
ov_account_json(const struct ov_account *a, const char *datum)
{
	json_t *out = json_array();
	int32_t dag;

	if (!ov_dag(datum, strlen(datum), &dag))
		return out;
	for (size_t i = 0; i < a->n; i++)
		(void)json_array_append_new(out,
		    json_pack("{s:s,s:o,s:o,s:o,s:b}", "functie",
		        a->t->functie[a->f[i].functie], "bereik",
		        j_scope(&a->f[i]), "van", j_day(a->f[i].geldig.van),
		        "tot", j_day(a->f[i].geldig.tot), "vanKracht",
		        ov_span_has(a->f[i].geldig, dag)));
	return out;
}

static json_t *
j_words(unsigned bits, const char *const *words)
{
	json_t *a = json_array();

	for (size_t i = 0; words[i] != NULL; i++)
		if ((bits & 1u << i) != 0)
			(void)json_array_append_new(a, json_string(words[i]));
	return a;
}

json_t *
ov_rechten_json(const struct ov_toegang *t, const struct ov_account *a,
    const char *datum)
{
	static const char *const way[] = {"", "uit", "in", ""};
	json_t *out = json_array();
	int32_t dag;

	if (!ov_dag(datum, strlen(datum), &dag))
		return out;
	for (size_t k = 0; k < t->nrecht; k++) {
		const struct ov_recht *r = &t->recht[k];
		bool has = false;

		for (size_t i = 0; i < a->n; i++)
			has |= a->f[i].functie == r->functie &&
			       ov_span_has(a->f[i].geldig, dag);
		if (has && ov_span_has(r->geldig, dag))
			(void)json_array_append_new(out,
			    json_pack("{s:s,s:O,s:s,s:o,s:o,s:b,s:s}",
			        "functie", t->functie[r->functie], "typen",
			        r->typen, "richting", way[r->richting], "delen",
			        ov_delen_json(r->delen), "mag",
			        j_words(r->mag, ov_mag_names),
			        "opleidingGenoemd", r->genoemd, "bron",
			        r->bron));
	}
	return out;
}
