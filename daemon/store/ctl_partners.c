/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_partners.c - the members of the region, and what we know
 * of each.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/contact.h"
#include "daemon/store/ctl.h"
#include "daemon/store/netc.h"
#include "daemon/store/stranger.h"
#include "protocol/b64.h"
#include "protocol/hash.h"

static json_t *
j_rol(const struct ov_lid *l)
{
	OV_BUF b = {0};

	for (int r = 0; r < OV_ROL_N; r++)
		if (l->rol & OV_ROL_BIT(r))
			ov_buf_fmt(&b, "%s%s", b.n > 0 ? " " : "",
			    ov_rol_name((enum ov_rol)r));
	return json_string(ov_buf_text(&b));
}

static json_t *
j_brin(const struct ov_lid *l)
{
	OV_BUF b = {0};

	for (size_t i = 0; i < l->nbrin; i++) {
		if (l->brin[i].n == 0)
			ov_buf_fmt(&b, "%s%s", b.n > 0 ? " " : "",
			    l->brin[i].brin);
		for (size_t k = 0; k < l->brin[i].n; k++)
			ov_buf_fmt(&b, "%s%s/%s", b.n > 0 ? " " : "",
			    l->brin[i].brin, l->brin[i].vestiging[k]);
	}
	return json_string(ov_buf_text(&b));
}

static json_t *
j_gemeenten(const struct ov_lid *l)
{
	OV_BUF b = {0};

	for (size_t i = 0; i < l->ngemeente; i++)
		ov_buf_fmt(&b, "%s%s", b.n > 0 ? " " : "", l->gemeente[i]);
	return json_string(ov_buf_text(&b));
}

struct known { /* columns of its row in `partner` */
	int64_t gezien, gehoord, fouten, wachtend;
};

static enum ov_rc
known_read(struct ov_store *st, const struct ov_lid *l, struct known *k,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;
	bool row;

	memset(k, 0, sizeof(*k));
	rc = ov_db_q(st->db, &q, e,
	    "SELECT gezien,gehoord,fouten,(SELECT count(*) FROM uitgaand"
	    " WHERE partner=partner.id AND stand IN ('OPGESTELD',"
	    " 'WACHT-OP-PSEUDONIEM', 'KLAAR', 'ONDERWEG'))"
	    " FROM partner WHERE oin=?1",
	    "t", l->oin.s);
	if (rc != OV_OK)
		return rc;
	rc = ov_db_next(st->db, q, &row, e);
	if (rc == OV_OK && row) {
		k->gezien = ov_db_i64(q, 0);
		k->gehoord = ov_db_i64(q, 1);
		k->fouten = ov_db_i64(q, 2);
		k->wachtend = ov_db_i64(q, 3);
	}
	ov_db_done(st->db, q);
	return rc;
}

static json_t *
j_member(struct ov_store *st, const struct ov_lid *l, struct ov_err *e)
{
	const struct ov_peer_seen *s = ov_peer_seen(st, &l->oin);
	struct known k;

	if (known_read(st, l, &k, e) != OV_OK)
		return NULL;
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:s,s:I,s:o,s:o,s:I,s:I}",
	    "naam", l->naam, "oin", l->oin.s, "rol", j_rol(l), "brin",
	    j_brin(l), "gemeenten", j_gemeenten(l), "status",
	    ov_lid_status_name(l->status), "adresboek",
	    s != NULL ? (json_int_t)s->adresboek : 0, "gezien",
	    ov_j_moment(k.gezien), "gehoord", ov_j_moment(k.gehoord),
	    "wachtend", (json_int_t)k.wachtend, "fouten", (json_int_t)k.fouten);
}

struct list {
	size_t at;
	uint32_t versie; /* of the book it began with */
};

static void
list_start(struct ov_ctl *c)
{
	struct list *l = c->state;

	if (!ov_ctl_args(c))
		return;
	if (c->st->boek == NULL)
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
	else
		l->versie = c->st->boek->versie;
}

static void
list_step(struct ov_ctl *c)
{
	const struct ov_adresboek *b = c->st->boek;
	struct list *l = c->state;
	struct ov_err e = {0};
	size_t end = l->at + OV_CTL_PAGE;
	json_t *j;

	if (b->versie != l->versie) { /* another book since the last page */
		ov_ctl_fout(c, "nu-niet", NULL);
		return;
	}
	for (; l->at < b->nlid && l->at < end; l->at++) {
		j = j_member(c->st, &b->lid[l->at], &e);
		if (j == NULL && !ov_ctl_ok(c, e.rc, &e))
			return;
		ov_ctl_row(c, j);
	}
	if (l->at == b->nlid)
		ov_ctl_end(c,
		    json_pack("{s:I}", "aantal", (json_int_t)b->nlid));
}

static json_t *
j_pins(const uint8_t (*pin)[32], size_t n)
{
	json_t *a = json_array();
	char hex[65];

	for (size_t i = 0; i < n; i++) {
		ov_hex_enc(hex, pin[i], 32);
		(void)json_array_append_new(a, json_string(hex));
	}
	return a;
}

