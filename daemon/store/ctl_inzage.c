/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_inzage.c - what came of the inspection of a draft: it goes
 * into the block `inzage` of its content.
 */
#include <string.h>

#include "daemon/store/toegang.h"

struct asked {
	int64_t nr;
	const char *akkoord, *door, *datum, *reden;
};

/* The block, given. */
static json_t *
block(const struct asked *a)
{
	json_t *j = json_pack("{s:b,s:s,s:s}", "inzage", 1, "akkoord",
	    a->akkoord, "inzagedatum", a->datum);

	if (a->door != NULL)
		(void)ov_j_set(j, "doorWie", json_string(a->door));
	if (a->reden != NULL)
		(void)ov_j_set(j, "redenNietAkkoord", json_string(a->reden));
	return j;
}

/* Under the same record key, one version on; in the open transaction. */
static enum ov_rc
rewrite(struct ov_store *st, const struct ov_draft *d, const char *stand,
    const char *ontbreekt, struct ov_err *e)
{
	OV_BUF text = {0}, blob = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	int64_t ver = 0;
	enum ov_rc rc;
	bool row = false;

	rc = ov_db_q(st->db, &q, e, "SELECT id,versie FROM concept WHERE nr=?1",
	    "i", d->nr);
	if (rc == OV_OK) {
		rc = ov_db_next(st->db, q, &row, e);
		if (rc == OV_OK && row) {
			ver = ov_db_i64(q, 1) + 1;
			rc = ov_db_fix(q, 0, id, 16, e);
		}
		ov_db_done(st->db, q);
	}
	if (rc != OV_OK || !row)
		return rc != OV_OK ? rc : ov_fail(e, OV_DENIED, "no draft");
	ov_json_dump(&text, d->root);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK ||
	    (rc = ov_key_get(st, id, wrap, e)) != OV_OK ||
	    (rc = ov_seal_one(st, id, wrap, OV_T_CONCEPT, 1, (uint64_t)ver,
	         (struct ov_view){text.p, text.n}, &blob, e)) != OV_OK)
		return rc;
	return ov_db_run(st->db, e,
	    "UPDATE concept SET inhoud=?2,versie=?3,stand=?4,ontbreekt=?5"
	    " WHERE nr=?1",
	    "ibitt", d->nr, (const void *)blob.p, blob.n, ver, stand,
	    ontbreekt);
}

/* What the draft still lacks, now that this is in it. */
static void
judge(struct ov_store *st, const struct ov_draft *d, struct ov_draft_out *o,
    struct ov_buf *ontbreekt)
{
	struct ov_draft_in in = {.srt = d->srt,
	    .ontvanger = d->ontvanger[0] != '\0' ? d->ontvanger : NULL,
	    .inhoud = d->inhoud,
	    .has_pgn = d->leerling != 0};

	ov_draft_check(st, &in, o);
	if (d->leerling == 0)
		ov_buf_str(ontbreekt, "/pgn");
	if (o->lid == NULL)
		ov_buf_fmt(ontbreekt, "%s/ontvanger",
		    ontbreekt->n > 0 ? "," : "");
	for (size_t i = 0; i < o->fouten.n && ontbreekt->n < 400; i++)
		ov_buf_fmt(ontbreekt, "%s%.80s", ontbreekt->n > 0 ? "," : "",
		    o->fouten.f[i].pad);
}

/* From the age of the pupil's own say on it is the pupil who decides; below,
 * a parent.  A warning: the school knows who was there. */
static const char *
warning(const struct ov_store *st, const struct ov_draft *d,
    const struct asked *a)
{
	const char *born = json_string_value(
	    json_object_get(d->inhoud, "geboortedatum"));
	unsigned limit = ov_inzage_leeftijd(st->inzage, a->datum);
	struct ov_date b, on;
	bool old;

	if (a->door == NULL || born == NULL || limit == 0 ||
	    ov_date_parse(ov_view_str(born), &b) != OV_OK ||
	    ov_date_parse(ov_view_str(a->datum), &on) != OV_OK)
		return NULL;
	old = ov_age_on(b, on) >= (int)limit;
	if (old && strcmp(a->door, "ouder") == 0)
		return "inzage-leerling-beslist";
	if (!old && strcmp(a->door, "leerling") == 0)
		return "inzage-ouder-beslist";
	return NULL;
}

