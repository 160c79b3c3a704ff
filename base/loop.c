/* SPDX-License-Identifier: EUPL-1.2 */
/* base/loop.c - the loop of base/loop.h over epoll and signalfd.
 *
 * Timers are an intrusive pairing heap ordered by (at_ms, seq): arming never
 * allocates and so never fails, and ten thousand of them cost a few pointer
 * moves each.  The wait's own timeout is enough; a timerfd would add a system
 * call for every change of the earliest.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"

#define EVENTS_A_TURN 64
#define SIGNALS 65

struct slot {
	ov_fd_fn *fn; /* NULL: free */
	void *arg;
	unsigned int events;
	uint32_t gen; /* tells an event of an earlier owner of the number */
};

struct deferred {
	ov_defer_fn *fn; /* NULL: dropped */
	void *arg;
};

struct ov_loop {
	int epfd;
	int sigfd;
	sigset_t sigset;
	struct {
		ov_signal_fn *fn;
		void *arg;
	} sig[SIGNALS];
	struct slot *slots; /* by descriptor number */
	size_t nslots;
	uint32_t gen;
	struct ov_timer *root;
	uint64_t seq;
	struct deferred *defer;
	size_t ndefer;
	size_t capdefer;
	bool stop;
};

/* --- clocks --------------------------------------------------------------- */

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) < 0)
		abort(); /* only for a clock that does not exist */
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
ov_loop_now_ms(const struct ov_loop *l)
{
	(void)l;
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t
ov_loop_wall_ms(const struct ov_loop *l)
{
	(void)l;
	return clock_ms(CLOCK_REALTIME);
}

int64_t
ov_loop_wall(const struct ov_loop *l)
{
	return (int64_t)(ov_loop_wall_ms(l) / 1000);
}

/* --- timers: a pairing heap ------------------------------------------------ */

static bool
earlier(const struct ov_timer *a, const struct ov_timer *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	return a->seq < b->seq;
}

/* Join two heaps; either may be NULL.  Roots have no siblings. */
static struct ov_timer *
meld(struct ov_timer *a, struct ov_timer *b)
{
	struct ov_timer *t;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (earlier(b, a)) {
		t = a;
		a = b;
		b = t;
	}
	b->next = a->child;
	if (b->next != NULL)
		b->next->prev = b;
	b->prev = a;
	a->child = b;
	return a;
}

/* Join a list of siblings into one heap: in pairs from the left, then the
 * pairs from the right. */
static struct ov_timer *
meld_all(struct ov_timer *first)
{
	struct ov_timer *a, *b, *pairs = NULL, *root = NULL;

	while (first != NULL) {
		a = first;
		b = a->next;
		first = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs != NULL) {
		a = pairs;
		pairs = a->next;
		a->next = NULL;
		root = meld(root, a);
	}
	return root;
}

void
ov_loop_disarm(struct ov_loop *l, struct ov_timer *t)
{
	struct ov_timer *below;

	if (!t->armed)
		return;
	below = meld_all(t->child);
	if (t == l->root) {
		l->root = below;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		l->root = meld(l->root, below);
	}
	t->child = t->next = t->prev = NULL;
	t->armed = false;
}

void
ov_loop_arm(struct ov_loop *l, struct ov_timer *t, uint64_t at_ms)
{
	uint64_t now = ov_loop_now_ms(l);

	ov_loop_disarm(l, t);
	/* A moment in the past would jump the queue of those now due. */
	t->at_ms = at_ms > now ? at_ms : now;
	t->seq = l->seq++;
	t->armed = true;
	l->root = meld(l->root, t);
}

static void
run_timers(struct ov_loop *l)
{
	uint64_t now = ov_loop_now_ms(l), last = l->seq;
	struct ov_timer *t;

	while ((t = l->root) != NULL && t->at_ms <= now && t->seq < last) {
		ov_loop_disarm(l, t);
		t->fn(l, t->arg);
	}
}

/* --- deferred calls --------------------------------------------------------- */

enum ov_rc
ov_loop_defer(struct ov_loop *l, ov_defer_fn *fn, void *arg, struct ov_err *e)
{
	struct deferred *p;
	size_t cap;

	if (l->ndefer == l->capdefer) {
		cap = l->capdefer != 0 ? 2 * l->capdefer : 16;
		p = reallocarray(l->defer, cap, sizeof(*p));
		if (p == NULL)
			return ov_fail(e, OV_NOSPACE, "deferred call");
		l->defer = p;
		l->capdefer = cap;
	}
	l->defer[l->ndefer].fn = fn;
	l->defer[l->ndefer].arg = arg;
	l->ndefer++;
	return OV_OK;
}

void
ov_loop_undefer(struct ov_loop *l, const void *arg)
{
	size_t i;

	for (i = 0; i < l->ndefer; i++)
		if (l->defer[i].arg == arg)
			l->defer[i].fn = NULL;
}

static void
run_deferred(struct ov_loop *l)
{
	struct deferred d;
	size_t i, n = l->ndefer;

	/* By index: a call may add to the list and move it. */
	for (i = 0; i < n; i++) {
		d = l->defer[i];
		l->defer[i].fn = NULL;
		if (d.fn != NULL)
			d.fn(l, d.arg);
	}
	l->ndefer -= n;
	if (l->ndefer > 0)
		memmove(l->defer, l->defer + n, l->ndefer * sizeof(*l->defer));
}

/* --- descriptors ------------------------------------------------------------ */

static struct slot *
slot_of(struct ov_loop *l, int fd)
{
	if (fd < 0 || (size_t)fd >= l->nslots || l->slots[fd].fn == NULL)
		return NULL;
	return &l->slots[fd];
}

static enum ov_rc
make_room(struct ov_loop *l, int fd, struct ov_err *e)
{
	size_t n = l->nslots != 0 ? l->nslots : 64;
	struct slot *p;

	if ((size_t)fd < l->nslots)
		return OV_OK;
	while (n <= (size_t)fd)
		n *= 2;
	if ((p = reallocarray(l->slots, n, sizeof(*p))) == NULL)
		return ov_fail(e, OV_NOSPACE, "descriptor table");
	memset(p + l->nslots, 0, (n - l->nslots) * sizeof(*p));
	l->slots = p;
	l->nslots = n;
	return OV_OK;
}

/* Tell the kernel that fd's interest goes from s->events to "events". */
static enum ov_rc
set_interest(struct ov_loop *l, int fd, struct slot *s, unsigned int events,
    struct ov_err *e)
{
	struct epoll_event ev = {0};
	int op = EPOLL_CTL_MOD;

	if (events == s->events)
		return OV_OK;
	if (events == 0)
		op = EPOLL_CTL_DEL;
	else if (s->events == 0)
		op = EPOLL_CTL_ADD;
	if ((events & OV_LOOP_IN) != 0)
		ev.events |= EPOLLIN;
	if ((events & OV_LOOP_OUT) != 0)
		ev.events |= EPOLLOUT;
	ev.data.u64 = (uint64_t)s->gen << 32 | (uint32_t)fd;
	if (epoll_ctl(l->epfd, op, fd, &ev) < 0)
		return ov_fail_sys(e, "watch a descriptor");
	s->events = events;
	return OV_OK;
}

enum ov_rc
ov_loop_fd(struct ov_loop *l, int fd, unsigned int events, ov_fd_fn *fn,
    void *arg, struct ov_err *e)
{
	struct slot *s;
	enum ov_rc rc;

	if (fd < 0 || slot_of(l, fd) != NULL) {
		errno = fd < 0 ? EBADF : EEXIST;
		return ov_fail_sys(e, "watch a descriptor");
	}
	if ((rc = make_room(l, fd, e)) != OV_OK)
		return rc;
	s = &l->slots[fd];
	s->gen = ++l->gen;
	s->events = 0;
	rc = set_interest(l, fd, s, events & (OV_LOOP_IN | OV_LOOP_OUT), e);
	if (rc != OV_OK)
		return rc;
	s->fn = fn;
	s->arg = arg;
	return OV_OK;
}

enum ov_rc
ov_loop_fd_mod(struct ov_loop *l, int fd, unsigned int events, struct ov_err *e)
{
	struct slot *s = slot_of(l, fd);

	if (s == NULL) {
		errno = ENOENT;
		return ov_fail_sys(e, "watch a descriptor");
	}
	return set_interest(l, fd, s, events & (OV_LOOP_IN | OV_LOOP_OUT), e);
}

void
ov_loop_fd_del(struct ov_loop *l, int fd)
{
	struct slot *s = slot_of(l, fd);

	if (s == NULL)
		return;
	/* It may be closed already, against the rules; then epoll has
	 * forgotten it by itself. */
	(void)set_interest(l, fd, s, 0, NULL);
	memset(s, 0, sizeof(*s));
}

static void
handle_fd(struct ov_loop *l, const struct epoll_event *ev)
{
	int fd = (int)(uint32_t)(ev->data.u64 & 0xffffffff);
	struct slot *s = slot_of(l, fd);
	unsigned int events = 0;

	/* An earlier callback of this turn may have removed it, or put
	 * another connection under the same number. */
	if (s == NULL || s->gen != (uint32_t)(ev->data.u64 >> 32))
		return;
	if ((ev->events & EPOLLIN) != 0)
		events |= OV_LOOP_IN;
	if ((ev->events & EPOLLOUT) != 0)
		events |= OV_LOOP_OUT;
	if ((ev->events & (EPOLLERR | EPOLLHUP)) != 0)
		events |= OV_LOOP_ERR | s->events;
	events &= s->events | OV_LOOP_ERR;
	if (events != 0 && s->events != 0)
		s->fn(l, fd, events, s->arg);
}

/* --- signals ---------------------------------------------------------------- */

static void
on_signal(struct ov_loop *l, int fd, unsigned int events, void *arg)
{
	struct signalfd_siginfo si;

	(void)events;
	(void)arg;
	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo < SIGNALS && l->sig[si.ssi_signo].fn != NULL)
			l->sig[si.ssi_signo].fn(l, (int)si.ssi_signo,
			    l->sig[si.ssi_signo].arg);
}

