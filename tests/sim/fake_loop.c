/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/fake_loop.c - base/loop.h over a clock that jumps: every loop of
 * the region shares one schedule, and a seed decides who is next.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "tests/sim/sim.h"

#define FDS 64

struct deferred {
	ov_defer_fn *fn; /* NULL: dropped */
	void *arg;
};

struct watched {
	int fd; /* -1: free */
	unsigned int events;
	ov_fd_fn *fn;
	void *arg;
};

struct ov_loop {
	struct ov_loop *next;
	struct ov_timer *timers; /* earliest first, ties in order of arming */
	uint64_t seq;
	struct deferred *defer;
	size_t ndefer, capdefer;
	struct watched fd[FDS];
	size_t nfd;
	bool stop;
};

static struct {
	uint64_t seed, state, ms, grain;
	int64_t wall;
	struct ov_loop *loops;
} S;

/* ---- chance ---- */

static uint64_t
splitmix(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
sim_rand(void)
{
	return splitmix(&S.state);
}

uint64_t
sim_below(uint64_t n)
{
	return n == 0 ? 0 : sim_rand() % n;
}

bool
sim_chance(unsigned permille)
{
	return permille != 0 && sim_below(1000) < permille;
}

void
sim_random(void *p, size_t n)
{
	uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)sim_rand();
}

/* libsodium's randomness: keys and nonces follow from the seed as well. */
static const char *
rb_name(void)
{
	return "sim";
}

static uint32_t
rb_random(void)
{
	return (uint32_t)sim_rand();
}

static void
rb_buf(void *const p, const size_t n)
{
	sim_random(p, n);
}

static struct randombytes_implementation rb = {
    .implementation_name = rb_name,
    .random = rb_random,
    .buf = rb_buf,
};

void
sim_begin(uint64_t seed, int64_t wall)
{
	static bool once;

	SIM_CHECK(S.loops == NULL);
	memset(&S, 0, sizeof(S));
	S.seed = S.state = seed;
	S.wall = wall;
	S.ms = 1000;
	if (!once) {
		once = true;
		SIM_CHECK(randombytes_set_implementation(&rb) == 0);
		SIM_CHECK(sodium_init() >= 0);
		json_object_seed(1);
	}
}

uint64_t
sim_seed(void)
{
	return S.seed;
}

uint64_t
sim_ms(void)
{
	return S.ms;
}

int64_t
sim_wall(void)
{
	return S.wall + (int64_t)(S.ms / 1000);
}

void
sim_grain(uint64_t ms)
{
	S.grain = ms;
}

/* ---- the header ---- */

enum ov_rc
ov_loop_new(struct ov_loop **out, struct ov_err *e)
{
	struct ov_loop *l = calloc(1, sizeof(*l));

	*out = l;
	if (l == NULL)
		return ov_fail(e, OV_NOSPACE, "loop: out of memory");
	for (size_t i = 0; i < FDS; i++)
		l->fd[i].fd = -1;
	l->next = S.loops;
	S.loops = l;
	return OV_OK;
}

void
ov_loop_free(struct ov_loop *l)
{
	struct ov_loop **at = &S.loops;

	if (l == NULL)
		return;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l->defer); /* timers belong to their owners, who may be gone */
	free(l);
}

static struct watched *
watched(struct ov_loop *l, int fd)
{
	for (size_t i = 0; i < FDS; i++)
		if (l->fd[i].fd == fd)
			return &l->fd[i];
	return NULL;
}

enum ov_rc
ov_loop_fd(struct ov_loop *l, int fd, unsigned int events, ov_fd_fn *fn,
    void *arg, struct ov_err *e)
{
	struct watched *w;

	if (fd < 0 || watched(l, fd) != NULL)
		return ov_fail(e, OV_SYS, "watch: descriptor");
	if ((w = watched(l, -1)) == NULL)
		return ov_fail(e, OV_NOSPACE, "watch: too many descriptors");
	*w = (struct watched){fd, events, fn, arg};
	l->nfd++;
	return OV_OK;
}

enum ov_rc
ov_loop_fd_mod(struct ov_loop *l, int fd, unsigned int events, struct ov_err *e)
{
	struct watched *w = fd < 0 ? NULL : watched(l, fd);

	if (w == NULL)
		return ov_fail(e, OV_SYS, "watch: no such descriptor");
	w->events = events;
	return OV_OK;
}

void
ov_loop_fd_del(struct ov_loop *l, int fd)
{
	struct watched *w = fd < 0 ? NULL : watched(l, fd);

	if (w == NULL)
		return;
	w->fd = -1;
	l->nfd--;
}

void
ov_loop_arm(struct ov_loop *l, struct ov_timer *t, uint64_t at_ms)
{
	struct ov_timer *p = NULL, *n;

	ov_loop_disarm(l, t);
	n = l->timers;
	t->at_ms = at_ms;
	t->seq = ++l->seq;
	while (n != NULL && n->at_ms <= at_ms) {
		p = n;
		n = n->next;
	}
	t->prev = p;
	t->next = n;
	if (n != NULL)
		n->prev = t;
	if (p != NULL)
		p->next = t;
	else
		l->timers = t;
	t->armed = true;
}

