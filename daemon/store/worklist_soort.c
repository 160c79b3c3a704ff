/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/worklist_soort.c - the kinds of a worklist: which stored rows
 * each looks at, and what it finds in them.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/link.h"
#include "daemon/store/worklist.h"

/* What was noted about message m before the moment ?2, the last word. */
#define NOTED(m, what)                                                         \
	"(SELECT s." what " FROM bericht_stand s WHERE s.bericht=" m ".nr"     \
	" AND s.tijd<?2 ORDER BY s.nr DESC LIMIT 1)"
/* Its state then.  The one it arrived in is not noted: what was linked or in
 * doubt later was not known, and the rest had only been received. */
#define STAND_OF(m)                                                            \
	"ifnull(" NOTED(m, "stand") ",ifnull((SELECT iif(s.stand IN"           \
	                            " ('GEKOPPELD','TWIJFEL') OR " m           \
	                            ".gesloten=1,'ONBEKEND','ONTVANGEN')"      \
	                            " FROM bericht_stand s WHERE s.bericht=" m \
	                            ".nr ORDER BY s.nr"                        \
	                            " LIMIT 1)," m ".stand))"
#define STAND STAND_OF("b")
/* Whom it was about then: NULL, nobody. */
#define WIE_OF(m) NOTED(m, "leerling")
#define SINDS "ifnull(" NOTED("b", "tijd") ",b.ontvangen)"
#define IN(sinds)                                                              \
	"SELECT b.nr,b.partner," sinds                                         \
	",iif(b.gesloten=0," WIE_OF("b") ",0),0,"                              \
	                                 "b.srt,b.zaak FROM bericht b WHERE "  \
	                                 "b.nr>?1 AND b.ontvangen<?2 AND "
#define UIT                                                                    \
	"SELECT u.nr,u.partner,u.opgesteld,0,u.concept,u.srt,u.zaak"           \
	" FROM uitgaand u WHERE u.nr>?1 AND u.opgesteld<?2 AND "
#define ORDER " ORDER BY 1 LIMIT 64"
/* The day of the list: ?2, the Dutch midnight that ends it, is in UTC still on
 * it. */
#define DAG "date(?2,'unixepoch')"

#define WARM                                                                   \
	"b.srt='warme-overdracht' AND b.gesloten=0 AND " STAND                 \
	" NOT IN ('ONBEKEND','TWIJFEL','TERZIJDE','VERNIETIGD','AFGEWEZEN')"   \
	" AND NOT EXISTS (SELECT 1 FROM bericht n WHERE n.zaak=b.zaak AND"     \
	" n.srt=b.srt AND n.nr>b.nr AND n.ontvangen<?2)"

/* Its content is there to be read; what became of it is told by STAND. */
#define READABLE(m)                                                            \
	m ".gesloten=0 AND " m ".inhoud IS NOT NULL AND " m ".stand NOT IN"    \
	  " ('TERZIJDE','VERNIETIGD')"
#define NOTICE                                                                 \
	"b.srt IN ('uitschrijving','verzuimmelding') AND b.rol IN"             \
	" ('leerplicht','doorstroompunt') AND " READABLE(                      \
	    "b") " AND " STAND " NOT IN ('AFGEWEZEN','INGETROKKEN')"
/* A notice m in the case of b: a direct copy, and the same with the number
 * that DUO gave it meanwhile. */
#define SAME(m) m ".zaak=b.zaak AND " m ".partner=b.partner AND " m ".srt=b.srt"
/* A status n about the pupil of b, that there was on the day. */
#define LATER                                                                  \
	"n.leerling=" WIE_OF(                                                  \
	    "b") " AND n.srt='overstapstatus' AND"                             \
	         " n.ontvangen<?2 AND " READABLE("n") " AND " WIE_OF(          \
	             "n") "=n.leerling"                                        \
	                  " AND " STAND_OF("n") "<>'INGETROKKEN'"

