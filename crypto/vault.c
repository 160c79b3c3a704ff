/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault.c - making a vault, and the table of what it accepts. */
#include "crypto/vault_priv.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/fs.h"
#include "base/ipc.h"
#include "crypto/selftest.h"
#include "protocol/b64.h"

_Static_assert(sizeof(struct ov_vault_slot) <= 64, "slots share a pool");

static ov_vault_fn hello;

#define NEW (1u << OV_VS_NEW)
#define KNOWN (1u << OV_VS_KNOWN)
#define READY (1u << OV_VS_READY)

static const struct op {
	uint16_t type;
	unsigned int states;
	const struct ov_rec *in, *out;
	ov_vault_fn *fn;
} ops[] = {
    {OV_V_HELLO, NEW | KNOWN | READY, &ov_v_hello_rec, &ov_v_self_rec, hello},
    {OV_V_KEK, KNOWN | READY, &ov_v_kek_rec, &ov_v_wrapped_rec, ov_vault_kek},
    {OV_V_HEAD, KNOWN | READY, &ov_v_head_rec, &ov_v_sig_rec, ov_vault_head},
    {OV_V_COSIGN, KNOWN | READY, &ov_v_cosign_rec, &ov_v_sig_rec,
        ov_vault_cosign},
    {OV_V_STATEMENT, KNOWN | READY, &ov_v_statement_rec, &ov_v_text_rec,
        ov_vault_statement},
    {OV_V_OPEN, READY, &ov_v_open_rec, &ov_v_text_rec, ov_vault_open},
    {OV_V_SEAL, READY, &ov_v_seal_rec, &ov_v_sealed_rec, ov_vault_seal},
    {OV_V_RECEIPT, READY, &ov_v_receipt_rec, &ov_v_receipted_rec,
        ov_vault_receipt},
    {OV_V_READ, READY, &ov_v_read_rec, &ov_v_text_rec, ov_vault_read},
    {OV_V_MAKE, READY, &ov_v_make_rec, &ov_v_made_rec, ov_vault_make},
    {OV_V_BLIND, READY, &ov_v_blind_rec, &ov_v_blinded_rec, ov_vault_blind},
    {OV_V_FINISH, READY, &ov_v_finish_rec, &ov_v_finished_rec, ov_vault_finish},
    {OV_V_PID, READY, &ov_v_pid_rec, &ov_v_pidded_rec, ov_vault_pid},
    {OV_V_TAG, READY, &ov_v_tag_rec, &ov_v_tagged_rec, ov_vault_tag},
    {OV_V_REWRAP, READY, &ov_v_rewrap_rec, &ov_v_wrapped_rec, ov_vault_rewrap},
    {OV_V_LINK, READY, &ov_v_link_rec, &ov_v_rc_rec, ov_vault_link},
    {OV_V_KEY, READY, &ov_v_key_rec, &ov_v_keyed_rec, ov_vault_key},
};

/* A thumbprint's 43 characters as 32 bytes. */
static enum ov_rc
kid_bytes(enum ov_rc rc, const char text[OV_KID + 1], uint8_t kid[32])
{
	struct ov_view v = {(const uint8_t *)text, OV_KID};

	if (rc != OV_OK) {
		memset(kid, 0, 32);
		return rc;
	}
	return ov_b64u_exact(v, kid, 32);
}

enum ov_rc
ov_vault_kid_x25519(const uint8_t pk[32], uint8_t kid[32])
{
	char text[OV_KID + 1] = "";

	return kid_bytes(ov_kid_x25519(pk, text, NULL), text, kid);
}

enum ov_rc
ov_vault_kid_ed25519(const uint8_t pk[32], uint8_t kid[32])
{
	char text[OV_KID + 1] = "";

	return kid_bytes(ov_kid_ed25519(pk, text, NULL), text, kid);
}

/* Expand one seed into a slot of locked memory. */
static enum ov_rc
signing_key(struct ov_vault *v, const struct ov_secret32 *seed,
    struct ov_secret64 **sk, uint8_t pk[32], struct ov_err *e)
{
	*sk = ov_pool_get(v->pool64);
	if (*sk == NULL)
		return ov_fail(e, OV_NOSPACE, "vault: memory for keys");
	return ov_ed25519_keys(seed, *sk, pk, e);
}

