/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_worklist.c - what somebody here must do, by when: per kind
 * of data/werklijst.json the rows that are open on a day (docs/control.md).
 */
#include <string.h>

#include "daemon/store/worklist.h"

struct werk {
	int32_t at;
	int64_t einde, na, n, laat, kalender;
	unsigned rollen, soort;
	bool digest, logged;
	bool telt; /* an account that may see states: rows are counted only */
	int64_t per[OV_W_N], per_laat[OV_W_N];
};

#define MAG (OV_MAG_INZIEN | OV_MAG_BESLISSEN | OV_MAG_VERZENDEN)

bool
ov_taak_mag(struct ov_ctl *c, const struct ov_taak *t, enum ov_rij minst)
{
	struct ov_bron b = {0};
	struct ov_err e = {0};
	enum ov_rc rc;
	bool open;

	if (!t->toon || ov_ctl_alles(c) || ov_taak_contact(t))
		return t->toon;
	if (t->eigen) {
		ov_feiten_of(c->st->toegang, &b.f, OV_SRT_LEERLINGEN, true,
		    NULL, NULL);
		b.f.bekend = t->woon[0] != '\0';
		ov_feiten_add(&b.f, OV_BEREIK_WOONGEMEENTE, t->woon);
		return ov_ctl_rij(c, &b.f) >= minst;
	}
	rc = t->uit ? ov_bron_uitgaand(c->st, t->srt, t->concept, &b, &e)
	            : ov_bron_bericht(c->st, t->nr, t->srt, t->concept, &b, &e);
	open = rc == OV_OK && ov_ctl_rij(c, &b.f) >= minst;
	ov_bron_free(&b);
	return open;
}

static void
werk_start(struct ov_ctl *c)
{
	struct werk *s = c->state;
	const char *at = ov_ctl_text(c, "op", OV_DATE_LEN);
	const struct ov_lid *self;
	struct ov_date d = ov_date_nl(ov_now(c->st));

	struct ov_wie w = ov_wie_uid(c->st, c->uid);

	s->digest = ov_ctl_flag(c, "overzicht");
	s->telt = !ov_wie_ooit(c->st, &w, MAG, NULL).mag;
	if (!ov_ctl_args(c) ||
	    (s->telt && !s->digest && !ov_ctl_ooit(c, MAG, NULL)))
		return;
	if (at != NULL && ov_date_parse(ov_view_str(at), &d) != OV_OK) {
		ov_ctl_fout(c, "datum-ongeldig", NULL);
		return;
	}
	self = c->st->boek != NULL ? ov_book_oin(c->st->boek, &c->st->self)
	                           : NULL;
	if (self == NULL) {
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
		return;
	}
	s->rollen = self->rol;
	s->at = ov_date_days(d);
	s->einde = ov_nl_midnight(ov_date_add_days(d, 1));
}

static enum ov_rc
taak_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct ov_taak *t = out;

	memset(t, 0, sizeof(*t));
	t->nr = ov_db_i64(q, 0);
	t->partner = ov_db_i64(q, 1);
	t->sinds = ov_db_i64(q, 2);
	t->leerling = ov_db_i64(q, 3);
	t->concept = ov_db_i64(q, 4);
	(void)strncpy(t->srt, ov_db_text(q, 5), sizeof(t->srt) - 1);
	t->has_zaak = !ov_db_null(q, 6);
	return t->has_zaak ? ov_db_fix(q, 6, t->zaak, 16, e) : OV_OK;
}

static json_t *
j_day(int32_t dag)
{
	char text[OV_DATE_SIZE];

	ov_date_fmt(text, ov_date_from_days(dag));
	return json_string(text);
}

static const char *
richting(const struct ov_taak *t)
{
	if (ov_taak_contact(t))
		return "";
	return t->eigen ? "eigen" : t->uit ? "uit" : "in";
}

