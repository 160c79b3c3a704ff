/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads the tables of protocol/types.h and refuses those that contradict
 * themselves. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/types_int.h"

#define TABLE_MAX ((size_t)1 << 20)

struct ov_block {
	struct ov_block *next;
	max_align_t p[];
};

void *
ov_types_keep(struct ov_types *t, size_t n, size_t size)
{
	struct ov_block *b;

	if (n == 0)
		n = 1;
	if (size > (SIZE_MAX - sizeof(*b)) / n)
		return NULL;
	b = calloc(1, sizeof(*b) + n * size);
	if (b == NULL)
		return NULL;
	b->next = t->blocks;
	t->blocks = b;
	return b->p;
}

static enum ov_rc
no_memory(struct ov_err *e)
{
	return ov_fail(e, OV_NOSPACE, "no memory for the tables");
}

bool
ov_dag(const char *s, size_t n, int32_t *dag)
{
	struct ov_view v = {(const uint8_t *)s, n};
	struct ov_date d;

	if (ov_date_parse(v, &d) != OV_OK)
		return false;
	*dag = ov_date_days(d);
	return true;
}

bool
ov_span_has(struct ov_span s, int32_t dag)
{
	return dag >= s.van && dag <= s.tot;
}

static bool
overlap(struct ov_span a, struct ov_span b)
{
	return a.van <= b.tot && b.van <= a.tot;
}

/* geldigVan and geldigTot; without the first, from always. */
static void
read_span(struct ov_jobj *o, bool needed, struct ov_span *out)
{
	struct ov_date d;

	out->van = INT32_MIN;
	out->tot = OV_SPAN_OPEN;
	if (needed || ov_jo_has(o, "geldigVan")) {
		ov_jo_date(o, "geldigVan", &d);
		if (o->rc == OV_OK)
			out->van = ov_date_days(d);
	}
	if (ov_jo_has(o, "geldigTot")) {
		ov_jo_date(o, "geldigTot", &d);
		if (o->rc == OV_OK)
			out->tot = ov_date_days(d);
	}
	if (o->rc == OV_OK && out->tot < out->van)
		ov_jo_fail(o, "geldigTot", OV_REDEN_PATROON);
}

/* ---- code lists ---- */

static int
code_cmp(const void *a, const void *b)
{
	const struct ov_code *x, *y;
	int c;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	c = strcmp(x->code, y->code);
	if (c != 0)
		return c;
	return (x->geldig.van > y->geldig.van) -
	       (x->geldig.van < y->geldig.van);
}

static enum ov_rc
load_list(struct ov_types *t, struct ov_codelist *l, const json_t *js,
    struct ov_err *e)
{
	struct ov_jobj o;
	json_t *arr;
	size_t i;
	enum ov_rc rc;

	ov_jo_init(&o, js, "lijst");
	l->naam = ov_jo_str(&o, "naam", 40);
	l->bron = ov_jo_str(&o, "bron", 300);
	arr = ov_jo_arr(&o, "codes", 1000);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	l->n = json_array_size(arr);
	if (l->n == 0)
		return ov_fail(e, OV_BADMSG, "%s: no codes", l->naam);
	l->code = ov_types_keep(t, l->n, sizeof(*l->code));
	l->sorted = ov_types_keep(t, l->n, sizeof(*l->sorted));
	if (l->code == NULL || l->sorted == NULL)
		return no_memory(e);
	for (i = 0; i < l->n; i++) {
		ov_jo_init(&o, json_array_get(arr, i), l->naam);
		l->code[i].code = ov_jo_str(&o, "code", 40);
		l->code[i].tekst = ov_jo_str(&o, "tekst", 200);
		read_span(&o, false, &l->code[i].geldig);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return ov_while(e, rc, "code %zu", i);
		l->sorted[i] = &l->code[i];
	}
	qsort(l->sorted, l->n, sizeof(*l->sorted), code_cmp);
	for (i = 1; i < l->n; i++) {
		const struct ov_code *a = l->sorted[i - 1], *b = l->sorted[i];

		if (strcmp(a->code, b->code) == 0 &&
		    overlap(a->geldig, b->geldig))
			return ov_fail(e, OV_BADMSG,
			    "code %zu: %s twice at one time",
			    (size_t)(b - l->code), a->code);
	}
	return OV_OK;
}

