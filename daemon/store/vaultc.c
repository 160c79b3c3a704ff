/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/vaultc.c - typed, blocking calls to the vault and the houder.
 */
#include "daemon/store/role.h"

#include <string.h>

void
ov_reply_done(struct ov_reply *r)
{
	ov_ipc_in_free(&r->in);
	ov_buf_free(&r->buf);
	r->v = (struct ov_view){0};
}

static enum ov_rc
compose(struct ov_store *st, uint16_t type, const struct ov_rec *in,
    const void *req, size_t n, struct ov_err *e)
{
	const uint8_t *p = req;

	ov_pkw_begin(&st->vault_w, type, ++st->vault_ref, in, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		ov_pkw_put(&st->vault_w, p + i * in->csize);
	return ov_pkw_end(&st->vault_w, e);
}

static enum ov_rc
decompose(struct ov_store *st, uint16_t type, const struct ov_rec *out,
    void *rep, size_t max, size_t *got, struct ov_reply *r, struct ov_err *e)
{
	struct ov_pkr k;
	uint8_t *p = rep;
	enum ov_rc rc;

	rc = ov_pkr_begin(&k, r->v, type | OV_PK_REPLY, out, e);
	if (rc != OV_OK)
		return rc;
	if (k.ref != st->vault_ref || k.count > max)
		return ov_fail(e, OV_BADMSG, "reply to another call");
	for (uint32_t i = 0; i < k.count; i++)
		if ((rc = ov_pkr_next(&k, p + i * out->csize, e)) != OV_OK)
			return rc;
	*got = k.count;
	return OV_OK;
}

enum ov_rc
ov_vault(struct ov_store *st, uint16_t type, const struct ov_rec *in,
    const void *req, size_t n, const struct ov_rec *out, void *rep,
    struct ov_reply *r, struct ov_err *e)
{
	size_t got = 0;
	enum ov_rc rc;

	ov_reply_done(r);
	if ((rc = compose(st, type, in, req, n, e)) != OV_OK)
		return rc;
	rc = st->env.vault(st->env.vault_ctx,
	    (struct ov_view){st->vault_w.b.p, st->vault_w.b.n}, r, e);
	ov_buf_reset(&st->vault_w.b);
	if (rc == OV_OK)
		rc = decompose(st, type, out, rep, n, &got, r, e);
	if (rc == OV_OK && got != n)
		rc = ov_fail(e, OV_BADMSG, "%zu answers, not %zu", got, n);
	return rc == OV_OK ? rc : ov_while(e, rc, "vault call %#x", type);
}

enum ov_rc
ov_houder(struct ov_store *st, uint16_t type, const struct ov_rec *in,
    const void *req, size_t n, const struct ov_rec *out, void *rep, size_t max,
    size_t *got, struct ov_reply *r, struct ov_err *e)
{
	enum ov_rc rc;

	ov_reply_done(r);
	*got = 0;
	if (st->env.houder == NULL)
		return ov_fail(e, OV_DENIED, "no houder at this instance");
	if ((rc = compose(st, type, in, req, n, e)) != OV_OK)
		return rc;
	rc = st->env.houder(st->env.houder_ctx,
	    (struct ov_view){st->vault_w.b.p, st->vault_w.b.n}, r, e);
	ov_buf_reset(&st->vault_w.b);
	if (rc == OV_OK)
		rc = decompose(st, type, out, rep, max, got, r, e);
	return rc == OV_OK ? rc : ov_while(e, rc, "houder call %#x", type);
}

static enum ov_rc
record_rc(uint32_t rc, struct ov_err *e, const char *what)
{
	if (rc == OV_OK)
		return OV_OK;
	return ov_fail(e, rc <= OV_DAMAGED ? (enum ov_rc)rc : OV_BADMSG,
	    "vault: %s", what);
}

enum ov_rc
ov_sealed_rc(const struct ov_v_sealed *a, struct ov_err *e)
{
	return record_rc(a->rc, e, "seal");
}

enum ov_rc
ov_seal_one(struct ov_store *st, const uint8_t id[16], uint8_t wrap[OV_WRAP],
    enum ov_table table, uint16_t col, uint64_t ver, struct ov_view text,
    struct ov_buf *blob, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_seal q = {.table = (uint8_t)table,
	    .col = col,
	    .ver = ver,
	    .text = text};
	struct ov_v_sealed a;
	enum ov_rc rc;

	memcpy(q.id, id, 16);
	memcpy(q.wrap, wrap, OV_WRAP);
	rc = ov_vault(st, OV_V_SEAL, &ov_v_seal_rec, &q, 1, &ov_v_sealed_rec,
	    &a, &r, e);
	if (rc != OV_OK || (rc = ov_sealed_rc(&a, e)) != OV_OK)
		return rc;
	memcpy(wrap, a.wrap, OV_WRAP);
	ov_buf_add(blob, a.blob.p, a.blob.n);
	return ov_buf_ok(blob, e);
}

enum ov_rc
ov_open_one(struct ov_store *st, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], enum ov_table table, uint16_t col,
    uint64_t ver, struct ov_view blob, struct ov_buf *text, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_read q = {.table = (uint8_t)table,
	    .col = col,
	    .ver = ver,
	    .blob = blob};
	struct ov_v_text a;
	enum ov_rc rc;

	memcpy(q.id, id, 16);
	memcpy(q.wrap, wrap, OV_WRAP);
	rc = ov_vault(st, OV_V_READ, &ov_v_read_rec, &q, 1, &ov_v_text_rec, &a,
	    &r, e);
	if (rc != OV_OK || (rc = record_rc(a.rc, e, "open")) != OV_OK)
		return rc;
	ov_buf_add(text, a.text.p, a.text.n);
	return ov_buf_ok(text, e);
}

