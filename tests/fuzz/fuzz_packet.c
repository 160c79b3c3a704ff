/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_packet.c - packets of another process: the first byte picks
 * a shape; what reads is written to a packet that reads to the same.
 */
#include "tests/fuzz/fuzz.h"

#include "protocol/packet.h"

#define RECORD_MAX 512 /* bytes of the largest struct */

static const struct ov_rec *const shapes[] = {&ov_n_peer_rec, &ov_n_request_rec,
    &ov_n_answer_rec, &ov_n_fetch_rec, &ov_n_result_rec, &ov_n_trust_rec,
    &ov_n_drop_rec, &ov_n_state_rec, &ov_n_gone_rec, &ov_v_open_rec,
    &ov_v_text_rec, &ov_v_seal_rec, &ov_v_sealed_rec, &ov_v_head_rec,
    &ov_v_sig_rec, &ov_v_receipt_rec, &ov_v_receipted_rec, &ov_v_read_rec,
    &ov_v_make_rec, &ov_v_made_rec, &ov_v_blind_rec, &ov_v_blinded_rec,
    &ov_v_finish_rec, &ov_v_finished_rec, &ov_v_pid_rec, &ov_v_pidded_rec,
    &ov_v_rewrap_rec, &ov_v_wrapped_rec, &ov_v_link_rec, &ov_v_rc_rec,
    &ov_v_cosign_rec, &ov_v_statement_rec, &ov_v_kek_rec, &ov_v_key_rec,
    &ov_v_keyed_rec, &ov_v_tag_rec, &ov_v_tagged_rec, &ov_v_hello_rec,
    &ov_v_self_rec, &ov_h_budget_rec, &ov_h_evaluate_rec, &ov_h_evaluated_rec,
    &ov_h_keys_rec, &ov_h_keyed_rec, &ov_h_usage_rec, &ov_h_used_rec};

/* Every view of a record lies inside the packet. */
static void
inside(const struct ov_rec *rec, const void *record, struct ov_view pkt)
{
	const struct ov_pk_field *f;
	struct ov_view v;

	for (f = rec->f; f->kind != OV_FK_END; f++) {
		if (f->kind != OV_FK_VIEW)
			continue;
		memcpy(&v, (const uint8_t *)record + f->off, sizeof(v));
		must(v.n == 0 || (v.p >= pkt.p + OV_PK_HDR &&
		                     v.p + v.n <= pkt.p + pkt.n),
		    "a view inside the packet");
	}
}

/* Read a packet and write what it says; false if it is refused. */
static bool
copy(const struct ov_rec *rec, struct ov_view pkt, struct ov_buf *out)
{
	static _Alignas(16) uint8_t record[RECORD_MAX];
	struct ov_pkw w = {0};
	struct ov_pkr r;
	uint16_t type;
	uint64_t ref;
	bool good = true;

	must(rec->csize <= sizeof(record), "room for the struct");
	if (ov_pk_peek(pkt, &type, &ref, NULL) != OV_OK ||
	    ov_pkr_begin(&r, pkt, type, rec, NULL) != OV_OK)
		return false;
	must(r.ref == ref && r.count > 0 && r.count <= rec->max, "header");
	ov_pkw_begin(&w, type, ref, rec, r.count);
	for (uint32_t i = 0; i < r.count && good; i++) {
		memset(record, 0, sizeof(record));
		good = ov_pkr_next(&r, record, NULL) == OV_OK;
		if (!good)
			break;
		inside(rec, record, pkt);
		ov_pkw_put(&w, record);
		/* Many records may share the bytes of one bulk. */
		if (w.b.n > (size_t)1 << 20)
			good = false;
	}
	if (good) {
		must(ov_pkw_end(&w, NULL) == OV_OK, "it can be written");
		ov_buf_add(out, w.b.p, w.b.n);
	}
	ov_buf_free(&w.b);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF a = {0}, b = {0};
	const struct ov_rec *rec;

	if (n < 1)
		return 0;
	rec = shapes[p[0] % (sizeof(shapes) / sizeof(shapes[0]))];
	if (!copy(rec, (struct ov_view){p + 1, n - 1}, &a))
		return 0;
	must(copy(rec, (struct ov_view){a.p, a.n}, &b), "it reads back");
	must(same(&a, &b), "the same packet");
	return 0;
}
