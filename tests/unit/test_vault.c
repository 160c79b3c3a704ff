/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of crypto/vault.h: states, shapes, what is sealed at rest, and
 * pseudonyms.
 */
#include "tests/unit/vault_fixture.h"

/* ---- states and shapes --------------------------------------------- */

struct type {
	uint16_t type;
	const struct ov_rec *rec;
	bool early; /* before a generation is in use */
};

static const struct type types[] = {{OV_V_KEK, &ov_v_kek_rec, true},
    {OV_V_HEAD, &ov_v_head_rec, true}, {OV_V_COSIGN, &ov_v_cosign_rec, true},
    {OV_V_STATEMENT, &ov_v_statement_rec, true},
    {OV_V_OPEN, &ov_v_open_rec, false}, {OV_V_SEAL, &ov_v_seal_rec, false},
    {OV_V_RECEIPT, &ov_v_receipt_rec, false},
    {OV_V_READ, &ov_v_read_rec, false}, {OV_V_MAKE, &ov_v_make_rec, false},
    {OV_V_BLIND, &ov_v_blind_rec, false},
    {OV_V_FINISH, &ov_v_finish_rec, false}, {OV_V_PID, &ov_v_pid_rec, false},
    {OV_V_TAG, &ov_v_tag_rec, false}, {OV_V_REWRAP, &ov_v_rewrap_rec, false},
    {OV_V_LINK, &ov_v_link_rec, false}, {OV_V_KEY, &ov_v_key_rec, false}};

/* A packet of n zero records. */
static enum ov_rc
zeroes(struct ov_vault *v, uint16_t type, size_t size, uint32_t count, size_t n)
{
	OV_BUF b = {0};
	uint8_t *p;

	ov_wr_u16(&b, type);
	ov_wr_u16(&b, OV_PK_VERSION);
	ov_wr_u32(&b, count);
	ov_wr_u64(&b, 1);
	p = ov_buf_room(&b, n * size);
	assert_non_null(p);
	memset(p, 0, n * size);
	return ov_vault_call(v, (struct ov_view){b.p, b.n}, &reply, NULL);
}

/* Nothing but HELLO before HELLO, nothing with a record key before a
 * generation is in use, and never too many or too few records. */
static void
test_states_and_counts(void **state)
{
	struct ov_vault *v = fresh(B);
	struct ov_v_hello q = {A};
	struct ov_v_self self;
	const struct type *t;

	(void)state;
	for (t = types; t < types + sizeof(types) / sizeof(types[0]); t++)
		assert_int_equal(zeroes(v, t->type, t->rec->size, 1, 1),
		    OV_BADMSG);
	assert_int_equal(ONE(v, OV_V_HELLO, hello, &q, self, &self), OV_DENIED);
	assert_true(sodium_is_zero(self.id_pk, 32));
	assert_int_equal(zeroes(v, OV_V_HEAD, ov_v_head_rec.size, 1, 1),
	    OV_BADMSG);
	hello(v, B);
	for (t = types; t < types + sizeof(types) / sizeof(types[0]); t++)
		assert_int_equal(zeroes(v, t->type, t->rec->size, 1, 1),
		    t->early ? OV_OK : OV_BADMSG);
	ov_vault_free(v);
	v = ready(B);
	for (t = types; t < types + sizeof(types) / sizeof(types[0]); t++) {
		uint32_t max = t->rec->max;

		assert_int_equal(zeroes(v, t->type, t->rec->size, 1, 1), OV_OK);
		assert_int_equal(zeroes(v, t->type, t->rec->size, 0, 1),
		    OV_BADMSG);
		assert_int_equal(zeroes(v, t->type, t->rec->size, 2, 1),
		    OV_BADMSG);
		assert_int_equal(zeroes(v, t->type, t->rec->size, max + 1,
		                     max + 1u),
		    OV_BADMSG);
	}
	assert_int_equal(zeroes(v, 0x0212, 4, 1, 1), OV_BADMSG);
	assert_int_equal(zeroes(v, OV_V_SEAL | OV_PK_REPLY, 300, 1, 1),
	    OV_BADMSG);
	assert_int_equal(zeroes(v, OV_H_KEYS, 300, 1, 1), OV_BADMSG);
	ov_vault_free(v);
}

