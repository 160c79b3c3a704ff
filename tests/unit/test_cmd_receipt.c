/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_cmd_receipt.c - the file of "overstap export receipt",
 * judged offline: what is proved, and what is not any more after a change. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/fs.h"
#include "protocol/b64.h"
#include "protocol/json.h"
#include "protocol/kaart.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_init.h"
#include "tools/cmd_receipt.h"
#include "tools/cmd_region.h"

#define NOW INT64_C(1788249600) /* 2026-09-01T08:00:00Z */
#define DOM "overstap.example"
#define VO "00000099000000001000"
#define MBO "00000099000000002000"

struct world {
	char dir[64];
	struct ov_buf book; /* version 1, a note */
	struct ov_buf file;
	char vinger[OV_VINGER_TEXT];
};

static void
seed_of(const struct world *w, const char *rel, uint8_t seed[32])
{
	char path[200];
	struct ov_err e = {0};

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, rel);
	assert_int_equal(ov_seed_read(AT_FDCWD, path, seed, &e), OV_OK);
}

static void
member(struct world *w, struct ov_region *r, const char *dir, const char *oin,
    const char *rol)
{
	char full[100], card[120], url[80], vinger[OV_VINGER_TEXT];
	OV_BUF c = {0}, cert = {0};
	struct ov_oin got;
	struct ov_err e = {0};

	(void)snprintf(full, sizeof(full), "%s/%s", w->dir, dir);
	(void)snprintf(card, sizeof(card), "%s/kaart.txt", full);
	(void)snprintf(url, sizeof(url), "https://%s.example", dir);
	assert_int_equal(ov_init_instance(&(struct ov_init){.dir = full,
	                                      .naam = dir,
	                                      .oin = oin,
	                                      .regio = "voorbeeld",
	                                      .logdomein = DOM,
	                                      .url = url,
	                                      .rol = &rol,
	                                      .nrol = 1},
	                     vinger, &e),
	    OV_OK);
	assert_int_equal(ov_cli_file(card, 65536, &c, &e), OV_OK);
	assert_int_equal(ov_region_add(r,
	                     &(struct ov_region_add){.card = {c.p, c.n},
	                         .typed = vinger,
	                         .now = NOW},
	                     &got, &cert, &e),
	    OV_OK);
}

static void
make_book(struct world *w)
{
	static const char *const admin = "anna";
	char dir[80];
	struct ov_region_signed s;
	struct ov_region r;
	uint8_t seed[32];
	struct ov_err e = {0};

	(void)snprintf(dir, sizeof(dir), "%s/reg", w->dir);
	assert_int_equal(ov_region_create(&(struct ov_region_new){.dir = dir,
	                                      .regio = "voorbeeld",
	                                      .logdomein = DOM,
	                                      .drempel = 1,
	                                      .beheer = &admin,
	                                      .nbeheer = 1,
	                                      .now = NOW},
	                     &e),
	    OV_OK);
	assert_int_equal(ov_region_open(dir, &r, &e), OV_OK);
	member(w, &r, "vo", VO, "vo");
	member(w, &r, "mbo", MBO, "mbo");
	seed_of(w, "reg/beheer/anna.key", seed);
	assert_int_equal(ov_region_sign(&r, seed, NOW, 35, &s, &e), OV_OK);
	assert_true(s.complete);
	memcpy(w->vinger, s.vinger, sizeof(w->vinger));
	assert_int_equal(ov_region_version(&r, 1, &w->book, NULL, &e), OV_OK);
	ov_region_close(&r);
}

/* A checkpoint of the mbo's log, as a note. */
static void
checkpoint(struct world *w, uint64_t size, const struct ov_digest *root,
    struct ov_buf *out)
{
	struct ov_checkpoint cp = {.size = size, .root = *root};
	uint8_t seed[32], pk[32];
	struct ov_oin oin;
	struct ov_vkey key;
	OV_BUF line = {0};

