/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/test_contact.c - contact persons: ours are sealed, versioned and
 * erasable; a partner's entry is taken only when it is his, newer and whole.
 */
#include "tests/unit/store_world.h"

#include "base/fs.h"
#include "daemon/store/contact.h"
#include "protocol/tijd.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

static int64_t
num(const char *sql)
{
	int64_t n = -1;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL, sql, ""), OV_OK);
	return n;
}

static void
day(char out[OV_DATE_SIZE], int32_t from_now)
{
	ov_date_fmt(out, ov_date_add_days(ov_date_nl(ov_now(w.st)), from_now));
}

static json_t *
add(const char *srt, const char *naam, const char *tot)
{
	json_t *a = json_pack("{s:s,s:s,s:s}", "srt", srt, "naam", naam,
	    "email", "zorg@school.example");

	if (tot != NULL)
		(void)json_object_set_new(a, "tot", json_string(tot));
	return ask("contacts.add", a, NULL, NULL);
}

static void
own(void **state)
{
	static const char *const name[] = {"main.db", "main.db-wal"};
	char yesterday[OV_DATE_SIZE], path[160];
	json_t *rows = json_array(), *j;
	struct ov_contacten c;
	uint64_t first;

	(void)state;
	day(yesterday, -1);
	assert_int_equal(ov_contact_own(w.st, false, &c, NULL, NULL), OV_OK);
	assert_int_equal(c.n, 0);
	ov_contacten_free(&c);
	refused(add("*", "", NULL), "opdracht-ongeldig");
	refused(add("praatje", "Anna Zorg", NULL), "profiel-onbekend");
	refused(add("*", "Anna Zorg", "2026-02-30"), "datum-ongeldig");
	refused(add("*", "Anna Zorg", yesterday), "datum-ongeldig");
	assert_int_equal(num("SELECT count(*) FROM contact"), 0);
	json_decref(add("*", "Anna Zorg", NULL));
	json_decref(add("uitschrijving", "Bram Zorg", NULL));
	assert_int_equal(ov_contact_own(w.st, false, &c, NULL, NULL), OV_OK);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.row[1].naam, "Bram Zorg");
	assert_string_equal(c.row[1].srt, "uitschrijving");
	first = c.versie;
	assert_true(first >= (uint64_t)ov_now(w.st)); /* rose twice */
	ov_contacten_free(&c);
	/* Ended: not served any more, still listed. */
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE contact SET tot=?1 WHERE nr=1", "t",
	                     yesterday),
	    OV_OK);
	assert_int_equal(ov_contact_own(w.st, false, &c, NULL, NULL), OV_OK);
	assert_int_equal(c.n, 1);
	ov_contacten_free(&c);
	json_decref(ask("contacts.list", NULL, NULL, rows));
	assert_int_equal(json_array_size(rows), 2);
	json_decref(rows);
	for (size_t i = 0; i < 2; i++) {
		OV_BUF b = {0};

		(void)snprintf(path, sizeof(path), "%s/%s", w.conf.state,
		    name[i]);
		assert_int_equal(ov_fs_read(AT_FDCWD, path, (size_t)64 << 20,
		                     &b, NULL),
		    OV_OK);
		assert_null(memmem(b.p, b.n, "Zorg", 4));
	}
	/* Erased with its key, and told by a newer version. */
	refused(ask("contacts.remove", json_pack("{s:i}", "nr", 9), NULL, NULL),
	    "nummer-onbekend");
	j = ask("contacts.remove", json_pack("{s:i}", "nr", 1), NULL, NULL);
	assert_int_equal(end_int(j, "verwijderd"), 1);
	json_decref(j);
	assert_int_equal(num("SELECT count(*) FROM sleutel_jong WHERE id IN"
	                     " (SELECT id FROM contact)"),
	    1);
	assert_int_equal(num("SELECT count(*) FROM sleutel_jong"), 1);
	/* Also where a rotation moved it to a file of keys. */
	assert_int_equal(num("SELECT count(*) FROM te_vernietigen"), 1);
	assert_int_equal(ov_contact_own(w.st, false, &c, NULL, NULL), OV_OK);
	assert_true(c.versie > first);
	ov_contacten_free(&c);
	for (int i = 1; i < OV_CONTACT_MAX; i++)
		json_decref(add("*", "Meer", NULL));
	refused(add("*", "Te veel", NULL), "stand-past-niet");
}

