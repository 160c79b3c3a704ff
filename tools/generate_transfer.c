/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_transfer.c - one pupil on his way to the mbo: choice, dossier,
 * applications with their statuses, warm handover, start; and what the mbo's
 * tell the schools a year later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate_region.h"

enum status {
	KEUZE,
	ONTVANGEN,
	AANGEMELD,
	OVK,
	INGESCHREVEN,
	NIET_INGESCHREVEN,
	INGETROKKEN,
	GESTART,
	NIET_GESTART,
	UITGEVALLEN,
	GESWITCHT
};

struct move {
	struct ov_gen_year *y;
	const struct ov_gen_home *h;
	enum ov_gen_oid school;
	struct ov_rng *r;
	const struct ov_person *p;
	struct ov_person mbo; /* as the mbo knows him */
	bool laat;            /* applied after 1 August */
	struct ov_err *e;
	enum ov_rc rc;
};

static enum ov_gen_oid
other(enum ov_gen_oid o)
{
	return o == O_MBO ? O_MBO2 : O_MBO;
}

/* ---- statuses ---- */

static void
tell(struct move *m, enum ov_gen_oid van, enum ov_gen_oid naar,
    enum status what, const char *reden, struct ov_date d)
{
	char id[32];
	const struct ov_gen_status s = {.status = ov_gen_statussen[what],
	    .aanmelding = id,
	    .reden = reden,
	    .school = &ov_gen_orgs[m->school].s,
	    .datum = d,
	    .geboren = m->p->geboren,
	    .laat = m->laat};

	(void)snprintf(id, sizeof(id), "A-%s-%s", m->p->ref,
	    ov_gen_orgs[van == m->school ? naar : van].s.brin);
	if (m->rc == OV_OK)
		m->rc = ov_gen_send(m->y, van, naar, ov_gen_orgs[naar].s.brin,
		    ov_gen_golf(m->y->y, d),
		    (enum ov_gen_kind)(K_STATUS + what),
		    van == m->school ? m->p : &m->mbo, ov_gen_status(&s), m->e);
}

/* The same to where he lives, without the application. */
static void
tell_home(struct move *m, enum ov_gen_oid van, enum status what,
    const char *reden, struct ov_date d)
{
	const struct ov_gen_status s = {.status = ov_gen_statussen[what],
	    .reden = reden,
	    .school = &ov_gen_orgs[m->school].s,
	    .datum = d,
	    .geboren = m->p->geboren};
	enum ov_gen_oid naar = ov_gen_receiver(m->h,
	    ov_age_on(m->p->geboren, d));
	char to[16];

	ov_gen_naar(to, m->h);
	if (m->rc == OV_OK && naar != O_NONE)
		m->rc = ov_gen_send(m->y, van, naar, to,
		    ov_gen_golf(m->y->y, d),
		    (enum ov_gen_kind)(K_STATUS + what),
		    van == m->school ? m->p : &m->mbo, ov_gen_status(&s), m->e);
}

/* Days of the steps: before 1 April, or after 1 August. */
static struct ov_date
step(struct move *m, enum status what)
{
	static const struct {
		int m, d, n;
	} spring[] = {{2, 1, 19}, {3, 1, 28}, {4, 5, 20}, {5, 2, 25},
	    {6, 1, 45}, {6, 1, 25}, {6, 1, 25}, {8, 25, 8}, {9, 12, 15},
	    {9, 12, 15}, {9, 12, 15}},
	  summer[] = {{2, 1, 19}, {8, 4, 5}, {8, 10, 4}, {8, 15, 4}, {8, 20, 4},
	      {8, 20, 4}, {8, 20, 4}, {8, 25, 8}, {9, 12, 15}, {9, 12, 15},
	      {9, 12, 15}};
	int mm = (m->laat ? summer : spring)[what].m;
	int dd = (m->laat ? summer : spring)[what].d;
	int nn = (m->laat ? summer : spring)[what].n;

	return ov_gen_day(m->y, m->r, 1, mm, dd, nn);
}

static void
steps(struct move *m, enum ov_gen_oid mbo, enum status last)
{
	int s;

	for (s = ONTVANGEN; s <= (int)last; s++)
		tell(m, mbo, m->school, (enum status)s, NULL,
		    step(m, (enum status)s));
}

/* ---- the applicants of an mbo ---- */

