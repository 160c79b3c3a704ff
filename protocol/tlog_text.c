/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/tlog_text.c - the texts of the log: leaf, checkpoint, tlog-proof. */
#include "protocol/tlog.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/tijd.h"

static const char *const soorten[OV_LEAF_N] = {
    [OV_LEAF_START] = "start",
    [OV_LEAF_VERZENDING] = "verzending",
    [OV_LEAF_ONTVANGST] = "ontvangst",
    [OV_LEAF_ONTVANGSTBEWIJS] = "ontvangstbewijs",
    [OV_LEAF_COMPLEET] = "compleet",
    [OV_LEAF_KOPPELING] = "koppeling",
    [OV_LEAF_INZIEN] = "inzien",
    [OV_LEAF_WEIGERING] = "weigering",
    [OV_LEAF_VERNIETIGING] = "vernietiging",
    [OV_LEAF_OPRF] = "oprf",
    [OV_LEAF_SLEUTELS] = "sleutels",
    [OV_LEAF_ADRESBOEK] = "adresboek",
    [OV_LEAF_EPOCH] = "epoch",
    [OV_LEAF_HERSTEL] = "herstel",
};

#define HOUR_LEN 13 /* YYYY-MM-DDThh */

const char *
ov_leaf_soort_name(enum ov_leaf_soort s)
{
	return (unsigned)s < OV_LEAF_N ? soorten[s] : "?";
}

/* ---- lines of text ---- */

struct lines {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
};

/* The next line without its LF. */
static struct ov_view
line(struct lines *t)
{
	const uint8_t *nl;
	struct ov_view v = {t->p, 0};

	if (t->bad || t->p == t->end ||
	    (nl = memchr(t->p, '\n', (size_t)(t->end - t->p))) == NULL) {
		t->bad = true;
		return v;
	}
	v.n = (size_t)(nl - t->p);
	t->p = nl + 1;
	return v;
}

/* The next line, which must begin with key and a space; the rest of it. */
static struct ov_view
keyed(struct lines *t, const char *key)
{
	struct ov_view v = line(t);
	size_t n = strlen(key);

	if (v.n <= n || memcmp(v.p, key, n) != 0 || v.p[n] != ' ') {
		t->bad = true;
		return (struct ov_view){v.p, 0};
	}
	return (struct ov_view){v.p + n + 1, v.n - n - 1};
}

/* Decimal without leading zeros, at most max. */
static bool
decimal(struct ov_view v, uint64_t max, uint64_t *out)
{
	uint64_t x = 0;
	size_t i;

	if (v.n == 0 || v.n > 19 || (v.n > 1 && v.p[0] == '0'))
		return false;
	for (i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		x = x * 10 + (uint64_t)(v.p[i] - '0');
	}
	if (x > max)
		return false;
	*out = x;
	return true;
}

/* ---- leaf ---- */

enum ov_rc
ov_leaf_text(struct ov_buf *b, const struct ov_leaf *l, struct ov_err *e)
{
	char moment[OV_MOMENT_SIZE], ref[OV_B64_SIZE(32)];

	if ((unsigned)l->soort >= OV_LEAF_N || ov_oin_none(&l->partij))
		return ov_fail(e, OV_DAMAGED, "log leaf");
	ov_moment_fmt(moment, l->tijd);
	(void)ov_b64_enc(ref, l->ref, sizeof(l->ref));
	ov_buf_fmt(b,
	    "overstap-log/v1\ntijd %.*s\nsoort %s\npartij %s\nref %s\n",
	    HOUR_LEN, moment, soorten[l->soort], l->partij.s, ref);
	if (l->soort == OV_LEAF_OPRF)
		ov_buf_fmt(b, "domein %s\nepoch %u\ndeel %u\naantal %u\n",
		    l->domein.s, l->epoch, l->deel, l->aantal);
	return ov_buf_ok(b, e);
}

static bool
leaf_tijd(struct ov_view v, int64_t *out)
{
	char moment[OV_MOMENT_SIZE];

	if (v.n != HOUR_LEN)
		return false;
	memcpy(moment, v.p, HOUR_LEN);
	memcpy(moment + HOUR_LEN, ":00:00Z", sizeof(":00:00Z"));
	return ov_moment_parse(ov_view_str(moment), out) == OV_OK;
}

static bool
leaf_soort(struct ov_view v, enum ov_leaf_soort *out)
{
	int i;

	for (i = 0; i < OV_LEAF_N; i++) {
		if (ov_view_eq(v, soorten[i])) {
			*out = (enum ov_leaf_soort)i;
			return true;
		}
	}
	return false;
}

