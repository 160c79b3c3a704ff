/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts_check.c - is a draft complete and allowed, and to whom
 * does it go; and a stored draft, read and sent.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/ctl.h"
#include "daemon/store/deliver.h"
#include "daemon/store/earlier.h"
#include "protocol/id.h"

#define REF_MAX 64
/* The roles that serve a gemeente. */
#define ROLLEN_GEMEENTE                                                        \
	(OV_ROL_BIT(OV_ROL_LEERPLICHT) | OV_ROL_BIT(OV_ROL_DOORSTROOMPUNT))

/* ---- receiver ---- */

static const struct ov_lid *
self_lid(const struct ov_store *st)
{
	return st->boek != NULL ? ov_book_oin(st->boek, &st->self) : NULL;
}

/* The word names a gemeente. */
static bool
to_gemeente(const struct ov_draft_in *in)
{
	return in->ontvanger != NULL &&
	       ov_is_gemeente(ov_view_str(in->ontvanger));
}

/* Of the address in the content, or of the word. */
static const char *
gemeente_of(const struct ov_draft_in *in)
{
	const char *g;

	if (in->ontvanger != NULL)
		return to_gemeente(in) ? in->ontvanger : NULL;
	g = json_string_value(
	    json_object_get(json_object_get(in->inhoud, "adres"),
	        "gemeentecode"));
	return g != NULL && ov_is_gemeente(ov_view_str(g)) ? g : NULL;
}

static void
receiver(struct ov_store *st, const struct ov_draft_in *in,
    const struct ov_verdict *v, struct ov_draft_out *out)
{
	const char *g = gemeente_of(in), *code = NULL;

	/* An address says where a notice goes, and not a dossier. */
	if (v->may == OV_MAY_YES &&
	    (OV_ROL_BIT(v->naar) & ROLLEN_GEMEENTE) == 0)
		g = NULL;
	if (g != NULL) {
		if (v->may == OV_MAY_YES)
			out->lid = ov_book_route(st->boek, g, v->naar, in->srt,
			    v->dag);
		out->geen_ontvanger = out->lid == NULL && v->may == OV_MAY_YES;
		out->rol = out->geen_ontvanger ? v->naar : OV_ROL_N;
	} else if (in->ontvanger != NULL) {
		out->lid = ov_ctl_partner(st, in->ontvanger, &code);
		if (out->lid == NULL &&
		    strncmp(in->ontvanger, "gemeente:", 9) == 0)
			out->geen_ontvanger = true;
		else if (out->lid == NULL)
			out->code = code;
	}
	if (out->lid != NULL && (out->lid->status != OV_LID_ACTIEF ||
	                            ov_oin_eq(&out->lid->oin, &st->self))) {
		out->lid = NULL;
		out->code = "ontvanger-onbekend";
	}
}

/* What a sender need not type; true: something was put in. */
static bool
fill_in(struct ov_store *st, const struct ov_draft_in *in,
    const struct ov_verdict *v, const char *vandaag)
{
	const struct ov_type *t = ov_types_find(st->types, in->srt, vandaag);
	bool any = false;

	if (t != NULL && json_object_get(in->inhoud, "schema") == NULL) {
		(void)ov_j_set(in->inhoud, "schema",
		    json_string(ov_type_schema(t)));
		any = true;
	}
	if (v->grondslag != NULL &&
	    json_object_get(in->inhoud, "grondslag") == NULL) {
		(void)ov_j_set(in->inhoud, "grondslag",
		    json_string(v->grondslag));
		any = true;
	}
	return any;
}

/* The content as the rules read it, anew.  What cannot be a text of ours is no
 * object to them. */
static enum ov_rc
tree_of(const json_t *inhoud, struct ov_jdoc *d)
{
	enum ov_rc rc;

	ov_jdoc_free(d);
	if (!json_is_object(inhoud))
		return OV_OK;
	rc = ov_jdoc_of(inhoud, d, NULL);
	return rc == OV_BADMSG ? OV_OK : rc;
}

void
ov_draft_check(struct ov_store *st, const struct ov_draft_in *in,
    struct ov_draft_out *out)
{
	const struct ov_lid *self = self_lid(st);
	const struct ov_type *t;
	struct ov_verdict v;
	OV_JDOC d = {0};
	char vandaag[11];
	bool pid, more;

