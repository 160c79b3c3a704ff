/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/spool.c - folders in place of commands: a JSON file in
 * in/<type>/ is imported, linked dossiers and notices appear in out/<type>/.
 *
 * A file counts when its name has no suffix .deel; we write the same way, so
 * it holds over file shares.  What was imported goes to in/verwerkt/, what
 * was not to in/fout/ with a list of faults beside it.  Only drafts are made:
 * sending stays a deliberate act.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/store/ctl.h"

#define EVERY_S 5
#define FILE_MAX ((size_t)32 << 20)
#define OUT_BATCH 16

/* ---- in ---- */

/* A name that counts: *.json, not hidden, of letters a person can read. */
static bool
counts(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && n < 200 && name[0] != '.' &&
	       strcmp(name + n - 5, ".json") == 0;
}

/* The first file that counts in the folder; "" when there is none. */
static void
first_file(int dir, char out[208])
{
	struct dirent *d;
	DIR *s;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	out[0] = '\0';
	if (fd < 0)
		return;
	if ((s = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return;
	}
	while ((d = readdir(s)) != NULL) {
		if (!counts(d->d_name))
			continue;
		if (out[0] == '\0' || strcmp(d->d_name, out) < 0)
			(void)snprintf(out, 208, "%.207s", d->d_name);
	}
	(void)closedir(s);
}

/* Move a file to another folder under a name that is free. */
static enum ov_rc
move(int from, const char *name, int in, const char *to, int64_t now,
    char moved[OV_NAME_MAX], struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	enum ov_rc rc;

	if ((rc = ov_fs_mkdir_p(in, to, e)) != OV_OK ||
	    (rc = ov_fs_opendir(in, to, &dir, e)) != OV_OK)
		return rc;
	for (int i = 0; i < 100; i++) {
		if (snprintf(moved, OV_NAME_MAX, "%lld.%d.%s", (long long)now,
		        i, name) >= OV_NAME_MAX)
			return ov_fail(e, OV_TOOBIG, "file name too long");
		if (renameat2(from, name, dir, moved, RENAME_NOREPLACE) == 0)
			return OV_OK;
		if (errno != EEXIST)
			return ov_fail_sys(e, "move to %s", to);
	}
	return ov_fail(e, OV_AGAIN, "no free name");
}

/* The list of faults beside a file that was not taken. */
static enum ov_rc
faults_write(int in, const char *name, const struct ov_intake *m,
    const char *why, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	OV_BUF b = {0};
	const json_t *list = m != NULL ? ov_intake_faults(m) : NULL, *f;
	char file[OV_NAME_MAX + 16];
	enum ov_rc rc;

	if (why != NULL)
		ov_buf_fmt(&b, "%s\n", why);
	for (size_t i = 0; i < json_array_size(list); i++) {
		f = json_array_get(list, i);
		ov_buf_fmt(&b, "rij %lld, %s: %s\n",
		    (long long)json_integer_value(json_object_get(f, "rij")),
		    json_string_value(json_object_get(f, "kolom")),
		    json_string_value(json_object_get(f, "tekst")));
	}
	if ((rc = ov_buf_ok(&b, e)) != OV_OK ||
	    (rc = ov_fs_opendir(in, "fout", &dir, e)) != OV_OK)
		return rc;
	if (snprintf(file, sizeof(file), "%.200s.fouten.txt", name) < 0)
		return ov_fail(e, OV_TOOBIG, "file name too long");
	return ov_fs_replace(dir, file, b.p, b.n, e);
}

static enum ov_rc
rows_take(struct ov_intake *m, const json_t *doc, struct ov_err *e)
{
	OV_JSON *row = NULL;
	size_t n = json_is_array(doc) ? json_array_size(doc) : 1;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		const json_t *j = json_is_array(doc) ? json_array_get(doc, i)
		                                     : doc;

		json_decref(row);
		row = json_deep_copy(j);
		if (!json_is_object(row)) {
			json_decref(row);
			row = json_object();
		}
		if (row == NULL ||
		    !ov_j_set(row, "rij", json_integer((json_int_t)i + 1)))
			return ov_fail(e, OV_NOSPACE, "out of memory");
		rc = ov_intake_row(m, row, e);
	}
	return rc;
}

