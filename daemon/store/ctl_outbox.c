/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_outbox.c - what was and is being sent. */
#include <string.h>

#include "daemon/store/toegang.h"
#include "protocol/envelope.h"
#include "protocol/id.h"
#include "protocol/receipt.h"

static const char *const stands[] = {"OPGESTELD", "WACHT-OP-PSEUDONIEM",
    "KLAAR", "ONDERWEG", "AFGELEVERD", "GEWEIGERD", "VERLOPEN", "INGETROKKEN",
    "GEEN-ONTVANGER"};
#define NSTANDS (sizeof(stands) / sizeof(stands[0]))

/* ---- list ---- */

struct list {
	char stand[24], srt[OV_SRT_MAX + 1];
	int64_t partner, at, n, verborgen;
};

struct row {
	int64_t nr, partner, pogingen, due, opgesteld, afgeleverd, concept;
	uint8_t jti[16];
	char srt[OV_SRT_MAX + 1], stand[24], fout[48];
};

static void
list_start(struct ov_ctl *c)
{
	struct list *l = c->state;
	const char *stand = ov_ctl_text(c, "stand", sizeof(l->stand) - 1);
	const char *srt = ov_ctl_text(c, "srt", sizeof(l->srt) - 1), *code;
	const char *who = ov_ctl_text(c, "partner", OV_NAAM_MAX);
	const struct ov_lid *lid;
	struct ov_err e = {0};

	if (stand != NULL)
		memcpy(l->stand, stand, strlen(stand) + 1);
	if (srt != NULL)
		memcpy(l->srt, srt, strlen(srt) + 1);
	if (!ov_ctl_args(c) || who == NULL)
		return;
	if ((lid = ov_ctl_partner(c->st, who, &code)) == NULL)
		ov_ctl_fout(c, code, NULL);
	else
		(void)ov_ctl_ok(c,
		    ov_partner_id(c->st, &lid->oin, &l->partner, &e), &e);
}

static enum ov_rc
row_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct row *r = out;

	memset(r, 0, sizeof(*r));
	r->nr = ov_db_i64(q, 0);
	(void)strncpy(r->srt, ov_db_text(q, 2), sizeof(r->srt) - 1);
	r->partner = ov_db_i64(q, 3);
	(void)strncpy(r->stand, ov_db_text(q, 4), sizeof(r->stand) - 1);
	r->pogingen = ov_db_i64(q, 5);
	r->due = ov_db_i64(q, 6);
	(void)strncpy(r->fout, ov_db_text(q, 7), sizeof(r->fout) - 1);
	r->opgesteld = ov_db_i64(q, 8);
	r->afgeleverd = ov_db_i64(q, 9);
	r->concept = ov_db_i64(q, 10);
	return ov_db_fix(q, 1, r->jti, 16, e);
}

static json_t *
j_row(struct ov_store *st, const struct row *r, bool open)
{
	bool waits = strcmp(r->stand, "OPGESTELD") == 0 ||
	             strcmp(r->stand, "WACHT-OP-PSEUDONIEM") == 0 ||
	             strcmp(r->stand, "KLAAR") == 0 ||
	             strcmp(r->stand, "ONDERWEG") == 0;

	return json_pack("{s:I,s:o,s:s,s:o,s:s,s:I,s:o,s:s,s:o,s:o,s:o}", "nr",
	    (json_int_t)r->nr, "jti", ov_j_id(r->jti, 16), "srt", r->srt,
	    "partner", ov_j_partner(st, r->partner), "stand", r->stand,
	    "pogingen", (json_int_t)r->pogingen, "due",
	    ov_j_moment(waits ? r->due : 0), "fout", r->fout, "opgesteld",
	    ov_j_moment(r->opgesteld), "afgeleverd", ov_j_moment(r->afgeleverd),
	    "eigenReferentie", ov_j_draft_ref(st, open ? r->concept : 0));
}

