/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/fout.h - the problem codes of the wire, what a sender does about
 * each, and their Dutch sentences.
 *
 * The codes stand here; title and detail ("what happened, what to do") stand
 * in data/fouten.txt, one line per code, `code|status|title|detail`.  A test
 * fails on a code without a line and on a line without a code.  A reason of a
 * content fault is there as `reden/<code>` and a local code (which never
 * travels) under its own name, both with status 0.  The sentences hold no
 * character that JSON would escape.
 *
 * This file does not use jansson: net writes problem documents too.
 */
#ifndef OV_PROTOCOL_FOUT_H
#define OV_PROTOCOL_FOUT_H

#include "protocol/rd.h"

/* What a sender does with a code (docs/protocol.md 7). */
enum ov_after {
	OV_AFTER_DELIVERED,  /* 200, 201, 410 */
	OV_AFTER_AGAIN,      /* later, until exp */
	OV_AFTER_NEW_BUNDLE, /* sleutel-onbekend: same JWS, new JWE, once */
	OV_AFTER_NEW_SEQ,    /* volgnummer-hergebruikt: new jti and seq, once */
	OV_AFTER_REFUSED,    /* GEWEIGERD */
};

/* name, code, HTTP status, what a sender does */
#define OV_FOUTEN(X)                                                           \
	X(PARTIJ_ONBEKEND, "partij-onbekend", 403, AGAIN)                      \
	X(PARTIJ_KOMT_NIET_OVEREEN, "partij-komt-niet-overeen", 403, REFUSED)  \
	X(NIET_TOEGESTAAN, "niet-toegestaan", 403, REFUSED)                    \
	X(BERICHT_ONGELDIG, "bericht-ongeldig", 400, REFUSED)                  \
	X(TE_GROOT, "te-groot", 413, REFUSED)                                  \
	X(MEDIA_TYPE, "media-type", 415, REFUSED)                              \
	X(LENGTE_NODIG, "lengte-nodig", 411, REFUSED)                          \
	X(METHODE, "methode", 405, AGAIN)                                      \
	X(SLEUTEL_ONBEKEND, "sleutel-onbekend", 409, NEW_BUNDLE)               \
	X(JTI_HERGEBRUIKT, "jti-hergebruikt", 409, REFUSED)                    \
	X(VOLGNUMMER_HERGEBRUIKT, "volgnummer-hergebruikt", 409, NEW_SEQ)      \
	X(TIJD_AFWIJKEND, "tijd-afwijkend", 409, AGAIN)                        \
	X(EPOCH_GESLOTEN, "epoch-gesloten", 409, REFUSED)                      \
	X(ADRESBOEK_NIET_AANSLUITEND, "adresboek-niet-aansluitend", 409,       \
	    AGAIN)                                                             \
	X(BERICHT_ONBEKEND, "bericht-onbekend", 404, AGAIN)                    \
	X(ADRESBOEK_ONBEKEND, "adresboek-onbekend", 404, AGAIN)                \
	X(NIET_GEVONDEN, "niet-gevonden", 404, AGAIN)                          \
	X(BEREIK_ONGELDIG, "bereik-ongeldig", 400, REFUSED)                    \
	X(ADRESBOEK_ONGELDIG, "adresboek-ongeldig", 422, REFUSED)              \
	X(VERNIETIGD, "vernietigd", 410, DELIVERED)                            \
	X(INHOUD_ONGELDIG, "inhoud-ongeldig", 422, REFUSED)                    \
	X(BIJLAGE_KOMT_NIET_OVEREEN, "bijlage-komt-niet-overeen", 422,         \
	    REFUSED)                                                           \
	X(TE_VEEL, "te-veel", 429, AGAIN)                                      \
	X(LOG_NIET_BESCHIKBAAR, "log-niet-beschikbaar", 503, AGAIN)            \
	X(OPSLAG_VOL, "opslag-vol", 507, AGAIN)                                \
	X(TIJDELIJK_NIET_BESCHIKBAAR, "tijdelijk-niet-beschikbaar", 503,       \
	    AGAIN)                                                             \
	/* the holder */                                                       \
	X(INVOER_ONGELDIG, "invoer-ongeldig", 400, REFUSED)                    \
	X(DOMEIN_NIET_TOEGESTAAN, "domein-niet-toegestaan", 403, REFUSED)      \
	X(EPOCH_ONBEKEND, "epoch-onbekend", 404, AGAIN)                        \
	X(DEEL_ONBEKEND, "deel-onbekend", 404, AGAIN)                          \
	X(ELEMENT_ONGELDIG, "element-ongeldig", 422, REFUSED)                  \
	X(BUDGET_OP, "budget-op", 429, AGAIN)                                  \
	/* the witness; its 409 is a bare text/x.tlog.size */                  \
	X(OORSPRONG_ONBEKEND, "oorsprong-onbekend", 404, AGAIN)                \
	X(LOGHANDTEKENING_ONGELDIG, "loghandtekening-ongeldig", 403, REFUSED)  \
	X(BEWIJS_ONGELDIG, "bewijs-ongeldig", 422, REFUSED)

