/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate_person.c - random numbers, invented people, and the parts of
 * a message that are about reaching them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate.h"

const struct ov_gen_school ov_gen_vo = {"Scholengemeenschap De Vechtzoom",
    "00000099000000001000", "91ZA", "00"};
const struct ov_gen_school ov_gen_mbo = {"Vakcollege IJsseloever",
    "00000099000000002000", "92ZB", "00"};
const char ov_gen_gemeente_naam[] = "Gemeente Hanzebroek";
const char ov_gen_gemeente_oin[] = "00000099000000003000";
const char ov_gen_gemeente[] = "9901";

/* ---- random numbers ---- */

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t
rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void
ov_rng_seed(struct ov_rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed;
	size_t i;

	x = splitmix(&x) ^ (stream * UINT64_C(0xd1342543de82ef95));
	for (i = 0; i < 4; i++)
		r->s[i] = splitmix(&x);
}

uint64_t
ov_rng_next(struct ov_rng *r)
{
	uint64_t out = rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rotl(r->s[3], 45);
	return out;
}

uint32_t
ov_rng_below(struct ov_rng *r, uint32_t n)
{
	uint32_t floor = (uint32_t)(-n) % n, x;

	do
		x = (uint32_t)(ov_rng_next(r) >> 32);
	while (x < floor);
	return x % n;
}

int
ov_rng_range(struct ov_rng *r, int lo, int hi)
{
	return lo + (int)ov_rng_below(r, (uint32_t)(hi - lo + 1));
}

bool
ov_rng_pct(struct ov_rng *r, unsigned pct)
{
	return ov_rng_below(r, 100) < pct;
}

const char *
ov_rng_pick(struct ov_rng *r, const char *const *list, size_t n)
{
	return list[ov_rng_below(r, (uint32_t)n)];
}

/* ---- numbers of pupils ---- */

enum ov_rc
ov_pgns_init(struct ov_pgns *g, uint64_t seed, size_t expect, struct ov_err *e)
{
	memset(g, 0, sizeof(*g));
	ov_rng_seed(&g->rng, seed, 1);
	/* One number in eleven is a BSN; keep the table a quarter full, from
	 * the top of the range, where the fewest are in use. */
	for (g->span = 1000000; g->span / 44 < expect; g->span *= 10)
		if (g->span == 100000000)
			return ov_fail(e, OV_TOOBIG, "too many pupils");
	g->base = 1000000000 - g->span;
	for (g->cap = 1024; g->cap < expect * 4; g->cap *= 2)
		;
	g->seen = calloc(g->cap, sizeof(*g->seen));
	if (g->seen == NULL)
		return ov_fail(e, OV_NOSPACE, "no memory");
	return OV_OK;
}

void
ov_pgns_free(struct ov_pgns *g)
{
	free(g->seen);
	memset(g, 0, sizeof(*g));
}

/* False if it was there. */
static bool
remember(struct ov_pgns *g, uint32_t nr)
{
	size_t i = (nr * UINT32_C(2654435761)) & (g->cap - 1);

	while (g->seen[i] != 0) {
		if (g->seen[i] == nr)
			return false;
		i = (i + 1) & (g->cap - 1);
	}
	g->seen[i] = nr;
	g->n++;
	return true;
}

enum ov_rc
ov_pgns_take(struct ov_pgns *g, struct ov_pgn *out, struct ov_err *e)
{
	bool own = ov_rng_pct(&g->rng, 4);
	enum ov_pgn_kind want = own ? OV_PGN_ONDERWIJSNUMMER : OV_PGN_BSN;
	uint32_t nr;

	if (g->n >= g->cap / 2)
		return ov_fail(e, OV_TOOBIG, "more numbers than expected");
	do {
		nr = own ? 100000000 + ov_rng_below(&g->rng, 10000000)
		         : g->base + ov_rng_below(&g->rng, g->span);
		(void)snprintf(out->s, sizeof(out->s), "%09u", (unsigned)nr);
	} while (ov_pgn_kind(out->s) != want || !remember(g, nr));
	return OV_OK;
}

/* ---- persons ---- */

