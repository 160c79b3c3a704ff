/* SPDX-License-Identifier: EUPL-1.2 */
/* base/loop.h - readiness, timers and signals for one thread.
 *
 * base/loop.c implements it over epoll and signalfd; the simulation in
 * tests/sim implements the same header with a clock of its own, which is why
 * struct ov_loop is opaque and nothing here is inline.
 *
 * A callback may add, change and remove any descriptor, timer or deferred
 * call, its own included; what was removed is not called any more, not even
 * when it was already due.  A turn is: deferred calls, timers that are due
 * (earliest first, ties in the order of arming), then ready descriptors and
 * signals.  A timer or deferred call that is added during its own phase waits
 * for the next turn, so that nothing can starve the rest.
 */
#ifndef OV_BASE_LOOP_H
#define OV_BASE_LOOP_H

#include "base/err.h"

struct ov_loop;

enum {
	OV_LOOP_IN = 1,
	OV_LOOP_OUT = 2,
	OV_LOOP_ERR = 4, /* reported only: error or hang-up; IN and OUT are
			  * set with it as asked, so that a handler meets
			  * the errno in its next read or write */
};

typedef void ov_fd_fn(struct ov_loop *, int fd, unsigned int events, void *arg);
typedef void ov_timer_fn(struct ov_loop *, void *arg);
typedef void ov_signal_fn(struct ov_loop *, int signo, void *arg);
typedef void ov_defer_fn(struct ov_loop *, void *arg);

/* Embedded in its owner; zeroed means "not armed".  The owner sets fn and arg
 * and touches nothing else; it disarms before it goes away. */
struct ov_timer {
	ov_timer_fn *fn;
	void *arg;
	uint64_t at_ms;
	/* private to the loop */
	uint64_t seq;
	struct ov_timer *child;
	struct ov_timer *next;
	struct ov_timer *prev; /* left sibling, or parent of a first child */
	bool armed;
};

/* *out is given: ov_loop_free(). */
OV_MUST_CHECK enum ov_rc ov_loop_new(struct ov_loop **out, struct ov_err *e);
/* Forgets everything that is registered; closes none of its descriptors. */
void ov_loop_free(struct ov_loop *);

/* Call fn while fd is ready (level-triggered).  The descriptor stays the
 * caller's, who calls ov_loop_fd_del() before closing it.  A descriptor can
 * be registered once (EEXIST). */
OV_MUST_CHECK enum ov_rc ov_loop_fd(struct ov_loop *, int fd,
    unsigned int events, ov_fd_fn *fn, void *arg, struct ov_err *e);
/* Change what is waited for; 0 is silence, errors included. */
OV_MUST_CHECK enum ov_rc ov_loop_fd_mod(struct ov_loop *, int fd,
    unsigned int events, struct ov_err *e);
/* Nothing happens if fd is not registered. */
void ov_loop_fd_del(struct ov_loop *, int fd);

/* Arm, or arm anew, for a moment of ov_loop_now_ms(); the past is "now".  A
 * timer fires once. */
void ov_loop_arm(struct ov_loop *, struct ov_timer *, uint64_t at_ms);
void ov_loop_disarm(struct ov_loop *, struct ov_timer *);

/* Deliver a signal here instead of to the process: it is blocked from now on.
 * One function per signal; a second call replaces it. */
OV_MUST_CHECK enum ov_rc ov_loop_signal(struct ov_loop *, int signo,
    ov_signal_fn *fn, void *arg, struct ov_err *e);

/* Call fn once, before the next wait.  OV_NOSPACE is the only failure. */
OV_MUST_CHECK enum ov_rc ov_loop_defer(struct ov_loop *, ov_defer_fn *fn,
    void *arg, struct ov_err *e);
/* Drop every pending deferred call with this argument. */
void ov_loop_undefer(struct ov_loop *, const void *arg);

uint64_t ov_loop_now_ms(const struct ov_loop *);  /* monotonic */
int64_t ov_loop_wall(const struct ov_loop *);     /* seconds UTC, for records */
uint64_t ov_loop_wall_ms(const struct ov_loop *); /* the same in ms */

/* Run until ov_loop_stop(); the turn in which it was called is finished.
 * Fails only when the system does. */
OV_MUST_CHECK enum ov_rc ov_loop_run(struct ov_loop *, struct ov_err *e);
void ov_loop_stop(struct ov_loop *);

#endif
