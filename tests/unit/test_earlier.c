/* SPDX-License-Identifier: EUPL-1.2 */
/* What was exchanged before decides: the sender's side.  The receiver's side is
 * tested with a faulty sender in tests/interop. */
#include "tests/unit/store_world.h"

#include "daemon/store/earlier.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data"
#endif

static const struct ov_lid *
peer(void)
{
	struct ov_oin oin;
	const struct ov_lid *l;

	assert_int_equal(ov_oin_from((const uint8_t *)PEER, &oin), OV_OK);
	l = ov_book_oin(w.st->boek, &oin);
	assert_non_null(l);
	return l;
}

static int64_t
queued(struct ov_submit *s, const char *status)
{
	struct ov_err e = {0};
	int64_t nr = 0;

	s->to = peer();
	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	if (ov_submit(w.st, s, &nr, &e) != OV_OK ||
	    (status != NULL && ov_step_queued(w.st, nr, status, &e) != OV_OK) ||
	    ov_tx_commit(w.st, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return nr;
}

static void
is_now(int64_t nr, const char *stand)
{
	struct ov_err e = {0};

	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE uitgaand SET stand=?2,fout='' WHERE nr=?1",
	                     "it", nr, stand),
	    OV_OK);
}

static int64_t
send_status(uint8_t zaak, const char *status)
{
	struct ov_submit s = {.srt = "overstapstatus",
	    .rol = "mbo",
	    .has_zaak = true,
	    .inhoud = ov_view_str("{}")};

	memset(s.zaak, zaak, 16);
	return queued(&s, status);
}

static bool
fits(uint8_t zaak, const char *status, int64_t supersedes)
{
	struct ov_step p = {.uit = true,
	    .volg = INT64_MAX,
	    .status = status,
	    .datum = "2026-04-01",
	    .has_vervangt = supersedes != 0};
	struct ov_err e = {0};
	sqlite3_stmt *q;
	bool yes = false, row = false;

	memset(p.zaak, zaak, 16);
	assert_int_equal(ov_partner_id(w.st, &peer()->oin, &p.partner, &e),
	    OV_OK);
	if (supersedes != 0) {
		assert_int_equal(ov_db_q(w.st->db, &q, &e,
		                     "SELECT jti FROM uitgaand WHERE nr=?1",
		                     "i", supersedes),
		    OV_OK);
		assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
		assert_int_equal(ov_db_fix(q, 0, p.vervangt, 16, &e), OV_OK);
		ov_db_done(w.st->db, q);
	}
	if (ov_step_fits(w.st, &p, &yes, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return yes;
}

static void
rule_5_steps_of_a_status(void **state)
{
	int64_t nr, last;

	(void)state;
	world_book();
	assert_true(fits(1, "gestart", 0)); /* the first may be any */
	nr = send_status(1, "aangemeld");
	assert_true(fits(1, "aangemeld", 0));
	assert_true(fits(1, "ingeschreven", 0));
	assert_false(fits(1, "keuze", 0));
	assert_true(fits(2, "keuze", 0)); /* another application */
	/* The same zaak towards another partner is another case. */
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "INSERT INTO partner(id,oin) VALUES(77,"
	                     "'00000099000000007000')",
	                     ""),
	    OV_OK);
	assert_int_equal(ov_db_run(w.st->db, NULL, "UPDATE stap SET partner=77",
	                     ""),
	    OV_OK);
	assert_true(fits(1, "keuze", 0));
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE stap SET partner=(SELECT id FROM partner"
	                     " WHERE oin=?1)",
	                     "t", PEER),
	    OV_OK);
	assert_false(fits(1, "keuze", 0));
	assert_true(fits(1, "keuze", nr));
	last = send_status(1, "ingetrokken");
	assert_false(fits(1, "ingeschreven", 0));
	is_now(last, "GEWEIGERD"); /* it never arrived */
	assert_true(fits(1, "ingeschreven", 0));
	is_now(last, "AFGELEVERD");
	assert_false(fits(1, "ingeschreven", 0));
	is_now(last, "INGETROKKEN");
	assert_true(fits(1, "ingeschreven", 0));
}

static json_t *
notice(const char *begin, const char *eind)
{
	json_error_t je;
	json_t *j = json_load_file(OV_TEST_DATA "/verzuimmelding.json", 0, &je);

	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_set_new(j, "begindatum", json_string(begin));
	if (eind != NULL)
		(void)json_object_set_new(j, "einddatum", json_string(eind));
	else
		(void)json_object_del(j, "einddatum");
	return j;
}

static bool
absence_fits(int64_t pupil, json_t *j)
{
	struct ov_err e = {0};
	bool yes = false;

	if (ov_absence_fits_out(w.st, pupil, j, &yes, &e) != OV_OK)
		fail_msg("%s", e.msg);
	json_decref(j);
	return yes;
}

static void
rule_8_one_notice_in_7_days(void **state)
{
	struct ov_submit s = {.srt = "verzuimmelding", .rol = "leerplicht"};
	OV_BUF text = {0};
	OV_JSON *j = notice("2026-03-02", "2026-03-06");
	struct ov_err e = {0};
	bool ready;
	int64_t other, nr;

	(void)state;
	world_book();
	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	assert_int_equal(ov_pseudo_want(w.st, &peer()->oin, "123456782", false,
	                     &s.leerling, &ready, &e),
	    OV_OK);
	assert_int_equal(ov_pseudo_want(w.st, &peer()->oin, "101222331", false,
	                     &other, &ready, &e),
	    OV_OK);
	assert_int_equal(ov_tx_commit(w.st, &e), OV_OK);
	assert_true(absence_fits(s.leerling, notice("2026-03-02", NULL)));
	ov_json_dump(&text, j);
	s.inhoud = (struct ov_view){text.p, text.n};
	nr = queued(&s, NULL);
	assert_false(
	    absence_fits(s.leerling, notice("2026-03-09", "2026-03-12")));
	assert_true(
	    absence_fits(s.leerling, notice("2026-03-09", "2026-03-13")));
	assert_true(
	    absence_fits(s.leerling, notice("2026-03-10", "2026-03-11")));
	assert_false(absence_fits(s.leerling, notice("2026-03-07", NULL)));
	assert_true(absence_fits(other, notice("2026-03-07", NULL)));
	is_now(nr, "INGETROKKEN");
	assert_true(absence_fits(s.leerling, notice("2026-03-07", NULL)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rule_5_steps_of_a_status, world_up,
	        world_down),
	    cmocka_unit_test_setup_teardown(rule_8_one_notice_in_7_days,
	        world_up, world_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
