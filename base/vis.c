/* SPDX-License-Identifier: EUPL-1.2 */
/* base/vis.c - escapes foreign bytes. */
#include <stdbool.h>
#include <string.h>

#include "base/vis.h"

static bool
plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

const char *
ov_vis(char *out, size_t cap, const void *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = p;
	size_t i, len, used = 0, fits = 0;

	if (n == 0)
		return memcpy(out, "-", 2);
	for (i = 0; i < n; i++) {
		len = plain(s[i]) ? 1 : 4;
		if (len > cap - 1 - used)
			break;
		if (len == 1) {
			out[used] = (char)s[i];
		} else {
			memcpy(out + used, "\\x", 2);
			out[used + 2] = hex[s[i] >> 4];
			out[used + 3] = hex[s[i] & 15];
		}
		used += len;
		/* The last end of an escape that leaves room for "...". */
		if (used <= cap - 4)
			fits = used;
	}
	if (i < n) {
		memcpy(out + fits, "...", 3);
		used = fits + 3;
	}
	out[used] = '\0';
	return out;
}
