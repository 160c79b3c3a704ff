/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_x509.c - TLS keys, certificate requests, the region's CA. */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/hash.h"
#include "tools/cmd_keys.h"

#define CN_MAX 64 /* characters: RFC 5280, ub-common-name */
#define CA_DAYS 3653
#define CLOCK_SLACK 3600 /* a member's clock may be behind ours */

static void
free_pkey(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}
static void
free_x509(X509 **p)
{
	X509_free(*p);
}
static void
free_req(X509_REQ **p)
{
	X509_REQ_free(*p);
}
#define PKEY __attribute__((cleanup(free_pkey))) EVP_PKEY
#define CERT __attribute__((cleanup(free_x509))) X509
#define REQ __attribute__((cleanup(free_req))) X509_REQ

static enum ov_rc
ssl_fail(struct ov_err *e, const char *what)
{
	unsigned long c = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(c);

	ERR_clear_error();
	return ov_fail(e, OV_SYS, "%s: %s", what,
	    why != NULL ? why : "OpenSSL");
}

/* ---- PEM through memory streams ---- */

static enum ov_rc
read_key(struct ov_view pem, EVP_PKEY **out, struct ov_err *e)
{
	FILE *f = pem.n == 0 ? NULL
	                     : fmemopen((void *)(uintptr_t)pem.p, pem.n, "r");

	*out = NULL;
	if (f != NULL) {
		*out = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		(void)fclose(f);
	}
	ERR_clear_error();
	return *out != NULL ? OV_OK
	                    : ov_fail(e, OV_BADMSG, "not a private key");
}

static enum ov_rc
read_csr(struct ov_view pem, X509_REQ **out, struct ov_err *e)
{
	FILE *f = pem.n == 0 ? NULL
	                     : fmemopen((void *)(uintptr_t)pem.p, pem.n, "r");

	*out = NULL;
	if (f != NULL) {
		*out = PEM_read_X509_REQ(f, NULL, NULL, NULL);
		(void)fclose(f);
	}
	ERR_clear_error();
	return *out != NULL
	           ? OV_OK
	           : ov_fail(e, OV_BADMSG, "not a certificate request");
}

enum pem_kind { PEM_KEY, PEM_REQUEST, PEM_CERT };

static enum ov_rc
write_pem(struct ov_buf *out, enum pem_kind kind, void *thing, struct ov_err *e)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int ok = 0;

	if (f == NULL)
		return ov_fail_sys(e, "memory");
	switch (kind) {
	case PEM_KEY:
		ok = PEM_write_PKCS8PrivateKey(f, thing, NULL, NULL, 0, NULL,
		    NULL);
		break;
	case PEM_REQUEST:
		ok = PEM_write_X509_REQ(f, thing);
		break;
	case PEM_CERT:
		ok = PEM_write_X509(f, thing);
		break;
	}
	if (fclose(f) != 0)
		ok = 0;
	if (ok == 1)
		ov_buf_add(out, text, n);
	if (text != NULL)
		explicit_bzero(text, n);
	free(text);
	return ok == 1 ? ov_buf_ok(out, e) : ssl_fail(e, "PEM");
}

/* ---- keys and pins ---- */

enum ov_rc
ov_x509_key(struct ov_buf *pem, struct ov_err *e)
{
	PKEY *key = EVP_EC_gen("P-256");

	if (key == NULL)
		return ssl_fail(e, "new key");
	return write_pem(pem, PEM_KEY, key, e);
}

static enum ov_rc
pin_of(EVP_PKEY *key, uint8_t pin[32], struct ov_err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	enum ov_rc rc;

	if (n <= 0)
		return ssl_fail(e, "public key");
	rc = ov_sha256(pin, der, (size_t)n);
	OPENSSL_free(der);
	return rc != OV_OK ? ov_fail(e, rc, "hash") : OV_OK;
}

enum ov_rc
ov_x509_key_pin(struct ov_view pem, uint8_t pin[32], struct ov_err *e)
{
	PKEY *key = NULL;
	enum ov_rc rc;

	if ((rc = read_key(pem, &key, e)) != OV_OK)
		return rc;
	return pin_of(key, pin, e);
}

