/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_diff.c - make the text of an address book, and say in
 * words what a new version changes.
 */
#include <stdio.h>
#include <string.h>

#include "protocol/adresboek_in.h"

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

static bool
same_epochs(const struct ov_adresboek *o, const struct ov_adresboek *n)
{
	const struct ov_book_epoch *x, *y;
	size_t i;

	if (o->nepoch != n->nepoch)
		return false;
	for (i = 0; i < n->nepoch; i++) {
		x = &o->epoch[i];
		y = &n->epoch[i];
		if (x->ep != y->ep || x->status != y->status ||
		    x->van != y->van || x->nmanifest != y->nmanifest ||
		    memcmp(x->manifest, y->manifest,
		        y->nmanifest * sizeof(*y->manifest)) != 0 ||
		    !ov_oin_eq(x->deel[0].houder, y->deel[0].houder) ||
		    !ov_oin_eq(x->deel[1].houder, y->deel[1].houder))
			return false;
	}
	return true;
}

static bool
same_budgets(const struct ov_adresboek *o, const struct ov_adresboek *n)
{
	const struct ov_book_budget *x, *y;
	size_t i;

	if (o->nbudget != n->nbudget)
		return false;
	for (i = 0; i < n->nbudget; i++) {
		x = &o->budget[i];
		y = &n->budget[i];
		if (!ov_oin_eq(&x->client, &y->client) ||
		    !ov_oin_eq(&x->domein, &y->domein) || x->dag != y->dag ||
		    x->dag_na != y->dag_na || x->dag_tot != y->dag_tot ||
		    x->jaar != y->jaar)
			return false;
	}
	return true;
}

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
	if (!same_epochs(o, n))
		ov_buf_str(b, "epochs, holders or manifests changed\n");
	if (!same_budgets(o, n))
		ov_buf_str(b, "budgets changed\n");
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
	if (old != NULL)
		diff_rest(b, old, neu);
	return ov_buf_ok(b, e);
}
