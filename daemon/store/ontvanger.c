/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ontvanger.c - notices whose gemeente no member of the book
 * serves wait here (GEEN-ONTVANGER; docs/protocol.md, "The life of a
 * message"): their PGN, sealed, and the look at every new book whether it
 * brings a receiver.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/store/ctl.h"
#include "protocol/pgn.h"

#define TURN_MAX 16 /* drafts opened in one turn */

/* Kept numbers that no draft points at. */
#define ORPHANS                                                                \
	" FROM leerling WHERE stand='bewaard' AND NOT EXISTS"                  \
	" (SELECT 1 FROM concept WHERE concept.leerling=leerling.nr)"

struct ov_ontvanger {
	struct ov_store *st;
	bool queued;
	int64_t at; /* concept.nr: the next turn begins behind it */
};

/* ---- the number that waits ---- */

enum ov_rc
ov_pgn_keep(struct ov_store *st, const char pgn[9], int64_t *leerling,
    struct ov_err *e)
{
	OV_BUF blob = {0};
	uint8_t id[16], wrap[OV_WRAP] = {0};
	enum ov_rc rc;

	ov_new_id(st, id);
	rc = ov_seal_one(st, id, wrap, OV_T_LEERLING, 1, 1,
	    (struct ov_view){(const uint8_t *)pgn, OV_PGN_LEN}, &blob, e);
	if (rc != OV_OK || (rc = ov_key_put(st, id, wrap, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO leerling(id,eigen,domein,ep,stand,pgn,geladen)"
	    " VALUES(?1,0,'',0,'bewaard',?2,?3)",
	    "bvi", (const void *)id, sizeof(id),
	    (struct ov_view){blob.p, blob.n}, ov_now(st));
	*leerling = rc == OV_OK ? ov_db_last(st->db) : 0;
	return rc;
}

/* The number of a row `bewaard`; *kept false: it is no such row. */
static enum ov_rc
pgn_open(struct ov_store *st, int64_t leerling, char pgn[OV_PGN_LEN + 1],
    bool *kept, struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT id,pgn FROM leerling WHERE nr=?1 AND stand='bewaard'", "i",
	    leerling);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, kept, e);
	if (rc == OV_OK && *kept &&
	    (rc = ov_db_fix(q, 0, id, sizeof(id), e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_LEERLING, 1, 1,
		    ov_db_blob(q, 1), &text, e);
	ov_db_done(st->db, q);
	if (rc == OV_OK && *kept) {
		if (text.n == OV_PGN_LEN)
			memcpy(pgn, text.p, OV_PGN_LEN);
		else
			rc = ov_fail(e, OV_BADMSG, "kept number is broken");
		pgn[OV_PGN_LEN] = '\0';
	}
	return rc;
}

enum ov_rc
ov_pgn_move(struct ov_store *st, const struct ov_oin *domein, int64_t *leerling,
    struct ov_err *e)
{
	char pgn[OV_PGN_LEN + 1] = "";
	bool kept = false, ready;
	enum ov_rc rc = OV_OK;

	if (*leerling != 0)
		rc = pgn_open(st, *leerling, pgn, &kept, e);
	if (rc == OV_OK && kept)
		rc = ov_pseudo_want(st, domein, pgn, false, leerling, &ready,
		    e);
	sodium_memzero(pgn, sizeof(pgn));
	return rc;
}

enum ov_rc
ov_pgn_sweep(struct ov_store *st, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO te_vernietigen(id) SELECT id" ORPHANS, "");
	if (rc == OV_OK)
		rc = ov_keys_destroyed(st, e);
	return rc == OV_OK ? ov_db_run(st->db, e, "DELETE" ORPHANS, "") : rc;
}

/* ---- looking again ---- */

/* The next drafts without a receiver: not sent yet, or waiting for one. */
static enum ov_rc
page(struct ov_store *st, int64_t at, int64_t *nr, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT c.nr FROM concept c JOIN import i ON i.nr=c.import"
	    " LEFT JOIN uitgaand u ON u.nr=c.uitgaand WHERE c.partner=''"
	    " AND c.nr>?1 AND i.compleet=1 AND (u.stand='GEEN-ONTVANGER' OR"
	    " c.stand IN ('VOLLEDIG','ONVOLLEDIG')) ORDER BY c.nr LIMIT 16",
	    "i", at);
	while (rc == OV_OK && *n < TURN_MAX &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row)
		nr[(*n)++] = ov_db_i64(q, 0);
	ov_db_done(st->db, q);
	return rc;
}

/* One by one: the trouble of one is not that of the others. */
static enum ov_rc
again(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	const char *code = NULL;
	bool found;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_draft_again(st, nr, &found, &code, e);
	if (rc == OV_OK && code == NULL)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK || code != NULL)
		ov_tx_abort(st);
	if (rc == OV_OK && code != NULL) /* outbox list says why it waits */
		rc = ov_db_run(st->db, e,
		    "UPDATE uitgaand SET fout=?2 WHERE nr=(SELECT uitgaand FROM"
		    " concept WHERE nr=?1) AND stand='GEEN-ONTVANGER'",
		    "it", nr, code);
	return rc;
}

static void
run(struct ov_loop *loop, void *arg)
{
	struct ov_ontvanger *o = arg;
	struct ov_store *st = o->st;
	struct ov_err e = {0};
	int64_t nr[TURN_MAX];
	size_t n = 0;
	enum ov_rc rc;

	(void)loop;
	o->queued = false;
	if (st->boek == NULL)
		return;
	if ((rc = page(st, o->at, nr, &n, &e)) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=receiver fault=\"%s\"", e.msg);
	for (size_t i = 0; i < n && ov_rc_class(rc) != OV_CL_STOP; i++)
		if ((rc = again(st, nr[i], &e)) != OV_OK)
			ov_log(OV_LOG_ERROR,
			    "event=receiver draft=%" PRId64 " fault=\"%s\"",
			    nr[i], e.msg);
	if (ov_rc_class(rc) == OV_CL_STOP) {
		ov_store_fatal(st, &e);
		return;
	}
	ov_deliver_kick(st);
	ov_pseudo_kick(st);
	if (n < TURN_MAX)
		return; /* that was the last */
	o->at = nr[n - 1];
	if (ov_loop_defer(st->env.loop, run, o, NULL) == OV_OK)
		o->queued = true;
}

enum ov_rc
ov_ontvanger_new(struct ov_store *st, struct ov_err *e)
{
	st->ontvanger = calloc(1, sizeof(*st->ontvanger));
	if (st->ontvanger == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->ontvanger->st = st;
	return OV_OK;
}

void
ov_ontvanger_free(struct ov_store *st)
{
	if (st->ontvanger == NULL)
		return;
	ov_loop_undefer(st->env.loop, st->ontvanger);
	free(st->ontvanger);
	st->ontvanger = NULL;
}

void
ov_ontvanger_kick(struct ov_store *st)
{
	struct ov_ontvanger *o = st->ontvanger;

	if (o == NULL)
		return;
	o->at = 0; /* from the beginning, also when a pass is under way */
	if (!o->queued && ov_loop_defer(st->env.loop, run, o, NULL) == OV_OK)
		o->queued = true;
}
