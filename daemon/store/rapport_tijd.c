/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_tijd.c - how timely the notices of each school were
 * (terms: data/kalender.json), and how long dossiers wait with us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/rapport.h"

#define KEY_MAX 128

/* ---- timeliness ---- */

static unsigned
roles_of(const struct ov_rap *s, const struct ov_claims *cl)
{
	const struct ov_lid *lid = s->c->st->boek != NULL
	                               ? ov_book_oin(s->c->st->boek, &cl->iss)
	                               : NULL;

	return lid != NULL ? lid->rol : 0;
}

/* By the day it was signed: that we were away is not the school's doing. */
static enum ov_rc
tijdig_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	const struct ov_jn *in = cl->inhoud;
	const char *srt = s->l->srt[s->fase], *brin, *vestiging;
	struct ov_kal_termijn t;
	char key[KEY_MAX];
	bool ok;

	(void)r;
	(void)toon;
	if (!ov_kal_te_laat(s->c->st->kalender, srt, roles_of(s, cl), in,
	        ov_date_nl(cl->iat), &t) ||
	    ov_schooljaar(t.peil) != s->jaar)
		return OV_OK;
	brin = ov_jn_text(ov_jn_at(in, "school/brin"));
	vestiging = ov_jn_text(ov_jn_at(in, "school/vestiging"));
	(void)snprintf(key, sizeof(key), "%s%s%s\t%s\t%s",
	    brin != NULL ? brin : "onbekend", vestiging != NULL ? "/" : "",
	    vestiging != NULL ? vestiging : "", srt, t.naam);
	ok = ov_rap_tel(s->cel, key, "meldingen", 1) &&
	     ov_rap_tel(s->cel, key, "tijdig", t.laat <= 0 ? 1 : 0) &&
	     ov_rap_tel(s->cel, key, "laat", t.laat > 0 ? t.laat : 0);
	if (ok && t.laat > ov_rap_waarde(s->cel, key, "ergst"))
		ok = ov_rap_tel(s->cel, key, "ergst",
		    t.laat - ov_rap_waarde(s->cel, key, "ergst"));
	if (ok && ov_rap_waarde(s->mens, t.naam, "gezien") == 0) {
		ov_rap_let_op(s, t.bron);
		ok = ov_rap_tel(s->mens, t.naam, "gezien", 1);
	}
	return ok ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

static enum ov_rc
tijdig_slot(struct ov_rap *s, struct ov_err *e)
{
	const char *key, *srt, *naam;
	json_t *cell, *j;

	(void)e;
	json_object_foreach(s->cel, key, cell)
	{
		int64_t n = ov_rap_waarde(s->cel, key, "meldingen"),
		        tijdig = ov_rap_waarde(s->cel, key, "tijdig");

		srt = strchr(key, '\t');
		naam = srt != NULL ? strchr(srt + 1, '\t') : NULL;
		if (naam == NULL)
			continue;
		j = json_pack("{s:s%,s:s%,s:s,s:I,s:I}", "school", key,
		    (size_t)(srt - key), "srt", srt + 1,
		    (size_t)(naam - srt - 1), "termijn", naam + 1, "te_laat",
		    (json_int_t)(n - tijdig), "ergst",
		    (json_int_t)ov_rap_waarde(s->cel, key, "ergst"));
		if (j != NULL)
			ov_rap_breuk(s, j, "tijdigheid", tijdig, n);
		ov_ctl_row(s->c, j);
		s->n++;
	}
	return OV_OK;
}

