/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_tabellen.c - the region's own tables: a good set is taken
 * and kept, a bad one is named by file, line and element and changes nothing.
 */
#include "tests/unit/store_world.h"

#include "protocol/data.h"
#include "protocol/regelnr.h"

#define OPEN                                                                   \
	"{\"versie\":1,\n\"besluiten\":[\n{\"onderwerp\":"                     \
	"\"uitschrijving-gewoon\",\"besluit\":\"B1\",\n\"datum\":"             \
	"\"2024-09-01\",\"naam\":\"V\"}]}\n"
#define CLASH                                                                  \
	"{\"versie\":1,\n\"besluiten\":[\n{\"onderwerp\":"                     \
	"\"uitschrijving-gewoon\",\"besluit\":\"B1\",\"datum\":"               \
	"\"2024-09-01\",\"naam\":\"V\"},\n{\"onderwerp\":\"alles\","           \
	"\"besluit\":\"B2\",\"datum\":\"2024-09-01\",\"naam\":\"V\"}]}\n"

static void
put(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tables", w.dir);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/tables/%s", w.dir, name);
	if (text == NULL) {
		assert_int_equal(remove(path), 0);
		return;
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Start again with what lies in the folder. */
static void
again(void)
{
	if (w.conf.tables == NULL) {
		w.conf.tables = malloc(sizeof(w.dir) + 8);
		assert_non_null(w.conf.tables);
		(void)snprintf(w.conf.tables, sizeof(w.dir) + 8, "%s/tables",
		    w.dir);
	}
	world_stop();
	world_start();
}

/* Is an ordinary uitschrijving open? */
static bool
open_now(void)
{
	struct ov_lid vo = {.rol = OV_ROL_BIT(OV_ROL_VO)};
	struct ov_lid lp = {.rol = OV_ROL_BIT(OV_ROL_LEERPLICHT)};
	OV_JSON *j = json_pack("{s:s,s:s,s:s,s:s}", "grondslag",
	    "UITSCHRIJVING-LPW", "soort", "uitschrijving", "geboortedatum",
	    "2010-01-01", "datumUitschrijving", "2025-01-01");

	return ov_policy_may_json(w.st->policy, "uitschrijving", NULL, &vo, &lp,
	           j, "2025-04-01")
	           .may == OV_MAY_YES;
}

static int64_t
alarms(void)
{
	struct ov_err e = {0};
	int64_t n = -1;

	assert_int_equal(ov_db_int(w.st->db, &n, 0, &e,
	                     "SELECT aantal FROM melding WHERE soort="
	                     "'tabel-ongeldig'",
	                     ""),
	    OV_OK);
	return n;
}

static void
test_a_decision_opens_and_a_bad_set_changes_nothing(void **state)
{
	(void)state;
	assert_false(open_now());
	assert_int_equal(w.st->tabel_eigen, 0);
	put("regio.json", OPEN);
	again();
	assert_null(w.st->tabel_fout);
	assert_int_equal(w.st->tabel_eigen, 1);
	assert_true(open_now());

	put("regio.json", CLASH);
	again();
	assert_non_null(w.st->tabel_fout);
	if (strstr(w.st->tabel_fout, "regio.json line 4: besluiten 1") == NULL)
		fail_msg("%s", w.st->tabel_fout);
	assert_true(open_now());
	assert_int_equal(alarms(), 1);

	/* One bad file of several: none of them is taken. */
	put("regio.json", "{\"versie\":1,\"besluiten\":[]}");
	put("matrix.json", "{\"versie\":1,\n\"rijen\":[\n}");
	again();
	if (strstr(w.st->tabel_fout, "matrix.json line 3") == NULL)
		fail_msg("%s", w.st->tabel_fout);
	assert_true(open_now());
	assert_int_equal(alarms(), 2);

	put("matrix.json", NULL);
	again();
	assert_null(w.st->tabel_fout);
	assert_false(open_now());
}

/* The built-in table with one place changed; the line of that place. */
static size_t
spoil(const char *name, const char *was, const char *becomes)
{
	const struct ov_data *d = ov_data_find(name);
	OV_BUF b = {0};
	const char *text, *at;
	size_t line = 1;

	assert_non_null(d);
	ov_buf_add(&b, d->p, d->n);
	text = ov_buf_text(&b);
	assert_non_null(text);
	at = strstr(text, was);
	if (at == NULL) {
		fail_msg("%s has no %s", name, was);
		return 0;
	}
	for (const char *p = text; p < at; p++)
		line += *p == '\n';
	{
		OV_BUF out = {0};

		ov_buf_add(&out, text, (size_t)(at - text));
		ov_buf_str(&out, becomes);
		ov_buf_str(&out, at + strlen(was));
		put(name, ov_buf_text(&out));
	}
	return line;
}

/* Every table that the folder can replace: what is wrong is named by file and
 * line, and all of the set that was good stays. */
static void
test_each_table_that_contradicts_itself(void **state)
{
	static const struct {
		const char *file, *was, *becomes;
	} t[] = {
	    /* unknown codes */
	    {"types.json", "\"lijst\": \"redenUitval\"",
	        "\"lijst\": \"redenen\""},
	    {"matrix.json", "\"in\": [\"keuze\"]", "\"in\": [\"koos\"]"},
	    {"matrix.json", "\"tot\": \"volwassen\"", "\"tot\": \"oud\""},
	    {"kalender.json", "\"rollen\": [\"mbo\"]", "\"rollen\": [\"roc\"]"},
	    {"overgangen.json", "\"naar\": \"aangemeld\"",
	        "\"naar\": \"gekozen\""},
	    {"normen.json", "\"bron\": \"duo-2024\"", "\"bron\": \"duo-2099\""},
	    {"formules.json", "\"teller\": \"terug\"", "\"teller\": \"weg\""},
	    {"werklijst.json", "\"rollen\": [\"mbo\"]",
	        "\"rollen\": [\"roc\"]"},
	    {"toegang.json", "\"mag\": [\"inzien\", \"invullen\"]",
	        "\"mag\": [\"lezen\"]"},
	    {"compleet.json", "\"/motivatie\"", "\"/motivaties\""},
	    {"inzage.json", "\"leeftijd\": 16, \"geldigVan\": \"2012-08-01\"",
	        "\"leeftijd\": 16, \"geldigVan\": \"2012-08-01\", \"bron\": "
	        "\"x\"}, {\"leeftijd\": 15, \"geldigVan\": \"2026-01-01\""},
	    {"grondslagen.json", "\"gevoelig\": [\"N\", \"S\", \"I\"]",
	        "\"gevoelig\": [\"Q\"]"},
	    /* twice, or at one time */
	    {"codelijsten.json", "{\"code\": \"1\", \"tekst\": \"man\"}",
	        "{\"code\": \"0\", \"tekst\": \"man\"}"},
	    {"grondslagen.json", "\"code\": \"AANMELDING-MBO\", \"geldigVan\"",
	        "\"code\": \"OVERSTAP-ONDERWIJS\", \"geldigVan\""},
	    {"matrix.json",
	        "{\"naam\": \"doorstroom\", \"jaren\": 27, \"geldigVan\":"
	        " \"2026-01-01\"",
	        "{\"naam\": \"doorstroom\", \"jaren\": 27, \"geldigVan\":"
	        " \"2025-12-31\""},
	    {"kalender.json", "\"naam\": \"dossiers-compleet\"",
	        "\"naam\": \"overstappers-aan-gemeente\""},
	    /* a row without a ground */
	    {"matrix.json", "\"grondslagen\": [\"OVERSTAP-ONDERWIJS\"]",
	        "\"grondslagen\": []"},
	};
	char want[64];

	(void)state;
	put("regio.json", OPEN);
	again();
	assert_null(w.st->tabel_fout);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t line = spoil(t[i].file, t[i].was, t[i].becomes), got = 0;
		size_t n = strlen(t[i].file);

		again();
		assert_non_null(w.st->tabel_fout);
		(void)snprintf(want, sizeof(want), "%s line ", t[i].file);
		if (strncmp(w.st->tabel_fout, want, n + 6) == 0)
			got = strtoul(w.st->tabel_fout + n + 6, NULL, 10);
		if (got == 0 || got > line || got + 3 < line)
			fail_msg("%s line %zu: %s", t[i].file, line,
			    w.st->tabel_fout);
		/* Its own decision stays in force, and only that. */
		assert_true(open_now());
		assert_int_equal(w.st->tabel_eigen, 1);
		put(t[i].file, NULL);
	}
	again();
	assert_null(w.st->tabel_fout);
}

