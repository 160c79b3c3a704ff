/* SPDX-License-Identifier: EUPL-1.2 */
/* A record goes with everything that hangs from it, and a line stays. */
#include "tests/unit/link_fixture.h"

#include "daemon/store/wis.h"
#include "protocol/pgn.h"

static int
up(void **state)
{
	(void)world_up(state);
	world_book();
	crypto_core_ristretto255_scalar_random(scalar);
	introduce();
	return 0;
}

static int
down(void **state)
{
	ov_vault_free(peer);
	return world_down(state);
}

static int64_t
number(const char *sql, int64_t nr)
{
	struct ov_err e = {0};
	int64_t n;

	if (ov_db_int(w.st->db, &n, -1, &e, sql, "i", nr) != OV_OK)
		fail_msg("%s", e.msg);
	return n;
}

static void
run(const char *sql, int64_t nr)
{
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e, sql, "i", nr) != OV_OK)
		fail_msg("%s", e.msg);
}

static bool
wis(enum ov_wis_soort soort, int64_t nr, enum ov_rc want)
{
	struct ov_wis o = {.soort = soort, .nr = nr, .regel = "verzoek"};
	struct ov_err e = {0};
	bool gone;
	enum ov_rc rc;

	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	rc = ov_wis(w.st, &o, &gone, &e);
	if (rc != want)
		fail_msg("%d: %s", (int)rc, e.msg);
	if (rc != OV_OK) {
		ov_tx_abort(w.st);
		return false;
	}
	assert_int_equal(ov_tx_commit(w.st, &e), OV_OK);
	return gone;
}

/* How often these bytes stand in the files of the database. */
static size_t
in_files(const void *p, size_t n)
{
	static const char *const names[] = {"main.db", "main.db-wal"};
	size_t seen = 0;

	for (size_t i = 0; i < 2; i++) {
		char path[160];
		FILE *f;
		char *b;
		long size;

		(void)snprintf(path, sizeof(path), "%s/%s", w.conf.state,
		    names[i]);
		if ((f = fopen(path, "r")) == NULL)
			continue;
		assert_int_equal(fseek(f, 0, SEEK_END), 0);
		size = ftell(f);
		rewind(f);
		if ((b = calloc(1, (size_t)size + 1)) != NULL &&
		    fread(b, 1, (size_t)size, f) == (size_t)size)
			for (char *at = b;
			     (at = memmem(at, (size_t)(b + size - at), p, n)) !=
			     NULL;
			     at++)
				seen++;
		free(b);
		(void)fclose(f);
	}
	return seen;
}

#define PGN "123456782"

