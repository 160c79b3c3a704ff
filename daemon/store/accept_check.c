/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/accept_check.c - the receiver's checks of one message, in the
 * normative order of docs/protocol.md ("What a receiver checks").
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "daemon/store/accept.h"
#include "daemon/store/earlier.h"
#include "protocol/hash.h"
#include "protocol/id.h"
#include "protocol/json.h"
#include "protocol/tijd.h"

/* Room that stays free for the database to breathe: a batch is 4 MiB. */
#define ROOM_MIN ((uint64_t)32 << 20)

static void
refuse_member(struct ov_store *st, struct ov_in *m, enum ov_fout fout,
    const char *name, json_t *value)
{
	json_t *extra = json_object();

	if (extra != NULL && json_object_set_new(extra, name, value) != 0) {
		json_decref(extra);
		extra = NULL;
	}
	ov_in_refuse(st, m, fout, extra);
	json_decref(extra);
}

/* One fault at one place. */
static void
refuse_at(struct ov_store *st, struct ov_in *m, const char *pad,
    const char *reden)
{
	refuse_member(st, m, OV_FOUT_INHOUD_ONGELDIG, "fouten",
	    json_pack("[{ssss}]", "pad", pad, "reden", reden));
}

void
ov_check_envelope(struct ov_store *st, struct ov_in *m)
{
	struct ov_err e = {0};
	enum ov_rc rc;

	rc = ov_jwe_split(m->body.p, m->body.n, &m->jwe, &m->ct, &e);
	if (rc != OV_OK) {
		ov_in_refuse(st, m,
		    rc == OV_NOSPACE ? OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR
		                     : OV_FOUT_BERICHT_ONGELDIG,
		    NULL);
		return;
	}
	if (!ov_oin_eq(&m->jwe.apu, &m->from) ||
	    !ov_oin_eq(&m->jwe.apv, &st->self)) {
		ov_in_refuse(st, m, OV_FOUT_PARTIJ_KOMT_NIET_OVEREEN, NULL);
		return;
	}
	if (!ov_sleutels_kid(st, m->jwe.kid)) {
		refuse_member(st, m, OV_FOUT_SLEUTEL_ONBEKEND, "sleutels",
		    json_string(st->bundel != NULL ? st->bundel : ""));
		return;
	}
	if (ov_sha256(m->sha_jwe, m->body.p, m->body.n) != OV_OK)
		ov_in_refuse(st, m, OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR, NULL);
}

/* Step 8.  False: answered. */
static bool
check_signature(struct ov_store *st, struct ov_in *m, const struct ov_lid *lid,
    struct ov_buf *payload)
{
	struct ov_err e = {0};
	struct ov_jws j;
	const uint8_t *pk;

	if (ov_jws_split(m->jws.p, m->jws.n, OV_TYP_BERICHT, &j, payload, &e) !=
	    OV_OK) {
		ov_in_refuse(st, m, OV_FOUT_BERICHT_ONGELDIG, NULL);
		return false;
	}
	pk = ov_lid_key(st->boek, lid, j.kid, ov_now(st));
	if (pk == NULL) {
		/* Our book may be the older one. */
		bool behind = m->hint > st->boek->versie;

		ov_in_refuse(st, m,
		    behind ? OV_FOUT_TIJDELIJK_NIET_BESCHIKBAAR
		           : OV_FOUT_BERICHT_ONGELDIG,
		    NULL);
		if (behind)
			ov_boek_hint(st, lid, m->hint);
		return false;
	}
	if (ov_jws_verify(&j, pk, &e) != OV_OK ||
	    ov_sha256(m->sha_jws, m->jws.p, m->jws.n) != OV_OK) {
		ov_in_refuse(st, m, OV_FOUT_BERICHT_ONGELDIG, NULL);
		return false;
	}
	return true;
}

/* Step 9. */
static bool
check_claims(struct ov_store *st, struct ov_in *m, const struct ov_buf *payload)
{
	struct ov_claims_faults f = {0};
	struct ov_err e = {0};
	json_t *list;

	if (ov_claims_parse(payload->p, payload->n, &m->claims, &f, &e) !=
	    OV_OK) {
		list = json_array();
		for (size_t i = 0; i < f.n && list != NULL; i++)
			(void)json_array_append_new(list,
			    json_pack("{ssss}", "pad", f.f[i].pad, "reden",
			        f.f[i].reden));
		refuse_member(st, m, OV_FOUT_INHOUD_ONGELDIG, "fouten", list);
		return false;
	}
	if (!ov_types_known(st->types, m->claims.srt)) {
		refuse_at(st, m, "/srt", "code");
		return false;
	}
	if (!ov_oin_eq(&m->claims.iss, &m->jwe.apu) ||
	    !ov_oin_eq(&m->claims.aud, &m->jwe.apv)) {
		ov_in_refuse(st, m, OV_FOUT_PARTIJ_KOMT_NIET_OVEREEN, NULL);
		return false;
	}
	return true;
}

