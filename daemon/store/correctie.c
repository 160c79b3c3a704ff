/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/correctie.c - corrections of received messages. */
#include "daemon/store/correctie.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"

/* Corrections of one message; a sender that has more to say sends it anew. */
#define CORRECTIES_MAX 50

enum ov_rc
ov_correctie_note(struct ov_store *st, int64_t correctie, int64_t partner,
    const uint8_t betreft[16], struct ov_err *e)
{
	return ov_db_run(st->db, e,
	    "INSERT INTO correctie(correctie,bericht) SELECT ?1,bericht FROM"
	    " gezien WHERE partner=?2 AND jti=?3",
	    "iib", correctie, partner, (const void *)betreft, (size_t)16);
}

/* ---- one member ---- */

static json_t *
whole(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n < 10 && s[n] == '\0'
	           ? json_integer(strtol(s, NULL, 10))
	           : NULL;
}

static json_t *
one_value(const struct ov_field *f, const char *s)
{
	switch ((int)ov_field_soort(f)) {
	case OV_S_GEHEEL:
		return whole(s);
	case OV_S_JANEE:
		return strcmp(s, "true") == 0    ? json_true()
		       : strcmp(s, "false") == 0 ? json_false()
		                                 : NULL;
	case OV_S_GROEP:
	case OV_S_KAART:
		return NULL;
	default:
		return json_string(s);
	}
}

/* NULL: no value of this field. */
static json_t *
value(const struct ov_field *f, const char *s)
{
	json_t *arr;
	char word[64];
	size_t n;

	if (!ov_field_is_list(f))
		return one_value(f, s);
	for (arr = json_array(); *(s += strspn(s, " ")) != '\0'; s += n) {
		n = strcspn(s, " ");
		if (n >= sizeof(word))
			break;
		memcpy(word, s, n);
		word[n] = '\0';
		if (json_array_append_new(arr, one_value(f, word)) != 0)
			break;
	}
	if (*s == '\0')
		return arr;
	json_decref(arr);
	return NULL;
}

/* The object or array that a step leads to, made where an object lacks it. */
static json_t *
step_into(json_t *o, const char *step, const char *next)
{
	json_t *v;

	if (json_is_array(o))
		return json_array_get(o, strtoul(step, NULL, 10));
	if (!json_is_object(o))
		return NULL;
	v = json_object_get(o, step);
	if (v == NULL && (next[0] < '0' || next[0] > '9') &&
	    json_object_set_new(o, step, v = json_object()) != 0)
		return NULL;
	return v;
}

/* Put v (taken) where pad leads, or take away what is there (v NULL). */
static bool
put(json_t *o, const char *pad, json_t *v)
{
	char step[64];
	size_t n;

	for (; o != NULL; o = step_into(o, step, pad + 1)) {
		n = strcspn(++pad, "/");
		if (n >= sizeof(step))
			break;
		memcpy(step, pad, n);
		step[n] = '\0';
		pad += n;
		if (*pad == '/')
			continue;
		if (json_is_array(o) && v != NULL)
			return json_array_set_new(o, strtoul(step, NULL, 10),
			           v) == 0;
		if (json_is_array(o))
			return json_array_remove(o, strtoul(step, NULL, 10)) ==
			       0;
		if (v != NULL)
			return json_object_set_new(o, step, v) == 0;
		(void)json_object_del(o, step); /* gone already is gone */
		return true;
	}
	json_decref(v);
	return false;
}

static bool
lay_one(const struct ov_types *t, const char *srt, const struct ov_jn *veld,
    json_t *inhoud)
{
	const char *pad = ov_jn_text(ov_jn_get(veld, "pad"));
	const char *waarde = ov_jn_text(ov_jn_get(veld, "waarde"));
	const struct ov_type *y = ov_types_latest(t, srt);
	const struct ov_field *f = pad != NULL && y != NULL && *pad == '/'
	                               ? ov_type_field(t, y, pad)
	                               : NULL;
	json_t *v = NULL;

	if (f == NULL)
		return false;
	if (waarde != NULL && (v = value(f, waarde)) == NULL)
		return false;
	return put(inhoud, pad, v);
}

