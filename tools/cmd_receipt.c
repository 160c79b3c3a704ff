/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_receipt.c - overstap receipt verify. */
#include "tools/cmd_receipt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/id.h"
#include "protocol/json.h"
#include "protocol/tijd.h"
#include "tools/cmd_cli.h"

#define FILE_MAX (OV_ADRESBOEK_MAX + ((size_t)1 << 20))
#define BLOCKS_MAX 8

/* ---- the file ---- */

struct parts {
	struct ov_view jws, book, later, proof;
};

/* From the first line of block a to the end of block b. */
static struct ov_view
span(const struct ov_view *v, size_t a, size_t b)
{
	return (struct ov_view){v[a].p, (size_t)(v[b].p + v[b].n - v[a].p)};
}

/* Blocks of lines with one or more empty lines between; each with its last
 * LF. */
static size_t
blocks(struct ov_view f, struct ov_view *out)
{
	const uint8_t *p = f.p, *end = f.p + f.n, *nl;
	size_t n = 0;

	while (p < end) {
		while (p < end && *p == '\n')
			p++;
		if (p == end)
			break;
		if (n == BLOCKS_MAX)
			return 0;
		out[n].p = p;
		for (;;) {
			nl = memchr(p, '\n', (size_t)(end - p));
			p = nl != NULL ? nl + 1 : end;
			if (p == end || *p == '\n')
				break;
		}
		out[n].n = (size_t)(p - out[n].p);
		n++;
	}
	return n;
}

static enum ov_rc
take_apart(struct ov_view f, struct parts *out, struct ov_err *e)
{
	struct ov_view b[BLOCKS_MAX];
	size_t n = blocks(f, b);

	memset(out, 0, sizeof(*out));
	if (n != 3 && n != 5 && n != 6)
		return ov_fail(e, OV_BADMSG,
		    "not the file of overstap export receipt");
	out->jws = b[0];
	while (out->jws.n > 0 && (out->jws.p[out->jws.n - 1] == '\n' ||
	                             out->jws.p[out->jws.n - 1] == '\r'))
		out->jws.n--;
	out->book = span(b, 1, 2);
	if (n >= 5)
		out->later = span(b, 3, 4);
	if (n == 6)
		out->proof = b[5];
	return OV_OK;
}

/* ---- the address book ---- */

/* A version that stands on its own: shape, and signed by its own threshold.
 * Whether this is the region's book is told by its fingerprint. */
static enum ov_rc
open_book(struct ov_view note, const char *typed, struct ov_adresboek **out,
    struct ov_err *e)
{
	char vinger[OV_VINGER_TEXT];
	struct ov_accept_in in = {.typed = typed};
	struct ov_note parsed;
	uint8_t sha[32];
	enum ov_accept a;
	enum ov_rc rc;

	*out = NULL;
	if ((rc = ov_note_parse(note.p, note.n, &parsed, e)) != OV_OK ||
	    (rc = ov_adresboek_parse(parsed.text.p, parsed.text.n, out, e)) !=
	        OV_OK)
		return ov_while(e, rc, "address book");
	memcpy(sha, (*out)->sha256, sizeof(sha));
	in.now = (*out)->uitgegeven;
	ov_adresboek_free(*out);
	*out = NULL;
	if (typed == NULL) {
		ov_vinger(vinger, sha);
		in.typed = vinger;
	}
	a = ov_adresboek_accept(&in, note.p, note.n, out, e);
	if (a == OV_ACCEPT_OK)
		return OV_OK;
	return ov_fail(e,
	    a == OV_ACCEPT_SIGNATURES || a == OV_ACCEPT_NOTE ? OV_BADSIG
	                                                     : OV_BADMSG,
	    "address book: %s", ov_accept_name(a));
}

/* ---- the receipt ---- */

static void
name_of(char out[OV_NAAM_MAX + 1], const struct ov_lid *l)
{
	(void)snprintf(out, OV_NAAM_MAX + 1, "%s",
	    l != NULL ? l->naam : "onbekend");
}

