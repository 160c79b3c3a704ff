/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_small.c - a small region: the files that three invented
 * organisations would export in a school year, and what must come of them.
 *
 *	vo/overstapdossier.csv    one dossier per pupil
 *	vo/uitschrijving.csv      leavers of the vo school
 *	mbo/leerlingen.csv        applicants of the mbo, for "pupils load"
 *	mbo/uitschrijving.csv     leavers of the mbo
 *	mbo/overstapstatus.csv    a status of each applicant that will link;
 *	                          the column zaak is empty until it is known
 *	manifest.json             every figure that must be counted afterwards
 *
 * Of N pupils, 93 in 3,100 do not apply at the mbo and 31 in 3,100 apply with
 * a wrong birth date, both rounded to the nearest; the rest links.  The
 * notices are those of the published table whatever N is.  Every piece of
 * content is checked against the tables of message types before it is
 * written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate_out.h"
#include "tools/generate_region.h"

struct gen {
	struct ov_gen_env env;
	uint64_t seed;
	int pupils;
	struct ov_norms norms;
	struct ov_pgns pgns;
	struct ov_person *p; /* the vo's pupils */
	int wrong, unknown;
	int leerplicht, doorstroompunt;
	int lente;      /* the spring of the dossiers */
	size_t *bytes;  /* of each dossier, as compact JSON */
	json_t *status; /* code -> number */
};

/* ---- the vo school ---- */

static enum ov_rc
make_dossiers(struct gen *g, struct ov_err *e)
{
	const struct ov_gen_way way = {.van = &ov_gen_vo,
	    .naar = &ov_gen_mbo,
	    .gemeente = ov_gen_gemeente,
	    .soort = "VOMBO",
	    .post = "vo"};
	struct ov_date first = {g->env.vandaag.y, 4, 30}, april;
	struct ov_rng r;
	struct ov_gen_out o;
	json_t *inhoud;
	enum ov_rc rc;
	int i;

	g->lente = g->env.vandaag.y -
	           (ov_date_cmp(g->env.vandaag, first) > 0 ? 0 : 1);
	april = (struct ov_date){(int16_t)g->lente, 4, 1};
	ov_rng_seed(&r, g->seed, 2);
	rc = ov_gen_open(&o, &g->env, "vo/overstapdossier.csv",
	    "overstapdossier", NULL, e);
	for (i = 0; rc == OV_OK && i < g->pupils; i++) {
		struct ov_person *p = &g->p[i];

		if ((rc = ov_pgns_take(&g->pgns, &p->pgn, e)) != OV_OK)
			break;
		(void)snprintf(p->ref, sizeof(p->ref), "%d-%05d", g->lente,
		    i + 1);
		ov_person_make(&r, p);
		p->geboren = ov_born(&r,
		    ov_rng_pct(&r, 85) ? ov_rng_range(&r, 15, 16)
		                       : ov_rng_range(&r, 17, 19),
		    april);
		inhoud = ov_gen_dossier(&r, p, &way, g->lente, g->env.vandaag);
		g->bytes[i] = json_dumpb(inhoud, NULL, 0, JSON_COMPACT);
		rc = ov_gen_row(&o,
		    ov_gen_draft("overstapdossier", p->ref, &p->pgn,
		        ov_gen_mbo.brin, inhoud),
		    NULL, NULL, e);
	}
	return ov_gen_close(&o, rc, e);
}

/* ---- notices of both ---- */

