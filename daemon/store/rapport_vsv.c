/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_vsv.c - early school leavers per norm category (and per
 * gemeente) against the norm of the year, and who of them came back.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/rapport.h"

#define TOTAAL "TOTAAL"
#define ONBEKEND "onbekend"
#define KEY_MAX 96

static bool
date_of(const struct ov_jn *inhoud, const char *lid, struct ov_date *d)
{
	return ov_date_parse(ov_jn_view(ov_jn_get(inhoud, lid)), d) == OV_OK;
}

static bool
is_vsv(const struct ov_rap *s, const struct ov_claims *cl)
{
	const struct ov_grootheid *g = ov_grootheid(s->c->st->rapport, "vsv");

	return g != NULL && ov_grootheid_telt(g, cl->inhoud);
}

static const char *
categorie_of(const struct ov_claims *cl)
{
	const char *cat = ov_jn_text(
	    ov_jn_at(cl->inhoud, "opleiding/normcategorie"));

	return cat != NULL ? cat : ONBEKEND;
}

/* ---- vsv ---- */

/* "CATEGORIE", or "GEMEENTE\tsector". */
static void
vsv_key(const struct ov_rap *s, const struct ov_claims *cl, char out[KEY_MAX])
{
	const char *cat = categorie_of(cl), *groep, *g;

	if (!s->per_gemeente) {
		(void)snprintf(out, KEY_MAX, "%s", cat);
		return;
	}
	g = ov_jn_text(ov_jn_at(cl->inhoud, "adres/gemeentecode"));
	groep = ov_groep(s->c->st->rapport, cat);
	(void)snprintf(out, KEY_MAX, "%s\t%s", g != NULL ? g : ONBEKEND,
	    groep == NULL               ? ONBEKEND
	    : strcmp(groep, "MBO") == 0 ? "mbo"
	                                : "vo");
}

/* The newest word of a school about a person in a year is the one that
 * counts: a second notice replaces what the first one added. */
static enum ov_rc
vsv_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	char key[KEY_MAX], wie[64];
	const char *old;
	struct ov_date d;
	bool ok = true;

	(void)toon;
	if (!date_of(cl->inhoud, "datumUitschrijving", &d) ||
	    ov_convenantjaar(d) != s->jaar)
		return OV_OK;
	if (ov_rap_mens(r, false, wie)) {
		old = json_string_value(json_object_get(s->mens, wie));
		if (old != NULL)
			ok = ov_rap_tel(s->cel, old, "vsv", -1);
		(void)json_object_del(s->mens, wie);
	} else {
		wie[0] = '\0';
	}
	if (ok && is_vsv(s, cl)) {
		vsv_key(s, cl, key);
		ok = ov_rap_tel(s->cel, key, "vsv", 1) &&
		     (wie[0] == '\0' ||
		         ov_j_set(s->mens, wie, json_string(key)));
	}
	return ok ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

/* The start population into the cells, next to what was counted. */
static enum ov_rc
deelnemers(struct ov_rap *s, bool *any, struct ov_err *e)
{
	const char *vorm = s->per_gemeente ? "gemeente" : "normcategorie";
	sqlite3_stmt *q = NULL;
	char key[KEY_MAX];
	int64_t nr;
	enum ov_rc rc;
	bool row;

	rc = ov_rap_startpop(s, s->jaar, vorm, &nr, e);
	*any = nr != 0;
	if (rc == OV_OK)
		rc = ov_db_q(s->c->st->db, &q, e,
		    "SELECT categorie,gemeente,sector,sum(deelnemers) FROM"
		    " startpopulatie_cel WHERE startpopulatie=?1"
		    " GROUP BY categorie,gemeente,sector",
		    "i", nr);
	while (rc == OV_OK &&
	       (rc = ov_db_next(s->c->st->db, q, &row, e)) == OV_OK && row) {
		if (s->per_gemeente)
			(void)snprintf(key, KEY_MAX, "%s\t%s", ov_db_text(q, 1),
			    ov_db_text(q, 2));
		else
			(void)snprintf(key, KEY_MAX, "%s", ov_db_text(q, 0));
		if (!ov_rap_tel(s->cel, key, "deelnemers", ov_db_i64(q, 3)))
			rc = ov_fail(e, OV_NOSPACE, "out of memory");
	}
	ov_db_done(s->c->st->db, q);
	return rc;
}

struct som {
	int64_t vsv, deelnemers;
};

static void
put(struct ov_rap *s, const char *categorie, const char *gemeente,
    const char *sector, struct som som, bool any)
{
	json_t *j = json_pack("{s:s,s:s,s:s}", "normcategorie", categorie,
	    "gemeente", gemeente, "sector", sector);
	/* What nobody took part in by the table has no percentage. */
	int64_t noemer = any ? som.deelnemers : -1;

	if (j != NULL) {
		ov_rap_breuk(s, j, "vsv", som.vsv, noemer);
		ov_rap_norm(s, j, "vsv", categorie, som.vsv, noemer);
	}
	ov_ctl_row(s->c, j);
	s->n++;
}

