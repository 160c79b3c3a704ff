/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/packet.c - the codec of packets between roles: one table of fields
 * per record, one writer and one reader for all of them.
 */
#include "protocol/packet.h"

#include <string.h>

#define F(s, k, m, l)                                                          \
	{                                                                      \
		OV_FK_##k, offsetof(struct s, m), l, #m                        \
	}
#define END                                                                    \
	{                                                                      \
		OV_FK_END, 0, 0, NULL                                          \
	}

static const struct ov_pk_field ov_n_peer_f[] = {F(ov_n_peer, U64, conn, 0),
    F(ov_n_peer, FIX, spki, 32), F(ov_n_peer, U32, roots, 0),
    F(ov_n_peer, FIX, serial, 20), F(ov_n_peer, U64, nbf, 0),
    F(ov_n_peer, U64, naf, 0), F(ov_n_peer, FIX, source, 16), END};
const struct ov_rec ov_n_peer_rec = {ov_n_peer_f, 96, 1,
    sizeof(struct ov_n_peer)};

static const struct ov_pk_field ov_n_request_f[] = {F(ov_n_request, U64, conn,
                                                        0),
    F(ov_n_request, U64, stream, 0), F(ov_n_request, U16, route, 0),
    F(ov_n_request, FIX, jti, 16), F(ov_n_request, U64, num1, 0),
    F(ov_n_request, U64, num2, 0), F(ov_n_request, FIX, digest, 32),
    F(ov_n_request, U8, has, 0), F(ov_n_request, U32, adresboek, 0),
    F(ov_n_request, VIEW, tile, 0), F(ov_n_request, VIEW, trace, 0),
    F(ov_n_request, VIEW, body, 0), END};
const struct ov_rec ov_n_request_rec = {ov_n_request_f, 111, 1,
    sizeof(struct ov_n_request)};

static const struct ov_pk_field ov_n_answer_f[] = {F(ov_n_answer, U64, conn, 0),
    F(ov_n_answer, U64, stream, 0), F(ov_n_answer, U16, status, 0),
    F(ov_n_answer, U8, ctype, 0), F(ov_n_answer, U32, retry, 0),
    F(ov_n_answer, U8, close, 0), F(ov_n_answer, VIEW, body, 0), END};
const struct ov_rec ov_n_answer_rec = {ov_n_answer_f, 32, 1,
    sizeof(struct ov_n_answer)};

static const struct ov_pk_field ov_n_fetch_f[] = {F(ov_n_fetch, U32, partner,
                                                      0),
    F(ov_n_fetch, U8, method, 0), F(ov_n_fetch, U8, pki, 0),
    F(ov_n_fetch, U8, ctype, 0), F(ov_n_fetch, U32, timeout_ms, 0),
    F(ov_n_fetch, U32, max, 0), F(ov_n_fetch, VIEW, url, 0),
    F(ov_n_fetch, VIEW, path, 0), F(ov_n_fetch, VIEW, pins, 0),
    F(ov_n_fetch, VIEW, body, 0), END};
const struct ov_rec ov_n_fetch_rec = {ov_n_fetch_f, 47, 1,
    sizeof(struct ov_n_fetch)};

static const struct ov_pk_field ov_n_result_f[] = {F(ov_n_result, U16, status,
                                                       0),
    F(ov_n_result, U8, ctype, 0), F(ov_n_result, U32, adresboek, 0),
    F(ov_n_result, U32, retry, 0), F(ov_n_result, U64, date, 0),
    F(ov_n_result, U32, rtt_us, 0), F(ov_n_result, VIEW, fault, 0),
    F(ov_n_result, VIEW, body, 0), END};
const struct ov_rec ov_n_result_rec = {ov_n_result_f, 39, 1,
    sizeof(struct ov_n_result)};

static const struct ov_pk_field ov_n_trust_f[] = {F(ov_n_trust, VIEW, der, 0),
    END};
const struct ov_rec ov_n_trust_rec = {ov_n_trust_f, 8, 16,
    sizeof(struct ov_n_trust)};

static const struct ov_pk_field ov_n_drop_f[] = {F(ov_n_drop, FIX, spki, 32),
    F(ov_n_drop, U32, partner, 0), END};
