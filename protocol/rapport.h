/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/rapport.h - what a report prints: fractions, norms and formulas.
 *
 * Two tables with their sources.  data/normen.json: the norm or goal of a
 * measure per category and school year; one document may carry two for one
 * category, so a row is only one with its source, and a report says which it
 * used.  data/formules.json: the quantities that are counted (and for those
 * that come from messages: from which type and under which conditions), and
 * the formulas that divide one by another.
 *
 * A figure is a fraction of two counts until it is printed; printing rounds
 * half up (0.125 with two decimals is 0.13).  No floating point, no clock.
 */
#ifndef OV_PROTOCOL_RAPPORT_H
#define OV_PROTOCOL_RAPPORT_H

#include "protocol/jtree.h"
#include "protocol/rd.h"
#include "protocol/tijd.h"

/* ---- fractions -------------------------------------------------------- */

/* Counts above this are refused: people times a hundred with four decimals
 * stays far below 2^64. */
#define OV_TELLING_MAX ((uint64_t)1000000000)
#define OV_BREUK_SIZE 48

/* maal * teller / noemer, rounded half up to 0..4 decimals, with a point.
 * False and "" when noemer is 0 or a value is over its limit (maal 100). */
bool ov_breuk(uint64_t teller, uint64_t noemer, unsigned maal,
    unsigned decimalen, char out[OV_BREUK_SIZE]);

/* "JJJJ-JJJJ" with the second a year after the first; the first is *jaar. */
bool ov_schooljaar_parse(const char *s, int *jaar);
void ov_schooljaar_fmt(int jaar, char out[10]);

/* ---- tables ----------------------------------------------------------- */

struct ov_rapport;

/* Both texts are borrowed during the call; *out is given (ov_rapport_free).
 * OV_BADMSG names the element. */
OV_MUST_CHECK enum ov_rc ov_rapport_load(struct ov_view normen,
    struct ov_view formules, struct ov_rapport **out, struct ov_err *);
void ov_rapport_free(struct ov_rapport *);

/* Pointers in these live with the tables. */
struct ov_norm_rij {
	const char *maat, *categorie; /* "" where the measure has none */
	const char *bron, *tekst;     /* name of the source, and what it is */
	int jaar;                     /* the school year's first */
	uint32_t norm;                /* hundredths of a percent */
};
/* The i-th row for this measure, category and year, in the order of the file;
 * bron NULL: of any source.  NULL behind the last. */
const struct ov_norm_rij *ov_norm(const struct ov_rapport *, const char *maat,
    const char *categorie, int jaar, const char *bron, size_t i);
/* Is there such a source? */
bool ov_norm_bron(const struct ov_rapport *, const char *naam);

/* Categories that a report adds up: the i-th group, NULL behind the last; and
 * the one of a category (also of the group's own name), NULL: of none. */
const char *ov_groep_nth(const struct ov_rapport *, size_t i);
const char *ov_groep(const struct ov_rapport *, const char *categorie);

/* Classes of a duration, of a list such as RMC-effectrapportage 3E: the code in
 * which the days from van to tot fall (bounds are whole months, "onder" below
 * and "tot" up to and including); NULL when there is no such list. */
const char *ov_klasse(const struct ov_rapport *, const char *lijst,
    struct ov_date van, struct ov_date tot);
/* The i-th class and its text; NULL behind the last. */
const char *ov_klasse_nth(const struct ov_rapport *, const char *lijst,
    size_t i, const char **tekst);
/* Where the list comes from, "" if there is none. */
const char *ov_klasse_bron(const struct ov_rapport *, const char *lijst);

struct ov_grootheid;
/* NULL if there is none. */
const struct ov_grootheid *ov_grootheid(const struct ov_rapport *,
    const char *naam);
const char *ov_grootheid_uitleg(const struct ov_grootheid *);
const char *ov_grootheid_bron(const struct ov_grootheid *);
/* The type of message it is counted from; "" when it is not. */
const char *ov_grootheid_srt(const struct ov_grootheid *);
/* Does a message of that type with this content count? */
bool ov_grootheid_telt(const struct ov_grootheid *, const struct ov_jn *inhoud);

enum ov_norm_kant { OV_NORM_GEEN, OV_NORM_HOOGSTENS, OV_NORM_MINSTENS };
struct ov_formule {
	const char *code, *tekst, *bron;
	const struct ov_grootheid *teller, *noemer;
	unsigned maal, decimalen;
	enum ov_norm_kant norm;
};
const struct ov_formule *ov_formule(const struct ov_rapport *,
    const char *code);
/* Does the fraction itself, not its print, meet the norm?  A noemer of 0 meets
 * none. */
bool ov_norm_gehaald(const struct ov_formule *, const struct ov_norm_rij *,
    uint64_t teller, uint64_t noemer);

#endif
