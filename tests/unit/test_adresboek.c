/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_adresboek.c - shape, lookups, acceptance rules, fingerprint
 * and differences of the address book.
 */
#include "tests/unit/docs_help.h"

#include "protocol/adresboek.h"
#include "protocol/hash.h"

#define NOW ((int64_t)1788249600) /* 2026-09-01T08:00:00Z */

static const char
    *const empty32 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* A digest that depends on two numbers, as text. */
static void
some(char *out, bool u, unsigned i, unsigned what)
{
	uint8_t md[32], in[2] = {(uint8_t)i, (uint8_t)what};
	uint8_t more[4] = {in[0], in[1], (uint8_t)(i >> 8), 9};

	assert_int_equal(ov_sha256(md, more, 4), OV_OK);
	if (u)
		(void)ov_b64u_enc(out, md, 32);
	else
		(void)ov_b64_enc(out, md, 32);
}

static json_t *
pin(unsigned i, unsigned what)
{
	char t[OV_B64_SIZE(32)], p[64];

	some(t, false, i, what);
	(void)snprintf(p, sizeof(p), "sha256//%s", t);
	return json_pack("[s]", p);
}

static json_t *
lid(unsigned i)
{
	char oin[21], url[64], id[44], lg[44], w[44], brin[5], naam[32];

	(void)snprintf(oin, sizeof(oin), "000000990000%08u", i);
	(void)snprintf(url, sizeof(url), "https://p%u.overstap.example:8443",
	    i);
	(void)snprintf(naam, sizeof(naam), "School %u", i);
	(void)snprintf(brin, sizeof(brin), "%02uA%c", i % 100,
	    (char)('A' + i / 100 % 26));
	some(id, true, i, 1);
	some(lg, true, i, 2);
	some(w, true, i, 3);
	return json_pack("{s:s,s:s,s:[s],s:s,s:s,s:s,s:n,s:s,s:s,s:o,s:o,s:s,"
	                 "s:[s],s:[s],s:[{s:s,s:[s]}],s:[]}",
	    "oin", oin, "naam", naam, "rol", "vo", "status", "actief", "url",
	    url, "id", id, "id_vorige", "log", lg, "getuige", w, "tls_server",
	    pin(i, 4), "tls_client", pin(i, 4), "pki", "regio", "suites", "OS1",
	    "mag_naar", "00000099000000000001", "brin", "brin", brin,
	    "vestigingen", "00", "gemeenten");
}

static void
admin(unsigned i, struct key *k, struct ov_vkey *v)
{
	char name[OV_NOTE_NAME_MAX + 1], slug[8];

	*k = key_of((uint8_t)(0xd0 + i));
	(void)snprintf(slug, sizeof(slug), "b%u", i);
	assert_int_equal(ov_beheer_name(name, "overstap.example", "voorbeeld",
	                     slug, NULL),
	    OV_OK);
	assert_int_equal(ov_vkey_make(v, name, OV_VKEY_ED25519, k->pk, NULL),
	    OV_OK);
}

static json_t *
book(unsigned version, const char *vorige, unsigned n)
{
	json_t *a = json_array(), *b = json_array();
	struct ov_vkey v;
	struct key k;
	unsigned i;

	for (i = 0; i < n; i++)
		assert_int_equal(json_array_append_new(a, lid(i)), 0);
	for (i = 0; i < 3; i++) {
		OV_BUF t = {0};
		admin(i, &k, &v);
		ov_vkey_text(&t, &v);
		assert_int_equal(json_array_append_new(b,
		                     json_string(ov_buf_text(&t))),
		    0);
	}
	return json_pack("{s:s,s:i,s:s,s:I,s:s,s:s,s:s,s:s,s:i,s:o,s:o,s:[s],"
	                 "s:{s:[{s:i,s:s,s:s,s:{s:[s],s:[s]},s:{}}],"
	                 "s:{s:{s:{s:i,s:i,s:s,s:i}}}},s:{s:i},s:[]}",
	    "type", "overstap-adresboek", "v", 1, "regio", "voorbeeld",
	    "versie", (json_int_t)version, "vorige", vorige, "uitgegeven",
	    "2026-09-01T08:00:00Z", "geldig_tot", "2026-10-06T08:00:00Z",
	    "logdomein", "overstap.example", "drempel", 2, "beheerders", b,
	    "leden", a, "ca", "AQID", "oprf", "epochs", "ep", 1, "status",
	    "actief", "van", "2026-08-01T00:00:00Z", "delen", "1",
	    "00000099000000000000", "2", "00000099000000000001", "manifesten",
	    "budget", "00000099000000000000", "00000099000000000001", "dag",
	    5100, "dag_na", 510, "dag_tot", "2026-09-30", "jaar", 25500, "log",
	    "minimum_getuigen", 2, "ingetrokken");
}

