/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/note.c - C2SP signed notes. */
#include "protocol/note.h"

#include <string.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/utf8.h"

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */
#define DASH_LEN (sizeof(dash) - 1)

static bool
clean(const uint8_t *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i += len) {
		if (p[i] < 0x20 && p[i] != '\n')
			return false;
		if ((len = ov_utf8_len(p + i, n - i)) == 0)
			return false;
	}
	return true;
}

bool
ov_note_text_ok(const void *p, size_t n)
{
	const uint8_t *b = p;

	return n > 0 && b[n - 1] == '\n' && clean(b, n);
}

/* The name of a key: not empty, no plus, no white space, no control.  White
 * space outside ASCII is refused by refusing its lead bytes' code points that
 * Unicode calls White_Space. */
static bool
name_ok(const uint8_t *p, size_t n)
{
	static const char *const space[] = {"\xc2\x85", "\xc2\xa0",
	    "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
	    "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
	    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
	    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
	    "\xe3\x80\x80"};
	size_t i, k, m;

	if (n == 0 || n > OV_NOTE_NAME_MAX || !clean(p, n))
		return false;
	for (i = 0; i < n; i++) {
		if (p[i] <= 0x20 || p[i] == '+' || p[i] == 0x7f)
			return false;
		for (k = 0; p[i] >= 0x80 && k < sizeof(space) / sizeof(*space);
		     k++) {
			m = strlen(space[k]);
			if (n - i >= m && memcmp(p + i, space[k], m) == 0)
				return false;
		}
	}
	return true;
}

/* ---- keys ---- */

