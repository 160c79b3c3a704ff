/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/profiel_in.h - a loaded profile, shared by profiel*.c and
 * by nobody else.
 */
#ifndef OV_PROTOCOL_PROFIEL_IN_H
#define OV_PROTOCOL_PROFIEL_IN_H

#include "protocol/profiel.h"

enum ov_col_kind {
	OV_COL_NONE,
	OV_COL_REF,
	OV_COL_PGN,
	OV_COL_TEXT,
	OV_COL_DATE,
	OV_COL_SCHOOL,   /* BRIN, perhaps with vestiging */
	OV_COL_HOURS,    /* digits, at most two decimals, comma or point */
	OV_COL_GEMEENTE, /* CBS code, four digits */
	OV_COL_JAAR,     /* four digits */
	OV_COL_FIELD,    /* below /inhoud */
	OV_COL_ROWS,     /* below /inhoud: a list in one cell */
};

struct ov_col {
	char *kolom;
	char *pad; /* with the index in it, where it repeats */
	const char *uitleg;
	const char *voorbeeld;
	const char *standaard; /* value of an empty cell, or NULL */
	bool verplicht;        /* a row without it is bad */
	enum ov_col_kind kind;
	const struct ov_field *f; /* OV_COL_FIELD, OV_COL_ROWS */
};

struct ov_profile {
	const struct ov_types *types;
	const char *naam;
	const char *srt;
	const char *deel; /* "A": a file of this part only; or NULL */
	size_t n;
	struct ov_col *col;
};

#define OV_MAP_SKIP SIZE_MAX

struct ov_mapping {
	size_t n;
	char *theirs[OV_CSV_COLS_MAX];
	size_t ours[OV_CSV_COLS_MAX]; /* a column, or OV_MAP_SKIP */
};

/* The value a pointer leads to, or NULL. */
const json_t *ov_profile_at(const json_t *, const char *pad);
/* The JSON value of a cell; NULL, and a local code or NULL in *why, where there
 * is none. */
json_t *ov_profile_value(const struct ov_profile *, const char *vandaag,
    const struct ov_field *, const char *cell, const char **why);
/* The other way: what a value of that kind looks like in a cell, without a
 * NUL. */
void ov_profile_text(enum ov_soort, const json_t *, struct ov_buf *);

/* A list in one cell (profiel_rijen.c; the format is in profiel.h).  May the
 * list be in one: of texts, or of a group without groups? */
bool ov_profile_rows_may(const struct ov_profile *, const struct ov_field *);
/* NULL: a line has more members than the group, or something that is no value;
 * *why as above. */
json_t *ov_profile_rows(const struct ov_profile *, const char *vandaag,
    const struct ov_field *, const char *cell, const char **why);
void ov_profile_rows_text(const struct ov_profile *, const struct ov_field *,
    const json_t *, struct ov_buf *);

/* The text of a cell with a code of so many digits, with the zeros in front
 * that a spreadsheet dropped; NULL: it is none. */
json_t *ov_profile_digits(const char *cell, size_t want);

#endif