/* The note of a book, signed by the administrators whose bit is set. */
static void
note_of(struct ov_buf *b, const json_t *j, unsigned who)
{
	struct ov_vkey v;
	struct key k;
	unsigned i;
	size_t n;

	ov_json_dump(b, j);
	ov_buf_str(b, "\n");
	n = b->n;
	for (i = 0; i < 8; i++) {
		if ((who >> i & 1) == 0)
			continue;
		admin(i, &k, &v);
		sign_note(b, n, &v, &k);
	}
}

static enum ov_accept
accept_note(const struct ov_adresboek *stored, const char *typed, int64_t now,
    const struct ov_buf *note, struct ov_adresboek **out)
{
	struct ov_accept_in in = {stored, typed, NULL, now};
	struct ov_adresboek *k = NULL;
	enum ov_accept a;

	a = ov_adresboek_accept(&in, note->p, note->n, &k, NULL);
	assert_true((a == OV_ACCEPT_OK) == (k != NULL));
	if (out != NULL)
		*out = k;
	else
		ov_adresboek_free(k);
	return a;
}

/* Anchor a first book of this version with one member. */
static struct ov_adresboek *
anchored(unsigned version, unsigned n)
{
	json_t *j = book(version,
	    version == 1 ? ""
	                 : "AAAAAAAAAAAAAAAAAAAAAAAA"
	                   "AAAAAAAAAAAAAAAAAAA=",
	    n);
	struct ov_adresboek *k = NULL;
	char fp[OV_VINGER_TEXT];
	uint8_t md[32];
	OV_BUF b = {0};
	size_t len;

	note_of(&b, j, 3);
	len = (size_t)((uint8_t *)memmem(b.p, b.n, "\n\n", 2) - b.p) + 1;
	assert_int_equal(ov_sha256(md, b.p, len), OV_OK);
	ov_vinger(fp, md);
	assert_int_equal(accept_note(NULL, NULL, NOW, &b, NULL),
	    OV_ACCEPT_FINGERPRINT);
	assert_int_equal(accept_note(NULL, fp, NOW, &b, &k), OV_ACCEPT_OK);
	json_decref(j);
	return k;
}

