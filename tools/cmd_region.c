/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_region.c - overstap region ...: what administrators type. */
#include "tools/cmd_region.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "protocol/json.h"
#include "protocol/kaart.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_out.h"

#define DAYS_BOOK 35
#define DAYS_BOOK_MAX 60
#define DAYS_CERT 90
#define DAYS_CERT_MAX 825
#define LIST_MAX 1000

static int64_t
now_s(void)
{
	return (int64_t)time(NULL);
}

/* Tell in time that the book of this region expires. */
static void
warn_expiry(struct ov_cli *cli, const struct ov_region *r)
{
	struct ov_adresboek *last = NULL;
	int64_t left;

	if (ov_region_version(r, 0, NULL, &last, NULL) != OV_OK)
		return;
	left = last->geldig_tot - now_s();
	if (left <= 0)
		(void)fprintf(cli->err,
		    "overstap: warning: version %" PRIu32
		    " has EXPIRED; nobody "
		    "sends until a new version is signed\n",
		    last->versie);
	else if (left <= OV_BOOK_WARN)
		(void)fprintf(cli->err,
		    "overstap: warning: version %" PRIu32 " expires in %" PRId64
		    " days; sign a new one: overstap region sign\n",
		    last->versie, left / 86400);
	ov_adresboek_free(last);
}

int
ov_region_begin(struct ov_cli *cli, const struct ov_args *a,
    struct ov_region *r)
{
	struct ov_err e = {0};

	ov_json_init();
	if (ov_region_open(a->pos[0], r, &e) != OV_OK)
		return ov_cli_err(cli, &e);
	return OV_X_OK;
}

int
ov_region_finish(struct ov_cli *cli, struct ov_region *r, enum ov_rc rc,
    bool save, struct ov_err *e)
{
	bool dropped = save && ov_region_pending(r);

	if (rc == OV_OK && save)
		rc = ov_region_save(r, e);
	if (rc == OV_OK && dropped)
		(void)fprintf(cli->err,
		    "overstap: the version that was being signed is dropped; "
		    "sign again\n");
	if (rc == OV_OK)
		warn_expiry(cli, r);
	ov_region_close(r);
	return rc == OV_OK ? OV_X_OK : ov_cli_err(cli, e);
}

/* ---- create ---- */

static int
run_create(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	const char *admins[OV_BEHEERDERS_MAX + 1];
	struct ov_err e = {0};
	char *own = NULL;
	enum ov_rc rc;
	struct ov_region_new q = {.dir = a->pos[0],
	    .regio = ov_args_text(a, "regio"),
	    .logdomein = ov_args_text(a, "logdomein"),
	    .beheer = admins,
	    .getuigen = (uint32_t)ov_args_number(a, "getuigen", 2),
	    .now = now_s()};

	(void)cmd;
	q.nbeheer = ov_args_words(a, "beheerder", admins, OV_BEHEERDERS_MAX + 1,
	    &own);
	q.drempel = (size_t)ov_args_number(a, "drempel", q.nbeheer > 1 ? 2 : 1);
	if (q.regio == NULL || q.logdomein == NULL || q.nbeheer == 0 ||
	    q.getuigen >= OV_NOTE_SIGS_MAX) {
		free(own);
		return ov_cli_fail(cli, OV_X_USAGE,
		    "region create needs --regio, --logdomein and at least "
		    "one --beheerder");
	}
	rc = ov_region_create(&q, &e);
	free(own);
	if (rc != OV_OK)
		return ov_cli_err(cli, &e);
	if (cli->json)
		return ov_cli_json(cli,
		    json_pack("{s:s,s:s,s:I,s:I}", "dir", q.dir, "regio",
		        q.regio, "beheerders", (json_int_t)q.nbeheer, "drempel",
		        (json_int_t)q.drempel));
	ov_cli_say(cli,
	    "Region %s is made in %s: %zu administrators, %zu must sign.\n\n"
	    "Next: give each administrator his own file beheer/NAME.key (and\n"
	    "remove it here), keep ca.key offline, and add members:\n"
	    "  overstap region add %s --card kaart.txt --csr tls.csr "
	    "--fingerprint ...\n",
	    q.regio, q.dir, q.nbeheer, q.drempel, q.dir);
	return OV_X_OK;
}

