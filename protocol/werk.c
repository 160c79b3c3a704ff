/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/werk.c - the rules of a worklist. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/adresboek.h"
#include "protocol/json.h"
#include "protocol/werk.h"

#define TABLE_MAX ((size_t)1 << 20)
#define REGELS 64
#define RISICOS 32
#define WOORDEN 8

static const char *const names[OV_W_N + 1] = {
    [OV_W_BEOORDELEN] = "beoordelen",
    [OV_W_TWIJFEL] = "twijfel",
    [OV_W_WARM] = "warme-overdracht",
    [OV_W_AFSPRAAK] = "afspraak",
    [OV_W_MONITORING] = "monitoring",
    [OV_W_STATUS] = "status",
    [OV_W_CONTACT] = "eerste-contact",
    [OV_W_DATALEK] = "datalek",
    [OV_W_GEEN_ONTVANGER] = "geen-ontvanger",
    [OV_W_NIET_GEKOPPELD] = "niet-gekoppeld",
    [OV_W_DUO] = "duo-nummer",
    [OV_W_SIGNAAL] = "signaal",
    [OV_W_ZOMERLEK] = "zomerlek",
    [OV_W_GEEN_STATUS] = "geen-status",
    [OV_W_OPVOLGER] = "contact-opvolger",
    [OV_W_GESTUIT] = "contact-gestuit",
};

struct regel {
	enum ov_werk soort;
	int32_t van;
	struct ov_werk_term r;
};

struct risico {
	unsigned code; /* bit */
	const char *overstap[WOORDEN], *opleiding[WOORDEN];
	bool zonder;
	uint64_t niveau;       /* 0: any */
	const char *na, *voor; /* MM-DD, or NULL */
};

struct ov_werklijst {
	json_t *root; /* the texts */
	size_t n, nrisico;
	struct regel regel[REGELS];
	struct risico risico[RISICOS];
};

const char *
ov_werk_name(enum ov_werk w)
{
	return w < OV_W_N ? names[w] : "";
}

/* ---- reading the table ---- */

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

static enum ov_rc
read_regel(struct ov_werklijst *l, const json_t *j, struct ov_err *e)
{
	static const char *const eenheden[] = {"dag", "werkdag", NULL};
	struct regel *g = &l->regel[l->n];
	struct ov_date d = {0};
	struct ov_jobj o;

	ov_jo_init(&o, j, "soorten");
	g->soort = (enum ov_werk)ov_jo_word(&o, "soort", names);
	read_rollen(&o, &g->r.rollen);
	g->r.termijn = (int32_t)ov_jo_int(&o, "termijn", 366);
	g->r.werkdagen = ov_jo_word(&o, "eenheid", eenheden) == 1;
	if (ov_jo_has(&o, "vooraf"))
		g->r.vooraf = (int32_t)ov_jo_int(&o, "vooraf", 366);
	ov_jo_date(&o, "geldigVan", &d);
	g->r.tekst = ov_jo_str(&o, "tekst", 200);
	g->r.bron = ov_jo_str(&o, "bron", 200);
	if (o.rc == OV_OK)
		g->van = ov_date_days(d);
	for (size_t i = 0; i < l->n && o.rc == OV_OK; i++)
		if (l->regel[i].soort == g->soort && l->regel[i].van == g->van)
			ov_jo_fail(&o, "geldigVan", OV_REDEN_VERBODEN);
	l->n++;
	return ov_jo_end(&o, e);
}

static void
read_words(struct ov_jobj *o, const char *name, const char **out, bool *any)
{
	const json_t *a, *v;
	size_t i;

	if (!ov_jo_has(o, name))
		return;
	*any = true;
	a = ov_jo_arr(o, name, WOORDEN - 1);
	if (o->rc == OV_OK && json_array_size(a) == 0)
		ov_jo_fail(o, name, OV_REDEN_ONTBREEKT);
	json_array_foreach(a, i, v)
	{
		out[i] = json_string_value(v);
		if (out[i] == NULL)
			ov_jo_fail(o, name, OV_REDEN_TYPE);
	}
}

/* MM-DD of a day that every year has. */
static const char *
read_md(struct ov_jobj *o, const char *name)
{
	const char *s = ov_jo_str(o, name, 5);
	char full[OV_DATE_SIZE];
	struct ov_date d;

	if (o->rc != OV_OK)
		return NULL;
	(void)snprintf(full, sizeof(full), "2001-%s", s);
	if (ov_date_parse(ov_view_str(full), &d) != OV_OK)
		ov_jo_fail(o, name, OV_REDEN_PATROON);
	return s;
}

