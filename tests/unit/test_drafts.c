/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_drafts.c - import, drafts and send: what is complete, what
 * is a fault, the same file twice, a changed row before and after sending, a
 * reading that is logged, and folders.
 */
#include "tests/unit/store_world.h"

#include <dirent.h>

#include "base/fs.h"

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
row(int rij, const char *ref, const char *pgn, json_t *inhoud)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:o}", "rij", rij, "eigenReferentie",
	    ref, "pgn", pgn, "ontvanger", "Beroepscollege", "inhoud", inhoud);
}

static json_t *
import(json_t *rows, bool skip, json_t *faults)
{
	return ask("import",
	    json_pack("{s:s,s:s,s:b}", "profiel", "overstapdossier", "bestand",
	        "proef.json", "overslaan", skip),
	    rows, faults);
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

static json_int_t
drafts(const char *stand)
{
	json_t *j = ask("drafts.list", NULL, NULL, NULL);
	json_int_t n = end_int(j, stand);

	json_decref(j);
	return n;
}

static int64_t
db_int(const char *sql)
{
	sqlite3_stmt *q;
	struct ov_err e = {0};
	int64_t n;
	bool is;

	assert_int_equal(ov_db_q(w.st->db, &q, &e, sql, ""), OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &is, &e), OV_OK);
	n = is ? ov_db_i64(q, 0) : 0;
	ov_db_done(w.st->db, q);
	return n;
}

/* The number of the first draft. */
static json_int_t
first(void)
{
	json_t *rows = json_array(), *j;
	json_int_t nr;

	j = ask("drafts.list", NULL, NULL, rows);
	json_decref(j);
	nr = json_integer_value(json_object_get(json_array_get(rows, 0), "nr"));
	json_decref(rows);
	return nr;
}

static void
complete_or_not(void **state)
{
	json_t *c = content(), *rows = json_array(), *j;
	const char *miss;

	(void)state;
	refused(import(NULL, false, NULL), "adresboek-ontbreekt");
	world_book();
	refused(ask("import",
	            json_pack("{s:s,s:s}", "profiel", "nietbestaand", "bestand",
	                ""),
	            NULL, NULL),
	    "profiel-onbekend");
	json_object_del(c, "inzage");
	sums(import(json_pack("[o,o,o]", row(2, "a", "999990007", content()),
	                row(3, "b", "", content()),
	                row(4, "c", "999990007", c)),
	         false, NULL),
	    3, 0, 0, 0);
	assert_int_equal(drafts("VOLLEDIG"), 1);
	assert_int_equal(drafts("ONVOLLEDIG"), 2);
	json_decref(ask("drafts.list",
	    json_pack("{s:s}", "stand", "ONVOLLEDIG"), NULL, rows));
	assert_int_equal(json_array_size(rows), 2);
	miss = json_string_value(
	    json_object_get(json_array_get(rows, 0), "ontbreekt"));
	assert_string_equal(miss, "/pgn");
	miss = json_string_value(
	    json_object_get(json_array_get(rows, 1), "ontbreekt"));
	assert_non_null(strstr(miss, "/inhoud/inzage"));
	json_decref(rows);
	/* A pseudonym is wanted where there is a number: one pupil, and the
	 * number stands nowhere but in that row. */
	assert_int_equal(db_int("SELECT count(*) FROM leerling"), 1);
	j = ask("drafts.show", json_pack("{s:I}", "nr", first()), NULL, NULL);
	assert_non_null(json_object_get(j, "end"));
	json_decref(j);
}

