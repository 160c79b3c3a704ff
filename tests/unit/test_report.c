/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_report.c - reports over the control socket: fed with as many
 * notices as the published tables count, they give back the published figures
 * to the printed decimal.
 */
#include "tests/unit/report_fixture.h"

#include "base/fs.h"
#include "protocol/csv.h"

/* ---- start populations ---- */

static json_t *
pop_row(int rij, const char *jaar, const char *cat, const char *leerweg,
    const char *gemeente, const char *sector, int n)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:i}", "rij", rij,
	    "schooljaar", jaar, "normcategorie", cat, "leerweg", leerweg,
	    "gemeente", gemeente, "sector", sector, "deelnemers", n);
}

static json_t *
pop_load(json_t *feed, json_t *faults)
{
	return ask("population.load",
	    json_pack("{s:s,s:s,s:s}", "bron", "DUO, startpopulatie", "datum",
	        "2018-10-01", "bestand", "a.csv"),
	    feed, faults);
}

static void
pop_refused(void **state)
{
	static const struct {
		const char *jaar, *cat, *leerweg, *gemeente, *sector, *kolom,
		    *reden;
	} v[] = {{"2018", "MBO_1", "", "", "", "schooljaar",
	             "schooljaar-ongeldig"},
	    {"2019-2020", "MBO_1", "", "", "", "schooljaar",
	        "startpopulatie-gemengd"},
	    {"2018-2019", "", "", "0193", "mbo", "normcategorie",
	        "startpopulatie-gemengd"},
	    {"2018-2019", "", "", "", "", "normcategorie",
	        "startpopulatie-vorm"},
	    {"2018-2019", "MBO_1", "", "0193", "mbo", "normcategorie",
	        "startpopulatie-vorm"},
	    {"2018-2019", "TOTAAL", "", "", "", "normcategorie", "reden/code"},
	    {"2018-2019", "MBO_1", "TOTAAL", "", "", "leerweg", "reden/code"},
	    {"2018-2019", "MBO_1", "", "193", "", "gemeente", "reden/patroon"},
	    {"2018-2019", "MBO_1", "Bol1", "", "", "", "rij-dubbel"}};
	json_t *j, *faults = json_array(), *f;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		json_array_clear(faults);
		j = pop_load(json_pack("[o,o]",
		                 pop_row(2, "2018-2019", "MBO_1", "Bol1", "",
		                     "", 5),
		                 pop_row(3, v[i].jaar, v[i].cat, v[i].leerweg,
		                     v[i].gemeente, v[i].sector, 5)),
		    faults);
		assert_int_equal(end_int(j, "geladen"), 0);
		assert_int_equal(end_int(j, "fout"), 1);
		json_decref(j);
		f = json_array_get(faults, 0);
		assert_int_equal(number(f, "rij"), 3);
		assert_string_equal(text(f, "kolom"), v[i].kolom);
		assert_string_equal(text(f, "reden"), v[i].reden);
		assert_true(strlen(text(f, "tekst")) > strlen(v[i].reden) + 10);
	}
	/* A wrong sector, a wrong number, a missing member. */
	json_array_clear(faults);
	j = pop_load(json_pack("[o,{s:i},o]",
	                 pop_row(2, "2018-2019", "", "", "0193", "hbo", 5),
	                 "rij", 3,
	                 pop_row(4, "2018-2019", "MBO_1", "", "", "", -1)),
	    faults);
	assert_int_equal(end_int(j, "fout"), 3);
	json_decref(j);
	assert_string_equal(text(json_array_get(faults, 0), "reden"),
	    "reden/code");
	json_decref(faults);
	assert_int_equal(sql("SELECT count(*) FROM startpopulatie"), 0);
	assert_int_equal(sql("SELECT count(*) FROM startpopulatie_cel"), 0);
}

