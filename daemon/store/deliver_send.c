/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/deliver_send.c - out and back: requests in seq order, many in
 * flight, and the judgement of what came back (docs/protocol.md, "What a
 * sender does with each code").
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/deliver.h"
#include "protocol/bundle.h"
#include "protocol/json.h"
#include "protocol/receipt.h"

#define OUT_S 180 /* longer than any request of net's may take */

size_t
ov_deliver_flying(const struct ov_store *st, int64_t partner)
{
	size_t n = 0;

	for (const struct ov_sent *s = st->deliver->flying; s; s = s->next)
		n += s->partner == partner;
	for (const struct ov_sent *s = st->deliver->landed; s; s = s->next)
		n += s->partner == partner;
	return n;
}

bool
ov_deliver_is_flying(const struct ov_store *st, int64_t nr)
{
	for (const struct ov_sent *s = st->deliver->flying; s; s = s->next)
		if (s->nr == nr)
			return true;
	for (const struct ov_sent *s = st->deliver->landed; s; s = s->next)
		if (s->nr == nr)
			return true;
	return false;
}

/* ---- out ---- */

static void
landed(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct ov_sent *s = arg, **at = &st->deliver->flying;

	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at == s)
		*at = s->next;
	s->status = r->status;
	s->retry = r->retry;
	ov_buf_add(&s->body, r->body.p, r->body.n);
	s->next = st->deliver->landed;
	st->deliver->landed = s;
	ov_deliver_kick(st);
}

struct due {
	int64_t nr;
	bool ready; /* KLAAR, not ONDERWEG */
	uint8_t id[16], wrap[OV_WRAP];
	struct ov_buf blob;
};

static enum ov_rc
due_numbers(struct ov_store *st, int64_t partner, size_t room, int64_t *nr,
    size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr FROM uitgaand WHERE partner=?1 AND due<=?2"
	    " AND " OV_UIT_ZEND " ORDER BY due,seq LIMIT ?3",
	    "iii", partner, ov_now(st), (int64_t)(room + OV_FLIGHT_MAX));
	while (rc == OV_OK && *n < room &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row)
		if (!ov_deliver_is_flying(st, ov_db_i64(q, 0)))
			nr[(*n)++] = ov_db_i64(q, 0);
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
load_due(struct ov_store *st, int64_t nr, struct due *d, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT stand='KLAAR',id,jwe FROM uitgaand WHERE nr=?1", "i", nr);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_db_next(st->db, q, &row, e)) == OV_OK) {
		d->nr = nr;
		d->ready = ov_db_i64(q, 0) != 0;
		if ((rc = ov_db_fix(q, 1, d->id, 16, e)) == OV_OK &&
		    (rc = ov_key_get(st, d->id, d->wrap, e)) == OV_OK) {
			v = ov_db_blob(q, 2);
			ov_buf_add(&d->blob, v.p, v.n);
			rc = ov_buf_ok(&d->blob, e);
		}
	}
	ov_db_done(st->db, q);
	return rc;
}

/* As many as may go and as one vault call can carry. */
static enum ov_rc
select_due(struct ov_store *st, int64_t partner, size_t room, struct due *d,
    size_t *n, struct ov_err *e)
{
	int64_t nr[OV_FLIGHT_MAX];
	struct ov_err why = {0};
	size_t k = 0, bytes = 0;
	enum ov_rc rc;

	*n = 0;
	rc = due_numbers(st, partner, room, nr, &k, e);
	for (size_t i = 0; i < k && rc == OV_OK && bytes < OV_BATCH_BYTES_MAX;
	     i++) {
		rc = load_due(st, nr[i], &d[*n], &why);
		if (rc == OV_OK) {
			bytes += d[(*n)++].blob.n;
			continue;
		}
		ov_buf_free(&d[*n].blob);
		if (ov_uit_passing(rc))
			*e = why;
		else
			rc = ov_uit_set_aside(st, nr[i], "onleesbaar", e);
	}
	return rc;
}

