/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_run.c - the command "report": reading, counting,
 * showing; and what the lists share.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/rapport.h"
#include "daemon/store/toegang.h"

static const struct ov_rap_lijst *const lijsten[] = {&ov_rap_vsv,
    &ov_rap_terugkeer, &ov_rap_tijdigheid, &ov_rap_doorlooptijd, &ov_rap_duo,
    &ov_rap_terugkoppeling, &ov_rap_uitvalreden, &ov_rap_in_beeld,
    &ov_rap_effect};

/* ---- shared by the lists ---- */

bool
ov_rap_tel(json_t *cel, const char *key, const char *name, int64_t n)
{
	json_t *o = json_object_get(cel, key);

	if (o == NULL) {
		o = json_object();
		if (!ov_j_set(cel, key, o))
			return false;
	}
	return ov_j_set(o, name,
	    json_integer(json_integer_value(json_object_get(o, name)) + n));
}

int64_t
ov_rap_waarde(const json_t *cel, const char *key, const char *name)
{
	return json_integer_value(
	    json_object_get(json_object_get(cel, key), name));
}

bool
ov_rap_mens(const struct ov_rap_row *r, bool pupil, char out[64])
{
	char tag[OV_B64U_SIZE(16)];

	if (pupil ? r->leerling == 0 : !r->has_tag)
		return false;
	if (pupil) {
		(void)snprintf(out, 64, "L%lld", (long long)r->leerling);
	} else {
		(void)ov_b64u_enc(tag, r->tag, sizeof(r->tag));
		(void)snprintf(out, 64, "T%lld/%s", (long long)r->partner, tag);
	}
	return true;
}

enum ov_rc
ov_rap_startpop(struct ov_rap *s, int jaar, const char *vorm, int64_t *nr,
    struct ov_err *e)
{
	return ov_db_int(s->c->st->db, nr, 0, e,
	    "SELECT max(nr) FROM startpopulatie WHERE schooljaar=?1 AND"
	    " vorm=?2 AND tijd<?3",
	    "iti", (int64_t)jaar, vorm, s->tot);
}

void
ov_rap_breuk(const struct ov_rap *s, json_t *row, const char *formule,
    int64_t teller, int64_t noemer)
{
	const struct ov_formule *f = ov_formule(s->c->st->rapport, formule);
	char pct[OV_BREUK_SIZE] = "";

	if (f != NULL && teller >= 0 && noemer >= 0)
		(void)ov_breuk((uint64_t)teller, (uint64_t)noemer, f->maal,
		    f->decimalen, pct);
	(void)ov_j_set(row, "teller", json_integer(teller));
	(void)ov_j_set(row, "noemer",
	    noemer < 0 ? json_null() : json_integer(noemer));
	(void)ov_j_set(row, "uitkomst", json_string(pct));
}

void
ov_rap_norm(const struct ov_rap *s, json_t *row, const char *formule,
    const char *categorie, int64_t teller, int64_t noemer)
{
	const struct ov_rapport *r = s->c->st->rapport;
	const struct ov_formule *f = ov_formule(r, formule);
	const struct ov_norm_rij *n = NULL;
	char norm[OV_BREUK_SIZE] = "";

	if (f != NULL)
		n = ov_norm(r, formule, categorie, s->jaar,
		    s->normbron[0] != '\0' ? s->normbron : NULL, 0);
	if (n != NULL)
		(void)ov_breuk(n->norm, 100, 1, 2, norm);
	(void)ov_j_set(row, "norm", json_string(norm));
	(void)ov_j_set(row, "gehaald",
	    json_string(
	        n == NULL || noemer <= 0 ? ""
	        : ov_norm_gehaald(f, n, (uint64_t)teller, (uint64_t)noemer)
	            ? "ja"
	            : "nee"));
	(void)ov_j_set(row, "normbron", json_string(n != NULL ? n->bron : ""));
}

void
ov_rap_let_op(struct ov_rap *s, const char *text)
{
	(void)json_array_append_new(s->let_op, json_string(text));
}

/* ---- arguments ---- */

