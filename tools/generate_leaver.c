/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_leaver.c - early school leavers of this year and the one
 * before: the notice, and what the receiver did with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate_region.h"

/* Empty when it is not there yet. */
static void
when(const struct ov_gen_year *y, char out[OV_DATE_SIZE], struct ov_date d)
{
	out[0] = '\0';
	if (ov_date_cmp(d, y->env.vandaag) <= 0)
		ov_date_fmt_nl(out, d);
}

static enum ov_rc
follow(struct ov_gen_year *y, enum ov_gen_oid o, int golf, struct ov_rng *r,
    const struct ov_person *p, struct ov_date sent, const char *bestemming,
    struct ov_err *e)
{
	struct ov_date contact = ov_date_add_days(sent,
	    ov_rng_pct(r, 85) ? ov_rng_range(r, 1, 14)
	                      : ov_rng_range(r, 15, 30));
	struct ov_date intake = ov_date_add_days(contact,
	    ov_rng_range(r, 3, 35));
	struct ov_date start = ov_date_add_days(intake, ov_rng_range(r, 1, 20));
	struct ov_date end = ov_date_add_days(start, ov_rng_range(r, 15, 120));
	char a[OV_DATE_SIZE], b[OV_DATE_SIZE], c[OV_DATE_SIZE], d[OV_DATE_SIZE];
	const char *cell[7] = {p->pgn.s, "school", a, b, c, d, bestemming};

	when(y, a, contact);
	when(y, b, intake);
	when(y, c, start);
	when(y, d, end);
	if (d[0] == '\0')
		cell[6] = "";
	return ov_gen_line(y, o, golf, K_OPVOLGING, cell, 7, e);
}

static void
count_reason(struct ov_gen_year *y, const json_t *inhoud)
{
	const char *s = json_string_value(
	    json_object_get(inhoud, "redenUitval"));

	if (s != NULL && s[0] >= '0' && s[0] <= '9')
		y->reden[s[0] - '0']++;
}

enum ov_rc
ov_gen_leaver(struct ov_gen_year *y, const struct ov_gen_cell *c,
    enum ov_gen_oid school, struct ov_rng *r, struct ov_person *p,
    struct ov_err *e)
{
	static const char *const waarheen[] = {"voltijd-opleiding",
	    "leren-en-werken", "werk-zonder-startkwalificatie",
	    "zonder-dagbesteding", "overig"};
	const struct ov_gen_home *h = &y->land.home[c->home];
	struct ov_gen_plan plan;
	struct ov_date event;
	enum ov_gen_oid naar;
	const char *einde;
	json_t *inhoud = ov_gen_notice(r, c->track, &ov_gen_orgs[school].s,
	    h->code, p, y->y, &event);
	char to[16];
	enum ov_rc rc;

	if (inhoud == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	count_reason(y, inhoud);
	naar = ov_gen_receiver(h, ov_age_on(p->geboren, event));
	plan = ov_gen_plan(y, r, S_UITSCHRIJVING, event);
	ov_gen_naar(to, h);
	y->vsv[c->track - ov_tracks][c->home]++;
	rc = ov_gen_send(y, school, naar, to, plan.golf, K_UITSCHRIJVING, p,
	    inhoud, e);
	if (rc == OV_OK)
		rc = ov_gen_planned(y, school, S_UITSCHRIJVING, &plan, e);
	einde = OV_PICK(r, waarheen);
	if (rc == OV_OK && naar != O_NONE && ov_rng_pct(r, 60))
		rc = follow(y, naar, plan.golf, r, p, plan.gepland, einde, e);
	return rc;
}

/* ---- the year before ---- */

static const struct ov_track *
some_track(struct ov_rng *r)
{
	int sum = 0, x;
	size_t i;

	for (i = 0; i < OV_TRACKS; i++)
		sum += ov_tracks[i].vsv;
	x = ov_rng_range(r, 0, sum - 1);
	for (i = 0; (x -= ov_tracks[i].vsv) >= 0; i++)
		;
	return &ov_tracks[i];
}

/* Enrolled again on 1 October: the mbo tells where he lives. */
static enum ov_rc
back_at_school(struct ov_gen_year *y, const struct ov_gen_home *h,
    struct ov_rng *r, const struct ov_person *p, struct ov_err *e)
{
	struct ov_gen_status s = {.status = "ingeschreven",
	    .datum = {(int16_t)y->y, 10, 1},
	    .geboren = p->geboren};
	char to[16];

