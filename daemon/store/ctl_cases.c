/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_cases.c - cases: what went to and fro under one `zaak`, and
 * a new status for it.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/earlier.h"
#include "daemon/store/toegang.h"
#include "daemon/store/worklist.h"
#include "protocol/id.h"
#include "protocol/pgn.h"

struct list {
	int64_t partner, n, verborgen;
	uint8_t after[16];
	bool begun;
};

struct zaak {
	uint8_t zaak[16];
	int64_t partner, leerling, concept, berichten, bericht;
	char status[32], datum[11];
};

static void
list_start(struct ov_ctl *c)
{
	struct list *l = c->state;
	const char *who = ov_ctl_text(c, "partner", OV_NAAM_MAX), *code;
	const struct ov_lid *lid;
	struct ov_err e = {0};

	if (!ov_ctl_args(c) || who == NULL)
		return;
	if ((lid = ov_ctl_partner(c->st, who, &code)) == NULL)
		ov_ctl_fout(c, code, NULL);
	else
		(void)ov_ctl_ok(c,
		    ov_partner_id(c->st, &lid->oin, &l->partner, &e), &e);
}

#define ZAAK                                                                   \
	"SELECT z.zaak,z.partner,ifnull((SELECT b.leerling FROM bericht b"     \
	" WHERE b.zaak=z.zaak AND b.gesloten=0 AND b.leerling IS NOT NULL"     \
	" LIMIT 1),0),(SELECT u.concept FROM uitgaand u WHERE u.zaak=z.zaak"   \
	" AND u.concept IS NOT NULL ORDER BY u.nr LIMIT 1),"                   \
	"(SELECT count(*) FROM uitgaand u WHERE u.zaak=z.zaak)+"               \
	"(SELECT count(*) FROM bericht b WHERE b.zaak=z.zaak),"                \
	"z.status,z.datum,ifnull((SELECT max(b.nr) FROM bericht b"             \
	" WHERE b.zaak=z.zaak AND b.gesloten=0 AND b.srt<>'ontvangst'),0)"     \
	" FROM zaak z"

static enum ov_rc
zaak_read(sqlite3_stmt *q, void *out, struct ov_err *e)
{
	struct zaak *z = out;

	memset(z, 0, sizeof(*z));
	z->partner = ov_db_i64(q, 1);
	z->leerling = ov_db_i64(q, 2);
	z->concept = ov_db_i64(q, 3);
	z->berichten = ov_db_i64(q, 4);
	z->bericht = ov_db_i64(q, 7);
	(void)strncpy(z->status, ov_db_text(q, 5), sizeof(z->status) - 1);
	(void)strncpy(z->datum, ov_db_text(q, 6), sizeof(z->datum) - 1);
	return ov_db_fix(q, 0, z->zaak, 16, e);
}

/* The status and the reference come from content. */
static json_t *
j_zaak(struct ov_store *st, const struct zaak *z, bool open)
{
	return json_pack("{s:o,s:o,s:s,s:s,s:o,s:I}", "zaak",
	    ov_j_id(z->zaak, 16), "partner", ov_j_partner(st, z->partner),
	    "status", open ? z->status : "", "datum", open ? z->datum : "",
	    "eigenReferentie",
	    !open              ? json_string("")
	    : z->leerling != 0 ? ov_j_pupil_ref(st, z->leerling)
	                       : ov_j_draft_ref(st, z->concept),
	    "berichten", (json_int_t)z->berichten);
}

