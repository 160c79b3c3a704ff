/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/sim/sim_book.c - the address book among members: a new version spreads
 * by itself, a fork is refused and shouted about, an old identity key lives
 * until its date, an expired book stops sending before receiving.
 */
#include <stdio.h>
#include <string.h>

#include "protocol/hash.h"
#include "protocol/note.h"
#include "tests/sim/sim.h"

#define WALL ((int64_t)1788249600) /* 2026-09-01T08:00:00Z */
#define DAY ((int64_t)86400)

static bool
all_have(void *versie)
{
	for (int i = 0; i < SIM_NODES; i++)
		if (W.node[i].st->boek->versie != *(uint32_t *)versie)
			return false;
	return true;
}

static bool
two_have(void *versie)
{
	return W.node[SIM_VO].st->boek->versie == *(uint32_t *)versie &&
	       W.node[SIM_MBO].st->boek->versie == *(uint32_t *)versie;
}

static bool
delivered(void *n)
{
	return sim_int(n, "SELECT count(*) FROM uitgaand WHERE stand IN"
	                  " ('OPGESTELD','WACHT-OP-PSEUDONIEM','KLAAR',"
	                  "'ONDERWEG')") == 0;
}

/* Days pass on a coarse clock. */
static void
pass(int64_t seconds)
{
	sim_grain(UINT64_C(1800) * 1000);
	sim_run(seconds);
	sim_grain(0);
}

static void
quiet(struct sim_node *n)
{
	SIM_CHECK(sim_until(delivered, n, 3600, false));
	SIM_CHECK(sim_count(n, "SELECT count(*) FROM uitgaand WHERE stand<>?1",
	              "AFGELEVERD") == 0);
}

/* Three versions handed to one member reach all, one after the other, also
 * where the chain has to be caught up after a day behind a cut. */
static void
spreads(uint64_t seed)
{
	uint32_t v;

	sim_begin(seed, WALL);
	sim_world_new();
	sim_grain(5000);
	W.lose_permille = 100;
	sim_book_issue(&W.node[SIM_VO]);
	v = 2;
	SIM_CHECK(sim_until(all_have, &v, 7200, false));
	for (int i = 0; i < SIM_NODES; i++)
		W.cut[i][SIM_GEM] = W.cut[SIM_GEM][i] = true;
	for (v = 3; v <= 5; v++) {
		sim_book_issue(&W.node[sim_below(2)]);
		SIM_CHECK(sim_until(two_have, &v, 2 * 7200, false));
	}
	SIM_CHECK(W.node[SIM_GEM].st->boek->versie == 2);
	memset(W.cut, 0, sizeof(W.cut));
	v = 5;
	SIM_CHECK(sim_until(all_have, &v, 3 * 7200, false));
	for (int i = 0; i < SIM_NODES; i++) {
		SIM_CHECK(
		    sim_int(&W.node[i], "SELECT count(*) FROM adresboek") == 5);
		SIM_CHECK(sim_leaves(&W.node[i], OV_LEAF_ADRESBOEK, NULL) == 5);
		sim_restart(&W.node[i]); /* and it is what a start finds */
		SIM_CHECK(W.node[i].st->boek->versie == 5);
	}
	SIM_CHECK(sim_dossier(&W.node[SIM_VO], 1) > 0);
	quiet(&W.node[SIM_VO]);
	sim_check_all();
	sim_world_free();
}

static void
refuses(void)
{
	struct sim_node *mbo = &W.node[SIM_MBO];
	struct ov_err err = {0};
	OV_BUF one = {0}, fork = {0}, had = {0};
	bool found;
	uint8_t sha[32];
	uint32_t v = 1;

	sim_begin(7, WALL);
	sim_world_new();
	sim_grain(5000);
	sim_run(60);
	memcpy(sha, W.sha, 32);
	sim_book_fork(&fork);
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){fork.p, fork.n}, NULL,
	              NULL, &err) == OV_ACCEPT_FORK);
	SIM_CHECK(sim_count(mbo,
	              "SELECT sum(aantal) FROM melding WHERE"
	              " soort=?1",
	              "adresboek-splitsing") == 1);
	SIM_CHECK(memcmp(mbo->st->boek->sha256, sha, 32) == 0);
	/* The same two of number 1, when ours is 2 already: still a fork.
	 * What we had ourselves is old, and no more. */
	SIM_OK(ov_boek_note(mbo->st, 1, &had, &found, e));
	SIM_CHECK(found);
	v = 2;
	sim_book_issue(mbo);
	SIM_CHECK(sim_until(all_have, &v, 7200, false));
	memcpy(sha, W.sha, 32);
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){had.p, had.n}, NULL,
	              NULL, &err) == OV_ACCEPT_OLDER);
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){fork.p, fork.n}, NULL,
	              NULL, &err) == OV_ACCEPT_FORK);
	SIM_CHECK(sim_count(mbo,
	              "SELECT sum(aantal) FROM melding WHERE"
	              " soort=?1",
	              "adresboek-splitsing") == 2);
	SIM_CHECK(memcmp(mbo->st->boek->sha256, sha, 32) == 0);
	sim_book_make(&one, 1); /* one administrator of two needed */
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){one.p, one.n}, NULL,
	              NULL, &err) == OV_ACCEPT_SIGNATURES);
	sim_run(3600);
	SIM_CHECK(all_have(&v));
	sim_check_all();
	sim_world_free();
}

