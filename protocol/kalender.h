/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/kalender.h - the year of the field: public holidays and working
 * days, the dates on which something is due, how late a notice was, and the
 * terms of absence.
 *
 * Everything that a law, a ministry or a region set stands in
 * data/kalender.json as dated rows with their source; here is only how they
 * are counted.  All days are Dutch civil dates (protocol/tijd.h); there is no
 * clock.
 *
 * A working day is a day that is no Saturday, Sunday or public holiday
 * (Algemene termijnenwet, articles 1 and 3).  School holidays are not public
 * holidays: they move no deadline (docs/decisions/013-working-days.md).
 */
#ifndef OV_PROTOCOL_KALENDER_H
#define OV_PROTOCOL_KALENDER_H

#include "protocol/adresboek.h"
#include "protocol/tijd.h"
#include "protocol/types.h"

struct ov_kalender;

/* types is only looked at during the call: a row about a type or member that
 * does not exist is refused.  *out is given (ov_kalender_free).  OV_BADMSG
 * names the element. */
OV_MUST_CHECK enum ov_rc ov_kalender_load(const struct ov_types *,
    struct ov_view kalender, struct ov_kalender **out, struct ov_err *);
void ov_kalender_free(struct ov_kalender *);

/* ---- days ------------------------------------------------------------- */

/* Easter Sunday of a year (Gregorian; Meeus, Astronomical Algorithms, ch. 8). */
struct ov_date ov_pasen(int jaar);
/* The name of the public holiday, or NULL. */
const char *ov_kal_feestdag(const struct ov_kalender *, struct ov_date);
bool ov_kal_werkdag(const struct ov_kalender *, struct ov_date);
/* The n-th working day after d (n >= 1); with n 0 d itself, or the first
 * working day after it. */
struct ov_date ov_kal_werkdagen_na(const struct ov_kalender *, struct ov_date,
    unsigned n);
/* Working days after `van` up to and including `tot`; 0 when tot is not later.
 * Counted day by day up to ten years, and no further. */
int32_t ov_kal_werkdagen(const struct ov_kalender *, struct ov_date van,
    struct ov_date tot);

/* ---- the year --------------------------------------------------------- */

struct ov_kal_moment {
	const char *naam, *wat, *bron; /* live with the calendar */
	unsigned rollen;               /* OV_ROL_BIT()s it is for */
	struct ov_date van, tot;       /* one day: the same */
	int32_t vooraf;                /* remind so many days before */
};

#define OV_KAL_MOMENTEN_MAX 64

/* The next occurrence of every row for one of these roles that ends on or
 * after `op`, the earliest first; the number. */
size_t ov_kal_komend(const struct ov_kalender *, unsigned rollen,
    struct ov_date op, struct ov_kal_moment out[OV_KAL_MOMENTEN_MAX]);

/* ---- how late --------------------------------------------------------- */

struct ov_kal_termijn {
	const char *naam, *bron;
	struct ov_date peil;      /* the day from which it counts */
	struct ov_date uiterlijk; /* the last day on which it is in time */
	int32_t laat;             /* working days after it; 0: in time */
};

/* The deadline of a message of type srt from a sender with these roles that
 * was sent on `verzonden`.  False: no row of the table is about it, or the day
 * it counts from is not there.  A term in days that ends on a day that is no
 * working day ends on the next that is (Algemene termijnenwet, article 1). */
bool ov_kal_te_laat(const struct ov_kalender *, const char *srt,
    unsigned van_rollen, const struct ov_jn *inhoud, struct ov_date verzonden,
    struct ov_kal_termijn *out);
/* The same for what is not sent yet, from its parts: a row's value (such as
 * soortVerzuim) and the day it counts from. */
bool ov_kal_uiterlijk(const struct ov_kalender *, const char *srt,
    unsigned van_rollen, const char *waarde, struct ov_date peil,
    struct ov_kal_termijn *out);

/* The receiver's own term for a message it received on a day (first contact):
 * false when there is none for this role. */
bool ov_kal_eigen(const struct ov_kalender *, const char *srt, enum ov_rol rol,
    struct ov_date ontvangen, struct ov_kal_termijn *out);
/* The code of list 3A for so many days between signal and intake. */
const char *ov_kal_doorlooptijd(const struct ov_kalender *, int32_t dagen);

/* The i-th of those codes and its text; NULL behind the last. */
const char *ov_kal_doorlooptijd_nth(const struct ov_kalender *, size_t i,
    const char **tekst);

/* ---- leaving ---------------------------------------------------------- */

/* Somebody left a school with these roles on `uit` and was enrolled elsewhere
 * on `in`.  True when that is soon enough to move the day of leaving to the day
 * before (Bekostigingsbesluit WVO, vo: within four weeks); *nieuw is that day.
 * False also where nothing moves. */
bool ov_kal_uitschrijfdatum(const struct ov_kalender *, unsigned rollen,
    struct ov_date uit, struct ov_date in, struct ov_date *nieuw);

/* ---- absence ---------------------------------------------------------- */

struct ov_kal_verzuim {
	int32_t honderdsten;  /* of an hour: 1600 */
	int32_t lesweken;     /* in so many consecutive lesson weeks */
	int32_t lang_weken;   /* whole absence of so many weeks */
	int32_t tussen_dagen; /* one notice in so many days */
	int32_t meerderjarig; /* from this age other terms hold */
};
/* The rules in force on a day; false when there are none. */
bool ov_kal_verzuim(const struct ov_kalender *, struct ov_date,
    struct ov_kal_verzuim *out);

#endif
