/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_cmd_init.c - who may read what "overstap init" made. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/fs.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_init.h"

static char root[64]; /* ROOT/etc is /etc/overstap here */

static const char *
at(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/etc/roc/%s", root, name);
	return path;
}

static unsigned
mode(const char *name)
{
	struct stat s;

	return stat(at(name), &s) == 0 ? s.st_mode & 07777 : 0;
}

static void
make(const char *name, struct ov_buf *conf)
{
	static const char *const rol[] = {"mbo"}, *const brin[] = {"25PW"};
	char vinger[OV_VINGER_TEXT], dir[128];
	struct ov_init q = {.dir = dir,
	    .naam = "ROC Voorbeeld",
	    .oin = "00000099000000002000",
	    .regio = "proef",
	    .logdomein = "log.example",
	    .url = "https://localhost",
	    .rol = rol,
	    .nrol = 1,
	    .brin = brin,
	    .nbrin = 1,
	    .houder = true,
	    .name = name};
	struct ov_err e = {0};

	(void)snprintf(root, sizeof(root), "/tmp/ov-init-XXXXXX");
	assert_non_null(mkdtemp(root));
	(void)snprintf(dir, sizeof(dir), "%s/etc/roc", root);
	if (ov_init_instance(&q, vinger, &e) != OV_OK)
		fail_msg("%s", e.msg);
	assert_int_equal(ov_fs_read(AT_FDCWD, at("overstap.conf"), 4096, conf,
	                     &e),
	    OV_OK);
}

static bool
has(const struct ov_buf *conf, const char *line)
{
	return memmem(conf->p, conf->n, line, strlen(line)) != NULL;
}

static void
clean(void)
{
	static const char *const files[] = {"credentials/vault/identity",
	    "credentials/vault/log", "credentials/vault/witness",
	    "credentials/vault/kek-root", "credentials/net/tls.key",
	    "credentials/vault", "credentials/net", "credentials/houder",
	    "credentials/store", "credentials", "overstap.conf", "kaart.txt",
	    "tls.csr", "state", "run", ""};
	char path[80];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_true(remove(at(files[i])) == 0 || mode(files[i]) == 0);
	(void)snprintf(path, sizeof(path), "%s/etc", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

static void
secrets_are_private(void)
{
	static const char *const files[] = {"credentials/vault/identity",
	    "credentials/vault/log", "credentials/vault/witness",
	    "credentials/vault/kek-root", "credentials/net/tls.key"};

	assert_int_equal(mode("credentials"), 0700);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(mode(files[i]), 0400);
}

/* One user: everything in one folder that is closed to others. */
static void
for_one_user(void **state)
{
	OV_BUF conf = {0};

	(void)state;
	make(NULL, &conf);
	assert_int_equal(mode(""), 0700);
	assert_int_equal(mode("overstap.conf"), 0600);
	assert_int_equal(mode("state"), 0700);
	assert_int_equal(mode("run"), 0700);
	assert_false(has(&conf, "\nstate = ") || has(&conf, "\nrun = "));
	secrets_are_private();
	clean();
}

/* A user for each role: they find and read the configuration, no more. */
static void
for_systemd(void **state)
{
	OV_BUF conf = {0};

	(void)state;
	make("roc", &conf);
	assert_int_equal(mode(".."), 0755);
	assert_int_equal(mode(""), 0755);
	assert_int_equal(mode("overstap.conf"), 0644);
	assert_int_equal(mode("state"), 0);
	assert_int_equal(mode("run"), 0);
	assert_true(has(&conf, "\nstate = /var/lib/overstap/roc\n"));
	assert_true(has(&conf, "\nrun = /run/overstap/roc\n"));
	secrets_are_private();
	clean();
}

static void
system_names(void **state)
{
	(void)state;
	assert_string_equal(ov_cli_system_name("/etc/overstap/roc"), "roc");
	assert_null(ov_cli_system_name("/etc/overstap/"));
	assert_null(ov_cli_system_name("/etc/overstap"));
	assert_null(ov_cli_system_name("/etc/overstap/roc/x"));
	assert_null(ov_cli_system_name("/srv/roc"));
	assert_null(ov_cli_system_name("./roc"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(for_one_user),
	    cmocka_unit_test(for_systemd), cmocka_unit_test(system_names)};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
