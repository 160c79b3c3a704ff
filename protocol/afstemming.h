/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/afstemming.h - payloads of the daily reconciliation and of the
 * directory of contact persons.
 */
#ifndef OV_PROTOCOL_AFSTEMMING_H
#define OV_PROTOCOL_AFSTEMMING_H

#include "protocol/claims.h"
#include "protocol/tlog.h"

#define OV_AFSTEMMING_ROWS (OV_AFSTEMMING_SPAN + 1)
#define OV_AFSTEMMING_GAPS OV_VERVALLEN_MAX

enum ov_afstemming_status {
	OV_AFST_ONTVANGEN,
	OV_AFST_COMPLEET,  /* reserved with attachments */
	OV_AFST_VERNIETIGD /* no hash */
};

struct ov_afstemming_row {
	uint64_t seq;
	uint8_t jti[16];
	enum ov_afstemming_status status;
	uint8_t sha256_jws[32]; /* zero when VERNIETIGD */
};

struct ov_afstemming {
	struct ov_oin iss;
	struct ov_oin aud;
	int64_t iat;
	uint64_t van;
	uint64_t tot;
	uint64_t hoogste; /* highest seq iss has from aud */
	size_t n;
	struct ov_afstemming_row *row; /* ascending seq */
	uint64_t verzonden;            /* highest seq iss sent to aud */
	size_t ngap;
	struct {
		uint64_t van;
		uint64_t tot;
	} * gap; /* ascending, not overlapping: will never arrive */
	struct ov_view checkpoint; /* complete note, or empty */
	struct ov_buf own;         /* where a parsed one's view points */
};

OV_MUST_CHECK enum ov_rc ov_afstemming_compose(struct ov_buf *,
    const struct ov_afstemming *, struct ov_err *e);
/* Given: ov_afstemming_free().  *out must be zeroed. */
OV_MUST_CHECK enum ov_rc ov_afstemming_parse(const void *p, size_t n,
    struct ov_afstemming *out, struct ov_err *e);
void ov_afstemming_free(struct ov_afstemming *);

#define OV_CONTACT_MAX 64
#define OV_CONTACT_TEXT 200 /* bytes of a text member */

struct ov_contact {
	char srt[OV_SRT_MAX + 1]; /* a type, or "*" */
	char naam[OV_CONTACT_TEXT + 1];
	char functie[OV_CONTACT_TEXT + 1];
	char telefoon[OV_CONTACT_TEXT + 1];
	char email[OV_CONTACT_TEXT + 1];
	char van[11]; /* date */
	char tot[11]; /* date, or "" for null */
};

struct ov_contacten {
	struct ov_oin iss;
	uint64_t versie;
	int64_t iat;
	size_t n;
	struct ov_contact *row;
};

OV_MUST_CHECK enum ov_rc ov_contacten_compose(struct ov_buf *,
    const struct ov_contacten *, struct ov_err *e);
/* Given: ov_contacten_free(). */
OV_MUST_CHECK enum ov_rc ov_contacten_parse(const void *p, size_t n,
    struct ov_contacten *out, struct ov_err *e);
void ov_contacten_free(struct ov_contacten *);

#endif
