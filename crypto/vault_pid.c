/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault_pid.c - pseudonyms: blinding, finishing, pids and tags.  A PGN
 * and its blind exist between BLIND and FINISH only; Y leaves only sealed.
 */
#include "crypto/vault_priv.h"

#include <string.h>

#include <sodium.h>

#include "crypto/oprf.h"
#include "crypto/pid.h"

static struct ov_rec_at
y_place(const uint8_t pupil[16])
{
	return (struct ov_rec_at){ov_vault_table(OV_T_LEERLING), pupil,
	    OV_VAULT_Y_COL, OV_VAULT_Y_VER};
}

enum ov_rc
ov_vault_y_open(struct ov_vault *v, const uint8_t pupil[16],
    const uint8_t wrap[OV_WRAP], const uint8_t blob[OV_YBLOB], uint8_t y[64])
{
	struct ov_rec_at at = y_place(pupil);
	OV_SECRET32 dek = {{0}};
	enum ov_rc rc;

	if ((rc = ov_vault_unwrap(v, pupil, wrap, &dek)) != OV_OK)
		return rc;
	if (ov_rec_open(&dek, &at, blob, OV_YBLOB, y, NULL) != OV_OK)
		return OV_BADSIG;
	return OV_OK;
}

static bool
pgn_ok(const uint8_t *p)
{
	for (size_t i = 0; i < 9; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

enum ov_rc
ov_vault_blind(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_blind *q = &in->blind;
	uint8_t x[OV_OPRF_INPUT_PGN];
	struct ov_vault_slot *s;
	enum ov_rc rc;

	if (q->slot >= OV_VAULT_SLOTS || !pgn_ok(q->pgn))
		return OV_BADMSG;
	if (v->slot[q->slot] == NULL)
		v->slot[q->slot] = ov_pool_get(v->pool64);
	if ((s = v->slot[q->slot]) == NULL)
		return OV_NOSPACE;
	/* A fresh blind each time: the earlier one is of no more use. */
	ov_oprf_random(&s->r);
	s->inverted = false;
	memcpy(s->pgn, q->pgn, sizeof(s->pgn));
	ov_oprf_input_pgn(x, s->pgn);
	rc = ov_oprf_blind(OV_OPRF_VERIFIABLE, x, sizeof(x), &s->r,
	    out->blinded.b, NULL);
	sodium_memzero(x, sizeof(x));
	if (rc != OV_OK) {
		ov_pool_put(v->pool64, s);
		v->slot[q->slot] = NULL;
	}
	return rc;
}

/* Y of a slot and the holders' elements, sealed for the pupil's record. */
static enum ov_rc
finish(struct ov_vault *v, const struct ov_v_finish *q,
    const struct ov_vault_slot *s, uint8_t blob[OV_YBLOB])
{
	struct ov_rec_at at = y_place(q->pupil);
	uint8_t x[OV_OPRF_INPUT_PGN], y[64];
	OV_SECRET32 dek = {{0}};
	enum ov_rc rc;

	if ((rc = ov_vault_unwrap(v, q->pupil, q->wrap, &dek)) != OV_OK)
		return rc;
	ov_oprf_input_pgn(x, s->pgn);
	rc = ov_oprf_unblind(x, sizeof(x), &s->r, q->e, q->shares, y, NULL);
	if (rc == OV_OK)
		rc = ov_rec_seal(&dek, &at, y, sizeof(y), blob, NULL);
	sodium_memzero(x, sizeof(x));
	sodium_memzero(y, sizeof(y));
	return rc;
}

/* Invert the blind of a slot, and with it those of the slots behind: a batch
 * has them in a row and is finished in that order, and inverting many costs
 * little more than inverting one. */
static enum ov_rc
invert(struct ov_vault *v, uint32_t slot)
{
	struct ov_secret32 *r[OV_OPRF_INVERT];
	struct ov_vault_slot *s;
	size_t n = 0;
	uint32_t end = slot;
	enum ov_rc rc;

	for (; end < OV_VAULT_SLOTS && n < OV_OPRF_INVERT; end++) {
		s = v->slot[end];
		if (s == NULL || s->inverted)
			break;
		r[n++] = &s->r;
	}
	if ((rc = ov_oprf_invert(r, n, NULL)) != OV_OK)
		return rc;
	while (end-- > slot)
		v->slot[end]->inverted = true;
	return OV_OK;
}

enum ov_rc
ov_vault_finish(struct ov_vault *v, const union ov_v_in *in,
    union ov_v_out *out)
{
	const struct ov_v_finish *q = &in->finish;
	struct ov_vault_slot *s;
	enum ov_rc rc;

	if (q->slot >= OV_VAULT_SLOTS || q->shares < 1 ||
	    q->shares > sizeof(q->e) / OV_OPRF_ELEMENT)
		return OV_BADMSG;
	if ((s = v->slot[q->slot]) == NULL)
		return OV_AGAIN;
	rc = s->inverted ? OV_OK : invert(v, q->slot);
	v->slot[q->slot] = NULL;
	if (rc == OV_OK)
		rc = finish(v, q, s, out->finished.y);
	ov_pool_put(v->pool64, s);
	return rc;
}

enum ov_rc
ov_vault_pid(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_pid *q = &in->pid;
	const struct ov_vault_named *idx = NULL;
	const struct ov_vault_link *l;
	uint8_t y[64], pid[OV_PID];
	enum ov_rc rc;

	if (q->mode != OV_PID_OUT && q->mode != OV_PID_TAG)
		return OV_BADMSG;
	if ((l = ov_vault_linked(v, q->partner, q->ep)) == NULL)
		return OV_AGAIN;
	if (q->mode == OV_PID_TAG &&
	    (idx = ov_vault_named(v, OV_KEY_INDEX, q->ep)) == NULL)
		return OV_AGAIN;
	if ((rc = ov_vault_y_open(v, q->pupil, q->wrap, q->y, y)) != OV_OK)
		return rc;
	if (idx == NULL) {
		rc = ov_pid(l->k, v->oin.s, l->oin.s, q->ep, y, out->pidded.pid,
		    NULL);
	} else {
		rc = ov_pid(l->k, l->oin.s, v->oin.s, q->ep, y, pid, NULL);
		if (rc == OV_OK)
			rc = ov_index_tag(idx->k, l->oin.s, q->ep, pid,
			    out->pidded.tag, NULL);
		sodium_memzero(pid, sizeof(pid));
	}
	sodium_memzero(y, sizeof(y));
	return rc;
}

/* HMAC-SHA-256 over a label and the organisation's own reference. */
static enum ov_rc
ref_tag(const struct ov_secret32 *k, struct ov_view data, uint8_t tag[16])
{
	static const char label[] = "overstapd/ref/v1";
	uint8_t msg[sizeof(label) + 64], mac[32];
	enum ov_rc rc;

	memcpy(msg, label, sizeof(label));
	memcpy(msg + sizeof(label), data.p, data.n);
	rc = ov_hmac256(k->b, sizeof(k->b), msg, sizeof(label) + data.n, mac,
	    NULL);
	if (rc == OV_OK)
		memcpy(tag, mac, 16);
	sodium_memzero(msg, sizeof(msg));
	sodium_memzero(mac, sizeof(mac));
	return rc;
}

enum ov_rc
ov_vault_tag(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_tag *q = &in->tag;
	const struct ov_vault_named *k;
	struct ov_oin domain;
	enum ov_rc rc;
	char pgn[9];

	switch (q->kind) {
	case OV_TAG_CACHE:
		if ((rc = ov_oin_from(q->domain, &domain)) != OV_OK)
			return rc;
		if (q->data.n != sizeof(pgn) || !pgn_ok(q->data.p))
			return OV_BADMSG;
		if ((k = ov_vault_named(v, OV_KEY_CACHE, q->ep)) == NULL)
			return OV_AGAIN;
		memcpy(pgn, q->data.p, sizeof(pgn));
		rc = ov_cache_tag(k->k, domain.s, pgn, out->tagged.tag, NULL);
		sodium_memzero(pgn, sizeof(pgn));
		return rc;
	case OV_TAG_PID:
		if ((rc = ov_oin_from(q->domain, &domain)) != OV_OK)
			return rc;
		if (q->data.n != 32)
			return OV_BADMSG;
		if ((k = ov_vault_named(v, OV_KEY_INDEX, q->ep)) == NULL)
			return OV_AGAIN;
		return ov_index_tag(k->k, domain.s, q->ep, q->data.p,
		    out->tagged.tag, NULL);
	case OV_TAG_REF:
		if (q->data.n == 0 || q->data.n > 64)
			return OV_BADMSG;
		if ((k = ov_vault_named(v, OV_KEY_REF, 0)) == NULL)
			return OV_AGAIN;
		return ref_tag(k->k, q->data, out->tagged.tag);
	default:
		return OV_BADMSG;
	}
}
