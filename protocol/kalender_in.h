/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/kalender_in.h - a loaded calendar, shared by kalender.c and
 * kalender_lees.c and nobody else.  Texts live in doc.
 */
#ifndef OV_PROTOCOL_KALENDER_IN_H
#define OV_PROTOCOL_KALENDER_IN_H

#include "protocol/kalender.h"

#define OV_KAL_LIST_MAX 16

struct ov_kal_span { /* days since 1970, both included */
	int32_t van, tot;
};

struct ov_kal_feest {
	const char *naam;
	uint8_t maand, dag; /* 0: counted from Easter */
	int16_t pasen;
	int8_t zondag; /* what to add when it falls on a Sunday */
	struct ov_kal_span geldig;
};

struct ov_kal_rij {
	const char *naam, *wat, *bron;
	unsigned rollen;
	uint8_t maand, dag, tot_maand, tot_dag;
	int32_t vooraf;
	struct ov_kal_span geldig;
};

struct ov_kal_grens {
	const char *naam, *bron, *srt, *lid, *peildatum;
	unsigned van; /* roles of the sender that it binds */
	size_t n;
	const char *in[OV_KAL_LIST_MAX];
	unsigned werkdagen;
	int32_t dagen; /* where werkdagen is 0 */
	struct ov_kal_span geldig;
};

struct ov_kal_eigen {
	const char *naam, *wat, *bron;
	unsigned rollen;
	size_t n;
	const char *srt[OV_KAL_LIST_MAX];
	int32_t dagen;
	struct ov_kal_span geldig;
};

struct ov_kal_duur {
	const char *code, *tekst;
	int32_t tot; /* fewer days than this */
};

struct ov_kal_nieuw { /* a new enrolment moves the day of leaving */
	unsigned rollen;
	int32_t weken;
	struct ov_kal_span geldig;
};

struct ov_kal_regel {
	struct ov_kal_verzuim v;
	struct ov_kal_span geldig;
};

struct ov_kalender {
	json_t *doc;
	size_t nfeest, nrij, ngrens, neigen, nduur, nverzuim, nnieuw;
	struct ov_kal_feest feest[32];
	struct ov_kal_rij rij[OV_KAL_MOMENTEN_MAX];
	struct ov_kal_grens grens[32];
	struct ov_kal_eigen eigen[16];
	struct ov_kal_duur duur[8];
	struct ov_kal_regel verzuim[8];
	struct ov_kal_nieuw nieuw[8];
};

bool ov_kal_geldt(const struct ov_kal_span *, struct ov_date);

#endif
