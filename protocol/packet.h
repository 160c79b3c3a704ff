/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/packet.h - what the roles say to each other (docs/processes.md).
 *
 * A packet is one contiguous byte string: a header of 16 bytes, `count` fixed
 * records, and the bulk bytes that views in the records point into.  All
 * integers are big-endian; a view on the wire is (offset u32, length u32)
 * from the first byte of the packet.  base/ipc carries a packet of up to
 * 192 KiB in one datagram and a larger one in one sealed memfd.
 *
 * One table of fields per record is the codec of both sides; the structs are
 * never copied whole.  Every view read is checked to lie inside the bulk.
 *
 * A reply has the request's type with OV_PK_REPLY set, its ref, and (for
 * vault and houder calls) as many records, each starting with `rc`
 * (enum ov_rc, 0 is success; the other members are then meaningful).
 */
#ifndef OV_PROTOCOL_PACKET_H
#define OV_PROTOCOL_PACKET_H

#include "protocol/rd.h"

#define OV_PK_VERSION 1
#define OV_PK_HDR 16
#define OV_PK_REPLY 0x8000

#define OV_WRAP 73      /* 01 || nonce(24) || AEAD(32) : a wrapped key */
#define OV_YBLOB 105    /* 01 || nonce(24) || AEAD(64) : a sealed Y */
#define OV_BLOB_OVER 41 /* what sealing adds to a column */

enum ov_pk_type {
	/* net <-> store */
	OV_N_PEER = 0x0101,    /* net->store: a handshake is done */
	OV_N_REQUEST = 0x0102, /* net->store: one HTTP request, whole */
	OV_N_ANSWER = 0x0103,  /* store->net: its answer (same ref) */
	OV_N_FETCH = 0x0104,   /* store->net: make a request to a partner */
	OV_N_RESULT = 0x0105,  /* net->store: how that ended (same ref) */
	OV_N_TRUST = 0x0106,   /* store->net: region CA certificates */
	OV_N_DROP = 0x0107,    /* store->net: close connections of a pin */
	OV_N_STATE = 0x0108,   /* store->net: book version, limits */
	OV_N_GONE = 0x0109,    /* net->store: a connection closed; counters */
	/* store -> vault */
	OV_V_OPEN = 0x0201,
	OV_V_SEAL = 0x0202,
	OV_V_HEAD = 0x0203,
	OV_V_RECEIPT = 0x0204,
	OV_V_READ = 0x0205,
	OV_V_MAKE = 0x0206,
	OV_V_BLIND = 0x0207,
	OV_V_FINISH = 0x0208,
	OV_V_PID = 0x0209,
	OV_V_REWRAP = 0x020a,
	OV_V_LINK = 0x020b,
	OV_V_COSIGN = 0x020c,
	OV_V_STATEMENT = 0x020d,
	OV_V_KEK = 0x020e,
	OV_V_KEY = 0x020f,
	OV_V_TAG = 0x0210,
	OV_V_HELLO = 0x0211,
	/* store -> houder */
	OV_H_BUDGET = 0x0301,
	OV_H_EVALUATE = 0x0302,
	OV_H_KEYS = 0x0303,
	OV_H_USAGE = 0x0304,
};

enum ov_fk {
	OV_FK_END,
	OV_FK_U8,
	OV_FK_U16,
	OV_FK_U32,
	OV_FK_U64,
	OV_FK_FIX,
	OV_FK_VIEW
};

struct ov_pk_field {
	enum ov_fk kind;
	uint16_t off; /* in the struct */
	uint16_t len; /* of OV_FK_FIX */
	const char *name;
};

/* One record's shape: the fields in wire order. */
struct ov_rec {
	const struct ov_pk_field *f;
	uint16_t size;  /* bytes on the wire */
	uint16_t max;   /* records in one packet */
	uint16_t csize; /* sizeof the struct */
};

struct ov_pkw { /* writing */
	struct ov_buf b;
	const struct ov_rec *rec;
	uint32_t count, done;
};

struct ov_pkr { /* reading */
	struct ov_view all;
	const struct ov_rec *rec;
	uint16_t type;
	uint64_t ref;
	uint32_t count, done;
};

/* Start a packet of exactly count records.  The buffer is reset, not freed. */
void ov_pkw_begin(struct ov_pkw *, uint16_t type, uint64_t ref,
    const struct ov_rec *, uint32_t count);
