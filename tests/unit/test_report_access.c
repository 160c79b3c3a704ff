/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_report_access.c - reports, and the leavers of a school, in a
 * house with accounts: who gets what of which, by function and scope.
 */
#include "tests/unit/report_fixture.h"

#include "daemon/store/toegang.h"

#define F(naam, more) "{\"functie\":\"" naam "\"" more "}"

static void
accounts(const char *mine)
{
	static unsigned turn;
	char path[96];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fprintf(f,
	    "{\"versie\":1,\"accounts\":[{\"account\":\"%u\",\"functies\":"
	    "[%s]}]}%*s\n",
	    (unsigned)geteuid(), mine, (int)(turn++ % 50), "");
	assert_int_equal(fclose(f), 0);
}

static int
up_accounts(void **state)
{
	char path[96];
	struct ov_oin oin;
	int rc = world_up(state);

	world_stop();
	(void)snprintf(path, sizeof(path), "%s/accounts.json", w.dir);
	w.conf.accounts = strdup(path);
	accounts(F("fg", ""));
	world_start();
	world_book_gemeente();
	assert_int_equal(ov_oin_parse(ov_view_str(PEER), &oin), OV_OK);
	assert_int_equal(ov_partner_id(w.st, &oin, &partner, NULL), OV_OK);
	seq = 0;
	return rc;
}

static void
roles(unsigned self, unsigned peer)
{
	for (size_t i = 0; i < w.st->boek->nlid; i++)
		w.st->boek->lid[i].rol = strcmp(w.st->boek->lid[i].oin.s,
		                             SELF) == 0
		                             ? self
		                             : peer;
}

/* "geen-toegang" for this reason, or it is told how many rows there were and
 * how many were kept back. */
struct expect {
	const char *functie;
	const char *why; /* NULL: it may */
	int rows, verborgen;
};

static void
check(const struct expect *x, json_t *j, json_t *rows)
{
	const json_t *end = json_object_get(j, "end");
	const char *got = json_string_value(
	    json_object_get(json_array_get(json_object_get(json_object_get(j,
	                                                       "fout"),
	                                       "fouten"),
	                        0),
	        "reden"));

	if (x->why != NULL) {
		if (got == NULL || strcmp(got, x->why) != 0)
			fail_msg("%s: %s, not %s", x->functie,
			    got != NULL ? got : "not refused", x->why);
		refused(j, "geen-toegang");
		return;
	}
	if (end == NULL || (int)json_array_size(rows) != x->rows ||
	    json_integer_value(json_object_get(end, "verborgen")) !=
	        x->verborgen)
		fail_msg("%s: %zu rows, %d hidden (%s)", x->functie,
		    json_array_size(rows),
		    (int)json_integer_value(json_object_get(end, "verborgen")),
		    got != NULL ? got : "-");
	json_decref(j);
}

static void
duo_by_function(void **state)
{
	static const struct expect v[] = {{F("consulent", ""), NULL, 3, 0},
	    {F("consulent", ",\"woongemeente\":[\"0193\"]"), NULL, 2, 1},
	    {F("consulent", ",\"woongemeente\":[\"0200\"]"), NULL, 0, 3},
	    {F("leerplichtambtenaar",
	         ",\"woongemeente\":[\"0200\"]") "," F("consulent",
	         ",\"woongemeente\":[\"0193\"]"),
	        NULL, 2, 1},
	    {F("mentor", ""), "toegang-functie", 0, 0},
	    {F("intaker", ""), "toegang-functie", 0, 0},
	    /* Of what came in; his own row is of what goes out. */
	    {F("verzuimcoördinator", ""), NULL, 0, 3},
	    {F("fg", ""), "toegang-functie", 0, 0},
	    {F("beheerder", ""), "toegang-functie", 0, 0},
	    {F("consulent", ",\"tot\":\"2020-12-31\""), "toegang-datum", 0, 0}};
	static const char *const gemeente[] = {"0193", "0193", "0034"};
	json_t *rows = json_array();
	int64_t lines;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		(void)received((struct in){.srt = "uitschrijving",
		    .inhoud = notice("MBO_4", gemeente[i], "2026-02-01"),
		    .mens = (uint32_t)i + 1});
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		accounts(v[i].functie);
		json_array_clear(rows);
		lines = sql("SELECT count(*) FROM gelezen");
		check(&v[i],
		    ask("report",
		        json_pack("{s:s,s:s}", "lijst", "duo", "maand",
		            "2026-02"),
		        NULL, rows),
		    rows);
		/* A line for each that was shown, and for no other. */
		assert_int_equal(sql("SELECT count(*) FROM gelezen"),
		    lines + v[i].rows);
	}
	json_decref(rows);
}