enum ov_fout {
	OV_FOUT_GEEN = 0,
#define X(name, code, status, after) OV_FOUT_##name,
	OV_FOUTEN(X)
#undef X
	    OV_FOUT_N
};

/* Why a member of a message was refused. */
#define OV_REDENEN(X)                                                          \
	X(ONTBREEKT, "ontbreekt")                                              \
	X(ONBEKEND_LID, "onbekend-lid")                                        \
	X(TYPE, "type")                                                        \
	X(TE_LANG, "te-lang")                                                  \
	X(CODE, "code")                                                        \
	X(VERBODEN, "verboden")                                                \
	X(PATROON, "patroon")                                                  \
	X(BINNEN_7_DAGEN, "binnen-7-dagen")

enum ov_reden {
	OV_REDEN_GEEN = 0,
#define X(name, code) OV_REDEN_##name,
	OV_REDENEN(X)
#undef X
	    OV_REDEN_N
};

/* Codes of our own, shown to staff; add the line to data/fouten.txt too. */
#define OV_LOKALE_FOUTEN(X)                                                    \
	X("pgn-ongeldig")                                                      \
	X("zonder-pgn")                                                        \
	X("datum-ongeldig")                                                    \
	X("getal-ongeldig")                                                    \
	X("ontvanger-onbekend")                                                \
	X("ontvanger-meerduidig")                                              \
	X("geen-ontvanger")                                                    \
	X("inzage-ontbreekt")                                                  \
	X("concept-onvolledig")                                                \
	X("al-verzonden")                                                      \
	X("gewijzigd-na-verzenden")                                            \
	X("referentie-dubbel")                                                 \
	X("bestand-onleesbaar")                                                \
	X("bestand-te-groot")                                                  \
	X("bestand-niet-te-openen")                                            \
	X("bestand-bestaat-al")                                                \
	X("datum-in-toekomst")                                                 \
	X("lesuur-ongeldig")                                                   \
	X("uren-ongeldig")                                                     \
	X("vakantie-ongeldig")                                                 \
	X("verzuim-dubbel")                                                    \
	X("verzuim-te-veel")                                                   \
	X("adresboek-splitsing")                                               \
	X("bestand-niet-overgenomen")                                          \
	X("rij-te-lang")                                                       \
	X("kolom-onbekend")                                                    \
	X("kolom-ontbreekt")                                                   \
	X("niet-gekoppeld")                                                    \
	X("twijfel")                                                           \
	X("verlopen")                                                          \
	X("geen-toegang")                                                      \
	X("uitschrijfdatum-blijft")                                            \
	X("beleid-rol")                                                        \
	X("beleid-voorwaarde")                                                 \
	X("beleid-leeftijd")                                                   \
	X("beleid-grondslag")                                                  \
	X("beleid-besluit")                                                    \
	X("beleid-woongemeente")                                               \
	X("beleid-ondersteuning")                                              \
	X("inzage-leerling-beslist")                                           \
	X("inzage-ouder-beslist")                                              \
	X("deel-ander")                                                        \
	X("pgn-anders")                                                        \
	X("account-onbekend")                                                  \
	X("toegang-account")                                                   \
	X("toegang-datum")                                                     \
	X("toegang-functie")                                                   \
	X("toegang-bereik")                                                    \
	X("toegang-opleiding")                                                 \
	X("dienst-onbereikbaar")                                               \
	X("opdracht-ongeldig")                                                 \
	X("opdracht-onbekend")                                                 \
	X("schijf-vol")                                                        \
	X("nu-niet")                                                           \
	X("kan-niet")                                                          \
	X("inwendige-fout")                                                    \
	X("adresboek-ontbreekt")                                               \
	X("adresboek-verlopen")                                                \
	X("vingerafdruk-klopt-niet")                                           \
	X("kaart-ontbreekt")                                                   \
	X("geen-houder")                                                       \
	X("nummer-onbekend")                                                   \
	X("leerling-gekoppeld")                                                \
	X("pgn-dubbel")                                                        \
	X("pgn-gewijzigd")                                                     \
	X("pgn-nodig")                                                         \
	X("ontvanger-veranderd")                                               \
	X("stand-past-niet")                                                   \
	X("code-onbekend")                                                     \
	X("onleesbaar")                                                        \
	X("profiel-onbekend")                                                  \
	X("schooljaar-ongeldig")                                               \
	X("startpopulatie-gemengd")                                            \
	X("startpopulatie-vorm")                                               \
	X("rij-dubbel")                                                        \
	X("rapport-onbekend")                                                  \
	X("maand-ongeldig")                                                    \
	X("normbron-onbekend")                                                 \
	X("verlaters-ontbreken")                                               \
	X("keuze-ontbreekt")                                                   \
	X("zaak-onbekend")                                                     \
	X("geen-antwoord")                                                     \
	X("onbekend-antwoord")                                                 \
	X("ontvangstbewijs-ongeldig")                                          \
	X("bewijs-in-twijfel")                                                 \
	X("kluis-weigert")                                                     \
	X("vernieuwd")                                                         \
	X("sleutel-onbekend-herhaald")                                         \
	X("dagbudget")                                                         \
	X("jaarbudget")                                                        \
	X("geen-budget")                                                       \
	X("bewijs-ontbreekt")                                                  \
	X("tabel-ongeldig")                                                    \
	X("overgang-ongeldig")                                                 \
	X("binnen-7-dagen")                                                    \
	X("reden-nodig")

/* "partij-onbekend"; "" for OV_FOUT_GEEN. */
const char *ov_fout_code(enum ov_fout);
int ov_fout_status(enum ov_fout);
/* OV_FOUT_GEEN if the code is not one of ours. */
enum ov_fout ov_fout_from(struct ov_view code);
const char *ov_reden_code(enum ov_reden);

/* What a sender does: by the code where the answer names one we know, else by
 * the status; a status of 0 is "no answer". */
enum ov_after ov_fout_after(int status, enum ov_fout);

struct ov_fout_text {
	int status;
	struct ov_view title, detail;
};
/* The line of a code, of "reden/<code>", or of a local code. */
bool ov_fout_find(const char *code, struct ov_fout_text *out);
/* The n-th line of the file, for tests and for documents; false after the
 * last.  *code is set too. */
bool ov_fout_nth(size_t n, struct ov_view *code, struct ov_fout_text *out);

/* Compose application/problem+json: type, title, status, detail, and then
 * `members`, JSON text of more members without a comma in front
 * (`"index":3`), or empty. */
void ov_fout_problem_raw(struct ov_buf *, enum ov_fout, struct ov_view members);

#endif
