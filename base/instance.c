/* SPDX-License-Identifier: EUPL-1.2 */
/* base/instance.c - read overstap.conf into the form the roles use: paths made
 * complete, lists taken apart, every value checked.
 */
#include "base/instance.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/fs.h"

/* The file as base/conf.h reads it. */
struct raw {
	char *oin, *regio, *naam, *logdomein;
	char *rol, *brin, *gemeenten, *url, *listen;
	char *state, *run, *credentials, *spool, *tables, *accounts, *tls_cert;
	bool houder;
	int64_t plafond_dag, plafond_jaar, rate, burst;
	char *log_level, *users;
	/* For messages: where the values came from. */
	const char *name;
	const void *text;
	size_t n;
};

#define ROW(k, t, m, d, lo, hi)                                                \
	{                                                                      \
		k, OV_CONF_##t, offsetof(struct raw, m), d, lo, hi             \
	}

static const struct ov_conf_key table[] = {
    ROW("oin", STR, oin, NULL, 0, 0),
    ROW("regio", STR, regio, NULL, 0, 0),
    ROW("naam", STR, naam, NULL, 0, 0),
    ROW("logdomein", STR, logdomein, NULL, 0, 0),
    ROW("rol", STR, rol, "", 0, 0),
    ROW("brin", STR, brin, "", 0, 0),
    ROW("gemeenten", STR, gemeenten, "", 0, 0),
    ROW("url", STR, url, "", 0, 0),
    ROW("listen", STR, listen, "", 0, 0),
    ROW("state", STR, state, "state", 0, 0),
    ROW("run", STR, run, "run", 0, 0),
    ROW("credentials", STR, credentials, "credentials", 0, 0),
    ROW("spool", STR, spool, "", 0, 0),
    ROW("tables", STR, tables, "", 0, 0),
    ROW("accounts", STR, accounts, "", 0, 0),
    ROW("tls-cert", STR, tls_cert, "tls.crt", 0, 0),
    ROW("houder", BOOL, houder, "no", 0, 0),
    ROW("plafond-dag", INT, plafond_dag, "50000", 1, 10000000),
    ROW("plafond-jaar", INT, plafond_jaar, "250000", 1, 100000000),
    ROW("rate", INT, rate, "200", 1, 100000),
    ROW("burst", INT, burst, "1000", 1, 100000),
    ROW("log-level", STR, log_level, "info", 0, 0),
    ROW("users", STR, users, "", 0, 0),
    {NULL, OV_CONF_STR, 0, NULL, 0, 0},
};

static bool
digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* Only characters of "set", at least one and at most max. */
static bool
made_of(const char *s, const char *set, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && strspn(s, set) == n;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool
slug_ok(const char *s)
{
	return made_of(s, LOWER DIGIT "-", 32);
}

static bool
brin_ok(const char *s)
{
	size_t n = strlen(s);

	if ((n != 4 && n != 7) || !digits(s, 2))
		return false;
	if (strspn(s + 2, UPPER) < 2)
		return false;
	return n == 4 || (s[4] == '/' && digits(s + 5, 2));
}

static bool
gemeente_ok(const char *s)
{
	return strlen(s) == 4 && digits(s, 4);
}

static bool
listen_ok(const char *s)
{
	char host[64], port[6];

	return ov_daemon_listen_split(s, host, sizeof(host), port, NULL) ==
	       OV_OK;
}

static bool
user_ok(const char *s)
{
	return made_of(s, LOWER UPPER DIGIT "_.-$", 64) && s[0] != '-';
}

/* Say which line has the wrong value, and what is wrong with it. */
static enum ov_rc
wrong(const struct raw *r, const char *key, const char *what, struct ov_err *e)
{
	return ov_fail(e, OV_BADMSG, "%s:%zu: %s %s", r->name,
	    ov_conf_line(r->text, r->n, key), key, what);
}

/* Take a list apart; every word must pass. */
static enum ov_rc
words(const struct raw *r, struct ov_words *out, const char *key,
    const char *text, size_t max, bool (*ok)(const char *), struct ov_err *e)
{
	static const char sep[] = ", \t";
	const char *p = text == NULL ? "" : text;
	char what[48];
	size_t n;

	out->v = calloc(max, sizeof(*out->v));
	if (out->v == NULL)
		return ov_fail_sys(e, "memory for %s", key);
	for (p += strspn(p, sep); *p != '\0'; p += strspn(p, sep)) {
		n = strcspn(p, sep);
		(void)snprintf(what, sizeof(what),
		    out->n == max ? "has more than %zu"
		                  : "has a wrong word %zu",
		    out->n == max ? max : out->n + 1);
		if (out->n == max)
			return wrong(r, key, what, e);
		out->v[out->n] = strndup(p, n);
		if (out->v[out->n] == NULL)
			return ov_fail_sys(e, "memory for %s", key);
		out->n++;
		if (!ok(out->v[out->n - 1]))
			return wrong(r, key, what, e);
		p += n;
	}
	return OV_OK;
}

/* The complete path, or NULL for an absent one. */
static enum ov_rc
complete(char **out, const char *base, const char *path, struct ov_err *e)
{
	int n;

	*out = NULL;
	if (path == NULL)
		return OV_OK;
	if (path[0] == '/')
		n = asprintf(out, "%s", path);
	else
		n = asprintf(out, "%s/%s", base, path);
	if (n < 0) {
		*out = NULL;
		return ov_fail_sys(e, "memory for a path");
	}
	return OV_OK;
}

static enum ov_rc
level(const struct raw *r, enum ov_level *out, struct ov_err *e)
{
	static const struct {
		const char *name;
		enum ov_level l;
	} names[] = {{"error", OV_LOG_ERROR}, {"warn", OV_LOG_WARN},
	    {"info", OV_LOG_INFO}, {"debug", OV_LOG_DEBUG}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(r->log_level, names[i].name) == 0) {
			*out = names[i].l;
			return OV_OK;
		}
	}
	return wrong(r, "log-level", "is not error, warn, info or debug", e);
}

