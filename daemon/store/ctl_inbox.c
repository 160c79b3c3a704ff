/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_inbox.c - what was received: list, open, judge, link; and
 * the export of what may be opened.
 */
#include <string.h>

#include "daemon/store/correctie.h"
#include "protocol/id.h"

#define REF_MAX 64 /* bytes of an own reference */

static const char *const stands[] = {"ONTVANGEN", "ONBEKEND", "GEKOPPELD",
    "TWIJFEL", "IN-BEOORDELING", "GEACCEPTEERD", "AFGEWEZEN", "VERWERKT",
    "TERZIJDE", "VERNIETIGD", "INGETROKKEN"};
#define NSTANDS (sizeof(stands) / sizeof(stands[0]))

struct list {
	char stand[24], srt[OV_SRT_MAX + 1];
	int64_t sinds, at, n, verborgen;
};

struct row {
	int64_t nr, partner, ontvangen, leerling, concept, laat;
	bool gesloten;
	char termijn[48], uiterlijk[OV_DATE_SIZE]; /* "" when none holds */
	char srt[OV_SRT_MAX + 1], rol[24], stand[24], reden[48];
	uint8_t zaak[16];
	bool has_zaak;
};

/* A date (from its beginning here) or a moment. */
static bool
since(const char *text, int64_t *out)
{
	struct ov_date d;

	*out = 0;
	if (text == NULL || ov_moment_parse(ov_view_str(text), out) == OV_OK)
		return true;
	if (ov_date_parse(ov_view_str(text), &d) != OV_OK)
		return false;
	*out = ov_nl_midnight(d);
	return true;
}

static void
list_start(struct ov_ctl *c)
{
	struct list *l = c->state;
	const char *stand = ov_ctl_text(c, "stand", sizeof(l->stand) - 1);
	const char *srt = ov_ctl_text(c, "srt", sizeof(l->srt) - 1);
	const char *sinds = ov_ctl_text(c, "sinds", 32);

	if (stand != NULL)
		memcpy(l->stand, stand, strlen(stand) + 1);
	if (srt != NULL)
		memcpy(l->srt, srt, strlen(srt) + 1);
	if (ov_ctl_args(c) && !since(sinds, &l->sinds))
		ov_ctl_fout(c, "datum-ongeldig", NULL);
}

/* Columns: nr partner ontvangen leerling gesloten srt rol stand reden zaak,
 * the draft of the newest message of ours in the same case, and the deadline
 * the sender had. */
static enum ov_rc
row_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct row *r = out;

	memset(r, 0, sizeof(*r));
	r->nr = ov_db_i64(q, 0);
	r->partner = ov_db_i64(q, 1);
	r->ontvangen = ov_db_i64(q, 2);
	r->leerling = ov_db_i64(q, 3);
	r->gesloten = ov_db_i64(q, 4) != 0;
	(void)strncpy(r->srt, ov_db_text(q, 5), sizeof(r->srt) - 1);
	(void)strncpy(r->rol, ov_db_text(q, 6), sizeof(r->rol) - 1);
	(void)strncpy(r->stand, ov_db_text(q, 7), sizeof(r->stand) - 1);
	(void)strncpy(r->reden, ov_db_text(q, 8), sizeof(r->reden) - 1);
	r->concept = ov_db_i64(q, 10);
	r->laat = ov_db_i64(q, 11);
	(void)strncpy(r->termijn, ov_db_text(q, 12), sizeof(r->termijn) - 1);
	(void)strncpy(r->uiterlijk, ov_db_text(q, 13), OV_DATE_LEN);
	r->has_zaak = !ov_db_null(q, 9);
	return r->has_zaak ? ov_db_fix(q, 9, r->zaak, 16, e) : OV_OK;
}

/* Our own reference: of the pupil it is linked to, or of the draft we sent in
 * this case. */
static json_t *
j_ref(struct ov_store *st, const struct row *r)
{
	if (r->leerling != 0 && !r->gesloten)
		return ov_j_pupil_ref(st, r->leerling);
	return ov_j_draft_ref(st, r->gesloten ? 0 : r->concept);
}

