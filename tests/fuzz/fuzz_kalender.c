/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as the table of the calendar: what is taken can be asked, its
 * dates are in order, and no question runs away.
 */
#include "tests/fuzz/fuzz.h"

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/kalender.h"

static struct ov_types *types;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	must(d != NULL, name);
	return (struct ov_view){d->p, d->n};
}

static void
questions(const struct ov_kalender *k)
{
	static struct ov_kal_moment m[OV_KAL_MOMENTEN_MAX];
	const struct ov_date day = {2026, 11, 28}, far = {9999, 12, 31};
	struct ov_kal_termijn t;
	struct ov_kal_verzuim v;
	size_t n;

	n = ov_kal_komend(k, OV_ROL_BIT(OV_ROL_N) - 1U, day, m);
	must(n <= OV_KAL_MOMENTEN_MAX, "room");
	for (size_t i = 0; i < n; i++)
		must(ov_date_cmp(m[i].tot, day) >= 0 &&
		         ov_date_cmp(m[i].van, m[i].tot) <= 0,
		    "not over");
	(void)!ov_kal_komend(k, 1, far, m);
	must(ov_date_cmp(ov_kal_werkdagen_na(k, day, 5), day) > 0, "later");
	must(ov_kal_werkdagen(k, day, far) >= 0, "bounded");
	if (ov_kal_uiterlijk(k, "verzuimmelding", 1, "16-uur", day, &t))
		must(ov_date_cmp(t.uiterlijk, day) >= 0, "deadline");
	must(ov_kal_doorlooptijd(k, INT32_MAX - 1) != NULL, "list 3A");
	(void)!ov_kal_verzuim(k, day, &v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_kalender *k;

	if (types == NULL) {
		ov_json_init();
		must(ov_types_load(&src, &types, NULL) == OV_OK, "types");
	}
	if (ov_kalender_load(types, (struct ov_view){p, n}, &k, NULL) != OV_OK)
		return 0;
	questions(k);
	ov_kalender_free(k);
	return 0;
}
