/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/sim_budget.c - budgets at the holders: the day's pseudonyms are
 * made, the rest follow by themselves on the days that were foretold, and
 * nothing bypasses the debit.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

#define WALL ((int64_t)1788249600) /* 2026-09-01T08:00:00Z */
#define DAY ((int64_t)86400)

static int64_t
delivered(void)
{
	return sim_count(&W.node[SIM_VO],
	    "SELECT count(*) FROM uitgaand WHERE stand=?1", "AFGELEVERD");
}

static void
outlook(int64_t ready, int64_t waiting, const char *last)
{
	struct ov_outlook o;

	SIM_OK(ov_pseudo_outlook(W.node[SIM_VO].st, &o, e));
	SIM_CHECK(o.ready == ready);
	SIM_CHECK(o.waiting == waiting);
	if (strcmp(o.last, last) != 0)
		sim_fail(__FILE__, __LINE__, last, o.last);
}

/* What those wait for that are not of today. */
static void
waits_for(const char *reden)
{
	struct ov_outlook o;

	SIM_OK(ov_pseudo_outlook(W.node[SIM_VO].st, &o, e));
	if (strcmp(o.reden, reden) != 0)
		sim_fail(__FILE__, __LINE__, reden, o.reden);
}

/* Just after the next midnight in UTC. */
static void
next_day(void)
{
	sim_grain(UINT64_C(600) * 1000);
	sim_run(DAY - sim_wall() % DAY + 60);
	sim_grain(0);
	(void)sim_until(sim_quiet, NULL, 2 * 3600, false);
}

/* How often this alarm was counted; 0: never. */
static int64_t
alarms(int node, const char *soort)
{
	return sim_count(&W.node[node],
	    "SELECT ifnull(max(aantal),0) FROM melding WHERE soort=?1", soort);
}

/* 25 pupils at 10 a day; the middle day has a restart of everything. */
static void
days(void)
{
	struct sim_node *vo = &W.node[SIM_VO];

	sim_begin(1, WALL);
	sim_world_new();
	W.book.vo = (struct sim_budget){10, 1000};
	sim_book_issue(vo);
	sim_run(3600);
	for (unsigned i = 0; i < 25; i++)
		SIM_CHECK(sim_dossier(vo, i) > 0);
	outlook(0, 25, "2026-09-03");
	waits_for("dagbudget");
	sim_run(1800);
	SIM_CHECK(delivered() == 10);
	outlook(10, 15, "2026-09-03");
	SIM_CHECK(
	    sim_int(vo, "SELECT count(*) FROM leerling"
	                " WHERE stand='wacht' AND pgn IS NOT NULL") == 15);
	/* People who press the button again get no more of it. */
	ov_pseudo_kick(vo->st);
	sim_run(3600);
	SIM_CHECK(delivered() == 10);
	next_day();
	SIM_CHECK(delivered() == 20);
	outlook(20, 5, "2026-09-03");
	for (int i = 0; i < SIM_NODES; i++)
		sim_restart(&W.node[i]);
	sim_run(3600);
	SIM_CHECK(delivered() == 20);
	next_day();
	SIM_CHECK(delivered() == 25);
	outlook(25, 0, "");
	waits_for("");
	SIM_CHECK(sim_int(vo, "SELECT count(*) FROM leerling"
	                      " WHERE pgn IS NOT NULL") == 0);
	/* Two days took all of the day's budget, and were told once each at
	 * both ends; the mbo holds a share and says so too. */
	SIM_CHECK(alarms(SIM_VO, "eigen-budget-dag-bijna-op") == 2);
	SIM_CHECK(alarms(SIM_MBO, "budget-dag-bijna-op") == 2);
	SIM_CHECK(alarms(SIM_GEM, "budget-dag-bijna-op") == 2);
	SIM_CHECK(alarms(SIM_VO, "eigen-budget-jaar-bijna-op") == 0);
	/* A week later the holders' counters are what was asked; when a day
	 * of our list is not ours, the next comparison says so. */
	for (int i = 0; i < 8; i++)
		next_day();
	SIM_CHECK(alarms(SIM_VO, "gebruik-verschilt") == 0);
	SIM_OK(ov_db_run(vo->st->db, e,
	    "DELETE FROM oprf_vraag WHERE dag=(SELECT min(dag)"
	    " FROM oprf_vraag)",
	    ""));
	for (int i = 0; i < 8; i++)
		next_day();
	SIM_CHECK(sim_int(vo, "SELECT count(*) FROM melding WHERE"
	                      " soort='gebruik-verschilt' AND aantal=1") == 2);
	sim_check_all();
	sim_world_free();
}

/* The year's budget is gone: nothing until 1 August, or a larger budget. */
static void
year(void)
{
	struct sim_node *vo = &W.node[SIM_VO];

	sim_begin(2, WALL);
	sim_world_new();
	W.book.vo = (struct sim_budget){10, 15};
	sim_book_issue(vo);
	sim_run(3600);
	for (unsigned i = 0; i < 20; i++)
		SIM_CHECK(sim_dossier(vo, i) > 0);
	outlook(0, 20, "2027-08-01");
	waits_for("jaarbudget");
	sim_run(1800);
	SIM_CHECK(delivered() == 10);
	for (int i = 0; i < 4; i++)
		next_day();
	SIM_CHECK(delivered() == 15);
	SIM_CHECK(alarms(SIM_VO, "eigen-budget-jaar-bijna-op") == 1);
	SIM_CHECK(alarms(SIM_GEM, "budget-jaar-bijna-op") == 1);
	outlook(15, 5, "2027-08-01");
	/* A budget that ten years do not suffice for has no date. */
	W.book.vo = (struct sim_budget){1, 0};
	sim_book_issue(vo);
	sim_run(60);
	outlook(15, 5, "");
	waits_for("geen-budget");
	W.book.vo = (struct sim_budget){10, 100};
	sim_book_issue(vo);
	sim_grain(0);
	/* vo has the new book before the holders, and asks at once. */
	SIM_CHECK(sim_until(sim_quiet, NULL, 3 * 3600, false));
	SIM_CHECK(delivered() == 20);
	sim_check_all();
	sim_world_free();
}

int
main(void)
{
	days();
	year();
	(void)puts("budgets: foretold and kept");
	return 0;
}