/* Counts stay with whoever may see states. */
static void
counts_by_function(void **state)
{
	static const struct expect v[] = {{F("fg", ""), NULL, 10, 0},
	    {F("beheerder", ""), NULL, 10, 0},
	    {F("consulent", ""), "toegang-functie", 0, 0},
	    {F("mentor", ""), "toegang-functie", 0, 0}};
	json_t *rows = json_array();

	(void)state;
	leave(1, "MBO_4", "2026-02-01");
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		accounts(v[i].functie);
		json_array_clear(rows);
		check(&v[i],
		    ask("report", json_pack("{s:s}", "lijst", "vsv"), NULL,
		        rows),
		    rows);
	}
	json_decref(rows);
}

static void
dossiers(int n)
{
	char vandaag[11];
	uint8_t zaak[16];
	int64_t nr;

	ov_store_today(w.st, vandaag);
	assert_int_equal(ov_db_run(w.st->db, NULL, "PRAGMA foreign_keys=OFF",
	                     ""),
	    OV_OK);
	for (int i = 0; i < n; i++) {
		randombytes_buf(zaak, sizeof(zaak));
		nr = received((struct in){.srt = "overstapdossier",
		    .inhoud = json_pack("{s:s,s:{s:s,s:s}}", "grondslag",
		        "OVERSTAP-ONDERWIJS", "school", "brin", "25PU",
		        "vestiging", "00"),
		    .mens = (uint32_t)i + 1});
		assert_int_equal(ov_db_run(w.st->db, NULL,
		                     "UPDATE bericht SET zaak=?2,leerling=?3"
		                     " WHERE nr=?1",
		                     "ibi", nr, (const void *)zaak,
		                     sizeof(zaak), (int64_t)i + 1),
		    OV_OK);
		assert_int_equal(ov_db_run(w.st->db, NULL,
		                     "INSERT INTO zaak(zaak,partner,status,"
		                     "datum) VALUES(?1,?2,'gestart',?3)",
		                     "bit", (const void *)zaak, sizeof(zaak),
		                     partner, vandaag),
		    OV_OK);
	}
}

static void
feedback_by_function(void **state)
{
	static const struct expect
	    show[] = {{F("intaker", ""), NULL, 1, 0},
	        {F("beheerder", ""), NULL, 1, 0},
	        /* Its counts are of every programme. */
	        {F("intaker", ",\"opleiding\":[\"25656\"]"), NULL, 0, 1},
	        {F("consulent", ""), "toegang-functie", 0, 0}},
	    send[] = {{F("beheerder", ""), "toegang-functie", 0, 0},
	        {F("fg", ""), "toegang-functie", 0, 0},
	        {F("mentor", ""), "toegang-functie", 0, 0},
	        {F("intaker", ",\"opleiding\":[\"25656\"]"), NULL, 0, 1},
	        {F("intaker", ""), NULL, 1, 0}};
	json_t *rows = json_array();

	(void)state;
	roles(OV_ROL_BIT(OV_ROL_MBO), OV_ROL_BIT(OV_ROL_VO));
	dossiers(12);
	for (size_t i = 0; i < sizeof(show) / sizeof(show[0]); i++) {
		accounts(show[i].functie);
		json_array_clear(rows);
		check(&show[i],
		    ask("report", json_pack("{s:s}", "lijst", "terugkoppeling"),
		        NULL, rows),
		    rows);
	}
	for (size_t i = 0; i < sizeof(send) / sizeof(send[0]); i++) {
		accounts(send[i].functie);
		json_array_clear(rows);
		assert_int_equal(sql("SELECT count(*) FROM uitgaand"), 0);
		check(&send[i],
		    ask("report",
		        json_pack("{s:s,s:b}", "lijst", "terugkoppeling",
		            "verzend", 1),
		        NULL, rows),
		    rows);
	}
	assert_int_equal(sql("SELECT count(*) FROM uitgaand WHERE"
	                     " srt='terugkoppeling'"),
	    1);
	json_decref(rows);
}

/* ---- leavers ---- */

