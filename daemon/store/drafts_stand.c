/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/drafts_stand.c - how complete drafts are: of one, per part; and
 * of all, per class and mentor.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/toegang.h"

#define GROUPS_MAX 5000 /* classes times mentors of a large school */

static json_t *
j_er(const struct ov_deel_stand *s)
{
	return s->telt ? json_sprintf("%u/%u", s->er, s->nodig)
	               : json_string("-");
}

void
ov_j_delen(struct ov_store *st, const struct ov_draft *d, json_t *row)
{
	struct ov_deel_stand s[OV_DELEN_N];
	char vandaag[11];
	OV_BUF miss = {0};

	ov_store_today(st, vandaag);
	ov_compleet_of(st->compleet, d->srt, d->inhoud, vandaag, s);
	for (size_t i = 0; i < OV_DELEN_N; i++) {
		(void)ov_j_set(row, ov_deel_names[i], j_er(&s[i]));
		for (size_t k = 0; k < s[i].n; k++)
			ov_buf_fmt(&miss, "%s%s", miss.n > 0 ? "," : "",
			    s[i].ontbreekt[k]);
	}
	(void)ov_j_set(row, "ontbreektDeel",
	    json_stringn(miss.bad ? "" : (const char *)miss.p,
	        miss.bad ? 0 : miss.n));
}

/* ---- totals ---- */

struct totals {
	int64_t at, n, verborgen;
	char srt[OV_SRT_MAX + 1];
	json_t *groups; /* "klas\nmentor" -> {klas, mentor, counts} */
};

static void
start(struct ov_ctl *c)
{
	struct totals *t = c->state;
	const char *srt = ov_ctl_text(c, "srt", sizeof(t->srt) - 1);

	if (srt == NULL)
		srt = "overstapdossier";
	memcpy(t->srt, srt, strlen(srt) + 1);
	if (ov_ctl_args(c) && (t->groups = json_object()) == NULL)
		ov_ctl_fout(c, "inwendige-fout", NULL);
}

static void
add(json_t *g, const char *member, bool yes)
{
	json_t *v = json_object_get(g, member);

	(void)json_integer_set(v, json_integer_value(v) + (yes ? 1 : 0));
}

/* The group of a draft; made when it is new.  NULL: too many. */
static json_t *
group(struct totals *t, const char *klas, const char *mentor)
{
	OV_BUF key = {0};
	json_t *g;

	ov_buf_fmt(&key, "%s\n%s", klas, mentor);
	if (ov_buf_text(&key) == NULL)
		return NULL;
	g = json_object_get(t->groups, ov_buf_text(&key));
	if (g != NULL || json_object_size(t->groups) >= GROUPS_MAX)
		return g;
	g = json_pack("{s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "klas", klas,
	    "mentor", mentor, "aantal", 0, "algemeen", 0, "A", 0, "B", 0, "C",
	    0, "AenB", 0, "verzonden", 0);
	if (g == NULL ||
	    json_object_set_new(t->groups, ov_buf_text(&key), g) != 0)
		return NULL;
	return g;
}

static void
count(struct ov_ctl *c, const struct ov_draft *d, const char *vandaag)
{
	struct totals *t = c->state;
	struct ov_deel_stand s[OV_DELEN_N];
	enum ov_rij how = OV_RIJ_OPEN;
	struct ov_feiten f;
	bool full[OV_DELEN_N];
	json_t *g;

	if (!ov_ctl_alles(c)) {
		ov_feiten_of(c->st->toegang, &f, d->srt, false, d->inhoud,
		    d->klas);
		how = ov_ctl_rij(c, &f);
	}
	g = how == OV_RIJ_WEG    ? NULL
	    : how == OV_RIJ_OPEN ? group(t, d->klas, d->mentor)
	                         : group(t, "", "");
	if (g == NULL) {
		t->verborgen++;
		return;
	}
	ov_compleet_of(c->st->compleet, d->srt, d->inhoud, vandaag, s);
	add(g, "aantal", true);
	for (size_t i = 0; i < OV_DELEN_N; i++) {
		full[i] = s[i].er == s[i].nodig;
		add(g, ov_deel_names[i], full[i]);
	}
	add(g, "AenB", full[1] && full[2]);
	add(g, "verzonden", d->uitgaand != 0);
	t->n++;
}

static int
by_group(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int k = strcmp(json_string_value(json_object_get(x, "klas")),
	    json_string_value(json_object_get(y, "klas")));

	return k != 0 ? k
	              : strcmp(json_string_value(json_object_get(x, "mentor")),
	                    json_string_value(json_object_get(y, "mentor")));
}

static void
finish(struct ov_ctl *c)
{
	static const char *const sums[] = {"algemeen", "A", "B", "C", "AenB",
	    "verzonden"};
	struct totals *t = c->state;
	size_t n = json_object_size(t->groups), k = 0;
	json_t **all = calloc(n + 1, sizeof(*all)), *g, *end;
	const char *name;

	if (all == NULL) {
		ov_ctl_fout(c, "inwendige-fout", NULL);
		return;
	}
	json_object_foreach(t->groups, name, g)
	{
		all[k++] = g;
	}
	qsort(all, n, sizeof(json_t *), by_group);
	end = json_pack("{s:I,s:I}", "aantal", (json_int_t)t->n, "verborgen",
	    (json_int_t)t->verborgen);
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		json_int_t sum = 0;

		for (k = 0; k < n; k++)
			sum += json_integer_value(
			    json_object_get(all[k], sums[i]));
		(void)ov_j_set(end, sums[i], json_integer(sum));
	}
	for (k = 0; k < n; k++)
		ov_ctl_row(c, json_incref(all[k]));
	free(all);
	ov_ctl_end(c, end);
}

static void
step(struct ov_ctl *c)
{
	struct totals *t = c->state;
	int64_t nr[OV_CTL_PAGE];
	struct ov_err e = {0};
	struct ov_draft d;
	char vandaag[11];
	sqlite3_stmt *q;
	size_t n = 0;
	enum ov_rc rc;
	bool row;

	ov_store_today(c->st, vandaag);
	rc = ov_db_q(c->st->db, &q, &e,
	    "SELECT c.nr FROM concept c JOIN import i ON i.nr=c.import"
	    " WHERE i.compleet=1 AND c.nr>?1 AND c.srt=?2 ORDER BY c.nr"
	    " LIMIT 64",
	    "it", t->at, t->srt);
	while (rc == OV_OK && n < OV_CTL_PAGE &&
	       (rc = ov_db_next(c->st->db, q, &row, &e)) == OV_OK && row)
		nr[n++] = ov_db_i64(q, 0);
	ov_db_done(c->st->db, q);
	for (size_t i = 0; i < n && rc == OV_OK; i++) {
		rc = ov_draft_read(c->st, nr[i], &d, &e);
		if (rc == OV_OK)
			count(c, &d, vandaag);
		else if (ov_unreadable(rc))
			rc = ov_aside_now(c->st, "concept", nr[i], &e, &e);
		ov_draft_free(&d);
	}
	if (!ov_ctl_ok(c, rc, &e))
		return;
	if (n > 0)
		t->at = nr[n - 1];
	if (n < OV_CTL_PAGE)
		finish(c);
}

static void
drop(struct ov_ctl *c)
{
	struct totals *t = c->state;

	json_decref(t->groups);
}

const struct ov_ctl_cmd ov_ctl_stand[] = {
    {.name = "drafts.totals",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct totals),
        .start = start,
        .step = step,
        .drop = drop},
    {0},
};
