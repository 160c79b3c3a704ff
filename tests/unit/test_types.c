/* SPDX-License-Identifier: EUPL-1.2 */
/* The whole table of fields: each is broken in each way it can be, in a
 * dossier (and a notice, a status, a receipt) that is otherwise right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/types.h"

#define VANDAAG "2025-04-01"
#define FILES 5

static struct ov_types *types;
static json_t *docs[FILES];
static const struct {
	const char *name, *srt;
	size_t pid;
} files[FILES] = {{"dossier-volledig.json", "overstapdossier", 43},
    {"dossier-minimaal.json", "overstapdossier", 43},
    {"uitschrijving.json", "uitschrijving", 43},
    {"status.json", "overstapstatus", 43}, {"ontvangst.json", "ontvangst", 0}};
static struct ov_fouten fouten;
static size_t tried;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static json_t *
read_file(const char *name)
{
	char path[512], *dir = getenv("OVERSTAP_TEST_DATA");
	json_error_t e;
	json_t *v;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    dir != NULL ? dir : OV_TEST_DATA, name);
	v = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	if (v == NULL)
		fail_msg("%s: %s", path, e.text);
	return v;
}

static int
setup(void **state)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_err e = {0};
	size_t i;

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK)
		fail_msg("%s", e.msg);
	for (i = 0; i < FILES; i++)
		docs[i] = read_file(files[i].name);
	return 0;
}

static int
teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < FILES; i++)
		json_decref(docs[i]);
	ov_types_free(types);
	return 0;
}

static bool
has(const char *pad, enum ov_reden reden)
{
	size_t i;

	for (i = 0; i < fouten.n; i++)
		if (fouten.f[i].reden == reden &&
		    strcmp(fouten.f[i].pad, pad) == 0)
			return true;
	return false;
}

static void
expect(size_t file, json_t *doc, const char *pad, enum ov_reden reden)
{
	size_t i;

	tried++;
	assert_int_equal(ov_types_check_json(types, files[file].srt, doc,
	                     files[file].pid, VANDAAG, &fouten),
	    OV_BADMSG);
	if (has(pad, reden))
		return;
	for (i = 0; i < fouten.n; i++)
		print_error("  %s %s\n", fouten.f[i].pad,
		    ov_reden_code(fouten.f[i].reden));
	fail_msg("expected %s %s", pad, ov_reden_code(reden));
}

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
		swap(file, o, naam, json_integer(100000), pad,
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
		swap(file, o, naam, json_string("123.5"), pad,
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
		else
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
	size_t i, seen;

	(void)state;
	for (i = 0; i < FILES; i++) {
		const struct ov_type *y = ov_types_find(types, files[i].srt,
		    VANDAAG);

		seen = 0;
		walk(i, y, NULL, docs[i], "/inhoud", &seen);
		/* The full dossier really has every field there is. */
		if (i == 0)
			assert_int_equal(seen, count(y, NULL));
	}
	assert_true(tried > 900);
	test_the_valid_ones_pass(state);
}

static void
test_length_at_the_limit_is_fine(void **state)
{
	json_t *d = json_deep_copy(docs[0]);

	(void)state;
	json_object_set_new(d, "motivatie", long_text(2000));
	assert_int_equal(ov_types_check_json(types, "overstapdossier", d, 43,
	                     VANDAAG, &fouten),
	    OV_OK);
	json_decref(d);
}

/* file, member (one level or a/b), new value as JSON text or NULL to remove,
 * expected pointer and reason */
