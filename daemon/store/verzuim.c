/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verzuim.c - records of absence that changed are judged, some a
 * turn of the loop, and their signals become drafts.
 *
 * A signal is known by its kind and first day.  One whose end or hours changed
 * takes the place of the draft that was made of it while nobody touched that;
 * a draft that a person imported, or that was sent, stays as it is and the
 * signal is marked.  A signal that is no more takes its untouched draft along.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store/verzuim.h"
#include "protocol/hash.h"

#define PER_TURN 16
#define SIGNALS_MAX 400
#define DAGEN_MAX 100 /* of the list in a notice */

struct ov_verzuim {
	struct ov_store *st;
	bool busy;
	struct ov_rooster *rooster; /* NULL: make it anew */
	struct ov_verzuim_rec rec;
	size_t n;
	struct ov_signaal s[SIGNALS_MAX];
	struct plan { /* what is to be done about s[i] */
		uint8_t sleutel[16], afdruk[16];
		json_t *inhoud; /* NULL: nothing */
		int64_t concept;
		bool drafted, marked;
	} plan[SIGNALS_MAX];
	struct ov_intake *intake; /* drafts of one pupil */
};

/* ---- the timetable ---- */

static enum ov_rc
read_holidays(struct ov_store *st, int16_t *jaar, size_t *njaar,
    struct ov_vakantie *v, size_t *nv, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_date a, b;
	enum ov_rc rc;
	bool row;

	*njaar = *nv = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT schooljaar,van,tot FROM vakantie WHERE schooljaar>?1"
	    " ORDER BY schooljaar,van",
	    "i",
	    (int64_t)ov_schooljaar(ov_date_nl(ov_now(st))) -
	        (OV_ROOSTER_JAREN_MAX - 2));
	while (rc == OV_OK && *nv < OV_VAKANTIES_MAX &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		int16_t y = (int16_t)ov_db_i64(q, 0);

		if (ov_date_parse(ov_view_str(ov_db_text(q, 1)), &a) != OV_OK ||
		    ov_date_parse(ov_view_str(ov_db_text(q, 2)), &b) != OV_OK)
			rc = ov_fail(e, OV_DAMAGED, "a stored holiday");
		if (*njaar == 0 || jaar[*njaar - 1] != y) {
			if (*njaar == OV_ROOSTER_JAREN_MAX)
				break;
			jaar[(*njaar)++] = y;
		}
		v[(*nv)++] = (struct ov_vakantie){ov_date_days(a),
		    ov_date_days(b)};
	}
	ov_db_done(st->db, q);
	return rc;
}

static enum ov_rc
timetable(struct ov_verzuim *z, struct ov_err *e)
{
	static struct ov_vakantie v[OV_VAKANTIES_MAX];
	int16_t jaar[OV_ROOSTER_JAREN_MAX];
	size_t njaar, nv;
	enum ov_rc rc;

	if (z->rooster != NULL)
		return OV_OK;
	rc = read_holidays(z->st, jaar, &njaar, v, &nv, e);
	if (rc == OV_OK && njaar > 0)
		rc = ov_rooster_new(z->st->kalender, jaar, njaar, v, nv,
		    &z->rooster, e);
	return rc;
}

/* ---- one signal ---- */

static const char *
kind(const struct ov_signaal *s)
{
	if (s->soort == OV_SIGNAAL_UREN)
		return "16-uur";
	return s->meerderjarig ? "doorstroompunt" : "langdurig";
}

static json_t *
j_date(int32_t dag)
{
	char t[OV_DATE_SIZE];

	ov_date_fmt(t, ov_date_from_days(dag));
	return json_string(t);
}

static json_t *
j_hours(int32_t h)
{
	char t[16];

	(void)snprintf(t, sizeof(t), h % 100 == 0 ? "%d" : "%d.%02d", h / 100,
	    h % 100);
	return json_string(t);
}

/* The days with their lessons; NULL when one of them is not known so exactly,
 * or there are more than a notice holds. */
