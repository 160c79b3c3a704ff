/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_batch.c - read a file of rows in passes: judge, send, write the
 * bad ones. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/tijd.h"
#include "tools/cmd_import.h"

#define PIECE ((size_t)32 << 10)
#define ROWS_MAX 64
#define BYTES_MAX ((size_t)512 << 10)

/* ---- tables ---- */

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	return d != NULL ? (struct ov_view){d->p, d->n}
	                 : (struct ov_view){NULL, 0};
}

enum ov_rc
ov_kit_load(struct ov_kit *k, const char *profile, const char *mapping,
    struct ov_err *e)
{
	struct ov_types_src src = {.types = data("types.json"),
	    .codes = data("codelijsten.json"),
	    .grounds = data("grondslagen.json")};
	struct ov_policy_src rules = {.matrix = data("matrix.json"),
	    .regio = data("regio.json")};
	OV_BUF text = {0};
	enum ov_rc rc;

	memset(k, 0, sizeof(*k));
	if ((rc = ov_types_load(&src, &k->types, e)) == OV_OK &&
	    (rc = ov_policy_load(k->types, &rules, &k->policy, e)) == OV_OK)
		rc = ov_profiles_load(k->types, data("profielen.json"),
		    &k->profiles, e);
	if (rc == OV_OK &&
	    (k->profile = ov_profile_find(k->profiles, profile)) == NULL)
		rc = ov_fail(e, OV_DENIED, "there is no profile \"%.40s\"",
		    profile);
	if (rc == OV_OK && mapping != NULL &&
	    (rc = ov_cli_file(mapping, (size_t)1 << 20, &text, e)) == OV_OK)
		rc = ov_mapping_load(k->profile,
		    (struct ov_view){text.p, text.n}, &k->mapping, e);
	if (rc != OV_OK)
		ov_kit_free(k);
	return rc;
}

void
ov_kit_free(struct ov_kit *k)
{
	ov_mapping_free(k->mapping);
	ov_profiles_free(k->profiles);
	ov_policy_free(k->policy);
	ov_types_free(k->types);
	memset(k, 0, sizeof(*k));
}

/* ---- the file ---- */

/* JSON lines: one object a line. */
static enum ov_rc
json_lines(struct ov_batch *b, struct ov_err *e)
{
	const uint8_t *p = b->file.p, *end = p + b->file.n, *nl;
	uint64_t line = 0;
	json_t *j;
	enum ov_rc rc;

	for (; p < end; p = nl + 1) {
		size_t n;

		line++;
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end - 1;
		n = (size_t)(nl - p) + (nl == end - 1 && *nl != '\n' ? 1 : 0);
		while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == ' '))
			n--;
		if (n == 0)
			continue;
		if ((rc = ov_json_parse(p, n, OV_CSV_ROW_MAX, &j, e)) != OV_OK)
			return ov_while(e, rc, "line %" PRIu64, line);
		if (json_array_append_new(b->items, j) < 0)
			return ov_fail(e, OV_NOSPACE, "memory");
	}
	return OV_OK;
}

static enum ov_rc
json_items(struct ov_batch *b, struct ov_err *e)
{
	json_t *j = NULL;

	if (ov_json_parse(b->file.p, b->file.n, OV_BUF_MAX, &j, NULL) ==
	    OV_OK) {
		/* An array, one draft, or what export --json wrote. */
		if (json_is_array(json_object_get(j, "rows"))) {
			b->items = json_incref(json_object_get(j, "rows"));
			json_decref(j);
			return OV_OK;
		}
		if (json_is_array(j)) {
			b->items = j;
			return OV_OK;
		}
		b->items = json_pack("[o]", j);
		return b->items != NULL ? OV_OK
		                        : ov_fail(e, OV_NOSPACE, "memory");
	}
	if (b->file.p[0] == '[')
		return ov_json_parse(b->file.p, b->file.n, OV_BUF_MAX, &j, e);
	b->items = json_array();
	return json_lines(b, e);
}

enum ov_rc
ov_batch_open(struct ov_batch *b, const struct ov_kit *kit, const char *path,
    struct ov_err *e)
{
	enum ov_rc rc;
	size_t i = 0;

