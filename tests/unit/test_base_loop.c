/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base/loop.h and base/watchdog.h. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ipc.h"
#include "base/loop.h"
#include "base/watchdog.h"

#define MANY 10000

static int
setup(void **state)
{
	struct ov_loop *l;

	if (ov_loop_new(&l, NULL) != OV_OK)
		return -1;
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	ov_loop_free(*state);
	return 0;
}

struct shot {
	struct ov_timer t;
	size_t index;
	uint64_t due;
};

static struct {
	struct shot *fired[MANY];
	size_t n;
	size_t stop_at;
} record;

static void
shoot(struct ov_loop *l, void *arg)
{
	struct shot *s = arg;

	assert_false(s->t.armed);
	assert_true(ov_loop_now_ms(l) >= s->due);
	record.fired[record.n++] = s;
	if (record.n == record.stop_at)
		ov_loop_stop(l);
}

/* Ten thousand timers in random order, a third disarmed and a third armed
 * anew: the rest fire by time, ties in the order of arming. */
static void
test_timers_fire_in_order(void **state)
{
	struct ov_loop *l = *state;
	struct shot *s = calloc(MANY, sizeof(*s));
	uint64_t now = ov_loop_now_ms(l), start = now + 100;
	uint32_t x = 12345;
	size_t i, order = 0;

	assert_non_null(s);
	memset(&record, 0, sizeof(record));
	for (i = 0; i < MANY; i++) {
		x = x * 1664525 + 1013904223;
		s[i].t.fn = shoot;
		s[i].t.arg = &s[i];
		s[i].due = start + (x >> 16) % 50;
		s[i].index = order++;
		ov_loop_arm(l, &s[i].t, s[i].due);
		assert_true(s[i].t.armed);
	}
	for (i = 0; i < MANY; i++) {
		if (i % 3 == 0) {
			ov_loop_disarm(l, &s[i].t);
			ov_loop_disarm(l, &s[i].t);
			assert_false(s[i].t.armed);
		} else if (i % 3 == 1) {
			x = x * 1664525 + 1013904223;
			s[i].due = start + (x >> 16) % 50;
			s[i].index = order++;
			ov_loop_arm(l, &s[i].t, s[i].due);
		}
		if (i % 3 != 0)
			record.stop_at++;
	}
	assert_int_equal(ov_loop_run(l, NULL), OV_OK);
	assert_int_equal(record.n, record.stop_at);
	for (i = 1; i < record.n; i++) {
		assert_true(
		    record.fired[i - 1]->t.at_ms <= record.fired[i]->t.at_ms);
		if (record.fired[i - 1]->t.at_ms == record.fired[i]->t.at_ms)
			assert_true(record.fired[i - 1]->index <
			            record.fired[i]->index);
	}
	free(s);
}

struct chain {
	struct ov_timer t, other;
	int n, deferred;
	bool other_fired;
	int fds[2];
	int reads;
};

static void
again(struct ov_loop *l, void *arg)
{
	struct chain *c = arg;

	c->n++;
	ov_loop_disarm(l, &c->other);
	ov_loop_arm(l, &c->t, 0);
}

static void
never(struct ov_loop *l, void *arg)
{
	struct chain *c = arg;

	(void)l;
	c->other_fired = true;
}

static void
deferred(struct ov_loop *l, void *arg)
{
	struct chain *c = arg;

	c->deferred++;
	assert_int_equal(ov_loop_defer(l, deferred, c, NULL), OV_OK);
}

static void
readable(struct ov_loop *l, int fd, unsigned int events, void *arg)
{
	struct chain *c = arg;
	char b;

	assert_int_equal(events & OV_LOOP_IN, OV_LOOP_IN);
	assert_int_equal(read(fd, &b, 1), 1);
	if (++c->reads == 3)
		ov_loop_stop(l);
}

/* A timer that is always due and a deferred call that always comes back
 * leave descriptors their turn; what is disarmed does not fire any more. */