/* Told from 30 days before, unless somebody follows. */
static void
ending(void **state)
{
	char tot[OV_DATE_SIZE];
	int64_t n;

	(void)state;
	day(tot, 31);
	json_decref(add("uitschrijving", "Anna", tot));
	assert_int_equal(ov_contact_ending(w.st, &n, NULL), OV_OK);
	assert_int_equal(n, 0);
	day(tot, 30);
	json_decref(add("verzuimmelding", "Bram", tot));
	assert_int_equal(ov_contact_ending(w.st, &n, NULL), OV_OK);
	assert_int_equal(n, 1);
	json_decref(add("verzuimmelding", "Carla", NULL));
	assert_int_equal(ov_contact_ending(w.st, &n, NULL), OV_OK);
	assert_int_equal(n, 0);
}

/* ---- in what we write ---- */

static json_t *
imported(const char *srt, const char *ref, json_t *inhoud)
{
	return ask("import",
	    json_pack("{s:s,s:s}", "profiel", srt, "bestand", "v"),
	    json_pack("[{s:i,s:s,s:s,s:o}]", "rij", 2, "eigenReferentie", ref,
	        "pgn", "999990007", "inhoud", inhoud),
	    NULL);
}

static json_t *
content(const char *srt, bool without)
{
	char path[80];
	json_t *j;

	(void)snprintf(path, sizeof(path), OV_TEST_DATA "/%s.json", srt);
	j = json_load_file(path, 0, NULL);
	assert_non_null(j);
	(void)json_object_del(j, "vervangt");
	(void)json_object_del(j, "vervolgVan");
	if (without)
		(void)json_object_del(j, "contactpersoon");
	return j;
}

/* Who stands in draft nr ("": nobody), and is contactpersoon missing? */
static void
in_draft(int nr, const char *naam, bool missing)
{
	json_t *rows = json_array(), *r, *k;
	const char *s;

	json_decref(
	    ask("drafts.show", json_pack("{s:i}", "nr", nr), NULL, rows));
	r = json_array_get(rows, 0);
	k = json_object_get(json_object_get(r, "inhoud"), "contactpersoon");
	s = json_string_value(json_object_get(k, "naam"));
	assert_string_equal(s != NULL ? s : "", naam);
	assert_int_equal(strstr(json_string_value(
	                            json_object_get(r, "ontbreekt")),
	                     "/contactpersoon") != NULL,
	    missing);
	json_decref(rows);
}

static void
good(json_t *j, int n, int same)
{
	assert_int_equal(end_int(j, "goed"), n);
	assert_int_equal(end_int(j, "gelijk"), same);
	json_decref(j);
}

