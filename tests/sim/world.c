/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/world.c - three organisations with their stores, vaults and
 * holders: birth, death and return.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "tests/sim/sim.h"

struct sim_world W;

void
sim_fail(const char *file, int line, const char *func, const char *what)
{
	(void)fprintf(stderr, "%s:%d: %s: %s\n  seed %llu, %llu ms\n", file,
	    line, func, what, (unsigned long long)sim_seed(),
	    (unsigned long long)sim_ms());
	abort();
}

/* ---- what a store's env calls ---- */

static enum ov_rc
call_vault(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	struct sim_node *n = ctx;
	enum ov_rc rc;

	if (n->dead)
		return ov_fail(e, OV_SYS, "dead");
	rc = sim_powers_vault(n->powers, req, &r->buf, e);
	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

static enum ov_rc
call_houder(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	struct sim_node *n = ctx;
	enum ov_rc rc;

	if (n->dead)
		return ov_fail(e, OV_SYS, "dead");
	rc = sim_powers_houder(n->powers, req, &r->buf, e);
	r->v = (struct ov_view){r->buf.p, r->buf.n};
	return rc;
}

static void
die(void *ctx)
{
	struct sim_node *n = ctx;

	n->dead = true;
	n->disk.frozen = true;
}

/* ---- nodes ---- */

static void
helpers_free(struct sim_node *n)
{
	sim_powers_free(n->powers);
	ov_loop_free(n->loop);
	n->powers = NULL;
	n->loop = NULL;
}

void
sim_stop(struct sim_node *n)
{
	if (n->st == NULL)
		return;
	/* Nothing is said or written from here on, as with kill -9; what is
	 * still called sees a disk and a vault that fail. */
	die(n);
	ov_store_net_down(n->st);
	ov_store_free(n->st);
	n->st = NULL;
	helpers_free(n);
	sim_net_break(n);
	sim_disk_thaw(&n->disk);
}

void
sim_start(struct sim_node *n)
{
	struct ov_store_env env = {.conf = &n->conf,
	    .state = n->state,
	    .vault = call_vault,
	    .vault_ctx = n,
	    .net = sim_net_send,
	    .net_ctx = n,
	    .random = sim_random,
	    .fatal = die,
	    .fatal_ctx = n};
	struct sim_powers_conf pc = {n->oin, n->dir, n->id_seed,
	    (uint8_t)(0x20 + n->nr), n->share};
	struct ov_err err = {0};

	SIM_CHECK(n->st == NULL);
	n->dead = false;
	n->life++;
	n->powers = sim_powers_new(&pc);
	SIM_OK(ov_loop_new(&n->loop, e));
	env.loop = n->loop;
	if (n->share != 0) {
		env.houder = call_houder;
		env.houder_ctx = n;
	}
	if (ov_store_new(&env, &n->st, &err) != OV_OK) {
		/* Only the fault of a disk is an excuse. */
		if (!n->disk.hit || n->disk.at == 0)
			sim_fail(__FILE__, __LINE__, "start", err.msg);
		die(n);
		helpers_free(n);
		sim_disk_thaw(&n->disk);
		sim_start(n);
		return;
	}
	memcpy(n->log_pk, n->st->keys.log_pk, 32);
	memcpy(n->witness_pk, n->st->keys.witness_pk, 32);
	ov_store_net_up(n->st);
}

void
sim_restart(struct sim_node *n)
{
	sim_stop(n);
	sim_start(n);
}

static void
node_init(int i)
{
	static const char *const oin[SIM_NODES] = {"00000099000000001000",
	    "00000099000000002000", "00000099000000003000"};
	struct sim_node *n = &W.node[i];
	struct ov_daemon_conf *c = &n->conf;
	char dir[sizeof(n->dir)];

	n->nr = i;
	(void)snprintf(n->oin, sizeof(n->oin), "%s", oin[i]);
	(void)snprintf(n->url, sizeof(n->url),
	    "https://n%d.overstap.example:8443", i);
	(void)snprintf(dir, sizeof(dir), "%s/n%d", W.root, i);
	(void)snprintf(n->dir, sizeof(n->dir), "%s", dir);
	(void)snprintf(n->state, sizeof(n->state), "%s/state", dir);
	SIM_CHECK(mkdir(n->dir, 0700) == 0);
	memset(n->spki, 0xa0 + i, 32);
	n->id_seed = (uint8_t)(0x10 + i);
	n->share = (uint8_t)i; /* mbo 1, gemeente 2 */
	(void)snprintf(c->oin, sizeof(c->oin), "%s", oin[i]);
	c->regio = strdup(SIM_REGIO);
	c->naam = strdup("Organisatie");
	c->logdomein = strdup(SIM_LOGDOMEIN);
	c->url = strdup(n->url);
	c->state = strdup(n->state);
	c->run = strdup(n->dir);
	c->houder = n->share != 0;
	/* What is closed as shipped is opened by a decision of the region. */
	c->tables = strdup(OV_TEST_DATA "/tabellen");
	c->rate = 200;
	c->burst = 1000;
	sim_disk_add(&n->disk, n->state);
	n->disk.died = die;
	n->disk.died_ctx = n;
	sim_start(n);
}

/* Both holders make their manifest of the three domains. */
static void
manifests(void)
{
	struct ov_oin extra[SIM_NODES];

	for (int i = 0; i < SIM_NODES; i++)
		SIM_OK(ov_oin_parse(ov_view_str(W.node[i].oin), &extra[i]));
	for (int i = 0; i < 2; i++) {
		OV_BUF jws = {0};

		SIM_OK(ov_holder_publish(W.node[SIM_MBO + i].st, 1, extra,
		    SIM_NODES, &jws, W.manifest[i], e));
	}
}

void
sim_world_new(void)
{
	struct stat sb;
	OV_BUF note = {0};
	char fp[OV_VINGER_TEXT];

	memset(&W, 0, sizeof(W));
	ov_log_init("sim");
	ov_log_level(getenv("SIM_LOG") != NULL ? OV_LOG_DEBUG : OV_LOG_ERROR);
	(void)snprintf(W.root, sizeof(W.root), "%s/overstap-sim-XXXXXX",
	    stat("/dev/shm", &sb) == 0 ? "/dev/shm" : "/tmp");
	SIM_CHECK(mkdtemp(W.root) != NULL);
	W.latency_ms = 50;
	W.book = (struct sim_book){.days = 35,
	    .vo = {5000, 25000},
	    .notices = {5000, 25000},
	    .mbo = {5000, 25000}};
	sim_net_begin();
	for (int i = 0; i < SIM_NODES; i++)
		node_init(i);
	manifests();
	sim_book_make(&note, 3);
	ov_vinger(fp, W.sha);
	for (int i = 0; i < SIM_NODES; i++) {
		struct ov_err e = {0};
		enum ov_accept got = ov_boek_offer(W.node[i].st,
		    (struct ov_view){note.p, note.n}, fp, NULL, &e);

		if (got != OV_ACCEPT_OK)
			sim_fail(__FILE__, __LINE__, ov_accept_name(got),
			    e.msg);
	}
}

static void
remove_all(const char *dir)
{
	static const char *const names[] = {"state/main.db",
	    "state/main.db-wal", "state/main.db-shm",
	    "state/sleutels/CACHEDIR.TAG", "state/sleutels", "state",
	    "houder/houder.db", "houder/houder.db-wal", "houder/houder.db-shm",
	    "houder/houder.db-journal", "houder", "control.sock"};
	/* What a generation of the KEK has; a night ends one. */
	static const char *const keys[] = {"", ".db", ".db-journal"};
	char path[256], name[40];

	for (int g = 1; g <= 400; g++)
		for (size_t i = 0; i < 3; i++) {
			(void)snprintf(name, sizeof(name), "%s%d%s",
			    i == 0 ? "kek." : "keys.", g, keys[i]);
			(void)snprintf(path, sizeof(path),
			    "%s/state/sleutels/%s", dir, name);
			(void)remove(path);
		}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)remove(path);
	}
	SIM_CHECK(rmdir(dir) == 0);
}

