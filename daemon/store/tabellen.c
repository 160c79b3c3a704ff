/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/tabellen.c - the tables in force: the law and the region's own
 * decisions as files.
 *
 * Built in are the ones of data/.  A file of the same name in the folder
 * `tables` of the configuration takes the place of one.  They are taken
 * together or not at all: tables that contradict each other are named, and
 * the set that was last good (kept in main.db, table `tabel`) stays in force.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/store/role.h"
#include "protocol/data.h"
#include "protocol/regelnr.h"

#define TABLE_MAX ((size_t)1 << 20)

static const char *const names[] = {"types.json", "codelijsten.json",
    "grondslagen.json", "matrix.json", "regio.json", "kalender.json",
    "overgangen.json", "normen.json", "formules.json", "werklijst.json",
    "toegang.json", "compleet.json", "inzage.json", "bewaring.json",
    "bewaring-eigen.json" /* nothing built in: the organisation's own */};
#define NAMES (sizeof(names) / sizeof(names[0]))

struct set {
	struct ov_buf text[NAMES];
	bool own[NAMES]; /* not the built-in one */
};

static void
set_free(struct set *s)
{
	for (size_t i = 0; i < NAMES; i++)
		ov_buf_free(&s->text[i]);
}

static void
builtin(struct set *s, size_t i)
{
	const struct ov_data *d = ov_data_find(names[i]);

	s->own[i] = false;
	s->text[i].n = 0;
	if (d != NULL)
		ov_buf_add(&s->text[i], d->p, d->n);
}

/* What the folder has; the rest is built in. */
static enum ov_rc
read_folder(const char *path, struct set *s, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	enum ov_rc rc;

	for (size_t i = 0; i < NAMES; i++)
		builtin(s, i);
	if (path == NULL)
		return OV_OK;
	if ((rc = ov_fs_opendir(AT_FDCWD, path, &fd, e)) != OV_OK)
		return ov_while(e, rc, "tables");
	for (size_t i = 0; i < NAMES; i++) {
		OV_BUF text = {0};

		rc = ov_fs_read(fd, names[i], TABLE_MAX, &text, e);
		if (rc == OV_SYS && e->sys == ENOENT)
			continue;
		if (rc != OV_OK)
			return ov_while(e, rc, "%s", names[i]);
		s->text[i].n = 0;
		ov_buf_add(&s->text[i], text.p, text.n);
		s->own[i] = true;
	}
	return OV_OK;
}

static enum ov_rc
read_kept(struct ov_store *st, struct set *s, bool *any, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc = OV_OK;
	bool row;

	*any = false;
	for (size_t i = 0; i < NAMES && rc == OV_OK; i++) {
		builtin(s, i);
		rc = ov_db_q(st->db, &q, e,
		    "SELECT tekst FROM tabel WHERE naam=?1", "t", names[i]);
		if (rc == OV_OK)
			rc = ov_db_next(st->db, q, &row, e);
		if (rc == OV_OK && row) {
			v = ov_db_blob(q, 0);
			s->text[i].n = 0;
			ov_buf_add(&s->text[i], v.p, v.n);
			s->own[i] = *any = true;
		}
		ov_db_done(st->db, q);
	}
	return rc;
}

static enum ov_rc
keep(struct ov_store *st, const struct set *s, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "DELETE FROM tabel WHERE naam<>'accounts.json'", "");
	for (size_t i = 0; i < NAMES && rc == OV_OK; i++)
		if (s->own[i])
			rc = ov_db_run(st->db, e,
			    "INSERT INTO tabel(naam,sinds,tekst)"
			    " VALUES(?1,?2,?3)",
			    "tib", names[i], ov_now(st),
			    (const void *)s->text[i].p, s->text[i].n);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static struct ov_view
text_of(const struct set *s, size_t i)
{
	return (struct ov_view){s->text[i].p, s->text[i].n};
}