/* Rules 0 to 4, one at a time. */
static void
test_acceptance(void **state)
{
	struct ov_adresboek *k, *next = NULL;
	char prev[OV_B64_SIZE(32)];
	json_t *j, *j2;
	unsigned i;

	(void)state;
	ov_json_init();
	k = anchored(41, 2);
	(void)ov_b64_enc(prev, k->sha256, 32);
	j = book(42, prev, 3);
	for (i = 0; i < 8; i++) {
		OV_BUF b = {0};
		note_of(&b, j, i == 0 ? 8 : i);
		assert_int_equal(accept_note(k, NULL, NOW, &b, NULL),
		    i == 3 || i >= 5 ? OV_ACCEPT_OK : OV_ACCEPT_SIGNATURES);
	}
	OV_BUF good = {0}, bad = {0}, other = {0}, gap = {0}, old = {0};
	OV_BUF broken = {0}, fork = {0}, elsewhere = {0};
	note_of(&good, j, 7);
	assert_int_equal(accept_note(k, NULL, NOW - 601, &good, NULL),
	    OV_ACCEPT_TIME);
	assert_int_equal(accept_note(k, NULL, NOW + 86400 * 300, &good, NULL),
	    OV_ACCEPT_OK); /* rule 7: expiry is not judged here */
	assert_int_equal(accept_note(k, NULL, NOW - 600, &good, &next),
	    OV_ACCEPT_OK);
	assert_int_equal(accept_note(next, NULL, NOW, &good, NULL),
	    OV_ACCEPT_SAME);
	ov_buf_add(&broken, good.p, good.n);
	broken.p[broken.n - 8] ^= 1;
	assert_int_equal(accept_note(k, NULL, NOW, &broken, NULL),
	    OV_ACCEPT_NOTE);
	/* Fork: valid, same number, other text. */
	j2 = book(42, prev, 4);
	note_of(&fork, j2, 3);
	assert_int_equal(accept_note(next, NULL, NOW, &fork, NULL),
	    OV_ACCEPT_FORK);
	json_decref(j2);
	j2 = book(42, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 3);
	note_of(&bad, j2, 3);
	assert_int_equal(accept_note(k, NULL, NOW, &bad, NULL),
	    OV_ACCEPT_CHAIN);
	json_decref(j2);
	j2 = book(43, prev, 3);
	note_of(&gap, j2, 3);
	assert_int_equal(accept_note(k, NULL, NOW, &gap, NULL), OV_ACCEPT_GAP);
	json_decref(j2);
	j2 = book(40, prev, 3);
	note_of(&old, j2, 3);
	assert_int_equal(accept_note(k, NULL, NOW, &old, NULL),
	    OV_ACCEPT_OLDER);
	json_decref(j2);
	/* More than sixty days. */
	assert_int_equal(json_object_set_new(j, "geldig_tot",
	                     json_string("2026-10-31T08:00:01Z")),
	    0);
	note_of(&other, j, 3);
	assert_int_equal(accept_note(k, NULL, NOW, &other, NULL),
	    OV_ACCEPT_TIME);
	assert_int_equal(json_object_set_new(j, "regio", json_string("elders")),
	    0);
	note_of(&elsewhere, j, 3);
	assert_int_equal(accept_note(k, NULL, NOW, &elsewhere, NULL),
	    OV_ACCEPT_REGIO);
	json_decref(j);
	assert_int_equal(ov_book_age(next, next->geldig_tot - 1),
	    OV_BOOK_VALID);
	assert_int_equal(ov_book_age(next, next->geldig_tot), OV_BOOK_GRACE);
	assert_int_equal(ov_book_age(next, next->geldig_tot + 14 * 86400),
	    OV_BOOK_OVER);
	ov_adresboek_free(next);
	ov_adresboek_free(k);
}

/* The threshold of the new version counts too: a version that names three
 * other administrators needs two of them beside two of the stored. */
static void
test_threshold_of_both(void **state)
{
	struct ov_adresboek *k;
	char prev[OV_B64_SIZE(32)];
	OV_BUF o = {0}, n = {0}, both = {0};
	json_t *j, *b;
	unsigned i;

	(void)state;
	k = anchored(1, 1);
	(void)ov_b64_enc(prev, k->sha256, 32);
	j = book(2, prev, 1);
	b = json_array();
	for (i = 4; i < 7; i++) {
		OV_BUF t = {0};
		struct ov_vkey v;
		struct key key;
		admin(i, &key, &v);
		ov_vkey_text(&t, &v);
		assert_int_equal(json_array_append_new(b,
		                     json_string(ov_buf_text(&t))),
		    0);
	}
	assert_int_equal(json_object_set_new(j, "beheerders", b), 0);
	note_of(&o, j, 0x07);
	note_of(&n, j, 0x70);
	note_of(&both, j, 0x33);
	assert_int_equal(accept_note(k, NULL, NOW, &o, NULL),
	    OV_ACCEPT_SIGNATURES);
	assert_int_equal(accept_note(k, NULL, NOW, &n, NULL),
	    OV_ACCEPT_SIGNATURES);
	assert_int_equal(accept_note(k, NULL, NOW, &both, NULL), OV_ACCEPT_OK);
	json_decref(j);
	ov_adresboek_free(k);
}

static enum ov_rc
parse(const json_t *j)
{
	struct ov_adresboek *k = NULL;
	OV_BUF b = {0};
	enum ov_rc rc;

	ov_json_dump(&b, j);
	ov_buf_str(&b, "\n");
	rc = ov_adresboek_parse(b.p, b.n, &k, NULL);
	ov_adresboek_free(k);
	return rc;
}

