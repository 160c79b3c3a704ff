/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/unit/worklist_fixture.h - link_fixture.h with a role of ours, received
 * messages of any age, and what the worklist of a day says. */
#ifndef OV_TESTS_WORKLIST_FIXTURE_H
#define OV_TESTS_WORKLIST_FIXTURE_H

#include "tests/unit/link_fixture.h"

#define DAY INT64_C(86400)

static inline int
up(void **state)
{
	int rc = world_up(state);

	crypto_core_ristretto255_scalar_random(scalar);
	world_book();
	introduce();
	return rc;
}

static inline int
down(void **state)
{
	ov_vault_free(peer);
	return world_down(state);
}

static inline void
role(enum ov_rol r)
{
	for (size_t i = 0; i < w.st->boek->nlid; i++)
		if (ov_oin_eq(&w.st->boek->lid[i].oin, &w.st->self))
			w.st->boek->lid[i].rol = OV_ROL_BIT(r);
}

static inline void
sql(const char *text, int64_t nr, int64_t v)
{
	struct ov_err e = {0};

	if (ov_db_run(w.st->db, &e, text, "ii", nr, v) != OV_OK)
		fail_msg("%s: %s", text, e.msg);
}

static inline int64_t
number(const char *text)
{
	int64_t n;

	assert_int_equal(ov_db_int(w.st->db, &n, -1, NULL, text, ""), OV_OK);
	return n;
}

/* Days after today, as text. */
static const char *
on(int days, char out[OV_DATE_SIZE])
{
	ov_date_fmt(out, ov_date_add_days(ov_date_nl(ov_now(w.st)), days));
	return out;
}

static int64_t reminders; /* of the last list */

/* The list of a day; *end (may be NULL) is the whole answer. */
static inline json_t *
list_at(int days, bool digest, json_t **end)
{
	char text[OV_DATE_SIZE];
	json_t *rows = json_array(), *j;

	j = ask("worklist",
	    json_pack("{s:s,s:b}", "op", on(days, text), "overzicht",
	        (int)digest),
	    NULL, rows);
	if (json_object_get(j, "end") == NULL)
		fail_msg("%s", json_dumps(j, 0));
	/* What the calendar reminds of stands last, and depends on the day. */
	reminders = 0;
	for (size_t i = json_array_size(rows); i-- > 0; reminders++) {
		if (strcmp(json_string_value(
		               json_object_get(json_array_get(rows, i),
		                   "soort")),
		        "kalender") != 0)
			break;
		assert_int_equal(json_array_remove(rows, i), 0);
	}
	assert_int_equal(end_int(j, "kalender"), reminders);
	if (end != NULL)
		*end = j;
	else
		json_decref(j);
	return rows;
}

/* The rows of a kind on a day; *first is the first of them. */
static inline size_t
kind_at(const char *soort, int days, json_t **first)
{
	json_t *rows = list_at(days, false, NULL), *r;
	size_t i, n = 0;

	if (first != NULL)
		*first = NULL;
	json_array_foreach(rows, i, r)
	{
		if (strcmp(json_string_value(json_object_get(r, "soort")),
		        soort) != 0)
			continue;
		if (n++ == 0 && first != NULL)
			*first = json_incref(r);
	}
	json_decref(rows);
	return n;
}

static inline void
has(const json_t *row, const char *name, const char *want)
{
	const char *got = json_string_value(json_object_get(row, name));

	if (got == NULL || strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", name, got != NULL ? got : "none",
		    want);
}