/* Import one file; *taken when nothing is wrong with it. */
static enum ov_rc
import_file(struct ov_store *st, int dir, const char *srt, const char *name,
    struct ov_intake **m, bool *taken, struct ov_err *e)
{
	struct ov_intake_in in = {.profiel = srt,
	    .bestand = name,
	    .uid = geteuid()};
	struct ov_intake_sum sum;
	OV_BUF text = {0};
	OV_JSON *doc = NULL;
	enum ov_rc rc;

	*taken = false;
	rc = ov_fs_read(dir, name, FILE_MAX, &text, e);
	if (rc == OV_OK)
		rc = ov_json_parse(text.p, text.n, FILE_MAX, &doc, e);
	if (rc != OV_OK)
		return ov_rc_class(rc) == OV_CL_REFUSE ? OV_OK : rc;
	if ((rc = ov_intake_new(st, &in, m, e)) != OV_OK ||
	    (rc = rows_take(*m, doc, e)) != OV_OK ||
	    (rc = ov_intake_end(*m, &sum, e)) != OV_OK)
		return rc;
	*taken = sum.fout == 0;
	ov_log(OV_LOG_INFO,
	    "event=spool type=%s good=%lld bad=%lld same=%lld changed=%lld",
	    srt, (long long)sum.goed, (long long)sum.fout,
	    (long long)sum.gelijk, (long long)sum.gewijzigd);
	return OV_OK;
}

static enum ov_rc
in_folder(struct ov_store *st, int in, const char *srt, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	struct ov_intake *m = NULL;
	char name[208], moved[OV_NAME_MAX];
	bool taken = false;
	enum ov_rc rc;

	if (ov_types_latest(st->types, srt) == NULL ||
	    ov_fs_opendir(in, srt, &dir, e) != OV_OK)
		return OV_OK;
	first_file(dir, name);
	if (name[0] == '\0' || st->boek == NULL)
		return OV_OK;
	rc = import_file(st, dir, srt, name, &m, &taken, e);
	if (rc == OV_OK || ov_rc_class(rc) == OV_CL_REFUSE) {
		rc = move(dir, name, in, taken ? "verwerkt" : "fout",
		    ov_now(st), moved, e);
		if (rc == OV_OK && !taken)
			rc = faults_write(in, moved, m,
			    m == NULL ? "Dit is geen leesbaar JSON-bestand."
			              : NULL,
			    e);
	}
	ov_intake_free(m);
	return rc;
}

/* ---- out ---- */

struct item {
	int64_t nr, leerling;
	char srt[OV_SRT_MAX + 1];
};

static enum ov_rc
out_find(struct ov_store *st, struct item *it, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,ifnull(leerling,0),srt FROM bericht WHERE buiten=0"
	    " AND gesloten=0 AND inhoud IS NOT NULL AND srt<>'ontvangst'"
	    " AND stand IN ('ONTVANGEN','GEKOPPELD','IN-BEOORDELING',"
	    "'GEACCEPTEERD','VERWERKT') ORDER BY nr LIMIT 16",
	    "");
	while (rc == OV_OK && *n < OUT_BATCH &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		it[*n].nr = ov_db_i64(q, 0);
		it[*n].leerling = ov_db_i64(q, 1);
		(void)snprintf(it[*n].srt, sizeof(it[*n].srt), "%s",
		    ov_db_text(q, 2));
		(*n)++;
	}
	ov_db_done(st->db, q);
	return rc;
}

