/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/load_make.c - the sending member and its messages, made beforehand. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "protocol/afstemming.h"
#include "protocol/bundle.h"
#include "protocol/data.h"
#include "protocol/hash.h"
#include "protocol/id.h"
#include "protocol/json.h"
#include "protocol/receipt.h"
#include "protocol/tijd.h"
#include "protocol/types.h"
#include "tools/cmd_cli.h"
#include "tools/cmd_keys.h"
#include "tools/load.h"

#define VALID_S (7 * 86400)

/* ---- the member ---- */

static enum ov_rc
read_keys(struct load_world *w, const char *dir, struct ov_err *e)
{
	char cred[4096], cert[4096], oin[64];
	OV_CLOSE int base = -1, vault = -1, net = -1;
	OV_SECRET32 seed = {{0}};
	uint8_t pk[32];
	enum ov_rc rc;

	if ((rc = ov_cli_conf(dir, "oin", "", oin, sizeof(oin), e)) != OV_OK ||
	    (rc = ov_cli_conf_path(dir, "credentials", "credentials", cred,
	         sizeof(cred), e)) != OV_OK ||
	    (rc = ov_cli_conf_path(dir, "tls-cert", "tls.crt", cert,
	         sizeof(cert), e)) != OV_OK)
		return rc;
	if (ov_oin_parse(ov_view_str(oin), &w->self) != OV_OK)
		return ov_fail(e, OV_BADMSG, "overstap.conf: oin");
	if ((rc = ov_fs_opendir(AT_FDCWD, cred, &base, e)) != OV_OK ||
	    (rc = ov_fs_opendir(base, "vault", &vault, e)) != OV_OK ||
	    (rc = ov_fs_opendir(base, "net", &net, e)) != OV_OK ||
	    (rc = ov_seed_read(vault, "identity", seed.b, e)) != OV_OK ||
	    (rc = ov_ed25519_keys(&seed, &w->sign, pk, e)) != OV_OK ||
	    (rc = ov_fs_read(net, "tls.key", OV_MIB, &w->key, e)) != OV_OK)
		return rc;
	return ov_cli_file(cert, OV_MIB, &w->cert, e);
}

static enum ov_rc
read_book(struct load_world *w, const struct load_ask *q, struct ov_err *e)
{
	const struct ov_book_epoch *ep;
	OV_BUF note = {0};
	struct ov_note n;
	bool two = false;
	enum ov_rc rc;

	if ((rc = ov_cli_file(q->book, OV_BOOK_MAX, &note, e)) != OV_OK ||
	    (rc = ov_note_parse(note.p, note.n, &n, e)) != OV_OK ||
	    (rc = ov_adresboek_parse(n.text.p, n.text.n, &w->book, e)) != OV_OK)
		return ov_while(e, rc, "%s", q->book);
	w->to = ov_book_find(w->book, q->to, &two);
	if (w->to == NULL)
		return ov_fail(e, OV_BADMSG, "%s: %s in the address book",
		    q->to, two ? "more than one member" : "no such member");
	ep = ov_book_epoch_active(w->book, (int64_t)time(NULL));
	w->ep = ep != NULL ? ep->ep : 1;
	return OV_OK;
}

static struct ov_view
data_view(const char *name)
{
	const struct ov_data *d = ov_data_find(name);

	return d != NULL ? (struct ov_view){d->p, d->n} : (struct ov_view){0};
}

