/* SPDX-License-Identifier: EUPL-1.2 */
/* A table somebody wrote in the place of a shipped one: the first byte says
 * which, the rest is its text.  What is taken answers questions; what is not is
 * complained about, on a line that the text has. */
#include <stdlib.h>
#include <string.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/overgang.h"
#include "protocol/policy.h"
#include "protocol/regelnr.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	if (d == NULL)
		abort();
	return (struct ov_view){d->p, d->n};
}

/* A question to tables that were taken. */
static void
ask(const struct ov_types *t, const struct ov_policy *p,
    const struct ov_overgangen *o)
{
	static struct ov_fouten w;
	struct ov_lid school = {.rol = OV_ROL_BIT(OV_ROL_VO)};
	struct ov_lid gem = {.rol = OV_ROL_BIT(OV_ROL_LEERPLICHT)};
	static const char text[] =
	    "{\"grondslag\":\"UITSCHRIJVING-LPW\",\"soort\":\"verwijdering\","
	    "\"geboortedatum\":\"2010-01-01\",\"datumUitschrijving\":"
	    "\"2025-01-01\"}";
	const struct ov_jn *in;
	OV_JDOC d = {0};

	if (ov_jdoc_parse(text, sizeof(text) - 1, 4096, &d, NULL) != OV_OK)
		abort();
	in = d.root;
	if ((ov_types_check(t, "uitschrijving", in, 43, "2025-04-01", &w) ==
	        OV_OK) != (w.n == 0))
		abort();
	(void)ov_policy_may(p, "uitschrijving", NULL, &school, &gem, in,
	    "2025-04-01");
	if (ov_overgang_mag(o, "gestart", "keuze", "2025-04-01") &&
	    ov_overgang_mag(o, "keuze", "gestart", "2025-04-01"))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const names[] = {"types.json", "codelijsten.json",
	    "grondslagen.json", "matrix.json", "regio.json", "overgangen.json"};
	struct ov_view v[6];
	static struct ov_types *shipped; /* stays: read once */
	struct ov_types *t = NULL;
	struct ov_policy *y = NULL;
	struct ov_overgangen *o = NULL;
	struct ov_err e = {0};
	enum ov_rc rc;
	size_t which, lines = 1;

	if (n == 0)
		return 0;
	ov_json_init();
	for (size_t i = 0; i < 6; i++)
		v[i] = data(names[i]);
	which = p[0] % 6;
	v[which] = (struct ov_view){p + 1, n - 1};
	struct ov_types_src src = {v[0], v[1], v[2]};
	struct ov_policy_src rules = {v[3], v[4]};

	if (which >= 3 && shipped == NULL &&
	    ov_types_load(&src, &shipped, NULL) != OV_OK)
		abort();
	t = shipped;
	rc = which < 3 ? ov_types_load(&src, &t, &e) : OV_OK;
	if (rc == OV_OK)
		rc = ov_policy_load(t, &rules, &y, &e);
	if (rc == OV_OK)
		rc = ov_overgangen_load(t, v[5], &o, &e);
	if (rc == OV_OK) {
		ask(t, y, o);
	} else {
		for (size_t i = 0; i < v[which].n; i++)
			lines += v[which].p[i] == '\n';
		if (e.msg[0] == '\0' || ov_regelnr(v[which], e.msg) > lines)
			abort();
	}
	ov_overgangen_free(o);
	ov_policy_free(y);
	if (which < 3)
		ov_types_free(t);
	return 0;
}
