/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_read.c - content on its way to a person: opened only when
 * it may be, and never shown before its line in the log is on disk.
 */
#include <string.h>

#include "daemon/store/correctie.h"
#include "protocol/envelope.h"
#include "protocol/hash.h"

/* ref of the leaf: nobody without the row can tell whose it is. */
static enum ov_rc
read_ref(uint8_t ref[32], const uint8_t zout[32], int64_t nr, uid_t uid,
    int64_t tijd, struct ov_err *e)
{
	static const char label[] = "overstapd/inzien/v1";
	OV_BUF b = {0};

	ov_buf_add(&b, label, sizeof(label));
	ov_buf_add(&b, zout, 32);
	ov_wr_u64(&b, (uint64_t)nr);
	ov_wr_u64(&b, uid);
	ov_wr_u64(&b, (uint64_t)tijd);
	if (ov_buf_ok(&b, e) != OV_OK)
		return OV_NOSPACE;
	return ov_sha256(ref, b.p, b.n);
}

static enum ov_rc
read_line(struct ov_store *st, uid_t uid, const char *handeling,
    const struct ov_gelezen *g, struct ov_err *e)
{
	int64_t tijd = ov_now(st), nr;
	uint8_t zout[32], ref[32];
	enum ov_rc rc;

	st->env.random(zout, sizeof(zout));
	rc = ov_db_run(st->db, e,
	    "INSERT INTO "
	    "gelezen(tijd,account,handeling,tabel,record,grond,zout)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7)",
	    "iittitb", tijd, (int64_t)uid, handeling, g->tabel, g->record,
	    g->grond, (const void *)zout, sizeof(zout));
	if (rc != OV_OK)
		return rc;
	nr = ov_db_last(st->db);
	if ((rc = read_ref(ref, zout, nr, uid, tijd, e)) != OV_OK)
		return rc;
	return ov_tx_leaf(st, OV_LEAF_INZIEN, &st->self, ref, e);
}

enum ov_rc
ov_read_log(struct ov_store *st, uid_t uid, const char *handeling,
    const struct ov_gelezen *g, size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if (n == 0)
		return OV_OK;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = read_line(st, uid, handeling, &g[i], e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

bool
ov_ctl_read_log(struct ov_ctl *c, const char *handeling,
    const struct ov_gelezen *g, size_t n)
{
	struct ov_err e = {0};
	enum ov_rc rc = ov_read_log(c->st, c->uid, handeling, g, n, &e);

	if (rc == OV_OK)
		return true;
	ov_log(OV_LOG_ERROR, "event=read-line fault=\"%s\"", e.msg);
	ov_ctl_fout(c, "log-niet-beschikbaar", NULL);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(c->st, &e);
	return false;
}

enum ov_rc
ov_jws_claims(struct ov_view text, struct ov_claims *out, struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_jws j;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	rc = ov_jws_split(text.p, text.n, OV_TYP_BERICHT, &j, &payload, e);
	if (rc != OV_OK)
		return rc;
	return ov_claims_parse(payload.p, payload.n, out, NULL, e);
}

bool
ov_unreadable(enum ov_rc rc)
{
	return rc != OV_OK && rc != OV_DENIED && rc != OV_SYS &&
	       ov_rc_class(rc) != OV_CL_RETRY;
}

enum ov_rc
ov_aside(struct ov_store *st, const char *tabel, int64_t nr,
    const struct ov_err *why, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	ov_log(OV_LOG_ERROR, "event=unreadable table=%s nr=%lld fault=\"%s\"",
	    tabel, (long long)nr, why->msg);
	if (strcmp(tabel, "bericht") == 0)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='TERZIJDE',reden='onleesbaar'"
		    " WHERE nr=?1 AND stand<>'TERZIJDE'",
		    "i", nr);
	if (rc == OV_OK && strcmp(tabel, "bericht") == 0 &&
	    ov_db_changes(st->db) == 1)
		rc = ov_stand_note(st, nr, "TERZIJDE", e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO terzijde(tijd,tabel,record,reden)"
		    " SELECT ?1,?2,?3,'onleesbaar' WHERE NOT EXISTS (SELECT 1"
		    " FROM terzijde WHERE tabel=?2 AND record=?3)",
		    "iti", ov_now(st), tabel, nr);
	return rc;
}

enum ov_rc
ov_aside_now(struct ov_store *st, const char *tabel, int64_t nr,
    const struct ov_err *why, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	if ((rc = ov_aside(st, tabel, nr, why, e)) == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

enum ov_rc
ov_bericht_as_sent(struct ov_store *st, int64_t nr, struct ov_claims *out,
    struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	memset(out, 0, sizeof(*out));
	rc = ov_db_q(st->db, &q, e,
	    "SELECT id,versie,inhoud FROM bericht WHERE nr=?1 AND gesloten=0"
	    " AND inhoud IS NOT NULL AND stand NOT IN"
	    " ('TWIJFEL','TERZIJDE','VERNIETIGD')",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_DENIED, "not to be opened");
	if (rc == OV_OK && (rc = ov_db_fix(q, 0, id, 16, e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_BERICHT, 1,
		    (uint64_t)ov_db_i64(q, 1), ov_db_blob(q, 2), &text, e);
	ov_db_done(st->db, q);
	if (rc != OV_OK)
		return rc;
	return ov_jws_claims((struct ov_view){text.p, text.n}, out, e);
}

enum ov_rc
ov_bericht_open(struct ov_store *st, int64_t nr, struct ov_claims *out,
    struct ov_err *e)
{
	enum ov_rc rc = ov_bericht_as_sent(st, nr, out, e);

	return rc == OV_OK ? ov_correctie_over(st, nr, out, e) : rc;
}
