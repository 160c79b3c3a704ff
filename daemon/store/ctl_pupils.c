/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_pupils.c - commands about our own applicants: load, list,
 * remove.
 */
#include <string.h>

#include "daemon/store/toegang.h"

#define REF_MAX 64

/* ---- load ---- */

struct load {
	struct ov_load *l;
};

static void
load_rows(struct ov_ctl *c, const json_t *rows)
{
	struct load *s = c->state;

	for (size_t i = 0; i < json_array_size(rows); i++)
		ov_load_row(s->l, json_array_get(rows, i));
}

static void
load_end(struct ov_ctl *c)
{
	struct load *s = c->state;
	const struct ov_load_sum *sum = ov_load_sum(s->l);
	struct ov_err e = {0};
	struct ov_outlook o;
	json_t *f;
	size_t i;

	if (!ov_ctl_ok(c, ov_pseudo_outlook(c->st, &o, &e), &e))
		return;
	json_array_foreach(ov_load_faults(s->l), i, f)
	{
		ov_ctl_row(c, json_incref(f));
	}
	ov_ctl_end(c, ov_j_outlook(json_pack("{s:I,s:I,s:I,s:I}", "geladen",
	                               (json_int_t)sum->geladen, "gewijzigd",
	                               (json_int_t)sum->gewijzigd, "zonder_pgn",
	                               (json_int_t)sum->zonder_pgn, "fout",
	                               (json_int_t)sum->fout),
	                  &o));
}

static void
load_step(struct ov_ctl *c)
{
	struct load *s = c->state;
	struct ov_err e = {0};
	int64_t at, total;
	bool done;

	if (!ov_ctl_ok(c, ov_load_step(s->l, &done, &e), &e))
		return;
	if (done) {
		load_end(c);
		return;
	}
	ov_load_progress(s->l, &at, &total);
	ov_ctl_progress(c, at, total);
}

static void
load_start(struct ov_ctl *c)
{
	struct load *s = c->state;
	bool vervang = ov_ctl_flag(c, "vervang");
	bool proef = ov_ctl_flag(c, "proef");
	struct ov_err e = {0};

	if (!ov_ctl_args(c))
		return;
	if (!ov_ctl_ooit(c, OV_MAG_INVULLEN, OV_SRT_LEERLINGEN))
		return;
	if (c->st->boek == NULL)
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
	else if (ov_ctl_ok(c, ov_load_new(c->st, vervang, &s->l, &e), &e) &&
	         proef)
		ov_load_proef(s->l);
}

static void
load_drop(struct ov_ctl *c)
{
	struct load *s = c->state;

	ov_load_free(s->l);
}

/* ---- list ---- */

struct list {
	char stand[16];
	int64_t at, n;
	bool open; /* with own references */
};

static void
list_start(struct ov_ctl *c)
{
	struct list *l = c->state;
	const char *s = ov_ctl_text(c, "stand", sizeof(l->stand) - 1);
	struct ov_wie w = ov_wie_uid(c->st, c->uid);

	if (s != NULL)
		memcpy(l->stand, s, strlen(s) + 1);
	if (!ov_ctl_args(c))
		return;
	l->open = ov_wie_ooit(c->st, &w, OV_MAG_INZIEN, OV_SRT_LEERLINGEN).mag;
	if (!l->open)
		(void)ov_ctl_ooit(c, OV_MAG_STANDEN, OV_SRT_LEERLINGEN);
}

static void
list_end(struct ov_ctl *c)
{
	static const char *const name[] = {"gecachet", "wacht", "geblokkeerd",
	    "zonder_pgn"};
	const struct list *l = c->state;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT replace(stand,'-','_'),count(*) FROM leerling"
	    " WHERE eigen=1 GROUP BY 1",
	    "");
	ov_ctl_end_counts(c, l->n, 0, name, 4, rc, q, &e);
}

struct pupil {
	int64_t nr, geladen;
	char stand[16];
};

static enum ov_rc
pupil_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct pupil *r = out;

	(void)e;
	memset(r, 0, sizeof(*r));
	r->nr = ov_db_i64(q, 0);
	(void)strncpy(r->stand, ov_db_text(q, 1), sizeof(r->stand) - 1);
	r->geladen = ov_db_i64(q, 2);
	return OV_OK;
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct pupil r[OV_CTL_PAGE];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT nr,stand,geladen FROM leerling WHERE eigen=1 AND nr>?1"
	    " AND (?2='' OR stand=?2) ORDER BY nr LIMIT 64",
	    "it", l->at, l->stand);
	if (!ov_ctl_page(c, rc, q, pupil_read, r, sizeof(*r), &n, &e))
		return;
	for (size_t i = 0; i < n; i++)
		ov_ctl_row(c,
		    json_pack("{s:I,s:o,s:s,s:o}", "nr", (json_int_t)r[i].nr,
		        "eigenReferentie",
		        ov_j_pupil_ref(c->st, l->open ? r[i].nr : 0), "stand",
		        r[i].stand, "geladen", ov_j_moment(r[i].geladen)));
	l->n += (int64_t)n;
	if (n > 0)
		l->at = r[n - 1].nr;
	if (n < OV_CTL_PAGE)
		list_end(c);
}

/* ---- remove ---- */

static void
remove_start(struct ov_ctl *c)
{
	int64_t nr = ov_ctl_int(c, "nr");
	const char *ref = ov_ctl_text(c, "eigenReferentie", REF_MAX);
	struct ov_err e = {0};
	bool linked = false;
	enum ov_rc rc;

	if (!ov_ctl_args(c) ||
	    !ov_ctl_ooit(c, OV_MAG_INVULLEN, OV_SRT_LEERLINGEN))
		return;
	rc = ov_pupil_remove(c->st, nr, ref, &linked, &e);
	if (rc == OV_DENIED)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	else if (rc == OV_OK && linked)
		ov_ctl_fout(c, "leerling-gekoppeld", NULL);
	else if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c, json_pack("{s:i}", "verwijderd", 1));
}

const struct ov_ctl_cmd ov_ctl_pupils[] = {
    {.name = "pupils.load",
        .mag = OV_MAG_INVULLEN,
        .size = sizeof(struct load),
        .start = load_start,
        .rows = load_rows,
        .step = load_step,
        .drop = load_drop},
    {.name = "pupils.list",
        .mag = OV_MAG_INZIEN | OV_MAG_STANDEN,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "pupils.remove", .mag = OV_MAG_INVULLEN, .start = remove_start},
    {0},
};
