/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/link.c - which waiting dossier is about which pupil of ours:
 * index tags per permitted sender, the join, and the decision by birth date
 * (docs/protocol.md, "The life of a message").
 *
 * A turn makes at most one batch of tags or decides one batch of dossiers,
 * and asks for another turn while there is work.  A dossier is opened only
 * inside a decision; what does not become GEKOPPELD stays sealed under its
 * pid.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/deliver.h"
#include "daemon/store/link.h"
#include "protocol/bundle.h"
#include "protocol/receipt.h"

#define TAGS 256
#define HITS OV_HITS
#define HIT_BYTES ((size_t)4 << 20)
#define RETRY_S 5  /* a link key was missing */
#define AGAIN_S 60 /* everything once more */

struct ov_link {
	bool queued;
	int64_t from;   /* messages up to here were joined with all tags */
	bool arrivals;  /* only what came after `from` is left to look at */
	size_t lid;     /* next member of the book to look at */
	bool tags_done; /* no member lacks tags, as far as we know */
	int64_t again;  /* start over */
	struct ov_run run;
	struct ov_spool *spool;
};

void
ov_hits_free(struct ov_hit *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ov_buf_free(&h[i].blob);
		ov_buf_free(&h[i].bewijs);
		ov_buf_free(&h[i].jws);
		ov_buf_free(&h[i].sealed);
	}
	explicit_bzero(h, n * sizeof(*h));
}

/* ---- tags ---- */

struct pupil {
	int64_t nr;
	uint8_t id[16], y[OV_YBLOB];
};

enum ov_rc
ov_pupil_aside(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	ov_log(OV_LOG_ERROR,
	    "event=set-aside table=leerling nr=%lld reason=onleesbaar",
	    (long long)nr);
	return ov_db_run(st->db, e,
	    "INSERT INTO terzijde(tijd,tabel,record,reden)"
	    " SELECT ?1,'leerling',?2,'onleesbaar' WHERE NOT EXISTS"
	    " (SELECT 1 FROM terzijde WHERE tabel='leerling' AND record=?2)",
	    "ii", ov_now(st), nr);
}

/* Pupils of an epoch whose tag for this partner is missing.  One that cannot
 * be read is set aside; *bad: how many. */
static enum ov_rc
tags_missing(struct ov_store *st, int64_t partner, int64_t ep, struct pupil *p,
    size_t *n, size_t *bad, struct ov_err *e)
{
	int64_t aside[TAGS];
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = *bad = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,id,y FROM leerling WHERE eigen=1 AND ep=?2"
	    " AND stand='gecachet' AND nr>ifnull((SELECT tot FROM etiket_klaar"
	    " WHERE partner=?1 AND ep=?2),0) AND nr NOT IN (SELECT leerling"
	    " FROM etiket WHERE partner=?1 AND ep=?2)"
	    " AND NOT EXISTS (SELECT 1 FROM terzijde t WHERE"
	    " t.tabel='leerling' AND t.record=leerling.nr)"
	    " ORDER BY nr LIMIT 256",
	    "ii", partner, ep);
	while (rc == OV_OK && *n + *bad < TAGS &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		p[*n].nr = ov_db_i64(q, 0);
		if (ov_db_fix(q, 1, p[*n].id, 16, NULL) == OV_OK &&
		    ov_db_fix(q, 2, p[*n].y, OV_YBLOB, NULL) == OV_OK)
			(*n)++;
		else
			aside[(*bad)++] = p[*n].nr;
	}
	ov_db_done(st->db, q);
	for (size_t i = 0; i < *bad && rc == OV_OK; i++)
		rc = ov_pupil_aside(st, aside[i], e);
	return rc;
}

/* All pupils up to the first one without a pseudonym have their tag. */
static enum ov_rc
tags_complete(struct ov_store *st, int64_t partner, int64_t ep,
    struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO etiket_klaar(partner,ep,tot) VALUES(?1,?2,"
	    "ifnull((SELECT min(nr)-1 FROM leerling WHERE eigen=1 AND ep=?2"
	    " AND stand IN ('wacht','geblokkeerd')),"
	    "ifnull((SELECT max(nr) FROM leerling WHERE eigen=1 AND ep=?2),0)))"
	    " ON CONFLICT(partner,ep) DO UPDATE SET tot=excluded.tot"
	    " WHERE tot<>excluded.tot",
	    "ii", partner, ep);
}

