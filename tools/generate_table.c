/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_table.c - the published tables that a region is made from:
 * read, and refused where a total is not what its rows give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/csv.h"
#include "tools/generate.h"

#define COUNT_MAX 1000000

/* ---- what all tables share ---- */

static enum ov_rc
wrong(const struct ov_csv_row *row, const char *what, struct ov_err *e)
{
	return ov_fail(e, OV_BADMSG, "the table, row %llu (%.40s, %.40s): %s",
	    (unsigned long long)row->nr, row->cell[0],
	    row->n > 1 ? row->cell[1] : "", what);
}

static bool
count(const char *s, int *out)
{
	char *end;
	long v = strtol(s, &end, 10);

	*out = (int)v;
	return s[0] >= '0' && s[0] <= '9' && *end == '\0' && v <= COUNT_MAX;
}

static enum ov_rc
adds_up(const struct ov_csv_row *row, const char *what, int printed, int sum,
    struct ov_err *e)
{
	return printed == sum
	           ? OV_OK
	           : ov_fail(e, OV_BADMSG,
	                 "the table, row %llu (%.40s, %.40s): %d %s is not "
	                 "the sum of its parts, %d",
	                 (unsigned long long)row->nr, row->cell[0],
	                 row->cell[1], printed, what, sum);
}

/* The printed percentage, two decimals, is the fraction rounded half up. */
static enum ov_rc
percent(const struct ov_csv_row *row, const char *s, int part, int whole,
    struct ov_err *e)
{
	int64_t printed = 0, digits = 0;
	bool point = false;
	const char *p;

	for (p = s; *p != '\0'; p++) {
		if (*p == '.' && !point)
			point = true;
		else if (*p >= '0' && *p <= '9' && digits < 2 && p - s < 8) {
			printed = printed * 10 + (*p - '0');
			digits += point ? 1 : 0;
		} else {
			return wrong(row, "has no percentage", e);
		}
	}
	for (; digits < 2; digits++)
		printed *= 10;
	if (whole == 0
	        ? printed == 0
	        : ((int64_t)part * 20000 + whole) / (2 * whole) == printed)
		return OV_OK;
	return ov_fail(e, OV_BADMSG,
	    "the table, row %llu (%.40s, %.40s): %.8s %% is not %d of %d",
	    (unsigned long long)row->nr, row->cell[0], row->cell[1], s, part,
	    whole);
}

