/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_year.c - the school year of a region, pupil by pupil, into
 * the files of its organisations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate_region.h"

#define STREAM_PICK 6
#define STREAM_PUPIL (UINT64_C(1) << 32)

/* Of those who go to the mbo, in percent; the rest comes from the vmbo. */
#define PCT_HAVO 3
#define PCT_VAVO 1
#define PCT_PRO 4
#define PCT_VSO 3
/* Goals where no table gives them: Zuid-Limburg 2018-2019. */
#define PCT_BEELD 98
#define PCT_DDD 96
/* As a percentage of those who go to the mbo. */
#define PCT_VERZUIM 10
#define PCT_MBO_MBO 3
#define PCT_FOUT 1
#define PCT_ONGEVRAAGD 3
#define PCT_DUBBEL 1
#define PCT_LAAT 20

const char *const ov_gen_srts[S_N] = {"overstapdossier", "overstapstatus",
    "uitschrijving", "verzuimmelding", "warme-overdracht", "terugkoppeling"};

static const struct {
	const char *file, *profile, *columns;
	enum ov_gen_srt srt;
} kinds[] = {
    {"leerlingen.csv", "leerlingen", NULL, S_N},
    {"bevolking.csv", NULL,
        "pgn;geboortedatum;gemeente;heeftStartkwalificatie;brin", S_N},
    {"startpopulatie.csv", NULL,
        "pgn;peildatum;brin;normcategorie;leerweg;gemeente", S_N},
    {"vakanties.csv", NULL, "schooljaar;naam;van;tot", S_N},
    {"verzuimregels.csv", NULL,
        "eigenReferentie;datum;lesuur;gemist;totaal;geboortedatum", S_N},
    {"opvolging.csv", NULL,
        "pgn;signaalbron;eersteContact;intakeDatum;trajectStart;"
        "trajectEinde;bestemming",
        S_N},
    {"nummers.csv", NULL, "pgnOud;pgnNieuw;datum", S_N},
    {"planning.csv", NULL, "eigenReferentie;srt;gebeurtenis;verzenden;teLaat",
        S_N},
    {"overstapdossier.csv", "overstapdossier", NULL, S_DOSSIER},
    {"uitschrijving.csv", "uitschrijving", NULL, S_UITSCHRIJVING},
    {"verzuimmelding.json", NULL, NULL, S_VERZUIM},
    {"warme-overdracht.json", NULL, NULL, S_WARM},
    {"terugkoppeling.json", NULL, NULL, S_TERUG},
};
const char *const ov_gen_statussen[STATUSSEN] = {"keuze",
    "aanmelding-ontvangen", "aangemeld", "ovk-aangeboden", "ingeschreven",
    "niet-ingeschreven", "ingetrokken", "gestart", "niet-gestart",
    "uitgevallen", "geswitcht"};

/* ---- files ---- */

static enum ov_rc
folder(struct ov_gen_year *y, enum ov_gen_oid o, int golf, struct ov_err *e)
{
	char path[64];
	size_t k;

	for (k = 0; k < K_N; k++)
		if (y->out[o][golf + 1][k] != NULL)
			return OV_OK;
	(void)snprintf(path, sizeof(path), "%s/golf-%d", ov_gen_orgs[o].map,
	    golf);
	return golf < 0 ? OV_OK : ov_gen_mkdir(&y->env, path, e);
}

struct ov_gen_out *
ov_gen_file(struct ov_gen_year *y, enum ov_gen_oid o, int golf,
    enum ov_gen_kind k, struct ov_err *e)
{
	struct ov_gen_out **slot = &y->out[o][golf + 1][k];
	bool status = k >= K_STATUS;
	char base[48], path[80];

	if (*slot != NULL)
		return *slot;
	if (status)
		(void)snprintf(base, sizeof(base), "overstapstatus-%s.csv",
		    ov_gen_statussen[k - K_STATUS]);
	else
		(void)snprintf(base, sizeof(base), "%s", kinds[k].file);
	if (golf < 0)
		(void)snprintf(path, sizeof(path), "%s/%s", ov_gen_orgs[o].map,
		    base);
	else
		(void)snprintf(path, sizeof(path), "%s/golf-%d/%s",
		    ov_gen_orgs[o].map, golf, base);
	if (folder(y, o, golf, e) != OV_OK)
		return NULL;
	if ((*slot = calloc(1, sizeof(**slot))) == NULL)
		(void)ov_fail(e, OV_NOSPACE, "no memory");
	else if (ov_gen_open(*slot, &y->env, path,
	             status ? "overstapstatus" : kinds[k].profile,
	             status ? NULL : kinds[k].columns, e) != OV_OK) {
		free(*slot);
		*slot = NULL;
	}
	return *slot;
}

