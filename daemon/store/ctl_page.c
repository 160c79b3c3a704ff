/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_page.c - what the lists share: a page of rows, and how many
 * there are in each state.
 */
#include "daemon/store/ctl.h"

bool
ov_ctl_page(struct ov_ctl *c, enum ov_rc rc, sqlite3_stmt *q, ov_row_fn *read,
    void *rows, size_t size, size_t *n, struct ov_err *e)
{
	uint8_t *at = rows;
	bool row;

	for (*n = 0; rc == OV_OK && *n < OV_CTL_PAGE; at += size, (*n)++) {
		if ((rc = ov_db_next(c->st->db, q, &row, e)) != OV_OK || !row)
			break;
		rc = read(q, at, e);
	}
	ov_db_done(c->st->db, q);
	return ov_ctl_ok(c, rc, e);
}

void
ov_ctl_end_counts(struct ov_ctl *c, int64_t n, int64_t verborgen,
    const char *const *names, size_t nnames, enum ov_rc rc, sqlite3_stmt *q,
    struct ov_err *e)
{
	json_t *j = json_pack("{s:I}", "aantal", (json_int_t)n);
	bool row;

	if (verborgen > 0)
		(void)ov_j_set(j, "verborgen", json_integer(verborgen));
	for (size_t i = 0; i < nnames; i++)
		(void)ov_j_set(j, names[i], json_integer(0));
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row)
		if (json_object_get(j, ov_db_text(q, 0)) != NULL)
			(void)ov_j_set(j, ov_db_text(q, 0),
			    json_integer(ov_db_i64(q, 1)));
	ov_db_done(c->st->db, q);
	if (ov_ctl_ok(c, rc, e))
		ov_ctl_end(c, j);
	else
		json_decref(j);
}
