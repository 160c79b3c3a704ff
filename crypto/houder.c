/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/houder.c - derive, keep and use the share keys of a holder. */
#include "crypto/houder.h"

#include <stdlib.h>
#include <string.h>

struct seed {
	uint32_t ep;
	uint8_t share;
	struct ov_secret32 *s;
};

struct key {
	struct ov_houder_name name;
	uint8_t pk[32];
	struct ov_secret32 *k;
};

struct ov_houder_keys {
	char regio[OV_OPRF_REGION + 1];
	struct ov_pool *pool;
	struct seed seed[OV_HOUDER_SEEDS];
	size_t nseed;
	struct key key[OV_HOUDER_KEYS]; /* sorted by name */
	size_t nkey;
};

enum ov_rc
ov_houder_keys_new(const char *regio, struct ov_houder_keys **out,
    struct ov_err *e)
{
	struct ov_houder_keys *h;
	size_t n = strlen(regio);
	enum ov_rc rc;

	*out = NULL;
	if (n == 0 || n > OV_OPRF_REGION)
		return ov_fail(e, OV_BADMSG, "region: length");
	if ((rc = ov_secret_init(e)) != OV_OK)
		return rc;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return ov_fail_sys(e, "memory for share keys");
	memcpy(h->regio, regio, n);
	rc = ov_pool_new(sizeof(struct ov_secret32),
	    OV_HOUDER_SEEDS + OV_HOUDER_KEYS, &h->pool, e);
	if (rc != OV_OK) {
		free(h);
		return rc;
	}
	*out = h;
	return OV_OK;
}

void
ov_houder_keys_free(struct ov_houder_keys *h)
{
	if (h == NULL)
		return;
	ov_pool_free(h->pool);
	free(h);
}

static const struct seed *
find_seed(const struct ov_houder_keys *h, uint32_t ep, uint8_t share)
{
	for (size_t i = 0; i < h->nseed; i++)
		if (h->seed[i].ep == ep && h->seed[i].share == share)
			return &h->seed[i];
	return NULL;
}

enum ov_rc
ov_houder_keys_seed(struct ov_houder_keys *h, uint32_t ep, uint8_t share,
    const struct ov_secret32 *seed, struct ov_err *e)
{
	struct seed *s = &h->seed[h->nseed];

	if (share == 0)
		return ov_fail(e, OV_BADMSG, "share 0");
	if (find_seed(h, ep, share) != NULL)
		return ov_fail(e, OV_DENIED, "epoch %u share %u: second seed",
		    ep, share);
	if (h->nseed == OV_HOUDER_SEEDS ||
	    (s->s = ov_pool_get(h->pool)) == NULL)
		return ov_fail(e, OV_NOSPACE, "too many seeds");
	*s->s = *seed;
	s->ep = ep;
	s->share = share;
	h->nseed++;
	return OV_OK;
}

static int
name_cmp(const struct ov_houder_name *a, const struct ov_houder_name *b)
{
	int c = memcmp(a->domain, b->domain, sizeof(a->domain));

	if (c != 0)
		return c;
	if (a->ep != b->ep)
		return a->ep < b->ep ? -1 : 1;
	return (int)a->share - (int)b->share;
}

/* Where a name is, or belongs. */
static size_t
place(const struct ov_houder_keys *h, const struct ov_houder_name *name)
{
	size_t lo = 0, hi = h->nkey, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (name_cmp(&h->key[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
forget_keys(struct ov_houder_keys *h)
{
	for (size_t i = 0; i < h->nkey; i++)
		ov_pool_put(h->pool, h->key[i].k);
	h->nkey = 0;
}

/* The derived key, from memory or made now. */
static enum ov_rc
find_key(struct ov_houder_keys *h, const struct ov_houder_name *name,
    const struct key **out, struct ov_err *e)
{
	const struct seed *s = find_seed(h, name->ep, name->share);
	size_t i = place(h, name);
	struct key k = {.name = *name};
	enum ov_rc rc;

	*out = NULL;
	if (s == NULL)
		return ov_fail(e, OV_DAMAGED, "no seed of epoch %u share %u",
		    name->ep, name->share);
	if (i < h->nkey && name_cmp(&h->key[i].name, name) == 0) {
		*out = &h->key[i];
		return OV_OK;
	}
	if (h->nkey == OV_HOUDER_KEYS) {
		forget_keys(h);
		i = 0;
	}
	if ((k.k = ov_pool_get(h->pool)) == NULL)
		return ov_fail(e, OV_NOSPACE, "memory for share keys");
	rc = ov_oprf_share(s->s, h->regio, name->domain, name->ep, name->share,
	    k.k, k.pk, e);
	if (rc != OV_OK) {
		ov_pool_put(h->pool, k.k);
		return rc;
	}
	memmove(&h->key[i + 1], &h->key[i], (h->nkey - i) * sizeof(h->key[0]));
	h->key[i] = k;
	h->nkey++;
	*out = &h->key[i];
	return OV_OK;
}

enum ov_rc
ov_houder_keys_public(struct ov_houder_keys *h,
    const struct ov_houder_name *name, uint8_t pk[32], struct ov_err *e)
{
	const struct key *k;
	enum ov_rc rc;

	memset(pk, 0, 32);
	if ((rc = find_key(h, name, &k, e)) == OV_OK)
		memcpy(pk, k->pk, 32);
	return rc;
}

bool
ov_houder_elements_ok(const uint8_t *b, size_t n, size_t *bad)
{
	for (size_t i = 0; i < n; i++) {
		if (!ov_oprf_element_ok(b + i * OV_OPRF_ELEMENT)) {
			*bad = i;
			return false;
		}
	}
	return true;
}

enum ov_rc
ov_houder_keys_evaluate(struct ov_houder_keys *h,
    const struct ov_houder_name *name, const uint8_t *b, size_t n, uint8_t *out,
    uint8_t pk[32], uint8_t proof[64], struct ov_err *e)
{
	const struct key *k;
	enum ov_rc rc;

	if (n == 0 || n > OV_OPRF_ELEMENTS)
		return ov_fail(e, OV_BADMSG, "%zu elements", n);
	if ((rc = find_key(h, name, &k, e)) != OV_OK)
		return rc;
	memcpy(pk, k->pk, 32);
	if ((rc = ov_oprf_evaluate(k->k, b, n, out, NULL, e)) != OV_OK)
		return rc;
	return ov_oprf_prove(k->k, pk, b, out, n, proof, e);
}
