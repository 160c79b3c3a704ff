/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/b64.c - base64 by arithmetic on many characters at a time.
 *
 * Encoding has eight 7-bit values in the bytes of one 64-bit word.  Adding
 * 0x80 - k to each sets its top bit exactly where it is at least k, and never
 * carries into the neighbour; everything else is masks.  Decoding compares
 * sixteen characters at once.  So there is no table to be indexed and no
 * branch on a character, and it is faster than a table.
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

/* Decoding works on sixteen characters at a time, in vectors of the compiler's
 * (SSE2 and its like): a comparison gives a mask, and what is no character of
 * the alphabet is in none. */
typedef int8_t chars __attribute__((vector_size(16)));
typedef uint32_t lanes __attribute__((vector_size(16)));
typedef uint64_t pairs __attribute__((vector_size(16)));

static inline chars
all(int8_t c)
{
	return (chars){c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
}

static inline chars
within(chars x, char from, char to)
{
	return (x > all((int8_t)(from - 1))) & (x < all((int8_t)(to + 1)));
}

/* Characters to values; *bad collects a bit for each that is none (bytes from
 * 0x80 on are negative).  What the others become does not matter: the whole
 * text is refused. */
static inline chars
values(chars x, chars c62, chars c63, chars *bad)
{
	chars up = within(x, 'A', 'Z'), low = within(x, 'a', 'z');
	chars dig = within(x, '0', '9'), m62 = x == c62, m63 = x == c63;

	*bad |= ~(up | low | dig | m62 | m63);
	return x + ((up & all(-'A')) | (low & all(26 - 'a')) |
	               (dig & all(52 - '0')) | (m62 & (all(62) - c62)) |
	               (m63 & (all(63) - c63)));
}

/* Sixteen 6-bit values to two times 48 bits. */
static inline pairs
pack(chars v)
{
	lanes w = (lanes)v;
	pairs p;

	w = (w & 0x3f) << 18 | (w & 0x3f00) << 4 | (w >> 10 & 0xfc0) | w >> 24;
	p = (pairs)w;
	return (p & 0xffffff) << 24 | p >> 32;
}

/* Sixteen characters to twelve bytes. */
static inline void
decode16(const uint8_t *s, uint8_t *out, chars c62, chars c63, chars *bad)
{
	chars c;
	pairs v;

	memcpy(&c, s, sizeof(c));
	v = pack(values(c, c62, c63, bad));
	store6(out, v[0]);
	store6(out + 6, v[1]);
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

/* 48 bits to eight 6-bit values in bytes. */
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
	uint8_t in[16], last[12];
	chars bad = {0}, c62 = all((int8_t)a->c62), c63 = all((int8_t)a->c63);
	uint8_t spare = 0;
	size_t bytes;

	for (; n >= 16; s += 16, n -= 16, out += 12)
		decode16(s, out, c62, c63, &bad);
	if (n > 0) {
		memset(in, 'A', sizeof(in));
		memcpy(in, s, n);
		decode16(in, last, c62, c63, &bad);
		bytes = n * 3 / 4;
		/* Spare bits of the last character must be zero. */
		for (size_t i = bytes; i < sizeof(last); i++)
			spare |= last[i];
		memcpy(out, last, bytes);
	}
	memcpy(in, &bad, sizeof(in));
	for (size_t i = 0; i < sizeof(in); i++)
		spare |= in[i];
	explicit_bzero(in, sizeof(in));
	explicit_bzero(last, sizeof(last));
	return spare == 0 ? OV_OK : OV_BADMSG;
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