static json_t *
j_hex(const uint8_t p[32])
{
	char hex[65];

	ov_hex_enc(hex, p, 32);
	return json_string(hex);
}

/* Whom to call there; asked anew, for the next time, when it is old. */
static json_t *
j_contacten(struct ov_store *st, const struct ov_lid *l)
{
	int64_t since[OV_CONTACT_MAX];
	struct ov_contacten k = {0};
	json_t *a = json_array(), *j;
	struct ov_err e = {0};
	bool found;

	if (ov_contact_of(st, l, &k, &found, &e) != OV_OK ||
	    ov_stuit_since(st, l, &k, since, &e) != OV_OK) {
		ov_log(OV_LOG_WARN, "event=contacts peer=%s fault=\"%s\"",
		    l->oin.s, e.msg);
		k.n = 0;
	}
	for (size_t i = 0; i < k.n; i++) {
		j = ov_j_contact(&k.row[i]);
		(void)ov_j_set(j, "nr", json_integer((json_int_t)i + 1));
		(void)ov_j_set(j, "gestuit", ov_j_moment(since[i]));
		(void)json_array_append_new(a, j);
	}
	ov_contacten_free(&k);
	ov_contact_ask(st, l);
	return a;
}

static void
show_start(struct ov_ctl *c)
{
	const char *word = ov_jo_str(&c->in, "partner", OV_NAAM_MAX), *code;
	const struct ov_lid *l;
	const struct ov_peer_seen *s;
	struct ov_err e = {0};
	json_t *j;

	if (!ov_ctl_args(c))
		return;
	if ((l = ov_ctl_partner(c->st, word, &code)) == NULL) {
		ov_ctl_fout(c, code, NULL);
		return;
	}
	if ((j = j_member(c->st, l, &e)) == NULL) {
		(void)ov_ctl_ok(c, e.rc != OV_OK ? e.rc : OV_NOSPACE, &e);
		return;
	}
	(void)ov_j_set(j, "url", json_string(l->url));
	(void)ov_j_set(j, "pki", json_string(ov_pki_name(l->pki)));
	(void)ov_j_set(j, "identiteit", j_hex(l->id));
	(void)ov_j_set(j, "log", j_hex(l->log));
	(void)ov_j_set(j, "getuige", j_hex(l->getuige));
	(void)ov_j_set(j, "tls_server", j_pins(l->server, l->nserver));
	(void)ov_j_set(j, "tls_client", j_pins(l->client, l->nclient));
	(void)ov_j_set(j, "mag_naar_ons",
	    json_boolean(ov_lid_may(l, &c->st->self)));
	if ((s = ov_peer_seen(c->st, &l->oin)) != NULL) {
		(void)ov_j_set(j, "laatste_antwoord", ov_j_moment(s->at));
		(void)ov_j_set(j, "http_status", json_integer(s->status));
		(void)ov_j_set(j, "rtt_ms", json_integer(s->rtt_us / 1000));
		(void)ov_j_set(j, "klok", json_integer(s->skew));
		(void)ov_j_set(j, "fout", json_string(s->fault));
	}
	(void)ov_j_set(j, "contacten", j_contacten(c->st, l));
	ov_ctl_row(c, j);
	ov_ctl_end(c, NULL);
}

/* Those who were refused: a bounded table, one page. */
static void
strangers_start(struct ov_ctl *c)
{
	struct ov_stranger r[OV_STRANGERS_MAX];
	size_t n = ov_stranger_rows(c->st, r, OV_STRANGERS_MAX);
	const struct ov_lid *l;
	char source[OV_ADDR_TEXT];

	if (!ov_ctl_args(c))
		return;
	for (size_t i = 0; i < n; i++) {
		ov_addr_fmt(source, r[i].source);
		l = c->st->boek != NULL ? ov_book_oin(c->st->boek, &r[i].oin)
		                        : NULL;
		ov_ctl_row(c, json_pack("{s:s,s:s,s:I,s:s,s:o,s:o}", "bron",
		                  source, "reden", ov_vreemd_name(r[i].why),
		                  "aantal", (json_int_t)r[i].n, "partner",
		                  l != NULL ? l->naam : r[i].oin.s, "eerst",
		                  ov_j_moment(r[i].first), "laatst",
		                  ov_j_moment(r[i].last)));
	}
	ov_ctl_end(c, json_pack("{s:I,s:I,s:I}", "aantal", (json_int_t)n,
	                  "handdrukken_geweigerd",
	                  (json_int_t)c->st->n.handshakes_refused, "vreemden",
	                  (json_int_t)c->st->n.strangers));
}

const struct ov_ctl_cmd ov_ctl_partners[] = {
    {.name = "partners.list",
        .mag = OV_CTL_ELK,
        .size = sizeof(struct list),
        .start = list_start,
        .step = list_step},
    {.name = "partners.show", .mag = OV_CTL_ELK, .start = show_start},
    {.name = "partners.strangers",
        .mag = OV_MAG_BEHEREN | OV_MAG_TOEZIEN,
        .start = strangers_start},
    {0},
};
