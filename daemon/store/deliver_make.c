/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/deliver_make.c - from OPGESTELD to KLAAR: pseudonym, sequence
 * number, signature, ciphertext and log leaf in one commit (docs/processes.md,
 * "Sending", steps 2 and 3).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/deliver.h"
#include "protocol/bundle.h"

struct item {
	int64_t nr, leerling;
	char from[24]; /* its state */
	char srt[OV_SRT_MAX + 1];
	uint8_t id[16], wrap[OV_WRAP], jti[16], zaak[16];
	bool has_zaak;
	uint8_t pid[32];
	uint8_t pupil[16], y[OV_YBLOB]; /* with leerling */
	struct ov_buf inhoud, claims, jws, jwe, jwe_blob;
	uint8_t sha_jws[32], sha_jwe[32], ref[32];
	uint64_t seq;
	uint32_t rc; /* of what could not be done, or OV_OK */
};

static void
items_free(struct item *it, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ov_buf_free(&it[i].inhoud);
		ov_buf_free(&it[i].claims);
		ov_buf_free(&it[i].jws);
		ov_buf_free(&it[i].jwe);
		ov_buf_free(&it[i].jwe_blob);
	}
	explicit_bzero(it, n * sizeof(*it));
}

/* Rows whose pupil has no pseudonym yet wait for it, and are not looked at
 * before it is there (trigger leerling_gecachet) or they expire. */
static enum ov_rc
set_waiting(struct ov_store *st, const int64_t *nr, size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if (n == 0)
		return OV_OK;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e,
		    "UPDATE uitgaand SET stand='WACHT-OP-PSEUDONIEM',due=exp"
		    " WHERE nr=?1",
		    "i", nr[i]);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static enum ov_rc
read_row(struct ov_store *st, sqlite3_stmt *q, struct item *it,
    struct ov_err *e)
{
	struct ov_view v;
	enum ov_rc rc;

	it->nr = ov_db_i64(q, 0);
	(void)snprintf(it->from, sizeof(it->from), "%s", ov_db_text(q, 1));
	(void)snprintf(it->srt, sizeof(it->srt), "%s", ov_db_text(q, 2));
	if ((rc = ov_db_fix(q, 3, it->id, 16, e)) != OV_OK ||
	    (rc = ov_db_fix(q, 4, it->jti, 16, e)) != OV_OK ||
	    (rc = ov_key_get(st, it->id, it->wrap, e)) != OV_OK)
		return rc;
	it->has_zaak = !ov_db_null(q, 5);
	if (it->has_zaak && (rc = ov_db_fix(q, 5, it->zaak, 16, e)) != OV_OK)
		return rc;
	v = ov_db_blob(q, 6);
	ov_buf_add(&it->jws, v.p, v.n); /* sealed content, until it is read */
	it->leerling = ov_db_i64(q, 7);
	if (it->leerling != 0 &&
	    ((rc = ov_db_fix(q, 8, it->pupil, 16, e)) != OV_OK ||
	        (rc = ov_db_fix(q, 9, it->y, OV_YBLOB, e)) != OV_OK))
		return rc;
	return ov_buf_ok(&it->jws, e);
}

/* As many as one vault call may carry; what cannot be read is set aside, what
 * has no pseudonym waits.  *moved: how many of these. */
static enum ov_rc
select_rows(struct ov_store *st, int64_t partner, struct item *it, size_t *n,
    size_t *moved, struct ov_err *e)
{
	struct ov_err why = {0};
	int64_t bad[OV_MAKE_MAX], wait[OV_MAKE_MAX];
	sqlite3_stmt *q;
	size_t nbad = 0, nwait = 0, bytes = 0;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT u.nr,u.stand,u.srt,u.id,u.jti,u.zaak,u.inhoud,"
	    "ifnull(u.leerling,0),l.id,l.y,u.leerling IS NOT NULL AND"
	    " l.stand IS NOT 'gecachet' FROM uitgaand u"
	    " LEFT JOIN leerling l ON l.nr=u.leerling"
	    " WHERE u.partner=?1 AND u.due<=?2 AND u." OV_UIT_MAAK
	    " ORDER BY u.due,u.nr LIMIT 64",
	    "ii", partner, ov_now(st));
	while (rc == OV_OK && *n + nbad + nwait < OV_MAKE_MAX &&
	       bytes < OV_BATCH_BYTES_MAX &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		if (ov_db_i64(q, 10) != 0) {
			wait[nwait++] = ov_db_i64(q, 0);
			continue;
		}
		rc = read_row(st, q, &it[*n], &why);
		if (rc == OV_OK) {
			bytes += it[(*n)++].jws.n;
		} else if (ov_uit_passing(rc)) {
			items_free(&it[*n], 1);
			*e = why;
		} else {
			rc = OV_OK;
			bad[nbad++] = it[*n].nr;
			items_free(&it[*n], 1);
		}
	}
	ov_db_done(st->db, q);
	for (size_t i = 0; i < nbad && rc == OV_OK; i++)
		rc = ov_uit_set_aside(st, bad[i], "onleesbaar", e);
	if (rc == OV_OK)
		rc = set_waiting(st, wait, nwait, e);
	*moved = rc == OV_OK ? nbad + nwait : 0;
	return rc;
}