static const struct {
	bool uit;
	const char *sql;
} kinds[OV_W_N] = {
    [OV_W_BEOORDELEN] = {false,
        IN("b.ontvangen") "b.srt='overstapdossier' AND b.rol='mbo' AND " STAND
                          " IN ('GEKOPPELD','IN-BEOORDELING')" ORDER},
    [OV_W_TWIJFEL] = {false, IN(SINDS) STAND "='TWIJFEL'" ORDER},
    [OV_W_WARM] = {false,
        IN("b.ontvangen") "b.srt='overstapdossier' AND b.gesloten=0 AND " STAND
                          " IN "
                          "('GEKOPPELD','IN-BEOORDELING','GEACCEPTEERD','"
                          "VERWERKT')"
                          " AND NOT EXISTS (SELECT 1 FROM bericht n WHERE "
                          "n.zaak=b.zaak AND"
                          " n.srt='warme-overdracht' AND n.ontvangen<?2) AND "
                          "NOT EXISTS"
                          " (SELECT 1 FROM uitgaand n WHERE n.zaak=b.zaak AND"
                          " n.srt='warme-overdracht' AND "
                          "n.opgesteld<?2)" ORDER},
    [OV_W_AFSPRAAK] = {false, IN("b.ontvangen") WARM ORDER},
    [OV_W_MONITORING] = {false, IN("b.ontvangen") WARM ORDER},
    [OV_W_STATUS] = {false,
        IN(SINDS) "b.srt='overstapdossier' AND " STAND
                  " IN ('GEACCEPTEERD','VERWERKT') AND NOT EXISTS (SELECT 1 "
                  "FROM"
                  " uitgaand n WHERE n.zaak=b.zaak AND n.srt='overstapstatus'"
                  " AND n.opgesteld<?2)" ORDER},
    /* A case is one row: its newest notice, since the first one. */
    [OV_W_CONTACT] = {false,
        IN("ifnull((SELECT min(f.ontvangen) FROM bericht f WHERE " SAME(
            "f") "),b.ontvangen)") NOTICE
        " AND NOT EXISTS (SELECT 1 FROM bericht n "
        "WHERE " SAME("n") " AND n.nr>b.nr AND "
                           "n.ontvangen<?2 AND " READABLE("n") " AND " STAND_OF(
                               "n") " "
                                    "N"
                                    "O"
                                    "T"
                                    " "
                                    "I"
                                    "N"
                                    " "
                                    "("
                                    "'"
                                    "A"
                                    "F"
                                    "G"
                                    "E"
                                    "W"
                                    "E"
                                    "Z"
                                    "E"
                                    "N"
                                    "'"
                                    ","
                                    "'"
                                    "I"
                                    "N"
                                    "G"
                                    "E"
                                    "T"
                                    "R"
                                    "O"
                                    "K"
                                    "K"
                                    "E"
                                    "N"
                                    "'"
                                    ")"
                                    ")" ORDER},
    [OV_W_DATALEK] = {false,
        "SELECT b.nr,b.partner,d.tijd,0,0,b.srt,b.zaak FROM datalek d"
        " JOIN bericht b ON b.nr=d.bericht WHERE b.nr>?1 AND d.tijd<?2"
        " AND (d.beoordeeld=0 OR d.beoordeeld>=?2) GROUP BY b.nr" ORDER},
    [OV_W_GEEN_ONTVANGER] = {true, UIT "u.stand='GEEN-ONTVANGER'" ORDER},
    [OV_W_NIET_GEKOPPELD] = {true,
        UIT "EXISTS (SELECT 1 FROM terugmelding t JOIN bericht b ON"
            " b.nr=t.bericht WHERE t.uitgaand=u.nr AND b.ontvangen<?2 AND"
            " t.woord='niet-gekoppeld') AND NOT EXISTS (SELECT 1 FROM"
            " terugmelding t JOIN bericht b ON b.nr=t.bericht WHERE"
            " t.uitgaand=u.nr AND b.ontvangen<?2 AND"
            " t.woord<>'niet-gekoppeld')" ORDER},
    [OV_W_DUO] = {true,
        UIT "u.srt='verzuimmelding' AND u.concept IS NOT NULL AND u.stand"
            " NOT IN ('GEWEIGERD','INGETROKKEN','GEEN-ONTVANGER')" ORDER},
    [OV_W_SIGNAAL] = {false,
        IN("b.ontvangen") NOTICE " AND " WIE_OF("b") " IS NOT NULL" ORDER},
    [OV_W_ZOMERLEK] = {false,
        IN("b.ontvangen") "b.srt='overstapstatus' AND " READABLE(
            "b") " AND " WIE_OF("b") " IS NOT NULL AND " STAND
                                     "<>'INGETROKKEN' AND b.rol IN"
                                     " ('leerplicht','doorstroompunt') AND NOT "
                                     "EXISTS"
                                     " (SELECT 1 FROM bericht n WHERE " LATER
                                     " AND n.nr>b.nr)" ORDER},
    /* Whose data can be opened, and about whom there was no status. */
    [OV_W_GEEN_STATUS] = {false,
        "SELECT l.nr,0,l.geladen,l.nr,0,'leerlingen',NULL FROM leerling l"
        " WHERE l.nr>?1 AND ?2>0 AND l.eigen=1 AND l.gegevens IS NOT NULL"
        " AND l.stand<>'zonder-pgn' AND NOT EXISTS (SELECT 1 FROM terzijde z"
        " WHERE z.tabel='leerling' AND z.record=l.nr) AND NOT EXISTS"
        " (SELECT 1 FROM bericht n WHERE n.leerling=l.nr AND"
        " n.srt='overstapstatus' AND n.ontvangen<?2 AND " READABLE(
            "n") " AND " WIE_OF("n") "=l.nr AND " STAND_OF("n") "<>'"
                                                                "INGETROKKEN'"
                                                                ")" ORDER},
    [OV_W_OPVOLGER] = {false,
        "SELECT c.nr,0,unixepoch(c.tot,'+12 hours'),0,0,c.srt,NULL FROM"
        " contact c WHERE c.nr>?1 AND" OV_CONTACT_EINDIGT(DAG) ORDER},
    [OV_W_GESTUIT] = {false,
        "SELECT g.nr,g.partner,g.tijd,0,0,g.srt,NULL FROM contact_gestuit g"
        " WHERE g.nr>?1 AND g.tijd<?2" ORDER},
};

