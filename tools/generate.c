/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate.c - overstap-generate: write the files that three invented
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
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "protocol/data.h"
#include "tools/generate.h"
#include "protocol/profiel.h"

#define TABLE_MAX ((size_t)64 << 10)
#define FLUSH ((size_t)1 << 20)
#define PUPILS_MAX 1000000

struct gen {
	uint64_t seed;
	int pupils;
	struct ov_date vandaag;
	const char *dir;
	struct ov_norms norms;
	struct ov_pgns pgns;
	struct ov_types *types;
	struct ov_profiles *profiles;
	struct ov_person *p; /* the vo's pupils */
	json_t *files;       /* name -> rows */
	int wrong, unknown;
	int leerplicht, doorstroompunt;
	int lente;      /* the spring of the dossiers */
	size_t *bytes;  /* of each dossier, as compact JSON */
	json_t *status; /* code -> number */
};

/* ---- a CSV file ---- */

struct out {
	struct gen *g;
	const char *name; /* in the folder */
	const struct ov_profile *profile;
	FILE *f;
	struct ov_buf b;
	int rows;
};

static enum ov_rc
out_flush(struct out *o, struct ov_err *e)
{
	enum ov_rc rc = ov_buf_ok(&o->b, e);

	if (rc != OV_OK)
		return rc;
	if (fwrite(o->b.p, 1, o->b.n, o->f) != o->b.n)
		return ov_fail_sys(e, "%s", o->name);
	ov_buf_reset(&o->b);
	return OV_OK;
}

static enum ov_rc
out_open(struct out *o, struct gen *g, const char *name, const char *profile,
    struct ov_err *e)
{
	char path[4096];

	memset(o, 0, sizeof(*o));
	o->g = g;
	o->name = name;
	o->profile = ov_profile_find(g->profiles, profile);
	if (o->profile == NULL)
		return ov_fail(e, OV_DAMAGED, "no profile %s", profile);
	if (snprintf(path, sizeof(path), "%s/%s", g->dir, name) >=
	    (int)sizeof(path))
		return ov_fail(e, OV_TOOBIG, "path too long");
	o->f = fopen(path, "wxe");
	if (o->f == NULL)
		return ov_fail_sys(e, "%s", path);
	ov_export_header(o->profile, &o->b);
	return OV_OK;
}

/* Take the draft, check it, write it. */
static enum ov_rc
out_row(struct out *o, json_t *draft, struct ov_err *e)
{
	const char *srt = ov_profile_srt(o->profile);
	char vandaag[OV_DATE_SIZE];
	struct ov_fouten *bad;
	enum ov_rc rc = OV_OK;

	if (draft == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if (srt != NULL) {
		bad = calloc(1, sizeof(*bad));
		ov_date_fmt(vandaag, o->g->vandaag);
		rc = bad == NULL ? ov_fail(e, OV_NOSPACE, "no memory")
		                 : ov_types_check_json(o->g->types, srt,
		                       json_object_get(draft, "inhoud"), 43,
		                       vandaag, bad);
		if (bad != NULL && rc == OV_BADMSG)
			rc = ov_fail(e, OV_DAMAGED, "%s, row %d: %s: %s",
			    o->name, o->rows + 1, bad->f[0].pad,
			    ov_reden_code(bad->f[0].reden));
		free(bad);
	}
	if (rc == OV_OK)
		rc = ov_export_row(o->profile, draft, &o->b, e);
	if (rc == OV_OK && o->b.n > FLUSH)
		rc = out_flush(o, e);
	o->rows++;
	json_decref(draft);
	return rc;
}

static enum ov_rc
out_close(struct out *o, enum ov_rc rc, struct ov_err *e)
{
	if (rc == OV_OK)
		rc = out_flush(o, e);
	if (o->f != NULL && fclose(o->f) != 0 && rc == OV_OK)
		rc = ov_fail_sys(e, "%s", o->name);
	if (rc == OV_OK &&
	    !ov_gen_set(o->g->files, o->name, json_integer(o->rows)))
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	ov_buf_free(&o->b);
	return rc;
}

static json_t *
draft(const char *profile, const struct ov_person *p, const char *ontvanger,
    json_t *inhoud)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "profiel", profile,
	    "eigenReferentie", p->ref, "pgn", p->pgn.s, "ontvanger", ontvanger,
	    "srt", profile, "inhoud", inhoud);
}

