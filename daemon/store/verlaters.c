/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verlaters.c - how far each leaver is, as of a moment: the list,
 * then our drafts and what became of them, then the statuses that came back.
 *
 * A draft is found by the own reference in it, a status by the case of the
 * dossier, or by the own pupil it is about.  Several applications run beside
 * each other: of each case the newest status counts, and of a leaver the one
 * that is furthest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/verlaters.h"

#define PAGE 64
#define ZAAK_KEY 33

enum phase { LIST, DRAFTS, STATUSES, END };

struct ov_verlaters {
	struct ov_store *st;
	int jaar;
	int64_t van, tot, at, buiten;
	enum phase phase;
	struct ov_verlater *v;
	size_t n, cap;
	json_t *by_ref;  /* reference -> index */
	json_t *by_zaak; /* case in hex -> index */
	json_t *status;  /* case in hex -> newest status */
	char dag[OV_DATE_SIZE];
};

/* ---- the list ---- */

static bool
add(struct ov_verlaters *l, struct ov_verlater_rec *r)
{
	size_t cap = l->cap == 0 ? 256 : l->cap * 2;
	struct ov_verlater *p, *v;
	const char *day;

	if (l->n == l->cap) {
		if ((p = reallocarray(l->v, cap, sizeof(*p))) == NULL)
			return false;
		l->v = p;
		l->cap = cap;
	}
	v = &l->v[l->n];
	*v = (struct ov_verlater){.root = r->root, .nr = r->nr};
	v->naar_mbo = strcmp(ov_vl(r->root, OV_VL_VERVOLG), "mbo") == 0;
	day = ov_vl(r->root, OV_VL_KEUZEDATUM);
	v->keuze = day[0] != '\0' && strcmp(day, l->dag) <= 0;
	r->root = NULL; /* ours now */
	return ov_j_set(l->by_ref, ov_vl(v->root, OV_VL_REF),
	    json_integer((json_int_t)l->n++));
}

/* The numbers of a page of a query that was begun with rc. */
static enum ov_rc
numbers(struct ov_verlaters *l, enum ov_rc rc, sqlite3_stmt *q,
    int64_t nr[PAGE], size_t *n, struct ov_err *e)
{
	bool row;

	*n = 0;
	while (rc == OV_OK && *n < PAGE &&
	       (rc = ov_db_next(l->st->db, q, &row, e)) == OV_OK && row)
		nr[(*n)++] = ov_db_i64(q, 0);
	ov_db_done(l->st->db, q);
	return rc;
}

static enum ov_rc
list_page(struct ov_verlaters *l, size_t *n, struct ov_err *e)
{
	int64_t nr[PAGE];
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(l->st->db, &q, e,
	    "SELECT nr FROM schoolverlater WHERE schooljaar=?1 AND nr>?2"
	    " AND geladen<?3 ORDER BY nr LIMIT 64",
	    "iii", (int64_t)l->jaar, l->at, l->tot);
	rc = numbers(l, rc, q, nr, n, e);
	for (size_t i = 0; i < *n && rc == OV_OK; i++) {
		struct ov_verlater_rec r;

		l->at = nr[i];
		rc = ov_verlater_read(l->st, nr[i], 0, NULL, &r, e);
		if (ov_unreadable(rc)) {
			struct ov_err why = *e;

			rc = ov_aside_now(l->st, "schoolverlater", nr[i], &why,
			    e);
		} else if (rc == OV_OK && l->n < OV_VERLATERS_MAX &&
		           !add(l, &r)) {
			rc = ov_fail(e, OV_NOSPACE, "out of memory");
		}
		ov_verlater_free(&r);
	}
	return rc;
}

/* ---- our drafts ---- */

struct draft {
	int64_t nr, tijd, uitgaand, opgesteld, afgeleverd;
	bool delivered, dossier;
	char zaak[ZAAK_KEY];
};