/* NNN.json.deel, then its own name. */
static enum ov_rc
out_write(struct ov_store *st, int out, const struct item *it,
    const struct ov_claims *cl, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	OV_BUF text = {0};
	OV_JSON *j = NULL;
	char name[64], part[72];
	enum ov_rc rc;

	if ((rc = ov_fs_mkdir_p(out, it->srt, e)) != OV_OK ||
	    (rc = ov_fs_opendir(out, it->srt, &dir, e)) != OV_OK)
		return rc;
	j = json_pack("{s:I,s:o,s:s,s:s,s:O}", "nr", (json_int_t)it->nr,
	    "eigenReferentie", ov_j_pupil_ref(st, it->leerling), "afzender",
	    cl->iss.s, "srt", it->srt, "inhoud", cl->inhoud);
	if (j == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_json_dump(&text, j);
	ov_buf_str(&text, "\n");
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	(void)snprintf(name, sizeof(name), "%lld.json", (long long)it->nr);
	(void)snprintf(part, sizeof(part), "%s.deel", name);
	if ((rc = ov_fs_replace(dir, part, text.p, text.n, e)) != OV_OK)
		return rc;
	if (renameat(dir, part, dir, name) < 0)
		return ov_fail_sys(e, "rename in the folder out");
	return OV_OK;
}

static enum ov_rc
out_one(struct ov_store *st, int out, const struct item *it, struct ov_err *e)
{
	struct ov_gelezen g = {.tabel = "bericht", .record = it->nr};
	struct ov_claims cl = {0};
	enum ov_rc rc;

	rc = ov_bericht_open(st, it->nr, &cl, e);
	if (rc == OV_OK) {
		g.grond = json_string_value(
		    json_object_get(cl.inhoud, "grondslag"));
		if (g.grond == NULL)
			g.grond = "";
		rc = ov_read_log(st, geteuid(), "export", &g, 1, e);
	}
	if (rc == OV_OK)
		rc = out_write(st, out, it, &cl, e);
	ov_claims_free(&cl);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET buiten=1 WHERE nr=?1", "i", it->nr);
	return rc;
}

static enum ov_rc
out_folder(struct ov_store *st, int spool, struct ov_err *e)
{
	OV_CLOSE int out = -1;
	struct item it[OUT_BATCH];
	size_t n;
	enum ov_rc rc;

	if ((rc = out_find(st, it, &n, e)) != OV_OK || n == 0 ||
	    (rc = ov_fs_mkdir_p(spool, "out", e)) != OV_OK ||
	    (rc = ov_fs_opendir(spool, "out", &out, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = out_one(st, out, &it[i], e);
	return rc;
}

/* ---- the tick ---- */

static enum ov_rc
turn(struct ov_store *st, struct ov_err *e)
{
	static const char *const srt[] = {"overstapdossier", "overstapstatus",
	    "uitschrijving"};
	OV_CLOSE int spool = -1, in = -1;
	enum ov_rc rc;

	if ((rc = ov_fs_opendir(AT_FDCWD, st->env.conf->spool, &spool, e)) !=
	    OV_OK)
		return rc;
	if (ov_fs_opendir(spool, "in", &in, e) == OV_OK)
		for (size_t i = 0; i < sizeof(srt) / sizeof(srt[0]); i++)
			if ((rc = in_folder(st, in, srt[i], e)) != OV_OK)
				return rc;
	return out_folder(st, spool, e);
}

void
ov_spool_tick(struct ov_store *st, int64_t *next)
{
	struct ov_err e = {0};
	enum ov_rc rc;

	if (st->env.conf->spool == NULL || ov_now(st) < *next)
		return;
	*next = ov_now(st) + EVERY_S;
	if ((rc = turn(st, &e)) == OV_OK)
		return;
	/* A folder that is not there, or is full, is no reason to stop. */
	*next = ov_now(st) + 60;
	ov_log(OV_LOG_WARN, "event=spool fault=\"%s\"", e.msg);
	if (rc == OV_DAMAGED)
		ov_store_fatal(st, &e);
}