static json_t *
j_row(struct ov_store *st, const struct row *r, bool open)
{
	return json_pack("{s:I,s:s,s:o,s:s,s:s,s:o,s:I,s:o,s:s,s:o,s:I,s:s,s:"
	                 "s}",
	    "nr", (json_int_t)r->nr, "srt", r->srt, "partner",
	    ov_j_partner(st, r->partner), "rol", r->rol, "stand", r->stand,
	    "ontvangen", ov_j_moment(r->ontvangen), "leerling",
	    (json_int_t)(open ? r->leerling : 0), "eigenReferentie",
	    open ? j_ref(st, r) : json_string(""), "reden", r->reden, "zaak",
	    ov_j_id(r->has_zaak ? r->zaak : NULL, 16), "teLaat",
	    (json_int_t)r->laat, "termijn", r->termijn, "uiterlijk",
	    r->uiterlijk);
}

static void
list_end(struct ov_ctl *c)
{
	const struct list *l = c->state;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT stand,count(*) FROM bericht WHERE (?1='' OR srt=?1)"
	    " AND ontvangen>=?2 GROUP BY stand",
	    "ti", l->srt, l->sinds);
	ov_ctl_end_counts(c, l->n, l->verborgen, stands, NSTANDS, rc, q, &e);
}

#define ROW                                                                    \
	"SELECT b.nr,b.partner,b.ontvangen,b.leerling,b.gesloten,b.srt,b.rol," \
	"b.stand,b.reden,b.zaak,(SELECT u.concept FROM uitgaand u"             \
	" WHERE u.zaak=b.zaak AND u.concept IS NOT NULL ORDER BY u.nr DESC"    \
	" LIMIT 1),t.laat,t.naam,t.uiterlijk FROM bericht b LEFT JOIN"         \
	" termijn t ON t.bericht=b.nr"

/* A row of a list, as far as the account may see it. */
static enum ov_rc
list_row(struct ov_ctl *c, const struct row *r, struct ov_err *e)
{
	struct list *l = c->state;
	enum ov_rij how = OV_RIJ_OPEN;
	struct ov_bron b;
	enum ov_rc rc;

	if (!ov_ctl_alles(c)) {
		rc = ov_bron_bericht(c->st, r->nr, r->srt, r->concept, &b, e);
		if (rc == OV_OK)
			how = ov_ctl_rij(c, &b.f);
		ov_bron_free(&b);
		if (rc != OV_OK)
			return rc;
	}
	if (how == OV_RIJ_WEG) {
		l->verborgen++;
		return OV_OK;
	}
	ov_ctl_row(c, j_row(c->st, r, how == OV_RIJ_OPEN));
	l->n++;
	return OV_OK;
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct row r[OV_CTL_PAGE];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    ROW " WHERE b.nr>?1 AND (?2='' OR b.stand=?2)"
	        " AND (?3='' OR b.srt=?3) AND b.ontvangen>=?4"
	        " ORDER BY b.nr LIMIT 64",
	    "itti", l->at, l->stand, l->srt, l->sinds);
	if (!ov_ctl_page(c, rc, q, row_read, r, sizeof(*r), &n, &e))
		return;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = list_row(c, &r[i], &e);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	if (n > 0)
		l->at = r[n - 1].nr;
	if (n < OV_CTL_PAGE)
		list_end(c);
}

/* ---- one message ---- */

