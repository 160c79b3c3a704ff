/* SPDX-License-Identifier: EUPL-1.2 */
/* The operations of the vector adapter: primitives, bare JOSE, pseudonyms,
 * Merkle proofs, notes, JSON and the opening of a message. */
#include "tools/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/jose.h"
#include "crypto/oprf.h"
#include "crypto/pid.h"
#include "protocol/b64.h"
#include "protocol/claims.h"
#include "protocol/envelope.h"
#include "protocol/hash.h"
#include "protocol/json.h"
#include "protocol/note.h"
#include "protocol/tlog.h"

static bool
op_ed25519_verify(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF msg = {0};
	uint8_t pk[32], sig[64];

	(void)c;
	(void)out;
	return vx_fixed(in, "pk", pk, 32) && vx_bytes(in, "msg", &msg) &&
	       vx_fixed(in, "sig", sig, 64) &&
	       ov_ed25519_verify(pk, msg.p, msg.n, sig) == OV_OK;
}

static bool
op_x25519(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 sk, z;
	uint8_t pk[32];

	(void)c;
	return vx_fixed(in, "sk", sk.b, 32) && vx_fixed(in, "pk", pk, 32) &&
	       ov_x25519(&sk, pk, &z, NULL) == OV_OK &&
	       vx_put_hex(out, "out", z.b, 32);
}

static bool
op_gcm_open(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 key;
	OV_BUF aad = {0};
	OV_BUF ct = {0};
	uint8_t iv[12], tag[16];

	if (!vx_fixed(in, "key", key.b, 32) || !vx_fixed(in, "iv", iv, 12) ||
	    !vx_fixed(in, "tag", tag, 16) || !vx_bytes(in, "aad", &aad) ||
	    !vx_bytes(in, "ct", &ct))
		return false;
	return ov_gcm_open(c, &key, iv, aad.p, aad.n, ct.p, ct.n, tag, ct.p,
	           NULL) == OV_OK &&
	       vx_put_hex(out, "out", ct.p, ct.n);
}

/* ---- bare JOSE ---- */

/* The member x (or d) of an OKP key on this curve.  A key that says what it
 * is for must say so rightly. */
static bool
jwk_bytes(const json_t *in, const char *crv, const char *use, const char *alg,
    const char *member, uint8_t out[32])
{
	const json_t *jwk = json_object_get(in, "jwk");
	const char *kty = vx_str(jwk, "kty"), *got = vx_str(jwk, "crv");
	const char *kuse = vx_str(jwk, "use"), *kalg = vx_str(jwk, "alg");
	struct ov_view v = vx_text(jwk, member);

	if (kty == NULL || strcmp(kty, "OKP") != 0 || got == NULL ||
	    strcmp(got, crv) != 0 || v.p == NULL)
		return false;
	if (json_object_get(jwk, "use") != NULL &&
	    (kuse == NULL || strcmp(kuse, use) != 0))
		return false;
	if (json_object_get(jwk, "alg") != NULL &&
	    (kalg == NULL ||
	        (strcmp(kalg, alg) != 0 && strcmp(kalg, crv) != 0)))
		return false;
	return ov_b64u_exact(v, out, 32) == OV_OK;
}

static bool
op_jws_verify(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF payload = {0};
	struct ov_jws s;
	struct ov_view token = vx_text(in, "token");
	uint8_t pk[32];

	(void)c;
	return token.p != NULL &&
	       jwk_bytes(in, "Ed25519", "sig", "EdDSA", "x", pk) &&
	       ov_jws_split(token.p, token.n, NULL, &s, &payload, NULL) ==
	           OV_OK &&
	       ov_jws_verify(&s, pk, NULL) == OV_OK &&
	       vx_put_hex(out, "out", payload.p, payload.n);
}

static bool
op_jws_sign(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF payload = {0};
	OV_BUF token = {0};
	OV_SECRET32 seed;
	OV_SECRET64 sk;
	uint8_t pk[32], x[32];

	(void)c;
	/* A private key whose public half is another key is no key. */
	return jwk_bytes(in, "Ed25519", "sig", "EdDSA", "d", seed.b) &&
	       ov_ed25519_keys(&seed, &sk, pk, NULL) == OV_OK &&
	       (json_object_get(json_object_get(in, "jwk"), "x") == NULL ||
	           (jwk_bytes(in, "Ed25519", "sig", "EdDSA", "x", x) &&
	               memcmp(pk, x, 32) == 0)) &&
	       vx_bytes(in, "payload", &payload) &&
	       ov_os1_sign_header(&sk, "{\"alg\":\"Ed25519\"}", payload.p,
	           payload.n, &token, NULL) == OV_OK &&
	       vx_put_text(out, "token", token.p, token.n);
}

