/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_dossier.c - the content of an overstapdossier: part A by the
 * pupil, part B by the school, part C where there is a need of support. */
#include <stdio.h>
#include <string.h>

#include "tools/generate.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

static const char *const t_motivatie[] = {
    "Ik wil graag met mijn handen werken en leren hoe dingen in elkaar zitten.",
    "Tijdens mijn stage merkte ik dat ik energie krijg van het contact met "
    "klanten.",
    "Ik heb op de open dag met een student gesproken en toen wist ik het "
    "zeker.",
    "Een vaste klas met praktijklessen past beter bij mij dan veel theorie.",
    "Na deze opleiding wil ik doorstromen naar een hoger niveau.",
    "Thuis help ik vaak mee in het bedrijf en daar wil ik verder in.",
    "Ik vind het belangrijk dat mijn werk iets betekent voor andere mensen.",
    "Het lijkt me mooi om later een eigen zaak te beginnen."};
static const char *const t_sterk[] =
    {"Ik ben geduldig en luister goed naar anderen.",
        "Ik houd me aan afspraken en kom op tijd.",
        "Ik zie snel wat er moet gebeuren en begin dan gewoon.",
        "In een groep zorg ik ervoor dat iedereen mee kan doen.",
        "Ik durf vragen te stellen als ik iets niet begrijp.",
        "Ik werk netjes en maak af waar ik aan begin."};
static const char *const t_hulp[] =
    {"Ik wil graag hulp bij het plannen van grotere opdrachten.",
        "Een vast aanspreekpunt in de eerste weken zou fijn zijn.",
        "Bij rekenen heb ik soms extra uitleg nodig.",
        "Ik vind presenteren voor een groep nog spannend.",
        "Ik wil leren hoe ik mijn aantekeningen beter kan ordenen."};
static const char *const t_lob[] = {"Heeft hier in het loopbaangesprek met de "
                                    "mentor over nagedacht en kan het "
                                    "goed verwoorden.",
    "Onderzocht met een interview bij een bedrijf wat het beroep inhoudt.",
    "Heeft de opdracht gemaakt en besproken met de decaan.",
    "Weet wat er nog geleerd moet worden en heeft daar stappen voor gekozen.",
    "Kan voorbeelden geven uit stage en bijbaan die bij de keuze passen.",
    "Vond dit eerst lastig, maar is in het laatste jaar zichtbaar gegroeid.",
    "Heeft twee open dagen bezocht en een dag meegelopen."};
static const char *const t_bewijs[] = {"loopbaandossier, opdracht 3",
    "verslag van de snuffelstage", "gespreksverslag van het derde leerjaar",
    "presentatie in de mentorles", "reflectieverslag bij het profielwerkstuk"};
static const char *const t_stage[] =
    {"Vlot in de omgang, komt op tijd en vraagt door.",
        "Werkt zelfstandig aan eenvoudige taken en meldt zich als het af is.",
        "Rustige kracht; mag wat meer initiatief nemen.",
        "Liet zien dat feedback wordt gebruikt.",
        "Goed contact met klanten en collega's."};
static const char *const t_functie[] = {"stagiair", "vakkenvuller",
    "medewerker bediening", "hulp in de groep", "assistent werkplaats",
    "krantenbezorger", "medewerker verkoop"};
static const char *const t_bedrijf[] = {"Zorgcentrum De Linde",
    "Bouwbedrijf Ankerhof", "Garage Vechtzicht", "Bakkerij 't Hoekje",
    "Kinderopvang Bolder", "Kwekerij De Zandhoeve",
    "Installatiebedrijf Wenner"};
static const char *const t_gedrag[] = {"Gaat goed om met klas en docenten.",
    "Werkt door als het onderwerp aanspreekt, heeft anders een zetje nodig.",
    "Huiswerk is meestal af; grote opdrachten vragen om een tussenstap.",
    "Is in een rustige omgeving goed geconcentreerd.",
    "Vraagt op tijd om hulp en pakt die ook aan.",
    "Laat in de praktijkvakken een hoger tempo zien dan in de theorie."};
