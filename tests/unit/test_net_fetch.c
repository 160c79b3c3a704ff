/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_net_fetch.c - the net role as a client: it makes requests to
 * itself, so that both directions meet over HTTP/2.
 */
#include "tests/unit/test_net_world.h"

static int
up(void **state)
{
	static struct world w;
	struct ov_n_state s = {.adresboek = 7, .rate = 10000, .burst = 10000};

	world_up(&w);
	say(&w, OV_N_STATE, 0, &ov_n_state_rec, &s, 1);
	*state = &w;
	return 0;
}

static int
down(void **state)
{
	assert_int_equal(world_down(*state), 0);
	return 0;
}

struct ask {
	uint32_t partner;
	bool post;
	uint8_t pki;
	uint32_t max, timeout_ms;
	const char *host, *path;
	const uint8_t *pins;
	size_t npins;
	struct ov_view body;
};

static void
fetch(struct world *w, uint64_t ref, const struct ask *a)
{
	char url[64];
	struct ov_n_fetch f = {
	    .partner = a->partner,
	    .method = a->post,
	    .pki = a->pki,
	    .ctype = a->post ? OV_CT_JOSE : OV_CT_NONE,
	    .timeout_ms = a->timeout_ms != 0 ? a->timeout_ms : WAIT_MS,
	    .max = a->max != 0 ? a->max : 1 << 20,
	    .path = ov_view_str(a->path != NULL ? a->path : "/v1/status"),
	    .pins = {a->pins != NULL ? a->pins : w->self.spki,
	        32 * (a->npins != 0 ? a->npins : 1)},
	    .body = a->body,
	};

	(void)snprintf(url, sizeof(url), "https://%s:%u",
	    a->host != NULL ? a->host : "127.0.0.1", w->port);
	f.url = ov_view_str(url);
	say(w, OV_N_FETCH, ref, &ov_n_fetch_rec, &f, 1);
}

/* Read the packet that was heard. */
static uint64_t
read_packet(struct world *w, uint16_t type, const struct ov_rec *rec, void *out)
{
	struct ov_pkr k;

	assert_int_equal(ov_pkr_begin(&k,
	                     (struct ov_view){w->in.view.p, w->in.view.n}, type,
	                     rec, NULL),
	    OV_OK);
	assert_int_equal(ov_pkr_next(&k, out, NULL), OV_OK);
	return k.ref;
}

static void
fault_is(const struct ov_n_result *r, const char *text)
{
	char got[200] = "";

	assert_int_equal(r->status, 0);
	assert_int_equal(r->body.n, 0);
	assert_true(r->fault.n < sizeof(got));
	memcpy(got, r->fault.p, r->fault.n);
	assert_string_equal(got, text);
}

/* There and back: the request as it was sent, the answer as it was given. */
static void
test_round_trip(void **state)
{
	static const char text[] = "a compact JWS";
	uint8_t pins[64] = {1};
	struct world *w = *state;
	struct ask a = {.partner = 1,
	    .post = true,
	    .path = "/v1/berichten",
	    .pins = pins,
	    .npins = 2,
	    .body = ov_view_str("a compact JWE")};
	struct ov_n_request q;
	struct ov_n_result r;
	struct ov_n_answer n = {.status = 503,
	    .ctype = OV_CT_JOSE,
	    .retry = 17,
	    .body = ov_view_str(text)};

	/* The second of two pins is the one that fits. */
	memcpy(pins + 32, w->self.spki, 32);
	fetch(w, 1001, &a);
	(void)meet(w, true);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	assert_int_equal(q.route, OV_R_BERICHT);
	assert_int_equal(q.adresboek, 7);
	assert_true(ov_view_eq(q.body, "a compact JWE"));
	n.conn = q.conn;
	n.stream = q.stream;
	say(w, OV_N_ANSWER, 0, &ov_n_answer_rec, &n, 1);
	assert_int_equal(expect(w, OV_N_RESULT, &ov_n_result_rec, &r), 1001);
	assert_int_equal(r.status, 503);
	assert_int_equal(r.ctype, OV_CT_JOSE);
	assert_int_equal(r.adresboek, 7);
	assert_int_equal(r.retry, 17);
	assert_in_range(r.date, time(NULL) - 10, time(NULL) + 10);
	assert_true(r.rtt_us > 0);
	assert_int_equal(r.fault.n, 0);
	assert_true(ov_view_eq(r.body, text));
}

/* Many at once: one connection, 64 in flight and never more, each its own
 * answer. */
