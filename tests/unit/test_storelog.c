/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_storelog.c - main.db opens as promised, and the log in it
 * can be rolled back, read back and caught lying.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "store/db.h"
#include "store/log.h"

struct fix {
	char dir[64], path[96];
	struct ov_db *db, *ro;
	struct ov_slog log;
};

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/ov-storelog-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "%s/main.db", f->dir);
	if (ov_db_open(f->path, &f->db, NULL) != OV_OK ||
	    ov_db_open_ro(f->path, &f->ro, NULL) != OV_OK ||
	    ov_slog_open(&f->log, f->db, NULL) != OV_OK)
		return -1;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = {"main.db", "main.db-wal",
	    "main.db-shm", "main.db.schema-1"};
	struct fix *f = *state;
	char p[160];

	ov_db_close(f->ro);
	ov_db_close(f->db);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(p, sizeof(p), "%s/%s", f->dir, files[i]);
		(void)unlink(p);
	}
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static int64_t
pragma(struct fix *f, const char *sql)
{
	int64_t v = -1;

	assert_int_equal(ov_db_int(f->db, &v, -1, NULL, sql, ""), OV_OK);
	return v;
}

/* The settings that erasure and durability rest on are in force. */
static void
test_pragmas(void **state)
{
	struct fix *f = *state;
	struct stat st;

	assert_int_equal(pragma(f, "PRAGMA synchronous"), 2);
	assert_int_equal(pragma(f, "PRAGMA secure_delete"), 1);
	assert_int_equal(pragma(f, "PRAGMA temp_store"), 2);
	assert_int_equal(pragma(f, "PRAGMA page_size"), 8192);
	assert_int_equal(pragma(f, "PRAGMA auto_vacuum"), 2);
	assert_int_equal(pragma(f, "PRAGMA mmap_size"), 0);
	assert_int_equal(pragma(f, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(f, "PRAGMA user_version"), OV_DB_SCHEMA);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* A file of a newer schema is refused, and the text names both versions. */
static void
test_newer_is_refused(void **state)
{
	struct fix *f = *state;
	struct ov_err e = {0};
	struct ov_db *db;

	assert_int_equal(ov_db_run(f->db, NULL, "PRAGMA user_version=99", ""),
	    OV_OK);
	assert_int_equal(ov_db_open(f->path, &db, &e), OV_DENIED);
	assert_null(db);
	assert_non_null(strstr(e.msg, "99"));
	assert_non_null(strstr(e.msg, "up to 1"));
}

/* The read-only connection cannot write. */
static void
test_readonly(void **state)
{
	struct fix *f = *state;

	assert_int_not_equal(ov_db_set(f->ro, "kek", 1, NULL), OV_OK);
}

/* A statement in use can be asked for again inside. */
static void
test_nested_statement(void **state)
{
	static const char sql[] = "SELECT waarde FROM waarde WHERE naam=?1";
	struct fix *f = *state;
	sqlite3_stmt *a, *b;
	bool row;

	assert_int_equal(ov_db_set(f->db, "x", 7, NULL), OV_OK);
	assert_int_equal(ov_db_q(f->db, &a, NULL, sql, "t", "x"), OV_OK);
	assert_int_equal(ov_db_next(f->db, a, &row, NULL), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_q(f->db, &b, NULL, sql, "t", "y"), OV_OK);
	assert_ptr_not_equal(a, b);
	assert_int_equal(ov_db_next(f->db, b, &row, NULL), OV_OK);
	assert_false(row);
	assert_int_equal(ov_db_i64(a, 0), 7);
	ov_db_done(f->db, b);
	ov_db_done(f->db, a);
}

static void
add(struct fix *f, unsigned n)
{
	struct ov_leaf leaf = {.tijd = 1788249600, .soort = OV_LEAF_ONTVANGST};
	uint64_t idx;

	assert_int_equal(ov_oin_parse(ov_view_str("00000099000000001000"),
	                     &leaf.partij),
	    OV_OK);
	for (unsigned i = 0; i < n; i++) {
		leaf.ref[0] = (uint8_t)i;
		leaf.ref[1] = (uint8_t)(i >> 8);
		assert_int_equal(ov_slog_add(&f->log, &leaf, &idx, NULL, NULL),
		    OV_OK);
		assert_int_equal(idx, f->log.now.size - 1);
	}
}

static struct ov_digest
commit(struct fix *f, unsigned n)
{
	struct ov_digest root;

	assert_int_equal(ov_db_begin(f->db, NULL), OV_OK);
	add(f, n);
	assert_int_equal(ov_slog_flush(&f->log, &root, NULL), OV_OK);
	assert_int_equal(ov_db_commit(f->db, NULL), OV_OK);
	ov_slog_committed(&f->log);
	return root;
}

/* Batches of any size across tile boundaries read back as the same root, and
 * a fresh start loads it. */
static void
test_read_back(void **state)
{
	static const unsigned sizes[] = {1, 254, 1, 1, 256, 255, 300};
	struct fix *f = *state;
	struct ov_digest root, whole;
	static struct ov_tlog from;
	struct ov_slog again;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		from = f->log.was;
		root = commit(f, sizes[i]);
		assert_int_equal(ov_slog_reread(f->ro, &from, f->log.was.size,
		                     &root, NULL),
		    OV_OK);
	}
	assert_int_equal(ov_slog_recompute(f->ro, f->log.was.size, &whole,
	                     NULL),
	    OV_OK);
	assert_memory_equal(&whole, &root, sizeof(root));
	assert_int_equal(ov_slog_open(&again, f->db, NULL), OV_OK);
	assert_int_equal(ov_tlog_root(&again.now, &whole, NULL), OV_OK);
	assert_memory_equal(&whole, &root, sizeof(root));
}

/* After a rollback the same size is used again and proofs still hold. */
static void
test_rollback(void **state)
{
	struct fix *f = *state;
	struct ov_digest root, leaf;
	struct ov_tlog_path path;
	OV_BUF text = {0};

	(void)commit(f, 300);
	assert_int_equal(ov_db_begin(f->db, NULL), OV_OK);
	add(f, 500);
	ov_db_rollback(f->db);
	ov_slog_back(&f->log);
	assert_int_equal(f->log.now.size, 300);
	root = commit(f, 7);
	for (uint64_t i = 0; i < 307; i += 51) {
		ov_buf_reset(&text);
		assert_int_equal(ov_slog_leaf(f->db, i, &text, NULL), OV_OK);
		assert_int_equal(ov_tlog_leaf_hash(&leaf, text.p, text.n),
		    OV_OK);
		assert_int_equal(ov_slog_path(&f->log, i, &path, NULL), OV_OK);
		assert_int_equal(ov_tlog_verify_inclusion(i, 307, &leaf, path.h,
		                     path.n, &root, NULL),
		    OV_OK);
	}
	assert_int_equal(ov_slog_leaf(f->db, 307, &text, NULL), OV_DENIED);
}

/* One changed leaf, one lost leaf, one changed tile: each is caught. */
static void
test_lies_are_caught(void **state)
{
	static const char *const lies[] = {
	    "UPDATE blad SET tekst=CAST(tekst||'x' AS BLOB) WHERE idx=5",
	    "DELETE FROM blad WHERE idx=5",
	    "UPDATE tegel SET hashes=zeroblob(length(hashes)) WHERE niveau=0",
	    "DELETE FROM tegel WHERE niveau=0",
	};
	struct fix *f = *state;
	static struct ov_tlog from;
	struct ov_digest root = commit(f, 10);

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memset(&from, 0, sizeof(from));
		assert_int_equal(ov_slog_reread(f->ro, &from, 10, &root, NULL),
		    OV_OK);
		assert_int_equal(ov_db_run(f->db, NULL, "SAVEPOINT s", ""),
		    OV_OK);
		assert_int_equal(ov_db_run(f->db, NULL, lies[i], ""), OV_OK);
		assert_int_equal(ov_slog_reread(f->db, &from, 10, &root, NULL),
		    OV_DAMAGED);
		assert_int_equal(ov_db_run(f->db, NULL, "ROLLBACK TO s", ""),
		    OV_OK);
		assert_int_equal(ov_db_run(f->db, NULL, "RELEASE s", ""),
		    OV_OK);
	}
}

/* The signed head is one row, replaced. */
static void
test_head(void **state)
{
	struct fix *f = *state;
	OV_BUF note = {0};
	uint64_t size;

	assert_int_equal(ov_slog_head(f->db, &size, &note, NULL), OV_OK);
	assert_int_equal(size, 0);
	assert_int_equal(ov_slog_set_head(f->db, 3, ov_view_str("a\n"), 1,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_slog_set_head(f->db, 4, ov_view_str("b\n"), 2,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_slog_head(f->db, &size, &note, NULL), OV_OK);
	assert_int_equal(size, 4);
	assert_string_equal(ov_buf_text(&note), "b\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_pragmas, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_newer_is_refused, setup,
	        teardown),
	    cmocka_unit_test_setup_teardown(test_readonly, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nested_statement, setup,
	        teardown),
	    cmocka_unit_test_setup_teardown(test_read_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rollback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lies_are_caught, setup,
	        teardown),
	    cmocka_unit_test_setup_teardown(test_head, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
