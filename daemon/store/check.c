/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/check.c - the doctor: one line for each thing that can be
 * wrong, and what to do about it.  English: administrators read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/fs.h"
#include "daemon/store/contact.h"
#include "daemon/store/ctl.h"
#include "daemon/store/netc.h"
#include "daemon/store/stranger.h"
#include "daemon/store/pseudo.h"

#define DAY 86400
#define CERT_WARN 21 /* days */
#define SPACE_WARN ((uint64_t)2 << 30)
#define SPACE_BAD ((uint64_t)256 << 20)
#define SKEW_WARN 60
#define SKEW_BAD OV_KLOK_SPELING_S
#define WAIT_WARN ((int64_t)7 * DAY)

enum staat { GOED, LET_OP, FOUT };

struct check {
	bool net;
	size_t next, under_way; /* members of the book */
	uint32_t versie;
	int64_t clocks, apart; /* partners whose clock was seen; largest s */
	int64_t n[3];
};

static const char *const woord[] = {"goed", "let-op", "fout"};

static void line(struct ov_ctl *c, enum staat s, const char *punt,
    const char *doe, const char *fmt, ...) OV_PRINTF(5, 6);

static void
line(struct ov_ctl *c, enum staat s, const char *punt, const char *doe,
    const char *fmt, ...)
{
	struct check *k = c->state;
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k->n[s]++;
	ov_ctl_row(c,
	    json_pack("{s:s,s:s,s:s,s:s}", "punt", punt, "staat", woord[s],
	        "tekst", text, "doe", s == GOED ? "" : doe));
}

static const char *
name_of(const struct ov_ctl *c, const char *oin)
{
	const struct ov_lid *l = NULL;
	struct ov_oin o;

	if (c->st->boek != NULL && ov_oin_parse(ov_view_str(oin), &o) == OV_OK)
		l = ov_book_oin(c->st->boek, &o);
	return l != NULL ? l->naam : oin;
}

/* ---- this machine ---- */

static void
check_config(struct ov_ctl *c)
{
	const struct ov_daemon_conf *f = c->st->env.conf;
	const struct ov_lid *self;

	if (c->st->boek == NULL) {
		line(c, FOUT, "region",
		    "get the region's address book and its fingerprint, then: "
		    "overstap join",
		    "no address book yet");
		return;
	}
	self = ov_book_oin(c->st->boek, &c->st->self);
	if (strcmp(f->regio, c->st->boek->regio) != 0)
		line(c, FOUT, "configuration", "set regio in overstap.conf",
		    "regio is %s, the address book is of %s", f->regio,
		    c->st->boek->regio);
	else if (self == NULL)
		line(c, FOUT, "configuration",
		    "send your card to the region's administrators",
		    "our OIN is not in address book %" PRIu32,
		    c->st->boek->versie);
	else if (memcmp(self->id, c->st->keys.id_pk, 32) != 0)
		line(c, FOUT, "configuration",
		    "put back the identity key, or enrol again",
		    "the address book has another identity key for us");
	else if (f->url != NULL && strcmp(f->url, self->url) != 0)
		line(c, LET_OP, "configuration",
		    "tell the region's administrators, or correct url",
		    "url differs from the address book's");
	else
		line(c, GOED, "configuration", "",
		    "%s, %s, roles as in the book", f->naam, f->regio);
}

static void
check_perm(struct ov_ctl *c, const char *punt, const char *path, mode_t bad)
{
	struct stat s;

	if (stat(path, &s) < 0)
		line(c, FOUT, punt, "restore it, or correct overstap.conf",
		    "%s: %s", path, strerror(errno));
	else if (s.st_mode & bad)
		line(c, FOUT, punt, "chmod go-rwx it", "%s is mode %04o", path,
		    (unsigned)(s.st_mode & 07777));
	else
		line(c, GOED, punt, "", "%s is private", path);
}