/* Two members sharing what names one are refused; so is what is not built. */
static void
test_rule_1(void **state)
{
	static const char *const shared[] = {"oin", "id", "log", "getuige",
	    "tls_server", "tls_client", "brin"};
	json_t *j, *a, *b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(shared) / sizeof(*shared); i++) {
		j = book(1, "", 3);
		assert_int_equal(parse(j), OV_OK);
		a = json_array_get(json_object_get(j, "leden"), 0);
		b = json_array_get(json_object_get(j, "leden"), 2);
		assert_int_equal(json_object_set(b, shared[i],
		                     json_object_get(a, shared[i])),
		    0);
		assert_int_equal(parse(j), OV_BADMSG);
		json_decref(j);
	}
	j = book(1, "", 3);
	a = json_array_get(json_object_get(j, "leden"), 0);
	b = json_array_get(json_object_get(j, "leden"), 2);
	/* One gemeente in one role by two; in two roles it may be. */
	json_object_set_new(a, "gemeenten", json_pack("[s]", "0344"));
	json_object_set_new(b, "gemeenten", json_pack("[s]", "0344"));
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_set_new(b, "rol", json_pack("[s]", "leerplicht"));
	assert_int_equal(parse(j), OV_OK);
	/* A whole BRIN beside one of its vestigingen. */
	json_object_set_new(b, "brin",
	    json_pack("[{s:s,s:[]}]", "brin", "00AA", "vestigingen"));
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_set_new(b, "brin", json_array());
	json_object_set_new(b, "url", json_string(""));
	assert_int_equal(parse(j), OV_DENIED);
	json_object_set_new(b, "url", json_string("https://x.example/"));
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_set_new(b, "url", json_string("https://10.0.0.1:8443"));
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_set_new(b, "url", json_string("https://x.example"));
	assert_int_equal(parse(j), OV_OK);
	json_object_set_new(b, "pki", json_string("pkioverheid"));
	assert_int_equal(parse(j), OV_DENIED);
	json_object_set_new(b, "pki", json_string("pin"));
	json_object_set_new(j, "drempel", json_integer(1));
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_set_new(j, "drempel", json_integer(4));
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_set_new(j, "drempel", json_integer(3));
	assert_int_equal(parse(j), OV_OK);
	json_object_set_new(j, "route", json_array());
	assert_int_equal(parse(j), OV_OK);
	json_object_set_new(j, "route", json_object());
	assert_int_equal(parse(j), OV_BADMSG);
	json_object_del(j, "route");
	json_object_set_new(j, "vreemd", json_integer(1));
	assert_int_equal(parse(j), OV_BADMSG);
	json_decref(j);
}

static json_t *
route(const char *gemeente, const char *srt, const char *rol, const char *oin,
    const char *van, const char *tot)
{
	json_t *r = json_pack("{s:s,s:s,s:s,s:s,s:s}", "gemeente", gemeente,
	    "srt", srt, "rol", rol, "oin", oin, "van", van);

	if (tot != NULL)
		json_object_set_new(r, "tot", json_string(tot));
	return r;
}

static int32_t
day(const char *s)
{
	struct ov_date d;

	assert_int_equal(ov_date_parse(ov_view_str(s), &d), OV_OK);
	return ov_date_days(d);
}

/* Who serves a gemeente: its own member, a joint body from a date on, another
 * for one type; and what a book may not say. */
static void
test_routes(void **state)
{
	static const char own[] = "00000099000000000002",
	                  joint[] = "00000099000000000003";
	json_t *j = book(1, "", 5), *r = json_array();
	json_t *leden = json_object_get(j, "leden");
	struct ov_adresboek *k;
	const struct ov_lid *l;
	OV_BUF t = {0};

	(void)state;
	for (size_t i = 2; i < 5; i++) {
		json_t *m = json_array_get(leden, i);

		json_object_set_new(m, "rol",
		    json_pack("[ss]", "leerplicht", "doorstroompunt"));
		json_object_set_new(m, "gemeenten",
		    i == 2 ? json_pack("[s]", "0193") : json_array());
	}
	json_object_set_new(j, "route", r);
	json_array_append_new(r,
	    route("0193", "*", "leerplicht", joint, "2026-01-01", NULL));
	json_array_append_new(r, route("0193", "verzuimmelding", "leerplicht",
	                             own, "2026-03-01", "2026-03-31"));
	ov_json_dump(&t, j);
	ov_buf_str(&t, "\n");
	assert_int_equal(ov_adresboek_parse(t.p, t.n, &k, NULL), OV_OK);
#define SERVES(g, rol, srt, d, who)                                            \
	l = ov_book_route(k, g, rol, srt, day(d));                             \
	assert_string_equal(l != NULL ? l->oin.s : "", who)
	SERVES("0193", OV_ROL_LEERPLICHT, "uitschrijving", "2025-12-31", own);
	SERVES("0193", OV_ROL_LEERPLICHT, "uitschrijving", "2026-01-01", joint);
	SERVES("0193", OV_ROL_LEERPLICHT, "verzuimmelding", "2026-03-01", own);
	SERVES("0193", OV_ROL_LEERPLICHT, "verzuimmelding", "2026-04-01",
	    joint);
	SERVES("0193", OV_ROL_DOORSTROOMPUNT, "uitschrijving", "2026-04-01",
	    own);
	SERVES("0194", OV_ROL_LEERPLICHT, "uitschrijving", "2026-04-01", "");
#undef SERVES
	ov_adresboek_free(k);
	/* Two answers to one question. */
	json_array_append_new(r,
	    route("0193", "*", "leerplicht", own, "2026-06-01", NULL));
	assert_int_equal(parse(j), OV_BADMSG);
	json_array_remove(r, 2);
	/* Not a member of that role, no member, no end before the start. */
	json_array_append_new(r,
	    route("0193", "*", "leerplicht", "00000099000000000000",
	        "2027-01-01", NULL));
	assert_int_equal(parse(j), OV_BADMSG);
	json_array_set_new(r, 2,
	    route("0193", "*", "mbo", joint, "2024-01-01", "2024-02-01"));
	assert_int_equal(parse(j), OV_BADMSG);
	json_array_set_new(r, 2,
	    route("0194", "*", "leerplicht", joint, "2024-02-01",
	        "2024-01-01"));
	assert_int_equal(parse(j), OV_BADMSG);
	json_decref(j);
}

