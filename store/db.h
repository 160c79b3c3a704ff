/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db.h - one SQLite database file: opening, migrating, statements,
 * transactions.
 *
 * main.db has exactly one connection that writes and checkpoints; every
 * other opens read-only (ARCHITECTURE.md, invariant 3).  A file of a newer
 * schema than this program is refused with both versions named; an older one
 * is migrated in one transaction after a copy was made beside it.
 *
 * Errors: SQLITE_FULL is OV_NOSPACE, SQLITE_CORRUPT/NOTADB OV_DAMAGED,
 * SQLITE_IOERR OV_SYS, BUSY OV_AGAIN, a constraint OV_DENIED, the rest
 * OV_DAMAGED.  Messages name the statement's purpose, never a value.
 */
#ifndef OV_STORE_DB_H
#define OV_STORE_DB_H

#include <sqlite3.h>

#include "protocol/rd.h"

struct ov_db;

#define OV_DB_SCHEMA 1 /* newest schema this program knows */

/* Open path/main.db for writing: creates it (0600) with the pragmas of
 * docs/store.md, or migrates it. */
OV_MUST_CHECK enum ov_rc ov_db_open(const char *path, struct ov_db **out,
    struct ov_err *);
/* A read-only connection to the same file. */
OV_MUST_CHECK enum ov_rc ov_db_open_ro(const char *path, struct ov_db **out,
    struct ov_err *);
/* A file of wrapped keys, sleutels/keys.<g>.db: table sleutel(id, wrap), a
 * rollback journal that is truncated, every deleted byte overwritten. */
OV_MUST_CHECK enum ov_rc ov_db_open_keys(const char *path, struct ov_db **out,
    struct ov_err *);
void ov_db_close(struct ov_db *);

/* A statement with its parameters bound.  `sql` is a string literal: its
 * address is the cache key.  `kinds` has one letter per argument:
 *   i  int64_t             t  const char * (NULL is NULL)
 *   b  const void *, size_t (NULL is NULL)     v  struct ov_view
 * Text and blobs are borrowed until ov_db_done(). */
OV_MUST_CHECK enum ov_rc ov_db_q(struct ov_db *, sqlite3_stmt **out,
    struct ov_err *, const char *sql, const char *kinds, ...);
/* The next row: *row is false after the last. */
OV_MUST_CHECK enum ov_rc ov_db_next(struct ov_db *, sqlite3_stmt *, bool *row,
    struct ov_err *);
/* Give the statement back (NULL is fine). */
void ov_db_done(struct ov_db *, sqlite3_stmt *);

/* One statement without rows. */
OV_MUST_CHECK enum ov_rc ov_db_run(struct ov_db *, struct ov_err *,
    const char *sql, const char *kinds, ...);
/* One integer; *out is `none` where there is no row or it is NULL. */
OV_MUST_CHECK enum ov_rc ov_db_int(struct ov_db *, int64_t *out, int64_t none,
    struct ov_err *, const char *sql, const char *kinds, ...);
/* Rows changed by the last statement; the last inserted row id. */
int64_t ov_db_changes(struct ov_db *);
int64_t ov_db_last(struct ov_db *);

/* Columns of the current row; views live until the next call on the
 * statement. */
struct ov_view ov_db_blob(sqlite3_stmt *, int col);
const char *ov_db_text(sqlite3_stmt *, int col); /* never NULL: "" */
int64_t ov_db_i64(sqlite3_stmt *, int col);
bool ov_db_null(sqlite3_stmt *, int col);
/* Copy a blob of exactly n bytes, or OV_BADMSG: that record cannot be read,
 * the others can. */
OV_MUST_CHECK enum ov_rc ov_db_fix(sqlite3_stmt *, int col, void *out, size_t n,
    struct ov_err *);

/* BEGIN IMMEDIATE; not nested. */
OV_MUST_CHECK enum ov_rc ov_db_begin(struct ov_db *, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_db_commit(struct ov_db *, struct ov_err *);
void ov_db_rollback(struct ov_db *);
bool ov_db_in_tx(struct ov_db *);

/* wal_checkpoint(TRUNCATE), hourly and after erasures. */
OV_MUST_CHECK enum ov_rc ov_db_checkpoint(struct ov_db *, struct ov_err *);
/* PRAGMA integrity_check (quick: quick_check) on this connection. */
OV_MUST_CHECK enum ov_rc ov_db_integrity(struct ov_db *, bool quick,
    struct ov_err *);

/* Table `waarde`. */
OV_MUST_CHECK enum ov_rc ov_db_get(struct ov_db *, const char *naam,
    int64_t *out, int64_t none, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_db_set(struct ov_db *, const char *naam, int64_t v,
    struct ov_err *);

#endif
