/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/houder/houder.h - the holder's role behind one function: a request
 * packet of store in (OV_H_*, protocol/packet.h), a reply packet out.
 *
 * store has verified who asks; what it cannot do is raise a ceiling, have a
 * debit forgotten or choose the time.
 *
 * BUDGET    lines of the newest address book.  A line replaces the earlier one
 *           of the same client, domain and epoch; one with jaar 0 removes it;
 *           one whose client is 20 zero bytes removes all lines before it, so
 *           begin the first packet of a new book with that.  Lines are not
 *           kept over a restart: send them after each connection.
 *           rc: OV_OK, OV_BADMSG (an OIN), OV_NOSPACE (too many lines).
 * EVALUATE  in this order:
 *           OV_DENIED   no budget line for this client, domain and epoch; left
 *                       and retry are 0 (domein-niet-toegestaan).
 *           OV_AGAIN    this client asks too often; retry is in seconds.
 *           OV_DAMAGED  no seed of this epoch and share here (epoch- or
 *                       deel-onbekend: the caller knows which).
 *           OV_BADMSG   element `index` is invalid or the identity; no debit.
 *           OV_NOSPACE  budget of day or school year is used up (budget-op):
 *                       retry is seconds until the next UTC day, or 1 August
 *                       00:00 UTC; left is what there still is.
 *           OV_SYS      our clock and the caller's differ by more than 300 s,
 *                       or the debit could not be written: nothing was
 *                       computed (tijdelijk-niet-beschikbaar).
 *           OV_OK       debited and evaluated; the same elements under the
 *                       same sha_jws within ten minutes are not debited again.
 *                       left is the smaller of the rests of day and year.
 * KEYS      OV_OK, or OV_DAMAGED: no seed.
 * USAGE     the rows, newest first; a client without any gets one row with
 *           count 0.
 *
 * A packet of unknown type or wrong shape, and an n that is not the number of
 * elements, is OV_BADMSG for the whole call: end the connection.  OV_DAMAGED
 * for the whole call: the database contradicts itself; stop.
 */
#ifndef OV_DAEMON_HOUDER_HOUDER_H
#define OV_DAEMON_HOUDER_HOUDER_H

#include "crypto/houder.h"
#include "daemon/houder/debits.h"
#include "protocol/rd.h"

#define OV_HOUDER_LINES 262144 /* 1,000 members with 250 domains each */
#define OV_HOUDER_CLIENTS 4096
#define OV_HOUDER_SKEW 300 /* seconds */

struct ov_houder_conf {
	uint64_t plafond_dag, plafond_jaar;
	uint32_t rate, burst; /* requests of one client: a second, at once */
};

struct ov_now {
	int64_t wall; /* seconds, UTC */
	uint64_t mono_ms;
};

struct ov_houder;

/* keys and debits are borrowed and outlive the role.  *out is given:
 * ov_houder_free(). */
OV_MUST_CHECK enum ov_rc ov_houder_new(const struct ov_houder_conf *,
    struct ov_houder_keys *, struct ov_debits *, struct ov_houder **out,
    struct ov_err *e);
void ov_houder_free(struct ov_houder *);

/* One request, one reply; the reply buffer is reset first and holds a packet
 * on OV_OK only. */
OV_MUST_CHECK enum ov_rc ov_houder_call(struct ov_houder *, struct ov_view req,
    struct ov_now, struct ov_buf *reply, struct ov_err *e);

/* Read every "oprf.<epoch>.<share>" (32 bytes) of a credentials directory.
 * OV_BADMSG for a name or size that is not right, OV_DENIED for a file that
 * others can read. */
OV_MUST_CHECK enum ov_rc ov_houder_seeds(int dirfd, struct ov_houder_keys *,
    size_t *n, struct ov_err *e);

#endif
