/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/bundle.c - key bundles. */
#include "protocol/bundle.h"

#include <string.h>

#include "protocol/json.h"
#include "protocol/jw.h"

enum ov_rc
ov_bundle_compose(struct ov_buf *b, const struct ov_bundle *u, struct ov_err *e)
{
	size_t i;

	if (u->nenc == 0 || u->nenc > OV_BUNDLE_ENC_MAX ||
	    u->nlink > OV_BUNDLE_LINK_MAX || u->exp <= u->iat ||
	    u->exp - u->iat > OV_BUNDLE_LIFE || u->oorsprong == 0)
		return ov_fail(e, OV_DAMAGED, "key bundle");
	ov_buf_fmt(b, "{\"v\":1,\"iss\":\"%s\"", u->iss.s);
	ov_jw_int(b, "versie", u->versie);
	ov_jw_time(b, "iat", u->iat);
	ov_jw_time(b, "exp", u->exp);
	ov_jw_name(b, "enc");
	ov_buf_str(b, "[");
	for (i = 0; i < u->nenc; i++) {
		ov_jw_name(b, NULL);
		ov_buf_str(b, "{");
		ov_jw_b64u(b, "kid", u->enc[i].kid, OV_THUMB_LEN);
		ov_jw_b64u(b, "x", u->enc[i].x, OV_KEY_LEN);
		ov_jw_time(b, "nbf", u->enc[i].nbf);
		ov_jw_time(b, "exp", u->enc[i].exp);
		ov_buf_str(b, "}");
	}
	ov_buf_str(b, "]");
	ov_jw_name(b, "link");
	ov_buf_str(b, "[");
	for (i = 0; i < u->nlink; i++) {
		ov_jw_name(b, NULL);
		ov_buf_str(b, "{");
		ov_jw_int(b, "ep", u->link[i].ep);
		ov_jw_b64u(b, "x", u->link[i].x, OV_KEY_LEN);
		ov_buf_str(b, "}");
	}
	ov_buf_str(b, "]");
	ov_jw_int(b, "oorsprong", u->oorsprong);
	ov_jw_int(b, "adresboek", u->adresboek);
	ov_buf_str(b, "}");
	return ov_buf_ok(b, e);
}

static enum ov_rc
read_enc(const json_t *j, struct ov_bundle_enc *k, struct ov_err *e)
{
	uint8_t thumb[OV_THUMB_LEN];
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "enc");
	ov_jo_b64u(&o, "kid", k->kid, sizeof(k->kid));
	ov_jo_b64u(&o, "x", k->x, sizeof(k->x));
	k->nbf = (int64_t)ov_jo_int(&o, "nbf", OV_JSON_INT_MAX);
	k->exp = (int64_t)ov_jo_int(&o, "exp", OV_JSON_INT_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (k->exp <= k->nbf)
		return ov_fail(e, OV_BADMSG, "enc: dates");
	if ((rc = ov_thumb_x25519(thumb, k->x, e)) != OV_OK)
		return rc;
	if (memcmp(thumb, k->kid, sizeof(thumb)) != 0)
		return ov_fail(e, OV_BADMSG, "enc: kid");
	return OV_OK;
}

static enum ov_rc
read_link(const json_t *j, struct ov_bundle *u, struct ov_err *e)
{
	struct ov_bundle_link *l = &u->link[u->nlink];
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "link");
	l->ep = (uint32_t)ov_jo_range(&o, "ep", 1, UINT32_MAX);
	ov_jo_b64u(&o, "x", l->x, sizeof(l->x));
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (ov_bundle_link_of(u, l->ep) != NULL)
		return ov_fail(e, OV_BADMSG, "link: epoch twice");
	u->nlink++;
	return OV_OK;
}

static enum ov_rc
read_bundle(const json_t *j, struct ov_bundle *out, struct ov_err *e)
{
	const json_t *enc, *link;
	struct ov_jobj o;
	enum ov_rc rc;
	size_t i;

	ov_jo_init(&o, j, "bundle");
	(void)ov_jo_range(&o, "v", 1, 1);
	ov_jo_oin(&o, "iss", &out->iss);
	out->versie = ov_jo_int(&o, "versie", OV_JSON_INT_MAX);
	out->iat = (int64_t)ov_jo_int(&o, "iat", OV_JSON_INT_MAX);
	out->exp = (int64_t)ov_jo_int(&o, "exp", OV_JSON_INT_MAX);
	enc = ov_jo_arr(&o, "enc", OV_BUNDLE_ENC_MAX);
	link = ov_jo_arr(&o, "link", OV_BUNDLE_LINK_MAX);
	out->oorsprong = (uint32_t)ov_jo_range(&o, "oorsprong", 1, UINT32_MAX);
	out->adresboek = (uint32_t)ov_jo_int(&o, "adresboek", UINT32_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (out->exp <= out->iat || out->exp - out->iat > OV_BUNDLE_LIFE)
		return ov_fail(e, OV_BADMSG, "exp");
	for (i = 0; i < json_array_size(enc); i++, out->nenc++)
		if ((rc = read_enc(json_array_get(enc, i), &out->enc[i], e)) !=
		    OV_OK)
			return rc;
	for (i = 0; i < json_array_size(link); i++)
		if ((rc = read_link(json_array_get(link, i), out, e)) != OV_OK)
			return rc;
	return out->nenc > 0 ? OV_OK : ov_fail(e, OV_BADMSG, "enc: none");
}

enum ov_rc
ov_bundle_parse(const void *p, size_t n, struct ov_bundle *out,
    struct ov_err *e)
{
	OV_JSON *j = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_json_parse(p, n, OV_ANSWER_MAX, &j, e)) == OV_OK)
		rc = read_bundle(j, out, e);
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return ov_while(e, rc, "key bundle");
	}
	return OV_OK;
}

const struct ov_bundle_enc *
ov_bundle_enc_at(const struct ov_bundle *u, int64_t now)
{
	const struct ov_bundle_enc *best = NULL;
	size_t i;

	for (i = 0; i < u->nenc; i++) {
		if (u->enc[i].nbf > now || u->enc[i].exp <= now)
			continue;
		if (best == NULL || u->enc[i].nbf > best->nbf)
			best = &u->enc[i];
	}
	return best;
}

const struct ov_bundle_link *
ov_bundle_link_of(const struct ov_bundle *u, uint32_t ep)
{
	size_t i;

	for (i = 0; i < u->nlink; i++)
		if (u->link[i].ep == ep)
			return &u->link[i];
	return NULL;
}

enum ov_rc
ov_bundle_follows(const struct ov_bundle *have, const struct ov_bundle *next,
    struct ov_err *e)
{
	const struct ov_bundle_link *l;
	size_t i;

	if (!ov_oin_eq(&have->iss, &next->iss))
		return ov_fail(e, OV_DENIED, "key bundle: of another member");
	if (next->versie < have->versie)
		return ov_fail(e, OV_DENIED, "key bundle: older than ours");
	for (i = 0; i < next->nlink; i++) {
		l = ov_bundle_link_of(have, next->link[i].ep);
		if (l != NULL &&
		    memcmp(l->x, next->link[i].x, sizeof(l->x)) != 0)
			return ov_fail(e, OV_DENIED,
			    "key bundle: another link key for epoch %u",
			    next->link[i].ep);
	}
	return OV_OK;
}
