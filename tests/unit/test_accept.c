/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_accept.c - messages of a partner as packets into the real
 * store role with a real vault: what one of them may do to the others of its
 * batch, whose fault a failure is, and answers when net starts anew.
 */
#include "tests/unit/accept_fixture.h"

#define RECORDS 16 /* of a batch, at most, here */

/* The vault's next call of this type says rc for one of its records. */
static struct {
	uint16_t type; /* 0: none */
	uint32_t rc, which;
} trick;

static struct ov_buf content; /* of a valid overstapstatus */

union record {
	struct ov_v_rc rc;
	struct ov_v_text text;
	struct ov_v_sealed sealed;
	struct ov_v_sig sig;
	struct ov_v_receipted receipted;
};

static enum ov_rc
tricky_vault(void *ctx, struct ov_view req, struct ov_reply *r,
    struct ov_err *e)
{
	enum ov_rc rc = world_vault(ctx, req, r, e);
	const struct ov_rec *rec = trick.type == OV_V_SEAL   ? &ov_v_sealed_rec
	                           : trick.type == OV_V_HEAD ? &ov_v_sig_rec
	                           : trick.type == OV_V_RECEIPT
	                               ? &ov_v_receipted_rec
	                               : &ov_v_text_rec;
	union record a[RECORDS];
	struct ov_pkw o = {0};
	struct ov_pkr k;
	uint16_t type;
	uint64_t ref;

	assert_int_equal(ov_pk_peek(req, &type, &ref, NULL), OV_OK);
	if (rc != OV_OK || type != trick.type)
		return rc;
	trick.type = 0;
	assert_int_equal(ov_pkr_begin(&k, r->v, type | OV_PK_REPLY, rec, NULL),
	    OV_OK);
	assert_in_range(k.count, 1, RECORDS);
	ov_pkw_begin(&o, type | OV_PK_REPLY, ref, rec, k.count);
	for (uint32_t i = 0; i < k.count; i++) {
		assert_int_equal(ov_pkr_next(&k, &a[i], NULL), OV_OK);
		if (i == trick.which)
			a[i].rc.rc = trick.rc;
		ov_pkw_put(&o, &a[i]);
	}
	assert_int_equal(ov_pkw_end(&o, NULL), OV_OK);
	ov_buf_free(&r->buf);
	r->buf = o.b;
	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

/* A valid overstapstatus of the partner: what is zero in c is what it should
 * be. */
static void
message(struct ov_claims *c, struct ov_buf *jwe)
{
	c->has_pid = true;
	(void)snprintf(c->srt, sizeof(c->srt), "overstapstatus");
	message_of(c, (struct ov_view){content.p, content.n}, jwe);
}

static void
post(uint64_t conn, uint64_t stream, uint64_t seq, uint8_t pid)
{
	struct ov_claims c = {.seq = seq};
	struct ov_n_request r = {.conn = conn,
	    .stream = stream,
	    .route = OV_R_BERICHT};
	OV_BUF jwe = {0};

	memset(c.jti, (int)seq, sizeof(c.jti));
	memset(c.pid, pid, sizeof(c.pid));
	message(&c, &jwe);
	r.body = (struct ov_view){jwe.p, jwe.n};
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
}

/* ---- tests ---- */

/* A pid of 32 zero bytes is no pseudonym.  The vault refuses to derive from
 * it, which once cost every message of the batch its receipt. */
static void
test_zero_pid(void **state)
{
	(void)state;
	post(1, 1, 1, 9);
	post(1, 3, 2, 0);
	post(1, 5, 3, 9);
	world_turn(20);
	is(1, 201, "");
	is(3, 422, "inhoud-ongeldig");
	is(5, 201, "");
	assert_int_equal(stored(), 2);
}

/* What the vault does not seal is one message's trouble, and ours: it comes
 * again. */
static void
test_not_sealed(void **state)
{
	static const enum ov_rc rcs[] = {OV_AGAIN, OV_NOSPACE, OV_BADMSG,
	    OV_SYS};
	uint64_t seq = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(rcs) / sizeof(rcs[0]); i++, seq += 3) {
		ngot = 0;
		trick.type = OV_V_SEAL;
		trick.rc = rcs[i];
		trick.which = (uint32_t)(i % 3);
		for (uint64_t k = 0; k < 3; k++)
			post(1, k, seq + k, 9);
		world_turn(20);
		assert_int_equal(trick.type, 0);
		for (uint64_t k = 0; k < 3; k++) {
			if (k == i % 3)
				is(k, 503, "tijdelijk-niet-beschikbaar");
			else
				is(k, 201, "");
		}
		post(1, 7, seq + i % 3, 9); /* and again: now it is taken */
		world_turn(20);
		is(7, 201, "");
	}
	assert_int_equal(stored(), 12);
}

