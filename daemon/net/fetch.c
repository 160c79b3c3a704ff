/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/fetch.c - requests that net makes for store (N4), and how they
 * end (N5).
 *
 * The partner is who has one of the pinned keys; where the book says so, its
 * certificate must also chain to the region's CA and carry the host's name.
 * No proxy, no redirects, nothing but https with TLS 1.3.
 */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/pool.h"
#include "protocol/b64.h"

#define CONNECT_MS 10000L
#define TIMEOUT_MS_MAX (10U * 60 * 1000)
/* Header bytes of an answer that we read. */
#define FIELD_MAX ((size_t)1024)

/* --- the answer as it comes --------------------------------------------------- */

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct ov_net_fetch *f = arg;

	n *= size;
	if (n > f->answer.max - f->answer.n) {
		f->too_big = true;
		return 0;
	}
	ov_buf_add(&f->answer, p, n);
	return f->answer.bad ? 0 : n;
}

/* The value of a field line if it has this name (lower case). */
static bool
value_of(struct ov_view line, const char *name, struct ov_view *out)
{
	size_t k = strlen(name), a, b = line.n;

	if (line.n <= k || line.p[k] != ':' ||
	    !ov_http_ieq((struct ov_view){line.p, k}, name))
		return false;
	for (a = k + 1; a < b && (line.p[a] == ' ' || line.p[a] == '\t'); a++)
		;
	while (b > a && line.p[b - 1] <= ' ')
		b--;
	*out = (struct ov_view){line.p + a, b - a};
	return true;
}

static size_t
on_field(char *p, size_t size, size_t n, void *arg)
{
	struct ov_net_fetch *f = arg;
	struct ov_view line = {(const uint8_t *)p, n * size}, v;
	char date[64];
	uint64_t i;
	time_t t;

	if (line.n > FIELD_MAX)
		return line.n;
	/* A new status line: what came before was not the final answer. */
	if (line.n > 5 && memcmp(p, "HTTP/", 5) == 0)
		memset(&f->result, 0, sizeof(f->result));
	else if (value_of(line, "content-type", &v))
		f->result.ctype = (uint8_t)ov_ctype_from(v);
	else if (value_of(line, "overstap-adresboek", &v)) {
		if (ov_http_decimal(v, UINT32_MAX, &i))
			f->result.adresboek = (uint32_t)i;
	} else if (value_of(line, "retry-after", &v)) {
		if (ov_http_decimal(v, UINT32_MAX, &i))
			f->result.retry = (uint32_t)i;
	} else if (value_of(line, "date", &v) && v.n < sizeof(date)) {
		memcpy(date, v.p, v.n);
		date[v.n] = '\0';
		t = curl_getdate(date, NULL);
		f->result.date = t > 0 ? (uint64_t)t : 0;
	}
	return line.n;
}

/* --- the request -------------------------------------------------------------- */

/* After OpenSSL's own verdict, which takes an absent EKU for any, and libcurl
 * would take the subject's CN for an absent subjectAltName: of a server of the
 * region both must be there (docs/protocol.md, "Transport"). */
static int
on_server(int ok, X509_STORE_CTX *x)
{
	X509 *leaf = X509_STORE_CTX_get_current_cert(x);

	if (ok != 1 || X509_STORE_CTX_get_error_depth(x) != 0)
		return ok;
	if (leaf != NULL &&
	    (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(leaf) & XKU_SSL_SERVER) != 0 &&
	    X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) >= 0)
		return 1;
	X509_STORE_CTX_set_error(x, X509_V_ERR_INVALID_PURPOSE);
	return 0;
}

static CURLcode
on_context(CURL *c, void *ctx, void *arg)
{
	(void)c;
	(void)arg;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_server);
	return CURLE_OK;
}

static bool
set_tls(struct ov_net_fetch *f)
{
	struct ov_net *net = f->pool->net;
	struct curl_blob cert = {net->cert.p, net->cert.n, CURL_BLOB_NOCOPY};
	struct curl_blob key = {net->key.p, net->key.n, CURL_BLOB_NOCOPY};
	struct curl_blob ca = {net->trust.pem.p, net->trust.pem.n,
	    CURL_BLOB_COPY};
	bool pki = f->pool->pki != 0;
	CURL *c = f->easy;
	CURLcode r = CURLE_OK;

	r |= curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)(CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3));
	r |= curl_easy_setopt(c, CURLOPT_SSL_EC_CURVES, ov_net_tls_groups());
	r |= curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	r |= curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, f->pool->pins);
	r |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, pki ? 1L : 0L);
	r |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, pki ? 2L : 0L);
	/* The machine's own list of public CAs has no say. */
	r |= curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	r |= curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	if (pki) {
		r |= curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
		r |= curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_context);
	}
	r |= curl_easy_setopt(c, CURLOPT_SSLCERTTYPE, "PEM");
	r |= curl_easy_setopt(c, CURLOPT_SSLCERT_BLOB, &cert);
	r |= curl_easy_setopt(c, CURLOPT_SSLKEYTYPE, "PEM");
	r |= curl_easy_setopt(c, CURLOPT_SSLKEY_BLOB, &key);
	return r == CURLE_OK;
}

