/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_kalender.c - Easter against another algorithm and a
 * published list, public holidays, working days, the dates of a year per
 * role, how late a notice is, and tables that are refused.
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
#include "protocol/kalender.h"

static struct ov_types *types;
static struct ov_kalender *kal;

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
	assert_int_equal(ov_types_load(&src, &types, &e), OV_OK);
	if (ov_kalender_load(types, data("kalender.json"), &kal, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	ov_kalender_free(kal);
	ov_types_free(types);
	return 0;
}

static struct ov_date
D(const char *s) {
	struct ov_date d;

	if (ov_date_parse(ov_view_str(s), &d) != OV_OK)
		fail_msg("%s is no date", s);
	return d;
}

static void
is_date(struct ov_date got, const char *want)
{
	char t[OV_DATE_SIZE];

	ov_date_fmt(t, got);
	assert_string_equal(t, want);
}

/* ---- Easter ---- */

/* Gauss, with the corrections of 1816: another way than ov_pasen(). */
static struct ov_date
gauss(int y)
{
	int a = y % 19, b = y % 4, c = y % 7, k = y / 100;
	int p = (13 + 8 * k) / 25, q = k / 4;
	int m = (15 - p + k - q) % 30, n = (4 + k - q) % 7;
	int d = (19 * a + m) % 30, e = (2 * b + 4 * c + 6 * d + n) % 7;

	if ((d == 29 && e == 6) ||
	    (d == 28 && e == 6 && (11 * m + 11) % 30 < 19))
		e -= 7;
	return ov_date_add_days((struct ov_date){(int16_t)y, 3, 22}, d + e);
}

static void
easter(void **state)
{
	/* US Naval Observatory and the Rijksoverheid's lists. */
	static const char *const known[] = {"1950-04-09", "1954-04-18",
	    "1961-04-02", "1976-04-18", "1981-04-19", "1995-04-16",
	    "2000-04-23", "2005-03-27", "2008-03-23", "2011-04-24",
	    "2014-04-20", "2015-04-05", "2016-03-27", "2018-04-01",
	    "2019-04-21", "2020-04-12", "2021-04-04", "2022-04-17",
	    "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05",
	    "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21",
	    "2038-04-25", "2049-04-18", "2076-04-19", "2100-03-28"};

	(void)state;
	for (int y = 1900; y <= 2299; y++) {
		assert_int_equal(ov_date_cmp(ov_pasen(y), gauss(y)), 0);
		assert_int_equal(ov_date_weekday(ov_pasen(y)), 0);
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_date(ov_pasen(D(known[i]).y), known[i]);
}

/* ---- holidays and working days ---- */

static void
holidays(void **state)
{
	static const struct {
		const char *dag, *naam;
	} t[] = {{"2026-01-01", "Nieuwjaarsdag"},
	    {"2026-04-03", "Goede Vrijdag"}, {"2026-04-05", NULL},
	    {"2026-04-06", "tweede Paasdag"}, {"2026-04-27", "Koningsdag"},
	    {"2026-05-05", "Bevrijdingsdag"}, {"2025-05-05", "Bevrijdingsdag"},
	    {"2026-05-14", "Hemelvaartsdag"},
	    {"2026-05-25", "tweede Pinksterdag"},
	    {"2026-12-25", "eerste Kerstdag"},
	    {"2026-12-26", "tweede Kerstdag"}, {"2026-12-31", NULL},
	    {"2026-12-05", NULL},
	    /* the birthday's day moves off a Sunday, and moved in 2014 */
	    {"2025-04-27", NULL}, {"2025-04-26", "Koningsdag"},
	    {"2014-04-26", "Koningsdag"}, {"2014-04-27", NULL},
	    {"2014-04-30", NULL}, {"2013-04-30", "Koninginnedag"},
	    {"2013-04-27", NULL}, {"2006-04-29", "Koninginnedag"},
	    {"2006-04-30", NULL},
	    /* two at once, and Easter at its earliest */
	    {"2008-03-24", "tweede Paasdag"}, {"2008-05-01", "Hemelvaartsdag"}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *got = ov_kal_feestdag(kal, D(t[i].dag));

		if (t[i].naam == NULL
		        ? got != NULL
		        : got == NULL || strcmp(got, t[i].naam) != 0)
			fail_msg("%s: %s", t[i].dag, got != NULL ? got : "-");
	}
	/* 8 to 10 a year, none twice. */
	for (int y = 1980; y <= 2100; y++) {
		int n = 0;

		for (struct ov_date d = {(int16_t)y, 1, 1}; d.y == y;
		     d = ov_date_add_days(d, 1))
			n += ov_kal_feestdag(kal, d) != NULL ? 1 : 0;
		if (n < 8 || n > 10)
			fail_msg("%d has %d holidays", y, n);
	}
}

static void
working_days(void **state)
{
	static const struct {
		const char *van;
		unsigned n;
		const char *na;
	} t[] = {{"2026-11-02", 1, "2026-11-03"},
	    {"2026-11-02", 5, "2026-11-09"}, {"2026-11-06", 1, "2026-11-09"},
	    {"2026-11-07", 1, "2026-11-09"}, {"2026-11-07", 0, "2026-11-09"},
	    {"2026-11-09", 0, "2026-11-09"},
	    /* over Easter, and the King's day behind it */
	    {"2026-04-02", 1, "2026-04-07"}, {"2026-04-24", 1, "2026-04-28"},
	    /* year change: Friday 25 and Thursday 1 are holidays */
	    {"2026-12-24", 1, "2026-12-28"}, {"2026-12-24", 5, "2027-01-04"},
	    {"2025-12-31", 1, "2026-01-02"},
	    /* 29 February, and a year without */
	    {"2028-02-28", 1, "2028-02-29"}, {"2028-02-29", 1, "2028-03-01"},
	    {"2027-02-26", 1, "2027-03-01"},
	    /* the clock changes on Sunday 29 March and 25 October 2026 */
	    {"2026-03-27", 1, "2026-03-30"}, {"2026-10-23", 1, "2026-10-26"},
	    {"2026-10-23", 5, "2026-10-30"}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		is_date(ov_kal_werkdagen_na(kal, D(t[i].van), t[i].n), t[i].na);
		if (t[i].n > 0)
			assert_int_equal(ov_kal_werkdagen(kal, D(t[i].van),
			                     D(t[i].na)),
			    t[i].n);
	}
	assert_int_equal(ov_kal_werkdagen(kal, D("2026-11-09"),
	                     D("2026-11-09")),
	    0);
	assert_int_equal(ov_kal_werkdagen(kal, D("2026-11-09"),
	                     D("2026-11-02")),
	    0);
	assert_int_equal(ov_kal_werkdagen(kal, D("2026-01-01"),
	                     D("2026-12-31")),
	    253);
	/* bounded */
	assert_true(
	    ov_kal_werkdagen(kal, D("1950-01-01"), D("2950-01-01")) < 3660);
	is_date(ov_kal_werkdagen_na(kal, D("9999-12-31"), 60), "9999-12-31");
	/* Every day of 150 years: one working day on is the next such day. */
	for (struct ov_date d = {1950, 1, 1}; d.y < 2100;
	     d = ov_date_add_days(d, 1)) {
		struct ov_date n = ov_kal_werkdagen_na(kal, d, 1);

		assert_true(ov_kal_werkdag(kal, n));
		assert_int_equal(ov_kal_werkdagen(kal, d, n), 1);
	}
}

static void
years(void **state)
{
	static const struct {
		const char *dag;
		int school, convenant;
	} t[] = {{"2026-07-31", 2025, 2025}, {"2026-08-01", 2026, 2025},
	    {"2026-09-30", 2026, 2025}, {"2026-10-01", 2026, 2026},
	    {"2026-12-31", 2026, 2026}, {"2027-01-01", 2026, 2026},
	    {"2028-02-29", 2027, 2027}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(ov_schooljaar(D(t[i].dag)), t[i].school);
		assert_int_equal(ov_convenantjaar(D(t[i].dag)), t[i].convenant);
	}
}

/* ---- the dates of a year ---- */

static const struct ov_kal_moment *
find(const struct ov_kal_moment *m, size_t n, const char *naam)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(m[i].naam, naam) == 0)
			return &m[i];
	return NULL;
}

