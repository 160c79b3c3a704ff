/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/drive.c - what the people of the region do: pupils apply, dossiers
 * and notices are sent.  PGNs are made up.
 */
#include <stdio.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/pgn.h"
#include "tests/sim/sim.h"

#ifndef OV_TEST_DATA
#define OV_TEST_DATA "tests/data"
#endif

/* A number that satisfies the elfproef, another for each i. */
void
sim_pgn(char out[10], unsigned i)
{
	unsigned base = 20000000 + i * 16, sum;

	for (;; base++) {
		(void)snprintf(out, 10, "%08u0", base);
		sum = 0;
		for (unsigned k = 0; k < 8; k++)
			sum += (unsigned)(out[k] - '0') * (9 - k);
		if (sum % 11 < 10)
			break;
	}
	out[8] = (char)('0' + sum % 11);
	SIM_CHECK(ov_pgn_kind(out) == OV_PGN_BSN);
}

void
sim_born(char out[11], unsigned i)
{
	(void)snprintf(out, 11, "2009-%02u-%02u", 1 + i % 12, 1 + i % 28);
}

static json_t *
content(const char *name, unsigned i)
{
	char path[512], born[11];
	json_t *j;

	(void)snprintf(path, sizeof(path), "%s/%s", OV_TEST_DATA, name);
	j = json_load_file(path, 0, NULL);
	if (j == NULL)
		sim_fail(__FILE__, __LINE__, "content", path);
	sim_born(born, i);
	SIM_CHECK(
	    json_object_set_new(j, "geboortedatum", json_string(born)) == 0);
	(void)json_object_del(j, "vervangt");
	return j;
}

static int64_t
queue(struct sim_node *n, struct ov_submit *s, json_t *inhoud, const char *pgn)
{
	OV_BUF text = {0};
	struct ov_err err = {0};
	int64_t nr = 0;
	bool ready;
	enum ov_rc rc;

	ov_json_dump(&text, inhoud);
	json_decref(inhoud);
	SIM_CHECK(!text.bad);
	s->inhoud = (struct ov_view){text.p, text.n};
	if ((rc = ov_tx_begin(n->st, &err)) == OV_OK) {
		rc = ov_pseudo_want(n->st, &s->to->oin, pgn, false,
		    &s->leerling, &ready, &err);
		if (rc == OV_OK)
			rc = ov_submit(n->st, s, &nr, &err);
		if (rc == OV_OK)
			rc = ov_tx_commit(n->st, &err);
		if (rc != OV_OK)
			ov_tx_abort(n->st);
	}
	if (rc != OV_OK) {
		if (!n->disk.hit)
			sim_fail(__FILE__, __LINE__, "queue", err.msg);
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(n->st, &err);
		return 0;
	}
	ov_pseudo_kick(n->st);
	ov_deliver_kick(n->st);
	return nr;
}

int64_t
sim_dossier(struct sim_node *n, unsigned i)
{
	struct ov_submit s = {.to = sim_lid(n, SIM_MBO),
	    .srt = "overstapdossier",
	    .rol = "mbo"};
	char pgn[10];

	sim_pgn(pgn, i);
	return queue(n, &s, content("dossier-minimaal.json", i), pgn);
}

int64_t
sim_notice(struct sim_node *n, unsigned i)
{
	struct ov_submit s = {.to = sim_lid(n, SIM_GEM),
	    .srt = "uitschrijving",
	    .rol = "leerplicht"};
	json_t *j = content("uitschrijving.json", i);
	char pgn[10];

	sim_pgn(pgn, i);
	/* A removal: the next working day.  One in three is in time. */
	SIM_CHECK(
	    json_object_set_new(j, "soort", json_string("verwijdering")) == 0);
	SIM_CHECK(
	    json_object_set_new(j, "datumUitschrijving",
	        json_string(i % 3 == 2 ? "2026-12-01" : "2026-08-27")) == 0);
	return queue(n, &s, j, pgn);
}

/* The sealed column of an applicant, as the loader of pupils writes it. */
static enum ov_rc
data_put(struct sim_node *n, int64_t nr, unsigned i, bool other,
    struct ov_err *e)
{
	OV_BUF text = {0}, blob = {0};
	uint8_t id[16], wrap[OV_WRAP];
	sqlite3_stmt *q;
	char born[11];
	enum ov_rc rc;
	bool row;

	sim_born(born, other ? i + 1 : i);
	ov_buf_fmt(&text,
	    "{\"eigenReferentie\":\"L%u\",\"geboortedatum\":\"%s\","
	    "\"schoolVerlaten\":\"25PU-00\"}",
	    i, born);
	rc = ov_db_q(n->st->db, &q, e, "SELECT id FROM leerling WHERE nr=?1",
	    "i", nr);
	if (rc == OV_OK && (rc = ov_db_next(n->st->db, q, &row, e)) == OV_OK)
		rc = ov_db_fix(q, 0, id, sizeof(id), e);
	ov_db_done(n->st->db, q);
	if (rc != OV_OK || (rc = ov_key_get(n->st, id, wrap, e)) != OV_OK ||
	    (rc = ov_seal_one(n->st, id, wrap, OV_T_LEERLING, 2, 1,
	         (struct ov_view){text.p, text.n}, &blob, e)) != OV_OK)
		return rc;
	return ov_db_run(n->st->db, e,
	    "UPDATE leerling SET gegevens=?2,g_versie=1 WHERE nr=?1", "iv", nr,
	    (struct ov_view){blob.p, blob.n});
}

bool
sim_applicant(struct sim_node *n, unsigned i, bool other_birthday)
{
	struct ov_err e = {0};
	char pgn[10];
	int64_t nr;
	bool ready;
	enum ov_rc rc;

	sim_pgn(pgn, i);
	if ((rc = ov_tx_begin(n->st, &e)) == OV_OK) {
		rc = ov_pseudo_want(n->st, &n->st->self, pgn, true, &nr, &ready,
		    &e);
		if (rc == OV_OK)
			rc = data_put(n, nr, i, other_birthday, &e);
		if (rc == OV_OK)
			rc = ov_tx_commit(n->st, &e);
		if (rc != OV_OK)
			ov_tx_abort(n->st);
	}
	if (rc != OV_OK) {
		if (!n->disk.hit)
			sim_fail(__FILE__, __LINE__, "applicant", e.msg);
		if (ov_rc_class(rc) == OV_CL_STOP)
			ov_store_fatal(n->st, &e);
		return false;
	}
	ov_pseudo_kick(n->st);
	ov_link_kick(n->st);
	return true;
}
