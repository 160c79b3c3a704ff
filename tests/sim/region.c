/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/region.c - the region's administrators: they compose and sign the
 * versions of the address book with the functions that the region tool uses.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "protocol/b64.h"
#include "protocol/hash.h"
#include "protocol/json.h"
#include "protocol/note.h"
#include "tests/sim/sim.h"

#define ADMINS 3

static void
admin(unsigned i, struct ov_vkey *v, uint8_t sk[64])
{
	char name[OV_NOTE_NAME_MAX + 1], slug[8];
	uint8_t seed[32], pk[32];

	memset(seed, (int)(0xd0 + i), sizeof(seed));
	SIM_CHECK(crypto_sign_seed_keypair(pk, sk, seed) == 0);
	(void)snprintf(slug, sizeof(slug), "b%u", i);
	SIM_OK(ov_beheer_name(name, SIM_LOGDOMEIN, SIM_REGIO, slug, e));
	SIM_OK(ov_vkey_make(v, name, OV_VKEY_ED25519, pk, e));
}

static json_t *
b64u(const uint8_t p[32])
{
	char t[64];

	(void)ov_b64u_enc(t, p, 32);
	return json_string(t);
}

static json_t *
pin(const uint8_t p[32])
{
	char t[64], s[80];

	(void)ov_b64_enc(t, p, 32);
	(void)snprintf(s, sizeof(s), "sha256//%s", t);
	return json_pack("[s]", s);
}

static json_t *
id_of(uint8_t seedbyte)
{
	uint8_t seed[32], pk[32], sk[64];

	memset(seed, seedbyte, sizeof(seed));
	SIM_CHECK(crypto_sign_seed_keypair(pk, sk, seed) == 0);
	return b64u(pk);
}

static json_t *
moment(int64_t t)
{
	char s[OV_MOMENT_SIZE];

	ov_moment_fmt(s, t);
	return json_string(s);
}

static json_t *
vorige_id(int i)
{
	if (W.book.old[i] == 0)
		return json_null();
	return json_pack("{s:o,s:o}", "id", id_of(W.book.old[i]), "tot",
	    moment(W.book.old_until));
}

static json_t *
member(int i)
{
	static const char *const roles[SIM_NODES][2] = {{"vo", NULL},
	    {"mbo", NULL}, {"leerplicht", "doorstroompunt"}};
	static const char *const brin[SIM_NODES] = {"25PU", "25PL", NULL};
	const struct sim_node *n = &W.node[i];
	json_t *rol = json_array(), *mag = json_array(), *b = json_array(), *j;
	char naam[32];

	for (int k = 0; k < 2 && roles[i][k] != NULL; k++)
		SIM_CHECK(
		    json_array_append_new(rol, json_string(roles[i][k])) == 0);
	for (int k = 0; k < SIM_NODES; k++)
		if (k != i && !W.book.gone[k])
			SIM_CHECK(json_array_append_new(mag,
			              json_string(W.node[k].oin)) == 0);
	if (brin[i] != NULL)
		SIM_CHECK(json_array_append_new(b,
		              json_pack("{s:s,s:[s]}", "brin", brin[i],
		                  "vestigingen", "00")) == 0);
	(void)snprintf(naam, sizeof(naam), "Organisatie %d", i);
	j = json_pack("{s:s,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:[s],"
	              "s:o,s:o,s:o}",
	    "oin", n->oin, "naam", naam, "rol", rol, "status", "actief", "url",
	    n->url, "id", id_of(n->id_seed), "id_vorige", vorige_id(i), "log",
	    b64u(n->log_pk), "getuige", b64u(n->witness_pk), "tls_server",
	    pin(n->spki), "tls_client", pin(n->spki), "pki", "regio", "suites",
	    "OS1", "mag_naar", mag, "brin", b, "gemeenten",
	    i == SIM_GEM ? json_pack("[s]", "0193") : json_array());
	SIM_CHECK(j != NULL);
	return j;
}

static json_t *
budget(struct sim_budget b)
{
	char day[OV_DATE_SIZE];

	ov_date_fmt(day, ov_date_from_days(ov_utc_day(sim_wall()) + 40));
	return json_pack("{s:I,s:I,s:s,s:I}", "dag", (json_int_t)b.dag,
	    "dag_na", (json_int_t)b.dag, "dag_tot", day, "jaar",
	    (json_int_t)b.jaar);
}