static bool
set_http(struct ov_net_fetch *f, long timeout_ms)
{
	CURL *c = f->easy;
	CURLcode r = CURLE_OK;

	r |= curl_easy_setopt(c, CURLOPT_PRIVATE, f);
	r |= curl_easy_setopt(c, CURLOPT_URL, f->url);
	r |= curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	r |= curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	r |= curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	r |= curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	r |= curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	r |= curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	r |= curl_easy_setopt(c, CURLOPT_PIPEWAIT, 1L);
	r |= curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
	r |= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	r |= curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->fields);
	r |= curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	r |= curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	r |= curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_field);
	r |= curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
	if (f->post) {
		r |= curl_easy_setopt(c, CURLOPT_POST, 1L);
		r |= curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)f->body.n);
		/* Not NULL, which would mean "read from a callback". */
		r |= curl_easy_setopt(c, CURLOPT_POSTFIELDS,
		    f->body.n > 0 ? (const char *)f->body.p : "");
	}
	return r == CURLE_OK;
}

bool
ov_net_fetch_start(struct ov_net_fetch *f, const char **why)
{
	uint64_t now = ov_loop_now_ms(f->pool->net->loop);

	if (f->due_ms <= now) {
		*why = curl_easy_strerror(CURLE_OPERATION_TIMEDOUT);
		return false;
	}
	if (f->pool->pki != 0 && f->pool->net->trust.n == 0) {
		*why = "no region CA";
		return false;
	}
	if ((f->easy = curl_easy_init()) == NULL)
		return false;
	return set_http(f, (long)(f->due_ms - now)) && set_tls(f);
}

/* --- packets ------------------------------------------------------------------ */

static void
fetch_free(struct ov_net_fetch *f)
{
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->fields);
	ov_buf_free(&f->body);
	ov_buf_free(&f->answer);
	free(f->url);
	free(f);
}

static void
report(struct ov_net *net, uint64_t ref, struct ov_n_result *r, const char *why)
{
	if (why != NULL) {
		memset(r, 0, sizeof(*r));
		r->fault = ov_view_str(why);
	}
	ov_net_send(net, OV_N_RESULT, ref, &ov_n_result_rec, r);
}

void
ov_net_fetch_end(struct ov_net_fetch *f, const char *why)
{
	struct ov_net *net = f->pool->net;
	struct ov_n_result *r = &f->result;
	curl_off_t sent = 0, first = 0;
	long status = 0;

	if (why == NULL) {
		(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE,
		    &status);
		(void)curl_easy_getinfo(f->easy, CURLINFO_PRETRANSFER_TIME_T,
		    &sent);
		(void)curl_easy_getinfo(f->easy, CURLINFO_STARTTRANSFER_TIME_T,
		    &first);
		if (status < 200 || status > 599)
			why = "not an HTTP answer";
		/* Store is far behind: it asks again. */
		else if (net->link.queued + f->answer.n > OV_NET_QUEUE_MAX)
			why = "no room for the answer";
	}
	r->status = (uint16_t)status;
	r->rtt_us = first > sent && first - sent < UINT32_MAX
	                ? (uint32_t)(first - sent)
	                : 0;
	r->body = (struct ov_view){f->answer.p, f->answer.n};
	report(net, f->ref, r, why);
	fetch_free(f);
}

/* "sha256//...;sha256//..." as libcurl wants it. */
static bool
pins_text(struct ov_view pins, char out[OV_NET_PINS_TEXT])
{
	size_t at = 0;

	out[0] = '\0';
	if (pins.n == 0 || pins.n % 32 != 0 || pins.n / 32 > OV_PINS_MAX)
		return false;
	for (size_t i = 0; i < pins.n; i += 32) {
		if (i > 0)
			out[at++] = ';';
		memcpy(out + at, "sha256//", 8);
		at += 8;
		at += ov_b64_enc(out + at, pins.p + i, 32);
	}
	return true;
}

