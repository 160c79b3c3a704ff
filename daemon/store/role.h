/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/role.h - the role that decides and remembers: its state, and
 * what its files promise each other.
 *
 * One thread, one loop.  Everything outside (vault, houder, net) is reached
 * through three function pointers, so that the simulation in tests/sim runs
 * this very role.  Vault and houder calls block (deadline 2 s); net packets
 * come and go through the loop.
 *
 * Writing.  There is one writing connection (st->db).  Whoever wants to write
 * calls ov_tx_begin(), writes, and ends with ov_tx_commit() or ov_tx_abort();
 * all of that within one callback, so transactions never interleave.  Leaves
 * go in with ov_tx_leaf().  ov_tx_commit() of a transaction with leaves
 * flushes the tiles; a signed head is only needed where something signed goes
 * out (accept.c makes one per batch, tick.c hourly).  A commit takes along
 * what waits in memory for one (struct ov_gehoord): a flush costs more than
 * everything else about a lone message.
 */
#ifndef OV_DAEMON_STORE_ROLE_H
#define OV_DAEMON_STORE_ROLE_H

#include "base/ipc.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/instance.h"
#include "protocol/adresboek.h"
#include "protocol/bewaring.h"
#include "protocol/claims.h"
#include "protocol/compleet.h"
#include "protocol/fout.h"
#include "protocol/inzage.h"
#include "protocol/kalender.h"
#include "protocol/limits.h"
#include "protocol/overgang.h"
#include "protocol/packet.h"
#include "protocol/policy.h"
#include "protocol/rapport.h"
#include "protocol/route.h"
#include "protocol/toegang.h"
#include "protocol/types.h"
#include "protocol/werk.h"
#include "store/db.h"
#include "store/log.h"

/* An answer of vault or houder; zeroed means empty.  Views of the records
 * that were read from it live until ov_reply_done(). */
struct ov_reply {
	struct ov_ipc_in in; /* from a socket */
	struct ov_buf buf;   /* from a direct call (simulation) */
	struct ov_view v;
};
void ov_reply_done(struct ov_reply *);
#define OV_REPLY __attribute__((cleanup(ov_reply_done))) struct ov_reply

typedef enum ov_rc ov_call_fn(void *ctx, struct ov_view req, struct ov_reply *,
    struct ov_err *);

struct ov_store_env { /* what main.c or the simulation provides */
	struct ov_loop *loop;
	const struct ov_daemon_conf *conf;
	const char *state;          /* folder of main.db and sleutels/ */
	ov_call_fn *vault, *houder; /* houder NULL: not a holder */
	void *vault_ctx, *houder_ctx;
	/* Send a packet to net; OV_AGAIN when its queue is full. */
	enum ov_rc (*net)(void *ctx, const void *p, size_t n, struct ov_err *);
	void *net_ctx;
	/* Random bytes (libsodium, or the simulation's seed). */
	void (*random)(void *buf, size_t n);
	/* A failure of class STOP; NULL: the process exits with 70. */
	void (*fatal)(void *ctx);
	void *fatal_ctx;
};

/* What net reported of a connection; looked up again for every request. */
struct ov_conn_peer {
	struct ov_conn_peer *next;
	uint64_t conn;
	uint8_t spki[32], serial[20];
	uint32_t roots;
	int64_t nbf, naf;
	uint8_t source[16];
	int64_t heard; /* when its last request was noted */
};
#define OV_CONN_HASH 1024

/* Partners heard from since the last commit: partner.gehoord is written with
 * the next one, whatever it is for, and after a minute by itself. */
#define OV_GEHOORD_MAX 32
#define OV_GEHOORD_S 60
struct ov_gehoord {
	int64_t partner, tijd;
};

struct ov_accept_q;
struct ov_deliver;
struct ov_pseudo;
struct ov_control;
struct ov_netc;
struct ov_boek_state;
struct ov_link;
struct ov_own;
struct ov_verzuim;
struct ov_wacht;
struct ov_rotatie;
struct ov_ontvanger;

