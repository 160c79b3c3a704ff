/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/verzuim_in.c - rows of missed lessons come in: each is judged
 * by itself and beside the others, then the days of 64 pupils a step are
 * merged into their records.  40,000 rows take 28 bytes each meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/verzuim.h"

#define ROWS_MAX 200000
#define FAULTS_MAX 1000
#define BATCH 64
#define UUR_MAX 2400 /* hundredths: a day has 24 hours */
#define LESUUR_MAX 12

struct regel {
	uint32_t ref, rij;
	int32_t dag, geboren; /* geboren: days since 1970, GEEN */
	int16_t gemist, totaal;
	uint8_t lesuur; /* 0: the day as a whole */
};
#define GEEN INT32_MIN

struct ov_verzuim_in {
	struct ov_store *st;
	json_t *refs; /* reference -> number */
	char **ref;
	struct regel *r;
	size_t n, cap, nref, cref;
	json_t *faults;
	struct ov_verzuim_sum sum;
	struct ov_verzuim_rec rec; /* large: kept here */
	size_t at;
	bool proef, sorted, full;
};

/* ---- judging a row ---- */

static void
fault(struct ov_verzuim_in *m, uint32_t rij, const char *kolom,
    const char *code)
{
	m->sum.fout++;
	if (json_array_size(m->faults) < FAULTS_MAX)
		(void)json_array_append_new(m->faults,
		    json_pack("{s:I,s:s,s:s,s:o}", "rij", (json_int_t)rij,
		        "kolom", kolom, "reden", code, "tekst",
		        ov_j_sentence(code)));
}

/* "7", "7.5", "7.25", with a comma as well: hundredths; -1: it is none. */
static int
hours(const char *s)
{
	size_t n = strspn(s, "0123456789");
	int v = 0;

	if (n == 0 || n > 2)
		return -1;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	v *= 100;
	s += n;
	if (*s == '\0')
		return v <= UUR_MAX ? v : -1;
	if (*s != '.' && *s != ',')
		return -1;
	n = strspn(++s, "0123456789");
	if (n == 0 || n > 2 || s[n] != '\0')
		return -1;
	v += (s[0] - '0') * 10 + (n == 2 ? s[1] - '0' : 0);
	return v <= UUR_MAX ? v : -1;
}

static int
lesson(const char *s)
{
	size_t n = strspn(s, "0123456789");
	int v = n > 0 ? s[0] - '0' : 0;

	if (n == 2)
		v = v * 10 + s[1] - '0';
	return n > 0 && n <= 2 && s[n] == '\0' && v >= 1 && v <= LESUUR_MAX
	           ? v
	           : -1;
}

static bool
grow(void **p, size_t n, size_t *cap, size_t size)
{
	size_t c = *cap == 0 ? 256 : *cap * 2;
	void *q;

	if (n < *cap)
		return true;
	if ((q = reallocarray(*p, c, size)) == NULL)
		return false;
	*p = q;
	*cap = c;
	return true;
}

static bool
ref_number(struct ov_verzuim_in *m, const char *ref, uint32_t *out)
{
	const json_t *j = json_object_get(m->refs, ref);
	char *copy;

	if (j != NULL) {
		*out = (uint32_t)json_integer_value(j);
		return true;
	}
	if (!grow((void **)&m->ref, m->nref, &m->cref, sizeof(*m->ref)) ||
	    (copy = strdup(ref)) == NULL)
		return false;
	m->ref[m->nref] = copy;
	*out = (uint32_t)m->nref++;
	return ov_j_set(m->refs, ref, json_integer((json_int_t)*out));
}

/* The texts of a row; absent ones are "". */
struct cells {
	const char *ref, *born, *dag, *lesuur, *gemist, *totaal;
	uint32_t rij;
};

static bool
read_cells(struct ov_verzuim_in *m, const json_t *row, struct cells *c)
{
	struct ov_jobj o;
	struct ov_err e = {0};

	memset(c, 0, sizeof(*c));
	ov_jo_init(&o, row, "row");
	if (ov_jo_has(&o, "rij"))
		c->rij = (uint32_t)ov_jo_int(&o, "rij", UINT32_MAX);
	c->ref = ov_jo_str(&o, "eigenReferentie", OV_VERZUIM_REF_MAX);
	c->dag = ov_jo_str(&o, "datum", 10);
	c->gemist = ov_jo_str(&o, "gemist", 8);
	c->born = ov_jo_has(&o, "geboortedatum")
	              ? ov_jo_str0(&o, "geboortedatum", 10)
	              : "";
	c->lesuur = ov_jo_has(&o, "lesuur") ? ov_jo_str0(&o, "lesuur", 2) : "";
	c->totaal = ov_jo_has(&o, "totaal") ? ov_jo_str0(&o, "totaal", 8) : "";
	if (ov_jo_end(&o, &e) == OV_OK)
		return true;
	fault(m, c->rij, o.bad != NULL ? o.bad : "",
	    o.reden == OV_REDEN_ONTBREEKT ? "reden/ontbreekt"
	    : o.reden == OV_REDEN_TE_LANG ? "reden/te-lang"
	                                  : "reden/type");
	return false;
}

