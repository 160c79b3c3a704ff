/* SPDX-License-Identifier: EUPL-1.2 */
/* Key pools and arenas: nothing is given twice, nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/secret.h"
#include "crypto/selftest.h"

#define MANY 1000

/* As many slots as asked and not one more, over several slabs, all apart. */
static void
test_secret_pool_gives_each_slot_once(void **state)
{
	struct ov_pool *pool;
	struct ov_secret32 *slot[MANY];
	size_t i;

	(void)state;
	assert_int_equal(ov_pool_new(sizeof(*slot[0]), MANY, &pool, NULL),
	    OV_OK);
	for (i = 0; i < MANY; i++) {
		assert_non_null(slot[i] = ov_pool_get(pool));
		assert_true(sodium_is_zero(slot[i]->b, 32));
		memset(slot[i]->b, (int)(i & 0xff), 32);
		slot[i]->b[0] = (uint8_t)(i >> 8);
	}
	assert_null(ov_pool_get(pool));
	assert_int_equal(ov_pool_used(pool), MANY);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(slot[i]->b[0], i >> 8);
		assert_int_equal(slot[i]->b[31], i & 0xff);
	}
	ov_pool_free(pool);
}

/* A returned slot is wiped and can be given again. */
static void
test_secret_pool_wipes_what_comes_back(void **state)
{
	struct ov_pool *pool;
	uint8_t *slot[300];
	uint8_t *again;
	size_t i;

	(void)state;
	assert_int_equal(ov_pool_new(64, 300, &pool, NULL), OV_OK);
	for (i = 0; i < 300; i++) {
		slot[i] = ov_pool_get(pool);
		assert_non_null(slot[i]);
		memset(slot[i], 0xab, 64);
	}
	for (i = 0; i < 300; i += 7) {
		ov_pool_put(pool, slot[i]);
		assert_true(sodium_is_zero(slot[i], 64));
		again = ov_pool_get(pool);
		assert_ptr_equal(again, slot[i]);
	}
	ov_pool_put(pool, NULL);
	for (i = 0; i < 300; i++)
		ov_pool_put(pool, slot[i]);
	assert_int_equal(ov_pool_used(pool), 0);
	ov_pool_free(pool);
	ov_pool_free(NULL);
}

static void
test_secret_pool_refuses_strange_sizes(void **state)
{
	static const size_t bad[] = {0, 1, 15, 33, 4097, 8192};
	struct ov_pool *pool;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ov_pool_new(bad[i], 10, &pool, NULL),
		    OV_TOOBIG);
		assert_null(pool);
	}
	assert_int_equal(ov_pool_new(32, 0, &pool, NULL), OV_TOOBIG);
}

static void
test_secret_arena(void **state)
{
	struct ov_arena *arena;
	uint8_t *first, *second;

	(void)state;
	assert_int_equal(ov_arena_locked(1000, &arena, NULL), OV_OK);
	assert_int_equal(ov_arena_left(arena), 1008);
	first = ov_arena_get(arena, 33);
	second = ov_arena_get(arena, 1);
	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal((uintptr_t)first % 16, 0);
	assert_int_equal(second - first, 48);
	assert_int_equal(ov_arena_left(arena), 1008 - 64);
	assert_null(ov_arena_get(arena, 1008 - 63));
	assert_null(ov_arena_get(arena, SIZE_MAX));
	memset(first, 0xab, 33);
	memset(second, 0xab, 1);
	assert_non_null(ov_arena_get(arena, 1008 - 64));
	assert_int_equal(ov_arena_left(arena), 0);
	assert_null(ov_arena_get(arena, 1));
	ov_arena_reset(arena);
	assert_true(sodium_is_zero(first, 64));
	assert_ptr_equal(ov_arena_get(arena, 1), first);
	ov_arena_free(arena);
	ov_arena_free(NULL);
	assert_int_equal(ov_arena_locked(0, &arena, NULL), OV_TOOBIG);
	assert_null(arena);
	assert_int_equal(ov_arena_locked(SIZE_MAX, &arena, NULL), OV_TOOBIG);
}

static void
test_secret_selftest(void **state)
{
	struct ov_err e = {0};

	(void)state;
	assert_int_equal(ov_crypto_selftest(&e), OV_OK);
	assert_int_equal(ov_crypto_selftest(NULL), OV_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secret_pool_gives_each_slot_once),
	    cmocka_unit_test(test_secret_pool_wipes_what_comes_back),
	    cmocka_unit_test(test_secret_pool_refuses_strange_sizes),
	    cmocka_unit_test(test_secret_arena),
	    cmocka_unit_test(test_secret_selftest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
