/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_ontvanger.c - notices whose gemeente no member serves: they
 * wait as GEEN-ONTVANGER with their number sealed, are exported and withdrawn,
 * and go when a book brings a receiver.
 */
#include "tests/unit/store_world.h"

#include "base/fs.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

#define GEM "00000099000000003000" /* serves 0193 */
#define PGN "999990007"

static json_t *
notice(int rij, const char *ref, const char *pgn)
{
	json_t *j = json_load_file(OV_TEST_DATA "/uitschrijving.json", 0, NULL);

	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_set_new(j, "soort", json_string("verwijdering"));
	return json_pack("{s:i,s:s,s:s,s:o}", "rij", rij, "eigenReferentie",
	    ref, "pgn", pgn, "inhoud", j);
}

static void
import(json_t *rows, int goed)
{
	json_t *faults = json_array(), *j;

	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", "uitschrijving", "bestand", "u"),
	    rows, faults);
	if (json_array_size(faults) > 0)
		fail_msg("%s", json_dumps(faults, 0));
	assert_int_equal(end_int(j, "goed"), goed);
	json_decref(j);
	json_decref(faults);
}

static int64_t
num(const char *sql)
{
	struct ov_err e = {0};
	int64_t n = -1;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, &e, sql, ""), OV_OK);
	return n;
}

/* A book with the gemeente as a third member, which serves 0193, or (route)
 * to which only a route of the book leads. */
static void
book_with_gemeente(bool route)
{
	json_t *j = world_book_json(), *leden = json_object_get(j, "leden"),
	       *g = world_lid(3, GEM, "Gemeente Voorbeeld", "leerplicht", SELF,
	           "25PU"),
	       *a;
	char id[64];

	world_key(id, 99, false);
	(void)json_object_set_new(g, "id", json_string(id));
	(void)json_object_set_new(g, "brin", json_array());
	if (!route)
		(void)json_object_set_new(g, "gemeenten",
		    json_pack("[s]", "0193"));
	else
		(void)json_object_set_new(j, "route",
		    json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "gemeente", "0193",
		        "srt", "*", "rol", "leerplicht", "oin", GEM, "van",
		        "2020-01-01"));
	a = json_object_get(json_array_get(leden, 0), "mag_naar");
	(void)json_array_append_new(a, json_string(GEM));
	(void)json_array_append_new(leden, g);
	world_book_put(j);
	ov_ontvanger_kick(w.st);
	world_turn(20);
}

/* Sent with --all; what became of it. */
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

static void
one_waits(void)
{
	world_book();
	import(json_pack("[o]", notice(2, "w-1", PGN)), 1);
	assert_int_equal(
	    num("SELECT count(*) FROM concept WHERE stand='VOLLEDIG'"), 1);
	send_all(0, 1, 0);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='GEEN-ONTVANGER' AND partner IS NULL AND"
	                     " leerling IS NULL"),
	    1);
}

/* No number of a pupil in any file of the state. */
static void
no_number(void)
{
	static const char *const name[] = {"main.db", "main.db-wal"};
	char path[160];
	OV_BUF b = {0};
	struct ov_err e = {0};

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", w.conf.state,
		    name[i]);
		ov_buf_reset(&b);
		assert_int_equal(ov_fs_read(AT_FDCWD, path, (size_t)64 << 20,
		                     &b, &e),
		    OV_OK);
		assert_null(memmem(b.p, b.n, PGN, strlen(PGN)));
	}
}

static void
waits_and_is_told(void **state)
{
	json_t *rows = json_array(), *j, *r;

	(void)state;
	one_waits();
	assert_int_equal(num("SELECT count(*) FROM leerling WHERE"
	                     " stand='bewaard' AND domein='' AND eigen=0"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM zaak"), 0);
	no_number();
	json_decref(ask("outbox.list",
	    json_pack("{s:s}", "stand", "GEEN-ONTVANGER"), NULL, rows));
	assert_int_equal(json_array_size(rows), 1);
	r = json_array_get(rows, 0);
	assert_string_equal(json_string_value(json_object_get(r, "fout")),
	    "geen-ontvanger");
	assert_string_equal(json_string_value(
	                        json_object_get(r, "eigenReferentie")),
	    "w-1");
	json_array_clear(rows);
	j = ask("outbox.show", json_pack("{s:i}", "nr", 1), NULL, rows);
	json_decref(j);
	assert_non_null(
	    strstr(json_string_value(
	               json_object_get(json_array_get(rows, 0), "uitleg")),
	        "--geen-ontvanger"));
	json_array_clear(rows);
	json_decref(ask("check", NULL, NULL, rows));
	j = NULL;
	for (size_t i = 0; i < json_array_size(rows) && j == NULL; i++) {
		r = json_array_get(rows, i);
		if (strcmp(json_string_value(json_object_get(r, "punt")),
		        "no receiver") == 0)
			j = r;
	}
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "staat")),
	    "let-op");
	json_array_clear(rows);
	json_decref(ask("worklist", NULL, NULL, rows));
	r = json_array_get(rows, 0);
	assert_string_equal(json_string_value(json_object_get(r, "soort")),
	    "geen-ontvanger");
	assert_string_equal(json_string_value(json_object_get(r, "fout")),
	    "geen-ontvanger");
	assert_true(json_string_length(json_object_get(r, "uitleg")) > 20);
	json_decref(rows);
	/* Not sent, not expired, not tried: it waits as long as it takes. */
	ov_ontvanger_kick(w.st);
	world_turn(20);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='GEEN-ONTVANGER'"),
	    1);
}

