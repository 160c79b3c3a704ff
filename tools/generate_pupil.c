/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_pupil.c - one pupil: where he stands in the populations, and
 * which of the things that may happen to him does. */
#include <stdio.h>
#include <string.h>

#include "tools/generate_region.h"

/* ---- populations ---- */

enum ov_rc
ov_gen_inwoner(struct ov_gen_year *y, enum ov_gen_oid o,
    const struct ov_gen_home *h, enum ov_gen_oid school,
    const struct ov_person *p, bool start, struct ov_err *e)
{
	char born[OV_DATE_SIZE];
	const char *cell[5] = {p->pgn.s, born, h->code, start ? "ja" : "nee",
	    ov_gen_orgs[school].s.brin};

	ov_date_fmt_nl(born, p->geboren);
	return ov_gen_line(y, o, -1, K_BEVOLKING, cell, 5, e);
}

/* Under 18 on the first day: leerplicht; 18 on the last: Doorstroompunt. */
static enum ov_rc
known_to(struct ov_gen_year *y, const struct ov_gen_home *h,
    enum ov_gen_oid school, const struct ov_person *p, bool start,
    struct ov_err *e)
{
	struct ov_date first = {(int16_t)y->y, 10, 1};
	struct ov_date last = {(int16_t)(y->y + 1), 9, 30};
	bool young = ov_age_on(p->geboren, first) < 18 && h->lp != O_NONE;
	bool old = ov_age_on(p->geboren, last) >= 18 && h->dp != O_NONE;
	enum ov_rc rc = OV_OK;

	if (young)
		rc = ov_gen_inwoner(y, h->lp, h, school, p, start, e);
	if (rc == OV_OK && old && !(young && h->lp == h->dp))
		rc = ov_gen_inwoner(y, h->dp, h, school, p, start, e);
	return rc;
}

/* 1 October: at the school, and where the region's figures are counted. */
static enum ov_rc
start_of_year(struct ov_gen_year *y, const struct ov_gen_cell *c,
    enum ov_gen_oid school, const struct ov_person *p, struct ov_err *e)
{
	const struct ov_gen_home *h = &y->land.home[c->home];
	const struct ov_track *t = c->track;
	char day[OV_DATE_SIZE];
	const char *cell[6] = {p->pgn.s, day, ov_gen_orgs[school].s.brin,
	    t != NULL ? t->categorie : "", t != NULL ? t->leerweg : "",
	    h->code};
	enum ov_rc rc;

	ov_date_fmt_nl(day, (struct ov_date){(int16_t)y->y, 10, 1});
	y->leerlingen[school]++;
	y->deelnemers[t != NULL ? t - ov_tracks : OV_TRACKS][c->home]++;
	rc = ov_gen_line(y, school, -1, K_STARTPOPULATIE, cell, 6, e);
	return rc == OV_OK && h->dp != O_NONE
	           ? ov_gen_line(y, h->dp, -1, K_STARTPOPULATIE, cell, 6, e)
	           : rc;
}

/* ---- absence ---- */

/* The lessons of one day. */
static enum ov_rc
absent_day(struct ov_gen_year *y, enum ov_gen_oid school,
    const struct ov_person *p, struct ov_date d, int lessen, struct ov_err *e)
{
	char day[OV_DATE_SIZE], geboren[OV_DATE_SIZE], uur[12], totaal[12];
	const char *cell[] = {p->ref, day, uur, "1", totaal, geboren};
	enum ov_rc rc = OV_OK;

	ov_date_fmt_nl(day, d);
	ov_date_fmt_nl(geboren, p->geboren);
	(void)snprintf(totaal, sizeof(totaal), "%d", LESSEN);
	for (int k = 1; rc == OV_OK && k <= lessen; k++) {
		(void)snprintf(uur, sizeof(uur), "%d", k);
		rc = ov_gen_line(y, school, ov_gen_golf(y->y, d),
		    K_VERZUIMREGELS, cell, 6, e);
	}
	return rc;
}

static enum ov_rc
absent_rows(struct ov_gen_year *y, enum ov_gen_oid school,
    const struct ov_person *p, const struct ov_gen_absent *a, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; rc == OV_OK && i < a->n; i++)
		rc = absent_day(y, school, p, a->dag[i], a->lessen[i], e);
	return rc;
}

enum ov_rc
ov_gen_away(struct ov_gen_year *y, const struct ov_gen_home *h,
    enum ov_gen_oid school, struct ov_rng *r, const struct ov_person *p,
    struct ov_err *e)
{
	static const enum ov_gen_absence young[] = {A_UREN, A_UREN, A_UREN,
	    A_VAKANTIE, A_BIJNA, A_VERSPREID};
	struct ov_date first = {(int16_t)y->y, 8, 1};
	struct ov_date last = {(int16_t)(y->y + 1), 3, 1};
	enum ov_gen_absence how = young[ov_rng_below(r, 6)];
	struct ov_gen_absent a;
	struct ov_gen_plan plan;
	enum ov_gen_oid naar;
	char to[16];
	json_t *inhoud;
	enum ov_rc rc;

	/* From 18 on the sixteen hours do not bind; who becomes 18 meanwhile
	 * stays below them, and so does who may become too old. */
	if (ov_age_on(p->geboren, last) >= 18)
		how = ov_age_on(p->geboren, first) >= 18 &&
		              ov_age_on(p->geboren, last) < 23
		          ? A_LANG
		          : A_BIJNA;
	ov_gen_absent(r, how, y->y, &a);
	y->signaal[how]++;
	rc = absent_rows(y, school, p, &a, e);
	if (rc != OV_OK || !a.signaal)
		return rc;
	plan = ov_gen_plan(y, r, S_VERZUIM, a.eind);
	naar = ov_gen_receiver(h, ov_age_on(p->geboren, a.begin));
	inhoud = ov_gen_melding(r, p, &ov_gen_orgs[school], h->code, &a);
	ov_gen_naar(to, h);
	rc = ov_gen_send(y, school, naar, to, plan.golf, K_VERZUIM, p, inhoud,
	    e);
	return rc == OV_OK ? ov_gen_planned(y, school, S_VERZUIM, &plan, e)
	                   : rc;
}

