/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log.h - one line per event, for the journal or a terminal.
 *
 * Only roles log; libraries return struct ov_err.  A line is "key=value" text
 * and never contains content, names of pupils, keys or unescaped foreign
 * bytes (base/vis.h).  Whatever the arguments were, exactly one line comes
 * out: bytes outside printable ASCII are written as \xNN, and a line longer
 * than OV_LOG_MAX is cut and ends in "...".
 *
 * With $JOURNAL_STREAM set a line begins with the "<N>" priority of
 * sd-daemon(3); otherwise with UTC time, level and role.
 */
#ifndef OV_BASE_LOG_H
#define OV_BASE_LOG_H

#include "base/err.h"

enum ov_level { OV_LOG_ERROR, OV_LOG_WARN, OV_LOG_INFO, OV_LOG_DEBUG };

#define OV_LOG_MAX 1024

/* Once, from main.  "role" is borrowed for the life of the program.  The
 * level is INFO until ov_log_level() says otherwise. */
void ov_log_init(const char *role);
void ov_log_level(enum ov_level);
void ov_log(enum ov_level, const char *fmt, ...) OV_PRINTF(2, 3);

/* Zeroed means fresh.  For lines that a stranger can provoke: at most "burst"
 * of them a minute; the first one of a new minute finds in *missed how many
 * were left out ("missed" may be NULL). */
struct ov_ratelimit {
	uint64_t since_ms;
	uint32_t used;
	uint32_t dropped;
};

bool ov_log_ratelimit(struct ov_ratelimit *, uint32_t burst, uint64_t now_ms,
    uint32_t *missed);

#endif