/* A failure of our own store in the middle of a check. */
static bool
store_failed(struct ov_store *st, struct ov_in *m, const struct ov_err *e)
{
	ov_in_refuse(st, m,
	    e->rc == OV_NOSPACE ? OV_FOUT_OPSLAG_VOL
	                        : OV_FOUT_LOG_NIET_BESCHIKBAAR,
	    NULL);
	ov_log(OV_LOG_ERROR, "event=check fault=\"%s\"", e->msg);
	if (ov_rc_class(e->rc) == OV_CL_STOP)
		ov_store_fatal(st, e);
	return false;
}

/* Step 10: known (iss, jti). */
static bool
check_repeat(struct ov_store *st, struct ov_in *m)
{
	struct ov_err e = {0};
	sqlite3_stmt *q;
	struct ov_view sha;
	enum ov_rc rc;
	bool row = false, same = false;

	rc = ov_db_q(st->db, &q, &e,
	    "SELECT bericht,sha_jws FROM gezien WHERE partner=?1 AND jti=?2",
	    "ib", m->partner, (const void *)m->claims.jti, (size_t)16);
	if (rc == OV_OK)
		rc = ov_db_next(st->db, q, &row, &e);
	if (rc == OV_OK && row) {
		m->nr = ov_db_i64(q, 0);
		sha = ov_db_blob(q, 1);
		same = sha.n == 32 && memcmp(sha.p, m->sha_jws, 32) == 0;
	}
	ov_db_done(st->db, q);
	if (rc != OV_OK)
		return store_failed(st, m, &e);
	if (!row)
		return true;
	if (same) {
		m->state = OV_IN_REPEAT;
	} else {
		ov_alarm(st, "jti-hergebruikt", m->partner);
		ov_in_refuse(st, m, OV_FOUT_JTI_HERGEBRUIKT, NULL);
	}
	return false;
}

/* Step 11: known (iss, seq) under another jti. */
static bool
check_seq(struct ov_store *st, struct ov_in *m)
{
	struct ov_err e = {0};
	int64_t have, top;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &have, 0, &e,
	    "SELECT 1 FROM bericht WHERE partner=?1 AND seq=?2", "ii",
	    m->partner, (int64_t)m->claims.seq);
	if (rc == OV_OK && have == 0)
		return true;
	if (rc == OV_OK)
		rc = ov_db_int(st->db, &top, 0, &e,
		    "SELECT seq_in FROM partner WHERE id=?1", "i", m->partner);
	if (rc != OV_OK)
		return store_failed(st, m, &e);
	refuse_member(st, m, OV_FOUT_VOLGNUMMER_HERGEBRUIKT, "hoogste",
	    json_integer(top));
	return false;
}

/* Step 12. */
static bool
check_time(struct ov_store *st, struct ov_in *m)
{
	const struct ov_book_epoch *p;
	char tijd[OV_MOMENT_SIZE];

	if (!ov_claims_timely(&m->claims, ov_now(st))) {
		ov_moment_fmt(tijd, ov_now(st));
		refuse_member(st, m, OV_FOUT_TIJD_AFWIJKEND, "tijd",
		    json_string(tijd));
		return false;
	}
	p = ov_book_epoch_of(st->boek, m->claims.ep);
	if (p == NULL ||
	    (p->status != OV_EPOCH_ACTIEF && p->status != OV_EPOCH_UITLOPEND)) {
		ov_in_refuse(st, m, OV_FOUT_EPOCH_GESLOTEN, NULL);
		return false;
	}
	return true;
}