/* Every prefix of a packet is refused, and has had no effect: the blind of
 * its first record is not there. */
static void
test_every_prefix_is_refused(void **state)
{
	struct ov_vault *v = ready(B);
	struct ov_v_blind q[2] = {{0, "123456782"}, {1, "101222331"}};
	struct ov_v_finish f = {.slot = 0, .shares = 1};
	struct ov_v_finished a;
	struct ov_pkw w = {0};

	(void)state;
	ov_pkw_begin(&w, OV_V_BLIND, 1, &ov_v_blind_rec, 2);
	ov_pkw_put(&w, &q[0]);
	ov_pkw_put(&w, &q[1]);
	assert_int_equal(ov_pkw_end(&w, NULL), OV_OK);
	for (size_t n = 0; n < w.b.n; n++) {
		struct ov_err e = {0};

		assert_int_equal(ov_vault_call(v, (struct ov_view){w.b.p, n},
		                     &reply, &e),
		    OV_BADMSG);
		assert_int_not_equal(e.msg[0], '\0');
	}
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &a),
	    OV_AGAIN);
	ov_buf_free(&w.b);
	ov_vault_free(v);
}

/* ---- at rest ------------------------------------------------------- */

static const char wrap_a3[] =
    "01a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a22a44dca7a0caf05c5c677325"
    "3"
    "929e80d891328dd371e61024f53bee967d84a2e2943315fb00fb4b1cc1d163ed0ade33a";

static struct ov_v_seal
seal_a3(uint8_t mode)
{
	struct ov_v_seal q = {.table = OV_T_BERICHT,
	    .col = 1,
	    .ver = 1,
	    .mode = mode,
	    .ep = 1,
	    .text = ov_view_str("overstap")};

	fill(q.id, 0x95, 16);
	hex(q.wrap, wrap_a3);
	fill(q.jti, 0x71, 16);
	assert_int_equal(ov_b64u_exact(ov_view_str(figure("A.2 sha256_jwe")),
	                     q.sha_jwe, 32),
	    OV_OK);
	memcpy(q.from, A, 20);
	hex(q.pid,
	    "252369908931c417ef4333d13b9a6bdd9678039a2338cf232666ae459d9917b2");
	return q;
}

/* The wrap of A.3 opens, salt and ref are those of A.4, and the blob opens at
 * its own place only. */
static void
test_seal_and_read(void **state)
{
	struct ov_vault *v = ready(B);
	struct ov_v_seal q = seal_a3(OV_SEAL_REF);
	struct ov_v_sealed s;
	struct ov_v_read r = {.table = OV_T_BERICHT, .col = 1, .ver = 1}, bad;
	struct ov_v_text t;
	uint8_t want[32], blob[64];

	(void)state;
	assert_int_equal(ONE(v, OV_V_SEAL, seal, &q, sealed, &s), OV_OK);
	hex(want, figure("A.4 salt"));
	assert_memory_equal(s.salt, want, 32);
	hex(want, figure("A.4 ref"));
	assert_memory_equal(s.ref, want, 32);
	assert_memory_equal(s.wrap, q.wrap, OV_WRAP);
	assert_true(sodium_is_zero(s.tag, 16));
	assert_int_equal(s.blob.n, 8 + OV_BLOB_OVER);
	memcpy(blob, s.blob.p, s.blob.n);

	memcpy(r.id, q.id, 16);
	memcpy(r.wrap, q.wrap, OV_WRAP);
	r.blob = (struct ov_view){blob, 8 + OV_BLOB_OVER};
	assert_int_equal(ONE(v, OV_V_READ, read, &r, text, &t), OV_OK);
	assert_true(ov_view_eq(t.text, "overstap"));

#define REFUSED(change, want_rc)                                               \
	do {                                                                   \
		bad = r;                                                       \
		change;                                                        \
		assert_int_equal(ONE(v, OV_V_READ, read, &bad, text, &t),      \
		    want_rc);                                                  \
		assert_int_equal(t.text.n, 0);                                 \
	} while (0)
	REFUSED(bad.col = 2, OV_BADSIG);
	REFUSED(bad.ver = 2, OV_BADSIG);
	REFUSED(bad.table = OV_T_UITGAAND, OV_BADSIG);
	REFUSED(bad.table = 0, OV_BADMSG);
	REFUSED(bad.table = OV_T_CONTACT + 1, OV_BADMSG);
	REFUSED(bad.mode = 2, OV_BADMSG);
	REFUSED(bad.id[3] ^= 1, OV_BADSIG);
	REFUSED(bad.wrap[40] ^= 1, OV_BADSIG);
	REFUSED(bad.wrap[0] = 2, OV_BADSIG);
	REFUSED(fill(bad.wrap, 0, OV_WRAP), OV_BADSIG);
	REFUSED(wrap_of(0x94, bad.id, bad.wrap), OV_BADSIG);
	REFUSED(bad.blob.n--, OV_BADSIG);
	REFUSED(bad.blob.n = 0, OV_BADSIG);
	REFUSED(bad.blob.n = OV_BLOB_OVER - 1, OV_BADSIG);
	for (size_t i = 0; i < r.blob.n; i++) {
		blob[i] ^= 0x10;
		REFUSED((void)0, OV_BADSIG);
		blob[i] ^= 0x10;
	}
	/* Y is nobody's to read or write. */
	REFUSED((bad.table = OV_T_LEERLING, bad.col = 0xffff), OV_DENIED);
	q.table = OV_T_LEERLING;
	q.col = 0xffff;
	assert_int_equal(ONE(v, OV_V_SEAL, seal, &q, sealed, &s), OV_DENIED);
	ov_vault_free(v);
}

