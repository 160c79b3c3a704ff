/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/bewaring.c - which rule ends a record, and when. */
#include "protocol/bewaring.h"

#include <stdio.h>
#include <string.h>

#include "protocol/bewaring_int.h"

static const char *const starts[OV_BW_N] = {
    [OV_BW_ONTVANGST] = "ontvangst",
    [OV_BW_VERZENDING] = "verzending",
    [OV_BW_UITSCHRIJVING] = "uitschrijving",
    [OV_BW_AFSLUITING] = "afsluiting",
    [OV_BW_AFSLUITING_MELDING] = "afsluiting-melding",
    [OV_BW_AFHANDELING] = "afhandeling",
    [OV_BW_EINDE_SCHOOLJAAR] = "einde-schooljaar",
    [OV_BW_EINDE_TRAJECT] = "einde-traject",
    [OV_BW_GEBOORTEDATUM] = "geboortedatum",
    [OV_BW_LAATSTE_STATUS] = "laatste-status",
    [OV_BW_STARTKWALIFICATIE] = "startkwalificatie",
    [OV_BW_UIT_LADING] = "uit-lading",
    [OV_BW_VERVANGING] = "vervanging",
};

const char *
ov_bw_start_name(enum ov_bw_start s)
{
	return (unsigned)s < OV_BW_N ? starts[s] : "";
}

int32_t
ov_bw_plus(int32_t dag, struct ov_bw_termijn t)
{
	struct ov_date d = ov_date_add_months(ov_date_from_days(dag),
	    t.maanden);

	return ov_date_days(d) + t.dagen;
}

/* Born on 29 February counts a year older on 1 March, as ov_age_on() has it. */
static int32_t
birthday(int32_t geboren, int16_t leeftijd)
{
	struct ov_date b = ov_date_from_days(geboren), d;

	d = ov_date_add_months(b, 12 * leeftijd);
	return ov_date_days(d) + (d.d != b.d ? 1 : 0);
}

/* 1 August: the first day after the school year of a day. */
static int32_t
year_end(int32_t dag)
{
	int y = ov_schooljaar(ov_date_from_days(dag)) + 1;

	return ov_date_days((struct ov_date){(int16_t)y, 8, 1});
}

int32_t
ov_bw_slot_weg(const struct ov_bw_slot *s, const struct ov_bw_feiten *f)
{
	int32_t dag = f->dag[s->start];

	if (s->start == OV_BW_GEBOORTEDATUM && f->geboren == OV_BW_GEEN)
		return ov_bw_plus(f->sinds, s->zonder);
	if (s->start == OV_BW_GEBOORTEDATUM)
		dag = birthday(f->geboren, s->leeftijd);
	else if (s->start == OV_BW_ONTVANGST)
		dag = f->sinds;
	else if (s->start == OV_BW_EINDE_SCHOOLJAAR)
		dag = year_end(f->sinds);
	return dag == OV_BW_GEEN ? OV_BW_GEEN : ov_bw_plus(dag, s->term);
}

static bool
about(const struct ov_bw_rij *r, const struct ov_bw_feiten *f, int32_t op)
{
	bool ground = r->ngrond == 0;

	if (strcmp(r->soort, f->soort) != 0 || !ov_span_has(r->geldig, op) ||
	    (f->rollen & r->rollen) == 0 || !(f->uit ? r->uit : r->in) ||
	    (r->staat != OV_BW_ELKE && r->staat != f->staat))
		return false;
	for (size_t i = 0; i < r->ngrond && !ground; i++)
		ground = f->grond != NULL && strcmp(r->grond[i], f->grond) == 0;
	return ground;
}

