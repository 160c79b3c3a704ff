/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_kalender.c - commands of the calendar: holidays and absence
 * come in, what is due, and the signals of absence.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/toegang.h"
#include "daemon/store/verzuim.h"

#define HOLIDAY_ROWS_MAX 200
#define NAAM_MAX 60

/* ---- holidays ---- */

struct holiday {
	int16_t jaar;
	char naam[NAAM_MAX * 4 + 1];
	struct ov_date van, tot;
	int64_t rij;
};

struct holidays {
	struct holiday *h;
	size_t n;
	int64_t fout;
	json_t *faults;
	bool proef;
};

static void
holiday_fault(struct holidays *s, int64_t rij, const char *kolom,
    const char *code)
{
	s->fout++;
	(void)json_array_append_new(s->faults,
	    json_pack("{s:I,s:s,s:s,s:o}", "rij", (json_int_t)rij, "kolom",
	        kolom, "reden", code, "tekst", ov_j_sentence(code)));
}

/* "2026-2027": the year in which it begins, or 0. */
static int16_t
school_year(const char *s)
{
	int a, b;

	if (strlen(s) != 9 || s[4] != '-' || strspn(s, "0123456789") != 4 ||
	    strspn(s + 5, "0123456789") != 4)
		return 0;
	a = (int)strtol(s, NULL, 10);
	b = (int)strtol(s + 5, NULL, 10);
	return b == a + 1 && a > OV_JAAR_MIN && a < OV_JAAR_MAX - 2 ? (int16_t)a
	                                                            : 0;
}

/* A holiday belongs to its school year, though the summer may begin before 1
 * August and end after it: a month of room on both sides. */
static bool
within_year(const struct holiday *h)
{
	struct ov_date a = {h->jaar, 7, 1}, b = {(int16_t)(h->jaar + 1), 9, 30};

	return ov_date_cmp(h->van, a) >= 0 && ov_date_cmp(h->tot, b) <= 0 &&
	       ov_date_cmp(h->van, h->tot) <= 0;
}

static void
holiday_row(struct holidays *s, const json_t *row)
{
	struct holiday *h = &s->h[s->n];
	const char *van, *tot, *jaar, *naam;
	struct ov_jobj o;
	struct ov_err e = {0};

	memset(h, 0, sizeof(*h));
	ov_jo_init(&o, row, "row");
	if (ov_jo_has(&o, "rij"))
		h->rij = (int64_t)ov_jo_int(&o, "rij", OV_JSON_INT_MAX);
	jaar = ov_jo_str(&o, "schooljaar", 9);
	naam = ov_jo_str(&o, "naam", sizeof(h->naam) - 1);
	van = ov_jo_str(&o, "van", 10);
	tot = ov_jo_str(&o, "tot", 10);
	if (ov_jo_end(&o, &e) != OV_OK) {
		holiday_fault(s, h->rij, o.bad != NULL ? o.bad : "",
		    "reden/ontbreekt");
		return;
	}
	memcpy(h->naam, naam, strlen(naam) + 1);
	if ((h->jaar = school_year(jaar)) == 0)
		holiday_fault(s, h->rij, "schooljaar", "reden/patroon");
	else if (ov_date_parse(ov_view_str(van), &h->van) != OV_OK ||
	         ov_date_parse(ov_view_str(tot), &h->tot) != OV_OK)
		holiday_fault(s, h->rij, "van", "datum-ongeldig");
	else if (!within_year(h))
		holiday_fault(s, h->rij, "van", "vakantie-ongeldig");
	else
		s->n++;
}

static void
holidays_start(struct ov_ctl *c)
{
	struct holidays *s = c->state;

	s->proef = ov_ctl_flag(c, "proef");
	if (!ov_ctl_args(c))
		return;
	s->faults = json_array();
	s->h = calloc(HOLIDAY_ROWS_MAX + 1, sizeof(*s->h));
	if (s->h == NULL || s->faults == NULL)
		ov_ctl_fout(c, "nu-niet", NULL);
}

static void
holidays_rows(struct ov_ctl *c, const json_t *rows)
{
	struct holidays *s = c->state;

	for (size_t i = 0; i < json_array_size(rows) && !c->done; i++)
		if (s->n == HOLIDAY_ROWS_MAX)
			ov_ctl_fout(c, "bestand-te-groot", NULL);
		else
			holiday_row(s, json_array_get(rows, i));
}

