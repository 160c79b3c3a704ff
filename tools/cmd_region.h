/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/cmd_region.h - making and keeping a region: the administrators' folder
 * and what may be done with it, all of it offline.
 *
 *	regio.json      working state: what the next version will say
 *	ca.key ca.crt   the region's CA
 *	beheer/NAME.key one administrator's key; may be moved elsewhere
 *	kaarten/OIN.txt the card that each member came in with
 *	certs/OIN.crt   the newest certificate issued to it
 *	volgende.txt    the next version, while signatures are being collected
 *	versies/N.txt   signed versions, complete notes
 *
 * Nothing is added without the fingerprint that somebody read out and typed.
 * A version is complete when it would be accepted by a member who has the one
 * before it (docs/protocol.md, "Address book"); this is judged with the same
 * code.  Changing the state while signatures are being collected drops the
 * unfinished version, because what was signed would no longer be what is
 * meant.
 */
#ifndef OV_TOOLS_CMD_REGION_H
#define OV_TOOLS_CMD_REGION_H

#include "protocol/adresboek.h"
#include "tools/cmd_keys.h"

struct ov_region {
	int dir;
	json_t *st; /* regio.json */
};

struct ov_region_new {
	const char *dir; /* made, must not hold a region */
	const char *regio;
	const char *logdomein;
	size_t drempel;
	const char *const *beheer; /* slugs */
	size_t nbeheer;
	uint32_t getuigen; /* log.minimum_getuigen */
	int64_t now;
};
OV_MUST_CHECK enum ov_rc ov_region_create(const struct ov_region_new *,
    struct ov_err *e);

/* What every command on a folder begins and ends with (cmd_region.c): open the
 * folder of the first argument; save (when it went well), say what was
 * dropped or is about to expire, and close.  Both give the exit status. */
struct ov_cli;
struct ov_args;
int ov_region_begin(struct ov_cli *, const struct ov_args *,
    struct ov_region *);
int ov_region_finish(struct ov_cli *, struct ov_region *, enum ov_rc, bool save,
    struct ov_err *e);

/* *out is filled in; ov_region_close(). */
OV_MUST_CHECK enum ov_rc ov_region_open(const char *dir, struct ov_region *out,
    struct ov_err *e);
void ov_region_close(struct ov_region *);
/* Write the state and drop an unfinished version. */
OV_MUST_CHECK enum ov_rc ov_region_save(struct ov_region *, struct ov_err *e);
/* Is a version being signed now? */
bool ov_region_pending(const struct ov_region *);
const char *ov_region_name(const struct ov_region *);

struct ov_region_add {
	struct ov_view card;
	const char *typed;      /* fingerprint as read out */
	struct ov_view csr;     /* empty: no certificate */
	const char *const *mag; /* OINs, or "alle" */
	size_t nmag;
	int days; /* of the certificate */
	int64_t now;
};
/* Add the organisation of a card, or replace it by a newer card (the old
 * identity key then counts for 30 more days).  OV_DENIED when the fingerprint
 * is not that of the card, or the request holds another key than the card.
 * The certificate is appended to cert. */
OV_MUST_CHECK enum ov_rc ov_region_add(struct ov_region *,
    const struct ov_region_add *, struct ov_oin *oin, struct ov_buf *cert,
    struct ov_err *e);
/* The member that an OIN, a name, a BRIN (with vestiging) or a gemeente means;
 * OV_DENIED when there is none, or more than one. */
OV_MUST_CHECK enum ov_rc ov_region_find(const struct ov_region *,
    const char *who, struct ov_oin *out, struct ov_err *e);
/* Set a member's status; withdraw, when given, is the reason why its identity
 * key counts no more. */
OV_MUST_CHECK enum ov_rc ov_region_status(struct ov_region *,
    const struct ov_oin *, enum ov_lid_status, const char *withdraw,
    int64_t now, struct ov_err *e);