/* Append one record (a struct of the shape); its views' bytes go to the
 * bulk. */
void ov_pkw_put(struct ov_pkw *, const void *record);
/* OV_OK when every record was put and nothing failed. */
OV_MUST_CHECK enum ov_rc ov_pkw_end(struct ov_pkw *, struct ov_err *);

/* Type and ref of a packet, or OV_BADMSG. */
OV_MUST_CHECK enum ov_rc ov_pk_peek(struct ov_view pkt, uint16_t *type,
    uint64_t *ref, struct ov_err *);
/* Start reading; refuses another type than `type`, a count of 0 or over
 * rec->max, a packet too short for its records. */
OV_MUST_CHECK enum ov_rc ov_pkr_begin(struct ov_pkr *, struct ov_view pkt,
    uint16_t type, const struct ov_rec *, struct ov_err *);
/* The next record into *record (zeroed on failure).  Views point into the
 * packet. */
OV_MUST_CHECK enum ov_rc ov_pkr_next(struct ov_pkr *, void *record,
    struct ov_err *);

/* ---- net <-> store ------------------------------------------------- */

/* N1: the peer of a TLS connection.  No answer packet; store answers each
 * request by looking the digest up again. */
struct ov_n_peer {
	uint64_t conn;      /* net's number of the connection */
	uint8_t spki[32];   /* SHA-256 of the DER SubjectPublicKeyInfo */
	uint32_t roots;     /* bit n: chain verified to root n of N_TRUST */
	uint8_t serial[20]; /* subject.serialNumber, NUL padded */
	uint64_t nbf, naf;  /* seconds since 1970 */
	uint8_t source[16]; /* where it comes from (base/addr.h) */
};
extern const struct ov_rec ov_n_peer_rec;

/* N2: one request.  route is enum ov_route (protocol/route.h); the
 * parameters are those of struct ov_route_par in fixed form. */
struct ov_n_request {
	uint64_t conn, stream; /* echoed in the answer */
	uint16_t route;
	uint8_t jti[16];
	uint64_t num1, num2;  /* n / versie / ep / van, and tot */
	uint8_t digest[32];   /* ?sha256= , getuige {hex} */
	uint8_t has;          /* bits OV_HAS_* */
	uint32_t adresboek;   /* Overstap-Adresboek, 0: no hint */
	struct ov_view tile;  /* the path after /v1/log/tile/ */
	struct ov_view trace; /* traceparent, as sent, or empty */
	struct ov_view body;
};
#define OV_HAS_DIGEST 1
#define OV_HAS_NUM1 2
#define OV_HAS_NUM2 4
extern const struct ov_rec ov_n_request_rec;

enum ov_ctype {
	OV_CT_NONE,
	OV_CT_JOSE,
	OV_CT_PROBLEM,
	OV_CT_NOTE,
	OV_CT_JSON,
	OV_CT_OCTETS,
	OV_CT_TLOG_SIZE,
	OV_CT_TEXT
};

/* N3: its answer. */
struct ov_n_answer {
	uint64_t conn, stream;
	uint16_t status;
	uint8_t ctype;  /* enum ov_ctype */
	uint32_t retry; /* Retry-After seconds, 0: none */
	uint8_t close;  /* 1: close the connection afterwards */
	struct ov_view body;
};
extern const struct ov_rec ov_n_answer_rec;

/* N4: a request that net makes for store.  ref of the packet names it. */
struct ov_n_fetch {
	uint32_t partner; /* connection pool: the partner's row id */
	uint8_t method;   /* 0 GET, 1 POST */
	uint8_t pki;      /* 0 pin only, 1 region CA as well */
	uint8_t ctype;    /* enum ov_ctype of the body */
	uint32_t timeout_ms;
	uint32_t max;        /* bytes of answer accepted */
	struct ov_view url;  /* https://host:port */
	struct ov_view path; /* starts with / */
	struct ov_view pins; /* n * 32 bytes */
	struct ov_view body;
};
extern const struct ov_rec ov_n_fetch_rec;