/* ONDERWEG before the first byte leaves, all of the turn in one commit. */
static enum ov_rc
mark(struct ov_store *st, const struct due *d, size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (d[i].ready)
			rc = ov_uit_move(st, d[i].nr, "KLAAR", "ONDERWEG", e);
		if (rc == OV_OK)
			rc = ov_db_run(st->db, e,
			    "UPDATE uitgaand SET due=?2 WHERE nr=?1", "ii",
			    d[i].nr, ov_now(st) + OUT_S);
	}
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* Not sent after all (net away, breaker): due again soon. */
static enum ov_rc
not_sent(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	return ov_db_run(st->db, e, "UPDATE uitgaand SET due=?2 WHERE nr=?1",
	    "ii", nr, ov_now(st) + 5);
}

static enum ov_rc
send_one(struct ov_store *st, const struct ov_lid *lid, int64_t partner,
    int64_t nr, struct ov_view jwe, struct ov_err *e)
{
	struct ov_fetch f = {.post = true,
	    .ctype = OV_CT_JOSE,
	    .path = "/v1/berichten",
	    .body = jwe,
	    .max = OV_RECEIPT_MAX + 4096};
	struct ov_sent *s = calloc(1, sizeof(*s));
	enum ov_rc rc;

	if (s == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	s->nr = nr;
	s->partner = partner;
	s->next = st->deliver->flying;
	st->deliver->flying = s;
	rc = ov_fetch(st, lid, &f, true, landed, s, e);
	if (rc == OV_OK)
		return OV_OK;
	st->deliver->flying = s->next;
	free(s);
	return rc == OV_AGAIN ? not_sent(st, nr, e) : rc;
}

/* How many may go now: the breaker lets one probe through an interval. */
static enum ov_rc
room_for(struct ov_store *st, int64_t partner, size_t *room, struct ov_err *e)
{
	size_t flying = ov_deliver_flying(st, partner);
	int64_t fouten;
	enum ov_rc rc;

	*room = 0;
	rc = ov_db_int(st->db, &fouten, 0, e,
	    "SELECT fouten FROM partner WHERE id=?1", "i", partner);
	if (rc != OV_OK || ov_partner_wait(st, partner) != 0)
		return rc;
	if (fouten >= 5)
		*room = flying == 0 ? 1 : 0;
	else if (flying < OV_FLIGHT_MAX)
		*room = OV_FLIGHT_MAX - flying;
	return OV_OK;
}

enum ov_rc
ov_deliver_send(struct ov_store *st, const struct ov_lid *lid, int64_t partner,
    struct ov_err *e)
{
	static struct ov_v_read q[OV_FLIGHT_MAX];
	static struct ov_v_text a[OV_FLIGHT_MAX];
	static struct due d[OV_FLIGHT_MAX];
	OV_REPLY r = {0};
	size_t room, n = 0;
	enum ov_rc rc;

	if ((rc = room_for(st, partner, &room, e)) != OV_OK || room == 0)
		return rc;
	rc = select_due(st, partner, room, d, &n, e);
	for (size_t i = 0; i < n; i++) {
		q[i] = (struct ov_v_read){.table = OV_T_UITGAAND,
		    .col = 3,
		    .ver = 1,
		    .blob = {d[i].blob.p, d[i].blob.n}};
		memcpy(q[i].id, d[i].id, 16);
		memcpy(q[i].wrap, d[i].wrap, OV_WRAP);
	}
	if (rc == OV_OK && n > 0)
		rc = ov_vault(st, OV_V_READ, &ov_v_read_rec, q, n,
		    &ov_v_text_rec, a, &r, e);
	if (rc == OV_OK && n > 0)
		rc = mark(st, d, n, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (a[i].rc == OV_OK)
			rc = send_one(st, lid, partner, d[i].nr, a[i].text, e);
		else if (ov_uit_passing((enum ov_rc)a[i].rc))
			rc = not_sent(st, d[i].nr, e);
		else
			rc = ov_uit_set_aside(st, d[i].nr, "onleesbaar", e);
	}
	for (size_t i = 0; i < n; i++)
		ov_buf_free(&d[i].blob);
	explicit_bzero(d, sizeof(d));
	return rc;
}

/* ---- back ---- */

struct sent_row {
	int64_t nr, partner, pogingen;
	char stand[24], fout[48];
	uint8_t id[16], wrap[OV_WRAP], jti[16], sha_jws[32];
	struct ov_buf hashes; /* of every JWE made for it */
	const struct ov_lid *lid;
};

static enum ov_rc
load_hashes(struct ov_store *st, struct sent_row *w, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT sha_jwe FROM uitgaand_jwe WHERE uitgaand=?1", "i", w->nr);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		v = ov_db_blob(q, 0);
		ov_buf_add(&w->hashes, v.p, v.n);
	}
	ov_db_done(st->db, q);
	return rc == OV_OK ? ov_buf_ok(&w->hashes, e) : rc;
}

