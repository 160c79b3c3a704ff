/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_tijd.c - dates and moments: what is taken has one text,
 * and the calendar agrees with itself. */
#include "tests/fuzz/fuzz.h"

#include "protocol/tijd.h"

/* A day: its number and back, its neighbours, its beginning in Dutch time. */
static void
calendar(struct ov_date d)
{
	struct ov_date back = ov_date_from_days(ov_date_days(d)), later;
	int64_t midnight = ov_nl_midnight(d);

	must(ov_date_ok(d), "a day that exists");
	must(ov_date_cmp(d, back) == 0, "the number of a day");
	must(ov_age_on(d, d) == 0, "born today");
	must(ov_schooljaar(d) == (d.m >= 8 ? d.y : d.y - 1), "school year");
	must(ov_date_cmp(ov_date_nl(midnight), d) == 0, "begins at midnight");
	if (d.y == OV_JAAR_MIN || d.y == OV_JAAR_MAX)
		return;
	must(ov_date_cmp(ov_date_nl(midnight - 1), d) < 0, "and not before");
	later = ov_date_add_days(d, 1);
	must(ov_date_days(later) == ov_date_days(d) + 1, "tomorrow");
	later = ov_date_add_months(d, 1);
	must(ov_date_ok(later) && ov_date_cmp(later, d) > 0, "next month");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ov_view v = {p, n};
	char text[OV_MOMENT_SIZE];
	struct ov_date d;
	int64_t t;

	if (ov_date_parse(v, &d) == OV_OK) {
		ov_date_fmt(text, d);
		must(ov_view_eq(v, text), "the same date");
		calendar(d);
	}
	if (ov_date_parse_nl(v, &d) == OV_OK) {
		ov_date_fmt_nl(text, d);
		must(ov_view_eq(v, text), "the same Dutch date");
		calendar(d);
	}
	if (ov_moment_parse(v, &t) == OV_OK) {
		ov_moment_fmt(text, t);
		must(ov_view_eq(v, text), "the same moment");
		d = ov_civil_nl(t).date;
		must(ov_date_cmp(d, ov_date_nl(t)) == 0, "its civil date");
	}
	return 0;
}
