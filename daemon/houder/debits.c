/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/houder/debits.c - houder.db: counters and remembered requests. */
#include "daemon/houder/debits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#define DAY INT64_C(86400)
#define VERSION 1

/* debit: per client; totaal: the same added up over clients, so that the
 * holder's own ceiling is one range and not a scan; gezien: requests of the
 * last ten minutes. */
static const char schema[] =
    "CREATE TABLE debit (client TEXT NOT NULL, domein TEXT NOT NULL,"
    " ep INTEGER NOT NULL, deel INTEGER NOT NULL, dag INTEGER NOT NULL,"
    " aantal INTEGER NOT NULL CHECK (aantal > 0),"
    " PRIMARY KEY (client, ep, domein, deel, dag)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE totaal (ep INTEGER NOT NULL, deel INTEGER NOT NULL,"
    " dag INTEGER NOT NULL, aantal INTEGER NOT NULL CHECK (aantal > 0),"
    " PRIMARY KEY (ep, deel, dag)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE gezien (hash BLOB NOT NULL CHECK (length(hash) = 32),"
    " tijd INTEGER NOT NULL, PRIMARY KEY (hash)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX gezien_tijd ON gezien (tijd);"
    "PRAGMA user_version = 1;";

enum stmt {
	S_BEGIN,
	S_COMMIT,
	S_ROLLBACK,
	S_SEEN,
	S_REMEMBER,
	S_FORGET,
	S_LINE,
	S_TOTAL,
	S_BEFORE,
	S_ADD,
	S_ADD_TOTAL,
	S_OLD,
	S_OLD_TOTAL,
	S_USAGE,
	S_N
};

static const char *const sql[S_N] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_SEEN] = "SELECT 1 FROM gezien WHERE hash = ?1 AND tijd > ?2",
    [S_REMEMBER] = "INSERT OR REPLACE INTO gezien VALUES (?1, ?2)",
    [S_FORGET] = "DELETE FROM gezien WHERE tijd <= ?1",
    [S_LINE] = "SELECT total(CASE dag WHEN ?6 THEN aantal END), total(aantal)"
               " FROM debit WHERE client = ?1 AND ep = ?2 AND domein = ?3"
               " AND deel = ?4 AND dag >= ?5",
    [S_TOTAL] = "SELECT total(CASE dag WHEN ?4 THEN aantal END), total(aantal)"
                " FROM totaal WHERE ep = ?1 AND deel = ?2 AND dag >= ?3",
    [S_BEFORE] = "SELECT total(aantal) FROM debit WHERE client = ?1"
                 " AND ep = ?2 AND domein = ?3 AND deel = ?4"
                 " AND dag >= ?5 AND dag < ?6",
    [S_ADD] = "INSERT INTO debit (client, ep, domein, deel, dag, aantal)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE"
              " SET aantal = aantal + excluded.aantal",
    [S_ADD_TOTAL] = "INSERT INTO totaal VALUES (?1, ?2, ?3, ?4)"
                    " ON CONFLICT DO UPDATE"
                    " SET aantal = aantal + excluded.aantal",
    [S_OLD] = "DELETE FROM debit WHERE dag < ?1",
    [S_OLD_TOTAL] = "DELETE FROM totaal WHERE dag < ?1",
    [S_USAGE] = "SELECT dag, domein, deel, aantal FROM debit"
                " WHERE client = ?1 AND ep = ?2"
                " ORDER BY dag DESC, domein, deel LIMIT ?3",
};

struct ov_debits {
	sqlite3 *db;
	sqlite3_stmt *st[S_N];
	int64_t cleaned; /* day of the last look for old rows */
};

void
ov_school_year(int64_t now, int64_t *from, int64_t *to)
{
	time_t t = (time_t)now;
	struct tm tm, first = {.tm_mon = 7, .tm_mday = 1};

	memset(&tm, 0, sizeof(tm));
	(void)gmtime_r(&t, &tm);
	first.tm_year = tm.tm_mon >= 7 ? tm.tm_year : tm.tm_year - 1;
	*from = (int64_t)timegm(&first);
	first = (struct tm){.tm_year = first.tm_year + 1,
	    .tm_mon = 7,
	    .tm_mday = 1};
	*to = (int64_t)timegm(&first);
}