/* Nothing is left of a batch of one: no empty transaction, no receipt. */
static void
test_none_sealed(void **state)
{
	(void)state;
	trick.type = OV_V_SEAL;
	trick.rc = OV_AGAIN;
	post(1, 1, 1, 9);
	world_turn(20);
	is(1, 503, "tijdelijk-niet-beschikbaar");
	assert_int_equal(stored(), 0);
}

/* What does not open is the sender's fault only where the tag says so. */
static void
test_not_opened(void **state)
{
	static const struct {
		enum ov_rc rc;
		uint16_t status;
		const char *code;
	} t[] = {{OV_BADSIG, 400, "bericht-ongeldig"},
	    {OV_AGAIN, 503, "tijdelijk-niet-beschikbaar"},
	    {OV_NOSPACE, 503, "tijdelijk-niet-beschikbaar"},
	    {OV_SYS, 503, "tijdelijk-niet-beschikbaar"}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ngot = 0;
		trick.type = OV_V_OPEN;
		trick.rc = t[i].rc;
		trick.which = 0;
		post(1, 1, 2 * i + 1, 9);
		post(1, 3, 2 * i + 2, 9);
		world_turn(20);
		is(1, t[i].status, t[i].code);
		is(3, 201, "");
	}
}

/* net died with a request in our queue.  The next one numbers its connections
 * from 1 as well: nobody there may get the old one's answer. */
static void
test_net_anew(void **state)
{
	(void)state;
	post(1, 1, 1, 9);
	ov_store_net_down(w.st);
	ov_store_net_up(w.st);
	connected(1);
	world_turn(20);
	assert_int_equal(ngot, 0);
	assert_int_equal(stored(), 0);
	post(1, 1, 1, 9); /* the sender's repetition */
	world_turn(20);
	is(1, 201, "");
	assert_int_equal(ngot, 1);
}

/* A connection that was never announced, or whose certificate is not what the
 * book wants of this member. */
static void
test_unknown(void **state)
{
	struct ov_n_peer p = {.conn = 2, .roots = 1, .nbf = 1, .naf = 2};

	(void)state;
	post(9, 1, 1, 9);
	is(1, 403, "partij-onbekend");
	connected(2);
	memcpy(p.spki, w.st->boek->lid[1].client[0], 32);
	memcpy(p.serial, PEER, 20);
	packet(OV_N_PEER, &ov_n_peer_rec, &p); /* expired */
	post(2, 3, 1, 9);
	is(3, 403, "partij-onbekend");
	p.naf = (uint64_t)ov_now(w.st) + 60;
	p.roots = 0; /* no chain to the region's CA */
	packet(OV_N_PEER, &ov_n_peer_rec, &p);
	post(2, 5, 1, 9);
	is(5, 403, "partij-onbekend");
	p.roots = 1;
	p.serial[19] = '9'; /* in another's name */
	packet(OV_N_PEER, &ov_n_peer_rec, &p);
	post(2, 7, 1, 9);
	is(7, 403, "partij-onbekend");
	world_turn(20);
	assert_int_equal(stored(), 0);
}

/* Log or deny: without a signed head or a receipt nothing is stored, nobody is
 * told that it was, and the next attempt is as if it were the first. */
static void
rule_15_log_or_deny(void **state)
{
	static const uint16_t calls[] = {OV_V_HEAD, OV_V_RECEIPT};
	uint64_t size;

	(void)state;
	post(1, 1, 1, 9);
	world_turn(20);
	is(1, 201, "");
	size = w.st->log.was.size;
	for (size_t i = 0; i < 2; i++) {
		ngot = 0;
		trick.type = calls[i];
		trick.rc = OV_SYS;
		trick.which = 0;
		post(1, 1, 2, 9);
		post(1, 3, 3, 9);
		world_turn(20);
		is(1, 503, "log-niet-beschikbaar");
		is(3, 503, "log-niet-beschikbaar");
		assert_int_equal(stored(), 1);
		assert_int_equal(w.st->log.was.size, size);
		w.fatal = false; /* a head refused is damage: it stops */
	}
	ngot = 0;
	post(1, 1, 2, 9);
	post(1, 3, 3, 9);
	world_turn(20);
	is(1, 201, "");
	is(3, 201, "");
	assert_int_equal(w.st->log.was.size, size + 2);
	w.st->stop_signing = true;
	post(1, 5, 4, 9);
	world_turn(20);
	is(5, 503, "log-niet-beschikbaar");
	assert_int_equal(stored(), 3);
	w.st->stop_signing = false;
}

static void
get_receipt(uint64_t stream, uint64_t seq)
{
	struct ov_n_request r = {.conn = 1,
	    .stream = stream,
	    .route = OV_R_ONTVANGSTBEWIJS};

	memset(r.jti, (int)seq, sizeof(r.jti));
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
}