static json_t *
j_days(const struct ov_verzuim *z, const struct ov_signaal *s)
{
	json_t *arr = json_array();

	for (size_t i = s->van; i < s->tot; i++) {
		const struct ov_verzuimdag *d = &z->rec.dag[i];
		bool heel = d->totaal > 0 && d->gemist >= d->totaal;
		json_t *j, *uren;

		if (d->gemist == 0 || !ov_rooster_les(z->rooster, d->dag))
			continue;
		if ((!heel && d->lesuren == 0) ||
		    json_array_size(arr) == DAGEN_MAX) {
			json_decref(arr);
			return NULL;
		}
		j = json_pack("{s:o,s:b}", "dag", j_date(d->dag), "heleDag",
		    heel);
		uren = heel ? NULL : json_array();
		for (int u = 0; u < 12 && uren != NULL; u++)
			if ((d->lesuren >> u & 1) != 0)
				(void)json_array_append_new(uren,
				    json_integer(u + 1));
		if (uren != NULL)
			(void)ov_j_set(j, "lesuren", uren);
		(void)json_array_append_new(arr, j);
	}
	return arr;
}

/* What the daemon knows; name, address and what was done are the school's. */
static json_t *
draft_content(const struct ov_verzuim *z, const struct ov_signaal *s)
{
	const struct ov_lid *own = ov_book_oin(z->st->boek, &z->st->self);
	char born[OV_DATE_SIZE];
	json_t *days = j_days(z, s), *v, *j;

	v = json_pack("{s:o}", "urenTotaal", j_hours(s->gemist));
	if (days != NULL)
		(void)ov_j_set(v, "dagen", days);
	j = json_pack("{s:s,s:o,s:o,s:b,s:o}", "soortVerzuim", kind(s),
	    "begindatum", j_date(s->begin), "einddatum", j_date(s->eind),
	    "alleLessenGemist", s->heel, "verzuim", v);
	if (own != NULL && own->nbrin == 1)
		(void)ov_j_set(j, "school",
		    json_pack("{s:s}", "brin", own->brin[0].brin));
	if (z->rec.has_geboren) {
		ov_date_fmt(born, z->rec.geboren);
		(void)ov_j_set(j, "geboortedatum", json_string(born));
	}
	return j;
}

/* Keyed tag of some numbers of a signal of this pupil. */
static enum ov_rc
signal_tag(struct ov_verzuim *z, const char *label, const char *soort,
    const int32_t *v, size_t n, uint8_t tag[16], struct ov_err *e)
{
	OV_BUF b = {0};
	uint8_t h[32];

	ov_buf_fmt(&b, "%s %lld %s", label, (long long)z->rec.nr, soort);
	for (size_t i = 0; i < n; i++)
		ov_buf_fmt(&b, " %d", (int)v[i]);
	if (ov_buf_ok(&b, e) != OV_OK || ov_sha256(h, b.p, b.n) != OV_OK)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return ov_tag(z->st, OV_TAG_REF, 0, NULL,
	    (struct ov_view){h, sizeof(h)}, tag, e);
}

struct known { /* of a signal, in the table */
	int64_t nr;
	uint8_t afdruk[16];
};

static enum ov_rc
find_known(struct ov_verzuim *z, const uint8_t sleutel[16], struct known *k,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	memset(k, 0, sizeof(*k));
	rc = ov_db_q(z->st->db, &q, e,
	    "SELECT nr,afdruk FROM verzuim_signaal WHERE verzuim=?1"
	    " AND sleutel=?2",
	    "ib", z->rec.nr, (const void *)sleutel, (size_t)16);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(z->st->db, q, &row, e);
	if (rc == OV_OK && row) {
		k->nr = ov_db_i64(q, 0);
		rc = ov_db_fix(q, 1, k->afdruk, 16, e);
	}
	ov_db_done(z->st->db, q);
	return rc;
}

/* Ours, and nobody has touched or sent it. */
static enum ov_rc
is_ours(struct ov_store *st, int64_t concept, bool *yes, struct ov_err *e)
{
	int64_t n;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &n, 0, e,
	    "SELECT count(*) FROM concept c JOIN import i ON i.nr=c.import"
	    " WHERE c.nr=?1 AND i.bestand=?2"
	    " AND c.stand IN ('ONVOLLEDIG','VOLLEDIG')",
	    "it", concept, OV_VERZUIM_BESTAND);
	*yes = n > 0;
	return rc;
}

