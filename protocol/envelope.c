/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/envelope.c - JWE and JWS compact, taken apart. */
#include "protocol/envelope.h"

#include <string.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/jtree.h"

/* Cut text at its dots into exactly n parts. */
static bool
cut(const void *text, size_t len, struct ov_view *part, size_t n)
{
	const uint8_t *p = text, *end = len == 0 ? p : p + len, *dot;
	size_t i;

	for (i = 0; i < n; i++) {
		dot = p == end ? NULL : memchr(p, '.', (size_t)(end - p));
		if ((dot == NULL) != (i == n - 1))
			return false;
		if (dot == NULL)
			dot = end;
		part[i] = (struct ov_view){p, (size_t)(dot - p)};
		p = dot == end ? end : dot + 1;
	}
	return true;
}

/* The header part as JSON. */
static enum ov_rc
header_json(struct ov_view part, struct ov_jdoc *out, struct ov_err *e)
{
	uint8_t raw[OV_B64_MAXDEC(OV_JOSE_HEADER_MAX)];
	size_t n;

	if (part.n > OV_JOSE_HEADER_MAX ||
	    ov_b64u_dec((const char *)part.p, part.n, raw, sizeof(raw), &n) !=
	        OV_OK)
		return ov_fail(e, OV_BADMSG, "header");
	return ov_jdoc_parse(raw, n, sizeof(raw), out, e);
}

static bool
is_text(const struct ov_jn *o, const char *name, const char *value)
{
	return ov_jn_eq(ov_jn_get(o, name), value);
}

static bool
is_bytes(const struct ov_jn *o, const char *name, void *out, size_t n)
{
	return ov_jn_b64u(ov_jn_get(o, name), out, n) == OV_OK;
}

/* Append the decoded part to b; undone on failure. */
static enum ov_rc
decode_part(struct ov_view part, struct ov_buf *b, struct ov_err *e)
{
	size_t had = b->n, got, cap = OV_B64_MAXDEC(part.n);
	uint8_t *room;

	if ((room = ov_buf_room(b, cap)) == NULL)
		return ov_buf_ok(b, e);
	if (ov_b64u_dec((const char *)part.p, part.n, room, cap, &got) !=
	    OV_OK) {
		b->n = had;
		return ov_fail(e, OV_BADMSG, "base64url");
	}
	b->n = had + got;
	return OV_OK;
}

/* apu and apv: base64url of the OIN's 20 characters. */
static bool
is_party(const struct ov_jn *h, const char *name, struct ov_oin *out)
{
	uint8_t raw[OV_OIN_LEN];

	return is_bytes(h, name, raw, sizeof(raw)) &&
	       ov_oin_from(raw, out) == OV_OK;
}

/* Exactly these members: the number of them tells whether there are others. */
static bool
jwe_header(const struct ov_jn *h, struct ov_jwe *out)
{
	const struct ov_jn *epk = ov_jn_get(h, "epk");

	return ov_jn_count(h) == 8 && is_text(h, "alg", "ECDH-ES") &&
	       is_party(h, "apu", &out->apu) && is_party(h, "apv", &out->apv) &&
	       is_text(h, "cty", OV_TYP_BERICHT) &&
	       is_text(h, "enc", "A256GCM") &&
	       is_bytes(h, "kid", out->kid, sizeof(out->kid)) &&
	       is_text(h, "typ", OV_TYP_JWE) && ov_jn_count(epk) == 3 &&
	       is_text(epk, "crv", "X25519") && is_text(epk, "kty", "OKP") &&
	       is_bytes(epk, "x", out->epk, sizeof(out->epk));
}

enum ov_rc
ov_jwe_split(const void *text, size_t n, struct ov_jwe *out, struct ov_buf *ct,
    struct ov_err *e)
{
	struct ov_view part[5];
	OV_JDOC h = {0};
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (!cut(text, n, part, 5) || part[1].n != 0 || part[0].n == 0)
		return ov_fail(e, OV_BADMSG, "jwe: parts");
	rc = header_json(part[0], &h, e);
	if (rc == OV_OK && !jwe_header(h.root, out))
		rc = OV_BADMSG;
	if (rc == OV_OK)
		rc = ov_b64u_exact(part[2], out->iv, sizeof(out->iv));
	if (rc == OV_OK)
		rc = ov_b64u_exact(part[4], out->tag, sizeof(out->tag));
	if (rc == OV_OK)
		rc = decode_part(part[3], ct, e);
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return rc == OV_NOSPACE || rc == OV_TOOBIG
		           ? ov_while(e, rc, "jwe")
		           : ov_fail(e, OV_BADMSG, "jwe");
	}
	out->aad = part[0];
	return OV_OK;
}

/* Members that change what a header means, and that nobody here follows. */
static bool
has_forbidden(const struct ov_jn *h)
{
	static const char *const name[] = {"zip", "crit", "jku", "jwk", "x5u",
	    "x5c", "x5t", "x5t#S256", "b64"};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(*name); i++)
		if (ov_jn_get(h, name[i]) != NULL)
			return true;
	return false;
}