/* All members of one correctie; false: one of them cannot be. */
static bool
lay(const struct ov_types *t, const char *srt, const struct ov_claims *cor,
    json_t *inhoud)
{
	const struct ov_jn *v;

	for (v = ov_jn_first(ov_jn_get(cor->inhoud, "velden")); v != NULL;
	     v = ov_jn_next(v))
		if (!lay_one(t, srt, v, inhoud))
			return false;
	return true;
}

/* ---- what holds ---- */

struct one {
	int64_t nr;
	char stand[24];
};

/* The corrections of message nr in the order of arrival. */
static enum ov_rc
list(struct ov_store *st, int64_t nr, bool accepted, struct one *c, size_t *n,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	*n = 0;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT c.correctie,b.stand FROM correctie c JOIN bericht b ON"
	    " b.nr=c.correctie WHERE c.bericht=?1 AND (?2=0 OR c.aanvaard<>0)"
	    " AND b.inhoud IS NOT NULL ORDER BY c.correctie LIMIT 50",
	    "ii", nr, (int64_t)accepted);
	while (rc == OV_OK && *n < CORRECTIES_MAX &&
	       (rc = ov_db_next(st->db, q, &row, e)) == OV_OK && row) {
		c[*n].nr = ov_db_i64(q, 0);
		(void)snprintf(c[(*n)++].stand, sizeof(c->stand), "%s",
		    ov_db_text(q, 1));
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Lay message cor over the content; one that cannot be read changes nothing,
 * and whoever shows it says so. */
static enum ov_rc
lay_message(struct ov_store *st, const char *srt, int64_t cor, json_t *inhoud,
    bool *fits, struct ov_err *e)
{
	struct ov_claims cl;
	struct ov_err why = {0};
	enum ov_rc rc = ov_bericht_as_sent(st, cor, &cl, &why);

	*fits = rc == OV_OK && lay(st->types, srt, &cl, inhoud);
	ov_claims_free(&cl);
	if (rc == OV_OK || rc == OV_DENIED || ov_unreadable(rc))
		return OV_OK;
	*e = why;
	return rc;
}

enum ov_rc
ov_correctie_over(struct ov_store *st, int64_t nr, struct ov_claims *cl,
    struct ov_err *e)
{
	struct one c[CORRECTIES_MAX];
	struct ov_jdoc d = {0};
	OV_JSON *inhoud = NULL;
	bool fits;
	size_t n;
	enum ov_rc rc = list(st, nr, true, c, &n, e);

	if (rc != OV_OK || n == 0)
		return rc;
	if ((inhoud = ov_jn_json(cl->inhoud)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	for (size_t i = 0; i < n && rc == OV_OK; i++)
		rc = lay_message(st, cl->srt, c[i].nr, inhoud, &fits, e);
	if (rc != OV_OK || (rc = ov_jdoc_of(inhoud, &d, e)) != OV_OK)
		return rc;
	ov_jdoc_free(&cl->doc);
	cl->doc = d;
	cl->inhoud = d.root;
	return OV_OK;
}

static enum ov_rc
original(struct ov_store *st, int64_t correctie, int64_t *nr, struct ov_err *e)
{
	return ov_db_int(st->db, nr, 0, e,
	    "SELECT bericht FROM correctie WHERE correctie=?1", "i", correctie);
}

enum ov_rc
ov_correctie_proef(struct ov_store *st, int64_t correctie, int64_t *nr,
    bool *goed, struct ov_fouten *fouten, struct ov_err *e)
{
	struct ov_claims cl = {0};
	OV_JSON *inhoud = NULL;
	char vandaag[OV_DATE_SIZE];
	enum ov_rc rc;

	*goed = false;
	*fouten = (struct ov_fouten){0};
	if ((rc = original(st, correctie, nr, e)) != OV_OK || *nr == 0)
		return rc;
	rc = ov_bericht_open(st, *nr, &cl, e);
	if (rc == OV_DENIED) {
		*nr = 0;
		rc = OV_OK;
	} else if (rc == OV_OK && (inhoud = ov_jn_json(cl.inhoud)) == NULL) {
		rc = ov_fail(e, OV_NOSPACE, "out of memory");
	} else if (rc == OV_OK) {
		rc = lay_message(st, cl.srt, correctie, inhoud, goed, e);
	}
	ov_store_today(st, vandaag);
	if (rc == OV_OK && *goed)
		*goed = ov_types_check_json(st->types, cl.srt, inhoud,
		            cl.has_pid ? 43 : 0, vandaag, fouten) == OV_OK;
	ov_claims_free(&cl);
	return rc;
}

enum ov_rc
ov_correctie_accept(struct ov_store *st, int64_t correctie, struct ov_err *e)
{
	enum ov_rc rc;

	rc = ov_db_run(st->db, e,
	    "UPDATE correctie SET aanvaard=?2 WHERE correctie=?1", "ii",
	    correctie, ov_now(st));
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "UPDATE bericht SET buiten=0 WHERE nr=(SELECT bericht FROM"
		    " correctie WHERE correctie=?1)",
		    "i", correctie);
	return rc;
}

/* ---- showing ---- */

/* What a pointer leads to; borrowed, or NULL. */
static json_t *
was(const json_t *o, const char *pad)
{
	char step[64];
	size_t n;

	for (; o != NULL && *pad == '/'; pad += n) {
		n = strcspn(++pad, "/");
		if (n >= sizeof(step))
			return NULL;
		memcpy(step, pad, n);
		step[n] = '\0';
		o = json_is_array(o)
		        ? json_array_get(o, strtoul(step, NULL, 10))
		        : json_object_get(o, step);
	}
	return o != NULL ? json_deep_copy(o) : NULL;
}

static json_t *
both(struct ov_ctl *c, const struct one *one, const struct ov_claims *cor,
    const json_t *org, const struct ov_oordeel *o)
{
	json_t *row = json_pack("{s:I,s:s}", "nr", (json_int_t)one->nr, "stand",
	    one->stand);
	OV_JSON *j = ov_jn_json(cor->inhoud), *weg = json_array();
	json_t *veld;
	size_t i;

	json_array_foreach(json_object_get(j, "velden"), i, veld)
	{
		const char *pad = json_string_value(
		    json_object_get(veld, "pad"));
		json_t *v = pad != NULL ? was(org, pad) : NULL;

		if (v != NULL)
			(void)ov_j_set(veld, "was", v);
	}
	if (o->delen != OV_D_ALLE)
		ov_toegang_schoon(c->st->types, "correctie", j, o->delen, weg);
	(void)ov_j_set(row, "velden",
	    json_incref(json_object_get(j, "velden")));
	return row;
}

bool
ov_correctie_toon(struct ov_ctl *c, int64_t nr, json_t *row,
    const struct ov_oordeel *o)
{
	struct one one[CORRECTIES_MAX];
	struct ov_gelezen g = {.tabel = "bericht", .grond = ""};
	struct ov_claims org = {0}, cor;
	struct ov_err e = {0};
	OV_JSON *inhoud = NULL;
	json_t *arr;
	size_t n = 0;
	int64_t van = 0;
	bool ok;

	if (!ov_ctl_ok(c, original(c->st, nr, &van, &e), &e))
		return false;
	if (van != 0)
		(void)ov_j_set(row, "betreft", json_integer(van));
	if (!ov_ctl_ok(c, list(c->st, nr, false, one, &n, &e), &e))
		return false;
	if (n == 0)
		return true;
	if (!ov_ctl_ok(c, ov_bericht_as_sent(c->st, nr, &org, &e), &e))
		return false;
	inhoud = ov_jn_json(org.inhoud);
	ov_claims_free(&org);
	arr = json_array();
	ok = true;
	for (size_t i = 0; i < n && ok; i++) {
		enum ov_rc rc = ov_bericht_as_sent(c->st, one[i].nr, &cor, &e);

		g.record = one[i].nr;
		if (rc == OV_OK && (ok = ov_ctl_read_log(c, "show", &g, 1)))
			(void)json_array_append_new(arr,
			    both(c, &one[i], &cor, inhoud, o));
		else if (rc != OV_OK && rc != OV_DENIED && !ov_unreadable(rc))
			ok = ov_ctl_ok(c, rc, &e);
		ov_claims_free(&cor);
	}
	(void)ov_j_set(row, "correcties", arr);
	return ok;
}
