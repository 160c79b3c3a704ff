/* SPDX-License-Identifier: EUPL-1.2 */
/* The CSV reader (a machine fed byte by byte) and writer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/csv.h"
#include "protocol/tijd.h"
#include "protocol/utf8.h"

enum enc { ENC_UNKNOWN, ENC_UTF8, ENC_1252 };

enum state {
	ST_CELL,   /* at the start of a cell */
	ST_PLAIN,  /* inside one without quotes */
	ST_QUOTED, /* inside one with quotes */
	ST_QUOTE,  /* after a quote inside: doubled, or the end */
};

/* Rows that arrive before the separator is known are at most one. */
struct ov_csv {
	ov_csv_row_fn *fn;
	void *arg;
	enum enc enc;
	enum state state;
	char sep; /* 0: not known yet */
	bool cr;  /* the last byte was a CR that ended a line */
	bool dead;
	bool started; /* the BOM has been looked for */
	bool quoted;  /* the cell has quotes: an empty line is not empty */
	unsigned char head[8]; /* a sequence or mark that is not complete */
	size_t nhead;
	struct ov_buf first; /* the first row as it came, until sep is known */
	bool first_quoted, first_text;
	struct ov_buf row; /* cells in UTF-8, each ended by NUL */
	size_t start[OV_CSV_COLS_MAX];
	const char *cell[OV_CSV_COLS_MAX];
	size_t n; /* complete cells */
	uint64_t nr, line, row_line;
};

/* Windows-1252 above ASCII, 0x80..0x9f; 0 is not assigned. */
static const uint16_t high[32] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026,
    0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
    0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122,
    0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};

struct ov_csv *
ov_csv_new(ov_csv_row_fn *fn, void *arg)
{
	struct ov_csv *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fn = fn;
	c->arg = arg;
	c->line = c->row_line = 1;
	c->first.max = OV_CSV_ROW_MAX;
	/* Room for the NULs and for three bytes out of one. */
	c->row.max = 3 * OV_CSV_ROW_MAX + OV_CSV_COLS_MAX;
	return c;
}

