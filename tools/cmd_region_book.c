/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_region_book.c - from a region's state to signed versions of its
 * address book: budgets, epochs, composing, signing. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/json.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_region.h"

#define NEXT "volgende.txt"
#define VERSIONS "versies"
#define NOTE_MAX (OV_BOOK_MAX + 16384)
#define FIRST_DAYS 30 /* of an epoch: the higher cap a day */

static enum ov_rc
no_memory(struct ov_err *e)
{
	return ov_fail(e, OV_NOSPACE, "memory");
}

/* ---- figures and budgets ---- */

/* state[kind][a][b] or state[kind][a]; -1 when it is not there. */
static int64_t
figure(const struct ov_region *r, const char *kind, const char *a,
    const char *b)
{
	const json_t *v = json_object_get(json_object_get(r->st, kind), a);

	if (b != NULL)
		v = json_object_get(v, b);
	return json_is_integer(v) ? (int64_t)json_integer_value(v) : -1;
}

enum ov_rc
ov_region_figure(struct ov_region *r, const char *kind, const char *text,
    struct ov_err *e)
{
	bool pair = strcmp(kind, "leerlingen") != 0;
	char who[2 * OV_NAAM_MAX + 2], *colon = NULL;
	const char *eq = strrchr(text, '=');
	json_t *table = json_object_get(r->st, kind), *row;
	struct ov_oin a, b;
	int64_t n;
	enum ov_rc rc;

	if (eq == NULL || (size_t)(eq - text) >= sizeof(who) ||
	    !ov_number(eq + 1, &n) || n > 10000000)
		return ov_fail(e, OV_BADMSG, "%s: write %s=NUMBER", kind,
		    pair ? "FROM:TO" : "MEMBER");
	memcpy(who, text, (size_t)(eq - text));
	who[eq - text] = '\0';
	if (pair) {
		if ((colon = strchr(who, ':')) == NULL)
			return ov_fail(e, OV_BADMSG, "%s: write FROM:TO=NUMBER",
			    kind);
		*colon++ = '\0';
		if ((rc = ov_region_find(r, colon, &b, e)) != OV_OK)
			return rc;
	}
	if ((rc = ov_region_find(r, who, &a, e)) != OV_OK)
		return rc;
	if (!pair)
		return json_object_set_new(table, a.s, json_integer(n)) < 0
		           ? no_memory(e)
		           : OV_OK;
	row = json_object_get(table, a.s);
	if (row == NULL) {
		row = json_object();
		if (json_object_set_new(table, a.s, row) < 0)
			return no_memory(e);
	}
	return json_object_set_new(row, b.s, json_integer(n)) < 0 ? no_memory(e)
	                                                          : OV_OK;
}

/* When the epoch that counts began: the active one that started last. */
static int64_t
epoch_start(const struct ov_region *r, int64_t now)
{
	const json_t *list = json_object_get(r->st, "epochs"), *ep;
	int64_t best = -1, van;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		ep = json_array_get(list, i);
		if (!ov_view_eq(ov_json_view(json_object_get(ep, "status")),
		        "actief") ||
		    ov_moment_parse(ov_json_view(json_object_get(ep, "van")),
		        &van) != OV_OK)
			continue;
		if (van > best)
			best = van;
	}
	return best >= 0 ? best : now;
}

