/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_daemon.c - the commands that only ask the daemon and print: one
 * row of a table for each (docs/control.md). */
#include <stdlib.h>
#include <string.h>

#include "tools/cmd_client.h"
#include "tools/cmd_out.h"
#include "tools/cmd_tree.h"

/* ---- how a command line becomes arguments ---- */

enum kind {
	TEXT,    /* as typed */
	NUMBER,  /* a row number */
	NUMBERS, /* all positional arguments, a list of row numbers */
	YES,     /* a flag: true when given */
	NRJTI,   /* digits: "nr"; else "jti" */
	ASKED,   /* a flag: the value is a line of standard input, so that it
		  * stands in no list of processes and no shell history */
};

struct map {
	const char *from; /* option, or "1", "2": which positional argument */
	const char *member;
	enum kind kind;
};

struct dcmd {
	const char *cmd;
	const struct map *map;    /* ends with from NULL; may be NULL */
	const struct ov_col *col; /* NULL: each row is shown as a record */
	bool choice; /* at least one argument must be given (NR or --all) */
};

/* One line of standard input, wiped behind us; "" at its end. */
static json_t *
line_of_input(struct ov_cli *cli, const char *member)
{
	char *line = NULL;
	size_t cap = 0, n;
	json_t *j;

	(void)fprintf(cli->err, "%s: ", member);
	(void)fflush(cli->err);
	if (getline(&line, &cap, stdin) < 0) {
		free(line);
		return json_string("");
	}
	n = strcspn(line, "\r\n");
	j = json_stringn(line, n);
	explicit_bzero(line, cap);
	free(line);
	return j;
}

static int
put(struct ov_cli *cli, json_t *arg, const struct map *m, const char *v,
    const struct ov_args *a)
{
	const char *member = m->member;
	json_t *j = NULL;
	int64_t n;
	size_t i;

	switch (m->kind) {
	case TEXT:
		j = json_string(v);
		break;
	case YES:
		j = json_true();
		break;
	case ASKED:
		j = line_of_input(cli, m->member);
		break;
	case NRJTI:
		if (!ov_number(v, &n)) {
			member = "jti";
			j = json_string(v);
			break;
		}
		j = json_integer(n);
		break;
	case NUMBER:
		if (!ov_number(v, &n))
			return ov_cli_fail(cli, OV_X_USAGE,
			    "\"%.40s\" is no row number", v);
		j = json_integer(n);
		break;
	case NUMBERS:
		j = json_array();
		for (i = 0; i < a->npos; i++) {
			if (!ov_number(a->pos[i], &n)) {
				json_decref(j);
				return ov_cli_fail(cli, OV_X_USAGE,
				    "\"%.40s\" is no row number", a->pos[i]);
			}
			(void)json_array_append_new(j, json_integer(n));
		}
		break;
	}
	if (json_object_set_new(arg, member, j) < 0)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "an argument is not valid UTF-8");
	return OV_X_OK;
}

static int
arguments(struct ov_cli *cli, const struct dcmd *d, const struct ov_args *a,
    json_t *arg)
{
	const struct map *m;
	int x = OV_X_OK;

	for (m = d->map; m != NULL && m->from != NULL && x == OV_X_OK; m++) {
		const char *v;

		if (m->from[0] >= '1' && m->from[0] <= '9') {
			size_t i = (size_t)(m->from[0] - '1');

			v = i < a->npos ? a->pos[i] : NULL;
		} else {
			v = ov_args_text(a, m->from);
		}
		if (v != NULL)
			x = put(cli, arg, m, v, a);
	}
	if (x == OV_X_OK && d->choice && json_object_size(arg) == 0)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "say which ones: row numbers, or --all");
	return x;
}

/* ---- what comes back ---- */

struct shown {
	struct ov_cli *cli;
	const struct dcmd *d;
	struct ov_table table;
	json_t *rows; /* --json */
	size_t n;
};