const struct ov_rec ov_n_drop_rec = {ov_n_drop_f, 36, 256,
    sizeof(struct ov_n_drop)};

static const struct ov_pk_field ov_n_state_f[] = {F(ov_n_state, U32, adresboek,
                                                      0),
    F(ov_n_state, U32, rate, 0), F(ov_n_state, U32, burst, 0), END};
const struct ov_rec ov_n_state_rec = {ov_n_state_f, 12, 1,
    sizeof(struct ov_n_state)};

static const struct ov_pk_field ov_n_gone_f[] = {F(ov_n_gone, U64, conn, 0),
    F(ov_n_gone, U32, handshakes_refused, 0), F(ov_n_gone, FIX, source, 16),
    END};
const struct ov_rec ov_n_gone_rec = {ov_n_gone_f, 28, 1,
    sizeof(struct ov_n_gone)};

static const struct ov_pk_field ov_v_open_f[] = {F(ov_v_open, FIX, kid, 32),
    F(ov_v_open, FIX, epk, 32), F(ov_v_open, FIX, iv, 12),
    F(ov_v_open, FIX, tag, 16), F(ov_v_open, FIX, from, 20),
    F(ov_v_open, VIEW, aad, 0), F(ov_v_open, VIEW, ct, 0), END};
const struct ov_rec ov_v_open_rec = {ov_v_open_f, 128, 256,
    sizeof(struct ov_v_open)};

static const struct ov_pk_field ov_v_text_f[] = {F(ov_v_text, U32, rc, 0),
    F(ov_v_text, VIEW, text, 0), END};
const struct ov_rec ov_v_text_rec = {ov_v_text_f, 12, 256,
    sizeof(struct ov_v_text)};

static const struct ov_pk_field ov_v_seal_f[] = {F(ov_v_seal, FIX, id, 16),
    F(ov_v_seal, FIX, wrap, OV_WRAP), F(ov_v_seal, U8, table, 0),
    F(ov_v_seal, U16, col, 0), F(ov_v_seal, U64, ver, 0),
    F(ov_v_seal, U8, mode, 0), F(ov_v_seal, FIX, jti, 16),
    F(ov_v_seal, FIX, sha_jwe, 32), F(ov_v_seal, FIX, from, 20),
    F(ov_v_seal, U32, ep, 0), F(ov_v_seal, FIX, pid, 32),
    F(ov_v_seal, VIEW, text, 0), END};
const struct ov_rec ov_v_seal_rec = {ov_v_seal_f, 213, 256,
    sizeof(struct ov_v_seal)};

static const struct ov_pk_field ov_v_sealed_f[] = {F(ov_v_sealed, U32, rc, 0),
    F(ov_v_sealed, FIX, wrap, OV_WRAP), F(ov_v_sealed, FIX, ref, 32),
    F(ov_v_sealed, FIX, salt, 32), F(ov_v_sealed, FIX, tag, 16),
    F(ov_v_sealed, VIEW, blob, 0), END};
const struct ov_rec ov_v_sealed_rec = {ov_v_sealed_f, 165, 256,
    sizeof(struct ov_v_sealed)};

static const struct ov_pk_field ov_v_head_f[] = {F(ov_v_head, U32, suffix, 0),
    F(ov_v_head, U64, size, 0), F(ov_v_head, FIX, root, 32), END};
const struct ov_rec ov_v_head_rec = {ov_v_head_f, 44, 1,
    sizeof(struct ov_v_head)};

static const struct ov_pk_field ov_v_sig_f[] = {F(ov_v_sig, U32, rc, 0),
    F(ov_v_sig, FIX, sig, 64), END};
const struct ov_rec ov_v_sig_rec = {ov_v_sig_f, 68, 16,
    sizeof(struct ov_v_sig)};

static const struct ov_pk_field ov_v_receipt_f[] = {F(ov_v_receipt, FIX, id,
                                                        16),
    F(ov_v_receipt, FIX, wrap, OV_WRAP), F(ov_v_receipt, U8, table, 0),
    F(ov_v_receipt, U16, col, 0), F(ov_v_receipt, U64, ver, 0),
    F(ov_v_receipt, VIEW, payload, 0), END};
