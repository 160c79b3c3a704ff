/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_out.h - tables that fit the screen, and progress.
 *
 * A table is 80 columns wide, or as wide as a wider terminal.  Widths follow
 * from the first OV_TABLE_LOOK rows, which are kept until there are that many
 * or the table ends; what does not fit is cut and ends in an ellipsis, and of a
 * type or state the middle is left out.  Width is counted in cells of a
 * terminal, not bytes.  Control characters, which somebody else may have
 * chosen, are shown as "?".  The last columns may be lists of what is missing:
 * they stand under their row, each behind its head, broken between two entries
 * and never within one that fits a line.
 */
#ifndef OV_TOOLS_CMD_OUT_H
#define OV_TOOLS_CMD_OUT_H

#include "tools/cmd_cli.h"

#define OV_TABLE_LOOK 200
#define OV_TABLE_COLS 12
#define OV_TABLE_WIDTH 80

struct ov_col {
	const char *member; /* of the row */
	const char *head;
	bool right; /* numbers */
};

struct ov_table {
	FILE *out;
	size_t ncol;
	const struct ov_col *col;
	size_t width[OV_TABLE_COLS];
	bool fixed; /* widths are known and the head is printed */
	bool wrap;  /* the last column is a sentence: it goes on below */
	size_t nkept;
	json_t *kept[OV_TABLE_LOOK];
};

/* col ends with a row whose member is NULL, and is borrowed. */
void ov_table_begin(struct ov_table *, FILE *out, const struct ov_col *col);
/* Borrowed; members that no column shows are left out. */
void ov_table_row(struct ov_table *, json_t *row);
/* Print what is kept and free it. */
void ov_table_end(struct ov_table *);

/* A JSON value as it stands in a table: text, number, ja/nee, a list with
 * commas; moments without seconds.  Appended. */
void ov_cell(struct ov_buf *, const json_t *);
/* Cells of a terminal that n bytes of UTF-8 take. */
size_t ov_text_width(const char *, size_t n);
/* Print s in exactly width cells (right: blanks in front; last: no blanks
 * behind). */
void ov_text_fit(FILE *, const char *s, size_t width, bool right, bool last);
/* Print a paragraph in lines of at most width cells, each after indent
 * blanks. */
void ov_text_wrap(FILE *, const char *s, size_t indent, size_t width);
/* The same, when the first line stands behind its indent already. */
void ov_text_hang(FILE *, const char *s, size_t indent, size_t width);

/* Zeroed means fresh.  Nothing is shown in the first two seconds, nor where
 * stderr is no terminal (unless cli->progress), and then once a second. */
struct ov_progress {
	uint64_t start_ms;
	uint64_t last_ms;
	bool shown;
};
/* total 0: unknown. */
void ov_progress(struct ov_cli *, struct ov_progress *, const char *what,
    uint64_t done, uint64_t total);
/* Wipe the line. */
void ov_progress_end(struct ov_cli *, struct ov_progress *);
/* The line alone, for tests. */
void ov_progress_text(char *out, size_t cap, const char *what, uint64_t done,
    uint64_t total, uint64_t ms);

#endif
