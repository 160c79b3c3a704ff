/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts.c - an import: rows become drafts in batches, unseen
 * until the last is there.
 *
 * PGNs stay in memory until the whole file is known to be good; only then
 * are their pseudonyms asked for, so that a bad file costs no budget.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/drafts_in.h"

/* ---- begin ---- */

enum ov_rc
ov_intake_new(struct ov_store *st, const struct ov_intake_in *in,
    struct ov_intake **out, struct ov_err *e)
{
	struct ov_intake *m;
	enum ov_rc rc;

	*out = NULL;
	if (ov_types_latest(st->types, in->profiel) == NULL ||
	    strlen(in->profiel) > OV_SRT_MAX)
		return ov_fail(e, OV_DENIED, "no such profile");
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	m->st = st;
	m->overslaan = in->overslaan;
	m->proef = in->proef;
	m->map = in->map;
	m->deel = -1;
	if (in->deel != NULL && (m->deel = ov_deel_number(in->deel)) < 0) {
		free(m);
		return ov_fail(e, OV_DENIED, "no such part");
	}
	(void)snprintf(m->bestand, sizeof(m->bestand), "%s", in->bestand);
	m->uid = in->uid;
	memcpy(m->srt, in->profiel, strlen(in->profiel) + 1);
	m->seen = json_object();
	m->faults = json_array();
	rc = ov_db_run(st->db, e,
	    "INSERT INTO import(profiel,bestand,account,tijd)"
	    " VALUES(?1,?2,?3,?4)",
	    "ttii", in->profiel, in->bestand, (int64_t)in->uid, ov_now(st));
	m->nr = ov_db_last(st->db);
	if (rc != OV_OK || m->seen == NULL || m->faults == NULL) {
		if (rc != OV_OK)
			m->nr = 0;
		ov_intake_free(m);
		return rc != OV_OK ? rc : ov_fail(e, OV_NOSPACE, "memory");
	}
	*out = m;
	return OV_OK;
}

void
ov_intake_free(struct ov_intake *m)
{
	struct ov_err e = {0};

	if (m == NULL)
		return;
	if (m->nr != 0 && ov_intake_drop(m->st, m->nr, &e) != OV_OK)
		ov_log(OV_LOG_WARN, "event=import-rest fault=\"%s\"", e.msg);
	for (size_t i = 0; i < OV_INTAKE_BATCH; i++)
		ov_buf_free(&m->c[i].text);
	if (m->want != NULL)
		explicit_bzero(m->want, m->cwant * sizeof(*m->want));
	free(m->want);
	free(m->changed);
	ov_deel_reset(m);
	json_decref(m->seen);
	json_decref(m->faults);
	explicit_bzero(m, sizeof(*m));
	free(m);
}

/* ---- a row ---- */

static enum ov_rc flush(struct ov_intake *, struct ov_err *);

