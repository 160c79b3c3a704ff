/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/role.c - the role's life: start, packets from net, the tick,
 * transactions, record keys, alarms.
 */
#include "daemon/store/contact.h"
#include "daemon/store/role.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/fs.h"
#include "daemon/store/netc.h"
#include "daemon/store/stranger.h"
#include "daemon/store/toegang.h"
#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/tijd.h"

#define TICK_MS 1000
#define POLL_S 300
#define HOUR_S 3600

void
ov_store_today(const struct ov_store *st, char out[11])
{
	char text[OV_DATE_SIZE];

	ov_date_fmt(text, ov_date_nl(ov_now(st)));
	memcpy(out, text, 11);
}

void
ov_store_fatal(struct ov_store *st, const struct ov_err *e)
{
	ov_log(OV_LOG_ERROR, "event=stop fault=\"%s\"", e->msg);
	if (st->env.fatal != NULL)
		st->env.fatal(st->env.fatal_ctx);
	else
		_exit(70);
}

/* ---- transactions ---- */

enum ov_rc
ov_tx_begin(struct ov_store *st, struct ov_err *e)
{
	st->leaves = false;
	return ov_db_begin(st->db, e);
}

enum ov_rc
ov_tx_leaf(struct ov_store *st, enum ov_leaf_soort soort,
    const struct ov_oin *partij, const uint8_t ref[32], struct ov_err *e)
{
	struct ov_leaf leaf = {.tijd = ov_now(st),
	    .soort = soort,
	    .partij = *partij};
	uint64_t idx;

	memcpy(leaf.ref, ref, 32);
	st->leaves = true;
	return ov_slog_add(&st->log, &leaf, &idx, NULL, e);
}

/* Part of any transaction. */
static enum ov_rc
heard_write(struct ov_store *st, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < st->ngehoord && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e,
		    "UPDATE partner SET gehoord=max(gehoord,?2) WHERE id=?1",
		    "ii", st->gehoord[i].partner, st->gehoord[i].tijd);
	return rc;
}

enum ov_rc
ov_tx_commit(struct ov_store *st, struct ov_err *e)
{
	struct ov_digest root;
	enum ov_rc rc;

	if ((rc = heard_write(st, e)) != OV_OK)
		return rc;
	if (st->leaves && (rc = ov_slog_flush(&st->log, &root, e)) != OV_OK)
		return rc;
	if ((rc = ov_db_commit(st->db, e)) != OV_OK)
		return rc;
	st->n.commits++;
	st->ngehoord = 0;
	if (st->leaves) {
		ov_slog_committed(&st->log);
		st->leaves = false;
	}
	return OV_OK;
}

void
ov_tx_abort(struct ov_store *st)
{
	ov_db_rollback(st->db);
	ov_slog_back(&st->log);
	st->leaves = false;
}

/* ---- record keys ---- */

void
ov_new_id(struct ov_store *st, uint8_t id[16])
{
	uint64_t ms = ov_loop_wall_ms(st->env.loop);

	st->env.random(id, 16);
	for (size_t i = 0; i < 6; i++)
		id[i] = (uint8_t)(ms >> (8 * (5 - i)));
}

void
ov_alarm(struct ov_store *st, const char *soort, int64_t partner)
{
	struct ov_err e = {0};
	enum ov_rc rc;

	ov_log(OV_LOG_WARN, "event=alarm kind=%s partner=%" PRId64, soort,
	    partner);
	rc = ov_db_run(st->db, &e,
	    "UPDATE melding SET aantal=aantal+1,tijd=?3,gezien=0"
	    " WHERE soort=?1 AND partner IS ?2",
	    "tii", soort, partner, ov_now(st));
	if (rc == OV_OK && ov_db_changes(st->db) == 0)
		rc = ov_db_run(st->db, &e,
		    "INSERT INTO melding(tijd,soort,partner) VALUES(?1,?2,?3)",
		    "iti", ov_now(st), soort, partner);
	if (rc != OV_OK)
		ov_log(OV_LOG_ERROR, "event=alarm-row fault=\"%s\"", e.msg);
}

void
ov_alarm_daily(struct ov_store *st, const char *soort, int64_t partner)
{
	int64_t last = -1;

	if (ov_db_int(st->db, &last, -1, NULL,
	        "SELECT max(tijd) FROM melding WHERE soort=?1 AND partner IS "
	        "?2",
	        "ti", soort, partner) == OV_OK &&
	    last >= 0 && ov_utc_day(last) == ov_utc_day(ov_now(st)))
		return;
	ov_alarm(st, soort, partner);
}