	memset(out, 0, sizeof(*out));
	out->rol = OV_ROL_N;
	if (self == NULL) {
		out->code = "adresboek-ontbreekt";
		return;
	}
	ov_store_today(st, vandaag);
	if (tree_of(in->inhoud, &d) != OV_OK) {
		out->code = "inwendige-fout";
		return;
	}
	v = to_gemeente(in) ? ov_policy_route_to(st->policy, in->srt, self->rol,
	                          ROLLEN_GEMEENTE, d.root, vandaag)
	                    : ov_policy_route(st->policy, in->srt, self->rol,
	                          d.root, vandaag);
	more = fill_in(st, in, &v, vandaag);
	out->contact = ov_contact_fill(st, in->srt, vandaag, in->inhoud);
	if ((more || out->contact) && tree_of(in->inhoud, &d) != OV_OK) {
		out->code = "inwendige-fout";
		return;
	}
	if (v.may == OV_MAY_NO) {
		out->code = "niet-toegestaan";
		out->nee = v;
	}
	receiver(st, in, &v, out);
	if (out->lid != NULL && out->code == NULL) {
		v = ov_policy_may(st->policy, in->srt, st->boek, self, out->lid,
		    d.root, vandaag);
		if (v.may == OV_MAY_NO || !ov_lid_may(self, &out->lid->oin))
			out->code = "niet-toegestaan";
		if (v.may == OV_MAY_NO)
			out->nee = v;
		out->rol = v.may == OV_MAY_YES ? v.naar : OV_ROL_N;
	}
	t = ov_types_latest(st->types, in->srt);
	pid = t != NULL && ov_type_has_pid(t, d.root);
	if (ov_types_check(st->types, in->srt, d.root, pid ? 43 : 0, vandaag,
	        &out->fouten) == OV_DAMAGED)
		out->code = "inwendige-fout";
	for (size_t i = 0; i < out->fouten.n; i++) {
		if (out->fouten.f[i].reden == OV_REDEN_ONTBREEKT)
			out->ontbreekt++;
		else
			out->slecht++;
	}
	if (pid && !in->has_pgn)
		out->ontbreekt++;
	if (out->lid == NULL && out->code == NULL && !ov_draft_waits(out))
		out->ontbreekt++;
}

/* ---- a stored draft ---- */

static enum ov_rc
draft_row(struct ov_store *st, sqlite3_stmt *q, struct ov_draft *d,
    struct ov_err *e)
{
	OV_BUF text = {0};
	uint8_t id[16], wrap[OV_WRAP];
	enum ov_rc rc;

	(void)strncpy(d->srt, ov_db_text(q, 1), sizeof(d->srt) - 1);
	(void)strncpy(d->stand, ov_db_text(q, 2), sizeof(d->stand) - 1);
	(void)strncpy(d->partner, ov_db_text(q, 3), sizeof(d->partner) - 1);
	(void)strncpy(d->ontbreekt, ov_db_text(q, 4), sizeof(d->ontbreekt) - 1);
	d->leerling = ov_db_i64(q, 5);
	d->uitgaand = ov_db_i64(q, 6);
	if ((rc = ov_db_fix(q, 0, id, 16, e)) == OV_OK &&
	    (rc = ov_key_get(st, id, wrap, e)) == OV_OK)
		rc = ov_open_one(st, id, wrap, OV_T_CONCEPT, 1,
		    (uint64_t)ov_db_i64(q, 7), ov_db_blob(q, 8), &text, e);
	if (rc == OV_OK)
		rc = ov_json_parse(text.p, text.n, OV_CTL_FRAME, &d->root, e);
	return rc;
}

enum ov_rc
ov_draft_read(struct ov_store *st, int64_t nr, struct ov_draft *d,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_jobj o;
	enum ov_rc rc;
	bool row;

	*d = (struct ov_draft){.nr = nr,
	    .ref = "",
	    .ontvanger = "",
	    .zaak = "",
	    .klas = "",
	    .mentor = ""};
	rc = ov_db_q(st->db, &q, e,
	    "SELECT c.id,c.srt,c.stand,c.partner,c.ontbreekt,c.leerling,"
	    "c.uitgaand,c.versie,c.inhoud FROM concept c JOIN import i"
	    " ON i.nr=c.import WHERE c.nr=?1 AND i.compleet=1"
	    " AND c.inhoud IS NOT NULL",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK)
		rc = row ? draft_row(st, q, d, e)
		         : ov_fail(e, OV_DENIED, "no such draft");
	ov_db_done(st->db, q);
	if (rc != OV_OK)
		return rc;
	ov_jo_init(&o, d->root, "draft");
	d->ref = ov_jo_str(&o, "eigenReferentie", REF_MAX * 4);
	d->ontvanger = ov_jo_str0(&o, "ontvanger", OV_NAAM_MAX);
	d->zaak = ov_jo_str0(&o, "zaak", OV_ID_TEXT);
	if (ov_jo_has(&o, "klas"))
		d->klas = ov_jo_str0(&o, "klas", OV_KLAS_MAX * 4);
	if (ov_jo_has(&o, "mentor"))
		d->mentor = ov_jo_str0(&o, "mentor", OV_NAAM_MAX);
	if (ov_jo_has(&o, "geleverd"))
		d->geleverd = ov_jo_obj(&o, "geleverd");
	d->inhoud = ov_jo_obj(&o, "inhoud");
	return ov_jo_end(&o, e);
}

