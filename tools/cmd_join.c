/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_join.c - the commands that begin things: init, holder init, join,
 * version. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "protocol/limits.h"
#include "tools/cmd_client.h"
#include "tools/cmd_init.h"

#define WORDS_MAX 512

static int
told_init(struct ov_cli *cli, const struct ov_init *q, const char *vinger)
{
	if (cli->json)
		return ov_cli_json(cli,
		    json_pack("{s:s,s:s,s:s,s:s}", "dir", q->dir, "oin", q->oin,
		        "kaart", "kaart.txt", "vingerafdruk", vinger));
	ov_cli_say(cli,
	    "%s\nis made in %s\n\nfingerprint of the card:\n\n  %s\n\n"
	    "Next:\n"
	    "1. Send kaart.txt and tls.csr to the region's administrators.\n"
	    "2. They call you; read the fingerprint to them, all of it.\n"
	    "3. Put the certificate that they send back in tls.crt.\n"
	    "4. Start overstapd, and join with the address book you get:\n"
	    "     overstap -i %s join adresboek.txt\n"
	    "Keep a copy of %s/credentials in a safe: nothing replaces it.\n",
	    q->naam, q->dir, vinger, q->dir, q->dir);
	if (q->name != NULL)
		ov_cli_say(cli,
		    "Before step 4: overstap-seal %s encrypts them to this "
		    "machine.\n",
		    q->name);
	return OV_X_OK;
}

static int
run_init(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	const char *rol[WORDS_MAX], *brin[WORDS_MAX], *gem[WORDS_MAX];
	char *o1 = NULL, *o2 = NULL, *o3 = NULL, dir[2048];
	char vinger[OV_VINGER_TEXT] = "";
	struct ov_cli where = *cli;
	struct ov_err e = {0};
	int x;
	struct ov_init q = {.dir = dir,
	    .naam = ov_args_text(a, "naam"),
	    .oin = ov_args_text(a, "oin"),
	    .regio = ov_args_text(a, "regio"),
	    .logdomein = ov_args_text(a, "logdomein"),
	    .url = ov_args_text(a, "url"),
	    .listen = ov_args_text(a, "listen"),
	    .rol = rol,
	    .brin = brin,
	    .gemeente = gem,
	    .houder = ov_args_flag(a, "houder")};

	(void)cmd;
	if (a->npos == 1)
		where.instance = a->pos[0];
	if (ov_cli_dir(&where, dir, sizeof(dir), &e) != OV_OK)
		return ov_cli_fail(cli, OV_X_USAGE, "%s", e.msg);
	q.name = ov_cli_system_name(dir);
	if (q.naam == NULL || q.oin == NULL || q.regio == NULL ||
	    q.logdomein == NULL || q.url == NULL)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "init needs --naam, --oin, --regio, --logdomein, --rol and "
		    "--url");
	q.nrol = ov_args_words(a, "rol", rol, WORDS_MAX, &o1);
	q.nbrin = ov_args_words(a, "brin", brin, WORDS_MAX, &o2);
	q.ngemeente = ov_args_words(a, "gemeente", gem, WORDS_MAX, &o3);
	x = ov_init_instance(&q, vinger, &e) == OV_OK
	        ? told_init(cli, &q, vinger)
	        : ov_cli_err(cli, &e);
	free(o1);
	free(o2);
	free(o3);
	return x;
}

static int
run_holder_init(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	int64_t ep = ov_args_number(a, "ep", 1),
	        share = ov_args_number(a, "share", 0);
	char dir[2048], cred[4096];
	struct ov_err e = {0};

	(void)cmd;
	if (ep < 1 || ep > 1000000 || share < 1 || share > OV_OPRF_DELEN_MAX)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "holder init needs --ep N and --share 1|2");
	if (ov_cli_dir(cli, dir, sizeof(dir), &e) != OV_OK)
		return ov_cli_fail(cli, OV_X_USAGE, "%s", e.msg);
	if (ov_cli_conf_path(dir, "credentials", "credentials", cred,
	        sizeof(cred), &e) != OV_OK ||
	    ov_init_share(cred, (uint32_t)ep, (uint32_t)share, &e) != OV_OK)
		return ov_cli_err(cli, &e);
	if (cli->json)
		return ov_cli_json(cli,
		    json_pack("{s:I,s:I}", "ep", (json_int_t)ep, "deel",
		        (json_int_t)share));
	ov_cli_say(cli,
	    "The seed of share %d of epoch %d is made. Copy it to a safe;\n"
	    "destroying it ends the epoch. Next: restart overstapd-houder and\n"
	    "  overstap holder publish --ep %d -o manifest.jws\n",
	    (int)share, (int)ep, (int)ep);
	return OV_X_OK;
}

/* ---- join ---- */

