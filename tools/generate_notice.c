/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_notice.c - the published table of early school leavers, and
 * a notice for each one that it counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate.h"
#include "protocol/csv.h"

/* What a track of the table is in our code lists, and how old its leavers
 * are. */
static const struct track {
	const char *categorie;
	const char *leerweg;
	const char *soort[4]; /* opleidingssoort */
	int niveau;           /* mbo level, else 0 */
	int jong, oud;
} tracks[] = {
    {"VO_ONDERBOUW", "Brug 1-2", {"brug"}, 0, 12, 14},
    {"VO_ONDERBOUW", "Brug 3", {"brug"}, 0, 14, 16},
    {"VO_ONDERBOUW", "Havo 3", {"havo"}, 0, 14, 16},
    {"VO_ONDERBOUW", "Lwoo 1-2", {"lwoo"}, 0, 12, 14},
    {"VO_ONDERBOUW", "Vwo 3", {"vwo"}, 0, 14, 16},
    {"VMBO_BOVENBOUW", "Lwoo 3-4", {"lwoo"}, 0, 15, 17},
    {"VMBO_BOVENBOUW", "Vavo-vmbo", {"vavo-vmbo"}, 0, 18, 21},
    {"VMBO_BOVENBOUW", "Vmbo 3-4", {"vmbo-bb", "vmbo-kb", "vmbo-gl", "vmbo-tl"},
        0, 15, 18},
    {"HAVO_VWO_BOVENBOUW", "Havo 4-5", {"havo"}, 0, 16, 19},
    {"HAVO_VWO_BOVENBOUW", "Vavo-havo", {"vavo-havo"}, 0, 18, 22},
    {"HAVO_VWO_BOVENBOUW", "Vavo-vwo", {"vavo-vwo"}, 0, 18, 22},
    {"HAVO_VWO_BOVENBOUW", "Vwo 4-6", {"vwo"}, 0, 16, 19},
    {"MBO_1", "Bbl1", {"BBL"}, 1, 17, 21},
    {"MBO_1", "Bol1", {"BOL"}, 1, 16, 20},
    {"MBO_2", "Bbl2", {"BBL"}, 2, 17, 22},
    {"MBO_2", "Bol2", {"BOL"}, 2, 16, 21},
    {"MBO_3", "Bbl3", {"BBL"}, 3, 17, 22},
    {"MBO_3", "Bol3", {"BOL"}, 3, 17, 22},
    {"MBO_4", "Bbl4", {"BBL"}, 4, 18, 22},
    {"MBO_4", "Bol4", {"BOL"}, 4, 17, 22},
};

static const struct track *
find_track(const char *categorie, const char *leerweg)
{
	size_t i;

	for (i = 0; i < sizeof(tracks) / sizeof(tracks[0]); i++)
		if (strcmp(tracks[i].categorie, categorie) == 0 &&
		    strcmp(tracks[i].leerweg, leerweg) == 0)
			return &tracks[i];
	return NULL;
}

/* ---- the table ---- */

struct reading {
	struct ov_norms *out;
	int sum; /* of the category at hand */
	int vo;  /* categories so far */
	int mbo;
	bool ended; /* the last row, TOTAAL, was there */
};

static enum ov_rc
wrong(const struct ov_csv_row *row, const char *what, struct ov_err *e)
{
	return ov_fail(e, OV_BADMSG, "the table, row %llu: %s",
	    (unsigned long long)row->nr, what);
}

static enum ov_rc
total_row(struct reading *g, const struct ov_csv_row *row, int vsv,
    struct ov_err *e)
{
	const char *what = row->cell[0];
	int want;

	if (strcmp(what, "VO") == 0) {
		want = g->vo;
	} else if (strcmp(what, "MBO") == 0) {
		want = g->mbo;
	} else if (strcmp(what, "TOTAAL") == 0) {
		want = g->vo + g->mbo;
		g->ended = true;
	} else {
		want = g->sum;
		if (strncmp(what, "MBO_", 4) == 0)
			g->mbo += g->sum;
		else
			g->vo += g->sum;
		g->sum = 0;
	}
	return vsv == want ? OV_OK
	                   : wrong(row, "is not the sum of its parts", e);
}

