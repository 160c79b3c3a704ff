/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/link_hand.c - a person decides: link a doubtful dossier, or
 * undo a link.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/link.h"

/* The message as a hit, whatever stands in the way of an automatic link. */
static enum ov_rc
hit_by_hand(struct ov_store *st, int64_t nr, int64_t leerling, struct ov_hit *h,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT b.nr,b.id,b.partner,b.ep,b.versie,b.inhoud,b.bewijs,"
	    "l.nr,l.id,l.y FROM bericht b JOIN etiket t ON"
	    " t.partner=b.partner AND t.ep=b.ep AND t.tag16=b.tag16"
	    " JOIN leerling l ON l.nr=t.leerling WHERE b.nr=?1"
	    " AND b.gesloten=1 AND b.stand IN ('ONBEKEND', 'TWIJFEL')"
	    " AND (?2=0 OR l.nr=?2) AND l.stand='gecachet'",
	    "ii", nr, leerling);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK)
		rc = row ? ov_hit_read(st, q, h, e)
		         : ov_fail(e, OV_DENIED, "no such pair");
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_link_decide(struct ov_store *st, int64_t nr, int64_t leerling,
    struct ov_err *e)
{
	struct ov_hit h = {0};
	enum ov_rc rc;

	if ((rc = hit_by_hand(st, nr, leerling, &h, e)) == OV_OK &&
	    (rc = ov_hits_open(st, &h, 1, e)) == OV_OK) {
		if (h.broken)
			rc = ov_fail(e, OV_BADMSG, "message does not open");
		else if (h.later)
			rc = ov_fail(e, OV_AGAIN, "not now");
		h.same = true; /* a person says so */
	}
	if (rc == OV_OK && (rc = ov_hit_ref(st, &h, e)) == OV_OK &&
	    (rc = ov_hits_seal(st, &h, 1, e)) == OV_OK && h.later)
		rc = ov_fail(e, OV_AGAIN, "vault does not seal");
	if (rc == OV_OK)
		rc = ov_hits_write(st, &h, 1, e);
	ov_hits_free(&h, 1);
	return rc;
}

/* Seal the text under its own pid again. */
static enum ov_rc
seal_back(struct ov_store *st, struct ov_hit *h, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_seal q = {.table = OV_T_BERICHT,
	    .col = 1,
	    .ver = h->versie + 1,
	    .mode = OV_SEAL_PID,
	    .ep = h->ep,
	    .text = {h->jws.p, h->jws.n}};
	struct ov_v_sealed a;
	struct ov_claims cl = {0};
	enum ov_rc rc;

	rc = ov_jws_claims((struct ov_view){h->jws.p, h->jws.n}, &cl, e);
	if (rc == OV_OK) {
		memcpy(q.id, h->id, 16);
		memcpy(q.wrap, h->wrap, OV_WRAP);
		memcpy(q.pid, cl.pid, 32);
		memcpy(q.from, cl.iss.s, 20);
		rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, &q, 1,
		    &ov_v_sealed_rec, &a, &r, e);
		if (rc == OV_OK && a.rc != OV_OK)
			rc = ov_fail(e, OV_DAMAGED, "vault does not seal");
	}
	if (rc == OV_OK) {
		ov_buf_add(&h->sealed, a.blob.p, a.blob.n);
		rc = ov_buf_ok(&h->sealed, e);
	}
	ov_claims_free(&cl);
	explicit_bzero(&q, sizeof(q));
	return rc;
}

