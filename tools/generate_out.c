/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_out.c - write and check the files of overstap-generate. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "protocol/data.h"
#include "tools/generate_out.h"

#define FLUSH ((size_t)64 << 10)
#define TABLE_MAX ((size_t)64 << 10)
#define ALL_OPEN_SIZE 1024

/* ---- tables ---- */

static struct ov_view
data_view(const char *name)
{
	const struct ov_data *d = ov_data_find(name);
	struct ov_view v = {NULL, 0};

	if (d != NULL) {
		v.p = d->p;
		v.n = d->n;
	}
	return v;
}

/* Every subject that the matrix leaves to a region, decided. */
static enum ov_rc
all_open(char out[ALL_OPEN_SIZE], struct ov_err *e)
{
	struct ov_view m = data_view("matrix.json");
	json_t *matrix = json_loadb((const char *)m.p, m.n, 0, NULL);
	json_t *list = json_array(),
	       *o = json_object_get(matrix, "onderwerpen");
	enum ov_rc rc = OV_OK;
	const char *name;
	json_t *v;

	json_object_foreach(o, name,
	    v) if (json_array_append_new(list,
	               json_pack("{s:s,s:s,s:s,s:s}", "onderwerp", name,
	                   "besluit", "RB 2018-1", "datum", "2018-01-01",
	                   "naam", "Voorzitter regionaal overleg")) != 0)
	    rc = OV_NOSPACE;
	v = json_pack("{s:i,s:o}", "versie", 1, "besluiten", list);
	if (rc != OV_OK || matrix == NULL || v == NULL)
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	else {
		size_t n = json_dumpb(v, out, ALL_OPEN_SIZE - 1, JSON_COMPACT);

		if (n == 0 || n >= ALL_OPEN_SIZE)
			rc = ov_fail(e, OV_TOOBIG, "too much to decide");
		else
			out[n] = '\0';
	}
	json_decref(v);
	json_decref(matrix);
	return rc;
}

enum ov_rc
ov_gen_env_init(struct ov_gen_env *g, struct ov_err *e)
{
	struct ov_types_src src = {data_view("types.json"),
	    data_view("codelijsten.json"), data_view("grondslagen.json")};
	char open[ALL_OPEN_SIZE];
	struct ov_policy_src rules = {data_view("matrix.json"), {NULL, 0}};
	enum ov_rc rc;

	if ((g->files = json_object()) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if ((rc = ov_types_load(&src, &g->types, e)) != OV_OK ||
	    (rc = all_open(open, e)) != OV_OK)
		return rc;
	rules.regio = ov_view_str(open);
	if ((rc = ov_policy_load(g->types, &rules, &g->policy, e)) != OV_OK)
		return rc;
	return ov_profiles_load(g->types, data_view("profielen.json"),
	    &g->profiles, e);
}

void
ov_gen_env_free(struct ov_gen_env *g)
{
	ov_profiles_free(g->profiles);
	ov_policy_free(g->policy);
	ov_types_free(g->types);
	json_decref(g->files);
}

enum ov_rc
ov_gen_read(const char *path, struct ov_buf *b, struct ov_err *e)
{
	OV_CLOSE int fd = -1;
	const char *slash = strrchr(path, '/');
	char dir[4096];
	enum ov_rc rc;

	(void)snprintf(dir, sizeof(dir), "%.*s",
	    slash != NULL ? (int)(slash - path) + 1 : 1,
	    slash != NULL ? path : ".");
	if ((rc = ov_fs_opendir(AT_FDCWD, dir, &fd, e)) == OV_OK)
		rc = ov_fs_read(fd, slash != NULL ? slash + 1 : path, TABLE_MAX,
		    b, e);
	return rc == OV_OK ? OV_OK : ov_while(e, rc, "%s", path);
}

enum ov_rc
ov_gen_mkdir(const struct ov_gen_env *g, const char *sub, struct ov_err *e)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", g->dir, sub) >=
	    (int)sizeof(path))
		return ov_fail(e, OV_TOOBIG, "path too long");
	if (mkdir(path, 0700) != 0 && !(sub[0] == '\0' && errno == EEXIST))
		return ov_fail_sys(e, "%s", path);
	return OV_OK;
}

/* ---- a file ---- */

static enum ov_rc
flush(struct ov_gen_out *o, struct ov_err *e)
{
	enum ov_rc rc = ov_buf_ok(&o->b, e);

	if (rc != OV_OK)
		return rc;
	if (fwrite(o->b.p, 1, o->b.n, o->f) != o->b.n)
		return ov_fail_sys(e, "%s", o->name);
	ov_buf_reset(&o->b);
	return OV_OK;
}

static enum ov_rc
written(struct ov_gen_out *o, enum ov_rc rc, struct ov_err *e)
{
	o->rows++;
	return rc == OV_OK && o->b.n > FLUSH ? flush(o, e) : rc;
}

static void
own_header(struct ov_buf *b, const char *columns)
{
	ov_csv_out_begin(b);
	ov_buf_str(b, columns);
	ov_buf_str(b, "\r\n");
}

