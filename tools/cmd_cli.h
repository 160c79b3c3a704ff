/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_cli.h - the frame of the command line: what a command is, how its
 * options are read, where the instance is, how failures are told.
 *
 * A command is a row in a table: group, verb, options, handler.  A handler
 * returns an exit code of the list below and has by then told what went wrong
 * (ov_cli_fail, ov_cli_err).  With --json everything a command has to say
 * goes to cli->out as one JSON object; a failure is {"fout":{...}}.
 */
#ifndef OV_TOOLS_CMD_CLI_H
#define OV_TOOLS_CMD_CLI_H

#include <jansson.h>
#include <stdio.h>

#include "base/buf.h"

enum ov_exit {
	OV_X_OK = 0,
	OV_X_REFUSED = 1,  /* the daemon or a check said no; a fault found */
	OV_X_USAGE = 2,    /* the command line itself */
	OV_X_DAEMON = 3,   /* no daemon, or the connection broke */
	OV_X_INPUT = 4,    /* a file that was given is not good */
	OV_X_INTERNAL = 5, /* this machine: disk, memory, permissions */
};

/* ---- options ---- */

enum ov_opt_kind {
	OV_OPT_FLAG,
	OV_OPT_TEXT,
	OV_OPT_NUMBER, /* 0 .. 2^53 - 1 */
	OV_OPT_LIST,   /* may be given more than once */
};

/* A table of options ends with a row whose name is NULL. */
struct ov_opt {
	const char *name; /* without "--" */
	enum ov_opt_kind kind;
	const char *arg; /* how its value is called in the help */
	const char *help;
};

struct ov_set {
	const struct ov_opt *opt;
	const char *value;
};

/* What was given; everything is borrowed from argv. */
struct ov_args {
	size_t npos;
	const char **pos;
	size_t nset;
	struct ov_set *set;
};

bool ov_args_flag(const struct ov_args *, const char *name);
/* NULL when absent. */
const char *ov_args_text(const struct ov_args *, const char *name);
/* fallback when absent; the parser has already checked the digits. */
int64_t ov_args_number(const struct ov_args *, const char *name,
    int64_t fallback);
/* The i-th value of a list option; NULL after the last. */
const char *ov_args_nth(const struct ov_args *, const char *name, size_t i);
/* The values of a list option, each of which may be several words with commas
 * between; at most cap of them.  They point into *own: free it. */
size_t ov_args_words(const struct ov_args *, const char *name, const char **out,
    size_t cap, char **own);
/* Digits only, at most 2^53 - 1. */
bool ov_number(const char *, int64_t *out);

/* ---- commands ---- */

struct ov_cli {
	const char *instance; /* as typed, or NULL */
	bool json;
	bool progress; /* also when stderr is no terminal */
	FILE *out;
	FILE *err;
};

struct ov_cmd {
	const char *group;
	const char *verb; /* NULL: the group is the command */
	const char *args; /* positional arguments, for the help */
	size_t minpos;
	size_t maxpos;
	const char *help; /* one line */
	const struct ov_opt *opt;
	int (*run)(struct ov_cli *, const struct ov_cmd *,
	    const struct ov_args *);
	const void *arg; /* the handler's own */
	bool lists;      /* what the group does without a verb */
};

/* Find and run what argv asks.  tables ends with NULL, each table with a row
 * whose group is NULL. */
int ov_cli_run(struct ov_cli *, const struct ov_cmd *const *tables, int argc,
    char **argv);

/* ---- telling ---- */

/* "overstap: ..." to err, or a "fout" object with --json; returns x. */
int ov_cli_fail(struct ov_cli *, enum ov_exit x, const char *fmt, ...)
    OV_PRINTF(3, 4);
/* The same from a failure; the exit code follows from its class: bad input
 * 4, refusal 1, the rest 5. */
int ov_cli_err(struct ov_cli *, const struct ov_err *);
/* A remark for people; nothing with --json. */
void ov_cli_say(struct ov_cli *, const char *fmt, ...) OV_PRINTF(2, 3);
/* Write a JSON value and LF to cli->out; the value is taken. */
int ov_cli_json(struct ov_cli *, json_t *);
/* Flush cli->out; a full disk or a closed pipe is exit 5. */
int ov_cli_done(struct ov_cli *, int x);

/* ---- the instance ---- */

/* Directory of the instance: -i, else $OVERSTAP_INSTANCE; with a '/' it is a
 * path, else a name under /etc/overstap.  OV_BADMSG when there is none. */
OV_MUST_CHECK enum ov_rc ov_cli_dir(const struct ov_cli *, char *out,
    size_t cap, struct ov_err *e);
/* NAME of the directory /etc/overstap/NAME (in dir), or NULL: an instance that
 * systemd runs. */
const char *ov_cli_system_name(const char *dir);
/* One value out of the instance's overstap.conf, fallback when the key is
 * not there.  The daemons judge the file as a whole; this only finds a line.
 */
OV_MUST_CHECK enum ov_rc ov_cli_conf(const char *dir, const char *key,
    const char *fallback, char *out, size_t cap, struct ov_err *e);
/* The same for a path: relative to the directory. */
OV_MUST_CHECK enum ov_rc ov_cli_conf_path(const char *dir, const char *key,
    const char *fallback, char *out, size_t cap, struct ov_err *e);

/* Append a file a person named ("-": standard input), at most max bytes. */
OV_MUST_CHECK enum ov_rc ov_cli_file(const char *path, size_t max,
    struct ov_buf *out, struct ov_err *e);
/* Write a file a person named; "-" or NULL: cli->out.  An existing file is
 * replaced only with force. */
OV_MUST_CHECK enum ov_rc ov_cli_put(struct ov_cli *, const char *path,
    const void *p, size_t n, bool force, struct ov_err *e);

/* ---- the tables of commands ---- */

extern const struct ov_cmd ov_cmds_init[];
extern const struct ov_cmd ov_cmds_region[];
extern const struct ov_cmd ov_cmds_region_route[];
extern const struct ov_cmd ov_cmds_daemon[];
extern const struct ov_cmd ov_cmds_import[];
extern const struct ov_cmd ov_cmds_export[];
extern const struct ov_cmd ov_cmds_report[];
extern const struct ov_cmd ov_cmds_progress[];
extern const struct ov_cmd ov_cmds_show[];
extern const struct ov_cmd ov_cmds_receipt[];

#endif