static uint32_t
leaf_u32(struct lines *t, const char *key)
{
	uint64_t x = 0;

	if (!decimal(keyed(t, key), UINT32_MAX, &x))
		t->bad = true;
	return (uint32_t)x;
}

enum ov_rc
ov_leaf_parse(const void *p, size_t n, struct ov_leaf *out, struct ov_err *e)
{
	const uint8_t *b = p;
	struct lines t = {b, n == 0 ? b : b + n, n > OV_LEAF_MAX};

	memset(out, 0, sizeof(*out));
	if (!ov_view_eq(line(&t), "overstap-log/v1") ||
	    !leaf_tijd(keyed(&t, "tijd"), &out->tijd) ||
	    !leaf_soort(keyed(&t, "soort"), &out->soort) ||
	    ov_oin_parse(keyed(&t, "partij"), &out->partij) != OV_OK ||
	    ov_b64_exact(keyed(&t, "ref"), out->ref, sizeof(out->ref)) != OV_OK)
		t.bad = true;
	if (!t.bad && out->soort == OV_LEAF_OPRF) {
		if (ov_oin_parse(keyed(&t, "domein"), &out->domein) != OV_OK)
			t.bad = true;
		out->epoch = leaf_u32(&t, "epoch");
		out->deel = leaf_u32(&t, "deel");
		out->aantal = leaf_u32(&t, "aantal");
	}
	if (t.bad || t.p != t.end) {
		memset(out, 0, sizeof(*out));
		return ov_fail(e, OV_BADMSG, "log leaf");
	}
	return OV_OK;
}

void
ov_leaf_ref(uint8_t ref[32], const uint8_t salt[32],
    const uint8_t sha256_jwe[32], const uint8_t jti[16])
{
	static const char label[] = "overstapd/logref/v1"; /* with its NUL */
	uint8_t in[sizeof(label) + 32 + 16];

	memcpy(in, label, sizeof(label));
	memcpy(in + sizeof(label), sha256_jwe, 32);
	memcpy(in + sizeof(label) + 32, jti, 16);
	(void)crypto_auth_hmacsha256(ref, in, sizeof(in), salt);
	sodium_memzero(in, sizeof(in));
}

/* ---- checkpoint ---- */

enum ov_rc
ov_checkpoint_text(struct ov_buf *b, const struct ov_checkpoint *c,
    struct ov_err *e)
{
	char root[OV_B64_SIZE(32)];

	(void)ov_b64_enc(root, c->root.b, sizeof(c->root.b));
	ov_buf_fmt(b, "%s\n%llu\n%s\n", c->origin, (unsigned long long)c->size,
	    root);
	return ov_buf_ok(b, e);
}

enum ov_rc
ov_checkpoint_parse(struct ov_view text, struct ov_checkpoint *out,
    struct ov_err *e)
{
	struct lines t = {text.p, text.n == 0 ? text.p : text.p + text.n,
	    false};
	struct ov_view origin;

	memset(out, 0, sizeof(*out));
	origin = line(&t);
	if (t.bad || origin.n == 0 || origin.n > OV_NOTE_NAME_MAX ||
	    memchr(origin.p, '\0', origin.n) != NULL ||
	    !decimal(line(&t), OV_TLOG_MAX, &out->size) ||
	    ov_b64_exact(line(&t), out->root.b, sizeof(out->root.b)) != OV_OK ||
	    t.bad || t.p != t.end) {
		memset(out, 0, sizeof(*out));
		return ov_fail(e, OV_BADMSG, "checkpoint");
	}
	memcpy(out->origin, origin.p, origin.n);
	return OV_OK;
}

static enum ov_rc
name_of(char out[OV_NOTE_NAME_MAX + 1], const char *logdomein,
    const char *regio, const char *what, const char *who, struct ov_err *e)
{
	int n;

	n = snprintf(out, OV_NOTE_NAME_MAX + 1, "%s/regio/%s/%s/%s", logdomein,
	    regio, what, who);
	if (n < 0 || (size_t)n > OV_NOTE_NAME_MAX) {
		out[0] = '\0';
		return ov_fail(e, OV_TOOBIG, "key name");
	}
	return OV_OK;
}

