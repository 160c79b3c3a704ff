/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_pupil_data.c - what we know of an own applicant, sealed:
 * own reference, birth date, school left.
 */
#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/hash.h"
#include "protocol/tijd.h"

#define REF_MAX 64

const char *const ov_pupil_meer[OV_MEER_N] = {"woongemeente",
    "datumUitschrijving", "instroom", "startkwalificatieDatum"};

enum ov_rc
ov_pupil_open(struct ov_store *st, int64_t nr, struct ov_pupil_data *d,
    struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	struct ov_jobj o;
	enum ov_rc rc;
	bool row;

	*d = (struct ov_pupil_data){.ref = "",
	    .geboortedatum = "",
	    .school = "",
	    .meer = {"", "", "", ""}};
	rc = ov_db_q(st->db, &q, e,
	    "SELECT id,g_versie,gegevens FROM leerling"
	    " WHERE nr=?1 AND gegevens IS NOT NULL",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && !row)
		rc = ov_fail(e, OV_BADMSG, "pupil without data");
	if (rc == OV_OK && (rc = ov_db_fix(q, 0, id, 16, e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_LEERLING, 2,
		    (uint64_t)ov_db_i64(q, 1), ov_db_blob(q, 2), &text, e);
	ov_db_done(st->db, q);
	if (rc != OV_OK ||
	    (rc = ov_json_parse(text.p, text.n, 4096, &d->root, e)) != OV_OK)
		return rc;
	ov_jo_init(&o, d->root, "pupil");
	d->ref = ov_jo_str(&o, "eigenReferentie", REF_MAX * 4);
	d->geboortedatum = ov_jo_str(&o, "geboortedatum", 10);
	d->school = ov_jo_str0(&o, "schoolVerlaten", 7);
	for (size_t i = 0; i < OV_MEER_N; i++)
		if (ov_jo_has(&o, ov_pupil_meer[i]))
			d->meer[i] = ov_jo_str(&o, ov_pupil_meer[i],
			    OV_DATE_LEN);
	return ov_jo_end(&o, e);
}

void
ov_pupil_free(struct ov_pupil_data *d)
{
	json_decref(d->root);
	*d = (struct ov_pupil_data){0};
}

json_t *
ov_j_pupil_ref(struct ov_store *st, int64_t leerling)
{
	struct ov_pupil_data d = {0};
	struct ov_err e = {0};
	json_t *j;

	if (leerling == 0 || ov_pupil_open(st, leerling, &d, &e) != OV_OK) {
		ov_pupil_free(&d);
		return json_string("");
	}
	j = json_string(d.ref);
	ov_pupil_free(&d);
	return j;
}

/* What is tagged of an own reference, apart from those of drafts. */
static enum ov_rc
ref_hash(const char *ref, uint8_t h[32], struct ov_err *e)
{
	static const char label[] = "leerling";
	OV_BUF b = {0};

	ov_buf_add(&b, label, sizeof(label));
	ov_buf_str(&b, ref);
	if (ov_buf_ok(&b, e) != OV_OK || ov_sha256(h, b.p, b.n) != OV_OK)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

enum ov_rc
ov_pupil_tags(struct ov_store *st, const char *const *ref, size_t n,
    uint8_t (*tag)[16], struct ov_err *e)
{
	struct ov_v_tag q[OV_TAGS_MAX] = {0};
	uint8_t h[OV_TAGS_MAX][32];
	enum ov_rc rc;

	if (n > OV_TAGS_MAX)
		return ov_fail(e, OV_TOOBIG, "%zu references", n);
	for (size_t i = 0; i < n; i++) {
		if ((rc = ref_hash(ref[i], h[i], e)) != OV_OK)
			return rc;
		q[i].kind = OV_TAG_REF;
		q[i].data = (struct ov_view){h[i], sizeof(h[i])};
	}
	return ov_tags(st, q, n, tag, e);
}

enum ov_rc
ov_pupil_tag(struct ov_store *st, const char *ref, uint8_t tag[16],
    struct ov_err *e)
{
	uint8_t one[1][16];
	enum ov_rc rc;

	if ((rc = ov_pupil_tags(st, &ref, 1, one, e)) == OV_OK)
		memcpy(tag, one[0], 16);
	return rc;
}

enum ov_rc
ov_pupil_by_ref(struct ov_store *st, const char *ref, int64_t *nr,
    struct ov_err *e)
{
	uint8_t tag[16];
	enum ov_rc rc;

	*nr = 0;
	if ((rc = ov_pupil_tag(st, ref, tag, e)) != OV_OK)
		return rc;
	return ov_db_int(st->db, nr, 0, e,
	    "SELECT nr FROM leerling WHERE ref_tag=?1 AND eigen=1", "b",
	    (const void *)tag, (size_t)16);
}