/* What one rule says. */
static struct ov_bw_einde
end_of(const struct ov_bw_rij *r, const struct ov_bw_feiten *f)
{
	struct ov_bw_einde e = {
	    .weg = ov_bw_plus(f->sinds, r->uiterlijk),
	    .regel = r->naam,
	    .bron = r->bron,
	    .start = r->slot[0].start,
	    .uiterlijk = true,
	    .open = !r->als_betreft,
	    .als_betreft = r->als_betreft,
	    .niet_voor = ov_bw_plus(f->sinds, r->tenminste),
	    .voorstel = r->voorstel,
	    .plicht = r->plicht,
	};

	for (size_t i = 0; i < r->nslot; i++) {
		int32_t weg = ov_bw_slot_weg(&r->slot[i], f);

		if (weg == OV_BW_GEEN)
			continue;
		e.open = false;
		if (weg <= e.weg && (e.uiterlijk || weg < e.weg)) {
			e.weg = weg;
			e.start = r->slot[i].start;
			e.uiterlijk = false;
		}
	}
	return e;
}

bool
ov_bewaring_einde(const struct ov_bewaring *b, const struct ov_bw_feiten *f,
    int32_t op, struct ov_bw_einde *out)
{
	bool any = false;

	for (size_t i = 0; i < b->n; i++) {
		struct ov_bw_einde e;

		if (!about(&b->rij[i], f, op))
			continue;
		e = end_of(&b->rij[i], f);
		if (!any || (e.plicht && !out->plicht) ||
		    (e.plicht == out->plicht &&
		        (e.plicht ? e.weg > out->weg : e.weg < out->weg)))
			*out = e;
		any = true;
	}
	return any;
}

/* ---- in words ---- */

static size_t
put_term(char *p, size_t room, struct ov_bw_termijn t)
{
	int n = 0;

	if (t.maanden == 0 && t.dagen == 0)
		return 0;
	if (t.maanden != 0 && t.maanden % 12 == 0)
		n = snprintf(p, room, " + %d jaar", t.maanden / 12);
	else if (t.maanden != 0)
		n = snprintf(p, room, " + %d maanden", t.maanden);
	if (n >= 0 && (size_t)n < room && t.dagen != 0)
		n += snprintf(p + n, room - (size_t)n, " + %d dagen", t.dagen);
	return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void
describe(const struct ov_bw_rij *r, char out[120])
{
	size_t n = 0, room = 120;
	int w;

	if (r->als_betreft)
		n = (size_t)snprintf(out, room, "als waar het over gaat");
	for (size_t i = 0; i < r->nslot; i++) {
		const struct ov_bw_slot *s = &r->slot[i];

		w = snprintf(out + n, room - n, "%s%s", i > 0 ? " of " : "",
		    starts[s->start]);
		n += w < 0                  ? 0
		     : (size_t)w < room - n ? (size_t)w
		                            : room - n - 1;
		if (s->leeftijd != 0) {
			w = snprintf(out + n, room - n, " %d jaar",
			    s->leeftijd);
			n += w < 0                  ? 0
			     : (size_t)w < room - n ? (size_t)w
			                            : room - n - 1;
		}
		n += put_term(out + n, room - n, s->term);
	}
	w = snprintf(out + n, room - n, "; uiterlijk");
	n += w < 0 ? 0 : (size_t)w < room - n ? (size_t)w : room - n - 1;
	(void)put_term(out + n, room - n, r->uiterlijk);
}

bool
ov_bewaring_regel(const struct ov_bewaring *b, size_t i,
    struct ov_bw_regel *out)
{
	const struct ov_bw_rij *r = i < b->n ? &b->rij[i] : NULL;

	if (r == NULL)
		return false;
	*out = (struct ov_bw_regel){
	    .naam = r->naam,
	    .soort = r->soort,
	    .bron = r->bron,
	    .reden = r->reden,
	    .rollen = r->rollen,
	    .in = r->in,
	    .uit = r->uit,
	    .voorstel = r->voorstel,
	    .plicht = r->plicht,
	    .eigen = r->eigen,
	    .van = r->geldig.van,
	    .tot = r->geldig.tot,
	};
	describe(r, out->term);
	return true;
}