static bool
row(void *ctx, json_t *r)
{
	struct shown *s = ctx;

	if (s->cli->json)
		return json_array_append(s->rows, r) == 0;
	if (s->d->col != NULL) {
		ov_table_row(&s->table, r);
	} else {
		if (s->n++ > 0)
			(void)fputc('\n', s->cli->out);
		ov_tree(s->cli->out, r, 0);
	}
	return true;
}

static int
run(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	static const struct ov_col none[] = {{NULL, NULL, false}};
	const struct dcmd *d = cmd->arg;
	struct shown s = {.cli = cli, .d = d};
	struct ov_ask q = {.cmd = d->cmd, .row = row, .ctx = &s};
	int x, refused = OV_X_OK;

	q.arg = json_object();
	if ((x = arguments(cli, d, a, q.arg)) != OV_X_OK) {
		json_decref(q.arg);
		return x;
	}
	s.rows = cli->json ? json_array() : NULL;
	ov_table_begin(&s.table, cli->out, d->col != NULL ? d->col : none);
	x = ov_ask(cli, &q);
	ov_table_end(&s.table);
	if (x != OV_X_OK) {
		json_decref(s.rows);
		return x;
	}
	/* What was asked for was refused, all of it or in part. */
	if (json_integer_value(json_object_get(q.end, "geweigerd")) > 0)
		refused = OV_X_REFUSED;
	if (cli->json) {
		x = ov_cli_json(cli,
		    json_pack("{s:o,s:o}", "rows", s.rows, "end", q.end));
		return x != OV_X_OK ? x : refused;
	}
	ov_tree_totals(cli->out, q.end);
	ov_tree_outlook(cli->out, q.end);
	json_decref(q.end);
	return refused;
}

/* ---- columns ---- */

#define COL_END                                                                \
	{                                                                      \
		NULL, NULL, false                                              \
	}

static const struct ov_col col_partners[] = {{"naam", "Naam", false},
    {"oin", "OIN", false}, {"rol", "Rol", false}, {"status", "Status", false},
    {"gezien", "Gezien", false}, {"wachtend", "Wacht", true},
    {"fouten", "Fouten", true}, COL_END};
static const struct ov_col col_strangers[] = {{"bron", "Source", false},
    {"reden", "Why", false}, {"aantal", "Times", true},
    {"partner", "Partner", false}, {"laatst", "Newest", false}, COL_END};
static const struct ov_col col_pupils[] = {{"nr", "Nr", true},
    {"eigenReferentie", "Referentie", false}, {"stand", "Stand", false},
    {"geladen", "Geladen", false}, COL_END};
static const struct ov_col col_drafts[] = {{"nr", "Nr", true},
    {"eigenReferentie", "Referentie", false}, {"klas", "Klas", false},
    {"stand", "Stand", false}, {"algemeen", "Alg.", true}, {"A", "A", true},
    {"B", "B", true}, {"C", "C", true}, {"ontbreekt", "Ontbreekt", false},
    {"ontbreektDeel", "Niet ingevuld", false}, COL_END};
static const struct ov_col col_totals[] = {{"klas", "Klas", false},
    {"mentor", "Mentor", false}, {"aantal", "Aantal", true},
    {"algemeen", "Alg.", true}, {"A", "A", true}, {"B", "B", true},
    {"C", "C", true}, {"AenB", "A en B", true},
    {"verzonden", "Verzonden", true}, COL_END};
static const struct ov_col col_send[] = {{"nr", "Nr", true},
    {"eigenReferentie", "Referentie", false}, {"klas", "Klas", false},
    {"tekst", "Niet verzonden, want", false}, COL_END};
static const struct ov_col col_outbox[] = {{"nr", "Nr", true},
    {"srt", "Soort", false}, {"partner", "Partner", false},
    {"stand", "Stand", false}, {"pogingen", "Pog.", true},
    {"opgesteld", "Opgesteld", false}, {"eigenReferentie", "Referentie", false},
    {"fout", "Fout", false}, COL_END};
static const struct ov_col col_inbox[] = {{"nr", "Nr", true},
    {"srt", "Soort", false}, {"partner", "Van", false}, {"rol", "Rol", false},
    {"stand", "Stand", false}, {"ontvangen", "Ontvangen", false},
    {"eigenReferentie", "Referentie", false}, {"teLaat", "Te laat", true},
    COL_END};
