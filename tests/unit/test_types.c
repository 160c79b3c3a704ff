/* SPDX-License-Identifier: EUPL-1.2 */
/* The whole table of fields: each is broken in each way it can be, in a
 * message of each type that is otherwise right. */
#include "tests/unit/types_fixture.h"

static void
test_the_valid_ones_pass(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < FILES; i++) {
		if (ov_types_check_json(types, files[i].srt, docs[i],
		        files[i].pid, VANDAAG, &fouten) == OV_OK)
			continue;
		for (j = 0; j < fouten.n; j++)
			print_error("  %s %s\n", fouten.f[j].pad,
			    ov_reden_code(fouten.f[j].reden));
		fail_msg("%s is refused", files[i].name);
	}
}

/* A text of n characters of two bytes each. */
static json_t *
long_text(size_t n)
{
	char *s = malloc(2 * n + 1);
	json_t *v;
	size_t i;

	for (i = 0; i < n; i++)
		memcpy(s + 2 * i, "\xc3\xa9", 2);
	s[2 * n] = '\0';
	v = json_string(s);
	free(s);
	return v;
}

/* Put v in place of the field, see the fault, put the old one back. */
static void
swap(size_t file, json_t *o, const char *naam, json_t *v, const char *pad,
    enum ov_reden reden)
{
	json_t *old = json_incref(json_object_get(o, naam));

	assert_int_equal(json_object_set_new(o, naam, v), 0);
	expect(file, docs[file], pad, reden);
	assert_int_equal(json_object_set_new(o, naam, old), 0);
}

static void
break_value(size_t file, json_t *o, const struct ov_field *f, const char *pad)
{
	const char *naam = ov_field_name(f);
	size_t max = ov_field_max(f);

	swap(file, o, naam, json_null(), pad, OV_REDEN_TYPE);
	swap(file, o, naam, json_real(1.5), pad, OV_REDEN_TYPE);
	switch (ov_field_soort(f)) {
	case OV_S_TEKST:
		swap(file, o, naam, long_text(max + 1), pad, OV_REDEN_TE_LANG);
		swap(file, o, naam, json_string(""), pad, OV_REDEN_PATROON);
		swap(file, o, naam, json_string("a\033[2J"), pad,
		    OV_REDEN_PATROON);
		break;
	case OV_S_GEHEEL:
		swap(file, o, naam, json_integer(-1), pad, OV_REDEN_PATROON);
		swap(file, o, naam, json_integer(1000000), pad,
		    OV_REDEN_PATROON);
		swap(file, o, naam, json_string("1"), pad, OV_REDEN_TYPE);
		break;
	case OV_S_JANEE:
		swap(file, o, naam, json_string("ja"), pad, OV_REDEN_TYPE);
		break;
	case OV_S_DATUM:
		swap(file, o, naam, json_string("2025-02-29"), pad,
		    OV_REDEN_PATROON);
		swap(file, o, naam, json_string("01-02-2025"), pad,
		    OV_REDEN_PATROON);
		break;
	case OV_S_MOMENT:
		swap(file, o, naam, json_string("2025-02-28"), pad,
		    OV_REDEN_PATROON);
		break;
	case OV_S_DECIMAAL:
		swap(file, o, naam, json_string("7,5"), pad, OV_REDEN_PATROON);
		swap(file, o, naam, json_string("1234567.5"), pad,
		    OV_REDEN_TE_LANG);
		break;
	case OV_S_CODE:
		swap(file, o, naam, json_string("geen-code"), pad,
		    OV_REDEN_CODE);
		break;
	case OV_S_PATROON:
		swap(file, o, naam, json_string("~"), pad,
		    strcmp(ov_field_shape(f), "schema") == 0
		        ? OV_REDEN_CODE
		        : OV_REDEN_PATROON);
		break;
	case OV_S_GROEP:
	case OV_S_KAART:
		swap(file, o, naam, json_string("x"), pad, OV_REDEN_TYPE);
		break;
	}
}

