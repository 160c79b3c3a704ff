/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/herhaling.h - at most one notice per 7 calendar days about the same
 * continuous absence (DUO, verzuim: melding doorgeven).
 *
 * Judged on the days in the notices, not on when they were sent, so that the
 * answer does not depend on a network that was down.  The day of a notice is
 * its einddatum (the day the 16th hour was reached), or its begindatum where
 * the absence has not ended.  Two notices are about the same continuous absence
 * when no working day lies between them: weekends and public holidays
 * (protocol/kalender.h) interrupt nothing.  A school's own holidays are not
 * looked at: the receiver does not know them, and both ends must find the same
 * (docs/decisions/013-working-days.md).
 */
#ifndef OV_PROTOCOL_HERHALING_H
#define OV_PROTOCOL_HERHALING_H

#include "protocol/kalender.h"

#define OV_VERZUIM_DAGEN 7

struct ov_verzuim {
	struct ov_date begin;
	bool beeindigd; /* eind is there */
	struct ov_date eind;
};

/* One of the two is too many: the same absence, and less than 7 days apart.  In
 * either order. */
bool ov_verzuim_binnen_7(const struct ov_kalender *, const struct ov_verzuim *,
    const struct ov_verzuim *);

#endif
