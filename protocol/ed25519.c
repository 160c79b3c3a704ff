/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/ed25519.c - ov_ed25519_verify() of protocol/hash.h; a file of its
 * own, so that a program that only hashes does not link libsodium.
 */
#include <sodium.h>

#include "protocol/hash.h"

enum ov_rc
ov_ed25519_verify(const uint8_t pk[OV_ED25519_PK_LEN], const void *msg,
    size_t n, const uint8_t sig[OV_ED25519_SIG_LEN])
{
	static const unsigned char none[1];

	if (crypto_sign_verify_detached(sig,
	        n > 0 ? (const unsigned char *)msg : none, n, pk) != 0)
		return OV_BADSIG;
	return OV_OK;
}
