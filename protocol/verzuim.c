/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/verzuim.c - lesson weeks, and signals of absence in one pass. */
#include "protocol/verzuim.h"

#include <stdlib.h>
#include <string.h>

struct roosterdag {
	bool bekend;      /* the holidays of its school year are loaded */
	bool kan;         /* no day off that we know of */
	int32_t week;     /* number of its lesson week, ascending */
	int32_t volgende; /* index of the next lesson day, or of the end */
};

struct ov_rooster {
	int32_t eerste; /* a Monday */
	int32_t n;      /* whole weeks */
	struct roosterdag dag[];
};

/* ---- when there are lessons ---- */

static int32_t
year_begin(int jaar)
{
	return ov_date_days((struct ov_date){(int16_t)jaar, 8, 1});
}

static int32_t
monday(int32_t dag)
{
	return dag - (ov_date_weekday(ov_date_from_days(dag)) + 6) % 7;
}

static bool
has_year(const int16_t *jaren, size_t n, int jaar)
{
	for (size_t i = 0; i < n; i++)
		if (jaren[i] == jaar)
			return true;
	return false;
}

/* Weeks without a lesson have the number of the one before; a week whose
 * holidays are not known counts, so that nothing is joined over it. */
static void
number_weeks(struct ov_rooster *r)
{
	int32_t nr = 0, next = r->n;

	for (int32_t i = 0; i < r->n; i += 7) {
		bool any = false;

		for (int32_t j = i; j < i + 7; j++)
			any = any || r->dag[j].kan;
		nr += any ? 1 : 0;
		for (int32_t j = i; j < i + 7; j++)
			r->dag[j].week = nr;
	}
	for (int32_t i = r->n; i-- > 0;) {
		r->dag[i].volgende = next;
		if (r->dag[i].kan)
			next = i;
	}
}

enum ov_rc
ov_rooster_new(const struct ov_kalender *k, const int16_t *jaren, size_t njaren,
    const struct ov_vakantie *v, size_t nv, struct ov_rooster **out,
    struct ov_err *e)
{
	struct ov_rooster *r;
	int32_t first, n;