static enum ov_rc
tags_store(struct ov_store *st, int64_t partner, int64_t ep,
    const struct pupil *p, const struct ov_v_pidded *a, size_t n,
    struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = a[i].rc != OV_OK
		         ? ov_pupil_aside(st, p[i].nr, e)
		         : ov_db_run(st->db, e,
		               "INSERT INTO etiket(partner,ep,tag16,leerling)"
		               " VALUES(?1,?2,?3,?4) ON CONFLICT DO NOTHING",
		               "iibi", partner, ep, (const void *)a[i].tag,
		               (size_t)16, p[i].nr);
	return rc;
}

/* One batch for (partner, epoch); *made says how many.  OV_AGAIN: the vault
 * has no link key with this partner yet. */
static enum ov_rc
tags_make(struct ov_store *st, int64_t partner, int64_t ep, size_t *made,
    struct ov_err *e)
{
	static struct pupil p[TAGS];
	static struct ov_v_pid q[TAGS];
	static struct ov_v_pidded a[TAGS];
	OV_REPLY r = {0};
	size_t n, bad;
	enum ov_rc rc;

	*made = 0;
	if ((rc = tags_missing(st, partner, ep, p, &n, &bad, e)) != OV_OK)
		return rc;
	if (n == 0) { /* more may be behind those that were set aside */
		*made = bad;
		return bad > 0 ? OV_OK : tags_complete(st, partner, ep, e);
	}
	for (size_t i = 0; i < n; i++) {
		q[i] = (struct ov_v_pid){.mode = OV_PID_TAG,
		    .partner = (uint32_t)partner,
		    .ep = (uint32_t)ep};
		memcpy(q[i].pupil, p[i].id, 16);
		memcpy(q[i].y, p[i].y, OV_YBLOB);
		/* A key that is gone leaves zeros, which the vault refuses. */
		rc = ov_key_get(st, p[i].id, q[i].wrap, e);
		if (rc != OV_OK && rc != OV_BADMSG)
			return rc;
	}
	rc = ov_vault(st, OV_V_PID, &ov_v_pid_rec, q, n, &ov_v_pidded_rec, a,
	    &r, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		if (ov_uit_passing((enum ov_rc)a[i].rc))
			rc = ov_fail(e, OV_AGAIN, "no index tag");
	if (rc == OV_OK && (rc = ov_tx_begin(st, e)) == OV_OK) {
		rc = tags_store(st, partner, ep, p, a, n, e);
		if (rc == OV_OK)
			rc = ov_tx_commit(st, e);
		if (rc != OV_OK)
			ov_tx_abort(st);
	}
	explicit_bzero(q, sizeof(q[0]) * n);
	*made = rc == OV_OK ? n : 0;
	return rc;
}

static enum ov_rc
epochs_used(struct ov_store *st, int64_t ep[OV_EPOCHS_MAX], size_t *n,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT DISTINCT ep FROM leerling WHERE eigen=1"
	    " ORDER BY ep DESC LIMIT 8",
	    "");
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row && *n < OV_EPOCHS_MAX)
		ep[(*n)++] = ov_db_i64(q, 0);
	ov_db_done(st->db, q);
	return rc;
}

/* Tags for one member that may send to us.  *made > 0: more may follow. */
static enum ov_rc
tags_member(struct ov_store *st, const struct ov_lid *lid, size_t *made,
    struct ov_err *e)
{
	int64_t ep[OV_EPOCHS_MAX], partner;
	struct ov_bundle b;
	size_t n;
	bool found;
	enum ov_rc rc;

