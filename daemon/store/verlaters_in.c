/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verlaters_in.c - a list of leavers comes in: every row is judged
 * by itself and beside the others, then by what its `keuze` must be as a
 * message; only when all are good the drafts become visible and the records
 * are stored, 64 a step.  PGNs are in memory until then and nowhere after.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/verlaters.h"
#include "protocol/oin.h"
#include "protocol/pgn.h"

#define ROWS_MAX OV_VERLATERS_MAX
#define FAULTS_MAX 1000
#define BATCH 64
#define REF_MAX 64

struct ov_verlaters_in {
	struct ov_store *st;
	uid_t uid;
	int jaar;
	bool proef, judged, drafted;
	json_t *rows; /* {eigenReferentie.., pgn, rij}, good by themselves */
	json_t *seen, *faults;
	size_t at; /* of rows: judged, then stored */
	struct ov_intake *intake;
	struct ov_verlaters_sum sum;
};

static const struct {
	uint16_t max;
	bool verplicht;
} maat[OV_VL_N] = {[OV_VL_REF] = {REF_MAX, true},
    [OV_VL_KLAS] = {OV_KLAS_MAX, false},
    [OV_VL_MENTOR] = {OV_NAAM_MAX, false},
    [OV_VL_GEBOREN] = {OV_DATE_LEN, true},
    [OV_VL_VERVOLG] = {20, true},
    [OV_VL_GEMEENTE] = {4, false},
    [OV_VL_VESTIGING] = {2, false},
    [OV_VL_STARTKWALIFICATIE] = {3, false},
    [OV_VL_CREBO] = {5, false},
    [OV_VL_OMSCHRIJVING] = {200, false},
    [OV_VL_LEERWEG] = {10, false},
    [OV_VL_NIVEAU] = {1, false},
    [OV_VL_KEUZEDATUM] = {OV_DATE_LEN, false}};

/* ---- one row ---- */

static void
fault(struct ov_verlaters_in *m, int64_t rij, const char *kolom,
    const char *code)
{
	m->sum.fout++;
	if (json_array_size(m->faults) < FAULTS_MAX)
		(void)json_array_append_new(m->faults,
		    json_pack("{s:I,s:s,s:s,s:o}", "rij", (json_int_t)rij,
		        "kolom", kolom, "reden", code, "tekst",
		        ov_j_sentence(code)));
}

/* The texts of a row, absent ones "", the number and the PGN beside them. */
static json_t *
read_row(struct ov_verlaters_in *m, const json_t *row)
{
	json_t *out = json_object();
	struct ov_err e = {0};
	struct ov_jobj o;
	int64_t rij = 0;

	ov_jo_init(&o, row, "row");
	if (ov_jo_has(&o, "rij"))
		rij = (int64_t)ov_jo_int(&o, "rij", OV_JSON_INT_MAX);
	for (size_t i = 0; i < OV_VL_N; i++) {
		const char *s = "", *naam = ov_vl_namen[i];

		if (maat[i].verplicht)
			s = ov_jo_str(&o, naam, maat[i].max);
		else if (ov_jo_has(&o, naam))
			s = ov_jo_str0(&o, naam, maat[i].max);
		(void)ov_j_set(out, naam, json_string(s));
	}
	(void)ov_j_set(out, "pgn",
	    json_string(ov_jo_has(&o, "pgn") ? ov_jo_str0(&o, "pgn", 9) : ""));
	(void)ov_j_set(out, "rij", json_integer(rij));
	if (ov_jo_end(&o, &e) == OV_OK)
		return out;
	fault(m, rij, o.bad != NULL ? o.bad : "",
	    o.reden == OV_REDEN_ONTBREEKT ? "reden/ontbreekt"
	    : o.reden == OV_REDEN_TE_LANG ? "reden/te-lang"
	                                  : "reden/type");
	json_decref(out);
	return NULL;
}

static bool
yes_or_no(const char *s)
{
	return s[0] == '\0' || strcmp(s, "ja") == 0 || strcmp(s, "nee") == 0;
}

