/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_duo.c - DUO's monthly vsv file compared with what was exchanged. */
#include "tools/cmd_duo.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "protocol/csv.h"

#define COLS_MAX 64

/* What two rows about one person are compared in, and needed for. */
static const char *const vergelijk[] = {"DATUM_UITSCHRIJVING",
    "REDEN_UITSTROOM", "GEMEENTECODE", "NIVEAU"};
static const char *const nodig[] = {"BRIN_NR", "RAPPORTAGEMAAND",
    "PERSOONSGEBONDENNUMMER", "ACHTERNAAM", "GEBOORTEDATUM",
    "DATUM_UITSCHRIJVING", "REDEN_UITSTROOM", "GEMEENTECODE"};
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char *
text(const json_t *row, const char *member)
{
	const char *s = json_string_value(json_object_get(row, member));

	return s != NULL ? s : "";
}

/* ---- reading ---- */

struct reader {
	const json_t *kolommen;
	const char *col[COLS_MAX]; /* of the file, live with kolommen */
	size_t n;
	json_t *rows;
};

static const char *
known(const json_t *kolommen, const char *name)
{
	const json_t *k;
	size_t i;

	json_array_foreach(kolommen, i, k)
	{
		if (strcmp(text(k, "naam"), name) == 0)
			return text(k, "naam");
	}
	return NULL;
}

static enum ov_rc
header(struct reader *r, const struct ov_csv_row *row, struct ov_err *e)
{
	bool there;

	if (row->n > COLS_MAX)
		return ov_fail(e, OV_BADMSG, "over %d columns", COLS_MAX);
	for (r->n = 0; r->n < row->n; r->n++) {
		const char *name = known(r->kolommen, row->cell[r->n]);

		for (size_t k = 0; k < r->n && name != NULL; k++)
			if (r->col[k] == name)
				name = NULL;
		if (name == NULL)
			return ov_fail(e, OV_BADMSG,
			    "column %zu is none of DUO's, or stands twice",
			    r->n + 1);
		r->col[r->n] = name;
	}
	for (size_t i = 0; i < N(nodig); i++) {
		there = false;
		for (size_t k = 0; k < r->n; k++)
			there = there || strcmp(r->col[k], nodig[i]) == 0;
		if (!there)
			return ov_fail(e, OV_BADMSG, "column %s is missing",
			    nodig[i]);
	}
	return OV_OK;
}

static enum ov_rc
on_row(void *arg, const struct ov_csv_row *row, struct ov_err *e)
{
	struct reader *r = arg;
	json_t *j;

	if (row->nr == 1)
		return header(r, row, e);
	if (row->n != r->n)
		return ov_fail(e, OV_BADMSG, "line %llu has %zu cells",
		    (unsigned long long)row->line, row->n);
	if (json_array_size(r->rows) >= OV_DUO_ROWS_MAX)
		return ov_fail(e, OV_TOOBIG, "over %d rows", OV_DUO_ROWS_MAX);
	j = json_pack("{s:I}", "regel", (json_int_t)row->line);
	for (size_t i = 0; i < row->n && j != NULL; i++)
		if (json_object_set_new(j, r->col[i],
		        json_string(row->cell[i])) != 0) {
			json_decref(j);
			return ov_fail(e, OV_BADMSG, "line %llu: no UTF-8",
			    (unsigned long long)row->line);
		}
	return j != NULL && json_array_append_new(r->rows, j) == 0
	           ? OV_OK
	           : ov_fail(e, OV_NOSPACE, "no memory");
}

enum ov_rc
ov_duo_read(const void *p, size_t n, const json_t *kolommen, json_t **out,
    struct ov_err *e)
{
	struct reader r = {.kolommen = kolommen, .rows = json_array()};
	struct ov_csv *c = ov_csv_new(on_row, &r);
	enum ov_rc rc = OV_OK;

	*out = NULL;
	if (c == NULL || r.rows == NULL)
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	if (rc == OV_OK)
		rc = ov_csv_push(c, p, n, e);
	if (rc == OV_OK)
		rc = ov_csv_end(c, e);
	if (rc == OV_OK && r.n == 0)
		rc = ov_fail(e, OV_BADMSG, "the file is empty");
	ov_csv_free(c);
	if (rc != OV_OK) {
		json_decref(r.rows);
		return rc;
	}
	*out = r.rows;
	return OV_OK;
}

