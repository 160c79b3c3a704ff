/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/route.c - one table of endpoints, and the readers of their
 * parameters.
 */
#include "protocol/route.h"

#include <string.h>

#include "protocol/hash.h"
#include "protocol/http1.h"
#include "protocol/id.h"

static const struct ov_route_info table[] = {
    {OV_R_BERICHT, "POST", "/v1/berichten", OV_CT_JOSE, OV_JOSE_MAX, OV_CT_JOSE,
        false},
    {OV_R_ONTVANGSTBEWIJS, "GET", "/v1/berichten/{jti}/ontvangstbewijs",
        OV_CT_NONE, 0, OV_CT_JOSE, false},
    {OV_R_SLEUTELS, "GET", "/v1/sleutels", OV_CT_NONE, 0, OV_CT_JOSE, false},
    {OV_R_CONTACTEN, "GET", "/v1/contacten", OV_CT_NONE, 0, OV_CT_JOSE, false},
    {OV_R_ADRESBOEK, "GET", "/v1/adresboek", OV_CT_NONE, 0, OV_CT_NOTE, false},
    {OV_R_ADRESBOEK_VERSIE, "GET", "/v1/adresboek/{versie}", OV_CT_NONE, 0,
        OV_CT_NOTE, false},
    {OV_R_ADRESBOEK_NIEUW, "POST", "/v1/adresboek", OV_CT_NOTE,
        OV_ADRESBOEK_MAX, OV_CT_NONE, false},
    {OV_R_AFSTEMMING, "GET", "/v1/afstemming", OV_CT_NONE, 0, OV_CT_JOSE,
        false},
    {OV_R_LOG_CHECKPOINT, "GET", "/v1/log/checkpoint", OV_CT_NONE, 0,
        OV_CT_NOTE, false},
    {OV_R_LOG_TILE, "GET", "/v1/log/tile/{tile}", OV_CT_NONE, 0, OV_CT_OCTETS,
        false},
    {OV_R_GETUIGE_TOEVOEGEN, "POST", "/v1/getuige/add-checkpoint", OV_CT_TEXT,
        OV_REQ_MAX, OV_CT_TEXT, false},
    {OV_R_GETUIGE_CHECKPOINT, "GET", "/v1/getuige/{hex}/checkpoint", OV_CT_NONE,
        0, OV_CT_NOTE, false},
    {OV_R_OPRF_EVALUEER, "POST", "/v1/oprf/evalueer", OV_CT_JOSE, OV_REQ_MAX,
        OV_CT_JSON, true},
    {OV_R_OPRF_SLEUTELS, "GET", "/v1/oprf/sleutels/{ep}", OV_CT_NONE, 0,
        OV_CT_JOSE, true},
    {OV_R_OPRF_GEBRUIK, "GET", "/v1/oprf/gebruik", OV_CT_NONE, 0, OV_CT_JSON,
        true},
    {OV_R_STATUS, "GET", "/v1/status", OV_CT_NONE, 0, OV_CT_JSON, false},
    {OV_R_OPENAPI, "GET", "/openapi.json", OV_CT_NONE, 0, OV_CT_JSON, false},
};
#define ROWS (sizeof(table) / sizeof(table[0]))
_Static_assert(ROWS == OV_R_N - 1, "a row for each route");

const struct ov_route_info *
ov_route_info(enum ov_route r)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (table[i].route == r)
			return &table[i];
	return NULL;
}

/* ---- parameters ------------------------------------------------------- */

static struct ov_view
sub(struct ov_view v, size_t from, size_t to)
{
	/* An empty view may have no address to add to. */
	return (struct ov_view){from > 0 ? v.p + from : v.p, to - from};
}

/* Position of c in v from `from` on, or v.n. */
static size_t
find(struct ov_view v, char c, size_t from)
{
	while (from < v.n && v.p[from] != (uint8_t)c)
		from++;
	return from;
}

static bool
three_digits(const uint8_t *p)
{
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' &&
	       p[2] >= '0' && p[2] <= '9';
}

/* <L>/<N>[.p/<W>] of C2SP tlog-tiles, hash tiles only: L 0-63, N in groups of
 * three digits of which all but the last have an x, W 1-255. */