/* N5: how it ended. */
struct ov_n_result {
	uint16_t status; /* HTTP status; 0: no answer */
	uint8_t ctype;
	uint32_t adresboek; /* the answer's Overstap-Adresboek, 0: none */
	uint32_t retry;     /* Retry-After seconds */
	uint64_t date;      /* the answer's Date, seconds; 0: none */
	uint32_t rtt_us;
	struct ov_view fault; /* status 0: curl's word for it */
	struct ov_view body;
};
extern const struct ov_rec ov_n_result_rec;

/* N6: one record per certificate, in the order of the `roots` bits; at most
 * 16.  A packet with one empty record clears the list. */
struct ov_n_trust {
	struct ov_view der;
};
extern const struct ov_rec ov_n_trust_rec;

/* N7: a pin that went: close its connections and the partner's pool. */
struct ov_n_drop {
	uint8_t spki[32];
	uint32_t partner;
};
extern const struct ov_rec ov_n_drop_rec;

/* N8: what net puts in headers and enforces. */
struct ov_n_state {
	uint32_t adresboek;   /* own version, 0: none yet */
	uint32_t rate, burst; /* requests per partner a second, burst */
};
extern const struct ov_rec ov_n_state_rec;

/* N9: a connection closed (conn != 0), or handshakes of one source that were
 * refused since the last report (conn 0), for `check`. */
struct ov_n_gone {
	uint64_t conn;
	uint32_t handshakes_refused;
	uint8_t source[16];
};
extern const struct ov_rec ov_n_gone_rec;

/* ---- store -> vault ------------------------------------------------ */

/* Where a sealed column stands: part of its associated data. */
enum ov_table {
	OV_T_BERICHT = 1,
	OV_T_UITGAAND = 2,
	OV_T_LEERLING = 3,
	OV_T_CONCEPT = 4,
	OV_T_ZAAK = 5,
	OV_T_SPOOL = 6,
	OV_T_VERZUIM = 7,
	OV_T_VERLATER = 8,
	OV_T_CONTACT = 9
};

struct ov_v_open {
	uint8_t kid[32], epk[32], iv[12], tag[16];
	uint8_t from[20]; /* OIN; `to` is the vault's own */
	struct ov_view aad, ct;
};
struct ov_v_text { /* reply of OPEN and READ */
	uint32_t rc;
	struct ov_view text;
};
extern const struct ov_rec ov_v_open_rec, ov_v_text_rec;

#define OV_SEAL_PID 1 /* under K_inhoud (DEK and pid): opened after linking */
#define OV_SEAL_REF 2 /* also give ref and salt (needs jti, sha_jwe) */
#define OV_SEAL_TAG 4 /* also give the index tag (needs from, ep, pid) */
struct ov_v_seal {
	uint8_t id[16];
	uint8_t wrap[OV_WRAP]; /* zero: a new record key */
	uint8_t table;         /* enum ov_table */
	uint16_t col;
	uint64_t ver;
	uint8_t mode; /* OV_SEAL_* */
	uint8_t jti[16], sha_jwe[32], from[20];
	uint32_t ep;
	uint8_t pid[32];
	struct ov_view text;
};
struct ov_v_sealed {
	uint32_t rc;
	uint8_t wrap[OV_WRAP];
	uint8_t ref[32], salt[32], tag[16];
	struct ov_view blob;
};
extern const struct ov_rec ov_v_seal_rec, ov_v_sealed_rec;

struct ov_v_head {       /* sign a checkpoint of our own log */
	uint32_t suffix; /* oorsprong */
	uint64_t size;
	uint8_t root[32];
};
struct ov_v_sig {
	uint32_t rc;
	uint8_t sig[64];
};
extern const struct ov_rec ov_v_head_rec, ov_v_sig_rec;

struct ov_v_receipt { /* sign a receipt payload and seal the JWS under the
		       * record's key */
	uint8_t id[16];
	uint8_t wrap[OV_WRAP];
	uint8_t table;
	uint16_t col;
	uint64_t ver;
	struct ov_view payload;
};
struct ov_v_receipted {
	uint32_t rc;
	struct ov_view jws, blob;
};
extern const struct ov_rec ov_v_receipt_rec, ov_v_receipted_rec;

struct ov_v_read { /* open a sealed column */
	uint8_t id[16];
	uint8_t wrap[OV_WRAP];
	uint8_t table;
	uint16_t col;
	uint64_t ver;
	uint8_t mode; /* 0: under DEK; OV_SEAL_PID: pupil and partner below */
	uint8_t pupil[16];
	uint8_t pwrap[OV_WRAP];
	uint8_t y[OV_YBLOB];
	uint32_t partner, ep; /* the message came from this partner */
	struct ov_view blob;
};
extern const struct ov_rec ov_v_read_rec;

