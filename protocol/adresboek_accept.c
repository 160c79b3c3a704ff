/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_accept.c - may this note become our address book? And the
 * fingerprint by which people compare one.
 */
#include <string.h>

#include "protocol/adresboek_in.h"
#include "protocol/hash.h"

#define FUTURE_MAX ((int64_t)600)
#define VALID_MAX ((int64_t)60 * 86400)

static const char *const names[OV_ACCEPT_N] = {
    [OV_ACCEPT_OK] = "accepted",
    [OV_ACCEPT_SAME] = "already ours",
    [OV_ACCEPT_OLDER] = "older than ours",
    [OV_ACCEPT_GAP] = "versions between are missing",
    [OV_ACCEPT_NOTE] = "not a signed note",
    [OV_ACCEPT_SHAPE] = "not an address book",
    [OV_ACCEPT_NOTBUILT] = "not built",
    [OV_ACCEPT_REGIO] = "of another region",
    [OV_ACCEPT_FINGERPRINT] = "another fingerprint",
    [OV_ACCEPT_CHAIN] = "does not follow ours",
    [OV_ACCEPT_FORK] = "a second version of this number",
    [OV_ACCEPT_SIGNATURES] = "too few signatures",
    [OV_ACCEPT_TIME] = "dates out of bounds",
};

const char *
ov_accept_name(enum ov_accept a)
{
	return (unsigned)a < OV_ACCEPT_N ? names[a] : "?";
}

/* Distinct public keys of the book that signed.  A book's administrators have
 * distinct keys (rule 1), so counting those is counting keys; the same key
 * may sign under the name of the stored and that of the new version. */
static size_t
count(const struct ov_adresboek *k, const struct ov_vkey *keys,
    const struct ov_note_seen *seen, size_t n)
{
	size_t i, j, good = 0;

	for (i = 0; i < k->nbeheer; i++) {
		for (j = 0; j < n; j++) {
			if (seen[j].good &&
			    memcmp(keys[j].pk, k->beheer[i].pk, 32) == 0) {
				good++;
				break;
			}
		}
	}
	return good;
}

/* Rule 3. */
static enum ov_accept
signatures(const struct ov_adresboek *stored, const struct ov_adresboek *neu,
    const struct ov_note *note, struct ov_err *e)
{
	struct ov_vkey keys[2 * OV_BEHEERDERS_MAX];
	struct ov_note_seen seen[2 * OV_BEHEERDERS_MAX];
	size_t n = neu->nbeheer;

	memcpy(keys, neu->beheer, n * sizeof(*keys));
	if (stored != NULL) {
		memcpy(keys + n, stored->beheer,
		    stored->nbeheer * sizeof(*keys));
		n += stored->nbeheer;
	}
	if (ov_note_verify(note, keys, n, seen, e) != OV_OK)
		return OV_ACCEPT_NOTE;
	if (count(neu, keys, seen, n) < neu->drempel ||
	    (stored != NULL &&
	        count(stored, keys, seen, n) < stored->drempel)) {
		(void)ov_fail(e, OV_DENIED, "too few administrators signed");
		return OV_ACCEPT_SIGNATURES;
	}
	return OV_ACCEPT_OK;
}

/* Rule 4. */
static enum ov_accept
dates(const struct ov_adresboek *neu, int64_t now, struct ov_err *e)
{
	if (neu->uitgegeven > now + FUTURE_MAX ||
	    neu->geldig_tot - neu->uitgegeven > VALID_MAX) {
		(void)ov_fail(e, OV_DENIED, "uitgegeven or geldig_tot");
		return OV_ACCEPT_TIME;
	}
	return OV_ACCEPT_OK;
}

/* Rule 0: the first one, or the way out of a fork. */
static enum ov_accept
anchor(const struct ov_accept_in *in, const struct ov_adresboek *neu,
    const struct ov_note *note, struct ov_err *e)
{
	enum ov_accept a;

	if (in->typed == NULL || !ov_vinger_match(in->typed, neu->sha256)) {
		(void)ov_fail(e, OV_DENIED,
		    "the fingerprint is not that of this version");
		return OV_ACCEPT_FINGERPRINT;
	}
	if ((a = signatures(NULL, neu, note, e)) != OV_ACCEPT_OK)
		return a;
	return dates(neu, in->now, e);
}

