/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db.c - opening, migrating and talking to one SQLite file. */
#include "store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/data.h"

#define CACHE 256

struct cached {
	const char *sql;
	sqlite3_stmt *st;
	bool busy;
};

struct ov_db {
	sqlite3 *h;
	struct cached cache[CACHE];
};

static enum ov_rc
db_fail(struct ov_db *db, int code, struct ov_err *e, const char *what)
{
	const char *text = db->h != NULL ? sqlite3_errmsg(db->h) : "";

	switch (code & 0xff) {
	case SQLITE_FULL:
		return ov_fail(e, OV_NOSPACE, "%s: disk full", what);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ov_fail(e, OV_AGAIN, "%s: database is locked", what);
	case SQLITE_CONSTRAINT:
		return ov_fail(e, OV_DENIED, "%s: constraint (%d)", what, code);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return ov_fail(e, OV_SYS, "%s: %s (%d)", what, text, code);
	case SQLITE_NOMEM:
		return ov_fail(e, OV_NOSPACE, "%s: out of memory", what);
	default:
		return ov_fail(e, OV_DAMAGED, "%s: %s (%d)", what, text, code);
	}
}

/* The first words of a statement say what it is for; values are parameters
 * and never in it. */
static const char *
purpose(const char *sql, char out[48])
{
	size_t i;

	for (i = 0; i < 47 && sql[i] != '\0'; i++)
		out[i] = sql[i] == '\n' ? ' ' : sql[i];
	out[i] = '\0';
	return out;
}

static enum ov_rc
db_exec(struct ov_db *db, const char *sql, struct ov_err *e)
{
	char what[48];
	int code = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	if (code != SQLITE_OK)
		return db_fail(db, sqlite3_extended_errcode(db->h), e,
		    purpose(sql, what));
	return OV_OK;
}

static enum ov_rc
open_handle(const char *path, int flags, struct ov_db **out, struct ov_err *e)
{
	struct ov_db *db = calloc(1, sizeof(*db));
	int code;
	enum ov_rc rc;

	*out = NULL;
	if (db == NULL)
		return ov_fail(e, OV_NOSPACE, "database: out of memory");
	code = sqlite3_open_v2(path, &db->h, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		rc = db_fail(db, code, e, "open database");
		ov_db_close(db);
		return rc;
	}
	(void)sqlite3_extended_result_codes(db->h, 1);
	(void)sqlite3_busy_timeout(db->h, 2000);
	*out = db;
	return OV_OK;
}

void
ov_db_close(struct ov_db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < CACHE; i++)
		(void)sqlite3_finalize(db->cache[i].st);
	(void)sqlite3_close_v2(db->h);
	free(db);
}

static enum ov_rc
user_version(struct ov_db *db, int64_t *v, struct ov_err *e)
{
	return ov_db_int(db, v, 0, e, "PRAGMA user_version", "");
}

/* A copy beside the file before a migration touches it. */
static enum ov_rc
copy_before(struct ov_db *db, const char *path, int64_t from, struct ov_err *e)
{
	char copy[4096];
	int n = snprintf(copy, sizeof(copy), "%s.schema-%lld", path,
	    (long long)from);

	if (n < 0 || (size_t)n >= sizeof(copy))
		return ov_fail(e, OV_TOOBIG, "database path too long");
	(void)unlink(copy);
	return ov_db_run(db, e, "VACUUM INTO ?1", "t", copy);
}

