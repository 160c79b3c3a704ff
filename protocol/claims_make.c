/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/claims_make.c - compose a message's payload, without a JSON
 * library.
 */
#include "protocol/claims.h"

#include "protocol/jw.h"

enum ov_rc
ov_claims_compose(struct ov_buf *out, const struct ov_claims *c,
    struct ov_view inhoud, struct ov_err *e)
{
	if (inhoud.n < 2 || inhoud.p[0] != '{' ||
	    inhoud.p[inhoud.n - 1] != '}' || c->seq == 0 || c->ep == 0)
		return ov_fail(e, OV_DAMAGED, "claims");
	ov_buf_str(out, "{\"v\":1,");
	ov_buf_fmt(out, "\"iss\":\"%s\",\"aud\":\"%s\"", c->iss.s, c->aud.s);
	ov_jw_b64u(out, "jti", c->jti, sizeof(c->jti));
	ov_jw_time(out, "iat", c->iat);
	ov_jw_time(out, "exp", c->exp);
	ov_jw_int(out, "seq", c->seq);
	ov_jw_int(out, "ep", c->ep);
	ov_jw_b64u(out, "pid", c->pid, c->has_pid ? sizeof(c->pid) : 0);
	ov_jw_str(out, "srt", c->srt);
	if (c->has_zaak)
		ov_jw_b64u(out, "zaak", c->zaak, sizeof(c->zaak));
	ov_jw_name(out, "inhoud");
	ov_buf_add(out, inhoud.p, inhoud.n);
	ov_buf_str(out, ",\"bijlagen\":[]}");
	return ov_buf_ok(out, e);
}
