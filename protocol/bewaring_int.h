/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/bewaring_int.h - the rules as loaded; only for the two files that
 * make protocol/bewaring.h. */
#ifndef OV_PROTOCOL_BEWARING_INT_H
#define OV_PROTOCOL_BEWARING_INT_H

#include "protocol/bewaring.h"
#include "protocol/types_int.h"

#define OV_BW_REGELS_MAX 200
#define OV_BW_EINDEN_MAX 3
#define OV_BW_GRONDEN_MAX 8

struct ov_bw_termijn {
	int16_t maanden; /* years and school years in it */
	int16_t dagen;   /* weeks in it */
};

struct ov_bw_slot {
	enum ov_bw_start start;
	struct ov_bw_termijn term;
	int16_t leeftijd; /* geboortedatum: the birthday; else 0 */
	/* The date of birth is not known: from `sinds`. */
	struct ov_bw_termijn zonder;
};

struct ov_bw_rij {
	const char *naam, *soort, *bron, *reden;
	unsigned rollen;
	bool in, uit, voorstel, plicht, als_betreft;
	int eigen;
	enum ov_bw_staat staat;
	size_t ngrond;
	const char *grond[OV_BW_GRONDEN_MAX];
	size_t nslot; /* the earliest that happened ends it */
	struct ov_bw_slot slot[OV_BW_EINDEN_MAX];
	struct ov_bw_termijn uiterlijk, tenminste;
	struct ov_span geldig;
};

struct ov_bewaring {
	json_t *doc, *eigen; /* the texts */
	size_t n;
	struct ov_bw_rij rij[OV_BW_REGELS_MAX];
};

/* The day a slot ends on for a record; OV_BW_GEEN: its event has not come. */
int32_t ov_bw_slot_weg(const struct ov_bw_slot *, const struct ov_bw_feiten *);
/* d and a term later. */
int32_t ov_bw_plus(int32_t dag, struct ov_bw_termijn);

#endif
