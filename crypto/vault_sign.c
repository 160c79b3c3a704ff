/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault_sign.c - the log key, the witness key, and statements signed
 * with the identity key.  Texts are composed here from numbers and names that
 * were checked; nothing that store wrote is signed as it is.
 */
#include "crypto/vault_priv.h"

#include <string.h>

#include "protocol/tlog.h"

/* The three lines of a checkpoint, appended to v->a. */
static enum ov_rc
checkpoint(struct ov_vault *v, const struct ov_oin *oin, uint32_t suffix,
    uint64_t size, const uint8_t root[32])
{
	struct ov_checkpoint c = {.size = size};
	enum ov_rc rc;

	if (suffix == 0 || size == 0)
		return OV_BADMSG;
	rc = ov_log_origin(c.origin, v->logdomein, v->regio, oin, suffix, NULL);
	if (rc != OV_OK)
		return rc;
	memcpy(c.root.b, root, sizeof(c.root.b));
	return ov_checkpoint_text(&v->a, &c, NULL);
}

/* What is remembered about an origin of ours, or NULL when the table is
 * full. */
static struct ov_vault_head *
find_head(struct ov_vault *v, uint32_t suffix)
{
	for (size_t i = 0; i < OV_VAULT_HEADS; i++) {
		if (v->head[i].suffix == suffix)
			return &v->head[i];
		if (v->head[i].suffix == 0) {
			v->head[i].suffix = suffix;
			return &v->head[i];
		}
	}
	return NULL;
}

/* A checkpoint is signed inside the transaction that it covers, and its size
 * is used again when that rolls back: so the same size may be signed twice,
 * a smaller one never. */
enum ov_rc
ov_vault_head(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_head *q = &in->head;
	struct ov_vault_head *h;
	enum ov_rc rc;

	rc = checkpoint(v, &v->oin, q->suffix, q->size, q->root);
	if (rc != OV_OK)
		return rc;
	if ((h = find_head(v, q->suffix)) == NULL)
		return OV_NOSPACE;
	if (q->size < h->size)
		return OV_DENIED;
	rc = ov_ed25519_sign(v->log, v->a.p, v->a.n, out->sig.sig, NULL);
	if (rc == OV_OK)
		h->size = q->size;
	return rc;
}

enum ov_rc
ov_vault_cosign(struct ov_vault *v, const union ov_v_in *in,
    union ov_v_out *out)
{
	const struct ov_v_cosign *q = &in->cosign;
	struct ov_view text;
	struct ov_oin oin;
	enum ov_rc rc;

	if ((rc = ov_oin_from(q->oin, &oin)) != OV_OK)
		return rc;
	/* Nobody is a witness of his own log. */
	if (ov_oin_eq(&oin, &v->oin))
		return OV_DENIED;
	if (q->time > (uint64_t)INT64_MAX)
		return OV_BADMSG;
	rc = checkpoint(v, &oin, q->suffix, q->size, q->root);
	if (rc != OV_OK)
		return rc;
	if (v->a.bad)
		return OV_NOSPACE;
	text = (struct ov_view){v->a.p, v->a.n};
	ov_cosig_message(&v->b, (int64_t)q->time, text);
	if (v->b.bad)
		return OV_NOSPACE;
	return ov_ed25519_sign(v->witness, v->b.p, v->b.n, out->sig.sig, NULL);
}

enum ov_rc
ov_vault_statement(struct ov_vault *v, const union ov_v_in *in,
    union ov_v_out *out)
{
	static const enum ov_sign_kind typ[] = {
	    [OV_ST_BUNDLE] = OV_SIGN_SLEUTELS,
	    [OV_ST_RECONCILIATION] = OV_SIGN_AFSTEMMING,
	    [OV_ST_OPRF] = OV_SIGN_OPRF_VRAAG,
	    [OV_ST_MANIFEST] = OV_SIGN_OPRF_SLEUTELS,
	    [OV_ST_CONTACTS] = OV_SIGN_CONTACTEN,
	};
	const struct ov_v_statement *q = &in->statement;
	enum ov_rc rc;

	if (q->kind < OV_ST_BUNDLE || q->kind > OV_ST_CONTACTS)
		return OV_BADMSG;
	rc = ov_os1_sign(v->identity, typ[q->kind], q->payload.p, q->payload.n,
	    &v->a, NULL);
	if (rc == OV_OK)
		out->text.text = (struct ov_view){v->a.p, v->a.n};
	return rc;
}
