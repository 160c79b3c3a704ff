/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/accept_commit.c - a checked batch becomes durable: seal, one
 * transaction with rows, keys, leaves, head and receipts, and the read-back
 * before anything is answered (docs/processes.md, "Accepting", steps 4 to 9).
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/accept.h"
#include "daemon/store/correctie.h"
#include "daemon/store/earlier.h"
#include "protocol/note.h"
#include "protocol/receipt.h"

static struct ov_tlog before; /* as committed, for the read-back */

/* Step 4: record ids, and the vault seals.  What it does not seal leaves the
 * batch with an answer of its own: *pn is how many are left. */
static enum ov_rc
seal_all(struct ov_store *st, struct ov_in **m, size_t *pn, struct ov_err *e)
{
	static struct ov_v_seal q[OV_BATCH_MAX];
	static struct ov_v_sealed a[OV_BATCH_MAX];
	OV_REPLY r = {0};
	size_t n = *pn, k = 0;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		q[i] = (struct ov_v_seal){.table = OV_T_BERICHT,
		    .col = 1,
		    .ver = 1,
		    .ep = m[i]->claims.ep,
		    .text = m[i]->jws};
		q[i].mode = OV_SEAL_REF;
		if (m[i]->linked_only)
			q[i].mode |= OV_SEAL_PID;
		if (m[i]->has_pid)
			q[i].mode |= OV_SEAL_TAG;
		ov_new_id(st, m[i]->id);
		memcpy(q[i].id, m[i]->id, 16);
		memcpy(q[i].jti, m[i]->claims.jti, 16);
		memcpy(q[i].sha_jwe, m[i]->sha_jwe, 32);
		memcpy(q[i].from, m[i]->from.s, 20);
		memcpy(q[i].pid, m[i]->claims.pid, 32);
	}
	rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, q, n, &ov_v_sealed_rec, a,
	    &r, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (a[i].rc != OV_OK) {
			ov_log(OV_LOG_ERROR, "event=not-sealed peer=%s rc=%u",
			    m[i]->from.s, (unsigned)a[i].rc);
			ov_in_refuse(st, m[i],
			    OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR, NULL);
			continue;
		}
		memcpy(m[i]->wrap, a[i].wrap, OV_WRAP);
		memcpy(m[i]->ref, a[i].ref, 32);
		memcpy(m[i]->salt, a[i].salt, 32);
		memcpy(m[i]->tag, a[i].tag, 16);
		ov_buf_reset(&m[i]->blob);
		ov_buf_add(&m[i]->blob, a[i].blob.p, a[i].blob.n);
		rc = ov_buf_ok(&m[i]->blob, e);
		m[k++] = m[i];
	}
	*pn = k;
	explicit_bzero(q, sizeof(q[0]) * n);
	explicit_bzero(a, sizeof(a[0]) * n);
	return rc;
}

/* How late it was stands beside the row. */
static enum ov_rc
insert_term(struct ov_store *st, const struct ov_in *m, struct ov_err *e)
{
	char last[OV_DATE_SIZE];

	if (!m->has_termijn)
		return OV_OK;
	ov_date_fmt(last, m->termijn.uiterlijk);
	return ov_db_run(st->db, e,
	    "INSERT INTO termijn(bericht,naam,uiterlijk,laat)"
	    " VALUES(?1,?2,?3,?4)",
	    "itti", m->nr, m->termijn.naam, last, (int64_t)m->termijn.laat);
}

static enum ov_rc
note_step(struct ov_store *st, const struct ov_in *m, struct ov_err *e)
{
	struct ov_step p = {.partner = m->partner,
	    .volg = (int64_t)m->claims.seq,
	    .status = m->status,
	    .has_jti = true,
	    .has_vervangt = m->has_vervangt};

	memcpy(p.zaak, m->claims.zaak, 16);
	memcpy(p.jti, m->claims.jti, 16);
	memcpy(p.vervangt, m->vervangt, 16);
	return ov_step_note(st, &p, m->nr, e);
}

/* A status names nobody: whom a municipality or Doorstroompunt does not know by
 * pseudonym, it does not know. */
static const char *
first_state(const struct ov_in *m)
{
	bool nameless = strcmp(m->claims.srt, "overstapstatus") == 0 &&
	                (strcmp(m->rol, "leerplicht") == 0 ||
	                    strcmp(m->rol, "doorstroompunt") == 0);

	return m->linked_only || nameless ? "ONBEKEND" : "ONTVANGEN";
}

/* The message that an intrekking is about counts no more. */
static enum ov_rc
take_back(struct ov_store *st, const struct ov_in *m, struct ov_err *e)
{
	int64_t nr;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &nr, 0, e,
	    "SELECT b.nr FROM bericht b JOIN gezien g ON g.bericht=b.nr WHERE"
	    " g.partner=?1 AND g.jti=?2 AND b.stand NOT IN ('TERZIJDE',"
	    "'VERNIETIGD','INGETROKKEN')",
	    "ib", m->partner, (const void *)m->betreft, (size_t)16);
	if (rc != OV_OK || nr == 0)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET stand='INGETROKKEN' WHERE nr=?1", "i", nr);
	return rc == OV_OK ? ov_stand_note(st, nr, "INGETROKKEN", e) : rc;
}

