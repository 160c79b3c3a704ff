/* SPDX-License-Identifier: EUPL-1.2 */
/* What holds between the members of a message, for its pseudonym, and for the
 * message it is about. */
#include "tests/unit/types_fixture.h"

/* file, member (one level or a/b), new value as JSON text or NULL to remove,
 * expected pointer and reason */
static const struct {
	size_t file;
	const char *groep, *lid, *waarde, *pad;
	enum ov_reden reden;
} rules[] = {
    {DOSSIER, NULL, "dossierdatum", "\"2025-04-02\"", "/inhoud/dossierdatum",
        OV_REDEN_PATROON},
    {DOSSIER, NULL, "geboortedatum", "\"2025-03-15\"", "/inhoud/geboortedatum",
        OV_REDEN_PATROON},
    {DOSSIER, "verzuim", "periodeTot", "\"2025-03-15\"",
        "/inhoud/verzuim/periodeTot", OV_REDEN_PATROON},
    {DOSSIER, "verzuim", "periodeVan", "\"2024-03-13\"",
        "/inhoud/verzuim/periodeVan", OV_REDEN_PATROON},
    {DOSSIER, NULL, "heeftOndersteuningsbehoefte", "false",
        "/inhoud/ondersteuning", OV_REDEN_VERBODEN},
    {DOSSIER, "toelatingsrecht", "instelling", NULL,
        "/inhoud/toelatingsrecht/instelling", OV_REDEN_ONTBREEKT},
    {DOSSIER, NULL, "toelatingsrecht", NULL,
        "/inhoud/toelatingsrecht/instelling", OV_REDEN_ONTBREEKT},
    {DOSSIER, NULL, "warmeOverdrachtGewenst", NULL,
        "/inhoud/warmeOverdrachtGewenst", OV_REDEN_ONTBREEKT},
    {DOSSIER, "inzage", "inzagedatum", NULL, "/inhoud/inzage/inzagedatum",
        OV_REDEN_ONTBREEKT},
    {DOSSIER, "inzage", "redenNietAkkoord", NULL,
        "/inhoud/inzage/redenNietAkkoord", OV_REDEN_ONTBREEKT},
    {DOSSIER, "adres", "geheim", "true", "/inhoud/adres/straat",
        OV_REDEN_VERBODEN},
    {DOSSIER, "adres", "geheim", "true", "/inhoud/adres/postcode",
        OV_REDEN_VERBODEN},
    {DOSSIER, "adres", "straat", NULL, "/inhoud/adres/straat",
        OV_REDEN_ONTBREEKT},
    {DOSSIER, "uitlevering", "verzuim", "\"VERBODEN\"", "/inhoud/verzuim",
        OV_REDEN_VERBODEN},
    {DOSSIER, "uitlevering", "handelingsplannen", "\"OPT-UIT\"",
        "/inhoud/ondersteuning/opp", OV_REDEN_VERBODEN},
    {DOSSIER, "uitlevering", "vve", "\"VERPLICHT\"", "/inhoud/uitlevering/vve",
        OV_REDEN_ONTBREEKT},
    {DOSSIER, "uitlevering", "leerling", "\"soms\"",
        "/inhoud/uitlevering/leerling", OV_REDEN_CODE},
    {DOSSIER, "uitlevering", "kleur", "\"VERBODEN\"",
        "/inhoud/uitlevering/kleur", OV_REDEN_ONBEKEND_LID},
    {DOSSIER, NULL, "grondslag", "\"AANMELDING-MBO\"", "/inhoud/grondslag",
        OV_REDEN_VERBODEN},
    {DOSSIER, NULL, "grondslag", "\"CASUS-2026\"", "/inhoud/grondslag",
        OV_REDEN_VERBODEN},
    {DOSSIER, NULL, "schema", "\"overstapdossier/2\"", "/inhoud/schema",
        OV_REDEN_CODE},
    {DOSSIER, NULL, "pgn", "\"x\"", "/inhoud/pgn", OV_REDEN_ONBEKEND_LID},
    {UITSCHRIJVING, NULL, "datumUitschrijving", "\"2021-07-31\"",
        "/inhoud/datumUitschrijving", OV_REDEN_PATROON},
    {UITSCHRIJVING, NULL, "datumUitschrijving", "\"2026-04-02\"",
        "/inhoud/datumUitschrijving", OV_REDEN_PATROON},
    {UITSCHRIJVING, NULL, "redenUitval", NULL, "/inhoud/redenUitval",
        OV_REDEN_ONTBREEKT},
    {UITSCHRIJVING, NULL, "inzage", "{}", "/inhoud/inzage",
        OV_REDEN_ONBEKEND_LID},
    {STATUS, NULL, "reden", NULL, "/inhoud/reden", OV_REDEN_ONTBREEKT},
    {STATUS, NULL, "datumStatus", "\"2025-04-02\"", "/inhoud/datumStatus",
        OV_REDEN_PATROON},
    {ONTVANGST, NULL, "functioneel", NULL, "/inhoud/koppeling",
        OV_REDEN_ONTBREEKT},
    {ONTVANGST, NULL, "koppeling", "\"gekoppeld\"", "/inhoud/functioneel",
        OV_REDEN_VERBODEN},
    {ONTVANGST, NULL, "functioneel", "\"afgewezen\"", "/inhoud/reden",
        OV_REDEN_ONTBREEKT},
    {ONTVANGST, NULL, "moment", NULL, "/inhoud/moment", OV_REDEN_ONTBREEKT},
    /* Absence. */
    {VERZUIM, NULL, "begindatum", "\"2025-04-02\"", "/inhoud/begindatum",
        OV_REDEN_PATROON},
    {VERZUIM, NULL, "einddatum", "\"2025-04-02\"", "/inhoud/einddatum",
        OV_REDEN_PATROON},
    {VERZUIM, NULL, "einddatum", "\"2025-03-02\"", "/inhoud/einddatum",
        OV_REDEN_PATROON},
    {VERZUIM, NULL, "begindatum", "\"2008-02-28\"", "/inhoud/begindatum",
        OV_REDEN_PATROON},
    {VERZUIM, "verzuim", "urenTotaal", "\"15.9\"", "/inhoud/verzuim/urenTotaal",
        OV_REDEN_PATROON},
    {VERZUIM, "verzuim", "urenTotaal", NULL, "/inhoud/verzuim/urenTotaal",
        OV_REDEN_ONTBREEKT},
    {VERZUIM, NULL, "verzuim", NULL, "/inhoud/verzuim/urenTotaal",
        OV_REDEN_ONTBREEKT},
    {VERZUIM, NULL, "toelichtingGeenActie", NULL,
        "/inhoud/toelichtingGeenActie", OV_REDEN_ONTBREEKT},
    {VERZUIM, NULL, "actieGewenst", "true", "/inhoud/toelichtingGeenActie",
        OV_REDEN_VERBODEN},
    {VERZUIM, NULL, "contactpersoon", NULL, "/inhoud/contactpersoon",
        OV_REDEN_ONTBREEKT},
    {VERZUIM, NULL, "pgn", "\"123456782\"", "/inhoud/pgn",
        OV_REDEN_ONBEKEND_LID},
    {VERZUIM, NULL, "duoMeldingsnummer", "\"123456789012345678901\"",
        "/inhoud/duoMeldingsnummer", OV_REDEN_TE_LANG},
    {VERZUIM, NULL, "duoMeldingsnummer", "\"12a\"", "/inhoud/duoMeldingsnummer",
        OV_REDEN_PATROON},
    {VSTATUS, NULL, "redenAfgesloten", NULL, "/inhoud/redenAfgesloten",
        OV_REDEN_ONTBREEKT},
    {VSTATUS, NULL, "status", "\"in-behandeling\"", "/inhoud/redenAfgesloten",
        OV_REDEN_VERBODEN},
    {VSTATUS, NULL, "status", "\"ingetrokken\"",
        "/inhoud/toelichtingAfsluiting", OV_REDEN_VERBODEN},
    /* "Overgedragen" is no status: the law does not know it. */
    {VSTATUS, NULL, "status", "\"overgedragen\"", "/inhoud/status",
        OV_REDEN_CODE},
    {VSTATUS, NULL, "datum", "\"2025-04-02\"", "/inhoud/datum",
        OV_REDEN_PATROON},
    /* Feedback. */
    {TERUG, NULL, "tellingen", NULL, "/inhoud/tellingen", OV_REDEN_ONTBREEKT},
    {TERUG, NULL, "aankomst", "\"gestart\"", "/inhoud/aankomst",
        OV_REDEN_VERBODEN},
    {TERUG, NULL, "opleidingBijStart", "{\"crebo\":\"25656\"}",
        "/inhoud/opleidingBijStart", OV_REDEN_VERBODEN},
    {TERUG, NULL, "uitval", "{\"uitgevallen\":false}", "/inhoud/uitval",
        OV_REDEN_VERBODEN},
    {TERUG, NULL, "switch", "{}", "/inhoud/switch", OV_REDEN_VERBODEN},
    {TERUG, NULL, "tellingen", "[{\"uitkomst\":\"gestart\",\"aantal\":4}]",
        "/inhoud/tellingen/0/aantal", OV_REDEN_PATROON},
    {TERUG, NULL, "tellingen",
        "[{\"uitkomst\":\"gestart\",\"aantal\":5,\"onderdrukt\":true}]",
        "/inhoud/tellingen/0/onderdrukt", OV_REDEN_VERBODEN},
    {TERUG, NULL, "tellingen", "[{\"uitkomst\":\"gestart\"}]",
        "/inhoud/tellingen/0/aantal", OV_REDEN_ONTBREEKT},
    {TERUG_LEERLING, NULL, "aankomst", NULL, "/inhoud/aankomst",
        OV_REDEN_ONTBREEKT},
    {TERUG_LEERLING, NULL, "tellingen",
        "[{\"uitkomst\":\"gestart\",\"aantal\":5}]", "/inhoud/tellingen",
        OV_REDEN_VERBODEN},
    {TERUG_LEERLING, "uitval", "uitgevallen", "false",
        "/inhoud/uitval/redenUitval", OV_REDEN_VERBODEN},
    {TERUG_LEERLING, "uitval", "uitgevallen", "false", "/inhoud/uitval/datum",
        OV_REDEN_VERBODEN},
    {TERUG, NULL, "peildatum", "\"2025-04-02\"", "/inhoud/peildatum",
        OV_REDEN_PATROON},
    /* A ground without PGN serves nothing with a pseudonym. */
    {TERUG_LEERLING, NULL, "grondslag", "\"AGGREGAAT\"", "/inhoud/grondslag",
        OV_REDEN_VERBODEN},
    /* A message about a message. */
    {CORRECTIE, NULL, "vervangt", "\"AAAAAAAAAAAAAAAAAAAAAA\"",
        "/inhoud/vervangt", OV_REDEN_PATROON},
    {INTREKKING, NULL, "datum", "\"2025-04-02\"", "/inhoud/datum",
        OV_REDEN_PATROON},
    {AFSLUIT, NULL, "moment", NULL, "/inhoud/moment", OV_REDEN_ONTBREEKT},
    {AFSLUIT, NULL, "aantal", NULL, "/inhoud/aantal", OV_REDEN_ONTBREEKT},
    {AFSLUIT, NULL, "grondBewaren", "\"archief\"", "/inhoud/grondBewaren",
        OV_REDEN_VERBODEN},
    {AFSLUIT_BLIJFT, NULL, "grondBewaren", NULL, "/inhoud/grondBewaren",
        OV_REDEN_ONTBREEKT},
    {AFSLUIT_BLIJFT, NULL, "moment", "\"2025-03-28T09:00:00Z\"",
        "/inhoud/moment", OV_REDEN_VERBODEN},
    {AFSLUIT_BLIJFT, NULL, "bewijs", "\"x\"", "/inhoud/bewijs",
        OV_REDEN_VERBODEN},
    {PGN, NULL, "datum", "\"2025-04-02\"", "/inhoud/datum", OV_REDEN_PATROON},
    {OVERDRACHT, NULL, "trajectEinde", "\"2024-10-31\"", "/inhoud/trajectEinde",
        OV_REDEN_PATROON},
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
	assert_int_equal(ov_types_check_json(types, "overstapdossier",
	                     docs[DOSSIER], 0, VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/pid", OV_REDEN_ONTBREEKT));
	assert_int_equal(ov_types_check_json(types, "overstapdossier",
	                     docs[DOSSIER], 42, VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/pid", OV_REDEN_PATROON));
	assert_int_equal(ov_types_check_json(types, "ontvangst",
	                     docs[ONTVANGST], 43, VANDAAG, &fouten),
	    OV_BADMSG);
	assert_true(has("/pid", OV_REDEN_VERBODEN));
	assert_int_equal(ov_types_check_json(types, "brief", docs[DOSSIER], 43,
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

/* The claim pid where the content decides. */
static void
test_pid_where_the_content_decides(void **state)
{
	static const struct {
		enum file file;
		size_t pid;
		enum ov_reden why;
	} t[] = {{TERUG, 43, OV_REDEN_VERBODEN}, {TERUG, 0, OV_REDEN_GEEN},
	    {TERUG_LEERLING, 0, OV_REDEN_ONTBREEKT},
	    {TERUG_LEERLING, 43, OV_REDEN_GEEN}};
	const struct ov_type *y = ov_types_find(types, "terugkoppeling",
	    VANDAAG);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		enum ov_rc rc = ov_types_check_json(types, "terugkoppeling",
		    docs[t[i].file], t[i].pid, VANDAAG, &fouten);

		assert_int_equal(rc == OV_OK, t[i].why == OV_REDEN_GEEN);
		if (t[i].why != OV_REDEN_GEEN)
			assert_true(has("/pid", t[i].why));
		assert_int_equal(ov_type_has_pid_json(y, docs[t[i].file]),
		    t[i].file == TERUG_LEERLING);
	}
	/* Without content: may it have one at all? */
	assert_true(ov_type_has_pid(y, NULL));
	assert_false(
	    ov_type_has_pid(ov_types_find(types, "ontvangst", VANDAAG), NULL));
}

/* 16 hours is enough, and the decimals are looked at. */
static void
test_16_hours(void **state)
{
	static const struct {
		const char *uren;
		bool ok;
	} t[] = {{"15.9", false}, {"15.99", false}, {"16", true},
	    {"16.0", true}, {"16.5", true}, {"9", false}, {"100", true},
	    {"0", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		json_t *d = json_deep_copy(docs[VERZUIM]);

		(void)json_object_set_new(json_object_get(d, "verzuim"),
		    "urenTotaal", json_string(t[i].uren));
		assert_int_equal(ov_types_check_json(types, "verzuimmelding", d,
		                     43, VANDAAG, &fouten),
		    t[i].ok ? OV_OK : OV_BADMSG);
		/* Another kind of absence has no such floor. */
		(void)json_object_set_new(d, "soortVerzuim",
		    json_string("signaal"));
		assert_int_equal(ov_types_check_json(types, "verzuimmelding", d,
		                     43, VANDAAG, &fouten),
		    OV_OK);
		json_decref(d);
	}
}

/* Which messages a message may be about. */
static void
test_about_a_message(void **state)
{
	static const struct {
		const char *srt, *lid, *over;
		enum ov_richting van;
		bool mag;
	} t[] = {
	    {"ontvangst", "/betreftBericht", "overstapdossier",
	        OV_VAN_ONTVANGER, true},
	    {"ontvangst", "/betreftBericht", "ontvangst", OV_VAN_ONTVANGER,
	        false},
	    {"verzuimstatus", "/betreftBericht", "verzuimmelding",
	        OV_VAN_ONTVANGER, true},
	    {"verzuimstatus", "/betreftBericht", "uitschrijving",
	        OV_VAN_ONTVANGER, false},
	    {"verzuimmelding", "/vervolgVan", "verzuimmelding", OV_VAN_AFZENDER,
	        true},
	    {"verzuimmelding", "/vervolgVan", "uitschrijving", OV_VAN_AFZENDER,
	        false},
	    {"correctie", "/betreftBericht", "ontvangst", OV_VAN_AFZENDER,
	        true},
	    {"correctie", "/betreftBericht", "wissing", OV_VAN_AFZENDER, false},
	    {"intrekking", "/betreftBericht", "verzuimmelding", OV_VAN_AFZENDER,
	        true},
	    {"intrekking", "/betreftBericht", "ontvangst", OV_VAN_AFZENDER,
	        false},
	    {"wissing", "/betreftBericht", "correctie", OV_VAN_AFZENDER, true},
	    {"wissing", "/betreftBericht", "intrekking", OV_VAN_AFZENDER,
	        false},
	    {"afsluitverklaring", "/betreftBericht", "wissing",
	        OV_VAN_ONTVANGER, true},
	    {"afsluitverklaring", "/betreftBericht", "overstapdossier",
	        OV_VAN_ONTVANGER, false},
	};
	const struct ov_betreft *b[2];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct ov_type *y = ov_types_find(types, t[i].srt,
		    VANDAAG);

		assert_int_equal(ov_type_betreft(y, b), 1);
		assert_string_equal(b[0]->lid, t[i].lid);
		assert_int_equal(b[0]->van, t[i].van);
		assert_int_equal(ov_betreft_mag(b[0], t[i].over), t[i].mag);
	}
	assert_int_equal(ov_type_betreft(ov_types_find(types, "overdracht",
	                                     VANDAAG),
	                     b),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules_between_members),
	    cmocka_unit_test(test_pid_and_type),
	    cmocka_unit_test(test_pid_where_the_content_decides),
	    cmocka_unit_test(test_16_hours),
	    cmocka_unit_test(test_about_a_message),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