const struct ov_rec ov_v_receipt_rec = {ov_v_receipt_f, 108, 256,
    sizeof(struct ov_v_receipt)};

static const struct ov_pk_field ov_v_receipted_f[] = {F(ov_v_receipted, U32, rc,
                                                          0),
    F(ov_v_receipted, VIEW, jws, 0), F(ov_v_receipted, VIEW, blob, 0), END};
const struct ov_rec ov_v_receipted_rec = {ov_v_receipted_f, 20, 256,
    sizeof(struct ov_v_receipted)};

static const struct ov_pk_field ov_v_read_f[] = {F(ov_v_read, FIX, id, 16),
    F(ov_v_read, FIX, wrap, OV_WRAP), F(ov_v_read, U8, table, 0),
    F(ov_v_read, U16, col, 0), F(ov_v_read, U64, ver, 0),
    F(ov_v_read, U8, mode, 0), F(ov_v_read, FIX, pupil, 16),
    F(ov_v_read, FIX, pwrap, OV_WRAP), F(ov_v_read, FIX, y, OV_YBLOB),
    F(ov_v_read, U32, partner, 0), F(ov_v_read, U32, ep, 0),
    F(ov_v_read, VIEW, blob, 0), END};
const struct ov_rec ov_v_read_rec = {ov_v_read_f, 311, 256,
    sizeof(struct ov_v_read)};

static const struct ov_pk_field ov_v_make_f[] = {F(ov_v_make, FIX, id, 16),
    F(ov_v_make, FIX, wrap, OV_WRAP), F(ov_v_make, U8, mode, 0),
    F(ov_v_make, FIX, to, 20), F(ov_v_make, FIX, kid, 32),
    F(ov_v_make, FIX, pk, 32), F(ov_v_make, FIX, jti, 16),
    F(ov_v_make, U16, col, 0), F(ov_v_make, U64, ver, 0),
    F(ov_v_make, VIEW, payload, 0), END};
const struct ov_rec ov_v_make_rec = {ov_v_make_f, 208, 64,
    sizeof(struct ov_v_make)};

static const struct ov_pk_field ov_v_made_f[] = {F(ov_v_made, U32, rc, 0),
    F(ov_v_made, FIX, wrap, OV_WRAP), F(ov_v_made, FIX, sha_jws, 32),
    F(ov_v_made, FIX, sha_jwe, 32), F(ov_v_made, FIX, ref, 32),
    F(ov_v_made, VIEW, blob, 0), F(ov_v_made, VIEW, jwe, 0), END};
const struct ov_rec ov_v_made_rec = {ov_v_made_f, 189, 64,
    sizeof(struct ov_v_made)};

static const struct ov_pk_field ov_v_blind_f[] = {F(ov_v_blind, U32, slot, 0),
    F(ov_v_blind, FIX, pgn, 9), END};
const struct ov_rec ov_v_blind_rec = {ov_v_blind_f, 13, 16,
    sizeof(struct ov_v_blind)};

static const struct ov_pk_field ov_v_blinded_f[] = {F(ov_v_blinded, U32, rc, 0),
    F(ov_v_blinded, FIX, b, 32), END};
const struct ov_rec ov_v_blinded_rec = {ov_v_blinded_f, 36, 16,
    sizeof(struct ov_v_blinded)};

static const struct ov_pk_field ov_v_finish_f[] = {F(ov_v_finish, U32, slot, 0),
    F(ov_v_finish, U8, shares, 0), F(ov_v_finish, FIX, e, 96),
    F(ov_v_finish, FIX, pupil, 16), F(ov_v_finish, FIX, wrap, OV_WRAP), END};
const struct ov_rec ov_v_finish_rec = {ov_v_finish_f, 190, 16,
    sizeof(struct ov_v_finish)};

static const struct ov_pk_field ov_v_finished_f[] = {F(ov_v_finished, U32, rc,
                                                         0),
    F(ov_v_finished, FIX, y, OV_YBLOB), END};
const struct ov_rec ov_v_finished_rec = {ov_v_finished_f, 109, 16,
    sizeof(struct ov_v_finished)};

