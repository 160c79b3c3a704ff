/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_region.c - the organisations and municipalities of a region,
 * the figures of a table spread over them, and the dates of its year. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate_region.h"

#define ROL(x) OV_ROL_BIT(OV_ROL_##x)

/* In the order of their OINs. */
const struct ov_gen_org ov_gen_orgs[O_N] = {
    {"vmbo",
        {"Scholengemeenschap De Vechtzoom", "00000099000000001000", "91ZA",
            "00"},
        ROL(VO), "vechtzoom"},
    {"lyceum", {"Lyceum Hanzehof", "00000099000000001100", "91ZC", "00"},
        ROL(VO), "hanzehof"},
    {"pro",
        {"Praktijkschool De Zandhoeve", "00000099000000001200", "91ZD", "00"},
        ROL(PRO), "zandhoeve"},
    {"vso", {"Vso De Bolder", "00000099000000001300", "91ZE", "00"}, ROL(VSO),
        "bolder"},
    {"mbo", {"Vakcollege IJsseloever", "00000099000000002000", "92ZB", "00"},
        ROL(MBO) | ROL(VAVO), "ijsseloever"},
    {"mbo2", {"Beroepscollege Ankerhof", "00000099000000002100", "92ZF", "00"},
        ROL(MBO), "ankerhof"},
    {"gemeente", {"Gemeente Hanzebroek", "00000099000000003000", NULL, NULL},
        ROL(LEERPLICHT) | ROL(DOORSTROOMPUNT), "hanzebroek"},
    {"leerplicht", {"Leerplicht Oeverland", "00000099000000003100", NULL, NULL},
        ROL(LEERPLICHT), "oeverland"},
    {"buurregio",
        {"Doorstroompunt Overzijde", "00000099000000003200", NULL, NULL},
        ROL(DOORSTROOMPUNT), "overzijde"},
};

/* The region of a table per norm category, and where students live who come
 * from elsewhere: half of them with a member. */
static const struct ov_gen_home own[] = {
    {"9901", "Hanzebroek", true, O_GEMEENTE, O_GEMEENTE, 60},
    {"9902", "Vechterveen", true, O_LEERPLICHT, O_GEMEENTE, 25},
    {"9903", "Oud-Salne", true, O_LEERPLICHT, O_GEMEENTE, 15},
};
static const struct ov_gen_home elders[] = {
    {"9911", "Overzijde", false, O_NONE, O_BUUR, 30},
    {"9912", "Kampersluis", false, O_NONE, O_BUUR, 20},
    {"9921", "Dalmerwold", false, O_NONE, O_NONE, 30},
    {"9922", "Ginderveen", false, O_NONE, O_NONE, 20},
};
#define LEN(x) (sizeof(x) / sizeof((x)[0]))

/* Of all students of the mbo, so many percent live elsewhere. */
#define ELDERS_PCT 15

/* ---- spreading a figure ---- */

/* The share of this part in what is left, rounded; never more than the part
 * where the figure is no more than the whole. */
static int
share(int *left, int part, int *whole)
{
	int x = *whole == 0 ? 0
	                    : (int)(((int64_t)*left * part * 2 + *whole) /
	                            (2 * (int64_t)*whole));

	if (x > *left)
		x = *left;
	*left -= x;
	*whole -= part;
	return x;
}

static struct ov_gen_cell *
cell(struct ov_gen_land *l, size_t home, const struct ov_track *t,
    int deelnemers, int vsv)
{
	struct ov_gen_cell *c = &l->cell[l->ncell++];

	*c = (struct ov_gen_cell){home, t, deelnemers, vsv};
	l->deelnemers += deelnemers;
	l->vsv += vsv;
	return c;
}

/* One track of the table over the region's homes. */
static void
spread_homes(struct ov_gen_land *l, const struct ov_norm *n)
{
	int left = n->deelnemers, pct = 100, vsv = n->vsv;
	int whole = n->deelnemers;
	size_t h;

	for (h = 0; h < l->nhome && l->home[h].regio; h++) {
		int d = share(&left, l->home[h].deel, &pct);
		int v = share(&vsv, d, &whole);

		if (d > 0)
			(void)cell(l, h, n->track, d, v);
	}
}