static enum ov_rc
close_files(struct ov_gen_year *y, enum ov_rc rc, struct ov_err *e)
{
	size_t o, g, k;

	for (o = 0; o < O_N; o++)
		for (g = 0; g < GOLVEN + 1; g++)
			for (k = 0; k < K_N; k++) {
				if (y->out[o][g][k] == NULL)
					continue;
				rc = ov_gen_close(y->out[o][g][k], rc, e);
				free(y->out[o][g][k]);
			}
	return rc;
}

enum ov_rc
ov_gen_line(struct ov_gen_year *y, enum ov_gen_oid o, int golf,
    enum ov_gen_kind k, const char *const *cell, size_t n, struct ov_err *e)
{
	struct ov_gen_out *f = ov_gen_file(y, o, golf, k, e);

	return f == NULL ? e->rc : ov_gen_cells(f, cell, n, e);
}

enum ov_rc
ov_gen_send(struct ov_gen_year *y, enum ov_gen_oid van, enum ov_gen_oid naar,
    const char *ontvanger, int golf, enum ov_gen_kind k,
    const struct ov_person *p, json_t *inhoud, struct ov_err *e)
{
	enum ov_gen_srt srt = k >= K_STATUS ? S_STATUS : kinds[k].srt;
	struct ov_gen_out *f = ov_gen_file(y, van, golf, k, e);
	const struct ov_lid *a = naar == O_NONE ? NULL : &y->land.lid[van];
	const struct ov_lid *b = naar == O_NONE ? NULL : &y->land.lid[naar];
	json_t *draft;

	if (f == NULL) {
		json_decref(inhoud);
		return e->rc;
	}
	(void)snprintf(y->ref, sizeof(y->ref), "%s-%llu",
	    p != NULL ? p->ref : "T", (unsigned long long)++y->refs);
	draft = ov_gen_draft(ov_gen_srts[srt], y->ref,
	    p != NULL ? &p->pgn : NULL, ontvanger, inhoud);
	y->berichten[golf][van][naar][srt]++;
	if (k >= K_STATUS)
		y->status[k - K_STATUS]++;
	return ov_gen_row(f, draft, a, b, e);
}

/* ---- small things ---- */

bool
ov_gen_drawn(struct ov_gen_draw *d, struct ov_rng *r)
{
	bool yes;

	if (d->left <= 0)
		return false;
	yes = ov_rng_range(r, 0, d->left - 1) < d->need;
	d->left--;
	d->need -= yes ? 1 : 0;
	return yes;
}

int
ov_gen_pct(int n, int pct)
{
	return (int)(((int64_t)n * pct + 50) / 100);
}

void
ov_gen_naar(char out[16], const struct ov_gen_home *h)
{
	(void)snprintf(out, 16, "%s", h->code);
}

enum ov_rc
ov_gen_new(struct ov_gen_year *y, struct ov_rng *r, struct ov_person *p,
    struct ov_err *e)
{
	memset(p, 0, sizeof(*p));
	ov_rng_seed(r, y->wish->seed, STREAM_PUPIL + y->nr++);
	(void)snprintf(p->ref, sizeof(p->ref), "L%06u", (unsigned)y->nr);
	return ov_pgns_take(&y->pgns, &p->pgn, e);
}

struct ov_date
ov_gen_day(const struct ov_gen_year *y, struct ov_rng *r, int k, int m, int d,
    int n)
{
	struct ov_date x = {(int16_t)(y->y + k), (uint8_t)m, (uint8_t)d};

	return ov_date_add_days(x, ov_rng_range(r, 0, n));
}

/* In time is the day itself, or, for absence, within five working days; too
 * late is three weeks or more, so that no calendar has to decide. */
struct ov_gen_plan
ov_gen_plan(const struct ov_gen_year *y, struct ov_rng *r, enum ov_gen_srt srt,
    struct ov_date event)
{
	struct ov_gen_plan p = {event, event, 0, false};
	bool laat = ov_rng_pct(r, PCT_LAAT);
	int days = ov_rng_range(r, 21, 40);
	int soon = srt == S_VERZUIM ? ov_rng_range(r, 0, 4) : 0;
	struct ov_date later = ov_date_add_days(event, days);

	p.laat = laat && (y->wish->faults & OV_GEN_LATE) != 0 &&
	         ov_date_cmp(later, ov_gen_golf_tot(y->y, GOLVEN - 1)) <= 0;
	p.gepland = p.laat ? later : ov_date_add_days(event, soon);
	p.golf = ov_gen_golf(y->y, p.gepland);
	return p;
}

