/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/fake_net.c - what overstapd-net and the wire between two of them
 * do, without TLS: a request of one store becomes a request to the store
 * whose url it names, and its answer comes back.  On the way things are late,
 * lost before or after they were handled, and delivered twice.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "tests/sim/sim.h"

enum stage { TRAVEL, WAIT, RESULT };

struct flight {
	struct flight *next;
	struct ov_timer t;
	enum stage stage;
	struct sim_node *src, *dst; /* dst NULL: nobody is there */
	uint64_t src_life, dst_life, ref, stream;
	uint64_t sent_ms, timeout_ms;
	bool ghost; /* a second copy: nobody waits for its answer */
	bool lose_answer;
	uint8_t method;
	struct ov_buf path, body, pins;
	struct ov_n_result r;
	struct ov_buf answer;
};

static struct {
	struct ov_loop *loop;
	struct flight *all;
	uint64_t stream;
	size_t n;
	uint64_t announced[SIM_NODES][SIM_NODES]; /* life of the other side */
} N;

static void on_timer(struct ov_loop *, void *);

static struct flight *
flight_new(void)
{
	struct flight *f = calloc(1, sizeof(*f));

	SIM_CHECK(f != NULL);
	f->t.fn = on_timer;
	f->t.arg = f;
	f->stream = ++N.stream;
	f->next = N.all;
	N.all = f;
	N.n++;
	return f;
}

static void
flight_free(struct flight *f)
{
	struct flight **at = &N.all;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	N.n--;
	ov_loop_disarm(N.loop, &f->t);
	ov_buf_free(&f->path);
	ov_buf_free(&f->body);
	ov_buf_free(&f->pins);
	ov_buf_free(&f->answer);
	free(f);
}

void
sim_net_begin(void)
{
	memset(&N, 0, sizeof(N));
	SIM_OK(ov_loop_new(&N.loop, e));
}

void
sim_net_end(void)
{
	while (N.all != NULL)
		flight_free(N.all);
	ov_loop_free(N.loop);
	memset(&N, 0, sizeof(N));
}

size_t
sim_net_flights(void)
{
	return N.n;
}

/* ---- towards a store ---- */

static bool
alive(const struct sim_node *n)
{
	return n != NULL && !n->dead && !n->off && n->st != NULL;
}

static void
packet(struct sim_node *n, uint16_t type, uint64_t ref,
    const struct ov_rec *rec, const void *record)
{
	struct ov_pkw w = {0};

	ov_pkw_begin(&w, type, ref, rec, 1);
	ov_pkw_put(&w, record);
	SIM_OK(ov_pkw_end(&w, e));
	SIM_OK(ov_store_net_packet(n->st, (struct ov_view){w.b.p, w.b.n}, e));
	ov_buf_free(&w.b);
}

/* The answer is decided: it arrives after ms. */
static void
resolve(struct flight *f, uint16_t status, uint64_t ms)
{
	f->stage = RESULT;
	f->r.status = status;
	ov_loop_arm(N.loop, &f->t, sim_ms() + ms);
}

static uint64_t
way(void)
{
	return 1 + sim_below(W.latency_ms);
}

static void
announce(struct flight *f)
{
	struct ov_n_peer p = {.conn = (uint64_t)f->src->nr + 1,
	    .roots = 1,
	    .nbf = 1,
	    .naf = (uint64_t)sim_wall() + 400 * 86400};

	if (N.announced[f->src->nr][f->dst->nr] == f->dst->life)
		return;
	N.announced[f->src->nr][f->dst->nr] = f->dst->life;
	memcpy(p.spki, f->src->spki, 32);
	memcpy(p.serial, f->src->oin, 20);
	packet(f->dst, OV_N_PEER, p.conn, &ov_n_peer_rec, &p);
}

static bool
pinned(const struct flight *f)
{
	for (size_t i = 0; i + 32 <= f->pins.n; i += 32)
		if (memcmp(f->pins.p + i, f->dst->spki, 32) == 0)
			return true;
	return false;
}

/* The request is at the other side's net. */
static void
arrive(struct flight *f)
{
	struct ov_route_par par;
	struct ov_n_request q = {.conn = (uint64_t)f->src->nr + 1};
	enum ov_fout fout;

	if (!alive(f->dst) || W.cut[f->src->nr][f->dst->nr] || !pinned(f)) {
		resolve(f, 0, way());
		return;
	}
	fout = ov_route_find(ov_view_str(f->method == 1 ? "POST" : "GET"),
	    (struct ov_view){f->path.p, f->path.n}, &par);
	if (fout != OV_FOUT_GEEN) {
		ov_fout_problem(&f->answer, fout, NULL);
		f->r.ctype = OV_CT_PROBLEM;
		resolve(f, (uint16_t)ov_fout_status(fout), way());
		return;
	}
	f->stage = WAIT;
	f->dst_life = f->dst->life;
	ov_loop_arm(N.loop, &f->t, sim_ms() + f->timeout_ms);
	announce(f);
	q.stream = f->stream;
	q.route = (uint16_t)par.route;
	memcpy(q.jti, par.jti, 16);
	q.num1 = par.num1;
	q.num2 = par.num2;
	memcpy(q.digest, par.digest, 32);
	q.has = par.has;
	q.adresboek = f->src->adresboek;
	q.tile = par.tile;
	q.body = (struct ov_view){f->body.p, f->body.n};
	W.delivered++;
	packet(f->dst, OV_N_REQUEST, f->stream, &ov_n_request_rec, &q);
}

