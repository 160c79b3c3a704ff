/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/rapport_effect.c - the lists of the RMC-effectrapportage (3A,
 * 3A.2, 3E, 3F and the timeliness of schools), from the notices that were
 * received and the follow-up that was recorded in their cases.
 *
 * A case (zaak) counts once, in the school year of its first notice, and again
 * as continuing in a year in which it is still open.  Those of 18 and older
 * are the report, those of 17 stand beside them; who is younger, or of an age
 * nobody knows, keeps a row of his own and is in no other.  What nobody
 * recorded is "onbekend", not left out.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/rapport.h"
#include "daemon/store/worklist.h"

#define KEY_MAX 40
#define ROW_MAX 96

/* Who: beside those of 18 and older. */
enum leeftijd { VANAF_18, ZEVENTIEN, JONGER, LEEFTIJD_ONBEKEND };
/* How a case stands to the year. */
enum aard { BUITEN, NIEUW, RECIDIVE, DOORLOPEND };

/* Counts of a row, in the order of its columns. */
enum { DUO, ANDER, BRON_ONBEKEND, W17, KOL_N };
static const char *const kol_naam[KOL_N] = {"duo", "ander", "onbekend", "w17"};

static struct ov_date
begin(const struct ov_rap *s)
{
	return (struct ov_date){(int16_t)s->jaar, 8, 1};
}

static struct ov_date
einde(const struct ov_rap *s)
{
	return (struct ov_date){(int16_t)(s->jaar + 1), 7, 31};
}

static bool
in_jaar(const struct ov_rap *s, struct ov_date d)
{
	return ov_date_cmp(d, begin(s)) >= 0 && ov_date_cmp(d, einde(s)) <= 0;
}

static bool
date_of(const json_t *o, const char *member, struct ov_date *d)
{
	const char *t = json_string_value(json_object_get(o, member));

	return t != NULL && ov_date_parse(ov_view_str(t), d) == OV_OK;
}

/* ---- reading ---- */

static enum ov_rc
case_key(struct ov_rap *s, int64_t nr, char key[KEY_MAX], uint8_t zaak[16],
    bool *has, struct ov_err *e)
{
	struct ov_view v;
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*has = false;
	(void)snprintf(key, KEY_MAX, "n%lld", (long long)nr);
	rc = ov_db_q(s->c->st->db, &q, e,
	    "SELECT zaak FROM bericht WHERE nr=?1", "i", nr);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(s->c->st->db, q, &row, e);
	v = rc == OV_OK && row ? ov_db_blob(q, 0) : (struct ov_view){NULL, 0};
	if (v.n == 16) {
		*has = true;
		memcpy(zaak, v.p, 16);
		for (size_t i = 0; i < 16; i++)
			(void)snprintf(key + 2 * i, 3, "%02x", zaak[i]);
	}
	ov_db_done(s->c->st->db, q);
	return rc;
}

static enum leeftijd
age(const struct ov_claims *cl, struct ov_date on)
{
	struct ov_date born;
	int n;

	if (ov_date_parse(ov_jn_view(ov_jn_get(cl->inhoud, "geboortedatum")),
	        &born) != OV_OK)
		return LEEFTIJD_ONBEKEND;
	n = ov_age_on(born, on);
	return n >= 18 ? VANAF_18 : n == 17 ? ZEVENTIEN : JONGER;
}

/* How timely the school was, of those of 18 and older (its own messages). */
static bool
timely(struct ov_rap *s, const struct ov_claims *cl)
{
	const struct ov_lid *lid = s->c->st->boek != NULL
	                               ? ov_book_oin(s->c->st->boek, &cl->iss)
	                               : NULL;
	const char *srt = s->l->srt[s->fase];
	struct ov_kal_termijn t;
	char key[ROW_MAX];

	(void)snprintf(key, sizeof(key), "tijdigheid\t%s: %s", srt,
	    !ov_kal_te_laat(s->c->st->kalender, srt, lid != NULL ? lid->rol : 0,
	        cl->inhoud, ov_date_nl(cl->iat), &t)
	        ? "geen termijn"
	    : t.laat > 0 ? "te laat"
	                 : "op tijd");
	return ov_rap_tel(s->cel, key, kol_naam[ANDER], 1);
}

