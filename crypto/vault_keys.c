/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault_keys.c - the keys that come and go: generations, named keys,
 * links with partners, and the wrapping of record keys.
 */
#include "crypto/vault_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "crypto/pid.h"

/* ---- generations --------------------------------------------------- */

static struct ov_vault_kek *
find_kek(struct ov_vault *v, uint32_t gen)
{
	for (size_t i = 0; i < OV_VAULT_KEKS; i++)
		if (v->kek[i].used && v->kek[i].gen == gen)
			return &v->kek[i];
	return NULL;
}

/* A free place with room for a key, or NULL. */
static struct ov_vault_kek *
free_kek(struct ov_vault *v)
{
	for (size_t i = 0; i < OV_VAULT_KEKS; i++) {
		if (v->kek[i].used)
			continue;
		v->kek[i].k = ov_pool_get(v->pool32);
		return v->kek[i].k == NULL ? NULL : &v->kek[i];
	}
	return NULL;
}

static void
drop_kek(struct ov_vault *v, struct ov_vault_kek *k)
{
	ov_pool_put(v->pool32, k->k);
	memset(k, 0, sizeof(*k));
}

static enum ov_rc
kek_load(struct ov_vault *v, uint32_t gen, const uint8_t blob[OV_WRAP])
{
	struct ov_vault_kek *k;

	if (find_kek(v, gen) != NULL)
		return OV_OK;
	if ((k = free_kek(v)) == NULL)
		return OV_NOSPACE;
	if (ov_kek_open(v->root, gen, blob, k->k, NULL) != OV_OK) {
		drop_kek(v, k);
		return OV_BADSIG;
	}
	k->gen = gen;
	k->used = true;
	return OV_OK;
}

static enum ov_rc
kek_new(struct ov_vault *v, uint32_t gen, uint8_t blob[OV_WRAP])
{
	struct ov_vault_kek *k;
	enum ov_rc rc;

	if (find_kek(v, gen) != NULL)
		return OV_DENIED;
	if ((k = free_kek(v)) == NULL)
		return OV_NOSPACE;
	ov_random(k->k->b, sizeof(k->k->b));
	if ((rc = ov_kek_seal(v->root, gen, k->k, blob, NULL)) != OV_OK) {
		drop_kek(v, k);
		return rc;
	}
	k->gen = gen;
	k->used = true;
	return OV_OK;
}

enum ov_rc
ov_vault_kek(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_kek *q = &in->kek;
	struct ov_vault_kek *k;

	switch (q->op) {
	case OV_KEK_LOAD:
		return kek_load(v, q->gen, q->blob);
	case OV_KEK_NEW:
		return kek_new(v, q->gen, out->wrapped.wrap);
	case OV_KEK_USE:
		if ((k = find_kek(v, q->gen)) == NULL)
			return OV_AGAIN;
		v->use = k;
		v->state = OV_VS_READY;
		return OV_OK;
	case OV_KEK_DROP:
		if ((k = find_kek(v, q->gen)) == NULL)
			return OV_OK;
		if (k == v->use)
			return OV_DENIED;
		drop_kek(v, k);
		return OV_OK;
	default:
		return OV_BADMSG;
	}
}

/* ---- record keys --------------------------------------------------- */

enum ov_rc
ov_vault_unwrap(struct ov_vault *v, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], struct ov_secret32 *dek)
{
	const struct ov_vault_kek *k;

	if (v->use != NULL &&
	    ov_dek_unwrap(v->use->k, id, v->use->gen, wrap, dek, NULL) == OV_OK)
		return OV_OK;
	/* During a rotation a record may still be under the other one. */
	for (size_t i = 0; i < OV_VAULT_KEKS; i++) {
		k = &v->kek[i];
		if (k->used && k != v->use &&
		    ov_dek_unwrap(k->k, id, k->gen, wrap, dek, NULL) == OV_OK)
			return OV_OK;
	}
	return OV_BADSIG;
}

enum ov_rc
ov_vault_dek(struct ov_vault *v, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], struct ov_secret32 *dek, uint8_t out[OV_WRAP])
{
	enum ov_rc rc;

	if (!sodium_is_zero(wrap, OV_WRAP)) {
		if ((rc = ov_vault_unwrap(v, id, wrap, dek)) == OV_OK)
			memcpy(out, wrap, OV_WRAP);
		return rc;
	}
	ov_random(dek->b, sizeof(dek->b));
	return ov_dek_wrap(v->use->k, id, v->use->gen, dek, out, NULL);
}