static void
check_space(struct ov_ctl *c)
{
	OV_CLOSE int dir = -1;
	struct ov_err e = {0};
	uint64_t n;

	if (ov_fs_opendir(AT_FDCWD, c->st->env.state, &dir, &e) != OV_OK ||
	    ov_fs_space(dir, &n, &e) != OV_OK)
		line(c, FOUT, "disk space", "look at the file system", "%s",
		    e.msg);
	else
		line(c,
		    n < SPACE_BAD    ? FOUT
		    : n < SPACE_WARN ? LET_OP
		                     : GOED,
		    "disk space", "make room: a full disk refuses messages",
		    "%" PRIu64 " MiB free", n >> 20);
}

static void
check_db(struct ov_ctl *c)
{
	struct ov_err e = {0};

	if (ov_db_integrity(c->st->ro, true, &e) != OV_OK)
		line(c, FOUT, "database",
		    "stop, keep a copy, restore the backup: docs/store.md",
		    "%s", e.msg);
	else
		line(c, GOED, "database", "", "quick_check is ok");
	if (c->st->stop_signing)
		line(c, FOUT, "log",
		    "stop, keep a copy of the disk, call support",
		    "log and file disagree; nothing is signed");
	else
		line(c, GOED, "log", "", "%" PRIu64 " leaves",
		    c->st->log.was.size);
}

/* Days until the first certificate of the file ends. */
static bool
cert_days(const char *path, int *days)
{
	FILE *f = fopen(path, "re");
	X509 *x;
	int secs = 0;
	bool good = false;

	if (f == NULL)
		return false;
	x = PEM_read_X509(f, NULL, NULL, NULL);
	(void)fclose(f);
	if (x == NULL)
		return false;
	if (ASN1_TIME_diff(days, &secs, NULL, X509_get0_notAfter(x)) == 1) {
		good = true;
		if (*days == 0 && secs < 0)
			*days = -1;
	}
	X509_free(x);
	return good;
}

static void
check_cert(struct ov_ctl *c)
{
	static const char doe[] = "overstap region add --csr issues a new one";
	int days = 0;

	if (!cert_days(c->st->env.conf->tls_cert, &days))
		line(c, FOUT, "certificate", doe, "%s cannot be read",
		    c->st->env.conf->tls_cert);
	else if (days < 0)
		line(c, FOUT, "certificate", doe, "expired");
	else
		line(c, days < CERT_WARN ? LET_OP : GOED, "certificate", doe,
		    "%d days left", days);
}

static void
check_book(struct ov_ctl *c)
{
	const struct ov_adresboek *b = c->st->boek;
	int64_t left = (b->geldig_tot - ov_now(c->st)) / DAY;
	static const char doe[] =
	    "ask the region's administrators for a new version";

	switch (ov_book_age(b, ov_now(c->st))) {
	case OV_BOOK_VALID:
		line(c, left < OV_BOOK_WARN / DAY ? LET_OP : GOED,
		    "address book", doe,
		    "version %" PRIu32 ", %" PRId64 " days left", b->versie,
		    left);
		return;
	case OV_BOOK_GRACE:
		line(c, FOUT, "address book", doe,
		    "version %" PRIu32 " expired: we receive, nothing is sent",
		    b->versie);
		return;
	case OV_BOOK_OVER:
		break;
	}
	line(c, FOUT, "address book", doe,
	    "version %" PRIu32 " expired long ago: nothing works", b->versie);
}

/* ---- work that waits ---- */

static void
check_count(struct ov_ctl *c, enum staat bad, const char *punt, const char *doe,
    const char *what, enum ov_rc rc, int64_t n, const struct ov_err *e)
{
	if (rc != OV_OK)
		line(c, FOUT, punt, "look in the journal", "%s", e->msg);
	else
		line(c, n > 0 ? bad : GOED, punt, doe, "%" PRId64 " %s", n,
		    what);
}

