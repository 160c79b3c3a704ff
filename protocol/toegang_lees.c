/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads the access table and the accounts, and finds what contradicts itself.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/toegang_in.h"

#define TABLE_MAX ((size_t)1 << 20)

static const char *const richtingen[] = {"uit", "in", NULL};

/* "geldigVan" or "van" up to "geldigTot" or "tot", both optional here. */
static struct ov_span
span(struct ov_jobj *o, const char *van, const char *tot)
{
	struct ov_span s = {INT32_MIN, OV_SPAN_OPEN};
	struct ov_date d;

	if (ov_jo_has(o, van)) {
		ov_jo_date(o, van, &d);
		s.van = ov_date_days(d);
	}
	if (ov_jo_has(o, tot)) {
		ov_jo_date(o, tot, &d);
		s.tot = ov_date_days(d);
		if (o->bad == NULL && s.tot < s.van)
			ov_jo_fail(o, tot, OV_REDEN_VERBODEN);
	}
	return s;
}

static bool
overlap(struct ov_span a, struct ov_span b)
{
	return a.van <= b.tot && b.van <= a.tot;
}

/* An array of words as bits. */
static unsigned
bits(struct ov_jobj *o, const char *name, const char *const *words)
{
	const json_t *a = ov_jo_arr(o, name, 32);
	unsigned out = 0;

	for (size_t i = 0; i < json_array_size(a); i++) {
		const char *s = json_string_value(json_array_get(a, i));
		size_t k = 0;

		while (words[k] != NULL && (s == NULL || strcmp(words[k], s)))
			k++;
		if (words[k] == NULL || (out & 1u << k) != 0) {
			ov_jo_fail(o, name, OV_REDEN_CODE);
			return 0;
		}
		out |= 1u << k;
	}
	return out;
}

static bool
functie_index(const struct ov_toegang *t, const char *s, size_t *out)
{
	for (*out = 0; *out < t->nfunctie; ++*out)
		if (strcmp(t->functie[*out], s) == 0)
			return true;
	return false;
}

/* ---- toegang.json ---- */

/* Some type has a field there, reading "*" as an element. */
static bool
pad_known(const struct ov_types *t, const char *pad)
{
	char at[120];
	const char *star = strchr(pad, '*');
	size_t n = strlen(pad);

	if (n >= sizeof(at))
		return false;
	memcpy(at, pad, n + 1);
	if (star != NULL)
		at[star - pad] = '0';
	for (size_t i = 0; i < t->ntype; i++)
		if (ov_type_field(t, &t->type[i], at) != NULL)
			return true;
	return false;
}

static enum ov_rc
load_pad(struct ov_toegang *t, const json_t *js, struct ov_err *e)
{
	struct ov_pad *p = &t->pad[t->npad++];
	struct ov_jobj o;
	int v;

	ov_jo_init(&o, js, "bereik");
	p->richting = OV_RICHTING_UIT | OV_RICHTING_IN;
	if ((v = ov_jo_word(&o, "bereik", ov_bereik_names)) >= 0)
		p->soort = (enum ov_bereik)v;
	if (ov_jo_has(&o, "richting") &&
	    (v = ov_jo_word(&o, "richting", richtingen)) >= 0)
		p->richting = 1u << v;
	p->pad = ov_jo_str(&o, "pad", 100);
	if (o.bad == NULL && !pad_known(t->types, p->pad))
		ov_jo_fail(&o, "pad", OV_REDEN_CODE);
	return ov_jo_end(&o, e);
}

static bool
types_known(const struct ov_toegang *t, struct ov_recht *r)
{
	const json_t *v;
	size_t i;

	json_array_foreach(r->typen, i, v)
	{
		const char *s = json_string_value(v);

		if (s == NULL)
			return false;
		if (strcmp(s, "*") == 0)
			r->alles = true;
		else if (strcmp(s, OV_SRT_LEERLINGEN) != 0 &&
		         !ov_types_known(t->types, s))
			return false;
	}
	return json_array_size(r->typen) > 0;
}

