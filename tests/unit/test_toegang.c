/* SPDX-License-Identifier: EUPL-1.2 */
/* Every function, part and scope of the built-in access table; dates; what is
 * left out; and tables that contradict themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/toegang.h"

static struct ov_types *types;
static struct ov_toegang *table;

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	assert_non_null(d);
	return (struct ov_view){d->p, d->n};
}

static int
setup(void **state)
{
	struct ov_types_src src = {data("types.json"), data("codelijsten.json"),
	    data("grondslagen.json")};
	struct ov_err e = {0};

	(void)state;
	ov_json_init();
	if (ov_types_load(&src, &types, &e) != OV_OK ||
	    ov_toegang_load(types, data("toegang.json"), &table, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ov_toegang_free(table);
	ov_types_free(types);
	return 0;
}

/* One account "x" with this function and these further members. */
static struct ov_accounts *
account(const char *functie, const char *more)
{
	struct ov_accounts *s;
	struct ov_err e = {0};
	OV_BUF b = {0};

	ov_buf_fmt(&b,
	    "{\"versie\":1,\"accounts\":[{\"account\":\"x\",\"functies\":["
	    "{\"functie\":\"%s\"%s}]}]}",
	    functie, more);
	if (ov_accounts_load(table, (struct ov_view){b.p, b.n}, &s, &e) !=
	    OV_OK)
		fail_msg("%s", e.msg);
	return s;
}

static json_t *
dossier(void)
{
	json_t *j = json_pack("{s:s,s:[{s:s,s:s}],s:{s:s,s:s},s:{s:s},s:[],s:b,"
	                      "s:{s:s}}",
	    "motivatie", "x", "keuzevervolgopleiding", "crebo", "25656",
	    "locatie", "Zuid", "school", "brin", "25PU", "vestiging", "01",
	    "adres", "gemeentecode", "0193", "resultaten",
	    "heeftOndersteuningsbehoefte", 1, "ondersteuning", "thuissituatie",
	    "x");

	assert_non_null(j);
	return j;
}

#define ALG OV_D_ALGEMEEN
#define A OV_D_A
#define B OV_D_B
#define C OV_D_C
#define NIET OV_WAAROM_NIET
#define FUN OV_WAAROM_FUNCTIE
#define BER OV_WAAROM_BEREIK
#define OPL OV_WAAROM_OPLEIDING

/* A scope that fits the record on every side that the record has, and one per
 * kind that does not. */
#define FIT_UIT                                                                \
	",\"opleiding\":[\"25656\"],\"locatie\":[\"01\"],\"klas\":[\"4KB1\"]," \
	"\"woongemeente\":[\"0193\"]"
#define FIT_IN                                                                 \
	",\"opleiding\":[\"25656\"],\"locatie\":[\"Zuid\"],"                   \
	"\"woongemeente\":[\"0193\"]"
static const char *const misfit[] = {",\"opleiding\":[\"25655\"]",
    ",\"locatie\":[\"99\"]", ",\"klas\":[\"4KB2\"]",
    ",\"woongemeente\":[\"0794\"]"};

