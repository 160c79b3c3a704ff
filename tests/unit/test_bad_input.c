/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_bad_input.c - what may not be sent, at both ends: the
 * sender's own daemon refuses the row before anything is queued and names the
 * field, the rule and its source; a faulty sender who seals it all the same is
 * refused by the receiver, who stores nothing.
 */
#include "tests/unit/accept_fixture.h"

#define D(x) "\"" x "\""

enum kind { DOSSIER, UIT, VERZUIM, TERUG, KIND_N };
static const struct {
	const char *file, *srt;
	unsigned from, to; /* roles */
} kinds[KIND_N] = {{"dossier-volledig.json", "overstapdossier",
                       OV_ROL_BIT(OV_ROL_VO), OV_ROL_BIT(OV_ROL_MBO)},
    {"uitschrijving.json", "uitschrijving", OV_ROL_BIT(OV_ROL_VO),
        OV_ROL_BIT(OV_ROL_LEERPLICHT) | OV_ROL_BIT(OV_ROL_DOORSTROOMPUNT)},
    {"verzuimmelding.json", "verzuimmelding", OV_ROL_BIT(OV_ROL_VO),
        OV_ROL_BIT(OV_ROL_LEERPLICHT) | OV_ROL_BIT(OV_ROL_DOORSTROOMPUNT)},
    {"terugkoppeling-leerling.json", "terugkoppeling", OV_ROL_BIT(OV_ROL_MBO),
        OV_ROL_BIT(OV_ROL_VO)}};

struct change {
	const char *lid, *waarde; /* "a/b", JSON text; NULL: taken away */
};

/* What a row is refused for: by the sender at kolom, with `zegt` in the
 * sentence; by the receiver at the same place, or with niet-toegestaan. */