static void
filled(void **state)
{
	static const char u[] = "verzuimmelding";
	char yesterday[OV_DATE_SIZE], tomorrow[OV_DATE_SIZE],
	    today[OV_DATE_SIZE];
	json_t *j;

	(void)state;
	world_book();
	day(yesterday, -1);
	day(tomorrow, 1);
	good(imported(u, "p-1", content(u, true)), 1, 0);
	in_draft(1, "", true); /* there is none yet */
	/* One that is not ours to use: ended, not begun, of another type. */
	json_decref(add("uitschrijving", "Anna", NULL));
	json_decref(add(u, "Voorbij", NULL));
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "UPDATE contact SET tot=?1 WHERE nr=2", "t",
	                     yesterday),
	    OV_OK);
	json_decref(ask("contacts.add",
	    json_pack("{s:s,s:s,s:s,s:s}", "srt", u, "naam", "Straks", "email",
	        "a@school.example", "van", tomorrow),
	    NULL, NULL));
	good(imported(u, "p-2", content(u, true)), 1, 0);
	in_draft(2, "", true);
	/* Of every type; then the type's own comes first. */
	json_decref(add("*", "Ieder", NULL));
	good(imported(u, "p-3", content(u, true)), 1, 0);
	in_draft(3, "Ieder", false);
	json_decref(add(u, "Vera Verzuim", NULL));
	good(imported(u, "p-4", content(u, true)), 1, 0);
	in_draft(4, "Vera Verzuim", false);
	/* The same file is the same draft, whoever is our contact now. */
	good(imported(u, "p-3", content(u, true)), 0, 1);
	in_draft(3, "Ieder", false);
	/* What the writer says stays. */
	good(imported(u, "p-5", content(u, false)), 1, 0);
	in_draft(5, "M. de Boer", false);
	/* A category without values gets none, a type without it neither. */
	day(today, 0);
	j = json_pack("{s:{s:s}}", "uitlevering", "school", "OPTIONEEL");
	assert_false(ov_contact_fill(w.st, "ontvangst", today, j));
	assert_true(ov_contact_fill(w.st, u, today, j));
	(void)json_object_del(j, "contactpersoon");
	(void)json_object_set_new(json_object_get(j, "uitlevering"), "school",
	    json_string("VERBODEN"));
	assert_false(ov_contact_fill(w.st, u, today, j));
	(void)json_object_set_new(json_object_get(j, "uitlevering"), "school",
	    json_string("OPT-UIT"));
	assert_false(ov_contact_fill(w.st, u, today, j));
	json_decref(j);
}

/* Shapes that a message would refuse are refused when they are entered. */
static void
shapes(void **state)
{
	char lang[102];

	(void)state;
	memset(lang, 'x', 101);
	lang[101] = '\0';
	refused(add("*", lang, NULL), "opdracht-ongeldig");
	refused(ask("contacts.add",
	            json_pack("{s:s,s:s}", "naam", "Anna", "email", "anna"),
	            NULL, NULL),
	    "opdracht-ongeldig");
	refused(ask("contacts.add",
	            json_pack("{s:s,s:s,s:s}", "srt", "verzuimmelding", "naam",
	                "Anna", "telefoon", "bel"),
	            NULL, NULL),
	    "opdracht-ongeldig");
	assert_int_equal(num("SELECT count(*) FROM contact"), 0);
}

/* One that cannot be read does not hold up the others. */
static void
broken(void **state)
{
	json_t *rows = json_array();
	struct ov_contacten c;

	(void)state;
	json_decref(add("*", "Anna", NULL));
	json_decref(add("*", "Bram", NULL));
	assert_int_equal(ov_db_run(w.st->db, NULL,
	                     "DELETE FROM sleutel_jong WHERE id=(SELECT id FROM"
	                     " contact WHERE nr=1)",
	                     ""),
	    OV_OK);
	assert_int_equal(ov_contact_own(w.st, false, &c, NULL, NULL), OV_OK);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.row[0].naam, "Bram");
	ov_contacten_free(&c);
	json_decref(ask("contacts.list", NULL, NULL, rows)); /* to remove it */
	assert_int_equal(json_array_size(rows), 2);
	json_decref(rows);
	json_decref(
	    ask("contacts.remove", json_pack("{s:i}", "nr", 1), NULL, NULL));
	assert_int_equal(num("SELECT count(*) FROM contact"), 1);
}

/* ---- a partner's ---- */

/* What the partner publishes. */
static struct ov_contact theirs[2];
static size_t ntheirs;

