/* SPDX-License-Identifier: EUPL-1.2 */
/* Which fields of a part count, and which are there. */
#include "protocol/compleet.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/types_int.h"

#define TABLE_MAX ((size_t)1 << 20)
#define ROWS_MAX 200

struct rij {
	const char *srt, *als;
	unsigned deel; /* number of the bit */
	struct ov_span geldig;
	const json_t *velden;
};

struct ov_compleet {
	json_t *doc;
	size_t n;
	struct rij *r;
};

/* The field exists, and is of this part. */
static bool
fits(const struct ov_types *t, const struct rij *r, const char *pad)
{
	const struct ov_type *y = ov_types_latest(t, r->srt);
	const struct ov_field *f;
	char first[64];
	size_t n;

	if (pad == NULL || *pad != '/' || y == NULL ||
	    ov_type_field(t, y, pad) == NULL)
		return false;
	n = strcspn(pad + 1, "/") + 1;
	if (n >= sizeof(first))
		return false;
	memcpy(first, pad, n);
	first[n] = '\0';
	f = ov_type_field(t, y, first);
	/* What is of no part may count for any: the receiver of part C. */
	return f != NULL && (f->deel == 0 || f->deel == 1u << r->deel);
}

static enum ov_rc
load_rij(struct ov_compleet *c, const struct ov_types *t, const json_t *js,
    struct ov_err *e)
{
	struct rij *r = &c->r[c->n];
	struct ov_jobj o;
	struct ov_date d;
	const json_t *v;
	size_t i;
	int w;

	ov_jo_init(&o, js, "deel");
	r->srt = ov_jo_str(&o, "srt", 32);
	if (o.bad == NULL && !ov_types_known(t, r->srt))
		ov_jo_fail(&o, "srt", OV_REDEN_CODE);
	if ((w = ov_jo_word(&o, "deel", ov_deel_names)) >= 0)
		r->deel = (unsigned)w;
	ov_jo_date(&o, "geldigVan", &d);
	r->geldig = (struct ov_span){ov_date_days(d), OV_SPAN_OPEN};
	if (ov_jo_has(&o, "geldigTot")) {
		ov_jo_date(&o, "geldigTot", &d);
		r->geldig.tot = ov_date_days(d);
	}
	(void)ov_jo_str(&o, "bron", 200);
	r->als = ov_jo_str_opt(&o, "als", 100);
	if (o.bad == NULL && r->als != NULL && !fits(t, r, r->als))
		ov_jo_fail(&o, "als", OV_REDEN_CODE);
	r->velden = ov_jo_arr(&o, "velden", OV_COMPLEET_VELDEN_MAX);
	json_array_foreach(r->velden, i, v)
	{
		if (o.bad == NULL && !fits(t, r, json_string_value(v)))
			ov_jo_fail(&o, "velden", OV_REDEN_CODE);
	}
	for (i = 0; i < c->n && o.bad == NULL; i++)
		if (c->r[i].deel == r->deel &&
		    strcmp(c->r[i].srt, r->srt) == 0 &&
		    c->r[i].geldig.van <= r->geldig.tot &&
		    r->geldig.van <= c->r[i].geldig.tot)
			ov_jo_fail(&o, "geldigVan", OV_REDEN_VERBODEN);
	c->n++;
	return ov_jo_end(&o, e);
}

enum ov_rc
ov_compleet_load(const struct ov_types *types, struct ov_view text,
    struct ov_compleet **out, struct ov_err *e)
{
	struct ov_compleet *c = calloc(1, sizeof(*c));
	const json_t *rows = NULL;
	struct ov_jobj o;
	enum ov_rc rc;

	*out = NULL;
	if (c == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &c->doc, e);
	if (rc == OV_OK) {
		ov_jo_init(&o, c->doc, "compleet");
		(void)ov_jo_range(&o, "versie", 1, 1);
		rows = ov_jo_arr(&o, "delen", ROWS_MAX);
		rc = ov_jo_end(&o, e);
	}
	if (rc == OV_OK &&
	    (c->r = calloc(json_array_size(rows) + 1, sizeof(*c->r))) == NULL)
		rc = ov_fail(e, OV_NOSPACE, "no memory");
	for (size_t i = 0; rc == OV_OK && i < json_array_size(rows); i++) {
		rc = load_rij(c, types, json_array_get(rows, i), e);
		if (rc != OV_OK)
			rc = ov_while(e, rc, "delen[%zu]", i);
	}
	if (rc != OV_OK) {
		ov_compleet_free(c);
		return ov_while(e, rc, "compleet.json");
	}
	*out = c;
	return OV_OK;
}

void
ov_compleet_free(struct ov_compleet *c)
{
	if (c == NULL)
		return;
	json_decref(c->doc);
	free(c->r);
	free(c);
}

static const json_t *
at(const json_t *v, const char *pad)
{
	char step[64];
	size_t n;

	while (v != NULL && *pad == '/') {
		n = strcspn(++pad, "/");
		if (n >= sizeof(step))
			return NULL;
		memcpy(step, pad, n);
		step[n] = '\0';
		v = json_object_get(v, step);
		pad += n;
	}
	return v;
}

/* Something stands there. */
static bool
filled(const json_t *v)
{
	if (json_is_array(v))
		return json_array_size(v) > 0;
	if (json_is_object(v))
		return json_object_size(v) > 0;
	if (json_is_string(v))
		return json_string_length(v) > 0;
	return v != NULL && !json_is_null(v);
}

void
ov_compleet_of(const struct ov_compleet *c, const char *srt,
    const json_t *inhoud, const char *datum,
    struct ov_deel_stand out[OV_DELEN_N])
{
	const json_t *v;
	int32_t dag;
	size_t k;

	memset(out, 0, OV_DELEN_N * sizeof(*out));
	if (!ov_dag(datum, strlen(datum), &dag))
		return;
	for (size_t i = 0; i < c->n; i++) {
		const struct rij *r = &c->r[i];
		struct ov_deel_stand *s = &out[r->deel];

		if (strcmp(r->srt, srt) != 0 || !ov_span_has(r->geldig, dag) ||
		    (r->als != NULL && !json_is_true(at(inhoud, r->als))))
			continue;
		s->telt = true;
		json_array_foreach(r->velden, k, v)
		{
			const char *pad = json_string_value(v);

			s->nodig++;
			if (filled(at(inhoud, pad)))
				s->er++;
			else
				s->ontbreekt[s->n++] = pad;
		}
	}
}
