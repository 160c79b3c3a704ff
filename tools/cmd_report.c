/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_report.c - overstap report LIST: a table on the screen, CSV for a
 * Dutch Excel, JSON, or a page to print; and overstap import startpopulatie.
 *
 * The daemon says which columns there are; nothing here knows a list.  The one
 * exception: numbers of persons are never in an answer, so with --pgn a file
 * of one's own (eigenReferentie;pgn) is joined to the column of DUO's layout,
 * in memory, on the way to the output.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/csv.h"
#include "protocol/json.h"
#include "protocol/pgn.h"
#include "protocol/rapport.h"
#include "tools/cmd_client.h"
#include "tools/cmd_duo.h"
#include "tools/cmd_out.h"
#include "tools/cmd_tree.h"

#define FILE_MAX ((size_t)64 << 20)
#define COLS_MAX 64
#define PGN_COLUMN "PERSOONSGEBONDENNUMMER"

/* ---- the organisation's own numbers ---- */

struct join {
	json_t *pgn; /* reference -> number */
	size_t ref, nr;
};

static enum ov_rc
join_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	struct join *j = arg;

	if (row->nr == 1) {
		j->ref = j->nr = row->n;
		for (size_t i = 0; i < row->n; i++) {
			if (strcmp(row->cell[i], "eigenReferentie") == 0)
				j->ref = i;
			else if (strcmp(row->cell[i], "pgn") == 0)
				j->nr = i;
		}
		if (j->ref == row->n || j->nr == row->n)
			return ov_fail(e, OV_BADMSG,
			    "--pgn: columns eigenReferentie and pgn");
		return OV_OK;
	}
	if (j->ref >= row->n || j->nr >= row->n)
		return ov_fail(e, OV_BADMSG, "--pgn: line %llu is short",
		    (unsigned long long)row->line);
	if (row->cell[j->nr][0] != '\0' &&
	    (strlen(row->cell[j->nr]) != OV_PGN_LEN ||
	        ov_pgn_kind(row->cell[j->nr]) == OV_PGN_NONE))
		return ov_fail(e, OV_BADMSG, "--pgn: line %llu has no number",
		    (unsigned long long)row->line);
	return json_object_set_new(j->pgn, row->cell[j->ref],
	           json_string(row->cell[j->nr])) == 0
	           ? OV_OK
	           : ov_fail(e, OV_NOSPACE, "no memory");
}

