/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/hash.c - SHA-256 through EVP with the digest fetched once, and
 * hexadecimal.
 */
#include "protocol/hash.h"

#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

/* Fetching costs more than hashing a short text, so it is done once; what is
 * kept is constant from then on. */
static EVP_MD *sha256_md;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *
sha256(void)
{
	if (pthread_once(&sha256_once, fetch) != 0)
		return NULL;
	return sha256_md;
}

void
ov_hash_init(struct ov_hash *h)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const EVP_MD *alg = sha256();

	h->md = md;
	h->bad = md == NULL || alg == NULL ||
	         EVP_DigestInit_ex2(md, alg, NULL) != 1;
}

void
ov_hash_add(struct ov_hash *h, const void *p, size_t n)
{
	if (!h->bad && n > 0 && EVP_DigestUpdate(h->md, p, n) != 1)
		h->bad = true;
}

enum ov_rc
ov_hash_end(struct ov_hash *h, uint8_t out[OV_SHA256_LEN])
{
	unsigned int n = 0;

	if (!h->bad &&
	    (EVP_DigestFinal_ex(h->md, out, &n) != 1 || n != OV_SHA256_LEN))
		h->bad = true;
	if (h->bad) {
		memset(out, 0, OV_SHA256_LEN);
		return OV_SYS;
	}
	/* A second end would be a mistake: make it fail. */
	h->bad = true;
	return OV_OK;
}

void
ov_hash_free(struct ov_hash *h)
{
	EVP_MD_CTX_free(h->md);
	h->md = NULL;
	h->bad = true;
}

enum ov_rc
ov_sha256(uint8_t out[OV_SHA256_LEN], const void *p, size_t n)
{
	OV_HASH h;

	ov_hash_init(&h);
	ov_hash_add(&h, p, n);
	return ov_hash_end(&h, out);
}

void
ov_hex_enc(char *out, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digit[b[i] >> 4];
		out[2 * i + 1] = digit[b[i] & 15];
	}
	out[2 * n] = '\0';
}

/* 0..15, or 16. */
static unsigned int
nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return 16;
}

enum ov_rc
ov_hex_exact(struct ov_view v, void *out, size_t len)
{
	uint8_t *b = out;
	unsigned int hi, lo;
	size_t i;

	if (v.n / 2 != len || v.n % 2 != 0)
		goto bad;
	for (i = 0; i < len; i++) {
		hi = nibble(v.p[2 * i]);
		lo = nibble(v.p[2 * i + 1]);
		if (hi > 15 || lo > 15)
			goto bad;
		b[i] = (uint8_t)(hi << 4 | lo);
	}
	return OV_OK;
bad:
	memset(out, 0, len);
	return OV_BADMSG;
}
