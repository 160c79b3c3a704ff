/* SPDX-License-Identifier: EUPL-1.2 */
#include "daemon/store/earlier.h"

#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/json.h"

#define NOTICES_MAX 64 /* of one person that are looked at, newest first */

/* ---- steps ---- */

/* An intrekking of message u of ours has arrived at its receiver. */
#define TAKEN_BACK                                                             \
	"EXISTS (SELECT 1 FROM uitgaand i WHERE i.betreft=u.jti AND"           \
	" i.srt='intrekking' AND i.partner=u.partner AND"                      \
	" i.stand='AFGELEVERD')"

/* Of the same case and direction, not this one, not what it or another
 * supersedes, not withdrawn. */
#define STEPS                                                                  \
	" FROM stap s WHERE s.zaak=?1 AND s.partner=?2 AND s.uit=?3"           \
	" AND s.jti IS NOT ?5 AND NOT EXISTS (SELECT 1 FROM stap v WHERE"      \
	" v.zaak=s.zaak AND v.partner=s.partner AND v.uit=s.uit AND"           \
	" v.vervangt=s.jti) AND CASE s.uit WHEN 1 THEN NOT EXISTS (SELECT 1"   \
	" FROM uitgaand u WHERE u.nr=s.record AND (u.stand IN ('INGETROKKEN'," \
	"'GEWEIGERD') OR " TAKEN_BACK                                          \
	")) ELSE NOT EXISTS (SELECT 1 FROM bericht b WHERE"                    \
	" b.nr=s.record AND b.stand='INGETROKKEN') END"

static enum ov_rc
neighbour(struct ov_store *st, const struct ov_step *p, bool before,
    char status[32], bool *found, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, e,
	    before ? "SELECT s.status" STEPS " AND s.volg<?4"
	             " ORDER BY s.volg DESC LIMIT 1"
	           : "SELECT s.status" STEPS " AND s.volg>?4"
	             " ORDER BY s.volg LIMIT 1",
	    "biiiv", (const void *)p->zaak, (size_t)16, p->partner,
	    (int64_t)p->uit, p->volg,
	    (struct ov_view){p->has_vervangt ? p->vervangt : NULL, 16});
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, found, e);
	if (rc == OV_OK && *found) {
		memset(status, 0, 32);
		(void)strncpy(status, ov_db_text(q, 0), 31);
	}
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_step_fits(struct ov_store *st, const struct ov_step *p, bool *fits,
    struct ov_err *e)
{
	char other[32];
	int64_t superseded = 0;
	bool found;
	enum ov_rc rc = OV_OK;

	*fits = true;
	if (p->has_jti)
		rc = ov_db_int(st->db, &superseded, 0, e,
		    "SELECT 1 FROM stap WHERE zaak=?1 AND partner=?2 AND uit=?3"
		    " AND vervangt=?4",
		    "biib", (const void *)p->zaak, (size_t)16, p->partner,
		    (int64_t)p->uit, (const void *)p->jti, (size_t)16);
	if (rc != OV_OK || superseded)
		return rc;
	rc = neighbour(st, p, true, other, &found, e);
	if (rc == OV_OK && found)
		*fits = ov_overgang_mag(st->overgangen, other, p->status,
		    p->datum);
	if (rc == OV_OK && *fits)
		rc = neighbour(st, p, false, other, &found, e);
	if (rc == OV_OK && *fits && found)
		*fits = ov_overgang_mag(st->overgangen, p->status, other,
		    p->datum);
	return rc;
}

enum ov_rc
ov_step_note(struct ov_store *st, const struct ov_step *p, int64_t record,
    struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO stap(zaak,partner,uit,volg,record,jti,vervangt,status)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	    "biiiibvt", (const void *)p->zaak, (size_t)16, p->partner,
	    (int64_t)p->uit, p->volg, record, (const void *)p->jti, (size_t)16,
	    (struct ov_view){p->has_vervangt ? p->vervangt : NULL, 16},
	    p->status);
}

enum ov_rc
ov_step_queued(struct ov_store *st, int64_t uitgaand, const char *status,
    struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO stap(zaak,partner,uit,volg,record,jti,vervangt,status)"
	    " SELECT zaak,partner,1,nr,nr,jti,vervangt,?2 FROM uitgaand"
	    " WHERE nr=?1 AND srt='overstapstatus' AND zaak IS NOT NULL",
	    "it", uitgaand, status);
}

enum ov_rc
ov_step_renewed(struct ov_store *st, int64_t old, int64_t new, struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO stap(zaak,partner,uit,volg,record,jti,vervangt,status)"
	    " SELECT s.zaak,s.partner,1,u.nr,u.nr,u.jti,u.vervangt,s.status"
	    " FROM uitgaand u JOIN uitgaand o ON o.nr=?1 JOIN stap s ON"
	    " s.zaak=o.zaak AND s.partner=o.partner AND s.uit=1 AND s.volg=o.nr"
	    " WHERE u.nr=?2",
	    "ii", old, new);
}

/* ---- notices of absence ---- */

bool
ov_absence_read(const struct ov_jn *in, struct ov_verzuim *v)
{
	const struct ov_jn *eind = ov_jn_get(in, "einddatum");

	*v = (struct ov_verzuim){0};
	if (ov_date_parse(ov_jn_view(ov_jn_get(in, "begindatum")), &v->begin) !=
	    OV_OK)
		return false;
	v->beeindigd = eind != NULL;
	return eind == NULL ||
	       ov_date_parse(ov_jn_view(eind), &v->eind) == OV_OK;
}

