/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/utf8.h - UTF-8 as RFC 3629 has it: shortest form, no surrogates,
 * nothing above U+10FFFF.
 */
#ifndef OV_PROTOCOL_UTF8_H
#define OV_PROTOCOL_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at p (n > 0 bytes are there), 1..4; 0 when it is not
 * a valid one. */
size_t ov_utf8_len(const uint8_t *p, size_t n);
/* Write one scalar value (at most U+10FFFF); bytes written. */
size_t ov_utf8_put(void *to, uint32_t c);

#endif
