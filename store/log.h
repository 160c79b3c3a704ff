/* SPDX-License-Identifier: EUPL-1.2 */
/* store/log.h - our exchange log in main.db: leaves, hash tiles, signed head.
 *
 * Leaves are added inside the caller's transaction; ov_slog_flush() writes the
 * changed tiles and gives the root to be signed.  After COMMIT the caller says
 * ov_slog_committed(), after ROLLBACK ov_slog_back().  Before anything signed
 * leaves the process, ov_slog_reread() recomputes the root from a second,
 * read-only connection (ARCHITECTURE.md, invariant 6).
 */
#ifndef OV_STORE_LOG_H
#define OV_STORE_LOG_H

#include "protocol/tlog.h"
#include "store/db.h"

/* Hashes of complete subtrees inside one tile, computed once: they never
 * change while the tile grows.  A rollback forgets them. */
struct ov_slog_memo {
	bool used;
	unsigned level; /* of the tile */
	uint64_t nr, turn;
	bool have[8][OV_TILE_WIDTH];
	struct ov_digest h[8][OV_TILE_WIDTH];
};
#define OV_SLOG_MEMOS 6

struct ov_slog {
	struct ov_db *db;
	struct ov_tlog now; /* with the open transaction */
	struct ov_tlog was; /* as committed */
	struct ov_slog_memo memo[OV_SLOG_MEMOS];
	uint64_t turn;
};

/* Load the right edge; checks that leaves and tiles agree in number. */
OV_MUST_CHECK enum ov_rc ov_slog_open(struct ov_slog *, struct ov_db *,
    struct ov_err *);
/* Append one leaf; *idx and *text (appended to, may be NULL) are its place
 * and its bytes. */
OV_MUST_CHECK enum ov_rc ov_slog_add(struct ov_slog *, const struct ov_leaf *,
    uint64_t *idx, struct ov_buf *text, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_slog_flush(struct ov_slog *, struct ov_digest *root,
    struct ov_err *);
/* Inclusion path of leaf idx in the tree as it is now (after flush). */
OV_MUST_CHECK enum ov_rc ov_slog_path(struct ov_slog *, uint64_t idx,
    struct ov_tlog_path *, struct ov_err *);
void ov_slog_committed(struct ov_slog *);
void ov_slog_back(struct ov_slog *);

/* From `from` (a state whose root was verified before) add the leaves that ro
 * reads up to size, and load the tiles that ro reads: both roots must be
 * `root`.  OV_DAMAGED otherwise: sign nothing more. */
OV_MUST_CHECK enum ov_rc ov_slog_reread(struct ov_db *ro,
    const struct ov_tlog *from, uint64_t size, const struct ov_digest *root,
    struct ov_err *);
/* The whole tree from leaf 0, from the file; nightly and `log verify`. */
OV_MUST_CHECK enum ov_rc ov_slog_recompute(struct ov_db *ro, uint64_t size,
    struct ov_digest *root, struct ov_err *);

/* Newest signed checkpoint note; empty text when there is none yet. */
OV_MUST_CHECK enum ov_rc ov_slog_head(struct ov_db *, uint64_t *size,
    struct ov_buf *note, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_slog_set_head(struct ov_db *, uint64_t size,
    struct ov_view note, int64_t now, struct ov_err *);
/* Leaf text; OV_DENIED when there is no such leaf. */
OV_MUST_CHECK enum ov_rc ov_slog_leaf(struct ov_db *, uint64_t idx,
    struct ov_buf *text, struct ov_err *);
/* ov_tile_read over a database; arg is a struct ov_db. */
enum ov_rc ov_slog_tile(void *arg, unsigned level, uint64_t nr, unsigned n,
    struct ov_digest *out, struct ov_err *);

#endif