const char *
ov_onbekend_sql(void)
{
	return "SELECT b.srt,count(*) FROM bericht b WHERE b.ontvangen<?2 AND"
	       " b.nr>?1 AND " STAND "='ONBEKEND' GROUP BY 1";
}

const char *
ov_taak_sql(enum ov_werk w, bool *uit)
{
	*uit = kinds[w].uit;
	return kinds[w].sql;
}

/* What a kind finds in the content of a message; the row stays out of the list
 * unless it sets toon. */
struct vraag {
	struct ov_store *st;
	struct ov_taak *t;
	const struct ov_werk_term *r;
	const struct ov_claims *cl;
	const struct ov_jn *in; /* its content */
	int32_t at;
	int64_t einde;
};

static const char *
grond_of(const struct ov_jn *inhoud)
{
	return ov_jn_text(ov_jn_get(inhoud, "grondslag"));
}

void
ov_taak_lees(struct ov_taak *t, const char *tabel, int64_t record,
    const char *grond)
{
	size_t n = t->nlees;

	if (n == OV_TAAK_LEES)
		return;
	t->lees[n].tabel = tabel;
	t->lees[n].record = record;
	(void)snprintf(t->lees[n].grond, sizeof(t->lees[n].grond), "%s",
	    grond != NULL ? grond : "");
	t->nlees++;
}

static bool
day(const struct ov_jn *v, int32_t *out)
{
	struct ov_date d;

	if (ov_date_parse(ov_jn_view(v), &d) != OV_OK)
		return false;
	*out = ov_date_days(d);
	return true;
}

static void
due_on(const struct vraag *q, int32_t dag)
{
	q->t->uiterlijk = ov_werk_uiterlijk(q->r, q->st->kalender, dag);
	q->t->toon = ov_werk_zichtbaar(q->r, q->t->uiterlijk, q->at);
}

static enum ov_rc
warm(const struct vraag *q, struct ov_err *e)
{
	unsigned mask = ov_risico(q->st->werk, q->in) |
	                ov_risico_ingevuld(q->in);
	char text[OV_RISICO_SIZE];

	(void)e;
	if (mask == 0 &&
	    !ov_jn_is(ov_jn_get(q->in, "warmeOverdrachtGewenst"), OV_J_TRUE))
		return OV_OK;
	ov_risico_text(text, mask);
	(void)ov_j_set(q->t->meer, "risico", json_string(text));
	due_on(q, q->t->begin);
	return OV_OK;
}

