/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verzuim_rec.c - the sealed record of one pupil's absence.
 *
 * {"eigenReferentie","geboortedatum","dagen":[[day,lessons,missed,total],..]}:
 * days since 1970, a bit per lesson hour, hundredths of an hour.
 */
#include <string.h>

#include "daemon/store/verzuim.h"

#define TEXT_MAX ((size_t)64 << 10)

void
ov_verzuim_wipe(struct ov_verzuim_rec *v)
{
	explicit_bzero(v, sizeof(*v));
}

static bool
day_read(const json_t *j, struct ov_verzuimdag *d)
{
	uint64_t v[4];

	if (json_array_size(j) != 4)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (ov_json_int(json_array_get(j, i),
		        i == 1 ? UINT16_MAX : 1000000, &v[i]) != OV_OK)
			return false;
	*d = (struct ov_verzuimdag){(int32_t)v[0], (uint16_t)v[1],
	    (int32_t)v[2], (int32_t)v[3]};
	return true;
}

static enum ov_rc
text_read(const struct ov_buf *text, struct ov_verzuim_rec *v, struct ov_err *e)
{
	OV_JSON *root = NULL;
	const json_t *days;
	const char *ref, *born;
	struct ov_jobj o;
	enum ov_rc rc;

	if ((rc = ov_json_parse(text->p, text->n, TEXT_MAX, &root, e)) != OV_OK)
		return rc;
	ov_jo_init(&o, root, "absence");
	ref = ov_jo_str(&o, "eigenReferentie", sizeof(v->ref) - 1);
	born = ov_jo_str0(&o, "geboortedatum", OV_DATE_LEN);
	days = ov_jo_arr(&o, "dagen", OV_VERZUIM_DAGEN_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	memcpy(v->ref, ref, strlen(ref) + 1);
	v->has_geboren = born[0] != '\0';
	if (v->has_geboren &&
	    ov_date_parse(ov_view_str(born), &v->geboren) != OV_OK)
		return ov_fail(e, OV_BADMSG, "absence: birth date");
	for (; v->n < json_array_size(days); v->n++)
		if (!day_read(json_array_get(days, v->n), &v->dag[v->n]))
			return ov_fail(e, OV_BADMSG, "absence: day");
	return OV_OK;
}

enum ov_rc
ov_verzuim_read(struct ov_store *st, int64_t nr, const uint8_t *tag,
    struct ov_verzuim_rec *v, struct ov_err *e)
{
	OV_BUF text = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	memset(v, 0, sizeof(*v));
	if (tag != NULL)
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,versie,inhoud FROM verzuim WHERE ref_tag=?1",
		    "b", (const void *)tag, (size_t)16);
	else
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,versie,inhoud FROM verzuim WHERE nr=?1", "i",
		    nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		v->nr = ov_db_i64(q, 0);
		v->versie = ov_db_i64(q, 2);
		if ((rc = ov_db_fix(q, 1, v->id, 16, e)) == OV_OK &&
		    (rc = ov_key_get(st, v->id, v->wrap, e)) == OV_OK &&
		    (rc = ov_open_one(st, v->id, v->wrap, OV_T_VERZUIM, 1,
		         (uint64_t)v->versie, ov_db_blob(q, 3), &text, e)) ==
		        OV_OK)
			rc = text_read(&text, v, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

static void
text_write(const struct ov_verzuim_rec *v, struct ov_buf *out)
{
	char born[OV_DATE_SIZE] = "";
	OV_JSON *head = NULL;

	if (v->has_geboren)
		ov_date_fmt(born, v->geboren);
	head = json_pack("{s:s,s:s}", "eigenReferentie", v->ref,
	    "geboortedatum", born);
	if (head == NULL) {
		out->bad = true;
		return;
	}
	ov_json_dump(out, head);
	if (out->bad)
		return;
	out->n--; /* its closing brace */
	ov_buf_str(out, ",\"dagen\":[");
	for (size_t i = 0; i < v->n; i++)
		ov_buf_fmt(out, "%s[%d,%u,%d,%d]", i > 0 ? "," : "",
		    (int)v->dag[i].dag, (unsigned)v->dag[i].lesuren,
		    (int)v->dag[i].gemist, (int)v->dag[i].totaal);
	ov_buf_str(out, "]}");
}

enum ov_rc
ov_verzuim_write(struct ov_store *st, const uint8_t tag[16],
    struct ov_verzuim_rec *v, struct ov_err *e)
{
	OV_BUF text = {0}, blob = {0};
	bool new = v->nr == 0;
	enum ov_rc rc;

	text_write(v, &text);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	if (new)
		ov_new_id(st, v->id);
	rc = ov_seal_one(st, v->id, v->wrap, OV_T_VERZUIM, 1,
	    (uint64_t)v->versie + 1, (struct ov_view){text.p, text.n}, &blob,
	    e);
	if (rc == OV_OK && new)
		rc = ov_key_put(st, v->id, v->wrap, e);
	if (rc != OV_OK)
		return rc;
	v->versie++;
	if (!new)
		return ov_db_run(st->db, e,
		    "UPDATE verzuim SET versie=?2,inhoud=?3,geoordeeld=0,"
		    "wacht_op=NULL WHERE nr=?1",
		    "iiv", v->nr, v->versie, (struct ov_view){blob.p, blob.n});
	rc = ov_db_run(st->db, e,
	    "INSERT INTO verzuim(id,ref_tag,versie,inhoud,geoordeeld)"
	    " VALUES(?1,?2,?3,?4,0)",
	    "bbiv", (const void *)v->id, (size_t)16, (const void *)tag,
	    (size_t)16, v->versie, (struct ov_view){blob.p, blob.n});
	v->nr = ov_db_last(st->db);
	return rc;
}
