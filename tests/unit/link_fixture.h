/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/link_fixture.h - store_world.h with a sender: a vault of its own,
 * link keys both ways, applicants of ours with their pseudonym, and dossiers
 * as acceptance stores them.
 */
#ifndef OV_TESTS_LINK_FIXTURE_H
#define OV_TESTS_LINK_FIXTURE_H

#include "tests/unit/store_world.h"

#include "protocol/claims.h"
#include "protocol/id.h"
#include "protocol/receipt.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

static struct ov_vault *peer; /* the sender's */
static int64_t partner;
static uint8_t scalar[32];

/* One record to a vault, one back. */
static inline void
call(struct ov_vault *v, uint16_t type, const struct ov_rec *in,
    const void *req, const struct ov_rec *out, void *rep, struct ov_buf *keep)
{
	struct ov_pkw pk = {0};
	struct ov_pkr k;

	ov_pkw_begin(&pk, type, 1, in, 1);
	ov_pkw_put(&pk, req);
	assert_int_equal(ov_pkw_end(&pk, NULL), OV_OK);
	assert_int_equal(ov_vault_call(v, (struct ov_view){pk.b.p, pk.b.n},
	                     keep, NULL),
	    OV_OK);
	ov_buf_free(&pk.b);
	assert_int_equal(ov_pkr_begin(&k, (struct ov_view){keep->p, keep->n},
	                     type | OV_PK_REPLY, out, NULL),
	    OV_OK);
	assert_int_equal(ov_pkr_next(&k, rep, NULL), OV_OK);
	assert_int_equal(*(uint32_t *)rep, OV_OK); /* rc is first in each */
}

#define CALL(v, T, in, q, out, a, keep)                                        \
	call(v, T, &ov_v_##in##_rec, q, &ov_v_##out##_rec, a, keep)

static inline void
peer_up(uint8_t pk[32])
{
	static struct ov_vault_keys k;
	struct ov_vault_conf vc = {PEER, "voorbeeld", "overstap.example"};
	struct ov_v_hello hello;
	struct ov_v_self self;
	struct ov_v_kek kek = {.op = OV_KEK_NEW, .gen = 1};
	struct ov_v_wrapped wrapped;
	struct ov_v_key key = {.op = OV_KEY_NEW,
	    .kind = OV_KEY_LINK,
	    .number = 1};
	struct ov_v_keyed keyed;
	uint8_t md[32];
	OV_BUF b = {0};

	memset(&k.identity, 0x51, sizeof(k.identity));
	memset(&k.log, 0x52, sizeof(k.log));
	memset(&k.witness, 0x53, sizeof(k.witness));
	memset(&k.kek_root, 0x54, sizeof(k.kek_root));
	assert_int_equal(ov_vault_load_keys(&k, &vc, &peer, NULL), OV_OK);
	memcpy(hello.oin, PEER, 20);
	CALL(peer, OV_V_HELLO, hello, &hello, self, &self, &b);
	CALL(peer, OV_V_KEK, kek, &kek, wrapped, &wrapped, &b);
	kek.op = OV_KEK_USE;
	CALL(peer, OV_V_KEK, kek, &kek, wrapped, &wrapped, &b);
	assert_int_equal(ov_sha256(md, "link/1", 6), OV_OK);
	memcpy(key.id, md, 16);
	CALL(peer, OV_V_KEY, key, &key, keyed, &keyed, &b);
	memcpy(pk, keyed.pk, 32);
}

/* Link keys both ways. */
static inline void
introduce(void)
{
	struct ov_v_link l = {.partner = 1, .ep = 1};
	struct ov_v_rc rc;
	struct ov_oin oin;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	uint8_t pk[32];
	bool row;
	OV_BUF b = {0};

	peer_up(pk);
	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT pk FROM sleutel_naam WHERE soort=?1"
	                     " AND nummer=1",
	                     "i", (int64_t)OV_KEY_LINK),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_fix(q, 0, l.pk, 32, &e), OV_OK);
	ov_db_done(w.st->db, q);
	memcpy(l.oin, SELF, 20);
	CALL(peer, OV_V_LINK, link, &l, rc, &rc, &b);
	assert_int_equal(ov_oin_parse(ov_view_str(PEER), &oin), OV_OK);
	assert_int_equal(ov_partner_id(w.st, &oin, &partner, &e), OV_OK);
	l.partner = (uint32_t)partner;
	memcpy(l.oin, PEER, 20);
	memcpy(l.pk, pk, 32);
	CALL(w.vault, OV_V_LINK, link, &l, rc, &rc, &b);
}

