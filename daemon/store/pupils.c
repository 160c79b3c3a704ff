/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pupils.c - our own applicants come in and go: a load judges
 * every row first and changes nothing when one is bad; then 64 rows a
 * transaction.  Loading the same file again changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/pgn.h"
#include "protocol/tijd.h"

#define ROWS_MAX 200000
#define FAULTS_MAX 1000
#define REF_MAX 64
#define BATCH 64

struct ov_load {
	struct ov_store *st;
	json_t *rows, *seen, *faults;
	size_t at;
	int64_t start;
	struct ov_load_sum sum;
	bool vervang, proef, judged;
};

/* ---- judging a row ---- */

struct row {
	const char *ref, *pgn, *born, *school;
	int64_t rij;
};

static void
fault(struct ov_load *l, int64_t rij, const char *kolom, const char *code)
{
	l->sum.fout++;
	if (json_array_size(l->faults) < FAULTS_MAX)
		(void)json_array_append_new(l->faults,
		    json_pack("{s:I,s:s,s:s,s:o}", "rij", (json_int_t)rij,
		        "kolom", kolom, "reden", code, "tekst",
		        ov_j_sentence(code)));
}

static bool
school_ok(const char *s)
{
	struct ov_view v = ov_view_str(s);

	if (v.n == 0)
		return true;
	if ((v.n == 7 && (s[4] == '-' || s[4] == '/')) || v.n == 6)
		return ov_is_brin((struct ov_view){v.p, 4}) &&
		       ov_is_vestiging((struct ov_view){v.p + v.n - 2, 2});
	return ov_is_brin(v);
}

static bool
row_read(struct ov_load *l, const json_t *j, struct row *r)
{
	struct ov_jobj o;
	struct ov_err e = {0};
	struct ov_date d;

	memset(r, 0, sizeof(*r));
	ov_jo_init(&o, j, "row");
	if (ov_jo_has(&o, "rij"))
		r->rij = (int64_t)ov_jo_int(&o, "rij", OV_JSON_INT_MAX);
	if (ov_jo_has(&o, "profiel"))
		ov_jo_lit(&o, "profiel", "leerlingen");
	r->ref = ov_jo_str(&o, "eigenReferentie", REF_MAX);
	r->born = ov_jo_str(&o, "geboortedatum", 32);
	r->pgn = ov_jo_has(&o, "pgn") ? ov_jo_str0(&o, "pgn", 32) : "";
	r->school = ov_jo_has(&o, "schoolVerlaten")
	                ? ov_jo_str0(&o, "schoolVerlaten", 32)
	                : "";
	if (ov_jo_end(&o, &e) != OV_OK) {
		fault(l, r->rij, o.bad != NULL ? o.bad : "",
		    o.reden == OV_REDEN_ONTBREEKT ? "reden/ontbreekt"
		    : o.reden == OV_REDEN_TE_LANG ? "reden/te-lang"
		                                  : "reden/type");
		return false;
	}
	if (ov_date_parse(ov_view_str(r->born), &d) != OV_OK) {
		fault(l, r->rij, "geboortedatum", "datum-ongeldig");
		return false;
	}
	if (r->pgn[0] != '\0' && (strlen(r->pgn) != OV_PGN_LEN ||
	                             ov_pgn_kind(r->pgn) == OV_PGN_NONE)) {
		fault(l, r->rij, "pgn", "pgn-ongeldig");
		return false;
	}
	if (!school_ok(r->school)) {
		fault(l, r->rij, "schoolVerlaten", "reden/patroon");
		return false;
	}
	return true;
}

void
ov_load_row(struct ov_load *l, json_t *j)
{
	char ref[4 * REF_MAX + 3], pgn[OV_PGN_LEN + 3];
	struct row r;

	if (!row_read(l, j, &r))
		return;
	(void)snprintf(ref, sizeof(ref), "r %s", r.ref);
	(void)snprintf(pgn, sizeof(pgn), "p %s", r.pgn);
	if (json_object_get(l->seen, ref) != NULL)
		fault(l, r.rij, "eigenReferentie", "referentie-dubbel");
	else if (json_object_get(l->seen, pgn) != NULL)
		fault(l, r.rij, "pgn", "pgn-dubbel");
	else if (json_array_size(l->rows) >= ROWS_MAX ||
	         json_array_append(l->rows, j) != 0 ||
	         !ov_j_set(l->seen, ref, json_true()) ||
	         (r.pgn[0] != '\0' && !ov_j_set(l->seen, pgn, json_true())))
		fault(l, r.rij, "", "bestand-onleesbaar");
}

