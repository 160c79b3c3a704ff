/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/check.c - what must hold whenever the region rests: logs that
 * recompute, numbers without gaps, one leaf and one receipt for a message, and
 * the same story on both sides.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/receipt.h"
#include "tests/sim/sim.h"

int64_t
sim_int(struct sim_node *n, const char *sql)
{
	int64_t v;

	SIM_OK(ov_db_int(n->st->db, &v, 0, e, sql, ""));
	return v;
}

int64_t
sim_count(struct sim_node *n, const char *sql, const char *arg)
{
	int64_t v;

	SIM_OK(ov_db_int(n->st->db, &v, 0, e, sql, "t", arg));
	return v;
}

/* Every leaf of a node, parsed. */
static struct ov_leaf *
leaves(struct sim_node *n, size_t *count)
{
	size_t size = (size_t)n->st->log.was.size;
	struct ov_leaf *l = calloc(size + 1, sizeof(*l));

	SIM_CHECK(l != NULL);
	for (size_t i = 0; i < size; i++) {
		OV_BUF text = {0};

		SIM_OK(ov_slog_leaf(n->st->ro, i, &text, e));
		SIM_OK(ov_leaf_parse(text.p, text.n, &l[i], e));
	}
	*count = size;
	return l;
}

int64_t
sim_leaves(struct sim_node *n, enum ov_leaf_soort soort, const char *partij)
{
	size_t count;
	int64_t k = 0;
	struct ov_leaf *l = leaves(n, &count);

	for (size_t i = 0; i < count; i++)
		if (l[i].soort == soort &&
		    (partij == NULL || strcmp(l[i].partij.s, partij) == 0))
			k++;
	free(l);
	return k;
}

bool
sim_quiet(void *unused)
{
	(void)unused;
	for (int i = 0; i < SIM_NODES; i++)
		if (W.node[i].off)
			continue;
		else if (W.node[i].dead || W.node[i].st == NULL ||
		         sim_int(&W.node[i],
		             "SELECT count(*) FROM uitgaand WHERE stand IN"
		             " ('OPGESTELD','WACHT-OP-PSEUDONIEM','KLAAR',"
		             "'ONDERWEG')") != 0)
			return false;
	return sim_net_flights() == 0;
}

void
sim_check_log(struct sim_node *n)
{
	struct ov_digest file, mem;

	SIM_CHECK(!n->st->stop_signing);
	SIM_OK(ov_slog_recompute(n->st->ro, n->st->log.was.size, &file, e));
	SIM_OK(ov_tlog_root(&n->st->log.was, &mem, e));
	SIM_CHECK(memcmp(&file, &mem, sizeof(file)) == 0);
	SIM_CHECK(sim_int(n, "SELECT count(*) FROM blad") ==
	          (int64_t)n->st->log.was.size);
	SIM_CHECK(sim_leaves(n, OV_LEAF_START, NULL) == 1);
	SIM_OK(ov_db_integrity(n->st->db, false, e));
}

/* ---- one direction ---- */

struct sent {
	uint8_t jti[16], sha_jws[32];
	int64_t seq;
	char stand[24];
	bool receipt;
	struct ov_buf jws; /* the receipt we hold */
};

static void
sent_free(struct sent *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ov_buf_free(&s[i].jws);
	free(s);
}

static void
open_receipt(struct sim_node *n, sqlite3_stmt *q, int id_col, int blob_col,
    enum ov_table table, uint16_t col, struct ov_buf *jws)
{
	uint8_t id[16], wrap[OV_WRAP];

	SIM_OK(ov_db_fix(q, id_col, id, sizeof(id), e));
	SIM_OK(ov_key_get(n->st, id, wrap, e));
	SIM_OK(ov_open_one(n->st, id, wrap, table, col, 1,
	    ov_db_blob(q, blob_col), jws, e));
}

