/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_about.c - a person makes a message about a message: takes
 * back, corrects or has erased what was delivered, tells a school what became
 * of its notice, answers a request.
 *
 * What may be about what, and which way that went, is in the tables
 * (`betreft`).  The legal ground and the purpose are those of the original.
 */
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/earlier.h"
#include "daemon/store/correctie.h"
#include "protocol/id.h"
#include "protocol/json.h"

struct original {
	bool ours;
	int64_t nr, partner;
	char srt[OV_SRT_MAX + 1], stand[24];
	uint8_t jti[16], zaak[16];
	bool has_zaak;
	char grondslag[41], doel[41];
	struct ov_date uit; /* datumUitschrijving, or zeroed */
};

struct about {
	const char *srt;   /* of the new message */
	const char *stand; /* the original's, afterwards; NULL: as it was */
	json_t *leden;     /* the members a person chose; taken */
	struct ov_date
	    nieuw;      /* a correctie: enrolled elsewhere on; or zeroed */
	bool aanvaardt; /* the original, if a correctie, holds */
};

static enum ov_rc
find(struct ov_store *st, bool ours, int64_t nr, struct original *o,
    bool *found, struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;

	*o = (struct original){.ours = ours, .nr = nr};
	rc = ov_db_q(st->db, &q, e,
	    ours ? "SELECT partner,srt,jti,zaak,stand FROM uitgaand WHERE "
	           "nr=?1 AND"
	           " stand='AFGELEVERD'"
	         : "SELECT b.partner,b.srt,g.jti,b.zaak,b.stand FROM bericht b"
	           " JOIN gezien g ON g.bericht=b.nr WHERE b.nr=?1 AND"
	           " b.gesloten=0 AND b.stand NOT IN ('ONBEKEND','TWIJFEL',"
	           "'TERZIJDE','VERNIETIGD','INGETROKKEN')",
	    "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, found, e);
	if (rc == OV_OK && *found) {
		o->partner = ov_db_i64(q, 0);
		(void)strncpy(o->srt, ov_db_text(q, 1), OV_SRT_MAX);
		(void)strncpy(o->stand, ov_db_text(q, 4), sizeof(o->stand) - 1);
		o->has_zaak = !ov_db_null(q, 3);
		rc = ov_db_fix(q, 2, o->jti, 16, e);
		if (rc == OV_OK && o->has_zaak)
			rc = ov_db_fix(q, 3, o->zaak, 16, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

static void
keep(char out[41], const struct ov_jn *inhoud, const char *lid)
{
	const char *s = ov_jn_text(ov_jn_get(inhoud, lid));

	if (s != NULL)
		(void)strncpy(out, s, 40);
}

/* Ground and purpose of the original. */
static enum ov_rc
read_original(struct ov_store *st, struct original *o, struct ov_err *e)
{
	struct ov_claims cl = {0};
	OV_JDOC d = {0};
	const struct ov_jn *in;
	enum ov_rc rc;

	if (o->ours) {
		rc = ov_uitgaand_open(st, o->nr, &d, e);
		in = d.root;
	} else {
		rc = ov_bericht_open(st, o->nr, &cl, e);
		in = cl.inhoud;
	}
	if (rc == OV_OK) {
		keep(o->grondslag, in, "grondslag");
		keep(o->doel, in, "doel");
		if (ov_date_parse(ov_jn_view(
		                      ov_jn_get(in, "datumUitschrijving")),
		        &o->uit) != OV_OK)
			o->uit = (struct ov_date){0};
	}
	ov_claims_free(&cl);
	return rc;
}

/* May a message of this type be about the original? */
static bool
may_be_about(const struct ov_type *t, const struct original *o)
{
	const struct ov_betreft *b[2];
	size_t n = t != NULL ? ov_type_betreft(t, b) : 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(b[i]->lid, "/betreftBericht") == 0)
			return ov_betreft_mag(b[i], o->srt) &&
			       (b[i]->van == OV_VAN_AFZENDER) == o->ours;
	return false;
}

static json_t *
content(struct ov_store *st, const struct ov_type *t, const struct original *o,
    const struct about *a, json_t *leden, const char *vandaag)
{
	char jti[OV_ID_SIZE];
	json_t *j;

	ov_id_text(jti, o->jti);
	j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "schema", ov_type_schema(t),
	    "grondslag", o->grondslag, "doel", o->doel, "bewaarregel",
	    "als-het-bericht", "betreftBericht", jti);
	if (ov_type_field(st->types, t, "/datum") != NULL)
		(void)ov_j_set(j, "datum", json_string(vandaag));
	if (strcmp(a->srt, "correctie") == 0)
		(void)ov_j_set(j, "vervangt", json_string(jti));
	if (j != NULL && json_object_update(j, leden) != 0) {
		json_decref(j);
		return NULL;
	}
	(void)ov_contact_fill(st, a->srt, vandaag, j);
	return j;
}

/* In the open transaction.  *code: refused. */
static enum ov_rc
queue(struct ov_store *st, const struct original *o, const struct about *a,
    const json_t *j, const char *vandaag, int64_t *nr, const char **code,
    struct ov_err *e)
{
	struct ov_submit s = {.srt = a->srt, .has_betreft = true};
	const struct ov_lid *self = ov_book_oin(st->boek, &st->self);
	struct ov_verdict v;
	struct ov_oin oin;
	OV_BUF text = {0};
	enum ov_rc rc;

	if ((rc = ov_partner_oin(st, o->partner, &oin, e)) != OV_OK)
		return rc;
	*code = "ontvanger-onbekend";
	if (self == NULL || (s.to = ov_book_oin(st->boek, &oin)) == NULL)
		return OV_OK;
	v = ov_policy_may_json(st->policy, a->srt, st->boek, self, s.to, j,
	    vandaag);
	*code = "niet-toegestaan";
	if (v.may != OV_MAY_YES || !ov_lid_may(self, &oin))
		return OV_OK;
	*code = NULL;
	ov_json_dump(&text, j);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	s.rol = ov_rol_name(v.naar);
	s.inhoud = (struct ov_view){text.p, text.n};
	s.has_zaak = o->has_zaak;
	memcpy(s.zaak, o->zaak, 16);
	memcpy(s.betreft, o->jti, 16);
	rc = ov_submit(st, &s, nr, e);
	if (rc == OV_OK && a->aanvaardt)
		rc = ov_correctie_accept(st, o->nr, e);
	if (rc != OV_OK || a->stand == NULL)
		return rc;
	rc = ov_db_run(st->db, e, "UPDATE bericht SET stand=?2 WHERE nr=?1",
	    "it", o->nr, a->stand);
	return rc == OV_OK ? ov_stand_note(st, o->nr, a->stand, e) : rc;
}

static void
finish(struct ov_ctl *c, const struct original *o, const struct about *a,
    const json_t *j, const char *vandaag)
{
	struct ov_err e = {0};
	const char *code = NULL;
	int64_t nr = 0;
	enum ov_rc rc;

	if (!ov_ctl_ok(c, ov_tx_begin(c->st, &e), &e))
		return;
	rc = queue(c->st, o, a, j, vandaag, &nr, &code, &e);
	if (rc == OV_OK && code == NULL)
		rc = ov_tx_commit(c->st, &e);
	if (rc != OV_OK || code != NULL)
		ov_tx_abort(c->st);
	if (rc == OV_OK && code != NULL) {
		ov_ctl_fout(c, code, NULL);
	} else if (ov_ctl_ok(c, rc, &e)) {
		ov_deliver_kick(c->st);
		ov_ctl_end(c, json_pack("{s:I}", "nr", (json_int_t)nr));
	}
}

/* Sending about our own needs the right to send it; about a partner's, to
 * decide on it. */
static bool
may(struct ov_ctl *c, bool ours, int64_t nr, struct ov_oordeel *o)
{
	return ours ? ov_outbox_may(c, nr, OV_MAG_VERZENDEN, o)
	            : ov_inbox_may(c, nr, OV_MAG_BESLISSEN, o);
}

/* Does the new content have something of a part that is not the account's? */
static bool
parts_may(struct ov_ctl *c, const char *srt, const json_t *inhoud, int64_t nr,
    const struct ov_oordeel *o)
{
	OV_JSON *rest = json_deep_copy(inhoud), *weg = json_array();

	ov_toegang_schoon(c->st->types, srt, rest, o->delen, weg);
	if (rest != NULL && json_array_size(weg) == 0)
		return true;
	ov_ctl_geen_toegang(c,
	    o->waarom != OV_WAAROM_NIET ? o->waarom : OV_WAAROM_FUNCTIE, nr);
	return false;
}

/* Enrolled elsewhere soon enough, the day of leaving is the day before. */
static bool
moved(struct ov_ctl *c, const struct original *o, const struct about *a,
    json_t *leden)
{
	const struct ov_lid *self = ov_book_oin(c->st->boek, &c->st->self);
	struct ov_date nieuw;
	char dag[OV_DATE_SIZE];

	if (!ov_date_ok(a->nieuw))
		return true;
	if (self == NULL || !ov_date_ok(o->uit) ||
	    !ov_kal_uitschrijfdatum(c->st->kalender, self->rol, o->uit,
	        a->nieuw, &nieuw)) {
		ov_ctl_fout(c, "uitschrijfdatum-blijft", NULL);
		return false;
	}
	ov_date_fmt(dag, nieuw);
	(void)ov_j_set(leden, "velden",
	    json_pack("[{s:s,s:s}]", "pad", "/datumUitschrijving", "waarde",
	        dag));
	return true;
}

/* May this correctie be answered so?  Once, and accepted only where what it
 * makes is content that its type allows. */
static bool
may_correct(struct ov_ctl *c, const struct original *o, const struct about *a,
    struct ov_fouten *fouten)
{
	struct ov_err e = {0};
	int64_t van = 0;
	bool goed;

	if (strcmp(o->stand, "ONTVANGEN") != 0) {
		ov_ctl_fout(c, "stand-past-niet", NULL);
		return false;
	}
	if (!a->aanvaardt)
		return true;
	if (!ov_ctl_ok(c,
	        ov_correctie_proef(c->st, o->nr, &van, &goed, fouten, &e), &e))
		return false;
	if (van == 0)
		ov_ctl_fout(c, "stand-past-niet", NULL);
	else if (!goed)
		ov_ctl_fout(c, "inhoud-ongeldig", ov_fouten_json(fouten));
	return van != 0 && goed;
}

/* The message a person asked for; leden is taken. */
static void
make(struct ov_ctl *c, bool ours, int64_t about, const struct about *a)
{
	static struct ov_fouten fouten; /* large */
	OV_JSON *leden = a->leden, *j = NULL;
	const struct ov_type *t;
	struct ov_oordeel toegang;
	struct original o;
	struct ov_err e = {0};
	char vandaag[11];
	bool found;

	if (!may(c, ours, about, &toegang))
		return;
	if (!ov_boek_sends(c->st)) {
		ov_ctl_fout(c, "adresboek-verlopen", NULL);
		return;
	}
	ov_store_today(c->st, vandaag);
	t = ov_types_find(c->st->types, a->srt, vandaag);
	if (!ov_ctl_ok(c, find(c->st, ours, about, &o, &found, &e), &e))
		return;
	if (!found || !may_be_about(t, &o)) {
		ov_ctl_fout(c, "stand-past-niet", NULL);
		return;
	}
	if (!o.ours && strcmp(o.srt, "correctie") == 0 &&
	    !may_correct(c, &o, a, &fouten))
		return;
	if (!ov_ctl_ok(c, read_original(c->st, &o, &e), &e))
		return;
	if (!moved(c, &o, a, leden))
		return;
	j = content(c->st, t, &o, a, leden, vandaag);
	if (ov_types_check_json(c->st->types, a->srt, j, 0, vandaag, &fouten) !=
	    OV_OK)
		ov_ctl_fout(c, "inhoud-ongeldig", ov_fouten_json(&fouten));
	else if (parts_may(c, a->srt, j, about, &toegang))
		finish(c, &o, a, j, vandaag);
}

static void
set(json_t *o, const char *lid, const char *v)
{
	if (v != NULL)
		(void)ov_j_set(o, lid, json_string(v));
}

/* ---- of our own ---- */

void
ov_about_withdraw(struct ov_ctl *c, int64_t nr, const char *reden)
{
	struct about a = {.srt = "intrekking", .leden = json_object()};

	set(a.leden, "reden", reden);
	make(c, true, nr, &a);
}

static void
erase_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	const char *reden = ov_jo_str(&c->in, "reden", 40);
	const char *voor = ov_ctl_text(c, "voor", 10);
	struct about a = {.srt = "wissing"};

	if (!ov_ctl_args(c))
		return;
	a.leden = json_object();
	set(a.leden, "reden", reden);
	set(a.leden, "uitvoerenVoor", voor);
	make(c, true, nr, &a);
}

static void
correct_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	const char *pad = ov_ctl_text(c, "pad", 200);
	const char *waarde = ov_ctl_text(c, "waarde", 2000 * 4);
	const char *nieuw = ov_ctl_text(c, "inschrijving", OV_DATE_LEN);
	struct about a = {.srt = "correctie"};
	json_t *veld;

	if (!ov_ctl_args(c))
		return;
	if ((pad == NULL) == (nieuw == NULL) ||
	    (nieuw != NULL && waarde != NULL)) {
		ov_ctl_fout(c, "opdracht-ongeldig", NULL);
		return;
	}
	if (nieuw != NULL &&
	    ov_date_parse(ov_view_str(nieuw), &a.nieuw) != OV_OK) {
		ov_ctl_fout(c, "datum-ongeldig", NULL);
		return;
	}
	a.leden = json_pack("{s:s}", "reden", "feitelijk-onjuist");
	if (pad != NULL) {
		veld = json_pack("{s:s}", "pad", pad);
		set(veld, "waarde", waarde);
		(void)ov_j_set(a.leden, "velden", json_pack("[o]", veld));
	}
	make(c, true, nr, &a);
}