static enum ov_rc
read_risico(struct ov_werklijst *l, const json_t *j, struct ov_err *e)
{
	struct risico *r = &l->risico[l->nrisico++];
	const char *code;
	struct ov_jobj o;
	bool any = false;

	ov_jo_init(&o, j, "risico");
	code = ov_jo_str(&o, "code", 2);
	if (o.rc == OV_OK && (strlen(code) != 2 || code[0] != 'R' ||
	                         code[1] < '1' || code[1] > '7'))
		ov_jo_fail(&o, "code", OV_REDEN_CODE);
	else if (o.rc == OV_OK)
		r->code = 1U << (unsigned)(code[1] - '1');
	(void)ov_jo_str(&o, "bron", 200);
	read_words(&o, "soortOverstap", r->overstap, &any);
	read_words(&o, "opleiding", r->opleiding, &any);
	if (ov_jo_has(&o, "zonderDiploma")) {
		r->zonder = ov_jo_bool(&o, "zonderDiploma");
		any = true;
	}
	if (ov_jo_has(&o, "keuzeNiveau")) {
		r->niveau = ov_jo_range(&o, "keuzeNiveau", 1, 4);
		any = true;
	}
	if (ov_jo_has(&o, "aanmeldingNa")) {
		r->na = read_md(&o, "aanmeldingNa");
		any = true;
	}
	if (ov_jo_has(&o, "aanmeldingVoor"))
		r->voor = read_md(&o, "aanmeldingVoor");
	if (o.rc == OV_OK && !any) /* it would be everybody */
		ov_jo_fail(&o, "code", OV_REDEN_ONTBREEKT);
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_all(struct ov_werklijst *l, struct ov_err *e)
{
	const json_t *soorten, *risico, *v;
	enum ov_rc rc = OV_OK;
	struct ov_jobj o;
	size_t i;

	ov_jo_init(&o, l->root, "werklijst");
	(void)ov_jo_range(&o, "versie", 1, 1);
	soorten = ov_jo_arr(&o, "soorten", REGELS);
	risico = ov_jo_arr(&o, "risico", RISICOS);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	json_array_foreach(soorten, i, v)
	{
		if ((rc = read_regel(l, v, e)) != OV_OK)
			return ov_while(e, rc, "soorten/%zu", i);
	}
	json_array_foreach(risico, i, v)
	{
		if ((rc = read_risico(l, v, e)) != OV_OK)
			return ov_while(e, rc, "risico/%zu", i);
	}
	for (unsigned w = 0; w < OV_W_N; w++) {
		for (i = 0; i < l->n && l->regel[i].soort != w; i++)
			;
		if (i == l->n)
			return ov_fail(e, OV_BADMSG, "soorten: no row \"%s\"",
			    names[w]);
	}
	return OV_OK;
}

enum ov_rc
ov_werk_load(struct ov_view text, struct ov_werklijst **out, struct ov_err *e)
{
	struct ov_werklijst *l = calloc(1, sizeof(*l));
	enum ov_rc rc;

	*out = NULL;
	if (l == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &l->root, e);
	if (rc == OV_OK)
		rc = read_all(l, e);
	if (rc != OV_OK) {
		ov_werk_free(l);
		return ov_while(e, rc, "werklijst.json");
	}
	*out = l;
	return OV_OK;
}

void
ov_werk_free(struct ov_werklijst *l)
{
	if (l == NULL)
		return;
	json_decref(l->root);
	free(l);
}

/* ---- terms ---- */

bool
ov_werk_regel(const struct ov_werklijst *l, enum ov_werk w, int32_t dag,
    struct ov_werk_term *out)
{
	const struct regel *best = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct regel *g = &l->regel[i];

		if (g->soort == w && g->van <= dag &&
		    (best == NULL || g->van > best->van))
			best = g;
	}
	if (best == NULL)
		return false;
	*out = best->r;
	return true;
}

int32_t
ov_werk_uiterlijk(const struct ov_werk_term *r, const struct ov_kalender *k,
    int32_t dag)
{
	if (!r->werkdagen)
		return dag + r->termijn;
	return ov_date_days(ov_kal_werkdagen_na(k, ov_date_from_days(dag),
	    (unsigned)r->termijn));
}

