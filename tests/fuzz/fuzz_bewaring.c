/* SPDX-License-Identifier: EUPL-1.2 */
/* Retention rules somebody wrote (first byte even), or an organisation's own
 * terms beside the shipped ones (odd): what is taken gives every record an
 * end. */
#include <stdlib.h>
#include <string.h>

#include "protocol/bewaring.h"
#include "protocol/data.h"
#include "protocol/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	if (d == NULL)
		abort();
	return (struct ov_view){d->p, d->n};
}

static void
ask(const struct ov_bewaring *b)
{
	static const char *const soorten[] = {"overstapdossier", "ontvangst",
	    OV_BW_CONCEPT, OV_BW_LEESLOG};
	struct ov_bw_feiten f = {.sinds = 20500,
	    .geboren = OV_BW_GEEN,
	    .rollen = OV_ROL_BIT(OV_ROL_MBO),
	    .staat = OV_BW_NIET_GEKOPPELD};
	struct ov_bw_einde e;
	struct ov_bw_regel r;

	for (int i = 0; i < OV_BW_N; i++)
		f.dag[i] = i % 2 == 0 ? 20600 : OV_BW_GEEN;
	for (size_t i = 0; i < sizeof(soorten) / sizeof(soorten[0]); i++) {
		f.soort = soorten[i];
		if (ov_bewaring_einde(b, &f, 20700, &e) &&
		    (e.weg < f.sinds || e.regel == NULL))
			abort();
	}
	for (size_t i = 0; ov_bewaring_regel(b, i, &r); i++)
		if (strlen(r.term) >= sizeof(r.term) || r.rollen == 0)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_types *types;
	static struct ov_policy *policy;
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_policy_src rules = {data("matrix.json"), data("regio.json")};
	struct ov_bewaring *b;
	struct ov_view v, none = {0};
	enum ov_rc rc;

	ov_json_init();
	if (types == NULL &&
	    (ov_types_load(&src, &types, NULL) != OV_OK ||
	        ov_policy_load(types, &rules, &policy, NULL) != OV_OK))
		abort();
	if (n == 0)
		return 0;
	v = (struct ov_view){p + 1, n - 1};
	rc = p[0] % 2 == 0 ? ov_bewaring_load(types, policy, v, none, &b, NULL)
	                   : ov_bewaring_load(types, policy,
	                         data("bewaring.json"), v, &b, NULL);
	if (rc == OV_OK)
		ask(b);
	if ((rc == OV_OK) != (b != NULL))
		abort();
	ov_bewaring_free(b);
	return 0;
}
