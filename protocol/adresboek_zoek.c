/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_zoek.c - find members in an address book, and refuse one
 * in which two members share what names them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/adresboek_in.h"

/* ---- rule 1: nothing that names a member names two ---- */

/* Pins are digests, so their first bytes are as good as any hash of them. */
struct ov_pin_slot *
ov_pin_slot(const struct ov_book_in *in, const uint8_t *pin)
{
	uint64_t h;
	size_t i;

	memcpy(&h, pin, sizeof(h));
	for (i = (size_t)h & in->mask; in->slot[i].lid != 0;
	     i = (i + 1) & in->mask)
		if (memcmp(in->slot[i].pin, pin, 32) == 0)
			break;
	return &in->slot[i];
}

static bool
add_pins(struct ov_book_in *in, uint8_t pin[][32], size_t n, uint32_t lid,
    unsigned role)
{
	struct ov_pin_slot *s;
	size_t i;

	for (i = 0; i < n; i++) {
		s = ov_pin_slot(in, pin[i]);
		if (s->lid != 0 && (s->lid != lid || (s->role & role) != 0))
			return false;
		memcpy(s->pin, pin[i], 32);
		s->lid = lid;
		s->role |= role;
	}
	return true;
}

static enum ov_rc
unique_pins(struct ov_adresboek *k, struct ov_err *e)
{
	size_t i, n = 16;

	while (n < k->nlid * OV_PINS_MAX * 4)
		n *= 2;
	k->in->slot = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->in->slot));
	if (k->in->slot == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	k->in->mask = n - 1;
	for (i = 0; i < k->nlid; i++)
		if (!add_pins(k->in, k->lid[i].server, k->lid[i].nserver,
		        (uint32_t)i + 1, OV_PIN_SERVER) ||
		    !add_pins(k->in, k->lid[i].client, k->lid[i].nclient,
		        (uint32_t)i + 1, OV_PIN_CLIENT))
			return ov_fail(e, OV_BADMSG, "a pin twice");
	return OV_OK;
}

static int
cmp32(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* Every public key once: no two members, and no two roles of one, share a
 * key. */
static enum ov_rc
unique_keys(const struct ov_adresboek *k, struct ov_err *e)
{
	uint8_t(*key)[32];
	enum ov_rc rc = OV_OK;
	size_t i, n = 0;

	key = calloc(k->nlid == 0 ? 1 : k->nlid, 4 * sizeof(*key));
	if (key == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < k->nlid; i++) {
		memcpy(key[n++], k->lid[i].id, 32);
		memcpy(key[n++], k->lid[i].log, 32);
		memcpy(key[n++], k->lid[i].getuige, 32);
		if (k->lid[i].has_vorige)
			memcpy(key[n++], k->lid[i].vorige, 32);
	}
	qsort(key, n, sizeof(*key), cmp32);
	for (i = 1; i < n && rc == OV_OK; i++)
		if (memcmp(key[i - 1], key[i], 32) == 0)
			rc = ov_fail(e, OV_BADMSG, "a key twice");
	free(key);
	return rc;
}

/* What else names a member: "B00AA00", "B00AA" for a whole BRIN, "G0344" and
 * a role. */
struct label {
	char s[12];
};

static int
label_cmp(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->s,
	    ((const struct label *)b)->s);
}

static size_t
count_labels(const struct ov_adresboek *k)
{
	size_t i, b, n = 1;

	for (i = 0; i < k->nlid; i++) {
		n += k->lid[i].ngemeente * OV_ROL_N;
		for (b = 0; b < k->lid[i].nbrin; b++)
			n += k->lid[i].brin[b].n + 1;
	}
	return n;
}

static size_t
put_labels(const struct ov_lid *l, struct label *t, size_t n)
{
	size_t b, v, g;
	int r;

	for (b = 0; b < l->nbrin; b++) {
		if (l->brin[b].n == 0) {
			t[n].s[0] = 'B';
			memcpy(t[n++].s + 1, l->brin[b].brin, 5);
		}
		for (v = 0; v < l->brin[b].n; v++) {
			t[n].s[0] = 'B';
			memcpy(t[n].s + 1, l->brin[b].brin, 4);
			memcpy(t[n++].s + 5, l->brin[b].vestiging[v], 3);
		}
	}
	for (g = 0; g < l->ngemeente; g++) {
		for (r = 0; r < OV_ROL_N; r++) {
			if ((l->rol & OV_ROL_BIT(r)) == 0)
				continue;
			t[n].s[0] = 'G';
			memcpy(t[n].s + 1, l->gemeente[g], 4);
			t[n].s[5] = (char)('a' + r);
			t[n++].s[6] = '\0';
		}
	}
	return n;
}

