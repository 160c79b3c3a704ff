/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_beeld.c - the goals of a regional programme about its
 * leavers: in beeld, and with a dossier (formulas: data/formules.json).
 *
 * Of a school's own leavers, per vestiging.  The denominator is its imported
 * list; the numerators are a choice and a dossier that were delivered, and a
 * placing that the mbo sent.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/rapport.h"
#include "daemon/store/verlaters.h"

#define TOTAAL "TOTAAL"
#define ONBEKEND "onbekend"

static const char *const maat[] = {"in-beeld", "ddd"};

static enum ov_rc
beeld_stap(struct ov_rap *s, bool *klaar, struct ov_err *e)
{
	struct ov_verlaters *l = s->eigen;
	enum ov_rc rc = OV_OK;

	if (l == NULL &&
	    (rc = ov_verlaters_new(s->c->st, s->jaar, s->tot, &l, e)) == OV_OK)
		s->eigen = l;
	return rc == OV_OK ? ov_verlaters_step(l, klaar, e) : rc;
}

static void
beeld_weg(struct ov_rap *s)
{
	ov_verlaters_free(s->eigen);
}

static bool
tel(struct ov_rap *s, const struct ov_verlater *v)
{
	const char *vest = ov_vl(v->root, OV_VL_VESTIGING);
	const char *key[] = {vest[0] != '\0' ? vest : ONBEKEND, TOTAAL};
	bool ok = true;

	for (size_t i = 0; i < 2; i++)
		ok = ok && ov_rap_tel(s->cel, key[i], "overstappers", 1) &&
		     ov_rap_tel(s->cel, key[i], "in-beeld",
		         ov_verlater_in_beeld(v) ? 1 : 0) &&
		     ov_rap_tel(s->cel, key[i], "met-ddd",
		         ov_verlater_met_ddd(v) ? 1 : 0);
	return ok;
}

static void
rij(struct ov_rap *s, const char *formule, const char *vest)
{
	const struct ov_formule *f = ov_formule(s->c->st->rapport, formule);
	bool ddd = strcmp(formule, "ddd") == 0;
	int64_t teller = ov_rap_waarde(s->cel, vest,
	            ddd ? "met-ddd" : "in-beeld"),
	        noemer = ov_rap_waarde(s->cel, vest,
	            ddd ? "in-beeld" : "overstappers");
	json_t *j = json_pack("{s:s,s:s}", "maat", formule, "vestiging", vest);

	if (j != NULL && f != NULL) {
		ov_rap_breuk(s, j, formule, teller, noemer);
		ov_rap_norm(s, j, formule, "", teller, noemer);
	}
	ov_ctl_row(s->c, j);
	s->n++;
}

static enum ov_rc
beeld_slot(struct ov_rap *s, struct ov_err *e)
{
	struct ov_verlaters *l = s->eigen;
	const char *vest;
	json_t *cell;

	for (size_t i = 0; i < ov_verlaters_n(l); i++) {
		const struct ov_verlater *v = ov_verlaters_at(l, i);

		if (!v->naar_mbo)
			continue;
		if (ov_verlater_rij(s->c, v) == OV_RIJ_WEG)
			s->verborgen++;
		else if (!tel(s, v))
			return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	if (ov_verlaters_n(l) == 0)
		ov_rap_let_op(s,
		    "Voor dit schooljaar is geen lijst van schoolverlaters "
		    "ingelezen: zonder haar is er niets om door te delen. Lees "
		    "haar in met overstap import schoolverlaters.");
	for (size_t i = 0; i < 2; i++) {
		json_object_foreach(s->cel, vest, cell)
		{
			if (strcmp(vest, TOTAAL) != 0)
				rij(s, maat[i], vest);
		}
		rij(s, maat[i], TOTAAL);
	}
	return OV_OK;
}

static const struct ov_rap_kolom beeld_kolom[] = {{"maat", "Maat", OV_RAP_TEKST,
                                                      NULL},
    {"vestiging", "Vestiging", OV_RAP_TEKST, NULL},
    {"noemer", "Van", OV_RAP_AANTAL, NULL},
    {"teller", "Aantal", OV_RAP_AANTAL, NULL},
    {"uitkomst", "%", OV_RAP_PCT, NULL}, {"norm", "Doel %", OV_RAP_PCT, NULL},
    {"gehaald", "Gehaald", OV_RAP_TEKST, NULL},
    {"normbron", "Bron van het doel", OV_RAP_TEKST, NULL},
    {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_in_beeld = {.naam = "in-beeld",
    .titel = "Schoolverlaters naar het mbo: in beeld, en met een dossier",
    .jaar = OV_RAP_CONVENANT, /* until 1 October those of last summer */
    .mag = OV_MAG_STANDEN | OV_MAG_INZIEN,
    .mag_srt = "overstapdossier",
    .formule = {"in-beeld", "ddd"},
    .kolom = beeld_kolom,
    .stap = beeld_stap,
    .weg = beeld_weg,
    .slot = beeld_slot};