/* ---- the vo school ---- */

static enum ov_rc
make_dossiers(struct gen *g, struct ov_err *e)
{
	struct ov_date first = {g->vandaag.y, 4, 30}, april;
	struct ov_rng r;
	struct out o;
	json_t *inhoud;
	enum ov_rc rc;
	int i;

	g->lente = g->vandaag.y - (ov_date_cmp(g->vandaag, first) > 0 ? 0 : 1);
	april = (struct ov_date){(int16_t)g->lente, 4, 1};
	ov_rng_seed(&r, g->seed, 2);
	rc = out_open(&o, g, "vo/overstapdossier.csv", "overstapdossier", e);
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
		inhoud = ov_gen_dossier(&r, p, g->lente, g->vandaag);
		g->bytes[i] = json_dumpb(inhoud, NULL, 0, JSON_COMPACT);
		rc = out_row(&o,
		    draft("overstapdossier", p, ov_gen_mbo.brin, inhoud), e);
	}
	return out_close(&o, rc, e);
}

/* ---- notices of both ---- */

static enum ov_rc
notice(struct out *o, struct ov_rng *r, const struct ov_norm *n,
    const char *prefix, int year, struct ov_err *e)
{
	struct gen *g = o->g;
	struct ov_person p = {0};
	struct ov_date event;
	json_t *inhoud;
	char to[16];
	enum ov_rc rc = ov_pgns_take(&g->pgns, &p.pgn, e);

	if (rc != OV_OK)
		return rc;
	inhoud = ov_gen_notice(r, n, &p, year, &event);
	if (inhoud == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if (ov_age_on(p.geboren, event) < 18)
		g->leerplicht++;
	else
		g->doorstroompunt++;
	(void)snprintf(p.ref, sizeof(p.ref), "%s-%05d", prefix, o->rows + 1);
	(void)snprintf(to, sizeof(to), "gemeente:%s", ov_gen_gemeente);
	return out_row(o, draft("uitschrijving", &p, to, inhoud), e);
}

/* The rows come in the order of a school's year, not of the table. */
static enum ov_rc
make_notices(struct gen *g, bool mbo, struct ov_err *e)
{
	int total = mbo ? g->norms.mbo : g->norms.vo, i, j, k;
	int year = ov_convenantjaar(g->vandaag) - 1;
	struct ov_rng r;
	struct out o;
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
	rc = out_open(&o, g,
	    mbo ? "mbo/uitschrijving.csv" : "vo/uitschrijving.csv",
	    "uitschrijving", e);
	for (i = 0; rc == OV_OK && i < total; i++)
		rc = notice(&o, &r, &g->norms.row[order[i]],
		    mbo ? "uit-m" : "uit-v", year, e);
	free(order);
	return out_close(&o, rc, e);
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
status_row(struct out *o, struct ov_rng *r, const struct ov_person *p,
    struct ov_err *e)
{
	static const char *const redenen[] = {"geen-plaats", "niet-toelaatbaar",
	    "geen-reactie", "andere-opleiding"};
	struct gen *g = o->g;
	uint32_t x = ov_rng_below(r, 100);
	const char *status = x < 93   ? "ingeschreven"
	                     : x < 96 ? "niet-ingeschreven"
	                     : x < 98 ? "ingetrokken"
	                              : "ovk-aangeboden";
	struct ov_date since = {(int16_t)g->lente, 8, 1};
	json_t *c, *n = json_object_get(g->status, status);

	if (ov_date_cmp(since, g->vandaag) > 0)
		since = g->vandaag;
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
	return out_row(o, draft("overstapstatus", p, ov_gen_vo.brin, c), e);
}

static enum ov_rc
applicant(struct gen *g, struct out *pupils, struct out *status,
    struct ov_rng *r, int i, bool wrong, struct ov_err *e)
{
	struct ov_person p = g->p[i];
	struct ov_date born = wrong ? mistyped(r, p.geboren) : p.geboren;
	char date[OV_DATE_SIZE];
	enum ov_rc rc;

	ov_date_fmt(date, born);
	(void)snprintf(p.ref, sizeof(p.ref), "M%06d", i + 1);
	rc = out_row(pupils,
	    json_pack("{s:s,s:s,s:s,s:s,s:o}", "profiel", "leerlingen",
	        "eigenReferentie", p.ref, "pgn", p.pgn.s, "geboortedatum", date,
	        "schoolVerlaten",
	        json_sprintf("%s%s", ov_gen_vo.brin, ov_gen_vo.vestiging)),
	    e);
	return rc == OV_OK && !wrong ? status_row(status, r, &p, e) : rc;
}

/* Who is unknown and who is mistyped: a random choice without return. */
static enum ov_rc
make_applicants(struct gen *g, struct ov_err *e)
{
	struct out pupils = {0}, status = {0};
	int left = g->pupils, unknown = g->unknown, wrong = g->wrong, i, x;
	struct ov_rng r;
	enum ov_rc rc, rc2;

	ov_rng_seed(&r, g->seed, 5);
	rc = out_open(&pupils, g, "mbo/leerlingen.csv", "leerlingen", e);
	if (rc == OV_OK)
		rc = out_open(&status, g, "mbo/overstapstatus.csv",
		    "overstapstatus", e);
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
	rc2 = out_close(&pupils, rc, e);
	rc = rc == OV_OK ? rc2 : rc;
	rc2 = out_close(&status, rc, e);
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
		if (json_array_append_new(list,
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
	int year = ov_convenantjaar(g->vandaag) - 1;
	enum ov_rc rc = OV_OK;
	json_t *m;

	ov_date_fmt(vandaag, g->vandaag);
	qsort(g->bytes, (size_t)g->pupils, sizeof(*g->bytes), by_size);
	m = json_pack("{s:I,s:s,s:i,s:{s:o,s:o,s:{s:s,s:s,s:[s,s],s:[s]}},"
	              "s:O,s:s,s:o,s:I}",
	    "zaad", (json_int_t)g->seed, "vandaag", vandaag, "leerlingen",
	    g->pupils, "organisaties", "vo", org(&ov_gen_vo, "vo"), "mbo",
	    org(&ov_gen_mbo, "mbo"), "gemeente", "naam", ov_gen_gemeente_naam,
	    "oin", ov_gen_gemeente_oin, "rol", "leerplicht", "doorstroompunt",
	    "gemeenten", ov_gen_gemeente, "bestanden", g->files, "normrij",
	    "2018-2019, regionaal programma IJssel-Vecht 2020-2024, bijlage 1",
	    "convenantjaar", json_sprintf("%d-%d", year, year + 1),
	    "dossierBytesMediaan", (json_int_t)g->bytes[g->pupils / 2]);
	if (m == NULL || !ov_gen_set(m, "verwacht", expected(g))) {
		json_decref(m);
		return ov_fail(e, OV_NOSPACE, "no memory");
	}
	(void)snprintf(path, sizeof(path), "%s/manifest.json", g->dir);
	if (json_dump_file(m, path, JSON_INDENT(1)) != 0)
		rc = ov_fail_sys(e, "%s", path);
	json_decref(m);
	return rc;
}

/* ---- start ---- */

static struct ov_view
data_view(const char *name)
{
	const struct ov_data *d = ov_data_find(name);
	struct ov_view v = {NULL, 0};

	if (d != NULL) {
		v.p = d->p;
		v.n = d->n;
	}
	return v;
}

static enum ov_rc
load_tables(struct gen *g, const char *table, struct ov_err *e)
{
	struct ov_types_src src = {data_view("types.json"),
	    data_view("codelijsten.json"), data_view("grondslagen.json")};
	OV_CLOSE int fd = -1;
	OV_BUF b = {0};
	const char *slash = strrchr(table, '/');
	char dir[4096];
	enum ov_rc rc;

	(void)snprintf(dir, sizeof(dir), "%.*s",
	    slash != NULL ? (int)(slash - table) + 1 : 1,
	    slash != NULL ? table : ".");
	if ((rc = ov_fs_opendir(AT_FDCWD, dir, &fd, e)) != OV_OK ||
	    (rc = ov_fs_read(fd, slash != NULL ? slash + 1 : table, TABLE_MAX,
	         &b, e)) != OV_OK ||
	    (rc = ov_norms_read(b.p, b.n, &g->norms, e)) != OV_OK)
		return ov_while(e, rc, "%s", table);
	if ((rc = ov_types_load(&src, &g->types, e)) != OV_OK)
		return rc;
	return ov_profiles_load(g->types, data_view("profielen.json"),
	    &g->profiles, e);
}

static enum ov_rc
make_dirs(const char *dir, struct ov_err *e)
{
	static const char *const sub[] = {"", "/vo", "/mbo"};
	char path[4096];
	size_t i;

	for (i = 0; i < 3; i++) {
		if (snprintf(path, sizeof(path), "%s%s", dir, sub[i]) >=
		    (int)sizeof(path))
			return ov_fail(e, OV_TOOBIG, "path too long");
		if (mkdir(path, 0700) != 0 && !(i == 0 && errno == EEXIST))
			return ov_fail_sys(e, "%s", path);
	}
	return OV_OK;
}

static enum ov_rc
generate(struct gen *g, const char *table, struct ov_err *e)
{
	enum ov_rc rc = load_tables(g, table, e);

	if (rc != OV_OK)
		return rc;
	g->unknown = (g->pupils * 93 + 1550) / 3100;
	g->wrong = (g->pupils * 31 + 1550) / 3100;
	g->p = calloc((size_t)g->pupils + 1, sizeof(*g->p));
	g->bytes = calloc((size_t)g->pupils + 1, sizeof(*g->bytes));
	g->files = json_object();
	g->status = json_object();
	if (g->p == NULL || g->bytes == NULL || g->files == NULL ||
	    g->status == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_pgns_init(&g->pgns, g->seed,
	    (size_t)(g->pupils + g->norms.vo + g->norms.mbo), e);
	if (rc == OV_OK)
		rc = make_dirs(g->dir, e);
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

static int
usage(FILE *f)
{
	(void)fputs("usage: overstap-generate [--seed N] [--pupils N] "
	            "[--date YYYY-MM-DD] --table FILE DIR\n"
	            "\n"
	            "  --seed N     another invented region (1)\n"
	            "  --pupils N   dossiers of the vo school (3100)\n"
	            "  --date D     the day to count from (today)\n"
	            "  --table FILE published early school leavers, CSV\n"
	            "\n"
	            "Writes DIR/vo, DIR/mbo and DIR/manifest.json.\n",
	    f);
	return f == stderr ? 2 : 0;
}

static bool
number(const char *s, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return s[0] >= '0' && s[0] <= '9' && *end == '\0' && errno == 0 &&
	       *out <= max;
}

int
main(int argc, char **argv)
{
	static const struct option opts[] = {{"seed", required_argument, NULL,
	                                         's'},
	    {"pupils", required_argument, NULL, 'p'},
	    {"date", required_argument, NULL, 'd'},
	    {"table", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct gen g = {.seed = 1, .pupils = 3100};
	struct ov_err e = {OV_OK, 0, ""};
	const char *table = NULL;
	uint64_t n;
	enum ov_rc rc;
	int c;

	g.vandaag = ov_date_nl((int64_t)time(NULL));
	while ((c = getopt_long(argc, argv, "h", opts, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (c == 's' && number(optarg, INT64_MAX, &n))
			g.seed = n;
		else if (c == 'p' && number(optarg, PUPILS_MAX, &n))
			g.pupils = (int)n;
		else if (c == 't')
			table = optarg;
		else if (c != 'd' || ov_date_parse(ov_view_str(optarg),
		                         &g.vandaag) != OV_OK)
			return usage(stderr);
	}
	if (argc - optind != 1 || table == NULL)
		return usage(stderr);
	g.dir = argv[optind];
	rc = generate(&g, table, &e);
	if (rc != OV_OK)
		(void)fprintf(stderr, "overstap-generate: %s\n", e.msg);
	ov_pgns_free(&g.pgns);
	ov_profiles_free(g.profiles);
	ov_types_free(g.types);
	json_decref(g.files);
	json_decref(g.status);
	free(g.bytes);
	free(g.p);
	return rc == OV_OK ? 0 : 1;
}
