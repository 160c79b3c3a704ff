/* SPDX-License-Identifier: EUPL-1.2 */
/* daemon/store/wis.c - what goes with a record, and the line that stays. */
#include "daemon/store/wis.h"

#include <string.h>

#include "protocol/hash.h"

#define GEZIEN_S ((int64_t)400 * 86400) /* repetitions are answered so long */
#define DELEN_MAX 8

struct tabel {
	const char *naam;
	/* id, srt ("" where there is none), oin of the other side, zaak; a row
	 * in a state that may not go is no row, and in_use says why. */
	const char *kop;
	const char *in_use; /* more than 0: may not go */
	const char *waarom;
	const char *weg[DELEN_MAX]; /* ?1 is nr; the last is the row itself */
};

static const struct tabel tabel[OV_WIS_N] = {
    [OV_WIS_BERICHT] = {.naam = "bericht",
        .kop = ("SELECT b.id,b.srt,p.oin,b.zaak FROM bericht b JOIN partner"
                " p ON p.id=b.partner WHERE b.nr=?1"),
        .weg = {"DELETE FROM bericht_stand WHERE bericht=?1",
            "DELETE FROM terugmelding WHERE bericht=?1",
            "DELETE FROM termijn WHERE bericht=?1",
            "DELETE FROM afhandeling WHERE bericht=?1",
            "DELETE FROM koppeling_nee WHERE bericht=?1",
            ("DELETE FROM stap WHERE uit=0 AND record=?1 AND (zaak,partner)"
             "=(SELECT zaak,partner FROM bericht WHERE nr=?1)"),
            "DELETE FROM bericht WHERE nr=?1"}},
    [OV_WIS_UITGAAND] = {.naam = "uitgaand",
        .kop = ("SELECT u.id,u.srt,p.oin,u.zaak FROM uitgaand u JOIN"
                " partner p ON p.id=u.partner WHERE u.nr=?1"),
        .in_use = ("SELECT count(*) FROM uitgaand WHERE nr=?1 AND stand IN"
                   " ('OPGESTELD','WACHT-OP-PSEUDONIEM','KLAAR',"
                   "'ONDERWEG')"),
        .waarom = "it is still to be sent: withdraw it first",
        .weg = {"DELETE FROM uitgaand_jwe WHERE uitgaand=?1",
            "DELETE FROM terugmelding WHERE uitgaand=?1",
            ("DELETE FROM stap WHERE uit=1 AND record=?1 AND (zaak,partner)"
             "=(SELECT zaak,partner FROM uitgaand WHERE nr=?1)"),
            "DELETE FROM uitgaand WHERE nr=?1"}},
    [OV_WIS_CONCEPT] = {.naam = "concept",
        .kop = "SELECT id,srt,partner,NULL FROM concept WHERE nr=?1",
        .weg = {"UPDATE verzuim_signaal SET concept=NULL WHERE concept=?1",
            "DELETE FROM concept WHERE nr=?1"}},
    [OV_WIS_LEERLING] = {.naam = "leerling",
        .kop = "SELECT id,'',domein,NULL FROM leerling WHERE nr=?1",
        .in_use = ("SELECT (SELECT count(*) FROM (SELECT 1 FROM bericht WHERE"
                   " leerling=?1 LIMIT 1))+(SELECT count(*) FROM concept WHERE"
                   " leerling=?1)+(SELECT count(*) FROM uitgaand WHERE"
                   " leerling=?1)"),
        .waarom = "a message or a draft is about this pupil",
        .weg = {"DELETE FROM etiket WHERE leerling=?1",
            "UPDATE etiket_klaar SET tot=min(tot,?1-1)",
            "UPDATE leerling SET hoort_bij=NULL WHERE hoort_bij=?1",
            "DELETE FROM koppeling_nee WHERE leerling=?1",
            "UPDATE bericht_stand SET leerling=NULL WHERE leerling=?1",
            "DELETE FROM leerling WHERE nr=?1"}},
    [OV_WIS_VERZUIM] = {.naam = "verzuim",
        .kop = "SELECT id,'','',NULL FROM verzuim WHERE nr=?1",
        .weg = {"DELETE FROM verzuim_signaal WHERE verzuim=?1",
            "DELETE FROM verzuim WHERE nr=?1"}},
    [OV_WIS_VERLATER] = {.naam = "schoolverlater",
        .kop = "SELECT id,'','',NULL FROM schoolverlater WHERE nr=?1",
        .weg = {"DELETE FROM schoolverlater WHERE nr=?1"}},
};

struct kop {
	uint8_t id[16], zaak[16];
	bool any, has_zaak;
	char srt[OV_SRT_MAX + 1], oin[21];
};

const char *
ov_wis_naam(enum ov_wis_soort s)
{
	return (unsigned)s < OV_WIS_N ? tabel[s].naam : "";
}

void
ov_wis_ref(uint8_t ref[32], const uint8_t id[16])
{
	static const char label[] = "overstapd/vernietigd/v1";
	uint8_t in[sizeof(label) + 16];

	memcpy(in, label, sizeof(label)); /* with its zero */
	memcpy(in + sizeof(label), id, 16);
	if (ov_sha256(ref, in, sizeof(in)) != OV_OK)
		memset(ref, 0, 32);
}

