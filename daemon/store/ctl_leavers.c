/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_leavers.c - the list of leavers comes in, and its choices
 * become drafts.
 */
#include "daemon/store/verlaters.h"
#include "protocol/rapport.h"

struct load {
	struct ov_verlaters_in *in;
	int jaar;
};

static void
load_start(struct ov_ctl *c)
{
	struct load *s = c->state;
	const char *jaar = ov_ctl_text(c, "schooljaar", 9);
	bool proef = ov_ctl_flag(c, "proef");
	struct ov_err e = {0};

	s->jaar = ov_schooljaar(ov_date_nl(ov_now(c->st)));
	if (!ov_ctl_args(c) ||
	    !ov_ctl_ooit(c, OV_MAG_INVULLEN, "overstapstatus"))
		return;
	if (jaar != NULL && !ov_schooljaar_parse(jaar, &s->jaar))
		ov_ctl_fout(c, "schooljaar-ongeldig", NULL);
	else if (c->st->boek == NULL)
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
	else
		(void)ov_ctl_ok(c,
		    ov_verlaters_in_new(c->st, c->uid, s->jaar, proef, &s->in,
		        &e),
		    &e);
}

static void
load_rows(struct ov_ctl *c, const json_t *rows)
{
	struct load *s = c->state;

	for (size_t i = 0; i < json_array_size(rows); i++)
		ov_verlaters_in_row(s->in, json_array_get(rows, i));
}

static void
told(void *arg, json_t *fault)
{
	ov_ctl_row(arg, fault);
}

static void
load_end(struct ov_ctl *c)
{
	struct load *s = c->state;
	const struct ov_verlaters_sum *n = ov_verlaters_in_sum(s->in);
	struct ov_outlook o;
	struct ov_err e = {0};
	char jaar[10];

	if (!ov_ctl_ok(c, ov_pseudo_outlook(c->st, &o, &e), &e))
		return;
	ov_verlaters_in_faults(s->in, told, c);
	ov_schooljaar_fmt(s->jaar, jaar);
	ov_ctl_end(c,
	    ov_j_outlook(json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "schooljaar",
	                     jaar, "geladen", (json_int_t)n->geladen,
	                     "gewijzigd", (json_int_t)n->gewijzigd, "keuzes",
	                     (json_int_t)n->keuzes, "zonder_keuze",
	                     (json_int_t)n->zonder_keuze, "fout",
	                     (json_int_t)n->fout),
	        &o));
}

static void
load_step(struct ov_ctl *c)
{
	struct load *s = c->state;
	struct ov_err e = {0};
	bool done;

	if (!ov_ctl_ok(c, ov_verlaters_in_step(s->in, &done, &e), &e))
		return;
	if (done)
		load_end(c);
	else
		ov_ctl_progress(c, ov_verlaters_in_sum(s->in)->geladen, 0);
}

static void
load_drop(struct ov_ctl *c)
{
	struct load *s = c->state;

	ov_verlaters_in_free(s->in);
}

const struct ov_ctl_cmd ov_ctl_leavers[] = {
    {.name = "leavers.load",
        .mag = OV_MAG_INVULLEN,
        .size = sizeof(struct load),
        .start = load_start,
        .rows = load_rows,
        .step = load_step,
        .drop = load_drop},
    {0},
};