static const struct {
	const char *wat;
	enum kind kind;
	struct change c[5];
	const char *kolom, *reden, *zegt;
} cases[] = {
    {"free text for a code", UIT, {{"redenUitval", D("naar het buitenland")}},
        "/inhoud/redenUitval", "code", "MBO Raad"},
    {"free text for a status", VERZUIM, {{"soortVerzuim", D("ongeoorloofd")}},
        "/inhoud/soortVerzuim", "code", "Besluit verzuimmelding"},
    {"a container reason", UIT, {{"redenUitval", D("privéredenen")}},
        "/inhoud/redenUitval", "code", "Kies een waarde uit de lijst"},
    {"health outside part C", DOSSIER, {{"medicijngebruik", "true"}},
        "/inhoud/medicijngebruik", "onbekend-lid", "BWBR0031619"},
    {"health in part B", DOSSIER, {{"overstapadvies/diagnose", D("F90.0")}},
        "/inhoud/overstapadvies/diagnose", "onbekend-lid", "BWBR0031619"},
    {"health in a notice", UIT, {{"ondersteuning", "{}"}},
        "/inhoud/ondersteuning", "onbekend-lid", "LPW 18"},
    {"part C without a need", DOSSIER,
        {{"heeftOndersteuningsbehoefte", "false"}}, "/inhoud/ondersteuning",
        "verboden", "art. 6"},
    {"absence before the law's year", DOSSIER,
        {{"verzuim/periodeVan", D("2024-03-13")}}, "/inhoud/verzuim/periodeVan",
        "patroon", "art. 7"},
    {"a value in VERBODEN", DOSSIER, {{"uitlevering/verzuim", D("VERBODEN")}},
        "/inhoud/verzuim", "verboden", "OSO codelijst 48"},
    {"a value in OPT-UIT", DOSSIER, {{"uitlevering/verzuim", D("OPT-UIT")}},
        "/inhoud/verzuim", "verboden", "OSO codelijst 48"},
    {"a number of a person", DOSSIER, {{"pgn", D("999990007")}}, "/inhoud/pgn",
        "onbekend-lid", "BWBR0031619"},
    {"a secret address", VERZUIM, {{"adres/geheim", "true"}},
        "/inhoud/adres/straat", "verboden", "geheim adres"},
    {"not the woongemeente", VERZUIM, {{"adres/gemeentecode", D("0794")}},
        "/ontvanger", NULL, "woongemeente"},
    {"too old on the day", VERZUIM,
        {{"grondslag", D("VERZUIM-NIET-LEERPLICHTIG")},
            {"geboortedatum", D("1999-01-01")}, {"begindatum", D("2026-01-01")},
            {"einddatum", D("2026-01-21")},
            {"soortVerzuim", D("doorstroompunt")}},
        "/inhoud/geboortedatum", NULL,
        "De grens is 27 jaar. Bron: Wet van school naar duurzaam werk"},
    {"too old on the last day of the old limit", VERZUIM,
        {{"grondslag", D("VERZUIM-NIET-LEERPLICHTIG")},
            {"geboortedatum", D("2002-12-31")}, {"begindatum", D("2025-12-31")},
            {"einddatum", D("2026-01-21")},
            {"soortVerzuim", D("doorstroompunt")}},
        "/inhoud/geboortedatum", NULL,
        "De grens is 23 jaar. Bron: WEB 8.3.1 (oud)"},
    {"part C for another institution", DOSSIER,
        {{"toelatingsrecht/instelling", D("00AA")}},
        "/inhoud/toelatingsrecht/instelling", NULL, "Deel C"},
    {"a ground that does not serve", VERZUIM,
        {{"grondslag", D("UITSCHRIJVING-LPW")}}, "/inhoud/grondslag", NULL,
        "grondslag"},
    {"what the region did not open", TERUG, {{NULL, NULL}}, "/ontvanger", NULL,
        "regio.json"},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static json_t *
content(enum kind kind, const char *brin)
{
	char path[256];
	json_t *j;

	(void)snprintf(path, sizeof(path), "%s/%s", OV_TEST_DATA,
	    kinds[kind].file);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_del(j, "vervolgVan");
	if (kind == UIT)
		(void)json_object_set_new(j, "soort",
		    json_string("verwijdering"));
	if (kind == DOSSIER) /* part C goes to its institution alone */
		(void)json_object_set_new(json_object_get(j, "toelatingsrecht"),
		    "instelling", json_string(brin));
	return j;
}

static void
change(json_t *j, const struct change *c)
{
	const char *slash = strchr(c->lid, '/');
	char groep[40] = "";
	json_t *o = j;

	if (slash != NULL) {
		memcpy(groep, c->lid, (size_t)(slash - c->lid));
		o = json_object_get(j, groep);
	}
	assert_non_null(o);
	assert_int_equal(json_object_set_new(o,
	                     slash != NULL ? slash + 1 : c->lid,
	                     json_loads(c->waarde, JSON_DECODE_ANY, NULL)),
	    0);
}

static json_t *
case_content(size_t i, const char *brin)
{
	json_t *j = content(cases[i].kind, brin);

	for (size_t k = 0; k < 5 && cases[i].c[k].lid != NULL; k++)
		change(j, &cases[i].c[k]);
	return j;
}

/* Who is which end, and who serves the gemeente. */
static void
ends(const char *sender, enum kind kind)
{
	static char served[1][5] = {"0193"};

	for (size_t i = 0; i < w.st->boek->nlid; i++) {
		struct ov_lid *l = &w.st->boek->lid[i];
		bool from = strcmp(l->oin.s, sender) == 0;

		l->rol = from ? kinds[kind].from : kinds[kind].to;
		l->gemeente = from ? NULL : served;
		l->ngemeente = from ? 0 : 1;
	}
}

static int64_t
count(const char *sql)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL, sql, ""), OV_OK);
	return n;
}

static const char *
member(const json_t *row, const char *name)
{
	const char *s = json_string_value(json_object_get(row, name));

	return s != NULL ? s : "(none)";
}

