/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/net/answer.c - the fields of an answer, and the answers that net
 * gives by itself.
 */
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "daemon/net/role.h"

/* An answer of this size is never refused for lack of room. */
#define SMALL ((size_t)4096)

static void
add(struct ov_net_fields *f, const char *name, const char *value)
{
	if (value == NULL || f->n == OV_NET_FIELDS_MAX)
		return;
	f->f[f->n].name = name;
	f->f[f->n].value = value;
	f->n++;
}

void
ov_net_fields(const struct ov_net *net, const struct ov_net_answer *a,
    struct ov_net_fields *out)
{
	out->n = 0;
	(void)snprintf(out->adresboek, sizeof(out->adresboek), "%u",
	    net->adresboek);
	(void)snprintf(out->retry, sizeof(out->retry), "%u", a->retry);
	add(out, "API-Version", OV_API_VERSION);
	add(out, "Overstap-Adresboek", out->adresboek);
	add(out, "Content-Type", ov_ctype_text(a->ctype));
	add(out, "Retry-After", a->retry != 0 ? out->retry : NULL);
	add(out, "Allow", a->allow);
	/* The rest is what the NL API Design Rules ask of every answer. */
	add(out, "Cache-Control", "no-store");
	add(out, "Content-Security-Policy", "frame-ancestors 'none'");
	add(out, "Strict-Transport-Security", "max-age=31536000");
	add(out, "X-Content-Type-Options", "nosniff");
	add(out, "X-Frame-Options", "DENY");
}

void
ov_net_answer(struct ov_net_conn *c, uint64_t stream,
    const struct ov_net_answer *a)
{
	static const struct ov_net_answer busy = {.retry = 1};

	if (c->state != OV_NET_OPEN)
		return;
	/* Answers pile up where clients ask and do not read. */
	if (a->body.n > SMALL &&
	    c->net->answers + a->body.n > OV_NET_ANSWERS_MAX)
		ov_net_refuse(c, stream, OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR,
		    &busy);
	else if (c->h2 != NULL)
		ov_net_h2_answer(c, stream, a);
	else
		ov_net_h1_answer(c, a);
}

void
ov_net_refuse(struct ov_net_conn *c, uint64_t stream, enum ov_fout fout,
    const struct ov_net_answer *how)
{
	struct ov_net_answer a = *how;
	OV_BUF b = {.max = SMALL};

	if (fout != OV_FOUT_GEEN) {
		ov_fout_problem_raw(&b, fout, (struct ov_view){0});
		if (b.bad) {
			ov_net_conn_kill(c);
			return;
		}
		a.status = ov_fout_status(fout);
		a.ctype = OV_CT_PROBLEM;
		a.body = (struct ov_view){b.p, b.n};
	}
	ov_net_answer(c, stream, &a);
}
