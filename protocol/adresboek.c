/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek.c - read the text of an address book. */
#include "protocol/adresboek.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/adresboek_in.h"
#include "protocol/b64.h"
#include "protocol/hash.h"

static const char *const lid_statussen[] = {"actief", "geschorst", "vertrokken",
    NULL};
static const char *const ep_statussen[] = {"aangekondigd", "actief",
    "uitlopend", "vernietigd", NULL};

#define BUDGETS_MAX 100000 /* what fits in the size of a book */
#define INGETROKKEN_MAX 1000

const char *
ov_lid_status_name(enum ov_lid_status s)
{
	return (unsigned)s <= OV_LID_VERTROKKEN ? lid_statussen[s] : "?";
}

static enum ov_rc
no_memory(struct ov_err *e)
{
	return ov_fail(e, OV_NOSPACE, "memory");
}

static int
oin_cmp(const void *a, const void *b)
{
	return ov_oin_cmp(a, b);
}

/* ---- members ---- */

static enum ov_rc
read_vorige(struct ov_jobj *o, struct ov_lid *l, struct ov_err *e)
{
	struct ov_jobj v;
	enum ov_rc rc;

	if (ov_jo_null(o, "id_vorige"))
		return OV_OK;
	ov_jo_init(&v, ov_jo_obj(o, "id_vorige"), "id_vorige");
	if (o->rc != OV_OK)
		return OV_OK;
	ov_jo_b64u(&v, "id", l->vorige, sizeof(l->vorige));
	ov_jo_moment(&v, "tot", &l->vorige_tot);
	if ((rc = ov_jo_end(&v, e)) != OV_OK)
		return rc;
	l->has_vorige = true;
	return ov_thumb_ed25519(l->vorige_thumb, l->vorige, e);
}

static enum ov_rc
read_mag(struct ov_boek_arena *a, struct ov_jobj *o, struct ov_lid *l,
    struct ov_err *e)
{
	const json_t *j = ov_jo_arr(o, "mag_naar", OV_LEDEN_MAX);
	size_t i, n = json_array_size(j);

	if ((l->mag = ov_boek_arena_get(a, n, sizeof(*l->mag))) == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++) {
		if (ov_oin_parse(ov_json_view(json_array_get(j, i)),
		        &l->mag[i]) != OV_OK) {
			ov_jo_fail(o, "mag_naar", OV_REDEN_PATROON);
			return OV_OK;
		}
	}
	l->nmag = n;
	qsort(l->mag, n, sizeof(*l->mag), oin_cmp);
	for (i = 1; i < n; i++)
		if (ov_oin_eq(&l->mag[i - 1], &l->mag[i]))
			return ov_fail(e, OV_BADMSG, "mag_naar: twice");
	return OV_OK;
}

static enum ov_rc
read_lid(struct ov_boek_arena *a, const json_t *j, struct ov_lid *l,
    struct ov_err *e)
{
	const json_t *suites;
	struct ov_jobj o;
	enum ov_rc rc;
	int status;

	ov_jo_init(&o, j, "leden");
	if ((rc = ov_lid_read(a, &o, l, e)) != OV_OK)
		return rc;
	status = ov_jo_word(&o, "status", lid_statussen);
	suites = ov_jo_arr(&o, "suites", 4);
	if ((rc = read_vorige(&o, l, e)) != OV_OK ||
	    (rc = read_mag(a, &o, l, e)) != OV_OK ||
	    (rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	l->status = (enum ov_lid_status)status;
	if (json_array_size(suites) != 1 ||
	    !ov_view_eq(ov_json_view(json_array_get(suites, 0)), "OS1"))
		return ov_fail(e, OV_DENIED, "suites but OS1: not built");
	return OV_OK;
}

static int
lid_cmp(const void *a, const void *b)
{
	const struct ov_lid *x = a, *y = b;

	return ov_oin_cmp(&x->oin, &y->oin);
}

static enum ov_rc
read_leden(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	size_t i, n = json_array_size(j);
	enum ov_rc rc;

	k->lid = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->lid));
	if (k->lid == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++) {
		rc = read_lid(&k->in->arena, json_array_get(j, i), &k->lid[i],
		    e);
		if (rc != OV_OK)
			return ov_while(e, rc, "member %zu", i);
	}
	k->nlid = n;
	qsort(k->lid, n, sizeof(*k->lid), lid_cmp);
	return OV_OK;
}

