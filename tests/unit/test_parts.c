/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_parts.c - a dossier in parts: how complete each is, per
 * class and mentor; parts that come in different files; and inspection.
 */
#include "tests/unit/store_world.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

static json_t *
content(void)
{
	json_t *j = json_load_file(OV_TEST_DATA "/dossier-minimaal.json", 0,
	    NULL);

	assert_non_null(j);
	return j;
}

static json_t *
row(const char *ref, const char *klas, json_t *inhoud)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "eigenReferentie", ref,
	    "pgn", "999990007", "ontvanger", "Beroepscollege", "klas", klas,
	    "mentor", "P. Visser", "inhoud", inhoud);
}

static json_t *
import(const char *profiel, json_t *rows)
{
	return ask("import",
	    json_pack("{s:s,s:s}", "profiel", profiel, "bestand", "proef.csv"),
	    rows, NULL);
}

static void
sums(json_t *j, int goed, int fout, int gelijk, int gewijzigd)
{
	assert_int_equal(end_int(j, "goed"), goed);
	assert_int_equal(end_int(j, "fout"), fout);
	assert_int_equal(end_int(j, "gelijk"), gelijk);
	assert_int_equal(end_int(j, "gewijzigd"), gewijzigd);
	json_decref(j);
}

static void
says(const json_t *r, const char *name, const char *value)
{
	const char *s = json_string_value(json_object_get(r, name));

	if (s == NULL || strcmp(s, value) != 0)
		fail_msg("%s: %s, not %s", name, s != NULL ? s : "(none)",
		    value);
}

static void
per_part(void **state)
{
	json_t *c = content(), *rows = json_array(), *r, *j;

	(void)state;
	world_book();
	(void)json_object_set_new(c, "motivatie", json_string("Koken."));
	sums(import("overstapdossier",
	         json_pack("[o,o,o]", row("a", "4KB1", c),
	             row("b", "4KB1", content()), row("d", "4KB2", content()))),
	    3, 0, 0, 0);
	json_decref(ask("drafts.list", NULL, NULL, rows));
	r = json_array_get(rows, 0);
	says(r, "klas", "4KB1");
	says(r, "mentor", "P. Visser");
	says(r, "algemeen", "8/8");
	says(r, "A", "2/4");
	says(r, "B", "1/5");
	says(r, "C", "-");
	says(r, "ontbreektDeel",
	    "/sterkePunten,/lob,/resultaten,/overstapadvies,/gedrag,/verzuim");
	json_array_clear(rows);
	j = ask("drafts.totals", NULL, NULL, rows);
	assert_int_equal(json_array_size(rows), 2);
	assert_int_equal(end_int(j, "aantal"), 3);
	assert_int_equal(end_int(j, "algemeen"), 3);
	assert_int_equal(end_int(j, "A"), 0);
	assert_int_equal(end_int(j, "C"), 3);
	says(json_array_get(rows, 0), "klas", "4KB1");
	assert_int_equal(json_integer_value(
	                     json_object_get(json_array_get(rows, 0),
	                         "aantal")),
	    2);
	json_decref(j);
	json_decref(rows);
}

/* ---- parts in different files ---- */

static json_t *
part(const char *deel, json_t *rows, json_t *faults)
{
	return ask("import",
	    json_pack("{s:s,s:s,s:s}", "profiel", "overstapdossier", "bestand",
	        "deel.csv", "deel", deel),
	    rows, faults);
}

static json_t *
bare(const char *ref, const char *pgn, const char *naar, json_t *inhoud)
{
	return json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	    ref, "pgn", pgn, "ontvanger", naar, "inhoud", inhoud);
}

