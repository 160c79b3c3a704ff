/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/deliver_cmd.c - what a person asks of the outbox: try again,
 * renew what expired, withdraw.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/store/deliver.h"
#include "daemon/store/earlier.h"
#include "protocol/id.h"
#include "protocol/json.h"

enum ov_rc
ov_outbox_retry(struct ov_store *st, int64_t nr, int64_t *n, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET due=0 WHERE (?1=0 OR nr=?1) AND stand IN"
	    " ('OPGESTELD','WACHT-OP-PSEUDONIEM','KLAAR','ONDERWEG')",
	    "i", nr);
	*n = ov_db_changes(st->db);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE partner SET fouten=0,volgende=0 WHERE id IN"
		    " (SELECT partner FROM uitgaand WHERE (?1=0 OR nr=?1))",
		    "i", nr);
	if (rc == OV_OK) /* some wait for their pseudonym */
		rc = ov_pseudo_hurry(st, nr, e);
	if (rc == OV_OK)
		ov_deliver_kick(st);
	return rc;
}

/* ---- renewal ---- */

struct old {
	int64_t leerling, concept, partner;
	char srt[OV_SRT_MAX + 1], rol[32];
	uint8_t id[16], wrap[OV_WRAP], jti[16], zaak[16], betreft[16];
	bool has_zaak, has_betreft;
	struct ov_buf text;
};

static enum ov_rc
load_old(struct ov_store *st, int64_t nr, struct old *o, struct ov_err *e)
{
	OV_BUF blob = {0};
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT srt,rol,id,jti,partner,ifnull(leerling,0),"
	    "ifnull(concept,0),zaak,betreft,inhoud"
	    " FROM uitgaand WHERE nr=?1 AND stand='VERLOPEN'",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_DENIED,
		    "only an expired message is renewed");
	if (rc == OV_OK && (rc = ov_db_fix(q, 2, o->id, 16, e)) == OV_OK &&
	    (rc = ov_db_fix(q, 3, o->jti, 16, e)) == OV_OK) {
		(void)snprintf(o->srt, sizeof(o->srt), "%s", ov_db_text(q, 0));
		(void)snprintf(o->rol, sizeof(o->rol), "%s", ov_db_text(q, 1));
		o->partner = ov_db_i64(q, 4);
		o->leerling = ov_db_i64(q, 5);
		o->concept = ov_db_i64(q, 6);
		o->has_zaak = !ov_db_null(q, 7);
		o->has_betreft = !ov_db_null(q, 8);
		v = ov_db_blob(q, 9);
		ov_buf_add(&blob, v.p, v.n);
		if (o->has_zaak)
			rc = ov_db_fix(q, 7, o->zaak, 16, e);
		if (rc == OV_OK && o->has_betreft)
			rc = ov_db_fix(q, 8, o->betreft, 16, e);
	}
	ov_db_done(st->db, q);
	if (rc != OV_OK || (rc = ov_buf_ok(&blob, e)) != OV_OK ||
	    (rc = ov_key_get(st, o->id, o->wrap, e)) != OV_OK)
		return rc;
	return ov_open_one(st, o->id, o->wrap, OV_T_UITGAAND, 1, 1,
	    (struct ov_view){blob.p, blob.n}, &o->text, e);
}

/* The content with `vervangt`, the older one's id. */
static enum ov_rc
add_vervangt(struct old *o, struct ov_buf *out, struct ov_err *e)
{
	char text[OV_ID_SIZE];
	OV_JSON *j = NULL;
	enum ov_rc rc;

	rc = ov_json_parse(o->text.p, o->text.n, OV_JOSE_MAX, &j, e);
	if (rc != OV_OK)
		return rc;
	ov_id_text(text, o->jti);
	if (json_object_set_new(j, "vervangt", json_string(text)) != 0)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_json_dump(out, j);
	return ov_buf_ok(out, e);
}

