/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/link_open.c - messages that a municipality or Doorstroompunt
 * receives open, and whom of its own population they are about.
 *
 * A status carries no name and no birth date: the pseudonym alone says whose
 * it is, and one about nobody here stays ONBEKEND.  A notice has its name by
 * law and is worked on either way; for it only the pupil is noted.
 */
#include "daemon/store/link.h"

static enum ov_rc
open_find(struct ov_store *st, struct ov_hit *h, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT b.nr,b.id,b.partner,b.ep,b.versie,b.inhoud,b.bewijs,"
	    "l.nr,l.id,l.y FROM bericht b INDEXED BY bericht_open"
	    " CROSS JOIN etiket t ON t.partner=b.partner AND t.ep=b.ep"
	    " AND t.tag16=b.tag16 CROSS JOIN leerling l ON l.nr=t.leerling"
	    " WHERE b.leerling IS NULL AND b.gesloten=0"
	    " AND b.rol IN ('leerplicht','doorstroompunt')"
	    " AND b.stand NOT IN ('TERZIJDE','VERNIETIGD','INGETROKKEN')"
	    " AND b.inhoud NOT NULL AND l.stand='gecachet'"
	    " AND NOT EXISTS (SELECT 1 FROM etiket d WHERE"
	    " d.partner=t.partner AND d.ep=t.ep AND d.tag16=t.tag16"
	    " AND d.leerling<>t.leerling) AND NOT EXISTS (SELECT 1 FROM"
	    " koppeling_nee k WHERE k.bericht=b.nr AND k.leerling=l.nr)"
	    " AND NOT EXISTS (SELECT 1 FROM terzijde z WHERE"
	    " z.tabel='leerling' AND z.record=l.nr)"
	    " ORDER BY b.nr LIMIT 64",
	    "");
	while (rc == OV_OK && *n < OV_HITS &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		rc = ov_hit_read(st, q, &h[*n], e);
		if (rc == OV_OK && !h[*n].later)
			rc = ov_hit_ref(st, &h[*n], e);
		if (ov_rc_class(rc) == OV_CL_REFUSE) { /* key or receipt */
			h[*n].broken = true;
			rc = OV_OK;
		}
		(*n)++;
	}
	ov_db_done(st->db, q);
	return rc;
}

/* What a link or its end changes beside the message. */
static enum ov_rc
open_note(struct ov_store *st, const struct ov_hit *h, struct ov_err *e)
{
	struct ov_oin oin;
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO bericht_stand(bericht,tijd,stand,leerling)"
	    " SELECT nr,?2,stand,leerling FROM bericht WHERE nr=?1",
	    "ii", h->nr, ov_now(st));
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE zaak SET leerling=nullif(?2,0) WHERE zaak="
		    "(SELECT zaak FROM bericht WHERE nr=?1)",
		    "ii", h->nr, h->leerling);
	if (rc == OV_OK)
		rc = ov_partner_oin(st, h->partner, &oin, e);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_KOPPELING, &oin, h->ref, e);
	return rc;
}

static enum ov_rc
open_write(struct ov_store *st, const struct ov_hit *h, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET leerling=?2,reden=iif(stand='ONBEKEND',NULL,"
	    "reden),stand=iif(stand='ONBEKEND','GEKOPPELD',stand)"
	    " WHERE nr=?1",
	    "ii", h->nr, h->leerling);
	return rc == OV_OK ? open_note(st, h, e) : rc;
}

enum ov_rc
ov_link_open_undo(struct ov_store *st, int64_t nr, const char *reden, uid_t uid,
    struct ov_err *e)
{
	struct ov_hit h = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT b.nr,b.id,b.partner,b.ep,b.versie,b.inhoud,b.bewijs,"
	    "b.leerling,l.id,l.y FROM bericht b LEFT JOIN leerling l ON"
	    " l.nr=b.leerling WHERE b.nr=?1 AND b.gesloten=0 AND b.versie=1"
	    " AND b.leerling IS NOT NULL AND b.inhoud IS NOT NULL"
	    " AND b.rol IN ('leerplicht','doorstroompunt')",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK)
		rc = row ? ov_hit_read(st, q, &h, e)
		         : ov_fail(e, OV_DENIED, "not linked");
	ov_db_done(st->db, q);
	if (rc == OV_OK && (rc = ov_hit_ref(st, &h, e)) == OV_OK &&
	    (rc = ov_link_breach(st, nr, uid, e)) == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO koppeling_nee(bericht,leerling,tijd,account)"
		    " VALUES(?1,?2,?3,?4) ON CONFLICT DO NOTHING",
		    "iiii", nr, h.leerling, ov_now(st), (int64_t)uid);
	h.leerling = 0;
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET leerling=NULL,reden=?2,"
		    "stand=iif(srt='overstapstatus','ONBEKEND',stand)"
		    " WHERE nr=?1",
		    "it", nr, reden);
	if (rc == OV_OK)
		rc = open_note(st, &h, e);
	ov_hits_free(&h, 1);
	return rc;
}

enum ov_rc
ov_link_open(struct ov_store *st, bool *worked, struct ov_err *e)
{
	static struct ov_hit h[OV_HITS];
	struct ov_err why = {.msg = "onleesbaar"};
	size_t n;
	enum ov_rc rc;

	*worked = false;
	rc = open_find(st, h, &n, e);
	if (rc == OV_OK && n > 0 && (rc = ov_tx_begin(st, e)) == OV_OK) {
		for (size_t i = 0; i < n && rc == OV_OK; i++) {
			if (h[i].broken)
				rc = ov_aside(st, "bericht", h[i].nr, &why, e);
			else if (h[i].later) /* or it would be found again */
				rc = ov_pupil_aside(st, h[i].leerling, e);
			else
				rc = open_write(st, &h[i], e);
		}
		*worked = true;
		if (rc == OV_OK)
			rc = ov_tx_commit(st, e);
		if (rc != OV_OK)
			ov_tx_abort(st);
	}
	ov_hits_free(h, n);
	return rc;
}
