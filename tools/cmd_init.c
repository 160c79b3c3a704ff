/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_init.c - make what an organisation needs to begin. */
#include "tools/cmd_init.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "protocol/adresboek_in.h"
#include "protocol/json.h"
#include "protocol/kaart.h"
#include "tools/cmd_keys.h"

#define TLS_KEY_MAX ((size_t)16384)
#define CONF_NEW ".overstap.conf"

struct made { /* while the card is being put together */
	struct ov_kaart card;
	struct ov_lid_brin brin[OV_BRINS_MAX];
	char vest[OV_BRINS_MAX][OV_VESTIGINGEN_MAX][3];
	char gemeente[OV_GEMEENTEN_MAX][5];
	char host[OV_HOST_MAX + 1];
	char port[8];
};

/* ---- what was asked ---- */

/* Host and port of "https://host[:port]". */
static enum ov_rc
split_url(struct made *m, const char *url, struct ov_err *e)
{
	static const char head[] = "https://";
	const char *h, *colon;
	size_t n;

	if (strncmp(url, head, sizeof(head) - 1) != 0)
		return ov_fail(e, OV_BADMSG, "the url is https://host[:port]");
	h = url + sizeof(head) - 1;
	colon = strchr(h, ':');
	n = colon != NULL ? (size_t)(colon - h) : strlen(h);
	if (!ov_host_ok(h, n) ||
	    (colon != NULL &&
	        (strlen(colon) < 2 || strlen(colon) > 6 || colon[1] < '1' ||
	            colon[1] > '9' ||
	            strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	            strtoul(colon + 1, NULL, 10) > 65535)))
		return ov_fail(e, OV_BADMSG,
		    "the url is https://host[:port], with a name in lower "
		    "case and not an address, because certificates carry "
		    "names");
	memcpy(m->host, h, n);
	m->host[n] = '\0';
	(void)snprintf(m->port, sizeof(m->port), "%s",
	    colon != NULL ? colon + 1 : "443");
	return OV_OK;
}

static enum ov_rc
take_brin(struct made *m, const char *t, struct ov_err *e)
{
	struct ov_lid *l = &m->card.lid;
	size_t n = strlen(t), i;
	const char *v = n > 4 ? t + 4 : NULL;
	struct ov_lid_brin *b;

	if (v != NULL && (*v == '/' || *v == '-'))
		v++;
	if (n < 4 || !ov_is_brin((struct ov_view){(const uint8_t *)t, 4}) ||
	    (v != NULL && !ov_is_vestiging(ov_view_str(v))))
		return ov_fail(e, OV_BADMSG, "a BRIN is 00AA or 00AA/01");
	for (i = 0; i < l->nbrin; i++)
		if (memcmp(m->brin[i].brin, t, 4) == 0)
			break;
	if (i == OV_BRINS_MAX)
		return ov_fail(e, OV_TOOBIG, "too many BRINs");
	b = &m->brin[i];
	if (i == l->nbrin) {
		memcpy(b->brin, t, 4);
		b->vestiging = m->vest[i];
		l->nbrin++;
	}
	if (v == NULL)
		return OV_OK;
	if (b->n == OV_VESTIGINGEN_MAX)
		return ov_fail(e, OV_TOOBIG, "too many vestigingen");
	memcpy(m->vest[i][b->n++], v, 3);
	return OV_OK;
}

static enum ov_rc
take_asked(struct made *m, const struct ov_init *q, struct ov_err *e)
{
	struct ov_lid *l = &m->card.lid;
	enum ov_rc rc;
	size_t i;

	if (!ov_regio_ok(q->regio))
		return ov_fail(e, OV_BADMSG,
		    "a region's name is [a-z0-9-]{1,32}");
	if (ov_oin_parse(ov_view_str(q->oin), &l->oin) != OV_OK)
		return ov_fail(e, OV_BADMSG,
		    "an OIN is 20 characters [0-9A-Z]");
	(void)snprintf(m->card.regio, sizeof(m->card.regio), "%s", q->regio);
	m->card.logdomein = q->logdomein;
	l->naam = q->naam;
	l->url = q->url;
	l->pki = OV_PKI_REGIO;
	l->brin = m->brin;
	l->gemeente = m->gemeente;
	if ((rc = split_url(m, q->url, e)) != OV_OK)
		return rc;
	for (i = 0; i < q->nrol; i++) {
		enum ov_rol r;

		if (!ov_rol_parse(q->rol[i], &r))
			return ov_fail(e, OV_BADMSG,
			    "a role is vo, vso, pro, vavo, mbo, leerplicht or "
			    "doorstroompunt");
		l->rol |= OV_ROL_BIT(r);
	}
	for (i = 0; i < q->nbrin; i++)
		if ((rc = take_brin(m, q->brin[i], e)) != OV_OK)
			return rc;
	for (i = 0; i < q->ngemeente; i++) {
		if (i == OV_GEMEENTEN_MAX ||
		    !ov_is_gemeente(ov_view_str(q->gemeente[i])))
			return ov_fail(e, OV_BADMSG,
			    "a gemeente is four digits (CBS)");
		memcpy(m->gemeente[l->ngemeente++], q->gemeente[i], 5);
	}
	return l->rol != 0 ? OV_OK : ov_fail(e, OV_BADMSG, "no role is given");
}