/* Into the import of this pupil. */
static enum ov_rc
make_draft(struct ov_verzuim *z, json_t *inhoud, struct ov_err *e)
{
	struct ov_intake_in in = {.profiel = "verzuimmelding",
	    .bestand = OV_VERZUIM_BESTAND,
	    .uid = geteuid()};
	OV_JSON *row = json_pack("{s:s,s:O}", "eigenReferentie", z->rec.ref,
	    "inhoud", inhoud);
	enum ov_rc rc;

	if (row == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (z->intake == NULL &&
	    (rc = ov_intake_new(z->st, &in, &z->intake, e)) != OV_OK)
		return rc;
	return ov_intake_row(z->intake, row, e);
}

static enum ov_rc
drafts_end(struct ov_verzuim *z, struct ov_err *e)
{
	struct ov_intake_sum sum;
	enum ov_rc rc;

	if (z->intake == NULL)
		return OV_OK;
	rc = ov_intake_end(z->intake, &sum, e);
	if (rc == OV_OK && sum.fout > 0)
		ov_log(OV_LOG_WARN, "event=absence-draft nr=%lld refused=%lld",
		    (long long)z->rec.nr, (long long)sum.fout);
	return rc;
}

static void
last_day(struct ov_verzuim *z, const struct ov_signaal *s,
    char out[OV_DATE_SIZE])
{
	const struct ov_lid *own = ov_book_oin(z->st->boek, &z->st->self);
	struct ov_kal_termijn t;

	out[0] = '\0';
	if (own != NULL &&
	    ov_kal_uiterlijk(z->st->kalender, "verzuimmelding", own->rol,
	        kind(s), ov_date_from_days(s->eind), &t))
		ov_date_fmt(out, t.uiterlijk);
}

static enum ov_rc
note_signal(struct ov_verzuim *z, const struct ov_signaal *s,
    const uint8_t sleutel[16], const uint8_t afdruk[16], int64_t concept,
    bool marked, struct ov_err *e)
{
	char last[OV_DATE_SIZE];

	last_day(z, s, last);
	return ov_db_run(z->st->db, e,
	    "INSERT INTO verzuim_signaal(verzuim,soort,sleutel,afdruk,"
	    "uiterlijk,gemaakt,concept,stand)"
	    " VALUES(?1,?2,?3,?4,?5,?6,nullif(?7,0),"
	    "CASE ?8 WHEN 1 THEN 'GEWIJZIGD' ELSE 'NIEUW' END)"
	    " ON CONFLICT(verzuim,sleutel) DO UPDATE SET"
	    " afdruk=excluded.afdruk,uiterlijk=excluded.uiterlijk,"
	    "concept=coalesce(excluded.concept,concept),stand=excluded.stand",
	    "itbbtiii", z->rec.nr, kind(s), (const void *)sleutel, (size_t)16,
	    (const void *)afdruk, (size_t)16, last, ov_now(z->st), concept,
	    (int64_t)marked);
}

static enum ov_rc
plan_signal(struct ov_verzuim *z, size_t i, struct ov_err *e)
{
	const struct ov_signaal *s = &z->s[i];
	const int32_t rest[] = {s->eind, s->gemist, s->heel};
	struct plan *p = &z->plan[i];
	struct known k;
	bool ours = false;
	enum ov_rc rc;

	if ((rc = signal_tag(z, "signaal", kind(s), &s->begin, 1, p->sleutel,
	         e)) != OV_OK ||
	    (rc = signal_tag(z, "afdruk", kind(s), rest, 3, p->afdruk, e)) !=
	        OV_OK ||
	    (rc = find_known(z, p->sleutel, &k, e)) != OV_OK ||
	    (k.nr != 0 && memcmp(k.afdruk, p->afdruk, 16) == 0))
		return rc;
	if ((p->inhoud = draft_content(z, s)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	rc = ov_draft_by_key(z->st, "verzuimmelding", "", z->rec.ref, p->inhoud,
	    &p->concept, e);
	if (rc == OV_OK && p->concept != 0)
		rc = is_ours(z->st, p->concept, &ours, e);
	/* One that a person made, sent, or took away stays as it is. */
	p->drafted = ours || (p->concept == 0 && k.nr == 0);
	p->marked = k.nr != 0 && !p->drafted;
	if (rc == OV_OK && p->drafted)
		rc = make_draft(z, p->inhoud, e);
	return rc;
}

/* In the open transaction. */
static enum ov_rc
note_signals(struct ov_verzuim *z, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < z->n && rc == OV_OK; i++) {
		struct plan *p = &z->plan[i];

		if (p->inhoud == NULL)
			continue;
		if (p->drafted)
			rc = ov_draft_by_key(z->st, "verzuimmelding", "",
			    z->rec.ref, p->inhoud, &p->concept, e);
		if (rc == OV_OK)
			rc = note_signal(z, &z->s[i], p->sleutel, p->afdruk,
			    p->concept, p->marked, e);
	}
	return rc;
}

static void
plan_free(struct ov_verzuim *z)
{
	for (size_t i = 0; i < z->n; i++)
		json_decref(z->plan[i].inhoud);
	ov_intake_free(z->intake);
	z->intake = NULL;
	z->n = 0;
}

/* ---- signals that are no more ---- */

static enum ov_rc
drop_draft(struct ov_store *st, int64_t signal, int64_t concept,
    struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e, "DELETE FROM verzuim_signaal WHERE nr=?1",
	    "i", signal);
	return rc == OV_OK ? ov_draft_drop(st, concept, e) : rc;
}

/* In the open transaction. */
static enum ov_rc
gone(struct ov_verzuim *z, struct ov_err *e)
{
	struct {
		int64_t nr, concept;
		uint8_t sleutel[16];
	} have[SIGNALS_MAX];
	size_t k = 0;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row, ours;

	rc = ov_db_q(z->st->db, &q, e,
	    "SELECT nr,concept,sleutel FROM verzuim_signaal WHERE verzuim=?1"
	    " AND stand<>'VERVALLEN' LIMIT 400",
	    "i", z->rec.nr);
	while (rc == OV_OK && k < SIGNALS_MAX &&
	       (rc = ov_db_next(z->st->db, q, &row, e)) == OV_OK && row) {
		have[k].nr = ov_db_i64(q, 0);
		have[k].concept = ov_db_i64(q, 1);
		rc = ov_db_fix(q, 2, have[k++].sleutel, 16, e);
	}
	ov_db_done(z->st->db, q);
	for (size_t i = 0; i < k && rc == OV_OK; i++) {
		bool still = false;

		for (size_t j = 0; j < z->n; j++)
			still = still || memcmp(have[i].sleutel,
			                     z->plan[j].sleutel, 16) == 0;
		if (still)
			continue;
		rc = is_ours(z->st, have[i].concept, &ours, e);
		if (rc == OV_OK && ours)
			rc = drop_draft(z->st, have[i].nr, have[i].concept, e);
		else if (rc == OV_OK)
			rc = ov_db_run(z->st->db, e,
			    "UPDATE verzuim_signaal SET stand='VERVALLEN'"
			    " WHERE nr=?1",
			    "i", have[i].nr);
	}
	return rc;
}

/* ---- one pupil ---- */

static enum ov_rc
take(void *arg, const struct ov_signaal *s, struct ov_err *e)
{
	struct ov_verzuim *z = arg;

	if (z->n == SIGNALS_MAX)
		return ov_fail(e, OV_TOOBIG, "too many signals");
	memset(&z->plan[z->n], 0, sizeof(z->plan[0]));
	z->s[z->n++] = *s;
	return OV_OK;
}

/* An own applicant of the same reference may have one. */
static enum ov_rc
birth_date(struct ov_verzuim *z, struct ov_err *e)
{
	struct ov_pupil_data d = {0};
	int64_t nr;
	enum ov_rc rc;

	if (z->rec.has_geboren)
		return OV_OK;
	if ((rc = ov_pupil_by_ref(z->st, z->rec.ref, &nr, e)) != OV_OK)
		return rc;
	if (nr == 0 || ov_pupil_open(z->st, nr, &d, e) != OV_OK) {
		ov_pupil_free(&d);
		return OV_OK;
	}
	z->rec.has_geboren = ov_date_parse(ov_view_str(d.geboortedatum),
	                         &z->rec.geboren) == OV_OK;
	ov_pupil_free(&d);
	return OV_OK;
}

/* Drafts first, then the notes and the end of it in one transaction: killed
 * between the two, the next judgement finds its own drafts. */
static enum ov_rc
record(struct ov_verzuim *z, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < z->n && rc == OV_OK; i++)
		rc = plan_signal(z, i, e);
	if (rc == OV_OK)
		rc = drafts_end(z, e);
	if (rc != OV_OK || (rc = ov_tx_begin(z->st, e)) != OV_OK)
		return rc;
	if ((rc = note_signals(z, e)) == OV_OK)
		rc = gone(z, e);
	if (rc == OV_OK)
		rc = ov_db_run(z->st->db, e,
		    "UPDATE verzuim SET geoordeeld=1,wacht_op=NULL"
		    " WHERE nr=?1 AND versie=?2",
		    "ii", z->rec.nr, z->rec.versie);
	if (rc == OV_OK)
		rc = ov_tx_commit(z->st, e);
	if (rc != OV_OK)
		ov_tx_abort(z->st);
	return rc;
}