static enum ov_rc
read_kop(struct ov_store *st, const struct ov_wis *w, struct kop *k,
    struct ov_err *e)
{
	sqlite3_stmt *q;
	enum ov_rc rc;

	memset(k, 0, sizeof(*k));
	rc = ov_db_q(st->db, &q, e, tabel[w->soort].kop, "i", w->nr);
	if (rc == OV_OK)
		rc = ov_db_next(st->db, q, &k->any, e);
	if (rc == OV_OK && k->any) {
		rc = ov_db_fix(q, 0, k->id, 16, e);
		(void)snprintf(k->srt, sizeof(k->srt), "%s", ov_db_text(q, 1));
		(void)snprintf(k->oin, sizeof(k->oin), "%s", ov_db_text(q, 2));
		k->has_zaak = !ov_db_null(q, 3);
		if (rc == OV_OK && k->has_zaak)
			rc = ov_db_fix(q, 3, k->zaak, 16, e);
	}
	ov_db_done(st->db, q);
	return rc;
}

/* The case goes with its last message. */
static enum ov_rc
case_end(struct ov_store *st, const uint8_t zaak[16], struct ov_err *e)
{
	static const char *const weg[] = {("INSERT INTO te_vernietigen(id) "
	                                   "SELECT id FROM zaak_verloop"
	                                   " WHERE zaak=?1"),
	    ("INSERT INTO te_vernietigen(id) SELECT id FROM zaak WHERE zaak=?1"
	     " AND id IS NOT NULL"),
	    "DELETE FROM zaak_verloop WHERE zaak=?1",
	    "DELETE FROM stap WHERE zaak=?1", "DELETE FROM zaak WHERE zaak=?1"};
	int64_t left;
	enum ov_rc rc;

	rc = ov_db_int(st->db, &left, 0, e,
	    ("SELECT (SELECT count(*) FROM (SELECT 1 FROM bericht WHERE zaak=?1"
	     " LIMIT 1))+(SELECT count(*) FROM (SELECT 1 FROM uitgaand WHERE"
	     " zaak=?1 LIMIT 1))"),
	    "b", (const void *)zaak, (size_t)16);
	if (rc != OV_OK || left > 0)
		return rc;
	for (size_t i = 0; i < sizeof(weg) / sizeof(weg[0]) && rc == OV_OK; i++)
		rc = ov_db_run(st->db, e, weg[i], "b", (const void *)zaak,
		    (size_t)16);
	return rc == OV_OK ? ov_keys_destroyed(st, e) : rc;
}

/* A repetition of it is answered 410 for another 400 days. */
static enum ov_rc
seen_end(struct ov_store *st, int64_t nr, struct ov_err *e)
{
	return ov_db_run(st->db, e, "UPDATE gezien SET tot=?2 WHERE bericht=?1",
	    "ii", nr, ov_now(st) + GEZIEN_S);
}

static enum ov_rc
line(struct ov_store *st, const struct ov_wis *w, const struct kop *k,
    struct ov_err *e)
{
	struct ov_oin oin = st->self;
	uint8_t ref[32];
	enum ov_rc rc;

	if (k->oin[0] != '\0' &&
	    (rc = ov_oin_parse(ov_view_str(k->oin), &oin)) != OV_OK)
		return ov_fail(e, OV_DAMAGED, "%s: partner",
		    tabel[w->soort].naam);
	rc = ov_db_run(st->db, e,
	    ("INSERT INTO vernietigd(tijd,tabel,record,id,srt,regel,account,"
	     "blad) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"),
	    "itibttii", ov_now(st), tabel[w->soort].naam, w->nr,
	    (const void *)k->id, (size_t)16, k->srt, w->regel, w->account,
	    (int64_t)st->log.now.size);
	if (rc != OV_OK)
		return rc;
	ov_wis_ref(ref, k->id);
	return ov_tx_leaf(st, OV_LEAF_VERNIETIGING, &oin, ref, e);
}

enum ov_rc
ov_wis(struct ov_store *st, const struct ov_wis *w, bool *gone,
    struct ov_err *e)
{
	const struct tabel *t = &tabel[w->soort];
	int64_t busy = 0;
	struct kop k;
	enum ov_rc rc;

	*gone = false;
	if ((rc = read_kop(st, w, &k, e)) != OV_OK || !k.any)
		return rc;
	if (t->in_use != NULL && (rc = ov_db_int(st->db, &busy, 0, e, t->in_use,
	                              "i", w->nr)) != OV_OK)
		return rc;
	if (busy > 0)
		return ov_fail(e, OV_DENIED, "%s", t->waarom);
	if (w->soort == OV_WIS_BERICHT &&
	    (rc = seen_end(st, w->nr, e)) != OV_OK)
		return rc;
	for (size_t i = 0; i < DELEN_MAX && t->weg[i] != NULL; i++)
		if ((rc = ov_db_run(st->db, e, t->weg[i], "i", w->nr)) != OV_OK)
			return rc;
	if (k.has_zaak && (rc = case_end(st, k.zaak, e)) != OV_OK)
		return rc;
	if ((rc = ov_key_destroy(st, k.id, e)) != OV_OK ||
	    (rc = line(st, w, &k, e)) != OV_OK)
		return rc;
	*gone = true;
	return OV_OK;
}
