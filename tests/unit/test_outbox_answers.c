/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_outbox_answers.c - what the outbox does with every answer a
 * partner can give, with receipts, and with rows that cannot be read.
 */
#include "tests/unit/outbox_fixture.h"

/* ---- answers ---- */

/* Every code of the wire, for a message under way and for one that expired
 * meanwhile. */
static void
test_codes(void **state)
{
	int64_t nr, now;
	size_t k;

	(void)state;
	for (int f = OV_FOUT_GEEN + 1; f < (int)OV_FOUT_N; f++) {
		enum ov_after after = ov_fout_after(ov_fout_status(
		                                        (enum ov_fout)f),
		    (enum ov_fout)f);
		const char *code = ov_fout_code((enum ov_fout)f);

		if (after == OV_AFTER_NEW_BUNDLE || after == OV_AFTER_NEW_SEQ)
			continue; /* below */
		for (int late = 0; late < 2; late++) {
			k = W.nsent = 0;
			nr = under_way();
			if (late)
				force(nr, "VERLOPEN");
			now = ov_now(W.st);
			land_code(k, (enum ov_fout)f, "");
			judge();
			if (after == OV_AFTER_DELIVERED)
				is(nr, "AFGELEVERD", code);
			else if (late)
				is(nr, "VERLOPEN", "");
			else if (after == OV_AFTER_REFUSED) {
				is(nr, "GEWEIGERD", code);
				/* declared void in the reconciliation */
				assert_int_equal(ask("SELECT seq_vrij FROM"
				                     " uitgaand WHERE nr=?1",
				                     nr),
				    1);
			} else {
				is(nr, "ONDERWEG", code);
				assert_in_range(due(nr), now + 1,
				    now + OV_RETRY_MIN + 2);
			}
			assert_int_equal(ask("SELECT jwe IS NULL FROM uitgaand"
			                     " WHERE nr=?1",
			                     nr),
			    !late && after == OV_AFTER_AGAIN      ? 0
			    : late && after != OV_AFTER_DELIVERED ? 0
			                                          : 1);
			force(nr, "GEWEIGERD");
		}
	}
}

/* Answers that are no code: the status decides. */
static void
test_statuses(void **state)
{
	static const struct {
		uint16_t status;
		const char *stand, *fout;
	} t[] = {{0, "ONDERWEG", "geen-antwoord"},
	    {200, "ONDERWEG", "ontvangstbewijs-ongeldig"},
	    {201, "ONDERWEG", "ontvangstbewijs-ongeldig"},
	    {400, "GEWEIGERD", "onbekend-antwoord"},
	    {408, "ONDERWEG", "onbekend-antwoord"},
	    {410, "AFGELEVERD", "vernietigd"},
	    {418, "ONDERWEG", "onbekend-antwoord"},
	    {422, "GEWEIGERD", "onbekend-antwoord"},
	    {500, "ONDERWEG", "onbekend-antwoord"},
	    {599, "ONDERWEG", "onbekend-antwoord"}};
	static const char *const bodies[] = {"", "{", "[1]", "{\"type\":7}",
	    "{\"type\":\"urn:overstap:fout:\"}",
	    "{\"type\":\"urn:overstap:fout:bestaat-niet\"}"};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		for (size_t k = 0; k < COUNT(bodies); k++) {
			int64_t nr;

			W.nsent = 0;
			nr = under_way();
			land(0, t[i].status, ov_view_str(bodies[k]));
			judge();
			is(nr, t[i].stand, t[i].fout);
			force(nr, "GEWEIGERD");
			assert_int_equal(ov_db_run(W.st->db, NULL,
			                     "UPDATE partner SET fouten=0", ""),
			    OV_OK);
		}
	}
}

static void
test_retry_after(void **state)
{
	struct ov_n_result r = {.status = 429, .retry = 7200};
	struct ov_pkw w = {0};
	int64_t nr = under_way();

	(void)state;
	ov_pkw_begin(&w, OV_N_RESULT, W.sent[0].ref, &ov_n_result_rec, 1);
	ov_pkw_put(&w, &r);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	assert_int_equal(ov_store_net_packet(W.st,
	                     (struct ov_view){w.b.p, w.b.n}, NULL),
	    OV_OK);
	ov_buf_free(&w.b);
	judge();
	assert_in_range(due(nr), ov_now(W.st) + 7198, ov_now(W.st) + 7200);
}

