/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/bewaring.h - how long a record is kept: the rules of
 * data/bewaring.json as pure functions.
 *
 * A rule says for a kind of record, in the own role in which we have it and in
 * one direction: from which event, how long, and why (law, selection list or
 * proposal).  Every rule has an `uiterlijk` that counts from the day on which
 * the record came to be here, so a start event that never comes ends as well.
 *
 * Several rules about one record: of those whose ground is a legal duty the
 * longest; without such a rule the shortest (AVG 5(1)(e)).  Rules count by the
 * day on which they are asked, so a limit that a law changes (23, from 2026
 * 27) changes with it.
 *
 * All days are days since 1970 of the Dutch civil calendar (protocol/tijd.h).
 * `weg` is the first day on which the record is no longer kept.  No clock.
 */
#ifndef OV_PROTOCOL_BEWARING_H
#define OV_PROTOCOL_BEWARING_H

#include "protocol/policy.h"

/* From which a term counts. */
enum ov_bw_start {
	OV_BW_ONTVANGST, /* the day it came to be here, however */
	OV_BW_VERZENDING,
	OV_BW_UITSCHRIJVING,
	OV_BW_AFSLUITING,         /* of the case */
	OV_BW_AFSLUITING_MELDING, /* of the notice, by its status */
	OV_BW_AFHANDELING,        /* judged, answered */
	OV_BW_EINDE_SCHOOLJAAR,   /* 1 August after `sinds`; never asked for */
	OV_BW_EINDE_TRAJECT,
	OV_BW_GEBOORTEDATUM, /* with `leeftijd`: the birthday */
	OV_BW_LAATSTE_STATUS,
	OV_BW_STARTKWALIFICATIE,
	OV_BW_UIT_LADING, /* no longer in what was loaded */
	OV_BW_VERVANGING, /* a newer file took its place */
	OV_BW_N
};
const char *ov_bw_start_name(enum ov_bw_start);

/* How far an application is; the others are for every state. */
enum ov_bw_staat {
	OV_BW_ELKE,
	OV_BW_NIET_GEKOPPELD,
	OV_BW_NIET_INGESCHREVEN,
	OV_BW_INGESCHREVEN,
	OV_BW_STAAT_N
};

/* What is kept and is no message. */
#define OV_BW_CONCEPT "concept"
#define OV_BW_LEERLING "leerling"
#define OV_BW_PSEUDONIEM "pseudoniem"
#define OV_BW_VERZUIMREGELS "verzuimregels"
#define OV_BW_BESTAND "bestand" /* DUO and population files */
#define OV_BW_SPOOL "spool"     /* files in in/ and out/ */
#define OV_BW_LEESLOG "leeslog" /* who read what */
#define OV_BW_VERZOEK "verzoek" /* files of a request under AVG 15-21 */

#define OV_BW_GEEN INT32_MIN /* not happened, or not known */

/* What the store knows of one record. */
struct ov_bw_feiten {
	const char *soort; /* a type, or a word above */
	unsigned rollen;   /* OV_ROL_BIT()s of the own roles it is here in */
	bool uit;          /* sent by us; for what is no message: false */
	const char *grond; /* NULL: none */
	enum ov_bw_staat staat;
	int32_t sinds;        /* the day it came to be here */
	int32_t dag[OV_BW_N]; /* OV_BW_GEEN; [ONTVANGST] and
	                          [EINDE_SCHOOLJAAR] are not looked at */
	int32_t geboren;      /* OV_BW_GEEN */
};

struct ov_bw_einde {
	int32_t weg;
	const char *regel, *bron; /* live with the rules */
	enum ov_bw_start start;   /* the event that decided */
	bool uiterlijk; /* by the outer limit: the event did not come in time */
	bool open;      /* the event has not come yet; weg is the outer limit */
	bool als_betreft; /* goes with the record it is about, not before
	                     `niet_voor` and at the latest on weg */
	int32_t niet_voor;
	bool voorstel; /* the rule is a proposal of this project */
	bool plicht;
};

struct ov_bewaring;

/* bewaring.json, and eigen (the organisation's own bewaring-eigen.json; empty:
 * none).  Own terms may be shorter; a longer one needs `reden` and `bron`.
 * *out is given (ov_bewaring_free) and borrows nothing.  OV_BADMSG names file
 * and element: an unknown type, role, ground or event, two rules about the
 * same on one day, a type in use (a row of the matrix) without a rule, an own
 * term that is longer without a reason. */
OV_MUST_CHECK enum ov_rc ov_bewaring_load(const struct ov_types *,
    const struct ov_policy *, struct ov_view regels, struct ov_view eigen,
    struct ov_bewaring **out, struct ov_err *);
void ov_bewaring_free(struct ov_bewaring *);

/* Until when, by the rules in force on day `op`?  False: there is no rule, and
 * such a record may not be taken in. */
bool ov_bewaring_einde(const struct ov_bewaring *, const struct ov_bw_feiten *,
    int32_t op, struct ov_bw_einde *out);

/* ---- for people: the register (AVG 30), retention rules, explain --------- */

struct ov_bw_regel {
	const char *naam, *soort, *bron, *reden; /* reden: of a proposal or an
	                                    own term; NULL */
	unsigned rollen;
	bool in, uit, voorstel, plicht;
	int eigen;      /* -1 shortened, 1 lengthened by the organisation, 0 */
	char term[120]; /* "uitschrijving + 2 jaar; uiterlijk 12 jaar" */
	int32_t van, tot;
};
/* The i-th rule; false after the last. */
bool ov_bewaring_regel(const struct ov_bewaring *, size_t i,
    struct ov_bw_regel *out);

#endif
