/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/serve.c - what partners may ask besides sending messages: the
 * table of routes and their answers (docs/protocol.md, "Endpoints").
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/role.h"
#include "base/version.h"
#include "protocol/afstemming.h"
#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/tijd.h"

void
ov_answer(struct ov_store *st, const struct ov_n_request *r, uint16_t status,
    enum ov_ctype ct, uint32_t retry, struct ov_view body)
{
	struct ov_n_answer a = {.conn = r->conn,
	    .stream = r->stream,
	    .status = status,
	    .ctype = (uint8_t)ct,
	    .retry = retry,
	    .body = body};
	struct ov_pkw w = {0};
	struct ov_err e = {0};
	enum ov_rc rc;

	ov_pkw_begin(&w, OV_N_ANSWER, 0, &ov_n_answer_rec, 1);
	ov_pkw_put(&w, &a);
	if ((rc = ov_pkw_end(&w, &e)) == OV_OK)
		rc = st->env.net(st->env.net_ctx, w.b.p, w.b.n, &e);
	if (rc != OV_OK) /* the partner repeats, and gets the stored answer */
		ov_log(OV_LOG_WARN, "event=answer-lost fault=\"%s\"", e.msg);
	ov_buf_free(&w.b);
}

static uint32_t
retry_of(enum ov_fout f)
{
	switch (ov_fout_status(f)) {
	case 429:
		return 60;
	case 503:
		return 5;
	case 507:
		return 300;
	default:
		return 0;
	}
}

void
ov_answer_fout(struct ov_store *st, const struct ov_n_request *r,
    const char *code, json_t *extra)
{
	enum ov_fout f = ov_fout_from(ov_view_str(code));
	OV_BUF b = {0};

	ov_fout_problem(&b, f, extra);
	ov_answer(st, r, (uint16_t)ov_fout_status(f), OV_CT_PROBLEM,
	    retry_of(f), (struct ov_view){b.p, b.n});
}

/* An answer or, where composing it failed, the reason. */
static void
finish(struct ov_store *st, const struct ov_n_request *r, enum ov_rc rc,
    const struct ov_err *e, enum ov_ctype ct, const struct ov_buf *body)
{
	if (rc == OV_OK) {
		ov_answer(st, r, 200, ct, 0,
		    (struct ov_view){body->p, body->n});
		return;
	}
	ov_log(OV_LOG_ERROR, "event=serve route=%u fault=\"%s\"", r->route,
	    e->msg);
	ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, e);
}

/* ---- receipts ---- */

static void
serve_bewijs(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	OV_BUF text = {0};
	struct ov_err e = {0};
	sqlite3_stmt *q = NULL;
	uint8_t id[16], wrap[OV_WRAP];
	int64_t partner;
	enum ov_rc rc;
	bool row = false, gone = false;

	rc = ov_partner_id(st, &lid->oin, &partner, &e);
	if (rc == OV_OK)
		rc = ov_db_q(st->db, &q, &e,
		    "SELECT b.id,b.bewijs FROM gezien g LEFT JOIN bericht b"
		    " ON b.nr=g.bericht WHERE g.partner=?1 AND g.jti=?2",
		    "ib", partner, (const void *)r->jti, (size_t)16);
	if (rc == OV_OK)
		rc = ov_db_next(st->db, q, &row, &e);
	if (rc == OV_OK && row) {
		gone = ov_db_null(q, 1);
		if (!gone && (rc = ov_db_fix(q, 0, id, 16, &e)) == OV_OK &&
		    (rc = ov_key_get(st, id, wrap, &e)) == OV_OK)
			rc = ov_open_one(st, id, wrap, OV_T_BERICHT, 2, 1,
			    ov_db_blob(q, 1), &text, &e);
	}
	ov_db_done(st->db, q);
	if (rc == OV_OK && !row)
		ov_answer_fout(st, r, "bericht-onbekend", NULL);
	else if (rc == OV_OK && gone)
		ov_answer_fout(st, r, "vernietigd", NULL);
	else
		finish(st, r, rc, &e, OV_CT_JOSE, &text);
}

/* ---- keys, contacts, book ---- */

static void
serve_sleutels(struct ov_store *st, const struct ov_n_request *r)
{
	if (st->bundel == NULL)
		ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
	else
		ov_answer(st, r, 200, OV_CT_JOSE, 0, ov_view_str(st->bundel));
}