/* Step 13: matrix and mag_naar. */
static bool
check_matrix(struct ov_store *st, struct ov_in *m, const struct ov_lid *lid,
    const char *today)
{
	const struct ov_lid *own = ov_book_oin(st->boek, &st->self);
	struct ov_verdict v;

	if (own == NULL || !ov_lid_may(lid, &st->self)) {
		ov_in_refuse(st, m, OV_FOUT_NIET_TOEGESTAAN, NULL);
		return false;
	}
	v = ov_policy_may(st->policy, m->claims.srt, st->boek, lid, own,
	    m->claims.inhoud, today);
	if (v.may == OV_MAY_NO) {
		ov_in_refuse(st, m, OV_FOUT_NIET_TOEGESTAAN, NULL);
		return false;
	}
	m->rol = v.may == OV_MAY_YES ? ov_rol_name(v.naar) : NULL;
	if (v.may == OV_MAY_YES)
		m->has_termijn = ov_kal_te_laat(st->kalender, m->claims.srt,
		    OV_ROL_BIT(v.van), m->claims.inhoud,
		    ov_date_nl(m->claims.iat), &m->termijn);
	return true;
}

/* Did the message with this jti go that way between us and the partner, and is
 * it of a type that may be named? */
static enum ov_rc
exchanged(struct ov_store *st, const struct ov_in *m, const uint8_t jti[16],
    const struct ov_betreft *b, bool *yes, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*yes = false;
	rc = ov_db_q(st->db, &q, e,
	    b->van == OV_VAN_ONTVANGER
	        ? "SELECT srt FROM uitgaand WHERE partner=?1 AND jti=?2"
	          " AND seq IS NOT NULL"
	        : "SELECT b.srt FROM gezien g JOIN bericht b ON b.nr=g.bericht"
	          " WHERE g.partner=?1 AND g.jti=?2",
	    "ib", m->partner, (const void *)jti, (size_t)16);
	while (rc == OV_OK && !*yes &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row)
		*yes = ov_betreft_mag(b, ov_db_text(q, 0));
	ov_db_done(st->db, q);
	return rc;
}

/* A message about a message names one that these two exchanged. */
static bool
check_betreft(struct ov_store *st, struct ov_in *m, const struct ov_type *t)
{
	const struct ov_betreft *b[2];
	size_t n = ov_type_betreft(t, b);
	struct ov_err e = {0};
	uint8_t jti[16];
	char pad[64];
	bool yes = false;
	enum ov_rc rc;

	for (size_t i = 0; i < n; i++) {
		const struct ov_jn *v = ov_jn_get(m->claims.inhoud,
		    b[i]->lid + 1);

		if (v == NULL)
			continue;
		if ((rc = ov_jn_b64u(v, jti, sizeof(jti))) == OV_OK)
			rc = exchanged(st, m, jti, b[i], &yes, &e);
		if (rc != OV_OK && rc != OV_BADMSG)
			return store_failed(st, m, &e);
		if (rc != OV_OK || !yes) {
			(void)snprintf(pad, sizeof(pad), "/inhoud%s",
			    b[i]->lid);
			refuse_at(st, m, pad, "code");
			return false;
		}
	}
	return true;
}

/* A status follows what was sent in its case; the same absence is not told
 * twice in 7 days. */
static bool
check_earlier(struct ov_store *st, struct ov_in *m)
{
	const struct ov_jn *in = m->claims.inhoud;
	const char *status = ov_jn_text(ov_jn_get(in, "status"));
	struct ov_step p = {.partner = m->partner,
	    .volg = (int64_t)m->claims.seq,
	    .status = status,
	    .datum = ov_jn_text(ov_jn_get(in, "datumStatus")),
	    .has_jti = true};
	struct ov_verzuim v;
	struct ov_err e = {0};
	bool fits = true;
	enum ov_rc rc = OV_OK;

	m->has_vervangt = ov_jn_b64u(ov_jn_get(in, "vervangt"), m->vervangt,
	                      16) == OV_OK;
	m->takes_back = strcmp(m->claims.srt, "intrekking") == 0;
	m->corrects = strcmp(m->claims.srt, "correctie") == 0;
	if ((m->takes_back || m->corrects) &&
	    ov_jn_b64u(ov_jn_get(in, "betreftBericht"), m->betreft, 16) !=
	        OV_OK)
		m->takes_back = m->corrects = false;
	if (strcmp(m->claims.srt, "overstapstatus") == 0 &&
	    m->claims.has_zaak && status != NULL && p.datum != NULL) {
		(void)snprintf(m->status, sizeof(m->status), "%s", status);
		memcpy(p.zaak, m->claims.zaak, 16);
		memcpy(p.jti, m->claims.jti, 16);
		p.has_vervangt = m->has_vervangt;
		memcpy(p.vervangt, m->vervangt, 16);
		rc = ov_step_fits(st, &p, &fits, &e);
		if (rc == OV_OK && !fits)
			refuse_at(st, m, "/inhoud/status", "code");
	} else if (strcmp(m->claims.srt, "verzuimmelding") == 0 &&
	           ov_absence_read(in, &v)) {
		rc = ov_absence_fits_in(st, m->partner, &m->claims, &v, &fits,
		    &e);
		if (rc == OV_OK && !fits)
			refuse_at(st, m,
			    v.beeindigd ? "/inhoud/einddatum"
			                : "/inhoud/begindatum",
			    ov_reden_code(OV_REDEN_BINNEN_7_DAGEN));
	}
	if (rc != OV_OK)
		return store_failed(st, m, &e);
	return fits;
}