static const char *const t_aandacht[] =
    {"Extra aandacht voor rekenen in de eerste periode.",
        "Heeft baat bij een duidelijke planning per week.",
        "Let op de overgang van kleine naar grote groepen.",
        "Past goed bij een opleiding met veel praktijk."};
static const char *const t_belemmering[] = {"Heeft meer tijd nodig bij toetsen "
                                            "en schriftelijke opdrachten.",
    "Raakt het overzicht kwijt bij veel taken tegelijk; opdrachten in stappen "
    "aanbieden werkt goed.",
    "Leest langzaam; teksten vooraf beschikbaar stellen helpt.",
    "Heeft moeite met onverwachte veranderingen in het rooster."};
static const char *const t_begeleiding[] = {"extra begeleiding bij het plannen",
    "remedial teaching Nederlands", "gesprekken met de schoolcoach",
    "ondersteuning in de klas", "training studievaardigheden"};
static const char *const t_resultaat[] =
    {"Het plannen gaat zichtbaar beter, voortzetting is gewenst.",
        "Afgesloten; de afspraken staan in het dossier.",
        "Zelfvertrouwen is gegroeid, af en toe een gesprek blijft nodig.",
        "Leerling weet nu wanneer hulp nodig is en vraagt daar zelf om."};
static const char *const t_thuis[] = {"Woont om de week bij de andere ouder.",
    "Ouders zijn goed bereikbaar en denken mee.",
    "Heeft thuis zorgtaken voor een jonger kind."};

/* What pupils choose, and what they come from. */
static const struct keuze {
	const char *crebo;
	const char *naam;
	int niveau;
} keuzes[] = {{"25655", "Verzorgende IG", 3},
    {"25656", "Mbo-verpleegkundige", 4}, {"25297", "Onderwijsassistent", 4},
    {"25168", "Gastheer/-vrouw", 2}, {"25187", "Software developer", 4},
    {"25604", "Autotechnicus", 2}, {"25743", "Timmerman", 2},
    {"25499", "Allround verkoper", 3}, {"25250", "Assistent bouwen", 1},
    {"25331", "Eerste monteur elektrotechniek", 3},
    {"25450", "Ontwerper ruimtelijke vormgeving", 4}};
static const char *const opleidingen[] = {"vmbo-bb", "vmbo-kb", "vmbo-gl",
    "vmbo-tl"};
static const char *const vakken[] = {"Nederlands", "Engels", "wiskunde",
    "maatschappijkunde", "economie", "biologie", "natuur- en scheikunde I",
    "Zorg en welzijn", "Bouwen, wonen en interieur", "Duits",
    "lichamelijke opvoeding", "kunstvakken"};
static const char *const ordelen[] = {"2", "3", "3", "3", "4", "4", "5",
    "n.v.t."};

/* "goed" says whether everything so far fitted; a failure sticks. */
struct maker {
	struct ov_rng *r;
	const struct ov_person *p;
	json_t *o;
	bool ok;
	const struct ov_gen_way *way;
	struct ov_date datum; /* of the dossier */
	int lente;
	size_t opl; /* index into opleidingen */
	bool steun;
};

static void
put(struct maker *m, const char *name, json_t *v)
{
	m->ok = m->ok && ov_gen_set(m->o, name, v);
}

static void
puts_text(struct maker *m, const char *name, const char *const *list,
    size_t len, int lo, int hi)
{
	put(m, name, ov_gen_text(m->r, list, len, lo, hi));
}

/* ---- what every dossier has ---- */

