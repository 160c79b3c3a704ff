/* SPDX-License-Identifier: EUPL-1.2 */
/* Columns to members and back, for every column of every profile. */
#include "tests/unit/profile_fixture.h"

/* A record with every field goes out as a row and comes back the same. */
static void
round_trip(const char *profiel, const char *file)
{
	const struct ov_profile *p = ov_profile_find(profiles, profiel);
	json_t *draft = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "profiel",
	    profiel, "srt", profiel, "eigenReferentie", "=007", "pgn",
	    "999990007", "ontvanger", "0193", "inhoud", read_file(file));
	OV_BUF b = {0};
	struct seen s;

	ov_export_header(p, &b);
	assert_int_equal(ov_export_row(p, draft, &b, NULL), OV_OK);
	run(profiel, (char *)b.p, b.n, NULL, &s);
	if (s.n != 0)
		show(&s);
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.n, 0);
	assert_true(json_equal(s.draft, draft));
	json_decref(s.draft);
	json_decref(draft);
}

static void
test_every_column_out_and_back(void **state)
{
	(void)state;
	round_trip("overstapdossier", "dossier-volledig.json");
	round_trip("overstapdossier", "dossier-minimaal.json");
	round_trip("uitschrijving", "uitschrijving.json");
	round_trip("overstapstatus", "status.json");
	round_trip("verzuimmelding", "verzuimmelding.json");
	round_trip("warme-overdracht", "warme-overdracht.json");
	round_trip("overdracht", "overdracht.json");
	round_trip("terugkoppeling", "terugkoppeling-leerling.json");
}

/* Does the list (a pointer that ends in "/0") stand in one column? */
static bool
in_one_cell(const struct ov_profile *p, const char *pad)
{
	size_t len = strlen(pad) - 2;

	for (size_t j = 0; j < ov_profile_ncols(p); j++)
		if (strlen(ov_profile_pad(p, j)) == len &&
		    strncmp(ov_profile_pad(p, j), pad, len) == 0)
			return true;
	return false;
}

/* No leaf of a type lacks a column. */
static void
reach(const struct ov_profile *p, const struct ov_type *y,
    const struct ov_field *groep, const char *at)
{
	const struct ov_field *f;
	char pad[200];
	size_t i, j, len;

	for (i = 0; (f = ov_type_nth(types, y, groep, i)) != NULL; i++) {
		(void)snprintf(pad, sizeof(pad), "%s/%s%s", at,
		    ov_field_name(f),
		    ov_field_is_list(f) && ov_field_soort(f) == OV_S_GROEP
		        ? "/0"
		        : "");
		len = strlen(pad);
		if (ov_field_soort(f) == OV_S_GROEP) {
			if (!in_one_cell(p, pad))
				reach(p, y, f, pad);
			continue;
		}
		for (j = 0; j < ov_profile_ncols(p); j++) {
			const char *have = ov_profile_pad(p, j);

			if (strncmp(have, pad, len) == 0 &&
			    (have[len] == '\0' || have[len] == '/'))
				break;
		}
		if (j == ov_profile_ncols(p) &&
		    strcmp(pad, "/inhoud/schema") != 0)
			fail_msg("no column for %s", pad);
	}
}

static void
test_every_member_has_a_column(void **state)
{
	const struct ov_profile *p;
	size_t i, n = 0;

	(void)state;
	for (i = 0; (p = ov_profile_nth(profiles, i)) != NULL; i++)
		if (ov_profile_srt(p) != NULL && ov_profile_deel(p) == NULL) {
			reach(p, ov_types_latest(types, ov_profile_srt(p)),
			    NULL, "/inhoud");
			n++;
		}
	assert_int_equal(n, 7);
}

