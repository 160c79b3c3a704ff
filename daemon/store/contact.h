/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/contact.h - contact persons per type of message: ours, signed
 * and served at /v1/contacten, and the partners', fetched when older than a
 * day (docs/protocol.md, "Contact persons").  Names of staff must be erasable:
 * every row is sealed under a key of its own that goes with it, and none is
 * in the address book or the log.
 */
#ifndef OV_DAEMON_STORE_CONTACT_H
#define OV_DAEMON_STORE_CONTACT_H

#include "daemon/store/role.h"
#include "protocol/afstemming.h"

/* Days before the end of a contact in which `check` tells it. */
#define OV_CONTACT_WARN_D 30

/* Ours, with the version to be served; rows that have ended are left out
 * unless `all`.  nr (may be NULL, OV_CONTACT_MAX places) has their row
 * numbers.  Given: ov_contacten_free(). */
OV_MUST_CHECK enum ov_rc ov_contact_own(struct ov_store *, bool all,
    struct ov_contacten *, int64_t *nr, struct ov_err *);
/* Add one of ours; own transaction, the version rises.  OV_BADMSG: the dates;
 * OV_TOOBIG: there are OV_CONTACT_MAX. */
OV_MUST_CHECK enum ov_rc ov_contact_add(struct ov_store *,
    const struct ov_contact *, int64_t *nr, struct ov_err *);
/* Erase one of ours and its key.  OV_DENIED: there is none. */
OV_MUST_CHECK enum ov_rc ov_contact_remove(struct ov_store *, int64_t nr,
    struct ov_err *);
/* How many types of ours end within the warning and have no successor. */
OV_MUST_CHECK enum ov_rc ov_contact_ending(struct ov_store *, int64_t *n,
    struct ov_err *);

/* Take a partner's entry (JWS): verified with his identity key of the book and
 * kept in place of the older one.  OV_DENIED: another's, from the future, or
 * older than what we have. */
OV_MUST_CHECK enum ov_rc ov_contact_take(struct ov_store *,
    const struct ov_lid *, struct ov_view jws, struct ov_err *);
/* A partner's stored entry; found false: none.  Given. */
OV_MUST_CHECK enum ov_rc ov_contact_of(struct ov_store *, const struct ov_lid *,
    struct ov_contacten *, bool *found, struct ov_err *);
/* Ask him anew when what we have is older than a day. */
void ov_contact_ask(struct ov_store *, const struct ov_lid *);
/* Hourly: ask those we exchange with whose entry is older than a day. */
void ov_contact_tick(struct ov_store *);

/* ---- who does not answer (contact_stuit.c) ---- */

/* Somebody found that the nr-th contact (from 1) of this partner's entry does
 * not answer, or (weer) that it does again; own transaction.  It is told until
 * the entry says something else of it.  *who is that contact.  OV_DENIED: it
 * has no such contact. */
OV_MUST_CHECK enum ov_rc ov_stuit(struct ov_store *, const struct ov_lid *,
    size_t nr, bool weer, struct ov_contact *who, struct ov_err *);
/* Since when each contact of an entry does not answer, 0: nobody says so;
 * OV_CONTACT_MAX places. */
OV_MUST_CHECK enum ov_rc ov_stuit_since(struct ov_store *,
    const struct ov_lid *, const struct ov_contacten *, int64_t *since,
    struct ov_err *);
/* In the open transaction, after an entry was replaced: forget who is not in
 * it any more. */
OV_MUST_CHECK enum ov_rc ov_stuit_renewed(struct ov_store *, int64_t partner,
    const struct ov_contacten *, struct ov_err *);

#endif
