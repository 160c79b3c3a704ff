/* SPDX-License-Identifier: EUPL-1.2 */
/* OpenSSL algorithms fetched once, HKDF-SHA-256 and HMAC-SHA-256. */
#include "crypto/kdf.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#define HKDF_MAX ((size_t)255 * 32)

struct ov_crypto {
	EVP_CIPHER_CTX *gcm;
	EVP_KDF_CTX *hkdf;
};

static bool
fetch_gcm(struct ov_crypto *c)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	bool ok;

	if (cipher == NULL)
		return false;
	c->gcm = EVP_CIPHER_CTX_new();
	/* The context keeps its own reference to the cipher. */
	ok = c->gcm != NULL &&
	     EVP_EncryptInit_ex2(c->gcm, cipher, NULL, NULL, NULL) == 1;
	EVP_CIPHER_free(cipher);
	return ok;
}

static bool
fetch_hkdf(struct ov_crypto *c)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);

	if (kdf == NULL)
		return false;
	c->hkdf = EVP_KDF_CTX_new(kdf);
	EVP_KDF_free(kdf);
	return c->hkdf != NULL;
}

enum ov_rc
ov_crypto_new(struct ov_crypto **out, struct ov_err *e)
{
	struct ov_crypto *c;
	enum ov_rc rc;

	*out = NULL;
	if ((rc = ov_secret_init(e)) != OV_OK)
		return rc;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ov_fail(e, OV_NOSPACE, "memory for the algorithms");
	if (!fetch_gcm(c) || !fetch_hkdf(c)) {
		ov_crypto_free(c);
		return ov_fail(e, OV_SYS,
		    "OpenSSL does not offer AES-256-GCM and HKDF");
	}
	*out = c;
	return OV_OK;
}

void
ov_crypto_free(struct ov_crypto *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->gcm);
	EVP_KDF_CTX_free(c->hkdf);
	free(c);
}

struct evp_cipher_ctx_st *
ov_crypto_gcm(struct ov_crypto *c)
{
	return c->gcm;
}

/* OSSL_PARAM has no const, though deriving only reads. */
static OSSL_PARAM
octets(const char *name, const void *p, size_t n)
{
	static const uint8_t none[1];
	union {
		const void *from;
		void *to;
	} u = {.from = n > 0 ? p : none};

	return OSSL_PARAM_construct_octet_string(name, u.to, n);
}

enum ov_rc
ov_hkdf(struct ov_crypto *c, const void *salt, size_t nsalt, const void *ikm,
    size_t nikm, const void *info, size_t ninfo, uint8_t *out, size_t n,
    struct ov_err *e)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[5];
	OSSL_PARAM *p = params;
	int ok;

	if (n == 0 || n > HKDF_MAX)
		return ov_fail(e, OV_TOOBIG, "key derivation of %zu bytes", n);
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest,
	    0);
	*p++ = octets(OSSL_KDF_PARAM_KEY, ikm, nikm);
	*p++ = octets(OSSL_KDF_PARAM_INFO, info, ninfo);
	/* RFC 5869 2.2: no salt is 32 zero bytes, which is what HMAC makes of
	 * an empty key; OpenSSL wants it left out. */
	if (nsalt > 0)
		*p++ = octets(OSSL_KDF_PARAM_SALT, salt, nsalt);
	*p = OSSL_PARAM_construct_end();

	ok = EVP_KDF_derive(c->hkdf, out, n, params);
	EVP_KDF_CTX_reset(c->hkdf);
	if (ok != 1) {
		sodium_memzero(out, n);
		return ov_fail(e, OV_SYS, "key derivation failed");
	}
	return OV_OK;
}

enum ov_rc
ov_hmac256(const void *key, size_t nkey, const void *msg, size_t n,
    uint8_t out[32], struct ov_err *e)
{
	static const uint8_t none[1]; /* libsodium takes no NULL */
	crypto_auth_hmacsha256_state st;
	bool ok;

	if (nkey == 0)
		key = none;
	if (n == 0)
		msg = none;
	ok = crypto_auth_hmacsha256_init(&st, key, nkey) == 0 &&
	     crypto_auth_hmacsha256_update(&st, msg, n) == 0 &&
	     crypto_auth_hmacsha256_final(&st, out) == 0;
	sodium_memzero(&st, sizeof(st));
	if (!ok) {
		sodium_memzero(out, 32);
		return ov_fail(e, OV_SYS, "HMAC failed");
	}
	return OV_OK;
}