void
ov_verzuim_in_row(struct ov_verzuim_in *m, const json_t *row)
{
	struct regel r = {.geboren = GEEN};
	struct ov_date d;
	struct cells c;
	int v;

	if (!read_cells(m, row, &c))
		return;
	r.rij = c.rij;
	if (ov_date_parse(ov_view_str(c.dag), &d) != OV_OK) {
		fault(m, c.rij, "datum", "datum-ongeldig");
		return;
	}
	r.dag = ov_date_days(d);
	if (r.dag > ov_date_days(ov_date_nl(ov_now(m->st)))) {
		fault(m, c.rij, "datum", "datum-in-toekomst");
		return;
	}
	if (c.born[0] != '\0') {
		if (ov_date_parse(ov_view_str(c.born), &d) != OV_OK) {
			fault(m, c.rij, "geboortedatum", "datum-ongeldig");
			return;
		}
		r.geboren = ov_date_days(d);
	}
	v = c.lesuur[0] != '\0' ? lesson(c.lesuur) : 0;
	if (v < 0) {
		fault(m, c.rij, "lesuur", "lesuur-ongeldig");
		return;
	}
	r.lesuur = (uint8_t)v;
	if ((v = hours(c.gemist)) < 0) {
		fault(m, c.rij, "gemist", "uren-ongeldig");
		return;
	}
	r.gemist = (int16_t)v;
	if ((v = c.totaal[0] != '\0' ? hours(c.totaal) : 0) < 0) {
		fault(m, c.rij, "totaal", "uren-ongeldig");
		return;
	}
	r.totaal = (int16_t)v;
	if (m->n >= ROWS_MAX ||
	    !grow((void **)&m->r, m->n, &m->cap, sizeof(*m->r)) ||
	    !ref_number(m, c.ref, &r.ref)) {
		if (!m->full)
			fault(m, c.rij, "", "bestand-te-groot");
		m->full = true;
		return;
	}
	m->r[m->n++] = r;
}

/* ---- the rows together ---- */

static int
by_pupil(const void *a, const void *b)
{
	const struct regel *x = a, *y = b;

	if (x->ref != y->ref)
		return x->ref < y->ref ? -1 : 1;
	if (x->dag != y->dag)
		return x->dag < y->dag ? -1 : 1;
	if (x->lesuur != y->lesuur)
		return x->lesuur < y->lesuur ? -1 : 1;
	return x->rij < y->rij ? -1 : x->rij > y->rij;
}

/* Rows [i, end) are one day of one pupil. */
static size_t
day_end(const struct ov_verzuim_in *m, size_t i)
{
	size_t k = i + 1;

	while (k < m->n && m->r[k].ref == m->r[i].ref &&
	       m->r[k].dag == m->r[i].dag)
		k++;
	return k;
}

static struct ov_verzuimdag
day_sum(const struct ov_verzuim_in *m, size_t i, size_t end)
{
	struct ov_verzuimdag d = {.dag = m->r[i].dag};

	for (; i < end; i++) {
		d.gemist += m->r[i].gemist;
		if (m->r[i].totaal > d.totaal)
			d.totaal = m->r[i].totaal;
		if (m->r[i].lesuur > 0 && m->r[i].gemist > 0)
			d.lesuren |= (uint16_t)(1U << (m->r[i].lesuur - 1));
	}
	return d;
}

static void
judge_days(struct ov_verzuim_in *m)
{
	size_t end;

	for (size_t i = 0; i < m->n; i = end) {
		struct ov_verzuimdag d;

		end = day_end(m, i);
		for (size_t k = i + 1; k < end; k++)
			if (m->r[k].lesuur == m->r[k - 1].lesuur ||
			    m->r[i].lesuur == 0)
				fault(m, m->r[k].rij, "datum",
				    "verzuim-dubbel");
		d = day_sum(m, i, end);
		if (d.gemist > UUR_MAX || (d.totaal > 0 && d.gemist > d.totaal))
			fault(m, m->r[end - 1].rij, "gemist",
			    "verzuim-te-veel");
	}
}

/* ---- into the records ---- */

/* Put the day in its place, or take it away when nothing was missed. */
static enum ov_rc
put_day(struct ov_verzuim_rec *v, const struct ov_verzuimdag *d, bool *changed,
    struct ov_err *e)
{
	size_t i = 0;

	while (i < v->n && v->dag[i].dag < d->dag)
		i++;
	if (i < v->n && v->dag[i].dag == d->dag) {
		if (d->gemist == 0) {
			v->n--;
			memmove(&v->dag[i], &v->dag[i + 1],
			    (v->n - i) * sizeof(v->dag[0]));
			*changed = true;
			return OV_OK;
		}
		if (v->dag[i].lesuren == d->lesuren &&
		    v->dag[i].gemist == d->gemist &&
		    v->dag[i].totaal == d->totaal)
			return OV_OK;
	} else {
		if (d->gemist == 0)
			return OV_OK;
		if (v->n == OV_VERZUIM_DAGEN_MAX)
			return ov_fail(e, OV_TOOBIG, "too many days");
		memmove(&v->dag[i + 1], &v->dag[i],
		    (v->n - i) * sizeof(v->dag[0]));
		v->n++;
	}
	v->dag[i] = *d;
	*changed = true;
	return OV_OK;
}

