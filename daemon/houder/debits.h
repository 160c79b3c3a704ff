/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/houder/debits.h - what every client has had, in houder.db.
 *
 * A debit is on disk before anything is computed for it (synchronous=FULL).
 * The same request within ten minutes is not debited a second time, also after
 * a restart; what counts as the same is decided by the caller's hash.  Days
 * are UTC days since 1970, a school year begins on 1 August 00:00 UTC.
 */
#ifndef OV_DAEMON_HOUDER_DEBITS_H
#define OV_DAEMON_HOUDER_DEBITS_H

#include "base/err.h"
#include "protocol/oin.h"

#define OV_DEBIT_AGAIN 600    /* seconds in which a repetition is free */
#define OV_DEBIT_KEEP 800     /* days of counters that are kept */
#define OV_DEBIT_BEFORE 28    /* days of which a day's use is judged */
#define OV_DEBIT_ROWS_MAX 400 /* rows of ov_debits_usage() */

struct ov_debits;

struct ov_debit {
	struct ov_oin client, domain;
	uint32_t ep;
	uint8_t share;
	uint32_t n;       /* elements */
	uint8_t hash[32]; /* of the whole request */
	int64_t now;      /* seconds */
};

/* How much may be had in all: of this client and domain, and of every client
 * together (the holder's own ceiling), per epoch and share. */
struct ov_debit_caps {
	uint64_t day, year;
	uint64_t all_day, all_year;
};

struct ov_debit_result {
	bool taken;     /* false: a cap would be passed, nothing changed */
	bool repeated;  /* taken earlier, not counted again */
	uint32_t left;  /* what the caps leave now, the smallest of them */
	uint32_t retry; /* not taken: seconds until a new day or year */
	/* had of this line by now: today, this school year, and in the
	 * OV_DEBIT_BEFORE days before today */
	uint32_t day, year, before;
};

struct ov_debit_row {
	int64_t day;
	struct ov_oin domain;
	uint8_t share;
	uint32_t count;
};

/* Open or make houder.db in this directory.  OV_DAMAGED: newer than this
 * program, or not a database.  *out is given: ov_debits_close(). */
OV_MUST_CHECK enum ov_rc ov_debits_open(const char *dir, struct ov_debits **out,
    struct ov_err *e);
void ov_debits_close(struct ov_debits *);

/* One transaction.  OV_OK with taken false is a refusal; a failure (OV_SYS,
 * OV_DAMAGED) has changed nothing. */
OV_MUST_CHECK enum ov_rc ov_debits_take(struct ov_debits *,
    const struct ov_debit *, const struct ov_debit_caps *,
    struct ov_debit_result *, struct ov_err *e);

/* Counters of one client in an epoch, newest day first, at most max rows. */
OV_MUST_CHECK enum ov_rc ov_debits_usage(struct ov_debits *,
    const struct ov_oin *client, uint32_t ep, struct ov_debit_row *rows,
    size_t max, size_t *n, struct ov_err *e);

/* The first second of the school year that this moment lies in, and of the
 * next. */
void ov_school_year(int64_t now, int64_t *from, int64_t *to);

#endif