static bool
parse_maand(const char *s, struct ov_rap *r)
{
	struct ov_date d;
	char text[OV_DATE_SIZE];

	if (strlen(s) != 7)
		return false;
	(void)snprintf(text, sizeof(text), "%s-01", s);
	if (ov_date_parse(ov_view_str(text), &d) != OV_OK)
		return false;
	r->jaar = d.y;
	r->maand = d.m;
	return true;
}

/* A code of why not, or NULL. */
static const char *
settings(struct ov_rap *s, const char *lijst, const char *op, const char *jaar,
    const char *maand)
{
	for (size_t i = 0; i < sizeof(lijsten) / sizeof(lijsten[0]); i++)
		if (strcmp(lijsten[i]->naam, lijst) == 0)
			s->l = lijsten[i];
	if (s->l == NULL)
		return "rapport-onbekend";
	s->op = ov_date_nl(ov_now(s->c->st));
	if (op != NULL && ov_date_parse(ov_view_str(op), &s->op) != OV_OK)
		return "datum-ongeldig";
	s->tot = ov_nl_midnight(ov_date_add_days(s->op, 1));
	if (s->verzend && !s->l->verzendt)
		return "opdracht-ongeldig";
	if (s->verzend && ov_date_cmp(s->op, ov_date_nl(ov_now(s->c->st))) != 0)
		return "datum-ongeldig";
	if (s->l->jaar == OV_RAP_MAAND)
		return maand != NULL && parse_maand(maand, s)
		           ? NULL
		           : "maand-ongeldig";
	if (maand != NULL)
		return "maand-ongeldig";
	s->jaar = s->l->jaar == OV_RAP_CONVENANT ? ov_convenantjaar(s->op)
	          : s->l->jaar == OV_RAP_VORIG   ? ov_schooljaar(s->op) - 1
	                                         : ov_schooljaar(s->op);
	if (jaar != NULL && !ov_schooljaar_parse(jaar, &s->jaar))
		return "schooljaar-ongeldig";
	if (s->normbron[0] != '\0' &&
	    !ov_norm_bron(s->c->st->rapport, s->normbron))
		return "normbron-onbekend";
	return NULL;
}

static void
report_start(struct ov_ctl *c)
{
	struct ov_rap *s = c->state;
	const char *lijst = ov_jo_str(&c->in, "lijst", 40);
	const char *op = ov_ctl_text(c, "op", OV_DATE_LEN);
	const char *jaar = ov_ctl_text(c, "schooljaar", 9);
	const char *maand = ov_ctl_text(c, "maand", 7);
	const char *norm = ov_ctl_text(c, "norm", sizeof(s->normbron) - 1);
	const char *code;

	s->c = c;
	s->cel = json_object();
	s->mens = json_object();
	s->let_op = json_array();
	s->per_gemeente = ov_ctl_flag(c, "gemeente");
	s->verzend = ov_ctl_flag(c, "verzend");
	if (norm != NULL)
		memcpy(s->normbron, norm, strlen(norm) + 1);
	if (ov_ctl_args(c) &&
	    (code = settings(s, lijst, op, jaar, maand)) != NULL)
		ov_ctl_fout(c, code, NULL);
	/* What sends is no reading. */
	else if (!c->done && !ov_ctl_alles(c))
		(void)ov_ctl_ooit(c,
		    s->verzend       ? OV_MAG_VERZENDEN
		    : s->l->mag != 0 ? s->l->mag
		                     : OV_MAG_STANDEN,
		    s->l->mag_srt);
}

static void
report_drop(struct ov_ctl *c)
{
	struct ov_rap *s = c->state;

	if (s->l != NULL && s->l->weg != NULL)
		s->l->weg(s);
	json_decref(s->cel);
	json_decref(s->mens);
	json_decref(s->let_op);
}

/* ---- reading ---- */

static enum ov_rc
row_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct ov_rap_row *r = out;

	*r = (struct ov_rap_row){.nr = ov_db_i64(q, 0),
	    .partner = ov_db_i64(q, 1),
	    .ontvangen = ov_db_i64(q, 2),
	    .leerling = ov_db_i64(q, 3),
	    .afgehandeld = ov_db_i64(q, 5),
	    .has_tag = !ov_db_null(q, 4)};
	return r->has_tag ? ov_db_fix(q, 4, r->tag, 16, e) : OV_OK;
}