struct ov_store {
	struct ov_store_env env;
	struct ov_oin self;
	struct ov_db *db, *ro;
	struct ov_slog log;
	struct ov_adresboek *boek; /* newest accepted, or NULL */
	struct ov_types *types;
	struct ov_policy *policy;
	struct ov_overgangen *overgangen;
	char *tabel_fout; /* what is wrong with the region's tables, or NULL */
	size_t tabel_eigen; /* tables in force that are not built in */
	struct ov_kalender *kalender;
	struct ov_rapport *rapport;
	struct ov_werklijst *werk;
	struct ov_toegang *toegang;
	struct ov_compleet *compleet;
	struct ov_inzage *inzage;
	struct ov_bewaring *bewaring; /* how long what is kept */
	struct ov_wacht *wacht;       /* toegang.c: the accounts in force */
	struct ov_v_self keys;        /* our public keys, from the vault */
	uint32_t kek;                 /* generation in use */
	struct ov_rotatie *rotatie;   /* rotatie.c */
	uint32_t oorsprong;           /* log suffix, 1 */
	char *bundel;      /* our current key bundle (JWS), or NULL */
	bool stop_signing; /* log and file disagree: nothing signed leaves */
	bool leaves;       /* the open transaction has leaves */
	uint64_t vault_ref;
	struct ov_pkw vault_w;

	struct ov_netc *netc;
	struct ov_boek_state *boek_state; /* boek.c */
	struct ov_own *own; /* sleutels.c: our encryption and link keys */
	struct ov_accept_q *accept;
	struct ov_deliver *deliver;
	struct ov_pseudo *pseudo;
	struct ov_control *control;
	struct ov_timer tick;
	struct ov_conn_peer *conns[OV_CONN_HASH];
	struct ov_gehoord gehoord[OV_GEHOORD_MAX];
	size_t ngehoord;
	struct { /* when it was last done */
		int64_t poll, hour, day;
		int64_t reminded; /* Dutch date, in days since 1970 */
	} at;
	struct ov_link *link;           /* link.c */
	struct ov_ontvanger *ontvanger; /* ontvanger.c */
	struct ov_contacten *contacten; /* ours; NULL: not read (yet) */
	struct ov_strangers *strangers;
	struct ov_verzuim *verzuim;

	struct { /* counters since start, for `check` and `count` */
		uint64_t accepted, repeated, refused, batches, commits;
		uint64_t handshakes_refused, strangers;
	} n;
};

/* ---- role.c: life ---- */

/* Open the store, greet the vault, load keys, book, log; `*out` is given. */
OV_MUST_CHECK enum ov_rc ov_store_new(const struct ov_store_env *,
    struct ov_store **out, struct ov_err *);
void ov_store_free(struct ov_store *);
/* A packet from net. */
OV_MUST_CHECK enum ov_rc ov_store_net_packet(struct ov_store *,
    struct ov_view pkt, struct ov_err *);
/* net has (re)connected: tell it trust and state.  net is gone: every fetch
 * under way ends without an answer. */
void ov_store_net_up(struct ov_store *);
void ov_store_net_down(struct ov_store *);
void ov_store_conns_clear(struct ov_store *);
/* Dutch civil date of now, "YYYY-MM-DD". */
void ov_store_today(const struct ov_store *, char out[11]);
static inline int64_t
ov_now(const struct ov_store *st)
{
	return ov_loop_wall(st->env.loop);
}
/* A failure of class STOP (I/O error, damage): log it and end the process; the
 * supervisor starts it anew and it reads its state again.  In the simulation
 * it is caught. */
void ov_store_fatal(struct ov_store *, const struct ov_err *);

/* ---- role.c: transactions ---- */

