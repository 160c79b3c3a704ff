/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_instance.c - how failures are told, where the instance is, and
 * the files a person names. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "tools/cmd_cli.h"

#define ETC "/etc/overstap"
#define CONF "overstap.conf"

/* ---- telling ---- */

static const char *
exit_code_name(enum ov_exit x)
{
	switch (x) {
	case OV_X_OK:
		return "goed";
	case OV_X_REFUSED:
		return "geweigerd";
	case OV_X_USAGE:
		return "gebruik";
	case OV_X_DAEMON:
		return "dienst-onbereikbaar";
	case OV_X_INPUT:
		return "bestand-onleesbaar";
	case OV_X_INTERNAL:
		return "intern";
	}
	return "intern";
}

int
ov_cli_fail(struct ov_cli *cli, enum ov_exit x, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (cli->json)
		(void)ov_cli_json(cli,
		    json_pack("{s:{s:s,s:s}}", "fout", "code",
		        exit_code_name(x), "tekst", text));
	else
		(void)fprintf(cli->err, "overstap: %s\n", text);
	return (int)x;
}

int
ov_cli_err(struct ov_cli *cli, const struct ov_err *e)
{
	enum ov_exit x = OV_X_INTERNAL;

	switch (e->rc) {
	case OV_TOOBIG:
	case OV_BADMSG:
	case OV_BADSIG:
		x = OV_X_INPUT;
		break;
	case OV_DENIED:
		x = OV_X_REFUSED;
		break;
	case OV_AGAIN:
		x = OV_X_DAEMON;
		break;
	case OV_OK:
	case OV_NOSPACE:
	case OV_SYS:
	case OV_DAMAGED:
		break;
	}
	if (e->sys != 0 && strstr(e->msg, strerror(e->sys)) == NULL)
		return ov_cli_fail(cli, x, "%s: %s", e->msg, strerror(e->sys));
	return ov_cli_fail(cli, x, "%s", e->msg);
}

void
ov_cli_say(struct ov_cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->json)
		return;
	va_start(ap, fmt);
	(void)vfprintf(cli->out, fmt, ap);
	va_end(ap);
}

int
ov_cli_json(struct ov_cli *cli, json_t *j)
{
	bool ok = j != NULL && json_dumpf(j, cli->out, JSON_COMPACT) == 0 &&
	          fputc('\n', cli->out) != EOF;

	json_decref(j);
	if (ok)
		return OV_X_OK;
	(void)fprintf(cli->err, "overstap: the answer cannot be written\n");
	return OV_X_INTERNAL;
}

int
ov_cli_done(struct ov_cli *cli, int x)
{
	if (fflush(cli->out) == 0 && ferror(cli->out) == 0)
		return x;
	(void)fprintf(cli->err, "overstap: the answer cannot be written: %s\n",
	    strerror(errno));
	return x == OV_X_OK ? OV_X_INTERNAL : x;
}

/* ---- the instance ---- */

enum ov_rc
ov_cli_dir(const struct ov_cli *cli, char *out, size_t cap, struct ov_err *e)
{
	const char *name = cli->instance;
	int n;

	if (name == NULL)
		name = getenv("OVERSTAP_INSTANCE");
	if (name == NULL || name[0] == '\0')
		return ov_fail(e, OV_BADMSG,
		    "which instance? give -i DIR|NAME or set "
		    "OVERSTAP_INSTANCE");
	if (strchr(name, '/') != NULL)
		n = snprintf(out, cap, "%s", name);
	else if (name[0] == '.' ||
	         strspn(name,
	             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	             "0123456789-_.") != strlen(name))
		return ov_fail(e, OV_BADMSG,
		    "an instance is a name, or a directory with a '/' in it");
	else
		n = snprintf(out, cap, ETC "/%s", name);
	if (n < 0 || (size_t)n >= cap)
		return ov_fail(e, OV_TOOBIG, "the instance's name is too long");
	return OV_OK;
}

const char *
ov_cli_system_name(const char *dir)
{
	size_t n = sizeof(ETC "/") - 1;

	return strncmp(dir, ETC "/", n) == 0 && dir[n] != '\0' &&
	               strchr(dir + n, '/') == NULL
	           ? dir + n
	           : NULL;
}

