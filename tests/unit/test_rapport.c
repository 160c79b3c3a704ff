/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_rapport.c - fractions as published, and the tables of norms
 * and formulas, against the published files in tests/data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "protocol/csv.h"
#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/rapport.h"

#include <fcntl.h>

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

static struct ov_rapport *r;

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
	struct ov_err e = {0};

	(void)state;
	if (ov_rapport_load(data("normen.json"), data("formules.json"), &r,
	        &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	ov_rapport_free(r);
	return 0;
}

/* ---- fractions ---- */

static void
fractions(void **state)
{
	static const struct {
		uint64_t t, n;
		unsigned maal, dec;
		const char *is;
	} v[] = {{1, 8, 1, 2, "0.13"}, {0, 3, 100, 2, "0.00"},
	    {1, 3, 100, 1, "33.3"}, {2, 3, 100, 0, "67"}, {1, 200, 100, 0, "1"},
	    {1, 201, 100, 0, "0"}, {78, 839, 100, 2, "9.30"},
	    {152, 513, 100, 0, "30"}, {999, 1000, 100, 0, "100"},
	    {9995, 10000, 100, 1, "100.0"}, {99949, 100000, 100, 1, "99.9"},
	    {35, 2, 1, 1, "17.5"}, {7, 4, 1, 1, "1.8"}, {3, 2, 100, 1, "150.0"},
	    {1, 1000000000, 100, 4, "0.0000"},
	    {1000000000, 1000000000, 100, 4, "100.0000"},
	    {1000000000, 1, 100, 4, "100000000000.0000"}};
	char out[OV_BREUK_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_true(ov_breuk(v[i].t, v[i].n, v[i].maal, v[i].dec, out));
		assert_string_equal(out, v[i].is);
	}
	assert_false(ov_breuk(1, 0, 100, 2, out));
	assert_string_equal(out, "");
	assert_false(ov_breuk(1, OV_TELLING_MAX + 1, 100, 2, out));
	assert_false(ov_breuk(OV_TELLING_MAX + 1, 1, 100, 2, out));
	assert_false(ov_breuk(1, 1, 101, 2, out));
	assert_false(ov_breuk(1, 1, 100, 5, out));
}

static void
years(void **state)
{
	static const char *const bad[] = {"", "2018", "2018-2018", "2018-2020",
	    "2018/2019", "2018-201x", "1899-1900", "2018-20199", NULL};
	char text[10];
	int y;

	(void)state;
	assert_true(ov_schooljaar_parse("2018-2019", &y));
	assert_int_equal(y, 2018);
	ov_schooljaar_fmt(y, text);
	assert_string_equal(text, "2018-2019");
	ov_schooljaar_fmt(-5, text);
	assert_string_equal(text, "1900-1901");
	for (size_t i = 0; bad[i] != NULL; i++)
		assert_false(ov_schooljaar_parse(bad[i], &y));
	assert_false(ov_schooljaar_parse(NULL, &y));
}

/* ---- the published tables ---- */

typedef void row_fn(const char *const *cell);

static enum ov_rc
on_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	row_fn **fn = arg;

	(void)e;
	if (row->nr > 1)
		(*fn)(row->cell);
	return OV_OK;
}

static void
table(const char *name, row_fn *fn)
{
	struct ov_csv *c = ov_csv_new(on_row, &fn);
	char path[512];
	OV_BUF b = {0};

	(void)snprintf(path, sizeof(path), OV_TEST_DATA "/%s", name);
	assert_int_equal(ov_fs_read(AT_FDCWD, path, 65536, &b, NULL), OV_OK);
	assert_int_equal(ov_csv_push(c, b.p, b.n, NULL), OV_OK);
	assert_int_equal(ov_csv_end(c, NULL), OV_OK);
	ov_csv_free(c);
}

static uint64_t
number(const char *s)
{
	return strtoull(s, NULL, 10);
}

static uint32_t
hundredths(const char *s)
{
	return (uint32_t)(number(s) * 100 + number(strchr(s, '.') + 1));
}

/* Every percentage that was printed, from its two counts; and its norm. */
static void
vsv_row(const char *const *c)
{
	const struct ov_formule *f = ov_formule(r, "vsv");
	const struct ov_norm_rij *n;
	char out[OV_BREUK_SIZE];

	assert_true(
	    ov_breuk(number(c[3]), number(c[2]), f->maal, f->decimalen, out));
	assert_string_equal(out, c[4]);
	if (c[5][0] == '\0')
		return;
	n = ov_norm(r, "vsv", c[0], 2018, NULL, 0);
	assert_non_null(n);
	assert_int_equal(n->norm, hundredths(c[5]));
	assert_string_equal(n->bron, "ijssel-vecht-bijlage");
	assert_int_equal(ov_norm_gehaald(f, n, number(c[3]), number(c[2])),
	    number(c[3]) * 10000 <= n->norm * number(c[2]));
}

