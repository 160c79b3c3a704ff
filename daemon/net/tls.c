/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/tls.c - the settings of TLS (docs/protocol.md 1): version 1.3
 * only, a client certificate always, no resumption, no early data.
 *
 * Whom a certificate belongs to is not judged here.  The handshake proves
 * that the client has the key; store knows whose it is.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "daemon/net/role.h"

/* A chain of three with everything PKIoverheid puts in. */
#define CERT_LIST_MAX ((long)(32 * OV_KIB))

static const char *const group_lists[] = {"X25519MLKEM768:X25519:P-256",
    "X25519:P-256:P-384"};

static bool
set_groups(SSL_CTX *ctx, const char *list)
{
	/* The macro for this casts the const away. */
	return SSL_CTX_ctrl(ctx, SSL_CTRL_SET_GROUPS_LIST, 0,
	           (void *)(uintptr_t)list) == 1;
}

const char *
ov_net_tls_groups(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	const char *list = group_lists[1];

	/* OpenSSL before 3.5 refuses a list with a group it does not know. */
	if (ctx != NULL && set_groups(ctx, group_lists[0]))
		list = group_lists[0];
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return list;
}

/* Called in place of chain building: any chain will do, not any key. */
static int
on_certificate(X509_STORE_CTX *x, void *arg)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(x);
	EVP_PKEY *pk = leaf != NULL ? X509_get0_pubkey(leaf) : NULL;

	(void)arg;
	if (pk != NULL && ov_net_key_ok(pk))
		return 1;
	X509_STORE_CTX_set_error(x, X509_V_ERR_EE_KEY_TOO_SMALL);
	return 0;
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1";
	unsigned char *pick;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&pick, outlen, ours, sizeof(ours) - 1, in,
	        inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = pick;
	return SSL_TLSEXT_ERR_OK;
}

static int
no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static enum ov_rc
load_chain(SSL_CTX *ctx, BIO *in, struct ov_err *e)
{
	X509 *x;
	int ok;

	if ((x = PEM_read_bio_X509(in, NULL, no_password, NULL)) == NULL)
		return ov_fail(e, OV_BADMSG, "no certificate");
	ok = SSL_CTX_use_certificate(ctx, x);
	X509_free(x);
	if (ok != 1)
		return ov_fail(e, OV_BADMSG, "unusable certificate");
	while ((x = PEM_read_bio_X509(in, NULL, no_password, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			return ov_fail(e, OV_BADMSG, "unusable chain");
		}
	/* What ended the loop is the end of the file. */
	ERR_clear_error();
	return OV_OK;
}

static enum ov_rc
load_key(SSL_CTX *ctx, BIO *in, struct ov_err *e)
{
	EVP_PKEY *pk = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	enum ov_rc rc = OV_OK;

	if (pk == NULL)
		rc = ov_fail(e, OV_BADMSG, "no private key");
	else if (!ov_net_key_ok(pk))
		rc = ov_fail(e, OV_BADMSG,
		    "not ECDSA P-256, P-384, Ed25519, or RSA from 3072 bits");
	else if (SSL_CTX_use_PrivateKey(ctx, pk) != 1 ||
	         SSL_CTX_check_private_key(ctx) != 1)
		rc = ov_fail(e, OV_BADMSG,
		    "key does not belong to the certificate");
	EVP_PKEY_free(pk);
	return rc;
}

static enum ov_rc
load_pair(SSL_CTX *ctx, const struct ov_net_conf *conf, struct ov_err *e)
{
	BIO *cert = NULL, *key = NULL;
	enum ov_rc rc;

	if (conf->cert.n > OV_MIB || conf->key.n > OV_MIB)
		return ov_fail(e, OV_TOOBIG, "certificate or key");
	cert = BIO_new_mem_buf(conf->cert.p, (int)conf->cert.n);
	key = BIO_new_mem_buf(conf->key.p, (int)conf->key.n);
	if (cert == NULL || key == NULL)
		rc = ov_fail(e, OV_NOSPACE, "out of memory");
	else if ((rc = load_chain(ctx, cert, e)) == OV_OK)
		rc = load_key(ctx, key, e);
	BIO_free(cert);
	BIO_free(key);
	return rc;
}

static bool
configure(SSL_CTX *ctx)
{
	/* The default; it also ends a connection that changes keys without
	 * end. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	                             SSL_OP_NO_COMPRESSION |
	                             SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                          SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx,
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_certificate, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
	       set_groups(ctx, ov_net_tls_groups());
}

enum ov_rc
ov_net_tls_new(const struct ov_net_conf *conf, SSL_CTX **out, struct ov_err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	enum ov_rc rc;

	*out = NULL;
	if (ctx == NULL)
		return ov_fail(e, OV_NOSPACE, "TLS context");
	if (!configure(ctx))
		rc = ov_fail(e, OV_SYS, "TLS settings");
	else
		rc = load_pair(ctx, conf, e);
	ERR_clear_error();
	if (rc != OV_OK) {
		SSL_CTX_free(ctx);
		return ov_while(e, rc, "TLS");
	}
	*out = ctx;
	return OV_OK;
}