static enum ov_rc
fill(struct ov_vault *v, const struct ov_vault_keys *k, struct ov_err *e)
{
	enum ov_rc rc;

	if ((rc = ov_crypto_new(&v->cr, e)) != OV_OK)
		return rc;
	rc = ov_pool_new(sizeof(struct ov_secret32),
	    1 + OV_VAULT_KEKS + OV_VAULT_NAMED + OV_VAULT_LINKS, &v->pool32, e);
	if (rc != OV_OK)
		return rc;
	if ((rc = ov_pool_new(64, 3 + OV_VAULT_SLOTS, &v->pool64, e)) != OV_OK)
		return rc;
	v->root = ov_pool_get(v->pool32);
	if (v->root == NULL)
		return ov_fail(e, OV_NOSPACE, "vault: memory for keys");
	*v->root = k->kek_root;
	if ((rc = signing_key(v, &k->identity, &v->identity, v->id_pk, e)) !=
	        OV_OK ||
	    (rc = signing_key(v, &k->log, &v->log, v->log_pk, e)) != OV_OK ||
	    (rc = signing_key(v, &k->witness, &v->witness, v->witness_pk, e)) !=
	        OV_OK)
		return rc;
	/* A cosigned message does not name the cosigner's key: one key for two
	 * of these jobs would let a signature for one pass as the other. */
	if (sodium_memcmp(v->id_pk, v->log_pk, 32) == 0 ||
	    sodium_memcmp(v->id_pk, v->witness_pk, 32) == 0 ||
	    sodium_memcmp(v->log_pk, v->witness_pk, 32) == 0)
		return ov_fail(e, OV_BADMSG, "vault: two keys are the same");
	return ov_vault_kid_ed25519(v->id_pk, v->id_kid);
}

enum ov_rc
ov_vault_load_keys(const struct ov_vault_keys *k,
    const struct ov_vault_conf *conf, struct ov_vault **out, struct ov_err *e)
{
	struct ov_vault *v;
	enum ov_rc rc;

	*out = NULL;
	if ((rc = ov_secret_init(e)) != OV_OK)
		return rc;
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		return ov_fail_sys(e, "vault: memory");
	rc = ov_oin_parse(ov_view_str(conf->oin), &v->oin);
	if (rc != OV_OK) {
		rc = ov_fail(e, rc, "vault: oin");
		goto fail;
	}
	v->regio = strdup(conf->regio);
	v->logdomein = strdup(conf->logdomein);
	if (v->regio == NULL || v->logdomein == NULL) {
		rc = ov_fail_sys(e, "vault: memory");
		goto fail;
	}
	if ((rc = fill(v, k, e)) != OV_OK)
		goto fail;
	*out = v;
	return OV_OK;

fail:
	ov_vault_free(v);
	return rc;
}

/* One credential: 32 bytes that only we can read. */
static enum ov_rc
seed_file(int dirfd, const char *name, struct ov_secret32 *out,
    struct ov_err *e)
{
	OV_BUF b = {0};
	enum ov_rc rc;

	if ((rc = ov_fs_private(dirfd, name, e)) != OV_OK)
		return ov_while(e, rc, "credential %s", name);
	rc = ov_fs_read(dirfd, name, sizeof(out->b), &b, e);
	if (rc == OV_TOOBIG || (rc == OV_OK && b.n != sizeof(out->b)))
		return ov_fail(e, OV_BADMSG, "credential %s: not 32 bytes",
		    name);
	if (rc != OV_OK)
		return ov_while(e, rc, "credential %s", name);
	memcpy(out->b, b.p, sizeof(out->b));
	return OV_OK;
}

enum ov_rc
ov_vault_load(int dirfd, const struct ov_vault_conf *conf,
    struct ov_vault **out, struct ov_err *e)
{
	struct ov_vault_keys k;
	enum ov_rc rc;

	*out = NULL;
	memset(&k, 0, sizeof(k));
	if ((rc = ov_secret_init(e)) != OV_OK ||
	    (rc = ov_crypto_selftest(e)) != OV_OK)
		return rc;
	if ((rc = seed_file(dirfd, "identity", &k.identity, e)) == OV_OK &&
	    (rc = seed_file(dirfd, "log", &k.log, e)) == OV_OK &&
	    (rc = seed_file(dirfd, "witness", &k.witness, e)) == OV_OK &&
	    (rc = seed_file(dirfd, "kek-root", &k.kek_root, e)) == OV_OK)
		rc = ov_vault_load_keys(&k, conf, out, e);
	sodium_memzero(&k, sizeof(k));
	return rc;
}

