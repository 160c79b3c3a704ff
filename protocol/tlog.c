/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/tlog.c - Merkle tree over C2SP hash tiles, and its proofs. */
#include "protocol/tlog.h"

#include <string.h>

#include "protocol/hash.h"

enum ov_rc
ov_tlog_leaf_hash(struct ov_digest *out, const void *leaf, size_t n)
{
	uint8_t in[1 + OV_LEAF_MAX] = {0};

	if (n > OV_LEAF_MAX)
		return OV_TOOBIG;
	if (n > 0)
		memcpy(in + 1, leaf, n);
	return ov_sha256(out->b, in, n + 1);
}

enum ov_rc
ov_tlog_node_hash(struct ov_digest *out, const struct ov_digest *l,
    const struct ov_digest *r)
{
	uint8_t in[65];

	in[0] = 1;
	memcpy(in + 1, l->b, 32);
	memcpy(in + 33, r->b, 32);
	return ov_sha256(out->b, in, sizeof(in));
}

/* ---- edge ---- */

enum ov_rc
ov_tlog_edge_add(struct ov_tlog_edge *t, const struct ov_digest *leaf,
    struct ov_err *e)
{
	struct ov_digest h = *leaf;
	unsigned k;

	if (t->size >= OV_TLOG_MAX)
		return ov_fail(e, OV_NOSPACE, "log is full");
	for (k = 0; (t->size >> k & 1) != 0; k++)
		if (ov_tlog_node_hash(&h, &t->h[k], &h) != OV_OK)
			return ov_fail(e, OV_SYS, "SHA-256");
	t->h[k] = h;
	t->size++;
	return OV_OK;
}

enum ov_rc
ov_tlog_edge_root(const struct ov_tlog_edge *t, struct ov_digest *out,
    struct ov_err *e)
{
	struct ov_digest h;
	bool have = false;
	unsigned k;

	if (t->size == 0) {
		if (ov_sha256(out->b, "", 0) != OV_OK)
			return ov_fail(e, OV_SYS, "SHA-256");
		return OV_OK;
	}
	for (k = 0; k < 64; k++) {
		if ((t->size >> k & 1) == 0)
			continue;
		if (!have)
			h = t->h[k];
		else if (ov_tlog_node_hash(&h, &t->h[k], &h) != OV_OK)
			return ov_fail(e, OV_SYS, "SHA-256");
		have = true;
	}
	*out = h;
	return OV_OK;
}

/* ---- tiles ---- */

/* Root of 2^k hashes; h is not changed. */
static enum ov_rc
subtree(const struct ov_digest *h, unsigned k, struct ov_digest *out)
{
	struct ov_digest tmp[OV_TILE_WIDTH / 2];
	size_t i, n = (size_t)1 << k;
	enum ov_rc rc;

	if (k == 0) {
		*out = h[0];
		return OV_OK;
	}
	for (i = 0; i < n / 2; i++)
		if ((rc = ov_tlog_node_hash(&tmp[i], &h[2 * i],
		         &h[2 * i + 1])) != OV_OK)
			return rc;
	for (n /= 2; n > 1; n /= 2)
		for (i = 0; i < n / 2; i++)
			if ((rc = ov_tlog_node_hash(&tmp[i], &tmp[2 * i],
			         &tmp[2 * i + 1])) != OV_OK)
				return rc;
	*out = tmp[0];
	return OV_OK;
}

unsigned
ov_tile_width(uint64_t size, unsigned level, uint64_t nr)
{
	uint64_t have;

	if (level >= OV_TILE_LEVELS)
		return 0;
	have = size >> (8 * level);
	if (nr > have / OV_TILE_WIDTH)
		return 0;
	have -= nr * OV_TILE_WIDTH;
	return have > OV_TILE_WIDTH ? OV_TILE_WIDTH : (unsigned)have;
}

enum ov_rc
ov_tlog_load(struct ov_tlog *t, uint64_t size, ov_tile_read *read, void *arg,
    struct ov_err *e)
{
	enum ov_rc rc;
	uint64_t have;
	unsigned l;

	memset(t, 0, sizeof(*t));
	if (size > OV_TLOG_MAX)
		return ov_fail(e, OV_DAMAGED, "log size");
	for (l = 0; l < OV_TILE_LEVELS; l++) {
		have = size >> (8 * l);
		t->n[l] = (unsigned)(have % OV_TILE_WIDTH);
		if (t->n[l] == 0)
			continue;
		rc = read(arg, l, have / OV_TILE_WIDTH, t->n[l], t->tile[l], e);
		if (rc != OV_OK) {
			memset(t, 0, sizeof(*t));
			return ov_while(e, rc, "last tile of level %u", l);
		}
	}
	t->size = size;
	return OV_OK;
}