enum ov_rc
ov_stand_note(struct ov_store *st, int64_t nr, const char *stand,
    struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO bericht_stand(bericht,tijd,stand,leerling)"
	    " SELECT nr,?2,?3,leerling FROM bericht WHERE nr=?1",
	    "iit", nr, ov_now(st), stand);
}

/* ---- start ---- */

static enum ov_rc
vault_hello(struct ov_store *st, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_hello q;
	enum ov_rc rc;

	memcpy(q.oin, st->self.s, sizeof(q.oin));
	rc = ov_vault(st, OV_V_HELLO, &ov_v_hello_rec, &q, 1, &ov_v_self_rec,
	    &st->keys, &r, e);
	if (rc == OV_OK && st->keys.rc != OV_OK)
		rc = ov_fail(e, OV_DENIED,
		    "the vault belongs to another organisation");
	return rc;
}

static enum ov_rc
files_open(struct ov_store *st, struct ov_err *e)
{
	char path[4096];
	int n;
	enum ov_rc rc;

	n = snprintf(path, sizeof(path), "%s/sleutels", st->env.state);
	if (n < 0 || (size_t)n >= sizeof(path))
		return ov_fail(e, OV_TOOBIG, "state path too long");
	if (mkdir(st->env.state, 0700) < 0 && errno != EEXIST)
		return ov_fail_sys(e, "create %s", st->env.state);
	if ((rc = ov_fs_private(AT_FDCWD, st->env.state, e)) != OV_OK)
		return ov_while(e, rc, "state");
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return ov_fail_sys(e, "create %s", path);
	(void)snprintf(path, sizeof(path), "%s/main.db", st->env.state);
	if ((rc = ov_db_open(path, &st->db, e)) != OV_OK ||
	    (rc = ov_db_open_ro(path, &st->ro, e)) != OV_OK)
		return ov_while(e, rc, "main.db");
	return ov_slog_open(&st->log, st->db, e);
}