/* A zero wrap makes a new key, other each time, which is not in the reply;
 * modes without a pseudonym or with unknown bits are refused. */
static void
test_seal_new_key(void **state)
{
	struct ov_vault *v = ready(B);
	struct ov_v_seal q[3];
	struct ov_v_sealed s[3];
	struct ov_secret32 k, dek;
	struct ov_v_read r = {.table = OV_T_BERICHT, .col = 1, .ver = 1};
	struct ov_v_text t;
	OV_BUF blob = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		q[i] = seal_a3(0);
		fill(q[i].wrap, 0, OV_WRAP);
	}
	q[1].id[0] = 1;
	q[1].text.n = 0;
	q[2].mode = 8;
	assert_int_equal(call(v, OV_V_SEAL, &ov_v_seal_rec, q, 3,
	                     &ov_v_sealed_rec, s),
	    OV_OK);
	assert_int_equal(s[0].rc, OV_OK);
	assert_int_equal(s[1].rc, OV_OK);
	assert_int_equal(s[2].rc, OV_BADMSG);
	assert_true(sodium_is_zero(s[2].wrap, OV_WRAP));
	assert_int_equal(s[2].blob.n, 0);
	fill(&k, 0x92, 32);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ov_dek_unwrap(&k, q[i].id, GEN, s[i].wrap,
		                     &dek, NULL),
		    OV_OK);
		assert_null(memmem(reply.p, reply.n, dek.b, 32));
	}
	ov_buf_add(&blob, s[1].blob.p, s[1].blob.n);
	memcpy(r.id, q[1].id, 16);
	memcpy(r.wrap, s[1].wrap, OV_WRAP);
	r.blob = (struct ov_view){blob.p, blob.n};
	assert_int_equal(ONE(v, OV_V_READ, read, &r, text, &t), OV_OK);
	assert_int_equal(t.text.n, 0);
	for (uint8_t mode = 1; mode < 8; mode++) {
		q[0].mode = mode;
		fill(q[0].pid, 0, 32);
		if (mode == OV_SEAL_REF)
			continue;
		assert_int_equal(ONE(v, OV_V_SEAL, seal, &q[0], sealed, &s[0]),
		    OV_BADMSG);
	}
	q[0] = seal_a3(OV_SEAL_TAG);
	assert_int_equal(ONE(v, OV_V_SEAL, seal, &q[0], sealed, &s[0]),
	    OV_AGAIN);
	ov_vault_free(v);
}

/* ---- pseudonyms ---------------------------------------------------- */

