/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate.h - an invented region: pupils, their dossiers and notices,
 * for the demo and the system tests.
 *
 * Everything follows from a seed and a date and from nothing else: the same
 * two give the same files, byte for byte, on any machine.  The random numbers
 * are xoshiro256** seeded by splitmix64; each file draws from a stream of its
 * own, so that a change in one leaves the others alone.
 *
 * Nobody is real.  Names are made of syllables, telephone numbers are in the
 * ranges kept for fiction, e-mail addresses end in .example, and the numbers
 * (BSN and onderwijsnummer) only satisfy their check sums.
 */
#ifndef OV_TOOLS_GENERATE_H
#define OV_TOOLS_GENERATE_H

#include <jansson.h>

#include "protocol/oin.h"
#include "protocol/pgn.h"
#include "protocol/tijd.h"

/* ---- random numbers (generate_person.c) ---- */

struct ov_rng {
	uint64_t s[4];
};

void ov_rng_seed(struct ov_rng *, uint64_t seed, uint64_t stream);
uint64_t ov_rng_next(struct ov_rng *);
/* 0 <= x < n, without bias; n > 0. */
uint32_t ov_rng_below(struct ov_rng *, uint32_t n);
/* lo <= x <= hi. */
int ov_rng_range(struct ov_rng *, int lo, int hi);
/* True in pct of a hundred cases. */
bool ov_rng_pct(struct ov_rng *, unsigned pct);
const char *ov_rng_pick(struct ov_rng *, const char *const *list, size_t n);
#define OV_PICK(r, list) ov_rng_pick(r, list, sizeof(list) / sizeof(*(list)))

/* ---- persons (generate_person.c) ---- */

/* Hands out numbers; none twice.  expect is about how many will be asked. */
struct ov_pgns {
	struct ov_rng rng;
	uint32_t *seen; /* open hash table, 0: empty */
	size_t cap;
	size_t n;
	uint32_t base; /* BSNs are drawn from base .. base + span - 1 */
	uint32_t span;
};

OV_MUST_CHECK enum ov_rc ov_pgns_init(struct ov_pgns *, uint64_t seed,
    size_t expect, struct ov_err *);
void ov_pgns_free(struct ov_pgns *);
/* One in twenty-five is an onderwijsnummer. */
OV_MUST_CHECK enum ov_rc ov_pgns_take(struct ov_pgns *, struct ov_pgn *,
    struct ov_err *);

struct ov_person {
	struct ov_pgn pgn;
	char ref[24]; /* the school's own reference */
	char roepnaam[40];
	char voorletters[20];
	char voorvoegsel[12]; /* may be empty */
	char naam[60];
	char geslacht[2];
	struct ov_date geboren;
};

/* Names and sex; the caller fills in the rest. */
void ov_person_make(struct ov_rng *, struct ov_person *);
/* A day on which somebody born then is age years old on the day on. */
struct ov_date ov_born(struct ov_rng *, int age, struct ov_date on);

/* ---- pieces of content (generate_person.c); NULL without memory ---- */

json_t *ov_gen_date(struct ov_date);
/* "adres"; one in fifty is secret. */
json_t *ov_gen_adres(struct ov_rng *, const char *gemeente);
json_t *ov_gen_bereikbaar(struct ov_rng *, const char *voor);
json_t *ov_gen_contactpersoon(struct ov_rng *, const char *school);
/* Sentences from a list, up to n of them, joined. */
json_t *ov_gen_text(struct ov_rng *, const char *const *list, size_t len,
    int lo, int hi);
/* Set a member of obj and take the value; false without memory. */
bool ov_gen_set(json_t *obj, const char *name, json_t *value);

/* ---- the organisations of the region ---- */

struct ov_gen_school {
	const char *naam;
	const char *oin;
	const char *brin;
	const char *vestiging;
};

extern const struct ov_gen_school ov_gen_vo, ov_gen_mbo;
extern const char ov_gen_gemeente_naam[], ov_gen_gemeente_oin[],
    ov_gen_gemeente[]; /* CBS code */

/* ---- the published tables (generate_table.c) ----
 *
 * All are CSV with a header row.  OV_BADMSG names the row of a total that is
 * not the sum of its parts, of a percentage that does not follow from its
 * counts, and of what has no number or stands twice.
 */

