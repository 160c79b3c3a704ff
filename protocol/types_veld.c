/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads groups of fields and their rules. */
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/types_int.h"

static const char *const soorten[] = {"tekst", "geheel", "janee", "datum",
    "moment", "decimaal", "code", "patroon", "groep", "kaart", NULL};
const char *const ov_vorm_names[OV_V_N + 1] = {"schema", "b64u16", "b64u32",
    "oin", "brin", "vestiging", "gemeente", "crebo", "elementcode",
    "schooljaar", "postcode", "telefoon", "email", "letter", "cijfers", NULL};
const char *const ov_gevoelig_names[] = {"N", "S", "I", "G", NULL};
const char *const ov_deel_names[] = {"algemeen", "A", "B", "C", NULL};
static const char *const regels[] = {"vereist-als", "verboden-als",
    "precies-een", "niet-voor", "niet-na", "minstens", "gelijk", NULL};

static enum ov_rc
no_memory(struct ov_err *e)
{
	return ov_fail(e, OV_NOSPACE, "no memory for the tables");
}

/* ---- fields ---- */

/* "1", "0..1" or "2..8". */
static bool
read_count(const char *s, struct ov_field *f)
{
	unsigned long a, b;
	char *end;

	if (strcmp(s, "1") == 0) {
		f->lmin = f->lmax = 1;
		return true;
	}
	if (s[0] < '0' || s[0] > '9')
		return false;
	a = strtoul(s, &end, 10);
	if (strncmp(end, "..", 2) != 0 || end[2] < '1' || end[2] > '9')
		return false;
	b = strtoul(end + 2, &end, 10);
	if (*end != '\0' || a > b || b > 1000)
		return false;
	f->lmin = (uint32_t)a;
	f->lmax = (uint32_t)b;
	f->list = b > 1;
	return f->list || a == 0;
}

/* The members that belong to one soort. */
static void
read_kind(const struct ov_types *t, struct ov_jobj *o, struct ov_field *f)
{
	const char *s;
	int v;

	switch (f->soort) {
	case OV_S_TEKST:
	case OV_S_DECIMAAL:
		f->max = (uint32_t)ov_jo_range(o, "max", 1, 10000);
		break;
	case OV_S_GEHEEL:
		f->min = (uint32_t)ov_jo_int(o, "min", INT32_MAX);
		f->max = (uint32_t)ov_jo_range(o, "max", f->min, INT32_MAX);
		break;
	case OV_S_KAART:
		s = ov_jo_str(o, "sleutels", 40);
		if ((f->sleutels = ov_lijst_find(t, s)) == NULL)
			ov_jo_fail(o, "sleutels", OV_REDEN_CODE);
		if (f->list)
			ov_jo_fail(o, "aantal", OV_REDEN_VERBODEN);
		__attribute__((fallthrough));
	case OV_S_CODE:
		s = ov_jo_str(o, "lijst", 40);
		if ((f->lijst = ov_lijst_find(t, s)) == NULL)
			ov_jo_fail(o, "lijst", OV_REDEN_CODE);
		break;
	case OV_S_PATROON:
		if ((v = ov_jo_word(o, "vorm", ov_vorm_names)) >= 0)
			f->vorm = (enum ov_vorm)v;
		break;
	case OV_S_GROEP:
		f->groepnaam = ov_jo_str(o, "groep", 40);
		break;
	case OV_S_JANEE:
	case OV_S_DATUM:
	case OV_S_MOMENT:
		break;
	}
}

static enum ov_rc
load_field(const struct ov_types *t, struct ov_field *f, const json_t *js,
    struct ov_err *e)
{
	struct ov_jobj o;
	const char *s;
	size_t i;
	int v;

	memset(f, 0, sizeof(*f));
	f->gevoelig = 1;
	f->cat = -1;
	ov_jo_init(&o, js, "veld");
	f->naam = ov_jo_str(&o, "naam", 40);
	f->len = strlen(f->naam);
	if ((v = ov_jo_word(&o, "soort", soorten)) >= 0)
		f->soort = (enum ov_soort)v;
	if (!read_count(ov_jo_str(&o, "aantal", 12), f))
		ov_jo_fail(&o, "aantal", OV_REDEN_PATROON);
	if (ov_jo_has(&o, "gevoelig") &&
	    (v = ov_jo_word(&o, "gevoelig", ov_gevoelig_names)) >= 0)
		f->gevoelig = (uint8_t)(1u << v);
	if (ov_jo_has(&o, "deel") &&
	    (v = ov_jo_word(&o, "deel", ov_deel_names)) >= 0)
		f->deel = (uint8_t)(1u << v);
	if (ov_jo_has(&o, "categorie")) {
		s = ov_jo_str(&o, "categorie", 40);
		for (i = 0; i < t->categorie->n; i++)
			if (strcmp(t->categorie->code[i].code, s) == 0)
				f->cat = (int8_t)i;
		if (f->cat < 0)
			ov_jo_fail(&o, "categorie", OV_REDEN_CODE);
	}
	if (o.rc == OV_OK)
		read_kind(t, &o, f);
	return ov_jo_end(&o, e);
}

