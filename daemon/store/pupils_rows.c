/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pupils_rows.c - a batch of rows of a load: judged against the
 * pupils that are there, and stored.  What the vault does for them it does in
 * one call of each kind.
 */
#include "daemon/store/pupils.h"

#include <string.h>

#include <sodium.h>

/* ---- what is there ---- */

enum ov_rc
ov_have_find(struct ov_store *st, const uint8_t *tag, int64_t nr,
    struct ov_have *h, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	memset(h, 0, sizeof(*h));
	if (tag != NULL)
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,g_versie,gegevens IS NOT NULL,"
		    "stand='zonder-pgn',ref_tag FROM leerling"
		    " WHERE ref_tag=?1 AND eigen=1",
		    "b", (const void *)tag, (size_t)16);
	else
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,g_versie,gegevens IS NOT NULL,"
		    "stand='zonder-pgn',ref_tag FROM leerling WHERE nr=?1",
		    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		h->nr = ov_db_i64(q, 0);
		h->versie = ov_db_i64(q, 2);
		h->data = ov_db_i64(q, 3) != 0;
		h->zonder = ov_db_i64(q, 4) != 0;
		v = ov_db_blob(q, 5);
		h->ref = v.n == 16;
		if (h->ref)
			memcpy(h->tag, v.p, 16);
		rc = ov_db_fix(q, 1, h->id, 16, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* A row without number: never linked, but there. */
static enum ov_rc
have_without(struct ov_store *st, struct ov_have *h, struct ov_err *e)
{
	const struct ov_book_epoch *ep = st->boek != NULL
	                                     ? ov_book_epoch_active(st->boek,
	                                           ov_now(st))
	                                     : NULL;
	enum ov_rc rc;

	memset(h, 0, sizeof(*h));
	ov_new_id(st, h->id);
	rc = ov_db_run(st->db, e,
	    "INSERT INTO leerling(id,eigen,domein,ep,stand,g_versie,geladen)"
	    " VALUES(?1,1,?2,?3,'zonder-pgn',0,?4)",
	    "btii", (const void *)h->id, (size_t)16, st->self.s,
	    ep != NULL ? (int64_t)ep->ep : 0, ov_now(st));
	h->nr = ov_db_last(st->db);
	return rc;
}

/* What was in doubt about this pupil is not any more. */
static enum ov_rc
doubts_end(struct ov_store *st, int64_t leerling, bool alle, struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO bericht_stand(bericht,tijd,stand) SELECT nr,?2,"
	    "'ONBEKEND' FROM bericht WHERE leerling=?1 AND gesloten=1"
	    " AND stand='TWIJFEL' AND (?3<>0 OR reden='twijfel')",
	    "iii", leerling, ov_now(st), (int64_t)alle);
}

enum ov_rc
ov_pupil_drop(struct ov_store *st, int64_t nr, const uint8_t id[16],
    struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e, "DELETE FROM etiket WHERE leerling=?1", "i",
	    nr);
	if (rc == OV_OK) /* its number may be given out again */
		rc = ov_db_run(st->db, e,
		    "UPDATE etiket_klaar SET tot=min(tot,?1-1)", "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET hoort_bij=NULL WHERE hoort_bij=?1",
		    "i", nr);
	if (rc == OV_OK) /* whom it is given to was in none of these */
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht_stand SET leerling=NULL WHERE leerling=?1",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM koppeling_nee WHERE leerling=?1", "i", nr);
	if (rc == OV_OK)
		rc = doubts_end(st, nr, true, e);
	if (rc == OV_OK) /* a doubt about somebody who is not there */
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='ONBEKEND',leerling=NULL,"
		    "reden=NULL WHERE leerling=?1 AND gesloten=1",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e, "DELETE FROM leerling WHERE nr=?1",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_key_destroy(st, id, e);
	return rc;
}

/* ---- judging ---- */

