/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_net.c - the net role as a server: who is let in, what
 * reaches store, what is answered without it.
 */
#include "base/addr.h"
#include "tests/unit/test_net_world.h"

static const char status_request[] =
    "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"
    "Overstap-Adresboek: 41\r\ntraceparent: 00-ab-cd-01\r\n\r\n";

static int
up(void **state)
{
	static struct world w;

	world_up(&w);
	*state = &w;
	return 0;
}

/* Store goes away: the role ends, and cleanly. */
static int
down(void **state)
{
	assert_int_equal(world_down(*state), 0);
	return 0;
}

static struct id
member(void)
{
	return make_id(EVP_EC_gen("P-256"), "00000099000000001000", NULL,
	    "clientAuth");
}

static struct client
enter(struct world *w, const struct id *id)
{
	struct client c = dial(w, id);

	(void)meet(w, true);
	return c;
}

/* A request reaches store with what was in its head, and the answer goes back
 * with the fields of every answer. */
static void
test_request_and_answer(void **state)
{
	static const char *const fields[] = {"HTTP/1.1 200 OK\r\n",
	    "\r\nAPI-Version: 1.0.0\r\n", "\r\nOverstap-Adresboek: 42\r\n",
	    "\r\nContent-Type: application/json\r\n",
	    "\r\nCache-Control: no-store\r\n",
	    "\r\nX-Content-Type-Options: nosniff\r\n",
	    "\r\nX-Frame-Options: DENY\r\n",
	    "\r\nStrict-Transport-Security: max-age=", "\r\n\r\n{}"};
	struct ov_n_state s = {.adresboek = 42, .rate = 1000, .burst = 1000};
	struct world *w = *state;
	struct id id = member();
	struct ov_n_request q;
	struct client c;
	OV_BUF b = {0};

	say(w, OV_N_STATE, 0, &ov_n_state_rec, &s, 1);
	c = enter(w, &id);
	for (uint64_t i = 1; i <= 3; i++) {
		put_text(&c, status_request);
		(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
		assert_int_equal(q.route, OV_R_STATUS);
		assert_int_equal(q.stream, i);
		assert_int_equal(q.adresboek, 41);
		assert_true(ov_view_eq(q.trace, "00-ab-cd-01"));
		assert_int_equal(q.body.n, 0);
		answer(w, &q, 200, OV_CT_JSON, ov_view_str("{}"));
		assert_true(get(&c, &b));
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
			assert_non_null(strstr(ov_buf_text(&b), fields[k]));
	}
	hang_up(&c);
	id_free(&id);
}

/* Bodies of any size arrive whole, also those that need a memfd. */
static void
test_bodies(void **state)
{
	static const size_t sizes[] = {0, 1, 16384, 100000, OV_JOSE_MAX};
	struct world *w = *state;
	struct id id = member();
	struct client c = enter(w, &id);
	uint8_t *body = malloc(OV_JOSE_MAX);
	struct ov_n_request q;
	char head[200];
	OV_BUF b = {0};

	assert_non_null(body);
	for (size_t i = 0; i < OV_JOSE_MAX; i++)
		body[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		(void)snprintf(head, sizeof(head),
		    "POST /v1/berichten HTTP/1.1\r\nHost: h\r\n"
		    "Content-Type: application/jose\r\n"
		    "Content-Length: %zu\r\n%s\r\n",
		    sizes[i], i == 3 ? "Expect: 100-continue\r\n" : "");
		put_text(&c, head);
		if (i == 3) {
			assert_true(get(&c, &b));
			assert_string_equal(ov_buf_text(&b),
			    "HTTP/1.1 100 Continue\r\n\r\n");
		}
		if (sizes[i] > 0)
			put(&c, body, sizes[i]);
		(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
		assert_int_equal(q.route, OV_R_BERICHT);
		assert_int_equal(q.body.n, sizes[i]);
		assert_true(
		    sizes[i] == 0 || memcmp(q.body.p, body, sizes[i]) == 0);
		answer(w, &q, 201, OV_CT_JOSE,
		    (struct ov_view){body, sizes[i]});
		assert_true(get(&c, &b));
		assert_memory_equal(ov_buf_text(&b), "HTTP/1.1 201 ", 13);
		assert_true(sizes[i] == 0 ||
		            memcmp(b.p + b.n - sizes[i], body, sizes[i]) == 0);
	}
	free(body);
	hang_up(&c);
	id_free(&id);
}

/* Store does not read for a while: nothing is lost, and what does not fit the
 * room of one partner is told so. */
static void
test_store_is_behind(void **state)
{
	enum { N = 24, SIZE = 480000 };
	static uint8_t body[SIZE];
	struct world *w = *state;
	struct id id = member();
	struct client c[N];
	struct ov_n_request q;
	unsigned got = 0, busy = 0;
	OV_BUF b = {0};

	for (size_t i = 0; i < N; i++)
		c[i] = enter(w, &id);
	for (size_t i = 0; i < N; i++) {
		/* Small ones fill the socket, large ones take a memfd. */
		size_t n = i % 2 == 0 ? SIZE : 100000;
		char head[160];

		(void)snprintf(head, sizeof(head),
		    "POST /v1/berichten HTTP/1.1\r\nHost: h\r\n"
		    "Content-Type: application/jose\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    n);
		memset(body, (int)i + 1, n);
		put_text(&c[i], head);
		put(&c[i], body, n);
	}
	(void)usleep(200000);
	while (hear(w, 500) == OV_N_REQUEST) {
		struct ov_pkr k;

		assert_int_equal(ov_pkr_begin(&k,
		                     (struct ov_view){w->in.view.p,
		                         w->in.view.n},
		                     OV_N_REQUEST, &ov_n_request_rec, NULL),
		    OV_OK);
		assert_int_equal(ov_pkr_next(&k, &q, NULL), OV_OK);
		assert_true(q.body.n == SIZE || q.body.n == 100000);
		memset(body, q.body.p[0], q.body.n);
		assert_true(memcmp(body, q.body.p, q.body.n) == 0);
		answer(w, &q, 201, OV_CT_NONE, (struct ov_view){0});
		got++;
	}
	for (size_t i = 0; i < N; i++) {
		assert_true(get(&c[i], &b));
		if (memcmp(b.p, "HTTP/1.1 503 ", 13) == 0)
			busy++;
		else
			assert_memory_equal(b.p, "HTTP/1.1 201 ", 13);
		hang_up(&c[i]);
	}
	/* All 24 are 6.96 MB of 8 MiB. */
	assert_int_equal(got, N);
	assert_int_equal(busy, 0);
	id_free(&id);
}

/* The bodies of one partner have a bound, whatever it announces. */
static void
test_room(void **state)
{
	enum { N = 20 };
	struct world *w = *state;
	struct id id = member();
	struct client c[N];
	struct pollfd p;
	unsigned busy = 0;
	OV_BUF b = {0};

	for (size_t i = 0; i < N; i++)
		c[i] = enter(w, &id);
	for (size_t i = 0; i < N; i++)
		put_text(&c[i], "POST /v1/berichten HTTP/1.1\r\nHost: h\r\n"
		                "Content-Type: application/jose\r\n"
		                "Content-Length: 524288\r\n\r\n");
	(void)usleep(200000);
	for (size_t i = 0; i < N; i++) {
		p = (struct pollfd){.fd = c[i].fd, .events = POLLIN};
		if (poll(&p, 1, 0) == 1) {
			assert_true(get(&c[i], &b));
			assert_memory_equal(b.p, "HTTP/1.1 503 ", 13);
			assert_non_null(strstr(ov_buf_text(&b),
			    "fout:tijdelijk-niet-beschikbaar"));
			busy++;
		}
		hang_up(&c[i]);
	}
	assert_int_equal(busy, N - 16);
	id_free(&id);
}

/* Requests sent ahead wait their turn, and only one is with store. */
static void
test_pipelining(void **state)
{
	struct world *w = *state;
	struct id id = member();
	struct client c = enter(w, &id);
	struct ov_n_request q;
	OV_BUF all = {0}, b = {0};

	for (int i = 0; i < 5; i++)
		ov_buf_str(&all, status_request);
	put(&c, all.p, all.n);
	for (uint64_t i = 1; i <= 5; i++) {
		(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
		assert_int_equal(q.stream, i);
		assert_int_equal(hear(w, 20), 0);
		answer(w, &q, 200, OV_CT_JSON, ov_view_str("[]"));
		assert_true(get(&c, &b));
	}
	hang_up(&c);
	id_free(&id);
}

/* A stranger hears partij-onbekend, whatever it asks, and is shown out. */
static void
test_stranger(void **state)
{
	static const char *const asks[] = {status_request,
	    "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n",
	    "POST /v1/berichten HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 5\r\n\r\n",
	    "rubbish\r\n\r\n"};
	struct world *w = *state;
	struct id id = member();
	OV_BUF b = {0};

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct client c = dial(w, &id);

		(void)meet(w, false);
		put_text(&c, asks[i]);
		assert_true(get(&c, &b));
		assert_memory_equal(ov_buf_text(&b), "HTTP/1.1 403 ", 13);
		assert_non_null(strstr(ov_buf_text(&b),
		    "urn:overstap:fout:partij-onbekend"));
		assert_non_null(
		    strstr(ov_buf_text(&b), "\r\nConnection: close\r\n"));
		assert_true(at_end(&c));
		hang_up(&c);
		/* Store hears that it went and nothing else. */
		assert_int_equal(hear(w, WAIT_MS), OV_N_GONE);
	}
	id_free(&id);
}

/* What HTTP and the limits refuse, is refused without store. */
static void
test_refusals(void **state)
{
#define POST_TO(path, rest) "POST " path " HTTP/1.1\r\nHost: h\r\n" rest
	static const struct {
		const char *ask, *answer, *also;
		bool close;
	} cases[] = {
	    {"GET /v1/geheim HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 404 ",
	        "fout:niet-gevonden", false},
	    {"DELETE /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 405 ",
	        "\r\nAllow: GET\r\n", false},
	    {"HEAD /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 405 ",
	        "Content-Length: 0\r\n\r\n", false},
	    {POST_TO("/v1/berichten", "Content-Type: application/jose\r\n\r\n"),
	        "HTTP/1.1 411 ", "fout:lengte-nodig", false},
	    {POST_TO("/v1/berichten", "Content-Type: text/html\r\n"
	                              "Content-Length: 3\r\n\r\nabc"),
	        "HTTP/1.1 415 ", "fout:media-type", false},
	    {POST_TO("/v1/berichten",
	         "Content-Type: application/jose\r\n"
	         "Expect: 100-continue\r\nContent-Length: 600000\r\n\r\n"),
	        "HTTP/1.1 413 ", "fout:te-groot", true},
	    {POST_TO("/v1/berichten", "Content-Type: application/jose\r\n"
	                              "Content-Length: 99999999\r\n\r\nabc"),
	        "HTTP/1.1 413 ", "fout:te-groot", true},
	    {POST_TO("/v1/berichten", "Transfer-Encoding: chunked\r\n\r\n0"),
	        "HTTP/1.1 411 ", "fout:lengte-nodig", true},
	    {POST_TO("/v1/berichten",
	         "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	        "HTTP/1.1 400 ", "\r\nContent-Length: 0\r\n", true},
	    {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 505 ", "", true},
	    {"\x16\x03\x01\x02\r\n", "HTTP/1.1 400 ", "", true},
	};
	struct world *w = *state;
	struct id id = member();
	struct ov_n_request q;
	OV_BUF b = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c = enter(w, &id);

		put_text(&c, cases[i].ask);
		assert_true(get(&c, &b));
		assert_memory_equal(ov_buf_text(&b), cases[i].answer,
		    strlen(cases[i].answer));
		assert_non_null(strstr(ov_buf_text(&b), cases[i].also));
		if (cases[i].close) {
			assert_true(at_end(&c));
		} else {
			/* The connection goes on. */
			put_text(&c, status_request);
			(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
			answer(w, &q, 204, OV_CT_NONE, (struct ov_view){0});
			assert_true(get(&c, &b));
			assert_memory_equal(ov_buf_text(&b), "HTTP/1.1 204 ",
			    13);
		}
		hang_up(&c);
		assert_int_equal(hear(w, WAIT_MS), OV_N_GONE);
	}
	id_free(&id);
}

/* Too large and not announced: the answer arrives although the client writes
 * on, and no reset overtakes it. */
static void
test_413_is_heard(void **state)
{
	struct world *w = *state;
	struct id id = member();
	struct client c = enter(w, &id);
	uint8_t *body = calloc(1, 600000);
	OV_BUF b = {0};

	assert_non_null(body);
	put_text(&c,
	    POST_TO("/v1/berichten", "Content-Type: application/jose\r\n"
	                             "Content-Length: 600000\r\n\r\n"));
	put(&c, body, 600000);
	assert_true(get(&c, &b));
	assert_memory_equal(ov_buf_text(&b), "HTTP/1.1 413 ", 13);
	free(body);
	hang_up(&c);
	id_free(&id);
}

/* The rate of a key counts over all its connections. */
static void
test_rate(void **state)
{
	struct ov_n_state s = {.adresboek = 1, .rate = 1, .burst = 3};
	struct world *w = *state;
	struct id id = member();
	OV_BUF b = {0};
	int limited = 0;

	say(w, OV_N_STATE, 0, &ov_n_state_rec, &s, 1);
	for (int i = 0; i < 6; i++) {
		struct client c = enter(w, &id);

		put_text(&c, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
		assert_true(get(&c, &b));
		if (memcmp(b.p, "HTTP/1.1 429 ", 13) == 0) {
			limited++;
			assert_non_null(
			    strstr(ov_buf_text(&b), "fout:te-veel"));
			assert_non_null(
			    strstr(ov_buf_text(&b), "\r\nRetry-After: 1\r\n"));
		}
		hang_up(&c);
	}
	assert_in_range(limited, 2, 3);
	id_free(&id);
}

/* No certificate, or a key that is too weak: no handshake, and store gets the
 * count. */
static void
test_handshakes_refused(void **state)
{
	struct world *w = *state;
	struct id weak = make_id(EVP_RSA_gen(2048), NULL, NULL, "clientAuth");
	struct id ed = make_id(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL,
	    NULL, NULL);
	struct client c = dial(w, NULL);
	struct ov_n_gone gone;
	char source[OV_ADDR_TEXT];

	assert_true(at_end(&c));
	hang_up(&c);
	c = enter(w, &ed);
	hang_up(&c);
	id_free(&ed);
	c = dial(w, &weak);
	assert_true(at_end(&c));
	hang_up(&c);
	do
		(void)expect(w, OV_N_GONE, &ov_n_gone_rec, &gone);
	while (gone.conn != 0);
	assert_int_equal(gone.handshakes_refused, 2);
	ov_addr_fmt(source, gone.source);
	assert_string_equal(source, "127.0.0.1");
	id_free(&weak);
}

/* N1 says what the certificate says, and to which root it chains. */
static void
test_peer_record(void **state)
{
	struct world *w = *state;
	struct id ca = make_id(EVP_EC_gen("P-384"), NULL, NULL, "CA");
	struct id other = make_id(EVP_EC_gen("P-256"), NULL, NULL, "CA");
	struct id ids[4];
	static const uint32_t roots[4] = {2, 0, 0, 0};
	struct ov_n_trust t[2] = {0};
	unsigned char *der[2] = {NULL, NULL};
	struct ov_n_peer n;

	t[0].der.n = (size_t)i2d_X509(other.x, &der[0]);
	t[1].der.n = (size_t)i2d_X509(ca.x, &der[1]);
	t[0].der.p = der[0];
	t[1].der.p = der[1];
	say(w, OV_N_TRUST, 0, &ov_n_trust_rec, t, 2);
	ids[0] = make_id(EVP_EC_gen("P-256"), "00000099000000001000", &ca,
	    "clientAuth");
	ids[1] = make_id(EVP_EC_gen("P-256"), NULL, &ca, "serverAuth");
	ids[2] = make_id(EVP_EC_gen("P-256"), NULL, &ca, NULL);
	ids[3] = member();
	for (size_t i = 0; i < 4; i++) {
		struct client c = dial(w, &ids[i]);

		n = meet(w, true);
		assert_memory_equal(n.spki, ids[i].spki, 32);
		assert_int_equal(n.roots, roots[i]);
		assert_int_equal(n.naf - n.nbf, 86400 + 3600);
		if (i == 0 || i == 3)
			assert_memory_equal(n.serial, "00000099000000001000",
			    20);
		else
			assert_int_equal(n.serial[0], 0);
		hang_up(&c);
		id_free(&ids[i]);
	}
	OPENSSL_free(der[0]);
	OPENSSL_free(der[1]);
	id_free(&ca);
	id_free(&other);
}

/* A pin that went takes its connections along, and no others. */
static void
test_drop(void **state)
{
	struct world *w = *state;
	struct id a = member(), b = member();
	struct client ca = enter(w, &a), cb = enter(w, &b);
	struct ov_n_drop d = {.partner = 1};
	struct ov_n_request q;
	OV_BUF buf = {0};

	memcpy(d.spki, a.spki, 32);
	say(w, OV_N_DROP, 0, &ov_n_drop_rec, &d, 1);
	assert_true(at_end(&ca));
	put_text(&cb, status_request);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	answer(w, &q, 200, OV_CT_JSON, ov_view_str("{}"));
	assert_true(get(&cb, &buf));
	hang_up(&ca);
	hang_up(&cb);
	id_free(&a);
	id_free(&b);
}

/* Asked to stop: what is in flight is answered, then it ends. */
static void
test_drain(void **state)
{
	struct world *w = *state;
	struct id id = member();
	struct client c = enter(w, &id);
	struct ov_n_request q;
	OV_BUF b = {0};

	put_text(&c, status_request);
	(void)expect(w, OV_N_REQUEST, &ov_n_request_rec, &q);
	assert_int_equal(kill(w->pid, SIGTERM), 0);
	(void)usleep(100000);
	answer(w, &q, 200, OV_CT_JSON, ov_view_str("{}"));
	assert_true(get(&c, &b));
	assert_non_null(strstr(ov_buf_text(&b), "\r\nConnection: close\r\n"));
	assert_true(at_end(&c));
	hang_up(&c);
	id_free(&id);
}

/* A packet that is none of store's ends the role, and it says so. */
static void
test_bad_packet(void **state)
{
	struct ov_v_rc rc = {0};
	struct world w;

	(void)state;
	world_up(&w);
	say(&w, OV_V_KEK, 0, &ov_v_rc_rec, &rc, 1);
	assert_int_equal(world_down(&w), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_request_and_answer, up, down),
	    cmocka_unit_test_setup_teardown(test_bodies, up, down),
	    cmocka_unit_test_setup_teardown(test_store_is_behind, up, down),
	    cmocka_unit_test_setup_teardown(test_room, up, down),
	    cmocka_unit_test_setup_teardown(test_pipelining, up, down),
	    cmocka_unit_test_setup_teardown(test_stranger, up, down),
	    cmocka_unit_test_setup_teardown(test_refusals, up, down),
	    cmocka_unit_test_setup_teardown(test_413_is_heard, up, down),
	    cmocka_unit_test_setup_teardown(test_rate, up, down),
	    cmocka_unit_test_setup_teardown(test_handshakes_refused, up, down),
	    cmocka_unit_test_setup_teardown(test_peer_record, up, down),
	    cmocka_unit_test_setup_teardown(test_drop, up, down),
	    cmocka_unit_test_setup_teardown(test_drain, up, down),
	    cmocka_unit_test(test_bad_packet),
	};

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