static void
walk(size_t file, const struct ov_type *y, const struct ov_field *groep,
    json_t *o, const char *at, size_t *seen)
{
	const struct ov_field *f;
	char pad[400];
	json_t *v, *old;
	size_t i;

	(void)snprintf(pad, sizeof(pad), "%s/nieuw~1lid", at);
	assert_int_equal(json_object_set_new(o, "nieuw/lid", json_true()), 0);
	expect(file, docs[file], pad, OV_REDEN_ONBEKEND_LID);
	assert_int_equal(json_object_del(o, "nieuw/lid"), 0);
	for (i = 0; (f = ov_type_nth(types, y, groep, i)) != NULL; i++) {
		(void)snprintf(pad, sizeof(pad), "%s/%s", at, ov_field_name(f));
		v = json_object_get(o, ov_field_name(f));
		assert_ptr_equal(ov_type_field(types, y, pad + 7), f);
		if (v == NULL)
			continue;
		(*seen)++;
		if (ov_field_required(f)) {
			old = json_incref(v);
			(void)json_object_del(o, ov_field_name(f));
			expect(file, docs[file], pad, OV_REDEN_ONTBREEKT);
			(void)json_object_set_new(o, ov_field_name(f), old);
		}
		if (!ov_field_is_list(f)) {
			break_value(file, o, f, pad);
			if (ov_field_soort(f) == OV_S_GROEP)
				walk(file, y, f, v, pad, seen);
			continue;
		}
		swap(file, o, ov_field_name(f), json_object(), pad,
		    OV_REDEN_TYPE);
		old = json_array();
		while (json_array_size(old) <= ov_field_list_max(f))
			json_array_append(old, json_array_get(v, 0));
		swap(file, o, ov_field_name(f), old, pad, OV_REDEN_TE_LANG);
		(void)snprintf(pad, sizeof(pad), "%s/%s/0", at,
		    ov_field_name(f));
		swap(file, o, ov_field_name(f), json_pack("[f]", 1.5), pad,
		    OV_REDEN_TYPE);
		if (ov_field_soort(f) == OV_S_GROEP)
			walk(file, y, f, json_array_get(v, 0), pad, seen);
		else if (ov_field_soort(f) == OV_S_CODE)
			swap(file, o, ov_field_name(f), json_pack("[s]", "x"),
			    pad, OV_REDEN_CODE);
	}
}

static size_t
count(const struct ov_type *y, const struct ov_field *groep)
{
	const struct ov_field *f;
	size_t i, n = 0;

	for (i = 0; (f = ov_type_nth(types, y, groep, i)) != NULL; i++)
		n += 1 + (ov_field_soort(f) == OV_S_GROEP ? count(y, f) : 0);
	return n;
}

static void
test_every_field_broken_in_every_way(void **state)
{
	size_t i, seen, have[FILES], total[FILES];
	bool excluded;

	(void)state;
	for (i = 0; i < FILES; i++) {
		const struct ov_type *y = ov_types_find(types, files[i].srt,
		    VANDAAG);

		seen = 0;
		walk(i, y, NULL, docs[i], "/inhoud", &seen);
		have[i] = seen;
		total[i] = count(y, NULL);
	}
	/* The examples really have every field there is, or all together
	 * have: where one value excludes another there are two. */
	for (i = 0; i < FILES; i++) {
		if (i == DOSSIER_MINIMAAL || i == ONTVANGST)
			continue;
		excluded = i == TERUG || i == TERUG_LEERLING || i == AFSLUIT ||
		           i == AFSLUIT_BLIJFT;
		if (excluded ? have[i] >= total[i] : have[i] != total[i])
			fail_msg("%s: %zu of %zu fields", files[i].name,
			    have[i], total[i]);
	}
	assert_true(tried > 2000);
	test_the_valid_ones_pass(state);
}

static void
test_length_at_the_limit_is_fine(void **state)
{
	json_t *d = json_deep_copy(docs[DOSSIER]);

	(void)state;
	json_object_set_new(d, "motivatie", long_text(2000));
	assert_int_equal(ov_types_check_json(types, "overstapdossier", d, 43,
	                     VANDAAG, &fouten),
	    OV_OK);
	json_decref(d);
}

static void
test_many_faults_are_cut_at_64(void **state)
{
	json_t *d = json_object();
	char name[40];
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "lid%d", i);
		json_object_set_new(d, name, json_true());
	}
	assert_int_equal(ov_types_check_json(types, "ontvangst", d, 0, VANDAAG,
	                     &fouten),
	    OV_BADMSG);
	assert_int_equal(fouten.n, OV_FOUTEN_MAX);
	assert_true(fouten.meer);
	json_decref(d);
}

/* The table with one text in it replaced. */
static void
refused(int which, const char *from, const char *to, const char *says)
{
	static const char *const names[] = {"types.json", "codelijsten.json",
	    "grondslagen.json"};
	struct ov_view v[3];
	struct ov_types *t;
	struct ov_err e = {0};
	char *text, *at;
	size_t i, n;

	for (i = 0; i < 3; i++)
		v[i] = data(names[i]);
	text = malloc(v[which].n + strlen(to) + 1);
	memcpy(text, v[which].p, v[which].n);
	text[v[which].n] = '\0';
	at = strstr(text, from);
	assert_non_null(at);
	n = strlen(at + strlen(from)) + 1;
	memmove(at + strlen(to), at + strlen(from), n);
	memcpy(at, to, strlen(to));
	v[which] = ov_view_str(text);
	struct ov_types_src src = {v[0], v[1], v[2]};

	assert_int_equal(ov_types_load(&src, &t, &e), OV_BADMSG);
	assert_null(t);
	if (strstr(e.msg, says) == NULL)
		fail_msg("%s: %s", says, e.msg);
	free(text);
}