static bool
is_tile(struct ov_view v)
{
	size_t i = find(v, '/', 0), groups = 0;
	uint64_t n;

	if (v.n > OV_TILE_PATH_MAX || i == v.n ||
	    !ov_http_decimal(sub(v, 0, i), 63, &n))
		return false;
	v = sub(v, i + 1, v.n);
	/* x000 in front is a number with leading zeros. */
	if (v.n >= 4 && memcmp(v.p, "x000", 4) == 0)
		return false;
	while (v.n >= 5 && v.p[0] == 'x' && three_digits(v.p + 1) &&
	       v.p[4] == '/') {
		v = sub(v, 5, v.n);
		/* 1000^7 > 2^63 */
		if (++groups > 6)
			return false;
	}
	if (v.n < 3 || !three_digits(v.p))
		return false;
	v = sub(v, 3, v.n);
	if (v.n == 0)
		return true;
	return v.n > 3 && memcmp(v.p, ".p/", 3) == 0 &&
	       ov_http_decimal(sub(v, 3, v.n), 255, &n) && n > 0;
}

static bool
parameter(struct ov_route_par *par, enum ov_route r, struct ov_view v)
{
	if (r == OV_R_ONTVANGSTBEWIJS)
		return ov_id_parse(v, par->jti) == OV_OK;
	if (r == OV_R_GETUIGE_CHECKPOINT) {
		par->has |= OV_HAS_DIGEST;
		return ov_hex_exact(v, par->digest, 32) == OV_OK;
	}
	/* A version of the book or an epoch. */
	par->has |= OV_HAS_NUM1;
	return ov_http_decimal(v, UINT32_MAX, &par->num1) && par->num1 > 0;
}

/* Does the path fit the template?  A {parameter} is one segment, {tile} is all
 * that is left. */
static bool
fits(struct ov_route_par *par, const struct ov_route_info *row,
    struct ov_view path)
{
	struct ov_view t = ov_view_str(row->path);
	size_t i = 0, k = 0, end;

	while (k < t.n) {
		if (t.p[k] != '{') {
			if (i == path.n || path.p[i] != t.p[k])
				return false;
			i++;
			k++;
			continue;
		}
		if (row->route == OV_R_LOG_TILE) {
			par->tile = sub(path, i, path.n);
			return is_tile(par->tile);
		}
		end = find(path, '/', i);
		if (!parameter(par, row->route, sub(path, i, end)))
			return false;
		i = end;
		k = find(t, '}', k) + 1;
	}
	return i == path.n;
}

/* ---- query ------------------------------------------------------------ */

/* One name=value; false if it does not belong there. */
static bool
pair(struct ov_route_par *par, struct ov_view name, struct ov_view value)
{
	bool first = false;
	uint8_t bit;

	if (par->route == OV_R_OPRF_SLEUTELS) {
		if (!ov_view_eq(name, "sha256") || par->has & OV_HAS_DIGEST)
			return false;
		par->has |= OV_HAS_DIGEST;
		return ov_b64u_exact(value, par->digest, 32) == OV_OK;
	}
	if (par->route == OV_R_AFSTEMMING && ov_view_eq(name, "van"))
		first = true;
	else if (par->route == OV_R_OPRF_GEBRUIK && ov_view_eq(name, "ep"))
		first = true;
	else if (par->route != OV_R_AFSTEMMING || !ov_view_eq(name, "tot"))
		return false;
	bit = first ? OV_HAS_NUM1 : OV_HAS_NUM2;
	if (par->has & bit)
		return false;
	par->has |= bit;
	return ov_http_decimal(value,
	    par->route == OV_R_OPRF_GEBRUIK ? UINT32_MAX : OV_JSON_INT_MAX,
	    first ? &par->num1 : &par->num2);
}

static bool
query(struct ov_route_par *par, struct ov_view q)
{
	size_t end, eq;

	while (q.n > 0) {
		end = find(q, '&', 0);
		eq = find(q, '=', 0);
		if (eq >= end || end + 1 == q.n ||
		    !pair(par, sub(q, 0, eq), sub(q, eq + 1, end)))
			return false;
		q = end < q.n ? sub(q, end + 1, q.n) : sub(q, end, end);
	}
	return true;
}

