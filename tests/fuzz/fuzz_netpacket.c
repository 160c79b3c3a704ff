/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_netpacket.c - packets of a compromised net, each behind its
 * length of four bytes: the store refuses or answers each request at most
 * once, with an answer that is well formed, and goes on.
 */
#include "tests/fuzz/store_ready.h"

#include "protocol/packet.h"

static unsigned requests, answers;

static void
problem(const struct ov_n_answer *a)
{
	OV_JSON *j = NULL;

	must(ov_json_parse(a->body.p, a->body.n, 1 << 16, &j, NULL) == OV_OK,
	    "a problem is JSON");
	must(json_integer_value(json_object_get(j, "status")) == a->status,
	    "with its status");
	must(json_is_string(json_object_get(j, "title")) &&
	         json_is_string(json_object_get(j, "detail")),
	    "and its sentences");
}

/* net's side: what the store says to it. */
static enum ov_rc
take(void *ctx, const void *p, size_t n, struct ov_err *e)
{
	struct ov_view pkt = {p, n};
	struct ov_n_answer a;
	struct ov_pkr r;
	uint16_t type;
	uint64_t ref;

	(void)ctx;
	must(ov_pk_peek(pkt, &type, &ref, e) == OV_OK, "a packet");
	if (type != OV_N_ANSWER)
		return ov_fail(e, OV_AGAIN, "no net here");
	must(ov_pkr_begin(&r, pkt, type, &ov_n_answer_rec, e) == OV_OK &&
	         ov_pkr_next(&r, &a, e) == OV_OK,
	    "an answer");
	must(a.status >= 200 && a.status < 600, "a status");
	must(++answers <= requests, "one answer to a request");
	if (a.ctype == OV_CT_PROBLEM)
		problem(&a);
	return OV_OK;
}

static void
packet(const uint8_t *p, size_t n)
{
	struct ov_err e = {0};
	uint16_t type;
	uint64_t ref;

	if (ov_pk_peek((struct ov_view){p, n}, &type, &ref, NULL) == OV_OK &&
	    type == OV_N_REQUEST)
		requests++;
	if (ov_store_net_packet(w.st, (struct ov_view){p, n}, &e) != OV_OK)
		must(e.rc != OV_DAMAGED && e.rc != OV_SYS, "no more than that");
	must(!w.fatal, "the role goes on");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t k;

	store_ready();
	w.st->env.net = take;
	requests = answers = 0;
	while (n >= 4) {
		k = (size_t)p[0] << 24 | (size_t)p[1] << 16 |
		    (size_t)p[2] << 8 | p[3];
		p += 4;
		n -= 4;
		if (k > n)
			k = n;
		packet(p, k);
		p += k;
		n -= k;
	}
	for (int i = 0; i < 4; i++)
		store_turn();
	ov_store_conns_clear(w.st);
	return 0;
}
