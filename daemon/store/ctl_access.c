/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_access.c - who has access to what: the accounts in force,
 * what one of them may, and what it would see of one record and why.
 */
#include <string.h>

#include "daemon/store/toegang.h"

struct list {
	size_t at;
	int64_t n;
};

static void
rows_of(struct ov_ctl *c, const struct ov_account *a, const char *dag)
{
	OV_JSON *all = ov_account_json(a, dag);
	json_t *f;
	size_t i;

	json_array_foreach(all, i, f)
	{
		json_t *row = json_pack("{s:s}", "account", ov_account_naam(a));

		(void)json_object_update(row, f);
		ov_ctl_row(c, row);
	}
	if (json_array_size(all) == 0)
		ov_ctl_row(c, json_pack("{s:s,s:s}", "account",
		                  ov_account_naam(a), "functie", ""));
}

static void
list_start(struct ov_ctl *c)
{
	(void)ov_ctl_args(c);
}

static void
list_step(struct ov_ctl *c)
{
	const struct ov_accounts *s = ov_toegang_accounts(c->st);
	const struct ov_account *a;
	struct list *l = c->state;
	char dag[11];

	ov_store_today(c->st, dag);
	for (size_t i = 0; s != NULL && i < OV_CTL_PAGE; i++) {
		if ((a = ov_account_nth(s, l->at)) == NULL)
			break;
		rows_of(c, a, dag);
		l->at++;
		l->n++;
	}
	if (s == NULL || ov_account_nth(s, l->at) == NULL)
		ov_ctl_end(c, json_pack("{s:I,s:b}", "aantal", (json_int_t)l->n,
		                  "open", s == NULL));
}

/* The account that is named; false: refused. */
static bool
named(struct ov_ctl *c, const char *naam, struct ov_wie *w)
{
	*w = ov_wie_naam(c->st, naam);
	if (w->alles || w->a != NULL)
		return true;
	ov_ctl_fout(c, "account-onbekend", NULL);
	return false;
}

static void
show_start(struct ov_ctl *c)
{
	const char *naam = ov_jo_str(&c->in, "account", 64);
	struct ov_wie w;
	json_t *f, *r;

	if (!ov_ctl_args(c) || !named(c, naam, &w))
		return;
	f = w.a != NULL ? ov_account_json(w.a, w.dag) : json_array();
	r = w.a != NULL ? ov_rechten_json(c->st->toegang, w.a, w.dag)
	                : json_array();
	ov_ctl_row(c, json_pack("{s:s,s:b,s:o,s:o}", "account", naam, "alles",
	                  w.alles, "functies", f, "rechten", r));
	ov_ctl_end(c, NULL);
}

/* ---- test ---- */

static enum ov_rc
bericht_bron(struct ov_store *st, int64_t nr, struct ov_bron *b,
    struct ov_err *e)
{
	char srt[OV_SRT_MAX + 1] = "";
	int64_t concept = 0;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*b = (struct ov_bron){0};
	rc = ov_db_q(st->db, &q, e,
	    "SELECT b.srt,ifnull((SELECT u.concept FROM uitgaand u"
	    " WHERE u.zaak=b.zaak AND u.concept IS NOT NULL"
	    " ORDER BY u.nr DESC LIMIT 1),0) FROM bericht b WHERE b.nr=?1",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		(void)strncpy(srt, ov_db_text(q, 0), sizeof(srt) - 1);
		concept = ov_db_i64(q, 1);
	} else if (rc == OV_OK) {
		rc = ov_fail(e, OV_DENIED, "no such message");
	}
	ov_db_done(st->db, q);
	return rc == OV_OK ? ov_bron_bericht(st, nr, srt, concept, b, e) : rc;
}

static void
answer(struct ov_ctl *c, const struct ov_wie *w, const struct ov_bron *b)
{
	const json_t *inhoud = b->inhoud != NULL ? b->inhoud : b->d.inhoud;
	uint8_t has = inhoud != NULL
	                  ? ov_toegang_delen(c->st->types, b->f.srt, inhoud)
	                  : 0;

	for (size_t i = 0; ov_mag_names[i] != NULL; i++) {
		struct ov_oordeel o = ov_wie_oordeel(c->st, w, 1u << i, &b->f);
		const char *code = ov_waarom_code(o.waarom);
		bool part = o.mag && (has & ~o.delen) != 0;

		ov_ctl_row(c,
		    json_pack("{s:s,s:b,s:o,s:o,s:s,s:o}", "mag",
		        ov_mag_names[i], "ja", o.mag, "delen",
		        ov_delen_json(o.delen & has), "nietDelen",
		        ov_delen_json((uint8_t)(has & ~o.delen)), "reden",
		        !o.mag || part ? code != NULL ? code : "" : "", "tekst",
		        (!o.mag || part) && code != NULL ? ov_j_sentence(code)
		                                         : json_string("")));
	}
	ov_ctl_end(c, json_pack("{s:s,s:s}", "srt", b->f.srt, "dag", w->dag));
}

/* What it would see is said by name of part, never by content; so nothing is
 * read for anybody. */
static void
test_start(struct ov_ctl *c)
{
	const char *naam = ov_jo_str(&c->in, "account", 64);
	int64_t bericht = ov_ctl_int(c, "bericht");
	int64_t concept = ov_ctl_int(c, "concept");
	struct ov_bron b = {0};
	struct ov_err e = {0};
	struct ov_wie w;
	enum ov_rc rc;

	if (!ov_ctl_args(c) || !named(c, naam, &w))
		return;
	if ((bericht == 0) == (concept == 0)) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return;
	}
	rc = bericht != 0 ? bericht_bron(c->st, bericht, &b, &e)
	                  : ov_bron_concept(c->st, concept, &b, &e);
	if (rc == OV_DENIED)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	else if (ov_unreadable(rc))
		ov_ctl_fout(c, "onleesbaar", NULL);
	else if (ov_ctl_ok(c, rc, &e))
		answer(c, &w, &b);
	ov_bron_free(&b);
}

const struct ov_ctl_cmd ov_ctl_access[] = {
    {.name = "access.list",
        .mag = OV_MAG_TOEZIEN,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "access.show", .mag = OV_MAG_TOEZIEN, .start = show_start},
    {.name = "access.test", .mag = OV_MAG_TOEZIEN, .start = test_start},
    {0},
};