#define OV_MAKE_SIGN 0  /* payload is the claims: sign, seal, encrypt */
#define OV_MAKE_AGAIN 1 /* payload is the sealed JWS: encrypt it again */
struct ov_v_make {
	uint8_t id[16];
	uint8_t wrap[OV_WRAP]; /* zero: a new record key */
	uint8_t mode;
	uint8_t to[20];
	uint8_t kid[32], pk[32]; /* the receiver's encryption key */
	uint8_t jti[16];
	uint16_t col; /* of the sealed JWS, table OV_T_UITGAAND */
	uint64_t ver;
	struct ov_view payload;
};
struct ov_v_made {
	uint32_t rc;
	uint8_t wrap[OV_WRAP];
	uint8_t sha_jws[32], sha_jwe[32], ref[32];
	struct ov_view blob; /* sealed JWS (SIGN only) */
	struct ov_view jwe;  /* compact text */
};
extern const struct ov_rec ov_v_make_rec, ov_v_made_rec;

struct ov_v_blind { /* r stays in `slot` (0..OV_VAULT_SLOTS-1) */
	uint32_t slot;
	uint8_t pgn[9];
};
struct ov_v_blinded {
	uint32_t rc;
	uint8_t b[32];
};
#define OV_VAULT_SLOTS 4096
extern const struct ov_rec ov_v_blind_rec, ov_v_blinded_rec;

struct ov_v_finish { /* consumes the slot; DLEQ was verified by store */
	uint32_t slot;
	uint8_t shares; /* 1..3 */
	uint8_t e[96];
	uint8_t pupil[16];
	uint8_t wrap[OV_WRAP]; /* of the pupil's record */
};
struct ov_v_finished {
	uint32_t rc;
	uint8_t y[OV_YBLOB];
};
extern const struct ov_rec ov_v_finish_rec, ov_v_finished_rec;

#define OV_PID_OUT 0 /* pid from us to partner (in partner's domain) */
#define OV_PID_TAG 1 /* index tag of partner -> us (in our own domain) */
struct ov_v_pid {
	uint8_t mode;
	uint8_t pupil[16];
	uint8_t wrap[OV_WRAP];
	uint8_t y[OV_YBLOB];
	uint32_t partner, ep;
};
struct ov_v_pidded {
	uint32_t rc;
	uint8_t pid[32]; /* OV_PID_OUT */
	uint8_t tag[16]; /* OV_PID_TAG */
};
extern const struct ov_rec ov_v_pid_rec, ov_v_pidded_rec;

struct ov_v_rewrap { /* from generation `from` to generation `to` */
	uint8_t id[16];
	uint8_t wrap[OV_WRAP];
	uint32_t from, to;
};
struct ov_v_wrapped {
	uint32_t rc;
	uint8_t wrap[OV_WRAP];
};
extern const struct ov_rec ov_v_rewrap_rec, ov_v_wrapped_rec;

struct ov_v_link { /* K_AB with a partner; the peer's link key was verified
		    * by store; needs our link key of this epoch loaded */
	uint32_t partner, ep;
	uint8_t oin[20], pk[32];
};
struct ov_v_rc {
	uint32_t rc;
};
extern const struct ov_rec ov_v_link_rec, ov_v_rc_rec;

struct ov_v_cosign { /* as witness, of another member's checkpoint */
	uint8_t oin[20];
	uint32_t suffix;
	uint64_t size;
	uint8_t root[32];
	uint64_t time;
};
extern const struct ov_rec ov_v_cosign_rec; /* reply ov_v_sig_rec */

enum ov_statement {
	OV_ST_BUNDLE = 1,
	OV_ST_RECONCILIATION,
	OV_ST_OPRF,
	OV_ST_MANIFEST,
	OV_ST_CONTACTS
};
struct ov_v_statement {
	uint8_t kind;
	struct ov_view payload; /* JSON */
};
extern const struct ov_rec ov_v_statement_rec; /* reply ov_v_text_rec */

