/* SPDX-License-Identifier: EUPL-1.2 */
/* base/notify.h - what a service and its supervisor tell each other:
 * sd_notify(3) and sd_listen_fds(3) without libsystemd. */
#ifndef OV_BASE_NOTIFY_H
#define OV_BASE_NOTIFY_H

#include "base/err.h"

/* Send "READY=1", "STOPPING=1", "WATCHDOG=1", or several lines of them.
 * OV_OK when nobody listens ($NOTIFY_SOCKET unset). */
OV_MUST_CHECK enum ov_rc ov_notify(const char *state, struct ov_err *e);
/* "STATUS=" and one line of text. */
OV_MUST_CHECK enum ov_rc ov_notify_status(struct ov_err *e, const char *fmt,
    ...) OV_PRINTF(2, 3);
/* How often, in ms, a WATCHDOG=1 is wanted at the latest; 0: not at all. */
uint64_t ov_notify_watchdog_ms(void);

#define OV_LISTEN_FIRST 3 /* where passed descriptors begin */
#define OV_LISTEN_MAX 16

/* Fill fds[i] with the descriptor passed under names[i] ($LISTEN_FDNAMES), or
 * -1 when none was.  Descriptors are made close-on-exec and the variables
 * removed, so this works once.  OV_BADMSG for a name that is not in the list,
 * a name given twice, or variables that contradict each other: a wrong unit
 * file should not go unnoticed. */
OV_MUST_CHECK enum ov_rc ov_listen_fds(const char *const *names, int *fds,
    size_t n, struct ov_err *e);

#endif
