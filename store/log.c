/* SPDX-License-Identifier: EUPL-1.2 */
/* store/log.c - the exchange log's rows. */
#include "store/log.h"

#include <string.h>

enum ov_rc
ov_slog_tile(void *arg, unsigned level, uint64_t nr, unsigned n,
    struct ov_digest *out, struct ov_err *e)
{
	struct ov_db *db = arg;
	sqlite3_stmt *st;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(db, &st, e,
	    "SELECT hashes FROM tegel WHERE niveau=?1 AND nr=?2", "ii",
	    (int64_t)level, (int64_t)nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(db, st, &row, e);
	if (rc == OV_OK) {
		v = row ? ov_db_blob(st, 0) : (struct ov_view){0};
		if (v.n % 32 != 0 || v.n / 32 < n || v.n / 32 > OV_TILE_WIDTH)
			rc = ov_fail(e, OV_DAMAGED,
			    "log: tile %u/%llu is missing or short", level,
			    (unsigned long long)nr);
		else
			memcpy(out, v.p, (size_t)n * 32);
	}
	ov_db_done(db, st);
	return rc;
}

static enum ov_rc
tile_write(void *arg, unsigned level, uint64_t nr, unsigned n,
    const struct ov_digest *h, struct ov_err *e)
{
	return ov_db_run(arg, e,
	    "INSERT INTO tegel(niveau,nr,hashes) VALUES(?1,?2,?3)"
	    " ON CONFLICT(niveau,nr) DO UPDATE SET hashes=excluded.hashes",
	    "iib", (int64_t)level, (int64_t)nr, (const void *)h,
	    (size_t)n * sizeof(*h));
}

enum ov_rc
ov_slog_open(struct ov_slog *l, struct ov_db *db, struct ov_err *e)
{
	int64_t n;
	enum ov_rc rc;

	memset(l, 0, sizeof(*l));
	l->db = db;
	rc = ov_db_int(db, &n, 0, e, "SELECT max(idx)+1 FROM blad", "");
	if (rc != OV_OK)
		return rc;
	rc = ov_tlog_load(&l->now, (uint64_t)n, ov_slog_tile, db, e);
	if (rc != OV_OK)
		return ov_while(e, rc, "log of %lld leaves", (long long)n);
	l->was = l->now;
	return OV_OK;
}

enum ov_rc
ov_slog_add(struct ov_slog *l, const struct ov_leaf *leaf, uint64_t *idx,
    struct ov_buf *text, struct ov_err *e)
{
	OV_BUF own = {0};
	struct ov_buf *b = text != NULL ? text : &own;
	size_t at = b->n;
	struct ov_digest h;
	enum ov_rc rc;

	if ((rc = ov_leaf_text(b, leaf, e)) != OV_OK ||
	    (rc = ov_buf_ok(b, e)) != OV_OK ||
	    (rc = ov_tlog_leaf_hash(&h, b->p + at, b->n - at)) != OV_OK)
		return ov_while(e, rc, "log leaf");
	*idx = l->now.size;
	rc = ov_db_run(l->db, e, "INSERT INTO blad(idx,tekst) VALUES(?1,?2)",
	    "ib", (int64_t)l->now.size, (const void *)(b->p + at), b->n - at);
	if (rc != OV_OK)
		return rc;
	return ov_tlog_add(&l->now, &h, tile_write, l->db, e);
}

enum ov_rc
ov_slog_flush(struct ov_slog *l, struct ov_digest *root, struct ov_err *e)
{
	enum ov_rc rc = ov_tlog_flush(&l->now, tile_write, l->db, e);

	if (rc != OV_OK)
		return rc;
	return ov_tlog_root(&l->now, root, e);
}

/* The memo of a tile: the one it has, or the one unused for longest. */
static struct ov_slog_memo *
memo_of(struct ov_slog *l, unsigned level, uint64_t nr)
{
	struct ov_slog_memo *old = &l->memo[0], *m;

	for (size_t i = 0; i < OV_SLOG_MEMOS; i++) {
		m = &l->memo[i];
		if (m->used && m->level == level && m->nr == nr) {
			m->turn = ++l->turn;
			return m;
		}
		if (m->turn < old->turn)
			old = m;
	}
	memset(old->have, 0, sizeof(old->have));
	old->used = true;
	old->level = level;
	old->nr = nr;
	old->turn = ++l->turn;
	return old;
}

/* A hash that stands in the tile itself: from the growing end in memory, or
 * the whole (full) tile from the file. */
static enum ov_rc
memo_leaf(struct ov_slog *l, struct ov_slog_memo *m, unsigned pos,
    struct ov_err *e)
{
	uint64_t count = l->now.size >> (8 * m->level);
	enum ov_rc rc;