static bool
op_jwe_decrypt(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF ct = {0};
	OV_SECRET32 sk, z, cek;
	struct ov_jwe_bare s;
	struct ov_view token = vx_text(in, "token");

	return token.p != NULL &&
	       jwk_bytes(in, "X25519", "enc", "ECDH-ES", "d", sk.b) &&
	       ov_jwe_split_bare(token.p, token.n, &s, &ct, NULL) == OV_OK &&
	       ov_x25519(&sk, s.epk, &z, NULL) == OV_OK &&
	       ov_os1_cek(&z, s.apu, s.apu_n, s.apv, s.apv_n, &cek, NULL) ==
	           OV_OK &&
	       ov_gcm_open(c, &cek, s.iv, s.aad.p, s.aad.n, ct.p, ct.n, s.tag,
	           ct.p, NULL) == OV_OK &&
	       vx_put_hex(out, "out", ct.p, ct.n);
}

static bool
op_jwe_encrypt(struct ov_crypto *c, const json_t *in, json_t *out)
{
	static const char fmt[] =
	    "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":{\"crv\":"
	    "\"X25519\",\"kty\":\"OKP\",\"x\":\"%s\"}}";
	OV_BUF plain = {0};
	OV_BUF header = {0};
	OV_BUF token = {0};
	OV_SECRET32 epk_sk, z, cek;
	uint8_t pk[32], epk[32], iv[12];
	char x[OV_B64U_SIZE(32)];
	const char *head;

	if (!jwk_bytes(in, "X25519", "enc", "ECDH-ES", "x", pk) ||
	    !vx_bytes(in, "payload", &plain))
		return false;
	ov_random(epk_sk.b, sizeof(epk_sk.b));
	ov_random(iv, sizeof(iv));
	if (ov_x25519_public(&epk_sk, epk, NULL) != OV_OK ||
	    ov_x25519(&epk_sk, pk, &z, NULL) != OV_OK ||
	    ov_os1_cek(&z, NULL, 0, NULL, 0, &cek, NULL) != OV_OK)
		return false;
	(void)ov_b64u_enc(x, epk, sizeof(epk));
	ov_buf_fmt(&header, fmt, x);
	return (head = ov_buf_text(&header)) != NULL &&
	       ov_os1_seal_header(c, &cek, iv, head, plain.p, plain.n, &token,
	           NULL) == OV_OK &&
	       vx_put_text(out, "token", token.p, token.n);
}

/* ---- pseudonyms ---- */

/* Values that a vector file gives as one text, as texts with commas between
 * them, or as an array of texts. */
struct list {
	size_t n;
	bool array;
	struct ov_view v[OV_OPRF_ELEMENTS];
};

static bool
list_get(const json_t *in, const char *name, struct list *l)
{
	const json_t *j = json_object_get(in, name);
	struct ov_view text = vx_text(in, name);
	size_t i, from = 0;

	l->n = 0;
	l->array = json_is_array(j);
	if (l->array) {
		if (json_array_size(j) > OV_OPRF_ELEMENTS)
			return false;
		for (l->n = 0; l->n < json_array_size(j); l->n++) {
			const json_t *one = json_array_get(j, l->n);

			if (!json_is_string(one))
				return false;
			l->v[l->n] = ov_json_view(one);
		}
		return l->n > 0;
	}
	if (text.p == NULL)
		return false;
	for (i = 0; i <= text.n; i++) {
		if (i < text.n && text.p[i] != ',')
			continue;
		if (l->n == OV_OPRF_ELEMENTS)
			return false;
		l->v[l->n++] = (struct ov_view){text.p + from, i - from};
		from = i + 1;
	}
	return true;
}

/* Elements or scalars of 32 bytes, one behind the other. */
static bool
list_32(const json_t *in, const char *name, struct list *l, struct ov_buf *out)
{
	size_t i;

	if (!list_get(in, name, l))
		return false;
	for (i = 0; i < l->n; i++) {
		if (l->v[i].n != 64 || !vx_hex(l->v[i], out))
			return false;
	}
	return true;
}

/* n values of len bytes each, in the form in which they were asked. */
static bool
list_put(json_t *out, const struct list *like, const uint8_t *p, size_t len)
{
	OV_BUF text = {0};
	json_t *a = json_array();
	size_t i;

	if (a == NULL || json_object_set_new(out, "out", a) != 0)
		return false;
	for (i = 0; i < like->n; i++) {
		OV_JSON *one = json_object();
		struct ov_view v;

		if (one == NULL || !vx_put_hex(one, "v", p + i * len, len))
			return false;
		v = vx_text(one, "v");
		if (i > 0)
			ov_buf_str(&text, ",");
		ov_buf_add(&text, v.p, v.n);
		if (json_array_append(a, json_object_get(one, "v")) != 0)
			return false;
	}
	return like->array || (ov_buf_ok(&text, NULL) == OV_OK &&
	                          vx_put_text(out, "out", text.p, text.n));
}

static bool
oprf_derive(enum ov_oprf_mode mode, const json_t *in, json_t *out)
{
	OV_BUF info = {0};
	OV_SECRET32 seed, k;
	uint8_t pk[32];

	return vx_fixed(in, "seed", seed.b, 32) &&
	       vx_bytes(in, "info", &info) &&
	       ov_oprf_derive(mode, &seed, info.p, info.n, &k, pk, NULL) ==
	           OV_OK &&
	       vx_put_hex(out, "out", k.b, 32) && vx_put_hex(out, "pk", pk, 32);
}

static bool
oprf_blind(enum ov_oprf_mode mode, const json_t *in, json_t *out)
{
	OV_BUF r = {0};
	struct list inputs, blinds;
	uint8_t b[OV_OPRF_ELEMENTS][32];
	size_t i;

	if (!list_get(in, "input", &inputs) ||
	    !list_32(in, "blind", &blinds, &r) || inputs.n != blinds.n)
		return false;
	for (i = 0; i < inputs.n; i++) {
		OV_BUF x = {0};
		OV_SECRET32 ri;

		memcpy(ri.b, r.p + 32 * i, 32);
		if (!vx_hex(inputs.v[i], &x) ||
		    ov_oprf_blind(mode, x.p, x.n, &ri, b[i], NULL) != OV_OK)
			return false;
	}
	return list_put(out, &inputs, b[0], 32);
}

static bool
oprf_evaluate(enum ov_oprf_mode mode, const json_t *in, json_t *out)
{
	OV_BUF b = {0};
	OV_SECRET32 k, nonce;
	struct list elements;
	uint8_t e[OV_OPRF_ELEMENTS][32];
	uint8_t pk[32], proof[64];
	bool given = json_object_get(in, "proof_random") != NULL;
	enum ov_rc rc;

	if (!vx_fixed(in, "sk", k.b, 32) ||
	    !list_32(in, "element", &elements, &b) ||
	    ov_oprf_evaluate(&k, b.p, elements.n, e[0], NULL, NULL) != OV_OK ||
	    !list_put(out, &elements, e[0], 32))
		return false;
	if (mode == OV_OPRF_BASE)
		return true;
	if (!vx_fixed(in, "pk", pk, 32) ||
	    (given && !vx_fixed(in, "proof_random", nonce.b, 32)))
		return false;
	rc = given ? ov_oprf_prove_nonce(&k, pk, b.p, e[0], elements.n, &nonce,
	                 proof, NULL)
	           : ov_oprf_prove(&k, pk, b.p, e[0], elements.n, proof, NULL);
	return rc == OV_OK && vx_put_hex(out, "proof", proof, 64) &&
	       (!given || json_object_set_new(out, "seeded", json_true()) == 0);
}

static bool
oprf_proof_ok(const json_t *in, const struct ov_buf *e, size_t n)
{
	OV_BUF b = {0};
	struct list elements;
	uint8_t pk[32], proof[64];

	return list_32(in, "element", &elements, &b) && elements.n == n &&
	       vx_fixed(in, "pk", pk, 32) && vx_fixed(in, "proof", proof, 64) &&
	       ov_oprf_verify(pk, b.p, e->p, n, proof, NULL) == OV_OK;
}

static bool
oprf_finalize(enum ov_oprf_mode mode, const json_t *in, json_t *out)
{
	OV_BUF r = {0};
	OV_BUF e = {0};
	struct list inputs, blinds, evaluated;
	uint8_t y[OV_OPRF_ELEMENTS][64];
	size_t i;

	if (!list_get(in, "input", &inputs) ||
	    !list_32(in, "blind", &blinds, &r) ||
	    !list_32(in, "evaluated", &evaluated, &e) || inputs.n != blinds.n ||
	    inputs.n != evaluated.n)
		return false;
	if (mode == OV_OPRF_VERIFIABLE && !oprf_proof_ok(in, &e, inputs.n))
		return false;
	for (i = 0; i < inputs.n; i++) {
		OV_BUF x = {0};
		OV_SECRET32 ri;

		memcpy(ri.b, r.p + 32 * i, 32);
		if (!vx_hex(inputs.v[i], &x) ||
		    ov_oprf_finish(x.p, x.n, &ri, e.p + 32 * i, 1, y[i],
		        NULL) != OV_OK)
			return false;
	}
	return list_put(out, &inputs, y[0], 64);
}

static bool
op_voprf(struct ov_crypto *c, const json_t *in, json_t *out)
{
	static const struct {
		const char *step;
		bool (*fn)(enum ov_oprf_mode, const json_t *, json_t *);
	} steps[] = {
	    {"derive", oprf_derive},
	    {"blind", oprf_blind},
	    {"evaluate", oprf_evaluate},
	    {"finalize", oprf_finalize},
	};
	const char *step = vx_str(in, "step");
	uint64_t mode;
	size_t i;

	(void)c;
	if (step == NULL || !vx_u64(in, "mode", &mode) || mode > 1)
		return false;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].step, step) == 0)
			return steps[i].fn(mode == 1 ? OV_OPRF_VERIFIABLE
			                             : OV_OPRF_BASE,
			    in, out);
	}
	return false;
}

