/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/verzuim.h - from missed lessons to the notice they oblige to.
 *
 * The rules (LPW 21a; WEB 8.1.8a; DUO, "Soorten verzuim"), with the numbers of
 * data/kalender.json:
 *
 *  - 16 hours of lessons within four consecutive lesson weeks is a signal.  A
 *    week counts from Monday; one without a single lesson day is no lesson
 *    week, so four lesson weeks go on behind a holiday.  Hours are hundredths
 *    and added exactly: 15.99 is no signal.
 *  - It begins on the first day of absence within those weeks and ends on the
 *    day on which the sixteenth hour was reached.  What comes after that day
 *    counts anew.
 *  - While the pupil has not been back for one lesson day, there is at most
 *    one notice in seven calendar days; the hours go on counting meanwhile.
 *  - Four weeks of missing every lesson is a signal of its own: it is reached
 *    on the last lesson day before 28 days of lesson weeks are full.  From 18
 *    it is the only one: the 16 hours do not bind there.
 *
 * An absence on a day without lessons does not count.  Pure: no clock, no
 * I/O; n days cost n steps.
 */
#ifndef OV_PROTOCOL_VERZUIM_H
#define OV_PROTOCOL_VERZUIM_H

#include "protocol/kalender.h"

/* ---- when there are lessons ------------------------------------------- */

struct ov_vakantie {
	int32_t van, tot; /* days since 1970, both free */
};

/* School years in one timetable. */
#define OV_ROOSTER_JAREN_MAX 12

struct ov_rooster;

/* jaren: the school years whose holidays are known, ascending; vakanties: all
 * of them, in any order.  *out is given.  OV_TOOBIG: the years span more than
 * OV_ROOSTER_JAREN_MAX; OV_BADMSG: none, or not ascending. */
OV_MUST_CHECK enum ov_rc ov_rooster_new(const struct ov_kalender *,
    const int16_t *jaren, size_t njaren, const struct ov_vakantie *, size_t n,
    struct ov_rooster **out, struct ov_err *);
void ov_rooster_free(struct ov_rooster *);
/* The holidays of this day's school year are known. */
bool ov_rooster_kent(const struct ov_rooster *, int32_t dag);
/* Monday to Friday, no public holiday and no school holiday; of a day whose
 * year is not known: false. */
bool ov_rooster_les(const struct ov_rooster *, int32_t dag);

/* ---- absence ---------------------------------------------------------- */

struct ov_verzuimdag {
	int32_t dag;            /* since 1970 */
	uint16_t lesuren;       /* bit n - 1: the n-th lesson was missed */
	int32_t gemist, totaal; /* hundredths of an hour; totaal 0: unknown */
};

enum ov_signaal_soort { OV_SIGNAAL_UREN, OV_SIGNAAL_LANG };

struct ov_signaal {
	enum ov_signaal_soort soort;
	int32_t begin, eind; /* first day of absence, day it was reached */
	int32_t gemist;      /* hundredths, of those days */
	size_t van, tot;     /* the days it counts: dagen[van..tot) */
	bool meerderjarig;   /* on the day it was reached */
	bool heel;           /* every lesson of those days was missed */
};

typedef enum ov_rc ov_signaal_fn(void *arg, const struct ov_signaal *,
    struct ov_err *);

/* All signals of one pupil, in time order.  dagen: ascending, each day once
 * (else OV_BADMSG).  geboren: NULL when unknown; then nobody is of age.
 * OV_DENIED, and the school year in *jaar: its holidays are not known, so
 * nothing is said (and fn was not called). */
OV_MUST_CHECK enum ov_rc ov_verzuim_oordeel(const struct ov_kalender *,
    const struct ov_rooster *, const struct ov_verzuimdag *dagen, size_t n,
    const struct ov_date *geboren, ov_signaal_fn *fn, void *arg, int *jaar,
    struct ov_err *);

#endif