/* A thousand members: each is found by every name it has. */
static void
test_lookups(void **state)
{
	struct ov_adresboek *k = anchored(1, 1000);
	const struct ov_lid *l;
	bool twice;
	size_t i;
	char t[8];
	uint8_t no[32] = {1};

	(void)state;
	assert_int_equal(k->nlid, 1000);
	for (i = 0; i < k->nlid; i++) {
		l = &k->lid[i];
		assert_ptr_equal(ov_book_oin(k, &l->oin), l);
		assert_ptr_equal(ov_book_pin(k, l->client[0], OV_PIN_CLIENT),
		    l);
		assert_ptr_equal(ov_book_pin(k, l->server[0], OV_PIN_SERVER),
		    l);
		assert_ptr_equal(ov_book_naam(k, l->naam), l);
		assert_ptr_equal(ov_book_brin(k, l->brin[0].brin, "00"), l);
		assert_null(ov_book_brin(k, l->brin[0].brin, "01"));
		(void)snprintf(t, sizeof(t), "%s-00", l->brin[0].brin);
		assert_ptr_equal(ov_book_find(k, t, &twice), l);
		assert_false(twice);
		assert_ptr_equal(ov_lid_key(k, l, l->id_thumb, NOW), l->id);
	}
	assert_null(ov_book_pin(k, no, OV_PIN_CLIENT));
	assert_null(ov_book_find(k, "Niemand", NULL));
	assert_string_equal(k->lid[7].host, "p7.overstap.example");
	assert_int_equal(k->lid[7].port, 8443);
	assert_true(ov_lid_may(&k->lid[5], &k->lid[1].oin));
	assert_false(ov_lid_may(&k->lid[5], &k->lid[2].oin));
	assert_non_null(ov_book_budget_of(k, &k->lid[0].oin, &k->lid[1].oin));
	assert_null(ov_book_budget_of(k, &k->lid[1].oin, &k->lid[0].oin));
	assert_int_equal(ov_book_epoch_active(k, NOW)->ep, 1);
	ov_adresboek_free(k);
}

/* A previous key counts until its end, a withdrawn one never. */
static void
test_keys(void **state)
{
	struct ov_adresboek *k = NULL;
	json_t *j = book(1, "", 2);
	json_t *l = json_array_get(json_object_get(j, "leden"), 0);
	OV_BUF b = {0}, b2 = {0};

	(void)state;
	json_object_set_new(l, "id_vorige",
	    json_pack("{s:s,s:s}", "id", empty32, "tot",
	        "2026-09-01T08:00:00Z"));
	assert_int_equal(ov_adresboek_compose(&b, j, NULL), OV_OK);
	assert_int_equal(ov_adresboek_parse(b.p, b.n, &k, NULL), OV_OK);
	assert_non_null(
	    ov_lid_key(k, &k->lid[0], k->lid[0].vorige_thumb, NOW - 1));
	assert_null(ov_lid_key(k, &k->lid[0], k->lid[0].vorige_thumb, NOW));
	ov_adresboek_free(k);
	json_object_set_new(j, "ingetrokken",
	    json_pack("[{s:s,s:O,s:s,s:s}]", "oin", "00000099000000000000",
	        "id", json_object_get(l, "id"), "sinds", "2026-08-30T12:00:00Z",
	        "reden", "sleutel-gecompromitteerd"));
	assert_int_equal(ov_adresboek_compose(&b2, j, NULL), OV_OK);
	assert_int_equal(ov_adresboek_parse(b2.p, b2.n, &k, NULL), OV_OK);
	assert_null(ov_lid_key(k, &k->lid[0], k->lid[0].id_thumb, NOW));
	ov_adresboek_free(k);
	json_decref(j);
}