static void
common(struct maker *m, struct ov_date vandaag)
{
	static const char *const akkoord[] = {"ja", "ja", "ja", "ja", "ja",
	    "ja", "ja", "ja", "nee", "onbekend"};
	const char *a = OV_PICK(m->r, akkoord);
	struct ov_date seen = ov_date_add_days(m->datum,
	    -ov_rng_range(m->r, 0, 20));
	json_t *inzage;

	put(m, "schema", json_string("overstapdossier/1"));
	put(m, "grondslag", json_string("OVERSTAP-ONDERWIJS"));
	put(m, "doel", json_string("overstap"));
	put(m, "bewaarregel", json_string("dossier-niet-ingeschreven"));
	put(m, "bewaarTot", ov_gen_date(ov_date_add_months(vandaag, 12)));
	put(m, "contactpersoon", ov_gen_contactpersoon(m->r, m->way->post));
	inzage = json_pack("{s:b,s:o,s:s,s:s}", "inzage", 1, "inzagedatum",
	    ov_gen_date(seen), "akkoord", a, "doorWie",
	    ov_age_on(m->p->geboren, seen) >= 16 ? "leerling" : "ouder");
	if (strcmp(a, "nee") == 0)
		m->ok = m->ok &&
		        ov_gen_set(inzage, "redenNietAkkoord",
		            json_string(
		                "Te veel zorggegevens in het dossier."));
	put(m, "inzage", inzage);
	put(m, "uitlevering",
	    json_pack("{s:s,s:s,s:s,s:s}", "leerling", "VERPLICHT", "verzuim",
	        "OPTIONEEL", "vve", "VERBODEN", "eindtoetsbo", "OPT-UIT"));
	put(m, "dossierdatum", ov_gen_date(m->datum));
	put(m, "soortOverstap", json_string(m->way->soort));
	put(m, "aanmeldingId", json_sprintf("aanmelding-%s", m->p->ref));
	put(m, "school",
	    json_pack("{s:s,s:s}", "brin", m->way->van->brin, "vestiging",
	        m->way->van->vestiging));
}

static void
person(struct maker *m)
{
	const struct ov_person *p = m->p;
	char who[120];
	int i, n = ov_rng_range(m->r, 1, 2);
	json_t *ouders = json_array();

	put(m, "geslachtsnaam", json_string(p->naam));
	if (p->voorvoegsel[0] != '\0')
		put(m, "voorvoegsel", json_string(p->voorvoegsel));
	put(m, "voorletters", json_string(p->voorletters));
	put(m, "roepnaam", json_string(p->roepnaam));
	put(m, "geboortedatum", ov_gen_date(p->geboren));
	put(m, "geslacht", json_string(p->geslacht));
	put(m, "adres", ov_gen_adres(m->r, m->way->gemeente));
	if (ov_rng_pct(m->r, 4))
		put(m, "verblijfadres", ov_gen_adres(m->r, m->way->gemeente));
	(void)snprintf(who, sizeof(who), "%s.%s", p->roepnaam, p->naam);
	put(m, "communicatie", ov_gen_bereikbaar(m->r, who));
	for (i = 0; i < n; i++) {
		(void)snprintf(who, sizeof(who), "ouder%d.%s", i + 1, p->naam);
		m->ok = m->ok && json_array_append_new(ouders,
		                     ov_gen_bereikbaar(m->r, who)) == 0;
	}
	put(m, "ouders", ouders);
}

/* ---- part A ---- */

static json_t *
keuze(struct maker *m)
{
	const struct keuze *k = &keuzes[ov_rng_below(m->r, LEN(keuzes))];
	const char *leerweg = ov_rng_pct(m->r, 75) ? "BOL" : "BBL";
	const char *waar = ov_rng_pct(m->r, 50) ? "Hanzebroek, Rechterland 1"
	                                        : "Kampersluis, Oeverpad 20";

	return json_pack("{s:s,s:s,s:s,s:i,s:s}", "crebo", k->crebo,
	    "omschrijving", k->naam, "leerweg", leerweg, "niveau", k->niveau,
	    "locatie", waar);
}

