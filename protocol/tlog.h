/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/tlog.h - the exchange log: leaf text, Merkle tree in C2SP hash
 * tiles, proofs, checkpoint and tlog-proof.
 *
 * Pure: what is stored is read through callbacks and written through an emit
 * callback.  RFC 6962 2.1 hashes, RFC 9162 2.1.3.2 and 2.1.4.2 verification.
 * docs/protocol.md, "Log".
 */
#ifndef OV_PROTOCOL_TLOG_H
#define OV_PROTOCOL_TLOG_H

#include "protocol/note.h"
#include "protocol/oin.h"
#include "protocol/rd.h"

struct ov_digest {
	uint8_t b[32];
};

/* ---- leaf ---- */

enum ov_leaf_soort {
	OV_LEAF_START,
	OV_LEAF_VERZENDING,
	OV_LEAF_ONTVANGST,
	OV_LEAF_ONTVANGSTBEWIJS,
	OV_LEAF_COMPLEET,
	OV_LEAF_KOPPELING,
	OV_LEAF_INZIEN,
	OV_LEAF_WEIGERING,
	OV_LEAF_VERNIETIGING,
	OV_LEAF_OPRF,
	OV_LEAF_SLEUTELS,
	OV_LEAF_ADRESBOEK,
	OV_LEAF_EPOCH,
	OV_LEAF_HERSTEL,
	OV_LEAF_N
};

const char *ov_leaf_soort_name(enum ov_leaf_soort);

struct ov_leaf {
	int64_t tijd; /* seconds UTC; written and read back as its hour */
	enum ov_leaf_soort soort;
	struct ov_oin partij;
	uint8_t ref[32];
	/* OV_LEAF_OPRF only */
	struct ov_oin domein;
	uint32_t epoch;
	uint32_t deel;
	uint32_t aantal;
};

