/* SPDX-License-Identifier: EUPL-1.2 */
#include "protocol/herhaling.h"

#include <stdlib.h>

static int32_t
notice_day(const struct ov_verzuim *v)
{
	return ov_date_days(v->beeindigd ? v->eind : v->begin);
}

/* No school day between the end of the one and the start of the other, which
 * does not begin earlier. */
static bool
continuous(const struct ov_kalender *k, const struct ov_verzuim *first,
    const struct ov_verzuim *then)
{
	return !first->beeindigd || ov_kal_werkdagen(k, first->eind,
	                                ov_date_add_days(then->begin, -1)) == 0;
}

bool
ov_verzuim_binnen_7(const struct ov_kalender *k, const struct ov_verzuim *a,
    const struct ov_verzuim *b)
{
	if (abs(notice_day(a) - notice_day(b)) >= OV_VERZUIM_DAGEN)
		return false;
	return ov_date_cmp(a->begin, b->begin) <= 0 ? continuous(k, a, b)
	                                            : continuous(k, b, a);
}
