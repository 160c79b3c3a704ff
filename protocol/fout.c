/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/fout.c - the tables of protocol/fout.h and the reader of
 * data/fouten.txt.
 */
#include "protocol/fout.h"

#include <stdio.h>
#include <string.h>

#include "protocol/data.h"

struct row {
	const char *code;
	int status;
	enum ov_after after;
};

static const struct row rows[OV_FOUT_N] = {[OV_FOUT_GEEN] = {"", 0,
                                               OV_AFTER_AGAIN},
#define X(name, code, status, after)                                           \
	[OV_FOUT_##name] = {code, status, OV_AFTER_##after},
    OV_FOUTEN(X)
#undef X
};

static const char *const redenen[OV_REDEN_N] = {[OV_REDEN_GEEN] = "",
#define X(name, code) [OV_REDEN_##name] = code,
    OV_REDENEN(X)
#undef X
};

/* Out of range is as good as none: the number may come from a packet. */
static const struct row *
row(enum ov_fout f)
{
	return &rows[f < OV_FOUT_N ? f : OV_FOUT_GEEN];
}

const char *
ov_fout_code(enum ov_fout f)
{
	return row(f)->code;
}

int
ov_fout_status(enum ov_fout f)
{
	return row(f)->status;
}

enum ov_fout
ov_fout_from(struct ov_view code)
{
	int f;

	for (f = OV_FOUT_GEEN + 1; f < (int)OV_FOUT_N; f++)
		if (ov_view_eq(code, rows[f].code))
			return (enum ov_fout)f;
	return OV_FOUT_GEEN;
}

const char *
ov_reden_code(enum ov_reden r)
{
	return redenen[r < OV_REDEN_N ? r : OV_REDEN_GEEN];
}

enum ov_after
ov_fout_after(int status, enum ov_fout f)
{
	/* The status is what HTTP and the table of docs/protocol.md 7 judge
	 * by; a code counts only with its own status. */
	if (f != OV_FOUT_GEEN && row(f)->status == status)
		return row(f)->after;
	switch (status) {
	case 200:
	case 201:
	case 410:
		return OV_AFTER_DELIVERED;
	case 400:
	case 411:
	case 413:
	case 415:
	case 422:
		return OV_AFTER_REFUSED;
	default:
		return OV_AFTER_AGAIN;
	}
}

/* ---- sentences -------------------------------------------------------- */

/* Cut the bytes up to `sep` off the front of *text. */
static struct ov_view
cut(struct ov_view *text, char sep)
{
	struct ov_view part = *text;
	const uint8_t *at = NULL;

	if (text->n > 0)
		at = memchr(text->p, sep, text->n);
	if (at == NULL) {
		*text = (struct ov_view){NULL, 0};
		return part;
	}
	part.n = (size_t)(at - text->p);
	text->p = at + 1;
	text->n -= part.n + 1;
	return part;
}

/* The next line that is neither empty nor a comment. */
static bool
next(struct ov_view *text, struct ov_view *code, struct ov_fout_text *out)
{
	struct ov_view line, status;
	size_t i;

	do {
		if (text->n == 0)
			return false;
		line = cut(text, '\n');
	} while (line.n == 0 || line.p[0] == '#');
	*code = cut(&line, '|');
	status = cut(&line, '|');
	out->title = cut(&line, '|');
	out->detail = line;
	out->status = 0;
	for (i = 0; i < status.n && i < 3; i++)
		out->status = out->status * 10 + (status.p[i] - '0');
	return true;
}

static struct ov_view
sentences(void)
{
	const struct ov_data *d = ov_data_find("fouten.txt");

	if (d == NULL)
		return (struct ov_view){NULL, 0};
	return (struct ov_view){d->p, d->n};
}

bool
ov_fout_find(const char *code, struct ov_fout_text *out)
{
	struct ov_view text = sentences(), found;

	while (next(&text, &found, out))
		if (ov_view_eq(found, code))
			return true;
	memset(out, 0, sizeof(*out));
	return false;
}

bool
ov_fout_nth(size_t n, struct ov_view *code, struct ov_fout_text *out)
{
	struct ov_view text = sentences();
	bool there;

	do
		there = next(&text, code, out);
	while (there && n-- > 0);
	if (!there)
		memset(out, 0, sizeof(*out));
	return there;
}

void
ov_fout_problem_raw(struct ov_buf *b, enum ov_fout f, struct ov_view members)
{
	struct ov_fout_text t;

	if (f == OV_FOUT_GEEN || !ov_fout_find(ov_fout_code(f), &t)) {
		b->bad = true;
		return;
	}
	ov_buf_fmt(b, "{\"type\":\"urn:overstap:fout:%s\",\"title\":\"",
	    ov_fout_code(f));
	ov_buf_add(b, t.title.p, t.title.n);
	ov_buf_fmt(b, "\",\"status\":%d,\"detail\":\"", ov_fout_status(f));
	ov_buf_add(b, t.detail.p, t.detail.n);
	ov_buf_str(b, "\"");
	if (members.n > 0) {
		ov_buf_str(b, ",");
		ov_buf_add(b, members.p, members.n);
	}
	ov_buf_str(b, "}");
}
