/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/kalender.c - days, deadlines and the dates of the year, counted
 * from the rows of data/kalender.json (kalender_lees.c).
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/kalender_in.h"

#define COUNT_MAX 3660 /* days that are counted one by one */

/* ---- days ---- */

struct ov_date
ov_pasen(int jaar)
{
	int a = jaar % 19, b = jaar / 100, c = jaar % 100;
	int g = (8 * b + 13) / 25;
	int h = (19 * a + b - b / 4 - g + 15) % 30;
	int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	int m = (a + 11 * h + 22 * l) / 451;
	int n = h + l - 7 * m + 114;

	return (struct ov_date){(int16_t)jaar, (uint8_t)(n / 31),
	    (uint8_t)(n % 31 + 1)};
}

bool
ov_kal_geldt(const struct ov_kal_span *s, struct ov_date d)
{
	int32_t n = ov_date_days(d);

	return n >= s->van && n <= s->tot;
}

/* The day of a holiday in the year of d. */
static struct ov_date
holiday_in(const struct ov_kal_feest *f, struct ov_date pasen)
{
	struct ov_date d = {pasen.y, f->maand, f->dag};

	if (f->maand == 0)
		return ov_date_add_days(pasen, f->pasen);
	return ov_date_weekday(d) == 0 ? ov_date_add_days(d, f->zondag) : d;
}

const char *
ov_kal_feestdag(const struct ov_kalender *k, struct ov_date d)
{
	struct ov_date pasen = ov_pasen(d.y);

	for (size_t i = 0; i < k->nfeest; i++)
		if (ov_kal_geldt(&k->feest[i].geldig, d) &&
		    ov_date_cmp(holiday_in(&k->feest[i], pasen), d) == 0)
			return k->feest[i].naam;
	return NULL;
}

bool
ov_kal_werkdag(const struct ov_kalender *k, struct ov_date d)
{
	int w = ov_date_weekday(d);

	return w != 0 && w != 6 && ov_kal_feestdag(k, d) == NULL;
}

struct ov_date
ov_kal_werkdagen_na(const struct ov_kalender *k, struct ov_date d, unsigned n)
{
	struct ov_date last = {OV_JAAR_MAX, 12, 31};

	if (n == 0) {
		while (!ov_kal_werkdag(k, d) && ov_date_cmp(d, last) < 0)
			d = ov_date_add_days(d, 1);
		return d;
	}
	while (n > 0 && ov_date_cmp(d, last) < 0) {
		d = ov_date_add_days(d, 1);
		if (ov_kal_werkdag(k, d))
			n--;
	}
	return d;
}

int32_t
ov_kal_werkdagen(const struct ov_kalender *k, struct ov_date van,
    struct ov_date tot)
{
	int32_t n = 0, end = ov_date_days(tot), at = ov_date_days(van);

	if (end > at + COUNT_MAX)
		end = at + COUNT_MAX;
	while (++at <= end)
		n += ov_kal_werkdag(k, ov_date_from_days(at)) ? 1 : 0;
	return n;
}

/* ---- the year ---- */

/* The occurrence that begins in a year. */
static struct ov_kal_moment
occurrence(const struct ov_kal_rij *r, int jaar)
{
	struct ov_kal_moment m = {.naam = r->naam,
	    .wat = r->wat,
	    .bron = r->bron,
	    .rollen = r->rollen,
	    .vooraf = r->vooraf,
	    .van = {(int16_t)jaar, r->maand, r->dag},
	    .tot = {(int16_t)jaar, r->tot_maand, r->tot_dag}};

	if (ov_date_cmp(m.tot, m.van) < 0)
		m.tot.y++;
	return m;
}

static int
by_date(const void *a, const void *b)
{
	const struct ov_kal_moment *x = a, *y = b;
	int c = ov_date_cmp(x->van, y->van);

	if (c == 0)
		c = ov_date_cmp(x->tot, y->tot);
	return c != 0 ? c : strcmp(x->naam, y->naam);
}

size_t
ov_kal_komend(const struct ov_kalender *k, unsigned rollen, struct ov_date op,
    struct ov_kal_moment out[OV_KAL_MOMENTEN_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < k->nrij; i++) {
		if ((k->rij[i].rollen & rollen) == 0)
			continue;
		for (int y = op.y - 1; y <= op.y + 1; y++) {
			struct ov_kal_moment m = occurrence(&k->rij[i], y);

			if (y < OV_JAAR_MIN || y >= OV_JAAR_MAX ||
			    ov_date_cmp(m.tot, op) < 0 ||
			    !ov_kal_geldt(&k->rij[i].geldig, m.van))
				continue;
			out[n++] = m;
			break;
		}
	}
	if (n > 0)
		qsort(out, n, sizeof(*out), by_date);
	return n;
}