static void
test_nothing_starves(void **state)
{
	struct ov_loop *l = *state;
	struct chain c = {0};

	c.t.fn = again;
	c.other.fn = never;
	c.t.arg = c.other.arg = &c;
	ov_loop_arm(l, &c.t, 0);
	ov_loop_arm(l, &c.other, 0);
	assert_int_equal(ov_loop_defer(l, deferred, &c, NULL), OV_OK);
	assert_int_equal(pipe(c.fds), 0);
	assert_int_equal(write(c.fds[1], "abc", 3), 3);
	assert_int_equal(ov_loop_fd(l, c.fds[0], OV_LOOP_IN, readable, &c,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_loop_run(l, NULL), OV_OK);
	assert_int_equal(c.reads, 3);
	assert_int_equal(c.n, 3);
	assert_int_equal(c.deferred, 3);
	assert_false(c.other_fired);
	ov_loop_undefer(l, &c);
	ov_loop_disarm(l, &c.t);
	ov_loop_fd_del(l, c.fds[0]);
	(void)close(c.fds[0]);
	(void)close(c.fds[1]);
}

struct duel {
	int s[2][2];
	int calls;
	bool reuse;
};

static void
stranger(struct ov_loop *l, int fd, unsigned int events, void *arg)
{
	(void)l;
	(void)fd;
	(void)events;
	(void)arg;
	fail_msg("an event of the former owner");
}

static void
stop(struct ov_loop *l, void *arg)
{
	(void)arg;
	ov_loop_stop(l);
}

/* Whoever of the two comes first removes the other. */
static void
duellist(struct ov_loop *l, int fd, unsigned int events, void *arg)
{
	struct duel *d = arg;
	int other = fd == d->s[0][0] ? d->s[1][0] : d->s[0][0];

	(void)events;
	d->calls++;
	ov_loop_fd_del(l, other);
	ov_loop_fd_del(l, fd);
	if (d->reuse) {
		/* The same number, another connection without news. */
		(void)close(other);
		assert_int_equal(dup2(d->s[0][1], other), other);
		assert_int_equal(ov_loop_fd(l, other, OV_LOOP_IN, stranger, d,
		                     NULL),
		    OV_OK);
	}
	assert_int_equal(ov_loop_defer(l, stop, NULL, NULL), OV_OK);
}

static void
test_a_removed_descriptor_is_not_called(void **state)
{
	struct ov_loop *l = *state;
	struct duel d;
	int i, round;

	for (round = 0; round < 2; round++) {
		memset(&d, 0, sizeof(d));
		d.reuse = round == 1;
		for (i = 0; i < 2; i++) {
			assert_int_equal(ov_ipc_socketpair(d.s[i], NULL),
			    OV_OK);
			assert_int_equal(write(d.s[i][1], "x", 1), 1);
			assert_int_equal(ov_loop_fd(l, d.s[i][0], OV_LOOP_IN,
			                     duellist, &d, NULL),
			    OV_OK);
		}
		assert_int_equal(ov_loop_run(l, NULL), OV_OK);
		assert_int_equal(d.calls, 1);
		for (i = 0; i < 4; i++) {
			ov_loop_fd_del(l, d.s[i / 2][i % 2]);
			(void)close(d.s[i / 2][i % 2]);
		}
	}
}

struct seen {
	unsigned int events;
	int calls;
};

static void
see(struct ov_loop *l, int fd, unsigned int events, void *arg)
{
	struct seen *s = arg;

	s->events = events;
	s->calls++;
	assert_int_equal(ov_loop_fd_mod(l, fd, 0, NULL), OV_OK);
}

static void
run_for(struct ov_loop *l, uint64_t ms)
{
	struct ov_timer t = {.fn = stop};

	ov_loop_arm(l, &t, ov_loop_now_ms(l) + ms);
	assert_int_equal(ov_loop_run(l, NULL), OV_OK);
}

static void
test_interest_and_hangup(void **state)
{
	struct ov_loop *l = *state;
	struct seen s = {0};
	struct ov_err e = {0};
	int p[2];

	assert_int_equal(ov_ipc_socketpair(p, NULL), OV_OK);
	assert_int_equal(ov_loop_fd(l, p[0], 0, see, &s, &e), OV_OK);
	assert_int_equal(ov_loop_fd(l, p[0], OV_LOOP_IN, see, &s, &e), OV_SYS);
	assert_int_equal(e.sys, EEXIST);
	assert_int_equal(ov_loop_fd(l, -1, OV_LOOP_IN, see, &s, &e), OV_SYS);
	assert_int_equal(ov_loop_fd_mod(l, p[1], OV_LOOP_IN, &e), OV_SYS);
	assert_int_equal(e.sys, ENOENT);

	run_for(l, 5);
	assert_int_equal(s.calls, 0);
	assert_int_equal(ov_loop_fd_mod(l, p[0], OV_LOOP_OUT, &e), OV_OK);
	run_for(l, 5);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.events, OV_LOOP_OUT);

	/* The other side goes: silence for who asked for silence, otherwise
	 * an error together with what was asked. */
	(void)close(p[1]);
	run_for(l, 5);
	assert_int_equal(s.calls, 1);
	assert_int_equal(ov_loop_fd_mod(l, p[0], OV_LOOP_IN, &e), OV_OK);
	run_for(l, 5);
	assert_int_equal(s.calls, 2);
	assert_int_equal(s.events, OV_LOOP_IN | OV_LOOP_ERR);
	ov_loop_fd_del(l, p[0]);
	ov_loop_fd_del(l, p[0]);
	(void)close(p[0]);
}