/* What the receipt claims, before anything of it is believed. */
static enum ov_rc
claims(struct ov_view jws, struct ov_receipt *r, struct ov_err *e)
{
	OV_BUF payload = {0};
	struct ov_jws j;
	enum ov_rc rc;

	rc = ov_jws_split(jws.p, jws.n, OV_TYP_ONTVANGST, &j, &payload, e);
	if (rc == OV_OK)
		rc = ov_receipt_parse(payload.p, payload.n, r, e);
	return rc == OV_OK ? rc : ov_while(e, rc, "receipt");
}

static enum ov_rc
judge(struct ov_view jws, const struct ov_adresboek *k,
    const struct ov_receipt *r, struct ov_receipt_facts *f,
    struct ov_receipt_verdict *v, struct ov_err *e)
{
	const struct ov_lid *to = ov_book_oin(k, &r->iss);
	struct ov_receipt_asked q = {.self = r->aud,
	    .partner = r->iss,
	    .sha256_jwe = r->sha256_jwe,
	    .njwe = 1,
	    .logdomein = k->logdomein,
	    .regio = k->regio,
	    .nid = 1};

	if (to == NULL)
		return ov_fail(e, OV_BADSIG,
		    "who signed is no member in this address book");
	name_of(f->to_naam, to);
	name_of(f->from_naam, ov_book_oin(k, &r->aud));
	memcpy(q.jti, r->ref, 16);
	memcpy(q.sha256_jws, r->sha256_jws, 32);
	memcpy(q.log, to->log, 32);
	memcpy(q.id[0].pk, to->id, 32);
	memcpy(q.id[0].thumb, to->id_thumb, 32);
	if (to->has_vorige && r->iat < to->vorige_tot) {
		memcpy(q.id[1].pk, to->vorige, 32);
		memcpy(q.id[1].thumb, to->vorige_thumb, 32);
		q.nid = 2;
	}
	switch (ov_receipt_judge(jws.p, jws.n, &q, v, NULL, e)) {
	case OV_RECEIPT_BAD:
		return ov_fail(e, OV_BADSIG, "the receipt fails check %d of 9",
		    v->step);
	case OV_RECEIPT_ALARM:
		(void)snprintf(f->doubt, sizeof(f->doubt),
		    "check %d of 9: %.200s", v->step, e != NULL ? e->msg : "");
		return OV_OK;
	case OV_RECEIPT_GOOD:
		f->in_log = true;
		f->index = v->index;
		f->size = v->checkpoint.size;
		return OV_OK;
	}
	return ov_fail(e, OV_BADSIG, "receipt");
}

/* ---- the later checkpoint ---- */

static uint32_t
count_witnesses(const struct ov_note *note, const struct ov_adresboek *k,
    const struct ov_oin *self)
{
	char name[OV_NOTE_NAME_MAX + 1];
	struct ov_note_seen seen;
	struct ov_vkey key;
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < k->nlid; i++) {
		if (ov_oin_eq(&k->lid[i].oin, self) ||
		    ov_witness_name(name, k->logdomein, k->regio,
		        &k->lid[i].oin, NULL) != OV_OK ||
		    ov_vkey_make(&key, name, OV_VKEY_COSIG, k->lid[i].getuige,
		        NULL) != OV_OK)
			continue;
		if (ov_note_verify(note, &key, 1, &seen, NULL) == OV_OK &&
		    seen.good)
			n++;
	}
	return n;
}

static enum ov_rc
proof_hashes(struct ov_view text, struct ov_digest *out, size_t *n,
    struct ov_err *e)
{
	const uint8_t *p = text.p, *end = text.p + text.n, *nl;

	*n = 0;
	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		if (*n == OV_TLOG_PATH_MAX ||
		    ov_b64_exact((struct ov_view){p, (size_t)(nl - p)},
		        out[*n].b, 32) != OV_OK)
			return ov_fail(e, OV_BADMSG, "consistency proof");
		(*n)++;
		p = nl < end ? nl + 1 : end;
	}
	return OV_OK;
}

