/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as a file for a profile (the first byte chooses which, and CSV or
 * JSON): a good row has a reference, a bad one has a fault, and what a row of
 * a draft exports as can be read again. */
#include <stdlib.h>
#include <string.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/profiel.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct ov_types *types;
static struct ov_policy *policy;
static struct ov_profiles *profiles;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	if (d == NULL)
		abort();
	return (struct ov_view){d->p, d->n};
}

static void
setup(void)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_policy_src rules = {data("matrix.json"), data("regio.json")};

	ov_json_init();
	if (ov_types_load(&src, &types, NULL) != OV_OK ||
	    ov_policy_load(types, &rules, &policy, NULL) != OV_OK ||
	    ov_profiles_load(types, data("profielen.json"), &profiles, NULL) !=
	        OV_OK)
		abort();
}

static enum ov_rc
on_row(void *arg, const struct ov_io_row *r, struct ov_err *e)
{
	const struct ov_import_opts *o = arg;
	OV_BUF b = {0};

	if (r->bad) {
		if (r->nfaults == 0)
			abort();
		return OV_OK;
	}
	if (r->draft == NULL ||
	    (strcmp(ov_profile_name(o->profile), "vakanties") != 0 &&
	        !json_is_string(json_object_get(r->draft, "eigenReferentie"))))
		abort();
	return ov_export_row(o->profile, r->draft, &b, e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_import_opts o = {.fn = on_row,
	    .rollen = OV_ROL_BIT(OV_ROL_VO),
	    .vandaag = "2025-04-01"};
	struct ov_import *m;
	size_t count = 0;

	if (types == NULL)
		setup();
	if (n == 0)
		return 0;
	while (ov_profile_nth(profiles, count) != NULL)
		count++;
	o.policy = policy;
	o.profile = ov_profile_nth(profiles, (p[0] >> 1) % count);
	o.arg = &o;
	if ((p[0] & 1) != 0) {
		(void)!ov_import_json(&o, p + 1, n - 1, NULL);
		return 0;
	}
	if ((m = ov_import_new(&o)) == NULL)
		abort();
	if (ov_import_push(m, p + 1, n - 1, NULL) == OV_OK)
		(void)!ov_import_end(m, NULL);
	ov_import_free(m);
	return 0;
}
