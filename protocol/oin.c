/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/oin.c - shapes of OIN, BRIN, vestiging, gemeente and slug. */
#include "protocol/oin.h"

#include <string.h>

static bool
digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

enum ov_rc
ov_oin_parse(struct ov_view v, struct ov_oin *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	if (v.n != OV_OIN_LEN)
		return OV_BADMSG;
	for (i = 0; i < v.n; i++)
		if (!digit(v.p[i]) && !capital(v.p[i]))
			return OV_BADMSG;
	memcpy(out->s, v.p, OV_OIN_LEN);
	return OV_OK;
}

enum ov_rc
ov_oin_from(const uint8_t p[OV_OIN_LEN], struct ov_oin *out)
{
	return ov_oin_parse((struct ov_view){p, OV_OIN_LEN}, out);
}

int
ov_oin_cmp(const struct ov_oin *a, const struct ov_oin *b)
{
	return memcmp(a->s, b->s, OV_OIN_LEN);
}

bool
ov_oin_eq(const struct ov_oin *a, const struct ov_oin *b)
{
	return ov_oin_cmp(a, b) == 0;
}

bool
ov_oin_none(const struct ov_oin *o)
{
	return o->s[0] == '\0';
}

bool
ov_is_brin(struct ov_view v)
{
	return v.n == 4 && digit(v.p[0]) && digit(v.p[1]) && capital(v.p[2]) &&
	       capital(v.p[3]);
}

static bool
digits(struct ov_view v, size_t n)
{
	size_t i;

	if (v.n != n)
		return false;
	for (i = 0; i < n; i++)
		if (!digit(v.p[i]))
			return false;
	return true;
}

bool
ov_is_vestiging(struct ov_view v)
{
	return digits(v, 2);
}

bool
ov_is_gemeente(struct ov_view v)
{
	return digits(v, 4);
}

bool
ov_is_slug(struct ov_view v)
{
	size_t i;

	if (v.n == 0 || v.n > OV_SLUG_MAX)
		return false;
	for (i = 0; i < v.n; i++)
		if (!digit(v.p[i]) && v.p[i] != '-' &&
		    (v.p[i] < 'a' || v.p[i] > 'z'))
			return false;
	return true;
}