static void
fingerprint(const struct ov_buf *b, char fp[OV_VINGER_TEXT])
{
	struct ov_note note;
	uint8_t sha[32];

	SIM_OK(ov_note_parse(b->p, b->n, &note, e));
	SIM_CHECK(ov_sha256(sha, note.text.p, note.text.n) == OV_OK);
	ov_vinger(fp, sha);
}

/* mbo was shown another version 2 than the others.  The others' version 3
 * tells it so; it keeps what it has until an administrator types a
 * fingerprint, and from then on hands on the region's chain and not the
 * other one, which it keeps for old receipts. */
static void
forks(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	OV_BUF two = {0}, fork = {0}, three = {0}, got = {0};
	struct ov_err err = {0};
	char fp[OV_VINGER_TEXT];
	uint32_t v = 3;
	bool found;

	sim_begin(12, WALL);
	sim_world_new();
	for (int i = 0; i < SIM_NODES; i++)
		W.cut[SIM_MBO][i] = W.cut[i][SIM_MBO] = true;
	sim_book_make(&two, 3);
	sim_book_fork(&fork);
	SIM_CHECK(ov_boek_offer(vo->st, (struct ov_view){two.p, two.n}, NULL,
	              NULL, &err) == OV_ACCEPT_OK);
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){fork.p, fork.n}, NULL,
	              NULL, &err) == OV_ACCEPT_OK);
	sim_book_make(&three, 3);
	SIM_CHECK(ov_boek_offer(vo->st, (struct ov_view){three.p, three.n},
	              NULL, NULL, &err) == OV_ACCEPT_OK);
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){three.p, three.n},
	              NULL, NULL, &err) == OV_ACCEPT_CHAIN);
	SIM_CHECK(
	    sim_count(mbo, "SELECT sum(aantal) FROM melding WHERE soort=?1",
	        "adresboek-splitsing") == 1);
	SIM_CHECK(mbo->st->boek->versie == 2);
	/* The way out, to a number that it has too. */
	fingerprint(&two, fp);
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){two.p, two.n}, fp,
	              "telefoon", &err) == OV_ACCEPT_OK);
	SIM_OK(ov_boek_note(mbo->st, 2, &got, &found, e));
	SIM_CHECK(found && got.n == two.n && memcmp(got.p, two.p, two.n) == 0);
	SIM_CHECK(sim_count(mbo,
	              "SELECT count(*) FROM adresboek WHERE vervangen>0"
	              " AND versie=2 AND reden=?1",
	              "telefoon") == 1);
	memset(W.cut, 0, sizeof(W.cut));
	SIM_CHECK(sim_until(all_have, &v, 2 * 7200, false));
	/* And back below the newest: that is then what it hands on. */
	SIM_CHECK(ov_boek_offer(mbo->st, (struct ov_view){two.p, two.n}, fp,
	              "proef", &err) == OV_ACCEPT_OK);
	ov_buf_reset(&got);
	SIM_OK(ov_boek_note(mbo->st, 0, &got, &found, e));
	SIM_CHECK(found && got.n == two.n && memcmp(got.p, two.p, two.n) == 0);
	SIM_OK(ov_boek_note(mbo->st, 3, &got, &found, e));
	SIM_CHECK(!found);
	sim_restart(mbo);
	SIM_CHECK(mbo->st->boek->versie == 2);
	SIM_CHECK(sim_until(all_have, &v, 2 * 7200, false));
	SIM_CHECK(sim_int(mbo, "SELECT count(*) FROM adresboek") == 6);
	sim_world_free();
}

/* A member boasts of a version that nobody has: the others go on, and who
 * really has the next one is asked at once. */
static void
boasts(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	const struct ov_lid *liar, *honest;
	uint32_t v = 2;

	sim_begin(13, WALL);
	sim_world_new();
	liar = ov_book_oin(mbo->st->boek, &W.node[SIM_GEM].st->self);
	SIM_CHECK(liar != NULL);
	ov_boek_hint(mbo->st, liar, UINT32_MAX);
	sim_run(60);
	for (v = 2; v <= 3; v++) {
		W.cut[SIM_MBO][SIM_GEM] = W.cut[SIM_GEM][SIM_MBO] = true;
		sim_book_issue(vo);
		honest = ov_book_oin(mbo->st->boek, &vo->st->self);
		SIM_CHECK(honest != NULL);
		ov_boek_hint(mbo->st, honest, v);
		sim_run(30);
		SIM_CHECK(mbo->st->boek->versie == v);
	}
	sim_world_free();
}

/* vo takes a new identity: it uses it only a day after the book has it, and
 * who has the old book still reads what the old one signed. */