static void
return_row(const char *const *c)
{
	const struct ov_formule *f = ov_formule(r, "terugkeer");
	char out[OV_BREUK_SIZE];

	assert_true(
	    ov_breuk(number(c[3]), number(c[2]), f->maal, f->decimalen, out));
	assert_string_equal(out, c[5]);
	assert_true(
	    ov_breuk(number(c[4]), number(c[2]), f->maal, f->decimalen, out));
	assert_string_equal(out, c[6]);
}

static void
target_row(const char *const *c)
{
	const struct ov_norm_rij *n;

	for (int y = 2020; y < 2024; y++) {
		n = ov_norm(r, "vsv", c[0], y, "ijssel-vecht-streefpad", 0);
		assert_non_null(n);
		assert_int_equal(n->norm, hundredths(c[y - 2018]));
	}
	n = ov_norm(r, "vsv", c[0], 2024, "ijssel-vecht-hoofdstuk", 0);
	assert_non_null(n);
	assert_int_equal(n->norm, hundredths(c[6]));
}

static void
goal_row(const char *const *c)
{
	const struct ov_norm_rij *n;
	const char *maat = strcmp(c[0], "doel_in_beeld_pct") == 0 ? "in-beeld"
	                   : strcmp(c[0], "doel_ddd_pct") == 0    ? "ddd"
	                                                          : NULL;
	int y;

	if (maat == NULL)
		return;
	assert_true(ov_schooljaar_parse(c[1], &y));
	n = ov_norm(r, maat, "", y, NULL, 0);
	assert_non_null(n);
	assert_int_equal(n->norm, 100 * number(c[2]));
}

static void
published(void **state)
{
	(void)state;
	table("ijssel-vecht-2018-2019.csv", vsv_row);
	table("ijssel-vecht-return.csv", return_row);
	table("ijssel-vecht-targets.csv", target_row);
	table("zuid-limburg.csv", goal_row);
}

/* One category and year may have more than one norm; the order of the file is
 * kept, and a source chooses. */
static void
several(void **state)
{
	const struct ov_norm_rij *a, *b;

	(void)state;
	a = ov_norm(r, "vsv", "MBO_2", 2024, NULL, 0);
	b = ov_norm(r, "vsv", "MBO_2", 2024, NULL, 1);
	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(a->bron, "duo-2024");
	assert_string_equal(b->bron, "ijssel-vecht-hoofdstuk");
	assert_null(ov_norm(r, "vsv", "MBO_2", 2024, NULL, 2));
	assert_null(ov_norm(r, "vsv", "MBO_2", 1999, NULL, 0));
	assert_null(ov_norm(r, "vsv", "MBO_9", 2024, NULL, 0));
	assert_true(ov_norm_bron(r, "duo-2024"));
	assert_false(ov_norm_bron(r, "duo-2025"));
}

/* Both sides of a norm, at it and next to it; the fraction is judged and not
 * its print. */
static void
met(void **state)
{
	const struct ov_norm_rij n = {.norm = 860};
	const struct ov_formule *high = ov_formule(r, "vsv"),
	                        *low = ov_formule(r, "ddd");

	(void)state;
	assert_true(ov_norm_gehaald(high, &n, 86, 1000));
	assert_false(ov_norm_gehaald(high, &n, 86001, 1000000)); /* 8.60 */
	assert_true(ov_norm_gehaald(low, &n, 86, 1000));
	assert_false(ov_norm_gehaald(low, &n, 85999, 1000000));
	assert_false(ov_norm_gehaald(high, &n, 0, 0));
}

/* ---- what counts ---- */

static bool
counts(const char *groot, const char *text)
{
	const struct ov_grootheid *g = ov_grootheid(r, groot);
	OV_JDOC d = {0};

	assert_non_null(g);
	assert_int_equal(ov_jdoc_parse(text, strlen(text), 1000, &d, NULL),
	    OV_OK);
	return ov_grootheid_telt(g, d.root);
}

static void
quantities(void **state)
{
	(void)state;
	assert_string_equal(ov_grootheid_srt(ov_grootheid(r, "vsv")),
	    "uitschrijving");
	assert_string_equal(ov_grootheid_srt(ov_grootheid(r, "deelnemers")),
	    "");
	assert_true(counts("vsv", "{\"heeftStartkwalificatie\":false,"
	                          "\"redenUitval\":\"4\"}"));
	assert_true(counts("vsv", "{\"heeftStartkwalificatie\":false}"));
	assert_false(counts("vsv", "{\"heeftStartkwalificatie\":true}"));
	assert_false(counts("vsv", "{\"redenUitval\":\"4\"}"));
	assert_false(counts("vsv", "{\"heeftStartkwalificatie\":false,"
	                           "\"redenUitval\":\"8\"}"));
	assert_false(counts("vsv", "{\"heeftStartkwalificatie\":false,"
	                           "\"nieuweInschrijving\":\"25LH\"}"));
	assert_true(counts("terug", "{\"status\":\"gestart\"}"));
	assert_false(counts("terug", "{\"status\":\"aangemeld\"}"));
	assert_false(counts("terug", "{}"));
	assert_null(ov_grootheid(r, "geld"));
}