/* ---- storing a row ---- */

struct have { /* a pupil that is there */
	int64_t nr;
	uint8_t id[16];
	int64_t versie;
	bool data, zonder, ref;
	uint8_t tag[16];
};

static enum ov_rc
have_find(struct ov_store *st, const uint8_t *tag, int64_t nr, struct have *h,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	memset(h, 0, sizeof(*h));
	if (tag != NULL)
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,g_versie,gegevens IS NOT NULL,"
		    "stand='zonder-pgn',ref_tag FROM leerling"
		    " WHERE ref_tag=?1 AND eigen=1",
		    "b", (const void *)tag, (size_t)16);
	else
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id,g_versie,gegevens IS NOT NULL,"
		    "stand='zonder-pgn',ref_tag FROM leerling WHERE nr=?1",
		    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		h->nr = ov_db_i64(q, 0);
		h->versie = ov_db_i64(q, 2);
		h->data = ov_db_i64(q, 3) != 0;
		h->zonder = ov_db_i64(q, 4) != 0;
		v = ov_db_blob(q, 5);
		h->ref = v.n == 16;
		if (h->ref)
			memcpy(h->tag, v.p, 16);
		rc = ov_db_fix(q, 1, h->id, 16, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* A row without number: never linked, but there. */
static enum ov_rc
have_without(struct ov_store *st, struct have *h, struct ov_err *e)
{
	const struct ov_book_epoch *ep = st->boek != NULL
	                                     ? ov_book_epoch_active(st->boek,
	                                           ov_now(st))
	                                     : NULL;
	enum ov_rc rc;

	memset(h, 0, sizeof(*h));
	ov_new_id(st, h->id);
	rc = ov_db_run(st->db, e,
	    "INSERT INTO leerling(id,eigen,domein,ep,stand,g_versie,geladen)"
	    " VALUES(?1,1,?2,?3,'zonder-pgn',0,?4)",
	    "btii", (const void *)h->id, (size_t)16, st->self.s,
	    ep != NULL ? (int64_t)ep->ep : 0, ov_now(st));
	h->nr = ov_db_last(st->db);
	return rc;
}

static enum ov_rc
pupil_drop(struct ov_store *st, int64_t nr, const uint8_t id[16],
    struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e, "DELETE FROM etiket WHERE leerling=?1", "i",
	    nr);
	if (rc == OV_OK) /* its number may be given out again */
		rc = ov_db_run(st->db, e,
		    "UPDATE etiket_klaar SET tot=min(tot,?1-1)", "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET hoort_bij=NULL WHERE hoort_bij=?1",
		    "i", nr);
	if (rc == OV_OK) /* a doubt about somebody who is not there */
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='ONBEKEND',leerling=NULL,"
		    "reden=NULL WHERE leerling=?1 AND gesloten=1",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e, "DELETE FROM leerling WHERE nr=?1",
		    "i", nr);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "DELETE FROM sleutel_jong WHERE id=?1", "b",
		    (const void *)id, (size_t)16);
	return rc;
}

/* Seal the data unless the same is there already. */
static enum ov_rc
data_store(struct ov_store *st, const struct row *r, const struct have *h,
    const uint8_t tag[16], bool *changed, struct ov_err *e)
{
	struct ov_pupil_data d = {0};
	OV_BUF text = {0}, blob = {0};
	uint8_t wrap[OV_WRAP] = {0};
	json_t *j;
	enum ov_rc rc = OV_OK;

	*changed = true;
	if (h->data) {
		if ((rc = ov_pupil_open(st, h->nr, &d, e)) == OV_OK)
			*changed = strcmp(d.ref, r->ref) != 0 ||
			           strcmp(d.geboortedatum, r->born) != 0 ||
			           strcmp(d.school, r->school) != 0;
		ov_pupil_free(&d);
		if (rc != OV_OK)
			return rc;
	}
	if (!*changed)
		return ov_db_run(st->db, e,
		    "UPDATE leerling SET geladen=?2 WHERE nr=?1", "ii", h->nr,
		    ov_now(st));
	j = json_pack("{s:s,s:s,s:s}", "eigenReferentie", r->ref,
	    "geboortedatum", r->born, "schoolVerlaten", r->school);
	if (j == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	ov_json_dump(&text, j);
	json_decref(j);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	if (h->data || !h->zonder) { /* the key is there, except... */
		struct ov_err no = {0};

		if (ov_key_get(st, h->id, wrap, &no) != OV_OK)
			memset(wrap, 0, sizeof(wrap));
	}
	rc = ov_seal_one(st, h->id, wrap, OV_T_LEERLING, 2,
	    (uint64_t)h->versie + 1, (struct ov_view){text.p, text.n}, &blob,
	    e);
	if (rc == OV_OK)
		rc = ov_key_put(st, h->id, wrap, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET gegevens=?2,g_versie=?3,ref_tag=?4,"
		    "geladen=?5 WHERE nr=?1",
		    "ivibi", h->nr, (struct ov_view){blob.p, blob.n},
		    h->versie + 1, (const void *)tag, (size_t)16, ov_now(st));
	if (rc == OV_OK && h->data) /* what was in doubt may not be any more */
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET stand='ONBEKEND',leerling=NULL,"
		    "reden=NULL WHERE leerling=?1 AND stand='TWIJFEL'"
		    " AND reden='twijfel'",
		    "i", h->nr);
	return rc;
}