static enum ov_rc
load_recht(struct ov_toegang *t, const json_t *js, struct ov_err *e)
{
	struct ov_recht *r = &t->recht[t->nrecht++];
	struct ov_jobj o;
	int v;

	ov_jo_init(&o, js, "recht");
	if (!functie_index(t, ov_jo_str(&o, "functie", 40), &r->functie))
		ov_jo_fail(&o, "functie", OV_REDEN_CODE);
	r->typen = ov_jo_arr(&o, "typen", 40);
	if (o.bad == NULL && !types_known(t, r))
		ov_jo_fail(&o, "typen", OV_REDEN_CODE);
	r->richting = OV_RICHTING_UIT | OV_RICHTING_IN;
	if (ov_jo_has(&o, "richting") &&
	    (v = ov_jo_word(&o, "richting", richtingen)) >= 0)
		r->richting = 1u << v;
	r->delen = (uint8_t)bits(&o, "delen", ov_deel_names);
	r->mag = bits(&o, "mag", ov_mag_names);
	if (o.bad == NULL && r->mag == 0)
		ov_jo_fail(&o, "mag", OV_REDEN_ONTBREEKT);
	if (ov_jo_has(&o, "opleidingGenoemd"))
		r->genoemd = ov_jo_bool(&o, "opleidingGenoemd");
	if (!ov_jo_has(&o, "geldigVan"))
		ov_jo_fail(&o, "geldigVan", OV_REDEN_ONTBREEKT);
	r->geldig = span(&o, "geldigVan", "geldigTot");
	r->bron = ov_jo_str(&o, "bron", 200);
	return ov_jo_end(&o, e);
}

static bool
share_type(const struct ov_recht *a, const struct ov_recht *b)
{
	const json_t *x, *y;
	size_t i, k;

	if (a->alles || b->alles)
		return true;
	json_array_foreach(a->typen, i, x)
	{
		json_array_foreach(b->typen, k, y)
		{
			if (strcmp(json_string_value(x),
			        json_string_value(y)) == 0)
				return true;
		}
	}
	return false;
}

/* Two rows about one thing, or a function that runs the machine and reads. */
static enum ov_rc
contradictions(const struct ov_toegang *t, struct ov_err *e)
{
	const unsigned content = OV_MAG_INZIEN | OV_MAG_INVULLEN |
	                         OV_MAG_EXPORTEREN;

	for (size_t i = 0; i < t->nrecht; i++) {
		const struct ov_recht *a = &t->recht[i];

		for (size_t k = 0; k < t->nrecht; k++) {
			const struct ov_recht *b = &t->recht[k];

			if (a->functie != b->functie ||
			    !overlap(a->geldig, b->geldig))
				continue;
			if ((a->mag & OV_MAG_BEHEREN) != 0 &&
			    (b->mag & content) != 0)
				return ov_fail(e, OV_BADMSG,
				    "rechten[%zu] and rechten[%zu]: who manages"
				    " the machine sees no content",
				    i, k);
			if (k > i && (a->richting & b->richting) != 0 &&
			    (a->mag & b->mag) != 0 && share_type(a, b) &&
			    ((a->delen & b->delen) != 0 ||
			        (a->delen == 0 && b->delen == 0)))
				return ov_fail(e, OV_BADMSG,
				    "rechten[%zu] and rechten[%zu] say the same"
				    " of one type, part and day",
				    i, k);
		}
	}
	return OV_OK;
}

static enum ov_rc
load_functies(struct ov_toegang *t, const json_t *a, struct ov_err *e)
{
	const char *s;
	size_t i, k;

	for (i = 0; i < json_array_size(a); i++) {
		s = json_string_value(json_array_get(a, i));
		if (s == NULL || functie_index(t, s, &k))
			return ov_fail(e, OV_BADMSG, "functies[%zu]", i);
		t->functie[t->nfunctie++] = s;
	}
	if (!functie_index(t, "beheerder", &k))
		return ov_fail(e, OV_BADMSG, "functies: no beheerder");
	return OV_OK;
}

