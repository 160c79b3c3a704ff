/* SPDX-License-Identifier: EUPL-1.2 */
/* Loads the profiles, and writes templates and exports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/profiel_in.h"

#define TABLE_MAX ((size_t)1 << 20)

static const struct {
	const char *pad;
	enum ov_col_kind kind;
} metas[] = {{"/eigenReferentie", OV_COL_REF}, {"/pgn", OV_COL_PGN},
    {"/ontvanger", OV_COL_TEXT}, {"/zaak", OV_COL_TEXT}, {"/klas", OV_COL_TEXT},
    {"/mentor", OV_COL_TEXT}, {"/geboortedatum", OV_COL_DATE},
    {"/schoolVerlaten", OV_COL_SCHOOL}, {"/datum", OV_COL_DATE},
    {"/lesuur", OV_COL_TEXT}, {"/gemist", OV_COL_HOURS},
    {"/totaal", OV_COL_HOURS}, {"/regio", OV_COL_TEXT},
    {"/schooljaar", OV_COL_TEXT}, {"/naam", OV_COL_TEXT}, {"/van", OV_COL_DATE},
    {"/tot", OV_COL_DATE}, {"/vervolg", OV_COL_TEXT},
    {"/gemeentecode", OV_COL_TEXT}, {"/vestiging", OV_COL_TEXT},
    {"/startkwalificatie", OV_COL_TEXT}, {"/keuzeCrebo", OV_COL_TEXT},
    {"/keuzeOmschrijving", OV_COL_TEXT}, {"/keuzeLeerweg", OV_COL_TEXT},
    {"/keuzeNiveau", OV_COL_TEXT}, {"/keuzeDatum", OV_COL_DATE},
    {"/woongemeente", OV_COL_GEMEENTE}, {"/datumUitschrijving", OV_COL_DATE},
    {"/startkwalificatieDatum", OV_COL_DATE}, {"/instroom", OV_COL_JAAR}};

struct ov_profiles {
	json_t *doc;
	size_t n;
	struct ov_profile *p;
};

/* s with "{n}" replaced; given. */
static char *
numbered(const char *s, size_t n)
{
	const char *at = strstr(s, "{n}");
	char *out = NULL;

	if (at == NULL)
		return strdup(s);
	if (asprintf(&out, "%.*s%zu%s", (int)(at - s), s, n, at + 3) < 0)
		return NULL;
	return out;
}

