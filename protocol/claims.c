/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/claims.c - read a message's payload. */
#include "protocol/claims.h"

#include <sodium.h>
#include <string.h>

#include "protocol/fout.h"

struct reading {
	const struct ov_jn *o;
	struct ov_claims *c;
	struct ov_claims_faults *f;
	bool bad;
};

/* One part of a JSON Pointer, escaped (RFC 6901), cut to what fits. */
static void
pointer(char *out, size_t cap, const char *name)
{
	size_t n = 0;

	out[n++] = '/';
	for (; *name != '\0' && n + 3 < cap; name++) {
		if (*name == '~' || *name == '/') {
			out[n++] = '~';
			out[n++] = *name == '~' ? '0' : '1';
		} else {
			out[n++] = *name;
		}
	}
	out[n] = '\0';
}

static void
fault(struct reading *r, const char *name, enum ov_reden reden)
{
	r->bad = true;
	if (r->f == NULL || r->f->n == OV_CLAIMS_FAULTS)
		return;
	if (name == NULL)
		r->f->f[r->f->n].pad[0] = '\0';
	else
		pointer(r->f->f[r->f->n].pad, OV_PAD_MAX, name);
	r->f->f[r->f->n++].reden = ov_reden_code(reden);
}

/* The member, or NULL with a fault. */
static const struct ov_jn *
get(struct reading *r, const char *name, enum ov_jtype type)
{
	const struct ov_jn *j = ov_jn_get(r->o, name);

	if (j == NULL)
		fault(r, name, OV_REDEN_ONTBREEKT);
	else if (j->type != type)
		fault(r, name, OV_REDEN_TYPE);
	else
		return j;
	return NULL;
}

static uint64_t
get_int(struct reading *r, const char *name, uint64_t min, uint64_t max)
{
	const struct ov_jn *j = get(r, name, OV_J_INT);
	uint64_t x = 0;

	if (j == NULL)
		return 0;
	if (ov_jn_int(j, max, &x) != OV_OK || x < min) {
		fault(r, name, OV_REDEN_PATROON);
		return 0;
	}
	return x;
}

static void
get_oin(struct reading *r, const char *name, struct ov_oin *out)
{
	const struct ov_jn *j = get(r, name, OV_J_TEXT);

	if (j != NULL && ov_oin_parse(ov_jn_view(j), out) != OV_OK)
		fault(r, name, OV_REDEN_PATROON);
}

static void
get_b64u(struct reading *r, const char *name, void *out, size_t n)
{
	const struct ov_jn *j = get(r, name, OV_J_TEXT);

	if (j != NULL && ov_jn_b64u(j, out, n) != OV_OK)
		fault(r, name, OV_REDEN_PATROON);
}

static void
get_pid(struct reading *r)
{
	const struct ov_jn *j = get(r, "pid", OV_J_TEXT);

	if (j == NULL || ov_jn_view(j).n == 0)
		return;
	/* No HMAC is all zero, and the vault derives no key from that. */
	if (ov_jn_b64u(j, r->c->pid, sizeof(r->c->pid)) != OV_OK ||
	    sodium_is_zero(r->c->pid, sizeof(r->c->pid)))
		fault(r, "pid", OV_REDEN_PATROON);
	else
		r->c->has_pid = true;
}

static void
get_srt(struct reading *r)
{
	const struct ov_jn *j = get(r, "srt", OV_J_TEXT);
	struct ov_view v;

	if (j == NULL)
		return;
	v = ov_jn_view(j);
	if (v.n > OV_SRT_MAX)
		fault(r, "srt", OV_REDEN_TE_LANG);
	else if (!ov_is_slug(v))
		fault(r, "srt", OV_REDEN_PATROON);
	else
		memcpy(r->c->srt, v.p, v.n);
}

/* Members that are none of ours. */
static void
get_no_others(struct reading *r)
{
	static const char *const ours[] = {"v", "iss", "aud", "jti", "iat",
	    "exp", "seq", "ep", "pid", "srt", "zaak", "inhoud", "bijlagen"};
	const struct ov_jn *j;
	size_t i, n = sizeof(ours) / sizeof(*ours);

	for (j = ov_jn_first(r->o); j != NULL; j = ov_jn_next(j)) {
		for (i = 0; i < n && strcmp(j->name, ours[i]) != 0; i++)
			;
		if (i == n)
			fault(r, j->name, OV_REDEN_ONBEKEND_LID);
	}
}

static void
get_all(struct reading *r)
{
	struct ov_claims *c = r->c;
	const struct ov_jn *j;

	(void)get_int(r, "v", 1, 1);
	get_oin(r, "iss", &c->iss);
	get_oin(r, "aud", &c->aud);
	get_b64u(r, "jti", c->jti, sizeof(c->jti));
	c->iat = (int64_t)get_int(r, "iat", 0, OV_JSON_INT_MAX);
	c->exp = (int64_t)get_int(r, "exp", 0, OV_JSON_INT_MAX);
	c->seq = get_int(r, "seq", 1, OV_JSON_INT_MAX);
	c->ep = (uint32_t)get_int(r, "ep", 1, UINT32_MAX);
	get_pid(r);
	get_srt(r);
	if (ov_jn_get(r->o, "zaak") != NULL) {
		get_b64u(r, "zaak", c->zaak, sizeof(c->zaak));
		c->has_zaak = true;
	}
	c->inhoud = get(r, "inhoud", OV_J_OBJECT);
	/* Reserved: no type has attachments yet. */
	j = get(r, "bijlagen", OV_J_ARRAY);
	if (j != NULL && ov_jn_count(j) != 0)
		fault(r, "bijlagen", OV_REDEN_VERBODEN);
	get_no_others(r);
}

enum ov_rc
ov_claims_parse(const void *p, size_t n, struct ov_claims *out,
    struct ov_claims_faults *faults, struct ov_err *e)
{
	struct reading r = {NULL, out, faults, false};

	memset(out, 0, sizeof(*out));
	if (faults != NULL)
		faults->n = 0;
	if (ov_jdoc_parse(p, n, OV_JOSE_MAX, &out->doc, e) != OV_OK ||
	    !ov_jn_is(out->doc.root, OV_J_OBJECT))
		fault(&r, NULL, OV_REDEN_TYPE);
	r.o = out->doc.root;
	if (!r.bad)
		get_all(&r);
	if (r.bad) {
		ov_claims_free(out);
		return ov_fail(e, OV_BADMSG, "claims");
	}
	return OV_OK;
}

void
ov_claims_free(struct ov_claims *c)
{
	ov_jdoc_free(&c->doc);
	sodium_memzero(c, sizeof(*c));
}

bool
ov_claims_timely(const struct ov_claims *c, int64_t now)
{
	return c->iat <= now + OV_KLOK_SPELING_S && c->exp > now &&
	       c->exp > c->iat && c->exp - c->iat <= OV_BERICHT_GELDIG_S;
}