struct notice {
	int64_t nr;
	uint8_t jti[16];
};

static enum ov_rc
list_read(struct ov_store *st, sqlite3_stmt *q, struct notice *n, size_t *count,
    struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	bool row;

	*count = 0;
	while (*count < NOTICES_MAX &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		n[*count].nr = ov_db_i64(q, 0);
		if ((rc = ov_db_fix(q, 1, n[*count].jti, 16, e)) != OV_OK)
			break;
		(*count)++;
	}
	ov_db_done(st->db, q);
	return rc;
}

static bool
is_named(const struct ov_jn *inhoud, const char *lid, const uint8_t jti[16])
{
	uint8_t x[16];

	return ov_jn_b64u(ov_jn_get(inhoud, lid), x, 16) == OV_OK &&
	       memcmp(x, jti, 16) == 0;
}

enum ov_rc
ov_absence_fits_in(struct ov_store *st, int64_t partner,
    const struct ov_claims *cl, const struct ov_verzuim *v, bool *fits,
    struct ov_err *e)
{
	struct notice n[NOTICES_MAX];
	struct ov_oin from = cl->iss;
	struct ov_claims old;
	struct ov_verzuim was;
	sqlite3_stmt *q;
	uint8_t tag[16];
	size_t count = 0;
	enum ov_rc rc;

	*fits = true;
	rc = ov_tag(st, OV_TAG_PID, cl->ep, &from,
	    (struct ov_view){cl->pid, 32}, tag, e);
	if (rc == OV_OK)
		rc = ov_db_q(st->db, &q, e,
		    "SELECT b.nr,g.jti FROM bericht b JOIN gezien g ON"
		    " g.bericht=b.nr WHERE b.partner=?1 AND b.ep=?2 AND"
		    " b.tag16=?3 AND b.srt='verzuimmelding' AND b.stand NOT IN"
		    " ('INGETROKKEN','TERZIJDE','VERNIETIGD') AND"
		    " b.inhoud IS NOT NULL ORDER BY b.nr DESC LIMIT 64",
		    "iib", partner, (int64_t)cl->ep, (const void *)tag,
		    (size_t)16);
	if (rc == OV_OK)
		rc = list_read(st, q, n, &count, e);
	for (size_t i = 0; rc == OV_OK && *fits && i < count; i++) {
		if (is_named(cl->inhoud, "vervangt", n[i].jti))
			continue;
		old = (struct ov_claims){0};
		rc = ov_bericht_open(st, n[i].nr, &old, e);
		if (rc == OV_OK && ov_absence_read(old.inhoud, &was) &&
		    !is_named(old.inhoud, "vervangt", cl->jti))
			*fits = !ov_verzuim_binnen_7(st->kalender, &was, v);
		else if (ov_unreadable(rc)) /* told by who shows it */
			rc = OV_OK;
		ov_claims_free(&old);
	}
	return rc;
}

enum ov_rc
ov_uitgaand_open(struct ov_store *st, int64_t nr, struct ov_jdoc *out,
    struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT id,inhoud FROM uitgaand WHERE nr=?1 AND inhoud IS NOT NULL",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_DENIED, "no content");
	if (rc == OV_OK && (rc = ov_db_fix(q, 0, id, 16, e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_UITGAAND, 1, 1,
		    ov_db_blob(q, 1), &text, e);
	ov_db_done(st->db, q);
	return rc == OV_OK ? ov_jdoc_parse(text.p, text.n, OV_JOSE_MAX, out, e)
	                   : rc;
}

enum ov_rc
ov_absence_fits_out(struct ov_store *st, int64_t leerling, const json_t *inhoud,
    bool *fits, struct ov_err *e)
{
	struct notice n[NOTICES_MAX];
	struct ov_verzuim v, was;
	OV_JDOC d = {0};
	sqlite3_stmt *q;
	size_t count = 0;
	enum ov_rc rc;

	*fits = true;
	if ((rc = ov_jdoc_of(inhoud, &d, e)) != OV_OK)
		return rc;
	if (!ov_absence_read(d.root, &v))
		return OV_OK;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT u.nr,u.jti FROM uitgaand u WHERE u.leerling=?1 AND"
	    " u.srt='verzuimmelding' AND u.stand NOT IN ('INGETROKKEN',"
	    "'GEWEIGERD') AND u.inhoud IS NOT NULL AND NOT " TAKEN_BACK
	    " ORDER BY u.nr DESC LIMIT 64",
	    "i", leerling);
	if (rc == OV_OK)
		rc = list_read(st, q, n, &count, e);
	for (size_t i = 0; rc == OV_OK && *fits && i < count; i++) {
		OV_JDOC old = {0};

		if (is_named(d.root, "vervangt", n[i].jti))
			continue;
		rc = ov_uitgaand_open(st, n[i].nr, &old, e);
		if (rc == OV_OK && ov_absence_read(old.root, &was))
			*fits = !ov_verzuim_binnen_7(st->kalender, &was, &v);
		else if (ov_unreadable(rc))
			rc = OV_OK;
	}
	return rc;
}