static json_t *
j_taak(struct ov_store *st, const struct ov_taak *t,
    const struct ov_werk_term *r, int32_t at)
{
	json_t *j = json_pack("{s:s,s:s,s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:i,s:b,"
	                      "s:s}",
	    "soort", ov_werk_name(t->soort), "richting", richting(t), "nr",
	    (json_int_t)t->nr, "srt", t->srt, "partner",
	    t->eigen ? json_string("") : ov_j_partner(st, t->partner),
	    "eigenReferentie",
	    t->uit ? ov_j_draft_ref(st, t->concept)
	           : ov_j_pupil_ref(st, t->leerling),
	    "zaak", ov_j_id(t->has_zaak ? t->zaak : NULL, 16), "sinds",
	    j_day(t->begin), "uiterlijk", j_day(t->uiterlijk), "dagen",
	    (int)(at - t->begin), "telaat", (int)(at > t->uiterlijk), "tekst",
	    r->tekst);

	if (j != NULL && json_object_update(j, t->meer) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* Without a name, and without content: for a mail. */
static json_t *
j_kort(struct ov_store *st, const struct ov_taak *t)
{
	return json_pack("{s:s,s:s,s:I,s:o,s:o}", "soort",
	    ov_werk_name(t->soort), "richting", richting(t), "nr",
	    (json_int_t)t->nr, "eigenReferentie",
	    t->uit ? ov_j_draft_ref(st, t->concept)
	           : ov_j_pupil_ref(st, t->leerling),
	    "uiterlijk", j_day(t->uiterlijk));
}

/* The read lines of a page: each record whose content is shown, or one for the
 * whole of an overview. */
static bool
read_lines(struct ov_ctl *c, const struct ov_taak *t, size_t n)
{
	static const struct ov_gelezen all = {.tabel = "bericht",
	    .grond = "AGGREGAAT"};
	struct ov_gelezen g[OV_TAAK_LEES * OV_CTL_PAGE];
	struct werk *s = c->state;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; t[i].toon && m < t[i].nlees; m++)
			g[k++] = (struct ov_gelezen){.tabel = t[i].lees[m]
			                                          .tabel,
			    .record = t[i].lees[m].record,
			    .grond = t[i].lees[m].grond};
	if (k == 0 || (s->digest && s->logged))
		return true;
	s->logged = true;
	return s->digest ? ov_ctl_read_log(c, "count", &all, 1)
	                 : ov_ctl_read_log(c, "show", g, k);
}

static void
page_show(struct ov_ctl *c, const struct ov_taak *t, size_t n,
    const struct ov_werk_term *r)
{
	struct werk *s = c->state;

	for (size_t i = 0; i < n; i++) {
		if (!t[i].toon)
			continue;
		s->n++;
		s->per[t[i].soort]++;
		s->per_laat[t[i].soort] += s->at > t[i].uiterlijk;
		s->laat += s->at > t[i].uiterlijk;
		if (!s->telt)
			ov_ctl_row(c, s->digest
			                  ? j_kort(c->st, &t[i])
			                  : j_taak(c->st, &t[i], r, s->at));
	}
}

/* Dossiers handled in the school year up to that day, and the mean number of
 * days from received to handled. */
static bool
turnaround(struct ov_ctl *c, json_t *j)
{
	struct werk *s = c->state;
	struct ov_date d = ov_date_from_days(s->at);
	struct ov_err e = {0};
	sqlite3_stmt *q;
	int64_t n = 0, sum = 0;
	enum ov_rc rc;
	bool row;

	d = (struct ov_date){(int16_t)ov_schooljaar(d), 8, 1};
	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT b.ontvangen,min(s.tijd) FROM bericht b JOIN bericht_stand s"
	    " ON s.bericht=b.nr WHERE b.srt='overstapdossier' AND s.stand IN"
	    " ('GEACCEPTEERD','AFGEWEZEN','VERWERKT') GROUP BY b.nr"
	    " HAVING min(s.tijd)>=?1 AND min(s.tijd)<?2",
	    "ii", ov_nl_midnight(d), s->einde);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row) {
		n++;
		sum += ov_date_days(ov_date_nl(ov_db_i64(q, 1))) -
		       ov_date_days(ov_date_nl(ov_db_i64(q, 0)));
	}
	ov_db_done(c->st->db, q);
	(void)ov_j_set(j, "behandeld", json_integer(n));
	(void)ov_j_set(j, "doorlooptijd_dagen",
	    n > 0 ? json_integer((2 * sum + n) / (2 * n)) : json_null());
	return ov_ctl_ok(c, rc, &e);
}

/* Messages about nobody known here, per type: they are tried again after each
 * load of pupils. */
