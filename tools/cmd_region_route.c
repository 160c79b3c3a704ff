/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_region_route.c - region route: which member serves a gemeente in a
 * role, per type and date (docs/protocol.md, "Address book").
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/data.h"
#include "protocol/json.h"
#include "protocol/tijd.h"
#include "protocol/types.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_client.h"
#include "tools/cmd_out.h"
#include "tools/cmd_region.h"

static const char *
text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

/* Days of a route; *tot is INT32_MAX without an end. */
static enum ov_rc
days(const char *van, const char *tot, int32_t d[2], struct ov_err *e)
{
	struct ov_date a, b;

	if (ov_date_parse(ov_view_str(van), &a) != OV_OK)
		return ov_fail(e, OV_BADMSG, "\"%.20s\" is no date", van);
	d[0] = ov_date_days(a);
	d[1] = INT32_MAX;
	if (tot == NULL || tot[0] == '\0')
		return OV_OK;
	if (ov_date_parse(ov_view_str(tot), &b) != OV_OK)
		return ov_fail(e, OV_BADMSG, "\"%.20s\" is no date", tot);
	d[1] = ov_date_days(b);
	return d[1] >= d[0] ? OV_OK
	                    : ov_fail(e, OV_BADMSG, "it ends before it begins");
}

static bool
holds(const struct ov_region *r, const char *oin, const char *rol)
{
	const json_t *m = json_object_get(json_object_get(r->st, "leden"), oin),
	             *v;
	size_t i;

	json_array_foreach(json_object_get(m, "rol"), i, v)
	{
		if (ov_view_eq(ov_json_view(v), rol))
			return true;
	}
	return false;
}

static enum ov_rc
words_ok(const struct ov_region_route *q, struct ov_err *e)
{
	enum ov_rol rol;

	if (!ov_is_gemeente(ov_view_str(q->gemeente)))
		return ov_fail(e, OV_BADMSG,
		    "\"%.20s\" is no code of a gemeente: four digits",
		    q->gemeente);
	if (!ov_rol_parse(q->rol, &rol) ||
	    (rol != OV_ROL_LEERPLICHT && rol != OV_ROL_DOORSTROOMPUNT))
		return ov_fail(e, OV_BADMSG,
		    "--rol is leerplicht or doorstroompunt");
	if (strlen(q->srt) > OV_SRT_MAX)
		return ov_fail(e, OV_BADMSG, "no such type of message");
	return OV_OK;
}

static struct ov_view
data(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	return d != NULL ? (struct ov_view){d->p, d->n} : (struct ov_view){0};
}

/* The type is one that this version knows: a typing error would stand in
 * every book to come. */
static enum ov_rc
srt_ok(const char *srt, struct ov_err *e)
{
	struct ov_types_src src = {.types = data("types.json"),
	    .codes = data("codelijsten.json"),
	    .grounds = data("grondslagen.json")};
	struct ov_types *t = NULL;
	bool known;
	enum ov_rc rc;

	if (strcmp(srt, "*") == 0)
		return OV_OK;
	if ((rc = ov_types_load(&src, &t, e)) != OV_OK)
		return rc;
	known = ov_types_latest(t, srt) != NULL;
	ov_types_free(t);
	return known ? OV_OK
	             : ov_fail(e, OV_BADMSG, "no such type of message: %.40s",
	                   srt);
}

static bool
same_place(const json_t *j, const struct ov_region_route *q)
{
	return strcmp(text_of(j, "gemeente"), q->gemeente) == 0 &&
	       strcmp(text_of(j, "rol"), q->rol) == 0 &&
	       strcmp(text_of(j, "srt"), q->srt) == 0;
}

/* The list of the state, made when it is not there. */
static json_t *
routes(struct ov_region *r)
{
	json_t *l = json_object_get(r->st, "route");

	if (json_is_array(l))
		return l;
	l = json_array();
	return json_object_set_new(r->st, "route", l) == 0 ? l : NULL;
}

enum ov_rc
ov_region_route_add(struct ov_region *r, const struct ov_region_route *q,
    struct ov_err *e)
{
	json_t *list = routes(r), *j, *v;
	struct ov_oin oin;
	int32_t d[2], x[2];
	size_t i;
	enum ov_rc rc;

	if (list == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	if ((rc = words_ok(q, e)) != OV_OK ||
	    (rc = srt_ok(q->srt, e)) != OV_OK ||
	    (rc = days(q->van, q->tot, d, e)) != OV_OK ||
	    (rc = ov_region_find(r, q->naar, &oin, e)) != OV_OK)
		return rc;
	if (!holds(r, oin.s, q->rol))
		return ov_fail(e, OV_DENIED, "%s does not hold the role %s",
		    oin.s, q->rol);
	json_array_foreach(list, i, v)
	{
		if (!same_place(v, q))
			continue;
		rc = days(text_of(v, "van"), text_of(v, "tot"), x, e);
		if (rc != OV_OK)
			return rc;
		if (d[0] <= x[1] && x[0] <= d[1])
			return ov_fail(e, OV_DENIED,
			    "%s has a route for %s from %s already: remove it "
			    "first, or add it again with --tot",
			    q->gemeente, q->rol, text_of(v, "van"));
	}
	if (json_array_size(list) >= OV_ROUTES_MAX)
		return ov_fail(e, OV_TOOBIG, "too many routes");
	j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "gemeente", q->gemeente, "srt",
	    q->srt, "rol", q->rol, "oin", oin.s, "van", q->van);
	if (j == NULL ||
	    (q->tot != NULL &&
	        json_object_set_new(j, "tot", json_string(q->tot)) < 0) ||
	    json_array_append_new(list, j) < 0)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	return OV_OK;
}