static const struct ov_rap_kolom tijdig_kolom[] = {{"school", "School",
                                                       OV_RAP_TEKST, NULL},
    {"srt", "Soort", OV_RAP_TEKST, NULL},
    {"termijn", "Termijn", OV_RAP_TEKST, NULL},
    {"noemer", "Meldingen", OV_RAP_AANTAL, NULL},
    {"teller", "Tijdig", OV_RAP_AANTAL, NULL},
    {"te_laat", "Te laat", OV_RAP_AANTAL, NULL},
    {"ergst", "Meeste werkdagen te laat", OV_RAP_AANTAL, NULL},
    {"uitkomst", "Tijdig %", OV_RAP_PCT, NULL},
    {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_tijdigheid = {.naam = "tijdigheid",
    .titel = "Tijdigheid van meldingen per school",
    .jaar = OV_RAP_SCHOOL,
    .srt = {"uitschrijving", "verzuimmelding"},
    .inhoud = true,
    .formule = {"tijdigheid"},
    .kolom = tijdig_kolom,
    .een = tijdig_een,
    .slot = tijdig_slot};

/* ---- turnaround ---- */

static enum ov_rc
door_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	struct ov_date van = ov_date_nl(r->ontvangen);
	char key[32];
	int32_t dagen = 0;
	bool klaar = r->afgehandeld != 0, ok;

	(void)cl;
	(void)toon;
	if (ov_schooljaar(van) != s->jaar)
		return OV_OK;
	if (klaar)
		dagen = ov_date_days(ov_date_nl(r->afgehandeld)) -
		        ov_date_days(van);
	else
		dagen = ov_date_days(s->op) - ov_date_days(van);
	(void)snprintf(key, sizeof(key), "%lld", (long long)r->partner);
	ok = ov_rap_tel(s->cel, key, "dossiers", 1) &&
	     ov_rap_tel(s->cel, key, "klaar", klaar ? 1 : 0) &&
	     ov_rap_tel(s->cel, key, "dagen", klaar ? dagen : 0);
	if (ok && !klaar && dagen > ov_rap_waarde(s->cel, key, "oudste"))
		ok = ov_rap_tel(s->cel, key, "oudste",
		    dagen - ov_rap_waarde(s->cel, key, "oudste"));
	return ok ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

static void
door_put(struct ov_rap *s, json_t *naam, int64_t n, int64_t klaar,
    int64_t dagen, int64_t oudste)
{
	const struct ov_formule *f = ov_formule(s->c->st->rapport,
	    "doorlooptijd");
	char gem[OV_BREUK_SIZE] = "";
	json_t *j;

	if (f != NULL && dagen >= 0)
		(void)ov_breuk((uint64_t)dagen, (uint64_t)klaar, f->maal,
		    f->decimalen, gem);
	j = json_pack("{s:o,s:s,s:I}", "partner", naam, "gemiddeld", gem,
	    "oudste", (json_int_t)oudste);
	if (j != NULL)
		ov_rap_breuk(s, j, "afgehandeld", klaar, n);
	ov_ctl_row(s->c, j);
	s->n++;
}

static enum ov_rc
door_slot(struct ov_rap *s, struct ov_err *e)
{
	int64_t n = 0, klaar = 0, dagen = 0, oudste = 0, id, v[4];
	const char *key;
	json_t *cell;

	json_object_foreach(s->cel, key, cell)
	{
		static const char *const naam[] = {"dossiers", "klaar", "dagen",
		    "oudste"};

		for (size_t i = 0; i < 4; i++)
			v[i] = ov_rap_waarde(s->cel, key, naam[i]);
		if ((id = strtoll(key, NULL, 10)) == 0)
			return ov_fail(e, OV_DAMAGED, "report: partner");
		door_put(s, ov_j_partner(s->c->st, id), v[0], v[1], v[2], v[3]);
		n += v[0];
		klaar += v[1];
		dagen += v[2];
		if (v[3] > oudste)
			oudste = v[3];
	}
	door_put(s, json_string("TOTAAL"), n, klaar, dagen, oudste);
	return OV_OK;
}

static const struct ov_rap_kolom door_kolom[] = {{"partner", "Van",
                                                     OV_RAP_TEKST, NULL},
    {"noemer", "Dossiers", OV_RAP_AANTAL, NULL},
    {"teller", "Afgehandeld", OV_RAP_AANTAL, NULL},
    {"uitkomst", "Afgehandeld %", OV_RAP_PCT, NULL},
    {"gemiddeld", "Gemiddeld dagen", OV_RAP_PCT, NULL},
    {"oudste", "Oudste open dagen", OV_RAP_AANTAL, NULL},
    {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_doorlooptijd = {.naam = "doorlooptijd",
    .titel = "Doorlooptijd van dossiers, van ontvangst tot afhandeling",
    .jaar = OV_RAP_SCHOOL,
    .srt = {"overstapdossier"},
    .formule = {"afgehandeld", "doorlooptijd"},
    .kolom = door_kolom,
    .een = door_een,
    .slot = door_slot};
