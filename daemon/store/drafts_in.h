/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts_in.h - an import inside: shared by drafts.c (batches) and
 * drafts_rij.c (a row), and by nobody else.
 */
#ifndef OV_DAEMON_STORE_DRAFTS_IN_H
#define OV_DAEMON_STORE_DRAFTS_IN_H

#include "daemon/store/toegang.h"
#include "protocol/pgn.h"

/* Rows of one transaction, or fewer once their texts are this long together:
 * they go to the vault in one packet. */
#define OV_INTAKE_BATCH 256
#define OV_INTAKE_BYTES ((size_t)4 << 20)
#define FAULTS_MAX 1000
#define REF_MAX 64
#define ROWS_MAX 200000
#define ONTBREEKT_MAX 500

struct cand { /* a good row on its way to be sealed */
	char oin[OV_OIN_LEN + 1], pgn[OV_PGN_LEN + 1];
	char ontbreekt[ONTBREEKT_MAX + 1];
	bool volledig, geen; /* geen: nobody serves its gemeente (yet) */
	uint8_t hash_ref[32], hash_text[32];
	struct ov_buf text;
	/* found */
	uint8_t ref_tag[16], afdruk[16];
	int64_t old;
	bool fresh;
	/* a part: the pupil of the draft it joins, and nothing is new */
	int64_t leerling;
	bool same;
};

struct want { /* a pseudonym to ask for once all is well */
	int64_t nr;
	char oin[OV_OIN_LEN + 1], pgn[OV_PGN_LEN + 1];
};

struct ov_intake {
	struct ov_store *st;
	char srt[OV_SRT_MAX + 1];
	bool overslaan, proef, map;
	uid_t uid;
	int deel; /* number of the only part in the file, or -1 */
	char bestand[OV_NAAM_MAX + 1];
	struct ov_draft was; /* what the row joins */
	json_t *merged, *geleverd;
	int64_t nr; /* import.nr */
	json_t *seen, *faults;
	struct ov_intake_sum sum;
	struct cand c[OV_INTAKE_BATCH];
	size_t nc, bytes; /* of c, and of its texts */
	struct want *want;
	size_t nwant, cwant, asked;
	int64_t *changed; /* drafts sent before, other content now */
	size_t nchanged, cchanged;
	struct ov_draft_out out; /* large: kept here */
};

/* One row, borrowed from its JSON. */
struct row {
	int64_t rij;
	const char *ref, *pgn, *ontvanger, *zaak, *klas, *mentor;
	json_t *inhoud;
	uint8_t delen; /* it writes; inhoud may be more, once joined */
};

/* Read a row, ask whether who brings it may, and judge it: its faults are
 * kept.  False: it is not taken. */
bool ov_rij_read(struct ov_intake *, const json_t *, struct row *);
bool ov_rij_may(struct ov_intake *, const struct row *);
bool ov_rij_judge(struct ov_intake *, const struct row *);
/* drafts_deel.c: join the row with the draft that is there; a file of whole
 * dossiers changes nothing here.  *code: why it cannot be joined. */
OV_MUST_CHECK enum ov_rc ov_deel_merge(struct ov_intake *, struct row *,
    const char **code, struct ov_err *);
void ov_deel_reset(struct ov_intake *);
/* Keep a fault of a row. */
void ov_rij_fault(struct ov_intake *, int64_t rij, const char *kolom,
    const char *code);
/* What the candidate lacks, and what makes it the same row. */
OV_MUST_CHECK enum ov_rc ov_rij_missing(struct ov_intake *, const struct row *,
    struct cand *, struct ov_err *);
OV_MUST_CHECK enum ov_rc ov_rij_hashes(struct ov_intake *, const struct row *,
    struct cand *, struct ov_err *);

#endif
