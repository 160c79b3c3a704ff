/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_region_state.c - the administrators' folder: make it, read and
 * write its state, members in and out. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "protocol/adresboek_in.h"
#include "protocol/b64.h"
#include "protocol/json.h"
#include "protocol/kaart.h"
#include "tools/cmd_region.h"

#define STATE "regio.json"
#define STATE_MAX ((size_t)8 << 20)
#define NEXT "volgende.txt"
#define OLD_KEY_DAYS 30

static enum ov_rc
no_memory(struct ov_err *e)
{
	return ov_fail(e, OV_NOSPACE, "memory");
}

/* ---- the state ---- */

const char *
ov_region_name(const struct ov_region *r)
{
	const char *s = json_string_value(json_object_get(r->st, "regio"));

	return s != NULL ? s : "";
}

bool
ov_region_pending(const struct ov_region *r)
{
	return faccessat(r->dir, NEXT, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum ov_rc
ov_region_open(const char *dir, struct ov_region *out, struct ov_err *e)
{
	static const char *const members[] = {"leden", "leerlingen", "verwacht",
	    "dag", "jaar"};
	OV_BUF b = {0};
	enum ov_rc rc;
	size_t i;

	*out = (struct ov_region){.dir = -1};
	if ((rc = ov_fs_opendir(AT_FDCWD, dir, &out->dir, e)) != OV_OK)
		return ov_while(e, rc, "%s", dir);
	rc = ov_fs_read(out->dir, STATE, STATE_MAX, &b, e);
	if (rc == OV_OK)
		rc = ov_json_parse(b.p, b.n, STATE_MAX, &out->st, e);
	for (i = 0; rc == OV_OK && i < sizeof(members) / sizeof(*members); i++)
		if (!json_is_object(json_object_get(out->st, members[i])))
			rc = ov_fail(e, OV_BADMSG, STATE ": no \"%s\"",
			    members[i]);
	if (rc == OV_OK &&
	    (!json_is_array(json_object_get(out->st, "epochs")) ||
	        !json_is_array(json_object_get(out->st, "ingetrokken")) ||
	        !json_is_array(json_object_get(out->st, "beheerders")) ||
	        !ov_regio_ok(ov_region_name(out))))
		rc = ov_fail(e, OV_BADMSG, STATE ": not a region's state");
	if (rc != OV_OK)
		ov_region_close(out);
	return rc == OV_OK ? rc : ov_while(e, rc, "%s", dir);
}

void
ov_region_close(struct ov_region *r)
{
	ov_close(&r->dir);
	r->dir = -1;
	json_decref(r->st);
	r->st = NULL;
}

enum ov_rc
ov_region_save(struct ov_region *r, struct ov_err *e)
{
	OV_BUF b = {0};
	enum ov_rc rc;

	ov_json_dump(&b, r->st);
	ov_buf_str(&b, "\n");
	if ((rc = ov_buf_ok(&b, e)) != OV_OK)
		return rc;
	if (ov_region_pending(r) &&
	    (rc = ov_fs_remove(r->dir, NEXT, e)) != OV_OK)
		return rc;
	return ov_fs_replace(r->dir, STATE, b.p, b.n, e);
}

/* ---- a new region ---- */

#define KEY_FILE (OV_SLUG_MAX + sizeof(".key"))

static void
key_file(char out[KEY_FILE], const char *admin)
{
	(void)snprintf(out, KEY_FILE, "%.*s.key", (int)OV_SLUG_MAX, admin);
}

static enum ov_rc
make_admins(int dir, const struct ov_region_new *q, json_t *vkeys,
    struct ov_err *e)
{
	OV_CLOSE int keys = -1;
	char file[KEY_FILE], name[OV_NOTE_NAME_MAX + 1];
	struct ov_vkey k;
	uint8_t pk[32];
	enum ov_rc rc;
	size_t i;

	if ((rc = ov_fs_mkdir_p(dir, "beheer", e)) != OV_OK ||
	    (rc = ov_fs_opendir(dir, "beheer", &keys, e)) != OV_OK)
		return rc;
	for (i = 0; i < q->nbeheer; i++) {
		OV_BUF text = {0};

		key_file(file, q->beheer[i]);
		if ((rc = ov_beheer_name(name, q->logdomein, q->regio,
		         q->beheer[i], e)) != OV_OK ||
		    (rc = ov_seed_make(keys, file, pk, e)) != OV_OK ||
		    (rc = ov_vkey_make(&k, name, OV_VKEY_ED25519, pk, e)) !=
		        OV_OK)
			return rc;
		if (fchmodat(keys, file, 0600, 0) < 0)
			return ov_fail_sys(e, "chmod %s", file);
		ov_vkey_text(&text, &k);
		if (ov_buf_text(&text) == NULL ||
		    json_array_append_new(vkeys,
		        json_string(ov_buf_text(&text))) < 0)
			return no_memory(e);
	}
	return OV_OK;
}

/* PEM of a certificate in DER, written without OpenSSL: Base64 in lines. */
static void
der_to_pem(struct ov_buf *out, const struct ov_buf *der)
{
	OV_BUF b = {0};
	size_t i, n;

	ov_b64_add(&b, der->p, der->n);
	ov_buf_str(out, "-----BEGIN CERTIFICATE-----\n");
	for (i = 0; i < b.n; i += n) {
		n = b.n - i < 64 ? b.n - i : 64;
		ov_buf_add(out, b.p + i, n);
		ov_buf_str(out, "\n");
	}
	ov_buf_str(out, "-----END CERTIFICATE-----\n");
	if (b.bad)
		out->bad = true;
}

static enum ov_rc
make_ca(int dir, const struct ov_region_new *q, json_t *list, struct ov_err *e)
{
	OV_BUF key = {0}, der = {0}, pem = {0}, b64 = {0};
	enum ov_rc rc;

	if ((rc = ov_x509_key(&key, e)) != OV_OK ||
	    (rc = ov_x509_ca(&der, (struct ov_view){key.p, key.n}, q->regio,
	         q->now, e)) != OV_OK)
		return rc;
	der_to_pem(&pem, &der);
	ov_b64_add(&b64, der.p, der.n);
	if ((rc = ov_buf_ok(&pem, e)) != OV_OK ||
	    (rc = ov_fs_put(dir, "ca.key", key.p, key.n, e)) != OV_OK ||
	    (rc = ov_fs_put(dir, "ca.crt", pem.p, pem.n, e)) != OV_OK)
		return rc;
	if (ov_buf_text(&b64) == NULL ||
	    json_array_append_new(list, json_string(ov_buf_text(&b64))) < 0)
		return no_memory(e);
	return OV_OK;
}

static enum ov_rc
check_new(const struct ov_region_new *q, struct ov_err *e)
{
	size_t i, k;

	if (!ov_regio_ok(q->regio))
		return ov_fail(e, OV_BADMSG,
		    "a region's name is [a-z0-9-]{1,32}");
	if (!ov_host_ok(q->logdomein, strlen(q->logdomein)))
		return ov_fail(e, OV_BADMSG,
		    "a log domain is a host name, as overstap.example");
	if (q->nbeheer == 0 || q->nbeheer > OV_BEHEERDERS_MAX)
		return ov_fail(e, OV_BADMSG, "1 to %d administrators",
		    OV_BEHEERDERS_MAX);
	for (i = 0; i < q->nbeheer; i++) {
		if (!ov_is_slug(ov_view_str(q->beheer[i])))
			return ov_fail(e, OV_BADMSG,
			    "an administrator's name is [a-z0-9-]{1,32}");
		for (k = 0; k < i; k++)
			if (strcmp(q->beheer[i], q->beheer[k]) == 0)
				return ov_fail(e, OV_BADMSG,
				    "the same administrator twice");
	}
	if (q->drempel > q->nbeheer || q->drempel == 0 ||
	    (q->drempel < 2 && q->nbeheer > 1))
		return ov_fail(e, OV_BADMSG,
		    "the threshold is 2 to the number of administrators "
		    "(1 only with one of them)");
	return OV_OK;
}

/* What stands in a region's folder from its first day on. */
static const char *const first_files[] = {STATE, "ca.key", "ca.crt", "beheer"};

static enum ov_rc
taken(int dir, const struct ov_region_new *q, struct ov_err *e)
{
	for (size_t i = 0; i < sizeof(first_files) / sizeof(*first_files); i++)
		if (faccessat(dir, first_files[i], F_OK, AT_SYMLINK_NOFOLLOW) ==
		    0)
			return ov_fail(e, OV_DENIED,
			    "%s holds a region already (%s)", q->dir,
			    first_files[i]);
	return OV_OK;
}

/* Bytes of path that exist as a directory already: of "a/b/c" 3 when b is
 * there and c is not. */
static size_t
existing(const char *path)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	while (n > 0) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		if (access(part, F_OK) == 0)
			return n;
		while (n > 0 && path[n - 1] != '/')
			n--;
		while (n > 0 && path[n - 1] == '/')
			n--;
	}
	return 0;
}

