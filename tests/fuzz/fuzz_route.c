/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_route.c - "METHOD target" and a content type on the next
 * line: every target leads to one row of the table or to one refusal. */
#include "tests/fuzz/fuzz.h"

#include "protocol/limits.h"
#include "protocol/route.h"

static struct ov_view
until(struct ov_view *rest, uint8_t c)
{
	const uint8_t *at = rest->n > 0 ? memchr(rest->p, c, rest->n) : NULL;
	struct ov_view v = *rest;

	if (at == NULL) {
		rest->n = 0;
		return v;
	}
	v.n = (size_t)(at - rest->p);
	rest->p = at + 1;
	rest->n -= v.n + 1;
	return v;
}

static void
found(struct ov_view target, const struct ov_route_par *par,
    struct ov_view method, struct ov_view type)
{
	const struct ov_route_info *i = ov_route_info(par->route);
	struct ov_view none = {0};
	enum ov_fout f;

	must(i != NULL && ov_view_eq(method, i->method), "its row");
	must(par->tile.n == 0 ||
	         (par->tile.p >= target.p &&
	             par->tile.p + par->tile.n <= target.p + target.n),
	    "a tile inside the target");
	if (par->route == OV_R_AFSTEMMING)
		must(par->num1 >= 1 && par->num1 <= par->num2 &&
		         par->num2 - par->num1 <= OV_AFSTEMMING_SPAN,
		    "range");
	f = ov_route_body(i, true, (uint64_t)i->body_max + 1, type, none);
	must(f != OV_FOUT_GEEN, "a body over the limit");
	f = ov_route_body(i, true, i->body_max, type, none);
	if (i->body != OV_CT_NONE && f == OV_FOUT_GEEN)
		must(ov_ctype_from(type) != OV_CT_NONE, "a type that is ours");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_view rest = {p, n}, method, target;
	struct ov_route_par par;
	enum ov_fout f;

	method = until(&rest, ' ');
	target = until(&rest, '\n');
	f = ov_route_find(method, target, &par);
	must((f == OV_FOUT_GEEN) == (par.route != OV_R_NONE), "found");
	must((f == OV_FOUT_METHODE) == (par.allow != NULL), "Allow");
	if (f == OV_FOUT_GEEN)
		found(target, &par, method, rest);
	return 0;
}
