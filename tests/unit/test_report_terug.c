/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_report_terug.c - aggregated terugkoppeling: counted, judged
 * with what was sent before, shown and sent.
 */
#include "tests/unit/report_fixture.h"

/* ---- terugkoppeling ---- */

static void
roles(unsigned self, unsigned peer)
{
	for (size_t i = 0; i < w.st->boek->nlid; i++)
		w.st->boek->lid[i].rol = strcmp(w.st->boek->lid[i].oin.s,
		                             SELF) == 0
		                             ? self
		                             : peer;
}

/* A dossier of this vestiging whose case has come so far. */
static void
dossier(const char *vestiging, const char *status, const char *datum,
    int64_t leerling)
{
	uint8_t zaak[16];
	struct ov_err e = {0};
	int64_t nr;

	randombytes_buf(zaak, sizeof(zaak));
	nr = received((struct in){.srt = "overstapdossier",
	    .inhoud = json_pack("{s:s,s:{s:s,s:s}}", "grondslag",
	        "OVERSTAP-ONDERWIJS", "school", "brin", "25PU", "vestiging",
	        vestiging),
	    .mens = (uint32_t)(seq + 1)});
	/* No such pupil is stored here: only its number is looked at. */
	assert_int_equal(ov_db_run(w.st->db, &e, "PRAGMA foreign_keys=OFF", ""),
	    OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "UPDATE bericht SET zaak=?2,leerling=?3"
	                     " WHERE nr=?1",
	                     "ibi", nr, (const void *)zaak, sizeof(zaak),
	                     leerling),
	    OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO zaak(zaak,partner,status,datum)"
	                     " VALUES(?1,?2,?3,?4)",
	                     "bitt", (const void *)zaak, sizeof(zaak), partner,
	                     status, datum),
	    OV_OK);
}

/* The content of the newest message that was queued. */
static json_t *
queued(void)
{
	uint8_t id[16], wrap[OV_WRAP];
	struct ov_err e = {0};
	sqlite3_stmt *q;
	struct ov_view v;
	OV_BUF blob = {0}, got = {0};
	bool row;
	json_t *j;

	assert_int_equal(ov_db_q(w.st->db, &q, &e,
	                     "SELECT id,inhoud FROM uitgaand WHERE"
	                     " srt='terugkoppeling' AND rol='vo'"
	                     " ORDER BY nr DESC",
	                     ""),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, &e), OV_OK);
	assert_true(row);
	assert_int_equal(ov_db_fix(q, 0, id, 16, &e), OV_OK);
	v = ov_db_blob(q, 1);
	ov_buf_add(&blob, v.p, v.n);
	ov_db_done(w.st->db, q);
	assert_int_equal(ov_key_get(w.st, id, wrap, &e), OV_OK);
	assert_int_equal(ov_open_one(w.st, id, wrap, OV_T_UITGAAND, 1, 1,
	                     (struct ov_view){blob.p, blob.n}, &got, &e),
	    OV_OK);
	assert_int_equal(ov_json_parse(got.p, got.n, got.n, &j, &e), OV_OK);
	return j;
}

static json_t *
feedback(bool send, json_t *rows)
{
	json_array_clear(rows);
	return report(json_pack("{s:s,s:b}", "lijst", "terugkoppeling",
	                  "verzend", send),
	    rows);
}

