/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/launcher/children.c - start, watch, stop and restart the roles. */
#include "daemon/launcher/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/notify.h"

#define LOOK_MS 20       /* for the store's sockets */
#define SOCKETS_MS 15000 /* the store must have made them by then */
#define NET_MS 6000      /* net finishes what is in flight (5 s) */
#define KILL_MS 10000    /* and then it is SIGKILL */
#define STEADY_MS 60000
#define BACKOFF_MAX_MS 30000

enum { STORE, VAULT, NET, HOUDER, ROLES };
static const char *const roles[ROLES] = {"store", "vault", "net", "houder"};

enum phase {
	STARTING, /* the store runs, its sockets are not there yet */
	RUNNING,
	DRAINING, /* net was asked to stop; the others still serve it */
	STOPPING, /* all were asked to stop */
	WAITING,  /* nobody runs; the timer starts them */
	OVER
};

struct ov_children {
	struct ov_loop *loop;
	struct ov_children_conf conf;
	enum phase phase;
	pid_t pid[ROLES];
	bool ready[ROLES];
	bool told; /* our own READY went out */
	bool end;  /* asked to stop for good */
	bool failed;
	unsigned int restarts;
	uint64_t since_ms; /* start of this phase */
	struct ov_timer timer;
	int notify;
	struct sockaddr_un notify_sa;
	socklen_t notify_len;
};

