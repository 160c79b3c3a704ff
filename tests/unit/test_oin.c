/* SPDX-License-Identifier: EUPL-1.2 */
/* test_oin.c - names of organisations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/oin.h"

/* Every byte at every place is taken exactly if it is 0-9 or A-Z. */
static void
test_oin_characters(void **state)
{
	char s[OV_OIN_LEN];
	struct ov_oin o;
	size_t at;
	int c;

	(void)state;
	for (at = 0; at < sizeof(s); at++) {
		for (c = 0; c < 256; c++) {
			bool good = (c >= '0' && c <= '9') ||
			            (c >= 'A' && c <= 'Z');

			memcpy(s, "0000000700011BB00000", sizeof(s));
			s[at] = (char)c;
			assert_int_equal(ov_oin_from((const uint8_t *)s, &o),
			    good ? OV_OK : OV_BADMSG);
			assert_int_equal(ov_oin_none(&o), !good);
		}
	}
}

static void
test_oin_length_and_order(void **state)
{
	static const char text[] = "000000990000000010000";
	struct ov_oin a, b;
	size_t n;

	(void)state;
	for (n = 0; n <= 21; n++)
		assert_int_equal(ov_oin_parse((struct ov_view){(const uint8_t *)
		                                                   text,
		                                  n},
		                     &a),
		    n == 20 ? OV_OK : OV_BADMSG);
	assert_int_equal(ov_oin_parse(ov_view_str("00000099000000001000"), &a),
	    OV_OK);
	assert_string_equal(a.s, "00000099000000001000");
	assert_int_equal(ov_oin_parse(ov_view_str("0000009900000000100A"), &b),
	    OV_OK);
	assert_true(ov_oin_eq(&a, &a));
	assert_false(ov_oin_eq(&a, &b));
	assert_true(ov_oin_cmp(&a, &b) < 0);
	assert_true(ov_oin_cmp(&b, &a) > 0);
}

static void
test_shapes(void **state)
{
	static const struct {
		const char *s;
		bool brin, vestiging, gemeente, slug;
	} rows[] = {
	    {"00AA", true, false, false, false},
	    {"25LZ", true, false, false, false},
	    {"00aa", false, false, false, true},
	    {"0AAA", false, false, false, false},
	    {"000A", false, false, false, false},
	    {"00A", false, false, false, false},
	    {"00AAA", false, false, false, false},
	    {"00", false, true, false, true},
	    {"99", false, true, false, true},
	    {"0", false, false, false, true},
	    {"0344", false, false, true, true},
	    {"034", false, false, false, true},
	    {"03444", false, false, false, true},
	    {"", false, false, false, false},
	    {"voorbeeld-2", false, false, false, true},
	    {"Voorbeeld", false, false, false, false},
	    {"a_b", false, false, false, false},
	    {"abcdefghijklmnopqrstuvwxyz012345", false, false, false, true},
	    {"abcdefghijklmnopqrstuvwxyz0123456", false, false, false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ov_view v = ov_view_str(rows[i].s);

		assert_int_equal(ov_is_brin(v), rows[i].brin);
		assert_int_equal(ov_is_vestiging(v), rows[i].vestiging);
		assert_int_equal(ov_is_gemeente(v), rows[i].gemeente);
		assert_int_equal(ov_is_slug(v), rows[i].slug);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_oin_characters),
	    cmocka_unit_test(test_oin_length_and_order),
	    cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