/* What a track of a table is in our code lists, and how old its leavers are. */
struct ov_track {
	const char *categorie;
	const char *leerweg;
	const char *soort[4]; /* opleidingssoort; the first are filled */
	int niveau;           /* mbo level, else 0 */
	int jong, oud;
	int deelnemers, vsv; /* shares */
};
#define OV_TRACKS 20
extern const struct ov_track ov_tracks[OV_TRACKS];
/* NULL: not known. */
const struct ov_track *ov_track_find(const char *categorie,
    const char *leerweg);

/* Per norm category and track:
 *   normcategorie,leerweg,deelnemers,vsv[,vsv_pct[,...]]
 * A category's tracks, then its row TOTAAL; the rows VO,TOTAAL, MBO,TOTAAL and
 * last TOTAAL,TOTAAL.  A track MBO or VO belongs to no category. */
struct ov_norm {
	char categorie[24];
	char leerweg[24];
	int deelnemers, vsv;
	bool mbo;                     /* the mbo sends these, else the vo */
	const struct ov_track *track; /* NULL: not known, and nobody left */
};

#define OV_NORMS_MAX 64

struct ov_norms {
	size_t n;
	struct ov_norm row[OV_NORMS_MAX];
	int vo, mbo; /* leavers, as published and as counted */
};

OV_MUST_CHECK enum ov_rc ov_norms_read(struct ov_view, struct ov_norms *,
    struct ov_err *);

/* Per municipality and sector:
 *   gemeente,naam,sector,deelnemers,vsv[,vsv_pct]
 * with sector vo or mbo, or TOTAAL of the municipality above it; at the end
 * rows TOTAAL,,vo TOTAAL,,mbo and last TOTAAL,,TOTAAL. */
struct ov_home {
	char gemeente[5];
	char naam[60];
	bool has[2]; /* vo, mbo */
	int deelnemers[2], vsv[2];
};

#define OV_HOMES_MAX 24

struct ov_homes {
	size_t n;
	struct ov_home row[OV_HOMES_MAX];
};

OV_MUST_CHECK enum ov_rc ov_homes_read(struct ov_view, struct ov_homes *,
    struct ov_err *);
/* Which of the two shapes it is, by its first column. */
bool ov_table_is_homes(struct ov_view);

/* Leavers one year later:
 *   jaar,startpopulatie,vsv,terug_in_onderwijs,werkend,pct_onderwijs,
 *   pct_werkend
 * The last row counts. */
struct ov_return {
	int jaar, startpopulatie, vsv, onderwijs, werk;
};

OV_MUST_CHECK enum ov_rc ov_return_read(struct ov_view, struct ov_return *,
    struct ov_err *);

/* The size of a region and its goals:
 *   onderdeel,sleutel,waarde
 * with onderdeel deelnemers (per category, VO_TOTAAL, MBO_TOTAAL, TOTAAL),
 * overstappers_per_jaar, doel_in_beeld_pct and doel_ddd_pct (per school year;
 * the last counts).  0: not in the table. */
struct ov_goals {
	int overstappers, in_beeld, ddd;
	char schooljaar[10];
};

OV_MUST_CHECK enum ov_rc ov_goals_read(struct ov_view, struct ov_goals *,
    struct ov_err *);

/* ---- content ---- */

/* From whom to whom a dossier goes. */
struct ov_gen_way {
	const struct ov_gen_school *van, *naar;
	const char *gemeente;  /* where the pupil lives */
	const char *soort;     /* soortOverstap */
	const char *post;      /* mail domain of the sender */
	const char *opleiding; /* opleidingssoort; NULL: some vmbo */
	struct ov_date datum;  /* of the dossier; y 0: some day of spring */
};

/* The content of an overstapdossier about p (generate_dossier.c); lente is
 * the year in whose spring it is made, vandaag bounds its dates. */
json_t *ov_gen_dossier(struct ov_rng *, const struct ov_person *p,
    const struct ov_gen_way *, int lente, struct ov_date vandaag);
/* A notice about one leaver of this track (generate_notice.c): fills in the
 * birth date, and gives the content.  *event is the day of leaving, from
 * 1 October of year on. */
json_t *ov_gen_notice(struct ov_rng *, const struct ov_track *,
    const struct ov_gen_school *, const char *gemeente, struct ov_person *,
    int year, struct ov_date *event);

#endif
