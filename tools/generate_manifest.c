/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_manifest.c - what must come of a generated region: per wave,
 * per pair of organisations, per report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate_region.h"

/* Sticks: a NULL anywhere makes the whole NULL. */
static bool
put(json_t *list, json_t *v)
{
	return json_array_append_new(list, v) == 0;
}

/* ---- waves ---- */

static bool
wave(const struct ov_gen_year *y, int g, json_t *list)
{
	int van, naar, s;
	bool ok = true;

	for (van = 0; van < O_N; van++)
		for (naar = 0; naar <= O_N; naar++)
			for (s = 0; s < S_N; s++) {
				int n = y->berichten[g][van][naar][s];
				json_t *j = n == 0 ? NULL
				                   : json_pack("{s:s,s:s,s:i}",
				                         "van",
				                         ov_gen_orgs[van].map,
				                         "srt", ov_gen_srts[s],
				                         "aantal", n);

				if (n == 0)
					continue;
				/* null: nobody in the book receives it. */
				ok = ok &&
				     ov_gen_set(j, "naar",
				         naar == O_NONE
				             ? json_null()
				             : json_string(
				                   ov_gen_orgs[naar].map)) &&
				     put(list, j);
			}
	return ok;
}

static json_t *
waves(const struct ov_gen_year *y)
{
	json_t *out = json_array(), *list;
	int g;

	for (g = 0; g < GOLVEN; g++) {
		list = json_array();
		if (!wave(y, g, list) ||
		    !put(out, json_pack("{s:i,s:o,s:o}", "golf", g, "tot",
		                  ov_gen_date(ov_gen_golf_tot(y->y, g)),
		                  "berichten", list)))
			return NULL;
	}
	return out;
}

/* ---- reports ---- */

/* Percent in two decimals, rounded half up. */
static json_t *
pct(int part, int whole)
{
	int64_t x = whole == 0 ? 0
	                       : ((int64_t)part * 20000 + whole) /
	                             (2 * (int64_t)whole);

	return json_sprintf("%d.%02d", (int)(x / 100), (int)(x % 100));
}

static bool
vsv_row(json_t *list, const char *naam, const char *key, int d, int v)
{
	return put(list, json_pack("{s:s,s:i,s:i,s:o}", naam, key, "deelnemers",
	                     d, "vsv", v, "pct", pct(v, d)));
}

static json_t *
vsv_norm(const struct ov_gen_year *y)
{
	const struct ov_gen_land *l = &y->land;
	json_t *out = json_array();
	const char *cat = ov_tracks[0].categorie;
	int d = 0, v = 0;
	size_t i, h;
	bool ok = true;

	for (i = 0; i <= OV_TRACKS; i++) {
		if (i == OV_TRACKS ||
		    strcmp(ov_tracks[i].categorie, cat) != 0) {
			ok = ok && vsv_row(out, "normcategorie", cat, d, v);
			d = v = 0;
		}
		if (i == OV_TRACKS)
			break;
		cat = ov_tracks[i].categorie;
		for (h = 0; h < l->nhome; h++)
			if (l->home[h].regio) {
				d += y->deelnemers[i][h];
				v += y->vsv[i][h];
			}
	}
	for (h = 0, d = 0; h < l->nhome; h++)
		d += y->deelnemers[OV_TRACKS][h];
	ok = ok && (d == 0 || vsv_row(out, "normcategorie", "", d, 0));
	return ok ? out : NULL;
}

static json_t *
vsv_home(const struct ov_gen_year *y)
{
	const struct ov_gen_land *l = &y->land;
	json_t *out = json_array(), *j;
	size_t i, h;
	int s;

	for (h = 0; h < l->nhome; h++) {
		int d[2] = {0, 0}, v[2] = {0, 0};

		for (i = 0; i < OV_TRACKS; i++) {
			s = ov_tracks[i].niveau > 0 ? 1 : 0;
			d[s] += y->deelnemers[i][h];
			v[s] += y->vsv[i][h];
		}
		d[1] += y->deelnemers[OV_TRACKS][h];
		j = json_pack("{s:s,s:s,s:b,s:{s:i,s:i},s:{s:i,s:i}}",
		    "gemeente", l->home[h].code, "naam", l->home[h].naam,
		    "regio", (int)l->home[h].regio, "vo", "deelnemers", d[0],
		    "vsv", v[0], "mbo", "deelnemers", d[1], "vsv", v[1]);
		if (!put(out, j))
			return NULL;
	}
	return out;
}

static json_t *
schools(const struct ov_gen_year *y)
{
	json_t *out = json_array();
	int o, all = 0, beeld = 0, ddd = 0;

	for (o = 0; o < O_N; o++) {
		all += y->overstap[o];
		beeld += y->in_beeld[o];
		ddd += y->met_ddd[o];
		if (y->overstap[o] > 0 &&
		    !put(out,
		        json_pack("{s:s,s:i,s:i,s:i,s:i}", "school",
		            ov_gen_orgs[o].map, "vertrekkers", y->overstap[o],
		            "keuze", y->keuzes[o], "inBeeld", y->in_beeld[o],
		            "ddd", y->met_ddd[o])))
			return NULL;
	}
	return json_pack("{s:i,s:i,s:i,s:o,s:o,s:o}", "vertrekkers", all,
	    "inBeeld", beeld, "ddd", ddd, "inBeeldPct", pct(beeld, all),
	    "dddPct", pct(ddd, beeld), "scholen", out);
}