/* Which column is wrong, and how; NULL: none. */
static const char *
wrong(const struct ov_verlaters_in *m, const json_t *r, const char **code)
{
	const char *pgn = json_string_value(json_object_get(r, "pgn"));
	const char *g = ov_vl(r, OV_VL_GEMEENTE), *k;
	struct ov_date d, now = ov_date_nl(ov_now(m->st));
	char vandaag[11];

	*code = "datum-ongeldig";
	if (ov_date_parse(ov_view_str(ov_vl(r, OV_VL_GEBOREN)), &d) != OV_OK)
		return "geboortedatum";
	k = ov_vl(r, OV_VL_KEUZEDATUM);
	if (k[0] != '\0' && ov_date_parse(ov_view_str(k), &d) != OV_OK)
		return "keuzeDatum";
	*code = "datum-in-toekomst";
	if (k[0] != '\0' && ov_date_cmp(d, now) > 0)
		return "keuzeDatum";
	*code = "pgn-ongeldig";
	if (pgn != NULL && pgn[0] != '\0' &&
	    (strlen(pgn) != OV_PGN_LEN || ov_pgn_kind(pgn) == OV_PGN_NONE))
		return "pgn";
	*code = "reden/code";
	ov_store_today(m->st, vandaag);
	if (ov_code_text(m->st->types, "vervolg", ov_vl(r, OV_VL_VERVOLG),
	        vandaag) == NULL)
		return "vervolg";
	if (!yes_or_no(ov_vl(r, OV_VL_STARTKWALIFICATIE)))
		return "startkwalificatie";
	*code = "reden/patroon";
	if (g[0] != '\0' && !ov_is_gemeente(ov_view_str(g)))
		return "gemeentecode";
	return NULL;
}

/* May who brings the row write about this pupil?  NULL: yes. */
static const char *
no_access(const struct ov_verlaters_in *m, const json_t *r)
{
	struct ov_wie w = ov_wie_uid(m->st, m->uid);
	OV_JSON *about = ov_verlater_about(r);
	struct ov_feiten f;
	struct ov_oordeel o;
	const char *code;

	if (w.alles)
		return NULL;
	ov_feiten_of(m->st->toegang, &f, "overstapstatus", false, about,
	    ov_vl(r, OV_VL_KLAS));
	o = ov_wie_oordeel(m->st, &w, OV_MAG_INVULLEN, &f);
	code = ov_waarom_code(o.waarom);
	return o.mag ? NULL : code != NULL ? code : "toegang-functie";
}

void
ov_verlaters_in_row(struct ov_verlaters_in *m, const json_t *row)
{
	json_t *r = read_row(m, row);
	const char *kolom, *code;
	int64_t rij;

	if (r == NULL)
		return;
	rij = json_integer_value(json_object_get(r, "rij"));
	kolom = wrong(m, r, &code);
	if (kolom == NULL && (code = no_access(m, r)) != NULL)
		kolom = "";
	if (kolom == NULL &&
	    json_object_get(m->seen, ov_vl(r, OV_VL_REF)) != NULL) {
		kolom = "eigenReferentie";
		code = "referentie-dubbel";
	}
	if (kolom == NULL && json_array_size(m->rows) >= ROWS_MAX) {
		kolom = "";
		code = "bestand-te-groot";
	}
	if (kolom == NULL &&
	    (!ov_j_set(m->seen, ov_vl(r, OV_VL_REF), json_true()) ||
	        json_array_append(m->rows, r) != 0)) {
		kolom = "";
		code = "bestand-te-groot";
	}
	if (kolom != NULL)
		fault(m, rij, kolom, code);
	json_decref(r);
}

/* ---- beside what is there ---- */

/* The day of a choice that names none: when it was first seen. */
static void
choice_day(struct ov_store *st, json_t *r, const struct ov_verlater_rec *old)
{
	char vandaag[OV_DATE_SIZE];

	if (ov_vl(r, OV_VL_CREBO)[0] == '\0' ||
	    ov_vl(r, OV_VL_KEUZEDATUM)[0] != '\0')
		return;
	ov_store_today(st, vandaag);
	(void)ov_j_set(r, ov_vl_namen[OV_VL_KEUZEDATUM],
	    json_string(old->nr != 0 && strcmp(ov_vl(old->root, OV_VL_CREBO),
	                                    ov_vl(r, OV_VL_CREBO)) == 0
	                    ? ov_vl(old->root, OV_VL_KEUZEDATUM)
	                    : vandaag));
}