/* ---- files ----
 *
 * An init that was cut short is done again: a key that is there is whole, and
 * stays; what follows from the keys is made anew; the configuration comes
 * last, and without it nothing is an instance. */

static bool
taken(enum ov_rc rc, const struct ov_err *e)
{
	return rc == OV_SYS && e->sys == EEXIST;
}

static enum ov_rc
seed_ready(int d, const char *name, uint8_t pk[32], struct ov_err *e)
{
	uint8_t seed[OV_SEED_LEN];
	struct ov_err had = {0};
	enum ov_rc rc = ov_seed_make(d, name, pk, &had);

	if (!taken(rc, &had)) {
		if (rc != OV_OK && e != NULL)
			*e = had;
		return rc;
	}
	rc = ov_seed_read(d, name, seed, e);
	if (rc == OV_OK && pk != NULL)
		rc = ov_seed_pk(seed, pk, e);
	explicit_bzero(seed, sizeof(seed));
	if (rc == OV_OK && fchmodat(d, name, 0400, 0) < 0)
		rc = ov_fail_sys(e, "chmod %s", name);
	return rc;
}

static enum ov_rc
tls_key_ready(int d, struct ov_buf *key, struct ov_err *e)
{
	struct ov_err had = {0};
	enum ov_rc rc;

	if ((rc = ov_x509_key(key, e)) != OV_OK)
		return rc;
	rc = ov_fs_put(d, "tls.key", key->p, key->n, &had);
	if (taken(rc, &had)) {
		ov_buf_reset(key);
		if ((rc = ov_fs_private(d, "tls.key", e)) == OV_OK)
			rc = ov_fs_read(d, "tls.key", TLS_KEY_MAX, key, e);
	} else if (rc != OV_OK && e != NULL) {
		*e = had;
	}
	if (rc == OV_OK && fchmodat(d, "tls.key", 0400, 0) < 0)
		rc = ov_fail_sys(e, "chmod tls.key");
	return rc;
}

static enum ov_rc
make_vault(int dir, struct made *m, struct ov_err *e)
{
	OV_CLOSE int d = -1;
	enum ov_rc rc;

	if ((rc = ov_fs_mkdir_p(dir, "credentials/vault", e)) != OV_OK ||
	    (rc = ov_fs_opendir(dir, "credentials/vault", &d, e)) != OV_OK ||
	    (rc = seed_ready(d, "identity", m->card.lid.id, e)) != OV_OK ||
	    (rc = seed_ready(d, "log", m->card.lid.log, e)) != OV_OK ||
	    (rc = seed_ready(d, "witness", m->card.lid.getuige, e)) != OV_OK)
		return rc;
	return seed_ready(d, "kek-root", NULL, e);
}

static enum ov_rc
make_tls(int dir, struct made *m, struct ov_err *e)
{
	struct ov_lid *l = &m->card.lid;
	OV_CLOSE int d = -1;
	OV_BUF key = {0}, csr = {0};
	struct ov_x509_name name = {l->naam, l->oin.s, m->host};
	enum ov_rc rc;

	if ((rc = ov_fs_mkdir_p(dir, "credentials/net", e)) != OV_OK ||
	    (rc = ov_fs_opendir(dir, "credentials/net", &d, e)) != OV_OK ||
	    (rc = tls_key_ready(d, &key, e)) != OV_OK ||
	    (rc = ov_x509_key_pin((struct ov_view){key.p, key.n}, l->server[0],
	         e)) != OV_OK ||
	    (rc = ov_x509_csr(&csr, (struct ov_view){key.p, key.n}, &name,
	         e)) != OV_OK ||
	    (rc = ov_fs_replace(dir, "tls.csr", csr.p, csr.n, e)) != OV_OK)
		return rc;
	/* One key for both roles: it may stand in both lists. */
	memcpy(l->client[0], l->server[0], 32);
	l->nserver = l->nclient = 1;
	return OV_OK;
}