/* A region that could not be made leaves nothing behind; before is what of
 * its path was there.  What cannot be removed is only left. */
static void
unmake(int dir, const struct ov_region_new *q, size_t before)
{
	char part[PATH_MAX], file[KEY_FILE + 8];
	size_t i, n = strlen(q->dir);

	for (i = 0; i < q->nbeheer; i++) {
		(void)snprintf(file, sizeof(file), "beheer/");
		key_file(file + 7, q->beheer[i]);
		(void)unlinkat(dir, file, 0);
	}
	for (i = 0; i < sizeof(first_files) / sizeof(*first_files); i++)
		(void)unlinkat(dir, first_files[i],
		    strcmp(first_files[i], "beheer") == 0 ? AT_REMOVEDIR : 0);
	for (; n > before; n--) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, q->dir);
		if (part[n - 1] != '/' &&
		    (q->dir[n] == '/' || q->dir[n] == '\0'))
			(void)rmdir(part);
	}
}

static enum ov_rc
fill_new(struct ov_region *r, const struct ov_region_new *q, struct ov_err *e)
{
	json_t *vkeys = json_array(), *ca = json_array();
	enum ov_rc rc;

	if ((rc = make_admins(r->dir, q, vkeys, e)) == OV_OK &&
	    (rc = make_ca(r->dir, q, ca, e)) == OV_OK) {
		r->st = json_pack("{s:i,s:s,s:s,s:I,s:O,s:O,s:I,s:{},s:{},s:{},"
		                  "s:{},s:{},s:[],s:[]}",
		    "v", 1, "regio", q->regio, "logdomein", q->logdomein,
		    "drempel", (json_int_t)q->drempel, "beheerders", vkeys,
		    "ca", ca, "getuigen", (json_int_t)q->getuigen, "leden",
		    "leerlingen", "verwacht", "dag", "jaar", "epochs",
		    "ingetrokken");
		rc = r->st == NULL ? no_memory(e) : ov_region_save(r, e);
	}
	json_decref(vkeys);
	json_decref(ca);
	return rc;
}