static enum ov_rc
read_csv(const char *path, ov_csv_row_fn *fn, void *arg, struct ov_err *e)
{
	struct ov_csv *c = ov_csv_new(fn, arg);
	OV_BUF b = {0};
	enum ov_rc rc;

	if (c == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_cli_file(path, FILE_MAX, &b, e);
	if (rc == OV_OK)
		rc = ov_csv_push(c, b.p, b.n, e);
	if (rc == OV_OK)
		rc = ov_csv_end(c, e);
	ov_csv_free(c);
	return rc;
}

/* ---- an answer ---- */

struct answer {
	json_t *rows;
	const json_t *pgn; /* to join, or NULL */
};

static bool
keep(void *ctx, json_t *row)
{
	struct answer *a = ctx;
	const json_t *nr;

	if (a->pgn != NULL && json_object_get(row, PGN_COLUMN) != NULL) {
		const char *ref = json_string_value(
		    json_object_get(row, "eigenReferentie"));

		nr = ref != NULL && ref[0] != '\0'
		         ? json_object_get(a->pgn, ref)
		         : NULL;
		if (nr != NULL && json_object_set(row, PGN_COLUMN,
		                      (json_t *)(uintptr_t)nr) < 0)
			return false;
	}
	return json_array_append(a->rows, row) == 0;
}

struct col {
	const char *naam, *kop;
	bool right, pct;
};

static size_t
columns(const json_t *end, struct col out[COLS_MAX])
{
	const json_t *list = json_object_get(end, "kolommen"), *k;
	const char *soort;
	size_t i, n = 0;

	json_array_foreach(list, i, k)
	{
		if (n == COLS_MAX)
			break;
		soort = json_string_value(json_object_get(k, "soort"));
		out[n].naam = json_string_value(json_object_get(k, "naam"));
		out[n].kop = json_string_value(json_object_get(k, "kop"));
		out[n].pct = soort != NULL && strcmp(soort, "pct") == 0;
		out[n].right = soort != NULL && strcmp(soort, "tekst") != 0;
		if (out[n].naam != NULL && out[n].kop != NULL)
			n++;
	}
	return n;
}

/* As a person reads it: a figure with a comma. */
static void
cell(struct ov_buf *b, const struct col *c, const json_t *row)
{
	const json_t *v = json_object_get(row, c->naam);
	const char *s = json_string_value(v);

	if (json_is_integer(v)) {
		ov_buf_fmt(b, "%lld", (long long)json_integer_value(v));
		return;
	}
	for (; s != NULL && *s != '\0'; s++)
		ov_buf_add(b, c->pct && *s == '.' ? "," : s, 1);
}

static void
to_csv(struct ov_buf *out, const struct col *c, size_t n, const json_t *rows)
{
	struct ov_buf b[COLS_MAX] = {{0}};
	const char *text[COLS_MAX];
	json_t *row;
	size_t r, i;

	ov_csv_out_begin(out);
	for (i = 0; i < n; i++)
		text[i] = c[i].kop;
	ov_csv_out_row(out, text, n);
	json_array_foreach(rows, r, row)
	{
		for (i = 0; i < n; i++) {
			ov_buf_reset(&b[i]);
			cell(&b[i], &c[i], row);
			text[i] = ov_buf_text(&b[i]);
		}
		ov_csv_out_row(out, text, n);
	}
	for (i = 0; i < n; i++)
		ov_buf_free(&b[i]);
}

/* ---- a page to print ---- */

static void
html(struct ov_buf *b, const char *s)
{
	for (; s != NULL && *s != '\0'; s++) {
		switch (*s) {
		case '<':
			ov_buf_str(b, "&lt;");
			break;
		case '>':
			ov_buf_str(b, "&gt;");
			break;
		case '&':
			ov_buf_str(b, "&amp;");
			break;
		case '"':
			ov_buf_str(b, "&quot;");
			break;
		default:
			ov_buf_add(b, s, 1);
			break;
		}
	}
}

static void
html_el(struct ov_buf *b, const char *tag, const char *text)
{
	ov_buf_fmt(b, "<%s>", tag);
	html(b, text);
	ov_buf_fmt(b, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static const char *
text_of(const json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));

	return s != NULL ? s : "";
}

static void
html_table(struct ov_buf *b, const struct col *c, size_t n, const json_t *rows)
{
	json_t *row;
	size_t r, i;

	ov_buf_str(b, "<table>\n<thead><tr>");
	for (i = 0; i < n; i++)
		html_el(b, c[i].right ? "th class=\"n\"" : "th", c[i].kop);
	ov_buf_str(b, "</tr></thead>\n<tbody>\n");
	json_array_foreach(rows, r, row)
	{
		ov_buf_str(b, "<tr>");
		for (i = 0; i < n; i++) {
			OV_BUF t = {0};

			cell(&t, &c[i], row);
			html_el(b, c[i].right ? "td class=\"n\"" : "td",
			    ov_buf_text(&t));
		}
		ov_buf_str(b, "</tr>\n");
	}
	ov_buf_str(b, "</tbody>\n</table>\n");
}

/* What stands under the figures: formulas with their source, and remarks. */
static void
html_under(struct ov_buf *b, const json_t *end)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(end, "formules"), i, v)
	{
		ov_buf_str(b, "<p>");
		html(b, text_of(v, "tekst"));
		ov_buf_str(b, "<br>Teller: ");
		html(b, text_of(v, "teller"));
		ov_buf_str(b, ".<br>Noemer: ");
		html(b, text_of(v, "noemer"));
		ov_buf_str(b, ".<br>Bron: ");
		html(b, text_of(v, "bron"));
		ov_buf_str(b, ".</p>\n");
	}
	json_array_foreach(json_object_get(end, "let_op"), i, v)
	{
		html_el(b, "p", json_string_value(v));
		ov_buf_str(b, "\n");
	}
}

