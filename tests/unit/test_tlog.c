/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_tlog.c - leaves, Merkle tree in tiles, proofs. */
#include "tests/unit/docs_help.h"

#include "protocol/hash.h"
#include "protocol/tlog.h"

#define LEAVES 1100

/* Tiles in memory, as a store would keep them. */
struct tiles {
	struct ov_digest t[3][8][OV_TILE_WIDTH];
	unsigned n[3][8];
};

static enum ov_rc
tile_write(void *arg, unsigned level, uint64_t nr, unsigned n,
    const struct ov_digest *h, struct ov_err *e)
{
	struct tiles *s = arg;

	(void)e;
	assert_true(level < 3 && nr < 8 && n >= 1 && n <= OV_TILE_WIDTH);
	memcpy(s->t[level][nr], h, n * sizeof(*h));
	s->n[level][nr] = n;
	return OV_OK;
}

static enum ov_rc
tile_read(void *arg, unsigned level, uint64_t nr, unsigned n,
    struct ov_digest *out, struct ov_err *e)
{
	struct tiles *s = arg;

	if (level >= 3 || nr >= 8 || s->n[level][nr] < n)
		return ov_fail(e, OV_DAMAGED, "no tile");
	memcpy(out, s->t[level][nr], n * sizeof(*out));
	return OV_OK;
}

static void
leaf_of(unsigned i, struct ov_digest *h)
{
	uint8_t b[2] = {(uint8_t)(i >> 8), (uint8_t)i};

	assert_int_equal(ov_tlog_leaf_hash(h, b, 2), OV_OK);
}

