/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/overstap.c - the command line: what a person or a script asks.
 *
 * It holds no keys and touches no database: it talks to the control socket of
 * overstapd-store, or works offline on files that it was given.
 */
#include <signal.h>

#include "protocol/json.h"
#include "tools/cmd_cli.h"

int
main(int argc, char **argv)
{
	static const struct ov_cmd *const tables[] = {ov_cmds_init,
	    ov_cmds_show, ov_cmds_region, ov_cmds_region_route, ov_cmds_daemon,
	    ov_cmds_import, ov_cmds_export, ov_cmds_report, ov_cmds_progress,
	    ov_cmds_receipt, NULL};
	struct ov_cli cli = {.out = stdout, .err = stderr};

	/* A closed pipe is an error of writing, told at the end. */
	(void)signal(SIGPIPE, SIG_IGN);
	ov_json_init();
	return ov_cli_run(&cli, tables, argc, argv);
}
