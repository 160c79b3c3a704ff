/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/types.h - what may stand in the "inhoud" of a message: the message
 * types, their fields, code lists and legal grounds, all of them data.
 *
 * The tables come from data/types.json, data/codelijsten.json and
 * data/grondslagen.json (docs/protocol.md, "Message types").  A new type is a
 * new row there and no line of C.  The loader refuses tables that contradict
 * themselves: overlapping dates, unknown code lists, unknown groups, a rule
 * about a member that does not exist, a ground that carries a pseudonym
 * without being allowed to.
 *
 * The check is a whitelist: what no field describes is a fault.  Every fault
 * is a JSON Pointer (RFC 6901) from the outermost object of the claims, so it
 * begins with "/inhoud" (or is "/pid", "/srt"), and one of seven reasons.
 * Pointers may hold member names somebody else chose: give them back to him,
 * never log them.
 *
 * No function here reads a clock.  A date is text, "YYYY-MM-DD".
 */
#ifndef OV_PROTOCOL_TYPES_H
#define OV_PROTOCOL_TYPES_H

#include <jansson.h>

#include "protocol/fout.h"
#include "protocol/jtree.h"
#include "protocol/rd.h"

struct ov_types;
struct ov_type;
struct ov_field;

/* The bytes of the three tables; borrowed during the call. */
struct ov_types_src {
	struct ov_view types;   /* types.json */
	struct ov_view codes;   /* codelijsten.json */
	struct ov_view grounds; /* grondslagen.json */
};

/* *out is given (ov_types_free).  OV_BADMSG names file and element. */
OV_MUST_CHECK enum ov_rc ov_types_load(const struct ov_types_src *,
    struct ov_types **out, struct ov_err *);
void ov_types_free(struct ov_types *);

#define OV_FOUTEN_MAX 64
#define OV_FOUT_PAD 200

struct ov_fout_plek {
	enum ov_reden reden;
	/* Dutch sentence of the rule that failed, or NULL; lives as long as
	 * the tables.  For people here; it does not go over the wire. */
	const char *uitleg;
	/* The law, list or agreement behind it, as the tables name it, or NULL;
	 * as uitleg. */
	const char *bron;
	char pad[OV_FOUT_PAD]; /* a name that does not fit is cut */
};

/* Zeroed means empty. */
struct ov_fouten {
	size_t n;
	bool meer; /* there were more than OV_FOUTEN_MAX */
	struct ov_fout_plek f[OV_FOUTEN_MAX];
};

/* Check the content of one message of type srt.  pid_len is the number of
 * characters of the claim "pid".  OV_OK without faults, OV_BADMSG with at
 * least one; *fouten is emptied first.  vandaag is the Dutch civil date on
 * which the message is judged; a date that is not one is OV_DAMAGED. */
OV_MUST_CHECK enum ov_rc ov_types_check(const struct ov_types *,
    const char *srt, const struct ov_jn *inhoud, size_t pid_len,
    const char *vandaag, struct ov_fouten *fouten);
/* The same of content that is in jansson's hands (a draft). */
OV_MUST_CHECK enum ov_rc ov_types_check_json(const struct ov_types *,
    const char *srt, const json_t *inhoud, size_t pid_len, const char *vandaag,
    struct ov_fouten *fouten);
/* The faults as a JSON array [{"pad":..,"reden":..}], given. */
json_t *ov_fouten_json(const struct ov_fouten *);

/* The type in force on a date; NULL if there is none. */
const struct ov_type *ov_types_find(const struct ov_types *, const char *srt,
    const char *datum);
/* The version that comes into force last, whatever the date. */
const struct ov_type *ov_types_latest(const struct ov_types *, const char *srt);
/* Any version of this type exists: the test "srt known to this build". */
bool ov_types_known(const struct ov_types *, const char *srt);
const char *ov_type_srt(const struct ov_type *);
/* "overstapdossier/1" */
const char *ov_type_schema(const struct ov_type *);
/* The claim "pid" has 43 characters (true) or none.  A type whose content
 * decides ("pidAls" in the table) answers for this content; inhoud NULL: may
 * it have one at all. */
