/* SPDX-License-Identifier: EUPL-1.2 */
/* base/watchdog.h - tell the supervisor that the loop turns: WATCHDOG=1 as
 * often as it asks (systemd.service(5), WatchdogSec=), and nothing when it
 * does not ask. */
#ifndef OV_BASE_WATCHDOG_H
#define OV_BASE_WATCHDOG_H

#include "base/loop.h"

/* Embedded in its owner; the fields are private. */
struct ov_watchdog {
	struct ov_timer timer;
	uint64_t every_ms;
};

/* From now on, until ov_watchdog_stop(). */
void ov_watchdog_start(struct ov_watchdog *, struct ov_loop *);
void ov_watchdog_stop(struct ov_watchdog *, struct ov_loop *);

#endif
