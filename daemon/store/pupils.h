/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pupils.h - a load of pupils inside: what pupils.c (the load as
 * a whole) and pupils_rows.c (a batch of its rows) share; ctl.h has the rest.
 */
#ifndef OV_DAEMON_STORE_PUPILS_H
#define OV_DAEMON_STORE_PUPILS_H

#include "daemon/store/ctl.h"

#define OV_ROWS_MAX 64 /* rows of one batch, and of one transaction */

/* A pupil that is there; nr 0: none. */
struct ov_have {
	int64_t nr;
	uint8_t id[16];
	int64_t versie;
	bool data;   /* something is sealed in `gegevens` */
	bool zonder; /* has no number */
	bool ref;    /* has an own reference, whose tag this is: */
	uint8_t tag[16];
};

/* A row as it was read; its texts lie in the JSON of the load. */
struct ov_row {
	const char *ref, *pgn, *born, *school; /* pgn and school may be "" */
	const char *meer[OV_MEER_N];           /* may be "" */
	int64_t rij;
};

struct ov_item {
	struct ov_row r;
	uint8_t tag[16];
	struct ov_want want;      /* of its number; the caller wipes it */
	struct ov_have old;       /* who has its reference */
	struct ov_have h;         /* who has its number, or else `old` */
	const char *kolom, *code; /* its fault; NULL: none */
	bool changed;             /* by ov_rows_store() */
};

/* Ours with this tag of a reference, or (NULL) with this number. */
OV_MUST_CHECK enum ov_rc ov_have_find(struct ov_store *, const uint8_t *tag,
    int64_t nr, struct ov_have *, struct ov_err *);
/* In the open transaction: forget a pupil. */
OV_MUST_CHECK enum ov_rc ov_pupil_drop(struct ov_store *, int64_t nr,
    const uint8_t id[16], struct ov_err *);
/* Judge up to OV_ROWS_MAX rows, of which only `r` is filled in, against what
 * is there; changes nothing.  A row that takes the number of another reference
 * is at fault, also where this file gives that one another number. */
OV_MUST_CHECK enum ov_rc ov_rows_judge(struct ov_store *, struct ov_item *,
    size_t n, struct ov_err *);
/* In the open transaction, and judged in the same: store rows without fault. */
OV_MUST_CHECK enum ov_rc ov_rows_store(struct ov_store *, struct ov_item *,
    size_t n, struct ov_err *);

#endif
