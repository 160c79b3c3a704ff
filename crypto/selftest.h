/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/selftest.h - the known-answer tests that a role runs before it
 * serves anybody.
 *
 * Pseudonym function (RFC 9497 A.1.2), pid, message open and verify, record
 * seal, checkpoint and cosignature, refusal of non-canonical scalars and of
 * the identity, and a look at the random generator.  Under 50 ms.
 */
#ifndef OV_CRYPTO_SELFTEST_H
#define OV_CRYPTO_SELFTEST_H

#include "base/err.h"

/* OV_DAMAGED, and which test it was, when this machine or build computes
 * something else than it must; the role does not start. */
OV_MUST_CHECK enum ov_rc ov_crypto_selftest(struct ov_err *);

#endif