static bool
kind_ok(EVP_PKEY *key)
{
	char group[32] = "";
	size_t n = 0;

	if (EVP_PKEY_is_a(key, "ED25519") == 1)
		return true;
	if (EVP_PKEY_is_a(key, "RSA") == 1)
		return EVP_PKEY_get_bits(key) >= 3072;
	if (EVP_PKEY_is_a(key, "EC") != 1 ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &n) != 1)
		return false;
	return strcmp(group, "prime256v1") == 0 ||
	       strcmp(group, "P-256") == 0 || strcmp(group, "secp384r1") == 0 ||
	       strcmp(group, "P-384") == 0;
}

/* The checked key of a request; borrowed from it. */
static enum ov_rc
csr_key(X509_REQ *req, EVP_PKEY **out, struct ov_err *e)
{
	*out = X509_REQ_get0_pubkey(req);
	if (*out == NULL || X509_REQ_verify(req, *out) != 1) {
		ERR_clear_error();
		return ov_fail(e, OV_BADSIG,
		    "the certificate request is not signed by its own key");
	}
	if (!kind_ok(*out))
		return ov_fail(e, OV_DENIED,
		    "this kind of TLS key is not allowed");
	return OV_OK;
}

enum ov_rc
ov_x509_csr_pin(struct ov_view csr, uint8_t pin[32], struct ov_err *e)
{
	REQ *req = NULL;
	EVP_PKEY *key;
	enum ov_rc rc;

	if ((rc = read_csr(csr, &req, e)) != OV_OK ||
	    (rc = csr_key(req, &key, e)) != OV_OK)
		return rc;
	return pin_of(key, pin, e);
}

/* ---- names and extensions ---- */

/* Bytes of s that hold at most CN_MAX characters. */
static int
cn_length(const char *s)
{
	size_t i, chars = 0;

	for (i = 0; s[i] != '\0'; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && ++chars > CN_MAX)
			break;
	return (int)i;
}

static bool
set_name(X509_NAME *n, const char *cn, const char *oin)
{
	const unsigned char *c = (const unsigned char *)cn,
	                    *o = (const unsigned char *)oin;

	return X509_NAME_add_entry_by_NID(n, NID_commonName, MBSTRING_UTF8, c,
	           cn_length(cn), -1, 0) == 1 &&
	       (oin == NULL || X509_NAME_add_entry_by_NID(n, NID_serialNumber,
	                           MBSTRING_ASC, o, -1, -1, 0) == 1);
}

static X509_EXTENSION *
extension(X509V3_CTX *ctx, int nid, const char *value)
{
	return X509V3_EXT_conf_nid(NULL, ctx, nid, value);
}

static bool
add_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *x;
	bool ok;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	x = extension(&ctx, nid, value);
	ok = x != NULL && X509_add_ext(cert, x, -1) == 1;
	X509_EXTENSION_free(x);
	return ok;
}

/* A host out of an address book or card: letters, digits, dots, hyphens, so
 * nothing in it means anything to the extension's syntax. */
static bool
san_text(char out[300], const char *host)
{
	if (strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") !=
	    strlen(host))
		return false;
	return snprintf(out, 300, "DNS:%s", host) < 300;
}

enum ov_rc
ov_x509_csr(struct ov_buf *pem, struct ov_view key_pem,
    const struct ov_x509_name *name, struct ov_err *e)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	REQ *req = X509_REQ_new();
	PKEY *key = NULL;
	X509_EXTENSION *x;
	X509V3_CTX ctx;
	char san[300];
	enum ov_rc rc;
	bool ok;

	if ((rc = read_key(key_pem, &key, e)) != OV_OK) {
		sk_X509_EXTENSION_free(list);
		return rc;
	}
	ok = req != NULL && list != NULL && san_text(san, name->host);
	if (ok) {
		X509V3_set_ctx(&ctx, NULL, NULL, req, NULL, 0);
		x = extension(&ctx, NID_subject_alt_name, san);
		ok = x != NULL && sk_X509_EXTENSION_push(list, x) > 0;
		if (!ok)
			X509_EXTENSION_free(x);
	}
	ok = ok &&
	     set_name(X509_REQ_get_subject_name(req), name->naam, name->oin) &&
	     X509_REQ_set_pubkey(req, key) == 1 &&
	     X509_REQ_add_extensions(req, list) == 1 &&
	     X509_REQ_sign(req, key, EVP_sha256()) > 0;
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	if (!ok)
		return ssl_fail(e, "certificate request");
	return write_pem(pem, PEM_REQUEST, req, e);
}