/* One column, or one of its repetitions (from 0). */
static enum ov_rc
add_col(struct ov_profile *p, const json_t *js, size_t rep, struct ov_err *e)
{
	const struct ov_type *y = p->srt != NULL
	                              ? ov_types_latest(p->types, p->srt)
	                              : NULL;
	struct ov_col *c;
	struct ov_jobj o;
	const char *kolom, *pad;
	size_t i;
	enum ov_rc rc;

	if (p->n == OV_CSV_COLS_MAX)
		return ov_fail(e, OV_BADMSG, "over %zu columns", p->n);
	c = &p->col[p->n++];
	ov_jo_init(&o, js, "kolom");
	kolom = ov_jo_str(&o, "kolom", 60);
	pad = ov_jo_str(&o, "pad", 120);
	c->uitleg = ov_jo_str(&o, "uitleg", 500);
	c->voorbeeld = ov_jo_str0(&o, "voorbeeld", 500);
	c->standaard = ov_jo_str_opt(&o, "standaard", 60);
	c->verplicht = ov_jo_has(&o, "verplicht") &&
	               ov_jo_bool(&o, "verplicht");
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	c->kolom = numbered(kolom, rep + 1);
	c->pad = numbered(pad, rep);
	if (c->kolom == NULL || c->pad == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (i = 0; i + 1 < p->n; i++)
		if (strcasecmp(p->col[i].kolom, c->kolom) == 0)
			return ov_fail(e, OV_BADMSG, "%s twice", c->kolom);
	c->kind = OV_COL_NONE;
	for (i = 0; i < sizeof(metas) / sizeof(metas[0]); i++)
		if (strcmp(metas[i].pad, c->pad) == 0)
			c->kind = metas[i].kind;
	if (y != NULL && strncmp(c->pad, "/inhoud/", 8) == 0) {
		c->f = ov_type_field(p->types, y, c->pad + 7);
		if (c->f != NULL && ov_profile_rows_may(p, c->f))
			c->kind = OV_COL_ROWS;
		else if (c->f != NULL && ov_field_soort(c->f) != OV_S_GROEP)
			c->kind = OV_COL_FIELD;
	}
	if (c->kind == OV_COL_NONE)
		return ov_fail(e, OV_BADMSG, "%s: %s is no member", c->kolom,
		    c->pad);
	return OV_OK;
}

/* Length of the pointer up to "{n}", or 0. */
static size_t
stem(const json_t *js)
{
	const char *pad = json_string_value(json_object_get(js, "pad"));
	const char *at = pad != NULL ? strstr(pad, "{n}") : NULL;

	return at != NULL ? (size_t)(at - pad) : 0;
}

/* Columns that repeat together: all of the first, then all of the second. */
static enum ov_rc
add_run(struct ov_profile *p, const json_t *arr, size_t *at, struct ov_err *e)
{
	const json_t *first = json_array_get(arr, *at);
	const char *pad = json_string_value(json_object_get(first, "pad"));
	const struct ov_type *y = p->srt != NULL
	                              ? ov_types_latest(p->types, p->srt)
	                              : NULL;
	const struct ov_field *f;
	char list[120];
	size_t len = stem(first), end, r, i;
	enum ov_rc rc;

	if (len < 9 || len >= sizeof(list) || y == NULL)
		return ov_fail(e, OV_BADMSG, "{n} outside inhoud");
	(void)snprintf(list, sizeof(list), "%.*s", (int)len - 1, pad);
	f = ov_type_field(p->types, y, list + 7);
	if (f == NULL || !ov_field_is_list(f))
		return ov_fail(e, OV_BADMSG, "%s is no list", list);
	for (end = *at; end < json_array_size(arr); end++) {
		const json_t *js = json_array_get(arr, end);

		if (stem(js) != len ||
		    strncmp(json_string_value(json_object_get(js, "pad")), pad,
		        len) != 0)
			break;
	}
	for (r = 0; r < ov_field_list_max(f); r++)
		for (i = *at; i < end; i++)
			if ((rc = add_col(p, json_array_get(arr, i), r, e)) !=
			    OV_OK)
				return rc;
	*at = end;
	return OV_OK;
}

/* A column of the whole profile that a profile of one part has as well: what
 * says whose it is, the part, and what it may say besides ("ook"; "*": all
 * that is of no part). */
static bool
of_part(const struct ov_profile *p, const json_t *ook, const char *pad)
{
	const struct ov_type *y = ov_types_latest(p->types, p->srt);
	const struct ov_field *f;
	const char *s;
	char first[64];
	uint8_t deel;
	size_t i, n;
	const json_t *v;

	if (strncmp(pad, "/inhoud/", 8) != 0)
		return strcmp(pad, "/zaak") != 0;
	n = strcspn(pad + 8, "/") + 1;
	if (n >= sizeof(first))
		return false;
	memcpy(first, pad + 7, n);
	first[n] = '\0';
	if (y == NULL || (f = ov_type_field(p->types, y, first)) == NULL)
		return false;
	deel = ov_field_deel(f);
	for (i = 0; ov_deel_names[i] != NULL; i++)
		if (strcmp(ov_deel_names[i], p->deel) == 0 &&
		    (deel & 1u << i) != 0)
			return true;
	json_array_foreach(ook, i, v)
	{
		s = json_string_value(v);
		if (s != NULL && (strcmp(s, first) == 0 ||
		                     (strcmp(s, "*") == 0 && deel == 0)))
			return true;
	}
	return false;
}

/* The columns of a part, out of those of the whole; given. */
static json_t *
part_cols(const struct ov_profile *p, const json_t *all, const char *van,
    const json_t *ook)
{
	json_t *out = json_array();
	const json_t *q, *c, *whole = NULL;
	const char *s;
	size_t i;

	json_array_foreach(all, i, q)
	{
		s = json_string_value(json_object_get(q, "naam"));
		if (s != NULL && strcmp(s, van) == 0)
			whole = json_object_get(q, "kolommen");
	}
	json_array_foreach(whole, i, c)
	{
		s = json_string_value(json_object_get(c, "pad"));
		if (s != NULL && of_part(p, ook, s))
			(void)json_array_append(out, json_array_get(whole, i));
	}
	return out;
}

static enum ov_rc
load_profile(struct ov_profile *p, json_t *js, const json_t *all,
    struct ov_err *e)
{
	static const char *const parts[] = {"A", "B", "C", NULL};
	struct ov_jobj o;
	const char *van;
	const json_t *arr = NULL, *ook;
	int w;
	size_t i;
	enum ov_rc rc;

	ov_jo_init(&o, js, "profiel");
	p->naam = ov_jo_str(&o, "naam", 40);
	p->srt = ov_jo_str_opt(&o, "srt", 32);
	if (ov_jo_has(&o, "deel")) {
		van = ov_jo_str(&o, "van", 40);
		ook = ov_jo_arr(&o, "ook", 20);
		w = ov_jo_word(&o, "deel", parts);
		p->deel = w >= 0 ? parts[w] : NULL;
		if (o.bad == NULL && p->srt != NULL) {
			json_t *cols = part_cols(p, all, van, ook);

			if (json_array_size(cols) == 0)
				ov_jo_fail(&o, "van", OV_REDEN_CODE);
			/* Kept with the document. */
			if (json_object_set_new(js, "kolommen", cols) != 0)
				return ov_fail(e, OV_NOSPACE, "no memory");
		}
	}
	arr = ov_jo_arr(&o, "kolommen", OV_CSV_COLS_MAX);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if (p->srt != NULL && !ov_types_known(p->types, p->srt))
		return ov_fail(e, OV_BADMSG, "no type %s", p->srt);
	p->col = calloc(OV_CSV_COLS_MAX, sizeof(*p->col));
	if (p->col == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (i = 0; i < json_array_size(arr);) {
		if (stem(json_array_get(arr, i)) > 0)
			rc = add_run(p, arr, &i, e);
		else
			rc = add_col(p, json_array_get(arr, i++), 0, e);
		if (rc != OV_OK)
			return ov_while(e, rc, "%s: kolom %zu", p->naam, i);
	}
	return OV_OK;
}

enum ov_rc
ov_profiles_load(const struct ov_types *types, struct ov_view profielen,
    struct ov_profiles **out, struct ov_err *e)
{
	struct ov_profiles *s;
	struct ov_jobj o;
	const json_t *arr;
	size_t i;
	enum ov_rc rc;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_json_parse(profielen.p, profielen.n, TABLE_MAX, &s->doc, e);
	if (rc != OV_OK)
		goto fail;
	ov_jo_init(&o, s->doc, "profielen");
	(void)ov_jo_range(&o, "versie", 1, 1);
	arr = ov_jo_arr(&o, "profielen", 50);
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		goto fail;
	s->p = calloc(json_array_size(arr) + 1, sizeof(*s->p));
	if (s->p == NULL) {
		rc = ov_fail(e, OV_NOSPACE, "no memory");
		goto fail;
	}
	for (i = 0; i < json_array_size(arr); i++) {
		s->p[i].types = types;
		s->n++;
		rc = load_profile(&s->p[i], json_array_get(arr, i), arr, e);
		if (rc != OV_OK)
			goto fail;
	}
	*out = s;
	return OV_OK;
fail:
	ov_profiles_free(s);
	return ov_while(e, rc, "profielen.json");
}

void
ov_profiles_free(struct ov_profiles *s)
{
	size_t i, j;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		for (j = 0; j < s->p[i].n; j++) {
			free(s->p[i].col[j].kolom);
			free(s->p[i].col[j].pad);
		}
		free(s->p[i].col);
	}
	free(s->p);
	json_decref(s->doc);
	free(s);
}

const struct ov_profile *
ov_profile_nth(const struct ov_profiles *s, size_t i)
{
	return i < s->n ? &s->p[i] : NULL;
}

const struct ov_profile *
ov_profile_find(const struct ov_profiles *s, const char *naam)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->p[i].naam, naam) == 0)
			return &s->p[i];
	return NULL;
}

