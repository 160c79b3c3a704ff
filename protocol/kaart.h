/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/kaart.h - the enrolment card: what an organisation says about
 * itself, signed by its own identity key, and checked by telephone.
 *
 * A C2SP note whose text is one line of JSON; key name
 * "<logdomein>/regio/<regio>/lid/<OIN>", type 0x01.  docs/protocol.md,
 * "Joining".
 */
#ifndef OV_PROTOCOL_KAART_H
#define OV_PROTOCOL_KAART_H

#include "protocol/adresboek.h"

#define OV_KAART_MAX ((size_t)32 << 10)

struct ov_kaart {
	char regio[OV_REGIO_MAX + 1];
	const char *logdomein;
	/* status, mag and vorige are not on a card and stay zero. */
	struct ov_lid lid;
	uint8_t sha256[32]; /* of the text; ov_vinger() */
	json_t *json;       /* the text, parsed; owned */
	struct ov_boek_arena *arena;
};

/* Name of the key that signs a card. */
OV_MUST_CHECK enum ov_rc ov_kaart_key_name(char out[OV_NOTE_NAME_MAX + 1],
    const char *logdomein, const char *regio, const struct ov_oin *oin,
    struct ov_err *e);

/* The text to be signed, from regio, logdomein and lid. */
OV_MUST_CHECK enum ov_rc ov_kaart_compose(struct ov_buf *,
    const struct ov_kaart *, struct ov_err *e);
/* Read a card and verify its own signature.  Given: ov_kaart_free(). */
OV_MUST_CHECK enum ov_rc ov_kaart_open(const void *note, size_t n,
    struct ov_kaart **out, struct ov_err *e);
void ov_kaart_free(struct ov_kaart *);

/* The member of an address book that this card asks for: status actief,
 * id_vorige null, suites OS1, mag_naar empty.  A new reference. */
json_t *ov_kaart_lid(const struct ov_kaart *);

#endif