/* The profiles of one part have its columns and nobody else's. */
static void
test_parts(void **state)
{
	static const struct {
		const char *naam, *has, *hasnot;
	} t[] = {{"overstapdossier-a", "motivatie", "resultaat1Vak"},
	    {"overstapdossier-a", "klas", "geslachtsnaam"},
	    {"overstapdossier-b", "geslachtsnaam", "motivatie"},
	    {"overstapdossier-b", "resultaat20Vak", "zaak"},
	    {"overstapdossier-c", "heeftOndersteuningsbehoefte", "motivatie"},
	    {"overstapdossier-c", "toelatingInstelling", "geslachtsnaam"}};
	static const char one[] =
	    "eigenReferentie;heeftOndersteuningsbehoefte;toelatingAanmelddatum;"
	    "toelatingInstelling\na;ja;20-02-2025;25LH\n";
	const struct ov_profile *p;
	struct seen s;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool has = false, hasnot = true;

		p = ov_profile_find(profiles, t[i].naam);
		assert_non_null(p);
		for (size_t k = 0; k < ov_profile_ncols(p); k++) {
			has |= strcmp(ov_profile_header(p, k), t[i].has) == 0;
			hasnot &= strcmp(ov_profile_header(p, k),
			              t[i].hasnot) != 0;
		}
		if (!has || !hasnot)
			fail_msg("%s: %s, %s", t[i].naam, t[i].has,
			    t[i].hasnot);
	}
	/* A row with one part only is not a bad row. */
	run("overstapdossier-c", one, sizeof(one) - 1, NULL, &s);
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.bad, 0);
	json_decref(s.draft);
}

#define MIN_HEAD                                                               \
	"eigenReferentie;pgn;ontvanger;dossierdatum;soortOverstap;schoolBrin;" \
	"geslachtsnaam;geboortedatum;heeftOndersteuningsbehoefte;"             \
	"keuze1Crebo;keuze3Crebo;loopbaan1Schooljaar;loopbaan1Leerjaar;"       \
	"loopbaan1Opleiding;contactpersoonNaam;inzageInzage;inzageAkkoord"

static void
test_people_and_spreadsheets_are_forgiven(void **state)
{
	static const char csv[] = MIN_HEAD
	    ";adresGeheim;adresGemeentecode;adresStraat;adresHuisnummer;"
	    "adresPostcode;adresPlaats;resultaat1Vak;resultaat1Cijfer\r\n"
	    "1;9999.90.007;25LH;1-3-2025;vombo;25pu; Jansen ;29-2-2008;NEE;"
	    "25656;25655;2023-2024;14;VMBO-TL;M. de Boer;n;Onbekend;nee;193;"
	    "Dorpsstraat;12;8011 ab;Zwolle;Nederlands;7,5\r\n";
	struct seen s;
	json_t *c;

	(void)state;
	run("overstapdossier", csv, sizeof(csv) - 1, NULL, &s);
	if (s.n != 0)
		show(&s);
	assert_int_equal(s.n, 0);
	c = json_object_get(s.draft, "inhoud");
	assert_string_equal(json_string_value(json_object_get(s.draft, "pgn")),
	    "999990007");
	assert_string_equal(json_string_value(
	                        json_object_get(c, "geboortedatum")),
	    "2008-02-29");
	assert_string_equal(json_string_value(
	                        json_object_get(c, "soortOverstap")),
	    "VOMBO");
	assert_string_equal(json_string_value(
	                        json_object_get(c, "geslachtsnaam")),
	    "Jansen");
	assert_string_equal(json_string_value(json_object_get(c, "grondslag")),
	    "OVERSTAP-ONDERWIJS");
	/* The second choice is empty and closes up. */
	assert_int_equal(json_array_size(
	                     json_object_get(c, "keuzevervolgopleiding")),
	    2);
	c = json_object_get(c, "adres");
	assert_string_equal(json_string_value(
	                        json_object_get(c, "gemeentecode")),
	    "0193");
	assert_string_equal(json_string_value(json_object_get(c, "postcode")),
	    "8011AB");
	json_decref(s.draft);
}