/* What a person types, or NULL; given. */
static char *
typed(struct ov_cli *cli)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	(void)fprintf(cli->err,
	    "Type the fingerprint as the administrators read it out: ");
	(void)fflush(cli->err);
	n = getline(&line, &cap, stdin);
	if (n < 0) {
		free(line);
		return NULL;
	}
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	return line;
}

static int
run_join(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	const char *vinger = ov_args_text(a, "fingerprint"),
	           *reden = ov_args_text(a, "reason");
	bool vervang = ov_args_flag(a, "replace");
	OV_BUF note = {0};
	struct ov_err e = {0};
	struct ov_ask q = {.cmd = "join"};
	char canon[OV_VINGER_TEXT], *own = NULL;
	const char *text;
	int x;

	(void)cmd;
	if (vervang && reden == NULL)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "--replace needs --reason; it is logged");
	if (ov_cli_file(a->pos[0], OV_ADRESBOEK_MAX + 16384, &note, &e) !=
	        OV_OK ||
	    (text = ov_buf_text(&note)) == NULL)
		return ov_cli_err(cli, &e);
	if (vinger == NULL)
		vinger = own = typed(cli);
	if (vinger == NULL || !ov_vinger_parse(vinger, canon)) {
		free(own);
		return ov_cli_fail(cli, OV_X_USAGE,
		    "a fingerprint has 26 characters, as in "
		    "7K2MQ-3V9XD-0F5RT-HJ8WB-4NCYPA");
	}
	q.arg = json_pack("{s:s%,s:s,s:b}", "note", text, note.n,
	    "vingerafdruk", canon, "vervang", vervang);
	if (q.arg != NULL && reden != NULL)
		(void)json_object_set_new(q.arg, "reden", json_string(reden));
	free(own);
	if (q.arg == NULL)
		return ov_cli_fail(cli, OV_X_INPUT, "the note is not UTF-8");
	if ((x = ov_ask(cli, &q)) != OV_X_OK)
		return x;
	if (cli->json)
		return ov_cli_json(cli, q.end);
	ov_cli_say(cli,
	    "Joined: version %" JSON_INTEGER_FORMAT
	    " of region %s, %" JSON_INTEGER_FORMAT " members.\n",
	    json_integer_value(json_object_get(q.end, "versie")),
	    json_string_value(json_object_get(q.end, "regio")) != NULL
	        ? json_string_value(json_object_get(q.end, "regio"))
	        : "?",
	    json_integer_value(json_object_get(q.end, "leden")));
	json_decref(q.end);
	return OV_X_OK;
}

static int
run_version(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	(void)cmd;
	(void)a;
	if (cli->json)
		return ov_cli_json(cli,
		    json_pack("{s:s}", "versie", OV_VERSION));
	ov_cli_say(cli, "overstap %s\n", OV_VERSION);
	return OV_X_OK;
}

/* ---- the table ---- */

#define END                                                                    \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}

static const struct ov_opt opt_init[] = {{"naam", OV_OPT_TEXT, "NAME",
                                             "name of the organisation"},
    {"oin", OV_OPT_TEXT, "OIN", "its OIN, 20 characters"},
    {"regio", OV_OPT_TEXT, "REGION", "name of the region"},
    {"logdomein", OV_OPT_TEXT, "DOMAIN", "as the region states it"},
    {"rol", OV_OPT_LIST, "ROLE",
        "vo vso pro vavo mbo leerplicht "
        "doorstroompunt"},
    {"brin", OV_OPT_LIST, "BRIN", "00AA or 00AA/01; repeat"},
    {"gemeente", OV_OPT_LIST, "CODE", "CBS code, four digits; repeat"},
    {"url", OV_OPT_TEXT, "URL", "https://host[:port] for partners"},
    {"listen", OV_OPT_TEXT, "ADDR:PORT", "where to listen (all addresses)"},
    {"houder", OV_OPT_FLAG, NULL, "this organisation holds a key share"}, END};
static const struct ov_opt opt_share[] = {{"ep", OV_OPT_NUMBER, "N",
                                              "number of the epoch (1)"},
    {"share", OV_OPT_NUMBER, "1|2", "which share"}, END};
static const struct ov_opt opt_join[] = {{"fingerprint", OV_OPT_TEXT, "TYPED",
                                             "asked for when it is not given"},
    {"replace", OV_OPT_FLAG, NULL, "the way out of a fork"},
    {"reason", OV_OPT_TEXT, "TEXT", "why; goes into the journal"}, END};

const struct ov_cmd ov_cmds_init[] =
    {{"init", NULL, "[DIR|NAME]", 0, 1,
         "Make an organisation's keys, configuration and enrolment card",
         opt_init, run_init, NULL, true},
        {"join", NULL, "NOTE", 1, 1,
            "Accept the region's address book, against the fingerprint",
            opt_join, run_join, NULL, true},
        {"version", NULL, "", 0, 0, "Print the version of this program", NULL,
            run_version, NULL, true},
        {"holder", "init", "", 0, 0, "Make the seed of a key share", opt_share,
            run_holder_init, NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