/* ---- administrators and CA ---- */

static enum ov_rc
read_beheer(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	size_t i, m, n = json_array_size(j);
	struct ov_view v;
	enum ov_rc rc;

	k->beheer = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->beheer));
	if (k->beheer == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++) {
		v = ov_json_view(json_array_get(j, i));
		rc = ov_vkey_parse(&k->beheer[i], v.p, v.n, e);
		if (rc != OV_OK)
			return ov_while(e, rc, "beheerders");
		if (k->beheer[i].type != OV_VKEY_ED25519)
			return ov_fail(e, OV_BADMSG, "beheerders: type");
		for (m = 0; m < i; m++)
			if (memcmp(k->beheer[i].pk, k->beheer[m].pk, 32) == 0)
				return ov_fail(e, OV_BADMSG,
				    "beheerders: one key twice");
	}
	k->nbeheer = n;
	if (n == 0 || k->drempel > n || (k->drempel < 2 && n > 1) ||
	    k->drempel == 0)
		return ov_fail(e, OV_BADMSG, "drempel");
	return OV_OK;
}

static enum ov_rc
read_ca(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	size_t i, len, n = json_array_size(j);
	struct ov_view v;
	uint8_t *der;

	k->ca = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->ca));
	if (k->ca == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++) {
		v = ov_json_view(json_array_get(j, i));
		if ((der = ov_boek_arena_get(&k->in->arena, OV_CA_DER_MAX,
		         1)) == NULL)
			return no_memory(e);
		if (ov_b64_dec((const char *)v.p, v.n, der, OV_CA_DER_MAX,
		        &len) != OV_OK ||
		    len == 0)
			return ov_fail(e, OV_BADMSG, "ca");
		k->ca[i] = (struct ov_view){der, len};
	}
	k->nca = n;
	return OV_OK;
}

/* ---- pseudonyms ---- */

static enum ov_rc
read_delen(struct ov_adresboek *k, const json_t *j, struct ov_book_epoch *ep,
    struct ov_err *e)
{
	static const char *const nr[] = {"1", "2"};
	struct ov_book_deel *d;
	const json_t *a;
	size_t i;

	if (json_object_size(j) != 2)
		return ov_fail(e, OV_DENIED,
		    "other than two shares: not built");
	ep->deel = ov_boek_arena_get(&k->in->arena, 2, sizeof(*ep->deel));
	if (ep->deel == NULL)
		return no_memory(e);
	for (i = 0; i < 2; i++) {
		d = &ep->deel[i];
		a = json_object_get(j, nr[i]);
		if (!json_is_array(a) || json_array_size(a) == 0)
			return ov_fail(e, OV_BADMSG, "delen");
		if (json_array_size(a) != 1)
			return ov_fail(e, OV_DENIED,
			    "more than one holder of a share: not built");
		d->deel = (uint8_t)(i + 1);
		d->n = 1;
		d->houder = ov_boek_arena_get(&k->in->arena, 1,
		    sizeof(*d->houder));
		if (d->houder == NULL)
			return no_memory(e);
		if (ov_oin_parse(ov_json_view(json_array_get(a, 0)),
		        d->houder) != OV_OK)
			return ov_fail(e, OV_BADMSG, "delen");
	}
	ep->ndeel = 2;
	if (ov_oin_eq(ep->deel[0].houder, ep->deel[1].houder))
		return ov_fail(e, OV_BADMSG, "delen: one holder for both");
	return OV_OK;
}

static enum ov_rc
read_manifesten(struct ov_adresboek *k, json_t *j, struct ov_book_epoch *ep,
    struct ov_err *e)
{
	struct ov_book_manifest *m;
	const char *key;
	json_t *v;