/* What a case is made from; members that start with L or T are persons. */
static enum ov_rc
notice(struct ov_rap *s, const struct ov_rap_row *r, const struct ov_claims *cl,
    struct ov_err *e)
{
	struct ov_date signaal = ov_date_nl(r->ontvangen);
	char key[KEY_MAX], dag[OV_DATE_SIZE], wie[64];
	uint8_t zaak[16];
	const char *uit;
	enum leeftijd wat = age(cl, signaal);
	json_t *verloop = NULL, *j, *open;
	bool has;
	enum ov_rc rc;

	if (in_jaar(s, signaal) && wat == VANAF_18 && !timely(s, cl))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if ((rc = case_key(s, r->nr, key, zaak, &has, e)) != OV_OK)
		return rc;
	open = json_object_get(s->mens, key);
	ov_date_fmt(dag, signaal);
	if (open != NULL) { /* the first notice of a case begins it */
		if (strcmp(json_string_value(json_object_get(open, "signaal")),
		        dag) > 0)
			(void)ov_j_set(open, "signaal", json_string(dag));
		return OV_OK;
	}
	if (has &&
	    (rc = ov_verloop_at(s->c->st, zaak, s->tot, &verloop, e)) != OV_OK)
		return rc;
	if (verloop == NULL)
		verloop = json_object();
	uit = ov_jn_text(ov_jn_get(cl->inhoud, "datumUitschrijving"));
	j = json_pack("{s:s,s:i,s:s,s:o}", "signaal", dag, "leeftijd", wat,
	    "uit", uit != NULL ? uit : "", "verloop", verloop);
	for (int k = 0; k < 2 && j != NULL; k++)
		if (ov_rap_mens(r, k == 1, wie))
			(void)ov_j_set(j, k == 1 ? "L" : "T", json_string(wie));
	return ov_j_set(s->mens, key, j)
	           ? OV_OK
	           : ov_fail(e, OV_NOSPACE, "out of memory");
}

/* The days on which a person was placed again: member of his name. */
static enum ov_rc
placed(struct ov_rap *s, const struct ov_rap_row *r, const struct ov_claims *cl,
    struct ov_err *e)
{
	const struct ov_grootheid *g = ov_grootheid(s->c->st->rapport, "terug");
	const char *dag = ov_jn_text(ov_jn_get(cl->inhoud, "datumStatus"));
	char wie[64];
	json_t *list;

	if (g == NULL || dag == NULL || !ov_grootheid_telt(g, cl->inhoud))
		return OV_OK;
	for (int k = 0; k < 2; k++) {
		if (!ov_rap_mens(r, k == 1, wie))
			continue;
		list = json_object_get(s->eigen, wie);
		if (list == NULL &&
		    !ov_j_set(s->eigen, wie, list = json_array()))
			return ov_fail(e, OV_NOSPACE, "out of memory");
		(void)json_array_append_new(list, json_string(dag));
	}
	return OV_OK;
}

static enum ov_rc
effect_een(struct ov_rap *s, const struct ov_rap_row *r,
    const struct ov_claims *cl, bool *toon, struct ov_err *e)
{
	(void)toon;
	return s->fase < 2 ? notice(s, r, cl, e) : placed(s, r, cl, e);
}

/* ---- counting ---- */

static void
add(struct ov_rap *s, const json_t *zaak, const char *lijst, const char *wat)
{
	const char *bron = json_string_value(
	    json_object_get(json_object_get(zaak, "verloop"), "signaalbron"));
	char key[ROW_MAX];
	int kol = BRON_ONBEKEND;

	if (json_integer_value(json_object_get(zaak, "leeftijd")) == ZEVENTIEN)
		kol = W17;
	else if (bron != NULL)
		kol = strcmp(bron, "duo") == 0 ? DUO : ANDER;
	(void)snprintf(key, sizeof(key), "%s\t%s", lijst, wat);
	(void)ov_rap_tel(s->cel, key, kol_naam[kol], 1);
}

/* When the trajectories of each person ended: a member of his name in ends. */
static bool
ends_of(const json_t *zaken, json_t *ends)
{
	static const char *const wie[] = {"L", "T"};
	const char *key, *naam;
	json_t *zaak, *list, *d;

	json_object_foreach((json_t *)(uintptr_t)zaken, key, zaak)
	{
		d = json_object_get(json_object_get(zaak, "verloop"),
		    "trajectEinde");
		for (int k = 0; k < 2 && d != NULL; k++) {
			naam = json_string_value(json_object_get(zaak, wie[k]));
			if (naam == NULL)
				continue;
			list = json_object_get(ends, naam);
			if (list == NULL &&
			    !ov_j_set(ends, naam, list = json_array()))
				return false;
			(void)json_array_append(list, d);
		}
	}
	return true;
}

