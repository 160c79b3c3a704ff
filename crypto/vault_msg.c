/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault_msg.c - messages: opened, sealed at rest, read back, receipted,
 * and made for a partner.
 */
#include "crypto/vault_priv.h"

#include <string.h>

#include <sodium.h>

#include "crypto/pid.h"
#include "protocol/hash.h"

/* ---- sealed columns ------------------------------------------------ */

const char *
ov_vault_table(uint8_t table)
{
	switch ((enum ov_table)table) {
	case OV_T_BERICHT:
		return "bericht";
	case OV_T_UITGAAND:
		return "uitgaand";
	case OV_T_LEERLING:
		return "leerling";
	case OV_T_CONCEPT:
		return "concept";
	case OV_T_ZAAK:
		return "zaak";
	case OV_T_CONTACT:
		return "contact";
	case OV_T_SPOOL:
		return "spool";
	case OV_T_VERZUIM:
		return "verzuim";
	case OV_T_VERLATER:
		return "schoolverlater";
	}
	return NULL;
}

enum ov_rc
ov_vault_place(uint8_t table, const uint8_t id[16], uint16_t col, uint64_t ver,
    struct ov_rec_at *out)
{
	const char *name = ov_vault_table(table);

	if (name == NULL)
		return OV_BADMSG;
	/* Y is opened for computations here, and never for anybody else. */
	if (table == OV_T_LEERLING && col == OV_VAULT_Y_COL)
		return OV_DENIED;
	*out = (struct ov_rec_at){name, id, col, ver};
	return OV_OK;
}

enum ov_rc
ov_vault_put(const struct ov_secret32 *key, const struct ov_rec_at *at,
    struct ov_view text, struct ov_buf *buf, struct ov_view *blob)
{
	size_t n = text.n + OV_SEAL_MORE;
	uint8_t *to = ov_buf_room(buf, n);
	enum ov_rc rc;

	if (to == NULL)
		return OV_NOSPACE;
	rc = ov_rec_seal(key, at, text.p, text.n, to, NULL);
	if (rc == OV_OK)
		*blob = (struct ov_view){to, n};
	return rc;
}

enum ov_rc
ov_vault_get(const struct ov_secret32 *key, const struct ov_rec_at *at,
    struct ov_view blob, struct ov_buf *buf, struct ov_view *text)
{
	uint8_t *to;

	if (blob.n < OV_SEAL_MORE)
		return OV_BADSIG;
	/* One byte of room at least, so that empty text has an address. */
	to = ov_buf_room(buf, blob.n - OV_SEAL_MORE + 1);
	if (to == NULL)
		return OV_NOSPACE;
	if (ov_rec_open(key, at, blob.p, blob.n, to, NULL) != OV_OK)
		return OV_BADSIG;
	*text = (struct ov_view){to, blob.n - OV_SEAL_MORE};
	return OV_OK;
}

/* ---- receiving ----------------------------------------------------- */

enum ov_rc
ov_vault_open(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_open *q = &in->open;
	const struct ov_vault_named *key;
	struct ov_os1_sealed s;
	struct ov_oin from;
	enum ov_rc rc;
	uint8_t *to;

	if ((rc = ov_oin_from(q->from, &from)) != OV_OK)
		return rc;
	if ((key = ov_vault_enc(v, q->kid)) == NULL)
		return OV_AGAIN;
	if ((to = ov_buf_room(&v->a, q->ct.n + 1)) == NULL)
		return OV_NOSPACE;
	memset(&s, 0, sizeof(s));
	memcpy(s.epk, q->epk, sizeof(s.epk));
	memcpy(s.iv, q->iv, sizeof(s.iv));
	memcpy(s.tag, q->tag, sizeof(s.tag));
	memcpy(s.from, from.s, sizeof(s.from));
	memcpy(s.to, v->oin.s, sizeof(s.to));
	s.aad = q->aad.p;
	s.naad = q->aad.n;
	s.ct = q->ct.p;
	s.n = q->ct.n;
	if (ov_os1_open(v->cr, key->k, &s, to, NULL) != OV_OK)
		return OV_BADSIG;
	out->text.text = (struct ov_view){to, q->ct.n};
	return OV_OK;
}

