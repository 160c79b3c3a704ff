/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/secret.h - memory for keys and for text that nobody else may read.
 *
 * Long-lived keys live in a pool: slots of one size in guarded, locked pages
 * (sodium_malloc), zeroed when given and wiped when returned.  A pool grows by
 * whole slabs, so that ten thousand keys do not cost ten thousand guard pages.
 * Text in flight lives in an arena that is locked once and wiped after each
 * batch.  Short-lived keys are locals with a wiping cleanup attribute.
 * Nothing here is thread-safe; every role has one thread.
 */
#ifndef OV_CRYPTO_SECRET_H
#define OV_CRYPTO_SECRET_H

#include "base/err.h"

struct ov_secret32 {
	uint8_t b[32];
};

/* An Ed25519 signing key in libsodium's form: seed, then public key. */
struct ov_secret64 {
	uint8_t b[64];
};

void ov_secret32_wipe(struct ov_secret32 *);
void ov_secret64_wipe(struct ov_secret64 *);
#define OV_SECRET32                                                            \
	__attribute__((cleanup(ov_secret32_wipe))) struct ov_secret32
#define OV_SECRET64                                                            \
	__attribute__((cleanup(ov_secret64_wipe))) struct ov_secret64

/* Start libsodium; call before anything else in crypto/ (again is harmless).
 * OV_SYS when there is no usable source of randomness. */
OV_MUST_CHECK enum ov_rc ov_secret_init(struct ov_err *);

/* n random bytes. */
void ov_random(void *out, size_t n);

/* Slots of "item" bytes (a multiple of 16, at most 4096), at most "max" of
 * them.  *out is given: ov_pool_free() wipes every slot. */
struct ov_pool;
OV_MUST_CHECK enum ov_rc ov_pool_new(size_t item, size_t max,
    struct ov_pool **out, struct ov_err *);
void ov_pool_free(struct ov_pool *);
/* A zeroed slot, or NULL when max are in use or memory is out.  The slot is
 * the caller's until ov_pool_put(), which wipes it; NULL may be put. */
void *ov_pool_get(struct ov_pool *);
void ov_pool_put(struct ov_pool *, void *slot);
size_t ov_pool_used(const struct ov_pool *);
/* False when the kernel refused to lock a slab (RLIMIT_MEMLOCK): the keys are
 * still guarded and wiped, but could reach swap.  For a warning at start. */
bool ov_pool_locked(const struct ov_pool *);

/* A locked bump allocator of "size" bytes in total.  *out is given:
 * ov_arena_free(). */
struct ov_arena;
OV_MUST_CHECK enum ov_rc ov_arena_locked(size_t size, struct ov_arena **out,
    struct ov_err *);
/* n zeroed bytes, 16-byte aligned; NULL when they do not fit.  They live until
 * ov_arena_reset(), which wipes whatever was given out. */
void *ov_arena_get(struct ov_arena *, size_t n);
size_t ov_arena_left(const struct ov_arena *);
void ov_arena_reset(struct ov_arena *);
void ov_arena_free(struct ov_arena *);

#endif