static void
to_html(struct ov_buf *b, const struct col *c, size_t n, const json_t *rows,
    const json_t *end)
{
	ov_buf_str(b, "<!DOCTYPE html>\n<html lang=\"nl\">\n<head>\n"
	              "<meta charset=\"utf-8\">\n<title>");
	html(b, text_of(end, "titel"));
	ov_buf_str(b,
	    "</title>\n<style>body{font:11pt sans-serif;margin:2em}"
	    "table{border-collapse:collapse}th,td{border:1px solid #888;"
	    "padding:.2em .5em;text-align:left}.n{text-align:right}"
	    "thead{display:table-header-group}tr{break-inside:avoid}"
	    "p{max-width:45em;font-size:9pt}</style>\n</head>\n<body>\n");
	html_el(b, "h1", text_of(end, "titel"));
	ov_buf_str(b, "\n<p>Periode ");
	html(b, text_of(end, "periode"));
	ov_buf_str(b, ", stand op ");
	html(b, text_of(end, "op"));
	ov_buf_str(b, "</p>\n");
	html_table(b, c, n, rows);
	html_under(b, end);
	ov_buf_str(b, "</body>\n</html>\n");
}

/* ---- the screen ---- */

static void
to_screen(struct ov_cli *cli, const struct col *c, size_t n, json_t *rows,
    const json_t *end)
{
	struct ov_col col[OV_TABLE_COLS + 1] = {{NULL, NULL, false}};
	struct ov_table t;
	json_t *row, *v;
	size_t i;

	for (i = 0; i < n && i < OV_TABLE_COLS; i++)
		col[i] = (struct ov_col){c[i].naam, c[i].kop, c[i].right};
	(void)fprintf(cli->out, "%s\nPeriode %s, stand op %s\n\n",
	    text_of(end, "titel"), text_of(end, "periode"), text_of(end, "op"));
	ov_table_begin(&t, cli->out, col);
	json_array_foreach(rows, i, row)
	{
		ov_table_row(&t, row);
	}
	ov_table_end(&t);
	json_array_foreach(json_object_get(end, "formules"), i, v)
	{
		OV_BUF b = {0};

		ov_buf_fmt(&b, "%s. Teller: %s. Noemer: %s. Bron: %s.",
		    text_of(v, "tekst"), text_of(v, "teller"),
		    text_of(v, "noemer"), text_of(v, "bron"));
		(void)fputc('\n', cli->out);
		if (ov_buf_text(&b) != NULL)
			ov_text_wrap(cli->out, ov_buf_text(&b), 0,
			    OV_TABLE_WIDTH);
	}
	json_array_foreach(json_object_get(end, "let_op"), i, v)
	{
		(void)fputc('\n', cli->out);
		ov_text_wrap(cli->out, json_string_value(v), 0, OV_TABLE_WIDTH);
	}
}

static int
written(struct ov_cli *cli, const struct ov_args *a, json_t *rows,
    const json_t *end)
{
	struct col c[COLS_MAX];
	size_t n = columns(end, c);
	OV_BUF b = {0};
	struct ov_err e = {0};

	if (ov_args_flag(a, "csv")) {
		to_csv(&b, c, n, rows);
	} else if (ov_args_flag(a, "html")) {
		to_html(&b, c, n, rows, end);
	} else if (cli->json) {
		return ov_cli_json(cli, json_pack("{s:O,s:O}", "rows", rows,
		                            "end", (json_t *)(uintptr_t)end));
	} else {
		to_screen(cli, c, n, rows, end);
		return OV_X_OK;
	}
	if (ov_buf_ok(&b, &e) != OV_OK ||
	    ov_cli_put(cli, ov_args_text(a, "output"), b.p, b.n,
	        ov_args_flag(a, "force"), &e) != OV_OK)
		return ov_cli_err(cli, &e);
	return OV_X_OK;
}

