/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_control.c - a client of the control socket: each line of the
 * input is a frame, or, after a first byte 0, the rest is the stream itself.
 * What comes back is frames as documented, at most one of them the last, and
 * no content without its line in the log.
 */
#include "tests/fuzz/store_ready.h"

static int64_t
readings(void)
{
	int64_t n;

	must(ov_db_int(w.st->db, &n, 0, NULL, "SELECT count(*) FROM gelezen",
	         "") == OV_OK,
	    "count");
	return n;
}

static void
put(int fd, const void *p, size_t n)
{
	const uint8_t *s = p;
	ssize_t k;

	for (unsigned tries = 0; n > 0 && tries < 4096; tries++) {
		k = send(fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k > 0) {
			s += k;
			n -= (size_t)k;
		} else if (k < 0 && errno == EAGAIN) {
			store_turn();
		} else {
			return; /* it was closed */
		}
	}
}

static void
frames(int fd, const uint8_t *p, size_t n)
{
	const uint8_t *nl;
	uint8_t len[4];
	size_t k;

	while (n > 0) {
		nl = memchr(p, '\n', n);
		k = nl != NULL ? (size_t)(nl - p) : n;
		len[0] = (uint8_t)(k >> 24);
		len[1] = (uint8_t)(k >> 16);
		len[2] = (uint8_t)(k >> 8);
		len[3] = (uint8_t)k;
		put(fd, len, 4);
		put(fd, p, k);
		k += nl != NULL;
		p += k;
		n -= k;
	}
}

/* Everything that comes; true when the role closed the connection. */
static bool
answer(int fd, struct ov_buf *out)
{
	uint8_t piece[4096];
	unsigned idle = 0;
	ssize_t k;

	while (idle < 8) {
		store_turn();
		k = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (k == 0 || (k < 0 && errno == ECONNRESET))
			return true;
		if (k > 0) {
			ov_buf_add(out, piece, (size_t)k);
			idle = 0;
		} else {
			idle++;
		}
	}
	return false;
}

/* True: it was the last. */
static bool
frame(const uint8_t *p, size_t n, bool *content)
{
	OV_JSON *j = NULL;
	const json_t *f, *rows;
	const char *code, *tekst;
	size_t i;
	json_t *r;

	must(ov_json_parse(p, n, OV_CTL_FRAME, &j, NULL) == OV_OK &&
	         json_is_object(j) && json_object_size(j) == 1,
	    "one member");
	rows = json_object_get(j, "rows");
	json_array_foreach(rows, i, r) *content |= json_object_get(r,
	                                               "inhoud") != NULL;
	if (json_is_array(rows) || json_object_get(j, "go") != NULL ||
	    json_object_get(j, "progress") != NULL)
		return false;
	if (json_object_get(j, "end") != NULL)
		return true;
	f = json_object_get(j, "fout");
	code = json_string_value(json_object_get(f, "code"));
	tekst = json_string_value(json_object_get(f, "tekst"));
	must(code != NULL && tekst != NULL && strlen(tekst) > 10,
	    "a code and its sentence");
	return true;
}

static void
judge(const struct ov_buf *b, bool closed, int64_t read_before)
{
	bool last = false, content = false;
	size_t at = 0, n;

	while (b->n - at >= 4) {
		const uint8_t *p = b->p + at;

		n = (size_t)p[0] << 24 | (size_t)p[1] << 16 |
		    (size_t)p[2] << 8 | p[3];
		must(n <= OV_CTL_FRAME && b->n - at - 4 >= n, "whole frames");
		must(!last, "nothing behind the last");
		last = frame(p + 4, n, &content);
		at += 4 + n;
	}
	must(at == b->n, "whole frames to the end");
	must(!last || closed, "closed behind the last");
	must(!content || readings() > read_before, "a line for what was read");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	OV_BUF out = {0};
	int64_t before;
	bool closed;
	int fd;

	store_ready();
	before = readings();
	fd = client_open();
	if (n > 0 && p[0] == 0)
		put(fd, p + 1, n - 1);
	else
		frames(fd, p, n);
	closed = answer(fd, &out);
	(void)close(fd);
	for (int i = 0; i < 3; i++)
		store_turn(); /* it sees that the client went */
	must(!out.bad, "memory");
	judge(&out, closed, before);
	return 0;
}