void
ov_draft_free(struct ov_draft *d)
{
	json_decref(d->root);
	*d = (struct ov_draft){0};
}

json_t *
ov_j_draft_ref(struct ov_store *st, int64_t concept)
{
	struct ov_draft d = {0};
	struct ov_err e = {0};
	json_t *j;

	if (concept == 0 || ov_draft_read(st, concept, &d, &e) != OV_OK) {
		ov_draft_free(&d);
		return json_string("");
	}
	j = json_string(d.ref);
	ov_draft_free(&d);
	return j;
}

/* ---- sending ---- */

/* Why this draft may not go now, or NULL. */
static const char *
refusal(struct ov_store *st, const struct ov_draft *d,
    const struct ov_draft_out *o)
{
	if (!ov_boek_sends(st))
		return "adresboek-verlopen";
	if (strcmp(d->stand, "VERZONDEN") == 0)
		return "al-verzonden";
	if (strcmp(d->stand, "GEWIJZIGD") == 0)
		return "gewijzigd-na-verzenden";
	if (o->code != NULL)
		return o->code;
	for (size_t i = 0; i < o->fouten.n; i++)
		if (strncmp(o->fouten.f[i].pad, "/inhoud/inzage", 14) == 0)
			return "inzage-ontbreekt";
	if (o->geen_ontvanger && !ov_draft_waits(o))
		return "geen-ontvanger";
	if (o->slecht > 0)
		return "inhoud-ongeldig";
	if (o->ontbreekt > 0 || o->rol == OV_ROL_N ||
	    (o->lid == NULL && !ov_draft_waits(o)))
		return "concept-onvolledig";
	/* The pseudonym was made for the receiver of the import. */
	if (d->partner[0] != '\0' &&
	    (o->lid == NULL || strcmp(d->partner, o->lid->oin.s) != 0))
		return "ontvanger-veranderd";
	return NULL;
}

/* The case of a message that was queued: known here from now on. */
static enum ov_rc
case_note(struct ov_store *st, int64_t nr, const struct ov_draft *d,
    struct ov_err *e)
{
	const char *status, *datum;
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO zaak(zaak,partner) SELECT zaak,partner FROM uitgaand"
	    " WHERE nr=?1 AND zaak IS NOT NULL AND partner IS NOT NULL"
	    " ON CONFLICT DO NOTHING",
	    "i", nr);
	status = json_string_value(json_object_get(d->inhoud, "status"));
	datum = json_string_value(json_object_get(d->inhoud, "datumStatus"));
	if (rc == OV_OK && status != NULL && datum != NULL)
		rc = ov_db_run(st->db, e,
		    "UPDATE zaak SET status=?2,datum=?3 WHERE zaak=(SELECT zaak"
		    " FROM uitgaand WHERE nr=?1) AND ifnull(datum,'')<=?3",
		    "itt", nr, status, datum);
	return rc;
}

/* The case of a draft that names none: that of the dossier we have from this
 * partner about the applicant with the same reference. */
