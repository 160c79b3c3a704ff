/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_tree.h - one record shown to a person: members below each other,
 * groups indented, names and codes in readable Dutch. */
#ifndef OV_TOOLS_CMD_TREE_H
#define OV_TOOLS_CMD_TREE_H

#include "tools/cmd_cli.h"

/* "eersteVoornaam" as "Eerste voornaam", "laatste_datum" as "Laatste
 * datum". */
void ov_tree_label(struct ov_buf *, const char *member);
/* Print an object or array; dates become dd-mm-jjjj, true and false ja and
 * nee. */
void ov_tree(FILE *, const json_t *, size_t indent);
/* A refusal by this program that staff read: the sentence of the code out of
 * data/fouten.txt, and behind it which file or place; returns x. */
int ov_tree_fout(struct ov_cli *, enum ov_exit x, const char *code,
    const char *place);
/* OV_X_OK when a file that staff name can be read ("-" and NULL too); else
 * that is said. */
int ov_tree_readable(struct ov_cli *, const char *path);
/* The totals of a command as one line: "goed 12, fout 0". */
void ov_tree_totals(FILE *, const json_t *end);
/* Pseudonyms: how many are ready, and when the last one will be.  Nothing
 * when the totals do not say. */
void ov_tree_outlook(FILE *, const json_t *end);

#endif
