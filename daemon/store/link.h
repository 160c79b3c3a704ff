/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/link.h - one waiting dossier and its pupil, as link.c (on its
 * own) and link_hand.c (a person decides) handle them.
 */
#ifndef OV_DAEMON_STORE_LINK_H
#define OV_DAEMON_STORE_LINK_H

#include "daemon/store/ctl.h"

#define OV_HITS 64

/* One waiting dossier and the pupil its tag names. */
struct ov_hit {
	int64_t nr, leerling, partner;
	uint32_t ep;
	bool twice; /* tags of two pupils */
	uint8_t id[16], wrap[OV_WRAP];
	uint64_t versie;
	struct ov_buf blob, bewijs;
	uint8_t pupil[16], pwrap[OV_WRAP], y[OV_YBLOB];
	struct ov_buf jws, sealed;
	bool same;   /* birth dates are equal */
	bool broken; /* cannot be read: it is set aside */
	bool later;  /* its pupil or partner cannot be used now: it waits */
	bool aside;  /* its pupil cannot be read, and is set aside */
	uint8_t ref[32];
};

/* Free and wipe n hits. */
void ov_hits_free(struct ov_hit *, size_t n);
/* From a row b.nr, b.id, b.partner, b.ep, b.versie, b.inhoud, b.bewijs, l.nr,
 * l.id, l.y; with both wraps. */
OV_MUST_CHECK enum ov_rc ov_hit_read(struct ov_store *, sqlite3_stmt *,
    struct ov_hit *, struct ov_err *);
/* jws of each, opened with its pupil's pseudonym; or broken, or later. */
OV_MUST_CHECK enum ov_rc ov_hits_open(struct ov_store *, struct ov_hit *,
    size_t n, struct ov_err *);
/* ref: what every leaf about the message has. */
OV_MUST_CHECK enum ov_rc ov_hit_ref(struct ov_store *, struct ov_hit *,
    struct ov_err *);
/* sealed: those with the same birth date, under the record key alone. */
OV_MUST_CHECK enum ov_rc ov_hits_seal(struct ov_store *, struct ov_hit *,
    size_t n, struct ov_err *);
/* States and leaves, one transaction. */
OV_MUST_CHECK enum ov_rc ov_hits_write(struct ov_store *, const struct ov_hit *,
    size_t n, struct ov_err *);

/* One pupil that cannot be read is not the others' trouble. */
OV_MUST_CHECK enum ov_rc ov_pupil_aside(struct ov_store *, int64_t nr,
    struct ov_err *);

/* What a municipality or Doorstroompunt received open, linked by pseudonym to
 * its own population (link_open.c): a batch, one transaction.  *worked: there
 * may be more. */
OV_MUST_CHECK enum ov_rc ov_link_open(struct ov_store *, bool *worked,
    struct ov_err *);

/* Undo such a link, in the open transaction: nothing is closed by it, for it
 * was sent open.  A status is about nobody known again; the pair is never
 * joined again.  OV_DENIED: it is not linked that way. */
OV_MUST_CHECK enum ov_rc ov_link_open_undo(struct ov_store *, int64_t nr,
    const char *reden, uid_t, struct ov_err *);
/* Note, in the open transaction, that somebody else's message was open. */
OV_MUST_CHECK enum ov_rc ov_link_breach(struct ov_store *, int64_t nr, uid_t,
    struct ov_err *);

/* Both sides of a doubt, as dates, and whose: nothing else of the message is
 * shown to anybody.  *known is false when it is no doubt any more, or cannot
 * be opened now. */
OV_MUST_CHECK enum ov_rc ov_link_doubt(struct ov_store *, int64_t nr,
    char theirs[OV_DATE_SIZE], char ours[OV_DATE_SIZE], int64_t *leerling,
    bool *known, struct ov_err *);

/* The daily run of link results, where it is (link_run.c). */
struct ov_run {
	bool busy;
	int64_t partner, seq, day;
};
/* Every second: note what partners said, and go on with the run. */
void ov_link_answers(struct ov_store *, struct ov_run *);

#endif