/* ---- who is who ---- */

/* "BRIN geboortedatum achternaam", as both sides would write it. */
static void
name_key(const json_t *row, struct ov_buf *b)
{
	const char *s = text(row, "ACHTERNAAM");

	ov_buf_fmt(b, "%.4s %s ", text(row, "BRIN_NR"),
	    text(row, "GEBOORTEDATUM"));
	for (; *s != '\0'; s++) {
		char c = *s;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		ov_buf_add(b, &c, 1);
	}
}

static bool
index_add(json_t *map, const char *key, size_t i)
{
	json_t *list = json_object_get(map, key);

	if (list == NULL &&
	    json_object_set_new(map, key, list = json_array()) != 0)
		return false;
	return json_array_append_new(list, json_integer((json_int_t)i)) == 0;
}

struct side {
	const json_t *rows;
	json_t *by_pgn, *by_name; /* -> list of indices */
	json_t *used;             /* indices, as texts */
};

static bool
side_index(struct side *s, const json_t *rows)
{
	const json_t *r;
	bool ok;
	size_t i;

	*s = (struct side){rows, json_object(), json_object(), json_object()};
	ok = s->by_pgn != NULL && s->by_name != NULL && s->used != NULL;
	json_array_foreach(rows, i, r)
	{
		OV_BUF key = {0};

		name_key(r, &key);
		ok = ok && ov_buf_text(&key) != NULL &&
		     index_add(s->by_name, ov_buf_text(&key), i) &&
		     (text(r, "PERSOONSGEBONDENNUMMER")[0] == '\0' ||
		         index_add(s->by_pgn, text(r, "PERSOONSGEBONDENNUMMER"),
		             i));
	}
	return ok;
}

static void
side_free(struct side *s)
{
	json_decref(s->by_pgn);
	json_decref(s->by_name);
	json_decref(s->used);
}

/* Of these the one that was not taken yet, of the same day if there is one. */
static const json_t *
pick(struct side *s, const json_t *list, const json_t *duo)
{
	const json_t *i, *best = NULL, *r;
	char key[24], taken[24] = "";
	size_t k;

	json_array_foreach(list, k, i)
	{
		(void)snprintf(key, sizeof(key), "%lld",
		    (long long)json_integer_value(i));
		if (json_object_get(s->used, key) != NULL)
			continue;
		r = json_array_get(s->rows, (size_t)json_integer_value(i));
		if (best == NULL ||
		    strcmp(text(r, "DATUM_UITSCHRIJVING"),
		        text(duo, "DATUM_UITSCHRIJVING")) == 0) {
			best = r;
			memcpy(taken, key, sizeof(taken));
		}
	}
	if (best != NULL &&
	    json_object_set_new(s->used, taken, json_true()) != 0)
		return NULL;
	return best;
}

static const json_t *
partner_of(struct side *s, const json_t *duo)
{
	const char *pgn = text(duo, "PERSOONSGEBONDENNUMMER");
	const json_t *r = NULL;
	OV_BUF key = {0};

	if (pgn[0] != '\0')
		r = pick(s, json_object_get(s->by_pgn, pgn), duo);
	name_key(duo, &key);
	if (r == NULL && ov_buf_text(&key) != NULL)
		r = pick(s, json_object_get(s->by_name, ov_buf_text(&key)),
		    duo);
	return r;
}

/* ---- the comparison ---- */

static bool
put(json_t *rows, const char *uitkomst, const json_t *duo, const json_t *hier,
    const char *verschil)
{
	const json_t *r = hier != NULL ? hier : duo;
	const json_t *regel = json_object_get(duo, "regel"),
	             *nr = json_object_get(hier, "nr");
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "uitkomst", uitkomst,
	    "brin", text(r, "BRIN_NR"), "gemeente", text(r, "GEMEENTECODE"),
	    "datum", text(r, "DATUM_UITSCHRIJVING"), "eigenReferentie",
	    text(hier, "eigenReferentie"), "verschil", verschil);

	if (j == NULL)
		return false;
	if (regel != NULL)
		(void)json_object_set(j, "regel", (json_t *)(uintptr_t)regel);
	if (nr != NULL)
		(void)json_object_set(j, "nr", (json_t *)(uintptr_t)nr);
	return json_array_append_new(rows, j) == 0;
}