enum ov_rc
ov_vkey_make(struct ov_vkey *k, const char *name, enum ov_vkey_type type,
    const uint8_t pk[32], struct ov_err *e)
{
	uint8_t in[OV_NOTE_NAME_MAX + 2 + 32], md[32];
	size_t n = strlen(name);

	if (!name_ok((const uint8_t *)name, n))
		return ov_fail(e, OV_BADMSG, "key name");
	if (type != OV_VKEY_ED25519 && type != OV_VKEY_COSIG)
		return ov_fail(e, OV_BADMSG, "key type");
	memcpy(in, name, n);
	in[n] = '\n';
	in[n + 1] = (uint8_t)type;
	memcpy(in + n + 2, pk, 32);
	if (ov_sha256(md, in, n + 2 + 32) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	memset(k, 0, sizeof(*k));
	memcpy(k->name, name, n);
	memcpy(k->id, md, sizeof(k->id));
	k->type = (uint8_t)type;
	memcpy(k->pk, pk, 32);
	return OV_OK;
}

static int
hexval(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

enum ov_rc
ov_vkey_parse(struct ov_vkey *k, const void *p, size_t n, struct ov_err *e)
{
	const uint8_t *b = p, *plus, *rest;
	char name[OV_NOTE_NAME_MAX + 1];
	uint8_t id[4], key[33];
	enum ov_rc rc;
	size_t i, len, left;
	int hi, lo;

	plus = n == 0 ? NULL : memchr(b, '+', n);
	if (plus == NULL || (len = (size_t)(plus - b)) > OV_NOTE_NAME_MAX)
		return ov_fail(e, OV_BADMSG, "verifier key");
	memcpy(name, b, len);
	name[len] = '\0';
	if (memchr(name, '\0', len) != NULL)
		return ov_fail(e, OV_BADMSG, "verifier key");
	rest = plus + 1;
	left = n - len - 1;
	if (left < 9 || rest[8] != '+')
		return ov_fail(e, OV_BADMSG, "verifier key");
	for (i = 0; i < 4; i++) {
		hi = hexval(rest[2 * i]);
		lo = hexval(rest[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return ov_fail(e, OV_BADMSG, "verifier key");
		id[i] = (uint8_t)(hi << 4 | lo);
	}
	if (ov_b64_exact((struct ov_view){rest + 9, left - 9}, key, 33) !=
	    OV_OK)
		return ov_fail(e, OV_BADMSG, "verifier key");
	if (key[0] != OV_VKEY_ED25519 && key[0] != OV_VKEY_COSIG)
		return ov_fail(e, OV_BADMSG, "verifier key: type");
	rc = ov_vkey_make(k, name, (enum ov_vkey_type)key[0], key + 1, e);
	if (rc != OV_OK)
		return ov_while(e, rc, "verifier key");
	if (memcmp(k->id, id, sizeof(id)) != 0) {
		memset(k, 0, sizeof(*k));
		return ov_fail(e, OV_BADMSG, "verifier key: id");
	}
	return OV_OK;
}

void
ov_vkey_text(struct ov_buf *b, const struct ov_vkey *k)
{
	char t[OV_B64_SIZE(33)];
	uint8_t key[33];

	key[0] = k->type;
	memcpy(key + 1, k->pk, 32);
	(void)ov_b64_enc(t, key, sizeof(key));
	ov_buf_fmt(b, "%s+%02x%02x%02x%02x+%s", k->name, k->id[0], k->id[1],
	    k->id[2], k->id[3], t);
}

/* ---- notes ---- */

/* One signature line without its LF. */
static bool
sig_line(const uint8_t *p, size_t n, struct ov_note_sig *s)
{
	uint8_t raw[OV_NOTE_LINE_MAX];
	const uint8_t *sp;
	size_t len, take;

	if (n > OV_NOTE_LINE_MAX || n < DASH_LEN ||
	    memcmp(p, dash, DASH_LEN) != 0)
		return false;
	p += DASH_LEN;
	n -= DASH_LEN;
	if ((sp = n == 0 ? NULL : memchr(p, ' ', n)) == NULL)
		return false;
	s->name = (struct ov_view){p, (size_t)(sp - p)};
	s->b64 = (struct ov_view){sp + 1, n - s->name.n - 1};
	if (!name_ok(s->name.p, s->name.n))
		return false;
	if (ov_b64_dec((const char *)s->b64.p, s->b64.n, raw, sizeof(raw),
	        &len) != OV_OK ||
	    len < 5)
		return false;
	memcpy(s->id, raw, 4);
	s->n = len - 4;
	take = s->n < sizeof(s->sig) ? s->n : sizeof(s->sig);
	memcpy(s->sig, raw + 4, take);
	return true;
}

/* The signatures begin after the last empty line. */
static const uint8_t *
find_split(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = n; i >= 2; i--)
		if (p[i - 1] == '\n' && p[i - 2] == '\n')
			return p + i;
	return NULL;
}

enum ov_rc
ov_note_parse(const void *p, size_t n, struct ov_note *out, struct ov_err *e)
{
	const uint8_t *b = p, *end, *nl, *q;

	memset(out, 0, sizeof(*out));
	if (!ov_note_text_ok(p, n))
		return ov_fail(e, OV_BADMSG, "note: characters");
	end = b + n;
	if ((q = find_split(b, n)) == NULL || q == end || q - b < 3)
		return ov_fail(e, OV_BADMSG, "note: no signatures");
	out->whole = (struct ov_view){b, n};
	out->text = (struct ov_view){b, (size_t)(q - 1 - b)};
	out->tail = (struct ov_view){q, (size_t)(end - q)};
	for (; q < end; q = nl + 1) {
		nl = memchr(q, '\n', (size_t)(end - q));
		if (out->nsig == OV_NOTE_SIGS_MAX || nl == NULL ||
		    !sig_line(q, (size_t)(nl - q), &out->sig[out->nsig])) {
			memset(out, 0, sizeof(*out));
			return ov_fail(e, OV_BADMSG, "note: signature line");
		}
		out->nsig++;
	}
	return OV_OK;
}

void
ov_cosig_message(struct ov_buf *b, int64_t time, struct ov_view text)
{
	ov_buf_fmt(b, "cosignature/v1\ntime %lld\n", (long long)time);
	ov_buf_add(b, text.p, text.n);
}

void
ov_cosig_bytes(uint8_t out[72], int64_t time, const uint8_t sig[64])
{
	int i;

	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
	memcpy(out + 8, sig, 64);
}

static bool
check_cosig(const struct ov_note *note, const struct ov_note_sig *s,
    const struct ov_vkey *k, struct ov_note_seen *seen)
{
	OV_BUF msg = {0};
	uint64_t t = 0;
	int i;

	if (s->n != 72)
		return false;
	for (i = 0; i < 8; i++)
		t = t << 8 | s->sig[i];
	if (t > INT64_MAX)
		return false;
	ov_cosig_message(&msg, (int64_t)t, note->text);
	if (msg.bad ||
	    ov_ed25519_verify(k->pk, msg.p, msg.n, s->sig + 8) != OV_OK)
		return false;
	seen->time = (int64_t)t;
	return true;
}

static bool
check_sig(const struct ov_note *note, const struct ov_note_sig *s,
    const struct ov_vkey *k, struct ov_note_seen *seen)
{
	if (k->type == OV_VKEY_COSIG)
		return check_cosig(note, s, k, seen);
	return s->n == 64 && ov_ed25519_verify(k->pk, note->text.p,
	                         note->text.n, s->sig) == OV_OK;
}

static bool
same_bytes(const struct ov_note_sig *a, const struct ov_note_sig *b)
{
	return a->b64.n == b->b64.n &&
	       memcmp(a->b64.p, b->b64.p, a->b64.n) == 0;
}

enum ov_rc
ov_note_verify(const struct ov_note *note, const struct ov_vkey *keys,
    size_t nkeys, struct ov_note_seen *seen, struct ov_err *e)
{
	const struct ov_note_sig *s, *first;
	size_t i, k;

	for (k = 0; k < nkeys; k++) {
		memset(&seen[k], 0, sizeof(seen[k]));
		first = NULL;
		for (i = 0; i < note->nsig; i++) {
			s = &note->sig[i];
			if (!ov_view_eq(s->name, keys[k].name) ||
			    memcmp(s->id, keys[k].id, sizeof(s->id)) != 0)
				continue;
			if (first != NULL && same_bytes(first, s))
				continue;
			if (first != NULL ||
			    !check_sig(note, s, &keys[k], &seen[k]))
				return ov_fail(e, OV_BADSIG,
				    "note: a known key's signature is bad");
			seen[k].good = true;
			first = s;
		}
	}
	return OV_OK;
}

void
ov_note_line(struct ov_buf *b, const struct ov_vkey *k, const uint8_t *sig,
    size_t n)
{
	uint8_t raw[4 + 72];
	char t[OV_B64_SIZE(sizeof(raw))];

	if (n > 72) {
		b->bad = true;
		return;
	}
	memcpy(raw, k->id, 4);
	memcpy(raw + 4, sig, n);
	(void)ov_b64_enc(t, raw, 4 + n);
	ov_buf_add(b, dash, DASH_LEN);
	ov_buf_fmt(b, "%s %s\n", k->name, t);
}