static void
formulas(void **state)
{
	static const char *const both[][3] = {{"in-beeld", "in-beeld",
	                                          "overstappers"},
	    {"ddd", "met-ddd", "in-beeld"}, {"vsv", "vsv", "deelnemers"}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct ov_formule *f = ov_formule(r, both[i][0]);

		assert_non_null(f);
		assert_ptr_equal(f->teller, ov_grootheid(r, both[i][1]));
		assert_ptr_equal(f->noemer, ov_grootheid(r, both[i][2]));
		assert_true(strlen(f->tekst) > 20 && strlen(f->bron) > 5);
	}
	assert_null(ov_formule(r, "pi"));
	assert_string_equal(ov_groep_nth(r, 0), "VO");
	assert_string_equal(ov_groep(r, "VMBO_BOVENBOUW"), "VO");
	assert_string_equal(ov_groep(r, "MBO"), "MBO");
	assert_null(ov_groep(r, "HBO"));
	assert_null(ov_groep_nth(r, 2));
}

/* ---- tables that contradict themselves ---- */

#define NORMEN(bron, rij)                                                      \
	"{\"versie\":1,\"bronnen\":[" bron "],\"normen\":[" rij "]}"
#define BRON "{\"naam\":\"a\",\"tekst\":\"t\"}"
#define RIJ(n, y, b)                                                           \
	"{\"maat\":\"vsv\",\"categorie\":\"X\",\"schooljaar\":\"" y            \
	"\",\"norm\":\"" n "\",\"bron\":\"" b "\"}"
#define FORM(g, f)                                                             \
	"{\"versie\":1,\"groepen\":[],\"grootheden\":[" g "],\"formules\":[" f \
	"]}"
#define GROOT "{\"naam\":\"a\",\"uitleg\":\"u\",\"bron\":\"b\"}"
#define GROOT_ALS(als)                                                         \
	"{\"naam\":\"a\",\"uitleg\":\"u\",\"bron\":\"b\",\"srt\":\"s\","       \
	"\"als\":[" als "]}"
#define F(t, m, d)                                                             \
	"{\"code\":\"c\",\"tekst\":\"t\",\"bron\":\"b\",\"teller\":\"" t       \
	"\",\"noemer\":\"a\",\"maal\":" m ",\"decimalen\":" d "}"

#define KLAS(list)                                                             \
	"{\"versie\":1,\"groepen\":[],\"klassen\":[{\"naam\":\"k\","           \
	"\"bron\":\"b\",\"klassen\":[" list "]}],\"grootheden\":[" GROOT       \
	"],\"formules\":[]}"

/* The bounds of the lists of the RMC-effectrapportage, day by day. */
static void
durations(void **state)
{
	static const struct {
		const char *lijst, *van, *tot, *code;
	} v[] = {{"duur-traject", "2026-01-31", "2026-01-31", "lt-1-maand"},
	    {"duur-traject", "2026-01-31", "2026-02-27", "lt-1-maand"},
	    {"duur-traject", "2026-01-31", "2026-02-28", "1-6-maanden"},
	    {"duur-traject", "2025-08-31", "2026-02-28", "1-6-maanden"},
	    {"duur-traject", "2025-08-31", "2026-03-01", "gt-6-maanden"},
	    {"volgduur-herplaatsing", "2026-03-01", "2026-03-01", "niet"},
	    {"volgduur-herplaatsing", "2026-03-02", "2026-03-01", "niet"},
	    {"volgduur-herplaatsing", "2026-03-01", "2026-03-02", "lt-1-maand"},
	    {"volgduur-herplaatsing", "2026-03-01", "2026-06-01",
	        "1-3-maanden"},
	    {"volgduur-herplaatsing", "2026-03-01", "2026-06-02",
	        "gt-3-maanden"},
	    {"duur-geen-onderwijs", "2024-02-29", "2025-02-27", "lt-1-jaar"},
	    {"duur-geen-onderwijs", "2024-02-29", "2025-02-28", "1-2-jaar"},
	    {"duur-geen-onderwijs", "2020-01-01", "2024-01-01",
	        "vanaf-4-jaar"}};
	struct ov_date van, tot;
	const char *tekst;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(ov_date_parse(ov_view_str(v[i].van), &van),
		    OV_OK);
		assert_int_equal(ov_date_parse(ov_view_str(v[i].tot), &tot),
		    OV_OK);
		assert_string_equal(ov_klasse(r, v[i].lijst, van, tot),
		    v[i].code);
	}
	assert_null(ov_klasse(r, "anders", van, tot));
	assert_string_equal(ov_klasse_bron(r, "anders"), "");
	assert_non_null(strstr(ov_klasse_bron(r, "duur-traject"), "3E"));
	assert_string_equal(ov_klasse_nth(r, "duur-traject", 2, &tekst),
	    "gt-6-maanden");
	assert_string_equal(tekst, "langer dan 6 maanden");
	assert_null(ov_klasse_nth(r, "duur-traject", 3, &tekst));
}

