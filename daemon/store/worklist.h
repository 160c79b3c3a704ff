/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/worklist.h - a worklist inside: one row, and the follow-up of a
 * case as it was on a day.
 */
#ifndef OV_DAEMON_STORE_WORKLIST_H
#define OV_DAEMON_STORE_WORKLIST_H

#include "daemon/store/toegang.h"

#define OV_TAAK_LEES 2 /* a notice and a status, at most */

/* One candidate: a stored row that a kind looks at. */
struct ov_taak {
	enum ov_werk soort;
	bool uit;     /* nr is of the outbox, not of the inbox */
	bool eigen;   /* nr is of our own pupils: no message */
	char woon[5]; /* its municipality, where known */
	int64_t nr, partner, sinds, leerling, concept;
	char srt[OV_SRT_MAX + 1];
	uint8_t zaak[16];
	bool has_zaak;
	int32_t begin, uiterlijk; /* days */
	bool toon;                /* it stands in the list */
	json_t *meer;             /* what the kind adds; owned */
	/* Records whose content the row shows: a read line each. */
	size_t nlees;
	struct {
		const char *tabel;
		int64_t record;
		char grond[40];
	} lees[OV_TAAK_LEES];
};
/* About a contact, ours or a partner's: nr is of `contact` or
 * `contact_gestuit`, and no pupil is behind it. */
static inline bool
ov_taak_contact(const struct ov_taak *t)
{
	return t->soort == OV_W_OPVOLGER || t->soort == OV_W_GESTUIT;
}

/* Content of this record was looked at; grond may be NULL. */
void ov_taak_lees(struct ov_taak *, const char *tabel, int64_t record,
    const char *grond);

/* May this account see this row, at least so much of it?  Every row passes
 * here, once. */
bool ov_taak_mag(struct ov_ctl *, const struct ov_taak *, enum ov_rij);

/* ---- the follow-up of a case (case_verloop.c) ---- */

/* What was recorded before this moment, the last word on each field; *out is
 * given, an empty object when there is nothing. */
OV_MUST_CHECK enum ov_rc ov_verloop_at(struct ov_store *,
    const uint8_t zaak[16], int64_t before, json_t **out, struct ov_err *);
/* Record some fields, in the open transaction.  *code is set, and nothing
 * written, when a value is not good (datum-ongeldig, code-onbekend). */
OV_MUST_CHECK enum ov_rc ov_verloop_add(struct ov_store *, uid_t,
    const uint8_t zaak[16], const json_t *velden, const char **code,
    struct ov_err *);
/* The i-th field of a follow-up; NULL behind the last. */
const char *ov_verloop_veld(size_t i);

/* ---- the kinds (worklist_soort.c) ---- */

/* The query of a kind: ?1 after this nr, ?2 the moment at which the day of the
 * list ends.  Columns: nr partner sinds leerling concept srt zaak. */
const char *ov_taak_sql(enum ov_werk, bool *uit);
/* How many messages per type were about nobody known at the moment ?2 (nr
 * above ?1).  Columns: srt count. */
const char *ov_onbekend_sql(void);
/* Judge a candidate on day `at`, which ends at the moment `einde`. */
OV_MUST_CHECK enum ov_rc ov_taak_oordeel(struct ov_store *, struct ov_taak *,
    const struct ov_werk_term *, int32_t at, int64_t einde, struct ov_err *);

#endif
