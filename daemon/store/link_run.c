/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/link_run.c - messages about messages: queueing an `ontvangst`,
 * noting those we receive, and the daily run of link results.
 *
 * Link results go out in one run a day, in the order of seq, never as a
 * reaction to an arrival: who sends a guess learns nothing from the clock
 * (docs/protocol.md, "Link results").
 */
#include <string.h>

#include "daemon/store/earlier.h"
#include "daemon/store/link.h"
#include "protocol/id.h"

#define RUN_HOUR 4 /* Dutch time, when `waarde` does not say otherwise */
#define WAIT_S ((int64_t)14 * 86400)
#define BATCH 64

/* ---- one ontvangst ---- */

/* A ground that serves both the message and an answer to it. */
static const char *
ground_for(const struct ov_store *st, const char *srt, const char *vandaag)
{
	const char *code;

	for (size_t i = 0;
	     (code = ov_code_nth(st->types, "grondslag", i)) != NULL; i++)
		if (ov_ground_serves(st->types, code, srt, vandaag) &&
		    ov_ground_serves(st->types, code, "ontvangst", vandaag))
			return code;
	return NULL;
}

static void
set_text(json_t *o, const char *name, const char *v)
{
	if (v != NULL)
		(void)ov_j_set(o, name, json_string(v));
}

struct about { /* the message an answer is about */
	struct ov_oin from;
	char srt[OV_SRT_MAX + 1];
	uint8_t jti[16], zaak[16];
	bool has_zaak;
};

static enum ov_rc
about_find(struct ov_store *st, int64_t nr, struct about *a, struct ov_err *e)
{
	sqlite3_stmt *q;
	int64_t partner = 0;
	enum ov_rc rc;
	bool row;

	memset(a, 0, sizeof(*a));
	rc = ov_db_q(st->db, &q, e,
	    "SELECT b.partner,b.srt,g.jti,b.zaak FROM bericht b JOIN gezien g"
	    " ON g.bericht=b.nr AND g.partner=b.partner WHERE b.nr=?1",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_DENIED, "no such message");
	if (rc == OV_OK) {
		partner = ov_db_i64(q, 0);
		(void)strncpy(a->srt, ov_db_text(q, 1), OV_SRT_MAX);
		a->has_zaak = !ov_db_null(q, 3);
		rc = ov_db_fix(q, 2, a->jti, 16, e);
		if (rc == OV_OK && a->has_zaak)
			rc = ov_db_fix(q, 3, a->zaak, 16, e);
	}
	ov_db_done(st->db, q);
	return rc == OV_OK ? ov_partner_oin(st, partner, &a->from, e) : rc;
}

static json_t *
answer_json(struct ov_store *st, const struct about *a,
    const struct ov_ontvangst *o, const char *vandaag)
{
	const struct ov_type *t = ov_types_find(st->types, "ontvangst",
	    vandaag);
	const char *ground = ground_for(st, a->srt, vandaag);
	char jti[OV_ID_SIZE];
	json_t *j = json_object();

	ov_id_text(jti, a->jti);
	set_text(j, "schema", t != NULL ? ov_type_schema(t) : NULL);
	set_text(j, "grondslag", ground);
	set_text(j, "doel", "verantwoording");
	set_text(j, "bewaarregel", "ontvangst");
	set_text(j, "betreftBericht", jti);
	if (o->vervangt != NULL) {
		ov_id_text(jti, o->vervangt);
		set_text(j, "vervangt", jti);
	}
	set_text(j, "koppeling", o->koppeling);
	set_text(j, "functioneel", o->functioneel);
	set_text(j, "reden", o->reden);
	set_text(j, "moment", o->moment);
	set_text(j, "datum", vandaag);
	return j;
}

