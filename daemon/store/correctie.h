/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/correctie.h - what a sender says was wrong in a message of its
 * own (AVG 16 and 19), and which of it holds here.
 *
 * The message that is corrected stays as it was signed.  A correctie that a
 * person accepted is laid over it each time it is opened (ov_bericht_open()),
 * in the order of arrival, so that what is shown, listed, counted and exported
 * is what holds.  A value is text: digits for a number, true or false, codes
 * or numbers of a list with a blank between them; none takes the member away.
 */
#ifndef OV_DAEMON_STORE_CORRECTIE_H
#define OV_DAEMON_STORE_CORRECTIE_H

#include "daemon/store/toegang.h"

/* Note at arrival, in its transaction, which message a correctie is about. */
OV_MUST_CHECK enum ov_rc ov_correctie_note(struct ov_store *, int64_t correctie,
    int64_t partner, const uint8_t betreft[16], struct ov_err *);
/* Lay what was accepted about message nr over its claims. */
OV_MUST_CHECK enum ov_rc ov_correctie_over(struct ov_store *, int64_t nr,
    struct ov_claims *, struct ov_err *);
/* What accepting it would make of its original: *nr is the original, 0 when
 * that is not to be opened; *goed: the result is valid content, else
 * fouten says why not. */
OV_MUST_CHECK enum ov_rc ov_correctie_proef(struct ov_store *,
    int64_t correctie, int64_t *nr, bool *goed, struct ov_fouten *fouten,
    struct ov_err *);
/* It holds from now on, in the open transaction; its original goes out to the
 * folder again. */
OV_MUST_CHECK enum ov_rc ov_correctie_accept(struct ov_store *,
    int64_t correctie, struct ov_err *);

/* For inbox.show of message nr: the corrections about it, each with number,
 * state and for each member what it was and becomes, as far as the account
 * may see it; or, of a correctie, the number of its original.  Their read
 * lines are written first.  false: the command was answered with a refusal. */
bool ov_correctie_toon(struct ov_ctl *, int64_t nr, json_t *row,
    const struct ov_oordeel *);

#endif
