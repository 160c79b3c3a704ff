/* SPDX-License-Identifier: EUPL-1.2 */
/* overstap-vectors: runs published test vectors through the functions that
 * the programs use.
 *
 * One JSON request a line on standard input, one JSON answer a line on
 * standard output, in order.  It ends at end of file, never on bad input.
 */
#include "tools/vectors.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "protocol/json.h"

/* The longest published vector is under 1 MiB of hexadecimal. */
#define LINE_MAX_BYTES ((size_t)16 << 20)

struct ov_view
vx_text(const json_t *in, const char *name)
{
	const json_t *v = json_object_get(in, name);
	struct ov_view none = {NULL, 0};

	if (!json_is_string(v))
		return none;
	return (struct ov_view){(const uint8_t *)json_string_value(v),
	    json_string_length(v)};
}

const char *
vx_str(const json_t *in, const char *name)
{
	return json_string_value(json_object_get(in, name));
}

bool
vx_hex(struct ov_view text, struct ov_buf *out)
{
	size_t n = text.n / 2, got = 0;
	uint8_t *p;

	if (text.p == NULL || text.n % 2 != 0)
		return false;
	if (n == 0)
		return true;
	p = ov_buf_room(out, n);
	return p != NULL &&
	       sodium_hex2bin(p, n, (const char *)text.p, text.n, NULL, &got,
	           NULL) == 0 &&
	       got == n;
}

bool
vx_bytes(const json_t *in, const char *name, struct ov_buf *out)
{
	return vx_hex(vx_text(in, name), out);
}

bool
vx_fixed(const json_t *in, const char *name, void *out, size_t n)
{
	struct ov_view v = vx_text(in, name);
	size_t got = 0;

	return v.p != NULL && v.n == 2 * n &&
	       sodium_hex2bin(out, n, (const char *)v.p, v.n, NULL, &got,
	           NULL) == 0 &&
	       got == n;
}

const char *
vx_oin(const json_t *in, const char *name)
{
	struct ov_oin oin;
	struct ov_view v = vx_text(in, name);

	if (v.p == NULL || ov_oin_parse(v, &oin) != OV_OK)
		return NULL;
	return (const char *)v.p;
}

bool
vx_u64(const json_t *in, const char *name, uint64_t *out)
{
	const json_t *j = json_object_get(in, name);
	struct ov_view v = vx_text(in, name);
	uint64_t r = 0;
	size_t i;

	if (json_is_integer(j)) {
		*out = (uint64_t)json_integer_value(j);
		return json_integer_value(j) >= 0;
	}
	if (v.p == NULL || v.n == 0 || (v.n > 1 && v.p[0] == '0'))
		return false;
	for (i = 0; i < v.n; i++) {
		unsigned int d = (unsigned int)v.p[i] - '0';

		if (d > 9 || r > (UINT64_MAX - d) / 10)
			return false;
		r = r * 10 + d;
	}
	*out = r;
	return true;
}

bool
vx_u32(const json_t *in, const char *name, uint32_t *out)
{
	uint64_t v;

	if (!vx_u64(in, name, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool
vx_put_text(json_t *out, const char *name, const void *p, size_t n)
{
	return json_object_set_new(out, name, json_stringn(p, n)) == 0;
}

bool
vx_put_hex(json_t *out, const char *name, const void *p, size_t n)
{
	OV_BUF text = {0};
	uint8_t *at = ov_buf_room(&text, 2 * n + 1);

	if (at == NULL)
		return false;
	sodium_bin2hex((char *)at, 2 * n + 1, p, n);
	return vx_put_text(out, name, at, 2 * n);
}

static const struct vx_op *
find(const char *name)
{
	const struct vx_op *const tables[] = {vx_public, vx_own};
	const struct vx_op *op;
	size_t i;

	for (i = 0; i < 2; i++) {
		for (op = tables[i]; op->name != NULL; op++) {
			if (strcmp(op->name, name) == 0)
				return op;
		}
	}
	return NULL;
}

/* The answer to one line. */
static void
answer(struct ov_crypto *c, const void *line, size_t n, struct ov_buf *text)
{
	OV_JSON *in = NULL;
	OV_JSON *out = json_object();
	const struct vx_op *op;
	const char *name;

	if (out == NULL ||
	    ov_json_parse(line, n, LINE_MAX_BYTES, &in, NULL) != OV_OK ||
	    (name = vx_str(in, "op")) == NULL) {
		ov_buf_str(text, "{\"ok\":false}");
		return;
	}
	if ((op = find(name)) == NULL) {
		ov_buf_str(text, "{\"ok\":false,\"unsupported\":true}");
		return;
	}
	if (json_object_set_new(out, "ok", json_true()) == 0 &&
	    op->fn(c, in, out))
		ov_json_dump(text, out);
	else
		ov_buf_str(text, "{\"ok\":false}");
}

/* One line without its LF.  Of a line that is too long nothing is kept and
 * *toolong is set.  False at the end of the input. */
static bool
read_line(struct ov_buf *line, bool *toolong)
{
	bool any = false;
	int ch;

	ov_buf_reset(line);
	*toolong = false;
	while ((ch = getc_unlocked(stdin)) != EOF && ch != '\n') {
		const uint8_t b = (uint8_t)ch;

		any = true;
		if (line->n == LINE_MAX_BYTES)
			*toolong = true;
		else
			ov_buf_add(line, &b, 1);
	}
	return any || ch == '\n';
}

int
main(void)
{
	OV_BUF line = {.max = LINE_MAX_BYTES};
	struct ov_crypto *c;
	struct ov_err err = {0};
	bool toolong;
	int status = 0;

	ov_json_init();
	if (ov_crypto_new(&c, &err) != OV_OK) {
		fprintf(stderr, "overstap-vectors: %s\n", err.msg);
		return 1;
	}
	while (status == 0 && read_line(&line, &toolong)) {
		OV_BUF text = {0};

		if (toolong || line.bad)
			ov_buf_str(&text, "{\"ok\":false}");
		else
			answer(c, line.p, line.n, &text);
		/* An answer that could not be written down is a refusal. */
		if (text.bad) {
			ov_buf_free(&text);
			memset(&text, 0, sizeof(text));
			ov_buf_str(&text, "{\"ok\":false}");
		}
		ov_buf_str(&text, "\n");
		if (text.bad || fwrite(text.p, 1, text.n, stdout) != text.n ||
		    fflush(stdout) != 0)
			status = 1;
	}
	ov_crypto_free(c);
	return status;
}