enum ov_rc
ov_region_route_remove(struct ov_region *r, const struct ov_region_route *q,
    struct ov_err *e)
{
	json_t *list = routes(r), *v;
	enum ov_rc rc;
	size_t i;

	if ((rc = words_ok(q, e)) != OV_OK)
		return rc;
	json_array_foreach(list, i, v)
	{
		if (same_place(v, q) && strcmp(text_of(v, "van"), q->van) == 0)
			return json_array_remove(list, i) == 0
			           ? OV_OK
			           : ov_fail(e, OV_NOSPACE, "out of memory");
	}
	return ov_fail(e, OV_DENIED, "no such route: see overstap region diff");
}

void
ov_region_say_routes(struct ov_cli *cli, const struct ov_adresboek *k)
{
	static const struct ov_col cols[] = {{"gemeente", "gemeente", false},
	    {"rol", "role", false}, {"srt", "type", false},
	    {"oin", "to", false}, {"van", "from", false},
	    {"tot", "until", false}, {NULL, NULL, false}};
	char van[OV_DATE_SIZE], tot[OV_DATE_SIZE];
	struct ov_table t;
	json_t *row;

	if (k->nroute == 0)
		return;
	ov_cli_say(cli, "\n");
	ov_table_begin(&t, cli->out, cols);
	for (size_t i = 0; i < k->nroute; i++) {
		const struct ov_book_route *r = &k->route[i];

		ov_date_fmt(van, ov_date_from_days(r->van));
		tot[0] = '\0';
		if (r->tot != INT32_MAX)
			ov_date_fmt(tot, ov_date_from_days(r->tot));
		row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "gemeente",
		    r->gemeente, "rol", ov_rol_name(r->rol), "srt",
		    r->srt[0] != '\0' ? r->srt : "*", "oin", r->oin.s, "van",
		    van, "tot", tot);
		if (row != NULL)
			ov_table_row(&t, row);
		json_decref(row);
	}
	ov_table_end(&t);
}

/* ---- the command ---- */

static int
run_route(struct ov_cli *cli, const struct ov_cmd *cmd, const struct ov_args *a)
{
	struct ov_region_route q = {.gemeente = a->pos[2],
	    .rol = ov_args_text(a, "rol"),
	    .srt = ov_args_text(a, "srt"),
	    .naar = ov_args_text(a, "to"),
	    .van = ov_args_text(a, "van"),
	    .tot = ov_args_text(a, "tot")};
	bool add = strcmp(a->pos[1], "add") == 0;
	struct ov_err e = {0};
	struct ov_region r;
	enum ov_rc rc;
	int x;

	(void)cmd;
	if (!add && strcmp(a->pos[1], "remove") != 0)
		return ov_cli_fail(cli, OV_X_USAGE,
		    "region route DIR add|remove GEMEENTE");
	if (q.rol == NULL || q.van == NULL || add != (q.naar != NULL) ||
	    (!add && q.tot != NULL))
		return ov_cli_fail(cli, OV_X_USAGE,
		    add ? "--rol, --to and --van say for what, to whom and "
		          "from when"
		        : "--rol, --srt and --van say which one");
	if (q.srt == NULL)
		q.srt = "*";
	if ((x = ov_region_begin(cli, a, &r)) != OV_X_OK)
		return x;
	rc = add ? ov_region_route_add(&r, &q, &e)
	         : ov_region_route_remove(&r, &q, &e);
	if ((x = ov_region_finish(cli, &r, rc, true, &e)) != OV_X_OK)
		return x;
	if (cli->json)
		return ov_cli_json(cli, json_pack("{s:s,s:b}", "gemeente",
		                            q.gemeente, "toegevoegd", add));
	ov_cli_say(cli, "%s is %s the next version.\n", q.gemeente,
	    add ? "in" : "out of");
	return OV_X_OK;
}

static const struct ov_opt opt_route[] = {{"rol", OV_OPT_TEXT, "ROLE",
                                              "leerplicht or doorstroompunt"},
    {"srt", OV_OPT_TEXT, "TYPE", "for one type of message (all)"},
    {"to", OV_OPT_TEXT, "MEMBER", "who serves it"},
    {"van", OV_OPT_TEXT, "DATE", "first day, YYYY-MM-DD"},
    {"tot", OV_OPT_TEXT, "DATE", "last day (no end)"},
    {NULL, OV_OPT_FLAG, NULL, NULL}};

const struct ov_cmd ov_cmds_region_route[] =
    {{"region", "route", "DIR add|remove GEMEENTE", 3, 3,
         "Say which member serves a gemeente, per type and date", opt_route,
         run_route, NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