static enum ov_rc
load_lists(struct ov_types *t, const json_t *doc, struct ov_err *e)
{
	struct ov_jobj o;
	json_t *arr;
	size_t i, j;
	enum ov_rc rc;

	ov_jo_init(&o, doc, "codelijsten.json");
	(void)ov_jo_range(&o, "versie", 1, 1);
	arr = ov_jo_arr(&o, "lijsten", 200);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	t->nlijst = json_array_size(arr);
	if ((t->lijst = ov_types_keep(t, t->nlijst, sizeof(*t->lijst))) == NULL)
		return no_memory(e);
	for (i = 0; i < t->nlijst; i++) {
		rc = load_list(t, &t->lijst[i], json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "codelijsten.json: lijst %zu",
			    i);
		for (j = 0; j < i; j++)
			if (strcmp(t->lijst[i].naam, t->lijst[j].naam) == 0)
				return ov_fail(e, OV_BADMSG,
				    "codelijsten.json: lijst %zu: %s twice", i,
				    t->lijst[i].naam);
	}
	t->categorie = ov_lijst_find(t, "categorie");
	t->uitlevering = ov_lijst_find(t, "uitlevering");
	if (t->categorie == NULL || t->uitlevering == NULL ||
	    t->categorie->n > OV_CATS_MAX)
		return ov_fail(e, OV_BADMSG,
		    "codelijsten.json: categorie or uitlevering missing");
	return OV_OK;
}

/* ---- legal grounds ---- */

/* An array of words as bits; zero words is a fault. */
static uint8_t
read_bits(struct ov_jobj *o, const char *name, const char *const *words)
{
	json_t *arr = ov_jo_arr(o, name, 8);
	uint8_t bits = 0;
	size_t i, w;

	for (i = 0; i < json_array_size(arr); i++) {
		const char *s = json_string_value(json_array_get(arr, i));

		for (w = 0; s != NULL && words[w] != NULL; w++)
			if (strcmp(s, words[w]) == 0)
				break;
		if (s == NULL || words[w] == NULL || (bits & (1u << w)) != 0) {
			ov_jo_fail(o, name, OV_REDEN_CODE);
			return 0;
		}
		bits = (uint8_t)(bits | (1u << w));
	}
	if (bits == 0)
		ov_jo_fail(o, name, OV_REDEN_ONTBREEKT);
	return bits;
}

static enum ov_rc
load_ground(struct ov_types *t, struct ov_grond *g, const json_t *js,
    struct ov_err *e)
{
	struct ov_jobj o;
	json_t *arr;
	size_t i;
	enum ov_rc rc;

	ov_jo_init(&o, js, "grondslag");
	g->code = ov_jo_str(&o, "code", 40);
	read_span(&o, true, &g->geldig);
	g->toestemming = ov_jo_bool(&o, "toestemming");
	g->pgn = ov_jo_bool(&o, "pgn");
	g->geheim_adres = ov_jo_bool(&o, "geheimAdres");
	g->bron = ov_jo_str(&o, "bron", 300);
	arr = ov_jo_arr(&o, "typen", 40);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	g->n = json_array_size(arr);
	if ((g->typen = ov_types_keep(t, g->n, sizeof(*g->typen))) == NULL)
		return no_memory(e);
	for (i = 0; i < g->n; i++) {
		ov_jo_init(&o, json_array_get(arr, i), g->code);
		g->typen[i].srt = ov_jo_str(&o, "srt", 32);
		g->typen[i].delen = read_bits(&o, "delen", ov_deel_names);
		g->typen[i].gevoelig = read_bits(&o, "gevoelig",
		    ov_gevoelig_names);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return ov_while(e, rc, "typen %zu", i);
	}
	return OV_OK;
}

