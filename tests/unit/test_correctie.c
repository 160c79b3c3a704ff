/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_correctie.c - a correctie at its receiver: both versions
 * until a person decides, then one of them everywhere, and the sender hears
 * which; and what a school system is told of a message that is taken back.
 */
#include "tests/unit/report_fixture.h"

#include "base/fs.h"
#include "daemon/store/correctie.h"
#include "daemon/store/spool.h"
#include "protocol/id.h"

static int64_t
count(const char *sql, int64_t nr)
{
	struct ov_err e = {0};
	int64_t n;

	if (ov_db_int(w.st->db, &n, -1, &e, sql, "i", nr) != OV_OK)
		fail_msg("%s: %s", sql, e.msg);
	return n;
}

static json_t *
file(const char *name)
{
	char path[256];
	json_t *j;

	(void)snprintf(path, sizeof(path), "%s/%s", OV_TEST_DATA, name);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	return j;
}

/* A notice as acceptance stores it, with the jti that others name it by. */
static int64_t
uitschrijving(uint8_t jti[16])
{
	struct ov_err e = {0};
	json_t *j = file("uitschrijving.json");
	int64_t nr;

	(void)json_object_del(j, "vervangt");
	nr = received(
	    (struct in){.srt = "uitschrijving", .inhoud = j, .pid = true});
	randombytes_buf(jti, 16);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO gezien(partner,jti,seq,bericht,"
	                     "sha_jws,tot) VALUES(?1,?2,?3,?3,zeroblob(32),0)",
	                     "ibi", partner, (const void *)jti, (size_t)16, nr),
	    OV_OK);
	return nr;
}

/* A correctie of it; velden is taken. */
static int64_t
correctie(const uint8_t jti[16], json_t *velden)
{
	json_t *j = file("correctie.json");
	uint8_t own[16];
	char id[OV_ID_SIZE];
	struct ov_err e = {0};
	int64_t nr;

	ov_id_text(id, jti);
	(void)json_object_set_new(j, "betreftBericht", json_string(id));
	(void)json_object_set_new(j, "vervangt", json_string(id));
	(void)json_object_set_new(j, "velden", velden);
	nr = received((struct in){.srt = "correctie", .inhoud = j});
	randombytes_buf(own, 16);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO gezien(partner,jti,seq,bericht,"
	                     "sha_jws,tot) VALUES(?1,?2,?3,?3,zeroblob(32),0)",
	                     "ibi", partner, (const void *)own, (size_t)16, nr),
	    OV_OK);
	assert_int_equal(ov_correctie_note(w.st, nr, partner, jti, &e), OV_OK);
	return nr;
}

static json_t *
veld(const char *pad, const char *waarde)
{
	json_t *v = json_pack("{s:s}", "pad", pad);

	if (waarde != NULL)
		(void)json_object_set_new(v, "waarde", json_string(waarde));
	return v;
}

static json_t *
nr_of(int64_t nr)
{
	return json_pack("{s:I}", "nr", (json_int_t)nr);
}

/* The first row that a command gives; given. */
static json_t *
first_row(const char *cmd, json_t *arg)
{
	json_t *rows = json_array(), *r;

	json_decref(ask(cmd, arg, NULL, rows));
	r = json_incref(json_array_get(rows, 0));
	json_decref(rows);
	assert_non_null(r);
	return r;
}

static void
has(int64_t nr, const char *reden, const char *plaats)
{
	json_t *r = first_row("inbox.show", nr_of(nr));
	json_t *in = json_object_get(r, "inhoud");

	assert_string_equal(json_string_value(
	                        json_object_get(in, "redenUitval")),
	    reden);
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(in, "adres"),
	                            "plaats")),
	    plaats);
	json_decref(r);
}

static void
no(const char *cmd, json_t *arg, const char *code)
{
	refused(ask(cmd, arg, NULL, NULL), code);
}

static int64_t
answers(const char *srt)
{
	struct ov_err e = {0};
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, &e,
	                     "SELECT count(*) FROM uitgaand WHERE srt=?1", "t",
	                     srt),
	    OV_OK);
	return n;
}