/* The content is checked here as the receiver will. */
static enum ov_rc
read_content(struct load_world *w, const struct load_ask *q, struct ov_err *e)
{
	struct ov_types_src src = {data_view("types.json"),
	    data_view("codelijsten.json"), data_view("grondslagen.json")};
	struct ov_types *types = NULL;
	struct ov_fouten f = {0};
	const struct ov_type *t;
	char today[OV_DATE_SIZE];
	OV_BUF text = {0};
	OV_JSON *o = NULL;
	enum ov_rc rc;

	if ((rc = ov_cli_file(q->content, OV_JOSE_MAX, &text, e)) != OV_OK ||
	    (rc = ov_json_parse(text.p, text.n, OV_JOSE_MAX, &o, e)) != OV_OK)
		return ov_while(e, rc, "%s", q->content);
	ov_json_dump(&w->content, o);
	if ((rc = ov_buf_ok(&w->content, e)) != OV_OK ||
	    (rc = ov_types_load(&src, &types, e)) != OV_OK)
		return rc;
	ov_date_fmt(today, ov_date_nl((int64_t)time(NULL)));
	t = ov_types_find(types, q->srt, today);
	w->srt = q->srt;
	w->has_pid = t != NULL && ov_type_has_pid_json(t, o);
	rc = ov_types_check_json(types, q->srt, o, w->has_pid ? 43 : 0, today,
	    &f);
	if (rc != OV_OK)
		rc = ov_fail(e, OV_BADMSG, "%s: %s%s%s", q->content,
		    t != NULL ? "not valid at " : "unknown type",
		    f.n > 0 ? f.f[0].pad : "", f.meer ? ", and more" : "");
	ov_types_free(types);
	return rc;
}

enum ov_rc
load_world_open(struct load_world *w, const struct load_ask *q,
    struct ov_err *e)
{
	enum ov_rc rc;

	memset(w, 0, sizeof(*w));
	w->seq = 1;
	if ((rc = ov_crypto_new(&w->cr, e)) != OV_OK ||
	    (rc = read_keys(w, q->dir, e)) != OV_OK ||
	    (rc = read_book(w, q, e)) != OV_OK)
		return rc;
	if (ov_book_oin(w->book, &w->self) == NULL)
		return ov_fail(e, OV_BADMSG, "this instance is no member in %s",
		    q->book);
	return read_content(w, q, e);
}

void
load_world_free(struct load_world *w)
{
	ov_adresboek_free(w->book);
	ov_crypto_free(w->cr);
	ov_secret64_wipe(&w->sign);
	ov_buf_free(&w->content);
	ov_buf_free(&w->cert);
	ov_buf_free(&w->key);
	memset(w, 0, sizeof(*w));
}

/* The payload of a statement that the receiver signed. */
static enum ov_rc
statement(const struct load_world *w, struct ov_view jws, const char *typ,
    struct ov_buf *payload, struct ov_err *e)
{
	struct ov_jws j;
	const uint8_t *pk;
	enum ov_rc rc;

	if ((rc = ov_jws_split(jws.p, jws.n, typ, &j, payload, e)) != OV_OK)
		return rc;
	pk = ov_lid_key(w->book, w->to, j.kid, (int64_t)time(NULL));
	if (pk == NULL)
		return ov_fail(e, OV_BADSIG, "not a key of the receiver");
	return ov_jws_verify(&j, pk, e);
}

enum ov_rc
load_bundle(struct load_world *w, struct ov_view jws, struct ov_err *e)
{
	const struct ov_bundle_enc *enc;
	OV_BUF payload = {0};
	struct ov_bundle b;
	enum ov_rc rc;

	if ((rc = statement(w, jws, OV_TYP_SLEUTELS, &payload, e)) != OV_OK ||
	    (rc = ov_bundle_parse(payload.p, payload.n, &b, e)) != OV_OK)
		return ov_while(e, rc, "key bundle");
	enc = ov_bundle_enc_at(&b, (int64_t)time(NULL));
	if (enc == NULL || !ov_oin_eq(&b.iss, &w->to->oin))
		return ov_fail(e, OV_DENIED, "key bundle: no key for now");
	memcpy(w->enc, enc->x, sizeof(w->enc));
	return OV_OK;
}