static enum ov_rc
load(struct ov_store *st, const struct set *s, struct ov_err *e)
{
	struct ov_types_src src = {text_of(s, 0), text_of(s, 1), text_of(s, 2)};
	struct ov_policy_src rules = {text_of(s, 3), text_of(s, 4)};
	struct ov_types *types = NULL;
	struct ov_policy *policy = NULL;
	struct ov_kalender *kalender = NULL;
	struct ov_overgangen *steps = NULL;
	struct ov_rapport *rapport = NULL;
	struct ov_werklijst *werk = NULL;
	struct ov_toegang *toegang = NULL;
	struct ov_compleet *compleet = NULL;
	struct ov_inzage *inzage = NULL;
	struct ov_bewaring *bewaring = NULL;
	enum ov_rc rc;

	for (size_t i = 0; i < NAMES; i++)
		if ((rc = ov_buf_ok(&s->text[i], e)) != OV_OK)
			return rc;
	rc = ov_types_load(&src, &types, e);
	if (rc == OV_OK)
		rc = ov_policy_load(types, &rules, &policy, e);
	if (rc == OV_OK)
		rc = ov_kalender_load(types, text_of(s, 5), &kalender, e);
	if (rc == OV_OK)
		rc = ov_overgangen_load(types, text_of(s, 6), &steps, e);
	if (rc == OV_OK)
		rc = ov_rapport_load(text_of(s, 7), text_of(s, 8), &rapport, e);
	if (rc == OV_OK)
		rc = ov_werk_load(text_of(s, 9), &werk, e);
	if (rc == OV_OK)
		rc = ov_toegang_load(types, text_of(s, 10), &toegang, e);
	if (rc == OV_OK)
		rc = ov_compleet_load(types, text_of(s, 11), &compleet, e);
	if (rc == OV_OK)
		rc = ov_inzage_load(types, text_of(s, 12), &inzage, e);
	if (rc == OV_OK)
		rc = ov_bewaring_load(types, policy, text_of(s, 13),
		    text_of(s, 14), &bewaring, e);
	if (rc != OV_OK) {
		ov_inzage_free(inzage);
		ov_compleet_free(compleet);
		ov_toegang_free(toegang);
		ov_werk_free(werk);
		ov_rapport_free(rapport);
		ov_overgangen_free(steps);
		ov_kalender_free(kalender);
		ov_policy_free(policy);
		ov_types_free(types);
		return rc;
	}
	st->types = types;
	st->policy = policy;
	st->kalender = kalender;
	st->overgangen = steps;
	st->rapport = rapport;
	st->werk = werk;
	st->toegang = toegang;
	st->compleet = compleet;
	st->inzage = inzage;
	st->bewaring = bewaring;
	return OV_OK;
}

/* "matrix.json line 12: rijen 3: ..." of the loader's complaint. */
static char *
place(const struct set *s, const char *klacht)
{
	OV_BUF b = {0};
	const char *rest = strchr(klacht, ':');

	for (size_t i = 0; i < NAMES && rest != NULL; i++) {
		size_t n = strlen(names[i]);

		if (strncmp(klacht, names[i], n) != 0 || klacht[n] != ':')
			continue;
		ov_buf_fmt(&b, "%s line %zu%s", names[i],
		    ov_regelnr(text_of(s, i), rest + 1), rest);
		return b.bad ? NULL : strndup((const char *)b.p, b.n);
	}
	return strdup(klacht);
}

static size_t
owned(const struct set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < NAMES; i++)
		n += s->own[i];
	return n;
}

enum ov_rc
ov_tabellen_load(struct ov_store *st, struct ov_err *e)
{
	const char *path = st->env.conf != NULL ? st->env.conf->tables : NULL;
	struct set s = {0};
	bool any;
	enum ov_rc rc;

	rc = read_folder(path, &s, e);
	if (rc == OV_OK && (rc = load(st, &s, e)) == OV_OK) {
		rc = path != NULL ? keep(st, &s, e) : OV_OK;
	} else if (path != NULL && rc != OV_NOSPACE) {
		/* What is wrong is told; what was good goes on. */
		st->tabel_fout = place(&s, e->msg);
		ov_log(OV_LOG_ERROR, "event=tables fault=\"%s\"",
		    st->tabel_fout != NULL ? st->tabel_fout : e->msg);
		ov_alarm(st, "tabel-ongeldig", 0);
		if ((rc = read_kept(st, &s, &any, e)) == OV_OK)
			rc = load(st, &s, e);
	}
	st->tabel_eigen = owned(&s);
	set_free(&s);
	return rc;
}