static void
coming(void **state)
{
	static const struct {
		enum ov_rol rol;
		const char *op, *naam, *van, *tot; /* van NULL: not for it */
	} t[] = {
	    {OV_ROL_VO, "2026-11-28", "dossiers-compleet", "2027-04-01",
	        "2027-04-01"},
	    {OV_ROL_VO, "2027-04-01", "dossiers-compleet", "2027-04-01",
	        "2027-04-01"},
	    {OV_ROL_VO, "2027-04-02", "dossiers-compleet", "2028-04-01",
	        "2028-04-01"},
	    {OV_ROL_MBO, "2026-11-28", "dossiers-compleet", NULL, NULL},
	    {OV_ROL_DOORSTROOMPUNT, "2026-12-15", "effectrapportage",
	        "2026-12-15", "2026-12-15"},
	    {OV_ROL_DOORSTROOMPUNT, "2026-12-16", "effectrapportage",
	        "2027-12-15", "2027-12-15"},
	    {OV_ROL_VO, "2026-12-01", "effectrapportage", NULL, NULL},
	    {OV_ROL_LEERPLICHT, "2026-09-15", "zomerlek", "2026-08-01",
	        "2026-09-30"},
	    {OV_ROL_LEERPLICHT, "2026-10-01", "zomerlek", "2027-08-01",
	        "2027-09-30"},
	    {OV_ROL_MBO, "2026-10-01", "telling", "2026-10-01", "2026-10-01"},
	    {OV_ROL_MBO, "2026-02-02", "meetmoment-1-februari", "2027-02-01",
	        "2027-02-01"},
	    {OV_ROL_VAVO, "2028-02-29", "aanmelddatum", NULL, NULL},
	    {OV_ROL_MBO, "2028-02-29", "aanmelddatum", "2028-04-01",
	        "2028-04-01"},
	    /* not before the law */
	    {OV_ROL_MBO, "2015-01-01", "aanmelddatum", NULL, NULL},
	    {OV_ROL_MBO, "2017-04-02", "aanmelddatum", "2018-04-01",
	        "2018-04-01"},
	};
	struct ov_kal_moment m[OV_KAL_MOMENTEN_MAX];
	const struct ov_kal_moment *g;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = ov_kal_komend(kal, OV_ROL_BIT(t[i].rol), D(t[i].op), m);
		g = find(m, n, t[i].naam);
		if ((g == NULL) != (t[i].van == NULL))
			fail_msg("%s on %s", t[i].naam, t[i].op);
		if (g != NULL) {
			is_date(g->van, t[i].van);
			is_date(g->tot, t[i].tot);
			assert_true(g->wat[0] != '\0' && g->bron[0] != '\0');
		}
		for (size_t k = 1; k < n; k++)
			assert_true(ov_date_cmp(m[k - 1].van, m[k].van) <= 0);
	}
	assert_int_equal(ov_kal_komend(kal, 0, D("2026-11-28"), m), 0);
	/* Every role has something to do in every year. */
	for (int r = 0; r < OV_ROL_N; r++)
		for (int y = 2018; y < 2040; y++)
			assert_true(
			    ov_kal_komend(kal, OV_ROL_BIT(r),
			        (struct ov_date){(int16_t)y, 1, 1}, m) > 0);
}

