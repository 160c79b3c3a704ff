/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows and JSON objects become drafts, each with its list of faults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/oin.h"
#include "protocol/pgn.h"
#include "protocol/profiel_in.h"

#define JSON_MAX ((size_t)64 << 20)
#define LISTS_MAX 16
#define LIST_MAX 64

/* Where the elements of a list stood before the empty ones were dropped. */
struct list {
	char pad[80];
	size_t n;
	size_t was[LIST_MAX];
};

struct ov_import {
	struct ov_import_opts o;
	struct ov_csv *csv;
	bool stop; /* the header was refused */
	size_t n;
	size_t map[OV_CSV_COLS_MAX];     /* cell -> column, or OV_MAP_SKIP */
	size_t cell_of[OV_CSV_COLS_MAX]; /* column -> cell + 1, 0: none */
	char *head[OV_CSV_COLS_MAX];
	/* the row at hand */
	uint64_t nr;
	json_t *draft;
	size_t nlist;
	struct list list[LISTS_MAX];
	size_t nfault;
	bool bad;
	struct ov_io_fault fault[OV_IO_FAULTS];
	struct ov_fouten check;
};

/* ---- faults ---- */

/* Does the column have what the pointer names? */
static bool
holds(const struct ov_col *c, const char *pad)
{
	size_t n = strlen(c->pad);

	return strncmp(c->pad, pad, n) == 0 &&
	       (pad[n] == '\0' || (pad[n] == '/' && c->kind == OV_COL_ROWS));
}

static void
fault(struct ov_import *m, size_t cell, const char *pad, enum ov_reden reden,
    const char *code, bool bad)
{
	struct ov_io_fault *f;
	size_t i;

	m->bad = m->bad || bad;
	if (m->nfault == OV_IO_FAULTS)
		return;
	f = &m->fault[m->nfault++];
	memset(f, 0, sizeof(*f));
	f->row = m->nr;
	f->col = cell;
	f->reden = reden;
	f->slecht = bad;
	f->code = code;
	(void)snprintf(f->pad, sizeof(f->pad), "%s", pad);
	for (i = 0; i < m->o.profile->n; i++)
		if (holds(&m->o.profile->col[i], pad)) {
			f->kolom = m->o.profile->col[i].kolom;
			if (cell == 0)
				f->col = m->cell_of[i];
		}
}

/* A pointer of the check, with the index its column has. */
static void
original(const struct ov_import *m, const char *pad, char out[OV_FOUT_PAD])
{
	size_t i, len, k;
	char *end;

	(void)snprintf(out, OV_FOUT_PAD, "%s", pad);
	for (i = 0; i < m->nlist; i++) {
		len = strlen(m->list[i].pad);
		if (strncmp(pad, m->list[i].pad, len) != 0 || pad[len] != '/')
			continue;
		k = strtoul(pad + len + 1, &end, 10);
		if (end != pad + len + 1 && k < m->list[i].n)
			(void)snprintf(out, OV_FOUT_PAD, "%s/%zu%s",
			    m->list[i].pad, m->list[i].was[k], end);
	}
}

/* ---- one value ---- */

/* Put v (taken; NULL: take away what is there) at a pointer, making what is on
 * the way. */
static bool
set_at(json_t *o, const char *pad, json_t *v)
{
	char step[64];
	json_t *next;
	size_t n, i;

	for (;;) {
		n = strcspn(++pad, "/");
		if (n >= sizeof(step))
			break;
		memcpy(step, pad, n);
		step[n] = '\0';
		pad += n;
		if (*pad == '\0' && v == NULL)
			return json_object_del(o, step) == 0;
		if (*pad == '\0')
			return json_object_set_new(o, step, v) == 0;
		next = json_object_get(o, step);
		if (pad[1] >= '0' && pad[1] <= '9') {
			if (next == NULL && json_object_set_new(o, step,
			                        next = json_array()) != 0)
				break;
			i = strtoul(pad + 1, NULL, 10);
			pad += 1 + strcspn(pad + 1, "/");
			if (i >= LIST_MAX || *pad == '\0')
				break;
			while (json_array_size(next) <= i)
				if (json_array_append_new(next, json_object()))
					goto out;
			next = json_array_get(next, i);
		} else if (next == NULL && json_object_set_new(o, step,
		                               next = json_object()) != 0) {
			break;
		}
		o = next;
	}
out:
	json_decref(v);
	return false;
}