enum ov_rc
ov_gen_planned(struct ov_gen_year *y, enum ov_gen_oid o, enum ov_gen_srt srt,
    const struct ov_gen_plan *p, struct ov_err *e)
{
	char a[OV_DATE_SIZE], b[OV_DATE_SIZE];
	const char *cell[5] = {y->ref, ov_gen_srts[srt], a, b,
	    p->laat ? "ja" : "nee"};

	ov_date_fmt_nl(a, p->event);
	ov_date_fmt_nl(b, p->gepland);
	if (p->laat)
		y->te_laat[o][srt]++;
	else
		y->op_tijd[o][srt]++;
	return ov_gen_line(y, o, p->golf, K_PLANNING, cell, 5, e);
}

/* ---- before the first pupil ---- */

static enum ov_rc
holidays(struct ov_gen_year *y, struct ov_err *e)
{
	struct ov_gen_vakantie v[VAKANTIES];
	char jaar[24], van[OV_DATE_SIZE], tot[OV_DATE_SIZE];
	const char *cell[4] = {jaar, NULL, van, tot};
	enum ov_rc rc = OV_OK;
	int o, k;
	size_t i;

	for (o = 0; o < O_GEMEENTE; o++)
		for (k = -1; k <= 1; k++) {
			ov_gen_vakanties(y->y + k, v);
			(void)snprintf(jaar, sizeof(jaar), "%d-%d", y->y + k,
			    y->y + k + 1);
			for (i = 0; rc == OV_OK && i < VAKANTIES; i++) {
				cell[1] = v[i].naam;
				ov_date_fmt_nl(van, v[i].van);
				ov_date_fmt_nl(tot, v[i].tot);
				rc = ov_gen_line(y, (enum ov_gen_oid)o, -1,
				    K_VAKANTIES, cell, 4, e);
			}
		}
	return rc;
}

static struct ov_gen_draw
draw(int left, int need)
{
	return (struct ov_gen_draw){left, need < left ? need : left};
}

static int
at_least_one(int n, int pct)
{
	int x = ov_gen_pct(n, pct);

	return x > 0 ? x : 1;
}

static enum ov_rc
who_goes(struct ov_gen_year *y, struct ov_err *e)
{
	int vmbo = 0, havo = 0, vavo = 0, mbo = 0, all = 0, n = y->pupils, left;
	size_t i;

	for (i = 0; i < y->land.ncell; i++) {
		const struct ov_gen_cell *c = &y->land.cell[i];
		int d = c->deelnemers - c->vsv;
		const char *w = c->track != NULL ? c->track->leerweg : "";

		all += d;
		vmbo += strcmp(w, "Vmbo 3-4") == 0 ? d : 0;
		havo += strcmp(w, "Havo 4-5") == 0 ? d : 0;
		vavo += strcmp(w, "Vavo-vmbo") == 0 ? d : 0;
		if (c->track != NULL && c->track->niveau > 0 &&
		    y->land.home[c->home].regio)
			mbo += d;
	}
	y->havo = draw(havo, ov_gen_pct(n, PCT_HAVO));
	y->vavo = draw(vavo, ov_gen_pct(n, PCT_VAVO));
	left = n - y->havo.need - y->vavo.need - ov_gen_pct(n, PCT_PRO) -
	       ov_gen_pct(n, PCT_VSO);
	if (left > vmbo)
		return ov_fail(e, OV_BADMSG,
		    "%d pupils cannot go to the mbo: the table leaves %d in "
		    "the last years of the vmbo, and %d would have to come "
		    "from there",
		    n, vmbo, left);
	y->vmbo = draw(vmbo, left);
	y->verzuim = draw(all - y->havo.need - y->vavo.need - left,
	    ov_gen_pct(n, PCT_VERZUIM));
	y->overstap_mbo = draw(mbo, ov_gen_pct(n, PCT_MBO_MBO));
	y->vorig = draw(mbo, n);
	return OV_OK;
}

static void
what_goes_wrong(struct ov_gen_year *y)
{
	unsigned f = y->wish->faults;
	int n = y->pupils, beeld, ddd;

	beeld = ov_gen_pct(n,
	    y->doelen.in_beeld > 0 ? y->doelen.in_beeld : PCT_BEELD);
	ddd = ov_gen_pct(beeld, y->doelen.ddd > 0 ? y->doelen.ddd : PCT_DDD);
	y->beeld = draw(n, beeld);
	y->ddd = draw(beeld, ddd);
	y->geen_keuze = draw(n - beeld, (n - beeld) / 2);
	y->elders_dossier = draw(n - beeld - (n - beeld) / 2, (n - beeld) / 4);
	if ((f & OV_GEN_BIRTH) != 0)
		y->fout = draw(ddd, at_least_one(n, PCT_FOUT));
	if ((f & OV_GEN_UNASKED) != 0)
		y->ongevraagd = draw(ddd, at_least_one(n, PCT_ONGEVRAAGD));
	if ((f & OV_GEN_NUMBERS) != 0)
		y->dubbel = draw(n, at_least_one(n, PCT_DUBBEL));
}

