/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/manifest.c - what a holder and its clients say to each other. */
#include "protocol/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/jw.h"

static const char *const statussen[] = {"aangekondigd", "actief", "uitlopend",
    "vernietigd", NULL};

const char *
ov_epoch_status_name(enum ov_epoch_status s)
{
	return (unsigned)s <= OV_EPOCH_VERNIETIGD ? statussen[s] : "?";
}

bool
ov_epoch_status_parse(const char *t, enum ov_epoch_status *out)
{
	int i;

	for (i = 0; statussen[i] != NULL; i++) {
		if (strcmp(t, statussen[i]) == 0) {
			*out = (enum ov_epoch_status)i;
			return true;
		}
	}
	return false;
}

bool
ov_regio_ok(const char *t)
{
	return ov_is_slug(ov_view_str(t));
}

static void
jo_regio(struct ov_jobj *o, char out[OV_REGIO_MAX + 1])
{
	const char *t = ov_jo_str(o, "regio", OV_REGIO_MAX);

	if (o->rc == OV_OK && !ov_regio_ok(t))
		ov_jo_fail(o, "regio", OV_REDEN_PATROON);
	(void)snprintf(out, OV_REGIO_MAX + 1, "%s", t);
}

static uint32_t
jo_ep(struct ov_jobj *o)
{
	return (uint32_t)ov_jo_range(o, "ep", 1, UINT32_MAX);
}

static uint8_t
jo_deel(struct ov_jobj *o)
{
	return (uint8_t)ov_jo_range(o, "deel", 1, OV_DELEN_MAX);
}

/* ---- manifest ---- */

enum ov_rc
ov_manifest_compose(struct ov_buf *b, const struct ov_manifest *m,
    struct ov_err *e)
{
	size_t i;

	ov_buf_str(b, "{\"v\":1");
	ov_jw_str(b, "regio", m->regio);
	ov_jw_int(b, "ep", m->ep);
	ov_jw_str(b, "houder", m->houder.s);
	ov_jw_name(b, "delen");
	ov_buf_str(b, "[");
	for (i = 0; i < m->ndelen; i++)
		ov_jw_int(b, NULL, m->delen[i]);
	ov_buf_str(b, "]");
	ov_jw_time(b, "iat", m->iat);
	ov_jw_str(b, "status", ov_epoch_status_name(m->status));
	ov_jw_name(b, "sleutels");
	ov_buf_str(b, "[");
	for (i = 0; i < m->n; i++) {
		ov_jw_name(b, NULL);
		ov_buf_str(b, "{");
		ov_jw_str(b, "domein", m->key[i].domein.s);
		ov_jw_int(b, "deel", m->key[i].deel);
		ov_jw_b64u(b, "pk", m->key[i].pk, 32);
		ov_buf_str(b, "}");
	}
	ov_buf_str(b, "]}");
	return ov_buf_ok(b, e);
}

static int
key_cmp(const void *x, const void *y)
{
	const struct ov_manifest_key *a = x, *b = y;
	int c = ov_oin_cmp(&a->domein, &b->domein);

	return c != 0 ? c : (int)a->deel - (int)b->deel;
}

static bool
has_deel(const struct ov_manifest *m, unsigned deel)
{
	size_t i;

	for (i = 0; i < m->ndelen; i++)
		if (m->delen[i] == deel)
			return true;
	return false;
}

static enum ov_rc
read_delen(const json_t *a, struct ov_manifest *m, struct ov_err *e)
{
	uint64_t x;
	size_t i;

	for (i = 0; i < json_array_size(a); i++) {
		if (ov_json_int(json_array_get(a, i), OV_DELEN_MAX, &x) !=
		        OV_OK ||
		    x == 0 || has_deel(m, (unsigned)x))
			return ov_fail(e, OV_BADMSG, "delen");
		m->delen[m->ndelen++] = (uint8_t)x;
	}
	return m->ndelen > 0 ? OV_OK : ov_fail(e, OV_BADMSG, "delen");
}

static enum ov_rc
read_keys(const json_t *a, struct ov_manifest *m, struct ov_err *e)
{
	size_t i, n = json_array_size(a);
	struct ov_jobj o;
	enum ov_rc rc;

	m->key = calloc(n == 0 ? 1 : n, sizeof(*m->key));
	if (m->key == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < n; i++) {
		ov_jo_init(&o, json_array_get(a, i), "sleutels");
		ov_jo_oin(&o, "domein", &m->key[i].domein);
		m->key[i].deel = jo_deel(&o);
		ov_jo_b64u(&o, "pk", m->key[i].pk, 32);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return rc;
		if (!has_deel(m, m->key[i].deel))
			return ov_fail(e, OV_BADMSG, "sleutels: deel");
	}
	m->n = n;
	qsort(m->key, n, sizeof(*m->key), key_cmp);
	for (i = 1; i < n; i++)
		if (key_cmp(&m->key[i - 1], &m->key[i]) == 0)
			return ov_fail(e, OV_BADMSG, "sleutels: twice");
	return OV_OK;
}

