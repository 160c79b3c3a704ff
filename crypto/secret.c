/* SPDX-License-Identifier: EUPL-1.2 */
/* Locked memory for keys and text. */
#include "crypto/secret.h"

#include <stdlib.h>

#include <sodium.h>

/* Slots per slab: 128 keys of 32 bytes are one page, with its guards. */
#define SLAB_SLOTS 128
#define SLAB_WORDS (SLAB_SLOTS / 64)
#define ITEM_MAX 4096

struct slab {
	struct slab *next;
	uint8_t *mem;
	size_t nslots;
	uint64_t used[SLAB_WORDS];
};

struct ov_pool {
	struct slab *slabs;
	size_t item;
	size_t max;
	size_t total; /* slots in all slabs */
	size_t used;
	bool locked;
};

struct ov_arena {
	uint8_t *mem;
	size_t size;
	size_t used;
};

void
ov_secret32_wipe(struct ov_secret32 *s)
{
	if (s != NULL)
		sodium_memzero(s->b, sizeof(s->b));
}

void
ov_secret64_wipe(struct ov_secret64 *s)
{
	if (s != NULL)
		sodium_memzero(s->b, sizeof(s->b));
}

enum ov_rc
ov_secret_init(struct ov_err *e)
{
	if (sodium_init() < 0)
		return ov_fail(e, OV_SYS, "libsodium does not start");
	return OV_OK;
}

void
ov_random(void *out, size_t n)
{
	randombytes_buf(out, n);
}

enum ov_rc
ov_pool_new(size_t item, size_t max, struct ov_pool **out, struct ov_err *e)
{
	struct ov_pool *p;
	enum ov_rc rc;

	*out = NULL;
	if (item == 0 || item > ITEM_MAX || item % 16 != 0 || max == 0)
		return ov_fail(e, OV_TOOBIG, "key pool of a strange size");
	if ((rc = ov_secret_init(e)) != OV_OK)
		return rc;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ov_fail(e, OV_NOSPACE, "memory for a key pool");
	p->item = item;
	p->max = max;
	p->locked = true;
	*out = p;
	return OV_OK;
}

void
ov_pool_free(struct ov_pool *p)
{
	struct slab *s;

	if (p == NULL)
		return;
	while ((s = p->slabs) != NULL) {
		p->slabs = s->next;
		sodium_free(s->mem); /* wipes */
		free(s);
	}
	free(p);
}

/* One more slab, as large as the maximum still allows; NULL if it does not. */
static struct slab *
pool_grow(struct ov_pool *p)
{
	size_t n = p->max - p->total;
	struct slab *s;

	if (n == 0)
		return NULL;
	if (n > SLAB_SLOTS)
		n = SLAB_SLOTS;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->mem = sodium_allocarray(n, p->item);
	if (s->mem == NULL) {
		free(s);
		return NULL;
	}
	/* sodium_malloc ignores a refused lock; asking again tells. */
	if (sodium_mlock(s->mem, n * p->item) != 0)
		p->locked = false;
	sodium_memzero(s->mem, n * p->item);
	s->nslots = n;
	s->next = p->slabs;
	p->slabs = s;
	p->total += n;
	return s;
}

static void *
slab_get(struct slab *s, size_t item)
{
	size_t i;

	for (i = 0; i < s->nslots; i++) {
		uint64_t bit = (uint64_t)1 << (i % 64);

		if ((s->used[i / 64] & bit) == 0) {
			s->used[i / 64] |= bit;
			return s->mem + i * item;
		}
	}
	return NULL;
}

void *
ov_pool_get(struct ov_pool *p)
{
	struct slab *s;
	void *slot = NULL;

	if (p->used < p->total) {
		for (s = p->slabs; s != NULL && slot == NULL; s = s->next)
			slot = slab_get(s, p->item);
	} else if ((s = pool_grow(p)) != NULL) {
		slot = slab_get(s, p->item);
	}
	if (slot != NULL)
		p->used++;
	return slot;
}

void
ov_pool_put(struct ov_pool *p, void *slot)
{
	struct slab *s;

	if (slot == NULL)
		return;
	for (s = p->slabs; s != NULL; s = s->next) {
		uintptr_t at = (uintptr_t)slot - (uintptr_t)s->mem;
		size_t i = at / p->item;
		uint64_t bit = (uint64_t)1 << (i % 64);

		if (at >= s->nslots * p->item)
			continue;
		/* Not the start of a slot, or put twice: a bug of ours that
		 * would mix up two keys. */
		if (at % p->item != 0 || (s->used[i / 64] & bit) == 0)
			abort();
		sodium_memzero(slot, p->item);
		s->used[i / 64] &= ~bit;
		p->used--;
		return;
	}
	abort();
}

size_t
ov_pool_used(const struct ov_pool *p)
{
	return p->used;
}

bool
ov_pool_locked(const struct ov_pool *p)
{
	return p->locked;
}

enum ov_rc
ov_arena_locked(size_t size, struct ov_arena **out, struct ov_err *e)
{
	struct ov_arena *a;
	enum ov_rc rc;

	*out = NULL;
	if (size == 0 || size > SIZE_MAX / 2)
		return ov_fail(e, OV_TOOBIG, "arena of a strange size");
	if ((rc = ov_secret_init(e)) != OV_OK)
		return rc;
	size = (size + 15) & ~(size_t)15;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return ov_fail(e, OV_NOSPACE, "memory for an arena");
	a->mem = sodium_malloc(size);
	if (a->mem == NULL) {
		free(a);
		return ov_fail(e, OV_NOSPACE, "locked memory for an arena");
	}
	sodium_memzero(a->mem, size);
	a->size = size;
	*out = a;
	return OV_OK;
}

void *
ov_arena_get(struct ov_arena *a, size_t n)
{
	uint8_t *p;

	if (n > a->size - a->used)
		return NULL;
	p = a->mem + a->used;
	/* size and used are multiples of 16, so this cannot pass size. */
	a->used += (n + 15) & ~(size_t)15;
	return p;
}

size_t
ov_arena_left(const struct ov_arena *a)
{
	return a->size - a->used;
}

void
ov_arena_reset(struct ov_arena *a)
{
	sodium_memzero(a->mem, a->used);
	a->used = 0;
}

void
ov_arena_free(struct ov_arena *a)
{
	if (a == NULL)
		return;
	sodium_free(a->mem); /* wipes */
	free(a);
}