/* Notices for a gemeente that no member serves, and those that found one. */
static void
check_geen(struct ov_ctl *c)
{
	struct ov_err e = {0};
	int64_t n = 0, found = 0;
	enum ov_rc rc;

	rc = ov_db_int(c->st->db, &n, 0, &e,
	    "SELECT count(*) FROM uitgaand WHERE stand='GEEN-ONTVANGER'", "");
	if (rc == OV_OK)
		rc = ov_db_int(c->st->db, &found, 0, &e,
		    "SELECT count(*) FROM uitgaand WHERE gevonden>?1", "i",
		    ov_now(c->st) - 30 * DAY);
	if (rc != OV_OK)
		line(c, FOUT, "no receiver", "look in the journal", "%s",
		    e.msg);
	else
		line(c, n > 0 ? LET_OP : GOED, "no receiver",
		    "overstap export TYPE --geen-ontvanger, send it as before, "
		    "and ask the region to add the gemeente",
		    "%" PRId64 " notices whose gemeente nobody serves; %" PRId64
		    " found a receiver in the last 30 days",
		    n, found);
}

static void
check_outbox(struct ov_ctl *c)
{
	struct ov_err e = {0};
	int64_t n = 0, now = ov_now(c->st);
	enum ov_rc rc;

	rc = ov_db_int(c->st->db, &n, 0, &e,
	    "SELECT count(*) FROM uitgaand u WHERE stand='VERLOPEN' AND NOT"
	    " EXISTS (SELECT 1 FROM uitgaand v WHERE v.vervangt=u.jti)",
	    "");
	check_count(c, LET_OP, "expired messages",
	    "overstap outbox renew --all", "expired and not renewed", rc, n,
	    &e);
	rc = ov_db_int(c->st->db, &n, 0, &e,
	    "SELECT count(*) FROM uitgaand WHERE stand='GEWEIGERD'"
	    " AND opgesteld>?1",
	    "i", now - 30 * DAY);
	check_count(c, LET_OP, "refused messages",
	    "overstap outbox list --state GEWEIGERD",
	    "refused in the last 30 days", rc, n, &e);
	check_geen(c);
	rc = ov_contact_ending(c->st, &n, &e);
	check_count(c, LET_OP, "contact persons",
	    "overstap contacts add the successor, contacts remove who left",
	    "types whose contact ends within 30 days", rc, n, &e);
	rc = ov_db_int(c->st->db, &n, 0, &e,
	    "SELECT count(*) FROM contact_gestuit", "");
	check_count(c, LET_OP, "contacts of partners",
	    "call the partner: it is to publish who answers now",
	    "contacts of partners that did not answer", rc, n, &e);
	rc = ov_db_int(c->st->db, &n, 0, &e,
	    "SELECT count(*) FROM leerling WHERE stand='geblokkeerd' OR"
	    " stand='wacht' AND geladen<?1",
	    "i", now - WAIT_WARN);
	check_count(c, LET_OP, "pseudonyms",
	    "look at the budgets below, ask the region for more",
	    "blocked, or waiting for more than 7 days", rc, n, &e);
	rc = ov_db_int(c->st->db, &n, 0, &e, "SELECT count(*) FROM terzijde",
	    "");
	check_count(c, FOUT, "set aside",
	    "restore these records from a backup: docs/store.md",
	    "records that cannot be read", rc, n, &e);
}

