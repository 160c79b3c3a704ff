/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/sleutels.c - our own named keys and key bundle, and the
 * bundles of partners.
 *
 * An encryption key is made a day before use, used for seven days, kept seven
 * more for late arrivals and then destroyed; link, cache and index keys are
 * one per epoch (docs/protocol.md, "Key bundle"; docs/store.md, "Keys").
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "daemon/store/role.h"
#include "protocol/bundle.h"
#include "protocol/hash.h"

#define DAY ((int64_t)86400)
#define ENC_USE (7 * DAY)
#define ENC_EARLY DAY
#define ENC_KEEP (7 * DAY)
#define ASK_MAX 64

struct own_enc {
	uint8_t kid[32], pk[32];
	int64_t nbf;
};

struct own_link {
	uint8_t pk[32];
	uint32_t ep;
};

struct ov_own {
	size_t nenc, nlink, nask;
	struct own_enc enc[OV_BUNDLE_ENC_MAX];
	struct own_link link[OV_BUNDLE_LINK_MAX];
	struct ov_oin ask[ASK_MAX]; /* bundles being fetched */
	int64_t signed_at;
	uint32_t signed_book;
	bool changed;
};

static const char *const kind_word[] = {"", "enc", "link", "cache", "index",
    "ref"};

/* ---- KEK ---- */

enum ov_rc
ov_kek_folder(const struct ov_store *st, int *fd, struct ov_err *e)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/sleutels", st->env.state);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ov_fail(e, OV_TOOBIG, "state path too long");
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return ov_fail_sys(e, "open %s", path);
	return OV_OK;
}

enum ov_rc
ov_kek_call(struct ov_store *st, uint8_t op, uint32_t gen, const uint8_t *blob,
    uint8_t out[OV_WRAP], struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_kek q = {.op = op, .gen = gen};
	struct ov_v_wrapped a;
	enum ov_rc rc;

	if (blob != NULL)
		memcpy(q.blob, blob, OV_WRAP);
	rc = ov_vault(st, OV_V_KEK, &ov_v_kek_rec, &q, 1, &ov_v_wrapped_rec, &a,
	    &r, e);
	if (rc == OV_OK && a.rc != OV_OK)
		rc = ov_fail(e, OV_DAMAGED, "vault refuses KEK %" PRIu32, gen);
	if (rc == OV_OK && out != NULL)
		memcpy(out, a.wrap, OV_WRAP);
	return rc;
}

static enum ov_rc
kek_first(struct ov_store *st, int dir, struct ov_err *e)
{
	static const char tag[] =
	    "Signature: 8a477f597d28d172789f06886806bc55\n"
	    "# Keys that backups must skip: docs/store.md\n";
	uint8_t blob[OV_WRAP];
	enum ov_rc rc;

	/* A file without a row is a start that was cut short before any key
	 * was used: it is safe to begin again. */
	(void)unlinkat(dir, "kek.1", 0);
	if ((rc = ov_fs_replace(dir, "CACHEDIR.TAG", tag, sizeof(tag) - 1,
	         e)) != OV_OK ||
	    (rc = ov_kek_call(st, OV_KEK_NEW, 1, NULL, blob, e)) != OV_OK ||
	    (rc = ov_fs_put(dir, "kek.1", blob, sizeof(blob), e)) != OV_OK ||
	    (rc = ov_kek_call(st, OV_KEK_USE, 1, NULL, NULL, e)) != OV_OK)
		return rc;
	st->kek = 1;
	return ov_db_set(st->db, "kek", 1, e);
}

static enum ov_rc
kek_ready(struct ov_store *st, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	OV_BUF blob = {0};
	char name[32];
	int64_t gen;
	enum ov_rc rc;

	if ((rc = ov_kek_folder(st, &dir, e)) != OV_OK ||
	    (rc = ov_db_get(st->db, "kek", &gen, 0, e)) != OV_OK)
		return rc;
	if (gen == 0)
		return kek_first(st, dir, e);
	st->kek = (uint32_t)gen;
	(void)snprintf(name, sizeof(name), "kek.%" PRIu32, st->kek);
	if ((rc = ov_fs_read(dir, name, OV_WRAP, &blob, e)) != OV_OK)
		return rc;
	if (blob.n != OV_WRAP)
		return ov_fail(e, OV_DAMAGED, "%s: %zu bytes", name, blob.n);
	if ((rc = ov_kek_call(st, OV_KEK_LOAD, st->kek, blob.p, NULL, e)) !=
	    OV_OK)
		return rc;
	return ov_kek_call(st, OV_KEK_USE, st->kek, NULL, NULL, e);
}

