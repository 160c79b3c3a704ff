/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_tree.c - records for people. */
#include "tools/cmd_tree.h"

#include <string.h>
#include <unistd.h>

#include "protocol/fout.h"
#include "protocol/tijd.h"
#include "tools/cmd_out.h"

#define LABEL 30

static bool
upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

void
ov_tree_label(struct ov_buf *b, const char *m)
{
	size_t i;
	char c;

	for (i = 0; m[i] != '\0'; i++) {
		c = m[i];
		if (c == '_' || c == '-') {
			ov_buf_str(b, " ");
			continue;
		}
		/* A new word, but not inside an abbreviation (redenBSN). */
		if (i > 0 && ((upper(c) && !upper(m[i - 1])) ||
		                 (digit(c) && !digit(m[i - 1])))) {
			ov_buf_str(b, " ");
			if (upper(c) && !upper(m[i + 1]) && m[i + 1] != '\0')
				c = (char)(c - 'A' + 'a');
		} else if (i == 0 && c >= 'a' && c <= 'z') {
			c = (char)(c - 'a' + 'A');
		}
		ov_buf_add(b, &c, 1);
	}
}

/* A mark travels as "6.4", and is read here as 6,4. */
static bool
mark(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n >= 1 && n <= 2 && s[n] == '.' && digit(s[n + 1]) &&
	       strspn(s + n + 1, "0123456789") == strlen(s + n + 1) &&
	       strlen(s) <= 5;
}

static void
value(struct ov_buf *b, const json_t *j)
{
	struct ov_date d;
	char nl[OV_DATE_SIZE];

	if (json_is_real(j) ||
	    (json_is_string(j) && mark(json_string_value(j)))) {
		size_t at = b->n;

		ov_cell(b, j);
		for (; !b->bad && at < b->n; at++)
			if (b->p[at] == '.')
				b->p[at] = ',';
		return;
	}
	if (json_is_string(j) &&
	    ov_date_parse((struct ov_view){(const uint8_t *)json_string_value(
	                                       j),
	                      json_string_length(j)},
	        &d) == OV_OK) {
		ov_date_fmt_nl(nl, d);
		ov_buf_str(b, nl);
		return;
	}
	ov_cell(b, j);
}

static bool
simple(const json_t *j)
{
	size_t i;

	if (json_is_object(j))
		return false;
	for (i = 0; i < json_array_size(j); i++)
		if (json_is_object(json_array_get(j, i)) ||
		    json_is_array(json_array_get(j, i)))
			return false;
	return true;
}

static void
line(FILE *f, const char *label, const json_t *j, size_t indent)
{
	size_t w = LABEL > indent ? LABEL - indent : 8;
	OV_BUF b = {0};
	const char *t;

	value(&b, j);
	t = ov_buf_text(&b);
	if (t == NULL)
		t = "?";
	for (size_t i = 0; i < indent; i++)
		(void)fputc(' ', f);
	ov_text_fit(f, label, w, false, false);
	(void)fputs("  ", f);
	if (ov_text_width(t, strlen(t)) + LABEL + 2 <= OV_TABLE_WIDTH &&
	    strchr(t, '\n') == NULL) {
		ov_text_fit(f, t, OV_TABLE_WIDTH, false, true);
		(void)fputc('\n', f);
	} else {
		(void)fputc('\n', f);
		ov_text_wrap(f, t, indent + 4, OV_TABLE_WIDTH);
	}
}

void
ov_tree(FILE *f, const json_t *j, size_t indent)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_array(j)) {
		for (i = 0; i < json_array_size(j); i++) {
			if (i > 0)
				(void)fputc('\n', f);
			ov_tree(f, json_array_get(j, i), indent);
		}
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
	{
		OV_BUF label = {0};

		ov_tree_label(&label, key);
		if (ov_buf_text(&label) == NULL)
			continue;
		if (simple(v)) {
			line(f, ov_buf_text(&label), v, indent);
			continue;
		}
		for (i = 0; i < indent; i++)
			(void)fputc(' ', f);
		ov_text_fit(f, ov_buf_text(&label), OV_TABLE_WIDTH, false,
		    true);
		(void)fputc('\n', f);
		ov_tree(f, v, indent + 2);
	}
}

void
ov_tree_totals(FILE *f, const json_t *end)
{
	OV_BUF all = {0};
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)end, key, v)
	{
		OV_BUF b = {0};
		size_t i;

		if (!simple(v) || json_is_null(v) ||
		    (json_is_string(v) && json_string_length(v) == 0))
			continue;
		for (i = 0; key[i] != '\0'; i++)
			ov_buf_add(&b, key[i] == '_' ? " " : &key[i], 1);
		ov_buf_str(&b, " ");
		value(&b, v);
		if (ov_buf_text(&b) == NULL)
			continue;
		ov_buf_fmt(&all, "%s%s", all.n > 0 ? ", " : "",
		    ov_buf_text(&b));
	}
	if (all.n > 0 && ov_buf_text(&all) != NULL)
		ov_text_wrap(f, ov_buf_text(&all), 0, OV_TABLE_WIDTH);
}

void
ov_tree_outlook(FILE *f, const json_t *end)
{
	const json_t *ready = json_object_get(end, "klaar"),
	             *waits = json_object_get(end, "wacht"),
	             *last = json_object_get(end, "laatste_datum");
	const char *reden = json_string_value(json_object_get(end, "reden"));
	struct ov_fout_text t;
	OV_BUF b = {0}, say = {0};

	if (!json_is_integer(ready) || !json_is_integer(waits))
		return;
	ov_buf_fmt(&say,
	    "Pseudoniemen: %" JSON_INTEGER_FORMAT
	    " nu klaar, %" JSON_INTEGER_FORMAT " wachten",
	    json_integer_value(ready), json_integer_value(waits));
	if (json_integer_value(waits) > 0 && json_is_string(last) &&
	    json_string_length(last) > 0) {
		value(&b, last);
		ov_buf_fmt(&say, "; de laatste op %s (dit gaat vanzelf verder)",
		    ov_buf_text(&b) != NULL ? ov_buf_text(&b) : "?");
	}
	ov_buf_str(&say, ".");
	if (reden != NULL && ov_fout_find(reden, &t)) {
		ov_buf_str(&say, "\n");
		ov_buf_add(&say, t.title.p, t.title.n);
		ov_buf_str(&say, ". ");
		ov_buf_add(&say, t.detail.p, t.detail.n);
	}
	ov_text_wrap(f, ov_buf_text(&say) != NULL ? ov_buf_text(&say) : "?", 0,
	    OV_TABLE_WIDTH);
}

int
ov_tree_fout(struct ov_cli *cli, enum ov_exit x, const char *code,
    const char *place)
{
	struct ov_fout_text t;

	if (!ov_fout_find(code, &t))
		return ov_cli_fail(cli, x, "%s (%s)", code, place);
	return ov_cli_fail(cli, x, "%.*s. %.*s (%s)", (int)t.title.n,
	    (const char *)t.title.p, (int)t.detail.n, (const char *)t.detail.p,
	    place);
}

int
ov_tree_readable(struct ov_cli *cli, const char *path)
{
	if (path == NULL || strcmp(path, "-") == 0 || access(path, R_OK) == 0)
		return OV_X_OK;
	return ov_tree_fout(cli, OV_X_INPUT, "bestand-niet-te-openen", path);
}