/* sleutel-onbekend: the same JWS for the newer key, its hash stored before it
 * is sent, and once only. */
static void
test_new_bundle(void **state)
{
	OV_BUF members = {0}, jws = {0};
	int64_t nr = under_way();

	(void)state;
	bundle(2, &jws);
	ov_buf_str(&members, "\"sleutels\":\"");
	ov_buf_add(&members, jws.p, jws.n);
	ov_buf_str(&members, "\"");
	land_code(0, OV_FOUT_SLEUTEL_ONBEKEND, ov_buf_text(&members));
	judge();
	is(nr, "ONDERWEG", "sleutel-onbekend");
	assert_int_equal(due(nr), 0);
	assert_int_equal(
	    ask("SELECT count(*) FROM uitgaand_jwe WHERE uitgaand=?1", nr), 2);
	assert_int_equal(send(0), OV_OK);
	assert_memory_not_equal(W.sent[0].sha, W.sent[1].sha, 32);
	land_code(1, OV_FOUT_SLEUTEL_ONBEKEND, ov_buf_text(&members));
	judge();
	assert_int_equal(
	    ask("SELECT count(*) FROM uitgaand_jwe WHERE uitgaand=?1", nr), 2);
	assert_true(due(nr) > ov_now(W.st));
}

/* A bundle of somebody else, or rubbish: as any failure. */
static void
test_bad_bundle(void **state)
{
	int64_t nr = under_way();

	(void)state;
	land_code(0, OV_FOUT_SLEUTEL_ONBEKEND, "\"sleutels\":\"a.b.c\"");
	judge();
	assert_true(due(nr) > ov_now(W.st));
	assert_int_equal(
	    ask("SELECT count(*) FROM uitgaand_jwe WHERE uitgaand=?1", nr), 1);
}

/* volgnummer-hergebruikt: a new id and a number above his highest, once: he
 * cannot make us sign (and log) for ever. */
static void
test_new_seq(void **state)
{
	int64_t nr = under_way(), leaves, now;
	char jti[64], later[64];

	(void)state;
	word("SELECT hex(jti) FROM uitgaand WHERE nr=?1", nr, jti);
	land_code(0, OV_FOUT_VOLGNUMMER_HERGEBRUIKT, "\"hoogste\":41");
	judge();
	is(nr, "OPGESTELD", "volgnummer-hergebruikt");
	word("SELECT hex(jti) FROM uitgaand WHERE nr=?1", nr, later);
	assert_string_not_equal(jti, later);
	assert_int_equal(make(0), OV_OK);
	assert_int_equal(ask("SELECT seq FROM uitgaand WHERE nr=?1", nr), 42);
	assert_int_equal(send(0), OV_OK);
	assert_int_equal(W.nsent, 2);
	leaves = ask("SELECT count(*) FROM blad WHERE ?1", 1);
	now = ov_now(W.st);
	land_code(1, OV_FOUT_VOLGNUMMER_HERGEBRUIKT, "\"hoogste\":99");
	judge();
	is(nr, "ONDERWEG", "volgnummer-hergebruikt");
	assert_in_range(due(nr), now + 1, now + 32);
	turns(2);
	assert_int_equal(W.nsent, 2);
	assert_int_equal(ask("SELECT count(*) FROM blad WHERE ?1", 1), leaves);
}

