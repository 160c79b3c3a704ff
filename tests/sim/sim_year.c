/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/sim_year.c - a school year in seconds: the receiver is off for the
 * summer, messages expire and are renewed, books follow each other, keys
 * rotate, and in the end every message is told the same way on both sides.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

#define WALL ((int64_t)1781510400) /* 2026-06-15T08:00:00Z */
#define DAY ((int64_t)86400)

static int64_t
out(const char *stand)
{
	return sim_count(&W.node[SIM_VO],
	    "SELECT count(*) FROM uitgaand WHERE stand=?1", stand);
}

static void
off(struct sim_node *n)
{
	sim_stop(n);
	n->off = true;
}

static void
on(struct sim_node *n)
{
	n->off = false;
	sim_start(n);
}

/* Weeks pass; every third of them the administrators sign a new book, which
 * reaches whoever is there. */
static void
weeks(int n)
{
	static int count;

	for (int i = 0; i < n; i++) {
		sim_run(7 * DAY);
		if (++count % 3 == 0)
			sim_book_issue(&W.node[SIM_VO]);
	}
}

static void
summer(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	int64_t nr, renewed, breaker;
	uint64_t posts;

	sim_grain(UINT64_C(1800) * 1000);
	weeks(2);
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	SIM_CHECK(sim_settle(600));
	SIM_CHECK(out("AFGELEVERD") == 1);
	off(mbo);
	posts = W.posts;
	nr = sim_dossier(vo, 1); /* its pseudonym is here: it is signed */
	SIM_CHECK(nr > 0);
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	SIM_CHECK(sim_dossier(vo, 2) > 0); /* one holder is off: it waits */
	sim_grain(1000);
	sim_run(2 * 3600);
	SIM_CHECK(out("ONDERWEG") == 2);
	SIM_CHECK(out("WACHT-OP-PSEUDONIEM") == 1);
	breaker = sim_int(vo, "SELECT max(fouten) FROM partner");
	SIM_CHECK(breaker >= 5);
	SIM_CHECK(
	    sim_int(vo, "SELECT max(volgende) FROM partner") > sim_wall());
	SIM_CHECK(W.posts - posts < 150); /* two hours of back-off */
	sim_grain(UINT64_C(1800) * 1000);
	sim_run(6 * DAY);
	SIM_CHECK(out("ONDERWEG") == 2);
	sim_run(DAY);
	SIM_CHECK(out("VERLOPEN") == 2);
	SIM_CHECK(sim_count(vo, "SELECT count(*) FROM melding WHERE soort=?1",
	              "verlopen") == 1);
	/* Seven weeks; the book and the key bundle of mbo expire meanwhile, so
	 * what comes now is not signed before mbo is back. */
	weeks(1);
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	weeks(5);
	SIM_CHECK(out("VERLOPEN") == 2);
	SIM_CHECK(out("WACHT-OP-PSEUDONIEM") == 1);
	SIM_CHECK(out("OPGESTELD") == 1);
	on(mbo);
	SIM_CHECK(!ov_boek_sends(mbo->st));
	sim_run(DAY);
	SIM_CHECK(ov_boek_sends(mbo->st)); /* it caught up by itself */
	SIM_CHECK(sim_settle(2 * 3600));   /* and so did the pseudonym */
	SIM_CHECK(out("AFGELEVERD") == 3);
	SIM_CHECK(out("VERLOPEN") == 2);
	SIM_OK(ov_outbox_renew(vo->st, 0, &renewed, e));
	SIM_CHECK(renewed == 2);
	SIM_CHECK(sim_settle(2 * 3600));
	SIM_CHECK(out("AFGELEVERD") == 5);
	SIM_CHECK(out("INGETROKKEN") == 2);
	/* New id, the old one named, the same case; its number is void. */
	SIM_CHECK(
	    sim_int(vo, "SELECT count(*) FROM uitgaand a JOIN uitgaand b ON"
	                " b.vervangt=a.jti AND b.jti<>a.jti AND b.zaak=a.zaak"
	                " WHERE a.stand='INGETROKKEN' AND a.seq_vrij=1"
	                " AND b.stand='AFGELEVERD'") == 2);
	SIM_CHECK(sim_int(mbo, "SELECT count(*) FROM bericht") == 5);
	sim_check_all();
}

/* The rest of the year: some messages a week, weekends off, one restart a
 * month. */
static void
year(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	int64_t had = out("AFGELEVERD"), sent = 0;

	for (int week = 0; week < 40; week++) {
		for (unsigned i = 0; i < 1 + sim_below(3); i++) {
			SIM_CHECK(
			    sim_dossier(vo, 10 + (unsigned)sim_below(30)) > 0);
			sent++;
		}
		if (sim_chance(500)) { /* into the weekend */
			off(mbo);
			sim_run(2 * DAY);
			on(mbo);
		}
		if (week % 4 == 3)
			sim_restart(&W.node[sim_below(SIM_NODES)]);
		SIM_CHECK(sim_settle(3 * 3600));
		weeks(1);
	}
	SIM_CHECK(out("AFGELEVERD") == had + sent);
	SIM_CHECK(sim_int(mbo, "SELECT count(*) FROM bericht") == had + sent);
	/* A year of weekly encryption keys: the old ones are gone. */
	SIM_CHECK(sim_int(mbo, "SELECT count(*) FROM sleutel_naam WHERE"
	                       " soort=1") <= 4);
	sim_check_all();
}

int
main(void)
{
	sim_begin(1, WALL);
	sim_world_new();
	summer();
	year();
	sim_world_free();
	(void)puts("a school year, renewed and delivered");
	return 0;
}