	if (m->nr == count >> 8) {
		if (pos >= l->now.n[m->level])
			return ov_fail(e, OV_DAMAGED, "log: no such hash");
		m->h[0][pos] = l->now.tile[m->level][pos];
		m->have[0][pos] = true;
		return OV_OK;
	}
	rc = ov_slog_tile(l->db, m->level, m->nr, OV_TILE_WIDTH, m->h[0], e);
	if (rc == OV_OK)
		memset(m->have[0], true, sizeof(m->have[0]));
	return rc;
}

static enum ov_rc
memo_node(struct ov_slog *l, struct ov_slog_memo *m, unsigned w, unsigned pos,
    struct ov_err *e)
{
	enum ov_rc rc;

	if (m->have[w][pos])
		return OV_OK;
	if (w == 0)
		return memo_leaf(l, m, pos, e);
	if ((rc = memo_node(l, m, w - 1, 2 * pos, e)) != OV_OK ||
	    (rc = memo_node(l, m, w - 1, 2 * pos + 1, e)) != OV_OK)
		return rc;
	rc = ov_tlog_node_hash(&m->h[w][pos], &m->h[w - 1][2 * pos],
	    &m->h[w - 1][2 * pos + 1]);
	m->have[w][pos] = rc == OV_OK;
	return rc;
}

/* ov_tlog_read: the hash of the complete subtree `index` of 2^level leaves. */
static enum ov_rc
memo_read(void *arg, unsigned level, uint64_t index, struct ov_digest *out,
    struct ov_err *e)
{
	struct ov_slog *l = arg;
	unsigned w = level % 8, pos = (unsigned)(index & ((256U >> w) - 1));
	struct ov_slog_memo *m = memo_of(l, level / 8, index >> (8 - w));
	enum ov_rc rc = memo_node(l, m, w, pos, e);

