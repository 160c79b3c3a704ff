/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/rapport.c - fractions, and the tables of norms and formulas. */
#include "protocol/rapport.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"

#define FILE_MAX ((size_t)1 << 20)
#define NAAM_MAX 64
#define TEKST_MAX 600
#define BRONNEN_MAX 200
#define NORMEN_MAX 5000
#define GROOTHEDEN_MAX 100
#define FORMULES_MAX 100
#define GROEPEN_MAX 20
#define LEDEN_MAX 50
#define KLASSEN_MAX 20
#define MAANDEN_MAX 1200
#define ALS_MAX 8
#define WAARDEN_MAX 32
#define DECIMALEN_MAX 4

enum als_soort { ALS_IN, ALS_NIET, ALS_ONTBREEKT };

struct als {
	const char *lid;
	enum als_soort soort;
	const json_t *waarden;
};

struct ov_grootheid {
	const char *naam, *uitleg, *bron, *srt;
	size_t n;
	struct als als[ALS_MAX];
};

struct ov_rapport {
	json_t *normen, *formules; /* the documents; texts point into them */
	size_t nnorm, ngroot, nform;
	const json_t *bron;  /* list of {naam, tekst} */
	const json_t *groep; /* list of {naam, categorieen, bron} */
	const json_t *klas;  /* list of {naam, bron, klassen} */
	struct ov_norm_rij *norm;
	struct ov_grootheid *groot;
	struct ov_formule *form;
};

/* ---- fractions ---- */

bool
ov_breuk(uint64_t teller, uint64_t noemer, unsigned maal, unsigned decimalen,
    char out[OV_BREUK_SIZE])
{
	uint64_t tien = 1, q;

	out[0] = '\0';
	if (noemer == 0 || teller > OV_TELLING_MAX || noemer > OV_TELLING_MAX ||
	    maal > 100 || decimalen > DECIMALEN_MAX)
		return false;
	for (unsigned i = 0; i < decimalen; i++)
		tien *= 10;
	q = (2 * teller * maal * tien + noemer) / (2 * noemer);
	if (decimalen == 0)
		(void)snprintf(out, OV_BREUK_SIZE, "%" PRIu64, q);
	else
		(void)snprintf(out, OV_BREUK_SIZE, "%" PRIu64 ".%0*" PRIu64,
		    q / tien, (int)decimalen, q % tien);
	return true;
}

bool
ov_schooljaar_parse(const char *s, int *jaar)
{
	int a = 0, b = 0;

	*jaar = 0;
	if (s == NULL || strlen(s) != 9 || s[4] != '-')
		return false;
	for (int i = 0; i < 4; i++) {
		if (s[i] < '0' || s[i] > '9' || s[5 + i] < '0' ||
		    s[5 + i] > '9')
			return false;
		a = a * 10 + (s[i] - '0');
		b = b * 10 + (s[5 + i] - '0');
	}
	if (a < OV_JAAR_MIN || b != a + 1)
		return false;
	*jaar = a;
	return true;
}

void
ov_schooljaar_fmt(int jaar, char out[10])
{
	if (jaar < OV_JAAR_MIN || jaar >= OV_JAAR_MAX)
		jaar = OV_JAAR_MIN;
	(void)snprintf(out, 10, "%04u-%04u", (unsigned)jaar % 10000,
	    (unsigned)(jaar + 1) % 10000);
}

/* ---- norms ---- */

/* "26.40": at most 100, exactly two decimals. */
static bool
read_norm(const char *s, uint32_t *out)
{
	size_t n = strlen(s);
	uint32_t v = 0;

	if (n < 4 || n > 6 || s[n - 3] != '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i == n - 3)
			continue;
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s[i] - '0');
	}
	*out = v;
	return v <= 10000;
}

static enum ov_rc
read_bron(const json_t *list, size_t i, struct ov_err *e)
{
	struct ov_jobj o;
	const char *naam;

	ov_jo_init(&o, json_array_get(list, i), "bronnen");
	naam = ov_jo_str(&o, "naam", NAAM_MAX);
	(void)ov_jo_str(&o, "tekst", TEKST_MAX);
	for (size_t k = 0; k < i; k++)
		if (strcmp(naam, json_string_value(
		                     json_object_get(json_array_get(list, k),
		                         "naam"))) == 0)
			ov_jo_fail(&o, "naam", OV_REDEN_VERBODEN);
	return ov_jo_end(&o, e);
}

