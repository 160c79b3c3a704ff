/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_region.h - a whole region: who its organisations are, who
 * goes to school there, and what happens to them in a school year.
 *
 * Y is the last convenant year (1 October to 30 September) that ended before
 * the day that is counted from; the region's school year is the same Y, and
 * everything is sent in four waves through it:
 *
 *	golf-0	the year before: leavers of Y-1, who return or work in Y
 *	golf-1	until 31 January: leavers, absence
 *	golf-2	until 31 March: choices, dossiers, applications received
 *	golf-3	until 31 July: the way of the applications up to enrolment
 *	golf-4	until 1 October: who started, mbo to mbo, what came of last
 *		year's leavers
 *
 * Pupils are made one after the other, each from a stream of random numbers of
 * his own, and written at once; what must be exact is drawn without return
 * from the number that is left.  So memory does not grow with their number,
 * but for four bytes in a table that keeps person's numbers apart.
 */
#ifndef OV_TOOLS_GENERATE_REGION_H
#define OV_TOOLS_GENERATE_REGION_H

#include "tools/generate_out.h"

enum ov_gen_fault {
	OV_GEN_BIRTH = 1,   /* applicants with a wrong birth date */
	OV_GEN_LATE = 2,    /* notices that are sent too late */
	OV_GEN_NUMBERS = 4, /* two numbers: BSN and onderwijsnummer */
	OV_GEN_UNASKED = 8, /* dossiers of who did not apply there */
};

/* What the command line asks. */
struct ov_gen_wish {
	uint64_t seed;
	int pupils; /* who go to the mbo; 0: what the tables say */
	struct ov_date vandaag;
	const char *dir;
	const char *table, *terug, *doelen; /* files; the last two or NULL */
	unsigned faults;                    /* OV_GEN_... */
};

/* Three organisations, from a table per norm category (generate_small.c). */
OV_MUST_CHECK enum ov_rc ov_gen_small(const struct ov_gen_wish *,
    struct ov_err *);
/* A whole region, from a table of either shape (generate_year.c). */
OV_MUST_CHECK enum ov_rc ov_gen_region(const struct ov_gen_wish *,
    struct ov_err *);

/* ---- organisations (generate_region.c) ---- */

enum ov_gen_oid {
	O_VMBO,
	O_LYCEUM,
	O_PRO,
	O_VSO,
	O_MBO,
	O_MBO2,
	O_GEMEENTE,   /* both roles */
	O_LEERPLICHT, /* joint body */
	O_BUUR,       /* Doorstroompunt of the next region */
	O_N
};
#define O_NONE O_N

struct ov_gen_org {
	const char *map; /* folder */
	struct ov_gen_school s;
	unsigned rol;
	const char *post; /* mail domain */
};
extern const struct ov_gen_org ov_gen_orgs[O_N];

struct ov_gen_home {
	char code[5];
	char naam[60];
	bool regio;             /* else a student from elsewhere */
	enum ov_gen_oid lp, dp; /* who serves it, or O_NONE */
	int deel;               /* share of the region, percent */
};
#define HOMES_MAX (OV_HOMES_MAX + 4)

/* Participants with the same home and track. */
struct ov_gen_cell {
	size_t home;
	const struct ov_track *track; /* NULL: unknown category of the mbo */
	int deelnemers, vsv;
};
#define CELLS_MAX (HOMES_MAX * (OV_TRACKS + 2))

struct ov_gen_land {
	size_t nhome;
	struct ov_gen_home home[HOMES_MAX];
	size_t ncell;
	struct ov_gen_cell cell[CELLS_MAX];
	bool homes; /* made from a table per municipality */
	int deelnemers, vsv, elders, elders_vsv;
	/* The address book, as far as routing and the matrix look at it. */
	struct ov_adresboek boek;
	struct ov_lid lid[O_N];
	struct ov_lid_brin brin[O_N];
	char gemeente[O_N][HOMES_MAX][5];
	struct ov_book_route route[2 * HOMES_MAX];
};

/* Read the table and spread its figures over homes and tracks.  What is spread
 * keeps every published sum. */
OV_MUST_CHECK enum ov_rc ov_gen_land_make(struct ov_gen_land *,
    const char *table, struct ov_err *);
/* Who receives, for a person of that age on that day; O_NONE. */
enum ov_gen_oid ov_gen_receiver(const struct ov_gen_home *, int age);
/* The school of a participant. */
enum ov_gen_oid ov_gen_school_of(struct ov_rng *, const struct ov_track *);
/* "organisaties", "gemeenten" and "routes" of the manifest. */
json_t *ov_gen_land_json(const struct ov_gen_land *);

/* ---- dates (generate_region.c) ---- */

#define GOLVEN 5
/* The last day of a wave of the year Y, and the wave of a day. */
struct ov_date ov_gen_golf_tot(int y, int golf);
int ov_gen_golf(int y, struct ov_date);