static void
test_a_first_set_that_is_bad_leaves_the_built_in_ones(void **state)
{
	(void)state;
	put("regio.json", CLASH);
	again();
	assert_non_null(w.st->tabel_fout);
	assert_int_equal(w.st->tabel_eigen, 0);
	assert_false(open_now());
}

static void
test_a_folder_that_is_not_there(void **state)
{
	(void)state;
	again();
	assert_non_null(w.st->tabel_fout);
	assert_int_equal(w.st->tabel_eigen, 0);
}

/* `overstap check` says it. */
static void
test_check_names_it(void **state)
{
	OV_JSON *rows = json_array();
	json_t *r;
	size_t i;
	int hits = 0;

	(void)state;
	put("regio.json", CLASH);
	again();
	world_book();
	json_decref(ask("check", NULL, NULL, rows));
	json_array_foreach(rows, i,
	    r) if (strcmp(json_string_value(json_object_get(r, "punt")),
	               "tables") == 0)
	{
		hits++;
		assert_string_equal(json_string_value(
		                        json_object_get(r, "staat")),
		    "fout");
		assert_non_null(
		    strstr(json_string_value(json_object_get(r, "tekst")),
		        "regio.json line 4"));
	}
	assert_int_equal(hits, 1);
}

static void
test_line_of_a_complaint(void **state)
{
	static const char text[] =
	    "{\n \"versie\": 1, \"tekst\": \"a \\\"[{,\",\n \"groepen\": {\n"
	    "  \"adres\": {\"velden\": [\n   {\"naam\": \"x\"},\n"
	    "   {\"naam\": \"y\"}],\n   \"regels\": [\n   {\"regel\": 1}]}},\n"
	    " \"typen\": [{\"srt\": \"a\"},\n  {\"srt\": \"b\",\n"
	    "   \"velden\": [{},\n    {}]}]}\n";
	static const struct {
		const char *klacht;
		size_t line;
	} t[] = {
	    {" type 0: x", 9},
	    {" type 1: b: twice", 10},
	    {" type 1: b: veld 1: soort", 12},
	    {" adres: veld 1: soort", 6},
	    {" adres: regel 0: als", 8},
	    {" adres: nothing 9", 4},
	    {" type 7", 1},
	    {" typen[1]: b", 10},
	    {" typen/1: b", 10},
	    {" typen[1", 1},
	    {" typen]", 1},
	    {" versie: code", 1},
	    {" JSON: not valid at byte 20", 2},
	    {" JSON: not valid at byte 999999", 13},
	    {"", 1},
	    {" 99999999999999999999", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (ov_regelnr(ov_view_str(text), t[i].klacht) != t[i].line)
			fail_msg("%s: %zu", t[i].klacht,
			    ov_regelnr(ov_view_str(text), t[i].klacht));
	/* Every beginning of it, and nothing: no more than a wrong line. */
	for (size_t n = 0; n < sizeof(text); n++)
		assert_in_range(ov_regelnr((struct ov_view){(const uint8_t *)
		                                                text,
		                               n},
		                    " type 1: b: veld 1"),
		    1, 13);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        test_a_decision_opens_and_a_bad_set_changes_nothing, world_up,
	        world_down),
	    cmocka_unit_test_setup_teardown(
	        test_each_table_that_contradicts_itself, world_up, world_down),
	    cmocka_unit_test_setup_teardown(
	        test_a_first_set_that_is_bad_leaves_the_built_in_ones, world_up,
	        world_down),
	    cmocka_unit_test_setup_teardown(test_a_folder_that_is_not_there,
	        world_up, world_down),
	    cmocka_unit_test_setup_teardown(test_check_names_it, world_up,
	        world_down),
	    cmocka_unit_test(test_line_of_a_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