static const char *
bron_tekst(const struct ov_rapport *r, const char *naam)
{
	const json_t *b;
	size_t i;

	json_array_foreach(r->bron, i, b)
	{
		const char *s = json_string_value(json_object_get(b, "naam"));

		if (strcmp(s, naam) == 0)
			return json_string_value(json_object_get(b, "tekst"));
	}
	return NULL;
}

static bool
same_norm(const struct ov_norm_rij *a, const struct ov_norm_rij *b)
{
	return a->jaar == b->jaar && strcmp(a->maat, b->maat) == 0 &&
	       strcmp(a->categorie, b->categorie) == 0;
}

static enum ov_rc
read_rij(struct ov_rapport *r, const json_t *j, struct ov_err *e)
{
	struct ov_norm_rij *n = &r->norm[r->nnorm];
	struct ov_jobj o;

	ov_jo_init(&o, j, "normen");
	n->maat = ov_jo_str(&o, "maat", NAAM_MAX);
	n->categorie = ov_jo_str0(&o, "categorie", NAAM_MAX);
	if (!ov_schooljaar_parse(ov_jo_str(&o, "schooljaar", 9), &n->jaar))
		ov_jo_fail(&o, "schooljaar", OV_REDEN_PATROON);
	if (!read_norm(ov_jo_str(&o, "norm", 6), &n->norm))
		ov_jo_fail(&o, "norm", OV_REDEN_PATROON);
	n->bron = ov_jo_str(&o, "bron", NAAM_MAX);
	n->tekst = bron_tekst(r, n->bron);
	if (n->tekst == NULL)
		ov_jo_fail(&o, "bron", OV_REDEN_CODE);
	for (size_t i = 0; i < r->nnorm; i++)
		if (same_norm(n, &r->norm[i]) &&
		    strcmp(n->bron, r->norm[i].bron) == 0)
			ov_jo_fail(&o, "bron", OV_REDEN_VERBODEN);
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_normen(struct ov_rapport *r, struct ov_err *e)
{
	struct ov_jobj o;
	const json_t *list;
	enum ov_rc rc;

	ov_jo_init(&o, r->normen, "normen.json");
	(void)ov_jo_range(&o, "versie", 1, 1);
	r->bron = ov_jo_arr(&o, "bronnen", BRONNEN_MAX);
	list = ov_jo_arr(&o, "normen", NORMEN_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < json_array_size(r->bron); i++)
		if ((rc = read_bron(r->bron, i, e)) != OV_OK)
			return ov_while(e, rc, "bronnen %zu", i);
	r->norm = calloc(json_array_size(list) + 1, sizeof(*r->norm));
	if (r->norm == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	for (size_t i = 0; i < json_array_size(list); i++, r->nnorm++)
		if ((rc = read_rij(r, json_array_get(list, i), e)) != OV_OK)
			return ov_while(e, rc, "normen %zu", i);
	return OV_OK;
}

const struct ov_norm_rij *
ov_norm(const struct ov_rapport *r, const char *maat, const char *categorie,
    int jaar, const char *bron, size_t i)
{
	const struct ov_norm_rij q = {.maat = maat,
	    .categorie = categorie,
	    .jaar = jaar};

	for (size_t k = 0; k < r->nnorm; k++)
		if (same_norm(&q, &r->norm[k]) &&
		    (bron == NULL || strcmp(bron, r->norm[k].bron) == 0) &&
		    i-- == 0)
			return &r->norm[k];
	return NULL;
}

bool
ov_norm_bron(const struct ov_rapport *r, const char *naam)
{
	return bron_tekst(r, naam) != NULL;
}

/* ---- groups ---- */

static enum ov_rc
read_groep(const struct ov_rapport *r, size_t i, struct ov_err *e)
{
	const json_t *leden, *v;
	struct ov_jobj o;
	size_t k;

	ov_jo_init(&o, json_array_get(r->groep, i), "groepen");
	(void)ov_jo_str(&o, "naam", NAAM_MAX);
	(void)ov_jo_str(&o, "bron", TEKST_MAX);
	leden = ov_jo_arr(&o, "categorieen", LEDEN_MAX);
	json_array_foreach(leden, k, v)
	{
		if (!json_is_string(v))
			ov_jo_fail(&o, "categorieen", OV_REDEN_TYPE);
	}
	return ov_jo_end(&o, e);
}

const char *
ov_groep_nth(const struct ov_rapport *r, size_t i)
{
	return json_string_value(
	    json_object_get(json_array_get(r->groep, i), "naam"));
}

const char *
ov_groep(const struct ov_rapport *r, const char *categorie)
{
	const json_t *g, *v;
	size_t i, k;

	json_array_foreach(r->groep, i, g)
	{
		if (strcmp(ov_groep_nth(r, i), categorie) == 0)
			return ov_groep_nth(r, i);
		json_array_foreach(json_object_get(g, "categorieen"), k, v)
		{
			if (strcmp(json_string_value(v), categorie) == 0)
				return ov_groep_nth(r, i);
		}
	}
	return NULL;
}

/* ---- classes of a duration ---- */

/* The last one has no bound, and only the last. */
static enum ov_rc
read_klasse(const json_t *j, bool last, struct ov_err *e)
{
	struct ov_jobj o;

	ov_jo_init(&o, j, "klasse");
	(void)ov_jo_str(&o, "code", NAAM_MAX);
	(void)ov_jo_str(&o, "tekst", TEKST_MAX);
	if (ov_jo_has(&o, "onder"))
		(void)ov_jo_range(&o, "onder", 1, MAANDEN_MAX);
	else if (ov_jo_has(&o, "tot") || !last)
		(void)ov_jo_range(&o, "tot", 0, MAANDEN_MAX);
	if (last && (ov_jo_has(&o, "onder") || ov_jo_has(&o, "tot")))
		ov_jo_fail(&o, "tot", OV_REDEN_VERBODEN);
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_klassen(const struct ov_rapport *r, size_t i, struct ov_err *e)
{
	struct ov_jobj o;
	const json_t *list;
	size_t n;
	enum ov_rc rc;

	ov_jo_init(&o, json_array_get(r->klas, i), "klassen");
	(void)ov_jo_str(&o, "naam", NAAM_MAX);
	(void)ov_jo_str(&o, "bron", TEKST_MAX);
	list = ov_jo_arr(&o, "klassen", KLASSEN_MAX);
	n = json_array_size(list);
	if (n == 0)
		ov_jo_fail(&o, "klassen", OV_REDEN_ONTBREEKT);
	rc = ov_jo_end(&o, e);
	for (size_t k = 0; k < n && rc == OV_OK; k++)
		rc = read_klasse(json_array_get(list, k), k + 1 == n, e);
	return rc;
}

static const json_t *
klassen(const struct ov_rapport *r, const char *lijst)
{
	const json_t *l;
	size_t i;

	json_array_foreach(r->klas, i, l)
	{
		if (strcmp(json_string_value(json_object_get(l, "naam")),
		        lijst) == 0)
			return l;
	}
	return NULL;
}

const char *
ov_klasse_nth(const struct ov_rapport *r, const char *lijst, size_t i,
    const char **tekst)
{
	const json_t *k = json_array_get(json_object_get(klassen(r, lijst),
	                                     "klassen"),
	    i);

	*tekst = json_string_value(json_object_get(k, "tekst"));
	return json_string_value(json_object_get(k, "code"));
}

const char *
ov_klasse_bron(const struct ov_rapport *r, const char *lijst)
{
	const char *s = json_string_value(
	    json_object_get(klassen(r, lijst), "bron"));

	return s != NULL ? s : "";
}

const char *
ov_klasse(const struct ov_rapport *r, const char *lijst, struct ov_date van,
    struct ov_date tot)
{
	const json_t *k, *n;
	size_t i;

	json_array_foreach(json_object_get(klassen(r, lijst), "klassen"), i, k)
	{
		const char *code = json_string_value(
		    json_object_get(k, "code"));
		int32_t m;

		if ((n = json_object_get(k, "onder")) != NULL) {
			m = (int32_t)json_integer_value(n);
			if (ov_date_cmp(tot, ov_date_add_months(van, m)) < 0)
				return code;
		} else if ((n = json_object_get(k, "tot")) != NULL) {
			m = (int32_t)json_integer_value(n);
			if (ov_date_cmp(tot, ov_date_add_months(van, m)) <= 0)
				return code;
		} else {
			return code;
		}
	}
	return NULL;
}

/* ---- quantities ---- */

static bool
waarden_ok(const json_t *w)
{
	const json_t *v;
	size_t i;

	json_array_foreach(w, i, v)
	{
		if (!json_is_string(v) && !json_is_boolean(v))
			return false;
	}
	return json_array_size(w) > 0;
}

static enum ov_rc
read_als(const json_t *j, struct als *a, struct ov_err *e)
{
	static const char *const woord[] = {"in", "niet"};
	struct ov_jobj o;
	bool any = false;

	ov_jo_init(&o, j, "als");
	a->lid = ov_jo_str(&o, "lid", NAAM_MAX);
	for (int k = 0; k < 2 && !any; k++) {
		if (!ov_jo_has(&o, woord[k]))
			continue;
		any = true;
		a->soort = k == 0 ? ALS_IN : ALS_NIET;
		a->waarden = ov_jo_arr(&o, woord[k], WAARDEN_MAX);
		if (!waarden_ok(a->waarden))
			ov_jo_fail(&o, woord[k], OV_REDEN_TYPE);
	}
	if (!any) {
		a->soort = ALS_ONTBREEKT;
		if (!ov_jo_bool(&o, "ontbreekt"))
			ov_jo_fail(&o, "ontbreekt", OV_REDEN_TYPE);
	}
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_grootheid(struct ov_rapport *r, const json_t *j, struct ov_err *e)
{
	struct ov_grootheid *g = &r->groot[r->ngroot];
	const json_t *als = NULL;
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "grootheden");
	g->naam = ov_jo_str(&o, "naam", NAAM_MAX);
	g->uitleg = ov_jo_str(&o, "uitleg", TEKST_MAX);
	g->bron = ov_jo_str(&o, "bron", TEKST_MAX);
	g->srt = "";
	if (ov_jo_has(&o, "srt")) {
		g->srt = ov_jo_str(&o, "srt", OV_SRT_MAX);
		als = ov_jo_arr(&o, "als", ALS_MAX);
	}
	if (ov_grootheid(r, g->naam) != NULL)
		ov_jo_fail(&o, "naam", OV_REDEN_VERBODEN);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	for (; g->n < json_array_size(als); g->n++)
		if ((rc = read_als(json_array_get(als, g->n), &g->als[g->n],
		         e)) != OV_OK)
			return rc;
	return OV_OK;
}

const struct ov_grootheid *
ov_grootheid(const struct ov_rapport *r, const char *naam)
{
	for (size_t i = 0; i < r->ngroot; i++)
		if (strcmp(r->groot[i].naam, naam) == 0)
			return &r->groot[i];
	return NULL;
}

const char *
ov_grootheid_uitleg(const struct ov_grootheid *g)
{
	return g->uitleg;
}

const char *
ov_grootheid_bron(const struct ov_grootheid *g)
{
	return g->bron;
}

const char *
ov_grootheid_srt(const struct ov_grootheid *g)
{
	return g->srt;
}

static bool
als_ok(const struct als *a, const struct ov_jn *inhoud)
{
	const struct ov_jn *v = ov_jn_at(inhoud, a->lid);
	const json_t *w;
	size_t i;

	if (a->soort == ALS_ONTBREEKT)
		return v == NULL || ov_jn_is(v, OV_J_NULL);
	json_array_foreach(a->waarden, i, w)
	{
		if (ov_jn_same(v, w))
			return a->soort == ALS_IN;
	}
	return a->soort == ALS_NIET;
}

bool
ov_grootheid_telt(const struct ov_grootheid *g, const struct ov_jn *inhoud)
{
	for (size_t i = 0; i < g->n; i++)
		if (!als_ok(&g->als[i], inhoud))
			return false;
	return true;
}

/* ---- formulas ---- */

static enum ov_rc
read_formule(struct ov_rapport *r, const json_t *j, struct ov_err *e)
{
	static const char *const kant[] = {"hoogstens", "minstens", NULL};
	struct ov_formule *f = &r->form[r->nform];
	struct ov_jobj o;

	ov_jo_init(&o, j, "formules");
	f->code = ov_jo_str(&o, "code", NAAM_MAX);
	f->tekst = ov_jo_str(&o, "tekst", TEKST_MAX);
	f->bron = ov_jo_str(&o, "bron", TEKST_MAX);
	f->teller = ov_grootheid(r, ov_jo_str(&o, "teller", NAAM_MAX));
	f->noemer = ov_grootheid(r, ov_jo_str(&o, "noemer", NAAM_MAX));
	if (f->teller == NULL)
		ov_jo_fail(&o, "teller", OV_REDEN_CODE);
	if (f->noemer == NULL)
		ov_jo_fail(&o, "noemer", OV_REDEN_CODE);
	f->maal = (unsigned)ov_jo_range(&o, "maal", 1, 100);
	f->decimalen = (unsigned)ov_jo_range(&o, "decimalen", 0, DECIMALEN_MAX);
	if (ov_jo_has(&o, "norm"))
		f->norm = (enum ov_norm_kant)(ov_jo_word(&o, "norm", kant) + 1);
	if (ov_formule(r, f->code) != NULL)
		ov_jo_fail(&o, "code", OV_REDEN_VERBODEN);
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_formules(struct ov_rapport *r, struct ov_err *e)
{
	struct ov_jobj o;
	const json_t *groot, *form;
	enum ov_rc rc;

	ov_jo_init(&o, r->formules, "formules.json");
	(void)ov_jo_range(&o, "versie", 1, 1);
	r->groep = ov_jo_arr(&o, "groepen", GROEPEN_MAX);
	if (ov_jo_has(&o, "klassen"))
		r->klas = ov_jo_arr(&o, "klassen", GROEPEN_MAX);
	groot = ov_jo_arr(&o, "grootheden", GROOTHEDEN_MAX);
	form = ov_jo_arr(&o, "formules", FORMULES_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < json_array_size(r->groep); i++)
		if ((rc = read_groep(r, i, e)) != OV_OK)
			return ov_while(e, rc, "groepen %zu", i);
	for (size_t i = 0; i < json_array_size(r->klas); i++)
		if ((rc = read_klassen(r, i, e)) != OV_OK)
			return ov_while(e, rc, "klassen %zu", i);
	r->groot = calloc(json_array_size(groot) + 1, sizeof(*r->groot));
	r->form = calloc(json_array_size(form) + 1, sizeof(*r->form));
	if (r->groot == NULL || r->form == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	for (size_t i = 0; i < json_array_size(groot); i++, r->ngroot++)
		if ((rc = read_grootheid(r, json_array_get(groot, i), e)) !=
		    OV_OK)
			return ov_while(e, rc, "grootheden %zu", i);
	for (size_t i = 0; i < json_array_size(form); i++, r->nform++)
		if ((rc = read_formule(r, json_array_get(form, i), e)) != OV_OK)
			return ov_while(e, rc, "formules %zu", i);
	return OV_OK;
}

const struct ov_formule *
ov_formule(const struct ov_rapport *r, const char *code)
{
	for (size_t i = 0; i < r->nform; i++)
		if (strcmp(r->form[i].code, code) == 0)
			return &r->form[i];
	return NULL;
}

bool
ov_norm_gehaald(const struct ov_formule *f, const struct ov_norm_rij *n,
    uint64_t teller, uint64_t noemer)
{
	uint64_t a, b;

	if (noemer == 0 || teller > OV_TELLING_MAX || noemer > OV_TELLING_MAX)
		return false;
	a = teller * 10000;
	b = noemer * n->norm;
	return f->norm == OV_NORM_MINSTENS ? a >= b : a <= b;
}

/* ---- the whole ---- */

enum ov_rc
ov_rapport_load(struct ov_view normen, struct ov_view formules,
    struct ov_rapport **out, struct ov_err *e)
{
	struct ov_rapport *r = calloc(1, sizeof(*r));
	enum ov_rc rc;

	*out = NULL;
	if (r == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_json_parse(normen.p, normen.n, FILE_MAX, &r->normen, e);
	if (rc == OV_OK)
		rc = read_normen(r, e);
	if (rc != OV_OK) {
		rc = ov_while(e, rc, "normen.json");
	} else {
		rc = ov_json_parse(formules.p, formules.n, FILE_MAX,
		    &r->formules, e);
		if (rc == OV_OK)
			rc = read_formules(r, e);
		if (rc != OV_OK)
			rc = ov_while(e, rc, "formules.json");
	}
	if (rc != OV_OK) {
		ov_rapport_free(r);
		return rc;
	}
	*out = r;
	return OV_OK;
}

void
ov_rapport_free(struct ov_rapport *r)
{
	if (r == NULL)
		return;
	json_decref(r->normen);
	json_decref(r->formules);
	free(r->norm);
	free(r->groot);
	free(r->form);
	free(r);
}