static enum ov_rc
one_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	struct reading *g = arg;
	struct ov_norm *n;
	char *end;
	long vsv;

	if (row->nr == 1)
		return OV_OK;
	if (row->n < 4)
		return wrong(row, "has too few columns", e);
	vsv = strtol(row->cell[3], &end, 10);
	if (end == row->cell[3] || *end != '\0' || vsv < 0 || vsv > 1000000)
		return wrong(row, "has no number of leavers", e);
	if (strcmp(row->cell[1], "TOTAAL") == 0)
		return total_row(g, row, (int)vsv, e);
	g->sum += (int)vsv;
	if (vsv == 0)
		return OV_OK;
	if (find_track(row->cell[0], row->cell[1]) == NULL)
		return wrong(row, "is a track that is not known here", e);
	if (g->out->n == OV_NORMS_MAX)
		return wrong(row, "is one too many", e);
	n = &g->out->row[g->out->n++];
	(void)snprintf(n->categorie, sizeof(n->categorie), "%s", row->cell[0]);
	(void)snprintf(n->leerweg, sizeof(n->leerweg), "%s", row->cell[1]);
	n->vsv = (int)vsv;
	n->mbo = strncmp(n->categorie, "MBO_", 4) == 0;
	return OV_OK;
}

enum ov_rc
ov_norms_read(const void *p, size_t n, struct ov_norms *out, struct ov_err *e)
{
	struct reading g = {.out = out};
	struct ov_csv *csv = ov_csv_new(one_row, &g);
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (csv == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_csv_push(csv, p, n, e);
	if (rc == OV_OK)
		rc = ov_csv_end(csv, e);
	ov_csv_free(csv);
	if (rc != OV_OK)
		return rc;
	if (!g.ended)
		return ov_fail(e, OV_BADMSG, "the table has no last total");
	out->vo = g.vo;
	out->mbo = g.mbo;
	return OV_OK;
}

/* ---- a notice ---- */

static json_t *
opleiding(struct ov_rng *r, const struct track *t)
{
	static const char *const crebo[] = {"25655", "25656", "25297", "25168",
	    "25187", "25604", "25743", "25499", "25250"};
	size_t n = 0;
	json_t *o = json_object();
	bool ok;

	while (n < 4 && t->soort[n] != NULL)
		n++;
	ok = ov_gen_set(o, "normcategorie", json_string(t->categorie)) &&
	     ov_gen_set(o, "leerweg", json_string(ov_rng_pick(r, t->soort, n)));
	if (ok && t->niveau > 0)
		ok = ov_gen_set(o, "niveau", json_integer(t->niveau)) &&
		     ov_gen_set(o, "crebo", json_string(OV_PICK(r, crebo)));
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

static bool
add_person(json_t *o, struct ov_rng *r, const struct ov_person *p)
{
	return ov_gen_set(o, "geslachtsnaam", json_string(p->naam)) &&
	       (p->voorvoegsel[0] == '\0' ||
	           ov_gen_set(o, "voorvoegsel", json_string(p->voorvoegsel))) &&
	       ov_gen_set(o, "voorletters", json_string(p->voorletters)) &&
	       ov_gen_set(o, "roepnaam", json_string(p->roepnaam)) &&
	       ov_gen_set(o, "geboortedatum", ov_gen_date(p->geboren)) &&
	       ov_gen_set(o, "adres", ov_gen_adres(r, ov_gen_gemeente));
}

static bool
add_leaving(json_t *o, struct ov_rng *r, const struct ov_norm *norm,
    struct ov_date event)
{
	static const char *const soorten[] = {"uitschrijving", "uitschrijving",
	    "uitschrijving", "uitschrijving", "verwijdering",
	    "verzuim-4-weken"};
	static const char *const redenen[] = {"1", "2", "2", "2", "3", "4", "4",
	    "4", "5", "5", "6"};
	struct ov_date in = ov_date_add_months(event, -ov_rng_range(r, 2, 30));
	const struct ov_gen_school *s = norm->mbo ? &ov_gen_mbo : &ov_gen_vo;
	const char *why = ov_rng_pct(r, 4) ? "7" : OV_PICK(r, redenen);

	return ov_gen_set(o, "school",
	           json_pack("{s:s,s:s}", "brin", s->brin, "vestiging",
	               s->vestiging)) &&
	       ov_gen_set(o, "datumInschrijving", ov_gen_date(in)) &&
	       ov_gen_set(o, "datumUitschrijving", ov_gen_date(event)) &&
	       ov_gen_set(o, "soort", json_string(OV_PICK(r, soorten))) &&
	       ov_gen_set(o, "redenUitval", json_string(why)) &&
	       ov_gen_set(o, "heeftStartkwalificatie", json_false()) &&
	       ov_gen_set(o, "contactpersoon",
	           ov_gen_contactpersoon(r, norm->mbo ? "mbo" : "vo"));
}

static bool
add_extra(json_t *o, struct ov_rng *r, const struct ov_person *p,
    struct ov_date event)
{
	static const char *const vragen[] =
	    {"Graag contact opnemen met de ouders.",
	        "Leerling reageert niet meer op berichten; graag huisbezoek.",
	        "Er loopt een aanmelding bij een andere instelling.",
	        "Graag meedenken over werk met een opleiding ernaast."};
	char who[120];
	bool ok = true;

	if (ov_rng_pct(r, 60))
		ok = ov_gen_set(o, "exitgesprek",
		    json_pack("{s:o,s:b,s:b}", "datum",
		        ov_gen_date(
		            ov_date_add_days(event, -ov_rng_range(r, 0, 21))),
		        "aanwezig", (int)ov_rng_pct(r, 75), "ontwikkelplan",
		        (int)ov_rng_pct(r, 40)));
	if (ok && ov_rng_pct(r, 35))
		ok = ov_gen_set(o, "actieGevraagd", json_true()) &&
		     ov_gen_set(o, "actieToelichting",
		         json_string(OV_PICK(r, vragen)));
	(void)snprintf(who, sizeof(who), "%s.%s", p->roepnaam, p->naam);
	return ok &&
	       ov_gen_set(o, "contact",
	           json_pack("{s:o}", "leerling", ov_gen_bereikbaar(r, who)));
}

json_t *
ov_gen_notice(struct ov_rng *r, const struct ov_norm *norm, struct ov_person *p,
    int year, struct ov_date *event)
{
	const struct track *t = find_track(norm->categorie, norm->leerweg);
	struct ov_date start = {(int16_t)year, 10, 1};
	struct ov_date end = {(int16_t)(year + 1), 9, 30};
	int days = ov_date_days(end) - ov_date_days(start);
	bool young;
	json_t *o;

	if (t == NULL || (o = json_object()) == NULL)
		return NULL;
	*event = ov_date_add_days(start, ov_rng_range(r, 0, days));
	ov_person_make(r, p);
	p->geboren = ov_born(r, ov_rng_range(r, t->jong, t->oud), *event);
	young = ov_age_on(p->geboren, *event) < 18;
	if (ov_gen_set(o, "schema", json_string("uitschrijving/1")) &&
	    ov_gen_set(o, "grondslag",
	        json_string(
	            young ? "UITSCHRIJVING-LPW" : "VERWIJDERING-18PLUS")) &&
	    ov_gen_set(o, "doel",
	        json_string(young ? "leerplicht" : "doorstroom")) &&
	    ov_gen_set(o, "bewaarregel",
	        json_string(
	            norm->mbo ? "uitschrijving-mbo" : "uitschrijving-vo")) &&
	    add_person(o, r, p) &&
	    ov_gen_set(o, "opleiding", opleiding(r, t)) &&
	    add_leaving(o, r, norm, *event) && add_extra(o, r, p, *event))
		return o;
	json_decref(o);
	return NULL;
}
