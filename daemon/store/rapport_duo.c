/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_duo.c - the notices of a month in the columns of DUO's
 * monthly vsv file (A04): a semicolon CSV with dates dd-mm-jjjj, to be put
 * beside the file that DUO sends.
 *
 * What the notices do not say stays empty.  The number of the person is not
 * here at all: whoever may have it joins his own file to the own reference
 * (tools/cmd_report.c), and it is never stored.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/rapport.h"

#define K(naam, uit)                                                           \
	{                                                                      \
		naam, naam, OV_RAP_TEKST, uit                                  \
	}
/* The header of the file, in its order. */
static const struct ov_rap_kolom duo_kolom[] = {K("BRIN_NR", "school/brin"),
    K("NAAM_INST", "=afzender"), K("RAPPORTAGEMAAND", "=maand"),
    K("PERSOONSGEBONDENNUMMER", ""), K("ACHTERNAAM", "geslachtsnaam"),
    K("VOORVOEGSEL", "voorvoegsel"), K("ALLE_VOORNAMEN", ""),
    K("WOONGEMEENTE", ""), K("GEBOORTEDATUM", "geboortedatum"),
    K("ONDERWIJSCODE", "opleiding/crebo"), K("ONDERWIJSNAAM", ""),
    K("LEERWEG", "opleiding/leerweg"),
    K("DATUM_UITSCHRIJVING", "datumUitschrijving"),
    K("MELDING_VERZUIM_WETTELIJK", ""), K("REDEN", ""),
    K("BRIN", "school/brin"), K("NAAM_INSTELLING", "=afzender"),
    K("ONDERWIJSAANBIEDERCODE", ""), K("NAAM_ONDERWIJSAANBIEDER", ""),
    K("MELDING_VERZUIM_NIET_WETTELIJK", ""),
    K("GEMEENTECODE", "adres/gemeentecode"), K("RMC_REGIO", ""),
    K("REDEN_UITSTROOM", "redenUitval"), K("LOCATIECODE", ""),
    K("ONDERWIJSLOCATIECODE", ""), K("POSTCODE_ONDERWIJSLOCATIE", ""),
    K("HUISNUMMER_ONDERWIJSLOCATIE", ""),
    K("BRIN_VOLGNUMMER", "school/vestiging"), K("NIVEAU", "=niveau"),
    K("INSCHRIJVINGSVOLGNUMMER", ""), K("STRAAT", "adres/straat"),
    K("HUISNUMMER", "adres/huisnummer"), K("HUISLETTER", "adres/letter"),
    K("HUISNUMMER_TOEVOEGING", "adres/toevoeging"),
    K("HUISNUMMER_AANDUIDING", ""), K("ADRES_LOCATIE", ""),
    K("POSTCODE", "adres/postcode"), K("WOONPLAATS", "adres/plaats"),
    K("VANAF_WANNEER", ""), {NULL, NULL, OV_RAP_TEKST, NULL}};

static enum ov_rc
duo_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	const struct ov_grootheid *g = ov_grootheid(s->c->st->rapport, "vsv");
	struct ov_date d;

	(void)r;
	(void)e;
	*toon = g != NULL && ov_grootheid_telt(g, cl->inhoud) &&
	        ov_date_parse(ov_jn_view(
	                          ov_jn_get(cl->inhoud, "datumUitschrijving")),
	            &d) == OV_OK &&
	        d.y == s->jaar && d.m == s->maand;
	return OV_OK;
}

/* A text, a whole number, or a date the other way round. */
static json_t *
plain(const struct ov_jn *v)
{
	const char *t = ov_jn_text(v);
	char out[24] = "";
	struct ov_date d;
	uint64_t n;

	if (t != NULL && ov_date_parse(ov_view_str(t), &d) == OV_OK) {
		ov_date_fmt_nl(out, d);
		return json_string(out);
	}
	if (t != NULL)
		return json_string(t);
	if (ov_jn_int(v, OV_JSON_INT_MAX, &n) == OV_OK)
		(void)snprintf(out, sizeof(out), "%llu", (unsigned long long)n);
	return json_string(out);
}

static json_t *
made(const struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, const char *what)
{
	char out[40] = "";
	const char *cat;

	if (strcmp(what, "=afzender") == 0)
		return ov_j_partner(s->c->st, r->partner);
	if (strcmp(what, "=maand") == 0)
		(void)snprintf(out, sizeof(out), "%04u%02u",
		    (unsigned)s->jaar % 10000, (unsigned)s->maand % 100);
	cat = ov_jn_text(ov_jn_at(cl->inhoud, "opleiding/normcategorie"));
	if (strcmp(what, "=niveau") == 0 && cat != NULL &&
	    strncmp(cat, "MBO_", 4) == 0)
		(void)snprintf(out, sizeof(out), "Mbo%.8s opleidingen",
		    cat + 4);
	return json_string(out);
}

static json_t *
duo_rij(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl)
{
	json_t *j = json_pack("{s:I,s:o}", "nr", (json_int_t)r->nr,
	    "eigenReferentie", ov_j_pupil_ref(s->c->st, r->leerling));

	for (const struct ov_rap_kolom *k = duo_kolom; k->naam != NULL; k++)
		(void)ov_j_set(j, k->naam,
		    k->uit[0] == '='    ? made(s, r, cl, k->uit)
		    : k->uit[0] == '\0' ? json_string("")
		                        : plain(ov_jn_at(cl->inhoud, k->uit)));
	return j;
}

const struct ov_rap_lijst ov_rap_duo = {.naam = "duo",
    .titel = "Voortijdig schoolverlaters van een maand, in de kolommen van DUO",
    .jaar = OV_RAP_MAAND,
    .srt = {"uitschrijving"},
    .inhoud = true,
    .persoon = true,
    .mag = OV_MAG_EXPORTEREN,
    .mag_srt = "uitschrijving",
    .weegt = OV_MAG_EXPORTEREN,
    .formule = {"vsv"},
    .kolom = duo_kolom,
    .een = duo_een,
    .rij = duo_rij};
