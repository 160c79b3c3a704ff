/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_link.c - which dossier belongs to which applicant: linked,
 * doubtful, unknown; undone and decided by hand; and what may be opened.
 */
#include "tests/unit/link_fixture.h"

#include "daemon/store/link.h"
#include "daemon/store/ctl.h"

static void
linking(void **state)
{
	int64_t known, doubt, unknown;
	uint64_t leaves;
	json_t *rows = json_array(), *j;

	(void)state;
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	known = message("999990007", 1);
	doubt = message("999990019", 2);
	unknown = message("999990020", 3);
	ov_link_kick(w.st);
	world_turn(20);
	is(known, "ONBEKEND");
	leaves = w.st->log.was.size;
	applicant("jan", "999990007", "2008-02-29");
	applicant("piet", "999990019", "2008-02-28");
	ov_link_kick(w.st);
	world_turn(50);
	is(known, "GEKOPPELD");
	is(doubt, "TWIJFEL");
	is(unknown, "ONBEKEND");
	assert_int_equal(w.st->log.was.size, leaves + 1);

	/* Only what is linked is opened, by any road. */
	refused(ask("inbox.show", nr_arg(doubt), NULL, rows), "twijfel");
	refused(ask("inbox.show", nr_arg(unknown), NULL, rows),
	    "niet-gekoppeld");
	assert_int_equal(json_array_size(rows), 0);
	j = ask("export", json_pack("{s:s}", "profiel", "overstapdossier"),
	    NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 1);
	json_decref(j);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(rows, 0),
	                            "eigenReferentie")),
	    "jan");
	assert_non_null(json_object_get(json_array_get(rows, 0), "inhoud"));

	/* Undone, it is closed again; decided, it is open again. */
	j = ask("inbox.unlink", nr_arg(known), NULL, NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	is(known, "TWIJFEL");
	refused(ask("inbox.show", nr_arg(known), NULL, NULL), "twijfel");
	ov_link_kick(w.st);
	world_turn(20);
	is(known, "TWIJFEL");
	refused(ask("inbox.link", nr_arg(unknown), NULL, NULL),
	    "stand-past-niet");
	refused(ask("inbox.link",
	            json_pack("{s:I,s:s}", "nr", (json_int_t)known,
	                "eigenReferentie", "niemand"),
	            NULL, NULL),
	    "nummer-onbekend");
	is(known, "TWIJFEL");
	json_decref(ask("inbox.link",
	    json_pack("{s:I,s:s}", "nr", (json_int_t)known, "eigenReferentie",
	        "jan"),
	    NULL, NULL));
	is(known, "GEKOPPELD");
	j = ask("inbox.show", nr_arg(known), NULL, NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);

	/* The enrolment is mended: the doubt goes by itself. */
	j = ask("pupils.load", NULL,
	    json_pack("[{s:s,s:s,s:s,s:s}]", "eigenReferentie", "piet", "pgn",
	        "999990019", "geboortedatum", "2008-02-29", "schoolVerlaten",
	        ""),
	    NULL);
	assert_int_equal(end_int(j, "gewijzigd"), 1);
	json_decref(j);
	world_turn(50);
	is(doubt, "GEKOPPELD");
	is(unknown, "ONBEKEND");
	refused(ask("pupils.remove",
	            json_pack("{s:s}", "eigenReferentie", "piet"), NULL, NULL),
	    "leerling-gekoppeld");
	json_decref(rows);
	ov_vault_free(peer);
}

static void
run(const char *sql, int64_t nr)
{
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e, sql, "i", nr) != OV_OK)
		fail_msg("%s: %s", sql, e.msg);
}

static int64_t
count(const char *sql)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL, sql, ""), OV_OK);
	return n;
}

/* A pupil, a receipt or a partner that cannot be used is set aside or waits,
 * and everybody else's dossiers are linked. */