static void
identity(void)
{
	struct sim_node *vo = &W.node[SIM_VO];
	uint32_t v = 2;

	sim_begin(8, WALL);
	sim_world_new();
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	quiet(vo);
	W.book.old[SIM_VO] = vo->id_seed;
	W.book.old_until = sim_wall() + 10 * DAY;
	vo->id_seed = 0x77;
	W.cut[SIM_MBO][SIM_VO] = W.cut[SIM_MBO][SIM_GEM] = true;
	sim_book_issue(vo); /* its vault still has the old key */
	SIM_CHECK(sim_dossier(vo, 2) > 0);
	quiet(vo);
	memset(W.cut, 0, sizeof(W.cut));
	SIM_CHECK(sim_until(all_have, &v, 7200, false));
	pass(DAY);
	sim_restart(vo); /* with the new key */
	SIM_CHECK(sim_dossier(vo, 3) > 0);
	quiet(vo);
	pass(10 * DAY); /* past the old one's date */
	SIM_CHECK(sim_dossier(vo, 4) > 0);
	quiet(vo);
	sim_check_log(&W.node[SIM_MBO]);
	sim_check_pair(vo, &W.node[SIM_MBO]);
	sim_world_free();
}

/* The new key is used too early, while the receiver has the old book: it says
 * 503 and fetches the book, and the message is not lost. */
static void
too_early(void)
{
	struct sim_node *vo = &W.node[SIM_VO];

	sim_begin(9, WALL);
	sim_world_new();
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	quiet(vo);
	W.book.old[SIM_VO] = vo->id_seed;
	W.book.old_until = sim_wall() + 10 * DAY;
	vo->id_seed = 0x77;
	sim_book_issue(vo);
	sim_restart(vo);
	SIM_CHECK(sim_dossier(vo, 2) > 0);
	quiet(vo);
	SIM_CHECK(W.node[SIM_MBO].st->boek->versie == 2);
	sim_check_pair(vo, &W.node[SIM_MBO]);
	sim_world_free();
}

/* Nobody signs a new book: sending freezes on its last day, receiving 14 days
 * later; a new version sets all in motion again. */
static void
expires(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];
	uint32_t v = 2;

	sim_begin(10, WALL);
	sim_world_new();
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	quiet(vo);
	pass((int64_t)W.book.days * DAY - 3600);
	SIM_CHECK(sim_dossier(vo, 2) > 0);
	quiet(vo); /* the last hour counts */
	sim_run(7200);
	SIM_CHECK(sim_dossier(vo, 2) > 0); /* its pseudonym is here */
	pass(3 * DAY);
	SIM_CHECK(sim_count(vo, "SELECT count(*) FROM uitgaand WHERE stand=?1",
	              "AFGELEVERD") == 2);
	SIM_CHECK(sim_count(vo, "SELECT count(*) FROM uitgaand WHERE stand=?1",
	              "OPGESTELD") == 1);
	SIM_CHECK(!ov_boek_sends(vo->st));
	/* vo has the new book first; mbo, with the old one, receives. */
	W.cut[SIM_MBO][SIM_VO] = W.cut[SIM_MBO][SIM_GEM] = true;
	W.cut[SIM_GEM][SIM_MBO] = true;
	sim_book_issue(vo);
	quiet(vo);
	SIM_CHECK(mbo->st->boek->versie == 1);
	memset(W.cut, 0, sizeof(W.cut));
	SIM_CHECK(sim_until(all_have, &v, 2 * 7200, false));
	sim_check_pair(vo, mbo);
	sim_world_free();
}

/* After 14 more days nothing is received either, until a newer book comes. */
static void
over(void)
{
	struct sim_node *vo = &W.node[SIM_VO], *mbo = &W.node[SIM_MBO];

	sim_begin(11, WALL);
	sim_world_new();
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	quiet(vo);
	pass((int64_t)(W.book.days + 15) * DAY);
	W.cut[SIM_MBO][SIM_VO] = W.cut[SIM_MBO][SIM_GEM] = true;
	W.cut[SIM_GEM][SIM_MBO] = true;
	sim_book_issue(vo);
	SIM_CHECK(sim_dossier(vo, 1) > 0);
	sim_run(1800);
	SIM_CHECK(sim_count(vo, "SELECT count(*) FROM uitgaand WHERE fout=?1",
	              "tijdelijk-niet-beschikbaar") == 1);
	SIM_CHECK(sim_int(mbo, "SELECT count(*) FROM bericht") == 1);
	memset(W.cut, 0, sizeof(W.cut));
	SIM_CHECK(sim_until(delivered, vo, 3 * 3600, false));
	SIM_CHECK(mbo->st->boek->versie == 2);
	sim_check_all();
	sim_world_free();
}

int
main(void)
{
	spreads(1);
	spreads(2);
	refuses();
	forks();
	boasts();
	identity();
	too_early();
	expires();
	over();
	(void)puts("address book: 9 stories");
	return 0;
}