/* The only draft, with its content. */
static json_t *
the_draft(void)
{
	json_t *rows = json_array(), *nr, *j;

	json_decref(ask("drafts.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 1);
	nr = json_object_get(json_array_get(rows, 0), "nr");
	j = json_pack("{s:O}", "nr", nr);
	json_array_clear(rows);
	json_decref(ask("drafts.show", j, NULL, rows));
	j = json_incref(json_array_get(rows, 0));
	json_decref(rows);
	return j;
}

static json_t *
part_a(const char *motivatie)
{
	return json_pack("{s:[{s:s}],s:s}", "keuzevervolgopleiding", "crebo",
	    "25656", "motivatie", motivatie);
}

static json_t *
part_c(const char *thuis)
{
	return json_pack("{s:b,s:{s:s,s:s},s:{s:s}}",
	    "heeftOndersteuningsbehoefte", 1, "toelatingsrecht", "aanmelddatum",
	    "2025-02-20", "instelling", "25LH", "ondersteuning",
	    "thuissituatie", thuis);
}

/* The pupil's file, the mentor's, the care coordinator's: one draft. */
static void
joined(void **state)
{
	json_t *b = content(), *d, *in;

	(void)state;
	world_book();
	sums(part("A",
	         bare("a", "999990007", "Beroepscollege", part_a("Koken.")),
	         NULL),
	    1, 0, 0, 0);
	d = the_draft();
	says(d, "stand", "ONVOLLEDIG");
	says(d, "A", "2/4");
	json_decref(d);
	(void)json_object_del(b, "keuzevervolgopleiding");
	(void)json_object_del(b, "heeftOndersteuningsbehoefte");
	sums(part("B", bare("a", "", "Beroepscollege", b), NULL), 1, 0, 0, 0);
	sums(part("C", bare("a", "", "Beroepscollege", part_c("Oma.")), NULL),
	    1, 0, 0, 0);
	d = the_draft();
	says(d, "stand", "VOLLEDIG");
	says(d, "ontbreekt", "");
	says(d, "C", "2/2");
	in = json_object_get(d, "inhoud");
	says(in, "motivatie", "Koken.");
	says(in, "geslachtsnaam", "Jansen");
	says(json_object_get(in, "ondersteuning"), "thuissituatie", "Oma.");
	in = json_object_get(d, "geleverd");
	assert_int_equal(json_object_size(in), 3);
	says(json_object_get(in, "A"), "bestand", "deel.csv");
	assert_int_equal(json_integer_value(
	                     json_object_get(json_object_get(in, "C"), "door")),
	    geteuid());
	json_decref(d);
	/* Again: the same.  Another text: only that part changes. */
	sums(part("C", bare("a", "", "Beroepscollege", part_c("Oma.")), NULL),
	    0, 0, 1, 0);
	sums(part("A",
	         bare("a", "999990007", "Beroepscollege",
	             json_pack("{s:[{s:s}],s:s}", "keuzevervolgopleiding",
	                 "crebo", "25655", "sterkePunten", "Geduld.")),
	         NULL),
	    1, 0, 0, 0);
	d = the_draft();
	in = json_object_get(d, "inhoud");
	assert_null(json_object_get(in, "motivatie")); /* gone with part A */
	says(in, "sterkePunten", "Geduld.");
	says(json_object_get(in, "ondersteuning"), "thuissituatie", "Oma.");
	says(d, "stand", "VOLLEDIG");
	json_decref(d);
}

/* Changed after sending, as for a whole one. */
static void
joined_after_sending(void **state)
{
	json_t *j, *d;

	(void)state;
	world_book();
	sums(import("overstapdossier",
	         json_pack("[o]", row("a", "4KB1", content()))),
	    1, 0, 0, 0);
	sums(part("A", bare("a", "", "Beroepscollege", part_a("Koken.")), NULL),
	    1, 0, 0, 0);
	d = the_draft();
	says(d, "klas", "4KB1"); /* what the row leaves out stays */
	json_decref(d);
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "opgesteld"), 1);
	json_decref(j);
	sums(part("A", bare("a", "", "Beroepscollege", part_a("Koken.")), NULL),
	    0, 0, 1, 0);
	sums(part("A", bare("a", "", "Beroepscollege", part_a("Bakken.")),
	         NULL),
	    0, 0, 0, 1);
	d = the_draft();
	says(d, "stand", "GEWIJZIGD");
	says(json_object_get(d, "inhoud"), "motivatie", "Koken.");
	json_decref(d);
}