/* OV_BADMSG: this row cannot be read. */
static enum ov_rc
load_row(struct ov_store *st, int64_t nr, struct sent_row *w, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_oin oin;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT partner,pogingen,stand,ifnull(fout,''),id,jti,sha_jws"
	    " FROM uitgaand WHERE nr=?1",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_DAMAGED, "message sent and gone");
	if (rc == OV_OK) {
		w->nr = nr;
		w->partner = ov_db_i64(q, 0);
		w->pogingen = ov_db_i64(q, 1);
		(void)snprintf(w->stand, sizeof(w->stand), "%s",
		    ov_db_text(q, 2));
		(void)snprintf(w->fout, sizeof(w->fout), "%s",
		    ov_db_text(q, 3));
		if ((rc = ov_db_fix(q, 4, w->id, 16, e)) == OV_OK &&
		    (rc = ov_db_fix(q, 5, w->jti, 16, e)) == OV_OK &&
		    (rc = ov_db_fix(q, 6, w->sha_jws, 32, e)) == OV_OK)
			rc = ov_key_get(st, w->id, w->wrap, e);
		if (rc != OV_OK && !ov_uit_passing(rc))
			rc = OV_BADMSG;
	}
	ov_db_done(st->db, q);
	if (rc == OV_OK && (rc = load_hashes(st, w, e)) == OV_OK &&
	    (rc = ov_partner_oin(st, w->partner, &oin, e)) == OV_OK)
		w->lid = ov_book_oin(st->boek, &oin);
	return rc;
}

static enum ov_rc
again(struct ov_store *st, const struct sent_row *w, uint32_t retry,
    const char *code, struct ov_err *e)
{
	int64_t due = ov_backoff(st, w->pogingen);

	if (due < ov_now(st) + (int64_t)retry)
		due = ov_now(st) + (retry < 86400 ? (int64_t)retry : 86400);
	return ov_db_run(st->db, e,
	    "UPDATE uitgaand SET due=?2,pogingen=pogingen+1,fout=?3"
	    " WHERE nr=?1 AND stand='ONDERWEG'",
	    "iit", w->nr, due, code);
}

static enum ov_rc
refused(struct ov_store *st, const struct sent_row *w, const char *code,
    struct ov_err *e)
{
	enum ov_rc rc;

	if (strcmp(w->stand, "ONDERWEG") != 0)
		return OV_OK; /* expired or withdrawn meanwhile: that stands */
	ov_log(OV_LOG_WARN, "event=message-refused nr=%" PRId64 " code=%s",
	    w->nr, code);
	rc = ov_uit_move(st, w->nr, "ONDERWEG", "GEWEIGERD", e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE uitgaand SET fout=?2,jwe=NULL,seq_vrij=1"
		    " WHERE nr=?1", /* the number will not arrive any more */
		    "it", w->nr, code);
	return rc;
}