static const struct ov_col col_contacts[] = {{"nr", "Nr", true},
    {"srt", "Soort", false}, {"naam", "Naam", false},
    {"functie", "Functie", false}, {"telefoon", "Telefoon", false},
    {"email", "E-mail", false}, {"van", "Van", false}, {"tot", "Tot", false},
    COL_END};
static const struct ov_col col_case[] = {{"zaak", "Zaak", false},
    {"partner", "Partner", false}, {"status", "Status", false},
    {"datum", "Datum", false}, {"eigenReferentie", "Referentie", false},
    {"berichten", "Ber.", true}, COL_END};
static const struct ov_col col_work[] = {{"soort", "Soort", false},
    {"nr", "Nr", true}, {"eigenReferentie", "Referentie", false},
    {"uiterlijk", "Uiterlijk", false}, {"dagen", "Dgn", true},
    {"tekst", "Te doen", false}, COL_END};
static const struct ov_col col_access[] = {{"account", "Account", false},
    {"functie", "Functie", false}, {"bereik", "Bereik", false},
    {"van", "Van", false}, {"tot", "Tot", false}, {"vanKracht", "Geldt", false},
    COL_END};
static const struct ov_col col_may[] = {{"mag", "Recht", false},
    {"ja", "Mag", false}, {"delen", "Delen", false},
    {"nietDelen", "Niet", false}, {"tekst", "Want", false}, COL_END};
static const struct ov_col col_log[] = {{"idx", "Index", true},
    {"tijd", "Time", false}, {"soort", "Kind", false},
    {"partij", "Party", false}, {"ref", "Ref", false}, COL_END};
static const struct ov_col col_calendar[] = {{"datum", "Datum", false},
    {"tot", "Tot en met", false}, {"dagen", "Dagen", true},
    {"tekst", "Wat", false}, COL_END};
static const struct ov_col col_absence[] = {{"nr", "Concept", true},
    {"eigenReferentie", "Referentie", false}, {"soortVerzuim", "Soort", false},
    {"begindatum", "Begin", false}, {"einddatum", "Eind", false},
    {"uren", "Uren", true}, {"uiterlijk", "Uiterlijk", false},
    {"teLaat", "Te laat", true}, {"signaal", "Signaal", false}, COL_END};
static const struct ov_col col_test[] = {{"domein", "Domain", false},
    {"deel", "Share", true}, {"houder", "Holder", false},
    {"goed", "Good", false}, {"ms", "ms", true}, COL_END};

/* ---- arguments ---- */

#define MAP_END                                                                \
	{                                                                      \
		NULL, NULL, TEXT                                               \
	}

static const struct map map_nr[] = {{"1", "nr", NUMBER}, MAP_END};
static const struct map map_way[] = {{"1", "nr", NRJTI}, MAP_END};
static const struct map map_partner1[] = {{"1", "partner", TEXT}, MAP_END};
static const struct map map_drafts[] = {{"state", "stand", TEXT},
    {"type", "srt", TEXT}, MAP_END};
static const struct map map_pupils[] = {{"state", "stand", TEXT}, MAP_END};
static const struct map map_pupil[] = {{"1", "nr", NUMBER},
    {"ref", "eigenReferentie", TEXT}, MAP_END};
static const struct map map_send[] = {{"1", "nr", NUMBERS},
    {"all", "alles", YES}, {"keuze", "keuze", YES}, {"type", "srt", TEXT},
    MAP_END};
static const struct map map_outbox[] = {{"state", "stand", TEXT},
    {"type", "srt", TEXT}, {"partner", "partner", TEXT}, MAP_END};
static const struct map map_contact[] = {{"type", "srt", TEXT},
    {"name", "naam", TEXT}, {"function", "functie", TEXT},
    {"telephone", "telefoon", TEXT}, {"email", "email", TEXT},
    {"van", "van", TEXT}, {"tot", "tot", TEXT}, MAP_END};
