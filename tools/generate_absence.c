/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_absence.c - lessons that a pupil misses, and the notice they
 * oblige to (LPW 21a: 16 hours in four consecutive lesson weeks; WEB 8.1.8a:
 * four weeks).  A missed lesson counts for one hour. */
#include <stdio.h>
#include <string.h>

#include "tools/generate_region.h"

const char *const ov_gen_absences[A_N] = {"16-uur", "16-uur-over-vakantie",
    "15-uur", "21-uur-verspreid", "vier-weken"};

/* Monday n of the lessons after a holiday: no holiday follows within eight
 * weeks of the autumn one, nor within six of Christmas. */
static struct ov_date
after(int y, size_t vakantie, int weeks)
{
	struct ov_gen_vakantie v[VAKANTIES];
	struct ov_date d;

	ov_gen_vakanties(y, v);
	d = ov_date_add_days(v[vakantie].tot, 1);
	while (ov_date_weekday(d) != 1)
		d = ov_date_add_days(d, 1);
	return ov_date_add_days(d, 7 * weeks);
}

static void
miss(struct ov_gen_absent *a, struct ov_date d, int lessen)
{
	a->dag[a->n] = d;
	a->lessen[a->n++] = lessen;
}

/* Days of the given lessons, one to "apart" days apart, no weekend. */
static void
scatter(struct ov_rng *r, struct ov_gen_absent *a, struct ov_date d,
    const int *lessen, size_t n, int apart)
{
	size_t i;

	for (i = 0; i < n; i++) {
		while (ov_date_weekday(d) == 0 || ov_date_weekday(d) == 6)
			d = ov_date_add_days(d, 1);
		miss(a, d, lessen[i]);
		d = ov_date_add_days(d, ov_rng_range(r, 1, apart));
	}
}

/* The signal: from the first day until the hours are full. */
static void
signal_from(struct ov_gen_absent *a, int uren)
{
	size_t i;

	a->signaal = true;
	a->begin = a->dag[0];
	for (i = 0, a->uren = 0; i < a->n && a->uren < uren; i++) {
		a->uren += a->lessen[i];
		a->eind = a->dag[i];
	}
}

void
ov_gen_absent(struct ov_rng *r, enum ov_gen_absence how, int y,
    struct ov_gen_absent *a)
{
	static const int zestien[] = {3, 2, 4, 1, 4, 2};
	static const int vijftien[] = {3, 2, 4, 1, 4, 1};
	struct ov_date start = ov_rng_pct(r, 60)
	                           ? after(y, 0, ov_rng_range(r, 0, 3))
	                           : after(y, 1, ov_rng_range(r, 0, 1));
	int i;

	memset(a, 0, sizeof(*a));
	switch (how) {
	case A_UREN:
		scatter(r, a, start, zestien, 6, 3);
		signal_from(a, 16);
		break;
	case A_BIJNA:
		scatter(r, a, start, vijftien, 6, 3);
		break;
	case A_VAKANTIE:
		/* Two weeks before the autumn holiday and two after. */
		scatter(r, a, ov_date_add_days(after(y, 0, 0), -21), zestien, 3,
		    2);
		scatter(r, a, after(y, 0, 1), zestien + 3, 3, 2);
		signal_from(a, 16);
		break;
	case A_VERSPREID:
		start = after(y, 0, 0);
		for (i = 0; i < 7; i++)
			miss(a, ov_date_add_days(start, 7 * i + 1), 3);
		break;
	case A_LANG:
		for (i = 0; i < 28; i++)
			if (i % 7 < 5)
				miss(a, ov_date_add_days(start, i), LESSEN);
		signal_from(a, 20 * LESSEN);
		break;
	case A_N:
		break;
	}
}

/* ---- the notice ---- */

static json_t *
days(const struct ov_gen_absent *a)
{
	json_t *list = json_array(), *d, *uren;
	bool ok = list != NULL;
	size_t i;
	int k;

	for (i = 0; ok && i < a->n && ov_date_cmp(a->dag[i], a->eind) <= 0;
	     i++) {
		bool heel = a->lessen[i] == LESSEN;

		d = json_pack("{s:o,s:b}", "dag", ov_gen_date(a->dag[i]),
		    "heleDag", (int)heel);
		uren = json_array();
		for (k = 1; k <= a->lessen[i]; k++)
			ok = ok &&
			     json_array_append_new(uren, json_integer(k)) == 0;
		if (heel)
			json_decref(uren);
		else
			ok = ok && ov_gen_set(d, "lesuren", uren);
		ok = ok && json_array_append_new(list, d) == 0;
	}
	return list;
}

static json_t *
person(const struct ov_person *p)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:o}", "geslachtsnaam", p->naam,
	    "voorletters", p->voorletters, "roepnaam", p->roepnaam,
	    "geboortedatum", ov_gen_date(p->geboren));

	if (o != NULL && p->voorvoegsel[0] != '\0' &&
	    !ov_gen_set(o, "voorvoegsel", json_string(p->voorvoegsel))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *
ov_gen_melding(struct ov_rng *r, const struct ov_person *p,
    const struct ov_gen_org *school, const char *gemeente,
    const struct ov_gen_absent *a)
{
	static const char *const acties[] =
	    {"Gesprek gevoerd met leerling en ouders, afspraken gemaakt.",
	        "Gebeld en geschreven; geen antwoord gekregen.",
	        "Mentor en verzuimcoördinator hebben een huisbezoek gedaan."};
	bool young = ov_age_on(p->geboren, a->begin) < 18;
	bool lang = a->lessen[0] == LESSEN;
	const char *soort = !lang   ? "16-uur"
	                    : young ? "langdurig"
	                            : "doorstroompunt";
	const char *actie = OV_PICK(r, acties);
	json_t *wie = ov_gen_contactpersoon(r, school->post), *o = person(p);
	json_t *adres = ov_gen_adres(r, gemeente);
	char uren[12];
	bool ok;

	(void)snprintf(uren, sizeof(uren), "%d", a->uren);
	ok = o != NULL && ov_gen_set(o, "contactpersoon", wie) &&
	     ov_gen_set(o, "adres", adres) &&
	     ov_gen_set(o, "schema", json_string("verzuimmelding/1")) &&
	     ov_gen_set(o, "grondslag",
	         json_string(
	             young ? "VERZUIM-LPW" : "VERZUIM-NIET-LEERPLICHTIG")) &&
	     ov_gen_set(o, "doel", json_string("verzuim")) &&
	     ov_gen_set(o, "bewaarregel", json_string("verzuim-school")) &&
	     ov_gen_set(o, "school",
	         json_pack("{s:s,s:s}", "brin", school->s.brin, "vestiging",
	             school->s.vestiging)) &&
	     ov_gen_set(o, "begindatum", ov_gen_date(a->begin)) &&
	     ov_gen_set(o, "einddatum", ov_gen_date(a->eind)) &&
	     ov_gen_set(o, "soortVerzuim", json_string(soort)) &&
	     ov_gen_set(o, "alleLessenGemist", json_boolean(lang)) &&
	     ov_gen_set(o, "ondernomenActie", json_string(actie)) &&
	     ov_gen_set(o, "actieGewenst", json_true()) &&
	     ov_gen_set(o, "melder",
	         json_pack("{s:s,s:s}", "naam", "Verzuimloket", "functie",
	             "verzuimcoördinator")) &&
	     ov_gen_set(o, "verzuim",
	         json_pack("{s:o,s:s}", "dagen", days(a), "urenTotaal",
	             uren)) &&
	     ov_gen_set(o, "heeftStartkwalificatie", json_false());
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}
