/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_note.c - C2SP signed notes and cosignatures. */
#include "tests/unit/docs_help.h"

#include "protocol/tlog.h"

/* The verifier keys of appendix A.4 are what the seeds give, and read back. */
static void
test_vkeys(void **state)
{
	json_t *v = vectors("bijlage-a.json");
	const char *t[2] = {text_of(v, "A.4 log_vkey"),
	    text_of(v, "A.4 witness_vkey")};
	const uint8_t seed[2] = {0xa2, 0xb1}, type[2] = {1, 4};
	struct ov_vkey k;
	struct key key;
	size_t i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		OV_BUF b = {0};
		assert_int_equal(ov_vkey_parse(&k, t[i], strlen(t[i]), NULL),
		    OV_OK);
		key = key_of(seed[i]);
		assert_memory_equal(k.pk, key.pk, 32);
		assert_int_equal(k.type, type[i]);
		ov_vkey_text(&b, &k);
		assert_string_equal(ov_buf_text(&b), t[i]);
		for (n = 0; n < strlen(t[i]); n++)
			assert_int_equal(ov_vkey_parse(&k, t[i], n, NULL),
			    OV_BADMSG);
	}
	json_decref(v);
}

/* The checkpoint of A.4: log signature and cosignature verify, with time. */
static void
test_appendix_a4_note(void **state)
{
	json_t *v = vectors("bijlage-a.json");
	const char *t = text_of(v, "A.4 bewijs"), *w;
	struct ov_note_seen seen[2];
	struct ov_tlog_proof pr;
	struct ov_vkey k[2];
	struct ov_note note;

	(void)state;
	assert_int_equal(ov_tlog_proof_parse(t, strlen(t), &pr, NULL), OV_OK);
	assert_int_equal(ov_note_parse(pr.note.p, pr.note.n, &note, NULL),
	    OV_OK);
	assert_int_equal(note.nsig, 2);
	w = text_of(v, "A.4 log_vkey");
	assert_int_equal(ov_vkey_parse(&k[0], w, strlen(w), NULL), OV_OK);
	w = text_of(v, "A.4 witness_vkey");
	assert_int_equal(ov_vkey_parse(&k[1], w, strlen(w), NULL), OV_OK);
	assert_int_equal(ov_note_verify(&note, k, 2, seen, NULL), OV_OK);
	assert_true(seen[0].good && seen[1].good);
	assert_int_equal(seen[1].time, 1788249660);
	json_decref(v);
}

static void
make_key(struct ov_vkey *v, const char *name, const struct key *k)
{
	assert_int_equal(ov_vkey_make(v, name, OV_VKEY_ED25519, k->pk, NULL),
	    OV_OK);
}

static enum ov_rc
verify(const struct ov_buf *b, const struct ov_vkey *k, size_t n,
    struct ov_note_seen *seen)
{
	struct ov_note note;
	enum ov_rc rc = ov_note_parse(b->p, b->n, &note, NULL);

	return rc != OV_OK ? rc : ov_note_verify(&note, k, n, seen, NULL);
}

/* Unknown keys are ignored; a known one must be right; a second line of a
 * known key is ignored if equal and else rejects. */
static void
test_lines(void **state)
{
	struct key a = key_of(1), c = key_of(2);
	struct ov_note_seen seen[2];
	struct ov_vkey ka, kc, fake;
	uint8_t bad[64] = {0};
	OV_BUF b = {0};
	size_t n;

	(void)state;
	make_key(&ka, "a.example", &a);
	make_key(&kc, "c.example", &c);
	ov_buf_str(&b, "tekst\n\nmeer\n");
	n = b.n;
	sign_note(&b, n, &ka, &a);
	assert_int_equal(verify(&b, &ka, 1, seen), OV_OK);
	assert_true(seen[0].good);
	assert_int_equal(verify(&b, &kc, 1, seen), OV_OK);
	assert_false(seen[0].good);
	sign_note(&b, n, &ka, &a); /* the same line again */
	assert_int_equal(verify(&b, &ka, 1, seen), OV_OK);
	assert_true(seen[0].good);
	/* Same name, other key id: unknown. */
	make_key(&fake, "a.example", &c);
	ov_note_line(&b, &fake, bad, 64);
	assert_int_equal(verify(&b, &ka, 1, seen), OV_OK);
	/* A known key with a bad signature, also beside a good one. */
	ov_note_line(&b, &ka, bad, 64);
	assert_int_equal(verify(&b, &ka, 1, seen), OV_BADSIG);
	assert_int_equal(verify(&b, &kc, 1, seen), OV_OK);
}

/* Sixteen lines are taken, seventeen are not; bad characters are not. */
static void
test_shape(void **state)
{
	static const char *const bad[] = {"", "x", "x\n", "x\n\n",
	    "x\n\n\xe2\x80\x94 a.example AAAAAAE=",
	    "x\n\n\xe2\x80\x94 a.example AAAAAA==\n",
	    "x\n\n\xe2\x80\x94 a+b AAAAAAE=\n", "x\n\n- a.example AAAAAAE=\n",
	    "\n\n\xe2\x80\x94 a AAAAAAE=\n",
	    "\tx\n\n\xe2\x80\x94 a.example AAAAAAE=\n",
	    "\xc0\x80\n\n\xe2\x80\x94 a.example AAAAAAE=\n",
	    "\xed\xa0\x80\n\n\xe2\x80\x94 a.example AAAAAAE=\n",
	    "x\n\n\xe2\x80\x94 a.example AAAAAAF=\n",
	    "x\n\n\xe2\x80\x94 a.example AAAA AAE=\n"};
	struct key a = key_of(1);
	struct ov_note note;
	struct ov_vkey ka;
	OV_BUF b = {0};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ov_note_parse(bad[i], strlen(bad[i]), &note,
		                     NULL),
		    OV_BADMSG);
	make_key(&ka, "a.example", &a);
	ov_buf_str(&b, "x\n");
	for (i = 0; i < 16; i++)
		sign_note(&b, 2, &ka, &a);
	assert_int_equal(ov_note_parse(b.p, b.n, &note, NULL), OV_OK);
	sign_note(&b, 2, &ka, &a);
	assert_int_equal(ov_note_parse(b.p, b.n, &note, NULL), OV_BADMSG);
	/* Every prefix of a note with one line is refused. */
	ov_buf_reset(&b);
	ov_buf_str(&b, "x\n");
	sign_note(&b, 2, &ka, &a);
	for (n = 0; n < b.n; n++)
		assert_int_equal(ov_note_parse(b.p, n, &note, NULL), OV_BADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vkeys),
	    cmocka_unit_test(test_appendix_a4_note),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