static void
test_many(void **state)
{
	enum { N = 300, FLIGHT = 64 };
	struct world *w = *state;
	struct ask a = {.partner = 1};
	struct ov_n_request q[FLIGHT];
	bool seen[N] = {false};
	unsigned done = 0, n = 0;
	struct ov_n_result r;
	uint64_t conn, ref;
	uint16_t type;
	char text[64];

	for (uint64_t i = 0; i < N; i++) {
		(void)snprintf(text, sizeof(text),
		    "/v1/afstemming?van=%llu&tot=%llu",
		    (unsigned long long)i + 1, (unsigned long long)i + 1);
		a.path = text;
		fetch(w, i, &a);
	}
	conn = meet(w, true).conn;
	while (done < N) {
		if ((type = hear(w, 200)) == OV_N_REQUEST) {
			assert_in_range(n, 0, FLIGHT - 1);
			(void)read_packet(w, type, &ov_n_request_rec, &q[n]);
			assert_int_equal(q[n].route, OV_R_AFSTEMMING);
			assert_int_equal(q[n].conn, conn);
			n++;
		} else if (type == OV_N_RESULT) {
			ref = read_packet(w, type, &ov_n_result_rec, &r);
			assert_int_equal(r.status, 200);
			assert_true(ref < N && !seen[ref]);
			seen[ref] = true;
			(void)snprintf(text, sizeof(text), "%llu",
			    (unsigned long long)ref);
			assert_true(ov_view_eq(r.body, text));
			done++;
		} else {
			/* Silence: all that may be in flight is. */
			assert_int_equal(type, 0);
			assert_int_equal(n,
			    N - done < FLIGHT ? N - done : FLIGHT);
			while (n-- > 0) {
				(void)snprintf(text, sizeof(text), "%llu",
				    (unsigned long long)q[n].num1 - 1);
				answer(w, &q[n], 200, OV_CT_JSON,
				    ov_view_str(text));
			}
			n = 0;
		}
	}
}

/* The result of a request that failed after TLS: the other side may think
 * that it had a peer. */
static struct ov_n_result
failure(struct world *w)
{
	struct ov_n_result r;
	uint16_t type;

	while ((type = hear(w, WAIT_MS)) == OV_N_PEER || type == OV_N_GONE)
		;
	assert_int_equal(type, OV_N_RESULT);
	(void)read_packet(w, type, &ov_n_result_rec, &r);
	return r;
}

/* Another key than the pinned one gets nothing from us. */
static void
test_pin(void **state)
{
	static const uint8_t wrong[32] = {1};
	struct world *w = *state;
	struct ask a = {.partner = 1, .pins = wrong};
	struct ov_n_result r;

	fetch(w, 5, &a);
	r = failure(w);
	fault_is(&r, curl_easy_strerror(CURLE_SSL_PINNEDPUBKEYNOTMATCH));
}

/* With the region's CA: the chain and the host's name count as well. */
static void
test_region_ca(void **state)
{
	struct world *w = *state;
	struct ask a = {.partner = 1, .pki = 1, .host = "localhost"};
	struct id stranger = make_id(EVP_EC_gen("P-256"), NULL, NULL, "CA");
	struct ov_n_trust t = {0};
	unsigned char *der[2] = {NULL, NULL};
	const struct ov_v_rc yes = {0};
	struct ov_n_request q;
	struct ov_n_result r;
	struct ov_n_peer p;
	uint64_t ref;
	uint16_t type;

	fetch(w, 1, &a);
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	fault_is(&r, "no region CA");

	t.der.n = (size_t)i2d_X509(stranger.x, &der[0]);
	t.der.p = der[0];
	say(w, OV_N_TRUST, 0, &ov_n_trust_rec, &t, 1);
	fetch(w, 2, &a);
	r = failure(w);
	fault_is(&r, curl_easy_strerror(CURLE_PEER_FAILED_VERIFICATION));

	/* Its own certificate as the root. */
	t.der.n = (size_t)i2d_X509(w->self.x, &der[1]);
	t.der.p = der[1];
	say(w, OV_N_TRUST, 0, &ov_n_trust_rec, &t, 1);
	a.host = "127.0.0.1";
	fetch(w, 3, &a);
	r = failure(w);
	fault_is(&r, curl_easy_strerror(CURLE_PEER_FAILED_VERIFICATION));

	a.host = "localhost";
	fetch(w, 4, &a);
	/* The last failure's handshake may end only now. */
	while ((type = hear(w, WAIT_MS)) != OV_N_REQUEST) {
		if (type == OV_N_GONE)
			continue;
		ref = read_packet(w, type, &ov_n_peer_rec, &p);
		assert_int_equal(p.roots, 1);
		say(w, OV_N_PEER | OV_PK_REPLY, ref, &ov_v_rc_rec, &yes, 1);
	}
	assert_int_equal(type, OV_N_REQUEST);
	(void)read_packet(w, type, &ov_n_request_rec, &q);
	answer(w, &q, 200, OV_CT_JSON, ov_view_str("{}"));
	assert_int_equal(expect(w, OV_N_RESULT, &ov_n_result_rec, &r), 4);
	assert_int_equal(r.status, 200);
	OPENSSL_free(der[0]);
	OPENSSL_free(der[1]);
	id_free(&stranger);
}