void
sim_world_free(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		sim_stop(&W.node[i]);
		sim_disk_remove(&W.node[i].disk);
		ov_daemon_conf_free(&W.node[i].conf);
		remove_all(W.node[i].dir);
	}
	sim_net_end();
	SIM_CHECK(rmdir(W.root) == 0);
}

struct sim_node *
sim_node_url(struct ov_view url)
{
	for (int i = 0; i < SIM_NODES; i++)
		if (ov_view_eq(url, W.node[i].url))
			return &W.node[i];
	return NULL;
}

const struct ov_lid *
sim_lid(struct sim_node *at, int who)
{
	struct ov_oin oin;
	const struct ov_lid *lid;

	SIM_OK(ov_oin_parse(ov_view_str(W.node[who].oin), &oin));
	lid = ov_book_oin(at->st->boek, &oin);
	SIM_CHECK(lid != NULL);
	return lid;
}

/* ---- time ---- */

static void
revive_dead(void)
{
	for (int i = 0; i < SIM_NODES; i++)
		if (W.node[i].dead && !W.node[i].off)
			sim_restart(&W.node[i]);
}

void
sim_run(int64_t seconds)
{
	uint64_t until = sim_ms() + (uint64_t)seconds * 1000;

	while (sim_step(until) || sim_ms() < until)
		;
}

bool
sim_until(bool (*done)(void *), void *arg, int64_t seconds, bool revive)
{
	uint64_t until = sim_ms() + (uint64_t)seconds * 1000, look = sim_ms();

	while (sim_ms() < until) {
		(void)sim_step(until);
		if (revive)
			revive_dead();
		if (sim_ms() >= look) { /* looking costs a query */
			look = sim_ms() + 200;
			if (done(arg))
				return true;
		}
	}
	return done(arg);
}

bool
sim_settle(int64_t seconds)
{
	bool ok;

	sim_grain(0);
	ok = sim_until(sim_quiet, NULL, seconds, false);
	sim_grain(UINT64_C(1800) * 1000);
	return ok;
}
