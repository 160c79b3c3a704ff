/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/werk.h - what stands in a worklist, and by when: the rules of
 * data/werklijst.json as pure functions.
 *
 * A kind of row has, per date, the own roles that see it, a term from the day
 * it began, how many days before its last day it appears, and the Dutch
 * sentence that says what to do.  Risk categories for a warm handover that
 * follow from a dossier (R2, R4, R5, R6) are rows of conditions as well; R1,
 * R3 and R7 need a person, who enters them.
 *
 * Days are days since 1970 of the Dutch civil calendar (protocol/tijd.h).  No
 * function here reads a clock.
 */
#ifndef OV_PROTOCOL_WERK_H
#define OV_PROTOCOL_WERK_H

#include "protocol/jtree.h"
#include "protocol/kalender.h"
#include "protocol/tijd.h"

enum ov_werk {
	OV_W_BEOORDELEN,
	OV_W_TWIJFEL,
	OV_W_WARM,
	OV_W_AFSPRAAK,
	OV_W_MONITORING,
	OV_W_STATUS,
	OV_W_CONTACT,
	OV_W_DATALEK,
	OV_W_GEEN_ONTVANGER,
	OV_W_NIET_GEKOPPELD,
	OV_W_DUO,      /* direct copy without the number of the notice itself */
	OV_W_SIGNAAL,  /* a case changed: back at school, qualified */
	OV_W_ZOMERLEK, /* nobody has enrolled this pupil */
	OV_W_GEEN_STATUS, /* of whom nobody said anything, and who should begin */
	OV_W_OPVOLGER,    /* a contact of ours ends and nobody follows */
	OV_W_GESTUIT,     /* a contact of a partner does not answer */
	OV_W_N
};

struct ov_werklijst;

/* The bytes of werklijst.json.  *out is given (ov_werk_free).  OV_BADMSG names
 * the element: an unknown kind, role or code, a kind that is missing, dates of
 * one kind that are the same, a risk row without a condition. */
OV_MUST_CHECK enum ov_rc ov_werk_load(struct ov_view, struct ov_werklijst **out,
    struct ov_err *);
void ov_werk_free(struct ov_werklijst *);

const char *ov_werk_name(enum ov_werk);

/* What a kind says on a day. */
struct ov_werk_term {
	unsigned rollen; /* OV_ROL_BIT() of each own role that sees it */
	int32_t termijn;
	bool werkdagen; /* the term counts working days (protocol/kalender.h) */
	int32_t
	    vooraf; /* appears so many days before its last day; 0: at once */
	const char *tekst, *bron; /* live as long as the list */
};
/* False before its first date: no row of this kind. */
bool ov_werk_regel(const struct ov_werklijst *, enum ov_werk, int32_t dag,
    struct ov_werk_term *out);
/* The last day for what began on `dag`. */
int32_t ov_werk_uiterlijk(const struct ov_werk_term *,
    const struct ov_kalender *, int32_t dag);
/* Does what must be done by `uiterlijk` stand in the list of day `at`? */
bool ov_werk_zichtbaar(const struct ov_werk_term *, int32_t uiterlijk,
    int32_t at);

/* Is a pupil whose newest overstapstatus is this one in nobody's view on a day
 * of August or September?  Enrolled or started is in view; the rest, and no
 * status at all (NULL), is not. */
bool ov_zomerlek(const char *status, int32_t dag);

/* R1 is bit 0.  Those derived from a dossier, without those entered in it. */
unsigned ov_risico(const struct ov_werklijst *, const struct ov_jn *inhoud);
/* Those entered in it (member risicocategorie). */
unsigned ov_risico_ingevuld(const struct ov_jn *inhoud);
/* "R2 R4"; room for seven. */
#define OV_RISICO_SIZE 24
void ov_risico_text(char out[OV_RISICO_SIZE], unsigned);

#endif
