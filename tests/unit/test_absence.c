/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_absence.c - absence comes in and becomes drafts: the
 * holidays are asked for, a signal is drafted once, changes with its rows
 * until somebody touches it, and goes with them; faults; the calendar.
 */
#include "tests/unit/store_world.h"

#include "daemon/store/verzuim.h"

static int64_t
number(const char *sql)
{
	sqlite3_stmt *q;
	struct ov_err e = {0};
	int64_t n;
	bool row;

	assert_int_equal(ov_db_q(w.st->db, &q, &e, sql, ""), OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	n = row ? ov_db_i64(q, 0) : 0;
	ov_db_done(w.st->db, q);
	return n;
}

/* A Monday of this school year that is over, some weeks ago: tests must hold
 * on any day.  Holidays of the years are a day nobody misses. */
static struct ov_date monday;

static const char *
day(int n)
{
	static char t[8][OV_DATE_SIZE];
	static unsigned i;

	i = (i + 1) % 8;
	ov_date_fmt(t[i], ov_date_add_days(monday, n));
	return t[i];
}

static void
choose_monday(void)
{
	struct ov_date d = ov_date_nl(ov_now(w.st));

	/* Five working days in a row behind it, and no public holiday. */
	for (d = ov_date_add_days(d, -28);; d = ov_date_add_days(d, -1)) {
		bool all = ov_date_weekday(d) == 1;

		for (int i = 0; i < 12 && all; i++)
			all = i == 5 || i == 6 ||
			      ov_kal_werkdag(w.st->kalender,
			          ov_date_add_days(d, i));
		if (all &&
		    ov_schooljaar(d) == ov_schooljaar(ov_date_add_days(d, 28)))
			break;
	}
	monday = d;
}

static json_t *
absence(int rij, const char *ref, const char *dag, const char *gemist,
    const char *totaal)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s}", "rij", rij, "eigenReferentie",
	    ref, "datum", dag, "gemist", gemist, "totaal", totaal);
}

static json_t *
load(json_t *rows, json_t *faults)
{
	json_t *j = ask("absence.load", NULL, rows, faults);

	world_turn(50);
	return j;
}

static void
holidays(void)
{
	json_t *rows = json_array(), *j;
	int y = ov_schooljaar(monday);

	for (int i = y - 1; i <= y; i++)
		assert_int_equal(json_array_append_new(rows,
		                     json_pack("{s:i,s:o,s:s,s:o,s:o}", "rij",
		                         i, "schooljaar",
		                         json_sprintf("%d-%d", i, i + 1),
		                         "naam", "zomer", "van",
		                         json_sprintf("%d-08-01", i), "tot",
		                         json_sprintf("%d-08-02", i))),
		    0);
	j = ask("calendar.load", NULL, rows, NULL);
	assert_int_equal(end_int(j, "geladen"), 2);
	assert_int_equal(end_int(j, "fout"), 0);
	json_decref(j);
	world_turn(50);
}

static json_t *
signals(void)
{
	json_t *rows = json_array();

	json_decref(ask("absence.list", NULL, NULL, rows));
	return rows;
}

static const char *
text(const json_t *rows, size_t i, const char *name)
{
	const char *s = json_string_value(
	    json_object_get(json_array_get(rows, i), name));

	assert_non_null(s);
	return s;
}

static void
begin(void)
{
	world_book();
	choose_monday();
}

