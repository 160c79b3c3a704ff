/* SPDX-License-Identifier: EUPL-1.2 */
/* base/conf.c - reads and prints configuration files by their table. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/fs.h"
#include "base/vis.h"

#define STR_MAX 1000
#define KEYS_MAX 64 /* rows of a table: one bit each in "seen" */

struct word {
	const char *p;
	size_t n;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct word
trim(const char *p, size_t n)
{
	while (n > 0 && blank(*p)) {
		p++;
		n--;
	}
	while (n > 0 && blank(p[n - 1]))
		n--;
	return (struct word){p, n};
}

static void *
member(const struct ov_conf_key *k, void *out)
{
	return (unsigned char *)out + k->offset;
}

static const void *
cmember(const struct ov_conf_key *k, const void *conf)
{
	return (const unsigned char *)conf + k->offset;
}

/* --- values ----------------------------------------------------------------- */
/* Each returns NULL, or what is wrong with the value. */

static const char *
put_str(const struct ov_conf_key *k, struct word w, void *out)
{
	char **to = member(k, out);
	size_t i;

	if (w.n == 0 || w.n > STR_MAX)
		return "must have 1 to 1000 bytes";
	for (i = 0; i < w.n; i++)
		if ((unsigned char)w.p[i] < ' ' || w.p[i] == 0x7f)
			return "holds a control character";
	if (k->type == OV_CONF_PATH) {
		if (w.p[0] != '/')
			return "must be an absolute path";
		for (i = 0; i + 3 <= w.n; i++)
			if (memcmp(w.p + i, "/..", 3) == 0 &&
			    (i + 3 == w.n || w.p[i + 3] == '/'))
				return "must not hold ..";
	}
	if ((*to = strndup(w.p, w.n)) == NULL)
		return "no memory";
	return NULL;
}

static const char *
digits(struct word w, int64_t *out)
{
	int64_t v = 0;
	size_t i;

	if (w.n == 0)
		return "must be a number";
	for (i = 0; i < w.n; i++) {
		if (w.p[i] < '0' || w.p[i] > '9')
			return "must be a number";
		if (v > (INT64_MAX - (w.p[i] - '0')) / 10)
			return "is too large";
		v = v * 10 + (w.p[i] - '0');
	}
	*out = v;
	return NULL;
}

static const char *
put_number(const struct ov_conf_key *k, int64_t v, void *out)
{
	if (k->min != 0 || k->max != 0) {
		if (v < k->min)
			return "is too small";
		if (v > k->max)
			return "is too large";
	}
	memcpy(member(k, out), &v, sizeof(v));
	return NULL;
}

static const char *
put_int(const struct ov_conf_key *k, struct word w, void *out)
{
	const char *bad;
	int64_t v;
	bool minus = w.n > 0 && w.p[0] == '-';

	if ((bad = digits(trim(w.p + minus, w.n - minus), &v)) != NULL)
		return bad;
	if (minus && k->min >= 0)
		return "is too small";
	return put_number(k, minus ? -v : v, out);
}

static const struct {
	char unit[3];
	int64_t ms;
} units[] = {
    {"d", 86400000},
    {"h", 3600000},
    {"m", 60000},
    {"s", 1000},
    {"ms", 1},
};

static const char *
put_duration(const struct ov_conf_key *k, struct word w, void *out)
{
	const char *bad;
	int64_t v;
	size_t i, n = 0;

	while (n < w.n && w.p[n] >= '0' && w.p[n] <= '9')
		n++;
	if ((bad = digits((struct word){w.p, n}, &v)) != NULL)
		return bad;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (w.n - n != strlen(units[i].unit) ||
		    memcmp(w.p + n, units[i].unit, w.n - n) != 0)
			continue;
		if (v > INT64_MAX / units[i].ms)
			return "is too large";
		return put_number(k, v * units[i].ms, out);
	}
	return "must end in ms, s, m, h or d";
}

static const char *
put_bool(const struct ov_conf_key *k, struct word w, void *out)
{
	bool v;

	if (w.n == 3 && memcmp(w.p, "yes", 3) == 0)
		v = true;
	else if (w.n == 2 && memcmp(w.p, "no", 2) == 0)
		v = false;
	else
		return "must be yes or no";
	memcpy(member(k, out), &v, sizeof(v));
	return NULL;
}