/* ---- the sender ---- */

static json_t *
import(enum kind kind, const char *ref, json_t *inhoud, json_t *faults)
{
	return ask("import",
	    json_pack("{s:s,s:s}", "profiel", kinds[kind].srt, "bestand", ""),
	    json_pack("[{s:i,s:s,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie",
	        ref, "pgn", "999990007", "ontvanger", "Beroepscollege",
	        "inhoud", inhoud),
	    faults);
}

static bool
told(const json_t *faults, size_t i)
{
	const json_t *f;
	char code[40];
	size_t k;

	(void)snprintf(code, sizeof(code), "%s%s",
	    cases[i].reden != NULL ? "reden/" : "niet-toegestaan",
	    cases[i].reden != NULL ? cases[i].reden : "");
	json_array_foreach(faults, k, f)
	{
		if (strcmp(member(f, "kolom"), cases[i].kolom) == 0 &&
		    strcmp(member(f, "reden"), code) == 0 &&
		    strstr(member(f, "tekst"), cases[i].zegt) != NULL)
			return true;
	}
	return false;
}

static void
refused_by_the_sender(void **state)
{
	json_t *faults = json_array(), *j;

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		ends(SELF, cases[i].kind);
		j = import(cases[i].kind, "a", case_content(i, "25LH"), faults);
		if (end_int(j, "fout") != 1 || !told(faults, i)) {
			char *s = json_dumps(faults, JSON_INDENT(1));

			fail_msg("%s: %s", cases[i].wat, s);
		}
		json_decref(j);
		json_array_clear(faults);
		json_decref(
		    ask("send", json_pack("{s:b}", "alles", 1), NULL, NULL));
		assert_int_equal(count("SELECT count(*) FROM concept"), 0);
		assert_int_equal(count("SELECT count(*) FROM uitgaand"), 0);
		assert_int_equal(count("SELECT count(*) FROM leerling"), 0);
	}
	json_decref(faults);
}

/* The same without the fault is sent: it is the fault that was refused.  What
 * is secret of an address stays out, and the notice goes. */
static void
sent_without_the_fault(void **state)
{
	json_t *j, *c, *faults = json_array();
	int64_t n = 0;

	(void)state;
	for (enum kind k = DOSSIER; k <= VERZUIM; k++) {
		ends(SELF, k);
		c = content(k, "25LH");
		if (k == VERZUIM)
			(void)json_object_set_new(c, "adres",
			    json_pack("{s:b,s:s}", "geheim", 1, "gemeentecode",
			        "0193"));
		j = import(k, "a", c, faults);
		if (end_int(j, "goed") != 1)
			fail_msg("%s: %s", kinds[k].srt,
			    json_dumps(faults, JSON_INDENT(1)));
		json_decref(j);
		j = ask("send", json_pack("{s:b}", "alles", 1), NULL, faults);
		assert_int_equal(end_int(j, "opgesteld"), 1);
		json_decref(j);
		assert_int_equal(count("SELECT count(*) FROM uitgaand"), ++n);
	}
	json_decref(faults);
}

/* ---- the receiver ---- */

static uint64_t seq;

static void
arrives(const char *srt, json_t *inhoud)
{
	struct ov_claims c = {.seq = ++seq, .has_pid = true};
	OV_BUF text = {0};

	ngot = 0;
	memset(c.jti, (int)seq, sizeof(c.jti));
	memset(c.pid, (int)seq, sizeof(c.pid));
	(void)snprintf(c.srt, sizeof(c.srt), "%s", srt);
	ov_json_dump(&text, inhoud);
	json_decref(inhoud);
	post_claims(1, 1, &c, (struct ov_view){text.p, text.n});
	world_turn(20);
}