static void
overlaps(struct holidays *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < i; j++)
			if (ov_date_cmp(s->h[i].van, s->h[j].tot) <= 0 &&
			    ov_date_cmp(s->h[j].van, s->h[i].tot) <= 0) {
				holiday_fault(s, s->h[i].rij, "van",
				    "vakantie-ongeldig");
				break;
			}
}

/* Years in the file: each is replaced whole. */
static enum ov_rc
holidays_store(struct ov_store *st, const struct holidays *s, int64_t *years,
    struct ov_err *e)
{
	char van[OV_DATE_SIZE], tot[OV_DATE_SIZE];
	enum ov_rc rc;

	*years = 0;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < s->n && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM vakantie WHERE schooljaar=?1", "i",
		    (int64_t)s->h[i].jaar);
	for (size_t i = 0; i < s->n && rc == OV_OK; i++) {
		ov_date_fmt(van, s->h[i].van);
		ov_date_fmt(tot, s->h[i].tot);
		rc = ov_db_run(st->db, e,
		    "INSERT INTO vakantie(schooljaar,van,tot,naam)"
		    " VALUES(?1,?2,?3,?4)",
		    "ittt", (int64_t)s->h[i].jaar, van, tot, s->h[i].naam);
	}
	if (rc == OV_OK)
		rc = ov_verzuim_again(st, e);
	if (rc == OV_OK)
		rc = ov_db_int(st->db, years, 0, e,
		    "SELECT count(DISTINCT schooljaar) FROM vakantie", "");
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static void
holidays_fed(struct ov_ctl *c)
{
	struct holidays *s = c->state;
	struct ov_err e = {0};
	int64_t years = 0;
	json_t *f;
	size_t i;

	overlaps(s);
	if (s->fout == 0 && s->n > 0 && !s->proef &&
	    !ov_ctl_ok(c, holidays_store(c->st, s, &years, &e), &e))
		return;
	json_array_foreach(s->faults, i, f)
	{
		ov_ctl_row(c, json_incref(f));
	}
	ov_ctl_end(c, json_pack("{s:I,s:I,s:I}", "geladen",
	                  (json_int_t)(s->fout == 0 ? s->n : 0), "schooljaren",
	                  (json_int_t)years, "fout", (json_int_t)s->fout));
	ov_verzuim_kick(c->st);
}

static void
holidays_drop(struct ov_ctl *c)
{
	struct holidays *s = c->state;

	free(s->h);
	json_decref(s->faults);
}

/* ---- absence: load ---- */

struct load {
	struct ov_verzuim_in *in;
};

static void
load_start(struct ov_ctl *c)
{
	struct load *s = c->state;
	bool proef = ov_ctl_flag(c, "proef");
	struct ov_err e = {0};

	if (ov_ctl_args(c) && ov_ctl_ooit(c, OV_MAG_INVULLEN, "verzuimmelding"))
		(void)ov_ctl_ok(c, ov_verzuim_in_new(c->st, proef, &s->in, &e),
		    &e);
}

static void
load_rows(struct ov_ctl *c, const json_t *rows)
{
	struct load *s = c->state;

	for (size_t i = 0; i < json_array_size(rows); i++)
		ov_verzuim_in_row(s->in, json_array_get(rows, i));
}

static void
load_end(struct ov_ctl *c)
{
	struct load *s = c->state;
	const struct ov_verzuim_sum *n = ov_verzuim_in_sum(s->in);
	json_t *f;
	size_t i;

	json_array_foreach(ov_verzuim_in_faults(s->in), i, f)
	{
		ov_ctl_row(c, json_incref(f));
	}
	ov_ctl_end(c,
	    json_pack("{s:I,s:I,s:I,s:I}", "regels", (json_int_t)n->regels,
	        "leerlingen", (json_int_t)n->leerlingen, "gewijzigd",
	        (json_int_t)n->gewijzigd, "fout", (json_int_t)n->fout));
	ov_verzuim_kick(c->st);
}

static void
load_step(struct ov_ctl *c)
{
	struct load *s = c->state;
	struct ov_err e = {0};
	int64_t at, total;
	bool done;

	if (!ov_ctl_ok(c, ov_verzuim_in_step(s->in, &done, &e), &e))
		return;
	if (done) {
		load_end(c);
		return;
	}
	ov_verzuim_in_progress(s->in, &at, &total);
	ov_ctl_progress(c, at, total);
}