/* A rejected notice is no event; a dossier that was rejected is handled. */
static bool
page(struct ov_rap *s, struct ov_rap_row *r, size_t *n)
{
	struct ov_err e = {0};
	sqlite3_stmt *q = NULL;
	enum ov_rc rc;

	rc = ov_db_q(s->c->st->db, &q, &e,
	    "SELECT b.nr,b.partner,b.ontvangen,b.leerling,b.tag16,"
	    "(SELECT a.tijd FROM afhandeling a WHERE a.bericht=b.nr"
	    " AND a.tijd<?3) FROM bericht b WHERE b.nr>?1 AND b.srt=?2"
	    " AND b.ontvangen<?3 AND (?4=0 OR (b.gesloten=0 AND b.inhoud IS"
	    " NOT NULL AND b.stand NOT IN ('TWIJFEL','TERZIJDE',"
	    "'VERNIETIGD','AFGEWEZEN'))) ORDER BY b.nr LIMIT 64",
	    "itii", s->at, s->l->srt[s->fase], s->tot,
	    (int64_t)(s->l->inhoud ? 1 : 0));
	return ov_ctl_page(s->c, rc, q, row_read, r, sizeof(*r), n, &e);
}

/* One line for the whole report, before the first content is opened. */
static bool
log_whole(struct ov_rap *s)
{
	static const struct ov_gelezen g = {.tabel = "bericht",
	    .record = 0,
	    .grond = "AGGREGAAT"};

	if (s->logged || !s->l->inhoud || s->l->persoon)
		return true;
	s->logged = true;
	return ov_ctl_read_log(s->c, "report", &g, 1);
}

/* May the account see this one, and all of it where it is shown? */
static enum ov_rc
allowed(struct ov_rap *s, const struct ov_rap_row *r, bool *yes,
    struct ov_err *e)
{
	struct ov_wie w = ov_wie_uid(s->c->st, s->c->uid);
	const char *srt = s->l->srt[s->fase];
	struct ov_bron b = {0};
	struct ov_oordeel o;
	enum ov_rc rc;

	*yes = true;
	if (s->l->weegt == 0 || w.alles)
		return OV_OK;
	rc = ov_bron_bericht(s->c->st, r->nr, srt, 0, &b, e);
	if (rc == OV_OK) {
		o = ov_wie_oordeel(s->c->st, &w, s->l->weegt, &b.f);
		*yes = o.mag &&
		       (!s->l->persoon ||
		           (b.f.bekend && (ov_toegang_delen(s->c->st->types,
		                               srt, b.inhoud) &
		                              ~o.delen) == 0));
		s->verborgen += *yes ? 0 : 1;
	}
	ov_bron_free(&b);
	return rc;
}

/* Read one; *toon: it stays open to be shown. */
static enum ov_rc
one(struct ov_rap *s, const struct ov_rap_row *r, struct ov_claims *cl,
    bool *toon, struct ov_err *e)
{
	enum ov_rc rc;
	bool may;

	*toon = false;
	if ((rc = allowed(s, r, &may, e)) != OV_OK || !may)
		return rc;
	if (!s->l->inhoud)
		return s->l->een(s, r, NULL, toon, e);
	rc = ov_bericht_open(s->c->st, r->nr, cl, e);
	if (rc == OV_OK)
		return s->l->een(s, r, cl, toon, e);
	if (ov_unreadable(rc)) {
		struct ov_err why = *e;

		return ov_aside_now(s->c->st, "bericht", r->nr, &why, e);
	}
	return rc == OV_DENIED ? OV_OK : rc;
}

static bool
show(struct ov_rap *s, const struct ov_rap_row *r, const struct ov_claims *cl,
    size_t n)
{
	struct ov_gelezen g[OV_CTL_PAGE];
	const char *grond;

	for (size_t i = 0; i < n; i++) {
		grond = ov_jn_text(ov_jn_get(cl[i].inhoud, "grondslag"));
		g[i] = (struct ov_gelezen){.tabel = "bericht",
		    .record = r[i].nr,
		    .grond = grond != NULL ? grond : ""};
	}
	if (n > 0 && !ov_ctl_read_log(s->c, "report", g, n))
		return false;
	for (size_t i = 0; i < n; i++)
		ov_ctl_row(s->c, s->l->rij(s, &r[i], &cl[i]));
	s->n += (int64_t)n;
	return true;
}