static enum ov_rc
db_fail(struct ov_debits *d, const char *what, struct ov_err *e)
{
	int code = d->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(d->db);

	return ov_fail(e,
	    code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? OV_DAMAGED
	                                                    : OV_SYS,
	    "houder.db: %s: %s", what, sqlite3_errstr(code));
}

static enum ov_rc
exec(struct ov_debits *d, const char *text, const char *what, struct ov_err *e)
{
	if (sqlite3_exec(d->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(d, what, e);
	return OV_OK;
}

/* ---- statements ---------------------------------------------------- */

/* Bind the arguments, a letter each: i int64_t, o const struct ov_oin *,
 * h 32 bytes. */
static enum ov_rc
bind(struct ov_debits *d, enum stmt s, struct ov_err *e, const char *kinds,
    va_list ap)
{
	int r = SQLITE_OK;

	(void)sqlite3_reset(d->st[s]);
	for (int i = 0; kinds[i] != '\0' && r == SQLITE_OK; i++) {
		switch (kinds[i]) {
		case 'i':
			r = sqlite3_bind_int64(d->st[s], i + 1,
			    va_arg(ap, int64_t));
			break;
		case 'o':
			r = sqlite3_bind_text(d->st[s], i + 1,
			    va_arg(ap, const struct ov_oin *)->s, OV_OIN_LEN,
			    SQLITE_TRANSIENT);
			break;
		default:
			r = sqlite3_bind_blob(d->st[s], i + 1,
			    va_arg(ap, const uint8_t *), 32, SQLITE_TRANSIENT);
			break;
		}
	}
	return r == SQLITE_OK ? OV_OK : db_fail(d, "bind", e);
}

/* Run a statement to its first row; *row says whether there was one. */
static enum ov_rc
step(struct ov_debits *d, enum stmt s, bool *row, struct ov_err *e,
    const char *kinds, ...)
{
	enum ov_rc rc;
	va_list ap;
	int r;

	va_start(ap, kinds);
	rc = bind(d, s, e, kinds, ap);
	va_end(ap);
	if (rc != OV_OK)
		return rc;
	r = sqlite3_step(d->st[s]);
	if (row != NULL)
		*row = r == SQLITE_ROW;
	if (r == SQLITE_ROW || r == SQLITE_DONE)
		return OV_OK;
	rc = db_fail(d, "step", e);
	(void)sqlite3_reset(d->st[s]);
	return rc;
}

static void
done(struct ov_debits *d, enum stmt s)
{
	(void)sqlite3_reset(d->st[s]);
	(void)sqlite3_clear_bindings(d->st[s]);
}

/* A statement without rows. */
#define RUN(d, s, e, ...) run_end(d, s, step(d, s, NULL, e, __VA_ARGS__))
static enum ov_rc
run_end(struct ov_debits *d, enum stmt s, enum ov_rc rc)
{
	done(d, s);
	return rc;
}

/* The two sums of S_LINE and S_TOTAL. */
static void
sums(struct ov_debits *d, enum stmt s, uint64_t *day, uint64_t *year)
{
	*day = (uint64_t)sqlite3_column_int64(d->st[s], 0);
	*year = (uint64_t)sqlite3_column_int64(d->st[s], 1);
	done(d, s);
}

/* ---- open and close ------------------------------------------------ */

static enum ov_rc
set_up(struct ov_debits *d, struct ov_err *e)
{
	sqlite3_stmt *q = NULL;
	int version = -1;
	enum ov_rc rc;

	rc = exec(d,
	    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE;"
	    "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
	    "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;",
	    "settings", e);
	if (rc != OV_OK)
		return rc;
	if (sqlite3_prepare_v2(d->db, "PRAGMA user_version", -1, &q, NULL) ==
	        SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		version = sqlite3_column_int(q, 0);
	(void)sqlite3_finalize(q);
	if (version < 0)
		return db_fail(d, "read version", e);
	if (version > VERSION)
		return ov_fail(e, OV_DAMAGED,
		    "houder.db has version %d, this program knows %d", version,
		    VERSION);
	if (version == VERSION)
		return OV_OK;
	if ((rc = exec(d, "BEGIN IMMEDIATE", "begin", e)) != OV_OK ||
	    (rc = exec(d, schema, "make tables", e)) != OV_OK)
		return rc;
	return exec(d, "COMMIT", "commit", e);
}

enum ov_rc
ov_debits_open(const char *dir, struct ov_debits **out, struct ov_err *e)
{
	struct ov_debits *d = calloc(1, sizeof(*d));
	char path[4096];
	enum ov_rc rc;
	int n;

	*out = NULL;
	if (d == NULL)
		return ov_fail_sys(e, "houder.db: memory");
	d->cleaned = -1;
	n = snprintf(path, sizeof(path), "%s/houder.db", dir);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		rc = ov_fail(e, OV_TOOBIG, "houder.db: path too long");
		goto fail;
	}
	if (sqlite3_open_v2(path, &d->db,
	        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	            SQLITE_OPEN_NOMUTEX,
	        NULL) != SQLITE_OK) {
		rc = db_fail(d, "open", e);
		goto fail;
	}
	if ((rc = set_up(d, e)) != OV_OK)
		goto fail;
	for (int i = 0; i < S_N; i++) {
		if (sqlite3_prepare_v3(d->db, sql[i], -1,
		        SQLITE_PREPARE_PERSISTENT, &d->st[i],
		        NULL) != SQLITE_OK) {
			rc = db_fail(d, "prepare", e);
			goto fail;
		}
	}
	*out = d;
	return OV_OK;

fail:
	ov_debits_close(d);
	return rc;
}

void
ov_debits_close(struct ov_debits *d)
{
	if (d == NULL)
		return;
	for (int i = 0; i < S_N; i++)
		(void)sqlite3_finalize(d->st[i]);
	(void)sqlite3_close(d->db);
	free(d);
}

/* ---- debits -------------------------------------------------------- */

static uint64_t
rest(uint64_t cap, uint64_t used)
{
	return used < cap ? cap - used : 0;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t
u32(uint64_t v)
{
	return (uint32_t)least(v, UINT32_MAX);
}

/* What is left of the day and of the school year, and what was had. */
static enum ov_rc
look(struct ov_debits *d, const struct ov_debit *q,
    const struct ov_debit_caps *caps, int64_t first, uint64_t *day,
    uint64_t *year, struct ov_debit_result *r, struct ov_err *e)
{
	int64_t ep = q->ep, share = q->share, today = q->now / DAY;
	uint64_t ud, uy;
	enum ov_rc rc;
	bool row;

	rc = step(d, S_LINE, &row, e, "oioiii", &q->client, ep, &q->domain,
	    share, first, today);
	if (rc != OV_OK)
		return rc;
	sums(d, S_LINE, &ud, &uy);
	*day = rest(caps->day, ud);
	*year = rest(caps->year, uy);
	r->day = u32(ud);
	r->year = u32(uy);
	rc = step(d, S_BEFORE, &row, e, "oioiii", &q->client, ep, &q->domain,
	    share, today - OV_DEBIT_BEFORE, today);
	if (rc != OV_OK)
		return rc;
	r->before = u32((uint64_t)sqlite3_column_int64(d->st[S_BEFORE], 0));
	done(d, S_BEFORE);
	rc = step(d, S_TOTAL, &row, e, "iiii", ep, share, first, today);
	if (rc != OV_OK)
		return rc;
	sums(d, S_TOTAL, &ud, &uy);
	*day = least(*day, rest(caps->all_day, ud));
	*year = least(*year, rest(caps->all_year, uy));
	return OV_OK;
}

static enum ov_rc
add(struct ov_debits *d, const struct ov_debit *q, struct ov_err *e)
{
	int64_t ep = q->ep, share = q->share, today = q->now / DAY, n = q->n;
	enum ov_rc rc;

	rc = RUN(d, S_ADD, e, "oioiii", &q->client, ep, &q->domain, share,
	    today, n);
	if (rc == OV_OK)
		rc = RUN(d, S_ADD_TOTAL, e, "iiii", ep, share, today, n);
	if (rc == OV_OK)
		rc = RUN(d, S_FORGET, e, "i", q->now - OV_DEBIT_AGAIN);
	if (rc == OV_OK)
		rc = RUN(d, S_REMEMBER, e, "hi", q->hash, q->now);
	if (rc != OV_OK || d->cleaned == today)
		return rc;
	rc = RUN(d, S_OLD, e, "i", today - OV_DEBIT_KEEP);
	if (rc == OV_OK)
		rc = RUN(d, S_OLD_TOTAL, e, "i", today - OV_DEBIT_KEEP);
	if (rc == OV_OK)
		d->cleaned = today;
	return rc;
}

static enum ov_rc
take(struct ov_debits *d, const struct ov_debit *q,
    const struct ov_debit_caps *caps, struct ov_debit_result *r,
    struct ov_err *e)
{
	int64_t from, to;
	uint64_t day, year;
	enum ov_rc rc;

	rc = step(d, S_SEEN, &r->repeated, e, "hi", q->hash,
	    q->now - OV_DEBIT_AGAIN);
	done(d, S_SEEN);
	if (rc != OV_OK)
		return rc;
	ov_school_year(q->now, &from, &to);
	rc = look(d, q, caps, from / DAY, &day, &year, r, e);
	if (rc != OV_OK)
		return rc;
	if (r->repeated) {
		r->taken = true;
	} else if (q->n <= least(day, year)) {
		if ((rc = add(d, q, e)) != OV_OK)
			return rc;
		r->taken = true;
		day -= q->n;
		year -= q->n;
		r->day += q->n;
		r->year += q->n;
	} else {
		/* When both are used up, a new day alone does not help. */
		r->retry = (uint32_t)(year < q->n ? to - q->now
		                                  : DAY - q->now % DAY);
	}
	r->left = (uint32_t)least(least(day, year), UINT32_MAX);
	return OV_OK;
}

enum ov_rc
ov_debits_take(struct ov_debits *d, const struct ov_debit *q,
    const struct ov_debit_caps *caps, struct ov_debit_result *r,
    struct ov_err *e)
{
	enum ov_rc rc;

	memset(r, 0, sizeof(*r));
	if (q->now < 0 || q->n == 0)
		return ov_fail(e, OV_BADMSG, "debit: time or number");
	if ((rc = RUN(d, S_BEGIN, e, "")) != OV_OK)
		return rc;
	if ((rc = take(d, q, caps, r, e)) == OV_OK)
		rc = RUN(d, S_COMMIT, e, "");
	if (rc != OV_OK) {
		memset(r, 0, sizeof(*r));
		if (RUN(d, S_ROLLBACK, NULL, "") != OV_OK &&
		    sqlite3_get_autocommit(d->db) == 0)
			return ov_while(e, OV_DAMAGED, "cannot roll back");
	}
	return rc;
}

enum ov_rc
ov_debits_usage(struct ov_debits *d, const struct ov_oin *client, uint32_t ep,
    struct ov_debit_row *rows, size_t max, size_t *n, struct ov_err *e)
{
	sqlite3_stmt *q = d->st[S_USAGE];
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = step(d, S_USAGE, &row, e, "oii", client, (int64_t)ep,
	    (int64_t)max);
	while (rc == OV_OK && row && *n < max) {
		v.p = sqlite3_column_text(q, 1);
		v.n = (size_t)sqlite3_column_bytes(q, 1);
		if (v.p == NULL || ov_oin_parse(v, &rows[*n].domain) != OV_OK) {
			rc = ov_fail(e, OV_DAMAGED, "houder.db: a domain");
			break;
		}
		rows[*n].day = sqlite3_column_int64(q, 0);
		rows[*n].share = (uint8_t)sqlite3_column_int(q, 2);
		rows[*n].count = (uint32_t)sqlite3_column_int64(q, 3);
		(*n)++;
		switch (sqlite3_step(q)) {
		case SQLITE_ROW:
			break;
		case SQLITE_DONE:
			row = false;
			break;
		default:
			rc = db_fail(d, "step", e);
			break;
		}
	}
	done(d, S_USAGE);
	return rc;
}
