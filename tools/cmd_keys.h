/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_keys.h - making keys, signing notes and issuing certificates: what
 * is done offline, by administrators, with keys that no daemon holds.
 *
 * A key file is the 32 bytes of an Ed25519 seed.  TLS and CA keys are ECDSA
 * P-256 in PEM (PKCS #8).  Memory that held a private key is wiped.
 */
#ifndef OV_TOOLS_CMD_KEYS_H
#define OV_TOOLS_CMD_KEYS_H

#include "protocol/note.h"
#include "protocol/oin.h"

#define OV_SEED_LEN 32

/* Make dirfd/name with 32 random bytes, mode 0400, and give the public key
 * (pk may be NULL).  An existing file is left alone: OV_SYS, EEXIST. */
OV_MUST_CHECK enum ov_rc ov_seed_make(int dirfd, const char *name,
    uint8_t pk[32], struct ov_err *e);
/* Read a seed file; refuses one that others can read. */
OV_MUST_CHECK enum ov_rc ov_seed_read(int dirfd, const char *name,
    uint8_t seed[OV_SEED_LEN], struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_seed_pk(const uint8_t seed[OV_SEED_LEN],
    uint8_t pk[32], struct ov_err *e);
/* Append the signature line of key, whose private half is seed, for this
 * text.  OV_DENIED when the two do not belong together. */
OV_MUST_CHECK enum ov_rc ov_note_sign(struct ov_buf *, struct ov_view text,
    const struct ov_vkey *key, const uint8_t seed[OV_SEED_LEN],
    struct ov_err *e);

/* ---- X.509 ---- */

/* A new private key, PEM. */
OV_MUST_CHECK enum ov_rc ov_x509_key(struct ov_buf *pem, struct ov_err *e);
/* SHA-256 of the SubjectPublicKeyInfo of a private key in PEM. */
OV_MUST_CHECK enum ov_rc ov_x509_key_pin(struct ov_view key, uint8_t pin[32],
    struct ov_err *e);

struct ov_x509_name {
	const char *naam; /* CN, cut to 64 characters */
	const char *oin;  /* serialNumber */
	const char *host; /* subjectAltName */
};

/* PKCS #10 request, PEM. */
OV_MUST_CHECK enum ov_rc ov_x509_csr(struct ov_buf *pem, struct ov_view key,
    const struct ov_x509_name *, struct ov_err *e);
/* Check a request's own signature and the kind of its key (ECDSA P-256 or
 * P-384, Ed25519, RSA from 3072 bits), and give the pin of that key. */
OV_MUST_CHECK enum ov_rc ov_x509_csr_pin(struct ov_view csr, uint8_t pin[32],
    struct ov_err *e);
/* The region's CA: self-signed, ten years, DER. */
OV_MUST_CHECK enum ov_rc ov_x509_ca(struct ov_buf *der, struct ov_view key,
    const char *regio, int64_t now, struct ov_err *e);

struct ov_x509_issue {
	struct ov_view ca_key; /* PEM */
	struct ov_view ca;     /* DER */
	struct ov_view csr;    /* PEM; only its key is used */
	struct ov_x509_name name;
	int64_t now;
	int days;
};

/* A certificate for server and client, PEM. */
OV_MUST_CHECK enum ov_rc ov_x509_issue(struct ov_buf *pem,
    const struct ov_x509_issue *, struct ov_err *e);

#endif
