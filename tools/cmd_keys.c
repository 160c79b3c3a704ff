/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_keys.c - Ed25519 seeds in files, and notes signed with them. */
#include "tools/cmd_keys.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"

enum ov_rc
ov_seed_pk(const uint8_t seed[OV_SEED_LEN], uint8_t pk[32], struct ov_err *e)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	int bad;

	if (sodium_init() < 0)
		return ov_fail(e, OV_SYS, "libsodium does not start");
	bad = crypto_sign_seed_keypair(pk, sk, seed);
	sodium_memzero(sk, sizeof(sk));
	return bad != 0 ? ov_fail(e, OV_SYS, "Ed25519 key") : OV_OK;
}

enum ov_rc
ov_seed_make(int dirfd, const char *name, uint8_t pk[32], struct ov_err *e)
{
	uint8_t seed[OV_SEED_LEN];
	enum ov_rc rc = OV_OK;

	if (sodium_init() < 0)
		return ov_fail(e, OV_SYS, "libsodium does not start");
	randombytes_buf(seed, sizeof(seed));
	if (pk != NULL)
		rc = ov_seed_pk(seed, pk, e);
	if (rc == OV_OK)
		rc = ov_fs_put(dirfd, name, seed, sizeof(seed), e);
	sodium_memzero(seed, sizeof(seed));
	if (rc == OV_OK && fchmodat(dirfd, name, 0400, 0) < 0)
		rc = ov_fail_sys(e, "chmod %s", name);
	return rc;
}

enum ov_rc
ov_seed_read(int dirfd, const char *name, uint8_t seed[OV_SEED_LEN],
    struct ov_err *e)
{
	OV_BUF b = {0};
	enum ov_rc rc;

	if ((rc = ov_fs_private(dirfd, name, e)) != OV_OK ||
	    (rc = ov_fs_read(dirfd, name, OV_SEED_LEN, &b, e)) != OV_OK)
		return rc;
	if (b.n != OV_SEED_LEN)
		return ov_fail(e, OV_BADMSG, "%s is not a key file", name);
	memcpy(seed, b.p, OV_SEED_LEN);
	return OV_OK;
}

enum ov_rc
ov_note_sign(struct ov_buf *out, struct ov_view text, const struct ov_vkey *key,
    const uint8_t seed[OV_SEED_LEN], struct ov_err *e)
{
	uint8_t pk[32], sk[crypto_sign_SECRETKEYBYTES], sig[64];
	int bad;

	if (sodium_init() < 0)
		return ov_fail(e, OV_SYS, "libsodium does not start");
	if (crypto_sign_seed_keypair(pk, sk, seed) != 0)
		return ov_fail(e, OV_SYS, "Ed25519 key");
	if (memcmp(pk, key->pk, sizeof(pk)) != 0) {
		sodium_memzero(sk, sizeof(sk));
		return ov_fail(e, OV_DENIED, "this is another key than %s",
		    key->name);
	}
	bad = crypto_sign_detached(sig, NULL, text.p, text.n, sk);
	sodium_memzero(sk, sizeof(sk));
	if (bad != 0)
		return ov_fail(e, OV_SYS, "Ed25519 signature");
	ov_note_line(out, key, sig, sizeof(sig));
	return ov_buf_ok(out, e);
}