static bool
op_pid(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_SECRET32 k;
	const char *from = vx_oin(in, "from"), *to = vx_oin(in, "to");
	uint8_t y[64], pid[32];
	uint32_t ep;

	(void)c;
	return from != NULL && to != NULL && vx_fixed(in, "k_ab", k.b, 32) &&
	       vx_u32(in, "ep", &ep) && vx_fixed(in, "y", y, 64) &&
	       ov_pid(&k, from, to, ep, y, pid, NULL) == OV_OK &&
	       vx_put_hex(out, "out", pid, sizeof(pid));
}

/* ---- log and notes ---- */

static bool
hash_get(const json_t *in, const char *name, struct ov_digest *out)
{
	struct ov_view v = vx_text(in, name);

	return v.p != NULL && ov_b64_exact(v, out->b, 32) == OV_OK;
}

/* A missing or null list is an empty one. */
static bool
path_get(const json_t *in, struct ov_tlog_path *out)
{
	const json_t *a = json_object_get(in, "proof");
	size_t i;

	out->n = 0;
	if (a == NULL || json_is_null(a))
		return true;
	if (!json_is_array(a) || json_array_size(a) > OV_TLOG_PATH_MAX)
		return false;
	for (i = 0; i < json_array_size(a); i++) {
		const json_t *one = json_array_get(a, i);

		if (!json_is_string(one) ||
		    ov_b64_exact(ov_json_view(one), out->h[i].b, 32) != OV_OK)
			return false;
	}
	out->n = i;
	return true;
}

