/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/claims.h - the payload of a message's JWS: exactly the members of
 * docs/protocol.md, "A message", as fixed fields.
 *
 * This is step 9 of the receiver's checks without the comparison of iss and
 * aud with the envelope, which is the caller's, as are whether srt is known
 * to this build and whether pid fits the type.
 */
#ifndef OV_PROTOCOL_CLAIMS_H
#define OV_PROTOCOL_CLAIMS_H

#include "protocol/jtree.h"
#include "protocol/oin.h"
#include "protocol/rd.h"

struct ov_claims {
	struct ov_oin iss;
	struct ov_oin aud;
	uint8_t jti[16];
	int64_t iat; /* seconds, UTC */
	int64_t exp;
	uint64_t seq; /* from 1 */
	uint32_t ep;  /* from 1 */
	bool has_pid; /* false: "pid":"" */
	uint8_t pid[32];
	char srt[OV_SRT_MAX + 1]; /* slug: [a-z][a-z0-9-]* */
	bool has_zaak;
	uint8_t zaak[16];
	const struct ov_jn *inhoud; /* parsed claims only: in doc */
	struct ov_jdoc doc;         /* owned: ov_claims_free() */
};

/* What is wrong with a payload: JSON Pointers (a foreign member's name may be in
 * one: give it back, do not log it) and a reason of docs/protocol.md. */
#define OV_CLAIMS_FAULTS 16
struct ov_claims_faults {
	size_t n;
	struct {
		char pad[OV_PAD_MAX];
		const char *reden;
	} f[OV_CLAIMS_FAULTS];
};

/* Parse a payload.  OV_BADMSG, with at least one fault, when it is not exactly
 * the shape; a text that is no JSON object has the one fault "" "type".
 * faults may be NULL. */
OV_MUST_CHECK enum ov_rc ov_claims_parse(const void *p, size_t n,
    struct ov_claims *out, struct ov_claims_faults *faults, struct ov_err *e);
/* Frees the document and wipes the rest. */
void ov_claims_free(struct ov_claims *);

/* The payload text in the member order of docs/protocol.md, around the JSON text
 * of the content as it stands. */
OV_MUST_CHECK enum ov_rc ov_claims_compose(struct ov_buf *out,
    const struct ov_claims *c, struct ov_view inhoud, struct ov_err *e);

/* Step 12: iat <= now + 300, exp > now, iat < exp, exp - iat <= 14 days. */
bool ov_claims_timely(const struct ov_claims *, int64_t now);

#endif