/* RFC 6962 2.1, straight from its definition. */
static void
naive_root(unsigned from, unsigned n, struct ov_digest *out)
{
	struct ov_digest l, r;
	unsigned k = 1;

	if (n == 1) {
		leaf_of(from, out);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	naive_root(from, k, &l);
	naive_root(from + k, n - k, &r);
	assert_int_equal(ov_tlog_node_hash(out, &l, &r), OV_OK);
}

/* The reference tree of RFC 6962's implementations. */
static void
test_reference_roots(void **state)
{
	static const char *const leaf[] = {"", "00", "10", "2021", "3031",
	    "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
	static const char *const root[] = {"e3b0c442", "6e340b9c", "fac54203",
	    "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4",
	    "5dc9da79"};
	struct ov_tlog_edge t = {0};
	struct ov_digest h, r;
	uint8_t b[16];
	char hex[65];
	size_t i, n;

	(void)state;
	for (i = 0; i <= 8; i++) {
		assert_int_equal(ov_tlog_edge_root(&t, &r, NULL), OV_OK);
		ov_hex_enc(hex, r.b, 32);
		assert_memory_equal(hex, root[i], 8);
		if (i == 8)
			break;
		n = strlen(leaf[i]) / 2;
		assert_int_equal(ov_hex_exact(ov_view_str(leaf[i]), b, n),
		    OV_OK);
		assert_int_equal(ov_tlog_leaf_hash(&h, b, n), OV_OK);
		assert_int_equal(ov_tlog_edge_add(&t, &h, NULL), OV_OK);
	}
	assert_string_equal(hex,
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

/* Batches of uneven size over several tiles: the root is always the defined
 * one, a log loaded from its tiles has it too, and all proofs of it verify. */
static void
test_tiles_and_proofs(void **state)
{
	struct tiles *s = calloc(1, sizeof(*s));
	struct ov_tlog_tiles src = {tile_read, s};
	struct ov_tlog *t = calloc(2, sizeof(*t));
	struct ov_digest h, root, want, old;
	struct ov_tlog_path path;
	unsigned i, at = 0, step = 1;

	(void)state;
	assert_non_null(s);
	assert_non_null(t);
	while (at < LEAVES) {
		for (i = 0; i < step && at < LEAVES; i++, at++) {
			leaf_of(at, &h);
			assert_int_equal(ov_tlog_add(&t[0], &h, tile_write, s,
			                     NULL),
			    OV_OK);
		}
		assert_int_equal(ov_tlog_flush(&t[0], tile_write, s, NULL),
		    OV_OK);
		assert_int_equal(ov_tlog_root(&t[0], &root, NULL), OV_OK);
		naive_root(0, at, &want);
		assert_memory_equal(&root, &want, 32);
		assert_int_equal(ov_tlog_load(&t[1], at, tile_read, s, NULL),
		    OV_OK);
		assert_int_equal(ov_tlog_root(&t[1], &root, NULL), OV_OK);
		assert_memory_equal(&root, &want, 32);
		step = step * 3 % 101 + 1;
	}
	for (i = 0; i < LEAVES; i += 7) {
		leaf_of(i, &h);
		assert_int_equal(ov_tlog_inclusion(i, LEAVES,
		                     ov_tlog_read_tiles, &src, &path, NULL),
		    OV_OK);
		assert_int_equal(ov_tlog_verify_inclusion(i, LEAVES, &h, path.h,
		                     path.n, &root, NULL),
		    OV_OK);
		assert_int_equal(ov_tlog_verify_inclusion(i, LEAVES, &h, path.h,
		                     path.n - 1, &root, NULL),
		    OV_BADSIG);
		assert_int_equal(ov_tlog_verify_inclusion(i + 1, LEAVES, &h,
		                     path.h, path.n, &root, NULL),
		    OV_BADSIG);
	}
	for (i = 1; i <= LEAVES; i += 13) {
		naive_root(0, i, &old);
		assert_int_equal(ov_tlog_consistency(i, LEAVES,
		                     ov_tlog_read_tiles, &src, &path, NULL),
		    OV_OK);
		assert_int_equal(ov_tlog_verify_consistency(i, LEAVES, &old,
		                     &root, path.h, path.n, NULL),
		    OV_OK);
		if (path.n > 0) {
			path.h[path.n - 1].b[0] ^= 1;
			assert_int_equal(ov_tlog_verify_consistency(i, LEAVES,
			                     &old, &root, path.h, path.n, NULL),
			    OV_BADSIG);
		}
	}
	free(s);
	free(t);
}

/* Every pair of sizes up to 40. */
static void
test_small_trees_whole(void **state)
{
	struct tiles *s = calloc(1, sizeof(*s));
	struct ov_tlog_tiles src = {tile_read, s};
	struct ov_tlog *t = calloc(1, sizeof(*t));
	struct ov_digest h, root, old;
	struct ov_tlog_path path;
	unsigned m, n;

	(void)state;
	assert_non_null(s);
	assert_non_null(t);
	for (n = 1; n <= 40; n++) {
		leaf_of(n - 1, &h);
		assert_int_equal(ov_tlog_add(t, &h, tile_write, s, NULL),
		    OV_OK);
		assert_int_equal(ov_tlog_flush(t, tile_write, s, NULL), OV_OK);
		naive_root(0, n, &root);
		for (m = 1; m <= n; m++) {
			leaf_of(m - 1, &h);
			assert_int_equal(ov_tlog_inclusion(m - 1, n,
			                     ov_tlog_read_tiles, &src, &path,
			                     NULL),
			    OV_OK);
			assert_int_equal(ov_tlog_verify_inclusion(m - 1, n, &h,
			                     path.h, path.n, &root, NULL),
			    OV_OK);
			naive_root(0, m, &old);
			assert_int_equal(ov_tlog_consistency(m, n,
			                     ov_tlog_read_tiles, &src, &path,
			                     NULL),
			    OV_OK);
			assert_int_equal(ov_tlog_verify_consistency(m, n, &old,
			                     &root, path.h, path.n, NULL),
			    OV_OK);
		}
	}
	free(s);
	free(t);
}

/* Appendix A.4: ref, leaf, root, checkpoint, proof; every prefix refused. */
static void
test_appendix_a4(void **state)
{
	json_t *v = vectors("bijlage-a.json");
	const char *blad = text_of(v, "A.4 blad1"), *t;
	struct key b = key_of(0xa2);
	uint8_t salt[32], jwe[32], jti[16], ref[32];
	OV_BUF text = {0}, again = {0};
	struct ov_tlog_proof pr;
	struct ov_checkpoint cp;
	struct ov_digest h;
	struct ov_leaf l;
	char b64[OV_B64_SIZE(32)], hex[65];
	size_t n;

	(void)state;
	assert_int_equal(ov_hex_exact(ov_view_str(text_of(v, "A.4 salt")), salt,
	                     32),
	    OV_OK);
	assert_int_equal(ov_b64u_exact(ov_view_str(
	                                   text_of(v, "A.2 sha256_jwe")),
	                     jwe, 32),
	    OV_OK);
	memset(jti, 0x71, 16);
	ov_leaf_ref(ref, salt, jwe, jti);
	ov_hex_enc(hex, ref, 32);
	assert_string_equal(hex, text_of(v, "A.4 ref"));
	assert_int_equal(ov_leaf_parse(blad, strlen(blad), &l, NULL), OV_OK);
	assert_memory_equal(l.ref, ref, 32);
	assert_int_equal(l.soort, OV_LEAF_ONTVANGST);
	assert_int_equal(ov_leaf_text(&text, &l, NULL), OV_OK);
	assert_string_equal(ov_buf_text(&text), blad);
	assert_int_equal(ov_tlog_leaf_hash(&h, blad, strlen(blad)), OV_OK);
	(void)ov_b64_enc(b64, h.b, 32);
	assert_string_equal(b64, text_of(v, "A.4 leaf1"));
	for (n = 0; n < strlen(blad); n++)
		assert_int_equal(ov_leaf_parse(blad, n, &l, NULL), OV_BADMSG);

	t = text_of(v, "A.4 bewijs");
	assert_int_equal(ov_tlog_proof_parse(t, strlen(t), &pr, NULL), OV_OK);
	assert_int_equal(ov_checkpoint_open(pr.note.p, pr.note.n, b.pk, &cp,
	                     NULL, NULL),
	    OV_OK);
	assert_int_equal(cp.size, 2);
	(void)ov_b64_enc(b64, cp.root.b, 32);
	assert_string_equal(b64, text_of(v, "A.4 root2"));
	assert_int_equal(ov_tlog_proof_verify(&pr, &h, &cp, NULL), OV_OK);
	ov_tlog_proof_text(&again, &pr);
	assert_string_equal(ov_buf_text(&again), t);
	pr.path.n = 0;
	assert_int_equal(ov_tlog_proof_verify(&pr, &h, &cp, NULL), OV_BADSIG);
	/* The prefix that ends after the log's own line is itself a proof; all
	 * others are refused. */
	for (n = 0; n < strlen(t); n++) {
		bool ok = ov_tlog_proof_parse(t, n, &pr, NULL) == OV_OK &&
		          ov_checkpoint_open(pr.note.p, pr.note.n, b.pk, &cp,
		              NULL, NULL) == OV_OK;
		assert_int_equal(ok,
		    t + n == strstr(t, "\n\xe2\x80\x94") +
		                 strcspn(strstr(t, "\xe2\x80\x94"), "\n") + 2);
	}
	json_decref(v);
}

/* Names of origins, with and without a suffix. */
static void
test_origin_number(void **state)
{
	struct ov_oin o = {"00000099000000002000"};
	char t[OV_NOTE_NAME_MAX + 1];

	(void)state;
	assert_int_equal(ov_log_origin(t, "overstap.example", "r", &o, 1, NULL),
	    OV_OK);
	assert_string_equal(t,
	    "overstap.example/regio/r/log/00000099000000002000");
	assert_int_equal(ov_log_origin_number(t, "overstap.example", "r", &o),
	    1);
	assert_int_equal(ov_log_origin(t, "overstap.example", "r", &o, 12,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_log_origin_number(t, "overstap.example", "r", &o),
	    12);
	assert_int_equal(ov_log_origin_number(t, "overstap.example", "q", &o),
	    0);
	t[strlen(t) - 2] = '\0'; /* ends in "/" */
	assert_int_equal(ov_log_origin_number(t, "overstap.example", "r", &o),
	    0);
	t[strlen(t) + 1] = '\0';
	t[strlen(t)] = '1'; /* "/1" is not how 1 is written */
	assert_int_equal(ov_log_origin_number(t, "overstap.example", "r", &o),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reference_roots),
	    cmocka_unit_test(test_tiles_and_proofs),
	    cmocka_unit_test(test_small_trees_whole),
	    cmocka_unit_test(test_appendix_a4),
	    cmocka_unit_test(test_origin_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