static enum ov_rc
load_grounds(struct ov_types *t, const json_t *doc, struct ov_err *e)
{
	const struct ov_codelist *names = ov_lijst_find(t, "grondslag");
	struct ov_jobj o;
	json_t *arr;
	size_t i, j;
	enum ov_rc rc;

	if (names == NULL)
		return ov_fail(e, OV_BADMSG,
		    "codelijsten.json: lijst grondslag missing");
	ov_jo_init(&o, doc, "grondslagen.json");
	(void)ov_jo_range(&o, "versie", 1, 1);
	arr = ov_jo_arr(&o, "grondslagen", 200);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	t->ngrond = json_array_size(arr);
	if ((t->grond = ov_types_keep(t, t->ngrond, sizeof(*t->grond))) == NULL)
		return no_memory(e);
	for (i = 0; i < t->ngrond; i++) {
		struct ov_grond *g = &t->grond[i];

		rc = load_ground(t, g, json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc,
			    "grondslagen.json: grondslagen %zu", i);
		for (j = 0; j < names->n; j++)
			if (strcmp(names->code[j].code, g->code) == 0)
				break;
		if (j == names->n)
			return ov_fail(e, OV_BADMSG,
			    "grondslagen.json: grondslagen %zu: %s is not in "
			    "codelijsten.json",
			    i, g->code);
		for (j = 0; j < i; j++)
			if (strcmp(t->grond[j].code, g->code) == 0 &&
			    overlap(t->grond[j].geldig, g->geldig))
				return ov_fail(e, OV_BADMSG,
				    "grondslagen.json: grondslagen %zu: %s "
				    "twice at one time",
				    i, g->code);
	}
	for (i = 0; i < names->n; i++)
		if (!ov_ground_known(t, names->code[i].code))
			return ov_fail(e, OV_BADMSG,
			    "grondslagen.json: %s missing",
			    names->code[i].code);
	return OV_OK;
}

/* ---- types ---- */

static bool
named_in(const json_t *arr, const char *naam)
{
	size_t i;

	for (i = 0; i < json_array_size(arr); i++) {
		const char *s = json_string_value(json_array_get(arr, i));

		if (s != NULL && strcmp(s, naam) == 0)
			return true;
	}
	return false;
}

/* The common members without those of "zonder", stricter where "verplicht"
 * says so. */
static enum ov_rc
common_fields(const struct ov_types *t, struct ov_groep *g,
    const json_t *gemeen, const json_t *zonder, const json_t *verplicht,
    struct ov_err *e)
{
	size_t i, hits = 0, kept = 0;
	enum ov_rc rc;

	if ((rc = ov_groep_fields(t, g, gemeen, e)) != OV_OK)
		return rc;
	for (i = 0; i < g->n; i++) {
		if (named_in(zonder, g->f[i].naam)) {
			hits++;
			continue;
		}
		g->f[kept] = g->f[i];
		if (named_in(verplicht, g->f[i].naam)) {
			hits++;
			g->f[kept].lmin = 1;
		}
		kept++;
	}
	g->n = kept;
	if (hits != json_array_size(zonder) + json_array_size(verplicht))
		return ov_fail(e, OV_BADMSG,
		    "%s: zonder or verplicht names no common member", g->naam);
	return OV_OK;
}

/* {"lid": "/vervolgVan", "typen": [..], "van": "afzender"}; "lid" is
 * "/betreftBericht" where it is left out. */
static void
read_betreft(struct ov_jobj *o, const char *naam, struct ov_betreft *b)
{
	static const char *const van[] = {"afzender", "ontvanger", NULL};
	struct ov_err e = {0};
	struct ov_jobj in;
	int v;

	if (!ov_jo_has(o, naam))
		return;
	ov_jo_init(&in, ov_jo_obj(o, naam), naam);
	b->lid = ov_jo_has(&in, "lid") ? ov_jo_str(&in, "lid", 40)
	                               : "/betreftBericht";
	b->typen = ov_jo_arr(&in, "typen", 20);
	if ((v = ov_jo_word(&in, "van", van)) >= 0)
		b->van = (enum ov_richting)v;
	if (ov_jo_end(&in, &e) != OV_OK)
		ov_jo_fail(o, naam, OV_REDEN_TYPE);
}

static void
read_pid(struct ov_jobj *o, struct ov_type *y)
{
	struct ov_err e = {0};
	struct ov_jobj in;

	y->pid = ov_jo_bool(o, "pid");
	if (!ov_jo_has(o, "pidAls"))
		return;
	ov_jo_init(&in, ov_jo_obj(o, "pidAls"), "pidAls");
	y->pid_als = ov_jo_str(&in, "lid", 40);
	y->pid_is = ov_jo_arr(&in, "is", 10);
	if (ov_jo_end(&in, &e) != OV_OK || y->pid)
		ov_jo_fail(o, "pidAls", OV_REDEN_TYPE);
}

