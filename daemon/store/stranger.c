/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/stranger.c - the table of those we did not let in. */
#include "daemon/store/stranger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Lines a minute: a stranger cannot fill the journal either. */
#define LINES 20

struct ov_strangers {
	size_t n;
	uint64_t turn; /* order within one second, and over clock steps */
	struct ov_ratelimit log;
	struct ov_stranger row[OV_STRANGERS_MAX];
};

enum ov_rc
ov_stranger_new(struct ov_store *st, struct ov_err *e)
{
	st->strangers = calloc(1, sizeof(*st->strangers));
	if (st->strangers == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

void
ov_stranger_free(struct ov_store *st)
{
	free(st->strangers);
	st->strangers = NULL;
}

const char *
ov_vreemd_name(enum ov_vreemd why)
{
	static const char *const name[OV_VREEMD_N] = {"", "geen-handdruk",
	    "geen-lid", "ingetrokken", "verlopen", "andere-naam",
	    "andere-uitgever"};

	return name[why];
}

static struct ov_stranger *
row_of(struct ov_strangers *t, const uint8_t source[OV_ADDR_LEN],
    enum ov_vreemd why)
{
	struct ov_stranger *r, *quiet = &t->row[0];

	for (size_t i = 0; i < t->n; i++) {
		r = &t->row[i];
		if (r->why == why &&
		    memcmp(r->source, source, OV_ADDR_LEN) == 0)
			return r;
		if (r->turn < quiet->turn)
			quiet = r;
	}
	r = t->n < OV_STRANGERS_MAX ? &t->row[t->n++] : quiet;
	memset(r, 0, sizeof(*r));
	memcpy(r->source, source, OV_ADDR_LEN);
	r->why = why;
	return r;
}

/* net logs the handshakes that it refuses. */
static void
note(struct ov_store *st, const struct ov_stranger *r)
{
	char text[OV_ADDR_TEXT];
	uint32_t missed;

	if (r->why == OV_VREEMD_HANDDRUK ||
	    !ov_log_ratelimit(&st->strangers->log, LINES,
	        ov_loop_now_ms(st->env.loop), &missed))
		return;
	ov_addr_fmt(text, r->source);
	ov_log(OV_LOG_WARN,
	    "event=unknown-peer source=%s reason=%s missed=%" PRIu32, text,
	    ov_vreemd_name(r->why), missed);
}

void
ov_stranger_count(struct ov_store *st, const uint8_t source[OV_ADDR_LEN],
    enum ov_vreemd why, const struct ov_lid *lid, uint64_t n)
{
	struct ov_stranger *r;

	if (why == OV_VREEMD_GEEN || n == 0)
		return;
	if (why == OV_VREEMD_HANDDRUK)
		st->n.handshakes_refused += n;
	else
		st->n.strangers += n;
	r = row_of(st->strangers, source, why);
	r->last = ov_now(st);
	r->turn = ++st->strangers->turn;
	if (r->n == 0)
		r->first = r->last;
	r->n += n;
	if (lid != NULL)
		r->oin = lid->oin;
	note(st, r);
}

static int
newest(const void *a, const void *b)
{
	const struct ov_stranger *x = a, *y = b;

	return x->turn < y->turn ? 1 : -1;
}

size_t
ov_stranger_rows(const struct ov_store *st, struct ov_stranger *out, size_t max)
{
	const struct ov_strangers *t = st->strangers;
	struct ov_stranger all[OV_STRANGERS_MAX];
	size_t n = t->n < max ? t->n : max;

	memcpy(all, t->row, t->n * sizeof(*all));
	qsort(all, t->n, sizeof(*all), newest);
	memcpy(out, all, n * sizeof(*out));
	return n;
}
