/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/spool_in.c - a file in in/<profile>/ becomes drafts or pupils,
 * or comes back with its faults.
 *
 * A file counts when its name ends in .csv or .json, which it does not while
 * it is written as NAME.deel; so it holds over file shares.  What was imported
 * goes to in/verwerkt/, what was not to in/fout/ with NAME.fouten.txt beside
 * it.  Only drafts are made: sending stays a deliberate act.
 *
 * A file is read in pieces.  Its rows are judged, sealed and stored unseen
 * while they come in; what makes them count is the last step, and a file with
 * one fault never gets there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/store/spool.h"
#include "daemon/store/toegang.h"

#define FILE_MAX ((off_t)64 << 20)
#define FAULTS_MAX 1000
/* A row is two bytes or more, so a piece is 32 rows or fewer: with those that
 * were there already, 63 a turn. */
#define PIECE 64
#define TURN_ROWS 32
#define TURN_BYTES ((size_t)64 << 10)

enum stage { READ, STORE, CLOSE };

struct ov_spool_job {
	struct ov_spool *sp;
	const struct ov_profile *profile;
	enum stage stage;
	int dir, fd;
	struct stat id;
	char name[OV_SPOOL_NAME + 1];
	char vandaag[11];
	struct ov_import *imp;
	struct ov_jsonreeks *reeks; /* JSON only */
	struct ov_intake *intake;   /* drafts */
	struct ov_load *load;       /* or pupils */
	uint8_t buf[16384];
	size_t at, have;
	unsigned turn;         /* rows of this turn */
	uint64_t rows, bad;    /* read; with a fault */
	uint64_t nfault, from; /* faults; of those of intake or load, copied */
	struct ov_buf faults;  /* lines of the .fouten.txt */
	const char *why;       /* code: the file as a whole is refused */
};

/* ---- faults ---- */

/* A line: row and column where they are known, and a sentence. */
static void
fault_line(struct ov_spool_job *j, uint64_t rij, const char *kolom, size_t nr,
    const char *tekst)
{
	if (j->nfault++ >= FAULTS_MAX)
		return;
	if (rij > 0)
		ov_buf_fmt(&j->faults, "rij %" PRIu64, rij);
	if (kolom[0] != '\0')
		ov_buf_fmt(&j->faults, "%skolom %s", rij > 0 ? ", " : "",
		    kolom);
	else if (nr > 0)
		ov_buf_fmt(&j->faults, "%skolom %zu", rij > 0 ? ", " : "", nr);
	if (kolom[0] != '\0' && nr > 0)
		ov_buf_fmt(&j->faults, " (%zu)", nr);
	ov_buf_fmt(&j->faults, "%s%s\n",
	    rij > 0 || kolom[0] != '\0' || nr > 0 ? ": " : "", tekst);
}

static void
fault_code(struct ov_spool_job *j, uint64_t rij, const char *kolom, size_t nr,
    const char *code)
{
	OV_JSON *t = ov_j_sentence(code);
	const char *s = json_string_value(t);

	fault_line(j, rij, kolom, nr, s != NULL ? s : code);
}

/* A fault that the profile found. */
static void
fault_io(struct ov_spool_job *j, const struct ov_io_fault *f)
{
	const char *const *head;
	const char *kolom = f->kolom;
	OV_JSON *zin = NULL;
	OV_BUF t = {0};
	char code[64];
	size_t n;

	head = ov_import_header(j->imp, &n);
	if (kolom == NULL && head != NULL && f->col > 0 && f->col <= n)
		kolom = head[f->col - 1];
	if (kolom == NULL)
		kolom = f->col == 0 ? f->pad : "";
	(void)snprintf(code, sizeof(code), "reden/%s", ov_reden_code(f->reden));
	zin = ov_j_sentence(f->code != NULL ? f->code : code);
	ov_buf_str(&t, f->uitleg != NULL ? f->uitleg : json_string_value(zin));
	if (f->bron != NULL)
		ov_buf_fmt(&t, " Bron: %s.", f->bron);
	fault_line(j, f->row, kolom, f->col,
	    ov_buf_text(&t) != NULL ? ov_buf_text(&t) : code);
}