/* A member that is one code, and values it can have. */
static enum ov_rc
check_pid_als(const struct ov_types *t, const struct ov_type *y,
    struct ov_err *e)
{
	const struct ov_field *f;
	bool ok;

	if (y->pid_als == NULL)
		return OV_OK;
	f = ov_type_field(t, y, y->pid_als);
	ok = f != NULL && f->soort == OV_S_CODE && !f->list &&
	     json_array_size(y->pid_is) > 0;
	for (size_t i = 0; ok && i < json_array_size(y->pid_is); i++) {
		const char *s = json_string_value(json_array_get(y->pid_is, i));

		ok = s != NULL && ov_lijst_has(f->lijst, s);
	}
	return ok ? OV_OK : ov_fail(e, OV_BADMSG, "%s: pidAls", y->srt);
}

/* What betreft, vervolg and pidAls name is there. */
static enum ov_rc
check_names(const struct ov_types *t, const struct ov_type *y, struct ov_err *e)
{
	const struct ov_betreft *b[2];
	const struct ov_field *f;
	size_t n = ov_type_betreft(y, b), i, j;

	for (i = 0; i < n; i++) {
		f = ov_type_field(t, y, b[i]->lid);
		if (f == NULL || f->soort != OV_S_PATROON ||
		    f->vorm != OV_V_B64U16)
			return ov_fail(e, OV_BADMSG, "%s: %s names no message",
			    y->srt, b[i]->lid);
		for (j = 0; j < json_array_size(b[i]->typen); j++) {
			const char *s = json_string_value(
			    json_array_get(b[i]->typen, j));

			if (s == NULL || !ov_types_known(t, s))
				return ov_fail(e, OV_BADMSG,
				    "%s: %s: typen %zu is no type", y->srt,
				    b[i]->lid, j);
		}
	}
	return check_pid_als(t, y, e);
}

static enum ov_rc
load_type(struct ov_types *t, struct ov_type *y, const json_t *gemeen,
    const json_t *js, struct ov_err *e)
{
	struct ov_jobj o;
	const json_t *velden, *rules = NULL, *zonder = NULL, *verplicht = NULL;
	size_t n;
	enum ov_rc rc;

	ov_jo_init(&o, js, "type");
	y->srt = y->groep.naam = ov_jo_str(&o, "srt", 32);
	y->schema = ov_jo_str(&o, "schema", 40);
	read_span(&o, true, &y->geldig);
	y->bron = ov_jo_str(&o, "bron", 300);
	read_pid(&o, y);
	read_betreft(&o, "betreft", &y->betreft);
	read_betreft(&o, "vervolg", &y->vervolg);
	y->koppeling = ov_jo_bool(&o, "koppeling");
	if (ov_jo_has(&o, "zonder"))
		zonder = ov_jo_arr(&o, "zonder", 10);
	if (ov_jo_has(&o, "verplicht"))
		verplicht = ov_jo_arr(&o, "verplicht", 10);
	velden = ov_jo_arr(&o, "velden", OV_GROEP_FIELDS);
	if (ov_jo_has(&o, "regels"))
		rules = ov_jo_arr(&o, "regels", 40);
	n = strlen(y->srt);
	if (strncmp(y->schema, y->srt, n) != 0 || y->schema[n] != '/')
		ov_jo_fail(&o, "schema", OV_REDEN_PATROON);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	y->groep.f = ov_types_keep(t, OV_GROEP_FIELDS, sizeof(*y->groep.f));
	if (y->groep.f == NULL)
		return no_memory(e);
	if ((rc = common_fields(t, &y->groep, gemeen, zonder, verplicht, e)) !=
	        OV_OK ||
	    (rc = ov_groep_fields(t, &y->groep, velden, e)) != OV_OK ||
	    (rc = ov_groep_index(&y->groep, e)) != OV_OK ||
	    (rc = ov_groep_resolve(t, &y->groep, e)) != OV_OK)
		return rc;
	return ov_groep_rules(t, &y->groep, rules, e);
}

