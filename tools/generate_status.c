/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_status.c - the content of an overstapstatus and of a
 * warme-overdracht. */
#include <stdio.h>
#include <string.h>

#include "tools/generate_region.h"

const char *
ov_gen_leeftijd(struct ov_date geboren, struct ov_date d)
{
	int age = ov_age_on(geboren, d);

	return age < 18   ? "tot-18"
	       : age < 23 ? "18-tot-23"
	       : age < 27 ? "23-tot-27"
	                  : "vanaf-27";
}

json_t *
ov_gen_status(const struct ov_gen_status *s)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "schema",
	    "overstapstatus/1", "grondslag", "AANMELDING-MBO", "doel",
	    "aanmelding", "bewaarregel", "status", "status", s->status,
	    "datumStatus", ov_gen_date(s->datum));
	bool ok = o != NULL;

	if (ok && s->aanmelding != NULL)
		ok = ov_gen_set(o, "aanmeldingId",
		         json_string(s->aanmelding)) &&
		     ov_gen_set(o, "toelatingsrecht",
		         json_string(s->laat ? "nee" : "ja"));
	if (ok && s->aanmelding == NULL)
		ok = ov_gen_set(o, "heeftStartkwalificatie", json_false()) &&
		     ov_gen_set(o, "leeftijdsgroep",
		         json_string(ov_gen_leeftijd(s->geboren, s->datum)));
	if (ok && s->reden != NULL)
		ok = ov_gen_set(o, "reden", json_string(s->reden));
	if (ok && s->school != NULL)
		ok = ov_gen_set(o, "latendeSchool",
		    json_pack("{s:s,s:s}", "brin", s->school->brin, "vestiging",
		        s->school->vestiging));
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

/* ---- warm handover ---- */

static const char *const afspraken[] =
    {"Vaste begeleider in de eerste tien weken.",
        "Wekelijks kort gesprek over het rooster en het huiswerk.",
        "Na zes weken kijken leerling, ouders en mentor samen terug.",
        "De stageplek wordt samen met de jobcoach gezocht.",
        "Bij twee dagen afwezigheid belt de begeleider dezelfde dag."};

static json_t *
talk(struct ov_rng *r, struct ov_date d)
{
	const char *plaats = ov_rng_pct(r, 80) ? "locatie" : "online";
	const char *school = ov_rng_pct(r, 50) ? "mentor" : "zorgcoordinator";

	return json_pack("{s:o,s:s,s:[s,s,s,s]}", "datum", ov_gen_date(d),
	    "plaats", plaats, "aanwezigen", "leerling", "ouder", school,
	    "mbo-coach");
}

json_t *
ov_gen_warm(struct ov_rng *r, const struct ov_person *p, const char *risico,
    struct ov_date d)
{
	struct ov_person coach = {0};
	char naam[100];
	const char *tekst = OV_PICK(r, afspraken);
	json_t *gesprek = talk(r, d);
	json_t *wie = ov_gen_contactpersoon(r, "overdracht");
	json_t *o;

	ov_person_make(r, &coach);
	(void)snprintf(naam, sizeof(naam), "%s %s", coach.voorletters,
	    coach.naam);
	o = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:[s],s:[o],s:[{s:s,s:s,s:o,"
	              "s:s}],s:{s:s},s:o}",
	    "schema", "warme-overdracht/1", "grondslag", "OVERSTAP-ONDERWIJS",
	    "doel", "begeleiding", "bewaarregel", "begeleiding",
	    "contactpersoon", wie, "geboortedatum", ov_gen_date(p->geboren),
	    "risicocategorie", risico, "gesprekken", gesprek, "afspraken",
	    "tekst", tekst, "verantwoordelijke", "mbo-coach", "uitersteDatum",
	    ov_gen_date(ov_date_add_months(d, 4)), "status", "open", "coach",
	    "naam", naam, "monitoringTot",
	    ov_gen_date(ov_date_add_months(d, 9)));
	return o;
}