/* Blind, let both holders evaluate in domain B, finish: the sealed Y. */
static void
make_y(struct ov_vault *v, const char *pgn, const uint8_t pupil[16],
    uint8_t wrap[OV_WRAP], uint8_t y[OV_YBLOB])
{
	struct ov_v_blind b = {.slot = 4095};
	struct ov_v_blinded bl;
	struct ov_v_finish f = {.slot = 4095, .shares = 2};
	struct ov_v_finished fi;
	struct ov_secret32 seed, k;
	uint8_t pk[32];

	memcpy(b.pgn, pgn, 9);
	assert_int_equal(ONE(v, OV_V_BLIND, blind, &b, blinded, &bl), OV_OK);
	for (unsigned int j = 1; j <= 2; j++) {
		fill(&seed, (uint8_t)(j * 0x11), 32);
		assert_int_equal(ov_oprf_share(&seed, "voorbeeld", B, 1, j, &k,
		                     pk, NULL),
		    OV_OK);
		assert_int_equal(ov_oprf_evaluate(&k, bl.b, 1,
		                     f.e + 32 * (j - 1), NULL, NULL),
		    OV_OK);
	}
	memcpy(f.pupil, pupil, 16);
	wrap_of(0x94, pupil, wrap);
	memcpy(f.wrap, wrap, OV_WRAP);
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi), OV_OK);
	memcpy(y, fi.y, OV_YBLOB);
	/* Consumed. */
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi),
	    OV_AGAIN);
	assert_true(sodium_is_zero(fi.y, OV_YBLOB));
}

/* The pid of A.1 at the sender; at the receiver the same pid has the tag that
 * sealing gave, and opens what waits for its link (A.5), for this pupil and
 * no other. */
static void
test_pseudonym(void **state)
{
	struct ov_vault *a = ready(A), *b = ready(B);
	struct ov_v_pid p = {.mode = OV_PID_OUT, .partner = 5, .ep = 1};
	struct ov_v_pidded pa;
	struct ov_v_seal q = seal_a3(OV_SEAL_PID | OV_SEAL_TAG);
	struct ov_v_sealed s;
	struct ov_v_read r = {.table = OV_T_BERICHT,
	    .col = 1,
	    .ver = 1,
	    .mode = OV_SEAL_PID,
	    .partner = 6,
	    .ep = 1};
	struct ov_v_text t;
	struct ov_rec_at at = {"bericht", q.id, 1, 1};
	struct ov_secret32 inhoud;
	uint8_t blob[8 + OV_BLOB_OVER], plain[8];

	(void)state;
	fill(p.pupil, 0x77, 16);
	make_y(a, "123456782", p.pupil, p.wrap, p.y);
	assert_int_equal(ONE(a, OV_V_PID, pid, &p, pidded, &pa), OV_AGAIN);
	assert_int_equal(link_with(a, 5, B, 0x32), OV_AGAIN);
	load_key(a, OV_KEY_LINK, 1, 0x31);
	assert_int_equal(link_with(a, 5, B, 0x32), OV_OK);
	assert_int_equal(link_with(a, 7, A, 0x32), OV_BADMSG);
	assert_int_equal(ONE(a, OV_V_PID, pid, &p, pidded, &pa), OV_OK);
	assert_memory_equal(pa.pid, q.pid, 32);
	assert_true(sodium_is_zero(pa.tag, 16));
	p.mode = 2;
	assert_int_equal(ONE(a, OV_V_PID, pid, &p, pidded, &pa), OV_BADMSG);
	p.mode = OV_PID_TAG; /* no index key here */
	assert_int_equal(ONE(a, OV_V_PID, pid, &p, pidded, &pa), OV_AGAIN);

	load_key(b, OV_KEY_LINK, 1, 0x32);
	load_key(b, OV_KEY_INDEX, 1, 0x96);
	assert_int_equal(link_with(b, 6, A, 0x31), OV_OK);
	assert_int_equal(ONE(b, OV_V_SEAL, seal, &q, sealed, &s), OV_OK);
	assert_int_equal(s.blob.n, sizeof(blob));
	memcpy(blob, s.blob.p, sizeof(blob));
	hex(&inhoud, named_secrets[3]);
	assert_int_equal(ov_rec_open(&inhoud, &at, blob, sizeof(blob), plain,
	                     NULL),
	    OV_OK);
	assert_memory_equal(plain, "overstap", 8);

	p.partner = 6;
	make_y(b, "123456782", p.pupil, p.wrap, p.y);
	assert_int_equal(ONE(b, OV_V_PID, pid, &p, pidded, &pa), OV_OK);
	assert_memory_equal(pa.tag, s.tag, 16);
	assert_true(sodium_is_zero(pa.pid, 32));

	memcpy(r.id, q.id, 16);
	memcpy(r.wrap, q.wrap, OV_WRAP);
	memcpy(r.pupil, p.pupil, 16);
	memcpy(r.pwrap, p.wrap, OV_WRAP);
	memcpy(r.y, p.y, OV_YBLOB);
	r.blob = (struct ov_view){blob, sizeof(blob)};
	assert_int_equal(ONE(b, OV_V_READ, read, &r, text, &t), OV_OK);
	assert_true(ov_view_eq(t.text, "overstap"));
	r.mode = 0;
	assert_int_equal(ONE(b, OV_V_READ, read, &r, text, &t), OV_BADSIG);
	r.mode = OV_SEAL_PID;
	r.ep = 2;
	assert_int_equal(ONE(b, OV_V_READ, read, &r, text, &t), OV_AGAIN);
	r.ep = 1;
	r.y[50] ^= 1;
	assert_int_equal(ONE(b, OV_V_READ, read, &r, text, &t), OV_BADSIG);
	make_y(b, "101222331", p.pupil, p.wrap, p.y);
	memcpy(r.pwrap, p.wrap, OV_WRAP);
	memcpy(r.y, p.y, OV_YBLOB);
	assert_int_equal(ONE(b, OV_V_READ, read, &r, text, &t), OV_BADSIG);
	assert_int_equal(ONE(b, OV_V_PID, pid, &p, pidded, &pa), OV_OK);
	assert_memory_not_equal(pa.tag, s.tag, 16);
	/* Another pupil's record does not open this Y. */
	p.pupil[0] ^= 1;
	assert_int_equal(ONE(b, OV_V_PID, pid, &p, pidded, &pa), OV_BADSIG);
	ov_vault_free(a);
	ov_vault_free(b);
}