/* ---- the end ---- */

static json_t *
j_formule(const struct ov_rapport *r, const char *code)
{
	const struct ov_formule *f = ov_formule(r, code);

	if (f == NULL)
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "code", f->code, "tekst",
	    f->tekst, "bron", f->bron, "teller", ov_grootheid_uitleg(f->teller),
	    "noemer", ov_grootheid_uitleg(f->noemer));
}

static json_t *
j_kolommen(const struct ov_rap_lijst *l)
{
	static const char *const soort[] = {"tekst", "aantal", "pct"};
	json_t *a = json_array();

	for (const struct ov_rap_kolom *k = l->kolom; k->naam != NULL; k++)
		(void)json_array_append_new(a,
		    json_pack("{s:s,s:s,s:s}", "naam", k->naam, "kop", k->kop,
		        "soort", soort[k->soort]));
	return a;
}

static void
report_end(struct ov_rap *s)
{
	struct ov_err e = {0};
	json_t *form = json_array(), *f, *end;
	char op[OV_DATE_SIZE], periode[10];
	enum ov_rc rc = OV_OK;

	if (s->l->slot != NULL)
		rc = s->l->slot(s, &e);
	if (!ov_ctl_ok(s->c, rc, &e)) {
		json_decref(form);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		if (s->l->formule[i] != NULL &&
		    (f = j_formule(s->c->st->rapport, s->l->formule[i])) !=
		        NULL)
			(void)json_array_append_new(form, f);
	ov_date_fmt(op, s->op);
	if (s->maand != 0)
		(void)snprintf(periode, sizeof(periode), "%04d-%02u",
		    s->jaar % 10000, (unsigned)s->maand % 100);
	else
		ov_schooljaar_fmt(s->jaar, periode);
	end = json_pack("{s:s,s:s,s:s,s:s,s:I,s:o,s:o,s:O}", "lijst",
	    s->l->naam, "titel", s->l->titel, "periode", periode, "op", op,
	    "aantal", (json_int_t)s->n, "kolommen", j_kolommen(s->l),
	    "formules", form, "let_op", s->let_op);
	if (end != NULL && s->verborgen > 0)
		(void)ov_j_set(end, "verborgen", json_integer(s->verborgen));
	ov_ctl_end(s->c, end);
}

static void
report_step(struct ov_ctl *c)
{
	static struct ov_claims cl[OV_CTL_PAGE];
	struct ov_rap *s = c->state;
	struct ov_rap_row r[OV_CTL_PAGE];
	struct ov_err e = {0};
	size_t n = 0, k = 0;
	enum ov_rc rc = OV_OK;
	bool toon;

	if (s->l->stap != NULL && !s->gestapt) {
		(void)ov_ctl_ok(c, s->l->stap(s, &s->gestapt, &e), &e);
		return;
	}
	if (s->fase == (int)(sizeof(s->l->srt) / sizeof(s->l->srt[0])) ||
	    s->l->srt[s->fase] == NULL) {
		report_end(s);
		return;
	}
	if (!page(s, r, &n) || (n > 0 && !log_whole(s)))
		return;
	if (n > 0)
		s->at = r[n - 1].nr;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		memset(&cl[k], 0, sizeof(cl[k]));
		rc = one(s, &r[i], &cl[k], &toon, &e);
		if (rc == OV_OK && toon)
			r[k++] = r[i];
		else
			ov_claims_free(&cl[k]);
	}
	if (ov_ctl_ok(c, rc, &e) && show(s, r, cl, k) && n < OV_CTL_PAGE) {
		s->fase++;
		s->at = 0;
	}
	for (size_t i = 0; i < k; i++)
		ov_claims_free(&cl[i]);
}

const struct ov_ctl_cmd ov_ctl_report[] = {
    {.name = "report",
        .mag = OV_MAG_STANDEN | OV_MAG_INZIEN | OV_MAG_EXPORTEREN |
               OV_MAG_VERZENDEN,
        .size = sizeof(struct ov_rap),
        .start = report_start,
        .step = report_step,
        .drop = report_drop},
    {0},
};
