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

/* Row c of `contact` ends within 30 days after `dag` (SQL text of a date), or
 * has ended, and nobody of its type or of every type follows. */
#define OV_CONTACT_EINDIGT(dag)                                                \
	" c.tot<=date(" dag ",'+30 days') AND NOT EXISTS (SELECT 1 FROM"       \
	" contact o WHERE o.srt IN (c.srt,'*') AND o.van<=max(date(c.tot,"     \
	"'+1 day')," dag ") AND (o.tot IS NULL OR o.tot>date(" dag             \
	",'+30 days')))"

/* Ours, with the version to be served; rows that have ended or cannot be read
 * (those have no name) are left out unless `all`.  nr (may be NULL, OV_CONTACT_MAX places) has their row
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

/* ---- in what we write (contact_vul.c) ---- */

/* Put contactpersoon into content of this type where the type has it, the
 * writer left it out and its category is not marked as one without values:
 * ours of this type, or else of every type, that is valid on the day.  True
 * when it was put in.  *inhoud may be NULL. */
bool ov_contact_fill(struct ov_store *, const char *srt, const char *dag,
    json_t *inhoud);
/* Would a message take this contact?  (Shapes and lengths of data/types.json,
 * which are narrower than those of the directory.) */
bool ov_contact_fits(struct ov_store *, const struct ov_contact *);
/* Ours changed, or the store ends. */
void ov_contact_forget(struct ov_store *);

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
