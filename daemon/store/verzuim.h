/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verzuim.h - absence of our own pupils: rows come in
 * (verzuim_in.c), are judged, and become drafts of `verzuimmelding`
 * (verzuim.c).  Nothing is sent from here.
 *
 * All days of a pupil are one sealed record, found by the keyed tag of its own
 * reference; days before the previous school year are dropped at the next
 * import.  An import replaces the days it names and leaves the others, so the
 * same file again changes nothing, and a day with 0 hours takes one back.
 */
#ifndef OV_DAEMON_STORE_VERZUIM_H
#define OV_DAEMON_STORE_VERZUIM_H

#include "daemon/store/ctl.h"
#include "protocol/verzuim.h"

/* Two school years have 731 days. */
#define OV_VERZUIM_DAGEN_MAX 800
#define OV_VERZUIM_REF_MAX 64

/* One pupil; ov_verzuim_wipe() before it goes out of scope. */
struct ov_verzuim_rec {
	int64_t nr, versie; /* 0: new */
	uint8_t id[16], wrap[OV_WRAP];
	char ref[OV_VERZUIM_REF_MAX * 4 + 1];
	bool has_geboren;
	struct ov_date geboren;
	size_t n;
	struct ov_verzuimdag dag[OV_VERZUIM_DAGEN_MAX];
};
void ov_verzuim_wipe(struct ov_verzuim_rec *);
/* By number, or by tag where it is not NULL; nr 0 afterwards: there is none. */
OV_MUST_CHECK enum ov_rc ov_verzuim_read(struct ov_store *, int64_t nr,
    const uint8_t *tag, struct ov_verzuim_rec *, struct ov_err *);
/* In the open transaction: seal and store; to be judged again. */
OV_MUST_CHECK enum ov_rc ov_verzuim_write(struct ov_store *,
    const uint8_t tag[16], struct ov_verzuim_rec *, struct ov_err *);

/* ---- an import (verzuim_in.c) ---- */

struct ov_verzuim_in;
struct ov_verzuim_sum {
	int64_t regels, leerlingen, gewijzigd, fout;
};
/* proef: judge the rows only. */
OV_MUST_CHECK enum ov_rc ov_verzuim_in_new(struct ov_store *, bool proef,
    struct ov_verzuim_in **out, struct ov_err *);
void ov_verzuim_in_free(struct ov_verzuim_in *);
/* A row of docs/control.md; its faults are kept, up to 1,000. */
void ov_verzuim_in_row(struct ov_verzuim_in *, const json_t *row);
/* All rows are there: store the next 64 pupils; *done after the last.  With
 * one fault nothing is stored. */
OV_MUST_CHECK enum ov_rc ov_verzuim_in_step(struct ov_verzuim_in *, bool *done,
    struct ov_err *);
void ov_verzuim_in_progress(const struct ov_verzuim_in *, int64_t *done,
    int64_t *total);
const struct ov_verzuim_sum *ov_verzuim_in_sum(const struct ov_verzuim_in *);
const json_t *ov_verzuim_in_faults(const struct ov_verzuim_in *);

/* After a change of the holidays, in the open transaction: everybody is judged
 * again at the next ov_verzuim_kick(). */
OV_MUST_CHECK enum ov_rc ov_verzuim_again(struct ov_store *, struct ov_err *);

/* Rows of holidays that are kept. */
#define OV_VAKANTIES_MAX 400

/* The name under which drafts of ours are imported: theirs have a file's. */
#define OV_VERZUIM_BESTAND "(verzuimregels)"

#endif