/* ---- named keys ---- */

static enum ov_rc
key_call(struct ov_store *st, uint8_t op, uint8_t kind, uint64_t number,
    const uint8_t *wrap, struct ov_v_keyed *out, struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_key q = {.op = op, .kind = kind, .number = number};
	uint8_t sha[32];
	char name[48];
	enum ov_rc rc;

	(void)snprintf(name, sizeof(name), "%s/%" PRIu64, kind_word[kind],
	    number);
	if ((rc = ov_sha256(sha, name, strlen(name))) != OV_OK)
		return ov_fail(e, rc, "hash of a key name");
	memcpy(q.id, sha, sizeof(q.id));
	if (wrap != NULL)
		memcpy(q.wrap, wrap, OV_WRAP);
	rc = ov_vault(st, OV_V_KEY, &ov_v_key_rec, &q, 1, &ov_v_keyed_rec, out,
	    &r, e);
	if (rc == OV_OK && out->rc != OV_OK)
		rc = ov_fail(e, OV_DAMAGED, "vault refuses key %s", name);
	return rc;
}

static void
own_add(struct ov_own *o, uint8_t kind, uint64_t number,
    const struct ov_v_keyed *k)
{
	if (kind == OV_KEY_ENC && o->nenc < OV_BUNDLE_ENC_MAX) {
		memcpy(o->enc[o->nenc].kid, k->kid, 32);
		memcpy(o->enc[o->nenc].pk, k->pk, 32);
		o->enc[o->nenc++].nbf = (int64_t)number;
		o->changed = true;
	} else if (kind == OV_KEY_LINK && o->nlink < OV_BUNDLE_LINK_MAX) {
		memcpy(o->link[o->nlink].pk, k->pk, 32);
		o->link[o->nlink++].ep = (uint32_t)number;
		o->changed = true;
	}
}

/* One encryption key less: messages for it are refused with 409 and come
 * again for the newest, which is made when it was that one.  Nothing goes on
 * without the other kinds. */
static bool
enc_lost(struct ov_store *st, int64_t kind, int64_t number, enum ov_rc rc)
{
	if (kind != OV_KEY_ENC || rc != OV_DAMAGED)
		return false;
	ov_log(OV_LOG_ERROR, "event=set-aside table=sleutel_naam nr=%" PRId64,
	    number);
	ov_alarm(st, "sleutel-onleesbaar", 0);
	return true;
}

static enum ov_rc
named_load(struct ov_store *st, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_v_keyed k;
	uint8_t wrap[OV_WRAP];
	enum ov_rc rc;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT soort,nummer,wrap FROM sleutel_naam ORDER BY soort,nummer",
	    "");
	while (rc == OV_OK) {
		rc = ov_db_next(st->db, q, &row, e);
		if (rc != OV_OK || !row)
			break;
		rc = ov_db_fix(q, 2, wrap, sizeof(wrap), e);
		if (rc != OV_OK)
			rc = ov_fail(e, OV_DAMAGED, "a named key is cut");
		else
			rc = key_call(st, OV_KEY_LOAD, (uint8_t)ov_db_i64(q, 0),
			    (uint64_t)ov_db_i64(q, 1), wrap, &k, e);
		if (enc_lost(st, ov_db_i64(q, 0), ov_db_i64(q, 1), rc))
			rc = OV_OK;
		else if (rc == OV_OK)
			own_add(st->own, (uint8_t)ov_db_i64(q, 0),
			    (uint64_t)ov_db_i64(q, 1), &k);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* Make a named key unless it is there. */
static enum ov_rc
named_want(struct ov_store *st, uint8_t kind, uint64_t number, int64_t tot,
    struct ov_err *e)
{
	struct ov_v_keyed k;
	char name[48];
	int64_t have;
	bool pub = kind == OV_KEY_ENC || kind == OV_KEY_LINK;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &have, 0, e,
	    "SELECT 1 FROM sleutel_naam WHERE soort=?1 AND nummer=?2", "ii",
	    (int64_t)kind, (int64_t)number);
	if (rc != OV_OK || have != 0)
		return rc;
	if ((rc = key_call(st, OV_KEY_NEW, kind, number, NULL, &k, e)) != OV_OK)
		return rc;
	(void)snprintf(name, sizeof(name), "%s/%" PRIu64, kind_word[kind],
	    number);
	rc = ov_db_run(st->db, e,
	    "INSERT INTO sleutel_naam(soort,nummer,naam,wrap,pk,tot)"
	    " VALUES(?1,?2,?3,?4,?5,?6)",
	    "iitbvi", (int64_t)kind, (int64_t)number, name,
	    (const void *)k.wrap, sizeof(k.wrap),
	    (struct ov_view){pub ? k.pk : NULL, pub ? 32 : 0}, tot);
	if (rc == OV_OK)
		own_add(st->own, kind, number, &k);
	return rc;
}