static enum ov_rc
migrate(struct ov_db *db, const char *path, struct ov_err *e)
{
	char sql[48];
	const struct ov_data *d;
	struct ov_buf text = {0};
	int64_t have;
	enum ov_rc rc;

	if ((rc = user_version(db, &have, e)) != OV_OK)
		return rc;
	if (have > OV_DB_SCHEMA)
		return ov_fail(e, OV_DENIED,
		    "database has schema %lld, this program knows up to %d: "
		    "install the newer program",
		    (long long)have, OV_DB_SCHEMA);
	if (have == OV_DB_SCHEMA)
		return OV_OK;
	if (have > 0 && (rc = copy_before(db, path, have, e)) != OV_OK)
		return ov_while(e, rc, "copy before migration");
	if ((rc = ov_db_begin(db, e)) != OV_OK)
		return rc;
	for (int v = (int)have + 1; v <= OV_DB_SCHEMA && rc == OV_OK; v++) {
		if ((d = ov_schema_find((unsigned)v)) == NULL) {
			rc = ov_fail(e, OV_DAMAGED, "schema %d is not built in",
			    v);
			break;
		}
		ov_buf_reset(&text);
		ov_buf_add(&text, d->p, d->n);
		if (ov_buf_text(&text) == NULL) {
			rc = ov_fail(e, OV_NOSPACE, "schema: out of memory");
			break;
		}
		rc = db_exec(db, (const char *)text.p, e);
	}
	ov_buf_free(&text);
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%d",
	    OV_DB_SCHEMA);
	if (rc == OV_OK)
		rc = db_exec(db, sql, e);
	if (rc == OV_OK)
		return ov_db_commit(db, e);
	ov_db_rollback(db);
	return ov_while(e, rc, "migrate database");
}

enum ov_rc
ov_db_open(const char *path, struct ov_db **out, struct ov_err *e)
{
	/* auto_vacuum only counts before the first table exists. */
	static const char pragmas[] = "PRAGMA page_size=8192;"
	                              "PRAGMA auto_vacuum=INCREMENTAL;"
	                              "PRAGMA secure_delete=ON;"
	                              "PRAGMA temp_store=MEMORY;"
	                              "PRAGMA mmap_size=0;"
	                              "PRAGMA journal_mode=WAL;"
	                              "PRAGMA synchronous=FULL;"
	                              "PRAGMA cache_size=-8192;"
	                              "PRAGMA wal_autocheckpoint=2000;"
	                              "PRAGMA journal_size_limit=33554432;"
	                              "PRAGMA foreign_keys=ON;"
	                              "PRAGMA trusted_schema=OFF;";
	struct ov_db *db;
	mode_t old = umask(077);
	enum ov_rc rc;

	rc = open_handle(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db,
	    e);
	if (rc == OV_OK) {
		rc = db_exec(db, pragmas, e);
		if (rc == OV_OK)
			rc = migrate(db, path, e);
		if (rc != OV_OK) {
			ov_db_close(db);
			db = NULL;
		}
	}
	(void)umask(old);
	*out = db;
	return rc;
}

enum ov_rc
ov_db_open_keys(const char *path, struct ov_db **out, struct ov_err *e)
{
	static const char sql[] = "PRAGMA page_size=4096;"
	                          "PRAGMA secure_delete=ON;"
	                          "PRAGMA temp_store=MEMORY;"
	                          "PRAGMA mmap_size=0;"
	                          "PRAGMA journal_mode=TRUNCATE;"
	                          "PRAGMA synchronous=FULL;"
	                          "PRAGMA cache_size=-2048;"
	                          "PRAGMA trusted_schema=OFF;"
	                          "CREATE TABLE IF NOT EXISTS sleutel("
	                          "id BLOB PRIMARY KEY CHECK(length(id)=16),"
	                          "wrap BLOB NOT NULL CHECK(length(wrap)=73)"
	                          ") STRICT,WITHOUT ROWID;";
	mode_t old = umask(077);
	enum ov_rc rc = open_handle(path,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, out, e);

	if (rc == OV_OK)
		rc = db_exec(*out, sql, e);
	(void)umask(old);
	if (rc != OV_OK) {
		ov_db_close(*out);
		*out = NULL;
	}
	return rc;
}

enum ov_rc
ov_db_open_ro(const char *path, struct ov_db **out, struct ov_err *e)
{
	enum ov_rc rc = open_handle(path, SQLITE_OPEN_READONLY, out, e);

	if (rc == OV_OK)
		rc = db_exec(*out,
		    "PRAGMA query_only=ON;PRAGMA temp_store=MEMORY;"
		    "PRAGMA mmap_size=0;PRAGMA cache_size=-2048;",
		    e);
	/* It must never checkpoint: that is the writing connection's. */
	if (rc == OV_OK &&
	    sqlite3_db_config((*out)->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	        NULL) != SQLITE_OK)
		rc = ov_fail(e, OV_DAMAGED, "database: no-checkpoint refused");
	if (rc != OV_OK) {
		ov_db_close(*out);
		*out = NULL;
	}
	return rc;
}

