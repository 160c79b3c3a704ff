/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_export.c - what leaves the daemon as a file: dossiers and notices,
 * receipts, the log, the card, a holder's manifest. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/kaart.h"
#include "tools/cmd_client.h"
#include "tools/cmd_import.h"
#include "tools/cmd_out.h"

#define CARDS_MAX 64

/* Write one text of the answer to -o. */
static int
put_text(struct ov_cli *cli, const struct ov_args *a, const char *text,
    size_t n)
{
	struct ov_err e = {0};

	if (ov_cli_put(cli, ov_args_text(a, "output"), text, n,
	        ov_args_flag(a, "force"), &e) != OV_OK)
		return ov_cli_err(cli, &e);
	return OV_X_OK;
}

/* Ask, and write member of "end" as a file; with --json the whole of it. */
static int
ask_text(struct ov_cli *cli, const struct ov_args *a, struct ov_ask *q,
    const char *member)
{
	const json_t *t;
	int x;

	if ((x = ov_ask(cli, q)) != OV_X_OK)
		return x;
	t = json_object_get(q->end, member);
	if (!json_is_string(t))
		x = ov_cli_fail(cli, OV_X_DAEMON,
		    "overstapd answered without \"%s\"", member);
	else if (cli->json && ov_args_text(a, "output") == NULL)
		return ov_cli_json(cli, q->end);
	else
		x = put_text(cli, a, json_string_value(t),
		    json_string_length(t));
	if (x == OV_X_OK && cli->json)
		return ov_cli_json(cli, q->end);
	json_decref(q->end);
	return x;
}

/* ---- export PROFILE ---- */

struct export
{
	struct ov_cli *cli;
	struct ov_kit kit;
	bool json;
	FILE *to; /* cli->out, or a file that is renamed at the end */
	bool first;
	struct ov_err err;
};

/* The member that a profile's reader calls "ontvanger" and so on is in the
 * row already; srt too. */
static bool
export_row(void *ctx, json_t *row)
{
	struct export *x = ctx;
	OV_BUF b = {0};

	if (x->json) {
		ov_buf_str(&b, x->first ? "\n" : ",\n");
		ov_json_dump(&b, row);
	} else if (ov_export_row(x->kit.profile, row, &b, &x->err) != OV_OK) {
		return false;
	}
	x->first = false;
	if (ov_buf_ok(&b, &x->err) != OV_OK)
		return false;
	if (fwrite(b.p, 1, b.n, x->to) != b.n) {
		(void)ov_fail_sys(&x->err, "write");
		return false;
	}
	return true;
}

static int
export_to(struct export *x, const char *profile, const char *sinds, bool geen,
    json_t **end)
{
	struct ov_ask q = {.cmd = geen ? "export.geen-ontvanger" : "export",
	    .row = export_row,
	    .ctx = x,
	    .what = "export"};
	OV_BUF b = {0};
	int rc;

	q.arg = json_pack("{s:s}", "profiel", profile);
	if (q.arg != NULL && sinds != NULL)
		(void)json_object_set_new(q.arg, "sinds", json_string(sinds));
	if (x->json) {
		ov_buf_str(&b, "{\"rows\":[");
	} else {
		ov_export_header(x->kit.profile, &b);
	}
	if (ov_buf_ok(&b, &x->err) != OV_OK ||
	    fwrite(b.p, 1, b.n, x->to) != b.n)
		return ov_cli_fail(x->cli, OV_X_INTERNAL, "write failed");
	x->first = true;
	rc = ov_ask(x->cli, &q);
	json_decref(q.fout);
	if (x->err.rc != OV_OK)
		rc = ov_cli_err(x->cli, &x->err);
	if (rc != OV_X_OK) {
		json_decref(q.end);
		return rc;
	}
	if (x->json) {
		ov_buf_reset(&b);
		ov_buf_str(&b, "\n],\"end\":");
		ov_json_dump(&b, q.end);
		ov_buf_str(&b, "}\n");
		if (ov_buf_ok(&b, &x->err) != OV_OK ||
		    fwrite(b.p, 1, b.n, x->to) != b.n)
			rc = ov_cli_fail(x->cli, OV_X_INTERNAL, "write failed");
	}
	*end = q.end;
	return rc;
}