/* Add a cell and take it out, so that what is left is unknown to us. */
static struct som
take(struct ov_rap *s, const char *key)
{
	struct som v = {ov_rap_waarde(s->cel, key, "vsv"),
	    ov_rap_waarde(s->cel, key, "deelnemers")};

	(void)json_object_del(s->cel, key);
	return v;
}

static void
add(struct som *a, struct som b)
{
	a->vsv += b.vsv;
	a->deelnemers += b.deelnemers;
}

/* The categories of one group (groep NULL: of none), then their sum. */
static void
per_groep(struct ov_rap *s, const char *groep, struct som *alles, bool any)
{
	const struct ov_rapport *r = s->c->st->rapport;
	const char *code, *key;
	struct som som = {0}, v;
	json_t *cell;
	void *next;

	for (size_t i = 0; (code = ov_code_nth(s->c->st->types, "normcategorie",
	                        i)) != NULL &&
	                   groep != NULL;
	     i++) {
		const char *g = ov_groep(r, code);

		if (g == NULL || strcmp(g, groep) != 0)
			continue;
		v = take(s, code);
		put(s, code, "", "", v, any);
		add(&som, v);
	}
	json_object_foreach_safe(s->cel, next, key, cell)
	{
		const char *g = ov_groep(r, key);

		if (groep != NULL && (g == NULL || strcmp(g, groep) != 0))
			continue;
		v = (struct som){json_integer_value(
		                     json_object_get(cell, "vsv")),
		    json_integer_value(json_object_get(cell, "deelnemers"))};
		if (groep == NULL || strcmp(key, groep) != 0)
			put(s, key, "", "", v, any);
		else
			put(s, ONBEKEND, "", groep, v, any);
		add(&som, v);
		if (groep != NULL)
			(void)json_object_del(s->cel, key);
	}
	if (groep != NULL)
		put(s, groep, "", TOTAAL, som, any);
	add(alles, som);
}

static void
per_gemeente(struct ov_rap *s, struct som *alles, bool any)
{
	const char *key;
	char gemeente[KEY_MAX];
	json_t *cell;
	size_t n;

	json_object_foreach(s->cel, key, cell)
	{
		struct som v = {json_integer_value(
		                    json_object_get(cell, "vsv")),
		    json_integer_value(json_object_get(cell, "deelnemers"))};

		n = strcspn(key, "\t");
		(void)snprintf(gemeente, sizeof(gemeente), "%.*s", (int)n, key);
		put(s, "", gemeente, key[n] != '\0' ? key + n + 1 : "", v, any);
		add(alles, v);
	}
}

static enum ov_rc
vsv_slot(struct ov_rap *s, struct ov_err *e)
{
	struct som alles = {0};
	const char *groep;
	bool any = false;
	enum ov_rc rc;

	if ((rc = deelnemers(s, &any, e)) != OV_OK)
		return rc;
	if (!any)
		ov_rap_let_op(s,
		    "Voor dit schooljaar is geen startpopulatie in deze vorm "
		    "ingelezen: er zijn alleen aantallen. Lees haar in met "
		    "overstap import startpopulatie.");
	if (s->per_gemeente) {
		per_gemeente(s, &alles, any);
	} else {
		for (size_t i = 0;
		     (groep = ov_groep_nth(s->c->st->rapport, i)) != NULL; i++)
			per_groep(s, groep, &alles, any);
		per_groep(s, NULL, &alles, any);
	}
	put(s, TOTAAL, "", TOTAAL, alles, any);
	return OV_OK;
}

