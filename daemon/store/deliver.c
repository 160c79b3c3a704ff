/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/deliver.c - the outbox: whose turn it is (docs/processes.md,
 * "Sending"; docs/protocol.md, "The life of a message").
 *
 * Every turn judges the answers that came in as one commit, then signs and
 * sends what is due, partner by partner.  Due times are stored, so a start
 * goes on where the last one stopped; the role's tick looks every second.
 */
#include "daemon/store/deliver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void run(struct ov_loop *, void *);

enum ov_rc
ov_deliver_new(struct ov_store *st, struct ov_err *e)
{
	st->deliver = calloc(1, sizeof(*st->deliver));
	if (st->deliver == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->deliver->st = st;
	/* What was under way when we stopped is sent again: the receiver
	 * answers a repetition with its stored receipt. */
	return ov_db_run(st->db, e,
	    "UPDATE uitgaand SET due=0 WHERE " OV_UIT_ZEND, "");
}

static void
sent_free(struct ov_sent *s)
{
	struct ov_sent *next;

	for (; s != NULL; s = next) {
		next = s->next;
		ov_buf_free(&s->body);
		free(s);
	}
}

void
ov_deliver_free(struct ov_store *st)
{
	if (st->deliver == NULL)
		return;
	ov_loop_undefer(st->env.loop, st->deliver);
	sent_free(st->deliver->flying);
	sent_free(st->deliver->landed);
	free(st->deliver);
	st->deliver = NULL;
}

void
ov_deliver_kick(struct ov_store *st)
{
	if (st->deliver == NULL || st->deliver->queued)
		return;
	if (ov_loop_defer(st->env.loop, run, st->deliver, NULL) == OV_OK)
		st->deliver->queued = true;
}

void
ov_deliver_partner_up(struct ov_store *st, int64_t partner)
{
	struct ov_err e = {0};

	if (ov_db_run(st->db, &e,
	        "UPDATE uitgaand SET due=0 WHERE partner=?1 AND " OV_UIT_ZEND
	        " AND due>?2",
	        "ii", partner, ov_now(st)) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=backlog fault=\"%s\"", e.msg);
	ov_deliver_kick(st);
}

int64_t
ov_backoff(struct ov_store *st, int64_t tries)
{
	int64_t top = OV_RETRY_MIN << (tries > 7 ? 7 : tries < 0 ? 0 : tries);
	uint32_t rnd;

	if (top > OV_RETRY_MAX)
		top = OV_RETRY_MAX;
	st->env.random(&rnd, sizeof(rnd));
	return ov_now(st) + 1 + (int64_t)(rnd % (uint32_t)top);
}

enum ov_rc
ov_uit_move(struct ov_store *st, int64_t nr, const char *from, const char *to,
    struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET stand=?3 WHERE nr=?1 AND stand=?2", "itt", nr,
	    from, to);
	if (rc == OV_OK && ov_db_changes(st->db) != 1)
		rc = ov_fail(e, OV_DAMAGED, "message %" PRId64 " is not %s", nr,
		    from);
	if (rc == OV_OK)
		ov_log(OV_LOG_DEBUG, "event=outbox nr=%" PRId64 " %s->%s", nr,
		    from, to);
	return rc;
}

enum ov_rc
ov_uit_set_aside(struct ov_store *st, int64_t nr, const char *reden,
    struct ov_err *e)
{
	enum ov_rc rc;

	ov_log(OV_LOG_ERROR,
	    "event=set-aside table=uitgaand nr=%" PRId64 " reason=%s", nr,
	    reden);
	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET seq_vrij=(stand='KLAAR' AND seq IS NOT NULL),"
	    "stand='GEWEIGERD',fout=?2,jwe=NULL WHERE nr=?1",
	    "it", nr, reden);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO terzijde(tijd,tabel,record,reden)"
		    " VALUES(?1,'uitgaand',?2,?3)",
		    "iit", ov_now(st), nr, reden);
	return rc;
}

enum ov_rc
ov_uit_drop_jwe(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	return ov_db_run(st->db, e, "UPDATE uitgaand SET jwe=NULL WHERE nr=?1",
	    "i", nr);
}

/* The partner after *id that has anything that is not final; 0: none.  One
 * seek in the index. */
static enum ov_rc
next_partner(struct ov_store *st, int64_t *id, struct ov_err *e)
{
	return ov_db_int(st->db, id, 0, e,
	    "SELECT partner FROM uitgaand WHERE partner>?1 AND " OV_UIT_OPEN
	    " ORDER BY partner LIMIT 1",
	    "i", *id);
}

/* Deadlines that passed.  What may still be under way keeps its chance: a late
 * receipt wins over VERLOPEN. */
static enum ov_rc
expire(struct ov_store *st, struct ov_err *e)
{
	int64_t id = 0, first, n = 0;
	enum ov_rc rc;

	if (st->deliver->expired == ov_now(st))
		return OV_OK; /* once a second is enough */
	st->deliver->expired = ov_now(st);
	while ((rc = next_partner(st, &id, e)) == OV_OK && id != 0) {
		rc = ov_db_int(st->db, &first, INT64_MAX, e,
		    "SELECT exp FROM uitgaand WHERE partner=?1 AND " OV_UIT_OPEN
		    " ORDER BY exp LIMIT 1",
		    "i", id);
		if (rc == OV_OK && first > ov_now(st))
			continue;
		if (rc == OV_OK)
			rc = ov_db_run(st->db, e,
			    "UPDATE uitgaand SET stand='VERLOPEN',jwe=NULL"
			    " WHERE partner=?1 AND " OV_UIT_OPEN " AND exp<=?2",
			    "ii", id, ov_now(st));
		if (rc != OV_OK)
			return rc;
		n += ov_db_changes(st->db);
	}
	if (rc == OV_OK && n > 0) {
		ov_log(OV_LOG_WARN, "event=expired messages=%" PRId64, n);
		ov_alarm(st, "verlopen", 0);
	}
	return rc;
}