	ov_gen_naar(to, h);
	return ov_gen_send(y, ov_rng_pct(r, 65) ? O_MBO : O_MBO2,
	    ov_gen_receiver(h, ov_age_on(p->geboren, s.datum)), to, 1,
	    (enum ov_gen_kind)(K_STATUS + 4), p, ov_gen_status(&s), e);
}

static enum ov_rc
one_before(struct ov_gen_year *y, const struct ov_gen_home *h, int what,
    struct ov_rng *r, struct ov_person *p, struct ov_err *e)
{
	static const char *const school[] = {"voltijd-opleiding",
	    "leren-en-werken"};
	static const char *const geen[] = {"zonder-dagbesteding",
	    "verhuisd-of-onvindbaar", "zorg-of-detentie", "overig"};
	const struct ov_track *t = some_track(r);
	enum ov_gen_oid o = ov_gen_school_of(r, t), naar;
	struct ov_date event;
	struct ov_date october = {(int16_t)y->y, 10, 1};
	json_t *inhoud = NULL;
	const char *einde = what == 0   ? OV_PICK(r, school)
	                    : what == 1 ? "werk-zonder-startkwalificatie"
	                                : OV_PICK(r, geen);
	char to[16];
	enum ov_rc rc;

	/* The mbo tells of nobody who is 23 by then; who hears of the return
	 * is who heard of the leaving. */
	do {
		json_decref(inhoud);
		inhoud = ov_gen_notice(r, t, &ov_gen_orgs[o].s, h->code, p,
		    y->y - 1, &event);
		naar = ov_gen_receiver(h, ov_age_on(p->geboren, event));
	} while (
	    inhoud != NULL &&
	    (ov_age_on(p->geboren, october) >= 23 ||
	        naar != ov_gen_receiver(h, ov_age_on(p->geboren, october))));
	ov_gen_naar(to, h);
	rc = ov_gen_send(y, o, naar, to, 0, K_UITSCHRIJVING, p, inhoud, e);
	if (rc == OV_OK)
		rc = ov_gen_inwoner(y, naar, h, o, p, false, e);
	if (rc == OV_OK)
		rc = follow(y, naar, 1, r, p, event, einde, e);
	return rc == OV_OK && what == 0 ? back_at_school(y, h, r, p, e) : rc;
}

enum ov_rc
ov_gen_vorig(struct ov_gen_year *y, struct ov_err *e)
{
	struct ov_gen_draw back = {y->terug.vsv, y->terug.onderwijs};
	struct ov_gen_draw work = {y->terug.vsv - y->terug.onderwijs,
	    y->terug.werk};
	const struct ov_gen_home *h;
	struct ov_person p;
	struct ov_rng r;
	enum ov_rc rc = OV_OK;
	int i, what;

	for (i = 0; rc == OV_OK && i < y->terug.vsv; i++) {
		if ((rc = ov_gen_new(y, &r, &p, e)) != OV_OK)
			break;
		do
			h = &y->land.home[ov_rng_below(&r,
			    (uint32_t)y->land.nhome)];
		while (!h->regio);
		what = ov_gen_drawn(&back, &y->pick)   ? 0
		       : ov_gen_drawn(&work, &y->pick) ? 1
		                                       : 2;
		y->terug_onderwijs += what == 0;
		y->terug_werk += what == 1;
		y->terug_zonder += what == 2;
		rc = one_before(y, h, what, &r, &p, e);
	}
	return rc;
}
