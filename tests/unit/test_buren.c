/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_buren.c - members beside each other, each with its own
 * gemeenten: a notice goes to who serves its woongemeente, or to nobody; and
 * what a book that brings a receiver does with those that waited together.
 */
#include "tests/unit/store_world.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

#define HIER "00000099000000003000" /* serves 0193 */
#define BUUR "00000099000000004000" /* serves 0106 */
#define PGN "999990007"

static int64_t
num(const char *sql)
{
	struct ov_err e = {0};
	int64_t n = -1;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, &e, sql, ""), OV_OK);
	return n;
}

/* Beside the two of the world, of this role. */
static void
member(json_t *book, unsigned i, const char *oin, const char *naam,
    const char *rol, const char *gemeente)
{
	json_t *g = world_lid(i, oin, naam, rol, SELF, "25PU"),
	       *leden = json_object_get(book, "leden");
	char id[64];

	world_key(id, (uint8_t)(100 + i), false);
	(void)json_object_set_new(g, "id", json_string(id));
	(void)json_object_set_new(g, "brin", json_array());
	(void)json_object_set_new(g, "gemeenten", json_pack("[s]", gemeente));
	(void)json_array_append_new(json_object_get(json_array_get(leden, 0),
	                                "mag_naar"),
	    json_string(oin));
	(void)json_array_append_new(leden, g);
}

static void
two_neighbours(const char *rol)
{
	json_t *j = world_book_json();

	member(j, 3, HIER, "Doorstroompunt Hier", rol, "0193");
	member(j, 4, BUUR, "Doorstroompunt Buur", rol, "0106");
	world_book_put(j);
	ov_ontvanger_kick(w.st);
	world_turn(30);
}

static json_t *
content(const char *name)
{
	char path[200];
	json_t *j;

	(void)snprintf(path, sizeof(path), OV_TEST_DATA "/%s.json", name);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_del(j, "vervolgVan");
	return j;
}

static void
import(const char *srt, const char *ref, const char *ontvanger, json_t *inhoud)
{
	json_t *faults = json_array(), *j;

	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", srt, "bestand", "b"),
	    json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	        ref, "pgn", PGN, "ontvanger", ontvanger, "inhoud", inhoud),
	    faults);
	if (json_array_size(faults) > 0)
		fail_msg("%s", json_dumps(faults, 0));
	assert_int_equal(end_int(j, "goed"), 1);
	json_decref(j);
	json_decref(faults);
}

static void
send_all(int opgesteld, int geen, int geweigerd)
{
	json_t *rows = json_array(),
	       *j = ask("send", json_pack("{s:b}", "alles", 1), NULL, rows);

	assert_int_equal(end_int(j, "opgesteld"), opgesteld);
	assert_int_equal(end_int(j, "geen_ontvanger"), geen);
	assert_int_equal(end_int(j, "geweigerd"), geweigerd);
	json_decref(j);
	json_decref(rows);
}

/* A pupil of 19 who lives there is expelled. */
static json_t *
lives_in(const char *gemeente)
{
	json_t *j = content("uitschrijving");

	(void)json_object_set_new(j, "soort", json_string("verwijdering"));
	(void)json_object_set_new(j, "grondslag",
	    json_string("VERWIJDERING-18PLUS"));
	(void)json_object_set_new(j, "geboortedatum",
	    json_string("2005-06-01"));
	(void)json_object_set_new(json_object_get(j, "adres"), "gemeentecode",
	    json_string(gemeente));
	return j;
}

/* Each gemeente to its own Doorstroompunt; one of neither waits, and is not
 * sent to either. */