static enum ov_rc
load_rows(struct ov_toegang *t, const json_t *a, const char *name,
    enum ov_rc (*one)(struct ov_toegang *, const json_t *, struct ov_err *),
    struct ov_err *e)
{
	enum ov_rc rc;

	for (size_t i = 0; i < json_array_size(a); i++)
		if ((rc = one(t, json_array_get(a, i), e)) != OV_OK)
			return ov_while(e, rc, "%s[%zu]", name, i);
	return OV_OK;
}

enum ov_rc
ov_toegang_load(const struct ov_types *types, struct ov_view text,
    struct ov_toegang **out, struct ov_err *e)
{
	struct ov_toegang *t = calloc(1, sizeof(*t));
	const json_t *functies, *bereik, *rechten;
	struct ov_jobj o;
	enum ov_rc rc;

	*out = NULL;
	if (t == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	t->types = types;
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &t->doc, e);
	if (rc == OV_OK) {
		ov_jo_init(&o, t->doc, "toegang");
		(void)ov_jo_range(&o, "versie", 1, 1);
		functies = ov_jo_arr(&o, "functies", 64);
		bereik = ov_jo_arr(&o, "bereik", OV_FEIT_PADEN_MAX);
		rechten = ov_jo_arr(&o, "rechten", OV_RECHTEN_MAX);
		rc = ov_jo_end(&o, e);
	}
	if (rc == OV_OK) {
		t->functie = calloc(json_array_size(functies) + 1,
		    sizeof(*t->functie));
		t->pad = calloc(json_array_size(bereik) + 1, sizeof(*t->pad));
		t->recht = calloc(json_array_size(rechten) + 1,
		    sizeof(*t->recht));
		if (t->functie == NULL || t->pad == NULL || t->recht == NULL)
			rc = ov_fail(e, OV_NOSPACE, "no memory");
	}
	if (rc == OV_OK)
		rc = load_functies(t, functies, e);
	if (rc == OV_OK)
		rc = load_rows(t, bereik, "bereik", load_pad, e);
	if (rc == OV_OK)
		rc = load_rows(t, rechten, "rechten", load_recht, e);
	if (rc == OV_OK)
		rc = contradictions(t, e);
	if (rc != OV_OK) {
		ov_toegang_free(t);
		return ov_while(e, rc, "toegang.json");
	}
	*out = t;
	return OV_OK;
}

void
ov_toegang_free(struct ov_toegang *t)
{
	if (t == NULL)
		return;
	free((void *)t->functie);
	free(t->pad);
	free(t->recht);
	json_decref(t->doc);
	free(t);
}

/* ---- the accounts ---- */

static bool
waarde_ok(enum ov_bereik soort, const json_t *v)
{
	const char *s = json_string_value(v);

	if (s == NULL || *s == '\0' || strlen(s) > 200)
		return false;
	switch (soort) {
	case OV_BEREIK_OPLEIDING:
		return strlen(s) == 5 && strspn(s, "0123456789") == 5;
	case OV_BEREIK_WOONGEMEENTE:
		return strlen(s) == 4 && strspn(s, "0123456789") == 4;
	case OV_BEREIK_LOCATIE:
	case OV_BEREIK_KLAS:
	case OV_BEREIK_N:
		break;
	}
	return true;
}

static enum ov_rc
load_functie(const struct ov_toegang *t, struct ov_functie *f, const json_t *js,
    struct ov_err *e)
{
	struct ov_jobj o;
	const json_t *v;
	size_t i;