/* The age groups of the list leeftijdsgroep, on the day of the choice. */
static const char *
age_group(const json_t *r)
{
	struct ov_date born, on;
	int age;

	if (ov_date_parse(ov_view_str(ov_vl(r, OV_VL_GEBOREN)), &born) !=
	        OV_OK ||
	    ov_date_parse(ov_view_str(ov_vl(r, OV_VL_KEUZEDATUM)), &on) !=
	        OV_OK)
		return "";
	age = ov_age_on(born, on);
	return age < 18   ? "tot-18"
	       : age < 23 ? "18-tot-23"
	       : age < 27 ? "23-tot-27"
	                  : "vanaf-27";
}

/* The content of his `keuze`; NULL without memory. */
static json_t *
keuze_content(struct ov_store *st, const json_t *r)
{
	const struct ov_lid *self = ov_book_oin(st->boek, &st->self);
	const char *niveau = ov_vl(r, OV_VL_NIVEAU);
	json_t *opl, *j, *school;

	opl = json_pack("{s:s}", "crebo", ov_vl(r, OV_VL_CREBO));
	if (ov_vl(r, OV_VL_OMSCHRIJVING)[0] != '\0')
		(void)ov_j_set(opl, "omschrijving",
		    json_string(ov_vl(r, OV_VL_OMSCHRIJVING)));
	if (ov_vl(r, OV_VL_LEERWEG)[0] != '\0')
		(void)ov_j_set(opl, "leerweg",
		    json_string(ov_vl(r, OV_VL_LEERWEG)));
	if (niveau[0] != '\0') /* a wrong one is told as such */
		(void)ov_j_set(opl, "niveau",
		    niveau[0] >= '0' && niveau[0] <= '9'
		        ? json_integer(niveau[0] - '0')
		        : json_string(niveau));
	j = json_pack("{s:s,s:s,s:o,s:b,s:s,s:s,s:s}", "status", "keuze",
	    "datumStatus", ov_vl(r, OV_VL_KEUZEDATUM), "opleiding", opl,
	    "heeftStartkwalificatie", 0, "leeftijdsgroep", age_group(r), "doel",
	    "aanmelding", "bewaarregel", "status");
	if (j == NULL || self == NULL || self->nbrin == 0)
		return j;
	school = json_pack("{s:s}", "brin", self->brin[0].brin);
	if (ov_vl(r, OV_VL_VESTIGING)[0] != '\0')
		(void)ov_j_set(school, "vestiging",
		    json_string(ov_vl(r, OV_VL_VESTIGING)));
	(void)ov_j_set(j, "latendeSchool", school);
	return j;
}

/* Who receives it for the woongemeente: which of its roles follows from the
 * age.  *may: somebody does, or nobody serves it (which is told when it is
 * sent). */
static const struct ov_lid *
receiver(struct ov_store *st, const char *gemeente, json_t *inhoud, bool *may)
{
	static const enum ov_rol rol[] = {OV_ROL_LEERPLICHT,
	    OV_ROL_DOORSTROOMPUNT};
	const struct ov_lid *self = ov_book_oin(st->boek, &st->self), *lid;
	char vandaag[11];
	struct ov_verdict v;
	struct ov_date d = ov_date_nl(ov_now(st));

	*may = true;
	if (self == NULL)
		return NULL;
	ov_store_today(st, vandaag);
	v = ov_policy_route_json(st->policy, "overstapstatus", self->rol,
	    inhoud, vandaag);
	if (v.grondslag != NULL)
		(void)ov_j_set(inhoud, "grondslag", json_string(v.grondslag));
	for (size_t i = 0; i < 2; i++) {
		lid = ov_book_route(st->boek, gemeente, rol[i],
		    "overstapstatus", ov_date_days(d));
		if (lid == NULL)
			continue;
		v = ov_policy_may_json(st->policy, "overstapstatus", st->boek,
		    self, lid, inhoud, vandaag);
		*may = v.may == OV_MAY_YES;
		if (*may)
			return lid;
	}
	return NULL;
}