	memset(b, 0, sizeof(*b));
	b->kit = kit;
	b->list = json_array();
	ov_date_fmt(b->vandaag, ov_date_nl((int64_t)time(NULL)));
	if ((rc = ov_cli_file(path, OV_BUF_MAX - 1, &b->file, e)) != OV_OK)
		return rc;
	while (i < b->file.n && strchr(" \t\r\n", b->file.p[i]) != NULL)
		i++;
	if (i == b->file.n)
		return ov_fail(e, OV_BADMSG, "%s: an empty file", path);
	b->json = b->file.p[i] == '{' || b->file.p[i] == '[';
	if (b->json && i > 0) {
		memmove(b->file.p, b->file.p + i, b->file.n - i);
		b->file.n -= i;
	}
	rc = b->json ? json_items(b, e) : OV_OK;
	return rc == OV_OK ? rc : ov_while(e, rc, "%s", path);
}

void
ov_batch_free(struct ov_batch *b)
{
	ov_import_free(b->imp);
	json_decref(b->items);
	json_decref(b->list);
	ov_buf_free(&b->queue);
	ov_buf_free(&b->file);
	free(b->bad);
	memset(b, 0, sizeof(*b));
}

/* ---- what was found ---- */

static bool
grow(uint64_t **v, size_t n, size_t *cap)
{
	size_t c = *cap > 0 ? *cap * 2 : 64;
	uint64_t *t;

	if (n < *cap)
		return true;
	if ((t = reallocarray(*v, c, sizeof(*t))) == NULL)
		return false;
	*v = t;
	*cap = c;
	return true;
}

