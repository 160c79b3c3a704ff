/* SPDX-License-Identifier: EUPL-1.2 */
/* base/notify.c - the two halves of the service protocol of systemd. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/notify.h"

/* A decimal number of at most max; false for anything else. */
static bool
number(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' ||
		    v > (max - (uint64_t)(*s - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return true;
}

enum ov_rc
ov_notify(const char *state, struct ov_err *e)
{
	const char *path = getenv("NOTIFY_SOCKET");
	OV_CLOSE int fd = -1;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	socklen_t len;
	ssize_t r;
	size_t n;

	if (path == NULL)
		return OV_OK;
	n = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || n >= sizeof(sa.sun_path))
		return ov_fail(e, OV_BADMSG, "NOTIFY_SOCKET: not an address");
	memcpy(sa.sun_path, path, n);
	if (path[0] == '@')
		sa.sun_path[0] = '\0'; /* abstract */
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ov_fail_sys(e, "notify socket");
	n = strlen(state);
	do
		r = sendto(fd, state, n, MSG_NOSIGNAL | MSG_DONTWAIT,
		    (const struct sockaddr *)&sa, len);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return ov_fail_sys(e, "notify");
	return OV_OK;
}

enum ov_rc
ov_notify_status(struct ov_err *e, const char *fmt, ...)
{
	static const char key[] = "STATUS=";
	char text[512];
	size_t i;
	int len;
	va_list ap;

	memcpy(text, key, sizeof(key));
	va_start(ap, fmt);
	len = vsnprintf(text + sizeof(key) - 1, sizeof(text) - sizeof(key) + 1,
	    fmt, ap);
	va_end(ap);
	if (len < 0)
		return ov_fail(e, OV_BADMSG, "status text");
	/* A line break would begin another assignment. */
	for (i = sizeof(key) - 1; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	return ov_notify(text, e);
}

uint64_t
ov_notify_watchdog_ms(void)
{
	uint64_t usec, pid;

	if (!number(getenv("WATCHDOG_USEC"), INT64_MAX, &usec))
		return 0;
	if (getenv("WATCHDOG_PID") != NULL &&
	    (!number(getenv("WATCHDOG_PID"), INT32_MAX, &pid) ||
	        pid != (uint64_t)getpid()))
		return 0;
	/* Half of the limit, as sd_watchdog_enabled(3) advises. */
	return usec / 2000;
}

/* Give descriptor fd to the entry of names[] that is called name[0..len). */
static enum ov_rc
claim(const char *name, size_t len, int fd, const char *const *names, int *fds,
    size_t n, struct ov_err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			break;
	if (i == n)
		return ov_fail(e, OV_BADMSG,
		    "descriptor %d was passed under a name we do not know", fd);
	if (fds[i] != -1)
		return ov_fail(e, OV_BADMSG,
		    "two descriptors were passed as %s", names[i]);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return ov_fail_sys(e, "passed descriptor %s", names[i]);
	fds[i] = fd;
	return OV_OK;
}

static enum ov_rc
listen_fds(const char *const *names, int *fds, size_t n, struct ov_err *e)
{
	const char *list = getenv("LISTEN_FDNAMES");
	uint64_t pid, count, i;
	enum ov_rc rc;
	size_t len;

	if (getenv("LISTEN_FDS") == NULL)
		return OV_OK;
	if (!number(getenv("LISTEN_PID"), INT32_MAX, &pid) ||
	    pid != (uint64_t)getpid())
		return OV_OK; /* meant for another process */
	if (!number(getenv("LISTEN_FDS"), OV_LISTEN_MAX, &count))
		return ov_fail(e, OV_BADMSG, "LISTEN_FDS: not 0 to %d",
		    OV_LISTEN_MAX);
	if (count == 0)
		return OV_OK;
	if (list == NULL)
		return ov_fail(e, OV_BADMSG, "LISTEN_FDNAMES is not set");
	for (i = 0; i < count; i++) {
		len = strcspn(list, ":");
		rc = claim(list, len, OV_LISTEN_FIRST + (int)i, names, fds, n,
		    e);
		if (rc != OV_OK)
			return rc;
		list += len;
		if ((*list == ':') != (i + 1 < count))
			return ov_fail(e, OV_BADMSG,
			    "LISTEN_FDNAMES and LISTEN_FDS disagree");
		list += *list == ':';
	}
	return OV_OK;
}

enum ov_rc
ov_listen_fds(const char *const *names, int *fds, size_t n, struct ov_err *e)
{
	enum ov_rc rc;
	size_t i;

	for (i = 0; i < n; i++)
		fds[i] = -1;
	rc = listen_fds(names, fds, n, e);
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return rc;
}