enum ov_rc
ov_tlog_add(struct ov_tlog *t, const struct ov_digest *leaf,
    ov_tile_write *write, void *arg, struct ov_err *e)
{
	struct ov_digest h = *leaf;
	enum ov_rc rc;
	uint64_t nr;
	unsigned l;

	if (t->size >= OV_TLOG_MAX)
		return ov_fail(e, OV_NOSPACE, "log is full");
	for (l = 0; l < OV_TILE_LEVELS; l++) {
		t->tile[l][t->n[l]++] = h;
		t->dirty |= 1U << l;
		if (t->n[l] < OV_TILE_WIDTH)
			break;
		/* nr counts the full tiles of this level before this one. */
		nr = ((t->size + 1) >> (8 * (l + 1))) - 1;
		rc = write(arg, l, nr, OV_TILE_WIDTH, t->tile[l], e);
		if (rc != OV_OK)
			return ov_while(e, rc, "tile of level %u", l);
		if (subtree(t->tile[l], 8, &h) != OV_OK)
			return ov_fail(e, OV_SYS, "SHA-256");
		t->n[l] = 0;
		t->dirty &= ~(1U << l);
	}
	t->size++;
	return OV_OK;
}

enum ov_rc
ov_tlog_flush(struct ov_tlog *t, ov_tile_write *write, void *arg,
    struct ov_err *e)
{
	enum ov_rc rc;
	unsigned l;

	for (l = 0; l < OV_TILE_LEVELS; l++) {
		if ((t->dirty >> l & 1) == 0)
			continue;
		rc = write(arg, l, (t->size >> (8 * l)) / OV_TILE_WIDTH,
		    t->n[l], t->tile[l], e);
		if (rc != OV_OK)
			return ov_while(e, rc, "tile of level %u", l);
		t->dirty &= ~(1U << l);
	}
	return OV_OK;
}

enum ov_rc
ov_tlog_root(const struct ov_tlog *t, struct ov_digest *out, struct ov_err *e)
{
	struct ov_tlog_edge edge = {0};
	unsigned l, k, at;

	edge.size = t->size;
	for (l = 0; l < OV_TILE_LEVELS; l++) {
		/* Complete subtrees stand in a tile from large to small. */
		at = 0;
		for (k = 8; k-- > 0;) {
			if ((t->n[l] >> k & 1) == 0)
				continue;
			if (subtree(&t->tile[l][at], k, &edge.h[8 * l + k]) !=
			    OV_OK)
				return ov_fail(e, OV_SYS, "SHA-256");
			at += 1U << k;
		}
	}
	return ov_tlog_edge_root(&edge, out, e);
}

enum ov_rc
ov_tlog_read_tiles(void *tiles, unsigned level, uint64_t index,
    struct ov_digest *out, struct ov_err *e)
{
	const struct ov_tlog_tiles *src = tiles;
	struct ov_digest h[OV_TILE_WIDTH];
	unsigned l = level / 8, k = level % 8, first;
	enum ov_rc rc;
	uint64_t at;

	if (l >= OV_TILE_LEVELS || index > OV_TLOG_MAX >> level)
		return ov_fail(e, OV_DAMAGED, "no such node");
	at = index << k;
	first = (unsigned)(at % OV_TILE_WIDTH);
	rc = src->read(src->arg, l, at / OV_TILE_WIDTH, first + (1U << k), h,
	    e);
	if (rc != OV_OK)
		return ov_while(e, rc, "tile of level %u", l);
	if (subtree(h + first, k, out) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	return OV_OK;
}

/* ---- proofs ---- */

struct walk {
	ov_tlog_read *read;
	void *arg;
	struct ov_tlog_path *out;
};

/* Largest k with 2^k < n, for n >= 2. */
static unsigned
split_level(uint64_t n)
{
	unsigned k = 0;

	while (k < 63 && (UINT64_C(2) << k) < n)
		k++;
	return k;
}

/* Root of leaves [from, from + n); from is a multiple of a power of two that
 * is at least n. */
static enum ov_rc
range_root(const struct walk *w, uint64_t from, uint64_t n,
    struct ov_digest *out, struct ov_err *e)
{
	struct ov_digest part[64], h;
	enum ov_rc rc;
	size_t np = 0;
	unsigned k;

	for (k = 64; k-- > 0;) {
		if ((n >> k & 1) == 0)
			continue;
		rc = w->read(w->arg, k, from >> k, &part[np], e);
		if (rc != OV_OK)
			return rc;
		np++;
		from += UINT64_C(1) << k;
	}
	h = part[np - 1];
	while (--np > 0)
		if (ov_tlog_node_hash(&h, &part[np - 1], &h) != OV_OK)
			return ov_fail(e, OV_SYS, "SHA-256");
	*out = h;
	return OV_OK;
}

static enum ov_rc
path_add(const struct walk *w, uint64_t from, uint64_t n, struct ov_err *e)
{
	if (w->out->n == OV_TLOG_PATH_MAX)
		return ov_fail(e, OV_TOOBIG, "log path");
	return range_root(w, from, n, &w->out->h[w->out->n++], e);
}

static void
reverse(struct ov_tlog_path *p)
{
	struct ov_digest h;
	size_t i;

	for (i = 0; i < p->n / 2; i++) {
		h = p->h[i];
		p->h[i] = p->h[p->n - 1 - i];
		p->h[p->n - 1 - i] = h;
	}
}

enum ov_rc
ov_tlog_inclusion(uint64_t index, uint64_t size, ov_tlog_read *read, void *arg,
    struct ov_tlog_path *out, struct ov_err *e)
{
	struct walk w = {read, arg, out};
	uint64_t from = 0, n = size, k;
	enum ov_rc rc;

