/* SPDX-License-Identifier: EUPL-1.2 */
/* A worklist table, or a dossier that it judges: what loads has every kind. */
#include <stdlib.h>

#include "protocol/data.h"
#include "protocol/werk.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_werklijst *own;
	const struct ov_data *d = ov_data_find("werklijst.json");
	struct ov_werklijst *l;
	struct ov_werk_term r;
	OV_JDOC js = {0};
	char text[OV_RISICO_SIZE];

	if (own == NULL &&
	    (d == NULL || ov_werk_load((struct ov_view){d->p, d->n}, &own,
	                      NULL) != OV_OK))
		abort();
	if (ov_werk_load((struct ov_view){p, n}, &l, NULL) == OV_OK) {
		for (unsigned w = 0; w < OV_W_N; w++)
			if (!ov_werk_regel(l, w, INT32_MAX, &r) ||
			    r.rollen == 0 || r.tekst == NULL)
				abort();
		ov_werk_free(l);
	}
	if (ov_jdoc_parse(p, n, (size_t)1 << 20, &js, NULL) == OV_OK) {
		ov_risico_text(text, ov_risico(own, js.root));
		if (ov_risico_ingevuld(js.root) > 0x7f)
			abort();
	}
	return 0;
}