/* One line of the budget (docs/protocol.md, "Budgets"). */
static json_t *
budget_line(const struct ov_region *r, const char *a, const char *b,
    int64_t start, int64_t now)
{
	bool own = strcmp(a, b) == 0;
	int64_t year, day, later, n;
	char until[OV_DATE_SIZE];

	if (own) {
		n = figure(r, "leerlingen", a, NULL);
		if (n < 0)
			n = 0;
		year = ov_utc_schooljaar(now) == ov_utc_schooljaar(start)
		           ? (5 * n + 3) / 4 + 500
		           : (3 * n + 4) / 5 + 500;
	} else {
		n = figure(r, "verwacht", a, b);
		year = n > 25 ? 2 * n : 50;
	}
	if ((n = figure(r, "jaar", a, b)) >= 0)
		year = n;
	day = own ? (year + 4) / 5 : (year + 3) / 4;
	later = own ? (year + 49) / 50 : day;
	if ((n = figure(r, "dag", a, b)) >= 0)
		day = later = n;
	ov_date_fmt(until, ov_date_from_days(ov_utc_day(start) + FIRST_DAYS));
	return json_pack("{s:I,s:I,s:s,s:I}", "dag", (json_int_t)day, "dag_na",
	    (json_int_t)later, "dag_tot", until, "jaar", (json_int_t)year);
}

static bool
active(const json_t *member)
{
	return ov_view_eq(ov_json_view(json_object_get(member, "status")),
	    "actief");
}

/* Does member m name "to" among those it may send to? */
static bool
may_send(const json_t *m, const char *to)
{
	const json_t *list = json_object_get(m, "mag_naar");
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		struct ov_view v = ov_json_view(json_array_get(list, i));

		if (ov_view_eq(v, "*") || ov_view_eq(v, to))
			return true;
	}
	return false;
}