/* What a case is about: our draft in it, or the newest open message. */
static enum ov_rc
zaak_bron(struct ov_store *st, const struct zaak *z, struct ov_bron *b,
    struct ov_err *e)
{
	char srt[OV_SRT_MAX + 1] = "overstapdossier";
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*b = (struct ov_bron){0};
	if (z->concept != 0 || z->bericht == 0) {
		rc = ov_bron_uitgaand(st, srt, z->concept, b, e);
		/* Without a draft of ours it came from the partner, and is
		 * closed. */
		b->f.in = z->concept == 0;
		if (rc == OV_OK && z->concept != 0 && b->d.root != NULL)
			ov_feiten_srt(&b->f, b->d.srt);
		return rc;
	}
	rc = ov_db_q(st->db, &q, e, "SELECT srt FROM bericht WHERE nr=?1", "i",
	    z->bericht);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row)
		(void)snprintf(srt, sizeof(srt), "%s", ov_db_text(q, 0));
	ov_db_done(st->db, q);
	return rc == OV_OK ? ov_bron_bericht(st, z->bericht, srt, 0, b, e) : rc;
}

static enum ov_rc
zaak_how(struct ov_ctl *c, const struct zaak *z, enum ov_rij *how,
    struct ov_err *e)
{
	struct ov_bron b;
	enum ov_rc rc;

	*how = OV_RIJ_OPEN;
	if (ov_ctl_alles(c))
		return OV_OK;
	rc = zaak_bron(c->st, z, &b, e);
	if (rc == OV_OK)
		*how = ov_ctl_rij(c, &b.f);
	ov_bron_free(&b);
	return rc;
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	struct zaak z[OV_CTL_PAGE];
	enum ov_rij how = OV_RIJ_OPEN;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    ZAAK " WHERE (?1=0 OR z.zaak>?2) AND (?3=0 OR z.partner=?3)"
	         " ORDER BY z.zaak LIMIT 64",
	    "ibi", (int64_t)l->begun, (const void *)l->after, (size_t)16,
	    l->partner);
	if (!ov_ctl_page(c, rc, q, zaak_read, z, sizeof(*z), &n, &e))
		return;
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		if ((rc = zaak_how(c, &z[i], &how, &e)) != OV_OK)
			break;
		if (how == OV_RIJ_WEG) {
			l->verborgen++;
			continue;
		}
		ov_ctl_row(c, j_zaak(c->st, &z[i], how == OV_RIJ_OPEN));
		l->n++;
	}
	if (!ov_ctl_ok(c, rc, &e))
		return;
	l->begun = true;
	if (n > 0)
		memcpy(l->after, z[n - 1].zaak, 16);
	if (n < OV_CTL_PAGE)
		ov_ctl_end(c, json_pack("{s:I,s:I}", "aantal", (json_int_t)l->n,
		                  "verborgen", (json_int_t)l->verborgen));
}

/* The case named in the arguments; false: refused. */
static bool
zaak_arg(struct ov_ctl *c, uint8_t id[16])
{
	const char *text = ov_jo_str(&c->in, "zaak", OV_ID_TEXT);

	if (c->in.bad != NULL || ov_id_parse(ov_view_str(text), id) == OV_OK)
		return true;
	ov_ctl_fout(c, "zaak-onbekend", NULL);
	return false;
}

static bool
zaak_find(struct ov_ctl *c, const uint8_t id[16], struct zaak *z)
{
	struct ov_err e = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row = false;

	rc = ov_db_q(c->st->db, &q, &e, ZAAK " WHERE z.zaak=?1", "b",
	    (const void *)id, (size_t)16);
	if (rc == OV_OK) {
		rc = ov_db_next(c->st->db, q, &row, &e);
		if (rc == OV_OK && row)
			rc = zaak_read(q, z, &e);
		ov_db_done(c->st->db, q);
	}
	if (!ov_ctl_ok(c, rc, &e))
		return false;
	if (!row)
		ov_ctl_fout(c, "zaak-onbekend", NULL);
	return row;
}