/* B's next bundle: with its link key of epoch 1 changed to this, or without. */
static enum ov_rc
bundle_links(uint64_t versie, const uint8_t *pk)
{
	OV_BUF payload = {0}, jws = {0};
	struct ov_bundle u = {.versie = versie,
	    .iat = ov_now(W.st),
	    .exp = ov_now(W.st) + 6 * 86400,
	    .nenc = 1,
	    .nlink = pk != NULL,
	    .oorsprong = 1,
	    .adresboek = 1};
	struct ov_v_keyed enc;

	u.iss = W.lid[0].oin;
	u.enc[0].nbf = u.iat - 1800 + (int64_t)versie;
	u.enc[0].exp = u.exp;
	assert_int_equal(key(W.b, OV_KEY_NEW, OV_KEY_ENC,
	                     (uint64_t)u.enc[0].nbf, 0, &enc),
	    OV_OK);
	memcpy(u.enc[0].x, enc.pk, 32);
	memcpy(u.enc[0].kid, enc.kid, 32);
	u.link[0].ep = 1;
	if (pk != NULL)
		memcpy(u.link[0].x, pk, 32);
	assert_int_equal(ov_bundle_compose(&payload, &u, NULL), OV_OK);
	sign(OV_ST_BUNDLE, &payload, &jws);
	return ov_bundel_take(W.st, &W.lid[0], (struct ov_view){jws.p, jws.n},
	    NULL);
}

/* Has our vault the link key?  OV_BADSIG: it went on to the pupil's record,
 * which is none. */
static enum ov_rc
link_ready(void)
{
	struct ov_v_pid q = {.mode = OV_PID_OUT,
	    .partner = (uint32_t)W.id[0],
	    .ep = 1};
	struct ov_v_pidded a;

	return ONE(W.a, OV_V_PID, pid, &q, pidded, &a);
}

/* A link key may be left out and not be changed, not even after that. */
static void
test_link_key_stands(void **state)
{
	static const uint8_t small[32] = {1};
	uint8_t pk[32];

	(void)state;
	memset(pk, 9, sizeof(pk));
	assert_int_equal(ask("SELECT count(*) FROM partner_link WHERE ep=?1",
	                     1),
	    1);
	assert_int_equal(bundle_links(2, NULL), OV_OK);
	assert_int_equal(bundle_links(3, pk), OV_DENIED);
	assert_int_equal(ask("SELECT count(*) FROM melding WHERE partner=?1"
	                     " AND soort='bundel-teruggedraaid'",
	                     W.id[0]),
	    1);
	assert_int_equal(ask("SELECT bundel_versie FROM partner WHERE id=?1",
	                     W.id[0]),
	    2);
	/* Once we have the epoch's key the vault is told those on file, and
	 * can make a pid; what it refuses is not kept, so that a good one may
	 * follow. */
	assert_int_equal(link_ready(), OV_AGAIN);
	assert_int_equal(ov_sleutels_ready(W.st, NULL), OV_OK);
	assert_int_equal(link_ready(), OV_BADSIG);
	assert_int_equal(ov_db_run(W.st->db, NULL, "DELETE FROM partner_link",
	                     ""),
	    OV_OK);
	assert_int_equal(bundle_links(4, small), OV_BADMSG);
	assert_int_equal(ask("SELECT count(*) FROM partner_link WHERE ep=?1",
	                     1),
	    0);
	assert_int_equal(bundle_links(5, pk), OV_OK);
}

/* A highest number that cannot be: we go on above our own, or nothing could be
 * numbered for this partner any more. */
static void
test_new_seq_absurd(void **state)
{
	static const char *const say[] = {"\"hoogste\":9007199254740991",
	    "\"hoogste\":1099511627777", "\"hoogste\":-1", "\"hoogste\":\"7\"",
	    ""};

	(void)state;
	for (size_t i = 0; i < COUNT(say); i++) {
		int64_t nr, seq;

		W.nsent = 0;
		nr = under_way();
		seq = ask("SELECT seq FROM uitgaand WHERE nr=?1", nr);
		land_code(0, OV_FOUT_VOLGNUMMER_HERGEBRUIKT, say[i]);
		judge();
		assert_int_equal(make(0), OV_OK);
		is(nr, "KLAAR", "volgnummer-hergebruikt");
		assert_int_equal(ask("SELECT seq FROM uitgaand WHERE nr=?1",
		                     nr),
		    seq + 1);
		force(nr, "GEWEIGERD");
	}
}

/* ---- receipts ---- */

