/* SPDX-License-Identifier: EUPL-1.2 */
/* Pseudonyms, tags, content keys and log commitments. */
#include "crypto/pid.h"

#include <string.h>

#include <sodium.h>

#define OIN 20
#define INPUT_MAX 144 /* link info: 17 + 2*20 + 2*32 + 4 = 125; pid the same */

/* A message that begins with its label and the zero byte behind it. */
struct input {
	uint8_t b[INPUT_MAX];
	size_t n;
};

static void
input_wipe(struct input *in)
{
	sodium_memzero(in, sizeof(*in));
}
#define INPUT __attribute__((cleanup(input_wipe))) struct input

static void
put(struct input *in, const void *p, size_t n)
{
	memcpy(in->b + in->n, p, n);
	in->n += n;
}

static void
begin(struct input *in, const char *label)
{
	in->n = 0;
	put(in, label, strlen(label) + 1);
}

static void
put_u32(struct input *in, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 8), (uint8_t)v};

	put(in, b, sizeof(b));
}

enum ov_rc
ov_link_key(struct ov_crypto *c, const struct ov_secret32 *own_sk,
    struct ov_link_party own, struct ov_link_party peer, uint32_t ep,
    struct ov_secret32 *k_ab, struct ov_err *e)
{
	OV_SECRET32 z;
	INPUT in;
	int order = memcmp(own.oin, peer.oin, OIN);
	const struct ov_link_party *lo = order < 0 ? &own : &peer;
	const struct ov_link_party *hi = order < 0 ? &peer : &own;

	sodium_memzero(k_ab->b, sizeof(k_ab->b));
	if (order == 0)
		return ov_fail(e, OV_BADMSG, "link with ourselves");
	if (crypto_scalarmult(z.b, own_sk->b, peer.pk) != 0)
		return ov_fail(e, OV_BADMSG, "link key of small order");
	begin(&in, "overstapd/link/v1");
	put(&in, lo->oin, OIN);
	put(&in, hi->oin, OIN);
	put(&in, lo->pk, 32);
	put(&in, hi->pk, 32);
	put_u32(&in, ep);
	return ov_hkdf(c, NULL, 0, z.b, sizeof(z.b), in.b, in.n, k_ab->b,
	    sizeof(k_ab->b), e);
}

enum ov_rc
ov_pid(const struct ov_secret32 *k_ab, const char from[20], const char to[20],
    uint32_t ep, const uint8_t y[64], uint8_t pid[32], struct ov_err *e)
{
	INPUT in;

	begin(&in, "overstapd/pid/v1");
	put(&in, from, OIN);
	put(&in, to, OIN);
	put_u32(&in, ep);
	put(&in, y, 64);
	/* HMAC-SHA-512 cut to 32 bytes, which is this function's definition. */
	if (crypto_auth_hmacsha512256(pid, in.b, in.n, k_ab->b) != 0) {
		sodium_memzero(pid, OV_PID);
		return ov_fail(e, OV_SYS, "HMAC failed");
	}
	return OV_OK;
}

static enum ov_rc
tag16(const struct ov_secret32 *key, const struct input *in, uint8_t tag[16],
    struct ov_err *e)
{
	OV_SECRET32 mac;
	enum ov_rc rc;

	rc = ov_hmac256(key->b, sizeof(key->b), in->b, in->n, mac.b, e);
	memcpy(tag, mac.b, OV_TAG);
	return rc;
}

enum ov_rc
ov_cache_tag(const struct ov_secret32 *k_cache, const char domain[20],
    const char pgn[9], uint8_t tag[16], struct ov_err *e)
{
	INPUT in;

	begin(&in, "overstapd/cache/v1");
	put(&in, domain, OIN);
	put(&in, pgn, 9);
	return tag16(k_cache, &in, tag, e);
}

enum ov_rc
ov_index_tag(const struct ov_secret32 *k_idx, const char from[20], uint32_t ep,
    const uint8_t pid[32], uint8_t tag[16], struct ov_err *e)
{
	INPUT in;

	begin(&in, "overstapd/index/v1");
	put(&in, from, OIN);
	put_u32(&in, ep);
	put(&in, pid, OV_PID);
	return tag16(k_idx, &in, tag, e);
}

enum ov_rc
ov_inhoud_key(struct ov_crypto *c, const struct ov_secret32 *dek,
    const uint8_t pid[32], struct ov_secret32 *k, struct ov_err *e)
{
	static const char info[] = "overstapd/inhoud/v1";

	return ov_hkdf(c, pid, OV_PID, dek->b, sizeof(dek->b), info,
	    sizeof(info) - 1, k->b, sizeof(k->b), e);
}

enum ov_rc
ov_log_salt(struct ov_crypto *c, const struct ov_secret32 *dek,
    uint8_t salt[32], struct ov_err *e)
{
	static const char info[] = "overstapd/logzout/v1";

	return ov_hkdf(c, NULL, 0, dek->b, sizeof(dek->b), info,
	    sizeof(info) - 1, salt, 32, e);
}

enum ov_rc
ov_log_ref(const uint8_t salt[32], const uint8_t sha256_jwe[32],
    const uint8_t jti[16], uint8_t ref[32], struct ov_err *e)
{
	INPUT in;

	begin(&in, "overstapd/logref/v1");
	put(&in, sha256_jwe, 32);
	put(&in, jti, 16);
	return ov_hmac256(salt, 32, in.b, in.n, ref, e);
}
