/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_samples.c - lists in one cell, secret addresses, and the
 * sample of every profile in docs/samples.
 */
#include "tests/unit/profile_fixture.h"

/* A list in one cell: what is in a member does not end it, and a fault in a
 * line names the cell. */
static void
test_list_in_a_cell(void **state)
{
	static const char head[] = "eigenReferentie;verloop;logverwijzingen\n";
	static const struct {
		const char *cell, *pad;
		enum ov_reden reden;
	} bad[] = {{"1-10-2024|eerste-contact|duo|x|te veel", "/inhoud/verloop",
	               OV_REDEN_TYPE},
	    {"31-02-2025|eerste-contact", "/inhoud/verloop", OV_REDEN_PATROON},
	    {"1-10-2024|niets", "/inhoud/verloop/0/soort", OV_REDEN_CODE},
	    {"1-10-2024", "/inhoud/verloop/0/soort", OV_REDEN_ONTBREEKT}};
	const struct ov_profile *p = ov_profile_find(profiles, "overdracht");
	json_t *in = json_pack("{s:[{s:s,s:s,s:s},{s:s,s:s}],s:[s,s]}",
	    "verloop", "datum", "2024-10-01", "soort", "eerste-contact",
	    "toelichting", "a|b\\n \\ c\nd", "datum", "2024-10-08", "soort",
	    "intake", "logverwijzingen", "a|1", "b\n2");
	json_t *draft = json_pack("{s:s,s:O}", "eigenReferentie", "1", "inhoud",
	    in);
	OV_BUF b = {0};
	struct seen s;

	(void)state;
	ov_export_header(p, &b);
	assert_int_equal(ov_export_row(p, draft, &b, NULL), OV_OK);
	run("overdracht", (char *)b.p, b.n, NULL, &s);
	for (size_t i = 0; i < 2; i++) {
		const char *lid = i == 0 ? "verloop" : "logverwijzingen";

		assert_true(json_equal(json_object_get(json_object_get(s.draft,
		                                           "inhoud"),
		                           lid),
		    json_object_get(in, lid)));
	}
	json_decref(s.draft);
	json_decref(draft);
	json_decref(in);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		OV_BUF one = {0};
		const struct ov_io_fault *f;

		ov_buf_fmt(&one, "%s1;\"%s\";\n", head, bad[i].cell);
		run("overdracht", (char *)one.p, one.n, NULL, &s);
		f = find(&s, bad[i].pad, bad[i].reden);
		assert_string_equal(f->kolom, "verloop");
		assert_int_equal(f->col, 2);
		json_decref(s.draft);
	}
}

/* More elements than a list can have columns. */
static void
test_long_list_of_json(void **state)
{
	json_t *arr = json_array(), *d;
	struct seen s = {0};
	struct ov_import_opts o = {.profile = ov_profile_find(profiles,
	                               "overstapdossier"),
	    .vandaag = "2025-04-01",
	    .fn = on_row,
	    .arg = &s};
	struct ov_import *m = ov_import_new(&o);

	(void)state;
	for (int i = 0; i < 200; i++)
		(void)json_array_append_new(arr,
		    json_pack("{s:s}", "vak", "wiskunde"));
	d = json_pack("{s:s,s:{s:o}}", "eigenReferentie", "1", "inhoud",
	    "resultaten", arr);
	assert_int_equal(ov_import_draft(m, 1, d, NULL), OV_OK);
	assert_int_equal(s.bad, 1);
	(void)find(&s, "/inhoud/resultaten", OV_REDEN_TE_LANG);
	json_decref(s.draft);
	json_decref(d);
	ov_import_free(m);
}

/* Of a secret address only the municipality goes along, and the notice is
 * whole: a school that fills it in has nothing to mend. */
