/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/report_fixture.h - store_world.h with received messages as
 * acceptance stores them, and reports asked over the control socket.
 */
#ifndef OV_TESTS_REPORT_FIXTURE_H
#define OV_TESTS_REPORT_FIXTURE_H

#include "tests/unit/store_world.h"

#include "protocol/claims.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data" /* from the root of the checkout */
#endif

static int64_t partner;
static int64_t seq;

static inline int
up(void **state)
{
	struct ov_oin oin;
	int rc = world_up(state);

	world_book();
	assert_int_equal(ov_oin_parse(ov_view_str(PEER), &oin), OV_OK);
	assert_int_equal(ov_partner_id(w.st, &oin, &partner, NULL), OV_OK);
	seq = 0;
	return rc;
}

/* ---- messages as acceptance stores them ---- */

struct in {
	const char *srt;
	json_t *inhoud;    /* taken */
	uint32_t mens;     /* who, 0: nobody in particular */
	int64_t ontvangen; /* 0: now */
	int64_t leerling;  /* 0: none */
	bool pid;          /* the claims have one */
};

static inline int64_t
stored(const struct in *in, const struct ov_v_seal *q,
    const struct ov_v_sealed *a)
{
	uint8_t tag[16] = {0};
	struct ov_err e = {0};
	int64_t nr;

	memcpy(tag, &in->mens, sizeof(in->mens));
	if (ov_db_run(w.st->db, &e,
	        "INSERT INTO bericht(id,partner,seq,ep,srt,rol,ontvangen,stand,"
	        "gesloten,versie,inhoud,tag16,leerling) VALUES(?1,?2,?3,1,?4,"
	        "'doorstroompunt',?5,'ONTVANGEN',0,1,?6,?7,nullif(?8,0))",
	        "biitivvi", (const void *)q->id, (size_t)16, partner, ++seq,
	        in->srt, in->ontvangen != 0 ? in->ontvangen : ov_now(w.st),
	        a->blob,
	        (struct ov_view){in->mens != 0 ? tag : NULL,
	            in->mens != 0 ? 16 : 0},
	        in->leerling) != OV_OK)
		fail_msg("%s", e.msg);
	nr = ov_db_last(w.st->db);
	assert_int_equal(ov_key_put(w.st, q->id, a->wrap, &e), OV_OK);
	return nr;
}

static inline int64_t
received(struct in in)
{
	static const uint8_t zero[64];
	struct ov_claims c = {.iat = in.ontvangen != 0 ? in.ontvangen
	                                               : ov_now(w.st),
	    .seq = (uint64_t)seq + 1,
	    .has_pid = in.pid,
	    .ep = 1};
	struct ov_v_seal q = {.table = OV_T_BERICHT, .col = 1, .ver = 1};
	struct ov_v_sealed a;
	OV_REPLY r = {0};
	OV_BUF inhoud = {0}, payload = {0}, jws = {0};
	struct ov_err e = {0};

	c.exp = c.iat + 86400;
	memcpy(c.iss.s, PEER, 20);
	memcpy(c.aud.s, SELF, 20);
	memcpy(c.srt, in.srt, strlen(in.srt) + 1);
	randombytes_buf(c.jti, 16);
	if (in.pid)
		crypto_core_ristretto255_random(c.pid);
	ov_json_dump(&inhoud, in.inhoud);
	json_decref(in.inhoud);
	assert_int_equal(ov_claims_compose(&payload, &c,
	                     (struct ov_view){inhoud.p, inhoud.n}, NULL),
	    OV_OK);
	assert_int_equal(ov_jws_input(&jws, OV_TYP_BERICHT, zero, payload.p,
	                     payload.n, NULL),
	    OV_OK);
	ov_jws_finish(&jws, zero);
	ov_new_id(w.st, q.id);
	q.text = (struct ov_view){jws.p, jws.n};
	if (ov_vault(w.st, OV_V_SEAL, &ov_v_seal_rec, &q, 1, &ov_v_sealed_rec,
	        &a, &r, &e) != OV_OK)
		fail_msg("%s", e.msg);
	return stored(&in, &q, &a);
}

static inline json_t *
notice(const char *cat, const char *gemeente, const char *uit)
{
	return json_pack("{s:s,s:s,s:{s:s,s:s},s:{s:s},s:s,s:s,s:s,s:b,"
	                 "s:{s:b,s:s,s:i,s:s}}",
	    "grondslag", "VERWIJDERING-18PLUS", "geslachtsnaam", "Jansen",
	    "school", "brin", "25LH", "vestiging", "00", "opleiding",
	    "normcategorie", cat, "geboortedatum", "2000-02-29",
	    "datumUitschrijving", uit, "soort", "verwijdering",
	    "heeftStartkwalificatie", 0, "adres", "geheim", 0, "straat",
	    "Dorpsstraat", "huisnummer", 12, "gemeentecode", gemeente);
}

static inline void
leave(uint32_t mens, const char *cat, const char *uit)
{
	(void)received((struct in){.srt = "uitschrijving",
	    .inhoud = notice(cat, "0193", uit),
	    .mens = mens});
}

/* ---- asking ---- */

static inline json_t *
report(json_t *arg, json_t *rows)
{
	json_t *j = ask("report", arg, NULL, rows);

	if (json_object_get(j, "end") == NULL)
		fail_msg("refused: %s",
		    json_string_value(
		        json_object_get(json_object_get(j, "fout"), "code")));
	return j;
}

static inline json_t *
find(const json_t *rows, const char *member, const char *value)
{
	json_t *r;
	size_t i;

	json_array_foreach(rows, i, r)
	{
		const char *s = json_string_value(json_object_get(r, member));

		if (s != NULL && strcmp(s, value) == 0)
			return r;
	}
	fail_msg("no row with %s %s", member, value);
	return NULL;
}

static inline const char *
text(const json_t *row, const char *member)
{
	const char *s = json_string_value(json_object_get(row, member));

	assert_non_null(s);
	return s;
}

static inline int64_t
number(const json_t *row, const char *member)
{
	const json_t *v = json_object_get(row, member);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static inline int64_t
sql(const char *q)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL, q, ""), OV_OK);
	return n;
}

#endif
