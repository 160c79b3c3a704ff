/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/sim_exchange.c - dossiers and notices under fifty random
 * schedules: late, lost, doubled, with processes and nets that die; each
 * arrives exactly once and is proved on both sides.
 *
 * usage: sim_exchange [SEED]: one seed instead of fifty.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

#define SEEDS 50
#define DOSSIERS 24
#define NOTICES 6
#define WALL ((int64_t)1788249600) /* 2026-09-01T08:00:00Z */

/* Pupils 0-15 applied before, 16-19 applied later, 20-21 with another birth
 * date; 22 and 23 never. */
static void
submit_some(unsigned *d, unsigned *a, unsigned *m)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	unsigned n = 1 + (unsigned)sim_below(6);

	while (n-- > 0) {
		if (*d < DOSSIERS && sim_chance(500))
			SIM_CHECK(sim_dossier(vo, (*d)++) > 0);
		if (*a < 22 && sim_chance(600)) {
			SIM_CHECK(sim_applicant(mbo, *a, *a >= 20));
			(*a)++;
		}
		if (*m < NOTICES && sim_chance(300))
			SIM_CHECK(
			    sim_notice(sim_chance(500) ? vo : mbo, (*m)++) > 0);
	}
}

static void
trouble(void)
{
	struct sim_node *n = &W.node[sim_below(SIM_NODES)];

	switch (sim_below(8)) {
	case 0:
		sim_restart(n); /* kill -9 of all its processes */
		break;
	case 1:
		sim_net_break(n);
		break;
	case 2:
		W.cut[sim_below(SIM_NODES)][sim_below(SIM_NODES)] = true;
		break;
	case 3:
		for (int i = 0; i < SIM_NODES; i++)
			for (int k = 0; k < SIM_NODES; k++)
				W.cut[i][k] = false;
		break;
	default:
		break;
	}
	sim_run((int64_t)sim_below(40));
}

static bool
linked(void *unused)
{
	struct sim_node *mbo = &W.node[SIM_MBO];

	return sim_quiet(unused) &&
	       sim_count(mbo, "SELECT count(*) FROM bericht WHERE stand=?1",
	           "GEKOPPELD") == 20 &&
	       sim_count(mbo, "SELECT count(*) FROM bericht WHERE stand=?1",
	           "TWIJFEL") == 2;
}

static void
one(uint64_t seed)
{
	unsigned d = 0, a = 0, m = 0;
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	struct sim_node *gem = &W.node[SIM_GEM];

	sim_begin(seed, WALL);
	sim_world_new();
	W.latency_ms = 1 + (unsigned)sim_below(3000);
	W.lose_permille = (unsigned)sim_below(200);
	W.twice_permille = (unsigned)sim_below(200);
	while (d < DOSSIERS || a < 22 || m < NOTICES) {
		submit_some(&d, &a, &m);
		trouble();
	}
	for (int i = 0; i < SIM_NODES; i++)
		for (int k = 0; k < SIM_NODES; k++)
			W.cut[i][k] = false;
	W.lose_permille = 20;
	SIM_CHECK(sim_until(linked, NULL, 2 * 86400, false));
	SIM_CHECK(
	    sim_count(vo, "SELECT count(*) FROM uitgaand WHERE stand=?1",
	        "AFGELEVERD") +
	        sim_count(mbo, "SELECT count(*) FROM uitgaand WHERE stand=?1",
	            "AFGELEVERD") ==
	    DOSSIERS + NOTICES);
	SIM_CHECK(sim_count(mbo, "SELECT count(*) FROM bericht WHERE stand=?1",
	              "ONBEKEND") == 2);
	SIM_CHECK(sim_leaves(mbo, OV_LEAF_KOPPELING, NULL) == 20);
	/* Removals have a deadline at the receiver, late or not; what is late
	 * was accepted all the same.  28 August was the last day, the message
	 * was signed on 1 September or later. */
	SIM_CHECK(sim_int(gem, "SELECT count(*) FROM termijn") == NOTICES);
	SIM_CHECK(sim_int(gem, "SELECT count(*) FROM termijn WHERE laat>=2 AND"
	                       " naam='verwijdering' AND"
	                       " uiterlijk='2026-08-28'") == NOTICES * 2 / 3);
	/* Nothing waits for a pseudonym, so no PGN is on disk. */
	for (int i = 0; i < SIM_NODES; i++)
		SIM_CHECK(sim_int(&W.node[i], "SELECT count(*) FROM leerling"
		                              " WHERE pgn IS NOT NULL") == 0);
	sim_check_all();
	sim_world_free();
}

static bool
arrived(void *n)
{
	return sim_int(&W.node[SIM_MBO], "SELECT count(*) FROM bericht") ==
	       *(const int64_t *)n;
}

/* A lone message after a silence costs its receiver one flush: that its sender
 * was heard from is written with it. */
static void
lone(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	static const char heard[] = "SELECT gehoord FROM partner WHERE oin=?1";
	int64_t n = 1, before;
	uint64_t syncs;

	sim_begin(1, WALL);
	sim_world_new();
	SIM_CHECK(sim_dossier(vo, 0) > 0);
	SIM_CHECK(sim_until(arrived, &n, 86400, false));
	for (n = 2; n < 6; n++) {
		sim_run(200);
		before = sim_count(mbo, heard, vo->oin);
		SIM_CHECK(before > 0);
		syncs = mbo->disk.syncs;
		SIM_CHECK(sim_dossier(vo, 0) > 0);
		while (!arrived(&n))
			SIM_CHECK(sim_step(sim_ms() + 100000));
		SIM_CHECK(mbo->disk.syncs == syncs + 1);
		SIM_CHECK(sim_count(mbo, heard, vo->oin) > before);
	}
	sim_world_free();
}

int
main(int argc, char **argv)
{
	if (argc > 1) {
		one(strtoull(argv[1], NULL, 10));
		return 0;
	}
	lone();
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		one(seed);
	(void)printf("%d seeds, %d messages each\n", SEEDS, DOSSIERS + NOTICES);
	return 0;
}