static enum ov_rc
renew_one(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	OV_BUF text = {0};
	struct old o = {0};
	struct ov_submit s = {0};
	struct ov_oin oin;
	int64_t new;
	enum ov_rc rc;

	if ((rc = load_old(st, nr, &o, e)) == OV_OK &&
	    (rc = add_vervangt(&o, &text, e)) == OV_OK &&
	    (rc = ov_partner_oin(st, o.partner, &oin, e)) == OV_OK &&
	    (s.to = ov_book_oin(st->boek, &oin)) == NULL)
		rc = ov_fail(e, OV_DENIED, "the receiver left the region");
	if (rc == OV_OK) {
		s.srt = o.srt;
		s.rol = o.rol;
		s.inhoud = (struct ov_view){text.p, text.n};
		s.leerling = o.leerling;
		s.concept = o.concept;
		s.has_zaak = o.has_zaak;
		memcpy(s.zaak, o.zaak, 16);
		s.has_vervangt = true;
		memcpy(s.vervangt, o.jti, 16);
		s.has_betreft = o.has_betreft;
		memcpy(s.betreft, o.betreft, 16);
		if ((rc = ov_submit(st, &s, &new, e)) == OV_OK)
			rc = ov_step_renewed(st, nr, new, e);
	}
	/* Its number, if it had one, will not arrive any more. */
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE uitgaand SET stand='INGETROKKEN',fout='vernieuwd',"
		    "seq_vrij=(seq IS NOT NULL) WHERE nr=?1",
		    "i", nr);
	if (rc == OV_OK && o.concept != 0)
		rc = ov_db_run(st->db, e,
		    "UPDATE concept SET uitgaand=?2 WHERE nr=?1", "ii",
		    o.concept, new);
	ov_buf_free(&o.text);
	explicit_bzero(&o, sizeof(o));
	return rc;
}

static enum ov_rc
renew_tx(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	if (ov_deliver_is_flying(st, nr)) /* its receipt may still come */
		return ov_fail(e, OV_AGAIN, "it is being sent right now");
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = renew_one(st, nr, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

enum ov_rc
ov_outbox_renew(struct ov_store *st, int64_t nr, int64_t *n, struct ov_err *e)
{
	int64_t next = nr, last = 0;
	struct ov_err why = {0};
	enum ov_rc rc = OV_OK;

	*n = 0;
	if (st->boek == NULL)
		return ov_fail(e, OV_DENIED, "no address book yet");
	for (;;) {
		if (nr == 0)
			rc = ov_db_int(st->db, &next, 0, e,
			    "SELECT min(nr) FROM uitgaand WHERE nr>?1 AND"
			    " stand='VERLOPEN'",
			    "i", last);
		if (rc != OV_OK || next == 0)
			break;
		last = next;
		rc = renew_tx(st, next, nr == 0 ? &why : e);
		if (rc == OV_OK)
			(*n)++;
		if (nr != 0)
			break;
		if (ov_rc_class(rc) == OV_CL_REFUSE || rc == OV_AGAIN) {
			ov_log(OV_LOG_WARN,
			    "event=not-renewed nr=%" PRId64 " fault=\"%s\"",
			    next, why.msg);
			rc = OV_OK; /* the others are */
		} else if (rc != OV_OK) {
			if (e != NULL)
				*e = why;
			break;
		}
	}
	ov_deliver_kick(st);
	return rc;
}

/* ---- withdrawal ---- */

static enum ov_rc
withdraw(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET stand='INGETROKKEN',jwe=NULL,"
	    "seq_vrij=(seq IS NOT NULL) WHERE nr=?1 AND stand IN ('OPGESTELD',"
	    "'WACHT-OP-PSEUDONIEM','KLAAR','VERLOPEN','GEEN-ONTVANGER')",
	    "i", nr);
	if (rc == OV_OK && ov_db_changes(st->db) != 1)
		rc = ov_fail(e, OV_DENIED, "it is too late to withdraw it");
	/* The number that waited for a receiver has nothing to wait for. */
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE concept SET leerling=NULL WHERE uitgaand=?1"
		    " AND partner=''",
		    "i", nr);
	return rc == OV_OK ? ov_pgn_sweep(st, e) : rc;
}

enum ov_rc
ov_outbox_withdraw(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	if (ov_deliver_is_flying(st, nr))
		return ov_fail(e, OV_AGAIN, "it is being sent right now");
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = withdraw(st, nr, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}