void
ov_csv_free(struct ov_csv *c)
{
	if (c == NULL)
		return;
	ov_buf_free(&c->first);
	ov_buf_free(&c->row);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

uint64_t
ov_csv_line(const struct ov_csv *c)
{
	return c->line;
}

size_t
ov_csv_column(const struct ov_csv *c)
{
	return c->n + 1;
}

static enum ov_rc
refuse(struct ov_csv *c, enum ov_rc rc, const char *what, struct ov_err *e)
{
	c->dead = true;
	return ov_fail(e, rc, "line %llu, column %zu: %s",
	    (unsigned long long)c->line, c->n + 1, what);
}

/* ---- cells and rows ---- */

static bool
dangerous(char ch)
{
	return ch == '=' || ch == '+' || ch == '-' || ch == '@' || ch == '\t' ||
	       ch == '\r';
}

/* The text of ="0344": its digits, or NULL. */
static char *
undo_formula(char *s)
{
	size_t n = strlen(s), i;

	if (n < 4 || s[0] != '=' || s[1] != '"' || s[n - 1] != '"')
		return NULL;
	for (i = 2; i < n - 1; i++)
		if (s[i] < '0' || s[i] > '9')
			return NULL;
	s[n - 1] = '\0';
	return s + 2;
}

/* The apostrophe that a writer put before a dangerous cell. */
static const char *
undo(char *s)
{
	size_t n = strspn(s, "'");
	char *digits;

	if (n > 0 && dangerous(s[n]))
		return s + 1;
	digits = undo_formula(s);
	return digits != NULL ? digits : s;
}

static enum ov_rc
end_cell(struct ov_csv *c, struct ov_err *e)
{
	static const uint8_t nul = 0;

	if (c->n == OV_CSV_COLS_MAX)
		return refuse(c, OV_TOOBIG, "too many columns", e);
	if (c->n == 0)
		c->start[0] = 0;
	ov_buf_add(&c->row, &nul, 1);
	if (c->row.bad)
		return refuse(c, OV_TOOBIG, "the row is too long", e);
	c->n++;
	if (c->n < OV_CSV_COLS_MAX)
		c->start[c->n] = c->row.n;
	c->state = ST_CELL;
	return OV_OK;
}

static enum ov_rc
end_row(struct ov_csv *c, struct ov_err *e)
{
	struct ov_csv_row r;
	enum ov_rc rc;
	size_t i;

	if ((rc = end_cell(c, e)) != OV_OK)
		return rc;
	if (c->n == 1 && c->row.n == 1 && !c->quoted) {
		c->n = 0;
		ov_buf_reset(&c->row);
		return OV_OK; /* an empty line */
	}
	for (i = 0; i < c->n; i++)
		c->cell[i] = undo((char *)c->row.p + c->start[i]);
	r.nr = ++c->nr;
	r.line = c->row_line;
	r.n = c->n;
	r.cell = c->cell;
	rc = c->fn(c->arg, &r, e);
	if (rc != OV_OK)
		c->dead = true;
	c->n = 0;
	c->quoted = false;
	ov_buf_reset(&c->row);
	return rc;
}

/* A byte of a cell's text. */
static enum ov_rc
put(struct ov_csv *c, unsigned char ch, struct ov_err *e)
{
	unsigned cp = ch;
	uint8_t u[4];

	if (c->enc == ENC_1252 && ch >= 0x80) {
		if (ch < 0xa0 && (cp = high[ch - 0x80]) == 0)
			return refuse(c, OV_BADMSG,
			    "a byte that Windows-1252 does not have", e);
		ov_buf_add(&c->row, u, ov_utf8_put(u, cp));
	} else {
		ov_buf_add(&c->row, &ch, 1);
	}
	if (c->row.bad || c->row.n > c->row.max - OV_CSV_COLS_MAX)
		return refuse(c, OV_TOOBIG, "the row is too long", e);
	return OV_OK;
}

/* One byte with the separator known. */
static enum ov_rc
step(struct ov_csv *c, unsigned char ch, struct ov_err *e)
{
	enum ov_rc rc;

	if (c->state == ST_QUOTED) {
		if (ch == '"') {
			c->state = ST_QUOTE;
			return OV_OK;
		}
		if (ch == '\n')
			c->line++;
		return put(c, ch, e);
	}
	if (c->state == ST_QUOTE && ch == '"') {
		c->state = ST_QUOTED;
		return put(c, ch, e);
	}
	if (ch == '\n' && c->cr) { /* the second half of CRLF */
		c->cr = false;
		return OV_OK;
	}
	c->cr = false;
	if (ch == '\n' || ch == '\r') {
		c->cr = ch == '\r';
		rc = end_row(c, e);
		c->line++;
		c->row_line = c->line;
		return rc;
	}
	if (ch == (unsigned char)c->sep)
		return end_cell(c, e);
	if (c->state == ST_QUOTE)
		return refuse(c, OV_BADMSG, "text after a closing quote", e);
	if (c->state == ST_CELL && ch == '"') {
		c->state = ST_QUOTED;
		c->quoted = true;
		return OV_OK;
	}
	c->state = ST_PLAIN;
	return put(c, ch, e);
}

/* ---- the separator ---- */

/* The commonest of the three outside quotes. */
static char
choose(const struct ov_buf *b)
{
	size_t i, semi = 0, comma = 0, tab = 0;
	bool q = false;

	for (i = 0; i < b->n; i++) {
		if (b->p[i] == '"')
			q = !q;
		else if (!q && b->p[i] == ';')
			semi++;
		else if (!q && b->p[i] == ',')
			comma++;
		else if (!q && b->p[i] == '\t')
			tab++;
	}
	if (tab > semi && tab > comma)
		return '\t';
	return comma > semi ? ',' : ';';
}

static enum ov_rc
replay(struct ov_csv *c, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	size_t i;

	c->sep = choose(&c->first);
	for (i = 0; i < c->first.n && rc == OV_OK; i++)
		rc = step(c, c->first.p[i], e);
	ov_buf_free(&c->first);
	return rc;
}

/* One byte of known encoding. */
static enum ov_rc
feed(struct ov_csv *c, unsigned char ch, struct ov_err *e)
{
	if (ch == 0)
		return refuse(c, OV_BADMSG, "a zero byte", e);
	if (c->sep != 0)
		return step(c, ch, e);
	ov_buf_add(&c->first, &ch, 1);
	if (c->first.bad || c->first.n >= OV_CSV_ROW_MAX)
		return refuse(c, OV_TOOBIG, "the row is too long", e);
	if (ch == '"')
		c->first_quoted = !c->first_quoted;
	if (ch != '\n' && ch != '\r')
		c->first_text = true;
	else if (c->first_text && !c->first_quoted)
		return replay(c, e);
	return OV_OK;
}

/* ---- the encoding ---- */

/* Length of the sequence that starts here, 0 if none can; *ok: complete and
 * correct (no overlong form, no surrogate, nothing over U+10FFFF). */
static size_t
sequence(const unsigned char *p, size_t n, bool *ok)
{
	size_t len, i;

	*ok = false;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	for (i = 1; i < len && i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (n > 1 &&
	    ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)))
		return 0;
	*ok = n >= len;
	return len;
}

