/* SPDX-License-Identifier: EUPL-1.2 */
/* Any text as the words of the page, and as the content on it: each line has a
 * heading. */
#include <stdlib.h>

#include "protocol/data.h"
#include "protocol/inzage.h"
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
page(const struct ov_inzage *z, const json_t *inhoud)
{
	json_t *r = ov_inzage_regels(z, "overstapdossier", inhoud,
	    "2026-09-01");

	for (size_t i = 0; i < json_array_size(r); i++)
		if (!json_is_string(
		        json_object_get(json_array_get(r, i), "kop")))
			abort();
	json_decref(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_types *types;
	static struct ov_inzage *own;
	struct ov_inzage *z;
	json_t *j;

	if (types == NULL) {
		struct ov_types_src src = {data("types.json"),
		    data("codelijsten.json"), data("grondslagen.json")};

		if (ov_types_load(&src, &types, NULL) != OV_OK ||
		    ov_inzage_load(types, data("inzage.json"), &own, NULL) !=
		        OV_OK)
			abort();
	}
	if (ov_json_parse(p, n, (size_t)1 << 20, &j, NULL) == OV_OK) {
		page(own, j);
		json_decref(j);
	}
	if (ov_inzage_load(types, (struct ov_view){p, n}, &z, NULL) != OV_OK)
		return 0;
	j = json_pack("{s:s,s:b}", "soortOverstap", "VOMBO", "portfolio", 1);
	page(z, j);
	(void)ov_inzage_leeftijd(z, "2026-09-01");
	json_decref(j);
	ov_inzage_free(z);
	return 0;
}
