/* SPDX-License-Identifier: EUPL-1.2 */
/* The table of those who were refused: one row for a source and a reason,
 * newest first, never more than its bound. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "daemon/store/stranger.h"
#include "tests/unit/store_world.h"

static void
source(uint8_t out[OV_ADDR_LEN], uint32_t n)
{
	struct sockaddr_storage sa = {.ss_family = AF_INET};

	((struct sockaddr_in *)(void *)&sa)->sin_addr.s_addr = htonl(n);
	assert_true(ov_addr_of(&sa, out));
}

static void
text_of(const char *addr, const char *text)
{
	struct sockaddr_storage sa = {.ss_family = AF_INET6};
	uint8_t a[OV_ADDR_LEN];
	char out[OV_ADDR_TEXT];

	assert_int_equal(inet_pton(AF_INET6, addr,
	                     &((struct sockaddr_in6 *)(void *)&sa)->sin6_addr),
	    1);
	assert_true(ov_addr_of(&sa, a));
	ov_addr_fmt(out, a);
	assert_string_equal(out, text);
}

static void
test_addr(void **state)
{
	struct sockaddr_storage sa = {.ss_family = AF_UNIX};
	uint8_t a[OV_ADDR_LEN];
	char out[OV_ADDR_TEXT];

	(void)state;
	assert_false(ov_addr_of(&sa, a));
	source(a, 0xc0000201);
	ov_addr_fmt(out, a);
	assert_string_equal(out, "192.0.2.1");
	ov_addr_others(a);
	ov_addr_fmt(out, a);
	assert_string_equal(out, "others");
	/* Two machines of one customer are one source. */
	text_of("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
	text_of("2001:db8:1:2::1", "2001:db8:1:2::/64");
	text_of("::1", "::/64");
	text_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff::/64");
}

static void
test_rows(void **state)
{
	struct ov_stranger r[OV_STRANGERS_MAX];
	uint8_t a[OV_ADDR_LEN], b[OV_ADDR_LEN];

	(void)state;
	source(a, 1);
	source(b, 2);
	ov_stranger_count(w.st, a, OV_VREEMD_GEEN, NULL, 1);
	ov_stranger_count(w.st, a, OV_VREEMD_HANDDRUK, NULL, 0);
	assert_int_equal(ov_stranger_rows(w.st, r, OV_STRANGERS_MAX), 0);
	ov_stranger_count(w.st, a, OV_VREEMD_VERLOPEN, NULL, 1);
	ov_stranger_count(w.st, a, OV_VREEMD_VERLOPEN, NULL, 1);
	ov_stranger_count(w.st, a, OV_VREEMD_HANDDRUK, NULL, 7);
	ov_stranger_count(w.st, b, OV_VREEMD_VERLOPEN, NULL, 1);
	assert_int_equal(ov_stranger_rows(w.st, r, OV_STRANGERS_MAX), 3);
	assert_int_equal(w.st->n.strangers, 3);
	assert_int_equal(w.st->n.handshakes_refused, 7);
	for (size_t i = 0; i < 3; i++)
		if (r[i].why == OV_VREEMD_HANDDRUK)
			assert_int_equal(r[i].n, 7);
		else
			assert_int_equal(r[i].n,
			    memcmp(r[i].source, a, sizeof(a)) == 0 ? 2 : 1);
}

/* As many sources as one likes: the table stays, the one that comes back
 * stays in it, and the totals are right. */
static void
test_bound(void **state)
{
	struct ov_stranger r[OV_STRANGERS_MAX];
	uint8_t a[OV_ADDR_LEN], known[OV_ADDR_LEN];
	size_t n, found = 0;

	(void)state;
	source(known, 0x7f000001);
	for (uint32_t i = 0; i < 4 * OV_STRANGERS_MAX; i++) {
		source(a, 0x0a000000 + i);
		ov_stranger_count(w.st, a, OV_VREEMD_GEEN_LID, NULL, 1);
		ov_stranger_count(w.st, known, OV_VREEMD_VERLOPEN, NULL, 1);
	}
	n = ov_stranger_rows(w.st, r, OV_STRANGERS_MAX);
	assert_int_equal(n, OV_STRANGERS_MAX);
	assert_memory_equal(r[0].source, known, sizeof(known));
	for (size_t i = 0; i < n; i++)
		if (memcmp(r[i].source, known, sizeof(known)) == 0) {
			found++;
			assert_int_equal(r[i].n, 4 * OV_STRANGERS_MAX);
		}
	assert_int_equal(found, 1);
	assert_int_equal(w.st->n.strangers, 8 * OV_STRANGERS_MAX);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_addr),
	    T(test_rows), T(test_bound)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