static void
pop_listed(void **state)
{
	json_t *j, *rows = json_array();

	(void)state;
	json_decref(
	    pop_load(json_pack("[o,o]",
	                 pop_row(2, "2018-2019", "MBO_1", "Bol1", "", "", 215),
	                 pop_row(3, "2018-2019", "ANDERS", "", "0193", "", 25)),
	        NULL));
	json_decref(pop_load(json_pack("[o]", pop_row(2, "2018-2019", "", "",
	                                          "0193", "mbo", 7)),
	    NULL));
	j = ask("population.list", NULL, NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 2);
	json_decref(j);
	assert_int_equal(number(json_array_get(rows, 0), "deelnemers"), 240);
	assert_int_equal(number(json_array_get(rows, 0), "rijen"), 2);
	assert_string_equal(text(json_array_get(rows, 0), "bron"),
	    "DUO, startpopulatie");
	assert_string_equal(text(json_array_get(rows, 0), "datum"),
	    "2018-10-01");
	assert_string_equal(text(json_array_get(rows, 1), "vorm"), "gemeente");
	json_decref(rows);
}

/* ---- the published table ---- */

struct table {
	size_t n;
	char cell[64][7][32];
};

static enum ov_rc
on_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	struct table *t = arg;

	(void)e;
	if (row->nr == 1)
		return OV_OK;
	assert_true(t->n < 64 && row->n <= 7);
	for (size_t i = 0; i < row->n; i++)
		(void)snprintf(t->cell[t->n][i], 32, "%s", row->cell[i]);
	t->n++;
	return OV_OK;
}

static void
read_table(const char *name, struct table *t)
{
	struct ov_csv *c = ov_csv_new(on_row, t);
	char path[512];
	OV_BUF b = {0};

	memset(t, 0, sizeof(*t));
	(void)snprintf(path, sizeof(path), OV_TEST_DATA "/%s", name);
	assert_int_equal(ov_fs_read(AT_FDCWD, path, 65536, &b, NULL), OV_OK);
	assert_int_equal(ov_csv_push(c, b.p, b.n, NULL), OV_OK);
	assert_int_equal(ov_csv_end(c, NULL), OV_OK);
	ov_csv_free(c);
}

static int
val(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

/* Every participant and every leaver of the table; "Onbekend" of the mbo has
 * no norm category and stands under the name of its group. */
static void
feed_vsv(const struct table *t)
{
	json_t *pop = json_array();
	uint32_t mens = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->cell[i][1], "TOTAAL") == 0)
			continue;
		assert_int_equal(json_array_append_new(pop,
		                     pop_row((int)i + 2, "2018-2019",
		                         t->cell[i][0], t->cell[i][1], "", "",
		                         val(t->cell[i][2]))),
		    0);
		for (int k = 0; k < val(t->cell[i][3]); k++)
			leave(++mens, t->cell[i][0],
			    k % 2 == 0 ? "2018-10-01" : "2019-09-30");
	}
	json_decref(pop_load(pop, NULL));
}

