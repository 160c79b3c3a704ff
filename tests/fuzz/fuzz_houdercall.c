/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_houdercall.c - a packet of store's, as a compromised store
 * would send it: the holder answers or refuses, never gives a seed away, and
 * what it evaluates was debited.
 */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>
#include <unistd.h>

#include "daemon/houder/houder.h"
#include "protocol/packet.h"

#define NOW INT64_C(1788249600)
#define CLIENT "00000099000000002000"
#define DAY_CAP 40000

static char dir[] = "/tmp/ov-fuzz-XXXXXX";

static void
clean(void)
{
	static const char *const names[] = {"houder.db", "houder.db-journal",
	    "houder.db-wal", "houder.db-shm"};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

/* What is in the way of an abort() stays behind; the rest is removed. */
static struct ov_houder *
ready(struct ov_debits **debits)
{
	static const struct ov_houder_conf conf = {DAY_CAP, 100000, 1000000,
	    1000000};
	static struct ov_houder_keys *keys;
	struct ov_secret32 seed;
	struct ov_houder *h = NULL;

	must(sodium_init() >= 0, "libsodium");
	must(mkdtemp(dir) != NULL && atexit(clean) == 0, "folder");
	memset(&seed, 0x11, sizeof(seed));
	must(ov_houder_keys_new("voorbeeld", &keys, NULL) == OV_OK &&
	         ov_houder_keys_seed(keys, 1, 1, &seed, NULL) == OV_OK &&
	         ov_debits_open(dir, debits, NULL) == OV_OK &&
	         ov_houder_new(&conf, keys, *debits, &h, NULL) == OV_OK,
	    "role");
	return h;
}

/* Elements that came out of every answer of this packet. */
static uint32_t
evaluated(const struct ov_buf *reply)
{
	struct ov_h_evaluated a;
	struct ov_pkr r;

	if (ov_pkr_begin(&r, (struct ov_view){reply->p, reply->n},
	        OV_H_EVALUATE | OV_PK_REPLY, &ov_h_evaluated_rec,
	        NULL) != OV_OK ||
	    ov_pkr_next(&r, &a, NULL) != OV_OK)
		return 0;
	must(a.rc == OV_OK || a.elements.n == 0, "nothing with a refusal");
	return a.rc == OV_OK ? (uint32_t)(a.elements.n / 32) : 0;
}

static void
debited(struct ov_debits *d, struct ov_view pkt, uint32_t n)
{
	struct ov_debit_row row[OV_DEBIT_ROWS_MAX];
	struct ov_h_evaluate q;
	struct ov_pkr r;
	struct ov_oin client;
	size_t got = 0;
	uint64_t sum = 0;

	must(ov_pkr_begin(&r, pkt, OV_H_EVALUATE, &ov_h_evaluate_rec, NULL) ==
	             OV_OK &&
	         ov_pkr_next(&r, &q, NULL) == OV_OK &&
	         ov_oin_from(q.client, &client) == OV_OK &&
	         ov_debits_usage(d, &client, q.ep, row, OV_DEBIT_ROWS_MAX, &got,
	             NULL) == OV_OK,
	    "its counters");
	for (size_t i = 0; i < got; i++)
		sum += row[i].count;
	must(sum >= n && sum <= DAY_CAP, "debited, and under the ceiling");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct ov_houder *h;
	static struct ov_debits *debits;
	static uint64_t ms;
	static const uint8_t seed[] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};
	struct ov_view in = {p, n};
	struct ov_now now = {NOW, ms += 1000};
	OV_BUF reply = {0};
	uint32_t done;

	if (h == NULL)
		h = ready(&debits);
	if (ov_houder_call(h, in, now, &reply, NULL) != OV_OK) {
		must(reply.n == 0, "no reply to a refused packet");
		return 0;
	}
	must(reply.n >= OV_PK_HDR && reply.p[0] == (p[0] | 0x80) &&
	         reply.p[1] == p[1],
	    "its header");
	must(memmem(reply.p, reply.n, seed, sizeof(seed)) == NULL ||
	         memmem(p, n, seed, sizeof(seed)) != NULL,
	    "no seed in a reply");
	if ((done = evaluated(&reply)) > 0)
		debited(debits, in, done);
	return 0;
}
