/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek.h - the region's signed list of members: data shape,
 * lookups, acceptance rules, fingerprint and differences.
 *
 * A book is read only and owns everything it points to; it may be looked at
 * from several places and is freed as a whole.  docs/protocol.md, "Address
 * book".
 */
#ifndef OV_PROTOCOL_ADRESBOEK_H
#define OV_PROTOCOL_ADRESBOEK_H

#include <jansson.h>

#include "protocol/envelope.h"
#include "protocol/manifest.h"
#include "protocol/note.h"
#include "protocol/oin.h"

#define OV_BOOK_MAX OV_ADRESBOEK_MAX /* bytes of the text */

/* ---- members ---- */

enum ov_rol {
	OV_ROL_VO,
	OV_ROL_VSO,
	OV_ROL_PRO,
	OV_ROL_VAVO,
	OV_ROL_MBO,
	OV_ROL_LEERPLICHT,
	OV_ROL_DOORSTROOMPUNT,
	OV_ROL_N
};
#define OV_ROL_BIT(r) (1U << (unsigned)(r))

/* "vo", "leerplicht", ...; "?" for anything else. */
const char *ov_rol_name(enum ov_rol);
/* false: the word is no role. */
bool ov_rol_parse(const char *, enum ov_rol *);

enum ov_lid_status { OV_LID_ACTIEF, OV_LID_GESCHORST, OV_LID_VERTROKKEN };
const char *ov_lid_status_name(enum ov_lid_status);

enum ov_pki { OV_PKI_REGIO, OV_PKI_PIN };
const char *ov_pki_name(enum ov_pki);

struct ov_lid_brin {
	char brin[5];
	size_t n;
	char (*vestiging)[3]; /* none: the whole BRIN */
};

struct ov_lid {
	struct ov_oin oin;
	const char *naam;
	unsigned rol; /* OV_ROL_BIT() of each */
	enum ov_lid_status status;
	const char *url;  /* "https://host[:port]" */
	const char *host; /* its host, the name for SNI */
	uint16_t port;    /* 443 where the url names none */
	uint8_t id[OV_KEY_LEN];
	uint8_t id_thumb[OV_THUMB_LEN];
	bool has_vorige;
	uint8_t vorige[OV_KEY_LEN];
	uint8_t vorige_thumb[OV_THUMB_LEN];
	int64_t vorige_tot; /* seconds; the old key counts before it */
	uint8_t log[OV_KEY_LEN];
	uint8_t getuige[OV_KEY_LEN];
	size_t nserver;
	uint8_t server[OV_PINS_MAX][32]; /* SHA-256 of SubjectPublicKeyInfo */
	size_t nclient;
	uint8_t client[OV_PINS_MAX][32];
	enum ov_pki pki;
	size_t nmag;
	struct ov_oin *mag; /* mag_naar, sorted */
	size_t nbrin;
	struct ov_lid_brin *brin;
	size_t ngemeente;
	char (*gemeente)[5];
};

/* ---- the book ---- */

struct ov_book_deel {
	uint8_t deel;
	size_t n;
	struct ov_oin *houder;
};

struct ov_book_manifest {
	struct ov_oin houder;
	uint8_t sha256[32];
};

struct ov_book_epoch {
	uint32_t ep;
	enum ov_epoch_status status;
	int64_t van;
	size_t ndeel;
	struct ov_book_deel *deel; /* ascending */
	size_t nmanifest;
	struct ov_book_manifest *manifest;
};

struct ov_book_budget {
	struct ov_oin client;
	struct ov_oin domein;
	uint64_t dag;
	uint64_t dag_na;
	int64_t dag_tot; /* UTC day number; "dag" counts on days before it */
	uint64_t jaar;
};

struct ov_book_ingetrokken {
	struct ov_oin oin;
	uint8_t id[OV_KEY_LEN];
	int64_t sinds;
	const char *reden;
};

/* Who serves the inhabitants of a gemeente in a role, from one day to another:
 * a joint body, a contactgemeente, the successor of a merged gemeente.  Goes
 * before the gemeenten of the members' own cards. */
