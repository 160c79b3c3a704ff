/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_route.c - which member serves a gemeente: the routes of an
 * address book.
 */
#include <string.h>

#include "protocol/adresboek_in.h"
#include "protocol/tijd.h"

static void
read_days(struct ov_jobj *o, struct ov_book_route *r)
{
	struct ov_date d = {0};

	ov_jo_date(o, "van", &d);
	r->van = o->rc == OV_OK ? ov_date_days(d) : 0;
	r->tot = INT32_MAX;
	if (!ov_jo_has(o, "tot"))
		return;
	ov_jo_date(o, "tot", &d);
	if (o->rc == OV_OK && (r->tot = ov_date_days(d)) < r->van)
		ov_jo_fail(o, "tot", OV_REDEN_PATROON);
}

static enum ov_rc
read_route(const struct ov_adresboek *k, const json_t *j,
    struct ov_book_route *r, struct ov_err *e)
{
	const struct ov_lid *l;
	const char *g, *srt, *rol;
	struct ov_jobj o;

	ov_jo_init(&o, j, "route");
	g = ov_jo_str(&o, "gemeente", 4);
	srt = ov_jo_str(&o, "srt", OV_SRT_MAX);
	rol = ov_jo_str(&o, "rol", 20);
	ov_jo_oin(&o, "oin", &r->oin);
	read_days(&o, r);
	if (o.rc == OV_OK && !ov_is_gemeente(ov_view_str(g)))
		ov_jo_fail(&o, "gemeente", OV_REDEN_PATROON);
	if (o.rc == OV_OK && (!ov_rol_parse(rol, &r->rol) ||
	                         (r->rol != OV_ROL_LEERPLICHT &&
	                             r->rol != OV_ROL_DOORSTROOMPUNT)))
		ov_jo_fail(&o, "rol", OV_REDEN_CODE);
	if (o.rc == OV_OK && ((l = ov_book_oin(k, &r->oin)) == NULL ||
	                         (l->rol & OV_ROL_BIT(r->rol)) == 0))
		ov_jo_fail(&o, "oin", OV_REDEN_CODE);
	if (o.rc == OV_OK) {
		memcpy(r->gemeente, g, 5);
		if (strcmp(srt, "*") != 0)
			memcpy(r->srt, srt, strlen(srt) + 1);
	}
	return ov_jo_end(&o, e);
}

static bool
clash(const struct ov_book_route *a, const struct ov_book_route *b)
{
	return a->rol == b->rol && strcmp(a->gemeente, b->gemeente) == 0 &&
	       strcmp(a->srt, b->srt) == 0 && a->van <= b->tot &&
	       b->van <= a->tot;
}

enum ov_rc
ov_boek_routes(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	size_t n = json_array_size(j), i, m;
	enum ov_rc rc;

	k->route = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->route));
	if (k->route == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < n; i++) {
		rc = read_route(k, json_array_get(j, i), &k->route[i], e);
		if (rc != OV_OK)
			return ov_while(e, rc, "route %zu", i);
		for (m = 0; m < i; m++)
			if (clash(&k->route[m], &k->route[i]))
				return ov_fail(e, OV_BADMSG,
				    "routes %zu and %zu: one gemeente, role "
				    "and type at one time",
				    m, i);
		k->nroute++;
	}
	return OV_OK;
}

const struct ov_lid *
ov_book_route(const struct ov_adresboek *k, const char *gemeente,
    enum ov_rol rol, const char *srt, int32_t dag)
{
	const struct ov_book_route *any = NULL;

	for (size_t i = 0; i < k->nroute; i++) {
		const struct ov_book_route *r = &k->route[i];

		if (r->rol != rol || dag < r->van || dag > r->tot ||
		    strcmp(r->gemeente, gemeente) != 0)
			continue;
		if (strcmp(r->srt, srt) == 0)
			return ov_book_oin(k, &r->oin);
		if (r->srt[0] == '\0')
			any = r;
	}
	return any != NULL ? ov_book_oin(k, &any->oin)
	                   : ov_book_gemeente(k, gemeente, rol);
}
