/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_startpop.c - start populations: how many take part per norm
 * category, or per gemeente and sector.  The denominators of reports come from
 * nowhere else.
 *
 * A file is taken as a whole or not at all, and is of one school year and one
 * shape.  A category that we do not know keeps its row; a row of totals does
 * not count as one.
 */
#include <string.h>

#include "daemon/store/ctl.h"

#define FAULTS_MAX 1000
#define ROWS_MAX 20000
#define WOORD_MAX 40
#define BRON_MAX 200

struct load {
	char bron[BRON_MAX + 1], datum[OV_DATE_SIZE], bestand[256];
	json_t *seen, *faults, *rows;
	int jaar; /* of the first row; 0: none yet */
	bool gemeente;
};

static void
fault(struct load *s, int64_t rij, const char *kolom, const char *code)
{
	if (json_array_size(s->faults) < FAULTS_MAX)
		(void)json_array_append_new(s->faults,
		    json_pack("{s:I,s:s,s:s,s:o}", "rij", (json_int_t)rij,
		        "kolom", kolom, "reden", code, "tekst",
		        ov_j_sentence(code)));
}

static void
load_start(struct ov_ctl *c)
{
	struct load *s = c->state;
	const char *bron = ov_jo_str(&c->in, "bron", BRON_MAX);
	const char *bestand = ov_jo_str0(&c->in, "bestand",
	    sizeof(s->bestand) - 1);
	struct ov_date d = {0};

	ov_jo_date(&c->in, "datum", &d);
	s->seen = json_object();
	s->faults = json_array();
	s->rows = json_array();
	if (!ov_ctl_args(c))
		return;
	memcpy(s->bron, bron, strlen(bron) + 1);
	memcpy(s->bestand, bestand, strlen(bestand) + 1);
	ov_date_fmt(s->datum, d);
}

static void
load_drop(struct ov_ctl *c)
{
	struct load *s = c->state;

	json_decref(s->seen);
	json_decref(s->faults);
	json_decref(s->rows);
}

struct row {
	int64_t rij, deelnemers;
	const char *jaar, *categorie, *leerweg, *gemeente, *sector;
};

/* A word without blanks at its ends or control characters. */
static bool
word_ok(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return n == 0 ||
	       (s[0] != ' ' && s[n - 1] != ' ' && strcmp(s, "TOTAAL") != 0);
}

static const char *
judge(const struct load *s, const struct row *r, const char **kolom)
{
	bool gemeente = r->sector[0] != '\0';
	int jaar;

	*kolom = "schooljaar";
	if (!ov_schooljaar_parse(r->jaar, &jaar))
		return "schooljaar-ongeldig";
	if (s->jaar != 0 && s->jaar != jaar)
		return "startpopulatie-gemengd";
	*kolom = "normcategorie";
	if (gemeente == (r->categorie[0] != '\0') ||
	    (gemeente && r->leerweg[0] != '\0'))
		return "startpopulatie-vorm";
	if (s->jaar != 0 && s->gemeente != gemeente)
		return "startpopulatie-gemengd";
	if (!word_ok(r->categorie))
		return "reden/code";
	*kolom = "leerweg";
	if (!word_ok(r->leerweg))
		return "reden/code";
	*kolom = "gemeente";
	if ((gemeente || r->gemeente[0] != '\0') &&
	    !ov_is_gemeente(ov_view_str(r->gemeente)))
		return "reden/patroon";
	*kolom = "sector";
	return strcmp(r->sector, "vo") == 0 || strcmp(r->sector, "mbo") == 0 ||
	               !gemeente
	           ? NULL
	           : "reden/code";
}

static bool
row_read(struct load *s, const json_t *j, struct row *r)
{
	struct ov_jobj o;
	struct ov_err e = {0};

	ov_jo_init(&o, j, "row");
	r->rij = (int64_t)ov_jo_int(&o, "rij", OV_JSON_INT_MAX);
	r->jaar = ov_jo_str0(&o, "schooljaar", 9);
	r->categorie = ov_jo_str0(&o, "normcategorie", WOORD_MAX);
	r->leerweg = ov_jo_str0(&o, "leerweg", WOORD_MAX);
	r->gemeente = ov_jo_str0(&o, "gemeente", 4);
	r->sector = ov_jo_str0(&o, "sector", 8);
	r->deelnemers = (int64_t)ov_jo_int(&o, "deelnemers", OV_TELLING_MAX);
	if (ov_jo_end(&o, &e) == OV_OK)
		return true;
	fault(s, r->rij, o.bad != NULL ? o.bad : "",
	    o.reden == OV_REDEN_TE_LANG ? "reden/te-lang" : "reden/type");
	return false;
}

static bool
first_time(struct load *s, const struct row *r)
{
	OV_BUF key = {0};

	ov_buf_fmt(&key, "%s\t%s\t%s\t%s", r->categorie, r->leerweg,
	    r->gemeente, r->sector);
	return ov_buf_text(&key) != NULL &&
	       json_object_get(s->seen, ov_buf_text(&key)) == NULL &&
	       json_object_set_new(s->seen, ov_buf_text(&key), json_true()) ==
	           0;
}