static void
damaged(void **state)
{
	static const char *const pgn[] = {"999990007", "999990019", "999990020",
	    "999990032"};
	int64_t nr[5];
	char ref[16];

	(void)state;
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	for (int i = 0; i < 4; i++) {
		(void)snprintf(ref, sizeof(ref), "r%d", i);
		applicant(ref, pgn[i], "2008-02-29");
		if (i == 0) /* its pseudonym rots before it has tags */
			run("UPDATE leerling SET y=zeroblob(105) WHERE nr=?1",
			    1);
		if (i == 1) /* and of this one the key is gone */
			run("DELETE FROM sleutel_jong WHERE id=(SELECT id FROM"
			    " leerling WHERE nr=?1)",
			    2);
	}
	ov_link_kick(w.st);
	world_turn(50);
	assert_int_equal(count("SELECT count(*) FROM terzijde"
	                       " WHERE tabel='leerling' AND record IN (1,2)"),
	    2);
	assert_int_equal(count("SELECT count(*) FROM etiket"), 2);
	for (int i = 0; i < 4; i++)
		nr[i] = message(pgn[i], i + 1);
	nr[4] = message(pgn[3], 9);
	/* The first that can be linked is of a partner whose link key the
	 * vault lacks; of the next the receipt rotted. */
	run("INSERT INTO partner(id,oin) VALUES(?1,'00000099000000003000')",
	    77);
	run("INSERT INTO etiket(partner,ep,tag16,leerling) SELECT 77,1,tag16,3"
	    " FROM bericht WHERE nr=?1",
	    nr[2]);
	run("UPDATE bericht SET partner=77 WHERE nr=?1", nr[2]);
	run("UPDATE bericht SET bewijs=zeroblob(99) WHERE nr=?1", nr[3]);
	for (int i = 0; i < 3; i++) {
		ov_link_again(w.st);
		world_turn(50);
	}
	assert_false(w.fatal);
	is(nr[0], "ONBEKEND");
	is(nr[1], "ONBEKEND");
	is(nr[2], "ONBEKEND");
	is(nr[3], "TERZIJDE");
	is(nr[4], "GEKOPPELD");
	assert_int_equal(count("SELECT count(*) FROM terzijde"), 3);
	/* A message's own key is gone, and its pupil's: one is set aside, the
	 * other waits. */
	nr[0] = message(pgn[3], 10);
	nr[1] = message(pgn[2], 11);
	nr[2] = message(pgn[3], 12);
	run("DELETE FROM sleutel_jong WHERE id=(SELECT id FROM bericht"
	    " WHERE nr=?1)",
	    nr[0]);
	run("DELETE FROM sleutel_jong WHERE id=(SELECT id FROM leerling"
	    " WHERE nr=?1)",
	    3);
	ov_link_again(w.st);
	world_turn(50);
	is(nr[0], "TERZIJDE");
	is(nr[1], "ONBEKEND");
	is(nr[2], "GEKOPPELD");
	/* What we know of the pupil rotted: it is set aside, once, and the
	 * dossier waits for it. */
	nr[0] = message(pgn[3], 13);
	run("UPDATE leerling SET gegevens=zeroblob(99) WHERE nr=?1", 4);
	for (int i = 0; i < 2; i++) {
		ov_link_again(w.st);
		world_turn(50);
	}
	is(nr[0], "ONBEKEND");
	assert_int_equal(count("SELECT count(*) FROM terzijde WHERE"
	                       " tabel='leerling' AND record=4"),
	    1);
	/* A column of the wrong length, met by a command. */
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "PRAGMA ignore_check_constraints=1", ""),
	    OV_OK);
	run("UPDATE bericht SET id=x'00' WHERE nr=?1", nr[2]);
	refused(ask("inbox.show", nr_arg(nr[2]), NULL, NULL), "onleesbaar");
	is(nr[2], "TERZIJDE");
	assert_false(w.fatal);
	ov_vault_free(peer);
}