static void
publish(size_t n, const char *telefoon)
{
	theirs[0] = (struct ov_contact){.srt = "*",
	    .naam = "Dora Balie",
	    .van = "2026-01-01"};
	(void)snprintf(theirs[0].telefoon, sizeof(theirs[0].telefoon), "%s",
	    telefoon);
	theirs[1] = (struct ov_contact){.srt = "uitschrijving",
	    .naam = "Evert Balie",
	    .email = "evert@school.example",
	    .van = "2026-01-01"};
	ntheirs = n;
}

static void
entry(const char *iss, uint64_t versie, int64_t iat, const char *typ,
    struct ov_buf *jws)
{
	struct ov_contacten c = {.versie = versie,
	    .iat = iat,
	    .n = ntheirs,
	    .row = theirs};
	uint8_t pk[32], sk[64], thumb[32], sig[64];
	char t[OV_B64_SIZE(32)], part[2048];
	OV_BUF payload = {0}, head = {0};

	world_peer(pk, sk);
	assert_int_equal(ov_oin_parse(ov_view_str(iss), &c.iss), OV_OK);
	assert_int_equal(ov_contacten_compose(&payload, &c, NULL), OV_OK);
	memcpy(thumb, ov_book_oin(w.st->boek, &(struct ov_oin){PEER})->id_thumb,
	    32);
	(void)ov_b64u_enc(t, thumb, 32);
	ov_buf_fmt(&head, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"%s\"}",
	    t, typ);
	(void)ov_b64u_enc(part, head.p, head.n);
	ov_buf_str(jws, part);
	ov_buf_str(jws, ".");
	(void)ov_b64u_enc(part, payload.p, payload.n);
	ov_buf_str(jws, part);
	assert_int_equal(crypto_sign_detached(sig, NULL, jws->p, jws->n, sk),
	    0);
	(void)ov_b64u_enc(part, sig, 64);
	ov_buf_str(jws, ".");
	ov_buf_str(jws, part);
}

static enum ov_rc
taken(const char *iss, uint64_t versie, int64_t iat, const char *typ)
{
	const struct ov_lid *l = ov_book_oin(w.st->boek,
	    &(struct ov_oin){PEER});
	struct ov_err e = {0};
	OV_BUF jws = {0};

	entry(iss, versie, iat, typ, &jws);
	return ov_contact_take(w.st, l, (struct ov_view){jws.p, jws.n}, &e);
}

static void
partner(void **state)
{
	static const char typ[] = "overstap-contacten+jws";
	json_t *rows = json_array(), *a;
	OV_BUF jws = {0};
	int64_t now;

	(void)state;
	world_book();
	publish(1, "0612345678");
	now = ov_now(w.st);
	assert_int_equal(taken(PEER, 5, now, typ), OV_OK);
	assert_int_equal(taken(PEER, 5, now, typ), OV_OK);
	assert_int_equal(taken(PEER, 4, now, typ), OV_DENIED);
	assert_int_equal(taken(SELF, 6, now, typ), OV_DENIED);
	assert_int_equal(taken(PEER, 6, now + 86400, typ), OV_DENIED);
	assert_int_not_equal(taken(PEER, 6, now, "overstap-sleutels+jws"),
	    OV_OK);
	entry(PEER, 7, now, typ, &jws);
	jws.p[jws.n - 3] = jws.p[jws.n - 3] == 'A' ? 'B' : 'A';
	assert_int_not_equal(ov_contact_take(w.st,
	                         ov_book_oin(w.st->boek,
	                             &(struct ov_oin){PEER}),
	                         (struct ov_view){jws.p, jws.n}, NULL),
	    OV_OK);
	assert_int_equal(num("SELECT versie FROM contact_partner"), 5);
	/* One row, one key: what it replaced cannot be read again. */
	assert_int_equal(num("SELECT count(*) FROM sleutel_jong"), 1);
	assert_int_equal(num("SELECT count(*) FROM te_vernietigen"), 1);
	json_decref(ask("partners.show", json_pack("{s:s}", "partner", PEER),
	    NULL, rows));
	a = json_object_get(json_array_get(rows, 0), "contacten");
	assert_int_equal(json_array_size(a), 1);
	assert_string_equal(json_string_value(
	                        json_object_get(json_array_get(a, 0), "naam")),
	    "Dora Balie");
	json_decref(rows);
}