static void
show_start(struct ov_ctl *c)
{
	struct ov_gelezen g = {.tabel = "zaak", .grond = "RMC-REGISTRATIE"};
	struct ov_err e = {0};
	OV_JSON *f = NULL;
	enum ov_rij how = OV_RIJ_OPEN;
	struct zaak z;
	sqlite3_stmt *q;
	uint8_t id[16];
	json_t *j;
	enum ov_rc rc;
	bool row;

	if (!zaak_arg(c, id) || !ov_ctl_args(c) || !zaak_find(c, id, &z) ||
	    !ov_ctl_ok(c, zaak_how(c, &z, &how, &e), &e))
		return;
	if (how == OV_RIJ_WEG) {
		ov_ctl_geen_toegang(c, OV_WAAROM_BEREIK, 0);
		return;
	}
	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT 'uit',u.nr,u.srt,u.stand,u.opgesteld,"
	    "(SELECT group_concat(woord,' ') FROM terugmelding t"
	    " WHERE t.uitgaand=u.nr) FROM uitgaand u WHERE u.zaak=?1"
	    " UNION ALL SELECT 'in',b.nr,b.srt,b.stand,b.ontvangen,b.koppeling"
	    " FROM bericht b WHERE b.zaak=?1 ORDER BY 5,1,2 LIMIT 1000",
	    "b", (const void *)id, (size_t)16);
	while (rc == OV_OK &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row)
		ov_ctl_row(c,
		    json_pack("{s:s,s:I,s:s,s:s,s:o,s:s}", "richting",
		        ov_db_text(q, 0), "nr", (json_int_t)ov_db_i64(q, 1),
		        "srt", ov_db_text(q, 2), "stand", ov_db_text(q, 3),
		        "tijd", ov_j_moment(ov_db_i64(q, 4)), "terugmelding",
		        ov_db_text(q, 5)));
	ov_db_done(c->st->db, q);
	if (rc == OV_OK && how == OV_RIJ_OPEN)
		rc = ov_verloop_at(c->st, id, INT64_MAX, &f, &e);
	if (!ov_ctl_ok(c, rc, &e) ||
	    (json_object_size(f) > 0 && !ov_ctl_read_log(c, "show", &g, 1)))
		return;
	j = j_zaak(c->st, &z, how == OV_RIJ_OPEN);
	if (f != NULL)
		(void)ov_j_set(j, "verloop", json_incref(f));
	ov_ctl_end(c, j);
}

/* ---- a new status ---- */

/* A pupil row in the partner's domain whose pid the message can carry: of a
 * message of ours in this case, or asked for when the applicant was loaded. */
static enum ov_rc
pupil_for(struct ov_store *st, const struct zaak *z, const struct ov_lid *to,
    const char *pgn, int64_t *nr, struct ov_err *e)
{
	bool ready;

	if (pgn != NULL)
		return ov_pseudo_want(st, &to->oin, pgn, false, nr, &ready, e);
	return ov_db_int(st->db, nr, 0, e,
	    "SELECT nr FROM leerling WHERE domein=?2 AND eigen=0 AND (nr IN"
	    " (SELECT leerling FROM uitgaand WHERE zaak=?1) OR hoort_bij=?3"
	    " AND ?3<>0) ORDER BY ep DESC LIMIT 1",
	    "bti", (const void *)z->zaak, (size_t)16, to->oin.s, z->leerling);
}

static json_t *
status_json(struct ov_store *st, const char *status, const char *datum,
    const char *reden, const struct ov_lid *self, const char *vandaag)
{
	const struct ov_type *t = ov_types_find(st->types, "overstapstatus",
	    vandaag);
	struct ov_verdict v;
	json_t *j;

	j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "schema",
	    t != NULL ? ov_type_schema(t) : "", "doel", "aanmelding",
	    "bewaarregel", "status", "status", status, "datumStatus", datum);
	if (reden != NULL)
		(void)ov_j_set(j, "reden", json_string(reden));
	v = ov_policy_route_json(st->policy, "overstapstatus", self->rol, j,
	    vandaag);
	if (v.grondslag != NULL)
		(void)ov_j_set(j, "grondslag", json_string(v.grondslag));
	return j;
}

