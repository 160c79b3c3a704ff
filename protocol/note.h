/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/note.h - C2SP signed notes: text, an empty line, signature lines.
 *
 * Rules (docs/protocol.md, "Notes"): UTF-8, no control character below 0x20
 * but LF, the text ends in LF, 1 to 16 signature lines; unknown keys are
 * ignored, a known key (name and key id equal) with a bad signature rejects
 * the note; a second line of a known key is ignored if equal, else the note
 * is rejected.  Two kinds of key: 0x01 (Ed25519 over the text) and 0x04
 * (cosignature/v1).  Signing is the vault's; here are the bytes to sign.
 */
#ifndef OV_PROTOCOL_NOTE_H
#define OV_PROTOCOL_NOTE_H

#include "protocol/limits.h"
#include "protocol/rd.h"

#define OV_NOTE_LINE_MAX 4608 /* one signature line; room for ML-DSA-44 */
#define OV_VKEY_TEXT_MAX (OV_NOTE_NAME_MAX + 1 + 8 + 1 + 44)

enum ov_vkey_type { OV_VKEY_ED25519 = 0x01, OV_VKEY_COSIG = 0x04 };

struct ov_vkey {
	char name[OV_NOTE_NAME_MAX + 1];
	uint8_t id[4];
	uint8_t type; /* enum ov_vkey_type */
	uint8_t pk[32];
};

/* Compute the key id; OV_BADMSG if the name is empty, too long, or has a
 * space, plus or control character. */
OV_MUST_CHECK enum ov_rc ov_vkey_make(struct ov_vkey *, const char *name,
    enum ov_vkey_type type, const uint8_t pk[32], struct ov_err *e);
/* "<name>+<8 hex>+<b64(type || pk)>"; the id must be the computed one. */
OV_MUST_CHECK enum ov_rc ov_vkey_parse(struct ov_vkey *, const void *p,
    size_t n, struct ov_err *e);
void ov_vkey_text(struct ov_buf *, const struct ov_vkey *);

struct ov_note_sig {
	struct ov_view name;
	struct ov_view b64; /* canonical base64 of key id and signature */
	uint8_t id[4];
	size_t n;        /* bytes of the signature, key id excluded */
	uint8_t sig[72]; /* its first 72 bytes */
};

/* Views point into the caller's bytes. */
struct ov_note {
	struct ov_view whole;
	struct ov_view text; /* what is signed, with its last LF */
	struct ov_view tail; /* the signature lines */
	size_t nsig;
	struct ov_note_sig sig[OV_NOTE_SIGS_MAX];
};

/* What a note says about one key. */
struct ov_note_seen {
	bool good;
	int64_t time; /* cosignatures only */
};

/* Shape only; nothing is verified. */
OV_MUST_CHECK enum ov_rc ov_note_parse(const void *p, size_t n,
    struct ov_note *out, struct ov_err *e);
/* Check every line of a known key; seen[i] is filled in for keys[i].  OV_OK
 * when no known key is wrong, also when none signed: count seen[].good. */
OV_MUST_CHECK enum ov_rc ov_note_verify(const struct ov_note *,
    const struct ov_vkey *keys, size_t nkeys, struct ov_note_seen *seen,
    struct ov_err *e);

/* Append "- name base64(id || sig)" (with U+2014) and LF.  For a cosignature
 * sig is I2OSP(time,8) || Ed25519, see ov_cosig_bytes(). */
void ov_note_line(struct ov_buf *, const struct ov_vkey *, const uint8_t *sig,
    size_t n);
/* The message a witness signs for a checkpoint's text. */
void ov_cosig_message(struct ov_buf *, int64_t time, struct ov_view text);
void ov_cosig_bytes(uint8_t out[72], int64_t time, const uint8_t sig[64]);

/* Valid UTF-8 with no control character below 0x20 but LF, ending in LF. */
bool ov_note_text_ok(const void *p, size_t n);

#endif
