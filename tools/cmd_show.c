/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_show.c - the doctor (overstap check), and the page a pupil or a
 * parent reads (overstap drafts print). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/instance.h"
#include "protocol/tijd.h"
#include "tools/cmd_client.h"
#include "tools/cmd_out.h"
#include "tools/cmd_tree.h"

/* ---- check ---- */

struct check {
	struct ov_cli *cli;
	json_t *rows;
	unsigned good, warn, bad;
};

static bool
point(void *ctx, json_t *row)
{
	struct check *c = ctx;
	const char *s = json_string_value(json_object_get(row, "staat")),
	           *p = json_string_value(json_object_get(row, "punt")),
	           *t = json_string_value(json_object_get(row, "tekst")),
	           *d = json_string_value(json_object_get(row, "doe"));
	const char *word = "FAIL";

	if (s != NULL && strcmp(s, "goed") == 0) {
		c->good++;
		word = "ok";
	} else if (s != NULL && strcmp(s, "let-op") == 0) {
		c->warn++;
		word = "warn";
	} else {
		c->bad++;
	}
	if (c->cli->json)
		return json_array_append(c->rows, row) == 0;
	(void)fprintf(c->cli->out, "%-4s  ", word);
	ov_text_fit(c->cli->out, p != NULL ? p : "?", 16, false, false);
	(void)fputs("  ", c->cli->out);
	ov_text_hang(c->cli->out, t != NULL ? t : "", 24, OV_TABLE_WIDTH);
	if (d != NULL && d[0] != '\0' && strcmp(word, "ok") != 0) {
		(void)fputs("      -> ", c->cli->out);
		ov_text_hang(c->cli->out, d, 9, OV_TABLE_WIDTH);
	}
	return true;
}

static void
own_point(struct check *c, const char *punt, bool good, const char *text,
    const char *doe)
{
	json_t *row = json_pack("{s:s,s:s,s:s,s:s}", "punt", punt, "staat",
	    good ? "goed" : "fout", "tekst", text, "doe", good ? "" : doe);

	if (row != NULL)
		(void)point(c, row);
	json_decref(row);
}

/* The secrets of the roles, and the certificate. */
static void
own_files(struct check *c, const struct ov_daemon_conf *conf, const char *dir)
{
	static const char *const secret[] = {"vault/identity", "vault/log",
	    "vault/witness", "vault/kek-root", "net/tls.key"};
	char sealed[2048];
	OV_CLOSE int d = -1;
	bool is_sealed;
	int n;
	struct ov_err e = {0};
	enum ov_rc rc;
	size_t i;

	/* Where systemd hands them out, the encrypted ones count; the others
	 * belong in a safe. */
	n = snprintf(sealed, sizeof(sealed), "%s/sealed", dir);
	is_sealed = ov_cli_system_name(dir) != NULL && n > 0 &&
	            (size_t)n < sizeof(sealed) && access(sealed, F_OK) == 0;
	rc = ov_fs_opendir(AT_FDCWD, is_sealed ? sealed : conf->credentials, &d,
	    &e);
	if (rc == OV_SYS && e.sys == EACCES)
		return; /* another account keeps the keys, as it should */
	for (i = 0; rc == OV_OK && i < sizeof(secret) / sizeof(*secret); i++) {
		rc = ov_fs_private(d, secret[i], &e);
		if (rc == OV_SYS && e.sys == EACCES)
			return;
	}
	own_point(c, "keys", rc == OV_OK,
	    rc != OV_OK ? e.msg
	    : is_sealed ? "encrypted to this machine"
	                : "present, and private",
	    is_sealed
	        ? "restore credentials/ from the safe and run overstap-seal"
	        : "restore credentials/ from the safe; files 0400, owner only");
	if (access(conf->tls_cert, R_OK) != 0)
		own_point(c, "certificate", false, "tls.crt is not there",
		    "put the certificate that the region issued in its place");
}