json_t *
ov_region_budget(const struct ov_region *r, int64_t now)
{
	json_t *leden = json_object_get(r->st, "leden"), *out = json_object();
	json_t *ma, *mb, *per;
	int64_t start = epoch_start(r, now);
	const char *a, *b;

	json_object_foreach(leden, a, ma)
	{
		if (!active(ma))
			continue;
		per = json_object();
		json_object_foreach(leden, b, mb)
		{
			if (!active(mb) ||
			    (strcmp(a, b) != 0 && !may_send(ma, b)))
				continue;
			if (json_object_set_new(per, b,
			        budget_line(r, a, b, start, now)) < 0) {
				json_decref(per);
				json_decref(out);
				return NULL;
			}
		}
		if (json_object_set_new(out, a, per) < 0) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

enum ov_rc
ov_region_budget_check(const struct ov_region *r, int64_t now, struct ov_err *e)
{
	json_t *b = ov_region_budget(r, now), *per, *line;
	const char *client, *domein;
	json_int_t day, year;
	enum ov_rc rc = OV_OK;

	if (b == NULL)
		return no_memory(e);
	json_object_foreach(b, client, per)
	{
		json_object_foreach(per, domein, line)
		{
			day = json_integer_value(json_object_get(line, "dag"));
			year = json_integer_value(
			    json_object_get(line, "jaar"));
			if (rc == OV_OK && day > year)
				rc = ov_fail(e, OV_DENIED,
				    "budget of %s for %s: %lld a day is above "
				    "its %lld a school year; lower --dag, or "
				    "raise --jaar in the same command",
				    client, domein, (long long)day,
				    (long long)year);
		}
	}
	json_decref(b);
	return rc;
}

/* ---- epochs ---- */

static json_t *
epoch_of(const struct ov_region *r, uint32_t ep)
{
	json_t *list = json_object_get(r->st, "epochs");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (json_integer_value(json_object_get(json_array_get(list, i),
		        "ep")) == (json_int_t)ep)
			return json_array_get(list, i);
	return NULL;
}

enum ov_rc
ov_region_epoch(struct ov_region *r, const struct ov_region_epoch *q,
    struct ov_err *e)
{
	json_t *ep = epoch_of(r, q->ep);
	char van[OV_MOMENT_SIZE];
	struct ov_oin h1, h2;
	enum ov_rc rc;

	if (ep == NULL && (q->houder1 == NULL || q->houder2 == NULL))
		return ov_fail(e, OV_BADMSG,
		    "a new epoch needs the holder of each share");
	if (q->houder1 != NULL && q->houder2 != NULL) {
		if ((rc = ov_region_find(r, q->houder1, &h1, e)) != OV_OK ||
		    (rc = ov_region_find(r, q->houder2, &h2, e)) != OV_OK)
			return rc;
		if (ov_oin_eq(&h1, &h2))
			return ov_fail(e, OV_DENIED,
			    "one holder for both shares could compute every "
			    "pseudonym alone");
	}
	if (ep == NULL) {
		ov_moment_fmt(van, q->now);
		ep = json_pack("{s:I,s:s,s:s,s:{},s:{}}", "ep",
		    (json_int_t)q->ep, "status", "", "van", van, "delen",
		    "manifesten");
		if (json_array_append_new(json_object_get(r->st, "epochs"),
		        ep) < 0)
			return no_memory(e);
	}
	if (q->houder1 != NULL && q->houder2 != NULL &&
	    (json_object_set_new(ep, "delen",
	         json_pack("{s:[s],s:[s]}", "1", h1.s, "2", h2.s)) < 0 ||
	        json_object_set_new(ep, "manifesten", json_object()) < 0))
		return no_memory(e);
	if (q->van != 0) {
		ov_moment_fmt(van, q->van);
		if (json_object_set_new(ep, "van", json_string(van)) < 0)
			return no_memory(e);
	}
	if (json_object_set_new(ep, "status",
	        json_string(ov_epoch_status_name(q->status))) < 0)
		return no_memory(e);
	return OV_OK;
}

/* The identity key of a member in the state. */
static enum ov_rc
member_key(const struct ov_region *r, const struct ov_oin *oin,
    uint8_t pk[OV_KEY_LEN], uint8_t thumb[OV_THUMB_LEN], struct ov_err *e)
{
	const json_t *m = json_object_get(json_object_get(r->st, "leden"),
	    oin->s);

	if (ov_json_b64u(json_object_get(m, "id"), pk, OV_KEY_LEN) != OV_OK)
		return ov_fail(e, OV_DENIED,
		    "the holder is no member of this region");
	return ov_thumb_ed25519(thumb, pk, e);
}

static bool
holds_share(const json_t *ep, const struct ov_oin *oin)
{
	json_t *v;
	const char *nr;

	json_object_foreach(json_object_get(ep, "delen"), nr,
	    v) if (ov_view_eq(ov_json_view(json_array_get(v, 0)),
	               oin->s)) return true;
	return false;
}

enum ov_rc
ov_region_manifest(struct ov_region *r, struct ov_view jws,
    struct ov_oin *houder, uint32_t *epoch, struct ov_err *e)
{
	uint8_t pk[OV_KEY_LEN], thumb[OV_THUMB_LEN], sha[32];
	char text[OV_B64_SIZE(32)];
	struct ov_manifest m = {0};
	OV_BUF payload = {0};
	struct ov_jws j;
	enum ov_rc rc;
	json_t *ep;

	while (
	    jws.n > 0 && (jws.p[jws.n - 1] == '\n' || jws.p[jws.n - 1] == '\r'))
		jws.n--;
	rc = ov_jws_split(jws.p, jws.n, OV_TYP_OPRF_SLEUTELS, &j, &payload, e);
	if (rc == OV_OK)
		rc = ov_manifest_parse(payload.p, payload.n, &m, e);
	if (rc != OV_OK)
		return ov_while(e, rc, "manifest");
	*houder = m.houder;
	*epoch = m.ep;
	ep = epoch_of(r, m.ep);
	if (strcmp(m.regio, ov_region_name(r)) != 0)
		rc = ov_fail(e, OV_DENIED, "manifest of another region");
	else if (ep == NULL || !holds_share(ep, &m.houder))
		rc = ov_fail(e, OV_DENIED,
		    "manifest: no such epoch, or no share of it is held by "
		    "this organisation");
	else if ((rc = member_key(r, &m.houder, pk, thumb, e)) == OV_OK)
		rc = ov_jws_check(&j, pk, thumb, e);
	ov_manifest_free(&m);
	if (rc != OV_OK)
		return rc;
	if (ov_sha256(sha, jws.p, jws.n) != OV_OK)
		return ov_fail(e, OV_SYS, "hash");
	(void)ov_b64_enc(text, sha, sizeof(sha));
	return json_object_set_new(json_object_get(ep, "manifesten"), houder->s,
	           json_string(text)) < 0
	           ? no_memory(e)
	           : OV_OK;
}

/* ---- versions ---- */

/* The number of the newest version in the folder; 0: none. */
static uint32_t
newest(const struct ov_region *r)
{
	char name[48];
	uint32_t n;

	for (n = 0; n < UINT32_MAX; n++) {
		(void)snprintf(name, sizeof(name), VERSIONS "/%" PRIu32 ".txt",
		    n + 1);
		if (faccessat(r->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
			break;
	}
	return n;
}

enum ov_rc
ov_region_version(const struct ov_region *r, uint32_t versie,
    struct ov_buf *note, struct ov_adresboek **book, struct ov_err *e)
{
	OV_BUF own = {.max = NOTE_MAX};
	struct ov_buf *b = note != NULL ? note : &own;
	struct ov_note parsed;
	char name[48];
	enum ov_rc rc;

	if (book != NULL)
		*book = NULL;
	if (versie == 0 && (versie = newest(r)) == 0)
		return ov_fail(e, OV_DENIED, "no version is signed yet");
	(void)snprintf(name, sizeof(name), VERSIONS "/%" PRIu32 ".txt", versie);
	if (faccessat(r->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return ov_fail(e, OV_DENIED, "there is no version %" PRIu32,
		    versie);
	if ((rc = ov_fs_read(r->dir, name, NOTE_MAX, b, e)) != OV_OK)
		return rc;
	if (book == NULL)
		return OV_OK;
	if ((rc = ov_note_parse(b->p, b->n, &parsed, e)) == OV_OK)
		rc = ov_adresboek_parse(parsed.text.p, parsed.text.n, book, e);
	return rc == OV_OK ? rc : ov_while(e, rc, "%s", name);
}

static int
oin_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The members in order of OIN, "*" written out. */
static json_t *
members(const struct ov_region *r)
{
	json_t *leden = json_object_get(r->st, "leden"), *out = json_array();
	const char *oins[OV_LEDEN_MAX], *oin;
	size_t i, k, n = 0;
	json_t *m, *mag;

	json_object_foreach(leden, oin, m) if (n < OV_LEDEN_MAX)
	    oins[n++] = oin;
	qsort(oins, n, sizeof(*oins), oin_order);
	for (i = 0; i < n; i++) {
		m = json_copy(json_object_get(leden, oins[i]));
		mag = json_array();
		for (k = 0; k < n; k++)
			if (k != i &&
			    may_send(json_object_get(leden, oins[i]),
			        oins[k]) &&
			    json_array_append_new(mag, json_string(oins[k])) <
			        0)
				break;
		if (k < n || json_object_set_new(m, "mag_naar", mag) < 0 ||
		    json_array_append_new(out, m) < 0) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

enum ov_rc
ov_region_compose(struct ov_region *r, const struct ov_adresboek *last,
    int64_t now, int days, struct ov_buf *text, struct ov_err *e)
{
	char vorige[OV_B64_SIZE(32)] = "", van[OV_MOMENT_SIZE],
	     tot[OV_MOMENT_SIZE];
	json_t *st = r->st, *route = json_object_get(st, "route");
	enum ov_rc rc;

	if (json_object_size(json_object_get(st, "leden")) == 0)
		return ov_fail(e, OV_DENIED,
		    "the region has no members yet: overstap region add");
	if (last != NULL)
		(void)ov_b64_enc(vorige, last->sha256, 32);
	if (last != NULL && now < last->uitgegeven)
		now = last->uitgegeven;
	ov_moment_fmt(van, now);
	ov_moment_fmt(tot, now + (int64_t)days * 86400);
	{
		OV_JSON *j = json_pack("{s:s,s:i,s:O,s:I,s:s,s:s,s:s,s:O,s:O,s:"
		                       "O,s:o,s:O,"
		                       "s:{s:O,s:o},s:{s:O},s:O}",
		    "type", "overstap-adresboek", "v", 1, "regio",
		    json_object_get(st, "regio"), "versie",
		    (json_int_t)(last != NULL ? last->versie : 0) + 1, "vorige",
		    vorige, "uitgegeven", van, "geldig_tot", tot, "logdomein",
		    json_object_get(st, "logdomein"), "drempel",
		    json_object_get(st, "drempel"), "beheerders",
		    json_object_get(st, "beheerders"), "leden", members(r),
		    "ca", json_object_get(st, "ca"), "oprf", "epochs",
		    json_object_get(st, "epochs"), "budget",
		    ov_region_budget(r, now), "log", "minimum_getuigen",
		    json_object_get(st, "getuigen"), "ingetrokken",
		    json_object_get(st, "ingetrokken"));

		if (j == NULL || (json_array_size(route) > 0 &&
		                     json_object_set(j, "route", route) < 0))
			return no_memory(e);
		rc = ov_adresboek_compose(text, j, e);
	}
	return rc;
}

/* ---- signing ---- */

/* The administrator whose key this is, of the new version or the one before
 * it. */
static enum ov_rc
whose(const uint8_t pk[32], const struct ov_adresboek *neu,
    const struct ov_adresboek *last, struct ov_vkey *out, struct ov_err *e)
{
	const struct ov_adresboek *const in[] = {neu, last};
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; in[i] != NULL && k < in[i]->nbeheer; k++)
			if (memcmp(in[i]->beheer[k].pk, pk, 32) == 0) {
				*out = in[i]->beheer[k];
				return OV_OK;
			}
	return ov_fail(e, OV_DENIED,
	    "this is the key of nobody who administers the region");
}

/* How many of the new version's administrators have signed. */
static size_t
have(const struct ov_note *note, const struct ov_adresboek *neu)
{
	struct ov_note_seen seen[OV_BEHEERDERS_MAX];
	size_t i, n = 0;

	if (ov_note_verify(note, neu->beheer, neu->nbeheer, seen, NULL) !=
	    OV_OK)
		return 0;
	for (i = 0; i < neu->nbeheer; i++)
		n += seen[i].good ? 1 : 0;
	return n;
}

/* Note text and lines so far, from the file or new; *book is what it says. */
static enum ov_rc
pending(struct ov_region *r, const struct ov_adresboek *last, int64_t now,
    int days, struct ov_buf *note, struct ov_adresboek **book, size_t *text_n,
    struct ov_err *e)
{
	struct ov_note parsed;
	enum ov_rc rc;

	*book = NULL;
	if (!ov_region_pending(r)) {
		rc = ov_region_compose(r, last, now, days, note, e);
		if (rc != OV_OK)
			return rc;
		*text_n = note->n;
		ov_buf_str(note, "\n");
		return ov_adresboek_parse(note->p, *text_n, book, e);
	}
	if ((rc = ov_fs_read(r->dir, NEXT, NOTE_MAX, note, e)) != OV_OK ||
	    (rc = ov_note_parse(note->p, note->n, &parsed, e)) != OV_OK)
		return rc;
	*text_n = parsed.text.n;
	return ov_adresboek_parse(parsed.text.p, parsed.text.n, book, e);
}

/* Would somebody who has "last" take this note? */
static enum ov_rc
settle(struct ov_region *r, const struct ov_adresboek *last,
    const struct ov_buf *note, int64_t now, struct ov_region_signed *s,
    struct ov_err *e)
{
	struct ov_accept_in in = {.stored = last,
	    .typed = last == NULL ? s->vinger : NULL,
	    .regio = ov_region_name(r),
	    .now = now};
	struct ov_adresboek *taken = NULL;
	enum ov_accept a;
	enum ov_rc rc;

	a = ov_adresboek_accept(&in, note->p, note->n, &taken, e);
	ov_adresboek_free(taken);
	if (a == OV_ACCEPT_SIGNATURES) {
		(void)snprintf(s->name, sizeof(s->name), NEXT);
		return ov_fs_replace(r->dir, NEXT, note->p, note->n, e);
	}
	if (a != OV_ACCEPT_OK)
		return ov_fail(e, OV_DENIED, "the next version is %s",
		    ov_accept_name(a));
	(void)snprintf(s->name, sizeof(s->name), VERSIONS "/%" PRIu32 ".txt",
	    s->versie);
	{
		OV_CLOSE int d = -1;

		if ((rc = ov_fs_mkdir_p(r->dir, VERSIONS, e)) != OV_OK ||
		    (rc = ov_fs_opendir(r->dir, VERSIONS, &d, e)) != OV_OK ||
		    (rc = ov_fs_put(d, s->name + strlen(VERSIONS) + 1, note->p,
		         note->n, e)) != OV_OK)
			return rc;
	}
	s->complete = true;
	return ov_region_pending(r) ? ov_fs_remove(r->dir, NEXT, e) : OV_OK;
}

static enum ov_rc
add_line(struct ov_buf *note, size_t text_n, const struct ov_vkey *key,
    const uint8_t seed[OV_SEED_LEN], struct ov_err *e)
{
	struct ov_note_seen seen = {0};
	struct ov_note parsed;
	OV_BUF text = {0}, line = {0};
	enum ov_rc rc;

	if (note->n > text_n + 1 &&
	    ov_note_parse(note->p, note->n, &parsed, NULL) == OV_OK &&
	    ov_note_verify(&parsed, key, 1, &seen, NULL) == OV_OK && seen.good)
		return OV_OK; /* signed already */
	ov_buf_add(&text, note->p, text_n);
	if ((rc = ov_buf_ok(&text, e)) != OV_OK ||
	    (rc = ov_note_sign(&line, (struct ov_view){text.p, text.n}, key,
	         seed, e)) != OV_OK)
		return rc;
	ov_buf_add(note, line.p, line.n);
	return ov_buf_ok(note, e);
}

enum ov_rc
ov_region_sign(struct ov_region *r, const uint8_t seed[OV_SEED_LEN],
    int64_t now, int days, struct ov_region_signed *s, struct ov_err *e)
{
	struct ov_adresboek *last = NULL, *neu = NULL;
	OV_BUF note = {.max = NOTE_MAX};
	struct ov_note parsed;
	struct ov_vkey key;
	uint8_t pk[32];
	size_t text_n = 0;
	enum ov_rc rc;

	memset(s, 0, sizeof(*s));
	rc = newest(r) > 0 ? ov_region_version(r, 0, NULL, &last, e) : OV_OK;
	if (rc == OV_OK)
		rc = ov_seed_pk(seed, pk, e);
	if (rc == OV_OK)
		rc = pending(r, last, now, days, &note, &neu, &text_n, e);
	if (rc == OV_OK)
		rc = whose(pk, neu, last, &key, e);
	if (rc == OV_OK)
		rc = add_line(&note, text_n, &key, seed, e);
	if (rc == OV_OK)
		rc = ov_note_parse(note.p, note.n, &parsed, e);
	if (rc == OV_OK) {
		s->versie = neu->versie;
		s->need = neu->drempel;
		s->have = have(&parsed, neu);
		ov_vinger(s->vinger, neu->sha256);
		rc = settle(r, last, &note, now, s, e);
	}
	ov_adresboek_free(neu);
	ov_adresboek_free(last);
	return rc;
}