static enum ov_rc
read_manifest(const json_t *j, struct ov_manifest *m, struct ov_err *e)
{
	const json_t *delen, *keys;
	struct ov_jobj o;
	enum ov_rc rc;
	int status;

	ov_jo_init(&o, j, "manifest");
	(void)ov_jo_range(&o, "v", 1, 1);
	jo_regio(&o, m->regio);
	m->ep = jo_ep(&o);
	ov_jo_oin(&o, "houder", &m->houder);
	delen = ov_jo_arr(&o, "delen", OV_DELEN_MAX);
	m->iat = (int64_t)ov_jo_int(&o, "iat", OV_JSON_INT_MAX);
	status = ov_jo_word(&o, "status", statussen);
	keys = ov_jo_arr(&o, "sleutels", OV_MANIFEST_KEYS_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	m->status = (enum ov_epoch_status)status;
	if ((rc = read_delen(delen, m, e)) != OV_OK)
		return rc;
	return read_keys(keys, m, e);
}

enum ov_rc
ov_manifest_parse(const void *p, size_t n, struct ov_manifest *out,
    struct ov_err *e)
{
	OV_JSON *j = NULL;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_json_parse(p, n, OV_ANSWER_BIG_MAX, &j, e)) == OV_OK)
		rc = read_manifest(j, out, e);
	if (rc != OV_OK) {
		ov_manifest_free(out);
		return ov_while(e, rc, "manifest");
	}
	return OV_OK;
}

void
ov_manifest_free(struct ov_manifest *m)
{
	free(m->key);
	memset(m, 0, sizeof(*m));
}

const uint8_t *
ov_manifest_pk(const struct ov_manifest *m, const struct ov_oin *domein,
    unsigned deel)
{
	struct ov_manifest_key want = {.domein = *domein,
	    .deel = (uint8_t)deel};
	const struct ov_manifest_key *k;

	if (deel > UINT8_MAX || m->n == 0)
		return NULL;
	k = bsearch(&want, m->key, m->n, sizeof(*m->key), key_cmp);
	return k == NULL ? NULL : k->pk;
}

/* ---- evaluation ---- */

static void
put_elements(struct ov_buf *b, const char *name, const uint8_t el[][32],
    size_t n)
{
	size_t i;

	ov_jw_name(b, name);
	ov_buf_str(b, "[");
	for (i = 0; i < n; i++)
		ov_jw_b64u(b, NULL, el[i], 32);
	ov_buf_str(b, "]");
}

static enum ov_rc
get_elements(const json_t *a, uint8_t el[][32], size_t *n, struct ov_err *e)
{
	size_t i;

	*n = json_array_size(a);
	if (*n == 0 || *n > OV_OPRF_BATCH)
		return ov_fail(e, OV_BADMSG, "number of elements");
	for (i = 0; i < *n; i++)
		if (ov_json_b64u(json_array_get(a, i), el[i], 32) != OV_OK)
			return ov_fail(e, OV_BADMSG, "element %zu", i);
	return OV_OK;
}

enum ov_rc
ov_oprf_vraag_compose(struct ov_buf *b, const struct ov_oprf_vraag *q,
    struct ov_err *e)
{
	if (q->n == 0 || q->n > OV_OPRF_BATCH)
		return ov_fail(e, OV_DAMAGED, "oprf request");
	ov_buf_fmt(b, "{\"v\":1,\"iss\":\"%s\",\"aud\":\"%s\"", q->iss.s,
	    q->aud.s);
	ov_jw_time(b, "iat", q->iat);
	ov_jw_str(b, "regio", q->regio);
	ov_jw_int(b, "ep", q->ep);
	ov_jw_str(b, "domein", q->domein.s);
	ov_jw_int(b, "deel", q->deel);
	put_elements(b, "b", q->b, q->n);
	ov_buf_str(b, "}");
	return ov_buf_ok(b, e);
}

enum ov_rc
ov_oprf_vraag_parse(const void *p, size_t n, struct ov_oprf_vraag *out,
    struct ov_err *e)
{
	OV_JSON *j = NULL;
	const json_t *el;
	struct ov_jobj o;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_json_parse(p, n, OV_REQ_MAX, &j, e)) != OV_OK)
		return ov_while(e, rc, "oprf request");
	ov_jo_init(&o, j, "oprf request");
	(void)ov_jo_range(&o, "v", 1, 1);
	ov_jo_oin(&o, "iss", &out->iss);
	ov_jo_oin(&o, "aud", &out->aud);
	out->iat = (int64_t)ov_jo_int(&o, "iat", OV_JSON_INT_MAX);
	jo_regio(&o, out->regio);
	out->ep = jo_ep(&o);
	ov_jo_oin(&o, "domein", &out->domein);
	out->deel = jo_deel(&o);
	el = ov_jo_arr(&o, "b", OV_OPRF_BATCH);
	if ((rc = ov_jo_end(&o, e)) == OV_OK)
		rc = get_elements(el, out->b, &out->n, e);
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return ov_while(e, rc, "oprf request");
	}
	return OV_OK;
}