/* What can be seen without the daemon. */
static void
offline(struct check *c, const char *dir)
{
	struct ov_daemon_conf conf;
	struct ov_err e = {0};
	struct stat st;
	char path[4096];
	enum ov_rc rc;

	(void)snprintf(path, sizeof(path), "%s/overstap.conf", dir);
	rc = ov_daemon_conf_load(path, &conf, &e);
	own_point(c, "overstap.conf", rc == OV_OK,
	    rc == OV_OK ? "each of its lines is understood" : e.msg,
	    rc == OV_BADMSG
	        ? "correct it: man 5 overstap.conf; nothing starts with it"
	        : "make an instance with overstap init, or name another "
	          "with -i");
	if (rc != OV_OK)
		return;
	if (stat(conf.state, &st) == 0 && (st.st_mode & 077) != 0) {
		(void)snprintf(path, sizeof(path), "%s is mode %04o",
		    conf.state, (unsigned)(st.st_mode & 07777));
		own_point(c, "state", false, path,
		    "chmod 0700 it, and ask who has read it; the daemon does "
		    "not start with it");
	}
	own_files(c, &conf, dir);
	ov_daemon_conf_free(&conf);
}

static int
run_check(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	struct check c = {.cli = cli, .rows = json_array()};
	struct ov_ask q = {.cmd = "check",
	    .row = point,
	    .ctx = &c,
	    .what = "check",
	    .quiet = true};
	struct ov_cli silent = *cli;
	struct ov_err e = {0};
	char dir[2048];
	int x;

	(void)cmd;
	if (ov_cli_dir(cli, dir, sizeof(dir), &e) != OV_OK) {
		json_decref(c.rows);
		return ov_cli_fail(cli, OV_X_USAGE, "%s", e.msg);
	}
	offline(&c, dir);
	/* That the daemon does not answer is a line of the list here. */
	silent.out = silent.err = fopen("/dev/null", "w");
	if (silent.out == NULL)
		silent = *cli;
	q.arg = json_pack("{s:b}", "net", !ov_args_flag(a, "offline"));
	x = ov_ask(&silent, &q);
	if (silent.out != cli->out)
		(void)fclose(silent.out);
	if (x == OV_X_REFUSED && q.fout != NULL)
		own_point(&c, "daemon", false,
		    json_string_value(json_object_get(q.fout, "code")),
		    "ask the administrator of this machine for access");
	else if (x != OV_X_OK)
		own_point(&c, "daemon", false, "overstapd does not answer",
		    "start it: systemctl start overstapd@NAME, or overstapd; "
		    "if it "
		    "ends again, its last error in the journal says why");
	json_decref(q.fout);
	json_decref(q.end);
	if (x == OV_X_OK || x == OV_X_DAEMON)
		x = x == OV_X_DAEMON ? x : c.bad > 0 ? OV_X_REFUSED : OV_X_OK;
	if (cli->json) {
		int y = ov_cli_json(cli,
		    json_pack("{s:o,s:{s:I,s:I,s:I}}", "rows", c.rows, "end",
		        "goed", (json_int_t)c.good, "let_op",
		        (json_int_t)c.warn, "fout", (json_int_t)c.bad));

		return y != OV_X_OK ? y : x;
	}
	json_decref(c.rows);
	ov_cli_say(cli, "%u good, %u warnings, %u faults\n", c.good, c.warn,
	    c.bad);
	return x;
}

/* ---- drafts print ---- */

static bool
keep_row(void *ctx, json_t *row)
{
	json_t **out = ctx;

	if (*out == NULL)
		*out = json_incref(row);
	return true;
}

static const char *
text_of(const json_t *row, const char *member)
{
	const char *t = json_string_value(json_object_get(row, member));

	return t != NULL ? t : "";
}