struct ov_gen_vakantie {
	const char *naam;
	struct ov_date van, tot;
};
#define VAKANTIES 5
/* The holidays of the school year y, in order of date. */
void ov_gen_vakanties(int y, struct ov_gen_vakantie out[VAKANTIES]);

/* ---- content (generate_status.c, generate_absence.c) ---- */

struct ov_gen_status {
	const char *status;
	const char *aanmelding;             /* NULL: towards a municipality */
	const char *reden;                  /* or NULL */
	const struct ov_gen_school *school; /* the one that was left, or NULL */
	struct ov_date datum, geboren;
	bool laat; /* applied after 1 April */
};
json_t *ov_gen_status(const struct ov_gen_status *);
/* "tot-18", ... on a day. */
const char *ov_gen_leeftijd(struct ov_date geboren, struct ov_date);
json_t *ov_gen_warm(struct ov_rng *, const struct ov_person *,
    const char *risico, struct ov_date);

enum ov_gen_absence {
	A_UREN,      /* 16 hours in four lesson weeks */
	A_VAKANTIE,  /* the same, with a holiday in between */
	A_BIJNA,     /* 15 hours in four lesson weeks: no signal */
	A_VERSPREID, /* 21 hours, never 16 in four lesson weeks: no signal */
	A_LANG,      /* four weeks without a lesson */
	A_N
};
extern const char *const ov_gen_absences[A_N];

#define ABSENT_MAX 32
struct ov_gen_absent {
	struct ov_date dag[ABSENT_MAX];
	int lessen[ABSENT_MAX]; /* 1..lessen of LESSEN were missed */
	size_t n;
	struct ov_date begin, eind; /* of the signal */
	int uren;                   /* up to and including eind */
	bool signaal;
};
#define LESSEN 6
void ov_gen_absent(struct ov_rng *, enum ov_gen_absence, int y,
    struct ov_gen_absent *);
json_t *ov_gen_melding(struct ov_rng *, const struct ov_person *,
    const struct ov_gen_org *, const char *gemeente,
    const struct ov_gen_absent *);

/* ---- the year (generate_year.c, generate_pupil.c) ---- */

/* Exactly need of left, drawn without return. */
struct ov_gen_draw {
	int left, need;
};
bool ov_gen_drawn(struct ov_gen_draw *, struct ov_rng *);
/* A table's share of n in percent, rounded half up. */
int ov_gen_pct(int n, int pct);

#define STATUSSEN 11
extern const char *const ov_gen_statussen[STATUSSEN];

enum ov_gen_kind {
	K_LEERLINGEN,
	K_BEVOLKING,
	K_STARTPOPULATIE,
	K_VAKANTIES,
	K_VERZUIMREGELS,
	K_OPVOLGING,
	K_NUMMERS,
	K_PLANNING,
	K_DOSSIER,
	K_UITSCHRIJVING,
	K_VERZUIM,
	K_WARM,
	K_TERUG,
	K_STATUS, /* and the statuses after it, one file each */
	K_N = K_STATUS + STATUSSEN
};

enum ov_gen_srt {
	S_DOSSIER,
	S_STATUS,
	S_UITSCHRIJVING,
	S_VERZUIM,
	S_WARM,
	S_TERUG,
	S_N
};
extern const char *const ov_gen_srts[S_N];

#define NIVEAUS 4
#define UITKOMSTEN 4

struct ov_gen_year {
	struct ov_gen_env env;
	const struct ov_gen_wish *wish;
	struct ov_gen_land land;
	struct ov_return terug;
	struct ov_goals doelen;
	struct ov_pgns pgns;
	int y;       /* convenant year and school year */
	uint32_t nr; /* pupils so far */
	uint64_t refs;
	char ref[40];       /* of the last message */
	struct ov_rng pick; /* who is drawn */
	struct ov_gen_out *out[O_N][GOLVEN + 1][K_N];

	int pupils;                          /* who go to the mbo */
	struct ov_gen_draw vmbo, havo, vavo; /* who of them goes */
	struct ov_gen_draw beeld, ddd, elders_dossier, geen_keuze;
	struct ov_gen_draw fout, dubbel, ongevraagd;
	struct ov_gen_draw verzuim, overstap_mbo, vorig;

	/* Counted as it is written. */
	int berichten[GOLVEN][O_N][O_N + 1][S_N]; /* O_NONE: no receiver */
	int mbo_mbo;
	int vsv[OV_TRACKS][HOMES_MAX], deelnemers[OV_TRACKS + 1][HOMES_MAX];
	int reden[10];
	int te_laat[O_N][S_N], op_tijd[O_N][S_N];
	int overstap[O_N], in_beeld[O_N], met_ddd[O_N], keuzes[O_N];
	int gekoppeld, twijfel, onbekend, dubbele;
	int status[STATUSSEN];
	int signaal[A_N], leerlingen[O_N], aanmelders[O_N];
	int terug_onderwijs, terug_werk, terug_zonder;
	/* Of last year's leavers: [school][level - 1][outcome][mbo]. */
	int koppeling[O_N][NIVEAUS][UITKOMSTEN][2];
};