/* Did the same person have a case that had ended before this one began? */
static bool
again(const json_t *ends, const json_t *zaak, const char *signaal)
{
	static const char *const wie[] = {"L", "T"};
	const char *naam;
	json_t *d;
	size_t i;

	for (int k = 0; k < 2; k++) {
		naam = json_string_value(json_object_get(zaak, wie[k]));
		json_array_foreach(naam != NULL ? json_object_get(ends, naam)
		                                : NULL,
		    i, d)
		{
			if (strcmp(json_string_value(d), signaal) < 0)
				return true;
		}
	}
	return false;
}

static enum aard
kind(struct ov_rap *s, const json_t *ends, const json_t *zaak)
{
	const json_t *v = json_object_get(zaak, "verloop");
	struct ov_date signaal, d;

	if (!date_of(zaak, "signaal", &signaal))
		return BUITEN;
	if (in_jaar(s, signaal))
		return again(ends, zaak,
		           json_string_value(json_object_get(zaak, "signaal")))
		           ? RECIDIVE
		           : NIEUW;
	if (ov_date_cmp(signaal, einde(s)) > 0)
		return BUITEN;
	/* Begun before: still open, and somebody had begun to follow it. */
	if (date_of(v, "trajectEinde", &d) && ov_date_cmp(d, begin(s)) < 0)
		return BUITEN;
	return date_of(v, "eersteContact", &d) ||
	               date_of(v, "intakeDatum", &d) ||
	               date_of(v, "trajectStart", &d)
	           ? DOORLOPEND
	           : BUITEN;
}

/* The class of a duration, or onbekend. */
static void
duration(struct ov_rap *s, const json_t *zaak, const char *nr,
    const char *lijst, bool known, struct ov_date van, struct ov_date tot)
{
	const char *code = known ? ov_klasse(s->c->st->rapport, lijst, van, tot)
	                         : NULL;
	char wat[ROW_MAX];

	(void)snprintf(wat, sizeof(wat), "%s\t%s", lijst,
	    code != NULL ? code : "onbekend");
	add(s, zaak, nr, wat);
}

/* 3E and 3F: of a trajectory that ended in the year. */
static void
ended(struct ov_rap *s, const json_t *zaak, struct ov_date op)
{
	static const char *const wie[] = {"L", "T"};
	const json_t *v = json_object_get(zaak, "verloop"), *list = NULL, *d;
	const char *best = json_string_value(json_object_get(v, "bestemming"));
	struct ov_date van = op, first = op, x, signaal = op;
	char wat[ROW_MAX];
	bool known = date_of(v, "trajectStart", &van), found = false;
	size_t i;

	duration(s, zaak, "3E", "duur-traject", known, van, op);
	(void)date_of(zaak, "signaal", &signaal);
	for (int k = 0; k < 2; k++) {
		list = json_object_get(s->eigen,
		    json_string_value(json_object_get(zaak, wie[k])) != NULL
		        ? json_string_value(json_object_get(zaak, wie[k]))
		        : "");
		json_array_foreach(list, i, d)
		{
			if (ov_date_parse(ov_json_view(d), &x) == OV_OK &&
			    ov_date_cmp(x, signaal) >= 0 &&
			    (!found || ov_date_cmp(x, first) < 0)) {
				first = x;
				found = true;
			}
		}
	}
	duration(s, zaak, "3E", "volgduur-herplaatsing", found, first, op);
	(void)snprintf(wat, sizeof(wat), "bestemming\t%s",
	    best != NULL ? best : "onbekend");
	add(s, zaak, "3F", wat);
}