static const struct row {
	const char *functie, *srts; /* types, with a space between */
	bool in;
	unsigned mag;
	uint8_t zonder;        /* parts with a function for everything */
	uint8_t fit;           /* parts with a scope that names what it is */
	enum ov_waarom waarom; /* without scope */
} rows[] = {
    {"mentor", "overstapdossier", 0, OV_MAG_INZIEN, ALG | A | B, ALG | A | B,
        FUN},
    {"mentor", "overstapdossier", 0, OV_MAG_INVULLEN, ALG | A | B, ALG | A | B,
        FUN},
    {"mentor", "overstapdossier", 0, OV_MAG_VERZENDEN, 0, 0, FUN},
    {"mentor", "overstapdossier", 0, OV_MAG_EXPORTEREN, 0, 0, FUN},
    {"mentor", "overstapdossier", 1, OV_MAG_INZIEN, 0, 0, FUN},
    {"mentor",
        "terugkoppeling overstapstatus uitschrijving warme-overdracht "
        "ontvangst",
        1, OV_MAG_INZIEN, ALG, ALG, FUN},
    {"mentor", "verzuimmelding", 0, OV_MAG_INZIEN, 0, 0, FUN},
    {"mentor", "overstapstatus uitschrijving warme-overdracht", 0,
        OV_MAG_INZIEN, ALG, ALG, FUN},
    {"decaan", "overstapdossier correctie intrekking wissing", 0, OV_MAG_INZIEN,
        ALG | A | B, ALG | A | B, FUN},
    {"decaan", "overstapdossier", 0, OV_MAG_VERZENDEN, ALG | A | B | C,
        ALG | A | B | C, NIET},
    {"decaan", "overstapdossier", 1, OV_MAG_INZIEN, 0, 0, FUN},
    {"decaan", "overstapstatus warme-overdracht", 1, OV_MAG_BESLISSEN, ALG, ALG,
        FUN},
    {"decaan", "terugkoppeling overstapstatus warme-overdracht ontvangst", 1,
        OV_MAG_EXPORTEREN, ALG, ALG, FUN},
    {"decaan", "overstapdossier correctie intrekking wissing", 0,
        OV_MAG_INVULLEN, ALG | A | B, ALG | A | B, FUN},
    {"decaan", "overstapstatus warme-overdracht", 0, OV_MAG_INZIEN, ALG, ALG,
        FUN},
    {"decaan", "overstapstatus warme-overdracht", 0, OV_MAG_INVULLEN, ALG, ALG,
        FUN},
    {"decaan", "overstapstatus warme-overdracht", 0, OV_MAG_BESLISSEN, ALG, ALG,
        FUN},
    {"decaan", "overstapstatus warme-overdracht", 0, OV_MAG_VERZENDEN, ALG, ALG,
        FUN},
    {"decaan", "overstapstatus warme-overdracht", 0, OV_MAG_EXPORTEREN, ALG,
        ALG, FUN},
    {"decaan", "overstapstatus terugkoppeling warme-overdracht ontvangst", 1,
        OV_MAG_INZIEN, ALG, ALG, FUN},
    {"decaan", "overstapstatus warme-overdracht", 1, OV_MAG_INVULLEN, ALG, ALG,
        FUN},
    {"decaan", "overstapstatus warme-overdracht", 1, OV_MAG_VERZENDEN, ALG, ALG,
        FUN},
    {"decaan", "correctie intrekking wissing", 0, OV_MAG_VERZENDEN, ALG | A | B,
        ALG | A | B, FUN},
    {"zorgcoördinator", "overstapdossier correctie intrekking wissing", 0,
        OV_MAG_INZIEN, ALG | A | B | C, ALG | A | B | C, NIET},
    {"zorgcoördinator", "overstapdossier correctie intrekking wissing", 0,
        OV_MAG_INVULLEN, ALG | A | B | C, ALG | A | B | C, NIET},
    {"zorgcoördinator", "overstapdossier", 1, OV_MAG_INZIEN, ALG | A | B,
        ALG | A | B | C, OPL},
    {"zorgcoördinator", "overstapdossier", 1, OV_MAG_BESLISSEN, 0, 0, FUN},
    {"zorgcoördinator", "overstapdossier correctie intrekking wissing", 0,
        OV_MAG_VERZENDEN, ALG | A | B | C, ALG | A | B | C, NIET},
    {"zorgcoördinator", "warme-overdracht", 0, OV_MAG_INZIEN, ALG, ALG, FUN},
    {"zorgcoördinator", "warme-overdracht", 0, OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"zorgcoördinator", "warme-overdracht", 0, OV_MAG_BESLISSEN, ALG, ALG, FUN},
    {"zorgcoördinator", "warme-overdracht", 0, OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"zorgcoördinator", "warme-overdracht ontvangst", 1, OV_MAG_INZIEN, ALG,
        ALG, FUN},
    {"zorgcoördinator", "warme-overdracht", 1, OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"zorgcoördinator", "warme-overdracht", 1, OV_MAG_BESLISSEN, ALG, ALG, FUN},
    {"zorgcoördinator", "warme-overdracht", 1, OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"intaker", "overstapdossier", 1, OV_MAG_INZIEN, ALG | A | B,
        ALG | A | B | C, OPL},
    {"intaker", "overstapdossier correctie intrekking wissing", 1,
        OV_MAG_BESLISSEN, ALG | A | B, ALG | A | B, FUN},
    {"intaker", "overstapdossier", 1, OV_MAG_EXPORTEREN, ALG | A | B,
        ALG | A | B, FUN},
    {"intaker", "overstapdossier", 0, OV_MAG_INZIEN, 0, 0, FUN},
    {"intaker", "verzuimmelding", 1, OV_MAG_INZIEN, 0, 0, FUN},
    {"intaker", "overstapstatus terugkoppeling warme-overdracht leerlingen", 0,
        OV_MAG_INZIEN, ALG, ALG, FUN},
    {"intaker", "overstapstatus terugkoppeling warme-overdracht leerlingen", 0,
        OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht", 0, OV_MAG_BESLISSEN, ALG,
        ALG, FUN},
    {"intaker", "overstapstatus terugkoppeling warme-overdracht", 0,
        OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht", 0, OV_MAG_EXPORTEREN, ALG,
        ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht leerlingen", 1, OV_MAG_INZIEN,
        ALG, ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht leerlingen", 1,
        OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht", 1, OV_MAG_BESLISSEN, ALG,
        ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht", 1, OV_MAG_VERZENDEN, ALG,
        ALG, FUN},
    {"intaker", "overstapstatus warme-overdracht", 1, OV_MAG_EXPORTEREN, ALG,
        ALG, FUN},
    {"intaker", "correctie intrekking wissing", 1, OV_MAG_INZIEN, ALG | A | B,
        ALG | A | B, FUN},
    {"verzuimcoördinator",
        "verzuimmelding uitschrijving correctie intrekking wissing", 0,
        OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"verzuimcoördinator", "verzuimstatus ontvangst", 1, OV_MAG_INZIEN, ALG,
        ALG, FUN},
    {"verzuimcoördinator", "overstapdossier", 0, OV_MAG_INZIEN, 0, 0, FUN},
    {"verzuimcoördinator",
        "uitschrijving verzuimmelding correctie intrekking wissing", 0,
        OV_MAG_INZIEN, ALG, ALG, FUN},
    {"verzuimcoördinator",
        "uitschrijving verzuimmelding correctie intrekking wissing", 0,
        OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"verzuimcoördinator", "uitschrijving verzuimmelding", 0, OV_MAG_EXPORTEREN,
        ALG, ALG, FUN},
    {"verzuimcoördinator", "verzuimstatus ontvangst", 1, OV_MAG_EXPORTEREN, ALG,
        ALG, FUN},
    {"leerplichtambtenaar",
        "verzuimmelding overstapstatus uitschrijving warme-overdracht "
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring leerlingen",
        1, OV_MAG_INZIEN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "uitschrijving overstapstatus verzuimmelding warme-overdracht "
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring",
        1, OV_MAG_BESLISSEN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "verzuimstatus warme-overdracht correctie intrekking wissing ontvangst "
        "pgn-wijziging overdracht afsluitverklaring",
        0, OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"leerplichtambtenaar", "overstapdossier", 1, OV_MAG_INZIEN, 0, 0, FUN},
    {"leerplichtambtenaar",
        "overstapstatus uitschrijving verzuimmelding warme-overdracht", 1,
        OV_MAG_EXPORTEREN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "verzuimstatus warme-overdracht correctie intrekking wissing ontvangst "
        "pgn-wijziging overdracht afsluitverklaring leerlingen",
        0, OV_MAG_INZIEN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "verzuimstatus warme-overdracht correctie intrekking wissing ontvangst "
        "pgn-wijziging overdracht afsluitverklaring leerlingen",
        0, OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring",
        0, OV_MAG_BESLISSEN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring leerlingen",
        1, OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"leerplichtambtenaar",
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring",
        1, OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"consulent",
        "uitschrijving overstapstatus verzuimmelding warme-overdracht "
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring leerlingen",
        1, OV_MAG_INZIEN, ALG, ALG, FUN},
    {"consulent",
        "uitschrijving overstapstatus verzuimmelding warme-overdracht", 1,
        OV_MAG_EXPORTEREN, ALG, ALG, FUN},
    {"consulent", "overstapdossier", 1, OV_MAG_INZIEN, 0, 0, FUN},
    {"consulent",
        "overstapstatus uitschrijving verzuimmelding warme-overdracht "
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring",
        1, OV_MAG_BESLISSEN, ALG, ALG, FUN},
    {"consulent",
        "verzuimstatus warme-overdracht correctie intrekking wissing ontvangst "
        "pgn-wijziging overdracht afsluitverklaring leerlingen",
        0, OV_MAG_INZIEN, ALG, ALG, FUN},
    {"consulent",
        "verzuimstatus warme-overdracht correctie intrekking wissing ontvangst "
        "pgn-wijziging overdracht afsluitverklaring leerlingen",
        0, OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"consulent",
        "verzuimstatus warme-overdracht correctie intrekking wissing ontvangst "
        "pgn-wijziging overdracht afsluitverklaring",
        0, OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"consulent",
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring",
        0, OV_MAG_BESLISSEN, ALG, ALG, FUN},
    {"consulent",
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring leerlingen",
        1, OV_MAG_INVULLEN, ALG, ALG, FUN},
    {"consulent",
        "correctie intrekking wissing pgn-wijziging overdracht "
        "afsluitverklaring",
        1, OV_MAG_VERZENDEN, ALG, ALG, FUN},
    {"fg",
        "overstapdossier verzuimmelding overstapstatus terugkoppeling "
        "uitschrijving verzuimstatus warme-overdracht correctie intrekking "
        "wissing ontvangst pgn-wijziging overdracht afsluitverklaring "
        "leerlingen",
        1, OV_MAG_INZIEN, ALG | A | B | C, ALG | A | B | C, NIET},
    {"fg",
        "overstapdossier overstapstatus terugkoppeling uitschrijving "
        "verzuimmelding verzuimstatus warme-overdracht correctie intrekking "
        "wissing ontvangst pgn-wijziging overdracht afsluitverklaring "
        "leerlingen",
        0, OV_MAG_INZIEN, ALG | A | B | C, ALG | A | B | C, NIET},
    {"fg", "overstapdossier", 1, OV_MAG_EXPORTEREN, 0, 0, FUN},
    {"fg", "overstapdossier", 1, OV_MAG_BESLISSEN, 0, 0, FUN},
    {"fg", "overstapdossier", 0, OV_MAG_VERZENDEN, 0, 0, FUN},
    {"beheerder", "overstapdossier", 1, OV_MAG_INZIEN, 0, 0, FUN},
    {"beheerder", "overstapdossier", 0, OV_MAG_INZIEN, 0, 0, FUN},
    {"beheerder", "overstapdossier", 0, OV_MAG_VERZENDEN, 0, 0, FUN},
    {"beheerder", "verzuimmelding", 1, OV_MAG_EXPORTEREN, 0, 0, FUN},
};

