/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_duo.h - DUO's monthly vsv file (semicolon CSV, dd-mm-jjjj) beside
 * the same month of what was exchanged.
 *
 * The file holds names and numbers of people.  It is read into memory, compared
 * and forgotten: nothing of it is stored, and the comparison names its rows by
 * their line and ours by number and own reference.
 */
#ifndef OV_TOOLS_CMD_DUO_H
#define OV_TOOLS_CMD_DUO_H

#include <jansson.h>

#include "protocol/rd.h"

#define OV_DUO_ROWS_MAX 100000

/* Rows of the file as objects of texts, with the number "regel"; kolommen is
 * that of `report duo`: a header it does not have, one that stands twice, or
 * the absence of a column that is compared refuses the file (OV_BADMSG). *out
 * is given. */
OV_MUST_CHECK enum ov_rc ov_duo_read(const void *p, size_t n,
    const json_t *kolommen, json_t **out, struct ov_err *);
/* Both sides by PGN where both have one, else by BRIN, birth date and surname,
 * within the month ("2026-02").  *rows {uitkomst, brin, gemeente, datum, regel,
 * nr, eigenReferentie, verschil}, given: uitkomst is beide, verschil,
 * alleen-duo or alleen-hier.  end gets the columns, the title and the
 * totals. */
OV_MUST_CHECK enum ov_rc ov_duo_compare(const json_t *duo, const json_t *hier,
    const char *maand, json_t *end, json_t **rows, struct ov_err *);

#endif