/* May the account give this case a status; else it is refused. */
static bool
may_set(struct ov_ctl *c, const struct zaak *z, bool follow)
{
	struct ov_err e = {0};
	struct ov_bron b = {0};
	bool ok;

	if (ov_ctl_alles(c))
		return true;
	ok = ov_ctl_ok(c, zaak_bron(c->st, z, &b, &e), &e);
	/* What was done with what came in is a decision about it; a status is
	 * a message that goes out. */
	if (!follow) {
		ov_feiten_srt(&b.f, "overstapstatus");
		b.f.in = false;
	}
	ok = ok && ov_ctl_mag(c, b.f.in ? OV_MAG_BESLISSEN : OV_MAG_VERZENDEN,
	               &b.f, 0, NULL);
	ov_bron_free(&b);
	return ok;
}

struct set {
	const char *status, *datum, *reden, *pgn;
};

/* In the open transaction.  *code: refused. */
static enum ov_rc
set_queue(struct ov_store *st, const struct zaak *z, const struct set *s,
    int64_t *nr, const char **code, struct ov_err *e)
{
	static struct ov_fouten fouten; /* large */
	const struct ov_lid *self = ov_book_oin(st->boek, &st->self), *to;
	struct ov_submit m = {.srt = "overstapstatus", .has_zaak = true};
	struct ov_step p = {.partner = z->partner,
	    .uit = true,
	    .volg = INT64_MAX,
	    .status = s->status};
	bool fits;
	struct ov_verdict v;
	struct ov_oin oin;
	char vandaag[11];
	OV_JSON *j = NULL;
	OV_BUF text = {0};
	enum ov_rc rc;

	if ((rc = ov_partner_oin(st, z->partner, &oin, e)) != OV_OK)
		return rc;
	to = ov_book_oin(st->boek, &oin);
	*code = "ontvanger-onbekend";
	if (self == NULL || to == NULL)
		return OV_OK;
	memcpy(p.zaak, z->zaak, 16);
	ov_store_today(st, vandaag);
	j = status_json(st, s->status, s->datum != NULL ? s->datum : vandaag,
	    s->reden, self, vandaag);
	(void)ov_contact_fill(st, m.srt, vandaag, j);
	*code = "code-onbekend";
	if (ov_types_check_json(st->types, m.srt, j, 43, vandaag, &fouten) !=
	    OV_OK) {
		/* Good but for a ground: the matrix has no row for it. */
		if (fouten.n == 1 && json_object_get(j, "grondslag") == NULL)
			*code = "niet-toegestaan";
		return OV_OK;
	}
	v = ov_policy_may_json(st->policy, m.srt, st->boek, self, to, j,
	    vandaag);
	*code = "niet-toegestaan";
	if (v.may != OV_MAY_YES || !ov_lid_may(self, &to->oin))
		return OV_OK;
	p.datum = s->datum != NULL ? s->datum : vandaag;
	if ((rc = ov_step_fits(st, &p, &fits, e)) != OV_OK)
		return rc;
	*code = "overgang-ongeldig";
	if (!fits)
		return OV_OK;
	rc = pupil_for(st, z, to, s->pgn, &m.leerling, e);
	*code = "pgn-nodig";
	if (rc != OV_OK || m.leerling == 0)
		return rc;
	*code = NULL;
	ov_json_dump(&text, j);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	m.to = to;
	m.rol = ov_rol_name(v.naar);
	m.inhoud = (struct ov_view){text.p, text.n};
	memcpy(m.zaak, z->zaak, 16);
	if ((rc = ov_submit(st, &m, nr, e)) != OV_OK ||
	    (rc = ov_step_queued(st, *nr, s->status, e)) != OV_OK)
		return rc;
	return ov_db_run(st->db, e,
	    "UPDATE zaak SET status=?2,datum=?3 WHERE zaak=?1"
	    " AND ifnull(datum,'')<=?3",
	    "btt", (const void *)z->zaak, (size_t)16, s->status,
	    s->datum != NULL ? s->datum : vandaag);
}

/* ---- what people did in it ---- */

static json_t *
follow_args(struct ov_ctl *c)
{
	json_t *j = json_object();
	const char *name, *v;

	for (size_t i = 0; (name = ov_verloop_veld(i)) != NULL; i++)
		if ((v = ov_ctl_text(c, name, 40)) != NULL)
			(void)ov_j_set(j, name, json_string(v));
	return j;
}

