/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_progress.c - "progress": how far the leavers of a vo school
 * are, per class and mentor; for whom somebody must do something; the goals of
 * the year; and what came back about the leavers of the year before.
 *
 * Own references only, and only of pupils in the account's scope.  The year
 * runs to 1 October (the day on which a leaver has arrived or not): in August
 * and September it is still that of the pupils who left.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/rapport.h"
#include "daemon/store/verlaters.h"

#define SLICE 256 /* leavers a step */
#define GROUPS_MAX 5000

enum phase { READ, GROUPS, PEOPLE, BACK };

/* Lists of pupils, in the order in which they are shown. */
enum list { ZONDER_KEUZE, NIET_GEKOPPELD, NERGENS, LIST_N };
static const char *const list_soort[LIST_N] = {"zonder-keuze", "niet-gekoppeld",
    "nergens"};

/* Counts of a group, in the order of its columns. */
enum count {
	VERLATERS,
	NAAR_MBO,
	KEUZE,
	GEMELD,
	DOSSIER,
	DEEL_A,
	DEEL_B,
	DEEL_C,
	A_EN_B,
	AFGELEVERD,
	GEKOPPELD,
	INGESCHREVEN,
	GESTART,
	COUNT_N
};
static const char *const count_naam[COUNT_N] = {"verlaters", "naarMbo", "keuze",
    "gemeld", "dossier", "A", "B", "C", "AenB", "afgeleverd", "gekoppeld",
    "ingeschreven", "gestart"};

struct progress {
	struct ov_verlaters *l;
	int jaar;
	struct ov_date op;
	int64_t tot, at, verborgen, in_beeld, ddd, som[COUNT_N], lijst[LIST_N];
	uint8_t *rij; /* enum ov_rij of each leaver */
	enum phase phase;
	enum list list;
	size_t i;
	json_t *groups;
};

static void
start(struct ov_ctl *c)
{
	struct progress *p = c->state;
	const char *op = ov_ctl_text(c, "op", OV_DATE_LEN);
	const char *jaar = ov_ctl_text(c, "schooljaar", 9);
	struct ov_err e = {0};

	if (!ov_ctl_args(c))
		return;
	p->op = ov_date_nl(ov_now(c->st));
	if (op != NULL && ov_date_parse(ov_view_str(op), &p->op) != OV_OK) {
		ov_ctl_fout(c, "datum-ongeldig", NULL);
		return;
	}
	p->tot = ov_nl_midnight(ov_date_add_days(p->op, 1));
	p->jaar = ov_convenantjaar(p->op);
	if (jaar != NULL && !ov_schooljaar_parse(jaar, &p->jaar)) {
		ov_ctl_fout(c, "schooljaar-ongeldig", NULL);
		return;
	}
	if ((p->groups = json_object()) == NULL)
		ov_ctl_fout(c, "nu-niet", NULL);
	else
		(void)ov_ctl_ok(c,
		    ov_verlaters_new(c->st, p->jaar, p->tot, &p->l, &e), &e);
}

/* ---- counts ---- */

/* The group of a leaver, made when it is new.  NULL: too many. */
static json_t *
group(struct progress *p, const char *klas, const char *mentor)
{
	OV_BUF key = {0};
	json_t *g;

	ov_buf_fmt(&key, "%s\n%s", klas, mentor);
	if (ov_buf_text(&key) == NULL)
		return NULL;
	g = json_object_get(p->groups, ov_buf_text(&key));
	if (g != NULL || json_object_size(p->groups) >= GROUPS_MAX)
		return g;
	g = json_pack("{s:s,s:s,s:s}", "soort", "klas", "klas", klas, "mentor",
	    mentor);
	for (size_t i = 0; i < COUNT_N; i++)
		(void)ov_j_set(g, count_naam[i], json_integer(0));
	return ov_j_set(p->groups, ov_buf_text(&key), g) ? g : NULL;
}

