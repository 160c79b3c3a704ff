/* SPDX-License-Identifier: EUPL-1.2 */
/* base/conf.h - "key = value" configuration files, described by a table.
 *
 * One setting a line; a line whose first character is '#' is a comment, and
 * empty lines mean nothing.  Blanks around key and value are dropped; there
 * is no quoting and no continuation.  Strict, because a typing error in a
 * configuration must not be a silent default: an unknown key, a key given
 * twice, a value that does not fit, a missing required key are OV_BADMSG with
 * file name and line number.
 */
#ifndef OV_BASE_CONF_H
#define OV_BASE_CONF_H

#include "base/buf.h"

enum ov_conf_type {
	OV_CONF_STR,      /* char *: 1 to 1,000 printable bytes, or UTF-8 */
	OV_CONF_PATH,     /* char *: the same, begins with '/', no ".." part */
	OV_CONF_INT,      /* int64_t: decimal, min to max */
	OV_CONF_BOOL,     /* bool: yes or no */
	OV_CONF_DURATION, /* int64_t, ms: number and ms, s, m, h or d; min to
			   * max (in ms) */
	OV_CONF_OINS,     /* struct ov_conf_oins: OINs separated by blanks */
};

struct ov_conf_oins {
	char (*v)[21];
	size_t n;
};

#define OV_CONF_OINS_MAX 64
#define OV_CONF_FILE_MAX ((size_t)64 << 10)

/* The table ends with a row whose key is NULL. */
struct ov_conf_key {
	const char *key;
	enum ov_conf_type type;
	size_t offset;    /* of the member in the caller's struct */
	const char *dflt; /* its value when absent, as text; "" for an absent
			   * STR, PATH (NULL pointer) or OINS (none);
			   * NULL: required */
	int64_t min;
	int64_t max; /* min and max both 0: any value from 0 up */
};

/* Read dirfd/name into *out, which the caller zeroed.  On success the members
 * are given: ov_conf_free(); on failure *out holds nothing to free. */
OV_MUST_CHECK enum ov_rc ov_conf_load(int dirfd, const char *name,
    const struct ov_conf_key *table, void *out, struct ov_err *e);
/* The same over a text in memory; name is for messages. */
OV_MUST_CHECK enum ov_rc ov_conf_parse(const char *name, const void *text,
    size_t n, const struct ov_conf_key *table, void *out, struct ov_err *e);
/* The line that gives this key, from 1; 0 when none does.  For whoever judges
 * a value further than the table can. */
size_t ov_conf_line(const void *text, size_t n, const char *key);
void ov_conf_free(const struct ov_conf_key *table, void *out);

/* The effective configuration as a file that loads to the same values. */
void ov_conf_print(const struct ov_conf_key *table, const void *conf,
    struct ov_buf *out);

#endif