static void
test_tables_that_contradict_themselves_are_refused(void **state)
{
	(void)state;
	refused(0, "\"lijst\": \"akkoord\"", "\"lijst\": \"accoord\"",
	    "types.json");
	refused(0, "\"groep\": \"lob\"", "\"groep\": \"lop\"", "no groep");
	refused(0, "\"groep\": \"oordeel\"", "\"groep\": \"gedrag\"",
	    "too deep");
	refused(0, "\"is\": [\"nee\"]", "\"is\": [\"neen\"]", "inzage: regel");
	refused(0, "\"lid\": \"inzagedatum\"", "\"lid\": \"inzagedag\"",
	    "regel");
	refused(0, "\"naam\": \"roepnaam\"", "\"naam\": \"voorletters\"",
	    "twice");
	refused(0, "\"aantal\": \"0..10\"", "\"aantal\": \"10..0\"", "veld");
	refused(0, "\"zonder\": [\"inzage\"]", "\"zonder\": [\"inzagen\"]",
	    "zonder");
	refused(0, "\"schema\": \"uitschrijving/1\"", "\"schema\": \"brief/1\"",
	    "type 2");
	refused(1, "\"code\": \"VOVO\"", "\"code\": \"POVO\"", "twice");
	refused(1, "\"naam\": \"leerweg\"", "\"naam\": \"geslacht\"", "twice");
	refused(1, "{\"code\": \"AGGREGAAT\"", "{\"code\": \"AGREGAAT\"",
	    "AGGREGAAT");
	refused(2, "\"geldigTot\": \"2025-12-31\"",
	    "\"geldigTot\": \"2026-01-01\"", "twice at one time");
	refused(2, "\"geldigTot\": \"2025-12-31\"",
	    "\"geldigTot\": \"2011-12-31\"", "grondslagen.json");
	refused(2, "\"srt\": \"uitschrijving\"", "\"srt\": \"uitschrift\"",
	    "no type");
	refused(2, "\"pgn\": true", "\"pgn\": false", "allows no PGN");
	/* About a message of a type that does not exist. */
	refused(0, "\"betreft\": {\"typen\": [\"verzuimmelding\"]",
	    "\"betreft\": {\"typen\": [\"verzuimbrief\"]",
	    "typen 0 is no type");
	refused(0, "\"lid\": \"/vervolgVan\"", "\"lid\": \"/begindatum\"",
	    "names no message");
	refused(0, "\"lid\": \"/vervolgVan\"", "\"lid\": \"/vervolgOp\"",
	    "names no message");
	refused(0, "\"van\": \"ontvanger\"", "\"van\": \"beide\"", "betreft");
	refused(0, "\"pidAls\": {\"lid\": \"/soort\"",
	    "\"pidAls\": {\"lid\": \"/sort\"", "pidAls");
	refused(0,
	    "\"pidAls\": {\"lid\": \"/soort\", \"is\": [\"individueel\"]",
	    "\"pidAls\": {\"lid\": \"/soort\", \"is\": [\"per-leerling\"]",
	    "pidAls");
	refused(0,
	    "\"regel\": \"minstens\", \"als\": \"soortVerzuim\", \"is\": "
	    "[\"16-uur\"], \"lid\": \"verzuim/urenTotaal\"",
	    "\"regel\": \"minstens\", \"als\": \"soortVerzuim\", \"is\": "
	    "[\"16-uur\"], \"lid\": \"vermoedelijkeReden\"",
	    "regel");
	refused(0, "\"regel\": \"gelijk\", \"lid\": \"vervangt\"",
	    "\"regel\": \"gelijk\", \"lid\": \"vervanging\"", "regel");
}

/* Every fault has its sentence, and its JSON form. */
static void
test_faults_as_json(void **state)
{
	json_t *d = json_object(), *a;

	(void)state;
	assert_int_equal(ov_types_check_json(types, "ontvangst", d, 0, VANDAAG,
	                     &fouten),
	    OV_BADMSG);
	a = ov_fouten_json(&fouten);
	assert_int_equal(json_array_size(a), fouten.n);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(a, 0), "reden")),
	    "ontbreekt");
	json_decref(a);
	json_decref(d);
}

/* Prints the time of one check; only a gross loss fails. */
static void
test_it_is_quick(void **state)
{
	struct timespec a, b;
	double us;
	int i, n = 200;

	(void)state;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (i = 0; i < n; i++)
		assert_int_equal(ov_types_check_json(types, "overstapdossier",
		                     docs[DOSSIER], 43, VANDAAG, &fouten),
		    OV_OK);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	us = ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	         (double)(b.tv_nsec - a.tv_nsec)) /
	     1e3 / n;
	print_message("one full dossier: %.1f us of processor\n", us);
	assert_true(us < 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_valid_ones_pass),
	    cmocka_unit_test(test_every_field_broken_in_every_way),
	    cmocka_unit_test(test_length_at_the_limit_is_fine),
	    cmocka_unit_test(test_many_faults_are_cut_at_64),
	    cmocka_unit_test(
	        test_tables_that_contradict_themselves_are_refused),
	    cmocka_unit_test(test_faults_as_json),
	    cmocka_unit_test(test_it_is_quick),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
