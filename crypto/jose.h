/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/jose.h - suite OS1: Ed25519 signatures and ECDH-ES over X25519 with
 * A256GCM, in JOSE compact form.
 *
 * This side makes tokens and opens what others took apart: opening gets
 * fixed-size fields and never parses a header (protocol/envelope.h does), so
 * a process with keys contains no parser of foreign text.  Every failure to
 * open is OV_BADSIG with one text, whatever the reason; outputs are zeroed.
 * RFC 7515, 7516, 7518 4.6.2, 8037; docs/protocol.md, "Messages".
 */
#ifndef OV_CRYPTO_JOSE_H
#define OV_CRYPTO_JOSE_H

#include "base/buf.h"
#include "crypto/kdf.h"

#define OV_KID 43 /* characters of a thumbprint */

/* The closed list of what may be signed. */
enum ov_sign_kind {
	OV_SIGN_BERICHT = 1,
	OV_SIGN_ONTVANGST,
	OV_SIGN_SLEUTELS,
	OV_SIGN_CONTACTEN,
	OV_SIGN_AFSTEMMING,
	OV_SIGN_OPRF_SLEUTELS,
	OV_SIGN_OPRF_VRAAG,
};
/* "overstap-bericht+jws" and so on; NULL for a number not in the list. */
const char *ov_sign_typ(enum ov_sign_kind);

/* The key pair of a seed. */
OV_MUST_CHECK enum ov_rc ov_ed25519_keys(const struct ov_secret32 *seed,
    struct ov_secret64 *sk, uint8_t pk[32], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_ed25519_sign(const struct ov_secret64 *sk,
    const void *msg, size_t n, uint8_t sig[64], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_x25519_public(const struct ov_secret32 *sk,
    uint8_t pk[32], struct ov_err *);
/* The shared secret; OV_BADMSG when it is all zero (RFC 7748 6.1). */
OV_MUST_CHECK enum ov_rc ov_x25519(const struct ov_secret32 *sk,
    const uint8_t pk[32], struct ov_secret32 *z, struct ov_err *);

/* RFC 7638 thumbprints, with a NUL behind them. */
OV_MUST_CHECK enum ov_rc ov_kid_ed25519(const uint8_t pk[32],
    char kid[OV_KID + 1], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_kid_x25519(const uint8_t pk[32],
    char kid[OV_KID + 1], struct ov_err *);

/* AES-256-GCM, 96-bit iv, 128-bit tag.  out has room for n bytes and may be
 * the input itself. */
OV_MUST_CHECK enum ov_rc ov_gcm_seal(struct ov_crypto *,
    const struct ov_secret32 *key, const uint8_t iv[12], const void *aad,
    size_t naad, const void *plain, size_t n, uint8_t *out, uint8_t tag[16],
    struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_gcm_open(struct ov_crypto *,
    const struct ov_secret32 *key, const uint8_t iv[12], const void *aad,
    size_t naad, const void *ct, size_t n, const uint8_t tag[16], uint8_t *out,
    struct ov_err *);

/* Concat KDF for A256GCM: the content key from Z and both party infos. */
OV_MUST_CHECK enum ov_rc ov_os1_cek(const struct ov_secret32 *z,
    const void *apu, size_t napu, const void *apv, size_t napv,
    struct ov_secret32 *cek, struct ov_err *);

/* The fields of a JWE that somebody else took apart.  aad is the header part
 * as received (ASCII). */
struct ov_os1_sealed {
	uint8_t epk[32];
	uint8_t iv[12];
	uint8_t tag[16];
	char from[20];
	char to[20];
	const uint8_t *aad;
	size_t naad;
	const uint8_t *ct;
	size_t n;
};
/* n bytes of plaintext in out, which may be ct itself. */
OV_MUST_CHECK enum ov_rc ov_os1_open(struct ov_crypto *,
    const struct ov_secret32 *sk, const struct ov_os1_sealed *, uint8_t *out,
    struct ov_err *);

/* The compact JWE of a compact JWS for the receiver's encryption key, with
 * exactly the header of a message, appended to out. */
OV_MUST_CHECK enum ov_rc ov_os1_seal(struct ov_crypto *,
    const uint8_t to_pk[32], const char from[20], const char to[20],
    const void *jws, size_t n, struct ov_buf *out, struct ov_err *);
/* The same with a given ephemeral key and iv: for published vectors only. */
OV_MUST_CHECK enum ov_rc ov_os1_seal_with(struct ov_crypto *,
    const struct ov_secret32 *epk_sk, const uint8_t iv[12],
    const uint8_t to_pk[32], const char from[20], const char to[20],
    const void *jws, size_t n, struct ov_buf *out, struct ov_err *);
/* What sealing is made of: the JWE under any header that is given as JSON
 * text, appended to out. */
OV_MUST_CHECK enum ov_rc ov_os1_seal_header(struct ov_crypto *,
    const struct ov_secret32 *cek, const uint8_t iv[12], const char *header,
    const void *plain, size_t n, struct ov_buf *out, struct ov_err *);

/* The compact JWS {"alg":"Ed25519","kid":...,"typ":...} of a payload,
 * appended to out. */
OV_MUST_CHECK enum ov_rc ov_os1_sign(const struct ov_secret64 *sk,
    enum ov_sign_kind, const void *payload, size_t n, struct ov_buf *out,
    struct ov_err *);
/* The same under any header that is given as JSON text. */
OV_MUST_CHECK enum ov_rc ov_os1_sign_header(const struct ov_secret64 *sk,
    const char *header, const void *payload, size_t n, struct ov_buf *out,
    struct ov_err *);

#endif