static enum ov_rc
judge(struct ov_verzuim *z, int64_t nr, struct ov_err *e)
{
	int jaar = 0;
	enum ov_rc rc;

	if ((rc = ov_verzuim_read(z->st, nr, NULL, &z->rec, e)) != OV_OK ||
	    (rc = birth_date(z, e)) != OV_OK)
		return rc;
	rc = ov_verzuim_oordeel(z->st->kalender, z->rooster, z->rec.dag,
	    z->rec.n, z->rec.has_geboren ? &z->rec.geboren : NULL, take, z,
	    &jaar, e);
	if (rc == OV_DENIED)
		rc = ov_db_run(z->st->db, e,
		    "UPDATE verzuim SET wacht_op=?2,geoordeeld=1 WHERE nr=?1",
		    "ii", nr, (int64_t)jaar);
	else if (rc == OV_OK)
		rc = record(z, e);
	plan_free(z);
	return rc;
}

/* ---- turns ---- */

static void
turn(struct ov_loop *loop, void *arg)
{
	struct ov_verzuim *z = arg;
	struct ov_err e = {0};
	int64_t nr = 0;
	enum ov_rc rc;

	z->busy = false;
	rc = timetable(z, &e);
	for (int i = 0; i < PER_TURN && rc == OV_OK; i++) {
		rc = ov_db_int(z->st->db, &nr, 0, &e,
		    "SELECT min(nr) FROM verzuim WHERE geoordeeld=0", "");
		if (rc != OV_OK || nr == 0)
			break;
		rc = judge(z, nr, &e);
		ov_verzuim_wipe(&z->rec);
		if (rc != OV_OK && ov_unreadable(rc)) {
			/* Set aside; the others go on. */
			struct ov_err why = e;

			if ((rc = ov_aside_now(z->st, "verzuim", nr, &why,
			         &e)) == OV_OK)
				rc = ov_db_run(z->st->db, &e,
				    "UPDATE verzuim SET geoordeeld=1"
				    " WHERE nr=?1",
				    "i", nr);
		}
	}
	if (rc == OV_OK && nr != 0)
		rc = ov_loop_defer(loop, turn, z, &e);
	z->busy = rc == OV_OK && nr != 0;
	if (rc == OV_OK)
		return;
	ov_log(OV_LOG_ERROR, "event=absence fault=\"%s\"", e.msg);
	if (ov_rc_class(rc) == OV_CL_STOP)
		ov_store_fatal(z->st, &e);
}