static struct ov_oordeel
judge(const struct row *r, const char *srt, const char *scope, const char *klas)
{
	struct ov_accounts *s = account(r->functie, scope);
	struct ov_feiten f;
	struct ov_oordeel o;
	json_t *j = dossier();

	ov_feiten_of(table, &f, srt, r->in, j, klas);
	o = ov_toegang_oordeel(table, ov_account_find(s, "x"), r->mag, &f,
	    "2026-09-01");
	json_decref(j);
	ov_accounts_free(s);
	return o;
}

/* The next word of a list, or false. */
static bool
word(const char **list, char out[40])
{
	size_t n = strcspn(*list, " ");

	assert_true(n < 40);
	memcpy(out, *list, n);
	out[n] = '\0';
	*list += (*list)[n] == ' ' ? n + 1 : n;
	return n > 0;
}

static void
one_row(const struct row *r, const char *srt)
{
	struct ov_oordeel o = judge(r, srt, "", "4KB1");
	struct ov_accounts *s;
	struct ov_feiten f;

	if (o.delen != r->zonder || o.waarom != r->waarom)
		fail_msg("%s %s: parts %u, why %u", r->functie, srt, o.delen,
		    o.waarom);
	o = judge(r, srt, r->in ? FIT_IN : FIT_UIT, "4KB1");
	if (o.delen != r->fit)
		fail_msg("%s %s, in scope: parts %u", r->functie, srt, o.delen);
	for (size_t k = 0; k < 4; k++) {
		o = judge(r, srt, misfit[k], "4KB1");
		if (o.delen != 0 || o.mag ||
		    o.waarom != (r->zonder == 0 ? FUN : BER))
			fail_msg("%s %s, outside %s: parts %u why %u",
			    r->functie, srt, ov_bereik_names[k], o.delen,
			    o.waarom);
	}
	/* Nothing is known: that it is there, and no part. */
	s = account(r->functie, FIT_IN);
	ov_feiten_of(table, &f, srt, r->in, NULL, "");
	o = ov_toegang_oordeel(table, ov_account_find(s, "x"), r->mag, &f,
	    "2026-09-01");
	assert_int_equal(o.delen, 0);
	assert_int_equal(o.mag, r->fit != 0);
	ov_accounts_free(s);
	/* Before the right, and outside the dates of the function. */
	s = account(r->functie,
	    ",\"van\":\"2026-08-01\",\"tot\":\"2027-07-31\"");
	for (size_t k = 0; k < 2; k++) {
		o = ov_toegang_ooit(table, ov_account_find(s, "x"), r->mag, srt,
		    k == 0 ? "2026-07-31" : "2027-08-01");
		assert_false(o.mag);
		assert_int_equal(o.waarom, OV_WAAROM_DATUM);
	}
	ov_accounts_free(s);
}