/* Bytes outside ASCII gather in head until it is known what they are. */
static enum ov_rc
decode(struct ov_csv *c, unsigned char ch, bool last, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;
	size_t i, len;
	bool ok;

	if (!last)
		c->head[c->nhead++] = ch;
	while (c->nhead > 0 && rc == OV_OK) {
		if (c->enc == ENC_1252 || c->head[0] < 0x80) {
			rc = feed(c, c->head[0], e);
			len = 1;
		} else {
			len = sequence(c->head, c->nhead, &ok);
			if (len != 0 && !ok && !last)
				return OV_OK;
			if (!ok) {
				if (c->enc == ENC_UTF8)
					return refuse(c, OV_BADMSG, "not UTF-8",
					    e);
				c->enc = ENC_1252;
				continue;
			}
			c->enc = ENC_UTF8;
			for (i = 0; i < len && rc == OV_OK; i++)
				rc = feed(c, c->head[i], e);
		}
		c->nhead -= len;
		memmove(c->head, c->head + len, c->nhead);
	}
	return rc;
}

/* The first bytes of the file: a mark, or the first text. */
static enum ov_rc
begin(struct ov_csv *c, struct ov_err *e)
{
	size_t i, n = c->nhead;
	unsigned char b[3];
	enum ov_rc rc = OV_OK;

	c->started = true;
	memcpy(b, c->head, sizeof(b));
	c->nhead = 0;
	if (n >= 2 &&
	    ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
		return refuse(c, OV_BADMSG,
		    "the file is UTF-16; save it as CSV UTF-8", e);
	i = 0;
	if (n == 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf) {
		c->enc = ENC_UTF8;
		i = 3;
	}
	for (; i < n && rc == OV_OK; i++)
		rc = decode(c, b[i], false, e);
	return rc;
}

/* How many bytes from here on are text of the cell and nothing else: ASCII
 * without separator, quote and line end, in the midst of a cell. */
static size_t
run_of(const struct ov_csv *c, const unsigned char *b, size_t n)
{
	unsigned char sep = (unsigned char)c->sep;
	size_t i = 0;

	if (sep == 0 || c->nhead > 0 ||
	    (c->state != ST_PLAIN && c->state != ST_QUOTED))
		return 0;
	while (
	    i < n && b[i] >= 0x20 && b[i] < 0x80 && b[i] != sep && b[i] != '"')
		i++;
	return i;
}

enum ov_rc
ov_csv_push(struct ov_csv *c, const void *p, size_t n, struct ov_err *e)
{
	const unsigned char *b = p;
	enum ov_rc rc = OV_OK;
	size_t i, run;

	if (c->dead)
		return ov_fail(e, OV_BADMSG, "the file was refused");
	for (i = 0; i < n && rc == OV_OK; i++) {
		/* One behind the run goes the long way, also where the row
		 * gets too long. */
		run = run_of(c, b + i, n - i - 1);
		if (run > 0) {
			ov_buf_add(&c->row, b + i, run);
			i += run;
		}
		if (!c->started) {
			c->head[c->nhead++] = b[i];
			if (c->nhead == 3)
				rc = begin(c, e);
		} else {
			rc = decode(c, b[i], false, e);
		}
	}
	return rc;
}

enum ov_rc
ov_csv_end(struct ov_csv *c, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	if (c->dead)
		return ov_fail(e, OV_BADMSG, "the file was refused");
	if (!c->started)
		rc = begin(c, e);
	if (rc == OV_OK)
		rc = decode(c, 0, true, e);
	if (rc == OV_OK && c->sep == 0)
		rc = replay(c, e);
	if (rc != OV_OK)
		return rc;
	if (c->state == ST_QUOTED)
		return refuse(c, OV_BADMSG, "a quote is never closed", e);
	if (c->n > 0 || c->row.n > 0 || c->state != ST_CELL)
		return end_row(c, e);
	return OV_OK;
}

/* ---- writing ---- */

void
ov_csv_out_begin(struct ov_buf *b)
{
	ov_buf_add(b, "\xef\xbb\xbf", 3);
}

/* Digits that a spreadsheet would change. */
static bool
spoiled(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return s[n] == '\0' && ((n > 1 && s[0] == '0') || n > 15);
}

static void
out_cell(struct ov_buf *b, const char *s)
{
	size_t quotes = strspn(s, "'");
	const char *p;

	if (spoiled(s)) {
		ov_buf_fmt(b, "\"=\"\"%s\"\"\"", s);
		return;
	}
	if (!dangerous(s[quotes]) && strpbrk(s, ";,\"\t\r\n") == NULL) {
		ov_buf_str(b, s);
		return;
	}
	ov_buf_str(b, dangerous(s[quotes]) ? "\"'" : "\"");
	for (p = s; *p != '\0'; p++) {
		if (*p == '"')
			ov_buf_str(b, "\"");
		ov_buf_add(b, p, 1);
	}
	ov_buf_str(b, "\"");
}

void
ov_csv_out_row(struct ov_buf *b, const char *const *cell, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			ov_buf_str(b, ";");
		if (cell[i] != NULL)
			out_cell(b, cell[i]);
	}
	/* One empty cell must not look like an empty line. */
	if (n == 1 && (cell[0] == NULL || cell[0][0] == '\0'))
		ov_buf_str(b, "\"\"");
	ov_buf_str(b, "\r\n");
}