/* Someone typed another day, or the year before. */
static struct ov_date
mistyped(struct ov_rng *r, struct ov_date d)
{
	int days = ov_rng_range(r, 1, 9), years = ov_rng_range(r, 1, 2);

	return ov_rng_pct(r, 50) ? ov_date_add_days(d, days)
	                         : ov_date_add_months(d, -12 * years);
}

static void
applicant(struct move *m, enum ov_gen_oid mbo, struct ov_date born)
{
	const struct ov_gen_school *s = &ov_gen_orgs[m->school].s;
	struct ov_gen_out *f;
	char date[OV_DATE_SIZE];

	if (m->rc != OV_OK)
		return;
	if ((f = ov_gen_file(m->y, mbo, -1, K_LEERLINGEN, m->e)) == NULL) {
		m->rc = m->e->rc;
		return;
	}
	ov_date_fmt(date, born);
	m->y->aanmelders[mbo]++;
	m->rc = ov_gen_row(f,
	    json_pack("{s:s,s:s,s:s,s:s,s:o}", "profiel", "leerlingen",
	        "eigenReferentie", m->p->ref, "pgn", m->mbo.pgn.s,
	        "geboortedatum", date, "schoolVerlaten",
	        json_sprintf("%s%s", s->brin, s->vestiging)),
	    NULL, NULL, m->e);
}

/* The mbo has the other kind of number: BSN here, onderwijsnummer there. */
static void
two_numbers(struct move *m)
{
	const enum ov_pgn_kind kind = ov_pgn_kind(m->p->pgn.s);
	char day[OV_DATE_SIZE];
	const char *cell[3] = {m->p->pgn.s, m->mbo.pgn.s, day};
	struct ov_date d = ov_gen_day(m->y, m->r, 1, 9, 1, 20);

	do
		m->rc = ov_pgns_take(&m->y->pgns, &m->mbo.pgn, m->e);
	while (m->rc == OV_OK && ov_pgn_kind(m->mbo.pgn.s) == kind);
	ov_date_fmt_nl(day, d);
	m->y->dubbele++;
	if (m->rc == OV_OK)
		m->rc = ov_gen_line(m->y, m->school, 4, K_NUMMERS, cell, 3,
		    m->e);
}

/* ---- dossiers ---- */

static void
dossier(struct move *m, enum ov_gen_oid naar, const char *soort,
    const char *opleiding, struct ov_date d)
{
	const struct ov_gen_org *o = &ov_gen_orgs[m->school];
	const struct ov_gen_way way = {.van = &o->s,
	    .naar = &ov_gen_orgs[naar].s,
	    .gemeente = m->h->code,
	    .soort = soort,
	    .post = o->post,
	    .opleiding = opleiding,
	    .datum = d};

	if (m->rc == OV_OK)
		m->rc = ov_gen_send(m->y, m->school, naar,
		    ov_gen_orgs[naar].s.brin, ov_gen_golf(m->y->y, d),
		    K_DOSSIER, m->p,
		    ov_gen_dossier(m->r, m->p, &way, m->y->y + 1,
		        m->y->env.vandaag),
		    m->e);
}

static const char *
soort_of(enum ov_gen_oid school, const struct ov_track *t,
    const char **opleiding)
{
	*opleiding = school == O_PRO                    ? "pro"
	             : school == O_VSO                  ? "vso"
	             : t != NULL && t->soort[1] == NULL ? t->soort[0]
	                                                : NULL;
	return school == O_VSO                       ? "WECMBO"
	       : school == O_MBO || school == O_MBO2 ? "x-VAVOMBO"
	                                             : "VOMBO";
}

/* ---- after the choice ---- */

static void
handover(struct move *m, enum ov_gen_oid mbo)
{
	const char *risk = m->school == O_PRO || m->school == O_VSO ? "R2"
	                   : m->laat                                ? "R6"
	                   : m->school == O_MBO                     ? "R7"
	                   : ov_rng_pct(m->r, 3)                    ? "R4"
	                                                            : NULL;
	struct ov_date d = m->laat ? ov_gen_day(m->y, m->r, 1, 9, 1, 20)
	                           : ov_gen_day(m->y, m->r, 1, 6, 10, 30);

	if (risk != NULL && m->rc == OV_OK)
		m->rc = ov_gen_send(m->y, m->school, mbo,
		    ov_gen_orgs[mbo].s.brin, ov_gen_golf(m->y->y, d), K_WARM,
		    m->p, ov_gen_warm(m->r, m->p, risk, d), m->e);
}

