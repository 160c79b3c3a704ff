/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_werk.c - terms, working days, and the risk categories
 * that follow from a dossier.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/werk.h"

static struct ov_werklijst *list;
static struct ov_kalender *kal;
static struct ov_types *types;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static int
up(void **state)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_err e = {0};

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK ||
	    ov_kalender_load(types, data("kalender.json"), &kal, &e) != OV_OK ||
	    ov_werk_load(data("werklijst.json"), &list, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	ov_werk_free(list);
	ov_kalender_free(kal);
	ov_types_free(types);
	return 0;
}

static int32_t
day(const char *s)
{
	struct ov_date d;

	assert_int_equal(ov_date_parse(ov_view_str(s), &d), OV_OK);
	return ov_date_days(d);
}

/* A term in working days steps over weekends and public holidays. */
static void
working_days(void **state)
{
	static const struct {
		const char *van, *naar;
		int32_t n;
	} t[] = {
	    {"2026-03-02", "2026-03-02", 0}, /* Monday */
	    {"2026-02-28", "2026-03-02", 0}, /* Saturday */
	    {"2026-02-27", "2026-03-02", 1}, /* Friday */
	    {"2026-03-02", "2026-03-09", 5}, {"2024-02-28", "2024-02-29", 1},
	    {"2025-12-31", "2026-01-02", 1}, /* New Year's Day */
	    {"2026-04-02", "2026-04-07", 1}, /* Easter, both sides of it */
	    {"2026-12-24", "2026-12-28", 1}, /* Christmas, and a weekend */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_werk_term r = {.termijn = t[i].n, .werkdagen = true};

		assert_int_equal(ov_werk_uiterlijk(&r, kal, day(t[i].van)),
		    day(t[i].naar));
		r.werkdagen = false;
		assert_int_equal(ov_werk_uiterlijk(&r, kal, day(t[i].van)),
		    day(t[i].van) + t[i].n);
	}
}

static void
terms(void **state)
{
	struct ov_werk_term r;

	(void)state;
	for (unsigned w = 0; w < OV_W_N; w++) {
		assert_true(ov_werk_regel(list, w, day("2026-01-01"), &r));
		assert_true(strlen(r.tekst) > 10 && strlen(r.bron) > 5);
		assert_false(ov_werk_regel(list, w, day("2011-12-31"), &r));
	}
	assert_true(ov_werk_regel(list, OV_W_CONTACT, day("2026-01-01"), &r));
	assert_int_equal(ov_werk_uiterlijk(&r, kal, day("2026-01-01")),
	    day("2026-01-15"));
	assert_true(ov_werk_zichtbaar(&r, day("2026-01-15"), 0));
	assert_true(ov_werk_regel(list, OV_W_AFSPRAAK, day("2026-01-01"), &r));
	assert_false(
	    ov_werk_zichtbaar(&r, day("2026-01-31"), day("2026-01-16")));
	assert_true(
	    ov_werk_zichtbaar(&r, day("2026-01-31"), day("2026-01-17")));
}

/* Nobody's view: August and September, and not enrolled. */
static void
summer(void **state)
{
	(void)state;
	assert_true(ov_zomerlek("keuze", day("2026-08-01")));
	assert_true(ov_zomerlek("niet-gestart", day("2026-09-30")));
	assert_true(ov_zomerlek(NULL, day("2026-08-15")));
	assert_false(ov_zomerlek("keuze", day("2026-07-31")));
	assert_false(ov_zomerlek("keuze", day("2026-10-01")));
	assert_false(ov_zomerlek("ingeschreven", day("2026-08-15")));
	assert_false(ov_zomerlek("gestart", day("2026-08-15")));
}

#define LOOP(jaar, opl, uitslag)                                               \
	"{\"schooljaar\":\"" jaar "\",\"opleiding\":\"" opl                    \
	"\",\"uitslag\":\"" uitslag "\"}"
#define CAN(soort, loop, niveau, aan)                                          \
	"{\"soortOverstap\":\"" soort "\",\"onderwijsloopbaan\":[" loop        \
	"],\"keuzevervolgopleiding\":[{\"niveau\":" niveau                     \
	"}],\"toelatingsrecht\":{\"aanmelddatum\":\"" aan "\"}}"