enum ov_rc
ov_region_create(const struct ov_region_new *q, struct ov_err *e)
{
	struct ov_region r = {.dir = -1};
	size_t before = existing(q->dir);
	enum ov_rc rc;

	if (strlen(q->dir) >= PATH_MAX)
		return ov_fail(e, OV_TOOBIG, "the path is too long");
	if ((rc = check_new(q, e)) != OV_OK ||
	    (rc = ov_fs_mkdir_p(AT_FDCWD, q->dir, e)) != OV_OK ||
	    (rc = ov_fs_opendir(AT_FDCWD, q->dir, &r.dir, e)) != OV_OK)
		return rc;
	if ((rc = taken(r.dir, q, e)) == OV_OK) {
		ov_json_init();
		if ((rc = fill_new(&r, q, e)) != OV_OK)
			unmake(r.dir, q, before);
	}
	ov_region_close(&r);
	return rc;
}

/* ---- members ---- */

static json_t *
member(const struct ov_region *r, const char *oin)
{
	return json_object_get(json_object_get(r->st, "leden"), oin);
}

/* Does this member hold the BRIN (with that vestiging), or the gemeente? */
static bool
holds(const json_t *m, const char *brin, const char *vest, const char *who)
{
	const json_t *row, *v;
	size_t i, k;

	json_array_foreach(json_object_get(m, "brin"), i, row)
	{
		if (brin == NULL ||
		    !ov_view_eq(ov_json_view(json_object_get(row, "brin")),
		        brin))
			continue;
		if (vest[0] == '\0')
			return true;
		json_array_foreach(json_object_get(row, "vestigingen"), k, v)
		{
			if (ov_view_eq(ov_json_view(v), vest))
				return true;
		}
	}
	json_array_foreach(json_object_get(m, "gemeenten"), i, row)
	{
		if (brin == NULL && ov_view_eq(ov_json_view(row), who))
			return true;
	}
	return false;
}

enum ov_rc
ov_region_find(const struct ov_region *r, const char *who, struct ov_oin *out,
    struct ov_err *e)
{
	json_t *leden = json_object_get(r->st, "leden"), *m;
	const char *oin, *naam, *found = NULL;
	char brin[5], vest[3];
	bool is_brin = ov_brin_split(who, brin, vest);

