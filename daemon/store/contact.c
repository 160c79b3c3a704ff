/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/contact.c - contact persons: ours, and those of partners. */
#include "daemon/store/contact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/envelope.h"
#include "protocol/json.h"
#include "protocol/tijd.h"

#define DAY 86400
#define TICK_MAX 32 /* partners asked in one hour */

/* ---- ours ---- */

static enum ov_rc
own_text(const struct ov_contact *c, struct ov_buf *out, struct ov_err *e)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "naam", c->naam, "functie",
	    c->functie, "telefoon", c->telefoon, "email", c->email);

	if (j == NULL)
		return ov_fail(e, OV_BADMSG, "contact: no text");
	ov_json_dump(out, j);
	json_decref(j);
	return ov_buf_ok(out, e);
}

static void
copy(struct ov_jobj *o, const char *name, char out[OV_CONTACT_TEXT + 1])
{
	(void)snprintf(out, OV_CONTACT_TEXT + 1, "%s",
	    ov_jo_str0(o, name, OV_CONTACT_TEXT));
}

static enum ov_rc
own_open(struct ov_store *st, sqlite3_stmt *q, struct ov_contact *c,
    struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	OV_JSON *j = NULL;
	struct ov_jobj o;
	enum ov_rc rc;

	if ((rc = ov_db_fix(q, 1, id, sizeof(id), e)) != OV_OK ||
	    (rc = ov_key_get(st, id, wrap, e)) != OV_OK ||
	    (rc = ov_open_one(st, id, wrap, OV_T_CONTACT, 1, 1,
	         ov_db_blob(q, 5), &text, e)) != OV_OK ||
	    (rc = ov_json_parse(text.p, text.n, OV_ANSWER_MAX, &j, e)) != OV_OK)
		return rc;
	ov_jo_init(&o, j, "contact");
	copy(&o, "naam", c->naam);
	copy(&o, "functie", c->functie);
	copy(&o, "telefoon", c->telefoon);
	copy(&o, "email", c->email);
	return ov_jo_end(&o, e);
}

/* One that cannot be read has no name: it does not hold up the others. */
static enum ov_rc
own_row(struct ov_store *st, sqlite3_stmt *q, struct ov_contact *c,
    struct ov_err *e)
{
	struct ov_err why = {0};
	enum ov_rc rc;

	memset(c, 0, sizeof(*c));
	(void)snprintf(c->srt, sizeof(c->srt), "%s", ov_db_text(q, 2));
	(void)snprintf(c->van, sizeof(c->van), "%s", ov_db_text(q, 3));
	(void)snprintf(c->tot, sizeof(c->tot), "%s", ov_db_text(q, 4));
	if ((rc = own_open(st, q, c, &why)) == OV_OK)
		return OV_OK;
	if (!ov_unreadable(rc)) {
		*e = why;
		return rc;
	}
	ov_log(OV_LOG_WARN, "event=contact row=%" PRId64 " fault=\"%s\"",
	    ov_db_i64(q, 0), why.msg);
	c->naam[0] = '\0';
	return OV_OK;
}

enum ov_rc
ov_contact_own(struct ov_store *st, bool all, struct ov_contacten *out,
    int64_t *nr, struct ov_err *e)
{
	sqlite3_stmt *q;
	int64_t versie;
	char vandaag[11];
	enum ov_rc rc;
	bool row;

	memset(out, 0, sizeof(*out));
	out->iss = st->self;
	out->iat = ov_now(st);
	out->row = calloc(OV_CONTACT_MAX, sizeof(*out->row));
	if (out->row == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_store_today(st, vandaag);
	rc = ov_db_get(st->db, "contacten_versie", &versie, 1, e);
	out->versie = (uint64_t)versie;
	if (rc == OV_OK)
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,srt,van,ifnull(tot,''),inhoud FROM contact"
		    " WHERE ?1 OR tot IS NULL OR tot>=?2 ORDER BY nr LIMIT 64",
		    "it", (int64_t)all, vandaag);
	if (rc == OV_OK) {
		while (out->n < OV_CONTACT_MAX &&
		       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row &&
		       (rc = own_row(st, q, &out->row[out->n], e)) == OV_OK) {
			if (out->row[out->n].naam[0] == '\0' && !all)
				continue;
			if (nr != NULL)
				nr[out->n] = ov_db_i64(q, 0);
			out->n++;
		}
		ov_db_done(st->db, q);
	}
	if (rc != OV_OK)
		ov_contacten_free(out);
	return rc;
}

