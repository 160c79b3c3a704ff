/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox.h - what every role gives up first thing in main, with or
 * without systemd around it. */
#ifndef OV_BASE_SANDBOX_H
#define OV_BASE_SANDBOX_H

#include "base/err.h"

/* No core dump, no ptrace by processes of the same user (PR_SET_DUMPABLE 0),
 * no new privileges, umask 077, SIGPIPE ignored. */
OV_MUST_CHECK enum ov_rc ov_sandbox(struct ov_err *e);

#endif
