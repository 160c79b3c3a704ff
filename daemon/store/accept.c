/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/accept.c - messages of partners: the queue, and one batch at a
 * time from arrival to answer (docs/processes.md, "Accepting").
 *
 * A batch is whatever waits when the previous one is done, at most 256
 * messages or 4 MiB, from partners in turn; a lone message waits for nobody.
 */
#include "daemon/store/accept.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "protocol/hash.h"

/* Bodies waiting in all, and of one partner: net lets 64 a partner through. */
#define QUEUE_BYTES ((size_t)24 << 20)
#define QUEUE_ONE 128

struct line { /* of one partner */
	struct line *next;
	struct ov_oin oin;
	struct ov_in *head, **tail;
	size_t n;
};

struct ov_accept_q {
	struct line *lines; /* a ring, in turn; NULL: nothing waits */
	size_t bytes, n;
	bool deferred;
};

void
ov_in_free(struct ov_in *m)
{
	if (m == NULL)
		return;
	ov_claims_free(&m->claims);
	ov_buf_free(&m->body);
	ov_buf_free(&m->ct);
	ov_buf_free(&m->blob);
	ov_buf_free(&m->leaf);
	ov_buf_free(&m->receipt);
	ov_buf_free(&m->receipt_blob);
	sodium_memzero(m, sizeof(*m));
	free(m);
}