static json_t *
holders(void)
{
	json_t *o = json_object();
	char t[64];

	for (int i = 0; i < 2; i++) {
		(void)ov_b64_enc(t, W.manifest[i], 32);
		SIM_CHECK(json_object_set_new(o, W.node[SIM_MBO + i].oin,
		              json_string(t)) == 0);
	}
	return o;
}

static json_t *
text_of(uint32_t versie, const uint8_t *vorige)
{
	json_t *members = json_array(), *admins = json_array(), *j;
	const char *mbo = W.node[SIM_MBO].oin, *gem = W.node[SIM_GEM].oin;
	char prev[64] = "";
	struct ov_vkey v;
	uint8_t sk[64];

	for (unsigned i = 0; i < ADMINS; i++) {
		OV_BUF t = {0};

		admin(i, &v, sk);
		ov_vkey_text(&t, &v);
		SIM_CHECK(json_array_append_new(admins,
		              json_string(ov_buf_text(&t))) == 0);
	}
	for (int i = 0; i < SIM_NODES; i++)
		if (!W.book.gone[i])
			SIM_CHECK(
			    json_array_append_new(members, member(i)) == 0);
	if (vorige != NULL)
		(void)ov_b64_enc(prev, vorige, 32);
	j = json_pack("{s:s,s:i,s:s,s:I,s:s,s:o,s:o,s:s,s:i,s:o,s:o,s:[s],"
	              "s:{s:[{s:i,s:s,s:s,s:{s:[s],s:[s]},s:o}],"
	              "s:{s:{s:o,s:o},s:{s:o,s:o}}},s:{s:i},s:[]}",
	    "type", "overstap-adresboek", "v", 1, "regio", SIM_REGIO, "versie",
	    (json_int_t)versie, "vorige", prev, "uitgegeven",
	    moment(sim_wall()), "geldig_tot",
	    moment(sim_wall() + (int64_t)W.book.days * 86400), "logdomein",
	    SIM_LOGDOMEIN, "drempel", 2, "beheerders", admins, "leden", members,
	    "ca", "AQID", "oprf", "epochs", "ep", 1, "status", "actief", "van",
	    "2025-08-01T00:00:00Z", "delen", "1", mbo, "2", gem, "manifesten",
	    holders(), "budget", W.node[SIM_VO].oin, mbo, budget(W.book.vo),
	    gem, budget(W.book.notices), mbo, mbo, budget(W.book.mbo), gem,
	    budget(W.book.notices), "log", "minimum_getuigen", 2,
	    "ingetrokken");
	SIM_CHECK(j != NULL);
	return j;
}

static void
sign(struct ov_buf *note, const json_t *j, unsigned signers, uint8_t sha[32])
{
	struct ov_vkey v;
	uint8_t sk[64], sig[64];
	size_t n;

	SIM_OK(ov_adresboek_compose(note, j, e));
	n = note->n;
	SIM_CHECK(ov_sha256(sha, note->p, n) == OV_OK);
	ov_buf_str(note, "\n");
	for (unsigned i = 0; i < ADMINS; i++) {
		if ((signers >> i & 1) == 0)
			continue;
		admin(i, &v, sk);
		SIM_CHECK(crypto_sign_detached(sig, NULL, note->p, n, sk) == 0);
		ov_note_line(note, &v, sig, sizeof(sig));
	}
	SIM_CHECK(!note->bad);
}

static uint8_t before[32]; /* the version under the newest */

void
sim_book_make(struct ov_buf *note, unsigned signers)
{
	json_t *j;

	memcpy(before, W.sha, 32);
	j = text_of(W.versie + 1, W.versie == 0 ? NULL : W.sha);
	W.versie++;
	sign(note, j, signers, W.sha);
	json_decref(j);
}

void
sim_book_fork(struct ov_buf *note)
{
	unsigned days = W.book.days;
	uint8_t sha[32];
	json_t *j;

	W.book.days++;
	j = text_of(W.versie, W.versie == 1 ? NULL : before);
	W.book.days = days;
	sign(note, j, 3, sha);
	json_decref(j);
}

void
sim_book_issue(struct sim_node *n)
{
	OV_BUF note = {0};
	struct ov_err e = {0};
	enum ov_accept got;

	sim_book_make(&note, 3);
	got = ov_boek_offer(n->st, (struct ov_view){note.p, note.n}, NULL, NULL,
	    &e);
	if (got != OV_ACCEPT_OK)
		sim_fail(__FILE__, __LINE__, ov_accept_name(got), e.msg);
}
