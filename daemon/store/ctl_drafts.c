/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_drafts.c - import, drafts, send. */
#include <string.h>

#include "daemon/store/verlaters.h"

/* ---- import ---- */

struct import {
	struct ov_intake *m;
	int64_t rows;
};

static void
import_start(struct ov_ctl *c)
{
	struct import *s = c->state;
	struct ov_intake_in in = {.profiel = ov_jo_str(&c->in, "profiel",
	                              OV_SRT_MAX),
	    .bestand = ov_jo_str0(&c->in, "bestand", 1024),
	    .deel = ov_ctl_text(c, "deel", 10),
	    .uid = c->uid,
	    .overslaan = ov_ctl_flag(c, "overslaan"),
	    .proef = ov_ctl_flag(c, "proef")};
	struct ov_err e = {0};
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	if (c->st->boek == NULL) {
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
		return;
	}
	if (ov_types_latest(c->st->types, in.profiel) != NULL &&
	    !ov_ctl_ooit(c, OV_MAG_INVULLEN, in.profiel))
		return;
	rc = ov_intake_new(c->st, &in, &s->m, &e);
	if (rc == OV_DENIED)
		ov_ctl_fout(c, "profiel-onbekend", NULL);
	else
		(void)ov_ctl_ok(c, rc, &e);
}

static void
import_rows(struct ov_ctl *c, const json_t *rows)
{
	struct import *s = c->state;
	struct ov_err e = {0};
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < json_array_size(rows) && rc == OV_OK; i++)
		rc = ov_intake_row(s->m, json_array_get(rows, i), &e);
	s->rows += (int64_t)json_array_size(rows);
	if (ov_ctl_ok(c, rc, &e))
		ov_ctl_progress(c, s->rows, 0);
}

static void
import_fed(struct ov_ctl *c)
{
	struct import *s = c->state;
	struct ov_intake_sum sum;
	struct ov_err e = {0};
	struct ov_outlook o;
	json_t *f;
	size_t i;
	enum ov_rc rc;

	rc = ov_intake_end(s->m, &sum, &e);
	if (rc == OV_OK)
		rc = ov_pseudo_outlook(c->st, &o, &e);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	json_array_foreach(ov_intake_faults(s->m), i, f)
	{
		ov_ctl_row(c, json_incref(f));
	}
	ov_ctl_end(c,
	    ov_j_outlook(json_pack("{s:I,s:I,s:I,s:I}", "goed",
	                     (json_int_t)sum.goed, "fout", (json_int_t)sum.fout,
	                     "gelijk", (json_int_t)sum.gelijk, "gewijzigd",
	                     (json_int_t)sum.gewijzigd),
	        &o));
}

static void
import_drop(struct ov_ctl *c)
{
	struct import *s = c->state;

	ov_intake_free(s->m);
}

/* ---- list ---- */

struct list {
	char stand[16], srt[OV_SRT_MAX + 1];
	int64_t at, n, verborgen;
};

static void
list_start(struct ov_ctl *c)
{
	struct list *l = c->state;
	const char *stand = ov_ctl_text(c, "stand", sizeof(l->stand) - 1);
	const char *srt = ov_ctl_text(c, "srt", sizeof(l->srt) - 1);

	if (stand != NULL)
		memcpy(l->stand, stand, strlen(stand) + 1);
	if (srt != NULL)
		memcpy(l->srt, srt, strlen(srt) + 1);
	(void)ov_ctl_args(c);
}

static json_t *
j_receiver(struct ov_store *st, const struct ov_draft *d)
{
	const struct ov_lid *lid = NULL;
	struct ov_oin oin;

	if (st->boek != NULL &&
	    ov_oin_parse(ov_view_str(d->partner), &oin) == OV_OK)
		lid = ov_book_oin(st->boek, &oin);
	return json_string(lid != NULL             ? lid->naam
	                   : d->partner[0] != '\0' ? d->partner
	                                           : d->ontvanger);
}