static enum ov_rc
read_extra(struct ov_gen_year *y, struct ov_err *e)
{
	const struct ov_gen_wish *w = y->wish;
	OV_BUF a = {0};
	OV_BUF b = {0};
	enum ov_rc rc = OV_OK;

	if (w->terug != NULL && (rc = ov_gen_read(w->terug, &a, e)) == OV_OK) {
		rc = ov_return_read((struct ov_view){a.p, a.n}, &y->terug, e);
		if (rc != OV_OK)
			return ov_while(e, rc, "%s", w->terug);
	}
	if (rc == OV_OK && w->doelen != NULL &&
	    (rc = ov_gen_read(w->doelen, &b, e)) == OV_OK) {
		rc = ov_goals_read((struct ov_view){b.p, b.n}, &y->doelen, e);
		if (rc != OV_OK)
			return ov_while(e, rc, "%s", w->doelen);
	}
	y->pupils = w->pupils > 0                ? w->pupils
	            : y->doelen.overstappers > 0 ? y->doelen.overstappers
	                                         : 3100;
	return rc;
}

/* ---- all of it ---- */

static enum ov_rc
everybody(struct ov_gen_year *y, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	size_t i;
	int k, n;

	for (i = 0; rc == OV_OK && i < y->land.ncell; i++) {
		const struct ov_gen_cell *c = &y->land.cell[i];
		struct ov_gen_draw vsv = draw(c->deelnemers, c->vsv);

		for (k = 0; rc == OV_OK && k < c->deelnemers; k++)
			rc = ov_gen_pupil(y, c, ov_gen_drawn(&vsv, &y->pick),
			    e);
	}
	for (k = 0, n = ov_gen_pct(y->pupils, PCT_PRO); rc == OV_OK && k < n;
	     k++)
		rc = ov_gen_special(y, O_PRO, e);
	for (k = 0, n = ov_gen_pct(y->pupils, PCT_VSO); rc == OV_OK && k < n;
	     k++)
		rc = ov_gen_special(y, O_VSO, e);
	if (rc == OV_OK)
		rc = ov_gen_vorig(y, e);
	return rc == OV_OK ? ov_gen_terug(y, e) : rc;
}

static enum ov_rc
make(struct ov_gen_year *y, struct ov_err *e)
{
	enum ov_rc rc = ov_gen_env_init(&y->env, e);
	int o;

	if (rc == OV_OK)
		rc = ov_gen_land_make(&y->land, y->wish->table, e);
	if (rc == OV_OK)
		rc = read_extra(y, e);
	if (rc == OV_OK)
		rc = who_goes(y, e);
	if (rc != OV_OK)
		return rc;
	y->env.boek = &y->land.boek;
	what_goes_wrong(y);
	ov_rng_seed(&y->pick, y->wish->seed, STREAM_PICK);
	rc = ov_pgns_init(&y->pgns, y->wish->seed,
	    (size_t)(y->land.deelnemers + y->land.elders + y->pupils +
	             y->terug.vsv),
	    e);
	if (rc == OV_OK)
		rc = ov_gen_mkdir(&y->env, "", e);
	for (o = 0; rc == OV_OK && o < O_N; o++)
		rc = ov_gen_mkdir(&y->env, ov_gen_orgs[o].map, e);
	if (rc == OV_OK)
		rc = holidays(y, e);
	if (rc == OV_OK)
		rc = everybody(y, e);
	rc = close_files(y, rc, e);
	return rc == OV_OK ? ov_gen_manifest(y, e) : rc;
}

enum ov_rc
ov_gen_region(const struct ov_gen_wish *w, struct ov_err *e)
{
	struct ov_gen_year *y = calloc(1, sizeof(*y));
	enum ov_rc rc;

	if (y == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	y->wish = w;
	y->env.dir = w->dir;
	y->env.vandaag = w->vandaag;
	y->y = ov_convenantjaar(w->vandaag) - 1;
	rc = make(y, e);
	ov_pgns_free(&y->pgns);
	ov_gen_env_free(&y->env);
	free(y);
	return rc;
}