static void
list_end(struct ov_ctl *c)
{
	const struct list *l = c->state;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT stand,count(*) FROM uitgaand WHERE (?1='' OR srt=?1)"
	    " AND (?2=0 OR partner=?2) GROUP BY stand",
	    "ti", l->srt, l->partner);
	ov_ctl_end_counts(c, l->n, l->verborgen, stands, NSTANDS, rc, q, &e);
}

/* How much of a message the account may see. */
static enum ov_rc
row_how(struct ov_ctl *c, const struct row *r, enum ov_rij *how,
    struct ov_err *e)
{
	struct ov_bron b;
	enum ov_rc rc;

	*how = OV_RIJ_OPEN;
	if (ov_ctl_alles(c))
		return OV_OK;
	rc = ov_bron_uitgaand(c->st, r->srt, r->concept, &b, e);
	if (rc == OV_OK)
		*how = ov_ctl_rij(c, &b.f);
	ov_bron_free(&b);
	return rc;
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct row r[OV_CTL_PAGE];
	enum ov_rij how = OV_RIJ_OPEN;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT nr,jti,srt,partner,stand,pogingen,due,fout,opgesteld,"
	    "afgeleverd,concept FROM uitgaand WHERE nr>?1"
	    " AND (?2='' OR stand=?2) AND (?3='' OR srt=?3)"
	    " AND (?4=0 OR partner=?4) ORDER BY nr LIMIT 64",
	    "itti", l->at, l->stand, l->srt, l->partner);
	if (!ov_ctl_page(c, rc, q, row_read, r, sizeof(*r), &n, &e))
		return;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if ((rc = row_how(c, &r[i], &how, &e)) != OV_OK)
			break;
		if (how == OV_RIJ_WEG) {
			l->verborgen++;
			continue;
		}
		ov_ctl_row(c, j_row(c->st, &r[i], how == OV_RIJ_OPEN));
		l->n++;
	}
	if (!ov_ctl_ok(c, rc, &e))
		return;
	if (n > 0)
		l->at = r[n - 1].nr;
	if (n < OV_CTL_PAGE)
		list_end(c);
}

/* ---- show, way ---- */

/* What the receiver said about it, oldest first. */
static json_t *
j_said(struct ov_store *st, int64_t nr)
{
	json_t *a = json_array();
	struct ov_err e = {0};
	sqlite3_stmt *q;
	bool row;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, &e,
	    "SELECT t.woord,t.reden,t.datum,b.ontvangen FROM terugmelding t"
	    " JOIN bericht b ON b.nr=t.bericht WHERE t.uitgaand=?1"
	    " ORDER BY t.bericht",
	    "i", nr);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, &e)) == OV_OK &&
	       row)
		(void)json_array_append_new(a,
		    json_pack("{s:s,s:s,s:s,s:o}", "melding", ov_db_text(q, 0),
		        "reden", ov_db_text(q, 1), "datum", ov_db_text(q, 2),
		        "ontvangen", ov_j_moment(ov_db_i64(q, 3))));
	ov_db_done(st->db, q);
	return a;
}

/* The stored receipt as text; false when there is none. */
static enum ov_rc
receipt_open(struct ov_store *st, int64_t nr, struct ov_buf *jws,
    struct ov_err *e)
{
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT id,bewijs FROM uitgaand WHERE nr=?1 AND bewijs IS NOT NULL",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row && (rc = ov_db_fix(q, 0, id, 16, e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_UITGAAND, 4, 1,
		    ov_db_blob(q, 1), jws, e);
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
receipt_facts(struct ov_store *st, int64_t nr, json_t *out, struct ov_err *e)
{
	OV_BUF jws = {0}, payload = {0};
	struct ov_receipt r = {0};
	struct ov_tlog_proof p;
	struct ov_jws j;
	enum ov_rc rc;

	if ((rc = receipt_open(st, nr, &jws, e)) != OV_OK || jws.n == 0)
		return rc;
	rc = ov_jws_split(jws.p, jws.n, OV_TYP_ONTVANGST, &j, &payload, e);
	if (rc == OV_OK)
		rc = ov_receipt_parse(payload.p, payload.n, &r, e);
	if (rc == OV_OK) {
		(void)ov_j_set(out, "ontvangstbewijs", ov_j_moment(r.iat));
		(void)ov_j_set(out, "sha256_bericht",
		    ov_j_id(r.sha256_jws, 32));
		if (ov_tlog_proof_parse(r.bewijs.p, r.bewijs.n, &p, e) == OV_OK)
			(void)ov_j_set(out, "logplaats",
			    json_integer((json_int_t)p.index));
	}
	ov_receipt_free(&r);
	return rc;
}

