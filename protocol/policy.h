/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/policy.h - who may send which type to whom, by role, age, date and
 * legal ground; the authorisation matrix as data.
 *
 * The table is data/matrix.json (docs/protocol.md, "Who may send what").  The
 * sender asks before queueing, the receiver before storing (step 13, `403
 * niet-toegestaan`).  Ages count on the date of the event that the row names
 * (the day of leaving, the day of the status), never on the day of delivery;
 * so do the limits and the rows themselves, which have dates.
 *
 * A partner may hold several roles.  The answer names the one role in which
 * the receiver receives this message: a notice about a person of 17 goes to
 * "leerplicht", one of 18 to "doorstroompunt", also where both are one OIN.
 */
#ifndef OV_PROTOCOL_POLICY_H
#define OV_PROTOCOL_POLICY_H

#include "protocol/adresboek.h"
#include "protocol/types.h"

struct ov_policy;

/* The bytes of the two tables; borrowed during the call.  regio.json holds what
 * a region decided: rows of the matrix that name a subject ("onder") are
 * closed until it did, for whatever is judged from that date on. */
struct ov_policy_src {
	struct ov_view matrix; /* matrix.json */
	struct ov_view regio;  /* regio.json */
};

enum ov_may {
	OV_MAY_YES,
	OV_MAY_NO,
	/* The content lacks what the row looks at.  The receiver goes on to
	 * the schema check, which names the member; should that find nothing,
	 * it is a no. */
	OV_MAY_UNREADABLE,
};

/* Why not; of several rows that say no the highest is told. */
enum ov_why {
	OV_WHY_NONE,
	OV_WHY_ROL,           /* no row for these roles and this type */
	OV_WHY_VOORWAARDE,    /* a condition of the row on the content */
	OV_WHY_LEEFTIJD,      /* too young or too old for this role */
	OV_WHY_GRONDSLAG,     /* the ground does not serve this row, or now */
	OV_WHY_BESLUIT,       /* closed until the region decides */
	OV_WHY_WOONGEMEENTE,  /* receiver does not serve where he lives */
	OV_WHY_ONDERSTEUNING, /* part C for another than the named receiver */
	OV_WHY_N
};
/* "beleid-leeftijd": a code of data/fouten.txt; NULL for OV_WHY_NONE. */
const char *ov_why_code(enum ov_why);

struct ov_verdict {
	enum ov_may may;
	enum ov_why why;
	enum ov_rol van;  /* the role it is sent in, when YES */
	enum ov_rol naar; /* the role it is received in, when YES */
	unsigned grens;   /* LEEFTIJD: the limit in years that was missed */
	/* Of a no about the content: the member that decides, a pointer below
	 * inhoud, and the law behind the limit, or NULL; they live as long as
	 * the policy. */
	const char *lid, *bron;
	int32_t dag; /* of the event that the row counts from */
	/* A ground of the row, in the order of the table; for a sender that
	 * has not chosen one.  Lives as long as the policy. */
	const char *grondslag;
};

/* types is borrowed and must outlive the policy.  *out is given
 * (ov_policy_free).  OV_BADMSG names the element of the table. */
OV_MUST_CHECK enum ov_rc ov_policy_load(const struct ov_types *,
    const struct ov_policy_src *, struct ov_policy **out, struct ov_err *e);
void ov_policy_free(struct ov_policy *);

/* May van send this to naar?  datum is the Dutch civil date of the judgement,
 * used where the row names no event.  boek says who serves a gemeente (NULL:
 * not judged); of the two members only OIN, rol and brin are looked at. */
struct ov_verdict ov_policy_may(const struct ov_policy *, const char *srt,
    const struct ov_adresboek *boek, const struct ov_lid *van,
    const struct ov_lid *naar, const struct ov_jn *inhoud, const char *datum);
/* The same of content that is in jansson's hands (a draft). */
struct ov_verdict ov_policy_may_json(const struct ov_policy *, const char *srt,
    const struct ov_adresboek *boek, const struct ov_lid *van,
    const struct ov_lid *naar, const json_t *inhoud, const char *datum);

/* To which role does this go?  As ov_policy_may() with a receiver who holds
 * every role, without looking at a ground (it is an outcome here) nor at the
 * named receiver of part C.  van_rollen is the OV_ROL_BIT()s of our own. */
struct ov_verdict ov_policy_route(const struct ov_policy *, const char *srt,
    unsigned van_rollen, const struct ov_jn *inhoud, const char *datum);
/* The same among these roles only: a gemeente is served in two. */
struct ov_verdict ov_policy_route_to(const struct ov_policy *, const char *srt,
    unsigned van_rollen, unsigned naar_rollen, const struct ov_jn *inhoud,
    const char *datum);
/* Of content that is in jansson's hands, among all roles. */
struct ov_verdict ov_policy_route_json(const struct ov_policy *,
    const char *srt, unsigned van_rollen, const json_t *inhoud,
    const char *datum);

#endif
