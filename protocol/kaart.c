/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/kaart.c - the enrolment card. */
#include "protocol/kaart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/adresboek_in.h"
#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/jw.h"

enum ov_rc
ov_kaart_key_name(char out[OV_NOTE_NAME_MAX + 1], const char *logdomein,
    const char *regio, const struct ov_oin *oin, struct ov_err *e)
{
	int n;

	n = snprintf(out, OV_NOTE_NAME_MAX + 1, "%s/regio/%s/lid/%s", logdomein,
	    regio, oin->s);
	if (n < 0 || (size_t)n > OV_NOTE_NAME_MAX)
		return ov_fail(e, OV_TOOBIG, "key name");
	return OV_OK;
}

static void
put_pins(struct ov_buf *b, const char *name, const uint8_t pin[][32], size_t n)
{
	size_t i;

	ov_jw_name(b, name);
	ov_buf_str(b, "[");
	for (i = 0; i < n; i++) {
		ov_jw_name(b, NULL);
		ov_buf_str(b, "\"sha256//");
		ov_b64_add(b, pin[i], 32);
		ov_buf_str(b, "\"");
	}
	ov_buf_str(b, "]");
}

static void
put_places(struct ov_buf *b, const struct ov_lid *l)
{
	size_t i, v;

	ov_jw_name(b, "brin");
	ov_buf_str(b, "[");
	for (i = 0; i < l->nbrin; i++) {
		ov_jw_name(b, NULL);
		ov_buf_str(b, "{");
		ov_jw_str(b, "brin", l->brin[i].brin);
		ov_jw_name(b, "vestigingen");
		ov_buf_str(b, "[");
		for (v = 0; v < l->brin[i].n; v++)
			ov_jw_str(b, NULL, l->brin[i].vestiging[v]);
		ov_buf_str(b, "]}");
	}
	ov_buf_str(b, "]");
	ov_jw_name(b, "gemeenten");
	ov_buf_str(b, "[");
	for (i = 0; i < l->ngemeente; i++)
		ov_jw_str(b, NULL, l->gemeente[i]);
	ov_buf_str(b, "]");
}

enum ov_rc
ov_kaart_compose(struct ov_buf *b, const struct ov_kaart *k, struct ov_err *e)
{
	const struct ov_lid *l = &k->lid;
	int r;

	ov_buf_str(b, "{\"type\":\"overstap-inschrijfkaart\",\"v\":1");
	ov_jw_str(b, "regio", k->regio);
	ov_jw_str(b, "logdomein", k->logdomein);
	ov_jw_str(b, "oin", l->oin.s);
	ov_jw_str(b, "naam", l->naam);
	ov_jw_name(b, "rol");
	ov_buf_str(b, "[");
	for (r = 0; r < OV_ROL_N; r++)
		if ((l->rol & OV_ROL_BIT(r)) != 0)
			ov_jw_str(b, NULL, ov_rol_name((enum ov_rol)r));
	ov_buf_str(b, "]");
	ov_jw_str(b, "url", l->url);
	ov_jw_b64u(b, "id", l->id, sizeof(l->id));
	ov_jw_b64u(b, "log", l->log, sizeof(l->log));
	ov_jw_b64u(b, "getuige", l->getuige, sizeof(l->getuige));
	put_pins(b, "tls_server", l->server, l->nserver);
	put_pins(b, "tls_client", l->client, l->nclient);
	ov_jw_str(b, "pki", ov_pki_name(l->pki));
	put_places(b, l);
	ov_buf_str(b, "}\n");
	return ov_buf_ok(b, e);
}