const char *
ov_profile_name(const struct ov_profile *p)
{
	return p->naam;
}

const char *
ov_profile_srt(const struct ov_profile *p)
{
	return p->srt;
}

const char *
ov_profile_deel(const struct ov_profile *p)
{
	return p->deel;
}

size_t
ov_profile_ncols(const struct ov_profile *p)
{
	return p->n;
}

const char *
ov_profile_header(const struct ov_profile *p, size_t i)
{
	return i < p->n ? p->col[i].kolom : NULL;
}

const char *
ov_profile_uitleg(const struct ov_profile *p, size_t i)
{
	return i < p->n ? p->col[i].uitleg : NULL;
}

const char *
ov_profile_pad(const struct ov_profile *p, size_t i)
{
	return i < p->n ? p->col[i].pad : NULL;
}

/* ---- mapping ---- */

static bool
blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

/* A line without the blanks around it, given. */
static char *
trimmed(const char *s, size_t n)
{
	while (n > 0 && blank(s[0])) {
		s++;
		n--;
	}
	while (n > 0 && blank(s[n - 1]))
		n--;
	return strndup(s, n);
}

static enum ov_rc
map_line(struct ov_mapping *m, const struct ov_profile *p, const char *s,
    size_t n, struct ov_err *e)
{
	const char *eq = memchr(s, '=', n);
	char *ours;
	size_t i;

	if (eq == NULL)
		return ov_fail(e, OV_BADMSG, "no =");
	if (m->n == OV_CSV_COLS_MAX)
		return ov_fail(e, OV_TOOBIG, "too many lines");
	if ((m->theirs[m->n] = trimmed(s, (size_t)(eq - s))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	m->ours[m->n] = OV_MAP_SKIP;
	m->n++;
	for (i = 0; i + 1 < m->n; i++)
		if (strcasecmp(m->theirs[i], m->theirs[m->n - 1]) == 0)
			return ov_fail(e, OV_BADMSG, "a header twice");
	if ((ours = trimmed(eq + 1, n - (size_t)(eq - s) - 1)) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	for (i = 0; i < p->n && ours[0] != '\0'; i++)
		if (strcasecmp(p->col[i].kolom, ours) == 0)
			m->ours[m->n - 1] = i;
	i = strlen(ours);
	free(ours);
	if (i > 0 && m->ours[m->n - 1] == OV_MAP_SKIP)
		return ov_fail(e, OV_BADMSG, "the profile has no such column");
	return OV_OK;
}

enum ov_rc
ov_mapping_load(const struct ov_profile *p, struct ov_view text,
    struct ov_mapping **out, struct ov_err *e)
{
	const char *s = (const char *)text.p, *nl;
	struct ov_mapping *m;
	size_t left = text.n, n, line = 1;
	enum ov_rc rc = OV_OK;

	*out = NULL;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if (left >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		s += 3;
		left -= 3;
	}
	for (; left > 0 && rc == OV_OK; line++) {
		nl = memchr(s, '\n', left);
		n = nl != NULL ? (size_t)(nl - s) : left;
		if (n > 0 && s[0] != '#' && strspn(s, " \t\r") < n)
			rc = map_line(m, p, s, n, e);
		if (rc != OV_OK)
			rc = ov_while(e, rc, "line %zu", line);
		n += nl != NULL;
		s += n;
		left -= n;
	}
	if (rc != OV_OK) {
		ov_mapping_free(m);
		return rc;
	}
	*out = m;
	return OV_OK;
}

void
ov_mapping_free(struct ov_mapping *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		free(m->theirs[i]);
	free(m);
}

/* ---- writing ---- */

void
ov_export_header(const struct ov_profile *p, struct ov_buf *b)
{
	const char *cell[OV_CSV_COLS_MAX];
	size_t i;

	for (i = 0; i < p->n; i++)
		cell[i] = p->col[i].kolom;
	ov_csv_out_begin(b);
	ov_csv_out_row(b, cell, p->n);
}

void
ov_profile_template(const struct ov_profile *p, struct ov_buf *b)
{
	const char *cell[OV_CSV_COLS_MAX];
	char first[600];
	size_t i;

	ov_export_header(p, b);
	for (i = 0; i < p->n; i++)
		cell[i] = p->col[i].uitleg;
	(void)snprintf(first, sizeof(first), "# %s", p->col[0].uitleg);
	cell[0] = first;
	ov_csv_out_row(b, cell, p->n);
	for (i = 0; i < p->n; i++)
		cell[i] = p->col[i].voorbeeld;
	(void)snprintf(first, sizeof(first), "# voorbeeld: %s",
	    p->col[0].voorbeeld);
	cell[0] = first;
	ov_csv_out_row(b, cell, p->n);
}

const json_t *
ov_profile_at(const json_t *v, const char *pad)
{
	char step[64];
	size_t n;

	while (v != NULL && *pad == '/') {
		n = strcspn(++pad, "/");
		if (n >= sizeof(step))
			return NULL;
		memcpy(step, pad, n);
		step[n] = '\0';
		if (json_is_array(v))
			v = json_array_get(v, strtoul(step, NULL, 10));
		else
			v = json_object_get(v, step);
		pad += n;
	}
	return v;
}

/* The text of a cell, appended with its NUL to b. */
static void
cell_text(const struct ov_profile *p, const struct ov_col *c, const json_t *v,
    struct ov_buf *b)
{
	if (c->kind == OV_COL_ROWS)
		ov_profile_rows_text(p, c->f, v, b);
	else
		ov_profile_text(c->kind == OV_COL_FIELD   ? ov_field_soort(c->f)
		                : c->kind == OV_COL_DATE  ? OV_S_DATUM
		                : c->kind == OV_COL_HOURS ? OV_S_DECIMAAL
		                                          : OV_S_TEKST,
		    v, b);
	ov_buf_add(b, "", 1);
}

enum ov_rc
ov_export_row(const struct ov_profile *p, const json_t *draft,
    struct ov_buf *out, struct ov_err *e)
{
	OV_BUF text = {0};
	size_t start[OV_CSV_COLS_MAX], i;
	const char *cell[OV_CSV_COLS_MAX];
	enum ov_rc rc;

	for (i = 0; i < p->n; i++) {
		start[i] = text.n;
		cell_text(p, &p->col[i], ov_profile_at(draft, p->col[i].pad),
		    &text);
	}
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	for (i = 0; i < p->n; i++)
		cell[i] = (const char *)text.p + start[i];
	ov_csv_out_row(out, cell, p->n);
	return ov_buf_ok(out, e);
}