/* Leaf 0 of a new log, and the number of its origin. */
static enum ov_rc
log_first(struct ov_store *st, struct ov_err *e)
{
	static const uint8_t zero[32];
	int64_t o;
	enum ov_rc rc;

	if ((rc = ov_db_get(st->db, "oorsprong", &o, 1, e)) != OV_OK)
		return rc;
	st->oorsprong = (uint32_t)o;
	if (st->log.now.size > 0)
		return OV_OK;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_tx_leaf(st, OV_LEAF_START, &st->self, zero, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* Whole tree from the file, against the tiles: at start and every night. */
static enum ov_rc
log_check(struct ov_store *st, struct ov_err *e)
{
	struct ov_digest a, b;
	enum ov_rc rc;

	if ((rc = ov_slog_recompute(st->ro, st->log.was.size, &a, e)) !=
	        OV_OK ||
	    (rc = ov_tlog_root(&st->log.was, &b, e)) != OV_OK)
		return rc;
	if (memcmp(&a, &b, sizeof(a)) != 0)
		return ov_fail(e, OV_DAMAGED, "log: tiles and leaves differ");
	return OV_OK;
}

/* ---- the tick ---- */

static bool
due(int64_t now, int64_t *last, int64_t every)
{
	if (now < *last + every && now >= *last)
		return false;
	*last = now;
	return true;
}

static void
hourly(struct ov_store *st)
{
	struct ov_err e = {0};
	uint64_t size;
	OV_BUF note = {0};

	if (ov_slog_head(st->db, &size, &note, &e) != OV_OK ||
	    (size < st->log.was.size && !st->stop_signing &&
	        ov_checkpoint_now(st, &e) != OV_OK))
		ov_log(OV_LOG_ERROR, "event=checkpoint fault=\"%s\"", e.msg);
	if (ov_db_checkpoint(st->db, &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=wal-checkpoint fault=\"%s\"", e.msg);
	if (ov_sleutels_ready(st, &e) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=own-keys fault=\"%s\"", e.msg);
	if (ov_db_run(st->db, &e, "DELETE FROM gezien WHERE tot>0 AND tot<?1",
	        "i", ov_now(st)) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=prune fault=\"%s\"", e.msg);
	ov_gebruik_tick(st);
	ov_verzuim_kick(st);
	ov_contact_tick(st);
}

/* Nothing else was committed for a while. */
static void
heard_late(struct ov_store *st)
{
	struct ov_err e = {0};
	int64_t now = ov_now(st);
	enum ov_rc rc;

	if (st->ngehoord == 0 || (now < st->gehoord[0].tijd + OV_GEHOORD_S &&
	                             now >= st->gehoord[0].tijd))
		return;
	if ((rc = ov_tx_begin(st, &e)) == OV_OK &&
	    (rc = ov_tx_commit(st, &e)) != OV_OK)
		ov_tx_abort(st);
	if (rc == OV_OK)
		return;
	st->ngehoord = 0; /* a moment that only people look at */
	ov_log(OV_LOG_WARN, "event=heard fault=\"%s\"", e.msg);
}

static void
tick(struct ov_loop *loop, void *arg)
{
	struct ov_store *st = arg;
	struct ov_err e = {0};
	int64_t now = ov_now(st), day;

	if (due(now, &st->at.poll, POLL_S))
		ov_boek_poll(st);
	if (due(now, &st->at.hour, HOUR_S))
		hourly(st);
	if (due(now, &st->at.day, 24 * HOUR_S)) {
		if (log_check(st, &e) != OV_OK) {
			st->stop_signing = true;
			ov_alarm(st, "log-afwijkend", 0);
			ov_log(OV_LOG_ERROR, "event=log-check fault=\"%s\"",
			    e.msg);
		}
		ov_ontvanger_kick(st);
	}
	heard_late(st);
	/* Once a Dutch day, and once there is a book. */
	day = ov_date_days(ov_date_nl(now));
	if (st->boek != NULL && st->at.reminded != day) {
		st->at.reminded = day;
		ov_verzuim_kick(st);
		ov_kalender_remind(st);
	}
	ov_deliver_kick(st);
	ov_pseudo_kick(st);
	ov_link_tick(st);
	ov_wis_tick(st);
	ov_loop_arm(loop, &st->tick, ov_loop_now_ms(loop) + TICK_MS);
}

static enum ov_rc
start(struct ov_store *st, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = files_open(st, e)) != OV_OK ||
	    (rc = ov_tabellen_load(st, e)) != OV_OK ||
	    (rc = ov_toegang_new(st, e)) != OV_OK ||
	    (rc = vault_hello(st, e)) != OV_OK ||
	    (rc = ov_netc_new(st, e)) != OV_OK ||
	    (rc = ov_stranger_new(st, e)) != OV_OK ||
	    (rc = ov_accept_new(st, e)) != OV_OK ||
	    (rc = log_first(st, e)) != OV_OK ||
	    (rc = ov_boek_load(st, e)) != OV_OK ||
	    (rc = ov_sleutels_ready(st, e)) != OV_OK ||
	    (rc = ov_rotatie_new(st, e)) != OV_OK ||
	    (rc = ov_deliver_new(st, e)) != OV_OK ||
	    (rc = ov_pseudo_new(st, e)) != OV_OK ||
	    (rc = ov_verzuim_new(st, e)) != OV_OK ||
	    (rc = ov_link_new(st, e)) != OV_OK ||
	    (rc = ov_ontvanger_new(st, e)) != OV_OK)
		return rc;
	ov_holder_book(st);
	ov_ontvanger_kick(st);
	st->at.poll = st->at.hour = st->at.day = ov_now(st);
	st->tick.fn = tick;
	st->tick.arg = st;
	ov_loop_arm(st->env.loop, &st->tick,
	    ov_loop_now_ms(st->env.loop) + TICK_MS);
	return OV_OK;
}

enum ov_rc
ov_store_new(const struct ov_store_env *env, struct ov_store **out,
    struct ov_err *e)
{
	struct ov_store *st = calloc(1, sizeof(*st));
	enum ov_rc rc;

	*out = NULL;
	if (st == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->env = *env;
	ov_json_init();
	rc = ov_oin_parse(ov_view_str(env->conf->oin), &st->self);
	if (rc == OV_OK)
		rc = start(st, e);
	if (rc != OV_OK) {
		ov_store_free(st);
		return rc;
	}
	*out = st;
	return OV_OK;
}

void
ov_store_free(struct ov_store *st)
{
	if (st == NULL)
		return;
	ov_loop_disarm(st->env.loop, &st->tick);
	ov_control_free(st);
	ov_ontvanger_free(st);
	ov_link_free(st);
	ov_verzuim_free(st);
	ov_pseudo_free(st);
	ov_deliver_free(st);
	ov_accept_free(st);
	ov_netc_free(st);
	ov_stranger_free(st);
	ov_contact_forget(st);
	ov_store_conns_clear(st);
	ov_adresboek_free(st->boek);
	ov_kalender_free(st->kalender);
	ov_rapport_free(st->rapport);
	ov_werk_free(st->werk);
	ov_toegang_stop(st);
	ov_toegang_free(st->toegang);
	ov_compleet_free(st->compleet);
	ov_inzage_free(st->inzage);
	ov_bewaring_free(st->bewaring);
	ov_rotatie_free(st);
	ov_policy_free(st->policy);
	free(st->tabel_fout);
	ov_overgangen_free(st->overgangen);
	ov_types_free(st->types);
	ov_db_close(st->ro);
	ov_db_close(st->db);
	ov_buf_free(&st->vault_w.b);
	free(st->boek_state);
	free(st->own);
	free(st->bundel);
	free(st);
}

/* ---- packets from net ---- */

/* Who is this, by the book in force and our rules for his pki?  *lid is the
 * member whose key it is, also when he is refused, or NULL. */
static enum ov_vreemd
judge(const struct ov_store *st, const struct ov_conn_peer *c,
    const struct ov_lid **lid)
{
	int64_t now = ov_now(st);

	*lid = st->boek != NULL ? ov_book_pin(st->boek, c->spki, OV_PIN_CLIENT)
	                        : NULL;
	if (*lid == NULL)
		return OV_VREEMD_GEEN_LID;
	if ((*lid)->status != OV_LID_ACTIEF)
		return OV_VREEMD_INGETROKKEN;
	if ((*lid)->pki == OV_PKI_PIN)
		return OV_VREEMD_GEEN;
	/* region CA: dates, the name it was issued to, and chain (last: that
	 * of an expired certificate does not verify either) */
	if (now < c->nbf || now >= c->naf)
		return OV_VREEMD_VERLOPEN;
	if (memcmp(c->serial, (*lid)->oin.s, sizeof(c->serial)) != 0)
		return OV_VREEMD_NAAM;
	return c->roots != 0 ? OV_VREEMD_GEEN : OV_VREEMD_KETEN;
}

/* The member of a connection; NULL, and counted, when he is refused. */
static const struct ov_lid *
conn_lid(struct ov_store *st, const struct ov_conn_peer *c)
{
	const struct ov_lid *lid;
	enum ov_vreemd why = judge(st, c, &lid);

	ov_stranger_count(st, c->source, why, lid, 1);
	return why == OV_VREEMD_GEEN ? lid : NULL;
}

static struct ov_conn_peer **
conn_slot(struct ov_store *st, uint64_t conn)
{
	struct ov_conn_peer **at = &st->conns[conn % OV_CONN_HASH];

	while (*at != NULL && (*at)->conn != conn)
		at = &(*at)->next;
	return at;
}

static enum ov_rc
on_peer(struct ov_store *st, struct ov_view pkt, struct ov_err *e)
{
	struct ov_n_peer p;
	struct ov_pkr k;
	struct ov_pkw w = {0};
	struct ov_v_rc a = {0};
	struct ov_conn_peer **at, *c;
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_PEER, &ov_n_peer_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &p, e)) != OV_OK)
		return rc;
	at = conn_slot(st, p.conn);
	if (*at == NULL && (*at = calloc(1, sizeof(**at))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	c = *at;
	c->conn = p.conn;
	memcpy(c->spki, p.spki, 32);
	memcpy(c->serial, p.serial, 20);
	c->roots = p.roots;
	c->nbf = (int64_t)p.nbf;
	c->naf = (int64_t)p.naf;
	memcpy(c->source, p.source, sizeof(c->source));
	a.rc = conn_lid(st, c) != NULL ? OV_OK : OV_DENIED;
	ov_pkw_begin(&w, OV_N_PEER | OV_PK_REPLY, k.ref, &ov_v_rc_rec, 1);
	ov_pkw_put(&w, &a);
	if ((rc = ov_pkw_end(&w, e)) == OV_OK)
		rc = st->env.net(st->env.net_ctx, w.b.p, w.b.n, e);
	ov_buf_free(&w.b);
	return rc;
}

static enum ov_rc
on_gone(struct ov_store *st, struct ov_view pkt, struct ov_err *e)
{
	struct ov_n_gone g;
	struct ov_conn_peer **at, *c;
	struct ov_pkr k;
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_GONE, &ov_n_gone_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &g, e)) != OV_OK)
		return rc;
	if (g.conn == 0)
		ov_stranger_count(st, g.source, OV_VREEMD_HANDDRUK, NULL,
		    g.handshakes_refused);
	if (g.conn != 0 && (c = *(at = conn_slot(st, g.conn))) != NULL) {
		*at = c->next;
		free(c);
	}
	return OV_OK;
}

