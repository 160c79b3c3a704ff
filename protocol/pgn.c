/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/pgn.c - the checks of protocol/pgn.h. */
#include "protocol/pgn.h"

#include <string.h>

enum ov_pgn_kind
ov_pgn_kind(const char d[OV_PGN_LEN])
{
	int sum = 0, any = 0, i;

	for (i = 0; i < OV_PGN_LEN; i++) {
		int v = d[i] - '0';

		if (v < 0 || v > 9)
			return OV_PGN_NONE;
		any |= v;
		sum += v * (i < OV_PGN_LEN - 1 ? OV_PGN_LEN - i : -1);
	}
	/* Between -9 and 396: 11 keeps the remainder positive. */
	sum = (sum + 11) % 11;
	if (sum == 0 && any != 0)
		return OV_PGN_BSN;
	if (sum == 5 && d[0] == '1' && d[1] == '0')
		return OV_PGN_ONDERWIJSNUMMER;
	return OV_PGN_NONE;
}

enum ov_pgn_kind
ov_pgn_parse(struct ov_view v, struct ov_pgn *out)
{
	enum ov_pgn_kind kind;
	size_t i, n = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];

		if (c == ' ' || c == '.' || c == '-')
			continue;
		if (c < '0' || c > '9' || n == OV_PGN_LEN)
			goto bad;
		out->s[n++] = (char)c;
	}
	if (n == OV_PGN_LEN - 1) {
		memmove(out->s + 1, out->s, n++);
		out->s[0] = '0';
	}
	if (n != OV_PGN_LEN)
		goto bad;
	kind = ov_pgn_kind(out->s);
	if (kind != OV_PGN_NONE)
		return kind;
bad:
	ov_pgn_wipe(out);
	return OV_PGN_NONE;
}

void
ov_pgn_wipe(struct ov_pgn *p)
{
	explicit_bzero(p, sizeof(*p));
}