static enum ov_rc
tags(struct ov_store *st, struct ov_item *it, size_t n, struct ov_err *e)
{
	const char *ref[OV_ROWS_MAX] = {NULL};
	uint8_t tag[OV_ROWS_MAX][16];
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++)
		ref[i] = it[i].r.ref;
	if ((rc = ov_pupil_tags(st, ref, n, tag, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		memcpy(it[i].tag, tag[i], 16);
	return OV_OK;
}

/* Which of ours has this number, if any. */
static enum ov_rc
numbers(struct ov_store *st, struct ov_item *it, size_t n, struct ov_err *e)
{
	struct ov_want w[OV_ROWS_MAX] = {0};
	size_t k = 0;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		if (it[i].r.pgn[0] == '\0')
			continue;
		w[k].domein = st->self;
		w[k].eigen = true;
		memcpy(w[k++].pgn, it[i].r.pgn, sizeof(w[0].pgn));
	}
	rc = ov_pseudo_find(st, w, k, e);
	k = 0;
	for (size_t i = 0; rc == OV_OK && i < n; i++)
		if (it[i].r.pgn[0] != '\0')
			it[i].want = w[k++];
	sodium_memzero(w, sizeof(w));
	return rc;
}

static enum ov_rc
judge(struct ov_store *st, struct ov_item *it, struct ov_err *e)
{
	int64_t links = 0;
	enum ov_rc rc;

	if ((rc = ov_have_find(st, it->tag, 0, &it->old, e)) != OV_OK)
		return rc;
	it->h = it->old;
	if (it->r.pgn[0] == '\0')
		return OV_OK;
	memset(&it->h, 0, sizeof(it->h));
	if (it->want.nr != 0 &&
	    (rc = ov_have_find(st, NULL, it->want.nr, &it->h, e)) != OV_OK)
		return rc;
	if (it->h.ref && memcmp(it->h.tag, it->tag, 16) != 0) {
		it->kolom = "pgn";
		it->code = "pgn-dubbel";
		return OV_OK;
	}
	if (it->old.nr == 0 || it->old.nr == it->want.nr)
		return OV_OK;
	rc = ov_db_int(st->db, &links, 0, e,
	    "SELECT count(*) FROM bericht WHERE leerling=?1 AND gesloten=0",
	    "i", it->old.nr);
	if (rc == OV_OK && links > 0) {
		it->kolom = "pgn";
		it->code = "pgn-gewijzigd";
	}
	return rc;
}

enum ov_rc
ov_rows_judge(struct ov_store *st, struct ov_item *it, size_t n,
    struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = tags(st, it, n, e)) != OV_OK ||
	    (rc = numbers(st, it, n, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = judge(st, &it[i], e);
	return rc;
}

/* ---- the row of each ---- */

/* Rows for the numbers that are new, and what is there of them. */
static enum ov_rc
rows_make(struct ov_store *st, struct ov_item *it, size_t n, struct ov_err *e)
{
	struct ov_want w[OV_ROWS_MAX];
	size_t at[OV_ROWS_MAX], k = 0;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (it[i].r.pgn[0] == '\0') {
			if (it[i].old.nr == 0)
				rc = have_without(st, &it[i].h, e);
			continue;
		}
		if (it[i].old.nr != 0 && it[i].old.nr != it[i].want.nr)
			rc = ov_pupil_drop(st, it[i].old.nr, it[i].old.id, e);
		w[k] = it[i].want;
		at[k++] = i;
	}
	if (rc == OV_OK)
		rc = ov_pseudo_make(st, w, k, e);
	for (size_t i = 0; i < k && rc == OV_OK; i++)
		rc = ov_have_find(st, NULL, w[i].nr, &it[at[i]].h, e);
	sodium_memzero(w, sizeof(w));
	return rc;
}

/* The school a pupil leaves, where the book has room for its pseudonyms. */
static const struct ov_lid *
school_of(struct ov_store *st, const struct ov_row *r)
{
	const struct ov_lid *lid;
	const char *code;

	if (r->pgn[0] == '\0' || r->school[0] == '\0' ||
	    (lid = ov_ctl_partner(st, r->school, &code)) == NULL ||
	    ov_oin_eq(&lid->oin, &st->self) ||
	    ov_book_budget_of(st->boek, &st->self, &lid->oin) == NULL)
		return NULL;
	return lid;
}

/* Schools that are left get statuses: the pupil's pseudonym there is asked for
 * while the number is known. */
static enum ov_rc
schools(struct ov_store *st, struct ov_item *it, size_t n, struct ov_err *e)
{
	struct ov_want w[OV_ROWS_MAX] = {0};
	size_t at[OV_ROWS_MAX], k = 0;
	const struct ov_lid *lid;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		if ((lid = school_of(st, &it[i].r)) == NULL)
			continue;
		w[k].domein = lid->oin;
		memcpy(w[k].pgn, it[i].r.pgn, sizeof(w[k].pgn));
		at[k++] = i;
	}
	if ((rc = ov_pseudo_find(st, w, k, e)) == OV_OK)
		rc = ov_pseudo_make(st, w, k, e);
	for (size_t i = 0; i < k && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET hoort_bij=?2 WHERE nr=?1", "ii",
		    w[i].nr, it[at[i]].h.nr);
	sodium_memzero(w, sizeof(w));
	return rc;
}

/* ---- its data ---- */

