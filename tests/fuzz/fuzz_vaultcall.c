/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_vaultcall.c - a packet of store's, as a compromised store
 * would send it: the vault answers or refuses, and never gives a key away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/vault.h"
#include "protocol/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define OIN "00000099000000002000"

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "fuzz_vaultcall: %s\n", what);
	abort();
}

static enum ov_rc
one(struct ov_vault *v, uint16_t type, const struct ov_rec *rec, const void *q)
{
	struct ov_pkw w = {0};
	OV_BUF reply = {0};
	enum ov_rc rc;

	ov_pkw_begin(&w, type, 1, rec, 1);
	ov_pkw_put(&w, q);
	rc = ov_vault_call(v, (struct ov_view){w.b.p, w.b.n}, &reply, NULL);
	ov_buf_free(&w.b);
	return rc;
}

/* A vault that is ready, with seeds that are easy to find. */
static struct ov_vault *
ready(void)
{
	const struct ov_vault_conf conf = {OIN, "voorbeeld", "overstap.nl"};
	struct ov_v_kek kek = {.op = OV_KEK_NEW, .gen = 1};
	struct ov_v_hello hello;
	struct ov_vault_keys k;
	struct ov_vault *v;

	memset(&k.identity, 0x42, sizeof(k.identity));
	memset(&k.log, 0xa2, sizeof(k.log));
	memset(&k.witness, 0xb2, sizeof(k.witness));
	memset(&k.kek_root, 0x93, sizeof(k.kek_root));
	must(ov_vault_load_keys(&k, &conf, &v, NULL) == OV_OK, "load");
	memcpy(hello.oin, OIN, sizeof(hello.oin));
	must(one(v, OV_V_HELLO, &ov_v_hello_rec, &hello) == OV_OK, "hello");
	must(one(v, OV_V_KEK, &ov_v_kek_rec, &kek) == OV_OK, "new");
	kek.op = OV_KEK_USE;
	must(one(v, OV_V_KEK, &ov_v_kek_rec, &kek) == OV_OK, "use");
	return v;
}

/* No run of 32 equal bytes of a seed, unless the request had it. */
static bool
leaks(struct ov_view in, const struct ov_buf *reply)
{
	static const uint8_t seeds[] = {0x42, 0xa2, 0xb2, 0x93};
	uint8_t s[32];

	for (size_t i = 0; i < sizeof(seeds); i++) {
		memset(s, seeds[i], sizeof(s));
		if (memmem(reply->p, reply->n, s, sizeof(s)) != NULL &&
		    memmem(in.p, in.n, s, sizeof(s)) == NULL)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_vault *v;
	static unsigned int calls;
	OV_BUF reply = {0};
	enum ov_rc rc;

	/* A fresh one now and then, so that full tables do not hide paths. */
	if (v == NULL || ++calls % 4096 == 0) {
		ov_vault_free(v);
		v = ready();
	}
	rc = ov_vault_call(v, (struct ov_view){p, n}, &reply, NULL);
	if (rc != OV_OK) {
		must(reply.n == 0, "a reply to a refused packet");
		return 0;
	}
	must(reply.n >= OV_PK_HDR && reply.p[0] == (p[0] | 0x80) &&
	         memcmp(reply.p + 1, p + 1, OV_PK_HDR - 1) == 0,
	    "another header");
	must(!leaks((struct ov_view){p, n}, &reply), "a seed in a reply");
	return 0;
}