	ov_jo_init(&o, js, "functie");
	if (!functie_index(t, ov_jo_str(&o, "functie", 40), &f->functie))
		ov_jo_fail(&o, "functie", OV_REDEN_CODE);
	for (int b = 0; b < OV_BEREIK_N; b++) {
		if (!ov_jo_has(&o, ov_bereik_names[b]))
			continue;
		f->bereik[b] = ov_jo_arr(&o, ov_bereik_names[b], OV_BEREIK_MAX);
		json_array_foreach(f->bereik[b], i, v)
		{
			if (!waarde_ok((enum ov_bereik)b, v))
				ov_jo_fail(&o, ov_bereik_names[b],
				    OV_REDEN_PATROON);
		}
		if (json_array_size(f->bereik[b]) == 0)
			f->bereik[b] = NULL;
	}
	f->geldig = span(&o, "van", "tot");
	return ov_jo_end(&o, e);
}

static bool
same_functie(const struct ov_functie *a, const struct ov_functie *b)
{
	if (a->functie != b->functie || !overlap(a->geldig, b->geldig))
		return false;
	for (int i = 0; i < OV_BEREIK_N; i++)
		if ((a->bereik[i] == NULL) != (b->bereik[i] == NULL) ||
		    (a->bereik[i] != NULL &&
		        !json_equal(a->bereik[i], b->bereik[i])))
			return false;
	return true;
}

static enum ov_rc
load_account(const struct ov_toegang *t, struct ov_accounts *s,
    const json_t *js, struct ov_err *e)
{
	struct ov_account *a = &s->a[s->n];
	const json_t *fs;
	struct ov_jobj o;
	enum ov_rc rc;

	a->t = t;
	ov_jo_init(&o, js, "account");
	a->naam = ov_jo_str(&o, "account", 64);
	fs = ov_jo_arr(&o, "functies", OV_FUNCTIES_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (ov_account_find(s, a->naam) != NULL)
		return ov_fail(e, OV_BADMSG, "account: twice");
	for (size_t i = 0; i < json_array_size(fs); i++) {
		rc = load_functie(t, &a->f[i], json_array_get(fs, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "functies[%zu]", i);
		for (size_t k = 0; k < i; k++)
			if (same_functie(&a->f[k], &a->f[i]))
				return ov_fail(e, OV_BADMSG,
				    "functies[%zu] and functies[%zu]: the same "
				    "on one day",
				    k, i);
		a->n++;
	}
	s->n++;
	return OV_OK;
}

enum ov_rc
ov_accounts_load(const struct ov_toegang *t, struct ov_view text,
    struct ov_accounts **out, struct ov_err *e)
{
	struct ov_accounts *s = calloc(1, sizeof(*s));
	const json_t *rows = NULL;
	struct ov_jobj o;
	enum ov_rc rc;

	*out = NULL;
	if (s == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &s->doc, e);
	if (rc == OV_OK) {
		ov_jo_init(&o, s->doc, "accounts");
		(void)ov_jo_range(&o, "versie", 1, 1);
		rows = ov_jo_arr(&o, "accounts", OV_ACCOUNTS_MAX);
		rc = ov_jo_end(&o, e);
	}
	if (rc == OV_OK &&
	    (s->a = calloc(json_array_size(rows) + 1, sizeof(*s->a))) == NULL)
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	for (size_t i = 0; rc == OV_OK && i < json_array_size(rows); i++) {
		rc = load_account(t, s, json_array_get(rows, i), e);
		if (rc != OV_OK)
			rc = ov_while(e, rc, "accounts[%zu]", i);
	}
	if (rc != OV_OK) {
		ov_accounts_free(s);
		return ov_while(e, rc, "accounts.json");
	}
	s->machine = (struct ov_account){.t = t,
	    .naam = "beheerder",
	    .n = 1,
	    .f = {{.geldig = {INT32_MIN, OV_SPAN_OPEN}}}};
	(void)functie_index(t, "beheerder", &s->machine.f[0].functie);
	*out = s;
	return OV_OK;
}

void
ov_accounts_free(struct ov_accounts *s)
{
	if (s == NULL)
		return;
	json_decref(s->doc);
	free(s->a);
	free(s);
}