void
ov_loop_disarm(struct ov_loop *l, struct ov_timer *t)
{
	if (!t->armed)
		return;
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		l->timers = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	t->prev = t->next = NULL;
	t->armed = false;
}

enum ov_rc
ov_loop_signal(struct ov_loop *l, int signo, ov_signal_fn *fn, void *arg,
    struct ov_err *e)
{
	(void)l;
	(void)fn;
	(void)arg;
	return ov_fail(e, OV_SYS, "no signal %d in a simulation", signo);
}

enum ov_rc
ov_loop_defer(struct ov_loop *l, ov_defer_fn *fn, void *arg, struct ov_err *e)
{
	struct deferred *d;

	if (l->ndefer == l->capdefer) {
		size_t cap = l->capdefer == 0 ? 16 : l->capdefer * 2;

		if ((d = realloc(l->defer, cap * sizeof(*d))) == NULL)
			return ov_fail(e, OV_NOSPACE, "out of memory");
		l->defer = d;
		l->capdefer = cap;
	}
	l->defer[l->ndefer++] = (struct deferred){fn, arg};
	return OV_OK;
}

void
ov_loop_undefer(struct ov_loop *l, const void *arg)
{
	for (size_t i = 0; i < l->ndefer; i++)
		if (l->defer[i].arg == arg)
			l->defer[i].fn = NULL;
}

uint64_t
ov_loop_now_ms(const struct ov_loop *l)
{
	(void)l;
	return S.ms;
}

int64_t
ov_loop_wall(const struct ov_loop *l)
{
	(void)l;
	return sim_wall();
}

uint64_t
ov_loop_wall_ms(const struct ov_loop *l)
{
	(void)l;
	return (uint64_t)S.wall * 1000 + S.ms;
}

enum ov_rc
ov_loop_run(struct ov_loop *l, struct ov_err *e)
{
	(void)e;
	l->stop = false;
	while (!l->stop && sim_step(UINT64_MAX))
		;
	return OV_OK;
}

void
ov_loop_stop(struct ov_loop *l)
{
	l->stop = true;
}

/* ---- the schedule ---- */

static bool
busy(const struct ov_loop *l)
{
	return l->ndefer > 0 || (l->timers != NULL && l->timers->at_ms <= S.ms);
}

static void
turn(struct ov_loop *l)
{
	size_t n = l->ndefer;
	uint64_t last = l->seq;
	struct ov_timer *t;
	struct deferred d;

	for (size_t i = 0; i < n; i++) {
		d = l->defer[i];
		if (d.fn != NULL)
			d.fn(l, d.arg);
	}
	l->ndefer -= n;
	if (n > 0)
		memmove(l->defer, l->defer + n, l->ndefer * sizeof(d));
	while ((t = l->timers) != NULL && t->at_ms <= S.ms && t->seq <= last) {
		ov_loop_disarm(l, t);
		t->fn(l, t->arg);
	}
}

/* Real descriptors (a control socket); false when none is ready. */
static bool
descriptors(struct ov_loop *l)
{
	struct pollfd p;
	struct watched w;
	bool any = false;

	for (size_t i = 0; l->nfd > 0 && i < FDS; i++) {
		w = l->fd[i];
		if (w.fd < 0 || w.events == 0)
			continue;
		p = (struct pollfd){.fd = w.fd};
		p.events = (short)((w.events & OV_LOOP_IN ? POLLIN : 0) |
		                   (w.events & OV_LOOP_OUT ? POLLOUT : 0));
		if (poll(&p, 1, 0) <= 0)
			continue;
		any = true;
		w.fn(l, w.fd,
		    ((p.revents & POLLIN) != 0 ? OV_LOOP_IN : 0U) |
		        ((p.revents & POLLOUT) != 0 ? OV_LOOP_OUT : 0U) |
		        ((p.revents & (POLLERR | POLLHUP)) != 0
		                ? OV_LOOP_ERR | w.events
		                : 0U),
		    w.arg);
	}
	return any;
}

bool
sim_step(uint64_t until_ms)
{
	struct ov_loop *l, *pick = NULL;
	uint64_t next = UINT64_MAX, n = 0;

	for (l = S.loops; l != NULL; l = l->next) {
		if (busy(l) && sim_below(++n) == 0)
			pick = l;
		if (l->timers != NULL && l->timers->at_ms < next)
			next = l->timers->at_ms;
	}
	if (pick != NULL) {
		turn(pick);
		return true;
	}
	for (l = S.loops; l != NULL; l = l->next)
		if (descriptors(l))
			return true;
	if (next > until_ms || next == UINT64_MAX) {
		if (until_ms != UINT64_MAX && S.ms < until_ms)
			S.ms = until_ms;
		return false;
	}
	if (next < S.ms + S.grain)
		next = S.ms + S.grain;
	S.ms = next < until_ms ? next : until_ms;
	return true;
}