/* Slots, digits and elements that are not right; blinds are fresh. */
static void
test_blind_refusals(void **state)
{
	struct ov_vault *v = ready(A);
	struct ov_v_blind q = {0, "123456782"};
	struct ov_v_blinded a, again;
	struct ov_v_finish f = {.shares = 1};
	struct ov_v_finished fi;

	(void)state;
	assert_int_equal(ONE(v, OV_V_BLIND, blind, &q, blinded, &a), OV_OK);
	assert_int_equal(ONE(v, OV_V_BLIND, blind, &q, blinded, &again), OV_OK);
	assert_memory_not_equal(a.b, again.b, 32);
	wrap_of(0x94, f.pupil, f.wrap);
	f.shares = 0;
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi),
	    OV_BADMSG);
	f.shares = 4;
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi),
	    OV_BADMSG);
	f.shares = 1; /* the identity */
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi),
	    OV_BADMSG);
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi),
	    OV_AGAIN);
	q.slot = OV_VAULT_SLOTS;
	assert_int_equal(ONE(v, OV_V_BLIND, blind, &q, blinded, &a), OV_BADMSG);
	q.slot = 1;
	q.pgn[8] = 'x';
	assert_int_equal(ONE(v, OV_V_BLIND, blind, &q, blinded, &a), OV_BADMSG);
	f.slot = 1;
	assert_int_equal(ONE(v, OV_V_FINISH, finish, &f, finished, &fi),
	    OV_AGAIN);
	ov_vault_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_states_and_counts),
	    cmocka_unit_test(test_every_prefix_is_refused),
	    cmocka_unit_test(test_seal_and_read),
	    cmocka_unit_test(test_seal_new_key),
	    cmocka_unit_test(test_pseudonym),
	    cmocka_unit_test(test_blind_refusals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
