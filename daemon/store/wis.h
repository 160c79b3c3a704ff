/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/wis.h - one record goes for ever.
 *
 * Step (a) of an erasure (docs/store.md, "Erasure"): in the open transaction
 * the row and what hangs from it are overwritten and deleted, the record key
 * is destroyed, leaf `vernietiging` is appended, and a line that says what
 * went, when and under which rule is kept in `vernietigd`.  What spans files
 * follows by itself (rotatie.c).
 *
 * The leaf's ref is SHA-256("overstapd/vernietigd/v1" 00 id), id being the
 * record's 16 bytes (when it was made, and ten random ones): it names nobody,
 * and whoever has the id of the line can show which leaf it is (docs/decisions/016-proof-of-erasure.md).
 */
#ifndef OV_STORE_WIS_H
#define OV_STORE_WIS_H

#include "daemon/store/role.h"

enum ov_wis_soort {
	OV_WIS_BERICHT,
	OV_WIS_UITGAAND,
	OV_WIS_CONCEPT,
	OV_WIS_LEERLING,
	OV_WIS_VERZUIM,
	OV_WIS_VERLATER,
	OV_WIS_N
};
/* "bericht": the table's name. */
const char *ov_wis_naam(enum ov_wis_soort);

struct ov_wis {
	enum ov_wis_soort soort;
	int64_t nr;
	const char *regel; /* of data/bewaring.json, or a code of the list
	                      redenCorrectie, or "verzoek" */
	int64_t account;   /* who decided; -1: the daemon by a rule */
};

/* In the open transaction.  *gone is false when there is no such record (any
 * more): two erasures of one record are one.  OV_DENIED, and nothing is
 * changed: a message of ours that is still to be sent (withdraw it first), a
 * pupil that a message or draft is about. */
OV_MUST_CHECK enum ov_rc ov_wis(struct ov_store *, const struct ov_wis *,
    bool *gone, struct ov_err *);
/* The ref of a record's leaf. */
void ov_wis_ref(uint8_t ref[32], const uint8_t id[16]);

#endif