/* The values that need no memory of their own, and names that go into signed
 * texts: those are checked most strictly. */
static enum ov_rc
identity(struct raw *r, struct ov_daemon_conf *out, struct ov_err *e)
{
	if (strlen(r->oin) != 20 || !made_of(r->oin, UPPER DIGIT, 20))
		return wrong(r, "oin", "is not 20 digits or capitals", e);
	memcpy(out->oin, r->oin, sizeof(out->oin));
	if (!slug_ok(r->regio))
		return wrong(r, "regio", "is not 1 to 32 of a-z, 0-9, -", e);
	if (!made_of(r->logdomein, LOWER DIGIT ".-", 128))
		return wrong(r, "logdomein", "is not a domain name", e);
	if (r->url != NULL &&
	    (strncmp(r->url, "https://", 8) != 0 ||
	        !made_of(r->url + 8, LOWER DIGIT ".-:[]", 255)))
		return wrong(r, "url",
		    "is not https://host[:port] in lower case", e);
	out->houder = r->houder;
	out->plafond_dag = r->plafond_dag;
	out->plafond_jaar = r->plafond_jaar;
	out->rate = r->rate;
	out->burst = r->burst;
	return level(r, &out->log_level, e);
}

/* Move a string out of the raw file, so that freeing the rest leaves it. */
static char *
take(char **p)
{
	char *s = *p;

	*p = NULL;
	return s;
}

static enum ov_rc
lists(const struct raw *r, struct ov_daemon_conf *out, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = words(r, &out->rol, "rol", r->rol, OV_CONF_ROLES_MAX, slug_ok,
	         e)) != OV_OK ||
	    (rc = words(r, &out->brin, "brin", r->brin, OV_CONF_BRIN_MAX,
	         brin_ok, e)) != OV_OK ||
	    (rc = words(r, &out->gemeenten, "gemeenten", r->gemeenten,
	         OV_CONF_GEMEENTEN_MAX, gemeente_ok, e)) != OV_OK ||
	    (rc = words(r, &out->listen, "listen", r->listen,
	         OV_CONF_LISTEN_MAX, listen_ok, e)) != OV_OK)
		return rc;
	return words(r, &out->users, "users", r->users, OV_CONF_USERS_MAX,
	    user_ok, e);
}

static enum ov_rc
paths(const struct raw *r, const char *base, struct ov_daemon_conf *out,
    struct ov_err *e)
{
	/* Under systemd each role has a folder of its own. */
	const char *own = getenv("STATE_DIRECTORY");
	enum ov_rc rc;

	if ((rc = complete(&out->state, base, own != NULL ? own : r->state,
	         e)) != OV_OK ||
	    (rc = complete(&out->run, base, r->run, e)) != OV_OK ||
	    (rc = complete(&out->credentials, base, r->credentials, e)) !=
	        OV_OK ||
	    (rc = complete(&out->spool, base, r->spool, e)) != OV_OK ||
	    (rc = complete(&out->tables, base, r->tables, e)) != OV_OK ||
	    (rc = complete(&out->accounts, base, r->accounts, e)) != OV_OK)
		return rc;
	return complete(&out->tls_cert, base, r->tls_cert, e);
}

enum ov_rc
ov_daemon_conf_parse(const char *name, const char *base, const void *text,
    size_t n, struct ov_daemon_conf *out, struct ov_err *e)
{
	struct raw r;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	memset(&r, 0, sizeof(r));
	r.name = name;
	r.text = text;
	r.n = n;
	if ((rc = ov_conf_parse(name, text, n, table, &r, e)) != OV_OK)
		return rc;
	if ((rc = identity(&r, out, e)) == OV_OK &&
	    (rc = lists(&r, out, e)) == OV_OK)
		rc = paths(&r, base, out, e);
	out->regio = take(&r.regio);
	out->naam = take(&r.naam);
	out->logdomein = take(&r.logdomein);
	out->url = take(&r.url);
	ov_conf_free(table, &r);
	if (rc != OV_OK)
		ov_daemon_conf_free(out);
	return rc;
}

