/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_import.c - overstap import and overstap pupils load. */
#include "tools/cmd_import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/json.h"
#include "tools/cmd_client.h"
#include "tools/cmd_out.h"
#include "tools/cmd_tree.h"

static const struct ov_col col_faults[] = {{"rij", "Rij", true},
    {"kolom", "Kolom", false}, {"tekst", "Reden", false}, {NULL, NULL, false}};

struct job {
	struct ov_cli *cli;
	const struct ov_args *a;
	struct ov_kit kit;
	struct ov_batch b;
	const char *path;
	const char *profile;
	bool skip;
	char bad_path[4096];
};

/* Our own roles, out of the configuration; 0 when it does not say. */
static unsigned
own_roles(const char *dir)
{
	char text[512], *rest = text, *w;
	enum ov_rol r;
	unsigned set = 0;

	if (ov_cli_conf(dir, "rol", "", text, sizeof(text), NULL) != OV_OK)
		return 0;
	while ((w = strsep(&rest, ", \t")) != NULL)
		if (*w != '\0' && ov_rol_parse(w, &r))
			set |= OV_ROL_BIT(r);
	return set;
}

static int template(struct ov_cli *cli, const struct ov_kit *kit,
    const struct ov_args *a)
{
	OV_BUF b = {0};
	struct ov_err e = {0};

	ov_profile_template(kit->profile, &b);
	if (ov_buf_ok(&b, &e) != OV_OK ||
	    ov_cli_put(cli, ov_args_text(a, "output"), b.p, b.n, false, &e) !=
	        OV_OK)
		return ov_cli_err(cli, &e);
	return OV_X_OK;
}

/* Where the bad rows go; it must not exist yet. */
static int
bad_file(struct job *j)
{
	const char *asked = ov_args_text(j->a, "bad-file");
	int n;

	if (asked != NULL)
		n = snprintf(j->bad_path, sizeof(j->bad_path), "%s", asked);
	else if (strcmp(j->path, "-") == 0)
		return ov_cli_fail(j->cli, OV_X_USAGE,
		    "--skip-bad from standard input needs --bad-file");
	else
		n = snprintf(j->bad_path, sizeof(j->bad_path), "%s.fout.%s",
		    j->path, j->b.json ? "json" : "csv");
	if (n < 0 || (size_t)n >= sizeof(j->bad_path))
		return ov_cli_fail(j->cli, OV_X_USAGE, "the path is too long");
	if (access(j->bad_path, F_OK) == 0)
		return ov_tree_fout(j->cli, OV_X_USAGE, "bestand-bestaat-al",
		    j->bad_path);
	return OV_X_OK;
}

static void
show_faults(struct job *j)
{
	struct ov_table t;
	size_t i;

	ov_table_begin(&t, j->cli->out, col_faults);
	for (i = 0; i < json_array_size(j->b.list); i++)
		ov_table_row(&t, json_array_get(j->b.list, i));
	ov_table_end(&t);
	if (j->b.faults > OV_IMPORT_FAULTS)
		ov_cli_say(j->cli, "... en nog %" PRIu64 " fouten\n",
		    j->b.faults - OV_IMPORT_FAULTS);
}

/* The file as a whole is refused: said to whoever made it, in Dutch, with
 * the place for whoever helps. */
static int
bad_whole(struct job *j, const struct ov_err *e, const char *big)
{
	if (e->rc != OV_BADMSG && e->rc != OV_TOOBIG)
		return ov_cli_err(j->cli, e);
	return ov_tree_fout(j->cli, OV_X_INPUT,
	    e->rc == OV_TOOBIG ? big : "bestand-onleesbaar", e->msg);
}

static int
write_bad(struct job *j)
{
	OV_BUF out = {0};
	struct ov_err e = {0};

	if (j->b.bad_rows == 0)
		return OV_X_OK;
	if (ov_batch_bad_file(&j->b, &out, &e) != OV_OK ||
	    ov_cli_put(j->cli, j->bad_path, out.p, out.n, false, &e) != OV_OK)
		return ov_cli_err(j->cli, &e);
	return OV_X_OK;
}

/* Nothing was taken in: no row is good, or without --skip-bad not all are. */
static int
nothing(struct job *j)
{
	int x = j->skip ? write_bad(j) : OV_X_OK;

	if (x != OV_X_OK)
		return x;
	ov_batch_sort(&j->b);
	if (j->cli->json) {
		(void)ov_cli_json(j->cli,
		    json_pack("{s:O,s:{s:I,s:I,s:I}}", "rows", j->b.list, "end",
		        "gelezen", (json_int_t)j->b.rows, "goed", (json_int_t)0,
		        "fout", (json_int_t)j->b.bad_rows));
		return OV_X_INPUT;
	}
	show_faults(j);
	ov_cli_say(j->cli,
	    "\n%" PRIu64 " van %" PRIu64
	    " rijen met fouten. Niets is ingelezen.\n",
	    j->b.bad_rows, j->b.rows);
	if (j->skip)
		ov_cli_say(j->cli,
		    "Zij staan in %s: verbeter ze en lees dat bestand in.\n",
		    j->bad_path);
	else
		ov_cli_say(j->cli,
		    "Verbeter het bestand, of lees de goede rijen met "
		    "--skip-bad.\n");
	return OV_X_INPUT;
}

