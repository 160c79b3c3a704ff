/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/toegang_in.h - the loaded access tables, shared by toegang.c and
 * toegang_lees.c and by nobody else.
 */
#ifndef OV_PROTOCOL_TOEGANG_IN_H
#define OV_PROTOCOL_TOEGANG_IN_H

#include "protocol/toegang.h"
#include "protocol/types_int.h"

#define OV_RICHTING_UIT 1u
#define OV_RICHTING_IN 2u

struct ov_pad { /* where a record says what it is about */
	enum ov_bereik soort;
	unsigned richting;
	const char *pad;
};

struct ov_recht {
	size_t functie; /* index */
	const json_t *typen;
	bool alles; /* "*" */
	unsigned richting, mag;
	uint8_t delen;
	bool genoemd; /* the scope must name the programme */
	struct ov_span geldig;
	const char *bron;
};

struct ov_toegang {
	const struct ov_types *types;
	json_t *doc;
	size_t nfunctie, npad, nrecht;
	const char **functie;
	struct ov_pad *pad;
	struct ov_recht *recht;
};

struct ov_functie { /* of an account */
	size_t functie;
	const json_t *bereik[OV_BEREIK_N]; /* arrays, or NULL: all */
	struct ov_span geldig;
};

struct ov_account {
	const struct ov_toegang *t;
	const char *naam;
	size_t n;
	struct ov_functie f[OV_FUNCTIES_MAX];
};

struct ov_accounts {
	json_t *doc;
	size_t n;
	struct ov_account *a;
	struct ov_account machine;
};

#endif
