/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rotatie.c - generations of the KEK (docs/store.md, "Erasure").
 *
 * A rotation makes the next generation of the KEK.  Every surviving key is
 * wrapped anew into keys.<g+1>.db, in steps; keys made meanwhile are
 * remembered and wrapped anew in the commit that raises the generation in
 * main.db: that commit is the switch.  Then the old KEK and the old file are
 * overwritten and unlinked, and every copy of either, wherever it is, opens
 * nothing any more.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/store/rotatie.h"
#include "protocol/hash.h"
#include "protocol/tijd.h"

#define STEP 1024     /* keys wrapped anew between two turns of the loop */
#define ROTATIE_UUR 3 /* Dutch civil time */
#define HOUR ((int64_t)3600)
#define AGAIN_S HOUR /* after a rotation that failed */

/* ---- rotation ---- */

static void
file_name(char out[32], const char *what, uint32_t gen)
{
	(void)snprintf(out, 32, "%s.%" PRIu32 "%s", what, gen,
	    what[1] == 'e' && what[2] == 'y' ? ".db" : "");
}

static enum ov_rc
open_keys(struct ov_store *st, uint32_t gen, struct ov_db **out,
    struct ov_err *e)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/sleutels/keys.%" PRIu32 ".db",
	    st->env.state, gen);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ov_fail(e, OV_TOOBIG, "state directory path too long");
	return ov_db_open_keys(path, out, e);
}

