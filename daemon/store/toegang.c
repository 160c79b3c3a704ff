/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/toegang.c - the accounts in force, who asks, and what of a
 * record an account may see.
 */
#include "daemon/store/toegang.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define FILE_MAX ((size_t)1 << 20)
#define NAME "accounts.json"

struct ov_wacht {
	struct ov_accounts *accounts; /* NULL: no file is configured */
	const char *path;
	struct timespec mtime;
	off_t size;
	ino_t ino;
};

/* ---- the file ---- */

static enum ov_rc
kept_read(struct ov_store *st, struct ov_buf *out, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT tekst FROM tabel WHERE naam='" NAME "'", "");
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		v = ov_db_blob(q, 0);
		ov_buf_add(out, v.p, v.n);
	}
	ov_db_done(st->db, q);
	return rc == OV_OK ? ov_buf_ok(out, e) : rc;
}

static enum ov_rc
keep(struct ov_store *st, const struct ov_buf *text, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT OR REPLACE INTO tabel(naam,sinds,tekst) VALUES('" NAME
	    "',?1,?2)",
	    "ib", ov_now(st), (const void *)text->p, text->n);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static enum ov_rc
file_read(struct ov_wacht *w, struct ov_buf *out, struct ov_err *e)
{
	enum ov_rc rc;
	struct stat s;

	if ((rc = ov_fs_read(AT_FDCWD, w->path, FILE_MAX, out, e)) != OV_OK)
		return rc;
	if (stat(w->path, &s) < 0)
		return ov_fail_sys(e, "stat of the accounts file");
	w->mtime = s.st_mtim;
	w->size = s.st_size;
	w->ino = s.st_ino;
	return ov_buf_ok(out, e);
}

static void
told(struct ov_store *st, const struct ov_err *why)
{
	ov_log(OV_LOG_ERROR, "event=accounts fault=\"%s\"", why->msg);
	ov_alarm_daily(st, "accounts-ongeldig", 0);
}

/* The file as it is now; a bad one changes nothing. */
static enum ov_rc
take(struct ov_store *st, struct ov_err *e)
{
	struct ov_wacht *w = st->wacht;
	struct ov_accounts *s;
	OV_BUF text = {0};
	enum ov_rc rc;

	if ((rc = file_read(w, &text, e)) != OV_OK)
		return rc;
	rc = ov_accounts_load(st->toegang, (struct ov_view){text.p, text.n}, &s,
	    e);
	if (rc != OV_OK)
		return rc;
	ov_accounts_free(w->accounts);
	w->accounts = s;
	return keep(st, &text, e);
}

/* What was last good; without that, nobody but who runs the machine. */
static enum ov_rc
take_kept(struct ov_store *st, struct ov_err *e)
{
	static const char none[] = "{\"versie\":1,\"accounts\":[]}";
	struct ov_wacht *w = st->wacht;
	OV_BUF text = {0};
	enum ov_rc rc;

	if ((rc = kept_read(st, &text, e)) != OV_OK)
		return rc;
	if (text.n > 0 &&
	    ov_accounts_load(st->toegang, (struct ov_view){text.p, text.n},
	        &w->accounts, e) == OV_OK)
		return OV_OK;
	return ov_accounts_load(st->toegang, ov_view_str(none), &w->accounts,
	    e);
}

enum ov_rc
ov_toegang_new(struct ov_store *st, struct ov_err *e)
{
	struct ov_err why = {0};
	enum ov_rc rc;

	if ((st->wacht = calloc(1, sizeof(*st->wacht))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->wacht->path = st->env.conf != NULL ? st->env.conf->accounts : NULL;
	if (st->wacht->path == NULL)
		return OV_OK;
	if ((rc = take(st, &why)) == OV_OK)
		return OV_OK;
	told(st, &why);
	return st->wacht->accounts != NULL ? OV_OK : take_kept(st, e);
}

void
ov_toegang_stop(struct ov_store *st)
{
	if (st->wacht != NULL)
		ov_accounts_free(st->wacht->accounts);
	free(st->wacht);
	st->wacht = NULL;
}

void
ov_toegang_fresh(struct ov_store *st)
{
	struct ov_wacht *w = st->wacht;
	struct ov_err e = {0};
	struct stat s;

	if (w->path == NULL)
		return;
	if (stat(w->path, &s) == 0 && s.st_ino == w->ino &&
	    s.st_size == w->size && s.st_mtim.tv_sec == w->mtime.tv_sec &&
	    s.st_mtim.tv_nsec == w->mtime.tv_nsec)
		return;
	if (take(st, &e) != OV_OK)
		told(st, &e);
}

const struct ov_accounts *
ov_toegang_accounts(const struct ov_store *st)
{
	return st->wacht->accounts;
}

/* ---- who ---- */

static struct ov_wie
wie(const struct ov_store *st)
{
	struct ov_wie w = {.alles = st->wacht->accounts == NULL};

	ov_store_today(st, w.dag);
	return w;
}

static bool
machine(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

struct ov_wie
ov_wie_uid(const struct ov_store *st, uid_t uid)
{
	const struct ov_accounts *s = st->wacht->accounts;
	struct ov_wie w = wie(st);
	char name[64];

	if (s == NULL)
		return w;
	(void)snprintf(name, sizeof(name), "%u", (unsigned)uid);
	w.a = ov_account_find(s, name);
	if (w.a == NULL && ov_daemon_user_name(uid, name, sizeof(name)))
		w.a = ov_account_find(s, name);
	if (w.a == NULL && machine(uid))
		w.a = ov_account_machine(s);
	return w;
}

struct ov_wie
ov_wie_spool(const struct ov_store *st)
{
	return ov_wie_naam(st, OV_ACCOUNT_SPOOL);
}

struct ov_wie
ov_wie_naam(const struct ov_store *st, const char *naam)
{
	const struct ov_accounts *s = st->wacht->accounts;
	struct ov_wie w = wie(st);

	if (s == NULL)
		return w;
	if ((w.a = ov_account_find(s, naam)) == NULL &&
	    (strcmp(naam, "root") == 0 || strcmp(naam, "0") == 0))
		w.a = ov_account_machine(s);
	return w;
}

bool
ov_wie_mag_binnen(const struct ov_store *st, uid_t uid)
{
	if (st->wacht->accounts == NULL)
		return ov_daemon_user_ok(st->env.conf, uid);
	return ov_wie_uid(st, uid).a != NULL;
}

static const struct ov_oordeel everything = {.mag = true,
    .delen = OV_D_ALLE,
    .waarom = OV_WAAROM_NIET};

struct ov_oordeel
ov_wie_oordeel(const struct ov_store *st, const struct ov_wie *w, unsigned mag,
    const struct ov_feiten *f)
{
	return w->alles ? everything
	                : ov_toegang_oordeel(st->toegang, w->a, mag, f, w->dag);
}

struct ov_oordeel
ov_wie_ooit(const struct ov_store *st, const struct ov_wie *w, unsigned mag,
    const char *srt)
{
	return w->alles ? everything
	                : ov_toegang_ooit(st->toegang, w->a, mag, srt, w->dag);
}

/* ---- what a record is about ---- */

void
ov_bron_draft(struct ov_store *st, struct ov_bron *b, struct ov_draft *d)
{
	*b = (struct ov_bron){.d = *d};
	*d = (struct ov_draft){0};
	ov_feiten_of(st->toegang, &b->f, b->d.srt, false, b->d.inhoud,
	    b->d.klas);
}

enum ov_rc
ov_bron_concept(struct ov_store *st, int64_t nr, struct ov_bron *b,
    struct ov_err *e)
{
	struct ov_draft d = {0};
	enum ov_rc rc;

	*b = (struct ov_bron){0};
	rc = ov_draft_read(st, nr, &d, e);
	if (rc == OV_OK)
		ov_bron_draft(st, b, &d);
	ov_draft_free(&d);
	return rc;
}

/* Facts of a kind that the message itself does not have. */
static void
facts_join(struct ov_feiten *f, const struct ov_feiten *more)
{
	bool has[OV_BEREIK_N] = {false};

	for (size_t i = 0; i < f->n; i++)
		has[f->f[i].soort] = true;
	for (size_t i = 0; i < more->n; i++)
		if (!has[more->f[i].soort])
			ov_feiten_add(f, more->f[i].soort, more->f[i].waarde);
}

static void
with_draft(struct ov_store *st, struct ov_bron *b, int64_t concept)
{
	struct ov_feiten more;
	struct ov_err e = {0};

	if (concept == 0 || ov_draft_read(st, concept, &b->d, &e) != OV_OK)
		return;
	ov_feiten_of(st->toegang, &more, b->f.srt, false, b->d.inhoud,
	    b->d.klas);
	facts_join(&b->f, &more);
}

enum ov_rc
ov_bron_bericht(struct ov_store *st, int64_t nr, const char *srt,
    int64_t concept, struct ov_bron *b, struct ov_err *e)
{
	struct ov_claims cl = {0};
	enum ov_rc rc;

	*b = (struct ov_bron){0};
	rc = ov_bericht_open(st, nr, &cl, e);
	if (rc == OV_OK && (b->inhoud = ov_jn_json(cl.inhoud)) == NULL)
		rc = ov_fail(e, OV_NOSPACE, "out of memory");
	ov_claims_free(&cl);
	if (rc == OV_DENIED || ov_unreadable(rc))
		rc = OV_OK;
	ov_feiten_of(st->toegang, &b->f, srt, true, b->inhoud, NULL);
	if (rc == OV_OK && b->inhoud != NULL)
		with_draft(st, b, concept);
	return rc;
}

enum ov_rc
ov_bron_uitgaand(struct ov_store *st, const char *srt, int64_t concept,
    struct ov_bron *b, struct ov_err *e)
{
	enum ov_rc rc = OV_DENIED;

	*b = (struct ov_bron){0};
	if (concept != 0)
		rc = ov_draft_read(st, concept, &b->d, e);
	if (rc == OV_OK) {
		ov_feiten_of(st->toegang, &b->f, srt, false, b->d.inhoud,
		    b->d.klas);
		return OV_OK;
	}
	ov_feiten_of(st->toegang, &b->f, srt, false, NULL, NULL);
	return rc == OV_DENIED || ov_unreadable(rc) ? OV_OK : rc;
}

void
ov_bron_free(struct ov_bron *b)
{
	json_decref(b->inhoud);
	ov_draft_free(&b->d);
	*b = (struct ov_bron){0};
}

/* ---- at the control socket ---- */

void
ov_ctl_geen_toegang(struct ov_ctl *c, enum ov_waarom waarom, int64_t record)
{
	const char *code = ov_waarom_code(waarom);
	json_t *f;

	if (code == NULL)
		code = "toegang-functie";
	ov_log(OV_LOG_WARN, "event=no-access command=%s uid=%u why=%s nr=%lld",
	    c->cmd != NULL ? c->cmd->name : "-", (unsigned)c->uid, code,
	    (long long)record);
	f = json_pack("[{s:s,s:o}]", "reden", code, "tekst",
	    ov_j_sentence(code));
	ov_ctl_fout(c, "geen-toegang", f);
}

bool
ov_ctl_ooit(struct ov_ctl *c, unsigned mag, const char *srt)
{
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_oordeel o = ov_wie_ooit(c->st, &w, mag, srt);

	if (!o.mag)
		ov_ctl_geen_toegang(c, o.waarom, 0);
	return o.mag;
}

bool
ov_ctl_mag(struct ov_ctl *c, unsigned mag, const struct ov_feiten *f,
    int64_t record, struct ov_oordeel *out)
{
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_oordeel o = ov_wie_oordeel(c->st, &w, mag, f);

	if (out != NULL)
		*out = o;
	if (!o.mag)
		ov_ctl_geen_toegang(c, o.waarom, record);
	return o.mag;
}

enum ov_rij
ov_ctl_rij(struct ov_ctl *c, const struct ov_feiten *f)
{
	const unsigned any = OV_MAG_INZIEN | OV_MAG_INVULLEN |
	                     OV_MAG_BESLISSEN | OV_MAG_VERZENDEN |
	                     OV_MAG_EXPORTEREN;
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_oordeel o = ov_wie_oordeel(c->st, &w, any, f);

	if (o.delen != 0)
		return OV_RIJ_OPEN;
	if (o.mag || ov_wie_oordeel(c->st, &w, OV_MAG_STANDEN, f).mag)
		return OV_RIJ_STAND;
	return OV_RIJ_WEG;
}

bool
ov_ctl_alles(struct ov_ctl *c)
{
	return c->st->wacht->accounts == NULL;
}

void
ov_toon(struct ov_store *st, json_t *row, const char *srt, json_t *inhoud,
    const struct ov_oordeel *o)
{
	const char *code = ov_waarom_code(o->waarom);
	json_t *weg;

	if (o->delen == OV_D_ALLE || inhoud == NULL) {
		(void)ov_j_set(row, "inhoud", inhoud);
		return;
	}
	weg = json_array();
	ov_toegang_schoon(st->types, srt, inhoud, o->delen, weg);
	(void)ov_j_set(row, "inhoud", inhoud);
	if (json_array_size(weg) == 0) {
		json_decref(weg);
		return;
	}
	(void)ov_j_set(row, "weggelaten", weg);
	(void)ov_j_set(row, "weggelatenOm",
	    ov_j_sentence(code != NULL ? code : "toegang-functie"));
}

void
ov_ctl_toon(struct ov_ctl *c, json_t *row, const char *srt, json_t *inhoud,
    const struct ov_oordeel *o)
{
	ov_toon(c->st, row, srt, inhoud, o);
}