/* Tag and log reference, as far as the mode asks. */
static enum ov_rc
seal_extras(struct ov_vault *v, const struct ov_v_seal *q,
    const struct ov_secret32 *dek, struct ov_v_sealed *r)
{
	const struct ov_vault_named *idx;
	struct ov_oin from;
	enum ov_rc rc;

	if (q->mode & OV_SEAL_TAG) {
		if ((rc = ov_oin_from(q->from, &from)) != OV_OK)
			return rc;
		if ((idx = ov_vault_named(v, OV_KEY_INDEX, q->ep)) == NULL)
			return OV_AGAIN;
		rc = ov_index_tag(idx->k, from.s, q->ep, q->pid, r->tag, NULL);
		if (rc != OV_OK)
			return rc;
	}
	if ((q->mode & OV_SEAL_REF) == 0)
		return OV_OK;
	if ((rc = ov_log_salt(v->cr, dek, r->salt, NULL)) != OV_OK)
		return rc;
	return ov_log_ref(r->salt, q->sha_jwe, q->jti, r->ref, NULL);
}

enum ov_rc
ov_vault_seal(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_seal *q = &in->seal;
	OV_SECRET32 dek = {{0}}, inhoud = {{0}};
	const struct ov_secret32 *key = &dek;
	struct ov_rec_at at;
	enum ov_rc rc;

	if ((q->mode & ~(OV_SEAL_PID | OV_SEAL_REF | OV_SEAL_TAG)) != 0)
		return OV_BADMSG;
	/* A type without a pseudonym has an empty pid: no key follows from it,
	 * and no tag. */
	if ((q->mode & (OV_SEAL_PID | OV_SEAL_TAG)) != 0 &&
	    sodium_is_zero(q->pid, sizeof(q->pid)))
		return OV_BADMSG;
	rc = ov_vault_place(q->table, q->id, q->col, q->ver, &at);
	if (rc != OV_OK)
		return rc;
	rc = ov_vault_dek(v, q->id, q->wrap, &dek, out->sealed.wrap);
	if (rc != OV_OK)
		return rc;
	if (q->mode & OV_SEAL_PID) {
		rc = ov_inhoud_key(v->cr, &dek, q->pid, &inhoud, NULL);
		if (rc != OV_OK)
			return rc;
		key = &inhoud;
	}
	if ((rc = seal_extras(v, q, &dek, &out->sealed)) != OV_OK)
		return rc;
	return ov_vault_put(key, &at, q->text, &v->a, &out->sealed.blob);
}

/* The key of content that waits for its link: from the pupil's Y follows the
 * pid that this partner gave the pupil, and with the record key the content
 * key. */
static enum ov_rc
waiting_key(struct ov_vault *v, const struct ov_v_read *q,
    const struct ov_secret32 *dek, struct ov_secret32 *key)
{
	const struct ov_vault_link *l;
	uint8_t y[64], pid[OV_PID];
	enum ov_rc rc;

	if ((l = ov_vault_linked(v, q->partner, q->ep)) == NULL)
		return OV_AGAIN;
	if ((rc = ov_vault_y_open(v, q->pupil, q->pwrap, q->y, y)) != OV_OK)
		return rc;
	rc = ov_pid(l->k, l->oin.s, v->oin.s, q->ep, y, pid, NULL);
	if (rc == OV_OK)
		rc = ov_inhoud_key(v->cr, dek, pid, key, NULL);
	sodium_memzero(y, sizeof(y));
	sodium_memzero(pid, sizeof(pid));
	return rc;
}

enum ov_rc
ov_vault_read(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_read *q = &in->read;
	OV_SECRET32 dek = {{0}}, inhoud = {{0}};
	const struct ov_secret32 *key = &dek;
	struct ov_rec_at at;
	enum ov_rc rc;

	if (q->mode != 0 && q->mode != OV_SEAL_PID)
		return OV_BADMSG;
	rc = ov_vault_place(q->table, q->id, q->col, q->ver, &at);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_vault_unwrap(v, q->id, q->wrap, &dek)) != OV_OK)
		return rc;
	if (q->mode == OV_SEAL_PID) {
		if ((rc = waiting_key(v, q, &dek, &inhoud)) != OV_OK)
			return rc;
		key = &inhoud;
	}
	return ov_vault_get(key, &at, q->blob, &v->a, &out->text.text);
}

enum ov_rc
ov_vault_receipt(struct ov_vault *v, const union ov_v_in *in,
    union ov_v_out *out)
{
	const struct ov_v_receipt *q = &in->receipt;
	OV_SECRET32 dek = {{0}};
	struct ov_rec_at at;
	struct ov_view jws;
	enum ov_rc rc;