static void
each_to_its_own(void **state)
{
	(void)state;
	two_neighbours("doorstroompunt");
	import("uitschrijving", "hier", "", lives_in("0193"));
	import("uitschrijving", "buur", "", lives_in("0106"));
	import("uitschrijving", "ver", "", lives_in("0114"));
	send_all(2, 1, 0);
	assert_int_equal(num("SELECT count(*) FROM uitgaand u JOIN partner p ON"
	                     " p.id=u.partner WHERE p.oin='" HIER
	                     "' AND u.rol='doorstroompunt'"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM uitgaand u JOIN partner p ON"
	                     " p.id=u.partner JOIN concept c ON c.uitgaand=u.nr"
	                     " WHERE p.oin='" BUUR
	                     "' AND u.rol='doorstroompunt' AND c.nr=2"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM uitgaand u JOIN concept c ON"
	                     " c.uitgaand=u.nr WHERE c.nr=3 AND u.partner IS"
	                     " NULL AND u.stand='GEEN-ONTVANGER'"),
	    1);
	/* The pseudonym of each is its receiver's. */
	assert_int_equal(num("SELECT count(DISTINCT domein) FROM leerling WHERE"
	                     " domein IN ('" HIER "','" BUUR "')"),
	    2);
	/* Looked at again, it stays. */
	ov_ontvanger_kick(w.st);
	world_turn(30);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='GEEN-ONTVANGER'"),
	    1);
}

/* One absence twice, waiting: the book releases one of them, and the other
 * stays as it was, with its reason. */
static void
one_absence_twice(void **state)
{
	json_t *rows = json_array(), *r;

	(void)state;
	world_book();
	import("verzuimmelding", "v-1", "", content("verzuimmelding"));
	import("verzuimmelding", "v-2", "", content("verzuimmelding"));
	send_all(0, 2, 0);
	assert_int_equal(
	    num("SELECT count(*) FROM leerling WHERE stand='bewaard'"), 2);
	two_neighbours("leerplicht");
	assert_int_equal(num("SELECT count(*) FROM uitgaand u JOIN partner p ON"
	                     " p.id=u.partner WHERE u.nr=1 AND u.gevonden>0 AND"
	                     " u.fout IS NULL AND p.oin='" HIER "'"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE nr=2 AND"
	                     " stand='GEEN-ONTVANGER' AND partner IS NULL AND"
	                     " leerling IS NULL AND"
	                     " fout='binnen-7-dagen'"),
	    1);
	/* Nothing of the second was done: its number still waits. */
	assert_int_equal(num("SELECT count(*) FROM concept c JOIN leerling l ON"
	                     " l.nr=c.leerling WHERE c.nr=2 AND c.partner='' "
	                     "AND"
	                     " l.stand='bewaard'"),
	    1);
	json_decref(ask("worklist", NULL, NULL, rows));
	r = json_array_get(rows, 0);
	assert_string_equal(json_string_value(json_object_get(r, "fout")),
	    "binnen-7-dagen");
	json_decref(rows);
	/* Another book asks again; the answer is the same. */
	ov_ontvanger_kick(w.st);
	world_turn(30);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE nr=2 AND"
	                     " fout='binnen-7-dagen'"),
	    1);
	/* The first taken back: the second may go. */
	json_decref(
	    ask("outbox.withdraw", json_pack("{s:i}", "nr", 1), NULL, NULL));
	ov_ontvanger_kick(w.st);
	world_turn(30);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE nr=2 AND"
	                     " gevonden>0 AND fout IS NULL"),
	    1);
}

/* A status that waited has its place in the case once it goes, so that the
 * next one is judged by it. */
static void
status_takes_its_step(void **state)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "doel",
	    "aanmelding", "bewaarregel", "status", "status", "keuze",
	    "datumStatus", "2026-03-03", "leeftijdsgroep", "18-tot-23",
	    "heeftStartkwalificatie", 0, "grondslag", "AANMELDING-MBO");

	(void)state;
	world_book();
	import("overstapstatus", "s-1", "0106", j);
	send_all(0, 1, 0);
	assert_int_equal(num("SELECT count(*) FROM stap"), 0);
	two_neighbours("doorstroompunt");
	assert_int_equal(num("SELECT count(*) FROM stap s JOIN uitgaand u ON"
	                     " u.nr=s.record AND u.zaak=s.zaak AND"
	                     " u.partner=s.partner JOIN partner p ON"
	                     " p.id=s.partner WHERE s.uit=1 AND "
	                     "s.status='keuze'"
	                     " AND p.oin='" BUUR "'"),
	    1);
}