/* Overwrite, make that last, unlink: as good as the medium's own delete. */
static enum ov_rc
shred(int dir, const char *name, struct ov_err *e)
{
	static const uint8_t zero[65536];
	OV_CLOSE int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	enum ov_rc rc = OV_OK;
	off_t size;

	if (fd < 0 && errno == ENOENT)
		return OV_OK;
	if (fd < 0 || (size = lseek(fd, 0, SEEK_END)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return ov_fail_sys(e, "overwrite %s", name);
	while (size > 0 && rc == OV_OK) {
		size_t n = size < (off_t)sizeof(zero) ? (size_t)size
		                                      : sizeof(zero);

		rc = ov_write_all(fd, zero, n, e);
		size -= (off_t)n;
	}
	if (rc == OV_OK && fsync(fd) < 0)
		rc = ov_fail_sys(e, "sync %s", name);
	return rc != OV_OK ? rc : ov_fs_remove(dir, name, e);
}

/* A second name of a file that is in use, left by a kill while it was made, is
 * only unlinked: its bytes are the file's. */
static enum ov_rc
drop_tmp(int dir, const char *name, struct ov_err *e)
{
	struct stat s;

	if (fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return ov_fail_sys(e, "look at %s", name);
	return s.st_nlink > 1 ? ov_fs_remove(dir, name, e)
	                      : shred(dir, name, e);
}

/* Files of another generation than the one in use are what a rotation left. */
static enum ov_rc
sweep(struct ov_store *st, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	char keep[2][32], journal[48];
	struct dirent *d;
	enum ov_rc rc;
	DIR *list;
	int fd;

	file_name(keep[0], "kek", st->kek);
	file_name(keep[1], "keys", st->kek);
	(void)snprintf(journal, sizeof(journal), "%s-journal", keep[1]);
	if ((rc = ov_kek_folder(st, &dir, e)) != OV_OK)
		return rc;
	if ((fd = dup(dir)) < 0 || (list = fdopendir(fd)) == NULL)
		return ov_fail_sys(e, "list sleutels");
	while (rc == OV_OK && (d = readdir(list)) != NULL) {
		const char *s = d->d_name;

		if ((strncmp(s, "kek.", 4) == 0 ||
		        strncmp(s, "keys.", 5) == 0) &&
		    strcmp(s, keep[0]) != 0 && strcmp(s, keep[1]) != 0 &&
		    strcmp(s, journal) != 0)
			rc = shred(dir, s, e);
		else if (strncmp(s, ".tmp.ke", 7) == 0)
			rc = drop_tmp(dir, s, e);
	}
	(void)closedir(list);
	return rc;
}

static void
stop(struct ov_store *st)
{
	struct ov_rotatie *r = st->rotatie;

	ov_loop_disarm(st->env.loop, &r->timer);
	ov_db_close(r->next);
	r->next = NULL;
	r->fase = RUST;
	r->n = 0;
	r->begun = false;
}

/* Wraps under the generation in use, anew under the next. */
static enum ov_rc
rewrap(struct ov_store *st, const struct ov_v_rewrap *q, size_t n,
    struct ov_v_wrapped *a, struct ov_err *e)
{
	OV_REPLY rep = {0};

	return n == 0 ? OV_OK
	              : ov_vault(st, OV_V_REWRAP, &ov_v_rewrap_rec, q, n,
	                    &ov_v_wrapped_rec, a, &rep, e);
}

struct batch {
	size_t n;
	struct ov_v_rewrap q[STEP];
	struct ov_v_wrapped a[STEP];
};

static enum ov_rc
batch_read(struct ov_store *st, struct ov_db *db, const char *sql,
    struct batch *b, struct ov_err *e)
{
	struct ov_rotatie *r = st->rotatie;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	b->n = 0;
	rc = ov_db_q(db, &q, e, sql, "bii", (const void *)r->cursor,
	    (size_t)(r->begun ? 16 : 0), (int64_t)st->kek, (int64_t)STEP);
	while (
	    rc == OV_OK && (rc = ov_db_next(db, q, &row, e)) == OV_OK && row) {
		struct ov_v_rewrap *w = &b->q[b->n];

		if ((rc = ov_db_fix(q, 0, w->id, 16, e)) != OV_OK ||
		    (rc = ov_db_fix(q, 1, w->wrap, OV_WRAP, e)) != OV_OK)
			break;
		w->from = st->kek;
		w->to = st->kek + 1;
		memcpy(r->cursor, w->id, 16);
		r->begun = true;
		b->n++;
	}
	ov_db_done(db, q);
	return rc;
}

/* One that opens nothing is told and not carried on.  Anything else that the
 * vault says (it was started anew and lacks a generation) ends the rotation,
 * or every key would be left behind. */
static enum ov_rc
carried(struct ov_store *st, uint32_t rc, bool *good, struct ov_err *e)
{
	*good = rc == OV_OK;
	if (rc == OV_BADSIG)
		ov_alarm_daily(st, "sleutel-onleesbaar", 0);
	return *good || rc == OV_BADSIG
	           ? OV_OK
	           : ov_fail(e, OV_AGAIN, "the vault has not both generations");
}

/* One step: a batch from one of the two places into the new file. */
static enum ov_rc
copy_step(struct ov_store *st, bool *done, struct ov_err *e)
{
	static struct batch b;
	struct ov_rotatie *r = st->rotatie;
	bool good;
	enum ov_rc rc;

	*done = false;
	if (r->fase == OUDE && r->keys == NULL) {
		*done = true;
		return OV_OK;
	}
	rc = r->fase == OUDE
	         ? batch_read(st, r->keys,
	               "SELECT id,wrap FROM sleutel WHERE id>?1 AND ?2>0 ORDER "
	               "BY id"
	               " LIMIT ?3",
	               &b, e)
	         : batch_read(st, st->db,
	               "SELECT id,wrap FROM sleutel_jong WHERE id>?1 AND gen=?2"
	               " ORDER BY id LIMIT ?3",
	               &b, e);
	if (rc != OV_OK || (rc = rewrap(st, b.q, b.n, b.a, e)) != OV_OK ||
	    (rc = ov_db_begin(r->next, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < b.n && rc == OV_OK; i++) {
		rc = carried(st, b.a[i].rc, &good, e);
		if (rc == OV_OK && good)
			rc = ov_db_run(r->next, e,
			    "INSERT INTO sleutel(id,wrap) VALUES(?1,?2)"
			    " ON CONFLICT(id) DO UPDATE SET wrap=excluded.wrap",
			    "bb", (const void *)b.q[i].id, (size_t)16,
			    (const void *)b.a[i].wrap, (size_t)OV_WRAP);
	}
	*done = b.n < STEP;
	if (rc == OV_OK)
		return ov_db_commit(r->next, e);
	ov_db_rollback(r->next);
	return rc;
}

/* Keys made since the rotation began, in the commit of the switch. */
static enum ov_rc
switch_young(struct ov_store *st, struct ov_err *e)
{
	static struct batch b;
	struct ov_rotatie *r = st->rotatie;
	bool found, good;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < r->n && rc == OV_OK;) {
		for (b.n = 0; b.n < STEP && i < r->n && rc == OV_OK; i++) {
			struct ov_v_rewrap *q = &b.q[b.n];

			memcpy(q->id, r->nieuw[i], 16);
			rc = ov_key_look_up(st->db,
			    "SELECT wrap FROM sleutel_jong WHERE id=?1 AND"
			    " gen=?2",
			    q->id, st->kek, q->wrap, &found, e);
			q->from = st->kek;
			q->to = st->kek + 1;
			b.n += found; /* else destroyed, or rolled back */
		}
		if (rc == OV_OK)
			rc = rewrap(st, b.q, b.n, b.a, e);
		for (size_t k = 0; k < b.n && rc == OV_OK; k++) {
			rc = carried(st, b.a[k].rc, &good, e);
			if (rc == OV_OK && good)
				rc = ov_db_run(st->db, e,
				    "UPDATE sleutel_jong SET wrap=?2,gen=?3"
				    " WHERE id=?1",
				    "bbi", (const void *)b.q[k].id, (size_t)16,
				    (const void *)b.a[k].wrap, (size_t)OV_WRAP,
				    (int64_t)st->kek + 1);
		}
	}
	return rc;
}

static enum ov_rc
named_read(struct ov_store *st, struct batch *b, struct ov_err *e)
{
	sqlite3_stmt *q;
	uint8_t sha[32];
	enum ov_rc rc;
	bool row;

	b->n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT naam,wrap FROM sleutel_naam ORDER BY soort,nummer LIMIT ?1",
	    "i", (int64_t)STEP);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		struct ov_v_rewrap *w = &b->q[b->n];
		const char *naam = ov_db_text(q, 0);

		if ((rc = ov_sha256(sha, naam, strlen(naam))) != OV_OK ||
		    (rc = ov_db_fix(q, 1, w->wrap, OV_WRAP, e)) != OV_OK)
			break;
		memcpy(w->id, sha, 16);
		w->from = st->kek;
		w->to = st->kek + 1;
		b->n++;
	}
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
switch_named(struct ov_store *st, struct ov_err *e)
{
	static struct batch b;
	bool good, any = false;
	enum ov_rc rc;

	if ((rc = named_read(st, &b, e)) != OV_OK ||
	    (rc = rewrap(st, b.q, b.n, b.a, e)) != OV_OK)
		return rc;
	/* A name is found again by its old wrap, which is unique. */
	for (size_t i = 0; i < b.n && rc == OV_OK; i++) {
		rc = carried(st, b.a[i].rc, &good, e);
		if (rc != OV_OK || !good)
			continue;
		any = true;
		rc = ov_db_run(st->db, e,
		    "UPDATE sleutel_naam SET wrap=?2 WHERE wrap=?1", "bb",
		    (const void *)b.q[i].wrap, (size_t)OV_WRAP,
		    (const void *)b.a[i].wrap, (size_t)OV_WRAP);
	}
	/* There is always one: if none opens, it is not the keys. */
	return rc != OV_OK || any
	           ? rc
	           : ov_fail(e, OV_DENIED, "no named key of ours opens");
}

/* What was destroyed while its copy was made is not carried on. */
static enum ov_rc
switch_commit(struct ov_store *st, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	if ((rc = switch_young(st, e)) == OV_OK &&
	    (rc = switch_named(st, e)) == OV_OK &&
	    (rc = ov_db_set(st->db, "kek", (int64_t)st->kek + 1, e)) == OV_OK &&
	    (rc = ov_db_set(st->db, "vernietigd", 0, e)) == OV_OK &&
	    (rc = ov_db_set(st->db, "rotatie", ov_now(st), e)) == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* After the switch there is no way back: what fails is read anew at a start. */
static enum ov_rc
after_switch(struct ov_store *st, struct ov_err *e)
{
	struct ov_rotatie *r = st->rotatie;
	enum ov_rc rc;

	st->kek++;
	ov_db_close(r->keys);
	r->keys = r->next;
	r->next = NULL;
	stop(st);
	r->fase = OPRUIMEN;
	if ((rc = ov_kek_call(st, OV_KEK_USE, st->kek, NULL, NULL, e)) !=
	        OV_OK ||
	    (rc = ov_kek_call(st, OV_KEK_DROP, st->kek - 1, NULL, NULL, e)) !=
	        OV_OK ||
	    (rc = ov_db_checkpoint(st->db, e)) != OV_OK ||
	    (rc = sweep(st, e)) != OV_OK)
		return rc;
	ov_log(OV_LOG_INFO, "event=kek generation=%" PRIu32, st->kek);
	return OV_OK;
}

static enum ov_rc
finish(struct ov_store *st, struct ov_err *e)
{
	size_t n;
	enum ov_rc rc;

	do /* nothing destroyed may come along */
		rc = ov_key_redo(st, &n, e);
	while (rc == OV_OK && n > 0);
	if (rc != OV_OK || (rc = switch_commit(st, e)) != OV_OK)
		return rc;
	if ((rc = after_switch(st, e)) != OV_OK)
		ov_store_fatal(st, e);
	return rc;
}

/* Told, and tried again in an hour: what was destroyed waits meanwhile. */
static void
failed(struct ov_store *st)
{
	stop(st);
	st->rotatie->niet_voor = ov_now(st) + AGAIN_S;
	ov_alarm_daily(st, "rotatie-mislukt", 0);
}

static void
arm(struct ov_store *st)
{
	ov_loop_arm(st->env.loop, &st->rotatie->timer,
	    ov_loop_now_ms(st->env.loop) + 1);
}

/* Rows of sleutel_jong that a rotation copied: void since its switch. */
static enum ov_rc
clean_step(struct ov_store *st, bool *done, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "DELETE FROM sleutel_jong WHERE id IN (SELECT id FROM sleutel_jong"
	    " WHERE gen<?1 ORDER BY id LIMIT ?2)",
	    "ii", (int64_t)st->kek, (int64_t)STEP);
	*done = ov_db_changes(st->db) == 0;
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static void
step(struct ov_loop *loop, void *arg)
{
	struct ov_store *st = arg;
	struct ov_rotatie *r = st->rotatie;
	struct ov_err e = {0};
	enum ov_rc rc;
	bool done;

	(void)loop;
	if (r->fase == RUST)
		return;
	rc = r->fase == OPRUIMEN ? clean_step(st, &done, &e)
	                         : copy_step(st, &done, &e);
	if (rc == OV_OK && done && r->fase == OUDE) {
		r->fase = JONGE;
		r->begun = false;
	} else if (rc == OV_OK && done && r->fase == JONGE) {
		rc = finish(st, &e);
	} else if (rc == OV_OK && done) {
		r->fase = RUST;
	}
	if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR, "event=kek fault=\"%s\"", e.msg);
		failed(st);
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(st, &e);
	} else if (r->fase != RUST) {
		arm(st);
	}
}

enum ov_rc
ov_rotatie_start(struct ov_store *st, struct ov_err *e)
{
	struct ov_rotatie *r = st->rotatie;
	OV_CLOSE int dir = -1;
	uint8_t blob[OV_WRAP];
	char name[32];
	enum ov_rc rc;

	if (ov_rotatie_copying(r))
		return ov_fail(e, OV_AGAIN, "a rotation is under way");
	/* What an attempt before left is no use: its KEK is not the one that
	 * the vault makes now. */
	if ((rc = sweep(st, e)) != OV_OK ||
	    (rc = ov_kek_call(st, OV_KEK_DROP, st->kek + 1, NULL, NULL, e)) !=
	        OV_OK ||
	    (rc = ov_kek_call(st, OV_KEK_NEW, st->kek + 1, NULL, blob, e)) !=
	        OV_OK ||
	    (rc = ov_kek_folder(st, &dir, e)) != OV_OK)
		return rc;
	file_name(name, "kek", st->kek + 1);
	if ((rc = ov_fs_put(dir, name, blob, sizeof(blob), e)) != OV_OK ||
	    (rc = open_keys(st, st->kek + 1, &r->next, e)) != OV_OK)
		return rc;
	if (fsync(dir) < 0)
		return ov_fail_sys(e, "sync sleutels");
	r->fase = OUDE;
	r->begun = false;
	r->n = 0;
	arm(st);
	return OV_OK;
}

/* ---- by itself ---- */

/* The last 03:00 that was: what was destroyed before it is due. */
static int64_t
last_three(int64_t now)
{
	struct ov_date d = ov_date_nl(now);
	int64_t t = ov_nl_midnight(d) + ROTATIE_UUR * HOUR;

	return t <= now ? t
	                : ov_nl_midnight(ov_date_add_days(d, -1)) +
	                      ROTATIE_UUR * HOUR;
}

static enum ov_rc
nightly(struct ov_store *st, struct ov_err *e)
{
	int64_t since;
	enum ov_rc rc;

	if (ov_rotatie_copying(st->rotatie) ||
	    ov_now(st) < st->rotatie->niet_voor)
		return OV_OK;
	rc = ov_db_get(st->db, "vernietigd", &since, 0, e);
	if (rc == OV_OK && since > 0 && since < last_three(ov_now(st)) &&
	    (rc = ov_rotatie_start(st, e)) != OV_OK)
		failed(st);
	return rc;
}

void
ov_wis_tick(struct ov_store *st)
{
	struct ov_err e = {0};
	size_t n;
	enum ov_rc rc;

	rc = ov_key_redo(st, &n, &e);
	if (rc == OV_OK)
		rc = nightly(st, &e);
	if (rc == OV_OK)
		return;
	ov_log(OV_LOG_WARN, "event=erase fault=\"%s\"", e.msg);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, &e);
}

enum ov_rc
ov_rotatie_stand(struct ov_store *st, struct ov_rotatie_stand *s,
    struct ov_err *e)
{
	enum ov_rc rc;

	*s = (struct ov_rotatie_stand){.kek = st->kek,
	    .bezig = ov_rotatie_copying(st->rotatie)};
	if ((rc = ov_db_int(st->db, &s->open, 0, e,
	         "SELECT count(*) FROM te_vernietigen", "")) != OV_OK ||
	    (rc = ov_db_int(st->db, &s->niet_gemeld, 0, e,
	         "SELECT count(*) FROM te_vernietigen WHERE gemeld=0", "")) !=
	        OV_OK ||
	    (rc = ov_db_get(st->db, "vernietigd", &s->vernietigd, 0, e)) !=
	        OV_OK)
		return rc;
	return ov_db_get(st->db, "rotatie", &s->gedaan, 0, e);
}

enum ov_rc
ov_rotatie_new(struct ov_store *st, struct ov_err *e)
{
	struct ov_rotatie *r = calloc(1, sizeof(*r));
	OV_CLOSE int dir = -1;
	char name[32];
	size_t n;
	enum ov_rc rc;

	if (r == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->rotatie = r;
	r->timer.fn = step;
	r->timer.arg = st;
	if ((rc = sweep(st, e)) != OV_OK ||
	    (rc = ov_kek_folder(st, &dir, e)) != OV_OK)
		return rc;
	file_name(name, "keys", st->kek);
	if (faccessat(dir, name, F_OK, 0) == 0)
		rc = open_keys(st, st->kek, &r->keys, e);
	else if (errno != ENOENT)
		rc = ov_fail_sys(e, "%s", name);
	else if (st->kek > 1)
		rc = ov_fail(e, OV_DAMAGED, "%s is missing", name);
	do
		if (rc == OV_OK)
			rc = ov_key_redo(st, &n, e);
	while (rc == OV_OK && n > 0);
	if (rc == OV_OK && st->kek > 1) {
		r->fase = OPRUIMEN;
		arm(st);
	}
	return rc;
}

void
ov_rotatie_free(struct ov_store *st)
{
	struct ov_rotatie *r = st->rotatie;

	if (r == NULL)
		return;
	stop(st);
	ov_db_close(r->keys);
	free(r->nieuw);
	free(r);
	st->rotatie = NULL;
}