	if (rc == OV_OK)
		*out = m->h[w][pos];
	return rc;
}

enum ov_rc
ov_slog_path(struct ov_slog *l, uint64_t idx, struct ov_tlog_path *out,
    struct ov_err *e)
{
	return ov_tlog_inclusion(idx, l->now.size, memo_read, l, out, e);
}

void
ov_slog_committed(struct ov_slog *l)
{
	l->was = l->now;
}

void
ov_slog_back(struct ov_slog *l)
{
	memset(l->memo, 0, sizeof(l->memo));
	l->now = l->was;
}

/* Nothing is written while checking. */
static enum ov_rc
tile_ignore(void *arg, unsigned level, uint64_t nr, unsigned n,
    const struct ov_digest *h, struct ov_err *e)
{
	(void)arg;
	(void)level;
	(void)nr;
	(void)n;
	(void)h;
	(void)e;
	return OV_OK;
}

/* Add leaves [t->size, size) as ro reads them. */
static enum ov_rc
add_leaves(struct ov_db *ro, struct ov_tlog *t, uint64_t size, struct ov_err *e)
{
	sqlite3_stmt *st;
	struct ov_digest h;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(ro, &st, e,
	    "SELECT idx,tekst FROM blad WHERE idx>=?1 AND idx<?2 ORDER BY idx",
	    "ii", (int64_t)t->size, (int64_t)size);
	while (rc == OV_OK) {
		rc = ov_db_next(ro, st, &row, e);
		if (rc != OV_OK || !row)
			break;
		if ((uint64_t)ov_db_i64(st, 0) != t->size) {
			rc = ov_fail(e, OV_DAMAGED, "log: leaf %llu is missing",
			    (unsigned long long)t->size);
			break;
		}
		v = ov_db_blob(st, 1);
		rc = ov_tlog_leaf_hash(&h, v.p, v.n);
		if (rc == OV_OK)
			rc = ov_tlog_add(t, &h, tile_ignore, NULL, e);
	}
	ov_db_done(ro, st);
	if (rc == OV_OK && t->size != size)
		return ov_fail(e, OV_DAMAGED, "log: %llu leaves, not %llu",
		    (unsigned long long)t->size, (unsigned long long)size);
	return rc;
}

enum ov_rc
ov_slog_reread(struct ov_db *ro, const struct ov_tlog *from, uint64_t size,
    const struct ov_digest *root, struct ov_err *e)
{
	static struct ov_tlog t; /* 58 KiB; the role has one thread */
	struct ov_digest got;
	enum ov_rc rc;

	t = *from;
	if ((rc = add_leaves(ro, &t, size, e)) != OV_OK ||
	    (rc = ov_tlog_root(&t, &got, e)) != OV_OK)
		return rc;
	if (memcmp(&got, root, sizeof(got)) != 0)
		return ov_fail(e, OV_DAMAGED, "log: leaves read back differ");
	if ((rc = ov_tlog_load(&t, size, ov_slog_tile, ro, e)) != OV_OK ||
	    (rc = ov_tlog_root(&t, &got, e)) != OV_OK)
		return rc;
	if (memcmp(&got, root, sizeof(got)) != 0)
		return ov_fail(e, OV_DAMAGED, "log: tiles read back differ");
	return OV_OK;
}

enum ov_rc
ov_slog_recompute(struct ov_db *ro, uint64_t size, struct ov_digest *root,
    struct ov_err *e)
{
	static struct ov_tlog t;
	enum ov_rc rc;

	memset(&t, 0, sizeof(t));
	if ((rc = add_leaves(ro, &t, size, e)) != OV_OK)
		return rc;
	return ov_tlog_root(&t, root, e);
}

enum ov_rc
ov_slog_head(struct ov_db *db, uint64_t *size, struct ov_buf *note,
    struct ov_err *e)
{
	sqlite3_stmt *st;
	enum ov_rc rc;
	bool row;

	*size = 0;
	rc = ov_db_q(db, &st, e, "SELECT omvang,note FROM hoofd WHERE een=1",
	    "");
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(db, st, &row, e);
	if (rc == OV_OK && row) {
		*size = (uint64_t)ov_db_i64(st, 0);
		ov_buf_str(note, ov_db_text(st, 1));
		rc = ov_buf_ok(note, e);
	}
	ov_db_done(db, st);
	return rc;
}

enum ov_rc
ov_slog_set_head(struct ov_db *db, uint64_t size, struct ov_view note,
    int64_t now, struct ov_err *e)
{
	return ov_db_run(db, e,
	    "INSERT INTO hoofd(een,omvang,note,tijd)"
	    " VALUES(1,?1,CAST(?2 AS TEXT),?3) ON CONFLICT(een) DO UPDATE SET"
	    " omvang=excluded.omvang,note=excluded.note,tijd=excluded.tijd",
	    "ivi", (int64_t)size, note, now);
}

enum ov_rc
ov_slog_leaf(struct ov_db *db, uint64_t idx, struct ov_buf *text,
    struct ov_err *e)
{
	sqlite3_stmt *st;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(db, &st, e, "SELECT tekst FROM blad WHERE idx=?1", "i",
	    (int64_t)idx);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(db, st, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_DENIED, "log: no leaf %llu",
		    (unsigned long long)idx);
	if (rc == OV_OK) {
		v = ov_db_blob(st, 0);
		ov_buf_add(text, v.p, v.n);
		rc = ov_buf_ok(text, e);
	}
	ov_db_done(db, st);
	return rc;
}
