/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base/conf.h. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/conf.h"
#include "base/fs.h"

struct conf {
	char *name;
	char *dir;
	char *extra;
	int64_t port;
	int64_t delta;
	int64_t wait;
	bool strict;
	struct ov_conf_oins oins;
};

#define AT(m) offsetof(struct conf, m)
static const struct ov_conf_key table[] = {
    {"name", OV_CONF_STR, AT(name), NULL, 0, 0},
    {"dir", OV_CONF_PATH, AT(dir), "/var/lib/overstap", 0, 0},
    {"extra", OV_CONF_STR, AT(extra), "", 0, 0},
    {"port", OV_CONF_INT, AT(port), "443", 1, 65535},
    {"delta", OV_CONF_INT, AT(delta), "-5", -10, 10},
    {"wait", OV_CONF_DURATION, AT(wait), "90s", 0, 0},
    {"strict", OV_CONF_BOOL, AT(strict), "yes", 0, 0},
    {"oins", OV_CONF_OINS, AT(oins), "", 0, 0},
    {NULL, OV_CONF_STR, 0, NULL, 0, 0},
};

#define OIN1 "00000001234567890000"
#define OIN2 "0000000700099ZZ00000"

static enum ov_rc
parse(const char *text, struct conf *c, struct ov_err *e)
{
	memset(c, 0, sizeof(*c));
	return ov_conf_parse("f.conf", text, strlen(text), table, c, e);
}

static void
test_everything_and_defaults(void **state)
{
	static const char text[] = "# comment = no\n"
	                           "\n"
	                           "  name =  Een naam = twee\t\n"
	                           "\t# another\n"
	                           "dir=/a/..b/c..\n"
	                           "port = 65535\n"
	                           "delta = -10\n"
	                           "wait = 250ms\n"
	                           "strict = no\n"
	                           "oins = " OIN1 "  " OIN2 "\n"
	                           "extra = #no comment";
	struct ov_err e = {0};
	struct conf c;

	(void)state;
	assert_int_equal(parse(text, &c, &e), OV_OK);
	assert_string_equal(c.name, "Een naam = twee");
	assert_string_equal(c.dir, "/a/..b/c..");
	assert_string_equal(c.extra, "#no comment");
	assert_int_equal(c.port, 65535);
	assert_int_equal(c.delta, -10);
	assert_int_equal(c.wait, 250);
	assert_false(c.strict);
	assert_int_equal(c.oins.n, 2);
	assert_string_equal(c.oins.v[0], OIN1);
	assert_string_equal(c.oins.v[1], OIN2);
	ov_conf_free(table, &c);
	assert_null(c.name);
	ov_conf_free(table, &c);

	assert_int_equal(parse("name=x", &c, &e), OV_OK);
	assert_string_equal(c.dir, "/var/lib/overstap");
	assert_null(c.extra);
	assert_int_equal(c.port, 443);
	assert_int_equal(c.delta, -5);
	assert_int_equal(c.wait, 90000);
	assert_true(c.strict);
	assert_int_equal(c.oins.n, 0);
	ov_conf_free(table, &c);
}

/* Each line is refused with this text, on line 2. */
static void
test_faults_name_line_and_reason(void **state)
{
	static const struct {
		const char *line, *reason;
	} bad[] = {
	    {"nonsense", "expected key = value"},
	    {"= x", "unknown key -"},
	    {"Name = x", "unknown key Name"},
	    {"naam = x", "unknown key naam"},
	    {"nam = x", "unknown key nam"},
	    {"name = again", "name is given twice"},
	    {"extra =", "extra must have 1 to 1000 bytes"},
	    {"extra = a\tb", "extra holds a control character"},
	    {"extra = a\rb", "holds a NUL or a carriage return"},
	    {"dir = relative", "dir must be an absolute path"},
	    {"dir = /a/../b", "dir must not hold .."},
	    {"dir = /a/..", "dir must not hold .."},
	    {"port = 0", "port is too small"},
	    {"port = 65536", "port is too large"},
	    {"port = -1", "port is too small"},
	    {"port = 99999999999999999999", "port is too large"},
	    {"port = 1x", "port must be a number"},
	    {"port = 0x10", "port must be a number"},
	    {"port =", "port must be a number"},
	    {"delta = -11", "delta is too small"},
	    {"delta = -", "delta must be a number"},
	    {"delta = --1", "delta must be a number"},
	    {"delta = 11", "delta is too large"},
	    {"wait = 5", "wait must end in ms, s, m, h or d"},
	    {"wait = 5 s", "wait must end in ms, s, m, h or d"},
	    {"wait = 5sec", "wait must end in ms, s, m, h or d"},
	    {"wait = s", "wait must be a number"},
	    {"wait = -5s", "wait must be a number"},
	    {"wait = 9223372036854775807d", "wait is too large"},
	    {"strict = true", "strict must be yes or no"},
	    {"strict = Yes", "strict must be yes or no"},
	    {"oins =", "oins must hold an OIN"},
	    {"oins = 0000000123456789000",
	        "oins holds something that is not an OIN"},
	    {"oins = 000000012345678900000",
	        "oins holds something that is not an OIN"},
	    {"oins = 0000000123456789000a",
	        "oins holds something that is not an OIN"},
	    {"oins = " OIN1 "," OIN2,
	        "oins holds something that is not an OIN"},
	    {"oins = " OIN1 " " OIN1, "oins holds an OIN twice"},
	};
	char text[256], want[256];
	struct ov_err e = {0};
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "name = x\n%s\n",
		    bad[i].line);
		(void)snprintf(want, sizeof(want), "f.conf:2: %s",
		    bad[i].reason);
		assert_int_equal(parse(text, &c, &e), OV_BADMSG);
		assert_string_equal(e.msg, want);
		assert_null(c.name);
	}
	/* A key is told, but not what could break the line. */
	assert_int_equal(parse("name = x\nna\x1bme = y\n", &c, &e), OV_BADMSG);
	assert_string_equal(e.msg, "f.conf:2: unknown key na\\x1bme");
	assert_int_equal(ov_conf_line("#a = 1\n\n a=2\nb = 3", 19, "a"), 3);
	assert_int_equal(ov_conf_line("#a = 1\n\n a=2\nb = 3", 19, "b"), 4);
	assert_int_equal(ov_conf_line("#a = 1\n\n a=2\nb = 3", 19, "c"), 0);
	assert_int_equal(parse("", &c, &e), OV_BADMSG);
	assert_string_equal(e.msg, "f.conf: name is missing");
	assert_int_equal(ov_conf_parse("f", "name=\0x", 7, table, &c, &e),
	    OV_BADMSG);
}