static void
test_faults_name_row_and_column(void **state)
{
	static const char csv[] = MIN_HEAD
	    "\n1;123456789;25LH;31-02-2025;NIETS;25PU;Jansen;29-02-2008;"
	    "misschien;25656;2565;2023-2025;14;vmbo-tl;x;nee;onbekend\n"
	    "2;;;14-03-2025;VOMBO;25PU;Jansen;29-02-2008;nee;25656;;2023-2024;"
	    "14;vmbo-tl;;nee;onbekend\n";
	const struct ov_io_fault *f;
	struct seen s;

	(void)state;
	run("overstapdossier", csv, sizeof(csv) - 1, NULL, &s);
	assert_int_equal(s.rows, 2);
	assert_int_equal(s.bad, 1); /* the second is only incomplete */
	f = find(&s, "/pgn", OV_REDEN_PATROON);
	assert_int_equal(f->col, 2);
	assert_int_equal(f->row, 2);
	assert_string_equal(f->code, "pgn-ongeldig");
	f = find(&s, "/inhoud/dossierdatum", OV_REDEN_PATROON);
	assert_int_equal(f->col, 4);
	assert_string_equal(f->code, "datum-ongeldig");
	f = find(&s, "/inhoud/soortOverstap", OV_REDEN_CODE);
	assert_string_equal(f->kolom, "soortOverstap");
	f = find(&s, "/inhoud/heeftOndersteuningsbehoefte", OV_REDEN_TYPE);
	assert_int_equal(f->col, 9);
	/* The third choice, though the second is empty. */
	f = find(&s, "/inhoud/keuzevervolgopleiding/2/crebo", OV_REDEN_PATROON);
	assert_string_equal(f->kolom, "keuze3Crebo");
	assert_int_equal(f->col, 11);
	f = find(&s, "/inhoud/onderwijsloopbaan/0/schooljaar",
	    OV_REDEN_PATROON);
	assert_true(f->slecht);
	f = find(&s, "/pgn", OV_REDEN_ONTBREEKT);
	assert_int_equal(f->row, 3);
	assert_false(f->slecht);
	assert_false(find(&s, "/ontvanger", OV_REDEN_ONTBREEKT)->slecht);
	json_decref(s.draft);
}

static void
test_headers(void **state)
{
	struct seen s;

	(void)state;
	run("leerlingen", "eigenReferentie;kleur\n1;x\n", 26, NULL, &s);
	assert_int_equal(s.rows, 1);
	assert_string_equal(s.f[0].code, "kolom-onbekend");
	assert_int_equal(s.f[0].col, 2);
	run("leerlingen", "pgn;PGN\n1;x\n", 12, NULL, &s);
	assert_string_equal(s.f[0].code, "kolom-onbekend");
	run("leerlingen", "pgn;geboortedatum\n1;x\n", 22, NULL, &s);
	assert_string_equal(s.f[0].code, "kolom-ontbreekt");
}

static const char *
top(const struct seen *s, const char *name)
{
	const char *v = json_string_value(json_object_get(s->draft, name));

	return v != NULL ? v : "";
}

static void
test_absence_and_holidays(void **state)
{
	static const char good[] = "eigenReferentie;datum;lesuur;gemist;"
	                           "totaal\nL1;1-9-2026;3;0,83;7\n";
	static const char bad[] =
	    "eigenReferentie;datum;gemist\nL1;1-9-2026;7,999\n"
	    "L2;1-9-2026;\nL3;31-9-2026;\n";
	static const char year[] =
	    "naam;schooljaar;van;tot\nherfst;2026-2027;17-10-2026;25-10-2026\n"
	    ";2026-2027;17-10-2026;25-10-2026\n";
	OV_BUF b = {0};
	struct seen s;

	(void)state;
	run("verzuimregels", good, sizeof(good) - 1, NULL, &s);
	assert_int_equal(s.bad, 0);
	assert_string_equal(top(&s, "datum"), "2026-09-01");
	assert_string_equal(top(&s, "gemist"), "0.83");
	/* And back, with a comma. */
	assert_int_equal(ov_export_row(ov_profile_find(profiles,
	                                   "verzuimregels"),
	                     s.draft, &b, NULL),
	    OV_OK);
	if (strstr(ov_buf_text(&b), "01-09-2026;3;\"0,83\";7;") == NULL)
		fail_msg("%s", ov_buf_text(&b));
	json_decref(s.draft);
	run("verzuimregels", bad, sizeof(bad) - 1, NULL, &s);
	assert_int_equal(s.bad, 3);
	assert_string_equal(s.f[0].code, "uren-ongeldig");
	assert_int_equal(s.f[1].reden, OV_REDEN_ONTBREEKT);
	assert_string_equal(s.f[1].kolom, "gemist");
	assert_string_equal(s.f[2].code, "datum-ongeldig");
	json_decref(s.draft);
	run("vakanties", year, sizeof(year) - 1, NULL, &s);
	assert_int_equal(s.bad, 1);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.f[0].kolom, "naam");
	assert_string_equal(top(&s, "tot"), "2026-10-25");
	json_decref(s.draft);
}