static void
function_part_scope(void **state)
{
	char srt[40];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (const char *s = rows[i].srts; word(&s, srt);)
			one_row(&rows[i], srt);
}

static size_t
rows_about(const char *functie, const char *srt, bool in, unsigned mag)
{
	char one[40];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].functie, functie) == 0 && rows[i].in == in &&
		    rows[i].mag == mag)
			for (const char *s = rows[i].srts; word(&s, one);)
				n += strcmp(one, srt) == 0 ? 1 : 0;
	return n;
}

/* What is not in the table above is given to nobody: every function, type,
 * direction and right that touches content. */
static void
nothing_besides(void **state)
{
	static const char *const functies[] = {"mentor", "decaan",
	    "zorgcoördinator", "intaker", "verzuimcoördinator",
	    "leerplichtambtenaar", "consulent", "fg", "beheerder"};
	static const unsigned mag[] = {OV_MAG_INZIEN, OV_MAG_INVULLEN,
	    OV_MAG_BESLISSEN, OV_MAG_VERZENDEN, OV_MAG_EXPORTEREN};
	static const char *const srt[] = {"overstapdossier", "overstapstatus",
	    "terugkoppeling", "uitschrijving", "verzuimmelding",
	    "verzuimstatus", "warme-overdracht", "correctie", "intrekking",
	    "wissing", "ontvangst", "pgn-wijziging", "overdracht",
	    "afsluitverklaring", OV_SRT_LEERLINGEN};
	struct row r = {0};

	(void)state;
	for (size_t t = 0; t < 14; t++)
		assert_true(ov_types_known(types, srt[t]));
	for (size_t k = 0; k < 9 * 15 * 10; k++) {
		const char *what = srt[k / 9 % 15];
		size_t n;

		r.functie = functies[k % 9];
		r.in = k / 135 >= 5;
		r.mag = mag[k / 135 % 5];
		n = rows_about(r.functie, what, r.in, r.mag);
		assert_true(n <= 1);
		if (n == 0 &&
		    (judge(&r, what, "", "4KB1").delen != 0 ||
		        judge(&r, what, r.in ? FIT_IN : FIT_UIT, "4KB1")
		                .delen != 0))
			fail_msg("%s %s %s", r.functie, what,
			    ov_mag_names[__builtin_ctz(r.mag)]);
	}
}