static const struct ov_pk_field ov_v_pid_f[] = {F(ov_v_pid, U8, mode, 0),
    F(ov_v_pid, FIX, pupil, 16), F(ov_v_pid, FIX, wrap, OV_WRAP),
    F(ov_v_pid, FIX, y, OV_YBLOB), F(ov_v_pid, U32, partner, 0),
    F(ov_v_pid, U32, ep, 0), END};
const struct ov_rec ov_v_pid_rec = {ov_v_pid_f, 203, 256,
    sizeof(struct ov_v_pid)};

static const struct ov_pk_field ov_v_pidded_f[] = {F(ov_v_pidded, U32, rc, 0),
    F(ov_v_pidded, FIX, pid, 32), F(ov_v_pidded, FIX, tag, 16), END};
const struct ov_rec ov_v_pidded_rec = {ov_v_pidded_f, 52, 256,
    sizeof(struct ov_v_pidded)};

static const struct ov_pk_field ov_v_rewrap_f[] = {F(ov_v_rewrap, FIX, id, 16),
    F(ov_v_rewrap, FIX, wrap, OV_WRAP), F(ov_v_rewrap, U32, from, 0),
    F(ov_v_rewrap, U32, to, 0), END};
const struct ov_rec ov_v_rewrap_rec = {ov_v_rewrap_f, 97, 4096,
    sizeof(struct ov_v_rewrap)};

static const struct ov_pk_field ov_v_wrapped_f[] = {F(ov_v_wrapped, U32, rc, 0),
    F(ov_v_wrapped, FIX, wrap, OV_WRAP), END};
const struct ov_rec ov_v_wrapped_rec = {ov_v_wrapped_f, 77, 4096,
    sizeof(struct ov_v_wrapped)};

static const struct ov_pk_field ov_v_link_f[] = {F(ov_v_link, U32, partner, 0),
    F(ov_v_link, U32, ep, 0), F(ov_v_link, FIX, oin, 20),
    F(ov_v_link, FIX, pk, 32), END};
const struct ov_rec ov_v_link_rec = {ov_v_link_f, 60, 4,
    sizeof(struct ov_v_link)};

static const struct ov_pk_field ov_v_rc_f[] = {F(ov_v_rc, U32, rc, 0), END};
const struct ov_rec ov_v_rc_rec = {ov_v_rc_f, 4, 4096, sizeof(struct ov_v_rc)};

static const struct ov_pk_field ov_v_cosign_f[] = {F(ov_v_cosign, FIX, oin, 20),
    F(ov_v_cosign, U32, suffix, 0), F(ov_v_cosign, U64, size, 0),
    F(ov_v_cosign, FIX, root, 32), F(ov_v_cosign, U64, time, 0), END};
const struct ov_rec ov_v_cosign_rec = {ov_v_cosign_f, 72, 16,
    sizeof(struct ov_v_cosign)};

static const struct ov_pk_field ov_v_statement_f[] = {F(ov_v_statement, U8,
                                                          kind, 0),
    F(ov_v_statement, VIEW, payload, 0), END};
const struct ov_rec ov_v_statement_rec = {ov_v_statement_f, 9, 1,
    sizeof(struct ov_v_statement)};

static const struct ov_pk_field ov_v_kek_f[] = {F(ov_v_kek, U8, op, 0),
    F(ov_v_kek, U32, gen, 0), F(ov_v_kek, FIX, blob, OV_WRAP), END};
const struct ov_rec ov_v_kek_rec = {ov_v_kek_f, 78, 1, sizeof(struct ov_v_kek)};

static const struct ov_pk_field ov_v_key_f[] = {F(ov_v_key, U8, op, 0),
    F(ov_v_key, U8, kind, 0), F(ov_v_key, U64, number, 0),
    F(ov_v_key, FIX, id, 16), F(ov_v_key, FIX, wrap, OV_WRAP), END};
const struct ov_rec ov_v_key_rec = {ov_v_key_f, 99, 1, sizeof(struct ov_v_key)};

static const struct ov_pk_field ov_v_keyed_f[] = {F(ov_v_keyed, U32, rc, 0),
    F(ov_v_keyed, FIX, wrap, OV_WRAP), F(ov_v_keyed, FIX, pk, 32),
    F(ov_v_keyed, FIX, kid, 32), END};
