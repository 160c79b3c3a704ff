/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_net_world.h - what the tests of the net role share: the role
 * in a process of its own, the other end of its socket in our hands, and TLS
 * clients with certificates made on the spot.
 */
#ifndef OV_TESTS_UNIT_TEST_NET_WORLD_H
#define OV_TESTS_UNIT_TEST_NET_WORLD_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <curl/curl.h>

#include "base/fs.h"
#include "base/ipc.h"
#include "daemon/net/net.h"
#include "protocol/hash.h"
#include "protocol/limits.h"
#include "protocol/packet.h"
#include "protocol/route.h"

#define WAIT_MS 10000

/* --- certificates ----------------------------------------------------------- */

struct id {
	EVP_PKEY *pk;
	X509 *x;
	uint8_t spki[32];
};

static inline void
extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	assert_non_null(ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value));
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* What the certificate of the role under test lacks, or not. */
static const char *self_eku = "serverAuth,clientAuth";
static const char *self_san = "DNS:localhost"; /* NULL: none */

/* Issued by `by`, or by itself; eku NULL: none. */
static inline struct id
make_id(EVP_PKEY *pk, const char *serial, const struct id *by, const char *eku)
{
	EVP_PKEY *signer = by != NULL ? by->pk : pk;
	struct id id = {.pk = pk};
	const EVP_MD *md;
	static long issued; /* serial numbers: each certificate its own */
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	bool ca = eku != NULL && strcmp(eku, "CA") == 0;
	int n;

	assert_non_null(pk);
	assert_non_null(name);
	assert_non_null(id.x = X509_new());
	assert_int_equal(X509_set_version(id.x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(id.x), ++issued);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(id.x), -3600));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(id.x), 86400));
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)(ca                 ? "region CA"
	                            : self_san == NULL ? "localhost"
	                                               : "member"),
	    -1, -1, 0);
	if (serial != NULL)
		X509_NAME_add_entry_by_txt(name, "serialNumber", MBSTRING_ASC,
		    (const unsigned char *)serial, -1, -1, 0);
	assert_int_equal(X509_set_subject_name(id.x, name), 1);
	assert_int_equal(X509_set_issuer_name(id.x,
	                     by != NULL ? X509_get_subject_name(by->x) : name),
	    1);
	X509_NAME_free(name);
	assert_int_equal(X509_set_pubkey(id.x, pk), 1);
	extension(id.x, by != NULL ? by->x : id.x, NID_basic_constraints,
	    ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (!ca) {
		if (self_san != NULL)
			extension(id.x, id.x, NID_subject_alt_name, self_san);
		if (eku != NULL)
			extension(id.x, id.x, NID_ext_key_usage, eku);
	}
	md = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519 ? NULL
	                                                      : EVP_sha256();
	assert_true(X509_sign(id.x, signer, md) > 0);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(id.x), &der);
	assert_true(n > 0);
	assert_int_equal(ov_sha256(id.spki, der, (size_t)n), OV_OK);
	OPENSSL_free(der);
	return id;
}

static inline void
id_free(struct id *id)
{
	EVP_PKEY_free(id->pk);
	X509_free(id->x);
}

static inline struct ov_view
pem_of(BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);

	assert_true(n > 0);
	return (struct ov_view){(const uint8_t *)p, (size_t)n};
}

/* --- the role in a child ---------------------------------------------------- */

struct world {
	struct id self;
	pid_t pid;
	int store; /* our end */
	uint16_t port;
	struct ov_ipc_in in;
};

static inline void
on_term(struct ov_loop *loop, int signo, void *arg)
{
	(void)loop;
	(void)signo;
	ov_net_drain(arg);
}

/* 0: as it should end; 3: the role failed; 4: it did not start. */
static inline int
child(const struct id *self, int store, int port_fd)
{
	BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());
	struct ov_net_conf conf = {.store = store};
	struct ov_loop *loop;
	struct ov_net *net;
	struct ov_err e = {0};
	uint16_t port;
	int rc;

	if (PEM_write_bio_X509(cert, self->x) != 1 ||
	    PEM_write_bio_PrivateKey(key, self->pk, NULL, NULL, 0, NULL,
	        NULL) != 1)
		return 4;
	conf.cert = pem_of(cert);
	conf.key = pem_of(key);
	if (ov_loop_new(&loop, &e) != OV_OK ||
	    ov_net_new(loop, &conf, &net, &e) != OV_OK ||
	    ov_net_listen(net, "127.0.0.1", "0", &port, &e) != OV_OK ||
	    ov_loop_signal(loop, SIGTERM, on_term, net, &e) != OV_OK ||
	    write(port_fd, &port, sizeof(port)) != (ssize_t)sizeof(port)) {
		(void)fprintf(stderr, "child: %s\n", e.msg);
		return 4;
	}
	BIO_free(cert);
	BIO_free(key);
	rc = ov_loop_run(loop, &e) == OV_OK && ov_net_result(net, &e) == OV_OK
	         ? 0
	         : 3;
	ov_net_free(net);
	ov_loop_free(loop);
	return rc;
}

static inline void
world_up(struct world *w)
{
	int pair[2], port[2];
	ssize_t r;

	memset(w, 0, sizeof(*w));
	(void)signal(SIGPIPE, SIG_IGN);
	w->self = make_id(EVP_EC_gen("P-256"), NULL, NULL, self_eku);
	assert_int_equal(ov_ipc_socketpair(pair, NULL), OV_OK);
	assert_int_equal(pipe(port), 0);
	assert_true((w->pid = fork()) >= 0);
	if (w->pid == 0) {
		int rc;

		(void)close(pair[0]);
		(void)close(port[0]);
		rc = child(&w->self, pair[1], port[1]);
		id_free(&w->self);
		curl_global_cleanup();
		exit(rc);
	}
	(void)close(pair[1]);
	(void)close(port[1]);
	w->store = pair[0];
	do
		r = read(port[0], &w->port, sizeof(w->port));
	while (r < 0);
	assert_int_equal(r, sizeof(w->port));
	(void)close(port[0]);
}