static const char *
alarm_doe(const char *soort)
{
	static const char *const doe[][2] = {
	    {"evaluaties-boven-verwachting",
	        "ask their contact whether they loaded pupils; if not, their "
	        "keys are used by another: have the region take them out"},
	    {"budget-dag-bijna-op", "ask their contact whether this is theirs"},
	    {"budget-jaar-bijna-op",
	        "ask their contact whether this is theirs; the region's "
	        "administrators can raise the budget"},
	    {"eigen-evaluaties-boven-verwachting",
	        "did you load or import many pupils? if not, tell the region's "
	        "administrators at once: somebody may use your keys"},
	    {"eigen-budget-dag-bijna-op",
	        "nothing, when you loaded pupils: the rest follows tomorrow"},
	    {"eigen-budget-jaar-bijna-op",
	        "ask the region's administrators for a larger budget"},
	    {"koppeling-ongedaan",
	        "a link was undone: judge within 72 hours whether it is a "
	        "breach; overstap worklist has the facts"},
	    {"gebruik-verschilt",
	        "unless you restored a backup in the last four weeks somebody "
	        "asks pseudonyms in your name: tell the region's "
	        "administrators at once, and renew your keys"},
	};

	for (size_t i = 0; i < sizeof(doe) / sizeof(doe[0]); i++)
		if (strcmp(doe[i][0], soort) == 0)
			return doe[i][1];
	return "look in the journal for event=alarm, tell the partner";
}

static void
check_alarms(struct ov_ctl *c)
{
	struct ov_err e = {0};
	struct {
		char soort[64];
		int64_t partner, aantal;
	} a[16];
	sqlite3_stmt *q;
	size_t n = 0;
	struct ov_oin oin;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT soort,partner,aantal FROM melding WHERE tijd>?1"
	    " ORDER BY tijd DESC LIMIT 16",
	    "i", ov_now(c->st) - 30 * DAY);
	while (rc == OV_OK && n < 16 &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row) {
		(void)snprintf(a[n].soort, sizeof(a[n].soort), "%s",
		    ov_db_text(q, 0));
		a[n].partner = ov_db_i64(q, 1);
		a[n++].aantal = ov_db_i64(q, 2);
	}
	ov_db_done(c->st->db, q);
	if (rc != OV_OK)
		line(c, FOUT, "alarms", "look in the journal", "%s", e.msg);
	else if (n == 0)
		line(c, GOED, "alarms", "", "none in the last 30 days");
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if (a[i].partner == 0 ||
		    ov_partner_oin(c->st, a[i].partner, &oin, &e) != OV_OK)
			memset(&oin, 0, sizeof(oin));
		line(c, LET_OP, "alarms", alarm_doe(a[i].soort),
		    "%s%s%s (%" PRId64 " times)", a[i].soort,
		    oin.s[0] != '\0' ? " " : "",
		    oin.s[0] != '\0' ? name_of(c, oin.s) : "", a[i].aantal);
	}
}

/* One line a reason for the certificates that were refused in the last day: a
 * partner whose own is wrong keeps trying.  Who does not even shake hands is
 * the noise of the internet. */
static void
check_strangers(struct ov_ctl *c)
{
	static const struct {
		enum ov_vreemd why;
		const char *what, *doe;
	} kind[] = {
	    {OV_VREEMD_GEEN_LID, "keys of no member",
	        "a partner with a new key asks the region to enrol it; others: "
	        "block the source"},
	    {OV_VREEMD_INGETROKKEN, "members suspended or gone",
	        "ask the region's administrators; if it is right, block the "
	        "source"},
	    {OV_VREEMD_VERLOPEN, "certificates expired or not valid yet",
	        "tell this partner: region add --csr issues a new certificate"},
	    {OV_VREEMD_NAAM, "certificates with another's OIN",
	        "tell this partner: its certificate is not its own"},
	    {OV_VREEMD_KETEN, "certificates of another CA",
	        "tell this partner: region add --csr issues the right one"},
	};
	struct ov_stranger r[OV_STRANGERS_MAX];
	size_t n = ov_stranger_rows(c->st, r, OV_STRANGERS_MAX), newest, at;
	char source[OV_ADDR_TEXT];
	uint64_t times, all = 0;

	for (size_t k = 0; k < sizeof(kind) / sizeof(*kind); k++) {
		newest = OV_STRANGERS_MAX;
		times = 0;
		for (at = n; at-- > 0;)
			if (r[at].why == kind[k].why &&
			    r[at].last > ov_now(c->st) - DAY) {
				newest = at;
				times += r[at].n;
			}
		if (times == 0)
			continue;
		all += times;
		ov_addr_fmt(source, r[newest].source);
		line(c, LET_OP, "strangers", kind[k].doe,
		    "%s: refused %" PRIu64 " time%s, newest from %s%s%s",
		    kind[k].what, times, times == 1 ? "" : "s", source,
		    r[newest].oin.s[0] != '\0' ? ", key of " : "",
		    r[newest].oin.s[0] != '\0' ? name_of(c, r[newest].oin.s)
		                               : "");
	}
	if (all == 0)
		line(c, GOED, "strangers", "",
		    "no certificate refused in the last day; %" PRIu64
		    " handshakes since start",
		    c->st->n.handshakes_refused);
}