enum ov_rc
ov_vault_rewrap(struct ov_vault *v, const union ov_v_in *in,
    union ov_v_out *out)
{
	const struct ov_v_rewrap *q = &in->rewrap;
	const struct ov_vault_kek *from = find_kek(v, q->from);
	const struct ov_vault_kek *to = find_kek(v, q->to);
	OV_SECRET32 dek = {{0}};
	enum ov_rc rc;

	if (from == NULL || to == NULL)
		return OV_AGAIN;
	rc = ov_dek_unwrap(from->k, q->id, q->from, q->wrap, &dek, NULL);
	if (rc != OV_OK)
		return OV_BADSIG;
	return ov_dek_wrap(to->k, q->id, q->to, &dek, out->wrapped.wrap, NULL);
}

/* ---- named keys ---------------------------------------------------- */

struct ov_vault_named *
ov_vault_named(struct ov_vault *v, enum ov_key_kind kind, uint64_t number)
{
	for (size_t i = 0; i < OV_VAULT_NAMED; i++)
		if (v->named[i].kind == kind && v->named[i].number == number)
			return &v->named[i];
	return NULL;
}

struct ov_vault_named *
ov_vault_enc(struct ov_vault *v, const uint8_t kid[32])
{
	for (size_t i = 0; i < OV_VAULT_NAMED; i++)
		if (v->named[i].kind == OV_KEY_ENC &&
		    memcmp(v->named[i].kid, kid, 32) == 0)
			return &v->named[i];
	return NULL;
}

/* The wrap of a named key carries its name, so that neither a record's key nor
 * a key of another kind can be loaded as one. */
static bool
name_ok(const struct ov_v_key *q)
{
	static const char *const word[] = {[OV_KEY_ENC] = "enc",
	    [OV_KEY_LINK] = "link",
	    [OV_KEY_CACHE] = "cache",
	    [OV_KEY_INDEX] = "index",
	    [OV_KEY_REF] = "ref"};
	uint8_t id[16];
	char name[32];
	int n;

	n = snprintf(name, sizeof(name), "%s/%" PRIu64, word[q->kind],
	    q->number);
	return n > 0 && (size_t)n < sizeof(name) &&
	       ov_named_key_id(name, id, NULL) == OV_OK &&
	       memcmp(id, q->id, sizeof(id)) == 0;
}

static struct ov_vault_named *
free_named(struct ov_vault *v)
{
	for (size_t i = 0; i < OV_VAULT_NAMED; i++) {
		if (v->named[i].kind != 0)
			continue;
		v->named[i].k = ov_pool_get(v->pool32);
		return v->named[i].k == NULL ? NULL : &v->named[i];
	}
	return NULL;
}

static void
drop_named(struct ov_vault *v, struct ov_vault_named *n)
{
	ov_pool_put(v->pool32, n->k);
	memset(n, 0, sizeof(*n));
}

/* What follows from the secret: public key and thumbprint. */
static enum ov_rc
publish(struct ov_vault_named *n, uint8_t kind)
{
	enum ov_rc rc;

	if (kind != OV_KEY_ENC && kind != OV_KEY_LINK)
		return OV_OK;
	rc = ov_x25519_public(n->k, n->pk, NULL);
	if (rc == OV_OK && kind == OV_KEY_ENC)
		rc = ov_vault_kid_x25519(n->pk, n->kid);
	return rc;
}

static void
tell(const struct ov_vault_named *n, struct ov_v_keyed *r)
{
	memcpy(r->pk, n->pk, sizeof(r->pk));
	memcpy(r->kid, n->kid, sizeof(r->kid));
}

/* Make the key, or unwrap it, into a free place. */
static enum ov_rc
add_named(struct ov_vault *v, const struct ov_v_key *q, struct ov_v_keyed *r)
{
	struct ov_vault_named *n = free_named(v);
	enum ov_rc rc;

	if (n == NULL)
		return OV_NOSPACE;
	if (q->op == OV_KEY_LOAD) {
		rc = ov_vault_unwrap(v, q->id, q->wrap, n->k);
	} else {
		ov_random(n->k->b, sizeof(n->k->b));
		rc = ov_dek_wrap(v->use->k, q->id, v->use->gen, n->k, r->wrap,
		    NULL);
	}
	if (rc == OV_OK)
		rc = publish(n, q->kind);
	if (rc != OV_OK) {
		drop_named(v, n);
		return rc;
	}
	n->kind = q->kind;
	n->number = q->number;
	tell(n, r);
	return OV_OK;
}