/* The content, for sending otherwise; the reading is in the log first. */
static void
exported(void **state)
{
	json_t *rows = json_array(), *j, *r;

	(void)state;
	one_waits();
	refused(ask("export.geen-ontvanger",
	            json_pack("{s:s}", "profiel", "nietbestaand"), NULL, NULL),
	    "profiel-onbekend");
	j = ask("export.geen-ontvanger",
	    json_pack("{s:s}", "profiel", "verzuimmelding"), NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 0);
	json_decref(j);
	assert_int_equal(num("SELECT count(*) FROM gelezen"), 0);
	j = ask("export.geen-ontvanger",
	    json_pack("{s:s}", "profiel", "uitschrijving"), NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 1);
	json_decref(j);
	assert_int_equal(num("SELECT count(*) FROM gelezen WHERE"
	                     " handeling='export' AND tabel='uitgaand' AND"
	                     " record=1 AND grond='UITSCHRIJVING-LPW'"),
	    1);
	r = json_array_get(rows, 0);
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(r, "inhoud"),
	                            "geslachtsnaam")),
	    "Jansen");
	assert_null(json_object_get(r, "pgn"));
	json_decref(rows);
}

static void
goes(bool route)
{
	one_waits();
	book_with_gemeente(route);
	assert_int_equal(num("SELECT count(*) FROM uitgaand u JOIN partner p ON"
	                     " p.id=u.partner JOIN leerling l ON "
	                     "l.nr=u.leerling"
	                     " WHERE u.stand IN ('OPGESTELD',"
	                     "'WACHT-OP-PSEUDONIEM') AND p.oin='" GEM
	                     "' AND u.rol='leerplicht' AND u.gevonden>0 AND"
	                     " u.fout IS NULL AND l.domein='" GEM
	                     "' AND l.stand IN ('wacht','geblokkeerd')"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM zaak z JOIN uitgaand u ON"
	                     " u.zaak=z.zaak AND u.partner=z.partner"),
	    1);
	/* The kept number is gone with its key; nothing else was made. */
	assert_int_equal(
	    num("SELECT count(*) FROM leerling WHERE stand='bewaard'"), 0);
	assert_int_equal(num("SELECT count(*) FROM leerling"), 1);
	assert_int_equal(num("SELECT count(*) FROM sleutel_jong s WHERE s.id"
	                     " NOT IN (SELECT id FROM leerling) AND s.id NOT IN"
	                     " (SELECT id FROM concept) AND s.id NOT IN"
	                     " (SELECT id FROM uitgaand)"),
	    0);
	/* The same file now, with a receiver, is the same draft. */
	import(json_pack("[o]", notice(2, "w-1", PGN)), 0);
	assert_int_equal(num("SELECT count(*) FROM concept"), 1);
	no_number();
}

static void
goes_by_member(void **state)
{
	(void)state;
	goes(false);
}

static void
goes_by_route(void **state)
{
	(void)state;
	goes(true);
}

/* A start looks, too: the book may have come with a backup, or the role may
 * have died between the book and the look. */
/* A choice may go to an mbo too, and names no address: the code of a gemeente
 * leads to the role that serves it there. */
static void
choice_goes_by_route(void **state)
{
	json_t *rows = json_array(), *j, *x;

	(void)state;
	book_with_gemeente(true);
	x = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "schema",
	    "overstapstatus/1", "grondslag", "AANMELDING-MBO", "doel",
	    "aanmelding", "bewaarregel", "status", "status", "keuze",
	    "datumStatus", "2026-03-02", "leeftijdsgroep", "tot-18",
	    "heeftStartkwalificatie", 0);
	j = ask("import",
	    json_pack("{s:s,s:s}", "profiel", "overstapstatus", "bestand", "s"),
	    json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	        "k-1", "pgn", PGN, "ontvanger", "0193", "inhoud", x),
	    rows);
	if (json_array_size(rows) > 0)
		fail_msg("%s", json_dumps(rows, 0));
	assert_int_equal(end_int(j, "goed"), 1);
	json_decref(j);
	json_decref(rows);
	send_all(1, 0, 0);
	assert_int_equal(
	    num("SELECT count(*) FROM uitgaand WHERE rol='leerplicht'"), 1);
}

