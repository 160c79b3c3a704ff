/* SPDX-License-Identifier: EUPL-1.2 */
/* base/log.c - writes log lines to stderr. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* A process has one log, so this is its state. */
static const char *log_role = "-";
static enum ov_level log_max = OV_LOG_INFO;
static bool log_journal;

void
ov_log_init(const char *role)
{
	log_role = role;
	log_journal = getenv("JOURNAL_STREAM") != NULL;
}

void
ov_log_level(enum ov_level level)
{
	log_max = level;
}

static const char *
level_name(enum ov_level level)
{
	switch (level) {
	case OV_LOG_ERROR:
		return "error";
	case OV_LOG_WARN:
		return "warn";
	case OV_LOG_INFO:
		return "info";
	case OV_LOG_DEBUG:
		return "debug";
	}
	return "?";
}

static int
level_priority(enum ov_level level)
{
	switch (level) {
	case OV_LOG_ERROR:
		return 3;
	case OV_LOG_WARN:
		return 4;
	case OV_LOG_INFO:
		return 6;
	case OV_LOG_DEBUG:
		return 7;
	}
	return 3;
}

static size_t
prefix(char *out, size_t cap, enum ov_level level)
{
	struct timespec now;
	struct tm tm;
	char when[32] = "";
	int len;

	if (log_journal) {
		len = snprintf(out, cap, "<%d>", level_priority(level));
	} else {
		if (clock_gettime(CLOCK_REALTIME, &now) == 0 &&
		    gmtime_r(&now.tv_sec, &tm) != NULL)
			(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ",
			    &tm);
		len = snprintf(out, cap, "%s %s %s ", when, level_name(level),
		    log_role);
	}
	if (len < 0)
		return 0;
	return (size_t)len < cap ? (size_t)len : cap - 1;
}

void
ov_log(enum ov_level level, const char *fmt, ...)
{
	static const char hex[] = "0123456789abcdef";
	char text[OV_LOG_MAX], line[64 + 4 * OV_LOG_MAX + 1];
	size_t i, n;
	int len, saved = errno;
	unsigned char c;
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (len >= (int)sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);

	n = prefix(line, 64, level);
	for (i = 0; text[i] != '\0'; i++) {
		c = (unsigned char)text[i];
		if (c >= ' ' && c < 0x7f) {
			line[n++] = (char)c;
			continue;
		}
		line[n++] = '\\';
		line[n++] = 'x';
		line[n++] = hex[c >> 4];
		line[n++] = hex[c & 15];
	}
	line[n++] = '\n';
	/* One write, so that lines of two processes do not mix.  There is
	 * nowhere to report that the log cannot be written. */
	if (write(STDERR_FILENO, line, n) < 0)
		errno = saved;
	explicit_bzero(text, sizeof(text));
	errno = saved;
}

bool
ov_log_ratelimit(struct ov_ratelimit *r, uint32_t burst, uint64_t now_ms,
    uint32_t *missed)
{
	if (missed != NULL)
		*missed = 0;
	if (now_ms < r->since_ms || now_ms - r->since_ms >= 60000 ||
	    (r->used == 0 && r->dropped == 0)) {
		if (missed != NULL)
			*missed = r->dropped;
		r->since_ms = now_ms;
		r->used = 0;
		r->dropped = 0;
	}
	if (r->used >= burst) {
		if (r->dropped < UINT32_MAX)
			r->dropped++;
		return false;
	}
	r->used++;
	return true;
}