/* ---- of a partner ---- */

static void
status_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	const char *status = ov_jo_str(&c->in, "status", 40);
	const char *reden = ov_ctl_text(c, "reden", 40);
	const char *toelichting = ov_ctl_text(c, "toelichting", 40);
	struct about a = {.srt = "verzuimstatus"};

	if (!ov_ctl_args(c))
		return;
	a.leden = json_pack("{s:s}", "bewaarregel", "verzuim-gemeente");
	set(a.leden, "status", status);
	set(a.leden, "redenAfgesloten", reden);
	set(a.leden, "toelichtingAfsluiting", toelichting);
	a.stand = strcmp(status, "in-behandeling") == 0 ? "IN-BEOORDELING"
	                                                : "VERWERKT";
	make(c, false, nr, &a);
}

/* A request was done (grond NULL) so many times, or why it was not. */
static void
answer(struct ov_ctl *c, int64_t nr, const char *grond, const char *tot,
    int64_t aantal)
{
	struct about a = {.srt = "afsluitverklaring",
	    .stand = "VERWERKT",
	    .aanvaardt = false};
	char moment[OV_MOMENT_SIZE];
	struct ov_err e = {0};
	int64_t van = 0;

	/* A correctie that was carried out is one that holds. */
	if (!ov_ctl_ok(c,
	        ov_db_int(c->st->db, &van, 0, &e,
	            "SELECT bericht FROM correctie WHERE correctie=?1", "i",
	            nr),
	        &e))
		return;
	if (van != 0) {
		a.aanvaardt = grond == NULL;
		a.stand = grond == NULL ? "GEACCEPTEERD" : "AFGEWEZEN";
	}
	a.leden = json_pack("{s:s}", "uitkomst",
	    grond == NULL ? "uitgevoerd" : "niet-uitgevoerd");
	set(a.leden, "grondBewaren", grond);
	set(a.leden, "bewaardTot", tot);
	if (grond == NULL) {
		ov_moment_fmt(moment, ov_now(c->st));
		set(a.leden, "moment", moment);
		(void)ov_j_set(a.leden, "aantal", json_integer(aantal));
	}
	make(c, false, nr, &a);
}

void
ov_about_judge(struct ov_ctl *c, int64_t nr, const char *grond)
{
	answer(c, nr, grond, NULL, 1);
}

static void
answer_start(struct ov_ctl *c)
{
	int64_t nr = (int64_t)ov_jo_int(&c->in, "nr", OV_JSON_INT_MAX);
	const char *grond = ov_ctl_text(c, "grond", 40);
	const char *tot = ov_ctl_text(c, "tot", 10);
	int64_t aantal = ov_ctl_int(c, "aantal");

	if (ov_ctl_args(c))
		answer(c, nr, grond, tot, aantal);
}

const struct ov_ctl_cmd ov_ctl_about[] = {
    {.name = "outbox.erase", .mag = OV_MAG_VERZENDEN, .start = erase_start},
    {.name = "outbox.correct", .mag = OV_MAG_VERZENDEN, .start = correct_start},
    {.name = "inbox.status", .mag = OV_MAG_BESLISSEN, .start = status_start},
    {.name = "inbox.answer", .mag = OV_MAG_BESLISSEN, .start = answer_start},
    {0},
};
