/* SPDX-License-Identifier: EUPL-1.2 */
/* Any text as the table of what counts: what is taken counts what is there and
 * what is not, and nothing else. */
#include <stdlib.h>

#include "protocol/compleet.h"
#include "protocol/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	if (d == NULL)
		abort();
	return (struct ov_view){d->p, d->n};
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_types *types;
	struct ov_deel_stand s[OV_DELEN_N];
	struct ov_compleet *c;
	json_t *j;

	if (types == NULL) {
		struct ov_types_src src = {data("types.json"),
		    data("codelijsten.json"), data("grondslagen.json")};

		if (ov_types_load(&src, &types, NULL) != OV_OK)
			abort();
	}
	if (ov_compleet_load(types, (struct ov_view){p, n}, &c, NULL) != OV_OK)
		return 0;
	j = json_pack("{s:b,s:s}", "heeftOndersteuningsbehoefte", 1,
	    "motivatie", "x");
	ov_compleet_of(c, "overstapdossier", j, "2026-09-01", s);
	for (size_t d = 0; d < OV_DELEN_N; d++)
		if (s[d].er + s[d].n != s[d].nodig)
			abort();
	json_decref(j);
	ov_compleet_free(c);
	return 0;
}