/* The content in clear, for this turn only. */
static enum ov_rc
read_content(struct ov_store *st, struct item *it, size_t n, struct ov_err *e)
{
	static struct ov_v_read q[OV_MAKE_MAX];
	static struct ov_v_text a[OV_MAKE_MAX];
	OV_REPLY r = {0};
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		q[i] = (struct ov_v_read){.table = OV_T_UITGAAND,
		    .col = 1,
		    .ver = 1,
		    .blob = {it[i].jws.p, it[i].jws.n}};
		memcpy(q[i].id, it[i].id, 16);
		memcpy(q[i].wrap, it[i].wrap, OV_WRAP);
	}
	rc = ov_vault(st, OV_V_READ, &ov_v_read_rec, q, n, &ov_v_text_rec, a,
	    &r, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		it[i].rc = a[i].rc;
		ov_buf_reset(&it[i].jws);
		ov_buf_add(&it[i].inhoud, a[i].text.p, a[i].text.n);
		rc = ov_buf_ok(&it[i].inhoud, e);
	}
	return rc;
}

/* *nolink: the vault has no link key with this partner for this epoch. */
static enum ov_rc
make_pids(struct ov_store *st, int64_t partner, uint32_t ep, struct item *it,
    size_t n, bool *nolink, struct ov_err *e)
{
	static struct ov_v_pid q[OV_MAKE_MAX];
	static struct ov_v_pidded a[OV_MAKE_MAX];
	OV_REPLY r = {0};
	size_t at[OV_MAKE_MAX], k = 0;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n; i++) {
		if (it[i].leerling == 0)
			continue;
		q[k] = (struct ov_v_pid){.mode = OV_PID_OUT,
		    .partner = (uint32_t)partner,
		    .ep = ep};
		memcpy(q[k].pupil, it[i].pupil, 16);
		memcpy(q[k].y, it[i].y, OV_YBLOB);
		rc = ov_key_get(st, it[i].pupil, q[k].wrap, e);
		if (rc == OV_OK)
			at[k++] = i;
		else if (ov_rc_class(rc) == OV_CL_REFUSE)
			it[i].rc = rc; /* the pupil was erased */
		else
			return rc;
	}
	if (k == 0)
		return OV_OK; /* not the rc of a pupil that is gone */
	rc = ov_vault(st, OV_V_PID, &ov_v_pid_rec, q, k, &ov_v_pidded_rec, a,
	    &r, e);
	for (size_t i = 0; i < k && rc == OV_OK; i++) {
		if (a[i].rc == OV_AGAIN)
			*nolink = true;
		else if (a[i].rc != OV_OK)
			it[at[i]].rc = a[i].rc;
		else
			memcpy(it[at[i]].pid, a[i].pid, 32);
	}
	explicit_bzero(q, k * sizeof(q[0]));
	explicit_bzero(a, k * sizeof(a[0]));
	return rc;
}

static enum ov_rc
compose(struct ov_store *st, const struct ov_lid *lid, uint32_t ep,
    struct item *it, struct ov_err *e)
{
	struct ov_claims c = {.iss = st->self,
	    .aud = lid->oin,
	    .iat = ov_now(st),
	    .exp = ov_now(st) + OV_LIFE_S,
	    .seq = it->seq,
	    .ep = ep,
	    .has_pid = it->leerling != 0,
	    .has_zaak = it->has_zaak};
	enum ov_rc rc;

