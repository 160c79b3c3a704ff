/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/holder_publish.c - a holder's key manifest: the public key of
 * every member's domain, signed and kept (docs/protocol.md, "Holders").
 *
 * Manifest and book wait for each other: this one also covers members that are
 * not in a book yet, and works before there is a book at all.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/pseudo.h"
#include "protocol/hash.h"

#define KEYS 256                    /* in one packet */
#define OLD_S ((int64_t)30 * 86400) /* a replaced one is still given */

/* Public keys of these names; a record that fails is OV_DAMAGED: no seed. */
static enum ov_rc
keys_get(struct ov_store *st, const struct ov_h_keys *q, size_t n,
    struct ov_h_keyed *a, struct ov_err *e)
{
	OV_REPLY r = {0};
	size_t got;
	enum ov_rc rc;

	rc = ov_houder(st, OV_H_KEYS, &ov_h_keys_rec, q, n, &ov_h_keyed_rec, a,
	    n, &got, &r, e);
	if (rc == OV_OK && got != n)
		rc = ov_fail(e, OV_BADMSG, "houder: number of keys");
	return rc;
}

/* The shares whose seed is here are the ones we hold. */
static enum ov_rc
shares_find(struct ov_store *st, struct ov_manifest *m, struct ov_err *e)
{
	struct ov_h_keys q[OV_DELEN_MAX] = {0};
	struct ov_h_keyed a[OV_DELEN_MAX];
	enum ov_rc rc;

	for (size_t i = 0; i < OV_DELEN_MAX; i++) {
		memcpy(q[i].domain, st->self.s, 20);
		q[i].ep = m->ep;
		q[i].share = (uint8_t)(i + 1);
	}
	if ((rc = keys_get(st, q, OV_DELEN_MAX, a, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < OV_DELEN_MAX; i++)
		if (a[i].rc == OV_OK)
			m->delen[m->ndelen++] = (uint8_t)(i + 1);
	return m->ndelen > 0
	           ? OV_OK
	           : ov_fail(e, OV_DENIED, "no share of this epoch here");
}

static int
oin_sort(const void *a, const void *b)
{
	return ov_oin_cmp(a, b);
}

/* Every domain once, sorted. *out is given: free(). */
static enum ov_rc
domains(const struct ov_store *st, const struct ov_oin *extra, size_t nextra,
    struct ov_oin **out, size_t *n, struct ov_err *e)
{
	size_t nlid = st->boek != NULL ? st->boek->nlid : 0, k = 0;
	struct ov_oin *d = calloc(1 + nlid + nextra, sizeof(*d));

	*out = d;
	*n = 0;
	if (d == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	d[k++] = st->self;
	for (size_t i = 0; i < nlid; i++)
		if (st->boek->lid[i].status != OV_LID_VERTROKKEN)
			d[k++] = st->boek->lid[i].oin;
	for (size_t i = 0; i < nextra; i++)
		d[k++] = extra[i];
	qsort(d, k, sizeof(*d), oin_sort);
	for (size_t i = 0; i < k; i++)
		if (*n == 0 || !ov_oin_eq(&d[*n - 1], &d[i]))
			d[(*n)++] = d[i];
	return OV_OK;
}

/* The keys of m->key[from..], up to a packet full. */
static enum ov_rc
keys_fill(struct ov_store *st, struct ov_manifest *m, size_t from,
    struct ov_err *e)
{
	struct ov_h_keys q[KEYS] = {0};
	struct ov_h_keyed a[KEYS];
	size_t n = m->n - from < KEYS ? m->n - from : KEYS;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		memcpy(q[i].domain, m->key[from + i].domein.s, 20);
		q[i].ep = m->ep;
		q[i].share = m->key[from + i].deel;
	}
	if ((rc = keys_get(st, q, n, a, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (a[i].rc != OV_OK)
			return ov_fail(e, OV_DENIED, "houder: no key");
		memcpy(m->key[from + i].pk, a[i].pk, 32);
	}
	return OV_OK;
}

static enum ov_rc
manifest_fill(struct ov_store *st, const struct ov_oin *extra, size_t nextra,
    struct ov_manifest *m, struct ov_err *e)
{
	struct ov_oin *d = NULL;
	size_t nd;
	enum ov_rc rc;

	if ((rc = shares_find(st, m, e)) != OV_OK ||
	    (rc = domains(st, extra, nextra, &d, &nd, e)) != OV_OK)
		return rc;
	if (nd * m->ndelen > OV_MANIFEST_KEYS_MAX)
		rc = ov_fail(e, OV_TOOBIG, "manifest: keys");
	else if ((m->key = calloc(nd * m->ndelen, sizeof(*m->key))) == NULL)
		rc = ov_fail(e, OV_NOSPACE, "out of memory");
	for (size_t i = 0; rc == OV_OK && i < nd; i++)
		for (size_t k = 0; k < m->ndelen; k++) {
			m->key[m->n].domein = d[i];
			m->key[m->n++].deel = m->delen[k];
		}
	free(d);
	for (size_t at = 0; rc == OV_OK && at < m->n; at += KEYS)
		rc = keys_fill(st, m, at, e);
	return rc;
}

/* The new one, the ones it replaces, and a leaf: one commit. */
static enum ov_rc
manifest_keep(struct ov_store *st, uint32_t ep, const struct ov_buf *jws,
    const uint8_t sha[32], struct ov_err *e)
{
	int64_t now = ov_now(st);
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE manifest SET vervangen=?3 WHERE houder=?1 AND ep=?2"
	    " AND vervangen=0",
	    "tii", st->self.s, (int64_t)ep, now);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM manifest WHERE houder=?1 AND vervangen>0"
		    " AND vervangen<?2",
		    "ti", st->self.s, now - OLD_S);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO manifest(sha256,houder,ep,jws,gemaakt)"
		    " VALUES(?1,?2,?3,CAST(?4 AS TEXT),?5)"
		    " ON CONFLICT(sha256) DO UPDATE SET vervangen=0",
		    "btivi", (const void *)sha, (size_t)32, st->self.s,
		    (int64_t)ep, (struct ov_view){jws->p, jws->n}, now);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_SLEUTELS, &st->self, sha, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

enum ov_rc
ov_holder_publish(struct ov_store *st, uint32_t ep, const struct ov_oin *extra,
    size_t nextra, struct ov_buf *jws, uint8_t sha[32], struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_manifest m = {.ep = ep,
	    .houder = st->self,
	    .iat = ov_now(st),
	    .status = OV_EPOCH_AANGEKONDIGD};
	const struct ov_book_epoch *known = NULL;
	enum ov_rc rc;

	if (strlen(st->env.conf->regio) >= sizeof(m.regio))
		return ov_fail(e, OV_TOOBIG, "region");
	memcpy(m.regio, st->env.conf->regio, strlen(st->env.conf->regio) + 1);
	if (st->boek != NULL)
		known = ov_book_epoch_of(st->boek, ep);
	if (known != NULL)
		m.status = known->status;
	rc = manifest_fill(st, extra, nextra, &m, e);
	if (rc == OV_OK)
		rc = ov_manifest_compose(&payload, &m, e);
	ov_manifest_free(&m);
	if (rc == OV_OK)
		rc = ov_sign(st, OV_ST_MANIFEST,
		    (struct ov_view){payload.p, payload.n}, jws, e);
	if (rc == OV_OK && ov_sha256(sha, jws->p, jws->n) != OV_OK)
		rc = ov_fail(e, OV_SYS, "SHA-256");
	if (rc == OV_OK)
		rc = manifest_keep(st, ep, jws, sha, e);
	return rc;
}
