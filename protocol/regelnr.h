/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/regelnr.h - on which line of a table the loader's complaint is.
 *
 * A loader names an element by steps, "matrix.json: rijen 3: voorwaarden 0:
 * lid: ...".  This walks the text of the table along those steps: a step
 * "<list> <number>" ("<list>[<number>]", "<list>/<number>") is the element of the list of that name (or of "regels"
 * for "regel", as the loaders say it), a word that is the name of a group that
 * group, "byte <number>" a place in a text that is no JSON.  Any other word is
 * passed over.
 */
#ifndef OV_PROTOCOL_REGELNR_H
#define OV_PROTOCOL_REGELNR_H

#include "protocol/rd.h"

/* The line, from 1, of the innermost element that is found; 1 if none is. */
size_t ov_regelnr(struct ov_view text, const char *klacht);

#endif