enum ov_rc
ov_gen_open(struct ov_gen_out *o, struct ov_gen_env *g, const char *name,
    const char *profile, const char *columns, struct ov_err *e)
{
	char path[4096];

	memset(o, 0, sizeof(*o));
	o->g = g;
	if (snprintf(o->name, sizeof(o->name), "%s", name) >=
	        (int)sizeof(o->name) ||
	    snprintf(path, sizeof(path), "%s/%s", g->dir, name) >=
	        (int)sizeof(path))
		return ov_fail(e, OV_TOOBIG, "path too long");
	if (profile != NULL &&
	    (o->profile = ov_profile_find(g->profiles, profile)) == NULL)
		return ov_fail(e, OV_DAMAGED, "no profile %s", profile);
	o->json = profile == NULL && columns == NULL;
	o->f = fopen(path, "wxe");
	if (o->f == NULL)
		return ov_fail_sys(e, "%s", path);
	if (profile != NULL)
		ov_export_header(o->profile, &o->b);
	else if (columns != NULL)
		own_header(&o->b, columns);
	return OV_OK;
}

static enum ov_rc
judge(const struct ov_gen_out *o, const char *srt, const json_t *inhoud,
    const struct ov_lid *van, const struct ov_lid *naar, struct ov_err *e)
{
	const struct ov_gen_env *g = o->g;
	const struct ov_type *t;
	struct ov_verdict v;
	struct ov_fouten *bad = calloc(1, sizeof(*bad));
	char vandaag[OV_DATE_SIZE];
	enum ov_rc rc;

	if (bad == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	ov_date_fmt(vandaag, g->vandaag);
	t = ov_types_find(g->types, srt, vandaag);
	rc = ov_types_check_json(g->types, srt, inhoud,
	    t != NULL && ov_type_has_pid_json(t, inhoud) ? 43 : 0, vandaag,
	    bad);
	if (rc == OV_BADMSG)
		rc = ov_fail(e, OV_DAMAGED, "%s, row %d: %s: %s", o->name,
		    o->rows + 1, bad->f[0].pad, ov_reden_code(bad->f[0].reden));
	free(bad);
	if (rc != OV_OK || van == NULL)
		return rc;
	v = ov_policy_may_json(g->policy, srt, g->boek, van, naar, inhoud,
	    vandaag);
	return v.may == OV_MAY_YES ? OV_OK
	                           : ov_fail(e, OV_DAMAGED,
	                                 "%s, row %d: the matrix says no (%d)",
	                                 o->name, o->rows + 1, (int)v.why);
}

static enum ov_rc
json_row(struct ov_gen_out *o, const json_t *draft, struct ov_err *e)
{
	size_t n = json_dumpb(draft, NULL, 0, JSON_COMPACT);
	uint8_t *room;

	ov_buf_str(&o->b, o->rows == 0 ? "[\n" : ",\n");
	room = ov_buf_room(&o->b, n);
	if (room == NULL || n == 0 ||
	    json_dumpb(draft, (char *)room, n, JSON_COMPACT) != n)
		return ov_fail(e, OV_NOSPACE, "no memory");
	return OV_OK;
}

enum ov_rc
ov_gen_row(struct ov_gen_out *o, json_t *draft, const struct ov_lid *van,
    const struct ov_lid *naar, struct ov_err *e)
{
	const char *srt;
	enum ov_rc rc = OV_OK;

	if (draft == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	srt = json_string_value(json_object_get(draft, "srt"));
	if (srt != NULL)
		rc = judge(o, srt, json_object_get(draft, "inhoud"), van, naar,
		    e);
	if (rc == OV_OK)
		rc = o->json ? json_row(o, draft, e)
		             : ov_export_row(o->profile, draft, &o->b, e);
	json_decref(draft);
	return written(o, rc, e);
}

enum ov_rc
ov_gen_cells(struct ov_gen_out *o, const char *const *cell, size_t n,
    struct ov_err *e)
{
	ov_csv_out_row(&o->b, cell, n);
	return written(o, OV_OK, e);
}

enum ov_rc
ov_gen_close(struct ov_gen_out *o, enum ov_rc rc, struct ov_err *e)
{
	if (o->json)
		ov_buf_str(&o->b, o->rows == 0 ? "[]\n" : "\n]\n");
	if (rc == OV_OK)
		rc = flush(o, e);
	if (o->f != NULL && fclose(o->f) != 0 && rc == OV_OK)
		rc = ov_fail_sys(e, "%s", o->name);
	o->f = NULL;
	if (rc == OV_OK &&
	    !ov_gen_set(o->g->files, o->name, json_integer(o->rows)))
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	ov_buf_free(&o->b);
	return rc;
}

json_t *
ov_gen_draft(const char *srt, const char *ref, const struct ov_pgn *pgn,
    const char *ontvanger, json_t *inhoud)
{
	json_t *d;

	if (inhoud == NULL)
		return NULL;
	d = json_pack("{s:s,s:s,s:s,s:s,s:o}", "profiel", srt,
	    "eigenReferentie", ref, "ontvanger", ontvanger, "srt", srt,
	    "inhoud", inhoud);
	if (d != NULL && pgn != NULL &&
	    !ov_gen_set(d, "pgn", json_string(pgn->s))) {
		json_decref(d);
		return NULL;
	}
	return d;
}