static enum ov_rc
later(const struct parts *p, const struct ov_adresboek *k,
    const struct ov_oin *self, const struct ov_receipt_verdict *v,
    struct ov_receipt_facts *f, struct ov_err *e)
{
	const struct ov_lid *to = ov_book_oin(k, self);
	struct ov_digest path[OV_TLOG_PATH_MAX];
	struct ov_checkpoint cp;
	struct ov_note note;
	enum ov_rc rc;
	size_t n;

	if ((rc = ov_checkpoint_open(p->later.p, p->later.n, to->log, &cp,
	         &note, e)) != OV_OK ||
	    (rc = proof_hashes(p->proof, path, &n, e)) != OV_OK)
		return rc;
	if (strcmp(cp.origin, v->checkpoint.origin) != 0)
		return ov_fail(e, OV_BADMSG, "checkpoint of another log");
	if (cp.size == v->checkpoint.size && n == 0)
		rc = memcmp(cp.root.b, v->checkpoint.root.b, 32) == 0
		         ? OV_OK
		         : ov_fail(e, OV_BADSIG, "two roots for one size");
	else
		rc = ov_tlog_verify_consistency(v->checkpoint.size, cp.size,
		    &v->checkpoint.root, &cp.root, path, n, e);
	if (rc != OV_OK)
		return rc;
	f->later = cp.size;
	f->consistent = true;
	f->witnesses = count_witnesses(&note, k, self);
	return OV_OK;
}

enum ov_rc
ov_receipt_file(struct ov_view file, struct ov_view book, const char *typed,
    struct ov_receipt_facts *f, struct ov_err *e)
{
	struct ov_receipt_verdict v = {0};
	struct ov_adresboek *k = NULL;
	struct ov_receipt r = {0};
	struct ov_err why = {0};
	struct parts p;
	enum ov_rc rc;

	memset(f, 0, sizeof(*f));
	if ((rc = take_apart(file, &p, e)) != OV_OK)
		return rc;
	f->book_given = book.n > 0;
	if ((rc = open_book(f->book_given ? book : p.book, typed, &k, e)) !=
	    OV_OK)
		return rc;
	f->versie = k->versie;
	ov_vinger(f->vinger, k->sha256);
	if ((rc = claims(p.jws, &r, e)) == OV_OK) {
		f->from = r.aud;
		f->to = r.iss;
		f->iat = r.iat;
		memcpy(f->jti, r.ref, 16);
		memcpy(f->sha256_jws, r.sha256_jws, 32);
		memcpy(f->sha256_jwe, r.sha256_jwe, 32);
		rc = judge(p.jws, k, &r, f, &v, e);
	}
	if (rc == OV_OK && f->in_log && p.later.n > 0 &&
	    later(&p, k, &r.iss, &v, f, &why) != OV_OK)
		(void)snprintf(f->doubt, sizeof(f->doubt), "%s", why.msg);
	ov_receipt_free(&r);
	ov_adresboek_free(k);
	return rc;
}

/* ---- telling ---- */

static int
as_json(struct ov_cli *cli, const struct ov_receipt_facts *f)
{
	char jti[OV_ID_SIZE], iat[OV_MOMENT_SIZE], jws[65], jwe[65];

	ov_id_text(jti, f->jti);
	ov_moment_fmt(iat, f->iat);
	ov_hex_enc(jws, f->sha256_jws, 32);
	ov_hex_enc(jwe, f->sha256_jwe, 32);
	return ov_cli_json(cli,
	    json_pack("{s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:b,s:b,s:I,s:I,"
	              "s:I,s:b,s:I,s:s}",
	        "goed", 1, "van", f->from.s, "aan", f->to.s, "jti", jti,
	        "ontvangen", iat, "sha256_jws", jws, "sha256_jwe", jwe,
	        "adresboek", (json_int_t)f->versie, "vingerafdruk", f->vinger,
	        "eigen_adresboek", f->book_given, "in_log", f->in_log, "index",
	        (json_int_t)f->index, "omvang", (json_int_t)f->size, "later",
	        (json_int_t)f->later, "aansluitend", f->consistent, "getuigen",
	        (json_int_t)f->witnesses, "twijfel", f->doubt));
}