/* The file, opened when it is first asked for; golf -1: the organisation's own
 * folder.  NULL with *e filled. */
struct ov_gen_out *ov_gen_file(struct ov_gen_year *, enum ov_gen_oid, int golf,
    enum ov_gen_kind, struct ov_err *);
/* Count and write a message; naar O_NONE: nobody receives it, and it stands in
 * the file as the school has it.  Takes inhoud. */
OV_MUST_CHECK enum ov_rc ov_gen_send(struct ov_gen_year *, enum ov_gen_oid van,
    enum ov_gen_oid naar, const char *ontvanger, int golf, enum ov_gen_kind,
    const struct ov_person *, json_t *inhoud, struct ov_err *);
/* A row of one of the files with columns of its own. */
OV_MUST_CHECK enum ov_rc ov_gen_line(struct ov_gen_year *, enum ov_gen_oid,
    int golf, enum ov_gen_kind, const char *const *cell, size_t n,
    struct ov_err *);
/* "gemeente:9901" */
void ov_gen_naar(char out[16], const struct ov_gen_home *);
/* The pupil's own stream, number and reference. */
OV_MUST_CHECK enum ov_rc ov_gen_new(struct ov_gen_year *, struct ov_rng *,
    struct ov_person *, struct ov_err *);
/* A day of the year Y+k from m/d on, n days further at most. */
struct ov_date ov_gen_day(const struct ov_gen_year *, struct ov_rng *, int k,
    int m, int d, int n);
/* A pupil of a cell (generate_pupil.c). */
OV_MUST_CHECK enum ov_rc ov_gen_pupil(struct ov_gen_year *,
    const struct ov_gen_cell *, bool vsv, struct ov_err *);
/* A pupil of the pro or the vso, who is in no table. */
OV_MUST_CHECK enum ov_rc ov_gen_special(struct ov_gen_year *, enum ov_gen_oid,
    struct ov_err *);
/* The leavers of the year before (generate_leaver.c). */
OV_MUST_CHECK enum ov_rc ov_gen_vorig(struct ov_gen_year *, struct ov_err *);
/* A leaver of this year; p has its number. */
OV_MUST_CHECK enum ov_rc ov_gen_leaver(struct ov_gen_year *,
    const struct ov_gen_cell *, enum ov_gen_oid school, struct ov_rng *,
    struct ov_person *, struct ov_err *);
/* One who goes to the mbo (generate_transfer.c). */
OV_MUST_CHECK enum ov_rc ov_gen_transfer(struct ov_gen_year *,
    const struct ov_gen_home *, enum ov_gen_oid school, const struct ov_track *,
    struct ov_rng *, struct ov_person *, struct ov_err *);
/* A student who goes on to the other mbo. */
OV_MUST_CHECK enum ov_rc ov_gen_mbo_mbo(struct ov_gen_year *,
    const struct ov_gen_home *, enum ov_gen_oid school, const struct ov_track *,
    struct ov_rng *, struct ov_person *, struct ov_err *);
/* A line in the population that o, who serves his gemeente, has of its own;
 * start: with a startkwalificatie. */
OV_MUST_CHECK enum ov_rc ov_gen_inwoner(struct ov_gen_year *, enum ov_gen_oid o,
    const struct ov_gen_home *, enum ov_gen_oid school,
    const struct ov_person *, bool start, struct ov_err *);
/* Absence of a pupil, and the notice it obliges to. */
OV_MUST_CHECK enum ov_rc ov_gen_away(struct ov_gen_year *,
    const struct ov_gen_home *, enum ov_gen_oid school, struct ov_rng *,
    const struct ov_person *, struct ov_err *);
/* When a notice about an event is sent, and its row in "planning.csv". */
struct ov_gen_plan {
	struct ov_date event, gepland;
	int golf;
	bool laat;
};
struct ov_gen_plan ov_gen_plan(const struct ov_gen_year *, struct ov_rng *,
    enum ov_gen_srt, struct ov_date event);
OV_MUST_CHECK enum ov_rc ov_gen_planned(struct ov_gen_year *, enum ov_gen_oid,
    enum ov_gen_srt, const struct ov_gen_plan *, struct ov_err *);
/* The aggregated feedback about last year's leavers. */
OV_MUST_CHECK enum ov_rc ov_gen_terug(struct ov_gen_year *, struct ov_err *);
/* manifest.json (generate_manifest.c). */
OV_MUST_CHECK enum ov_rc ov_gen_manifest(struct ov_gen_year *, struct ov_err *);

#endif