/* With -o everything is collected first, so that a file is whole or not
 * there; memory is wiped, because it is people's data. */
static int
export_file(struct export *x, const struct ov_args *a, json_t **end)
{
	const char *profile = a->pos[0], *sinds = ov_args_text(a, "since");
	bool geen = ov_args_flag(a, "geen-ontvanger");
	char *text = NULL;
	size_t n = 0;
	int rc;

	if (ov_args_text(a, "output") == NULL) {
		x->to = x->cli->out;
		return export_to(x, profile, sinds, geen, end);
	}
	if ((x->to = open_memstream(&text, &n)) == NULL)
		return ov_cli_fail(x->cli, OV_X_INTERNAL, "no memory");
	rc = export_to(x, profile, sinds, geen, end);
	if (fclose(x->to) != 0 && rc == OV_X_OK)
		rc = ov_cli_fail(x->cli, OV_X_INTERNAL, "no memory");
	if (rc == OV_X_OK)
		rc = put_text(x->cli, a, text, n);
	if (text != NULL)
		explicit_bzero(text, n);
	free(text);
	return rc;
}

static int
run_export(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	struct export x = {.cli = cli, .json = cli->json};
	struct ov_err e = {0};
	json_t *end = NULL;
	int rc;

	(void)cmd;
	if (ov_args_flag(a, "csv") && cli->json)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "--csv and --json exclude each other");
	if (ov_args_flag(a, "geen-ontvanger") &&
	    ov_args_text(a, "since") != NULL)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "--since is about what was received");
	ov_json_init();
	if (ov_kit_load(&x.kit, a->pos[0], NULL, &e) != OV_OK)
		return e.rc == OV_DENIED
		           ? ov_cli_fail(cli, OV_X_USAGE, "%s", e.msg)
		           : ov_cli_err(cli, &e);
	rc = export_file(&x, a, &end);
	if (rc == OV_X_OK && ov_args_text(a, "output") != NULL)
		ov_cli_say(cli,
		    "%" JSON_INTEGER_FORMAT " rijen geschreven naar %s\n",
		    json_integer_value(json_object_get(end, "aantal")),
		    ov_args_text(a, "output"));
	json_decref(end);
	ov_kit_free(&x.kit);
	return rc;
}

/* ---- texts ---- */

static int
run_receipt(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	struct ov_ask q = {.cmd = "export.receipt"};
	int64_t nr;

	(void)cmd;
	if (!ov_number(a->pos[0], &nr))
		return ov_cli_fail(cli, OV_X_USAGE,
		    "\"%.40s\" is no row number", a->pos[0]);
	q.arg = json_pack("{s:I}", "nr", (json_int_t)nr);
	return ask_text(cli, a, &q, "tekst");
}

static int
run_card(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	struct ov_ask q = {.cmd = "card"};

	(void)cmd;
	return ask_text(cli, a, &q, "tekst");
}

static int
run_publish(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	struct ov_ask q = {.cmd = "holder.publish"};
	json_t *cards = json_array();
	struct ov_err e = {0};
	const char *path;
	size_t i;

	(void)cmd;
	for (i = 0; (path = ov_args_nth(a, "card", i)) != NULL; i++) {
		OV_BUF b = {0};

		if (i == CARDS_MAX ||
		    ov_cli_file(path, OV_KAART_MAX, &b, &e) != OV_OK) {
			json_decref(cards);
			return i == CARDS_MAX ? ov_cli_fail(cli, OV_X_USAGE,
			                            "too many cards")
			                      : ov_cli_err(cli, &e);
		}
		(void)json_array_append_new(cards,
		    json_stringn((const char *)b.p, b.n));
	}
	q.arg = json_pack("{s:I,s:o}", "ep",
	    (json_int_t)ov_args_number(a, "ep", 1), "kaarten", cards);
	if (q.arg == NULL)
		return ov_cli_fail(cli, OV_X_INPUT, "a card is not UTF-8");
	return ask_text(cli, a, &q, "jws");
}