static void
test_applicants(void **state)
{
	static const char csv[] = "nr;bsn;geboren;school;klas\n"
	                          "a1;999990007;29-02-2008;25PU00;4a\n"
	                          "a2;;01-01-2007;;4a\n"
	                          "a3;;;;4a\n"
	                          "a4;;01-01-2007;XX;4a\n"
	                          "a5;;01-01-2007;;4a;te veel\n";
	static const char map[] = "# van het sis\r\nnr = eigenReferentie\r\n"
	                          "bsn=pgn\n geboren = geboortedatum\n"
	                          "school = schoolVerlaten\n\nklas =\n";
	struct seen s;

	(void)state;
	run("leerlingen", csv, sizeof(csv) - 1, map, &s);
	assert_int_equal(s.rows, 5);
	assert_int_equal(s.bad, 3);
	assert_int_equal(find(&s, "/geboortedatum", OV_REDEN_ONTBREEKT)->row,
	    4);
	assert_int_equal(find(&s, "/schoolVerlaten", OV_REDEN_PATROON)->row, 5);
	assert_int_equal(find(&s, "", OV_REDEN_ONBEKEND_LID)->col, 6);
	assert_null(json_object_get(s.draft, "inhoud"));
	json_decref(s.draft);
}

static void
test_a_bad_mapping_is_refused(void **state)
{
	static const char *const bad[][2] = {{"a\n", "line 1"},
	    {"#\na = pgn\nA = ontvanger\n", "line 3"},
	    {"a = kleur\n", "no such column"}};
	struct ov_mapping *m;
	struct ov_err e;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		memset(&e, 0, sizeof(e));
		assert_int_equal(ov_mapping_load(ov_profile_find(profiles,
		                                     "leerlingen"),
		                     ov_view_str(bad[i][0]), &m, &e),
		    OV_BADMSG);
		assert_non_null(strstr(e.msg, bad[i][1]));
	}
}

/* The ground of a notice follows the age; nobody fills it in. */
static void
test_the_ground_follows_the_age(void **state)
{
	static const char csv[] =
	    "eigenReferentie;geboortedatum;datumUitschrijving;soort\n"
	    "1;02-02-2007;01-02-2025;verwijdering\n"
	    "2;01-02-2007;01-02-2025;verwijdering\n";
	struct seen s;

	(void)state;
	run("uitschrijving", csv, sizeof(csv) - 1, NULL, &s);
	assert_int_equal(s.bad, 0);
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(s.draft,
	                                            "inhoud"),
	                            "grondslag")),
	    "VERWIJDERING-18PLUS");
	json_decref(s.draft);
	run("uitschrijving", csv, (size_t)(strstr(csv, "\n2;") - csv), NULL,
	    &s);
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(s.draft,
	                                            "inhoud"),
	                            "grondslag")),
	    "UITSCHRIJVING-LPW");
	json_decref(s.draft);
}

/* The population of a municipality, as its own administration writes it: the
 * sample of docs/samples, read, written and read again. */