/* The earliest agreement that is still open. */
static enum ov_rc
afspraak(const struct vraag *q, struct ov_err *e)
{
	const struct ov_jn *v;
	int32_t d, first = INT32_MAX;

	(void)e;
	for (v = ov_jn_first(ov_jn_get(q->in, "afspraken")); v != NULL;
	     v = ov_jn_next(v))
		if (ov_jn_eq(ov_jn_get(v, "status"), "open") &&
		    day(ov_jn_get(v, "uitersteDatum"), &d) && d < first)
			first = d;
	if (first != INT32_MAX)
		due_on(q, first);
	return OV_OK;
}

static enum ov_rc
monitoring(const struct vraag *q, struct ov_err *e)
{
	int32_t d;

	(void)e;
	if (day(ov_jn_get(q->in, "monitoringTot"), &d))
		due_on(q, d);
	return OV_OK;
}

/* How late the school was, by the table and from the day it signed; nothing
 * where no term binds it. */
static void
school_late(const struct vraag *q)
{
	const struct ov_lid *lid = ov_book_oin(q->st->boek, &q->cl->iss);
	struct ov_kal_termijn t;
	char tot[OV_DATE_SIZE];

	if (lid == NULL || !ov_kal_te_laat(q->st->kalender, q->t->srt, lid->rol,
	                       q->in, ov_date_nl(q->cl->iat), &t))
		return;
	ov_date_fmt(tot, t.uiterlijk);
	(void)ov_j_set(q->t->meer, "schoolUiterlijk", json_string(tot));
	(void)ov_j_set(q->t->meer, "schoolDagenTeLaat", json_integer(t.laat));
	(void)ov_j_set(q->t->meer, "schoolBron", json_string(t.bron));
}

/* A notice: by our own term, and beside it how late the school was. */
static enum ov_rc
contact(const struct vraag *q, struct ov_err *e)
{
	OV_JSON *f = NULL;
	struct ov_taak *t = q->t;
	enum ov_rc rc;

	if (t->has_zaak) {
		rc = ov_verloop_at(q->st, t->zaak, q->einde, &f, e);
		if (rc != OV_OK)
			return rc;
	}
	if (json_object_get(f, "eersteContact") != NULL ||
	    json_object_get(f, "trajectEinde") != NULL)
		return OV_OK;
	due_on(q, t->begin);
	(void)ov_j_set(t->meer, "bekend", json_boolean(t->leerling != 0));
	school_late(q);
	return OV_OK;
}

/* The newest status about the pupil since `van`: what it changes in the case,
 * NULL when nothing; *tijd when it came. */
static enum ov_rc
newest_status(const struct vraag *q, int64_t van, const char **wat,
    int64_t *tijd, struct ov_err *e)
{
	struct ov_claims cl = {0};
	struct ov_err why = {0};
	const struct ov_jn *s;
	sqlite3_stmt *st;
	int64_t nr = 0;
	enum ov_rc rc;
	bool row;

	*wat = NULL;
	rc = ov_db_q(q->st->db, &st, e,
	    "SELECT n.nr,n.ontvangen FROM bericht n WHERE n.leerling=?1 AND"
	    " n.srt='overstapstatus' AND n.ontvangen>=?3 AND n.ontvangen<?2"
	    " AND " READABLE("n") " AND " WIE_OF("n") "=?1 AND " STAND_OF(
	        "n") "<>'INGETROKKEN' ORDER BY n.nr DESC LIMIT 1",
	    "iii", q->t->leerling, q->einde, van);
	if (rc == OV_OK && (rc = ov_db_next(q->st->db, st, &row, e)) == OV_OK &&
	    row) {
		nr = ov_db_i64(st, 0);
		*tijd = ov_db_i64(st, 1);
	}
	ov_db_done(q->st->db, st);
	if (rc != OV_OK || nr == 0)
		return rc;
	rc = ov_bericht_open(q->st, nr, &cl, &why);
	s = ov_jn_get(cl.inhoud, "status");
	if (rc == OV_OK)
		ov_taak_lees(q->t, "bericht", nr, grond_of(cl.inhoud));
	if (rc == OV_OK &&
	    ov_jn_is(ov_jn_get(cl.inhoud, "heeftStartkwalificatie"), OV_J_TRUE))
		*wat = "startkwalificatie";
	else if (rc == OV_OK &&
	         (ov_jn_eq(s, "ingeschreven") || ov_jn_eq(s, "gestart")))
		*wat = "terug-naar-school";
	else if (ov_unreadable(rc))
		rc = ov_aside_now(q->st, "bericht", nr, &why, e);
	else if (rc == OV_DENIED)
		rc = OV_OK;
	else if (rc != OV_OK)
		*e = why;
	ov_claims_free(&cl);
	return rc;
}