bool
ov_werk_zichtbaar(const struct ov_werk_term *r, int32_t uiterlijk, int32_t at)
{
	return r->vooraf == 0 || at >= uiterlijk - r->vooraf;
}

bool
ov_zomerlek(const char *status, int32_t dag)
{
	struct ov_date d = ov_date_from_days(dag);

	if (d.m != 8 && d.m != 9)
		return false;
	return status == NULL || (strcmp(status, "ingeschreven") != 0 &&
	                             strcmp(status, "gestart") != 0);
}

/* ---- risk categories ---- */

static bool
among(const char *const *words, const struct ov_jn *v)
{
	for (size_t i = 0; i < WOORDEN && words[i] != NULL; i++)
		if (ov_jn_eq(v, words[i]))
			return true;
	return false;
}

/* The newest school year of the career. */
static const struct ov_jn *
last_school(const struct ov_jn *inhoud)
{
	const struct ov_jn *best = NULL, *v;
	const char *a, *b;

	for (v = ov_jn_first(ov_jn_get(inhoud, "onderwijsloopbaan")); v != NULL;
	     v = ov_jn_next(v)) {
		a = ov_jn_text(ov_jn_get(v, "schooljaar"));
		b = ov_jn_text(ov_jn_get(best, "schooljaar"));
		if (a != NULL && (b == NULL || strcmp(a, b) >= 0))
			best = v;
	}
	return best;
}

static bool
passed(const struct ov_jn *inhoud)
{
	const struct ov_jn *v;

	for (v = ov_jn_first(ov_jn_get(inhoud, "onderwijsloopbaan")); v != NULL;
	     v = ov_jn_next(v))
		if (ov_jn_eq(ov_jn_get(v, "uitslag"), "geslaagd"))
			return true;
	return false;
}

static bool
holds(const struct risico *r, const struct ov_jn *inhoud)
{
	const struct ov_jn *keuze;
	const char *aan;
	uint64_t niveau;

	if (r->overstap[0] != NULL &&
	    !among(r->overstap, ov_jn_get(inhoud, "soortOverstap")))
		return false;
	if (r->opleiding[0] != NULL &&
	    !among(r->opleiding, ov_jn_get(last_school(inhoud), "opleiding")))
		return false;
	if (r->zonder && passed(inhoud))
		return false;
	keuze = ov_jn_first(ov_jn_get(inhoud, "keuzevervolgopleiding"));
	if (r->niveau != 0 &&
	    (ov_jn_int(ov_jn_get(keuze, "niveau"), 4, &niveau) != OV_OK ||
	        niveau != r->niveau))
		return false;
	if (r->na == NULL && r->voor == NULL)
		return true;
	aan = ov_jn_text(ov_jn_at(inhoud, "toelatingsrecht/aanmelddatum"));
	return aan != NULL && strlen(aan) == OV_DATE_LEN &&
	       (r->na == NULL || strcmp(aan + 5, r->na) > 0) &&
	       (r->voor == NULL || strcmp(aan + 5, r->voor) < 0);
}

unsigned
ov_risico(const struct ov_werklijst *l, const struct ov_jn *inhoud)
{
	unsigned mask = 0;

	for (size_t i = 0; i < l->nrisico; i++)
		if (holds(&l->risico[i], inhoud))
			mask |= l->risico[i].code;
	return mask;
}

unsigned
ov_risico_ingevuld(const struct ov_jn *inhoud)
{
	const struct ov_jn *v;
	const char *s;
	unsigned mask = 0;

	for (v = ov_jn_first(ov_jn_get(inhoud, "risicocategorie")); v != NULL;
	     v = ov_jn_next(v))
		if ((s = ov_jn_text(v)) != NULL && s[0] == 'R' && s[1] >= '1' &&
		    s[1] <= '7')
			mask |= 1U << (unsigned)(s[1] - '1');
	return mask;
}

void
ov_risico_text(char out[OV_RISICO_SIZE], unsigned mask)
{
	size_t n = 0;

	for (unsigned i = 0; i < 7; i++) {
		if ((mask & 1U << i) == 0)
			continue;
		if (n > 0)
			out[n++] = ' ';
		out[n++] = 'R';
		out[n++] = (char)('1' + i);
	}
	out[n] = '\0';
}