	memcpy(c.jti, it->jti, 16);
	memcpy(c.pid, it->pid, 32);
	memcpy(c.zaak, it->zaak, 16);
	memcpy(c.srt, it->srt, sizeof(c.srt));
	rc = ov_claims_compose(&it->claims, &c,
	    (struct ov_view){it->inhoud.p, it->inhoud.n}, e);
	explicit_bzero(&c, sizeof(c));
	return rc == OV_OK ? ov_buf_ok(&it->claims, e) : rc;
}

/* Sign, seal and encrypt; then seal the ciphertext, too. */
static enum ov_rc
sign_all(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_bundle_enc *key, struct item *it, size_t n,
    struct ov_err *e)
{
	static struct ov_v_make q[OV_MAKE_MAX];
	static struct ov_v_made a[OV_MAKE_MAX];
	OV_REPLY r = {0};
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		q[i] = (struct ov_v_make){.mode = OV_MAKE_SIGN,
		    .col = 2,
		    .ver = 1,
		    .payload = {it[i].claims.p, it[i].claims.n}};
		memcpy(q[i].id, it[i].id, 16);
		memcpy(q[i].wrap, it[i].wrap, OV_WRAP);
		memcpy(q[i].to, lid->oin.s, 20);
		memcpy(q[i].kid, key->kid, 32);
		memcpy(q[i].pk, key->x, 32);
		memcpy(q[i].jti, it[i].jti, 16);
	}
	rc = ov_vault(st, OV_V_MAKE, &ov_v_make_rec, q, n, &ov_v_made_rec, a,
	    &r, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		it[i].rc = a[i].rc;
		memcpy(it[i].sha_jws, a[i].sha_jws, 32);
		memcpy(it[i].sha_jwe, a[i].sha_jwe, 32);
		memcpy(it[i].ref, a[i].ref, 32);
		ov_buf_add(&it[i].jws, a[i].blob.p, a[i].blob.n);
		ov_buf_add(&it[i].jwe, a[i].jwe.p, a[i].jwe.n);
		if ((rc = ov_buf_ok(&it[i].jws, e)) == OV_OK)
			rc = ov_buf_ok(&it[i].jwe, e);
	}
	return rc;
}

static enum ov_rc
seal_jwe(struct ov_store *st, struct item *it, size_t n, struct ov_err *e)
{
	static struct ov_v_seal q[OV_MAKE_MAX];
	static struct ov_v_sealed a[OV_MAKE_MAX];
	OV_REPLY r = {0};
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		q[i] = (struct ov_v_seal){.table = OV_T_UITGAAND,
		    .col = 3,
		    .ver = 1,
		    .text = {it[i].jwe.p, it[i].jwe.n}};
		memcpy(q[i].id, it[i].id, 16);
		memcpy(q[i].wrap, it[i].wrap, OV_WRAP);
	}
	rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, q, n, &ov_v_sealed_rec, a,
	    &r, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (a[i].rc != OV_OK)
			return ov_fail(e, OV_DAMAGED, "vault does not seal");
		ov_buf_add(&it[i].jwe_blob, a[i].blob.p, a[i].blob.n);
		rc = ov_buf_ok(&it[i].jwe_blob, e);
	}
	return rc;
}

static enum ov_rc
store_one(struct ov_store *st, const struct ov_lid *lid, uint32_t ep,
    const struct item *it, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET seq=?2,ep=?3,iat=?4,exp=?5,due=?4,pogingen=0,"
	    "klaar=?4,jws=?6,jwe=?7,sha_jws=?8 WHERE nr=?1",
	    "iiiiivvb", it->nr, (int64_t)it->seq, (int64_t)ep, ov_now(st),
	    ov_now(st) + OV_LIFE_S, (struct ov_view){it->jws.p, it->jws.n},
	    (struct ov_view){it->jwe_blob.p, it->jwe_blob.n},
	    (const void *)it->sha_jws, (size_t)32);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO uitgaand_jwe(uitgaand,sha_jwe) VALUES(?1,?2)",
		    "ib", it->nr, (const void *)it->sha_jwe, (size_t)32);
	if (rc == OV_OK)
		rc = ov_uit_move(st, it->nr, it->from, "KLAAR", e);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_VERZENDING, &lid->oin, it->ref, e);
	return rc;
}

