/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_cmd_client.c - the client of the control socket against a
 * daemon that reads slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "tools/cmd_client.h"

#define ROW ((size_t)512 << 10)
#define QUEUED ((size_t)2 << 20) /* the daemon is always this far behind */

static int
listener(char dir[32], char path[64])
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	(void)snprintf(dir, 32, "/tmp/ov-client-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, 64, "%s/c.sock", dir);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* More than OV_BUF_MAX goes through a queue that never runs empty. */
static void
test_long_feed_to_a_slow_daemon(void **state)
{
	static uint8_t piece[65536];
	char dir[32], path[64];
	OV_CLOSE int lfd = listener(dir, path), fd = -1;
	struct ov_client *c;
	struct ov_err e = {0};
	char *text = malloc(ROW);
	json_t *row, *got = NULL;
	uint64_t sent = 0, seen = 0;
	ssize_t k;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', ROW - 1);
	text[ROW - 1] = '\0';
	assert_non_null(row = json_pack("{s:s}", "rows", text));
	free(text);
	assert_int_equal(ov_client_open(path, &c, &e), OV_OK);
	assert_true((fd = accept(lfd, NULL, NULL)) >= 0);
	while (sent < OV_BUF_MAX + OV_BUF_MAX / 8) {
		assert_int_equal(ov_client_send(c, row, &e), OV_OK);
		sent += 4 + ROW - 1 + strlen("{\"rows\":\"\"}");
		while (ov_client_queued(c) > QUEUED) {
			k = recv(fd, piece, sizeof(piece), 0);
			assert_true(k > 0);
			seen += (uint64_t)k;
			assert_int_equal(ov_client_recv(c, SIZE_MAX, &got, &e),
			    OV_OK);
			assert_null(got);
		}
	}
	while (seen < sent) {
		k = recv(fd, piece, sizeof(piece), 0);
		assert_true(k > 0);
		seen += (uint64_t)k;
		assert_int_equal(ov_client_recv(c, SIZE_MAX, &got, &e), OV_OK);
	}
	assert_int_equal(seen, sent);
	assert_int_equal(ov_client_queued(c), 0);
	json_decref(row);
	ov_client_free(c);
	(void)unlink(path);
	(void)rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_feed_to_a_slow_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
