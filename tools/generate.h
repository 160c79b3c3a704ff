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

/* ---- content ---- */

/* The content of an overstapdossier about p (generate_dossier.c); lente is
 * the year in whose spring it is made, vandaag bounds its dates. */
json_t *ov_gen_dossier(struct ov_rng *, const struct ov_person *p, int lente,
    struct ov_date vandaag);

/* One row of the published table with leavers (generate_notice.c). */
struct ov_norm {
	char categorie[24];
	char leerweg[24];
	int vsv;
	bool mbo; /* the mbo sends these, else the vo */
};

#define OV_NORMS_MAX 64

struct ov_norms {
	size_t n;
	struct ov_norm row[OV_NORMS_MAX];
	int vo, mbo; /* totals, as published and as counted */
};

/* Read the table.  OV_BADMSG when a total is not the sum of its rows or a
 * track is not known here. */
OV_MUST_CHECK enum ov_rc ov_norms_read(const void *p, size_t n,
    struct ov_norms *, struct ov_err *);
/* A notice about one leaver of this row: fills in the birth date, and gives
 * the content.  *event is the day of leaving, from 1 October of year on. */
json_t *ov_gen_notice(struct ov_rng *, const struct ov_norm *,
    struct ov_person *, int year, struct ov_date *event);

#endif