static void
serve_contacten(struct ov_store *st, const struct ov_n_request *r)
{
	struct ov_contacten c = {0};
	OV_BUF payload = {0}, jws = {0};
	struct ov_err e = {0};
	enum ov_rc rc;

	rc = ov_contact_own(st, false, &c, NULL, &e);
	if (rc == OV_OK)
		rc = ov_contacten_compose(&payload, &c, &e);
	if (rc == OV_OK)
		rc = ov_sign(st, OV_ST_CONTACTS,
		    (struct ov_view){payload.p, payload.n}, &jws, &e);
	ov_contacten_free(&c);
	finish(st, r, rc, &e, OV_CT_JOSE, &jws);
}

static void
serve_boek(struct ov_store *st, const struct ov_n_request *r)
{
	OV_BUF note = {0};
	struct ov_err e = {0};
	bool found = false;
	enum ov_rc rc;

	rc = ov_boek_note(st,
	    r->route == OV_R_ADRESBOEK ? 0 : (uint32_t)r->num1, &note, &found,
	    &e);
	if (rc == OV_OK && !found)
		ov_answer_fout(st, r, "adresboek-onbekend", NULL);
	else
		finish(st, r, rc, &e, OV_CT_NOTE, &note);
}

static void
serve_boek_nieuw(struct ov_store *st, const struct ov_n_request *r)
{
	struct ov_err e = {0};
	struct ov_view none = {0};

	switch (ov_boek_offer(st, r->body, NULL, NULL, &e)) {
	case OV_ACCEPT_OK:
		ov_answer(st, r, 204, OV_CT_NONE, 0, none);
		break;
	case OV_ACCEPT_SAME:
		ov_answer(st, r, 200, OV_CT_NONE, 0, none);
		break;
	case OV_ACCEPT_OLDER:
	case OV_ACCEPT_GAP:
	case OV_ACCEPT_CHAIN:
	case OV_ACCEPT_FORK:
		ov_answer_fout(st, r, "adresboek-niet-aansluitend", NULL);
		break;
	case OV_ACCEPT_N:
		ov_answer_fout(st, r, "tijdelijk-niet-beschikbaar", NULL);
		break;
	case OV_ACCEPT_NOTE:
	case OV_ACCEPT_SHAPE:
	case OV_ACCEPT_NOTBUILT:
	case OV_ACCEPT_REGIO:
	case OV_ACCEPT_FINGERPRINT:
	case OV_ACCEPT_SIGNATURES:
	case OV_ACCEPT_TIME:
		ov_answer_fout(st, r, "adresboek-ongeldig", NULL);
		break;
	}
}

/* ---- reconciliation ---- */