static void
published_vsv(void **state)
{
	static struct table t;
	json_t *rows = json_array(), *j, *r;
	int64_t lines = sql("SELECT count(*) FROM gelezen");

	(void)state;
	read_table("ijssel-vecht-2018-2019.csv", &t);
	feed_vsv(&t);
	/* Days of the years before and after do not count. */
	leave(900001, "MBO_1", "2018-09-30");
	leave(900002, "MBO_1", "2019-10-01");
	j = report(json_pack("{s:s,s:s}", "lijst", "vsv", "schooljaar",
	               "2018-2019"),
	    rows);
	for (size_t i = 0; i < t.n; i++) {
		if (strcmp(t.cell[i][1], "TOTAAL") != 0)
			continue;
		r = find(rows, "normcategorie", t.cell[i][0]);
		assert_int_equal(number(r, "noemer"), val(t.cell[i][2]));
		assert_int_equal(number(r, "teller"), val(t.cell[i][3]));
		assert_string_equal(text(r, "uitkomst"), t.cell[i][4]);
		assert_string_equal(text(r, "norm"), t.cell[i][5]);
		assert_string_equal(text(r, "normbron"),
		    t.cell[i][5][0] != '\0' ? "ijssel-vecht-bijlage" : "");
	}
	assert_string_equal(text(find(rows, "normcategorie", "MBO_1"),
	                        "gehaald"),
	    "ja");
	assert_string_equal(text(find(rows, "normcategorie", "MBO_4"),
	                        "gehaald"),
	    "nee");
	r = find(rows, "normcategorie", "onbekend"); /* keeps its row */
	assert_int_equal(number(r, "noemer"), 2);
	/* The formula and its source stand under the figure. */
	r = json_array_get(json_object_get(json_object_get(j, "end"),
	                       "formules"),
	    0);
	assert_string_equal(text(r, "code"), "vsv");
	assert_true(strlen(text(r, "bron")) > 10);
	assert_int_equal(json_array_size(
	                     json_object_get(json_object_get(j, "end"),
	                         "let_op")),
	    0);
	json_decref(j);
	json_decref(rows);
	/* One line for all that was opened. */
	assert_int_equal(sql("SELECT count(*) FROM gelezen"), lines + 1);
	assert_int_equal(sql("SELECT record FROM gelezen ORDER BY nr DESC"
	                     " LIMIT 1"),
	    0);
}

static int64_t
vsv_total(const char *op, int64_t *noemer)
{
	json_t *rows = json_array(), *arg, *r, *n;
	int64_t teller;

	arg = json_pack("{s:s,s:s}", "lijst", "vsv", "schooljaar", "2025-2026");
	if (op != NULL)
		assert_int_equal(json_object_set_new(arg, "op",
		                     json_string(op)),
		    0);
	json_decref(report(arg, rows));
	r = find(rows, "normcategorie", "TOTAAL");
	teller = number(r, "teller");
	n = json_object_get(r, "noemer");
	*noemer = json_is_null(n) ? -1 : json_integer_value(n);
	json_decref(rows);
	return teller;
}

/* What a school says again replaces what it said; what says that it is none
 * takes it back; rejected ones do not count; neither does another year. */
static void
vsv_counts_once(void **state)
{
	int64_t noemer;
	json_t *j;

	(void)state;
	leave(7, "MBO_2", "2026-01-15");
	assert_int_equal(vsv_total(NULL, &noemer), 1);
	assert_int_equal(noemer, -1); /* none was loaded */
	leave(7, "MBO_3", "2026-01-20");
	assert_int_equal(vsv_total(NULL, &noemer), 1);
	leave(0, "MBO_3", "2026-01-20"); /* nobody in particular */
	leave(0, "MBO_3", "2026-01-20");
	assert_int_equal(vsv_total(NULL, &noemer), 3);
	j = notice("MBO_3", "0193", "2026-01-20");
	assert_int_equal(json_object_set_new(j, "heeftStartkwalificatie",
	                     json_true()),
	    0);
	(void)received(
	    (struct in){.srt = "uitschrijving", .inhoud = j, .mens = 7});
	assert_int_equal(vsv_total(NULL, &noemer), 2);
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE bericht SET stand='AFGEWEZEN' WHERE"
	                     " tag16 IS NULL",
	                     ""),
	    OV_OK);
	assert_int_equal(vsv_total(NULL, &noemer), 0);
}

/* What was known on a day. */
static void
as_of(void **state)
{
	struct ov_date d = {2026, 2, 1};
	int64_t noemer;

	(void)state;
	(void)received((struct in){.srt = "uitschrijving",
	    .inhoud = notice("MBO_2", "0193", "2026-01-15"),
	    .mens = 1,
	    .ontvangen = ov_nl_midnight(d)});
	json_decref(pop_load(json_pack("[o]", pop_row(2, "2025-2026", "MBO_2",
	                                          "", "", "", 50)),
	    NULL));
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE startpopulatie SET tijd=?1", "i",
	                     ov_nl_midnight(d)),
	    OV_OK);
	json_decref(pop_load(json_pack("[o]", pop_row(2, "2025-2026", "MBO_2",
	                                          "", "", "", 80)),
	    NULL));
	assert_int_equal(vsv_total("2026-01-31", &noemer), 0);
	assert_int_equal(noemer, -1);
	assert_int_equal(vsv_total("2026-02-01", &noemer), 1);
	assert_int_equal(noemer, 50);
	assert_int_equal(vsv_total(NULL, &noemer), 1);
	assert_int_equal(noemer, 80);
}