/* One municipality and sector of the table over the tracks. */
static enum ov_rc
spread_tracks(struct ov_gen_land *l, size_t h, bool mbo, int deelnemers,
    int vsv, struct ov_err *e)
{
	int dwhole = 0, vwhole = 0, left = deelnemers, more;
	size_t i, first = l->ncell, c;

	for (i = 0; i < OV_TRACKS; i++)
		if ((ov_tracks[i].niveau > 0) == mbo) {
			dwhole += ov_tracks[i].deelnemers;
			vwhole += ov_tracks[i].vsv;
		}
	for (i = 0; i < OV_TRACKS; i++) {
		const struct ov_track *t = &ov_tracks[i];
		int d, v;

		if ((t->niveau > 0) != mbo)
			continue;
		d = share(&left, t->deelnemers, &dwhole);
		v = share(&vsv, t->vsv, &vwhole);
		if (v > d) {
			vsv += v - d;
			v = d;
		}
		if (d > 0)
			(void)cell(l, h, t, d, v);
		else
			vsv += v;
	}
	/* What did not fit where it belonged. */
	for (c = first; c < l->ncell && vsv > 0; c++) {
		more = l->cell[c].deelnemers - l->cell[c].vsv;
		more = more < vsv ? more : vsv;
		l->cell[c].vsv += more;
		l->vsv += more;
		vsv -= more;
	}
	return vsv == 0 ? OV_OK
	                : ov_fail(e, OV_BADMSG,
	                      "the table: more leavers than participants");
}

/* Students of the mbo who live elsewhere come on top of the table, which
 * counts by home; they leave as often as the others. */
static void
add_elders(struct ov_gen_land *l)
{
	size_t n = l->ncell, h, i, c;

	for (i = 0; i < OV_TRACKS; i++) {
		const struct ov_track *t = &ov_tracks[i];
		int d = 0, v = 0, pct = 100, whole, left;

		for (c = 0; c < n; c++)
			if (l->cell[c].track == t) {
				d += l->cell[c].deelnemers;
				v += l->cell[c].vsv;
			}
		if (t->niveau == 0 || d == 0)
			continue;
		d = (d * ELDERS_PCT * 2 + (100 - ELDERS_PCT)) /
		    (2 * (100 - ELDERS_PCT));
		v = (v * ELDERS_PCT * 2 + (100 - ELDERS_PCT)) /
		    (2 * (100 - ELDERS_PCT));
		v = v < d ? v : d;
		l->elders += d;
		l->elders_vsv += v;
		for (h = 0, whole = d, left = d; h < l->nhome; h++) {
			int dh, vh;

			if (l->home[h].regio)
				continue;
			dh = share(&left, l->home[h].deel, &pct);
			vh = share(&v, dh, &whole);
			if (dh > 0)
				l->cell[l->ncell++] = (struct ov_gen_cell){h, t,
				    dh, vh};
		}
	}
}

/* ---- the table ---- */

static enum ov_rc
by_track(struct ov_gen_land *l, struct ov_view v, struct ov_err *e)
{
	struct ov_norms norms;
	enum ov_rc rc = ov_norms_read(v, &norms, e);
	size_t i;

	if (rc != OV_OK)
		return rc;
	for (i = 0; i < LEN(own); i++)
		l->home[l->nhome++] = own[i];
	for (i = 0; i < norms.n; i++) {
		const struct ov_norm *n = &norms.row[i];

		if (n->track == NULL && strcmp(n->categorie, "MBO") != 0)
			return ov_fail(e, OV_BADMSG,
			    "the table: %s, %s is a track that is not known "
			    "here",
			    n->categorie, n->leerweg);
		if (l->ncell + 2 * LEN(own) > CELLS_MAX)
			return ov_fail(e, OV_TOOBIG, "the table is too long");
		spread_homes(l, n);
	}
	return OV_OK;
}

