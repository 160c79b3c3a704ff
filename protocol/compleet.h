/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/compleet.h - how complete a dossier is, per part: which fields
 * count is data (compleet.json), dated, with its source.
 *
 * Not what the law or a schema requires of a message (protocol/types.h), but
 * what the region agreed that a good dossier holds: what a part lacks does not
 * keep it from being sent.  A part with a condition ("als": a field that is
 * ja or nee) counts only where that field is ja.
 */
#ifndef OV_PROTOCOL_COMPLEET_H
#define OV_PROTOCOL_COMPLEET_H

#include "protocol/types.h"

#define OV_DELEN_N 4 /* algemeen, A, B, C: the order of ov_deel_names */
#define OV_COMPLEET_VELDEN_MAX 40

struct ov_compleet;

/* types is borrowed; *out is given (ov_compleet_free).  OV_BADMSG names file
 * and element: a field that does not exist, one of another part, two rows for
 * one part on one day. */
OV_MUST_CHECK enum ov_rc ov_compleet_load(const struct ov_types *,
    struct ov_view text, struct ov_compleet **out, struct ov_err *);
void ov_compleet_free(struct ov_compleet *);

struct ov_deel_stand {
	bool telt; /* there is a row for it, and its condition holds */
	unsigned er, nodig;
	size_t n; /* pointers of what is missing; live with the tables */
	const char *ontbreekt[OV_COMPLEET_VELDEN_MAX];
};
/* On the day, "YYYY-MM-DD". */
void ov_compleet_of(const struct ov_compleet *, const char *srt,
    const json_t *inhoud, const char *datum,
    struct ov_deel_stand out[OV_DELEN_N]);

#endif