/* Wait for the child and return its exit code. */
static inline int
world_down(struct world *w)
{
	int status;

	if (w->store >= 0)
		(void)close(w->store);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	ov_ipc_in_free(&w->in);
	id_free(&w->self);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* --- packets ---------------------------------------------------------------- */

static inline void
say(struct world *w, uint16_t type, uint64_t ref, const struct ov_rec *rec,
    const void *records, uint32_t n)
{
	struct ov_pkw k = {0};

	ov_pkw_begin(&k, type, ref, rec, n);
	for (uint32_t i = 0; i < n; i++)
		ov_pkw_put(&k,
		    (const uint8_t *)records + (size_t)i * rec->csize);
	assert_int_equal(ov_pkw_end(&k, NULL), OV_OK);
	assert_int_equal(ov_ipc_send(w->store, k.b.p, k.b.n, NULL), OV_OK);
	ov_buf_free(&k.b);
}

/* The next packet within the time; its type, 0 for none. */
static inline uint16_t
hear(struct world *w, int ms)
{
	struct pollfd p = {.fd = w->store, .events = POLLIN};
	uint64_t ref;
	uint16_t type;

	if (poll(&p, 1, ms) != 1)
		return 0;
	assert_int_equal(ov_ipc_recv(w->store, &w->in, NULL), OV_OK);
	assert_false(w->in.eof);
	assert_int_equal(ov_pk_peek((struct ov_view){w->in.view.p,
	                                w->in.view.n},
	                     &type, &ref, NULL),
	    OV_OK);
	return type;
}

/* The next packet of this type as a record; those of closed connections are
 * passed over.  Views live until the next packet. */
static inline uint64_t
expect(struct world *w, uint16_t type, const struct ov_rec *rec, void *out)
{
	struct ov_pkr k;
	uint16_t got;

	do
		got = hear(w, WAIT_MS);
	while (got == OV_N_GONE && type != OV_N_GONE);
	assert_int_equal(got, type);
	assert_int_equal(ov_pkr_begin(&k,
	                     (struct ov_view){w->in.view.p, w->in.view.n}, type,
	                     rec, NULL),
	    OV_OK);
	assert_int_equal(ov_pkr_next(&k, out, NULL), OV_OK);
	return k.ref;
}

/* Hear of a connection and say whether it is known. */
static inline struct ov_n_peer
meet(struct world *w, bool known)
{
	struct ov_v_rc rc = {.rc = known ? OV_OK : OV_DENIED};
	struct ov_n_peer n;
	uint64_t ref = expect(w, OV_N_PEER, &ov_n_peer_rec, &n);

	assert_int_equal(ref, n.conn);
	say(w, OV_N_PEER | OV_PK_REPLY, ref, &ov_v_rc_rec, &rc, 1);
	return n;
}

static inline void
answer(struct world *w, const struct ov_n_request *q, uint16_t status,
    enum ov_ctype ctype, struct ov_view body)
{
	struct ov_n_answer a = {.conn = q->conn,
	    .stream = q->stream,
	    .status = status,
	    .ctype = (uint8_t)ctype,
	    .body = body};

	say(w, OV_N_ANSWER, 0, &ov_n_answer_rec, &a, 1);
}

/* --- a client --------------------------------------------------------------- */

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

/* id NULL: without a certificate. */
static inline struct client
dial(struct world *w, const struct id *id)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons(w->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval limit = {.tv_sec = WAIT_MS / 1000};
	struct client c;

	assert_true((c.fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	(void)setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(c.fd,
	                     (const struct sockaddr *)(const void *)&sa,
	                     sizeof(sa)),
	    0);
	assert_non_null(c.ctx = SSL_CTX_new(TLS_client_method()));
	if (id != NULL) {
		assert_int_equal(SSL_CTX_use_certificate(c.ctx, id->x), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(c.ctx, id->pk), 1);
	}
	assert_non_null(c.ssl = SSL_new(c.ctx));
	assert_int_equal(SSL_set_fd(c.ssl, c.fd), 1);
	assert_int_equal(SSL_connect(c.ssl), 1);
	return c;
}

static inline void
hang_up(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	(void)close(c->fd);
}

static inline void
put(struct client *c, const void *p, size_t n)
{
	assert_int_equal(SSL_write(c->ssl, p, (int)n), (int)n);
}

static inline void
put_text(struct client *c, const char *text)
{
	put(c, text, strlen(text));
}

/* One answer with its body, NUL-terminated; false at the end. */
static inline bool
get(struct client *c, struct ov_buf *b)
{
	const char *text, *end, *len;
	size_t want = 0;
	uint8_t byte;

	ov_buf_reset(b);
	for (;;) {
		if (SSL_read(c->ssl, &byte, 1) != 1)
			return false;
		ov_buf_add(b, &byte, 1);
		assert_non_null(text = ov_buf_text(b));
		if ((end = strstr(text, "\r\n\r\n")) == NULL)
			continue;
		len = strstr(text, "Content-Length: ");
		if (len != NULL)
			want = strtoul(len + 16, NULL, 10);
		if (b->n == (size_t)(end - text) + 4 + want)
			return true;
	}
}

static inline bool
at_end(struct client *c)
{
	uint8_t byte;

	return SSL_read(c->ssl, &byte, 1) <= 0;
}

#endif
