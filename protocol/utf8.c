/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/utf8.c - one character of UTF-8, read and written. */
#include "protocol/utf8.h"

size_t
ov_utf8_len(const uint8_t *p, size_t n)
{
	uint32_t c;
	size_t i, len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;
	c = p[0] & (0xffU >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = (c << 6) | (p[i] & 0x3fU);
	}
	if ((len == 3 && c < 0x800) || (len == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	return len;
}

size_t
ov_utf8_put(void *to, uint32_t c)
{
	uint8_t *p = to;

	if (c < 0x80) {
		p[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (uint8_t)(0xc0 | (c >> 6));
		p[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (uint8_t)(0xe0 | (c >> 12));
		p[1] = (uint8_t)(0x80 | ((c >> 6) & 0x3f));
		p[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (uint8_t)(0xf0 | (c >> 18));
	p[1] = (uint8_t)(0x80 | ((c >> 12) & 0x3f));
	p[2] = (uint8_t)(0x80 | ((c >> 6) & 0x3f));
	p[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}
