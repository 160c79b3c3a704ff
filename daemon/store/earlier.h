/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/earlier.h - may this come after what these two exchanged before?
 *
 * Two rules look further than one message: the steps of an overstapstatus
 * (protocol/overgang.h), and one notice per 7 days of one absence
 * (protocol/herhaling.h).  The sender asks before it queues, the receiver before
 * it stores.  A message that was withdrawn or superseded does not count, and
 * neither does the order of arrival: what is compared are the neighbours in the
 * order of the sender.
 */
#ifndef OV_DAEMON_STORE_EARLIER_H
#define OV_DAEMON_STORE_EARLIER_H

#include "daemon/store/role.h"
#include "protocol/herhaling.h"

struct ov_step { /* one overstapstatus */
	int64_t partner;
	bool uit; /* sent by us */
	uint8_t zaak[16];
	int64_t volg; /* the sender's order: seq in, uitgaand.nr out */
	const char *status, *datum;
	bool has_jti, has_vervangt;
	uint8_t jti[16], vervangt[16];
};
OV_MUST_CHECK enum ov_rc ov_step_fits(struct ov_store *, const struct ov_step *,
    bool *fits, struct ov_err *);
/* Remember it, in the open transaction; record is bericht.nr or uitgaand.nr,
 * the jti is there. */
OV_MUST_CHECK enum ov_rc ov_step_note(struct ov_store *, const struct ov_step *,
    int64_t record, struct ov_err *);
/* A message of ours was queued: note its step, if it is a status. */
OV_MUST_CHECK enum ov_rc ov_step_queued(struct ov_store *, int64_t uitgaand,
    const char *status, struct ov_err *);
/* It was renewed: the step of old is that of new, too. */
OV_MUST_CHECK enum ov_rc ov_step_renewed(struct ov_store *, int64_t old,
    int64_t new, struct ov_err *);

/* The content of a message of ours, opened; *out is given (ov_jdoc_free). */
OV_MUST_CHECK enum ov_rc ov_uitgaand_open(struct ov_store *, int64_t nr,
    struct ov_jdoc *out, struct ov_err *);

/* The days of a verzuimmelding; false when the content lacks them. */
bool ov_absence_read(const struct ov_jn *inhoud, struct ov_verzuim *);
/* One received from a partner, about the person with this pid. */
OV_MUST_CHECK enum ov_rc ov_absence_fits_in(struct ov_store *, int64_t partner,
    const struct ov_claims *, const struct ov_verzuim *, bool *fits,
    struct ov_err *);
/* One of ours, to the partner in whose domain the pupil's row is. */
OV_MUST_CHECK enum ov_rc ov_absence_fits_out(struct ov_store *,
    int64_t leerling, const json_t *inhoud, bool *fits, struct ov_err *);

#endif