/* The day of the startkwalificatie in our own administration, when it is after
 * the notice and not after the day of the list.  A pupil that cannot be read
 * has none. */
static enum ov_rc
qualified(const struct vraag *q, int32_t *dag, struct ov_err *e)
{
	struct ov_pupil_data p = {0};
	struct ov_date d;
	enum ov_rc rc;

	*dag = 0;
	rc = ov_pupil_open(q->st, q->t->leerling, &p, e);
	if (rc == OV_OK && p.meer[OV_MEER_SK][0] != '\0' &&
	    ov_date_parse(ov_view_str(p.meer[OV_MEER_SK]), &d) == OV_OK &&
	    ov_date_days(d) >= q->t->begin && ov_date_days(d) <= q->at) {
		*dag = ov_date_days(d);
		ov_taak_lees(q->t, "leerling", q->t->leerling,
		    "RMC-REGISTRATIE");
	}
	ov_pupil_free(&p);
	return ov_unreadable(rc) ? OV_OK : rc;
}

/* A case with a notice, about whose pupil something new is known. */
static enum ov_rc
signaal(const struct vraag *q, struct ov_err *e)
{
	OV_JSON *f = NULL;
	const char *wat;
	int64_t tijd = 0;
	int32_t dag;
	enum ov_rc rc;

	if (q->t->has_zaak &&
	    (rc = ov_verloop_at(q->st, q->t->zaak, q->einde, &f, e)) != OV_OK)
		return rc;
	if (json_object_get(f, "trajectEinde") != NULL ||
	    json_object_get(f, "bestemming") != NULL)
		return OV_OK;
	if ((rc = qualified(q, &dag, e)) != OV_OK)
		return rc;
	if (dag != 0)
		wat = "startkwalificatie";
	else if ((rc = newest_status(q, q->t->sinds, &wat, &tijd, e)) !=
	             OV_OK ||
	         wat == NULL)
		return rc;
	else
		dag = ov_date_days(ov_date_nl(tijd));
	q->t->begin = dag;
	(void)ov_j_set(q->t->meer, "signaal", json_string(wat));
	due_on(q, q->t->begin);
	return OV_OK;
}

#define OV_ZAKEN 16

static bool
since(const json_t *f, const char *veld, const char *van)
{
	const char *s = json_string_value(json_object_get(f, veld));

	return s != NULL && strcmp(s, van) >= 0;
}

/* Did somebody here see this pupil since `van`: a contact or an intake of that
 * time, or guidance that has not ended, in any case about him? */
static enum ov_rc
in_view(const struct vraag *q, int32_t van, bool *yes, struct ov_err *e)
{
	uint8_t zaak[OV_ZAKEN][16];
	char text[OV_DATE_SIZE];
	sqlite3_stmt *s;
	size_t n = 0;
	enum ov_rc rc;
	bool row;

	*yes = false;
	ov_date_fmt(text, ov_date_from_days(van));
	rc = ov_db_q(q->st->db, &s, e,
	    "SELECT DISTINCT b.zaak FROM bericht b WHERE b.leerling=?1 AND"
	    " b.zaak IS NOT NULL AND " WIE_OF(
	        "b") "=?1 AND EXISTS (SELECT 1"
	             " FROM zaak_verloop v WHERE v.zaak=b.zaak AND v.tijd<?2)"
	             " ORDER BY b.nr DESC LIMIT 16",
	    "ii", q->t->leerling, q->einde);
	while (rc == OV_OK && n < OV_ZAKEN &&
	       (rc = ov_db_next(q->st->db, s, &row, e)) == OV_OK && row)
		rc = ov_db_fix(s, 0, zaak[n++], 16, e);
	ov_db_done(q->st->db, s);
	for (size_t i = 0; i < n && rc == OV_OK && !*yes; i++) {
		OV_JSON *f = NULL;

		rc = ov_verloop_at(q->st, zaak[i], q->einde, &f, e);
		*yes = rc == OV_OK &&
		       (since(f, "eersteContact", text) ||
		           since(f, "intakeDatum", text) ||
		           (json_object_get(f, "trajectStart") != NULL &&
		               json_object_get(f, "trajectEinde") == NULL));
	}
	return rc;
}