static void
loads(const char *normen, const char *formules, bool good, const char *says)
{
	struct ov_rapport *t = NULL;
	struct ov_err e = {0};
	enum ov_rc rc = ov_rapport_load(ov_view_str(normen),
	    ov_view_str(formules), &t, &e);

	assert_int_equal(rc, good ? OV_OK : OV_BADMSG);
	if (!good && strstr(e.msg, says) == NULL)
		fail_msg("\"%s\" does not name %s", e.msg, says);
	ov_rapport_free(t);
}

static void
refused_tables(void **state)
{
	static const char n[] = NORMEN(BRON, RIJ("1.00", "2018-2019", "a")),
	                  f[] = FORM(GROOT, F("a", "100", "2"));
	static const struct {
		const char *normen, *formules, *says;
	} v[] = {{"", f, "normen.json"}, {n, "[]", "formules.json"},
	    {NORMEN(BRON "," BRON, ""), f, "bronnen 1"},
	    {NORMEN(BRON, RIJ("1.00", "2018-2019", "b")), f, "normen 0"},
	    {NORMEN(BRON, RIJ("1.00", "2018-2020", "a")), f, "normen 0"},
	    {NORMEN(BRON, RIJ("1.0", "2018-2019", "a")), f, "normen 0"},
	    {NORMEN(BRON, RIJ("100.01", "2018-2019", "a")), f, "normen 0"},
	    {NORMEN(BRON, RIJ("-1.00", "2018-2019", "a")), f, "normen 0"},
	    {NORMEN(BRON, RIJ("1.00", "2018-2019", "a") "," RIJ("2.00",
	                      "2018-2019", "a")),
	        f, "normen 1"},
	    {n, FORM(GROOT "," GROOT, ""), "grootheden 1"},
	    {n, FORM(GROOT, F("x", "100", "2")), "formules 0"},
	    {n, FORM(GROOT, F("a", "101", "2")), "formules 0"},
	    {n, FORM(GROOT, F("a", "100", "5")), "formules 0"},
	    {n, FORM(GROOT, F("a", "1", "1") "," F("a", "1", "1")),
	        "formules 1"},
	    {n, FORM(GROOT_ALS("{\"lid\":\"x\"}"), ""), "grootheden 0"},
	    {n, FORM(GROOT_ALS("{\"lid\":\"x\",\"in\":[]}"), ""),
	        "grootheden 0"},
	    {n, FORM(GROOT_ALS("{\"lid\":\"x\",\"in\":[1]}"), ""),
	        "grootheden 0"},
	    {n,
	        FORM(GROOT_ALS("{\"lid\":\"x\",\"in\":[true],\"niet\":[true]}"),
	            ""),
	        "grootheden 0"},
	    {n, FORM(GROOT_ALS("{\"lid\":\"x\",\"ontbreekt\":false}"), ""),
	        "grootheden 0"},
	    /* Without a last class that has no bound, and without any. */
	    {n, KLAS("{\"code\":\"a\",\"tekst\":\"t\",\"tot\":1}"),
	        "klassen 0"},
	    {n, KLAS(""), "klassen 0"},
	    {n,
	        KLAS("{\"code\":\"a\",\"tekst\":\"t\"},"
	             "{\"code\":\"b\",\"tekst\":\"t\"}"),
	        "klassen 0"},
	    {n,
	        KLAS("{\"code\":\"a\",\"tekst\":\"t\",\"onder\":0},"
	             "{\"code\":\"b\",\"tekst\":\"t\"}"),
	        "klassen 0"}};

	(void)state;
	loads(n, f, true, NULL);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		loads(v[i].normen, v[i].formules, false, v[i].says);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(fractions),
	    cmocka_unit_test(years), cmocka_unit_test(published),
	    cmocka_unit_test(several), cmocka_unit_test(met),
	    cmocka_unit_test(quantities), cmocka_unit_test(formulas),
	    cmocka_unit_test(durations), cmocka_unit_test(refused_tables)};

	ov_json_init();
	return cmocka_run_group_tests(tests, up, down);
}