static void
test_diff(void **state)
{
	struct ov_adresboek *o = NULL, *n = NULL;
	json_t *j = book(1, "", 2), *l;
	OV_BUF a = {0}, b = {0}, d = {0};
	char id[44];

	(void)state;
	assert_int_equal(ov_adresboek_compose(&a, j, NULL), OV_OK);
	assert_int_equal(ov_adresboek_parse(a.p, a.n, &o, NULL), OV_OK);
	l = json_array_get(json_object_get(j, "leden"), 1);
	some(id, true, 77, 77);
	json_object_set_new(l, "id", json_string(id));
	json_array_remove(json_object_get(j, "leden"), 0);
	json_array_append_new(json_object_get(j, "leden"), lid(5));
	assert_int_equal(ov_adresboek_compose(&b, j, NULL), OV_OK);
	assert_int_equal(ov_adresboek_parse(b.p, b.n, &n, NULL), OV_OK);
	assert_int_equal(ov_adresboek_diff(&d, o, n, NULL), OV_OK);
	assert_string_equal(ov_buf_text(&d),
	    "identity key of School 1 (00000099000000000001) replaced\n"
	    "added: School 5 (00000099000000000005)\n"
	    "removed: School 0 (00000099000000000000)\n");
	ov_buf_reset(&d);
	assert_int_equal(ov_adresboek_diff(&d, o, o, NULL), OV_OK);
	assert_int_equal(d.n, 0);
	ov_adresboek_free(o);
	ov_adresboek_free(n);
	json_decref(j);
}

static void
diff_of(struct ov_buf *d, const json_t *was, const json_t *is)
{
	struct ov_adresboek *o = NULL, *n = NULL;
	OV_BUF a = {0}, b = {0};

	assert_int_equal(ov_adresboek_compose(&a, was, NULL), OV_OK);
	assert_int_equal(ov_adresboek_compose(&b, is, NULL), OV_OK);
	assert_int_equal(ov_adresboek_parse(a.p, a.n, &o, NULL), OV_OK);
	assert_int_equal(ov_adresboek_parse(b.p, b.n, &n, NULL), OV_OK);
	ov_buf_reset(d);
	assert_int_equal(ov_adresboek_diff(d, o, n, NULL), OV_OK);
	ov_adresboek_free(o);
	ov_adresboek_free(n);
}