static enum ov_rc
sign_card(int dir, struct made *m, struct ov_buf *note, struct ov_err *e)
{
	OV_CLOSE int d = -1;
	char name[OV_NOTE_NAME_MAX + 1];
	uint8_t seed[OV_SEED_LEN];
	OV_BUF text = {0};
	struct ov_vkey key;
	enum ov_rc rc;

	if ((rc = ov_kaart_compose(&text, &m->card, e)) != OV_OK ||
	    (rc = ov_kaart_key_name(name, m->card.logdomein, m->card.regio,
	         &m->card.lid.oin, e)) != OV_OK ||
	    (rc = ov_vkey_make(&key, name, OV_VKEY_ED25519, m->card.lid.id,
	         e)) != OV_OK ||
	    (rc = ov_fs_opendir(dir, "credentials/vault", &d, e)) != OV_OK ||
	    (rc = ov_seed_read(d, "identity", seed, e)) != OV_OK)
		return rc;
	ov_buf_add(note, text.p, text.n);
	ov_buf_str(note, "\n");
	rc = ov_note_sign(note, (struct ov_view){text.p, text.n}, &key, seed,
	    e);
	explicit_bzero(seed, sizeof(seed));
	return rc;
}

/* Read the card back, as an administrator's tool will. */
static enum ov_rc
put_card(int dir, const struct ov_buf *note, char vinger[OV_VINGER_TEXT],
    struct ov_err *e)
{
	struct ov_kaart *k;
	enum ov_rc rc;

	if ((rc = ov_kaart_open(note->p, note->n, &k, e)) != OV_OK)
		return rc;
	ov_vinger(vinger, k->sha256);
	ov_kaart_free(k);
	return ov_fs_replace(dir, "kaart.txt", note->p, note->n, e);
}

static void
conf_list(struct ov_buf *b, const char *key, const char *const *v, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	ov_buf_fmt(b, "%s = ", key);
	for (i = 0; i < n; i++)
		ov_buf_fmt(b, "%s%s", i > 0 ? ", " : "", v[i]);
	ov_buf_str(b, "\n");
}

/* The roles have users of their own: they read the configuration, which holds
 * no secret.  `credentials` stays root's. */
static enum ov_rc
open_to_roles(int dir, struct ov_err *e)
{
	if (fchmodat(dir, "..", 0755, 0) < 0 || fchmod(dir, 0755) < 0 ||
	    fchmodat(dir, CONF_NEW, 0644, 0) < 0)
		return ov_fail_sys(e, "permissions of the configuration");
	return OV_OK;
}

/* It gets its name when it is as it must be, rights included. */
static enum ov_rc
name_conf(int dir, struct ov_err *e)
{
	if (linkat(dir, CONF_NEW, dir, "overstap.conf", 0) < 0)
		return ov_fail_sys(e, "link overstap.conf");
	return ov_fs_remove(dir, CONF_NEW, e);
}

static enum ov_rc
put_conf(int dir, const struct made *m, const struct ov_init *q,
    struct ov_err *e)
{
	const struct ov_lid *l = &m->card.lid;
	OV_BUF b = {0};
	bool first = true;
	enum ov_rc rc;
	size_t i, v;

