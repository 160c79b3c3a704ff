/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/spool.h - the folders inside: shared by spool.c (turns),
 * spool_in.c (files into drafts and pupils) and spool_out.c (messages into
 * files), and by nobody else.
 */
#ifndef OV_DAEMON_STORE_SPOOL_H
#define OV_DAEMON_STORE_SPOOL_H

#include <sys/stat.h>

#include "base/fs.h"
#include "daemon/store/ctl.h"
#include "protocol/jsonreeks.h"
#include "protocol/profiel.h"

/* Names end up with a time in front and ".fouten.txt" behind. */
#define OV_SPOOL_NAME 200

struct ov_spool_job;

struct ov_spool {
	struct ov_store *st;
	struct ov_profiles *profiles;
	struct ov_spool_job *job; /* the file under way, or NULL */
	int64_t next;             /* not before */
	bool queued, in, out;     /* a turn is asked for, and for what */
};

/* Write dir/name whole.  Whoever may read the folder may read the file: the
 * group, where the administrator gave the folder to one, and nobody else. */
OV_MUST_CHECK enum ov_rc ov_spool_put(int dir, const char *name,
    const struct ov_buf *, struct ov_err *);

/* Find a file, or do a step of the one that is under way: at most 64 rows or
 * 64 KiB.  *more: there is work left.  A failure puts the file off; nothing of
 * it was taken. */
OV_MUST_CHECK enum ov_rc ov_spool_in(struct ov_spool *, bool *more,
    struct ov_err *);
/* Give up the file under way; it stays where it is. */
void ov_spool_in_drop(struct ov_spool *);
/* Write up to 16 messages.  *more: there may be others. */
OV_MUST_CHECK enum ov_rc ov_spool_out(struct ov_spool *, bool *more,
    struct ov_err *);

#endif
