/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_reden.c - how often each sender does not know why
 * somebody left (reason 7 of the national list), against what is aimed at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/rapport.h"

/* Per sender and person the newest notice of the year counts. */
static enum ov_rc
reden_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	const struct ov_rapport *t = s->c->st->rapport;
	const struct ov_formule *f = ov_formule(t, "reden-onbekend");
	struct ov_date uit;
	char key[32], mens[64], wie[112];
	int64_t was, is;
	bool ok;

	(void)toon;
	if (f == NULL || !ov_grootheid_telt(f->noemer, cl->inhoud) ||
	    ov_date_parse(ov_jn_view(
	                      ov_jn_get(cl->inhoud, "datumUitschrijving")),
	        &uit) != OV_OK ||
	    ov_convenantjaar(uit) != s->jaar)
		return OV_OK;
	is = ov_grootheid_telt(f->teller, cl->inhoud) ? 1 : 0;
	(void)snprintf(key, sizeof(key), "%lld", (long long)r->partner);
	if (!ov_rap_mens(r, false, mens))
		(void)snprintf(mens, sizeof(mens), "B%lld", (long long)r->nr);
	(void)snprintf(wie, sizeof(wie), "%s\t%s", key, mens);
	was = ov_rap_waarde(s->mens, wie, "onbekend");
	ok = ov_rap_tel(s->cel, key, "redenen",
	         1 - ov_rap_waarde(s->mens, wie, "geteld")) &&
	     ov_rap_tel(s->cel, key, "onbekend", is - was) &&
	     ov_rap_tel(s->mens, wie, "onbekend", is - was) &&
	     ov_rap_tel(s->mens, wie, "geteld",
	         1 - ov_rap_waarde(s->mens, wie, "geteld"));
	return ok ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

static void
put(struct ov_rap *s, json_t *naam, int64_t onbekend, int64_t n)
{
	json_t *j = json_pack("{s:o}", "partner", naam);

	if (j != NULL) {
		ov_rap_breuk(s, j, "reden-onbekend", onbekend, n);
		ov_rap_norm(s, j, "reden-onbekend", "", onbekend, n);
	}
	ov_ctl_row(s->c, j);
	s->n++;
}

static enum ov_rc
reden_slot(struct ov_rap *s, struct ov_err *e)
{
	int64_t n = 0, onbekend = 0, id;
	const char *key;
	json_t *cell;

	json_object_foreach(s->cel, key, cell)
	{
		int64_t a = ov_rap_waarde(s->cel, key, "onbekend"),
		        b = ov_rap_waarde(s->cel, key, "redenen");

		if ((id = strtoll(key, NULL, 10)) == 0)
			return ov_fail(e, OV_DAMAGED, "report: partner");
		put(s, ov_j_partner(s->c->st, id), a, b);
		onbekend += a;
		n += b;
	}
	put(s, json_string("TOTAAL"), onbekend, n);
	ov_rap_let_op(s, "Reden 7 zegt niets. Vraag een school die boven de "
	                 "norm ligt waarom de reden onbekend bleef.");
	return OV_OK;
}

static const struct ov_rap_kolom reden_kolom[] = {{"partner", "Van",
                                                      OV_RAP_TEKST, NULL},
    {"noemer", "Uitschrijvingen met reden", OV_RAP_AANTAL, NULL},
    {"teller", "Reden onbekend", OV_RAP_AANTAL, NULL},
    {"uitkomst", "Onbekend %", OV_RAP_PCT, NULL},
    {"norm", "Norm %", OV_RAP_PCT, NULL},
    {"gehaald", "Gehaald", OV_RAP_TEKST, NULL},
    {"normbron", "Bron", OV_RAP_TEKST, NULL}, {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_uitvalreden = {.naam = "uitvalreden",
    .titel = "Uitschrijvingen met onbekende reden, per afzender",
    .jaar = OV_RAP_CONVENANT,
    .srt = {"uitschrijving"},
    .inhoud = true,
    .formule = {"reden-onbekend"},
    .kolom = reden_kolom,
    .een = reden_een,
    .slot = reden_slot};