void
ov_verzuim_kick(struct ov_store *st)
{
	struct ov_verzuim *z = st->verzuim;
	struct ov_err e = {0};

	if (z == NULL || z->busy || st->boek == NULL)
		return;
	if (ov_loop_defer(st->env.loop, turn, z, &e) == OV_OK)
		z->busy = true;
	else
		ov_log(OV_LOG_WARN, "event=absence fault=\"%s\"", e.msg);
}

enum ov_rc
ov_verzuim_again(struct ov_store *st, struct ov_err *e)
{
	ov_rooster_free(st->verzuim->rooster);
	st->verzuim->rooster = NULL;
	return ov_db_run(st->db, e,
	    "UPDATE verzuim SET geoordeeld=0,wacht_op=NULL", "");
}

enum ov_rc
ov_verzuim_new(struct ov_store *st, struct ov_err *e)
{
	if ((st->verzuim = calloc(1, sizeof(*st->verzuim))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	st->verzuim->st = st;
	return OV_OK;
}

void
ov_verzuim_free(struct ov_store *st)
{
	if (st->verzuim == NULL)
		return;
	ov_loop_undefer(st->env.loop, st->verzuim);
	ov_rooster_free(st->verzuim->rooster);
	ov_verzuim_wipe(&st->verzuim->rec);
	free(st->verzuim);
	st->verzuim = NULL;
}
