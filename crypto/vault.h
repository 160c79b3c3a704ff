/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault.h - everything that needs a long-lived private key, behind one
 * function: a request packet in, a reply packet out.
 *
 * The process overstapd-vault is a loop around ov_vault_call(); tests, fuzzers
 * and the simulation call it directly.  The packets and their fields are in
 * protocol/packet.h (OV_V_*).  The vault has no path, no clock and no parser
 * of foreign text, and it is typed: it signs, opens and derives what a record
 * describes, never bytes of the caller's choosing.
 *
 * Order: HELLO first; then KEK (load or new, then use); then everything.  A
 * packet of an unknown type, in the wrong state, with more records than its
 * type allows or with a field outside the packet is OV_BADMSG for the whole
 * call, nothing has happened, and the caller ends the connection.
 *
 * A record that fails has its reason in rc, and zeroes elsewhere:
 *
 *   OV_BADSIG   something did not open, whatever the reason: a wrap, a column,
 *               a sealed Y, a message.  One answer for all of them.
 *   OV_AGAIN    a key or a blind that this needs is not here: load the
 *               encryption key of this kid, the link, cache or index key of
 *               this epoch, the partner's link (LINK), a generation (KEK), or
 *               blind the slot again.
 *   OV_BADMSG   a value the type does not know: a table, mode, kind, OIN, PGN,
 *               element; a small-order public key; kid and pk that differ.
 *   OV_DENIED   well formed and refused: another OIN in HELLO, a log size
 *               below the last one signed, the column that holds Y, the
 *               generation in use (KEK DROP), a key that exists (NEW), a
 *               named key whose id is not that of its name.
 *   OV_NOSPACE  a table of the vault is full.
 *   OV_SYS      OpenSSL or the system failed.
 *
 * Named keys are called "enc/<number>", "link/<number>", "cache/<number>",
 * "index/<number>" and "ref/<number>"; the id in OV_V_KEY is the first half of
 * SHA-256 of that.
 *
 * What leaves the vault: signatures, sealed blobs and wraps, opened columns
 * and messages, pseudonyms, tags, log salts and public keys.  What never does:
 * seeds, record keys, KEKs, K_AB, the blind r, and Y except sealed.
 */
#ifndef OV_CRYPTO_VAULT_H
#define OV_CRYPTO_VAULT_H

#include "crypto/secret.h"
#include "protocol/rd.h"

struct ov_vault;

/* Who we are; borrowed during the call only. */
struct ov_vault_conf {
	const char *oin;       /* 20 characters */
	const char *regio;     /* slug */
	const char *logdomein; /* first part of log and witness names */
};

struct ov_vault_keys {
	struct ov_secret32 identity; /* Ed25519 seeds */
	struct ov_secret32 log;
	struct ov_secret32 witness;
	struct ov_secret32 kek_root;
};

/* Run the self-test and read the files identity, log, witness and kek-root
 * (32 bytes each) from a credentials directory.  OV_DENIED for a file that
 * others can read, OV_BADMSG for one of another size, OV_DAMAGED when the
 * self-test fails.  *out is given: ov_vault_free(). */
OV_MUST_CHECK enum ov_rc ov_vault_load(int dirfd, const struct ov_vault_conf *,
    struct ov_vault **out, struct ov_err *e);
/* The same with keys from memory and without the self-test. */
OV_MUST_CHECK enum ov_rc ov_vault_load_keys(const struct ov_vault_keys *,
    const struct ov_vault_conf *, struct ov_vault **out, struct ov_err *e);
/* Wipes every key. */
void ov_vault_free(struct ov_vault *);

/* False when the kernel would not lock the pages that hold keys. */
bool ov_vault_locked(const struct ov_vault *);

/* One request, one reply.  The reply buffer is reset first; it holds a packet
 * on OV_OK only.  OV_TOOBIG when the reply would not fit one packet: ask for
 * fewer records. */
OV_MUST_CHECK enum ov_rc ov_vault_call(struct ov_vault *,
    struct ov_view request, struct ov_buf *reply, struct ov_err *e);

#endif
