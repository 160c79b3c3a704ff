/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/toegang.h - the door: which account asks, what it may, and what
 * is left out of an answer (protocol/toegang.h has the rule).
 *
 * Without an accounts file (key `accounts` of overstap.conf) whoever may
 * connect may do everything: a first installation.  With one, an account that
 * is not in it may nothing; only root and the owner of the process are then
 * beheerder, who sees states and counts and no content.  The file is looked at
 * before every command, so that an access that was taken away is gone at once.
 * A file that contradicts itself is named in the log and in `check`, and the
 * accounts that were in force stay.
 *
 * Every refusal is geen-toegang with the reason, and one line in the log: the
 * command, the uid, the reason and a number, never content.
 */
#ifndef OV_DAEMON_STORE_TOEGANG_H
#define OV_DAEMON_STORE_TOEGANG_H

#include "daemon/store/ctl.h"

/* The account of the folders in/ and out/ (docs/decisions/014). */
#define OV_ACCOUNT_SPOOL "@spool"

OV_MUST_CHECK enum ov_rc ov_toegang_new(struct ov_store *, struct ov_err *);
void ov_toegang_stop(struct ov_store *);
/* Read the accounts again when their file has changed. */
void ov_toegang_fresh(struct ov_store *);
/* The accounts in force; NULL: no file, everything is open. */
const struct ov_accounts *ov_toegang_accounts(const struct ov_store *);

/* Who asks.  Valid until the loop turns: accounts can change. */
struct ov_wie {
	bool alles;                 /* no accounts file */
	const struct ov_account *a; /* NULL: nobody's */
	char dag[11];
};
struct ov_wie ov_wie_uid(const struct ov_store *, uid_t);
struct ov_wie ov_wie_spool(const struct ov_store *);
/* By the word of a person: the name in the file, or a user or number that is
 * beheerder by being the machine's.  a NULL: none. */
struct ov_wie ov_wie_naam(const struct ov_store *, const char *naam);
/* May this user connect? */
bool ov_wie_mag_binnen(const struct ov_store *, uid_t);

/* protocol/toegang.h, where `alles` may everything. */
struct ov_oordeel ov_wie_oordeel(const struct ov_store *, const struct ov_wie *,
    unsigned mag, const struct ov_feiten *);
struct ov_oordeel ov_wie_ooit(const struct ov_store *, const struct ov_wie *,
    unsigned mag, const char *srt);

/* ---- what a record is about ---- */

struct ov_bron { /* facts, and what they were read from */
	struct ov_feiten f;
	struct ov_draft d; /* a draft, or that of the same case */
	json_t *inhoud;
};
/* Of a draft that was read (d is taken), or of draft nr. */
void ov_bron_draft(struct ov_store *, struct ov_bron *, struct ov_draft *d);
OV_MUST_CHECK enum ov_rc ov_bron_concept(struct ov_store *, int64_t nr,
    struct ov_bron *, struct ov_err *);
/* Of received message nr, with the class of draft `concept` of the same case
 * (0: none).  Content that is closed or unreadable: nothing is known. */
OV_MUST_CHECK enum ov_rc ov_bron_bericht(struct ov_store *, int64_t nr,
    const char *srt, int64_t concept, struct ov_bron *, struct ov_err *);
/* Of a message in the outbox that came from this draft (0: none). */
OV_MUST_CHECK enum ov_rc ov_bron_uitgaand(struct ov_store *, const char *srt,
    int64_t concept, struct ov_bron *, struct ov_err *);
void ov_bron_free(struct ov_bron *);

/* ---- at the control socket ---- */

/* Refused with geen-toegang; record 0: none in particular. */
void ov_ctl_geen_toegang(struct ov_ctl *, enum ov_waarom, int64_t record);
/* May this account do any of these with some record of this type; else it is
 * refused. */
bool ov_ctl_ooit(struct ov_ctl *, unsigned mag, const char *srt);
/* May it do this with this record; else it is refused. */
bool ov_ctl_mag(struct ov_ctl *, unsigned mag, const struct ov_feiten *,
    int64_t record, struct ov_oordeel *);
/* The same for message nr of the outbox (ctl_outbox.c) or the inbox
 * (ctl_inbox.c).  One that is not there is for the command to tell, as is 0:
 * all of the outbox were sent by somebody who might, and nothing of them is
 * shown. */
bool ov_outbox_may(struct ov_ctl *, int64_t nr, unsigned mag,
    struct ov_oordeel *);
bool ov_inbox_may(struct ov_ctl *, int64_t nr, unsigned mag,
    struct ov_oordeel *);
/* How a row of a list is shown. */
enum ov_rij {
	OV_RIJ_WEG,   /* not at all */
	OV_RIJ_STAND, /* without anything that comes from content */
	OV_RIJ_OPEN
};
enum ov_rij ov_ctl_rij(struct ov_ctl *, const struct ov_feiten *);
/* Nothing needs to be read to know how rows are shown. */
bool ov_ctl_alles(struct ov_ctl *);
/* Put inhoud (taken) into a row, without what the account may not see; what
 * was left out is named in "weggelaten", with the reason. */
void ov_ctl_toon(struct ov_ctl *, json_t *row, const char *srt, json_t *inhoud,
    const struct ov_oordeel *);
/* The same for content that goes elsewhere. */
void ov_toon(struct ov_store *, json_t *row, const char *srt, json_t *inhoud,
    const struct ov_oordeel *);

#endif