static void
vsv_gemeente(void **state)
{
	json_t *rows = json_array(), *r, *adres;
	json_t *geen = notice("VMBO_BOVENBOUW", "0193", "2026-02-02");

	(void)state;
	json_decref(
	    pop_load(json_pack("[o,o]",
	                 pop_row(2, "2025-2026", "", "", "0193", "mbo", 839),
	                 pop_row(3, "2025-2026", "", "", "0150", "mbo", 10)),
	        NULL));
	for (uint32_t i = 1; i <= 78; i++)
		leave(i, "MBO_2", "2026-02-02");
	adres = json_object_get(geen, "adres");
	assert_int_equal(json_object_del(adres, "gemeentecode"), 0);
	(void)received(
	    (struct in){.srt = "uitschrijving", .inhoud = geen, .mens = 99});
	json_decref(report(json_pack("{s:s,s:s,s:b}", "lijst", "vsv",
	                       "schooljaar", "2025-2026", "gemeente", 1),
	    rows));
	r = find(rows, "gemeente", "0193");
	assert_string_equal(text(r, "uitkomst"), "9.30");
	assert_string_equal(text(r, "sector"), "mbo");
	r = find(rows, "gemeente", "0150");
	assert_string_equal(text(r, "uitkomst"), "0.00");
	r = find(rows, "gemeente", "onbekend");
	assert_int_equal(number(r, "teller"), 1);
	assert_string_equal(text(r, "uitkomst"), "");
	json_decref(rows);
}

/* ---- return ---- */

static void
published_return(void **state)
{
	static struct table t;

	(void)state;
	read_table("ijssel-vecht-return.csv", &t);
	for (size_t i = 0; i < t.n; i++) {
		json_t *rows = json_array(), *r;
		uint32_t base = (uint32_t)(i + 1) * 10000;
		char jaar[10], weg[20], terug[2][20];
		int y = val(t.cell[i][0]);

		/* The year of the table is that of the leaving. */
		ov_schooljaar_fmt(y, jaar);
		(void)snprintf(weg, sizeof(weg), "%d-02-28", y + 1);
		(void)snprintf(terug[0], sizeof(terug[0]), "%d-02-28", y + 2);
		(void)snprintf(terug[1], sizeof(terug[1]), "%d-03-01",
		    y + 2); /* late */
		json_decref(
		    pop_load(json_pack("[o]", pop_row(2, jaar, "MBO_2", "", "",
		                                  "", val(t.cell[i][1]))),
		        NULL));
		for (int k = 0; k < val(t.cell[i][2]); k++)
			leave(base + (uint32_t)k, "MBO_2", weg);
		for (int k = 0; k < val(t.cell[i][3]) + 9; k++)
			(void)received((struct in){.srt = "overstapstatus",
			    .inhoud = json_pack("{s:s,s:s}", "status",
			        k % 2 == 0 ? "gestart" : "ingeschreven",
			        "datumStatus",
			        terug[k < val(t.cell[i][3]) ? 0 : 1]),
			    .mens = base + (uint32_t)k});
		/* Applying is not being back. */
		(void)received((struct in){.srt = "overstapstatus",
		    .inhoud = json_pack("{s:s,s:s}", "status", "aangemeld",
		        "datumStatus", terug[0]),
		    .mens = base + (uint32_t)val(t.cell[i][2]) - 1});
		json_decref(report(json_pack("{s:s,s:s}", "lijst", "terugkeer",
		                       "schooljaar", jaar),
		    rows));
		r = json_array_get(rows, 0);
		assert_int_equal(number(r, "startpopulatie"),
		    val(t.cell[i][1]));
		assert_int_equal(number(r, "noemer"), val(t.cell[i][2]));
		assert_int_equal(number(r, "teller"), val(t.cell[i][3]));
		assert_string_equal(text(r, "uitkomst"), t.cell[i][5]);
		json_decref(rows);
	}
}

