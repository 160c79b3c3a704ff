/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base/instance.h: overstap.conf as the roles read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instance.h"

#define MUST                                                                   \
	"oin = 00000099000000001000\nregio = voorbeeld\nnaam = De School\n"    \
	"logdomein = overstap.example\n"

static enum ov_rc
parse(const char *text, struct ov_daemon_conf *c)
{
	return ov_daemon_conf_parse("overstap.conf", "/etc/x", text,
	    strlen(text), c, NULL);
}

/* What is left out has its default, and paths are complete. */
static void
test_defaults(void **state)
{
	struct ov_daemon_conf c;

	(void)state;
	assert_int_equal(parse(MUST, &c), OV_OK);
	assert_string_equal(c.oin, "00000099000000001000");
	assert_string_equal(c.naam, "De School");
	assert_string_equal(c.state, "/etc/x/state");
	assert_string_equal(c.run, "/etc/x/run");
	assert_string_equal(c.credentials, "/etc/x/credentials");
	assert_string_equal(c.tls_cert, "/etc/x/tls.crt");
	assert_null(c.spool);
	assert_null(c.url);
	assert_false(c.houder);
	assert_int_equal(c.rol.n + c.brin.n + c.gemeenten.n + c.listen.n, 0);
	assert_int_equal(c.log_level, OV_LOG_INFO);
	assert_int_equal(c.plafond_dag, 50000);
	ov_daemon_conf_free(&c);
}

static void
test_lists_and_paths(void **state)
{
	struct ov_daemon_conf c;
	char host[64], port[6], path[64];

	(void)state;
	assert_int_equal(
	    parse(MUST "rol = vo, mbo\nbrin = 00AA/00,01BB\n"
	               "gemeenten = 0344 0193\nspool = /var/s\n"
	               "listen = 127.0.0.1:8443, [::1]:8444\nhouder = yes\n"
	               "url = https://a.example:8443\nlog-level = debug\n"
	               "users = jan, 1234\nrun = r\n",
	        &c),
	    OV_OK);
	assert_int_equal(c.rol.n, 2);
	assert_string_equal(c.rol.v[1], "mbo");
	assert_int_equal(c.brin.n, 2);
	assert_string_equal(c.brin.v[0], "00AA/00");
	assert_string_equal(c.gemeenten.v[1], "0193");
	assert_string_equal(c.spool, "/var/s");
	assert_int_equal(c.log_level, OV_LOG_DEBUG);
	assert_true(c.houder);
	assert_int_equal(c.listen.n, 2);
	assert_int_equal(ov_daemon_listen_split(c.listen.v[1], host,
	                     sizeof(host), port, NULL),
	    OV_OK);
	assert_string_equal(host, "::1");
	assert_string_equal(port, "8444");
	assert_int_equal(ov_daemon_socket(&c, "vault", path, sizeof(path),
	                     NULL),
	    OV_OK);
	assert_string_equal(path, "/etc/x/r/vault.sock");
	assert_int_equal(ov_daemon_socket(&c, "vault", path, 19, NULL),
	    OV_TOOBIG);
	assert_true(ov_daemon_user_ok(&c, 0));
	assert_true(ov_daemon_user_ok(&c, geteuid()));
	assert_true(ov_daemon_user_ok(&c, 1234));
	assert_false(ov_daemon_user_ok(&c, 1235));
	ov_daemon_conf_free(&c);
}

/* Whatever is wrong with a value, the line and the key are named. */
static void
test_where(void **state)
{
	static const struct {
		const char *line, *told;
	} bad[] = {
	    {"rol = vo VO", "f:6: rol has a wrong word 2"},
	    {"users = -x", "f:6: users has a wrong word 1"},
	    {"url = http://a.example",
	        "f:6: url is not https://host[:port] in lower case"},
	    {"log-level = loud",
	        "f:6: log-level is not error, warn, info or debug"},
	    {"houder = ja", "f:6: houder must be yes or no"},
	    {"lisen = 127.0.0.1:1", "f:6: unknown key lisen"},
	};
	struct ov_daemon_conf c;
	struct ov_err e = {0};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s\n%s\n", MUST,
		    bad[i].line);
		assert_int_equal(ov_daemon_conf_parse("f", "/etc/x", text,
		                     strlen(text), &c, &e),
		    OV_BADMSG);
		assert_string_equal(e.msg, bad[i].told);
	}
}

