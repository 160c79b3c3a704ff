/* SPDX-License-Identifier: EUPL-1.2 */
/* The check of protocol/types.h: one walk over the content, along the fields
 * of its type. */
#include <stdio.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/types_int.h"
#include "protocol/vorm.h"

#define PID_LEN 43

struct walk {
	const struct ov_types *t;
	const struct ov_type *y;
	struct ov_fouten *w;
	struct ov_date vandaag;
	int32_t dag;
	uint8_t delen, gevoelig; /* what the ground allows */
	const char *grond_bron;  /* and where that stands, or NULL */
	bool geheim_adres;
	uint32_t verboden; /* categories, one bit each */
	uint32_t verplicht;
	uint32_t gezien;
	size_t len; /* of pad */
	char pad[OV_FOUT_PAD];
};

/* Append one escaped step (RFC 6901); cut where it does not fit. */
static size_t
pad_put(char *pad, size_t len, const char *s, size_t n)
{
	size_t i;

	if (len + 3 < OV_FOUT_PAD)
		pad[len++] = '/';
	for (i = 0; i < n && len + 3 < OV_FOUT_PAD; i++) {
		if (s[i] == '~' || s[i] == '/') {
			pad[len++] = '~';
			pad[len++] = s[i] == '~' ? '0' : '1';
		} else {
			pad[len++] = s[i];
		}
	}
	/* Not in the middle of a character. */
	if (i < n)
		while (len > 0 && ((unsigned char)pad[len - 1] & 0x80) != 0)
			len--;
	pad[len] = '\0';
	return len;
}

/* bron NULL: that of the type. */
static void
fault(struct walk *k, enum ov_reden reden, const char *uitleg, const char *bron)
{
	struct ov_fout_plek *f;

	if (k->w->n == OV_FOUTEN_MAX) {
		k->w->meer = true;
		return;
	}
	f = &k->w->f[k->w->n++];
	f->reden = reden;
	f->uitleg = uitleg;
	f->bron = bron != NULL || k->y == NULL ? bron : k->y->bron;
	memcpy(f->pad, k->pad, k->len);
	f->pad[k->len] = '\0';
}

/* A fault at a path below where the walk is. */
static void
fault_at(struct walk *k, const char *path, enum ov_reden reden,
    const char *uitleg, const char *bron)
{
	size_t was = k->len, n;

	for (;;) {
		n = strcspn(path, "/");
		k->len = pad_put(k->pad, k->len, path, n);
		if (path[n] == '\0')
			break;
		path += n + 1;
	}
	fault(k, reden, uitleg, bron);
	k->len = was;
	k->pad[was] = '\0';
}

static void
check_text(struct walk *k, const struct ov_field *f, const struct ov_jn *v)
{
	const char *s = ov_jn_text(v);
	size_t n = ov_jn_view(v).n;
	enum ov_reden why = OV_REDEN_GEEN;
	struct ov_view view = {(const uint8_t *)s, n};
	int64_t moment;
	int32_t dag;

	if (s == NULL) {
		fault(k, OV_REDEN_TYPE, NULL, NULL);
		return;
	}
	switch (f->soort) {
	case OV_S_TEKST:
		why = ov_tekst_check(s, n, f->max);
		break;
	case OV_S_DECIMAAL:
		why = ov_decimaal_check(s, n, f->max);
		break;
	case OV_S_DATUM:
		if (!ov_dag(s, n, &dag))
			why = OV_REDEN_PATROON;
		break;
	case OV_S_MOMENT:
		if (ov_moment_parse(view, &moment) != OV_OK)
			why = OV_REDEN_PATROON;
		break;
	case OV_S_CODE:
		if (ov_lijst_code(f->lijst, s, n, k->dag) == NULL)
			why = OV_REDEN_CODE;
		break;
	case OV_S_PATROON:
		why = ov_vorm_check(f->vorm, s, n, k->y->schema);
		break;
	case OV_S_GEHEEL:
	case OV_S_JANEE:
	case OV_S_GROEP:
	case OV_S_KAART:
		break;
	}
	if (why != OV_REDEN_GEEN)
		fault(k, why, NULL,
		    f->soort == OV_S_CODE && f->lijst != NULL ? f->lijst->bron
		                                              : NULL);
}