/* Step 14. */
static bool
check_schema(struct ov_store *st, struct ov_in *m, const char *today)
{
	static struct ov_fouten f; /* 13 KiB */
	const struct ov_type *t;

	if (ov_types_check(st->types, m->claims.srt, m->claims.inhoud,
	        m->claims.has_pid ? 43 : 0, today, &f) != OV_OK) {
		refuse_member(st, m, OV_FOUT_INHOUD_ONGELDIG, "fouten",
		    ov_fouten_json(&f));
		return false;
	}
	if (m->rol == NULL) { /* the matrix could not read what it needs */
		ov_in_refuse(st, m, OV_FOUT_NIET_TOEGESTAAN, NULL);
		return false;
	}
	t = ov_types_find(st->types, m->claims.srt, today);
	if (t != NULL && !check_betreft(st, m, t))
		return false;
	if (!check_earlier(st, m))
		return false;
	m->linked_only = t != NULL && ov_type_linked_only(t);
	m->has_pid = m->claims.has_pid;
	return true;
}

/* Step 15. */
static bool
check_room(struct ov_store *st, struct ov_in *m)
{
	struct statvfs v;

	if (statvfs(st->env.state, &v) == 0 &&
	    (uint64_t)v.f_bavail * v.f_frsize < ROOM_MIN + m->body.n) {
		ov_alarm(st, "opslag-vol", 0);
		ov_in_refuse(st, m, OV_FOUT_OPSLAG_VOL, NULL);
		return false;
	}
	return true;
}

/* Two that are judged by each other: of one case, about one person, or after
 * something was taken back. */
static bool
together(const struct ov_claims *a, const struct ov_claims *b)
{
	if (strcmp(a->srt, "intrekking") == 0)
		return true;
	if (strcmp(a->srt, b->srt) != 0)
		return false;
	if (strcmp(a->srt, "overstapstatus") == 0)
		return a->has_zaak && b->has_zaak &&
		       memcmp(a->zaak, b->zaak, 16) == 0;
	return strcmp(a->srt, "verzuimmelding") == 0 &&
	       memcmp(a->pid, b->pid, 32) == 0;
}

static bool
in_batch(const struct ov_in *m, struct ov_in *const *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b[i]->state == OV_IN_OPEN && b[i]->partner == m->partner &&
		    (memcmp(b[i]->claims.jti, m->claims.jti, 16) == 0 ||
		        b[i]->claims.seq == m->claims.seq ||
		        together(&b[i]->claims, &m->claims)))
			return true;
	return false;
}

void
ov_check_content(struct ov_store *st, struct ov_in *m, struct ov_in *const *b,
    size_t n)
{
	OV_BUF payload = {0};
	const struct ov_lid *lid = ov_book_oin(st->boek, &m->from);
	struct ov_err e = {0};
	char today[11];

	if (lid == NULL) { /* the book changed while it waited */
		ov_in_refuse(st, m, OV_FOUT_PARTIJ_ONBEKEND, NULL);
		return;
	}
	if (!check_signature(st, m, lid, &payload) ||
	    !check_claims(st, m, &payload))
		return;
	if (ov_partner_id(st, &m->from, &m->partner, &e) != OV_OK) {
		(void)store_failed(st, m, &e);
		return;
	}
	if (in_batch(m, b, n)) {
		m->state = OV_IN_LATER;
		return;
	}
	ov_store_today(st, today);
	if (check_repeat(st, m) && check_seq(st, m) && check_time(st, m) &&
	    check_matrix(st, m, lid, today) && check_schema(st, m, today))
		(void)check_room(st, m);
	/* The rest of the batch needs its numbers only. */
	m->claims.inhoud = NULL;
	ov_jdoc_free(&m->claims.doc);
}
