/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_terug.c - what became of the pupils of each vestiging:
 * shown here with all its counts, and sent to the school as an aggregated
 * terugkoppeling in which what is small stays unknown (protocol/onderdruk.h).
 *
 * The day of measurement is the day of the report.  Sending is for today only,
 * because a case keeps its furthest status and not its history, and once: what
 * was sent about a day stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/rapport.h"
#include "daemon/store/toegang.h"
#include "protocol/onderdruk.h"

#define KEY_MAX 64

/* ---- counting ---- */

static enum ov_rc
outcome(struct ov_rap *s, int64_t bericht, enum ov_od_uitkomst *u,
    char datum[OV_DATE_SIZE], struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*u = OV_OD_N;
	rc = ov_db_q(s->c->st->db, &q, e,
	    "SELECT z.status,z.datum FROM bericht b JOIN zaak z"
	    " ON z.zaak=b.zaak WHERE b.nr=?1 AND z.status IS NOT NULL"
	    " AND z.datum IS NOT NULL",
	    "i", bericht);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(s->c->st->db, q, &row, e);
	if (rc == OV_OK && row && strlen(ov_db_text(q, 1)) == OV_DATE_LEN) {
		*u = ov_od_van(ov_db_text(q, 0));
		memcpy(datum, ov_db_text(q, 1), OV_DATE_SIZE);
	}
	ov_db_done(s->c->st->db, q);
	return rc;
}

/* A pupil counts once, with the newest outcome of his cases here. */
static enum ov_rc
terug_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	const char *brin = ov_jn_text(ov_jn_at(cl->inhoud, "school/brin"));
	const char *v = ov_jn_text(ov_jn_at(cl->inhoud, "school/vestiging"));
	char key[KEY_MAX], wie[64], datum[OV_DATE_SIZE];
	enum ov_od_uitkomst u;
	const json_t *old;
	struct ov_date d;
	bool ok = true;
	enum ov_rc rc;

	(void)toon;
	if ((rc = outcome(s, r->nr, &u, datum, e)) != OV_OK || u == OV_OD_N ||
	    brin == NULL)
		return rc;
	if (ov_date_parse(ov_view_str(datum), &d) != OV_OK ||
	    ov_date_cmp(d, s->op) > 0 || ov_schooljaar(d) != s->jaar)
		return OV_OK;
	(void)snprintf(key, sizeof(key), "%lld\t%s%s%s", (long long)r->partner,
	    brin, v != NULL ? "/" : "", v != NULL ? v : "");
	if (ov_rap_mens(r, true, wie)) {
		old = json_object_get(s->mens, wie);
		if (old != NULL) {
			if (strcmp(json_string_value(json_array_get(old, 2)),
			        datum) > 0)
				return OV_OK;
			ok = ov_rap_tel(s->cel,
			    json_string_value(json_array_get(old, 0)),
			    json_string_value(json_array_get(old, 1)), -1);
		}
		ok = ok && ov_j_set(s->mens, wie,
		               json_pack("[s,s,s]", key, ov_od_naam(u), datum));
	}
	ok = ok && ov_rap_tel(s->cel, key, ov_od_naam(u), 1);
	return ok ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

/* ---- what went before ---- */

struct vestiging {
	int64_t partner;
	const char *naam; /* BRIN[/vestiging] */
	char peildatum[OV_DATE_SIZE];
	struct ov_od_rij rij[OV_OD_DAGEN_MAX];
	size_t n, nieuw;
	bool was_sent, full;
};

static void
read_sent(sqlite3_stmt *q, struct ov_od_rij *r)
{
	*r = (struct ov_od_rij){0};
	for (int i = 0; i < OV_OD_N; i++) {
		r->aantal[i] = (uint32_t)ov_db_i64(q, 1 + i);
		r->onderdrukt[i] = (ov_db_i64(q, 1 + OV_OD_N) >> i & 1) != 0;
	}
}

/* All days of the year in order, the new one among them. */
static enum ov_rc
history(struct ov_rap *s, struct vestiging *v, const struct ov_od_rij *nieuw,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	bool row, placed = false;
	enum ov_rc rc;
	int cmp;

	rc = ov_db_q(s->c->st->db, &q, e,
	    "SELECT peildatum,gestart,niet_gestart,uitgevallen,geswitcht,"
	    "onderdrukt FROM teruggekoppeld WHERE partner=?1 AND vestiging=?2"
	    " AND schooljaar=?3 ORDER BY peildatum",
	    "iti", v->partner, v->naam, (int64_t)s->jaar);
	while (rc == OV_OK &&
	       (rc = ov_db_next(s->c->st->db, q, &row, e)) == OV_OK && row) {
		if (v->n + 2 > OV_OD_DAGEN_MAX) {
			v->full = true;
			break;
		}
		cmp = strcmp(ov_db_text(q, 0), v->peildatum);
		if (cmp == 0)
			v->was_sent = true;
		if (cmp > 0 && !placed) {
			v->nieuw = v->n;
			v->rij[v->n++] = *nieuw;
			placed = true;
		}
		read_sent(q, &v->rij[v->n++]);
	}
	ov_db_done(s->c->st->db, q);
	if (!placed && !v->full) {
		v->nieuw = v->n;
		v->rij[v->n++] = *nieuw;
	}
	return rc;
}