/* A fault in the block itself is told with its field. */
static bool
block_good(struct ov_ctl *c, const struct ov_draft_out *o)
{
	for (size_t i = 0; i < o->fouten.n; i++)
		if (strncmp(o->fouten.f[i].pad, "/inhoud/inzage", 14) == 0) {
			ov_ctl_fout(c, "inhoud-ongeldig",
			    ov_fouten_json(&o->fouten));
			return false;
		}
	return true;
}

static void
store(struct ov_ctl *c, struct ov_draft *d, const struct asked *a)
{
	static struct ov_draft_out out; /* large */
	const char *warn;
	OV_BUF miss = {0};
	struct ov_err e = {0};
	json_t *end;
	enum ov_rc rc;

	if (json_object_set_new(d->inhoud, "inzage", block(a)) != 0) {
		ov_ctl_fout(c, "inwendige-fout", NULL);
		return;
	}
	judge(c->st, d, &out, &miss);
	if (!block_good(c, &out))
		return;
	warn = warning(c->st, d, a);
	if (!ov_ctl_ok(c, ov_tx_begin(c->st, &e), &e))
		return;
	rc = rewrite(c->st, d,
	    out.code == NULL && out.ontbreekt == 0 && out.slecht == 0
	        ? "VOLLEDIG"
	        : "ONVOLLEDIG",
	    ov_buf_text(&miss) != NULL ? ov_buf_text(&miss) : "", &e);
	if (rc == OV_OK)
		rc = ov_tx_commit(c->st, &e);
	if (rc != OV_OK)
		ov_tx_abort(c->st);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	end = json_pack("{s:I,s:s}", "nr", (json_int_t)a->nr, "akkoord",
	    a->akkoord);
	if (warn != NULL) {
		(void)ov_j_set(end, "let_op", json_string(warn));
		(void)ov_j_set(end, "tekst", ov_j_sentence(warn));
	}
	ov_ctl_end(c, end);
}

static void
inzage_start(struct ov_ctl *c)
{
	struct asked a = {.nr = (int64_t)ov_jo_int(&c->in, "nr",
	                      OV_JSON_INT_MAX),
	    .akkoord = ov_jo_str(&c->in, "akkoord", 10),
	    .door = ov_ctl_text(c, "door", 10),
	    .datum = ov_ctl_text(c, "datum", 10),
	    .reden = ov_ctl_text(c, "reden", 8000)};
	struct ov_draft d = {0};
	struct ov_feiten f;
	struct ov_err e = {0};
	char vandaag[11];
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	ov_store_today(c->st, vandaag);
	if (a.datum == NULL)
		a.datum = vandaag;
	rc = ov_draft_read(c->st, a.nr, &d, &e);
	if (rc == OV_DENIED) {
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	} else if (ov_unreadable(rc)) {
		ov_ctl_fout(c, "onleesbaar", NULL);
	} else if (ov_ctl_ok(c, rc, &e)) {
		ov_feiten_of(c->st->toegang, &f, d.srt, false, d.inhoud,
		    d.klas);
		if (strcmp(d.stand, "VERZONDEN") == 0 ||
		    strcmp(d.stand, "GEWIJZIGD") == 0)
			ov_ctl_fout(c, "al-verzonden", NULL);
		else if (ov_ctl_mag(c, OV_MAG_INVULLEN, &f, a.nr, NULL))
			store(c, &d, &a);
	}
	ov_draft_free(&d);
}

const struct ov_ctl_cmd ov_ctl_inzage[] = {
    {.name = "drafts.inzage", .mag = OV_MAG_INVULLEN, .start = inzage_start},
    {0},
};
