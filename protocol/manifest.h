/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/manifest.h - what a holder and its clients say to each other: key
 * manifest, evaluation request and answer, counters.
 *
 * Payloads only; docs/protocol.md, "Holders".
 */
#ifndef OV_PROTOCOL_MANIFEST_H
#define OV_PROTOCOL_MANIFEST_H

#include "protocol/envelope.h"

#define OV_REGIO_MAX OV_SLUG_MAX
#define OV_DELEN_MAX OV_OPRF_DELEN_MAX
#define OV_OPRF_BATCH OV_OPRF_ELEMENTS_MAX

enum ov_epoch_status {
	OV_EPOCH_AANGEKONDIGD,
	OV_EPOCH_ACTIEF,
	OV_EPOCH_UITLOPEND,
	OV_EPOCH_VERNIETIGD
};
const char *ov_epoch_status_name(enum ov_epoch_status);
/* false: not one of them. */
bool ov_epoch_status_parse(const char *, enum ov_epoch_status *);

/* [a-z0-9-]{1,32} */
bool ov_regio_ok(const char *);

struct ov_manifest_key {
	struct ov_oin domein;
	uint8_t deel;
	uint8_t pk[32];
};

struct ov_manifest {
	char regio[OV_REGIO_MAX + 1];
	uint32_t ep;
	struct ov_oin houder;
	uint8_t delen[OV_DELEN_MAX];
	size_t ndelen;
	int64_t iat;
	enum ov_epoch_status status; /* informative: the book decides */
	size_t n;
	struct ov_manifest_key *key; /* after parse sorted by domein, deel */
};

#define OV_MANIFEST_KEYS_MAX 4096

OV_MUST_CHECK enum ov_rc ov_manifest_compose(struct ov_buf *,
    const struct ov_manifest *, struct ov_err *e);
/* Given: ov_manifest_free().  Each (domein, deel) once, deel in delen. */
OV_MUST_CHECK enum ov_rc ov_manifest_parse(const void *p, size_t n,
    struct ov_manifest *out, struct ov_err *e);
void ov_manifest_free(struct ov_manifest *);
/* Public key of a domain's share, or NULL. */
const uint8_t *ov_manifest_pk(const struct ov_manifest *,
    const struct ov_oin *domein, unsigned deel);

struct ov_oprf_vraag {
	struct ov_oin iss;
	struct ov_oin aud;
	int64_t iat;
	char regio[OV_REGIO_MAX + 1];
	uint32_t ep;
	struct ov_oin domein;
	uint8_t deel;
	size_t n; /* 1..256 */
	uint8_t b[OV_OPRF_BATCH][32];
};
OV_MUST_CHECK enum ov_rc ov_oprf_vraag_compose(struct ov_buf *,
    const struct ov_oprf_vraag *, struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_oprf_vraag_parse(const void *p, size_t n,
    struct ov_oprf_vraag *out, struct ov_err *e);

struct ov_oprf_antwoord {
	char regio[OV_REGIO_MAX + 1];
	uint32_t ep;
	struct ov_oin domein;
	uint8_t deel;
	uint8_t pk[32];
	size_t n; /* 1..256 */
	uint8_t e[OV_OPRF_BATCH][32];
	uint8_t bewijs[64]; /* c || s, little-endian scalars */
	uint64_t resterend;
};
OV_MUST_CHECK enum ov_rc ov_oprf_antwoord_compose(struct ov_buf *,
    const struct ov_oprf_antwoord *, struct ov_err *e);
OV_MUST_CHECK enum ov_rc ov_oprf_antwoord_parse(const void *p, size_t n,
    struct ov_oprf_antwoord *out, struct ov_err *e);

/* Answer of GET /v1/oprf/gebruik. */
struct ov_oprf_dag {
	int64_t dag; /* UTC day number: seconds / 86400 */
	struct ov_oin domein;
	uint8_t deel;
	uint64_t aantal;
};
#define OV_GEBRUIK_MAX 4096
OV_MUST_CHECK enum ov_rc ov_oprf_gebruik_compose(struct ov_buf *, uint32_t ep,
    const struct ov_oprf_dag *, size_t n, struct ov_err *e);
/* *out is given: free(). */
OV_MUST_CHECK enum ov_rc ov_oprf_gebruik_parse(const void *p, size_t n,
    uint32_t *ep, struct ov_oprf_dag **out, size_t *nout, struct ov_err *e);

#endif