static const struct map map_bounce[] = {{"1", "partner", TEXT},
    {"2", "nr", NUMBER}, {"again", "weer", YES}, MAP_END};
static const struct map map_some[] = {{"1", "nr", NUMBER},
    {"all", "alles", YES}, MAP_END};
static const struct map map_inbox[] = {{"state", "stand", TEXT},
    {"type", "srt", TEXT}, {"since", "sinds", TEXT}, MAP_END};
static const struct map map_link[] = {{"1", "nr", NUMBER},
    {"2", "leerling", NUMBER}, {"ref", "eigenReferentie", TEXT},
    {"no", "nee", YES}, MAP_END};
static const struct map map_reason[] = {{"1", "nr", NUMBER},
    {"reason", "reden", TEXT}, MAP_END};
static const struct map map_correct[] = {{"1", "nr", NUMBER},
    {"field", "pad", TEXT}, {"value", "waarde", TEXT},
    {"enrolled", "inschrijving", TEXT}, MAP_END};
static const struct map map_erase[] = {{"1", "nr", NUMBER},
    {"reason", "reden", TEXT}, {"before", "voor", TEXT}, MAP_END};
static const struct map map_vstatus[] = {{"1", "nr", NUMBER},
    {"2", "status", TEXT}, {"reason", "reden", TEXT},
    {"note", "toelichting", TEXT}, MAP_END};
static const struct map map_answer[] = {{"1", "nr", NUMBER},
    {"kept", "grond", TEXT}, {"until", "tot", TEXT},
    {"count", "aantal", NUMBER}, MAP_END};
static const struct map map_process[] = {{"1", "nr", NUMBER},
    {"moment", "moment", TEXT}, MAP_END};
static const struct map map_cases[] = {{"partner", "partner", TEXT}, MAP_END};
static const struct map map_case1[] = {{"1", "zaak", TEXT}, MAP_END};
static const struct map map_caseset[] = {{"1", "zaak", TEXT},
    {"status", "status", TEXT}, {"date", "datum", TEXT},
    {"reason", "reden", TEXT}, {"pgn", "pgn", ASKED},
    {"signaalbron", "signaalbron", TEXT},
    {"eersteContact", "eersteContact", TEXT},
    {"intakeDatum", "intakeDatum", TEXT},
    {"trajectStart", "trajectStart", TEXT},
    {"trajectEinde", "trajectEinde", TEXT}, {"bestemming", "bestemming", TEXT},
    MAP_END};
static const struct map map_work[] = {{"at", "op", TEXT},
    {"digest", "overzicht", YES}, MAP_END};
static const struct map map_calendar[] = {{"at", "op", TEXT}, MAP_END};
static const struct map map_type[] = {{"type", "srt", TEXT}, MAP_END};
static const struct map map_inzage[] = {{"1", "nr", NUMBER},
    {"akkoord", "akkoord", TEXT}, {"door", "door", TEXT},
    {"datum", "datum", TEXT}, {"reden", "reden", TEXT}, MAP_END};
static const struct map map_account[] = {{"1", "account", TEXT}, MAP_END};
static const struct map map_access[] = {{"1", "account", TEXT},
    {"message", "bericht", NUMBER}, {"draft", "concept", NUMBER}, MAP_END};
static const struct map map_log[] = {{"from", "van", NUMBER},
    {"to", "tot", NUMBER}, {"kind", "soort", TEXT}, MAP_END};

/* ---- options ---- */

#define OPT_END                                                                \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}
#define OPT_STATE                                                              \
	{                                                                      \
		"state", OV_OPT_TEXT, "STATE", "only those in this state"      \
	}
#define OPT_TYPE                                                               \
	{                                                                      \
		"type", OV_OPT_TEXT, "TYPE", "only this type of message"       \
	}
#define OPT_PARTNER                                                            \
	{                                                                      \
		"partner", OV_OPT_TEXT, "PARTNER",                             \
		    "name, OIN, BRIN[/vestiging] or gemeente:CODE"             \
	}
#define OPT_ALL                                                                \
	{                                                                      \
		"all", OV_OPT_FLAG, NULL, "all that qualify"                   \
	}