static void
a_signal(void **state)
{
	json_t *rows, *j, *inhoud;
	json_int_t nr;
	int64_t read;

	(void)state;
	begin();
	j = load(json_pack("[o,o,o]", absence(2, "L1", day(0), "8", "8"),
	             absence(3, "L1", day(2), "7,99", "8"),
	             absence(4, "L2", day(0), "8", "8")),
	    NULL);
	assert_int_equal(end_int(j, "regels"), 3);
	assert_int_equal(end_int(j, "leerlingen"), 2);
	assert_int_equal(end_int(j, "gewijzigd"), 2);
	json_decref(j);
	/* The holidays are not there: it asks for them and says nothing. */
	j = ask("absence.list", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "wacht_op_vakanties"), 2);
	json_decref(j);
	rows = json_array();
	json_decref(ask("calendar.list", NULL, NULL, rows));
	assert_string_equal(text(rows, 0, "naam"), "vakanties-ontbreken");
	json_decref(rows);
	holidays();
	/* 15.99 hours: nothing. */
	assert_int_equal(number("SELECT count(*) FROM verzuim_signaal"), 0);
	j = ask("absence.list", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "wacht_op_vakanties"), 0);
	assert_int_equal(end_int(j, "nog_te_beoordelen"), 0);
	json_decref(j);
	/* A hundredth more. */
	json_decref(
	    load(json_pack("[o]", absence(2, "L1", day(2), "8", "8")), NULL));
	read = number("SELECT count(*) FROM gelezen");
	rows = signals();
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal(number("SELECT count(*) FROM gelezen"), read + 1);
	assert_string_equal(text(rows, 0, "eigenReferentie"), "L1");
	assert_string_equal(text(rows, 0, "soortVerzuim"), "16-uur");
	assert_string_equal(text(rows, 0, "begindatum"), day(0));
	assert_string_equal(text(rows, 0, "einddatum"), day(2));
	assert_string_equal(text(rows, 0, "uren"), "16");
	assert_string_equal(text(rows, 0, "uiterlijk"), day(9));
	assert_string_equal(text(rows, 0, "stand"), "ONVOLLEDIG");
	assert_true(json_integer_value(json_object_get(json_array_get(rows, 0),
	                "teLaat")) > 0);
	nr = json_integer_value(json_object_get(json_array_get(rows, 0), "nr"));
	json_decref(rows);
	/* The draft has what is known, and nothing is sent. */
	rows = json_array();
	json_decref(
	    ask("drafts.show", json_pack("{s:I}", "nr", nr), NULL, rows));
	inhoud = json_object_get(json_array_get(rows, 0), "inhoud");
	assert_int_equal(json_array_size(
	                     json_object_get(json_object_get(inhoud, "verzuim"),
	                         "dagen")),
	    2);
	assert_true(json_is_true(json_object_get(inhoud, "alleLessenGemist")));
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(inhoud,
	                                            "school"),
	                            "brin")),
	    "25PU");
	json_decref(rows);
	assert_int_equal(number("SELECT count(*) FROM uitgaand"), 0);
	/* Nothing of it stands in the clear. */
	assert_int_equal(number("SELECT count(*) FROM verzuim WHERE"
	                        " instr(CAST(inhoud AS TEXT),'L1')>0"),
	    0);
}

/* The same rows again, more of them, and the school's own draft. */
static void
again(void **state)
{
	json_t *rows, *j;
	int64_t nr;

	(void)state;
	begin();
	holidays();
	for (int i = 0; i < 2; i++) {
		j = load(json_pack("[o,o]", absence(2, "L1", day(0), "9", "9"),
		             absence(3, "L1", day(1), "8", "8")),
		    NULL);
		assert_int_equal(end_int(j, "gewijzigd"), i == 0 ? 1 : 0);
		json_decref(j);
		assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	}
	nr = number("SELECT max(nr) FROM concept");
	/* Fewer hours on the second day: the end moves, the draft with it. */
	json_decref(
	    load(json_pack("[o,o]", absence(2, "L1", day(1), "6.5", "8"),
	             absence(3, "L1", day(3), "0.5", "8")),
	        NULL));
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	assert_true(number("SELECT max(nr) FROM concept") > nr);
	rows = signals();
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(text(rows, 0, "einddatum"), day(3));
	assert_string_equal(text(rows, 0, "signaal"), "NIEUW");
	json_decref(rows);
	/* A day is taken back: no signal, no draft, no key. */
	json_decref(
	    load(json_pack("[o]", absence(2, "L1", day(0), "0", "9")), NULL));
	assert_int_equal(number("SELECT count(*) FROM concept"), 0);
	assert_int_equal(number("SELECT count(*) FROM verzuim_signaal"), 0);
	assert_int_equal(number("SELECT count(*) FROM sleutel_jong"),
	    number("SELECT count(*) FROM verzuim"));
}