/* All faults are told, and nothing changes unless it was asked for. */
static void
faults(void **state)
{
	static const char *const reden[] = {"pgn-ongeldig",
	    "reden/onbekend-lid", "reden/code", "ontvanger-onbekend",
	    "referentie-dubbel"};
	json_t *unknown = content(), *code = content(), *list, *far;

	(void)state;
	world_book();
	for (int skip = 0; skip < 2; skip++) {
		list = json_array();
		(void)json_object_set_new(unknown, "lievelingskleur",
		    json_string("groen"));
		(void)json_object_set_new(code, "soortOverstap",
		    json_string("VOXX"));
		far = row(6, "e", "999990007", content());
		(void)json_object_set_new(far, "ontvanger",
		    json_string("nergens"));
		sums(import(json_pack("[o,o,o,o,o,o]",
		                row(2, "a", "999990007", content()),
		                row(3, "b", "999990008", content()),
		                row(4, "c", "999990007", json_incref(unknown)),
		                row(5, "d", "999990007", json_incref(code)),
		                far, row(7, "a", "999990007", content())),
		         skip == 1, list),
		    skip, 5, 0, 0);
		assert_int_equal(json_array_size(list), 5);
		for (size_t i = 0; i < 5; i++) {
			assert_string_equal(json_string_value(json_object_get(
			                        json_array_get(list, i),
			                        "reden")),
			    reden[i]);
			assert_int_equal(json_integer_value(json_object_get(
			                     json_array_get(list, i), "rij")),
			    i + 3);
		}
		json_decref(list);
		assert_int_equal(drafts("aantal"), skip);
		assert_int_equal(db_int("SELECT count(*) FROM leerling"), skip);
		assert_int_equal(
		    db_int("SELECT count(*) FROM import WHERE compleet=0"), 0);
		assert_int_equal(db_int("SELECT count(*) FROM sleutel_jong s"
		                        " WHERE s.id NOT IN (SELECT id FROM"
		                        " leerling) AND s.id NOT IN"
		                        " (SELECT id FROM concept)"),
		    0);
	}
	json_decref(unknown);
	json_decref(code);
}

static void
again_and_changed(void **state)
{
	json_t *c = content(), *j, *rows = json_array();

	(void)state;
	world_book();
	sums(import(json_pack("[o]", row(2, "a", "999990007", content())),
	         false, NULL),
	    1, 0, 0, 0);
	sums(import(json_pack("[o]", row(2, "a", "999990007", content())),
	         false, NULL),
	    0, 0, 1, 0);
	assert_int_equal(drafts("aantal"), 1);
	/* Changed before it went: takes the old one's place. */
	(void)json_object_set_new(c, "roepnaam", json_string("Eefje"));
	sums(import(json_pack("[o]",
	                row(2, "a", "999990007", json_deep_copy(c))),
	         false, NULL),
	    1, 0, 0, 0);
	assert_int_equal(drafts("aantal"), 1);
	sums(import(json_pack("[o]",
	                row(2, "a", "999990007", json_deep_copy(c))),
	         false, NULL),
	    0, 0, 1, 0);
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, rows);
	assert_int_equal(end_int(j, "opgesteld"), 1);
	assert_int_equal(end_int(j, "geweigerd"), 0);
	json_decref(j);
	assert_int_equal(drafts("VERZONDEN"), 1);
	/* Once more: nothing is sent twice. */
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "opgesteld"), 0);
	json_decref(j);
	j = ask("send", json_pack("{s:[I]}", "nr", first()), NULL, rows);
	assert_int_equal(end_int(j, "geweigerd"), 1);
	json_decref(j);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(rows, 0),
	                            "reden")),
	    "al-verzonden");
	/* Changed afterwards: reported, never sent. */
	(void)json_object_set_new(c, "roepnaam", json_string("Eva"));
	sums(import(json_pack("[o]", row(2, "a", "999990007", c)), false, NULL),
	    0, 0, 0, 1);
	assert_int_equal(drafts("GEWIJZIGD"), 1);
	j = ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL);
	assert_int_equal(end_int(j, "opgesteld"), 0);
	json_decref(j);
	assert_int_equal(db_int("SELECT count(*) FROM uitgaand"), 1);
	json_decref(rows);
}

static void
send_refuses(void **state)
{
	json_t *c = content(), *rows = json_array(), *j;

	(void)state;
	world_book();
	json_object_del(c, "inzage");
	sums(import(json_pack("[o]", row(2, "a", "999990007", c)), false, NULL),
	    1, 0, 0, 0);
	j = ask("send", json_pack("{s:[I,I]}", "nr", first(), (json_int_t)999),
	    NULL, rows);
	assert_int_equal(end_int(j, "opgesteld"), 0);
	assert_int_equal(end_int(j, "geweigerd"), 2);
	json_decref(j);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(rows, 0),
	                            "reden")),
	    "inzage-ontbreekt");
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(rows, 1),
	                            "reden")),
	    "nummer-onbekend");
	json_decref(rows);
	w.st->boek->geldig_tot = ov_now(w.st) - 1;
	refused(ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL),
	    "adresboek-verlopen");
}