enum ov_rc
ov_ontvangst_queue(struct ov_store *st, int64_t nr,
    const struct ov_ontvangst *o, struct ov_err *e)
{
	static struct ov_fouten fouten; /* large */
	const struct ov_lid *self, *lid;
	struct about a;
	struct ov_verdict v;
	struct ov_submit s = {.srt = "ontvangst"};
	char vandaag[11];
	OV_JSON *j = NULL;
	OV_BUF text = {0};
	int64_t out;
	enum ov_rc rc;

	if ((rc = about_find(st, nr, &a, e)) != OV_OK)
		return rc;
	self = st->boek != NULL ? ov_book_oin(st->boek, &st->self) : NULL;
	lid = self != NULL ? ov_book_oin(st->boek, &a.from) : NULL;
	if (lid == NULL)
		return ov_fail(e, OV_DENIED, "not in the address book");
	ov_store_today(st, vandaag);
	j = answer_json(st, &a, o, vandaag);
	if (ov_types_check_json(st->types, s.srt, j, 0, vandaag, &fouten) !=
	    OV_OK)
		return ov_fail(e, OV_BADMSG, "answer is not valid");
	v = ov_policy_may_json(st->policy, s.srt, st->boek, self, lid, j,
	    vandaag);
	if (v.may != OV_MAY_YES)
		return ov_fail(e, OV_DENIED, "answer is not allowed");
	ov_json_dump(&text, j);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	s.to = lid;
	s.rol = ov_rol_name(v.naar);
	s.inhoud = (struct ov_view){text.p, text.n};
	s.has_zaak = a.has_zaak;
	memcpy(s.zaak, a.zaak, 16);
	s.has_betreft = true;
	memcpy(s.betreft, a.jti, 16);
	if (o->vervangt != NULL) {
		s.has_vervangt = true;
		memcpy(s.vervangt, o->vervangt, 16);
	}
	return ov_submit(st, &s, &out, e);
}

/* ---- noting what partners say ---- */

static enum ov_rc
note_answer(struct ov_store *st, int64_t nr, int64_t partner,
    const struct ov_claims *cl, struct ov_err *e)
{
	const struct ov_jn *in = cl->inhoud;
	const char *woord = ov_jn_text(ov_jn_get(in, "koppeling"));
	const char *reden = ov_jn_text(ov_jn_get(in, "reden"));
	const char *datum = ov_jn_text(ov_jn_get(in, "datum"));
	uint8_t jti[16];
	enum ov_rc rc;

	if (woord == NULL)
		woord = ov_jn_text(ov_jn_get(in, "functioneel"));
	if (woord == NULL) /* why a notice was closed stays sealed */
		woord = ov_jn_text(ov_jn_get(in, "status"));
	if (woord == NULL)
		woord = ov_jn_text(ov_jn_get(in, "uitkomst"));
	if (reden == NULL)
		reden = ov_jn_text(ov_jn_get(in, "moment"));
	if (strcmp(cl->srt, "ontvangst") != 0)
		reden = ov_jn_text(ov_jn_get(in, "grondBewaren"));
	if (woord == NULL || datum == NULL ||
	    ov_jn_b64u(ov_jn_get(in, "betreftBericht"), jti, 16) != OV_OK)
		return OV_OK;
	rc = ov_db_run(st->db, e,
	    "INSERT INTO terugmelding(bericht,uitgaand,woord,reden,datum)"
	    " SELECT ?1,nr,?4,?5,?6 FROM uitgaand WHERE partner=?2 AND jti=?3"
	    " ON CONFLICT DO NOTHING",
	    "iibttt", nr, partner, (const void *)jti, sizeof(jti), woord,
	    reden != NULL ? reden : "", datum);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='VERWERKT' WHERE nr=?1"
		    " AND stand='ONTVANGEN'",
		    "i", nr);
	return rc;
}