/* A message whose content is open, as acceptance stores it. */
static inline int64_t
opened(const char *srt, const char *rol, int seq, json_t *inhoud)
{
	static const uint8_t zero[64];
	struct ov_claims c = {.iat = ov_now(w.st),
	    .exp = ov_now(w.st) + DAY,
	    .seq = (uint64_t)seq,
	    .ep = 1,
	    .has_pid = true,
	    .has_zaak = true};
	uint8_t id[16], wrap[OV_WRAP] = {0};
	struct ov_err e = {0};
	OV_BUF text = {0}, pay = {0}, jws = {0}, blob = {0};
	int64_t nr;

	memcpy(c.iss.s, PEER, 20);
	memcpy(c.aud.s, SELF, 20);
	(void)snprintf(c.srt, sizeof(c.srt), "%s", srt);
	randombytes_buf(c.jti, 16);
	randombytes_buf(c.zaak, 16);
	randombytes_buf(c.pid, 32);
	ov_json_dump(&text, inhoud);
	json_decref(inhoud);
	assert_int_equal(ov_claims_compose(&pay, &c,
	                     (struct ov_view){text.p, text.n}, NULL),
	    OV_OK);
	assert_int_equal(ov_jws_input(&jws, OV_TYP_BERICHT, zero, pay.p, pay.n,
	                     NULL),
	    OV_OK);
	ov_jws_finish(&jws, zero);
	ov_new_id(w.st, id);
	assert_int_equal(ov_seal_one(w.st, id, wrap, OV_T_BERICHT, 1, 1,
	                     (struct ov_view){jws.p, jws.n}, &blob, &e),
	    OV_OK);
	assert_int_equal(ov_key_put(w.st, id, wrap, &e), OV_OK);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO bericht(id,partner,seq,ep,srt,rol,"
	                     "zaak,ontvangen,stand,gesloten,versie,inhoud)"
	                     " VALUES(?1,?2,?3,1,?4,?5,?6,?7,'ONTVANGEN',0,1,"
	                     "?8)",
	                     "biittbiv", (const void *)id, sizeof(id), partner,
	                     (int64_t)seq, srt, rol, (const void *)c.zaak,
	                     (size_t)16, ov_now(w.st),
	                     (struct ov_view){blob.p, blob.n}),
	    OV_OK);
	nr = ov_db_last(w.st->db);
	assert_int_equal(ov_db_run(w.st->db, &e,
	                     "INSERT INTO zaak(zaak,partner) VALUES(?1,?2)",
	                     "bi", (const void *)c.zaak, (size_t)16, partner),
	    OV_OK);
	return nr;
}

static inline void
age(int64_t nr, int days)
{
	sql("UPDATE bericht SET ontvangen=ontvangen-?2 WHERE nr=?1", nr,
	    days * DAY);
	sql("UPDATE bericht_stand SET tijd=tijd-?2 WHERE bericht=?1", nr,
	    days * DAY);
}

/* Message nr is about this pupil, since it came. */
static inline void
link_to(int64_t nr, int64_t leerling)
{
	sql("UPDATE bericht SET leerling=?2,stand=iif(srt='overstapstatus',"
	    "'GEKOPPELD',stand) WHERE nr=?1",
	    nr, leerling);
	sql("INSERT INTO bericht_stand(bericht,tijd,stand,leerling) SELECT nr,"
	    "ontvangen,stand,?2 FROM bericht WHERE nr=?1",
	    nr, leerling);
}

static inline int64_t
linked(const char *ref, const char *pgn, int seq)
{
	int64_t nr = message(pgn, seq);

	applicant(ref, pgn, "2008-02-29");
	ov_link_kick(w.st);
	world_turn(50);
	is(nr, "GEKOPPELD");
	return nr;
}

/* ---- mbo ---- */

static inline void
zaak_text(int64_t nr, char out[OV_ID_SIZE])
{
	sqlite3_stmt *q;
	uint8_t z[16];
	bool row;

	assert_int_equal(ov_db_q(w.st->db, &q, NULL,
	                     "SELECT zaak FROM bericht WHERE nr=?1", "i", nr),
	    OV_OK);
	assert_int_equal(ov_db_next(w.st->db, q, &row, NULL), OV_OK);
	assert_int_equal(ov_db_fix(q, 0, z, 16, NULL), OV_OK);
	ov_db_done(w.st->db, q);
	ov_id_text(out, z);
}

#endif
