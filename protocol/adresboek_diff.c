/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_diff.c - make the text of an address book, and say in
 * words what a new version changes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/adresboek_in.h"
#include "protocol/manifest.h"
#include "protocol/tijd.h"

/* Budgets that are spelled out: what a person reads before signing.  More
 * changed at once is a new rule, and the figures are in `region budget`. */
#define DIFF_BUDGETS_MAX 200

enum ov_rc
ov_adresboek_compose(struct ov_buf *b, const json_t *j, struct ov_err *e)
{
	struct ov_adresboek *k = NULL;
	size_t at = b->n;
	enum ov_rc rc;

	ov_json_dump(b, j);
	ov_buf_str(b, "\n");
	if ((rc = ov_buf_ok(b, e)) != OV_OK)
		return rc;
	rc = ov_adresboek_parse(b->p + at, b->n - at, &k, e);
	ov_adresboek_free(k);
	return rc;
}

enum ov_rc
ov_beheer_name(char out[OV_NOTE_NAME_MAX + 1], const char *logdomein,
    const char *regio, const char *slug, struct ov_err *e)
{
	int n;

	n = snprintf(out, OV_NOTE_NAME_MAX + 1, "%s/regio/%s/beheerder/%s",
	    logdomein, regio, slug);
	if (n < 0 || (size_t)n > OV_NOTE_NAME_MAX)
		return ov_fail(e, OV_TOOBIG, "key name");
	return OV_OK;
}

/* ---- differences ---- */

static void
lid_line(struct ov_buf *b, const char *what, const struct ov_lid *l)
{
	ov_buf_fmt(b, "%s: %s (%s)\n", what, l->naam, l->oin.s);
}

static void
changed(struct ov_buf *b, const char *what, const struct ov_lid *l)
{
	ov_buf_fmt(b, "%s of %s (%s) replaced\n", what, l->naam, l->oin.s);
}

static bool
same_brin(const struct ov_lid *a, const struct ov_lid *b)
{
	size_t i;

	if (a->nbrin != b->nbrin)
		return false;
	for (i = 0; i < a->nbrin; i++)
		if (strcmp(a->brin[i].brin, b->brin[i].brin) != 0 ||
		    a->brin[i].n != b->brin[i].n ||
		    memcmp(a->brin[i].vestiging, b->brin[i].vestiging,
		        a->brin[i].n * sizeof(*a->brin[i].vestiging)) != 0)
			return false;
	return true;
}

static bool
same_pins(const uint8_t a[][32], size_t na, const uint8_t b[][32], size_t nb)
{
	return na == nb && memcmp(a, b, na * 32) == 0;
}

static void
diff_lid(struct ov_buf *b, const struct ov_lid *o, const struct ov_lid *n)
{
	if (strcmp(o->naam, n->naam) != 0)
		ov_buf_fmt(b, "renamed: %s (%s), was %s\n", n->naam, n->oin.s,
		    o->naam);
	if (memcmp(o->id, n->id, 32) != 0)
		changed(b, "identity key", n);
	if (o->has_vorige != n->has_vorige || o->vorige_tot != n->vorige_tot ||
	    memcmp(o->vorige, n->vorige, 32) != 0)
		changed(b, "previous identity key", n);
	if (memcmp(o->log, n->log, 32) != 0)
		changed(b, "log key", n);
	if (memcmp(o->getuige, n->getuige, 32) != 0)
		changed(b, "witness key", n);
	if (!same_pins(o->server, o->nserver, n->server, n->nserver))
		changed(b, "TLS server key", n);
	if (!same_pins(o->client, o->nclient, n->client, n->nclient))
		changed(b, "TLS client key", n);
	if (o->status != n->status)
		ov_buf_fmt(b, "status of %s (%s): %s, was %s\n", n->naam,
		    n->oin.s, ov_lid_status_name(n->status),
		    ov_lid_status_name(o->status));
	if (strcmp(o->url, n->url) != 0)
		ov_buf_fmt(b, "url of %s (%s): %s, was %s\n", n->naam, n->oin.s,
		    n->url, o->url);
	if (o->rol != n->rol)
		changed(b, "roles", n);
	if (o->pki != n->pki)
		changed(b, "certificate rule", n);
	if (o->nmag != n->nmag ||
	    memcmp(o->mag, n->mag, n->nmag * sizeof(*n->mag)) != 0)
		changed(b, "list of receivers", n);
	if (!same_brin(o, n))
		changed(b, "BRIN list", n);
	if (o->ngemeente != n->ngemeente ||
	    memcmp(o->gemeente, n->gemeente,
	        n->ngemeente * sizeof(*n->gemeente)) != 0)
		changed(b, "gemeente list", n);
}