static enum ov_rc
note_status(struct ov_store *st, const struct ov_claims *cl, struct ov_err *e)
{
	const char *status = ov_jn_text(ov_jn_get(cl->inhoud, "status"));
	const char *datum = ov_jn_text(ov_jn_get(cl->inhoud, "datumStatus"));

	if (!cl->has_zaak || status == NULL || datum == NULL)
		return OV_OK;
	return ov_db_run(st->db, e,
	    "UPDATE zaak SET status=?2,datum=?3 WHERE zaak=?1"
	    " AND ifnull(datum,'')<=?3",
	    "btt", (const void *)cl->zaak, (size_t)16, status, datum);
}

struct news {
	int64_t nr, partner;
	bool answer;
};

static enum ov_rc
news_find(struct ov_store *st, int64_t from, struct news *w, size_t *n,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,partner,srt<>'overstapstatus' FROM bericht WHERE nr>?1"
	    " AND srt IN ('ontvangst','overstapstatus','verzuimstatus',"
	    "'afsluitverklaring') AND gesloten=0"
	    " AND inhoud IS NOT NULL ORDER BY nr LIMIT 64",
	    "i", from);
	while (rc == OV_OK && *n < BATCH &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		w[*n].nr = ov_db_i64(q, 0);
		w[*n].partner = ov_db_i64(q, 1);
		w[(*n)++].answer = ov_db_i64(q, 2) != 0;
	}
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
news_one(struct ov_store *st, const struct news *w, struct ov_err *e)
{
	struct ov_claims cl = {0};
	enum ov_rc rc;

	rc = ov_bericht_open(st, w->nr, &cl, e);
	if (rc == OV_OK)
		rc = w->answer ? note_answer(st, w->nr, w->partner, &cl, e)
		               : note_status(st, &cl, e);
	else if (ov_rc_class(rc) == OV_CL_REFUSE)
		rc = OV_OK; /* set aside by whoever wants to show it */
	ov_claims_free(&cl);
	return rc;
}