static bool
fault_row(void *ctx, json_t *row)
{
	struct ov_batch *b = ctx;

	ov_batch_fault(b, row);
	return true;
}

static int
told(struct job *j, json_t *end)
{
	int x = OV_X_OK;

	if (j->skip)
		x = write_bad(j);
	if (x != OV_X_OK) {
		json_decref(end);
		return x;
	}
	ov_batch_sort(&j->b);
	if (json_object_set_new(end, "fout",
	        json_integer((json_int_t)j->b.bad_rows)) < 0)
		x = ov_cli_fail(j->cli, OV_X_INTERNAL, "no memory");
	if (j->cli->json)
		return ov_cli_json(j->cli,
		    json_pack("{s:O,s:o}", "rows", j->b.list, "end", end));
	show_faults(j);
	ov_tree_totals(j->cli->out, end);
	ov_tree_outlook(j->cli->out, end);
	if (j->skip && j->b.bad_rows > 0)
		ov_cli_say(j->cli,
		    "%" PRIu64 " rijen met fouten staan in %s: verbeter ze en "
		    "lees dat bestand in.\n",
		    j->b.bad_rows, j->bad_path);
	json_decref(end);
	return OV_X_OK;
}

static json_t *
daemon_args(struct job *j, bool proef)
{
	const char *slash = strrchr(j->path, '/');
	json_t *arg;

	if (strcmp(j->b.wat->cmd, "pupils.load") == 0)
		arg = json_pack("{s:b}", "vervang",
		    ov_args_flag(j->a, "replace"));
	else if (strcmp(j->b.wat->cmd, "leavers.load") == 0 &&
	         ov_args_text(j->a, "schooljaar") != NULL)
		arg = json_pack("{s:s}", "schooljaar",
		    ov_args_text(j->a, "schooljaar"));
	else if (j->b.wat->whole)
		arg = json_object();
	else
		arg = json_pack("{s:s,s:s,s:b}", "profiel", j->profile,
		    "bestand", slash != NULL ? slash + 1 : j->path, "overslaan",
		    j->skip);
	if (ov_profile_deel(j->kit.profile) != NULL)
		(void)(json_object_set_new(arg, "profiel",
		           json_string(ov_profile_srt(j->kit.profile))) == 0 &&
		       json_object_set_new(arg, "deel",
		           json_string(ov_profile_deel(j->kit.profile))) == 0);
	if (proef && json_object_set_new(arg, "proef", json_true()) < 0) {
		json_decref(arg);
		arg = NULL;
	}
	return arg;
}

static int send_rows(struct job *, bool proef);

/* The daemon has judged all rows. */
static int
taken(struct job *j, json_t *end)
{
	if (j->b.bad_rows > 0 && (!j->skip || j->b.bad_rows == j->b.rows)) {
		json_decref(end);
		return nothing(j);
	}
	/* All or not at all: once more, without those that the daemon
	 * refused. */
	if (j->b.wat->whole && j->b.bad_rows > j->b.own &&
	    (json_object_get(end, "geladen") != NULL ||
	        json_object_get(end, "regels") != NULL)) {
		json_decref(end);
		ov_batch_again(&j->b);
		return send_rows(j, false);
	}
	return told(j, end);
}

/* proef: the daemon only says what is wrong with the rows that are good by
 * our own rules, so that all faults of a file are seen at once. */
static int
send_rows(struct job *j, bool proef)
{
	struct ov_ask q = {.cmd = j->b.wat->cmd,
	    .arg = daemon_args(j, proef),
	    .row = fault_row,
	    .feed = ov_batch_feed,
	    .ctx = &j->b,
	    .what = "rows",
	    .total = j->b.rows - j->b.bad_rows,
	    .quiet = proef,
	    .optional = proef};
	int x;

	if (q.arg == NULL)
		return ov_cli_fail(j->cli, OV_X_USAGE,
		    "the file's name is not UTF-8");
	x = ov_ask(j->cli, &q);
	if (j->b.err.rc != OV_OK) {
		json_decref(q.end);
		json_decref(q.fout);
		return ov_cli_err(j->cli, &j->b.err);
	}
	json_decref(q.fout);
	if (x != OV_X_OK)
		return proef ? nothing(j) : x;
	return taken(j, q.end);
}

/* Nearly every file is good: its rows go while they are judged.  -1: this one
 * is not, or no daemon answers; nothing was kept, and nothing told. */
