/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/vault_priv.h - what the files crypto/vault*.c share.  Nobody else
 * includes it.
 */
#ifndef OV_CRYPTO_VAULT_PRIV_H
#define OV_CRYPTO_VAULT_PRIV_H

#include "crypto/vault.h"
#include "protocol/packet.h"
#include "crypto/jose.h"
#include "crypto/kdf.h"
#include "crypto/record.h"
#include "protocol/oin.h"

/* At most: a rotation has two generations, a restart in the middle three. */
#define OV_VAULT_KEKS 4
/* Encryption keys live three weeks, the rest one epoch. */
#define OV_VAULT_NAMED 256
/* 1,024 partners in three epochs. */
#define OV_VAULT_LINKS 3072
/* Origins of our own log: each restore adds one. */
#define OV_VAULT_HEADS 16

/* Where a pupil's Y is sealed: no other call may use this column. */
#define OV_VAULT_Y_COL 0xffff
#define OV_VAULT_Y_VER 1

struct ov_vault_kek {
	bool used;
	uint32_t gen;
	struct ov_secret32 *k;
};

struct ov_vault_named {
	uint8_t kind; /* enum ov_key_kind; 0: free */
	uint64_t number;
	uint8_t pk[32];
	uint8_t kid[32];
	struct ov_secret32 *k;
};

/* K_AB of one partner and epoch, sorted by (partner, ep). */
struct ov_vault_link {
	uint32_t partner, ep;
	struct ov_oin oin;
	struct ov_secret32 *k;
};

/* What is between BLIND and FINISH. */
struct ov_vault_slot {
	struct ov_secret32 r;
	char pgn[9];
	bool inverted; /* r is 1/r by now: it is being finished */
	uint8_t pad[6];
};

struct ov_vault_head {
	uint32_t suffix; /* 0: free */
	uint64_t size;   /* largest signed since start */
};

enum ov_vault_state {
	OV_VS_NEW,   /* nobody said hello */
	OV_VS_KNOWN, /* no generation in use */
	OV_VS_READY
};

struct ov_vault {
	enum ov_vault_state state;
	struct ov_oin oin;
	char *regio;
	char *logdomein;
	struct ov_crypto *cr;
	struct ov_pool *pool32; /* keys */
	struct ov_pool *pool64; /* slots and signing keys */
	struct ov_secret64 *identity, *log, *witness;
	struct ov_secret32 *root;
	uint8_t id_pk[32], id_kid[32], log_pk[32], witness_pk[32];
	struct ov_vault_kek kek[OV_VAULT_KEKS];
	struct ov_vault_kek *use; /* wraps new keys */
	struct ov_vault_named named[OV_VAULT_NAMED];
	struct ov_vault_link link[OV_VAULT_LINKS];
	size_t nlink;
	struct ov_vault_slot *slot[OV_VAULT_SLOTS];
	struct ov_vault_head head[OV_VAULT_HEADS];
	/* text of the record at hand; wiped after it */
	struct ov_buf a, b;
};

union ov_v_in {
	struct ov_v_hello hello;
	struct ov_v_open open;
	struct ov_v_seal seal;
	struct ov_v_head head;
	struct ov_v_receipt receipt;
	struct ov_v_read read;
	struct ov_v_make make;
	struct ov_v_blind blind;
	struct ov_v_finish finish;
	struct ov_v_pid pid;
	struct ov_v_rewrap rewrap;
	struct ov_v_link link;
	struct ov_v_cosign cosign;
	struct ov_v_statement statement;
	struct ov_v_kek kek;
	struct ov_v_key key;
	struct ov_v_tag tag;
};

union ov_v_out {
	struct ov_v_rc rc; /* the first member of every reply record */
	struct ov_v_self self;
	struct ov_v_text text;
	struct ov_v_sealed sealed;
	struct ov_v_sig sig;
	struct ov_v_receipted receipted;
	struct ov_v_made made;
	struct ov_v_blinded blinded;
	struct ov_v_finished finished;
	struct ov_v_pidded pidded;
	struct ov_v_wrapped wrapped;
	struct ov_v_keyed keyed;
	struct ov_v_tagged tagged;
};

/* One record.  *out is zeroed; its views may point into v->a and v->b.  On
 * failure the dispatcher wipes *out. */
typedef enum ov_rc ov_vault_fn(struct ov_vault *, const union ov_v_in *,
    union ov_v_out *);

ov_vault_fn ov_vault_open, ov_vault_seal, ov_vault_receipt, ov_vault_read,
    ov_vault_make;
ov_vault_fn ov_vault_blind, ov_vault_finish, ov_vault_pid, ov_vault_tag;
ov_vault_fn ov_vault_kek, ov_vault_key, ov_vault_link, ov_vault_rewrap;
ov_vault_fn ov_vault_head, ov_vault_cosign, ov_vault_statement;

/* The key of this kind and number, or NULL. */
struct ov_vault_named *ov_vault_named(struct ov_vault *, enum ov_key_kind,
    uint64_t number);
/* The encryption key of this thumbprint, or NULL. */
struct ov_vault_named *ov_vault_enc(struct ov_vault *, const uint8_t kid[32]);
/* The partner's link in this epoch, or NULL. */
struct ov_vault_link *ov_vault_linked(struct ov_vault *, uint32_t partner,
    uint32_t ep);

/* The record key in a wrap, under whatever generation is loaded; an all-zero
 * wrap is not one.  OV_BADSIG. */
OV_MUST_CHECK enum ov_rc ov_vault_unwrap(struct ov_vault *,
    const uint8_t id[16], const uint8_t wrap[OV_WRAP], struct ov_secret32 *dek);
/* The same, except that an all-zero wrap makes a new key, wrapped under the
 * generation in use.  out is the wrap to keep. */
OV_MUST_CHECK enum ov_rc ov_vault_dek(struct ov_vault *, const uint8_t id[16],
    const uint8_t wrap[OV_WRAP], struct ov_secret32 *dek, uint8_t out[OV_WRAP]);

/* The name of a table in associated data, or NULL. */
const char *ov_vault_table(uint8_t table);
/* A place that store may seal and open; OV_BADMSG or OV_DENIED. */
OV_MUST_CHECK enum ov_rc ov_vault_place(uint8_t table, const uint8_t id[16],
    uint16_t col, uint64_t ver, struct ov_rec_at *out);
/* Seal into buf (appended); the view is what was added. */
OV_MUST_CHECK enum ov_rc ov_vault_put(const struct ov_secret32 *key,
    const struct ov_rec_at *, struct ov_view text, struct ov_buf *buf,
    struct ov_view *blob);
/* Open into buf (appended). */
OV_MUST_CHECK enum ov_rc ov_vault_get(const struct ov_secret32 *key,
    const struct ov_rec_at *, struct ov_view blob, struct ov_buf *buf,
    struct ov_view *text);

/* The pupil's Y. */
OV_MUST_CHECK enum ov_rc ov_vault_y_open(struct ov_vault *,
    const uint8_t pupil[16], const uint8_t wrap[OV_WRAP],
    const uint8_t blob[OV_YBLOB], uint8_t y[64]);

/* RFC 7638 thumbprints as 32 bytes. */
OV_MUST_CHECK enum ov_rc ov_vault_kid_x25519(const uint8_t pk[32],
    uint8_t kid[32]);
OV_MUST_CHECK enum ov_rc ov_vault_kid_ed25519(const uint8_t pk[32],
    uint8_t kid[32]);

#endif
