/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/ctl_basis.c - status, the enrolment card, joining a region, and
 * what a holder does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/version.h"
#include "daemon/store/ctl.h"
#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/kaart.h"
#include "protocol/note.h"

/* ---- status ---- */

static void
status_start(struct ov_ctl *c)
{
	struct ov_store *st = c->st;

	if (!ov_ctl_args(c))
		return;
	ov_ctl_end(c,
	    json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:o}", "versie", OV_VERSION,
	        "oin", st->self.s, "regio", st->env.conf->regio, "naam",
	        st->env.conf->naam, "adresboek",
	        st->boek != NULL ? (json_int_t)st->boek->versie : 0,
	        "log_omvang", (json_int_t)st->log.was.size, "tijd",
	        ov_j_moment(ov_now(st))));
}

/* ---- card ---- */

/* kaart.txt lies beside the certificate, where `overstap init` put it. */
static enum ov_rc
card_read(struct ov_store *st, struct ov_buf *out, struct ov_err *e)
{
	OV_CLOSE int dir = -1;
	const char *slash = strrchr(st->env.conf->tls_cert, '/');
	char path[4096];
	size_t n;
	enum ov_rc rc;

	n = slash == NULL ? 0 : (size_t)(slash - st->env.conf->tls_cert);
	if (n == 0 || n >= sizeof(path))
		return ov_fail(e, OV_DENIED, "no folder of the instance");
	memcpy(path, st->env.conf->tls_cert, n);
	path[n] = '\0';
	if ((rc = ov_fs_opendir(AT_FDCWD, path, &dir, e)) != OV_OK)
		return rc;
	return ov_fs_read(dir, "kaart.txt", OV_KAART_MAX, out, e);
}

static void
card_start(struct ov_ctl *c)
{
	OV_BUF note = {0};
	struct ov_kaart *k = NULL;
	struct ov_err e = {0};
	char vinger[OV_VINGER_TEXT];
	bool ours;

	if (!ov_ctl_args(c))
		return;
	if (card_read(c->st, &note, &e) != OV_OK ||
	    ov_kaart_open(note.p, note.n, &k, &e) != OV_OK) {
		ov_ctl_fout(c, "kaart-ontbreekt", NULL);
		return;
	}
	ours = ov_oin_eq(&k->lid.oin, &c->st->self) &&
	       memcmp(k->lid.id, c->st->keys.id_pk, 32) == 0;
	ov_vinger(vinger, k->sha256);
	ov_kaart_free(k);
	if (!ours)
		ov_ctl_fout(c, "kaart-ontbreekt", NULL);
	else
		ov_ctl_end(c,
		    json_pack("{s:s%,s:s}", "tekst", (const char *)note.p,
		        note.n, "vingerafdruk", vinger));
}

/* ---- join ---- */

static const char *
accept_code(enum ov_accept a)
{
	switch (a) {
	case OV_ACCEPT_FINGERPRINT:
		return "vingerafdruk-klopt-niet";
	case OV_ACCEPT_GAP:
	case OV_ACCEPT_OLDER:
	case OV_ACCEPT_CHAIN:
		return "adresboek-niet-aansluitend";
	case OV_ACCEPT_FORK:
		return "adresboek-splitsing";
	case OV_ACCEPT_NOTE:
	case OV_ACCEPT_SHAPE:
	case OV_ACCEPT_NOTBUILT:
	case OV_ACCEPT_REGIO:
	case OV_ACCEPT_SIGNATURES:
	case OV_ACCEPT_TIME:
		return "adresboek-ongeldig";
	case OV_ACCEPT_N:
	case OV_ACCEPT_OK:
	case OV_ACCEPT_SAME:
		break;
	}
	return "inwendige-fout";
}

/* Is this the fingerprint of the note's text? */
static bool
note_has(struct ov_view note, const char *typed)
{
	struct ov_note n;
	struct ov_err e = {0};
	uint8_t sha[32];

	return ov_note_parse(note.p, note.n, &n, &e) == OV_OK &&
	       ov_sha256(sha, n.text.p, n.text.n) == OV_OK &&
	       ov_vinger_match(typed, sha);
}