static const struct ov_rap_kolom vsv_kolom[] = {{"normcategorie",
                                                    "Normcategorie",
                                                    OV_RAP_TEKST, NULL},
    {"gemeente", "Gemeente", OV_RAP_TEKST, NULL},
    {"sector", "Sector", OV_RAP_TEKST, NULL},
    {"noemer", "Deelnemers", OV_RAP_AANTAL, NULL},
    {"teller", "Vsv", OV_RAP_AANTAL, NULL},
    {"uitkomst", "Vsv %", OV_RAP_PCT, NULL},
    {"norm", "Norm %", OV_RAP_PCT, NULL},
    {"gehaald", "Gehaald", OV_RAP_TEKST, NULL},
    {"normbron", "Bron van de norm", OV_RAP_TEKST, NULL},
    {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_vsv = {.naam = "vsv",
    .titel = "Voortijdig schoolverlaters per normcategorie",
    .jaar = OV_RAP_CONVENANT,
    .srt = {"uitschrijving"},
    .inhoud = true,
    .formule = {"vsv"},
    .kolom = vsv_kolom,
    .een = vsv_een,
    .slot = vsv_slot};

/* ---- return ---- */

/* The day a person left, under every name we have for him; a notice that says
 * it is none takes the earlier one back. */
static enum ov_rc
left(struct ov_rap *s, const struct ov_rap_row *r, const struct ov_claims *cl,
    struct ov_err *e)
{
	char wie[64], dag[OV_DATE_SIZE], id[32];
	struct ov_date d;
	bool ok = true, vsv = is_vsv(s, cl);

	if (!date_of(cl->inhoud, "datumUitschrijving", &d) ||
	    ov_convenantjaar(d) != s->jaar)
		return OV_OK;
	ov_date_fmt(dag, d);
	(void)snprintf(id, sizeof(id), "%lld", (long long)r->nr);
	for (int k = 0; k < 2 && ok; k++) {
		const json_t *old;

		if (!ov_rap_mens(r, k == 1, wie))
			continue;
		old = json_object_get(s->mens, wie);
		if (old != NULL)
			(void)json_object_del(s->cel,
			    json_string_value(json_array_get(old, 0)));
		(void)json_object_del(s->mens, wie);
		if (vsv)
			ok = ov_j_set(s->mens, wie,
			    json_pack("[s,s]", id, dag));
	}
	if (ok && vsv)
		ok = ov_j_set(s->cel, id, json_false());
	return ok ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

static enum ov_rc
came_back(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, struct ov_err *e)
{
	const struct ov_grootheid *g = ov_grootheid(s->c->st->rapport, "terug");
	struct ov_date d, weg;
	const json_t *was;
	const char *id;
	char wie[64];

	if (g == NULL || !ov_grootheid_telt(g, cl->inhoud) ||
	    !date_of(cl->inhoud, "datumStatus", &d))
		return OV_OK;
	for (int k = 0; k < 2; k++) {
		if (!ov_rap_mens(r, k == 1, wie) ||
		    (was = json_object_get(s->mens, wie)) == NULL)
			continue;
		id = json_string_value(json_array_get(was, 0));
		if (ov_date_parse(ov_json_view(json_array_get(was, 1)), &weg) !=
		        OV_OK ||
		    json_object_get(s->cel, id) == NULL)
			continue;
		if (ov_date_cmp(d, weg) > 0 &&
		    ov_date_cmp(d, ov_date_add_months(weg, 12)) <= 0 &&
		    !ov_j_set(s->cel, id, json_true()))
			return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	return OV_OK;
}

static enum ov_rc
terug_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	(void)toon;
	return s->fase == 0 ? left(s, r, cl, e) : came_back(s, r, cl, e);
}

static enum ov_rc
terug_slot(struct ov_rap *s, struct ov_err *e)
{
	int64_t nr, pop = -1, terug = 0;
	char jaar[10];
	const char *key;
	json_t *v, *j;
	enum ov_rc rc;

	rc = ov_rap_startpop(s, s->jaar, "normcategorie", &nr, e);
	if (rc == OV_OK && nr != 0)
		rc = ov_db_int(s->c->st->db, &pop, -1, e,
		    "SELECT sum(deelnemers) FROM startpopulatie_cel"
		    " WHERE startpopulatie=?1",
		    "i", nr);
	if (rc != OV_OK)
		return rc;
	json_object_foreach(s->cel, key, v)
	{
		if (json_is_true(v))
			terug++;
	}
	ov_schooljaar_fmt(s->jaar, jaar);
	j = json_pack("{s:s,s:o}", "schooljaar", jaar, "startpopulatie",
	    pop < 0 ? json_null() : json_integer(pop));
	if (j != NULL)
		ov_rap_breuk(s, j, "terugkeer", terug,
		    (int64_t)json_object_size(s->cel));
	ov_ctl_row(s->c, j);
	s->n++;
	if (ov_date_cmp(s->op,
	        (struct ov_date){(int16_t)(s->jaar + 2), 9, 30}) < 0)
		ov_rap_let_op(s, "Nog niet van iedereen is het jaar na de "
		                 "uitschrijving voorbij.");
	return OV_OK;
}

static const struct ov_rap_kolom terug_kolom[] = {{"schooljaar",
                                                      "Convenantjaar",
                                                      OV_RAP_TEKST, NULL},
    {"startpopulatie", "Startpopulatie", OV_RAP_AANTAL, NULL},
    {"noemer", "Vsv", OV_RAP_AANTAL, NULL},
    {"teller", "Terug in onderwijs", OV_RAP_AANTAL, NULL},
    {"uitkomst", "Terug %", OV_RAP_PCT, NULL},
    {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_terugkeer = {.naam = "terugkeer",
    .titel = "Terug in het onderwijs binnen een jaar na de uitschrijving",
    .jaar = OV_RAP_CONVENANT,
    .srt = {"uitschrijving", "overstapstatus"},
    .inhoud = true,
    .formule = {"terugkeer"},
    .kolom = terug_kolom,
    .een = terug_een,
    .slot = terug_slot};
