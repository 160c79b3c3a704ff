/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/inzage.h - a draft as pupil or parents read it before it is sent:
 * every field in Dutch words, no code without its text.  And from which age
 * the pupil decides.
 *
 * The words and the age are data (inzage.json), dated, with source.  A field
 * without a word of its own is named by its own name, taken apart.
 */
#ifndef OV_PROTOCOL_INZAGE_H
#define OV_PROTOCOL_INZAGE_H

#include "protocol/types.h"

struct ov_inzage;

/* types is borrowed; *out is given (ov_inzage_free).  OV_BADMSG names file and
 * element. */
OV_MUST_CHECK enum ov_rc ov_inzage_load(const struct ov_types *,
    struct ov_view text, struct ov_inzage **out, struct ov_err *);
void ov_inzage_free(struct ov_inzage *);

/* The page: [{"diepte":0,"kop":"Achternaam","waarde":"Jansen"}, ...], given;
 * diepte 0 without waarde is the heading of a part, then come the fields in
 * the order of the type, groups deeper.  NULL: out of memory. */
json_t *ov_inzage_regels(const struct ov_inzage *, const char *srt,
    const json_t *inhoud, const char *datum);
/* Whole years from which the pupil decides, on the day; 0: no such row. */
unsigned ov_inzage_leeftijd(const struct ov_inzage *, const char *datum);
/* The word for a field; NULL: it has none of its own. */
const char *ov_inzage_kop(const struct ov_inzage *, const char *veld);

#endif