/* Messages with a number, by number. */
static struct sent *
sent_by(struct sim_node *from, const char *to, size_t *n)
{
	struct sent *s;
	sqlite3_stmt *q;
	bool row;

	*n = 0;
	s = calloc((size_t)sim_int(from, "SELECT count(*) FROM uitgaand") + 1,
	    sizeof(*s));
	SIM_CHECK(s != NULL);
	SIM_OK(ov_db_q(from->st->db, &q, e,
	    "SELECT u.jti,u.sha_jws,u.seq,u.stand,u.id,u.bewijs FROM uitgaand u"
	    " JOIN partner p ON p.id=u.partner WHERE p.oin=?1"
	    " AND u.seq IS NOT NULL ORDER BY u.seq",
	    "t", to));
	for (;;) {
		SIM_OK(ov_db_next(from->st->db, q, &row, e));
		if (!row)
			break;
		SIM_OK(ov_db_fix(q, 0, s[*n].jti, 16, e));
		SIM_OK(ov_db_fix(q, 1, s[*n].sha_jws, 32, e));
		s[*n].seq = ov_db_i64(q, 2);
		(void)strncpy(s[*n].stand, ov_db_text(q, 3), 23);
		s[*n].receipt = !ov_db_null(q, 5);
		if (s[*n].receipt)
			open_receipt(from, q, 4, 5, OV_T_UITGAAND, 4,
			    &s[*n].jws);
		(*n)++;
	}
	ov_db_done(from->st->db, q);
	return s;
}

/* Is it at the receiver, once, with this number, and with our receipt? */
static bool
arrived(struct sim_node *to, const char *from, const struct sent *s)
{
	sqlite3_stmt *q;
	bool row, found;

	SIM_OK(ov_db_q(to->st->db, &q, e,
	    "SELECT b.seq,g.sha_jws,b.id,b.bewijs FROM gezien g JOIN bericht b"
	    " ON b.nr=g.bericht JOIN partner p ON p.id=g.partner"
	    " WHERE p.oin=?1 AND g.jti=?2 AND b.partner=g.partner",
	    "tb", from, (const void *)s->jti, (size_t)16));
	SIM_OK(ov_db_next(to->st->db, q, &row, e));
	found = row;
	if (row) {
		OV_BUF jws = {0};
		struct ov_view sha = ov_db_blob(q, 1);

		SIM_CHECK(ov_db_i64(q, 0) == s->seq);
		SIM_CHECK(sha.n == 32 && memcmp(sha.p, s->sha_jws, 32) == 0);
		open_receipt(to, q, 2, 3, OV_T_BERICHT, 2, &jws);
		SIM_CHECK(
		    !s->receipt ||
		    (jws.n == s->jws.n && memcmp(jws.p, s->jws.p, jws.n) == 0));
		SIM_OK(ov_db_next(to->st->db, q, &row, e));
		SIM_CHECK(!row);
	}
	ov_db_done(to->st->db, q);
	return found;
}

/* The sender's leaf about a receipt names the receiver's leaf. */
static void
check_refs(struct sim_node *from, struct sim_node *to)
{
	size_t nf, nt, hits;
	struct ov_leaf *f = leaves(from, &nf), *t = leaves(to, &nt);

	for (size_t i = 0; i < nf; i++) {
		if (f[i].soort != OV_LEAF_ONTVANGSTBEWIJS ||
		    strcmp(f[i].partij.s, to->oin) != 0)
			continue;
		hits = 0;
		for (size_t k = 0; k < nt; k++)
			if (t[k].soort == OV_LEAF_ONTVANGST &&
			    memcmp(t[k].ref, f[i].ref, 32) == 0)
				hits++;
		SIM_CHECK(hits == 1);
	}
	free(f);
	free(t);
}

void
sim_check_pair(struct sim_node *from, struct sim_node *to)
{
	size_t n, have = 0, receipts = 0;
	struct sent *s = sent_by(from, to->oin, &n);
	bool there;

	for (size_t i = 0; i < n; i++) {
		SIM_CHECK(s[i].seq == (int64_t)i + 1); /* gapless, once */
		there = arrived(to, from->oin, &s[i]);
		have += there;
		receipts += s[i].receipt;
		if (strcmp(s[i].stand, "AFGELEVERD") == 0)
			SIM_CHECK(there && s[i].receipt);
		if (s[i].receipt)
			SIM_CHECK(there);
	}
	SIM_CHECK(sim_count(from, "SELECT seq_uit FROM partner WHERE oin=?1",
	              to->oin) == (int64_t)n);
	SIM_CHECK(sim_count(to,
	              "SELECT count(*) FROM bericht b JOIN partner p ON"
	              " p.id=b.partner WHERE p.oin=?1",
	              from->oin) == (int64_t)have);
	SIM_CHECK(sim_leaves(from, OV_LEAF_VERZENDING, to->oin) == (int64_t)n);
	SIM_CHECK(sim_leaves(from, OV_LEAF_ONTVANGSTBEWIJS, to->oin) ==
	          (int64_t)receipts);
	SIM_CHECK(
	    sim_leaves(to, OV_LEAF_ONTVANGST, from->oin) == (int64_t)have);
	check_refs(from, to);
	sent_free(s, n);
}

