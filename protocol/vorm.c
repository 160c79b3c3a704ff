/* SPDX-License-Identifier: EUPL-1.2 */
/* The named shapes of text. */
#include <string.h>

#include "protocol/b64.h"
#include "protocol/oin.h"
#include "protocol/vorm.h"

#define TELEFOON_MAX 20
#define EMAIL_MAX 254
#define CIJFERS_MAX 20

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
digits(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!digit(s[i]))
			return false;
	return true;
}

static bool
is_b64u(const char *s, size_t n, size_t len)
{
	uint8_t out[32];
	struct ov_view v = {(const uint8_t *)s, n};

	return ov_b64u_exact(v, out, len) == OV_OK;
}

/* "2024-2025": two years that follow each other. */
static bool
is_schooljaar(const char *s, size_t n)
{
	int a = 0, b = 0, i;

	if (n != 9 || s[4] != '-' || !digits(s, 4) || !digits(s + 5, 4))
		return false;
	for (i = 0; i < 4; i++) {
		a = a * 10 + (s[i] - '0');
		b = b * 10 + (s[5 + i] - '0');
	}
	return a >= OV_JAAR_MIN && b == a + 1;
}

static bool
is_postcode(const char *s, size_t n)
{
	return n == 6 && digits(s, 4) && s[0] != '0' && s[4] >= 'A' &&
	       s[4] <= 'Z' && s[5] >= 'A' && s[5] <= 'Z';
}

/* At least six digits, a plus only in front. */
static bool
is_telefoon(const char *s, size_t n)
{
	size_t i, nd = 0;

	for (i = 0; i < n; i++) {
		if (digit(s[i]))
			nd++;
		else if (!(s[i] == '+' && i == 0) && s[i] != ' ' &&
		         s[i] != '-' && s[i] != '(' && s[i] != ')')
			return false;
	}
	return nd >= 6;
}

/* One @ with something on both sides, a point in the domain, only visible
 * ASCII.  Whether it exists is not asked. */
static bool
is_email(const char *s, size_t n)
{
	const char *at = memchr(s, '@', n);
	size_t i, local;

	if (at == NULL)
		return false;
	local = (size_t)(at - s);
	if (local == 0 || local > 64 || n - local < 4)
		return false;
	for (i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f ||
		    strchr("<>()[],;:\\\"", s[i]) ||
		    (s[i] == '@' && i != local))
			return false;
	if (at[1] == '.' || s[n - 1] == '.')
		return false;
	return memchr(at, '.', n - local) != NULL;
}

enum ov_reden
ov_vorm_check(enum ov_vorm vorm, const char *s, size_t n, const char *schema)
{
	struct ov_view v = {(const uint8_t *)s, n};
	struct ov_oin oin;
	bool ok = false;

	switch (vorm) {
	case OV_V_SCHEMA:
		return ov_view_eq(v, schema) ? OV_REDEN_GEEN : OV_REDEN_CODE;
	case OV_V_B64U16:
		ok = is_b64u(s, n, 16);
		break;
	case OV_V_B64U32:
		ok = is_b64u(s, n, 32);
		break;
	case OV_V_OIN:
		ok = ov_oin_parse(v, &oin) == OV_OK;
		break;
	case OV_V_BRIN:
		ok = ov_is_brin(v);
		break;
	case OV_V_VESTIGING:
		ok = ov_is_vestiging(v);
		break;
	case OV_V_GEMEENTE:
		ok = ov_is_gemeente(v);
		break;
	case OV_V_CREBO:
		ok = n == 5 && digits(s, n);
		break;
	case OV_V_ELEMENTCODE:
		ok = n == 4 && digits(s, n);
		break;
	case OV_V_SCHOOLJAAR:
		ok = is_schooljaar(s, n);
		break;
	case OV_V_POSTCODE:
		ok = is_postcode(s, n);
		break;
	case OV_V_TELEFOON:
		if (n > TELEFOON_MAX)
			return OV_REDEN_TE_LANG;
		ok = is_telefoon(s, n);
		break;
	case OV_V_EMAIL:
		if (n > EMAIL_MAX)
			return OV_REDEN_TE_LANG;
		ok = is_email(s, n);
		break;
	case OV_V_LETTER:
		ok = n == 1 && ((s[0] >= 'A' && s[0] <= 'Z') ||
		                   (s[0] >= 'a' && s[0] <= 'z'));
		break;
	case OV_V_CIJFERS:
		if (n > CIJFERS_MAX)
			return OV_REDEN_TE_LANG;
		ok = n > 0 && digits(s, n);
		break;
	case OV_V_N:
		break;
	}
	return ok ? OV_REDEN_GEEN : OV_REDEN_PATROON;
}

enum ov_reden
ov_tekst_check(const char *s, size_t n, size_t max)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, chars = 0;

	if (n == 0)
		return OV_REDEN_PATROON;
	for (i = 0; i < n; i++) {
		if (p[i] >= 0x20 && p[i] < 0x7f) { /* nearly all */
			chars++;
			continue;
		}
		if ((p[i] & 0xc0) == 0x80)
			continue;
		chars++;
		if ((p[i] < 0x20 && p[i] != '\n' && p[i] != '\t') ||
		    p[i] == 0x7f)
			return OV_REDEN_PATROON;
		if (p[i] == 0xc2 && i + 1 < n && p[i + 1] < 0xa0)
			return OV_REDEN_PATROON; /* C1 */
		if (p[i] == 0xe2 && i + 2 < n &&
		    ((p[i + 1] == 0x80 && p[i + 2] >= 0xaa &&
		         p[i + 2] <= 0xae) ||
		        (p[i + 1] == 0x81 && p[i + 2] >= 0xa6 &&
		            p[i + 2] <= 0xa9)))
			return OV_REDEN_PATROON; /* U+202A.., U+2066.. */
	}
	return chars > max ? OV_REDEN_TE_LANG : OV_REDEN_GEEN;
}

enum ov_reden
ov_decimaal_check(const char *s, size_t n, size_t max)
{
	const char *point = memchr(s, '.', n);
	size_t whole = point != NULL ? (size_t)(point - s) : n;
	size_t frac = n - whole;

	if (n > max)
		return OV_REDEN_TE_LANG;
	if (whole == 0 || !digits(s, whole) || frac == 1 || frac > 3 ||
	    (frac > 0 && !digits(point + 1, frac - 1)) ||
	    (whole > 1 && s[0] == '0'))
		return OV_REDEN_PATROON;
	return OV_REDEN_GEEN;
}