static enum ov_rc
commit_all(struct ov_store *st, const struct ov_lid *lid, int64_t partner,
    uint32_t ep, struct item *it, size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e, "UPDATE partner SET seq_uit=?2 WHERE id=?1",
	    "ii", partner, (int64_t)it[n - 1].seq);
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = store_one(st, lid, ep, &it[i], e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* Rows that cannot be done leave the batch; *any when there were any: the
 * next turn takes the others. */
static enum ov_rc
weed(struct ov_store *st, struct item *it, size_t n, const char *reden,
    bool *any, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	*any = false;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (it[i].rc == OV_OK)
			continue;
		if (ov_uit_passing((enum ov_rc)it[i].rc))
			return ov_fail(e, OV_AGAIN, "the vault cannot now");
		rc = ov_uit_set_aside(st, it[i].nr, reden, e);
		*any = true;
	}
	return rc;
}

static enum ov_rc
batch(struct ov_store *st, const struct ov_lid *lid, int64_t partner,
    const struct ov_bundle_enc *key, uint32_t ep, struct item *it, size_t n,
    bool *nolink, struct ov_err *e)
{
	int64_t seq;
	enum ov_rc rc;
	bool any;

	if ((rc = read_content(st, it, n, e)) != OV_OK ||
	    (rc = make_pids(st, partner, ep, it, n, nolink, e)) != OV_OK ||
	    (rc = weed(st, it, n, "onleesbaar", &any, e)) != OV_OK || any ||
	    *nolink)
		return rc;
	rc = ov_db_int(st->db, &seq, 0, e,
	    "SELECT seq_uit FROM partner WHERE id=?1", "i", partner);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		it[i].seq = (uint64_t)++seq;
		it[i].rc = compose(st, lid, ep, &it[i], e);
	}
	if (rc != OV_OK ||
	    (rc = weed(st, it, n, "onleesbaar", &any, e)) != OV_OK || any)
		return rc;
	if ((rc = sign_all(st, lid, key, it, n, e)) != OV_OK ||
	    (rc = weed(st, it, n, "kluis-weigert", &any, e)) != OV_OK || any)
		return rc;
	if ((rc = seal_jwe(st, it, n, e)) != OV_OK)
		return rc;
	return commit_all(st, lid, partner, ep, it, n, e);
}

/* No link key of the partner for the epoch: ask for a newer bundle, and try
 * the persons' messages again later, at most hourly in the end. */
static enum ov_rc
wait_for_link(struct ov_store *st, const struct ov_lid *lid, int64_t partner,
    struct ov_err *e)
{
	int64_t tries;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &tries, 0, e,
	    "SELECT max(pogingen) FROM uitgaand WHERE partner=?1"
	    " AND " OV_UIT_MAAK " AND due<=?2",
	    "ii", partner, ov_now(st));
	if (rc != OV_OK)
		return rc;
	ov_bundel_ask(st, lid);
	return ov_db_run(st->db, e,
	    "UPDATE uitgaand SET due=?2,pogingen=pogingen+1 WHERE partner=?1"
	    " AND " OV_UIT_MAAK " AND leerling IS NOT NULL AND due<=?3",
	    "iii", partner, tries == 0 ? ov_now(st) + 2 : ov_backoff(st, tries),
	    ov_now(st));
}

enum ov_rc
ov_deliver_make(struct ov_store *st, const struct ov_lid *lid, int64_t partner,
    size_t *made, struct ov_err *e)
{
	static struct item it[OV_MAKE_MAX];
	const struct ov_book_epoch *ep;
	const struct ov_bundle_enc *key;
	struct ov_bundle b;
	size_t n;
	bool found, nolink = false;
	enum ov_rc rc;

	*made = 0;
	ep = ov_book_epoch_active(st->boek, ov_now(st));
	if (ep == NULL)
		return OV_OK;
	if ((rc = select_rows(st, partner, it, &n, made, e)) != OV_OK || n == 0)
		return rc;
	rc = ov_bundel_get(st, lid, &b, &found, e);
	if (rc == OV_OK && found) {
		key = ov_bundle_enc_at(&b, ov_now(st));
		rc = batch(st, lid, partner, key, ep->ep, it, n, &nolink, e);
		if (rc == OV_OK && nolink)
			rc = wait_for_link(st, lid, partner, e);
		else if (rc == OV_OK)
			*made += n;
	}
	items_free(it, n);
	return rc;
}
