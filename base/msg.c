/* SPDX-License-Identifier: EUPL-1.2 */
/* base/msg.c - holds packets against a role's table. */
#include "base/msg.h"

static void
put(uint8_t *p, uint64_t v, size_t n)
{
	while (n > 0) {
		p[--n] = (uint8_t)(v & 0xff);
		v >>= 8;
	}
}

static uint64_t
get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

void
ov_msg_put_head(uint8_t out[16], const struct ov_msg_head *h)
{
	put(out, h->type, 2);
	put(out + 2, h->version, 2);
	put(out + 4, h->count, 4);
	put(out + 8, h->ref, 8);
}

enum ov_rc
ov_msg_get_head(const void *pkt, size_t n, struct ov_msg_head *out,
    struct ov_err *e)
{
	const uint8_t *p = pkt;

	if (n < OV_MSG_HEADER)
		return ov_fail(e, OV_BADMSG, "packet: header cut short");
	out->type = (uint16_t)get(p, 2);
	out->version = (uint16_t)get(p + 2, 2);
	out->count = (uint32_t)get(p + 4, 4);
	out->ref = get(p + 8, 8);
	return OV_OK;
}

enum ov_rc
ov_msg_check(const struct ov_msg_rule *rules, size_t nrules, unsigned int state,
    const void *pkt, size_t n, struct ov_msg *m,
    const struct ov_msg_rule **rule, struct ov_err *e)
{
	const struct ov_msg_rule *r = NULL;
	struct ov_msg_head h;
	enum ov_rc rc;
	size_t i;

	if ((rc = ov_msg_get_head(pkt, n, &h, e)) != OV_OK)
		return rc;
	for (i = 0; i < nrules && r == NULL; i++)
		if (rules[i].type == h.type)
			r = &rules[i];
	if (r == NULL)
		return ov_fail(e, OV_BADMSG, "packet %u: unknown type", h.type);
	if (h.version != OV_MSG_VERSION)
		return ov_fail(e, OV_BADMSG, "packet %u: version %u", h.type,
		    h.version);
	if (state > 31 || (r->states >> state & 1) == 0)
		return ov_fail(e, OV_BADMSG, "packet %u: not in state %u",
		    h.type, state);
	if (h.count > r->maxcount)
		return ov_fail(e, OV_BADMSG,
		    "packet %u: %u records, at most %u", h.type, h.count,
		    r->maxcount);
	/* By division: count times recsize might overflow. */
	if (r->recsize != 0 && h.count > (n - OV_MSG_HEADER) / r->recsize)
		return ov_fail(e, OV_BADMSG, "packet %u: records cut short",
		    h.type);
	m->h = h;
	m->pkt = pkt;
	m->len = n;
	m->rec = m->pkt + OV_MSG_HEADER;
	m->recsize = r->recsize;
	*rule = r;
	return OV_OK;
}

enum ov_rc
ov_msg_dispatch(const struct ov_msg_rule *rules, size_t nrules,
    unsigned int state, void *role, const void *pkt, size_t n, struct ov_err *e)
{
	const struct ov_msg_rule *rule;
	struct ov_msg m;
	enum ov_rc rc;

	rc = ov_msg_check(rules, nrules, state, pkt, n, &m, &rule, e);
	if (rc != OV_OK)
		return rc;
	return rule->handle(role, &m, e);
}

const uint8_t *
ov_msg_rec(const struct ov_msg *m, uint32_t i)
{
	return m->rec + (size_t)i * m->recsize;
}

enum ov_rc
ov_msg_bulk(const struct ov_msg *m, uint32_t off, uint32_t len,
    const uint8_t **out, struct ov_err *e)
{
	size_t first = OV_MSG_HEADER + (size_t)m->h.count * m->recsize;

	*out = NULL;
	if (off == 0 && len == 0)
		return OV_OK;
	if (off < first || off > m->len || len > m->len - off)
		return ov_fail(e, OV_BADMSG, "packet %u: bulk outside",
		    m->h.type);
	*out = m->pkt + off;
	return OV_OK;
}