static void
refused_by_the_receiver(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		enum kind k = cases[i].kind;
		bool content = cases[i].reden != NULL;

		ends(PEER, k);
		arrives(kinds[k].srt, case_content(i, "25PU"));
		assert_int_equal(ngot, 1);
		if (strcmp(got[0].code,
		        content ? "inhoud-ongeldig" : "niet-toegestaan") != 0 ||
		    (content && (strcmp(got[0].pad, cases[i].kolom) != 0 ||
		                    strcmp(got[0].reden, cases[i].reden) != 0)))
			fail_msg("%s: %u %s %s %s", cases[i].wat, got[0].status,
			    got[0].code, got[0].pad, got[0].reden);
		assert_int_equal(got[0].status, content ? 422 : 403);
		assert_int_equal(stored(), 0);
	}
}

static void
taken_without_the_fault(void **state)
{
	json_t *c;

	(void)state;
	for (enum kind k = DOSSIER; k <= VERZUIM; k++) {
		ends(PEER, k);
		c = content(k, "25PU");
		if (k == VERZUIM)
			(void)json_object_set_new(c, "adres",
			    json_pack("{s:b,s:s}", "geheim", 1, "gemeentecode",
			        "0193"));
		arrives(kinds[k].srt, c);
		is(1, 201, "");
		assert_int_equal(stored(), k + 1);
	}
}

/* ---- the rules of the field that are judged where messages meet ---- */

/* Whose certificate it is is whose message it is, and the role of that member
 * may send this type. */
static void
rule_1_the_sender_and_its_role(void **state)
{
	struct ov_claims c = {.seq = 90,
	    .has_pid = true,
	    .srt = "uitschrijving"};
	OV_BUF text = {0};
	OV_JSON *j = content(UIT, "");

	(void)state;
	ov_json_dump(&text, j);
	memset(c.jti, 90, sizeof(c.jti));
	memset(c.pid, 90, sizeof(c.pid));
	ends(PEER, UIT);
	c.iss = w.st->self; /* another's name inside */
	post_claims(1, 1, &c, (struct ov_view){text.p, text.n});
	world_turn(20);
	is(1, 403, "partij-komt-niet-overeen");
	/* A municipality sends no uitschrijving. */
	ends(SELF, UIT);
	arrives("uitschrijving", content(UIT, ""));
	is(1, 403, "niet-toegestaan");
	assert_int_equal(stored(), 0);
	ends(PEER, UIT);
	arrives("uitschrijving", content(UIT, ""));
	is(1, 201, "");
}

static void
rule_11_not_in_the_woongemeente(void **state)
{
	static char other[1][5] = {"0794"};
	json_t *c;

	(void)state;
	ends(PEER, VERZUIM);
	for (size_t i = 0; i < w.st->boek->nlid; i++)
		if (strcmp(w.st->boek->lid[i].oin.s, SELF) == 0)
			w.st->boek->lid[i].gemeente = other;
	arrives("verzuimmelding", content(VERZUIM, ""));
	is(1, 403, "niet-toegestaan");
	assert_int_equal(stored(), 0);
	c = content(VERZUIM, "");
	change(c, &(struct change){"adres/gemeentecode", D("0794")});
	arrives("verzuimmelding", c);
	is(1, 201, "");
}

/* Later than 5 working days after the 16th hour: it is taken, and it says how
 * late.  Holidays do not count. */