static void
sends_feedback(void **state)
{
	static const struct {
		const char *uitkomst;
		int n;
		bool weg;
	} v[] = {{"gestart", 12, false}, {"niet-gestart", 6, true},
	    {"uitgevallen", 1, true}, {"geswitcht", 0, true}};
	json_t *rows = json_array(), *r, *j, *t;
	char vandaag[11];
	int64_t pupil = 0;

	(void)state;
	roles(OV_ROL_BIT(OV_ROL_MBO), OV_ROL_BIT(OV_ROL_VO));
	ov_store_today(w.st, vandaag);
	for (size_t i = 0; i < 4; i++)
		for (int k = 0; k < v[i].n; k++)
			dossier("00", v[i].uitkomst, vandaag, ++pupil);
	dossier("01", "gestart", vandaag, ++pupil);
	dossier("00", "ingeschreven", vandaag, ++pupil); /* not yet */
	dossier("00", "gestart", "2019-10-01", ++pupil); /* another year */
	/* The first pupil has two cases: the older one does not count. */
	dossier("00", "niet-gestart", "2026-08-30", 1);

	json_decref(feedback(false, rows));
	r = find(rows, "vestiging", "25PU/00");
	assert_string_equal(text(r, "stand"), "kan");
	assert_string_equal(text(r, "onderdrukt"),
	    "niet-gestart, uitgevallen, geswitcht");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(number(r, v[i].uitkomst), v[i].n);
	r = find(rows, "vestiging", "25PU/01");
	assert_string_equal(text(r, "stand"), "te-weinig");
	assert_int_equal(sql("SELECT count(*) FROM uitgaand"), 0);
	assert_int_equal(sql("SELECT count(*) FROM teruggekoppeld"), 0);

	json_decref(feedback(true, rows));
	assert_string_equal(text(find(rows, "vestiging", "25PU/00"), "stand"),
	    "opgesteld");
	assert_int_equal(sql("SELECT count(*) FROM uitgaand"), 1);
	assert_int_equal(sql("SELECT count(*) FROM teruggekoppeld"), 1);
	assert_int_equal(sql("SELECT onderdrukt FROM teruggekoppeld"), 14);
	j = queued();
	assert_string_equal(text(j, "soort"), "geaggregeerd");
	assert_string_equal(text(j, "peildatum"), vandaag);
	for (size_t i = 0; i < 4; i++) {
		t = find(json_object_get(j, "tellingen"), "uitkomst",
		    v[i].uitkomst);
		assert_int_equal(json_is_true(json_object_get(t, "onderdrukt")),
		    v[i].weg);
		if (v[i].weg)
			assert_null(json_object_get(t, "aantal"));
		else
			assert_int_equal(number(t, "aantal"), v[i].n);
	}
	json_decref(j);

	/* What was sent about a day stands, whatever came since. */
	dossier("00", "geswitcht", vandaag, ++pupil);
	json_decref(feedback(true, rows));
	assert_string_equal(text(find(rows, "vestiging", "25PU/00"), "stand"),
	    "al-verzonden");
	assert_int_equal(sql("SELECT count(*) FROM uitgaand"), 1);
	json_decref(rows);
}

/* The same counts are sent in the open or not, by what went before: October
 * said how many had not started and had switched. */
static void
judged_with_the_year(void **state)
{
	json_t *rows = json_array();
	char vandaag[11];
	int64_t pupil = 0;

	(void)state;
	roles(OV_ROL_BIT(OV_ROL_MBO), OV_ROL_BIT(OV_ROL_VO));
	ov_store_today(w.st, vandaag);
	for (int k = 0; k < 21; k++)
		dossier("00",
		    k < 8    ? "gestart"
		    : k < 14 ? "niet-gestart"
		    : k < 20 ? "uitgevallen"
		             : "geswitcht",
		    vandaag, ++pupil);
	json_decref(feedback(false, rows));
	assert_string_equal(text(json_array_get(rows, 0), "onderdrukt"),
	    "niet-gestart, geswitcht");
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "INSERT INTO teruggekoppeld VALUES(?1,'25PU/00',"
	                     "?2,'2026-10-01',9,6,6,0,9,1)",
	                     "ii", partner,
	                     (int64_t)ov_schooljaar(ov_date_nl(ov_now(w.st)))),
	    OV_OK);
	json_decref(feedback(false, rows));
	assert_string_equal(text(json_array_get(rows, 0), "onderdrukt"),
	    "gestart, geswitcht");
	json_decref(rows);
}

static void
feedback_refused(void **state)
{
	json_t *rows = json_array();
	char vandaag[11];

	(void)state;
	refused(ask("report",
	            json_pack("{s:s,s:b}", "lijst", "vsv", "verzend", 1), NULL,
	            NULL),
	    "opdracht-ongeldig");
	refused(ask("report",
	            json_pack("{s:s,s:b,s:s}", "lijst", "terugkoppeling",
	                "verzend", 1, "op", "2026-10-01"),
	            NULL, NULL),
	    "datum-ongeldig");
	/* A vo school sends none. */
	ov_store_today(w.st, vandaag);
	for (int64_t k = 1; k <= 9; k++)
		dossier("00", "gestart", vandaag, k);
	for (int64_t k = 10; k <= 12; k++)
		dossier("00", "geswitcht", vandaag, k);
	json_decref(feedback(true, rows));
	assert_string_equal(text(json_array_get(rows, 0), "stand"),
	    "niet-toegestaan");
	assert_int_equal(sql("SELECT count(*) FROM uitgaand"), 0);
	assert_int_equal(sql("SELECT count(*) FROM teruggekoppeld"), 0);
	json_decref(rows);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, world_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {T(sends_feedback),
	    T(judged_with_the_year), T(feedback_refused)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
