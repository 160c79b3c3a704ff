/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/envelope.h - the two JOSE forms of this protocol, taken apart and
 * put together as text: JWE compact (suite OS1) and JWS compact.
 *
 * No key agreement, decryption or signing happens here: the fields of a JWE
 * go to the vault as fixed arrays, and the signing input of a JWS goes there
 * as one text.  Verifying a JWS does happen here, with libsodium's strict
 * verifier.  docs/protocol.md, "A message".
 *
 * Every refusal of foreign text is OV_BADMSG, a signature that does not
 * verify OV_BADSIG; neither says which bytes were wrong.
 */
#ifndef OV_PROTOCOL_ENVELOPE_H
#define OV_PROTOCOL_ENVELOPE_H

#include "protocol/oin.h"
#include "protocol/rd.h"

#define OV_JWE_IV_LEN 12
#define OV_JWE_TAG_LEN 16
#define OV_KEY_LEN 32   /* Ed25519 and X25519 public keys */
#define OV_SIG_LEN 64   /* Ed25519 */
#define OV_THUMB_LEN 32 /* RFC 7638, SHA-256 */

/* Header member "typ". */
#define OV_TYP_JWE "overstap-bericht+jwe"
#define OV_TYP_BERICHT "overstap-bericht+jws"
#define OV_TYP_ONTVANGST "overstap-ontvangst+jws"
#define OV_TYP_SLEUTELS "overstap-sleutels+jws"
#define OV_TYP_CONTACTEN "overstap-contacten+jws"
#define OV_TYP_AFSTEMMING "overstap-afstemming+jws"
#define OV_TYP_OPRF_SLEUTELS "overstap-oprf-sleutels+jws"
#define OV_TYP_OPRF_VRAAG "overstap-oprf-vraag+jws"

struct ov_jwe {
	struct ov_oin apu; /* sender, not yet tied to anything */
	struct ov_oin apv; /* receiver */
	uint8_t kid[OV_THUMB_LEN];
	uint8_t epk[OV_KEY_LEN];
	uint8_t iv[OV_JWE_IV_LEN];
	uint8_t tag[OV_JWE_TAG_LEN];
	struct ov_view aad; /* the encoded header, in the caller's text */
};

/* Split a message: five parts, second empty, header with exactly the members
 * of OS1 in any order.  The decoded ciphertext is appended to ct. */
OV_MUST_CHECK enum ov_rc ov_jwe_split(const void *text, size_t n,
    struct ov_jwe *out, struct ov_buf *ct, struct ov_err *e);

/* The encoded protected header of a message: base64url of the JSON in the
 * member order of docs/protocol.md.  It is also the AAD. */
OV_MUST_CHECK enum ov_rc ov_jwe_header(struct ov_buf *out,
    const struct ov_oin *apu, const struct ov_oin *apv,
    const uint8_t epk[OV_KEY_LEN], const uint8_t kid[OV_THUMB_LEN],
    struct ov_err *e);
/* "..iv.ciphertext.tag" after a header that is already in out. */
void ov_jwe_rest(struct ov_buf *out, const uint8_t iv[OV_JWE_IV_LEN],
    const void *ct, size_t n, const uint8_t tag[OV_JWE_TAG_LEN]);

/* Bare suite OS1, without the profile of a message: for published vectors.
 * apu and apv are any bytes, and any harmless header member is ignored. */
#define OV_JWE_PARTY_MAX 256
struct ov_jwe_bare {
	uint8_t epk[OV_KEY_LEN];
	uint8_t iv[OV_JWE_IV_LEN];
	uint8_t tag[OV_JWE_TAG_LEN];
	uint8_t apu[OV_JWE_PARTY_MAX];
	uint8_t apv[OV_JWE_PARTY_MAX];
	size_t apu_n;
	size_t apv_n;
	struct ov_view aad;
};
OV_MUST_CHECK enum ov_rc ov_jwe_split_bare(const void *text, size_t n,
    struct ov_jwe_bare *out, struct ov_buf *ct, struct ov_err *e);

struct ov_jws {
	uint8_t kid[OV_THUMB_LEN]; /* zero in the bare form */
	uint8_t sig[OV_SIG_LEN];
	struct ov_view input; /* header.payload, in the caller's text */
};

/* Split a JWS whose header is exactly alg, kid, typ with this typ; the decoded
 * payload is appended to payload.  Nothing in it is to be believed before
 * ov_jws_check().  typ NULL: the bare form of published vectors, where only
 * alg is judged and crit and b64 are refused. */
OV_MUST_CHECK enum ov_rc ov_jws_split(const void *text, size_t n,
    const char *typ, struct ov_jws *out, struct ov_buf *payload,
    struct ov_err *e);
/* The signature alone. */
OV_MUST_CHECK enum ov_rc ov_jws_verify(const struct ov_jws *,
    const uint8_t pk[OV_KEY_LEN], struct ov_err *e);
/* kid is thumb, and the signature of pk is good; thumb is pk's thumbprint. */
OV_MUST_CHECK enum ov_rc ov_jws_check(const struct ov_jws *,
    const uint8_t pk[OV_KEY_LEN], const uint8_t thumb[OV_THUMB_LEN],
    struct ov_err *e);

/* header.payload, the bytes to be signed, for header {alg,kid,typ}. */
OV_MUST_CHECK enum ov_rc ov_jws_input(struct ov_buf *out, const char *typ,
    const uint8_t kid[OV_THUMB_LEN], const void *payload, size_t n,
    struct ov_err *e);
/* Append ".signature" to such an input. */
void ov_jws_finish(struct ov_buf *out, const uint8_t sig[OV_SIG_LEN]);

/* RFC 7638 thumbprints of OKP keys. */
OV_MUST_CHECK enum ov_rc ov_thumb_ed25519(uint8_t out[OV_THUMB_LEN],
    const uint8_t pk[OV_KEY_LEN], struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_thumb_x25519(uint8_t out[OV_THUMB_LEN],
    const uint8_t pk[OV_KEY_LEN], struct ov_err *e);

#endif