/* ---- members ---- */

static enum ov_rc
figures(struct ov_region *r, const struct ov_args *a, const char *option,
    struct ov_err *e)
{
	const char *v;
	enum ov_rc rc = OV_OK;
	size_t i;

	for (i = 0; rc == OV_OK && (v = ov_args_nth(a, option, i)) != NULL; i++)
		rc = ov_region_figure(r, option, v, e);
	return rc;
}

static enum ov_rc
add(struct ov_cli *cli, struct ov_region *r, const struct ov_args *a,
    struct ov_oin *oin, struct ov_buf *cert, struct ov_err *e)
{
	const char *csr = ov_args_text(a, "csr"), *mag[LIST_MAX];
	const char *count = ov_args_text(a, "leerlingen"),
	           *out = ov_args_text(a, "output");
	OV_BUF card = {0}, req = {0};
	struct ov_region_add q = {.typed = ov_args_text(a, "fingerprint"),
	    .mag = mag,
	    .days = (int)ov_args_number(a, "days", DAYS_CERT),
	    .now = now_s()};
	char text[OV_OIN_LEN + 32], *own = NULL;
	enum ov_rc rc;

	if (q.days < 1 || q.days > DAYS_CERT_MAX)
		return ov_fail(e, OV_BADMSG, "--days: 1 to %d", DAYS_CERT_MAX);
	if ((rc = ov_cli_file(ov_args_text(a, "card"), OV_KAART_MAX, &card,
	         e)) != OV_OK ||
	    (csr != NULL && (rc = ov_cli_file(csr, 65536, &req, e)) != OV_OK))
		return rc;
	q.card = (struct ov_view){card.p, card.n};
	q.csr = (struct ov_view){req.p, req.n};
	q.nmag = ov_args_words(a, "mag-naar", mag, LIST_MAX, &own);
	rc = ov_region_add(r, &q, oin, cert, e);
	free(own);
	if (rc == OV_OK && count != NULL) {
		(void)snprintf(text, sizeof(text), "%s=%.10s", oin->s, count);
		rc = ov_region_figure(r, "leerlingen", text, e);
	}
	if (rc == OV_OK)
		rc = figures(r, a, "verwacht", e);
	if (rc == OV_OK && out != NULL && cert->n > 0)
		rc = ov_cli_put(cli, out, cert->p, cert->n, true, e);
	return rc;
}

static int
run_add(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	OV_BUF cert = {0};
	struct ov_err e = {0};
	struct ov_oin oin = {{0}};
	struct ov_region r;
	enum ov_rc rc;
	int x;

	(void)cmd;
	if (ov_args_text(a, "card") == NULL ||
	    ov_args_text(a, "fingerprint") == NULL)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "region add needs --card and --fingerprint, as it was "
		    "read out by the organisation over the telephone");
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	rc = add(cli, &r, a, &oin, &cert, &e);
	if ((x = ov_region_finish(cli, &r, rc, true, &e)) != OV_X_OK)
		return x;
	if (cli->json)
		return ov_cli_json(cli, json_pack("{s:s,s:b}", "oin", oin.s,
		                            "certificaat", cert.n > 0));
	ov_cli_say(cli, "%s is in the next version.\n", oin.s);
	if (ov_args_nth(a, "mag-naar", 0) == NULL)
		ov_cli_say(cli, "Without --mag-naar a new member may send to "
		                "nobody, a known one to whom it could.\n");
	if (cert.n > 0)
		ov_cli_say(cli,
		    "Its certificate is certs/%s.crt: send it back; it goes "
		    "to tls.crt there.\n",
		    oin.s);
	return OV_X_OK;
}