/* The lines that the daemon made: parts, groups and fields. */
static void
lines(FILE *f, const json_t *regels)
{
	const json_t *r;
	size_t i;

	json_array_foreach(regels, i, r)
	{
		int depth = (int)json_integer_value(
		    json_object_get(r, "diepte"));
		const char *kop = text_of(r, "kop"), *w = text_of(r, "waarde");
		OV_BUF b = {0};

		if (depth == 0)
			(void)fputs(i > 0 ? "\n\n" : "\n", f);
		ov_buf_fmt(&b, "%s%s%s", kop, w[0] != '\0' ? ": " : "", w);
		if (ov_buf_text(&b) != NULL)
			ov_text_wrap(f, ov_buf_text(&b),
			    depth > 0 ? 2 * (size_t)depth : 0, OV_TABLE_WIDTH);
		if (depth == 0)
			(void)fputs("\n", f);
	}
}

/* Left out for whoever prints: said on the page, so that nobody agrees to
 * what he was not shown. */
static void
left_out(FILE *f, const json_t *row)
{
	if (json_array_size(json_object_get(row, "weggelaten")) == 0)
		return;
	(void)fputs("\n\n", f);
	ov_text_wrap(f,
	    "LET OP: dit is niet het hele dossier. Wie dit afdrukt mag niet "
	    "alle delen inzien; vraag de school om een volledige afdruk.",
	    0, OV_TABLE_WIDTH);
}

static void
page(struct ov_cli *cli, json_t *row, const char *naam)
{
	char today[OV_DATE_SIZE];
	FILE *f = cli->out;

	ov_date_fmt_nl(today, ov_date_nl((int64_t)time(NULL)));
	(void)fputs("OVERSTAPDOSSIER - TER INZAGE\n\n", f);
	ov_text_wrap(f, naam, 0, OV_TABLE_WIDTH);
	(void)fprintf(f, "Afgedrukt op %s\n\n", today);
	ov_text_wrap(f,
	    "Dit zijn de gegevens die de school over u (of over uw kind) wil "
	    "doorgeven. U mag ze inzien voordat ze worden verstuurd. Klopt er "
	    "iets niet, of bent u het er niet mee eens? Zeg het tegen de "
	    "school: die kan het verbeteren, en neemt uw zienswijze op in het "
	    "dossier.",
	    0, OV_TABLE_WIDTH);
	(void)fputs("\nGaat naar:  ", f);
	ov_text_fit(f, text_of(row, "ontvanger"), 60, false, true);
	(void)fputs("\nSoort:      ", f);
	ov_text_fit(f, text_of(row, "srt"), 60, false, true);
	(void)fputs("\nReferentie: ", f);
	ov_text_fit(f, text_of(row, "eigenReferentie"), 60, false, true);
	(void)fputs("\n\n", f);
	lines(f, json_object_get(row, "regels"));
	left_out(f, row);
	(void)fputs("\n\nGezien op ..................   "
	            "Akkoord:  ja / nee, omdat ..................\n\n\n"
	            "Handtekening .........................   "
	            "Naam ..............................\n",
	    f);
}

/* ---- the same as HTML ---- */

static void
escaped(FILE *f, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '<':
			(void)fputs("&lt;", f);
			break;
		case '>':
			(void)fputs("&gt;", f);
			break;
		case '&':
			(void)fputs("&amp;", f);
			break;
		case '"':
			(void)fputs("&quot;", f);
			break;
		default:
			(void)fputc(*s, f);
		}
}

static void
html_line(FILE *f, const json_t *r)
{
	int depth = (int)json_integer_value(json_object_get(r, "diepte"));
	const char *w = text_of(r, "waarde");

	if (depth == 0) {
		(void)fputs("<h2>", f);
		escaped(f, text_of(r, "kop"));
		(void)fputs("</h2>\n", f);
		return;
	}
	(void)fprintf(f, "<p class=\"d%d\">", depth > 5 ? 5 : depth);
	(void)fputs(w[0] != '\0' ? "<b>" : "<i>", f);
	escaped(f, text_of(r, "kop"));
	(void)fputs(w[0] != '\0' ? ":</b> " : "</i>", f);
	escaped(f, w);
	(void)fputs("</p>\n", f);
}