static bool
op_merkle_inclusion(struct ov_crypto *c, const json_t *in, json_t *out)
{
	struct ov_tlog_path path;
	struct ov_digest root, leaf;
	uint64_t index, size;

	(void)c;
	(void)out;
	return vx_u64(in, "leafIdx", &index) && vx_u64(in, "treeSize", &size) &&
	       hash_get(in, "root", &root) && hash_get(in, "leafHash", &leaf) &&
	       path_get(in, &path) &&
	       ov_tlog_verify_inclusion(index, size, &leaf, path.h, path.n,
	           &root, NULL) == OV_OK;
}

/* Two roots.  With equal sizes they are only compared, and a published case
 * has short texts there; behind zeroes they are no hash of anything. */
static bool
roots_get(const json_t *in, struct ov_digest *root1, struct ov_digest *root2)
{
	struct ov_view v1 = vx_text(in, "root1"), v2 = vx_text(in, "root2");
	size_t n1 = 0, n2 = 0;

	memset(root1, 0, sizeof(*root1));
	memset(root2, 0, sizeof(*root2));
	return v1.p != NULL && v2.p != NULL &&
	       ov_b64_dec((const char *)v1.p, v1.n, root1->b, 32, &n1) ==
	           OV_OK &&
	       ov_b64_dec((const char *)v2.p, v2.n, root2->b, 32, &n2) ==
	           OV_OK &&
	       n1 == n2;
}

static bool
op_merkle_consistency(struct ov_crypto *c, const json_t *in, json_t *out)
{
	struct ov_tlog_path path;
	struct ov_digest root1, root2;
	uint64_t size1, size2;

	(void)c;
	(void)out;
	return vx_u64(in, "size1", &size1) && vx_u64(in, "size2", &size2) &&
	       roots_get(in, &root1, &root2) && path_get(in, &path) &&
	       ov_tlog_verify_consistency(size1, size2, &root1, &root2, path.h,
	           path.n, NULL) == OV_OK;
}