static int
run_remove(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	bool pause = ov_args_flag(a, "suspend"),
	     back = ov_args_flag(a, "resume");
	enum ov_lid_status s = back    ? OV_LID_ACTIEF
	                       : pause ? OV_LID_GESCHORST
	                               : OV_LID_VERTROKKEN;
	struct ov_err e = {0};
	struct ov_region r;
	struct ov_oin oin;
	enum ov_rc rc;
	int x;

	(void)cmd;
	if (pause && back)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "--suspend and --resume exclude each other");
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	if ((rc = ov_region_find(&r, a->pos[1], &oin, &e)) == OV_OK)
		rc = ov_region_status(&r, &oin, s, ov_args_text(a, "withdraw"),
		    now_s(), &e);
	if ((x = ov_region_finish(cli, &r, rc, true, &e)) != OV_X_OK)
		return x;
	if (cli->json)
		return ov_cli_json(cli, json_pack("{s:s,s:s}", "oin", oin.s,
		                            "status", ov_lid_status_name(s)));
	ov_cli_say(cli, "%s is %s in the next version.\n", oin.s,
	    ov_lid_status_name(s));
	return OV_X_OK;
}

/* ---- budgets, epochs, manifests ---- */

static int
show_budget(struct ov_cli *cli, struct ov_region *r)
{
	static const struct ov_col cols[] = {{"client", "client", false},
	    {"domein", "domain", false}, {"dag", "day", true},
	    {"dag_na", "day later", true}, {"dag_tot", "until", false},
	    {"jaar", "year", true}, {NULL, NULL, false}};
	json_t *b = ov_region_budget(r, now_s()), *per, *v, *row;
	struct ov_table t;
	const char *client, *domein;

	if (cli->json)
		return ov_cli_json(cli, b);
	ov_table_begin(&t, cli->out, cols);
	json_object_foreach(b, client, per)
	{
		json_object_foreach(per, domein, v)
		{
			row = json_copy(v);
			(void)json_object_set_new(row, "client",
			    json_string(client));
			(void)json_object_set_new(row, "domein",
			    json_string(domein));
			ov_table_row(&t, row);
			json_decref(row);
		}
	}
	ov_table_end(&t);
	json_decref(b);
	return OV_X_OK;
}

static int
run_budget(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	static const char *const kinds[] = {"leerlingen", "verwacht", "dag",
	    "jaar"};
	struct ov_err e = {0};
	struct ov_region r;
	enum ov_rc rc = OV_OK;
	size_t i;
	int x;

	(void)cmd;
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	for (i = 0; rc == OV_OK && i < 4; i++)
		rc = figures(&r, a, kinds[i], &e);
	if (rc == OV_OK && a->nset > 0)
		rc = ov_region_budget_check(&r, now_s(), &e);
	x = rc == OV_OK ? show_budget(cli, &r) : OV_X_OK;
	i = (size_t)ov_region_finish(cli, &r, rc, a->nset > 0, &e);
	return x != OV_X_OK ? x : (int)i;
}

