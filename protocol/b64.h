/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/b64.h - the two base64 forms of the wire: b64u (RFC 4648 section 5,
 * no padding) and b64 (section 4, with padding).
 *
 * Decoding is strict: only the alphabet, no white space, spare bits zero, b64
 * padded to a multiple of four and b64u not at all.  Neither direction
 * branches on, or indexes with, the bytes themselves, because payloads may
 * carry keys; what a failure tells is only that there was one.
 */
#ifndef OV_PROTOCOL_B64_H
#define OV_PROTOCOL_B64_H

#include "protocol/rd.h"

/* Characters for n bytes, without and with the NUL that encoding writes. */
#define OV_B64U_LEN(n) (((size_t)(n)*4 + 2) / 3)
#define OV_B64U_SIZE(n) (OV_B64U_LEN(n) + 1)
#define OV_B64_LEN(n) (((size_t)(n) + 2) / 3 * 4)
#define OV_B64_SIZE(n) (OV_B64_LEN(n) + 1)
/* Bytes that n characters can give at most. */
#define OV_B64_MAXDEC(n) ((size_t)(n) / 4 * 3 + 2)

/* Write the text of p[0..n) and a NUL to out; returns its length. */
size_t ov_b64u_enc(char *out, const void *p, size_t n);
size_t ov_b64_enc(char *out, const void *p, size_t n);
/* Append the text to a buffer, without a NUL. */
void ov_b64u_add(struct ov_buf *, const void *p, size_t n);
void ov_b64_add(struct ov_buf *, const void *p, size_t n);

/* Decode s[0..n) into out and set *outn.  OV_BADMSG, or OV_TOOBIG if it is
 * more than cap; then *outn is 0 and out is wiped as far as it was written.
 * out may be s itself. */
OV_MUST_CHECK enum ov_rc ov_b64u_dec(const char *s, size_t n, uint8_t *out,
    size_t cap, size_t *outn);
OV_MUST_CHECK enum ov_rc ov_b64_dec(const char *s, size_t n, uint8_t *out,
    size_t cap, size_t *outn);
/* Exactly len bytes, or OV_BADMSG and out zeroed. */
OV_MUST_CHECK enum ov_rc ov_b64u_exact(struct ov_view, void *out, size_t len);
OV_MUST_CHECK enum ov_rc ov_b64_exact(struct ov_view, void *out, size_t len);

#endif