static void
count(struct progress *p, const struct ov_verlater *v, enum ov_rij how)
{
	const bool mbo = v->naar_mbo;
	const bool yes[COUNT_N] = {[VERLATERS] = true,
	    [NAAR_MBO] = mbo,
	    [KEUZE] = mbo && v->keuze,
	    [GEMELD] = mbo && v->gemeld,
	    [DOSSIER] = mbo && v->dossier,
	    [DEEL_A] = mbo && v->deel[1],
	    [DEEL_B] = mbo && v->deel[2],
	    [DEEL_C] = mbo && v->deel[3],
	    [A_EN_B] = mbo && v->deel[1] && v->deel[2],
	    [AFGELEVERD] = mbo && v->afgeleverd,
	    [GEKOPPELD] = mbo && v->gekoppeld,
	    [INGESCHREVEN] = mbo && v->ingeschreven,
	    [GESTART] = mbo && v->gestart};
	bool open = how == OV_RIJ_OPEN;
	json_t *g = group(p, open ? ov_vl(v->root, OV_VL_KLAS) : "",
	    open ? ov_vl(v->root, OV_VL_MENTOR) : "");

	p->in_beeld += ov_verlater_in_beeld(v) ? 1 : 0;
	p->ddd += ov_verlater_met_ddd(v) ? 1 : 0;
	for (size_t i = 0; i < COUNT_N; i++) {
		json_t *n = json_object_get(g, count_naam[i]);

		p->som[i] += yes[i] ? 1 : 0;
		(void)json_integer_set(n,
		    json_integer_value(n) + (yes[i] ? 1 : 0));
	}
}

static int
by_group(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int k = strcmp(json_string_value(json_object_get(x, "klas")),
	    json_string_value(json_object_get(y, "klas")));

	return k != 0 ? k
	              : strcmp(json_string_value(json_object_get(x, "mentor")),
	                    json_string_value(json_object_get(y, "mentor")));
}

static bool
show_groups(struct ov_ctl *c)
{
	struct progress *p = c->state;
	size_t n = json_object_size(p->groups), k = 0;
	json_t **all = calloc(n + 1, sizeof(*all)), *g;
	const char *key;

	if (all == NULL) {
		ov_ctl_fout(c, "nu-niet", NULL);
		return false;
	}
	json_object_foreach(p->groups, key, g)
	{
		all[k++] = g;
	}
	qsort(all, n, sizeof(json_t *), by_group);
	for (k = 0; k < n; k++)
		ov_ctl_row(c, json_incref(all[k]));
	free(all);
	return true;
}

static void
groups_step(struct ov_ctl *c)
{
	struct progress *p = c->state;
	size_t n = ov_verlaters_n(p->l), end = p->i + SLICE;

	if (p->rij == NULL && (p->rij = calloc(n + 1, 1)) == NULL) {
		ov_ctl_fout(c, "nu-niet", NULL);
		return;
	}
	for (; p->i < n && p->i < end; p->i++) {
		const struct ov_verlater *v = ov_verlaters_at(p->l, p->i);
		enum ov_rij how = ov_verlater_rij(c, v);

		p->rij[p->i] = (uint8_t)how;
		if (how == OV_RIJ_WEG)
			p->verborgen++;
		else
			count(p, v, how);
	}
	if (p->i < n || !show_groups(c))
		return;
	p->phase = PEOPLE;
	p->i = 0;
}

/* ---- people ---- */

static bool
listed(const struct progress *p, const struct ov_verlater *v)
{
	struct ov_date aug = {(int16_t)(p->jaar + 1), 8, 1};

	switch (p->list) {
	case ZONDER_KEUZE:
		return v->naar_mbo && !v->keuze;
	case NIET_GEKOPPELD:
		return v->niet_gekoppeld && !v->gekoppeld;
	case NERGENS: /* zomerlek */
		return v->naar_mbo && !v->ingeschreven && !v->gestart &&
		       ov_date_cmp(p->op, aug) >= 0;
	case LIST_N:
		break;
	}
	return false;
}

/* To whom the dossier went, of somebody they do not know as ours. */
static json_t *
receiver(struct ov_store *st, const struct ov_verlater *v)
{
	struct ov_err e = {0};
	int64_t partner = 0;

	if (v->uitgaand == 0 ||
	    ov_db_int(st->db, &partner, 0, &e,
	        "SELECT partner FROM uitgaand WHERE nr=?1", "i",
	        v->uitgaand) != OV_OK ||
	    partner == 0)
		return json_string("");
	return ov_j_partner(st, partner);
}