static json_t *
lob(struct maker *m)
{
	static const char *const namen[] = {"motievenreflectie",
	    "capaciteitenreflectie", "werkexploratie", "loopbaansturing",
	    "netwerken"};
	static const char *const status[] = {"in-ontwikkeling", "ontwikkeld",
	    "ontwikkeld", "nog-niet"};
	json_t *o = json_object(), *c;
	const char *code;
	size_t i;

	for (i = 0; i < LEN(namen); i++) {
		code = OV_PICK(m->r, status);
		c = json_pack("{s:s,s:o}", "status", code, "toelichting",
		    ov_gen_text(m->r, t_lob, LEN(t_lob), 2, 3));
		if (ov_rng_pct(m->r, 60))
			m->ok = m->ok &&
			        ov_gen_set(c, "bewijs",
			            json_string(OV_PICK(m->r, t_bewijs)));
		m->ok = m->ok && ov_gen_set(o, namen[i], c);
	}
	return o;
}

static json_t *
werkervaring(struct maker *m)
{
	static const char *const soorten[] = {"stage", "stage", "werk",
	    "vrijwilligerswerk"};
	int i, n = ov_rng_range(m->r, 0, 3);
	json_t *list = json_array(), *w;
	const char *soort, *functie, *bedrijf;
	struct ov_date begin, eind;

	for (i = 0; i < n; i++) {
		begin = ov_date_add_days(m->datum,
		    -ov_rng_range(m->r, 150, 800));
		eind = ov_date_add_days(begin, ov_rng_range(m->r, 5, 140));
		soort = OV_PICK(m->r, soorten);
		functie = OV_PICK(m->r, t_functie);
		bedrijf = OV_PICK(m->r, t_bedrijf);
		w = json_pack("{s:o,s:o,s:s,s:s,s:s,s:o}", "begin",
		    ov_gen_date(begin), "eind", ov_gen_date(eind), "soort",
		    soort, "functie", functie, "instelling", bedrijf,
		    "beoordeling",
		    ov_gen_text(m->r, t_stage, LEN(t_stage), 1, 2));
		m->ok = m->ok && json_array_append_new(list, w) == 0;
	}
	return list;
}

static void
part_a(struct maker *m)
{
	static const char *const flags[] = {"beroepskeuzetest", "portfolio",
	    "pop", "motivatiebrief", "lobdossier"};
	json_t *list = json_array(), *werk;
	int i, n = ov_rng_range(m->r, 1, 3);
	size_t f;

	for (i = 0; i < n; i++)
		m->ok = m->ok && json_array_append_new(list, keuze(m)) == 0;
	put(m, "keuzevervolgopleiding", list);
	for (f = 0; f < LEN(flags); f++)
		put(m, flags[f], json_boolean(ov_rng_pct(m->r, 70)));
	put(m, "lob", lob(m));
	werk = werkervaring(m);
	if (json_array_size(werk) > 0)
		put(m, "werkervaring", werk);
	else
		json_decref(werk);
	puts_text(m, "motivatie", t_motivatie, LEN(t_motivatie), 3, 6);
	puts_text(m, "sterkePunten", t_sterk, LEN(t_sterk), 2, 4);
	if (ov_rng_pct(m->r, 70))
		puts_text(m, "hulpvraag", t_hulp, LEN(t_hulp), 1, 3);
}

/* ---- part B ---- */

static json_t *
loopbaan(struct maker *m)
{
	static const char *const jaargroep[] = {"11", "12", "13", "14"};
	json_t *list = json_array(), *l;
	size_t i;
	int y;

	for (i = 0; i < 4; i++) {
		y = m->lente - 4 + (int)i;
		l = json_pack("{s:o,s:s,s:s,s:o,s:o}", "schooljaar",
		    json_sprintf("%d-%d", y, y + 1), "leerjaar", jaargroep[i],
		    "opleiding",
		    i < 2                       ? "brug"
		    : m->way->opleiding != NULL ? m->way->opleiding
		                                : opleidingen[m->opl],
		    "begin", json_sprintf("%d-08-01", y), "eind",
		    json_sprintf("%d-07-31", y + 1));
		m->ok = m->ok && json_array_append_new(list, l) == 0;
	}
	return list;
}