enum ov_rc
ov_intake_row(struct ov_intake *m, const json_t *j, struct ov_err *e)
{
	struct cand *c = &m->c[m->nc];
	const char *code;
	struct row r;
	json_t *doc;
	enum ov_rc rc;

	if (!ov_rij_read(m, j, &r)) {
		m->sum.fout++;
		return OV_OK;
	}
	if ((rc = ov_deel_merge(m, &r, &code, e)) != OV_OK)
		return rc;
	if (code != NULL)
		ov_rij_fault(m, r.rij, "", code);
	if (code != NULL || !ov_rij_may(m, &r) || !ov_rij_judge(m, &r)) {
		m->sum.fout++;
		return OV_OK;
	}
	if (json_object_size(m->seen) > ROWS_MAX)
		return ov_fail(e, OV_TOOBIG, "too many rows");
	ov_buf_reset(&c->text);
	memset(c->oin, 0, sizeof(c->oin));
	if (m->out.lid != NULL)
		memcpy(c->oin, m->out.lid->oin.s, OV_OIN_LEN);
	memcpy(c->pgn, r.pgn, strlen(r.pgn) + 1);
	if ((rc = ov_rij_missing(m, &r, c, e)) != OV_OK ||
	    (rc = ov_rij_hashes(m, &r, c, e)) != OV_OK)
		return rc;
	doc = json_pack("{s:s,s:s,s:s,s:s,s:s,s:O}", "eigenReferentie", r.ref,
	    "ontvanger", r.ontvanger != NULL ? r.ontvanger : "", "zaak", r.zaak,
	    "klas", r.klas, "mentor", r.mentor, "inhoud", r.inhoud);
	if (doc == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if (m->geleverd != NULL)
		(void)ov_j_set(doc, "geleverd", json_incref(m->geleverd));
	ov_json_dump(&c->text, doc);
	json_decref(doc);
	if ((rc = ov_buf_ok(&c->text, e)) != OV_OK)
		return rc;
	m->bytes += c->text.n;
	if (++m->nc < OV_INTAKE_BATCH && m->bytes < OV_INTAKE_BYTES)
		return OV_OK;
	return flush(m, e);
}

/* ---- a batch ---- */

static enum ov_rc
batch_tags(struct ov_intake *m, struct ov_err *e)
{
	static struct ov_v_tag q[OV_TAGS_MAX];
	uint8_t tag[OV_TAGS_MAX][16];
	enum ov_rc rc = OV_OK;

	for (size_t i = 0, n; i < m->nc && rc == OV_OK; i += n) {
		for (n = 0; n < OV_TAGS_MAX / 2 && i + n < m->nc; n++) {
			q[2 * n] = (struct ov_v_tag){.kind = OV_TAG_REF,
			    .data = {m->c[i + n].hash_ref, 32}};
			q[2 * n + 1] = (struct ov_v_tag){.kind = OV_TAG_REF,
			    .data = {m->c[i + n].hash_text, 32}};
		}
		rc = ov_tags(m->st, q, 2 * n, tag, e);
		for (size_t k = 0; k < n && rc == OV_OK; k++) {
			memcpy(m->c[i + k].ref_tag, tag[2 * k], 16);
			memcpy(m->c[i + k].afdruk, tag[2 * k + 1], 16);
		}
	}
	return rc;
}

static bool
changed_add(struct ov_intake *m, int64_t nr)
{
	int64_t *p;
	size_t cap = m->cchanged == 0 ? 64 : m->cchanged * 2;

	if (m->nchanged == m->cchanged) {
		p = realloc(m->changed, cap * sizeof(*p));
		if (p == NULL)
			return false;
		m->changed = p;
		m->cchanged = cap;
	}
	m->changed[m->nchanged++] = nr;
	return true;
}

/* New, the same, replacing an unsent one, or changed after sending. */
static enum ov_rc
cand_compare(struct ov_intake *m, struct cand *c, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	const char *stand;
	enum ov_rc rc;
	bool row;

	c->old = 0;
	c->fresh = true;
	rc = ov_db_q(m->st->db, &q, e,
	    "SELECT nr,afdruk,stand FROM concept WHERE ref_tag=?1", "b",
	    (const void *)c->ref_tag, (size_t)16);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(m->st->db, q, &row, e);
	if (rc == OV_OK && row) {
		c->old = ov_db_i64(q, 0);
		v = ov_db_blob(q, 1);
		stand = ov_db_text(q, 2);
		c->fresh = false;
		if (c->same || (v.n == 16 && memcmp(v.p, c->afdruk, 16) == 0)) {
			m->sum.gelijk++;
		} else if (strcmp(stand, "VERZONDEN") == 0 ||
		           strcmp(stand, "GEWIJZIGD") == 0) {
			m->sum.gewijzigd++;
			if (!changed_add(m, c->old))
				rc = ov_fail(e, OV_NOSPACE, "out of memory");
		} else {
			c->fresh = true; /* takes its place */
		}
	}
	ov_db_done(m->st->db, q);
	return rc;
}

static bool
want_add(struct ov_intake *m, int64_t nr, const struct cand *c)
{
	struct want *p;
	size_t cap = m->cwant == 0 ? 256 : m->cwant * 2;

	if (m->nwant == m->cwant) {
		p = calloc(cap, sizeof(*p));
		if (p == NULL)
			return false;
		if (m->want != NULL) {
			memcpy(p, m->want, m->nwant * sizeof(*p));
			explicit_bzero(m->want, m->cwant * sizeof(*p));
			free(m->want);
		}
		m->want = p;
		m->cwant = cap;
	}
	p = &m->want[m->nwant++];
	p->nr = nr;
	memcpy(p->oin, c->oin, sizeof(p->oin));
	memcpy(p->pgn, c->pgn, sizeof(p->pgn));
	return true;
}

static enum ov_rc
cand_insert(struct ov_intake *m, struct cand *c, const uint8_t id[16],
    const struct ov_v_sealed *a, struct ov_err *e)
{
	struct ov_store *st = m->st;
	uint8_t tag[16];
	enum ov_rc rc;

	memcpy(tag, c->ref_tag, 16);
	if (c->old != 0) /* its tag is taken until the import is complete */
		st->env.random(tag, sizeof(tag));
	rc = ov_db_run(st->db, e,
	    "INSERT INTO concept(id,import,srt,partner,ref_tag,stand,inhoud,"
	    "afdruk,ontbreekt,vervangt,leerling) VALUES(?1,?2,?3,?4,?5,?6,?7,"
	    "?8,?9,nullif(?10,0),nullif(?11,0))",
	    "bittbtvbtii", (const void *)id, (size_t)16, m->nr, m->srt, c->oin,
	    (const void *)tag, (size_t)16,
	    c->volledig ? "VOLLEDIG" : "ONVOLLEDIG", a->blob,
	    (const void *)c->afdruk, (size_t)16, c->ontbreekt, c->old,
	    c->leerling);
	if (rc != OV_OK)
		return rc;
	if (c->pgn[0] != '\0' && (c->oin[0] != '\0' || c->geen) &&
	    !want_add(m, ov_db_last(st->db), c))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	m->sum.goed++;
	return ov_key_put(st, id, a->wrap, e);
}

/* Seal and store the fresh ones of the batch. */
static enum ov_rc
batch_store(struct ov_intake *m, struct ov_err *e)
{
	static struct ov_v_seal q[OV_INTAKE_BATCH];
	static struct ov_v_sealed a[OV_INTAKE_BATCH];
	OV_REPLY r = {0};
	struct cand *who[OV_INTAKE_BATCH];
	size_t n = 0;
	enum ov_rc rc;

	for (size_t i = 0; i < m->nc; i++) {
		if (!m->c[i].fresh)
			continue;
		q[n] = (struct ov_v_seal){.table = OV_T_CONCEPT,
		    .col = 1,
		    .ver = 1,
		    .text = {m->c[i].text.p, m->c[i].text.n}};
		ov_new_id(m->st, q[n].id);
		who[n++] = &m->c[i];
	}
	if (n == 0)
		return OV_OK;
	if ((rc = ov_vault(m->st, OV_V_SEAL, &ov_v_seal_rec, q, n,
	         &ov_v_sealed_rec, a, &r, e)) != OV_OK ||
	    (rc = ov_tx_begin(m->st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = a[i].rc == OV_OK
		         ? cand_insert(m, who[i], q[i].id, &a[i], e)
		         : ov_fail(e, OV_DAMAGED, "vault does not seal");
	if (rc == OV_OK)
		rc = ov_tx_commit(m->st, e);
	if (rc != OV_OK)
		ov_tx_abort(m->st);
	return rc;
}

static enum ov_rc
flush(struct ov_intake *m, struct ov_err *e)
{
	enum ov_rc rc;

	if (m->nc == 0)
		return OV_OK;
	rc = batch_tags(m, e);
	for (size_t i = 0; i < m->nc && rc == OV_OK; i++)
		rc = cand_compare(m, &m->c[i], e);
	if (rc == OV_OK)
		rc = batch_store(m, e);
	for (size_t i = 0; i < m->nc; i++) {
		ov_buf_reset(&m->c[i].text);
		explicit_bzero(m->c[i].pgn, sizeof(m->c[i].pgn));
	}
	m->nc = m->bytes = 0;
	return rc;
}

/* ---- the end ---- */

/* Pseudonyms of one batch: wanted from now on. */
static enum ov_rc
wants(struct ov_intake *m, struct ov_err *e)
{
	size_t to = m->nwant - m->asked > OV_INTAKE_BATCH
	                ? m->asked + OV_INTAKE_BATCH
	                : m->nwant;
	struct ov_store *st = m->st;
	struct ov_oin oin;
	int64_t leerling;
	bool ready;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	for (size_t i = m->asked; i < to; i++) {
		if (m->want[i].oin[0] == '\0')
			rc = ov_pgn_keep(st, m->want[i].pgn, &leerling, e);
		else if ((rc = ov_oin_parse(ov_view_str(m->want[i].oin),
		              &oin)) == OV_OK)
			rc = ov_pseudo_want(st, &oin, m->want[i].pgn, false,
			    &leerling, &ready, e);
		if (rc == OV_OK)
			rc = ov_db_run(st->db, e,
			    "UPDATE concept SET leerling=?2 WHERE nr=?1", "ii",
			    m->want[i].nr, leerling);
		if (rc != OV_OK)
			break;
	}
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	else
		m->asked = to;
	return rc;
}

/* The replaced ones go, their tags go over, all becomes visible. */
static enum ov_rc
reveal(struct ov_intake *m, struct ov_err *e)
{
	struct ov_store *st = m->st;
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "INSERT INTO te_vernietigen(id) SELECT o.id FROM concept o"
	    " JOIN concept n ON n.vervangt=o.nr WHERE n.import=?1",
	    "i", m->nr);
	if (rc == OV_OK)
		rc = ov_keys_destroyed(st, e);
	if (rc == OV_OK) /* swap: the old row takes a tag nobody looks for */
		rc = ov_db_run(st->db, e,
		    "CREATE TEMP TABLE IF NOT EXISTS wissel(nr INTEGER,"
		    " oud INTEGER, tag BLOB)",
		    "");
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO wissel SELECT n.nr,o.nr,o.ref_tag"
		    " FROM concept n JOIN concept o ON o.nr=n.vervangt"
		    " WHERE n.import=?1",
		    "i", m->nr);
	if (rc == OV_OK) /* a signal of absence stays with its draft */
		rc = ov_db_run(st->db, e,
		    "UPDATE verzuim_signaal SET concept=(SELECT nr FROM wissel"
		    " WHERE oud=concept) WHERE concept IN (SELECT oud FROM"
		    " wissel)",
		    "");
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM concept WHERE nr IN (SELECT oud FROM wissel)",
		    "");
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE concept SET vervangt=NULL,ref_tag=(SELECT tag FROM"
		    " wissel WHERE wissel.nr=concept.nr)"
		    " WHERE nr IN (SELECT nr FROM wissel)",
		    "");
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e, "DELETE FROM wissel", "");
	if (rc == OV_OK)
		rc = ov_pgn_sweep(st, e);
	for (size_t i = 0; i < m->nchanged && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e,
		    "UPDATE concept SET stand='GEWIJZIGD' WHERE nr=?1"
		    " AND stand='VERZONDEN'",
		    "i", m->changed[i]);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE import SET compleet=1,rijen=?2 WHERE nr=?1", "ii",
		    m->nr, m->sum.goed);
	return rc;
}

