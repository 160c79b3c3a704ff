/* SPDX-License-Identifier: EUPL-1.2 */
/* Record keys over generations of the KEK: what lives opens, what was
 * destroyed does not, whenever a rotation is cut short. */
#include "tests/unit/store_world.h"

#define N 2600 /* more than two steps of a rotation */
#define COL 2
#define VER 1

struct rec {
	uint8_t id[16], wrap[OV_WRAP];
	struct ov_buf blob;
};
static struct rec rec[N + 64];
static size_t nrec;

static void
make(size_t n)
{
	struct ov_err e = {0};

	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	for (size_t i = 0; i < n; i++) {
		struct rec *r = &rec[nrec++];

		ov_new_id(w.st, r->id);
		if (ov_seal_one(w.st, r->id, r->wrap, OV_T_BERICHT, COL, VER,
		        ov_view_str("inhoud"), &r->blob, &e) != OV_OK ||
		    ov_key_put(w.st, r->id, r->wrap, &e) != OV_OK)
			fail_msg("%s", e.msg);
	}
	assert_int_equal(ov_tx_commit(w.st, &e), OV_OK);
}

static void
destroy(size_t i)
{
	struct ov_err e = {0};

	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	assert_int_equal(ov_key_destroy(w.st, rec[i].id, &e), OV_OK);
	assert_int_equal(ov_tx_commit(w.st, &e), OV_OK);
}

/* Does it open with the key as it is stored now? */
static enum ov_rc
opens(size_t i)
{
	struct ov_err e = {0};
	uint8_t wrap[OV_WRAP];
	OV_BUF text = {0};
	enum ov_rc rc;

	if ((rc = ov_key_get(w.st, rec[i].id, wrap, &e)) != OV_OK)
		return rc;
	rc = ov_open_one(w.st, rec[i].id, wrap, OV_T_BERICHT, COL, VER,
	    (struct ov_view){rec[i].blob.p, rec[i].blob.n}, &text, &e);
	if (rc == OV_OK)
		assert_string_equal(ov_buf_text(&text), "inhoud");
	return rc;
}

/* With the wrap as it was first stored: what an old copy has. */
static enum ov_rc
old_opens(size_t i)
{
	struct ov_err e = {0};
	OV_BUF text = {0};

	return ov_open_one(w.st, rec[i].id, rec[i].wrap, OV_T_BERICHT, COL, VER,
	    (struct ov_view){rec[i].blob.p, rec[i].blob.n}, &text, &e);
}

static struct ov_rotatie_stand
stand(void)
{
	struct ov_rotatie_stand s;
	struct ov_err e = {0};

	assert_int_equal(ov_rotatie_stand(w.st, &s, &e), OV_OK);
	return s;
}

static void
rotate(void)
{
	struct ov_err e = {0};

	if (ov_rotatie_start(w.st, &e) != OV_OK)
		fail_msg("%s", e.msg);
	for (int i = 0; stand().bezig; i++) {
		assert_true(i < 2000);
		world_turn(1);
	}
}

static bool
there(const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", w.conf.state, name);
	return access(path, F_OK) == 0;
}

static int64_t
young(void)
{
	struct ov_err e = {0};
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, &e,
	                     "SELECT count(*) FROM sleutel_jong", ""),
	    OV_OK);
	return n;
}

static void
all_open_but(size_t gone)
{
	for (size_t i = 0; i < nrec; i++)
		if (opens(i) != (i == gone ? OV_BADMSG : OV_OK))
			fail_msg("record %zu of %zu", i, nrec);
}

static int
up(void **state)
{
	nrec = 0;
	return world_up(state);
}

static int
down(void **state)
{
	for (size_t i = 0; i < nrec; i++) {
		ov_buf_free(&rec[i].blob);
		memset(&rec[i], 0, sizeof(rec[i]));
	}
	return world_down(state);
}

static void
test_three_generations(void **state)
{
	(void)state;
	make(N);
	for (uint32_t g = 2; g <= 4; g++) {
		rotate();
		assert_int_equal(stand().kek, g);
		all_open_but(SIZE_MAX);
	}
	for (int i = 0; i < 400 && young() > 0; i++)
		world_turn(1);
	assert_int_equal(young(), 0); /* what was copied goes from main.db */
	assert_true(there("sleutels/keys.4.db"));
	assert_false(there("sleutels/keys.3.db"));
	assert_false(there("sleutels/kek.3"));
	world_stop();
	world_start();
	assert_int_equal(stand().kek, 4);
	all_open_but(SIZE_MAX);
}