static json_t *
arguments(const struct ov_args *a)
{
	static const char *const map[][2] = {{"at", "op"},
	    {"schooljaar", "schooljaar"}, {"month", "maand"}, {"norm", "norm"}};
	json_t *arg = json_pack("{s:s}", "lijst", a->pos[0]);

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]) && arg != NULL; i++)
		if (ov_args_text(a, map[i][0]) != NULL &&
		    json_object_set_new(arg, map[i][1],
		        json_string(ov_args_text(a, map[i][0]))) < 0)
			return arg;
	if (arg != NULL && ov_args_flag(a, "per-gemeente"))
		(void)json_object_set_new(arg, "gemeente", json_true());
	if (arg != NULL && ov_args_flag(a, "send"))
		(void)json_object_set_new(arg, "verzend", json_true());
	return arg;
}

/* DUO's file in the place of our rows: what both say. */
static enum ov_rc
beside_duo(const struct ov_args *a, json_t **rows, json_t *end,
    struct ov_err *e)
{
	json_t *duo = NULL, *out = NULL;
	OV_BUF b = {0};
	enum ov_rc rc;

	if ((rc = ov_cli_file(ov_args_text(a, "load"), FILE_MAX, &b, e)) ==
	    OV_OK)
		rc = ov_duo_read(b.p, b.n, json_object_get(end, "kolommen"),
		    &duo, e);
	if (rc == OV_OK)
		rc = ov_duo_compare(duo, *rows, ov_args_text(a, "month"), end,
		    &out, e);
	if (b.p != NULL)
		explicit_bzero(b.p, b.n);
	json_decref(duo);
	if (rc != OV_OK)
		return rc;
	json_decref(*rows);
	*rows = out;
	return OV_OK;
}

static int
run_report(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	struct answer w = {.rows = json_array()};
	struct join j = {.pgn = json_object()};
	struct ov_ask q = {.cmd = "report",
	    .row = keep,
	    .ctx = &w,
	    .what = "report"};
	struct ov_err e = {0};
	const char *path = ov_args_text(a, "pgn");
	int x = OV_X_OK;

	(void)cmd;
	if (ov_args_flag(a, "csv") + ov_args_flag(a, "html") + cli->json > 1)
		x = ov_cli_fail(cli, OV_X_USAGE,
		    "--csv, --html and --json exclude each other");
	else if (ov_args_text(a, "load") != NULL &&
	         (strcmp(a->pos[0], "duo") != 0 ||
	             ov_args_text(a, "month") == NULL))
		x = ov_cli_fail(cli, OV_X_USAGE,
		    "--load is for report duo with --month");
	if (x == OV_X_OK)
		x = ov_tree_readable(cli, path);
	if (x == OV_X_OK)
		x = ov_tree_readable(cli, ov_args_text(a, "load"));
	if (x == OV_X_OK && path != NULL &&
	    read_csv(path, join_row, &j, &e) != OV_OK)
		x = ov_cli_err(cli, &e);
	w.pgn = path != NULL ? j.pgn : NULL;
	if (x == OV_X_OK) {
		q.arg = arguments(a);
		x = ov_ask(cli, &q);
	}
	if (x == OV_X_OK && ov_args_text(a, "load") != NULL &&
	    beside_duo(a, &w.rows, q.end, &e) != OV_OK)
		x = ov_cli_err(cli, &e);
	if (x == OV_X_OK)
		x = written(cli, a, w.rows, q.end);
	json_decref(q.end);
	json_decref(w.rows);
	json_decref(j.pgn);
	return x;
}