static enum ov_rc
read_rows(ov_csv_row_fn *fn, void *arg, struct ov_view v, struct ov_err *e)
{
	struct ov_csv *csv = ov_csv_new(fn, arg);
	enum ov_rc rc;

	if (csv == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_csv_push(csv, v.p, v.n, e);
	if (rc == OV_OK)
		rc = ov_csv_end(csv, e);
	ov_csv_free(csv);
	return rc;
}

/* The first columns of the header, in this order. */
static enum ov_rc
header(const struct ov_csv_row *row, const char *const *want, size_t n,
    struct ov_err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (i >= row->n || strcmp(row->cell[i], want[i]) != 0)
			return ov_fail(e, OV_BADMSG,
			    "the table, column %zu of the header is not %s",
			    i + 1, want[i]);
	return OV_OK;
}

/* ---- per norm category and track ---- */

struct sums {
	int deelnemers, vsv;
};

struct norms_in {
	struct ov_norms *out;
	char categorie[24]; /* at hand, "" after its total */
	struct sums cat, vo, mbo;
	bool ended; /* the last row, TOTAAL, was there */
};

static void
add(struct sums *to, struct sums x)
{
	to->deelnemers += x.deelnemers;
	to->vsv += x.vsv;
}

static enum ov_rc
norm_total(struct norms_in *g, const struct ov_csv_row *row, struct sums x,
    struct ov_err *e)
{
	const char *what = row->cell[0];
	struct sums want = g->vo;
	enum ov_rc rc;

	if (g->categorie[0] != '\0' && strcmp(what, g->categorie) != 0)
		return wrong(row, "is no total of the category before it", e);
	if (strcmp(what, "MBO") == 0) {
		want = g->mbo;
	} else if (strcmp(what, "TOTAAL") == 0) {
		add(&want, g->mbo);
		g->ended = true;
	} else if (strcmp(what, "VO") != 0) {
		want = g->cat;
		add(strncmp(what, "MBO", 3) == 0 ? &g->mbo : &g->vo, g->cat);
		memset(&g->cat, 0, sizeof(g->cat));
	}
	g->categorie[0] = '\0';
	rc = adds_up(row, "participants", x.deelnemers, want.deelnemers, e);
	return rc == OV_OK ? adds_up(row, "leavers", x.vsv, want.vsv, e) : rc;
}

static enum ov_rc
norm_track(struct norms_in *g, const struct ov_csv_row *row, struct sums x,
    struct ov_err *e)
{
	const char *cat = row->cell[0];
	struct ov_norm *n;

	if (strcmp(cat, "MBO") == 0 || strcmp(cat, "VO") == 0) {
		add(cat[0] == 'M' ? &g->mbo : &g->vo, x);
	} else {
		if (g->categorie[0] != '\0' && strcmp(cat, g->categorie) != 0)
			return wrong(row,
			    "comes before the total of another "
			    "category",
			    e);
		(void)snprintf(g->categorie, sizeof(g->categorie), "%s", cat);
		add(&g->cat, x);
	}
	if (x.vsv > x.deelnemers)
		return wrong(row, "has more leavers than participants", e);
	if (g->out->n == OV_NORMS_MAX)
		return wrong(row, "is one too many", e);
	n = &g->out->row[g->out->n++];
	(void)snprintf(n->categorie, sizeof(n->categorie), "%s", cat);
	(void)snprintf(n->leerweg, sizeof(n->leerweg), "%s", row->cell[1]);
	n->deelnemers = x.deelnemers;
	n->vsv = x.vsv;
	n->mbo = strncmp(cat, "MBO", 3) == 0;
	n->track = ov_track_find(n->categorie, n->leerweg);
	if (n->track == NULL && x.vsv > 0)
		return wrong(row, "is a track that is not known here", e);
	return OV_OK;
}

static enum ov_rc
norm_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	static const char *const columns[] = {"normcategorie", "leerweg",
	    "deelnemers", "vsv"};
	struct norms_in *g = arg;
	struct sums x;
	enum ov_rc rc = OV_OK;

	if (row->nr == 1)
		return header(row, columns, 4, e);
	if (row->n < 4)
		return wrong(row, "has too few columns", e);
	if (g->ended)
		return wrong(row, "comes after the last total", e);
	if (!count(row->cell[2], &x.deelnemers))
		return wrong(row, "has no number of participants", e);
	if (!count(row->cell[3], &x.vsv))
		return wrong(row, "has no number of leavers", e);
	rc = strcmp(row->cell[1], "TOTAAL") == 0 ? norm_total(g, row, x, e)
	                                         : norm_track(g, row, x, e);
	if (rc == OV_OK && row->n > 4 && row->cell[4][0] != '\0')
		rc = percent(row, row->cell[4], x.vsv, x.deelnemers, e);
	return rc;
}

enum ov_rc
ov_norms_read(struct ov_view v, struct ov_norms *out, struct ov_err *e)
{
	struct norms_in g = {.out = out};
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = read_rows(norm_row, &g, v, e)) != OV_OK)
		return rc;
	if (!g.ended)
		return ov_fail(e, OV_BADMSG, "the table has no last total");
	out->vo = g.vo.vsv;
	out->mbo = g.mbo.vsv;
	return OV_OK;
}

/* ---- per municipality and sector ---- */

struct home_in {
	struct ov_homes *out;
	struct sums here; /* of the municipality at hand */
	struct sums sector[2];
	bool ended;
};