/* Keys whose time is over. */
static enum ov_rc
enc_expire(struct ov_store *st, struct ov_err *e)
{
	struct ov_own *o = st->own;
	struct ov_v_keyed k;
	enum ov_rc rc;

	for (size_t i = 0; i < o->nenc;) {
		if (o->enc[i].nbf + ENC_USE + ENC_KEEP > ov_now(st)) {
			i++;
			continue;
		}
		rc = ov_db_run(st->db, e,
		    "DELETE FROM sleutel_naam WHERE soort=?1 AND nummer=?2",
		    "ii", (int64_t)OV_KEY_ENC, o->enc[i].nbf);
		if (rc == OV_OK)
			rc = key_call(st, OV_KEY_DROP, OV_KEY_ENC,
			    (uint64_t)o->enc[i].nbf, NULL, &k, e);
		if (rc != OV_OK)
			return rc;
		o->enc[i] = o->enc[--o->nenc];
		o->changed = true;
	}
	return OV_OK;
}

static enum ov_rc
enc_ready(struct ov_store *st, struct ov_err *e)
{
	int64_t newest = 0, now = ov_now(st), nbf;
	enum ov_rc rc;

	if ((rc = enc_expire(st, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < st->own->nenc; i++)
		if (st->own->enc[i].nbf > newest)
			newest = st->own->enc[i].nbf;
	if (newest + ENC_USE - ENC_EARLY > now)
		return OV_OK;
	nbf = newest + ENC_USE > now ? newest + ENC_USE : now;
	return named_want(st, OV_KEY_ENC, (uint64_t)nbf,
	    nbf + ENC_USE + ENC_KEEP, e);
}

static enum ov_rc
epochs_ready(struct ov_store *st, struct ov_err *e)
{
	const struct ov_book_epoch *p;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; st->boek != NULL && i < st->boek->nepoch; i++) {
		p = &st->boek->epoch[i];
		if (p->status == OV_EPOCH_VERNIETIGD)
			continue;
		if ((rc = named_want(st, OV_KEY_LINK, p->ep, 0, e)) != OV_OK ||
		    (rc = named_want(st, OV_KEY_CACHE, p->ep, 0, e)) != OV_OK ||
		    (rc = named_want(st, OV_KEY_INDEX, p->ep, 0, e)) != OV_OK)
			return rc;
	}
	return named_want(st, OV_KEY_REF, 0, 0, e);
}

bool
ov_sleutels_kid(const struct ov_store *st, const uint8_t kid[32])
{
	const struct own_enc *k;
	int64_t now = ov_now(st);

	for (size_t i = 0; i < st->own->nenc; i++) {
		k = &st->own->enc[i];
		if (memcmp(k->kid, kid, 32) == 0)
			return now >= k->nbf - ENC_EARLY &&
			       now < k->nbf + ENC_USE + ENC_KEEP;
	}
	return false;
}

/* ---- our bundle ---- */

static enum ov_rc
bundle_payload(struct ov_store *st, struct ov_buf *out, uint64_t versie,
    struct ov_err *e)
{
	struct ov_bundle b = {.iss = st->self, .versie = versie};

	b.iat = ov_now(st);
	b.exp = b.iat + OV_BUNDLE_LIFE;
	b.oorsprong = st->oorsprong;
	b.adresboek = st->boek != NULL ? st->boek->versie : 0;
	for (size_t i = 0; i < st->own->nenc; i++) {
		struct own_enc *k = &st->own->enc[i];

		if (k->nbf + ENC_USE <= b.iat)
			continue; /* in grace: opened, not offered */
		memcpy(b.enc[b.nenc].kid, k->kid, 32);
		memcpy(b.enc[b.nenc].x, k->pk, 32);
		b.enc[b.nenc].nbf = k->nbf;
		b.enc[b.nenc++].exp = k->nbf + ENC_USE;
	}
	for (size_t i = 0; i < st->own->nlink; i++) {
		b.link[i].ep = st->own->link[i].ep;
		memcpy(b.link[i].x, st->own->link[i].pk, 32);
		b.nlink++;
	}
	return ov_bundle_compose(out, &b, e);
}

static enum ov_rc
bundle_sign(struct ov_store *st, struct ov_err *e)
{
	OV_BUF payload = {0}, jws = {0};
	int64_t last, versie = ov_now(st);
	uint8_t sha[32];
	enum ov_rc rc;

	if ((rc = ov_db_get(st->db, "bundel_versie", &last, 0, e)) != OV_OK)
		return rc;
	if (versie <= last)
		versie = last + 1;
	if ((rc = bundle_payload(st, &payload, (uint64_t)versie, e)) != OV_OK ||
	    (rc = ov_sign(st, OV_ST_BUNDLE,
	         (struct ov_view){payload.p, payload.n}, &jws, e)) != OV_OK)
		return rc;
	if (ov_buf_text(&jws) == NULL || ov_sha256(sha, jws.p, jws.n) != OV_OK)
		return ov_fail(e, OV_NOSPACE, "bundle");
	if ((rc = ov_tx_begin(st, e)) != OV_OK)
		return rc;
	rc = ov_db_set(st->db, "bundel_versie", versie, e);
	if (rc == OV_OK)
		rc = ov_tx_leaf(st, OV_LEAF_SLEUTELS, &st->self, sha, e);
	if (rc == OV_OK)
		rc = ov_tx_commit(st, e);
	if (rc != OV_OK) {
		ov_tx_abort(st);
		return rc;
	}
	free(st->bundel);
	st->bundel = strdup((const char *)jws.p);
	if (st->bundel == NULL)
		return ov_fail(e, OV_NOSPACE, "bundle");
	st->own->signed_at = ov_now(st);
	st->own->signed_book = st->boek != NULL ? st->boek->versie : 0;
	st->own->changed = false;
	return OV_OK;
}

/* Link keys of partners that we have on file, told to a fresh vault. */
static enum ov_rc partners_load(struct ov_store *st, struct ov_err *e);

enum ov_rc
ov_sleutels_ready(struct ov_store *st, struct ov_err *e)
{
	uint32_t book = st->boek != NULL ? st->boek->versie : 0;
	bool first = st->own == NULL;
	size_t links = 0;
	enum ov_rc rc;

	if (first) {
		if ((st->own = calloc(1, sizeof(*st->own))) == NULL)
			return ov_fail(e, OV_NOSPACE, "out of memory");
		if ((rc = kek_ready(st, e)) != OV_OK ||
		    (rc = named_load(st, e)) != OV_OK)
			return rc;
	}
	links = first ? 0 : st->own->nlink;
	if ((rc = enc_ready(st, e)) != OV_OK ||
	    (rc = epochs_ready(st, e)) != OV_OK)
		return rc;
	/* A partner may have had the new epoch's key before we had ours. */
	if (st->own->nlink != links && (rc = partners_load(st, e)) != OV_OK)
		return rc;
	if (st->own->changed || st->bundel == NULL ||
	    st->own->signed_book != book ||
	    st->own->signed_at + DAY <= ov_now(st))
		rc = bundle_sign(st, e);
	return rc;
}

/* ---- bundles of partners ---- */

static bool
own_link(const struct ov_own *o, uint32_t ep)
{
	for (size_t i = 0; i < o->nlink; i++)
		if (o->link[i].ep == ep)
			return true;
	return false;
}

static enum ov_rc
tell_link(struct ov_store *st, int64_t partner, const struct ov_oin *oin,
    uint32_t ep, const uint8_t pk[32], struct ov_err *e)
{
	OV_REPLY r = {0};
	struct ov_v_link q = {.partner = (uint32_t)partner, .ep = ep};
	struct ov_v_rc a;
	enum ov_rc rc;

	if (!own_link(st->own, ep))
		return OV_OK;
	memcpy(q.oin, oin->s, sizeof(q.oin));
	memcpy(q.pk, pk, sizeof(q.pk));
	rc = ov_vault(st, OV_V_LINK, &ov_v_link_rec, &q, 1, &ov_v_rc_rec, &a,
	    &r, e);
	if (rc == OV_OK && a.rc != OV_OK)
		rc = ov_fail(e, OV_BADMSG, "link key refused");
	return rc;
}

/* May the bundle's link keys stand beside those we have of this partner? */
static enum ov_rc
links_follow(struct ov_store *st, int64_t partner, const struct ov_bundle *b,
    struct ov_err *e)
{
	int64_t other;
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < b->nlink && rc == OV_OK; i++) {
		rc = ov_db_int(st->db, &other, 0, e,
		    "SELECT pk<>?3 FROM partner_link WHERE partner=?1"
		    " AND ep=?2",
		    "iib", partner, (int64_t)b->link[i].ep,
		    (const void *)b->link[i].x, sizeof(b->link[i].x));
		if (rc == OV_OK && other != 0)
			rc = ov_fail(e, OV_DENIED,
			    "key bundle: another link key for epoch %u",
			    b->link[i].ep);
	}
	return rc;
}