static const char *
put_oins(const struct ov_conf_key *k, struct word w, void *out)
{
	struct ov_conf_oins *to = member(k, out), list = {0};
	const char *bad = NULL;
	size_t i, j, n;

	list.v = calloc(OV_CONF_OINS_MAX, sizeof(*list.v));
	if (list.v == NULL)
		return "no memory";
	for (i = 0; i < w.n && bad == NULL; i += n) {
		while (blank(w.p[i]))
			i++;
		for (n = 0; i + n < w.n && !blank(w.p[i + n]); n++)
			if (!(w.p[i + n] >= '0' && w.p[i + n] <= '9') &&
			    !(w.p[i + n] >= 'A' && w.p[i + n] <= 'Z'))
				bad = "holds something that is not an OIN";
		if (n != 20)
			bad = "holds something that is not an OIN";
		else if (list.n == OV_CONF_OINS_MAX)
			bad = "holds too many OINs";
		if (bad != NULL)
			break;
		memcpy(list.v[list.n], w.p + i, 20);
		for (j = 0; j < list.n; j++)
			if (strcmp(list.v[j], list.v[list.n]) == 0)
				bad = "holds an OIN twice";
		list.n++;
	}
	if (bad == NULL && list.n == 0)
		bad = "must hold an OIN";
	if (bad != NULL) {
		free(list.v);
		return bad;
	}
	*to = list;
	return NULL;
}

static const char *
put_value(const struct ov_conf_key *k, struct word w, void *out)
{
	switch (k->type) {
	case OV_CONF_STR:
	case OV_CONF_PATH:
		return put_str(k, w, out);
	case OV_CONF_INT:
		return put_int(k, w, out);
	case OV_CONF_BOOL:
		return put_bool(k, w, out);
	case OV_CONF_DURATION:
		return put_duration(k, w, out);
	case OV_CONF_OINS:
		return put_oins(k, w, out);
	}
	return "has a type we do not know";
}

/* --- files ------------------------------------------------------------------ */

static size_t
find_key(const struct ov_conf_key *table, struct word w)
{
	size_t i;

	for (i = 0; table[i].key != NULL; i++)
		if (strlen(table[i].key) == w.n &&
		    memcmp(table[i].key, w.p, w.n) == 0)
			break;
	return i;
}

static enum ov_rc
parse_line(const char *name, size_t lineno, struct word line,
    const struct ov_conf_key *table, uint64_t *seen, void *out,
    struct ov_err *e)
{
	const char *eq, *bad;
	struct word key, value;
	char shown[40];
	size_t i;

	if (line.n == 0 || line.p[0] == '#')
		return OV_OK;
	if ((eq = memchr(line.p, '=', line.n)) == NULL)
		return ov_fail(e, OV_BADMSG, "%s:%zu: expected key = value",
		    name, lineno);
	key = trim(line.p, (size_t)(eq - line.p));
	value = trim(eq + 1, line.n - (size_t)(eq - line.p) - 1);
	i = find_key(table, key);
	if (table[i].key == NULL)
		return ov_fail(e, OV_BADMSG, "%s:%zu: unknown key %s", name,
		    lineno, ov_vis(shown, sizeof(shown), key.p, key.n));
	if ((*seen >> i & 1) != 0)
		return ov_fail(e, OV_BADMSG, "%s:%zu: %s is given twice", name,
		    lineno, table[i].key);
	if ((bad = put_value(&table[i], value, out)) != NULL)
		return ov_fail(e, OV_BADMSG, "%s:%zu: %s %s", name, lineno,
		    table[i].key, bad);
	*seen |= (uint64_t)1 << i;
	return OV_OK;
}

/* Give every key that the file does not have its default. */
static enum ov_rc
set_defaults(const char *name, const struct ov_conf_key *table, uint64_t seen,
    void *out, struct ov_err *e)
{
	const struct ov_conf_key *k;
	const char *bad;

	for (k = table; k->key != NULL; k++, seen >>= 1) {
		if ((seen & 1) != 0)
			continue;
		if (k->dflt == NULL)
			return ov_fail(e, OV_BADMSG, "%s: %s is missing", name,
			    k->key);
		if (k->dflt[0] == '\0')
			continue;
		bad = put_value(k, (struct word){k->dflt, strlen(k->dflt)},
		    out);
		if (bad != NULL)
			return ov_fail(e, OV_BADMSG, "%s: default of %s %s",
			    name, k->key, bad);
	}
	return OV_OK;
}