/* Rules 2 to 4. */
static enum ov_accept
successor(const struct ov_accept_in *in, const struct ov_adresboek *neu,
    const struct ov_note *note, struct ov_err *e)
{
	const struct ov_adresboek *old = in->stored;
	enum ov_accept a;

	if (neu->versie < old->versie) {
		(void)ov_fail(e, OV_DENIED, "version %u, ours is %u",
		    neu->versie, old->versie);
		return OV_ACCEPT_OLDER;
	}
	if (neu->versie > old->versie && neu->versie - old->versie > 1) {
		(void)ov_fail(e, OV_DENIED, "version %u, ours is %u",
		    neu->versie, old->versie);
		return OV_ACCEPT_GAP;
	}
	if ((a = signatures(old, neu, note, e)) != OV_ACCEPT_OK)
		return a;
	if (neu->versie == old->versie) {
		(void)ov_fail(e, OV_DENIED, "two versions %u", neu->versie);
		return OV_ACCEPT_FORK;
	}
	if (!neu->has_vorige || memcmp(neu->vorige, old->sha256, 32) != 0 ||
	    neu->uitgegeven < old->uitgegeven) {
		(void)ov_fail(e, OV_DENIED, "version %u does not follow ours",
		    neu->versie);
		return OV_ACCEPT_CHAIN;
	}
	return dates(neu, in->now, e);
}

static enum ov_accept
judge(const struct ov_accept_in *in, const struct ov_adresboek *neu,
    const struct ov_note *note, struct ov_err *e)
{
	const char *regio = in->stored != NULL ? in->stored->regio : in->regio;

	if (regio != NULL && strcmp(regio, neu->regio) != 0) {
		(void)ov_fail(e, OV_DENIED, "another region");
		return OV_ACCEPT_REGIO;
	}
	if (in->stored == NULL || in->typed != NULL)
		return anchor(in, neu, note, e);
	return successor(in, neu, note, e);
}

enum ov_accept
ov_adresboek_accept(const struct ov_accept_in *in, const void *p, size_t n,
    struct ov_adresboek **out, struct ov_err *e)
{
	struct ov_adresboek *neu = NULL;
	struct ov_note note;
	uint8_t md[32];
	enum ov_accept a;
	enum ov_rc rc;

	*out = NULL;
	if (n > OV_BOOK_MAX + OV_REQ_MAX) {
		(void)ov_fail(e, OV_TOOBIG, "address book");
		return OV_ACCEPT_NOTE;
	}
	if (ov_note_parse(p, n, &note, e) != OV_OK ||
	    ov_sha256(md, note.text.p, note.text.n) != OV_OK)
		return OV_ACCEPT_NOTE;
	if (in->stored != NULL && memcmp(md, in->stored->sha256, 32) == 0)
		return OV_ACCEPT_SAME;
	rc = ov_adresboek_parse(note.text.p, note.text.n, &neu, e);
	if (rc != OV_OK)
		return rc == OV_DENIED ? OV_ACCEPT_NOTBUILT : OV_ACCEPT_SHAPE;
	if ((a = judge(in, neu, &note, e)) != OV_ACCEPT_OK) {
		ov_adresboek_free(neu);
		return a;
	}
	*out = neu;
	return OV_ACCEPT_OK;
}

/* ---- fingerprint ---- */

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
ov_vinger(char out[OV_VINGER_TEXT], const uint8_t sha256[32])
{
	unsigned bit, v, k;
	size_t i, n = 0;

	for (i = 0; i < OV_VINGER_LEN; i++) {
		if (i > 0 && i % 5 == 0 && i < 25)
			out[n++] = '-';
		for (v = 0, k = 0; k < 5; k++) {
			bit = (unsigned)i * 5 + k;
			v = v << 1 |
			    ((unsigned)sha256[bit / 8] >> (7 - bit % 8) & 1U);
		}
		out[n++] = crockford[v];
	}
	out[n] = '\0';
}

/* The letter as printed, or 0 when it is none. */
static char
letter(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return c != '\0' && strchr(crockford, c) != NULL ? c : '\0';
}

bool
ov_vinger_parse(const char *typed, char out[OV_VINGER_TEXT])
{
	size_t i = 0, n = 0;
	char c;

	out[0] = '\0';
	for (; *typed != '\0'; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		if (i == OV_VINGER_LEN || (c = letter(*typed)) == '\0')
			return false;
		if (i > 0 && i % 5 == 0 && i < 25)
			out[n++] = '-';
		out[n++] = c;
		i++;
	}
	out[n] = '\0';
	return i == OV_VINGER_LEN;
}

bool
ov_vinger_match(const char *typed, const uint8_t sha256[32])
{
	char a[OV_VINGER_TEXT], b[OV_VINGER_TEXT];

	ov_vinger(b, sha256);
	return ov_vinger_parse(typed, a) && strcmp(a, b) == 0;
}
