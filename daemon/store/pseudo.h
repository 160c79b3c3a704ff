/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo.h - pseudonyms inside: what pseudo.c (whose turn it is),
 * pseudo_ask.c (one batch out), pseudo_answer.c (one batch back),
 * pseudo_budget.c (how much may be asked), pseudo_alarm.c (who asks more than
 * was foreseen) and holder.c share.  role.h has the
 * rest; docs/protocol.md, "Pseudonyms" and "Holders", has the rules.
 *
 * A batch is up to 256 pupils of one domain and epoch.  Their blinded elements
 * go to the holder of every share under one signed request each; what one
 * holder has answered is kept while the other does not answer, because asking
 * again would be debited again.  The blinds exist in the vault's memory only:
 * after a restart the rows are blinded, and debited, anew.
 */
#ifndef OV_DAEMON_STORE_PSEUDO_H
#define OV_DAEMON_STORE_PSEUDO_H

#include "daemon/store/role.h"
#include "protocol/tijd.h"

#include "crypto/oprf.h"
#include "protocol/manifest.h"

#define OV_PSEUDO_JOBS 4   /* batches under way at once, and so per holder */
#define OV_PSEUDO_SLICE 32 /* elements verified in one turn, about 4 ms */
#define OV_PSEUDO_SHARES 3 /* what one OV_V_FINISH can add up */
#define OV_PSEUDO_BACK_MIN 60
#define OV_PSEUDO_BACK_MAX 3600
#define OV_PSEUDO_AGAIN 5   /* s between two questions, however woken */
#define OV_PSEUDO_FETCHES 8 /* manifests under way at once */
#define OV_HELD_RECENT 4096 /* requests a holder knows to be repetitions */

/* ---- a holder's answer ---- */

struct ov_held {
	enum ov_fout fout; /* OV_FOUT_GEEN: a is filled in */
	uint32_t retry;    /* seconds, with a 429; 0: none */
	uint32_t index;    /* of OV_FOUT_ELEMENT_ONGELDIG */
	uint64_t rest;     /* of OV_FOUT_BUDGET_OP: what there still is */
	struct ov_oprf_antwoord a;
};
/* Judge a signed request of this member, in the order of docs/protocol.md:
 * checks, leaf, debit, computation.  Only a failure of ours is not OV_OK. */
OV_MUST_CHECK enum ov_rc ov_holder_evaluate(struct ov_store *,
    const struct ov_lid *, struct ov_view jws, struct ov_held *,
    struct ov_err *);

/* ---- a batch ---- */

enum ov_share_state {
	OV_SHARE_DUE,    /* to be asked, again, at `due` */
	OV_SHARE_ASKED,  /* under way */
	OV_SHARE_VERIFY, /* answered; its proof is being verified */
	OV_SHARE_GOOD
};

struct ov_share {
	struct ov_oin houder;
	uint8_t deel, pk[32];
	enum ov_share_state state;
	struct ov_buf jws; /* the request, for a repetition */
	int64_t iat, due, tries;
	int64_t asked; /* last sent */
	bool told;     /* `due` is what the holder said, not our back-off */
	int64_t vraag; /* row of oprf_vraag; 0: none */
	uint64_t left;
	uint8_t e[OV_OPRF_BATCH][32];
	struct ov_oprf_verify v;
};

struct ov_pseudo_row {
	int64_t nr;
	uint8_t id[16], wrap[OV_WRAP];
};

struct ov_job {
	bool used;
	uint64_t serial; /* an answer to an earlier job finds nobody */
	struct ov_oin domein;
	uint32_t ep;
	size_t n, nshare, nfin; /* nfin: finished so far */
	int64_t tries;          /* of the row that was tried most */
	struct ov_pseudo_row row[OV_OPRF_BATCH];
	uint8_t b[OV_OPRF_BATCH][32];
	struct ov_share share[OV_PSEUDO_SHARES];
	struct ov_v_finished fin[OV_OPRF_BATCH];
};

struct ov_pseudo {
	struct ov_store *st;
	bool queued;
	uint32_t boek;       /* book version that was last looked at */
	int64_t look, prune; /* nothing can start before; last clearing */
	uint64_t serial;
	struct { /* manifests under way */
		bool used;
		uint8_t sha[32];
	} fetch[OV_PSEUDO_FETCHES];
	struct ov_job job[OV_PSEUDO_JOBS];
	struct { /* as a holder */
		uint8_t sha[32];
		int64_t at;
	} held[OV_HELD_RECENT];
	size_t nheld;
	bool held_loaded; /* those of before the start */
};

/* ---- pseudo.c: rows ---- */

/* Wipe a job and free its place; its rows are what they were. */
void ov_job_end(struct ov_job *);
/* Its first slot in the vault's table of blinds. */
uint32_t ov_job_slot(const struct ov_store *, const struct ov_job *);
/* 1 min doubling to 1 h, half of it jitter. */
int64_t ov_pseudo_backoff(struct ov_store *, int64_t tries);
/* Everything of a domain that waits: not before `due`. */
OV_MUST_CHECK enum ov_rc ov_pseudo_later(struct ov_store *,
    const struct ov_oin *domein, uint32_t ep, int64_t due, const char *reden,
    struct ov_err *);