static enum ov_rc
by_home(struct ov_gen_land *l, struct ov_view v, struct ov_err *e)
{
	struct ov_homes *t = calloc(1, sizeof(*t));
	enum ov_rc rc = t == NULL ? ov_fail(e, OV_NOSPACE, "no memory")
	                          : ov_homes_read(v, t, e);
	size_t i, k;

	for (i = 0; rc == OV_OK && i < t->n; i++) {
		struct ov_gen_home *h = &l->home[l->nhome];

		for (k = 0; k < LEN(elders); k++)
			if (strcmp(t->row[i].gemeente, elders[k].code) == 0)
				rc = ov_fail(e, OV_BADMSG,
				    "the table: %s is kept for students from "
				    "elsewhere",
				    elders[k].code);
		*h = own[i == 0 ? 0 : 1];
		(void)snprintf(h->code, sizeof(h->code), "%s",
		    t->row[i].gemeente);
		(void)snprintf(h->naam, sizeof(h->naam), "%s", t->row[i].naam);
		for (k = 0; rc == OV_OK && k < 2; k++)
			rc = spread_tracks(l, l->nhome, k == 1,
			    t->row[i].deelnemers[k], t->row[i].vsv[k], e);
		l->nhome++;
	}
	l->homes = true;
	free(t);
	return rc;
}

static void
make_book(struct ov_gen_land *l)
{
	struct ov_adresboek *b = &l->boek;
	size_t o, h;

	b->nlid = O_N;
	b->lid = l->lid;
	b->route = l->route;
	for (o = 0; o < O_N; o++) {
		const struct ov_gen_org *x = &ov_gen_orgs[o];
		struct ov_lid *m = &l->lid[o];

		(void)snprintf(m->oin.s, sizeof(m->oin.s), "%s", x->s.oin);
		m->naam = x->s.naam;
		m->rol = x->rol;
		m->gemeente = l->gemeente[o];
		if (x->s.brin != NULL) {
			(void)snprintf(l->brin[o].brin, sizeof(l->brin[o].brin),
			    "%s", x->s.brin);
			m->brin = &l->brin[o];
			m->nbrin = 1;
		}
	}
	for (h = 0; h < l->nhome; h++) {
		const struct ov_gen_home *x = &l->home[h];
		struct ov_book_route *r;
		struct ov_lid *m = &l->lid[x->dp];
		enum ov_rol rol = OV_ROL_DOORSTROOMPUNT;
		size_t k;

		if (x->dp == O_NONE)
			continue;
		if (x->lp == x->dp || x->lp == O_NONE) {
			memcpy(m->gemeente[m->ngemeente++], x->code, 5);
			continue;
		}
		/* Served by two who are not its own: two routes. */
		for (k = 0; k < 2; k++, rol = OV_ROL_LEERPLICHT) {
			r = &l->route[b->nroute++];
			memcpy(r->gemeente, x->code, 5);
			r->rol = rol;
			r->oin = l->lid[k == 0 ? x->dp : x->lp].oin;
			r->van = ov_date_days((struct ov_date){2018, 1, 1});
			r->tot = INT32_MAX;
		}
	}
}

enum ov_rc
ov_gen_land_make(struct ov_gen_land *l, const char *table, struct ov_err *e)
{
	OV_BUF b = {0};
	enum ov_rc rc = ov_gen_read(table, &b, e);
	struct ov_view v = {b.p, b.n};
	size_t i;

	if (rc != OV_OK)
		return rc;
	rc = ov_table_is_homes(v) ? by_home(l, v, e) : by_track(l, v, e);
	if (rc != OV_OK)
		return ov_while(e, rc, "%s", table);
	for (i = 0; i < LEN(elders); i++)
		l->home[l->nhome++] = elders[i];
	add_elders(l);
	make_book(l);
	return OV_OK;
}

/* ---- who is whose ---- */

enum ov_gen_oid
ov_gen_receiver(const struct ov_gen_home *h, int age)
{
	return age < 18 ? h->lp : h->dp;
}

enum ov_gen_oid
ov_gen_school_of(struct ov_rng *r, const struct ov_track *t)
{
	const char *s = t != NULL ? t->soort[0] : "BOL";

	if (strncmp(s, "vavo", 4) == 0)
		return O_MBO;
	if (t == NULL || t->niveau > 0)
		return ov_rng_pct(r, 65) ? O_MBO : O_MBO2;
	if (strcmp(s, "brug") == 0)
		return ov_rng_pct(r, 60) ? O_VMBO : O_LYCEUM;
	return strcmp(s, "havo") == 0 || strcmp(s, "vwo") == 0 ? O_LYCEUM
	                                                       : O_VMBO;
}