static int
straight(struct job *j)
{
	struct ov_ask q = {.cmd = j->b.wat->cmd,
	    .arg = daemon_args(j, false),
	    .row = fault_row,
	    .feed = ov_batch_feed,
	    .ctx = &j->b,
	    .what = "rows",
	    .optional = true};

	if (q.arg != NULL && ov_batch_straight(&j->b, !j->skip)) {
		int x = ov_ask(j->cli, &q);

		if (x == OV_X_OK && j->b.err.rc == OV_OK)
			return taken(j, q.end);
		if (x == OV_X_REFUSED && j->b.err.rc == OV_OK)
			return x; /* all of it: no row is at fault */
		json_decref(q.end);
	} else {
		json_decref(q.arg);
	}
	ov_batch_forget(&j->b);
	return -1;
}

static int
work(struct job *j)
{
	struct ov_err e = {0};
	char dir[2048];
	int x;

	if (ov_cli_dir(j->cli, dir, sizeof(dir), &e) != OV_OK)
		return ov_cli_fail(j->cli, OV_X_USAGE, "%s", e.msg);
	if ((x = ov_tree_readable(j->cli, j->path)) != OV_X_OK)
		return x;
	if (ov_batch_open(&j->b, &j->kit, j->path, &e) != OV_OK)
		return bad_whole(j, &e, "bestand-te-groot");
	j->b.rollen = own_roles(dir);
	j->b.wat = ov_rows_of(j->profile);
	j->b.regio = ov_args_text(j->a, "region");
	if (j->skip && (x = bad_file(j)) != OV_X_OK)
		return x;
	if ((x = straight(j)) >= 0)
		return x;
	if (ov_batch_scan(&j->b, &e) != OV_OK) {
		(void)ov_while(&e, e.rc, "%s", j->path);
		return bad_whole(j, &e, "rij-te-lang");
	}
	if (j->b.header_bad)
		return nothing(j);
	/* Without a good row the daemon is not asked: an empty list would mean
	 * something, with --replace that nobody is left. */
	if (j->b.bad_rows > 0 && j->b.bad_rows == j->b.rows)
		return nothing(j);
	return send_rows(j, j->b.bad_rows > 0 && !j->skip);
}

static int
run(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	const char *fixed = cmd->arg; /* the profile, where it is no argument */
	struct job j = {.cli = cli,
	    .a = a,
	    .skip = ov_args_flag(a, "skip-bad"),
	    .profile = fixed != NULL ? fixed : a->pos[0],
	    .path = fixed != NULL  ? a->pos[0]
	            : a->npos == 2 ? a->pos[1]
	                           : NULL};
	struct ov_err e = {0};
	int x;

	x = ov_tree_readable(cli, ov_args_text(a, "mapping"));
	if (x != OV_X_OK)
		return x;
	ov_json_init();
	if (ov_kit_load(&j.kit, j.profile, ov_args_text(a, "mapping"), &e) !=
	    OV_OK)
		return e.rc == OV_DENIED
		           ? ov_cli_fail(cli, OV_X_USAGE, "%s", e.msg)
		           : ov_cli_err(cli, &e);
	if (fixed == NULL && ov_args_flag(a, "template"))
		x = template(cli, &j.kit, a);
	else if (j.path == NULL)
		x = ov_cli_fail(cli, OV_X_USAGE,
		    "usage: overstap import PROFILE FILE");
	else
		x = work(&j);
	ov_batch_free(&j.b);
	ov_kit_free(&j.kit);
	return x;
}

#define ROWS                                                                   \
	{"mapping", OV_OPT_TEXT, "FILE", "lines \"their header = ours\""},     \
	    {"skip-bad", OV_OPT_FLAG, NULL, "take in the good rows"},          \
	{                                                                      \
		"bad-file", OV_OPT_TEXT, "FILE",                               \
		    "where the bad rows go (FILE.fout.csv)"                    \
	}
#define END                                                                    \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}

static const struct ov_opt opt_import[] = {ROWS,
    {"template", OV_OPT_FLAG, NULL, "write an explained empty file"},
    {"output", OV_OPT_TEXT, "FILE", "where the template goes; -o"},
    {"schooljaar", OV_OPT_TEXT, "YEAR", "schoolverlaters: of which year"}, END};
static const struct ov_opt opt_holidays[] = {ROWS,
    {"region", OV_OPT_TEXT, "REGION", "noord, midden or zuid: only its rows"},
    END};
static const struct ov_opt opt_load[] = {ROWS,
    {"replace", OV_OPT_FLAG, NULL, "who is not in the file is removed"}, END};

const struct ov_cmd ov_cmds_import[] =
    {{"import", NULL, "PROFILE [FILE]", 1, 2,
         "Read a CSV or JSON file into drafts; nothing is sent", opt_import,
         run, NULL, true},
        {"pupils", "load", "FILE", 1, 1, "Load own applicants, CSV or JSON",
            opt_load, run, "leerlingen", false},
        {"calendar", "load", "FILE", 1, 1, "Load school holidays, CSV or JSON",
            opt_holidays, run, "vakanties", false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