bool ov_type_has_pid(const struct ov_type *, const struct ov_jn *inhoud);
bool ov_type_has_pid_json(const struct ov_type *, const json_t *inhoud);
/* A member that names another message by its jti: which types that may be, and
 * which way it went ("betreft" and "vervolg" in the table). */
enum ov_richting {
	OV_VAN_AFZENDER,  /* sent by who sends this one */
	OV_VAN_ONTVANGER, /* sent by who receives this one */
};
struct ov_betreft {
	const char *lid; /* pointer below inhoud; NULL: the type has none */
	const json_t *typen;
	enum ov_richting van;
};
/* Up to two of them; the number. */
size_t ov_type_betreft(const struct ov_type *, const struct ov_betreft *out[2]);
bool ov_betreft_mag(const struct ov_betreft *, const char *srt);
/* Nobody may see the content before the person is linked. */
bool ov_type_linked_only(const struct ov_type *);

/* The field a pointer below "inhoud" leads to ("/adres/postcode",
 * "/keuzevervolgopleiding/0/crebo"); NULL if no such field exists. */
const struct ov_field *ov_type_field(const struct ov_types *,
    const struct ov_type *, const char *pad);

/* What a field wants. */
enum ov_soort {
	OV_S_TEKST,    /* text up to max characters */
	OV_S_GEHEEL,   /* whole number from min up to max */
	OV_S_JANEE,    /* true or false */
	OV_S_DATUM,    /* YYYY-MM-DD */
	OV_S_MOMENT,   /* YYYY-MM-DDThh:mm:ssZ */
	OV_S_DECIMAAL, /* text: digits, at most two decimals after a point */
	OV_S_CODE,     /* text from a code list */
	OV_S_PATROON,  /* text of one of the named shapes (oin, brin, ...) */
	OV_S_GROEP,    /* object of a named group of fields */
	OV_S_KAART,    /* object: code of a list -> code of another */
};
enum ov_soort ov_field_soort(const struct ov_field *);
const char *ov_field_name(const struct ov_field *);
/* Name of the shape of an OV_S_PATROON field ("postcode"), else NULL. */
const char *ov_field_shape(const struct ov_field *);
/* The field is an array of what its soort says. */
bool ov_field_is_list(const struct ov_field *);
/* Most elements of a list; 1 for any other field. */
size_t ov_field_list_max(const struct ov_field *);
/* Longest text, in characters; 0 where that does not apply. */
size_t ov_field_max(const struct ov_field *);
/* The spelling the code list has for this code, compared without regard to
 * ASCII case, in force on the date; NULL if it has none. */
const char *ov_field_code(const struct ov_types *, const struct ov_field *,
    const char *code, const char *datum);
/* Step through the fields of an object: the type's own with groep NULL, those
 * of a group field otherwise.  NULL after the last. */
const struct ov_field *ov_type_nth(const struct ov_types *,
    const struct ov_type *, const struct ov_field *groep, size_t i);
/* The value must be there (in an object that is there). */
bool ov_field_required(const struct ov_field *);
/* The part of a dossier a field belongs to, one bit; 0: that of the object it
 * stands in, and outermost OV_D_ALGEMEEN. */
#define OV_D_ALGEMEEN 1u
#define OV_D_A 2u
#define OV_D_B 4u
#define OV_D_C 8u
#define OV_D_ALLE 15u
uint8_t ov_field_deel(const struct ov_field *);
/* "algemeen", "A", "B", "C", NULL: by number of the bit. */
extern const char *const ov_deel_names[];

/* A code list by name: the Dutch text of a code on a date, or NULL. */
const char *ov_code_text(const struct ov_types *, const char *lijst,
    const char *code, const char *datum);
/* The i-th code of a list, whatever its dates; NULL after the last. */
const char *ov_code_nth(const struct ov_types *, const char *lijst, size_t i);

/* A legal ground of that name exists / is in force and serves this type. */
bool ov_ground_known(const struct ov_types *, const char *code);
bool ov_ground_serves(const struct ov_types *, const char *code,
    const char *srt, const char *datum);

#endif