static int
name_cmp(const void *a, const void *b, void *arg)
{
	const struct ov_groep *g = arg;

	return strcmp(g->f[*(const uint8_t *)a].naam,
	    g->f[*(const uint8_t *)b].naam);
}

/* After all fields are in: the index and the set of required ones. */
enum ov_rc
ov_groep_index(struct ov_groep *g, struct ov_err *e)
{
	size_t i;

	g->verplicht = 0;
	for (i = 0; i < g->n; i++) {
		g->sorted[i] = (uint8_t)i;
		if (g->f[i].lmin > 0)
			g->verplicht |= (uint64_t)1 << i;
	}
	qsort_r(g->sorted, g->n, 1, name_cmp, g);
	for (i = 1; i < g->n; i++)
		if (strcmp(g->f[g->sorted[i - 1]].naam,
		        g->f[g->sorted[i]].naam) == 0)
			return ov_fail(e, OV_BADMSG, "%s: veld %s twice",
			    g->naam, g->f[g->sorted[i]].naam);
	return OV_OK;
}

enum ov_rc
ov_groep_fields(const struct ov_types *t, struct ov_groep *g, const json_t *arr,
    struct ov_err *e)
{
	size_t i;
	enum ov_rc rc;

	for (i = 0; i < json_array_size(arr); i++) {
		if (g->n >= OV_GROEP_FIELDS)
			return ov_fail(e, OV_BADMSG, "%s: over %d fields",
			    g->naam, OV_GROEP_FIELDS);
		rc = load_field(t, &g->f[g->n], json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "%s: veld %zu", g->naam, i);
		g->n++;
	}
	return OV_OK;
}

/* ---- rules ---- */

/* The field a path leads to, through groups that are no lists. */
static const struct ov_field *
path_field(const struct ov_groep *g, const char *path)
{
	const struct ov_field *f = NULL;
	const char *slash;
	size_t n;

	while (g != NULL) {
		slash = strchr(path, '/');
		n = slash != NULL ? (size_t)(slash - path) : strlen(path);
		if ((f = ov_groep_field(g, path, n)) == NULL)
			return NULL;
		if (slash == NULL)
			return f;
		g = f->list ? NULL : f->groep;
		path = slash + 1;
	}
	return NULL;
}

static bool
rule_date_ok(const struct ov_groep *g, const char *path)
{
	const struct ov_field *f = path_field(g, path);

	return f != NULL && f->soort == OV_S_DATUM && !f->list;
}

static bool
rule_number_ok(const struct ov_groep *g, const char *path)
{
	const struct ov_field *f = path_field(g, path);

	return f != NULL && !f->list &&
	       (f->soort == OV_S_DECIMAAL || f->soort == OV_S_GEHEEL);
}

/* The values a condition compares with are values the member can have. */
static bool
rule_is_ok(const struct ov_field *f, const json_t *is)
{
	size_t i;

	for (i = 0; i < json_array_size(is); i++) {
		const json_t *v = json_array_get(is, i);
		const char *s = json_string_value(v);

		if (f->soort == OV_S_JANEE && json_is_boolean(v))
			continue;
		if (f->soort != OV_S_CODE || s == NULL ||
		    !ov_lijst_has(f->lijst, s))
			return false;
	}
	return i > 0 && !f->list;
}

static void
read_condition(struct ov_jobj *o, const struct ov_groep *g, struct ov_regel *r)
{
	const struct ov_field *f;

	r->als = ov_jo_str(o, "als", 80);
	r->lid = ov_jo_str(o, "lid", 80);
	if ((f = path_field(g, r->als)) == NULL)
		ov_jo_fail(o, "als", OV_REDEN_CODE);
	if (path_field(g, r->lid) == NULL)
		ov_jo_fail(o, "lid", OV_REDEN_CODE);
	if (ov_jo_has(o, "is")) {
		r->is = ov_jo_arr(o, "is", 20);
		if (f != NULL && !rule_is_ok(f, r->is))
			ov_jo_fail(o, "is", OV_REDEN_CODE);
	}
	if (ov_jo_has(o, "tenzij")) {
		ov_jo_lit(o, "tenzij", "geheimAdres");
		r->tenzij_geheim = true;
	}
}

static enum ov_rc
load_rule(const struct ov_groep *g, struct ov_regel *r, const json_t *js,
    struct ov_err *e)
{
	struct ov_jobj o;
	const json_t *leden;
	int v;