/* Everything above the highest number that was noted before. */
static enum ov_rc
news_take(struct ov_store *st, struct ov_err *e)
{
	struct news w[BATCH];
	int64_t from, top;
	size_t n;
	enum ov_rc rc;

	if ((rc = ov_db_get(st->db, "genoteerd_tot", &from, 0, e)) != OV_OK ||
	    (rc = ov_db_int(st->db, &top, 0, e, "SELECT max(nr) FROM bericht",
	         "")) != OV_OK ||
	    top <= from || (rc = news_find(st, from, w, &n, e)) != OV_OK)
		return rc;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = news_one(st, &w[i], e);
	if (rc == OV_OK)
		rc = ov_db_set(st->db, "genoteerd_tot",
		    n == BATCH ? w[n - 1].nr : top, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* ---- the daily run ---- */

struct result {
	int64_t nr, partner, seq, leerling, ontvangen;
	bool closed;       /* of a type that waits for its link */
	bool linked, told; /* told: niet-gekoppeld went out */
	bool undone;       /* gekoppeld went out, and it is not */
};

static enum ov_rc
results_find(struct ov_store *st, int64_t partner, int64_t seq,
    struct result *r, size_t *n, struct ov_err *e)
{
	const struct ov_type *t;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,partner,seq,leerling,ontvangen,gesloten=0,"
	    "koppeling IS NOT NULL,srt,ifnull(koppeling,'')='gekoppeld'"
	    " FROM bericht"
	    " WHERE (partner,seq)>(?1,?2) AND stand NOT IN "
	    "('TERZIJDE','VERNIETIGD')"
	    " AND (ifnull(koppeling,'')<>'gekoppeld' OR gesloten=1)"
	    " ORDER BY partner,seq LIMIT 64",
	    "ii", partner, seq);
	while (rc == OV_OK && *n < BATCH &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		r[*n].nr = ov_db_i64(q, 0);
		r[*n].partner = ov_db_i64(q, 1);
		r[*n].seq = ov_db_i64(q, 2);
		r[*n].leerling = ov_db_i64(q, 3);
		r[*n].ontvangen = ov_db_i64(q, 4);
		r[*n].linked = ov_db_i64(q, 5) != 0;
		r[*n].told = ov_db_i64(q, 6) != 0;
		r[*n].undone = ov_db_i64(q, 8) != 0;
		t = ov_types_latest(st->types, ov_db_text(q, 7));
		r[(*n)++].closed = t != NULL && ov_type_linked_only(t);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Does our applicant name this sender as the school left? */
static enum ov_rc
names_sender(struct ov_store *st, const struct result *r, bool *yes,
    struct ov_err *e)
{
	struct ov_pupil_data d = {0};
	const struct ov_lid *lid = NULL;
	const char *code;
	struct ov_oin oin;
	enum ov_rc rc;

	*yes = false;
	if (!r->linked || r->leerling == 0)
		return OV_OK;
	rc = ov_pupil_open(st, r->leerling, &d, e);
	if (rc == OV_OK && d.school[0] != '\0')
		lid = ov_ctl_partner(st, d.school, &code);
	ov_pupil_free(&d);
	if (ov_rc_class(rc) == OV_CL_REFUSE)
		return OV_OK;
	if (rc == OV_OK && lid != NULL &&
	    (rc = ov_partner_oin(st, r->partner, &oin, e)) == OV_OK)
		*yes = ov_oin_eq(&oin, &lid->oin);
	return rc;
}

/* The answer that said gekoppeld; *found false where it never got a jti or its
 * content is gone. */
static enum ov_rc
earlier_yes(struct ov_store *st, int64_t nr, uint8_t jti[16], bool *found,
    struct ov_err *e)
{
	int64_t out[BATCH];
	sqlite3_stmt *q;
	size_t n = 0;
	enum ov_rc rc;
	bool row;

	*found = false;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT u.nr FROM uitgaand u JOIN gezien g ON g.jti=u.betreft AND"
	    " g.partner=u.partner WHERE g.bericht=?1 AND u.srt='ontvangst' AND"
	    " u.inhoud IS NOT NULL ORDER BY u.nr DESC LIMIT 64",
	    "i", nr);
	while (rc == OV_OK && n < BATCH &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row)
		out[n++] = ov_db_i64(q, 0);
	ov_db_done(st->db, q);
	for (size_t i = 0; i < n && rc == OV_OK && !*found; i++) {
		OV_JDOC d = {0};

		rc = ov_uitgaand_open(st, out[i], &d, e);
		if (rc == OV_OK)
			*found = ov_jn_eq(ov_jn_get(d.root, "koppeling"),
			    "gekoppeld");
		else if (ov_unreadable(rc) || rc == OV_DENIED)
			rc = OV_OK;
		if (rc == OV_OK && *found) {
			rc = ov_db_q(st->db, &q, e,
			    "SELECT jti FROM uitgaand WHERE nr=?1", "i",
			    out[i]);
			if (rc == OV_OK)
				rc = ov_db_next(st->db, q, &row, e);
			if (rc == OV_OK)
				rc = ov_db_fix(q, 0, jti, 16, e);
			ov_db_done(st->db, q);
		}
	}
	return rc;
}

static enum ov_rc
result_send(struct ov_store *st, const struct result *r, struct ov_err *e)
{
	struct ov_ontvangst o = {0};
	uint8_t jti[16];
	bool yes;
	enum ov_rc rc;

	if (r->undone) {
		if ((rc = earlier_yes(st, r->nr, jti, &yes, e)) != OV_OK)
			return rc;
		if (yes)
			o.vervangt = jti;
		yes = false;
	} else if ((rc = names_sender(st, r, &yes, e)) != OV_OK) {
		return rc;
	}
	if (r->undone)
		o.koppeling = "niet-gekoppeld";
	else if (yes)
		o.koppeling = "gekoppeld";
	else if (!r->told && r->ontvangen + WAIT_S <= ov_now(st))
		o.koppeling = "niet-gekoppeld";
	else
		return OV_OK;
	rc = ov_ontvangst_queue(st, r->nr, &o, e);
	if (rc == OV_DENIED || rc == OV_BADMSG)
		return OV_OK; /* not a member any more: tomorrow again */
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET koppeling=?2 WHERE nr=?1", "it", r->nr,
		    o.koppeling);
	return rc;
}

/* More links than the book expects transfers: somebody may be guessing. */
static enum ov_rc
results_count(struct ov_store *st, int64_t partner, struct ov_err *e)
{
	const struct ov_book_budget *b;
	struct ov_oin oin;
	struct ov_date d = ov_date_nl(ov_now(st));
	int64_t n;
	enum ov_rc rc;

	if ((rc = ov_partner_oin(st, partner, &oin, e)) != OV_OK)
		return rc;
	b = ov_book_budget_of(st->boek, &oin, &st->self);
	d = (struct ov_date){(int16_t)ov_schooljaar(d), 8, 1};
	rc = ov_db_int(st->db, &n, 0, e,
	    "SELECT count(*) FROM bericht WHERE partner=?1"
	    " AND koppeling IS NOT NULL AND ontvangen>=?2",
	    "ii", partner, ov_nl_midnight(d));
	if (rc == OV_OK && b != NULL && (uint64_t)n > b->jaar)
		ov_alarm(st, "koppelingen-boven-verwachting", partner);
	return rc;
}

static enum ov_rc
run_batch(struct ov_store *st, struct ov_run *run, bool *more, struct ov_err *e)
{
	struct result r[BATCH];
	size_t n;
	enum ov_rc rc;

	rc = results_find(st, run->partner, run->seq, r, &n, e);
	if (rc != OV_OK || (rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (r[i].partner != run->partner && run->partner != 0)
			rc = results_count(st, run->partner, e);
		run->partner = r[i].partner;
		run->seq = r[i].seq;
		if (rc == OV_OK && r[i].closed)
			rc = result_send(st, &r[i], e);
	}
	*more = n == BATCH;
	if (rc == OV_OK && !*more && run->partner != 0)
		rc = results_count(st, run->partner, e);
	if (rc == OV_OK && !*more)
		rc = ov_db_set(st->db, "koppelrun", run->day, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* Is today's run due?  Its hour is the row koppelrun_uur of `waarde`. */
static enum ov_rc
run_due(struct ov_store *st, struct ov_run *run, struct ov_err *e)
{
	struct ov_civil c = ov_civil_nl(ov_now(st));
	int64_t last, hour;
	enum ov_rc rc;

	if (run->busy || !ov_boek_sends(st))
		return OV_OK;
	if ((rc = ov_db_get(st->db, "koppelrun", &last, 0, e)) != OV_OK ||
	    (rc = ov_db_get(st->db, "koppelrun_uur", &hour, RUN_HOUR, e)) !=
	        OV_OK)
		return rc;
	if (last == 0) /* a new instance: never as a reaction to an arrival */
		return ov_db_set(st->db, "koppelrun", ov_date_days(c.date), e);
	if (ov_date_days(c.date) <= last || c.h < hour)
		return OV_OK;
	*run = (struct ov_run){.busy = true, .day = ov_date_days(c.date)};
	return OV_OK;
}

void
ov_link_answers(struct ov_store *st, struct ov_run *run)
{
	struct ov_err e = {0};
	bool more = false;
	enum ov_rc rc;

	rc = news_take(st, &e);
	if (rc == OV_OK)
		rc = run_due(st, run, &e);
	if (rc == OV_OK && run->busy && ov_boek_sends(st)) {
		rc = run_batch(st, run, &more, &e);
		if (rc == OV_OK) {
			run->busy = more;
			ov_deliver_kick(st);
		}
	}
	if (rc == OV_OK)
		return;
	run->busy = false; /* from the start again, which is harmless */
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(st, &e);
	else
		ov_log(OV_LOG_WARN, "event=link-results fault=\"%s\"", e.msg);
}