/* Everything of one partner that is due. */
static enum ov_rc
partner_turn(struct ov_store *st, int64_t partner, bool *more, struct ov_err *e)
{
	const struct ov_lid *lid;
	struct ov_oin oin;
	size_t made = 0;
	enum ov_rc rc;

	if ((rc = ov_partner_oin(st, partner, &oin, e)) != OV_OK)
		return rc;
	lid = ov_book_oin(st->boek, &oin);
	if (lid == NULL || lid->status != OV_LID_ACTIEF)
		return OV_OK; /* waits, and expires */
	if ((rc = ov_deliver_make(st, lid, partner, &made, e)) != OV_OK)
		return rc;
	*more = *more || made > 0;
	return ov_deliver_send(st, lid, partner, e);
}

static enum ov_rc
turn(struct ov_store *st, bool *more, struct ov_err *e)
{
	int64_t id = 0;
	struct ov_err why = {0};
	enum ov_rc rc;

	if ((rc = ov_deliver_judge(st, e)) != OV_OK ||
	    (rc = expire(st, e)) != OV_OK)
		return rc;
	if (!ov_boek_sends(st))
		return OV_OK;
	for (;;) {
		if ((rc = next_partner(st, &id, e)) != OV_OK || id == 0)
			return rc;
		rc = partner_turn(st, id, more, &why);
		if (ov_rc_class(rc) == OV_CL_STOP) {
			*e = why;
			return rc;
		}
		if (rc != OV_OK) /* his trouble is not the others' */
			ov_log(OV_LOG_ERROR,
			    "event=deliver partner=%" PRId64 " fault=\"%s\"",
			    id, why.msg);
	}
}

static void
run(struct ov_loop *loop, void *arg)
{
	struct ov_store *st = ((struct ov_deliver *)arg)->st;
	struct ov_err e = {0};
	bool more = false;
	enum ov_rc rc;

	(void)loop;
	st->deliver->queued = false;
	if (st->boek == NULL)
		return;
	rc = turn(st, &more, &e);
	if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=deliver fault=\"%s\"", e.msg);
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(st, &e);
	}
	if (more)
		ov_deliver_kick(st);
}

/* ---- submitting ---- */

enum ov_rc
ov_submit(struct ov_store *st, const struct ov_submit *s, int64_t *nr,
    struct ov_err *e)
{
	OV_BUF blob = {0};
	uint8_t id[16], jti[16], zaak[16], wrap[OV_WRAP] = {0};
	bool person = s->leerling != 0;
	int64_t partner = 0;
	enum ov_rc rc;

	if (s->to != NULL &&
	    (rc = ov_partner_id(st, &s->to->oin, &partner, e)) != OV_OK)
		return rc;
	ov_new_id(st, id);
	ov_new_id(st, jti); /* time-ordered, like a UUIDv7 */
	if (s->has_zaak)
		memcpy(zaak, s->zaak, 16);
	else
		ov_new_id(st, zaak); /* both sides keep an index on it */
	rc = ov_seal_one(st, id, wrap, OV_T_UITGAAND, 1, 1, s->inhoud, &blob,
	    e);
	if (rc != OV_OK || (rc = ov_key_put(st, id, wrap, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO uitgaand(id,jti,partner,srt,rol,zaak,vervangt,stand,"
	    "fout,leerling,concept,opgesteld,exp,due,inhoud,betreft)"
	    " VALUES(?1,?2,nullif(?3,0),?4,?5,?6,?7,"
	    "iif(?3=0,'GEEN-ONTVANGER','OPGESTELD'),"
	    "iif(?3=0,'geen-ontvanger',NULL),iif(?3=0,NULL,nullif(?8,0)),"
	    "nullif(?9,0),?10,?11,0,?12,?13)",
	    "bbittvviiiivv", (const void *)id, (size_t)16, (const void *)jti,
	    (size_t)16, partner, s->srt, s->rol,
	    (struct ov_view){person || s->has_zaak ? zaak : NULL, 16},
	    (struct ov_view){s->has_vervangt ? s->vervangt : NULL, 16},
	    s->leerling, s->concept, ov_now(st), ov_now(st) + OV_WAIT_S,
	    (struct ov_view){blob.p, blob.n},
	    (struct ov_view){s->has_betreft ? s->betreft : NULL, 16});
	if (rc != OV_OK)
		return rc;
	*nr = ov_db_last(st->db);
	if (partner != 0 && (person || s->has_zaak))
		rc = ov_db_run(st->db, e,
		    "INSERT INTO zaak(zaak,partner,leerling) VALUES(?1,?2,"
		    "nullif(?3,0)) ON CONFLICT(zaak) DO UPDATE SET"
		    " leerling=coalesce(zaak.leerling,excluded.leerling)",
		    "bii", (const void *)zaak, (size_t)16, partner,
		    s->leerling);
	return rc;
}