static void
load_drop(struct ov_ctl *c)
{
	struct load *s = c->state;

	ov_verzuim_in_free(s->in);
}

/* ---- absence: list ---- */

struct list {
	int64_t at, n, verborgen;
};

struct signal {
	int64_t nr, concept;
	char soort[20], uiterlijk[OV_DATE_SIZE], stand[12], draft[16];
};

static void
list_start(struct ov_ctl *c)
{
	(void)ov_ctl_args(c);
}

static size_t
read_signals(struct ov_ctl *c, int64_t after, struct signal *s, enum ov_rc *rc,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	size_t n = 0;
	bool row;

	*rc = ov_db_q(c->st->db, &q, e,
	    "SELECT s.nr,s.concept,s.soort,s.uiterlijk,s.stand,c.stand"
	    " FROM verzuim_signaal s JOIN concept c ON c.nr=s.concept"
	    " WHERE s.nr>?1 AND (c.stand IN ('ONVOLLEDIG','VOLLEDIG')"
	    " OR s.stand<>'NIEUW') ORDER BY s.nr LIMIT 64",
	    "i", after);
	while (*rc == OV_OK && n < OV_CTL_PAGE &&
	       (*rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row) {
		struct signal *x = &s[n++];

		memset(x, 0, sizeof(*x));
		x->nr = ov_db_i64(q, 0);
		x->concept = ov_db_i64(q, 1);
		(void)strncpy(x->soort, ov_db_text(q, 2), 19);
		(void)strncpy(x->uiterlijk, ov_db_text(q, 3), OV_DATE_LEN);
		(void)strncpy(x->stand, ov_db_text(q, 4), 11);
		(void)strncpy(x->draft, ov_db_text(q, 5), 15);
	}
	ov_db_done(c->st->db, q);
	return n;
}

static json_t *
j_signal(struct ov_store *st, const struct signal *s, const struct ov_draft *d)
{
	struct ov_date last, today = ov_date_nl(ov_now(st));
	int32_t late = 0;
	const json_t *uren = json_object_get(json_object_get(d->inhoud,
	                                         "verzuim"),
	    "urenTotaal");
	const json_t *begin = json_object_get(d->inhoud, "begindatum"),
	             *eind = json_object_get(d->inhoud, "einddatum");
	const char *h = json_string_value(uren), *b = json_string_value(begin),
	           *e = json_string_value(eind);

	if (ov_date_parse(ov_view_str(s->uiterlijk), &last) == OV_OK)
		late = ov_kal_werkdagen(st->kalender, last, today);
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s}", "nr",
	    (json_int_t)s->concept, "eigenReferentie", d->ref, "soortVerzuim",
	    s->soort, "begindatum", b != NULL ? b : "", "einddatum",
	    e != NULL ? e : "", "uren", h != NULL ? h : "", "uiterlijk",
	    s->uiterlijk, "teLaat", (json_int_t)late, "stand", s->draft,
	    "signaal", s->stand);
}

/* May the account see this draft?  Its days and hours are content. */
static bool
signal_may(struct ov_ctl *c, const struct ov_draft *d)
{
	struct ov_feiten f;

	if (ov_ctl_alles(c))
		return true;
	ov_feiten_of(c->st->toegang, &f, d->srt, false, d->inhoud, d->klas);
	return ov_ctl_rij(c, &f) == OV_RIJ_OPEN;
}

