/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/deliver.h - the outbox inside: what deliver.c (whose turn it
 * is), deliver_make.c (OPGESTELD to KLAAR), deliver_send.c (out and back) and
 * deliver_cmd.c (what people ask) share.  role.h has the rest.
 */
#ifndef OV_DAEMON_STORE_DELIVER_H
#define OV_DAEMON_STORE_DELIVER_H

#include "daemon/store/role.h"

#define OV_FLIGHT_MAX 64                /* one partner's messages under way */
#define OV_MAKE_MAX 64                  /* signed in one transaction */
#define OV_LIFE_S ((int64_t)7 * 86400)  /* exp - iat of what we send */
#define OV_WAIT_S ((int64_t)60 * 86400) /* before it is signed */
#define OV_RETRY_MIN 30
#define OV_RETRY_MAX 3600
#define OV_ASK_S 3600 /* a bundle without the epoch's link key */

/* What is not final, to be signed, to be sent: word for word as the indexes
 * uitgaand_open, _maak and _zend have it.  SQLite takes such an index only for
 * a query with this very term. */
#define OV_UIT_OPEN                                                            \
	"stand IN ('OPGESTELD','WACHT-OP-PSEUDONIEM','KLAAR','ONDERWEG')"
#define OV_UIT_MAAK "stand IN ('OPGESTELD','WACHT-OP-PSEUDONIEM')"
#define OV_UIT_ZEND "stand IN ('KLAAR','ONDERWEG')"

struct ov_sent { /* one message under way, or its result */
	struct ov_sent *next;
	int64_t nr, partner;
	uint16_t status;
	uint32_t retry;
	struct ov_buf body;
};

struct ov_deliver {
	bool queued;
	struct ov_sent *flying; /* no answer yet */
	struct ov_sent *landed; /* answered, to be judged in one commit */
	struct ov_store *st;
	int64_t expired; /* the second in which deadlines were looked at */
};

size_t ov_deliver_flying(const struct ov_store *, int64_t partner);
bool ov_deliver_is_flying(const struct ov_store *, int64_t nr);

/* Compare and swap of a message's state: OV_DAMAGED when it was not `from`.
 * In the open transaction. */
OV_MUST_CHECK enum ov_rc ov_uit_move(struct ov_store *, int64_t nr,
    const char *from, const char *to, struct ov_err *);
/* A row that cannot be read becomes GEWEIGERD, with its reason in terzijde;
 * it never stops the others (ARCHITECTURE.md, invariant 7). */
OV_MUST_CHECK enum ov_rc ov_uit_set_aside(struct ov_store *, int64_t nr,
    const char *reden, struct ov_err *);
/* A failure of the machine and not of the row: no verdict about the row. */
static inline bool
ov_uit_passing(enum ov_rc rc)
{
	return rc == OV_AGAIN || rc == OV_NOSPACE || rc == OV_SYS;
}
/* Final states drop the ciphertext. */
OV_MUST_CHECK enum ov_rc ov_uit_drop_jwe(struct ov_store *, int64_t nr,
    struct ov_err *);
/* The next moment of trying after `tries` failures: 30 s doubling to an hour,
 * full jitter. */
int64_t ov_backoff(struct ov_store *, int64_t tries);

/* Sign what can be signed for this partner; *made is how many became KLAAR
 * (or were set aside): call again while it is not 0. */
OV_MUST_CHECK enum ov_rc ov_deliver_make(struct ov_store *,
    const struct ov_lid *, int64_t partner, size_t *made, struct ov_err *);
/* Send what is due, up to the limit in flight: what was due first goes first,
 * and what came due together in the order of seq. */
OV_MUST_CHECK enum ov_rc ov_deliver_send(struct ov_store *,
    const struct ov_lid *, int64_t partner, struct ov_err *);
/* Judge every landed answer, one transaction. */
OV_MUST_CHECK enum ov_rc ov_deliver_judge(struct ov_store *, struct ov_err *);

#endif