uint64_t
ov_children_backoff(unsigned int n)
{
	uint64_t ms = 1000;

	while (n-- > 0 && ms < BACKOFF_MAX_MS)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static const char *
phase_name(enum phase p)
{
	switch (p) {
	case STARTING:
		return "starting";
	case RUNNING:
		return "running";
	case DRAINING:
		return "draining";
	case STOPPING:
		return "stopping";
	case WAITING:
		return "waiting";
	case OVER:
		return "over";
	}
	return "?";
}

/* The one place where the phase changes; after_ms 0: no timer. */
static void
enter(struct ov_children *c, enum phase p, uint64_t after_ms)
{
	ov_log(OV_LOG_DEBUG, "event=phase from=%s to=%s", phase_name(c->phase),
	    phase_name(p));
	c->phase = p;
	c->since_ms = ov_loop_now_ms(c->loop);
	if (after_ms > 0)
		ov_loop_arm(c->loop, &c->timer, c->since_ms + after_ms);
	else
		ov_loop_disarm(c->loop, &c->timer);
}

static bool
wanted(const struct ov_children *c, int role)
{
	return role != HOUDER || c->conf.houder;
}

static size_t
alive(const struct ov_children *c)
{
	size_t n = 0;

	for (int i = 0; i < ROLES; i++)
		n += c->pid[i] > 0 ? 1 : 0;
	return n;
}

/* ---- files in RUN ---- */

static bool
run_path(const struct ov_children *c, const char *name, const char *suffix,
    char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s/%s%s", c->conf.run, name, suffix);

	return n > 0 && (size_t)n < cap;
}

static void
pid_file(const struct ov_children *c, int role, pid_t pid)
{
	OV_CLOSE int dir = open(c->conf.run,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[32], text[24];
	int n;

	if (dir < 0)
		return;
	(void)snprintf(name, sizeof(name), "%s.pid", roles[role]);
	if (pid <= 0) {
		(void)unlinkat(dir, name, 0);
		return;
	}
	n = snprintf(text, sizeof(text), "%ld\n", (long)pid);
	if (ov_fs_replace(dir, name, text, (size_t)n, NULL) != OV_OK)
		ov_log(OV_LOG_WARN, "event=pid-file role=%s", roles[role]);
}

/* Sockets of an earlier life would look like the store's. */
static void
remove_sockets(const struct ov_children *c)
{
	char path[4096];

	for (int i = 0; i < ROLES; i++)
		if (run_path(c, roles[i], ".sock", path, sizeof(path)))
			(void)unlink(path);
}

static bool
sockets_there(const struct ov_children *c)
{
	char path[4096];
	struct stat st;

	for (int i = 0; i < ROLES; i++)
		if (i != STORE && wanted(c, i) &&
		    (!run_path(c, roles[i], ".sock", path, sizeof(path)) ||
		        stat(path, &st) < 0 || !S_ISSOCK(st.st_mode)))
			return false;
	return true;
}

/* ---- one child ---- */

static void
child(const struct ov_children *c, int role, pid_t parent)
{
	char path[4096], name[32], sock[120];
	sigset_t none;

	/* If we die, so does it; it may have happened already. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)snprintf(sock, sizeof(sock), "%s%s",
	    c->notify_sa.sun_path[0] == '\0' ? "@" : "",
	    c->notify_sa.sun_path[0] == '\0' ? c->notify_sa.sun_path + 1
	                                     : c->notify_sa.sun_path);
	if (setenv("NOTIFY_SOCKET", sock, 1) < 0 ||
	    unsetenv("WATCHDOG_USEC") < 0 || unsetenv("WATCHDOG_PID") < 0 ||
	    unsetenv("LISTEN_FDS") < 0 || unsetenv("LISTEN_PID") < 0 ||
	    unsetenv("LISTEN_FDNAMES") < 0)
		_exit(1);
	(void)snprintf(name, sizeof(name), "overstapd-%s", roles[role]);
	if (snprintf(path, sizeof(path), "%s/%s", c->conf.bin, name) >=
	    (int)sizeof(path))
		_exit(1);
	(void)execl(path, name, "-c", c->conf.file, (char *)NULL);
	ov_log(OV_LOG_ERROR, "event=exec role=%s fault=\"%s\"", roles[role],
	    strerror(errno));
	_exit(127);
}

static bool
start_one(struct ov_children *c, int role)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		child(c, role, parent);
	if (pid < 0) {
		ov_log(OV_LOG_ERROR, "event=fork role=%s fault=\"%s\"",
		    roles[role], strerror(errno));
		return false;
	}
	c->pid[role] = pid;
	c->ready[role] = false;
	pid_file(c, role, pid);
	ov_log(OV_LOG_INFO, "event=started role=%s pid=%ld", roles[role],
	    (long)pid);
	return true;
}

static void
signal_all(struct ov_children *c, int signo)
{
	for (int i = 0; i < ROLES; i++)
		if (c->pid[i] > 0)
			(void)kill(c->pid[i], signo);
}

/* ---- the phases ---- */

static void
over(struct ov_children *c)
{
	enter(c, OVER, 0);
	ov_loop_stop(c->loop);
}

/* Nobody runs any more. */
static void
all_gone(struct ov_children *c)
{
	uint64_t wait;

	remove_sockets(c);
	if (c->end || c->conf.once) {
		over(c);
		return;
	}
	wait = ov_children_backoff(c->restarts++);
	ov_log(OV_LOG_WARN, "event=restart in_ms=%llu",
	    (unsigned long long)wait);
	enter(c, WAITING, wait);
}

static void
stop_all(struct ov_children *c)
{
	signal_all(c, SIGTERM);
	enter(c, STOPPING, KILL_MS);
	if (alive(c) == 0)
		all_gone(c);
}

static void
begin(struct ov_children *c)
{
	remove_sockets(c);
	enter(c, STARTING, LOOK_MS);
	if (!start_one(c, STORE))
		stop_all(c);
}

static void
start_rest(struct ov_children *c)
{
	enter(c, RUNNING, STEADY_MS);
	for (int i = 0; i < ROLES; i++) {
		if (i != STORE && wanted(c, i) && !start_one(c, i)) {
			stop_all(c);
			return;
		}
	}
}

static void
timer(struct ov_loop *loop, void *arg)
{
	struct ov_children *c = arg;

	switch (c->phase) {
	case STARTING:
		if (sockets_there(c)) {
			start_rest(c);
		} else if (ov_loop_now_ms(loop) - c->since_ms > SOCKETS_MS) {
			ov_log(OV_LOG_ERROR, "event=no-sockets role=store");
			stop_all(c);
		} else {
			ov_loop_arm(loop, &c->timer,
			    ov_loop_now_ms(loop) + LOOK_MS);
		}
		break;
	case RUNNING:
		c->restarts = 0;
		break;
	case DRAINING:
		stop_all(c);
		break;
	case STOPPING:
		ov_log(OV_LOG_WARN, "event=kill");
		signal_all(c, SIGKILL);
		break;
	case WAITING:
		begin(c);
		break;
	case OVER:
		break;
	}
}

void
ov_children_stop(struct ov_children *c)
{
	bool again = c->end;

	c->end = true;
	if (c->phase == OVER)
		return;
	if (alive(c) == 0) {
		over(c);
		return;
	}
	if (again || c->pid[NET] <= 0 || c->phase == STOPPING) {
		stop_all(c);
		return;
	}
	(void)kill(c->pid[NET], SIGTERM);
	enter(c, DRAINING, NET_MS);
}

static void
gone(struct ov_children *c, int role, int status)
{
	if (WIFSIGNALED(status))
		ov_log(c->end ? OV_LOG_INFO : OV_LOG_ERROR,
		    "event=ended role=%s signal=%d", roles[role],
		    WTERMSIG(status));
	else
		ov_log(c->end || c->phase == STOPPING ? OV_LOG_INFO
		                                      : OV_LOG_ERROR,
		    "event=ended role=%s exit=%d", roles[role],
		    WEXITSTATUS(status));
	c->pid[role] = 0;
	c->ready[role] = false;
	pid_file(c, role, 0);
	if (!c->end)
		c->failed = true;
	if (alive(c) == 0 && c->phase != WAITING && c->phase != OVER)
		all_gone(c);
	else if (c->phase == STARTING || c->phase == RUNNING ||
	         c->phase == DRAINING)
		stop_all(c);
}

void
ov_children_reap(struct ov_children *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < ROLES; i++)
			if (c->pid[i] == pid)
				gone(c, i, status);
}

bool
ov_children_failed(const struct ov_children *c)
{
	return c->failed && !c->end;
}

/* ---- READY ---- */

static void
note_ready(struct ov_children *c, pid_t from)
{
	struct ov_err e = {0};
	bool all = true;

	for (int i = 0; i < ROLES; i++) {
		if (c->pid[i] > 0 && c->pid[i] == from && !c->ready[i]) {
			c->ready[i] = true;
			ov_log(OV_LOG_DEBUG, "event=ready role=%s", roles[i]);
		}
		if (wanted(c, i) && !c->ready[i])
			all = false;
	}
	if (!all || c->told)
		return;
	c->told = true;
	ov_log(OV_LOG_INFO, "event=ready");
	if (ov_notify("READY=1", &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=notify fault=\"%s\"", e.msg);
}

static void
notified(struct ov_loop *loop, int fd, unsigned int events, void *arg)
{
	struct ov_children *c = arg;
	char text[512];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} u;
	struct iovec iov = {text, sizeof(text) - 1};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &u,
	    .msg_controllen = sizeof(u)};
	struct cmsghdr *h;
	struct ucred who = {0};
	ssize_t n;

	(void)loop;
	(void)events;
	n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return;
	text[n] = '\0';
	for (h = CMSG_FIRSTHDR(&m); h != NULL; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_SOCKET &&
		    h->cmsg_type == SCM_CREDENTIALS)
			memcpy(&who, CMSG_DATA(h), sizeof(who));
	if (who.pid > 0 && strstr(text, "READY=1") != NULL)
		note_ready(c, who.pid);
}

/* RUN/notify.sock; where that path does not fit, an abstract name. */
static enum ov_rc
notify_open(struct ov_children *c, struct ov_err *e)
{
	struct sockaddr_un *sa = &c->notify_sa;
	char path[4096];
	int on = 1, n;

	sa->sun_family = AF_UNIX;
	if (c->conf.run[0] == '/' &&
	    run_path(c, "notify", ".sock", path, sizeof(path)) &&
	    strlen(path) < sizeof(sa->sun_path)) {
		memcpy(sa->sun_path, path, strlen(path) + 1);
		n = (int)strlen(path);
		(void)unlink(path);
	} else {
		n = snprintf(sa->sun_path + 1, sizeof(sa->sun_path) - 1,
		        "overstapd/%ld", (long)getpid()) +
		    1;
	}
	c->notify_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	                            (size_t)n);
	c->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->notify < 0 ||
	    setsockopt(c->notify, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) <
	        0 ||
	    bind(c->notify, (const struct sockaddr *)sa, c->notify_len) < 0)
		return ov_fail_sys(e, "notify socket");
	return ov_loop_fd(c->loop, c->notify, OV_LOOP_IN, notified, c, e);
}

/* ---- life ---- */

static void
first(struct ov_loop *loop, void *arg)
{
	(void)loop;
	begin(arg);
}

enum ov_rc
ov_children_new(struct ov_loop *loop, const struct ov_children_conf *conf,
    struct ov_children **out, struct ov_err *e)
{
	struct ov_children *c = calloc(1, sizeof(*c));
	enum ov_rc rc;

	*out = NULL;
	if (c == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	c->loop = loop;
	c->conf = *conf;
	c->notify = -1;
	c->phase = WAITING;
	c->timer.fn = timer;
	c->timer.arg = c;
	if ((rc = notify_open(c, e)) != OV_OK ||
	    (rc = ov_loop_defer(loop, first, c, e)) != OV_OK) {
		ov_children_free(c);
		return rc;
	}
	*out = c;
	return OV_OK;
}

void
ov_children_free(struct ov_children *c)
{
	if (c == NULL)
		return;
	ov_loop_disarm(c->loop, &c->timer);
	if (c->notify >= 0) {
		ov_loop_fd_del(c->loop, c->notify);
		(void)close(c->notify);
		if (c->notify_sa.sun_path[0] == '/')
			(void)unlink(c->notify_sa.sun_path);
	}
	free(c);
}