/* The key that an older copy of main.db has opens nothing any more. */
static void
test_an_old_copy_opens_nothing(void **state)
{
	(void)state;
	make(3);
	destroy(1);
	assert_int_equal(opens(1), OV_BADMSG);
	assert_int_equal(old_opens(1), OV_OK); /* until the rotation */
	world_turn(1200);
	assert_true(stand().vernietigd > 0);
	rotate();
	assert_int_equal(stand().vernietigd, 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_not_equal(old_opens(i), OV_OK);
	all_open_but(1);
}

static void
test_made_and_destroyed_meanwhile(void **state)
{
	struct ov_err e = {0};

	(void)state;
	make(N);
	rotate();
	assert_int_equal(ov_rotatie_start(w.st, &e), OV_OK);
	assert_int_equal(ov_rotatie_start(w.st, &e), OV_AGAIN);
	world_turn(1);
	make(20);
	destroy(7);
	destroy(N + 3); /* made and destroyed during it */
	while (stand().bezig)
		world_turn(1);
	assert_int_equal(stand().kek, 3);
	assert_int_equal(opens(N + 3), OV_BADMSG);
	for (size_t i = 0; i < nrec; i++)
		if (i != N + 3 && opens(i) != (i == 7 ? OV_BADMSG : OV_OK))
			fail_msg("record %zu", i);
	assert_int_equal(stand().open, 0);
	world_stop();
	world_start();
	assert_int_equal(opens(7), OV_BADMSG);
	assert_int_equal(opens(8), OV_OK);
	assert_int_equal(opens(N + 4), OV_OK);
}

/* Stopped after every number of steps: begun again, or done. */
static void
test_cut_short(void **state)
{
	struct ov_err e = {0};

	(void)state;
	make(N);
	rotate();
	make(40);
	destroy(5);
	for (unsigned ms = 0; ms < 12; ms += 2) {
		uint32_t was = stand().kek;

		assert_int_equal(ov_rotatie_start(w.st, &e), OV_OK);
		if (ms > 0)
			world_turn(ms);
		world_stop();
		world_start();
		if (stand().kek != was && stand().kek != was + 1)
			fail_msg("generation %u after %u", stand().kek, was);
		assert_false(stand().bezig);
		all_open_but(5);
	}
	rotate();
	all_open_but(5);
}

/* Between the commit and the file of keys: the start finishes it. */
static void
test_redo_at_start(void **state)
{
	(void)state;
	make(10);
	rotate();
	destroy(4);
	assert_int_equal(stand().open, 1);
	assert_int_equal(opens(4), OV_OK); /* (c) has not been yet */
	world_stop();
	world_start();
	assert_int_equal(stand().open, 0);
	all_open_but(4);
}

static void
test_a_missing_file_is_no_empty_one(void **state)
{
	char path[160];
	struct ov_err e = {0};

	(void)state;
	make(4);
	rotate();
	world_stop();
	(void)snprintf(path, sizeof(path), "%s/sleutels/keys.2.db",
	    w.conf.state);
	assert_int_equal(rename(path, w.path), 0);
	assert_int_equal(world_open(&e), OV_DAMAGED);
	assert_non_null(strstr(e.msg, "keys.2.db is missing"));
	assert_int_equal(rename(w.path, path), 0);
	world_start();
	all_open_but(SIZE_MAX);
}

/* Zeros in the place of a key are no request for a new one. */
static void
test_a_key_of_zeros_is_damaged(void **state)
{
	struct ov_err e = {0};

	(void)state;
	make(2);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE sleutel_jong SET wrap=zeroblob(73)"
	                     " WHERE id=?1",
	                     "b", (const void *)rec[0].id, (size_t)16),
	    OV_OK);
	assert_int_equal(opens(0), OV_BADMSG);
	assert_int_equal(opens(1), OV_OK);
}

/* What was destroyed before the last 03:00 is rotated away by itself; what was
 * destroyed since waits for the next. */
static void
test_by_itself_at_three(void **state)
{
	struct ov_err e = {0};

	(void)state;
	make(3);
	destroy(0);
	world_turn(1200);
	assert_int_equal(stand().kek, 1);
	assert_int_equal(ov_db_set(w.st->db, "vernietigd",
	                     ov_now(w.st) - 25 * 3600, &e),
	    OV_OK);
	for (int i = 0; i < 400 && stand().kek == 1; i++)
		world_turn(10);
	assert_int_equal(stand().kek, 2);
	assert_true(stand().gedaan > 0);
	all_open_but(0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_three_generations),
	    T(test_an_old_copy_opens_nothing),
	    T(test_made_and_destroyed_meanwhile),
	    T(test_cut_short),
	    T(test_redo_at_start),
	    T(test_a_missing_file_is_no_empty_one),
	    T(test_a_key_of_zeros_is_damaged),
	    T(test_by_itself_at_three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