OV_MUST_CHECK enum ov_rc ov_tx_begin(struct ov_store *, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_tx_leaf(struct ov_store *, enum ov_leaf_soort,
    const struct ov_oin *partij, const uint8_t ref[32], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_tx_commit(struct ov_store *, struct ov_err *);
void ov_tx_abort(struct ov_store *);
/* A record id: milliseconds (6 bytes), then ten random bytes, so that new rows
 * are written at the edge of a table keyed by it. */
void ov_new_id(struct ov_store *, uint8_t id[16]);
/* In the open transaction: message nr is in this state from now on; what
 * --at answers from. */
OV_MUST_CHECK enum ov_rc ov_stand_note(struct ov_store *, int64_t nr,
    const char *stand, struct ov_err *);
/* Raise (or count) an alarm for `check`: soort is a code of data/fouten.txt or
 * an event word; partner 0: none.  Its own transaction when none is open. */
void ov_alarm(struct ov_store *, const char *soort, int64_t partner);
/* The same, counted once a UTC day: for what every request would raise. */
void ov_alarm_daily(struct ov_store *, const char *soort, int64_t partner);

/* ---- recordsleutel.c, rotatie.c: record keys, their end, the KEK ---- */

/* Keep a record key's wrap (in the open transaction) / find it; OV_BADMSG:
 * destroyed. */
OV_MUST_CHECK enum ov_rc ov_key_put(struct ov_store *, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_key_get(struct ov_store *, const uint8_t id[16],
    uint8_t wrap[OV_WRAP], struct ov_err *);
/* Destroy it, in the open transaction.  What lies in other files is a redo log
 * (te_vernietigen) that ov_wis_tick() works off, now and after a restart. */
OV_MUST_CHECK enum ov_rc ov_key_destroy(struct ov_store *, const uint8_t id[16],
    struct ov_err *);
/* The same for the ids that the caller put into te_vernietigen (id). */
OV_MUST_CHECK enum ov_rc ov_keys_destroyed(struct ov_store *, struct ov_err *);
/* At start, after the KEK is loaded: what a rotation left behind goes. */
OV_MUST_CHECK enum ov_rc ov_rotatie_new(struct ov_store *, struct ov_err *);
void ov_rotatie_free(struct ov_store *);
/* Every second: a bounded part of the redo log; and at 03:00 a rotation, if
 * anything was destroyed since the last one. */
void ov_wis_tick(struct ov_store *);
/* Begin the next generation of the KEK now; it goes on by itself, in steps
 * between which messages are accepted.  OV_AGAIN: one is under way. */
OV_MUST_CHECK enum ov_rc ov_rotatie_start(struct ov_store *, struct ov_err *);
struct ov_rotatie_stand {
	uint32_t kek; /* generation in use */
	bool bezig;   /* a rotation is under way */
	int64_t open; /* keys whose destruction spans files and is not done */
	int64_t niet_gemeld; /* of these: not in gewist.<g> yet */
	int64_t vernietigd;  /* moment of the first destruction that waits for
	                        a rotation; 0: none */
	int64_t gedaan;      /* moment of the last rotation, 0: never */
};
OV_MUST_CHECK enum ov_rc ov_rotatie_stand(struct ov_store *,
    struct ov_rotatie_stand *, struct ov_err *);

/* ---- sleutels.c: the KEK's calls, for rotatie.c ---- */

OV_MUST_CHECK enum ov_rc ov_kek_call(struct ov_store *, uint8_t op,
    uint32_t gen, const uint8_t *blob, uint8_t out[OV_WRAP], struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_kek_folder(const struct ov_store *, int *fd,
    struct ov_err *);

/* ---- tabellen.c ---- */

/* Types, policy and calendar from the tables in force; at start, after the files are
 * open.  A bad set is named in st->tabel_fout, and the last good one stays. */
OV_MUST_CHECK enum ov_rc ov_tabellen_load(struct ov_store *, struct ov_err *);

/* ---- vaultc.c: calls ---- */

/* n request structs of shape `in` to n (or fewer, *got) reply structs of shape
 * `out`.  got NULL: exactly n are required. */
OV_MUST_CHECK enum ov_rc ov_vault(struct ov_store *, uint16_t type,
    const struct ov_rec *in, const void *req, size_t n,
    const struct ov_rec *out, void *rep, struct ov_reply *, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_houder(struct ov_store *, uint16_t type,
    const struct ov_rec *in, const void *req, size_t n,
    const struct ov_rec *out, void *rep, size_t max, size_t *got,
    struct ov_reply *, struct ov_err *);
/* Seal one text as a column; wrap zero on entry: a new key, returned in it. */
OV_MUST_CHECK enum ov_rc ov_seal_one(struct ov_store *, const uint8_t id[16],
    uint8_t wrap[OV_WRAP], enum ov_table, uint16_t col, uint64_t ver,
    struct ov_view text, struct ov_buf *blob, struct ov_err *);
/* Open one column sealed under its record key. */
OV_MUST_CHECK enum ov_rc ov_open_one(struct ov_store *, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], enum ov_table, uint16_t col, uint64_t ver,
    struct ov_view blob, struct ov_buf *text, struct ov_err *);
/* Sign a statement; the JWS text is appended. */
OV_MUST_CHECK enum ov_rc ov_sign(struct ov_store *, enum ov_statement,
    struct ov_view payload, struct ov_buf *jws, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_tag(struct ov_store *, uint8_t kind, uint32_t ep,
    const struct ov_oin *domain, struct ov_view data, uint8_t tag[16],
    struct ov_err *);
/* n (up to OV_TAGS_MAX) of them in one call. */
#define OV_TAGS_MAX 128
OV_MUST_CHECK enum ov_rc ov_tags(struct ov_store *, const struct ov_v_tag *,
    size_t n, uint8_t (*tag)[16], struct ov_err *);
/* The failure that one reply of OV_V_SEAL is, if it is one. */
OV_MUST_CHECK enum ov_rc ov_sealed_rc(const struct ov_v_sealed *,
    struct ov_err *);

/* ---- netc.c: requests to partners ---- */

typedef void ov_fetched_fn(struct ov_store *, void *arg,
    const struct ov_n_result *);
struct ov_fetch {
	bool post;
	enum ov_ctype ctype;
	const char *path;
	struct ov_view body;
	size_t max;          /* bytes of answer; 0: 512 KiB */
	uint32_t timeout_ms; /* 0: 30 s */
};
/* Ask a member.  done is called exactly once, later, also when net goes away
 * (status 0).  Refuses (OV_AGAIN) when the partner's breaker is open unless
 * `probe`; result codes update breaker, `gezien` and the book hint. */
OV_MUST_CHECK enum ov_rc ov_fetch(struct ov_store *, const struct ov_lid *,
    const struct ov_fetch *, bool probe, ov_fetched_fn *done, void *arg,
    struct ov_err *);
/* Row id of a partner, made when new (0 on failure). */
OV_MUST_CHECK enum ov_rc ov_partner_id(struct ov_store *, const struct ov_oin *,
    int64_t *id, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_partner_oin(struct ov_store *, int64_t id,
    struct ov_oin *, struct ov_err *);
/* Not before this moment (breaker); 0: go ahead. */
int64_t ov_partner_wait(struct ov_store *, int64_t id);

/* ---- boek.c: the address book ---- */

OV_MUST_CHECK enum ov_rc ov_boek_load(struct ov_store *, struct ov_err *);
/* A note by any road; typed: anchor or replace.  Persists, logs, puts in
 * force, tells net.  The outcome's word is ov_accept_name(). */
enum ov_accept ov_boek_offer(struct ov_store *, struct ov_view note,
    const char *typed, const char *reden, struct ov_err *);
/* Somebody says he has version v: fetch stored+1 if that is news. */
void ov_boek_hint(struct ov_store *, const struct ov_lid *, uint32_t v);
void ov_boek_poll(struct ov_store *); /* every 5 minutes, a random member */
/* At start: tell those we exchange with that we are there again, so that their
 * backlog does not wait for their own probe. */
void ov_boek_greet(struct ov_store *);
/* The note of a version (0: newest), appended. */
OV_MUST_CHECK enum ov_rc ov_boek_note(struct ov_store *, uint32_t versie,
    struct ov_buf *, bool *found, struct ov_err *);
/* May we send and evaluate now?  (book present and not expired) */
bool ov_boek_sends(const struct ov_store *);

/* ---- sleutels.c: our own keys and bundle ---- */

/* KEK file, named keys, weekly encryption key, link keys of the epochs, the
 * bundle.  At start, on a new book and daily. */
OV_MUST_CHECK enum ov_rc ov_sleutels_ready(struct ov_store *, struct ov_err *);
/* Is this encryption key ours and in time? */
bool ov_sleutels_kid(const struct ov_store *, const uint8_t kid[32]);
/* Take a partner's bundle (JWS text): verify, keep, tell the vault its link
 * key.  OV_DENIED when it does not follow the stored one. */
OV_MUST_CHECK enum ov_rc ov_bundel_take(struct ov_store *,
    const struct ov_lid *, struct ov_view jws, struct ov_err *);
/* The partner's stored bundle, if it is still good now; else *found false and
 * a fetch is started (at most one under way per partner). */
struct ov_bundle;
OV_MUST_CHECK enum ov_rc ov_bundel_get(struct ov_store *, const struct ov_lid *,
    struct ov_bundle *, bool *found, struct ov_err *);

/* Start fetching a partner's bundle anew (for one that lacks a link key of the
 * epoch: at most hourly, the caller sees to that). */
void ov_bundel_ask(struct ov_store *, const struct ov_lid *);

/* ---- accept.c, serve.c: requests of partners ---- */

OV_MUST_CHECK enum ov_rc ov_accept_new(struct ov_store *, struct ov_err *);
void ov_accept_free(struct ov_store *);
/* net is gone, and with it the connections of all that waits: its successor
 * gives their numbers out again, so nothing of this may be answered there.
 * The senders repeat. */
void ov_accept_drop(struct ov_store *);

void ov_accept_request(struct ov_store *, const struct ov_lid *,
    const struct ov_n_request *);
void ov_serve_request(struct ov_store *, const struct ov_lid *,
    const struct ov_n_request *);
void ov_answer(struct ov_store *, const struct ov_n_request *, uint16_t status,
    enum ov_ctype, uint32_t retry, struct ov_view body);
/* problem+json by code; extra (borrowed, may be NULL) adds members. */
void ov_answer_fout(struct ov_store *, const struct ov_n_request *,
    const char *code, json_t *extra);
/* A checkpoint over everything committed, signed and kept (own transaction).
 */
OV_MUST_CHECK enum ov_rc ov_checkpoint_now(struct ov_store *, struct ov_err *);

/* ---- deliver.c: the outbox ---- */

OV_MUST_CHECK enum ov_rc ov_deliver_new(struct ov_store *, struct ov_err *);
void ov_deliver_free(struct ov_store *);
/* There may be work (new rows, a pseudonym came, a partner answered). */
void ov_deliver_kick(struct ov_store *);
/* A partner answers again: its backlog is due now. */
void ov_deliver_partner_up(struct ov_store *, int64_t partner);
/* A message to queue.  inhoud: JSON text of the member `inhoud`. */
struct ov_submit {
	const struct ov_lid *to; /* NULL: nobody serves it (GEEN-ONTVANGER) */
	const char *srt, *rol;
	struct ov_view inhoud;
	int64_t leerling; /* row whose pid it carries, 0: pid is "" */
	bool has_zaak;
	uint8_t zaak[16]; /* else a new one for types about a person */
	bool has_vervangt;
	uint8_t vervangt[16];
	bool has_betreft;
	uint8_t betreft[16];
	int64_t concept; /* row, or 0 */
};
/* Write the row OPGESTELD in the open transaction; *nr is its number.  Without
 * a receiver it is GEEN-ONTVANGER and points at no pupil. */
OV_MUST_CHECK enum ov_rc ov_submit(struct ov_store *, const struct ov_submit *,
    int64_t *nr, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_outbox_retry(struct ov_store *, int64_t nr,
    int64_t *n, struct ov_err *); /* 0: all */
OV_MUST_CHECK enum ov_rc ov_outbox_renew(struct ov_store *, int64_t nr,
    int64_t *n, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_outbox_withdraw(struct ov_store *, int64_t nr,
    struct ov_err *);

/* ---- ontvanger.c: who waits for a receiver ---- */

OV_MUST_CHECK enum ov_rc ov_ontvanger_new(struct ov_store *, struct ov_err *);
void ov_ontvanger_free(struct ov_store *);
/* Look whether the book serves what had no receiver: at start, on a new book
 * and daily.  16 drafts a turn, goes on by itself. */
void ov_ontvanger_kick(struct ov_store *);
/* A PGN that waits for its receiver, sealed in a row `bewaard`.  All three in
 * the open transaction. */
OV_MUST_CHECK enum ov_rc ov_pgn_keep(struct ov_store *, const char pgn[9],
    int64_t *leerling, struct ov_err *);
/* Ask for its pseudonym at this receiver: *leerling becomes that row.  Leaves
 * any other row, and 0, as it is. */
OV_MUST_CHECK enum ov_rc ov_pgn_move(struct ov_store *, const struct ov_oin *,
    int64_t *leerling, struct ov_err *);
/* Erase those that no draft points at any more. */
OV_MUST_CHECK enum ov_rc ov_pgn_sweep(struct ov_store *, struct ov_err *);

/* ---- pseudo.c: pseudonyms as a client; holder.c: as a holder ---- */

OV_MUST_CHECK enum ov_rc ov_pseudo_new(struct ov_store *, struct ov_err *);
void ov_pseudo_free(struct ov_store *);
void ov_pseudo_kick(struct ov_store *);
/* This member answered, or asked us something: what waits for it as a holder
 * in our back-off is asked again at once (5 s after the last time). */
void ov_pseudo_holder_up(struct ov_store *, const struct ov_oin *);
/* A person wants what waits to be tried now: the message `nr`, or (0) all.
 * What waits for a budget, or for the hour that a holder named, still does. */
OV_MUST_CHECK enum ov_rc ov_pseudo_hurry(struct ov_store *, int64_t nr,
    struct ov_err *);
/* In the open transaction: find or make the row of (domain, active epoch,
 * PGN); *leerling is its number, *ready whether Y is cached.  For eigen rows
 * the caller fills in gegevens himself. */
OV_MUST_CHECK enum ov_rc ov_pseudo_want(struct ov_store *,
    const struct ov_oin *domein, const char pgn[9], bool eigen,
    int64_t *leerling, bool *ready, struct ov_err *);
/* The same for up to OV_WANT_MAX at once, each (domain, PGN) but once.  find:
 * tag, and the row where there is one (nr 0: none); changes nothing.  make, in
 * the open transaction and after find in the same: rows for the others. */
#define OV_WANT_MAX 128
struct ov_want {
	struct ov_oin domein;
	char pgn[9]; /* the caller wipes it */
	bool eigen, ready;
	uint8_t tag[16];
	int64_t nr;
};
OV_MUST_CHECK enum ov_rc ov_pseudo_find(struct ov_store *, struct ov_want *,
    size_t n, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_pseudo_make(struct ov_store *, struct ov_want *,
    size_t n, struct ov_err *);
/* How many pseudonyms are there and how many wait, the Dutch civil date on
 * which the last will be ready at the budgets' pace, and what they wait for.
 * No date: nothing waits, or some of it waits for the region (geen-budget: no
 * budget in the book, or one that ten years do not suffice for). */
struct ov_outlook {
	int64_t ready, waiting;
	char last[11];
	const char *reden; /* "", dagbudget, jaarbudget or geen-budget */
};
OV_MUST_CHECK enum ov_rc ov_pseudo_outlook(struct ov_store *,
    struct ov_outlook *, struct ov_err *);
/* Once a week: what every holder counted for us beside what we asked.  Called
 * hourly; when it is due is stored. */
void ov_gebruik_tick(struct ov_store *);
/* A manifest that the book names: verified and kept. */
OV_MUST_CHECK enum ov_rc ov_holder_publish(struct ov_store *, uint32_t ep,
    const struct ov_oin *extra, size_t nextra, struct ov_buf *jws,
    uint8_t sha[32], struct ov_err *);
void ov_holder_request(struct ov_store *, const struct ov_lid *,
    const struct ov_n_request *);       /* the three oprf routes */
void ov_holder_book(struct ov_store *); /* budgets to the houder */

/* ---- link.c: pupils and dossiers ---- */

/* After the commit of a batch, after pupils came or their Y: make missing
 * tags, join waiting dossiers, decide GEKOPPELD or TWIJFEL; bounded per turn,
 * goes on by itself. */
void ov_link_kick(struct ov_store *);
OV_MUST_CHECK enum ov_rc ov_link_new(struct ov_store *, struct ov_err *);
void ov_link_free(struct ov_store *);
/* Every second: the daily run of link results, spool, retries. */
void ov_link_tick(struct ov_store *);

/* ---- verzuim.c: signals of absence ---- */

OV_MUST_CHECK enum ov_rc ov_verzuim_new(struct ov_store *, struct ov_err *);
void ov_verzuim_free(struct ov_store *);
/* Judge what is not judged yet, in turns of the loop; only drafts are made. */
void ov_verzuim_kick(struct ov_store *);

/* ---- kalender.c: what is due ---- */

/* Daily: what comes due goes to the journal, once each, without names. */
void ov_kalender_remind(struct ov_store *);

/* ---- control.c: the control socket ---- */

/* fd is a listening socket that a supervisor made at path and keeps (it is
 * given), or -1: made here, and removed at the end. */
OV_MUST_CHECK enum ov_rc ov_control_new(struct ov_store *, const char *path,
    int fd, struct ov_err *);
void ov_control_free(struct ov_store *);

#endif