enum ov_rc
ov_conf_parse(const char *name, const void *text, size_t n,
    const struct ov_conf_key *table, void *out, struct ov_err *e)
{
	const char *p = text, *end;
	uint64_t seen = 0;
	enum ov_rc rc = OV_OK;
	size_t len, lineno;

	if (find_key(table, (struct word){"", 0}) > KEYS_MAX)
		return ov_fail(e, OV_TOOBIG, "%s: too many keys", name);
	for (lineno = 1; n > 0 && rc == OV_OK; lineno++) {
		end = memchr(p, '\n', n);
		len = end != NULL ? (size_t)(end - p) : n;
		if (memchr(p, '\0', len) != NULL || memchr(p, '\r', len))
			rc = ov_fail(e, OV_BADMSG,
			    "%s:%zu: holds a NUL or a carriage return", name,
			    lineno);
		else
			rc = parse_line(name, lineno, trim(p, len), table,
			    &seen, out, e);
		len += end != NULL;
		p += len;
		n -= len;
	}
	if (rc == OV_OK)
		rc = set_defaults(name, table, seen, out, e);
	if (rc != OV_OK)
		ov_conf_free(table, out);
	return rc;
}

size_t
ov_conf_line(const void *text, size_t n, const char *key)
{
	const char *p = text, *end, *eq;
	struct word w;
	size_t len, lineno;

	for (lineno = 1; n > 0; lineno++) {
		end = memchr(p, '\n', n);
		len = end != NULL ? (size_t)(end - p) : n;
		eq = memchr(p, '=', len);
		w = trim(p, eq != NULL ? (size_t)(eq - p) : 0);
		if (w.n == strlen(key) && memcmp(w.p, key, w.n) == 0)
			return lineno;
		len += end != NULL;
		p += len;
		n -= len;
	}
	return 0;
}

enum ov_rc
ov_conf_load(int dirfd, const char *name, const struct ov_conf_key *table,
    void *out, struct ov_err *e)
{
	OV_BUF b = {0};
	enum ov_rc rc;

	rc = ov_fs_read(dirfd, name, OV_CONF_FILE_MAX, &b, e);
	if (rc != OV_OK)
		return rc;
	return ov_conf_parse(name, b.p, b.n, table, out, e);
}

void
ov_conf_free(const struct ov_conf_key *table, void *out)
{
	const struct ov_conf_key *k;
	struct ov_conf_oins *oins;
	char **s;

	for (k = table; k->key != NULL; k++) {
		switch (k->type) {
		case OV_CONF_STR:
		case OV_CONF_PATH:
			s = member(k, out);
			free(*s);
			*s = NULL;
			break;
		case OV_CONF_OINS:
			oins = member(k, out);
			free(oins->v);
			oins->v = NULL;
			oins->n = 0;
			break;
		case OV_CONF_INT:
		case OV_CONF_BOOL:
		case OV_CONF_DURATION:
			break;
		}
	}
}

static void
print_duration(int64_t ms, struct ov_buf *out)
{
	size_t i;

	/* The largest unit that says it exactly; ms always does. */
	for (i = 0; ms % units[i].ms != 0; i++)
		;
	ov_buf_fmt(out, "%" PRId64 "%s", ms / units[i].ms, units[i].unit);
}

static void
print_value(const struct ov_conf_key *k, const void *conf, struct ov_buf *out)
{
	const struct ov_conf_oins *oins;
	int64_t v;
	bool b;
	size_t i;

	switch (k->type) {
	case OV_CONF_STR:
	case OV_CONF_PATH:
		ov_buf_str(out, *(char *const *)cmember(k, conf));
		break;
	case OV_CONF_INT:
		memcpy(&v, cmember(k, conf), sizeof(v));
		ov_buf_fmt(out, "%" PRId64, v);
		break;
	case OV_CONF_BOOL:
		memcpy(&b, cmember(k, conf), sizeof(b));
		ov_buf_str(out, b ? "yes" : "no");
		break;
	case OV_CONF_DURATION:
		memcpy(&v, cmember(k, conf), sizeof(v));
		print_duration(v, out);
		break;
	case OV_CONF_OINS:
		oins = cmember(k, conf);
		for (i = 0; i < oins->n; i++)
			ov_buf_fmt(out, "%s%s", i > 0 ? " " : "", oins->v[i]);
		break;
	}
}

/* An absent text or list has no line of its own. */
static bool
absent(const struct ov_conf_key *k, const void *conf)
{
	const struct ov_conf_oins *oins;

	if (k->type == OV_CONF_STR || k->type == OV_CONF_PATH)
		return *(char *const *)cmember(k, conf) == NULL;
	if (k->type == OV_CONF_OINS) {
		oins = cmember(k, conf);
		return oins->n == 0;
	}
	return false;
}

void
ov_conf_print(const struct ov_conf_key *table, const void *conf,
    struct ov_buf *out)
{
	const struct ov_conf_key *k;

	for (k = table; k->key != NULL; k++) {
		if (absent(k, conf))
			continue;
		ov_buf_fmt(out, "%s = ", k->key);
		print_value(k, conf, out);
		ov_buf_str(out, "\n");
	}
}