/* Of whom nobody said anything: who should begin this year, without a
 * startkwalificatie. */
static enum ov_rc
no_status(const struct vraag *q, struct ov_err *e)
{
	struct ov_date day = ov_date_from_days(q->at), aug = {day.y, 8, 1}, sk;
	struct ov_pupil_data p = {0};
	char year[8];
	bool due, seen;
	enum ov_rc rc;

	if (!ov_zomerlek(NULL, q->at))
		return OV_OK;
	(void)snprintf(year, sizeof(year), "%d", day.y);
	rc = ov_pupil_open(q->st, q->t->leerling, &p, e);
	due = rc == OV_OK && strcmp(p.meer[OV_MEER_INSTROOM], year) == 0 &&
	      (ov_date_parse(ov_view_str(p.meer[OV_MEER_SK]), &sk) != OV_OK ||
	          ov_date_days(sk) > q->at);
	if (due)
		(void)snprintf(q->t->woon, sizeof(q->t->woon), "%s",
		    p.meer[OV_MEER_WOONGEMEENTE]);
	ov_pupil_free(&p);
	if (rc != OV_OK || !due)
		return ov_unreadable(rc) ? OV_OK : rc;
	if ((rc = in_view(q, ov_date_days(aug), &seen, e)) != OV_OK || seen)
		return rc;
	q->t->begin = ov_date_days(aug);
	ov_taak_lees(q->t, "leerling", q->t->leerling, "RMC-REGISTRATIE");
	due_on(q, q->t->begin);
	return OV_OK;
}

/* From 1 August of the year of the list. */
static enum ov_rc
zomerlek(const struct vraag *q, struct ov_err *e)
{
	struct ov_date aug = {ov_date_from_days(q->at).y, 8, 1};
	const char *status = ov_jn_text(ov_jn_get(q->in, "status"));
	bool seen;
	enum ov_rc rc;

	if (!ov_zomerlek(status, q->at))
		return OV_OK;
	rc = in_view(q, ov_date_days(aug), &seen, e);
	if (rc != OV_OK || seen)
		return rc;
	if (q->t->begin < ov_date_days(aug))
		q->t->begin = ov_date_days(aug);
	(void)ov_j_set(q->t->meer, "status", json_string(status));
	due_on(q, q->t->begin);
	return OV_OK;
}

typedef enum ov_rc vraag_fn(const struct vraag *, struct ov_err *);
static vraag_fn *const inhoud[OV_W_N] = {[OV_W_WARM] = warm,
    [OV_W_AFSPRAAK] = afspraak,
    [OV_W_MONITORING] = monitoring,
    [OV_W_CONTACT] = contact,
    [OV_W_SIGNAAL] = signaal,
    [OV_W_ZOMERLEK] = zomerlek};

static enum ov_rc
read_content(const struct vraag *v, struct ov_err *e)
{
	struct vraag q = *v;
	struct ov_claims cl = {0};
	struct ov_err why = {0};
	enum ov_rc rc;

	rc = ov_bericht_open(q.st, q.t->nr, &cl, &why);
	if (rc == OV_OK) {
		q.cl = &cl;
		q.in = cl.inhoud;
		ov_taak_lees(q.t, "bericht", q.t->nr, grond_of(q.in));
		rc = inhoud[q.t->soort](&q, e);
	} else if (rc == OV_DENIED) {
		rc = OV_OK; /* closed again since that day */
	} else if (ov_unreadable(rc)) {
		rc = ov_aside_now(q.st, "bericht", q.t->nr, &why, e);
	} else {
		*e = why;
	}
	ov_claims_free(&cl);
	return rc;
}

/* A doubt: the two birth dates, and nothing else of the content. */
static enum ov_rc
doubt(const struct vraag *q, struct ov_err *e)
{
	char theirs[OV_DATE_SIZE], ours[OV_DATE_SIZE];
	bool known;
	enum ov_rc rc;

	due_on(q, q->t->begin);
	rc = ov_link_doubt(q->st, q->t->nr, theirs, ours, &q->t->leerling,
	    &known, e);
	if (rc != OV_OK || !known)
		return rc;
	ov_taak_lees(q->t, "bericht", q->t->nr, NULL);
	(void)ov_j_set(q->t->meer, "leerling", json_integer(q->t->leerling));
	(void)ov_j_set(q->t->meer, "geboortedatumBericht", json_string(theirs));
	(void)ov_j_set(q->t->meer, "geboortedatumEigen", json_string(ours));
	return OV_OK;
}

