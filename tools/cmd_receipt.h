/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_receipt.h - judge the file of "overstap export receipt", with no
 * daemon and no network.
 *
 * The file has three parts with an empty line between them: the receipt (a
 * compact JWS), the version of the address book whose key signed it (a note),
 * and a later checkpoint of the receiver's log (a note, with the lines of
 * witnesses under it), behind which may stand the lines of a consistency
 * proof from the receipt's checkpoint to that one: Base64, one hash a line.
 * Notes hold an empty line of their own.  The third part may be missing: then
 * the place in the log is proved by the receiver's signature alone.
 */
#ifndef OV_TOOLS_CMD_RECEIPT_H
#define OV_TOOLS_CMD_RECEIPT_H

#include "protocol/adresboek.h"
#include "protocol/receipt.h"

struct ov_receipt_facts {
	struct ov_oin from; /* sender of the message */
	struct ov_oin to;   /* receiver, who signed */
	char from_naam[OV_NAAM_MAX + 1];
	char to_naam[OV_NAAM_MAX + 1];
	uint8_t jti[16];
	int64_t iat;
	uint8_t sha256_jws[32];
	uint8_t sha256_jwe[32];
	uint32_t versie; /* of the address book */
	char vinger[OV_VINGER_TEXT];
	bool book_given; /* the caller's own book was used */
	bool in_log;     /* leaf, path and checkpoint are good */
	uint64_t index;
	uint64_t size;           /* of the receipt's checkpoint */
	uint64_t later;          /* size of the later checkpoint; 0: none */
	bool consistent;         /* the later one continues the receipt's */
	uint32_t witnesses;      /* members that cosigned the later one */
	char doubt[OV_ERR_TEXT]; /* why in_log or consistent is false */
};

/* OV_OK: the receipt is authentic, and *facts says the rest.  OV_BADSIG,
 * OV_BADMSG: it is not.  book, when not empty, is a note that the caller
 * trusts and that is used in place of the one in the file; typed, when not
 * NULL, is the fingerprint that the book in the file must have. */
OV_MUST_CHECK enum ov_rc ov_receipt_file(struct ov_view file,
    struct ov_view book, const char *typed, struct ov_receipt_facts *,
    struct ov_err *e);

#endif
