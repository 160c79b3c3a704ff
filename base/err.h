/* SPDX-License-Identifier: EUPL-1.2 */
/* base/err.h - how a failure travels from the function that saw it to the
 * role that decides.
 *
 * Functions return enum ov_rc.  They describe a failure in *e and do not log;
 * the role that gives up on the operation logs once.  The queue looks only at
 * ov_rc_class(): that is what "retry", "refuse" and "stop" mean here.
 */
#ifndef OV_BASE_ERR_H
#define OV_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OV_MUST_CHECK __attribute__((warn_unused_result))
#define OV_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum ov_rc {
	OV_OK = 0,
	OV_AGAIN,   /* not yet: peer unreachable, peer busy */
	OV_NOSPACE, /* disk, memory or a configured quota is full */
	OV_TOOBIG,  /* over a limit in protocol/limits.h */
	OV_BADMSG,  /* not what the specification says */
	OV_BADSIG,  /* signature or authentication tag does not verify */
	OV_DENIED,  /* well formed, but policy says no */
	OV_SYS,     /* a system call failed; see err->sys */
	OV_DAMAGED, /* our own store or key disagrees with itself */
};

enum ov_class { OV_CL_OK, OV_CL_RETRY, OV_CL_REFUSE, OV_CL_STOP };

#define OV_ERR_TEXT 240

struct ov_err {
	enum ov_rc rc;
	int sys;               /* errno, or 0 */
	char msg[OV_ERR_TEXT]; /* outermost context first; never secrets */
};

/* Record a failure and return rc.  "e" may be NULL. */
enum ov_rc ov_fail(struct ov_err *e, enum ov_rc rc, const char *fmt, ...)
    OV_PRINTF(3, 4);
/* The same with OV_SYS and the current errno (ENOSPC and EDQUOT become
 * OV_NOSPACE). */
enum ov_rc ov_fail_sys(struct ov_err *e, const char *fmt, ...) OV_PRINTF(2, 3);
/* Put more context in front of what is already in *e. */
enum ov_rc ov_while(struct ov_err *e, enum ov_rc rc, const char *fmt, ...)
    OV_PRINTF(3, 4);
/* OV_AGAIN and OV_NOSPACE are RETRY; OV_SYS and OV_DAMAGED are STOP; the
 * rest is REFUSE. */
enum ov_class ov_rc_class(enum ov_rc rc);
/* "again", "badmsg", ...: stable words for log lines. */
const char *ov_rc_name(enum ov_rc rc);

#endif
