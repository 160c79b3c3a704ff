/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/b64.c - base64 by arithmetic on eight characters at a time.
 *
 * Eight 7-bit values stand in the bytes of one 64-bit word.  Adding 0x80 - k
 * to each sets its top bit exactly where it is at least k, and never carries
 * into the neighbour; everything else is masks.  So there is no table to be
 * indexed and no branch on a character, and it is faster than a table.
 */
#include "protocol/b64.h"

#include <string.h>

#define REP(k) (UINT64_C(0x0101010101010101) * (uint64_t)(k))
#define TOP REP(0x80)

/* What differs between the two alphabets: the characters of 62 and 63. */
struct alphabet {
	uint8_t c62, c63;
};
static const struct alphabet b64u = {'-', '_'};
static const struct alphabet b64 = {'+', '/'};

static inline uint64_t
load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

/* The low 48 bits, as six bytes. */
static inline void
store6(uint8_t *p, uint64_t v)
{
	uint32_t hi = __builtin_bswap32((uint32_t)(v >> 16));
	uint16_t lo = __builtin_bswap16((uint16_t)v);

	memcpy(p, &hi, sizeof(hi));
	memcpy(p + 4, &lo, sizeof(lo));
}

static inline void
store(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "load() and store() want the first byte on top");

/* The top bit of each byte that is at least k; x has 7-bit bytes, k <= 0x80. */
static inline uint64_t
atleast(uint64_t x, unsigned int k)
{
	return (x + REP(0x80 - k)) & TOP;
}

/* 0x80 to 0xff, 0 to 0. */
static inline uint64_t
widen(uint64_t top)
{
	return (top - (top >> 7)) | top;
}

/* The top bit of each byte that is c; x has 7-bit bytes. */
static inline uint64_t
equal(uint64_t x, unsigned int c)
{
	return (TOP - (x ^ REP(c))) & TOP;
}

/* k in each byte whose top bit is set; k <= 0xff. */
static inline uint64_t
times(uint64_t top, unsigned int k)
{
	return (top >> 7) * k;
}

/* Characters to values; *bad collects a top bit for each that is none.  What
 * the others become does not matter: the whole text is refused. */
static inline uint64_t
values(uint64_t c, const struct alphabet *a, uint64_t *bad)
{
	uint64_t x = c & ~TOP;
	uint64_t up = atleast(x, 'A') & ~atleast(x, 'Z' + 1);
	uint64_t low = atleast(x, 'a') & ~atleast(x, 'z' + 1);
	uint64_t dig = atleast(x, '0') & ~atleast(x, '9' + 1);
	uint64_t m62 = equal(x, a->c62);
	uint64_t m63 = equal(x, a->c63);

	*bad |= (c | ~(up | low | dig | m62 | m63)) & TOP;
	x = x - times(up, 'A') - times(low, 'a' - 26) + times(dig, 52 - '0');
	/* Taken away whole and given anew, so that it fits either alphabet. */
	x = x - times(m62, a->c62) - times(m63, a->c63);
	return x + times(m62, 62) + times(m63, 63);
}

/* Values 0..63 to characters. */
static inline uint64_t
characters(uint64_t v, const struct alphabet *a)
{
	uint64_t low = widen(atleast(v, 26));
	uint64_t dig = widen(atleast(v, 52));
	uint64_t m62 = widen(atleast(v, 62) & ~atleast(v, 63));
	uint64_t m63 = widen(atleast(v, 63));
	uint64_t c;

	c = v + REP('A') + (low & REP('a' - 26 - 'A')) -
	    (dig & REP('a' - 26 - ('0' - 52)));
	return (c & ~(m62 | m63)) | (m62 & REP(a->c62)) | (m63 & REP(a->c63));
}

_Static_assert('0' - 52 < 0 && 'a' - 26 - ('0' - 52) == 75,
    "the distance from lower case to digits");

/* Eight 6-bit values in bytes to 48 bits. */
static inline uint64_t
pack(uint64_t v)
{
	v = (v & UINT64_C(0x003f003f003f003f)) |
	    (v & UINT64_C(0x3f003f003f003f00)) >> 2;
	v = (v & UINT64_C(0x00000fff00000fff)) |
	    (v & UINT64_C(0x0fff00000fff0000)) >> 4;
	return (v & 0xffffff) | (v >> 32) << 24;
}

static inline uint64_t
unpack(uint64_t v)
{
	v = (v & 0xffffff) | (v >> 24) << 32;
	v = (v & UINT64_C(0x00000fff00000fff)) |
	    (v & UINT64_C(0x00fff00000fff000)) << 4;
	return (v & UINT64_C(0x003f003f003f003f)) |
	       (v & UINT64_C(0x0fc00fc00fc00fc0)) << 2;
}