static enum ov_rc
case_find(struct ov_store *st, const struct ov_draft *d, struct ov_submit *s,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	int64_t pupil, partner;
	enum ov_rc rc;
	bool row;

	if (s->to == NULL)
		return OV_OK;
	if ((rc = ov_pupil_by_ref(st, d->ref, &pupil, e)) != OV_OK ||
	    pupil == 0 ||
	    (rc = ov_partner_id(st, &s->to->oin, &partner, e)) != OV_OK)
		return rc;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT zaak FROM bericht WHERE leerling=?1 AND partner=?2"
	    " AND gesloten=0 AND zaak IS NOT NULL ORDER BY nr DESC LIMIT 1",
	    "ii", pupil, partner);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		s->has_zaak = true;
		rc = ov_db_fix(q, 0, s->zaak, 16, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* What these two exchanged before may forbid it. */
static enum ov_rc
earlier(struct ov_store *st, const struct ov_draft *d,
    const struct ov_submit *s, const char **code, struct ov_err *e)
{
	struct ov_step p = {.uit = true,
	    .volg = INT64_MAX,
	    .status = json_string_value(json_object_get(d->inhoud, "status")),
	    .datum = json_string_value(
	        json_object_get(d->inhoud, "datumStatus")),
	    .has_vervangt = s->has_vervangt};
	bool ok = true;
	enum ov_rc rc = OV_OK;

	if (s->to == NULL) /* asked when there is a receiver */
		return OV_OK;
	if (strcmp(d->srt, "overstapstatus") == 0 && s->has_zaak &&
	    p.status != NULL && p.datum != NULL) {
		memcpy(p.zaak, s->zaak, 16);
		memcpy(p.vervangt, s->vervangt, 16);
		if ((rc = ov_partner_id(st, &s->to->oin, &p.partner, e)) ==
		    OV_OK)
			rc = ov_step_fits(st, &p, &ok, e);
		if (!ok)
			*code = "overgang-ongeldig";
	} else if (strcmp(d->srt, "verzuimmelding") == 0) {
		rc = ov_absence_fits_out(st, d->leerling, d->inhoud, &ok, e);
		if (!ok)
			*code = "binnen-7-dagen";
	}
	return rc;
}

/* The case and what it replaces; *code: it does not follow what was before. */
static enum ov_rc
fits(struct ov_store *st, const struct ov_draft *d, struct ov_submit *s,
    const char **code, struct ov_err *e)
{
	const char *v = json_string_value(
	    json_object_get(d->inhoud, "vervangt"));
	enum ov_rc rc;

	if (d->zaak[0] != '\0') {
		s->has_zaak = true;
		rc = ov_id_parse(ov_view_str(d->zaak), s->zaak);
	} else {
		rc = case_find(st, d, s, e);
	}
	if (rc == OV_OK && v != NULL) {
		s->has_vervangt = true;
		rc = ov_id_parse(ov_view_str(v), s->vervangt);
	}
	return rc == OV_OK ? earlier(st, d, s, code, e) : rc;
}

static enum ov_rc
queue(struct ov_store *st, const struct ov_draft *d,
    const struct ov_draft_out *o, const char **code, struct ov_err *e)
{
	OV_BUF text = {0};
	struct ov_submit s = {.to = o->lid,
	    .srt = d->srt,
	    .rol = ov_rol_name(o->rol),
	    .leerling = d->leerling,
	    .concept = d->nr};
	int64_t nr;
	enum ov_rc rc;

	ov_json_dump(&text, d->inhoud);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	s.inhoud = (struct ov_view){text.p, text.n};
	rc = fits(st, d, &s, code, e);
	if (rc != OV_OK || *code != NULL)
		return rc;
	if ((rc = ov_submit(st, &s, &nr, e)) == OV_OK && s.to != NULL)
		rc = ov_step_queued(st, nr,
		    json_string_value(json_object_get(d->inhoud, "status")), e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE concept SET stand='VERZONDEN',uitgaand=?2"
		    " WHERE nr=?1",
		    "ii", d->nr, nr);
	if (rc == OV_OK)
		rc = case_note(st, nr, d, e);
	return rc;
}

/* The receiver of a draft that had none: pseudonym, row and tag are its. */
static enum ov_rc
draft_to(struct ov_store *st, struct ov_draft *d, const struct ov_lid *to,
    struct ov_err *e)
{
	uint8_t hash[32], tag[16];
	enum ov_rc rc;

	if ((rc = ov_pgn_move(st, &to->oin, &d->leerling, e)) != OV_OK ||
	    (rc = ov_draft_key(d->srt, to->oin.s, d->ref, d->inhoud, hash,
	         e)) != OV_OK ||
	    (rc = ov_tag(st, OV_TAG_REF, 0, NULL, (struct ov_view){hash, 32},
	         tag, e)) != OV_OK)
		return rc;
	memcpy(d->partner, to->oin.s, sizeof(d->partner));
	/* The tag is taken where the same row came again with the receiver. */
	rc = ov_db_run(st->db, e,
	    "UPDATE concept SET partner=?2,leerling=nullif(?3,0),ref_tag="
	    "iif(EXISTS(SELECT 1 FROM concept WHERE ref_tag=?4),ref_tag,?4)"
	    " WHERE nr=?1",
	    "itib", d->nr, to->oin.s, d->leerling, (const void *)tag,
	    sizeof(tag));
	return rc == OV_OK ? ov_pgn_sweep(st, e) : rc;
}

static struct ov_draft_out checked; /* large */

static void
check_stored(struct ov_store *st, const struct ov_draft *d)
{
	struct ov_draft_in in = {.srt = d->srt,
	    .ontvanger = d->ontvanger[0] != '\0' ? d->ontvanger : NULL,
	    .inhoud = d->inhoud,
	    .has_pgn = d->leerling != 0};

	ov_draft_check(st, &in, &checked);
}

enum ov_rc
ov_draft_send(struct ov_store *st, int64_t nr, const char **code, bool *geen,
    struct ov_err *e)
{
	struct ov_draft d = {0};
	enum ov_rc rc;

	*code = NULL;
	*geen = false;
	if ((rc = ov_draft_read(st, nr, &d, e)) == OV_OK) {
		check_stored(st, &d);
		*code = refusal(st, &d, &checked);
		*geen = *code == NULL && checked.lid == NULL;
		if (*code == NULL && !*geen && d.partner[0] == '\0')
			rc = draft_to(st, &d, checked.lid, e);
		if (rc == OV_OK && *code == NULL)
			rc = queue(st, &d, &checked, code, e);
	} else if (rc == OV_DENIED) {
		*code = "nummer-onbekend";
		rc = OV_OK;
	} else if (ov_unreadable(rc)) {
		struct ov_err why = *e;

		*code = "onleesbaar";
		rc = ov_aside(st, "concept", nr, &why, e);
	}
	ov_draft_free(&d);
	return rc;
}

/* What waited as GEEN-ONTVANGER goes to its receiver. */
static enum ov_rc
release(struct ov_store *st, const struct ov_draft *d,
    const struct ov_draft_out *o, const struct ov_submit *s, struct ov_err *e)
{
	int64_t partner;
	enum ov_rc rc;

	if ((rc = ov_partner_id(st, &o->lid->oin, &partner, e)) != OV_OK)
		return rc;
	rc = ov_db_run(st->db, e,
	    "UPDATE uitgaand SET stand='OPGESTELD',partner=?2,rol=?3,"
	    "leerling=nullif(?4,0),zaak=coalesce(?5,zaak),fout=NULL,due=0,"
	    "exp=?6,gevonden=?7 WHERE nr=?1 AND stand='GEEN-ONTVANGER'",
	    "iitivii", d->uitgaand, partner, ov_rol_name(o->rol), d->leerling,
	    (struct ov_view){s->has_zaak ? s->zaak : NULL, 16},
	    ov_now(st) + OV_WAIT_S, ov_now(st));
	if (rc == OV_OK && ov_db_changes(st->db) != 1)
		rc = ov_fail(e, OV_DAMAGED, "it does not wait for a receiver");
	if (rc == OV_OK)
		rc = ov_step_queued(st, d->uitgaand,
		    json_string_value(json_object_get(d->inhoud, "status")), e);
	return rc == OV_OK ? case_note(st, d->uitgaand, d, e) : rc;
}

enum ov_rc
ov_draft_again(struct ov_store *st, int64_t nr, bool *found, const char **code,
    struct ov_err *e)
{
	struct ov_draft d = {0};
	struct ov_submit s = {0};
	bool sent;
	enum ov_rc rc;

	*found = false;
	*code = NULL;
	if ((rc = ov_draft_read(st, nr, &d, e)) == OV_OK) {
		sent = strcmp(d.stand, "VERZONDEN") == 0 ||
		       strcmp(d.stand, "GEWIJZIGD") == 0;
		check_stored(st, &d);
		*found = checked.lid != NULL && checked.code == NULL &&
		         checked.rol != OV_ROL_N && checked.slecht == 0 &&
		         (!sent || checked.ontbreekt == 0);
		if (*found)
			rc = draft_to(st, &d, checked.lid, e);
		s = (struct ov_submit){.to = checked.lid,
		    .srt = d.srt,
		    .leerling = d.leerling,
		    .concept = nr};
		if (rc == OV_OK && *found && sent)
			rc = fits(st, &d, &s, code, e);
		if (rc == OV_OK && *found && sent && *code == NULL)
			rc = release(st, &d, &checked, &s, e);
		if (rc == OV_OK && *found && *code == NULL)
			ov_log(OV_LOG_INFO,
			    "event=receiver-found draft=%" PRId64
			    " message=%" PRId64 " partner=%s",
			    nr, sent ? d.uitgaand : 0, checked.lid->oin.s);
	} else if (ov_unreadable(rc)) {
		struct ov_err why = *e;

		rc = ov_aside(st, "concept", nr, &why, e);
	}
	ov_draft_free(&d);
	return rc;
}