	if (json_object_size(j) > OV_DELEN_MAX)
		return ov_fail(e, OV_BADMSG, "manifesten");
	ep->manifest = ov_boek_arena_get(&k->in->arena, json_object_size(j),
	    sizeof(*ep->manifest));
	if (ep->manifest == NULL)
		return no_memory(e);
	json_object_foreach(j, key, v)
	{
		m = &ep->manifest[ep->nmanifest++];
		if (ov_oin_parse(ov_view_str(key), &m->houder) != OV_OK ||
		    ov_b64_exact(ov_json_view(v), m->sha256, 32) != OV_OK ||
		    (!ov_oin_eq(&m->houder, ep->deel[0].houder) &&
		        !ov_oin_eq(&m->houder, ep->deel[1].houder)))
			return ov_fail(e, OV_BADMSG, "manifesten");
	}
	return OV_OK;
}

static enum ov_rc
read_epoch(struct ov_adresboek *k, const json_t *j, struct ov_book_epoch *ep,
    struct ov_err *e)
{
	json_t *delen, *manifesten;
	struct ov_jobj o;
	enum ov_rc rc;
	int status;

	ov_jo_init(&o, j, "epochs");
	ep->ep = (uint32_t)ov_jo_range(&o, "ep", 1, UINT32_MAX);
	status = ov_jo_word(&o, "status", ep_statussen);
	ov_jo_moment(&o, "van", &ep->van);
	delen = ov_jo_obj(&o, "delen");
	manifesten = ov_jo_obj(&o, "manifesten");
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	ep->status = (enum ov_epoch_status)status;
	if ((rc = read_delen(k, delen, ep, e)) != OV_OK)
		return rc;
	return read_manifesten(k, manifesten, ep, e);
}

static int
epoch_cmp(const void *a, const void *b)
{
	const struct ov_book_epoch *x = a, *y = b;

	return x->ep < y->ep ? -1 : x->ep > y->ep;
}

static enum ov_rc
read_epochs(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	size_t i, n = json_array_size(j);
	enum ov_rc rc;

	k->epoch = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->epoch));
	if (k->epoch == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++)
		if ((rc = read_epoch(k, json_array_get(j, i), &k->epoch[i],
		         e)) != OV_OK)
			return rc;
	k->nepoch = n;
	qsort(k->epoch, n, sizeof(*k->epoch), epoch_cmp);
	for (i = 1; i < n; i++)
		if (k->epoch[i - 1].ep == k->epoch[i].ep)
			return ov_fail(e, OV_BADMSG, "epochs: one twice");
	return OV_OK;
}

static enum ov_rc
read_budget1(const json_t *j, struct ov_book_budget *b, struct ov_err *e)
{
	struct ov_date tot = {0};
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "budget");
	b->dag = ov_jo_int(&o, "dag", UINT32_MAX);
	b->dag_na = ov_jo_int(&o, "dag_na", UINT32_MAX);
	ov_jo_date(&o, "dag_tot", &tot);
	b->jaar = ov_jo_int(&o, "jaar", UINT32_MAX);
	if ((rc = ov_jo_end(&o, e)) == OV_OK)
		b->dag_tot = ov_date_days(tot);
	return rc;
}

static int
budget_cmp(const void *a, const void *b)
{
	const struct ov_book_budget *x = a, *y = b;
	int c = ov_oin_cmp(&x->client, &y->client);

	return c != 0 ? c : ov_oin_cmp(&x->domein, &y->domein);
}