enum ov_kek_op { OV_KEK_LOAD = 1, OV_KEK_NEW, OV_KEK_DROP, OV_KEK_USE };
struct ov_v_kek { /* USE: wrap new keys under this loaded generation */
	uint8_t op;
	uint32_t gen;
	uint8_t blob[OV_WRAP];
};
extern const struct ov_rec ov_v_kek_rec; /* reply ov_v_wrapped_rec */

/* Named keys (rows of main.db): made, loaded at start, dropped. */
enum ov_key_kind {
	OV_KEY_ENC = 1, /* number: nbf, seconds */
	OV_KEY_LINK,    /* number: epoch */
	OV_KEY_CACHE,   /* number: epoch */
	OV_KEY_INDEX,   /* number: epoch */
	OV_KEY_REF,     /* number: 0; tags of own references */
};
enum ov_key_op { OV_KEY_NEW = 1, OV_KEY_LOAD, OV_KEY_DROP };
struct ov_v_key {
	uint8_t op, kind;
	uint64_t number;
	uint8_t id[16];        /* first 16 bytes of SHA-256 of the name */
	uint8_t wrap[OV_WRAP]; /* LOAD */
};
struct ov_v_keyed {
	uint32_t rc;
	uint8_t wrap[OV_WRAP];   /* NEW */
	uint8_t pk[32], kid[32]; /* ENC and LINK: public key; ENC: thumbprint */
};
extern const struct ov_rec ov_v_key_rec, ov_v_keyed_rec;

#define OV_TAG_CACHE 0 /* HMAC(K_cache[ep], label 0 domain data) ; data = PGN */
#define OV_TAG_REF 1   /* HMAC(K_ref, "overstapd/ref/v1" 0 data) */
#define OV_TAG_PID 2   /* index tag of a pid; domain = its sender */
struct ov_v_tag {
	uint8_t kind;
	uint32_t ep;
	uint8_t domain[20];
	struct ov_view data; /* <= 64 bytes */
};
struct ov_v_tagged {
	uint32_t rc;
	uint8_t tag[16];
};
extern const struct ov_rec ov_v_tag_rec, ov_v_tagged_rec;

/* First call after connecting: who the vault is. */
struct ov_v_hello {
	uint8_t oin[20]; /* must equal the vault's own, else OV_DENIED */
};
struct ov_v_self {
	uint32_t rc;
	uint8_t id_pk[32], id_kid[32], log_pk[32], witness_pk[32];
};
extern const struct ov_rec ov_v_hello_rec, ov_v_self_rec;

/* ---- store -> houder ----------------------------------------------- */

struct ov_h_budget {
	uint8_t client[20], domain[20];
	uint32_t ep, jaar, dag, dag_na;
	uint64_t dag_tot; /* seconds: `dag` holds before this moment */
};
extern const struct ov_rec ov_h_budget_rec; /* reply ov_v_rc_rec */

struct ov_h_evaluate { /* one record per packet */
	uint8_t client[20], domain[20];
	uint32_t ep;
	uint8_t share;
	uint16_t n;
	uint8_t sha_jws[32];
	uint64_t now;            /* seconds, UTC */
	struct ov_view elements; /* n * 32 */
};
struct ov_h_evaluated {
	uint32_t rc; /* OV_DENIED: budget; OV_BADMSG: element `index` */
	uint32_t left, index, retry;
	/* What this client has had of this domain, epoch and share: today, in
	 * this school year (both with this request), in the 28 days before. */
	uint32_t day, year, before;
	uint8_t pk[32];
	uint8_t proof[64];
	struct ov_view elements;
};
extern const struct ov_rec ov_h_evaluate_rec, ov_h_evaluated_rec;

struct ov_h_keys {
	uint8_t domain[20];
	uint32_t ep;
	uint8_t share;
};
struct ov_h_keyed {
	uint32_t rc;
	uint8_t pk[32];
};
extern const struct ov_rec ov_h_keys_rec, ov_h_keyed_rec;

struct ov_h_usage { /* counters of one client, newest first, <= 400 rows */
	uint8_t client[20];
	uint32_t ep;
};
struct ov_h_used {
	uint32_t rc;
	uint64_t day; /* seconds of 00:00 UTC */
	uint8_t domain[20];
	uint8_t share;
	uint32_t count;
};
extern const struct ov_rec ov_h_usage_rec, ov_h_used_rec;

#endif