/* The pseudonym of a number, sealed for this record. */
static inline void
pseudonym(struct ov_vault *v, const char *pgn, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], uint8_t y[OV_YBLOB])
{
	struct ov_v_blind blind = {.slot = 9};
	struct ov_v_blinded blinded;
	struct ov_v_finish fin = {.slot = 9, .shares = 1};
	struct ov_v_finished done;
	OV_BUF b = {0};

	memcpy(blind.pgn, pgn, 9);
	CALL(v, OV_V_BLIND, blind, &blind, blinded, &blinded, &b);
	assert_int_equal(crypto_scalarmult_ristretto255(fin.e, scalar,
	                     blinded.b),
	    0);
	memcpy(fin.pupil, id, 16);
	memcpy(fin.wrap, wrap, OV_WRAP);
	CALL(v, OV_V_FINISH, finish, &fin, finished, &done, &b);
	memcpy(y, done.y, OV_YBLOB);
}

static inline void
applicant_of(const char *ref, const char *pgn, const char *born,
    const char *school)
{
	uint8_t id[16], wrap[OV_WRAP], y[OV_YBLOB];
	struct ov_err e = {0};
	int64_t nr;
	sqlite3_stmt *q;
	bool row;

	json_decref(ask("pupils.load", NULL,
	    json_pack("[{s:s,s:s,s:s,s:s}]", "eigenReferentie", ref, "pgn", pgn,
	        "geboortedatum", born, "schoolVerlaten", school),
	    NULL));
	assert_int_equal(ov_pupil_by_ref(w.st, ref, &nr, &e), OV_OK);
	assert_true(nr > 0);
	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT id FROM leerling WHERE nr=?1", "i", nr),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_int_equal(ov_db_fix(q, 0, id, 16, &e), OV_OK);
	ov_db_done(w.st->db, q);
	assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_OK);
	pseudonym(w.vault, pgn, id, wrap, y);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE leerling SET stand='gecachet',y=?2,"
	                     "pgn=NULL WHERE nr=?1",
	                     "ib", nr, (const void *)y, sizeof(y)),
	    OV_OK);
}

static inline void
applicant(const char *ref, const char *pgn, const char *born)
{
	applicant_of(ref, pgn, born, "");
}

/* pid from the sender to us. */
static inline void
pid_of(const char *pgn, uint8_t pid[32])
{
	struct ov_v_seal seal = {.table = OV_T_LEERLING,
	    .col = 2,
	    .ver = 1,
	    .text = ov_view_str("x")};
	struct ov_v_sealed sealed;
	struct ov_v_pid q = {.mode = OV_PID_OUT, .partner = 1, .ep = 1};
	struct ov_v_pidded a;
	OV_BUF b = {0};

	randombytes_buf(seal.id, 16);
	CALL(peer, OV_V_SEAL, seal, &seal, sealed, &sealed, &b);
	memcpy(q.pupil, seal.id, 16);
	memcpy(q.wrap, sealed.wrap, OV_WRAP);
	pseudonym(peer, pgn, seal.id, sealed.wrap, q.y);
	CALL(peer, OV_V_PID, pid, &q, pidded, &a, &b);
	memcpy(pid, a.pid, 32);
}

/* The JWS of a message about this number; its signature is not looked at after
 * acceptance.  j is taken. */
static inline void
jws_of(const char *srt, const char *pgn, int seq, json_t *j,
    struct ov_claims *c, struct ov_buf *out)
{
	static const uint8_t zero[64];
	OV_BUF inhoud = {0}, payload = {0};

	assert_non_null(j);
	*c = (struct ov_claims){.iat = ov_now(w.st),
	    .exp = ov_now(w.st) + 86400,
	    .seq = (uint64_t)seq,
	    .ep = 1,
	    .has_pid = true,
	    .has_zaak = true};
	memcpy(c->iss.s, PEER, 20);
	memcpy(c->aud.s, SELF, 20);
	memcpy(c->srt, srt, strlen(srt) + 1);
	randombytes_buf(c->jti, 16);
	randombytes_buf(c->zaak, 16);
	pid_of(pgn, c->pid);
	ov_json_dump(&inhoud, j);
	json_decref(j);
	assert_int_equal(ov_claims_compose(&payload, c,
	                     (struct ov_view){inhoud.p, inhoud.n}, NULL),
	    OV_OK);
	assert_int_equal(ov_jws_input(out, OV_TYP_BERICHT, zero, payload.p,
	                     payload.n, NULL),
	    OV_OK);
	ov_jws_finish(out, zero);
}

