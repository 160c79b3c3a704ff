/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/limits.h - every quantity that somebody else could make large, with
 * the reason for its bound.
 *
 * Sizes are bytes, times milliseconds unless the name says otherwise.  The
 * wire's own limits are those of docs/protocol.md 1; the rest are ours.
 */
#ifndef OV_PROTOCOL_LIMITS_H
#define OV_PROTOCOL_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define OV_KIB ((size_t)1024)
#define OV_MIB ((size_t)1024 * 1024)

/* ---- a request ------------------------------------------------------ */

/* Request line and fields together, HTTP/1.1 and HTTP/2 alike. */
#define OV_HEAD_MAX (16 * OV_KIB)
/* Fields in it: a browser sends twenty; more costs time, not memory. */
#define OV_HEAD_FIELDS_MAX 100
/* The longest target we serve (a tile, a range) is under 150. */
#define OV_TARGET_MAX ((size_t)1024)
#define OV_METHOD_MAX ((size_t)16)
/* traceparent is 55 characters in version 00. */
#define OV_TRACE_MAX ((size_t)128)

/* A message: JWE of a dossier with every field filled is under 100 KiB. */
#define OV_JOSE_MAX (512 * OV_KIB)
/* Every other request body: notes, JSON, OPRF requests of 256 elements. */
#define OV_REQ_MAX (32 * OV_KIB)
/* A signed address book of 1,000 members. */
#define OV_ADRESBOEK_MAX (2 * OV_MIB)
/* Answers we read: bundle, receipt, contacts, status, checkpoint. */
#define OV_ANSWER_MAX (32 * OV_KIB)
/* Answers we read: key manifest (2,000 keys), reconciliation (1,000 rows). */
#define OV_ANSWER_BIG_MAX (512 * OV_KIB)
/* A C2SP hash tile: 256 hashes. */
#define OV_TILE_MAX ((size_t)256 * 32)
/* Reserved with attachments: bytes of one, count, bytes per message. */
#define OV_BIJLAGE_MAX (20 * OV_MIB)
#define OV_BIJLAGEN_MAX 20
#define OV_BIJLAGEN_BYTES_MAX (100 * OV_MIB)
/* After 413 we read and drop this much, so that the client sees the answer
 * and not a reset. */
#define OV_DRAIN_MAX (1 * OV_MIB)

/* ---- a connection --------------------------------------------------- */

#define OV_HANDSHAKE_MS 5000
#define OV_HEADERS_MS 10000
/* Body: this, and a second for each 64 KiB of its length. */
#define OV_BODY_MS 15000
#define OV_BODY_MS_PER_64K 1000
#define OV_IDLE_MS 75000
/* Requests of one partner being answered, and streams of one connection. */
#define OV_PEER_CONCURRENT 64
#define OV_STREAMS_MAX 64
/* HTTP/2 flow control per stream: enough for a 12 KB message at once. */
#define OV_STREAM_WINDOW (128 * OV_KIB)
/* Requests per partner a second, and how many it may save up. */
#define OV_PEER_RATE 200
#define OV_PEER_BURST 1000
/* A full handshake costs as much as ten messages. */
#define OV_HANDSHAKES_PER_SOURCE 16
/* Rows (source and reason) of the table of those who were not let in: enough
 * to see a partner with a wrong certificate between an internet of scanners,
 * and 20 KiB whatever they do. */
#define OV_STRANGERS_MAX 256
/* Sources of refused handshakes between two reports (5 s) of net; the others
 * are counted together. */
#define OV_STRANGERS_PER_REPORT 64
/* One transaction at the receiver. */
#define OV_BATCH_MAX 256
#define OV_BATCH_BYTES_MAX (4 * OV_MIB)

/* ---- JSON and JOSE --------------------------------------------------- */