static enum ov_rc
find(struct ov_store *st, int64_t nr, struct row *r, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	memset(r, 0, sizeof(*r));
	rc = ov_db_q(st->db, &q, e, ROW " WHERE b.nr=?1", "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row)
		rc = row_read(q, r, e);
	ov_db_done(st->db, q);
	return rc;
}

/* Why a message cannot be opened. */
static const char *
closed_code(const struct row *r)
{
	if (r->nr == 0)
		return "nummer-onbekend";
	if (strcmp(r->stand, "TWIJFEL") == 0)
		return "twijfel";
	if (strcmp(r->stand, "TERZIJDE") == 0)
		return "onleesbaar";
	if (strcmp(r->stand, "VERNIETIGD") == 0)
		return "vernietigd";
	return "niet-gekoppeld";
}

static const char *
grond_of(const struct ov_claims *cl)
{
	const char *g = ov_jn_text(ov_jn_get(cl->inhoud, "grondslag"));

	return g != NULL ? g : "";
}

/* May the account do this with the message; else it is refused.  One that is
 * not there gives the refusal of the command itself. */
static bool
allowed(struct ov_ctl *c, const struct row *r, unsigned mag,
    struct ov_oordeel *o)
{
	struct ov_err e = {0};
	struct ov_bron b = {0};
	bool ok;

	*o = (struct ov_oordeel){.mag = true, .delen = OV_D_ALLE};
	if (ov_ctl_alles(c) || r->nr == 0)
		return true;
	ok = ov_ctl_ok(c,
	         ov_bron_bericht(c->st, r->nr, r->srt, r->concept, &b, &e),
	         &e) &&
	     ov_ctl_mag(c, mag, &b.f, r->nr, o);
	ov_bron_free(&b);
	return ok;
}

bool
ov_inbox_may(struct ov_ctl *c, int64_t nr, unsigned mag, struct ov_oordeel *o)
{
	struct ov_err e = {0};
	struct row r;

	return ov_ctl_ok(c, find(c->st, nr, &r, &e), &e) &&
	       allowed(c, &r, mag, o);
}

static void
show_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_gelezen g = {.tabel = "bericht", .record = nr};
	struct ov_claims cl = {0};
	struct ov_err e = {0};
	struct ov_oordeel o;
	struct row r;
	json_t *j;
	enum ov_rc rc;

	if (!ov_ctl_args(c) || !ov_ctl_ok(c, find(c->st, nr, &r, &e), &e) ||
	    !allowed(c, &r, OV_MAG_INZIEN, &o))
		return;
	rc = strcmp(r.stand, "ONBEKEND") == 0
	         ? OV_DENIED /* also where the content is open to us */
	         : ov_bericht_open(c->st, nr, &cl, &e);
	if (rc == OV_DENIED) {
		ov_ctl_fout(c, closed_code(&r), NULL);
	} else if (ov_unreadable(rc)) {
		if (ov_ctl_ok(c, ov_aside_now(c->st, "bericht", nr, &e, &e),
		        &e))
			ov_ctl_fout(c, "onleesbaar", NULL);
	} else if (ov_ctl_ok(c, rc, &e)) {
		g.grond = grond_of(&cl);
		if (ov_ctl_read_log(c, "show", &g, 1)) {
			j = j_row(c->st, &r, true);
			(void)ov_j_set(j, "jti", ov_j_id(cl.jti, 16));
			ov_ctl_toon(c, j, r.srt, ov_jn_json(cl.inhoud), &o);
			if (ov_correctie_toon(c, nr, j, &o)) {
				ov_ctl_row(c, j);
				ov_ctl_end(c, NULL);
			} else {
				json_decref(j);
			}
		}
	}
	ov_claims_free(&cl);
}

enum ov_rc
ov_j_bericht(struct ov_store *st, int64_t nr, json_t **out, struct ov_err *e)
{
	struct row r;
	enum ov_rc rc;

	*out = NULL;
	if ((rc = find(st, nr, &r, e)) != OV_OK)
		return rc;
	if (r.nr == 0)
		return ov_fail(e, OV_DENIED, "no such message");
	*out = j_row(st, &r, true);
	return *out != NULL ? OV_OK : ov_fail(e, OV_NOSPACE, "out of memory");
}

/* ---- judging ---- */