/* ---- the whole draft ---- */

/* Drop the empty objects of every list; remember where the others stood. */
static void
compact(struct ov_import *m, json_t *o, const char *pad)
{
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v)
	{
		char here[80];
		struct list *l;
		size_t i, at = 0;

		if (snprintf(here, sizeof(here), "%s/%s", pad, key) >=
		    (int)sizeof(here))
			continue;
		if (json_is_object(v))
			compact(m, v, here);
		if (!json_is_array(v) ||
		    !json_is_object(json_array_get(v, 0)) ||
		    m->nlist == LISTS_MAX)
			continue;
		l = &m->list[m->nlist++];
		memcpy(l->pad, here, sizeof(here));
		l->n = 0;
		for (i = 0; at < json_array_size(v); i++) {
			if (json_object_size(json_array_get(v, at)) == 0)
				(void)json_array_remove(v, at);
			else {
				at++;
				/* A longer list has no columns. */
				if (l->n < LIST_MAX)
					l->was[l->n++] = i;
			}
		}
	}
}

static void
check_pgn(struct ov_import *m)
{
	const char *s = json_string_value(json_object_get(m->draft, "pgn"));
	struct ov_pgn pgn;

	if (s == NULL) {
		if (m->o.profile->srt != NULL)
			fault(m, 0, "/pgn", OV_REDEN_ONTBREEKT, "zonder-pgn",
			    false);
		return;
	}
	if (ov_pgn_parse(ov_view_str(s), &pgn) == OV_PGN_NONE)
		fault(m, 0, "/pgn", OV_REDEN_PATROON, "pgn-ongeldig", true);
	else if (json_object_set_new(m->draft, "pgn", json_string(pgn.s)) != 0)
		m->bad = true;
	ov_pgn_wipe(&pgn);
}

static bool
is_school(const char *s)
{
	size_t n = strlen(s);
	struct ov_view brin = {(const uint8_t *)s, n < 4 ? n : 4};

	if (!ov_is_brin(brin))
		return false;
	return n == 4 || ov_is_vestiging(ov_view_str(s + 4));
}

/* What every draft needs besides its content. */
static void
check_meta(struct ov_import *m)
{
	const json_t *ref = json_object_get(m->draft, "eigenReferentie");
	const char *s;
	bool was = m->bad;

	if (ref != NULL && json_string_length(ref) > 100)
		fault(m, 0, "/eigenReferentie", OV_REDEN_TE_LANG, NULL, true);
	for (size_t i = 0; i < m->o.profile->n; i++) {
		const struct ov_col *c = &m->o.profile->col[i];

		/* A cell that was refused has been told already. */
		if (((c->verplicht && !was) || c->kind == OV_COL_REF) &&
		    ov_profile_at(m->draft, c->pad) == NULL)
			fault(m, 0, c->pad, OV_REDEN_ONTBREEKT, NULL, true);
	}
	check_pgn(m);
	if (m->o.profile->srt != NULL) {
		if (json_object_get(m->draft, "ontvanger") == NULL)
			fault(m, 0, "/ontvanger", OV_REDEN_ONTBREEKT, NULL,
			    false);
		return;
	}
	s = json_string_value(json_object_get(m->draft, "schoolVerlaten"));
	if (s != NULL && !is_school(s))
		fault(m, 0, "/schoolVerlaten", OV_REDEN_PATROON, NULL, true);
}