static enum ov_rc
load_types(struct ov_types *t, const json_t *doc, struct ov_err *e)
{
	struct ov_jobj o;
	json_t *gemeen, *groepen, *typen;
	size_t i, j;
	enum ov_rc rc;

	ov_jo_init(&o, doc, "types.json");
	(void)ov_jo_range(&o, "versie", 1, 1);
	gemeen = ov_jo_arr(&o, "gemeen", 20);
	groepen = ov_jo_obj(&o, "groepen");
	typen = ov_jo_arr(&o, "typen", 100);
	if ((rc = ov_jo_end(&o, e)) != OV_OK ||
	    (rc = ov_groepen_load(t, groepen, e)) != OV_OK)
		return ov_while(e, rc, "types.json");
	t->ntype = json_array_size(typen);
	if ((t->type = ov_types_keep(t, t->ntype, sizeof(*t->type))) == NULL)
		return no_memory(e);
	for (i = 0; i < t->ntype; i++) {
		struct ov_type *y = &t->type[i];

		rc = load_type(t, y, gemeen, json_array_get(typen, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "types.json: type %zu", i);
		for (j = 0; j < i; j++)
			if (strcmp(t->type[j].srt, y->srt) == 0 &&
			    overlap(t->type[j].geldig, y->geldig))
				return ov_fail(e, OV_BADMSG,
				    "types.json: type %zu: %s twice at one "
				    "time",
				    i, y->srt);
	}
	return OV_OK;
}

/* ---- together ---- */

/* A ground serves types that exist, and a type that carries a pseudonym only
 * where the ground allows the number behind it; every type has a ground. */
static enum ov_rc
check_grounds(const struct ov_types *t, struct ov_err *e)
{
	size_t i, j, k;

	for (i = 0; i < t->ngrond; i++)
		for (j = 0; j < t->grond[i].n; j++) {
			const char *srt = t->grond[i].typen[j].srt;

			if (!ov_types_known(t, srt))
				return ov_fail(e, OV_BADMSG,
				    "grondslagen.json: grondslagen %zu: "
				    "typen %zu: no type %s",
				    i, j, srt);
			for (k = 0; k < t->ntype; k++)
				if (strcmp(t->type[k].srt, srt) == 0 &&
				    t->type[k].pid && !t->grond[i].pgn)
					return ov_fail(e, OV_BADMSG,
					    "grondslagen.json: grondslagen "
					    "%zu: typen %zu: %s has a pid, "
					    "the ground allows no PGN",
					    i, j, srt);
		}
	for (k = 0; k < t->ntype; k++) {
		bool served = false;
		enum ov_rc rc = check_names(t, &t->type[k], e);

		if (rc != OV_OK)
			return ov_while(e, rc, "types.json: type %zu", k);
		for (i = 0; i < t->ngrond; i++)
			if (ov_grond_type(&t->grond[i], t->type[k].srt) != NULL)
				served = true;
		if (!served)
			return ov_fail(e, OV_BADMSG,
			    "grondslagen.json: no ground for %s",
			    t->type[k].srt);
	}
	return OV_OK;
}

enum ov_rc
ov_types_load(const struct ov_types_src *src, struct ov_types **out,
    struct ov_err *e)
{
	static const char *const names[] = {"types.json", "codelijsten.json",
	    "grondslagen.json"};
	const struct ov_view view[3] = {src->types, src->codes, src->grounds};
	struct ov_types *t;
	enum ov_rc rc = OV_OK;
	int i;

	*out = NULL;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return no_memory(e);
	for (i = 0; i < 3 && rc == OV_OK; i++) {
		rc = ov_json_parse(view[i].p, view[i].n, TABLE_MAX, &t->doc[i],
		    e);
		if (rc != OV_OK)
			rc = ov_while(e, rc, "%s", names[i]);
	}
	if (rc == OV_OK && (rc = load_lists(t, t->doc[1], e)) == OV_OK &&
	    (rc = load_grounds(t, t->doc[2], e)) == OV_OK &&
	    (rc = load_types(t, t->doc[0], e)) == OV_OK &&
	    (rc = check_grounds(t, e)) == OV_OK) {
		*out = t;
		return OV_OK;
	}
	ov_types_free(t);
	return rc;
}

void
ov_types_free(struct ov_types *t)
{
	struct ov_block *b;
	int i;

	if (t == NULL)
		return;
	while ((b = t->blocks) != NULL) {
		t->blocks = b->next;
		free(b);
	}
	for (i = 0; i < 3; i++)
		json_decref(t->doc[i]);
	free(t);
}