static json_t *
leaver(int rij, const char *ref, const char *klas, const char *crebo)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "rij", rij,
	    "eigenReferentie", ref, "klas", klas, "geboortedatum", "2010-02-28",
	    "vervolg", "mbo", "gemeentecode", "0193", "keuzeCrebo", crebo,
	    "pgn", crebo[0] != '\0' ? "999990007" : "");
}

static json_t *
load(json_t *faults)
{
	return ask("leavers.load", NULL,
	    json_pack("[o,o,o]", leaver(2, "a", "4A", "25656"),
	        leaver(3, "b", "4A", ""), leaver(4, "c", "4B", "")),
	    faults);
}

static json_t *
progress(json_t *rows)
{
	json_array_clear(rows);
	return ask("progress", NULL, NULL, rows);
}

static size_t
of_kind(const json_t *rows, const char *soort)
{
	const char *s;
	size_t i, n = 0;
	json_t *r;

	json_array_foreach(rows, i, r)
	{
		s = json_string_value(json_object_get(r, "soort"));
		n += s != NULL && strcmp(s, soort) == 0 ? 1 : 0;
	}
	return n;
}

static void
leavers_by_function(void **state)
{
	json_t *rows = json_array(), *j, *r;

	(void)state;
	/* Who may say something about a choice, and of whom. */
	accounts(F("mentor", ""));
	check(&(struct expect){"mentor", "toegang-functie", 0, 0}, load(NULL),
	    rows);
	accounts(F("decaan", ",\"klas\":[\"4A\"]"));
	j = load(rows);
	assert_int_equal(end_int(j, "fout"), 1);
	assert_string_equal(text(json_array_get(rows, 0), "reden"),
	    "toegang-bereik");
	json_decref(j);
	accounts(F("decaan", ""));
	j = load(NULL);
	assert_int_equal(end_int(j, "geladen"), 3);
	json_decref(j);

	/* The mentor's own class. */
	accounts(F("mentor", ",\"klas\":[\"4A\"]"));
	j = progress(rows);
	assert_int_equal(end_int(j, "verlaters"), 2);
	assert_int_equal(end_int(j, "verborgen"), 1);
	json_decref(j);
	assert_int_equal(of_kind(rows, "klas"), 1);
	assert_int_equal(of_kind(rows, "zonder-keuze"), 1);
	assert_string_equal(text(find(rows, "soort", "zonder-keuze"),
	                        "eigenReferentie"),
	    "b");
	/* Who may only count: one line without class, nobody by name. */
	accounts(F("beheerder", ""));
	j = progress(rows);
	assert_int_equal(end_int(j, "verlaters"), 3);
	assert_int_equal(end_int(j, "zonder-keuze"), 2);
	json_decref(j);
	assert_int_equal(of_kind(rows, "zonder-keuze"), 0);
	assert_int_equal(of_kind(rows, "klas"), 1);
	r = find(rows, "soort", "klas");
	assert_string_equal(text(r, "klas"), "");
	assert_int_equal(number(r, "verlaters"), 3);
	/* Who has nothing to do with it. */
	accounts(F("consulent", ""));
	j = progress(rows);
	assert_int_equal(end_int(j, "verlaters"), 0);
	assert_int_equal(end_int(j, "verborgen"), 3);
	json_decref(j);
	/* The report counts by the same scope. */
	accounts(F("mentor", ",\"klas\":[\"4A\"]"));
	json_array_clear(rows);
	json_decref(report(json_pack("{s:s}", "lijst", "in-beeld"), rows));
	assert_int_equal(number(find(rows, "vestiging", "TOTAAL"), "noemer"),
	    2);
	/* One send: what is one's own. */
	accounts(F("mentor", ""));
	check(&(struct expect){"mentor", "toegang-functie", 0, 0},
	    ask("send", json_pack("{s:b}", "keuze", 1), NULL, NULL), rows);
	accounts(F("decaan", ",\"klas\":[\"4B\"]"));
	json_array_clear(rows);
	j = ask("send", json_pack("{s:b}", "keuze", 1), NULL, rows);
	assert_int_equal(end_int(j, "opgesteld"), 0);
	assert_int_equal(end_int(j, "verborgen"), 1);
	assert_int_equal(end_int(j, "zonder_keuze"), 1);
	json_decref(j);
	assert_string_equal(text(json_array_get(rows, 0), "eigenReferentie"),
	    "c");
	json_decref(rows);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up_accounts, world_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {T(duo_by_function),
	    T(counts_by_function), T(feedback_by_function),
	    T(leavers_by_function)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