static void
differences(const json_t *duo, const json_t *hier, struct ov_buf *b)
{
	for (size_t i = 0; i < N(vergelijk); i++) {
		const char *a = text(duo, vergelijk[i]),
		           *h = text(hier, vergelijk[i]);

		if (a[0] != '\0' && h[0] != '\0' && strcmp(a, h) != 0)
			ov_buf_fmt(b, "%s%s: DUO %s, hier %s",
			    b->n > 0 ? "; " : "", vergelijk[i], a, h);
	}
}

/* "2026-02" and "202602" are one month. */
static bool
same_month(const char *duo, const char *maand)
{
	size_t k = 0;

	for (; *duo != '\0'; duo++) {
		if (!isdigit((unsigned char)*duo))
			continue;
		while (maand[k] != '\0' && !isdigit((unsigned char)maand[k]))
			k++;
		if (*duo != maand[k++])
			return false;
	}
	return k > 0 && maand[k] == '\0';
}

static json_t *
columns(void)
{
	static const char *const k[][3] = {{"uitkomst", "Uitkomst", "tekst"},
	    {"brin", "BRIN", "tekst"}, {"gemeente", "Gemeente", "tekst"},
	    {"datum", "Uitschrijving", "tekst"},
	    {"regel", "Regel bij DUO", "aantal"}, {"nr", "Nr hier", "aantal"},
	    {"eigenReferentie", "Referentie", "tekst"},
	    {"verschil", "Verschil", "tekst"}};
	json_t *a = json_array();

	for (size_t i = 0; i < N(k); i++)
		(void)json_array_append_new(a,
		    json_pack("{s:s,s:s,s:s}", "naam", k[i][0], "kop", k[i][1],
		        "soort", k[i][2]));
	return a;
}

enum ov_rc
ov_duo_compare(const json_t *duo, const json_t *hier, const char *maand,
    json_t *end, json_t **rows, struct ov_err *e)
{
	json_int_t beide = 0, anders = 0, alleen_duo = 0, alleen_hier = 0,
	           andere_maand = 0;
	struct side s;
	json_t *out = json_array(), *r;
	bool ok = side_index(&s, hier) && out != NULL;
	char key[24];
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)duo, i, r)
	{
		OV_BUF verschil = {0};
		const json_t *p;

		if (!ok)
			break;
		if (!same_month(text(r, "RAPPORTAGEMAAND"), maand)) {
			andere_maand++;
			continue;
		}
		if ((p = partner_of(&s, r)) == NULL) {
			alleen_duo++;
			ok = put(out, "alleen-duo", r, NULL, "");
			continue;
		}
		differences(r, p, &verschil);
		beide += verschil.n == 0;
		anders += verschil.n > 0;
		ok = !verschil.bad &&
		     put(out, verschil.n > 0 ? "verschil" : "beide", r, p,
		         verschil.n > 0 ? ov_buf_text(&verschil) : "");
	}
	json_array_foreach((json_t *)(uintptr_t)hier, i, r)
	{
		(void)snprintf(key, sizeof(key), "%zu", i);
		if (!ok || json_object_get(s.used, key) != NULL)
			continue;
		alleen_hier++;
		ok = put(out, "alleen-hier", NULL, r, "");
	}
	side_free(&s);
	r = json_pack("{s:s,s:o,s:I,s:I,s:I,s:I,s:I,s:I}", "titel",
	    "Voortijdig schoolverlaters van een maand: DUO naast wat is "
	    "uitgewisseld",
	    "kolommen", columns(), "aantal", (json_int_t)json_array_size(out),
	    "beide", beide, "verschil", anders, "alleen_duo", alleen_duo,
	    "alleen_hier", alleen_hier, "andere_maand", andere_maand);
	ok = ok && r != NULL && json_object_update(end, r) == 0;
	json_decref(r);
	if (!ok) {
		json_decref(out);
		return ov_fail(e, OV_NOSPACE, "no memory");
	}
	*rows = out;
	return OV_OK;
}