/* Place of a row in the sorted list of bad ones, or where it would go. */
static size_t
bad_place(const struct ov_batch *b, uint64_t row)
{
	size_t lo = 0, hi = b->nbad;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->bad[mid] < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
ov_batch_is_bad(const struct ov_batch *b, uint64_t row)
{
	size_t i = bad_place(b, row);

	return i < b->nbad && b->bad[i] == row;
}

static void
mark_bad(struct ov_batch *b, uint64_t row)
{
	size_t i = bad_place(b, row);

	if (i < b->nbad && b->bad[i] == row)
		return;
	if (!grow(&b->bad, b->nbad, &b->capbad)) {
		(void)ov_fail(&b->err, OV_NOSPACE, "memory");
		return;
	}
	memmove(b->bad + i + 1, b->bad + i, (b->nbad - i) * sizeof(*b->bad));
	b->bad[i] = row;
	b->nbad++;
	b->bad_rows++;
}

/* What happened and what to do, in Dutch; "" when the code has no text. */
static void
sentence(struct ov_buf *out, const char *code, const char *reden)
{
	struct ov_fout_text t;
	char key[64];

	(void)snprintf(key, sizeof(key), "reden/%.40s", reden);
	if ((code == NULL || !ov_fout_find(code, &t)) &&
	    !ov_fout_find(key, &t) && !ov_fout_find(reden, &t))
		return;
	ov_buf_add(out, t.title.p, t.title.n);
	ov_buf_str(out, ". ");
	ov_buf_add(out, t.detail.p, t.detail.n);
}

static void
list_fault(struct ov_batch *b, uint64_t row, const char *kolom,
    const char *reden, const char *tekst)
{
	b->faults++;
	if (json_array_size(b->list) >= OV_IMPORT_FAULTS)
		return;
	if (json_array_append_new(b->list,
	        json_pack("{s:I,s:s,s:s,s:s}", "rij", (json_int_t)row, "kolom",
	            kolom, "reden", reden, "tekst", tekst)) < 0)
		(void)ov_fail(&b->err, OV_NOSPACE, "memory");
}

/* How much of a header is told: whole characters, 40 bytes at most. */
static size_t
head_bytes(const char *s)
{
	size_t n = strnlen(s, 41);

	if (n == 41)
		for (n = 40; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
			n--;
	return n;
}

static void
own_fault(struct ov_batch *b, uint64_t row, const struct ov_io_fault *f,
    const struct ov_csv_row *csv)
{
	const char *reden = ov_reden_code(f->reden);
	OV_BUF t = {0};
	char col[64 + 24];

	if (f->uitleg != NULL)
		ov_buf_str(&t, f->uitleg);
	else
		sentence(&t, f->code, reden);
	if (f->bron != NULL)
		ov_buf_fmt(&t, " Bron: %s.", f->bron);
	/* A column that is not ours is told by its own header and place; what
	 * stands in a later row is content, and is not repeated. */
	if (csv != NULL && row == 1 && f->col > 0 && f->col <= csv->n)
		(void)snprintf(col, sizeof(col), "%.*s (%zu)",
		    (int)head_bytes(csv->cell[f->col - 1]),
		    csv->cell[f->col - 1], f->col);
	else
		(void)snprintf(col, sizeof(col), "%zu", f->col);
	list_fault(b, row,
	    f->kolom != NULL ? f->kolom
	    : f->col > 0     ? col
	                     : f->pad,
	    f->code != NULL ? f->code : reden,
	    ov_buf_text(&t) != NULL ? ov_buf_text(&t) : "");
}

void
ov_batch_fault(struct ov_batch *b, const json_t *fault)
{
	const char *kolom = json_string_value(json_object_get(fault, "kolom")),
	           *reden = json_string_value(json_object_get(fault, "reden")),
	           *tekst = json_string_value(json_object_get(fault, "tekst"));
	json_int_t n = json_integer_value(json_object_get(fault, "rij"));
	uint64_t row = n > 0 ? (uint64_t)n : 0;
	OV_BUF t = {0};

	if (reden == NULL)
		reden = "?";
	if (kolom != NULL && kolom[0] == '/' && strchr(kolom + 1, '/') == NULL)
		kolom++; /* a column of ours has the name of the member */
	if (tekst == NULL)
		sentence(&t, reden, reden);
	list_fault(b, row, kolom != NULL ? kolom : "", reden,
	    tekst != NULL             ? tekst
	    : ov_buf_text(&t) != NULL ? ov_buf_text(&t)
	                              : "");
	mark_bad(b, row);
}

static int
by_row(const void *a, const void *b)
{
	json_int_t x = json_integer_value(
	               json_object_get(*(json_t *const *)a, "rij")),
	           y = json_integer_value(
	               json_object_get(*(json_t *const *)b, "rij"));

	return x < y ? -1 : x > y;
}

void
ov_batch_sort(struct ov_batch *b)
{
	size_t n = json_array_size(b->list);
	json_t **v = calloc(n + 1, sizeof(*v));

	if (v == NULL)
		return; /* as they were found */
	for (size_t i = 0; i < n; i++)
		v[i] = json_incref(json_array_get(b->list, i));
	qsort(v, n, sizeof(json_t *), by_row);
	for (size_t i = 0; i < n; i++)
		(void)json_array_set_new(b->list, i, v[i]);
	free(v);
}

/* ---- passes ---- */

const struct ov_rows *
ov_rows_of(const char *profile)
{
	static const char *const draft[] = {"eigenReferentie", "pgn",
	    "ontvanger", "zaak", "klas", "mentor", "inhoud", NULL};
	static const char *const pupil[] = {"eigenReferentie", "pgn",
	    "geboortedatum", "schoolVerlaten", NULL};
	static const char *const youth[] = {"eigenReferentie", "pgn",
	    "geboortedatum", "schoolVerlaten", "woongemeente",
	    "datumUitschrijving", "instroom", "startkwalificatieDatum", NULL};
	static const char *const absence[] = {"eigenReferentie", "datum",
	    "lesuur", "gemist", "totaal", "geboortedatum", NULL};
	static const char *const leaver[] = {"eigenReferentie", "pgn", "klas",
	    "mentor", "geboortedatum", "vervolg", "gemeentecode", "vestiging",
	    "startkwalificatie", "keuzeCrebo", "keuzeOmschrijving",
	    "keuzeLeerweg", "keuzeNiveau", "keuzeDatum", NULL};
	static const char *const holiday[] = {"schooljaar", "naam", "van",
	    "tot", NULL};
	static const struct ov_rows rows[] = {{"leerlingen", "pupils.load",
	                                          true, pupil},
	    {"jongeren", "pupils.load", true, youth},
	    {"verzuimregels", "absence.load", true, absence},
	    {"vakanties", "calendar.load", true, holiday},
	    {"schoolverlaters", "leavers.load", true, leaver},
	    {NULL, "import", false, draft}};
	const struct ov_rows *r = rows;

	while (r->profile != NULL && strcmp(r->profile, profile) != 0)
		r++;
	return r;
}

/* Rows of another holiday region are passed over. */
static bool
passed(const struct ov_batch *b, const json_t *draft)
{
	const char *s = json_string_value(json_object_get(draft, "regio"));

	return b->regio != NULL && s != NULL && strcasecmp(s, b->regio) != 0;
}

/* A draft as the daemon wants it. */
static json_t *
wire_row(const struct ov_batch *b, uint64_t row, json_t *draft)
{
	const char *const *names = b->wat->names;
	json_t *out = json_object(), *v;

	if (json_object_set_new(out, "rij", json_integer((json_int_t)row)) < 0)
		goto fail;
	for (size_t i = 0; names[i] != NULL; i++)
		if ((v = json_object_get(draft, names[i])) != NULL &&
		    json_object_set(out, names[i], v) < 0)
			goto fail;
	return out;
fail:
	json_decref(out);
	return NULL;
}

static enum ov_rc
one_row(struct ov_batch *b, uint64_t row, const struct ov_io_row *r,
    struct ov_err *e)
{
	uint32_t len;
	OV_BUF text = {0};
	json_t *w;

	if (b->judging) {
		b->rows++;
		for (size_t i = 0; i < r->nfaults; i++)
			if (r->fault[i].slecht)
				own_fault(b, row, &r->fault[i],
				    b->json ? NULL : r->csv);
		if (r->bad)
			mark_bad(b, row);
		if (r->bad && r->draft == NULL && row <= 1 && !b->json)
			b->header_bad = true;
		if (b->err.rc != OV_OK)
			return b->err.rc;
	}
	if (!b->feeding || r->bad || r->draft == NULL ||
	    ov_batch_is_bad(b, row) || passed(b, r->draft))
		return OV_OK;
	w = wire_row(b, row, r->draft);
	ov_json_dump(&text, w);
	json_decref(w);
	len = (uint32_t)text.n;
	ov_buf_add(&b->queue, &len, sizeof(len));
	ov_buf_add(&b->queue, text.p, text.n);
	b->nqueue++;
	if (text.bad || b->queue.bad)
		return ov_fail(e, OV_NOSPACE, "memory");
	return OV_OK;
}

struct json_row { /* which item a callback is about */
	struct ov_batch *b;
	uint64_t row;
};

static enum ov_rc
csv_row(void *arg, const struct ov_io_row *r, struct ov_err *e)
{
	return one_row(arg, r->csv != NULL ? r->csv->nr : 1, r, e);
}

static enum ov_rc
json_row(void *arg, const struct ov_io_row *r, struct ov_err *e)
{
	struct json_row *j = arg;

	return one_row(j->b, j->row, r, e);
}

static struct ov_import_opts
options(struct ov_batch *b)
{
	return (struct ov_import_opts){.profile = b->kit->profile,
	    .policy = b->rollen != 0 ? b->kit->policy : NULL,
	    .mapping = b->kit->mapping,
	    .rollen = b->rollen,
	    .vandaag = b->vandaag,
	    .fn = csv_row,
	    .arg = b};
}

static enum ov_rc
one_item(struct ov_batch *b, size_t i, struct ov_err *e)
{
	struct json_row row = {b, i + 1};
	struct ov_import_opts o = options(b);
	OV_BUF text = {0};
	enum ov_rc rc;

	o.fn = json_row;
	o.arg = &row;
	ov_json_dump(&text, json_array_get(b->items, i));
	if ((rc = ov_buf_ok(&text, e)) != OV_OK)
		return rc;
	rc = ov_import_json(&o, text.p, text.n, e);
	return rc == OV_OK ? rc : ov_while(e, rc, "object %zu", i + 1);
}

/* Read on from b->at; *more is false at the end. */
static enum ov_rc
advance(struct ov_batch *b, bool *more, struct ov_err *e)
{
	struct ov_import_opts o;
	size_t n;
	enum ov_rc rc;

	*more = true;
	if (b->json) {
		if (b->at >= json_array_size(b->items)) {
			*more = false;
			return OV_OK;
		}
		return one_item(b, b->at++, e);
	}
	if (b->imp == NULL) {
		o = options(b);
		if ((b->imp = ov_import_new(&o)) == NULL)
			return ov_fail(e, OV_NOSPACE, "memory");
	}
	if (b->at < b->file.n) {
		n = b->file.n - b->at < PIECE ? b->file.n - b->at : PIECE;
		rc = ov_import_push(b->imp, b->file.p + b->at, n, e);
		b->at += n;
		return rc;
	}
	*more = false;
	return ov_import_end(b->imp, e);
}

static void
rewind_batch(struct ov_batch *b)
{
	ov_import_free(b->imp);
	b->imp = NULL;
	b->at = 0;
}

enum ov_rc
ov_batch_scan(struct ov_batch *b, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	bool more = true;

	b->judging = true;
	b->feeding = false;
	while (rc == OV_OK && more)
		rc = advance(b, &more, e);
	rewind_batch(b);
	b->judging = false;
	b->feeding = true;
	return rc;
}

void
ov_batch_forget(struct ov_batch *b)
{
	ov_batch_again(b);
	b->rows = b->bad_rows = b->faults = 0;
	b->header_bad = false;
	(void)json_array_clear(b->list);
	b->nbad = 0;
	b->err = (struct ov_err){0};
}

void
ov_batch_again(struct ov_batch *b)
{
	rewind_batch(b);
	b->judging = false;
	ov_buf_reset(&b->queue);
	b->nqueue = 0;
}

/* Rows from the front of the queue that fit one frame, as an array. */
static size_t
take(struct ov_batch *b, struct ov_buf *text)
{
	size_t at = 0, n = 0;
	uint32_t len;

	for (; n < b->nqueue && n < ROWS_MAX; n++) {
		memcpy(&len, b->queue.p + at, sizeof(len));
		if (n > 0 && at + len > BYTES_MAX)
			break;
		ov_buf_add(text, n == 0 ? "[" : ",", 1);
		ov_buf_add(text, b->queue.p + at + sizeof(len), len);
		at += sizeof(len) + len;
	}
	ov_buf_add(text, "]", 1);
	ov_buf_drop(&b->queue, at);
	b->nqueue -= n;
	return n;
}

/* Have rows for a frame, or all there are.  False: this pass is over. */
static bool
fill(struct ov_batch *b)
{
	bool more = true;

	while (b->err.rc == OV_OK && more && b->nqueue < ROWS_MAX)
		if (advance(b, &more, &b->err) != OV_OK)
			break;
	return b->err.rc == OV_OK &&
	       !(b->judging && b->bad_rows > 0 &&
	           (b->all || (!more && b->bad_rows == b->rows)));
}

bool
ov_batch_straight(struct ov_batch *b, bool all)
{
	b->judging = b->feeding = true;
	b->all = all;
	return fill(b);
}

bool
ov_batch_feed(void *batch, struct ov_buf *text, size_t *n)
{
	struct ov_batch *b = batch;

	*n = 0;
	if (!fill(b))
		return false;
	if (b->nqueue > 0)
		*n = take(b, text);
	else
		b->own = b->bad_rows;
	return true;
}

/* ---- the bad rows ---- */

struct copy {
	struct ov_batch *b;
	struct ov_buf *out;
};

static void
remarks(const struct ov_batch *b, uint64_t row, struct ov_buf *out)
{
	const json_t *f;
	size_t i;

	for (i = 0; i < json_array_size(b->list); i++) {
		OV_BUF t = {0};
		const char *cell;

		f = json_array_get(b->list, i);
		if ((uint64_t)json_integer_value(json_object_get(f, "rij")) !=
		    row)
			continue;
		ov_buf_fmt(&t, "# rij %" PRIu64 ", %s: %s", row,
		    json_string_value(json_object_get(f, "kolom")),
		    json_string_value(json_object_get(f, "tekst")));
		if ((cell = ov_buf_text(&t)) != NULL)
			ov_csv_out_row(out, &cell, 1);
	}
}

static enum ov_rc
copy_row(void *arg, const struct ov_csv_row *r, struct ov_err *e)
{
	struct copy *c = arg;

	if (r->nr != 1 && !ov_batch_is_bad(c->b, r->nr))
		return OV_OK;
	ov_csv_out_row(c->out, r->cell, r->n);
	if (r->nr != 1)
		remarks(c->b, r->nr, c->out);
	return ov_buf_ok(c->out, e);
}

enum ov_rc
ov_batch_bad_file(struct ov_batch *b, struct ov_buf *out, struct ov_err *e)
{
	struct copy c = {b, out};
	struct ov_csv *csv;
	enum ov_rc rc;
	size_t i;

	if (b->json) {
		for (i = 0; i < json_array_size(b->items); i++) {
			if (!ov_batch_is_bad(b, i + 1))
				continue;
			ov_json_dump(out, json_array_get(b->items, i));
			ov_buf_str(out, "\n");
		}
		return ov_buf_ok(out, e);
	}
	if ((csv = ov_csv_new(copy_row, &c)) == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	ov_csv_out_begin(out);
	rc = ov_csv_push(csv, b->file.p, b->file.n, e);
	if (rc == OV_OK)
		rc = ov_csv_end(csv, e);
	ov_csv_free(csv);
	return rc;
}