/* Our header for a pointer of a fault; the pointer itself where there is
 * none. */
static const char *
header_of(const struct ov_profile *p, const char *pad)
{
	for (size_t i = 0; i < ov_profile_ncols(p); i++)
		if (strcmp(ov_profile_pad(p, i), pad) == 0)
			return ov_profile_header(p, i);
	return pad;
}

/* The faults that intake or load found since the last time. */
static void
faults_take(struct ov_spool_job *j)
{
	const json_t *list = j->load != NULL ? ov_load_faults(j->load)
	                                     : ov_intake_faults(j->intake);

	for (; j->from < json_array_size(list); j->from++) {
		const json_t *f = json_array_get(list, j->from);
		const char *kolom = json_string_value(
		    json_object_get(f, "kolom"));
		const char *tekst = json_string_value(
		    json_object_get(f, "tekst"));

		fault_line(j,
		    (uint64_t)json_integer_value(json_object_get(f, "rij")),
		    kolom != NULL ? header_of(j->profile, kolom) : "", 0,
		    tekst != NULL ? tekst : "");
	}
}

static int64_t
faults_of_rows(const struct ov_spool_job *j, const struct ov_intake_sum *sum)
{
	return (int64_t)j->bad +
	       (j->load != NULL ? ov_load_sum(j->load)->fout : sum->fout);
}

/* ---- rows ---- */

static enum ov_rc
on_row(void *arg, const struct ov_io_row *r, struct ov_err *e)
{
	struct ov_spool_job *j = arg;
	enum ov_rc rc = OV_OK;
	uint64_t nr;

	j->turn++;
	j->rows++;
	if (r->bad || r->draft == NULL) {
		j->bad++;
		for (size_t i = 0; i < r->nfaults; i++)
			if (r->fault[i].slecht)
				fault_io(j, &r->fault[i]);
		return OV_OK;
	}
	nr = r->csv != NULL ? r->csv->nr : ov_jsonreeks_count(j->reeks);
	if (!ov_j_set(r->draft, "rij", json_integer((json_int_t)nr)))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (j->load != NULL)
		ov_load_row(j->load, r->draft);
	else
		rc = ov_intake_row(j->intake, r->draft, e);
	faults_take(j);
	if (rc == OV_TOOBIG)
		j->why = "bestand-te-groot";
	return rc;
}

static enum ov_rc
on_object(void *arg, uint64_t nr, json_t *v, struct ov_err *e)
{
	struct ov_spool_job *j = arg;

	return ov_import_draft(j->imp, nr, v, e);
}

/* ---- reading ---- */

static enum ov_rc
piece(struct ov_spool_job *j, struct ov_err *e)
{
	size_t n = j->have - j->at < PIECE ? j->have - j->at : PIECE;
	const uint8_t *p = j->buf + j->at;

	j->at += n;
	return j->reeks != NULL ? ov_jsonreeks_push(j->reeks, p, n, e)
	                        : ov_import_push(j->imp, p, n, e);
}

static enum ov_rc
end_of_file(struct ov_spool_job *j, struct ov_err *e)
{
	enum ov_rc rc;
	size_t n;

	j->stage = STORE;
	if (j->reeks != NULL)
		return ov_jsonreeks_end(j->reeks, e);
	if ((rc = ov_import_end(j->imp, e)) == OV_OK &&
	    ov_import_header(j->imp, &n) == NULL)
		rc = ov_fail(e, OV_BADMSG, "an empty file");
	return rc;
}

static enum ov_rc
read_on(struct ov_spool_job *j, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	size_t bytes = 0;
	ssize_t got;

	j->turn = 0;
	while (rc == OV_OK && j->turn < TURN_ROWS && bytes < TURN_BYTES) {
		if (j->at < j->have) {
			bytes += PIECE;
			rc = piece(j, e);
			continue;
		}
		do
			got = read(j->fd, j->buf, sizeof(j->buf));
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return ov_fail_sys(e,
			    "read of a file in the folder in");
		j->at = 0;
		j->have = (size_t)got;
		if (got == 0)
			return end_of_file(j, e);
	}
	return rc;
}

