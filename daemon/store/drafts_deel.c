/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts_deel.c - a row that holds one part of a dossier: put into
 * the draft that is there.
 *
 * The draft is that of the same type, receiver and own reference.  The members
 * of the part are those of the row, and no others; what the row says that
 * belongs to no part is added.  The other parts stay as they were.  Who brought
 * which part, when and from which file stays in the draft.
 */
#include "daemon/store/drafts_in.h"

#include <string.h>
#include <unistd.h>

#include "protocol/types_int.h"

int
ov_deel_number(const char *word)
{
	for (int i = 0; ov_deel_names[i] != NULL; i++)
		if (strcmp(ov_deel_names[i], word) == 0)
			return i;
	return -1;
}

void
ov_deel_reset(struct ov_intake *m)
{
	ov_draft_free(&m->was);
	json_decref(m->merged);
	json_decref(m->geleverd);
	m->merged = m->geleverd = NULL;
}

/* The draft this row belongs to; nr 0: none yet. */
static enum ov_rc
find(struct ov_intake *m, const struct row *r, int64_t *nr, struct ov_err *e)
{
	struct ov_draft_in in = {.srt = m->srt,
	    .ontvanger = r->ontvanger,
	    .inhoud = m->merged,
	    .has_pgn = true};
	struct ov_v_tag q = {.kind = OV_TAG_REF};
	struct cand *c = &m->c[m->nc];
	uint8_t tag[1][16];
	enum ov_rc rc;

	*nr = 0;
	ov_draft_check(m->st, &in, &m->out);
	memset(c->oin, 0, sizeof(c->oin));
	if (m->out.lid != NULL)
		memcpy(c->oin, m->out.lid->oin.s, OV_OIN_LEN);
	if ((rc = ov_rij_hashes(m, r, c, e)) != OV_OK)
		return rc;
	q.data = (struct ov_view){c->hash_ref, sizeof(c->hash_ref)};
	if ((rc = ov_tags(m->st, &q, 1, tag, e)) != OV_OK)
		return rc;
	return ov_db_int(m->st->db, nr, 0, e,
	    "SELECT c.nr FROM concept c JOIN import i ON i.nr=c.import"
	    " WHERE c.ref_tag=?1 AND i.compleet=1",
	    "b", (const void *)tag[0], (size_t)16);
}

/* Of another pupil than the draft is about? */
static enum ov_rc
other_pupil(struct ov_intake *m, const struct row *r, bool *other,
    struct ov_err *e)
{
	const struct ov_book_epoch *p = ov_book_epoch_active(m->st->boek,
	    ov_now(m->st));
	struct ov_want w = {0};
	int64_t ep = 0;
	enum ov_rc rc;

	*other = false;
	if (r->pgn[0] == '\0' || m->was.leerling == 0 || p == NULL)
		return OV_OK;
	if ((rc = ov_oin_parse(ov_view_str(m->was.partner), &w.domein)) !=
	    OV_OK)
		return ov_fail(e, rc, "receiver of a draft");
	memcpy(w.pgn, r->pgn, sizeof(w.pgn));
	rc = ov_pseudo_find(m->st, &w, 1, e);
	explicit_bzero(w.pgn, sizeof(w.pgn));
	if (rc == OV_OK && w.nr == 0) /* known under another epoch? */
		rc = ov_db_int(m->st->db, &ep, 0, e,
		    "SELECT ep FROM leerling WHERE nr=?1", "i",
		    m->was.leerling);
	*other = w.nr != 0 ? w.nr != m->was.leerling : ep == (int64_t)p->ep;
	return rc;
}

/* The members of the part go, those of the row come. */
static enum ov_rc
merge(struct ov_intake *m, const struct row *r, struct ov_err *e)
{
	const struct ov_type *y = ov_types_latest(m->st->types, m->srt);
	json_t *base = m->was.inhoud != NULL ? json_deep_copy(m->was.inhoud)
	                                     : json_object();

	for (size_t i = 0; i < y->groep.n; i++)
		if ((y->groep.f[i].deel & 1u << m->deel) != 0)
			(void)json_object_del(base, y->groep.f[i].naam);
	json_decref(m->merged);
	m->merged = base;
	if (base == NULL || json_object_update(base, r->inhoud) != 0)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

static enum ov_rc
delivered(struct ov_intake *m, struct ov_err *e)
{
	json_t *one = json_pack("{s:I,s:s,s:o}", "door",
	    (json_int_t)(m->map ? geteuid() : m->uid), "bestand", m->bestand,
	    "tijd", ov_j_moment(ov_now(m->st)));

	m->geleverd = m->was.geleverd != NULL ? json_copy(m->was.geleverd)
	                                      : json_object();
	if (m->geleverd == NULL ||
	    json_object_set_new(m->geleverd, ov_deel_names[m->deel], one) != 0)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

/* A lettered part that is not the one of this file. */
static bool
strays(const struct ov_intake *m, const json_t *inhoud)
{
	const uint8_t lettered = OV_D_A | OV_D_B | OV_D_C;
	uint8_t has = ov_toegang_delen(m->st->types, m->srt, inhoud);

	return (has & lettered & ~(1u << m->deel)) != 0;
}

enum ov_rc
ov_deel_merge(struct ov_intake *m, struct row *r, const char **code,
    struct ov_err *e)
{
	struct cand *c = &m->c[m->nc];
	int64_t nr;
	bool other;
	enum ov_rc rc;

	*code = NULL;
	ov_deel_reset(m);
	c->leerling = 0;
	c->same = false;
	r->delen = ov_toegang_delen(m->st->types, m->srt, r->inhoud);
	if (m->deel < 0)
		return OV_OK;
	if (strays(m, r->inhoud)) {
		*code = "deel-ander";
		return OV_OK;
	}
	if ((m->merged = json_deep_copy(r->inhoud)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if ((rc = find(m, r, &nr, e)) != OV_OK)
		return rc;
	if (nr != 0 && (rc = ov_draft_read(m->st, nr, &m->was, e)) != OV_OK)
		return rc;
	if ((rc = other_pupil(m, r, &other, e)) != OV_OK ||
	    (rc = merge(m, r, e)) != OV_OK || (rc = delivered(m, e)) != OV_OK)
		return rc;
	if (other)
		*code = "pgn-anders";
	if (nr == 0) {
		r->inhoud = m->merged;
		return OV_OK;
	}
	c->leerling = m->was.leerling;
	c->same = json_equal(m->merged, m->was.inhoud) &&
	          (r->klas[0] == '\0' || strcmp(r->klas, m->was.klas) == 0) &&
	          (r->mentor[0] == '\0' ||
	              strcmp(r->mentor, m->was.mentor) == 0) &&
	          (r->pgn[0] == '\0' || c->leerling != 0);
	if (r->zaak[0] == '\0')
		r->zaak = m->was.zaak;
	if (r->klas[0] == '\0')
		r->klas = m->was.klas;
	if (r->mentor[0] == '\0')
		r->mentor = m->was.mentor;
	r->inhoud = m->merged;
	return OV_OK;
}