/* Opened one by one, the reading logged for all of them, then shown. */
static void
show_signals(struct ov_ctl *c, const struct signal *s, size_t n)
{
	static struct ov_draft d[OV_CTL_PAGE];
	struct list *l = c->state;
	struct ov_gelezen g[OV_CTL_PAGE];
	size_t who[OV_CTL_PAGE], k = 0;
	struct ov_err e = {0};
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		rc = ov_draft_read(c->st, s[i].concept, &d[k], &e);
		if (rc == OV_OK && !signal_may(c, &d[k])) {
			ov_draft_free(&d[k]);
			l->verborgen++;
			continue;
		}
		if (rc == OV_OK) {
			const char *grond = json_string_value(
			    json_object_get(d[k].inhoud, "grondslag"));

			g[k] = (struct ov_gelezen){.tabel = "concept",
			    .record = s[i].concept,
			    .grond = grond != NULL ? grond : ""};
			who[k++] = i;
			continue;
		}
		ov_draft_free(&d[k]);
		if (ov_unreadable(rc))
			rc = ov_aside_now(c->st, "concept", s[i].concept, &e,
			    &e);
		else if (rc == OV_DENIED)
			rc = OV_OK;
	}
	if (ov_ctl_ok(c, rc, &e) &&
	    (k == 0 || ov_ctl_read_log(c, "show", g, k)))
		for (size_t i = 0; i < k; i++)
			ov_ctl_row(c, j_signal(c->st, &s[who[i]], &d[i]));
	for (size_t i = 0; i < k; i++)
		ov_draft_free(&d[i]);
}

static void
list_end(struct ov_ctl *c, const struct list *l)
{
	struct ov_err e = {0};
	int64_t busy, wait;
	enum ov_rc rc;

	rc = ov_db_int(c->st->db, &busy, 0, &e,
	    "SELECT count(*) FROM verzuim WHERE geoordeeld=0", "");
	if (rc == OV_OK)
		rc = ov_db_int(c->st->db, &wait, 0, &e,
		    "SELECT count(*) FROM verzuim WHERE wacht_op IS NOT NULL",
		    "");
	if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c, json_pack("{s:I,s:I,s:I,s:I}", "aantal",
		                  (json_int_t)(l->n - l->verborgen),
		                  "verborgen", (json_int_t)l->verborgen,
		                  "nog_te_beoordelen", (json_int_t)busy,
		                  "wacht_op_vakanties", (json_int_t)wait));
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct signal s[OV_CTL_PAGE];
	struct ov_err e = {0};
	enum ov_rc rc;
	size_t n;

	n = read_signals(c, l->at, s, &rc, &e);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	show_signals(c, s, n);
	l->n += (int64_t)n;
	if (n > 0)
		l->at = s[n - 1].nr;
	if (n < OV_CTL_PAGE && !c->done)
		list_end(c, l);
}

/* ---- the calendar ---- */

static bool
at_date(const char *text, const struct ov_store *st, struct ov_date *out)
{
	*out = ov_date_nl(ov_now(st));
	return text == NULL || ov_date_parse(ov_view_str(text), out) == OV_OK;
}

static void
calendar_row(struct ov_ctl *c, struct ov_date at, struct ov_date van,
    struct ov_date tot, const char *naam, json_t *tekst, const char *bron)
{
	char a[OV_DATE_SIZE], b[OV_DATE_SIZE];

	ov_date_fmt(a, van);
	ov_date_fmt(b, tot);
	ov_ctl_row(c,
	    json_pack("{s:s,s:s,s:I,s:s,s:s,s:o}", "datum", a, "tot", b,
	        "dagen", (json_int_t)(ov_date_days(tot) - ov_date_days(at)),
	        "naam", naam, "bron", bron, "tekst", tekst));
}

/* Notices of absence per last day, as they stood at the end of that day: made
 * by then, and not queued by then. */
static enum ov_rc
absence_due(struct ov_ctl *c, struct ov_date at, int64_t end, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_date d;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, e,
	    "SELECT s.uiterlijk,count(*) FROM verzuim_signaal s"
	    " JOIN concept c ON c.nr=s.concept"
	    " LEFT JOIN uitgaand u ON u.nr=c.uitgaand"
	    " WHERE s.uiterlijk<>'' AND s.stand<>'VERVALLEN' AND s.gemaakt<?1"
	    " AND (u.nr IS NULL OR u.opgesteld>=?1)"
	    " GROUP BY s.uiterlijk ORDER BY s.uiterlijk LIMIT 64",
	    "i", end);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row) {
		long long n = ov_db_i64(q, 1);

		if (ov_date_parse(ov_view_str(ov_db_text(q, 0)), &d) != OV_OK)
			continue;
		calendar_row(c, at, d, d, "verzuimmelding",
		    json_sprintf("Uiterlijk te melden: %lld %s", n,
		        n == 1 ? "verzuimmelding" : "verzuimmeldingen"),
		    "data/kalender.json: termijnen");
	}
	ov_db_done(c->st->db, q);
	return rc;
}

