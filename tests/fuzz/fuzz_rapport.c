/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as the table of norms (first byte 'n') or of formulas: what is
 * taken can be asked, and every print of a fraction is short and a number.
 */
#include "tests/fuzz/fuzz.h"

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/rapport.h"

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	must(d != NULL, name);
	return (struct ov_view){d->p, d->n};
}

static void
questions(const struct ov_rapport *r)
{
	static const char *const codes[] = {"vsv", "terugkeer", "ddd", "a"};
	const struct ov_norm_rij *n;
	static const struct ov_date van = {2024, 2, 29}, tot = {2026, 3, 1};
	const struct ov_formule *f;
	const char *tekst;
	char out[OV_BREUK_SIZE];

	for (size_t i = 0; i < 4; i++) {
		if ((f = ov_formule(r, codes[i])) == NULL)
			continue;
		must(f->teller != NULL && f->noemer != NULL, "quantities");
		must(ov_breuk(OV_TELLING_MAX, 1, f->maal, f->decimalen, out),
		    "prints");
		must(strspn(out, "0123456789.") == strlen(out), "a number");
		(void)!ov_grootheid_telt(f->teller, NULL);
	}
	if (ov_klasse_nth(r, "a", 0, &tekst) != NULL)
		must(tekst != NULL && ov_klasse(r, "a", van, tot) != NULL,
		    "every duration has a class");
	n = ov_norm(r, "vsv", "MBO_1", 2018, NULL, 0);
	if (n != NULL)
		must(n->norm <= 10000 && ov_norm_bron(r, n->bron), "norm");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_rapport *r = NULL;
	struct ov_view text;
	bool normen;

	ov_json_init();
	if (n == 0)
		return 0;
	normen = p[0] == 'n';
	text = (struct ov_view){p + 1, n - 1};
	if (ov_rapport_load(normen ? text : data("normen.json"),
	        normen ? data("formules.json") : text, &r, NULL) == OV_OK)
		questions(r);
	else
		must(r == NULL, "nothing is given");
	ov_rapport_free(r);
	return 0;
}