/* One wrong value each. */
static void
test_refused(void **state)
{
	static const char *const bad[] = {"rol = VO\n", "brin = 0AAA\n",
	    "brin = 00AA/0\n", "brin = 00AA-00\n", "brin = 00AA/000\n",
	    "gemeenten = 344\n", "gemeenten = 03441\n", "listen = 8443\n",
	    "listen = localhost:8443\n", "listen = 127.0.0.1:65536\n",
	    "listen = 127.0.0.1:\n", "listen = [::1:8443\n",
	    "listen = ::1:8443\n", "listen = 127.0.0.1:84a3\n",
	    "url = http://a.example\n", "url = https://A.example\n",
	    "url = https://a.example/\n", "log-level = loud\n",
	    "plafond-dag = 0\n", "rate = 0\n", "houder = ja\n", "users = -x\n",
	    "onbekend = 1\n", "regio = twee\n"};
	struct ov_daemon_conf c;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", MUST, bad[i]);
		assert_int_equal(parse(text, &c), OV_BADMSG);
		assert_null(c.state);
	}
	assert_int_equal(parse("oin = 1\nregio = v\nnaam = x\nlogdomein = d\n",
	                     &c),
	    OV_BADMSG);
	assert_int_equal(parse("oin = 00000099000000001000\nregio = v v\n"
	                       "naam = x\nlogdomein = d\n",
	                     &c),
	    OV_BADMSG);
	assert_int_equal(parse("oin = 00000099000000001000\nregio = v\n"
	                       "naam = x\nlogdomein = d+e\n",
	                     &c),
	    OV_BADMSG);
	assert_int_equal(parse("", &c), OV_BADMSG);
}

/* Paths begin where the file is; credentials where a supervisor says. */
static void
test_file(void **state)
{
	struct ov_daemon_conf c;
	char dir[] = "/tmp/ov-dconf-XXXXXX", path[64], want[64], sub[64];
	FILE *f;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/overstap.conf", dir);
	assert_int_equal(ov_daemon_conf_load(path, &c, NULL), OV_SYS);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(MUST "credentials = .\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(ov_daemon_conf_load(path, &c, NULL), OV_OK);
	(void)snprintf(want, sizeof(want), "%s/state", dir);
	assert_string_equal(c.state, want);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(ov_daemon_credentials(&c, "vault", &fd, NULL), OV_SYS);
	assert_int_equal(fd, -1);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(ov_daemon_credentials(&c, "vault", &fd, NULL), OV_OK);
	assert_int_equal(faccessat(fd, "overstap.conf", F_OK, 0), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	(void)snprintf(sub, sizeof(sub), "%s/vault", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(ov_daemon_credentials(&c, "vault", &fd, NULL), OV_OK);
	assert_int_equal(close(fd), 0);
	ov_daemon_conf_free(&c);
	(void)rmdir(sub);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* systemd gives each role a state directory of its own. */
static void
test_state_directory_of_the_supervisor(void **state)
{
	static const char text[] = "oin = 00000099000000001000\n"
	                           "regio = voorbeeld\n"
	                           "naam = Proef\n"
	                           "logdomein = overstap.example\n"
	                           "state = elders\n";
	struct ov_daemon_conf c;

	(void)state;
	assert_int_equal(setenv("STATE_DIRECTORY", "/var/lib/rol", 1), 0);
	assert_int_equal(ov_daemon_conf_parse("conf", "/etc/o", text,
	                     sizeof(text) - 1, &c, NULL),
	    OV_OK);
	assert_string_equal(c.state, "/var/lib/rol");
	ov_daemon_conf_free(&c);
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
	assert_int_equal(ov_daemon_conf_parse("conf", "/etc/o", text,
	                     sizeof(text) - 1, &c, NULL),
	    OV_OK);
	assert_string_equal(c.state, "/etc/o/elders");
	ov_daemon_conf_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_state_directory_of_the_supervisor),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_lists_and_paths),
	    cmocka_unit_test(test_where),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