static int
run_epoch(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	const char *status = ov_args_text(a, "status"),
	           *van = ov_args_text(a, "van");
	struct ov_region_epoch q = {.ep = (uint32_t)ov_args_number(a, "ep", 1),
	    .status = OV_EPOCH_ACTIEF,
	    .houder1 = ov_args_text(a, "houder1"),
	    .houder2 = ov_args_text(a, "houder2"),
	    .now = now_s()};
	struct ov_err e = {0};
	struct ov_region r;
	int x;

	(void)cmd;
	if ((status != NULL && !ov_epoch_status_parse(status, &q.status)) ||
	    (van != NULL &&
	        ov_moment_parse(ov_view_str(van), &q.van) != OV_OK) ||
	    ov_args_number(a, "ep", 1) < 1 ||
	    ov_args_number(a, "ep", 1) > 1000000)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "--status is aangekondigd, actief, uitlopend or "
		    "vernietigd; --van is YYYY-MM-DDThh:mm:ssZ");
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	x = ov_region_finish(cli, &r, ov_region_epoch(&r, &q, &e), true, &e);
	if (x == OV_X_OK && cli->json)
		return ov_cli_json(cli,
		    json_pack("{s:I,s:s}", "ep", (json_int_t)q.ep, "status",
		        ov_epoch_status_name(q.status)));
	if (x == OV_X_OK)
		ov_cli_say(cli,
		    "Epoch %" PRIu32 " is %s in the next version.\n", q.ep,
		    ov_epoch_status_name(q.status));
	return x;
}

static int
run_manifest(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	OV_BUF jws = {0};
	struct ov_err e = {0};
	struct ov_oin houder = {{0}};
	struct ov_region r;
	uint32_t ep = 0;
	enum ov_rc rc;
	int x;

	(void)cmd;
	if (ov_args_text(a, "jws") == NULL)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "region manifest needs --jws");
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	rc = ov_cli_file(ov_args_text(a, "jws"), OV_ANSWER_BIG_MAX, &jws, &e);
	if (rc == OV_OK)
		rc = ov_region_manifest(&r, (struct ov_view){jws.p, jws.n},
		    &houder, &ep, &e);
	x = ov_region_finish(cli, &r, rc, true, &e);
	if (x == OV_X_OK && cli->json)
		return ov_cli_json(cli, json_pack("{s:s,s:I}", "houder",
		                            houder.s, "ep", (json_int_t)ep));
	if (x == OV_X_OK)
		ov_cli_say(cli,
		    "The manifest of %s for epoch %" PRIu32
		    " is in the next version.\n",
		    houder.s, ep);
	return x;
}

/* ---- sign, show, diff ---- */

static void
say_diff(struct ov_cli *cli, const struct ov_adresboek *old,
    const struct ov_adresboek *neu)
{
	OV_BUF b = {0};
	const char *t;

	if (cli->json || ov_adresboek_diff(&b, old, neu, NULL) != OV_OK)
		return;
	t = ov_buf_text(&b);
	ov_cli_say(cli, "%s", t != NULL ? t : "");
}

/* What is in a note file; given. */
static enum ov_rc
book_file(int dir, const char *path, struct ov_adresboek **out,
    struct ov_err *e)
{
	OV_BUF b = {.max = OV_BOOK_MAX + 16384};
	struct ov_note note;
	enum ov_rc rc;

	*out = NULL;
	rc = dir >= 0 ? ov_fs_read(dir, path, b.max, &b, e)
	              : ov_cli_file(path, b.max, &b, e);
	if (rc == OV_OK)
		rc = ov_note_parse(b.p, b.n, &note, e);
	if (rc == OV_OK)
		rc = ov_adresboek_parse(note.text.p, note.text.n, out, e);
	return rc;
}

static void
told_signed(struct ov_cli *cli, struct ov_region *r,
    const struct ov_region_signed *s)
{
	struct ov_adresboek *old = NULL, *neu = NULL;

	if (s->versie > 1)
		(void)(ov_region_version(r, s->versie - 1, NULL, &old, NULL) ==
		       OV_OK);
	if (book_file(r->dir, s->name, &neu, NULL) == OV_OK)
		say_diff(cli, old, neu);
	ov_adresboek_free(old);
	ov_adresboek_free(neu);
	ov_cli_say(cli,
	    "\nversion      %" PRIu32 "\nfingerprint  %s\nsignatures   %zu of "
	    "%zu needed\nfile         %s\n\n%s\n",
	    s->versie, s->vinger, s->have, s->need, s->name,
	    s->complete
	        ? "The version is complete. Send the file to any member; read\n"
	          "the fingerprint to new ones over the telephone."
	        : "Another administrator signs this same file: overstap region "
	          "sign.");
}