static enum ov_rc
steps(struct ov_store *st, int64_t nr, json_t *out, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT iat,exp,klaar,zaak,vervangt,seq,ep,rol,betreft,gevonden"
	    " FROM uitgaand WHERE nr=?1",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		(void)ov_j_set(out, "rol", json_string(ov_db_text(q, 7)));
		(void)ov_j_set(out, "ondertekend",
		    ov_j_moment(ov_db_i64(q, 0)));
		(void)ov_j_set(out, "verloopt", ov_j_moment(ov_db_i64(q, 1)));
		(void)ov_j_set(out, "klaar", ov_j_moment(ov_db_i64(q, 2)));
		v = ov_db_blob(q, 3);
		(void)ov_j_set(out, "zaak", ov_j_id(v.p, v.n));
		v = ov_db_blob(q, 4);
		(void)ov_j_set(out, "vervangt", ov_j_id(v.p, v.n));
		v = ov_db_blob(q, 8);
		(void)ov_j_set(out, "betreftBericht", ov_j_id(v.p, v.n));
		(void)ov_j_set(out, "seq", json_integer(ov_db_i64(q, 5)));
		(void)ov_j_set(out, "ep", json_integer(ov_db_i64(q, 6)));
		if (!ov_db_null(q, 9)) /* it waited for a receiver */
			(void)ov_j_set(out, "ontvangerGevonden",
			    ov_j_moment(ov_db_i64(q, 9)));
	}
	ov_db_done(st->db, q);
	return rc;
}

static void
show(struct ov_ctl *c, int64_t nr)
{
	enum ov_rij how = OV_RIJ_OPEN;
	struct row r;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	json_t *j = NULL;
	enum ov_rc rc;
	bool row = false;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT nr,jti,srt,partner,stand,pogingen,due,fout,opgesteld,"
	    "afgeleverd,concept FROM uitgaand WHERE nr=?1",
	    "i", nr);
	if (rc == OV_OK) {
		rc = ov_db_next(c->st->db, q, &row, &e);
		if (rc == OV_OK && row)
			rc = row_read(q, &r, &e);
		ov_db_done(c->st->db, q);
	}
	if (rc == OV_OK && !row) {
		ov_ctl_fout(c, "nummer-onbekend", NULL);
		return;
	}
	if (rc == OV_OK && (rc = row_how(c, &r, &how, &e)) == OV_OK &&
	    how == OV_RIJ_WEG) {
		ov_ctl_geen_toegang(c, OV_WAAROM_BEREIK, nr);
		return;
	}
	if (rc == OV_OK) {
		j = j_row(c->st, &r, how == OV_RIJ_OPEN);
		rc = steps(c->st, nr, j, &e);
		if (rc == OV_OK)
			rc = receipt_facts(c->st, nr, j, &e);
		(void)ov_j_set(j, "terugmeldingen", j_said(c->st, nr));
		if (r.fout[0] != '\0')
			(void)ov_j_set(j, "uitleg", ov_j_sentence(r.fout));
	}
	if (!ov_ctl_ok(c, rc, &e)) {
		json_decref(j);
		return;
	}
	ov_ctl_row(c, j);
	ov_ctl_end(c, NULL);
}

static void
show_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);

	if (ov_ctl_args(c))
		show(c, nr);
}

