/* SPDX-License-Identifier: EUPL-1.2 */
/* Record keys over generations of the KEK: what lives opens, what was
 * destroyed does not, whenever a rotation is cut short. */
#include "tests/unit/store_world.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "daemon/store/rotatie.h"

#define N 2600 /* more than two steps of a rotation */
#define COL 2
#define VER 1

struct rec {
	uint8_t id[16], wrap[OV_WRAP];
	struct ov_buf blob;
};
static struct rec rec[N + 64];
static size_t nrec;

static bool behind; /* ids of a clock that was set back */

static void
make(size_t n)
{
	struct ov_err e = {0};

	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	for (size_t i = 0; i < n; i++) {
		struct rec *r = &rec[nrec++];

		ov_new_id(w.st, r->id);
		if (behind)
			memset(r->id, 0, 6);
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

/* Made while the young keys are copied, behind the place where the copy is,
 * because the clock was set back (ids are in order of time): they come along
 * in the commit of the switch. */
static void
test_made_behind_the_copy(void **state)
{
	struct ov_err e = {0};

	(void)state;
	make(N);
	assert_int_equal(ov_rotatie_start(w.st, &e), OV_OK);
	for (int i = 0; i < 2000 && !w.st->rotatie->begun; i++)
		world_turn(1);
	assert_true(stand().bezig);
	behind = true;
	make(60);
	behind = false;
	for (int i = 0; i < 2000 && stand().bezig; i++)
		world_turn(1);
	assert_int_equal(stand().kek, 2);
	all_open_but(SIZE_MAX);
	world_stop();
	world_start();
	all_open_but(SIZE_MAX);
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

/* ---- kill -9 ---- */

/* Every call of the database and of ours that changes a file, in a child that
 * ends at the n-th: what a kill leaves, for what was written stays. */
static long left; /* 0: nobody counts */

static void
point(void)
{
	if (left > 0 && --left == 0)
		_exit(9);
}

int
fsync(int fd)
{
	point();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	point();
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	point();
	return syscall(SYS_pwrite64, fd, p, n, at);
}

int
ftruncate64(int fd, off64_t n)
{
	point();
	return (int)syscall(SYS_ftruncate, fd, n);
}

int
unlinkat(int dir, const char *name, int flags)
{
	point();
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int
linkat(int a, const char *from, int b, const char *to, int flags)
{
	point();
	return (int)syscall(SYS_linkat, a, from, b, to, flags);
}

/* In a child: a rotation, and a key destroyed beside it; 0 when it came to its
 * end, 9 when it was killed. */
static int
killed_at(long n)
{
	struct ov_err e = {0};
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		if (world_open(&e) != OV_OK)
			_exit(3);
		left = n;
		if (ov_rotatie_start(w.st, &e) != OV_OK)
			_exit(4);
		while (stand().bezig || w.st->kek == 0)
			world_turn(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_killed_at_every_write(void **state)
{
	uint32_t was;
	long n;
	int rc;

	(void)state;
	make(40);
	rotate(); /* so that both places have keys */
	make(20);
	destroy(5);
	for (n = 1;; n++) {
		was = stand().kek;
		world_stop();
		rc = killed_at(n);
		world_start();
		if (rc != 0 && rc != 9)
			fail_msg("point %ld: %d", n, rc);
		if (stand().kek != was && stand().kek != was + 1)
			fail_msg("point %ld: generation %u after %u", n,
			    stand().kek, was);
		assert_int_equal(stand().open, 0);
		all_open_but(5);
		if (rc == 0)
			break;
	}
	print_message("killed at %ld points\n", n - 1);
	assert_true(n > 20);
}

/* ---- what may go wrong in between ---- */

/* The vault is started anew in the middle and has only the generation in use:
 * nothing is left behind. */
static void
test_a_vault_started_anew(void **state)
{
	static struct ov_vault_keys k;
	struct ov_vault_conf vc = {SELF, "voorbeeld", "overstap.example"};
	struct ov_v_hello hello;
	struct ov_v_self self;
	struct ov_err e = {0};
	OV_REPLY rep = {0};
	OV_BUF kek = {0};
	char path[160];

	(void)state;
	make(N);
	assert_int_equal(ov_rotatie_start(w.st, &e), OV_OK);
	world_turn(1);
	assert_true(stand().bezig);
	ov_vault_free(w.vault);
	memset(&k.identity, 0x11, sizeof(k.identity));
	memset(&k.log, 0x22, sizeof(k.log));
	memset(&k.witness, 0x33, sizeof(k.witness));
	memset(&k.kek_root, 0x44, sizeof(k.kek_root));
	assert_int_equal(ov_vault_load_keys(&k, &vc, &w.vault, &e), OV_OK);
	memcpy(hello.oin, SELF, 20);
	assert_int_equal(ov_vault(w.st, OV_V_HELLO, &ov_v_hello_rec, &hello, 1,
	                     &ov_v_self_rec, &self, &rep, &e),
	    OV_OK);
	(void)snprintf(path, sizeof(path), "%s/sleutels/kek.1", w.conf.state);
	assert_int_equal(ov_fs_read(AT_FDCWD, path, OV_WRAP, &kek, &e), OV_OK);
	assert_int_equal(ov_kek_call(w.st, OV_KEK_LOAD, 1, kek.p, NULL, &e),
	    OV_OK);
	assert_int_equal(ov_kek_call(w.st, OV_KEK_USE, 1, NULL, NULL, &e),
	    OV_OK);
	for (int i = 0; i < 2000 && stand().bezig; i++)
		world_turn(1);
	assert_false(stand().bezig);
	assert_int_equal(stand().kek, 1);
	all_open_but(SIZE_MAX);
	rotate(); /* the next one is whole */
	all_open_but(SIZE_MAX);
}

/* A rotten key made meanwhile does not keep the others from the next
 * generation. */
static void
test_a_rotten_key_is_left_behind(void **state)
{
	static const uint8_t rotten[OV_WRAP] = {1};
	struct ov_err e = {0};

	(void)state;
	make(N);
	assert_int_equal(ov_rotatie_start(w.st, &e), OV_OK);
	world_turn(1);
	make(3);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE sleutel_jong SET wrap=?2 WHERE id=?1",
	                     "bb", (const void *)rec[N + 1].id, (size_t)16,
	                     (const void *)rotten, sizeof(rotten)),
	    OV_OK);
	for (int i = 0; i < 2000 && stand().bezig; i++)
		world_turn(1);
	assert_int_equal(stand().kek, 2);
	for (size_t i = 0; i < nrec; i++)
		if ((opens(i) == OV_OK) == (i == N + 1))
			fail_msg("record %zu", i);
}

static unsigned keks;

static enum ov_rc
full_vault(void *ctx, struct ov_view req, struct ov_reply *r, struct ov_err *e)
{
	uint16_t type;
	uint64_t ref;

	if (ov_pk_peek(req, &type, &ref, NULL) == OV_OK && type == OV_V_KEK) {
		keks++;
		return ov_fail(e, OV_NOSPACE, "disk full");
	}
	return world_vault(ctx, req, r, e);
}

/* One that fails is told, and tried again in an hour, not every second. */
static void
test_a_failure_waits(void **state)
{
	struct ov_err e = {0};
	int64_t n;

	(void)state;
	keks = 0;
	make(2);
	assert_int_equal(ov_db_set(w.st->db, "vernietigd",
	                     ov_now(w.st) - 25 * 3600, &e),
	    OV_OK);
	w.st->env.vault = full_vault;
	world_turn(3500);
	w.st->env.vault = world_vault;
	assert_int_equal(keks, 1);
	assert_int_equal(ov_db_int(w.st->db, &n, 0, &e,
	                     "SELECT count(*) FROM melding WHERE"
	                     " soort='rotatie-mislukt'",
	                     ""),
	    OV_OK);
	assert_int_equal(n, 1);
	assert_int_equal(stand().kek, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_three_generations),
	    T(test_an_old_copy_opens_nothing),
	    T(test_made_and_destroyed_meanwhile),
	    T(test_made_behind_the_copy),
	    T(test_cut_short),
	    T(test_redo_at_start),
	    T(test_a_missing_file_is_no_empty_one),
	    T(test_a_key_of_zeros_is_damaged),
	    T(test_by_itself_at_three),
	    T(test_killed_at_every_write),
	    T(test_a_vault_started_anew),
	    T(test_a_rotten_key_is_left_behind),
	    T(test_a_failure_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