	if (json_object_get(leden, who) != NULL)
		return ov_oin_parse(ov_view_str(who), out);
	json_object_foreach(leden, oin, m)
	{
		naam = json_string_value(json_object_get(m, "naam"));
		if ((naam == NULL || strcasecmp(naam, who) != 0) &&
		    !holds(m, is_brin ? brin : NULL, vest, who))
			continue;
		if (found != NULL)
			return ov_fail(e, OV_DENIED,
			    "\"%.60s\" is more than one member; use the OIN",
			    who);
		found = oin;
	}
	if (found == NULL)
		return ov_fail(e, OV_DENIED,
		    "no member \"%.60s\" in this region", who);
	return ov_oin_parse(ov_view_str(found), out);
}

enum ov_rc
ov_region_mag(struct ov_region *r, const struct ov_oin *oin,
    const char *const *mag, size_t n, struct ov_err *e)
{
	json_t *m = member(r, oin->s), *list = json_array();
	struct ov_oin to;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *t = strcmp(mag[i], "alle") == 0 ? "*" : mag[i];

		if (strcmp(t, "*") != 0 &&
		    ov_oin_parse(ov_view_str(t), &to) != OV_OK) {
			json_decref(list);
			return ov_fail(e, OV_BADMSG,
			    "whom it may send to: OINs, or *");
		}
		if (json_array_append_new(list, json_string(t)) < 0)
			break;
	}
	if (list == NULL || i < n ||
	    json_object_set_new(m, "mag_naar", list) < 0)
		return no_memory(e);
	return OV_OK;
}

/* Every TLS pin of the card must be the key of the request; a card with more
 * pins (a next key) needs one request for each, and this is one of them. */
static enum ov_rc
check_csr(const struct ov_kaart *k, struct ov_view csr, struct ov_err *e)
{
	uint8_t pin[32];
	bool server = false, client = false;
	enum ov_rc rc;
	size_t i;

	if ((rc = ov_x509_csr_pin(csr, pin, e)) != OV_OK)
		return rc;
	for (i = 0; i < k->lid.nserver; i++)
		server |= memcmp(k->lid.server[i], pin, 32) == 0;
	for (i = 0; i < k->lid.nclient; i++)
		client |= memcmp(k->lid.client[i], pin, 32) == 0;
	if (!server && !client)
		return ov_fail(e, OV_DENIED,
		    "the request holds another key than the card");
	return OV_OK;
}

static enum ov_rc
issue(struct ov_region *r, const struct ov_kaart *k,
    const struct ov_region_add *q, struct ov_buf *cert, struct ov_err *e)
{
	const char *ca = json_string_value(
	    json_array_get(json_object_get(r->st, "ca"), 0));
	uint8_t der[OV_CA_DER_MAX];
	OV_BUF key = {0};
	size_t n;
	enum ov_rc rc;

	if (ca == NULL ||
	    ov_b64_dec(ca, strlen(ca), der, sizeof(der), &n) != OV_OK)
		return ov_fail(e, OV_BADMSG, STATE ": no CA");
	if ((rc = ov_fs_private(r->dir, "ca.key", e)) != OV_OK ||
	    (rc = ov_fs_read(r->dir, "ca.key", 4096, &key, e)) != OV_OK)
		return rc;
	return ov_x509_issue(cert,
	    &(struct ov_x509_issue){.ca_key = {key.p, key.n},
	        .ca = {der, n},
	        .csr = q->csr,
	        .name = {k->lid.naam, k->lid.oin.s, k->lid.host},
	        .now = q->now,
	        .days = q->days},
	    e);
}

/* What a newer card of a known member leaves as it was. */
static enum ov_rc
carry_over(json_t *old, json_t *neu, int64_t now, struct ov_err *e)
{
	const json_t *a = json_object_get(old, "id"),
	             *b = json_object_get(neu, "id");
	char tot[OV_MOMENT_SIZE];
	int bad;

	bad = json_object_set(neu, "mag_naar",
	    json_object_get(old, "mag_naar"));
	if (bad == 0 && json_equal(a, b)) {
		bad = json_object_set(neu, "id_vorige",
		    json_object_get(old, "id_vorige"));
	} else if (bad == 0) {
		ov_moment_fmt(tot, now + (int64_t)OLD_KEY_DAYS * 86400);
		bad = json_object_set_new(neu, "id_vorige",
		    json_pack("{s:s,s:s}", "id", json_string_value(a), "tot",
		        tot));
	}
	return bad != 0 ? no_memory(e) : OV_OK;
}

