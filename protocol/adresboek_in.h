/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/adresboek_in.h - what the files of the address book and the card
 * share: an arena and the reader of one member.  Not for others.
 */
#ifndef OV_PROTOCOL_ADRESBOEK_IN_H
#define OV_PROTOCOL_ADRESBOEK_IN_H

#include "protocol/adresboek.h"
#include "protocol/json.h"

/* Memory that is freed as a whole; zeroed means empty. */
struct ov_boek_arena {
	struct ov_boek_arena_block *head;
};

/* Zeroed room for n elements of size bytes; NULL without memory.  n may be 0.
 */
void *ov_boek_arena_get(struct ov_boek_arena *, size_t n, size_t size);
const char *ov_boek_arena_str(struct ov_boek_arena *, const char *);
void ov_boek_arena_free(struct ov_boek_arena *);

struct ov_pin_slot {
	uint8_t pin[32];
	uint32_t lid; /* index + 1; 0: free */
	unsigned role;
};

struct ov_book_in {
	struct ov_boek_arena arena;
	struct ov_pin_slot *slot;
	size_t mask; /* slots - 1 */
};

/* The members of a JSON object that card and book have in common; the caller
 * ends the object. */
enum ov_rc ov_lid_read(struct ov_boek_arena *, struct ov_jobj *,
    struct ov_lid *, struct ov_err *e);
/* The slot of a pin, or the free one where it belongs. */
struct ov_pin_slot *ov_pin_slot(const struct ov_book_in *, const uint8_t *pin);
/* A lower-case host name: letters, digits, dots, hyphens; no address. */
bool ov_host_ok(const char *, size_t n);
/* The routes of a book whose members have been read; j may be NULL. */
enum ov_rc ov_boek_routes(struct ov_adresboek *, const json_t *j,
    struct ov_err *e);
/* Rule 1 over a book that has been read; fills the pin table. */
enum ov_rc ov_adresboek_unique(struct ov_adresboek *, struct ov_err *e);

#endif