/* ---- how late ---- */

static struct ov_date
deadline(const struct ov_kalender *k, const struct ov_kal_grens *g,
    struct ov_date peil)
{
	if (g->werkdagen > 0)
		return ov_kal_werkdagen_na(k, peil, g->werkdagen);
	return ov_kal_werkdagen_na(k, ov_date_add_days(peil, g->dagen), 0);
}

static void
answer(const struct ov_kalender *k, const struct ov_kal_grens *g,
    struct ov_date peil, struct ov_kal_termijn *out)
{
	out->naam = g->naam;
	out->bron = g->bron;
	out->peil = peil;
	out->uiterlijk = deadline(k, g, peil);
}

static bool
applies(const struct ov_kal_grens *g, const char *srt, unsigned rollen,
    const char *waarde, struct ov_date peil)
{
	if (strcmp(g->srt, srt) != 0 || (g->van & rollen) == 0 ||
	    !ov_kal_geldt(&g->geldig, peil))
		return false;
	for (size_t j = 0; j < g->n; j++)
		if (strcmp(g->in[j], waarde) == 0)
			return true;
	return false;
}

bool
ov_kal_uiterlijk(const struct ov_kalender *k, const char *srt, unsigned rollen,
    const char *waarde, struct ov_date peil, struct ov_kal_termijn *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < k->ngrens; i++)
		if (applies(&k->grens[i], srt, rollen, waarde, peil)) {
			answer(k, &k->grens[i], peil, out);
			return true;
		}
	return false;
}

bool
ov_kal_te_laat(const struct ov_kalender *k, const char *srt, unsigned rollen,
    const struct ov_jn *inhoud, struct ov_date verzonden,
    struct ov_kal_termijn *out)
{
	struct ov_date peil;
	const char *v;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < k->ngrens; i++) {
		const struct ov_kal_grens *g = &k->grens[i];

		if (strcmp(g->srt, srt) != 0 ||
		    (v = ov_jn_text(ov_jn_get(inhoud, g->lid))) == NULL ||
		    ov_date_parse(ov_jn_view(ov_jn_get(inhoud, g->peildatum)),
		        &peil) != OV_OK ||
		    !applies(g, srt, rollen, v, peil))
			continue;
		answer(k, g, peil, out);
		out->laat = ov_kal_werkdagen(k, out->uiterlijk, verzonden);
		return true;
	}
	return false;
}

bool
ov_kal_eigen(const struct ov_kalender *k, const char *srt, enum ov_rol rol,
    struct ov_date ontvangen, struct ov_kal_termijn *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < k->neigen; i++) {
		const struct ov_kal_eigen *t = &k->eigen[i];

		if ((t->rollen & OV_ROL_BIT(rol)) == 0 ||
		    !ov_kal_geldt(&t->geldig, ontvangen))
			continue;
		for (size_t j = 0; j < t->n; j++)
			if (strcmp(t->srt[j], srt) == 0) {
				out->naam = t->naam;
				out->bron = t->bron;
				out->peil = ontvangen;
				out->uiterlijk = ov_date_add_days(ontvangen,
				    t->dagen);
				return true;
			}
	}
	return false;
}

const char *
ov_kal_doorlooptijd(const struct ov_kalender *k, int32_t dagen)
{
	for (size_t i = 0; i < k->nduur; i++)
		if (dagen < k->duur[i].tot)
			return k->duur[i].code;
	return NULL; /* not reached: the last row has no end */
}

const char *
ov_kal_doorlooptijd_nth(const struct ov_kalender *k, size_t i,
    const char **tekst)
{
	*tekst = i < k->nduur ? k->duur[i].tekst : NULL;
	return i < k->nduur ? k->duur[i].code : NULL;
}

bool
ov_kal_verzuim(const struct ov_kalender *k, struct ov_date d,
    struct ov_kal_verzuim *out)
{
	for (size_t i = 0; i < k->nverzuim; i++)
		if (ov_kal_geldt(&k->verzuim[i].geldig, d)) {
			*out = k->verzuim[i].v;
			return true;
		}
	memset(out, 0, sizeof(*out));
	return false;
}

/* ---- leaving ---- */

bool
ov_kal_uitschrijfdatum(const struct ov_kalender *k, unsigned rollen,
    struct ov_date uit, struct ov_date in, struct ov_date *nieuw)
{
	int32_t dagen = ov_date_days(in) - ov_date_days(uit);

	for (size_t i = 0; i < k->nnieuw; i++) {
		const struct ov_kal_nieuw *r = &k->nieuw[i];

		if ((r->rollen & rollen) == 0 || !ov_kal_geldt(&r->geldig, uit))
			continue;
		*nieuw = ov_date_add_days(in, -1);
		return dagen > 1 && dagen <= r->weken * 7;
	}
	return false;
}