	ov_buf_str(&b, "# overstap.conf(5)\n");
	ov_buf_fmt(&b, "oin = %s\nnaam = %s\nregio = %s\nlogdomein = %s\n",
	    q->oin, q->naam, q->regio, q->logdomein);
	conf_list(&b, "rol", q->rol, q->nrol);
	for (i = 0; i < l->nbrin; i++) {
		if (l->brin[i].n == 0) {
			ov_buf_fmt(&b, "%s%s", first ? "brin = " : ", ",
			    l->brin[i].brin);
			first = false;
		}
		for (v = 0; v < l->brin[i].n; v++) {
			ov_buf_fmt(&b, "%s%s/%s", first ? "brin = " : ", ",
			    l->brin[i].brin, l->brin[i].vestiging[v]);
			first = false;
		}
	}
	if (!first)
		ov_buf_str(&b, "\n");
	conf_list(&b, "gemeenten", q->gemeente, q->ngemeente);
	ov_buf_fmt(&b, "url = %s\n", q->url);
	if (q->listen != NULL)
		ov_buf_fmt(&b, "listen = %s\n", q->listen);
	else
		ov_buf_fmt(&b, "listen = 0.0.0.0:%s, [::]:%s\n", m->port,
		    m->port);
	if (q->name != NULL)
		ov_buf_fmt(&b,
		    "state = /var/lib/overstap/%s\nrun = /run/overstap/%s\n",
		    q->name, q->name);
	ov_buf_fmt(&b, "tls-cert = tls.crt\nhouder = %s\n",
	    q->houder ? "yes" : "no");
	if ((rc = ov_buf_ok(&b, e)) != OV_OK)
		return rc;
	if ((rc = ov_fs_replace(dir, CONF_NEW, b.p, b.n, e)) != OV_OK ||
	    (q->name != NULL && (rc = open_to_roles(dir, e)) != OV_OK))
		return rc;
	return name_conf(dir, e);
}

static enum ov_rc
folders(int dir, const struct ov_init *q, struct ov_err *e)
{
	enum ov_rc rc = ov_fs_mkdir_p(dir, "credentials/store", e);

	if (rc == OV_OK && q->houder)
		rc = ov_fs_mkdir_p(dir, "credentials/houder", e);
	if (rc == OV_OK && q->name == NULL)
		rc = ov_fs_mkdir_p(dir, "state", e);
	if (rc == OV_OK && q->name == NULL)
		rc = ov_fs_mkdir_p(dir, "run", e);
	return rc;
}

static enum ov_rc
one_line(const char *what, const char *s, struct ov_err *e)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return ov_fail(e, OV_BADMSG, "%s: a control character",
			    what);
	return OV_OK;
}

enum ov_rc
ov_init_instance(const struct ov_init *q, char vinger[OV_VINGER_TEXT],
    struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	OV_BUF note = {0};
	struct made *m;
	enum ov_rc rc;

	ov_json_init();
	if ((rc = one_line("naam", q->naam, e)) != OV_OK ||
	    (q->listen != NULL &&
	        (rc = one_line("listen", q->listen, e)) != OV_OK) ||
	    (rc = one_line("logdomein", q->logdomein, e)) != OV_OK)
		return rc;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	if ((rc = take_asked(m, q, e)) != OV_OK ||
	    (rc = ov_fs_mkdir_p(AT_FDCWD, q->dir, e)) != OV_OK ||
	    (rc = ov_fs_opendir(AT_FDCWD, q->dir, &dir, e)) != OV_OK)
		goto out;
	if (faccessat(dir, "overstap.conf", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		rc = ov_fail(e, OV_DENIED,
		    "%s holds an instance already; its keys are not replaced",
		    q->dir);
		goto out;
	}
	if ((rc = folders(dir, q, e)) != OV_OK ||
	    (rc = make_vault(dir, m, e)) != OV_OK ||
	    (rc = make_tls(dir, m, e)) != OV_OK ||
	    (rc = sign_card(dir, m, &note, e)) != OV_OK ||
	    (rc = put_card(dir, &note, vinger, e)) != OV_OK)
		goto out;
	rc = put_conf(dir, m, q, e);
out:
	free(m);
	return rc;
}

enum ov_rc
ov_init_share(const char *credentials, uint32_t ep, uint32_t share,
    struct ov_err *e)
{
	OV_CLOSE int base = -1, d = -1;
	char name[40];
	enum ov_rc rc;

	(void)snprintf(name, sizeof(name), "oprf.%" PRIu32 ".%" PRIu32, ep,
	    share);
	if ((rc = ov_fs_opendir(AT_FDCWD, credentials, &base, e)) != OV_OK ||
	    (rc = ov_fs_mkdir_p(base, "houder", e)) != OV_OK ||
	    (rc = ov_fs_opendir(base, "houder", &d, e)) != OV_OK)
		return rc;
	rc = ov_seed_make(d, name, NULL, e);
	if (rc == OV_SYS && e != NULL && e->sys == EEXIST)
		return ov_fail(e, OV_DENIED,
		    "the seed of this share exists already; it is never "
		    "replaced");
	return rc;
}
