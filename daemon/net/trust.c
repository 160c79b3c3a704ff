/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/trust.c - the region's roots, and what a certificate says of its
 * holder (docs/processes.md, N1 and N6).
 *
 * A chain is noted, not demanded: store knows which members need one.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "daemon/net/role.h"
#include "protocol/hash.h"

bool
ov_net_key_ok(EVP_PKEY *pk)
{
	char group[64];
	size_t n;

	switch (EVP_PKEY_get_base_id(pk)) {
	case EVP_PKEY_ED25519:
		return true;
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return EVP_PKEY_get_bits(pk) >= 3072;
	case EVP_PKEY_EC:
		if (EVP_PKEY_get_group_name(pk, group, sizeof(group), &n) != 1)
			return false;
		return strcmp(group, SN_X9_62_prime256v1) == 0 ||
		       strcmp(group, SN_secp384r1) == 0;
	default:
		return false;
	}
}

/* --- roots ------------------------------------------------------------------ */

void
ov_net_trust_free(struct ov_net_trust *t)
{
	for (size_t i = 0; i < t->n; i++)
		X509_STORE_free(t->root[i]);
	ov_buf_free(&t->pem);
	memset(t, 0, sizeof(*t));
}

/* The certificate again as libcurl wants it. */
static bool
add_pem(struct ov_buf *b, X509 *x)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *p;
	long n;

	if (mem == NULL)
		return false;
	if (PEM_write_bio_X509(mem, x) != 1 ||
	    (n = BIO_get_mem_data(mem, &p)) <= 0) {
		BIO_free(mem);
		return false;
	}
	ov_buf_add(b, p, (size_t)n);
	BIO_free(mem);
	return !b->bad;
}

static enum ov_rc
add_root(struct ov_net_trust *t, struct ov_view der, struct ov_err *e)
{
	const unsigned char *p = der.p;
	X509_STORE *store;
	X509 *x;
	bool ok;

	if (der.n > OV_CA_DER_MAX ||
	    (x = d2i_X509(NULL, &p, (long)der.n)) == NULL)
		return ov_fail(e, OV_BADMSG, "root certificate");
	if (p != der.p + der.n) {
		X509_free(x);
		return ov_fail(e, OV_BADMSG, "root certificate");
	}
	store = X509_STORE_new();
	ok = store != NULL && X509_STORE_add_cert(store, x) == 1 &&
	     add_pem(&t->pem, x);
	X509_free(x);
	if (!ok) {
		X509_STORE_free(store);
		return ov_fail(e, OV_NOSPACE, "root certificate");
	}
	t->root[t->n++] = store;
	return OV_OK;
}

enum ov_rc
ov_net_trust_packet(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	struct ov_net_trust t = {0};
	struct ov_n_trust r;
	struct ov_pkr k;
	enum ov_rc rc;

	rc = ov_pkr_begin(&k, pkt, OV_N_TRUST, &ov_n_trust_rec, e);
	if (rc != OV_OK)
		return rc;
	for (uint32_t i = 0; rc == OV_OK && i < k.count; i++) {
		if ((rc = ov_pkr_next(&k, &r, e)) != OV_OK)
			break;
		if (r.der.n == 0 && k.count == 1)
			break; /* the empty list */
		if (t.n == OV_NET_ROOTS_MAX)
			rc = ov_fail(e, OV_TOOBIG, "root certificates");
		else
			rc = add_root(&t, r.der, e);
	}
	ERR_clear_error();
	if (rc != OV_OK) {
		ov_net_trust_free(&t);
		return rc;
	}
	ov_net_trust_free(&net->trust);
	net->trust = t;
	ov_net_fetch_retire(net);
	return OV_OK;
}

/* --- peers ------------------------------------------------------------------ */

/* Does the chain lead to this root, now, for a TLS client? */
static bool
leads_to(X509_STORE *root, X509 *leaf, STACK_OF(X509) * chain)
{
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	bool ok;

	ok = x != NULL && X509_STORE_CTX_init(x, root, leaf, chain) == 1 &&
	     X509_STORE_CTX_set_default(x, "ssl_client") == 1 &&
	     X509_verify_cert(x) == 1;
	X509_STORE_CTX_free(x);
	return ok;
}

static uint32_t
verified_roots(const struct ov_net_trust *t, X509 *leaf, STACK_OF(X509) * chain)
{
	uint32_t bits = 0;

	/* An absent EKU means "any" to OpenSSL; here it must be said. */
	if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
	    (X509_get_extended_key_usage(leaf) & XKU_SSL_CLIENT) == 0)
		return 0;
	for (size_t i = 0; i < t->n; i++)
		if (leads_to(t->root[i], leaf, chain))
			bits |= UINT32_C(1) << i;
	return bits;
}

static bool
spki_digest(X509 *x, uint8_t out[32])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool ok = n > 0 && ov_sha256(out, der, (size_t)n) == OV_OK;

	OPENSSL_free(der);
	return ok;
}

static bool
seconds(const ASN1_TIME *t, uint64_t *out)
{
	int days, secs;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool ok = epoch != NULL && ASN1_TIME_diff(&days, &secs, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	if (!ok)
		return false;
	/* Before 1970 is long ago. */
	*out = days < 0 || secs < 0 ? 0
	                            : (uint64_t)days * 86400 + (uint64_t)secs;
	return true;
}

/* subject.serialNumber, where an OIN stands; empty if there is none, more
 * than one, or a longer one. */
static void
serial_number(X509 *x, uint8_t out[20])
{
	const X509_NAME *name = X509_get_subject_name(x);
	const ASN1_STRING *s;
	int at, n;

	memset(out, 0, 20);
	at = X509_NAME_get_index_by_NID(name, NID_serialNumber, -1);
	if (at < 0 ||
	    X509_NAME_get_index_by_NID(name, NID_serialNumber, at) >= 0)
		return;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	n = ASN1_STRING_length(s);
	if (n > 0 && n <= 20)
		memcpy(out, ASN1_STRING_get0_data(s), (size_t)n);
}

enum ov_rc
ov_net_trust_peer(const struct ov_net_trust *t, SSL *ssl, struct ov_n_peer *out,
    struct ov_err *e)
{
	X509 *leaf = SSL_get0_peer_certificate(ssl);

	if (leaf == NULL)
		return ov_fail(e, OV_BADMSG, "no certificate");
	if (!spki_digest(leaf, out->spki) ||
	    !seconds(X509_get0_notBefore(leaf), &out->nbf) ||
	    !seconds(X509_get0_notAfter(leaf), &out->naf)) {
		ERR_clear_error();
		return ov_fail(e, OV_BADMSG, "unreadable certificate");
	}
	serial_number(leaf, out->serial);
	out->roots = verified_roots(t, leaf, SSL_get_peer_cert_chain(ssl));
	ERR_clear_error();
	return OV_OK;
}