/* Joined they give names that are easily read and carried by nobody. */
static const char *const naam_a[] = {"Zwarten", "Quiste", "Vlierden", "Krooste",
    "Welvar", "Duinke", "Meerst", "Tholsen", "Braske", "Osterin", "Plagge",
    "Rietver", "Stroke", "Gelmer", "Hunze", "Lorken", "Nijker", "Pastin",
    "Scholve", "Uiterdo", "Vennebo", "Wildering", "Yselma", "Bekkert",
    "Cromsti", "Drakkeno", "Eskerwo", "Fluiten", "Grasman", "Heukelo"};
static const char *const naam_b[] = {"horst", "veldink", "camp", "mars",
    "gaarde", "boschma", "slag", "dijkema", "landt", "hoeveling", "stegen",
    "brinkhof", "woltink", "meule", "schotten", "weerdink", "esselaar",
    "koldert", "plasma", "ruigers"};
static const char *const voorvoegsels[] = {"van", "van der", "de", "ten",
    "van den", "ter"};
static const char *const roep_a[] = {"Mi", "Lo", "Sa", "Ru", "Ka", "Ti", "Jo",
    "Fe", "Da", "Ne", "Ya", "Bo", "El", "Wi", "Ol", "Se"};
static const char *const roep_m[] = {"lan", "ven", "rik", "mar", "den", "sper",
    "win", "bas", "jn", "tan"};
static const char *const roep_v[] = {"lotte", "rith", "nneke", "dia", "mira",
    "veline", "lise", "roos", "nthe", "wenna"};

void
ov_person_make(struct ov_rng *r, struct ov_person *p)
{
	int sex = ov_rng_pct(r, 1) ? 0 : ov_rng_range(r, 1, 2);
	const char *first = OV_PICK(r, roep_a);
	const char *second = sex == 1 ? OV_PICK(r, roep_m) : OV_PICK(r, roep_v);

	(void)snprintf(p->geslacht, sizeof(p->geslacht), "%d", sex);
	(void)snprintf(p->roepnaam, sizeof(p->roepnaam), "%s%s", first, second);
	if (ov_rng_pct(r, 40))
		(void)snprintf(p->voorletters, sizeof(p->voorletters), "%c.",
		    first[0]);
	else
		(void)snprintf(p->voorletters, sizeof(p->voorletters), "%c.%c.",
		    first[0], (char)('A' + ov_rng_range(r, 0, 25)));
	p->voorvoegsel[0] = '\0';
	if (ov_rng_pct(r, 25))
		(void)snprintf(p->voorvoegsel, sizeof(p->voorvoegsel), "%s",
		    OV_PICK(r, voorvoegsels));
	first = OV_PICK(r, naam_a);
	second = OV_PICK(r, naam_b);
	(void)snprintf(p->naam, sizeof(p->naam), "%s%s", first, second);
}

struct ov_date
ov_born(struct ov_rng *r, int age, struct ov_date on)
{
	struct ov_date last = ov_date_add_months(on, -12 * age), d;
	struct ov_date first = ov_date_add_days(ov_date_add_months(on,
	                                            -12 * (age + 1)),
	    1);
	int days = ov_date_days(last) - ov_date_days(first);

	/* The edges are where mistakes live: one in ten is born on one. */
	do {
		if (ov_rng_pct(r, 5))
			d = last;
		else if (ov_rng_pct(r, 5))
			d = first;
		else
			d = ov_date_add_days(first, ov_rng_range(r, 0, days));
	} while (ov_age_on(d, on) != age);
	return d;
}

/* ---- pieces of content ---- */

bool
ov_gen_set(json_t *obj, const char *name, json_t *value)
{
	return json_object_set_new(obj, name, value) == 0;
}

json_t *
ov_gen_date(struct ov_date d)
{
	char s[OV_DATE_SIZE];

	ov_date_fmt(s, d);
	return json_string(s);
}

static const char *const straten[] = {"Beukenlaan", "Molenweg",
    "Stationsstraat", "Kerkpad", "Wilgenhof", "IJsseldijk", "Hanzeplein",
    "Korenbloemstraat", "Prinsengang", "Noorderstraat", "Vechtkade",
    "Schoolstraat", "Esdoornlaan", "Het Hoge Land", "Zuiderzeestraat"};
static const char *const plaatsen[] = {"Hanzebroek", "Vechterveen", "Oud-Salne",
    "Kampersluis", "Dalmerwold"};

