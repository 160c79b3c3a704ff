/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/case_verloop.c - the follow-up of a case: what people recorded,
 * kept as events, so that the case can be told as it was on any day.
 */
#include <string.h>

#include "daemon/store/worklist.h"
#include "protocol/tijd.h"

#define TEXT_MAX 4096

/* The fields of the RMC-effectrapportage; a code list, or a date. */
static const struct {
	const char *veld, *lijst;
} velden[] = {{"signaalbron", "signaalbron"}, {"eersteContact", NULL},
    {"intakeDatum", NULL}, {"trajectStart", NULL}, {"trajectEinde", NULL},
    {"bestemming", "bestemming"}};
#define NVELDEN (sizeof(velden) / sizeof(velden[0]))

const char *
ov_verloop_veld(size_t i)
{
	return i < NVELDEN ? velden[i].veld : NULL;
}

static enum ov_rc
event_add(struct ov_store *st, sqlite3_stmt *q, json_t *sum, struct ov_err *e)
{
	OV_BUF text = {0};
	OV_JSON *j = NULL;
	uint8_t id[16], wrap[OV_WRAP];
	enum ov_rc rc;

	if ((rc = ov_db_fix(q, 0, id, 16, e)) != OV_OK ||
	    (rc = ov_key_get(st, id, wrap, e)) != OV_OK ||
	    (rc = ov_open_one(st, id, wrap, OV_T_ZAAK, 1, 1, ov_db_blob(q, 1),
	         &text, e)) != OV_OK ||
	    (rc = ov_json_parse(text.p, text.n, TEXT_MAX, &j, e)) != OV_OK)
		return rc;
	return json_object_update(sum, j) == 0
	           ? OV_OK
	           : ov_fail(e, OV_NOSPACE, "out of memory");
}

enum ov_rc
ov_verloop_at(struct ov_store *st, const uint8_t zaak[16], int64_t before,
    json_t **out, struct ov_err *e)
{
	OV_JSON *sum = json_object();
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*out = NULL;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT id,inhoud FROM zaak_verloop WHERE zaak=?1 AND tijd<?2"
	    " ORDER BY nr",
	    "bi", (const void *)zaak, (size_t)16, before);
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row)
		rc = event_add(st, q, sum, e);
	ov_db_done(st->db, q);
	if (rc == OV_OK) {
		*out = sum;
		sum = NULL;
	}
	return rc;
}

static const char *
value_bad(struct ov_store *st, size_t i, const char *v, const char *vandaag)
{
	struct ov_date d;

	if (velden[i].lijst != NULL)
		return ov_code_text(st->types, velden[i].lijst, v, vandaag) !=
		               NULL
		           ? NULL
		           : "code-onbekend";
	return ov_date_parse(ov_view_str(v), &d) == OV_OK &&
	               strcmp(v, vandaag) <= 0
	           ? NULL
	           : "datum-ongeldig";
}

enum ov_rc
ov_verloop_add(struct ov_store *st, uid_t uid, const uint8_t zaak[16],
    const json_t *in, const char **code, struct ov_err *e)
{
	OV_BUF text = {0}, blob = {0};
	uint8_t id[16], wrap[OV_WRAP] = {0};
	char vandaag[OV_DATE_SIZE];
	const char *v;
	enum ov_rc rc;

	*code = NULL;
	ov_store_today(st, vandaag);
	for (size_t i = 0; i < NVELDEN && *code == NULL; i++)
		if ((v = json_string_value(
		         json_object_get(in, velden[i].veld))) != NULL)
			*code = value_bad(st, i, v, vandaag);
	if (*code != NULL)
		return OV_OK;
	ov_json_dump(&text, in);
	ov_new_id(st, id);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK ||
	    (rc = ov_seal_one(st, id, wrap, OV_T_ZAAK, 1, 1,
	         (struct ov_view){text.p, text.n}, &blob, e)) != OV_OK ||
	    (rc = ov_key_put(st, id, wrap, e)) != OV_OK)
		return rc;
	return ov_db_run(st->db, e,
	    "INSERT INTO zaak_verloop(id,zaak,tijd,account,inhoud)"
	    " VALUES(?1,?2,?3,?4,?5)",
	    "bbiiv", (const void *)id, sizeof(id), (const void *)zaak,
	    (size_t)16, ov_now(st), (int64_t)uid,
	    (struct ov_view){blob.p, blob.n});
}