static enum ov_rc
read_kaart(struct ov_kaart *k, struct ov_err *e)
{
	const char *regio, *domein;
	struct ov_jobj o;
	enum ov_rc rc;

	ov_jo_init(&o, k->json, "card");
	ov_jo_lit(&o, "type", "overstap-inschrijfkaart");
	(void)ov_jo_range(&o, "v", 1, 1);
	regio = ov_jo_str(&o, "regio", OV_REGIO_MAX);
	if (o.rc == OV_OK && !ov_regio_ok(regio))
		ov_jo_fail(&o, "regio", OV_REDEN_PATROON);
	domein = ov_jo_str(&o, "logdomein", OV_DOMEIN_MAX);
	if (o.rc == OV_OK && !ov_host_ok(domein, strlen(domein)))
		ov_jo_fail(&o, "logdomein", OV_REDEN_PATROON);
	if ((rc = ov_lid_read(k->arena, &o, &k->lid, e)) != OV_OK ||
	    (rc = ov_jo_end(&o, e)) != OV_OK)
		return rc;
	(void)snprintf(k->regio, sizeof(k->regio), "%s", regio);
	if ((k->logdomein = ov_boek_arena_str(k->arena, domein)) == NULL)
		return ov_fail(e, OV_NOSPACE, "memory");
	return OV_OK;
}

/* The card is signed by the key it names, under the name it implies. */
static enum ov_rc
check_sig(const struct ov_kaart *k, const struct ov_note *note,
    struct ov_err *e)
{
	char name[OV_NOTE_NAME_MAX + 1];
	struct ov_note_seen seen;
	struct ov_vkey key;
	enum ov_rc rc;

	rc = ov_kaart_key_name(name, k->logdomein, k->regio, &k->lid.oin, e);
	if (rc == OV_OK)
		rc = ov_vkey_make(&key, name, OV_VKEY_ED25519, k->lid.id, e);
	if (rc == OV_OK)
		rc = ov_note_verify(note, &key, 1, &seen, e);
	if (rc == OV_OK && !seen.good)
		rc = ov_fail(e, OV_BADSIG, "not signed by its own key");
	return rc;
}

enum ov_rc
ov_kaart_open(const void *p, size_t n, struct ov_kaart **out, struct ov_err *e)
{
	struct ov_kaart *k;
	struct ov_note note;
	enum ov_rc rc;

	*out = NULL;
	if (n > OV_KAART_MAX)
		return ov_fail(e, OV_TOOBIG, "card");
	if ((rc = ov_note_parse(p, n, &note, e)) != OV_OK)
		return ov_while(e, rc, "card");
	if (memchr(note.text.p, '\n', note.text.n) !=
	    note.text.p + note.text.n - 1)
		return ov_fail(e, OV_BADMSG, "card: not one line");
	if ((k = calloc(1, sizeof(*k))) == NULL ||
	    (k->arena = calloc(1, sizeof(*k->arena))) == NULL) {
		free(k);
		return ov_fail(e, OV_NOSPACE, "memory");
	}
	rc = ov_sha256(k->sha256, note.text.p, note.text.n);
	if (rc == OV_OK)
		rc = ov_json_parse(note.text.p, note.text.n - 1, OV_KAART_MAX,
		    &k->json, e);
	if (rc == OV_OK)
		rc = read_kaart(k, e);
	if (rc == OV_OK)
		rc = check_sig(k, &note, e);
	if (rc != OV_OK) {
		ov_kaart_free(k);
		return ov_while(e, rc, "card");
	}
	*out = k;
	return OV_OK;
}

void
ov_kaart_free(struct ov_kaart *k)
{
	if (k == NULL)
		return;
	ov_json_free(&k->json);
	ov_boek_arena_free(k->arena);
	free(k->arena);
	free(k);
}

json_t *
ov_kaart_lid(const struct ov_kaart *k)
{
	static const char *const same[] = {"oin", "naam", "rol", "url", "id",
	    "log", "getuige", "tls_server", "tls_client", "pki", "brin",
	    "gemeenten"};
	json_t *o = json_object();
	bool ok = o != NULL;
	size_t i;

	for (i = 0; ok && i < sizeof(same) / sizeof(*same); i++)
		ok = json_object_set(o, same[i],
		         json_object_get(k->json, same[i])) == 0;
	ok = ok && json_object_set_new(o, "status", json_string("actief")) == 0;
	ok = ok && json_object_set_new(o, "id_vorige", json_null()) == 0;
	ok = ok &&
	     json_object_set_new(o, "suites", json_pack("[s]", "OS1")) == 0;
	ok = ok && json_object_set_new(o, "mag_naar", json_array()) == 0;
	if (!ok) {
		json_decref(o);
		return NULL;
	}
	return o;
}
