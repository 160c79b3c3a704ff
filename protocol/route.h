/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/route.h - the endpoints: which request is for what, and what each
 * takes and gives (docs/protocol.md 2).
 *
 * Works on the method and the target as they came, HTTP/1.1 or HTTP/2.  No
 * path of ours needs percent-encoding, so there is no decoding: a target that
 * holds "%" names nothing.  Numbers are decimal without a leading zero.
 *
 * PUT .../bijlagen/{n} is reserved by the protocol and not in the table: it
 * comes with the first message type that has attachments, and until then it
 * is a path that does not exist.
 */
#ifndef OV_PROTOCOL_ROUTE_H
#define OV_PROTOCOL_ROUTE_H

#include "protocol/fout.h"
#include "protocol/packet.h"

enum ov_route {
	OV_R_NONE = 0,
	OV_R_BERICHT,            /* POST /v1/berichten */
	OV_R_ONTVANGSTBEWIJS,    /* GET /v1/berichten/{jti}/ontvangstbewijs */
	OV_R_SLEUTELS,           /* GET /v1/sleutels */
	OV_R_CONTACTEN,          /* GET /v1/contacten */
	OV_R_ADRESBOEK,          /* GET /v1/adresboek */
	OV_R_ADRESBOEK_VERSIE,   /* GET /v1/adresboek/{versie}: num1 */
	OV_R_ADRESBOEK_NIEUW,    /* POST /v1/adresboek */
	OV_R_AFSTEMMING,         /* GET /v1/afstemming?van=&tot=: num1, num2 */
	OV_R_LOG_CHECKPOINT,     /* GET /v1/log/checkpoint */
	OV_R_LOG_TILE,           /* GET /v1/log/tile/...: tile */
	OV_R_GETUIGE_TOEVOEGEN,  /* POST /v1/getuige/add-checkpoint */
	OV_R_GETUIGE_CHECKPOINT, /* GET /v1/getuige/{hex}/checkpoint: digest */
	OV_R_OPRF_EVALUEER,      /* POST /v1/oprf/evalueer */
	OV_R_OPRF_SLEUTELS,      /* GET /v1/oprf/sleutels/{ep}[?sha256=]: num1,
	                            digest */
	OV_R_OPRF_GEBRUIK,       /* GET /v1/oprf/gebruik?ep=: num1 */
	OV_R_STATUS,             /* GET /v1/status */
	OV_R_OPENAPI,            /* GET /openapi.json */
	OV_R_N
};

struct ov_route_info {
	enum ov_route route;
	const char *method;
	const char *path;     /* with {parameters}, for documents */
	enum ov_ctype body;   /* OV_CT_NONE: no body is taken */
	size_t body_max;      /* 0: none, and a longer one is te-groot */
	enum ov_ctype answer; /* of the success */
	bool holder;          /* served only by a holder */
};

struct ov_route_par {
	enum ov_route route;
	uint8_t jti[16];
	uint64_t num1, num2;
	uint8_t digest[32];
	uint8_t has;         /* bits OV_HAS_* of protocol/packet.h */
	struct ov_view tile; /* the path after /v1/log/tile/, borrowed */
	const char *allow;   /* with OV_FOUT_METHODE: the Allow header */
};

/* OV_FOUT_GEEN and *out filled, or niet-gevonden, methode (out->allow is set)
 * or bereik-ongeldig (a query that does not hold). */
enum ov_fout ov_route_find(struct ov_view method, struct ov_view target,
    struct ov_route_par *out);
/* The row of a route; NULL for OV_R_NONE and anything else. */
const struct ov_route_info *ov_route_info(enum ov_route);

/* Judge a request before its body is read: has_length and length from
 * Content-Length, type from Content-Type, encoding from Content-Encoding
 * (empty view: absent).  OV_FOUT_GEEN, lengte-nodig, te-groot or
 * media-type. */
enum ov_fout ov_route_body(const struct ov_route_info *, bool has_length,
    uint64_t length, struct ov_view type, struct ov_view encoding);

/* The Content-Type of a kind of body; NULL for OV_CT_NONE. */
const char *ov_ctype_text(enum ov_ctype);
/* The kind of a Content-Type; OV_CT_NONE if it is none of ours. */
enum ov_ctype ov_ctype_from(struct ov_view);

#endif
