/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of base/err.h, base/buf.h, base/vis.h and base/log.h. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/vis.h"

static void
test_err_carries_code_errno_and_context(void **state)
{
	struct ov_err e = {0};

	(void)state;
	errno = ENOENT;
	assert_int_equal(ov_fail_sys(&e, "open %s", "x"), OV_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.msg, "open x: No such file or directory");
	assert_int_equal(ov_while(&e, e.rc, "peer %d", 7), OV_SYS);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.msg, "peer 7: open x: No such file or directory");
	assert_int_equal(ov_fail(&e, OV_BADMSG, "new"), OV_BADMSG);
	assert_int_equal(e.sys, 0);
	errno = ENOSPC;
	assert_int_equal(ov_fail_sys(&e, "w"), OV_NOSPACE);
	errno = EDQUOT;
	assert_int_equal(ov_fail_sys(NULL, "w"), OV_NOSPACE);
	assert_int_equal(ov_fail(NULL, OV_DENIED, "w"), OV_DENIED);
	assert_int_equal(ov_while(NULL, OV_AGAIN, "w"), OV_AGAIN);
}

/* However long the parts are, the text ends in a NUL and says it was cut. */
static void
test_err_text_is_cut_with_a_mark(void **state)
{
	char longtext[2 * OV_ERR_TEXT];
	struct ov_err e = {0};
	size_t n;

	(void)state;
	memset(longtext, 'a', sizeof(longtext));
	for (n = OV_ERR_TEXT - 8; n < sizeof(longtext); n++) {
		(void)ov_fail(&e, OV_DENIED, "%.*s", (int)n, longtext);
		assert_true(strlen(e.msg) < OV_ERR_TEXT);
		if (n >= OV_ERR_TEXT)
			assert_string_equal(e.msg + OV_ERR_TEXT - 4, "...");
		(void)ov_while(&e, e.rc, "context");
		assert_memory_equal(e.msg, "context: aaa", 12);
		assert_string_equal(e.msg + OV_ERR_TEXT - 4, "...");
		errno = EIO;
		(void)ov_fail_sys(&e, "%.*s", (int)n, longtext);
		assert_string_equal(e.msg + OV_ERR_TEXT - 4, "...");
	}
}

