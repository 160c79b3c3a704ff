/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_progress.c - overstap progress: one answer, shown in parts. */
#include <stdlib.h>
#include <string.h>

#include "tools/cmd_client.h"
#include "tools/cmd_out.h"
#include "tools/cmd_tree.h"

#define COL_END                                                                \
	{                                                                      \
		NULL, NULL, false                                              \
	}

static const struct ov_col col_klas[] = {{"klas", "Klas", false},
    {"mentor", "Mentor", false}, {"naarMbo", "Mbo", true},
    {"keuze", "Keuze", true}, {"gemeld", "Gem.", true},
    {"dossier", "Dos.", true}, {"A", "A", true}, {"B", "B", true},
    {"C", "C", true}, {"afgeleverd", "Afg.", true}, {"gekoppeld", "Gek.", true},
    {"ingeschreven", "Ing.", true}, COL_END};
static const struct ov_col col_wie[] = {{"klas", "Klas", false},
    {"mentor", "Mentor", false}, {"eigenReferentie", "Referentie", false},
    COL_END};
static const struct ov_col col_niet[] = {{"klas", "Klas", false},
    {"mentor", "Mentor", false}, {"eigenReferentie", "Referentie", false},
    {"ontvanger", "Bij", false}, COL_END};
static const struct ov_col col_doel[] = {{"maat", "Maat", false},
    {"teller", "Teller", true}, {"noemer", "Noemer", true},
    {"uitkomst", "%", true}, {"norm", "Doel", true},
    {"gehaald", "Gehaald", false}, {"normbron", "Bron van het doel", false},
    COL_END};
static const struct ov_col col_terug[] = {{"partner", "Van", false},
    {"vestiging", "Vest.", false}, {"peildatum", "Peildatum", false},
    {"gestart", "Gestart", true}, {"niet-gestart", "Niet", true},
    {"uitgevallen", "Uitval", true}, {"geswitcht", "Switch", true},
    {"eigenReferentie", "Referentie", false}, {"aankomst", "Aankomst", false},
    COL_END};

/* The parts, in the order in which the rows come. */
static const struct part {
	const char *soort, *kop;
	const struct ov_col *col;
} parts[] = {{"klas", "Per klas en mentor", col_klas},
    {"zonder-keuze", "Gaat naar het mbo en heeft nog geen keuze", col_wie},
    {"niet-gekoppeld",
        "Niet gekoppeld: de ontvanger kent deze leerling niet als van u",
        col_niet},
    {"nergens", "Nergens ingeschreven (vanaf 1 augustus)", col_wie},
    {"doel", "Doelen van het jaar", col_doel},
    {"terugkoppeling", "Teruggekoppeld over de verlaters van vorig jaar",
        col_terug}};
#define PARTS_N (sizeof(parts) / sizeof(parts[0]))

struct shown {
	struct ov_cli *cli;
	json_t *rows; /* --json */
	const struct part *part;
	struct ov_table table;
};

static bool
row(void *ctx, json_t *r)
{
	struct shown *s = ctx;
	const char *soort = json_string_value(json_object_get(r, "soort"));
	size_t i = 0;

	if (s->cli->json)
		return json_array_append(s->rows, r) == 0;
	while (i < PARTS_N &&
	       (soort == NULL || strcmp(parts[i].soort, soort) != 0))
		i++;
	if (i == PARTS_N)
		return true; /* of a newer daemon */
	if (s->part != &parts[i]) {
		if (s->part != NULL) {
			ov_table_end(&s->table);
			(void)fputc('\n', s->cli->out);
		}
		s->part = &parts[i];
		(void)fprintf(s->cli->out, "%s\n", s->part->kop);
		ov_table_begin(&s->table, s->cli->out, s->part->col);
	}
	ov_table_row(&s->table, r);
	return true;
}

/* The sums stand in the tables; here is what does not. */
static void
told(struct ov_cli *cli, const json_t *end)
{
	static const char *const line[2][4] = {{"op", "schooljaar", NULL, NULL},
	    {"verlaters", "naarMbo", "verborgen", "buiten_lijst"}};
	json_t *v;
	size_t i;

	(void)fputc('\n', cli->out);
	for (i = 0; i < 2; i++) {
		json_t *some = json_object();

		for (size_t k = 0; k < 4 && line[i][k] != NULL; k++)
			if ((v = json_object_get(end, line[i][k])) != NULL)
				(void)json_object_set(some, line[i][k], v);
		ov_tree_totals(cli->out, some);
		json_decref(some);
	}
	json_array_foreach(json_object_get(end, "let_op"), i, v)
	{
		(void)fputc('\n', cli->out);
		ov_text_wrap(cli->out, json_string_value(v), 0, OV_TABLE_WIDTH);
	}
}

static int
run(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	static const char *const map[][2] = {{"at", "op"},
	    {"schooljaar", "schooljaar"}};
	struct shown s = {.cli = cli, .rows = json_array()};
	struct ov_ask q = {.cmd = "progress",
	    .arg = json_object(),
	    .row = row,
	    .ctx = &s,
	    .what = "leavers"};
	int x;

	(void)cmd;
	for (size_t i = 0; i < 2; i++)
		if (ov_args_text(a, map[i][0]) != NULL &&
		    json_object_set_new(q.arg, map[i][1],
		        json_string(ov_args_text(a, map[i][0]))) < 0) {
			json_decref(q.arg);
			json_decref(s.rows);
			return ov_cli_fail(cli, OV_X_USAGE,
			    "an argument is not valid UTF-8");
		}
	x = ov_ask(cli, &q);
	if (s.part != NULL)
		ov_table_end(&s.table);
	if (x == OV_X_OK && cli->json)
		x = ov_cli_json(cli,
		    json_pack("{s:O,s:O}", "rows", s.rows, "end", q.end));
	else if (x == OV_X_OK)
		told(cli, q.end);
	json_decref(q.end);
	json_decref(s.rows);
	return x;
}

static const struct ov_opt opt[] = {{"at", OV_OPT_TEXT, "DATE",
                                        "as it was on YYYY-MM-DD"},
    {"schooljaar", OV_OPT_TEXT, "YEAR", "2026-2027; otherwise the current one"},
    {NULL, OV_OPT_FLAG, NULL, NULL}};

const struct ov_cmd ov_cmds_progress[] =
    {{"progress", NULL, "", 0, 0,
         "How far the leavers are, per class and mentor", opt, run, NULL, true},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