#define OPT_REASON                                                             \
	{                                                                      \
		"reason", OV_OPT_TEXT, "TEXT", "why"                           \
	}

static const struct ov_opt opt_contact[] = {OPT_TYPE,
    {"name", OV_OPT_TEXT, "NAME", "who it is"},
    {"function", OV_OPT_TEXT, "TEXT", "what he or she does"},
    {"telephone", OV_OPT_TEXT, "NUMBER", "telephone"},
    {"email", OV_OPT_TEXT, "ADDRESS", "e-mail"},
    {"van", OV_OPT_TEXT, "DATE", "first day, YYYY-MM-DD (today)"},
    {"tot", OV_OPT_TEXT, "DATE", "last day (no end)"}, OPT_END};
static const struct ov_opt opt_bounce[] = {{"again", OV_OPT_FLAG, NULL,
                                               "it answers again"},
    OPT_END};
static const struct ov_opt opt_drafts[] = {OPT_STATE, OPT_TYPE, OPT_END};
static const struct ov_opt opt_type[] = {OPT_TYPE, OPT_END};
static const struct ov_opt opt_pupils[] = {OPT_STATE, OPT_END};
static const struct ov_opt opt_pupil[] = {{"ref", OV_OPT_TEXT, "REF",
                                              "by one's own reference"},
    OPT_END};
static const struct ov_opt opt_send[] = {{"all", OV_OPT_FLAG, NULL,
                                             "all complete drafts"},
    {"keuze", OV_OPT_FLAG, NULL,
        "the keuze of every leaver; first who has none"},
    OPT_TYPE, OPT_END};
static const struct ov_opt opt_outbox[] = {OPT_STATE, OPT_TYPE, OPT_PARTNER,
    OPT_END};
static const struct ov_opt opt_all[] = {OPT_ALL, OPT_END};
static const struct ov_opt opt_inbox[] = {OPT_STATE, OPT_TYPE,
    {"since", OV_OPT_TEXT, "DATE", "received on or after YYYY-MM-DD"}, OPT_END};
static const struct ov_opt opt_link[] = {{"ref", OV_OPT_TEXT, "REF",
                                             "by one's own reference"},
    {"no", OV_OPT_FLAG, NULL, "somebody else; not asked again"}, OPT_END};
static const struct ov_opt opt_reason[] = {OPT_REASON, OPT_END};
static const struct ov_opt opt_reject[] =
    {{"reason", OV_OPT_TEXT, "CODE",
         "niet-onze-aanmelder, onvolledig, verouderd,\n"
         "                            dubbel, feitelijk-onjuist or overig"},
        OPT_END};
static const struct ov_opt opt_back[] = {{"reason", OV_OPT_TEXT, "CODE",
                                             "why: a code of redenCorrectie"},
    OPT_END};
static const struct ov_opt opt_correct[] =
    {{"field", OV_OPT_TEXT, "POINTER", "which member: /adres/postcode"},
        {"value", OV_OPT_TEXT, "TEXT", "what it is; absent: nothing"},
        {"enrolled", OV_OPT_TEXT, "DATE",
            "an uitschrijving: enrolled elsewhere on this day"},
        OPT_END};
static const struct ov_opt opt_erase[] = {{"reason", OV_OPT_TEXT, "CODE",
                                              "why: a code of redenCorrectie"},
    {"before", OV_OPT_TEXT, "DATE", "by when, YYYY-MM-DD"}, OPT_END};
static const struct ov_opt opt_vstatus[] =
    {{"reason", OV_OPT_TEXT, "CODE", "afgesloten: a code of redenAfgesloten"},
        {"note", OV_OPT_TEXT, "CODE", "a code of toelichtingAfsluiting"},
        OPT_END};
static const struct ov_opt opt_answer[] =
    {{"kept", OV_OPT_TEXT, "CODE", "not done: a code of grondBewaren"},
        {"until", OV_OPT_TEXT, "DATE", "kept until, YYYY-MM-DD"},
        {"count", OV_OPT_NUMBER, "N", "done: how many were destroyed"},
        OPT_END};