/* What acceptance would have stored: a dossier waits for its link, other types
 * are open.  inhoud is taken. */
static inline int64_t
message_of(const char *srt, const char *pgn, int seq, json_t *inhoud)
{
	bool closed = strcmp(srt, "overstapdossier") == 0;
	struct ov_v_seal q = {.table = OV_T_BERICHT,
	    .col = 1,
	    .ver = 1,
	    .mode = (closed ? OV_SEAL_PID : 0) | OV_SEAL_REF | OV_SEAL_TAG,
	    .ep = 1};
	struct ov_v_sealed a;
	struct ov_v_receipt rq = {.table = OV_T_BERICHT, .col = 2, .ver = 1};
	struct ov_v_receipted ra;
	struct ov_leaf leaf = {.soort = OV_LEAF_ONTVANGST};
	struct ov_receipt r = {.bewijs = ov_view_str("x\n")};
	struct ov_claims c;
	struct ov_err e = {0};
	int64_t nr;
	OV_BUF jws = {0}, keep = {0}, keep2 = {0}, text = {0}, pay = {0};

	jws_of(srt, pgn, seq, inhoud, &c, &jws);
	ov_new_id(w.st, q.id);
	memcpy(q.jti, c.jti, 16);
	memcpy(q.from, PEER, 20);
	memcpy(q.pid, c.pid, 32);
	q.text = (struct ov_view){jws.p, jws.n};
	CALL(w.vault, OV_V_SEAL, seal, &q, sealed, &a, &keep);
	leaf.tijd = ov_now(w.st);
	leaf.partij = c.iss;
	memcpy(leaf.ref, a.ref, 32);
	assert_int_equal(ov_leaf_text(&text, &leaf, &e), OV_OK);
	r.iss = c.aud;
	r.aud = c.iss;
	r.iat = ov_now(w.st);
	memcpy(r.ref, c.jti, 16);
	r.blad = (struct ov_view){text.p, text.n};
	if (ov_receipt_compose(&pay, &r, &e) != OV_OK)
		fail_msg("receipt: %s", e.msg);
	memcpy(rq.id, q.id, 16);
	memcpy(rq.wrap, a.wrap, OV_WRAP);
	rq.payload = (struct ov_view){pay.p, pay.n};
	CALL(w.vault, OV_V_RECEIPT, receipt, &rq, receipted, &ra, &keep2);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO bericht(id,partner,seq,ep,srt,rol,"
	                     "zaak,ontvangen,stand,gesloten,versie,inhoud,"
	                     "bewijs,tag16) VALUES(?1,?2,?3,1,"
	                     "?9,'mbo',?4,?5,iif(?10,'ONBEKEND','ONTVANGEN'),"
	                     "?10,1,?6,?7,?8)",
	                     "biibivvbti", (const void *)q.id, (size_t)16,
	                     partner, (int64_t)seq, (const void *)c.zaak,
	                     (size_t)16, ov_now(w.st), a.blob, ra.blob,
	                     (const void *)a.tag, (size_t)16, srt,
	                     (int64_t)closed),
	    OV_OK);
	nr = ov_db_last(w.st->db);
	assert_int_equal(ov_key_put(w.st, q.id, a.wrap, &e), OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO gezien(partner,jti,seq,bericht,"
	                     "sha_jws,tot) VALUES(?1,?2,?3,?4,?5,0)",
	                     "ibiib", partner, (const void *)c.jti, (size_t)16,
	                     (int64_t)seq, nr, (const void *)a.ref, (size_t)32),
	    OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO zaak(zaak,partner) VALUES(?1,?2)",
	                     "bi", (const void *)c.zaak, (size_t)16, partner),
	    OV_OK);
	return nr;
}

/* A dossier with what must be in it. */
static inline int64_t
message(const char *pgn, int seq)
{
	return message_of("overstapdossier", pgn, seq,
	    json_load_file(OV_TEST_DATA "/dossier-minimaal.json", 0, NULL));
}

static inline void
is(int64_t nr, const char *stand)
{
	struct ov_err e = {0};
	int64_t same;

	assert_int_equal(ov_db_int(w.st->db, &same, -1, &e,
	                     "SELECT stand=?2 FROM bericht WHERE nr=?1", "it",
	                     nr, stand),
	    OV_OK);
	if (same != 1)
		fail_msg("message %d is not %s", (int)nr, stand);
}

static inline json_t *
nr_arg(int64_t nr)
{
	return json_pack("{s:I}", "nr", (json_int_t)nr);
}

#endif
