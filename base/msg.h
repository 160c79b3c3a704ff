/* SPDX-License-Identifier: EUPL-1.2 */
/* base/msg.h - what may be in a packet: a table of the messages a role
 * accepts, and the one place that holds packets against it.
 *
 * docs/processes.md lists the packets.  Unknown type, another version, more
 * records than allowed, a packet too short for its records, and a message in
 * the wrong state are OV_BADMSG: a legal message at the wrong time is a fault
 * like any other.
 */
#ifndef OV_BASE_MSG_H
#define OV_BASE_MSG_H

#include "base/err.h"

#define OV_MSG_VERSION 1
#define OV_MSG_HEADER ((size_t)16)

struct ov_msg_head {
	uint16_t type;
	uint16_t version;
	uint32_t count;
	uint64_t ref; /* echoed in the answer */
};

/* A packet that was held against its rule; everything points into it. */
struct ov_msg {
	struct ov_msg_head h;
	const uint8_t *pkt;
	size_t len;
	const uint8_t *rec; /* h.count records of recsize bytes */
	size_t recsize;
};

/* One row for each message that a role accepts. */
struct ov_msg_rule {
	uint16_t type;
	uint16_t recsize;
	uint32_t maxcount;
	uint32_t states; /* bit n: allowed in role state n */
	enum ov_rc (
	    *handle)(void *role, const struct ov_msg *, struct ov_err *);
};

/* The header, in its 16 bytes. */
void ov_msg_put_head(uint8_t out[16], const struct ov_msg_head *);
/* OV_BADMSG when n < 16; looks at nothing else. */
OV_MUST_CHECK enum ov_rc ov_msg_get_head(const void *pkt, size_t n,
    struct ov_msg_head *out, struct ov_err *e);

/* Find the packet's rule and hold the packet against it; *m and *rule are
 * written on success only.  "state" is 0 to 31. */
OV_MUST_CHECK enum ov_rc ov_msg_check(const struct ov_msg_rule *rules,
    size_t nrules, unsigned int state, const void *pkt, size_t n,
    struct ov_msg *m, const struct ov_msg_rule **rule, struct ov_err *e);
/* ov_msg_check() and the handler. */
OV_MUST_CHECK enum ov_rc ov_msg_dispatch(const struct ov_msg_rule *rules,
    size_t nrules, unsigned int state, void *role, const void *pkt, size_t n,
    struct ov_err *e);

/* Record i of a checked message; i < h.count. */
const uint8_t *ov_msg_rec(const struct ov_msg *, uint32_t i);
/* The bulk bytes that (off, len) of a record name.  off counts from the first
 * byte of the packet and must lie behind the records.  OV_BADMSG otherwise.
 * (off = 0, len = 0) is "nothing" and gives NULL. */
OV_MUST_CHECK enum ov_rc ov_msg_bulk(const struct ov_msg *, uint32_t off,
    uint32_t len, const uint8_t **out, struct ov_err *e);

#endif
