/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/sim_faults.c - one small exchange, again and again, in which one
 * write or sync of one store fails: the disk is full, an I/O error, kill -9 or
 * a power failure.  What was acknowledged is there afterwards, once, with its
 * leaf and its receipt.
 *
 * Every write meets every fault with "sim_faults all"; otherwise a part of
 * them, chosen by step.  "sim_faults NODE FAULT N" is one of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define WALL ((int64_t)1788249600) /* 2026-09-01T08:00:00Z */
#define RUNS 132                   /* unless all of them */
#define MESSAGES 5

static int64_t acked[MESSAGES];
static uint64_t repeated; /* messages that came a second time */

/* People try again until the command says that it is queued. */
static void
persist(struct sim_node *n, unsigned i, bool notice)
{
	for (int tries = 0; acked[i] == 0; tries++) {
		SIM_CHECK(tries < 5);
		if (n->dead)
			sim_restart(n);
		acked[i] = notice ? sim_notice(n, i) : sim_dossier(n, i);
	}
}

static bool
done(void *unused)
{
	return sim_quiet(unused) &&
	       sim_count(&W.node[SIM_MBO],
	           "SELECT count(*) FROM bericht WHERE stand=?1",
	           "GEKOPPELD") >= 2;
}

static void
scenario(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];

	memset(acked, 0, sizeof(acked));
	for (unsigned i = 0; i < 2; i++) {
		while (!sim_applicant(mbo, i, false))
			sim_restart(mbo);
	}
	for (unsigned i = 0; i < MESSAGES; i++) {
		persist(vo, i, i == 4);
		if (i == 2)
			(void)sim_until(done, NULL, 30, true);
	}
	if (!sim_until(done, NULL, 4 * 3600, true))
		sim_fail(__FILE__, __LINE__, "scenario", "not delivered");
	for (unsigned i = 0; i < MESSAGES; i++) {
		int64_t ok;

		SIM_OK(ov_db_int(vo->st->db, &ok, 0, e,
		    "SELECT stand='AFGELEVERD' FROM uitgaand WHERE nr=?1", "i",
		    acked[i]));
		SIM_CHECK(ok == 1);
	}
}

/* One run; how many operations the disk did in it. */
static uint64_t
one(int node, enum sim_fault fault, uint64_t at)
{
	struct sim_node *n = &W.node[node];
	uint64_t ops, begin;

	sim_begin(1000 * (uint64_t)node + 1, WALL);
	sim_world_new();
	begin = n->disk.ops;
	if (at % 2 == 0) /* half of the faults count from a start */
		sim_stop(n);
	if (fault != SIM_NONE)
		sim_disk_fault(&n->disk, fault, at);
	if (at % 2 == 0)
		sim_start(n);
	scenario();
	ops = n->disk.ops - begin;
	sim_check_all();
	repeated += W.node[SIM_MBO].st->n.repeated;
	sim_world_free();
	return ops;
}

int
main(int argc, char **argv)
{
	static const enum sim_fault faults[] = {SIM_FULL, SIM_IOERR, SIM_KILL,
	    SIM_POWER};
	uint64_t ops[SIM_NODES], total = 0, step, count = 0, hits = 0;
	bool all = argc == 2 && strcmp(argv[1], "all") == 0;

	if (argc == 4) {
		(void)one((int)strtol(argv[1], NULL, 10),
		    (enum sim_fault)strtol(argv[2], NULL, 10),
		    strtoull(argv[3], NULL, 10));
		return 0;
	}
	for (int i = 0; i < SIM_NODES; i++) {
		ops[i] = one(i, SIM_NONE, 0);
		total += 4 * ops[i];
	}
	step = all ? 1 : 1 + total / RUNS;
	for (int i = 0; i < SIM_NODES; i++) {
		for (size_t f = 0; f < 4; f++) {
			for (uint64_t k = 1 + f * step / 4; k <= ops[i];
			     k += step) {
				(void)fprintf(stderr,
				    "\rsim_faults %d %d %llu ", i,
				    (int)faults[f], (unsigned long long)k);
				(void)one(i, faults[f], k);
				count++;
				hits += W.node[i].disk.hit;
			}
		}
	}
	/* Some died between a receipt and its commit. */
	SIM_CHECK(hits > count * 3 / 4 && repeated > 0);
	(void)printf("\n%llu faults among %llu, %llu met\n",
	    (unsigned long long)count, (unsigned long long)total,
	    (unsigned long long)hits);
	return 0;
}