static void
states_only(void **state)
{
	struct row r = {"beheerder", "overstapdossier", true, OV_MAG_STANDEN, 0,
	    0, 0};
	struct ov_oordeel o = judge(&r, r.srts, "", "");

	(void)state;
	assert_true(o.mag);
	assert_int_equal(o.delen, 0);
	r.functie = "intaker";
	assert_false(judge(&r, r.srts, "", "").mag);
}

static enum ov_waarom
on(const char *more, const char *day)
{
	struct ov_accounts *s = account("mentor", more);
	struct ov_oordeel o = ov_toegang_ooit(table, ov_account_find(s, "x"),
	    OV_MAG_INZIEN, "overstapdossier", day);

	assert_int_equal(o.mag, o.waarom == NIET);
	ov_accounts_free(s);
	return o.waarom;
}

static void
dates(void **state)
{
	static const char year[] = ",\"van\":\"2026-08-01\",\"tot\":"
	                           "\"2027-07-31\"";
	struct ov_oordeel o;

	(void)state;
	assert_int_equal(on(year, "2026-07-31"), OV_WAAROM_DATUM);
	assert_int_equal(on(year, "2026-08-01"), NIET);
	assert_int_equal(on(year, "2027-07-31"), NIET);
	assert_int_equal(on(year, "2027-08-01"), OV_WAAROM_DATUM);
	assert_int_equal(on("", "2020-07-31"), FUN); /* the right's own date */
	assert_int_equal(on("", "2020-08-01"), NIET);
	o = ov_toegang_ooit(table, NULL, OV_MAG_INZIEN, NULL, "2026-09-01");
	assert_false(o.mag);
	assert_int_equal(o.waarom, OV_WAAROM_ACCOUNT);
}