/* Step 5 for one message: row, key, repetition row, leaf. */
static enum ov_rc
insert_one(struct ov_store *st, struct ov_in *m, struct ov_err *e)
{
	struct ov_leaf leaf = {.tijd = ov_now(st),
	    .soort = OV_LEAF_ONTVANGST,
	    .partij = m->from};
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO bericht(id,partner,seq,ep,srt,rol,zaak,ontvangen,"
	    "stand,gesloten,versie,inhoud,tag16)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,1,?11,?12)",
	    "biiittvitivv", (const void *)m->id, (size_t)16, m->partner,
	    (int64_t)m->claims.seq, (int64_t)m->claims.ep, m->claims.srt,
	    m->rol,
	    (struct ov_view){m->claims.has_zaak ? m->claims.zaak : NULL, 16},
	    ov_now(st), first_state(m), (int64_t)m->linked_only,
	    (struct ov_view){m->blob.p, m->blob.n},
	    (struct ov_view){m->has_pid ? m->tag : NULL, 16});
	if (rc != OV_OK)
		return rc;
	m->nr = ov_db_last(st->db);
	if ((rc = ov_key_put(st, m->id, m->wrap, e)) != OV_OK ||
	    (rc = insert_term(st, m, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO gezien(partner,jti,seq,bericht,sha_jws,tot)"
	    " VALUES(?1,?2,?3,?4,?5,0)",
	    "ibiib", m->partner, (const void *)m->claims.jti, (size_t)16,
	    (int64_t)m->claims.seq, m->nr, (const void *)m->sha_jws,
	    (size_t)32);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE partner SET seq_in=max(seq_in,?2),gehoord=?3"
		    " WHERE id=?1",
		    "iii", m->partner, (int64_t)m->claims.seq, ov_now(st));
	/* What follows is judged without the one that is taken back. */
	if (rc == OV_OK && m->takes_back)
		rc = take_back(st, m, e);
	if (rc == OV_OK && m->corrects)
		rc = ov_correctie_note(st, m->nr, m->partner, m->betreft, e);
	if (rc == OV_OK && m->status[0] != '\0')
		rc = note_step(st, m, e);
	if (rc == OV_OK && m->claims.has_zaak)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO zaak(zaak,partner) VALUES(?1,?2)"
		    " ON CONFLICT DO NOTHING",
		    "bi", (const void *)m->claims.zaak, (size_t)16, m->partner);
	if (rc != OV_OK)
		return rc;
	memcpy(leaf.ref, m->ref, 32);
	ov_buf_reset(&m->leaf);
	return ov_slog_add(&st->log, &leaf, &m->idx, &m->leaf, e);
}

/* Step 7: payloads, signatures, stored copies. */
static enum ov_rc
receipt_payload(struct ov_store *st, struct ov_in *m, struct ov_view note,
    struct ov_buf *out, struct ov_err *e)
{
	OV_BUF bewijs = {0};
	struct ov_receipt r = {.iss = st->self, .aud = m->from};
	struct ov_tlog_proof p = {.index = m->idx, .note = note};
	enum ov_rc rc;

	if ((rc = ov_slog_path(&st->log, m->idx, &p.path, e)) != OV_OK)
		return rc;
	ov_tlog_proof_text(&bewijs, &p);
	if ((rc = ov_buf_ok(&bewijs, e)) != OV_OK)
		return rc;
	ov_new_id(st, r.jti);
	r.iat = ov_now(st);
	memcpy(r.ref, m->claims.jti, 16);
	memcpy(r.sha256_jwe, m->sha_jwe, 32);
	memcpy(r.sha256_jws, m->sha_jws, 32);
	memcpy(r.zout, m->salt, 32);
	r.blad = (struct ov_view){m->leaf.p, m->leaf.n};
	r.bewijs = (struct ov_view){bewijs.p, bewijs.n};
	rc = ov_receipt_compose(out, &r, e);
	explicit_bzero(r.zout, sizeof(r.zout));
	return rc;
}