/* A server of the region whose certificate is not said to be a server's, or
 * that has its host in the old place only. */
static int
up_no_eku(void **state)
{
	self_eku = NULL;
	return up(state);
}

static int
up_client_eku(void **state)
{
	self_eku = "clientAuth";
	return up(state);
}

static int
up_no_san(void **state)
{
	self_san = NULL;
	return up(state);
}

static int
down_whole(void **state)
{
	self_eku = "serverAuth,clientAuth";
	self_san = "DNS:localhost";
	return down(state);
}

static void
test_server_of_region(void **state)
{
	struct world *w = *state;
	struct ask a = {.partner = 1, .pki = 1, .host = "localhost"};
	struct ov_n_trust t = {0};
	unsigned char *der = NULL;
	struct ov_n_result r;

	t.der.n = (size_t)i2d_X509(w->self.x, &der);
	t.der.p = der;
	say(w, OV_N_TRUST, 0, &ov_n_trust_rec, &t, 1);
	fetch(w, 1, &a);
	r = failure(w);
	fault_is(&r, curl_easy_strerror(CURLE_PEER_FAILED_VERIFICATION));
	OPENSSL_free(der);
}

/* Every request ends, and says how: too large, too late, dropped, unusable,
 * nobody there. */
static void
test_faults(void **state)
{
	static const char big[5000] = {'x'};
	static const struct ov_n_drop drop = {.partner = 1};
	struct world *w = *state;
	struct ask a = {.partner = 1, .max = 4999};
	struct ov_n_request q;
	struct ov_n_result r;
	uint16_t port = w->port;

	fetch(w, 1, &a);
	(void)meet(w, true);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	answer(w, &q, 200, OV_CT_JSON,
	    (struct ov_view){(const uint8_t *)big, sizeof(big)});
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	fault_is(&r, "answer too large");

	a.max = 5000;
	fetch(w, 2, &a);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	answer(w, &q, 200, OV_CT_JSON,
	    (struct ov_view){(const uint8_t *)big, sizeof(big)});
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	assert_int_equal(r.body.n, sizeof(big));

	a.timeout_ms = 200;
	fetch(w, 3, &a);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	fault_is(&r, curl_easy_strerror(CURLE_OPERATION_TIMEDOUT));

	a.timeout_ms = 0;
	fetch(w, 4, &a);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	say(w, OV_N_DROP, 0, &ov_n_drop_rec, &drop, 1);
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	fault_is(&r, "connection dropped");

	a.path = "no-slash";
	fetch(w, 5, &a);
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	fault_is(&r, "address or pins cannot be used");

	a.path = NULL;
	w->port = 1;
	fetch(w, 6, &a);
	(void)expect(w, OV_N_RESULT, &ov_n_result_rec, &r);
	fault_is(&r, curl_easy_strerror(CURLE_COULDNT_CONNECT));
	w->port = port;
}

/* Another set of pins is another connection. */
static void
test_pools_do_not_share(void **state)
{
	uint8_t pins[64] = {0};
	struct world *w = *state;
	struct ask asks[3] = {{.partner = 1}, {.partner = 2},
	    {.partner = 1, .pins = pins, .npins = 2}};
	struct ov_n_request q;
	struct ov_n_result r;
	uint64_t last = 0;

	memcpy(pins, w->self.spki, 32);
	for (uint64_t i = 0; i < 3; i++) {
		for (int again = 0; again < 2; again++) {
			fetch(w, i, &asks[i]);
			if (again == 0)
				(void)meet(w, true);
			(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
			if (again == 0)
				assert_true(q.conn > last);
			else
				assert_int_equal(q.conn, last);
			last = q.conn;
			answer(w, &q, 204, OV_CT_NONE, (struct ov_view){0});
			assert_int_equal(expect(w, OV_N_RESULT,
			                     &ov_n_result_rec, &r),
			    i);
			assert_int_equal(r.status, 204);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round_trip, up, down),
	    cmocka_unit_test_setup_teardown(test_many, up, down),
	    cmocka_unit_test_setup_teardown(test_pin, up, down),
	    cmocka_unit_test_setup_teardown(test_region_ca, up, down),
	    cmocka_unit_test_setup_teardown(test_server_of_region, up_no_eku,
	        down_whole),
	    cmocka_unit_test_setup_teardown(test_server_of_region,
	        up_client_eku, down_whole),
	    cmocka_unit_test_setup_teardown(test_server_of_region, up_no_san,
	        down_whole),
	    cmocka_unit_test_setup_teardown(test_faults, up, down),
	    cmocka_unit_test_setup_teardown(test_pools_do_not_share, up, down),
	};

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