/* Text without padding; returns its length. */
static size_t
encode(char *out, const uint8_t *p, size_t n, const struct alphabet *a)
{
	uint8_t in[8] = {0}, last[8];
	size_t done = 0, len = OV_B64U_LEN(n), tail;

	for (; n >= 8; p += 6, n -= 6, done += 8)
		store((uint8_t *)out + done,
		    characters(unpack(load(p) >> 16), a));
	/* At most seven are left: one or two more rounds. */
	while (n > 0) {
		size_t take = n < 6 ? n : 6;

		memset(in, 0, sizeof(in));
		memcpy(in, p, take);
		store(last, characters(unpack(load(in) >> 16), a));
		tail = OV_B64U_LEN(take);
		memcpy(out + done, last, tail);
		done += tail;
		p += take;
		n -= take;
	}
	explicit_bzero(in, sizeof(in));
	out[len] = '\0';
	return len;
}

size_t
ov_b64u_enc(char *out, const void *p, size_t n)
{
	return encode(out, p, n, &b64u);
}

size_t
ov_b64_enc(char *out, const void *p, size_t n)
{
	size_t len = encode(out, p, n, &b64);

	while (len % 4 != 0)
		out[len++] = '=';
	out[len] = '\0';
	return len;
}

static void
add(struct ov_buf *b, const void *p, size_t n, size_t len,
    size_t (*enc)(char *, const void *, size_t))
{
	/* One more for the NUL, given back. */
	char *out = (char *)ov_buf_room(b, len + 1);

	if (out == NULL)
		return;
	(void)enc(out, p, n);
	b->n--;
}

void
ov_b64u_add(struct ov_buf *b, const void *p, size_t n)
{
	add(b, p, n, OV_B64U_LEN(n), ov_b64u_enc);
}

void
ov_b64_add(struct ov_buf *b, const void *p, size_t n)
{
	add(b, p, n, OV_B64_LEN(n), ov_b64_enc);
}

/* Decode n characters without padding into out, which has room. */
static enum ov_rc
decode(const uint8_t *s, size_t n, uint8_t *out, const struct alphabet *a)
{
	uint8_t in[8], last[8];
	uint64_t bad = 0, v;
	size_t bytes;

	for (; n >= 8; s += 8, n -= 8, out += 6)
		store6(out, pack(values(load(s), a, &bad)));
	if (n > 0) {
		memset(in, 'A', sizeof(in));
		memcpy(in, s, n);
		v = pack(values(load(in), a, &bad));
		bytes = n * 3 / 4;
		/* Spare bits of the last character must be zero. */
		bad |= v & ((UINT64_C(1) << (48 - bytes * 8)) - 1);
		store(last, v << 16);
		memcpy(out, last, bytes);
	}
	explicit_bzero(in, sizeof(in));
	explicit_bzero(last, sizeof(last));
	return bad == 0 ? OV_OK : OV_BADMSG;
}

static enum ov_rc
dec(const char *s, size_t n, uint8_t *out, size_t cap, size_t *outn,
    const struct alphabet *a)
{
	size_t len = n / 4 * 3 + n % 4 * 3 / 4;
	enum ov_rc rc;

	*outn = 0;
	if (n % 4 == 1)
		return OV_BADMSG;
	if (len > cap)
		return OV_TOOBIG;
	rc = decode((const uint8_t *)s, n, out, a);
	if (rc != OV_OK) {
		explicit_bzero(out, len);
		return rc;
	}
	*outn = len;
	return OV_OK;
}

enum ov_rc
ov_b64u_dec(const char *s, size_t n, uint8_t *out, size_t cap, size_t *outn)
{
	return dec(s, n, out, cap, outn, &b64u);
}

enum ov_rc
ov_b64_dec(const char *s, size_t n, uint8_t *out, size_t cap, size_t *outn)
{
	*outn = 0;
	if (n % 4 != 0)
		return OV_BADMSG;
	if (n > 0 && s[n - 1] == '=')
		n -= s[n - 2] == '=' ? 2 : 1;
	return dec(s, n, out, cap, outn, &b64);
}

enum ov_rc
ov_b64u_exact(struct ov_view v, void *out, size_t len)
{
	size_t n;

	if (v.n != OV_B64U_LEN(len)) {
		explicit_bzero(out, len);
		return OV_BADMSG;
	}
	return ov_b64u_dec((const char *)v.p, v.n, out, len, &n);
}

enum ov_rc
ov_b64_exact(struct ov_view v, void *out, size_t len)
{
	size_t n;

	if (v.n != OV_B64_LEN(len) ||
	    ov_b64_dec((const char *)v.p, v.n, out, len, &n) != OV_OK ||
	    n != len) {
		explicit_bzero(out, len);
		return OV_BADMSG;
	}
	return OV_OK;
}
