/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/afstemming.c - reconciliation and contact persons. */
#include "protocol/afstemming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/jw.h"

static const char *const statussen[] = {"ontvangen", "compleet", "vernietigd",
    NULL};

static void
put_row(struct ov_buf *b, const struct ov_afstemming_row *r)
{
	ov_jw_name(b, NULL);
	ov_buf_str(b, "{");
	ov_jw_int(b, "seq", r->seq);
	ov_jw_b64u(b, "jti", r->jti, sizeof(r->jti));
	if (r->status != OV_AFST_VERNIETIGD)
		ov_jw_b64u(b, "sha256_jws", r->sha256_jws, 32);
	ov_jw_str(b, "status", statussen[r->status]);
	ov_buf_str(b, "}");
}

enum ov_rc
ov_afstemming_compose(struct ov_buf *b, const struct ov_afstemming *a,
    struct ov_err *e)
{
	size_t i;

	ov_buf_fmt(b, "{\"v\":1,\"iss\":\"%s\",\"aud\":\"%s\"", a->iss.s,
	    a->aud.s);
	ov_jw_time(b, "iat", a->iat);
	ov_jw_int(b, "van", a->van);
	ov_jw_int(b, "tot", a->tot);
	ov_jw_int(b, "hoogste", a->hoogste);
	ov_jw_name(b, "ontvangen");
	ov_buf_str(b, "[");
	for (i = 0; i < a->n; i++)
		put_row(b, &a->row[i]);
	ov_buf_str(b, "]");
	ov_jw_name(b, "verzonden");
	ov_buf_str(b, "{");
	ov_jw_int(b, "hoogste", a->verzonden);
	ov_jw_name(b, "vervallen");
	ov_buf_str(b, "[");
	for (i = 0; i < a->ngap; i++) {
		ov_jw_name(b, NULL);
		ov_buf_fmt(b, "[%llu,%llu]", (unsigned long long)a->gap[i].van,
		    (unsigned long long)a->gap[i].tot);
	}
	ov_buf_str(b, "]}");
	ov_jw_view(b, "checkpoint", a->checkpoint);
	ov_buf_str(b, "}");
	return ov_buf_ok(b, e);
}

static enum ov_rc
read_row(const json_t *j, struct ov_afstemming_row *r, struct ov_err *e)
{
	struct ov_jobj o;
	int status;

	ov_jo_init(&o, j, "ontvangen");
	r->seq = ov_jo_range(&o, "seq", 1, OV_JSON_INT_MAX);
	ov_jo_b64u(&o, "jti", r->jti, sizeof(r->jti));
	status = ov_jo_word(&o, "status", statussen);
	if (status >= 0)
		r->status = (enum ov_afstemming_status)status;
	if (status != OV_AFST_VERNIETIGD)
		ov_jo_b64u(&o, "sha256_jws", r->sha256_jws, 32);
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_rows(const json_t *a, struct ov_afstemming *out, struct ov_err *e)
{
	size_t i, n = json_array_size(a);
	enum ov_rc rc;

	out->row = calloc(n == 0 ? 1 : n, sizeof(*out->row));
	if (out->row == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < n; i++) {
		rc = read_row(json_array_get(a, i), &out->row[i], e);
		if (rc != OV_OK)
			return rc;
		if (out->row[i].seq < out->van || out->row[i].seq > out->tot ||
		    (i > 0 && out->row[i].seq <= out->row[i - 1].seq))
			return ov_fail(e, OV_BADMSG, "ontvangen: seq");
	}
	out->n = n;
	return OV_OK;
}

static enum ov_rc
read_gaps(const json_t *a, struct ov_afstemming *out, struct ov_err *e)
{
	size_t i, n = json_array_size(a);
	uint64_t van, tot, last = 0;
	const json_t *g;

	out->gap = calloc(n == 0 ? 1 : n, sizeof(*out->gap));
	if (out->gap == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < n; i++) {
		g = json_array_get(a, i);
		if (!json_is_array(g) || json_array_size(g) != 2 ||
		    ov_json_int(json_array_get(g, 0), OV_JSON_INT_MAX, &van) !=
		        OV_OK ||
		    ov_json_int(json_array_get(g, 1), OV_JSON_INT_MAX, &tot) !=
		        OV_OK ||
		    van <= last || tot < van || tot > out->verzonden)
			return ov_fail(e, OV_BADMSG, "vervallen");
		out->gap[i].van = van;
		out->gap[i].tot = last = tot;
	}
	out->ngap = n;
	return OV_OK;
}

static enum ov_rc
read_afstemming(const json_t *j, struct ov_afstemming *out, struct ov_err *e)
{
	const json_t *rows, *gaps;
	struct ov_view cp;
	struct ov_jobj o, s;
	enum ov_rc rc;

	ov_jo_init(&o, j, "reconciliation");
	(void)ov_jo_range(&o, "v", 1, 1);
	ov_jo_oin(&o, "iss", &out->iss);
	ov_jo_oin(&o, "aud", &out->aud);
	out->iat = (int64_t)ov_jo_int(&o, "iat", OV_JSON_INT_MAX);
	out->van = ov_jo_range(&o, "van", 1, OV_JSON_INT_MAX);
	out->tot = ov_jo_range(&o, "tot", 1, OV_JSON_INT_MAX);
	out->hoogste = ov_jo_int(&o, "hoogste", OV_JSON_INT_MAX);
	rows = ov_jo_arr(&o, "ontvangen", OV_AFSTEMMING_ROWS);
	ov_jo_init(&s, ov_jo_obj(&o, "verzonden"), "verzonden");
	cp = ov_jo_view(&o, "checkpoint", 0, OV_PROOF_TEXT_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	out->verzonden = ov_jo_int(&s, "hoogste", OV_JSON_INT_MAX);
	gaps = ov_jo_arr(&s, "vervallen", OV_AFSTEMMING_GAPS);
	if ((rc = ov_jo_end(&s, e)) != OV_OK)
		return rc;
	if (out->tot < out->van || out->tot - out->van > OV_AFSTEMMING_SPAN)
		return ov_fail(e, OV_BADMSG, "van, tot");
	if ((rc = read_rows(rows, out, e)) != OV_OK ||
	    (rc = read_gaps(gaps, out, e)) != OV_OK)
		return rc;
	if (cp.n > 0)
		ov_buf_add(&out->own, cp.p, cp.n);
	if ((rc = ov_buf_ok(&out->own, e)) == OV_OK)
		out->checkpoint = (struct ov_view){out->own.p, cp.n};
	return rc;
}

enum ov_rc
ov_afstemming_parse(const void *p, size_t n, struct ov_afstemming *out,
    struct ov_err *e)
{
	OV_JSON *j = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_json_parse(p, n, OV_ANSWER_BIG_MAX, &j, e)) == OV_OK)
		rc = read_afstemming(j, out, e);
	if (rc != OV_OK) {
		ov_afstemming_free(out);
		return ov_while(e, rc, "reconciliation");
	}
	return OV_OK;
}