static const struct ov_opt opt_process[] = {{"moment", OV_OPT_TEXT, "MOMENT",
                                                "(intake), plaatsing or "
                                                "begeleiding"},
    OPT_END};
static const struct ov_opt opt_cases[] = {OPT_PARTNER, OPT_END};
static const struct ov_opt opt_caseset[] =
    {{"status", OV_OPT_TEXT, "STATUS",
         "keuze, aangemeld, ingeschreven, gestart,\n"
         "                            niet-gestart, uitgevallen; see\n"
         "                            docs/message-types"},
        {"date", OV_OPT_TEXT, "DATE", "since when, YYYY-MM-DD"},
        {"reason", OV_OPT_TEXT, "CODE", "why: a code of redenStatus"},
        {"pgn", OV_OPT_FLAG, NULL, "ask for the PGN on standard input"},
        {"signaalbron", OV_OPT_TEXT, "CODE", "who signalled: stays here"},
        {"eersteContact", OV_OPT_TEXT, "DATE", "first contact"},
        {"intakeDatum", OV_OPT_TEXT, "DATE", "intake"},
        {"trajectStart", OV_OPT_TEXT, "DATE", "guidance began"},
        {"trajectEinde", OV_OPT_TEXT, "DATE", "guidance ended"},
        {"bestemming", OV_OPT_TEXT, "CODE", "where it led"}, OPT_END};
static const struct ov_opt opt_calendar[] = {{"at", OV_OPT_TEXT, "DATE",
                                                 "as on this day, YYYY-MM-DD"},
    OPT_END};
static const struct ov_opt opt_work[] = {{"at", OV_OPT_TEXT, "DATE",
                                             "as it was on YYYY-MM-DD"},
    {"digest", OV_OPT_FLAG, NULL, "own references and counts only, for a mail"},
    OPT_END};
static const struct ov_opt opt_inzage[] = {{"akkoord", OV_OPT_TEXT, "WORD",
                                               "ja, nee or onbekend"},
    {"door", OV_OPT_TEXT, "WORD", "ouder or leerling"},
    {"datum", OV_OPT_TEXT, "DATE", "YYYY-MM-DD; otherwise today"},
    {"reden", OV_OPT_TEXT, "TEXT", "why not agreed"}, OPT_END};
static const struct ov_opt opt_access[] = {{"message", OV_OPT_NUMBER, "NR",
                                               "a message of the inbox"},
    {"draft", OV_OPT_NUMBER, "NR", "a draft"}, OPT_END};
static const struct ov_opt opt_log[] = {{"from", OV_OPT_NUMBER, "N",
                                            "first leaf"},
    {"to", OV_OPT_NUMBER, "N", "leaf behind the last"},
    {"kind", OV_OPT_TEXT, "KIND", "only this kind"}, OPT_END};

/* ---- commands ---- */

#define D(name, ...) static const struct dcmd name = {__VA_ARGS__}