/* Two functions add up, each within its own scope. */
static void
added_up(void **state)
{
	static const char both[] =
	    "{\"versie\":1,\"accounts\":[{\"account\":\"x\",\"functies\":["
	    "{\"functie\":\"mentor\",\"klas\":[\"4KB1\"]},"
	    "{\"functie\":\"zorgcoördinator\",\"klas\":[\"4KB2\"]}]}]}";
	struct ov_accounts *s;
	struct ov_feiten f;
	struct ov_err e = {0};
	json_t *j = dossier();
	static const struct {
		const char *klas;
		uint8_t delen;
	} t[] = {{"4KB1", ALG | A | B}, {"4KB2", ALG | A | B | C}, {"4KB3", 0},
	    {"", 0}};

	(void)state;
	assert_int_equal(ov_accounts_load(table, ov_view_str(both), &s, &e),
	    OV_OK);
	for (size_t i = 0; i < 4; i++) {
		ov_feiten_of(table, &f, "overstapdossier", false, j, t[i].klas);
		assert_int_equal(ov_toegang_oordeel(table,
		                     ov_account_find(s, "x"), OV_MAG_INZIEN, &f,
		                     "2026-09-01")
		                     .delen,
		    t[i].delen);
	}
	assert_null(ov_account_find(s, "y"));
	assert_non_null(ov_account_machine(s));
	ov_accounts_free(s);
	json_decref(j);
}

static void
left_out(void **state)
{
	json_t *j = dossier(), *weg = json_array();

	(void)state;
	assert_int_equal(ov_toegang_delen(types, "overstapdossier", j),
	    ALG | A | B | C);
	ov_toegang_schoon(types, "overstapdossier", j, ALG | A | B, weg);
	assert_null(json_object_get(j, "ondersteuning"));
	assert_non_null(json_object_get(j, "motivatie"));
	assert_non_null(json_object_get(j, "heeftOndersteuningsbehoefte"));
	assert_int_equal(json_array_size(weg), 1);
	ov_toegang_schoon(types, "overstapdossier", j, ALG, weg);
	assert_null(json_object_get(j, "motivatie"));
	assert_null(json_object_get(j, "resultaten"));
	assert_int_equal(json_array_size(weg), 4);
	assert_int_equal(ov_toegang_delen(types, "overstapdossier", j), ALG);
	ov_toegang_schoon(types, "overstapdossier", j, 0, weg);
	assert_int_equal(json_object_size(j), 0);
	json_decref(j);
	json_decref(weg);
}

/* A correctie of a field of part C is part C. */
static void
correction(void **state)
{
	json_t *j = json_pack("{s:[{s:s,s:s},{s:s,s:s},{s:s,s:s}]}", "velden",
	    "pad", "/ondersteuning/thuissituatie", "waarde", "x", "pad",
	    "/geslachtsnaam", "waarde", "y", "pad", "/bestaatniet", "waarde",
	    "z");
	json_t *weg = json_array();

	(void)state;
	ov_toegang_schoon(types, "correctie", j, ALG | A | B, weg);
	assert_int_equal(json_array_size(json_object_get(j, "velden")), 1);
	assert_int_equal(json_array_size(weg), 2);
	json_decref(j);
	json_decref(weg);
}

#define F "\"functies\":[\"mentor\",\"beheerder\"],\"bereik\":[],"
#define R(m) "{\"functie\":\"mentor\",\"typen\":[\"overstapdossier\"]," m "}"
#define D ",\"geldigVan\":\"2020-01-01\",\"bron\":\"b\""