/* Append the leaf's text, every line with its LF. */
OV_MUST_CHECK enum ov_rc ov_leaf_text(struct ov_buf *, const struct ov_leaf *,
    struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_leaf_parse(const void *p, size_t n,
    struct ov_leaf *out, struct ov_err *e);
/* ref of every leaf about a message:
 * HMAC-SHA-256(salt, "overstapd/logref/v1" 00 sha256(JWE) jti). */
void ov_leaf_ref(uint8_t ref[32], const uint8_t salt[32],
    const uint8_t sha256_jwe[32], const uint8_t jti[16]);

OV_MUST_CHECK enum ov_rc ov_tlog_leaf_hash(struct ov_digest *out,
    const void *leaf, size_t n);
OV_MUST_CHECK enum ov_rc ov_tlog_node_hash(struct ov_digest *out,
    const struct ov_digest *l, const struct ov_digest *r);

/* ---- tree ---- */

#define OV_TILE_WIDTH 256
#define OV_TILE_LEVELS 7                /* 2^56 leaves */
#define OV_TLOG_MAX (UINT64_C(1) << 53) /* leaves; a JSON integer */
#define OV_TLOG_PATH_MAX 64

/* Roots of the complete subtrees along the right edge: bit k of size set
 * means h[k] is that of 2^k leaves. */
struct ov_tlog_edge {
	uint64_t size;
	struct ov_digest h[64];
};

OV_MUST_CHECK enum ov_rc ov_tlog_edge_add(struct ov_tlog_edge *,
    const struct ov_digest *leaf, struct ov_err *e);
/* Root; of an empty tree SHA-256(""). */
OV_MUST_CHECK enum ov_rc ov_tlog_edge_root(const struct ov_tlog_edge *,
    struct ov_digest *out, struct ov_err *e);

/* Read tile (level, nr), of which at least n hashes exist, into out[0..n). */
typedef enum ov_rc ov_tile_read(void *arg, unsigned level, uint64_t nr,
    unsigned n, struct ov_digest *out, struct ov_err *e);
/* Write tile (level, nr), replacing what was there; n is 1..256. */
typedef enum ov_rc ov_tile_write(void *arg, unsigned level, uint64_t nr,
    unsigned n, const struct ov_digest *h, struct ov_err *e);

/* The growing end of a log: the last tile of each level.  About 58 KiB, may be
 * copied by assignment to go back to an earlier state. */
struct ov_tlog {
	uint64_t size;
	unsigned n[OV_TILE_LEVELS]; /* hashes in the last tile, 0..255 */
	unsigned dirty;             /* bit per level */
	struct ov_digest tile[OV_TILE_LEVELS][OV_TILE_WIDTH];
};

/* From storage; the zeroed struct is the empty log. */
OV_MUST_CHECK enum ov_rc ov_tlog_load(struct ov_tlog *, uint64_t size,
    ov_tile_read *read, void *arg, struct ov_err *e);
/* Append one leaf hash; tiles that became full are written at once. */
OV_MUST_CHECK enum ov_rc ov_tlog_add(struct ov_tlog *,
    const struct ov_digest *leaf, ov_tile_write *write, void *arg,
    struct ov_err *e);
/* Write the changed tiles that are not full: once per batch. */
OV_MUST_CHECK enum ov_rc ov_tlog_flush(struct ov_tlog *, ov_tile_write *write,
    void *arg, struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_tlog_root(const struct ov_tlog *,
    struct ov_digest *out, struct ov_err *e);

/* Hashes in tile (level, nr) of a log of this size; 0: there is no such
 * tile. */
unsigned ov_tile_width(uint64_t size, unsigned level, uint64_t nr);

/* Where proofs read: the hash of the complete subtree "index" of 2^level
 * leaves. */
typedef enum ov_rc ov_tlog_read(void *arg, unsigned level, uint64_t index,
    struct ov_digest *out, struct ov_err *e);

/* An ov_tlog_read over tiles: arg is a struct ov_tlog_tiles. */
struct ov_tlog_tiles {
	ov_tile_read *read;
	void *arg;
};
OV_MUST_CHECK enum ov_rc ov_tlog_read_tiles(void *tiles, unsigned level,
    uint64_t index, struct ov_digest *out, struct ov_err *e);

struct ov_tlog_path {
	size_t n;
	struct ov_digest h[OV_TLOG_PATH_MAX];
};

OV_MUST_CHECK enum ov_rc ov_tlog_inclusion(uint64_t index, uint64_t size,
    ov_tlog_read *read, void *arg, struct ov_tlog_path *out, struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_tlog_consistency(uint64_t old, uint64_t size,
    ov_tlog_read *read, void *arg, struct ov_tlog_path *out, struct ov_err *e);

/* OV_BADSIG when the proof does not lead to the root. */
OV_MUST_CHECK enum ov_rc ov_tlog_verify_inclusion(uint64_t index, uint64_t size,
    const struct ov_digest *leaf, const struct ov_digest *path, size_t n,
    const struct ov_digest *root, struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_tlog_verify_consistency(uint64_t old, uint64_t size,
    const struct ov_digest *oldroot, const struct ov_digest *root,
    const struct ov_digest *path, size_t n, struct ov_err *e);

/* ---- checkpoint ---- */

struct ov_checkpoint {
	char origin[OV_NOTE_NAME_MAX + 1];
	uint64_t size;
	struct ov_digest root;
};

/* Append the three lines that are signed. */
OV_MUST_CHECK enum ov_rc ov_checkpoint_text(struct ov_buf *,
    const struct ov_checkpoint *, struct ov_err *e);
/* The text of a note (ov_note.text), exactly three lines. */
OV_MUST_CHECK enum ov_rc ov_checkpoint_parse(struct ov_view text,
    struct ov_checkpoint *out, struct ov_err *e);

/* "<logdomein>/regio/<regio>/log/<OIN>", for n >= 2 with "/<n>". */
OV_MUST_CHECK enum ov_rc ov_log_origin(char out[OV_NOTE_NAME_MAX + 1],
    const char *logdomein, const char *regio, const struct ov_oin *oin,
    uint32_t n, struct ov_err *e);
/* Which n >= 1 of this member's origins it is; 0: none of them. */
uint32_t ov_log_origin_number(const char *origin, const char *logdomein,
    const char *regio, const struct ov_oin *oin);
/* "<logdomein>/regio/<regio>/getuige/<OIN>". */
OV_MUST_CHECK enum ov_rc ov_witness_name(char out[OV_NOTE_NAME_MAX + 1],
    const char *logdomein, const char *regio, const struct ov_oin *oin,
    struct ov_err *e);

/* Parse a checkpoint note, check that the log key pk signed it under the name
 * that is its origin line, and give the checkpoint.  note may be NULL. */
OV_MUST_CHECK enum ov_rc ov_checkpoint_open(const void *p, size_t n,
    const uint8_t pk[32], struct ov_checkpoint *out, struct ov_note *note,
    struct ov_err *e);

/* ---- tlog-proof ---- */

#define OV_PROOF_TEXT_MAX ((size_t)16 << 10) /* with its checkpoint */

struct ov_tlog_proof {
	uint64_t index;
	struct ov_tlog_path path;
	struct ov_view note; /* the checkpoint, in the caller's bytes */
};

void ov_tlog_proof_text(struct ov_buf *, const struct ov_tlog_proof *);
OV_MUST_CHECK enum ov_rc ov_tlog_proof_parse(const void *p, size_t n,
    struct ov_tlog_proof *out, struct ov_err *e);
/* Path from leaf to the checkpoint's root, exactly as long as RFC 9162 says.
 * The checkpoint's signature is ov_checkpoint_open()'s. */
OV_MUST_CHECK enum ov_rc ov_tlog_proof_verify(const struct ov_tlog_proof *,
    const struct ov_digest *leaf, const struct ov_checkpoint *,
    struct ov_err *e);

#endif
