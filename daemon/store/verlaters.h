/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verlaters.h - the leavers of a school year: who they are, their
 * choice, and how far each of them is.
 *
 * The list is imported (verlaters_in.c): the population over which `progress`
 * and the report `in-beeld` count, and never more than what the school itself
 * says.  A leaver is one sealed record per school year, found by the keyed tag
 * of the own reference; the same file again changes nothing.  For each leaver
 * to the mbo who has a choice the load makes the draft `overstapstatus` with
 * status `keuze` to the receiver of the woongemeente (before 1 April; WVO 27d,
 * WEC 42b, Stcrt. 2020, 36712); sending stays the act of `send`.
 *
 * How far somebody is (verlaters.c) comes from our drafts, from what was sent
 * and delivered, from what receivers answered and from the statuses that came
 * back; nothing of it is typed in.
 */
#ifndef OV_DAEMON_STORE_VERLATERS_H
#define OV_DAEMON_STORE_VERLATERS_H

#include "daemon/store/toegang.h"

/* The name under which drafts of ours are imported: theirs have a file's. */
#define OV_VERLATER_BESTAND "(schoolverlaters)"

/* ---- a record (verlaters_rec.c) ---- */

/* Members of a row and of the record, all text; the PGN is not kept. */
enum ov_vl_veld {
	OV_VL_REF,
	OV_VL_KLAS,
	OV_VL_MENTOR,
	OV_VL_GEBOREN,
	OV_VL_VERVOLG, /* a code of the list vervolg */
	OV_VL_GEMEENTE,
	OV_VL_VESTIGING,
	OV_VL_STARTKWALIFICATIE, /* ja, or else nee */
	OV_VL_CREBO,             /* empty: no choice yet */
	OV_VL_OMSCHRIJVING,
	OV_VL_LEERWEG,
	OV_VL_NIVEAU,
	OV_VL_KEUZEDATUM,
	OV_VL_N
};
extern const char *const ov_vl_namen[OV_VL_N];

struct ov_verlater_rec {
	int64_t nr, versie, geladen; /* nr 0: there is none */
	uint8_t id[16], wrap[OV_WRAP];
	json_t *root; /* owned: the members, each there */
};
const char *ov_vl(const json_t *root, enum ov_vl_veld);
/* The little of a dossier that says what it is about; given. */
json_t *ov_verlater_about(const json_t *root);
/* By number, or by school year and tag where tag is not NULL. */
OV_MUST_CHECK enum ov_rc ov_verlater_read(struct ov_store *, int64_t nr,
    int jaar, const uint8_t *tag, struct ov_verlater_rec *, struct ov_err *);
void ov_verlater_free(struct ov_verlater_rec *);
/* In the open transaction: seal root in the place of what r has. */
OV_MUST_CHECK enum ov_rc ov_verlater_write(struct ov_store *, int jaar,
    const uint8_t tag[16], struct ov_verlater_rec *r, const json_t *root,
    struct ov_err *);

/* ---- an import (verlaters_in.c) ---- */

struct ov_verlaters_in;
struct ov_verlaters_sum {
	int64_t geladen, gewijzigd, keuzes, zonder_keuze, fout;
};
OV_MUST_CHECK enum ov_rc ov_verlaters_in_new(struct ov_store *, uid_t, int jaar,
    bool proef, struct ov_verlaters_in **out, struct ov_err *);
void ov_verlaters_in_free(struct ov_verlaters_in *);
/* A row of docs/control.md; its faults are kept, up to 1,000. */
void ov_verlaters_in_row(struct ov_verlaters_in *, const json_t *row);
/* All rows are there: judge, then store, 64 a step; *done after the last.
 * With one fault nothing is stored. */
OV_MUST_CHECK enum ov_rc ov_verlaters_in_step(struct ov_verlaters_in *,
    bool *done, struct ov_err *);
const struct ov_verlaters_sum *ov_verlaters_in_sum(
    const struct ov_verlaters_in *);
/* Each fault {rij, kolom, reden, tekst}, given; those of the messages under the
 * column that they come from. */
void ov_verlaters_in_faults(const struct ov_verlaters_in *,
    void (*told)(void *arg, json_t *fault), void *arg);

/* ---- how far they are (verlaters.c) ---- */

#define OV_VERLATERS_MAX 20000

struct ov_verlater {
	json_t *root; /* owned by the list; ov_vl() */
	int64_t nr;   /* of the record */
	bool naar_mbo;
	bool keuze;            /* named in the list, by that day */
	bool gemeld;           /* his `keuze` is delivered */
	bool dossier;          /* there is a draft, or a message */
	bool deel[OV_DELEN_N]; /* complete: a part that does not count is */
	bool afgeleverd, gekoppeld, niet_gekoppeld;
	bool ddd; /* delivered, and of the same dossier A and B complete */
	bool ingeschreven, gestart; /* the newest status of some case */
	int64_t uitgaand;           /* of the dossier answered niet-gekoppeld */
};

struct ov_verlaters;
/* The leavers of this school year as of the moment tot (what is behind it does
 * not count).  st is borrowed. */
OV_MUST_CHECK enum ov_rc ov_verlaters_new(struct ov_store *, int jaar,
    int64_t tot, struct ov_verlaters **out, struct ov_err *);
void ov_verlaters_free(struct ov_verlaters *);
/* Read the next 64 records; *done after the last. */
OV_MUST_CHECK enum ov_rc ov_verlaters_step(struct ov_verlaters *, bool *done,
    struct ov_err *);
size_t ov_verlaters_n(const struct ov_verlaters *);
const struct ov_verlater *ov_verlaters_at(const struct ov_verlaters *, size_t);
/* Dossiers of somebody who is not in the list. */
int64_t ov_verlaters_buiten(const struct ov_verlaters *);
/* What the account sees of one (daemon/store/toegang.h). */
enum ov_rij ov_verlater_rij(struct ov_ctl *, const struct ov_verlater *);
/* Placed for good and with a choice that was exchanged; and of those, with a
 * delivered dossier whose parts A and B are complete. */
bool ov_verlater_in_beeld(const struct ov_verlater *);
bool ov_verlater_met_ddd(const struct ov_verlater *);

#endif