/* What the row left open: the schema, the profile's values, the ground. */
static void
fill_in(struct ov_import *m, json_t *inhoud)
{
	const struct ov_profile *p = m->o.profile;
	const struct ov_type *y = ov_types_find(p->types, p->srt, m->o.vandaag);
	struct ov_verdict v;
	size_t i;

	if (y != NULL && json_object_get(inhoud, "schema") == NULL)
		(void)json_object_set_new(inhoud, "schema",
		    json_string(ov_type_schema(y)));
	for (i = 0; i < p->n; i++)
		if (p->col[i].standaard != NULL &&
		    ov_profile_at(m->draft, p->col[i].pad) == NULL)
			(void)set_at(m->draft, p->col[i].pad,
			    json_string(p->col[i].standaard));
	if (m->o.policy == NULL || json_object_get(inhoud, "grondslag") != NULL)
		return;
	v = ov_policy_route_json(m->o.policy, p->srt, m->o.rollen, inhoud,
	    m->o.vandaag);
	if (v.may == OV_MAY_YES && v.grondslag != NULL)
		(void)json_object_set_new(inhoud, "grondslag",
		    json_string(v.grondslag));
}

/* A school system gives the address of a pupil whose address is secret as it
 * gives any other.  What the check forbids of it is left out, so that the
 * notice itself can go; true: something was. */
static bool
drop_secret(struct ov_import *m)
{
	bool any = false;

	for (size_t i = 0; i < m->check.n; i++) {
		const struct ov_fout_plek *f = &m->check.f[i];
		char pad[OV_FOUT_PAD], *last;
		const json_t *o;

		(void)snprintf(pad, sizeof(pad), "%s", f->pad);
		if (f->reden != OV_REDEN_VERBODEN ||
		    (last = strrchr(pad, '/')) == NULL)
			continue;
		*last = '\0';
		o = ov_profile_at(m->draft, pad);
		if (json_is_true(json_object_get(o, "geheim")))
			any |= set_at(m->draft, f->pad, NULL);
	}
	return any;
}

static bool
content_ok(struct ov_import *m, json_t *inhoud)
{
	return ov_types_check_json(m->o.profile->types, m->o.profile->srt,
	           inhoud, 43, m->o.vandaag, &m->check) == OV_OK;
}

static void
check_content(struct ov_import *m, json_t *inhoud)
{
	char pad[OV_FOUT_PAD];
	size_t i;

	if (content_ok(m, inhoud) || (drop_secret(m) && content_ok(m, inhoud)))
		return;
	for (i = 0; i < m->check.n; i++) {
		const struct ov_fout_plek *f = &m->check.f[i];
		bool gone = f->reden == OV_REDEN_ONTBREEKT;
		size_t was = m->nfault;

		original(m, f->pad, pad);
		fault(m, 0, pad, f->reden, NULL, !gone);
		if (m->nfault > was) {
			m->fault[was].uitleg = f->uitleg;
			m->fault[was].bron = f->bron;
		}
	}
}

/* Judge the draft and hand it over. */
static enum ov_rc
deliver(struct ov_import *m, const struct ov_csv_row *csv, struct ov_err *e)
{
	struct ov_io_row r = {.csv = csv};
	json_t *inhoud;

	check_meta(m);
	if (m->o.profile->srt != NULL) {
		inhoud = json_object_get(m->draft, "inhoud");
		fill_in(m, inhoud);
		compact(m, inhoud, "/inhoud");
		check_content(m, inhoud);
	}
	r.draft = m->draft;
	r.nfaults = m->nfault;
	r.bad = m->bad;
	r.fault = m->fault;
	return m->o.fn(m->o.arg, &r, e);
}

static enum ov_rc
fresh(struct ov_import *m, uint64_t nr, struct ov_err *e)
{
	const struct ov_profile *p = m->o.profile;
	int bad;

	json_decref(m->draft);
	m->nr = nr;
	m->nlist = m->nfault = 0;
	m->bad = false;
	m->draft = json_pack("{s:s}", "profiel", p->naam);
	bad = m->draft == NULL;
	if (!bad && p->srt != NULL)
		bad = json_object_set_new(m->draft, "srt",
		          json_string(p->srt)) ||
		      json_object_set_new(m->draft, "inhoud", json_object());
	return bad ? ov_fail(e, OV_NOSPACE, "no memory") : OV_OK;
}

/* ---- CSV ---- */

static enum ov_rc
header_fault(struct ov_import *m, size_t cell, const char *pad,
    const char *code_, const struct ov_csv_row *r, struct ov_err *e)
{
	struct ov_io_row row = {.csv = r, .bad = true, .nfaults = 1};

	m->stop = true;
	m->nfault = 0;
	m->nr = r->nr;
	fault(m, cell, pad, OV_REDEN_ONBEKEND_LID, code_, true);
	row.fault = m->fault;
	return m->o.fn(m->o.arg, &row, e);
}

