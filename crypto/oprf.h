/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/oprf.h - the oblivious pseudonym function: RFC 9497,
 * ristretto255-SHA512, mode 1 (VOPRF), with a key split over holders.
 *
 * Elements and scalars are 32 bytes as RFC 9497 4.1 serialises them (scalars
 * little-endian), a proof is c(32) then s(32), an output Y is 64 bytes.
 * An element that is not canonical, or is the identity, is OV_BADMSG wherever
 * it comes in; a scalar >= L likewise, because libsodium itself accepts both.
 * Outputs are zeroed on failure.  docs/protocol.md, "Pseudonyms".
 */
#ifndef OV_CRYPTO_OPRF_H
#define OV_CRYPTO_OPRF_H

#include "crypto/secret.h"

#define OV_OPRF_ELEMENT 32
#define OV_OPRF_PROOF 64
#define OV_OPRF_OUTPUT 64
#define OV_OPRF_ELEMENTS 256   /* elements under one proof */
#define OV_OPRF_SHARES 8       /* shares that are added up */
#define OV_OPRF_INVERT 16      /* blinds that are inverted at once */
#define OV_OPRF_INPUT_PGN 26   /* label, 0, nine digits */
#define OV_OPRF_REGION 32      /* length of a region's slug */
#define OV_OPRF_INPUT_MAX 1024 /* RFC 9497 allows 65535; we need 26 */

/* Mode 0 exists for the published vectors; everything we send is mode 1. */
enum ov_oprf_mode { OV_OPRF_BASE = 0, OV_OPRF_VERIFIABLE = 1 };

/* DeriveKeyPair, RFC 9497 3.2.1. */
OV_MUST_CHECK enum ov_rc ov_oprf_derive(enum ov_oprf_mode,
    const struct ov_secret32 *seed, const void *info, size_t ninfo,
    struct ov_secret32 *k, uint8_t pk[32], struct ov_err *);
/* The same with the info of one share key: region, domain (the receiver's
 * OIN), epoch and share number (1..255). */
OV_MUST_CHECK enum ov_rc ov_oprf_share(const struct ov_secret32 *seed,
    const char *region, const char domain[20], uint32_t ep, unsigned int share,
    struct ov_secret32 *k, uint8_t pk[32], struct ov_err *);

/* True if p is a canonical element and not the identity. */
bool ov_oprf_element_ok(const uint8_t p[32]);
/* True if s, little-endian, is below the group order L. */
bool ov_oprf_scalar_ok(const uint8_t s[32]);

/* The input for a PGN: "overstapd/pgn/v1", 0, nine digits. */
void ov_oprf_input_pgn(uint8_t x[OV_OPRF_INPUT_PGN], const char pgn[9]);

/* A fresh blind: never used twice, never written anywhere. */
void ov_oprf_random(struct ov_secret32 *r);
/* B = r * H(x).  One B may go to all holders and shares. */
OV_MUST_CHECK enum ov_rc ov_oprf_blind(enum ov_oprf_mode, const void *x,
    size_t n, const struct ov_secret32 *r, uint8_t b[32], struct ov_err *);

/* E = k * B for m elements of 32 bytes, one behind the other.  OV_BADMSG for
 * the first bad element, whose index comes in *bad (may be NULL); then none is
 * given. */
OV_MUST_CHECK enum ov_rc ov_oprf_evaluate(const struct ov_secret32 *k,
    const uint8_t *b, size_t m, uint8_t *e_out, size_t *bad, struct ov_err *);
/* One DLEQ proof over m (1..256) elements, with a fresh nonce.  e_in is what
 * ov_oprf_evaluate() gave for b and is not looked at again. */
OV_MUST_CHECK enum ov_rc ov_oprf_prove(const struct ov_secret32 *k,
    const uint8_t pk[32], const uint8_t *b, const uint8_t *e_in, size_t m,
    uint8_t proof[64], struct ov_err *);
/* The same with a given nonce: for published vectors only.  A nonce that is
 * used twice gives the key away. */
OV_MUST_CHECK enum ov_rc ov_oprf_prove_nonce(const struct ov_secret32 *k,
    const uint8_t pk[32], const uint8_t *b, const uint8_t *e_in, size_t m,
    const struct ov_secret32 *nonce, uint8_t proof[64], struct ov_err *);

/* Verification in slices: init, then add until all m elements went in (any
 * number per call, about 135 us each), then final.  Nothing secret.  The
 * first failure sticks.  OV_BADSIG: the proof does not hold. */
struct ov_oprf_verify {
	uint8_t pk[32];
	uint8_t proof[64];
	uint8_t seed[64];
	uint8_t m[32]; /* sum of d_i * B_i */
	uint8_t z[32]; /* sum of d_i * E_i */
	size_t total;
	size_t done;
	enum ov_rc rc;
};
OV_MUST_CHECK enum ov_rc ov_oprf_verify_init(struct ov_oprf_verify *,
    const uint8_t pk[32], size_t total, const uint8_t proof[64],
    struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_oprf_verify_add(struct ov_oprf_verify *,
    const uint8_t *b, const uint8_t *e_in, size_t n, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_oprf_verify_final(struct ov_oprf_verify *,
    struct ov_err *);
/* All three at once. */
OV_MUST_CHECK enum ov_rc ov_oprf_verify(const uint8_t pk[32], const uint8_t *b,
    const uint8_t *e_in, size_t m, const uint8_t proof[64], struct ov_err *);

/* Replace n (1..OV_OPRF_INVERT) blinds by their inverses, at the price of one
 * inversion and three multiplications each (Montgomery's trick).  OV_BADMSG
 * for one that is no usable scalar; then none is changed. */
OV_MUST_CHECK enum ov_rc ov_oprf_invert(struct ov_secret32 *const *r, size_t n,
    struct ov_err *);

/* Y from the input, its blind and the evaluated element of each of the
 * "shares" shares (32 bytes each, one behind the other), whose proofs the
 * caller has verified one by one. */
OV_MUST_CHECK enum ov_rc ov_oprf_finish(const void *x, size_t n,
    const struct ov_secret32 *r, const uint8_t *e_in, size_t shares,
    uint8_t y[64], struct ov_err *);
/* The same with the inverse of the blind. */
OV_MUST_CHECK enum ov_rc ov_oprf_unblind(const void *x, size_t n,
    const struct ov_secret32 *inv, const uint8_t *e_in, size_t shares,
    uint8_t y[64], struct ov_err *);

#endif