/* Own terms for what was received by then and is still as it came. */
static enum ov_rc
contact_due(struct ov_ctl *c, struct ov_date at, int64_t end, struct ov_err *e)
{
	struct ov_kal_termijn t, last = {0};
	sqlite3_stmt *q;
	long long n = 0;
	enum ov_rol rol;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, e,
	    "SELECT srt,rol,ontvangen FROM bericht WHERE stand='ONTVANGEN'"
	    " AND ontvangen<?1 AND srt IN ('verzuimmelding','uitschrijving')"
	    " ORDER BY ontvangen",
	    "i", end);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row) {
		if (!ov_rol_parse(ov_db_text(q, 1), &rol) ||
		    !ov_kal_eigen(c->st->kalender, ov_db_text(q, 0), rol,
		        ov_date_nl(ov_db_i64(q, 2)), &t))
			continue;
		if (n > 0 && ov_date_cmp(last.uiterlijk, t.uiterlijk) != 0) {
			calendar_row(c, at, last.uiterlijk, last.uiterlijk,
			    last.naam,
			    json_sprintf("Eerste contact, uiterlijk: %lld", n),
			    last.bron);
			n = 0;
		}
		last = t;
		n++;
	}
	ov_db_done(c->st->db, q);
	if (rc == OV_OK && n > 0)
		calendar_row(c, at, last.uiterlijk, last.uiterlijk, last.naam,
		    json_sprintf("Eerste contact, uiterlijk: %lld", n),
		    last.bron);
	return rc;
}

/* School years whose holidays somebody must load. */
static enum ov_rc
years_missing(struct ov_ctl *c, struct ov_date at, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, e,
	    "SELECT wacht_op,count(*) FROM verzuim WHERE wacht_op IS NOT NULL"
	    " GROUP BY wacht_op",
	    "");
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row)
		calendar_row(c, at, at, at, "vakanties-ontbreken",
		    json_sprintf("Laad de schoolvakanties van %d-%d: het "
		                 "verzuim van %d leerlingen wacht daarop",
		        (int)ov_db_i64(q, 0), (int)ov_db_i64(q, 0) + 1,
		        (int)ov_db_i64(q, 1)),
		    "overstap calendar load");
	ov_db_done(c->st->db, q);
	return rc;
}

static void
calendar_start(struct ov_ctl *c)
{
	struct ov_kal_moment m[OV_KAL_MOMENTEN_MAX];
	const char *op = ov_ctl_text(c, "op", OV_DATE_LEN);
	const struct ov_lid *own;
	struct ov_err e = {0};
	struct ov_date at;
	int64_t end;
	size_t n;
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	if (!at_date(op, c->st, &at)) {
		ov_ctl_fout(c, "datum-ongeldig", NULL);
		return;
	}
	if (c->st->boek == NULL ||
	    (own = ov_book_oin(c->st->boek, &c->st->self)) == NULL) {
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
		return;
	}
	end = ov_nl_midnight(ov_date_add_days(at, 1));
	rc = years_missing(c, at, &e);
	if (rc == OV_OK)
		rc = absence_due(c, at, end, &e);
	if (rc == OV_OK)
		rc = contact_due(c, at, end, &e);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	n = ov_kal_komend(c->st->kalender, own->rol, at, m);
	for (size_t i = 0; i < n; i++)
		calendar_row(c, at, m[i].van, m[i].tot, m[i].naam,
		    json_string(m[i].wat), m[i].bron);
	ov_ctl_end(c, json_object());
}

const struct ov_ctl_cmd ov_ctl_kalender[] = {
    {.name = "calendar.load",
        .mag = OV_MAG_BEHEREN | OV_MAG_INVULLEN,
        .size = sizeof(struct holidays),
        .start = holidays_start,
        .rows = holidays_rows,
        .fed = holidays_fed,
        .drop = holidays_drop},
    {.name = "calendar.list", .mag = OV_CTL_ELK, .start = calendar_start},
    {.name = "absence.load",
        .mag = OV_MAG_INVULLEN,
        .size = sizeof(struct load),
        .start = load_start,
        .rows = load_rows,
        .step = load_step,
        .drop = load_drop},
    {.name = "absence.list",
        .mag = OV_MAG_INZIEN,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {0},
};
