/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_control.c - the control socket: frames, refusals, clients
 * that come and go, pages, and pupils.
 */
#include "tests/unit/store_world.h"

static void
status(void **state)
{
	json_t *j = ask("status", NULL, NULL, NULL), *e;

	(void)state;
	e = json_object_get(j, "end");
	assert_string_equal(json_string_value(json_object_get(e, "oin")), SELF);
	assert_int_equal(end_int(j, "adresboek"), 0);
	assert_int_equal(end_int(j, "log_omvang"), w.st->log.was.size);
	assert_true(w.st->log.was.size > 0);
	json_decref(j);
	world_book();
	j = ask("status", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "adresboek"), 1);
	json_decref(j);
}

static void
mode_of_socket(void **state)
{
	struct stat s;

	(void)state;
	assert_int_equal(stat(w.path, &s), 0);
	assert_true(S_ISSOCK(s.st_mode));
	assert_int_equal(s.st_mode & 07777, 0660);
}

/* Each of these ends in a refusal, not in silence or a crash. */
static void
bad_frames(void **state)
{
	static const char *const bad[] = {"", "x", "[]", "{}",
	    "{\"v\":1,\"cmd\":\"status\"}",
	    "{\"v\":2,\"cmd\":\"status\",\"arg\":{}}",
	    "{\"v\":1,\"cmd\":\"status\",\"arg\":[]}",
	    "{\"v\":1,\"cmd\":\"status\",\"arg\":{},\"x\":1}",
	    "{\"v\":1,\"v\":1,\"cmd\":\"status\",\"arg\":{}}",
	    "{\"v\":1,\"cmd\":\"status\",\"arg\":{\"x\":1}}",
	    "{\"v\":1,\"cmd\":\"inbox.show\",\"arg\":{}}",
	    "{\"v\":1,\"cmd\":\"inbox.show\",\"arg\":{\"nr\":\"1\"}}",
	    "{\"v\":1,\"cmd\":\"inbox.show\",\"arg\":{\"nr\":1.5}}",
	    "{\"v\":1,\"cmd\":\"send\",\"arg\":{}}",
	    "{\"v\":1,\"cmd\":\"send\",\"arg\":{\"alles\":true,\"nr\":[1]}}",
	    "{\"v\":1,\"cmd\":\"outbox.retry\",\"arg\":{}}"};
	json_t *j;
	int fd;

	(void)state;
	world_book();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = client_open();
		client_text(fd, bad[i]);
		j = client_frame(fd);
		assert_non_null(j);
		refused(j, "opdracht-ongeldig");
		assert_null(client_frame(fd));
		(void)close(fd);
	}
	refused(ask("fly", NULL, NULL, NULL), "opdracht-onbekend");
}

static void
frame_too_large(void **state)
{
	static const uint8_t len[4] = {0x00, 0x10, 0x00, 0x01};
	json_t *j;
	int fd = client_open();

	(void)state;
	client_bytes(fd, len, sizeof(len));
	j = client_frame(fd);
	assert_non_null(j);
	refused(j, "opdracht-ongeldig");
	(void)close(fd);
}

/* Byte by byte, and clients that leave in the middle. */
static void
slow_and_gone(void **state)
{
	static const char q[] = "{\"v\":1,\"cmd\":\"status\",\"arg\":{}}";
	uint8_t len[4] = {0, 0, 0, sizeof(q) - 1};
	json_t *j;
	int fd = client_open();

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		client_bytes(fd, &len[i], 1);
		world_turn(1);
	}
	for (size_t i = 0; i + 1 < sizeof(q); i++)
		client_bytes(fd, &q[i], 1);
	j = client_frame(fd);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	(void)close(fd);
	for (size_t i = 1; i < sizeof(q); i++) {
		fd = client_open();
		client_bytes(fd, len, 4);
		client_bytes(fd, q, i);
		(void)close(fd);
		world_turn(1);
	}
	json_decref(ask("status", NULL, NULL, NULL));
}