/* The vault first: what it refuses is not kept. */
static enum ov_rc
links_take(struct ov_store *st, int64_t partner, const struct ov_bundle *b,
    struct ov_err *e)
{
	enum ov_rc rc = OV_OK;

	for (size_t i = 0; i < b->nlink && rc == OV_OK; i++) {
		rc = tell_link(st, partner, &b->iss, b->link[i].ep,
		    b->link[i].x, e);
		if (rc == OV_OK)
			rc = ov_db_run(st->db, e,
			    "INSERT INTO partner_link(partner,ep,pk)"
			    " VALUES(?1,?2,?3) ON CONFLICT DO NOTHING",
			    "iib", partner, (int64_t)b->link[i].ep,
			    (const void *)b->link[i].x, sizeof(b->link[i].x));
	}
	return rc;
}

/* Verify a bundle of this member. */
static enum ov_rc
bundle_check(struct ov_store *st, const struct ov_lid *lid, struct ov_view jws,
    struct ov_bundle *out, struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_jws j;
	const uint8_t *pk;
	enum ov_rc rc;

	rc = ov_jws_split(jws.p, jws.n, OV_TYP_SLEUTELS, &j, &payload, e);
	if (rc != OV_OK)
		return rc;
	pk = ov_lid_key(st->boek, lid, j.kid, ov_now(st));
	if (pk == NULL)
		return ov_fail(e, OV_BADSIG, "bundle: unknown key");
	if ((rc = ov_jws_verify(&j, pk, e)) != OV_OK ||
	    (rc = ov_bundle_parse(payload.p, payload.n, out, e)) != OV_OK)
		return rc;
	if (!ov_oin_eq(&out->iss, &lid->oin))
		return ov_fail(e, OV_DENIED, "bundle: of another member");
	if (out->iat > ov_now(st) + OV_KLOK_SPELING_S || out->exp <= ov_now(st))
		return ov_fail(e, OV_DENIED, "bundle: not of this time");
	return OV_OK;
}

