/* SPDX-License-Identifier: EUPL-1.2 */
/* Further operations of the vector adapter, for the figures of
 * docs/protocol.md "Vectors" and for algorithms that have published vectors
 * but no operation of their own there: HKDF, HMAC, XChaCha20-Poly1305. */
#include "tools/vectors.h"

#include <string.h>

#include "crypto/jose.h"
#include "crypto/oprf.h"
#include "crypto/pid.h"
#include "crypto/record.h"
#include "protocol/b64.h"

#define HKDF_MAX ((size_t)255 * 32)

/* {salt, ikm, info, size}: RFC 5869. */
static bool
op_hkdf(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF salt = {0};
	OV_BUF ikm = {0};
	OV_BUF info = {0};
	uint8_t okm[HKDF_MAX];
	uint64_t n;

	return vx_bytes(in, "salt", &salt) && vx_bytes(in, "ikm", &ikm) &&
	       vx_bytes(in, "info", &info) && vx_u64(in, "size", &n) &&
	       n <= sizeof(okm) &&
	       ov_hkdf(c, salt.p, salt.n, ikm.p, ikm.n, info.p, info.n, okm, n,
	           NULL) == OV_OK &&
	       vx_put_hex(out, "out", okm, n);
}

/* {key, msg}. */
static bool
op_hmac(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF key = {0};
	OV_BUF msg = {0};
	uint8_t mac[32];

	(void)c;
	return vx_bytes(in, "key", &key) && vx_bytes(in, "msg", &msg) &&
	       ov_hmac256(key.p, key.n, msg.p, msg.n, mac, NULL) == OV_OK &&
	       vx_put_hex(out, "out", mac, sizeof(mac));
}