enum ov_rc
ov_daemon_conf_load(const char *path, struct ov_daemon_conf *out,
    struct ov_err *e)
{
	OV_BUF text = {0};
	const char *slash = strrchr(path, '/');
	char *base;
	enum ov_rc rc;

	memset(out, 0, sizeof(*out));
	if ((rc = ov_fs_read(AT_FDCWD, path, OV_CONF_FILE_MAX, &text, e)) !=
	    OV_OK)
		return ov_while(e, rc, "configuration");
	if (slash == NULL)
		base = strdup(".");
	else
		base = strndup(path,
		    slash == path ? 1 : (size_t)(slash - path));
	if (base == NULL)
		return ov_fail_sys(e, "memory for a path");
	rc = ov_daemon_conf_parse(path, base, text.p, text.n, out, e);
	free(base);
	return rc;
}

static void
words_free(struct ov_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	memset(w, 0, sizeof(*w));
}

void
ov_daemon_conf_free(struct ov_daemon_conf *c)
{
	if (c == NULL)
		return;
	free(c->regio);
	free(c->naam);
	free(c->logdomein);
	free(c->url);
	free(c->state);
	free(c->run);
	free(c->credentials);
	free(c->spool);
	free(c->tables);
	free(c->accounts);
	free(c->tls_cert);
	words_free(&c->rol);
	words_free(&c->brin);
	words_free(&c->gemeenten);
	words_free(&c->listen);
	words_free(&c->users);
	memset(c, 0, sizeof(*c));
}

enum ov_rc
ov_daemon_credentials(const struct ov_daemon_conf *c, const char *role,
    int *out, struct ov_err *e)
{
	const char *given = getenv("CREDENTIALS_DIRECTORY");
	OV_CLOSE int dir = -1;
	enum ov_rc rc;

	*out = -1;
	if (given != NULL && given[0] == '/')
		rc = ov_fs_opendir(AT_FDCWD, given, out, e);
	else if ((rc = ov_fs_opendir(AT_FDCWD, c->credentials, &dir, e)) ==
	         OV_OK)
		rc = ov_fs_opendir(dir, role, out, e);
	return rc == OV_OK ? rc : ov_while(e, rc, "credentials");
}

enum ov_rc
ov_daemon_socket(const struct ov_daemon_conf *c, const char *name, char *out,
    size_t cap, struct ov_err *e)
{
	int n = snprintf(out, cap, "%s/%s.sock", c->run, name);

	if (n < 0 || (size_t)n >= cap)
		return ov_fail(e, OV_TOOBIG, "run: path too long");
	return OV_OK;
}

/* The number of a user given by name or number; false if there is none. */
static bool
user_id(const char *word, uid_t *out)
{
	struct passwd pw, *found;
	char buf[4096];
	unsigned long v;
	char *end;

	if (digits(word, strlen(word))) {
		errno = 0;
		v = strtoul(word, &end, 10);
		if (errno != 0 || v >= UINT32_MAX)
			return false;
		*out = (uid_t)v;
		return true;
	}
	if (getpwnam_r(word, &pw, buf, sizeof(buf), &found) != 0 ||
	    found == NULL)
		return false;
	*out = pw.pw_uid;
	return true;
}

bool
ov_daemon_user_name(uid_t uid, char *out, size_t cap)
{
	struct passwd pw, *found;
	char buf[4096];

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) != 0 ||
	    found == NULL || strlen(pw.pw_name) >= cap)
		return false;
	memcpy(out, pw.pw_name, strlen(pw.pw_name) + 1);
	return true;
}

bool
ov_daemon_user_ok(const struct ov_daemon_conf *c, uid_t uid)
{
	uid_t u;

	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < c->users.n; i++)
		if (user_id(c->users.v[i], &u) && u == uid)
			return true;
	return false;
}

enum ov_rc
ov_daemon_listen_split(const char *word, char *host, size_t hostcap,
    char port[6], struct ov_err *e)
{
	const char *colon = strrchr(word, ':'), *from = word, *to = colon;
	unsigned char addr[sizeof(struct in6_addr)];
	size_t n;
	int family = AF_INET;

	if (colon == NULL)
		return ov_fail(e, OV_BADMSG, "listen: no port");
	if (word[0] == '[') {
		if (colon < word + 2 || colon[-1] != ']')
			return ov_fail(e, OV_BADMSG, "listen: no ]");
		from = word + 1;
		to = colon - 1;
		family = AF_INET6;
	}
	n = (size_t)(to - from);
	if (n == 0 || n >= hostcap)
		return ov_fail(e, OV_BADMSG, "listen: not an address");
	memcpy(host, from, n);
	host[n] = '\0';
	if (inet_pton(family, host, addr) != 1)
		return ov_fail(e, OV_BADMSG, "listen: not an address");
	n = strlen(colon + 1);
	if (n == 0 || n > 5 || !digits(colon + 1, n) ||
	    strtoul(colon + 1, NULL, 10) > 65535)
		return ov_fail(e, OV_BADMSG, "listen: not a port");
	memcpy(port, colon + 1, n + 1);
	return OV_OK;
}