	assert_int_equal(ov_oin_parse(ov_view_str(MBO), &oin), OV_OK);
	assert_int_equal(ov_log_origin(cp.origin, DOM, "voorbeeld", &oin, 1,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_checkpoint_text(out, &cp, NULL), OV_OK);
	seed_of(w, "mbo/credentials/vault/log", seed);
	assert_int_equal(ov_seed_pk(seed, pk, NULL), OV_OK);
	assert_int_equal(ov_vkey_make(&key, cp.origin, OV_VKEY_ED25519, pk,
	                     NULL),
	    OV_OK);
	assert_int_equal(ov_note_sign(&line, (struct ov_view){out->p, out->n},
	                     &key, seed, NULL),
	    OV_OK);
	ov_buf_str(out, "\n");
	ov_buf_add(out, line.p, line.n);
}

/* The vo's witness under that note. */
static void
cosign(struct world *w, struct ov_buf *note)
{
	uint8_t seed[32], pk[32], sk[64], sig[64], both[72];
	char name[OV_NOTE_NAME_MAX + 1];
	struct ov_note parsed;
	struct ov_vkey key;
	struct ov_oin oin;
	OV_BUF msg = {0};

	assert_int_equal(ov_oin_parse(ov_view_str(VO), &oin), OV_OK);
	assert_int_equal(ov_witness_name(name, DOM, "voorbeeld", &oin, NULL),
	    OV_OK);
	seed_of(w, "vo/credentials/vault/witness", seed);
	assert_int_equal(crypto_sign_seed_keypair(pk, sk, seed), 0);
	assert_int_equal(ov_vkey_make(&key, name, OV_VKEY_COSIG, pk, NULL),
	    OV_OK);
	assert_int_equal(ov_note_parse(note->p, note->n, &parsed, NULL), OV_OK);
	ov_cosig_message(&msg, NOW, parsed.text);
	assert_int_equal(crypto_sign_detached(sig, NULL, msg.p, msg.n, sk), 0);
	ov_cosig_bytes(both, NOW, sig);
	ov_note_line(note, &key, both, sizeof(both));
}

static void
receipt(struct world *w, struct ov_digest *leaf, struct ov_buf *jws)
{
	struct ov_receipt r = {.iat = NOW};
	struct ov_leaf l = {.tijd = NOW, .soort = OV_LEAF_ONTVANGST};
	uint8_t seed[32], pk[32], sk[64], sig[64], thumb[32];
	OV_BUF blad = {0}, cp = {0}, proof = {0}, payload = {0};

	assert_int_equal(ov_oin_parse(ov_view_str(MBO), &r.iss), OV_OK);
	assert_int_equal(ov_oin_parse(ov_view_str(VO), &r.aud), OV_OK);
	memset(r.jti, 1, sizeof(r.jti));
	memset(r.ref, 2, sizeof(r.ref));
	memset(r.sha256_jwe, 3, 32);
	memset(r.sha256_jws, 4, 32);
	memset(r.zout, 5, 32);
	l.partij = r.aud;
	ov_leaf_ref(l.ref, r.zout, r.sha256_jwe, r.ref);
	assert_int_equal(ov_leaf_text(&blad, &l, NULL), OV_OK);
	assert_int_equal(ov_tlog_leaf_hash(leaf, blad.p, blad.n), OV_OK);
	checkpoint(w, 1, leaf, &cp);
	ov_tlog_proof_text(&proof,
	    &(struct ov_tlog_proof){.note = {cp.p, cp.n}});
	r.blad = (struct ov_view){blad.p, blad.n};
	r.bewijs = (struct ov_view){proof.p, proof.n};
	assert_int_equal(ov_receipt_compose(&payload, &r, NULL), OV_OK);
	seed_of(w, "mbo/credentials/vault/identity", seed);
	assert_int_equal(crypto_sign_seed_keypair(pk, sk, seed), 0);
	assert_int_equal(ov_thumb_ed25519(thumb, pk, NULL), OV_OK);
	assert_int_equal(ov_jws_input(jws, OV_TYP_ONTVANGST, thumb, payload.p,
	                     payload.n, NULL),
	    OV_OK);
	assert_int_equal(crypto_sign_detached(sig, NULL, jws->p, jws->n, sk),
	    0);
	ov_jws_finish(jws, sig);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ov_digest one, two, root;
	OV_BUF jws = {0}, later = {0};

	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/ov-receipt-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	make_book(w);
	receipt(w, &one, &jws);
	assert_int_equal(ov_tlog_leaf_hash(&two, "next\n", 5), OV_OK);
	assert_int_equal(ov_tlog_node_hash(&root, &one, &two), OV_OK);
	checkpoint(w, 2, &root, &later);
	cosign(w, &later);
	ov_buf_add(&w->file, jws.p, jws.n);
	ov_buf_str(&w->file, "\n\n");
	ov_buf_add(&w->file, w->book.p, w->book.n);
	ov_buf_str(&w->file, "\n");
	ov_buf_add(&w->file, later.p, later.n);
	ov_buf_str(&w->file, "\n");
	ov_b64_add(&w->file, two.b, 32);
	ov_buf_str(&w->file, "\n");
	assert_int_equal(ov_buf_ok(&w->file, NULL), OV_OK);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
		_exit(127);
	}
	ov_buf_free(&w->book);
	ov_buf_free(&w->file);
	free(w);
	return pid > 0 ? 0 : -1;
}