/* 1 August of the school year before this one: older days go. */
static int32_t
oldest(const struct ov_store *st)
{
	int y = ov_schooljaar(ov_date_nl(ov_now(st))) - 1;

	return ov_date_days((struct ov_date){(int16_t)y, 8, 1});
}

static void
forget(struct ov_verzuim_rec *v, int32_t before)
{
	size_t i = 0;

	while (i < v->n && v->dag[i].dag < before)
		i++;
	v->n -= i;
	memmove(v->dag, v->dag + i, v->n * sizeof(v->dag[0]));
}

/* One pupil in the open transaction. */
static enum ov_rc
merge(struct ov_verzuim_in *m, size_t from, size_t to, struct ov_err *e)
{
	struct ov_verzuim_rec *v = &m->rec;
	const char *ref = m->ref[m->r[from].ref];
	int32_t before = oldest(m->st);
	uint8_t tag[16];
	bool changed = false;
	size_t end;
	enum ov_rc rc;

	if ((rc = ov_pupil_tag(m->st, ref, tag, e)) != OV_OK ||
	    (rc = ov_verzuim_read(m->st, 0, tag, v, e)) != OV_OK)
		return rc;
	if (v->nr == 0)
		memcpy(v->ref, ref, strlen(ref) + 1);
	forget(v, before);
	for (size_t i = from; i < to && rc == OV_OK; i = end) {
		struct ov_verzuimdag d;
		struct ov_date born;

		end = day_end(m, i);
		d = day_sum(m, i, end);
		if (d.dag >= before)
			rc = put_day(v, &d, &changed, e);
		if (m->r[i].geboren == GEEN)
			continue;
		born = ov_date_from_days(m->r[i].geboren);
		changed = changed || !v->has_geboren ||
		          ov_date_cmp(born, v->geboren) != 0;
		v->has_geboren = true;
		v->geboren = born;
	}
	m->sum.leerlingen++;
	if (rc == OV_OK && changed) {
		m->sum.gewijzigd++;
		rc = ov_verzuim_write(m->st, tag, v, e);
	}
	ov_verzuim_wipe(v);
	return rc;
}

static enum ov_rc
batch(struct ov_verzuim_in *m, struct ov_err *e)
{
	size_t i = m->at, end = i;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(m->st, e)) != OV_OK)
		return rc;
	for (int k = 0; k < BATCH && i < m->n && rc == OV_OK; k++, i = end) {
		end = i + 1;
		while (end < m->n && m->r[end].ref == m->r[i].ref)
			end++;
		rc = merge(m, i, end, e);
	}
	if (rc == OV_OK)
		rc = ov_tx_commit(m->st, e);
	if (rc != OV_OK)
		ov_tx_abort(m->st);
	else
		m->at = end;
	return rc;
}

enum ov_rc
ov_verzuim_in_step(struct ov_verzuim_in *m, bool *done, struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	*done = false;
	if (!m->sorted) {
		if (m->n > 0)
			qsort(m->r, m->n, sizeof(*m->r), by_pupil);
		judge_days(m);
		m->sum.regels = (int64_t)m->n;
		m->sorted = true;
		*done = m->proef || m->sum.fout > 0;
		return OV_OK;
	}
	if (m->at < m->n)
		rc = batch(m, e);
	*done = m->at >= m->n;
	return rc;
}

/* ---- life ---- */

enum ov_rc
ov_verzuim_in_new(struct ov_store *st, bool proef, struct ov_verzuim_in **out,
    struct ov_err *e)
{
	struct ov_verzuim_in *m = calloc(1, sizeof(*m));

	*out = NULL;
	if (m == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	m->st = st;
	m->proef = proef;
	m->refs = json_object();
	m->faults = json_array();
	if (m->refs == NULL || m->faults == NULL) {
		ov_verzuim_in_free(m);
		return ov_fail(e, OV_NOSPACE, "out of memory");
	}
	*out = m;
	return OV_OK;
}

void
ov_verzuim_in_free(struct ov_verzuim_in *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->nref; i++) {
		explicit_bzero(m->ref[i], strlen(m->ref[i]));
		free(m->ref[i]);
	}
	free((void *)m->ref);
	if (m->r != NULL)
		explicit_bzero(m->r, m->n * sizeof(*m->r));
	free(m->r);
	json_decref(m->refs);
	json_decref(m->faults);
	ov_verzuim_wipe(&m->rec);
	free(m);
}

void
ov_verzuim_in_progress(const struct ov_verzuim_in *m, int64_t *done,
    int64_t *total)
{
	*done = (int64_t)m->at;
	*total = (int64_t)m->n;
}

const struct ov_verzuim_sum *
ov_verzuim_in_sum(const struct ov_verzuim_in *m)
{
	return &m->sum;
}

const json_t *
ov_verzuim_in_faults(const struct ov_verzuim_in *m)
{
	return m->faults;
}
