/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/profiel.h - which column of a CSV file is which member of a
 * message, in both directions.
 *
 * The table is data/profielen.json.  A profile has a name ("overstapdossier",
 * "uitschrijving", "overstapstatus", "leerlingen"), the message type it makes
 * (none for "leerlingen") and columns: Dutch header, JSON Pointer, an
 * explanation and an example.  A pointer below "/inhoud" takes its type, its
 * length and its code list from protocol/types.h, so nothing is said twice.
 * The others are: /eigenReferentie (always needed), /pgn, /ontvanger,
 * /geboortedatum, /schoolVerlaten, /zaak, and those of a population:
 * /woongemeente, /datumUitschrijving, /instroom, /startkwalificatieDatum.
 *
 * A list of which there may be many (the days of an absence, the course of a
 * case) is one column: a line in the cell per element, "|" between its members
 * in the order of data/types.json, empty ones at the end left out; a "\", "|" or
 * line break inside a member is written \\, \| and \n.
 *
 * A row becomes a draft:
 *   {"profiel","eigenReferentie","pgn","ontvanger","zaak","srt","inhoud"}
 * members without a value are left out; "leerlingen" gives
 *   {"profiel","eigenReferentie","pgn","geboortedatum","schoolVerlaten"}.
 * The PGN is normalised to nine digits.  A draft may be incomplete: that is a
 * fault with reden "ontbreekt" and does not make the row bad.
 */
#ifndef OV_PROTOCOL_PROFIEL_H
#define OV_PROTOCOL_PROFIEL_H

#include "protocol/policy.h"
#include "protocol/csv.h"

struct ov_profiles;
struct ov_profile;

/* types is borrowed and must outlive the profiles; *out is given. */
OV_MUST_CHECK enum ov_rc ov_profiles_load(const struct ov_types *,
    struct ov_view profielen, struct ov_profiles **out, struct ov_err *);
void ov_profiles_free(struct ov_profiles *);
/* NULL if there is none of that name. */
const struct ov_profile *ov_profile_find(const struct ov_profiles *,
    const char *naam);
/* The i-th profile; NULL after the last. */
const struct ov_profile *ov_profile_nth(const struct ov_profiles *, size_t i);
const char *ov_profile_name(const struct ov_profile *);
/* NULL for a profile that makes no message. */
const char *ov_profile_srt(const struct ov_profile *);

/* The part ("A", "B", "C") that a file of this profile fills in a draft that is
 * there; NULL: whole messages. */
const char *ov_profile_deel(const struct ov_profile *);

size_t ov_profile_ncols(const struct ov_profile *);
/* Of column i: the header, and what it means. */
const char *ov_profile_header(const struct ov_profile *, size_t i);
const char *ov_profile_uitleg(const struct ov_profile *, size_t i);
/* The pointer of column i ("/pgn", "/inhoud/adres/postcode"). */
const char *ov_profile_pad(const struct ov_profile *, size_t i);

/* Other headers: lines "theirs = ours", "theirs =" leaves a column out, "#"
 * begins a comment.  *out is given (ov_mapping_free).  OV_BADMSG names the
 * line: no "=", a name of ours that the profile does not have, one twice. */
struct ov_mapping;
OV_MUST_CHECK enum ov_rc ov_mapping_load(const struct ov_profile *,
    struct ov_view text, struct ov_mapping **out, struct ov_err *);
void ov_mapping_free(struct ov_mapping *);

#define OV_IO_FAULTS 64

struct ov_io_fault {
	uint64_t row; /* as struct ov_csv_row; 0 for a JSON draft */
	size_t col;   /* from 1; 0: no column, the row as a whole */
	enum ov_reden reden;
	bool slecht;        /* makes the row bad; else only incomplete */
	const char *kolom;  /* our header, or NULL; lives with the profile */
	const char *uitleg; /* Dutch sentence of the rule, or NULL */
	const char *bron;   /* where the rule stands, or NULL */
	/* A local code of data/fouten.txt that says more than the reason
	 * ("pgn-ongeldig"), or NULL: then "reden/<reden>" is the sentence. */
	const char *code;
	char pad[OV_FOUT_PAD]; /* "/inhoud/..." or "/pgn" */
};

struct ov_io_row {
	const struct ov_csv_row *csv; /* borrowed; NULL for JSON */
	json_t *draft;                /* borrowed; take with json_incref() */
	size_t nfaults;
	bool bad; /* a fault with "slecht" set: do not keep the draft */
	const struct ov_io_fault *fault;
};

typedef enum ov_rc ov_io_row_fn(void *arg, const struct ov_io_row *,
    struct ov_err *);

struct ov_import_opts {
	const struct ov_profile *profile;
	const struct ov_policy *policy;   /* NULL: do not fill in the ground */
	const struct ov_mapping *mapping; /* or NULL */
	unsigned rollen;     /* OV_ROL_BIT()s of our own, for the ground */
	const char *vandaag; /* Dutch civil date */
	ov_io_row_fn *fn;
	void *arg;
};

/* Of an address that is secret (geheim) what the ground does not let go is left
 * out of the draft, and is no fault.
 *
 * Read one CSV file: push its bytes to ov_import_push() and finish.  The
 * first row is the header.  A header the profile does not know, one that
 * stands twice, or the absence of eigenReferentie arrives as one bad row with
 * draft NULL; the rows after it are then not read.  Strings in opts are
 * borrowed until ov_import_free(). */
struct ov_import;
struct ov_import *ov_import_new(const struct ov_import_opts *);
void ov_import_free(struct ov_import *);
OV_MUST_CHECK enum ov_rc ov_import_push(struct ov_import *, const void *p,
    size_t n, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_import_end(struct ov_import *, struct ov_err *);
/* The same from JSON: one draft or an array of drafts. */
OV_MUST_CHECK enum ov_rc ov_import_json(const struct ov_import_opts *,
    const void *p, size_t n, struct ov_err *);
/* One JSON object as row nr, for an import whose objects come one by one
 * (protocol/jsonreeks.h); such an import reads no CSV. */
OV_MUST_CHECK enum ov_rc ov_import_draft(struct ov_import *, uint64_t nr,
    json_t *draft, struct ov_err *);
/* Where a failed push stopped: line of the file and cell of the row. */
void ov_import_where(const struct ov_import *, uint64_t *line, size_t *column);
/* The header row as it was read, for a file of the bad rows; NULL before. */
const char *const *ov_import_header(const struct ov_import *, size_t *n);

/* The template: the header row, a row of explanations and a row with an
 * example; the last two have a cell that starts with "#", and the reader
 * skips rows whose first cell does. */
void ov_profile_template(const struct ov_profile *, struct ov_buf *);
/* The beginning of an export: byte order mark and header row. */
void ov_export_header(const struct ov_profile *, struct ov_buf *);
/* One row of an export: a draft object, or what is stored in that shape. */
OV_MUST_CHECK enum ov_rc ov_export_row(const struct ov_profile *,
    const json_t *draft, struct ov_buf *, struct ov_err *);

#endif