	ov_jo_init(&o, js, "regel");
	if ((v = ov_jo_word(&o, "regel", regels)) >= 0)
		r->soort = (enum ov_regelsoort)v;
	r->tekst = ov_jo_str(&o, "tekst", 200);
	if (ov_jo_has(&o, "bron"))
		r->bron = ov_jo_str(&o, "bron", 200);
	if (o.rc != OV_OK)
		return ov_jo_end(&o, e);
	switch (r->soort) {
	case OV_R_VEREIST:
	case OV_R_VERBODEN:
		read_condition(&o, g, r);
		break;
	case OV_R_PRECIES_EEN:
		leden = ov_jo_arr(&o, "leden", 2);
		r->als = json_string_value(json_array_get(leden, 0));
		r->lid = json_string_value(json_array_get(leden, 1));
		if (r->als == NULL || r->lid == NULL ||
		    path_field(g, r->als) == NULL ||
		    path_field(g, r->lid) == NULL)
			ov_jo_fail(&o, "leden", OV_REDEN_CODE);
		break;
	case OV_R_NIET_VOOR:
	case OV_R_NIET_NA:
		r->lid = ov_jo_str(&o, "lid", 80);
		r->grens = ov_jo_str(&o, "grens", 80);
		if (ov_jo_has(&o, "maanden"))
			r->maanden = (int32_t)ov_jo_range(&o, "maanden", 1,
			    1200);
		if (!rule_date_ok(g, r->lid))
			ov_jo_fail(&o, "lid", OV_REDEN_CODE);
		if (strcmp(r->grens, "@vandaag") != 0 &&
		    !rule_date_ok(g, r->grens))
			ov_jo_fail(&o, "grens", OV_REDEN_CODE);
		break;
	case OV_R_MINSTENS:
		read_condition(&o, g, r);
		r->waarde = (uint32_t)ov_jo_range(&o, "waarde", 1, INT32_MAX);
		if (o.rc == OV_OK && !rule_number_ok(g, r->lid))
			ov_jo_fail(&o, "lid", OV_REDEN_CODE);
		break;
	case OV_R_GELIJK:
		r->lid = ov_jo_str(&o, "lid", 80);
		r->grens = ov_jo_str(&o, "aan", 80);
		if (path_field(g, r->lid) == NULL)
			ov_jo_fail(&o, "lid", OV_REDEN_CODE);
		if (path_field(g, r->grens) == NULL)
			ov_jo_fail(&o, "aan", OV_REDEN_CODE);
		break;
	}
	return ov_jo_end(&o, e);
}

enum ov_rc
ov_groep_rules(struct ov_types *t, struct ov_groep *g, const json_t *arr,
    struct ov_err *e)
{
	size_t i, n = json_array_size(arr);
	enum ov_rc rc;

	if ((g->regel = ov_types_keep(t, n, sizeof(*g->regel))) == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++) {
		rc = load_rule(g, &g->regel[i], json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "%s: regel %zu", g->naam, i);
	}
	g->nregel = n;
	return OV_OK;
}

/* ---- groups ---- */

enum ov_rc
ov_groep_resolve(const struct ov_types *t, struct ov_groep *g, struct ov_err *e)
{
	size_t i, j;

	for (i = 0; i < g->n; i++) {
		struct ov_field *f = &g->f[i];

		if (f->soort != OV_S_GROEP)
			continue;
		for (j = 0; j < t->ngroep; j++)
			if (strcmp(t->groep[j].naam, f->groepnaam) == 0)
				f->groep = &t->groep[j];
		if (f->groep == NULL)
			return ov_fail(e, OV_BADMSG, "%s: veld %s: no groep %s",
			    g->naam, f->naam, f->groepnaam);
	}
	return OV_OK;
}

/* Deeper than allowed also catches a group that holds itself. */
static bool
too_deep(const struct ov_groep *g, int depth)
{
	size_t i;

	if (depth > OV_GROEP_DEPTH)
		return true;
	for (i = 0; i < g->n; i++)
		if (g->f[i].groep != NULL && too_deep(g->f[i].groep, depth + 1))
			return true;
	return false;
}

enum ov_rc
ov_groepen_load(struct ov_types *t, json_t *groepen, struct ov_err *e)
{
	struct ov_jobj o;
	json_t *js, *velden;
	const char *naam;
	size_t i = 0;
	enum ov_rc rc;

	t->groep = ov_types_keep(t, json_object_size(groepen),
	    sizeof(*t->groep));
	if (t->groep == NULL)
		return no_memory(e);
	json_object_foreach(groepen, naam, js)
	{
		struct ov_groep *g = &t->groep[t->ngroep++];

		g->naam = naam;
		ov_jo_init(&o, js, naam);
		velden = ov_jo_arr(&o, "velden", OV_GROEP_FIELDS);
		if (ov_jo_has(&o, "regels"))
			(void)ov_jo_arr(&o, "regels", 40);
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return rc;
		g->f = ov_types_keep(t, OV_GROEP_FIELDS, sizeof(*g->f));
		if (g->f == NULL)
			return no_memory(e);
		if ((rc = ov_groep_fields(t, g, velden, e)) != OV_OK ||
		    (rc = ov_groep_index(g, e)) != OV_OK)
			return rc;
	}
	for (i = 0; i < t->ngroep; i++)
		if ((rc = ov_groep_resolve(t, &t->groep[i], e)) != OV_OK)
			return rc;
	for (i = 0; i < t->ngroep; i++) {
		struct ov_groep *g = &t->groep[i];

		if (too_deep(g, 1))
			return ov_fail(e, OV_BADMSG, "groep %s: too deep",
			    g->naam);
		js = json_object_get(groepen, g->naam);
		rc = ov_groep_rules(t, g, json_object_get(js, "regels"), e);
		if (rc != OV_OK)
			return rc;
	}
	return OV_OK;
}
