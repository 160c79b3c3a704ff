/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rotatie.h - what the two files of record keys share:
 * recordsleutel.c (one key, and its destruction) and rotatie.c (generations). */
#ifndef OV_STORE_ROTATIE_H
#define OV_STORE_ROTATIE_H

#include "daemon/store/role.h"

enum fase { RUST, OUDE, JONGE, OPRUIMEN };

struct ov_rotatie {
	struct ov_db *keys; /* keys.<kek>.db, or NULL: no rotation yet */
	struct ov_db *next; /* keys.<kek + 1>.db while one is made */
	enum fase fase;
	uint8_t cursor[16];
	bool begun;     /* the cursor has a value */
	size_t n, room; /* keys made since the rotation began */
	uint8_t (*nieuw)[16];
	struct ov_timer timer;
	int64_t niet_voor; /* after one that failed: not before */
};

/* Is a rotation under way whose copy must hear of new keys? */
static inline bool
ov_rotatie_copying(const struct ov_rotatie *r)
{
	return r->fase == OUDE || r->fase == JONGE;
}

/* The wrap of a record's key by a statement of two parameters (id, gen). */
OV_MUST_CHECK enum ov_rc ov_key_look_up(struct ov_db *, const char *sql,
    const uint8_t id[16], int64_t gen, uint8_t wrap[OV_WRAP], bool *found,
    struct ov_err *);
/* The oldest of te_vernietigen; *n is how many went. */
OV_MUST_CHECK enum ov_rc ov_key_redo(struct ov_store *, size_t *n,
    struct ov_err *);

#endif