static int
run_sign(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	int64_t days = ov_args_number(a, "days", DAYS_BOOK);
	const char *key = ov_args_text(a, "key");
	struct ov_region_signed s = {0};
	uint8_t seed[OV_SEED_LEN];
	struct ov_err e = {0};
	struct ov_region r;
	enum ov_rc rc;
	int x;

	(void)cmd;
	if (key == NULL || days < 1 || days > DAYS_BOOK_MAX)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "region sign needs --key FILE; --days is 1 to %d",
		    DAYS_BOOK_MAX);
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	if ((rc = ov_seed_read(AT_FDCWD, key, seed, &e)) == OV_OK)
		rc = ov_region_sign(&r, seed, now_s(), (int)days, &s, &e);
	sodium_memzero(seed, sizeof(seed));
	if (rc == OV_OK && cli->json)
		x = ov_cli_json(cli,
		    json_pack("{s:I,s:s,s:I,s:I,s:b,s:s}", "versie",
		        (json_int_t)s.versie, "vingerafdruk", s.vinger,
		        "handtekeningen", (json_int_t)s.have, "drempel",
		        (json_int_t)s.need, "compleet", s.complete, "bestand",
		        s.name));
	else if (rc == OV_OK)
		told_signed(cli, &r, &s);
	else
		x = ov_cli_err(cli, &e);
	ov_region_close(&r);
	return x;
}

static void
say_book(struct ov_cli *cli, const struct ov_adresboek *k)
{
	static const struct ov_col cols[] = {{"oin", "OIN", false},
	    {"naam", "name", false}, {"status", "status", false},
	    {"rol", "roles", false}, {"url", "url", false},
	    {NULL, NULL, false}};
	char vinger[OV_VINGER_TEXT], van[OV_MOMENT_SIZE], tot[OV_MOMENT_SIZE];
	struct ov_table t;
	json_t *row, *rol;
	size_t i;

	ov_vinger(vinger, k->sha256);
	ov_moment_fmt(van, k->uitgegeven);
	ov_moment_fmt(tot, k->geldig_tot);
	ov_cli_say(cli,
	    "region       %s\nversion      %" PRIu32 "\nfingerprint  %s\n"
	    "issued       %s\nvalid until  %s\nsignatures   %zu of %zu "
	    "administrators needed\nmembers      %zu\n\n",
	    k->regio, k->versie, vinger, van, tot, k->drempel, k->nbeheer,
	    k->nlid);
	ov_table_begin(&t, cli->out, cols);
	for (i = 0; i < k->nlid; i++) {
		const struct ov_lid *l = &k->lid[i];

		rol = json_array();
		for (int b = 0; b < OV_ROL_N; b++)
			if ((l->rol & OV_ROL_BIT(b)) != 0)
				(void)json_array_append_new(rol,
				    json_string(ov_rol_name((enum ov_rol)b)));
		row = json_pack("{s:s,s:s,s:s,s:o,s:s}", "oin", l->oin.s,
		    "naam", l->naam, "status", ov_lid_status_name(l->status),
		    "rol", rol, "url", l->url);
		if (row != NULL)
			ov_table_row(&t, row);
		json_decref(row);
	}
	ov_table_end(&t);
	ov_region_say_routes(cli, k);
}

static int
json_book(struct ov_cli *cli, const struct ov_adresboek *k)
{
	char vinger[OV_VINGER_TEXT];
	struct ov_err e = {0};
	json_t *j = NULL;

	ov_vinger(vinger, k->sha256);
	if (ov_json_parse(k->text.p, k->text.n - 1, OV_BOOK_MAX, &j, &e) !=
	    OV_OK)
		return ov_cli_err(cli, &e);
	return ov_cli_json(cli,
	    json_pack("{s:s,s:o}", "vingerafdruk", vinger, "adresboek", j));
}