static void
not_joined(void **state)
{
	json_t *faults = json_array(), *j;

	(void)state;
	world_book();
	sums(part("A",
	         bare("a", "999990007", "Beroepscollege", part_a("Koken.")),
	         NULL),
	    1, 0, 0, 0);
	/* Another part in the file; another pupil's number. */
	sums(part("A", bare("a", "", "Beroepscollege", part_c("Oma.")), faults),
	    0, 1, 0, 0);
	says(json_array_get(faults, 0), "reden", "deel-ander");
	json_array_clear(faults);
	sums(part("C", bare("a", "100000009", "Beroepscollege", part_c("Oma.")),
	         faults),
	    0, 1, 0, 0);
	says(json_array_get(faults, 0), "reden", "pgn-anders");
	json_decref(faults);
	/* Another reference is another draft. */
	sums(part("C", bare("b", "999990007", "Beroepscollege", part_c("Oma.")),
	         NULL),
	    1, 0, 0, 0);
	j = ask("drafts.totals", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "aantal"), 2);
	json_decref(j);
	refused(part("D", bare("a", "", "Beroepscollege", part_a("x")), NULL),
	    "profiel-onbekend");
}

/* ---- inspection ---- */

static json_t *
inspected(const char *akkoord, const char *door, const char *datum,
    const char *reden)
{
	json_t *a = json_pack("{s:i,s:s,s:s,s:s}", "nr", 1, "akkoord", akkoord,
	    "door", door, "datum", datum);

	if (reden != NULL)
		(void)json_object_set_new(a, "reden", json_string(reden));
	return ask("drafts.inzage", a, NULL, NULL);
}

static void
inspection(void **state)
{
	json_t *c = content(), *d, *in, *rows = json_array(), *j;

	(void)state;
	world_book();
	(void)json_object_del(c, "inzage");
	sums(import("overstapdossier", json_pack("[o]", row("a", "4KB1", c))),
	    1, 0, 0, 0);
	d = the_draft();
	says(d, "stand", "ONVOLLEDIG");
	json_decref(d);

	/* Born on 29-02-2008: 16 on 1 March 2024. */
	j = inspected("ja", "ouder", "2025-03-10", NULL);
	says(json_object_get(j, "end"), "let_op", "inzage-leerling-beslist");
	json_decref(j);
	j = inspected("ja", "leerling", "2023-03-10", NULL);
	says(json_object_get(j, "end"), "let_op", "inzage-ouder-beslist");
	json_decref(j);
	j = inspected("nee", "leerling", "2025-03-10", "Te veel zorg.");
	assert_null(json_object_get(json_object_get(j, "end"), "let_op"));
	json_decref(j);
	d = the_draft();
	says(d, "stand", "VOLLEDIG");
	in = json_object_get(json_object_get(d, "inhoud"), "inzage");
	says(in, "akkoord", "nee");
	says(in, "doorWie", "leerling");
	says(in, "inzagedatum", "2025-03-10");
	says(in, "redenNietAkkoord", "Te veel zorg.");
	json_decref(d);

	/* No without a reason, a day to come, a word that is none. */
	refused(inspected("nee", "leerling", "2025-03-10", NULL),
	    "inhoud-ongeldig");
	refused(inspected("ja", "leerling", "2199-01-01", NULL),
	    "inhoud-ongeldig");
	refused(inspected("misschien", "leerling", "2025-03-10", NULL),
	    "inhoud-ongeldig");
	refused(ask("drafts.inzage",
	            json_pack("{s:i,s:s}", "nr", 9, "akkoord", "ja"), NULL,
	            NULL),
	    "nummer-onbekend");
	d = the_draft(); /* as it was */
	in = json_object_get(json_object_get(d, "inhoud"), "inzage");
	says(in, "akkoord", "nee");
	json_decref(d);

	/* The page: words, not codes. */
	json_decref(
	    ask("drafts.print", json_pack("{s:i}", "nr", 1), NULL, rows));
	j = json_object_get(json_array_get(rows, 0), "regels");
	assert_true(json_array_size(j) > 15);
	says(json_array_get(j, 0), "kop", "Algemene gegevens");
	json_decref(rows);

	/* After sending it is no longer this draft's to say. */
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "opgesteld"), 1);
	json_decref(j);
	refused(inspected("ja", "leerling", "2025-03-10", NULL),
	    "al-verzonden");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(per_part), T(joined),
	    T(joined_after_sending), T(not_joined), T(inspection)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