/* ---- log export ---- */

struct leaves {
	struct ov_buf text;
	bool bad;
};

static bool
leaf_row(void *ctx, json_t *row)
{
	struct leaves *l = ctx;
	const char *t = json_string_value(json_object_get(row, "tekst"));

	if (t == NULL)
		return false;
	ov_buf_fmt(&l->text, "%" JSON_INTEGER_FORMAT "\n",
	    json_integer_value(json_object_get(row, "idx")));
	ov_buf_str(&l->text, t);
	ov_buf_str(&l->text, "\n");
	return !l->text.bad;
}

static int
run_log_export(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	struct leaves l = {.text = {0}};
	struct ov_ask q = {.cmd = "log.export",
	    .row = leaf_row,
	    .ctx = &l,
	    .what = "leaves"};
	const char *cp;
	int x;

	(void)cmd;
	q.arg = json_object();
	if (ov_args_flag(a, "from"))
		(void)json_object_set_new(q.arg, "van",
		    json_integer((json_int_t)ov_args_number(a, "from", 0)));
	if (ov_args_flag(a, "to"))
		(void)json_object_set_new(q.arg, "tot",
		    json_integer((json_int_t)ov_args_number(a, "to", 0)));
	x = ov_ask(cli, &q);
	json_decref(q.fout);
	cp = json_string_value(json_object_get(q.end, "checkpoint"));
	if (x == OV_X_OK && cp != NULL)
		ov_buf_str(&l.text, cp);
	if (x == OV_X_OK && ov_buf_text(&l.text) == NULL)
		x = ov_cli_fail(cli, OV_X_INTERNAL,
		    "the log is too large: "
		    "use --from and --to");
	else if (x == OV_X_OK && cli->json && ov_args_text(a, "output") == NULL)
		x = ov_cli_json(cli, json_pack("{s:s,s:O}", "tekst",
		                         ov_buf_text(&l.text), "end", q.end));
	else if (x == OV_X_OK)
		x = put_text(cli, a, ov_buf_text(&l.text), l.text.n);
	json_decref(q.end);
	ov_buf_free(&l.text);
	return x;
}

#define OUT                                                                    \
	{"output", OV_OPT_TEXT, "FILE", "where to write; -o (stdout)"},        \
	{                                                                      \
		"force", OV_OPT_FLAG, NULL, "replace an existing file"         \
	}
#define END                                                                    \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}

static const struct ov_opt opt_export[] =
    {{"csv", OV_OPT_FLAG, NULL, "for a Dutch Excel (the default)"},
        {"since", OV_OPT_TEXT, "DATE", "received on or after YYYY-MM-DD"},
        {"geen-ontvanger", OV_OPT_FLAG, NULL,
            "our notices without a receiver, to be sent otherwise"},
        OUT, END};
static const struct ov_opt opt_out[] = {OUT, END};
static const struct ov_opt opt_publish[] = {{"ep", OV_OPT_NUMBER, "N",
                                                "number of the epoch (1)"},
    {"card", OV_OPT_LIST, "FILE", "card of a member to come; repeat"}, OUT,
    END};
static const struct ov_opt opt_log[] = {{"from", OV_OPT_NUMBER, "N",
                                            "first leaf"},
    {"to", OV_OPT_NUMBER, "N", "leaf behind the last"}, OUT, END};

const struct ov_cmd ov_cmds_export[] =
    {{"export", NULL, "PROFILE", 1, 1,
         "Write linked dossiers or notices as CSV or JSON; this is logged",
         opt_export, run_export, NULL, true},
        {"export", "receipt", "NR", 1, 1,
            "Write the proof that a message was received", opt_out, run_receipt,
            NULL, false},
        {"card", NULL, "", 0, 0, "Print this organisation's enrolment card",
            opt_out, run_card, NULL, true},
        {"holder", "publish", "", 0, 0,
            "Write the signed manifest of share keys", opt_publish, run_publish,
            NULL, false},
        {"log", "export", "", 0, 0, "Write leaves and the newest checkpoint",
            opt_log, run_log_export, NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