static void
risk(void **state)
{
	static const struct {
		const char *json, *want;
	} t[] = {
	    {CAN("WECMBO", LOOP("2024-2025", "vmbo-tl", "geslaagd"), "4",
	         "2025-03-01"),
	        "R2"},
	    {CAN("VOMBO", LOOP("2024-2025", "pro", "geslaagd"), "2",
	         "2025-03-01"),
	        "R2"},
	    /* the newest year counts, whatever the order */
	    {CAN("VOMBO",
	         LOOP("2024-2025", "vmbo-tl", "geslaagd") "," LOOP("2023-2024",
	             "pro", "afgewezen"),
	         "4", "2025-03-01"),
	        ""},
	    {CAN("VOMBO", LOOP("2024-2025", "vmbo-bb", "afgewezen"), "1",
	         "2025-03-01"),
	        "R4"},
	    {CAN("VOMBO", LOOP("2024-2025", "vmbo-bb", "geslaagd"), "1",
	         "2025-03-01"),
	        ""},
	    {CAN("VOMBO", LOOP("2024-2025", "vmbo-bb", "afgewezen"), "2",
	         "2025-03-01"),
	        ""},
	    {CAN("x-MBOMBO", LOOP("2024-2025", "BOL", "geslaagd"), "2",
	         "2025-03-01"),
	        "R5"},
	    {CAN("x-MBOMBO", LOOP("2024-2025", "BOL", "geslaagd"), "3",
	         "2025-03-01"),
	        ""},
	    {CAN("VOMBO", LOOP("2024-2025", "havo", "geslaagd"), "4",
	         "2025-08-01"),
	        ""},
	    {CAN("VOMBO", LOOP("2024-2025", "havo", "geslaagd"), "4",
	         "2025-08-02"),
	        "R6"},
	    {CAN("VOMBO", LOOP("2024-2025", "havo", "geslaagd"), "4",
	         "2025-09-30"),
	        "R6"},
	    {CAN("VOMBO", LOOP("2024-2025", "havo", "geslaagd"), "4",
	         "2025-10-01"),
	        ""},
	    {"{}", ""},
	};
	char text[OV_RISICO_SIZE];
	OV_JDOC in = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		OV_JDOC d = {0};

		assert_int_equal(ov_jdoc_parse(t[i].json, strlen(t[i].json),
		                     4096, &d, NULL),
		    OV_OK);
		ov_risico_text(text, ov_risico(list, d.root));
		assert_string_equal(text, t[i].want);
	}
	assert_int_equal(ov_jdoc_parse("{\"risicocategorie\":[\"R7\",\"R1\"]}",
	                     31, 4096, &in, NULL),
	    OV_OK);
	ov_risico_text(text, ov_risico_ingevuld(in.root));
	assert_string_equal(text, "R1 R7");
	ov_risico_text(text, 0x7f);
	assert_string_equal(text, "R1 R2 R3 R4 R5 R6 R7");
}

/* The built-in table with one text in it replaced. */
static void
refuses(const char *was, const char *becomes)
{
	const struct ov_data *d = ov_data_find("werklijst.json");
	const char *at = strstr((const char *)d->p, was);
	struct ov_werklijst *l;
	struct ov_err e = {0};
	OV_BUF b = {0};

	assert_non_null(at);
	ov_buf_add(&b, d->p, (size_t)(at - (const char *)d->p));
	ov_buf_str(&b, becomes);
	ov_buf_str(&b, at + strlen(was));
	assert_int_equal(ov_werk_load((struct ov_view){b.p, b.n}, &l, &e),
	    OV_BADMSG);
	assert_null(l);
}

static void
bad_tables(void **state)
{
	(void)state;
	refuses("\"soort\": \"beoordelen\"", "\"soort\": \"bewonderen\"");
	refuses("\"soort\": \"beoordelen\"", "\"soort\": \"twijfel\"");
	refuses("[\"mbo\"]", "[\"hbo\"]");
	refuses("[\"mbo\"]", "[]");
	refuses("\"termijn\": 10", "\"termijn\": 400");
	refuses("\"werkdag\"", "\"week\"");
	refuses("\"versie\": 1", "\"versie\": 2");
	refuses("\"code\": \"R2\"", "\"code\": \"R9\"");
	refuses("\"aanmeldingNa\": \"08-01\"", "\"aanmeldingNa\": \"02-30\"");
	refuses("\"soortOverstap\": [\"WECMBO\"], ", "");
	refuses("\"keuzeNiveau\": 1", "\"keuzeNiveau\": 5");
	refuses("\"tekst\": ", "\"text\": ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(working_days),
	    cmocka_unit_test(terms), cmocka_unit_test(summer),
	    cmocka_unit_test(risk), cmocka_unit_test(bad_tables)};

	return cmocka_run_group_tests(tests, up, down);
}