/* ---- how late ---- */

static void
late(void **state)
{
	static const struct {
		const char *srt;
		enum ov_rol rol;
		const char *lid, *waarde, *dag_lid, *peil, *verzonden;
		const char *naam, *uiterlijk; /* naam NULL: no term */
		int laat;
	} t[] = {
#define VZ "verzuimmelding", OV_ROL_VO, "soortVerzuim", "16-uur", "einddatum"
#define UV                                                                     \
	"uitschrijving", OV_ROL_VO, "soort", "verwijdering",                   \
	    "datumUitschrijving"
#define US(rol)                                                                \
	"uitschrijving", rol, "soort", "uitschrijving", "datumUitschrijving"
	    {VZ, "2026-11-02", "2026-11-02", "verzuim-16-uur", "2026-11-09", 0},
	    {VZ, "2026-11-02", "2026-11-09", "verzuim-16-uur", "2026-11-09", 0},
	    {VZ, "2026-11-02", "2026-11-10", "verzuim-16-uur", "2026-11-09", 1},
	    {VZ, "2026-11-06", "2026-11-13", "verzuim-16-uur", "2026-11-13", 0},
	    /* over Saturday and Sunday no day later */
	    {VZ, "2026-11-06", "2026-11-15", "verzuim-16-uur", "2026-11-13", 0},
	    {VZ, "2026-11-06", "2026-11-16", "verzuim-16-uur", "2026-11-13", 1},
	    /* 18 to 24 December, then holidays; the year changes */
	    {VZ, "2026-12-18", "2026-12-28", "verzuim-16-uur", "2026-12-28", 0},
	    {VZ, "2026-12-18", "2027-01-04", "verzuim-16-uur", "2026-12-28", 4},
	    {VZ, "2026-04-01", "2026-04-10", "verzuim-16-uur", "2026-04-10", 0},
	    {"verzuimmelding", OV_ROL_MBO, "soortVerzuim", "langdurig",
	        "einddatum", "2026-11-02", "2026-12-09", NULL, NULL, 0},
	    {UV, "2026-11-02", "2026-11-03", "verwijdering", "2026-11-03", 0},
	    {UV, "2026-11-02", "2026-11-04", "verwijdering", "2026-11-03", 1},
	    {UV, "2026-11-06", "2026-11-09", "verwijdering", "2026-11-09", 0},
	    {UV, "2028-02-28", "2028-03-01", "verwijdering", "2028-02-29", 1},
	    /* seven days: for vso only; 9 May 2026 is a Saturday */
	    {US(OV_ROL_VO), "2026-11-02", "2026-12-02", NULL, NULL, 0},
	    {US(OV_ROL_MBO), "2026-11-02", "2026-12-02", NULL, NULL, 0},
	    {US(OV_ROL_PRO), "2026-11-02", "2026-12-02", NULL, NULL, 0},
	    {US(OV_ROL_VSO), "2026-11-02", "2026-11-09", "uitschrijving-lpw-18",
	        "2026-11-09", 0},
	    {US(OV_ROL_VSO), "2026-11-02", "2026-11-10", "uitschrijving-lpw-18",
	        "2026-11-09", 1},
	    {US(OV_ROL_VSO), "2026-05-02", "2026-05-11", "uitschrijving-lpw-18",
	        "2026-05-11", 0},
	    /* before the row, and of a type without */
	    {VZ, "2010-11-02", "2011-11-10", NULL, NULL, 0},
	    {"overstapstatus", OV_ROL_VO, "soortVerzuim", "16-uur", "einddatum",
	        "2026-11-02", "2026-12-10", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		OV_JSON *j = json_pack("{s:s,s:s}", t[i].lid, t[i].waarde,
		    t[i].dag_lid, t[i].peil);
		struct ov_kal_termijn k;
		OV_JDOC doc = {0};
		bool any;

		assert_int_equal(ov_jdoc_of(j, &doc, NULL), OV_OK);
		any = ov_kal_te_laat(kal, t[i].srt, OV_ROL_BIT(t[i].rol),
		    doc.root, D(t[i].verzonden), &k);
		if (any != (t[i].naam != NULL))
			fail_msg("row %zu", i);
		if (!any)
			continue;
		assert_string_equal(k.naam, t[i].naam);
		is_date(k.peil, t[i].peil);
		is_date(k.uiterlijk, t[i].uiterlijk);
		if (k.laat != t[i].laat)
			fail_msg("row %zu: %d", i, (int)k.laat);
	}
	/* Without its day, or with something else there, nothing is judged. */
	for (int i = 0; i < 2; i++) {
		OV_JSON *j = i == 0
		                 ? json_pack("{s:s}", "soortVerzuim", "16-uur")
		                 : json_pack("{s:s,s:i}", "soortVerzuim",
		                       "16-uur", "einddatum", 5);
		struct ov_kal_termijn k;
		OV_JDOC doc = {0};

		assert_int_equal(ov_jdoc_of(j, &doc, NULL), OV_OK);
		assert_false(ov_kal_te_laat(kal, "verzuimmelding",
		    OV_ROL_BIT(OV_ROL_VO), doc.root, D("2026-11-02"), &k));
	}
}

static void
own_terms(void **state)
{
	static const struct {
		int32_t dagen;
		const char *code;
	} t[] = {{0, "lt-2-weken"}, {13, "lt-2-weken"}, {14, "2-4-weken"},
	    {28, "2-4-weken"}, {29, "gt-4-weken"}, {900, "gt-4-weken"}};
	struct ov_kal_termijn k;
	struct ov_kal_verzuim v;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(ov_kal_doorlooptijd(kal, t[i].dagen),
		    t[i].code);
	assert_true(ov_kal_eigen(kal, "verzuimmelding", OV_ROL_LEERPLICHT,
	    D("2026-11-20"), &k));
	is_date(k.uiterlijk, "2026-12-04");
	assert_string_equal(k.naam, "eerste-contact");
	assert_true(ov_kal_eigen(kal, "uitschrijving", OV_ROL_DOORSTROOMPUNT,
	    D("2026-12-20"), &k));
	is_date(k.uiterlijk, "2027-01-03");
	assert_false(ov_kal_eigen(kal, "verzuimmelding", OV_ROL_MBO,
	    D("2026-11-20"), &k));
	assert_false(ov_kal_eigen(kal, "overstapdossier", OV_ROL_LEERPLICHT,
	    D("2026-11-20"), &k));
	assert_true(ov_kal_verzuim(kal, D("2026-11-20"), &v));
	assert_int_equal(v.honderdsten, 1600);
	assert_int_equal(v.lesweken, 4);
	assert_false(ov_kal_verzuim(kal, D("2010-11-20"), &v));
}

/* ---- tables that contradict themselves ---- */

static void
bad_tables(void **state)
{
	static const struct {
		const char *lijst;
		int at;                 /* row; -1: append this row */
		const char *lid, *json; /* NULL: take it away */
	} t[] = {{"feestdagen", 0, "maand", "13"},
	    {"feestdagen", 0, "bron", NULL},
	    {"feestdagen", 1, "pasen", "\"x\""}, {"feestdagen", 0, "dag", "32"},
	    {"feestdagen", 3, "zondag", "2"},
	    {"feestdagen", 3, "geldigTot", "\"1970-01-01\""},
	    {"feestdagen", 0, "kleur", "1"}, {"momenten", 0, "rollen", "[]"},
	    {"momenten", 0, "rollen", "[\"school\"]"},
	    {"momenten", 0, "rollen", "[\"vo\",\"vo\"]"},
	    {"momenten", 1, "naam", "\"overstappers-aan-gemeente\""},
	    {"momenten", 0, "vooraf", "400"}, {"momenten", 0, "wat", "\"\""},
	    {"momenten", 0, "maand", "2"}, /* with dag 1: good, see below */
	    {"termijnen", 0, "srt", "\"bestaat-niet\""},
	    {"termijnen", 0, "lid", "\"bestaatNiet\""},
	    {"termijnen", 0, "lid", "\"datumUitschrijving\""},
	    {"termijnen", 0, "peildatum", "\"soort\""},
	    {"termijnen", 0, "in", "[]"}, {"termijnen", 0, "in", "[1]"},
	    {"termijnen", 0, "werkdagen", "0"},
	    {"termijnen", 0, "dagen", "3"},               /* both */
	    {"termijnen", 2, "in", "[\"verwijdering\"]"}, /* meets row 0 */
	    {"eigenTermijnen", 0, "srt", "[\"bestaat-niet\"]"},
	    {"eigenTermijnen", 0, "dagen", NULL},
	    {"doorlooptijden", 0, "totDagen", "99"},
	    {"doorlooptijden", 2, "totDagen", "100"},
	    {"doorlooptijden", 0, "totDagen", NULL},
	    {"verzuim", 0, "uren", "0"}, {"verzuim", 0, "lesweken", NULL},
	    {"inschrijvingen", 0, "weken", "0"},
	    {"inschrijvingen", 0, "rollen", "[]"},
	    {"inschrijvingen", 0, "bron", NULL}};
	struct ov_view text = data("kalender.json");
	struct ov_kalender *k;
	struct ov_err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		OV_JSON *doc = json_loadb((const char *)text.p, text.n, 0,
		    NULL);
		json_t *row = json_array_get(json_object_get(doc, t[i].lijst),
		    (size_t)t[i].at);
		OV_BUF b = {0};
		bool good = strcmp(t[i].lid, "maand") == 0 &&
		            strcmp(t[i].json, "2") == 0;

		assert_non_null(row);
		if (t[i].json == NULL)
			assert_int_equal(json_object_del(row, t[i].lid), 0);
		else
			assert_int_equal(json_object_set_new(row, t[i].lid,
			                     json_loads(t[i].json,
			                         JSON_DECODE_ANY, NULL)),
			    0);
		ov_json_dump(&b, doc);
		memset(&e, 0, sizeof(e));
		if ((ov_kalender_load(types, (struct ov_view){b.p, b.n}, &k,
		         &e) == OV_OK) != good)
			fail_msg("%s %d %s", t[i].lijst, t[i].at, t[i].lid);
		if (!good) {
			assert_null(k);
			assert_non_null(strstr(e.msg, "kalender.json"));
		}
		ov_kalender_free(k);
	}
	/* Twice the same rules at one time; a part that is not there. */
	for (int i = 0; i < 2; i++) {
		OV_JSON *doc = json_loadb((const char *)text.p, text.n, 0,
		    NULL);
		json_t *arr = json_object_get(doc, "verzuim");
		OV_BUF b = {0};

		if (i == 0)
			assert_int_equal(json_array_append_new(arr,
			                     json_deep_copy(
			                         json_array_get(arr, 0))),
			    0);
		else
			assert_int_equal(json_object_del(doc, "termijnen"), 0);
		ov_json_dump(&b, doc);
		assert_int_equal(ov_kalender_load(types,
		                     (struct ov_view){b.p, b.n}, &k, &e),
		    OV_BADMSG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(easter),
	    cmocka_unit_test(holidays),
	    cmocka_unit_test(working_days),
	    cmocka_unit_test(years),
	    cmocka_unit_test(coming),
	    cmocka_unit_test(late),
	    cmocka_unit_test(own_terms),
	    cmocka_unit_test(bad_tables),
	};

	return cmocka_run_group_tests(tests, up, down);
}
