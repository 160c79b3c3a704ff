/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/spool_out.c - what was received and may be opened becomes files
 * out/<type>/<nr>.json and <nr>.csv, as `export` writes them.
 *
 * The read lines of a batch are on disk before its first byte is.  A message
 * counts as written when both its files are; after a crash they are written
 * again, under the same names.  Of one that its sender took back since, the
 * files go and <nr>.ingetrokken.txt says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store/spool.h"
#include "daemon/store/toegang.h"

#define BATCH 16

struct item {
	int64_t nr;
	bool terug; /* taken back after it was written */
	struct ov_oordeel o;
	char srt[OV_SRT_MAX + 1];
	struct ov_claims cl;
};

static enum ov_rc
find(struct ov_store *st, struct item *it, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,srt,buiten FROM bericht WHERE (buiten=0"
	    " AND gesloten=0 AND inhoud IS NOT NULL AND srt<>'ontvangst'"
	    " AND stand IN ('ONTVANGEN','GEKOPPELD','IN-BEOORDELING',"
	    "'GEACCEPTEERD','VERWERKT')) OR (buiten=1 AND"
	    " stand='INGETROKKEN') ORDER BY nr LIMIT 16",
	    "");
	while (rc == OV_OK && *n < BATCH &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		it[*n].nr = ov_db_i64(q, 0);
		(void)snprintf(it[*n].srt, sizeof(it[*n].srt), "%s",
		    ov_db_text(q, 1));
		it[*n].terug = ov_db_i64(q, 2) != 0;
		(*n)++;
	}
	ov_db_done(st->db, q);
	return rc;
}

/* NNN.end.deel, then its own name. */
static enum ov_rc
file_write(int dir, int64_t nr, const char *end, const struct ov_buf *b,
    struct ov_err *e)
{
	char name[64], part[72];
	enum ov_rc rc;

	if ((rc = ov_buf_ok(b, e)) != OV_OK)
		return rc;
	(void)snprintf(name, sizeof(name), "%lld.%s", (long long)nr, end);
	(void)snprintf(part, sizeof(part), "%s.deel", name);
	if ((rc = ov_spool_put(dir, part, b, e)) != OV_OK)
		return rc;
	if (renameat(dir, part, dir, name) < 0)
		return ov_fail_sys(e, "rename in the folder out");
	return OV_OK;
}

static enum ov_rc
item_write(struct ov_spool *sp, int out, const struct item *it,
    struct ov_err *e)
{
	const struct ov_profile *p = ov_profile_find(sp->profiles, it->srt);
	OV_CLOSE int dir = -1;
	OV_BUF json = {0}, csv = {0};
	OV_JSON *j = NULL;
	enum ov_rc rc;

	if ((rc = ov_fs_mkdir_p(out, it->srt, e)) != OV_OK ||
	    (rc = ov_fs_opendir(out, it->srt, &dir, e)) != OV_OK ||
	    (rc = ov_j_bericht(sp->st, it->nr, &j, e)) != OV_OK)
		return rc;
	ov_toon(sp->st, j, it->srt, ov_jn_json(it->cl.inhoud), &it->o);
	if (json_object_get(j, "inhoud") == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_json_dump(&json, j);
	ov_buf_str(&json, "\n");
	if ((rc = file_write(dir, it->nr, "json", &json, e)) != OV_OK)
		return rc;
	if (p != NULL) {
		ov_export_header(p, &csv);
		if ((rc = ov_export_row(p, j, &csv, e)) != OV_OK ||
		    (rc = file_write(dir, it->nr, "csv", &csv, e)) != OV_OK)
			return rc;
	}
	if (fsync(dir) < 0)
		return ov_fail_sys(e, "fsync of the folder out");
	return ov_db_run(sp->st->db, e,
	    "UPDATE bericht SET buiten=1 WHERE nr=?1", "i", it->nr);
}

/* The files go, as far as nobody took them, and a notice takes their place. */
static enum ov_rc
item_back(struct ov_spool *sp, int out, const struct item *it, struct ov_err *e)
{
	static const char *const ends[] = {"json", "csv"};
	OV_CLOSE int dir = -1;
	OV_BUF text = {0};
	char name[64];
	enum ov_rc rc;

	if ((rc = ov_fs_mkdir_p(out, it->srt, e)) != OV_OK ||
	    (rc = ov_fs_opendir(out, it->srt, &dir, e)) != OV_OK)
		return rc;
	ov_buf_fmt(&text,
	    "Bericht %lld (%s) is door de afzender ingetrokken. Gebruik de"
	    " gegevens eruit niet en verwijder ze, ook waar ze al zijn"
	    " overgenomen.\n",
	    (long long)it->nr, it->srt);
	if ((rc = file_write(dir, it->nr, "ingetrokken.txt", &text, e)) !=
	    OV_OK)
		return rc;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "%lld.%s", (long long)it->nr,
		    ends[i]);
		if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
			return ov_fail_sys(e, "unlink in the folder out");
	}
	if (fsync(dir) < 0)
		return ov_fail_sys(e, "fsync of the folder out");
	return ov_db_run(sp->st->db, e,
	    "UPDATE bericht SET buiten=2 WHERE nr=?1", "i", it->nr);
}