static bool
is_url(struct ov_view url, struct ov_view path)
{
	if (url.n < 9 || url.n > OV_URL_MAX ||
	    memcmp(url.p, "https://", 8) != 0 ||
	    memchr(url.p + 8, '/', url.n - 8) != NULL ||
	    memchr(url.p + 8, '@', url.n - 8) != NULL)
		return false;
	if (path.n == 0 || path.n > OV_TARGET_MAX || path.p[0] != '/')
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f)
			return false;
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] <= ' ' || path.p[i] >= 0x7f)
			return false;
	return true;
}

static bool
add_field(struct ov_net_fetch *f, const char *line)
{
	struct curl_slist *l = curl_slist_append(f->fields, line);

	if (l == NULL)
		return false;
	f->fields = l;
	return true;
}

static struct ov_net_fetch *
fetch_new(struct ov_net *net, uint64_t ref, const struct ov_n_fetch *n)
{
	struct ov_net_fetch *f = calloc(1, sizeof(*f));
	const char *type = n->ctype <= OV_CT_TEXT
	                       ? ov_ctype_text((enum ov_ctype)n->ctype)
	                       : NULL;
	uint32_t ms = n->timeout_ms;
	char line[96];
	bool ok;

	if (f == NULL)
		return NULL;
	if (ms == 0 || ms > TIMEOUT_MS_MAX)
		ms = TIMEOUT_MS_MAX;
	f->ref = ref;
	f->post = n->method != 0;
	f->due_ms = ov_loop_now_ms(net->loop) + ms;
	f->answer.max = n->max != 0 ? n->max : OV_ANSWER_MAX;
	ov_buf_add(&f->body, n->body.p, n->body.n);
	ok = !f->body.bad && asprintf(&f->url, "%.*s%.*s", (int)n->url.n,
	                         (const char *)n->url.p, (int)n->path.n,
	                         (const char *)n->path.p) > 0;
	if (!ok)
		f->url = NULL;
	/* No question before a POST: the book says that the key is right. */
	ok = ok && add_field(f, "Expect:");
	if (net->adresboek != 0) {
		(void)snprintf(line, sizeof(line), "Overstap-Adresboek: %u",
		    net->adresboek);
		ok = ok && add_field(f, line);
	}
	if (f->post) {
		(void)snprintf(line, sizeof(line), "Content-Type:%s%s",
		    type != NULL ? " " : "", type != NULL ? type : "");
		ok = ok && add_field(f, line);
	}
	if (!ok) {
		fetch_free(f);
		return NULL;
	}
	return f;
}

enum ov_rc
ov_net_fetch_packet(struct ov_net *net, struct ov_view pkt, struct ov_err *e)
{
	char pins[OV_NET_PINS_TEXT];
	struct ov_n_result none = {0};
	struct ov_net_pool *p = NULL;
	struct ov_net_fetch *f = NULL;
	struct ov_n_fetch n;
	struct ov_pkr k;
	const char *why = "out of memory";
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_FETCH, &ov_n_fetch_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &n, e)) != OV_OK)
		return rc;
	if (net->draining)
		why = "stopping";
	else if (!is_url(n.url, n.path) || !pins_text(n.pins, pins))
		why = "address or pins cannot be used";
	else if ((f = fetch_new(net, k.ref, &n)) != NULL)
		p = ov_net_pool_get(net, n.partner, n.pki, pins);
	if (p != NULL) {
		ov_net_pool_add(p, f);
		return OV_OK;
	}
	if (f != NULL)
		fetch_free(f);
	report(net, k.ref, &none, why);
	return OV_OK;
}

/* --- pools of the role -------------------------------------------------------- */

void
ov_net_fetch_drop(struct ov_net *net, uint32_t partner)
{
	struct ov_net_pool *p, *next;

	for (p = net->pools; p != NULL; p = next) {
		next = p->next;
		if (p->partner == partner)
			ov_net_pool_drop(p);
	}
}

void
ov_net_fetch_retire(struct ov_net *net)
{
	struct ov_net_pool *p, *next;

	for (p = net->pools; p != NULL; p = next) {
		next = p->next;
		if (p->pki != 0 && !p->retired)
			ov_net_pool_retire(p);
	}
}

bool
ov_net_fetch_busy(const struct ov_net *net)
{
	const struct ov_net_pool *p;

	for (p = net->pools; p != NULL; p = p->next)
		if (p->nactive > 0 || p->nwaiting > 0)
			return true;
	return false;
}

void
ov_net_fetch_free(struct ov_net *net)
{
	while (net->pools != NULL)
		ov_net_pool_drop(net->pools);
}