static void
way_start(struct ov_ctl *c)
{
	int64_t nr = ov_ctl_int(c, "nr");
	const char *text = ov_ctl_text(c, "jti", OV_ID_TEXT);
	uint8_t jti[16];
	struct ov_err e = {0};

	if (!ov_ctl_args(c))
		return;
	if (text != NULL) {
		if (ov_id_parse(ov_view_str(text), jti) != OV_OK) {
			ov_ctl_fout(c, "nummer-onbekend", NULL);
			return;
		}
		if (!ov_ctl_ok(c,
		        ov_db_int(c->st->db, &nr, 0, &e,
		            "SELECT nr FROM uitgaand WHERE jti=?1 AND partner"
		            " IN (SELECT id FROM partner)",
		            "b", (const void *)jti, sizeof(jti)),
		        &e))
			return;
	}
	show(c, nr);
}

/* ---- retry, renew, withdraw ---- */

bool
ov_outbox_may(struct ov_ctl *c, int64_t nr, unsigned mag, struct ov_oordeel *o)
{
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_err e = {0};
	struct ov_bron b = {0};
	char srt[OV_SRT_MAX + 1] = "";
	int64_t concept = 0;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row = false, ok;

	*o = (struct ov_oordeel){.mag = true, .delen = OV_D_ALLE};
	if (w.alles || nr == 0 ||
	    ov_wie_ooit(c->st, &w, mag & OV_MAG_BEHEREN, NULL).mag)
		return true;
	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT srt,concept FROM uitgaand WHERE nr=?1", "i", nr);
	if (rc == OV_OK) {
		rc = ov_db_next(c->st->db, q, &row, &e);
		if (rc == OV_OK && row) {
			(void)strncpy(srt, ov_db_text(q, 0), sizeof(srt) - 1);
			concept = ov_db_i64(q, 1);
		}
		ov_db_done(c->st->db, q);
	}
	if (rc == OV_OK && !row)
		return true;
	if (rc == OV_OK)
		rc = ov_bron_uitgaand(c->st, srt, concept, &b, &e);
	ok = ov_ctl_ok(c, rc, &e) &&
	     ov_ctl_mag(c, mag & ~OV_MAG_BEHEREN, &b.f, nr, o);
	ov_bron_free(&b);
	return ok;
}

/* Is there such a message?  Refused when there is not. */
static bool
known(struct ov_ctl *c, int64_t nr)
{
	struct ov_err e = {0};
	int64_t there = 0;

	if (!ov_ctl_ok(c,
	        ov_db_int(c->st->db, &there, 0, &e,
	            "SELECT 1 FROM uitgaand WHERE nr=?1", "i", nr),
	        &e))
		return false;
	if (!there)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	return there != 0;
}

static bool
which(struct ov_ctl *c, int64_t *nr, unsigned mag)
{
	struct ov_oordeel o;
	bool all;

	*nr = ov_ctl_int(c, "nr");
	all = ov_ctl_flag(c, "alles");
	if (!ov_ctl_args(c))
		return false;
	if ((*nr == 0) == all)
		return ov_outbox_may(c, *nr, mag, &o) && (all || known(c, *nr));
	ov_ctl_fout(c, "opdracht-ongeldig", NULL);
	return false;
}

static void
done(struct ov_ctl *c, enum ov_rc rc, const struct ov_err *e,
    const char *member, int64_t n)
{
	if (rc == OV_DENIED) {
		ov_ctl_fout(c, "stand-past-niet", NULL);
	} else if (ov_ctl_ok(c, rc, e)) {
		ov_deliver_kick(c->st);
		ov_ctl_end(c, json_pack("{s:I}", member, (json_int_t)n));
	}
}

static void
retry_start(struct ov_ctl *c)
{
	struct ov_err e = {0};
	int64_t nr, n = 0;
	enum ov_rc rc;

	if (!which(c, &nr, OV_MAG_VERZENDEN | OV_MAG_BEHEREN))
		return;
	rc = ov_outbox_retry(c->st, nr, &n, &e);
	done(c, rc, &e, "aantal", n);
}

static void
renew_start(struct ov_ctl *c)
{
	struct ov_err e = {0};
	int64_t nr, n = 0;
	enum ov_rc rc;

	if (!which(c, &nr, OV_MAG_VERZENDEN))
		return;
	rc = ov_outbox_renew(c->st, nr, &n, &e);
	done(c, rc, &e, "vernieuwd", n);
}