static json_t *
org_json(const struct ov_gen_land *l, size_t o)
{
	const struct ov_gen_org *x = &ov_gen_orgs[o];
	json_t *rol = json_array(), *gem = json_array(), *j;
	size_t i;
	unsigned r;
	bool ok = true;

	for (r = 0; r < OV_ROL_N; r++)
		if ((x->rol & OV_ROL_BIT(r)) != 0)
			ok = ok &&
			     json_array_append_new(rol,
			         json_string(ov_rol_name((enum ov_rol)r))) == 0;
	for (i = 0; i < l->lid[o].ngemeente; i++)
		ok = ok && json_array_append_new(gem,
		               json_string(l->gemeente[o][i])) == 0;
	j = json_pack("{s:s,s:s,s:o,s:o}", "naam", x->s.naam, "oin", x->s.oin,
	    "rol", rol, "gemeenten", gem);
	if (j != NULL && x->s.brin != NULL)
		ok = ok && ov_gen_set(j, "brin", json_string(x->s.brin)) &&
		     ov_gen_set(j, "vestiging", json_string(x->s.vestiging));
	if (ok)
		return j;
	json_decref(j);
	return NULL;
}

json_t *
ov_gen_land_json(const struct ov_gen_land *l)
{
	json_t *orgs = json_object(), *homes = json_array();
	json_t *routes = json_array(), *j;
	bool ok = true;
	size_t i;

	for (i = 0; i < O_N; i++)
		ok = ok && ov_gen_set(orgs, ov_gen_orgs[i].map, org_json(l, i));
	for (i = 0; i < l->nhome; i++) {
		const struct ov_gen_home *h = &l->home[i];

		j = json_pack("{s:s,s:s,s:b}", "code", h->code, "naam", h->naam,
		    "regio", (int)h->regio);
		if (h->lp != O_NONE)
			ok = ok && ov_gen_set(j, "leerplicht",
			               json_string(ov_gen_orgs[h->lp].map));
		if (h->dp != O_NONE)
			ok = ok && ov_gen_set(j, "doorstroompunt",
			               json_string(ov_gen_orgs[h->dp].map));
		ok = ok && json_array_append_new(homes, j) == 0;
	}
	for (i = 0; i < l->boek.nroute; i++)
		ok = ok &&
		     json_array_append_new(routes,
		         json_pack("{s:s,s:s,s:s,s:s,s:s}", "gemeente",
		             l->route[i].gemeente, "srt", "*", "rol",
		             ov_rol_name(l->route[i].rol), "oin",
		             l->route[i].oin.s, "van", "2018-01-01")) == 0;
	j = json_pack("{s:o,s:o,s:o}", "organisaties", orgs, "gemeenten", homes,
	    "routes", routes);
	if (ok)
		return j;
	json_decref(j);
	return NULL;
}

/* ---- the year ---- */

struct ov_date
ov_gen_golf_tot(int y, int golf)
{
	const struct ov_date tot[GOLVEN] = {{(int16_t)y, 9, 30},
	    {(int16_t)(y + 1), 1, 31}, {(int16_t)(y + 1), 3, 31},
	    {(int16_t)(y + 1), 7, 31}, {(int16_t)(y + 1), 10, 1}};

	return tot[golf];
}

int
ov_gen_golf(int y, struct ov_date d)
{
	int golf = 0;

	while (
	    golf < GOLVEN - 1 && ov_date_cmp(d, ov_gen_golf_tot(y, golf)) > 0)
		golf++;
	return golf;
}

/* The Monday on or before a day. */
static struct ov_date
monday(int y, int m, int d)
{
	struct ov_date x = {(int16_t)y, (uint8_t)m, (uint8_t)d};

	return ov_date_add_days(x, -((ov_date_weekday(x) + 6) % 7));
}

void
ov_gen_vakanties(int y, struct ov_gen_vakantie out[VAKANTIES])
{
	static const struct {
		const char *naam;
		int jaar, m, d, dagen;
	} v[VAKANTIES] = {{"herfstvakantie", 0, 10, 20, 5},
	    {"kerstvakantie", 0, 12, 25, 12},
	    {"voorjaarsvakantie", 1, 2, 20, 5}, {"meivakantie", 1, 4, 29, 12},
	    {"zomervakantie", 1, 7, 15, 40}};
	size_t i;

	for (i = 0; i < VAKANTIES; i++) {
		out[i].naam = v[i].naam;
		out[i].van = monday(y + v[i].jaar, v[i].m, v[i].d);
		out[i].tot = ov_date_add_days(out[i].van, v[i].dagen - 1);
	}
}