/* A folder: its newest version, or --version; a file: that note. */
static int
run_show(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	int64_t versie = ov_args_number(a, "version", 0);
	struct ov_adresboek *k = NULL;
	struct ov_err e = {0};
	struct ov_region r;
	enum ov_rc rc;
	int x = OV_X_OK;

	(void)cmd;
	ov_json_init();
	if (ov_region_open(a->pos[0], &r, &e) == OV_OK) {
		rc = ov_region_version(&r,
		    versie > UINT32_MAX ? UINT32_MAX : (uint32_t)versie, NULL,
		    &k, &e);
		if (rc == OV_OK)
			warn_expiry(cli, &r);
		ov_region_close(&r);
	} else {
		rc = e.sys == ENOTDIR ? book_file(-1, a->pos[0], &k, &e) : e.rc;
	}
	if (rc != OV_OK)
		return ov_cli_err(cli, &e);
	if (cli->json)
		x = json_book(cli, k);
	else
		say_book(cli, k);
	ov_adresboek_free(k);
	return x;
}

/* The next version against the last signed one. */
static enum ov_rc
next_version(struct ov_region *r, struct ov_adresboek **old,
    struct ov_adresboek **neu, struct ov_err *e)
{
	OV_BUF text = {.max = OV_BOOK_MAX};
	enum ov_rc rc;

	(void)(ov_region_version(r, 0, NULL, old, NULL) == OV_OK);
	if (ov_region_pending(r))
		return book_file(r->dir, "volgende.txt", neu, e);
	rc = ov_region_compose(r, *old, now_s(), DAYS_BOOK, &text, e);
	return rc == OV_OK ? ov_adresboek_parse(text.p, text.n, neu, e) : rc;
}

static int
run_diff(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	struct ov_adresboek *old = NULL, *neu = NULL;
	struct ov_err e = {0};
	struct ov_region r;
	OV_BUF b = {0};
	enum ov_rc rc;
	int x = OV_X_OK;

	(void)cmd;
	ov_json_init();
	if (a->npos == 2) {
		if ((rc = book_file(-1, a->pos[0], &old, &e)) == OV_OK)
			rc = book_file(-1, a->pos[1], &neu, &e);
	} else if ((rc = ov_region_open(a->pos[0], &r, &e)) == OV_OK) {
		rc = next_version(&r, &old, &neu, &e);
		ov_region_close(&r);
	}
	if (rc == OV_OK)
		rc = ov_adresboek_diff(&b, old, neu, &e);
	if (rc != OV_OK)
		x = ov_cli_err(cli, &e);
	else if (cli->json)
		x = ov_cli_json(cli,
		    json_pack("{s:s}", "verschil",
		        ov_buf_text(&b) != NULL ? ov_buf_text(&b) : ""));
	else
		ov_cli_say(cli, "%s",
		    ov_buf_text(&b) != NULL ? ov_buf_text(&b) : "");
	ov_adresboek_free(old);
	ov_adresboek_free(neu);
	return x;
}

/* ---- the table ---- */

#define END                                                                    \
	{                                                                      \
		NULL, OV_OPT_FLAG, NULL, NULL                                  \
	}

static const struct ov_opt opt_create[] = {{"regio", OV_OPT_TEXT, "NAME",
                                               "the region's name, [a-z0-9-]"},
    {"logdomein", OV_OPT_TEXT, "DOMAIN", "first part of log and key names"},
    {"drempel", OV_OPT_NUMBER, "N", "administrators who must sign (2)"},
    {"beheerder", OV_OPT_LIST, "NAME", "an administrator; repeat"},
    {"getuigen", OV_OPT_NUMBER, "N", "witnesses a log needs at least (2)"},
    END};