D(d_status, "status", NULL, NULL, false);
D(d_count, "count", NULL, NULL, false);
D(d_way, "way", map_way, NULL, false);
D(d_partners, "partners.list", NULL, col_partners, false);
D(d_partner, "partners.show", map_partner1, NULL, false);
D(d_contacts, "contacts.list", NULL, col_contacts, false);
D(d_contact_add, "contacts.add", map_contact, NULL, false);
D(d_bounce, "contacts.bounce", map_bounce, NULL, false);
D(d_contact_rm, "contacts.remove", map_nr, NULL, false);
D(d_strangers, "partners.strangers", NULL, col_strangers, false);
D(d_pupils, "pupils.list", map_pupils, col_pupils, false);
D(d_pupil_rm, "pupils.remove", map_pupil, NULL, true);
D(d_drafts, "drafts.list", map_drafts, col_drafts, false);
D(d_totals, "drafts.totals", map_type, col_totals, false);
D(d_inzage, "drafts.inzage", map_inzage, NULL, false);
D(d_draft, "drafts.show", map_nr, NULL, false);
D(d_draft_rm, "drafts.remove", map_nr, NULL, false);
D(d_send, "send", map_send, col_send, true);
D(d_outbox, "outbox.list", map_outbox, col_outbox, false);
D(d_outbox1, "outbox.show", map_nr, NULL, false);
D(d_retry, "outbox.retry", map_some, NULL, true);
D(d_renew, "outbox.renew", map_some, NULL, true);
D(d_withdraw, "outbox.withdraw", map_reason, NULL, false);
D(d_correct, "outbox.correct", map_correct, NULL, false);
D(d_erase, "outbox.erase", map_erase, NULL, false);
D(d_vstatus, "inbox.status", map_vstatus, NULL, false);
D(d_answer, "inbox.answer", map_answer, NULL, false);
D(d_inbox, "inbox.list", map_inbox, col_inbox, false);
D(d_inbox1, "inbox.show", map_nr, NULL, false);
D(d_link, "inbox.link", map_link, NULL, false);
D(d_breach, "inbox.breach", map_nr, NULL, false);
D(d_unlink, "inbox.unlink", map_reason, NULL, false);
D(d_accept, "inbox.accept", map_nr, NULL, false);
D(d_reject, "inbox.reject", map_reason, NULL, false);
D(d_process, "inbox.process", map_process, NULL, false);
D(d_cases, "case.list", map_cases, col_case, false);
D(d_case1, "case.show", map_case1, NULL, false);
D(d_caseset, "case.set", map_caseset, NULL, false);
D(d_calendar, "calendar.list", map_calendar, col_calendar, false);
D(d_absence, "absence.list", NULL, col_absence, false);
D(d_work, "worklist", map_work, col_work, false);
D(d_access, "access.list", NULL, col_access, false);
D(d_access1, "access.show", map_account, NULL, false);
D(d_may, "access.test", map_access, col_may, false);
D(d_log, "log.show", map_log, col_log, false);
D(d_verify, "log.verify", NULL, NULL, false);
D(d_test, "holder.test", NULL, col_test, false);

#define CMD(g, v, args, min, max, help, opt, d, lists)                         \
	{                                                                      \
		g, v, args, min, max, help, opt, run, &d, lists                \
	}