/* ---- certificates ---- */

static bool
set_serial(X509 *c)
{
	unsigned char b[16];
	BIGNUM *n;
	bool ok;

	if (RAND_bytes(b, sizeof(b)) != 1)
		return false;
	b[0] = (unsigned char)((b[0] & 0x7f) | 0x40);
	n = BN_bin2bn(b, sizeof(b), NULL);
	ok = n != NULL &&
	     BN_to_ASN1_INTEGER(n, X509_get_serialNumber(c)) != NULL;
	BN_free(n);
	return ok;
}

static bool
set_times(X509 *c, int64_t now, int days)
{
	return ASN1_TIME_set(X509_getm_notBefore(c),
	           (time_t)(now - CLOCK_SLACK)) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(c),
	           (time_t)(now + (int64_t)days * 86400)) != NULL;
}

enum ov_rc
ov_x509_ca(struct ov_buf *der, struct ov_view key_pem, const char *regio,
    int64_t now, struct ov_err *e)
{
	CERT *c = X509_new();
	PKEY *key = NULL;
	unsigned char *out = NULL;
	char cn[80];
	enum ov_rc rc;
	int n;
	bool ok;

	if ((rc = read_key(key_pem, &key, e)) != OV_OK)
		return rc;
	(void)snprintf(cn, sizeof(cn), "Overstap CA regio %s", regio);
	ok = c != NULL && X509_set_version(c, X509_VERSION_3) == 1 &&
	     set_serial(c) && set_times(c, now, CA_DAYS) &&
	     set_name(X509_get_subject_name(c), cn, NULL) &&
	     X509_set_issuer_name(c, X509_get_subject_name(c)) == 1 &&
	     X509_set_pubkey(c, key) == 1 &&
	     add_ext(c, c, NID_basic_constraints,
	         "critical,CA:TRUE,pathlen:0") &&
	     add_ext(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	     add_ext(c, c, NID_subject_key_identifier, "hash") &&
	     X509_sign(c, key, EVP_sha256()) > 0;
	if (!ok || (n = i2d_X509(c, &out)) <= 0)
		return ssl_fail(e, "region CA");
	ov_buf_add(der, out, (size_t)n);
	OPENSSL_free(out);
	return ov_buf_ok(der, e);
}

static bool
fill_leaf(X509 *c, X509 *ca, EVP_PKEY *pub, const struct ov_x509_issue *q)
{
	char san[300];

	return X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) &&
	       set_times(c, q->now, q->days) && san_text(san, q->name.host) &&
	       set_name(X509_get_subject_name(c), q->name.naam, q->name.oin) &&
	       X509_set_issuer_name(c, X509_get_subject_name(ca)) == 1 &&
	       X509_set_pubkey(c, pub) == 1 &&
	       add_ext(c, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_ext(c, ca, NID_key_usage, "critical,digitalSignature") &&
	       add_ext(c, ca, NID_ext_key_usage, "serverAuth,clientAuth") &&
	       add_ext(c, ca, NID_subject_key_identifier, "hash") &&
	       add_ext(c, ca, NID_authority_key_identifier, "keyid:always") &&
	       add_ext(c, ca, NID_subject_alt_name, san);
}

enum ov_rc
ov_x509_issue(struct ov_buf *pem, const struct ov_x509_issue *q,
    struct ov_err *e)
{
	const unsigned char *p = q->ca.p;
	CERT *ca = d2i_X509(NULL, &p, (long)q->ca.n), *c = X509_new();
	PKEY *key = NULL;
	REQ *req = NULL;
	EVP_PKEY *pub;
	enum ov_rc rc;

	if (ca == NULL || c == NULL)
		return ssl_fail(e, "region CA");
	if ((rc = read_key(q->ca_key, &key, e)) != OV_OK ||
	    (rc = read_csr(q->csr, &req, e)) != OV_OK ||
	    (rc = csr_key(req, &pub, e)) != OV_OK)
		return rc;
	if (X509_check_private_key(ca, key) != 1) {
		ERR_clear_error();
		return ov_fail(e, OV_DENIED,
		    "ca.key does not belong to this CA");
	}
	if (!fill_leaf(c, ca, pub, q) || X509_sign(c, key, EVP_sha256()) <= 0)
		return ssl_fail(e, "certificate");
	return write_pem(pem, PEM_CERT, c, e);
}
