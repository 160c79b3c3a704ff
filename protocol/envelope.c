/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/envelope.c - JWE and JWS compact, taken apart. */
#include "protocol/envelope.h"

#include <string.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/json.h"

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
header_json(struct ov_view part, json_t **out, struct ov_err *e)
{
	uint8_t raw[OV_B64_MAXDEC(OV_JOSE_HEADER_MAX)];
	size_t n;

	*out = NULL;
	if (part.n > OV_JOSE_HEADER_MAX ||
	    ov_b64u_dec((const char *)part.p, part.n, raw, sizeof(raw), &n) !=
	        OV_OK)
		return ov_fail(e, OV_BADMSG, "header");
	return ov_json_parse(raw, n, sizeof(raw), out, e);
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
static void
jo_party(struct ov_jobj *o, const char *name, struct ov_oin *out)
{
	uint8_t raw[OV_OIN_LEN];

	ov_jo_b64u(o, name, raw, sizeof(raw));
	if (o->rc == OV_OK && ov_oin_from(raw, out) != OV_OK)
		ov_jo_fail(o, name, OV_REDEN_PATROON);
}

static enum ov_rc
jwe_header_parse(const json_t *h, struct ov_jwe *out, struct ov_err *e)
{
	struct ov_jobj o, k;
	enum ov_rc rc;

	ov_jo_init(&o, h, "header");
	ov_jo_lit(&o, "alg", "ECDH-ES");
	jo_party(&o, "apu", &out->apu);
	jo_party(&o, "apv", &out->apv);
	ov_jo_lit(&o, "cty", OV_TYP_BERICHT);
	ov_jo_lit(&o, "enc", "A256GCM");
	ov_jo_init(&k, ov_jo_obj(&o, "epk"), "epk");
	ov_jo_b64u(&o, "kid", out->kid, sizeof(out->kid));
	ov_jo_lit(&o, "typ", OV_TYP_JWE);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	ov_jo_lit(&k, "crv", "X25519");
	ov_jo_lit(&k, "kty", "OKP");
	ov_jo_b64u(&k, "x", out->epk, sizeof(out->epk));
	return ov_jo_end(&k, e);
}

enum ov_rc
ov_jwe_split(const void *text, size_t n, struct ov_jwe *out, struct ov_buf *ct,
    struct ov_err *e)
{
	struct ov_view part[5];
	OV_JSON *h = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (!cut(text, n, part, 5) || part[1].n != 0 || part[0].n == 0)
		return ov_fail(e, OV_BADMSG, "jwe: parts");
	if ((rc = header_json(part[0], &h, e)) == OV_OK)
		rc = jwe_header_parse(h, out, e);
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
has_forbidden(const json_t *h)
{
	static const char *const name[] = {"zip", "crit", "jku", "jwk", "x5u",
	    "x5c", "x5t", "x5t#S256", "b64"};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(*name); i++)
		if (json_object_get(h, name[i]) != NULL)
			return true;
	return false;
}

static bool
is_text(const json_t *o, const char *name, const char *value)
{
	return ov_view_eq(ov_json_view(json_object_get(o, name)), value);
}

static bool
bare_party(const json_t *h, const char *name, uint8_t *out, size_t *n)
{
	const json_t *j = json_object_get(h, name);
	struct ov_view v;

	*n = 0;
	if (j == NULL)
		return true;
	if (!json_is_string(j))
		return false;
	v = ov_json_view(j);
	return ov_b64u_dec((const char *)v.p, v.n, out, OV_JWE_PARTY_MAX, n) ==
	       OV_OK;
}

static bool
bare_header(const json_t *h, struct ov_jwe_bare *out)
{
	const json_t *epk = json_object_get(h, "epk");

	return json_is_object(h) && !has_forbidden(h) &&
	       is_text(h, "alg", "ECDH-ES") && is_text(h, "enc", "A256GCM") &&
	       is_text(epk, "kty", "OKP") && is_text(epk, "crv", "X25519") &&
	       json_object_get(epk, "d") == NULL &&
	       ov_json_b64u(json_object_get(epk, "x"), out->epk,
	           sizeof(out->epk)) == OV_OK &&
	       bare_party(h, "apu", out->apu, &out->apu_n) &&
	       bare_party(h, "apv", out->apv, &out->apv_n);
}

enum ov_rc
ov_jwe_split_bare(const void *text, size_t n, struct ov_jwe_bare *out,
    struct ov_buf *ct, struct ov_err *e)
{
	struct ov_view part[5];
	OV_JSON *h = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (!cut(text, n, part, 5) || part[1].n != 0 || part[0].n == 0)
		return ov_fail(e, OV_BADMSG, "jwe: parts");
	rc = header_json(part[0], &h, e);
	if (rc == OV_OK && !bare_header(h, out))
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
alg_ok(const json_t *h)
{
	return is_text(h, "alg", "Ed25519") || is_text(h, "alg", "EdDSA");
}

static enum ov_rc
jws_header_parse(const json_t *h, const char *typ, struct ov_jws *out,
    struct ov_err *e)
{
	static const char *const algs[] = {"Ed25519", "EdDSA", NULL};
	struct ov_jobj o;

	ov_jo_init(&o, h, "header");
	(void)ov_jo_word(&o, "alg", algs);
	ov_jo_b64u(&o, "kid", out->kid, sizeof(out->kid));
	ov_jo_lit(&o, "typ", typ);
	return ov_jo_end(&o, e);
}

enum ov_rc
ov_jws_split(const void *text, size_t n, const char *typ, struct ov_jws *out,
    struct ov_buf *payload, struct ov_err *e)
{
	struct ov_view part[3];
	OV_JSON *h = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if (!cut(text, n, part, 3) || part[0].n == 0 || part[1].n == 0)
		return ov_fail(e, OV_BADMSG, "jws: parts");
	rc = header_json(part[0], &h, e);
	if (rc == OV_OK && typ != NULL)
		rc = jws_header_parse(h, typ, out, e);
	else if (rc == OV_OK && (has_forbidden(h) || !alg_ok(h)))
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
