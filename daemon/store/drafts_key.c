/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts_key.c - what makes two rows the same draft, and
 * how drafts go. */
#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/hash.h"

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

void
ov_draft_about(struct ov_buf *b, const char *srt, const json_t *inhoud)
{
	if (strcmp(srt, "verzuimmelding") == 0)
		ov_buf_fmt(b, "%s %s", member(inhoud, "soortVerzuim"),
		    member(inhoud, "begindatum"));
	else
		ov_buf_str(b, member(inhoud, "status"));
}

enum ov_rc
ov_draft_key(const char *srt, const char *oin, const char *ref,
    const json_t *inhoud, uint8_t out[32], struct ov_err *e)
{
	static const char label[] = "concept";
	OV_BUF b = {0};

	if (strcmp(srt, "verzuimmelding") == 0)
		oin = "";
	ov_buf_add(&b, label, sizeof(label));
	ov_buf_add(&b, srt, strlen(srt) + 1);
	ov_buf_add(&b, oin, strlen(oin) + 1);
	ov_buf_add(&b, ref, strlen(ref) + 1);
	ov_draft_about(&b, srt, inhoud);
	if (ov_buf_ok(&b, e) != OV_OK)
		return OV_NOSPACE;
	if (ov_sha256(out, b.p, b.n) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	return OV_OK;
}

enum ov_rc
ov_draft_by_key(struct ov_store *st, const char *srt, const char *oin,
    const char *ref, const json_t *inhoud, int64_t *nr, struct ov_err *e)
{
	uint8_t h[32], tag[16];
	enum ov_rc rc;

	*nr = 0;
	if ((rc = ov_draft_key(srt, oin, ref, inhoud, h, e)) != OV_OK ||
	    (rc = ov_tag(st, OV_TAG_REF, 0, NULL,
	         (struct ov_view){h, sizeof(h)}, tag, e)) != OV_OK)
		return rc;
	return ov_db_int(st->db, nr, 0, e,
	    "SELECT c.nr FROM concept c JOIN import i ON i.nr=c.import"
	    " WHERE c.ref_tag=?1 AND i.compleet=1",
	    "b", (const void *)tag, (size_t)16);
}

enum ov_rc
ov_draft_drop(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO te_vernietigen(id) SELECT id FROM concept"
	    " WHERE nr=?1",
	    "i", nr);
	if (rc == OV_OK)
		rc = ov_keys_destroyed(st, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e, "DELETE FROM concept WHERE nr=?1",
		    "i", nr);
	return rc;
}

enum ov_rc
ov_intake_drop(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO te_vernietigen(id) SELECT c.id FROM concept c"
	    " JOIN import i ON i.nr=c.import WHERE i.compleet=0"
	    " AND (?1=0 OR i.nr=?1)",
	    "i", nr);
	if (rc == OV_OK)
		rc = ov_keys_destroyed(st, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM concept WHERE import IN (SELECT nr FROM import"
		    " WHERE compleet=0 AND (?1=0 OR nr=?1))",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_pgn_sweep(st, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM import WHERE compleet=0 AND (?1=0 OR nr=?1)",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

enum ov_rc
ov_intake_clean(struct ov_store *st, struct ov_err *e)
{
	return ov_intake_drop(st, 0, e);
}