static enum ov_rc
read_budgets(struct ov_adresboek *k, json_t *j, struct ov_err *e)
{
	struct ov_book_budget *b;
	const char *client, *domein;
	json_t *per, *v;
	size_t n = 0;
	enum ov_rc rc;

	json_object_foreach(j, client, per) n += json_object_size(per);
	if (n > BUDGETS_MAX)
		return ov_fail(e, OV_TOOBIG, "budget");
	k->budget = ov_boek_arena_get(&k->in->arena, n, sizeof(*k->budget));
	if (k->budget == NULL)
		return no_memory(e);
	json_object_foreach(j, client, per)
	{
		if (!json_is_object(per))
			return ov_fail(e, OV_BADMSG, "budget");
		json_object_foreach(per, domein, v)
		{
			b = &k->budget[k->nbudget++];
			if (ov_oin_parse(ov_view_str(client), &b->client) !=
			        OV_OK ||
			    ov_oin_parse(ov_view_str(domein), &b->domein) !=
			        OV_OK)
				return ov_fail(e, OV_BADMSG, "budget");
			if ((rc = read_budget1(v, b, e)) != OV_OK)
				return rc;
		}
	}
	qsort(k->budget, n, sizeof(*k->budget), budget_cmp);
	return OV_OK;
}

static enum ov_rc
read_oprf(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	json_t *epochs, *budget;
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, j, "oprf");
	epochs = ov_jo_arr(&o, "epochs", OV_EPOCHS_MAX);
	budget = ov_jo_obj(&o, "budget");
	if ((rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	if ((rc = read_epochs(k, epochs, e)) != OV_OK)
		return rc;
	return read_budgets(k, budget, e);
}

static enum ov_rc
read_ingetrokken(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	size_t i, n = json_array_size(j);
	struct ov_book_ingetrokken *t;
	struct ov_jobj o;
	enum ov_rc rc;

	t = ov_boek_arena_get(&k->in->arena, n, sizeof(*t));
	if (t == NULL)
		return no_memory(e);
	for (i = 0; i < n; i++) {
		ov_jo_init(&o, json_array_get(j, i), "ingetrokken");
		ov_jo_oin(&o, "oin", &t[i].oin);
		ov_jo_b64u(&o, "id", t[i].id, sizeof(t[i].id));
		ov_jo_moment(&o, "sinds", &t[i].sinds);
		t[i].reden = ov_boek_arena_str(&k->in->arena,
		    ov_jo_str(&o, "reden", OV_NAAM_MAX));
		if ((rc = ov_jo_end(&o, e)) != OV_OK)
			return rc;
		if (t[i].reden == NULL)
			return no_memory(e);
	}
	k->ingetrokken = t;
	k->ningetrokken = n;
	return OV_OK;
}

/* ---- the whole ---- */

static void
read_vorige_hash(struct ov_jobj *o, struct ov_adresboek *k)
{
	struct ov_view v = ov_jo_view(o, "vorige", 0, 44);

	if (o->rc != OV_OK)
		return;
	if (v.n == 0 && k->versie == 1)
		return;
	if (ov_b64_exact(v, k->vorige, sizeof(k->vorige)) != OV_OK)
		ov_jo_fail(o, "vorige", OV_REDEN_PATROON);
	k->has_vorige = true;
}

static enum ov_rc
read_log(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	struct ov_jobj o;

	ov_jo_init(&o, j, "log");
	k->minimum_getuigen = (uint32_t)ov_jo_int(&o, "minimum_getuigen",
	    OV_NOTE_SIGS_MAX - 1);
	return ov_jo_end(&o, e);
}

static enum ov_rc
read_parts(struct ov_adresboek *k, struct ov_jobj *o, struct ov_err *e)
{
	json_t *beheer = ov_jo_arr(o, "beheerders", OV_BEHEERDERS_MAX);
	json_t *leden = ov_jo_arr(o, "leden", OV_LEDEN_MAX);
	json_t *ca = ov_jo_arr(o, "ca", OV_CA_MAX);
	json_t *oprf = ov_jo_obj(o, "oprf");
	json_t *log = ov_jo_obj(o, "log");
	json_t *weg = ov_jo_arr(o, "ingetrokken", INGETROKKEN_MAX);
	json_t *route = ov_jo_has(o, "route")
	                    ? ov_jo_arr(o, "route", OV_ROUTES_MAX)
	                    : NULL;
	enum ov_rc rc;

	if ((rc = ov_jo_end(o, e)) != OV_OK)
		return rc;
	if ((rc = read_beheer(k, beheer, e)) != OV_OK ||
	    (rc = read_leden(k, leden, e)) != OV_OK ||
	    (rc = read_ca(k, ca, e)) != OV_OK ||
	    (rc = read_oprf(k, oprf, e)) != OV_OK ||
	    (rc = read_log(k, log, e)) != OV_OK ||
	    (rc = ov_boek_routes(k, route, e)) != OV_OK)
		return rc;
	return read_ingetrokken(k, weg, e);
}

static enum ov_rc
read_book(struct ov_adresboek *k, const json_t *j, struct ov_err *e)
{
	const char *regio, *domein;
	struct ov_jobj o;

	ov_jo_init(&o, j, "address book");
	ov_jo_lit(&o, "type", "overstap-adresboek");
	(void)ov_jo_range(&o, "v", 1, 1);
	regio = ov_jo_str(&o, "regio", OV_REGIO_MAX);
	k->versie = (uint32_t)ov_jo_range(&o, "versie", 1, UINT32_MAX);
	read_vorige_hash(&o, k);
	ov_jo_moment(&o, "uitgegeven", &k->uitgegeven);
	ov_jo_moment(&o, "geldig_tot", &k->geldig_tot);
	domein = ov_jo_str(&o, "logdomein", OV_DOMEIN_MAX);
	k->drempel = (size_t)ov_jo_range(&o, "drempel", 1, OV_BEHEERDERS_MAX);
	if (o.rc == OV_OK && !ov_regio_ok(regio))
		ov_jo_fail(&o, "regio", OV_REDEN_PATROON);
	if (o.rc == OV_OK && !ov_host_ok(domein, strlen(domein)))
		ov_jo_fail(&o, "logdomein", OV_REDEN_PATROON);
	if (o.rc == OV_OK && k->geldig_tot <= k->uitgegeven)
		ov_jo_fail(&o, "geldig_tot", OV_REDEN_PATROON);
	(void)snprintf(k->regio, sizeof(k->regio), "%s", regio);
	if ((k->logdomein = ov_boek_arena_str(&k->in->arena, domein)) == NULL)
		return no_memory(e);
	return read_parts(k, &o, e);
}

static enum ov_rc
new_book(const void *text, size_t n, struct ov_adresboek **out,
    struct ov_err *e)
{
	struct ov_adresboek *k;
	uint8_t *copy;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return no_memory(e);
	if ((k->in = calloc(1, sizeof(*k->in))) == NULL) {
		free(k);
		return no_memory(e);
	}
	*out = k;
	if ((copy = ov_boek_arena_get(&k->in->arena, n, 1)) == NULL)
		return no_memory(e);
	memcpy(copy, text, n);
	k->text = (struct ov_view){copy, n};
	if (ov_sha256(k->sha256, text, n) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	return OV_OK;
}

enum ov_rc
ov_adresboek_parse(const void *text, size_t n, struct ov_adresboek **out,
    struct ov_err *e)
{
	struct ov_adresboek *k = NULL;
	OV_JSON *j = NULL;
	enum ov_rc rc;

	*out = NULL;
	if (n > OV_BOOK_MAX)
		return ov_fail(e, OV_TOOBIG, "address book");
	if (!ov_note_text_ok(text, n))
		return ov_fail(e, OV_BADMSG, "address book: text");
	if ((rc = ov_json_parse(text, n - 1, OV_BOOK_MAX, &j, e)) == OV_OK)
		rc = new_book(text, n, &k, e);
	if (rc == OV_OK)
		rc = read_book(k, j, e);
	if (rc == OV_OK)
		rc = ov_adresboek_unique(k, e);
	if (rc != OV_OK) {
		ov_adresboek_free(k);
		return ov_while(e, rc, "address book");
	}
	*out = k;
	return OV_OK;
}

void
ov_adresboek_free(struct ov_adresboek *k)
{
	if (k == NULL)
		return;
	ov_boek_arena_free(&k->in->arena);
	free(k->in);
	free(k);
}