static void
load_rows(struct ov_ctl *c, const json_t *rows)
{
	struct load *s = c->state;
	const char *code, *kolom;
	struct row r;
	json_t *j;
	size_t i;

	if (json_array_size(s->rows) + json_array_size(rows) > ROWS_MAX) {
		ov_ctl_fout(c, "bestand-te-groot", NULL);
		return;
	}
	json_array_foreach(rows, i, j)
	{
		if (!row_read(s, j, &r))
			continue;
		if ((code = judge(s, &r, &kolom)) != NULL) {
			fault(s, r.rij, kolom, code);
			continue;
		}
		if (s->jaar == 0) {
			(void)ov_schooljaar_parse(r.jaar, &s->jaar);
			s->gemeente = r.sector[0] != '\0';
		}
		if (!first_time(s, &r))
			fault(s, r.rij, "", "rij-dubbel");
		else
			(void)json_array_append(s->rows, j);
	}
}

static enum ov_rc
store_rows(struct ov_ctl *c, struct load *s, int64_t *nr, struct ov_err *e)
{
	struct ov_db *db = c->st->db;
	enum ov_rc rc;
	json_t *j;
	size_t i;

	rc = ov_db_run(db, e,
	    "INSERT INTO startpopulatie(schooljaar,vorm,bron,datum,bestand,"
	    "account,tijd) VALUES(?1,?2,?3,?4,?5,?6,?7)",
	    "ittttii", (int64_t)s->jaar,
	    s->gemeente ? "gemeente" : "normcategorie", s->bron, s->datum,
	    s->bestand, (int64_t)c->uid, ov_now(c->st));
	*nr = ov_db_last(db);
	json_array_foreach(s->rows, i, j)
	{
		if (rc != OV_OK)
			break;
		rc = ov_db_run(db, e,
		    "INSERT INTO startpopulatie_cel VALUES(?1,?2,?3,?4,?5,?6)",
		    "itttti", *nr,
		    json_string_value(json_object_get(j, "normcategorie")),
		    json_string_value(json_object_get(j, "leerweg")),
		    json_string_value(json_object_get(j, "gemeente")),
		    json_string_value(json_object_get(j, "sector")),
		    (int64_t)json_integer_value(
		        json_object_get(j, "deelnemers")));
	}
	return rc;
}

static void
load_fed(struct ov_ctl *c)
{
	struct load *s = c->state;
	struct ov_err e = {0};
	size_t bad = json_array_size(s->faults), i;
	int64_t nr = 0;
	json_t *j;
	enum ov_rc rc = OV_OK;

	json_array_foreach(s->faults, i, j)
	{
		ov_ctl_row(c, json_incref(j));
	}
	if (bad == 0 && json_array_size(s->rows) > 0) {
		if ((rc = ov_tx_begin(c->st, &e)) == OV_OK &&
		    ((rc = store_rows(c, s, &nr, &e)) != OV_OK ||
		        (rc = ov_tx_commit(c->st, &e)) != OV_OK))
			ov_tx_abort(c->st);
	}
	if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c,
		    json_pack("{s:I,s:I,s:I}", "nr", (json_int_t)nr, "geladen",
		        (json_int_t)(nr > 0 ? json_array_size(s->rows) : 0),
		        "fout", (json_int_t)bad));
}

/* ---- list ---- */

static enum ov_rc
list_row(struct ov_ctl *c, sqlite3_stmt *q, struct ov_err *e)
{
	char jaar[10];
	json_t *j;

	ov_schooljaar_fmt((int)ov_db_i64(q, 1), jaar);
	j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:o,s:I,s:I}", "nr",
	    (json_int_t)ov_db_i64(q, 0), "schooljaar", jaar, "vorm",
	    ov_db_text(q, 2), "bron", ov_db_text(q, 3), "datum",
	    ov_db_text(q, 4), "ingelezen", ov_j_moment(ov_db_i64(q, 5)),
	    "rijen", (json_int_t)ov_db_i64(q, 6), "deelnemers",
	    (json_int_t)ov_db_i64(q, 7));
	if (j == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_ctl_row(c, j);
	return OV_OK;
}

struct list {
	int64_t at, n;
};

static void
list_start(struct ov_ctl *c)
{
	(void)ov_ctl_args(c);
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct ov_err e = {0};
	sqlite3_stmt *q = NULL;
	size_t n = 0;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT s.nr,s.schooljaar,s.vorm,s.bron,s.datum,s.tijd,count(*),"
	    "sum(c.deelnemers) FROM startpopulatie s JOIN startpopulatie_cel c"
	    " ON c.startpopulatie=s.nr WHERE s.nr>?1 GROUP BY s.nr"
	    " ORDER BY s.nr LIMIT 64",
	    "i", l->at);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row) {
		l->at = ov_db_i64(q, 0);
		rc = list_row(c, q, &e);
		n++;
	}
	ov_db_done(c->st->db, q);
	l->n += (int64_t)n;
	if (ov_ctl_ok(c, rc, &e) && n < OV_CTL_PAGE)
		ov_ctl_end(c, json_pack("{s:I}", "aantal", (json_int_t)l->n));
}

const struct ov_ctl_cmd ov_ctl_startpop[] = {
    {.name = "population.load",
        .mag = OV_MAG_BEHEREN | OV_MAG_INVULLEN,
        .size = sizeof(struct load),
        .start = load_start,
        .rows = load_rows,
        .fed = load_fed,
        .drop = load_drop},
    {.name = "population.list",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {0},
};
