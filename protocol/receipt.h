/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/receipt.h - the receiver's signed promise: its payload, and the
 * sender's nine checks of it as one pure function.
 *
 * docs/protocol.md, "Receipts".
 */
#ifndef OV_PROTOCOL_RECEIPT_H
#define OV_PROTOCOL_RECEIPT_H

#include "protocol/envelope.h"
#include "protocol/tlog.h"

#define OV_RECEIPT_MAX OV_ANSWER_MAX

struct ov_receipt {
	struct ov_oin iss; /* receiver of the message */
	struct ov_oin aud; /* its sender */
	uint8_t jti[16];
	int64_t iat;
	uint8_t ref[16]; /* jti of the message */
	uint8_t sha256_jwe[32];
	uint8_t sha256_jws[32];
	bool compleet; /* status "compleet" instead of "ontvangen" */
	uint8_t zout[32];
	struct ov_view blad;   /* leaf text */
	struct ov_view bewijs; /* tlog-proof text */
	struct ov_buf own;     /* where a parsed receipt's views point */
};

/* The payload text in the member order of docs/protocol.md. */
OV_MUST_CHECK enum ov_rc ov_receipt_compose(struct ov_buf *,
    const struct ov_receipt *, struct ov_err *e);
/* Shape only.  *out must be zeroed or parsed into before. */
OV_MUST_CHECK enum ov_rc ov_receipt_parse(const void *p, size_t n,
    struct ov_receipt *out, struct ov_err *e);
void ov_receipt_free(struct ov_receipt *);

enum ov_receipt_class {
	OV_RECEIPT_BAD,   /* not a receipt of this message: try again */
	OV_RECEIPT_ALARM, /* AFGELEVERD, but its place in the log is in doubt */
	OV_RECEIPT_GOOD,  /* AFGELEVERD */
};

/* What the sender knows. */
struct ov_receipt_asked {
	struct ov_oin self;
	struct ov_oin partner;
	uint8_t jti[16];
	uint8_t sha256_jws[32];
	const uint8_t *sha256_jwe; /* njwe * 32: every JWE made for jti */
	size_t njwe;
	struct {
		uint8_t pk[OV_KEY_LEN];
		uint8_t thumb[OV_THUMB_LEN];
	} id[2];    /* id, id_vorige */
	size_t nid; /* 1 or 2 */
	uint8_t log[OV_KEY_LEN];
	const char *logdomein;
	const char *regio;
};

struct ov_receipt_verdict {
	enum ov_receipt_class class;
	int step;        /* first check that failed, 1..9, or 0 */
	uint32_t origin; /* oorsprong of the proof; valid when GOOD */
	uint64_t index;  /* place in the log; valid when GOOD */
	struct ov_checkpoint checkpoint; /* valid when GOOD */
};

/* Judge a compact JWS.  The reason of a failed check is in *e; the return
 * value is the verdict's class.  receipt may be NULL; else it is filled in
 * unless the verdict is BAD, and must be freed. */
enum ov_receipt_class ov_receipt_judge(const void *jws, size_t n,
    const struct ov_receipt_asked *, struct ov_receipt_verdict *,
    struct ov_receipt *receipt, struct ov_err *e);

#endif