enum ov_rc
ov_intake_step(struct ov_intake *m, bool *done, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	*done = false;
	if (m->nc > 0)
		return flush(m, e);
	if (!m->proef && (m->sum.fout == 0 || m->overslaan)) {
		if (m->asked < m->nwant)
			rc = wants(m, e);
		*done = m->asked == m->nwant;
	} else {
		*done = true;
	}
	return rc;
}

enum ov_rc
ov_intake_end(struct ov_intake *m, struct ov_intake_sum *sum, struct ov_err *e)
{
	bool done = false;
	enum ov_rc rc;

	while (!done)
		if ((rc = ov_intake_step(m, &done, e)) != OV_OK)
			return rc;
	*sum = m->sum;
	if (m->proef || (m->sum.fout > 0 && !m->overslaan)) {
		*sum = (struct ov_intake_sum){.fout = m->sum.fout};
		return OV_OK; /* ov_intake_free() takes it all back */
	}
	if ((rc = ov_tx_begin(m->st, e)) != OV_OK)
		return rc;
	rc = reveal(m, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(m->st, e);
	if (rc != OV_OK) {
		ov_tx_abort(m->st);
		return rc;
	}
	m->nr = 0; /* nothing to take back */
	ov_pseudo_kick(m->st);
	return OV_OK;
}
