/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/onderdruk.h - which counts of an aggregated `terugkoppeling` are
 * sent, and which are suppressed.
 *
 * A row is the four outcomes of the same pupils on one day of measurement.  A
 * count under 5 is suppressed.  Others go with it until no suppressed count
 * can be worked out: each must have at least OV_OD_WAARDEN possible values for
 * a receiver who knows
 *   - everything that it was sent about this row in the year,
 *   - how many pupils the row is about (they were its own), and
 *   - that between two days nobody who did not start starts after all, and
 *     who dropped out or switched stays so (where the counts themselves
 *     contradict that, the two days tell nothing about each other).
 * A possible value is one of a solution in whole numbers from 0.
 *
 * Only solutions in which every count is at most two from the true one are
 * looked at.  Those are solutions, so what is called safe is safe; what is
 * missed suppresses more than it must.
 */
#ifndef OV_PROTOCOL_ONDERDRUK_H
#define OV_PROTOCOL_ONDERDRUK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OV_OD_MIN 5
#define OV_OD_WAARDEN 3
#define OV_OD_DAGEN_MAX 24 /* days of measurement in a year */

enum ov_od_uitkomst {
	OV_OD_GESTART,
	OV_OD_NIET_GESTART,
	OV_OD_UITGEVALLEN,
	OV_OD_GESWITCHT,
	OV_OD_N
};
/* "gestart", ...: codes of the list terugkoppelingUitkomst. */
const char *ov_od_naam(enum ov_od_uitkomst);
/* OV_OD_N: none of them. */
enum ov_od_uitkomst ov_od_van(const char *);

struct ov_od_rij {
	uint32_t aantal[OV_OD_N]; /* each at most OV_TELLING_MAX */
	bool onderdrukt[OV_OD_N];
};

/* n rows in the order of their days, n at most OV_OD_DAGEN_MAX.  Has every
 * suppressed count of every row enough possible values? */
bool ov_od_veilig(const struct ov_od_rij *, size_t n);
/* Decide what is suppressed of row `nieuw`, given the others as they were
 * sent: as few counts as can be, and of those the smallest.  False: no choice
 * is safe, and the row may not be sent at all. */
bool ov_od_kies(struct ov_od_rij *, size_t n, size_t nieuw);

#endif