static enum ov_rc
receipts_all(struct ov_store *st, struct ov_in **m, size_t n,
    struct ov_view note, struct ov_err *e)
{
	static struct ov_v_receipt q[OV_BATCH_MAX];
	static struct ov_v_receipted a[OV_BATCH_MAX];
	OV_REPLY r = {0};
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		ov_buf_reset(&m[i]->receipt);
		rc = receipt_payload(st, m[i], note, &m[i]->receipt, e);
		q[i] = (struct ov_v_receipt){.table = OV_T_BERICHT,
		    .col = 2,
		    .ver = 1,
		    .payload = {m[i]->receipt.p, m[i]->receipt.n}};
		memcpy(q[i].id, m[i]->id, 16);
		memcpy(q[i].wrap, m[i]->wrap, OV_WRAP);
	}
	if (rc == OV_OK)
		rc = ov_vault(st, OV_V_RECEIPT, &ov_v_receipt_rec, q, n,
		    &ov_v_receipted_rec, a, &r, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (a[i].rc != OV_OK)
			return ov_fail(e, OV_BADMSG, "vault does not sign");
		ov_buf_reset(&m[i]->receipt);
		ov_buf_add(&m[i]->receipt, a[i].jws.p, a[i].jws.n);
		if ((rc = ov_buf_ok(&m[i]->receipt, e)) == OV_OK)
			rc = ov_db_run(st->db, e,
			    "UPDATE bericht SET bewijs=?2 WHERE nr=?1", "iv",
			    m[i]->nr, a[i].blob);
	}
	return rc;
}

/* Steps 6 and the note: sign the tree as it will be after the commit. */
static enum ov_rc
sign_head(struct ov_store *st, struct ov_digest *root, struct ov_buf *note,
    struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_checkpoint c = {.size = st->log.now.size};
	struct ov_v_head q = {.suffix = st->oorsprong,
	    .size = st->log.now.size};
	struct ov_v_sig a;
	struct ov_vkey key;
	enum ov_rc rc;

	if (st->stop_signing)
		return ov_fail(e, OV_DENIED, "signing has stopped");
	if ((rc = ov_slog_flush(&st->log, root, e)) != OV_OK ||
	    (rc = ov_log_origin(c.origin, st->env.conf->logdomein,
	         st->env.conf->regio, &st->self, st->oorsprong, e)) != OV_OK)
		return rc;
	c.root = *root;
	memcpy(q.root, root, 32);
	rc = ov_vault(st, OV_V_HEAD, &ov_v_head_rec, &q, 1, &ov_v_sig_rec, &a,
	    &r, e);
	if (rc == OV_OK && a.rc != OV_OK)
		rc = ov_fail(e, OV_DAMAGED, "vault refuses the log's head");
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_checkpoint_text(note, &c, e)) != OV_OK ||
	    (rc = ov_vkey_make(&key, c.origin, OV_VKEY_ED25519, st->keys.log_pk,
	         e)) != OV_OK)
		return rc;
	ov_buf_str(note, "\n");
	ov_note_line(note, &key, a.sig, sizeof(a.sig));
	if ((rc = ov_buf_ok(note, e)) != OV_OK)
		return rc;
	return ov_slog_set_head(st->db, c.size,
	    (struct ov_view){note->p, note->n}, ov_now(st), e);
}

/* Step 9: what the disk says, through the other connection. */
static enum ov_rc
read_back(struct ov_store *st, const struct ov_digest *root, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_slog_reread(st->ro, &before, st->log.was.size, root, e);
	if (rc == OV_OK)
		return OV_OK;
	st->stop_signing = true;
	ov_alarm(st, "log-afwijkend", 0);
	return rc;
}

static enum ov_rc
in_transaction(struct ov_store *st, struct ov_in **m, size_t n,
    struct ov_digest *root, struct ov_err *e)
{
	OV_BUF note = {0};
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = insert_one(st, m[i], e);
	if (rc == OV_OK)
		rc = sign_head(st, root, &note, e);
	if (rc == OV_OK)
		rc = receipts_all(st, m, n, (struct ov_view){note.p, note.n},
		    e);
	return rc;
}

enum ov_rc
ov_commit_batch(struct ov_store *st, struct ov_in **b, size_t n,
    struct ov_err *e)
{
	struct ov_in *m[OV_BATCH_MAX];
	struct ov_digest root;
	size_t k = 0;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++)
		if (b[i]->state == OV_IN_OPEN)
			m[k++] = b[i];
	if (k == 0)
		return OV_OK;
	if (st->stop_signing)
		return ov_fail(e, OV_AGAIN, "signing has stopped");
	if ((rc = seal_all(st, m, &k, e)) != OV_OK || k == 0)
		return rc;
	before = st->log.was;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	st->leaves = true;
	rc = in_transaction(st, m, k, &root, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK) {
		ov_tx_abort(st);
		for (size_t i = 0; i < k; i++)
			ov_buf_reset(&m[i]->receipt);
		return rc;
	}
	if ((rc = read_back(st, &root, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < k; i++)
		m[i]->state = OV_IN_DONE;
	return OV_OK;
}

enum ov_rc
ov_checkpoint_now(struct ov_store *st, struct ov_err *e)
{
	OV_BUF note = {0};
	struct ov_digest root;
	enum ov_rc rc;

	before = st->log.was;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	if ((rc = sign_head(st, &root, &note, e)) == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK) {
		ov_tx_abort(st);
		return rc;
	}
	return read_back(st, &root, e);
}
