/* SPDX-License-Identifier: EUPL-1.2 */
/* test_pgn.c - the number of a pupil.  All numbers here are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/pgn.h"

/* docs/protocol.md's formula, from the number and not from its digits. */
static enum ov_pgn_kind
naive(unsigned int n)
{
	unsigned int rest = n, last = n % 10, weight, sum = 0;

	rest /= 10;
	for (weight = 2; weight <= 9; weight++, rest /= 10)
		sum += weight * (rest % 10);
	if (n != 0 && (sum + 22 - last) % 11 == 0)
		return OV_PGN_BSN;
	if (n / 10000000 == 10 && (sum + 22 - last) % 11 == 5)
		return OV_PGN_ONDERWIJSNUMMER;
	return OV_PGN_NONE;
}

static void
text(char *out, unsigned int n)
{
	int i;

	for (i = OV_PGN_LEN - 1; i >= 0; i--, n /= 10)
		out[i] = (char)('0' + n % 10);
	out[OV_PGN_LEN] = '\0';
}

/* A million numbers, from ranges that hold every branch. */
static void
test_same_as_naive(void **state)
{
	static const unsigned int from[] = {0, 9900000, 99950000, 100000000,
	    109900000, 110000000, 123400000, 999900000};
	unsigned int i, n, bsn = 0, own = 0;
	char s[OV_PGN_LEN + 1];

	(void)state;
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		for (n = from[i]; n < from[i] + 100000; n++) {
			enum ov_pgn_kind k = naive(n);

			text(s, n);
			assert_int_equal(ov_pgn_kind(s), k);
			bsn += k == OV_PGN_BSN;
			own += k == OV_PGN_ONDERWIJSNUMMER;
		}
	}
	/* One in eleven of 800,000, and of the 250,000 that start with 10. */
	assert_in_range(bsn, 72726, 72729);
	assert_in_range(own, 22726, 22729);
}

/* The whole decade of onderwijsnummers holds as many as the design counts:
 * 909,090 of ten million. */
static void
test_count_of_onderwijsnummers(void **state)
{
	unsigned int n, own = 0;
	char s[OV_PGN_LEN + 1];

	(void)state;
	for (n = 100000000; n < 110000000; n++) {
		text(s, n);
		own += ov_pgn_kind(s) == OV_PGN_ONDERWIJSNUMMER;
	}
	assert_int_equal(own, 909090);
}

static void
test_as_typed(void **state)
{
	static const struct {
		const char *typed, *pgn;
		enum ov_pgn_kind kind;
	} rows[] = {
	    {"111222333", "111222333", OV_PGN_BSN},
	    {"111.222.333", "111222333", OV_PGN_BSN},
	    {" 1112-22 333 ", "111222333", OV_PGN_BSN},
	    {"12345672", "012345672", OV_PGN_BSN},
	    {"012345672", "012345672", OV_PGN_BSN},
	    {"111222334", "", OV_PGN_NONE},
	    {"000000000", "", OV_PGN_NONE},
	    {"00000000", "", OV_PGN_NONE},
	    {"1112223", "", OV_PGN_NONE},
	    {"1112223330", "", OV_PGN_NONE},
	    {"0111222333", "", OV_PGN_NONE},
	    {"11122233a", "", OV_PGN_NONE},
	    {"111222333\n", "", OV_PGN_NONE},
	    {"111/222/333", "", OV_PGN_NONE},
	    {"", "", OV_PGN_NONE},
	    {" ", "", OV_PGN_NONE},
	};
	struct ov_pgn p, zero;
	size_t i;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&p, 'x', sizeof(p));
		assert_int_equal(ov_pgn_parse(ov_view_str(rows[i].typed), &p),
		    rows[i].kind);
		assert_string_equal(p.s, rows[i].pgn);
		if (rows[i].kind == OV_PGN_NONE)
			assert_memory_equal(&p, &zero, sizeof(p));
	}
}

/* A number that starts with 10 is typed with eight digits or nine and is an
 * onderwijsnummer only with nine. */
static void
test_onderwijsnummer(void **state)
{
	char s[OV_PGN_LEN + 1];
	struct ov_pgn p;
	unsigned int n, seen = 0;

	(void)state;
	for (n = 101234500; seen < 3; n++) {
		if (naive(n) != OV_PGN_ONDERWIJSNUMMER)
			continue;
		seen++;
		text(s, n);
		assert_int_equal(ov_pgn_parse(ov_view_str(s), &p),
		    OV_PGN_ONDERWIJSNUMMER);
		ov_pgn_wipe(&p);
		assert_int_equal(p.s[0], '\0');
		/* The same sum elsewhere is no number. */
		s[0] = '2';
		s[1] = '1';
		assert_int_not_equal(ov_pgn_kind(s), OV_PGN_ONDERWIJSNUMMER);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_as_naive),
	    cmocka_unit_test(test_count_of_onderwijsnummers),
	    cmocka_unit_test(test_as_typed),
	    cmocka_unit_test(test_onderwijsnummer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
