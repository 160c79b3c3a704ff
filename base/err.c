/* SPDX-License-Identifier: EUPL-1.2 */
/* base/err.c - fills in struct ov_err. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* A message that did not fit ends in "..." instead of mid-word. */
static void
mark_cut(struct ov_err *e, int len)
{
	if (len >= (int)sizeof(e->msg))
		memcpy(e->msg + sizeof(e->msg) - 4, "...", 4);
}

static void OV_PRINTF(4, 0)
    fill(struct ov_err *e, enum ov_rc rc, int sys, const char *fmt, va_list ap)
{
	int len;

	e->rc = rc;
	e->sys = sys;
	len = vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	if (len < 0)
		e->msg[0] = '\0';
	mark_cut(e, len);
}

enum ov_rc
ov_fail(struct ov_err *e, enum ov_rc rc, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return rc;
	va_start(ap, fmt);
	fill(e, rc, 0, fmt, ap);
	va_end(ap);
	return rc;
}

enum ov_rc
ov_fail_sys(struct ov_err *e, const char *fmt, ...)
{
	char text[96];
	int sys = errno;
	enum ov_rc rc;
	size_t n;
	va_list ap;

	rc = sys == ENOSPC || sys == EDQUOT ? OV_NOSPACE : OV_SYS;
	if (e == NULL)
		return rc;
	va_start(ap, fmt);
	fill(e, rc, sys, fmt, ap);
	va_end(ap);

	n = strlen(e->msg);
	mark_cut(e, (int)n + snprintf(e->msg + n, sizeof(e->msg) - n, ": %s",
	                         strerror_r(sys, text, sizeof(text))));
	errno = sys;
	return rc;
}

enum ov_rc
ov_while(struct ov_err *e, enum ov_rc rc, const char *fmt, ...)
{
	char inner[OV_ERR_TEXT];
	size_t n;
	va_list ap;

	if (e == NULL)
		return rc;
	memcpy(inner, e->msg, sizeof(inner));
	va_start(ap, fmt);
	fill(e, rc, e->sys, fmt, ap);
	va_end(ap);

	n = strlen(e->msg);
	mark_cut(e,
	    (int)n + snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", inner));
	return rc;
}

enum ov_class
ov_rc_class(enum ov_rc rc)
{
	switch (rc) {
	case OV_OK:
		return OV_CL_OK;
	case OV_AGAIN:
	case OV_NOSPACE:
		return OV_CL_RETRY;
	case OV_TOOBIG:
	case OV_BADMSG:
	case OV_BADSIG:
	case OV_DENIED:
		return OV_CL_REFUSE;
	case OV_SYS:
	case OV_DAMAGED:
		return OV_CL_STOP;
	}
	return OV_CL_STOP;
}

const char *
ov_rc_name(enum ov_rc rc)
{
	switch (rc) {
	case OV_OK:
		return "ok";
	case OV_AGAIN:
		return "again";
	case OV_NOSPACE:
		return "nospace";
	case OV_TOOBIG:
		return "toobig";
	case OV_BADMSG:
		return "badmsg";
	case OV_BADSIG:
		return "badsig";
	case OV_DENIED:
		return "denied";
	case OV_SYS:
		return "sys";
	case OV_DAMAGED:
		return "damaged";
	}
	return "unknown";
}