json_t *
ov_gen_adres(struct ov_rng *r, const char *gemeente)
{
	json_t *a = json_object();
	char pc[8], letter[2] = {'\0', '\0'}, eerste, tweede;
	int nr;
	bool ok, secret = ov_rng_pct(r, 2);

	ok = ov_gen_set(a, "geheim", json_boolean(secret));
	if (!secret) {
		nr = ov_rng_range(r, 11, 99);
		eerste = (char)('A' + ov_rng_range(r, 0, 25));
		tweede = (char)('A' + ov_rng_range(r, 0, 25));
		(void)snprintf(pc, sizeof(pc), "80%02d%c%c", nr, eerste,
		    tweede);
		ok = ok &&
		     ov_gen_set(a, "straat",
		         json_string(OV_PICK(r, straten))) &&
		     ov_gen_set(a, "huisnummer",
		         json_integer(ov_rng_range(r, 1, 240))) &&
		     ov_gen_set(a, "postcode", json_string(pc)) &&
		     ov_gen_set(a, "plaats", json_string(OV_PICK(r, plaatsen)));
		if (ok && ov_rng_pct(r, 8)) {
			letter[0] = (char)('A' + ov_rng_range(r, 0, 3));
			ok = ov_gen_set(a, "letter", json_string(letter));
		}
	}
	ok = ok && ov_gen_set(a, "gemeentecode", json_string(gemeente));
	if (ok)
		return a;
	json_decref(a);
	return NULL;
}

/* A number of the ranges that are never given out. */
static json_t *
telefoon(struct ov_rng *r, bool mobile)
{
	char s[16];

	if (mobile)
		(void)snprintf(s, sizeof(s), "06900%05d",
		    ov_rng_range(r, 0, 99999));
	else
		(void)snprintf(s, sizeof(s), "0389%06d",
		    ov_rng_range(r, 0, 999999));
	return json_string(s);
}

static json_t *
email(const char *who, const char *at)
{
	char s[160];
	size_t i;

	(void)snprintf(s, sizeof(s), "%.60s@%s.example", who, at);
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] - 'A' + 'a');
		if (s[i] == ' ')
			s[i] = '.';
	}
	return json_string(s);
}

json_t *
ov_gen_bereikbaar(struct ov_rng *r, const char *voor)
{
	json_t *o = json_object();

	if (ov_gen_set(o, "telefoon", telefoon(r, true)) &&
	    ov_gen_set(o, "email", email(voor, "post")))
		return o;
	json_decref(o);
	return NULL;
}

json_t *
ov_gen_contactpersoon(struct ov_rng *r, const char *school)
{
	static const char *const functies[] = {"decaan", "mentor",
	    "zorgcoördinator", "teamleider bovenbouw", "loopbaanbegeleider"};
	static const char *const afdelingen[] = {"Decanaat", "Leerlingzaken",
	    "Bovenbouw vmbo", "Ondersteuningsteam"};
	struct ov_person p = {0};
	char naam[100];
	json_t *o = json_object();

	ov_person_make(r, &p);
	(void)snprintf(naam, sizeof(naam), "%s %s%s%s", p.voorletters,
	    p.voorvoegsel, p.voorvoegsel[0] != '\0' ? " " : "", p.naam);
	if (ov_gen_set(o, "naam", json_string(naam)) &&
	    ov_gen_set(o, "functie", json_string(OV_PICK(r, functies))) &&
	    ov_gen_set(o, "afdeling", json_string(OV_PICK(r, afdelingen))) &&
	    ov_gen_set(o, "telefoon", telefoon(r, false)) &&
	    ov_gen_set(o, "email", email(p.naam, school)))
		return o;
	json_decref(o);
	return NULL;
}

json_t *
ov_gen_text(struct ov_rng *r, const char *const *list, size_t len, int lo,
    int hi)
{
	OV_BUF b = {0};
	int n = ov_rng_range(r, lo, hi), i;
	size_t at = ov_rng_below(r, (uint32_t)len);
	const char *text;

	/* Neighbours in the list, so no sentence comes twice. */
	for (i = 0; i < n && (size_t)i < len; i++) {
		if (i > 0)
			ov_buf_str(&b, " ");
		ov_buf_str(&b, list[(at + (size_t)i) % len]);
	}
	text = ov_buf_text(&b);
	return text != NULL ? json_string(text) : NULL;
}
