/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/pseudo_manifest.c - the holders' key manifests that the book
 * names by their SHA-256: fetched, verified, kept (docs/protocol.md,
 * "Holders").
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/pseudo.h"
#include "protocol/b64.h"
#include "protocol/hash.h"

struct want {
	size_t place; /* in st->pseudo->fetch */
	struct ov_oin houder;
	uint32_t ep;
	uint8_t sha[32];
};

/* The hash in the book is what makes everybody see the same keys; the
 * signature says that the holder meant it. */
static enum ov_rc
verify(struct ov_store *st, const struct want *w, struct ov_view jws,
    struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_manifest m = {0};
	const struct ov_lid *lid = ov_book_oin(st->boek, &w->houder);
	const uint8_t *pk;
	uint8_t sha[32];
	struct ov_jws j;
	bool ours;
	enum ov_rc rc;

	if (ov_sha256(sha, jws.p, jws.n) != OV_OK)
		return ov_fail(e, OV_SYS, "SHA-256");
	if (lid == NULL || memcmp(sha, w->sha, 32) != 0)
		return ov_fail(e, OV_BADMSG, "manifest: not the book's");
	rc = ov_jws_split(jws.p, jws.n, OV_TYP_OPRF_SLEUTELS, &j, &payload, e);
	if (rc != OV_OK)
		return rc;
	if ((pk = ov_lid_key(st->boek, lid, j.kid, ov_now(st))) == NULL)
		return ov_fail(e, OV_BADSIG, "manifest: unknown key");
	if ((rc = ov_jws_verify(&j, pk, e)) != OV_OK ||
	    (rc = ov_manifest_parse(payload.p, payload.n, &m, e)) != OV_OK)
		return rc;
	ours = strcmp(m.regio, st->boek->regio) == 0 && m.ep == w->ep &&
	       ov_oin_eq(&m.houder, &w->houder);
	ov_manifest_free(&m);
	return ours ? OV_OK : ov_fail(e, OV_BADMSG, "manifest: of another");
}

static void
fetched(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct want *w = arg;
	struct ov_err e = {0};
	enum ov_rc rc = OV_OK;

	st->pseudo->fetch[w->place].used = false;
	if (r->status == 200 && r->ctype == OV_CT_JOSE && st->boek != NULL) {
		rc = verify(st, w, r->body, &e);
		if (rc == OV_OK)
			rc = ov_db_run(st->db, &e,
			    "INSERT INTO manifest(sha256,houder,ep,jws,gemaakt)"
			    " VALUES(?1,?2,?3,CAST(?4 AS TEXT),?5)"
			    " ON CONFLICT(sha256) DO NOTHING",
			    "btivi", (const void *)w->sha, sizeof(w->sha),
			    w->houder.s, (int64_t)w->ep, r->body, ov_now(st));
		if (rc == OV_OK) {
			st->pseudo->look = 0;
			ov_pseudo_kick(st);
		}
	}
	if (rc != OV_OK) {
		ov_log(OV_LOG_WARN,
		    "event=manifest-refused holder=%s fault=\"%s\"",
		    w->houder.s, e.msg);
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(st, &e);
	}
	free(w);
}

/* A free place, unless this manifest is under way. */
static bool
fetch_place(const struct ov_pseudo *p, const uint8_t sha[32], size_t *place)
{
	*place = OV_PSEUDO_FETCHES;
	for (size_t i = 0; i < OV_PSEUDO_FETCHES; i++) {
		if (!p->fetch[i].used)
			*place = i;
		else if (memcmp(p->fetch[i].sha, sha, 32) == 0)
			return false;
	}
	return *place < OV_PSEUDO_FETCHES;
}

static void
fetch(struct ov_store *st, const struct want *want)
{
	const struct ov_lid *lid = ov_book_oin(st->boek, &want->houder);
	struct ov_fetch f = {.max = OV_ANSWER_BIG_MAX};
	char path[64 + OV_B64U_SIZE(32)], sha[OV_B64U_SIZE(32)];
	struct want *w;
	size_t at;

	if (lid == NULL || lid->status != OV_LID_ACTIEF ||
	    !fetch_place(st->pseudo, want->sha, &at) ||
	    (w = malloc(sizeof(*w))) == NULL)
		return;
	*w = *want;
	w->place = at;
	(void)ov_b64u_enc(sha, w->sha, sizeof(w->sha));
	(void)snprintf(path, sizeof(path),
	    "/v1/oprf/sleutels/%" PRIu32 "?sha256=%s", w->ep, sha);
	f.path = path;
	if (ov_fetch(st, lid, &f, false, fetched, w, NULL) != OV_OK) {
		free(w);
		return;
	}
	st->pseudo->fetch[at].used = true;
	memcpy(st->pseudo->fetch[at].sha, w->sha, sizeof(w->sha));
}

/* The stored text was verified when it came (or is ours). */
static enum ov_rc
stored_key(struct ov_store *st, const uint8_t sha[32],
    const struct ov_oin *domein, uint8_t deel, uint8_t pk[32], bool *found,
    struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_manifest m = {0};
	struct ov_jws j;
	struct ov_view v;
	sqlite3_stmt *q;
	const uint8_t *key;
	enum ov_rc rc;

	rc = ov_db_q(st->db, &q, e,
	    "SELECT CAST(jws AS BLOB) FROM manifest WHERE sha256=?1", "b",
	    (const void *)sha, (size_t)32);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, found, e);
	if (rc == OV_OK && *found) {
		v = ov_db_blob(q, 0);
		rc = ov_jws_split(v.p, v.n, OV_TYP_OPRF_SLEUTELS, &j, &payload,
		    e);
		if (rc == OV_OK)
			rc = ov_manifest_parse(payload.p, payload.n, &m, e);
		if (rc == OV_OK) {
			key = ov_manifest_pk(&m, domein, deel);
			if (key != NULL)
				memcpy(pk, key, 32);
			else
				rc = ov_fail(e, OV_DENIED,
				    "manifest: no key of this domain");
		}
		ov_manifest_free(&m);
	}
	ov_db_done(st->db, q);
	return rc;
}

enum ov_rc
ov_manifest_key_get(struct ov_store *st, const struct ov_book_epoch *ep,
    const struct ov_oin *houder, const struct ov_oin *domein, uint8_t deel,
    uint8_t pk[32], bool *found, struct ov_err *e)
{
	struct want w = {.houder = *houder, .ep = ep->ep};
	enum ov_rc rc;

	*found = false;
	for (size_t i = 0; i < ep->nmanifest; i++) {
		if (!ov_oin_eq(&ep->manifest[i].houder, houder))
			continue;
		memcpy(w.sha, ep->manifest[i].sha256, 32);
		rc = stored_key(st, w.sha, domein, deel, pk, found, e);
		if (rc == OV_OK && !*found && !ov_oin_eq(houder, &st->self))
			fetch(st, &w);
		return rc;
	}
	return OV_OK; /* the book does not name one yet */
}