static json_t *
timely(const struct ov_gen_year *y)
{
	json_t *out = json_array();
	int o, s;

	for (o = 0; o < O_N; o++)
		for (s = 0; s < S_N; s++)
			if (y->te_laat[o][s] + y->op_tijd[o][s] > 0 &&
			    !put(out,
			        json_pack("{s:s,s:s,s:i,s:i}", "school",
			            ov_gen_orgs[o].map, "srt", ov_gen_srts[s],
			            "opTijd", y->op_tijd[o][s], "teLaat",
			            y->te_laat[o][s])))
				return NULL;
	return out;
}

static bool
number(json_t *o, const char *name, int n)
{
	return ov_gen_set(o, name, json_integer(n));
}

static json_t *
named(const char *const *names, const int *n, size_t len)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < len; i++)
		if (!number(o, names[i], n[i]))
			return NULL;
	return o;
}

static json_t *
reasons(const struct ov_gen_year *y)
{
	static const char *const names[10] = {"0", "1", "2", "3", "4", "5", "6",
	    "7", "8", "9"};

	return named(names + 1, y->reden + 1, 9);
}

static json_t *
pupils(const struct ov_gen_year *y)
{
	json_t *o = json_object();
	int i;

	for (i = 0; i < O_GEMEENTE; i++)
		if (!ov_gen_set(o, ov_gen_orgs[i].map,
		        json_pack("{s:i,s:i}", "leerlingen", y->leerlingen[i],
		            "aanmelders", y->aanmelders[i])))
			return NULL;
	return o;
}

static json_t *
expected(const struct ov_gen_year *y)
{
	int t = y->terug.vsv;
	json_t *o = json_object();

	if (ov_gen_set(o, "organisaties", pupils(y)) &&
	    ov_gen_set(o, "vsvNormcategorie", vsv_norm(y)) &&
	    ov_gen_set(o, "vsvGemeente", vsv_home(y)) &&
	    ov_gen_set(o, "redenUitval", reasons(y)) &&
	    ov_gen_set(o, "overstap", schools(y)) &&
	    ov_gen_set(o, "tijdigheid", timely(y)) &&
	    ov_gen_set(o, "statussen",
	        named(ov_gen_statussen, y->status, STATUSSEN)) &&
	    ov_gen_set(o, "afwezigheid",
	        named(ov_gen_absences, y->signaal, A_N)) &&
	    ov_gen_set(o, "koppeling",
	        json_pack("{s:i,s:i,s:i}", "gekoppeld", y->gekoppeld, "twijfel",
	            y->twijfel, "onbekend", y->onbekend)) &&
	    number(o, "tweeNummers", y->dubbele) &&
	    number(o, "mboMbo", y->mbo_mbo) &&
	    ov_gen_set(o, "terugNaEenJaar",
	        json_pack("{s:i,s:i,s:i,s:i,s:o,s:o}", "vsv", t,
	            "terugInOnderwijs", y->terug_onderwijs, "werkend",
	            y->terug_werk, "geenVanBeide", y->terug_zonder,
	            "pctOnderwijs", pct(y->terug_onderwijs, t), "pctWerkend",
	            pct(y->terug_werk, t))))
		return o;
	json_decref(o);
	return NULL;
}

enum ov_rc
ov_gen_manifest(struct ov_gen_year *y, struct ov_err *e)
{
	char path[4096], vandaag[OV_DATE_SIZE];
	json_t *m = ov_gen_land_json(&y->land);
	enum ov_rc rc = OV_OK;

	ov_date_fmt(vandaag, y->env.vandaag);
	if (m == NULL ||
	    !ov_gen_set(m, "zaad", json_integer((json_int_t)y->wish->seed)) ||
	    !ov_gen_set(m, "vandaag", json_string(vandaag)) ||
	    !ov_gen_set(m, "convenantjaar",
	        json_sprintf("%d-%d", y->y, y->y + 1)) ||
	    !ov_gen_set(m, "tabel",
	        json_string(y->land.homes ? "gemeente" : "normcategorie")) ||
	    !ov_gen_set(m, "bestanden", json_incref(y->env.files)) ||
	    !ov_gen_set(m, "golven", waves(y)) ||
	    !ov_gen_set(m, "verwacht", expected(y)))
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	(void)snprintf(path, sizeof(path), "%s/manifest.json", y->env.dir);
	if (rc == OV_OK && json_dump_file(m, path, JSON_INDENT(1)) != 0)
		rc = ov_fail_sys(e, "%s", path);
	json_decref(m);
	return rc;
}