/* The line and the leaf are there before the content, or there is none. */
static void
reading_is_logged(void **state)
{
	struct ov_err e = {0};
	uint64_t before;
	json_int_t nr;
	json_t *rows = json_array();

	(void)state;
	world_book();
	sums(import(json_pack("[o]", row(2, "a", "999990007", content())),
	         false, NULL),
	    1, 0, 0, 0);
	nr = first();
	before = w.st->log.was.size;
	json_decref(
	    ask("drafts.show", json_pack("{s:I}", "nr", nr), NULL, rows));
	assert_int_equal(w.st->log.was.size, before + 1);
	assert_int_equal(db_int("SELECT count(*) FROM gelezen"
	                        " WHERE handeling='show' AND tabel='concept'"
	                        " AND grond='OVERSTAP-ONDERWIJS'"),
	    1);
	assert_non_null(json_object_get(json_array_get(rows, 0), "inhoud"));
	json_array_clear(rows);
	/* No log, no content. */
	assert_int_equal(db_int("SELECT count(*) FROM gelezen"), 1);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "CREATE TRIGGER vol BEFORE INSERT ON gelezen"
	                     " BEGIN SELECT RAISE(ABORT,'no'); END",
	                     ""),
	    OV_OK);
	refused(ask("drafts.print", json_pack("{s:I}", "nr", nr), NULL, rows),
	    "log-niet-beschikbaar");
	assert_int_equal(json_array_size(rows), 0);
	assert_int_equal(w.st->log.was.size, before + 1);
	json_decref(rows);
}

/* A client that leaves in the middle of an import leaves nothing behind. */
static void
left_halfway(void **state)
{
	json_t *rows = json_array(), *j;
	char ref[16];
	int fd;

	(void)state;
	world_book();
	for (int i = 0; i < 300; i++) {
		(void)snprintf(ref, sizeof(ref), "r%d", i);
		(void)json_array_append_new(rows, row(i, ref, "", content()));
	}
	fd = client_open();
	client_json(fd,
	    json_pack("{s:i,s:s,s:{s:s,s:s}}", "v", 1, "cmd", "import", "arg",
	        "profiel", "overstapdossier", "bestand", "half.csv"));
	j = client_frame(fd);
	assert_non_null(json_object_get(j, "go"));
	json_decref(j);
	client_json(fd, json_pack("{s:o}", "rows", rows));
	world_turn(20);
	assert_true(db_int("SELECT count(*) FROM concept") > 0);
	assert_int_equal(drafts("aantal"), 0);
	(void)close(fd);
	world_turn(20);
	assert_int_equal(db_int("SELECT count(*) FROM concept"), 0);
	assert_int_equal(db_int("SELECT count(*) FROM import"), 0);
}

static void
put(int dir, const char *sub, const char *name, const char *text)
{
	struct ov_err e = {0};
	int d;

	assert_int_equal(ov_fs_mkdir_p(dir, sub, &e), OV_OK);
	assert_int_equal(ov_fs_opendir(dir, sub, &d, &e), OV_OK);
	assert_int_equal(ov_fs_put(d, name, text, strlen(text), &e), OV_OK);
	(void)close(d);
}