enum ov_rc
ov_log_origin(char out[OV_NOTE_NAME_MAX + 1], const char *logdomein,
    const char *regio, const struct ov_oin *oin, uint32_t n, struct ov_err *e)
{
	char who[OV_OIN_LEN + 1 + 11];

	if (n >= 2)
		(void)snprintf(who, sizeof(who), "%s/%u", oin->s, n);
	else
		(void)snprintf(who, sizeof(who), "%s", oin->s);
	return name_of(out, logdomein, regio, "log", who, e);
}

uint32_t
ov_log_origin_number(const char *origin, const char *logdomein,
    const char *regio, const struct ov_oin *oin)
{
	char base[OV_NOTE_NAME_MAX + 1];
	uint64_t x = 0;
	size_t n;

	if (ov_log_origin(base, logdomein, regio, oin, 1, NULL) != OV_OK)
		return 0;
	n = strlen(base);
	if (strncmp(origin, base, n) != 0)
		return 0;
	if (origin[n] == '\0')
		return 1;
	if (origin[n] != '/' ||
	    !decimal(ov_view_str(origin + n + 1), UINT32_MAX, &x) || x < 2)
		return 0;
	return (uint32_t)x;
}

enum ov_rc
ov_witness_name(char out[OV_NOTE_NAME_MAX + 1], const char *logdomein,
    const char *regio, const struct ov_oin *oin, struct ov_err *e)
{
	return name_of(out, logdomein, regio, "getuige", oin->s, e);
}

enum ov_rc
ov_checkpoint_open(const void *p, size_t n, const uint8_t pk[32],
    struct ov_checkpoint *out, struct ov_note *note, struct ov_err *e)
{
	struct ov_note own;
	struct ov_note *nt = note != NULL ? note : &own;
	struct ov_note_seen seen;
	struct ov_vkey key;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_note_parse(p, n, nt, e)) != OV_OK)
		return ov_while(e, rc, "checkpoint");
	if ((rc = ov_checkpoint_parse(nt->text, out, e)) != OV_OK)
		return rc;
	/* The key's name and id are always taken from the origin line. */
	rc = ov_vkey_make(&key, out->origin, OV_VKEY_ED25519, pk, e);
	if (rc == OV_OK)
		rc = ov_note_verify(nt, &key, 1, &seen, e);
	if (rc == OV_OK && !seen.good)
		rc = ov_fail(e, OV_BADSIG, "no signature of the log");
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return ov_while(e, rc, "checkpoint");
	}
	return OV_OK;
}

/* ---- tlog-proof ---- */

static const char proof_head[] = "c2sp.org/tlog-proof@v1";

void
ov_tlog_proof_text(struct ov_buf *b, const struct ov_tlog_proof *pr)
{
	char h[OV_B64_SIZE(32)];
	size_t i;

	ov_buf_fmt(b, "%s\nindex %llu\n", proof_head,
	    (unsigned long long)pr->index);
	for (i = 0; i < pr->path.n; i++) {
		(void)ov_b64_enc(h, pr->path.h[i].b, sizeof(pr->path.h[i].b));
		ov_buf_fmt(b, "%s\n", h);
	}
	ov_buf_str(b, "\n");
	ov_buf_add(b, pr->note.p, pr->note.n);
}

enum ov_rc
ov_tlog_proof_parse(const void *p, size_t n, struct ov_tlog_proof *out,
    struct ov_err *e)
{
	const uint8_t *b = p;
	struct lines t = {b, n == 0 ? b : b + n, false};
	struct ov_view v;

	memset(out, 0, sizeof(*out));
	if (!ov_view_eq(line(&t), proof_head) ||
	    !decimal(keyed(&t, "index"), OV_TLOG_MAX, &out->index))
		t.bad = true;
	while (!t.bad && (v = line(&t)).n > 0) {
		if (t.bad || out->path.n == OV_TLOG_PATH_MAX ||
		    ov_b64_exact(v, out->path.h[out->path.n].b, 32) != OV_OK)
			t.bad = true;
		else
			out->path.n++;
	}
	if (t.bad || t.p == t.end) {
		memset(out, 0, sizeof(*out));
		return ov_fail(e, OV_BADMSG, "tlog-proof");
	}
	out->note = (struct ov_view){t.p, (size_t)(t.end - t.p)};
	return OV_OK;
}

enum ov_rc
ov_tlog_proof_verify(const struct ov_tlog_proof *pr,
    const struct ov_digest *leaf, const struct ov_checkpoint *c,
    struct ov_err *e)
{
	return ov_tlog_verify_inclusion(pr->index, c->size, leaf, pr->path.h,
	    pr->path.n, &c->root, e);
}