/* It stays here: nobody is told. */
static void
follow_set(struct ov_ctl *c, const uint8_t id[16], const json_t *velden)
{
	struct ov_gelezen g = {.tabel = "zaak", .grond = "RMC-REGISTRATIE"};
	struct ov_err e = {0};
	const char *code = NULL;
	OV_JSON *now = NULL;
	enum ov_rc rc;

	if (!ov_ctl_ok(c, ov_tx_begin(c->st, &e), &e))
		return;
	rc = ov_verloop_add(c->st, c->uid, id, velden, &code, &e);
	g.record = ov_db_last(c->st->db);
	if (rc == OV_OK && code == NULL)
		rc = ov_tx_commit(c->st, &e);
	if (rc != OV_OK || code != NULL)
		ov_tx_abort(c->st);
	if (rc == OV_OK && code != NULL) {
		ov_ctl_fout(c, code, NULL);
		return;
	}
	if (rc == OV_OK)
		rc = ov_verloop_at(c->st, id, INT64_MAX, &now, &e);
	if (ov_ctl_ok(c, rc, &e) && ov_ctl_read_log(c, "show", &g, 1))
		ov_ctl_end(c, json_pack("{s:O}", "verloop", now));
}

static void
set_start(struct ov_ctl *c)
{
	OV_JSON *follow = NULL;
	struct ov_err e = {0};
	struct set s = {0};
	struct zaak z;
	uint8_t id[16];
	const char *code = NULL;
	int64_t nr = 0;
	enum ov_rc rc;

	if (!zaak_arg(c, id))
		return;
	follow = follow_args(c);
	s.status = ov_ctl_text(c, "status", 31);
	s.datum = ov_ctl_text(c, "datum", 10);
	s.reden = ov_ctl_text(c, "reden", 40);
	s.pgn = ov_ctl_text(c, "pgn", OV_PGN_LEN);
	if (!ov_ctl_args(c) || !zaak_find(c, id, &z) ||
	    !may_set(c, &z, s.status == NULL))
		return;
	/* A status goes out, what was done stays: one or the other. */
	if ((s.status == NULL) == (json_object_size(follow) == 0) ||
	    (s.status == NULL &&
	        (s.datum != NULL || s.reden != NULL || s.pgn != NULL))) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return;
	}
	if (s.status == NULL) {
		follow_set(c, id, follow);
		return;
	}
	if (!ov_boek_sends(c->st)) {
		ov_ctl_fout(c, "adresboek-verlopen", NULL);
		return;
	}
	if (s.pgn != NULL && (strlen(s.pgn) != OV_PGN_LEN ||
	                         ov_pgn_kind(s.pgn) == OV_PGN_NONE)) {
		ov_ctl_fout(c, "pgn-ongeldig", NULL);
		return;
	}
	if (!ov_ctl_ok(c, ov_tx_begin(c->st, &e), &e))
		return;
	rc = set_queue(c->st, &z, &s, &nr, &code, &e);
	if (rc == OV_OK && code == NULL)
		rc = ov_tx_commit(c->st, &e);
	if (rc != OV_OK || code != NULL)
		ov_tx_abort(c->st);
	if (rc == OV_OK && code != NULL) {
		ov_ctl_fout(c, code, NULL);
	} else if (ov_ctl_ok(c, rc, &e)) {
		ov_pseudo_kick(c->st);
		ov_deliver_kick(c->st);
		ov_ctl_end(c, json_pack("{s:I}", "nr", (json_int_t)nr));
	}
}

const struct ov_ctl_cmd ov_ctl_cases[] = {
    {.name = "case.list",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "case.show", .mag = OV_CTL_ELK, .start = show_start},
    {.name = "case.set",
        .mag = OV_MAG_VERZENDEN | OV_MAG_BESLISSEN,
        .start = set_start},
    {0},
};