enum ov_rc
ov_sign(struct ov_store *st, enum ov_statement kind, struct ov_view payload,
    struct ov_buf *jws, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_statement q = {.kind = (uint8_t)kind, .payload = payload};
	struct ov_v_text a;
	enum ov_rc rc;

	rc = ov_vault(st, OV_V_STATEMENT, &ov_v_statement_rec, &q, 1,
	    &ov_v_text_rec, &a, &r, e);
	if (rc != OV_OK || (rc = record_rc(a.rc, e, "sign")) != OV_OK)
		return rc;
	ov_buf_add(jws, a.text.p, a.text.n);
	return ov_buf_ok(jws, e);
}

enum ov_rc
ov_tags(struct ov_store *st, const struct ov_v_tag *q, size_t n,
    uint8_t (*tag)[16], struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_tagged a[OV_TAGS_MAX];
	enum ov_rc rc;

	if (n == 0)
		return OV_OK;
	if (n > OV_TAGS_MAX)
		return ov_fail(e, OV_TOOBIG, "%zu tags", n);
	rc = ov_vault(st, OV_V_TAG, &ov_v_tag_rec, q, n, &ov_v_tagged_rec, a,
	    &r, e);
	for (size_t i = 0; rc == OV_OK && i < n; i++) {
		rc = record_rc(a[i].rc, e, "tag");
		memcpy(tag[i], a[i].tag, 16);
	}
	return rc;
}

enum ov_rc
ov_tag(struct ov_store *st, uint8_t kind, uint32_t ep,
    const struct ov_oin *domain, struct ov_view data, uint8_t tag[16],
    struct ov_err *e)
{
	struct ov_v_tag q = {.kind = kind, .ep = ep, .data = data};
	uint8_t one[1][16];
	enum ov_rc rc;

	if (domain != NULL)
		memcpy(q.domain, domain->s, sizeof(q.domain));
	if ((rc = ov_tags(st, &q, 1, one, e)) == OV_OK)
		memcpy(tag, one[0], 16);
	return rc;
}
