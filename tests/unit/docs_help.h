/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/docs_help.h - what the tests of the signed documents share: keys
 * from repeated bytes, notes that are signed, and the vector files.
 */
#ifndef OV_TESTS_DOCS_HELP_H
#define OV_TESTS_DOCS_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "protocol/b64.h"
#include "protocol/json.h"
#include "protocol/note.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data"
#endif

/* A file of tests/data, found from the source tree or its build. */
static inline json_t *
vectors(const char *name)
{
	static const char *const dir[] = {OV_TEST_DATA, "tests/data",
	    "../tests/data", "../../tests/data", "../../../tests/data"};
	char path[4096];
	json_t *j = NULL;
	size_t i;

	ov_json_init();
	for (i = 0; j == NULL && i < sizeof(dir) / sizeof(*dir); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir[i], name);
		j = json_load_file(path, 0, NULL);
	}
	assert_non_null(j);
	return j;
}

static inline const char *
text_of(const json_t *j, const char *name)
{
	const char *t = json_string_value(json_object_get(j, name));

	assert_non_null(t);
	return t;
}

struct key {
	uint8_t pk[32];
	uint8_t sk[64];
};

/* Ed25519 key from a seed of 32 equal bytes. */
static inline struct key
key_of(uint8_t byte)
{
	uint8_t seed[32];
	struct key k;

	assert_true(sodium_init() >= 0);
	memset(seed, byte, sizeof(seed));
	assert_int_equal(crypto_sign_seed_keypair(k.pk, k.sk, seed), 0);
	return k;
}

static inline void
sign(const struct key *k, const void *p, size_t n, uint8_t sig[64])
{
	assert_int_equal(crypto_sign_detached(sig, NULL, p, n, k->sk), 0);
}

/* Append an empty line and a signature line to the text in b, which is the
 * first n bytes of it. */
static inline void
sign_note(struct ov_buf *b, size_t n, const struct ov_vkey *v,
    const struct key *k)
{
	uint8_t sig[64];

	if (b->n == n)
		ov_buf_str(b, "\n");
	sign(k, b->p, n, sig);
	ov_note_line(b, v, sig, sizeof(sig));
	assert_false(b->bad);
}

#endif