static enum ov_rc
notice(struct gen *g, struct ov_gen_out *o, struct ov_rng *r,
    const struct ov_norm *n, int year, struct ov_err *e)
{
	struct ov_person p = {0};
	struct ov_date event;
	json_t *inhoud;
	char to[16];
	enum ov_rc rc = ov_pgns_take(&g->pgns, &p.pgn, e);

	if (rc != OV_OK)
		return rc;
	inhoud = ov_gen_notice(r, n->track, n->mbo ? &ov_gen_mbo : &ov_gen_vo,
	    ov_gen_gemeente, &p, year, &event);
	if (inhoud == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if (ov_age_on(p.geboren, event) < 18)
		g->leerplicht++;
	else
		g->doorstroompunt++;
	(void)snprintf(p.ref, sizeof(p.ref), "uit-%c-%05d", n->mbo ? 'm' : 'v',
	    o->rows + 1);
	(void)snprintf(to, sizeof(to), "gemeente:%s", ov_gen_gemeente);
	return ov_gen_row(o,
	    ov_gen_draft("uitschrijving", p.ref, &p.pgn, to, inhoud), NULL,
	    NULL, e);
}

/* The rows come in the order of a school's year, not of the table. */
static enum ov_rc
make_notices(struct gen *g, bool mbo, struct ov_err *e)
{
	int total = mbo ? g->norms.mbo : g->norms.vo, i, j, k;
	int year = ov_convenantjaar(g->env.vandaag) - 1;
	struct ov_rng r;
	struct ov_gen_out o;
	size_t *order, t, x;
	enum ov_rc rc;

	ov_rng_seed(&r, g->seed, mbo ? 4 : 3);
	order = calloc((size_t)total + 1, sizeof(*order));
	if (order == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (t = 0, i = 0; t < g->norms.n; t++)
		for (k = 0; g->norms.row[t].mbo == mbo &&
		            k < g->norms.row[t].vsv && i < total;
		     k++)
			order[i++] = t;
	for (i = total - 1; i > 0; i--) {
		j = ov_rng_range(&r, 0, i);
		x = order[i];
		order[i] = order[j];
		order[j] = x;
	}
	rc = ov_gen_open(&o, &g->env,
	    mbo ? "mbo/uitschrijving.csv" : "vo/uitschrijving.csv",
	    "uitschrijving", NULL, e);
	for (i = 0; rc == OV_OK && i < total; i++)
		rc = notice(g, &o, &r, &g->norms.row[order[i]], year, e);
	free(order);
	return ov_gen_close(&o, rc, e);
}

/* ---- the mbo ---- */

/* Someone typed the day of another month, or the year before. */
static struct ov_date
mistyped(struct ov_rng *r, struct ov_date d)
{
	return ov_rng_pct(r, 50)
	           ? ov_date_add_days(d, ov_rng_range(r, 1, 9))
	           : ov_date_add_months(d, -12 * ov_rng_range(r, 1, 2));
}

static enum ov_rc
status_row(struct gen *g, struct ov_gen_out *o, struct ov_rng *r,
    const struct ov_person *p, struct ov_err *e)
{
	static const char *const redenen[] = {"geen-plaats", "niet-toelaatbaar",
	    "geen-reactie", "andere-opleiding"};
	uint32_t x = ov_rng_below(r, 100);
	const char *status = x < 93   ? "ingeschreven"
	                     : x < 96 ? "niet-ingeschreven"
	                     : x < 98 ? "ingetrokken"
	                              : "ovk-aangeboden";
	struct ov_date since = {(int16_t)g->lente, 8, 1};
	json_t *c, *n = json_object_get(g->status, status);

	if (ov_date_cmp(since, g->env.vandaag) > 0)
		since = g->env.vandaag;
	c = json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:o,s:o,s:o}", "schema",
	    "overstapstatus/1", "grondslag", "AANMELDING-MBO", "doel",
	    "aanmelding", "bewaarregel", "status", "aanmeldingId",
	    json_sprintf("aanmelding-%s", p->ref), "status", status,
	    "toelatingsrecht", "ja", "datumStatus",
	    ov_gen_date(ov_date_add_days(since, -ov_rng_range(r, 0, 40))),
	    "bewaarTot", json_sprintf("%d-07-31", g->lente + 3),
	    "latendeSchool",
	    json_pack("{s:s,s:s}", "brin", ov_gen_vo.brin, "vestiging",
	        ov_gen_vo.vestiging));
	if (c != NULL && (x >= 93 && x < 98) &&
	    !ov_gen_set(c, "reden", json_string(OV_PICK(r, redenen)))) {
		json_decref(c);
		c = NULL;
	}
	if (c == NULL || !ov_gen_set(g->status, status,
	                     json_integer(json_integer_value(n) + 1)))
		return ov_fail(e, OV_NOSPACE, "no memory");
	return ov_gen_row(o,
	    ov_gen_draft("overstapstatus", p->ref, &p->pgn, ov_gen_vo.brin, c),
	    NULL, NULL, e);
}