static json_t *
j_draft(struct ov_store *st, const struct ov_draft *d, bool open)
{
	json_t *j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:o,s:s,s:s}", "nr",
	    (json_int_t)d->nr, "srt", d->srt, "eigenReferentie",
	    open ? d->ref : "", "klas", open ? d->klas : "", "mentor",
	    open ? d->mentor : "", "ontvanger", j_receiver(st, d), "stand",
	    d->stand, "ontbreekt", d->ontbreekt);

	if (j != NULL)
		ov_j_delen(st, d, j);
	return j;
}

static void
list_end(struct ov_ctl *c)
{
	static const char *const stand[] = {"ONVOLLEDIG", "VOLLEDIG",
	    "VERZONDEN", "GEWIJZIGD"};
	const struct list *l = c->state;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	enum ov_rc rc;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT c.stand,count(*) FROM concept c JOIN import i"
	    " ON i.nr=c.import WHERE i.compleet=1 AND (?1='' OR c.srt=?1)"
	    " GROUP BY c.stand",
	    "t", l->srt);
	ov_ctl_end_counts(c, l->n, l->verborgen, stand, 4, rc, q, &e);
}

/* Show a draft that was read as a row, as far as the account may see it. */
static void
list_row(struct ov_ctl *c, const struct ov_draft *d)
{
	struct list *l = c->state;
	enum ov_rij how = OV_RIJ_OPEN;
	struct ov_feiten f;

	if (!ov_ctl_alles(c)) {
		ov_feiten_of(c->st->toegang, &f, d->srt, false, d->inhoud,
		    d->klas);
		how = ov_ctl_rij(c, &f);
	}
	if (how == OV_RIJ_WEG) {
		l->verborgen++;
		return;
	}
	ov_ctl_row(c, j_draft(c->st, d, how == OV_RIJ_OPEN));
	l->n++;
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	int64_t nr[OV_CTL_PAGE];
	struct ov_draft d;
	struct ov_err e = {0};
	sqlite3_stmt *q;
	size_t n = 0;
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT c.nr FROM concept c JOIN import i ON i.nr=c.import"
	    " WHERE i.compleet=1 AND c.nr>?1 AND (?2='' OR c.stand=?2)"
	    " AND (?3='' OR c.srt=?3) ORDER BY c.nr LIMIT 64",
	    "itt", l->at, l->stand, l->srt);
	while (rc == OV_OK && n < OV_CTL_PAGE &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row)
		nr[n++] = ov_db_i64(q, 0);
	ov_db_done(c->st->db, q);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		rc = ov_draft_read(c->st, nr[i], &d, &e);
		if (ov_unreadable(rc)) { /* the others are still shown */
			d.ontbreekt[0] = '\0';
			(void)strncat(d.ontbreekt, "onleesbaar",
			    sizeof(d.ontbreekt) - 1);
			d.ref = d.ontvanger = d.klas = d.mentor = "";
			json_decref(d.root);
			d.root = d.inhoud = NULL;
			rc = ov_aside_now(c->st, "concept", nr[i], &e, &e);
		}
		if (rc == OV_OK)
			list_row(c, &d);
		ov_draft_free(&d);
	}
	if (!ov_ctl_ok(c, rc, &e))
		return;
	if (n > 0)
		l->at = nr[n - 1];
	if (n < OV_CTL_PAGE)
		list_end(c);
}

/* ---- one ---- */

/* May the account do this with the draft; else it is refused. */
static bool
allowed(struct ov_ctl *c, const struct ov_draft *d, unsigned mag,
    struct ov_oordeel *o)
{
	struct ov_feiten f;

	ov_feiten_of(c->st->toegang, &f, d->srt, false, d->inhoud, d->klas);
	return ov_ctl_mag(c, mag, &f, d->nr, o);
}

/* The lines of the page for inspection. */
static json_t *
page_of(struct ov_store *st, const struct ov_draft *d, const json_t *inhoud)
{
	char vandaag[11];

	ov_store_today(st, vandaag);
	return ov_inzage_regels(st->inzage, d->srt, inhoud, vandaag);
}