/* ---- import startpopulatie ---- */

static const char *const pop_cols[] = {"schooljaar", "normcategorie", "leerweg",
    "gemeente", "sector", "deelnemers"};
#define POP_COLS (sizeof(pop_cols) / sizeof(pop_cols[0]))

struct pop {
	json_t *rows, *faults;
	size_t at[POP_COLS]; /* column of the file */
	bool sent;
};

static enum ov_rc
pop_header(struct pop *p, const struct ov_csv_row *row, struct ov_err *e)
{
	size_t i, k;

	for (i = 0; i < POP_COLS; i++)
		p->at[i] = SIZE_MAX;
	for (i = 0; i < row->n; i++) {
		for (k = 0; k < POP_COLS; k++)
			if (strcmp(row->cell[i], pop_cols[k]) == 0)
				break;
		if (k == POP_COLS || p->at[k] != SIZE_MAX)
			return ov_fail(e, OV_BADMSG,
			    "column %zu is not known, or stands twice", i + 1);
		p->at[k] = i;
	}
	if (p->at[0] == SIZE_MAX || p->at[5] == SIZE_MAX)
		return ov_fail(e, OV_BADMSG,
		    "columns schooljaar and deelnemers are required");
	return OV_OK;
}

/* "14.278" is how a Dutch table prints it. */
static bool
pop_number(const char *s, int64_t *n)
{
	char digits[24];
	size_t k = 0;

	for (size_t i = 0; s[i] != '\0'; i++) {
		if (s[i] == '.' && i > 0 && strlen(s + i) >= 4 &&
		    (strlen(s + i) % 4) == 0)
			continue;
		if (k + 1 >= sizeof(digits))
			return false;
		digits[k++] = s[i];
	}
	digits[k] = '\0';
	return ov_number(digits, n);
}

static enum ov_rc
pop_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	struct pop *p = arg;
	json_t *j;
	int64_t n;

	if (row->nr == 1)
		return pop_header(p, row, e);
	if (row->n > 0 && row->cell[0][0] == '#')
		return OV_OK;
	j = json_pack("{s:I}", "rij", (json_int_t)row->nr);
	for (size_t k = 0; k + 1 < POP_COLS && j != NULL; k++)
		(void)json_object_set_new(j, pop_cols[k],
		    json_string(p->at[k] < row->n ? row->cell[p->at[k]] : ""));
	if (p->at[5] >= row->n || !pop_number(row->cell[p->at[5]], &n) ||
	    n > (int64_t)OV_TELLING_MAX) {
		json_decref(j);
		return ov_fail(e, OV_BADMSG,
		    "line %llu: deelnemers is no number",
		    (unsigned long long)row->line);
	}
	if (j == NULL ||
	    json_object_set_new(j, "deelnemers", json_integer(n)) < 0 ||
	    json_array_append_new(p->rows, j) < 0)
		return ov_fail(e, OV_NOSPACE, "no memory");
	return OV_OK;
}

static bool
pop_feed(void *ctx, struct ov_buf *text, size_t *n)
{
	struct pop *p = ctx;

	*n = p->sent ? 0 : json_array_size(p->rows);
	ov_json_dump(text, p->rows);
	p->sent = true;
	return true;
}

static bool
pop_fault(void *ctx, json_t *row)
{
	struct pop *p = ctx;

	return json_array_append(p->faults, row) == 0;
}

static const struct ov_col col_faults[] = {{"rij", "Rij", true},
    {"kolom", "Kolom", false}, {"tekst", "Reden", false}, {NULL, NULL, false}};

static int
pop_told(struct ov_cli *cli, struct pop *p, json_t *end)
{
	bool bad = json_array_size(p->faults) > 0;
	struct ov_table t;
	json_t *row;
	size_t i;

	if (cli->json)
		(void)ov_cli_json(cli,
		    json_pack("{s:O,s:O}", "rows", p->faults, "end", end));
	if (!cli->json) {
		ov_table_begin(&t, cli->out, col_faults);
		json_array_foreach(p->faults, i, row)
		{
			ov_table_row(&t, row);
		}
		ov_table_end(&t);
		ov_tree_totals(cli->out, end);
	}
	return bad ? OV_X_INPUT : OV_X_OK;
}