const struct ov_rec ov_v_keyed_rec = {ov_v_keyed_f, 141, 1,
    sizeof(struct ov_v_keyed)};

static const struct ov_pk_field ov_v_tag_f[] = {F(ov_v_tag, U8, kind, 0),
    F(ov_v_tag, U32, ep, 0), F(ov_v_tag, FIX, domain, 20),
    F(ov_v_tag, VIEW, data, 0), END};
const struct ov_rec ov_v_tag_rec = {ov_v_tag_f, 33, 256,
    sizeof(struct ov_v_tag)};

static const struct ov_pk_field ov_v_tagged_f[] = {F(ov_v_tagged, U32, rc, 0),
    F(ov_v_tagged, FIX, tag, 16), END};
const struct ov_rec ov_v_tagged_rec = {ov_v_tagged_f, 20, 256,
    sizeof(struct ov_v_tagged)};

static const struct ov_pk_field ov_v_hello_f[] = {F(ov_v_hello, FIX, oin, 20),
    END};
const struct ov_rec ov_v_hello_rec = {ov_v_hello_f, 20, 1,
    sizeof(struct ov_v_hello)};

static const struct ov_pk_field ov_v_self_f[] = {F(ov_v_self, U32, rc, 0),
    F(ov_v_self, FIX, id_pk, 32), F(ov_v_self, FIX, id_kid, 32),
    F(ov_v_self, FIX, log_pk, 32), F(ov_v_self, FIX, witness_pk, 32), END};
const struct ov_rec ov_v_self_rec = {ov_v_self_f, 132, 1,
    sizeof(struct ov_v_self)};

static const struct ov_pk_field ov_h_budget_f[] = {F(ov_h_budget, FIX, client,
                                                       20),
    F(ov_h_budget, FIX, domain, 20), F(ov_h_budget, U32, ep, 0),
    F(ov_h_budget, U32, jaar, 0), F(ov_h_budget, U32, dag, 0),
    F(ov_h_budget, U32, dag_na, 0), F(ov_h_budget, U64, dag_tot, 0), END};
const struct ov_rec ov_h_budget_rec = {ov_h_budget_f, 64, 4096,
    sizeof(struct ov_h_budget)};

static const struct ov_pk_field ov_h_evaluate_f[] = {F(ov_h_evaluate, FIX,
                                                         client, 20),
    F(ov_h_evaluate, FIX, domain, 20), F(ov_h_evaluate, U32, ep, 0),
    F(ov_h_evaluate, U8, share, 0), F(ov_h_evaluate, U16, n, 0),
    F(ov_h_evaluate, FIX, sha_jws, 32), F(ov_h_evaluate, U64, now, 0),
    F(ov_h_evaluate, VIEW, elements, 0), END};
const struct ov_rec ov_h_evaluate_rec = {ov_h_evaluate_f, 95, 1,
    sizeof(struct ov_h_evaluate)};

static const struct ov_pk_field ov_h_evaluated_f[] = {F(ov_h_evaluated, U32, rc,
                                                          0),
    F(ov_h_evaluated, U32, left, 0), F(ov_h_evaluated, U32, index, 0),
    F(ov_h_evaluated, U32, retry, 0), F(ov_h_evaluated, U32, day, 0),
    F(ov_h_evaluated, U32, year, 0), F(ov_h_evaluated, U32, before, 0),
    F(ov_h_evaluated, FIX, pk, 32), F(ov_h_evaluated, FIX, proof, 64),
    F(ov_h_evaluated, VIEW, elements, 0), END};
const struct ov_rec ov_h_evaluated_rec = {ov_h_evaluated_f, 132, 1,
    sizeof(struct ov_h_evaluated)};

static const struct ov_pk_field ov_h_keys_f[] = {F(ov_h_keys, FIX, domain, 20),
    F(ov_h_keys, U32, ep, 0), F(ov_h_keys, U8, share, 0), END};
const struct ov_rec ov_h_keys_rec = {ov_h_keys_f, 25, 256,
    sizeof(struct ov_h_keys)};