/* Move to a state, from one of those that lead there, and tell the sender. */
static enum ov_rc
judge(struct ov_store *st, const struct row *r, const char *naar,
    const struct ov_ontvangst *o, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE bericht SET stand=?2,reden=?3,verwerkt=?4 WHERE nr=?1"
	    " AND gesloten=0",
	    "ittt", r->nr, naar, o->reden, o->moment);
	if (rc == OV_OK && ov_db_changes(st->db) != 1)
		rc = ov_fail(e, OV_DENIED, "state does not fit");
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO afhandeling(bericht,tijd) VALUES(?1,?2)"
		    " ON CONFLICT DO NOTHING",
		    "ii", r->nr, ov_now(st));
	if (rc == OV_OK)
		rc = ov_stand_note(st, r->nr, naar, e);
	if (rc == OV_OK)
		rc = ov_ontvangst_queue(st, r->nr, o, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

static bool
may_become(const char *van, const char *naar)
{
	static const struct {
		const char *van, *naar;
	} t[] = {{"ONTVANGEN", "GEACCEPTEERD"}, {"GEKOPPELD", "GEACCEPTEERD"},
	    {"IN-BEOORDELING", "GEACCEPTEERD"}, {"ONTVANGEN", "AFGEWEZEN"},
	    {"GEKOPPELD", "AFGEWEZEN"}, {"IN-BEOORDELING", "AFGEWEZEN"},
	    {"GEACCEPTEERD", "VERWERKT"}, {"GEKOPPELD", "VERWERKT"},
	    {"IN-BEOORDELING", "VERWERKT"}, {"ONTVANGEN", "VERWERKT"}};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (strcmp(t[i].van, van) == 0 && strcmp(t[i].naar, naar) == 0)
			return true;
	return false;
}

static void
judged(struct ov_ctl *c, int64_t nr, const char *naar,
    const struct ov_ontvangst *o)
{
	struct ov_oordeel toegang;
	struct ov_err e = {0};
	struct row r;
	enum ov_rc rc;

	if (!ov_ctl_ok(c, find(c->st, nr, &r, &e), &e) ||
	    !allowed(c, &r, OV_MAG_BESLISSEN, &toegang))
		return;
	if (r.nr == 0 || r.gesloten || strcmp(r.srt, "ontvangst") == 0) {
		ov_ctl_fout(c,
		    r.nr == 0 || r.gesloten ? closed_code(&r)
		                            : "stand-past-niet",
		    NULL);
		return;
	}
	if (!may_become(r.stand, naar)) {
		ov_ctl_fout(c, "stand-past-niet", NULL);
		return;
	}
	if (strcmp(r.srt, "correctie") == 0) {
		if (o->moment != NULL)
			ov_ctl_fout(c, "stand-past-niet", NULL);
		else if (strcmp(naar, "AFGEWEZEN") != 0)
			ov_about_judge(c, nr, NULL);
		else
			ov_about_judge(c, nr, o->reden != NULL ? o->reden : "");
		return;
	}
	rc = judge(c->st, &r, naar, o, &e);
	if (rc == OV_DENIED)
		ov_ctl_fout(c, "niet-toegestaan", NULL);
	else if (rc == OV_BADMSG)
		ov_ctl_fout(c, "code-onbekend", NULL);
	else if (ov_ctl_ok(c, rc, &e)) {
		ov_deliver_kick(c->st);
		ov_ctl_end(c, json_pack("{s:s}", "stand", naar));
	}
}

static void
accept_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_ontvangst o = {.functioneel = "geaccepteerd"};

	(void)ov_ctl_text(c, "reden", 200); /* stays here: not on the wire */
	if (ov_ctl_args(c))
		judged(c, nr, "GEACCEPTEERD", &o);
}

static void
reject_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_ontvangst o = {.functioneel = "afgewezen"};

	o.reden = ov_ctl_text(c, "reden", 40);
	if (ov_ctl_args(c))
		judged(c, nr, "AFGEWEZEN", &o);
}

static void
process_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_ontvangst o = {.functioneel = "verwerkt"};

	o.moment = ov_ctl_text(c, "moment", 40);
	if (o.moment == NULL)
		o.moment = "intake";
	if (ov_ctl_args(c))
		judged(c, nr, "VERWERKT", &o);
}

/* ---- linking by hand ---- */

static void
linked(struct ov_ctl *c, enum ov_rc rc, const struct ov_err *e, int64_t nr)
{
	struct ov_err why = {0};
	struct row r;

	if (rc == OV_DENIED) {
		ov_ctl_fout(c, "stand-past-niet", NULL);
		return;
	}
	if (ov_ctl_ok(c, rc, e) &&
	    ov_ctl_ok(c, find(c->st, nr, &r, &why), &why))
		ov_ctl_end(c, json_pack("{s:s}", "stand", r.stand));
}

