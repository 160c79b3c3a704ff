/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/vorm.h - the named shapes of text in a message ("postcode",
 * "crebo", ...), and what text may hold at all.
 */
#ifndef OV_PROTOCOL_VORM_H
#define OV_PROTOCOL_VORM_H

#include "protocol/types_int.h"

/* OV_REDEN_GEEN, OV_REDEN_TE_LANG or OV_REDEN_PATROON.  schema is the text
 * that the shape "schema" wants. */
enum ov_reden ov_vorm_check(enum ov_vorm, const char *s, size_t n,
    const char *schema);
/* Free text of 1..max characters of UTF-8 (which the reader has checked): no
 * control characters but line feed and tab, no overriding of the direction of
 * writing. */
enum ov_reden ov_tekst_check(const char *s, size_t n, size_t max);
/* Digits, then perhaps a point and one or two digits; max characters. */
enum ov_reden ov_decimaal_check(const char *s, size_t n, size_t max);

#endif