static const struct {
	size_t file;
	const char *groep, *lid, *waarde, *pad;
	enum ov_reden reden;
} rules[] = {
    {0, NULL, "dossierdatum", "\"2025-04-02\"", "/inhoud/dossierdatum",
        OV_REDEN_PATROON},
    {0, NULL, "geboortedatum", "\"2025-03-15\"", "/inhoud/geboortedatum",
        OV_REDEN_PATROON},
    {0, "verzuim", "periodeTot", "\"2025-03-15\"", "/inhoud/verzuim/periodeTot",
        OV_REDEN_PATROON},
    {0, "verzuim", "periodeVan", "\"2024-03-13\"", "/inhoud/verzuim/periodeVan",
        OV_REDEN_PATROON},
    {0, NULL, "heeftOndersteuningsbehoefte", "false", "/inhoud/ondersteuning",
        OV_REDEN_VERBODEN},
    {0, "toelatingsrecht", "instelling", NULL,
        "/inhoud/toelatingsrecht/instelling", OV_REDEN_ONTBREEKT},
    {0, NULL, "toelatingsrecht", NULL, "/inhoud/toelatingsrecht/instelling",
        OV_REDEN_ONTBREEKT},
    {0, NULL, "warmeOverdrachtGewenst", NULL, "/inhoud/warmeOverdrachtGewenst",
        OV_REDEN_ONTBREEKT},
    {0, "inzage", "inzagedatum", NULL, "/inhoud/inzage/inzagedatum",
        OV_REDEN_ONTBREEKT},
    {0, "inzage", "redenNietAkkoord", NULL, "/inhoud/inzage/redenNietAkkoord",
        OV_REDEN_ONTBREEKT},
    {0, "adres", "geheim", "true", "/inhoud/adres/straat", OV_REDEN_VERBODEN},
    {0, "adres", "geheim", "true", "/inhoud/adres/postcode", OV_REDEN_VERBODEN},
    {0, "adres", "straat", NULL, "/inhoud/adres/straat", OV_REDEN_ONTBREEKT},
    {0, "uitlevering", "verzuim", "\"VERBODEN\"", "/inhoud/verzuim",
        OV_REDEN_VERBODEN},
    {0, "uitlevering", "handelingsplannen", "\"OPT-UIT\"",
        "/inhoud/ondersteuning/opp", OV_REDEN_VERBODEN},
    {0, "uitlevering", "vve", "\"VERPLICHT\"", "/inhoud/uitlevering/vve",
        OV_REDEN_ONTBREEKT},
    {0, "uitlevering", "leerling", "\"soms\"", "/inhoud/uitlevering/leerling",
        OV_REDEN_CODE},
    {0, "uitlevering", "kleur", "\"VERBODEN\"", "/inhoud/uitlevering/kleur",
        OV_REDEN_ONBEKEND_LID},
    {0, NULL, "grondslag", "\"AANMELDING-MBO\"", "/inhoud/grondslag",
        OV_REDEN_VERBODEN},
    {0, NULL, "grondslag", "\"CASUS-2026\"", "/inhoud/grondslag",
        OV_REDEN_VERBODEN},
    {0, NULL, "schema", "\"overstapdossier/2\"", "/inhoud/schema",
        OV_REDEN_CODE},
    {0, NULL, "pgn", "\"x\"", "/inhoud/pgn", OV_REDEN_ONBEKEND_LID},
    {2, NULL, "datumUitschrijving", "\"2021-07-31\"",
        "/inhoud/datumUitschrijving", OV_REDEN_PATROON},
    {2, NULL, "datumUitschrijving", "\"2026-04-02\"",
        "/inhoud/datumUitschrijving", OV_REDEN_PATROON},
    {2, NULL, "redenUitval", NULL, "/inhoud/redenUitval", OV_REDEN_ONTBREEKT},
    {2, NULL, "inzage", "{}", "/inhoud/inzage", OV_REDEN_ONBEKEND_LID},
    {3, NULL, "reden", NULL, "/inhoud/reden", OV_REDEN_ONTBREEKT},
    {3, NULL, "datumStatus", "\"2025-04-02\"", "/inhoud/datumStatus",
        OV_REDEN_PATROON},
    {4, NULL, "functioneel", NULL, "/inhoud/koppeling", OV_REDEN_ONTBREEKT},
    {4, NULL, "koppeling", "\"gekoppeld\"", "/inhoud/functioneel",
        OV_REDEN_VERBODEN},
    {4, NULL, "functioneel", "\"afgewezen\"", "/inhoud/reden",
        OV_REDEN_ONTBREEKT},
    {4, NULL, "moment", NULL, "/inhoud/moment", OV_REDEN_ONTBREEKT},
};

static void
test_rules_between_members(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		json_t *d = json_deep_copy(docs[rules[i].file]), *o = d;

		if (rules[i].groep != NULL)
			o = json_object_get(d, rules[i].groep);
		assert_non_null(o);
		if (rules[i].waarde == NULL)
			assert_int_equal(json_object_del(o, rules[i].lid), 0);
		else
			assert_int_equal(json_object_set_new(o, rules[i].lid,
			                     json_loads(rules[i].waarde,
			                         JSON_DECODE_ANY, NULL)),
			    0);
		expect(rules[i].file, d, rules[i].pad, rules[i].reden);
		json_decref(d);
	}
}

static void
test_pid_and_type(void **state)
{
	(void)state;
	assert_int_equal(ov_types_check_json(types, "overstapdossier", docs[0],
	                     0, VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/pid", OV_REDEN_ONTBREEKT));
	assert_int_equal(ov_types_check_json(types, "overstapdossier", docs[0],
	                     42, VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/pid", OV_REDEN_PATROON));
	assert_int_equal(ov_types_check_json(types, "ontvangst", docs[4], 43,
	                     VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/pid", OV_REDEN_VERBODEN));
	assert_int_equal(ov_types_check_json(types, "brief", docs[0], 43,
	                     VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/srt", OV_REDEN_CODE));
	assert_int_equal(ov_types_check_json(types, "overstapdossier", NULL, 43,
	                     VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/inhoud", OV_REDEN_TYPE));
	assert_false(ov_types_known(types, "brief"));
	assert_true(ov_types_known(types, "ontvangst"));
	/* Before the type existed there is none. */
	assert_null(ov_types_find(types, "overstapdossier", "2020-07-31"));
	assert_non_null(ov_types_find(types, "overstapdossier", "2020-08-01"));
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
		                     docs[0], 43, VANDAAG, &fouten),
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
	    cmocka_unit_test(test_rules_between_members),
	    cmocka_unit_test(test_pid_and_type),
	    cmocka_unit_test(test_many_faults_are_cut_at_64),
	    cmocka_unit_test(
	        test_tables_that_contradict_themselves_are_refused),
	    cmocka_unit_test(test_faults_as_json),
	    cmocka_unit_test(test_it_is_quick),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