static void
receipt(int64_t nr, const char *leaf, bool other, struct ov_buf *jws)
{
	OV_BUF payload = {0};
	struct ov_receipt r = {.iat = ov_now(W.st),
	    .blad = ov_view_str(leaf),
	    .bewijs = ov_view_str("nothing\n")};
	struct ov_v_receipt q = {.table = OV_T_BERICHT, .col = 2, .ver = 1};
	struct ov_v_receipted a;
	sqlite3_stmt *s;
	bool row;

	r.iss = W.lid[0].oin;
	r.aud = W.st->self;
	assert_int_equal(ov_db_q(W.st->db, &s, NULL,
	                     "SELECT jti,sha_jws,sha_jwe FROM uitgaand JOIN"
	                     " uitgaand_jwe ON uitgaand=nr WHERE nr=?1",
	                     "i", nr),
	    OV_OK);
	assert_int_equal(ov_db_next(W.st->db, s, &row, NULL), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_fix(s, 0, r.ref, 16, NULL), OV_OK);
	assert_int_equal(ov_db_fix(s, 1, r.sha256_jws, 32, NULL), OV_OK);
	assert_int_equal(ov_db_fix(s, 2, r.sha256_jwe, 32, NULL), OV_OK);
	ov_db_done(W.st->db, s);
	r.jti[0] = 1;
	r.sha256_jws[0] ^= other;
	assert_int_equal(ov_receipt_compose(&payload, &r, NULL), OV_OK);
	wrap_of(0x51, q.id, q.wrap);
	q.payload = (struct ov_view){payload.p, payload.n};
	assert_int_equal(ONE(W.b, OV_V_RECEIPT, receipt, &q, receipted, &a),
	    OV_OK);
	ov_buf_add(jws, a.jws.p, a.jws.n);
}

/* Signed by the right key over the right bytes: delivered, and where its leaf
 * is rubbish an alarm; it spoils nobody else's answer. */
static void
test_receipt_alarm(void **state)
{
	OV_BUF jws = {0};
	int64_t nr = under_way(), other = under_way();

	(void)state;
	receipt(nr, "rubbish\n", false, &jws);
	land(0, 201, (struct ov_view){jws.p, jws.n});
	land_code(1, OV_FOUT_VERNIETIGD, "");
	judge();
	is(nr, "AFGELEVERD", "bewijs-in-twijfel");
	is(other, "AFGELEVERD", "vernietigd");
	assert_int_equal(ask("SELECT bewijs IS NOT NULL AND jwe IS NULL FROM "
	                     "uitgaand"
	                     " WHERE nr=?1",
	                     nr),
	    1);
	assert_int_equal(ask("SELECT count(*) FROM melding WHERE"
	                     " soort='bewijs-in-twijfel' AND partner=?1",
	                     W.id[0]),
	    1);
	assert_int_equal(ask("SELECT count(*) FROM blad WHERE CAST(tekst AS "
	                     "TEXT) LIKE"
	                     " '%ontvangstbewijs%' AND ?1",
	                     1),
	    1);
}

static void
test_receipt_of_other_bytes(void **state)
{
	OV_BUF jws = {0};
	int64_t nr = under_way();

	(void)state;
	receipt(nr, "rubbish\n", true, &jws);
	land(0, 201, (struct ov_view){jws.p, jws.n});
	judge();
	is(nr, "ONDERWEG", "ontvangstbewijs-ongeldig");
	assert_int_equal(ask("SELECT bewijs IS NULL FROM uitgaand WHERE nr=?1",
	                     nr),
	    1);
}

/* ---- what cannot be read ---- */

static int64_t
aside(int64_t nr)
{
	return ask("SELECT count(*) FROM terzijde WHERE tabel='uitgaand' AND"
	           " record=?1",
	    nr);
}

static void
lose_key(int64_t nr)
{
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "DELETE FROM sleutel_jong WHERE id=(SELECT id"
	                     " FROM uitgaand WHERE nr=?1)",
	                     "i", nr),
	    OV_OK);
}

static void
spoil(int64_t nr, const char *sql)
{
	assert_int_equal(ov_db_run(W.st->db, NULL, sql, "i", nr), OV_OK);
}

