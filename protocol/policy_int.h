/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/policy_int.h - the loaded matrix, shared by the two files that make
 * up protocol/policy.h and by nobody else.  Everything points into the two
 * JSON documents, which live as long as struct ov_policy. */
#ifndef OV_PROTOCOL_POLICY_INT_H
#define OV_PROTOCOL_POLICY_INT_H

#include "protocol/policy.h"
#include "protocol/types_int.h"

#define CONDS_MAX 8
#define GROUNDS_MAX 16
#define ONDER_MAX 3

struct limit {
	const char *naam, *bron;
	unsigned jaren;
	struct ov_span geldig;
};

struct cond {
	const char *lid;
	const json_t *in;
};

struct row {
	const char *srt;
	unsigned van, naar;
	struct ov_span geldig;
	const char *peildatum; /* pointer, or NULL */
	size_t ngrond;
	const char *grond[GROUNDS_MAX];
	size_t ncond;
	struct cond cond[CONDS_MAX];
	size_t nzonder;
	const char *zonder[CONDS_MAX];
	const char *geboren; /* NULL: no age */
	const char *vanaf;   /* names of limits, or NULL */
	const char *tot;
	const char *deel_c; /* pointer of what needs a named receiver */
	const char *benoemd;
	const char *gemeente; /* pointer of the woongemeente, or NULL */
	size_t nonder;
	const char *onder[ONDER_MAX]; /* what a region must have decided */
};

/* What a region opened, and since when. */
struct besluit {
	const char *onderwerp;
	int32_t van;
};

struct ov_policy {
	const struct ov_types *types;
	json_t *doc;
	size_t nlimit;
	struct limit *limit;
	size_t nrow;
	struct row *row;
	const json_t *onderwerpen; /* subjects that a row may name */
	json_t *regio;
	size_t nbesluit;
	struct besluit *besluit;
};

#endif
