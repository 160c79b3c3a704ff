/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox.c - gives up what no role needs. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/sandbox.h"

enum ov_rc
ov_sandbox(struct ov_err *e)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return ov_fail_sys(e, "PR_SET_DUMPABLE");
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return ov_fail_sys(e, "RLIMIT_CORE");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return ov_fail_sys(e, "PR_SET_NO_NEW_PRIVS");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return ov_fail_sys(e, "ignore SIGPIPE");
	(void)umask(077);
	return OV_OK;
}
