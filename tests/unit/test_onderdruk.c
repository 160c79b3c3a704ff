/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_onderdruk.c - suppressed counts stay unknown: a solver of
 * its own enumerates every solution in whole numbers that is consistent with
 * what a receiver was sent in the year, over random years.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/onderdruk.h"

#define DAGEN 4
#define SOLUTIONS_MAX 12000 /* of a sum of 39 */

/* ---- the solver ---- */

/* Every solution of one day by itself. */
struct dag {
	size_t n;
	uint32_t x[SOLUTIONS_MAX][OV_OD_N];
	bool ok[SOLUTIONS_MAX];
};

static struct dag dag[DAGEN];

static uint32_t
total(const uint32_t v[OV_OD_N])
{
	return v[0] + v[1] + v[2] + v[3];
}

/* What the receiver knows of two days, if the truth does not contradict it. */
static bool
follows(const uint32_t a[OV_OD_N], const uint32_t b[OV_OD_N])
{
	return total(a) == total(b) &&
	       a[OV_OD_NIET_GESTART] == b[OV_OD_NIET_GESTART] &&
	       a[OV_OD_UITGEVALLEN] <= b[OV_OD_UITGEVALLEN] &&
	       a[OV_OD_GESWITCHT] <= b[OV_OD_GESWITCHT];
}

static void
enumerate(const struct ov_od_rij *r, struct dag *d)
{
	uint32_t sum = total(r->aantal), x[OV_OD_N];

	d->n = 0;
	for (x[0] = 0; x[0] <= sum; x[0]++)
		for (x[1] = 0; x[0] + x[1] <= sum; x[1]++)
			for (x[2] = 0; x[0] + x[1] + x[2] <= sum; x[2]++) {
				bool fits = true;

				x[3] = sum - x[0] - x[1] - x[2];
				for (size_t c = 0; c < OV_OD_N; c++)
					fits = fits &&
					       (r->onderdrukt[c] ||
					           x[c] == r->aantal[c]);
				if (!fits)
					continue;
				assert_true(d->n < SOLUTIONS_MAX);
				memcpy(d->x[d->n], x, sizeof(x));
				d->ok[d->n++] = true;
			}
}

/* Solutions of day b without one of day a that fits, and the other way. */
static void
strike(struct dag *a, struct dag *b, bool strike_b)
{
	struct dag *x = strike_b ? b : a, *y = strike_b ? a : b;

	for (size_t i = 0; i < x->n; i++) {
		bool any = false;

		for (size_t k = 0; k < y->n && !any && x->ok[i]; k++)
			any = y->ok[k] &&
			      (strike_b ? follows(y->x[k], x->x[i])
			                : follows(x->x[i], y->x[k]));
		x->ok[i] = x->ok[i] && any;
	}
}

/* Has every suppressed count three possible values?  Days are a chain, so what
 * is left after striking forth and back is part of a whole solution. */
static bool
unknown(const struct ov_od_rij *sent, size_t n)
{
	for (size_t d = 0; d < n; d++) {
		enumerate(&sent[d], &dag[d]);
		if (d > 0 && follows(sent[d - 1].aantal, sent[d].aantal))
			strike(&dag[d - 1], &dag[d], true);
	}
	for (size_t d = n; d-- > 1;)
		if (follows(sent[d - 1].aantal, sent[d].aantal))
			strike(&dag[d - 1], &dag[d], false);
	for (size_t d = 0; d < n; d++)
		for (size_t c = 0; c < OV_OD_N; c++) {
			uint64_t seen = 0;

			for (size_t i = 0; i < dag[d].n; i++)
				if (dag[d].ok[i])
					seen |= UINT64_C(1) << dag[d].x[i][c];
			if (sent[d].onderdrukt[c] &&
			    __builtin_popcountll(seen) < 3)
				return false;
		}
	return true;
}

/* ---- by hand ---- */

#define RIJ(g, n, u, s, og, on, ou, os)                                        \
	{                                                                      \
		{g, n, u, s},                                                  \
		{                                                              \
			og, on, ou, os                                         \
		}                                                              \
	}

/* One suppressed count of a row is the rest of it; two with a sum of one are
 * 0 or 1; two with a sum of two are 0, 1 or 2. */
static void
one_day(void **state)
{
	static const struct {
		struct ov_od_rij r;
		bool safe;
	} v[] = {{RIJ(9, 8, 7, 6, 0, 0, 0, 0), true},
	    {RIJ(9, 8, 7, 3, 0, 0, 0, 1), false},
	    {RIJ(9, 8, 1, 0, 0, 0, 1, 1), false},
	    {RIJ(9, 8, 1, 1, 0, 0, 1, 1), true},
	    {RIJ(9, 8, 0, 0, 0, 0, 1, 1), false},
	    {RIJ(9, 8, 0, 0, 0, 1, 1, 1), true},
	    {RIJ(0, 0, 1, 0, 1, 1, 1, 1), false},
	    {RIJ(0, 0, 1, 1, 1, 1, 1, 1), true}};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(ov_od_veilig(&v[i].r, 1), v[i].safe);
		assert_int_equal(unknown(&v[i].r, 1), v[i].safe);
	}
}