/* Are the parameters that came with the query all there and sensible? */
static enum ov_fout
judge(struct ov_route_par *par, bool has_query, struct ov_view q)
{
	if (par->route == OV_R_AFSTEMMING) {
		if (!query(par, q) || par->num1 < 1 || par->num2 < par->num1 ||
		    par->num2 - par->num1 > OV_AFSTEMMING_SPAN)
			return OV_FOUT_BEREIK_ONGELDIG;
		return OV_FOUT_GEEN;
	}
	if (par->route == OV_R_OPRF_GEBRUIK)
		return query(par, q) && par->num1 > 0 ? OV_FOUT_GEEN
		                                      : OV_FOUT_BEREIK_ONGELDIG;
	if (par->route == OV_R_OPRF_SLEUTELS && has_query)
		return q.n > 0 && query(par, q) ? OV_FOUT_GEEN
		                                : OV_FOUT_BEREIK_ONGELDIG;
	/* No other endpoint has a query. */
	return has_query ? OV_FOUT_NIET_GEVONDEN : OV_FOUT_GEEN;
}

/* ---- the whole -------------------------------------------------------- */

enum ov_fout
ov_route_find(struct ov_view method, struct ov_view target,
    struct ov_route_par *out)
{
	size_t mark = find(target, '?', 0), i;
	bool get = false, post = false, has_query = mark < target.n;
	struct ov_view path = sub(target, 0, mark);
	struct ov_view q = has_query ? sub(target, mark + 1, target.n)
	                             : sub(target, mark, mark);
	struct ov_route_par par;
	enum ov_fout f;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < ROWS; i++) {
		memset(&par, 0, sizeof(par));
		if (!fits(&par, &table[i], path))
			continue;
		get |= table[i].method[0] == 'G';
		post |= table[i].method[0] == 'P';
		if (!ov_view_eq(method, table[i].method))
			continue;
		par.route = table[i].route;
		f = judge(&par, has_query, q);
		if (f == OV_FOUT_GEEN)
			*out = par;
		return f;
	}
	if (!get && !post)
		return OV_FOUT_NIET_GEVONDEN;
	out->allow = !post ? "GET" : get ? "GET, POST" : "POST";
	return OV_FOUT_METHODE;
}

/* ---- bodies ----------------------------------------------------------- */

static const struct {
	enum ov_ctype type;
	const char *text;
} ctypes[] = {
    {OV_CT_JOSE, "application/jose"},
    {OV_CT_PROBLEM, "application/problem+json"},
    {OV_CT_NOTE, "text/plain; charset=utf-8"},
    {OV_CT_JSON, "application/json"},
    {OV_CT_OCTETS, "application/octet-stream"},
    {OV_CT_TLOG_SIZE, "text/x.tlog.size"},
    {OV_CT_TEXT, "text/plain; charset=utf-8"},
};

const char *
ov_ctype_text(enum ov_ctype t)
{
	size_t i;

	for (i = 0; i < sizeof(ctypes) / sizeof(ctypes[0]); i++)
		if (ctypes[i].type == t)
			return ctypes[i].text;
	return NULL;
}

/* text/plain, with or without charset=utf-8. */
static bool
is_plain(struct ov_view v)
{
	size_t i = find(v, ';', 0);

	if (!ov_http_ieq(sub(v, 0, i), "text/plain"))
		return false;
	if (i == v.n)
		return true;
	i++;
	while (i < v.n && v.p[i] == ' ')
		i++;
	v = sub(v, i, v.n);
	return ov_http_ieq(v, "charset=utf-8") ||
	       ov_http_ieq(v, "charset=\"utf-8\"");
}

enum ov_ctype
ov_ctype_from(struct ov_view v)
{
	size_t i;

	if (is_plain(v))
		return OV_CT_NOTE;
	for (i = 0; i < sizeof(ctypes) / sizeof(ctypes[0]); i++)
		if (ov_http_ieq(v, ctypes[i].text))
			return ctypes[i].type;
	return OV_CT_NONE;
}

enum ov_fout
ov_route_body(const struct ov_route_info *row, bool has_length, uint64_t length,
    struct ov_view type, struct ov_view encoding)
{
	if (row->body == OV_CT_NONE)
		return has_length && length > 0 ? OV_FOUT_TE_GROOT
		                                : OV_FOUT_GEEN;
	if (!has_length)
		return OV_FOUT_LENGTE_NODIG;
	if (length > row->body_max)
		return OV_FOUT_TE_GROOT;
	if (encoding.n > 0 && !ov_http_ieq(encoding, "identity"))
		return OV_FOUT_MEDIA_TYPE;
	/* C2SP tlog-witness gives its request no type: any will do. */
	if (row->body == OV_CT_TEXT || ov_ctype_from(type) == row->body)
		return OV_FOUT_GEEN;
	return OV_FOUT_MEDIA_TYPE;
}