static void
secret_address_is_left_out_and_the_notice_still_goes(void **state)
{
	static const struct {
		const char *profiel, *file;
	} t[] = {{"uitschrijving", "uitschrijving.json"},
	    {"verzuimmelding", "verzuimmelding.json"},
	    {"overdracht", "overdracht.json"},
	    {"overstapdossier", "dossier-volledig.json"}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct ov_profile *p = ov_profile_find(profiles,
		    t[i].profiel);
		json_t *in = read_file(t[i].file), *want;
		json_t *adres = json_object_get(in, "adres");
		json_t *d = json_pack("{s:s,s:s,s:s,s:o}", "eigenReferentie",
		    "1", "pgn", "999990007", "ontvanger", "0193", "inhoud", in);
		OV_BUF b = {0};
		struct seen s;

		assert_non_null(json_object_get(adres, "straat"));
		(void)json_object_set_new(adres, "geheim", json_true());
		want = json_pack("{s:b,s:O}", "geheim", 1, "gemeentecode",
		    json_object_get(adres, "gemeentecode"));
		ov_export_header(p, &b);
		assert_int_equal(ov_export_row(p, d, &b, NULL), OV_OK);
		run(t[i].profiel, (char *)b.p, b.n, NULL, &s);
		if (s.n != 0)
			show(&s);
		assert_int_equal(s.n, 0);
		assert_int_equal(s.bad, 0);
		adres = json_object_get(json_object_get(s.draft, "inhoud"),
		    "adres");
		assert_true(json_equal(adres, want));
		json_decref(want);
		json_decref(s.draft);
		json_decref(d);
	}
}

struct every {
	struct ov_buf out;
	const struct ov_profile *p;
	json_t *drafts;
};

static enum ov_rc
collect(void *arg, const struct ov_io_row *r, struct ov_err *e)
{
	struct every *v = arg;

	for (size_t i = 0; i < r->nfaults; i++)
		/* A part alone is not a whole dossier, and a pupil without a
		 * number is told once. */
		if (r->bad || ov_profile_deel(v->p) == NULL)
			fail_msg("%s row %d: %s %s", ov_profile_name(v->p),
			    (int)r->fault[i].row, r->fault[i].pad,
			    ov_reden_code(r->fault[i].reden));
	assert_int_equal(json_array_append(v->drafts, r->draft), 0);
	return ov_export_row(v->p, r->draft, &v->out, e);
}

static json_t *
read_csv(const struct ov_profile *p, const void *b, size_t n,
    struct ov_buf *out)
{
	struct every v = {.p = p, .drafts = json_array()};
	struct ov_import_opts o = {.profile = p,
	    .policy = policy,
	    .rollen = OV_ROL_BIT(OV_ROL_VO),
	    .vandaag = "2025-04-01",
	    .fn = collect,
	    .arg = &v};
	struct ov_import *m = ov_import_new(&o);
	struct ov_err e = {0};

	ov_export_header(p, &v.out);
	if (ov_import_push(m, b, n, &e) != OV_OK ||
	    ov_import_end(m, &e) != OV_OK)
		fail_msg("%s", e.msg);
	ov_import_free(m);
	*out = v.out;
	return v.drafts;
}

/* Every profile has a documented sample that comes in without a fault; what
 * is exported of it comes in as the same. */
static void
test_samples_round_trip(void **state)
{
	const struct ov_profile *p;
	char path[512];

	(void)state;
	for (size_t i = 0; (p = ov_profile_nth(profiles, i)) != NULL; i++) {
		OV_BUF text = {0}, first = {0}, second = {0};
		json_t *a, *b;

		(void)snprintf(path, sizeof(path),
		    "%s/../../docs/samples/%s.csv", OV_TEST_DATA,
		    ov_profile_name(p));
		assert_int_equal(ov_fs_read(AT_FDCWD, path, 1 << 20, &text,
		                     NULL),
		    OV_OK);
		a = read_csv(p, text.p, text.n, &first);
		if (json_array_size(a) == 0)
			fail_msg("%s has no row", path);
		b = read_csv(p, first.p, first.n, &second);
		if (!json_equal(a, b) || first.n != second.n)
			fail_msg("%s does not come back", path);
		json_decref(a);
		json_decref(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_list_in_a_cell),
	    cmocka_unit_test(test_long_list_of_json),
	    cmocka_unit_test(
	        secret_address_is_left_out_and_the_notice_still_goes),
	    cmocka_unit_test(test_samples_round_trip),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