static int
run_pop(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	struct pop p = {.rows = json_array(), .faults = json_array()};
	const char *slash = strrchr(a->pos[0], '/');
	struct ov_ask q = {.cmd = "population.load",
	    .row = pop_fault,
	    .feed = pop_feed,
	    .ctx = &p,
	    .what = "rows"};
	struct ov_err e = {0};
	int x;

	(void)cmd;
	if (ov_args_text(a, "source") == NULL ||
	    ov_args_text(a, "date") == NULL)
		x = ov_cli_fail(cli, OV_X_USAGE,
		    "say where the figures come from and of when they are: "
		    "--source TEXT --date YYYY-MM-DD");
	else if ((x = ov_tree_readable(cli, a->pos[0])) != OV_X_OK)
		;
	else if (read_csv(a->pos[0], pop_row, &p, &e) != OV_OK)
		x = ov_cli_err(cli, &e);
	else {
		q.arg = json_pack("{s:s,s:s,s:s}", "bron",
		    ov_args_text(a, "source"), "datum", ov_args_text(a, "date"),
		    "bestand", slash != NULL ? slash + 1 : a->pos[0]);
		x = q.arg == NULL ? ov_cli_fail(cli, OV_X_USAGE,
		                        "an argument is not valid UTF-8")
		                  : ov_ask(cli, &q);
		if (x == OV_X_OK)
			x = pop_told(cli, &p, q.end);
	}
	json_decref(q.end);
	json_decref(p.rows);
	json_decref(p.faults);
	return x;
}

#define END                                                                    \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}

static const struct ov_opt opt_report[] = {{"at", OV_OPT_TEXT, "DATE",
                                               "what was known on that day"},
    {"schooljaar", OV_OPT_TEXT, "YEAR", "2018-2019; vsv: from 1 October"},
    {"month", OV_OPT_TEXT, "MONTH", "2019-03, for duo"},
    {"per-gemeente", OV_OPT_FLAG, NULL, "vsv per municipality and sector"},
    {"norm", OV_OPT_TEXT, "SOURCE", "norms of this source (normen.json)"},
    {"pgn", OV_OPT_TEXT, "FILE",
        "duo: own CSV eigenReferentie;pgn to join with;\n"
        "                            nothing of it is stored"},
    {"load", OV_OPT_TEXT, "FILE",
        "duo: DUO's monthly file, to compare with;\n"
        "                            nothing of it is stored"},
    {"send", OV_OPT_FLAG, NULL, "terugkoppeling: send it to the schools"},
    {"csv", OV_OPT_FLAG, NULL, "for a Dutch Excel"},
    {"html", OV_OPT_FLAG, NULL, "a page to print"},
    {"output", OV_OPT_TEXT, "FILE", "where to write; -o (stdout)"},
    {"force", OV_OPT_FLAG, NULL, "replace an existing file"}, END};
static const struct ov_opt opt_pop[] = {{"source", OV_OPT_TEXT, "TEXT",
                                            "where the figures come from"},
    {"date", OV_OPT_TEXT, "DATE", "of when they are, YYYY-MM-DD"}, END};

const struct ov_cmd ov_cmds_report[] =
    {{"report", NULL, "LIST", 1, 1,
         "Count and show: vsv, terugkeer, tijdigheid, doorlooptijd,\n"
         "                            uitvalreden, duo, terugkoppeling,\n"
         "                            in-beeld, effectrapportage",
         opt_report, run_report, NULL, true},
        {"import", "startpopulatie", "FILE", 1, 1,
            "Read how many take part: the denominators of reports", opt_pop,
            run_pop, NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