/* Is there anything to seal? */
static enum ov_rc
data_changed(struct ov_store *st, const struct ov_row *r,
    const struct ov_have *h, bool *changed, struct ov_err *e)
{
	struct ov_pupil_data d = {0};
	enum ov_rc rc;

	*changed = true;
	if (!h->data)
		return OV_OK;
	if ((rc = ov_pupil_open(st, h->nr, &d, e)) == OV_OK)
		*changed = strcmp(d.ref, r->ref) != 0 ||
		           strcmp(d.geboortedatum, r->born) != 0 ||
		           strcmp(d.school, r->school) != 0;
	for (size_t i = 0; i < OV_MEER_N && rc == OV_OK; i++)
		*changed |= strcmp(d.meer[i], r->meer[i]) != 0;
	ov_pupil_free(&d);
	if (rc != OV_OK || *changed)
		return rc;
	return ov_db_run(st->db, e,
	    "UPDATE leerling SET geladen=?2 WHERE nr=?1", "ii", h->nr,
	    ov_now(st));
}

/* The record at hand as a request to the vault; its text goes into *text. */
static enum ov_rc
data_request(struct ov_store *st, const struct ov_item *it, struct ov_buf *text,
    struct ov_v_seal *q, struct ov_err *e)
{
	struct ov_err no = {0};
	json_t *j;

	j = json_pack("{s:s,s:s,s:s}", "eigenReferentie", it->r.ref,
	    "geboortedatum", it->r.born, "schoolVerlaten", it->r.school);
	if (j == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	for (size_t i = 0; i < OV_MEER_N; i++)
		if (it->r.meer[i][0] != '\0')
			(void)ov_j_set(j, ov_pupil_meer[i],
			    json_string(it->r.meer[i]));
	ov_json_dump(text, j);
	json_decref(j);
	memcpy(q->id, it->h.id, 16);
	q->table = OV_T_LEERLING;
	q->col = 2;
	q->ver = (uint64_t)it->h.versie + 1;
	q->text = (struct ov_view){text->p, text->n};
	/* The key is there, unless nothing was sealed for this row yet. */
	if ((it->h.data || !it->h.zonder) &&
	    ov_key_get(st, it->h.id, q->wrap, &no) != OV_OK)
		memset(q->wrap, 0, sizeof(q->wrap));
	return ov_buf_ok(text, e);
}

static enum ov_rc
data_keep(struct ov_store *st, const struct ov_item *it,
    const struct ov_v_seal *q, const struct ov_v_sealed *a, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_sealed_rc(a, e)) != OV_OK)
		return rc;
	if (memcmp(q->wrap, a->wrap, OV_WRAP) != 0)
		rc = ov_key_put(st, it->h.id, a->wrap, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET gegevens=?2,g_versie=?3,ref_tag=?4,"
		    "geladen=?5 WHERE nr=?1",
		    "ivibi", it->h.nr, a->blob, it->h.versie + 1,
		    (const void *)it->tag, (size_t)16, ov_now(st));
	if (rc == OV_OK && it->h.data)
		rc = doubts_end(st, it->h.nr, false, e);
	if (rc == OV_OK && it->h.data) /* in doubt it may not be any more */
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='ONBEKEND',leerling=NULL,"
		    "reden=NULL WHERE leerling=?1 AND stand='TWIJFEL'"
		    " AND reden='twijfel'",
		    "i", it->h.nr);
	return rc;
}

/* Seal what changed. */
static enum ov_rc
data_store(struct ov_store *st, struct ov_item *it, size_t n, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_buf text[OV_ROWS_MAX] = {0};
	struct ov_v_seal q[OV_ROWS_MAX] = {0};
	struct ov_v_sealed a[OV_ROWS_MAX];
	size_t at[OV_ROWS_MAX], k = 0;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		rc = data_changed(st, &it[i].r, &it[i].h, &it[i].changed, e);
		if (rc != OV_OK || !it[i].changed)
			continue;
		rc = data_request(st, &it[i], &text[k], &q[k], e);
		at[k++] = i;
	}
	if (rc == OV_OK && k > 0)
		rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, q, k,
		    &ov_v_sealed_rec, a, &r, e);
	for (size_t i = 0; i < k && rc == OV_OK; i++)
		rc = data_keep(st, &it[at[i]], &q[i], &a[i], e);
	for (size_t i = 0; i < k; i++)
		ov_buf_free(&text[i]);
	return rc;
}

enum ov_rc
ov_rows_store(struct ov_store *st, struct ov_item *it, size_t n,
    struct ov_err *e)
{
	enum ov_rc rc;

	if (n == 0)
		return OV_OK;
	if ((rc = rows_make(st, it, n, e)) != OV_OK ||
	    (rc = schools(st, it, n, e)) != OV_OK)
		return rc;
	return data_store(st, it, n, e);
}