	*made = 0;
	if (ov_oin_eq(&lid->oin, &st->self) || !ov_lid_may(lid, &st->self))
		return OV_OK;
	if ((rc = epochs_used(st, ep, &n, e)) != OV_OK || n == 0 ||
	    (rc = ov_partner_id(st, &lid->oin, &partner, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK && *made == 0; i++)
		rc = tags_make(st, partner, ep[i], made, e);
	if (rc == OV_AGAIN) { /* its bundle is on its way, or asked for now */
		st->link->again = ov_now(st) + RETRY_S;
		rc = ov_bundel_get(st, lid, &b, &found, e);
	}
	return rc == OV_AGAIN ? OV_OK : rc;
}

/* True when a batch was made: there may be more. */
static enum ov_rc
tags_turn(struct ov_store *st, bool *worked, struct ov_err *e)
{
	struct ov_link *l = st->link;
	size_t made = 0;
	enum ov_rc rc;

	*worked = false;
	while (st->boek != NULL && l->lid < st->boek->nlid) {
		rc = tags_member(st, &st->boek->lid[l->lid], &made, e);
		if (rc != OV_OK)
			return rc;
		if (made > 0) {
			l->from = 0; /* old messages may meet new tags */
			l->arrivals = false;
			*worked = true;
			return OV_OK;
		}
		l->lid++;
	}
	l->tags_done = true;
	return OV_OK;
}

/* ---- the join ---- */

enum ov_rc
ov_hit_read(struct ov_store *st, sqlite3_stmt *q, struct ov_hit *h,
    struct ov_err *e)
{
	struct ov_view v;
	enum ov_rc rc;

	h->nr = ov_db_i64(q, 0);
	h->partner = ov_db_i64(q, 2);
	h->ep = (uint32_t)ov_db_i64(q, 3);
	h->versie = (uint64_t)ov_db_i64(q, 4);
	h->leerling = ov_db_i64(q, 7);
	v = ov_db_blob(q, 5);
	ov_buf_add(&h->blob, v.p, v.n);
	v = ov_db_blob(q, 6);
	ov_buf_add(&h->bewijs, v.p, v.n);
	if ((rc = ov_buf_ok(&h->blob, e)) != OV_OK ||
	    (rc = ov_buf_ok(&h->bewijs, e)) != OV_OK ||
	    (rc = ov_db_fix(q, 1, h->id, 16, e)) != OV_OK ||
	    (rc = ov_key_get(st, h->id, h->wrap, e)) != OV_OK)
		return rc;
	if (ov_db_fix(q, 8, h->pupil, 16, NULL) != OV_OK ||
	    ov_db_fix(q, 9, h->y, OV_YBLOB, NULL) != OV_OK) {
		h->later = h->aside = true;
		return OV_OK;
	}
	rc = ov_key_get(st, h->pupil, h->pwrap, e);
	if (rc != OV_BADMSG)
		return rc;
	h->later = true; /* the pupil was erased */
	return OV_OK;
}

/* Waiting dossiers above `from` whose tag one of our pupils has. */
static enum ov_rc
hits_find(struct ov_store *st, struct ov_hit *h, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	size_t bytes = 0;
	enum ov_rc rc;
	bool row;

	*n = 0;
	if (st->link->arrivals) /* a few rows at the end of the table */
		rc = ov_db_q(st->db, &q, e,
		    "SELECT b.nr,b.id,b.partner,b.ep,b.versie,b.inhoud,"
		    "b.bewijs,l.nr,l.id,l.y FROM bericht b NOT INDEXED"
		    " CROSS JOIN etiket t ON t.partner=b.partner AND"
		    " t.ep=b.ep AND t.tag16=b.tag16"
		    " CROSS JOIN leerling l ON l.nr=t.leerling"
		    " WHERE b.nr>?1 AND b.stand='ONBEKEND' AND b.gesloten=1"
		    " AND l.stand='gecachet' AND NOT EXISTS (SELECT 1 FROM"
		    " koppeling_nee k WHERE k.bericht=b.nr AND"
		    " k.leerling=l.nr) ORDER BY b.nr,l.nr LIMIT 64",
		    "i", st->link->from);
	else
		rc = ov_db_q(st->db, &q, e,
		    "SELECT b.nr,b.id,b.partner,b.ep,b.versie,b.inhoud,"
		    "b.bewijs,l.nr,l.id,l.y"
		    " FROM bericht b INDEXED BY bericht_wacht"
		    " CROSS JOIN etiket t ON t.partner=b.partner AND"
		    " t.ep=b.ep AND t.tag16=b.tag16"
		    " CROSS JOIN leerling l ON l.nr=t.leerling"
		    " WHERE b.stand IN ('ONBEKEND', 'TWIJFEL') AND"
		    " b.stand='ONBEKEND' AND b.gesloten=1 AND b.nr>?1"
		    " AND l.stand='gecachet' AND NOT EXISTS (SELECT 1 FROM"
		    " koppeling_nee k WHERE k.bericht=b.nr AND"
		    " k.leerling=l.nr) ORDER BY b.nr,l.nr LIMIT 64",
		    "i", st->link->from);
	while (rc == OV_OK && *n < HITS && bytes < HIT_BYTES &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		if (*n > 0 && h[*n - 1].nr == ov_db_i64(q, 0)) {
			h[*n - 1].twice = true;
			continue;
		}
		rc = ov_hit_read(st, q, &h[*n], e);
		bytes += h[*n].blob.n;
		if (rc == OV_BADMSG) { /* its key is gone */
			h[*n].broken = true;
			rc = OV_OK;
		}
		(*n)++;
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Open them with their pupils' pseudonyms. */
enum ov_rc
ov_hits_open(struct ov_store *st, struct ov_hit *h, size_t n, struct ov_err *e)
{
	static struct ov_v_read q[HITS];
	static struct ov_v_text a[HITS];
	OV_REPLY r = {0};
	size_t who[HITS], k = 0;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		if (h[i].broken || h[i].later)
			continue;
		q[k] = (struct ov_v_read){.table = OV_T_BERICHT,
		    .col = 1,
		    .ver = h[i].versie,
		    .mode = OV_SEAL_PID,
		    .partner = (uint32_t)h[i].partner,
		    .ep = h[i].ep,
		    .blob = {h[i].blob.p, h[i].blob.n}};
		memcpy(q[k].id, h[i].id, 16);
		memcpy(q[k].wrap, h[i].wrap, OV_WRAP);
		memcpy(q[k].pupil, h[i].pupil, 16);
		memcpy(q[k].pwrap, h[i].pwrap, OV_WRAP);
		memcpy(q[k].y, h[i].y, OV_YBLOB);
		who[k++] = i;
	}
	if (k == 0)
		return OV_OK;
	rc = ov_vault(st, OV_V_READ, &ov_v_read_rec, q, k, &ov_v_text_rec, a,
	    &r, e);
	explicit_bzero(q, sizeof(q[0]) * k);
	for (size_t i = 0; i < k && rc == OV_OK; i++) {
		/* One partner without a link key does not stop the others. */
		if (ov_uit_passing((enum ov_rc)a[i].rc))
			h[who[i]].later = true;
		else if (a[i].rc != OV_OK)
			h[who[i]].broken = true;
		else
			ov_buf_add(&h[who[i]].jws, a[i].text.p, a[i].text.n);
		rc = ov_buf_ok(&h[who[i]].jws, e);
	}
	return rc;
}

/* The leaf of the message, out of our own receipt: every leaf about a message
 * has the same ref. */
enum ov_rc
ov_hit_ref(struct ov_store *st, struct ov_hit *h, struct ov_err *e)
{
	OV_BUF jws = {0}, payload = {0};
	struct ov_receipt rec = {0};
	struct ov_leaf leaf;
	struct ov_jws j;
	enum ov_rc rc;

	if ((rc = ov_open_one(st, h->id, h->wrap, OV_T_BERICHT, 2, 1,
	         (struct ov_view){h->bewijs.p, h->bewijs.n}, &jws, e)) !=
	        OV_OK ||
	    (rc = ov_jws_split(jws.p, jws.n, OV_TYP_ONTVANGST, &j, &payload,
	         e)) != OV_OK)
		return rc;
	rc = ov_receipt_parse(payload.p, payload.n, &rec, e);
	if (rc == OV_OK)
		rc = ov_leaf_parse(rec.blad.p, rec.blad.n, &leaf, e);
	if (rc == OV_OK)
		memcpy(h->ref, leaf.ref, 32);
	ov_receipt_free(&rec);
	return rc;
}

/* Is the birth date inside the enrolment's? */
static enum ov_rc
hit_judge(struct ov_store *st, struct ov_hit *h, struct ov_err *e)
{
	struct ov_claims cl = {0};
	struct ov_pupil_data d = {0};
	const char *born;
	enum ov_rc rc;

	rc = ov_jws_claims((struct ov_view){h->jws.p, h->jws.n}, &cl, e);
	if (rc == OV_OK &&
	    (rc = ov_pupil_open(st, h->leerling, &d, e)) != OV_OK &&
	    ov_rc_class(rc) == OV_CL_REFUSE) {
		/* The dossier is good: it waits for its pupil. */
		h->later = h->aside = true;
		rc = OV_OK;
	} else if (rc == OV_OK) {
		born = ov_jn_text(ov_jn_get(cl.inhoud, "geboortedatum"));
		h->same = born != NULL && strcmp(born, d.geboortedatum) == 0;
	} else if (ov_rc_class(rc) == OV_CL_REFUSE) {
		h->broken = true;
		rc = OV_OK;
	}
	ov_pupil_free(&d);
	ov_claims_free(&cl);
	return rc;
}

/* Seal anew under the record key alone. */
enum ov_rc
ov_hits_seal(struct ov_store *st, struct ov_hit *h, size_t n, struct ov_err *e)
{
	static struct ov_v_seal q[HITS];
	static struct ov_v_sealed a[HITS];
	OV_REPLY r = {0};
	size_t who[HITS], k = 0;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		if (!h[i].same || h[i].twice || h[i].broken || h[i].later)
			continue;
		q[k] = (struct ov_v_seal){.table = OV_T_BERICHT,
		    .col = 1,
		    .ver = h[i].versie + 1,
		    .text = {h[i].jws.p, h[i].jws.n}};
		memcpy(q[k].id, h[i].id, 16);
		memcpy(q[k].wrap, h[i].wrap, OV_WRAP);
		who[k++] = i;
	}
	if (k == 0)
		return OV_OK;
	rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, q, k, &ov_v_sealed_rec, a,
	    &r, e);
	explicit_bzero(q, sizeof(q[0]) * k);
	for (size_t i = 0; i < k && rc == OV_OK; i++) {
		if (a[i].rc != OV_OK) { /* it opened just now */
			h[who[i]].later = true;
			continue;
		}
		ov_buf_add(&h[who[i]].sealed, a[i].blob.p, a[i].blob.n);
		rc = ov_buf_ok(&h[who[i]].sealed, e);
	}
	return rc;
}

static enum ov_rc
hit_linked(struct ov_store *st, const struct ov_hit *h, struct ov_err *e)
{
	struct ov_oin oin;
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET stand='GEKOPPELD',gesloten=0,versie=?2,"
	    "inhoud=?3,leerling=?4,reden=NULL WHERE nr=?1",
	    "iivi", h->nr, (int64_t)h->versie + 1,
	    (struct ov_view){h->sealed.p, h->sealed.n}, h->leerling);
	if (rc == OV_OK)
		rc = ov_stand_note(st, h->nr, "GEKOPPELD", e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE zaak SET leerling=?2 WHERE zaak="
		    "(SELECT zaak FROM bericht WHERE nr=?1)",
		    "ii", h->nr, h->leerling);
	if (rc == OV_OK)
		rc = ov_partner_oin(st, h->partner, &oin, e);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_KOPPELING, &oin, h->ref, e);
	return rc;
}