static const char *
ground(const struct ov_claims *cl)
{
	const char *s = ov_jn_text(ov_jn_get(cl->inhoud, "grondslag"));

	return s != NULL ? s : "";
}

/* A message that does not open is set aside: the others go on. */
static enum ov_rc
set_aside(struct ov_store *st, int64_t nr, const struct ov_err *why,
    struct ov_err *e)
{
	enum ov_rc rc;

	ov_log(OV_LOG_ERROR, "event=spool-unreadable nr=%lld fault=\"%s\"",
	    (long long)nr, why->msg);
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET stand='TERZIJDE',reden='onleesbaar'"
	    " WHERE nr=?1",
	    "i", nr);
	if (rc == OV_OK)
		rc = ov_stand_note(st, nr, "TERZIJDE", e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO terzijde(tijd,tabel,record,reden)"
		    " VALUES(?1,'bericht',?2,'onleesbaar')",
		    "ii", ov_now(st), nr);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* What the account of the folder may have of it; nothing: it counts as
 * written, so that a right that comes later does not pour out the past. */
static enum ov_rc
judge(struct ov_store *st, struct item *it, struct ov_err *e)
{
	struct ov_wie w = ov_wie_spool(st);
	struct ov_bron b;
	enum ov_rc rc;

	it->o = (struct ov_oordeel){.mag = true, .delen = OV_D_ALLE};
	if (w.alles)
		return OV_OK;
	rc = ov_bron_bericht(st, it->nr, it->srt, 0, &b, e);
	if (rc == OV_OK)
		it->o = ov_wie_oordeel(st, &w, OV_MAG_EXPORTEREN, &b.f);
	ov_bron_free(&b);
	if (rc != OV_OK || it->o.delen != 0)
		return rc;
	ov_log(OV_LOG_INFO, "event=spool-no-access why=%s nr=%lld",
	    ov_waarom_code(it->o.waarom), (long long)it->nr);
	return ov_db_run(st->db, e, "UPDATE bericht SET buiten=1 WHERE nr=?1",
	    "i", it->nr);
}

/* Open them all, log that they were read, write. */
static enum ov_rc
batch_write(struct ov_spool *sp, int out, struct item *it, size_t n,
    struct ov_err *e)
{
	struct ov_gelezen g[BATCH];
	struct item *open[BATCH];
	struct ov_err why = {0};
	enum ov_rc rc = OV_OK;
	size_t k = 0;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (it[i].terug) {
			rc = item_back(sp, out, &it[i], e);
			continue;
		}
		if ((rc = judge(sp->st, &it[i], e)) != OV_OK)
			break;
		if (it[i].o.delen == 0)
			continue;
		rc = ov_bericht_open(sp->st, it[i].nr, &it[i].cl, &why);
		if (rc == OV_OK) {
			g[k] = (struct ov_gelezen){.tabel = "bericht",
			    .record = it[i].nr,
			    .grond = ground(&it[i].cl)};
			open[k++] = &it[i];
		} else if (rc == OV_SYS || ov_rc_class(rc) == OV_CL_RETRY) {
			*e = why;
		} else {
			rc = set_aside(sp->st, it[i].nr, &why, e);
		}
	}
	if (rc == OV_OK)
		rc = ov_read_log(sp->st, geteuid(), "export", g, k, e);
	for (size_t i = 0; i < k && rc == OV_OK; i++)
		rc = item_write(sp, out, open[i], e);
	return rc;
}

enum ov_rc
ov_spool_out(struct ov_spool *sp, bool *more, struct ov_err *e)
{
	OV_CLOSE int spool = -1, out = -1;
	struct item it[BATCH];
	size_t n;
	enum ov_rc rc;

	ov_toegang_fresh(sp->st);
	*more = false;
	memset(it, 0, sizeof(it));
	if ((rc = find(sp->st, it, &n, e)) != OV_OK || n == 0)
		return rc;
	if ((rc = ov_fs_opendir(AT_FDCWD, sp->st->env.conf->spool, &spool,
	         e)) != OV_OK ||
	    (rc = ov_fs_mkdir_p(spool, "out", e)) != OV_OK ||
	    (rc = ov_fs_opendir(spool, "out", &out, e)) != OV_OK)
		return rc;
	rc = batch_write(sp, out, it, n, e);
	for (size_t i = 0; i < n; i++)
		ov_claims_free(&it[i].cl);
	*more = rc == OV_OK && n == BATCH;
	return rc;
}