static enum ov_rc
applicant(struct gen *g, struct ov_gen_out *pupils, struct ov_gen_out *status,
    struct ov_rng *r, int i, bool wrong, struct ov_err *e)
{
	struct ov_person p = g->p[i];
	struct ov_date born = wrong ? mistyped(r, p.geboren) : p.geboren;
	char date[OV_DATE_SIZE];
	enum ov_rc rc;

	ov_date_fmt(date, born);
	(void)snprintf(p.ref, sizeof(p.ref), "M%06d", i + 1);
	rc = ov_gen_row(pupils,
	    json_pack("{s:s,s:s,s:s,s:s,s:o}", "profiel", "leerlingen",
	        "eigenReferentie", p.ref, "pgn", p.pgn.s, "geboortedatum", date,
	        "schoolVerlaten",
	        json_sprintf("%s%s", ov_gen_vo.brin, ov_gen_vo.vestiging)),
	    NULL, NULL, e);
	return rc == OV_OK && !wrong ? status_row(g, status, r, &p, e) : rc;
}

/* Who is unknown and who is mistyped: a random choice without return. */
static enum ov_rc
make_applicants(struct gen *g, struct ov_err *e)
{
	struct ov_gen_out pupils = {0}, status = {0};
	int left = g->pupils, unknown = g->unknown, wrong = g->wrong, i, x;
	struct ov_rng r;
	enum ov_rc rc, rc2;

	ov_rng_seed(&r, g->seed, 5);
	rc = ov_gen_open(&pupils, &g->env, "mbo/leerlingen.csv", "leerlingen",
	    NULL, e);
	if (rc == OV_OK)
		rc = ov_gen_open(&status, &g->env, "mbo/overstapstatus.csv",
		    "overstapstatus", NULL, e);
	for (i = 0; rc == OV_OK && i < g->pupils; i++, left--) {
		x = ov_rng_range(&r, 0, left - 1);
		if (x < unknown) {
			unknown--;
			continue;
		}
		x -= unknown;
		rc = applicant(g, &pupils, &status, &r, i, x < wrong, e);
		if (x < wrong)
			wrong--;
	}
	rc2 = ov_gen_close(&pupils, rc, e);
	rc = rc == OV_OK ? rc2 : rc;
	rc2 = ov_gen_close(&status, rc, e);
	return rc == OV_OK ? rc2 : rc;
}

/* ---- the manifest ---- */

static json_t *
org(const struct ov_gen_school *s, const char *rol)
{
	return json_pack("{s:s,s:s,s:[s],s:s,s:s}", "naam", s->naam, "oin",
	    s->oin, "rol", rol, "brin", s->brin, "vestiging", s->vestiging);
}

static json_t *
table_json(const struct gen *g)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < g->norms.n; i++)
		if (g->norms.row[i].vsv > 0 &&
		    json_array_append_new(list,
		        json_pack("{s:s,s:s,s:i,s:s}", "normcategorie",
		            g->norms.row[i].categorie, "leerweg",
		            g->norms.row[i].leerweg, "vsv", g->norms.row[i].vsv,
		            "van", g->norms.row[i].mbo ? "mbo" : "vo")) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int
by_size(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static json_t *
expected(const struct gen *g)
{
	int known = g->pupils - g->unknown;

	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:O,s:o}",
	    "dossiers", g->pupils, "uitschrijvingenVo", g->norms.vo,
	    "uitschrijvingenMbo", g->norms.mbo, "aanmelders", known,
	    "gekoppeld", known - g->wrong, "twijfel", g->wrong, "onbekend",
	    g->unknown, "leerplicht", g->leerplicht, "doorstroompunt",
	    g->doorstroompunt, "statussen", g->status, "normen", table_json(g));
}