static void
started(struct move *m, enum ov_gen_oid mbo)
{
	bool start = ov_rng_pct(m->r, 96);
	int x = (int)ov_rng_below(m->r, 100);
	struct ov_date d = step(m, NIET_GESTART);

	if (!start) {
		tell(m, mbo, m->school, NIET_GESTART, NULL, d);
		tell_home(m, mbo, NIET_GESTART, NULL, d);
		return;
	}
	tell(m, mbo, m->school, GESTART, NULL, step(m, GESTART));
	if (x < 2) {
		tell(m, mbo, m->school, UITGEVALLEN, NULL, d);
		tell_home(m, mbo, UITGEVALLEN, NULL, d);
	} else if (x < 4) {
		tell(m, mbo, m->school, GESWITCHT, NULL, d);
	}
}

/* An application that ended in nothing, or hangs. */
static void
no_place(struct move *m, enum ov_gen_oid mbo)
{
	static const char *const redenen[] = {"geen-plaats", "niet-toelaatbaar",
	    "intake-niet-gevolgd", "geen-reactie"};
	const char *reden = OV_PICK(m->r, redenen);
	struct ov_date d = step(m, NIET_INGESCHREVEN);
	bool hangs = ov_rng_pct(m->r, 30);

	steps(m, mbo, hangs ? OVK : AANGEMELD);
	if (hangs)
		return;
	tell(m, mbo, m->school, NIET_INGESCHREVEN, reden, d);
	tell_home(m, mbo, NIET_INGESCHREVEN, reden, d);
}

static void
second(struct move *m, enum ov_gen_oid mbo)
{
	bool pulled = ov_rng_pct(m->r, 75);
	enum status end = pulled ? INGETROKKEN : NIET_INGESCHREVEN;

	applicant(m, mbo, m->p->geboren);
	steps(m, mbo, AANGEMELD);
	tell(m, mbo, m->school, end,
	    pulled ? "andere-instelling" : "geen-plaats", step(m, end));
}

/* What the mbo will make of the dossier. */
static void
will_link(struct move *m, bool wrong, bool same_number)
{
	if (!same_number)
		m->y->onbekend++;
	else if (wrong)
		m->y->twijfel++;
	else
		m->y->gekoppeld++;
}

static void
placed(struct move *m, enum ov_gen_oid mbo, const struct ov_track *t)
{
	struct ov_gen_year *y = m->y;
	bool ddd = ov_gen_drawn(&y->ddd, &y->pick), wrong = false, ask = true;
	bool early = ov_rng_pct(m->r, 97), both = ov_rng_pct(m->r, 35);
	bool same = strcmp(m->p->pgn.s, m->mbo.pgn.s) == 0;
	struct ov_date d = early ? ov_gen_day(y, m->r, 1, 2, 1, 58)
	                         : ov_gen_day(y, m->r, 1, 4, 1, 29);
	const char *opl, *soort = soort_of(m->school, t, &opl);

	y->in_beeld[m->school]++;
	if (ddd) {
		wrong = ov_gen_drawn(&y->fout, &y->pick);
		ask = !ov_gen_drawn(&y->ongevraagd, &y->pick);
		y->met_ddd[m->school]++;
		dossier(m, mbo, soort, opl, d);
		will_link(m, wrong, same);
	}
	applicant(m, mbo,
	    wrong ? mistyped(m->r, m->p->geboren) : m->p->geboren);
	if (m->school == other(mbo)) {
		both = false; /* the vavo's own mbo: no second one */
	} else if (!ask) {
		/* He never applied there. */
		dossier(m, other(mbo), soort, opl, d);
		y->onbekend++;
		both = false;
	}
	if (both)
		second(m, other(mbo));
	steps(m, mbo, INGESCHREVEN);
	handover(m, mbo);
	started(m, mbo);
}

enum ov_rc
ov_gen_transfer(struct ov_gen_year *y, const struct ov_gen_home *h,
    enum ov_gen_oid school, const struct ov_track *t, struct ov_rng *r,
    struct ov_person *p, struct ov_err *e)
{
	struct move m = {y, h, school, r, p, *p, false, e, OV_OK};
	enum ov_gen_oid mbo = ov_rng_pct(r, 60) ? O_MBO : O_MBO2;
	const char *opl, *soort = soort_of(school, t, &opl);
	bool beeld = ov_gen_drawn(&y->beeld, &y->pick);
	struct ov_date d;