enum ov_rc
ov_link_breach(struct ov_store *st, int64_t nr, uid_t uid, struct ov_err *e)
{
	int64_t open; /* since the last link */
	enum ov_rc rc;

	rc = ov_db_int(st->db, &open, 0, e,
	    "SELECT ifnull(min(tijd),0) FROM bericht_stand WHERE bericht=?1"
	    " AND leerling IS NOT NULL AND stand<>'TWIJFEL' AND nr>ifnull("
	    "(SELECT max(nr) FROM bericht_stand WHERE bericht=?1"
	    " AND (leerling IS NULL OR stand='TWIJFEL')),0)",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	ov_alarm(st, "koppeling-ongedaan", 0);
	return ov_db_run(st->db, e,
	    "INSERT INTO datalek(bericht,tijd,open_sinds,account,lezers)"
	    " SELECT ?1,?2,?3,?4,count(*) FROM gelezen WHERE tabel='bericht'"
	    " AND record=?1 AND tijd>=?3",
	    "iiii", nr, ov_now(st), open, (int64_t)uid);
}

static enum ov_rc
hit_unlinked(struct ov_store *st, const struct ov_hit *h, const char *reden,
    uid_t uid, struct ov_err *e)
{
	struct ov_oin oin;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET stand='TWIJFEL',gesloten=1,versie=?2,inhoud=?3,"
	    "reden=?4 WHERE nr=?1",
	    "iivt", h->nr, (int64_t)h->versie + 1,
	    (struct ov_view){h->sealed.p, h->sealed.n}, reden);
	if (rc == OV_OK)
		rc = ov_link_breach(st, h->nr, uid, e);
	if (rc == OV_OK)
		rc = ov_stand_note(st, h->nr, "TWIJFEL", e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE zaak SET leerling=NULL WHERE zaak="
		    "(SELECT zaak FROM bericht WHERE nr=?1)",
		    "i", h->nr);
	if (rc == OV_OK)
		rc = ov_partner_oin(st, h->partner, &oin, e);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_KOPPELING, &oin, h->ref, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static enum ov_rc
undo_open(struct ov_store *st, int64_t nr, const char *reden, uid_t uid,
    struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_link_open_undo(st, nr, reden, uid, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	else
		ov_link_again(st); /* it may be about another */
	return rc;
}

enum ov_rc
ov_link_undo(struct ov_store *st, int64_t nr, const char *reden, uid_t uid,
    struct ov_err *e)
{
	struct ov_hit h = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	if ((rc = undo_open(st, nr, reden, uid, e)) != OV_DENIED)
		return rc;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT b.nr,b.id,b.partner,b.ep,b.versie,b.inhoud,b.bewijs,"
	    "l.nr,l.id,l.y FROM bericht b JOIN leerling l ON l.nr=b.leerling"
	    " WHERE b.nr=?1 AND b.gesloten=0 AND b.tag16 IS NOT NULL"
	    " AND b.stand IN ('GEKOPPELD','IN-BEOORDELING','GEACCEPTEERD',"
	    "'AFGEWEZEN','VERWERKT') AND l.stand='gecachet'",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK)
		rc = row ? ov_hit_read(st, q, &h, e)
		         : ov_fail(e, OV_DENIED, "not linked");
	ov_db_done(st->db, q);
	if (rc == OV_OK)
		rc = ov_open_one(st, h.id, h.wrap, OV_T_BERICHT, 1, h.versie,
		    (struct ov_view){h.blob.p, h.blob.n}, &h.jws, e);
	if (rc == OV_OK && (rc = ov_hit_ref(st, &h, e)) == OV_OK &&
	    (rc = seal_back(st, &h, e)) == OV_OK)
		rc = hit_unlinked(st, &h, reden, uid, e);
	ov_hits_free(&h, 1);
	return rc;
}

static enum ov_rc
both_dates(struct ov_store *st, const struct ov_hit *h,
    char theirs[OV_DATE_SIZE], char ours[OV_DATE_SIZE], struct ov_err *e)
{
	struct ov_claims cl = {0};
	struct ov_pupil_data d = {0};
	const char *born;
	enum ov_rc rc;

	rc = ov_jws_claims((struct ov_view){h->jws.p, h->jws.n}, &cl, e);
	if (rc == OV_OK &&
	    (rc = ov_pupil_open(st, h->leerling, &d, e)) == OV_OK) {
		born = ov_jn_text(ov_jn_get(cl.inhoud, "geboortedatum"));
		(void)snprintf(theirs, OV_DATE_SIZE, "%s",
		    born != NULL ? born : "");
		(void)snprintf(ours, OV_DATE_SIZE, "%s", d.geboortedatum);
	}
	ov_pupil_free(&d);
	ov_claims_free(&cl);
	return rc;
}

enum ov_rc
ov_link_doubt(struct ov_store *st, int64_t nr, char theirs[OV_DATE_SIZE],
    char ours[OV_DATE_SIZE], int64_t *leerling, bool *known, struct ov_err *e)
{
	struct ov_hit h = {0};
	enum ov_rc rc;

	*known = false;
	rc = hit_by_hand(st, nr, 0, &h, e);
	if (rc == OV_OK && (rc = ov_hits_open(st, &h, 1, e)) == OV_OK &&
	    !h.broken && !h.later) {
		rc = both_dates(st, &h, theirs, ours, e);
		*leerling = h.leerling;
		*known = rc == OV_OK;
	}
	ov_hits_free(&h, 1);
	return rc == OV_DENIED || ov_unreadable(rc) ? OV_OK : rc;
}

enum ov_rc
ov_link_refuse(struct ov_store *st, int64_t nr, uid_t uid, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO koppeling_nee(bericht,leerling,tijd,account) SELECT"
	    " b.nr,t.leerling,?2,?3 FROM bericht b JOIN etiket t ON"
	    " t.partner=b.partner AND t.ep=b.ep AND t.tag16=b.tag16"
	    " WHERE b.nr=?1 AND b.gesloten=1 AND b.stand='TWIJFEL'"
	    " ON CONFLICT DO NOTHING",
	    "iii", nr, ov_now(st), (int64_t)uid);
	if (rc == OV_OK && ov_db_changes(st->db) == 0)
		rc = ov_fail(e, OV_DENIED, "no doubt");
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='ONBEKEND',leerling=NULL,"
		    "reden=NULL WHERE nr=?1",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_stand_note(st, nr, "ONBEKEND", e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}