static void
one_case(struct ov_rap *s, const json_t *ends, const json_t *zaak)
{
	static const struct {
		const char *veld, *wat;
	} stap[] = {{"eersteContact", "eerste contact"},
	    {"intakeDatum", "intake"}, {"trajectStart", "traject gestart"},
	    {"trajectEinde", "traject beëindigd"}};
	static const char *const aard_naam[] = {"", "nieuw", "recidiverend",
	    "continuerend"};
	const json_t *v = json_object_get(zaak, "verloop");
	json_int_t wie = json_integer_value(json_object_get(zaak, "leeftijd"));
	struct ov_date signaal, uit, d;
	enum aard hoe = kind(s, ends, zaak);
	const char *code = NULL;
	char wat[ROW_MAX];

	if (hoe == BUITEN || !date_of(zaak, "signaal", &signaal))
		return;
	if (wie == JONGER || wie == LEEFTIJD_ONBEKEND) {
		add(s, zaak, "buiten",
		    wie == JONGER ? "jonger dan 17" : "leeftijd onbekend");
		return;
	}
	(void)snprintf(wat, sizeof(wat), "aard\t%s", aard_naam[hoe]);
	add(s, zaak, "3A", wat);
	for (size_t i = 0; i < sizeof(stap) / sizeof(stap[0]); i++) {
		if (!date_of(v, stap[i].veld, &d) || !in_jaar(s, d))
			continue;
		(void)snprintf(wat, sizeof(wat), "stap\t%s", stap[i].wat);
		add(s, zaak, "3A", wat);
	}
	if (hoe != DOORLOPEND) {
		if (date_of(v, "intakeDatum", &d))
			code = ov_kal_doorlooptijd(s->c->st->kalender,
			    ov_date_days(d) - ov_date_days(signaal));
		(void)snprintf(wat, sizeof(wat), "signaal-intake\t%s",
		    code != NULL ? code : "geen intake");
		add(s, zaak, "3A", wat);
		duration(s, zaak, "3A.2", "duur-geen-onderwijs",
		    date_of(zaak, "uit", &uit), uit, signaal);
	}
	if (date_of(v, "trajectEinde", &d) && in_jaar(s, d))
		ended(s, zaak, d);
}

/* ---- rows ---- */

static void
put(struct ov_rap *s, const char *lijst, const char *soort, const char *code,
    const char *tekst)
{
	char key[ROW_MAX];
	int64_t n[KOL_N], som = 0;
	json_t *j;

	if (soort[0] != '\0')
		(void)snprintf(key, sizeof(key), "%s\t%s\t%s", lijst, soort,
		    code);
	else
		(void)snprintf(key, sizeof(key), "%s\t%s", lijst, code);
	j = json_pack("{s:s,s:s,s:s}", "lijst", lijst, "soort", soort,
	    "onderdeel", tekst);
	for (int k = 0; k < KOL_N; k++) {
		n[k] = ov_rap_waarde(s->cel, key, kol_naam[k]);
		som += k != W17 ? n[k] : 0;
		(void)ov_j_set(j, kol_naam[k], json_integer(n[k]));
	}
	(void)ov_j_set(j, "totaal", json_integer(som));
	(void)json_object_del(s->cel, key);
	ov_ctl_row(s->c, j);
	s->n++;
}

static void
put_classes(struct ov_rap *s, const char *lijst, const char *soort)
{
	const char *code, *tekst;

	for (size_t i = 0; (code = ov_klasse_nth(s->c->st->rapport, soort, i,
	                        &tekst)) != NULL;
	     i++)
		put(s, lijst, soort, code, tekst);
	put(s, lijst, soort, "onbekend", "onbekend");
}

static void
put_codes(struct ov_rap *s, const char *lijst, const char *soort)
{
	const struct ov_types *t = s->c->st->types;
	const char *code, *tekst;
	char dag[OV_DATE_SIZE];

	ov_date_fmt(dag, s->op);
	for (size_t i = 0; (code = ov_code_nth(t, soort, i)) != NULL; i++) {
		tekst = ov_code_text(t, soort, code, dag);
		put(s, lijst, soort, code, tekst != NULL ? tekst : code);
	}
	put(s, lijst, soort, "onbekend", "onbekend");
}

static void
put_3a(struct ov_rap *s)
{
	static const char *const aard[] = {"nieuw", "recidiverend",
	    "continuerend"};
	static const char *const stap[] = {"eerste contact", "intake",
	    "traject gestart", "traject beëindigd"};
	const char *code, *tekst;

	for (size_t i = 0; i < 3; i++)
		put(s, "3A", "aard", aard[i], aard[i]);
	for (size_t i = 0; i < 4; i++)
		put(s, "3A", "stap", stap[i], stap[i]);
	for (size_t i = 0; (code = ov_kal_doorlooptijd_nth(s->c->st->kalender,
	                        i, &tekst)) != NULL;
	     i++)
		put(s, "3A", "signaal-intake", code, tekst);
	put(s, "3A", "signaal-intake", "geen intake", "geen intake");
}