static void
as_text(struct ov_cli *cli, const struct ov_receipt_facts *f)
{
	char jti[OV_ID_SIZE], jws[65];
	struct ov_civil c = ov_civil_nl(f->iat);
	char date[OV_DATE_SIZE];

	ov_id_text(jti, f->jti);
	ov_hex_enc(jws, f->sha256_jws, 32);
	ov_date_fmt_nl(date, c.date);
	ov_cli_say(cli,
	    "Dit ontvangstbewijs is echt.\n\n"
	    "%s (%s)\nheeft op %s om %02u:%02u uur van\n%s (%s)\n"
	    "bericht %s ontvangen en opgeslagen.\n\n"
	    "SHA-256 van het ondertekende bericht:\n  %s\n",
	    f->to_naam, f->to.s, date, c.h, c.mi, f->from_naam, f->from.s, jti,
	    jws);
	if (f->in_log)
		ov_cli_say(cli,
		    "Het staat als nummer %" PRIu64
		    " in het logboek van de ontvanger (omvang %" PRIu64 ").\n",
		    f->index, f->size);
	if (f->consistent)
		ov_cli_say(cli,
		    "Een later ondertekend logboek (omvang %" PRIu64
		    ") sluit daarop aan; medeondertekend door %" PRIu32
		    " getuigen.\n",
		    f->later, f->witnesses);
	if (f->doubt[0] != '\0')
		ov_cli_say(cli,
		    "LET OP: de plaats in het logboek is niet bewezen (%s). "
		    "De handtekening van de ontvanger geldt wel.\n",
		    f->doubt);
	ov_cli_say(cli,
	    "\nBeoordeeld met versie %" PRIu32 " van het adresboek, "
	    "vingerafdruk\n  %s\n%s",
	    f->versie, f->vinger,
	    f->book_given ? ""
	                  : "Die versie stond in het bestand zelf: vergelijk "
	                    "de vingerafdruk met die\nvan een beheerder van de "
	                    "regio, of geef een eigen adresboek met --book.\n");
}

static int
run_verify(struct ov_cli *cli, const struct ov_cmd *cmd,
    const struct ov_args *a)
{
	const char *own = ov_args_text(a, "book"),
	           *typed = ov_args_text(a, "fingerprint");
	OV_BUF file = {0}, book = {0};
	struct ov_receipt_facts f;
	struct ov_err e = {0};
	int x;

	(void)cmd;
	ov_json_init();
	if (ov_cli_file(a->pos[0], FILE_MAX, &file, &e) != OV_OK ||
	    (own != NULL && ov_cli_file(own, FILE_MAX, &book, &e) != OV_OK))
		return ov_cli_err(cli, &e);
	if (ov_receipt_file((struct ov_view){file.p, file.n},
	        (struct ov_view){book.p, book.n}, typed, &f, &e) != OV_OK)
		return e.rc == OV_BADSIG
		           ? ov_cli_fail(cli, OV_X_REFUSED,
		                 "Dit ontvangstbewijs is NIET echt: %s", e.msg)
		       : e.rc == OV_BADMSG || e.rc == OV_TOOBIG
		           ? ov_cli_fail(cli, OV_X_INPUT,
		                 "Dit is geen heel ontvangstbewijs: het "
		                 "bestand "
		                 "is beschadigd, veranderd of iets anders. "
		                 "Vraag "
		                 "om een nieuw exemplaar. (%s)",
		                 e.msg)
		           : ov_cli_err(cli, &e);
	if (cli->json)
		x = as_json(cli, &f);
	else {
		as_text(cli, &f);
		x = OV_X_OK;
	}
	return x == OV_X_OK && f.doubt[0] != '\0' ? OV_X_REFUSED : x;
}

static const struct ov_opt opt_verify[] =
    {{"book", OV_OPT_TEXT, "NOTE", "an address book that you trust yourself"},
        {"fingerprint", OV_OPT_TEXT, "TYPED", "that the book must have"},
        {NULL, OV_OPT_FLAG, NULL, NULL}};

const struct ov_cmd ov_cmds_receipt[] =
    {{"receipt", "verify", "FILE", 1, 1,
         "Judge the file of export receipt, without a daemon", opt_verify,
         run_verify, NULL, false},
        {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false}};