/* Columns of the wrong length, before there are tags: set aside, and whoever
 * comes after them has a tag, is linked and can be replaced. */
static void
cut(void **state)
{
	json_t *j;
	int64_t nr;

	(void)state;
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	applicant("r0", "999990007", "2008-02-29");
	run("UPDATE leerling SET y=zeroblob(99) WHERE nr=?1", 1);
	applicant("r1", "999990019", "2008-02-29");
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "PRAGMA ignore_check_constraints=1", ""),
	    OV_OK);
	run("UPDATE leerling SET id=x'00' WHERE nr=?1", 2);
	applicant("r2", "999990020", "2008-02-29");
	nr = message("999990020", 1);
	ov_link_kick(w.st);
	world_turn(50);
	assert_false(w.fatal);
	assert_int_equal(count("SELECT count(*) FROM terzijde"
	                       " WHERE tabel='leerling' AND record IN (1,2)"),
	    2);
	assert_int_equal(count("SELECT count(*) FROM etiket WHERE leerling=3"),
	    1);
	is(nr, "GEKOPPELD");
	run("UPDATE leerling SET geladen=0 WHERE nr<=?1", 2);
	j = ask("pupils.load", json_pack("{s:b}", "vervang", 1),
	    json_pack("[{s:s,s:s,s:s,s:s}]", "eigenReferentie", "r2", "pgn",
	        "999990020", "geboortedatum", "2008-02-29", "schoolVerlaten",
	        ""),
	    NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	assert_int_equal(count("SELECT count(*) FROM leerling WHERE nr=1"), 0);
	assert_int_equal(count("SELECT count(*) FROM leerling WHERE nr=2"), 1);
	ov_vault_free(peer);
}

/* What acceptance stores open at a municipality: no content is needed. */
static int64_t
open_message(const char *srt, const char *stand, const char *pgn, int seq)
{
	int64_t nr = message(pgn, seq);

	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE bericht SET srt=?2,rol='leerplicht',"
	                     "gesloten=0,stand=?3 WHERE nr=?1",
	                     "itt", nr, srt, stand),
	    OV_OK);
	return nr;
}

static bool
about(int64_t nr, int64_t leerling)
{
	int64_t got;

	assert_int_equal(ov_db_int(w.st->db, &got, 0, NULL,
	                     "SELECT leerling FROM bericht WHERE nr=?1", "i",
	                     nr),
	    OV_OK);
	return got == leerling;
}

/* A status names nobody: it waits for the population, and is tried again after
 * each load.  A notice is worked on either way. */
static void
population(void **state)
{
	int64_t status, other, notice, jan;
	uint64_t leaves;
	json_t *rows = json_array();

	(void)state;
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	leaves = w.st->log.was.size;
	status = open_message("overstapstatus", "ONBEKEND", "999990007", 61);
	other = open_message("overstapstatus", "ONBEKEND", "999990019", 62);
	notice = open_message("uitschrijving", "ONTVANGEN", "999990007", 63);
	ov_link_kick(w.st);
	world_turn(20);
	is(status, "ONBEKEND");
	assert_true(about(notice, 0));
	refused(ask("inbox.show", nr_arg(status), NULL, rows),
	    "niet-gekoppeld");
	applicant("jan", "999990007", "2008-02-29");
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	ov_link_again(w.st);
	world_turn(50);
	is(status, "GEKOPPELD");
	is(other, "ONBEKEND");
	is(notice, "ONTVANGEN");
	assert_true(about(status, jan));
	assert_true(about(notice, jan));
	assert_true(about(other, 0));
	assert_int_equal(w.st->log.was.size, leaves + 2);
	/* Nothing is done twice; the next load finds the other one. */
	ov_link_again(w.st);
	world_turn(50);
	assert_int_equal(w.st->log.was.size, leaves + 2);
	applicant("piet", "999990019", "2007-01-01");
	ov_link_again(w.st);
	world_turn(50);
	is(other, "GEKOPPELD");
	json_decref(rows);
	ov_vault_free(peer);
}

