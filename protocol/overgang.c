/* SPDX-License-Identifier: EUPL-1.2 */
/* Loads the steps of protocol/overgang.h and walks them. */
#include "protocol/overgang.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/types_int.h"

#define TABLE_MAX ((size_t)1 << 16)
#define STAPPEN_MAX 200
#define STATUS_MAX 64 /* one bit each */

struct stap {
	uint8_t van, naar; /* index in naam */
	struct ov_span geldig;
};

struct ov_overgangen {
	json_t *doc;
	size_t nnaam;
	const char *naam[STATUS_MAX];
	size_t n;
	struct stap stap[STAPPEN_MAX];
};

static size_t
find(const struct ov_overgangen *o, const char *naam)
{
	size_t i;

	for (i = 0; i < o->nnaam; i++)
		if (strcmp(o->naam[i], naam) == 0)
			break;
	return i;
}

static uint8_t
read_status(struct ov_overgangen *o, const struct ov_codelist *l,
    struct ov_jobj *j, const char *lid)
{
	const char *s = ov_jo_str(j, lid, 40);
	size_t i;

	if (j->rc != OV_OK)
		return 0;
	if (!ov_lijst_has(l, s) ||
	    ((i = find(o, s)) == o->nnaam && i == STATUS_MAX)) {
		ov_jo_fail(j, lid, OV_REDEN_CODE);
		return 0;
	}
	if (i == o->nnaam)
		o->naam[o->nnaam++] = s;
	return (uint8_t)i;
}

static void
read_days(struct ov_jobj *j, struct ov_span *s)
{
	struct ov_date d = {0};

	ov_jo_date(j, "geldigVan", &d);
	s->van = j->rc == OV_OK ? ov_date_days(d) : 0;
	s->tot = OV_SPAN_OPEN;
	if (!ov_jo_has(j, "geldigTot"))
		return;
	ov_jo_date(j, "geldigTot", &d);
	if (j->rc == OV_OK && (s->tot = ov_date_days(d)) < s->van)
		ov_jo_fail(j, "geldigTot", OV_REDEN_PATROON);
}

/* Everything that can be reached; dag NULL: by the steps of all days. */
static uint64_t
reach(const struct ov_overgangen *o, size_t van, const int32_t *dag)
{
	uint64_t from = (uint64_t)1 << van, was, seen = 0;

	do {
		was = seen;
		for (size_t i = 0; i < o->n; i++) {
			const struct stap *s = &o->stap[i];

			if (((from | seen) & (uint64_t)1 << s->van) != 0 &&
			    (dag == NULL || ov_span_has(s->geldig, *dag)))
				seen |= (uint64_t)1 << s->naar;
		}
	} while (seen != was);
	return seen;
}

static enum ov_rc
load_step(struct ov_overgangen *o, const struct ov_codelist *l,
    const json_t *js, struct ov_err *e)
{
	struct stap *s = &o->stap[o->n];
	struct ov_jobj j;
	enum ov_rc rc;

	ov_jo_init(&j, js, "overgang");
	s->van = read_status(o, l, &j, "van");
	s->naar = read_status(o, l, &j, "naar");
	read_days(&j, &s->geldig);
	(void)ov_jo_str(&j, "bron", 300);
	if ((rc = ov_jo_end(&j, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < o->n; i++)
		if (o->stap[i].van == s->van && o->stap[i].naar == s->naar &&
		    o->stap[i].geldig.van <= s->geldig.tot &&
		    s->geldig.van <= o->stap[i].geldig.tot)
			return ov_fail(e, OV_BADMSG, "twice at one time");
	o->n++;
	if ((reach(o, s->naar, NULL) & (uint64_t)1 << s->naar) != 0)
		return ov_fail(e, OV_BADMSG, "a way back to %s",
		    o->naam[s->naar]);
	return OV_OK;
}

static enum ov_rc
load(struct ov_overgangen *o, const struct ov_types *t, struct ov_view text,
    struct ov_err *e)
{
	const struct ov_codelist *l = ov_lijst_find(t, "overstapstatus");
	const json_t *arr;
	struct ov_jobj j;
	enum ov_rc rc;

	if (l == NULL)
		return ov_fail(e, OV_BADMSG, "no list overstapstatus");
	rc = ov_json_parse(text.p, text.n, TABLE_MAX, &o->doc, e);
	if (rc != OV_OK)
		return rc;
	ov_jo_init(&j, o->doc, "overgangen");
	(void)ov_jo_range(&j, "versie", 1, 1);
	arr = ov_jo_arr(&j, "overgangen", STAPPEN_MAX);
	if ((rc = ov_jo_end(&j, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < json_array_size(arr); i++) {
		rc = load_step(o, l, json_array_get(arr, i), e);
		if (rc != OV_OK)
			return ov_while(e, rc, "overgangen %zu", i);
	}
	return OV_OK;
}

enum ov_rc
ov_overgangen_load(const struct ov_types *t, struct ov_view text,
    struct ov_overgangen **out, struct ov_err *e)
{
	struct ov_overgangen *o;
	enum ov_rc rc;

	*out = NULL;
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	if ((rc = load(o, t, text, e)) != OV_OK) {
		ov_overgangen_free(o);
		return ov_while(e, rc, "overgangen.json");
	}
	*out = o;
	return OV_OK;
}

void
ov_overgangen_free(struct ov_overgangen *o)
{
	if (o == NULL)
		return;
	json_decref(o->doc);
	free(o);
}

bool
ov_overgang_mag(const struct ov_overgangen *o, const char *van,
    const char *naar, const char *datum)
{
	size_t a = find(o, van), b = find(o, naar);
	int32_t dag;

	if (strcmp(van, naar) == 0)
		return true;
	if (a == o->nnaam || b == o->nnaam ||
	    !ov_dag(datum, strlen(datum), &dag))
		return false;
	return (reach(o, a, &dag) & (uint64_t)1 << b) != 0;
}