static const struct ov_pk_field ov_h_keyed_f[] = {F(ov_h_keyed, U32, rc, 0),
    F(ov_h_keyed, FIX, pk, 32), END};
const struct ov_rec ov_h_keyed_rec = {ov_h_keyed_f, 36, 256,
    sizeof(struct ov_h_keyed)};

static const struct ov_pk_field ov_h_usage_f[] = {F(ov_h_usage, FIX, client,
                                                      20),
    F(ov_h_usage, U32, ep, 0), END};
const struct ov_rec ov_h_usage_rec = {ov_h_usage_f, 24, 1,
    sizeof(struct ov_h_usage)};

static const struct ov_pk_field ov_h_used_f[] = {F(ov_h_used, U32, rc, 0),
    F(ov_h_used, U64, day, 0), F(ov_h_used, FIX, domain, 20),
    F(ov_h_used, U8, share, 0), F(ov_h_used, U32, count, 0), END};
const struct ov_rec ov_h_used_rec = {ov_h_used_f, 37, 400,
    sizeof(struct ov_h_used)};

void
ov_pkw_begin(struct ov_pkw *w, uint16_t type, uint64_t ref,
    const struct ov_rec *rec, uint32_t count)
{
	uint8_t *room;

	ov_buf_reset(&w->b);
	w->rec = rec;
	w->count = count;
	w->done = 0;
	ov_wr_u16(&w->b, type);
	ov_wr_u16(&w->b, OV_PK_VERSION);
	ov_wr_u32(&w->b, count);
	ov_wr_u64(&w->b, ref);
	room = ov_buf_room(&w->b, (size_t)count * rec->size);
	if (room != NULL)
		memset(room, 0, (size_t)count * rec->size);
}

static uint8_t *
put_be(uint8_t *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return to + n;
}

/* The value of an integer field of a struct. */
static uint64_t
field_int(const uint8_t *base, const struct ov_pk_field *f, size_t *width)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (f->kind) {
	case OV_FK_U8:
		*width = 1;
		return base[f->off];
	case OV_FK_U16:
		*width = 2;
		memcpy(&v16, base + f->off, sizeof(v16));
		return v16;
	case OV_FK_U32:
		*width = 4;
		memcpy(&v32, base + f->off, sizeof(v32));
		return v32;
	case OV_FK_U64:
		*width = 8;
		memcpy(&v64, base + f->off, sizeof(v64));
		return v64;
	case OV_FK_END:
	case OV_FK_FIX:
	case OV_FK_VIEW:
		break;
	}
	*width = 0;
	return 0;
}

void
ov_pkw_put(struct ov_pkw *w, const void *record)
{
	const uint8_t *base = record;
	size_t at = OV_PK_HDR + (size_t)w->done * w->rec->size, width;
	struct ov_view v;
	uint64_t n;

	if (w->b.bad)
		return;
	if (w->done >= w->count) {
		w->b.bad = true;
		return;
	}
	for (const struct ov_pk_field *f = w->rec->f; f->kind != OV_FK_END;
	     f++) {
		if (f->kind == OV_FK_FIX) {
			memcpy(w->b.p + at, base + f->off, f->len);
			at += f->len;
		} else if (f->kind == OV_FK_VIEW) {
			memcpy(&v, base + f->off, sizeof(v));
			(void)put_be(w->b.p + at, v.n == 0 ? 0 : w->b.n, 4);
			(void)put_be(w->b.p + at + 4, v.n, 4);
			at += 8;
			if (v.n > UINT32_MAX)
				w->b.bad = true;
			ov_buf_add(&w->b, v.p, v.n); /* may move b.p */
			if (w->b.bad)
				return;
		} else {
			n = field_int(base, f, &width);
			(void)put_be(w->b.p + at, n, width);
			at += width;
		}
	}
	w->done++;
}

enum ov_rc
ov_pkw_end(struct ov_pkw *w, struct ov_err *e)
{
	if (w->b.bad || w->done != w->count)
		return ov_fail(e, OV_TOOBIG, "packet cannot be composed");
	return OV_OK;
}