static void
goes_after_restart(void **state)
{
	struct ov_adresboek *b;

	(void)state;
	one_waits();
	world_stop();
	world_start();
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='GEEN-ONTVANGER'"),
	    1);
	assert_int_equal(
	    num("SELECT count(*) FROM leerling WHERE stand='bewaard'"), 1);
	b = w.st->boek;
	assert_null(b); /* this world keeps none */
	book_with_gemeente(false);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE gevonden>0"),
	    1);
}

/* More than one turn looks at, with a broken one among them. */
static void
many(void **state)
{
	json_t *rows = json_array();
	char ref[16];

	(void)state;
	world_book();
	for (int i = 0; i < 40; i++) {
		(void)snprintf(ref, sizeof(ref), "w-%d", i);
		(void)json_array_append_new(rows, notice(i + 2, ref, PGN));
	}
	import(rows, 40);
	send_all(0, 40, 0);
	assert_int_equal(
	    num("SELECT count(*) FROM leerling WHERE stand='bewaard'"), 40);
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "DELETE FROM sleutel_jong WHERE id=(SELECT id FROM"
	                     " concept WHERE nr=3)",
	                     ""),
	    OV_OK);
	book_with_gemeente(false);
	for (int i = 0; i < 200 && num("SELECT count(*) FROM uitgaand WHERE"
	                               " gevonden>0") < 39;
	     i++)
		world_turn(10);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE gevonden>0"),
	    39);
	assert_int_equal(num("SELECT count(*) FROM terzijde WHERE"
	                     " tabel='concept' AND record=3"),
	    1);
	/* One person: one row at the receiver's domain. */
	assert_int_equal(num("SELECT count(*) FROM leerling WHERE"
	                     " domein='" GEM "'"),
	    1);
}

/* Withdrawn, removed or replaced: the number goes as well. */
static void
number_goes(void **state)
{
	json_t *r;

	(void)state;
	one_waits();
	json_decref(
	    ask("outbox.withdraw", json_pack("{s:i}", "nr", 1), NULL, NULL));
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE"
	                     " stand='INGETROKKEN'"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM leerling"), 0);
	/* Its key too, also where a rotation moved it to a file of keys. */
	assert_int_equal(num("SELECT count(*) FROM te_vernietigen"), 1);
	import(json_pack("[o]", notice(2, "w-2", PGN)), 1);
	assert_int_equal(num("SELECT count(*) FROM leerling"), 1);
	r = notice(2, "w-2", PGN); /* another content takes its place */
	(void)json_object_set_new(json_object_get(r, "inhoud"), "roepnaam",
	    json_string("Eef"));
	import(json_pack("[o]", r), 1);
	assert_int_equal(num("SELECT count(*) FROM leerling"), 1);
	json_decref(ask("drafts.remove",
	    json_pack("{s:I}", "nr",
	        (json_int_t)num("SELECT nr FROM concept WHERE"
	                        " stand='VOLLEDIG'")),
	    NULL, NULL));
	assert_int_equal(num("SELECT count(*) FROM leerling"), 0);
	book_with_gemeente(false);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE gevonden>0"),
	    0);
}

/* Not sent yet when the receiver comes: it goes to it like any other. */
static void
draft_meets_receiver(void **state)
{
	(void)state;
	world_book();
	import(json_pack("[o]", notice(2, "w-1", PGN)), 1);
	book_with_gemeente(false);
	assert_int_equal(num("SELECT count(*) FROM concept WHERE partner='" GEM
	                     "'"),
	    1);
	send_all(1, 0, 0);
	assert_int_equal(num("SELECT count(*) FROM uitgaand WHERE gevonden>0"),
	    0);
	assert_int_equal(
	    num("SELECT count(*) FROM leerling WHERE stand='bewaard'"), 0);
}

/* What is incomplete in another way still does not go, and a word that names
 * no gemeente of a notice is no reason to wait. */
static void
not_complete(void **state)
{
	json_t *r = notice(2, "w-1", "");

	(void)state;
	world_book();
	import(json_pack("[o]", r), 1);
	assert_int_equal(num("SELECT count(*) FROM concept WHERE "
	                     "stand='ONVOLLEDIG' AND"
	                     " ontbreekt='/pgn'"),
	    1);
	send_all(0, 0, 0);
	r = ask("send", json_pack("{s:[i]}", "nr", 1), NULL, NULL);
	assert_int_equal(end_int(r, "geweigerd"), 1);
	json_decref(r);
	assert_int_equal(num("SELECT count(*) FROM uitgaand"), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(waits_and_is_told), T(exported),
	    T(goes_by_member), T(goes_by_route), T(choice_goes_by_route),
	    T(goes_after_restart), T(many), T(number_goes),
	    T(draft_meets_receiver), T(not_complete)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