/* ---- dates ---- */

static const char *
number(const char *s, unsigned *v, size_t *n)
{
	*v = 0;
	for (*n = 0; *n < 4 && s[*n] >= '0' && s[*n] <= '9'; (*n)++)
		*v = *v * 10 + (unsigned)(s[*n] - '0');
	return s + *n;
}

bool
ov_csv_date_in(const char *s, char out[11])
{
	unsigned a, b, c, t;
	size_t na, nb, nc;
	struct ov_date d;
	char sep;

	s = number(s, &a, &na);
	sep = *s;
	if (na == 0 || (sep != '-' && sep != '/' && sep != '.'))
		return false;
	s = number(s + 1, &b, &nb);
	if (nb < 1 || nb > 2 || *s != sep)
		return false;
	s = number(s + 1, &c, &nc);
	if (strcmp(s, " 00:00:00") == 0 || strcmp(s, " 00:00") == 0 ||
	    strcmp(s, "T00:00:00") == 0 || strcmp(s, " 0:00") == 0 ||
	    strcmp(s, " 0:00:00") == 0)
		s = "";
	if (*s != '\0')
		return false;
	if (na == 4 && nb == 2 && nc == 2 && sep == '-') {
		t = a;
		a = c;
		c = t;
	} else if (na > 2 || nc != 4) {
		return false;
	}
	if (a > 31 || b > 12)
		return false;
	d.y = (int16_t)c;
	d.m = (uint8_t)b;
	d.d = (uint8_t)a;
	if (!ov_date_ok(d))
		return false;
	ov_date_fmt(out, d);
	return true;
}

void
ov_csv_date_out(const char *iso, char out[11])
{
	struct ov_date d;

	if (ov_date_parse(ov_view_str(iso), &d) == OV_OK)
		ov_date_fmt_nl(out, d);
	else
		(void)snprintf(out, 11, "%s", iso);
}