/* Killed between the rows and their judgement, and between a draft and its
 * note: the work is done once, after the start. */
static void
killed(void **state)
{
	struct ov_err e = {0};
	int64_t nr;

	(void)state;
	begin();
	holidays();
	json_decref(ask("absence.load", NULL,
	    json_pack("[o]", absence(2, "L1", day(0), "16", "16")), NULL));
	world_stop();
	world_start();
	world_book();
	world_turn(1500); /* the tick sees that there is a book */
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	nr = number("SELECT nr FROM concept");
	assert_int_equal(ov_db_run(w.st->db, &e, "DELETE FROM verzuim_signaal",
	                     ""),
	    OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE verzuim SET geoordeeld=0", ""),
	    OV_OK);
	world_stop();
	world_start();
	world_book();
	world_turn(1500);
	assert_int_equal(number(
	                     "SELECT count(*) FROM verzuim WHERE geoordeeld=0"),
	    0);
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	assert_true(number("SELECT nr FROM concept") >= nr);
	assert_int_equal(number("SELECT concept FROM verzuim_signaal"),
	    number("SELECT nr FROM concept"));
}

static void
hands_off(void **state)
{
	json_t *rows, *inhoud, *j;

	(void)state;
	begin();
	holidays();
	json_decref(
	    load(json_pack("[o]", absence(2, "L1", day(0), "16", "16")), NULL));
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	/* The school imports its own notice about the same absence: it takes
	 * the draft's place. */
	inhoud = json_pack("{s:s,s:s,s:s,s:s}", "soortVerzuim", "16-uur",
	    "begindatum", day(0), "einddatum", day(0), "geslachtsnaam",
	    "Jansen");
	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", "verzuimmelding", "bestand",
	        "school.json"),
	    json_pack("[{s:i,s:s,s:o}]", "rij", 1, "eigenReferentie", "L1",
	        "inhoud", inhoud),
	    NULL);
	assert_int_equal(end_int(j, "goed"), 1);
	json_decref(j);
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	rows = signals();
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(text(rows, 0, "signaal"), "NIEUW");
	json_decref(rows);
	/* Other hours: theirs stays, and is marked. */
	json_decref(
	    load(json_pack("[o]", absence(2, "L1", day(0), "17", "17")), NULL));
	assert_int_equal(number("SELECT count(*) FROM concept c JOIN import i"
	                        " ON i.nr=c.import"
	                        " WHERE i.bestand='school.json'"),
	    1);
	assert_int_equal(number("SELECT count(*) FROM verzuim_signaal"
	                        " WHERE stand='GEWIJZIGD'"),
	    1);
	json_decref(
	    load(json_pack("[o]", absence(2, "L1", day(0), "1", "17")), NULL));
	assert_int_equal(number("SELECT count(*) FROM concept"), 1);
	rows = signals();
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(text(rows, 0, "signaal"), "VERVALLEN");
	json_decref(rows);
	assert_int_equal(number("SELECT count(*) FROM verzuim_signaal"
	                        " WHERE stand='VERVALLEN'"),
	    1);
}

