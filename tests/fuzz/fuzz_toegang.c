/* SPDX-License-Identifier: EUPL-1.2 */
/* Any text as the access table and as the accounts file: what is taken answers
 * every question, and never gives a part to who runs the machine. */
#include <stdlib.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/toegang.h"

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
questions(const struct ov_toegang *t, const struct ov_accounts *s)
{
	const struct ov_account *a;
	struct ov_feiten f;
	json_t *inhoud = json_pack("{s:[{s:s}]}", "keuzevervolgopleiding",
	    "crebo", "25656");

	ov_feiten_of(t, &f, "overstapdossier", true, inhoud, "4KB1");
	for (size_t i = 0; (a = ov_account_nth(s, i)) != NULL; i++)
		for (unsigned m = 1; m < 1u << OV_MAG_N; m <<= 1) {
			struct ov_oordeel o = ov_toegang_oordeel(t, a, m, &f,
			    "2026-09-01");

			if (!o.mag && o.delen != 0)
				abort();
		}
	if (ov_toegang_oordeel(t, ov_account_machine(s), OV_MAG_INZIEN, &f,
	        "2026-09-01")
	        .delen != 0)
		abort();
	json_decref(inhoud);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char some[] =
	    "{\"versie\":1,\"accounts\":[{\"account\":\"x\",\"functies\":["
	    "{\"functie\":\"beheerder\"}]}]}";
	static struct ov_types *types;
	static struct ov_toegang *table;
	struct ov_toegang *t;
	struct ov_accounts *s;

	if (types == NULL) {
		struct ov_types_src src = {data("types.json"),
		    data("codelijsten.json"), data("grondslagen.json")};

		if (ov_types_load(&src, &types, NULL) != OV_OK ||
		    ov_toegang_load(types, data("toegang.json"), &table,
		        NULL) != OV_OK)
			abort();
	}
	if (ov_accounts_load(table, (struct ov_view){p, n}, &s, NULL) ==
	    OV_OK) {
		questions(table, s);
		ov_accounts_free(s);
	}
	if (ov_toegang_load(types, (struct ov_view){p, n}, &t, NULL) != OV_OK)
		return 0;
	if (ov_accounts_load(t, ov_view_str(some), &s, NULL) == OV_OK) {
		questions(t, s);
		ov_accounts_free(s);
	}
	ov_toegang_free(t);
	return 0;
}