	rc = ov_vault_place(q->table, q->id, q->col, q->ver, &at);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_vault_unwrap(v, q->id, q->wrap, &dek)) != OV_OK)
		return rc;
	rc = ov_os1_sign(v->identity, OV_SIGN_ONTVANGST, q->payload.p,
	    q->payload.n, &v->a, NULL);
	if (rc != OV_OK || v->a.bad)
		return rc == OV_OK ? OV_NOSPACE : rc;
	jws = (struct ov_view){v->a.p, v->a.n};
	out->receipted.jws = jws;
	return ov_vault_put(&dek, &at, jws, &v->b, &out->receipted.blob);
}

/* ---- sending ------------------------------------------------------- */

/* The signed text: signed now and sealed into v->b, or opened from what was
 * sealed then.  It ends up in v->a. */
static enum ov_rc
make_jws(struct ov_vault *v, const struct ov_v_make *q,
    const struct ov_secret32 *dek, const struct ov_rec_at *at,
    struct ov_view *jws, struct ov_view *blob)
{
	enum ov_rc rc;

	if (q->mode == OV_MAKE_AGAIN)
		return ov_vault_get(dek, at, q->payload, &v->a, jws);
	rc = ov_os1_sign(v->identity, OV_SIGN_BERICHT, q->payload.p,
	    q->payload.n, &v->a, NULL);
	if (rc != OV_OK || v->a.bad)
		return rc == OV_OK ? OV_NOSPACE : rc;
	*jws = (struct ov_view){v->a.p, v->a.n};
	return ov_vault_put(dek, at, *jws, &v->b, blob);
}

/* Encrypt for the receiver, behind the blob in v->b. */
static enum ov_rc
make_jwe(struct ov_vault *v, const struct ov_v_make *q, const char *to,
    struct ov_view jws, struct ov_v_made *r)
{
	size_t before = v->b.n;
	enum ov_rc rc;

	rc = ov_os1_seal(v->cr, q->pk, v->oin.s, to, jws.p, jws.n, &v->b, NULL);
	if (rc != OV_OK || v->b.bad)
		return rc == OV_OK ? OV_NOSPACE : rc;
	/* The buffer may have moved: the blob is at its beginning. */
	if (r->blob.n != 0)
		r->blob.p = v->b.p;
	r->jwe = (struct ov_view){v->b.p + before, v->b.n - before};
	if ((rc = ov_sha256(r->sha_jws, jws.p, jws.n)) != OV_OK)
		return rc;
	return ov_sha256(r->sha_jwe, r->jwe.p, r->jwe.n);
}

enum ov_rc
ov_vault_make(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	const struct ov_v_make *q = &in->make;
	struct ov_v_made *r = &out->made;
	OV_SECRET32 dek = {{0}};
	uint8_t kid[32], salt[32];
	struct ov_rec_at at;
	struct ov_view jws;
	struct ov_oin to;
	enum ov_rc rc;

	if (q->mode != OV_MAKE_SIGN && q->mode != OV_MAKE_AGAIN)
		return OV_BADMSG;
	if ((rc = ov_oin_from(q->to, &to)) != OV_OK ||
	    (rc = ov_vault_place(OV_T_UITGAAND, q->id, q->col, q->ver, &at)) !=
	        OV_OK ||
	    (rc = ov_vault_kid_x25519(q->pk, kid)) != OV_OK)
		return rc;
	if (memcmp(kid, q->kid, sizeof(kid)) != 0)
		return OV_BADMSG;
	if (q->mode == OV_MAKE_AGAIN)
		memcpy(r->wrap, q->wrap, sizeof(r->wrap));
	rc = q->mode == OV_MAKE_AGAIN
	         ? ov_vault_unwrap(v, q->id, q->wrap, &dek)
	         : ov_vault_dek(v, q->id, q->wrap, &dek, r->wrap);
	if (rc != OV_OK)
		return rc;
	if ((rc = make_jws(v, q, &dek, &at, &jws, &r->blob)) != OV_OK ||
	    (rc = make_jwe(v, q, to.s, jws, r)) != OV_OK)
		return rc;
	/* Every leaf is about the JWE that was stored first. */
	if (q->mode == OV_MAKE_AGAIN)
		return OV_OK;
	if ((rc = ov_log_salt(v->cr, &dek, salt, NULL)) == OV_OK)
		rc = ov_log_ref(salt, r->sha_jwe, q->jti, r->ref, NULL);
	sodium_memzero(salt, sizeof(salt));
	return rc;
}