/* ---- a pupil ---- */

static bool
goes(struct ov_gen_year *y, const struct ov_track *t)
{
	if (t == NULL)
		return false;
	if (strcmp(t->leerweg, "Vmbo 3-4") == 0)
		return ov_gen_drawn(&y->vmbo, &y->pick);
	if (strcmp(t->leerweg, "Havo 4-5") == 0)
		return ov_gen_drawn(&y->havo, &y->pick);
	return strcmp(t->leerweg, "Vavo-vmbo") == 0 &&
	       ov_gen_drawn(&y->vavo, &y->pick);
}

static void
born_before_mbo(const struct ov_gen_year *y, struct ov_rng *r,
    struct ov_person *p, const struct ov_track *t)
{
	struct ov_date april = {(int16_t)(y->y + 1), 4, 1};
	bool plain = ov_rng_pct(r, 85);
	int jong = ov_rng_range(r, 15, 16), oud = ov_rng_range(r, 17, 19);
	int age = plain ? jong : oud;

	if (t != NULL && t->jong > 15)
		age = ov_rng_range(r, t->jong, t->oud);
	p->geboren = ov_born(r, age, april);
}

/* Students of the mbo who came from a school of the region last year. */
static void
last_year(struct ov_gen_year *y, const struct ov_track *t,
    enum ov_gen_oid school, bool vsv, struct ov_rng *r)
{
	static const enum ov_gen_oid from[] = {O_VMBO, O_VMBO, O_VMBO, O_VMBO,
	    O_VMBO, O_VMBO, O_VMBO, O_LYCEUM, O_PRO, O_VSO};
	enum ov_gen_oid o = from[ov_rng_below(r, 10)];
	int what = vsv ? 2 : ov_rng_pct(r, 3) ? 3 : ov_rng_pct(r, 2) ? 1 : 0;

	if (ov_gen_drawn(&y->vorig, &y->pick))
		y->koppeling[o][t->niveau - 1][what][school == O_MBO ? 0 : 1]++;
}

static enum ov_rc
stays(struct ov_gen_year *y, const struct ov_gen_cell *c,
    enum ov_gen_oid school, struct ov_rng *r, struct ov_person *p,
    struct ov_err *e)
{
	const struct ov_gen_home *h = &y->land.home[c->home];
	const struct ov_track *t = c->track;
	enum ov_rc rc = OV_OK;

	if (ov_gen_drawn(&y->verzuim, &y->pick))
		rc = ov_gen_away(y, h, school, r, p, e);
	if (rc == OV_OK && t != NULL && t->niveau > 0 && h->regio &&
	    ov_gen_drawn(&y->overstap_mbo, &y->pick))
		rc = ov_gen_mbo_mbo(y, h, school, t, r, p, e);
	return rc;
}

enum ov_rc
ov_gen_pupil(struct ov_gen_year *y, const struct ov_gen_cell *c, bool vsv,
    struct ov_err *e)
{
	const struct ov_gen_home *h = &y->land.home[c->home];
	const struct ov_track *t = c->track;
	struct ov_date october = {(int16_t)y->y, 10, 1};
	enum ov_gen_oid school;
	struct ov_person p;
	struct ov_rng r;
	bool start = false;
	enum ov_rc rc = ov_gen_new(y, &r, &p, e);

	if (rc != OV_OK)
		return rc;
	school = ov_gen_school_of(&r, t);
	if (t != NULL && t->niveau > 0 && h->regio)
		last_year(y, t, school, vsv, &r);
	if (vsv) {
		rc = ov_gen_leaver(y, c, school, &r, &p, e);
	} else {
		ov_person_make(&r, &p);
		if (goes(y, t)) {
			born_before_mbo(y, &r, &p, t);
			rc = ov_gen_transfer(y, h, school, t, &r, &p, e);
		} else {
			p.geboren = ov_born(&r,
			    t != NULL ? ov_rng_range(&r, t->jong, t->oud) : 19,
			    october);
			start = t != NULL && t->niveau > 2 &&
			        ov_rng_pct(&r, 40);
			rc = stays(y, c, school, &r, &p, e);
		}
	}
	if (rc == OV_OK)
		rc = known_to(y, h, school, &p, start, e);
	return rc == OV_OK ? start_of_year(y, c, school, &p, e) : rc;
}

enum ov_rc
ov_gen_special(struct ov_gen_year *y, enum ov_gen_oid school, struct ov_err *e)
{
	struct ov_date april = {(int16_t)(y->y + 1), 4, 1};
	const struct ov_gen_home *h;
	struct ov_person p;
	struct ov_rng r;
	enum ov_rc rc = ov_gen_new(y, &r, &p, e);

	if (rc != OV_OK)
		return rc;
	do
		h = &y->land.home[ov_rng_below(&r, (uint32_t)y->land.nhome)];
	while (!h->regio);
	ov_person_make(&r, &p);
	p.geboren = ov_born(&r, ov_rng_range(&r, 16, 18), april);
	y->leerlingen[school]++;
	rc = ov_gen_transfer(y, h, school, NULL, &r, &p, e);
	return rc == OV_OK ? known_to(y, h, school, &p, false, e) : rc;
}