const struct ov_cmd ov_cmds_daemon[] = {CMD("status", NULL, "", 0, 0,
                                            "What the daemon is and has", NULL,
                                            d_status, true),
    CMD("count", NULL, "", 0, 0, "Count everything by state, for scripts", NULL,
        d_count, true),
    CMD("way", NULL, "NR|JTI", 1, 1,
        "The steps of one message with their moments", NULL, d_way, true),
    CMD("partners", "list", "", 0, 0, "List the members of the region", NULL,
        d_partners, true),
    CMD("partners", "show", "PARTNER", 1, 1,
        "What the address book says about one", NULL, d_partner, false),
    CMD("partners", "strangers", "", 0, 0,
        "List who was refused: from where, and why", NULL, d_strangers, false),
    CMD("contacts", "list", "", 0, 0, "List our own contact persons", NULL,
        d_contacts, true),
    CMD("contacts", "add", "", 0, 0,
        "Name a contact person for a type; partners fetch it", opt_contact,
        d_contact_add, false),
    CMD("contacts", "remove", "NR", 1, 1, "Erase a contact person", NULL,
        d_contact_rm, false),
    CMD("contacts", "bounce", "PARTNER NR", 2, 2,
        "Note that a contact of this partner does not answer", opt_bounce,
        d_bounce, false),
    CMD("pupils", "list", "", 0, 0, "List own applicants", opt_pupils, d_pupils,
        true),
    CMD("pupils", "remove", "[NR]", 0, 1, "Remove an applicant and its keys",
        opt_pupil, d_pupil_rm, false),
    CMD("drafts", "list", "", 0, 0, "List drafts and what is missing",
        opt_drafts, d_drafts, true),
    CMD("drafts", "totals", "", 0, 0,
        "How many are complete, per class and mentor", opt_type, d_totals,
        false),
    CMD("drafts", "inzage", "NR", 1, 1, "What came of the inspection",
        opt_inzage, d_inzage, false),
    CMD("drafts", "show", "NR", 1, 1, "Show one draft", NULL, d_draft, false),
    CMD("drafts", "remove", "NR", 1, 1, "Remove a draft", NULL, d_draft_rm,
        false),
    CMD("send", NULL, "[NR...]", 0, 4096, "Send drafts: the deliberate act",
        opt_send, d_send, true),
    CMD("outbox", "list", "", 0, 0, "List what is and was sent", opt_outbox,
        d_outbox, true),
    CMD("outbox", "show", "NR", 1, 1, "Show one message sent", NULL, d_outbox1,
        false),
    CMD("outbox", "retry", "[NR]", 0, 1, "Try again now", opt_all, d_retry,
        false),
    CMD("outbox", "renew", "[NR]", 0, 1,
        "Send what expired again, as a new message", opt_all, d_renew, false),
    CMD("outbox", "withdraw", "NR", 1, 1,
        "Take back; what was delivered by a message, with a reason", opt_back,
        d_withdraw, false),
    CMD("outbox", "correct", "NR", 1, 1,
        "Tell the receiver that one value is another", opt_correct, d_correct,
        false),
    CMD("outbox", "erase", "NR", 1, 1, "Ask the receiver to erase it",
        opt_erase, d_erase, false),
    CMD("inbox", "list", "", 0, 0, "List what was received", opt_inbox, d_inbox,
        true),
    CMD("inbox", "show", "NR", 1, 1, "Open one; the reading is logged", NULL,
        d_inbox1, false),
    CMD("inbox", "link", "NR [PUPIL]", 1, 2,
        "Decide a doubt: it is this applicant, or not", opt_link, d_link,
        false),
    CMD("inbox", "breach", "NR", 1, 1,
        "The breach note of an undone link was judged", NULL, d_breach, false),
    CMD("inbox", "unlink", "NR", 1, 1, "Undo a link", opt_reason, d_unlink,
        false),
    CMD("inbox", "accept", "NR", 1, 1, "Accept, and tell the sender", NULL,
        d_accept, false),
    CMD("inbox", "reject", "NR", 1, 1, "Reject, and tell the sender",
        opt_reject, d_reject, false),
    CMD("inbox", "process", "NR", 1, 1, "Mark as processed", opt_process,
        d_process, false),
    CMD("inbox", "status", "NR STATUS", 2, 2,
        "Tell a school what becomes of its notice of absence", opt_vstatus,
        d_vstatus, false),
    CMD("inbox", "answer", "NR", 1, 1,
        "Answer a correctie or wissing: done, or kept and why", opt_answer,
        d_answer, false),
    CMD("case", "list", "", 0, 0, "List cases (zaak)", opt_cases, d_cases,
        true),
    CMD("case", "show", "ZAAK", 1, 1, "The messages of one case", NULL, d_case1,
        false),
    CMD("case", "set", "ZAAK", 1, 1, "Set its status, and tell the partner",
        opt_caseset, d_caseset, false),
    CMD("calendar", "list", "", 0, 0, "What is due for this organisation",
        opt_calendar, d_calendar, true),
    CMD("absence", "list", "", 0, 0,
        "Absence that must be notified; the reading is logged", NULL, d_absence,
        true),
    CMD("worklist", NULL, "", 0, 0, "What is to be done here, and by when",
        opt_work, d_work, false),
    CMD("access", "list", "", 0, 0, "Who has which function, and when", NULL,
        d_access, true),
    CMD("access", "show", "ACCOUNT", 1, 1, "What one account may", NULL,
        d_access1, false),
    CMD("access", "test", "ACCOUNT", 1, 1,
        "What it would see of a message or draft, and why not", opt_access,
        d_may, false),
    CMD("log", "show", "", 0, 0, "Show the exchange log", opt_log, d_log, true),
    CMD("log", "verify", "", 0, 0, "Recompute the whole tree from the file",
        NULL, d_verify, false),
    CMD("holder", "test", "", 0, 0, "Ask every holder for one evaluation", NULL,
        d_test, false),
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