static void
join_start(struct ov_ctl *c)
{
	struct ov_store *st = c->st;
	struct ov_view note = ov_jo_view(&c->in, "note", 1, OV_CTL_FRAME);
	const char *typed = ov_ctl_text(c, "vingerafdruk", 64);
	bool vervang = ov_ctl_flag(c, "vervang");
	const char *reden = ov_ctl_text(c, "reden", 200);
	struct ov_err e = {0};
	enum ov_accept got;

	if (!ov_ctl_args(c))
		return;
	if (st->boek == NULL || vervang) {
		if (typed == NULL || (vervang && reden == NULL)) {
			ov_ctl_fout(c, "vingerafdruk-klopt-niet", NULL);
			return;
		}
	} else {
		/* The next version, by the rules; what was typed must still
		 * be its fingerprint. */
		if (typed != NULL && !note_has(note, typed)) {
			ov_ctl_fout(c, "vingerafdruk-klopt-niet", NULL);
			return;
		}
		typed = NULL;
	}
	got = ov_boek_offer(st, note, typed, reden, &e);
	if (got != OV_ACCEPT_OK && got != OV_ACCEPT_SAME) {
		ov_log(OV_LOG_WARN, "event=join outcome=%s fault=\"%s\"",
		    ov_accept_name(got), e.msg);
		ov_ctl_fout(c, accept_code(got), NULL);
		return;
	}
	ov_ctl_end(c,
	    json_pack("{s:I,s:s,s:I}", "versie", (json_int_t)st->boek->versie,
	        "regio", st->boek->regio, "leden", (json_int_t)st->boek->nlid));
}

/* ---- holder.publish ---- */

/* OINs of the cards in an array of texts. */
static bool
cards_oins(const json_t *list, struct ov_oin *oin, size_t *n)
{
	struct ov_kaart *k;
	struct ov_view v;
	struct ov_err e = {0};

	for (size_t i = 0; i < json_array_size(list); i++) {
		v = ov_json_view(json_array_get(list, i));
		if (ov_kaart_open(v.p, v.n, &k, &e) != OV_OK)
			return false;
		oin[(*n)++] = k->lid.oin;
		ov_kaart_free(k);
	}
	return true;
}

static void
publish(struct ov_ctl *c, uint32_t ep, const json_t *cards)
{
	struct ov_oin *extra = calloc(OV_LEDEN_MAX, sizeof(*extra));
	OV_BUF jws = {0};
	struct ov_err e = {0};
	uint8_t sha[32];
	char hex[65];
	size_t n = 0;
	enum ov_rc rc;

	if (extra == NULL) {
		rc = ov_fail(&e, OV_NOSPACE, "out of memory");
	} else if (!cards_oins(cards, extra, &n)) {
		free(extra);
		ov_ctl_fout(c, "kaart-ontbreekt", NULL);
		return;
	} else {
		rc = ov_holder_publish(c->st, ep, extra, n, &jws, sha, &e);
	}
	free(extra);
	if (!ov_ctl_ok(c, rc, &e))
		return;
	ov_hex_enc(hex, sha, sizeof(sha));
	ov_ctl_end(c, json_pack("{s:s%,s:s}", "jws", (const char *)jws.p, jws.n,
	                  "sha256", hex));
}

static void
publish_start(struct ov_ctl *c)
{
	uint32_t ep = (uint32_t)ov_jo_range(&c->in, "ep", 1, UINT32_MAX);
	const json_t *cards = NULL;

	if (ov_jo_has(&c->in, "kaarten"))
		cards = ov_jo_arr(&c->in, "kaarten", OV_LEDEN_MAX);
	if (!ov_ctl_args(c))
		return;
	if (c->st->env.houder == NULL)
		ov_ctl_fout(c, "geen-houder", NULL);
	else
		publish(c, ep, cards);
}

/* ---- holder.test: each holder's manifest, over the wire ---- */

struct test {
	size_t under_way;
	bool begun, good;
};

struct probe {
	uint64_t serial;
	uint64_t begun_ms;
	uint8_t deel, sha256[32];
	bool named; /* the book has its manifest */
	struct ov_oin houder;
};