static void
faults(void **state)
{
	static const char *const reden[] = {"datum-ongeldig", "uren-ongeldig",
	    "uren-ongeldig", "lesuur-ongeldig", "datum-in-toekomst",
	    "reden/type", "verzuim-te-veel", "verzuim-dubbel"};
	json_t *rows, *list = json_array(), *j, *r;

	(void)state;
	begin();
	rows = json_pack("[o,o,o,o,o,o,o,o,o]",
	    absence(2, "L1", "2026-02-29", "1", ""),
	    absence(3, "L1", day(0), "24.01", ""),
	    absence(4, "L1", day(1), "1,234", ""),
	    r = absence(5, "L1", day(2), "1", ""),
	    absence(6, "L1", "2999-01-04", "1", ""),
	    absence(7, "", day(0), "1", ""), absence(8, "L2", day(0), "5", "4"),
	    absence(9, "L3", day(0), "1", ""),
	    absence(10, "L3", day(0), "1", ""));
	assert_int_equal(json_object_set_new(r, "lesuur", json_string("13")),
	    0);
	j = load(rows, list);
	assert_int_equal(end_int(j, "fout"), 8);
	assert_int_equal(end_int(j, "leerlingen"), 0);
	json_decref(j);
	assert_int_equal(json_array_size(list), 8);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(text(list, i, "reden"), reden[i]);
	json_decref(list);
	assert_int_equal(number("SELECT count(*) FROM verzuim"), 0);
	/* Two lessons of one day are no double; they add up. */
	rows = json_pack("[o,o]", absence(2, "L3", day(0), "1", "7"),
	    absence(3, "L3", day(0), "0,5", "7"));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(json_object_set_new(json_array_get(rows, i),
		                     "lesuur", json_sprintf("%d", (int)i + 11)),
		    0);
	j = load(rows, NULL);
	assert_int_equal(end_int(j, "gewijzigd"), 1);
	json_decref(j);
	{
		static struct ov_verzuim_rec v;
		struct ov_err e = {0};

		assert_int_equal(ov_verzuim_read(w.st, 1, NULL, &v, &e), OV_OK);
		assert_int_equal(v.n, 1);
		assert_int_equal(v.dag[0].gemist, 150);
		assert_int_equal(v.dag[0].totaal, 700);
		assert_int_equal(v.dag[0].lesuren, 0xc00);
		assert_string_equal(v.ref, "L3");
	}
}

static json_t *
holiday(const char *jaar, const char *van, const char *tot)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s}", "rij", 2, "schooljaar", jaar,
	    "naam", "herfst", "van", van, "tot", tot);
}

static void
bad_holidays(void **state)
{
	static const struct {
		const char *jaar, *van, *tot, *reden;
	} t[] = {{"2026-2028", "2026-10-17", "2026-10-25", "reden/patroon"},
	    {"2026", "2026-10-17", "2026-10-25", "reden/patroon"},
	    {"2026-2027", "2026-10-32", "2026-10-25", "datum-ongeldig"},
	    {"2026-2027", "2026-10-25", "2026-10-17", "vakantie-ongeldig"},
	    {"2026-2027", "2025-10-17", "2025-10-25", "vakantie-ongeldig"}};
	json_t *list, *j;

	(void)state;
	world_book();
	for (size_t i = 0; i <= sizeof(t) / sizeof(t[0]); i++) {
		bool twice = i == sizeof(t) / sizeof(t[0]);

		list = json_array();
		j = ask("calendar.load", NULL,
		    twice
		        ? json_pack("[o,o]",
		              holiday("2026-2027", "2026-10-17", "2026-10-25"),
		              holiday("2026-2027", "2026-10-25", "2026-10-26"))
		        : json_pack("[o]",
		              holiday(t[i].jaar, t[i].van, t[i].tot)),
		    list);
		assert_int_equal(end_int(j, "fout"), 1);
		assert_int_equal(end_int(j, "geladen"), 0);
		assert_string_equal(text(list, 0, "reden"),
		    twice ? "vakantie-ongeldig" : t[i].reden);
		json_decref(j);
		json_decref(list);
		assert_int_equal(number("SELECT count(*) FROM vakantie"), 0);
	}
}