/* What we know, for the nine checks of a receipt. */
static void
asked(struct ov_store *st, const struct sent_row *w, struct ov_receipt_asked *a)
{
	memset(a, 0, sizeof(*a));
	a->self = st->self;
	a->partner = w->lid->oin;
	memcpy(a->jti, w->jti, 16);
	memcpy(a->sha256_jws, w->sha_jws, 32);
	a->sha256_jwe = (const void *)w->hashes.p;
	a->njwe = w->hashes.n / 32;
	memcpy(a->id[0].pk, w->lid->id, 32);
	memcpy(a->id[0].thumb, w->lid->id_thumb, 32);
	a->nid = 1;
	if (w->lid->has_vorige && ov_now(st) < w->lid->vorige_tot) {
		memcpy(a->id[1].pk, w->lid->vorige, 32);
		memcpy(a->id[1].thumb, w->lid->vorige_thumb, 32);
		a->nid = 2;
	}
	memcpy(a->log, w->lid->log, 32);
	a->logdomein = st->boek->logdomein;
	a->regio = st->boek->regio;
}

/* The receipt is a sealed column of its message, with its leaf. */
static enum ov_rc
keep_receipt(struct ov_store *st, struct sent_row *w, struct ov_view jws,
    const struct ov_receipt *r, const struct ov_receipt_verdict *v,
    struct ov_err *e)
{
	OV_BUF blob = {0};
	struct ov_tlog_proof p;
	uint8_t ref[32];
	enum ov_rc rc;

	/* As it should be in their log; what their leaf says may be rubbish
	 * (an alarm, and still a signed promise). */
	ov_leaf_ref(ref, r->zout, r->sha256_jwe, r->ref);
	rc = ov_seal_one(st, w->id, w->wrap, OV_T_UITGAAND, 4, 1, jws, &blob,
	    e);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET stand='AFGELEVERD',bewijs=?2,afgeleverd=?3,"
	    "jwe=NULL,fout=?4 WHERE nr=?1",
	    "ivit", w->nr, (struct ov_view){blob.p, blob.n}, ov_now(st),
	    v->class == OV_RECEIPT_GOOD ? NULL : "bewijs-in-twijfel");
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_ONTVANGSTBEWIJS, &w->lid->oin, ref,
		    e);
	if (rc == OV_OK && v->class == OV_RECEIPT_GOOD &&
	    ov_tlog_proof_parse(r->bewijs.p, r->bewijs.n, &p, e) == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE partner SET checkpoint=CAST(?2 AS TEXT)"
		    " WHERE id=?1",
		    "iv", w->partner, p.note);
	return rc;
}

static enum ov_rc
delivered(struct ov_store *st, struct sent_row *w, const struct ov_sent *s,
    struct ov_err *e)
{
	struct ov_receipt_asked a;
	struct ov_receipt_verdict v = {0};
	struct ov_receipt r = {0};
	struct ov_view jws = {s->body.p, s->body.n};
	struct ov_err why = {0};
	enum ov_rc rc;

	asked(st, w, &a);
	if (ov_receipt_judge(jws.p, jws.n, &a, &v, &r, &why) ==
	    OV_RECEIPT_BAD) {
		ov_log(OV_LOG_WARN,
		    "event=bad-receipt nr=%" PRId64 " step=%d fault=\"%s\"",
		    w->nr, v.step, why.msg);
		ov_receipt_free(&r);
		return again(st, w, 0, "ontvangstbewijs-ongeldig", e);
	}
	if (v.class == OV_RECEIPT_ALARM) {
		ov_log(OV_LOG_ERROR,
		    "event=receipt-alarm nr=%" PRId64 " step=%d fault=\"%s\"",
		    w->nr, v.step, why.msg);
		ov_alarm(st, "bewijs-in-twijfel", w->partner);
	}
	rc = keep_receipt(st, w, jws, &r, &v, e);
	ov_receipt_free(&r);
	return rc;
}

/* 410: it was there, and has been erased since. */
static enum ov_rc
delivered_gone(struct ov_store *st, struct sent_row *w, struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "UPDATE uitgaand SET stand='AFGELEVERD',fout='vernietigd',"
	    "afgeleverd=?2,jwe=NULL WHERE nr=?1",
	    "ii", w->nr, ov_now(st));
}