enum ov_rc
load_highest(struct load_world *w, struct ov_view jws, struct ov_err *e)
{
	struct ov_afstemming a = {0};
	OV_BUF payload = {0};
	enum ov_rc rc;

	if ((rc = statement(w, jws, OV_TYP_AFSTEMMING, &payload, e)) != OV_OK ||
	    (rc = ov_afstemming_parse(payload.p, payload.n, &a, e)) != OV_OK)
		return ov_while(e, rc, "reconciliation");
	w->seq = a.hoogste + 1;
	ov_afstemming_free(&a);
	return OV_OK;
}

/* ---- messages ---- */

static uint64_t
wall_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

enum ov_rc
load_make(struct load_world *w, struct load_msg *m, struct ov_err *e)
{
	struct ov_claims c = {.iss = w->self,
	    .aud = w->to->oin,
	    .seq = w->seq,
	    .ep = w->ep,
	    .has_pid = w->has_pid,
	    .has_zaak = true};
	OV_BUF payload = {0}, jws = {0}, jwe = {0};
	uint8_t rnd[2][OV_ID_RANDOM];
	uint64_t now = wall_ms();
	enum ov_rc rc;

	ov_random(rnd, sizeof(rnd));
	ov_random(c.pid, sizeof(c.pid));
	ov_jti_make(c.zaak, now, rnd[0]);
	ov_jti_make(c.jti, now, rnd[1]);
	c.iat = (int64_t)(now / 1000);
	c.exp = c.iat + VALID_S;
	if (snprintf(c.srt, sizeof(c.srt), "%s", w->srt) >= (int)sizeof(c.srt))
		return ov_fail(e, OV_TOOBIG, "type");
	rc = ov_claims_compose(&payload, &c,
	    (struct ov_view){w->content.p, w->content.n}, e);
	if (rc != OV_OK ||
	    (rc = ov_os1_sign(&w->sign, OV_SIGN_BERICHT, payload.p, payload.n,
	         &jws, e)) != OV_OK ||
	    (rc = ov_os1_seal(w->cr, w->enc, w->self.s, w->to->oin.s, jws.p,
	         jws.n, &jwe, e)) != OV_OK)
		return rc;
	memset(m, 0, sizeof(*m));
	memcpy(m->jti, c.jti, sizeof(m->jti));
	if ((m->jwe = malloc(jwe.n)) == NULL)
		return ov_fail(e, OV_NOSPACE, "out of memory");
	memcpy(m->jwe, jwe.p, jwe.n);
	m->n = jwe.n;
	if (ov_sha256(m->sha_jws, jws.p, jws.n) != OV_OK ||
	    ov_sha256(m->sha_jwe, jwe.p, jwe.n) != OV_OK)
		return ov_fail(e, OV_SYS, "hash");
	w->seq++;
	return OV_OK;
}

void
load_msg_free(struct load_msg *m)
{
	free(m->jwe);
	ov_buf_free(&m->answer);
	memset(m, 0, sizeof(*m));
}

bool
load_receipt_ok(const struct load_world *w, const struct load_msg *m,
    struct ov_err *e)
{
	struct ov_receipt_asked q = {.self = w->self,
	    .partner = w->to->oin,
	    .sha256_jwe = m->sha_jwe,
	    .njwe = 1,
	    .logdomein = w->book->logdomein,
	    .regio = w->book->regio,
	    .nid = 1};
	struct ov_receipt_verdict v;

	memcpy(q.jti, m->jti, sizeof(q.jti));
	memcpy(q.sha256_jws, m->sha_jws, sizeof(q.sha256_jws));
	memcpy(q.log, w->to->log, sizeof(q.log));
	memcpy(q.id[0].pk, w->to->id, sizeof(q.id[0].pk));
	memcpy(q.id[0].thumb, w->to->id_thumb, sizeof(q.id[0].thumb));
	return ov_receipt_judge(m->answer.p, m->answer.n, &q, &v, NULL, e) ==
	       OV_RECEIPT_GOOD;
}
