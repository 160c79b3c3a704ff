/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_holder_ctl.c - holder.publish and holder.test over the
 * control socket: a real holder behind the role, and a net that answers for
 * the other one as its listener would.
 */
#include "tests/unit/store_world.h"

#include "daemon/houder/houder.h"
#include "protocol/envelope.h"
#include "protocol/kaart.h"
#include "protocol/manifest.h"

static struct {
	struct ov_houder_keys *keys;
	struct ov_debits *debits;
	struct ov_houder *h;
	struct ov_book_manifest manifest[2];
	bool wrong, silent; /* the other holder: another text, none */
	uint64_t ref;
	unsigned asked;
	uint8_t digest[32]; /* what was asked for */
} H;

static const char partner_jws[] = "eyJ0eXAiOiJ4In0.e30.AAAA";

static enum ov_rc
houder(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	struct ov_now now = {ov_now(w.st), ov_loop_now_ms(w.loop)};
	enum ov_rc rc;

	(void)ctx;
	rc = ov_houder_call(H.h, req, now, &r->buf, e);
	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

static void
answer(struct ov_loop *loop, void *arg)
{
	struct ov_n_result r = {.status = 200, .ctype = OV_CT_JOSE};
	struct ov_pkw pw = {0};

	(void)loop;
	(void)arg;
	r.body = ov_view_str(H.wrong ? "something else" : partner_jws);
	if (H.silent)
		r = (struct ov_n_result){.fault = ov_view_str("refused")};
	ov_pkw_begin(&pw, OV_N_RESULT, H.ref, &ov_n_result_rec, 1);
	ov_pkw_put(&pw, &r);
	assert_int_equal(ov_pkw_end(&pw, NULL), OV_OK);
	assert_int_equal(ov_store_net_packet(w.st,
	                     (struct ov_view){pw.b.p, pw.b.n}, NULL),
	    OV_OK);
	ov_buf_free(&pw.b);
}

/* The manifest is asked for as our own listener takes it; others fail. */
static enum ov_rc
net(void *ctx, const void *p, size_t n, struct ov_err *e)
{
	struct ov_route_par par;
	struct ov_n_fetch f;
	struct ov_pkr k;
	uint16_t type;

	(void)ctx;
	assert_int_equal(ov_pk_peek((struct ov_view){p, n}, &type, &H.ref, e),
	    OV_OK);
	if (type != OV_N_FETCH)
		return OV_OK;
	assert_int_equal(ov_pkr_begin(&k, (struct ov_view){p, n}, type,
	                     &ov_n_fetch_rec, e),
	    OV_OK);
	assert_int_equal(ov_pkr_next(&k, &f, e), OV_OK);
	if (f.path.n < 18 || memcmp(f.path.p, "/v1/oprf/sleutels/", 18) != 0)
		return ov_fail(e, OV_AGAIN, "not now");
	assert_int_equal(ov_route_find(ov_view_str("GET"), f.path, &par),
	    OV_FOUT_GEEN);
	assert_int_equal(par.route, OV_R_OPRF_SLEUTELS);
	assert_int_equal(par.num1, 1);
	assert_true(par.has & OV_HAS_DIGEST);
	memcpy(H.digest, par.digest, 32);
	H.asked++;
	return ov_loop_defer(w.loop, answer, &H, e);
}

static int
up(void **state)
{
	struct ov_houder_conf conf = {1000, 1000, 100, 100};
	struct ov_secret32 seed;
	int rc = world_up(state);

	memset(&H, 0, sizeof(H));
	memset(&seed, 0x11, sizeof(seed));
	assert_int_equal(ov_houder_keys_new("voorbeeld", &H.keys, NULL), OV_OK);
	assert_int_equal(ov_houder_keys_seed(H.keys, 1, 1, &seed, NULL), OV_OK);
	assert_int_equal(ov_debits_open(w.dir, &H.debits, NULL), OV_OK);
	assert_int_equal(ov_houder_new(&conf, H.keys, H.debits, &H.h, NULL),
	    OV_OK);
	w.st->env.net = net;
	return rc;
}

static int
down(void **state)
{
	int rc = world_down(state);

	ov_houder_free(H.h);
	ov_debits_close(H.debits);
	ov_houder_keys_free(H.keys);
	return rc;
}

static json_t *
publish(json_t *cards)
{
	return ask("holder.publish",
	    json_pack("{s:i,s:o}", "ep", 1, "kaarten",
	        cards != NULL ? cards : json_array()),
	    NULL, NULL);
}

static const char *
member(const json_t *j, const char *name)
{
	const char *s = json_string_value(
	    json_object_get(json_object_get(j, "end"), name));

	assert_non_null(s);
	return s;
}

/* Signed by us, with the key of this domain in it. */
static void
manifest_has(const char *jws, const char *domain)
{
	struct ov_houder_name name = {.ep = 1, .share = 1};
	struct ov_manifest m = {0};
	struct ov_oin oin;
	struct ov_jws s;
	uint8_t pk[32];
	OV_BUF payload = {0};

	assert_int_equal(ov_jws_split(jws, strlen(jws), NULL, &s, &payload,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_jws_verify(&s, w.st->keys.id_pk, NULL), OV_OK);
	assert_int_equal(ov_manifest_parse(payload.p, payload.n, &m, NULL),
	    OV_OK);
	assert_string_equal(m.houder.s, SELF);
	assert_int_equal(m.ep, 1);
	memcpy(name.domain, domain, 20);
	assert_int_equal(ov_oin_parse(ov_view_str(domain), &oin), OV_OK);
	assert_int_equal(ov_houder_keys_public(H.keys, &name, pk, NULL), OV_OK);
	assert_non_null(ov_manifest_pk(&m, &oin, 1));
	assert_memory_equal(ov_manifest_pk(&m, &oin, 1), pk, 32);
	assert_null(ov_manifest_pk(&m, &oin, 2)); /* no seed of that share */
	ov_manifest_free(&m);
}

static int64_t
db_int(const char *sql)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL, sql, ""), OV_OK);
	return n;
}

