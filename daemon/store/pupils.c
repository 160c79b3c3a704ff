/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pupils.c - our own applicants come in and go: a load judges
 * every row first and changes nothing when one is bad; then 64 rows a
 * transaction.  Loading the same file again changes nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/store/pupils.h"
#include "protocol/pgn.h"
#include "protocol/tijd.h"

#define ROWS_MAX 200000
#define FAULTS_MAX 1000
#define REF_MAX 64

struct ov_load {
	struct ov_store *st;
	json_t *rows, *seen, *faults;
	size_t at;
	int64_t start;
	struct ov_load_sum sum;
	bool vervang, proef, judged;
};

/* ---- judging a row ---- */

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

/* What a population says beside. */
static bool
meer_ok(struct ov_load *l, const struct ov_row *r)
{
	for (size_t i = 0; i < OV_MEER_N; i++) {
		const char *s = r->meer[i];
		bool code = i == OV_MEER_WOONGEMEENTE || i == OV_MEER_INSTROOM;
		struct ov_date d;

		if (s[0] == '\0' ||
		    (code && strlen(s) == 4 && strspn(s, "0123456789") == 4) ||
		    (!code && ov_date_parse(ov_view_str(s), &d) == OV_OK))
			continue;
		fault(l, r->rij, ov_pupil_meer[i],
		    code ? "reden/patroon" : "datum-ongeldig");
		return false;
	}
	return true;
}

static bool
row_read(struct ov_load *l, const json_t *j, struct ov_row *r)
{
	static const char *const profielen[] = {"leerlingen", "jongeren", NULL};
	struct ov_jobj o;
	struct ov_err e = {0};
	struct ov_date d;

	memset(r, 0, sizeof(*r));
	ov_jo_init(&o, j, "row");
	if (ov_jo_has(&o, "rij"))
		r->rij = (int64_t)ov_jo_int(&o, "rij", OV_JSON_INT_MAX);
	if (ov_jo_has(&o, "profiel"))
		(void)ov_jo_word(&o, "profiel", profielen);
	r->ref = ov_jo_str(&o, "eigenReferentie", REF_MAX);
	r->born = ov_jo_str(&o, "geboortedatum", 32);
	r->pgn = ov_jo_has(&o, "pgn") ? ov_jo_str0(&o, "pgn", 32) : "";
	r->school = ov_jo_has(&o, "schoolVerlaten")
	                ? ov_jo_str0(&o, "schoolVerlaten", 32)
	                : "";
	for (size_t i = 0; i < OV_MEER_N; i++)
		r->meer[i] = ov_jo_has(&o, ov_pupil_meer[i])
		                 ? ov_jo_str0(&o, ov_pupil_meer[i], OV_DATE_LEN)
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
	return meer_ok(l, r);
}

void
ov_load_row(struct ov_load *l, json_t *j)
{
	char ref[4 * REF_MAX + 3], pgn[OV_PGN_LEN + 3];
	struct ov_row r;

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

/* ---- batches ---- */

/* The next rows, each read anew: only their JSON is kept between steps. */
static size_t
batch_read(struct ov_load *l, struct ov_item *it)
{
	size_t n = 0, end = l->at + OV_ROWS_MAX;

	for (; l->at < json_array_size(l->rows) && l->at < end; l->at++) {
		memset(&it[n], 0, sizeof(it[n]));
		if (row_read(l, json_array_get(l->rows, l->at), &it[n].r))
			n++;
	}
	return n;
}

/* Tell the rows at fault, and leave the others. */
static size_t
batch_faults(struct ov_load *l, struct ov_item *it, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (it[i].code != NULL)
			fault(l, it[i].r.rij, it[i].kolom, it[i].code);
		else
			it[k++] = it[i];
	}
	return k;
}

static void
batch_sum(struct ov_load *l, const struct ov_item *it, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		l->sum.zonder_pgn += it[i].r.pgn[0] == '\0' &&
		                     (it[i].old.nr == 0 || it[i].old.zonder);
		if (it[i].old.nr == 0)
			l->sum.geladen++;
		else if (it[i].changed)
			l->sum.gewijzigd++;
	}
}

/* Judged again, since what is there may have changed between steps; stored in
 * one transaction. */
static enum ov_rc
batch_store(struct ov_load *l, struct ov_item *it, size_t n, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(l->st, e)) != OV_OK)
		return rc;
	if ((rc = ov_rows_judge(l->st, it, n, e)) == OV_OK) {
		n = batch_faults(l, it, n);
		rc = ov_rows_store(l->st, it, n, e);
	}
	if (rc == OV_OK)
		rc = ov_tx_commit(l->st, e);
	if (rc != OV_OK)
		ov_tx_abort(l->st);
	else
		batch_sum(l, it, n);
	return rc;
}

static enum ov_rc
load_batch(struct ov_load *l, struct ov_err *e)
{
	struct ov_item it[OV_ROWS_MAX];
	size_t n = batch_read(l, it);
	enum ov_rc rc;

	if (l->judged)
		rc = batch_store(l, it, n, e);
	else if ((rc = ov_rows_judge(l->st, it, n, e)) == OV_OK)
		(void)batch_faults(l, it, n);
	sodium_memzero(it, sizeof(it));
	return rc;
}

/* Those whose row can be read, above *nr. */
static enum ov_rc
replaced(struct ov_store *st, int64_t start, int64_t *nr, struct ov_have *h,
    size_t *n, bool *more, struct ov_err *e)
{
	sqlite3_stmt *q;
	size_t seen = 0;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT nr,id FROM leerling WHERE eigen=1 AND geladen<?1"
	    " AND nr>?2 AND NOT EXISTS (SELECT 1 FROM bericht WHERE"
	    " leerling=leerling.nr AND gesloten=0) ORDER BY nr LIMIT 64",
	    "ii", start, *nr);
	while (rc == OV_OK && seen < OV_ROWS_MAX &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		seen++;
		*nr = h[*n].nr = ov_db_i64(q, 0);
		if (ov_db_fix(q, 1, h[*n].id, 16, NULL) == OV_OK)
			(*n)++;
		else
			ov_log(OV_LOG_ERROR,
			    "event=not-removed table=leerling nr=%" PRId64
			    " reason=onleesbaar",
			    *nr);
	}
	ov_db_done(st->db, q);
	*more = seen > 0;
	return rc;
}

/* With `vervang`: who is not in the file and has no dossier goes. */
static enum ov_rc
load_replace(const struct ov_load *l, struct ov_err *e)
{
	struct ov_store *st = l->st;
	struct ov_have h[OV_ROWS_MAX];
	int64_t nr = 0;
	size_t n;
	bool more = true;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	while (rc == OV_OK && more) {
		rc = replaced(st, l->start, &nr, h, &n, &more, e);
		for (size_t i = 0; i < n && rc == OV_OK; i++)
			rc = ov_pupil_drop(st, h[i].nr, h[i].id, e);
	}
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
	struct ov_have h;
	uint8_t tag[16];
	int64_t links;
	enum ov_rc rc = OV_OK;

	if (ref != NULL)
		rc = ov_pupil_tag(st, ref, tag, e);
	if (rc == OV_OK)
		rc = ov_have_find(st, ref != NULL ? tag : NULL, nr, &h, e);
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
	rc = ov_pupil_drop(st, h.nr, h.id, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}
