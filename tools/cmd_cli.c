/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_cli.c - find the command, read its options, print the help. */
#include "tools/cmd_cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define POS_MAX 4096 /* "send 1 2 3 ...": what a shell hands over */

static const struct ov_opt no_options[] = {{NULL, OV_OPT_FLAG, NULL, NULL}};

/* ---- values ---- */

bool
ov_number(const char *s, int64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s[0] == '\0')
		return false;
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] < '0' || s[i] > '9' || i >= 16)
			return false;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	if (v >= (UINT64_C(1) << 53))
		return false;
	*out = (int64_t)v;
	return true;
}

const char *
ov_args_nth(const struct ov_args *a, const char *name, size_t i)
{
	for (size_t k = 0; k < a->nset; k++)
		if (strcmp(a->set[k].opt->name, name) == 0 && i-- == 0)
			return a->set[k].value;
	return NULL;
}

const char *
ov_args_text(const struct ov_args *a, const char *name)
{
	return ov_args_nth(a, name, 0);
}

bool
ov_args_flag(const struct ov_args *a, const char *name)
{
	return ov_args_nth(a, name, 0) != NULL;
}

int64_t
ov_args_number(const struct ov_args *a, const char *name, int64_t fallback)
{
	const char *t = ov_args_nth(a, name, 0);
	int64_t v;

	return t != NULL && ov_number(t, &v) ? v : fallback;
}

size_t
ov_args_words(const struct ov_args *a, const char *name, const char **out,
    size_t cap, char **own)
{
	size_t n = 0, i, total = 1;
	const char *v;
	char *w, *rest, *p;

	for (i = 0; (v = ov_args_nth(a, name, i)) != NULL; i++)
		total += strlen(v) + 1;
	if ((*own = w = calloc(1, total)) == NULL)
		return 0;
	for (i = 0; (v = ov_args_nth(a, name, i)) != NULL; i++) {
		memcpy(w, v, strlen(v) + 1);
		rest = w;
		w += strlen(v) + 1;
		while ((p = strsep(&rest, ",")) != NULL) {
			p += strspn(p, " ");
			if (*p != '\0' && n < cap)
				out[n++] = p;
		}
	}
	return n;
}

/* ---- help ---- */

static const struct ov_opt global_options[] = {
    {"instance", OV_OPT_TEXT, "DIR|NAME",
        "the instance; also -i, or $OVERSTAP_INSTANCE"},
    {"json", OV_OPT_FLAG, NULL, "print JSON instead of text"},
    {"progress", OV_OPT_FLAG, NULL, "show progress also without a terminal"},
    {"help", OV_OPT_FLAG, NULL, "explain this command"},
    {NULL, OV_OPT_FLAG, NULL, NULL},
};

static void
help_options(FILE *f, const struct ov_opt *o)
{
	char left[64];

	for (; o->name != NULL; o++) {
		(void)snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
		if (strlen(left) > 24)
			(void)fprintf(f, "  %s\n  %24s  %s\n", left, "",
			    o->help);
		else
			(void)fprintf(f, "  %-24s  %s\n", left, o->help);
	}
}

static void
help_command(FILE *f, const struct ov_cmd *c)
{
	(void)fprintf(f, "usage: overstap [-i INSTANCE] %s%s%s%s%s%s\n\n%s.\n",
	    c->group, c->verb != NULL ? " " : "",
	    c->verb != NULL ? c->verb : "", c->args[0] != '\0' ? " " : "",
	    c->args, c->opt != NULL ? " [OPTION...]" : "", c->help);
	(void)fputs("\noptions:\n", f);
	if (c->opt != NULL)
		help_options(f, c->opt);
	help_options(f, global_options);
}

static void
help_line(FILE *f, const struct ov_cmd *c)
{
	char left[80];

	(void)snprintf(left, sizeof(left), "%s%s%s%s%s", c->group,
	    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
	    c->args[0] != '\0' ? " " : "", c->args);
	if (strlen(left) > 30 || strlen(c->help) > 46)
		(void)fprintf(f, "  %s\n      %s\n", left, c->help);
	else
		(void)fprintf(f, "  %-30s  %s\n", left, c->help);
}

static void
help_group(FILE *f, const struct ov_cmd *const *tables, const char *group)
{
	const struct ov_cmd *c;

	for (; *tables != NULL; tables++)
		for (c = *tables; c->group != NULL; c++)
			if (strcmp(c->group, group) == 0)
				help_line(f, c);
}