/* False: no room. */
static bool
heard_later(struct ov_store *st, int64_t partner, int64_t now)
{
	size_t i;

	for (i = 0; i < st->ngehoord && st->gehoord[i].partner != partner; i++)
		;
	if (i == OV_GEHOORD_MAX)
		return false;
	st->gehoord[i] = (struct ov_gehoord){partner, now};
	if (i == st->ngehoord)
		st->ngehoord++;
	return true;
}

/* A request of theirs proves that they are there: the breaker closes and the
 * backlog goes at once.  Looked at once a minute and connection. */
static void
heard(struct ov_store *st, struct ov_conn_peer *c, const struct ov_lid *lid)
{
	int64_t id, fouten = 0, now = ov_now(st);
	struct ov_err e = {0};
	enum ov_rc rc;

	if (c->heard != 0 && now < c->heard + OV_GEHOORD_S && now >= c->heard)
		return;
	c->heard = now;
	ov_pseudo_holder_up(st, &lid->oin);
	rc = ov_partner_id(st, &lid->oin, &id, &e);
	if (rc == OV_OK)
		rc = ov_db_int(st->db, &fouten, 0, &e,
		    "SELECT fouten FROM partner WHERE id=?1", "i", id);
	if (rc == OV_OK && fouten == 0 && heard_later(st, id, now))
		return;
	if (rc == OV_OK)
		rc = ov_db_run(st->db, &e,
		    "UPDATE partner SET gehoord=?2,fouten=0,volgende=0"
		    " WHERE id=?1",
		    "ii", id, now);
	if (rc != OV_OK)
		ov_log(OV_LOG_WARN, "event=heard fault=\"%s\"", e.msg);
	else if (fouten > 0)
		ov_deliver_partner_up(st, id);
}

