/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_import.h - a file of a school's own system, row by row: read,
 * judged, remembered where it is bad.
 *
 * The file is read more than once, so it is held in memory (at most 64 MiB).
 * Rows have the number they have in the file: in CSV 1 is the header, in JSON
 * 1 is the first object.
 */
#ifndef OV_TOOLS_CMD_IMPORT_H
#define OV_TOOLS_CMD_IMPORT_H

#include "tools/cmd_cli.h"
#include "protocol/profiel.h"

#define OV_IMPORT_FAULTS 1000 /* listed; the rest is counted */

/* Tables and profile; zeroed means empty. */
struct ov_kit {
	struct ov_types *types;
	struct ov_policy *policy;
	struct ov_profiles *profiles;
	const struct ov_profile *profile;
	struct ov_mapping *mapping;
};
/* mapping NULL: none.  OV_DENIED when there is no such profile. */
OV_MUST_CHECK enum ov_rc ov_kit_load(struct ov_kit *, const char *profile,
    const char *mapping, struct ov_err *e);
void ov_kit_free(struct ov_kit *);

/* What a file holds: the command that takes its rows, and their members. */
struct ov_rows {
	const char *profile; /* NULL: any that makes drafts */
	const char *cmd;
	/* The command takes all rows or none and has no switch to skip. */
	bool whole;
	const char *const *names; /* ends with NULL */
};
/* By profile. */
const struct ov_rows *ov_rows_of(const char *profile);

struct ov_batch {
	const struct ov_kit *kit;
	struct ov_buf file;
	bool json;
	json_t *items;   /* JSON: the drafts */
	unsigned rollen; /* OV_ROL_BIT()s of our own */
	char vandaag[11];
	const struct ov_rows *wat; /* what its rows are */
	const char *regio; /* only rows of this holiday region, or NULL */

	/* counted by ov_batch_scan() */
	uint64_t rows, bad_rows, faults;
	bool header_bad;
	json_t *list;  /* [{rij,kolom,reden,tekst}], at most OV_IMPORT_FAULTS */
	uint64_t *bad; /* row numbers, sorted */
	size_t nbad, capbad;

	/* a pass over the rows: it judges them, feeds them, or both */
	struct ov_import *imp;
	size_t at;           /* byte of the file, or item */
	struct ov_buf queue; /* rows ready to go: length and text of each */
	size_t nqueue;
	bool judging, feeding;
	bool all;     /* with both: no bad row may be among them */
	uint64_t own; /* bad rows when all were fed: by our own rules */
	struct ov_err err;
};

/* Read the file; its shape (CSV, JSON) follows from its first character. */
OV_MUST_CHECK enum ov_rc ov_batch_open(struct ov_batch *, const struct ov_kit *,
    const char *path, struct ov_err *e);
void ov_batch_free(struct ov_batch *);
/* Judge the rows while they are fed: one pass, after which they are counted.
 * The feed stops at the first bad row with all, and at the end where no row is
 * good; what was found is to be forgotten then, for ov_batch_scan() to find all
 * of it.  The first rows are judged now; false: it stops there. */
bool ov_batch_straight(struct ov_batch *, bool all);
void ov_batch_forget(struct ov_batch *);
/* Judge every row.  OV_BADMSG only when the file cannot be read as such. */
OV_MUST_CHECK enum ov_rc ov_batch_scan(struct ov_batch *, struct ov_err *e);
/* The next good rows for the daemon.  An ov_ask feed; false: see err. */
bool ov_batch_feed(void *batch, struct ov_buf *text, size_t *n);
/* A fault that the daemon found: {rij,kolom,reden,tekst}. */
void ov_batch_fault(struct ov_batch *, const json_t *fault);
bool ov_batch_is_bad(const struct ov_batch *, uint64_t row);
/* Bring the faults in the order of their rows, as they are shown. */
void ov_batch_sort(struct ov_batch *);
/* Feed again from the first row, without those that are bad by now. */
void ov_batch_again(struct ov_batch *);
/* The bad rows as a file that can be mended and imported again; behind each
 * row of CSV a line of remarks that the reader skips. */
OV_MUST_CHECK enum ov_rc ov_batch_bad_file(struct ov_batch *,
    struct ov_buf *out, struct ov_err *e);

#endif