/* Whom a member may send to: OINs, or "alle" (kept as "*"). */
OV_MUST_CHECK enum ov_rc ov_region_mag(struct ov_region *,
    const struct ov_oin *, const char *const *mag, size_t n, struct ov_err *e);

/* Figures that budgets follow from.  "A=n" for leerlingen, "A:B=n" for the
 * others, where A and B are OINs or names: kind "leerlingen" (pupils at last
 * count), "verwacht" (transfers expected in a year), "dag" (a stated cap per
 * day), "jaar" (a stated budget per school year). */
OV_MUST_CHECK enum ov_rc ov_region_figure(struct ov_region *, const char *kind,
    const char *text, struct ov_err *e);
/* The "budget" of the book that would be made now; NULL without memory. */
json_t *ov_region_budget(const struct ov_region *, int64_t now);
/* OV_DENIED where a cap per day is above what the school year allows: it
 * would promise what no holder gives.  (A book that says so is accepted: each
 * holder keeps to the smaller of the two.) */
OV_MUST_CHECK enum ov_rc ov_region_budget_check(const struct ov_region *,
    int64_t now, struct ov_err *e);

struct ov_region_epoch {
	uint32_t ep;
	enum ov_epoch_status status;
	int64_t van;                   /* 0: keep, or now */
	const char *houder1, *houder2; /* NULL: keep */
	int64_t now;
};
OV_MUST_CHECK enum ov_rc ov_region_epoch(struct ov_region *,
    const struct ov_region_epoch *, struct ov_err *e);
/* Take a holder's manifest (JWS, verified with the key on its card) into its
 * epoch. */
OV_MUST_CHECK enum ov_rc ov_region_manifest(struct ov_region *,
    struct ov_view jws, struct ov_oin *houder, uint32_t *ep, struct ov_err *e);

/* Which member serves a gemeente in a role (cmd_region_route.c): dates are
 * "YYYY-MM-DD", srt "*" is every type, tot NULL no end. */
struct ov_region_route {
	const char *gemeente, *rol, *srt, *naar, *van, *tot;
};
/* OV_DENIED: another route of this gemeente, role and type counts on one of
 * these days, or the member does not hold the role; OV_BADMSG: a word is none
 * of its kind. */
OV_MUST_CHECK enum ov_rc ov_region_route_add(struct ov_region *,
    const struct ov_region_route *, struct ov_err *e);
/* Take the one back that begins on this day; naar and tot are not looked at.
 * OV_DENIED: there is none. */
OV_MUST_CHECK enum ov_rc ov_region_route_remove(struct ov_region *,
    const struct ov_region_route *, struct ov_err *e);
/* The routes of a book as a table; nothing where it has none. */
void ov_region_say_routes(struct ov_cli *, const struct ov_adresboek *);

struct ov_region_signed {
	uint32_t versie;
	char vinger[OV_VINGER_TEXT];
	size_t have; /* keys that count by now, of this version's own */
	size_t need;
	bool complete;
	char name[64]; /* file the note is in, within the region's folder */
};
/* Put one administrator's signature under the next version, composing it from
 * the state when there is none yet.  seed is his key; days how long it is
 * valid. */
OV_MUST_CHECK enum ov_rc ov_region_sign(struct ov_region *,
    const uint8_t seed[OV_SEED_LEN], int64_t now, int days,
    struct ov_region_signed *, struct ov_err *e);
/* The text that would be signed now. */
OV_MUST_CHECK enum ov_rc ov_region_compose(struct ov_region *,
    const struct ov_adresboek *last, int64_t now, int days, struct ov_buf *text,
    struct ov_err *e);
/* A signed version, 0: the newest; OV_DENIED when there is none.  *note and
 * *book are given; either may be NULL. */
OV_MUST_CHECK enum ov_rc ov_region_version(const struct ov_region *,
    uint32_t versie, struct ov_buf *note, struct ov_adresboek **book,
    struct ov_err *e);

#endif