static enum ov_rc
verify(const struct world *w, size_t n, const char *typed,
    struct ov_receipt_facts *f)
{
	return ov_receipt_file((struct ov_view){w->file.p, n},
	    (struct ov_view){NULL, 0}, typed, f, NULL);
}

/* A whole file proves receipt, place, a consistent later log, a witness. */
static void
test_good(void **state)
{
	struct world *w = *state;
	struct ov_receipt_facts f;

	assert_int_equal(verify(w, w->file.n, NULL, &f), OV_OK);
	assert_string_equal(f.doubt, "");
	assert_string_equal(f.from.s, VO);
	assert_string_equal(f.to_naam, "mbo");
	assert_true(f.in_log && f.consistent);
	assert_int_equal(f.index, 0);
	assert_int_equal(f.size, 1);
	assert_int_equal(f.later, 2);
	assert_int_equal(f.witnesses, 1);
	assert_int_equal(f.versie, 1);
	assert_int_equal(verify(w, w->file.n, w->vinger, &f), OV_OK);
	assert_int_not_equal(verify(w, w->file.n,
	                         "00000-00000-00000-00000-000000", &f),
	    OV_OK);
	/* With a book of one's own, the one in the file does not count. */
	assert_int_equal(ov_receipt_file((struct ov_view){w->file.p, w->file.n},
	                     (struct ov_view){w->book.p, w->book.n}, NULL, &f,
	                     NULL),
	    OV_OK);
	assert_true(f.book_given);
}

static bool
all_proved(enum ov_rc rc, const struct ov_receipt_facts *f)
{
	return rc == OV_OK && f->doubt[0] == '\0' && f->in_log &&
	       f->consistent && f->witnesses == 1;
}

/* One changed bit anywhere, and not everything is proved any more. */
static void
test_one_bit(void **state)
{
	struct world *w = *state;
	struct ov_receipt_facts f;

	for (size_t i = 0; i < w->file.n - 1; i += 3) {
		uint8_t bit = (uint8_t)(1u << (i % 7));

		w->file.p[i] ^= bit;
		if (all_proved(verify(w, w->file.n, NULL, &f), &f))
			fail_msg("bit %u of byte %zu", bit, i);
		w->file.p[i] ^= bit;
	}
}

/* Nor is it by the beginning of a file, except without its last LF. */
static void
test_prefixes(void **state)
{
	struct world *w = *state;
	struct ov_receipt_facts f;

	for (size_t n = 0; n < w->file.n - 1; n += 5)
		assert_false(all_proved(verify(w, n, NULL, &f), &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_one_bit),
	    cmocka_unit_test(test_prefixes),
	};

	if (sodium_init() < 0)
		return 1;
	ov_json_init();
	return cmocka_run_group_tests(tests, setup, teardown);
}