/* The value on a line "key = value", or an empty view. */
static const char *
conf_line(const char *line, size_t n, const char *key, size_t *len)
{
	const char *end = line + n, *p = line, *eq;
	size_t k = strlen(key);

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(end - p) <= k || strncmp(p, key, k) != 0)
		return NULL;
	eq = p + k;
	while (eq < end && (*eq == ' ' || *eq == '\t'))
		eq++;
	if (eq == end || *eq != '=')
		return NULL;
	for (p = eq + 1; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	while (
	    end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*len = (size_t)(end - p);
	return p;
}

enum ov_rc
ov_cli_conf(const char *dir, const char *key, const char *fallback, char *out,
    size_t cap, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	OV_BUF b = {0};
	const char *p, *nl, *v;
	size_t left, n, len;
	enum ov_rc rc;

	if ((rc = ov_fs_opendir(AT_FDCWD, dir, &fd, e)) != OV_OK ||
	    (rc = ov_fs_read(fd, CONF, (size_t)64 << 10, &b, e)) != OV_OK)
		return ov_while(e, rc, "%s", dir);
	p = (const char *)b.p;
	for (left = b.n; left > 0; p += n, left -= n) {
		nl = memchr(p, '\n', left);
		n = nl != NULL ? (size_t)(nl - p) + 1 : left;
		v = conf_line(p, nl != NULL ? n - 1 : n, key, &len);
		if (v == NULL)
			continue;
		if (len >= cap)
			return ov_fail(e, OV_TOOBIG, "%s: too long", key);
		memcpy(out, v, len);
		out[len] = '\0';
		return OV_OK;
	}
	if (snprintf(out, cap, "%s", fallback) >= (int)cap)
		return ov_fail(e, OV_TOOBIG, "%s: too long", key);
	return OV_OK;
}

enum ov_rc
ov_cli_conf_path(const char *dir, const char *key, const char *fallback,
    char *out, size_t cap, struct ov_err *e)
{
	char v[1024];
	enum ov_rc rc;
	int n;

	rc = ov_cli_conf(dir, key, fallback, v, sizeof(v), e);
	if (rc != OV_OK)
		return rc;
	n = v[0] == '/' ? snprintf(out, cap, "%s", v)
	                : snprintf(out, cap, "%s/%s", dir, v);
	if (n < 0 || (size_t)n >= cap)
		return ov_fail(e, OV_TOOBIG, "%s: too long", key);
	return OV_OK;
}

/* ---- files ---- */

enum ov_rc
ov_cli_file(const char *path, size_t max, struct ov_buf *out, struct ov_err *e)
{
	OV_CLOSE int own = -1;
	int fd = STDIN_FILENO;
	uint8_t piece[16384];
	ssize_t k;

	if (strcmp(path, "-") != 0) {
		own = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (own < 0) {
			int saved = errno;

			return ov_fail(e, OV_BADMSG, "%s: %s", path,
			    strerror(saved));
		}
		fd = own;
	}
	for (;;) {
		k = read(fd, piece, sizeof(piece));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			int saved = errno;

			return ov_fail(e, OV_BADMSG, "%s: %s", path,
			    strerror(saved));
		}
		if (k == 0)
			break;
		if ((size_t)k > max - out->n)
			return ov_fail(e, OV_TOOBIG,
			    "%s: larger than %zu bytes", path, max);
		ov_buf_add(out, piece, (size_t)k);
	}
	explicit_bzero(piece, sizeof(piece));
	return ov_buf_ok(out, e);
}

enum ov_rc
ov_cli_put(struct ov_cli *cli, const char *path, const void *p, size_t n,
    bool force, struct ov_err *e)
{
	enum ov_rc rc;

	if (path == NULL || strcmp(path, "-") == 0) {
		if (fwrite(p, 1, n, cli->out) != n)
			return ov_fail_sys(e, "write");
		return OV_OK;
	}
	{
		char dir[4096];
		const char *slash = strrchr(path, '/');
		const char *name = slash != NULL ? slash + 1 : path;
		size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
		OV_CLOSE int fd = -1;

		if (len >= sizeof(dir))
			return ov_fail(e, OV_TOOBIG, "path too long");
		memcpy(dir, path, len);
		dir[len] = '\0';
		rc = ov_fs_opendir(AT_FDCWD, len > 0 ? dir : ".", &fd, e);
		if (rc != OV_OK)
			return rc;
		rc = force ? ov_fs_replace(fd, name, p, n, e)
		           : ov_fs_put(fd, name, p, n, e);
		if (rc == OV_SYS && e != NULL && e->sys == EEXIST)
			return ov_fail(e, OV_DENIED,
			    "%s exists already; --force replaces it", path);
	}
	return rc;
}
