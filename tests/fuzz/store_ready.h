/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/store_ready.h - a store role with something in every table, for
 * the harnesses that speak to it; it is made anew now and then, so that what
 * one input left behind does not pile up.
 */
#ifndef OV_TESTS_STORE_READY_H
#define OV_TESTS_STORE_READY_H

#include "tests/fuzz/fuzz.h"
#include "tests/unit/link_fixture.h"

#define STORE_INPUTS 2000 /* that meet the same role */

static void
store_end(void)
{
	ov_vault_free(peer);
	peer = NULL;
	must(world_down(NULL) == 0, "the role ends");
}

static void
store_fill(void)
{
	json_t *inhoud = json_load_file(OV_TEST_DATA "/dossier-minimaal.json",
	    0, NULL);

	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	(void)message("999990007", 1);
	(void)message("999990019", 2);
	applicant("jan", "999990007", "2008-02-29");
	ov_link_kick(w.st);
	world_turn(20);
	json_decref(ask("import",
	    json_pack("{s:s,s:s}", "profiel", "overstapdossier", "bestand",
	        "proef"),
	    json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	        "a", "pgn", "999990020", "ontvanger", "Beroepscollege",
	        "inhoud", inhoud),
	    NULL));
	json_decref(ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL));
}

static void
store_ready(void)
{
	static unsigned inputs;

	if (inputs++ % STORE_INPUTS != 0)
		return;
	ov_log_level(OV_LOG_ERROR);
	if (inputs == 1)
		must(atexit(store_end) == 0, "at exit");
	else
		store_end();
	must(world_up(NULL) == 0, "the role starts");
	store_fill();
}

/* One turn of the role's loop, without waiting. */
static void
store_stop(struct ov_loop *loop, void *arg)
{
	(void)arg;
	ov_loop_stop(loop);
}

static void
store_turn(void)
{
	must(ov_loop_defer(w.loop, store_stop, &w, NULL) == OV_OK &&
	         ov_loop_run(w.loop, NULL) == OV_OK,
	    "a turn");
	must(!w.fatal, "the role goes on");
}

#endif