/* What we have from the asker, [van, tot]. */
static enum ov_rc
afst_rows(struct ov_store *st, int64_t partner, struct ov_afstemming *a,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_afstemming_row *row;
	enum ov_rc rc;
	bool more;

	a->row = calloc((size_t)(a->tot - a->van) + 1, sizeof(*a->row));
	if (a->row == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_db_q(st->db, &q, e,
	    "SELECT g.seq,g.jti,g.sha_jws,b.bewijs IS NULL FROM bericht b"
	    " JOIN gezien g ON g.bericht=b.nr AND g.partner=b.partner"
	    " WHERE b.partner=?1 AND b.seq BETWEEN ?2 AND ?3 ORDER BY b.seq",
	    "iii", partner, (int64_t)a->van, (int64_t)a->tot);
	while (rc == OV_OK) {
		rc = ov_db_next(st->db, q, &more, e);
		if (rc != OV_OK || !more)
			break;
		row = &a->row[a->n++];
		row->seq = (uint64_t)ov_db_i64(q, 0);
		row->status = ov_db_i64(q, 3) != 0 ? OV_AFST_VERNIETIGD
		                                   : OV_AFST_ONTVANGEN;
		if ((rc = ov_db_fix(q, 1, row->jti, 16, e)) == OV_OK &&
		    row->status == OV_AFST_ONTVANGEN)
			rc = ov_db_fix(q, 2, row->sha256_jws, 32, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Numbers of ours that will never arrive, as ranges. */
static enum ov_rc
afst_gaps(struct ov_store *st, int64_t partner, struct ov_afstemming *a,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	uint64_t seq;
	enum ov_rc rc;
	bool more;

	a->gap = calloc(OV_VERVALLEN_MAX, sizeof(*a->gap));
	if (a->gap == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_db_q(st->db, &q, e,
	    "SELECT seq FROM uitgaand WHERE partner=?1 AND seq_vrij=1"
	    " ORDER BY seq",
	    "i", partner);
	while (rc == OV_OK) {
		rc = ov_db_next(st->db, q, &more, e);
		if (rc != OV_OK || !more)
			break;
		seq = (uint64_t)ov_db_i64(q, 0);
		if (a->ngap > 0 && a->gap[a->ngap - 1].tot + 1 == seq) {
			a->gap[a->ngap - 1].tot = seq;
		} else if (a->ngap < OV_VERVALLEN_MAX) {
			a->gap[a->ngap].van = seq;
			a->gap[a->ngap++].tot = seq;
		}
	}
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
afst_counts(struct ov_store *st, int64_t partner, struct ov_afstemming *a,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT seq_in,seq_uit,checkpoint FROM partner WHERE id=?1", "i",
	    partner);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		a->hoogste = (uint64_t)ov_db_i64(q, 0);
		a->verzonden = (uint64_t)ov_db_i64(q, 1);
		ov_buf_str(&a->own, ov_db_text(q, 2));
		rc = ov_buf_ok(&a->own, e);
		a->checkpoint = (struct ov_view){a->own.p, a->own.n};
	}
	ov_db_done(st->db, q);
	return rc;
}

static void
serve_afstemming(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	struct ov_afstemming a = {.iss = st->self,
	    .aud = lid->oin,
	    .iat = ov_now(st),
	    .van = r->num1,
	    .tot = r->num2};
	OV_BUF payload = {0}, jws = {0};
	struct ov_err e = {0};
	int64_t partner;
	enum ov_rc rc;

	/* net has judged this; what memory depends on is judged here too. */
	if (a.van < 1 || a.tot < a.van || a.tot > OV_JSON_INT_MAX ||
	    a.tot - a.van > OV_AFSTEMMING_SPAN) {
		ov_answer_fout(st, r, "bereik-ongeldig", NULL);
		return;
	}
	rc = ov_partner_id(st, &lid->oin, &partner, &e);
	if (rc == OV_OK)
		rc = afst_counts(st, partner, &a, &e);
	if (rc == OV_OK)
		rc = afst_rows(st, partner, &a, &e);
	if (rc == OV_OK)
		rc = afst_gaps(st, partner, &a, &e);
	if (rc == OV_OK)
		rc = ov_afstemming_compose(&payload, &a, &e);
	if (rc == OV_OK)
		rc = ov_sign(st, OV_ST_RECONCILIATION,
		    (struct ov_view){payload.p, payload.n}, &jws, &e);
	ov_afstemming_free(&a);
	finish(st, r, rc, &e, OV_CT_JOSE, &jws);
}

/* ---- the log ---- */

static void
serve_checkpoint(struct ov_store *st, const struct ov_n_request *r)
{
	OV_BUF note = {0};
	struct ov_err e = {0};
	uint64_t size;
	enum ov_rc rc = ov_slog_head(st->db, &size, &note, &e);

	if (rc == OV_OK && size == 0) {
		rc = ov_checkpoint_now(st, &e);
		if (rc == OV_OK)
			rc = ov_slog_head(st->db, &size, &note, &e);
	}
	finish(st, r, rc, &e, OV_CT_TEXT, &note);
}

/* "<level>/<index>[.p/<width>]", the index in groups of three digits with an
 * "x" before all but the last (C2SP tlog-tiles). */
static bool
tile_path(struct ov_view v, unsigned *level, uint64_t *nr, unsigned *width)
{
	const char *p = (const char *)v.p, *end;
	bool more = true;
	size_t groups = 0;

	*nr = 0;
	*width = OV_TILE_WIDTH;
	if (v.n < 5 || p[0] < '0' || p[0] > '6' || p[1] != '/')
		return false;
	end = p + v.n;
	*level = (unsigned)(p[0] - '0');
	for (p += 2; more; groups++) {
		more = p < end && *p == 'x';
		p += more;
		if (end - p < 3 || groups > 5)
			return false;
		for (size_t i = 0; i < 3; i++, p++) {
			if (*p < '0' || *p > '9')
				return false;
			*nr = *nr * 10 + (uint64_t)(*p - '0');
		}
		if (more && (p == end || *p++ != '/'))
			return false;
	}
	if (p == end)
		return true;
	if (end - p < 4 || memcmp(p, ".p/", 3) != 0)
		return false;
	for (p += 3, *width = 0; p < end; p++) {
		if (*p < '0' || *p > '9' || (*width == 0 && *p == '0') ||
		    *width > 255)
			return false;
		*width = *width * 10 + (unsigned)(*p - '0');
	}
	return *width > 0 && *width < OV_TILE_WIDTH;
}

static void
serve_tile(struct ov_store *st, const struct ov_n_request *r)
{
	static struct ov_digest h[OV_TILE_WIDTH];
	struct ov_err e = {0};
	unsigned level, width;
	uint64_t nr;
	enum ov_rc rc;
	struct ov_buf b = {.p = (uint8_t *)h};

	if (!tile_path(r->tile, &level, &nr, &width) ||
	    ov_tile_width(st->log.was.size, level, nr) < width) {
		ov_answer_fout(st, r, "niet-gevonden", NULL);
		return;
	}
	rc = ov_slog_tile(st->db, level, nr, width, h, &e);
	b.n = (size_t)width * 32;
	finish(st, r, rc, &e, OV_CT_OCTETS, &b);
}

/* ---- status and documents ---- */

static void
serve_status(struct ov_store *st, const struct ov_n_request *r)
{
	char tijd[OV_MOMENT_SIZE];
	OV_BUF b = {0};

	ov_moment_fmt(tijd, ov_now(st));
	ov_buf_fmt(&b,
	    "{\"v\":1,\"oin\":\"%s\",\"versie\":\"%s\",\"adresboek\":%" PRIu32
	    ",\"log\":{\"oorsprong\":%" PRIu32 ",\"omvang\":%" PRIu64
	    "},\"tijd\":\"%s\"}",
	    st->self.s, OV_VERSION, st->boek->versie, st->oorsprong,
	    st->log.was.size, tijd);
	finish(st, r, b.bad ? OV_NOSPACE : OV_OK, &(struct ov_err){0},
	    OV_CT_JSON, &b);
}

static void
serve_openapi(struct ov_store *st, const struct ov_n_request *r)
{
	const struct ov_data *d = ov_data_find("openapi.json");

	if (d == NULL)
		ov_answer_fout(st, r, "niet-gevonden", NULL);
	else
		ov_answer(st, r, 200, OV_CT_JSON, 0,
		    (struct ov_view){d->p, d->n});
}

void
ov_serve_request(struct ov_store *st, const struct ov_lid *lid,
    const struct ov_n_request *r)
{
	switch ((enum ov_route)r->route) {
	case OV_R_ONTVANGSTBEWIJS:
		serve_bewijs(st, lid, r);
		return;
	case OV_R_SLEUTELS:
		serve_sleutels(st, r);
		return;
	case OV_R_CONTACTEN:
		serve_contacten(st, r);
		return;
	case OV_R_ADRESBOEK:
	case OV_R_ADRESBOEK_VERSIE:
		serve_boek(st, r);
		return;
	case OV_R_ADRESBOEK_NIEUW:
		serve_boek_nieuw(st, r);
		return;
	case OV_R_AFSTEMMING:
		serve_afstemming(st, lid, r);
		return;
	case OV_R_LOG_CHECKPOINT:
		serve_checkpoint(st, r);
		return;
	case OV_R_LOG_TILE:
		serve_tile(st, r);
		return;
	case OV_R_STATUS:
		serve_status(st, r);
		return;
	case OV_R_OPENAPI:
		serve_openapi(st, r);
		return;
	case OV_R_GETUIGE_TOEVOEGEN:  /* optional for a partner: */
	case OV_R_GETUIGE_CHECKPOINT: /* docs/protocol.md, "What to build" */
	case OV_R_NONE:
	case OV_R_BERICHT:
	case OV_R_OPRF_EVALUEER:
	case OV_R_OPRF_SLEUTELS:
	case OV_R_OPRF_GEBRUIK:
	case OV_R_N:
		ov_answer_fout(st, r, "niet-gevonden", NULL);
		return;
	}
	ov_answer_fout(st, r, "niet-gevonden", NULL);
}