/* The school a pupil leaves gets statuses: its pseudonym is asked for while
 * the number is known, where the book has room for it. */
static enum ov_rc
school_want(struct ov_store *st, const struct row *r, int64_t nr,
    struct ov_err *e)
{
	const struct ov_lid *lid;
	const char *code;
	int64_t other;
	bool ready;
	enum ov_rc rc;

	if (r->school[0] == '\0' ||
	    (lid = ov_ctl_partner(st, r->school, &code)) == NULL ||
	    ov_oin_eq(&lid->oin, &st->self) ||
	    ov_book_budget_of(st->boek, &st->self, &lid->oin) == NULL)
		return OV_OK;
	rc = ov_pseudo_want(st, &lid->oin, r->pgn, false, &other, &ready, e);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE leerling SET hoort_bij=?2 WHERE nr=?1", "ii", other,
		    nr);
	return rc;
}

/* One row in the open transaction.  OV_DENIED: a fault of the row, told. */
static enum ov_rc
row_store(struct ov_store *st, struct ov_load *l, const struct row *r,
    struct ov_err *e)
{
	struct have old, h;
	uint8_t tag[16];
	int64_t nr, links = 0;
	bool ready, changed = false;
	enum ov_rc rc;

	if ((rc = ov_pupil_tag(st, r->ref, tag, e)) != OV_OK ||
	    (rc = have_find(st, tag, 0, &old, e)) != OV_OK)
		return rc;
	if (r->pgn[0] == '\0') {
		h = old;
		if (old.nr == 0)
			rc = have_without(st, &h, e);
		l->sum.zonder_pgn += old.nr == 0 || old.zonder;
	} else {
		rc = ov_pseudo_want(st, &st->self, r->pgn, true, &nr, &ready,
		    e);
		if (rc == OV_OK)
			rc = have_find(st, NULL, nr, &h, e);
		if (rc == OV_OK && h.ref && memcmp(h.tag, tag, 16) != 0) {
			fault(l, r->rij, "pgn", "pgn-dubbel");
			return OV_OK;
		}
		if (rc == OV_OK && old.nr != 0 && old.nr != nr) {
			rc = ov_db_int(st->db, &links, 0, e,
			    "SELECT count(*) FROM bericht WHERE leerling=?1"
			    " AND gesloten=0",
			    "i", old.nr);
			if (rc == OV_OK && links > 0) {
				fault(l, r->rij, "pgn", "pgn-gewijzigd");
				return OV_OK;
			}
			if (rc == OV_OK)
				rc = pupil_drop(st, old.nr, old.id, e);
		}
		if (rc == OV_OK)
			rc = school_want(st, r, nr, e);
	}
	if (rc == OV_OK)
		rc = data_store(st, r, &h, tag, &changed, e);
	if (rc == OV_OK && old.nr == 0)
		l->sum.geladen++;
	else if (rc == OV_OK && changed)
		l->sum.gewijzigd++;
	return rc;
}

/* Before anything is kept all rows are judged against what is there, by
 * storing them in transactions that are taken back. */
