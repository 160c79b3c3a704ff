/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_out.h - the files of overstap-generate.
 *
 * A file is a CSV of an import profile, a CSV with columns of its own, or a
 * JSON array of drafts, one a line.  What becomes a message is checked before
 * it is written: against the tables of message types, and, where sender and
 * receiver are given, against the authorisation matrix of a region that opened
 * everything a region can open.
 */
#ifndef OV_TOOLS_GENERATE_OUT_H
#define OV_TOOLS_GENERATE_OUT_H

#include "protocol/profiel.h"
#include "tools/generate.h"

struct ov_gen_env {
	const char *dir;
	struct ov_date vandaag;
	struct ov_types *types;
	struct ov_profiles *profiles;
	struct ov_policy *policy;        /* of a region that opened all */
	const struct ov_adresboek *boek; /* who lives where; or NULL */
	json_t *files;                   /* name -> rows */
};

/* The tables of this build.  ov_gen_env_free() also after a failure. */
OV_MUST_CHECK enum ov_rc ov_gen_env_init(struct ov_gen_env *, struct ov_err *);
void ov_gen_env_free(struct ov_gen_env *);
/* A whole file, wiped when freed. */
OV_MUST_CHECK enum ov_rc ov_gen_read(const char *path, struct ov_buf *,
    struct ov_err *);
/* A folder below dir (""); one that is there is an error, except dir. */
OV_MUST_CHECK enum ov_rc ov_gen_mkdir(const struct ov_gen_env *,
    const char *sub, struct ov_err *);

struct ov_gen_out {
	struct ov_gen_env *g;
	char name[80];                    /* in dir */
	const struct ov_profile *profile; /* NULL: not by a profile */
	bool json;
	FILE *f;
	struct ov_buf b;
	int rows;
};

/* profile NULL: "columns" is the header of a CSV, separated by ";", or NULL
 * for JSON.  The file must not exist. */
OV_MUST_CHECK enum ov_rc ov_gen_open(struct ov_gen_out *, struct ov_gen_env *,
    const char *name, const char *profile, const char *columns,
    struct ov_err *);
/* Take the draft (NULL: no memory), check it, write it.  van and naar are
 * members of the address book, or both NULL: not judged. */
OV_MUST_CHECK enum ov_rc ov_gen_row(struct ov_gen_out *, json_t *draft,
    const struct ov_lid *van, const struct ov_lid *naar, struct ov_err *);
/* A row of a CSV with columns of its own. */
OV_MUST_CHECK enum ov_rc ov_gen_cells(struct ov_gen_out *,
    const char *const *cell, size_t n, struct ov_err *);
/* Always closes; rc goes before what closing finds. */
OV_MUST_CHECK enum ov_rc ov_gen_close(struct ov_gen_out *, enum ov_rc rc,
    struct ov_err *);

/* A draft as the import reads it; takes inhoud.  NULL without memory. */
json_t *ov_gen_draft(const char *srt, const char *ref, const struct ov_pgn *,
    const char *ontvanger, json_t *inhoud);

#endif
