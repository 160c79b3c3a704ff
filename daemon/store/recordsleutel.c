/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/recordsleutel.c - one record key: kept, found, destroyed
 * (docs/store.md, "Erasure").
 *
 * A record's wrapped key is in main.db (sleutel_jong) while it is younger than
 * the last rotation, else in sleutels/keys.<g>.db.  The two files are never
 * one transaction.  So a destruction is a redo log: the row of sleutel_jong
 * goes and te_vernietigen is written in one commit, then the key goes from
 * every file of keys that exists, then the row of te_vernietigen.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/rotatie.h"

#define WRAP_VERSION 0x01
#define WIS_STEP 1024 /* keys destroyed in one transaction of the file */

/* ---- one key ---- */

static enum ov_rc
remember(struct ov_rotatie *r, const uint8_t id[16], struct ov_err *e)
{
	void *p;

	if (r->n == r->room) {
		p = realloc(r->nieuw, (r->room + 1024) * sizeof(*r->nieuw));
		if (p == NULL)
			return ov_fail(e, OV_NOSPACE, "out of memory");
		r->nieuw = p;
		r->room += 1024;
	}
	memcpy(r->nieuw[r->n++], id, 16);
	return OV_OK;
}

enum ov_rc
ov_key_put(struct ov_store *st, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], struct ov_err *e)
{
	struct ov_rotatie *r = st->rotatie;
	enum ov_rc rc = OV_OK;

	if (r != NULL && ov_rotatie_copying(r))
		rc = remember(r, id, e);
	return rc != OV_OK
	           ? rc
	           : ov_db_run(st->db, e,
	                 "INSERT INTO sleutel_jong(id,wrap,gen)"
	                 " VALUES(?1,?2,?3) ON CONFLICT(id) DO NOTHING",
	                 "bbi", (const void *)id, (size_t)16,
	                 (const void *)wrap, (size_t)OV_WRAP, (int64_t)st->kek);
}

enum ov_rc
ov_key_look_up(struct ov_db *db, const char *sql, const uint8_t id[16],
    int64_t gen, uint8_t wrap[OV_WRAP], bool *found, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;

	*found = false;
	rc = ov_db_q(db, &q, e, sql, "bi", (const void *)id, (size_t)16, gen);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_db_next(db, q, found, e)) == OV_OK && *found)
		rc = ov_db_fix(q, 0, wrap, OV_WRAP, e);
	ov_db_done(db, q);
	/* To the vault zeros are "make a new key": never from a file. */
	if (rc == OV_OK && *found && wrap[0] != WRAP_VERSION)
		rc = ov_fail(e, OV_BADMSG, "record key is damaged");
	return rc;
}

enum ov_rc
ov_key_get(struct ov_store *st, const uint8_t id[16], uint8_t wrap[OV_WRAP],
    struct ov_err *e)
{
	bool found;
	enum ov_rc rc;

	rc = ov_key_look_up(st->db,
	    "SELECT wrap FROM sleutel_jong WHERE id=?1 AND gen=?2", id, st->kek,
	    wrap, &found, e);
	if (rc == OV_OK && !found && st->rotatie != NULL &&
	    st->rotatie->keys != NULL)
		rc = ov_key_look_up(st->rotatie->keys,
		    "SELECT wrap FROM sleutel WHERE id=?1 AND ?2>0", id, 1,
		    wrap, &found, e);
	if (rc == OV_OK && !found)
		rc = ov_fail(e, OV_BADMSG, "record key is gone");
	return rc;
}

enum ov_rc
ov_keys_destroyed(struct ov_store *st, struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "DELETE FROM sleutel_jong WHERE id IN"
	    " (SELECT id FROM te_vernietigen)",
	    "");
}

enum ov_rc
ov_key_destroy(struct ov_store *st, const uint8_t id[16], struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e, "DELETE FROM sleutel_jong WHERE id=?1", "b",
	    (const void *)id, (size_t)16);
	return rc != OV_OK ? rc
	                   : ov_db_run(st->db, e,
	                         "INSERT INTO te_vernietigen(id) VALUES(?1)",
	                         "b", (const void *)id, (size_t)16);
}

/* ---- the redo log ---- */

static enum ov_rc
destroy_in(struct ov_db *keys, uint8_t (*id)[16], size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if (keys == NULL)
		return OV_OK;
	if ((rc = ov_db_begin(keys, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = ov_db_run(keys, e, "DELETE FROM sleutel WHERE id=?1", "b",
		    (const void *)id[i], (size_t)16);
	if (rc == OV_OK)
		return ov_db_commit(keys, e);
	ov_db_rollback(keys);
	return rc;
}

static enum ov_rc
redo_read(struct ov_store *st, uint8_t (*id)[16], size_t *n, int64_t *last,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	*last = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,id FROM te_vernietigen ORDER BY nr LIMIT ?1", "i",
	    (int64_t)WIS_STEP);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		if ((rc = ov_db_fix(q, 1, id[*n], 16, e)) != OV_OK)
			break;
		*last = ov_db_i64(q, 0);
		++*n;
	}
	ov_db_done(st->db, q);
	return rc;
}

/* (c) and (d) of an erasure, for the oldest of the redo log. */
enum ov_rc
ov_key_redo(struct ov_store *st, size_t *n, struct ov_err *e)
{
	static uint8_t id[WIS_STEP][16];
	struct ov_rotatie *r = st->rotatie;
	int64_t last, since;
	enum ov_rc rc;

	if ((rc = redo_read(st, id, n, &last, e)) != OV_OK || *n == 0 ||
	    (rc = destroy_in(r->keys, id, *n, e)) != OV_OK ||
	    (rc = destroy_in(r->next, id, *n, e)) != OV_OK ||
	    (rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e, "DELETE FROM te_vernietigen WHERE nr<=?1",
	    "i", last);
	if (rc == OV_OK)
		rc = ov_db_get(st->db, "vernietigd", &since, 0, e);
	if (rc == OV_OK && since == 0)
		rc = ov_db_set(st->db, "vernietigd", ov_now(st), e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}