static void
test_a_message_goes_with_all_of_it(void **state)
{
	struct ov_err e = {0};
	uint8_t id[16], wrap[OV_WRAP], ref[32];
	struct ov_leaf leaf;
	sqlite3_stmt *q;
	int64_t nr, size;
	bool row;

	(void)state;
	nr = message(PGN, 1);
	run("INSERT INTO bericht_stand(bericht,tijd,stand) VALUES(?1,1,'x')",
	    nr);
	run("INSERT INTO afhandeling(bericht,tijd) VALUES(?1,1)", nr);
	run("INSERT INTO termijn(bericht,naam,uiterlijk,laat)"
	    " VALUES(?1,'x','2026-01-01',0)",
	    nr);
	run("INSERT INTO koppeling_nee VALUES(?1,1,1,1)", nr);
	run("INSERT INTO stap SELECT zaak,partner,0,seq,nr,zeroblob(16),NULL,"
	    "'keuze' FROM bericht WHERE nr=?1",
	    nr);
	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT id FROM bericht WHERE nr=?1", "i", nr),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_int_equal(ov_db_fix(q, 0, id, 16, &e), OV_OK);
	ov_db_done(w.st->db, q);
	assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_OK);
	assert_int_equal(ov_db_checkpoint(w.st->db, &e), OV_OK);
	assert_true(in_files(wrap, sizeof(wrap)) > 0);
	size = (int64_t)w.st->log.now.size;

	assert_true(wis(OV_WIS_BERICHT, nr, OV_OK));
	assert_false(wis(OV_WIS_BERICHT, nr, OV_OK)); /* once is enough */
	assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_BADMSG);
	assert_int_equal(
	    number("SELECT (SELECT count(*) FROM bericht WHERE nr=?1)+(SELECT"
	           " count(*) FROM bericht_stand)+(SELECT count(*) FROM"
	           " afhandeling)+(SELECT count(*) FROM termijn)+(SELECT"
	           " count(*) FROM koppeling_nee)+(SELECT count(*) FROM stap)+"
	           "(SELECT count(*) FROM zaak)",
	        nr),
	    0);
	assert_true(number("SELECT tot FROM gezien WHERE bericht=?1", nr) >
	            ov_now(w.st) + 399 * 86400);
	assert_int_equal(ov_db_checkpoint(w.st->db, &e), OV_OK);
	assert_int_equal(in_files(wrap, sizeof(wrap)), 0);

	/* The line, and its leaf in the log. */
	assert_int_equal((int64_t)w.st->log.now.size, size + 1);
	assert_int_equal(
	    number("SELECT blad FROM vernietigd WHERE tabel='bericht' AND"
	           " record=?1 AND srt='overstapdossier' AND regel='verzoek'"
	           " AND account=0",
	        nr),
	    size);
	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT tekst FROM blad WHERE idx=?1", "i", size),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_int_equal(ov_leaf_parse(ov_db_blob(q, 0).p, ov_db_blob(q, 0).n,
	                     &leaf, &e),
	    OV_OK);
	ov_db_done(w.st->db, q);
	ov_wis_ref(ref, id);
	assert_int_equal(leaf.soort, OV_LEAF_VERNIETIGING);
	assert_memory_equal(leaf.ref, ref, 32);
	assert_string_equal(leaf.partij.s, PEER);
}

/* A case stays as long as one message of it does. */
static void
test_a_case_goes_with_its_last(void **state)
{
	int64_t a, b;

	(void)state;
	a = message(PGN, 1);
	b = message(PGN, 2);
	run("UPDATE bericht SET zaak=(SELECT zaak FROM bericht WHERE nr=1)"
	    " WHERE nr=?1",
	    b);
	run("DELETE FROM zaak WHERE ?1>0 AND zaak NOT IN (SELECT zaak FROM"
	    " bericht)",
	    1);
	assert_true(wis(OV_WIS_BERICHT, a, OV_OK));
	assert_int_equal(number("SELECT count(*) FROM zaak WHERE ?1", 1), 1);
	assert_true(wis(OV_WIS_BERICHT, b, OV_OK));
	assert_int_equal(number("SELECT count(*) FROM zaak WHERE ?1", 1), 0);
}

static void
test_a_pupil_in_use_stays(void **state)
{
	struct ov_err e = {0};
	int64_t nr, pupil;

	(void)state;
	applicant("M-1", PGN, "2008-01-15");
	assert_int_equal(ov_pupil_by_ref(w.st, "M-1", &pupil, &e), OV_OK);
	nr = message(PGN, 1);
	run("UPDATE bericht SET leerling=(SELECT max(nr) FROM leerling)"
	    " WHERE nr=?1",
	    nr);
	(void)wis(OV_WIS_LEERLING, pupil, OV_DENIED);
	assert_true(wis(OV_WIS_BERICHT, nr, OV_OK));
	assert_true(wis(OV_WIS_LEERLING, pupil, OV_OK));
	assert_int_equal(number("SELECT count(*) FROM leerling WHERE ?1", 1),
	    0);
}

/* A rotten row can be erased as well: nothing of it has to be opened. */
static void
test_a_rotten_row(void **state)
{
	int64_t nr;

	(void)state;
	nr = message(PGN, 1);
	run("UPDATE bericht SET inhoud=x'00',bewijs=x'00' WHERE nr=?1", nr);
	assert_true(wis(OV_WIS_BERICHT, nr, OV_OK));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_a_message_goes_with_all_of_it),
	    T(test_a_case_goes_with_its_last),
	    T(test_a_pupil_in_use_stays),
	    T(test_a_rotten_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