static void
show(struct ov_ctl *c, const char *handeling)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	struct ov_gelezen g = {.tabel = "concept", .record = nr};
	struct ov_draft d = {0};
	struct ov_oordeel o;
	struct ov_err e = {0};
	json_t *j;
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	rc = ov_draft_read(c->st, nr, &d, &e);
	if (rc == OV_DENIED) {
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	} else if (ov_unreadable(rc)) {
		if (ov_ctl_ok(c, ov_aside_now(c->st, "concept", nr, &e, &e),
		        &e))
			ov_ctl_fout(c, "onleesbaar", NULL);
	} else if (ov_ctl_ok(c, rc, &e) && allowed(c, &d, OV_MAG_INZIEN, &o)) {
		g.grond = json_string_value(
		    json_object_get(d.inhoud, "grondslag"));
		if (g.grond == NULL)
			g.grond = "";
		if (ov_ctl_read_log(c, handeling, &g, 1)) {
			j = j_draft(c->st, &d, true);
			if (d.geleverd != NULL)
				(void)ov_j_set(j, "geleverd",
				    json_incref(d.geleverd));
			ov_ctl_toon(c, j, d.srt, json_incref(d.inhoud), &o);
			if (strcmp(handeling, "print") == 0)
				(void)ov_j_set(j, "regels",
				    page_of(c->st, &d,
				        json_object_get(j, "inhoud")));
			ov_ctl_row(c, j);
			ov_ctl_end(c, NULL);
		}
	}
	ov_draft_free(&d);
}

static void
show_start(struct ov_ctl *c)
{
	show(c, "show");
}

static void
print_start(struct ov_ctl *c)
{
	show(c, "print");
}

static enum ov_rc
remove_one(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	if ((rc = ov_draft_drop(st, nr, e)) == OV_OK &&
	    (rc = ov_pgn_sweep(st, e)) == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK)
		ov_tx_abort(st);
	return rc;
}

/* The same for draft nr; one that is not there is for the command to tell. */
static bool
may_nr(struct ov_ctl *c, int64_t nr, unsigned mag)
{
	struct ov_draft d = {0};
	struct ov_oordeel o;
	struct ov_err e = {0};
	bool ok = true;

	if (!ov_ctl_alles(c) && ov_draft_read(c->st, nr, &d, &e) == OV_OK)
		ok = allowed(c, &d, mag, &o);
	ov_draft_free(&d);
	return ok;
}

static void
remove_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	int64_t sent = -1;
	struct ov_err e = {0};

	if (!ov_ctl_args(c) || !may_nr(c, nr, OV_MAG_INVULLEN) ||
	    !ov_ctl_ok(c,
	        ov_db_int(c->st->db, &sent, -1, &e,
	            "SELECT c.stand IN ('VERZONDEN','GEWIJZIGD') FROM concept c"
	            " JOIN import i ON i.nr=c.import WHERE c.nr=?1"
	            " AND i.compleet=1",
	            "i", nr),
	        &e))
		return;
	if (sent < 0)
		ov_ctl_fout(c, "nummer-onbekend", NULL);
	else if (sent > 0) /* it knows what was sent: kept with the message */
		ov_ctl_fout(c, "al-verzonden", NULL);
	else if (ov_ctl_ok(c, remove_one(c->st, nr, &e), &e))
		ov_ctl_end(c, json_pack("{s:i}", "verwijderd", 1));
}

/* ---- send ---- */

struct send {
	json_t *list; /* chosen numbers, or NULL: all */
	size_t i;
	char srt[OV_SRT_MAX + 1];
	const char *bestand;    /* only what was imported under this name */
	struct ov_verlaters *l; /* who has no choice is told first */
	int64_t at, total, done, opgesteld, geen, geweigerd, verborgen, zonder;
};