void
ov_vault_free(struct ov_vault *v)
{
	if (v == NULL)
		return;
	ov_pool_free(v->pool32);
	ov_pool_free(v->pool64);
	ov_crypto_free(v->cr);
	ov_buf_free(&v->a);
	ov_buf_free(&v->b);
	free(v->regio);
	free(v->logdomein);
	free(v);
}

bool
ov_vault_locked(const struct ov_vault *v)
{
	return ov_pool_locked(v->pool32) && ov_pool_locked(v->pool64);
}

static enum ov_rc
hello(struct ov_vault *v, const union ov_v_in *in, union ov_v_out *out)
{
	struct ov_v_self *r = &out->self;
	struct ov_oin oin;

	if (ov_oin_from(in->hello.oin, &oin) != OV_OK ||
	    !ov_oin_eq(&oin, &v->oin))
		return OV_DENIED;
	memcpy(r->id_pk, v->id_pk, 32);
	memcpy(r->id_kid, v->id_kid, 32);
	memcpy(r->log_pk, v->log_pk, 32);
	memcpy(r->witness_pk, v->witness_pk, 32);
	if (v->state == OV_VS_NEW)
		v->state = OV_VS_KNOWN;
	return OV_OK;
}

static const struct op *
find_op(uint16_t type)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i].type == type)
			return &ops[i];
	return NULL;
}

/* Read every record once, so that a packet that is broken at its end has had
 * no effect at its beginning. */
static enum ov_rc
check_all(const struct op *op, struct ov_view request, struct ov_err *e)
{
	union ov_v_in in;
	struct ov_pkr k;
	enum ov_rc rc;

	rc = ov_pkr_begin(&k, request, op->type, op->in, e);
	for (uint32_t i = 0; rc == OV_OK && i < k.count; i++)
		rc = ov_pkr_next(&k, &in, e);
	sodium_memzero(&in, sizeof(in));
	return rc;
}

/* Empty a buffer, wiping what was in it and not all that it could hold. */
static void
rewind_buf(struct ov_buf *b)
{
	if (b->n > 0)
		explicit_bzero(b->p, b->n);
	b->n = 0;
	b->bad = false;
}

static enum ov_rc
run(struct ov_vault *v, const struct op *op, struct ov_view request,
    struct ov_pkw *w, struct ov_err *e)
{
	union ov_v_in in;
	union ov_v_out out;
	struct ov_pkr k;
	enum ov_rc rc, one;

	if ((rc = ov_pkr_begin(&k, request, op->type, op->in, e)) != OV_OK)
		return rc;
	ov_pkw_begin(w, op->type | OV_PK_REPLY, k.ref, op->out, k.count);
	for (uint32_t i = 0; rc == OV_OK && i < k.count && !w->b.bad; i++) {
		memset(&out, 0, sizeof(out));
		if ((rc = ov_pkr_next(&k, &in, e)) != OV_OK)
			break;
		one = op->fn(v, &in, &out);
		if (one == OV_OK && (v->a.bad || v->b.bad))
			one = OV_NOSPACE;
		if (one != OV_OK)
			sodium_memzero(&out, sizeof(out));
		out.rc.rc = (uint32_t)one;
		ov_pkw_put(w, &out);
		rewind_buf(&v->a);
		rewind_buf(&v->b);
	}
	sodium_memzero(&in, sizeof(in));
	sodium_memzero(&out, sizeof(out));
	return rc == OV_OK ? ov_pkw_end(w, e) : rc;
}

enum ov_rc
ov_vault_call(struct ov_vault *v, struct ov_view request, struct ov_buf *reply,
    struct ov_err *e)
{
	struct ov_pkw w = {.b = *reply};
	const struct op *op = NULL;
	uint16_t type;
	uint64_t ref;
	enum ov_rc rc;

	w.b.max = OV_IPC_MAX;
	if ((rc = ov_pk_peek(request, &type, &ref, e)) == OV_OK) {
		op = find_op(type);
		if (op == NULL)
			rc = ov_fail(e, OV_BADMSG, "vault: packet type %#x",
			    type);
		else if ((op->states & (1u << v->state)) == 0)
			rc = ov_fail(e, OV_BADMSG,
			    "vault: packet %#x in state %d", type,
			    (int)v->state);
		else
			rc = check_all(op, request, e);
	}
	if (rc == OV_OK)
		rc = run(v, op, request, &w, e);
	*reply = w.b;
	if (rc != OV_OK)
		ov_buf_reset(reply);
	return rc;
}