/* The stored text, parsed (it was verified when it came). */
static enum ov_rc
bundle_stored(struct ov_store *st, int64_t partner, struct ov_bundle *out,
    bool *found, struct ov_err *e)
{
	OV_BUF payload = {0};
	sqlite3_stmt *q;
	struct ov_jws j;
	struct ov_view v;
	enum ov_rc rc;
	bool row;

	*found = false;
	rc = ov_db_q(st->db, &q, e,
	    "SELECT CAST(bundel AS BLOB) FROM partner"
	    " WHERE id=?1 AND bundel IS NOT NULL",
	    "i", partner);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		v = ov_db_blob(q, 0);
		rc = ov_jws_split(v.p, v.n, OV_TYP_SLEUTELS, &j, &payload, e);
		if (rc == OV_OK)
			rc = ov_bundle_parse(payload.p, payload.n, out, e);
		*found = rc == OV_OK;
	}
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_bundel_take(struct ov_store *st, const struct ov_lid *lid,
    struct ov_view jws, struct ov_err *e)
{
	struct ov_bundle next, have;
	int64_t id;
	bool found;
	enum ov_rc rc;

	if ((rc = bundle_check(st, lid, jws, &next, e)) != OV_OK ||
	    (rc = ov_partner_id(st, &lid->oin, &id, e)) != OV_OK ||
	    (rc = bundle_stored(st, id, &have, &found, e)) != OV_OK)
		return rc;
	if (found)
		rc = ov_bundle_follows(&have, &next, e);
	if (rc == OV_OK)
		rc = links_follow(st, id, &next, e);
	if (rc == OV_DENIED)
		ov_alarm(st, "bundel-teruggedraaid", id);
	if (rc != OV_OK)
		return rc;
	if ((rc = links_take(st, id, &next, e)) != OV_OK)
		return rc;
	return ov_db_run(st->db, e,
	    "UPDATE partner SET bundel=CAST(?2 AS TEXT),bundel_versie=?3,"
	    "bundel_tot=?4 WHERE id=?1",
	    "ivii", id, jws, (int64_t)next.versie, next.exp);
}

