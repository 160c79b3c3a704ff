/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/csv.h - CSV as school systems write it, and as a Dutch Excel opens
 * it.
 *
 * Reading.  Bytes are pushed in pieces of any size; a row is handed over when
 * it is complete.  The separator (semicolon, comma or tab) is the commonest
 * of the three outside quotes in the first row.  UTF-8, with or without BOM,
 * is told from Windows-1252 by the first byte outside ASCII; UTF-16 is refused
 * with a sentence.  Cells in quotes may hold separators, line breaks and
 * doubled quotes.  Rows end in LF, CRLF or CR.  Empty lines are skipped.
 *
 * Writing.  UTF-8 with BOM, semicolon, CRLF.  A spreadsheet runs a cell that
 * starts with = + - @ tab or CR, so such a cell gets an apostrophe in front.
 * Digits that Excel would take for a number and spoil (a zero in front, more
 * than 15 digits) are written as ="0344", the one form in which Excel keeps
 * them as they are.  The reader undoes both, so every text survives the way
 * out and back.
 *
 * Nothing here logs or keeps a cell; memory is wiped when given back.
 */
#ifndef OV_PROTOCOL_CSV_H
#define OV_PROTOCOL_CSV_H

#include "base/buf.h"

#define OV_CSV_ROW_MAX ((size_t)256 << 10)
#define OV_CSV_COLS_MAX ((size_t)512)

/* One row; everything is borrowed during the call.  Cells are UTF-8 and end
 * in NUL; they hold no other NUL. */
struct ov_csv_row {
	uint64_t nr;   /* 1 is the header; empty lines are not counted */
	uint64_t line; /* line of the file on which the row starts, from 1 */
	size_t n;
	const char *const *cell;
};

/* Anything but OV_OK stops the reading and comes back from the push. */
typedef enum ov_rc ov_csv_row_fn(void *arg, const struct ov_csv_row *,
    struct ov_err *);

struct ov_csv;

/* NULL when there is no memory. */
struct ov_csv *ov_csv_new(ov_csv_row_fn *, void *arg);
void ov_csv_free(struct ov_csv *);
/* OV_BADMSG, OV_TOOBIG: the file is refused from here on, and err says line
 * and column (of cells) without the cell's text. */
OV_MUST_CHECK enum ov_rc ov_csv_push(struct ov_csv *, const void *p, size_t n,
    struct ov_err *);
/* The file is complete. */
OV_MUST_CHECK enum ov_rc ov_csv_end(struct ov_csv *, struct ov_err *);
/* Where a failed push stopped. */
uint64_t ov_csv_line(const struct ov_csv *);
size_t ov_csv_column(const struct ov_csv *);

/* Begin a file: the byte order mark. */
void ov_csv_out_begin(struct ov_buf *);
/* One row.  Cells are UTF-8 text; NULL is an empty cell. */
void ov_csv_out_row(struct ov_buf *, const char *const *cell, size_t n);

/* A date dd-mm-jjjj (also with / or ., and one-digit day or month) or ISO
 * (also with a time of midnight behind it) to ISO.  False if it is no date. */
bool ov_csv_date_in(const char *s, char out[11]);
/* ISO to dd-mm-jjjj; anything else is copied as it is. */
void ov_csv_date_out(const char *iso, char out[11]);

#endif