enum ov_rc
ov_loop_signal(struct ov_loop *l, int signo, ov_signal_fn *fn, void *arg,
    struct ov_err *e)
{
	sigset_t set = l->sigset;
	enum ov_rc rc;
	int fd;

	if (signo <= 0 || signo >= SIGNALS || sigaddset(&set, signo) < 0) {
		errno = EINVAL;
		return ov_fail_sys(e, "signal %d", signo);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return ov_fail_sys(e, "block signal %d", signo);
	fd = signalfd(l->sigfd, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return ov_fail_sys(e, "signalfd");
	if (l->sigfd < 0) {
		rc = ov_loop_fd(l, fd, OV_LOOP_IN, on_signal, NULL, e);
		if (rc != OV_OK) {
			(void)close(fd);
			return rc;
		}
		l->sigfd = fd;
	}
	l->sigset = set;
	l->sig[signo].fn = fn;
	l->sig[signo].arg = arg;
	return OV_OK;
}

/* --- running ---------------------------------------------------------------- */

enum ov_rc
ov_loop_new(struct ov_loop **out, struct ov_err *e)
{
	struct ov_loop *l;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return ov_fail(e, OV_NOSPACE, "event loop");
	l->sigfd = -1;
	(void)sigemptyset(&l->sigset);
	if ((l->epfd = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		free(l);
		return ov_fail_sys(e, "epoll_create1");
	}
	*out = l;
	return OV_OK;
}

void
ov_loop_free(struct ov_loop *l)
{
	if (l == NULL)
		return;
	/* Their owners may disarm or free them later: leave them unarmed. */
	while (l->root != NULL)
		ov_loop_disarm(l, l->root);
	if (l->sigfd >= 0)
		(void)close(l->sigfd);
	(void)close(l->epfd);
	free(l->slots);
	free(l->defer);
	free(l);
}

/* How long the next wait may take, in ms; -1 for ever. */
static int
wait_ms(const struct ov_loop *l)
{
	uint64_t now;

	if (l->stop || l->ndefer > 0)
		return 0;
	if (l->root == NULL)
		return -1;
	now = ov_loop_now_ms(l);
	if (l->root->at_ms <= now)
		return 0;
	/* An hour at most keeps it within an int. */
	return l->root->at_ms - now < 3600000 ? (int)(l->root->at_ms - now)
	                                      : 3600000;
}

enum ov_rc
ov_loop_run(struct ov_loop *l, struct ov_err *e)
{
	struct epoll_event ev[EVENTS_A_TURN];
	int i, n;

	for (l->stop = false; !l->stop;) {
		run_deferred(l);
		run_timers(l);
		n = epoll_wait(l->epfd, ev, EVENTS_A_TURN, wait_ms(l));
		if (n < 0 && errno != EINTR)
			return ov_fail_sys(e, "epoll_wait");
		for (i = 0; i < n; i++)
			handle_fd(l, &ev[i]);
	}
	return OV_OK;
}

void
ov_loop_stop(struct ov_loop *l)
{
	l->stop = true;
}