/* His draft, where the law lets the woongemeente have it. */
static enum ov_rc
draft(struct ov_verlaters_in *m, const json_t *r, struct ov_err *e)
{
	const char *g = ov_vl(r, OV_VL_GEMEENTE);
	const struct ov_lid *lid = NULL;
	json_t *inhoud, *row;
	bool may = true;
	enum ov_rc rc;

	if (strcmp(ov_vl(r, OV_VL_VERVOLG), "mbo") != 0)
		return OV_OK;
	if (ov_vl(r, OV_VL_CREBO)[0] == '\0') {
		m->sum.zonder_keuze++;
		return OV_OK;
	}
	if (strcmp(ov_vl(r, OV_VL_STARTKWALIFICATIE), "ja") == 0)
		return OV_OK;
	if ((inhoud = keuze_content(m->st, r)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (g[0] != '\0')
		lid = receiver(m->st, g, inhoud, &may);
	if (!may) { /* too old, for one */
		json_decref(inhoud);
		return OV_OK;
	}
	row = json_pack("{s:O,s:s,s:O,s:s,s:s,s:o}", "rij",
	    json_object_get(r, "rij"), "eigenReferentie", ov_vl(r, OV_VL_REF),
	    "pgn", json_object_get(r, "pgn"), "klas", ov_vl(r, OV_VL_KLAS),
	    "mentor", ov_vl(r, OV_VL_MENTOR), "inhoud", inhoud);
	if (row == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (g[0] != '\0')
		(void)ov_j_set(row, "ontvanger",
		    json_string(lid != NULL ? lid->oin.s : g));
	m->sum.keuzes++;
	rc = ov_intake_row(m->intake, row, e);
	json_decref(row);
	return rc;
}

static enum ov_rc
judge(struct ov_verlaters_in *m, struct ov_err *e)
{
	size_t end = json_array_size(m->rows);
	enum ov_rc rc = OV_OK;

	if (end > m->at + BATCH)
		end = m->at + BATCH;
	for (; m->at < end && rc == OV_OK; m->at++) {
		json_t *r = json_array_get(m->rows, m->at);
		struct ov_verlater_rec old;
		uint8_t tag[16];

		rc = ov_pupil_tag(m->st, ov_vl(r, OV_VL_REF), tag, e);
		if (rc != OV_OK)
			break;
		rc = ov_verlater_read(m->st, 0, m->jaar, tag, &old, e);
		if (rc == OV_OK) {
			choice_day(m->st, r, &old);
			rc = draft(m, r, e);
		}
		ov_verlater_free(&old);
	}
	return rc;
}

/* ---- storing ---- */

static enum ov_rc
store_one(struct ov_verlaters_in *m, const json_t *row, struct ov_err *e)
{
	struct ov_verlater_rec r;
	OV_JSON *root = json_object();
	uint8_t tag[16];
	enum ov_rc rc;

	for (size_t i = 0; i < OV_VL_N; i++)
		(void)ov_j_set(root, ov_vl_namen[i],
		    json_string(ov_vl(row, (enum ov_vl_veld)i)));
	rc = ov_pupil_tag(m->st, ov_vl(root, OV_VL_REF), tag, e);
	if (rc != OV_OK)
		return rc;
	rc = ov_verlater_read(m->st, 0, m->jaar, tag, &r, e);
	if (rc == OV_OK && (r.nr == 0 || !json_equal(r.root, root))) {
		m->sum.gewijzigd += r.nr != 0 ? 1 : 0;
		rc = ov_verlater_write(m->st, m->jaar, tag, &r, root, e);
	}
	m->sum.geladen++;
	ov_verlater_free(&r);
	return rc;
}

static enum ov_rc
store(struct ov_verlaters_in *m, struct ov_err *e)
{
	size_t i = m->at, end = json_array_size(m->rows);
	enum ov_rc rc;

	if (end > i + BATCH)
		end = i + BATCH;
	if ((rc = ov_tx_begin(m->st, e)) != OV_OK)
		return rc;
	for (; i < end && rc == OV_OK; i++)
		rc = store_one(m, json_array_get(m->rows, i), e);
	if (rc == OV_OK)
		rc = ov_tx_commit(m->st, e);
	if (rc != OV_OK)
		ov_tx_abort(m->st);
	else
		m->at = end;
	return rc;
}

/* The drafts are judged as they were given: their faults are ours.  One step
 * asks for 64 pseudonyms. */
static enum ov_rc
drafts(struct ov_verlaters_in *m, struct ov_err *e)
{
	struct ov_intake_sum sum;
	bool done = false;
	enum ov_rc rc;

	if ((rc = ov_intake_step(m->intake, &done, e)) != OV_OK || !done)
		return rc;
	if ((rc = ov_intake_end(m->intake, &sum, e)) != OV_OK)
		return rc;
	m->sum.fout += sum.fout;
	m->drafted = true;
	m->at = 0;
	return OV_OK;
}

enum ov_rc
ov_verlaters_in_step(struct ov_verlaters_in *m, bool *done, struct ov_err *e)
{
	enum ov_rc rc;

	*done = false;
	if (m->sum.fout > 0) {
		*done = true;
		return OV_OK;
	}
	if (!m->judged) {
		rc = judge(m, e);
		m->judged = m->at == json_array_size(m->rows);
		return rc;
	}
	if (!m->drafted)
		return drafts(m, e);
	if (m->proef || m->at == json_array_size(m->rows)) {
		*done = true;
		return OV_OK;
	}
	return store(m, e);
}

/* ---- life ---- */

enum ov_rc
ov_verlaters_in_new(struct ov_store *st, uid_t uid, int jaar, bool proef,
    struct ov_verlaters_in **out, struct ov_err *e)
{
	struct ov_intake_in in = {.profiel = "overstapstatus",
	    .bestand = OV_VERLATER_BESTAND,
	    .uid = uid,
	    .proef = proef};
	struct ov_verlaters_in *m = calloc(1, sizeof(*m));
	enum ov_rc rc;

	*out = NULL;
	if (m == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	*m = (struct ov_verlaters_in){.st = st,
	    .uid = uid,
	    .jaar = jaar,
	    .proef = proef,
	    .rows = json_array(),
	    .seen = json_object(),
	    .faults = json_array()};
	rc = m->rows != NULL && m->seen != NULL && m->faults != NULL
	         ? ov_intake_new(st, &in, &m->intake, e)
	         : ov_fail(e, OV_NOSPACE, "out of memory");
	if (rc != OV_OK) {
		ov_verlaters_in_free(m);
		return rc;
	}
	*out = m;
	return OV_OK;
}

void
ov_verlaters_in_free(struct ov_verlaters_in *m)
{
	if (m == NULL)
		return;
	ov_intake_free(m->intake);
	json_decref(m->rows);
	json_decref(m->seen);
	json_decref(m->faults);
	free(m);
}

const struct ov_verlaters_sum *
ov_verlaters_in_sum(const struct ov_verlaters_in *m)
{
	return &m->sum;
}

/* The column of a row behind a place in its message. */
static const char *
column(const char *pad)
{
	static const char *const map[][2] = {{"/inhoud/opleiding/crebo",
	                                         "keuzeCrebo"},
	    {"/inhoud/opleiding/omschrijving", "keuzeOmschrijving"},
	    {"/inhoud/opleiding/leerweg", "keuzeLeerweg"},
	    {"/inhoud/opleiding/niveau", "keuzeNiveau"},
	    {"/inhoud/datumStatus", "keuzeDatum"},
	    {"/inhoud/latendeSchool/vestiging", "vestiging"},
	    {"/ontvanger", "gemeentecode"}};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (strcmp(map[i][0], pad) == 0)
			return map[i][1];
	return pad;
}

void
ov_verlaters_in_faults(const struct ov_verlaters_in *m,
    void (*told)(void *arg, json_t *fault), void *arg)
{
	json_t *f, *copy;
	size_t i;

	json_array_foreach(m->faults, i, f)
	{
		told(arg, json_incref(f));
	}
	json_array_foreach(ov_intake_faults(m->intake), i, f)
	{
		copy = json_copy(f);
		(void)ov_j_set(copy, "kolom",
		    json_string(column(
		        json_string_value(json_object_get(f, "kolom")))));
		told(arg, copy);
	}
}