/* A key that is there already may be loaded again, if it is the same one. */
static enum ov_rc
load_again(struct ov_vault *v, const struct ov_vault_named *n,
    const struct ov_v_key *q, struct ov_v_keyed *r)
{
	OV_SECRET32 k = {{0}};
	enum ov_rc rc;

	if ((rc = ov_vault_unwrap(v, q->id, q->wrap, &k)) != OV_OK)
		return rc;
	if (sodium_memcmp(k.b, n->k->b, sizeof(k.b)) != 0)
		return OV_DENIED;
	tell(n, r);
	return OV_OK;
}

/* Forget every K_AB of an epoch whose link key went. */
static void
drop_links(struct ov_vault *v, uint64_t ep)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nlink; i++) {
		if (v->link[i].ep == ep)
			ov_pool_put(v->pool32, v->link[i].k);
		else
			v->link[n++] = v->link[i];
	}
	v->nlink = n;
}

enum ov_rc
ov_vault_key(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_key *q = &in->key;
	struct ov_vault_named *n;

	if (q->kind < OV_KEY_ENC || q->kind > OV_KEY_REF)
		return OV_BADMSG;
	if (!name_ok(q))
		return OV_DENIED;
	n = ov_vault_named(v, (enum ov_key_kind)q->kind, q->number);
	switch (q->op) {
	case OV_KEY_NEW:
		return n != NULL ? OV_DENIED : add_named(v, q, &out->keyed);
	case OV_KEY_LOAD:
		return n != NULL ? load_again(v, n, q, &out->keyed)
		                 : add_named(v, q, &out->keyed);
	case OV_KEY_DROP:
		if (n != NULL)
			drop_named(v, n);
		if (q->kind == OV_KEY_LINK)
			drop_links(v, q->number);
		return OV_OK;
	default:
		return OV_BADMSG;
	}
}

/* ---- links --------------------------------------------------------- */

/* Where (partner, ep) is, or belongs. */
static size_t
link_at(const struct ov_vault *v, uint32_t partner, uint32_t ep)
{
	size_t lo = 0, hi = v->nlink, mid;
	const struct ov_vault_link *l;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		l = &v->link[mid];
		if (l->partner < partner ||
		    (l->partner == partner && l->ep < ep))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct ov_vault_link *
ov_vault_linked(struct ov_vault *v, uint32_t partner, uint32_t ep)
{
	size_t i = link_at(v, partner, ep);

	if (i < v->nlink && v->link[i].partner == partner &&
	    v->link[i].ep == ep)
		return &v->link[i];
	return NULL;
}

enum ov_rc
ov_vault_link(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_link *q = &in->link;
	const struct ov_vault_named *own;
	struct ov_vault_link *l, link = {.partner = q->partner, .ep = q->ep};
	struct ov_link_party us, them;
	OV_SECRET32 k = {{0}};
	enum ov_rc rc;
	size_t i;

	(void)out;
	if ((rc = ov_oin_from(q->oin, &link.oin)) != OV_OK)
		return rc;
	if ((own = ov_vault_named(v, OV_KEY_LINK, q->ep)) == NULL)
		return OV_AGAIN;
	us = (struct ov_link_party){v->oin.s, own->pk};
	them = (struct ov_link_party){link.oin.s, q->pk};
	rc = ov_link_key(v->cr, own->k, us, them, q->ep, &k, NULL);
	if (rc != OV_OK)
		return rc;
	if ((l = ov_vault_linked(v, q->partner, q->ep)) != NULL) {
		l->oin = link.oin;
		*l->k = k;
		return OV_OK;
	}
	if (v->nlink == OV_VAULT_LINKS)
		return OV_NOSPACE;
	if ((link.k = ov_pool_get(v->pool32)) == NULL)
		return OV_NOSPACE;
	*link.k = k;
	i = link_at(v, q->partner, q->ep);
	memmove(&v->link[i + 1], &v->link[i],
	    (v->nlink - i) * sizeof(v->link[0]));
	v->link[i] = link;
	v->nlink++;
	return OV_OK;
}