/* The same JWS for the newer key in the problem; once, then as any failure. */
static enum ov_rc
encrypt_again(struct ov_store *st, struct sent_row *w,
    const struct ov_bundle_enc *key, struct ov_err *e)
{
	OV_REPLY r = {0};
	OV_BUF jws = {0}, blob = {0};
	struct ov_v_make q = {.mode = OV_MAKE_AGAIN, .col = 2, .ver = 1};
	struct ov_v_made a;
	sqlite3_stmt *s;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &s, e, "SELECT jws FROM uitgaand WHERE nr=?1", "i",
	    w->nr);
	if (rc == OV_OK && (rc = ov_db_next(st->db, s, &row, e)) == OV_OK) {
		v = ov_db_blob(s, 0);
		ov_buf_add(&jws, v.p, v.n);
	}
	ov_db_done(st->db, s);
	if (rc != OV_OK || (rc = ov_buf_ok(&jws, e)) != OV_OK)
		return rc;
	memcpy(q.id, w->id, 16);
	memcpy(q.wrap, w->wrap, OV_WRAP);
	memcpy(q.to, w->lid->oin.s, 20);
	memcpy(q.kid, key->kid, 32);
	memcpy(q.pk, key->x, 32);
	memcpy(q.jti, w->jti, 16);
	q.payload = (struct ov_view){jws.p, jws.n};
	rc = ov_vault(st, OV_V_MAKE, &ov_v_make_rec, &q, 1, &ov_v_made_rec, &a,
	    &r, e);
	if (rc == OV_OK && a.rc != OV_OK)
		rc = ov_fail(e, OV_BADMSG, "vault does not encrypt");
	if (rc == OV_OK)
		rc = ov_seal_one(st, w->id, w->wrap, OV_T_UITGAAND, 3, 1, a.jwe,
		    &blob, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE uitgaand SET jwe=?2,due=0,fout='sleutel-onbekend'"
		    " WHERE nr=?1",
		    "iv", w->nr, (struct ov_view){blob.p, blob.n});
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO uitgaand_jwe(uitgaand,sha_jwe) VALUES(?1,?2)"
		    " ON CONFLICT DO NOTHING",
		    "ib", w->nr, (const void *)a.sha_jwe, (size_t)32);
	return rc;
}

static enum ov_rc
new_bundle(struct ov_store *st, struct sent_row *w, const json_t *problem,
    uint32_t retry, struct ov_err *e)
{
	struct ov_view jws = ov_json_view(json_object_get(problem, "sleutels"));
	const struct ov_bundle_enc *key;
	struct ov_bundle b;
	struct ov_err why = {0};
	bool found = false;
	enum ov_rc rc;

	if (strcmp(w->stand, "ONDERWEG") != 0)
		return OV_OK;
	if (strcmp(w->fout, "sleutel-onbekend") == 0 || jws.n == 0 ||
	    ov_bundel_take(st, w->lid, jws, &why) != OV_OK ||
	    ov_bundel_get(st, w->lid, &b, &found, &why) != OV_OK || !found ||
	    (key = ov_bundle_enc_at(&b, ov_now(st))) == NULL)
		return again(st, w, retry, "sleutel-onbekend-herhaald", e);
	rc = encrypt_again(st, w, key, e);
	if (ov_rc_class(rc) == OV_CL_REFUSE) /* our own text: not the vault's */
		rc = ov_uit_set_aside(st, w->nr, "onleesbaar", e);
	return rc;
}

/* The number was used: a new message id and number above the receiver's
 * highest (a restored sender).  Once; a receiver who says it again is tried
 * like any failure, so that he cannot make us sign without end. */
static enum ov_rc
new_seq(struct ov_store *st, struct sent_row *w, const json_t *problem,
    uint32_t retry, struct ov_err *e)
{
	uint8_t jti[16];
	uint64_t top = 0;
	enum ov_rc rc;

	if (strcmp(w->stand, "ONDERWEG") != 0)
		return OV_OK;
	if (strcmp(w->fout, "volgnummer-hergebruikt") == 0)
		return again(st, w, retry, "volgnummer-hergebruikt", e);
	if (ov_json_int(json_object_get(problem, "hoogste"), OV_SEQ_HAD_MAX,
	        &top) != OV_OK)
		top = 0; /* it did not say: go on above our own */
	ov_new_id(st, jti);
	rc = ov_db_run(st->db, e,
	    "UPDATE partner SET seq_uit=max(seq_uit,?2) WHERE id=?1", "ii",
	    w->partner, (int64_t)top);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE uitgaand SET stand='OPGESTELD',seq=NULL,jti=?2,"
		    "jwe=NULL,jws=NULL,sha_jws=NULL,due=0,"
		    "fout='volgnummer-hergebruikt' WHERE nr=?1",
		    "ib", w->nr, (const void *)jti, (size_t)16);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM uitgaand_jwe WHERE uitgaand=?1", "i", w->nr);
	return rc;
}