/* An undone link: since when the content was open, and how often it was read. */
static enum ov_rc
breach(const struct vraag *q, struct ov_err *e)
{
	sqlite3_stmt *s;
	enum ov_rc rc;
	bool row;

	due_on(q, q->t->begin);
	rc = ov_db_q(q->st->db, &s, e,
	    "SELECT open_sinds,lezers FROM datalek WHERE bericht=?1"
	    " ORDER BY nr DESC LIMIT 1",
	    "i", q->t->nr);
	if (rc == OV_OK && (rc = ov_db_next(q->st->db, s, &row, e)) == OV_OK &&
	    row) {
		(void)ov_j_set(q->t->meer, "openSinds",
		    ov_j_moment(ov_db_i64(s, 0)));
		(void)ov_j_set(q->t->meer, "gelezen",
		    json_integer(ov_db_i64(s, 1)));
	}
	ov_db_done(q->st->db, s);
	return rc;
}

/* A direct copy, after its working day, whose draft still has no number of the
 * notice to DUO. */
static enum ov_rc
without_duo(const struct vraag *q, struct ov_err *e)
{
	struct ov_draft d = {0};
	struct ov_err why = {0};
	enum ov_rc rc;

	due_on(q, q->t->begin);
	q->t->toon = false;
	if (q->at < q->t->uiterlijk)
		return OV_OK;
	rc = ov_draft_read(q->st, q->t->concept, &d, &why);
	if (rc == OV_OK) {
		q->t->toon = json_object_get(d.inhoud, "duoMeldingsnummer") ==
		             NULL;
		ov_taak_lees(q->t, "concept", q->t->concept,
		    json_string_value(json_object_get(d.inhoud, "grondslag")));
	} else if (rc == OV_DENIED)
		rc = OV_OK; /* the draft went: nothing to put it in */
	else if (ov_unreadable(rc))
		rc = ov_aside_now(q->st, "concept", q->t->concept, &why, e);
	else
		*e = why;
	ov_draft_free(&d);
	return rc;
}

/* Why a notice still waits for its receiver: by code and as a sentence. */
static enum ov_rc
no_receiver(const struct vraag *q, struct ov_err *e)
{
	sqlite3_stmt *s;
	enum ov_rc rc;
	bool row;

	due_on(q, q->t->begin);
	rc = ov_db_q(q->st->db, &s, e,
	    "SELECT fout FROM uitgaand WHERE nr=?1 AND fout IS NOT NULL", "i",
	    q->t->nr);
	if (rc == OV_OK && (rc = ov_db_next(q->st->db, s, &row, e)) == OV_OK &&
	    row) {
		(void)ov_j_set(q->t->meer, "fout",
		    json_string(ov_db_text(s, 0)));
		(void)ov_j_set(q->t->meer, "uitleg",
		    ov_j_sentence(ov_db_text(s, 0)));
	}
	ov_db_done(q->st->db, s);
	return rc;
}

enum ov_rc
ov_taak_oordeel(struct ov_store *st, struct ov_taak *t,
    const struct ov_werk_term *r, int32_t at, int64_t einde, struct ov_err *e)
{
	struct vraag q = {.st = st, .t = t, .r = r, .at = at, .einde = einde};

	t->begin = ov_date_days(ov_date_nl(t->sinds));
	t->toon = false;
	if ((t->meer = json_object()) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (t->soort == OV_W_TWIJFEL)
		return doubt(&q, e);
	if (t->soort == OV_W_DATALEK)
		return breach(&q, e);
	if (t->soort == OV_W_DUO)
		return without_duo(&q, e);
	if (t->soort == OV_W_GEEN_STATUS) {
		t->eigen = true;
		return no_status(&q, e);
	}
	if (t->soort == OV_W_GEEN_ONTVANGER)
		return no_receiver(&q, e);
	if (inhoud[t->soort] != NULL)
		return read_content(&q, e);
	due_on(&q, t->begin);
	return OV_OK;
}
