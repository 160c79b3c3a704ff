/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_link.c - which dossier belongs to which applicant: linked,
 * doubtful, unknown; undone and decided by hand; and what may be opened.
 */
#include "tests/unit/link_fixture.h"

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
	json_decref(ask("inbox.link", nr_arg(known), NULL, NULL));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(linking, world_up, world_down)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