/* ---- epochs ---- */

static const struct ov_book_epoch *
epoch_of(const struct ov_adresboek *k, uint32_t ep)
{
	for (size_t i = 0; i < k->nepoch; i++)
		if (k->epoch[i].ep == ep)
			return &k->epoch[i];
	return NULL;
}

static const struct ov_book_manifest *
manifest_of(const struct ov_book_epoch *x, const struct ov_oin *houder)
{
	for (size_t i = 0; i < x->nmanifest; i++)
		if (ov_oin_eq(&x->manifest[i].houder, houder))
			return &x->manifest[i];
	return NULL;
}

static void
diff_manifests(struct ov_buf *b, const struct ov_book_epoch *o,
    const struct ov_book_epoch *n)
{
	const struct ov_book_manifest *m;

	for (size_t i = 0; i < n->nmanifest; i++) {
		m = manifest_of(o, &n->manifest[i].houder);
		if (m == NULL ||
		    memcmp(m->sha256, n->manifest[i].sha256, 32) != 0)
			ov_buf_fmt(b, "epoch %u: manifest of %s %s\n", n->ep,
			    n->manifest[i].houder.s,
			    m == NULL ? "added" : "replaced");
	}
	for (size_t i = 0; i < o->nmanifest; i++)
		if (manifest_of(n, &o->manifest[i].houder) == NULL)
			ov_buf_fmt(b, "epoch %u: manifest of %s removed\n",
			    n->ep, o->manifest[i].houder.s);
}

/* The holders of each share; every share has one or more. */
static void
diff_shares(struct ov_buf *b, const struct ov_book_epoch *o,
    const struct ov_book_epoch *n)
{
	const struct ov_book_deel *x, *y;

	for (size_t i = 0; i < n->ndeel; i++) {
		y = &n->deel[i];
		x = i < o->ndeel ? &o->deel[i] : NULL;
		if (x != NULL && x->deel == y->deel && x->n == y->n &&
		    memcmp(x->houder, y->houder, x->n * sizeof(*x->houder)) ==
		        0)
			continue;
		ov_buf_fmt(b, "epoch %u: share %u held by", n->ep, y->deel);
		for (size_t k = 0; k < y->n; k++)
			ov_buf_fmt(b, " %s", y->houder[k].s);
		ov_buf_str(b, "\n");
	}
}

static void
diff_epochs(struct ov_buf *b, const struct ov_adresboek *old,
    const struct ov_adresboek *neu)
{
	static const struct ov_book_epoch none;
	const struct ov_book_epoch *o, *n;
	char from[OV_MOMENT_SIZE];

	for (size_t i = 0; i < neu->nepoch; i++) {
		n = &neu->epoch[i];
		o = epoch_of(old, n->ep);
		ov_moment_fmt(from, n->van);
		if (o == NULL)
			ov_buf_fmt(b, "epoch %u added: %s, from %s\n", n->ep,
			    ov_epoch_status_name(n->status), from);
		else if (o->status != n->status)
			ov_buf_fmt(b, "epoch %u: %s, was %s\n", n->ep,
			    ov_epoch_status_name(n->status),
			    ov_epoch_status_name(o->status));
		if (o != NULL && o->van != n->van)
			ov_buf_fmt(b, "epoch %u: from %s\n", n->ep, from);
		diff_shares(b, o != NULL ? o : &none, n);
		diff_manifests(b, o != NULL ? o : &none, n);
	}
	for (size_t i = 0; i < old->nepoch; i++)
		if (epoch_of(neu, old->epoch[i].ep) == NULL)
			ov_buf_fmt(b, "epoch %u removed\n", old->epoch[i].ep);
}

/* ---- budgets ---- */

