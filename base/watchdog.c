/* SPDX-License-Identifier: EUPL-1.2 */
/* base/watchdog.c - a timer that says WATCHDOG=1. */
#include "base/watchdog.h"

#include "base/log.h"
#include "base/notify.h"

static void
tell(struct ov_loop *loop, void *arg)
{
	struct ov_watchdog *w = arg;
	struct ov_err e = {0};

	if (ov_notify("WATCHDOG=1", &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=notify fault=\"%s\"", e.msg);
	ov_loop_arm(loop, &w->timer, ov_loop_now_ms(loop) + w->every_ms);
}

void
ov_watchdog_start(struct ov_watchdog *w, struct ov_loop *loop)
{
	*w = (struct ov_watchdog){.every_ms = ov_notify_watchdog_ms()};
	w->timer.fn = tell;
	w->timer.arg = w;
	if (w->every_ms > 0)
		tell(loop, w);
}

void
ov_watchdog_stop(struct ov_watchdog *w, struct ov_loop *loop)
{
	ov_loop_disarm(loop, &w->timer);
}