static void
test_err_classes(void **state)
{
	static const struct {
		enum ov_rc rc;
		enum ov_class class;
		const char *name;
	} all[] = {
	    {OV_OK, OV_CL_OK, "ok"},
	    {OV_AGAIN, OV_CL_RETRY, "again"},
	    {OV_NOSPACE, OV_CL_RETRY, "nospace"},
	    {OV_TOOBIG, OV_CL_REFUSE, "toobig"},
	    {OV_BADMSG, OV_CL_REFUSE, "badmsg"},
	    {OV_BADSIG, OV_CL_REFUSE, "badsig"},
	    {OV_DENIED, OV_CL_REFUSE, "denied"},
	    {OV_SYS, OV_CL_STOP, "sys"},
	    {OV_DAMAGED, OV_CL_STOP, "damaged"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(ov_rc_class(all[i].rc), all[i].class);
		assert_string_equal(ov_rc_name(all[i].rc), all[i].name);
	}
}

/* Every length up to the limit fits exactly, one more fails and sticks. */
static void
test_buf_limit_is_exact(void **state)
{
	size_t max, i;

	(void)state;
	for (max = 1; max < 1200; max += max < 20 ? 1 : 97) {
		OV_BUF b = {.max = max};

		for (i = 0; i < max; i++)
			ov_buf_add(&b, "x", 1);
		assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
		assert_int_equal(b.n, max);
		assert_int_equal(strlen(ov_buf_text(&b)), max);
		assert_int_equal(b.n, max);
		ov_buf_add(&b, "x", 1);
		assert_int_equal(ov_buf_ok(&b, NULL), OV_NOSPACE);
		assert_null(ov_buf_room(&b, 0));
		assert_null(ov_buf_text(&b));
		assert_int_equal(b.n, max);
		ov_buf_reset(&b);
		assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
		assert_string_equal(ov_buf_text(&b), "");
	}
}

static void
test_buf_drop_every_length(void **state)
{
	static const char text[] = "0123456789";
	size_t n;

	(void)state;
	for (n = 0; n <= sizeof(text) + 1; n++) {
		OV_BUF b = {.max = sizeof(text) - 1};

		ov_buf_drop(&b, n); /* of nothing */
		ov_buf_str(&b, text);
		ov_buf_drop(&b, n);
		assert_string_equal(ov_buf_text(&b),
		    n < sizeof(text) ? text + n : "");
		/* What was dropped makes room again. */
		ov_buf_add(&b, text, n < sizeof(text) ? n : sizeof(text) - 1);
		assert_int_equal(ov_buf_ok(&b, NULL), OV_OK);
	}
}

static void
test_buf_formats_at_every_length(void **state)
{
	char text[600];
	size_t n;

	(void)state;
	memset(text, 'z', sizeof(text));
	for (n = 0; n < sizeof(text); n++) {
		OV_BUF b = {0};
		OV_BUF small = {.max = n + 2};

		ov_buf_str(&b, "ab");
		ov_buf_fmt(&b, "%.*s", (int)n, text);
		assert_int_equal(b.n, n + 2);
		assert_memory_equal(b.p, "ab", 2);
		assert_memory_equal(b.p + 2, text, n);
		ov_buf_fmt(&small, "12%.*s", (int)n, text);
		assert_int_equal(ov_buf_ok(&small, NULL), OV_OK);
		ov_buf_fmt(&small, "%c", '3');
		assert_int_equal(ov_buf_ok(&small, NULL), OV_NOSPACE);
	}
}

static void
test_buf_huge_requests_fail(void **state)
{
	OV_BUF b = {0};
	OV_BUF any = {.max = SIZE_MAX};

	(void)state;
	ov_buf_str(&b, "a");
	assert_null(ov_buf_room(&b, SIZE_MAX));
	assert_true(b.bad);
	assert_null(ov_buf_room(&any, SIZE_MAX));
	assert_true(any.bad);
	ov_buf_free(NULL);
}

/* Whatever byte comes in, only harmless ones come out. */
static void
test_vis_every_byte(void **state)
{
	char out[OV_VIS_SIZE(1)], want[8];
	unsigned int c;
	unsigned char in;

	(void)state;
	for (c = 0; c < 256; c++) {
		in = (unsigned char)c;
		if (c > ' ' && c < 127 && strchr("\"=\\", (int)c) == NULL)
			(void)snprintf(want, sizeof(want), "%c", (int)c);
		else
			(void)snprintf(want, sizeof(want), "\\x%02x", c);
		assert_string_equal(ov_vis(out, sizeof(out), &in, 1), want);
	}
	assert_string_equal(ov_vis(out, sizeof(out), "", 0), "-");
}

/* At every capacity the result is whole escapes and the mark. */
static void
test_vis_cuts_at_whole_escapes(void **state)
{
	static const char in[] = "a\nbc\n\n\nd";
	static const char whole[] = "a\\x0abc\\x0a\\x0a\\x0ad";
	static const char ends[] = {0, 1, 5, 6, 7, 11, 15, 19, 20};
	char *out;
	size_t cap, n;

	(void)state;
	for (cap = 4; cap <= sizeof(whole) + 3; cap++) {
		out = malloc(cap);
		assert_non_null(out);
		(void)ov_vis(out, cap, in, sizeof(in) - 1);
		n = strlen(out);
		assert_true(n < cap);
		if (cap >= sizeof(whole)) {
			assert_string_equal(out, whole);
		} else {
			assert_string_equal(out + n - 3, "...");
			assert_memory_equal(out, whole, n - 3);
			/* Never inside \xNN. */
			assert_non_null(memchr(ends, (int)n - 3, sizeof(ends)));
		}
		free(out);
	}
}

/* What ov_log() writes for one line. */
static size_t
logged(char *out, size_t cap, enum ov_level level, const char *text)
{
	int p[2], keep;
	ssize_t n;

	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	assert_true((keep = dup(STDERR_FILENO)) >= 0);
	assert_true(dup2(p[1], STDERR_FILENO) >= 0);
	ov_log(level, "%s", text);
	assert_true(dup2(keep, STDERR_FILENO) >= 0);
	n = read(p[0], out, cap - 1);
	(void)close(p[0]);
	(void)close(p[1]);
	(void)close(keep);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void
test_log_is_one_harmless_line(void **state)
{
	char out[8192], longtext[3 * OV_LOG_MAX];
	size_t n;

	(void)state;
	assert_int_equal(setenv("JOURNAL_STREAM", "8:1", 1), 0);
	ov_log_init("test");
	(void)logged(out, sizeof(out), OV_LOG_WARN, "a=1\nb=\033[31m\xc2\x9b");
	assert_string_equal(out, "<4>a=1\\x0ab=\\x1b[31m\\xc2\\x9b\n");
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	ov_log_init("test");
	(void)logged(out, sizeof(out), OV_LOG_ERROR, "x=1");
	assert_string_equal(out + 20, " error test x=1\n");
	assert_int_equal(logged(out, sizeof(out), OV_LOG_DEBUG, "x"), 0);
	ov_log_level(OV_LOG_DEBUG);
	assert_true(logged(out, sizeof(out), OV_LOG_DEBUG, "x") > 0);
	ov_log_level(OV_LOG_INFO);

	memset(longtext, '\n', sizeof(longtext) - 1);
	longtext[sizeof(longtext) - 1] = '\0';
	n = logged(out, sizeof(out), OV_LOG_INFO, longtext);
	assert_true(n > OV_LOG_MAX);
	assert_string_equal(out + n - 4, "...\n");
	assert_ptr_equal(strchr(out, '\n'), out + n - 1);
}

static void
test_log_ratelimit(void **state)
{
	struct ov_ratelimit r = {0};
	uint32_t missed = 9, i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_true(ov_log_ratelimit(&r, 3, 5000 + i, &missed));
	assert_int_equal(missed, 0);
	for (i = 0; i < 7; i++)
		assert_false(ov_log_ratelimit(&r, 3, 64999, &missed));
	assert_true(ov_log_ratelimit(&r, 3, 65000, &missed));
	assert_int_equal(missed, 7);
	assert_true(ov_log_ratelimit(&r, 3, 65001, NULL));
	/* A clock that went back begins anew. */
	assert_true(ov_log_ratelimit(&r, 1, 10, NULL));
	assert_false(ov_log_ratelimit(&r, 1, 11, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_err_carries_code_errno_and_context),
	    cmocka_unit_test(test_err_text_is_cut_with_a_mark),
	    cmocka_unit_test(test_err_classes),
	    cmocka_unit_test(test_buf_limit_is_exact),
	    cmocka_unit_test(test_buf_drop_every_length),
	    cmocka_unit_test(test_buf_formats_at_every_length),
	    cmocka_unit_test(test_buf_huge_requests_fail),
	    cmocka_unit_test(test_vis_every_byte),
	    cmocka_unit_test(test_vis_cuts_at_whole_escapes),
	    cmocka_unit_test(test_log_is_one_harmless_line),
	    cmocka_unit_test(test_log_ratelimit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
