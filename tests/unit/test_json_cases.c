/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_json_cases.c - the gate for foreign JSON against the table
 * tests/data/json-gevallen.json: what RFC 8259 demands (y_), forbids (n_) and
 * leaves to us (i_).
 */
#include "tests/unit/docs_help.h"

#include "protocol/hash.h"

static size_t
bytes(const json_t *c, uint8_t *out, size_t cap)
{
	const char *hex = json_string_value(json_object_get(c, "hex"));
	const char *text;
	size_t n;

	if (hex == NULL) {
		text = text_of(c, "tekst");
		n = json_string_length(json_object_get(c, "tekst"));
		assert_true(n <= cap);
		memcpy(out, text, n);
		return n;
	}
	n = strlen(hex) / 2;
	assert_true(n <= cap && strlen(hex) % 2 == 0);
	assert_int_equal(ov_hex_exact(ov_view_str(hex), out, n), OV_OK);
	return n;
}

/* protocol/jtree.h gives the same answer, and the same value. */
static void
other_reader(const uint8_t *p, size_t n, enum ov_rc want, const json_t *j)
{
	struct ov_err e = {0};
	OV_JDOC d = {0};
	OV_JSON *same = NULL;

	assert_int_equal(ov_jdoc_parse(p, n, (size_t)1 << 20, &d, &e), want);
	assert_true(want == OV_OK || (d.root == NULL && e.msg[0] != '\0'));
	same = ov_jn_json(d.root);
	assert_true((j == NULL && same == NULL) || json_equal(j, same));
}

/* From memory of exactly that size, so that a read behind it is seen. */
static enum ov_rc
parse(const uint8_t *p, size_t n, json_t **out)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	struct ov_err e = {0};
	enum ov_rc rc;

	assert_non_null(copy);
	memcpy(copy, p, n);
	rc = ov_json_parse(copy, n, (size_t)1 << 20, out, &e);
	other_reader(copy, n, rc, *out);
	free(copy);
	assert_true((rc == OV_OK) == (*out != NULL));
	assert_true(rc == OV_OK || e.msg[0] != '\0');
	return rc;
}

static void
one(const json_t *c, size_t kinds[3])
{
	static uint8_t buf[1 << 16];
	const char *naam = text_of(c, "naam");
	const json_t *neemt = json_object_get(c, "neemt");
	size_t n = bytes(c, buf, sizeof(buf));
	json_t *j = NULL, *again = NULL;
	enum ov_rc rc = parse(buf, n, &j);
	OV_BUF text = {0};

	assert_true(json_is_boolean(neemt));
	if ((rc == OV_OK) != json_is_true(neemt))
		fail_msg("%s: %s", naam, ov_rc_name(rc));
	kinds[naam[0] == 'y' ? 0 : naam[0] == 'n' ? 1 : 2]++;
	if (naam[0] != 'i')
		assert_int_equal(rc == OV_OK, naam[0] == 'y');
	if (rc != OV_OK) {
		assert_int_equal(rc, OV_BADMSG);
		return;
	}
	/* What is taken is written, and means the same. */
	ov_json_dump(&text, j);
	assert_int_equal(ov_buf_ok(&text, NULL), OV_OK);
	assert_int_equal(parse(text.p, text.n, &again), OV_OK);
	if (!json_equal(j, again))
		fail_msg("%s: written as something else", naam);
	json_decref(again);
	json_decref(j);
}

static void
whole_table(void **state)
{
	json_t *t = vectors("json-gevallen.json"), *c;
	const json_t *list = json_object_get(t, "gevallen");
	size_t i, kinds[3] = {0, 0, 0};

	(void)state;
	json_array_foreach(list, i, c) one(c, kinds);
	assert_true(kinds[0] >= 20 && kinds[1] >= 60 && kinds[2] >= 10);
	json_decref(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(whole_table)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
