/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/contact_stuit.c - contacts of partners that do not answer.  An
 * entry gives its contacts no number, so each is known by a keyed tag of what
 * the entry says of it: another telephone number is another contact.
 */
#include <string.h>

#include "daemon/store/contact.h"
#include "protocol/hash.h"

static enum ov_rc
digest(const struct ov_contact *c, uint8_t out[32], struct ov_err *e)
{
	static const char label[] = "contact";
	const char *const part[] = {c->srt, c->naam, c->functie, c->telefoon,
	    c->email};
	OV_BUF b = {0};

	ov_buf_add(&b, label, sizeof(label));
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		ov_buf_add(&b, part[i], strlen(part[i]) + 1);
	if (ov_buf_ok(&b, e) != OV_OK)
		return OV_NOSPACE;
	if (ov_sha256(out, b.p, b.n) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	return OV_OK;
}

static enum ov_rc
tags(struct ov_store *st, const struct ov_contact *row, size_t n,
    uint8_t (*tag)[16], struct ov_err *e)
{
	static uint8_t hash[OV_CONTACT_MAX][32];
	struct ov_v_tag q[OV_CONTACT_MAX];
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		if ((rc = digest(&row[i], hash[i], e)) != OV_OK)
			return rc;
		q[i] = (struct ov_v_tag){.kind = OV_TAG_REF,
		    .data = {hash[i], sizeof(hash[i])}};
	}
	return n > 0 ? ov_tags(st, q, n, tag, e) : OV_OK;
}

static enum ov_rc
note(struct ov_store *st, const struct ov_lid *lid, const struct ov_contact *c,
    bool weer, struct ov_err *e)
{
	uint8_t tag[1][16];
	int64_t id;
	enum ov_rc rc;

	if ((rc = tags(st, c, 1, tag, e)) != OV_OK ||
	    (rc = ov_partner_id(st, &lid->oin, &id, e)) != OV_OK)
		return rc;
	if (weer)
		return ov_db_run(st->db, e,
		    "DELETE FROM contact_gestuit WHERE partner=?1 AND tag=?2",
		    "ib", id, (const void *)tag[0], sizeof(tag[0]));
	return ov_db_run(st->db, e,
	    "INSERT INTO contact_gestuit(partner,tag,srt,tijd)"
	    " VALUES(?1,?2,?3,?4) ON CONFLICT DO NOTHING",
	    "ibti", id, (const void *)tag[0], sizeof(tag[0]), c->srt,
	    ov_now(st));
}

enum ov_rc
ov_stuit(struct ov_store *st, const struct ov_lid *lid, size_t nr, bool weer,
    struct ov_contact *who, struct ov_err *e)
{
	struct ov_contacten c = {0};
	bool found;
	enum ov_rc rc;

	rc = ov_contact_of(st, lid, &c, &found, e);
	if (rc == OV_OK && (nr == 0 || nr > c.n))
		rc = ov_fail(e, OV_DENIED, "no such contact");
	if (rc == OV_OK) {
		*who = c.row[nr - 1];
		rc = note(st, lid, who, weer, e);
	}
	ov_contacten_free(&c);
	return rc;
}

enum ov_rc
ov_stuit_since(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_contacten *c, int64_t *since, struct ov_err *e)
{
	uint8_t tag[OV_CONTACT_MAX][16];
	int64_t any;
	enum ov_rc rc;

	memset(since, 0, OV_CONTACT_MAX * sizeof(*since));
	rc = ov_db_int(st->db, &any, 0, e,
	    "SELECT 1 FROM contact_gestuit g JOIN partner p ON p.id=g.partner"
	    " WHERE p.oin=?1",
	    "t", lid->oin.s);
	if (rc != OV_OK || any == 0 ||
	    (rc = tags(st, c->row, c->n, tag, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < c->n && rc == OV_OK; i++)
		rc = ov_db_int(st->db, &since[i], 0, e,
		    "SELECT g.tijd FROM contact_gestuit g JOIN partner p ON"
		    " p.id=g.partner WHERE p.oin=?1 AND g.tag=?2",
		    "tb", lid->oin.s, (const void *)tag[i], sizeof(tag[i]));
	return rc;
}

/* Of the noted ones those whose tag is among these stay. */
static enum ov_rc
gone(struct ov_store *st, int64_t partner, uint8_t (*tag)[16], size_t n,
    int64_t *nr, size_t *ngone, struct ov_err *e)
{
	uint8_t had[16];
	sqlite3_stmt *q;
	size_t i;
	enum ov_rc rc;
	bool row;

	*ngone = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,tag FROM contact_gestuit WHERE partner=?1 LIMIT 64", "i",
	    partner);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row && (rc = ov_db_fix(q, 1, had, sizeof(had), e)) == OV_OK) {
		for (i = 0; i < n && memcmp(had, tag[i], sizeof(had)) != 0; i++)
			;
		if (i == n)
			nr[(*ngone)++] = ov_db_i64(q, 0);
	}
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_stuit_renewed(struct ov_store *st, int64_t partner,
    const struct ov_contacten *c, struct ov_err *e)
{
	uint8_t tag[OV_CONTACT_MAX][16];
	int64_t nr[OV_CONTACT_MAX], any;
	size_t n = 0;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &any, 0, e,
	    "SELECT 1 FROM contact_gestuit WHERE partner=?1", "i", partner);
	if (rc != OV_OK || any == 0 ||
	    (rc = tags(st, c->row, c->n, tag, e)) != OV_OK ||
	    (rc = gone(st, partner, tag, c->n, nr, &n, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM contact_gestuit WHERE nr=?1", "i", nr[i]);
	return rc;
}
