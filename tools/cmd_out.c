/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_out.c - tables and progress. */
#include "tools/cmd_out.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "protocol/json.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define COL_MIN 3
#define GAP 2
#define BELOW 4

/* ---- width ---- */

/* One character of UTF-8 at s (n > 0): its code point and length; a byte that
 * is none counts as U+FFFD. */
static size_t
decode(const char *s, size_t n, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = p[0] < 0x80                   ? 1
	             : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
	             : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
	             : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
	                                           : 0;
	size_t i;

	*cp = 0xfffd;
	if (len == 0 || len > n)
		return 1;
	if (len == 1) {
		*cp = p[0];
		return 1;
	}
	*cp = p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*cp = 0xfffd;
			return 1;
		}
		*cp = *cp << 6 | (p[i] & 0x3fu);
	}
	return len;
}

static size_t
cells(uint32_t c)
{
	static const uint32_t zero[][2] = {{0x300, 0x36f}, {0x483, 0x489},
	    {0x591, 0x5bd}, {0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
	    {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
	    {0xfe20, 0xfe2f}};
	static const uint32_t two[][2] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},
	    {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
	    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
	    {0x20000, 0x3fffd}};
	size_t i;

	for (i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		if (c >= zero[i][0] && c <= zero[i][1])
			return 0;
	for (i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (c >= two[i][0] && c <= two[i][1])
			return 2;
	return 1;
}

size_t
ov_text_width(const char *s, size_t n)
{
	size_t w = 0;
	uint32_t cp;

	while (n > 0) {
		size_t k = decode(s, n, &cp);

		w += cells(cp);
		s += k;
		n -= k;
	}
	return w;
}

/* Bytes of s that fit in width cells. */
static size_t
prefix(const char *s, size_t n, size_t width)
{
	size_t used = 0, at = 0;
	uint32_t cp;

	while (at < n) {
		size_t k = decode(s + at, n - at, &cp), w = cells(cp);

		if (used + w > width)
			break;
		used += w;
		at += k;
	}
	return at;
}

/* Control characters, C1 ones in UTF-8 included, do not reach a terminal. */
static void
put_clean(FILE *f, const char *s, size_t n)
{
	uint32_t cp;

	while (n > 0) {
		size_t k = decode(s, n, &cp);

		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffd ||
		    (cp >= 0x202a && cp <= 0x202e) ||
		    (cp >= 0x2066 && cp <= 0x2069))
			(void)fputc('?', f);
		else
			(void)fwrite(s, 1, k, f);
		s += k;
		n -= k;
	}
}

static void
blanks(FILE *f, size_t n)
{
	while (n-- > 0)
		(void)fputc(' ', f);
}

void
ov_text_fit(FILE *f, const char *s, size_t width, bool right, bool last)
{
	size_t n = strlen(s), w = ov_text_width(s, n), k = n;
	bool cut = w > width;

	if (cut) {
		k = prefix(s, n, width > 0 ? width - 1 : 0);
		w = ov_text_width(s, k) + 1;
	}
	if (right && w < width)
		blanks(f, width - w);
	put_clean(f, s, k);
	if (cut)
		(void)fputs(ELLIPSIS, f);
	if (!right && !last && w < width)
		blanks(f, width - w);
}

/* Of the first max bytes of s, how many stand on this line: up to the last
 * blank, or behind the last comma, or before the last slash, so that a list of
 * JSON pointers breaks between two of them; all when there is none. */
static size_t
break_at(const char *s, size_t max)
{
	size_t b, slash = 0;

	for (b = max; b > 0; b--) {
		if (s[b] == ' ' || s[b - 1] == ',')
			return b;
		if (s[b] == '/' && slash == 0)
			slash = b;
	}
	return slash > 0 ? slash : max;
}

/* begun: the first line stands behind its indent already. */
static void
wrap(FILE *f, const char *s, size_t indent, size_t width, bool begun)
{
	size_t room = width > indent + 10 ? width - indent : 10;

	do {
		size_t n = strcspn(s, "\n"), k = prefix(s, n, room);

		if (k < n)
			k = k > 0 ? break_at(s, k) : n;
		if (k > 0 && !begun)
			blanks(f, indent);
		begun = false;
		put_clean(f, s, k);
		(void)fputc('\n', f);
		s += k;
		while (*s == ' ')
			s++;
		if (*s == '\n')
			s++;
	} while (*s != '\0');
}

void
ov_text_wrap(FILE *f, const char *s, size_t indent, size_t width)
{
	wrap(f, s, indent, width, false);
}

void
ov_text_hang(FILE *f, const char *s, size_t indent, size_t width)
{
	wrap(f, s, indent, width, true);
}

/* ---- cells ---- */

/* 2026-09-01T08:00:00Z as "2026-09-01 08:00Z". */
static bool
is_moment(const char *s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return s[i] == '\0';
}

void
ov_cell(struct ov_buf *b, const json_t *j)
{
	const char *s;
	size_t i;

	switch (json_typeof(j)) {
	case JSON_STRING:
		s = json_string_value(j);
		if (is_moment(s))
			ov_buf_fmt(b, "%.10s %.5sZ", s, s + 11);
		else
			ov_buf_str(b, s);
		break;
	case JSON_INTEGER:
		ov_buf_fmt(b, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
		break;
	case JSON_REAL:
		ov_buf_fmt(b, "%g", json_real_value(j));
		break;
	case JSON_TRUE:
		ov_buf_str(b, "ja");
		break;
	case JSON_FALSE:
		ov_buf_str(b, "nee");
		break;
	case JSON_ARRAY:
		for (i = 0; i < json_array_size(j); i++) {
			if (i > 0)
				ov_buf_str(b, ", ");
			ov_cell(b, json_array_get(j, i));
		}
		break;
	case JSON_OBJECT:
		ov_json_dump(b, j);
		break;
	case JSON_NULL:
		break;
	}
}

static const char *
cell_text(struct ov_buf *b, const json_t *row, const char *member)
{
	const json_t *v = json_object_get(row, member);
	const char *t;

	ov_buf_reset(b);
	if (v != NULL)
		ov_cell(b, v);
	t = ov_buf_text(b);
	return t != NULL ? t : "?";
}

/* ---- tables ---- */

static size_t
screen_width(FILE *f)
{
	struct winsize w;
	int fd = fileno(f);

	if (fd >= 0 && isatty(fd) == 1 && ioctl(fd, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col > OV_TABLE_WIDTH)
		return w.ws_col;
	return OV_TABLE_WIDTH;
}

/* Lists of pointers, which no column has room for. */
static bool
stands_below(const char *member)
{
	return strcmp(member, "ontbreekt") == 0 ||
	       strcmp(member, "ontbreektDeel") == 0;
}

void
ov_table_begin(struct ov_table *t, FILE *out, const struct ov_col *col)
{
	memset(t, 0, sizeof(*t));
	t->out = out;
	t->col = col;
	while (t->ncol < OV_TABLE_COLS && col[t->ncol].member != NULL &&
	       !stands_below(col[t->ncol].member))
		t->ncol++;
	t->wrap = t->ncol > 0 && strcmp(col[t->ncol - 1].member, "tekst") == 0;
}

static void
print_head(struct ov_table *t)
{
	for (size_t i = 0; i < t->ncol; i++) {
		if (i > 0)
			blanks(t->out, GAP);
		ov_text_fit(t->out, t->col[i].head, t->width[i],
		    t->col[i].right, i + 1 == t->ncol);
	}
	(void)fputc('\n', t->out);
}

/* "Kop: ..." under the row, for each that says something. */
static void
print_below(struct ov_table *t, const json_t *row)
{
	const struct ov_col *c;
	OV_BUF b = {0};

	for (c = t->col + t->ncol; c->member != NULL; c++) {
		const char *s = cell_text(&b, row, c->member);

		if (*s == '\0')
			continue;
		blanks(t->out, BELOW);
		(void)fprintf(t->out, "%s: ", c->head);
		wrap(t->out, s, BELOW + strlen(c->head) + 2,
		    screen_width(t->out), true);
	}
}

static bool
one_of(const char *member, const char *const *list)
{
	while (*list != NULL && strcmp(*list, member) != 0)
		list++;
	return *list != NULL;
}

/* Types and states begin alike (overstapdossier, overstapstatus): what is cut
 * out of them is the middle.  They are ASCII. */
static const char *
shorter(char out[OV_TABLE_WIDTH], const char *member, const char *s,
    size_t width)
{
	static const char *const codes[] = {"srt", "stand", NULL};
	size_t n = strlen(s), tail = 4;

	if (!one_of(member, codes) || n <= width || width < tail + 4 ||
	    width >= OV_TABLE_WIDTH - sizeof(ELLIPSIS) ||
	    ov_text_width(s, n) != n)
		return s;
	(void)snprintf(out, OV_TABLE_WIDTH, "%.*s" ELLIPSIS "%s",
	    (int)(width - tail - 1), s, s + n - tail);
	return out;
}

static void
print_cells(struct ov_table *t, const json_t *row)
{
	OV_BUF b = {0};
	char cut[OV_TABLE_WIDTH];
	size_t at = 0;

	for (size_t i = 0; i < t->ncol; i++) {
		const char *s = cell_text(&b, row, t->col[i].member);

		if (i > 0)
			blanks(t->out, GAP);
		at += i > 0 ? GAP : 0;
		if (i + 1 == t->ncol && t->wrap &&
		    ov_text_width(s, strlen(s)) > t->width[i]) {
			wrap(t->out, s, at, at + t->width[i], true);
			return;
		}
		s = shorter(cut, t->col[i].member, s, t->width[i]);
		ov_text_fit(t->out, s, t->width[i], t->col[i].right,
		    i + 1 == t->ncol);
		at += t->width[i];
	}
	(void)fputc('\n', t->out);
}

static void
print_row(struct ov_table *t, const json_t *row)
{
	print_cells(t, row);
	print_below(t, row);
}

/* What identifies a record is useless when it is cut. */
static bool
never_cut(const char *member)
{
	static const char *const ids[] = {"oin", "nr", "rij", "idx", "zaak",
	    "partij", "tijd", "opgesteld", "ontvangen", NULL};

	return one_of(member, ids);
}

/* How narrow a column may become in a round of shrink(): first a partner's
 * name, of which the beginning says enough, then everything but one's own
 * references, then these too. */
static size_t
floor_of(const char *member, int round)
{
	static const char *const names[] = {"partner", "naam", NULL};
	static const char *const refs[] = {"eigenReferentie", NULL};

	if (never_cut(member))
		return SIZE_MAX;
	if (one_of(member, names))
		return round < 2 ? 8 : COL_MIN;
	if (round == 0 || (round == 1 && one_of(member, refs)))
		return SIZE_MAX;
	return round == 1 ? 12 : COL_MIN;
}

/* Make the widest columns narrower until the row fits. */
static void
shrink(struct ov_table *t, size_t room)
{
	size_t total = t->ncol > 0 ? (t->ncol - 1) * GAP : 0, i, widest;
	int round = 0;

	for (i = 0; i < t->ncol; i++)
		total += t->width[i];
	while (total > room && round < 3) {
		widest = t->ncol;
		for (i = 0; i < t->ncol; i++)
			if (t->width[i] > floor_of(t->col[i].member, round) &&
			    (widest == t->ncol ||
			        t->width[i] > t->width[widest]))
				widest = i;
		if (widest == t->ncol) {
			round++;
			continue;
		}
		t->width[widest]--;
		total--;
	}
}

static void
fix(struct ov_table *t)
{
	OV_BUF b = {0};
	size_t i, k;

	for (i = 0; i < t->ncol; i++) {
		t->width[i] = ov_text_width(t->col[i].head,
		    strlen(t->col[i].head));
		for (k = 0; k < t->nkept; k++) {
			const char *s = cell_text(&b, t->kept[k],
			    t->col[i].member);
			size_t w = ov_text_width(s, strlen(s));

			if (w > t->width[i])
				t->width[i] = w;
		}
	}
	shrink(t, screen_width(t->out));
	t->fixed = true;
	print_head(t);
	for (k = 0; k < t->nkept; k++) {
		print_row(t, t->kept[k]);
		json_decref(t->kept[k]);
	}
	t->nkept = 0;
}

void
ov_table_row(struct ov_table *t, json_t *row)
{
	if (!t->fixed && t->nkept < OV_TABLE_LOOK) {
		t->kept[t->nkept++] = json_incref(row);
		return;
	}
	if (!t->fixed)
		fix(t);
	print_row(t, row);
}

void
ov_table_end(struct ov_table *t)
{
	if (!t->fixed && t->nkept > 0)
		fix(t);
}

/* ---- progress ---- */

static uint64_t
now_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void
ov_progress_text(char *out, size_t cap, const char *what, uint64_t done,
    uint64_t total, uint64_t ms)
{
	uint64_t rate = ms > 0 ? done * 1000 / ms : 0, left;
	int n;

	if (total == 0) {
		(void)snprintf(out, cap, "%s: %" PRIu64 ", %" PRIu64 "/s", what,
		    done, rate);
		return;
	}
	if (done > total)
		done = total;
	n = snprintf(out, cap,
	    "%s: %" PRIu64 " of %" PRIu64 " (%" PRIu64 "%%), %" PRIu64 "/s",
	    what, done, total, done * 100 / total, rate);
	if (done == 0 || n < 0 || (size_t)n >= cap)
		return;
	left = (total - done) * ms / done / 1000;
	if (left >= 3600)
		(void)snprintf(out + n, cap - (size_t)n,
		    ", %" PRIu64 " h %" PRIu64 " min left", left / 3600,
		    left / 60 % 60);
	else if (left >= 120)
		(void)snprintf(out + n, cap - (size_t)n,
		    ", %" PRIu64 " min left", (left + 59) / 60);
	else
		(void)snprintf(out + n, cap - (size_t)n, ", %" PRIu64 " s left",
		    left);
}

void
ov_progress(struct ov_cli *cli, struct ov_progress *p, const char *what,
    uint64_t done, uint64_t total)
{
	uint64_t now = now_ms();
	bool tty = isatty(fileno(cli->err)) == 1;
	char line[160];

	if (p->start_ms == 0)
		p->start_ms = now;
	if ((!tty && !cli->progress) || now - p->start_ms < 2000 ||
	    (p->last_ms != 0 && now - p->last_ms < 1000))
		return;
	p->last_ms = now;
	p->shown = true;
	ov_progress_text(line, sizeof(line), what, done, total,
	    now - p->start_ms);
	(void)fprintf(cli->err, tty ? "\r%s\033[K" : "%s\n", line);
	(void)fflush(cli->err);
}

void
ov_progress_end(struct ov_cli *cli, struct ov_progress *p)
{
	if (p->shown && isatty(fileno(cli->err)) == 1)
		(void)fputs("\r\033[K", cli->err);
	p->shown = false;
}