/* The row TOTAAL of a municipality, or one of the region's three. */
static enum ov_rc
home_total(struct home_in *g, const struct ov_csv_row *row, struct sums x,
    struct ov_err *e)
{
	const char *sector = row->cell[2];
	struct sums want = {0, 0};
	enum ov_rc rc;

	if (strcmp(row->cell[0], "TOTAAL") != 0) {
		want = g->here;
	} else {
		if (strcmp(sector, "mbo") != 0)
			add(&want, g->sector[0]);
		if (strcmp(sector, "vo") != 0)
			add(&want, g->sector[1]);
		g->ended = strcmp(sector, "TOTAAL") == 0;
	}
	rc = adds_up(row, "participants", x.deelnemers, want.deelnemers, e);
	return rc == OV_OK ? adds_up(row, "leavers", x.vsv, want.vsv, e) : rc;
}

static enum ov_rc
home_sector(struct home_in *g, const struct ov_csv_row *row, struct sums x,
    struct ov_err *e)
{
	struct ov_homes *o = g->out;
	int mbo = strcmp(row->cell[2], "mbo") == 0 ? 1 : 0;
	struct ov_home *h = o->n > 0 ? &o->row[o->n - 1] : NULL;
	size_t i;

	if (!mbo && strcmp(row->cell[2], "vo") != 0)
		return wrong(row, "is of no sector vo or mbo", e);
	if (!ov_is_gemeente(ov_view_str(row->cell[0])))
		return wrong(row, "has no code of four digits", e);
	if (x.vsv > x.deelnemers)
		return wrong(row, "has more leavers than participants", e);
	if (h == NULL || strcmp(h->gemeente, row->cell[0]) != 0) {
		for (i = 0; i < o->n; i++)
			if (strcmp(o->row[i].gemeente, row->cell[0]) == 0)
				return wrong(row, "comes twice", e);
		if (o->n == OV_HOMES_MAX)
			return wrong(row, "is one too many", e);
		h = &o->row[o->n++];
		(void)snprintf(h->gemeente, sizeof(h->gemeente), "%s",
		    row->cell[0]);
		(void)snprintf(h->naam, sizeof(h->naam), "%.59s", row->cell[1]);
		memset(&g->here, 0, sizeof(g->here));
	}
	if (h->has[mbo])
		return wrong(row, "comes twice", e);
	h->has[mbo] = true;
	h->deelnemers[mbo] = x.deelnemers;
	h->vsv[mbo] = x.vsv;
	add(&g->here, x);
	add(&g->sector[mbo], x);
	return OV_OK;
}

static enum ov_rc
home_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	static const char *const columns[] = {"gemeente", "naam", "sector",
	    "deelnemers", "vsv"};
	struct home_in *g = arg;
	struct sums x;
	enum ov_rc rc;

	if (row->nr == 1)
		return header(row, columns, 5, e);
	if (row->n < 5)
		return wrong(row, "has too few columns", e);
	if (g->ended)
		return wrong(row, "comes after the last total", e);
	if (!count(row->cell[3], &x.deelnemers))
		return wrong(row, "has no number of participants", e);
	if (!count(row->cell[4], &x.vsv))
		return wrong(row, "has no number of leavers", e);
	rc = strcmp(row->cell[0], "TOTAAL") == 0 ||
	             strcmp(row->cell[2], "TOTAAL") == 0
	         ? home_total(g, row, x, e)
	         : home_sector(g, row, x, e);
	if (rc == OV_OK && row->n > 5 && row->cell[5][0] != '\0')
		rc = percent(row, row->cell[5], x.vsv, x.deelnemers, e);
	return rc;
}

enum ov_rc
ov_homes_read(struct ov_view v, struct ov_homes *out, struct ov_err *e)
{
	struct home_in g = {.out = out};
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = read_rows(home_row, &g, v, e)) != OV_OK)
		return rc;
	if (!g.ended)
		return ov_fail(e, OV_BADMSG, "the table has no last total");
	return OV_OK;
}