static json_t *
bounce(int nr, bool weer)
{
	return ask("contacts.bounce",
	    json_pack("{s:s,s:i,s:b}", "partner", PEER, "nr", nr, "weer", weer),
	    NULL, NULL);
}

/* Is the nr-th contact of the partner shown as one that does not answer? */
static bool
shown_bounced(size_t nr)
{
	json_t *rows = json_array(), *k;
	bool yes;

	json_decref(ask("partners.show", json_pack("{s:s}", "partner", PEER),
	    NULL, rows));
	k = json_array_get(json_object_get(json_array_get(rows, 0),
	                       "contacten"),
	    nr - 1);
	assert_int_equal(json_integer_value(json_object_get(k, "nr")), nr);
	yes = json_string_value(json_object_get(k, "gestuit"))[0] != '\0';
	json_decref(rows);
	return yes;
}

/* What the doctor says of a point. */
static void
doctor(const char *punt, const char *staat)
{
	json_t *rows = json_array(), *r;
	const char *got = NULL;
	size_t i;

	json_decref(ask("check", NULL, NULL, rows));
	json_array_foreach(rows, i, r)
	{
		if (strcmp(json_string_value(json_object_get(r, "punt")),
		        punt) == 0)
			got = json_string_value(json_object_get(r, "staat"));
	}
	assert_non_null(got);
	assert_string_equal(got, staat);
	json_decref(rows);
}

/* One contact of an entry, until the entry says something else of it. */
static void
bounced(void **state)
{
	static const char typ[] = "overstap-contacten+jws";
	json_t *j;
	int64_t now;

	(void)state;
	world_book();
	publish(2, "0612345678");
	now = ov_now(w.st);
	refused(bounce(1, false), "nummer-onbekend"); /* no entry at all */
	assert_int_equal(taken(PEER, 1, now, typ), OV_OK);
	refused(bounce(0, false), "nummer-onbekend");
	refused(bounce(3, false), "nummer-onbekend");
	doctor("contacts of partners", "goed");
	j = bounce(1, false);
	assert_string_equal(json_string_value(
	                        json_object_get(json_object_get(j, "end"),
	                            "naam")),
	    "Dora Balie");
	json_decref(j);
	doctor("contacts of partners", "let-op");
	assert_true(shown_bounced(1));
	assert_false(shown_bounced(2));
	/* Again is the same note; fetched again, or another contact renewed:
	 * it stays. */
	json_decref(bounce(1, false));
	assert_int_equal(taken(PEER, 1, now, typ), OV_OK);
	theirs[1].telefoon[0] = '0';
	assert_int_equal(taken(PEER, 2, now, typ), OV_OK);
	assert_int_equal(num("SELECT count(*) FROM contact_gestuit"), 1);
	assert_true(shown_bounced(1));
	/* It answers again. */
	json_decref(bounce(1, true));
	assert_false(shown_bounced(1));
	json_decref(bounce(1, false));
	json_decref(bounce(2, false));
	/* Another telephone number of the first; the second is gone. */
	publish(2, "0687654321");
	assert_int_equal(taken(PEER, 3, now, typ), OV_OK);
	assert_int_equal(num("SELECT count(*) FROM contact_gestuit"), 0);
	json_decref(bounce(2, false));
	ntheirs = 0;
	assert_int_equal(taken(PEER, 4, now, typ), OV_OK);
	assert_int_equal(num("SELECT count(*) FROM contact_gestuit"), 0);
	doctor("contacts of partners", "goed");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {T(own), T(ending), T(filled),
	    T(shapes), T(broken), T(partner), T(bounced)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