static size_t
find_column(const struct ov_import *m, const char *s, bool *found)
{
	size_t i;

	*found = true;
	for (i = 0; m->o.mapping != NULL && i < m->o.mapping->n; i++)
		if (strcasecmp(m->o.mapping->theirs[i], s) == 0)
			return m->o.mapping->ours[i];
	for (i = 0; i < m->o.profile->n; i++)
		if (strcasecmp(m->o.profile->col[i].kolom, s) == 0)
			return i;
	*found = false;
	return OV_MAP_SKIP;
}

/* A copy without the blanks around it, given. */
static char *
trim(const char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return strndup(s, n);
}

static enum ov_rc
header(struct ov_import *m, const struct ov_csv_row *r, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	bool found, ref = true;
	size_t i, c;

	for (i = 0; i < r->n; i++) {
		if ((m->head[i] = trim(r->cell[i])) == NULL)
			return ov_fail(e, OV_NOSPACE, "no memory");
		m->n = i + 1;
	}
	for (i = 0; i < m->o.profile->n; i++)
		if (m->o.profile->col[i].kind == OV_COL_REF)
			ref = false; /* to be found */
	for (i = 0; i < r->n && rc == OV_OK; i++) {
		c = find_column(m, m->head[i], &found);
		m->map[i] = c;
		if (!found || (c != OV_MAP_SKIP && m->cell_of[c] != 0))
			rc = header_fault(m, i + 1, "", "kolom-onbekend", r, e);
		else if (c != OV_MAP_SKIP) {
			m->cell_of[c] = i + 1;
			if (m->o.profile->col[c].kind == OV_COL_REF)
				ref = true;
		}
	}
	if (rc == OV_OK && !m->stop && !ref)
		rc = header_fault(m, 0, "/eigenReferentie", "kolom-ontbreekt",
		    r, e);
	return rc;
}

/* "7,5" as "7.5". */
static json_t *
hours(const char *s, const char **why)
{
	size_t n = strspn(s, "0123456789"), d;
	char out[8];

	*why = "uren-ongeldig";
	if (n == 0 || n > 2)
		return NULL;
	if (s[n] == '\0')
		return json_string(s);
	d = s[n] == ',' || s[n] == '.' ? strspn(s + n + 1, "0123456789") : 0;
	if (d == 0 || d > 2 || s[n + 1 + d] != '\0')
		return NULL;
	(void)snprintf(out, sizeof(out), "%.*s.%s", (int)n, s, s + n + 1);
	return json_string(out);
}

static void
take_cell(struct ov_import *m, size_t cell, const char *s)
{
	const struct ov_col *c = &m->o.profile->col[m->map[cell]];
	const char *why = NULL;
	json_t *v = NULL;
	char date[11];

	if (c->kind == OV_COL_FIELD)
		v = ov_profile_value(m->o.profile, m->o.vandaag, c->f, s, &why);
	else if (c->kind == OV_COL_ROWS)
		v = ov_profile_rows(m->o.profile, m->o.vandaag, c->f, s, &why);
	else if (c->kind == OV_COL_HOURS)
		v = hours(s, &why);
	else if (c->kind == OV_COL_GEMEENTE)
		v = ov_profile_digits(s, 4);
	else if (c->kind == OV_COL_JAAR)
		v = strlen(s) == 4 ? ov_profile_digits(s, 4) : NULL;
	else if (c->kind != OV_COL_DATE)
		v = json_string(s);
	else if (ov_csv_date_in(s, date))
		v = json_string(date);
	else
		why = "datum-ongeldig";
	if (v == NULL)
		fault(m, cell + 1, c->pad,
		    why != NULL ? OV_REDEN_PATROON : OV_REDEN_TYPE, why, true);
	else if (!set_at(m->draft, c->pad, v))
		m->bad = true;
}