/* The answer is at the asking side's net. */
static void
come_back(struct flight *f)
{
	struct sim_node *src = f->src;

	if (!f->ghost && alive(src) && src->life == f->src_life) {
		f->r.rtt_us = (uint32_t)(sim_ms() - f->sent_ms) * 1000;
		f->r.body = (struct ov_view){f->answer.p, f->answer.n};
		if (f->r.status == 0) {
			f->r.fault = ov_view_str("no answer");
			f->r.body = (struct ov_view){0};
			f->r.ctype = OV_CT_NONE;
		}
		packet(src, OV_N_RESULT, f->ref, &ov_n_result_rec, &f->r);
	}
	flight_free(f);
}

static void
on_timer(struct ov_loop *loop, void *arg)
{
	struct flight *f = arg;

	(void)loop;
	switch (f->stage) {
	case TRAVEL:
		arrive(f);
		return;
	case WAIT: /* no answer in time */
		resolve(f, 0, 0);
		return;
	case RESULT:
		come_back(f);
		return;
	}
}

/* ---- from a store ---- */

static void
copy(struct ov_buf *b, struct ov_view v)
{
	ov_buf_add(b, v.p, v.n);
	SIM_CHECK(!b->bad);
}

static void
depart(struct sim_node *src, uint64_t ref, const struct ov_n_fetch *q,
    bool ghost)
{
	struct flight *f = flight_new();

	f->src = src;
	f->src_life = src->life;
	f->dst = sim_node_url(q->url);
	f->ref = ref;
	f->ghost = ghost;
	f->method = q->method;
	f->sent_ms = sim_ms();
	f->timeout_ms = q->timeout_ms;
	copy(&f->path, q->path);
	copy(&f->body, q->body);
	copy(&f->pins, q->pins);
	f->lose_answer = sim_chance(W.lose_permille);
	if (sim_chance(W.lose_permille)) { /* and nobody saw it */
		resolve(f, 0, sim_chance(500) ? way() : f->timeout_ms);
		return;
	}
	ov_loop_arm(N.loop, &f->t, sim_ms() + way());
}

static void
on_fetch(struct sim_node *n, struct ov_view pkt)
{
	struct ov_n_fetch q;
	struct ov_pkr k;

	SIM_OK(ov_pkr_begin(&k, pkt, OV_N_FETCH, &ov_n_fetch_rec, e));
	SIM_OK(ov_pkr_next(&k, &q, e));
	depart(n, k.ref, &q, false);
	W.posts += q.method == 1;
	if (q.method == 1 && sim_chance(W.twice_permille))
		depart(n, k.ref, &q, true);
}

static void
on_answer(struct sim_node *n, struct ov_view pkt)
{
	struct ov_n_answer a;
	struct ov_pkr k;
	struct flight *f;

	SIM_OK(ov_pkr_begin(&k, pkt, OV_N_ANSWER, &ov_n_answer_rec, e));
	SIM_OK(ov_pkr_next(&k, &a, e));
	for (f = N.all; f != NULL && f->stream != a.stream; f = f->next)
		;
	if (f == NULL || f->stage != WAIT || f->dst != n ||
	    f->dst_life != n->life)
		return; /* the asker has gone */
	SIM_CHECK(a.conn == (uint64_t)f->src->nr + 1);
	if (f->lose_answer)
		return; /* handled, and nobody hears of it */
	f->r.ctype = a.ctype;
	f->r.retry = a.retry;
	f->r.adresboek = n->adresboek;
	f->r.date = (uint64_t)sim_wall();
	copy(&f->answer, a.body);
	resolve(f, a.status, way());
}

static void
on_drop(struct sim_node *n, struct ov_view pkt)
{
	struct ov_n_drop d;
	struct ov_pkr k;

	SIM_OK(ov_pkr_begin(&k, pkt, OV_N_DROP, &ov_n_drop_rec, e));
	SIM_OK(ov_pkr_next(&k, &d, e));
	n->drops++;
	for (int i = 0; i < SIM_NODES; i++)
		if (memcmp(W.node[i].spki, d.spki, 32) == 0)
			N.announced[i][n->nr] = 0;
}

static void
on_state(struct sim_node *n, struct ov_view pkt)
{
	struct ov_n_state s;
	struct ov_pkr k;

	SIM_OK(ov_pkr_begin(&k, pkt, OV_N_STATE, &ov_n_state_rec, e));
	SIM_OK(ov_pkr_next(&k, &s, e));
	n->adresboek = s.adresboek;
}

enum ov_rc
sim_net_send(void *ctx, const void *p, size_t n, struct ov_err *e)
{
	struct sim_node *node = ctx;
	struct ov_view pkt = {p, n};
	uint16_t type;
	uint64_t ref;
	enum ov_rc rc;

	if (node->dead || node->off)
		return ov_fail(e, OV_AGAIN, "dead");
	if ((rc = ov_pk_peek(pkt, &type, &ref, e)) != OV_OK)
		return rc;
	switch (type) {
	case OV_N_FETCH:
		on_fetch(node, pkt);
		return OV_OK;
	case OV_N_ANSWER:
		on_answer(node, pkt);
		return OV_OK;
	case OV_N_STATE:
		on_state(node, pkt);
		return OV_OK;
	case OV_N_DROP:
		on_drop(node, pkt);
		return OV_OK;
	case OV_N_TRUST:
	case OV_N_PEER | OV_PK_REPLY:
		return OV_OK;
	default:
		return ov_fail(e, OV_BADMSG, "store sends type %#x", type);
	}
}

void
sim_net_break(struct sim_node *n)
{
	for (struct flight *f = N.all, *next; f != NULL; f = next) {
		next = f->next;
		if (f->src == n)
			flight_free(f);
		else if (f->dst == n && f->stage == WAIT)
			resolve(f, 0, way());
	}
	for (int i = 0; i < SIM_NODES; i++)
		N.announced[i][n->nr] = 0;
	if (!alive(n))
		return;
	ov_store_net_down(n->st);
	ov_store_net_up(n->st);
}