static void
check_tables(struct ov_ctl *c)
{
	const struct ov_store *st = c->st;

	if (st->tabel_fout != NULL)
		line(c, FOUT, "tables",
		    "mend that file and start again; until then the tables "
		    "that were last good are in force",
		    "%s", st->tabel_fout);
	else
		line(c, GOED, "tables", "", "%zu of the region's own",
		    st->tabel_eigen);
}

/* What is left of our budgets, per domain: the book's caps, what we asked and
 * what the holders said. */
static void
check_budgets(struct ov_ctl *c)
{
	const struct ov_adresboek *b = c->st->boek;
	const struct ov_book_epoch *p = b != NULL ? ov_book_epoch_active(b,
	                                                ov_now(c->st))
	                                          : NULL;
	struct ov_err e = {0};
	uint64_t today, year;

	for (size_t i = 0; p != NULL && i < b->nbudget; i++) {
		const struct ov_book_budget *g = &b->budget[i];

		if (!ov_oin_eq(&g->client, &c->st->self))
			continue;
		if (ov_budget_room(c->st, g, p->ep, &today, &year, &e) != OV_OK)
			line(c, FOUT, "budgets", "look in the journal", "%s",
			    e.msg);
		else
			line(c, today == 0 ? LET_OP : GOED, "budgets",
			    year == 0
			        ? "used up until 1 August: ask the region's "
			          "administrators for more (region budget)"
			        : "goes on by itself after midnight UTC; for "
			          "more a day, ask the region's administrators",
			    "for %s: %" PRIu64 " left today, %" PRIu64
			    " this school year",
			    name_of(c, g->domein.s), today, year);
	}
}

/* ---- partners ---- */

struct probe {
	uint64_t serial;
	struct ov_oin oin;
};

static void
partner_line(struct ov_ctl *c, const struct ov_lid *l)
{
	const struct ov_peer_seen *s = ov_peer_seen(c->st, &l->oin);
	struct check *k = c->state;
	struct ov_err e = {0};
	int64_t heard = 0;
	char moment[OV_MOMENT_SIZE] = "never";

	if (ov_db_int(c->st->db, &heard, 0, &e,
	        "SELECT gehoord FROM partner WHERE oin=?1", "t",
	        l->oin.s) == OV_OK &&
	    heard != 0)
		ov_moment_fmt(moment, heard);
	if (s == NULL || s->status == 0)
		line(c, FOUT, "partner",
		    "look at DNS, firewall, both certificates and both clocks",
		    "%s: no answer (%s); last request of theirs %s", l->naam,
		    s != NULL && s->fault[0] != '\0' ? s->fault : "not asked",
		    moment);
	else if (s->status != 200)
		line(c, FOUT, "partner",
		    "they refuse us: look at our certificate, compare the "
		    "address books",
		    "%s: HTTP %u; last request of theirs %s", l->naam,
		    (unsigned)s->status, moment);
	else
		line(c, s->adresboek != c->st->boek->versie ? LET_OP : GOED,
		    "partner", "wait some minutes: books travel by themselves",
		    "%s: %u ms, address book %" PRIu32
		    "; last request of theirs %s",
		    l->naam, s->rtt_us / 1000, s->adresboek, moment);
	if (s != NULL && s->status != 0) {
		k->clocks++;
		if (llabs(s->skew) > k->apart)
			k->apart = llabs(s->skew);
	}
	if (s != NULL && s->status != 0 &&
	    (s->skew > SKEW_WARN || s->skew < -SKEW_WARN))
		line(c,
		    s->skew > SKEW_BAD || s->skew < -SKEW_BAD ? FOUT : LET_OP,
		    "clock",
		    "look at NTP here and there; where a clock was set back: "
		    "overstap outbox retry --all",
		    "%s: its clock differs %" PRId64 " s", l->naam, s->skew);
}