static void
test_row(struct ov_ctl *c, const struct probe *p, bool good, int64_t ms)
{
	struct test *t = c->state;
	const struct ov_lid *lid = ov_book_oin(c->st->boek, &p->houder);

	if (!good)
		t->good = false;
	ov_ctl_row(c,
	    json_pack("{s:s,s:i,s:s,s:b,s:I}", "domein", c->st->self.s, "deel",
	        (int)p->deel, "houder", lid != NULL ? lid->naam : p->houder.s,
	        "goed", good, "ms", (json_int_t)ms));
}

static void
test_done(struct ov_store *st, void *arg, const struct ov_n_result *r)
{
	struct probe *p = arg;
	struct ov_ctl *c = ov_ctl_find(st, p->serial);
	struct test *t;
	uint8_t sha[32];
	bool good = false;

	if (c != NULL) {
		t = c->state;
		if (r->status == 200 && p->named &&
		    ov_sha256(sha, r->body.p, r->body.n) == OV_OK)
			good = memcmp(sha, p->sha256, 32) == 0;
		test_row(c, p, good,
		    (int64_t)(ov_loop_now_ms(st->env.loop) - p->begun_ms));
		t->under_way--;
		ov_ctl_wake(c);
	}
	free(p);
}

static void
test_ask(struct ov_ctl *c, const struct ov_book_epoch *ep, uint8_t deel,
    const struct ov_oin *houder)
{
	struct test *t = c->state;
	const struct ov_lid *lid = ov_book_oin(c->st->boek, houder);
	struct probe *p = calloc(1, sizeof(*p));
	struct ov_fetch f = {.max = OV_ANSWER_BIG_MAX, .timeout_ms = 5000};
	struct ov_err e = {0};
	char sha[OV_B64U_SIZE(32)], path[128];

	if (p == NULL)
		return;
	p->serial = c->serial;
	p->begun_ms = ov_loop_now_ms(c->st->env.loop);
	p->deel = deel;
	p->houder = *houder;
	for (size_t i = 0; i < ep->nmanifest; i++) {
		if (!ov_oin_eq(&ep->manifest[i].houder, houder))
			continue;
		memcpy(p->sha256, ep->manifest[i].sha256, 32);
		p->named = true;
	}
	if (ov_oin_eq(houder, &c->st->self) || lid == NULL || !p->named) {
		test_row(c, p,
		    p->named && lid != NULL && c->st->env.houder != NULL, 0);
		free(p);
		return;
	}
	(void)ov_b64u_enc(sha, p->sha256, 32);
	(void)snprintf(path, sizeof(path), "/v1/oprf/sleutels/%u?sha256=%s",
	    (unsigned)ep->ep, sha);
	f.path = path;
	if (ov_fetch(c->st, lid, &f, true, test_done, p, &e) == OV_OK) {
		t->under_way++;
		return;
	}
	test_row(c, p, false, 0);
	free(p);
}

static void
test_step(struct ov_ctl *c)
{
	struct test *t = c->state;
	const struct ov_book_epoch *ep;

	if (!t->begun) {
		t->begun = t->good = true;
		ep = ov_book_epoch_active(c->st->boek, ov_now(c->st));
		for (size_t i = 0; ep != NULL && i < ep->ndeel; i++)
			for (size_t k = 0; k < ep->deel[i].n; k++)
				test_ask(c, ep, ep->deel[i].deel,
				    &ep->deel[i].houder[k]);
		if (ep == NULL)
			t->good = false;
	}
	if (t->under_way > 0)
		c->waiting = true;
	else
		ov_ctl_end(c, json_pack("{s:b}", "goed", t->good));
}

static void
test_start(struct ov_ctl *c)
{
	if (ov_ctl_args(c) && c->st->boek == NULL)
		ov_ctl_fout(c, "adresboek-ontbreekt", NULL);
}

const struct ov_ctl_cmd ov_ctl_basis[] = {
    {.name = "status", .mag = OV_CTL_ELK, .start = status_start},
    {.name = "card", .mag = OV_MAG_BEHEREN, .start = card_start},
    {.name = "join", .mag = OV_MAG_BEHEREN, .start = join_start},
    {.name = "holder.publish", .mag = OV_MAG_BEHEREN, .start = publish_start},
    {.name = "holder.test",
        .mag = OV_MAG_BEHEREN,
        .size = sizeof(struct test),
        .start = test_start,
        .step = test_step},
    {0},
};