struct ov_book_route {
	char gemeente[5];
	char srt[OV_SRT_MAX + 1]; /* "" is every type ("*" in the text) */
	enum ov_rol rol;
	struct ov_oin oin;
	int32_t van, tot; /* days, both included; INT32_MAX: no end */
};

struct ov_adresboek {
	char regio[OV_REGIO_MAX + 1];
	uint32_t versie;
	bool has_vorige; /* false: "vorige":"", only in version 1 */
	uint8_t vorige[32];
	int64_t uitgegeven;
	int64_t geldig_tot;
	const char *logdomein;
	size_t drempel;
	size_t nbeheer;
	struct ov_vkey *beheer;
	size_t nlid;
	struct ov_lid *lid; /* sorted by OIN */
	size_t nca;
	struct ov_view *ca; /* DER certificates of the region's CA */
	size_t nepoch;
	struct ov_book_epoch *epoch; /* ascending */
	size_t nbudget;
	struct ov_book_budget *budget; /* sorted by client, domein */
	size_t nroute;
	struct ov_book_route *route; /* order of the text */
	uint32_t minimum_getuigen;
	size_t ningetrokken;
	struct ov_book_ingetrokken *ingetrokken;
	uint8_t sha256[32]; /* of the text as signed */
	struct ov_view text;
	struct ov_book_in *in; /* arena and tables */
};

/* Read and check a text (the text of a note, with its last LF): shape and
 * rule 1.  Signatures, succession and time are ov_adresboek_accept()'s.
 * OV_DENIED with "not built": a member with an empty url, or anything else
 * that has a place in the shape and no code yet. */
OV_MUST_CHECK enum ov_rc ov_adresboek_parse(const void *text, size_t n,
    struct ov_adresboek **out, struct ov_err *e);
void ov_adresboek_free(struct ov_adresboek *);

/* ---- lookups: NULL when there is none ---- */

enum ov_pin_role { OV_PIN_SERVER = 1, OV_PIN_CLIENT = 2 };

const struct ov_lid *ov_book_oin(const struct ov_adresboek *,
    const struct ov_oin *);
/* Constant time in the number of members; one call per request. */
const struct ov_lid *ov_book_pin(const struct ov_adresboek *,
    const uint8_t spki[32], enum ov_pin_role);
/* By name, ASCII case ignored. */
const struct ov_lid *ov_book_naam(const struct ov_adresboek *, const char *);
/* vestiging NULL: the one member that has anything of this BRIN. */
const struct ov_lid *ov_book_brin(const struct ov_adresboek *, const char *brin,
    const char *vestiging);
const struct ov_lid *ov_book_gemeente(const struct ov_adresboek *,
    const char *code, enum ov_rol);
/* Who receives messages of this type about inhabitants of a gemeente, in a
 * role, on a day (days since 1970): the route for this type, the route for
 * every type, the member whose own gemeente it is. */
const struct ov_lid *ov_book_route(const struct ov_adresboek *,
    const char *gemeente, enum ov_rol, const char *srt, int32_t dag);
/* Is this a BRIN, or one with vestiging ("00AA00", "00AA-00", "00AA/00")?
 * vest is "" when there is none. */
bool ov_brin_split(const char *text, char brin[5], char vest[3]);
/* What a person types: OIN, BRIN with or without vestiging,
 * gemeente code (where one member holds it in every role), or name.
 * *ambiguous, when given, says that more than one fits. */
const struct ov_lid *ov_book_find(const struct ov_adresboek *, const char *,
    bool *ambiguous);
/* Member's identity key with this thumbprint at "now": id, or id_vorige
 * before its tot; never a withdrawn one.  NULL: unknown. */
const uint8_t *ov_lid_key(const struct ov_adresboek *, const struct ov_lid *,
    const uint8_t thumb[OV_THUMB_LEN], int64_t now);
bool ov_book_withdrawn(const struct ov_adresboek *, const uint8_t id[32]);
bool ov_lid_may(const struct ov_lid *from, const struct ov_oin *to);
const struct ov_book_epoch *ov_book_epoch_of(const struct ov_adresboek *,
    uint32_t ep);
/* The one epoch with status actief that started last, or NULL. */
const struct ov_book_epoch *ov_book_epoch_active(const struct ov_adresboek *,
    int64_t now);