/* {key, iv, aad, ct, tag}. */
static bool
op_xchacha_open(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 key;
	OV_BUF aad = {0};
	OV_BUF ct = {0};
	OV_BUF plain = {0};
	uint8_t iv[24];
	uint8_t *p;

	(void)c;
	if (!vx_fixed(in, "key", key.b, 32) || !vx_fixed(in, "iv", iv, 24) ||
	    !vx_bytes(in, "aad", &aad) || !vx_bytes(in, "ct", &ct) ||
	    (p = ov_buf_room(&plain, ct.n)) == NULL ||
	    !vx_bytes(in, "tag", &ct) || ct.n != plain.n + 16)
		return false;
	return ov_xchacha_open(&key, iv, aad.p, aad.n, ct.p, ct.n, p, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", p, plain.n);
}

/* {z, apu, apv}: the content key of A256GCM. */
static bool
op_concat_kdf(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF apu = {0};
	OV_BUF apv = {0};
	OV_SECRET32 z, cek;

	(void)c;
	return vx_fixed(in, "z", z.b, 32) && vx_bytes(in, "apu", &apu) &&
	       vx_bytes(in, "apv", &apv) &&
	       ov_os1_cek(&z, apu.p, apu.n, apv.p, apv.n, &cek, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", cek.b, 32);
}

/* {crv, seed or pk}: public key and thumbprint. */
static bool
op_key(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 seed;
	OV_SECRET64 sk;
	const char *crv = vx_str(in, "crv");
	bool ed = crv != NULL && strcmp(crv, "Ed25519") == 0;
	uint8_t pk[32];
	char kid[OV_KID + 1];

	(void)c;
	if (crv == NULL || (!ed && strcmp(crv, "X25519") != 0))
		return false;
	if (!vx_fixed(in, "pk", pk, 32)) {
		if (!vx_fixed(in, "seed", seed.b, 32))
			return false;
		if ((ed ? ov_ed25519_keys(&seed, &sk, pk, NULL)
		        : ov_x25519_public(&seed, pk, NULL)) != OV_OK)
			return false;
	}
	if ((ed ? ov_kid_ed25519(pk, kid, NULL)
	        : ov_kid_x25519(pk, kid, NULL)) != OV_OK)
		return false;
	return vx_put_hex(out, "out", pk, 32) &&
	       vx_put_text(out, "kid", kid, OV_KID);
}

/* {seed, msg}: a deterministic Ed25519 signature. */
static bool
op_ed25519_sign(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF msg = {0};
	OV_SECRET32 seed;
	OV_SECRET64 sk;
	uint8_t pk[32], sig[64];

	(void)c;
	return vx_fixed(in, "seed", seed.b, 32) && vx_bytes(in, "msg", &msg) &&
	       ov_ed25519_keys(&seed, &sk, pk, NULL) == OV_OK &&
	       ov_ed25519_sign(&sk, msg.p, msg.n, sig, NULL) == OV_OK &&
	       vx_put_hex(out, "out", sig, sizeof(sig));
}

/* {seed, regio, domein, ep, deel}: one share key. */
static bool
op_share(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 seed, k;
	const char *region = vx_str(in, "regio"),
	           *domain = vx_oin(in, "domein");
	uint8_t pk[32];
	uint32_t ep, share;

	(void)c;
	return region != NULL && domain != NULL &&
	       vx_fixed(in, "seed", seed.b, 32) && vx_u32(in, "ep", &ep) &&
	       vx_u32(in, "deel", &share) &&
	       ov_oprf_share(&seed, region, domain, ep, share, &k, pk, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", k.b, 32) && vx_put_hex(out, "pk", pk, 32);
}

/* {pgn}: the input of the pseudonym function. */
static bool
op_pgn_input(struct ov_crypto *c, const json_t *in, json_t *out)
{
	struct ov_view pgn = vx_text(in, "pgn");
	uint8_t x[OV_OPRF_INPUT_PGN];

	(void)c;
	if (pgn.p == NULL || pgn.n != 9)
		return false;
	ov_oprf_input_pgn(x, (const char *)pgn.p);
	return vx_put_hex(out, "out", x, sizeof(x));
}

/* {pgn, blind, delen: hex of all shares}: Y. */
static bool
op_combine(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF e = {0};
	OV_SECRET32 r;
	struct ov_view pgn = vx_text(in, "pgn");
	uint8_t x[OV_OPRF_INPUT_PGN], y[64];

	(void)c;
	if (pgn.p == NULL || pgn.n != 9 || !vx_fixed(in, "blind", r.b, 32) ||
	    !vx_bytes(in, "delen", &e) || e.n % 32 != 0)
		return false;
	ov_oprf_input_pgn(x, (const char *)pgn.p);
	return ov_oprf_finish(x, sizeof(x), &r, e.p, e.n / 32, y, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", y, sizeof(y));
}

/* {sk, own, peer, peer_pk, ep}: K_AB. */
static bool
op_link_key(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 sk, k;
	uint8_t own_pk[32], peer_pk[32];
	const struct ov_link_party own = {vx_oin(in, "own"), own_pk};
	const struct ov_link_party peer = {vx_oin(in, "peer"), peer_pk};
	uint32_t ep;

	return own.oin != NULL && peer.oin != NULL &&
	       vx_fixed(in, "sk", sk.b, 32) &&
	       vx_fixed(in, "peer_pk", peer_pk, 32) && vx_u32(in, "ep", &ep) &&
	       ov_x25519_public(&sk, own_pk, NULL) == OV_OK &&
	       ov_link_key(c, &sk, own, peer, ep, &k, NULL) == OV_OK &&
	       vx_put_hex(out, "out", k.b, 32);
}

/* {jws, sender, receiver, to_pk, epk_sk, iv}: the whole JWE. */
static bool
op_message_seal(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF token = {0};
	OV_SECRET32 epk;
	struct ov_view jws = vx_text(in, "jws");
	const char *from = vx_oin(in, "from"), *to = vx_oin(in, "to");
	uint8_t iv[12], pk[32];

	return jws.p != NULL && from != NULL && to != NULL &&
	       vx_fixed(in, "epk_sk", epk.b, 32) &&
	       vx_fixed(in, "iv", iv, 12) && vx_fixed(in, "to_pk", pk, 32) &&
	       ov_os1_seal_with(c, &epk, iv, pk, from, to, jws.p, jws.n, &token,
	           NULL) == OV_OK &&
	       vx_put_text(out, "token", token.p, token.n);
}

/* {seed, typ, payload: text}: the whole JWS. */
static bool
op_document_sign(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF token = {0};
	OV_SECRET32 seed;
	OV_SECRET64 sk;
	struct ov_view payload = vx_text(in, "payload");
	const char *typ = vx_str(in, "typ");
	enum ov_sign_kind kind = OV_SIGN_BERICHT;
	uint8_t pk[32];

	(void)c;
	if (payload.p == NULL || typ == NULL ||
	    !vx_fixed(in, "seed", seed.b, 32) ||
	    ov_ed25519_keys(&seed, &sk, pk, NULL) != OV_OK)
		return false;
	while (ov_sign_typ(kind) != NULL && strcmp(ov_sign_typ(kind), typ) != 0)
		kind = (enum ov_sign_kind)((int)kind + 1);
	return ov_os1_sign(&sk, kind, payload.p, payload.n, &token, NULL) ==
	           OV_OK &&
	       vx_put_text(out, "token", token.p, token.n);
}

/* {key, table, id, column, version, nonce, plain}: blob and its AAD. */
static bool
op_record_seal(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF plain = {0};
	OV_BUF blob = {0};
	OV_SECRET32 key;
	uint8_t id[16], nonce[24], aad[OV_REC_AAD];
	struct ov_rec_at at = {vx_str(in, "table"), id, 0, 0};
	uint32_t column;
	uint8_t *p;

	(void)c;
	if (at.table == NULL || !vx_fixed(in, "key", key.b, 32) ||
	    !vx_fixed(in, "id", id, 16) || !vx_u32(in, "column", &column) ||
	    column > UINT16_MAX || !vx_u64(in, "version", &at.version) ||
	    !vx_fixed(in, "nonce", nonce, 24) ||
	    !vx_bytes(in, "plain", &plain) ||
	    (p = ov_buf_room(&blob, plain.n + OV_SEAL_MORE)) == NULL)
		return false;
	at.column = (uint16_t)column;
	return ov_rec_seal_nonce(&key, &at, nonce, plain.p, plain.n, p, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", p, blob.n) &&
	       vx_put_hex(out, "aad", aad, ov_rec_aad(&at, aad));
}

/* {kek, id, gen, nonce, dek}: the wrapped key. */
static bool
op_key_wrap(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 kek, dek;
	uint8_t id[16], nonce[24], wrap[OV_WRAP];
	uint32_t gen;

	(void)c;
	return vx_fixed(in, "kek", kek.b, 32) && vx_fixed(in, "id", id, 16) &&
	       vx_u32(in, "gen", &gen) && vx_fixed(in, "nonce", nonce, 24) &&
	       vx_fixed(in, "dek", dek.b, 32) &&
	       ov_dek_wrap_nonce(&kek, id, gen, nonce, &dek, wrap, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", wrap, sizeof(wrap));
}

/* {dek, pid}: the key of content that waits for its link. */
static bool
op_inhoud_key(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 dek, k;
	uint8_t pid[32];

	return vx_fixed(in, "dek", dek.b, 32) && vx_fixed(in, "pid", pid, 32) &&
	       ov_inhoud_key(c, &dek, pid, &k, NULL) == OV_OK &&
	       vx_put_hex(out, "out", k.b, 32);
}

/* {dek, sha256_jwe, jti}: log salt, and the commitment under it. */
static bool
op_log_ref(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 dek;
	uint8_t salt[32], jwe[32], jti[16], ref[32];

	return vx_fixed(in, "dek", dek.b, 32) &&
	       vx_fixed(in, "sha256_jwe", jwe, 32) &&
	       vx_fixed(in, "jti", jti, 16) &&
	       ov_log_salt(c, &dek, salt, NULL) == OV_OK &&
	       ov_log_ref(salt, jwe, jti, ref, NULL) == OV_OK &&
	       vx_put_hex(out, "salt", salt, 32) &&
	       vx_put_hex(out, "out", ref, 32);
}

const struct vx_op vx_own[] = {
    {"hkdf-sha256", op_hkdf},
    {"hmac-sha256", op_hmac},
    {"xchacha20poly1305-open", op_xchacha_open},
    {"concat-kdf", op_concat_kdf},
    {"key", op_key},
    {"ed25519-sign", op_ed25519_sign},
    {"oprf-share", op_share},
    {"pgn-input", op_pgn_input},
    {"oprf-combine", op_combine},
    {"link-key", op_link_key},
    {"message-seal", op_message_seal},
    {"document-sign", op_document_sign},
    {"record-seal", op_record_seal},
    {"key-wrap", op_key_wrap},
    {"inhoud-key", op_inhoud_key},
    {"log-ref", op_log_ref},
    {NULL, NULL},
};