static void
bad_tables(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
	    {"{\"versie\":2," F "\"rechten\":[]}", "versie"},
	    {"{\"versie\":1,\"functies\":[\"mentor\"],\"bereik\":[],"
	     "\"rechten\":[]}",
	        "no beheerder"},
	    {"{\"versie\":1,\"functies\":[\"mentor\",\"mentor\"],\"bereik\":[],"
	     "\"rechten\":[]}",
	        "functies[1]"},
	    {"{\"versie\":1,\"functies\":[\"beheerder\"],\"bereik\":"
	     "[{\"bereik\":\"opleiding\",\"pad\":\"/nergens\"}],"
	     "\"rechten\":[]}",
	        "bereik[0]"},
	    {"{\"versie\":1," F
	     "\"rechten\":[" R("\"delen\":[\"D\"],\"mag\":[\"inzien\"]" D) "]}",
	        "rechten[0]"},
	    {"{\"versie\":1," F
	     "\"rechten\":[" R("\"delen\":[\"A\"],\"mag\":[\"lezen\"]" D) "]}",
	        "mag"},
	    {"{\"versie\":1," F "\"rechten\":[{\"functie\":\"mentor\","
	     "\"typen\":[\"roman\"],\"delen\":[],\"mag\":[\"inzien\"]" D "}]}",
	        "typen"},
	    {"{\"versie\":1," F "\"rechten\":[" R(
	         "\"delen\":[\"A\"],\"mag\":["
	         "\"inzien\"]" D) "," R("\"delen\":[\"A\",\"B\"],\"mag\":["
	                                "\"inzien\"]" D) "]}",
	        "rechten[0] and rechten[1]"},
	    {"{\"versie\":1," F "\"rechten\":[" R(
	         "\"delen\":[\"A\"],\"mag\":[\"inzien\",\"beheren\"]" D) "]}",
	        "sees no content"},
	    {"{\"versie\":1," F
	     "\"rechten\":[" R("\"delen\":[\"A\"],\"mag\":[\"inzien\"],"
	                       "\"bron\":\"b\","
	                       "\"geldigVan\":\"2021-01-01\",\"geldigTot\":"
	                       "\"2020-01-01\"") "]}",
	        "geldigTot"},
	};
	struct ov_toegang *x;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_err e = {0};

		assert_int_equal(ov_toegang_load(types, ov_view_str(t[i].text),
		                     &x, &e),
		    OV_BADMSG);
		if (strstr(e.msg, t[i].says) == NULL ||
		    strstr(e.msg, "toegang.json") == NULL)
			fail_msg("%zu: %s", i, e.msg);
	}
}

#define ACC(m) "{\"versie\":1,\"accounts\":[" m "]}"

static void
bad_accounts(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
	    {ACC("{\"account\":\"a\",\"functies\":[{\"functie\":\"koning\"}]}"),
	        "accounts[0]: functies[0]"},
	    {ACC("{\"account\":\"a\",\"functies\":[]},"
	         "{\"account\":\"a\",\"functies\":[]}"),
	        "accounts[1]: account: twice"},
	    {ACC("{\"account\":\"a\",\"functies\":[{\"functie\":\"mentor\","
	         "\"opleiding\":[\"kok\"]}]}"),
	        "opleiding"},
	    {ACC("{\"account\":\"a\",\"functies\":[{\"functie\":\"mentor\","
	         "\"woongemeente\":[\"19\"]}]}"),
	        "woongemeente"},
	    {ACC("{\"account\":\"a\",\"functies\":[{\"functie\":\"mentor\","
	         "\"van\":\"2026-02-01\",\"tot\":\"2026-01-31\"}]}"),
	        "tot"},
	    {ACC("{\"account\":\"a\",\"functies\":[{\"functie\":\"mentor\","
	         "\"tot\":\"2026-08-01\"},{\"functie\":\"mentor\","
	         "\"van\":\"2026-08-01\"}]}"),
	        "functies[0] and functies[1]"},
	    {ACC("{\"account\":\"a\",\"functies\":[],\"baas\":true}"),
	        "accounts[0]"},
	    {"[]", "accounts.json"},
	};
	struct ov_accounts *x;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ov_err e = {0};

		assert_int_equal(ov_accounts_load(table, ov_view_str(t[i].text),
		                     &x, &e),
		    OV_BADMSG);
		if (strstr(e.msg, t[i].says) == NULL)
			fail_msg("%zu: %s", i, e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(function_part_scope),
	    cmocka_unit_test(nothing_besides),
	    cmocka_unit_test(states_only),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(added_up),
	    cmocka_unit_test(left_out),
	    cmocka_unit_test(correction),
	    cmocka_unit_test(bad_tables),
	    cmocka_unit_test(bad_accounts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
