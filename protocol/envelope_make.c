/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/envelope_make.c - JWE and JWS compact, put together; a file of its
 * own, so that a program that only makes them links no JSON parser.
 */
#include "protocol/envelope.h"

#include <stdio.h>
#include <string.h>

#include "protocol/b64.h"
#include "protocol/hash.h"

enum ov_rc
ov_jwe_header(struct ov_buf *out, const struct ov_oin *apu,
    const struct ov_oin *apv, const uint8_t epk[OV_KEY_LEN],
    const uint8_t kid[OV_THUMB_LEN], struct ov_err *e)
{
	char u[OV_B64U_SIZE(OV_OIN_LEN)], v[OV_B64U_SIZE(OV_OIN_LEN)];
	char x[OV_B64U_SIZE(32)], k[OV_B64U_SIZE(32)], json[512];
	int n;

	(void)ov_b64u_enc(u, apu->s, OV_OIN_LEN);
	(void)ov_b64u_enc(v, apv->s, OV_OIN_LEN);
	(void)ov_b64u_enc(x, epk, OV_KEY_LEN);
	(void)ov_b64u_enc(k, kid, OV_THUMB_LEN);
	n = snprintf(json, sizeof(json),
	    "{\"alg\":\"ECDH-ES\",\"apu\":\"%s\",\"apv\":\"%s\","
	    "\"cty\":\"" OV_TYP_BERICHT "\",\"enc\":\"A256GCM\","
	    "\"epk\":{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"%s\"},"
	    "\"kid\":\"%s\",\"typ\":\"" OV_TYP_JWE "\"}",
	    u, v, x, k);
	if (n < 0 || (size_t)n >= sizeof(json))
		return ov_fail(e, OV_TOOBIG, "jwe header");
	ov_b64u_add(out, json, (size_t)n);
	return ov_buf_ok(out, e);
}

void
ov_jwe_rest(struct ov_buf *out, const uint8_t iv[OV_JWE_IV_LEN], const void *ct,
    size_t n, const uint8_t tag[OV_JWE_TAG_LEN])
{
	ov_buf_str(out, "..");
	ov_b64u_add(out, iv, OV_JWE_IV_LEN);
	ov_buf_str(out, ".");
	ov_b64u_add(out, ct, n);
	ov_buf_str(out, ".");
	ov_b64u_add(out, tag, OV_JWE_TAG_LEN);
}

enum ov_rc
ov_jws_input(struct ov_buf *out, const char *typ,
    const uint8_t kid[OV_THUMB_LEN], const void *payload, size_t n,
    struct ov_err *e)
{
	char k[OV_B64U_SIZE(32)], json[256];
	int len;

	(void)ov_b64u_enc(k, kid, OV_THUMB_LEN);
	len = snprintf(json, sizeof(json),
	    "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"%s\"}", k, typ);
	if (len < 0 || (size_t)len >= sizeof(json))
		return ov_fail(e, OV_TOOBIG, "jws header");
	ov_b64u_add(out, json, (size_t)len);
	ov_buf_str(out, ".");
	ov_b64u_add(out, payload, n);
	return ov_buf_ok(out, e);
}

void
ov_jws_finish(struct ov_buf *out, const uint8_t sig[OV_SIG_LEN])
{
	ov_buf_str(out, ".");
	ov_b64u_add(out, sig, OV_SIG_LEN);
}

/* ---- thumbprints ---- */

static enum ov_rc
thumb(uint8_t out[OV_THUMB_LEN], const char *crv, const uint8_t pk[OV_KEY_LEN],
    struct ov_err *e)
{
	char x[OV_B64U_SIZE(32)], json[128];
	int n;

	(void)ov_b64u_enc(x, pk, OV_KEY_LEN);
	n = snprintf(json, sizeof(json),
	    "{\"crv\":\"%s\",\"kty\":\"OKP\",\"x\":\"%s\"}", crv, x);
	if (n < 0 || (size_t)n >= sizeof(json) ||
	    ov_sha256(out, json, (size_t)n) != OV_OK)
		return ov_fail(e, OV_SYS, "thumbprint");
	return OV_OK;
}

enum ov_rc
ov_thumb_ed25519(uint8_t out[OV_THUMB_LEN], const uint8_t pk[OV_KEY_LEN],
    struct ov_err *e)
{
	return thumb(out, "Ed25519", pk, e);
}

enum ov_rc
ov_thumb_x25519(uint8_t out[OV_THUMB_LEN], const uint8_t pk[OV_KEY_LEN],
    struct ov_err *e)
{
	return thumb(out, "X25519", pk, e);
}