enum ov_rc
ov_pk_peek(struct ov_view pkt, uint16_t *type, uint64_t *ref, struct ov_err *e)
{
	struct ov_rd r;
	uint16_t version;

	*type = 0;
	*ref = 0;
	if (pkt.n < OV_PK_HDR)
		return ov_fail(e, OV_BADMSG, "packet: cut short");
	ov_rd_init(&r, pkt.p, OV_PK_HDR);
	*type = ov_rd_u16(&r, "type");
	version = ov_rd_u16(&r, "version");
	(void)ov_rd_u32(&r, "count");
	*ref = ov_rd_u64(&r, "ref");
	if (version != OV_PK_VERSION)
		return ov_fail(e, OV_BADMSG, "packet: version %u", version);
	return ov_rd_end(&r, e);
}

enum ov_rc
ov_pkr_begin(struct ov_pkr *k, struct ov_view pkt, uint16_t type,
    const struct ov_rec *rec, struct ov_err *e)
{
	struct ov_rd r;
	enum ov_rc rc;

	memset(k, 0, sizeof(*k));
	if ((rc = ov_pk_peek(pkt, &k->type, &k->ref, e)) != OV_OK)
		return rc;
	if (k->type != type)
		return ov_fail(e, OV_BADMSG, "packet: type %#x, not %#x",
		    k->type, type);
	ov_rd_init(&r, pkt.p + 4, 4);
	k->count = ov_rd_u32(&r, "count");
	if (k->count == 0 || k->count > rec->max)
		return ov_fail(e, OV_BADMSG, "packet: %u records", k->count);
	if ((pkt.n - OV_PK_HDR) / rec->size < k->count)
		return ov_fail(e, OV_BADMSG, "packet: records cut short");
	k->all = pkt;
	k->rec = rec;
	return OV_OK;
}

static void
get_int(uint8_t *to, enum ov_fk kind, struct ov_rd *r, const char *name)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (kind) {
	case OV_FK_U8:
		*to = ov_rd_u8(r, name);
		break;
	case OV_FK_U16:
		v16 = ov_rd_u16(r, name);
		memcpy(to, &v16, sizeof(v16));
		break;
	case OV_FK_U32:
		v32 = ov_rd_u32(r, name);
		memcpy(to, &v32, sizeof(v32));
		break;
	case OV_FK_U64:
		v64 = ov_rd_u64(r, name);
		memcpy(to, &v64, sizeof(v64));
		break;
	case OV_FK_END:
	case OV_FK_FIX:
	case OV_FK_VIEW:
		break;
	}
}

/* (off, len) of a view, checked to lie in the bulk. */
static bool
get_view(struct ov_pkr *k, struct ov_rd *r, const char *name, uint8_t *to)
{
	size_t bulk = OV_PK_HDR + (size_t)k->count * k->rec->size;
	struct ov_view v = {0};
	uint32_t off, len;

	off = ov_rd_u32(r, name);
	len = ov_rd_u32(r, name);
	if (len == 0) {
		memcpy(to, &v, sizeof(v));
		return off == 0;
	}
	if (off < bulk || off > k->all.n || len > k->all.n - off)
		return false;
	v.p = k->all.p + off;
	v.n = len;
	memcpy(to, &v, sizeof(v));
	return true;
}

enum ov_rc
ov_pkr_next(struct ov_pkr *k, void *record, struct ov_err *e)
{
	uint8_t *base = record;
	struct ov_rd r;

	memset(record, 0, k->rec->csize);
	if (k->done >= k->count)
		return ov_fail(e, OV_BADMSG, "packet: no more records");
	ov_rd_init(&r, k->all.p + OV_PK_HDR + (size_t)k->done * k->rec->size,
	    k->rec->size);
	for (const struct ov_pk_field *f = k->rec->f; f->kind != OV_FK_END;
	     f++) {
		if (f->kind == OV_FK_FIX) {
			ov_rd_fixed(&r, f->name, base + f->off, f->len);
		} else if (f->kind != OV_FK_VIEW) {
			get_int(base + f->off, f->kind, &r, f->name);
		} else if (!get_view(k, &r, f->name, base + f->off)) {
			memset(record, 0, k->rec->csize);
			return ov_fail(e, OV_BADMSG, "packet: %s out of bounds",
			    f->name);
		}
	}
	k->done++;
	return ov_rd_end(&r, e);
}