bool
ov_table_is_homes(struct ov_view v)
{
	static const char first[] = "gemeente";
	const uint8_t *p = v.p;
	size_t n = sizeof(first) - 1;

	if (v.n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		v.n -= 3;
	}
	return v.n > n && memcmp(p, first, n) == 0;
}

/* ---- return after a year ---- */

static enum ov_rc
return_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	static const char *const columns[] = {"jaar", "startpopulatie", "vsv",
	    "terug_in_onderwijs", "werkend", "pct_onderwijs", "pct_werkend"};
	struct ov_return *o = arg;
	int v[7];
	size_t i;

	if (row->nr == 1)
		return header(row, columns, 7, e);
	for (i = 0; i < 7; i++)
		if (i >= row->n || !count(row->cell[i], &v[i]))
			return wrong(row, "lacks a number", e);
	o->jaar = v[0];
	o->startpopulatie = v[1];
	o->vsv = v[2];
	o->onderwijs = v[3];
	o->werk = v[4];
	if (o->vsv > o->startpopulatie || o->vsv == 0)
		return wrong(row, "has more leavers than participants", e);
	if (o->onderwijs + o->werk > o->vsv)
		return wrong(row, "has more who returned or work than left", e);
	for (i = 0; i < 2; i++)
		if ((v[3 + i] * 200 + o->vsv) / (2 * o->vsv) != v[5 + i])
			return wrong(row,
			    i == 0 ? "pct_onderwijs does not "
			             "follow from its counts"
			           : "pct_werkend does not "
			             "follow from its counts",
			    e);
	return OV_OK;
}

enum ov_rc
ov_return_read(struct ov_view v, struct ov_return *out, struct ov_err *e)
{
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	rc = read_rows(return_row, out, v, e);
	if (rc == OV_OK && out->jaar == 0)
		return ov_fail(e, OV_BADMSG, "the table has no row");
	return rc;
}

/* ---- size and goals ---- */

struct goals_in {
	struct ov_goals *out;
	int vo, mbo;
};

static enum ov_rc
size_row(struct goals_in *g, const struct ov_csv_row *row, int v,
    struct ov_err *e)
{
	const char *k = row->cell[1];

	if (strcmp(k, "VO_TOTAAL") == 0)
		return adds_up(row, "participants", v, g->vo, e);
	if (strcmp(k, "MBO_TOTAAL") == 0)
		return adds_up(row, "participants", v, g->mbo, e);
	if (strcmp(k, "TOTAAL") == 0)
		return adds_up(row, "participants", v, g->vo + g->mbo, e);
	if (strncmp(k, "MBO", 3) == 0)
		g->mbo += v;
	else
		g->vo += v;
	return OV_OK;
}

static enum ov_rc
goals_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	static const char *const columns[] = {"onderdeel", "sleutel", "waarde"};
	struct goals_in *g = arg;
	int v;

	if (row->nr == 1)
		return header(row, columns, 3, e);
	if (row->n < 3 || !count(row->cell[2], &v))
		return wrong(row, "has no number", e);
	if (strcmp(row->cell[0], "deelnemers") == 0)
		return size_row(g, row, v, e);
	if (strcmp(row->cell[0], "overstappers_per_jaar") == 0) {
		g->out->overstappers = v;
		return OV_OK;
	}
	if (v > 100)
		return wrong(row, "is no percentage", e);
	if (strcmp(row->cell[0], "doel_in_beeld_pct") == 0)
		g->out->in_beeld = v;
	else if (strcmp(row->cell[0], "doel_ddd_pct") == 0)
		g->out->ddd = v;
	else
		return wrong(row, "is not known here", e);
	(void)snprintf(g->out->schooljaar, sizeof(g->out->schooljaar), "%.9s",
	    row->cell[1]);
	return OV_OK;
}

enum ov_rc
ov_goals_read(struct ov_view v, struct ov_goals *out, struct ov_err *e)
{
	struct goals_in g = {.out = out};

	memset(out, 0, sizeof(*out));
	return read_rows(goals_row, &g, v, e);
}