static void
on_signal(struct ov_loop *l, int signo, void *arg)
{
	int *got = arg;

	*got = *got * 100 + signo;
	assert_int_equal(ov_loop_defer(l, stop, NULL, NULL), OV_OK);
}

static void
test_signals(void **state)
{
	struct ov_loop *l = *state;
	int got = 0;

	assert_int_equal(ov_loop_signal(l, SIGUSR1, on_signal, &got, NULL),
	    OV_OK);
	assert_int_equal(ov_loop_signal(l, SIGTERM, on_signal, &got, NULL),
	    OV_OK);
	assert_int_equal(ov_loop_signal(l, 0, on_signal, &got, NULL), OV_SYS);
	assert_int_equal(ov_loop_signal(l, 1000, on_signal, &got, NULL),
	    OV_SYS);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(ov_loop_run(l, NULL), OV_OK);
	assert_int_equal(got, SIGTERM);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(ov_loop_run(l, NULL), OV_OK);
	assert_int_equal(got, SIGTERM * 100 + SIGUSR1);
}

static void
count(struct ov_loop *l, void *arg)
{
	int *n = arg;

	(void)l;
	(*n)++;
}

static void
test_deferred_calls(void **state)
{
	struct ov_loop *l = *state;
	int a = 0, b = 0, i;

	for (i = 0; i < 1000; i++) {
		assert_int_equal(ov_loop_defer(l, count, &a, NULL), OV_OK);
		assert_int_equal(ov_loop_defer(l, count, &b, NULL), OV_OK);
	}
	ov_loop_undefer(l, &a);
	assert_int_equal(ov_loop_defer(l, stop, NULL, NULL), OV_OK);
	assert_int_equal(ov_loop_run(l, NULL), OV_OK);
	assert_int_equal(a, 0);
	assert_int_equal(b, 1000);
	run_for(l, 1);
	assert_int_equal(b, 1000);
}

static void
test_clocks(void **state)
{
	struct ov_loop *l = *state;
	uint64_t a = ov_loop_now_ms(l);
	int64_t wall = ov_loop_wall(l);

	run_for(l, 20);
	assert_true(ov_loop_now_ms(l) >= a + 20);
	assert_true(ov_loop_wall_ms(l) / 1000 >= (uint64_t)wall);
	assert_true(wall > 1600000000);
}

struct heard {
	struct ov_loop *l;
	int n;
};

static void
on_word(struct ov_loop *l, int fd, unsigned int events, void *arg)
{
	struct heard *h = arg;
	char got[32] = "";

	(void)events;
	assert_int_equal(recv(fd, got, sizeof(got), 0), 10);
	assert_string_equal(got, "WATCHDOG=1");
	if (++h->n == 3)
		ov_loop_stop(l);
}

/* A word at once and one for each half of the limit; none when not asked. */
static void
test_watchdog(void **state)
{
	struct heard h = {.l = *state};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct ov_watchdog w;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t begin;
	char byte;

	(void)snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1,
	    "overstap-watchdog-%d", (int)getpid());
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa,
	                     (socklen_t)(offsetof(struct sockaddr_un,
	                                     sun_path) +
	                                 1 + strlen(sa.sun_path + 1))),
	    0);
	sa.sun_path[0] = '@';
	assert_int_equal(setenv("NOTIFY_SOCKET", sa.sun_path, 1), 0);
	(void)unsetenv("WATCHDOG_USEC");
	ov_watchdog_start(&w, h.l);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	ov_watchdog_stop(&w, h.l);

	assert_int_equal(setenv("WATCHDOG_USEC", "80000", 1), 0);
	assert_int_equal(ov_loop_fd(h.l, fd, OV_LOOP_IN, on_word, &h, NULL),
	    OV_OK);
	begin = ov_loop_now_ms(h.l);
	ov_watchdog_start(&w, h.l);
	assert_int_equal(ov_loop_run(h.l, NULL), OV_OK);
	assert_int_equal(h.n, 3);
	assert_true(ov_loop_now_ms(h.l) - begin >= 80);
	ov_watchdog_stop(&w, h.l);
	ov_loop_fd_del(h.l, fd);
	(void)close(fd);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_timers_fire_in_order),
	    T(test_nothing_starves),
	    T(test_a_removed_descriptor_is_not_called),
	    T(test_interest_and_hangup),
	    T(test_signals),
	    T(test_deferred_calls),
	    T(test_clocks),
	    T(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