static void
link_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	int64_t leerling = ov_ctl_int(c, "leerling");
	const char *ref = ov_ctl_text(c, "eigenReferentie", REF_MAX);
	bool nee = ov_ctl_flag(c, "nee");
	struct ov_oordeel o;
	struct ov_err e = {0};

	if (!ov_ctl_args(c) || !ov_inbox_may(c, nr, OV_MAG_BESLISSEN, &o))
		return;
	if (nee && (leerling != 0 || ref != NULL)) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return;
	}
	if (nee) {
		linked(c, ov_link_refuse(c->st, nr, c->uid, &e), &e, nr);
		return;
	}
	if (ref != NULL && leerling == 0 &&
	    !ov_ctl_ok(c, ov_pupil_by_ref(c->st, ref, &leerling, &e), &e))
		return;
	if (ref != NULL && leerling == 0)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	else
		linked(c, ov_link_decide(c->st, nr, leerling, &e), &e, nr);
}

/* Who read message nr while it was open: rows. */
static enum ov_rc
readers(struct ov_ctl *c, int64_t nr, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, e,
	    "SELECT g.tijd,g.account,g.handeling FROM datalek d JOIN gelezen g"
	    " ON g.tabel='bericht' AND g.record=d.bericht AND"
	    " g.tijd>=d.open_sinds AND g.tijd<=d.tijd WHERE d.nr=(SELECT"
	    " max(nr) FROM datalek WHERE bericht=?1) ORDER BY g.nr LIMIT 1000",
	    "i", nr);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row)
		ov_ctl_row(c, json_pack("{s:o,s:I,s:s}", "tijd",
		                  ov_j_moment(ov_db_i64(q, 0)), "account",
		                  (json_int_t)ov_db_i64(q, 1), "handeling",
		                  ov_db_text(q, 2)));
	ov_db_done(c->st->db, q);
	return rc;
}

static void
unlink_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	const char *reden = ov_ctl_text(c, "reden", 200);
	struct ov_oordeel o;
	struct ov_err e = {0};
	enum ov_rc rc;

	if (!ov_ctl_args(c) || !ov_inbox_may(c, nr, OV_MAG_BESLISSEN, &o))
		return;
	rc = ov_link_undo(c->st, nr, reden != NULL ? reden : "ontkoppeld",
	    c->uid, &e);
	if (rc == OV_OK)
		rc = readers(c, nr, &e);
	linked(c, rc, &e, nr);
}

/* The breach note of a message was judged: it leaves the worklist. */
static void
breach_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_oordeel o;
	struct ov_err e = {0};
	enum ov_rc rc;

	if (!ov_ctl_args(c) || !ov_inbox_may(c, nr, OV_MAG_BESLISSEN, &o) ||
	    !ov_ctl_ok(c, ov_tx_begin(c->st, &e), &e))
		return;
	rc = ov_db_run(c->st->db, &e,
	    "UPDATE datalek SET beoordeeld=?2 WHERE bericht=?1"
	    " AND beoordeeld=0",
	    "ii", nr, ov_now(c->st));
	if (rc == OV_OK && ov_db_changes(c->st->db) == 0)
		rc = ov_fail(&e, OV_DENIED, "no breach note");
	if (rc == OV_OK)
		rc = ov_tx_commit(c->st, &e);
	if (rc != OV_OK)
		ov_tx_abort(c->st);
	linked(c, rc, &e, nr);
}

/* ---- export ---- */

static void
export_start(struct ov_ctl *c)
{
	struct list *l = c->state;
	const char *p = ov_jo_str(&c->in, "profiel", sizeof(l->srt) - 1);
	const char *sinds = ov_ctl_text(c, "sinds", 32);

	memcpy(l->srt, p, strlen(p) + 1);
	if (!ov_ctl_args(c))
		return;
	if (ov_types_latest(c->st->types, l->srt) == NULL)
		ov_ctl_fout(c, "profiel-onbekend", NULL);
	else if (!ov_ctl_ooit(c, OV_MAG_EXPORTEREN, l->srt))
		return;
	else if (!since(sinds, &l->sinds))
		ov_ctl_fout(c, "datum-ongeldig", NULL);
}

/* What of a message may be exported; nothing: it stays out. */
static enum ov_rc
export_may(struct ov_ctl *c, const struct row *r, struct ov_oordeel *o,
    struct ov_err *e)
{
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_bron b;
	enum ov_rc rc;