static void
budget_number(struct ov_buf *b, const char *name, const uint64_t *o,
    const uint64_t *n)
{
	if (o != NULL && n != NULL && *o == *n)
		return;
	ov_buf_fmt(b, "  %-7s ", name);
	if (o != NULL)
		ov_buf_fmt(b, "%" PRIu64, *o);
	if (o != NULL && n != NULL)
		ov_buf_str(b, " -> ");
	if (n != NULL)
		ov_buf_fmt(b, "%" PRIu64, *n);
	ov_buf_str(b, "\n");
}

static void
budget_day(struct ov_buf *b, const struct ov_book_budget *o,
    const struct ov_book_budget *n)
{
	char was[OV_DATE_SIZE] = "", is[OV_DATE_SIZE] = "";

	if (o != NULL && n != NULL && o->dag_tot == n->dag_tot)
		return;
	if (o != NULL)
		ov_date_fmt(was, ov_date_from_days(o->dag_tot));
	if (n != NULL)
		ov_date_fmt(is, ov_date_from_days(n->dag_tot));
	ov_buf_fmt(b, "  dag_tot %s", was);
	if (o != NULL && n != NULL)
		ov_buf_str(b, " -> ");
	ov_buf_fmt(b, "%s\n", is);
}

/* One line of budget, in the words of the book; o or n NULL: new or gone. */
static void
diff_budget(struct ov_buf *b, const struct ov_book_budget *o,
    const struct ov_book_budget *n)
{
	const struct ov_book_budget *any = n != NULL ? n : o;

	ov_buf_str(b, "budget of ");
	ov_buf_str(b, any->client.s);
	ov_buf_str(b, " for ");
	ov_buf_str(b, any->domein.s);
	ov_buf_str(b, o == NULL   ? " added\n"
	              : n == NULL ? " removed, was\n"
	                          : " changed\n");
#define NUMBER(m)                                                              \
	budget_number(b, #m, o != NULL ? &o->m : NULL, n != NULL ? &n->m : NULL)
	NUMBER(dag);
	NUMBER(dag_na);
	budget_day(b, o, n);
	NUMBER(jaar);
#undef NUMBER
}

static bool
same_budget(const struct ov_book_budget *x, const struct ov_book_budget *y)
{
	return x->dag == y->dag && x->dag_na == y->dag_na &&
	       x->dag_tot == y->dag_tot && x->jaar == y->jaar;
}

/* Both lists are sorted; a book may have a million pairs. */
static void
diff_budgets(struct ov_buf *b, const struct ov_adresboek *old,
    const struct ov_adresboek *neu)
{
	const struct ov_book_budget *o, *n;
	size_t i = 0, k = 0, said = 0;
	int c;

	while (i < old->nbudget || k < neu->nbudget) {
		o = i < old->nbudget ? &old->budget[i] : NULL;
		n = k < neu->nbudget ? &neu->budget[k] : NULL;
		c = o == NULL   ? 1
		    : n == NULL ? -1
		                : ov_oin_cmp(&o->client, &n->client);
		if (c == 0)
			c = ov_oin_cmp(&o->domein, &n->domein);
		i += c <= 0;
		k += c >= 0;
		if (c == 0 && same_budget(o, n))
			continue;
		if (said++ < DIFF_BUDGETS_MAX)
			diff_budget(b, c <= 0 ? o : NULL, c >= 0 ? n : NULL);
	}
	if (said > DIFF_BUDGETS_MAX)
		ov_buf_fmt(b, "and %zu more budgets\n",
		    said - DIFF_BUDGETS_MAX);
}

/* ---- routes ---- */

static bool
has_route(const struct ov_adresboek *k, const struct ov_book_route *r)
{
	for (size_t i = 0; i < k->nroute; i++) {
		const struct ov_book_route *q = &k->route[i];

		if (strcmp(q->gemeente, r->gemeente) == 0 &&
		    strcmp(q->srt, r->srt) == 0 && q->rol == r->rol &&
		    ov_oin_eq(&q->oin, &r->oin) && q->van == r->van &&
		    q->tot == r->tot)
			return true;
	}
	return false;
}

/* Routes of a that b does not have. */
static void
diff_routes(struct ov_buf *out, const char *what, const struct ov_adresboek *a,
    const struct ov_adresboek *b)
{
	char van[OV_DATE_SIZE], tot[OV_DATE_SIZE];
	const struct ov_book_route *r;

	for (size_t i = 0; i < a->nroute; i++) {
		r = &a->route[i];
		if (b != NULL && has_route(b, r))
			continue;
		ov_date_fmt(van, ov_date_from_days(r->van));
		tot[0] = '\0';
		if (r->tot != INT32_MAX)
			ov_date_fmt(tot, ov_date_from_days(r->tot));
		ov_buf_fmt(out,
		    "route %s: %s of gemeente %s, %s, to %s from "
		    "%s%s%s\n",
		    what, r->srt[0] != '\0' ? r->srt : "every type",
		    r->gemeente, ov_rol_name(r->rol), r->oin.s, van,
		    tot[0] != '\0' ? " until " : "", tot);
	}
}

/* ---- the rest ---- */

static bool
same_ca(const struct ov_adresboek *o, const struct ov_adresboek *n)
{
	size_t i;

	if (o->nca != n->nca)
		return false;
	for (i = 0; i < n->nca; i++)
		if (o->ca[i].n != n->ca[i].n ||
		    memcmp(o->ca[i].p, n->ca[i].p, n->ca[i].n) != 0)
			return false;
	return true;
}

static bool
has_admin(const struct ov_adresboek *k, const struct ov_vkey *v)
{
	size_t i;

	for (i = 0; i < k->nbeheer; i++)
		if (memcmp(k->beheer[i].pk, v->pk, 32) == 0)
			return true;
	return false;
}

static void
diff_rest(struct ov_buf *b, const struct ov_adresboek *o,
    const struct ov_adresboek *n)
{
	size_t i;

	for (i = 0; i < o->nbeheer; i++)
		if (!has_admin(n, &o->beheer[i]))
			ov_buf_fmt(b, "administrator removed: %s\n",
			    o->beheer[i].name);
	if (o->drempel != n->drempel)
		ov_buf_fmt(b, "threshold: %zu, was %zu\n", n->drempel,
		    o->drempel);
	if (strcmp(o->logdomein, n->logdomein) != 0)
		ov_buf_fmt(b, "log domain: %s, was %s\n", n->logdomein,
		    o->logdomein);
	if (!same_ca(o, n))
		ov_buf_str(b, "certificates of the region's CA replaced\n");
	diff_epochs(b, o, n);
	diff_budgets(b, o, n);
	if (o->minimum_getuigen != n->minimum_getuigen)
		ov_buf_fmt(b, "witnesses needed: %u, was %u\n",
		    n->minimum_getuigen, o->minimum_getuigen);
	for (i = 0; i < o->ningetrokken; i++)
		if (!ov_book_withdrawn(n, o->ingetrokken[i].id))
			ov_buf_fmt(b, "withdrawn key readmitted: of %s\n",
			    o->ingetrokken[i].oin.s);
}

enum ov_rc
ov_adresboek_diff(struct ov_buf *b, const struct ov_adresboek *old,
    const struct ov_adresboek *neu, struct ov_err *e)
{
	const struct ov_lid *l;
	size_t i;

	for (i = 0; i < neu->nlid; i++) {
		l = old == NULL ? NULL : ov_book_oin(old, &neu->lid[i].oin);
		if (l == NULL)
			lid_line(b, "added", &neu->lid[i]);
		else
			diff_lid(b, l, &neu->lid[i]);
	}
	for (i = 0; old != NULL && i < old->nlid; i++)
		if (ov_book_oin(neu, &old->lid[i].oin) == NULL)
			lid_line(b, "removed", &old->lid[i]);
	for (i = 0; i < neu->nbeheer; i++)
		if (old == NULL || !has_admin(old, &neu->beheer[i]))
			ov_buf_fmt(b, "administrator added: %s\n",
			    neu->beheer[i].name);
	for (i = 0; i < neu->ningetrokken; i++)
		if (old == NULL ||
		    !ov_book_withdrawn(old, neu->ingetrokken[i].id))
			ov_buf_fmt(b, "identity key withdrawn: of %s\n",
			    neu->ingetrokken[i].oin.s);
	diff_routes(b, "added", neu, old);
	if (old != NULL) {
		diff_routes(b, "removed", old, neu);
		diff_rest(b, old, neu);
	}
	return ov_buf_ok(b, e);
}