/* Before signing: the key is gone, the content was changed. */
static void
test_unreadable_make(void **state)
{
	int64_t lost = submit(0), flipped = submit(0), good = submit(0);

	(void)state;
	lose_key(lost);
	spoil(flipped, "UPDATE uitgaand SET inhoud=zeroblob(60) WHERE nr=?1");
	for (int i = 0; i < 3; i++)
		assert_int_equal(make(0), OV_OK);
	is(lost, "GEWEIGERD", "onleesbaar");
	is(flipped, "GEWEIGERD", "onleesbaar");
	is(good, "KLAAR", "");
	assert_int_equal(aside(lost) + aside(flipped), 2);
	assert_int_equal(aside(good), 0);
}

static void
test_unreadable_send(void **state)
{
	int64_t lost = submit(0), flipped = submit(0), good = submit(0);

	(void)state;
	assert_int_equal(make(0), OV_OK);
	lose_key(lost);
	spoil(flipped, "UPDATE uitgaand SET jwe=zeroblob(60) WHERE nr=?1");
	assert_int_equal(send(0), OV_OK);
	is(lost, "GEWEIGERD", "onleesbaar");
	is(flipped, "GEWEIGERD", "onleesbaar");
	is(good, "ONDERWEG", "");
	assert_int_equal(W.nsent, 1);
	assert_int_equal(aside(lost) + aside(flipped), 2);
}

static void
test_unreadable_judge(void **state)
{
	int64_t lost, good;

	(void)state;
	lost = under_way();
	good = under_way();
	spoil(lost, "UPDATE uitgaand SET sha_jws=x'00' WHERE nr=?1");
	land_code(0, OV_FOUT_VERNIETIGD, "");
	land_code(1, OV_FOUT_VERNIETIGD, "");
	judge();
	is(lost, "GEWEIGERD", "onleesbaar");
	is(good, "AFGELEVERD", "vernietigd");
	assert_int_equal(aside(lost), 1);
}

/* The key rotted while it was under way: its receipt cannot be kept, and that
 * of the next message is. */
static void
test_unreadable_receipt(void **state)
{
	OV_BUF first = {0}, second = {0};
	int64_t rotten = under_way(), good = under_way();

	(void)state;
	receipt(rotten, "rubbish\n", false, &first);
	receipt(good, "rubbish\n", false, &second);
	spoil(rotten, "UPDATE sleutel_jong SET wrap=randomblob(length(wrap))"
	              " WHERE id=(SELECT id FROM uitgaand WHERE nr=?1)");
	land(0, 201, (struct ov_view){first.p, first.n});
	land(1, 201, (struct ov_view){second.p, second.n});
	judge();
	is(rotten, "GEWEIGERD", "onleesbaar");
	is(good, "AFGELEVERD", "bewijs-in-twijfel");
	assert_int_equal(aside(rotten), 1);
}

/* A partner for whom nothing can be done (the bundle on file is rubbish) does
 * not keep the next one waiting. */
static void
test_partners_apart(void **state)
{
	int64_t bad, good;

	(void)state;
	bad = submit(0);
	good = submit(1);
	assert_int_equal(ov_db_run(W.st->db, NULL,
	                     "UPDATE partner SET bundel='a.b.c' WHERE id=?1",
	                     "i", W.id[0]),
	    OV_OK);
	turns(3);
	is(bad, "OPGESTELD", "");
	is(good, "OPGESTELD", "");
	assert_true(W.nsent >= 1);
	assert_int_equal(W.sent[W.nsent - 1].partner, W.id[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {T(test_codes), T(test_statuses),
	    T(test_retry_after), T(test_new_bundle), T(test_bad_bundle),
	    T(test_new_seq), T(test_new_seq_absurd), T(test_link_key_stands),
	    T(test_receipt_alarm), T(test_receipt_of_other_bytes),
	    T(test_unreadable_make), T(test_unreadable_send),
	    T(test_unreadable_judge), T(test_unreadable_receipt),
	    T(test_partners_apart)};

	return cmocka_run_group_tests(tests, NULL, reply_free);
}