void
ov_afstemming_free(struct ov_afstemming *a)
{
	free(a->row);
	free(a->gap);
	ov_buf_free(&a->own);
	memset(a, 0, sizeof(*a));
}

/* ---- contact persons ---- */

enum ov_rc
ov_contacten_compose(struct ov_buf *b, const struct ov_contacten *c,
    struct ov_err *e)
{
	size_t i;

	ov_buf_fmt(b, "{\"v\":1,\"iss\":\"%s\"", c->iss.s);
	ov_jw_int(b, "versie", c->versie);
	ov_jw_time(b, "iat", c->iat);
	ov_jw_name(b, "contacten");
	ov_buf_str(b, "[");
	for (i = 0; i < c->n; i++) {
		ov_jw_name(b, NULL);
		ov_buf_str(b, "{");
		ov_jw_str(b, "srt", c->row[i].srt);
		ov_jw_str(b, "naam", c->row[i].naam);
		ov_jw_str(b, "functie", c->row[i].functie);
		ov_jw_str(b, "telefoon", c->row[i].telefoon);
		ov_jw_str(b, "email", c->row[i].email);
		ov_jw_str(b, "van", c->row[i].van);
		if (c->row[i].tot[0] != '\0')
			ov_jw_str(b, "tot", c->row[i].tot);
		else
			ov_buf_str(b, ",\"tot\":null");
		ov_buf_str(b, "}");
	}
	ov_buf_str(b, "]}");
	return ov_buf_ok(b, e);
}

static void
jo_copy(struct ov_jobj *o, const char *name, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s", ov_jo_str0(o, name, cap - 1));
}

static enum ov_rc
read_contact(const json_t *j, struct ov_contact *c, struct ov_err *e)
{
	struct ov_date van = {0}, tot = {0};
	struct ov_jobj o;

	ov_jo_init(&o, j, "contacten");
	jo_copy(&o, "srt", c->srt, sizeof(c->srt));
	if (o.rc == OV_OK && strcmp(c->srt, "*") != 0 &&
	    !ov_is_slug(ov_view_str(c->srt)))
		ov_jo_fail(&o, "srt", OV_REDEN_PATROON);
	jo_copy(&o, "naam", c->naam, sizeof(c->naam));
	jo_copy(&o, "functie", c->functie, sizeof(c->functie));
	jo_copy(&o, "telefoon", c->telefoon, sizeof(c->telefoon));
	jo_copy(&o, "email", c->email, sizeof(c->email));
	ov_jo_date(&o, "van", &van);
	ov_date_fmt(c->van, van);
	if (!ov_jo_null(&o, "tot")) {
		ov_jo_date(&o, "tot", &tot);
		ov_date_fmt(c->tot, tot);
	}
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_contacten(const json_t *j, struct ov_contacten *out, struct ov_err *e)
{
	const json_t *a;
	struct ov_jobj o;
	enum ov_rc rc;
	size_t i, n;

	ov_jo_init(&o, j, "contacts");
	(void)ov_jo_range(&o, "v", 1, 1);
	ov_jo_oin(&o, "iss", &out->iss);
	out->versie = ov_jo_int(&o, "versie", OV_JSON_INT_MAX);
	out->iat = (int64_t)ov_jo_int(&o, "iat", OV_JSON_INT_MAX);
	a = ov_jo_arr(&o, "contacten", OV_CONTACT_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	n = json_array_size(a);
	out->row = calloc(n == 0 ? 1 : n, sizeof(*out->row));
	if (out->row == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < n; i++, out->n++)
		if ((rc = read_contact(json_array_get(a, i), &out->row[i],
		         e)) != OV_OK)
			return rc;
	return OV_OK;
}

enum ov_rc
ov_contacten_parse(const void *p, size_t n, struct ov_contacten *out,
    struct ov_err *e)
{
	OV_JSON *j = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_json_parse(p, n, OV_ANSWER_MAX, &j, e)) == OV_OK)
		rc = read_contacten(j, out, e);
	if (rc != OV_OK) {
		ov_contacten_free(out);
		return ov_while(e, rc, "contacts");
	}
	return OV_OK;
}

void
ov_contacten_free(struct ov_contacten *c)
{
	free(c->row);
	memset(c, 0, sizeof(*c));
}