/* ---- receipts ---- */

struct held {
	struct ov_receipt_asked a;
	uint8_t hash[8][32];
	struct ov_buf jws;
};

static void
held_read(struct sim_node *n, sqlite3_stmt *q, struct held *h)
{
	const struct ov_lid *lid;
	struct ov_oin oin;
	sqlite3_stmt *s;
	bool row;

	SIM_OK(ov_oin_parse(ov_view_str(ov_db_text(q, 1)), &oin));
	lid = ov_book_oin(n->st->boek, &oin);
	SIM_CHECK(lid != NULL);
	h->a = (struct ov_receipt_asked){.self = n->st->self,
	    .partner = oin,
	    .sha256_jwe = h->hash[0],
	    .nid = lid->has_vorige ? 2 : 1,
	    .logdomein = SIM_LOGDOMEIN,
	    .regio = SIM_REGIO};
	memcpy(h->a.id[0].pk, lid->id, 32);
	memcpy(h->a.id[0].thumb, lid->id_thumb, 32);
	memcpy(h->a.id[1].pk, lid->vorige, 32);
	memcpy(h->a.id[1].thumb, lid->vorige_thumb, 32);
	memcpy(h->a.log, lid->log, 32);
	SIM_OK(ov_db_fix(q, 2, h->a.jti, 16, e));
	SIM_OK(ov_db_fix(q, 3, h->a.sha256_jws, 32, e));
	SIM_OK(ov_db_q(n->st->db, &s, e,
	    "SELECT sha_jwe FROM uitgaand_jwe WHERE uitgaand=?1", "i",
	    ov_db_i64(q, 0)));
	while (h->a.njwe < 8) {
		SIM_OK(ov_db_next(n->st->db, s, &row, e));
		if (!row)
			break;
		SIM_OK(ov_db_fix(s, 0, h->hash[h->a.njwe++], 32, e));
	}
	ov_db_done(n->st->db, s);
	open_receipt(n, q, 4, 5, OV_T_UITGAAND, 4, &h->jws);
}

/* The log that the receipt promises is the log the receiver has. */
static void
held_judge(struct held *h)
{
	struct ov_receipt_verdict v = {0};
	struct ov_digest root;
	struct ov_err err = {0};

	if (ov_receipt_judge(h->jws.p, h->jws.n, &h->a, &v, NULL, &err) !=
	    OV_RECEIPT_GOOD)
		sim_fail(__FILE__, __LINE__, "receipt", err.msg);
	for (int i = 0; i < SIM_NODES; i++) {
		if (strcmp(W.node[i].oin, h->a.partner.s) != 0)
			continue;
		SIM_CHECK(v.checkpoint.size <= W.node[i].st->log.was.size);
		SIM_OK(ov_slog_recompute(W.node[i].st->ro, v.checkpoint.size,
		    &root, e));
		SIM_CHECK(memcmp(&root, &v.checkpoint.root, sizeof(root)) == 0);
	}
}

void
sim_check_receipts(struct sim_node *n)
{
	sqlite3_stmt *q;
	bool row;

	SIM_OK(ov_db_q(n->st->db, &q, e,
	    "SELECT u.nr,p.oin,u.jti,u.sha_jws,u.id,u.bewijs FROM uitgaand u"
	    " JOIN partner p ON p.id=u.partner WHERE u.stand='AFGELEVERD'",
	    ""));
	for (;;) {
		struct held h = {0};

		SIM_OK(ov_db_next(n->st->db, q, &row, e));
		if (!row)
			break;
		held_read(n, q, &h);
		held_judge(&h);
		ov_buf_free(&h.jws);
	}
	ov_db_done(n->st->db, q);
}

void
sim_check_all(void)
{
	for (int i = 0; i < SIM_NODES; i++)
		sim_check_log(&W.node[i]);
	for (int i = 0; i < SIM_NODES; i++) {
		sim_check_receipts(&W.node[i]);
		for (int k = 0; k < SIM_NODES; k++)
			if (i != k)
				sim_check_pair(&W.node[i], &W.node[k]);
	}
}