/* All commands, or those of one group. */
static void
help_all(FILE *f, const struct ov_cmd *const *tables, const char *group)
{
	static const char *const order[] = {"init", "join", "check", "card",
	    "status", "count", "version", "partners", "contacts", "pupils",
	    "import", "drafts", "send", "outbox", "inbox", "export", "case",
	    "worklist", "progress", "calendar", "absence", "report", "way",
	    "log", "receipt", "access", "holder", "region"};

	(void)fputs("usage: overstap [-i INSTANCE] GROUP [VERB] ...\n\n", f);
	if (group != NULL)
		help_group(f, tables, group);
	for (size_t i = 0; group == NULL && i < sizeof(order) / sizeof(*order);
	     i++)
		help_group(f, tables, order[i]);
	(void)fputs("\nEvery command explains itself with --help.\n", f);
}

/* ---- options ---- */

static const struct ov_opt *
find_option(const struct ov_opt *o, const char *name, size_t n)
{
	for (; o->name != NULL; o++)
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

struct parse {
	struct ov_cli *cli;
	const struct ov_cmd *cmd; /* NULL while the group is still unknown */
	struct ov_args *args;
	int argc;
	char **argv;
	int i;
	bool help;
};

static int
take_global(struct parse *p, const struct ov_opt *o, const char *value)
{
	if (strcmp(o->name, "instance") == 0)
		p->cli->instance = value;
	else if (strcmp(o->name, "json") == 0)
		p->cli->json = true;
	else if (strcmp(o->name, "progress") == 0)
		p->cli->progress = true;
	else
		p->help = true;
	return OV_X_OK;
}

static int
take_own(struct parse *p, const struct ov_opt *o, const char *value)
{
	int64_t number;

	if (o->kind != OV_OPT_LIST && ov_args_flag(p->args, o->name))
		return ov_cli_fail(p->cli, OV_X_USAGE, "--%s is given twice",
		    o->name);
	if (o->kind == OV_OPT_NUMBER && !ov_number(value, &number))
		return ov_cli_fail(p->cli, OV_X_USAGE,
		    "--%s needs a whole number", o->name);
	p->args->set[p->args->nset++] = (struct ov_set){o, value};
	return OV_X_OK;
}

/* argv[i] begins with "--". */
static int
long_option(struct parse *p)
{
	const char *s = p->argv[p->i] + 2, *eq = strchr(s, '='), *value = "";
	size_t n = eq != NULL ? (size_t)(eq - s) : strlen(s);
	const struct ov_opt *o, *own = no_options;
	bool global = false;

	if (p->cmd != NULL && p->cmd->opt != NULL)
		own = p->cmd->opt;
	o = find_option(own, s, n);
	if (o == NULL) {
		o = find_option(global_options, s, n);
		global = o != NULL;
	}
	if (o == NULL)
		return ov_cli_fail(p->cli, OV_X_USAGE,
		    "unknown option --%.*s; see --help", (int)n, s);
	if (o->kind == OV_OPT_FLAG && eq != NULL)
		return ov_cli_fail(p->cli, OV_X_USAGE, "--%s takes no value",
		    o->name);
	if (o->kind != OV_OPT_FLAG) {
		if (eq != NULL)
			value = eq + 1;
		else if (p->i + 1 < p->argc)
			value = p->argv[++p->i];
		else
			return ov_cli_fail(p->cli, OV_X_USAGE,
			    "--%s needs a value", o->name);
	}
	return global ? take_global(p, o, value) : take_own(p, o, value);
}

/* One option at argv[i]; positionals are the caller's. */
static int
option(struct parse *p)
{
	const char *s = p->argv[p->i];

	if (strcmp(s, "-h") == 0) {
		p->help = true;
		return OV_X_OK;
	}
	if (strcmp(s, "-i") == 0 || strcmp(s, "-o") == 0) {
		if (p->i + 1 >= p->argc)
			return ov_cli_fail(p->cli, OV_X_USAGE,
			    "%s needs a value", s);
		p->i++;
		if (s[1] == 'i') {
			p->cli->instance = p->argv[p->i];
			return OV_X_OK;
		}
		for (const struct ov_opt *o = p->cmd != NULL ? p->cmd->opt
		                                             : NULL;
		     o != NULL && o->name != NULL; o++)
			if (strcmp(o->name, "output") == 0)
				return take_own(p, o, p->argv[p->i]);
		return ov_cli_fail(p->cli, OV_X_USAGE,
		    "this command writes no file: -o means nothing here");
	}
	if (strncmp(s, "--", 2) == 0)
		return long_option(p);
	return ov_cli_fail(p->cli, OV_X_USAGE,
	    "unknown option %.20s; see --help", s);
}

/* ---- the command ---- */

static const struct ov_cmd *
find(const struct ov_cmd *const *tables, const char *group, const char *verb)
{
	const struct ov_cmd *c;

	for (; *tables != NULL; tables++) {
		for (c = *tables; c->group != NULL; c++) {
			if (strcmp(c->group, group) != 0)
				continue;
			if (verb == NULL
			        ? c->verb == NULL
			        : c->verb != NULL && strcmp(c->verb, verb) == 0)
				return c;
		}
	}
	return NULL;
}

static bool
is_group(const struct ov_cmd *const *tables, const char *group)
{
	for (; *tables != NULL; tables++)
		for (const struct ov_cmd *c = *tables; c->group != NULL; c++)
			if (strcmp(c->group, group) == 0)
				return true;
	return false;
}

/* What the group does on its own, or NULL. */
static const struct ov_cmd *
lister(const struct ov_cmd *const *tables, const char *group)
{
	for (; *tables != NULL; tables++)
		for (const struct ov_cmd *c = *tables; c->group != NULL; c++)
			if (strcmp(c->group, group) == 0 && c->lists)
				return c;
	return NULL;
}

/* argv[i] is the group; leave i at the first argument of the command. */
static int
choose(struct parse *p, const struct ov_cmd *const *tables)
{
	const char *group = p->argv[p->i], *verb = NULL;

	if (!is_group(tables, group))
		return ov_cli_fail(p->cli, OV_X_USAGE,
		    "there is no command \"%.40s\"; see overstap --help",
		    group);
	p->i++;
	if (p->i < p->argc && p->argv[p->i][0] != '-')
		verb = p->argv[p->i];
	if (verb != NULL && (p->cmd = find(tables, group, verb)) != NULL) {
		p->i++;
		return OV_X_OK;
	}
	if ((p->cmd = find(tables, group, NULL)) != NULL)
		return OV_X_OK;
	if (verb == NULL && (p->cmd = lister(tables, group)) != NULL)
		return OV_X_OK;
	if (verb != NULL)
		return ov_cli_fail(p->cli, OV_X_USAGE,
		    "%s has no verb \"%.40s\"; see overstap %s --help", group,
		    verb, group);
	help_all(p->cli->out, tables, group);
	p->help = true;
	return OV_X_OK;
}

static int
arguments(struct parse *p)
{
	bool only_pos = false;
	int x;

	for (; p->i < p->argc; p->i++) {
		const char *s = p->argv[p->i];

		if (!only_pos && strcmp(s, "--") == 0) {
			only_pos = true;
		} else if (!only_pos && s[0] == '-' && s[1] != '\0') {
			if ((x = option(p)) != OV_X_OK)
				return x;
		} else if (p->args->npos == POS_MAX) {
			return ov_cli_fail(p->cli, OV_X_USAGE,
			    "too many arguments");
		} else {
			p->args->pos[p->args->npos++] = s;
		}
	}
	return OV_X_OK;
}

static int
run(struct parse *p, const struct ov_cmd *const *tables)
{
	int x = OV_X_OK;

	for (; p->i < p->argc && p->argv[p->i][0] == '-'; p->i++)
		if ((x = option(p)) != OV_X_OK)
			return x;
	if (p->help || p->i >= p->argc) {
		help_all(p->help ? p->cli->out : p->cli->err, tables, NULL);
		return p->help ? OV_X_OK : OV_X_USAGE;
	}
	if (p->i + 1 < p->argc && is_group(tables, p->argv[p->i]) &&
	    strcmp(p->argv[p->i + 1], "--help") == 0 &&
	    find(tables, p->argv[p->i], NULL) == NULL) {
		help_all(p->cli->out, tables, p->argv[p->i]);
		return OV_X_OK;
	}
	if ((x = choose(p, tables)) != OV_X_OK || p->help)
		return x;
	if ((x = arguments(p)) != OV_X_OK)
		return x;
	if (p->help) {
		help_command(p->cli->out, p->cmd);
		return OV_X_OK;
	}
	if (p->args->npos < p->cmd->minpos || p->args->npos > p->cmd->maxpos)
		return ov_cli_fail(p->cli, OV_X_USAGE,
		    "usage: overstap %s%s%s %s", p->cmd->group,
		    p->cmd->verb != NULL ? " " : "",
		    p->cmd->verb != NULL ? p->cmd->verb : "", p->cmd->args);
	return p->cmd->run(p->cli, p->cmd, p->args);
}

int
ov_cli_run(struct ov_cli *cli, const struct ov_cmd *const *tables, int argc,
    char **argv)
{
	struct ov_args args = {0};
	struct parse p = {.cli = cli,
	    .args = &args,
	    .argc = argc,
	    .argv = argv,
	    .i = 1};
	size_t room = argc > 0 ? (size_t)argc : 1;
	int x;

	/* Usage faults come as JSON too, wherever --json stands. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			cli->json = true;
	args.pos = calloc(room, sizeof(*args.pos));
	args.set = calloc(room, sizeof(*args.set));
	if (args.pos == NULL || args.set == NULL)
		x = ov_cli_fail(cli, OV_X_INTERNAL, "no memory");
	else
		x = run(&p, tables);
	free(args.pos);
	free(args.set);
	return ov_cli_done(cli, x);
}
