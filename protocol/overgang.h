/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/overgang.h - which overstapstatus may follow which.
 *
 * The steps are data/overgangen.json, dated rows with their source.  Status is
 * per application, one `zaak` for each application and pair of partners, so
 * this never looks at a pupil's other applications.
 *
 * Reachable is enough: a receiver that gets only some of the statuses
 * (a municipality, a school that joined later) sees steps left out, and so does
 * one whom a status overtook on the way.  No status is reached from itself, so
 * of two different ones at most one order is right.
 */
#ifndef OV_PROTOCOL_OVERGANG_H
#define OV_PROTOCOL_OVERGANG_H

#include "protocol/types.h"

struct ov_overgangen;

/* *out is given (ov_overgangen_free); it borrows nothing.  OV_BADMSG names the
 * element: a code that is not in the list "overstapstatus", one step twice at
 * one time, a way back. */
OV_MUST_CHECK enum ov_rc ov_overgangen_load(const struct ov_types *,
    struct ov_view text, struct ov_overgangen **out, struct ov_err *);
void ov_overgangen_free(struct ov_overgangen *);

/* May status naar come after status van, by the steps in force on the day of
 * naar ("YYYY-MM-DD")?  The same status again is no step and may. */
bool ov_overgang_mag(const struct ov_overgangen *, const char *van,
    const char *naar, const char *datum);

#endif