static bool
bare_party(const struct ov_jn *h, const char *name, uint8_t *out, size_t *n)
{
	const struct ov_jn *j = ov_jn_get(h, name);
	struct ov_view v;

	*n = 0;
	if (j == NULL)
		return true;
	if (!ov_jn_is(j, OV_J_TEXT))
		return false;
	v = ov_jn_view(j);
	return ov_b64u_dec((const char *)v.p, v.n, out, OV_JWE_PARTY_MAX, n) ==
	       OV_OK;
}

static bool
bare_header(const struct ov_jn *h, struct ov_jwe_bare *out)
{
	const struct ov_jn *epk = ov_jn_get(h, "epk");

	return ov_jn_is(h, OV_J_OBJECT) && !has_forbidden(h) &&
	       is_text(h, "alg", "ECDH-ES") && is_text(h, "enc", "A256GCM") &&
	       is_text(epk, "kty", "OKP") && is_text(epk, "crv", "X25519") &&
	       ov_jn_get(epk, "d") == NULL &&
	       is_bytes(epk, "x", out->epk, sizeof(out->epk)) &&
	       bare_party(h, "apu", out->apu, &out->apu_n) &&
	       bare_party(h, "apv", out->apv, &out->apv_n);
}

enum ov_rc
ov_jwe_split_bare(const void *text, size_t n, struct ov_jwe_bare *out,
    struct ov_buf *ct, struct ov_err *e)
{
	struct ov_view part[5];
	OV_JDOC h = {0};
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (!cut(text, n, part, 5) || part[1].n != 0 || part[0].n == 0)
		return ov_fail(e, OV_BADMSG, "jwe: parts");
	rc = header_json(part[0], &h, e);
	if (rc == OV_OK && !bare_header(h.root, out))
		rc = OV_BADMSG;
	if (rc == OV_OK)
		rc = ov_b64u_exact(part[2], out->iv, sizeof(out->iv));
	if (rc == OV_OK)
		rc = ov_b64u_exact(part[4], out->tag, sizeof(out->tag));
	if (rc == OV_OK)
		rc = decode_part(part[3], ct, e);
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return ov_fail(e, OV_BADMSG, "jwe");
	}
	out->aad = part[0];
	return OV_OK;
}

/* ---- JWS ---- */

static bool
alg_ok(const struct ov_jn *h)
{
	return is_text(h, "alg", "Ed25519") || is_text(h, "alg", "EdDSA");
}

static bool
jws_header(const struct ov_jn *h, const char *typ, struct ov_jws *out)
{
	return ov_jn_count(h) == 3 && alg_ok(h) &&
	       is_bytes(h, "kid", out->kid, sizeof(out->kid)) &&
	       is_text(h, "typ", typ);
}

enum ov_rc
ov_jws_split(const void *text, size_t n, const char *typ, struct ov_jws *out,
    struct ov_buf *payload, struct ov_err *e)
{
	struct ov_view part[3];
	OV_JDOC h = {0};
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (!cut(text, n, part, 3) || part[0].n == 0 || part[1].n == 0)
		return ov_fail(e, OV_BADMSG, "jws: parts");
	rc = header_json(part[0], &h, e);
	if (rc == OV_OK && typ != NULL && !jws_header(h.root, typ, out))
		rc = OV_BADMSG;
	if (rc == OV_OK && typ == NULL &&
	    (has_forbidden(h.root) || !alg_ok(h.root)))
		rc = OV_BADMSG;
	if (rc == OV_OK)
		rc = ov_b64u_exact(part[2], out->sig, sizeof(out->sig));
	if (rc == OV_OK)
		rc = decode_part(part[1], payload, e);
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return rc == OV_NOSPACE || rc == OV_TOOBIG
		           ? ov_while(e, rc, "jws")
		           : ov_fail(e, OV_BADMSG, "jws");
	}
	out->input = (struct ov_view){part[0].p, part[0].n + 1 + part[1].n};
	return OV_OK;
}

enum ov_rc
ov_jws_verify(const struct ov_jws *j, const uint8_t pk[OV_KEY_LEN],
    struct ov_err *e)
{
	if (ov_ed25519_verify(pk, j->input.p, j->input.n, j->sig) != OV_OK)
		return ov_fail(e, OV_BADSIG, "jws: signature");
	return OV_OK;
}

enum ov_rc
ov_jws_check(const struct ov_jws *j, const uint8_t pk[OV_KEY_LEN],
    const uint8_t thumb[OV_THUMB_LEN], struct ov_err *e)
{
	if (memcmp(j->kid, thumb, OV_THUMB_LEN) != 0)
		return ov_fail(e, OV_BADSIG, "jws: signature");
	return ov_jws_verify(j, pk, e);
}