static void
both_versions_until_accepted(void **state)
{
	uint8_t jti[16];
	int64_t nr = uitschrijving(jti), cor, lines;
	json_t *r, *c, *v;

	(void)state;
	has(nr, "4", "Zwolle");
	cor = correctie(jti,
	    json_pack("[o,o,o,o]", veld("/redenUitval", "5"),
	        veld("/adres/plaats", "Kampen"),
	        veld("/adres/huisnummer", "14"), veld("/adres/letter", NULL)));
	has(nr, "4", "Zwolle"); /* nobody has accepted it */
	lines = count("SELECT count(*) FROM gelezen WHERE record=?1", cor);
	r = first_row("inbox.show", nr_of(nr));
	assert_int_equal(count("SELECT count(*) FROM gelezen WHERE record=?1",
	                     cor),
	    lines + 1);
	c = json_array_get(json_object_get(r, "correcties"), 0);
	assert_int_equal(json_integer_value(json_object_get(c, "nr")), cor);
	assert_string_equal(json_string_value(json_object_get(c, "stand")),
	    "ONTVANGEN");
	v = json_array_get(json_object_get(c, "velden"), 1);
	assert_string_equal(json_string_value(json_object_get(v, "was")),
	    "Zwolle");
	assert_string_equal(json_string_value(json_object_get(v, "waarde")),
	    "Kampen");
	json_decref(r);
	r = first_row("inbox.show", nr_of(cor));
	assert_int_equal(json_integer_value(json_object_get(r, "betreft")), nr);
	json_decref(r);

	json_decref(ask("inbox.accept", nr_of(cor), NULL, NULL));
	assert_int_equal(count("SELECT count(*) FROM bericht WHERE nr=?1 AND"
	                       " stand='GEACCEPTEERD'",
	                     cor),
	    1);
	assert_int_equal(answers("afsluitverklaring"), 1);
	assert_int_equal(answers("ontvangst"), 0);
	has(nr, "5", "Kampen");
	r = first_row("export", json_pack("{s:s}", "profiel", "uitschrijving"));
	v = json_object_get(json_object_get(r, "inhoud"), "adres");
	assert_int_equal(json_integer_value(json_object_get(v, "huisnummer")),
	    14);
	assert_null(json_object_get(v, "letter"));
	json_decref(r);
	/* What was is still there to see. */
	r = first_row("inbox.show", nr_of(nr));
	c = json_array_get(json_object_get(r, "correcties"), 0);
	v = json_array_get(json_object_get(c, "velden"), 0);
	assert_string_equal(json_string_value(json_object_get(c, "stand")),
	    "GEACCEPTEERD");
	assert_string_equal(json_string_value(json_object_get(v, "was")), "4");
	json_decref(r);
	no("inbox.accept", nr_of(cor), "stand-past-niet");
	no("inbox.answer",
	    json_pack("{s:I,s:i}", "nr", (json_int_t)cor, "aantal", 1),
	    "stand-past-niet");
}

static void
rejected_changes_nothing(void **state)
{
	uint8_t jti[16];
	int64_t nr = uitschrijving(jti), cor;

	(void)state;
	cor = correctie(jti, json_pack("[o]", veld("/redenUitval", "5")));
	no("inbox.reject", nr_of(cor), "inhoud-ongeldig"); /* says no ground */
	no("inbox.process", nr_of(cor), "stand-past-niet");
	json_decref(ask("inbox.reject",
	    json_pack("{s:I,s:s}", "nr", (json_int_t)cor, "reden",
	        "feitelijk-juist"),
	    NULL, NULL));
	assert_int_equal(count("SELECT count(*) FROM bericht WHERE nr=?1 AND"
	                       " stand='AFGEWEZEN'",
	                     cor),
	    1);
	assert_int_equal(answers("afsluitverklaring"), 1);
	has(nr, "4", "Zwolle");
	no("inbox.accept", nr_of(cor), "stand-past-niet");
	has(nr, "4", "Zwolle");
}

