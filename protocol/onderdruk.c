/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/onderdruk.c - complementary suppression by looking at solutions
 * near the truth, day by day.
 */
#include "protocol/onderdruk.h"

#include <string.h>

#define STAP 2        /* how far from the truth */
#define TUPELS_MAX 85 /* of 5^4, those with sum 0: 85 */

struct dag {
	size_t n;
	int8_t d[TUPELS_MAX][OV_OD_N]; /* difference with the true counts */
	bool ok[TUPELS_MAX];           /* goes on to a solution of all days */
};

static const char *const namen[OV_OD_N] = {"gestart", "niet-gestart",
    "uitgevallen", "geswitcht"};

const char *
ov_od_naam(enum ov_od_uitkomst u)
{
	return u < OV_OD_N ? namen[u] : "?";
}

enum ov_od_uitkomst
ov_od_van(const char *s)
{
	size_t i;

	for (i = 0; i < OV_OD_N; i++)
		if (strcmp(namen[i], s) == 0)
			break;
	return (enum ov_od_uitkomst)i;
}

static uint64_t
som(const struct ov_od_rij *r)
{
	uint64_t s = 0;

	for (size_t i = 0; i < OV_OD_N; i++)
		s += r->aantal[i];
	return s;
}

/* May count i of this day differ by d? */
static bool
free_to(const struct ov_od_rij *r, size_t i, int d)
{
	return r->onderdrukt[i] ? (int64_t)r->aantal[i] + d >= 0 : d == 0;
}

/* All differences with sum 0 that the day by itself allows. */
static void
solutions(const struct ov_od_rij *r, struct dag *out)
{
	int d[OV_OD_N];

	out->n = 0;
	for (d[0] = -STAP; d[0] <= STAP; d[0]++)
		for (d[1] = -STAP; d[1] <= STAP; d[1]++)
			for (d[2] = -STAP; d[2] <= STAP; d[2]++) {
				d[3] = -(d[0] + d[1] + d[2]);
				if (d[3] < -STAP || d[3] > STAP ||
				    !free_to(r, 0, d[0]) ||
				    !free_to(r, 1, d[1]) ||
				    !free_to(r, 2, d[2]) ||
				    !free_to(r, 3, d[3]))
					continue;
				for (size_t i = 0; i < OV_OD_N; i++)
					out->d[out->n][i] = (int8_t)d[i];
				out->ok[out->n++] = true;
			}
}

/* Do these two days, a before b, fit together? */
static bool
fit(const struct ov_od_rij *a, const int8_t *da, const struct ov_od_rij *b,
    const int8_t *db)
{
	int64_t v[OV_OD_N];

	for (size_t i = 0; i < OV_OD_N; i++)
		v[i] = ((int64_t)b->aantal[i] + db[i]) -
		       ((int64_t)a->aantal[i] + da[i]);
	return v[OV_OD_NIET_GESTART] == 0 && v[OV_OD_UITGEVALLEN] >= 0 &&
	       v[OV_OD_GESWITCHT] >= 0;
}

/* Are they about the same pupils, as far as the counts go? */
static bool
linked(const struct ov_od_rij *a, const struct ov_od_rij *b)
{
	static const int8_t none[OV_OD_N];

	return som(a) == som(b) && fit(a, none, b, none);
}

/* Keep the solutions of day x that have one at the neighbour y. */
static void
prune(const struct ov_od_rij *r, struct dag *dag, size_t x, size_t y)
{
	size_t a = x < y ? x : y, b = x < y ? y : x;

	if (!linked(&r[a], &r[b]))
		return;
	for (size_t i = 0; i < dag[x].n; i++) {
		bool any = false;

		for (size_t k = 0; k < dag[y].n && !any; k++)
			any = dag[y].ok[k] && (x < y ? fit(&r[x], dag[x].d[i],
			                                   &r[y], dag[y].d[k])
			                             : fit(&r[y], dag[y].d[k],
			                                   &r[x], dag[x].d[i]));
		dag[x].ok[i] = dag[x].ok[i] && any;
	}
}

static unsigned
values(const struct dag *dag, size_t cel)
{
	unsigned seen = 0, n = 0;

	for (size_t i = 0; i < dag->n; i++)
		if (dag->ok[i])
			seen |= 1U << (unsigned)(dag->d[i][cel] + STAP);
	for (; seen != 0; seen &= seen - 1)
		n++;
	return n;
}

bool
ov_od_veilig(const struct ov_od_rij *r, size_t n)
{
	static struct dag dag[OV_OD_DAGEN_MAX];

	if (n > OV_OD_DAGEN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		solutions(&r[i], &dag[i]);
	/* A chain: forth and back leaves what is part of a whole. */
	for (size_t i = 1; i < n; i++)
		prune(r, dag, i, i - 1);
	for (size_t i = n; i-- > 1;)
		prune(r, dag, i - 1, i);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < OV_OD_N; c++)
			if (r[i].onderdrukt[c] &&
			    values(&dag[i], c) < OV_OD_WAARDEN)
				return false;
	return true;
}

bool
ov_od_kies(struct ov_od_rij *r, size_t n, size_t nieuw)
{
	struct ov_od_rij *x = &r[nieuw], best = {0};
	unsigned low = 0, count, best_count = 0;
	uint64_t lost, best_lost = 0;
	bool found = false;

	if (n > OV_OD_DAGEN_MAX || nieuw >= n)
		return false;
	for (size_t c = 0; c < OV_OD_N; c++)
		if (x->aantal[c] < OV_OD_MIN)
			low |= 1U << c;
	for (unsigned set = 0; set < 1U << OV_OD_N; set++) {
		if ((set & low) != low)
			continue;
		count = 0;
		lost = 0;
		for (size_t c = 0; c < OV_OD_N; c++) {
			x->onderdrukt[c] = (set >> c & 1U) != 0;
			count += set >> c & 1U;
			lost += x->onderdrukt[c] ? x->aantal[c] : 0;
		}
		if (found && (count > best_count ||
		                 (count == best_count && lost >= best_lost)))
			continue;
		if (!ov_od_veilig(r, n))
			continue;
		best = *x;
		best_count = count;
		best_lost = lost;
		found = true;
	}
	if (found)
		*x = best;
	return found;
}