/* ---- the message ---- */

static json_t *
tellingen(const struct ov_od_rij *r)
{
	json_t *a = json_array();

	for (int i = 0; i < OV_OD_N; i++) {
		const char *u = ov_od_naam((enum ov_od_uitkomst)i);

		(void)json_array_append_new(a,
		    r->onderdrukt[i]
		        ? json_pack("{s:s,s:b}", "uitkomst", u, "onderdrukt", 1)
		        : json_pack("{s:s,s:I}", "uitkomst", u, "aantal",
		              (json_int_t)r->aantal[i]));
	}
	return a;
}

static json_t *
content(struct ov_rap *s, const struct vestiging *v)
{
	const struct ov_type *t = ov_types_find(s->c->st->types,
	    "terugkoppeling", v->peildatum);
	char jaar[10], brin[8] = "", vandaag[11];
	json_t *ves, *j;

	ov_schooljaar_fmt(s->jaar, jaar);
	(void)snprintf(brin, sizeof(brin), "%.4s", v->naam);
	ves = json_pack("{s:s}", "brin", brin);
	if (v->naam[4] == '/')
		(void)ov_j_set(ves, "vestiging", json_string(v->naam + 5));
	j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "schema",
	    t != NULL ? ov_type_schema(t) : "", "grondslag", "AGGREGAAT",
	    "doel", "begeleiding", "bewaarregel", "terugkoppeling", "soort",
	    "geaggregeerd", "schooljaar", jaar, "peildatum", v->peildatum,
	    "vestiging", ves, "tellingen", tellingen(&v->rij[v->nieuw]));
	ov_store_today(s->c->st, vandaag);
	(void)ov_contact_fill(s->c->st, "terugkoppeling", vandaag, j);
	return j;
}

/* Is it valid, and may it go there?  *rol as which. */
static const struct ov_lid *
receiver(struct ov_rap *s, const struct vestiging *v, const json_t *inhoud,
    enum ov_rol *rol)
{
	static struct ov_fouten fouten; /* large */
	struct ov_store *st = s->c->st;
	const struct ov_lid *self, *lid = NULL;
	struct ov_verdict verdict;
	struct ov_oin oin;
	struct ov_err e = {0};

	self = st->boek != NULL ? ov_book_oin(st->boek, &st->self) : NULL;
	if (self != NULL && ov_partner_oin(st, v->partner, &oin, &e) == OV_OK)
		lid = ov_book_oin(st->boek, &oin);
	if (lid == NULL || lid->status != OV_LID_ACTIEF || !ov_boek_sends(st) ||
	    !ov_lid_may(self, &lid->oin) ||
	    ov_types_check_json(st->types, "terugkoppeling", inhoud, 0,
	        v->peildatum, &fouten) != OV_OK)
		return NULL;
	verdict = ov_policy_may_json(st->policy, "terugkoppeling", st->boek,
	    self, lid, inhoud, v->peildatum);
	*rol = verdict.naar;
	return verdict.may == OV_MAY_YES ? lid : NULL;
}

/* Message and memory of it, in the open transaction. */
static enum ov_rc
submit(struct ov_rap *s, const struct vestiging *v, const json_t *inhoud,
    const struct ov_lid *lid, enum ov_rol rol, struct ov_err *e)
{
	const struct ov_od_rij *r = &v->rij[v->nieuw];
	struct ov_submit q = {.to = lid,
	    .srt = "terugkoppeling",
	    .rol = ov_rol_name(rol)};
	OV_BUF text = {0};
	int64_t nr, mask = 0;
	enum ov_rc rc;

	ov_json_dump(&text, inhoud);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	q.inhoud = (struct ov_view){text.p, text.n};
	for (int i = 0; i < OV_OD_N; i++)
		mask |= r->onderdrukt[i] ? INT64_C(1) << i : 0;
	if ((rc = ov_submit(s->c->st, &q, &nr, e)) != OV_OK)
		return rc;
	return ov_db_run(s->c->st->db, e,
	    "INSERT INTO teruggekoppeld VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
	    "ititiiiiii", v->partner, v->naam, (int64_t)s->jaar, v->peildatum,
	    (int64_t)r->aantal[OV_OD_GESTART],
	    (int64_t)r->aantal[OV_OD_NIET_GESTART],
	    (int64_t)r->aantal[OV_OD_UITGEVALLEN],
	    (int64_t)r->aantal[OV_OD_GESWITCHT], mask, nr);
}

/* Who asks sees the counts of a vestiging, or sends them.  They are of all
 * programmes: a scope that names one does not reach. */