static json_t *
resultaten(struct maker *m)
{
	json_t *list = json_array(), *c;
	size_t i, n = (size_t)ov_rng_range(m->r, 7, (int)LEN(vakken));
	int heel, tiende;

	for (i = 0; i < n; i++) {
		heel = ov_rng_range(m->r, 4, 9);
		tiende = ov_rng_range(m->r, 0, 9);
		c = json_pack("{s:s,s:i,s:o}", "vak", vakken[i], "examenjaar",
		    m->lente, "cijfer", json_sprintf("%d.%d", heel, tiende));
		m->ok = m->ok && json_array_append_new(list, c) == 0;
	}
	return list;
}

static json_t *
gedrag(struct maker *m)
{
	static const char *const namen[] = {"omgang", "leergedrag",
	    "huiswerkgedrag", "concentratie", "zelfstandigheid", "overig"};
	json_t *o = json_object();
	const char *code;
	size_t i, n = LEN(namen) - (ov_rng_pct(m->r, 60) ? 1 : 0);

	for (i = 0; i < n; i++) {
		code = OV_PICK(m->r, ordelen);
		m->ok = m->ok && ov_gen_set(o, namen[i],
		                     json_pack("{s:s,s:o}", "oordeel", code,
		                         "toelichting",
		                         ov_gen_text(m->r, t_gedrag,
		                             LEN(t_gedrag), 1, 2)));
	}
	return o;
}

static json_t *
verzuim(struct maker *m)
{
	static const char *const freq[] = {"geen", "incidenteel", "incidenteel",
	    "incidenteel", "maandelijks", "wekelijks"};
	int uren = ov_rng_pct(m->r, 60) ? 0 : ov_rng_range(m->r, 1, 60);
	int mocht = ov_rng_range(m->r, 0, 40);
	const char *hoe = OV_PICK(m->r, freq);

	/* No more than the twelve months before the dossier. */
	return json_pack("{s:o,s:o,s:i,s:i,s:b,s:s,s:b,s:b}", "periodeVan",
	    json_sprintf("%d-08-01", ov_schooljaar(m->datum)), "periodeTot",
	    ov_gen_date(ov_date_add_days(m->datum, -7)), "urenGeoorloofd",
	    mocht, "urenOngeoorloofd", uren, "meerDan25Procent", 0,
	    "frequentie", hoe, "contactLeerplicht", uren > 16, "rmcMelding", 0);
}

static void
part_b(struct maker *m)
{
	static const char *const profiel[] = {"basis", "basis", "plus",
	    "bespreek"};

	const char *leerweg, *advies, *punt;

	put(m, "onderwijsloopbaan", loopbaan(m));
	put(m, "resultaten", resultaten(m));
	leerweg = ov_rng_pct(m->r, 80) ? "BOL" : "BBL";
	advies = m->steun ? "ondersteuning" : OV_PICK(m->r, profiel);
	punt = OV_PICK(m->r, t_aandacht);
	put(m, "overstapadvies",
	    json_pack("{s:i,s:s,s:s,s:s}", "niveau",
	        m->opl == 0   ? 2
	        : m->opl == 1 ? 3
	                      : 4,
	        "leerweg", leerweg, "profielAdvies", advies, "aandachtspunten",
	        punt));
	put(m, "gedrag", gedrag(m));
	put(m, "verzuim", verzuim(m));
}

/* ---- part C ---- */

static json_t *
opp(struct maker *m)
{
	return json_pack("{s:b,s:o,s:o,s:s,s:s,s:s,s:b}", "aanwezig", 1,
	    "ingangsdatum", json_sprintf("%d-09-01", m->lente - 2), "einddatum",
	    json_sprintf("%d-07-31", m->lente), "uitstroombestemming", "1",
	    "belemmerendeFactoren",
	    "Werkgeheugen en tempo; snel afgeleid in een drukke omgeving.",
	    "bevorderendeFactoren",
	    "Doorzetter, gemotiveerd voor de praktijk, steun van thuis.",
	    "instemmingHandelingsdeel", 1);
}

