/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/boek.c - the address book in force: loading, accepting newer
 * versions by any road, fetching them from members.
 *
 * docs/protocol.md, "Address book", rules 0 to 9.  The pure part of the rules
 * is protocol/adresboek; here is what touches disk, net and clock.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/boek.h"
#include "daemon/store/netc.h"

/* One fetch at a time; who could not serve is left alone for an hour. */
struct ov_boek_state {
	bool busy;
	struct ov_oin from; /* who is asked, */
	uint32_t want;      /* and the version he says he has */
	size_t nquiet;
	struct {
		struct ov_oin oin;
		int64_t until;
	} quiet[64];
};

static struct ov_boek_state *
state(struct ov_store *st)
{
	if (st->boek_state == NULL)
		st->boek_state = calloc(1, sizeof(struct ov_boek_state));
	return st->boek_state;
}

enum ov_rc
ov_boek_note(struct ov_store *st, uint32_t versie, struct ov_buf *out,
    bool *found, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_view v;
	enum ov_rc rc;

	*found = false;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT note FROM adresboek WHERE vervangen=0 AND versie="
	    "CASE ?1 WHEN 0 THEN (SELECT waarde FROM waarde"
	    " WHERE naam='adresboek') ELSE ?1 END",
	    "i", (int64_t)versie);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, found, e);
	if (rc == OV_OK && *found) {
		v = ov_db_blob(q, 0);
		ov_buf_add(out, v.p, v.n);
		rc = ov_buf_ok(out, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* The stored note parsed again; its signatures were judged when it came. */
static enum ov_rc
parse_stored(const struct ov_buf *note, struct ov_adresboek **out,
    struct ov_err *e)
{
	struct ov_note n;
	enum ov_rc rc;

	if ((rc = ov_note_parse(note->p, note->n, &n, e)) != OV_OK ||
	    (rc = ov_adresboek_parse(n.text.p, n.text.n, out, e)) != OV_OK)
		return ov_fail(e, OV_DAMAGED, "stored address book is broken");
	return rc;
}

enum ov_rc
ov_boek_load(struct ov_store *st, struct ov_err *e)
{
	OV_BUF note = {0};
	int64_t versie;
	bool found;
	enum ov_rc rc;

	if ((rc = ov_db_get(st->db, "adresboek", &versie, 0, e)) != OV_OK ||
	    versie == 0)
		return rc;
	rc = ov_boek_note(st, (uint32_t)versie, &note, &found, e);
	if (rc == OV_OK && !found)
		rc = ov_fail(e, OV_DAMAGED, "stored address book is missing");
	if (rc == OV_OK)
		rc = parse_stored(&note, &st->boek, e);
	return rc;
}

bool
ov_boek_sends(const struct ov_store *st)
{
	return st->boek != NULL &&
	       ov_book_age(st->boek, ov_now(st)) == OV_BOOK_VALID;
}

/* Pins of old that new does not have: their connections go. */
static void
drop_pins(struct ov_store *st, const struct ov_adresboek *old,
    const struct ov_adresboek *new)
{
	const struct ov_lid *a, *b;
	int64_t id;
	bool keep;

	for (size_t i = 0; i < old->nlid; i++) {
		a = &old->lid[i];
		if (ov_partner_id(st, &a->oin, &id, NULL) != OV_OK)
			continue;
		for (size_t k = 0; k < a->nclient; k++) {
			b = ov_book_pin(new, a->client[k], OV_PIN_CLIENT);
			if (b == NULL || b->status != OV_LID_ACTIEF)
				ov_netc_drop(st, a->client[k], id);
		}
		b = ov_book_oin(new, &a->oin);
		keep = b != NULL && b->status == OV_LID_ACTIEF &&
		       b->nserver == a->nserver &&
		       memcmp(a->server, b->server, 32 * a->nserver) == 0 &&
		       strcmp(a->url, b->url) == 0;
		if (!keep)
			ov_netc_drop(st, a->server[0], id);
	}
}

/* Persist, log, and only then use (rule 5). */
static enum ov_rc
put_in_force(struct ov_store *st, struct ov_adresboek *new, struct ov_view note,
    const char *reden, struct ov_err *e)
{
	struct ov_adresboek *old = st->boek;
	enum ov_rc rc;

	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	/* A fork ends: what we had is kept, and handed on no more. */
	rc = old == NULL || reden == NULL
	         ? OV_OK
	         : ov_db_run(st->db, e,
	               "UPDATE adresboek SET vervangen=?2,reden=?3"
	               " WHERE vervangen=0 AND versie>=?1",
	               "iit",
	               (int64_t)(new->versie < old->versie ? new->versie
	                                                   : old->versie),
	               ov_now(st), reden);
	if (rc == OV_OK)
		rc = ov_db_run(st->db, e,
		    "INSERT INTO adresboek(versie,sha256,note,aanvaard)"
		    " VALUES(?1,?2,?3,?4)",
		    "ibvi", (int64_t) new->versie, (const void *)new->sha256,
		    sizeof(new->sha256), note, ov_now(st));
	if (rc == OV_OK)
		rc = ov_db_set(st->db, "adresboek", new->versie, e);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_ADRESBOEK, &st->self, new->sha256,
		    e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK) {
		ov_tx_abort(st);
		return rc;
	}
	st->boek = new;
	ov_log(OV_LOG_INFO,
	    "event=address-book version=%" PRIu32 " members=%zu%s%s",
	    new->versie, new->nlid, reden != NULL ? " replaced=yes" : "",
	    old == NULL ? " first=yes" : "");
	if (old != NULL)
		drop_pins(st, old, new);
	ov_adresboek_free(old);
	ov_netc_trust(st);
	return OV_OK;
}

/* What follows from a new book, outside its transaction. */
static void
book_news(struct ov_store *st)
{
	struct ov_err e = {0};

	if (ov_sleutels_ready(st, &e) != OV_OK)
		ov_log(OV_LOG_ERROR, "event=own-keys fault=\"%s\"", e.msg);
	ov_holder_book(st);
	ov_ontvanger_kick(st);
	ov_deliver_kick(st);
	ov_pseudo_kick(st);
	ov_link_kick(st);
}

/* A version with an older number than ours is a fork when it is as valid as
 * the one that we had of that number, and another. */
static enum ov_accept
older(struct ov_store *st, struct ov_view text, struct ov_err *e)
{
	struct ov_accept_in in = {.regio = st->env.conf->regio,
	    .now = ov_now(st)};
	struct ov_adresboek *theirs = NULL, *had = NULL, *new = NULL;
	OV_BUF kept = {0};
	struct ov_note note;
	enum ov_accept got = OV_ACCEPT_OLDER;
	bool found = false;

	if (ov_note_parse(text.p, text.n, &note, NULL) == OV_OK &&
	    ov_adresboek_parse(note.text.p, note.text.n, &theirs, NULL) ==
	        OV_OK &&
	    ov_boek_note(st, theirs->versie, &kept, &found, NULL) == OV_OK &&
	    found && parse_stored(&kept, &had, NULL) == OV_OK) {
		in.stored = had;
		if (ov_adresboek_accept(&in, text.p, text.n, &new, e) ==
		    OV_ACCEPT_FORK)
			got = OV_ACCEPT_FORK;
	}
	ov_adresboek_free(new);
	ov_adresboek_free(had);
	ov_adresboek_free(theirs);
	return got;
}

enum ov_accept
ov_boek_offer(struct ov_store *st, struct ov_view note, const char *typed,
    const char *reden, struct ov_err *e)
{
	struct ov_accept_in in = {.stored = st->boek,
	    .typed = typed,
	    .regio = st->env.conf->regio,
	    .now = ov_now(st)};
	struct ov_adresboek *new = NULL;
	enum ov_accept got;

	got = ov_adresboek_accept(&in, note.p, note.n, &new, e);
	if (got == OV_ACCEPT_OLDER)
		got = older(st, note, e);
	/* A valid version upon another one than ours is a fork as well: there
	 * were two of our number. */
	if (got == OV_ACCEPT_FORK || got == OV_ACCEPT_CHAIN) {
		ov_alarm(st, "adresboek-splitsing", 0);
		ov_log(OV_LOG_ERROR, "event=address-book-fork");
	}
	if (got != OV_ACCEPT_OK)
		return got;
	if (put_in_force(st, new, note, typed != NULL ? reden : NULL, e) !=
	    OV_OK) {
		ov_adresboek_free(new);
		if (ov_rc_class(e->rc) == OV_CL_STOP)
			ov_store_fatal(st, e);
		return OV_ACCEPT_N;
	}
	book_news(st);
	return OV_ACCEPT_OK;
}

/* ---- fetching ---- */

static bool
is_quiet(const struct ov_boek_state *b, const struct ov_oin *oin, int64_t now)
{
	for (size_t i = 0; i < b->nquiet; i++)
		if (ov_oin_eq(&b->quiet[i].oin, oin))
			return b->quiet[i].until > now;
	return false;
}

static void
make_quiet(struct ov_boek_state *b, const struct ov_oin *oin, int64_t now)
{
	size_t i;

	for (i = 0; i < b->nquiet; i++)
		if (ov_oin_eq(&b->quiet[i].oin, oin) ||
		    b->quiet[i].until <= now)
			break;
	if (i == sizeof(b->quiet) / sizeof(b->quiet[0]))
		i = 0;
	else if (i == b->nquiet)
		b->nquiet++;
	b->quiet[i].oin = *oin;
	b->quiet[i].until = now + 3600;
}

static void
book_fetched(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct ov_boek_state *b = arg;
	struct ov_err e = {0};
	const struct ov_lid *lid;
	struct ov_oin from = b->from;
	enum ov_accept got;

	b->busy = false;
	if (r->status != 200 || r->ctype != OV_CT_NOTE) {
		make_quiet(b, &from, ov_now(st));
		return;
	}
	got = ov_boek_offer(st, r->body, NULL, NULL, &e);
	if (got != OV_ACCEPT_OK) {
		make_quiet(b, &from, ov_now(st));
		ov_log(OV_LOG_WARN,
		    "event=address-book-refused peer=%s outcome=%s", from.s,
		    ov_accept_name(got));
		return;
	}
	lid = ov_book_oin(st->boek, &from);
	if (lid != NULL && b->want > st->boek->versie)
		ov_boek_hint(st, lid, b->want);
}

void
ov_boek_hint(struct ov_store *st, const struct ov_lid *lid, uint32_t v)
{
	struct ov_boek_state *b = state(st);
	struct ov_fetch f = {.max = OV_BOOK_MAX + 65536};
	char path[48];

	if (b == NULL || st->boek == NULL || v <= st->boek->versie)
		return;
	if (b->busy || is_quiet(b, &lid->oin, ov_now(st)))
		return;
	b->want = v; /* his word only: another's boast is not for him to keep */
	(void)snprintf(path, sizeof(path), "/v1/adresboek/%" PRIu32,
	    st->boek->versie + 1);
	f.path = path;
	b->from = lid->oin;
	b->busy = true;
	if (ov_fetch(st, lid, &f, true, book_fetched, b, NULL) != OV_OK)
		b->busy = false;
}

static void
polled(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	(void)st; /* the header of the answer was looked at by netc */
	(void)arg;
	(void)r;
}

void
ov_boek_poll(struct ov_store *st)
{
	struct ov_fetch f = {.path = "/v1/status"};
	const struct ov_lid *lid;
	uint32_t rnd;

	if (st->boek == NULL || st->boek->nlid < 2)
		return;
	st->env.random(&rnd, sizeof(rnd));
	lid = &st->boek->lid[rnd % st->boek->nlid];
	if (ov_oin_eq(&lid->oin, &st->self))
		lid = &st->boek->lid[(rnd + 1) % st->boek->nlid];
	if (lid->status == OV_LID_ACTIEF)
		if (ov_fetch(st, lid, &f, true, polled, NULL, NULL) != OV_OK)
			ov_log(OV_LOG_DEBUG, "event=poll-skipped");
}

#define GREET_MAX 256

void
ov_boek_greet(struct ov_store *st)
{
	struct ov_fetch f = {.path = "/v1/status"};
	const struct ov_lid *lid;
	sqlite3_stmt *q;
	struct ov_oin oin[GREET_MAX];
	size_t n = 0;
	bool row;

	if (st->boek == NULL ||
	    ov_db_q(st->db, &q, NULL,
	        "SELECT oin FROM partner WHERE seq_in+seq_uit>0"
	        " ORDER BY gehoord DESC LIMIT 256",
	        "") != OV_OK)
		return;
	while (
	    n < GREET_MAX && ov_db_next(st->db, q, &row, NULL) == OV_OK && row)
		n += ov_oin_parse(ov_view_str(ov_db_text(q, 0)), &oin[n]) ==
		     OV_OK;
	ov_db_done(st->db, q);
	for (size_t i = 0; i < n; i++) {
		lid = ov_book_oin(st->boek, &oin[i]);
		if (lid != NULL && lid->status == OV_LID_ACTIEF &&
		    ov_fetch(st, lid, &f, true, polled, NULL, NULL) != OV_OK)
			return;
	}
}
