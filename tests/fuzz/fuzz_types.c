/* SPDX-License-Identifier: EUPL-1.2 */
/* Any JSON as the content of each type: the check ends, and its answer and its
 * list of faults agree. */
#include <stdlib.h>
#include <string.h>

#include "protocol/data.h"
#include "protocol/types.h"

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
	static const char *const srt[] = {"overstapdossier", "overstapstatus",
	    "uitschrijving", "ontvangst", "verzuimmelding", "verzuimstatus",
	    "terugkoppeling", "warme-overdracht", "correctie", "intrekking",
	    "wissing", "afsluitverklaring", "pgn-wijziging", "overdracht"};
	static struct ov_types *types;
	static struct ov_fouten w;
	OV_JDOC js = {0};
	size_t i, j;

	if (types == NULL) {
		struct ov_types_src src = {data("types.json"),
		    data("codelijsten.json"), data("grondslagen.json")};

		if (ov_types_load(&src, &types, NULL) != OV_OK)
			abort();
	}
	if (ov_jdoc_parse(p, n, (size_t)1 << 20, &js, NULL) != OV_OK)
		return 0;
	for (i = 0; i < sizeof(srt) / sizeof(srt[0]); i++) {
		enum ov_rc rc = ov_types_check(types, srt[i], js.root, 43,
		    "2025-04-01", &w);

		if ((rc == OV_OK) != (w.n == 0))
			abort();
		for (j = 0; j < w.n; j++)
			if (w.f[j].pad[0] != '/' ||
			    strlen(w.f[j].pad) >= OV_FOUT_PAD ||
			    ov_reden_code(w.f[j].reden) == NULL)
				abort();
	}
	return 0;
}