const struct ov_book_budget *ov_book_budget_of(const struct ov_adresboek *,
    const struct ov_oin *client, const struct ov_oin *domein);

/* ---- time (rules 6 and 7) ---- */

enum ov_book_age {
	OV_BOOK_VALID,
	OV_BOOK_GRACE, /* expired: receive, do not send or evaluate */
	OV_BOOK_OVER   /* more than 14 days: nothing */
};
enum ov_book_age ov_book_age(const struct ov_adresboek *, int64_t now);
#define OV_BOOK_WARN ((int64_t)21 * 86400) /* before geldig_tot */

/* ---- acceptance ---- */

enum ov_accept {
	OV_ACCEPT_OK,
	OV_ACCEPT_SAME,        /* the stored version again: nothing to do */
	OV_ACCEPT_OLDER,       /* below the stored version */
	OV_ACCEPT_GAP,         /* above stored + 1: fetch those between */
	OV_ACCEPT_NOTE,        /* not a note, too large, a bad signature */
	OV_ACCEPT_SHAPE,       /* rule 1 */
	OV_ACCEPT_NOTBUILT,    /* valid shape that this build cannot serve */
	OV_ACCEPT_REGIO,       /* another region */
	OV_ACCEPT_FINGERPRINT, /* not the typed one */
	OV_ACCEPT_CHAIN,       /* vorige, or uitgegeven before the stored */
	OV_ACCEPT_FORK,        /* valid, same number, other text: alarm */
	OV_ACCEPT_SIGNATURES,  /* too few of the stored or the new keys */
	OV_ACCEPT_TIME,        /* from the future, or valid for too long */
	OV_ACCEPT_N
};
const char *ov_accept_name(enum ov_accept);

struct ov_accept_in {
	const struct ov_adresboek *stored; /* NULL: anchor */
	const char *typed; /* fingerprint; with stored: replace (a fork) */
	const char *regio; /* NULL: any, at the anchor */
	int64_t now;
};

/* Rules 0 to 4 of docs/protocol.md over a complete note.  Without "stored" a
 * typed fingerprint is required and any number is taken.  With both it is the
 * way out of a fork: the stored version is not consulted, except that the
 * region must agree.  Expiry is not judged here (rule 7).  On OV_ACCEPT_OK
 * *out is the caller's and must be persisted before it is used (rule 5). */
enum ov_accept ov_adresboek_accept(const struct ov_accept_in *,
    const void *note, size_t n, struct ov_adresboek **out, struct ov_err *e);

/* ---- making one (region tool) ---- */

/* The text of a book, to be signed: one line of JSON and LF.  It is read back
 * with ov_adresboek_parse(), so what this returns can be accepted. */
OV_MUST_CHECK enum ov_rc ov_adresboek_compose(struct ov_buf *, const json_t *,
    struct ov_err *e);
/* One line per difference, English, for people; old NULL: everything is
 * added. */
OV_MUST_CHECK enum ov_rc ov_adresboek_diff(struct ov_buf *,
    const struct ov_adresboek *old, const struct ov_adresboek *neu,
    struct ov_err *e);
/* "<logdomein>/regio/<regio>/beheerder/<slug>". */
OV_MUST_CHECK enum ov_rc ov_beheer_name(char out[OV_NOTE_NAME_MAX + 1],
    const char *logdomein, const char *regio, const char *slug,
    struct ov_err *e);

/* ---- fingerprint ---- */

#define OV_VINGER_LEN 26
#define OV_VINGER_TEXT (OV_VINGER_LEN + 4 + 1) /* with hyphens and NUL */

/* First 130 bits of SHA-256(text), Crockford base32, 5-5-5-5-6. */
void ov_vinger(char out[OV_VINGER_TEXT], const uint8_t sha256[32]);
/* What a person typed: case, spaces and hyphens ignored, O is 0, I and L are
 * 1.  True when all 26 characters are those of sha256. */
bool ov_vinger_match(const char *typed, const uint8_t sha256[32]);
/* The typed form brought to the printed one; false when it cannot be one. */
bool ov_vinger_parse(const char *typed, char out[OV_VINGER_TEXT]);

#endif