	*o = (struct ov_oordeel){.mag = true, .delen = OV_D_ALLE};
	if (w.alles)
		return OV_OK;
	rc = ov_bron_bericht(c->st, r->nr, r->srt, r->concept, &b, e);
	if (rc == OV_OK)
		*o = ov_wie_oordeel(c->st, &w, OV_MAG_EXPORTEREN, &b.f);
	ov_bron_free(&b);
	return rc;
}

/* A page of open messages: logged as a whole, then shown.  One that cannot be
 * read is set aside, and the others go on. */
static size_t
export_page(struct ov_ctl *c, struct row *r, size_t n)
{
	static struct ov_claims cl[OV_CTL_PAGE];
	struct list *l = c->state;
	struct ov_gelezen g[OV_CTL_PAGE];
	struct ov_oordeel o[OV_CTL_PAGE];
	struct ov_err e = {0};
	size_t k = 0;
	json_t *j;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if ((rc = export_may(c, &r[i], &o[k], &e)) != OV_OK)
			break;
		if (o[k].delen == 0) {
			l->verborgen++;
			continue;
		}
		rc = ov_bericht_open(c->st, r[i].nr, &cl[k], &e);
		if (rc == OV_OK) {
			g[k] = (struct ov_gelezen){.tabel = "bericht",
			    .record = r[i].nr,
			    .grond = grond_of(&cl[k])};
			r[k++] = r[i];
			continue;
		}
		ov_claims_free(&cl[k]);
		if (ov_unreadable(rc))
			rc = ov_aside_now(c->st, "bericht", r[i].nr, &e, &e);
	}
	if (ov_ctl_ok(c, rc, &e) &&
	    (k == 0 || ov_ctl_read_log(c, "export", g, k))) {
		for (size_t i = 0; i < k; i++) {
			j = j_row(c->st, &r[i], true);
			ov_ctl_toon(c, j, r[i].srt, ov_jn_json(cl[i].inhoud),
			    &o[i]);
			ov_ctl_row(c, j);
		}
	}
	for (size_t i = 0; i < k; i++)
		ov_claims_free(&cl[i]);
	return k;
}

static void
export_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct row r[OV_CTL_PAGE];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    ROW " WHERE b.nr>?1 AND b.srt=?2 AND b.ontvangen>=?3"
	        " AND b.gesloten=0 AND b.inhoud IS NOT NULL AND b.stand IN"
	        " ('ONTVANGEN','GEKOPPELD','IN-BEOORDELING','GEACCEPTEERD',"
	        "'VERWERKT') ORDER BY b.nr LIMIT 64",
	    "iti", l->at, l->srt, l->sinds);
	if (!ov_ctl_page(c, rc, q, row_read, r, sizeof(*r), &n, &e))
		return;
	if (n > 0) {
		l->at = r[n - 1].nr;
		l->n += (int64_t)export_page(c, r, n);
	}
	if (n < OV_CTL_PAGE && !c->done)
		ov_ctl_end(c, json_pack("{s:I,s:I}", "aantal", (json_int_t)l->n,
		                  "verborgen", (json_int_t)l->verborgen));
}

const struct ov_ctl_cmd ov_ctl_inbox[] = {
    {.name = "inbox.list",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "inbox.show", .mag = OV_MAG_INZIEN, .start = show_start},
    {.name = "inbox.link", .mag = OV_MAG_BESLISSEN, .start = link_start},
    {.name = "inbox.unlink", .mag = OV_MAG_BESLISSEN, .start = unlink_start},
    {.name = "inbox.breach", .mag = OV_MAG_BESLISSEN, .start = breach_start},
    {.name = "inbox.accept", .mag = OV_MAG_BESLISSEN, .start = accept_start},
    {.name = "inbox.reject", .mag = OV_MAG_BESLISSEN, .start = reject_start},
    {.name = "inbox.process", .mag = OV_MAG_BESLISSEN, .start = process_start},
    {0},
};

const struct ov_ctl_cmd ov_ctl_export[] = {
    {.name = "export",
        .mag = OV_MAG_EXPORTEREN,
        .size = sizeof(struct list),
        .start = export_start,
        .step = export_step},
    {0},
};