/* The last that was accepted holds, whatever the order of deciding. */
static void
in_the_order_of_arrival(void **state)
{
	uint8_t jti[16];
	int64_t nr = uitschrijving(jti), first, second;

	(void)state;
	first = correctie(jti, json_pack("[o]", veld("/redenUitval", "5")));
	second = correctie(jti, json_pack("[o]", veld("/redenUitval", "6")));
	json_decref(ask("inbox.accept", nr_of(second), NULL, NULL));
	has(nr, "6", "Zwolle");
	json_decref(ask("inbox.accept", nr_of(first), NULL, NULL));
	has(nr, "6", "Zwolle");
}

/* What would make content that its type does not allow is not accepted. */
static void
invalid_is_not_accepted(void **state)
{
	static const struct {
		const char *pad, *waarde;
	} bad[] = {{"/redenUitval", "12"}, {"/geslachtsnaam", NULL},
	    {"/adres/huisnummer", "een"}, {"/adres", "x"}, {"/pgn", "1"},
	    {"/heeftStartkwalificatie", "misschien"},
	    {"/diplomas/40/niveau", "mbo-1"}, {"adres", "x"},
	    {"/datumUitschrijving", "1999-01-01"}};
	uint8_t jti[16];
	int64_t nr = uitschrijving(jti);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		no("inbox.accept",
		    nr_of(correctie(jti,
		        json_pack("[o]", veld(bad[i].pad, bad[i].waarde)))),
		    "inhoud-ongeldig");
	has(nr, "4", "Zwolle");
	assert_int_equal(answers("afsluitverklaring"), 0);
}

/* ---- the folder out ---- */

static bool
out_has(const char *end, int64_t nr, const char *text)
{
	char path[192];
	OV_BUF b = {0};

	(void)snprintf(path, sizeof(path), "%s/out/uitschrijving/%lld.%s",
	    w.conf.spool, (long long)nr, end);
	if (ov_fs_read(AT_FDCWD, path, 1 << 16, &b, NULL) != OV_OK)
		return false;
	return text == NULL || strstr(ov_buf_text(&b), text) != NULL;
}

static void
out_turn(void)
{
	struct ov_spool *sp;
	struct ov_err e = {0};
	bool more;

	assert_int_equal(mkdir(w.conf.spool, 0700) == 0 || errno == EEXIST, 1);
	assert_int_equal(ov_spool_new(w.st, &sp, &e), OV_OK);
	if (ov_spool_out(sp, &more, &e) != OV_OK)
		fail_msg("%s", e.msg);
	ov_spool_free(sp);
}

static void
written_again_when_corrected(void **state)
{
	uint8_t jti[16];
	int64_t nr = uitschrijving(jti), cor;

	(void)state;
	cor = correctie(jti, json_pack("[o]", veld("/adres/plaats", "Kampen")));
	out_turn();
	assert_true(out_has("csv", nr, ";Zwolle;"));
	json_decref(ask("inbox.accept", nr_of(cor), NULL, NULL));
	out_turn();
	assert_true(out_has("csv", nr, ";Kampen;"));
	assert_true(out_has("json", nr, "Kampen"));
}

static void
notice_when_taken_back(void **state)
{
	uint8_t jti[16];
	int64_t nr = uitschrijving(jti), unseen;
	struct ov_err e = {0};
	json_t *rows;

	(void)state;
	out_turn();
	assert_true(out_has("json", nr, NULL) && out_has("csv", nr, NULL));
	unseen = uitschrijving(jti);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE bericht SET stand='INGETROKKEN'", ""),
	    OV_OK);
	out_turn();
	assert_false(out_has("json", nr, NULL) || out_has("csv", nr, NULL));
	assert_true(out_has("ingetrokken.txt", nr, "ingetrokken"));
	assert_false(out_has("ingetrokken.txt", unseen, NULL));
	assert_false(out_has("json", unseen, NULL));
	/* Once: somebody may clear the folder. */
	assert_int_equal(count("SELECT buiten FROM bericht WHERE nr=?1", nr),
	    2);
	rows = json_array();
	json_decref(ask("export",
	    json_pack("{s:s}", "profiel", "uitschrijving"), NULL, rows));
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, up, world_down)
	    T(both_versions_until_accepted),
	    T(rejected_changes_nothing),
	    T(in_the_order_of_arrival),
	    T(invalid_is_not_accepted),
	    T(written_again_when_corrected),
	    T(notice_when_taken_back),
	};

	ov_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