/* The same, until a person or a new book changes something: geblokkeerd. */
OV_MUST_CHECK enum ov_rc ov_pseudo_block(struct ov_store *,
    const struct ov_oin *domein, uint32_t ep, const char *reden,
    struct ov_err *);
/* Give a job up: its rows are due again after a back-off. */
OV_MUST_CHECK enum ov_rc ov_job_later(struct ov_store *, struct ov_job *,
    const char *reden, struct ov_err *);
/* A row that cannot be read: geblokkeerd, and set aside. */
OV_MUST_CHECK enum ov_rc ov_pseudo_aside(struct ov_store *, int64_t nr,
    struct ov_err *);

/* ---- pseudo_ask.c ---- */

/* Start a batch of this domain and epoch, if everything that it needs is
 * there; *started says so. */
OV_MUST_CHECK enum ov_rc ov_job_start(struct ov_store *, const struct ov_oin *,
    uint32_t ep, bool *started, struct ov_err *);
/* Send to each holder what is due. */
OV_MUST_CHECK enum ov_rc ov_job_ask(struct ov_store *, struct ov_job *,
    struct ov_err *);

/* ---- pseudo_manifest.c ---- */

/* The public key of a domain's share by the manifest that the book names.
 * *found false: not yet; it is being fetched.  OV_DENIED: it has no such
 * key. */
OV_MUST_CHECK enum ov_rc ov_manifest_key_get(struct ov_store *,
    const struct ov_book_epoch *, const struct ov_oin *houder,
    const struct ov_oin *domein, uint8_t deel, uint8_t pk[32], bool *found,
    struct ov_err *);

/* ---- pseudo_answer.c ---- */

/* A request that the holder did not debit does not count as asked; what was
 * asked before in its place and not answered still may. */
OV_MUST_CHECK enum ov_rc ov_vraag_drop(struct ov_store *, int64_t vraag,
    struct ov_err *);

/* What the holder of a share said, or (fout GEEN with status 0) did not.  The
 * job may be over afterwards. */
OV_MUST_CHECK enum ov_rc ov_job_answer(struct ov_store *, struct ov_job *,
    struct ov_share *, uint16_t status, const struct ov_held *,
    struct ov_err *);
/* Verify a slice, or finish one; *more: there is work for another turn. */
OV_MUST_CHECK enum ov_rc ov_job_turn(struct ov_store *, struct ov_job *,
    bool *more, struct ov_err *);

/* ---- pseudo_budget.c ---- */

/* First UTC day of the school year that this moment lies in. */
int64_t ov_utc_year_day(int64_t now);
/* The cap on this UTC day. */
uint64_t ov_budget_day(const struct ov_book_budget *, int64_t day);
/* The UTC day on which the last of n is had, when `today` may still be had on
 * `day` and `year` in its school year; -1: never (within ten years). */
int64_t ov_budget_last(const struct ov_book_budget *, int64_t day,
    uint64_t today, uint64_t year, uint64_t n);
/* What we may still ask of every share of this domain now, and in this school
 * year: the book's caps less what we asked, and what the holders said. */
OV_MUST_CHECK enum ov_rc ov_budget_room(struct ov_store *,
    const struct ov_book_budget *, uint32_t ep, uint64_t *today, uint64_t *year,
    struct ov_err *);

/* ---- pseudo_alarm.c: who uses more than was foreseen ---- */

/* What a client has had of one domain and epoch: on this UTC day, in this
 * school year, and in the 28 days before this one. */
struct ov_use {
	uint64_t day, year, before;
};
#define OV_USE_MUCH 1 /* today over three times the mean of those 28 days */
#define OV_USE_DAY 2  /* today 80 % of the day's cap */
#define OV_USE_YEAR 4 /* today it became 80 % of the school year's */
#define OV_USE_FEW 25 /* so many a day are never much */
/* Which of these hold on that UTC day.  Use is not called much while the book
 * has the larger cap of an epoch's beginning, when all pupils are new. */
unsigned ov_use_judge(const struct ov_book_budget *, int64_t day,
    const struct ov_use *);
/* As the holder of a share, after an evaluation: alarms about this client. */
void ov_use_held(struct ov_store *, const struct ov_oin *client,
    const struct ov_oin *domein, const struct ov_use *);
/* As a client, after a batch: alarms about ourselves. */
void ov_use_own(struct ov_store *, const struct ov_oin *domein, uint32_t ep);
/* One holder's counters beside what we asked it, over 28 days up to yesterday:
 * more there than here is an alarm, since somebody asks in our name. */
OV_MUST_CHECK enum ov_rc ov_gebruik_judge(struct ov_store *,
    const struct ov_oin *houder, uint32_t ep, const struct ov_oprf_dag *,
    size_t n, struct ov_err *);
/* What a client had of us as a holder; d has room for OV_USAGE_MAX. */
#define OV_USAGE_MAX 400
OV_MUST_CHECK enum ov_rc ov_holder_usage(struct ov_store *,
    const struct ov_oin *client, uint32_t ep, struct ov_oprf_dag *d, size_t *n,
    struct ov_err *);

#endif