/* The address in a dossier is no receiver: it does not wait for one that
 * serves the gemeente. */
static void
dossier_does_not_wait(void **state)
{
	json_t *j = content("dossier-volledig");

	(void)state;
	world_book();
	import("overstapdossier", "d-1", "", j);
	assert_int_equal(num("SELECT count(*) FROM concept WHERE"
	                     " stand='ONVOLLEDIG' AND ontbreekt LIKE"
	                     " '%/ontvanger%'"),
	    1);
	send_all(0, 0, 0);
	assert_int_equal(num("SELECT count(*) FROM uitgaand"), 0);
}

/* ---- who may export what waits ---- */

static void
account(const char *functies)
{
	static unsigned turn;
	FILE *f = fopen(w.conf.accounts, "w");

	assert_non_null(f);
	(void)fprintf(f,
	    "{\"versie\":1,\"accounts\":[{\"account\":\"%u\",\"functies\":"
	    "[%s]}]}%*s\n",
	    (unsigned)geteuid(), functies, (int)(turn++ % 50), "");
	assert_int_equal(fclose(f), 0);
}

static void
exports(int aantal, int verborgen)
{
	json_t *rows = json_array(),
	       *j = ask("export.geen-ontvanger",
	           json_pack("{s:s}", "profiel", "verzuimmelding"), NULL, rows),
	       *r;
	int64_t was = num("SELECT count(*) FROM gelezen");

	if (json_object_get(j, "end") == NULL)
		fail_msg("%s", json_dumps(j, 0));
	assert_int_equal(end_int(j, "aantal"), aantal);
	assert_int_equal(end_int(j, "verborgen"), verborgen);
	assert_int_equal(json_array_size(rows), aantal);
	assert_true(was >= aantal);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		r = json_array_get(rows, i);
		assert_non_null(json_object_get(r, "inhoud"));
		assert_int_equal(json_array_size(
		                     json_object_get(r, "weggelaten")),
		    0);
	}
	json_decref(j);
	json_decref(rows);
}

static void
export_by_scope(void **state)
{
	json_t *b = content("verzuimmelding");
	char path[96];

	(void)state;
	world_stop();
	(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
	w.conf.accounts = strdup(path);
	account("{\"functie\":\"verzuimcoördinator\"}");
	world_start();
	world_book();
	import("verzuimmelding", "v-1", "", content("verzuimmelding"));
	(void)json_object_set_new(json_object_get(b, "adres"), "gemeentecode",
	    json_string("0106"));
	(void)json_object_set_new(b, "begindatum", json_string("2025-02-03"));
	import("verzuimmelding", "v-2", "", b);
	send_all(0, 2, 0);
	account("{\"functie\":\"verzuimcoördinator\"}");
	exports(2, 0);
	account("{\"functie\":\"verzuimcoördinator\","
	        "\"woongemeente\":[\"0106\"]}");
	exports(1, 1);
	account("{\"functie\":\"verzuimcoördinator\","
	        "\"woongemeente\":[\"0363\"]}");
	exports(0, 2);
	account("{\"functie\":\"leerplichtambtenaar\"}"); /* of what came */
	exports(0, 2);
	account("{\"functie\":\"mentor\"}");
	refused(ask("export.geen-ontvanger",
	            json_pack("{s:s}", "profiel", "verzuimmelding"), NULL,
	            NULL),
	    "geen-toegang");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(each_to_its_own),
	    T(one_absence_twice), T(status_takes_its_step), T(export_by_scope),
	    T(dossier_does_not_wait)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
