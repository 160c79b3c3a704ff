/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/pgn.h - the number of a pupil: a BSN, or an onderwijsnummer for who
 * has none.
 *
 * Both are nine digits abcdefghi with s = 9a+8b+7c+6d+5e+4f+3g+2h-i: a BSN has
 * s = 0 (mod 11) and is not all zeros; an onderwijsnummer starts with 10 and
 * has s = 5 (mod 11).  No number is both (docs/protocol.md, "PGN").
 */
#ifndef OV_PROTOCOL_PGN_H
#define OV_PROTOCOL_PGN_H

#include "protocol/rd.h"

#define OV_PGN_LEN 9

enum ov_pgn_kind { OV_PGN_NONE, OV_PGN_BSN, OV_PGN_ONDERWIJSNUMMER };

struct ov_pgn {
	char s[OV_PGN_LEN + 1]; /* nine digits and a NUL */
};

/* As people type it: spaces, dots and hyphens are dropped and eight digits get
 * a zero in front.  OV_PGN_NONE, with *out wiped, if the result is no PGN.
 * The caller wipes *out after use. */
OV_MUST_CHECK enum ov_pgn_kind ov_pgn_parse(struct ov_view, struct ov_pgn *out);
/* The kind of nine ASCII digits as they stand. */
enum ov_pgn_kind ov_pgn_kind(const char digits[OV_PGN_LEN]);
void ov_pgn_wipe(struct ov_pgn *);

#endif