static enum ov_rc
load_batch(struct ov_load *l, struct ov_err *e)
{
	size_t end = l->at + BATCH, n = json_array_size(l->rows);
	struct row r;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(l->st, e)) != OV_OK)
		return rc;
	for (; l->at < n && l->at < end && rc == OV_OK; l->at++)
		if (row_read(l, json_array_get(l->rows, l->at), &r))
			rc = row_store(l->st, l, &r, e);
	if (rc == OV_OK && l->judged)
		rc = ov_tx_commit(l->st, e);
	if (rc != OV_OK || !l->judged)
		ov_tx_abort(l->st);
	return rc;
}

/* With `vervang`: who is not in the file and has no dossier goes. */
static enum ov_rc
load_replace(const struct ov_load *l, struct ov_err *e)
{
	struct ov_store *st = l->st;
	struct have h[BATCH];
	sqlite3_stmt *q;
	size_t n = 0;
	enum ov_rc rc;
	bool row;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	do {
		n = 0;
		rc = ov_db_q(st->db, &q, e,
		    "SELECT nr,id FROM leerling WHERE eigen=1 AND geladen<?1"
		    " AND NOT EXISTS (SELECT 1 FROM bericht WHERE"
		    " leerling=leerling.nr AND gesloten=0) LIMIT 64",
		    "i", l->start);
		while (rc == OV_OK && n < BATCH &&
		       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
			h[n].nr = ov_db_i64(q, 0);
			rc = ov_db_fix(q, 1, h[n++].id, 16, e);
		}
		ov_db_done(st->db, q);
		for (size_t i = 0; i < n && rc == OV_OK; i++)
			rc = pupil_drop(st, h[i].nr, h[i].id, e);
	} while (rc == OV_OK && n > 0);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

enum ov_rc
ov_load_new(struct ov_store *st, bool vervang, struct ov_load **out,
    struct ov_err *e)
{
	struct ov_load *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	l->st = st;
	l->vervang = vervang;
	l->start = ov_now(st);
	l->rows = json_array();
	l->seen = json_object();
	l->faults = json_array();
	if (l->rows == NULL || l->seen == NULL || l->faults == NULL) {
		ov_load_free(l);
		return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	*out = l;
	return OV_OK;
}

void
ov_load_proef(struct ov_load *l)
{
	l->proef = true;
}

enum ov_rc
ov_load_step(struct ov_load *l, bool *done, struct ov_err *e)
{
	size_t n = json_array_size(l->rows);
	enum ov_rc rc;

	*done = false;
	if (l->at < n)
		return load_batch(l, e);
	if (!l->judged) {
		l->judged = true;
		l->sum = (struct ov_load_sum){.fout = l->sum.fout};
		if (l->sum.fout == 0 && !l->proef) {
			l->at = 0;
			return OV_OK;
		}
	}
	if (l->vervang && l->sum.fout == 0 && !l->proef &&
	    (rc = load_replace(l, e)) != OV_OK)
		return rc;
	*done = true;
	ov_pseudo_kick(l->st);
	ov_link_again(l->st);
	return OV_OK;
}

void
ov_load_progress(const struct ov_load *l, int64_t *done, int64_t *total)
{
	*total = 2 * (int64_t)json_array_size(l->rows);
	*done = (int64_t)l->at + (l->judged ? *total / 2 : 0);
}

const struct ov_load_sum *
ov_load_sum(const struct ov_load *l)
{
	return &l->sum;
}

const json_t *
ov_load_faults(const struct ov_load *l)
{
	return l->faults;
}

void
ov_load_free(struct ov_load *l)
{
	if (l == NULL)
		return;
	json_decref(l->rows);
	json_decref(l->seen);
	json_decref(l->faults);
	free(l);
}

/* ---- going ---- */

enum ov_rc
ov_pupil_remove(struct ov_store *st, int64_t nr, const char *ref, bool *linked,
    struct ov_err *e)
{
	struct have h;
	uint8_t tag[16];
	int64_t links;
	enum ov_rc rc = OV_OK;

	if (ref != NULL)
		rc = ov_pupil_tag(st, ref, tag, e);
	if (rc == OV_OK)
		rc = have_find(st, ref != NULL ? tag : NULL, nr, &h, e);
	if (rc != OV_OK)
		return rc;
	if (h.nr == 0 || !(h.ref || h.zonder))
		return ov_fail(e, OV_DENIED, "no such pupil");
	rc = ov_db_int(st->db, &links, 0, e,
	    "SELECT count(*) FROM bericht WHERE leerling=?1 AND gesloten=0",
	    "i", h.nr);
	*linked = links > 0;
	if (rc != OV_OK || *linked)
		return rc;
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = pupil_drop(st, h.nr, h.id, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}