static const struct ov_opt opt_add[] = {{"card", OV_OPT_TEXT, "FILE",
                                            "the enrolment card, kaart.txt"},
    {"fingerprint", OV_OPT_TEXT, "TYPED", "what was read out: 26 characters"},
    {"csr", OV_OPT_TEXT, "FILE", "certificate request, tls.csr"},
    {"mag-naar", OV_OPT_LIST, "OIN|alle", "whom it may send to; repeat"},
    {"verwacht", OV_OPT_LIST, "FROM:TO=N", "transfers expected in a year"},
    {"leerlingen", OV_OPT_NUMBER, "N", "its pupils at the last count"},
    {"days", OV_OPT_NUMBER, "N", "validity of the certificate (90)"},
    {"output", OV_OPT_TEXT, "FILE", "write the certificate here too; -o"}, END};
static const struct ov_opt opt_remove[] = {{"suspend", OV_OPT_FLAG, NULL,
                                               "geschorst: out for now"},
    {"resume", OV_OPT_FLAG, NULL, "actief again"},
    {"withdraw", OV_OPT_TEXT, "REASON", "its identity key counts no more"},
    END};
static const struct ov_opt opt_budget[] = {{"leerlingen", OV_OPT_LIST,
                                               "MEMBER=N",
                                               "pupils at the last count"},
    {"verwacht", OV_OPT_LIST, "FROM:TO=N", "transfers expected in a year"},
    {"dag", OV_OPT_LIST, "FROM:TO=N", "state the cap per day"},
    {"jaar", OV_OPT_LIST, "FROM:TO=N", "state the budget per school year"},
    END};
static const struct ov_opt opt_epoch[] = {{"ep", OV_OPT_NUMBER, "N",
                                              "number of the epoch (1)"},
    {"status", OV_OPT_TEXT, "STATUS",
        "aangekondigd, actief, uitlopend, vernietigd"},
    {"van", OV_OPT_TEXT, "MOMENT", "start, YYYY-MM-DDThh:mm:ssZ (now)"},
    {"houder1", OV_OPT_TEXT, "MEMBER", "holder of share 1"},
    {"houder2", OV_OPT_TEXT, "MEMBER", "holder of share 2"}, END};
static const struct ov_opt opt_manifest[] =
    {{"jws", OV_OPT_TEXT, "FILE", "what overstap holder publish wrote"}, END};
static const struct ov_opt opt_sign[] = {{"key", OV_OPT_TEXT, "FILE",
                                             "the administrator's key"},
    {"days", OV_OPT_NUMBER, "N", "how long it is valid, at most 60 (35)"}, END};
static const struct ov_opt opt_show[] = {{"version", OV_OPT_NUMBER, "N",
                                             "another than the newest"},
    END};

const struct ov_cmd ov_cmds_region[] =
    {{"region", "create", "DIR", 1, 1, "Make a region: keys, CA, empty state",
         opt_create, run_create, NULL, false},
        {"region", "add", "DIR", 1, 1,
            "Take an organisation in, against the fingerprint read out",
            opt_add, run_add, NULL, false},
        {"region", "remove", "DIR MEMBER", 2, 2,
            "Let a member leave, or suspend it", opt_remove, run_remove, NULL,
            false},
        {"region", "budget", "DIR", 1, 1,
            "Set what budgets follow from, and show them", opt_budget,
            run_budget, NULL, false},
        {"region", "epoch", "DIR", 1, 1, "Set an epoch and its two holders",
            opt_epoch, run_epoch, NULL, false},
        {"region", "manifest", "DIR", 1, 1, "Take in a holder's key manifest",
            opt_manifest, run_manifest, NULL, false},
        {"region", "sign", "DIR", 1, 1, "Sign the next version of the book",
            opt_sign, run_sign, NULL, false},
        {"region", "show", "DIR|FILE", 1, 1, "Show a version of the book",
            opt_show, run_show, NULL, false},
        {"region", "diff", "DIR | OLD NEW", 1, 2,
            "Show what the next version changes, or two files", NULL, run_diff,
            NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