	*out = NULL;
	if (njaren == 0 || jaren[0] < OV_JAAR_MIN + 1 ||
	    jaren[njaren - 1] > OV_JAAR_MAX - 2)
		return ov_fail(e, OV_BADMSG, "no school years");
	for (size_t i = 1; i < njaren; i++)
		if (jaren[i] <= jaren[i - 1])
			return ov_fail(e, OV_BADMSG,
			    "school years in disorder");
	if (jaren[njaren - 1] - jaren[0] >= OV_ROOSTER_JAREN_MAX)
		return ov_fail(e, OV_TOOBIG, "too many school years");
	first = monday(year_begin(jaren[0]));
	n = monday(year_begin(jaren[njaren - 1] + 1) - 1) + 7 - first;
	r = calloc(1, sizeof(*r) + (size_t)n * sizeof(r->dag[0]));
	if (r == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	r->eerste = first;
	r->n = n;
	for (int32_t i = 0; i < n; i++) {
		struct ov_date d = ov_date_from_days(first + i);

		r->dag[i].bekend = has_year(jaren, njaren, ov_schooljaar(d));
		r->dag[i].kan = ov_kal_werkdag(k, d);
	}
	for (size_t i = 0; i < nv; i++)
		for (int32_t d = v[i].van < first ? first : v[i].van;
		     d <= v[i].tot && d < first + n; d++)
			r->dag[d - first].kan = false;
	number_weeks(r);
	*out = r;
	return OV_OK;
}

void
ov_rooster_free(struct ov_rooster *r)
{
	free(r);
}

bool
ov_rooster_kent(const struct ov_rooster *r, int32_t dag)
{
	return dag >= r->eerste && dag < r->eerste + r->n &&
	       r->dag[dag - r->eerste].bekend;
}

bool
ov_rooster_les(const struct ov_rooster *r, int32_t dag)
{
	return ov_rooster_kent(r, dag) && r->dag[dag - r->eerste].kan;
}

/* ---- absence ---- */

struct judge {
	const struct ov_kalender *k;
	const struct ov_rooster *r;
	const struct ov_verzuimdag *dag;
	const struct ov_date *geboren;
	struct ov_kal_verzuim regel; /* in force on the day */
	/* hours: the days that count begin at `van` */
	size_t van;
	int32_t som;
	/* missing every lesson: since day `heel`, if `loopt` */
	size_t heel;
	bool loopt;
	/* the last notice, and whether he has been back since */
	bool was, aaneen;
	int32_t laatst;
	size_t vorig; /* last absence that counted; SIZE_MAX: none */
};

static const struct roosterdag *
at(const struct judge *j, size_t i)
{
	return &j->r->dag[j->dag[i].dag - j->r->eerste];
}

/* Absence that counts: a lesson day on which something was missed. */
static bool
counts(const struct judge *j, size_t i)
{
	return j->dag[i].gemist > 0 && at(j, i)->kan;
}

static bool
whole(const struct ov_verzuimdag *d)
{
	return d->totaal > 0 && d->gemist >= d->totaal;
}

/* No lesson day between the absence before and this one. */
static bool
joined(const struct judge *j, size_t i)
{
	return j->vorig != SIZE_MAX &&
	       at(j, j->vorig)->volgende == j->dag[i].dag - j->r->eerste;
}

/* Days of lesson weeks, from the first Monday. */
static int32_t
lesson_days(const struct ov_rooster *r, int32_t i)
{
	if (i >= r->n)
		return (r->dag[r->n - 1].week + 1) * 7;
	return r->dag[i].week * 7 + i % 7;
}

/* The weeks of missing all are full before the next lesson. */
static bool
long_reached(const struct judge *j, size_t i)
{
	int32_t from = j->dag[j->heel].dag - j->r->eerste;

	return j->loopt && lesson_days(j->r, at(j, i)->volgende) -
	                           lesson_days(j->r, from) >=
	                       j->regel.lang_weken * 7;
}

/* What fell out of the lesson weeks that end with day i. */
static void
slide(struct judge *j, size_t i)
{
	while (j->van < i &&
	       (!counts(j, j->van) ||
	           at(j, j->van)->week <= at(j, i)->week - j->regel.lesweken)) {
		if (counts(j, j->van))
			j->som -= j->dag[j->van].gemist;
		j->van++;
	}
}

static bool
of_age(const struct judge *j, size_t i)
{
	return j->geboren != NULL &&
	       ov_age_on(*j->geboren, ov_date_from_days(j->dag[i].dag)) >=
	           j->regel.meerderjarig;
}

static struct ov_signaal
make(const struct judge *j, enum ov_signaal_soort soort, size_t van, size_t i)
{
	struct ov_signaal s = {.soort = soort,
	    .begin = j->dag[van].dag,
	    .eind = j->dag[i].dag,
	    .van = van,
	    .tot = i + 1,
	    .meerderjarig = of_age(j, i),
	    .heel = true};

	for (size_t d = van; d <= i; d++)
		if (counts(j, d)) {
			s.gemist += j->dag[d].gemist;
			s.heel = s.heel && whole(&j->dag[d]);
		}
	return s;
}

/* One day that counts; *out is set when it is the day of a signal. */
static bool
day(struct judge *j, size_t i, struct ov_signaal *out)
{
	bool next = joined(j, i), wait;

	j->aaneen = j->aaneen && next;
	if (!whole(&j->dag[i])) {
		j->loopt = false;
	} else if (!j->loopt || !next) {
		j->loopt = true;
		j->heel = i;
	}
	slide(j, i);
	j->som += j->dag[i].gemist;
	j->vorig = i;
	wait = j->was && j->aaneen &&
	       j->dag[i].dag < j->laatst + j->regel.tussen_dagen;
	if (wait)
		return false;
	if (long_reached(j, i))
		*out = make(j, OV_SIGNAAL_LANG, j->heel, i);
	else if (j->som >= j->regel.honderdsten && !of_age(j, i))
		*out = make(j, OV_SIGNAAL_UREN, j->van, i);
	else
		return false;
	j->loopt = j->loopt && out->soort == OV_SIGNAAL_UREN;
	j->van = i + 1;
	j->som = 0;
	j->was = j->aaneen = true;
	j->laatst = j->dag[i].dag;
	return true;
}

static enum ov_rc
days_ok(const struct ov_rooster *r, const struct ov_verzuimdag *d, size_t n,
    int *jaar, struct ov_err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && d[i].dag <= d[i - 1].dag)
			return ov_fail(e, OV_BADMSG, "days in disorder");
		if (r == NULL || !ov_rooster_kent(r, d[i].dag)) {
			*jaar = ov_schooljaar(ov_date_from_days(d[i].dag));
			return ov_fail(e, OV_DENIED, "holidays not known");
		}
	}
	return OV_OK;
}

enum ov_rc
ov_verzuim_oordeel(const struct ov_kalender *k, const struct ov_rooster *r,
    const struct ov_verzuimdag *dagen, size_t n, const struct ov_date *geboren,
    ov_signaal_fn *fn, void *arg, int *jaar, struct ov_err *e)
{
	struct judge j = {.k = k,
	    .r = r,
	    .dag = dagen,
	    .geboren = geboren,
	    .vorig = SIZE_MAX};
	struct ov_signaal s;
	enum ov_rc rc;

	*jaar = 0;
	if ((rc = days_ok(r, dagen, n, jaar, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (!counts(&j, i) ||
		    !ov_kal_verzuim(k, ov_date_from_days(dagen[i].dag),
		        &j.regel))
			continue;
		if (day(&j, i, &s) && (rc = fn(arg, &s, e)) != OV_OK)
			return rc;
	}
	return OV_OK;
}