/* Budgets by client and domain, old and new; epochs and manifests in words. */
static void
test_diff_oprf(void **state)
{
#define A "00000099000000000000"
#define B "00000099000000000001"
	json_t *was = book(1, "", 3), *is = book(1, "", 3), *oprf, *ep, *line;
	char hash[48];
	OV_BUF d = {0};

	(void)state;
	oprf = json_object_get(is, "oprf");
	line = json_object_get(json_object_get(json_object_get(oprf, "budget"),
	                           A),
	    B);
	json_object_set_new(line, "dag", json_integer(6000));
	json_object_set_new(line, "jaar", json_integer(30000));
	/* A day above its year is the region's to mend: decision 008. */
	json_object_set_new(json_object_get(oprf, "budget"), B,
	    json_pack("{s:{s:i,s:i,s:s,s:i}}", A, "dag", 4, "dag_na", 2,
	        "dag_tot", "2026-10-01", "jaar", 3));
	diff_of(&d, was, is);
	assert_string_equal(ov_buf_text(&d),
	    "budget of " A " for " B " changed\n"
	    "  dag     5100 -> 6000\n"
	    "  jaar    25500 -> 30000\n"
	    "budget of " B " for " A " added\n"
	    "  dag     4\n  dag_na  2\n  dag_tot 2026-10-01\n  jaar    3\n");
	diff_of(&d, is, was);
	assert_non_null(strstr(ov_buf_text(&d), "  dag     6000 -> 5100\n"));
	assert_non_null(strstr(ov_buf_text(&d),
	    "budget of " B " for " A " removed, was\n  dag     4\n"));
	json_object_set_new(oprf, "budget",
	    json_deep_copy(
	        json_object_get(json_object_get(was, "oprf"), "budget")));
	ep = json_array_get(json_object_get(oprf, "epochs"), 0);
	json_object_set_new(ep, "status", json_string("uitlopend"));
	json_object_set_new(ep, "van", json_string("2026-08-02T00:00:00Z"));
	json_object_set_new(ep, "delen",
	    json_pack("{s:[s],s:[s]}", "1", A, "2", "00000099000000000002"));
	some(hash, false, 5, 5);
	json_object_set_new(ep, "manifesten", json_pack("{s:s}", A, hash));
	diff_of(&d, was, is);
	assert_string_equal(ov_buf_text(&d),
	    "epoch 1: uitlopend, was actief\n"
	    "epoch 1: from 2026-08-02T00:00:00Z\n"
	    "epoch 1: share 2 held by 00000099000000000002\n"
	    "epoch 1: manifest of " A " added\n");
	diff_of(&d, is, was);
	assert_non_null(
	    strstr(ov_buf_text(&d), "epoch 1: manifest of " A " removed\n"));
	json_object_set_new(ep, "ep", json_integer(2));
	diff_of(&d, was, is);
	assert_string_equal(ov_buf_text(&d),
	    "epoch 2 added: uitlopend, from 2026-08-02T00:00:00Z\n"
	    "epoch 2: share 1 held by " A "\n"
	    "epoch 2: share 2 held by 00000099000000000002\n"
	    "epoch 2: manifest of " A " added\n"
	    "epoch 1 removed\n");
	json_decref(was);
	json_decref(is);
#undef A
#undef B
}

/* More budgets than a person reads: the first 200, and how many more. */
static void
test_diff_bound(void **state)
{
	json_t *was = book(1, "", 2), *is = book(1, "", 2), *b = json_object(),
	       *per;
	char oin[OV_OIN_LEN + 1];
	OV_BUF d = {0};

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(oin, sizeof(oin), "00000099000000001%03u", i);
		per = json_pack("{s:{s:i,s:i,s:s,s:i}}", oin, "dag", 1,
		    "dag_na", 1, "dag_tot", "2026-10-01", "jaar", 1);
		json_object_set_new(b, oin, per);
	}
	json_object_update_missing(b,
	    json_object_get(json_object_get(was, "oprf"), "budget"));
	json_object_set_new(json_object_get(is, "oprf"), "budget", b);
	diff_of(&d, was, is);
	assert_non_null(strstr(ov_buf_text(&d), "\nand 100 more budgets\n"));
	assert_non_null(strstr(ov_buf_text(&d), "00000099000000001199 added"));
	assert_null(strstr(ov_buf_text(&d), "00000099000000001200 added"));
	json_decref(was);
	json_decref(is);
}

/* What a person types: every misreading that is allowed, none that is not. */
static void
test_fingerprint(void **state)
{
	uint8_t md[32] = {0};
	char t[OV_VINGER_TEXT];

	(void)state;
	ov_vinger(t, md);
	assert_string_equal(t, "00000-00000-00000-00000-000000");
	md[0] = 0x08; /* second bit group: 00001 000.. */
	ov_vinger(t, md);
	assert_string_equal(t, "10000-00000-00000-00000-000000");
	assert_true(ov_vinger_match("ioooo ooooo 00000-00000 000000", md));
	assert_true(ov_vinger_match("L0000000000000000000000000", md));
	assert_false(ov_vinger_match("L000000000000000000000000", md));
	assert_false(ov_vinger_match("L00000000000000000000000000", md));
	assert_false(ov_vinger_match("U0000000000000000000000000", md));
	assert_false(ov_vinger_match("00000000000000000000000000", md));
	md[16] = 0x40; /* the last of the 130 bits */
	ov_vinger(t, md);
	assert_string_equal(t, "10000-00000-00000-00000-000001");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_acceptance),
	    cmocka_unit_test(test_threshold_of_both),
	    cmocka_unit_test(test_rule_1),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_lookups),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_diff),
	    cmocka_unit_test(test_diff_oprf),
	    cmocka_unit_test(test_diff_bound),
	    cmocka_unit_test(test_fingerprint),
	};

	ov_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