/* A card of an organisation that is not in the book yet. */
static json_t *
card(const char *oin)
{
	struct ov_kaart k = {.regio = "voorbeeld",
	    .logdomein = "overstap.example"};
	char name[OV_NOTE_NAME_MAX + 1];
	uint8_t sk[64], log_sk[64], seed[32] = {0x77}, sig[64];
	struct ov_vkey v;
	OV_BUF b = {0};

	assert_int_equal(ov_oin_parse(ov_view_str(oin), &k.lid.oin), OV_OK);
	k.lid.naam = "Nieuwe school";
	k.lid.rol = OV_ROL_BIT(OV_ROL_MBO);
	k.lid.url = "https://nieuw.overstap.example";
	assert_int_equal(crypto_sign_seed_keypair(k.lid.id, sk, seed), 0);
	seed[1] = 1;
	assert_int_equal(crypto_sign_seed_keypair(k.lid.log, log_sk, seed), 0);
	seed[1] = 2;
	assert_int_equal(crypto_sign_seed_keypair(k.lid.getuige, log_sk, seed),
	    0);
	k.lid.nserver = k.lid.nclient = 1;
	memset(k.lid.server[0], 5, 32);
	memset(k.lid.client[0], 6, 32);
	assert_int_equal(ov_kaart_compose(&b, &k, NULL), OV_OK);
	assert_int_equal(ov_kaart_key_name(name, k.logdomein, k.regio,
	                     &k.lid.oin, NULL),
	    OV_OK);
	assert_int_equal(ov_vkey_make(&v, name, OV_VKEY_ED25519, k.lid.id,
	                     NULL),
	    OV_OK);
	assert_int_equal(crypto_sign_detached(sig, NULL, b.p, b.n, sk), 0);
	ov_buf_str(&b, "\n");
	ov_note_line(&b, &v, sig, sizeof(sig));
	return json_string(ov_buf_text(&b));
}