/* More messages than a batch holds, about a pupil whose key is gone, do not
 * hold up the one behind them. */
static void
population_gone(void **state)
{
	int64_t nr, jan;

	(void)state;
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	applicant("weg", "999990019", "2008-02-29");
	applicant("jan", "999990007", "2008-02-29");
	assert_int_equal(ov_pupil_by_ref(w.st, "jan", &jan, NULL), OV_OK);
	ov_link_kick(w.st);
	world_turn(50); /* tags */
	for (int i = 0; i <= OV_HITS; i++)
		(void)open_message("overstapstatus", "ONBEKEND", "999990019",
		    100 + i);
	nr = open_message("overstapstatus", "ONBEKEND", "999990007", 99);
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "DELETE FROM sleutel_jong WHERE id=(SELECT id FROM"
	                     " leerling WHERE nr<>?1 AND eigen=1)",
	                     "i", jan),
	    OV_OK);
	ov_link_again(w.st);
	world_turn(50);
	is(nr, "GEKOPPELD");
	assert_int_equal(count("SELECT count(*) FROM terzijde WHERE"
	                       " tabel='leerling'"),
	    1);
	assert_int_equal(count("SELECT count(*) FROM bericht WHERE"
	                       " stand='ONBEKEND'"),
	    OV_HITS + 1);
	ov_vault_free(peer);
}

/* A link of a status, and of a notice, that a person undoes: about nobody
 * known, not joined again, and a breach note. */
static void
population_hand(void **state)
{
	int64_t status, notice;
	uint64_t leaves;
	json_t *rows = json_array(), *j;

	(void)state;
	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	status = open_message("overstapstatus", "ONBEKEND", "999990007", 81);
	notice = open_message("uitschrijving", "ONTVANGEN", "999990007", 82);
	refused(ask("inbox.unlink", nr_arg(notice), NULL, NULL),
	    "stand-past-niet");
	applicant("jan", "999990007", "2008-02-29");
	ov_link_again(w.st);
	world_turn(50);
	is(status, "GEKOPPELD");
	assert_false(about(notice, 0));
	leaves = w.st->log.was.size;
	j = ask("inbox.unlink", nr_arg(status), NULL, rows);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	j = ask("inbox.unlink", nr_arg(notice), NULL, rows);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	ov_link_again(w.st);
	world_turn(50);
	is(status, "ONBEKEND");
	is(notice, "ONTVANGEN");
	assert_true(about(status, 0));
	assert_true(about(notice, 0));
	assert_int_equal(w.st->log.was.size, leaves + 2);
	assert_int_equal(count("SELECT count(*) FROM datalek WHERE"
	                       " open_sinds>0"),
	    2);
	assert_int_equal(count("SELECT count(*) FROM koppeling_nee"), 2);
	assert_int_equal(count("SELECT count(*) FROM bericht WHERE gesloten=0"),
	    2);
	assert_int_equal(count("SELECT count(*) FROM bericht_stand WHERE"
	                       " leerling IS NULL"),
	    2);
	refused(ask("inbox.unlink", nr_arg(status), NULL, NULL),
	    "stand-past-niet");
	json_decref(rows);
	ov_vault_free(peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] =
	    {cmocka_unit_test_setup_teardown(linking, world_up, world_down),
	        cmocka_unit_test_setup_teardown(damaged, world_up, world_down),
	        cmocka_unit_test_setup_teardown(cut, world_up, world_down),
	        cmocka_unit_test_setup_teardown(population, world_up,
	            world_down),
	        cmocka_unit_test_setup_teardown(population_gone, world_up,
	            world_down),
	        cmocka_unit_test_setup_teardown(population_hand, world_up,
	            world_down)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