/* The text cannot be read on: say where, and be done with it. */
static void
unreadable(struct ov_spool_job *j, enum ov_rc rc)
{
	uint64_t line = 0;
	size_t col = 0;
	char where[64] = "";

	if (j->why == NULL)
		j->why = rc == OV_TOOBIG ? "rij-te-lang" : "bestand-onleesbaar";
	if (j->reeks == NULL && j->imp != NULL)
		ov_import_where(j->imp, &line, &col);
	if (line > 0) {
		(void)snprintf(where, sizeof(where),
		    "regel %" PRIu64 ", kolom %zu", line, col);
		ov_buf_fmt(&j->faults, "%s: ", where);
	} else if (j->reeks != NULL) {
		ov_buf_fmt(&j->faults, "na rij %" PRIu64 ": ",
		    ov_jsonreeks_count(j->reeks));
	}
	fault_code(j, 0, "", 0, j->why);
	j->stage = CLOSE;
}

/* ---- finding ---- */

static bool
counts(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && n <= OV_SPOOL_NAME && name[0] != '.' &&
	       (strcasecmp(name + n - 4, ".csv") == 0 ||
	           (n > 5 && strcasecmp(name + n - 5, ".json") == 0));
}

/* The first file that counts in the folder; "" when there is none. */
static void
first_file(int dir, char out[OV_SPOOL_NAME + 1])
{
	struct dirent *d;
	struct stat s;
	DIR *dp;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	out[0] = '\0';
	if (fd < 0)
		return;
	if ((dp = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return;
	}
	while ((d = readdir(dp)) != NULL)
		if (counts(d->d_name) &&
		    (out[0] == '\0' || strcmp(d->d_name, out) < 0) &&
		    fstatat(dir, d->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(s.st_mode))
			memcpy(out, d->d_name, strlen(d->d_name) + 1);
	(void)closedir(dp);
}

/* May the account of the folder bring in this type (NULL: pupils)? */
static bool
may_import(const struct ov_store *st, const char *srt)
{
	struct ov_wie w = ov_wie_spool(st);

	return ov_wie_ooit(st, &w, OV_MAG_INVULLEN,
	    srt != NULL ? srt : OV_SRT_LEERLINGEN)
	    .mag;
}

/* What reads the file, by its profile and its suffix. */
static enum ov_rc
job_begin(struct ov_spool_job *j, struct ov_err *e)
{
	struct ov_import_opts o = {.profile = j->profile,
	    .vandaag = j->vandaag,
	    .fn = on_row,
	    .arg = j};
	struct ov_intake_in in = {.profiel = ov_profile_srt(j->profile),
	    .bestand = j->name,
	    .deel = ov_profile_deel(j->profile),
	    .uid = geteuid(),
	    .map = true};
	size_t n = strlen(j->name);

	ov_store_today(j->sp->st, j->vandaag);
	if ((j->imp = ov_import_new(&o)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (strcasecmp(j->name + n - 4, ".csv") != 0 &&
	    (j->reeks = ov_jsonreeks_new(on_object, j)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return in.profiel != NULL ? ov_intake_new(j->sp->st, &in, &j->intake, e)
	                          : ov_load_new(j->sp->st, false, &j->load, e);
}

static enum ov_rc
job_open(struct ov_spool *sp, const struct ov_profile *p, int *dir,
    const char *name, struct ov_err *e)
{
	struct ov_spool_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	sp->job = j;
	j->sp = sp;
	j->profile = p;
	j->dir = ov_take_fd(dir);
	(void)snprintf(j->name, sizeof(j->name), "%s", name);
	j->fd = openat(j->dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fstatat(j->dir, name, &j->id, AT_SYMLINK_NOFOLLOW) < 0)
		return ov_fail_sys(e, "a file in the folder in went away");
	if (j->fd < 0) {
		unreadable(j, OV_BADMSG);
		return OV_OK;
	}
	if (j->id.st_size > FILE_MAX) {
		j->why = "bestand-te-groot";
		unreadable(j, OV_TOOBIG);
		return OV_OK;
	}
	if (!may_import(sp->st, ov_profile_srt(p))) {
		ov_log(OV_LOG_WARN, "event=spool-no-access profile=%s",
		    ov_profile_name(p));
		j->why = "geen-toegang";
		unreadable(j, OV_DENIED);
		return OV_OK;
	}
	return job_begin(j, e);
}

static enum ov_rc
find(struct ov_spool *sp, struct ov_err *e)
{
	OV_CLOSE int spool = -1, in = -1;
	const struct ov_profile *p;
	char name[OV_SPOOL_NAME + 1];
	enum ov_rc rc;

	if (sp->st->boek == NULL)
		return OV_OK; /* nobody can be named yet */
	ov_toegang_fresh(sp->st);
	if ((rc = ov_fs_opendir(AT_FDCWD, sp->st->env.conf->spool, &spool,
	         e)) != OV_OK)
		return rc;
	if (ov_fs_opendir(spool, "in", &in, NULL) != OV_OK)
		return OV_OK;
	for (size_t i = 0; (p = ov_profile_nth(sp->profiles, i)) != NULL; i++) {
		OV_CLOSE int dir = -1;

		/* Holidays and absence come by command. */
		if (ov_profile_srt(p) == NULL &&
		    strcmp(ov_profile_name(p), "leerlingen") != 0 &&
		    strcmp(ov_profile_name(p), "jongeren") != 0)
			continue;
		if (ov_fs_opendir(in, ov_profile_name(p), &dir, NULL) != OV_OK)
			continue;
		first_file(dir, name);
		if (name[0] != '\0')
			return job_open(sp, p, &dir, name, e);
	}
	return OV_OK;
}

/* ---- the end ---- */

/* Is it still the file that was read? */
static bool
same_file(const struct ov_spool_job *j)
{
	struct stat s;

	return fstatat(j->dir, j->name, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
	       s.st_dev == j->id.st_dev && s.st_ino == j->id.st_ino &&
	       s.st_size == j->id.st_size &&
	       s.st_mtim.tv_sec == j->id.st_mtim.tv_sec &&
	       s.st_mtim.tv_nsec == j->id.st_mtim.tv_nsec;
}

/* Move the file beside its folder under a name that is free. */
static enum ov_rc
move(const struct ov_spool_job *j, const char *to, int *dir,
    char moved[OV_NAME_MAX], struct ov_err *e)
{
	OV_CLOSE int in = -1;
	enum ov_rc rc;

	if ((rc = ov_fs_opendir(j->dir, "..", &in, e)) != OV_OK ||
	    (rc = ov_fs_mkdir_p(in, to, e)) != OV_OK ||
	    (rc = ov_fs_opendir(in, to, dir, e)) != OV_OK)
		return rc;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(moved, OV_NAME_MAX, "%lld.%d.%s",
		    (long long)ov_now(j->sp->st), i, j->name);
		if (renameat2(j->dir, j->name, *dir, moved, RENAME_NOREPLACE) ==
		    0)
			return fsync(*dir) == 0 ? OV_OK
			                        : ov_fail_sys(e, "fsync");
		if (errno != EEXIST)
			return ov_fail_sys(e, "move to in/%s", to);
	}
	return ov_fail(e, OV_AGAIN, "no free name in in/%s", to);
}

/* The list of faults beside a file that was not taken. */
static enum ov_rc
faults_write(struct ov_spool_job *j, int dir, const char *moved,
    struct ov_err *e)
{
	OV_BUF b = {0};
	OV_JSON *t = ov_j_sentence("bestand-niet-overgenomen");
	char name[OV_NAME_MAX];
	enum ov_rc rc;

	if ((rc = ov_buf_ok(&j->faults, e)) != OV_OK)
		return rc;
	if (json_string_value(t) != NULL)
		ov_buf_fmt(&b, "%s\n\n", json_string_value(t));
	ov_buf_add(&b, j->faults.p, j->faults.n);
	if (j->nfault > FAULTS_MAX)
		ov_buf_fmt(&b, "... en nog %" PRIu64 " fouten\n",
		    j->nfault - FAULTS_MAX);
	if ((rc = ov_buf_ok(&b, e)) != OV_OK)
		return rc;
	if (snprintf(name, sizeof(name), "%s.fouten.txt", moved) >=
	    (int)sizeof(name))
		return ov_fail(e, OV_TOOBIG, "file name too long");
	return ov_spool_put(dir, name, &b, e);
}

/* All rows are stored or refused: make them count, put the file away. */
static enum ov_rc
finish(struct ov_spool_job *j, struct ov_err *e)
{
	struct ov_intake_sum sum = {0};
	OV_CLOSE int dir = -1;
	char moved[OV_NAME_MAX];
	enum ov_rc rc;

	if (!same_file(j))
		return ov_fail(e, OV_AGAIN, "a file changed while it was read");
	if (j->why == NULL && j->bad == 0 && j->intake != NULL &&
	    (rc = ov_intake_end(j->intake, &sum, e)) != OV_OK)
		return rc;
	if (j->load != NULL) {
		sum.goed = ov_load_sum(j->load)->geladen;
		sum.gewijzigd = ov_load_sum(j->load)->gewijzigd;
	}
	sum.fout = faults_of_rows(j, &sum);
	if ((rc = move(j, sum.fout == 0 && j->why == NULL ? "verwerkt" : "fout",
	         &dir, moved, e)) != OV_OK)
		return rc;
	if (sum.fout > 0 || j->why != NULL)
		rc = faults_write(j, dir, moved, e);
	ov_log(OV_LOG_INFO,
	    "event=spool profile=%s rows=%" PRIu64
	    " good=%lld bad=%lld same=%lld changed=%lld%s%s",
	    ov_profile_name(j->profile), j->rows, (long long)sum.goed,
	    (long long)sum.fout, (long long)sum.gelijk,
	    (long long)sum.gewijzigd, j->why != NULL ? " fault=" : "",
	    j->why != NULL ? j->why : "");
	return rc;
}

/* Pseudonyms and pupils, 64 a turn; not for a file with faults. */
static enum ov_rc
store_on(struct ov_spool_job *j, struct ov_err *e)
{
	bool done = true;
	enum ov_rc rc = OV_OK;

	if (j->bad == 0 && j->intake != NULL)
		rc = ov_intake_step(j->intake, &done, e);
	else if (j->bad == 0 && j->load != NULL)
		rc = ov_load_step(j->load, &done, e);
	if (rc == OV_OK)
		faults_take(j);
	if (rc == OV_OK && done)
		j->stage = CLOSE;
	return rc;
}

void
ov_spool_in_drop(struct ov_spool *sp)
{
	struct ov_spool_job *j = sp->job;

	if (j == NULL)
		return;
	sp->job = NULL;
	ov_import_free(j->imp);
	ov_jsonreeks_free(j->reeks);
	ov_intake_free(j->intake);
	ov_load_free(j->load);
	ov_buf_free(&j->faults);
	ov_close(&j->fd);
	ov_close(&j->dir);
	explicit_bzero(j, sizeof(*j));
	free(j);
}

enum ov_rc
ov_spool_in(struct ov_spool *sp, bool *more, struct ov_err *e)
{
	struct ov_spool_job *j = sp->job;
	enum ov_rc rc;

	if (j == NULL) {
		rc = find(sp, e);
		*more = sp->job != NULL;
		return rc;
	}
	*more = true;
	switch (j->stage) {
	case READ:
		rc = read_on(j, e);
		if (rc == OV_OK || ov_rc_class(rc) != OV_CL_REFUSE)
			return rc;
		unreadable(j, rc);
		return OV_OK;
	case STORE:
		rc = store_on(j, e);
		if (rc == OV_OK || ov_rc_class(rc) != OV_CL_REFUSE)
			return rc;
		j->why = ov_ctl_code_of(rc);
		fault_code(j, 0, "", 0, j->why);
		j->stage = CLOSE;
		return OV_OK;
	case CLOSE:
		break;
	}
	if ((rc = finish(j, e)) == OV_OK)
		ov_spool_in_drop(sp);
	return rc;
}
