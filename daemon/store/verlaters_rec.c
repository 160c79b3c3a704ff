/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verlaters_rec.c - the sealed record of one leaver. */
#include <string.h>

#include "daemon/store/verlaters.h"

#define TEXT_MAX ((size_t)8 << 10)

const char *const ov_vl_namen[OV_VL_N] = {"eigenReferentie", "klas", "mentor",
    "geboortedatum", "vervolg", "gemeentecode", "vestiging",
    "startkwalificatie", "keuzeCrebo", "keuzeOmschrijving", "keuzeLeerweg",
    "keuzeNiveau", "keuzeDatum"};

const char *
ov_vl(const json_t *root, enum ov_vl_veld v)
{
	const char *s = json_string_value(
	    json_object_get(root, ov_vl_namen[v]));

	return s != NULL ? s : "";
}

void
ov_verlater_free(struct ov_verlater_rec *r)
{
	json_decref(r->root);
	*r = (struct ov_verlater_rec){0};
}

static enum ov_rc
text_read(const struct ov_buf *text, struct ov_verlater_rec *r,
    struct ov_err *e)
{
	struct ov_jobj o;
	enum ov_rc rc;

	if ((rc = ov_json_parse(text->p, text->n, TEXT_MAX, &r->root, e)) !=
	    OV_OK)
		return rc;
	ov_jo_init(&o, r->root, "leaver");
	for (size_t i = 0; i < OV_VL_N; i++)
		(void)ov_jo_str0(&o, ov_vl_namen[i], TEXT_MAX);
	return ov_jo_end(&o, e);
}

enum ov_rc
ov_verlater_read(struct ov_store *st, int64_t nr, int jaar, const uint8_t *tag,
    struct ov_verlater_rec *r, struct ov_err *e)
{
	OV_BUF text = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*r = (struct ov_verlater_rec){0};
	if (tag != NULL)
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,versie,geladen,inhoud FROM schoolverlater"
		    " WHERE schooljaar=?1 AND ref_tag=?2",
		    "ib", (int64_t)jaar, (const void *)tag, (size_t)16);
	else
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,versie,geladen,inhoud FROM schoolverlater"
		    " WHERE nr=?1",
		    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		r->nr = ov_db_i64(q, 0);
		r->versie = ov_db_i64(q, 2);
		r->geladen = ov_db_i64(q, 3);
		if ((rc = ov_db_fix(q, 1, r->id, 16, e)) == OV_OK &&
		    (rc = ov_key_get(st, r->id, r->wrap, e)) == OV_OK &&
		    (rc = ov_open_one(st, r->id, r->wrap, OV_T_VERLATER, 1,
		         (uint64_t)r->versie, ov_db_blob(q, 4), &text, e)) ==
		        OV_OK)
			rc = text_read(&text, r, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_verlater_write(struct ov_store *st, int jaar, const uint8_t tag[16],
    struct ov_verlater_rec *r, const json_t *root, struct ov_err *e)
{
	OV_BUF text = {0}, blob = {0};
	bool new = r->nr == 0;
	struct ov_view v;
	enum ov_rc rc;

	ov_json_dump(&text, root);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	if (new)
		ov_new_id(st, r->id);
	rc = ov_seal_one(st, r->id, r->wrap, OV_T_VERLATER, 1,
	    (uint64_t)r->versie + 1, (struct ov_view){text.p, text.n}, &blob,
	    e);
	if (rc == OV_OK && new)
		rc = ov_key_put(st, r->id, r->wrap, e);
	if (rc != OV_OK)
		return rc;
	r->versie++;
	v = (struct ov_view){blob.p, blob.n};
	if (!new)
		return ov_db_run(st->db, e,
		    "UPDATE schoolverlater SET versie=?2,inhoud=?3 WHERE nr=?1",
		    "iiv", r->nr, r->versie, v);
	rc = ov_db_run(st->db, e,
	    "INSERT INTO schoolverlater(id,schooljaar,ref_tag,versie,inhoud,"
	    "geladen) VALUES(?1,?2,?3,?4,?5,?6)",
	    "bibivi", (const void *)r->id, (size_t)16, (int64_t)jaar,
	    (const void *)tag, (size_t)16, r->versie, v, ov_now(st));
	r->nr = ov_db_last(st->db);
	return rc;
}

json_t *
ov_verlater_about(const json_t *root)
{
	json_t *j = json_object();

	if (ov_vl(root, OV_VL_VESTIGING)[0] != '\0')
		(void)ov_j_set(j, "school",
		    json_pack("{s:s}", "vestiging",
		        ov_vl(root, OV_VL_VESTIGING)));
	if (ov_vl(root, OV_VL_CREBO)[0] != '\0')
		(void)ov_j_set(j, "keuzevervolgopleiding",
		    json_pack("[{s:s}]", "crebo", ov_vl(root, OV_VL_CREBO)));
	return j;
}