static void
calendar(void **state)
{
	json_t *rows = json_array(), *j;
	size_t n;

	(void)state;
	refused(ask("calendar.list", NULL, NULL, NULL), "adresboek-ontbreekt");
	begin();
	holidays();
	json_decref(load(json_pack("[o,o]", absence(2, "L1", day(0), "16", ""),
	                     absence(3, "L2", day(0), "16", "")),
	    NULL));
	refused(ask("calendar.list", json_pack("{s:s}", "op", "2026-02-30"),
	            NULL, NULL),
	    "datum-ongeldig");
	json_decref(ask("calendar.list", NULL, NULL, rows));
	assert_string_equal(text(rows, 0, "naam"), "verzuimmelding");
	assert_string_equal(text(rows, 0, "datum"), day(7));
	assert_non_null(strstr(text(rows, 0, "tekst"), "2 verzuimmeldingen"));
	json_array_clear(rows);
	/* Yesterday nothing of it was known. */
	{
		char t[OV_DATE_SIZE];

		ov_date_fmt(t, ov_date_add_days(ov_date_nl(ov_now(w.st)), -1));
		json_decref(ask("calendar.list", json_pack("{s:s}", "op", t),
		    NULL, rows));
		assert_string_not_equal(text(rows, 0, "naam"),
		    "verzuimmelding");
		json_array_clear(rows);
	}
	/* The dates of a vo school, from any day on. */
	json_decref(ask("calendar.list", json_pack("{s:s}", "op", "2020-01-01"),
	    NULL, rows));
	n = json_array_size(rows);
	assert_true(n > 5);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(text(rows, i - 1, "datum"),
		                text(rows, i, "datum")) <= 0);
	json_decref(rows);
	/* Reminders go to the journal once. */
	ov_kalender_remind(w.st);
	n = (size_t)number("SELECT count(*) FROM herinnerd");
	assert_true(n >= 1);
	ov_kalender_remind(w.st);
	assert_int_equal(number("SELECT count(*) FROM herinnerd"), n);
	j = ask("absence.list", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "aantal"), 2);
	json_decref(j);
}

/* 40,000 rows of 1,000 pupils. */
static void
many(void **state)
{
	json_t *rows, *j;
	int fd, n = 0;
	struct ov_date d;

	(void)state;
	begin();
	holidays();
	d = ov_date_add_days(monday, -70);
	fd = client_open();
	client_json(fd,
	    json_pack("{s:i,s:s,s:{}}", "v", 1, "cmd", "absence.load", "arg"));
	j = client_frame(fd);
	assert_non_null(json_object_get(j, "go"));
	json_decref(j);
	for (int pupil = 0; pupil < 1000; pupil++) {
		rows = json_array();
		for (int i = 0; i < 40; i++) {
			char t[OV_DATE_SIZE], ref[16];

			ov_date_fmt(t, ov_date_add_days(d, i));
			(void)snprintf(ref, sizeof(ref), "P%d", pupil);
			assert_int_equal(json_array_append_new(rows,
			                     absence(++n, ref, t,
			                         pupil % 10 == 0 ? "4" : "0.2",
			                         "6")),
			    0);
		}
		client_json(fd, json_pack("{s:o}", "rows", rows));
	}
	client_json(fd, json_pack("{s:b}", "end", 1));
	while (
	    (j = client_frame(fd)) != NULL && json_object_get(j, "end") == NULL)
		json_decref(j);
	assert_int_equal(end_int(j, "regels"), 40000);
	assert_int_equal(end_int(j, "leerlingen"), 1000);
	json_decref(j);
	(void)close(fd);
	for (int i = 0; i < 200; i++) {
		world_turn(100);
		if (number("SELECT count(*) FROM verzuim WHERE geoordeeld=0") ==
		    0)
			break;
	}
	assert_int_equal(number(
	                     "SELECT count(*) FROM verzuim WHERE geoordeeld=0"),
	    0);
	assert_int_equal(number("SELECT count(DISTINCT verzuim) FROM"
	                        " verzuim_signaal"),
	    100);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
	const struct CMUnitTest tests[] = {T(a_signal), T(again), T(killed),
	    T(hands_off), T(faults), T(bad_holidays), T(calendar), T(many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