	out->n = 0;
	if (index >= size || size > OV_TLOG_MAX)
		return ov_fail(e, OV_BADMSG, "log index");
	/* Down from the root: what is left aside is the path, reversed. */
	while (n > 1) {
		k = UINT64_C(1) << split_level(n);
		if (index - from < k) {
			rc = path_add(&w, from + k, n - k, e);
			n = k;
		} else {
			rc = path_add(&w, from, k, e);
			from += k;
			n -= k;
		}
		if (rc != OV_OK)
			return rc;
	}
	reverse(out);
	return OV_OK;
}

enum ov_rc
ov_tlog_consistency(uint64_t old, uint64_t size, ov_tlog_read *read, void *arg,
    struct ov_tlog_path *out, struct ov_err *e)
{
	struct walk w = {read, arg, out};
	uint64_t from = 0, m = old, n = size, k;
	bool whole = true; /* the old tree is this whole subtree so far */
	enum ov_rc rc;

	out->n = 0;
	if (old > size || size > OV_TLOG_MAX)
		return ov_fail(e, OV_BADMSG, "log sizes");
	if (old == 0 || old == size)
		return OV_OK;
	while (m != n) {
		k = UINT64_C(1) << split_level(n);
		if (m <= k) {
			rc = path_add(&w, from + k, n - k, e);
			n = k;
		} else {
			rc = path_add(&w, from, k, e);
			whole = false;
			from += k;
			m -= k;
			n -= k;
		}
		if (rc != OV_OK)
			return rc;
	}
	if (!whole && (rc = path_add(&w, from, n, e)) != OV_OK)
		return rc;
	reverse(out);
	return OV_OK;
}

static bool
same(const struct ov_digest *a, const struct ov_digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* RFC 9162 2.1.3.2. */
enum ov_rc
ov_tlog_verify_inclusion(uint64_t index, uint64_t size,
    const struct ov_digest *leaf, const struct ov_digest *path, size_t n,
    const struct ov_digest *root, struct ov_err *e)
{
	struct ov_digest r = *leaf;
	uint64_t fn = index, sn;
	enum ov_rc rc = OV_OK;
	size_t i;

	if (index >= size)
		return ov_fail(e, OV_BADSIG, "inclusion: index");
	sn = size - 1;
	for (i = 0; i < n && rc == OV_OK; i++) {
		if (sn == 0)
			return ov_fail(e, OV_BADSIG, "inclusion: too long");
		if ((fn & 1) != 0 || fn == sn) {
			rc = ov_tlog_node_hash(&r, &path[i], &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			rc = ov_tlog_node_hash(&r, &r, &path[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (rc != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	if (sn != 0 || !same(&r, root))
		return ov_fail(e, OV_BADSIG, "inclusion: root");
	return OV_OK;
}

/* Steps 3 to 6 of RFC 9162 2.1.4.2, with the first hash already in place. */
static enum ov_rc
consistent(uint64_t fn, uint64_t sn, struct ov_digest fr,
    const struct ov_digest *path, size_t n, const struct ov_digest *oldroot,
    const struct ov_digest *root, struct ov_err *e)
{
	struct ov_digest sr = fr;
	enum ov_rc rc = OV_OK;
	size_t i;

	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	for (i = 0; i < n && rc == OV_OK; i++) {
		if (sn == 0)
			return ov_fail(e, OV_BADSIG, "consistency: too long");
		if ((fn & 1) != 0 || fn == sn) {
			rc = ov_tlog_node_hash(&fr, &path[i], &fr);
			if (rc == OV_OK)
				rc = ov_tlog_node_hash(&sr, &path[i], &sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			rc = ov_tlog_node_hash(&sr, &sr, &path[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (rc != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	if (sn != 0 || !same(&fr, oldroot) || !same(&sr, root))
		return ov_fail(e, OV_BADSIG, "consistency: root");
	return OV_OK;
}

enum ov_rc
ov_tlog_verify_consistency(uint64_t old, uint64_t size,
    const struct ov_digest *oldroot, const struct ov_digest *root,
    const struct ov_digest *path, size_t n, struct ov_err *e)
{
	if (old == 0 || old > size)
		return ov_fail(e, OV_BADSIG, "consistency: sizes");
	if (old == size) {
		if (n != 0 || !same(oldroot, root))
			return ov_fail(e, OV_BADSIG, "consistency: root");
		return OV_OK;
	}
	if (n == 0)
		return ov_fail(e, OV_BADSIG, "consistency: too short");
	/* An old tree of 2^k leaves is itself a node: it leads the path. */
	if ((old & (old - 1)) == 0)
		return consistent(old - 1, size - 1, *oldroot, path, n, oldroot,
		    root, e);
	return consistent(old - 1, size - 1, path[0], path + 1, n - 1, oldroot,
	    root, e);
}
