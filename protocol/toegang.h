/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/toegang.h - who in the house may see what of a message: functions,
 * parts and scopes, as data.
 *
 * Two tables.  toegang.json (in data/, or the region's own) says what a
 * function may do with which type, direction and part of a message, from when
 * to when, with the law or agreement it rests on.  The accounts file of the
 * organisation says which local account has which function, over which scope
 * (opleiding, locatie, klas, woongemeente; an empty one: all) and from when to
 * when.  Besluit uitwisseling leer- en begeleidingsgegevens art. 4-8; AVG 5(1)
 * (b, c), 25 and 32.
 *
 * A right is given by a row: what no row gives is not allowed.  Several
 * functions of one account add up, each within its own scope.  A scope names
 * values; a record that does not say what it is about (no gemeentecode, for
 * example) is outside a scope that names one.  Part C of a dossier that was
 * received opens only for a function whose scope names the programme of the
 * application ("opleidingGenoemd" in the row).
 *
 * Pure: no clock, no user database.  Dates are text, "YYYY-MM-DD", both days
 * included.
 */
#ifndef OV_PROTOCOL_TOEGANG_H
#define OV_PROTOCOL_TOEGANG_H

#include "protocol/types.h"

struct ov_toegang;
struct ov_accounts;
struct ov_account;

/* What a row allows.  One bit each. */
#define OV_MAG_STANDEN 1u    /* numbers, states and dates: no content */
#define OV_MAG_INZIEN 2u     /* read the parts named */
#define OV_MAG_INVULLEN 4u   /* write the parts named in a draft */
#define OV_MAG_BESLISSEN 8u  /* link, accept, reject, process, give a status */
#define OV_MAG_VERZENDEN 16u /* send what has the parts named */
#define OV_MAG_EXPORTEREN 32u
#define OV_MAG_BEHEREN 64u  /* keys, address book, folders */
#define OV_MAG_TOEZIEN 128u /* the log, and who has access */
#define OV_MAG_N 8
extern const char *const ov_mag_names[OV_MAG_N + 1]; /* by number of the bit */

/* The pseudo type of the own applicants and population. */
#define OV_SRT_LEERLINGEN "leerlingen"

/* types is borrowed and must outlive it; *out is given (ov_toegang_free).
 * OV_BADMSG names file and element: an unknown word, two rows that say
 * something about the same thing on the same day, a function that manages the
 * machine and reads content. */
OV_MUST_CHECK enum ov_rc ov_toegang_load(const struct ov_types *,
    struct ov_view text, struct ov_toegang **out, struct ov_err *);
void ov_toegang_free(struct ov_toegang *);

/* The accounts of the organisation; the toegang is borrowed.  OV_BADMSG names
 * file and element: an unknown function, a scope that is none, an account
 * twice, the same function over the same scope twice on one day. */
OV_MUST_CHECK enum ov_rc ov_accounts_load(const struct ov_toegang *,
    struct ov_view text, struct ov_accounts **out, struct ov_err *);
void ov_accounts_free(struct ov_accounts *);
/* By the word in the file: a user name, a number, or "@spool". */
const struct ov_account *ov_account_find(const struct ov_accounts *,
    const char *naam);
/* The i-th; NULL after the last. */
const struct ov_account *ov_account_nth(const struct ov_accounts *, size_t i);
const char *ov_account_naam(const struct ov_account *);
/* Who runs the machine and is not in the file: function beheerder. */
const struct ov_account *ov_account_machine(const struct ov_accounts *);

enum ov_bereik {
	OV_BEREIK_OPLEIDING,
	OV_BEREIK_LOCATIE,
	OV_BEREIK_KLAS,
	OV_BEREIK_WOONGEMEENTE,
	OV_BEREIK_N
};
extern const char *const ov_bereik_names[OV_BEREIK_N + 1];

/* What a record is about.  Values are borrowed from what it was made of. */
struct ov_feiten {
	char srt[OV_SRT_MAX + 1];
	bool in;     /* received; else a draft or sent */
	bool bekend; /* false: content is closed or gone, nothing is known */
	size_t n;
	struct {
		enum ov_bereik soort;
		const char *waarde;
	} f[OV_FEITEN_MAX];
};
/* inhoud NULL: not known.  klas NULL or "": none. */
void ov_feiten_of(const struct ov_toegang *, struct ov_feiten *,
    const char *srt, bool in, const json_t *inhoud, const char *klas);
/* The same record looked at as another type. */
void ov_feiten_srt(struct ov_feiten *, const char *srt);
void ov_feiten_add(struct ov_feiten *, enum ov_bereik, const char *waarde);

/* Why not; of several the highest is told. */
enum ov_waarom {
	OV_WAAROM_NIET,      /* it may */
	OV_WAAROM_ACCOUNT,   /* the account is not in the file */
	OV_WAAROM_DATUM,     /* no function is in force on the day */
	OV_WAAROM_FUNCTIE,   /* the functions do not give this right */
	OV_WAAROM_BEREIK,    /* outside the scope */
	OV_WAAROM_OPLEIDING, /* part C: the scope does not name the programme */
	OV_WAAROM_N
};
/* "toegang-bereik": a code of data/fouten.txt; NULL for OV_WAAROM_NIET. */
const char *ov_waarom_code(enum ov_waarom);

struct ov_oordeel {
	bool mag;
	uint8_t delen; /* bits of the parts; 0 with mag: none (states only) */
	enum ov_waarom waarom; /* of what is not allowed */
};
/* May this account do `mag` (one bit) with this record on this day?  NULL:
 * nobody's account. */
struct ov_oordeel ov_toegang_oordeel(const struct ov_toegang *,
    const struct ov_account *, unsigned mag, const struct ov_feiten *,
    const char *datum);
/* May it do any of these with some record of this type (NULL: any type)? */
struct ov_oordeel ov_toegang_ooit(const struct ov_toegang *,
    const struct ov_account *, unsigned mag, const char *srt,
    const char *datum);

/* Leave out what is not of these parts; their names (and pointers of a
 * correctie) are added to weg, an array. */
void ov_toegang_schoon(const struct ov_types *, const char *srt, json_t *inhoud,
    uint8_t delen, json_t *weg);
/* The parts that have a member in this content. */
uint8_t ov_toegang_delen(const struct ov_types *, const char *srt,
    const json_t *inhoud);
/* ["algemeen","A"], given. */
json_t *ov_delen_json(uint8_t delen);

/* For people: the functions of an account, and the rights of one; arrays,
 * given.  vankracht is filled in for the day. */
json_t *ov_account_json(const struct ov_account *, const char *datum);
json_t *ov_rechten_json(const struct ov_toegang *, const struct ov_account *,
    const char *datum);

#endif