static void
people_step(struct ov_ctl *c)
{
	struct progress *p = c->state;
	size_t n = ov_verlaters_n(p->l), end = p->i + SLICE;

	for (; p->i < n && p->i < end; p->i++) {
		const struct ov_verlater *v = ov_verlaters_at(p->l, p->i);
		json_t *j;

		if (p->rij[p->i] == OV_RIJ_WEG || !listed(p, v))
			continue;
		p->lijst[p->list]++;
		if (p->rij[p->i] != OV_RIJ_OPEN)
			continue;
		j = json_pack("{s:s,s:s,s:s,s:s}", "soort", list_soort[p->list],
		    "klas", ov_vl(v->root, OV_VL_KLAS), "mentor",
		    ov_vl(v->root, OV_VL_MENTOR), "eigenReferentie",
		    ov_vl(v->root, OV_VL_REF));
		if (j != NULL && p->list == NIET_GEKOPPELD)
			(void)ov_j_set(j, "ontvanger", receiver(c->st, v));
		ov_ctl_row(c, j);
	}
	if (p->i < n)
		return;
	p->i = 0;
	if (++p->list == LIST_N)
		p->phase = BACK;
}

/* ---- the goals ---- */

static void
goal(struct ov_ctl *c, const char *formule, int64_t teller, int64_t noemer)
{
	const struct progress *p = c->state;
	const struct ov_rap r = {.c = c, .jaar = p->jaar};
	const struct ov_formule *f = ov_formule(c->st->rapport, formule);
	json_t *j = json_pack("{s:s,s:s}", "soort", "doel", "maat", formule);

	if (j != NULL && f != NULL) {
		ov_rap_breuk(&r, j, formule, teller, noemer);
		ov_rap_norm(&r, j, formule, "", teller, noemer);
		(void)ov_j_set(j, "formule", json_string(f->tekst));
		(void)ov_j_set(j, "bron", json_string(f->bron));
	}
	ov_ctl_row(c, j);
}

/* ---- what came back ---- */

struct back {
	int64_t nr, partner, leerling;
};

static enum ov_rc
back_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	(void)e;
	*(struct back *)out = (struct back){ov_db_i64(q, 0), ov_db_i64(q, 1),
	    ov_db_i64(q, 2)};
	return OV_OK;
}

static json_t *
back_json(struct ov_store *st, const struct back *b, const struct ov_jn *in)
{
	const char *v = ov_jn_text(ov_jn_at(in, "vestiging/vestiging"));
	const char *brin = ov_jn_text(ov_jn_at(in, "vestiging/brin"));
	const char *dag = ov_jn_text(ov_jn_at(in, "peildatum"));
	const char *aankomst = ov_jn_text(ov_jn_at(in, "aankomst"));
	const struct ov_jn *t = ov_jn_at(in, "tellingen"), *el;
	json_t *j;

	j = json_pack("{s:s,s:o,s:s,s:s,s:s}", "soort", "terugkoppeling",
	    "partner", ov_j_partner(st, b->partner), "peildatum",
	    dag != NULL ? dag : "", "brin", brin != NULL ? brin : "",
	    "vestiging", v != NULL ? v : "");
	if (aankomst != NULL) {
		(void)ov_j_set(j, "eigenReferentie",
		    ov_j_pupil_ref(st, b->leerling));
		(void)ov_j_set(j, "aankomst", json_string(aankomst));
	}
	for (el = ov_jn_first(t); el != NULL; el = ov_jn_next(el)) {
		const char *u = ov_jn_text(ov_jn_get(el, "uitkomst"));
		uint64_t n;

		if (u != NULL && ov_jn_int(ov_jn_get(el, "aantal"),
		                     OV_TELLING_MAX, &n) == OV_OK)
			(void)ov_j_set(j, u, json_integer((json_int_t)n));
		else if (u !=
		         NULL) /* suppressed: too small, or gives one away */
			(void)ov_j_set(j, u, json_string("x"));
	}
	return j;
}

/* Of this year, and for this account? */
static enum ov_rc
back_one(struct ov_ctl *c, const struct back *b, struct ov_claims *cl,
    bool *show, struct ov_err *e)
{
	struct progress *p = c->state;
	struct ov_bron src = {0};
	struct ov_err why;
	const char *jaar;
	int y;
	enum ov_rc rc;

	*show = false;
	rc = ov_bericht_open(c->st, b->nr, cl, e);
	if (ov_unreadable(rc)) {
		why = *e;
		return ov_aside_now(c->st, "bericht", b->nr, &why, e);
	}
	if (rc != OV_OK)
		return rc == OV_DENIED ? OV_OK : rc;
	jaar = ov_jn_text(ov_jn_at(cl->inhoud, "schooljaar"));
	if (jaar == NULL || !ov_schooljaar_parse(jaar, &y) || y != p->jaar)
		return OV_OK;
	*show = true;
	if (ov_ctl_alles(c))
		return OV_OK;
	rc = ov_bron_bericht(c->st, b->nr, "terugkoppeling", 0, &src, e);
	if (rc == OV_OK)
		*show = ov_ctl_rij(c, &src.f) == OV_RIJ_OPEN;
	if (rc == OV_OK && !*show)
		p->verborgen++;
	ov_bron_free(&src);
	return rc;
}

