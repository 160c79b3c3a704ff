/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/receipt.c - read a receipt, and the sender's nine checks of it. */
#include "protocol/receipt.h"

#include <sodium.h>
#include <string.h>

#include "protocol/json.h"

enum ov_rc
ov_receipt_parse(const void *p, size_t n, struct ov_receipt *out,
    struct ov_err *e)
{
	static const char *const words[] = {"ontvangen", "compleet", NULL};
	struct ov_jobj o, l;
	struct ov_view blad, bewijs;
	OV_JSON *j = NULL;
	enum ov_rc rc;

	ov_receipt_free(out);
	if ((rc = ov_json_parse(p, n, OV_RECEIPT_MAX, &j, e)) != OV_OK)
		return ov_while(e, rc, "receipt");
	ov_jo_init(&o, j, "receipt");
	(void)ov_jo_range(&o, "v", 1, 1);
	ov_jo_oin(&o, "iss", &out->iss);
	ov_jo_oin(&o, "aud", &out->aud);
	ov_jo_b64u(&o, "jti", out->jti, sizeof(out->jti));
	out->iat = (int64_t)ov_jo_int(&o, "iat", OV_JSON_INT_MAX);
	ov_jo_b64u(&o, "ref", out->ref, sizeof(out->ref));
	ov_jo_b64u(&o, "sha256_jwe", out->sha256_jwe, 32);
	ov_jo_b64u(&o, "sha256_jws", out->sha256_jws, 32);
	out->compleet = ov_jo_word(&o, "status", words) == 1;
	ov_jo_init(&l, ov_jo_obj(&o, "log"), "log");
	rc = ov_jo_end(&o, e);
	blad = ov_jo_view(&l, "blad", 1, OV_LEAF_MAX);
	ov_jo_b64u(&l, "zout", out->zout, sizeof(out->zout));
	bewijs = ov_jo_view(&l, "bewijs", 1, OV_PROOF_TEXT_MAX);
	if (rc == OV_OK)
		rc = ov_jo_end(&l, e);
	if (rc == OV_OK) {
		ov_buf_add(&out->own, blad.p, blad.n);
		ov_buf_add(&out->own, bewijs.p, bewijs.n);
		rc = ov_buf_ok(&out->own, e);
	}
	if (rc != OV_OK) {
		ov_receipt_free(out);
		return ov_while(e, rc, "receipt");
	}
	out->blad = (struct ov_view){out->own.p, blad.n};
	out->bewijs = (struct ov_view){out->own.p + blad.n, bewijs.n};
	return OV_OK;
}

void
ov_receipt_free(struct ov_receipt *r)
{
	ov_buf_free(&r->own);
	sodium_memzero(r, sizeof(*r));
}

static bool
same(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

/* Checks 1 to 3. */
static int
check_signature(const void *jws, size_t n, const struct ov_receipt_asked *q,
    struct ov_buf *payload, struct ov_err *e)
{
	struct ov_jws j;
	size_t i;

	if (ov_jws_split(jws, n, OV_TYP_ONTVANGST, &j, payload, e) != OV_OK)
		return 1;
	for (i = 0; i < q->nid; i++)
		if (same(j.kid, q->id[i].thumb, sizeof(j.kid)))
			break;
	if (i == q->nid) {
		(void)ov_fail(e, OV_BADSIG, "receipt: unknown key");
		return 2;
	}
	return ov_jws_verify(&j, q->id[i].pk, e) == OV_OK ? 0 : 3;
}

/* Checks 4 and 5. */
static int
check_subject(const struct ov_receipt *r, const struct ov_receipt_asked *q,
    struct ov_err *e)
{
	size_t i;

	if (!ov_oin_eq(&r->iss, &q->partner) || !ov_oin_eq(&r->aud, &q->self) ||
	    !same(r->ref, q->jti, sizeof(r->ref))) {
		(void)ov_fail(e, OV_BADMSG, "receipt: of another message");
		return 4;
	}
	for (i = 0; i < q->njwe; i++)
		if (same(r->sha256_jwe, q->sha256_jwe + 32 * i, 32))
			break;
	if (i == q->njwe || !same(r->sha256_jws, q->sha256_jws, 32)) {
		(void)ov_fail(e, OV_BADMSG, "receipt: of other bytes");
		return 5;
	}
	return 0;
}

/* Checks 6 to 9. */
static int
check_log(const struct ov_receipt *r, const struct ov_receipt_asked *q,
    struct ov_receipt_verdict *v, struct ov_err *e)
{
	struct ov_tlog_proof pr;
	struct ov_digest leaf;
	struct ov_note note;
	struct ov_leaf l;
	uint8_t ref[32];

	ov_leaf_ref(ref, r->zout, r->sha256_jwe, r->ref);
	if (ov_leaf_parse(r->blad.p, r->blad.n, &l, e) != OV_OK ||
	    l.soort != OV_LEAF_ONTVANGST || !ov_oin_eq(&l.partij, &q->self) ||
	    !same(l.ref, ref, sizeof(ref))) {
		(void)ov_fail(e, OV_BADMSG, "receipt: leaf");
		return 6;
	}
	if (ov_tlog_proof_parse(r->bewijs.p, r->bewijs.n, &pr, e) != OV_OK ||
	    ov_note_parse(pr.note.p, pr.note.n, &note, e) != OV_OK ||
	    ov_checkpoint_parse(note.text, &v->checkpoint, e) != OV_OK)
		return 7;
	v->origin = ov_log_origin_number(v->checkpoint.origin, q->logdomein,
	    q->regio, &q->partner);
	if (v->origin == 0) {
		(void)ov_fail(e, OV_BADMSG, "receipt: origin");
		return 7;
	}
	if (ov_tlog_leaf_hash(&leaf, r->blad.p, r->blad.n) != OV_OK ||
	    ov_tlog_proof_verify(&pr, &leaf, &v->checkpoint, e) != OV_OK)
		return 8;
	v->index = pr.index;
	if (ov_checkpoint_open(pr.note.p, pr.note.n, q->log, &v->checkpoint,
	        NULL, e) != OV_OK)
		return 9;
	return 0;
}

enum ov_receipt_class
ov_receipt_judge(const void *jws, size_t n, const struct ov_receipt_asked *q,
    struct ov_receipt_verdict *v, struct ov_receipt *receipt, struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_receipt own = {0};
	struct ov_receipt *r = receipt != NULL ? receipt : &own;

	memset(v, 0, sizeof(*v));
	v->class = OV_RECEIPT_BAD;
	if ((v->step = check_signature(jws, n, q, &payload, e)) != 0)
		return v->class;
	if (ov_receipt_parse(payload.p, payload.n, r, e) != OV_OK)
		v->step = 4;
	else
		v->step = check_subject(r, q, e);
	if (v->step != 0) {
		ov_receipt_free(r);
		return v->class;
	}
	v->step = check_log(r, q, v, e);
	v->class = v->step == 0 ? OV_RECEIPT_GOOD : OV_RECEIPT_ALARM;
	if (v->class == OV_RECEIPT_ALARM) {
		v->origin = 0;
		v->index = 0;
		memset(&v->checkpoint, 0, sizeof(v->checkpoint));
	}
	ov_receipt_free(&own);
	return v->class;
}