/* A receipt goes with its record: 410 from then on, and 409 for other content
 * under that id. */
static void
rule_14_same_message_again(void **state)
{
	struct ov_claims c = {.seq = 1};
	struct ov_n_request r = {.conn = 1, .stream = 1, .route = OV_R_BERICHT};
	OV_BUF jwe = {0};

	(void)state;
	memset(c.jti, 1, sizeof(c.jti));
	memset(c.pid, 9, sizeof(c.pid));
	message(&c, &jwe);
	r.body = (struct ov_view){jwe.p, jwe.n};
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
	world_turn(20);
	is(1, 201, "");
	get_receipt(3, 1);
	is(3, 200, "");
	r.stream = 13;
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
	world_turn(20);
	is(13, 200, "");
	for (size_t i = 1; i < 3; i++) /* the same stored bytes */
		assert_memory_equal(got[i].body, got[0].body, 32);
	assert_int_equal(stored(), 1);
	get_receipt(5, 2);
	is(5, 404, "bericht-onbekend");
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE bericht SET bewijs=NULL", ""),
	    OV_OK);
	r.stream = 7;
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
	get_receipt(9, 1);
	post(1, 11, 1, 8);
	world_turn(20);
	is(7, 410, "vernietigd");
	is(9, 410, "vernietigd");
	is(11, 409, "jti-hergebruikt");
	assert_int_equal(stored(), 1);
}

/* Which epochs a message may be of: those in use and those running out. */
static void
test_epochs(void **state)
{
	static const struct {
		enum ov_epoch_status status;
		uint16_t http;
		const char *code;
	} t[] = {{OV_EPOCH_AANGEKONDIGD, 409, "epoch-gesloten"},
	    {OV_EPOCH_VERNIETIGD, 409, "epoch-gesloten"},
	    {OV_EPOCH_UITLOPEND, 201, ""}, {OV_EPOCH_ACTIEF, 201, ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ngot = 0;
		w.st->boek->epoch[0].status = t[i].status;
		post(1, 1, i + 1, 9);
		world_turn(20);
		is(1, t[i].http, t[i].code);
	}
}

/* ---- a book by POST ---- */

/* The book in force with one member changed (taken), signed by its one
 * administrator or by nobody. */
static void
book(int64_t versie, bool follows, const char *name, json_t *value, bool sign,
    uint64_t stream)
{
	const struct ov_adresboek *k = w.st->boek;
	struct ov_n_request r = {.conn = 1,
	    .stream = stream,
	    .route = OV_R_ADRESBOEK_NIEUW};
	uint8_t pk[32], sk[64], sig[64], seed[32] = {0xd0};
	char prev[OV_B64_SIZE(32)];
	OV_BUF note = {0};
	json_t *j = json_loadb((const char *)k->text.p, k->text.n, 0, NULL);
	struct ov_vkey v = k->beheer[0];

	assert_non_null(j);
	assert_int_equal(crypto_sign_seed_keypair(pk, sk, seed), 0);
	(void)ov_b64_enc(prev, follows ? k->sha256 : pk, 32);
	assert_int_equal(json_object_set_new(j, "versie", json_integer(versie)),
	    0);
	assert_int_equal(json_object_set_new(j, "vorige", json_string(prev)),
	    0);
	if (name != NULL)
		assert_int_equal(json_object_set_new(j, name, value), 0);
	ov_json_dump(&note, j);
	json_decref(j);
	ov_buf_str(&note, "\n");
	assert_int_equal(crypto_sign_detached(sig, NULL, note.p, note.n, sk),
	    0);
	ov_buf_str(&note, "\n");
	if (!sign) /* by a key that nobody knows */
		v.name[0] = 'x';
	ov_note_line(&note, &v, sig, sizeof(sig));
	r.body = (struct ov_view){note.p, note.n};
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
}

static void
test_book(void **state)
{
	int64_t n;

	(void)state;
	book(3, true, NULL, NULL, true, 1);
	is(1, 409, "adresboek-niet-aansluitend");
	book(2, false, NULL, NULL, true, 3); /* upon another than ours */
	is(3, 409, "adresboek-niet-aansluitend");
	book(1, true, NULL, NULL, true, 5); /* a second of this number */
	is(5, 409, "adresboek-niet-aansluitend");
	assert_int_equal(ov_db_int(w.st->db, &n, 0, NULL,
	                     "SELECT aantal FROM melding WHERE"
	                     " soort='adresboek-splitsing'",
	                     ""),
	    OV_OK);
	assert_int_equal(n, 2);
	book(2, true, NULL, NULL, false, 7);
	is(7, 422, "adresboek-ongeldig");
	book(2, true, "regio", json_string("elders"), true, 9);
	is(9, 422, "adresboek-ongeldig");
	book(2, true, "drempel", json_integer(0), true, 11);
	is(11, 422, "adresboek-ongeldig");
	book(2, true, "uitgegeven", json_string("2099-01-01T00:00:00Z"), true,
	    13);
	is(13, 422, "adresboek-ongeldig");
	assert_int_equal(w.st->boek->versie, 1);
	book(2, true, NULL, NULL, true, 15);
	is(15, 204, "");
	assert_int_equal(w.st->boek->versie, 2);
	book(1, true, NULL, NULL, true, 17);
	is(17, 409, "adresboek-niet-aansluitend");
}

/* An encryption key that does not open any more does not keep the role down:
 * there is a new one, and senders are told. */
static void
test_rotten_key(void **state)
{
	struct ov_claims c = {.seq = 1};
	struct ov_n_request r = {.conn = 1, .stream = 1, .route = OV_R_BERICHT};
	OV_BUF jwe = {0};

	(void)state;
	memset(c.jti, 1, sizeof(c.jti));
	memset(c.pid, 9, sizeof(c.pid));
	message(&c, &jwe); /* for the old key */
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE sleutel_naam SET wrap=zeroblob(73),"
	                     "nummer=nummer-60 WHERE soort=?1",
	                     "i", (int64_t)OV_KEY_ENC),
	    OV_OK);
	ov_store_net_down(w.st);
	world_stop();
	world_start();
	w.st->env.net = answer_net;
	world_book();
	ov_store_net_up(w.st);
	connected(1);
	r.body = (struct ov_view){jwe.p, jwe.n};
	packet(OV_N_REQUEST, &ov_n_request_rec, &r);
	post(1, 3, 1, 9);
	world_turn(20);
	is(1, 409, "sleutel-onbekend");
	is(3, 201, "");
}