static void
asked(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct probe *p = arg;
	struct ov_ctl *c = ov_ctl_find(st, p->serial);
	const struct ov_lid *l;
	struct check *k;

	(void)r; /* netc remembered it */
	if (c != NULL) {
		k = c->state;
		l = st->boek != NULL ? ov_book_oin(st->boek, &p->oin) : NULL;
		if (l != NULL)
			partner_line(c, l);
		k->under_way--;
		ov_ctl_wake(c);
	}
	free(p);
}

static void
ask(struct ov_ctl *c, const struct ov_lid *l)
{
	struct ov_fetch f = {.path = "/v1/status", .timeout_ms = 5000};
	struct probe *p = calloc(1, sizeof(*p));
	struct check *k = c->state;
	struct ov_err e = {0};

	if (p == NULL)
		return;
	p->serial = c->serial;
	p->oin = l->oin;
	if (ov_fetch(c->st, l, &f, true, asked, p, &e) == OV_OK) {
		k->under_way++;
		return;
	}
	free(p);
	line(c, FOUT, "partner", "look whether overstapd-net runs", "%s: %s",
	    l->naam, e.msg);
}

/* ---- the command ---- */

static void
check_local(struct ov_ctl *c)
{
	const struct ov_daemon_conf *f = c->st->env.conf;

	check_config(c);
	check_perm(c, "state", c->st->env.state, 077);
	/* Under systemd they are in a safe, or root's: not ours to see. */
	if (getenv("STATE_DIRECTORY") == NULL ||
	    access(f->credentials, F_OK) == 0)
		check_perm(c, "credentials", f->credentials, 077);
	check_space(c);
	check_db(c);
	check_cert(c);
	if (c->st->boek != NULL)
		check_book(c);
	check_outbox(c);
	check_tables(c);
	check_alarms(c);
	check_strangers(c);
	check_budgets(c);
}

static void
check_start(struct ov_ctl *c)
{
	struct check *k = c->state;

	k->net = ov_ctl_flag(c, "net");
	if (!ov_ctl_args(c))
		return;
	k->versie = c->st->boek != NULL ? c->st->boek->versie : 0;
	check_local(c);
}

static void
check_step(struct ov_ctl *c)
{
	const struct ov_adresboek *b = c->st->boek;
	struct check *k = c->state;

	if (k->net && b != NULL && k->versie == b->versie) {
		for (; k->next < b->nlid && k->under_way < 32; k->next++)
			if (!ov_oin_eq(&b->lid[k->next].oin, &c->st->self) &&
			    b->lid[k->next].status == OV_LID_ACTIEF)
				ask(c, &b->lid[k->next]);
	}
	if (k->under_way > 0)
		c->waiting = true;
	else {
		if (k->clocks > 0 && k->apart <= SKEW_WARN)
			line(c, GOED, "clock", "",
			    "within %" PRId64 " s of %" PRId64 " partners",
			    k->apart, k->clocks);
		ov_ctl_end(c,
		    json_pack("{s:I,s:I,s:I}", "goed", (json_int_t)k->n[GOED],
		        "let_op", (json_int_t)k->n[LET_OP], "fout",
		        (json_int_t)k->n[FOUT]));
	}
}

const struct ov_ctl_cmd ov_ctl_check[] = {
    {.name = "check",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct check),
        .start = check_start,
        .step = check_step},
    {0},
};