static enum ov_rc
on_row(void *arg, const struct ov_csv_row *r, struct ov_err *e)
{
	struct ov_import *m = arg;
	enum ov_rc rc;
	size_t i;
	char *s;

	if (m->stop)
		return OV_OK;
	if (m->n == 0)
		return header(m, r, e);
	if (r->cell[0][0] == '#')
		return OV_OK;
	if ((rc = fresh(m, r->nr, e)) != OV_OK)
		return rc;
	for (i = 0; i < r->n; i++) {
		if ((s = trim(r->cell[i])) == NULL)
			return ov_fail(e, OV_NOSPACE, "no memory");
		if (s[0] != '\0' && i >= m->n)
			fault(m, i + 1, "", OV_REDEN_ONBEKEND_LID,
			    "kolom-onbekend", true);
		else if (s[0] != '\0' && m->map[i] != OV_MAP_SKIP)
			take_cell(m, i, s);
		explicit_bzero(s, strlen(s));
		free(s);
	}
	return deliver(m, r, e);
}

struct ov_import *
ov_import_new(const struct ov_import_opts *o)
{
	struct ov_import *m;

	ov_json_init();
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->o = *o;
	if ((m->csv = ov_csv_new(on_row, m)) == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

void
ov_import_free(struct ov_import *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		free(m->head[i]);
	json_decref(m->draft);
	ov_csv_free(m->csv);
	explicit_bzero(m, sizeof(*m));
	free(m);
}

enum ov_rc
ov_import_push(struct ov_import *m, const void *p, size_t n, struct ov_err *e)
{
	return ov_csv_push(m->csv, p, n, e);
}

enum ov_rc
ov_import_end(struct ov_import *m, struct ov_err *e)
{
	return ov_csv_end(m->csv, e);
}

void
ov_import_where(const struct ov_import *m, uint64_t *line, size_t *column)
{
	*line = ov_csv_line(m->csv);
	*column = ov_csv_column(m->csv);
}

const char *const *
ov_import_header(const struct ov_import *m, size_t *n)
{
	*n = m->n;
	return m->n > 0 ? (const char *const *)m->head : NULL;
}

/* ---- JSON ---- */

/* Copy what a draft may have; another member, or one of another type or for
 * another profile, is a fault. */
static void
take_draft(struct ov_import *m, json_t *js)
{
	const struct ov_profile *p = m->o.profile;
	const char *key;
	char pad[OV_FOUT_PAD];
	json_t *v;
	size_t i;

	json_object_foreach(js, key, v)
	{
		bool known = false;

		(void)snprintf(pad, sizeof(pad), "/%.100s", key);
		for (i = 0; i < p->n; i++)
			if (strcmp(p->col[i].pad, pad) == 0)
				known = json_is_string(v);
		if (strcmp(key, "profiel") == 0 || strcmp(key, "srt") == 0) {
			if (!json_equal(v, json_object_get(m->draft, key)))
				fault(m, 0, pad, OV_REDEN_CODE, NULL, true);
			continue;
		}
		if (p->srt != NULL && strcmp(key, "inhoud") == 0)
			known = json_is_object(v);
		if (!known || json_object_set(m->draft, key, v) != 0)
			fault(m, 0, pad, OV_REDEN_ONBEKEND_LID, NULL, true);
	}
}

enum ov_rc
ov_import_draft(struct ov_import *m, uint64_t nr, json_t *draft,
    struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = fresh(m, nr, e)) != OV_OK)
		return rc;
	if (json_is_object(draft))
		take_draft(m, draft);
	else
		fault(m, 0, "", OV_REDEN_TYPE, NULL, true);
	return deliver(m, NULL, e);
}

enum ov_rc
ov_import_json(const struct ov_import_opts *o, const void *p, size_t n,
    struct ov_err *e)
{
	struct ov_import *m;
	OV_JSON *doc = NULL;
	size_t i, count;
	enum ov_rc rc;

	if ((rc = ov_json_parse(p, n, JSON_MAX, &doc, e)) != OV_OK)
		return rc;
	if ((m = ov_import_new(o)) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	count = json_is_array(doc) ? json_array_size(doc) : 1;
	for (i = 0; i < count && rc == OV_OK; i++)
		rc = ov_import_draft(m, 0,
		    json_is_array(doc) ? json_array_get(doc, i) : doc, e);
	ov_import_free(m);
	return rc;
}