static void
test_lengths(void **state)
{
	char text[2000];
	OV_BUF b = {0};
	struct conf c;
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "name=", 5);
	memset(&c, 0, sizeof(c));
	assert_int_equal(ov_conf_parse("f", text, 1005, table, &c, NULL),
	    OV_OK);
	assert_int_equal(strlen(c.name), 1000);
	ov_conf_free(table, &c);
	assert_int_equal(ov_conf_parse("f", text, 1006, table, &c, NULL),
	    OV_BADMSG);

	ov_buf_str(&b, "name = x\noins =");
	for (i = 0; i < OV_CONF_OINS_MAX; i++)
		ov_buf_fmt(&b, " %020zu", i);
	assert_int_equal(parse(ov_buf_text(&b), &c, NULL), OV_OK);
	assert_int_equal(c.oins.n, OV_CONF_OINS_MAX);
	ov_conf_free(table, &c);
	ov_buf_fmt(&b, " %020zu", i);
	assert_int_equal(parse(ov_buf_text(&b), &c, NULL), OV_BADMSG);
}

/* What is printed loads to the same values and prints the same. */
static void
test_print_is_a_configuration(void **state)
{
	static const char *const texts[] = {
	    "name = x\n",
	    "name = a = b\nwait = 0s\nextra = #y\noins = " OIN1 " " OIN2,
	    "name = y\nwait = 86400s\nport = 1\ndelta = 0\nstrict = no",
	    "name = y\nwait = 86401ms\n",
	};
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		OV_BUF one = {0};
		OV_BUF two = {0};

		assert_int_equal(parse(texts[i], &c, NULL), OV_OK);
		ov_conf_print(table, &c, &one);
		ov_conf_free(table, &c);
		assert_int_equal(parse(ov_buf_text(&one), &c, NULL), OV_OK);
		ov_conf_print(table, &c, &two);
		ov_conf_free(table, &c);
		assert_string_equal(ov_buf_text(&one), ov_buf_text(&two));
		if (i == 0)
			assert_string_equal(ov_buf_text(&one),
			    "name = x\ndir = /var/lib/overstap\n"
			    "port = 443\ndelta = -5\nwait = 90s\n"
			    "strict = yes\n");
		if (i == 2)
			assert_non_null(
			    strstr(ov_buf_text(&one), "wait = 1d\n"));
	}
}

static void
test_load_from_a_file(void **state)
{
	char dir[] = "/tmp/ov-conf-XXXXXX";
	struct ov_err e = {0};
	struct conf c = {0};
	OV_CLOSE int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(ov_fs_opendir(AT_FDCWD, dir, &fd, NULL), OV_OK);
	assert_int_equal(ov_conf_load(fd, "c", table, &c, &e), OV_SYS);
	assert_int_equal(ov_fs_put(fd, "c", "name = x\n", 9, NULL), OV_OK);
	assert_int_equal(ov_conf_load(fd, "c", table, &c, &e), OV_OK);
	assert_string_equal(c.name, "x");
	ov_conf_free(table, &c);
	assert_int_equal(unlinkat(fd, "c", 0), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_and_defaults),
	    cmocka_unit_test(test_faults_name_line_and_reason),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_print_is_a_configuration),
	    cmocka_unit_test(test_load_from_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