static void
html(struct ov_cli *cli, json_t *row, const char *naam)
{
	const json_t *regels = json_object_get(row, "regels"), *r;
	FILE *f = cli->out;
	size_t i;

	(void)
	    fputs("<!DOCTYPE html>\n<html lang=\"nl\"><head><meta charset="
	          "\"utf-8\">\n<title>Overstapdossier - ter inzage</title>\n"
	          "<style>body{font:12pt/1.4 sans-serif;max-width:42em;margin:"
	          "2em auto}p{margin:.2em 0}.d2{margin-left:1.5em}.d3{margin-"
	          "left:3em}.d4,.d5{margin-left:4.5em}</style></head><body>\n"
	          "<h1>Overstapdossier - ter inzage</h1>\n<p>",
	        f);
	escaped(f, naam);
	(void)
	    fputs("</p>\n<p>Dit zijn de gegevens die de school over u (of "
	          "over uw kind) wil doorgeven. U mag ze inzien voordat ze "
	          "worden verstuurd. Klopt er iets niet, of bent u het er niet "
	          "mee eens? Zeg het tegen de school.</p>\n<p>Gaat naar: ",
	        f);
	escaped(f, text_of(row, "ontvanger"));
	(void)fputs("</p>\n", f);
	json_array_foreach(regels, i, r)
	{
		html_line(f, r);
	}
	if (json_array_size(json_object_get(row, "weggelaten")) > 0)
		(void)fputs("<p><b>Let op: dit is niet het hele dossier. Vraag "
		            "de school om een volledige afdruk.</b></p>\n",
		    f);
	(void)fputs("<p>Gezien op .............. &nbsp; Akkoord: ja / nee, "
	            "omdat ..............................</p>\n"
	            "<p>Naam en handtekening ..............................</p>"
	            "\n</body></html>\n",
	    f);
}

static int
run_print(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	json_t *row = NULL;
	struct ov_ask q = {.cmd = "drafts.print", .row = keep_row, .ctx = &row};
	char dir[2048], naam[1024] = "";
	int64_t nr;
	int x;

	(void)cmd;
	if (!ov_number(a->pos[0], &nr))
		return ov_cli_fail(cli, OV_X_USAGE,
		    "\"%.40s\" is no row number", a->pos[0]);
	q.arg = json_pack("{s:I}", "nr", (json_int_t)nr);
	if ((x = ov_ask(cli, &q)) != OV_X_OK) {
		json_decref(row);
		return x;
	}
	if (ov_cli_dir(cli, dir, sizeof(dir), NULL) == OV_OK)
		(void)(ov_cli_conf(dir, "naam", "", naam, sizeof(naam), NULL) ==
		       OV_OK);
	if (row == NULL)
		x = ov_cli_fail(cli, OV_X_DAEMON,
		    "overstapd answered without a row");
	else if (cli->json)
		x = ov_cli_json(cli, json_incref(row));
	else if (ov_args_flag(a, "html"))
		html(cli, row, naam);
	else
		page(cli, row, naam);
	json_decref(row);
	json_decref(q.end);
	return x;
}

#define END                                                                    \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}

static const struct ov_opt opt_print[] = {{"html", OV_OPT_FLAG, NULL,
                                              "as a page for a browser"},
    END};
static const struct ov_opt opt_check[] = {{"offline", OV_OPT_FLAG, NULL,
                                              "do not ask the partners"},
    END};

const struct ov_cmd ov_cmds_show[] =
    {{"check", NULL, "", 0, 0,
         "The doctor: one line each, and what to do about it", opt_check,
         run_check, NULL, true},
        {"drafts", "print", "NR", 1, 1,
            "The page for inspection by pupil or parents; this is logged",
            opt_print, run_print, NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