/* The outermost object or array counts as 1. */
#define OV_JSON_DEPTH_MAX 8
/* What every JSON implementation can hold exactly: 2^53 - 1. */
#define OV_JSON_INT_MAX ((uint64_t)9007199254740991)
/* Members of one object of the wire that we read by name. */
#define OV_JOBJ_MEMBERS_MAX 48
/* The first part of a JWE or JWS, in characters. */
#define OV_JOSE_HEADER_MAX ((size_t)2048)
/* Faults listed in one 422; the rest would not help anybody. */
#define OV_FAULTS_MAX 64
/* A JSON Pointer in such a list. */
#define OV_PAD_MAX ((size_t)200)

/* ---- a message ------------------------------------------------------- */

#define OV_OIN_LEN 20
#define OV_JTI_LEN 16
#define OV_SRT_MAX ((size_t)32)
/* exp - iat, and how far a clock may be ahead; seconds. */
#define OV_BERICHT_GELDIG_S (14 * 86400)
#define OV_KLOK_SPELING_S 300
/* The highest seq a partner may say it has from us: at a thousand messages a
 * second, thirty years.  Above it we could not number on (seq < 2^53). */
#define OV_SEQ_HAD_MAX ((uint64_t)1 << 40)
/* tot - van in a reconciliation: 1,000 numbers. */
#define OV_AFSTEMMING_SPAN 999
/* Ranges of void numbers in one reconciliation. */
#define OV_VERVALLEN_MAX 1000

/* ---- pseudonyms ------------------------------------------------------ */

#define OV_OPRF_ELEMENTS_MAX 256
/* Holders of one key: two now, 2-of-3 later. */
#define OV_OPRF_DELEN_MAX 4
#define OV_EPOCHS_MAX 8
/* A debited request is evaluated again without a debit; seconds. */
#define OV_OPRF_REPEAT_S 600

/* ---- address book ---------------------------------------------------- */

#define OV_LEDEN_MAX 1000
#define OV_BEHEERDERS_MAX 16
#define OV_ROLLEN_MAX 8
/* Pins in one list of one member: this key, the next, and both elsewhere. */
#define OV_PINS_MAX 4
/* A large school board. */
#define OV_BRINS_MAX 64
/* Vestiging is two digits. */
#define OV_VESTIGINGEN_MAX 100
/* The Netherlands had 342 in 2025; one contact municipality may serve many. */
#define OV_GEMEENTEN_MAX 400
/* Routes of a book: 400 gemeenten, two roles, a few changes of date. */
#define OV_ROUTES_MAX 2000
#define OV_CA_MAX 4
#define OV_CA_DER_MAX ((size_t)4096)
#define OV_SLUG_MAX ((size_t)32)
#define OV_NAAM_MAX ((size_t)200)
#define OV_KLAS_MAX ((size_t)40) /* a class or group of a school */
#define OV_URL_MAX ((size_t)270) /* https:// host(253) :port */
#define OV_HOST_MAX ((size_t)253)
#define OV_DOMEIN_MAX ((size_t)100) /* logdomein */

/* ---- access ---------------------------------------------------------- */

/* A large college of some thousand staff, of whom half exchange. */
#define OV_ACCOUNTS_MAX 2000
/* Functions of one person: a few at once, and those of earlier years. */
#define OV_FUNCTIES_MAX 20
/* Values of one kind in a scope: the programmes of a large sector. */
#define OV_BEREIK_MAX 100
#define OV_RECHTEN_MAX 500
/* Where a record says what it is about: pointers, and values found. */
#define OV_FEIT_PADEN_MAX 20
#define OV_FEITEN_MAX 32

/* ---- notes and the log ----------------------------------------------- */

/* Signature lines of one note; a checkpoint has the log's and up to 15. */
#define OV_NOTE_SIGS_MAX 16
#define OV_NOTE_NAME_MAX ((size_t)250)
/* Hashes of an inclusion or consistency proof: tree sizes below 2^63. */
#define OV_PROOF_HASHES_MAX 63
#define OV_LEAF_MAX ((size_t)1024)
#define OV_TILE_PATH_MAX ((size_t)64)

#endif