static void
test_population(void **state)
{
	static const char *const bad[] = {"woongemeente;x",
	    "woongemeente;01930", "instroom;26",
	    "startkwalificatieDatum;31-02-2026"};
	const struct ov_profile *p = ov_profile_find(profiles, "jongeren");
	char text[2048], row[256];
	FILE *f = fopen(OV_TEST_DATA "/../../docs/samples/jongeren.csv", "r");
	struct seen s, again;
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	assert_int_equal(fclose(f), 0);
	run("jongeren", text, n, NULL, &s);
	assert_int_equal(s.rows, 4);
	assert_int_equal(s.bad, 0);
	assert_string_equal(json_string_value(
	                        json_object_get(s.draft, "woongemeente")),
	    "0193");
	{
		OV_BUF b = {0};

		ov_export_header(p, &b);
		assert_int_equal(ov_export_row(p, s.draft, &b, NULL), OV_OK);
		run("jongeren", (char *)b.p, b.n, NULL, &again);
		assert_true(json_equal(s.draft, again.draft));
	}
	json_decref(s.draft);
	json_decref(again.draft);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int at = (int)strcspn(bad[i], ";");

		(void)snprintf(row, sizeof(row),
		    "eigenReferentie;geboortedatum;%s%.*s\n1;29-02-2008;%s%s\n",
		    at == 12 ? "" : "woongemeente;", at, bad[i],
		    at == 12 ? "" : "0193;", bad[i] + at + 1);
		run("jongeren", row, strlen(row), NULL, &s);
		assert_int_equal(s.bad, 1);
		assert_memory_equal(s.f[0].kolom, bad[i], (size_t)at);
		json_decref(s.draft);
	}
	/* Without a municipality nobody could be let near. */
	(void)snprintf(row, sizeof(row),
	    "eigenReferentie;geboortedatum\n1;29-02-2008\n");
	run("jongeren", row, strlen(row), NULL, &s);
	assert_int_equal(s.bad, 1);
	assert_string_equal(s.f[0].kolom, "woongemeente");
	json_decref(s.draft);
}

/* A template has every column and, read back, no row. */
static void
test_templates(void **state)
{
	const struct ov_profile *p;
	size_t i;

	(void)state;
	for (i = 0; (p = ov_profile_nth(profiles, i)) != NULL; i++) {
		OV_BUF b = {0};
		struct seen s;

		ov_profile_template(p, &b);
		run(ov_profile_name(p), (char *)b.p, b.n, NULL, &s);
		if (s.n != 0)
			show(&s);
		assert_int_equal(s.rows, 0);
	}
	assert_int_equal(i, 15);
}

static void
test_json_drafts(void **state)
{
	struct seen s = {0};
	struct ov_import_opts o = {.profile = ov_profile_find(profiles,
	                               "overstapdossier"),
	    .policy = policy,
	    .vandaag = "2025-04-01",
	    .fn = on_row,
	    .arg = &s};
	json_t *d = json_pack("[{s:s,s:s,s:o},{s:s,s:i,s:s},s]",
	    "eigenReferentie", "1", "pgn", "999990007", "inhoud",
	    read_file("dossier-volledig.json"), "eigenReferentie", "2", "pgn",
	    5, "kleur", "rood", "x");
	OV_BUF text = {0};

	(void)state;
	ov_json_dump(&text, d);
	assert_int_equal(ov_import_json(&o, text.p, text.n, NULL), OV_OK);
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.bad, 2);
	(void)find(&s, "/ontvanger", OV_REDEN_ONTBREEKT);
	(void)find(&s, "/kleur", OV_REDEN_ONBEKEND_LID);
	(void)find(&s, "/pgn", OV_REDEN_ONBEKEND_LID);
	(void)find(&s, "", OV_REDEN_TYPE);
	assert_int_equal(ov_import_json(&o, "[1", 2, NULL), OV_BADMSG);
	json_decref(s.draft);
	json_decref(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_column_out_and_back),
	    cmocka_unit_test(test_every_member_has_a_column),
	    cmocka_unit_test(test_people_and_spreadsheets_are_forgiven),
	    cmocka_unit_test(test_faults_name_row_and_column),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_absence_and_holidays),
	    cmocka_unit_test(test_applicants),
	    cmocka_unit_test(test_a_bad_mapping_is_refused),
	    cmocka_unit_test(test_the_ground_follows_the_age),
	    cmocka_unit_test(test_population),
	    cmocka_unit_test(test_templates),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_json_drafts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