static void
withdraw_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	const char *reden = ov_ctl_text(c, "reden", 40);
	struct ov_oordeel o;
	struct ov_err e = {0};
	int64_t delivered = 0;

	if (!ov_ctl_args(c) || !ov_outbox_may(c, nr, OV_MAG_VERZENDEN, &o) ||
	    !known(c, nr) ||
	    !ov_ctl_ok(c,
	        ov_db_int(c->st->db, &delivered, 0, &e,
	            "SELECT 1 FROM uitgaand WHERE nr=?1 AND stand='AFGELEVERD'",
	            "i", nr),
	        &e))
		return;
	/* What arrived is taken back with a message, and that has a reason. */
	if (delivered && reden != NULL)
		ov_about_withdraw(c, nr, reden);
	else if (delivered)
		ov_ctl_fout(c, "reden-nodig", NULL);
	else
		done(c, ov_outbox_withdraw(c->st, nr, &e), &e, "ingetrokken",
		    1);
}

/* ---- the receipt as one file ---- */

/* The address book whose key signed it: the one in force at its iat, also
 * where it was replaced since, else the oldest we have. */
static enum ov_rc
book_then(struct ov_store *st, int64_t iat, struct ov_buf *note,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool found;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT note FROM adresboek WHERE nr=ifnull((SELECT max(nr)"
	    " FROM adresboek WHERE aanvaard<=?1),"
	    "(SELECT min(nr) FROM adresboek))",
	    "i", iat);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &found, e);
	if (rc == OV_OK && !found)
		rc = ov_fail(e, OV_DENIED, "no address book");
	if (rc == OV_OK) {
		v = ov_db_blob(q, 0);
		ov_buf_add(note, v.p, v.n);
		rc = ov_buf_ok(note, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
receipt_file(struct ov_store *st, int64_t nr, struct ov_buf *out,
    struct ov_err *e)
{
	OV_BUF jws = {0}, payload = {0}, note = {0};
	struct ov_receipt r = {0};
	struct ov_jws j;
	int64_t iat;
	enum ov_rc rc;

	if ((rc = receipt_open(st, nr, &jws, e)) != OV_OK)
		return rc;
	if (jws.n == 0)
		return ov_fail(e, OV_DENIED, "no receipt");
	rc = ov_jws_split(jws.p, jws.n, OV_TYP_ONTVANGST, &j, &payload, e);
	if (rc == OV_OK)
		rc = ov_receipt_parse(payload.p, payload.n, &r, e);
	iat = r.iat;
	ov_receipt_free(&r);
	if (rc != OV_OK || (rc = book_then(st, iat, &note, e)) != OV_OK)
		return rc;
	ov_buf_add(out, jws.p, jws.n);
	ov_buf_str(out, "\n\n");
	ov_buf_add(out, note.p, note.n);
	return ov_buf_ok(out, e);
}

static void
receipt_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	OV_BUF text = {0};
	struct ov_err e = {0};
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	rc = receipt_file(c->st, nr, &text, &e);
	if (rc == OV_DENIED)
		ov_ctl_fout(c, "bewijs-ontbreekt", NULL);
	else if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c,
		    json_pack("{s:s%}", "tekst", (const char *)text.p, text.n));
}

const struct ov_ctl_cmd ov_ctl_outbox[] = {
    {.name = "outbox.list",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "outbox.show", .mag = OV_CTL_ELK, .start = show_start},
    {.name = "way", .mag = OV_CTL_ELK, .start = way_start},
    {.name = "outbox.retry",
        .mag = OV_MAG_VERZENDEN | OV_MAG_BEHEREN,
        .start = retry_start},
    {.name = "outbox.renew", .mag = OV_MAG_VERZENDEN, .start = renew_start},
    {.name = "outbox.withdraw",
        .mag = OV_MAG_VERZENDEN,
        .start = withdraw_start},
    {.name = "export.receipt",
        .mag = OV_MAG_STANDEN | OV_MAG_VERZENDEN | OV_MAG_INZIEN,
        .start = receipt_start},
    {0},
};