static bool
unknown(struct ov_ctl *c, json_t *j)
{
	const struct werk *s = c->state;
	json_t *per = json_object();
	struct ov_err e = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, &e,
	    s->einde > ov_now(c->st)
	        ? "SELECT b.srt,count(*) FROM bericht b INDEXED BY"
	          " bericht_wacht WHERE b.stand IN ('ONBEKEND', 'TWIJFEL')"
	          " AND b.stand='ONBEKEND' AND b.nr>?1 AND b.ontvangen<?2"
	          " GROUP BY 1"
	        : ov_onbekend_sql(),
	    "ii", (int64_t)0, s->einde);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row)
		(void)ov_j_set(per, ov_db_text(q, 0),
		    json_integer(ov_db_i64(q, 1)));
	ov_db_done(c->st->db, q);
	(void)ov_j_set(j, "onbekend", per);
	return ov_ctl_ok(c, rc, &e);
}

/* What the calendar reminds of on that day: it is about nobody. */
static void
moments(struct ov_ctl *c)
{
	struct werk *s = c->state;
	struct ov_kal_moment m[OV_KAL_MOMENTEN_MAX];
	size_t n = ov_kal_komend(c->st->kalender, s->rollen,
	    ov_date_from_days(s->at), m);

	for (size_t i = 0; i < n; i++) {
		if (ov_date_days(m[i].van) - s->at > m[i].vooraf)
			continue;
		s->kalender++;
		ov_ctl_row(c,
		    json_pack("{s:s,s:s,s:o,s:s}", "soort", "kalender",
		        "eigenReferentie", m[i].naam, "uiterlijk",
		        j_day(ov_date_days(m[i].tot)), "tekst", m[i].wat));
	}
}

static void
werk_end(struct ov_ctl *c)
{
	struct werk *s = c->state;
	json_t *j = json_pack("{s:o,s:I,s:I}", "op", j_day(s->at), "aantal",
	    (json_int_t)s->n, "telaat", (json_int_t)s->laat);
	json_t *per = json_object();

	moments(c);
	(void)ov_j_set(j, "kalender", json_integer(s->kalender));
	for (unsigned w = 0; w < OV_W_N; w++)
		if (s->per[w] > 0)
			(void)ov_j_set(per, ov_werk_name(w),
			    json_pack("{s:I,s:I}", "aantal",
			        (json_int_t)s->per[w], "telaat",
			        (json_int_t)s->per_laat[w]));
	(void)ov_j_set(j, "soorten", per);
	if (!unknown(c, j) ||
	    ((s->rollen & OV_ROL_BIT(OV_ROL_MBO)) != 0 && !turnaround(c, j))) {
		json_decref(j);
		return;
	}
	ov_ctl_end(c, j);
}

static void
werk_page(struct ov_ctl *c, const struct ov_werk_term *r)
{
	struct werk *s = c->state;
	struct ov_taak t[OV_CTL_PAGE];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	bool uit;
	const char *sql = ov_taak_sql(s->soort, &uit);
	enum ov_rc rc;
	size_t n, k;

	rc = ov_db_q(c->st->db, &q, &e, sql, "ii", s->na, s->einde);
	if (!ov_ctl_page(c, rc, q, taak_read, t, sizeof(t[0]), &n, &e))
		return;
	rc = OV_OK;
	for (k = 0; k < n && rc == OV_OK; k++) {
		t[k].soort = s->soort;
		t[k].uit = uit;
		rc = ov_taak_oordeel(c->st, &t[k], r, s->at, s->einde, &e);
		t[k].toon = rc == OV_OK &&
		            ov_taak_mag(c, &t[k],
		                s->telt ? OV_RIJ_STAND : OV_RIJ_OPEN);
	}
	if (ov_ctl_ok(c, rc, &e) && read_lines(c, t, n))
		page_show(c, t, n, r);
	for (size_t i = 0; i < k; i++)
		json_decref(t[i].meer);
	if (n > 0)
		s->na = t[n - 1].nr;
	if (n < OV_CTL_PAGE) {
		s->soort++;
		s->na = 0;
	}
}

static void
werk_step(struct ov_ctl *c)
{
	struct werk *s = c->state;
	struct ov_werk_term r;

	while (s->soort < OV_W_N &&
	       (!ov_werk_regel(c->st->werk, s->soort, s->at, &r) ||
	           (r.rollen & s->rollen) == 0))
		s->soort++;
	if (s->soort == OV_W_N)
		werk_end(c);
	else
		werk_page(c, &r);
}

const struct ov_ctl_cmd ov_ctl_worklist[] = {
    {.name = "worklist",
        .mag = MAG | OV_MAG_STANDEN,
        .size = sizeof(struct werk),
        .start = werk_start,
        .step = werk_step},
    {0},
};