static enum ov_rc
keep_file(struct ov_region *r, const char *folder, const struct ov_oin *oin,
    const char *suffix, struct ov_view v, struct ov_err *e)
{
	OV_CLOSE int d = -1;
	char name[OV_OIN_LEN + 8];
	enum ov_rc rc;

	(void)snprintf(name, sizeof(name), "%s.%s", oin->s, suffix);
	if ((rc = ov_fs_mkdir_p(r->dir, folder, e)) != OV_OK ||
	    (rc = ov_fs_opendir(r->dir, folder, &d, e)) != OV_OK)
		return rc;
	return ov_fs_replace(d, name, v.p, v.n, e);
}

static enum ov_rc
check_card(const struct ov_region *r, const struct ov_kaart *k,
    const struct ov_region_add *q, struct ov_err *e)
{
	const char *dom = json_string_value(
	    json_object_get(r->st, "logdomein"));

	if (strcmp(k->regio, ov_region_name(r)) != 0 || dom == NULL ||
	    strcmp(k->logdomein, dom) != 0)
		return ov_fail(e, OV_DENIED,
		    "the card is for another region or logdomein");
	if (q->typed == NULL || !ov_vinger_match(q->typed, k->sha256))
		return ov_fail(e, OV_DENIED,
		    "the fingerprint that was typed is not that of the card: "
		    "do not add it, and call the organisation again");
	return OV_OK;
}

static enum ov_rc
add_card(struct ov_region *r, const struct ov_kaart *k,
    const struct ov_region_add *q, struct ov_buf *cert, struct ov_err *e)
{
	json_t *old = member(r, k->lid.oin.s), *neu;
	enum ov_rc rc;

	if ((rc = check_card(r, k, q, e)) != OV_OK)
		return rc;
	if (q->csr.n > 0 && ((rc = check_csr(k, q->csr, e)) != OV_OK ||
	                        (rc = issue(r, k, q, cert, e)) != OV_OK))
		return rc;
	if ((neu = ov_kaart_lid(k)) == NULL)
		return no_memory(e);
	rc = old != NULL ? carry_over(old, neu, q->now, e) : OV_OK;
	if (rc != OV_OK) {
		json_decref(neu);
		return rc;
	}
	if (json_object_set_new(json_object_get(r->st, "leden"), k->lid.oin.s,
	        neu) < 0)
		return no_memory(e);
	if (q->nmag > 0 &&
	    (rc = ov_region_mag(r, &k->lid.oin, q->mag, q->nmag, e)) != OV_OK)
		return rc;
	rc = keep_file(r, "kaarten", &k->lid.oin, "txt", q->card, e);
	if (rc == OV_OK && q->csr.n > 0)
		rc = keep_file(r, "certs", &k->lid.oin, "crt",
		    (struct ov_view){cert->p, cert->n}, e);
	return rc;
}

enum ov_rc
ov_region_add(struct ov_region *r, const struct ov_region_add *q,
    struct ov_oin *oin, struct ov_buf *cert, struct ov_err *e)
{
	struct ov_kaart *k;
	enum ov_rc rc;

	if ((rc = ov_kaart_open(q->card.p, q->card.n, &k, e)) != OV_OK)
		return rc;
	*oin = k->lid.oin;
	rc = add_card(r, k, q, cert, e);
	ov_kaart_free(k);
	return rc;
}

enum ov_rc
ov_region_status(struct ov_region *r, const struct ov_oin *oin,
    enum ov_lid_status status, const char *withdraw, int64_t now,
    struct ov_err *e)
{
	json_t *m = member(r, oin->s), *line;
	char sinds[OV_MOMENT_SIZE];

	if (m == NULL)
		return ov_fail(e, OV_DENIED, "no such member");
	if (json_object_set_new(m, "status",
	        json_string(ov_lid_status_name(status))) < 0)
		return no_memory(e);
	if (withdraw == NULL)
		return OV_OK;
	ov_moment_fmt(sinds, now);
	line = json_pack("{s:s,s:O,s:s,s:s}", "oin", oin->s, "id",
	    json_object_get(m, "id"), "sinds", sinds, "reden", withdraw);
	if (json_array_append_new(json_object_get(r->st, "ingetrokken"), line) <
	    0)
		return no_memory(e);
	return OV_OK;
}
