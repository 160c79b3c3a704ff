/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/receipt_make.c - compose a receipt's payload, without a JSON
 * library.
 */
#include "protocol/receipt.h"

#include "protocol/jw.h"

enum ov_rc
ov_receipt_compose(struct ov_buf *b, const struct ov_receipt *r,
    struct ov_err *e)
{
	if (!ov_note_text_ok(r->blad.p, r->blad.n) ||
	    !ov_note_text_ok(r->bewijs.p, r->bewijs.n))
		return ov_fail(e, OV_DAMAGED, "receipt: leaf or proof");
	ov_buf_fmt(b, "{\"v\":1,\"iss\":\"%s\",\"aud\":\"%s\"", r->iss.s,
	    r->aud.s);
	ov_jw_b64u(b, "jti", r->jti, sizeof(r->jti));
	ov_jw_time(b, "iat", r->iat);
	ov_jw_b64u(b, "ref", r->ref, sizeof(r->ref));
	ov_jw_b64u(b, "sha256_jwe", r->sha256_jwe, sizeof(r->sha256_jwe));
	ov_jw_b64u(b, "sha256_jws", r->sha256_jws, sizeof(r->sha256_jws));
	ov_jw_str(b, "status", r->compleet ? "compleet" : "ontvangen");
	ov_jw_name(b, "log");
	ov_buf_str(b, "{");
	ov_jw_view(b, "blad", r->blad);
	ov_jw_b64u(b, "zout", r->zout, sizeof(r->zout));
	ov_jw_view(b, "bewijs", r->bewijs);
	ov_buf_str(b, "}}");
	return ov_buf_ok(b, e);
}
