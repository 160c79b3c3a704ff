/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/load.h - what the files of the load generator share: one member of a
 * region (keys, address book), the messages it makes beforehand, and one
 * HTTP/2 connection over mutual TLS that fires them.
 *
 * The address book is taken as it is, without judging its signatures: this is
 * a measuring tool.  The receiver's TLS key is compared with its pins, its key
 * bundle and its receipts are verified as a partner does.
 */
#ifndef OV_TOOLS_LOAD_H
#define OV_TOOLS_LOAD_H

#include <stdio.h>

#include "crypto/jose.h"
#include "protocol/adresboek.h"

/* ---- who we are, and whom we send to ---- */

struct load_world {
	struct ov_oin self;
	struct ov_adresboek *book;
	const struct ov_lid *to;
	struct ov_secret64 sign; /* identity key */
	struct ov_crypto *cr;
	struct ov_buf content; /* JSON of `inhoud`, compact */
	const char *srt;
	bool has_pid;
	uint32_t ep;
	uint8_t enc[32]; /* the receiver's encryption key */
	uint64_t seq;    /* next to give out */
	struct ov_buf cert, key;
};

struct load_ask {
	const char *dir;     /* instance folder */
	const char *book;    /* file with the book's note */
	const char *to;      /* OIN, BRIN or name of the receiver */
	const char *content; /* file with JSON of `inhoud` */
	const char *srt;
};

/* Read keys, book and content; content that the receiver would refuse is
 * OV_BADMSG.  load_world_free() also after a failure. */
OV_MUST_CHECK enum ov_rc load_world_open(struct load_world *,
    const struct load_ask *, struct ov_err *);
void load_world_free(struct load_world *);
/* Take the receiver's key bundle (JWS): verified with its identity key. */
OV_MUST_CHECK enum ov_rc load_bundle(struct load_world *, struct ov_view jws,
    struct ov_err *);
/* Take its reconciliation (JWS): we go on above the highest seq it has. */
OV_MUST_CHECK enum ov_rc load_highest(struct load_world *, struct ov_view jws,
    struct ov_err *);

/* ---- messages ---- */

struct load_msg {
	uint8_t *jwe; /* malloc'ed */
	size_t n;
	uint8_t jti[16];
	uint8_t sha_jwe[32];
	uint8_t sha_jws[32];
	/* what came of it */
	int status;           /* 0: no answer */
	uint64_t due;         /* ns: when it was to be sent */
	uint64_t done;        /* ns: when the answer was complete */
	size_t got;           /* bytes of the answer */
	bool keep;            /* keep the answer */
	struct ov_buf answer; /* kept, and every refusal */
};

/* Sign and seal one more message. */
OV_MUST_CHECK enum ov_rc load_make(struct load_world *, struct load_msg *,
    struct ov_err *);
void load_msg_free(struct load_msg *);
/* Is the kept answer a good receipt of this message? */
bool load_receipt_ok(const struct load_world *, const struct load_msg *,
    struct ov_err *);

/* ---- the connection ---- */

struct load_conn;

/* Connect, shake hands, compare the pin; tries again until wait_ms have
 * passed.  *out is given: load_conn_free(). */
OV_MUST_CHECK enum ov_rc load_conn_open(const struct load_world *,
    uint64_t wait_ms, struct load_conn **out, struct ov_err *);
void load_conn_free(struct load_conn *);
/* One GET; the body is appended.  OV_DENIED unless the answer is 200 (503:
 * OV_AGAIN). */
OV_MUST_CHECK enum ov_rc load_conn_get(struct load_conn *, const char *path,
    struct ov_buf *body, struct ov_err *);

struct load_plan {
	struct load_msg *m;
	size_t n;
	size_t in_flight;
	double rate; /* messages a second (open loop); 0: closed loop */
};
/* Send them all and wait for every answer.  A connection that breaks leaves
 * the rest with status 0 and is OV_AGAIN. */
OV_MUST_CHECK enum ov_rc load_conn_fire(struct load_conn *,
    const struct load_plan *, struct ov_err *);

uint64_t load_now_ns(void);

#endif