enum ov_rc
ov_oprf_antwoord_compose(struct ov_buf *b, const struct ov_oprf_antwoord *a,
    struct ov_err *e)
{
	if (a->n == 0 || a->n > OV_OPRF_BATCH)
		return ov_fail(e, OV_DAMAGED, "oprf answer");
	ov_buf_str(b, "{\"v\":1");
	ov_jw_str(b, "regio", a->regio);
	ov_jw_int(b, "ep", a->ep);
	ov_jw_str(b, "domein", a->domein.s);
	ov_jw_int(b, "deel", a->deel);
	ov_jw_b64u(b, "pk", a->pk, sizeof(a->pk));
	put_elements(b, "e", a->e, a->n);
	ov_jw_b64u(b, "bewijs", a->bewijs, sizeof(a->bewijs));
	ov_jw_int(b, "resterend", a->resterend);
	ov_buf_str(b, "}");
	return ov_buf_ok(b, e);
}

enum ov_rc
ov_oprf_antwoord_parse(const void *p, size_t n, struct ov_oprf_antwoord *out,
    struct ov_err *e)
{
	OV_JSON *j = NULL;
	const json_t *el;
	struct ov_jobj o;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_json_parse(p, n, OV_ANSWER_MAX, &j, e)) != OV_OK)
		return ov_while(e, rc, "oprf answer");
	ov_jo_init(&o, j, "oprf answer");
	(void)ov_jo_range(&o, "v", 1, 1);
	jo_regio(&o, out->regio);
	out->ep = jo_ep(&o);
	ov_jo_oin(&o, "domein", &out->domein);
	out->deel = jo_deel(&o);
	ov_jo_b64u(&o, "pk", out->pk, sizeof(out->pk));
	el = ov_jo_arr(&o, "e", OV_OPRF_BATCH);
	ov_jo_b64u(&o, "bewijs", out->bewijs, sizeof(out->bewijs));
	out->resterend = ov_jo_int(&o, "resterend", OV_JSON_INT_MAX);
	if ((rc = ov_jo_end(&o, e)) == OV_OK)
		rc = get_elements(el, out->e, &out->n, e);
	if (rc != OV_OK) {
		memset(out, 0, sizeof(*out));
		return ov_while(e, rc, "oprf answer");
	}
	return OV_OK;
}

/* ---- counters ---- */

enum ov_rc
ov_oprf_gebruik_compose(struct ov_buf *b, uint32_t ep,
    const struct ov_oprf_dag *d, size_t n, struct ov_err *e)
{
	char dag[OV_DATE_SIZE];
	size_t i;

	ov_buf_str(b, "{\"v\":1");
	ov_jw_int(b, "ep", ep);
	ov_jw_name(b, "dagen");
	ov_buf_str(b, "[");
	for (i = 0; i < n; i++) {
		ov_date_fmt(dag, ov_date_from_days(d[i].dag));
		ov_jw_name(b, NULL);
		ov_buf_str(b, "{");
		ov_jw_str(b, "dag", dag);
		ov_jw_str(b, "domein", d[i].domein.s);
		ov_jw_int(b, "deel", d[i].deel);
		ov_jw_int(b, "aantal", d[i].aantal);
		ov_buf_str(b, "}");
	}
	ov_buf_str(b, "]}");
	return ov_buf_ok(b, e);
}

static enum ov_rc
read_dag(const json_t *j, struct ov_oprf_dag *d, struct ov_err *e)
{
	struct ov_date date = {0};
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "dagen");
	ov_jo_date(&o, "dag", &date);
	ov_jo_oin(&o, "domein", &d->domein);
	d->deel = jo_deel(&o);
	d->aantal = ov_jo_int(&o, "aantal", OV_JSON_INT_MAX);
	if ((rc = ov_jo_end(&o, e)) == OV_OK)
		d->dag = ov_date_days(date);
	return rc;
}

enum ov_rc
ov_oprf_gebruik_parse(const void *p, size_t n, uint32_t *ep,
    struct ov_oprf_dag **out, size_t *nout, struct ov_err *e)
{
	struct ov_oprf_dag *d;
	OV_JSON *j = NULL;
	const json_t *a;
	struct ov_jobj o;
	enum ov_rc rc;
	uint32_t x;
	size_t i, len;

	*ep = 0;
	*out = NULL;
	*nout = 0;
	if ((rc = ov_json_parse(p, n, OV_ANSWER_BIG_MAX, &j, e)) != OV_OK)
		return ov_while(e, rc, "oprf counters");
	ov_jo_init(&o, j, "oprf counters");
	(void)ov_jo_range(&o, "v", 1, 1);
	x = jo_ep(&o);
	a = ov_jo_arr(&o, "dagen", OV_GEBRUIK_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	len = json_array_size(a);
	if ((d = calloc(len == 0 ? 1 : len, sizeof(*d))) == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < len; i++) {
		if ((rc = read_dag(json_array_get(a, i), &d[i], e)) != OV_OK) {
			free(d);
			return ov_while(e, rc, "oprf counters");
		}
	}
	*ep = x;
	*out = d;
	*nout = len;
	return OV_OK;
}