static enum ov_rc
prepare(struct ov_db *db, const char *sql, sqlite3_stmt **out, struct ov_err *e)
{
	size_t at = ((uintptr_t)sql >> 3) % CACHE;
	char what[48];
	struct cached *c;

	for (size_t i = 0; i < 8; i++) {
		c = &db->cache[(at + i) % CACHE];
		if (c->sql == sql && !c->busy) {
			c->busy = true;
			*out = c->st;
			return OV_OK;
		}
		if (c->sql == NULL)
			break;
	}
	if (sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
	        NULL) != SQLITE_OK)
		return db_fail(db, sqlite3_extended_errcode(db->h), e,
		    purpose(sql, what));
	for (size_t i = 0; i < 8; i++) {
		c = &db->cache[(at + i) % CACHE];
		if (c->sql == sql)
			break; /* busy in an outer use: this one is extra */
		if (c->sql == NULL) {
			c->sql = sql;
			c->st = *out;
			c->busy = true;
			break;
		}
	}
	return OV_OK;
}

void
ov_db_done(struct ov_db *db, sqlite3_stmt *st)
{
	if (st == NULL)
		return;
	for (size_t i = 0; i < CACHE; i++) {
		if (db->cache[i].st == st) {
			(void)sqlite3_reset(st);
			(void)sqlite3_clear_bindings(st);
			db->cache[i].busy = false;
			return;
		}
	}
	(void)sqlite3_finalize(st);
}

static int
bind_one(sqlite3_stmt *st, int n, char kind, va_list *ap)
{
	const void *p;
	struct ov_view v;
	size_t len;

	switch (kind) {
	case 'i':
		return sqlite3_bind_int64(st, n, va_arg(*ap, int64_t));
	case 't':
		p = va_arg(*ap, const char *);
		return sqlite3_bind_text(st, n, p, -1, SQLITE_STATIC);
	case 'b':
		p = va_arg(*ap, const void *);
		len = va_arg(*ap, size_t);
		return sqlite3_bind_blob64(st, n, p, len, SQLITE_STATIC);
	case 'v':
		v = va_arg(*ap, struct ov_view);
		if (v.p == NULL)
			return sqlite3_bind_null(st, n);
		return sqlite3_bind_blob64(st, n, v.p, v.n, SQLITE_STATIC);
	default:
		return SQLITE_MISUSE;
	}
}

static enum ov_rc
query(struct ov_db *db, sqlite3_stmt **out, struct ov_err *e, const char *sql,
    const char *kinds, va_list *ap)
{
	char what[48];
	enum ov_rc rc;
	int code;

	*out = NULL;
	if ((rc = prepare(db, sql, out, e)) != OV_OK)
		return rc;
	for (int n = 1; kinds[n - 1] != '\0'; n++) {
		code = bind_one(*out, n, kinds[n - 1], ap);
		if (code != SQLITE_OK) {
			rc = db_fail(db, code, e, purpose(sql, what));
			ov_db_done(db, *out);
			*out = NULL;
			return rc;
		}
	}
	return OV_OK;
}

enum ov_rc
ov_db_q(struct ov_db *db, sqlite3_stmt **out, struct ov_err *e, const char *sql,
    const char *kinds, ...)
{
	va_list ap;
	enum ov_rc rc;

	va_start(ap, kinds);
	rc = query(db, out, e, sql, kinds, &ap);
	va_end(ap);
	return rc;
}

enum ov_rc
ov_db_next(struct ov_db *db, sqlite3_stmt *st, bool *row, struct ov_err *e)
{
	char what[48];
	int code = sqlite3_step(st);

	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return OV_OK;
	return db_fail(db, sqlite3_extended_errcode(db->h), e,
	    purpose(sqlite3_sql(st), what));
}

enum ov_rc
ov_db_run(struct ov_db *db, struct ov_err *e, const char *sql,
    const char *kinds, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	enum ov_rc rc;
	bool row;

	va_start(ap, kinds);
	rc = query(db, &st, e, sql, kinds, &ap);
	va_end(ap);
	if (rc == OV_OK)
		rc = ov_db_next(db, st, &row, e);
	ov_db_done(db, st);
	return rc;
}

