/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/jw.c - small writers for JSON of our own shape. */
#include "protocol/jw.h"

#include "protocol/b64.h"

void
ov_jw_quote(struct ov_buf *b, struct ov_view v)
{
	size_t i, from = 0;
	const char *esc;
	uint8_t c;

	ov_buf_str(b, "\"");
	for (i = 0; i < v.n; i++) {
		c = v.p[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		ov_buf_add(b, v.p + from, i - from);
		from = i + 1;
		esc = c == '"'    ? "\\\""
		      : c == '\\' ? "\\\\"
		      : c == '\n' ? "\\n"
		      : c == '\r' ? "\\r"
		      : c == '\t' ? "\\t"
		                  : NULL;
		if (esc != NULL)
			ov_buf_str(b, esc);
		else
			ov_buf_fmt(b, "\\u%04x", (unsigned)c);
	}
	if (v.n > from)
		ov_buf_add(b, v.p + from, v.n - from);
	ov_buf_str(b, "\"");
}

void
ov_jw_name(struct ov_buf *b, const char *name)
{
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		ov_buf_str(b, ",");
	if (name != NULL)
		ov_buf_fmt(b, "\"%s\":", name);
}

void
ov_jw_str(struct ov_buf *b, const char *name, const char *value)
{
	ov_jw_view(b, name, ov_view_str(value));
}

void
ov_jw_view(struct ov_buf *b, const char *name, struct ov_view value)
{
	ov_jw_name(b, name);
	ov_jw_quote(b, value);
}

void
ov_jw_int(struct ov_buf *b, const char *name, uint64_t value)
{
	ov_jw_name(b, name);
	ov_buf_fmt(b, "%llu", (unsigned long long)value);
}

void
ov_jw_time(struct ov_buf *b, const char *name, int64_t value)
{
	if (value < 0)
		b->bad = true;
	else
		ov_jw_int(b, name, (uint64_t)value);
}

void
ov_jw_b64u(struct ov_buf *b, const char *name, const void *p, size_t n)
{
	ov_jw_name(b, name);
	ov_buf_str(b, "\"");
	ov_b64u_add(b, p, n);
	ov_buf_str(b, "\"");
}