static enum ov_rc
partners_load(struct ov_store *st, struct ov_err *e)
{
	sqlite3_stmt *q;
	struct ov_err why = {0};
	struct ov_oin oin;
	uint8_t pk[32];
	enum ov_rc rc, one;
	bool row;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT l.partner,p.oin,l.ep,l.pk FROM partner_link l"
	    " JOIN partner p ON p.id=l.partner",
	    "");
	while (rc == OV_OK && (rc = ov_db_next(st->db, q, &row, e)) == OV_OK &&
	       row) {
		one = ov_oin_parse(ov_view_str(ov_db_text(q, 1)), &oin);
		if (one == OV_OK)
			one = ov_db_fix(q, 3, pk, sizeof(pk), &why);
		if (one == OV_OK)
			one = tell_link(st, ov_db_i64(q, 0), &oin,
			    (uint32_t)ov_db_i64(q, 2), pk, &why);
		if (one != OV_OK) /* his dossiers wait, the others' do not */
			ov_log(OV_LOG_WARN,
			    "event=link-key partner=%" PRId64 " fault=\"%s\"",
			    ov_db_i64(q, 0), why.msg);
	}
	ov_db_done(st->db, q);
	return rc;
}

static void
bundle_fetched(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct ov_oin *oin = arg;
	const struct ov_lid *lid;
	struct ov_err e = {0};
	enum ov_rc rc;

	for (size_t i = 0; i < st->own->nask; i++) {
		if (ov_oin_eq(&st->own->ask[i], oin)) {
			st->own->ask[i] = st->own->ask[--st->own->nask];
			break;
		}
	}
	lid = st->boek != NULL ? ov_book_oin(st->boek, oin) : NULL;
	free(oin);
	if (lid == NULL || r->status != 200 || r->ctype != OV_CT_JOSE)
		return;
	if ((rc = ov_bundel_take(st, lid, r->body, &e)) != OV_OK) {
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(st, &e);
		ov_log(OV_LOG_WARN, "event=bundle-refused peer=%s fault=\"%s\"",
		    lid->oin.s, e.msg);
		return;
	}
	ov_deliver_kick(st);
	ov_link_kick(st);
}

/* Start fetching, unless that is under way. */
void
ov_bundel_ask(struct ov_store *st, const struct ov_lid *lid)
{
	struct ov_fetch f = {.path = "/v1/sleutels", .max = 32U << 10};
	struct ov_oin *arg;

	for (size_t i = 0; i < st->own->nask; i++)
		if (ov_oin_eq(&st->own->ask[i], &lid->oin))
			return;
	if (st->own->nask == ASK_MAX || (arg = malloc(sizeof(*arg))) == NULL)
		return;
	*arg = lid->oin;
	if (ov_fetch(st, lid, &f, false, bundle_fetched, arg, NULL) != OV_OK) {
		free(arg);
		return;
	}
	st->own->ask[st->own->nask++] = lid->oin;
}

enum ov_rc
ov_bundel_get(struct ov_store *st, const struct ov_lid *lid,
    struct ov_bundle *out, bool *found, struct ov_err *e)
{
	int64_t id;
	enum ov_rc rc;

	*found = false;
	if ((rc = ov_partner_id(st, &lid->oin, &id, e)) != OV_OK ||
	    (rc = bundle_stored(st, id, out, found, e)) != OV_OK)
		return rc;
	if (*found && (out->exp <= ov_now(st) ||
	                  ov_bundle_enc_at(out, ov_now(st)) == NULL))
		*found = false;
	if (!*found)
		ov_bundel_ask(st, lid);
	return OV_OK;
}