/* "urn:overstap:fout:<code>" */
static enum ov_fout
problem_code(const json_t *problem)
{
	static const char urn[] = "urn:overstap:fout:";
	struct ov_view v = ov_json_view(json_object_get(problem, "type"));

	if (v.n <= sizeof(urn) - 1 || memcmp(v.p, urn, sizeof(urn) - 1) != 0)
		return OV_FOUT_GEEN;
	v.p += sizeof(urn) - 1;
	v.n -= sizeof(urn) - 1;
	return ov_fout_from(v);
}

static enum ov_rc
by_code(struct ov_store *st, struct sent_row *w, const struct ov_sent *s,
    struct ov_err *e)
{
	OV_JSON *problem = NULL;
	enum ov_fout f = OV_FOUT_GEEN;
	const char *code;

	if (s->body.n > 0 &&
	    ov_json_parse(s->body.p, s->body.n, OV_RECEIPT_MAX + 4096, &problem,
	        NULL) == OV_OK)
		f = problem_code(problem);
	code = f != OV_FOUT_GEEN ? ov_fout_code(f)
	       : s->status == 0  ? "geen-antwoord"
	                         : "onbekend-antwoord";
	switch (ov_fout_after(s->status, f)) {
	case OV_AFTER_DELIVERED:
		return s->status == 410 ? delivered_gone(st, w, e)
		                        : delivered(st, w, s, e);
	case OV_AFTER_NEW_BUNDLE:
		return new_bundle(st, w, problem, s->retry, e);
	case OV_AFTER_NEW_SEQ:
		return new_seq(st, w, problem, s->retry, e);
	case OV_AFTER_REFUSED:
		return refused(st, w, code, e);
	case OV_AFTER_AGAIN:
		break;
	}
	if (f == OV_FOUT_TIJD_AFWIJKEND)
		ov_alarm(st, "tijd-afwijkend", w->partner);
	return again(st, w, s->retry, code, e);
}

static enum ov_rc
judge_one(struct ov_store *st, const struct ov_sent *s, struct ov_err *e)
{
	struct sent_row w = {0};
	enum ov_rc rc;

	rc = load_row(st, s->nr, &w, e);
	if (rc == OV_OK && w.lid == NULL) /* it left the book meanwhile */
		rc = again(st, &w, 0, "partij-onbekend", e);
	else if (rc == OV_OK)
		rc = by_code(st, &w, s, e);
	/* Our own row cannot be read (a column cut, a key rotten): the others
	 * of this commit are judged all the same. */
	if (ov_rc_class(rc) == OV_CL_REFUSE)
		rc = ov_uit_set_aside(st, s->nr, "onleesbaar", e);
	ov_buf_free(&w.hashes);
	explicit_bzero(w.wrap, sizeof(w.wrap));
	return rc;
}

enum ov_rc
ov_deliver_judge(struct ov_store *st, struct ov_err *e)
{
	struct ov_sent *all = st->deliver->landed, *s;
	enum ov_rc rc;

	if (all == NULL)
		return OV_OK;
	st->deliver->landed = NULL;
	if ((rc = ov_tx_begin(st, e)) == OV_OK) {
		for (s = all; s != NULL && rc == OV_OK; s = s->next)
			rc = judge_one(st, s, e);
		if (rc == OV_OK)
			rc = ov_tx_commit(st, e);
		if (rc != OV_OK) /* each is sent again: nothing is lost */
			ov_tx_abort(st);
	}
	while ((s = all) != NULL) {
		all = s->next;
		ov_buf_free(&s->body);
		free(s);
	}
	return rc;
}