/* ---- timeliness and turnaround ---- */

static void
on_day(const char *uit, struct ov_date sent)
{
	(void)received((struct in){.srt = "uitschrijving",
	    .inhoud = notice("MBO_2", "0193", uit),
	    .mens = (uint32_t)(seq + 1),
	    .ontvangen = ov_nl_midnight(sent) + 12 * 3600});
}

/* Removed on Friday 16 January 2026: Monday is in time, Tuesday is a working
 * day late, the Friday after four. */
static void
timely(void **state)
{
	json_t *rows = json_array(), *j, *r;

	(void)state;
	on_day("2026-01-16", (struct ov_date){2026, 1, 19});
	on_day("2026-01-16", (struct ov_date){2026, 1, 20});
	on_day("2026-01-16", (struct ov_date){2026, 1, 23});
	on_day("2025-07-31", (struct ov_date){2025, 8, 20}); /* last year's */
	j = report(json_pack("{s:s,s:s}", "lijst", "tijdigheid", "schooljaar",
	               "2025-2026"),
	    rows);
	assert_int_equal(end_int(j, "aantal"), 1);
	r = json_array_get(rows, 0);
	assert_string_equal(text(r, "school"), "25LH/00");
	assert_string_equal(text(r, "srt"), "uitschrijving");
	assert_string_equal(text(r, "termijn"), "verwijdering");
	assert_int_equal(number(r, "noemer"), 3);
	assert_int_equal(number(r, "teller"), 1);
	assert_int_equal(number(r, "te_laat"), 2);
	assert_int_equal(number(r, "ergst"), 4);
	assert_string_equal(text(r, "uitkomst"), "33.3");
	json_decref(j);
	json_decref(rows);
}

/* Rule 9: of a sender's leavers, how many left for an unknown reason.  One
 * person counts once, with what was said last. */
static void
rule_9_unknown_reasons_per_sender(void **state)
{
	static const struct {
		uint32_t mens;
		const char *reden, *uit;
	} in[] = {{1, "7", "2025-10-01"}, {2, "4", "2025-12-01"},
	    {3, "7", "2026-01-15"}, {3, "5", "2026-01-15"},
	    {4, "6", "2026-09-30"}, {5, NULL, "2026-02-01"},
	    {6, "7", "2025-09-30"}, {7, "7", "2026-10-01"}};
	json_t *rows = json_array(), *j, *r;

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		j = notice("MBO_2", "0193", in[i].uit);
		if (in[i].reden != NULL)
			(void)json_object_set_new(j, "redenUitval",
			    json_string(in[i].reden));
		(void)received((struct in){.srt = "uitschrijving",
		    .inhoud = j,
		    .mens = in[i].mens});
	}
	j = report(json_pack("{s:s,s:s}", "lijst", "uitvalreden", "schooljaar",
	               "2025-2026"),
	    rows);
	assert_int_equal(end_int(j, "aantal"), 2);
	json_decref(j);
	r = find(rows, "partner", "Beroepscollege");
	assert_int_equal(number(r, "noemer"), 4);
	assert_int_equal(number(r, "teller"), 1);
	assert_string_equal(text(r, "uitkomst"), "25.0");
	assert_string_equal(text(r, "norm"), "5.00");
	assert_string_equal(text(r, "gehaald"), "nee");
	assert_string_equal(text(find(rows, "partner", "TOTAAL"), "uitkomst"),
	    "25.0");
	/* 1 of 20 is just what is aimed at. */
	for (uint32_t i = 0; i < 16; i++) {
		j = notice("MBO_2", "0193", "2026-03-01");
		(void)json_object_set_new(j, "redenUitval", json_string("1"));
		(void)received((struct in){.srt = "uitschrijving",
		    .inhoud = j,
		    .mens = 100 + i});
	}
	json_array_clear(rows);
	json_decref(report(json_pack("{s:s,s:s}", "lijst", "uitvalreden",
	                       "schooljaar", "2025-2026"),
	    rows));
	r = find(rows, "partner", "Beroepscollege");
	assert_string_equal(text(r, "uitkomst"), "5.0");
	assert_string_equal(text(r, "gehaald"), "ja");
	json_decref(rows);
}

