/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_generate.c - the published tables that overstap-generate
 * reads: one that does not add up is refused with its place. */
#include "tests/fuzz/fuzz.h"

#include "tools/generate.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_norms norms;
	static struct ov_homes homes;
	static struct ov_return back;
	static struct ov_goals goals;
	struct ov_view v = {p, n};
	struct ov_err e = {0};

	if (ov_norms_read(v, &norms, &e) != OV_OK)
		must(e.msg[0] != '\0', "a reason");
	memset(&e, 0, sizeof(e));
	if (ov_homes_read(v, &homes, &e) != OV_OK)
		must(e.msg[0] != '\0', "a reason");
	else
		must(ov_table_is_homes(v), "a table of this shape");
	memset(&e, 0, sizeof(e));
	if (ov_return_read(v, &back, &e) == OV_OK)
		must(back.jaar != 0, "a year");
	else
		must(e.msg[0] != '\0', "a reason");
	if (ov_goals_read(v, &goals, NULL) == OV_OK)
		must(ov_goals_read(v, &goals, NULL) == OV_OK, "again");
	return 0;
}