static void
too_many(void **state)
{
	int fd[33];
	json_t *j;

	(void)state;
	for (size_t i = 0; i < 33; i++) {
		fd[i] = client_open();
		world_turn(1);
	}
	j = client_frame(fd[32]);
	assert_non_null(j);
	refused(j, "nu-niet");
	for (size_t i = 0; i < 33; i++)
		(void)close(fd[i]);
	world_turn(1);
	json_decref(ask("status", NULL, NULL, NULL));
}

static void
log_pages(void **state)
{
	static const uint8_t ref[32] = {7};
	struct ov_err e = {0};
	json_t *rows = json_array(), *j;
	size_t have = (size_t)w.st->log.was.size;

	(void)state;
	assert_int_equal(ov_tx_begin(w.st, &e), OV_OK);
	for (size_t i = 0; i + have < 1000; i++)
		assert_int_equal(ov_tx_leaf(w.st, OV_LEAF_WEIGERING,
		                     &w.st->self, ref, &e),
		    OV_OK);
	assert_int_equal(ov_tx_commit(w.st, &e), OV_OK);
	j = ask("log.show", NULL, NULL, rows);
	assert_int_equal(end_int(j, "omvang"), 1000);
	json_decref(j);
	assert_int_equal(json_array_size(rows), 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(json_integer_value(
		                     json_object_get(json_array_get(rows, i),
		                         "idx")),
		    (json_int_t)i);
	json_array_clear(rows);
	json_decref(ask("log.show",
	    json_pack("{s:i,s:i,s:s}", "van", 0, "tot", 5, "soort", "start"),
	    NULL, rows));
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	j = ask("log.verify", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "omvang"), 1000);
	assert_true(
	    json_is_true(json_object_get(json_object_get(j, "end"), "goed")));
	json_decref(j);
}

static json_t *
pupil(const char *ref, const char *pgn, const char *born)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "eigenReferentie", ref, "pgn",
	    pgn, "geboortedatum", born, "schoolVerlaten", "");
}

static json_t *
load(json_t *rows, json_t *faults)
{
	return ask("pupils.load", NULL, rows, faults);
}

/* Without a number: loaded, listed, changed, removed, never twice. */
static void
pupils(void **state)
{
	json_t *j, *rows = json_array();

	(void)state;
	refused(load(json_array(), NULL), "adresboek-ontbreekt");
	world_book();
	for (int again = 0; again < 2; again++) {
		j = load(json_pack("[o,o]", pupil("a", "", "2008-02-29"),
		             pupil("b", "", "2009-01-01")),
		    NULL);
		assert_int_equal(end_int(j, "geladen"), again ? 0 : 2);
		assert_int_equal(end_int(j, "gewijzigd"), 0);
		assert_int_equal(end_int(j, "zonder_pgn"), 2);
		json_decref(j);
	}
	j = load(json_pack("[o]", pupil("a", "", "2008-02-28")), NULL);
	assert_int_equal(end_int(j, "gewijzigd"), 1);
	json_decref(j);
	j = ask("pupils.list", NULL, NULL, rows);
	assert_int_equal(end_int(j, "aantal"), 2);
	assert_int_equal(end_int(j, "zonder_pgn"), 2);
	json_decref(j);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(rows, 1),
	                            "eigenReferentie")),
	    "b");
	json_decref(rows);
	json_decref(ask("pupils.remove",
	    json_pack("{s:s}", "eigenReferentie", "a"), NULL, NULL));
	refused(ask("pupils.remove", json_pack("{s:s}", "eigenReferentie", "a"),
	            NULL, NULL),
	    "nummer-onbekend");
}