static void
send_start(struct ov_ctl *c)
{
	struct send *s = c->state;
	const char *srt;
	json_t *v = NULL;
	bool all, keuze;
	struct ov_err e = {0};

	if (ov_jo_has(&c->in, "nr"))
		v = ov_jo_arr(&c->in, "nr", 100000);
	all = ov_ctl_flag(c, "alles");
	keuze = ov_ctl_flag(c, "keuze");
	srt = ov_ctl_text(c, "srt", sizeof(s->srt) - 1);
	if (!ov_ctl_args(c))
		return;
	if ((v != NULL) + all + keuze != 1 || (keuze && srt != NULL)) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return;
	}
	if (keuze) {
		srt = "overstapstatus";
		s->bestand = OV_VERLATER_BESTAND;
	}
	if (srt != NULL)
		memcpy(s->srt, srt, strlen(srt) + 1);
	s->list = json_incref(v);
	s->total = (int64_t)json_array_size(v);
	if (!ov_boek_sends(c->st))
		ov_ctl_fout(c, "adresboek-verlopen", NULL);
	else if (v == NULL &&
	         ov_ctl_ok(c,
	             ov_db_int(c->st->db, &s->total, 0, &e,
	                 "SELECT count(*) FROM concept c JOIN import i"
	                 " ON i.nr=c.import WHERE i.compleet=1"
	                 " AND c.stand='VOLLEDIG' AND (?1='' OR c.srt=?1)"
	                 " AND (?2 IS NULL OR i.bestand=?2)",
	                 "tt", s->srt, s->bestand),
	             &e) &&
	         keuze)
		(void)ov_ctl_ok(c,
		    ov_verlaters_new(c->st,
		        ov_schooljaar(ov_date_nl(ov_now(c->st))), INT64_MAX,
		        &s->l, &e),
		    &e);
}

/* Leavers to the mbo without a choice, before anything is sent. */
static void
send_without(struct ov_ctl *c)
{
	struct send *s = c->state;
	const struct ov_verlater *v;
	struct ov_err e = {0};
	enum ov_rij how;
	bool done;

	if (!ov_ctl_ok(c, ov_verlaters_step(s->l, &done, &e), &e) || !done)
		return;
	for (size_t i = 0; i < ov_verlaters_n(s->l); i++) {
		v = ov_verlaters_at(s->l, i);
		if (!v->naar_mbo || v->keuze ||
		    (how = ov_verlater_rij(c, v)) == OV_RIJ_WEG)
			continue;
		s->zonder++;
		if (how != OV_RIJ_OPEN)
			continue;
		ov_ctl_row(c, json_pack("{s:s,s:s,s:s,s:s,s:o}",
		                  "eigenReferentie", ov_vl(v->root, OV_VL_REF),
		                  "klas", ov_vl(v->root, OV_VL_KLAS), "mentor",
		                  ov_vl(v->root, OV_VL_MENTOR), "reden",
		                  "keuze-ontbreekt", "tekst",
		                  ov_j_sentence("keuze-ontbreekt")));
	}
	ov_verlaters_free(s->l);
	s->l = NULL;
}

/* The next numbers to send. */
static enum ov_rc
send_page(struct ov_ctl *c, int64_t *nr, size_t *n, struct ov_err *e)
{
	struct send *s = c->state;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	if (s->list != NULL) {
		while (*n < OV_CTL_PAGE && s->i < json_array_size(s->list))
			nr[(*n)++] = json_integer_value(
			    json_array_get(s->list, s->i++));
		return OV_OK;
	}
	rc = ov_db_q(c->st->db, &q, e,
	    "SELECT c.nr FROM concept c JOIN import i ON i.nr=c.import"
	    " WHERE i.compleet=1 AND c.nr>?1 AND c.stand='VOLLEDIG'"
	    " AND (?2='' OR c.srt=?2) AND (?3 IS NULL OR i.bestand=?3)"
	    " ORDER BY c.nr LIMIT 64",
	    "itt", s->at, s->srt, s->bestand);
	while (rc == OV_OK && *n < OV_CTL_PAGE &&
	       (rc = ov_db_next(c->st->db, q, &row, e)) == OV_OK && row)
		nr[(*n)++] = ov_db_i64(q, 0);
	ov_db_done(c->st->db, q);
	if (*n > 0)
		s->at = nr[*n - 1];
	return rc;
}

/* Sending needs the right for every part that the draft has.  An account with
 * a scope that sends all sends what is its own. */