static void
publishing(void **state)
{
	uint8_t sha[32];
	char hex[65];
	uint64_t leaves;
	json_t *j;

	(void)state;
	refused(publish(NULL), "geen-houder");
	w.st->env.houder = houder;
	refused(publish(json_pack("[s]", "no card")), "kaart-ontbreekt");
	assert_int_equal(db_int("SELECT count(*) FROM manifest"), 0);

	/* Before there is a book: with the cards of who will be in it. */
	leaves = w.st->log.was.size;
	j = publish(json_pack("[o]", card("00000099000000003000")));
	manifest_has(member(j, "jws"), SELF);
	manifest_has(member(j, "jws"), "00000099000000003000");
	assert_int_equal(ov_sha256(sha, member(j, "jws"),
	                     strlen(member(j, "jws"))),
	    OV_OK);
	ov_hex_enc(hex, sha, 32);
	assert_string_equal(member(j, "sha256"), hex);
	json_decref(j);
	assert_int_equal(w.st->log.was.size, leaves + 1);

	/* The members of the book; the first one is kept, as replaced. */
	world_book();
	j = publish(NULL);
	manifest_has(member(j, "jws"), SELF);
	manifest_has(member(j, "jws"), PEER);
	json_decref(j);
	assert_int_equal(db_int("SELECT count(*) FROM manifest WHERE"
	                        " vervangen=0"),
	    1);
	assert_int_equal(db_int("SELECT count(*) FROM manifest WHERE"
	                        " vervangen>0"),
	    1);
	refused(ask("holder.publish",
	            json_pack("{s:i,s:[]}", "ep", 2, "kaarten"), NULL, NULL),
	    "kan-niet");
}

/* holder.test; good as a whole, and the row of share 2, which is PEER's. */
static void
tested(bool all, bool theirs)
{
	json_t *rows = json_array(), *j = ask("holder.test", NULL, NULL, rows);
	const json_t *r,
	    *goed = json_object_get(json_object_get(j, "end"), "goed");
	bool seen = false;

	assert_true(json_is_boolean(goed));
	assert_int_equal(json_is_true(goed), all);
	assert_int_equal(json_array_size(rows), 2);
	for (size_t i = 0; i < 2; i++) {
		r = json_array_get(rows, i);
		if (json_integer_value(json_object_get(r, "deel")) != 2)
			continue;
		seen = true;
		assert_string_equal(json_string_value(
		                        json_object_get(r, "houder")),
		    "Beroepscollege");
		assert_int_equal(json_is_true(json_object_get(r, "goed")),
		    theirs);
	}
	assert_true(seen);
	json_decref(rows);
	json_decref(j);
}

static void
testing(void **state)
{
	struct ov_book_epoch *ep;

	(void)state;
	refused(ask("holder.test", NULL, NULL, NULL), "adresboek-ontbreekt");
	w.st->env.houder = houder;
	world_book();
	tested(false, false); /* the book names no manifest */
	assert_int_equal(H.asked, 0);

	ep = w.st->boek->epoch;
	assert_int_equal(ov_oin_parse(ov_view_str(SELF), &H.manifest[0].houder),
	    OV_OK);
	assert_int_equal(ov_oin_parse(ov_view_str(PEER), &H.manifest[1].houder),
	    OV_OK);
	assert_int_equal(ov_sha256(H.manifest[1].sha256, partner_jws,
	                     strlen(partner_jws)),
	    OV_OK);
	ep->manifest = H.manifest;
	ep->nmanifest = 2;
	tested(false, false); /* net is not there */
	assert_int_equal(H.asked, 0);

	ov_store_net_up(w.st);
	tested(true, true);
	assert_int_equal(H.asked, 1);
	assert_memory_equal(H.digest, H.manifest[1].sha256, 32);
	H.wrong = true;
	tested(false, false);
	assert_int_equal(H.asked, 2);
	H.wrong = false;
	H.silent = true;
	tested(false, false);
	assert_int_equal(H.asked, 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(publishing), T(testing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