/* One bad row, and nothing is loaded. */
static void
pupils_bad(void **state)
{
	json_t *faults = json_array(), *j;
	static const char *const reden[] = {"datum-ongeldig", "pgn-ongeldig",
	    "referentie-dubbel", "reden/ontbreekt", "reden/patroon"};

	(void)state;
	world_book();
	j = load(json_pack("[o,o,o,o,o,{s:s,s:s,s:s}]",
	             pupil("a", "", "2008-02-29"), pupil("b", "", "2009-02-29"),
	             pupil("c", "999990008", "2008-02-29"),
	             pupil("a", "", "2008-02-29"),
	             json_pack("{s:s}", "geboortedatum", "2008-01-01"),
	             "eigenReferentie", "d", "geboortedatum", "2008-01-01",
	             "schoolVerlaten", "Elders"),
	    faults);
	assert_int_equal(end_int(j, "fout"), 5);
	assert_int_equal(end_int(j, "geladen"), 0);
	json_decref(j);
	assert_int_equal(json_array_size(faults), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(json_string_value(
		                        json_object_get(json_array_get(faults,
		                                            i),
		                            "reden")),
		    reden[i]);
	json_decref(faults);
	j = ask("pupils.list", NULL, NULL, NULL);
	assert_int_equal(end_int(j, "aantal"), 0);
	json_decref(j);
}

static int64_t
number(const char *sql)
{
	struct ov_err e = {0};
	int64_t v = -1;

	assert_int_equal(ov_db_int(w.st->db, &v, -1, &e, sql, ""), OV_OK);
	return v;
}

/* One row that is at fault beside who is there, in the second batch: told, and
 * the 70 good ones before it change nothing. */
static void
pupils_beside(void **state)
{
	json_t *faults, *j, *rows;
	char ref[16];

	(void)state;
	world_book();
	json_decref(
	    load(json_pack("[o,o]", pupil("a", "999990019", "2008-02-29"),
	             pupil("b", "", "2008-02-29")),
	        NULL));
	assert_int_equal(number("SELECT count(*) FROM leerling"), 2);
	for (int k = 0; k < 2; k++) {
		rows = json_array();
		for (int i = 0; i < 70; i++) {
			(void)snprintf(ref, sizeof(ref), "n%d", i);
			(void)json_array_append_new(rows,
			    pupil(ref, "", "2008-01-01"));
		}
		if (k == 0) /* the number of another */
			(void)json_array_append_new(rows,
			    pupil("c", "999990019", "2008-02-29"));
		else { /* another number, while a dossier is linked */
			assert_int_equal(
			    ov_db_run(w.st->db, NULL,
			        "INSERT INTO bericht(id,partner,seq,ep,srt,rol,"
			        "ontvangen,stand,gesloten,versie,leerling)"
			        " SELECT "
			        "randomblob(16),1,1,1,'overstapdossier',"
			        "'mbo',1,'GEKOPPELD',0,1,nr FROM leerling"
			        " WHERE tag IS NOT NULL",
			        ""),
			    OV_OK);
			(void)json_array_append_new(rows,
			    pupil("a", "999990020", "2008-02-29"));
		}
		faults = json_array();
		j = load(rows, faults);
		assert_int_equal(end_int(j, "fout"), 1);
		assert_int_equal(end_int(j, "geladen"), 0);
		json_decref(j);
		assert_string_equal(json_string_value(
		                        json_object_get(json_array_get(faults,
		                                            0),
		                            "reden")),
		    k == 0 ? "pgn-dubbel" : "pgn-gewijzigd");
		json_decref(faults);
		assert_int_equal(number("SELECT count(*) FROM leerling"), 2);
	}
}

/* A number that is given later, and one that changes: one pupil, one row.  No
 * budget names this domain, so the row is soon blocked: that is not asked. */
static void
pupils_number(void **state)
{
	static const char *const pgn[] = {"999990019", "999990020",
	    "999990020"};
	json_t *j;

	(void)state;
	world_book();
	for (size_t i = 0; i < 3; i++) {
		j = load(json_pack("[o]", pupil("a", pgn[i], "2008-02-29")),
		    NULL);
		assert_int_equal(end_int(j, "geladen"), i == 0);
		assert_int_equal(end_int(j, "gewijzigd"), i == 1);
		json_decref(j);
		assert_int_equal(number("SELECT count(*) FROM leerling"), 1);
		assert_int_equal(number("SELECT count(*) FROM leerling WHERE"
		                        " stand IN ('wacht','geblokkeerd') AND"
		                        " pgn IS NOT NULL AND"
		                        " gegevens IS NOT NULL"),
		    1);
		/* its key, and no key of who is not there any more */
		assert_int_equal(number("SELECT count(*) FROM sleutel_jong "
		                        "WHERE id IN"
		                        " (SELECT id FROM leerling)"),
		    1);
	}
}

static void
nothing_there(void **state)
{
	static const char *const lists[] = {"inbox.list", "outbox.list",
	    "drafts.list", "case.list", "partners.list"};
	json_t *j;

	(void)state;
	world_book();
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		j = ask(lists[i], NULL, NULL, NULL);
		assert_int_equal(end_int(j, "aantal"), i == 4 ? 2 : 0);
		json_decref(j);
	}
	refused(ask("inbox.show", json_pack("{s:i}", "nr", 1), NULL, NULL),
	    "nummer-onbekend");
	refused(ask("outbox.show", json_pack("{s:i}", "nr", 1), NULL, NULL),
	    "nummer-onbekend");
	refused(ask("drafts.show", json_pack("{s:i}", "nr", 1), NULL, NULL),
	    "nummer-onbekend");
	refused(ask("export.receipt", json_pack("{s:i}", "nr", 1), NULL, NULL),
	    "bewijs-ontbreekt");
	refused(ask("case.show", json_pack("{s:s}", "zaak", "x"), NULL, NULL),
	    "zaak-onbekend");
	refused(ask("partners.show", json_pack("{s:s}", "partner", "niemand"),
	            NULL, NULL),
	    "ontvanger-onbekend");
	j = ask("partners.show", json_pack("{s:s}", "partner", "25LH/00"), NULL,
	    NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
	j = ask("count", NULL, NULL, NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
}

/* What others may read is not written to. */
static void
open_state(void **state)
{
	struct ov_err e = {0};

	(void)state;
	world_stop();
	assert_int_equal(chmod(w.conf.state, 0755), 0);
	assert_int_equal(world_open(&e), OV_DENIED);
	assert_non_null(strstr(e.msg, "other users have access (mode 0755)"));
	assert_int_equal(chmod(w.conf.state, 0700), 0);
	world_start();
}

static void
doctor(void **state)
{
	json_t *j, *rows = json_array(), *r;
	size_t i;

	(void)state;
	j = ask("check", json_pack("{s:b}", "net", 1), NULL, rows);
	assert_true(end_int(j, "fout") > 0); /* no book, no certificate */
	json_decref(j);
	world_book();
	json_array_clear(rows);
	j = ask("check", json_pack("{s:b}", "net", 1), NULL, rows);
	assert_true(json_array_size(rows) > 10);
	json_array_foreach(rows, i, r)
	{
		const char *s = json_string_value(json_object_get(r, "staat"));
		const char *doe = json_string_value(json_object_get(r, "doe"));

		assert_non_null(s);
		assert_true(strcmp(s, "goed") == 0 || doe[0] != '\0');
	}
	json_decref(j);
	json_decref(rows);
}

/* A supervisor's socket is served, and left where it is. */
static void
passed_socket(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct ov_err e = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_true(fd >= 0 && strlen(w.path) < sizeof(sa.sun_path));
	memcpy(sa.sun_path, w.path, strlen(w.path));
	ov_control_free(w.st);
	assert_int_equal(access(w.path, F_OK), -1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(ov_control_new(w.st, w.path, fd, &e), OV_OK);
	json_decref(ask("status", NULL, NULL, NULL));
	ov_control_free(w.st);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was given */
	assert_int_equal(access(w.path, F_OK), 0);
	assert_int_equal(unlink(w.path), 0);
	assert_int_equal(ov_control_new(w.st, w.path, -1, &e), OV_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(status), T(mode_of_socket),
	    T(bad_frames), T(frame_too_large), T(slow_and_gone), T(too_many),
	    T(log_pages), T(pupils), T(pupils_bad), T(pupils_beside),
	    T(pupils_number), T(nothing_there), T(open_state), T(doctor),
	    T(passed_socket)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