static void
finish(struct ov_ctl *c)
{
	struct progress *p = c->state;
	json_t *end, *let_op = json_array();
	char op[OV_DATE_SIZE], jaar[10];

	if (ov_verlaters_n(p->l) == 0)
		(void)json_array_append_new(let_op,
		    ov_j_sentence("verlaters-ontbreken"));
	ov_date_fmt(op, p->op);
	ov_schooljaar_fmt(p->jaar, jaar);
	end = json_pack("{s:s,s:s,s:I,s:I,s:o}", "op", op, "schooljaar", jaar,
	    "verborgen", (json_int_t)p->verborgen, "buiten_lijst",
	    (json_int_t)ov_verlaters_buiten(p->l), "let_op", let_op);
	for (size_t i = 0; i < COUNT_N; i++)
		(void)ov_j_set(end, count_naam[i], json_integer(p->som[i]));
	for (size_t i = 0; i < LIST_N; i++)
		(void)ov_j_set(end, list_soort[i], json_integer(p->lijst[i]));
	ov_ctl_end(c, end);
}

static void
back_step(struct ov_ctl *c)
{
	static struct ov_claims cl[OV_CTL_PAGE];
	struct progress *p = c->state;
	struct back b[OV_CTL_PAGE];
	struct ov_gelezen g[OV_CTL_PAGE];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	const char *grond;
	size_t n = 0, k = 0;
	bool show;
	enum ov_rc rc;

	if (p->at == 0) { /* once, before the first page */
		goal(c, "in-beeld", p->in_beeld, p->som[NAAR_MBO]);
		goal(c, "ddd", p->ddd, p->in_beeld);
	}
	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT nr,partner,ifnull(leerling,0) FROM bericht WHERE nr>?1"
	    " AND srt='terugkoppeling' AND ontvangen<?2 AND stand NOT IN"
	    " ('AFGEWEZEN','INGETROKKEN','TERZIJDE','VERNIETIGD')"
	    " AND inhoud IS NOT NULL ORDER BY nr LIMIT 64",
	    "ii", p->at, p->tot);
	if (!ov_ctl_page(c, rc, q, back_read, b, sizeof(b[0]), &n, &e))
		return;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		memset(&cl[k], 0, sizeof(cl[k]));
		p->at = b[i].nr;
		rc = back_one(c, &b[i], &cl[k], &show, &e);
		if (rc != OV_OK || !show) {
			ov_claims_free(&cl[k]);
			continue;
		}
		grond = ov_jn_text(ov_jn_get(cl[k].inhoud, "grondslag"));
		g[k] = (struct ov_gelezen){.tabel = "bericht",
		    .record = b[i].nr,
		    .grond = grond != NULL ? grond : ""};
		b[k++] = b[i];
	}
	if (ov_ctl_ok(c, rc, &e) &&
	    (k == 0 || ov_ctl_read_log(c, "show", g, k))) {
		for (size_t i = 0; i < k; i++)
			ov_ctl_row(c, back_json(c->st, &b[i], cl[i].inhoud));
		if (n < OV_CTL_PAGE)
			finish(c);
	}
	for (size_t i = 0; i < k; i++)
		ov_claims_free(&cl[i]);
}

static void
step(struct ov_ctl *c)
{
	struct progress *p = c->state;
	struct ov_err e = {0};
	bool done;

	switch (p->phase) {
	case READ:
		if (ov_ctl_ok(c, ov_verlaters_step(p->l, &done, &e), &e) &&
		    done)
			p->phase = GROUPS;
		break;
	case GROUPS:
		groups_step(c);
		break;
	case PEOPLE:
		people_step(c);
		break;
	case BACK:
		back_step(c);
		break;
	}
}

static void
drop(struct ov_ctl *c)
{
	struct progress *p = c->state;

	ov_verlaters_free(p->l);
	free(p->rij);
	json_decref(p->groups);
}

const struct ov_ctl_cmd ov_ctl_voortgang[] = {
    {.name = "progress",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct progress),
        .start = start,
        .step = step,
        .drop = drop},
    {0},
};