static bool
may(struct ov_rap *s, const struct vestiging *v)
{
	struct ov_wie w = ov_wie_uid(s->c->st, s->c->uid);
	OV_JSON *inhoud = content(s, v);
	struct ov_feiten f;
	struct ov_oordeel o;

	if (w.alles)
		return true;
	ov_feiten_of(s->c->st->toegang, &f, "terugkoppeling", false, inhoud,
	    NULL);
	if (!s->verzend)
		return ov_ctl_rij(s->c, &f) != OV_RIJ_WEG;
	o = ov_wie_oordeel(s->c->st, &w, OV_MAG_VERZENDEN, &f);
	return o.mag &&
	       (ov_toegang_delen(s->c->st->types, "terugkoppeling", inhoud) &
	           ~o.delen) == 0;
}

/* ---- the rows ---- */

static void
put(struct ov_rap *s, const struct vestiging *v, const char *stand)
{
	const struct ov_od_rij *r = &v->rij[v->nieuw];
	json_t *j = json_pack("{s:s,s:o,s:s}", "vestiging", v->naam, "partner",
	    ov_j_partner(s->c->st, v->partner), "stand", stand);
	OV_BUF weg = {0};

	for (int i = 0; i < OV_OD_N && j != NULL; i++) {
		const char *u = ov_od_naam((enum ov_od_uitkomst)i);

		(void)ov_j_set(j, u, json_integer(r->aantal[i]));
		if (r->onderdrukt[i])
			ov_buf_fmt(&weg, "%s%s", weg.n > 0 ? ", " : "", u);
	}
	if (j != NULL)
		(void)ov_j_set(j, "onderdrukt",
		    json_string(weg.n > 0 ? ov_buf_text(&weg) : ""));
	ov_ctl_row(s->c, j);
	s->n++;
}

static enum ov_rc
one(struct ov_rap *s, const char *key, struct ov_err *e)
{
	static struct vestiging v; /* large */
	struct ov_od_rij nieuw = {0};
	const char *tab = strchr(key, '\t'), *stand = "kan";
	const struct ov_lid *lid;
	enum ov_rol rol = OV_ROL_N;
	OV_JSON *inhoud = NULL;
	enum ov_rc rc;

	memset(&v, 0, sizeof(v));
	v.partner = strtoll(key, NULL, 10);
	if (tab == NULL || strlen(tab + 1) < 4 || v.partner == 0)
		return ov_fail(e, OV_DAMAGED, "report: vestiging");
	v.naam = tab + 1;
	ov_date_fmt(v.peildatum, s->op);
	for (int i = 0; i < OV_OD_N; i++)
		nieuw.aantal[i] = (uint32_t)ov_rap_waarde(s->cel, key,
		    ov_od_naam((enum ov_od_uitkomst)i));
	if ((rc = history(s, &v, &nieuw, e)) != OV_OK)
		return rc;
	if (!may(s, &v)) {
		s->verborgen++;
		return OV_OK;
	}
	if (v.was_sent || v.full)
		stand = v.full ? "te-vaak" : "al-verzonden";
	else if (!ov_od_kies(v.rij, v.n, v.nieuw))
		stand = "te-weinig";
	else if ((inhoud = content(s, &v)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	else if ((lid = receiver(s, &v, inhoud, &rol)) == NULL)
		stand = "niet-toegestaan";
	else if (s->verzend) {
		rc = submit(s, &v, inhoud, lid, rol, e);
		stand = "opgesteld";
	}
	if (rc == OV_OK)
		put(s, &v, stand);
	return rc;
}

static enum ov_rc
terug_slot(struct ov_rap *s, struct ov_err *e)
{
	const char *key;
	json_t *cell;
	enum ov_rc rc = OV_OK;

	if (s->verzend && (rc = ov_tx_begin(s->c->st, e)) != OV_OK)
		return rc;
	json_object_foreach(s->cel, key, cell)
	{
		if (rc == OV_OK)
			rc = one(s, key, e);
	}
	if (!s->verzend)
		return rc;
	if (rc == OV_OK)
		rc = ov_tx_commit(s->c->st, e);
	if (rc != OV_OK)
		ov_tx_abort(s->c->st);
	else
		ov_deliver_kick(s->c->st);
	return rc;
}

static const struct ov_rap_kolom terug_kolom[] = {{"partner", "School",
                                                      OV_RAP_TEKST, NULL},
    {"vestiging", "Vestiging", OV_RAP_TEKST, NULL},
    {"gestart", "Gestart", OV_RAP_AANTAL, NULL},
    {"niet-gestart", "Niet gestart", OV_RAP_AANTAL, NULL},
    {"uitgevallen", "Uitgevallen", OV_RAP_AANTAL, NULL},
    {"geswitcht", "Geswitcht", OV_RAP_AANTAL, NULL},
    {"onderdrukt", "Gaat niet mee", OV_RAP_TEKST, NULL},
    {"stand", "Stand", OV_RAP_TEKST, NULL}, {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_terugkoppeling = {.naam = "terugkoppeling",
    .titel = "Terugkoppeling aan scholen, per vestiging",
    .mag = OV_MAG_STANDEN | OV_MAG_INZIEN,
    .mag_srt = "terugkoppeling",
    .jaar = OV_RAP_SCHOOL,
    .srt = {"overstapdossier"},
    .inhoud = true,
    .verzendt = true,
    .kolom = terug_kolom,
    .een = terug_een,
    .slot = terug_slot};