static bool
op_note_verify(struct ov_crypto *c, const json_t *in, json_t *out)
{
	struct ov_view text = vx_text(in, "text"), vkey = vx_text(in, "vkey");
	struct ov_note_seen seen = {false, 0};
	struct ov_note note;
	struct ov_vkey key;

	(void)c;
	(void)out;
	return text.p != NULL && vkey.p != NULL &&
	       ov_vkey_parse(&key, vkey.p, vkey.n, NULL) == OV_OK &&
	       ov_note_parse(text.p, text.n, &note, NULL) == OV_OK &&
	       ov_note_verify(&note, &key, 1, &seen, NULL) == OV_OK &&
	       seen.good;
}

static bool
op_json(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF text = {0};
	OV_JSON *doc = NULL;
	struct ov_view v = vx_text(in, "text");
	uint8_t *p;
	size_t n;

	(void)c;
	(void)out;
	if (v.p == NULL ||
	    (p = ov_buf_room(&text, OV_B64_MAXDEC(v.n))) == NULL ||
	    ov_b64_dec((const char *)v.p, v.n, p, text.n, &n) != OV_OK)
		return false;
	return ov_json_parse(p, n, OV_ADRESBOEK_MAX, &doc, NULL) == OV_OK;
}

/* ---- a whole message ---- */

/* Both envelopes: the JWS out of the JWE, the payload out of the JWS. */
static bool
message_payload(struct ov_crypto *c, const json_t *in, struct ov_jwe *jwe,
    struct ov_buf *payload)
{
	OV_BUF ct = {0};
	OV_SECRET32 sk;
	struct ov_os1_sealed s;
	struct ov_jws jws;
	struct ov_view token = vx_text(in, "jwe");
	uint8_t own[32], pk[32], thumb[32];

	if (token.p == NULL || !vx_fixed(in, "enc_seed", sk.b, 32) ||
	    !vx_fixed(in, "sender_pk", pk, 32) ||
	    ov_jwe_split(token.p, token.n, jwe, &ct, NULL) != OV_OK ||
	    ov_x25519_public(&sk, own, NULL) != OV_OK ||
	    ov_thumb_x25519(thumb, own, NULL) != OV_OK ||
	    memcmp(thumb, jwe->kid, sizeof(thumb)) != 0)
		return false;
	memcpy(s.epk, jwe->epk, sizeof(s.epk));
	memcpy(s.iv, jwe->iv, sizeof(s.iv));
	memcpy(s.tag, jwe->tag, sizeof(s.tag));
	memcpy(s.from, jwe->apu.s, sizeof(s.from));
	memcpy(s.to, jwe->apv.s, sizeof(s.to));
	s.aad = jwe->aad.p;
	s.naad = jwe->aad.n;
	s.ct = ct.p;
	s.n = ct.n;
	return ov_os1_open(c, &sk, &s, ct.p, NULL) == OV_OK &&
	       ov_jws_split(ct.p, ct.n, OV_TYP_BERICHT, &jws, payload, NULL) ==
	           OV_OK &&
	       ov_thumb_ed25519(thumb, pk, NULL) == OV_OK &&
	       ov_jws_check(&jws, pk, thumb, NULL) == OV_OK;
}

static bool
op_message_open(struct ov_crypto *c, const json_t *in, json_t *out)
{
	OV_BUF payload = {0};
	struct ov_claims claims;
	struct ov_jwe jwe;
	bool ok;

	if (!message_payload(c, in, &jwe, &payload) ||
	    ov_claims_parse(payload.p, payload.n, &claims, NULL, NULL) != OV_OK)
		return false;
	ok = ov_oin_eq(&claims.iss, &jwe.apu) &&
	     ov_oin_eq(&claims.aud, &jwe.apv) &&
	     json_object_set_new(out, "out", ov_jn_json(claims.doc.root)) == 0;
	ov_claims_free(&claims);
	return ok;
}

const struct vx_op vx_public[] = {
    {"ed25519-verify", op_ed25519_verify},
    {"x25519", op_x25519},
    {"aes256gcm-open", op_gcm_open},
    {"jws-verify", op_jws_verify},
    {"jws-sign", op_jws_sign},
    {"jwe-decrypt", op_jwe_decrypt},
    {"jwe-encrypt", op_jwe_encrypt},
    {"voprf", op_voprf},
    {"pid", op_pid},
    {"merkle-inclusion", op_merkle_inclusion},
    {"merkle-consistency", op_merkle_consistency},
    {"note-verify", op_note_verify},
    {"json", op_json},
    {"message-open", op_message_open},
    {NULL, NULL},
};