static void
rule_7_a_late_notice_is_taken_and_flagged(void **state)
{
	json_t *c, *rows = json_array();
	char today[OV_DATE_SIZE], late[OV_DATE_SIZE];
	struct ov_date d = ov_date_nl(ov_now(w.st)), peil = d;
	int32_t n = 0;

	(void)state;
	ends(PEER, VERZUIM);
	while (n < 6) { /* the sixth working day before today */
		peil = ov_date_add_days(peil, -1);
		n = ov_kal_werkdagen(w.st->kalender, peil, d);
	}
	ov_date_fmt(late, peil);
	while (n > 5) {
		peil = ov_date_add_days(peil, 1);
		n = ov_kal_werkdagen(w.st->kalender, peil, d);
	}
	ov_date_fmt(today, peil);
	for (int i = 0; i < 2; i++) {
		c = content(VERZUIM, "");
		(void)json_object_set_new(c, "einddatum",
		    json_string(i == 0 ? today : late));
		arrives("verzuimmelding", c);
		is(1, 201, "");
	}
	json_decref(ask("inbox.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 2);
	n = 0;
	for (size_t i = 0; i < 2; i++)
		n += (int32_t)json_integer_value(
		    json_object_get(json_array_get(rows, i), "teLaat"));
	assert_int_equal(n, 1); /* one of them, by one working day */
	json_decref(rows);
}

/* Two applications of one pupil run side by side; each has its own zaak. */
static void
status(uint8_t zaak, const char *word, bool fits)
{
	struct ov_claims c = {.seq = ++seq,
	    .has_pid = true,
	    .has_zaak = true,
	    .srt = "overstapstatus"};
	OV_JSON *j = json_load_file(OV_TEST_DATA "/status.json", 0, NULL);
	OV_BUF text = {0};

	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_set_new(j, "status", json_string(word));
	ov_json_dump(&text, j);
	ngot = 0;
	memset(c.jti, (int)seq, sizeof(c.jti));
	memset(c.pid, 7, sizeof(c.pid)); /* the same pupil */
	memset(c.zaak, zaak, sizeof(c.zaak));
	post_claims(1, 1, &c, (struct ov_view){text.p, text.n});
	world_turn(20);
	if (fits) {
		is(1, 201, "");
		return;
	}
	is(1, 422, "inhoud-ongeldig");
	assert_string_equal(got[0].pad, "/inhoud/status");
	assert_string_equal(got[0].reden, "code");
	seq--; /* it was not taken */
}

static void
rule_5_applications_side_by_side(void **state)
{
	(void)state;
	for (size_t i = 0; i < w.st->boek->nlid; i++)
		w.st->boek->lid[i].rol = strcmp(w.st->boek->lid[i].oin.s,
		                             PEER) == 0
		                             ? OV_ROL_BIT(OV_ROL_MBO)
		                             : OV_ROL_BIT(OV_ROL_VO);
	status(1, "aangemeld", true);
	status(2, "aanmelding-ontvangen", true);
	status(1, "ovk-aangeboden", true);
	status(2, "aangemeld", true); /* behind the first, and its own step */
	status(1, "aangemeld", false);
	status(2, "ingetrokken", true);
	status(2, "ingeschreven", false); /* it has ended */
	status(1, "ingeschreven", true);  /* and the other has not */
	status(1, "gestart", true);
	status(3, "keuze", true); /* a third may begin at the beginning */
	status(1, "keuze", false);
}

static int
up(void **state)
{
	int r = world_up(state);

	memset(got, 0, sizeof(got));
	ngot = 0;
	seq = 0;
	w.st->env.net = answer_net;
	world_book();
	ov_store_net_up(w.st);
	connected(1);
	return r;
}

static int
down(void **state)
{
	for (size_t i = 0; i < w.st->boek->nlid; i++) { /* were ours */
		w.st->boek->lid[i].gemeente = NULL;
		w.st->boek->lid[i].ngemeente = 0;
	}
	ov_store_net_down(w.st);
	return world_down(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(refused_by_the_sender),
	    T(sent_without_the_fault), T(refused_by_the_receiver),
	    T(taken_without_the_fault), T(rule_1_the_sender_and_its_role),
	    T(rule_11_not_in_the_woongemeente),
	    T(rule_5_applications_side_by_side),
	    T(rule_7_a_late_notice_is_taken_and_flagged)};

	ov_log_level(OV_LOG_ERROR);
	return cmocka_run_group_tests_name("bad input", tests, NULL, NULL);
}
