/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_geen.c - the content of notices without a receiver, to be
 * sent otherwise (`export --geen-ontvanger`).
 */
#include <string.h>

#include "daemon/store/toegang.h"

struct geen {
	char srt[OV_SRT_MAX + 1];
	int64_t at, n, verborgen;
};

struct row {
	int64_t nr, concept, opgesteld;
	uint8_t jti[16];
};

static void
geen_start(struct ov_ctl *c)
{
	struct geen *g = c->state;
	const char *p = ov_jo_str(&c->in, "profiel", sizeof(g->srt) - 1);

	memcpy(g->srt, p, strlen(p) + 1);
	if (!ov_ctl_args(c))
		return;
	if (ov_types_latest(c->st->types, g->srt) == NULL)
		ov_ctl_fout(c, "profiel-onbekend", NULL);
	else
		(void)ov_ctl_ooit(c, OV_MAG_EXPORTEREN, g->srt);
}

static enum ov_rc
row_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct row *r = out;

	r->nr = ov_db_i64(q, 0);
	r->concept = ov_db_i64(q, 1);
	r->opgesteld = ov_db_i64(q, 2);
	return ov_db_fix(q, 3, r->jti, 16, e);
}

static json_t *
j_row(const struct geen *g, const struct row *r, const struct ov_draft *d)
{
	return json_pack("{s:I,s:o,s:s,s:s,s:s,s:s,s:o}", "nr",
	    (json_int_t)r->nr, "jti", ov_j_id(r->jti, 16), "srt", g->srt,
	    "eigenReferentie", d->ref, "ontvanger", d->ontvanger, "stand",
	    "GEEN-ONTVANGER", "opgesteld", ov_j_moment(r->opgesteld));
}

/* A page: logged as a whole, then shown.  One that cannot be read is set
 * aside, and the others go on.  The draft is what was sent: after sending its
 * content never changes. */
static size_t
geen_page(struct ov_ctl *c, const struct row *r, size_t n)
{
	struct geen *g = c->state;
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_oordeel o[OV_CTL_PAGE];
	struct ov_bron b;
	struct ov_gelezen log[OV_CTL_PAGE];
	static struct ov_draft d[OV_CTL_PAGE];
	const struct row *of[OV_CTL_PAGE];
	struct ov_err e = {0};
	size_t k = 0;
	json_t *j;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		b = (struct ov_bron){0};
		rc = ov_bron_uitgaand(c->st, g->srt, r[i].concept, &b, &e);
		if (rc == OV_OK)
			o[k] = ov_wie_oordeel(c->st, &w, OV_MAG_EXPORTEREN,
			    &b.f);
		ov_bron_free(&b);
		if (rc == OV_OK && o[k].delen == 0) {
			g->verborgen++;
			continue;
		}
		if (rc == OV_OK)
			rc = ov_draft_read(c->st, r[i].concept, &d[k], &e);
		if (rc == OV_OK) {
			log[k] = (struct ov_gelezen){.tabel = "uitgaand",
			    .record = r[i].nr,
			    .grond = json_string_value(
			        json_object_get(d[k].inhoud, "grondslag"))};
			if (log[k].grond == NULL)
				log[k].grond = "";
			of[k++] = &r[i];
			continue;
		}
		ov_draft_free(&d[k]);
		if (ov_unreadable(rc))
			rc = ov_aside_now(c->st, "concept", r[i].concept, &e,
			    &e);
	}
	if (ov_ctl_ok(c, rc, &e) &&
	    (k == 0 || ov_ctl_read_log(c, "export", log, k)))
		for (size_t i = 0; i < k; i++) {
			j = j_row(g, of[i], &d[i]);
			ov_ctl_toon(c, j, g->srt, json_incref(d[i].inhoud),
			    &o[i]);
			ov_ctl_row(c, j);
		}
	for (size_t i = 0; i < k; i++)
		ov_draft_free(&d[i]);
	return k;
}

static void
geen_step(struct ov_ctl *c)
{
	struct geen *g = c->state;
	struct row r[OV_CTL_PAGE];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT nr,concept,opgesteld,jti FROM uitgaand WHERE nr>?1"
	    " AND stand='GEEN-ONTVANGER' AND srt=?2 ORDER BY nr LIMIT 64",
	    "it", g->at, g->srt);
	if (!ov_ctl_page(c, rc, q, row_read, r, sizeof(*r), &n, &e))
		return;
	if (n > 0) {
		g->at = r[n - 1].nr;
		g->n += (int64_t)geen_page(c, r, n);
	}
	if (n < OV_CTL_PAGE && !c->done)
		ov_ctl_end(c, json_pack("{s:I,s:I}", "aantal", (json_int_t)g->n,
		                  "verborgen", (json_int_t)g->verborgen));
}

const struct ov_ctl_cmd ov_ctl_geen[] = {
    {.name = "export.geen-ontvanger",
        .mag = OV_MAG_EXPORTEREN,
        .size = sizeof(struct geen),
        .start = geen_start,
        .step = geen_step},
    {0},
};
