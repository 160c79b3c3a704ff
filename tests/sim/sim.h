/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/sim.h - a region in one process: the real store roles with their
 * vaults and holders, over a clock, a network and disks that a seed decides.
 *
 * One schedule is shared by every loop.  Time passes only when nobody has
 * anything left to do, and then jumps to the next timer.  Whatever is random,
 * in the roles and in their surroundings, comes from the seed, so a seed that
 * fails fails again.
 *
 * A node that "dies" (its disk froze, or the test killed it) says nothing any
 * more and writes nothing any more, from that very write on; sim_restart()
 * buries it and starts it anew from its files.
 */
#ifndef OV_TESTS_SIM_H
#define OV_TESTS_SIM_H

#include "daemon/store/role.h"

/* A test that fails says where and with which seed. */
#define SIM_CHECK(x)                                                           \
	((x) ? (void)0 : sim_fail(__FILE__, __LINE__, __func__, #x))
_Noreturn void sim_fail(const char *file, int line, const char *func,
    const char *what);
#define SIM_OK(call)                                                           \
	do {                                                                   \
		struct ov_err e_ = {0};                                        \
		struct ov_err *e = &e_;                                        \
		enum ov_rc rc_ = (call);                                       \
		(void)e;                                                       \
		if (rc_ != OV_OK)                                              \
			sim_fail(__FILE__, __LINE__, __func__,                 \
			    e_.msg[0] != '\0' ? e_.msg : #call);               \
	} while (0)

/* ---- clock, schedule and chance (fake_loop.c) ---- */

/* Forget everything; the wall clock begins at wall. */
void sim_begin(uint64_t seed, int64_t wall);
uint64_t sim_seed(void);
uint64_t sim_ms(void);
int64_t sim_wall(void);
uint64_t sim_rand(void);
uint64_t sim_below(uint64_t n);
bool sim_chance(unsigned permille);
void sim_random(void *p, size_t n); /* struct ov_store_env.random */
/* Idle time passes in jumps of at least this much: timers are late, as on a
 * machine that slept. */
void sim_grain(uint64_t ms);
/* One turn of one loop; false when nothing happens before until_ms, and the
 * clock is there then. */
bool sim_step(uint64_t until_ms);

/* ---- disks (fault_vfs.c) ---- */

enum sim_fault {
	SIM_NONE,
	SIM_FULL,  /* one write says "disk full" */
	SIM_IOERR, /* one write fails */
	SIM_KILL,  /* the process dies at this write; the system lives */
	SIM_POWER, /* the machine stops: what was not synced is lost, in part */
};

struct sim_file;
struct sim_disk {
	struct sim_disk *next;
	char prefix[128];
	struct sim_file *files;
	uint64_t ops; /* writes, truncations and syncs so far */
	uint64_t syncs;
	uint64_t at; /* the one that meets the fault; 0: none */
	enum sim_fault fault;
	bool keep; /* remember what was not synced (for SIM_POWER) */
	bool frozen;
	bool hit; /* the fault happened */
	void (*died)(void *);
	void *died_ctx;
};
/* Every file whose path begins with prefix is on this disk. */
void sim_disk_add(struct sim_disk *, const char *prefix);
void sim_disk_remove(struct sim_disk *);
/* Meet the fault at the nth operation from now (1: the next). */
void sim_disk_fault(struct sim_disk *, enum sim_fault, uint64_t n);
/* What the disk holds after the death; usable again. */
void sim_disk_thaw(struct sim_disk *);

/* ---- what holds keys (powers.c) ---- */

struct sim_powers;
struct sim_powers_conf {
	const char *oin, *dir;
	uint8_t identity; /* seeds: these bytes, 32 times */
	uint8_t other;
	uint8_t share; /* as holder; 0: none */
};
struct sim_powers *sim_powers_new(const struct sim_powers_conf *);
void sim_powers_free(struct sim_powers *);
enum ov_rc sim_powers_vault(struct sim_powers *, struct ov_view req,
    struct ov_buf *reply, struct ov_err *);
enum ov_rc sim_powers_houder(struct sim_powers *, struct ov_view req,
    struct ov_buf *reply, struct ov_err *);

/* ---- nodes and their world (world.c) ---- */

enum { SIM_VO, SIM_MBO, SIM_GEM, SIM_NODES };
#define SIM_REGIO "voorbeeld"
#define SIM_LOGDOMEIN "overstap.example"

struct sim_node {
	int nr;
	char oin[21];
	char url[64];
	char dir[128], state[160];
	struct ov_daemon_conf conf;
	uint8_t spki[32], log_pk[32], witness_pk[32];
	struct ov_loop *loop;
	struct ov_store *st;
	struct sim_powers *powers; /* vault, and houder where there is one */
	uint8_t id_seed;           /* its identity is this byte 32 times */
	uint8_t share;             /* as holder; 0: none */
	struct sim_disk disk;
	uint64_t life; /* how often it was started */
	bool dead;
	bool off;           /* its machine is switched off */
	uint32_t adresboek; /* what it told its net */
	uint64_t drops;     /* OV_N_DROP packets */
};

struct sim_budget {
	uint64_t dag, jaar;
};

/* What the next version of the book says. */
struct sim_book {
	unsigned days;             /* validity */
	struct sim_budget vo;      /* of vo in the domain of mbo */
	struct sim_budget notices; /* of both, in the domain of gemeente */
	struct sim_budget mbo;     /* of mbo in its own domain */
	bool gone[SIM_NODES];      /* not a member any more */
	uint8_t id[SIM_NODES];     /* identity seed; 0: as it was */
	uint8_t old[SIM_NODES];    /* id_vorige; 0: none */
	int64_t old_until;
};

struct sim_world {
	char root[96];
	struct sim_node node[SIM_NODES];
	struct sim_book book;
	uint32_t versie;
	uint8_t sha[32];         /* of the newest version */
	uint8_t manifest[2][32]; /* of mbo and gemeente */
	unsigned latency_ms;     /* of one way, at most */
	unsigned lose_permille;  /* requests, and as many answers */
	unsigned twice_permille;
	bool cut[SIM_NODES][SIM_NODES];
	uint64_t delivered; /* requests that arrived */
	uint64_t posts;     /* POST requests that were tried */
};
extern struct sim_world W;

/* Make the region and its nodes and let all accept version 1. */
void sim_world_new(void);
void sim_world_free(void);
/* Start, or start anew after a death or a stop. */
void sim_start(struct sim_node *);
void sim_stop(struct sim_node *); /* as kill -9 does */
void sim_restart(struct sim_node *);
/* Run for this long. */
void sim_run(int64_t seconds);
/* Run until it is true, at most so long; false when it never was.  Dead nodes
 * are started anew on the way when `revive` is set. */
bool sim_until(bool (*done)(void *), void *arg, int64_t seconds, bool revive);
struct sim_node *sim_node_url(struct ov_view url);
const struct ov_lid *sim_lid(struct sim_node *at, int who);

/* ---- the network (fake_net.c) ---- */

void sim_net_begin(void);
void sim_net_end(void);
/* struct ov_store_env.net; ctx is the node. */
enum ov_rc sim_net_send(void *ctx, const void *p, size_t n, struct ov_err *);
/* The net process of this node dies and comes back. */
void sim_net_break(struct sim_node *);
size_t sim_net_flights(void);

/* ---- the address book (region.c) ---- */

/* The note of version W.versie + 1 as W.book says; that version is then the
 * newest.  signers: bit per administrator, two of three are needed. */
void sim_book_make(struct ov_buf *note, unsigned signers);
/* Another text under the newest number, properly signed: a fork. */
void sim_book_fork(struct ov_buf *note);
/* Make it and hand it to one node. */
void sim_book_issue(struct sim_node *);

/* ---- doing things (drive.c) ---- */

void sim_pgn(char out[10], unsigned i);
void sim_born(char out[11], unsigned i);
/* A dossier about pupil i from vo to mbo, or a notice to the municipality;
 * the number in the outbox, 0 when it was not queued (a disk fault). */
int64_t sim_dossier(struct sim_node *, unsigned i);
int64_t sim_notice(struct sim_node *, unsigned i);
/* Pupil i applied at this node; false when that was not stored. */
bool sim_applicant(struct sim_node *, unsigned i, bool other_birthday);
/* sql is a literal with at most one parameter. */
int64_t sim_int(struct sim_node *, const char *sql);
int64_t sim_count(struct sim_node *, const char *sql, const char *arg);
/* Leaves of a kind about a partner (NULL: any). */
int64_t sim_leaves(struct sim_node *, enum ov_leaf_soort, const char *partij);
/* Run with a fine clock until nothing waits, at most so long; and a coarse one
 * afterwards, for the weeks in between. */
bool sim_settle(int64_t seconds);
/* "every outbox is done" for sim_until(). */
bool sim_quiet(void *unused);
/* Everything that must hold between two moments of rest: SIM_CHECKs. */
void sim_check_log(struct sim_node *);
void sim_check_pair(struct sim_node *from, struct sim_node *to);
void sim_check_receipts(struct sim_node *);
void sim_check_all(void);

#endif