static void
role_of(const char *oin, enum ov_rol r)
{
	for (size_t i = 0; i < w.st->boek->nlid; i++)
		if (strcmp(w.st->boek->lid[i].oin.s, oin) == 0)
			w.st->boek->lid[i].rol = OV_ROL_BIT(r);
}

/* A status names nobody: a municipality stores it as about nobody known, and
 * open; a school that is left, as received. */
static void
test_first_state(void **state)
{
	static const struct {
		enum ov_rol rol;
		const char *naam, *leeftijd, *stand;
	} t[] = {{OV_ROL_VO, "vo", "tot-18", "ONTVANGEN"},
	    {OV_ROL_LEERPLICHT, "leerplicht", "tot-18", "ONBEKEND"},
	    {OV_ROL_DOORSTROOMPUNT, "doorstroompunt", "18-tot-23", "ONBEKEND"}};
	json_t *j = json_loadb((const char *)content.p, content.n, 0, NULL);
	int64_t n;

	(void)state;
	role_of(PEER, OV_ROL_MBO);
	assert_int_equal(json_object_del(j, "aanmeldingId"), 0);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_claims c = {.seq = i + 1, .has_pid = true};
		OV_BUF text = {0};

		role_of(SELF, t[i].rol);
		(void)json_object_set_new(j, "leeftijdsgroep",
		    json_string(t[i].leeftijd));
		ov_json_dump(&text, j);
		(void)snprintf(c.srt, sizeof(c.srt), "overstapstatus");
		memset(c.jti, (int)i + 1, sizeof(c.jti));
		memset(c.pid, 7, sizeof(c.pid));
		post_claims(1, i + 1, &c, (struct ov_view){text.p, text.n});
		world_turn(10);
		is(i + 1, 201, "");
		assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL,
		                     "SELECT count(*) FROM bericht WHERE rol=?1"
		                     " AND stand=?2 AND gesloten=0 AND srt="
		                     "'overstapstatus'",
		                     "tt", t[i].naam, t[i].stand),
		    OV_OK);
		assert_int_equal(n, 1);
	}
	json_decref(j);
}

static int
up(void **state)
{
	int r = world_up(state); /* and jansson's memory is ours */
	json_t *j = json_load_file(OV_TEST_DATA "/status.json", 0, NULL);

	assert_non_null(j);
	assert_int_equal(json_object_del(j, "vervangt"), 0);
	ov_json_dump(&content, j);
	json_decref(j);
	memset(got, 0, sizeof(got));
	memset(&trick, 0, sizeof(trick));
	ngot = 0;
	w.st->env.net = answer_net;
	w.st->env.vault = tricky_vault;
	world_book();
	ov_store_net_up(w.st);
	connected(1);
	return r;
}

static int
down(void **state)
{
	ov_store_net_down(w.st);
	ov_buf_free(&content);
	return world_down(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_zero_pid), T(test_not_sealed),
	    T(test_none_sealed), T(test_not_opened), T(test_net_anew),
	    T(test_unknown), T(rule_15_log_or_deny),
	    T(rule_14_same_message_again), T(test_epochs), T(test_book),
	    T(test_rotten_key), T(test_first_state)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