static enum ov_rc
on_request(struct ov_store *st, struct ov_view pkt, struct ov_err *e)
{
	const struct ov_lid *lid = NULL;
	struct ov_conn_peer *c;
	struct ov_n_request r;
	struct ov_pkr k;
	enum ov_rc rc;

	if ((rc = ov_pkr_begin(&k, pkt, OV_N_REQUEST, &ov_n_request_rec, e)) !=
	        OV_OK ||
	    (rc = ov_pkr_next(&k, &r, e)) != OV_OK)
		return rc;
	if ((c = *conn_slot(st, r.conn)) != NULL)
		lid = conn_lid(st, c);
	if (lid == NULL) {
		ov_answer_fout(st, &r, "partij-onbekend", NULL);
		return OV_OK;
	}
	heard(st, c, lid);
	if (r.adresboek != 0)
		ov_boek_hint(st, lid, r.adresboek);
	/* A book that expired more than 14 days ago says nothing about who
	 * may send any more; a newer one may still be brought. */
	if (r.route == OV_R_BERICHT &&
	    ov_book_age(st->boek, ov_now(st)) == OV_BOOK_OVER)
		ov_answer_fout(st, &r, "tijdelijk-niet-beschikbaar", NULL);
	else if (r.route == OV_R_BERICHT)
		ov_accept_request(st, lid, &r);
	else if (r.route == OV_R_OPRF_EVALUEER ||
	         r.route == OV_R_OPRF_SLEUTELS || r.route == OV_R_OPRF_GEBRUIK)
		ov_holder_request(st, lid, &r);
	else
		ov_serve_request(st, lid, &r);
	return OV_OK;
}

enum ov_rc
ov_store_net_packet(struct ov_store *st, struct ov_view pkt, struct ov_err *e)
{
	uint16_t type;
	uint64_t ref;
	enum ov_rc rc;

	if ((rc = ov_pk_peek(pkt, &type, &ref, e)) != OV_OK)
		return rc;
	switch (type) {
	case OV_N_PEER:
		return on_peer(st, pkt, e);
	case OV_N_REQUEST:
		return on_request(st, pkt, e);
	case OV_N_RESULT:
		return ov_netc_result(st, pkt, e);
	case OV_N_GONE:
		return on_gone(st, pkt, e);
	default:
		return ov_fail(e, OV_BADMSG, "net sends type %#x", type);
	}
}

void
ov_store_conns_clear(struct ov_store *st)
{
	struct ov_conn_peer *c;

	for (size_t i = 0; i < OV_CONN_HASH; i++) {
		while ((c = st->conns[i]) != NULL) {
			st->conns[i] = c->next;
			free(c);
		}
	}
}