static void
check_map(struct walk *k, const struct ov_field *f, const struct ov_jn *v)
{
	const struct ov_jn *m;
	size_t was = k->len;

	if (!ov_jn_is(v, OV_J_OBJECT)) {
		fault(k, OV_REDEN_TYPE, NULL, NULL);
		return;
	}
	for (m = ov_jn_first(v); m != NULL; m = ov_jn_next(m)) {
		const char *s = ov_jn_text(m);

		k->len = pad_put(k->pad, was, m->name, m->name_n);
		if (ov_lijst_code(f->sleutels, m->name, m->name_n, k->dag) ==
		    NULL)
			fault(k, OV_REDEN_ONBEKEND_LID, NULL, NULL);
		else if (s == NULL)
			fault(k, OV_REDEN_TYPE, NULL, NULL);
		else if (ov_lijst_code(f->lijst, s, m->n, k->dag) == NULL)
			fault(k, OV_REDEN_CODE, NULL, f->lijst->bron);
		k->len = was;
		k->pad[was] = '\0';
	}
}

static void check_group(struct walk *, const struct ov_groep *,
    const struct ov_jn *, uint8_t deel);

/* A value that is no list, or one element of it. */
static void
check_value(struct walk *k, const struct ov_field *f, const struct ov_jn *v,
    uint8_t deel)
{

	switch (f->soort) {
	case OV_S_TEKST:
	case OV_S_DECIMAAL:
	case OV_S_DATUM:
	case OV_S_MOMENT:
	case OV_S_CODE:
	case OV_S_PATROON:
		check_text(k, f, v);
		break;
	case OV_S_GEHEEL:
		if (!ov_jn_is(v, OV_J_INT))
			fault(k, OV_REDEN_TYPE, NULL, NULL);
		else if (v->u.i < f->min || v->u.i > f->max)
			fault(k, OV_REDEN_PATROON, NULL, NULL);
		break;
	case OV_S_JANEE:
		if (!ov_jn_is_bool(v))
			fault(k, OV_REDEN_TYPE, NULL, NULL);
		break;
	case OV_S_GROEP:
		if (!ov_jn_is(v, OV_J_OBJECT))
			fault(k, OV_REDEN_TYPE, NULL, NULL);
		else
			check_group(k, f->groep, v, deel);
		break;
	case OV_S_KAART:
		check_map(k, f, v);
		break;
	}
}

static void
check_list(struct walk *k, const struct ov_field *f, const struct ov_jn *v,
    uint8_t deel)
{
	const struct ov_jn *m = ov_jn_first(v);
	size_t i, n = ov_jn_count(v), was = k->len;
	char idx[12];
	int w;

	if (!ov_jn_is(v, OV_J_ARRAY)) {
		fault(k, OV_REDEN_TYPE, NULL, NULL);
		return;
	}
	if (n < f->lmin)
		fault(k, OV_REDEN_ONTBREEKT, NULL, NULL);
	if (n > f->lmax)
		fault(k, OV_REDEN_TE_LANG, NULL, NULL);
	for (i = 0; m != NULL && i < f->lmax; i++, m = ov_jn_next(m)) {
		w = snprintf(idx, sizeof(idx), "%zu", i);
		k->len = pad_put(k->pad, was, idx, (size_t)w);
		check_value(k, f, m, deel);
		k->len = was;
		k->pad[was] = '\0';
	}
}

/* May this field have a value at all: category, part, sensitivity?  A group
 * is judged by its part, its leaves by how sensitive they are.  If not: a fault
 * with what forbids it. */
static bool
permitted(struct walk *k, const struct ov_field *f, uint8_t deel)
{
	bool ok;

	if (f->cat >= 0) {
		uint32_t bit = (uint32_t)1 << f->cat;

		k->gezien |= bit;
		if ((k->verboden & bit) != 0) {
			fault(k, OV_REDEN_VERBODEN, NULL,
			    k->t->uitlevering->bron);
			return false;
		}
	}
	ok = (k->delen & deel) != 0 &&
	     (f->soort == OV_S_GROEP || (k->gevoelig & f->gevoelig) != 0);
	if (!ok)
		fault(k, OV_REDEN_VERBODEN, NULL, k->grond_bron);
	return ok;
}

/* ---- rules ---- */

static bool
condition(const struct ov_regel *r, const struct ov_jn *o)
{
	const struct ov_jn *v = ov_jn_at(o, r->als);
	size_t i;

	if (v == NULL || r->is == NULL)
		return v != NULL;
	for (i = 0; i < json_array_size(r->is); i++)
		if (ov_jn_same(v, json_array_get(r->is, i)))
			return true;
	return false;
}

static bool
date_at(const struct walk *k, const struct ov_jn *o, const char *path,
    struct ov_date *out)
{
	if (path[0] == '@') {
		*out = k->vandaag;
		return true;
	}
	/* No text is no date. */
	return ov_date_parse(ov_jn_view(ov_jn_at(o, path)), out) == OV_OK;
}