/* What no list foresaw keeps its row. */
static void
put_rest(struct ov_rap *s)
{
	const char *key, *tab, *tab2;
	char lijst[16], soort[40];
	json_t *cell;
	void *next;

	json_object_foreach_safe(s->cel, next, key, cell)
	{
		OV_BUF wat = {0};

		if ((tab = strchr(key, '\t')) == NULL)
			continue;
		tab2 = strchr(tab + 1, '\t');
		(void)snprintf(lijst, sizeof(lijst), "%.*s", (int)(tab - key),
		    key);
		(void)snprintf(soort, sizeof(soort), "%.*s",
		    tab2 != NULL ? (int)(tab2 - tab - 1) : 0, tab + 1);
		ov_buf_str(&wat, tab2 != NULL ? tab2 + 1 : tab + 1);
		if (ov_buf_text(&wat) != NULL)
			put(s, lijst, soort, ov_buf_text(&wat),
			    ov_buf_text(&wat));
	}
}

static enum ov_rc
effect_slot(struct ov_rap *s, struct ov_err *e)
{
	static const char *const bron[] = {"duur-traject",
	    "duur-geen-onderwijs"};
	OV_JSON *ends = json_object();
	const char *key;
	json_t *zaak;

	if (ends == NULL || !ends_of(s->mens, ends))
		return ov_fail(e, OV_NOSPACE, "out of memory");
	json_object_foreach(s->mens, key, zaak)
	{
		one_case(s, ends, zaak);
	}
	put_3a(s);
	put_classes(s, "3A.2", "duur-geen-onderwijs");
	put_classes(s, "3E", "duur-traject");
	put_classes(s, "3E", "volgduur-herplaatsing");
	put_codes(s, "3F", "bestemming");
	put_rest(s);
	for (size_t i = 0; i < 2; i++)
		ov_rap_let_op(s, ov_klasse_bron(s->c->st->rapport, bron[i]));
	ov_rap_let_op(s,
	    "Een zaak telt eenmaal. Wie 17 is staat apart en telt niet mee in "
	    "het totaal. Onbekend is wat niemand heeft vastgelegd: case set.");
	return OV_OK;
}

static enum ov_rc
effect_stap(struct ov_rap *s, bool *klaar, struct ov_err *e)
{
	*klaar = true;
	s->eigen = json_object();
	return s->eigen != NULL ? OV_OK
	                        : ov_fail(e, OV_NOSPACE, "out of memory");
}

static void
effect_weg(struct ov_rap *s)
{
	json_decref(s->eigen);
}

static const struct ov_rap_kolom effect_kolom[] = {{"lijst", "Lijst",
                                                       OV_RAP_TEKST, NULL},
    {"soort", "Soort", OV_RAP_TEKST, NULL},
    {"onderdeel", "Onderdeel", OV_RAP_TEKST, NULL},
    {"duo", "Levering DUO", OV_RAP_AANTAL, NULL},
    {"ander", "Ander signaal", OV_RAP_AANTAL, NULL},
    {"onbekend", "Signaal onbekend", OV_RAP_AANTAL, NULL},
    {"totaal", "Totaal 18+", OV_RAP_AANTAL, NULL},
    {"w17", "17 jaar", OV_RAP_AANTAL, NULL}, {NULL, NULL, OV_RAP_TEKST, NULL}};

const struct ov_rap_lijst ov_rap_effect = {.naam = "effectrapportage",
    .titel = "RMC-effectrapportage",
    .jaar = OV_RAP_VORIG,
    .srt = {"uitschrijving", "verzuimmelding", "overstapstatus"},
    .mag = OV_MAG_STANDEN | OV_MAG_INZIEN,
    .mag_srt = "uitschrijving",
    .weegt = OV_MAG_STANDEN | OV_MAG_INZIEN,
    .inhoud = true,
    .kolom = effect_kolom,
    .een = effect_een,
    .slot = effect_slot,
    .stap = effect_stap,
    .weg = effect_weg};
