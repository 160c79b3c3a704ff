/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_notice.c - the tracks that published tables count by, and a
 * notice for each early school leaver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate.h"

/* The figures of IJssel-Vecht 2018-2019 are the shares by which a table that
 * knows only sectors is spread over tracks. */
const struct ov_track ov_tracks[OV_TRACKS] = {
    {"VO_ONDERBOUW", "Brug 1-2", {"brug"}, 0, 12, 14, 10760, 21},
    {"VO_ONDERBOUW", "Brug 3", {"brug"}, 0, 14, 16, 195, 0},
    {"VO_ONDERBOUW", "Havo 3", {"havo"}, 0, 14, 16, 1094, 1},
    {"VO_ONDERBOUW", "Lwoo 1-2", {"lwoo"}, 0, 12, 14, 201, 0},
    {"VO_ONDERBOUW", "Vwo 3", {"vwo"}, 0, 14, 16, 1155, 1},
    {"VMBO_BOVENBOUW", "Lwoo 3-4", {"lwoo"}, 0, 15, 17, 240, 1},
    {"VMBO_BOVENBOUW", "Vavo-vmbo", {"vavo-vmbo"}, 0, 18, 21, 39, 5},
    {"VMBO_BOVENBOUW", "Vmbo 3-4", {"vmbo-bb", "vmbo-kb", "vmbo-gl", "vmbo-tl"},
        0, 15, 18, 6364, 31},
    {"HAVO_VWO_BOVENBOUW", "Havo 4-5", {"havo"}, 0, 16, 19, 3303, 11},
    {"HAVO_VWO_BOVENBOUW", "Vavo-havo", {"vavo-havo"}, 0, 18, 22, 136, 5},
    {"HAVO_VWO_BOVENBOUW", "Vavo-vwo", {"vavo-vwo"}, 0, 18, 22, 55, 1},
    {"HAVO_VWO_BOVENBOUW", "Vwo 4-6", {"vwo"}, 0, 16, 19, 2939, 3},
    {"MBO_1", "Bbl1", {"BBL"}, 1, 17, 21, 25, 3},
    {"MBO_1", "Bol1", {"BOL"}, 1, 16, 20, 215, 40},
    {"MBO_2", "Bbl2", {"BBL"}, 2, 17, 22, 839, 78},
    {"MBO_2", "Bol2", {"BOL"}, 2, 16, 21, 1266, 102},
    {"MBO_3", "Bbl3", {"BBL"}, 3, 17, 22, 899, 30},
    {"MBO_3", "Bol3", {"BOL"}, 3, 17, 22, 2034, 79},
    {"MBO_4", "Bbl4", {"BBL"}, 4, 18, 22, 346, 10},
    {"MBO_4", "Bol4", {"BOL"}, 4, 17, 22, 7249, 271},
};

const struct ov_track *
ov_track_find(const char *categorie, const char *leerweg)
{
	size_t i;

	for (i = 0; i < OV_TRACKS; i++)
		if (strcmp(ov_tracks[i].categorie, categorie) == 0 &&
		    strcmp(ov_tracks[i].leerweg, leerweg) == 0)
			return &ov_tracks[i];
	return NULL;
}

/* ---- a notice ---- */

static json_t *
opleiding(struct ov_rng *r, const struct ov_track *t)
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
add_person(json_t *o, struct ov_rng *r, const struct ov_person *p,
    const char *gemeente)
{
	return ov_gen_set(o, "geslachtsnaam", json_string(p->naam)) &&
	       (p->voorvoegsel[0] == '\0' ||
	           ov_gen_set(o, "voorvoegsel", json_string(p->voorvoegsel))) &&
	       ov_gen_set(o, "voorletters", json_string(p->voorletters)) &&
	       ov_gen_set(o, "roepnaam", json_string(p->roepnaam)) &&
	       ov_gen_set(o, "geboortedatum", ov_gen_date(p->geboren)) &&
	       ov_gen_set(o, "adres", ov_gen_adres(r, gemeente));
}

static bool
add_leaving(json_t *o, struct ov_rng *r, const struct ov_gen_school *s,
    bool mbo, struct ov_date event)
{
	static const char *const soorten[] = {"uitschrijving", "uitschrijving",
	    "uitschrijving", "uitschrijving", "verwijdering",
	    "verzuim-4-weken"};
	static const char *const redenen[] = {"1", "2", "2", "2", "3", "4", "4",
	    "4", "5", "5", "6"};
	struct ov_date in = ov_date_add_months(event, -ov_rng_range(r, 2, 30));
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
	           ov_gen_contactpersoon(r, mbo ? "mbo" : "vo"));
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
	struct ov_date dag;
	bool ok = true, aanwezig, plan;

	if (ov_rng_pct(r, 60)) {
		dag = ov_date_add_days(event, -ov_rng_range(r, 0, 21));
		aanwezig = ov_rng_pct(r, 75);
		plan = ov_rng_pct(r, 40);
		ok = ov_gen_set(o, "exitgesprek",
		    json_pack("{s:o,s:b,s:b}", "datum", ov_gen_date(dag),
		        "aanwezig", (int)aanwezig, "ontwikkelplan", (int)plan));
	}
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
ov_gen_notice(struct ov_rng *r, const struct ov_track *t,
    const struct ov_gen_school *school, const char *gemeente,
    struct ov_person *p, int year, struct ov_date *event)
{
	struct ov_date start = {(int16_t)year, 10, 1};
	struct ov_date end = {(int16_t)(year + 1), 9, 30};
	int days = ov_date_days(end) - ov_date_days(start);
	bool young, mbo = t->niveau > 0;
	json_t *o = json_object();

	if (o == NULL)
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
	        json_string(mbo ? "uitschrijving-mbo" : "uitschrijving-vo")) &&
	    add_person(o, r, p, gemeente) &&
	    ov_gen_set(o, "opleiding", opleiding(r, t)) &&
	    add_leaving(o, r, school, mbo, *event) &&
	    add_extra(o, r, p, *event))
		return o;
	json_decref(o);
	return NULL;
}