static void
hex(char out[ZAAK_KEY], struct ov_view v)
{
	out[0] = '\0';
	for (size_t i = 0; i < v.n && v.n == 16; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", v.p[i]);
}

static struct ov_verlater *
by(struct ov_verlaters *l, const json_t *map, const char *key)
{
	const json_t *i = key[0] != '\0' ? json_object_get(map, key) : NULL;

	return i != NULL ? &l->v[json_integer_value(i)] : NULL;
}

/* The last answer of the receiver about a message of ours. */
static enum ov_rc
answers(struct ov_verlaters *l, int64_t uitgaand, struct ov_verlater *v,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	bool row, yes = false, no = false;
	enum ov_rc rc;

	rc = ov_db_q(l->st->db, &q, e,
	    "SELECT t.woord FROM terugmelding t JOIN bericht b ON b.nr="
	    "t.bericht WHERE t.uitgaand=?1 AND b.ontvangen<?2 ORDER BY b.nr",
	    "ii", uitgaand, l->tot);
	while (rc == OV_OK &&
	       (rc = ov_db_next(l->st->db, q, &row, e)) == OV_OK && row) {
		no = strcmp(ov_db_text(q, 0), "niet-gekoppeld") == 0;
		yes = !no;
	}
	ov_db_done(l->st->db, q);
	v->gekoppeld = v->gekoppeld || yes;
	if (no) {
		v->niet_gekoppeld = true;
		v->uitgaand = uitgaand;
	}
	return rc;
}

/* When the part was brought, as far as the draft says; else with the rest. */
static bool
part_there(const struct ov_verlaters *l, const struct draft *x,
    const struct ov_draft *d, size_t deel)
{
	const char *t = json_string_value(
	    json_object_get(json_object_get(d->geleverd, ov_deel_names[deel]),
	        "tijd"));
	int64_t at;

	if (x->uitgaand != 0 && x->opgesteld < l->tot)
		return true; /* as it was sent */
	if (t != NULL && ov_moment_parse(ov_view_str(t), &at) == OV_OK)
		return at < l->tot;
	return x->tijd < l->tot;
}

static enum ov_rc
dossier(struct ov_verlaters *l, const struct draft *x, const struct ov_draft *d,
    struct ov_err *e)
{
	struct ov_verlater *v = by(l, l->by_ref, d->ref);
	struct ov_deel_stand s[OV_DELEN_N];
	bool full[OV_DELEN_N], sent = x->uitgaand != 0 && x->opgesteld < l->tot;

	if (v == NULL) {
		l->buiten++;
		return OV_OK;
	}
	v->dossier = true;
	ov_compleet_of(l->st->compleet, d->srt, d->inhoud, l->dag, s);
	for (size_t i = 0; i < OV_DELEN_N; i++) {
		full[i] = s[i].er == s[i].nodig && part_there(l, x, d, i);
		v->deel[i] = v->deel[i] || full[i];
	}
	if (!sent)
		return OV_OK;
	if (x->zaak[0] != '\0' &&
	    !ov_j_set(l->by_zaak, x->zaak, json_integer(v - l->v)))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (!x->delivered)
		return OV_OK;
	v->afgeleverd = true;
	v->ddd = v->ddd || (full[1] && full[2]);
	return answers(l, x->uitgaand, v, e);
}

static enum ov_rc
draft_one(struct ov_verlaters *l, const struct draft *x, struct ov_err *e)
{
	struct ov_draft d = {0};
	struct ov_verlater *v;
	const char *status;
	enum ov_rc rc;

	rc = ov_draft_read(l->st, x->nr, &d, e);
	if (rc == OV_OK && x->dossier) {
		rc = dossier(l, x, &d, e);
	} else if (rc == OV_OK) {
		status = json_string_value(json_object_get(d.inhoud, "status"));
		v = by(l, l->by_ref, d.ref);
		if (v != NULL && status != NULL &&
		    strcmp(status, "keuze") == 0 && x->delivered)
			v->gemeld = true;
	} else if (ov_unreadable(rc)) {
		struct ov_err why = *e;

		rc = ov_aside_now(l->st, "concept", x->nr, &why, e);
	}
	ov_draft_free(&d);
	return rc;
}

static enum ov_rc
drafts_page(struct ov_verlaters *l, size_t *n, struct ov_err *e)
{
	struct draft x[PAGE];
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(l->st->db, &q, e,
	    "SELECT c.nr,i.tijd,ifnull(c.uitgaand,0),ifnull(u.opgesteld,0),"
	    "u.stand='AFGELEVERD' AND u.afgeleverd<?2,c.srt='overstapdossier',"
	    "u.zaak FROM concept c JOIN import i ON i.nr=c.import"
	    " LEFT JOIN uitgaand u ON u.nr=c.uitgaand WHERE i.compleet=1"
	    " AND c.nr>?1 AND c.srt IN ('overstapdossier','overstapstatus')"
	    " AND i.tijd>=?3 AND (i.tijd<?2 OR u.opgesteld<?2)"
	    " ORDER BY c.nr LIMIT 64",
	    "iii", l->at, l->tot, l->van);
	while (rc == OV_OK && *n < PAGE &&
	       (rc = ov_db_next(l->st->db, q, &row, e)) == OV_OK && row) {
		struct draft *d = &x[(*n)++];

		*d = (struct draft){.nr = ov_db_i64(q, 0),
		    .tijd = ov_db_i64(q, 1),
		    .uitgaand = ov_db_i64(q, 2),
		    .opgesteld = ov_db_i64(q, 3),
		    .delivered = ov_db_i64(q, 4) != 0,
		    .dossier = ov_db_i64(q, 5) != 0};
		hex(d->zaak, ov_db_blob(q, 6));
	}
	ov_db_done(l->st->db, q);
	for (size_t i = 0; i < *n && rc == OV_OK; i++) {
		l->at = x[i].nr;
		rc = draft_one(l, &x[i], e);
	}
	return rc;
}

/* ---- what came back ---- */

struct status {
	int64_t nr, leerling;
	char zaak[ZAAK_KEY], status[24];
};

/* The leaver it is about, where we know. */
static enum ov_rc
status_one(struct ov_verlaters *l, const struct status *x, struct ov_err *e)
{
	struct ov_verlater *v = by(l, l->by_zaak, x->zaak);
	struct ov_pupil_data d = {0};
	struct ov_err no = {0};

	if (v == NULL && x->leerling != 0 &&
	    ov_pupil_open(l->st, x->leerling, &d, &no) == OV_OK)
		v = by(l, l->by_ref, d.ref);
	ov_pupil_free(&d);
	if (v == NULL)
		return OV_OK;
	if (!ov_j_set(l->by_zaak, x->zaak, json_integer(v - l->v)) ||
	    !ov_j_set(l->status, x->zaak, json_string(x->status)))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

static enum ov_rc
status_page(struct ov_verlaters *l, size_t *n, struct ov_err *e)
{
	struct status x[PAGE];
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(l->st->db, &q, e,
	    "SELECT b.nr,ifnull(b.leerling,0),s.zaak,s.status FROM bericht b"
	    " JOIN stap s ON s.zaak=b.zaak AND s.partner=b.partner AND s.uit=0"
	    " AND s.volg=b.seq WHERE b.nr>?1 AND b.srt='overstapstatus'"
	    " AND b.ontvangen>=?3 AND b.ontvangen<?2 AND b.stand NOT IN"
	    " ('AFGEWEZEN','INGETROKKEN','TERZIJDE')"
	    " ORDER BY b.nr LIMIT 64",
	    "iii", l->at, l->tot, l->van);
	while (rc == OV_OK && *n < PAGE &&
	       (rc = ov_db_next(l->st->db, q, &row, e)) == OV_OK && row) {
		struct status *s = &x[(*n)++];

		*s = (struct status){.nr = ov_db_i64(q, 0),
		    .leerling = ov_db_i64(q, 1)};
		hex(s->zaak, ov_db_blob(q, 2));
		(void)snprintf(s->status, sizeof(s->status), "%s",
		    ov_db_text(q, 3));
	}
	ov_db_done(l->st->db, q);
	for (size_t i = 0; i < *n && rc == OV_OK; i++) {
		l->at = x[i].nr;
		rc = status_one(l, &x[i], e);
	}
	return rc;
}

/* Of each case its newest status. */
static void
places(struct ov_verlaters *l)
{
	const char *zaak;
	json_t *s;

	json_object_foreach(l->status, zaak, s)
	{
		struct ov_verlater *v = by(l, l->by_zaak, zaak);
		const char *code = json_string_value(s);

		if (v == NULL)
			continue;
		if (strcmp(code, "gestart") == 0)
			v->gestart = v->ingeschreven = true;
		else if (strcmp(code, "ingeschreven") == 0)
			v->ingeschreven = true;
	}
}

/* ---- life ---- */

enum ov_rc
ov_verlaters_step(struct ov_verlaters *l, bool *done, struct ov_err *e)
{
	size_t n = 0;
	enum ov_rc rc;

	*done = l->phase == END;
	if (*done)
		return OV_OK;
	rc = l->phase == LIST     ? list_page(l, &n, e)
	     : l->phase == DRAFTS ? drafts_page(l, &n, e)
	                          : status_page(l, &n, e);
	if (rc != OV_OK || n == PAGE)
		return rc;
	l->at = 0;
	if (++l->phase == END) {
		places(l);
		*done = true;
	}
	return OV_OK;
}

enum ov_rc
ov_verlaters_new(struct ov_store *st, int jaar, int64_t tot,
    struct ov_verlaters **out, struct ov_err *e)
{
	struct ov_verlaters *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	*l = (struct ov_verlaters){.st = st,
	    .jaar = jaar,
	    .tot = tot,
	    .van = ov_nl_midnight((struct ov_date){(int16_t)jaar, 8, 1}),
	    .by_ref = json_object(),
	    .by_zaak = json_object(),
	    .status = json_object()};
	ov_date_fmt(l->dag, ov_date_nl(tot - 1));
	if (l->by_ref == NULL || l->by_zaak == NULL || l->status == NULL) {
		ov_verlaters_free(l);
		return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	*out = l;
	return OV_OK;
}

void
ov_verlaters_free(struct ov_verlaters *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		json_decref(l->v[i].root);
	free(l->v);
	json_decref(l->by_ref);
	json_decref(l->by_zaak);
	json_decref(l->status);
	free(l);
}

size_t
ov_verlaters_n(const struct ov_verlaters *l)
{
	return l->n;
}

const struct ov_verlater *
ov_verlaters_at(const struct ov_verlaters *l, size_t i)
{
	return &l->v[i];
}

int64_t
ov_verlaters_buiten(const struct ov_verlaters *l)
{
	return l->buiten;
}

enum ov_rij
ov_verlater_rij(struct ov_ctl *c, const struct ov_verlater *v)
{
	OV_JSON *about = NULL;
	struct ov_feiten f;

	if (ov_ctl_alles(c))
		return OV_RIJ_OPEN;
	about = ov_verlater_about(v->root);
	ov_feiten_of(c->st->toegang, &f, "overstapdossier", false, about,
	    ov_vl(v->root, OV_VL_KLAS));
	return ov_ctl_rij(c, &f);
}

/* ---- formulas (data/formules.json: in-beeld, ddd) ---- */

bool
ov_verlater_in_beeld(const struct ov_verlater *v)
{
	return v->naar_mbo && (v->gemeld || v->afgeleverd) && v->ingeschreven;
}

bool
ov_verlater_met_ddd(const struct ov_verlater *v)
{
	return ov_verlater_in_beeld(v) && v->ddd;
}