enum ov_rc
ov_db_int(struct ov_db *db, int64_t *out, int64_t none, struct ov_err *e,
    const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	enum ov_rc rc;
	bool row;

	*out = none;
	va_start(ap, kinds);
	rc = query(db, &st, e, sql, kinds, &ap);
	va_end(ap);
	if (rc == OV_OK)
		rc = ov_db_next(db, st, &row, e);
	if (rc == OV_OK && row && !ov_db_null(st, 0))
		*out = ov_db_i64(st, 0);
	ov_db_done(db, st);
	return rc;
}

int64_t
ov_db_changes(struct ov_db *db)
{
	return sqlite3_changes64(db->h);
}

int64_t
ov_db_last(struct ov_db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

struct ov_view
ov_db_blob(sqlite3_stmt *st, int col)
{
	struct ov_view v;

	v.p = sqlite3_column_blob(st, col);
	v.n = (size_t)sqlite3_column_bytes(st, col);
	if (v.p == NULL)
		v.n = 0;
	return v;
}

const char *
ov_db_text(sqlite3_stmt *st, int col)
{
	const unsigned char *t = sqlite3_column_text(st, col);

	return t == NULL ? "" : (const char *)t;
}

int64_t
ov_db_i64(sqlite3_stmt *st, int col)
{
	return sqlite3_column_int64(st, col);
}

bool
ov_db_null(sqlite3_stmt *st, int col)
{
	return sqlite3_column_type(st, col) == SQLITE_NULL;
}

enum ov_rc
ov_db_fix(sqlite3_stmt *st, int col, void *out, size_t n, struct ov_err *e)
{
	struct ov_view v = ov_db_blob(st, col);

	if (v.n != n) {
		memset(out, 0, n);
		return ov_fail(e, OV_BADMSG, "column %s: %zu bytes, not %zu",
		    sqlite3_column_name(st, col), v.n, n);
	}
	memcpy(out, v.p, n);
	return OV_OK;
}

enum ov_rc
ov_db_begin(struct ov_db *db, struct ov_err *e)
{
	return ov_db_run(db, e, "BEGIN IMMEDIATE", "");
}

enum ov_rc
ov_db_commit(struct ov_db *db, struct ov_err *e)
{
	return ov_db_run(db, e, "COMMIT", "");
}

void
ov_db_rollback(struct ov_db *db)
{
	/* After an I/O error SQLite has rolled back by itself. */
	if (ov_db_in_tx(db))
		(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
}

bool
ov_db_in_tx(struct ov_db *db)
{
	return sqlite3_get_autocommit(db->h) == 0;
}

enum ov_rc
ov_db_checkpoint(struct ov_db *db, struct ov_err *e)
{
	int code = sqlite3_wal_checkpoint_v2(db->h, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (code != SQLITE_OK)
		return db_fail(db, code, e, "wal checkpoint");
	return OV_OK;
}

enum ov_rc
ov_db_integrity(struct ov_db *db, bool quick, struct ov_err *e)
{
	sqlite3_stmt *st;
	enum ov_rc rc;
	bool row;

	rc = quick ? ov_db_q(db, &st, e, "PRAGMA quick_check(1)", "")
	           : ov_db_q(db, &st, e, "PRAGMA integrity_check(1)", "");
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(db, st, &row, e);
	if (rc == OV_OK && (!row || strcmp(ov_db_text(st, 0), "ok") != 0))
		rc = ov_fail(e, OV_DAMAGED, "integrity check: %.100s",
		    row ? ov_db_text(st, 0) : "no answer");
	ov_db_done(db, st);
	return rc;
}

enum ov_rc
ov_db_get(struct ov_db *db, const char *naam, int64_t *out, int64_t none,
    struct ov_err *e)
{
	return ov_db_int(db, out, none, e,
	    "SELECT waarde FROM waarde WHERE naam=?1", "t", naam);
}

enum ov_rc
ov_db_set(struct ov_db *db, const char *naam, int64_t v, struct ov_err *e)
{
	return ov_db_run(db, e,
	    "INSERT INTO waarde(naam,waarde) VALUES(?1,?2)"
	    " ON CONFLICT(naam) DO UPDATE SET waarde=excluded.waarde",
	    "ti", naam, v);
}