/* How many files in in/<sub>/ end so. */
static int
files(int spool, const char *sub, const char *end)
{
	struct dirent *d;
	char path[64];
	size_t n = strlen(end), m;
	int fd, count = 0;
	DIR *s;

	(void)snprintf(path, sizeof(path), "in/%s", sub);
	fd = openat(spool, path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	s = fdopendir(fd);
	assert_non_null(s);
	while ((d = readdir(s)) != NULL) {
		m = strlen(d->d_name);
		count += m > n && strcmp(d->d_name + m - n, end) == 0;
	}
	(void)closedir(s);
	return count;
}

/* Turns until the folder has no file that counts any more. */
static void
spool_run(int dir, const char *profile)
{
	struct ov_spool *sp;
	struct ov_err e = {0};
	char sub[64];

	(void)snprintf(sub, sizeof(sub), "%s", profile);
	assert_int_equal(ov_spool_new(w.st, &sp, &e), OV_OK);
	ov_spool_tick(sp);
	for (int i = 0; i < 200; i++)
		if (files(dir, sub, ".csv") + files(dir, sub, ".json") > 0)
			world_turn(5);
	world_turn(5);
	ov_spool_free(sp);
	assert_int_equal(files(dir, sub, ".csv") + files(dir, sub, ".json"), 0);
}

static int
spool_dir(void)
{
	struct ov_err e = {0};
	int dir;

	(void)mkdir(w.conf.spool, 0700);
	assert_int_equal(ov_fs_opendir(AT_FDCWD, w.conf.spool, &dir, &e),
	    OV_OK);
	return dir;
}

/* The text of the first file in in/<sub>/ whose name ends so; free() it. */
static char *
text_of(int spool, const char *sub, const char *end)
{
	OV_BUF b = {0};
	struct dirent *d;
	struct ov_err e = {0};
	char path[64], *text = NULL;
	size_t n = strlen(end), m;
	DIR *s;
	int fd;

	(void)snprintf(path, sizeof(path), "in/%s", sub);
	fd = openat(spool, path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	s = fdopendir(fd);
	assert_non_null(s);
	while (text == NULL && (d = readdir(s)) != NULL) {
		m = strlen(d->d_name);
		if (m <= n || strcmp(d->d_name + m - n, end) != 0)
			continue;
		assert_int_equal(ov_fs_read(fd, d->d_name, 1 << 20, &b, &e),
		    OV_OK);
		assert_non_null(ov_buf_text(&b));
		text = strdup(ov_buf_text(&b));
	}
	(void)closedir(s);
	assert_non_null(text);
	return text;
}

static void
has(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("\"%s\" is not in: %s", what, text);
}

/* A file without .deel is imported; a bad one comes back with its faults. */
static void
folders(void **state)
{
	OV_BUF good = {0};
	int dir;
	char *t;
	json_t *j = json_pack("[o]", row(2, "a", "999990007", content()));

	(void)state;
	world_book();
	json_object_del(json_array_get(j, 0), "rij");
	ov_json_dump(&good, j);
	json_decref(j);
	assert_non_null(ov_buf_text(&good));
	dir = spool_dir();
	put(dir, "in/overstapdossier", "a.json.deel", "[");
	put(dir, "in/overstapdossier", "b.json", ov_buf_text(&good));
	put(dir, "in/overstapdossier", "c.JSON.json", "{\"nee\":1}");
	put(dir, "in/overstapdossier", "d.json", "[{}");
	put(dir, "in/overstapdossier", "e.csv", "");
	put(dir, "in/overstapdossier", "f.txt", "a");
	spool_run(dir, "overstapdossier");
	assert_int_equal(drafts("VOLLEDIG"), 1);
	assert_int_equal(drafts("aantal"), 1);
	assert_int_equal(faccessat(dir, "in/overstapdossier/a.json.deel", F_OK,
	                     0),
	    0);
	assert_int_equal(faccessat(dir, "in/overstapdossier/f.txt", F_OK, 0),
	    0);
	assert_int_equal(files(dir, "verwerkt", ".b.json"), 1);
	assert_int_equal(files(dir, "fout", ".c.JSON.json"), 1);
	assert_int_equal(files(dir, "fout", ".fouten.txt"), 3);
	t = text_of(dir, "fout", ".c.JSON.json.fouten.txt");
	has(t, "Niets van dit bestand is ingelezen");
	has(t, "rij 1, kolom /nee: ");
	has(t, "kolom eigenReferentie: ");
	free(t);
	t = text_of(dir, "fout", ".d.json.fouten.txt");
	has(t, "na rij 1: Dit bestand is niet te lezen");
	free(t);
	t = text_of(dir, "fout", ".e.csv.fouten.txt");
	has(t, "Dit bestand is niet te lezen");
	free(t);
	(void)close(dir);
}

/* A CSV file of n rows of a minimal dossier; from row `bad` on one row has a
 * date that is none. */
static void
csv_file(struct ov_buf *b, int n, int bad)
{
	static const char *const pad[] = {"dossierdatum", "soortOverstap",
	    "geslachtsnaam", "geboortedatum"};

	ov_buf_str(b, "\xef\xbb\xbf"
	              "eigenReferentie;pgn;ontvanger");
	for (size_t i = 0; i < 4; i++)
		ov_buf_fmt(b, ";%s", pad[i]);
	ov_buf_str(b, "\r\n");
	for (int i = 0; i < n; i++)
		ov_buf_fmt(b,
		    "r%d;999990007;Beroepscollege;14-03-2025;VOMBO;Jansen;%s"
		    "\r\n",
		    i, i == bad ? "31-02-2008" : "28-02-2008");
	assert_non_null(ov_buf_text(b));
}

/* CSV in steps: 300 rows, the same again, and with one bad row nothing. */
static void
folders_csv(void **state)
{
	OV_BUF good = {0}, bad = {0};
	int dir;
	char *t;

	(void)state;
	world_book();
	csv_file(&good, 300, -1);
	csv_file(&bad, 320, 310);
	dir = spool_dir();
	put(dir, "in/overstapdossier", "a.csv", ov_buf_text(&bad));
	spool_run(dir, "overstapdossier");
	assert_int_equal(drafts("aantal"), 0);
	assert_int_equal(db_int("SELECT count(*) FROM concept"), 0);
	assert_int_equal(db_int("SELECT count(*) FROM leerling"), 0);
	t = text_of(dir, "fout", ".a.csv.fouten.txt");
	has(t, "rij 312, kolom geboortedatum (7): ");
	free(t);
	put(dir, "in/overstapdossier", "b.csv", ov_buf_text(&good));
	put(dir, "in/overstapdossier", "c.CSV.csv", ov_buf_text(&good));
	spool_run(dir, "overstapdossier");
	assert_int_equal(files(dir, "verwerkt", ".b.csv"), 1);
	assert_int_equal(files(dir, "verwerkt", ".c.CSV.csv"), 1);
	assert_int_equal(drafts("aantal"), 300);
	assert_int_equal(db_int("SELECT count(*) FROM leerling"), 1);
	/* An unknown column is told by its name and place. */
	put(dir, "in/overstapdossier", "d.csv", "eigenReferentie;kleur\n1;2\n");
	spool_run(dir, "overstapdossier");
	t = text_of(dir, "fout", ".d.csv.fouten.txt");
	has(t, "rij 1, kolom kleur (2): Onbekende kolom");
	free(t);
	(void)close(dir);
}

/* Our own applicants come the same way. */
static void
folders_pupils(void **state)
{
	int dir;
	char *t;

	(void)state;
	world_book();
	dir = spool_dir();
	put(dir, "in/leerlingen", "a.csv",
	    "eigenReferentie;pgn;geboortedatum;schoolVerlaten\n"
	    "l1;999990007;29-02-2008;25PU00\nl2;;01-03-2008;\n");
	put(dir, "in/leerlingen", "b.csv",
	    "eigenReferentie,pgn,geboortedatum\nl3,999990008,29-02-2008\n"
	    "l4,,29-02-2009\nl5,,28-02-2009\n");
	spool_run(dir, "leerlingen");
	assert_int_equal(files(dir, "verwerkt", ".a.csv"), 1);
	assert_int_equal(db_int("SELECT count(*) FROM leerling WHERE eigen=1"),
	    2);
	t = text_of(dir, "fout", ".b.csv.fouten.txt");
	has(t, "Niets van dit bestand is ingelezen");
	has(t, "rij 2, kolom pgn (2): ");
	has(t, "rij 3, kolom geboortedatum (3): ");
	free(t);
	/* One row whose number is another pupil's: nothing is taken. */
	put(dir, "in/leerlingen", "c.csv",
	    "eigenReferentie;pgn;geboortedatum\nl6;999990007;29-02-2008\n"
	    "l7;;28-02-2009\n");
	spool_run(dir, "leerlingen");
	t = text_of(dir, "fout", ".c.csv.fouten.txt");
	has(t, "Niets van dit bestand is ingelezen");
	has(t, "rij 2, kolom pgn: ");
	free(t);
	assert_int_equal(db_int("SELECT count(*) FROM leerling WHERE eigen=1"),
	    2);
	(void)close(dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(complete_or_not), T(faults),
	    T(again_and_changed), T(send_refuses), T(reading_is_logged),
	    T(left_halfway), T(folders), T(folders_csv), T(folders_pupils)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