static void
turnaround(void **state)
{
	struct ov_date d = {2026, 3, 28}; /* the clock changes on the 29th */
	json_t *rows = json_array(), *r;
	int64_t lines = sql("SELECT count(*) FROM gelezen"), nr[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		nr[i] = received((struct in){.srt = "overstapdossier",
		    .inhoud = json_object(),
		    .mens = 1,
		    .ontvangen = ov_nl_midnight(d) + 3600});
	for (int i = 0; i < 2; i++)
		assert_int_equal(ov_db_run(w.st->db, NULL,
		                     "INSERT INTO afhandeling VALUES(?1,?2)",
		                     "ii", nr[i],
		                     ov_nl_midnight(ov_date_add_days(d,
		                         i == 0 ? 13 : 14))),
		    OV_OK);
	json_decref(report(json_pack("{s:s,s:s}", "lijst", "doorlooptijd", "op",
	                       "2026-04-30"),
	    rows));
	r = find(rows, "partner", "Beroepscollege");
	assert_int_equal(number(r, "noemer"), 3);
	assert_int_equal(number(r, "teller"), 2);
	assert_string_equal(text(r, "uitkomst"), "66.7");
	assert_string_equal(text(r, "gemiddeld"), "13.5");
	assert_int_equal(number(r, "oudste"), 33);
	(void)find(rows, "partner", "TOTAAL");
	/* As of the day of the first. */
	json_array_clear(rows);
	json_decref(report(json_pack("{s:s,s:s}", "lijst", "doorlooptijd", "op",
	                       "2026-04-10"),
	    rows));
	r = find(rows, "partner", "TOTAAL");
	assert_int_equal(number(r, "teller"), 1);
	assert_string_equal(text(r, "gemiddeld"), "13.0");
	assert_int_equal(number(r, "oudste"), 13);
	json_decref(rows);
	/* No content was opened for it. */
	assert_int_equal(sql("SELECT count(*) FROM gelezen"), lines);
}

/* ---- DUO ---- */

static void
duo(void **state)
{
	static const char header[] =
	    "BRIN_NR;NAAM_INST;RAPPORTAGEMAAND;PERSOONSGEBONDENNUMMER;"
	    "ACHTERNAAM;VOORVOEGSEL;ALLE_VOORNAMEN;WOONGEMEENTE;GEBOORTEDATUM;"
	    "ONDERWIJSCODE;ONDERWIJSNAAM;LEERWEG;DATUM_UITSCHRIJVING;"
	    "MELDING_VERZUIM_WETTELIJK;REDEN;BRIN;NAAM_INSTELLING;"
	    "ONDERWIJSAANBIEDERCODE;NAAM_ONDERWIJSAANBIEDER;"
	    "MELDING_VERZUIM_NIET_WETTELIJK;GEMEENTECODE;RMC_REGIO;"
	    "REDEN_UITSTROOM;LOCATIECODE;ONDERWIJSLOCATIECODE;"
	    "POSTCODE_ONDERWIJSLOCATIE;HUISNUMMER_ONDERWIJSLOCATIE;"
	    "BRIN_VOLGNUMMER;NIVEAU;INSCHRIJVINGSVOLGNUMMER;STRAAT;HUISNUMMER;"
	    "HUISLETTER;HUISNUMMER_TOEVOEGING;HUISNUMMER_AANDUIDING;"
	    "ADRES_LOCATIE;POSTCODE;WOONPLAATS;VANAF_WANNEER";
	json_t *rows = json_array(), *j, *r, *k;
	int64_t lines = sql("SELECT count(*) FROM gelezen");
	OV_BUF b = {0};
	size_t i;

	(void)state;
	leave(1, "MBO_4", "2026-02-01");
	leave(2, "MBO_4", "2026-02-28");
	leave(3, "MBO_4", "2026-03-01");
	j = report(json_pack("{s:s,s:s}", "lijst", "duo", "maand", "2026-02"),
	    rows);
	assert_int_equal(end_int(j, "aantal"), 2);
	json_array_foreach(json_object_get(json_object_get(j, "end"),
	                       "kolommen"),
	    i, k)
	{
		ov_buf_fmt(&b, "%s%s", i > 0 ? ";" : "", text(k, "naam"));
	}
	assert_string_equal(ov_buf_text(&b), header);
	r = json_array_get(rows, 0);
	assert_string_equal(text(r, "PERSOONSGEBONDENNUMMER"), "");
	assert_string_equal(text(r, "DATUM_UITSCHRIJVING"), "01-02-2026");
	assert_string_equal(text(r, "GEBOORTEDATUM"), "29-02-2000");
	assert_string_equal(text(r, "NIVEAU"), "Mbo4 opleidingen");
	assert_string_equal(text(r, "RAPPORTAGEMAAND"), "202602");
	assert_string_equal(text(r, "HUISNUMMER"), "12");
	assert_string_equal(text(r, "GEMEENTECODE"), "0193");
	assert_string_equal(text(r, "NAAM_INST"), "Beroepscollege");
	json_decref(j);
	json_decref(rows);
	/* People are shown: a line for each, and only for those. */
	assert_int_equal(sql("SELECT count(*) FROM gelezen"), lines + 2);
	assert_int_equal(sql("SELECT count(*) FROM gelezen WHERE record>0 AND"
	                     " grond='VERWIJDERING-18PLUS'"),
	    2);
}

static void
refusals(void **state)
{
	static const struct {
		const char *lijst, *member, *value, *code;
	} v[] = {{"geluk", NULL, NULL, "rapport-onbekend"},
	    {"vsv", "op", "2026-02-30", "datum-ongeldig"},
	    {"vsv", "schooljaar", "2018", "schooljaar-ongeldig"},
	    {"vsv", "norm", "niemand", "normbron-onbekend"},
	    {"vsv", "maand", "2026-02", "maand-ongeldig"},
	    {"duo", NULL, NULL, "maand-ongeldig"},
	    {"duo", "maand", "2026-13", "maand-ongeldig"}};
	json_t *arg;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		arg = json_pack("{s:s}", "lijst", v[i].lijst);
		if (v[i].member != NULL)
			assert_int_equal(json_object_set_new(arg, v[i].member,
			                     json_string(v[i].value)),
			    0);
		refused(ask("report", arg, NULL, NULL), v[i].code);
	}
}

/* A message that cannot be read is set aside, and the report goes on. */
static void
damaged(void **state)
{
	int64_t noemer;

	(void)state;
	leave(1, "MBO_2", "2026-02-02");
	leave(2, "MBO_2", "2026-02-02");
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE bericht SET inhoud=zeroblob(99) WHERE"
	                     " seq=1",
	                     ""),
	    OV_OK);
	assert_int_equal(vsv_total(NULL, &noemer), 1);
	assert_int_equal(sql("SELECT count(*) FROM bericht WHERE"
	                     " stand='TERZIJDE'"),
	    1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, world_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {T(pop_refused), T(pop_listed),
	    T(published_vsv), T(vsv_counts_once), T(as_of), T(vsv_gemeente),
	    T(published_return), T(timely),
	    T(rule_9_unknown_reasons_per_sender), T(turnaround), T(duo),
	    T(refusals), T(damaged)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