static enum ov_rc
unique_labels(const struct ov_adresboek *k, struct ov_err *e)
{
	struct label *t = calloc(count_labels(k), sizeof(*t));
	enum ov_rc rc = OV_OK;
	size_t i, n = 0;

	if (t == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	for (i = 0; i < k->nlid; i++)
		n = put_labels(&k->lid[i], t, n);
	qsort(t, n, sizeof(*t), label_cmp);
	for (i = 1; i < n && rc == OV_OK; i++) {
		/* A whole BRIN sorts just before its vestigingen. */
		if (strcmp(t[i - 1].s, t[i].s) == 0 ||
		    (t[i].s[0] == 'B' && strlen(t[i - 1].s) == 5 &&
		        strncmp(t[i - 1].s, t[i].s, 5) == 0))
			rc = ov_fail(e, OV_BADMSG,
			    t[i].s[0] == 'B' ? "a BRIN twice"
			                     : "a gemeente and role twice");
	}
	free(t);
	return rc;
}

enum ov_rc
ov_adresboek_unique(struct ov_adresboek *k, struct ov_err *e)
{
	enum ov_rc rc;
	size_t i;

	for (i = 1; i < k->nlid; i++)
		if (ov_oin_eq(&k->lid[i - 1].oin, &k->lid[i].oin))
			return ov_fail(e, OV_BADMSG, "an OIN twice");
	if ((rc = unique_keys(k, e)) != OV_OK ||
	    (rc = unique_pins(k, e)) != OV_OK)
		return rc;
	return unique_labels(k, e);
}

/* ---- lookups ---- */

static int
lid_find(const void *oin, const void *lid)
{
	return ov_oin_cmp(oin, &((const struct ov_lid *)lid)->oin);
}

const struct ov_lid *
ov_book_oin(const struct ov_adresboek *k, const struct ov_oin *oin)
{
	if (k->nlid == 0)
		return NULL;
	return bsearch(oin, k->lid, k->nlid, sizeof(*k->lid), lid_find);
}

const struct ov_lid *
ov_book_pin(const struct ov_adresboek *k, const uint8_t spki[32],
    enum ov_pin_role role)
{
	const struct ov_pin_slot *s = ov_pin_slot(k->in, spki);

	if (s->lid == 0 || (s->role & (unsigned)role) == 0)
		return NULL;
	return &k->lid[s->lid - 1];
}

/* One match so far; a second makes it ambiguous. */
struct match {
	const struct ov_lid *lid;
	bool twice;
};

static void
found(struct match *m, const struct ov_lid *l)
{
	if (m->lid != NULL && m->lid != l)
		m->twice = true;
	m->lid = l;
}

static struct match
match_naam(const struct ov_adresboek *k, const char *naam)
{
	struct match m = {NULL, false};
	size_t i;

	for (i = 0; i < k->nlid; i++)
		if (strcasecmp(k->lid[i].naam, naam) == 0)
			found(&m, &k->lid[i]);
	return m;
}

static bool
has_vestiging(const struct ov_lid_brin *b, const char *vestiging)
{
	size_t v;

	for (v = 0; v < b->n; v++)
		if (strcmp(b->vestiging[v], vestiging) == 0)
			return true;
	return b->n == 0;
}

static struct match
match_brin(const struct ov_adresboek *k, const char *brin,
    const char *vestiging)
{
	struct match m = {NULL, false};
	const struct ov_lid_brin *r;
	size_t i, b;

	for (i = 0; i < k->nlid; i++) {
		for (b = 0; b < k->lid[i].nbrin; b++) {
			r = &k->lid[i].brin[b];
			if (strcmp(r->brin, brin) == 0 &&
			    (vestiging == NULL || has_vestiging(r, vestiging)))
				found(&m, &k->lid[i]);
		}
	}
	return m;
}

static struct match
match_gemeente(const struct ov_adresboek *k, const char *code, unsigned rollen)
{
	struct match m = {NULL, false};
	size_t i, g;

	for (i = 0; i < k->nlid; i++)
		for (g = 0; g < k->lid[i].ngemeente; g++)
			if (strcmp(k->lid[i].gemeente[g], code) == 0 &&
			    (k->lid[i].rol & rollen) != 0)
				found(&m, &k->lid[i]);
	return m;
}

static const struct ov_lid *
only(struct match m)
{
	return m.twice ? NULL : m.lid;
}

const struct ov_lid *
ov_book_naam(const struct ov_adresboek *k, const char *naam)
{
	return only(match_naam(k, naam));
}

const struct ov_lid *
ov_book_brin(const struct ov_adresboek *k, const char *brin,
    const char *vestiging)
{
	return only(match_brin(k, brin, vestiging));
}

const struct ov_lid *
ov_book_gemeente(const struct ov_adresboek *k, const char *code, enum ov_rol r)
{
	return only(match_gemeente(k, code, OV_ROL_BIT(r)));
}

bool
ov_brin_split(const char *text, char brin[5], char vest[3])
{
	size_t n = strlen(text);
	bool mark = n == 7 && (text[4] == '-' || text[4] == '/');

	vest[0] = '\0';
	if (n != 4 && n != 6 && !mark)
		return false;
	memcpy(brin, text, 4);
	brin[4] = '\0';
	if (n > 4)
		memcpy(vest, text + n - 2, 3);
	return ov_is_brin(ov_view_str(brin)) &&
	       (n == 4 || ov_is_vestiging(ov_view_str(vest)));
}

const struct ov_lid *
ov_book_find(const struct ov_adresboek *k, const char *text, bool *ambiguous)
{
	const struct ov_lid *l;
	struct match m = {NULL, false};
	char brin[5], vest[3];
	struct ov_oin oin;

	if (ambiguous != NULL)
		*ambiguous = false;
	if (ov_oin_parse(ov_view_str(text), &oin) == OV_OK &&
	    (l = ov_book_oin(k, &oin)) != NULL)
		return l;
	if (ov_brin_split(text, brin, vest))
		m = match_brin(k, brin, vest[0] != '\0' ? vest : NULL);
	if (m.lid == NULL && ov_is_gemeente(ov_view_str(text)))
		m = match_gemeente(k, text, ~0U);
	if (m.lid == NULL)
		m = match_naam(k, text);
	if (ambiguous != NULL)
		*ambiguous = m.twice;
	return only(m);
}

bool
ov_book_withdrawn(const struct ov_adresboek *k, const uint8_t id[32])
{
	size_t i;

	for (i = 0; i < k->ningetrokken; i++)
		if (memcmp(k->ingetrokken[i].id, id, 32) == 0)
			return true;
	return false;
}

const uint8_t *
ov_lid_key(const struct ov_adresboek *k, const struct ov_lid *l,
    const uint8_t thumb[OV_THUMB_LEN], int64_t now)
{
	const uint8_t *id = NULL;

	if (memcmp(l->id_thumb, thumb, OV_THUMB_LEN) == 0)
		id = l->id;
	else if (l->has_vorige && now < l->vorige_tot &&
	         memcmp(l->vorige_thumb, thumb, OV_THUMB_LEN) == 0)
		id = l->vorige;
	return id != NULL && !ov_book_withdrawn(k, id) ? id : NULL;
}

static int
oin_find(const void *a, const void *b)
{
	return ov_oin_cmp(a, b);
}

bool
ov_lid_may(const struct ov_lid *from, const struct ov_oin *to)
{
	return from->nmag > 0 && bsearch(to, from->mag, from->nmag,
	                             sizeof(*from->mag), oin_find) != NULL;
}

const struct ov_book_epoch *
ov_book_epoch_of(const struct ov_adresboek *k, uint32_t ep)
{
	size_t i;

	for (i = 0; i < k->nepoch; i++)
		if (k->epoch[i].ep == ep)
			return &k->epoch[i];
	return NULL;
}

const struct ov_book_epoch *
ov_book_epoch_active(const struct ov_adresboek *k, int64_t now)
{
	const struct ov_book_epoch *best = NULL;
	size_t i;

	for (i = 0; i < k->nepoch; i++) {
		if (k->epoch[i].status != OV_EPOCH_ACTIEF ||
		    k->epoch[i].van > now)
			continue;
		if (best == NULL || k->epoch[i].van >= best->van)
			best = &k->epoch[i];
	}
	return best;
}

static int
budget_find(const void *a, const void *b)
{
	const struct ov_book_budget *x = a, *y = b;
	int c = ov_oin_cmp(&x->client, &y->client);

	return c != 0 ? c : ov_oin_cmp(&x->domein, &y->domein);
}

const struct ov_book_budget *
ov_book_budget_of(const struct ov_adresboek *k, const struct ov_oin *client,
    const struct ov_oin *domein)
{
	struct ov_book_budget want = {.client = *client, .domein = *domein};

	if (k->nbudget == 0)
		return NULL;
	return bsearch(&want, k->budget, k->nbudget, sizeof(*k->budget),
	    budget_find);
}

enum ov_book_age
ov_book_age(const struct ov_adresboek *k, int64_t now)
{
	if (now < k->geldig_tot)
		return OV_BOOK_VALID;
	if (now < k->geldig_tot + (int64_t)14 * 86400)
		return OV_BOOK_GRACE;
	return OV_BOOK_OVER;
}