/* A number, or a decimal in text, that is there and less than min.  The whole
 * part decides: min is whole. */
static bool
below(const struct ov_jn *v, uint32_t min)
{
	const char *s = ov_jn_text(v);
	uint64_t n = 0;

	if (ov_jn_is(v, OV_J_INT))
		return v->u.i < (int64_t)min;
	if (s == NULL)
		return false;
	for (; *s >= '0' && *s <= '9' && n < UINT32_MAX; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	return n < min;
}

static void
apply_rule(struct walk *k, const struct ov_regel *r, const struct ov_jn *o)
{
	const struct ov_jn *v, *w;
	struct ov_date d, g;
	bool a, b;

	switch (r->soort) {
	case OV_R_VEREIST:
		if (condition(r, o) && ov_jn_at(o, r->lid) == NULL)
			fault_at(k, r->lid, OV_REDEN_ONTBREEKT, r->tekst,
			    r->bron);
		break;
	case OV_R_VERBODEN:
		if (r->tenzij_geheim && k->geheim_adres)
			break;
		if (condition(r, o) && ov_jn_at(o, r->lid) != NULL)
			fault_at(k, r->lid, OV_REDEN_VERBODEN, r->tekst,
			    r->bron);
		break;
	case OV_R_PRECIES_EEN:
		a = ov_jn_at(o, r->als) != NULL;
		b = ov_jn_at(o, r->lid) != NULL;
		if (!a && !b)
			fault_at(k, r->als, OV_REDEN_ONTBREEKT, r->tekst,
			    r->bron);
		if (a && b)
			fault_at(k, r->lid, OV_REDEN_VERBODEN, r->tekst,
			    r->bron);
		break;
	case OV_R_NIET_VOOR:
		if (date_at(k, o, r->lid, &d) && date_at(k, o, r->grens, &g) &&
		    ov_date_cmp(d, ov_date_add_months(g, -r->maanden)) < 0)
			fault_at(k, r->lid, OV_REDEN_PATROON, r->tekst,
			    r->bron);
		break;
	case OV_R_NIET_NA:
		if (date_at(k, o, r->lid, &d) && date_at(k, o, r->grens, &g) &&
		    ov_date_cmp(d, ov_date_add_months(g, r->maanden)) > 0)
			fault_at(k, r->lid, OV_REDEN_PATROON, r->tekst,
			    r->bron);
		break;
	case OV_R_MINSTENS:
		if (condition(r, o) && below(ov_jn_at(o, r->lid), r->waarde))
			fault_at(k, r->lid, OV_REDEN_PATROON, r->tekst,
			    r->bron);
		break;
	case OV_R_GELIJK:
		v = ov_jn_at(o, r->lid);
		w = ov_jn_at(o, r->grens);
		if (v != NULL && w != NULL &&
		    (ov_jn_text(v) == NULL || !ov_jn_eq(w, ov_jn_text(v))))
			fault_at(k, r->lid, OV_REDEN_PATROON, r->tekst,
			    r->bron);
		break;
	}
}

/* ---- an object ---- */

static void
check_group(struct walk *k, const struct ov_groep *g, const struct ov_jn *o,
    uint8_t deel)
{
	uint64_t seen = 0, miss;
	size_t was = k->len, i;
	const struct ov_jn *v;

	for (v = ov_jn_first(o); v != NULL; v = ov_jn_next(v)) {
		const struct ov_field *f = ov_groep_field(g, v->name,
		    v->name_n);
		uint8_t d;

		k->len = pad_put(k->pad, was, v->name, v->name_n);
		if (f == NULL) {
			fault(k, OV_REDEN_ONBEKEND_LID, NULL, NULL);
		} else {
			seen |= (uint64_t)1 << (f - g->f);
			d = f->deel != 0 ? f->deel : deel;
			if (permitted(k, f, d)) {
				if (f->list)
					check_list(k, f, v, d);
				else
					check_value(k, f, v, d);
			}
		}
		k->len = was;
		k->pad[was] = '\0';
	}
	miss = g->verplicht & ~seen;
	for (i = 0; miss != 0; i++, miss >>= 1)
		if ((miss & 1) != 0)
			fault_at(k, g->f[i].naam, OV_REDEN_ONTBREEKT, NULL,
			    NULL);
	for (i = 0; i < g->nregel; i++)
		apply_rule(k, &g->regel[i], o);
}

/* ---- what the content says about itself ---- */

static void
read_ground(struct walk *k, const struct ov_jn *inhoud)
{
	const char *code = ov_jn_text(ov_jn_get(inhoud, "grondslag"));
	const struct ov_grond *g;
	const struct ov_toestaat *a = NULL;

	/* Without a ground everything is walked: the fault is the ground. */
	k->delen = k->gevoelig = 0xff;
	if (code == NULL || !ov_ground_known(k->t, code))
		return;
	g = ov_grond_find(k->t, code, k->dag);
	if (g != NULL)
		a = ov_grond_type(g, k->y->srt);
	k->grond_bron = g != NULL ? g->bron : NULL;
	if (a == NULL) {
		fault_at(k, "grondslag", OV_REDEN_VERBODEN, NULL,
		    k->grond_bron);
		return;
	}
	/* No pseudonym where the ground does not allow the number behind it. */
	if (!g->pgn && ov_type_has_pid(k->y, inhoud))
		fault_at(k, "grondslag", OV_REDEN_VERBODEN, NULL, g->bron);
	k->delen = a->delen;
	k->gevoelig = a->gevoelig;
	k->geheim_adres = g->geheim_adres;
}

static void
read_uitlevering(struct walk *k, const struct ov_jn *inhoud)
{
	const struct ov_jn *m = ov_jn_get(inhoud, "uitlevering");
	size_t i;

	for (i = 0; i < k->t->categorie->n; i++) {
		const char *s = ov_jn_text(
		    ov_jn_get(m, k->t->categorie->code[i].code));

		if (s == NULL)
			continue;
		if (strcmp(s, "VERBODEN") == 0 || strcmp(s, "OPT-UIT") == 0)
			k->verboden |= (uint32_t)1 << i;
		else if (strcmp(s, "VERPLICHT") == 0)
			k->verplicht |= (uint32_t)1 << i;
	}
}

static void
check_uitlevering(struct walk *k)
{
	char path[64];
	size_t i;

	for (i = 0; i < k->t->categorie->n; i++) {
		if ((k->verplicht & ~k->gezien & ((uint32_t)1 << i)) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "uitlevering/%s",
		    k->t->categorie->code[i].code);
		fault_at(k, path, OV_REDEN_ONTBREEKT, NULL, NULL);
	}
}

static void
check_pid(struct walk *k, const struct ov_jn *inhoud, size_t pid_len)
{
	bool want = ov_type_has_pid(k->y, inhoud);

	if (want && pid_len == 0)
		fault_at(k, "pid", OV_REDEN_ONTBREEKT, NULL, NULL);
	else if (!want && pid_len != 0)
		fault_at(k, "pid", OV_REDEN_VERBODEN, NULL, NULL);
	else if (want && pid_len != PID_LEN)
		fault_at(k, "pid", OV_REDEN_PATROON, NULL, NULL);
}

enum ov_rc
ov_types_check(const struct ov_types *t, const char *srt,
    const struct ov_jn *inhoud, size_t pid_len, const char *vandaag,
    struct ov_fouten *fouten)
{
	struct walk k = {.t = t, .w = fouten};

	fouten->n = 0;
	fouten->meer = false;
	if (ov_date_parse(ov_view_str(vandaag), &k.vandaag) != OV_OK)
		return OV_DAMAGED;
	k.dag = ov_date_days(k.vandaag);
	if ((k.y = ov_types_find(t, srt, vandaag)) == NULL) {
		fault_at(&k, "srt", OV_REDEN_CODE, NULL, NULL);
		return OV_BADMSG;
	}
	check_pid(&k, inhoud, pid_len);
	k.len = pad_put(k.pad, 0, "inhoud", 6);
	if (!ov_jn_is(inhoud, OV_J_OBJECT)) {
		fault(&k, OV_REDEN_TYPE, NULL, NULL);
		return OV_BADMSG;
	}
	read_ground(&k, inhoud);
	read_uitlevering(&k, inhoud);
	check_group(&k, &k.y->groep, inhoud, OV_D_ALGEMEEN);
	check_uitlevering(&k);
	return fouten->n == 0 ? OV_OK : OV_BADMSG;
}

enum ov_rc
ov_types_check_json(const struct ov_types *t, const char *srt,
    const json_t *inhoud, size_t pid_len, const char *vandaag,
    struct ov_fouten *fouten)
{
	OV_JDOC d = {0};
	enum ov_rc rc = OV_OK;

	if (json_is_object(inhoud))
		rc = ov_jdoc_of(inhoud, &d, NULL);
	/* What cannot be a text of ours (BADMSG) is no object to the check. */
	if (rc != OV_OK && rc != OV_BADMSG)
		return rc;
	return ov_types_check(t, srt, d.root, pid_len, vandaag, fouten);
}