static void
part_c(struct maker *m)
{
	static const char *const vormen[] = {"toegekend", "verstrekt",
	    "verstrekt"};
	json_t *c = json_object(), *list = json_array();
	int i, n = ov_rng_range(m->r, 1, 3), y = m->lente - 2;
	const char *vorm, *soort;

	for (i = 0; i < n; i++) {
		vorm = OV_PICK(m->r, vormen);
		soort = OV_PICK(m->r, t_begeleiding);
		m->ok = m->ok &&
		        json_array_append_new(list,
		            json_pack("{s:s,s:s,s:o,s:o,s:o}", "vorm", vorm,
		                "soort", soort, "van",
		                json_sprintf("%d-09-01", y), "tot",
		                json_sprintf("%d-06-30", y + 1), "resultaat",
		                ov_gen_text(m->r, t_resultaat, LEN(t_resultaat),
		                    1, 2))) == 0;
	}
	m->ok = m->ok &&
	        ov_gen_set(c, "belemmeringen",
	            ov_gen_text(m->r, t_belemmering, LEN(t_belemmering), 1, 3));
	m->ok = m->ok && ov_gen_set(c, "begeleiding", list);
	if (ov_rng_pct(m->r, 40))
		m->ok = m->ok && ov_gen_set(c, "thuissituatie",
		                     json_string(OV_PICK(m->r, t_thuis)));
	if (ov_rng_pct(m->r, 50)) {
		m->ok = m->ok &&
		        ov_gen_set(c, "beperking", json_string("ja-zie-opp"));
		m->ok = m->ok && ov_gen_set(c, "opp", opp(m));
	}
	put(m, "ondersteuning", c);
}

static void
the_rest(struct maker *m)
{
	struct ov_date applied = ov_date_add_days(m->datum,
	    -ov_rng_range(m->r, 1, 60));

	put(m, "heeftOndersteuningsbehoefte", json_boolean(m->steun));
	if (m->steun)
		part_c(m);
	if (m->opl == 0 && ov_rng_pct(m->r, 30))
		put(m, "risicocategorie", json_pack("[s]", "R2"));
	if (m->steun && ov_rng_pct(m->r, 50)) {
		put(m, "warmeOverdrachtGewenst", json_true());
		put(m, "warmeOverdrachtReden",
		    json_string("Gesprek met de nieuwe begeleider gewenst, "
		                "samen met leerling en ouders."));
	}
	put(m, "toelatingsrecht",
	    json_pack("{s:o,s:b,s:s}", "aanmelddatum", ov_gen_date(applied),
	        "voldaanAanIntake", (int)ov_rng_pct(m->r, 90), "instelling",
	        m->way->naar->brin));
}

json_t *
ov_gen_dossier(struct ov_rng *r, const struct ov_person *p,
    const struct ov_gen_way *way, int lente, struct ov_date vandaag)
{
	struct maker m = {.r = r,
	    .p = p,
	    .o = json_object(),
	    .way = way,
	    .lente = lente};
	struct ov_date feb = {(int16_t)lente, 2, 1};

	/* Between 1 February and 30 April. */
	m.ok = m.o != NULL;
	m.datum = ov_date_add_days(feb, ov_rng_range(r, 0, 88));
	if (way->datum.y != 0)
		m.datum = way->datum;
	m.opl = ov_rng_below(r, LEN(opleidingen));
	m.steun = ov_rng_pct(r, 30);
	common(&m, vandaag);
	person(&m);
	part_a(&m);
	part_b(&m);
	the_rest(&m);
	if (m.ok)
		return m.o;
	json_decref(m.o);
	return NULL;
}