/* The signing time, and more than the one before also where the clock was set
 * back. */
static enum ov_rc
version_rise(struct ov_store *st, struct ov_err *e)
{
	int64_t versie;
	enum ov_rc rc;

	if ((rc = ov_db_get(st->db, "contacten_versie", &versie, 1, e)) !=
	    OV_OK)
		return rc;
	ov_contact_forget(st);
	versie = ov_now(st) > versie ? ov_now(st) : versie + 1;
	return ov_db_set(st->db, "contacten_versie", versie, e);
}

static enum ov_rc
add_row(struct ov_store *st, const struct ov_contact *c, int64_t *nr,
    struct ov_err *e)
{
	OV_BUF text = {0}, blob = {0};
	uint8_t id[16], wrap[OV_WRAP] = {0};
	int64_t n;
	enum ov_rc rc;

	if ((rc = ov_db_int(st->db, &n, 0, e, "SELECT count(*) FROM contact",
	         "")) != OV_OK)
		return rc;
	if (n >= OV_CONTACT_MAX)
		return ov_fail(e, OV_TOOBIG, "too many contacts");
	ov_new_id(st, id);
	if ((rc = own_text(c, &text, e)) != OV_OK ||
	    (rc = ov_seal_one(st, id, wrap, OV_T_CONTACT, 1, 1,
	         (struct ov_view){text.p, text.n}, &blob, e)) != OV_OK ||
	    (rc = ov_key_put(st, id, wrap, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO contact(id,srt,van,tot,inhoud)"
	    " VALUES(?1,?2,?3,nullif(?4,''),?5)",
	    "btttv", (const void *)id, sizeof(id), c->srt, c->van, c->tot,
	    (struct ov_view){blob.p, blob.n});
	if (rc == OV_OK)
		*nr = ov_db_last(st->db);
	return rc == OV_OK ? version_rise(st, e) : rc;
}

static enum ov_rc
end_tx(struct ov_store *st, enum ov_rc rc, struct ov_err *e)
{
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

enum ov_rc
ov_contact_add(struct ov_store *st, const struct ov_contact *c, int64_t *nr,
    struct ov_err *e)
{
	struct ov_date d;
	enum ov_rc rc;

	if (ov_date_parse(ov_view_str(c->van), &d) != OV_OK ||
	    (c->tot[0] != '\0' &&
	        (ov_date_parse(ov_view_str(c->tot), &d) != OV_OK ||
	            strcmp(c->tot, c->van) < 0)))
		return ov_fail(e, OV_BADMSG, "contact: dates");
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	return end_tx(st, add_row(st, c, nr, e), e);
}

enum ov_rc
ov_contact_remove(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO te_vernietigen(id) SELECT id FROM contact WHERE"
	    " nr=?1",
	    "i", nr);
	if (rc == OV_OK)
		rc = ov_keys_destroyed(st, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e, "DELETE FROM contact WHERE nr=?1",
		    "i", nr);
	if (rc == OV_OK && ov_db_changes(st->db) != 1)
		rc = ov_fail(e, OV_DENIED, "no such contact");
	if (rc == OV_OK)
		rc = version_rise(st, e);
	return end_tx(st, rc, e);
}

enum ov_rc
ov_contact_ending(struct ov_store *st, int64_t *n, struct ov_err *e)
{
	char vandaag[11];

	ov_store_today(st, vandaag);
	return ov_db_int(st->db, n, 0, e,
	    "SELECT count(DISTINCT srt) FROM contact c "
	    "WHERE" OV_CONTACT_EINDIGT("?1"),
	    "t", vandaag);
}

/* ---- a partner's ---- */

static enum ov_rc
check(struct ov_store *st, const struct ov_lid *lid, struct ov_view jws,
    struct ov_buf *payload, struct ov_contacten *c, struct ov_err *e)
{
	struct ov_jws j;
	const uint8_t *pk;
	enum ov_rc rc;

	rc = ov_jws_split(jws.p, jws.n, OV_TYP_CONTACTEN, &j, payload, e);
	if (rc != OV_OK)
		return rc;
	if ((pk = ov_lid_key(st->boek, lid, j.kid, ov_now(st))) == NULL)
		return ov_fail(e, OV_BADSIG, "contacts: unknown key");
	if ((rc = ov_jws_verify(&j, pk, e)) != OV_OK ||
	    (rc = ov_contacten_parse(payload->p, payload->n, c, e)) != OV_OK)
		return rc;
	if (!ov_oin_eq(&c->iss, &lid->oin))
		return ov_fail(e, OV_DENIED, "contacts: of another member");
	if (c->iat > ov_now(st) + OV_KLOK_SPELING_S)
		return ov_fail(e, OV_DENIED, "contacts: not of this time");
	return OV_OK;
}

/* In the open transaction: in place of the older one, whose key goes. */
static enum ov_rc
keep(struct ov_store *st, int64_t partner, uint64_t versie,
    const struct ov_buf *payload, struct ov_err *e)
{
	OV_BUF blob = {0};
	uint8_t id[16], wrap[OV_WRAP] = {0};
	enum ov_rc rc;

	ov_new_id(st, id);
	rc = ov_db_run(st->db, e,
	    "INSERT INTO te_vernietigen(id) SELECT id FROM contact_partner"
	    " WHERE partner=?1",
	    "i", partner);
	if (rc != OV_OK || (rc = ov_keys_destroyed(st, e)) != OV_OK ||
	    (rc = ov_seal_one(st, id, wrap, OV_T_CONTACT, 2, versie,
	         (struct ov_view){payload->p, payload->n}, &blob, e)) !=
	        OV_OK ||
	    (rc = ov_key_put(st, id, wrap, e)) != OV_OK)
		return rc;
	return ov_db_run(st->db, e,
	    "INSERT INTO contact_partner(partner,id,versie,gehaald,inhoud)"
	    " VALUES(?1,?2,?3,?4,?5) ON CONFLICT(partner) DO UPDATE SET"
	    " id=excluded.id,versie=excluded.versie,gehaald=excluded.gehaald,"
	    "inhoud=excluded.inhoud",
	    "ibiiv", partner, (const void *)id, sizeof(id), (int64_t)versie,
	    ov_now(st), (struct ov_view){blob.p, blob.n});
}

/* In a transaction of its own, with who did not answer and is in it still. */
static enum ov_rc
replace(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_contacten *c, const struct ov_buf *payload,
    struct ov_err *e)
{
	int64_t id, have;
	enum ov_rc rc;

	if ((rc = ov_partner_id(st, &lid->oin, &id, e)) != OV_OK ||
	    (rc = ov_db_int(st->db, &have, 0, e,
	         "SELECT versie FROM contact_partner WHERE partner=?1", "i",
	         id)) != OV_OK)
		return rc;
	if ((int64_t)c->versie < have)
		return ov_fail(e, OV_DENIED, "contacts: older than ours");
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	if ((rc = keep(st, id, c->versie, payload, e)) == OV_OK)
		rc = ov_stuit_renewed(st, id, c, e);
	return end_tx(st, rc, e);
}

enum ov_rc
ov_contact_take(struct ov_store *st, const struct ov_lid *lid,
    struct ov_view jws, struct ov_err *e)
{
	struct ov_contacten c = {0};
	OV_BUF payload = {0};
	enum ov_rc rc;

	if ((rc = check(st, lid, jws, &payload, &c, e)) == OV_OK)
		rc = replace(st, lid, &c, &payload, e);
	ov_contacten_free(&c);
	return rc;
}

enum ov_rc
ov_contact_of(struct ov_store *st, const struct ov_lid *lid,
    struct ov_contacten *out, bool *found, struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	*found = false;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT c.id,c.versie,c.inhoud FROM contact_partner c JOIN partner"
	    " p ON p.id=c.partner WHERE p.oin=?1",
	    "t", lid->oin.s);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, found, e);
	if (rc == OV_OK && *found &&
	    (rc = ov_db_fix(q, 0, id, sizeof(id), e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_CONTACT, 2,
		    (uint64_t)ov_db_i64(q, 1), ov_db_blob(q, 2), &text, e);
	ov_db_done(st->db, q);
	if (rc == OV_OK && *found)
		rc = ov_contacten_parse(text.p, text.n, out, e);
	return rc;
}

static void
fetched(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct ov_oin *oin = arg;
	const struct ov_lid *lid;
	struct ov_err e = {0};
	enum ov_rc rc;

	lid = st->boek != NULL ? ov_book_oin(st->boek, oin) : NULL;
	free(oin);
	if (lid == NULL || r->status != 200 || r->ctype != OV_CT_JOSE)
		return;
	if ((rc = ov_contact_take(st, lid, r->body, &e)) == OV_OK)
		return;
	ov_log(OV_LOG_WARN, "event=contacts-refused peer=%s fault=\"%s\"",
	    lid->oin.s, e.msg);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, &e);
}

void
ov_contact_ask(struct ov_store *st, const struct ov_lid *lid)
{
	struct ov_fetch f = {.path = "/v1/contacten", .max = OV_ANSWER_MAX};
	struct ov_oin *arg;
	int64_t fresh = 0;

	if (lid->status != OV_LID_ACTIEF || ov_oin_eq(&lid->oin, &st->self) ||
	    ov_db_int(st->db, &fresh, 0, NULL,
	        "SELECT 1 FROM contact_partner c JOIN partner p ON"
	        " p.id=c.partner WHERE p.oin=?1 AND c.gehaald>?2",
	        "ti", lid->oin.s, ov_now(st) - DAY) != OV_OK ||
	    fresh != 0 || (arg = malloc(sizeof(*arg))) == NULL)
		return;
	*arg = lid->oin;
	if (ov_fetch(st, lid, &f, false, fetched, arg, NULL) != OV_OK)
		free(arg);
}

void
ov_contact_tick(struct ov_store *st)
{
	struct ov_oin oin[TICK_MAX];
	const struct ov_lid *lid;
	sqlite3_stmt *q;
	size_t n = 0;
	bool row;

	if (st->boek == NULL ||
	    ov_db_q(st->db, &q, NULL,
	        "SELECT p.oin FROM partner p LEFT JOIN contact_partner c ON"
	        " c.partner=p.id WHERE p.seq_in+p.seq_uit>0 AND"
	        " ifnull(c.gehaald,0)<=?1 ORDER BY ifnull(c.gehaald,0),p.id"
	        " LIMIT 32",
	        "i", ov_now(st) - DAY) != OV_OK)
		return;
	while (
	    n < TICK_MAX && ov_db_next(st->db, q, &row, NULL) == OV_OK && row)
		n += ov_oin_parse(ov_view_str(ov_db_text(q, 0)), &oin[n]) ==
		     OV_OK;
	ov_db_done(st->db, q);
	for (size_t i = 0; i < n; i++)
		if ((lid = ov_book_oin(st->boek, &oin[i])) != NULL)
			ov_contact_ask(st, lid);
}