static enum ov_rc
write_manifest(struct gen *g, struct ov_err *e)
{
	char path[4096], vandaag[OV_DATE_SIZE];
	int year = ov_convenantjaar(g->env.vandaag) - 1;
	enum ov_rc rc = OV_OK;
	json_t *m;

	ov_date_fmt(vandaag, g->env.vandaag);
	qsort(g->bytes, (size_t)g->pupils, sizeof(*g->bytes), by_size);
	m = json_pack("{s:I,s:s,s:i,s:{s:o,s:o,s:{s:s,s:s,s:[s,s],s:[s]}},"
	              "s:O,s:s,s:o,s:I}",
	    "zaad", (json_int_t)g->seed, "vandaag", vandaag, "leerlingen",
	    g->pupils, "organisaties", "vo", org(&ov_gen_vo, "vo"), "mbo",
	    org(&ov_gen_mbo, "mbo"), "gemeente", "naam", ov_gen_gemeente_naam,
	    "oin", ov_gen_gemeente_oin, "rol", "leerplicht", "doorstroompunt",
	    "gemeenten", ov_gen_gemeente, "bestanden", g->env.files, "normrij",
	    "2018-2019, regionaal programma IJssel-Vecht 2020-2024, bijlage 1",
	    "convenantjaar", json_sprintf("%d-%d", year, year + 1),
	    "dossierBytesMediaan", (json_int_t)g->bytes[g->pupils / 2]);
	if (m == NULL || !ov_gen_set(m, "verwacht", expected(g))) {
		json_decref(m);
		return ov_fail(e, OV_NOSPACE, "no memory");
	}
	(void)snprintf(path, sizeof(path), "%s/manifest.json", g->env.dir);
	if (json_dump_file(m, path, JSON_INDENT(1)) != 0)
		rc = ov_fail_sys(e, "%s", path);
	json_decref(m);
	return rc;
}

/* ---- start ---- */

static enum ov_rc
load_table(struct gen *g, const char *table, struct ov_err *e)
{
	OV_BUF b = {0};
	enum ov_rc rc = ov_gen_read(table, &b, e);

	if (rc == OV_OK)
		rc = ov_norms_read((struct ov_view){b.p, b.n}, &g->norms, e);
	return rc == OV_OK ? OV_OK : ov_while(e, rc, "%s", table);
}

static enum ov_rc
generate(struct gen *g, const char *table, struct ov_err *e)
{
	static const char *const sub[] = {"", "vo", "mbo"};
	enum ov_rc rc = load_table(g, table, e);
	size_t i;

	if (rc != OV_OK)
		return rc;
	g->unknown = (g->pupils * 93 + 1550) / 3100;
	g->wrong = (g->pupils * 31 + 1550) / 3100;
	g->p = calloc((size_t)g->pupils + 1, sizeof(*g->p));
	g->bytes = calloc((size_t)g->pupils + 1, sizeof(*g->bytes));
	g->status = json_object();
	if (g->p == NULL || g->bytes == NULL || g->status == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_pgns_init(&g->pgns, g->seed,
	    (size_t)(g->pupils + g->norms.vo + g->norms.mbo), e);
	for (i = 0; rc == OV_OK && i < 3; i++)
		rc = ov_gen_mkdir(&g->env, sub[i], e);
	if (rc == OV_OK)
		rc = make_dossiers(g, e);
	if (rc == OV_OK)
		rc = make_notices(g, false, e);
	if (rc == OV_OK)
		rc = make_notices(g, true, e);
	if (rc == OV_OK)
		rc = make_applicants(g, e);
	return rc == OV_OK ? write_manifest(g, e) : rc;
}

enum ov_rc
ov_gen_small(const struct ov_gen_wish *w, struct ov_err *e)
{
	struct gen g = {.seed = w->seed, .pupils = w->pupils};
	enum ov_rc rc;

	g.env.dir = w->dir;
	g.env.vandaag = w->vandaag;
	rc = ov_gen_env_init(&g.env, e);
	if (rc == OV_OK)
		rc = generate(&g, w->table, e);
	ov_pgns_free(&g.pgns);
	ov_gen_env_free(&g.env);
	json_decref(g.status);
	free(g.bytes);
	free(g.p);
	return rc;
}