	if (school == mbo) /* the vavo sends to the other */
		mbo = other(mbo);
	m.laat = ov_rng_pct(r, 2);
	y->overstap[school]++;
	if (ov_gen_drawn(&y->dubbel, &y->pick))
		two_numbers(&m);
	if (!beeld && ov_gen_drawn(&y->geen_keuze, &y->pick))
		return m.rc;
	y->keuzes[school]++;
	d = step(&m, KEUZE);
	tell(&m, school, mbo, KEUZE, NULL, d);
	tell_home(&m, school, KEUZE, NULL, d);
	if (beeld) {
		placed(&m, mbo, t);
		return m.rc;
	}
	if (ov_gen_drawn(&y->elders_dossier, &y->pick)) {
		dossier(&m, mbo, soort, opl, ov_gen_day(y, r, 1, 2, 1, 58));
		will_link(&m, false, strcmp(p->pgn.s, m.mbo.pgn.s) == 0);
	}
	applicant(&m, mbo, p->geboren);
	no_place(&m, mbo);
	return m.rc;
}

enum ov_rc
ov_gen_mbo_mbo(struct ov_gen_year *y, const struct ov_gen_home *h,
    enum ov_gen_oid school, const struct ov_track *t, struct ov_rng *r,
    struct ov_person *p, struct ov_err *e)
{
	struct move m = {y, h, school, r, p, *p, true, e, OV_OK};
	enum ov_gen_oid mbo = other(school);
	struct ov_date d = ov_gen_day(y, r, 1, 8, 20, 25);

	y->mbo_mbo++;
	dossier(&m, mbo, "x-MBOMBO", t->soort[0], d);
	y->gekoppeld++;
	applicant(&m, mbo, p->geboren);
	steps(&m, mbo, INGESCHREVEN);
	if (t->niveau == 1 && m.rc == OV_OK)
		m.rc = ov_gen_send(y, school, mbo, ov_gen_orgs[mbo].s.brin, 4,
		    K_WARM, p, ov_gen_warm(r, p, "R5", d), e);
	return m.rc;
}

/* ---- a year later ---- */

static json_t *
counts(const struct ov_gen_year *y, enum ov_gen_oid o, int mbo)
{
	static const char *const uit[UITKOMSTEN] = {"gestart", "niet-gestart",
	    "uitgevallen", "geswitcht"};
	json_t *list = json_array(), *cell;
	int n, k, aantal;

	for (n = 0; n < NIVEAUS; n++)
		for (k = 0; k < UITKOMSTEN; k++) {
			aantal = y->koppeling[o][n][k][mbo];
			if (aantal == 0)
				continue;
			cell = json_pack("{s:i,s:s}", "niveau", n + 1,
			    "uitkomst", uit[k]);
			/* Few enough to know who they are. */
			if (aantal < 5
			        ? !ov_gen_set(cell, "onderdrukt", json_true())
			        : !ov_gen_set(cell, "aantal",
			              json_integer(aantal)))
				return NULL;
			if (json_array_append_new(list, cell) != 0)
				return NULL;
		}
	return list;
}

enum ov_rc
ov_gen_terug(struct ov_gen_year *y, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	struct ov_date peil = {(int16_t)(y->y + 1), 8, 1};
	json_t *list;
	int o, mbo;

	for (mbo = 0; mbo < 2; mbo++)
		for (o = O_VMBO; rc == OV_OK && o <= O_VSO; o++) {
			const struct ov_gen_school *s = &ov_gen_orgs[o].s;

			list = counts(y, (enum ov_gen_oid)o, mbo);
			if (list == NULL)
				return ov_fail(e, OV_NOSPACE, "no memory");
			if (json_array_size(list) == 0) {
				json_decref(list);
				continue;
			}
			rc = ov_gen_send(y, mbo == 0 ? O_MBO : O_MBO2,
			    (enum ov_gen_oid)o, s->brin, 4, K_TERUG, NULL,
			    json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:{s:s,"
			              "s:s},s:o}",
			        "schema", "terugkoppeling/1", "grondslag",
			        "AGGREGAAT", "doel", "verantwoording",
			        "bewaarregel", "terugkoppeling", "soort",
			        "geaggregeerd", "schooljaar",
			        json_sprintf("%d-%d", y->y, y->y + 1),
			        "peildatum", ov_gen_date(peil), "vestiging",
			        "brin", s->brin, "vestiging", s->vestiging,
			        "tellingen", list),
			    e);
		}
	return rc;
}