static bool
may_send(struct ov_ctl *c, int64_t nr, const char **code)
{
	struct send *s = c->state;
	struct ov_wie w = ov_wie_uid(c->st, c->uid);
	struct ov_oordeel o = {0};
	struct ov_err e = {0};
	struct ov_bron b = {0};
	bool ok = true;

	if (w.alles)
		return true;
	if (ov_bron_concept(c->st, nr, &b, &e) == OV_OK) {
		o = ov_wie_oordeel(c->st, &w, OV_MAG_VERZENDEN, &b.f);
		ok = o.mag &&
		     (ov_toegang_delen(c->st->types, b.d.srt, b.d.inhoud) &
		         ~o.delen) == 0;
	}
	ov_bron_free(&b);
	if (ok)
		return true;
	if (s->list == NULL) {
		s->verborgen++;
		*code = "";
		return false;
	}
	ov_log(OV_LOG_WARN,
	    "event=no-access command=send uid=%u why=%s nr=%lld",
	    (unsigned)c->uid,
	    o.waarom != OV_WAAROM_NIET ? ov_waarom_code(o.waarom)
	                               : "toegang-functie",
	    (long long)nr);
	*code = "geen-toegang";
	return false;
}

static enum ov_rc
send_batch(struct ov_ctl *c, const int64_t *nr, size_t n, const char **code,
    bool *geen, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_tx_begin(c->st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		if (may_send(c, nr[i], &code[i]))
			rc = ov_draft_send(c->st, nr[i], &code[i], &geen[i], e);
	if (rc == OV_OK)
		rc = ov_tx_commit(c->st, e);
	if (rc != OV_OK)
		ov_tx_abort(c->st);
	return rc;
}

static void
send_end(struct ov_ctl *c)
{
	struct send *s = c->state;
	struct ov_err e = {0};
	struct ov_outlook o;
	json_t *end;

	if (!ov_ctl_ok(c, ov_pseudo_outlook(c->st, &o, &e), &e))
		return;
	ov_pseudo_kick(c->st);
	end = json_pack("{s:I,s:I,s:I,s:I}", "opgesteld",
	    (json_int_t)s->opgesteld, "geen_ontvanger", (json_int_t)s->geen,
	    "verborgen", (json_int_t)s->verborgen, "geweigerd",
	    (json_int_t)s->geweigerd);
	if (end != NULL && s->bestand != NULL)
		(void)ov_j_set(end, "zonder_keuze", json_integer(s->zonder));
	ov_ctl_end(c, ov_j_outlook(end, &o));
}

static void
send_step(struct ov_ctl *c)
{
	struct send *s = c->state;
	int64_t nr[OV_CTL_PAGE];
	const char *code[OV_CTL_PAGE];
	bool geen[OV_CTL_PAGE];
	struct ov_err e = {0};
	size_t n;
	enum ov_rc rc;

	if (s->l != NULL) {
		send_without(c);
		return;
	}
	rc = send_page(c, nr, &n, &e);
	if (rc == OV_OK && n > 0)
		rc = send_batch(c, nr, n, code, geen, &e);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	for (size_t i = 0; i < n; i++) {
		if (code[i] == NULL) {
			s->geen += geen[i];
			s->opgesteld += !geen[i];
			continue;
		}
		if (code[i][0] == '\0')
			continue;
		s->geweigerd++;
		ov_ctl_row(c,
		    json_pack("{s:I,s:s,s:o}", "nr", (json_int_t)nr[i], "reden",
		        code[i], "tekst", ov_j_sentence(code[i])));
	}
	s->done += (int64_t)n;
	if (n > 0) {
		ov_deliver_kick(c->st);
		ov_ctl_progress(c, s->done, s->total);
	} else {
		send_end(c);
	}
}

static void
send_drop(struct ov_ctl *c)
{
	struct send *s = c->state;

	json_decref(s->list);
	ov_verlaters_free(s->l);
}

const struct ov_ctl_cmd ov_ctl_drafts[] = {
    {.name = "import",
        .mag = OV_MAG_INVULLEN,
        .size = sizeof(struct import),
        .start = import_start,
        .rows = import_rows,
        .fed = import_fed,
        .drop = import_drop},
    {.name = "drafts.list",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "drafts.show", .mag = OV_MAG_INZIEN, .start = show_start},
    {.name = "drafts.print", .mag = OV_MAG_INZIEN, .start = print_start},
    {.name = "drafts.remove", .mag = OV_MAG_INVULLEN, .start = remove_start},
    {.name = "send",
        .mag = OV_MAG_VERZENDEN,
        .size = sizeof(struct send),
        .start = send_start,
        .step = send_step,
        .drop = send_drop},
    {0},
};
