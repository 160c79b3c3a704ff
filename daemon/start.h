/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/start.h - what the roles do alike before they are themselves. */
#ifndef OV_DAEMON_START_H
#define OV_DAEMON_START_H

#include "base/instance.h"

/* The options of a role: -c FILE, --help, --version.  program is its name,
 * what the sentence of its help.  -1: go on with *conf; else the exit code,
 * and everything has been said. */
int ov_daemon_options(int argc, char **argv, const char *program,
    const char *what, const char **conf);
/* Connect a role to store, which may take ten seconds to open its socket at
 * start.  *fd is given. */
OV_MUST_CHECK enum ov_rc ov_daemon_connect(const struct ov_daemon_conf *,
    const char *role, int *fd, struct ov_err *e);

#endif