/* What became of one hit, in the open transaction. */
static enum ov_rc
hit_write(struct ov_store *st, const struct ov_hit *h, struct ov_err *e)
{
	enum ov_rc rc;

	if (h->aside)
		return ov_pupil_aside(st, h->leerling, e);
	if (h->later)
		return OV_OK;
	if (h->broken) {
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='TERZIJDE',reden='onleesbaar'"
		    " WHERE nr=?1",
		    "i", h->nr);
		if (rc == OV_OK)
			rc = ov_stand_note(st, h->nr, "TERZIJDE", e);
		if (rc == OV_OK)
			rc = ov_db_run(st->db, e,
			    "INSERT INTO terzijde(tijd,tabel,record,reden)"
			    " VALUES(?1,'bericht',?2,'onleesbaar')",
			    "ii", ov_now(st), h->nr);
		return rc;
	}
	if (h->same && !h->twice)
		return hit_linked(st, h, e);
	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET stand='TWIJFEL',leerling=?2,reden=?3"
	    " WHERE nr=?1",
	    "iit", h->nr, h->leerling,
	    h->twice ? "referentie-dubbel" : "twijfel");
	return rc == OV_OK ? ov_stand_note(st, h->nr, "TWIJFEL", e) : rc;
}

enum ov_rc
ov_hits_write(struct ov_store *st, const struct ov_hit *h, size_t n,
    struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = hit_write(st, &h[i], e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* Open, judge, seal and write a batch of hits. */
static enum ov_rc
hits_decide(struct ov_store *st, struct ov_hit *h, size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_hits_open(st, h, n, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (h[i].broken || h[i].later)
			continue;
		rc = hit_judge(st, &h[i], e);
		if (rc == OV_OK && h[i].same && !h[i].broken)
			rc = ov_hit_ref(st, &h[i], e);
		if (ov_rc_class(rc) == OV_CL_REFUSE) { /* its receipt */
			h[i].broken = true;
			rc = OV_OK;
		}
	}
	if (rc == OV_OK)
		rc = ov_hits_seal(st, h, n, e);
	if (rc == OV_OK)
		rc = ov_hits_write(st, h, n, e);
	return rc;
}

static enum ov_rc
join_turn(struct ov_store *st, bool *worked, struct ov_err *e)
{
	static struct ov_hit h[HITS];
	size_t n;
	enum ov_rc rc;

	*worked = false;
	rc = hits_find(st, h, &n, e);
	if (rc == OV_OK && n > 0)
		rc = hits_decide(st, h, n, e);
	if (rc == OV_OK && n > 0) {
		st->link->from = h[n - 1].nr;
		*worked = true;
	} else if (rc == OV_OK) {
		st->link->arrivals = true;
		rc = ov_db_int(st->db, &st->link->from, 0, e,
		    "SELECT max(nr) FROM bericht", "");
	}
	ov_hits_free(h, n);
	return rc;
}

static void
turn(struct ov_loop *loop, void *arg)
{
	struct ov_store *st = arg;
	struct ov_link *l = st->link;
	struct ov_err e = {0};
	bool worked = false;
	enum ov_rc rc = OV_OK;

	(void)loop;
	l->queued = false;
	if (!l->tags_done)
		rc = tags_turn(st, &worked, &e);
	if (rc == OV_OK && !worked)
		rc = join_turn(st, &worked, &e);
	if (rc == OV_OK && !worked)
		rc = ov_link_open(st, &worked, &e);
	if (rc == OV_OK && worked) {
		l->queued = ov_loop_defer(st->env.loop, turn, st, &e) == OV_OK;
		return;
	}
	if (rc == OV_OK)
		return;
	if (ov_rc_class(rc) == OV_CL_STOP) {
		ov_store_fatal(st, &e);
		return;
	}
	ov_log(OV_LOG_WARN, "event=link fault=\"%s\"", e.msg);
	l->again = ov_now(st) + RETRY_S;
}

static void
start_turn(struct ov_store *st)
{
	struct ov_err e = {0};

	if (!st->link->queued)
		st->link->queued = ov_loop_defer(st->env.loop, turn, st, &e) ==
		                   OV_OK;
}

void
ov_link_kick(struct ov_store *st)
{
	if (st->link == NULL)
		return;
	st->link->tags_done = false;
	st->link->lid = 0;
	start_turn(st);
}

void
ov_link_again(struct ov_store *st)
{
	if (st->link == NULL)
		return;
	st->link->from = 0;
	st->link->arrivals = false;
	ov_link_kick(st);
}

void
ov_link_tick(struct ov_store *st)
{
	struct ov_link *l = st->link;
	int64_t now = ov_now(st);

	if (now >= l->again) {
		l->again = now + AGAIN_S;
		ov_link_again(st);
	}
	ov_link_answers(st, &l->run);
	ov_spool_tick(l->spool);
}

enum ov_rc
ov_link_new(struct ov_store *st, struct ov_err *e)
{
	st->link = calloc(1, sizeof(*st->link));
	if (st->link == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return ov_spool_new(st, &st->link->spool, e);
}

void
ov_link_free(struct ov_store *st)
{
	if (st->link == NULL)
		return;
	ov_loop_undefer(st->env.loop, st);
	ov_spool_free(st->link->spool);
	free(st->link);
	st->link = NULL;
}