enum ov_rc
ov_accept_new(struct ov_store *st, struct ov_err *e)
{
	st->accept = calloc(1, sizeof(*st->accept));
	if (st->accept == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

void
ov_accept_drop(struct ov_store *st)
{
	struct ov_accept_q *q = st->accept;
	struct line *l = q->lines;
	struct ov_in *m;

	if (q->n == 0)
		return;
	ov_log(OV_LOG_WARN, "event=waiting-dropped messages=%zu", q->n);
	do {
		while ((m = l->head) != NULL) {
			l->head = m->next;
			ov_in_free(m);
		}
		l->tail = &l->head;
		l->n = 0;
		l = l->next;
	} while (l != q->lines);
	q->n = 0;
	q->bytes = 0;
}

void
ov_accept_free(struct ov_store *st)
{
	struct line *l;

	if (st->accept == NULL)
		return;
	ov_loop_undefer(st->env.loop, st);
	ov_accept_drop(st);
	while ((l = st->accept->lines) != NULL) {
		if (l->next == l) {
			st->accept->lines = NULL;
		} else {
			struct line *p = l;

			while (p->next != l)
				p = p->next;
			p->next = l->next;
			st->accept->lines = l->next;
		}
		free(l);
	}
	free(st->accept);
	st->accept = NULL;
}

/* ---- the queue ---- */

static struct line *
line_of(struct ov_accept_q *q, const struct ov_oin *oin)
{
	struct line *l = q->lines;

	if (l != NULL) {
		do {
			if (ov_oin_eq(&l->oin, oin))
				return l;
			l = l->next;
		} while (l != q->lines);
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->oin = *oin;
	l->tail = &l->head;
	if (q->lines == NULL) {
		l->next = l;
		q->lines = l;
	} else {
		l->next = q->lines->next;
		q->lines->next = l;
	}
	return l;
}

static void run(struct ov_loop *, void *);

static void
schedule(struct ov_store *st)
{
	if (st->accept->deferred || st->accept->n == 0)
		return;
	if (ov_loop_defer(st->env.loop, run, st, NULL) == OV_OK)
		st->accept->deferred = true;
}

void
ov_accept_request(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	struct ov_accept_q *q = st->accept;
	struct line *l = line_of(q, &lid->oin);
	struct ov_in *m;

	if (l == NULL || l->n >= QUEUE_ONE ||
	    q->bytes + r->body.n > QUEUE_BYTES ||
	    (m = calloc(1, sizeof(*m))) == NULL) {
		ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
		return;
	}
	m->conn = r->conn;
	m->stream = r->stream;
	m->from = lid->oin;
	m->hint = r->adresboek;
	ov_buf_add(&m->body, r->body.p, r->body.n);
	if (m->body.bad) {
		ov_in_free(m);
		ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
		return;
	}
	*l->tail = m;
	l->tail = &m->next;
	l->n++;
	q->n++;
	q->bytes += m->body.n;
	schedule(st);
}

/* The next message, from the partner whose turn it is. */
static struct ov_in *
take(struct ov_accept_q *q)
{
	struct line *l = q->lines;
	struct ov_in *m;

	if (l == NULL || q->n == 0)
		return NULL;
	do {
		l = l->next;
	} while (l->head == NULL);
	q->lines = l; /* its successor is next */
	m = l->head;
	l->head = m->next;
	if (l->head == NULL)
		l->tail = &l->head;
	m->next = NULL;
	l->n--;
	q->n--;
	q->bytes -= m->body.n;
	return m;
}

/* A message that waits for another goes back to the front of its line. */
static void
put_back(struct ov_accept_q *q, struct ov_in *m)
{
	struct line *l = line_of(q, &m->from);

	m->state = OV_IN_OPEN;
	ov_claims_free(&m->claims);
	ov_buf_reset(&m->ct);
	m->jws = (struct ov_view){0};
	m->next = l->head;
	if (l->head == NULL)
		l->tail = &m->next;
	l->head = m;
	l->n++;
	q->n++;
	q->bytes += m->body.n;
}

/* ---- answers ---- */

static void
answer(struct ov_store *st, const struct ov_in *m, uint16_t status,
    enum ov_ctype ct, uint32_t retry, struct ov_view body)
{
	struct ov_n_request r = {.conn = m->conn, .stream = m->stream};

	ov_answer(st, &r, status, ct, retry, body);
}

void
ov_in_refuse(struct ov_store *st, struct ov_in *m, enum ov_fout fout,
    json_t *extra)
{
	struct ov_n_request r = {.conn = m->conn, .stream = m->stream};

	m->state = OV_IN_ANSWERED;
	st->n.refused++;
	ov_log(OV_LOG_INFO, "event=refused peer=%s code=%s", m->from.s,
	    ov_fout_code(fout));
	ov_answer_fout(st, &r, ov_fout_code(fout), extra);
}

/* Repetitions get the stored receipt bytes. */
static void
answer_repeat(struct ov_store *st, struct ov_in *m)
{
	OV_BUF text = {0};
	struct ov_err e = {0};
	sqlite3_stmt *q;
	uint8_t id[16], wrap[OV_WRAP];
	enum ov_rc rc;
	bool row, gone = false;

	rc = ov_db_q(st->db, &q, &e,
	    "SELECT id,bewijs,stand FROM bericht WHERE nr=?1", "i", m->nr);
	if (rc == OV_OK) {
		rc = ov_db_next(st->db, q, &row, &e);
		gone = rc == OV_OK && (!row || ov_db_null(q, 1));
		if (rc == OV_OK && !gone &&
		    (rc = ov_db_fix(q, 0, id, sizeof(id), &e)) == OV_OK &&
		    (rc = ov_key_get(st, id, wrap, &e)) == OV_OK)
			rc = ov_open_one(st, id, wrap, OV_T_BERICHT, 2, 1,
			    ov_db_blob(q, 1), &text, &e);
		ov_db_done(st->db, q);
	}
	if (gone) {
		ov_in_refuse(st, m, OV_FOUT_VERNIETIGD, NULL);
	} else if (rc != OV_OK) {
		ov_log(OV_LOG_ERROR,
		    "event=stored-receipt nr=%lld fault=\"%s\"",
		    (long long)m->nr, e.msg);
		ov_in_refuse(st, m, OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR, NULL);
	} else {
		st->n.repeated++;
		m->state = OV_IN_ANSWERED;
		answer(st, m, 200, OV_CT_JOSE, 0,
		    (struct ov_view){text.p, text.n});
	}
}

/* ---- one batch ---- */

/* Pipeline step 2: the vault opens what is left. */
static enum ov_rc
open_all(struct ov_store *st, struct ov_in **b, size_t n, struct ov_reply *r,
    struct ov_err *e)
{
	static struct ov_v_open q[OV_BATCH_MAX];
	static struct ov_v_text a[OV_BATCH_MAX];
	size_t k = 0, i;
	enum ov_rc rc;

	for (i = 0; i < n; i++) {
		if (b[i]->state != OV_IN_OPEN)
			continue;
		memcpy(q[k].kid, b[i]->jwe.kid, 32);
		memcpy(q[k].epk, b[i]->jwe.epk, 32);
		memcpy(q[k].iv, b[i]->jwe.iv, 12);
		memcpy(q[k].tag, b[i]->jwe.tag, 16);
		memcpy(q[k].from, b[i]->from.s, 20);
		q[k].aad = b[i]->jwe.aad;
		q[k++].ct = (struct ov_view){b[i]->ct.p, b[i]->ct.n};
	}
	if (k == 0)
		return OV_OK;
	rc = ov_vault(st, OV_V_OPEN, &ov_v_open_rec, q, k, &ov_v_text_rec, a, r,
	    e);
	if (rc != OV_OK)
		return rc;
	for (i = 0, k = 0; i < n; i++) {
		if (b[i]->state != OV_IN_OPEN)
			continue;
		if (a[k].rc == OV_BADSIG)
			ov_in_refuse(st, b[i], OV_FOUT_BERICHT_ONGELDIG, NULL);
		else if (a[k].rc != OV_OK) /* ours: no lasting refusal */
			ov_in_refuse(st, b[i],
			    OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR, NULL);
		else
			b[i]->jws = a[k].text;
		k++;
	}
	return OV_OK;
}

/* A commit that failed: what the partners are told. */
static void
refuse_rest(struct ov_store *st, struct ov_in **b, size_t n,
    const struct ov_err *e)
{
	enum ov_fout f = e->rc == OV_NOSPACE ? OV_FOUT_OPSLAG_VOL
	                                     : OV_FOUT_LOG_NIET_BESCHIKBAAR;

	ov_log(OV_LOG_ERROR, "event=batch-failed messages=%zu fault=\"%s\"", n,
	    e->msg);
	for (size_t i = 0; i < n; i++)
		if (b[i]->state == OV_IN_OPEN)
			ov_in_refuse(st, b[i], f, NULL);
	if (ov_rc_class(e->rc) == OV_CL_STOP)
		ov_store_fatal(st, e);
}

static void
commit_and_answer(struct ov_store *st, struct ov_in **b, size_t n)
{
	struct ov_err e = {0};
	enum ov_rc rc;

	rc = ov_commit_batch(st, b, n, &e);
	if (rc == OV_DENIED && n > 1) { /* one of them: find which */
		for (size_t i = 0; i < n; i++)
			commit_and_answer(st, b + i, 1);
		return;
	}
	if (rc != OV_OK) {
		refuse_rest(st, b, n, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (b[i]->state != OV_IN_DONE)
			continue;
		st->n.accepted++;
		answer(st, b[i], 201, OV_CT_JOSE, 0,
		    (struct ov_view){b[i]->receipt.p, b[i]->receipt.n});
		b[i]->state = OV_IN_ANSWERED;
	}
}

/* Steps 8 to 15 of all of them.  A statement that stands at its first row
 * keeps one read transaction open, so that the look-ups of each message do
 * not each lock the database and let it go; what a check writes (an alarm)
 * is committed by itself as ever. */
static enum ov_rc
check_all(struct ov_store *st, struct ov_in **b, size_t n, struct ov_err *e)
{
	sqlite3_stmt *hold;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &hold, e, "SELECT 1 FROM sqlite_schema", "");
	if (rc == OV_OK)
		rc = ov_db_next(st->db, hold, &row, e);
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		if (b[i]->state == OV_IN_OPEN)
			ov_check_content(st, b[i], b, i);
	ov_db_done(st->db, hold);
	return rc;
}

static void
batch(struct ov_store *st, struct ov_in **b, size_t n)
{
	OV_REPLY opened = {0};
	struct ov_err e = {0};
	size_t open = 0;

	for (size_t i = 0; i < n; i++)
		ov_check_envelope(st, b[i]);
	if (open_all(st, b, n, &opened, &e) != OV_OK) {
		refuse_rest(st, b, n, &e);
		return;
	}
	if (check_all(st, b, n, &e) != OV_OK) {
		refuse_rest(st, b, n, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (b[i]->state == OV_IN_REPEAT)
			answer_repeat(st, b[i]);
		open += b[i]->state == OV_IN_OPEN;
	}
	if (open > 0) {
		st->n.batches++;
		commit_and_answer(st, b, n);
	}
}

static void
run(struct ov_loop *loop, void *arg)
{
	struct ov_store *st = arg;
	struct ov_in *b[OV_BATCH_MAX];
	size_t n = 0, bytes = 0, accepted = st->n.accepted;

	(void)loop;
	st->accept->deferred = false;
	while (n < OV_BATCH_MAX && bytes < OV_BATCH_BYTES_MAX &&
	       (b[n] = take(st->accept)) != NULL)
		bytes += b[n++]->body.n;
	if (n == 0)
		return;
	batch(st, b, n);
	for (size_t i = n; i-- > 0;) {
		if (b[i]->state == OV_IN_LATER)
			put_back(st->accept, b[i]);
		else
			ov_in_free(b[i]);
	}
	if (st->n.accepted != accepted)
		ov_link_kick(st);
	schedule(st);
}
