/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/accept.h - one batch of messages on its way in: the state that
 * accept.c (queue, order of work), accept_check.c (the receiver's checks) and
 * accept_commit.c (one transaction) share.
 */
#ifndef OV_DAEMON_STORE_ACCEPT_H
#define OV_DAEMON_STORE_ACCEPT_H

#include "daemon/store/role.h"
#include "protocol/envelope.h"

enum ov_in_state {
	OV_IN_OPEN,     /* going on */
	OV_IN_ANSWERED, /* refused; out of the batch */
	OV_IN_REPEAT,   /* stored before: answered from the row */
	OV_IN_LATER,    /* waits for one of this batch with its jti or seq */
	OV_IN_DONE,     /* sealed and committed */
};

/* One message.  Freed (and wiped) by ov_in_free(). */
struct ov_in {
	struct ov_in *next;
	/* the request */
	uint64_t conn, stream;
	struct ov_oin from;
	uint32_t hint; /* Overstap-Adresboek */
	struct ov_buf body;
	/* checks */
	enum ov_in_state state;
	int64_t partner;
	struct ov_jwe jwe;
	struct ov_buf ct;
	struct ov_view jws; /* the vault's reply, lives with the batch */
	uint8_t sha_jwe[32], sha_jws[32];
	struct ov_claims claims;
	const char *rol; /* the role it is received in */
	bool linked_only, has_pid;
	bool has_termijn; /* a deadline holds; late is accepted all the same */
	struct ov_kal_termijn termijn;
	bool has_vervangt;
	uint8_t vervangt[16];
	bool takes_back; /* an intrekking, of the message */
	bool corrects;   /* a correctie of it */
	uint8_t betreft[16];
	char status[32]; /* of an overstapstatus in a case, or "" */
	int64_t nr;      /* of the row */
	/* sealing */
	uint8_t id[16], wrap[OV_WRAP], ref[32], salt[32], tag[16];
	struct ov_buf blob;
	uint64_t idx;
	struct ov_buf leaf, receipt, receipt_blob;
};

void ov_in_free(struct ov_in *);

/* Steps 3 to 6 of the receiver's order (docs/protocol.md): the envelope. */
void ov_check_envelope(struct ov_store *, struct ov_in *);
/* Steps 8 to 15; m->jws is the opened text.  Looks for its jti and seq among
 * the n messages of the batch before it. */
void ov_check_content(struct ov_store *, struct ov_in *m,
    struct ov_in *const *batch, size_t n);
/* Steps 4 to 9 of the pipeline for every message that is still OV_IN_OPEN.
 * On OV_OK they are OV_IN_DONE, committed and read back. */
OV_MUST_CHECK enum ov_rc ov_commit_batch(struct ov_store *,
    struct ov_in **batch, size_t n, struct ov_err *);

void ov_in_refuse(struct ov_store *, struct ov_in *, enum ov_fout,
    json_t *extra);

#endif
