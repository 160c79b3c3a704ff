/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_log.c - the exchange log: show, verify, export. */
#include <string.h>

#include "daemon/store/ctl.h"
#include "protocol/hash.h"

struct list {
	uint64_t at, tot;
	char soort[24];
	bool raw;
};

static void
range(struct ov_ctl *c, bool raw)
{
	struct list *l = c->state;
	const char *soort = NULL;

	l->raw = raw;
	l->tot = c->st->log.was.size;
	l->at = (uint64_t)ov_ctl_int(c, "van");
	if (ov_jo_has(&c->in, "tot")) {
		uint64_t tot = (uint64_t)ov_ctl_int(c, "tot");

		if (tot < l->tot)
			l->tot = tot;
	}
	if (!raw)
		soort = ov_ctl_text(c, "soort", sizeof(l->soort) - 1);
	if (soort != NULL)
		memcpy(l->soort, soort, strlen(soort) + 1);
	(void)ov_ctl_args(c);
}

static void
show_start(struct ov_ctl *c)
{
	range(c, false);
}

static void
export_start(struct ov_ctl *c)
{
	range(c, true);
}

static json_t *
j_leaf(uint64_t idx, const struct ov_buf *text, const struct list *l,
    struct ov_err *e)
{
	struct ov_leaf leaf;
	const char *soort;
	char hex[65];
	json_t *j;

	if (l->raw)
		return json_pack("{s:I,s:s%}", "idx", (json_int_t)idx, "tekst",
		    (const char *)text->p, text->n);
	if (ov_leaf_parse(text->p, text->n, &leaf, e) != OV_OK)
		return NULL;
	soort = ov_leaf_soort_name(leaf.soort);
	if (l->soort[0] != '\0' && strcmp(soort, l->soort) != 0)
		return json_null();
	ov_hex_enc(hex, leaf.ref, 32);
	j = json_pack("{s:I,s:o,s:s,s:s,s:s}", "idx", (json_int_t)idx, "tijd",
	    ov_j_moment(leaf.tijd), "soort", soort, "partij", leaf.partij.s,
	    "ref", hex);
	if (leaf.soort == OV_LEAF_OPRF) {
		(void)ov_j_set(j, "domein", json_string(leaf.domein.s));
		(void)ov_j_set(j, "epoch", json_integer(leaf.epoch));
		(void)ov_j_set(j, "deel", json_integer(leaf.deel));
		(void)ov_j_set(j, "aantal", json_integer(leaf.aantal));
	}
	return j;
}

static void
list_end(struct ov_ctl *c)
{
	struct list *l = c->state;
	OV_BUF note = {0};
	struct ov_err e = {0};
	uint64_t size;
	enum ov_rc rc = OV_OK;

	if (!l->raw) {
		ov_ctl_end(c, json_pack("{s:I}", "omvang",
		                  (json_int_t)c->st->log.was.size));
		return;
	}
	rc = ov_slog_head(c->st->db, &size, &note, &e);
	if (rc == OV_OK && size < c->st->log.was.size && !c->st->stop_signing) {
		rc = ov_checkpoint_now(c->st, &e);
		ov_buf_reset(&note);
		if (rc == OV_OK)
			rc = ov_slog_head(c->st->db, &size, &note, &e);
	}
	if (ov_ctl_ok(c, rc, &e))
		ov_ctl_end(c,
		    json_pack("{s:s%}", "checkpoint",
		        note.p != NULL ? (const char *)note.p : "", note.n));
}

static void
list_step(struct ov_ctl *c)
{
	struct list *l = c->state;
	OV_BUF text = {0};
	struct ov_err e = {0};
	json_t *j;

	for (size_t i = 0; i < 4 * OV_CTL_PAGE && l->at < l->tot; i++) {
		ov_buf_reset(&text);
		if (!ov_ctl_ok(c, ov_slog_leaf(c->st->db, l->at, &text, &e),
		        &e))
			return;
		j = j_leaf(l->at, &text, l, &e);
		if (j == NULL) {
			(void)ov_ctl_ok(c, e.rc != OV_OK ? e.rc : OV_NOSPACE,
			    &e);
			return;
		}
		if (json_is_null(j))
			json_decref(j);
		else
			ov_ctl_row(c, j);
		l->at++;
	}
	if (l->at >= l->tot)
		list_end(c);
}

static void
verify_start(struct ov_ctl *c)
{
	struct ov_store *st = c->st;
	struct ov_digest disk, mem;
	struct ov_err e = {0};
	uint64_t size = st->log.was.size;
	char hex[65];
	bool good;
	enum ov_rc rc;

	if (!ov_ctl_args(c))
		return;
	if (!ov_ctl_ok(c, ov_tlog_root(&st->log.was, &mem, &e), &e))
		return;
	rc = ov_slog_recompute(st->ro, size, &disk, &e);
	if (rc != OV_OK && rc != OV_DAMAGED) {
		ov_ctl_fail(c, &e);
		return;
	}
	good = rc == OV_OK && memcmp(&disk, &mem, sizeof(disk)) == 0;
	if (!good) {
		st->stop_signing = true;
		ov_alarm(st, "log-afwijkend", 0);
	}
	ov_hex_enc(hex, mem.b, 32);
	ov_ctl_end(c, json_pack("{s:I,s:s,s:b}", "omvang", (json_int_t)size,
	                  "wortel", hex, "goed", good));
}

const struct ov_ctl_cmd ov_ctl_log[] = {
    {.name = "log.show",
        .mag = OV_MAG_TOEZIEN,
        .size = sizeof(struct list),
        .start = show_start,
        .step = list_step},
    {.name = "log.verify", .mag = OV_MAG_TOEZIEN, .start = verify_start},
    {.name = "log.export",
        .mag = OV_MAG_TOEZIEN,
        .size = sizeof(struct list),
        .start = export_start,
        .step = list_step},
    {0},
};