/* What a later day tells about an earlier one, and the other way round. */
static void
more_days(void **state)
{
	/* In February 7 dropped out and 1 switched, both suppressed with a sum
	 * of 8; October said that 7 had dropped out: 7 or 8 now. */
	static const struct ov_od_rij low[] = {RIJ(9, 6, 7, 0, 1, 0, 0, 1),
	    RIJ(8, 6, 7, 1, 0, 0, 1, 1)};
	/* Who did not start in October did not in February. */
	static const struct ov_od_rij same[] = {RIJ(20, 6, 0, 0, 1, 0, 1, 1),
	    RIJ(18, 6, 1, 1, 0, 1, 1, 1)};

	(void)state;
	assert_true(ov_od_veilig(&low[1], 1));
	assert_false(ov_od_veilig(low, 2));
	assert_false(unknown(low, 2));
	assert_true(ov_od_veilig(&same[1], 1));
	assert_false(ov_od_veilig(same, 2));
	assert_false(unknown(same, 2));
}

static void
chooses(void **state)
{
	static const struct {
		struct ov_od_rij in;
		bool sent, is[OV_OD_N];
	} v[] = {{RIJ(9, 8, 7, 6, 0, 0, 0, 0), true, {0, 0, 0, 0}},
	    {RIJ(90, 8, 7, 3, 0, 0, 0, 0), true, {0, 0, 1, 1}},
	    {RIJ(90, 8, 7, 0, 0, 0, 0, 0), true, {0, 0, 1, 1}},
	    {RIJ(90, 6, 0, 1, 0, 0, 0, 0), true, {0, 1, 1, 1}},
	    {RIJ(90, 1, 1, 0, 0, 0, 0, 0), true, {0, 1, 1, 1}},
	    {RIJ(1, 0, 0, 0, 0, 0, 0, 0), false, {0, 0, 0, 0}},
	    {RIJ(0, 0, 0, 0, 0, 0, 0, 0), false, {0, 0, 0, 0}}};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct ov_od_rij r = v[i].in;

		assert_int_equal(ov_od_kies(&r, 1, 0), v[i].sent);
		if (v[i].sent)
			assert_memory_equal(r.onderdrukt, v[i].is,
			    sizeof(r.onderdrukt));
	}
	assert_false(ov_od_kies(NULL, OV_OD_DAGEN_MAX + 1, 0));
	for (int u = 0; u < OV_OD_N; u++)
		assert_int_equal(ov_od_van(ov_od_naam((enum ov_od_uitkomst)u)),
		    u);
	assert_int_equal(ov_od_van("keuze"), OV_OD_N);
}

/* ---- random years ---- */

static uint64_t seed = 20261128;

static uint32_t
below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % n;
}

/* The same pupils a few months later: some drop out, some switch. */
static void
later(const struct ov_od_rij *a, struct ov_od_rij *b)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->aantal, a->aantal, sizeof(b->aantal));
	for (int k = 0; k < 2; k++) {
		uint32_t go = below(b->aantal[OV_OD_GESTART] / 2 + 1);

		b->aantal[OV_OD_GESTART] -= go;
		b->aantal[k == 0 ? OV_OD_UITGEVALLEN : OV_OD_GESWITCHT] += go;
	}
	if (below(8) == 0) /* a correction: other pupils */
		b->aantal[below(OV_OD_N)] += 1 + below(3);
}

/* Up to four messages in a year, each judged with those that went before, in
 * the order of their days or not: after each of them nothing suppressed is
 * known. */
static void
random_years(void **state)
{
	unsigned sent = 0, kept = 0, extra = 0;

	(void)state;
	for (int year = 0; year < 400; year++) {
		struct ov_od_rij r[DAGEN] = {0}, in[DAGEN];
		size_t n = 0, order[DAGEN] = {0, 1, 2, 3};
		bool is[DAGEN] = {0};

		for (size_t c = 0; c < 2; c++)
			r[0].aantal[c] = below(c == 0 ? 12 : 8);
		for (size_t c = 2; c < OV_OD_N; c++)
			r[0].aantal[c] = below(7);
		for (size_t d = 1; d < DAGEN; d++)
			later(&r[d - 1], &r[d]);
		if (year % 3 == 0)
			order[0] = 2, order[2] = 0;
		for (size_t k = 0; k < DAGEN; k++) {
			size_t at = 0, x = order[k];

			is[x] = true;
			for (size_t d = n = 0; d < DAGEN; d++) {
				if (d == x)
					at = n;
				if (is[d])
					in[n++] = r[d];
			}
			if (!ov_od_kies(in, n, at)) {
				is[x] = false;
				kept++;
				continue;
			}
			r[x] = in[at];
			sent++;
			for (size_t c = 0; c < OV_OD_N; c++) {
				if (r[x].aantal[c] < OV_OD_MIN)
					assert_true(r[x].onderdrukt[c]);
				else
					extra += r[x].onderdrukt[c];
			}
			if (!unknown(in, n))
				fail_msg("year %d, message %zu", year, k);
		}
	}
	/* It is about something: most is sent, and not all of it. */
	assert_true(sent > 800);
	assert_true(extra > 100);
	print_message("%u sent, %u kept back, %u counts suppressed besides\n",
	    sent, kept, extra);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(one_day),
	    cmocka_unit_test(more_days), cmocka_unit_test(chooses),
	    cmocka_unit_test(random_years)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
